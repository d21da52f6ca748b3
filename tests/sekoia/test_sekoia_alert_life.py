"""One alert: reading it, moving it, editing it, deleting it, more of it."""

from typing import Any

import pytest

from lab.clock import Clock
from lab.sekoia.alerts.model import Alert
from lab.sekoia.statuses.model import ACTIONS, LEGACY
from lab.sekoia.world import World
from tests.sekoia.caller import Caller

ONE = "/v1/sic/alerts"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
PARTS = {"comments", "history", "countermeasures"}


@pytest.fixture
def alert(world: World) -> Alert:
    return world.alerts.raise_alert("one", urgency=30, details="before", cases=[{"short_id": "CA1"}])


def move(api: Caller, alert: Alert, action: str, **more: Any) -> Any:
    return api.call("PATCH", f"{ONE}/{alert.uuid}/workflow", json={"action_uuid": action, **more})


def edit(api: Caller, alert: Alert, **changes: Any) -> Any:
    return api.call("PATCH", f"{ONE}/{alert.uuid}", json=changes)


def offered(api: Caller, alert: Alert) -> list[str]:
    return [action["name"] for action in api.json(f"{ONE}/{alert.uuid}/workflow")["actions"]]


def test_an_alert_is_found_by_uuid_and_by_short_id(api: Caller, alert: Alert) -> None:
    assert api.json(f"{ONE}/{alert.uuid}") == api.json(f"{ONE}/{alert.short_id}")


def test_an_unknown_alert_is_404(api: Caller) -> None:
    answer = api.get(f"{ONE}/{UNKNOWN}")
    assert (answer.status_code, answer.json()) == (404, {"message": "Unknown alert", "code": "EMU404"})


def test_the_parts_of_an_alert_come_as_asked(api: Caller, alert: Alert) -> None:
    by_default = api.json(f"{ONE}/{alert.uuid}").keys()
    assert by_default >= PARTS
    assert not by_default & {"cases", "custom_status", "verdict"}
    few = dict.fromkeys(PARTS, "false") | {"cases": "true", "custom_status": "true", "stix": "true"}
    shown = api.json(f"{ONE}/{alert.uuid}", **few)
    assert not shown.keys() & PARTS
    assert (shown["cases"], shown["verdict"]) == ([{"short_id": "CA1"}], None)
    assert shown["custom_status"] == {
        "label": "Pending",
        "description": "Alert waits for a decision",
        "level": 0,
        "stage": "open",
    }
    assert shown["stix"]["type"] == "bundle"


def test_countermeasures_are_shown_with_their_steps_and_in_the_history(world: World, api: Caller) -> None:
    alert = world.alerts.raise_alert("one", countermeasures=["Isolate the host"])
    shown = api.json(f"{ONE}/{alert.uuid}")
    assert shown["countermeasures"][0]["name"] == "Isolate the host"
    assert shown["countermeasures"][0]["action_steps"][0]["action_order"] == 0
    assert [entry["entry_type"] for entry in shown["history"]] == ["alert", "countermeasure"]


@pytest.mark.parametrize("action", ACTIONS.values(), ids=lambda action: str(action.name))
def test_a_legacy_action_moves_the_alert(world: World, api: Caller, alert: Alert, action: Any) -> None:
    assert move(api, alert, action.uuid).status_code == 200
    row = api.items()[0]
    assert row["status"]["name"] == action.leads_to
    assert row["custom_status_uuid"] == world.statuses.labelled(action.leads_to).uuid


@pytest.mark.parametrize("status", list(LEGACY.values())[1:], ids=lambda status: str(status.name))
def test_a_legacy_status_moves_the_alert(api: Caller, alert: Alert, status: Any) -> None:
    assert move(api, alert, status.uuid).status_code == 200
    assert api.items()[0]["status"]["uuid"] == status.uuid


def test_a_custom_status_moves_the_alert_and_shows_as_the_nearest_legacy_one(
    world: World, api: Caller, alert: Alert
) -> None:
    own = world.statuses.define("Waiting for customer", "in_progress")
    assert move(api, alert, own.uuid).status_code == 200
    row = api.items()[0]
    assert (row["status"]["name"], row["custom_status"]["label"]) == ("Ongoing", "Waiting for customer")
    assert row["custom_status"]["stage"] == "in_progress"


