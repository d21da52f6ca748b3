"""The head of the page: from the incident alone, with service levels on the clock, and safe."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRShowSummary as script

INCIDENT = {
    "id": "7",
    "name": "Mailbox rule",
    "dbotMirrorId": "ALx7Qp2mZk9T",
    "dbotMirrorInstance": "main",
    "sourceInstance": "main",
    "CustomFields": {},
}
Calls = list[tuple[str, dict[str, Any]]]


def incident(**fields: Any) -> dict[str, Any]:
    """The incident with fields of the pack, named without its prefix."""
    return {**INCIDENT, "CustomFields": {f"sekoiaxdr{name}": value for name, value in fields.items()}}


def platform(monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any], **known: Any) -> tuple[Calls, list[Any]]:
    """Commands answer from a table, an exception in it is raised; the calls, and what the script shows."""
    calls: Calls = []
    shown: list[Any] = []

    def execute(command: str, args: dict[str, Any]) -> Any:
        calls.append((command, dict(args)))
        answer = answers[command]
        if isinstance(answer, Exception):
            raise answer
        return [answer] if isinstance(answer, dict) and "Type" in answer else [{"Type": 1, "Contents": answer}]

    monkeypatch.setattr(demisto, "executeCommand", execute)
    monkeypatch.setattr(demisto, "incident", lambda: known.get("incident", INCIDENT))
    monkeypatch.setattr(demisto, "args", lambda: known.get("args", {}))
    monkeypatch.setattr(demisto, "results", shown.append)
    return calls, shown


def run(monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any], **known: Any) -> tuple[Calls, str]:
    """The calls and the text of a run."""
    calls, shown = platform(monkeypatch, answers, **known)
    script.main()
    entry = shown[-1]
    return calls, str(entry.get("HumanReadable") or entry.get("Contents"))


NOW = 1772360000


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """2026-03-01T10:13:20Z."""
    monkeypatch.setattr("time.time", lambda: float(NOW))


def head(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> str:
    calls, text = run(monkeypatch, {}, incident=incident(**fields))
    assert calls == []
    return text


def test_empty_incident_has_a_head(monkeypatch: pytest.MonkeyPatch) -> None:
    text = head(monkeypatch)
    assert "unknown" in text
    assert "none yet" in text
    assert "not started" in text


def test_urgency_is_a_number_and_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    text = head(
        monkeypatch, urgency=84, alertstatus="Pending", statusstage="open", verdict="Real", verdictstage="true_positive"
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
def test_service_level_says_how_it_stands(monkeypatch: pytest.MonkeyPatch, timer: dict[str, Any], said: str) -> None:
    assert said in head(monkeypatch, acknowledgesla=timer, statusstage="open")


def test_closed_alert_without_timers_shows_what_sekoia_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    text = head(monkeypatch, statusstage="closed", timetoacknowledge=90, timetoresolve=3700)
    assert "1 min 30 s" in text
    assert "1 h 1 min" in text


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", ""])
def test_only_an_address_of_the_web_becomes_a_link(monkeypatch: pytest.MonkeyPatch, link: str) -> None:
    assert "href" not in head(monkeypatch, alertlink=link)


def test_hostile_values_stay_text(monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = '"><script>alert(1)</script>'
    text = head(
        monkeypatch, alertstatus=hostile, verdict=hostile, entity=hostile, alertlink=f"https://a.example/{hostile}"
    )
    assert "<script" not in text
    assert text.count("<a ") == 1
