"""Hunts: prepared queries in which a value never becomes a part of the query."""

from typing import Any

import pytest
import SekoiaXDRRunHunt as script

RUN = "sekoia-xdr-run-query"
WAITING = {"Type": 1, "Metadata": {"pollingCommand": RUN, "pollingArgs": {"query_run_uuid": "q"}}}
QUERY = "events | where timestamp > ago(24h) and ({}) | limit 100"


def query(page: Any, hunt: str, **fields: Any) -> str:
    calls, _ = page.platform({RUN: WAITING}, args={"hunt": hunt}, incident=page.incident(**fields))
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
def test_hunt_asks_for_the_values_of_the_incident(page: Any, hunt: str, fields: dict[str, Any], condition: str) -> None:
    assert query(page, hunt, **fields) == QUERY.format(condition)


def test_value_with_quotes_cannot_leave_its_text(page: Any) -> None:
    hostile = 'x" or 1==1 | drop \\'
    found = query(page, "source", source=hostile)
    assert '"x\\" or 1==1 | drop \\\\"' in found


def test_events_of_the_alert_come_from_the_kept_ones(page: Any) -> None:
    assert query(page, "alert_events") == 'eternal_events | where alert_short_ids == "ALx7Qp2mZk9T" | limit 100'


def test_query_that_runs_is_asked_again_on_the_instance_of_the_incident(page: Any) -> None:
    _, shown = page.platform({RUN: WAITING}, args={"hunt": "alert_events"})
    script.main()
    told, later = shown
    assert "The hunt runs" in told["HumanReadable"]
    assert (later["PollingCommand"], later["PollingArgs"]["command"]) == ("SekoiaXDRRunOnInstance", RUN)


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
def test_hunt_without_sense_is_refused(page: Any, args: dict[str, str], said: str) -> None:
    assert said in page.refused({}, args=args)