def test_a_move_answers_the_next_moves(api: Caller, alert: Alert) -> None:
    assert offered(api, alert) == ["Acknowledge", "Validate", "Reject", "Close"]
    answer = move(api, alert, ACTIONS["Acknowledge"].uuid)
    assert [action["name"] for action in answer.json()["actions"]] == ["Validate", "Reject", "Close"]


def test_a_move_leaves_history_comment_times_and_updated_at(api: Caller, alert: Alert, clock: Clock) -> None:
    clock.advance(90)
    move(api, alert, ACTIONS["Acknowledge"].uuid, comment="mine")
    clock.advance(10)
    move(api, alert, ACTIONS["Validate"].uuid)
    clock.advance(100)
    move(api, alert, ACTIONS["Close"].uuid, comment=None)
    shown = api.json(f"{ONE}/{alert.uuid}")
    assert shown["updated_at"] == shown["created_at"] + 200
    assert shown["updated_by_type"] == "apikey"
    times = [shown[f"time_to_{name}"] for name in ("acknowledge", "respond", "resolve")]
    assert times == [90, 100, 200]
    assert [entry["alert"] for entry in shown["history"]] == [
        {"status": "Closed", "previous_status": "Ongoing"},
        {"status": "Ongoing", "previous_status": "Acknowledged"},
        {"status": "Acknowledged", "previous_status": "Pending"},
        {"status": "Pending", "previous_status": None},
    ]
    assert [note["content"] for note in shown["history"][2]["history_comments"]] == ["mine"]
    assert "unseen" not in shown["history"][2]["history_comments"][0]
    assert [note["content"] for note in shown["comments"]] == ["mine"]


def test_first_times_stay_when_an_alert_is_reopened_and_closed_again(api: Caller, alert: Alert, clock: Clock) -> None:
    clock.advance(50)
    move(api, alert, ACTIONS["Close"].uuid)
    clock.advance(50)
    move(api, alert, ACTIONS["Acknowledge"].uuid)
    clock.advance(50)
    move(api, alert, ACTIONS["Close"].uuid)
    assert api.items()[0]["time_to_resolve"] == 50


def test_a_move_to_the_present_status_is_409(api: Caller, alert: Alert) -> None:
    answer = move(api, alert, LEGACY["Pending"].uuid)
    assert answer.status_code == 409
    assert answer.json()["message"] == "Invalid action given current status"


def test_a_move_to_an_unknown_uuid_is_400(api: Caller, alert: Alert) -> None:
    assert move(api, alert, UNKNOWN).status_code == 400


def test_a_status_for_cases_only_is_400_on_an_alert(world: World, api: Caller, alert: Alert) -> None:
    own = world.statuses.define("Legal", "in_progress", types=["case"])
    assert move(api, alert, own.uuid).status_code == 400


@pytest.mark.parametrize("body", [{}, {"action_uuid": 5}, {"action_uuid": ""}, []])
def test_a_move_without_an_action_is_400(api: Caller, alert: Alert, body: Any) -> None:
    assert api.call("PATCH", f"{ONE}/{alert.uuid}/workflow", json=body).status_code == 400


def test_a_body_that_is_not_json_is_400(api: Caller, alert: Alert) -> None:
    assert api.call("PATCH", f"{ONE}/{alert.uuid}/workflow", data="{").status_code == 400


def test_an_unknown_field_of_a_body_is_400_and_named(api: Caller, alert: Alert) -> None:
    answer = edit(api, alert, titel="x")
    assert (answer.status_code, answer.json()["code"]) == (400, "LAB400")
    assert "titel" in answer.json()["message"]


def test_the_moves_of_a_bulk_change_are_all_moves(api: Caller) -> None:
    actions = api.json(f"{ONE}/bulk/workflow")["actions"]
    assert [action["name"] for action in actions] == list(ACTIONS)


