"""Refresh alert: the incident shows what Sekoia says now."""

from typing import Any


def test_fields_that_may_have_changed_are_written(page: Any) -> None:
    alert = {"status": {"name": "Closed"}, "urgency": {"current_value": 20}, "verdict": {"label": "Test"}, "similar": 4}
    calls, text = page.run({"sekoia-xdr-get-alert": alert, "setIncident": ""})
    written = calls[-1][1]
    assert (written["sekoiaxdrverdict"], written["sekoiaxdroccurrences"]) == ("Test", 4)
    assert "severity" not in written
    assert text == "Alert ALx7Qp2mZk9T was read anew: status Closed, urgency 20, verdict Test."


def test_alert_that_cannot_be_read_changes_nothing(page: Any) -> None:
    assert "no such alert" in page.refused({"sekoia-xdr-get-alert": ValueError("no such alert")})


def test_incident_without_an_alert_says_so(page: Any) -> None:
    assert "does not say which" in page.refused({}, incident={"id": "1"})
