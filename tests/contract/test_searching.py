"""The calls of the search commands against a tenant: what they send is taken, what comes back is read."""

from typing import Any

import pytest
import SekoiaXDRApiModule as api
import SekoiaXDRSearchCommandsApiModule as search
import SekoiaXDRWarRoomApiModule as frame

from lab.clock import Clock
from lab.sekoia.world import World
from lab.xsoar.timeviews import time_view

RANGE = ["2026-03-01T00:00:00Z", "2026-03-01T12:00:00Z"]


@pytest.fixture(autouse=True)
def search_time(clock: Clock, lab_time: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands and their frame read the lab's clock too."""
    for module in (search, frame):
        monkeypatch.setattr(module, "time", time_view(clock))


@pytest.fixture
def alert_id(world: World, clock: Clock) -> str:
    """An alert with five events."""
    alert = world.alerts.raise_alert("one")
    world.events.attach(alert.short_id, count=5)
    clock.advance(60)
    return alert.short_id


def test_job_is_started_looked_at_and_read(client: api.SekoiaClient, clock: Clock, alert_id: str) -> None:
    args = {"earliest_time": "-1d", "query": f"alert_short_ids:{alert_id}", "max_last_events": "4"}
    job = search.start_job(client, args)
    assert search.is_job_waiting(job)
    clock.advance(10)
    job = search.job_of(client, job["uuid"])
    assert not search.is_job_waiting(job)
    events, note = search.events_of_job(client, job, {}, 100, 10**6)
    assert ([event["alert_short_ids"] for event in events], note) == ([[alert_id]] * 4, "")


def test_filters_and_every_form_of_time_are_taken(client: api.SekoiaClient) -> None:
    filters = [{"field": "a", "operator": "contains", "value": "b", "excluded": True, "disabled": False}]
    for earliest, latest in (("-1w", "now"), ("1772000000", "+1h"), ("2026-02-01", "2026-02-02T10:00:00.25+01:00")):
        args: dict[str, Any] = {"earliest_time": earliest, "latest_time": latest, "filters": filters}
        assert search.job_state(search.start_job(client, args)) == "not started"


def test_counts_are_taken(client: api.SekoiaClient, alert_id: str) -> None:
    body = {"term": "", "range": RANGE, "field": "event.code"}
    stats = {**body, "aggregation": "cardinality", "minutes_per_bucket": 720}
    found = client.read_object(api.ApiCall("POST", "/v1/events/stats", body=stats))
    assert [bucket["value"] > 0 for bucket in found["aggregations"]] == [True]
    assert client.read_object(api.ApiCall("POST", "/v1/events/topk", body={**body, "k": 1}))["topk"]


def test_export_is_started_and_ends(client: api.SekoiaClient, clock: Clock, alert_id: str) -> None:
    uuid = search.start_job(client, {"earliest_time": "-1d"})["uuid"]
    clock.advance(10)
    task = search.start_export(client, {"uuid": uuid, "fields": "event.id"})
    assert isinstance(task, str)
    assert search.export_task(client, task)[1] is False
    clock.advance(10)
    shown, finished = search.export_task(client, task)
    assert (finished, shown["progress"]) == (True, 5)


def test_query_runs_and_is_read_and_downloaded(client: api.SekoiaClient, clock: Clock, alert_id: str) -> None:
    uuid = search.start_run(client, {"query_definition": "eternal_events | select event.id"})["uuid"]
    assert search.is_run_waiting(client.read_object(search.run_call(uuid, limit="1")))
    clock.advance(10)
    rows = list(search.rows_after(client, uuid, 2, 100))
    assert len(rows) == 3
    content = client.read_file(search.run_call(uuid, tail="/download", download_format="csv"))
    assert len(content.splitlines()) == 6