def test_legacy_statuses_are_the_five_constants(api: Caller) -> None:
    listed = api.json(f"{ONE}/statuses", limit=2, offset=1)
    assert listed["total"] == 5
    assert [item["name"] for item in listed["items"]] == ["Acknowledged", "Ongoing"]


def test_an_edit_answers_the_whole_alert_and_writes_history(
    world: World, api: Caller, alert: Alert, clock: Clock
) -> None:
    clock.advance(5)
    stage = world.kill_chains.named("Delivery")
    answer = edit(
        api,
        alert,
        title="new",
        details="after",
        urgency=81,
        alert_type_category="fraud",
        alert_type_value="phishing",
        kill_chain_short_id=stage.short_id,
        assignee=UNKNOWN,
    )
    shown = answer.json()
    assert (answer.status_code, shown["title"], shown["assignee"]) == (200, "new", UNKNOWN)
    assert (shown["urgency"]["current_value"], shown["urgency"]["value"]) == (81, 30)
    assert shown["urgency"]["display"] == "Urgent"
    assert shown.keys() >= PARTS | {"custom_status", "verdict"}
    assert shown["updated_at"] == shown["created_at"] + 5
    entries = {entry["entry_type"]: entry for entry in shown["history"]}
    assert entries["urgency"]["urgency"] == {"value": 81, "previous_value": 30}
    assert entries["details"]["details"] == {"value": "after", "previous_value": "before"}
    assert entries["alert_type"]["alert_type"]["previous_category"] == "malware"
    assert entries["kill_chain"]["kill_chain"]["short_id"] == stage.short_id


def test_an_edit_that_changes_nothing_leaves_updated_at(api: Caller, alert: Alert, clock: Clock) -> None:
    clock.advance(5)
    same = {"title": "one", "urgency": 30, "details": "before", "kill_chain_short_id": None, "assignee": None}
    shown = edit(api, alert, **same, status_uuid=LEGACY["Pending"].uuid).json()
    assert shown["updated_at"] == shown["created_at"]
    assert len(shown["history"]) == 1


def test_an_edit_closes_with_a_verdict_in_one_call(world: World, api: Caller, alert: Alert) -> None:
    verdict = world.verdicts.labelled("False positive")
    closed = world.statuses.labelled("Closed")
    answer = edit(
        api,
        alert,
        custom_status_uuid=closed.uuid,
        verdict_uuid=verdict.uuid,
        verdict_analysis="a test",
        verdict_confidence=90,
        comment="done",
    )
    shown = answer.json()
    assert (shown["status"]["name"], shown["verdict_uuid"]) == ("Closed", verdict.uuid)
    assert (shown["verdict"]["stage"], shown["verdict"]["confidence"]) == ("false_positive", 90)
    assert shown["verdict"]["analysis"] == "a test"
    assert [note["content"] for note in shown["comments"]] == ["done"]


def test_a_null_verdict_takes_the_verdict_away(world: World, api: Caller) -> None:
    alert = world.alerts.raise_alert("one", verdict="True positive")
    shown = edit(api, alert, verdict_uuid=None).json()
    assert (shown["verdict_uuid"], shown["verdict"]) == (None, None)


def test_a_comment_alone_can_be_an_edit(api: Caller, alert: Alert) -> None:
    assert [note["content"] for note in edit(api, alert, comment="hello").json()["comments"]] == ["hello"]


@pytest.mark.parametrize(
    "changes",
    [
        {"title": None},
        {"title": "x" * 10_001},
        {"urgency": 101},
        {"urgency": "80"},
        {"urgency": True},
        {"alert_type_category": "fraud"},
        {"alert_type_value": "ab"},
        {"kill_chain_short_id": "KCnothing"},
        {"status_uuid": UNKNOWN},
        {"custom_status_uuid": UNKNOWN},
        {"verdict_uuid": UNKNOWN},
        {"verdict_uuid": "true"},
        {"verdict_analysis": "of what?"},
        {"verdict_confidence": 101},
        {"assignee": "Ines"},
    ],
    ids=str,
)
def test_an_edit_that_does_not_fit_is_400_and_changes_nothing(
    api: Caller, alert: Alert, changes: dict[str, Any]
) -> None:
    assert edit(api, alert, **{"details": "changed", **changes}).status_code == 400
    assert api.items()[0]["details"] == "before"


