"""The head of the page: from the incident alone, with service levels on the clock, and safe."""

from typing import Any

import pytest

NOW = 1772360000


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """2026-03-01T10:13:20Z."""
    monkeypatch.setattr("time.time", lambda: float(NOW))


def head(page: Any, **fields: Any) -> str:
    calls, text = page.run({}, incident=page.incident(**fields))
    assert calls == []
    return str(text)


def test_empty_incident_has_a_head(page: Any) -> None:
    text = head(page)
    assert "unknown" in text
    assert "none yet" in text
    assert "not started" in text


def test_urgency_is_a_number_and_a_bar(page: Any) -> None:
    text = head(
        page, urgency=84, alertstatus="Pending", statusstage="open", verdict="Real", verdictstage="true_positive"
    )
    assert "84 <small>of 100</small>" in text
    assert "width:84%" in text
    assert "True positive" in text


@pytest.mark.parametrize(
    ("timer", "said"),
    [
        ({"runStatus": "running", "dueDate": "2026-03-01T11:00:00Z", "sla": 60}, "46 min 40 s"),
        ({"runStatus": "running", "dueDate": "2026-03-01T10:03:20Z", "sla": 60}, "Acknowledge (late)"),
        ({"runStatus": "ended", "totalDuration": 300, "sla": 60}, "in time"),
        ({"runStatus": "ended", "totalDuration": 7200, "sla": 60}, "later than promised"),
        ({"runStatus": "idle"}, "not started"),
    ],
)
def test_service_level_says_how_it_stands(page: Any, timer: dict[str, Any], said: str) -> None:
    assert said in head(page, acknowledgesla=timer, statusstage="open")


def test_closed_alert_without_timers_shows_what_sekoia_measured(page: Any) -> None:
    text = head(page, statusstage="closed", timetoacknowledge=90, timetoresolve=3700)
    assert "1 min 30 s" in text
    assert "1 h 1 min" in text


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", ""])
def test_only_an_address_of_the_web_becomes_a_link(page: Any, link: str) -> None:
    assert "href" not in head(page, alertlink=link)


def test_hostile_values_stay_text(page: Any) -> None:
    hostile = '"><script>alert(1)</script>'
    text = head(page, alertstatus=hostile, verdict=hostile, entity=hostile, alertlink=f"https://a.example/{hostile}")
    assert "<script" not in text
    assert text.count("<a ") == 1
