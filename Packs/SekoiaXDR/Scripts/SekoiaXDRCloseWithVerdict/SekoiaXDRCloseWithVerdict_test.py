"""Close with verdict: the alert first, the incident second."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRCloseWithVerdict as script

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


CLOSE, READ = "sekoia-xdr-close-alert", "sekoia-xdr-get-alert"


def answers(stage: str) -> dict[str, Any]:
    alert = {"status": {"name": "Closed"}, "verdict": {"label": "Mine", "stage": stage}}
    return {CLOSE: {"Type": 1, "HumanReadable": "### closed"}, READ: alert, "setIncident": "", "closeInvestigation": ""}


@pytest.mark.parametrize(
    ("stage", "reason"), [("true_positive", "Resolved"), ("false_positive", "False Positive"), ("", "Other")]
)
def test_close_reason_follows_the_verdict(monkeypatch: pytest.MonkeyPatch, stage: str, reason: str) -> None:
    calls, text = run(monkeypatch, answers(stage), args={"short_id": "AL1", "verdict": "Mine", "comment": "A test"})
    assert calls[0] == (CLOSE, {"id": "AL1", "verdict": "Mine", "comment": "A test", "using": "main"})
    assert calls[-1] == ("closeInvestigation", {"closeReason": reason, "closeNotes": "A test"})
    assert f"closed as {reason}" in text


def test_close_notes_are_never_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, _ = run(monkeypatch, answers("true_positive"), args={"verdict": "Mine"})
    assert calls[-1][1]["closeNotes"] == "Closed with the verdict Mine"


def test_incident_stays_open_when_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, _ = run(monkeypatch, answers("true_positive"), args={"verdict": "Mine", "close_incident": "false"})
    assert "closeInvestigation" not in [command for command, _ in calls]


def test_incident_stays_open_when_sekoia_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {**answers("true_positive"), CLOSE: ValueError("verdict: 'Mine' is no verdict of this tenant")}
    calls, shown = platform(monkeypatch, table, args={"verdict": "Mine"})
    with pytest.raises(SystemExit):
        script.main()
    assert [command for command, _ in calls] == [CLOSE]
    assert "is no verdict" in str(shown[-1]["Contents"])


def test_verdict_is_needed_before_any_call(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "verdict: choose" in refused(monkeypatch, {}, args={"verdict": " "})
