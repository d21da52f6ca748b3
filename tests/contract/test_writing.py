"""What the client changes in a tenant, and what it does when nobody knows whether a change arrived."""

from typing import Any

import pytest
import SekoiaXDRApiModule as api

from lab.clock import Clock
from lab.sekoia.alerts.model import Alert
from lab.sekoia.faults import Fault
from lab.sekoia.statuses.model import ACTIONS
from lab.sekoia.world import World
from lab.xsoar.timeviews import time_view

ONGOING = ACTIONS["Validate"].uuid
CLOSE = ACTIONS["Close"].uuid


@pytest.fixture
def alert(world: World) -> Alert:
    return world.alerts.raise_alert("Suspicious logon", urgency=50)


def in_status(name: str) -> api.AlertTest:
    return lambda seen: bool(seen["status"]["name"] == name)


def never(_seen: Any) -> bool:
    return False


def writes(world: World) -> list[str]:
    return [call.method for call in world.journal.calls if call.method != "GET"]


def test_move_changes_the_status_and_tells_the_next_moves(client: api.SekoiaClient, alert: Alert) -> None:
    moves = client.set_status(alert.uuid, ONGOING, "Taken", reached=in_status("Ongoing"))
    assert (alert.status.label, [one.content for one in alert.comments]) == ("Ongoing", ["Taken"])
    assert "Validate" not in [move["name"] for move in moves]


def test_every_offered_move_can_be_made(client: api.SekoiaClient, alert: Alert) -> None:
    for move in client.get_workflow(alert.short_id):
        client.set_status(alert.short_id, move["id"], reached=never)
    assert alert.status.label == "Closed"


def test_move_to_the_present_status_is_a_conflict(client: api.SekoiaClient, alert: Alert) -> None:
    client.set_status(alert.uuid, ONGOING, reached=never)
    with pytest.raises(api.SekoiaConflict, match="Invalid action given current status"):
        client.set_status(alert.uuid, ONGOING, reached=never)


def test_unknown_move_is_a_bad_request_that_names_it(client: api.SekoiaClient, alert: Alert) -> None:
    with pytest.raises(api.SekoiaBadRequest, match="Unknown action"):
        client.set_status(alert.uuid, "00000000-0000-4000-8000-000000000000", reached=never)


@pytest.mark.parametrize(("status", "error"), [(400, api.SekoiaBadRequest), (409, api.SekoiaConflict)])
def test_close_that_needs_a_verdict_is_refused(
    client: api.SekoiaClient, world: World, alert: Alert, status: int, error: type[Exception]
) -> None:
    world.switches.turn(verdict_required_to_close=True, verdict_refusal_status=status)
    with pytest.raises(error, match="A verdict is required"):
        client.set_status(alert.uuid, CLOSE, reached=never)


EDITS: dict[str, tuple[dict[str, Any], str, Any]] = {
    "title": ({"title": "Renamed"}, "title", "Renamed"),
    "details": ({"details": "Look here"}, "details", "Look here"),
    "assignee": (
        {"assignee": "91a7c2de-40b8-4e15-8f6b-5c3d2e1f0a97"},
        "assignee",
        "91a7c2de-40b8-4e15-8f6b-5c3d2e1f0a97",
    ),
    "kill chain": ({"kill_chain_short_id": "KCXKNfnJupq5"}, "kill_chain_short_id", "KCXKNfnJupq5"),
}


@pytest.mark.parametrize("case", EDITS)
def test_edit_changes_the_field_and_gives_the_alert_back(client: api.SekoiaClient, alert: Alert, case: str) -> None:
    changes, key, value = EDITS[case]
    assert client.edit_alert(alert.uuid, changes, reached=never)[key] == value
    assert client.get_alert(alert.uuid)[key] == value


def test_edit_of_the_urgency_shows_in_its_number(client: api.SekoiaClient, alert: Alert) -> None:
    assert client.edit_alert(alert.uuid, {"urgency": 85}, reached=never)["urgency"]["current_value"] == 85


def test_edit_closes_with_a_verdict_in_one_call(client: api.SekoiaClient, world: World, alert: Alert) -> None:
    verdict = world.verdicts.labelled("False positive")
    body = {"verdict_uuid": verdict.uuid, "custom_status_uuid": world.statuses.labelled("Closed").uuid}
    seen = client.edit_alert(alert.uuid, body, reached=never)
    assert (seen["verdict_uuid"], seen["status"]["name"], len(writes(world))) == (verdict.uuid, "Closed", 1)


@pytest.mark.parametrize("changes", [{"urgency": 101}, {"title": "x" * 10_001}, {"assignee": "x"}])
def test_edit_that_does_not_fit_is_a_bad_request(
    client: api.SekoiaClient, alert: Alert, changes: dict[str, Any]
) -> None:
    with pytest.raises(api.SekoiaBadRequest):
        client.edit_alert(alert.uuid, changes, reached=never)


