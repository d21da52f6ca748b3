"""Observables: what was seen, not the frame around it."""

from typing import Any


def test_observables_are_shown_by_kind_without_the_frame(page: Any) -> None:
    objects = [
        {"type": "identity", "display_name": "the workspace"},
        {"type": "attack-pattern", "display_name": "Phishing"},
        {"type": "observed-data", "display_name": "observed-data"},
        {"type": "observed-data", "display_name": "Logon events"},
        {"type": "url", "display_name": "https://a.example/<b>"},
        {"type": "ipv4-addr", "display_name": "192.0.2.10", "description": None},
        {"type": "file", "pattern": "[file:name = 'a']"},
    ]
    _, text = page.run({"sekoia-xdr-list-objects-alert": objects})
    assert [text.count(name) for name in ("the workspace", "Phishing", "observed-data", "Logon events")] == [0, 0, 1, 1]
    assert text.index("192.0.2.10") < text.index("a.example")
    assert "<b>" not in text


def test_no_observable_is_a_sentence(page: Any) -> None:
    _, text = page.run({"sekoia-xdr-list-objects-alert": [{"type": "identity"}]})
    assert text == "Sekoia lists no observable for this alert."


def test_failing_call_is_told_in_place_of_the_section(page: Any) -> None:
    _, text = page.run({"sekoia-xdr-list-objects-alert": ValueError("Sekoia is not there")})
    assert text == "⚠️ The observables cannot be shown now: Sekoia is not there"


def test_incident_without_an_alert_asks_nothing(page: Any) -> None:
    calls, text = page.run({}, incident={"id": "7", "CustomFields": {}})
    assert calls == []
    assert "does not say which Sekoia alert" in text
