"""Countermeasures: number, state and steps."""

from typing import Any


def test_countermeasures_carry_their_number_state_and_steps(page: Any) -> None:
    tasks = [
        {
            "uuid": "c1",
            "name": "Reset the password",
            "relevance": 60,
            "action_steps": [{"name": "tell the user", "action_order": "1"}, {"name": "reset", "action_order": 0}],
        },
        {"uuid": "c2", "name": "Block", "activated_at": "2026-03-01T10:20:00Z", "activated_by_type": "avatar"},
        {"uuid": "c3", "name": "Wait", "denied_at": "2026-03-01T10:20:00Z", "denied_by_type": "apikey"},
    ]
    calls, text = page.run({"sekoia-xdr-list-countermeasures": tasks})
    assert calls == [("sekoia-xdr-list-countermeasures", {"alert_id": "ALx7Qp2mZk9T", "using": "main"})]
    assert "| 1 | Reset the password | waits for a decision | reset → tell the user | 60 |" in text
    assert "activated 2026-03-01 10:20:00 by an analyst" in text
    assert "denied 2026-03-01 10:20:00 by an API key" in text


def test_no_countermeasure_is_a_sentence(page: Any) -> None:
    _, text = page.run({"sekoia-xdr-list-countermeasures": []})
    assert text == "Sekoia proposes no countermeasure for this alert."


def test_failing_call_is_told_in_place_of_the_section(page: Any) -> None:
    _, text = page.run({"sekoia-xdr-list-countermeasures": ValueError("Sekoia is not there")})
    assert text == "⚠️ The countermeasures cannot be shown now: Sekoia is not there"


def test_incident_without_an_alert_asks_nothing(page: Any) -> None:
    calls, text = page.run({}, incident={"id": "7", "CustomFields": {}})
    assert calls == []
    assert "does not say which Sekoia alert" in text
