"""Similar alerts: without the alert itself, whatever they lack."""

from typing import Any


def test_similar_alerts_are_shown_without_the_alert_itself(page: Any) -> None:
    alerts = [
        {"short_id": "ALx7Qp2mZk9T", "title": "itself"},
        {
            "short_id": "AL1",
            "title": "other",
            "created_at": 1772360100,
            "status": {"name": "Closed"},
            "urgency": {"current_value": 40},
            "entity": None,
            "verdict": {"label": "Test"},
        },
    ]
    calls, text = page.run({"sekoia-xdr-list-similar-alerts": alerts})
    assert calls == [("sekoia-xdr-list-similar-alerts", {"id": "ALx7Qp2mZk9T", "using": "main"})]
    assert "itself" not in text
    assert "| AL1 | other | 2026-03-01 10:15:00 | Closed | 40 | Test |" in text


def test_alert_of_which_nothing_is_known_is_shown(page: Any) -> None:
    _, text = page.run({"sekoia-xdr-list-similar-alerts": [{"short_id": "AL1"}]})
    assert "| AL1 |" in text


def test_no_similar_alert_is_a_sentence(page: Any) -> None:
    _, text = page.run({"sekoia-xdr-list-similar-alerts": []})
    assert text == "Sekoia knows no similar alert."


def test_failing_call_is_told_in_place_of_the_section(page: Any) -> None:
    _, text = page.run({"sekoia-xdr-list-similar-alerts": ValueError("Sekoia is not there")})
    assert text == "⚠️ The similar alerts cannot be shown now: Sekoia is not there"


def test_incident_without_an_alert_asks_nothing(page: Any) -> None:
    calls, text = page.run({}, incident={"id": "7", "CustomFields": {}})
    assert calls == []
    assert "does not say which Sekoia alert" in text
