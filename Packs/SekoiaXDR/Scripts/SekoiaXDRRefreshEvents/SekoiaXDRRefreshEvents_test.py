"""Refresh events: comes back until the search has ended, then writes the grid."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRRefreshEvents as script

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


SEARCH = "sekoia-xdr-search-events-alerts"
EVENTS = [{"timestamp": "2026-03-01T10:00:00Z", "message": "logon", "source.ip": "192.0.2.1"}]


def test_search_that_runs_is_looked_at_again_by_the_script_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = {"Type": 1, "PollingCommand": SEARCH, "PollingArgs": {"ids": "AL1", "searches": "x"}, "NextRun": "10"}
    _, shown = platform(monkeypatch, {SEARCH: waiting}, args={"short_id": "AL1"})
    script.main()
    assert shown[-1]["PollingCommand"] == "SekoiaXDRRefreshEvents"
    again = shown[-1]["PollingArgs"]
    calls, text = run(monkeypatch, {SEARCH: EVENTS, "setIncident": ""}, args=again)
    assert calls[0] == (SEARCH, {"ids": "AL1", "searches": "x", "using": "main"})
    assert text == "1 events of AL1 were read."


@pytest.mark.parametrize("answer", [EVENTS, {"items": EVENTS}, [{"short_id": "AL1", "events": EVENTS}]])
def test_events_are_found_in_every_shape_of_the_answer(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    calls, _ = run(monkeypatch, {SEARCH: answer, "setIncident": ""})
    row = {"columnheader1": "2026-03-01T10:00:00Z", "columnheader2": "logon", "columnheader3": "192.0.2.1"}
    assert calls[-1] == ("setIncident", {"sekoiaxdrevents": [row], "sekoiaxdreventsstate": "Complete"})


def test_more_events_than_the_grid_holds_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(monkeypatch, {SEARCH: EVENTS * 60, "setIncident": ""})
    assert text == "60 events of ALx7Qp2mZk9T were read. The table of the incident holds the first 50."


def test_failed_search_leaves_the_events_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "search failed" in refused(monkeypatch, {SEARCH: ValueError("search failed")})