def test_comment_is_given_back_as_it_was_stored(client: api.SekoiaClient, alert: Alert) -> None:
    text = "Zürich 東京 🔥 <b>bold</b>\nsecond line"
    comment = client.post_comment(alert.uuid, text, "Day shift")
    assert (comment["content"], comment["author"]) == (text, "Day shift")
    assert [one["uuid"] for one in client.iter_comments(alert.uuid)] == [comment["uuid"]]


def test_blank_comment_is_a_bad_request(client: api.SekoiaClient, alert: Alert) -> None:
    with pytest.raises(api.SekoiaBadRequest):
        client.post_comment(alert.uuid, "  ")


ACTED = ("reset_after", "status_after", "cut")
LOST = ("reset", "status")


@pytest.mark.parametrize("kind", ACTED)
def test_change_whose_answer_was_lost_is_not_sent_again(
    client: api.SekoiaClient, world: World, alert: Alert, kind: str
) -> None:
    for method in ("PATCH */workflow", "POST */comments", "PATCH /v1/sic/alerts/*"):
        world.faults.clear()
        world.faults.arm(Fault(method, kind=kind))
        world.journal.clear()
        if method.startswith("POST"):
            client.post_comment(alert.uuid, "Once")
        elif method.endswith("workflow"):
            client.set_status(alert.uuid, ONGOING, reached=in_status("Ongoing"))
        else:
            client.edit_alert(alert.uuid, {"title": "Renamed"}, reached=lambda seen: bool(seen["title"] == "Renamed"))
        assert len(writes(world)) == 1, method
    assert (alert.status.label, alert.title, len(alert.comments)) == ("Ongoing", "Renamed", 1)


@pytest.mark.parametrize("kind", LOST)
def test_change_that_did_not_arrive_is_sent_once_more(
    client: api.SekoiaClient, world: World, alert: Alert, kind: str
) -> None:
    world.faults.arm(Fault("PATCH */workflow", kind=kind))
    client.set_status(alert.uuid, ONGOING, "Taken", reached=in_status("Ongoing"))
    assert (alert.status.label, len(writes(world)), len(alert.comments)) == ("Ongoing", 2, 1)


def test_change_of_which_nobody_can_say_is_told_so(client: api.SekoiaClient, world: World, alert: Alert) -> None:
    world.faults.arm(Fault("PATCH *", kind="status_after"))
    world.faults.arm(Fault("GET *", kind="status", times=None))
    with pytest.raises(api.SekoiaDoubtful, match="Look at the object in Sekoia before you repeat"):
        client.set_status(alert.uuid, ONGOING, reached=in_status("Ongoing"))
    assert writes(world) == ["PATCH"]


def test_same_comment_of_an_earlier_hour_is_not_taken_for_this_one(
    client: api.SekoiaClient, world: World, alert: Alert, clock: Clock
) -> None:
    world.alerts.comment(alert.short_id, "Closed by Sekoia", at=clock.time() - 3600)
    world.faults.arm(Fault("POST */comments", kind="reset"))
    client.post_comment(alert.uuid, "Closed by Sekoia")
    assert len(alert.comments) == 2


@pytest.mark.parametrize("ahead", [-40, 0, 40])
@pytest.mark.parametrize("kind", ["reset", "reset_after"])
def test_same_comment_of_half_a_minute_ago_is_told_apart_whatever_the_clock_of_the_host(
    client: api.SekoiaClient, world: World, alert: Alert, clock: Clock, monkeypatch: Any, kind: str, ahead: float
) -> None:
    monkeypatch.setattr(api, "time", time_view(Clock(clock.time() + ahead)))
    world.alerts.comment(alert.short_id, "Closed by Sekoia", at=clock.time() - 30)
    world.faults.arm(Fault("POST */comments", kind=kind))
    assert client.post_comment(alert.uuid, "Closed by Sekoia")["date"] == clock.time()
    assert len(alert.comments) == 2


@pytest.mark.parametrize("bad", ["", "AL", "../../v1/me", "AL123456/../x", "5f0b3c52", "AL123456?x=1"])
def test_id_that_is_none_reaches_no_endpoint(client: api.SekoiaClient, bad: str) -> None:
    calls = (
        lambda: client.get_alert(bad),
        lambda: client.get_workflow(bad),
        lambda: list(client.iter_comments(bad)),
        lambda: client.set_status(bad, ONGOING, reached=never),
        lambda: client.edit_alert(bad, {}, reached=never),
        lambda: client.post_comment(bad, "x"),
    )
    for call in calls:
        with pytest.raises(ValueError, match="is no alert id"):
            call()
    assert client.calls == 0
