"""Refresh alert: the incident shows what Sekoia says now."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRRefreshAlert as script

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


def test_fields_that_may_have_changed_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    alert = {"status": {"name": "Closed"}, "urgency": {"current_value": 20}, "verdict": {"label": "Test"}, "similar": 4}
    calls, text = run(monkeypatch, {"sekoia-xdr-get-alert": alert, "setIncident": ""})
    written = calls[-1][1]
    assert (written["sekoiaxdrverdict"], written["sekoiaxdroccurrences"]) == ("Test", 4)
    assert "severity" not in written
    assert text == "Alert ALx7Qp2mZk9T was read anew: status Closed, urgency 20, verdict Test."


def test_alert_that_cannot_be_read_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no such alert" in refused(monkeypatch, {"sekoia-xdr-get-alert": ValueError("no such alert")})


def test_incident_without_an_alert_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "does not say which" in refused(monkeypatch, {}, incident={"id": "1"})