def test_a_deleted_alert_is_gone(api: Caller, alert: Alert) -> None:
    answer = api.call("DELETE", f"{ONE}/{alert.short_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.get(f"{ONE}/{alert.uuid}").status_code == 404
    assert api.call("DELETE", f"{ONE}/{alert.uuid}").status_code == 404
    assert api.items() == []


def test_history_is_paged_newest_first(api: Caller, alert: Alert) -> None:
    move(api, alert, ACTIONS["Acknowledge"].uuid)
    page = api.json(f"{ONE}/{alert.uuid}/history", limit=1)
    assert (page["total"], page["items"][0]["alert"]["status"]) == (2, "Acknowledged")
    assert len(api.items(f"{ONE}/{alert.uuid}/history", offset=1)) == 1


def test_more_events_join_an_open_alert(world: World, api: Caller, alert: Alert, clock: Clock) -> None:
    clock.advance(30)
    assert world.alerts.occurrence(alert.uuid, 3) is alert
    row = api.items()[0]
    assert (row["similar"], row["updated_at"] - row["created_at"]) == (4, 30)
    assert row["last_seen_at"] == "2026-03-01T10:00:30.000000Z"


def test_more_events_of_a_closed_alert_raise_a_new_one(world: World, api: Caller, alert: Alert, clock: Clock) -> None:
    world.alerts.set_status(alert.uuid, "Closed")
    clock.advance(30)
    again = world.alerts.occurrence(alert.uuid)
    assert again.uuid != alert.uuid
    assert api.titles(similar_to=alert.short_id) == ["one"]


def test_colleagues_change_alerts_too(world: World, api: Caller, alert: Alert) -> None:
    world.alerts.set_status(alert.uuid, "Ongoing", by="Ines", comment="on it")
    world.alerts.edit(alert.uuid, by="Ines", urgency=50)
    world.alerts.comment(alert.uuid, "looks bad", by="Marek")
    shown = api.json(f"{ONE}/{alert.uuid}")
    assert shown["updated_by_type"] == "avatar"
    assert shown["comments"][1]["author"].startswith("user:")
    assert [entry["entry_type"] for entry in shown["history"]] == ["comment", "urgency", "alert", "alert"]


@pytest.mark.odd_tenant
def test_an_edit_repairs_an_urgency_that_was_none(world: World, api: Caller) -> None:
    alert = world.alerts.raise_alert("one", urgency=None)
    assert api.items()[0]["urgency"]["current_value"] is None
    assert edit(api, alert, urgency=55).json()["urgency"]["current_value"] == 55


def test_an_urgency_out_of_bounds_raises(world: World) -> None:
    with pytest.raises(ValueError, match="101"):
        world.alerts.raise_alert("one", urgency=101)


def test_an_edit_takes_the_kill_chain_away(world: World, api: Caller) -> None:
    alert = world.alerts.raise_alert("one", kill_chain="Delivery")
    shown = edit(api, alert, kill_chain_short_id=None).json()
    assert shown["kill_chain_short_id"] is None
    assert shown["history"][0]["kill_chain"] == {"previous_short_id": world.kill_chains.named("Delivery").short_id}


def test_the_stix_bundle_bears_an_alert_without_entity(world: World, api: Caller) -> None:
    alert = world.alerts.raise_alert("one", entity=None)
    kinds = [thing["type"] for thing in api.json(f"{ONE}/{alert.uuid}", stix="true")["stix"]["objects"]]
    assert kinds == ["identity", "indicator", "observed-data", "sighting"]


def test_the_answer_of_a_comment_is_not_changed_by_a_later_one(world: World, api: Caller, alert: Alert) -> None:
    first = world.alerts.comment(alert.uuid, "same")
    second = world.alerts.comment(alert.uuid, "same")
    assert first.uuid != second.uuid
    assert [note["uuid"] for note in api.items(f"{ONE}/{alert.uuid}/comments")] == [first.uuid, second.uuid]
