"""Timers follow the stage of the alert, and no step is done twice."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRUpdateTimers as script

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


ACK, CLOSE = "sekoiaxdracknowledgesla", "sekoiaxdrclosesla"
RUNNING, ENDED = {"runStatus": "running"}, {"runStatus": "ended"}


def steps(monkeypatch: pytest.MonkeyPatch, stage: str, ack: Any = None, close: Any = None) -> list[tuple[str, str]]:
    table = {"startTimer": "", "stopTimer": ""}
    fields = {"acknowledgesla": ack, "closesla": close, "statusstage": stage}
    calls, _ = run(monkeypatch, table, incident=incident(**fields))
    return [(command, args["timerField"]) for command, args in calls]


def test_open_alert_starts_both(monkeypatch: pytest.MonkeyPatch) -> None:
    assert steps(monkeypatch, "open") == [("startTimer", ACK), ("startTimer", CLOSE)]


def test_taken_alert_stops_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    assert steps(monkeypatch, "in_progress", RUNNING, RUNNING) == [("stopTimer", ACK)]


def test_closed_alert_stops_both(monkeypatch: pytest.MonkeyPatch) -> None:
    assert steps(monkeypatch, "closed", RUNNING, RUNNING) == [("stopTimer", ACK), ("stopTimer", CLOSE)]


def test_alert_that_was_opened_again_runs_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert steps(monkeypatch, "in_progress", ENDED, ENDED) == [("startTimer", CLOSE)]


@pytest.mark.parametrize("stage", ["open", "in_progress", "closed", "elsewhere", ""])
def test_nothing_is_done_twice(monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    settled = {"open": (RUNNING, RUNNING), "in_progress": (ENDED, RUNNING), "closed": (ENDED, ENDED)}
    assert steps(monkeypatch, stage, *settled.get(stage, (None, None))) == []


def test_value_that_changed_comes_before_the_one_on_the_incident(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = incident(statusstage="open", acknowledgesla=RUNNING, closesla=RUNNING)
    calls, _ = run(monkeypatch, {"stopTimer": ""}, incident=fields, args={"new": "closed", "old": "open"})
    assert len(calls) == 2
