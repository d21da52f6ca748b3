"""Comments: newest first, safe cells, and what is missing is said."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRPrintComments as script

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


def test_comments_are_shown_newest_first_from_the_instance_of_the_incident(monkeypatch: pytest.MonkeyPatch) -> None:
    comments = [
        {"date": 1772360100, "user": "Ines", "content": "first"},
        {"date": 1772360200, "author": "Marek", "content": "second"},
    ]
    calls, text = run(monkeypatch, {"sekoia-xdr-get-comments": comments})
    assert calls == [("sekoia-xdr-get-comments", {"id": "ALx7Qp2mZk9T", "using": "main"})]
    assert text.index("second") < text.index("first")
    assert "| 2026-03-01 10:16:40 | Marek | second |" in text


def test_markup_in_a_comment_stays_text(monkeypatch: pytest.MonkeyPatch) -> None:
    comments = [{"date": 1772360100, "user": "a|b", "content": "<img src=x> | `x`\n[a](b)"}]
    _, text = run(monkeypatch, {"sekoia-xdr-get-comments": comments})
    assert "<img" not in text
    assert "a\\|b" in text


def test_more_comments_than_are_shown_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    comments = [{"date": 1772360100 + number, "user": "x", "content": str(number)} for number in range(60)]
    _, text = run(monkeypatch, {"sekoia-xdr-get-comments": comments})
    assert text.endswith("*The first 50 of 60 comments are shown.*")


def test_no_comment_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(monkeypatch, {"sekoia-xdr-get-comments": []})
    assert text == "Nobody has commented on the alert yet."


def test_failing_call_is_told_in_place_of_the_section(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(monkeypatch, {"sekoia-xdr-get-comments": ValueError("Sekoia is not there")})
    assert text == "⚠️ The comments cannot be shown now: Sekoia is not there"


def test_incident_without_an_alert_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, text = run(monkeypatch, {}, incident={"id": "7", "CustomFields": {}})
    assert calls == []
    assert "does not say which Sekoia alert" in text
