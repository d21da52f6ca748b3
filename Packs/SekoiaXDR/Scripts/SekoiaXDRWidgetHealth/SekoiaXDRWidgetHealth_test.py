"""Health: one row an instance, and one that does not answer says why."""

import json
from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRWidgetHealth as script

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


MODULES = {
    "main": {"brand": "Sekoia XDR", "state": "active"},
    "old": {"brand": "Sekoia XDR", "state": "disabled"},
    "mail": {"brand": "Mail", "state": "active"},
}


def rows(monkeypatch: pytest.MonkeyPatch, answer: Any, modules: dict[str, Any] = MODULES) -> list[dict[str, str]]:
    _, shown = platform(monkeypatch, {"sekoia-xdr-fetch-health": answer})
    monkeypatch.setattr(demisto, "getModules", lambda: modules, raising=False)
    script.main()
    found = json.loads(shown[-1])["data"]
    assert isinstance(found, list)
    return found


def test_active_instances_are_shown_with_lag_backlog_and_quarantine(monkeypatch: pytest.MonkeyPatch) -> None:
    health = {"at": "2026-03-01T10:00:00Z", "lag_seconds": 3700, "backlog": 12, "quarantine": [{}, {}], "errors": 1}
    (row,) = rows(monkeypatch, health)
    assert (row["Instance"], row["State"], row["Lag"]) == ("main", "behind", "1 h 1 min")
    assert (row["Backlog"], row["Quarantine"], row["Failed calls"]) == ("12", "2", "1")


def test_trouble_of_the_last_run_is_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rows(monkeypatch, {"error": "key expired"})[0]["State"] == "key expired"


def test_instance_that_does_not_answer_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rows(monkeypatch, ValueError("timeout"))[0]["State"] == "no answer: timeout"


def test_no_instance_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rows(monkeypatch, {}, {})[0]["State"] == "no instance is active"
