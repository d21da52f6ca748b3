"""Add to a case: one that is there, or a new one, never two."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRAddToCase as script

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


CREATE, ATTACH = "sekoia-xdr-create-case", "sekoia-xdr-attach-alerts-case"


def test_alert_is_added_to_the_case_that_was_named(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, text = run(
        monkeypatch, {ATTACH: {}, "setIncident": ""}, args={"case_id": "CA1"}, incident=incident(caseids=["CA0"])
    )
    assert calls[0] == (ATTACH, {"case_id": "CA1", "alert_ids": "ALx7Qp2mZk9T", "using": "main"})
    assert calls[-1] == ("setIncident", {"sekoiaxdrcaseids": ["CA0", "CA1"]})
    assert text == "Alert ALx7Qp2mZk9T was added to case CA1."


def test_new_case_is_named_after_the_incident(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, text = run(monkeypatch, {CREATE: {"short_id": "CA2"}, ATTACH: {}, "setIncident": ""})
    assert calls[0] == (CREATE, {"title": "Mailbox rule", "using": "main"})
    assert "new case CA2" in text


def test_case_whose_alert_could_not_be_added_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {CREATE: {"short_id": "CA2"}, ATTACH: ValueError("other community")}
    said = refused(monkeypatch, answers)
    assert "The case CA2 was made." in said
    assert "other community" in said
