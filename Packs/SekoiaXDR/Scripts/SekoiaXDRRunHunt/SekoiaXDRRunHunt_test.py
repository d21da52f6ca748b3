"""Hunts: prepared queries in which a value never becomes a part of the query."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRRunHunt as script

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


RUN = "sekoia-xdr-run-query"
QUERY = "events | where timestamp > ago(24h) and ({}) | limit 100"


def query(monkeypatch: pytest.MonkeyPatch, hunt: str, **fields: Any) -> str:
    calls, _ = platform(
        monkeypatch, {RUN: {"Type": 1, "PollingCommand": RUN}}, args={"hunt": hunt}, incident=incident(**fields)
    )
    script.main()
    command, sent = calls[-1]
    assert (command, sent["result_format"], sent["using"]) == (RUN, "jsonl", "main")
    return str(sent["query_definition"])


@pytest.mark.parametrize(
    ("hunt", "fields", "condition"),
    [
        ("source", {"source": "203.0.113.9"}, 'source.ip == "203.0.113.9"'),
        ("source", {"source": "pc-1"}, 'host.name == "pc-1" or user.name == "pc-1" or user.email == "pc-1"'),
        ("target", {"target": "2001:db8::1"}, 'destination.ip == "2001:db8::1"'),
        ("assets", {"assets": [{"name": "pc-1"}]}, 'host.name == "pc-1" or user.name == "pc-1"'),
    ],
)
def test_hunt_asks_for_the_values_of_the_incident(
    monkeypatch: pytest.MonkeyPatch, hunt: str, fields: dict[str, Any], condition: str
) -> None:
    assert query(monkeypatch, hunt, **fields) == QUERY.format(condition)


def test_value_with_quotes_cannot_leave_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = 'x" or 1==1 | drop \\'
    found = query(monkeypatch, "source", source=hostile)
    assert '"x\\" or 1==1 | drop \\\\"' in found


def test_events_of_the_alert_come_from_the_kept_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    assert query(monkeypatch, "alert_events") == 'eternal_events | where alert_short_ids == "ALx7Qp2mZk9T" | limit 100'


def test_entry_that_asks_to_come_back_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    _, shown = platform(monkeypatch, {RUN: {"Type": 1, "PollingCommand": RUN}}, args={"hunt": "alert_events"})
    script.main()
    assert [entry.get("PollingCommand") for entry in shown[-1]] == [None, RUN]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"hunt": "moon"}, "is none of source, target, assets, alert_events"),
        ({"hunt": "source"}, "the alert names no source"),
        ({"hunt": "assets"}, "names no asset"),
        ({"hunt": "source", "hours": "soon"}, "is no number from 1 to 720"),
        ({"hunt": "source", "hours": "0"}, "is no number from 1 to 720"),
    ],
)
def test_hunt_without_sense_is_refused(monkeypatch: pytest.MonkeyPatch, args: dict[str, str], said: str) -> None:
    assert said in refused(monkeypatch, {}, args=args)
