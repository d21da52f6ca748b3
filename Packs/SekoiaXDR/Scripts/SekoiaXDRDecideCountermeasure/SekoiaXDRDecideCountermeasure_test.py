"""Decide on a countermeasure: by number, name or uuid."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRDecideCountermeasure as script

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


def refused(monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any], **known: Any) -> str:
    """The error entry of a run."""
    _, shown = platform(monkeypatch, answers, **known)
    with pytest.raises(SystemExit):
        script.main()
    return str(shown[-1]["Contents"])


LIST = "sekoia-xdr-list-countermeasures"
TASKS = [{"uuid": "c1", "name": "Reset the password"}, {"uuid": "c2", "name": "Remove the rule"}]


@pytest.mark.parametrize("wanted", ["2", "remove the RULE", "C2"])
@pytest.mark.parametrize("decision", ["activate", "deny"])
def test_countermeasure_is_found_and_decided(monkeypatch: pytest.MonkeyPatch, wanted: str, decision: str) -> None:
    command = f"sekoia-xdr-{decision}-countermeasure"
    args = {"countermeasure": wanted, "decision": decision, "comment": "now"}
    calls, text = run(monkeypatch, {LIST: TASKS, command: {}}, args=args)
    assert calls[-1] == (command, {"alert_id": "ALx7Qp2mZk9T", "id": "c2", "comment": "now", "using": "main"})
    assert "Remove the rule" in text


@pytest.mark.parametrize("wanted", ["0", "3", "nothing of that kind", ""])
def test_unknown_countermeasure_lists_those_that_there_are(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    said = refused(monkeypatch, {LIST: TASKS}, args={"countermeasure": wanted, "decision": "deny"})
    assert "1: Reset the password; 2: Remove the rule" in said


def test_unknown_decision_is_refused_before_any_call(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "neither activate nor deny" in refused(monkeypatch, {}, args={"countermeasure": "1", "decision": "maybe"})
