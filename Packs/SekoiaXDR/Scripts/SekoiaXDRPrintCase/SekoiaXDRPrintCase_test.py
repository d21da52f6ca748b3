"""Cases: whatever the answer lacks."""

from typing import Any


def test_case_is_shown_with_its_own_status_and_priority(page: Any) -> None:
    case = {
        "short_id": "CAm4Rt6yHd0J",
        "title": "Logon campaign",
        "custom_status": {"label": "Acknowledged"},
        "custom_priority": {"label": "High"},
        "number_of_alerts": 3,
        "updated_at": "2026-03-01T10:20:00.000000+00:00",
    }
    calls, text = page.run({"sekoia-xdr-get-cases-alert": [case]})
    assert calls == [("sekoia-xdr-get-cases-alert", {"alert_id": "ALx7Qp2mZk9T", "using": "main"})]
    assert "| CAm4Rt6yHd0J | Logon campaign | Acknowledged | High | 3 | 2026-03-01 10:20:00 |" in text


def test_case_without_alerts_status_or_priority_is_shown_all_the_same(page: Any) -> None:
    _, text = page.run({"sekoia-xdr-get-cases-alert": [{"short_id": "CA1", "title": None, "custom_status": None}]})
    assert "| CA1 |" in text


def test_no_case_says_how_to_make_one(page: Any) -> None:
    _, text = page.run({"sekoia-xdr-get-cases-alert": {"items": [], "total": 0}})
    assert text.startswith("The alert belongs to no case.")


def test_failing_call_is_told_in_place_of_the_section(page: Any) -> None:
    _, text = page.run({"sekoia-xdr-get-cases-alert": ValueError("Sekoia is not there")})
    assert text == "⚠️ The cases cannot be shown now: Sekoia is not there"


def test_incident_without_an_alert_asks_nothing(page: Any) -> None:
    calls, text = page.run({}, incident={"id": "7", "CustomFields": {}})
    assert calls == []
    assert "does not say which Sekoia alert" in text
