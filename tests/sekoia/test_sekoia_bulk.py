"""Changes of many alerts at once, and the tasks that make them."""

from typing import Any

import pytest

from lab.clock import Clock
from lab.sekoia.statuses.model import ACTIONS, LEGACY
from lab.sekoia.tasks.model import Course
from lab.sekoia.world import World
from tests.sekoia.caller import Caller

LATER, NOW = "/v1/sic/alerts/bulk/workflow/async", "/v1/sic/alerts/bulk/workflow"
ONGOING, CLOSED = LEGACY["Ongoing"].uuid, LEGACY["Closed"].uuid


def start(api: Caller, **body: Any) -> str:
    answer = api.call("PATCH", LATER, json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["task_id"])


def labels(world: World) -> list[str]:
    return [alert.status.label for alert in world.alerts.all()]


def test_a_bulk_move_happens_at_the_end_of_its_task(world: World, api: Caller, clock: Clock) -> None:
    one, two, _ = (world.alerts.raise_alert(f"alert {number}") for number in range(3))
    task = start(api, **{"match[uuid]": f"{one.uuid},{two.uuid}", "action_uuid": ONGOING, "comment": "ours"})
    seen = [api.json(f"/v1/tasks/{task}")["status"]]
    assert labels(world) == ["Pending"] * 3
    for seconds in (2, 4):
        clock.advance(seconds)
        seen.append(api.json(f"/v1/tasks/{task}")["status"])
    assert seen == ["PENDING", "RUNNING", "FINISHED"]
    assert labels(world) == ["Ongoing", "Ongoing", "Pending"]
    assert [comment.content for comment in one.comments] == ["ours"]
    shown = api.json(f"/v1/tasks/{task}")
    assert (shown["total"], shown["progress"], shown["error"]) == (2, 2, None)


def test_a_bulk_move_takes_the_filters_of_the_list_and_a_verdict(world: World, api: Caller, clock: Clock) -> None:
    for urgency in (10, 90):
        world.alerts.raise_alert(f"alert {urgency}", urgency=urgency)
    verdict = world.verdicts.labelled("False positive")
    start(api, **{"range[urgency]": "80,100", "action_uuid": CLOSED, "verdict_uuid": verdict.uuid})
    clock.advance(10)
    api.json("/v1/me")
    low, high = world.alerts.all()
    assert (low.status.label, high.status.label) == ("Pending", "Closed")
    assert high.ruling is not None and high.ruling.verdict is verdict


def test_alerts_that_do_not_allow_the_move_are_left_out(world: World, api: Caller, clock: Clock) -> None:
    world.switches.turn(strict_legacy_transitions=True)
    world.alerts.raise_alert("pending")
    world.alerts.raise_alert("ongoing", status="Ongoing")
    task = start(api, **{"match[status_name]": "Pending,Ongoing", "action_uuid": CLOSED})
    clock.advance(10)
    shown = api.json(f"/v1/tasks/{task}")
    assert (labels(world), shown["status"], shown["progress"]) == (["Pending", "Closed"], "FINISHED", 1)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "action_uuid is required"),
        ({"action_uuid": "00000000-0000-4000-8000-000000000000"}, "Unknown action"),
        ({"action_uuid": CLOSED, "verdict_uuid": "00000000-0000-4000-8000-000000000000"}, "Unknown verdict"),
        ({"action_uuid": CLOSED, "verdict_uuid": "x"}, "verdict_uuid"),
        ({"action_uuid": CLOSED, "colour": "red"}, "does not know the query key 'colour'"),
    ],
)
def test_a_bulk_move_that_cannot_be_is_400(api: Caller, body: dict[str, str], words: str) -> None:
    answer = api.call("PATCH", LATER, json=body)
    assert answer.status_code == 400
    assert words in answer.json()["message"]


@pytest.mark.parametrize("ends", ["FAILED", "CANCELED"])
def test_a_task_that_fails_changes_nothing(world: World, api: Caller, clock: Clock, ends: str) -> None:
    alert = world.alerts.raise_alert("alert")
    world.tasks.next_go(Course(ends=ends))
    task = start(api, **{"match[short_id]": alert.short_id, "action_uuid": ONGOING})
    clock.advance(10)
    assert api.json(f"/v1/tasks/{task}")["status"] == ends
    assert labels(world) == ["Pending"]


def test_tasks_of_bulk_changes_may_be_unknown(world: World, api: Caller) -> None:
    world.switches.turn(bulk_tasks="unknown")
    alert = world.alerts.raise_alert("alert")
    task = start(api, **{"match[uuid]": alert.uuid, "action_uuid": ONGOING})
    assert api.get(f"/v1/tasks/{task}").status_code == 404
    assert api.get("/v1/tasks/00000000-0000-4000-8000-000000000000").json()["message"] == "Unknown task"


def test_a_course_ends_as_tasks_end() -> None:
    with pytest.raises(ValueError, match="FINISHED"):
        Course(ends="DONE")


def test_the_older_bulk_move_is_done_at_once_or_not_at_all(world: World, api: Caller) -> None:
    one, two = (world.alerts.raise_alert(f"alert {number}") for number in range(2))
    body = {"match[uuid]": f"{one.short_id},{two.uuid}", "action_uuid": ACTIONS["Acknowledge"].uuid}
    assert api.call("PATCH", NOW, json=body).status_code == 204
    assert labels(world) == ["Acknowledged"] * 2
    assert api.call("PATCH", NOW, json=body).status_code == 409
    assert api.call("PATCH", NOW, json={"action_uuid": ONGOING}).status_code == 400
