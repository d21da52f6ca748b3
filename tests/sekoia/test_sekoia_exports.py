"""Massive exports: a task, then a file that its address alone opens."""

import gzip
import json

import requests

from lab.clock import Clock
from lab.sekoia.tasks.model import Course
from lab.sekoia.world import World
from tests.sekoia.caller import Caller
from tests.sekoia.search import opened


def finished_job(world: World, api: Caller, clock: Clock, events: int = 3) -> str:
    world.events.attach(world.alerts.raise_alert("one").short_id, count=events)
    path = opened(api)
    clock.sleep(10)
    return path


def exported(api: Caller, path: str, **body: object) -> requests.Response:
    return api.call("POST", f"{path}/export", json=body)


def address(api: Caller, clock: Clock, path: str, **body: object) -> str:
    task = exported(api, path, **body).json()["task_uuid"]
    clock.sleep(10)
    shown = api.json(f"/v1/tasks/{task}")
    assert (shown["status"], shown["progress"]) == ("FINISHED", 3)
    return str(shown["attributes"]["download_url"])


def test_export_ends_with_one_json_object_a_line(world: World, api: Caller, clock: Clock) -> None:
    found = address(api, clock, finished_job(world, api, clock), fields=["event.id", "@timestamp"])
    lines = gzip.decompress(requests.get(found, timeout=5).content).splitlines()
    assert [sorted(json.loads(line)) for line in lines] == [["@timestamp", "event.id"]] * 3


def test_export_without_fields_has_time_and_message(world: World, api: Caller, clock: Clock) -> None:
    found = address(api, clock, finished_job(world, api, clock))
    line = gzip.decompress(requests.get(found, timeout=5).content).splitlines()[0]
    assert sorted(json.loads(line)) == ["@timestamp", "message"]


def test_address_opens_without_a_key_and_not_with_one(world: World, api: Caller, clock: Clock) -> None:
    found = address(api, clock, finished_job(world, api, clock))
    assert requests.get(found, timeout=5).status_code == 200
    assert requests.get(found, timeout=5, headers={"Authorization": "Bearer x"}).status_code == 400
    assert requests.get(found + "x", timeout=5).status_code == 403
    clock.sleep(25 * 3600)
    assert requests.get(found, timeout=5).status_code == 403


def test_second_export_waits_for_the_first(world: World, api: Caller, clock: Clock) -> None:
    path = finished_job(world, api, clock)
    assert [exported(api, path).status_code for _ in range(2)] == [200, 409]
    clock.sleep(10)
    assert exported(api, path).status_code == 200


def test_export_needs_its_own_permission(world: World, server: object, api: Caller, clock: Clock) -> None:
    path = finished_job(world, api, clock)
    with Caller(api.url, world.keys.issue("reader", permissions=("View intakes", "View events"))) as reader:
        assert exported(reader, path).status_code == 403


def test_export_of_an_unfinished_job_and_of_wildcards_is_refused(world: World, api: Caller, clock: Clock) -> None:
    assert exported(api, opened(api)).status_code == 400
    assert exported(api, finished_job(world, api, clock), fields=["event.*"]).status_code == 400


def test_failed_export_leaves_no_address(world: World, api: Caller, clock: Clock) -> None:
    world.tasks.next_go(Course(ends="FAILED"))
    task = exported(api, finished_job(world, api, clock)).json()["task_uuid"]
    clock.sleep(10)
    shown = api.json(f"/v1/tasks/{task}")
    assert (shown["status"], shown["attributes"]) == ("FAILED", {})
