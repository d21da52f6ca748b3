"""Add comment: signed by the analyst, on the incident's instance."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRAddComment as script

INCIDENT = {
    "id": "7",
    "name": "Mailbox rule",
    "dbotMirrorId": "ALx7Qp2mZk9T",
    "dbotMirrorInstance": "main",
    "sourceInstance": "main",
    "CustomFields": {},
}
Calls = list[tuple[str, dict[str, Any]]]


def incident(**fields: Any) -> dict[str, Any]:
    """The incident with fields of the pack, named without its prefix."""
    return {**INCIDENT, "CustomFields": {f"sekoiaxdr{name}": value for name, value in fields.items()}}


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


POST = "sekoia-xdr-post-comment-alert"


def test_comment_is_signed_and_goes_to_the_instance_of_the_incident(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"getUsers": [{"name": "A name that is longer than Sekoia takes"}], POST: {}}
    calls, text = run(monkeypatch, answers, args={"short_id": "AL1", "comment": "Done"})
    sent = {"id": "AL1", "comment": "Done", "author": "A name that is longer than Sekoi", "using": "main"}
    assert calls[-1] == (POST, sent)
    assert text == "Comment added to AL1: Done"


def test_unknown_analyst_signs_with_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"getUsers": ValueError("unknown command"), POST: {}}
    calls, _ = run(monkeypatch, answers, args={"comment": "Done"})
    assert calls[-1] == (POST, {"id": "ALx7Qp2mZk9T", "comment": "Done", "using": "main"})


def test_empty_comment_is_refused_before_any_call(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "comment: write" in refused(monkeypatch, {}, args={"comment": "  "})


def test_refusal_of_sekoia_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"getUsers": [], POST: ValueError("Comment on alerts is missing")}
    assert "Comment on alerts is missing" in refused(monkeypatch, answers, args={"comment": "Done"})
