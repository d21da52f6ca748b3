"""Change status: in Sekoia first, then on the incident."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRChangeStatus as script

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


UPDATE, READ = "sekoia-xdr-update-status-alert", "sekoia-xdr-get-alert"
SAID = {"Type": 1, "Contents": {}, "HumanReadable": "### Alert AL1: Pending → Ongoing"}


def test_status_is_changed_and_the_incident_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    alert = {"status": {"name": "Ongoing"}, "urgency": {"current_value": 50}, "number_of_total_comments": 2}
    answers = {UPDATE: SAID, READ: alert, "setIncident": "done"}
    calls, text = run(monkeypatch, answers, args={"short_id": "AL1", "status": "Ongoing", "comment": "mine"})
    assert calls[0] == (UPDATE, {"id": "AL1", "status": "Ongoing", "comment": "mine", "using": "main"})
    fields = calls[-1][1]
    assert (fields["sekoiaxdralertstatus"], fields["sekoiaxdrstatusstage"]) == ("Ongoing", "in_progress")
    assert (fields["sekoiaxdrurgency"], fields["sekoiaxdrcommentscount"]) == (50, 2)
    assert "Pending → Ongoing" in text


@pytest.mark.parametrize("status", ["Closed", "close", "Rejected"])
def test_closing_status_leads_to_closing(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    assert "Close with verdict" in refused(monkeypatch, {}, args={"status": status})


def test_refused_move_is_told_and_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {UPDATE: ValueError("Allowed now: Validate, Reject")}
    assert "Allowed now: Validate, Reject" in refused(monkeypatch, answers, args={"status": "Pending"})


def test_change_is_told_even_when_the_incident_cannot_be_refreshed(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {UPDATE: SAID, READ: ValueError("Sekoia is not there")}
    _, text = run(monkeypatch, answers, args={"status": "Ongoing"})
    assert "Pending → Ongoing" in text
    assert "could not be refreshed: Sekoia is not there" in text
