"""Runs of SOL queries and results of SOL rules."""

import json
from typing import Any

import pytest
import requests

from lab.clock import Clock
from lab.sekoia.notebooks.model import RunPlan
from lab.sekoia.notebooks.sol import BadQuery, read_query_text
from lab.sekoia.world import World
from tests.sekoia.caller import Caller

RUNS = "/v1/notebooks/queries/runs"
ROWS = [{"user.name": "ann", "n": 1}, {"user.name": "bob", "n": 2}, {"user.name": "ann", "n": 3}]


def ask(api: Caller, query: str = "events | limit 5", **more: Any) -> requests.Response:
    return api.call("POST", RUNS, json={"query_definition": {"ql_query": query}, **more})


def run_of(api: Caller, query: str = "events | limit 5") -> str:
    answer = ask(api, query)
    assert answer.status_code == 201
    return f"{RUNS}/{answer.json()['uuid']}"


def test_run_goes_from_pending_to_finished(world: World, api: Caller, clock: Clock) -> None:
    world.events.attach(world.alerts.raise_alert("one").short_id, count=3)
    path, seen = run_of(api, "eternal_events | select event.id, source.ip | limit 2"), []
    for _ in range(3):
        shown = api.json(path)
        seen.append((shown["status"], shown["total"], len(shown["results"])))
        clock.sleep(2)
    assert seen == [("pending", 0, 0), ("running", 0, 0), ("finished", 2, 2)]
    assert [column["name"] for column in api.json(path)["fields"]] == ["event.id", "source.ip"]


def test_finished_run_is_downloaded_in_two_formats(world: World, api: Caller, clock: Clock) -> None:
    world.alerts.raise_alert("one, two")
    path = run_of(api, "alerts | select title")
    assert api.get(f"{path}/download", download_format="csv").status_code == 409
    clock.sleep(5)
    assert api.get(f"{path}/download", download_format="csv").text == 'title\r\n"one, two"\r\n'
    assert json.loads(api.get(f"{path}/download", download_format="jsonl").text) == {"title": "one, two"}
    assert api.get(f"{path}/download", download_format="xml").status_code == 422


def test_query_that_cannot_be_read_ends_as_an_error(api: Caller, clock: Clock) -> None:
    path = run_of(api, "events | join alerts")
    clock.sleep(5)
    shown = api.json(path)
    assert shown["status"] == "error"
    assert "does not read 'join alerts'" in shown["error"]


def test_run_can_be_made_to_fail(world: World, api: Caller, clock: Clock) -> None:
    world.notebooks.next_go(RunPlan(ends="error", error="Too slow"))
    path = run_of(api)
    clock.sleep(5)
    assert (api.json(path)["status"], api.json(path)["error"]) == ("error", "Too slow")


def test_eleventh_query_of_a_minute_is_refused(api: Caller, clock: Clock) -> None:
    assert [ask(api).status_code for _ in range(11)] == [201] * 10 + [429]
    clock.sleep(61)
    assert ask(api).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query_definition": {}},
        {"query_definition": {"ql_query": "events"}, "parent_type": "planet"},
        {"query_definition": {"ql_query": "events"}, "query_parameters": {"a": 1}},
        {
            "query_definition": {"ql_query": "events"},
            "query_parameters": {"a": {"data_type": "string", "type": "text", "value": 1}},
        },
    ],
)
def test_body_that_does_not_fit_is_422(api: Caller, body: dict[str, Any]) -> None:
    assert api.call("POST", RUNS, json=body).status_code == 422


def test_unknown_run_is_404(api: Caller) -> None:
    assert api.get(f"{RUNS}/00000000-0000-4000-8000-000000000000").status_code == 404


def test_results_of_a_sol_rule_by_the_alerts_short_id(world: World, api: Caller) -> None:
    alert, other = (world.alerts.raise_alert(title) for title in ("sol", "sigma"))
    world.notebooks.keep(alert.short_id, ROWS)
    path = "/v1/notebooks/sol_detection/{}/results"
    shown = api.json(path.format(alert.short_id), limit=2)
    assert (shown["total"], shown["items"]) == (3, ROWS[:2])
    assert shown["fields"] == [{"name": "user.name", "type": "string"}, {"name": "n", "type": "number"}]
    assert api.json(path.format(other.short_id)) == {"total": 0, "fields": [], "items": []}
    assert api.get(path.format("ALunknown1234")).status_code == 404
    assert api.get(path.format(alert.short_id), limit=1001).status_code == 422


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("t", ROWS),
        ("t | limit 1", ROWS[:1]),
        ('t | where user.name == "ann" and n != 1', ROWS[2:]),
        ("t | where user.name contains 'o' | select n", [{"n": 2}]),
        ("t | aggregate count() by user.name", [{"user.name": "ann", "count": 2}, {"user.name": "bob", "count": 1}]),
    ],
)
def test_part_of_sol_that_the_lab_reads(query: str, rows: list[dict[str, Any]]) -> None:
    assert read_query_text(query, {"t": lambda: list(ROWS)})() == rows


@pytest.mark.parametrize("query", ["", "u", "t | where n > 1", "t | select *", "t | aggregate sum(n) by m", "t | top"])
def test_rest_of_sol_names_itself(query: str) -> None:
    with pytest.raises(BadQuery, match="the lab"):
        read_query_text(query, {"t": lambda: list(ROWS)})
