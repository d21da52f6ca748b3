"""The closing form offers the verdicts of the workspace."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRListVerdicts as script

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


def options(monkeypatch: pytest.MonkeyPatch, answer: Any) -> list[str]:
    _, shown = platform(monkeypatch, {"sekoia-xdr-list-verdicts": answer})
    script.main()
    found = shown[-1]
    body = found.get("Contents", found)
    assert body["hidden"] is False
    return [str(one) for one in body["options"]]


def test_labels_of_the_workspace_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert options(monkeypatch, [{"label": "Confirmed"}, {"label": "Test"}]) == ["", "Confirmed", "Test"]


@pytest.mark.parametrize("answer", [[], ValueError("not allowed")])
def test_without_an_answer_the_two_stages_are_offered(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    assert options(monkeypatch, answer) == ["", "true_positive", "false_positive"]
