"""Countermeasures: number, state and steps."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRShowCountermeasures as script

INCIDENT = {
    "id": "7",
    "name": "Mailbox rule",
    "dbotMirrorId": "ALx7Qp2mZk9T",
    "dbotMirrorInstance": "main",
    "sourceInstance": "main",
    "CustomFields": {},
}
Calls = list[tuple[str, dict[str, Any]]]


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


def test_countermeasures_carry_their_number_state_and_steps(monkeypatch: pytest.MonkeyPatch) -> None:
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
    calls, text = run(monkeypatch, {"sekoia-xdr-list-countermeasures": tasks})
    assert calls == [("sekoia-xdr-list-countermeasures", {"alert_id": "ALx7Qp2mZk9T", "using": "main"})]
    assert "| 1 | Reset the password | waits for a decision | reset → tell the user | 60 |" in text
    assert "activated 2026-03-01 10:20:00 by an analyst" in text
    assert "denied 2026-03-01 10:20:00 by an API key" in text


def test_no_countermeasure_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(monkeypatch, {"sekoia-xdr-list-countermeasures": []})
    assert text == "Sekoia proposes no countermeasure for this alert."


def test_failing_call_is_told_in_place_of_the_section(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(monkeypatch, {"sekoia-xdr-list-countermeasures": ValueError("Sekoia is not there")})
    assert text == "⚠️ The countermeasures cannot be shown now: Sekoia is not there"


def test_incident_without_an_alert_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, text = run(monkeypatch, {}, incident={"id": "7", "CustomFields": {}})
    assert calls == []
    assert "does not say which Sekoia alert" in text
