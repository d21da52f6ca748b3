"""Choices: statuses and verdicts, each with its own trouble."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRShowChoices as script

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


ANSWERS: dict[str, Any] = {
    "sekoia-xdr-get-workflow-alert": [{"name": "Acknowledge"}, {"name": "Waiting for customer"}],
    "sekoia-xdr-list-verdicts": [
        {"label": "Confirmed", "stage": "true_positive"},
        {"label": "Test", "stage": "false_positive"},
    ],
}


def test_statuses_and_verdicts_are_those_of_the_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(monkeypatch, ANSWERS)
    assert "`Acknowledge` · `Waiting for customer`" in text
    assert "`Confirmed` (true positive) · `Test` (false positive)" in text


@pytest.mark.parametrize("broken", ["sekoia-xdr-get-workflow-alert", "sekoia-xdr-list-verdicts"])
def test_one_failing_call_leaves_the_other_list(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    _, text = run(monkeypatch, {**ANSWERS, broken: ValueError("not allowed")})
    assert "cannot be shown now: not allowed" in text
    assert ("Confirmed" in text) != ("Waiting" in text)


def test_workspace_without_choices_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(monkeypatch, {"sekoia-xdr-get-workflow-alert": [], "sekoia-xdr-list-verdicts": []})
    assert "no other status" in text
    assert "the workspace has none" in text
