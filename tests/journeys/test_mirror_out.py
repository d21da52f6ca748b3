"""Mirroring out: what an analyst changes on an incident is changed in Sekoia, once, whatever the API says meanwhile."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from lab.clock import Clock
from lab.sekoia.alerts.model import Alert
from lab.sekoia.faults import Fault
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from lab.xsoar.bundle import Bundle
from lab.xsoar.host import Killed
from tests.journeys.test_rich_outputs import FIELD
from tests.mirror.desk import ALL_ON, TAG_IN, TAG_OUT, Desk, comments_of
from tests.repository.pack_items import mapped_paths, outgoing_mapper
from tests.stage import INSTANCE, INTEGRATION, Stage

STATUS, URGENCY, VERDICT = "SekoiaXDR Alert Status", "SekoiaXDR Urgency", "SekoiaXDR Verdict"
TITLE, DETAILS, ASSIGNEE = "Alert Name", "SekoiaXDR Alert Details", "Assigned User"
ADA, BOB = "91a7c2de-40b8-4e15-8f6b-5c3d2e1f0a97", "2e8f4b10-7c35-4d9a-b1e6-0f5a9c3d7e24"
# Each field that goes both ways: what a colleague in Sekoia makes of it, and what an analyst does.
TWO_WAY: dict[str, tuple[Any, Any]] = {
    URGENCY: (85, 15),
    TITLE: ("theirs", "ours"),
    DETAILS: ("theirs", "ours"),
    ASSIGNEE: (ADA, BOB),
    STATUS: ("Ongoing", "Acknowledged"),
    VERDICT: ("True positive", "False positive"),
}


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


def test_mapping_fields_are_those_of_the_outgoing_mapper(desk: Desk) -> None:
    offered = desk.host.mirroring.mapping_fields(desk.stage.instance)
    assert {name: set(fields) for name, fields in offered.items()} == {
        name: set(paths) for name, paths in mapped_paths(outgoing_mapper()).items()
    }
    assert desk.calls() == 0


def test_fields_reach_the_alert(desk: Desk) -> None:
    alert, number = desk.fetched(details="before")
    person = "91a7c2de-40b8-4e15-8f6b-5c3d2e1f0a97"
    changes = {URGENCY: 15, "Alert Name": "Renamed", "SekoiaXDR Alert Details": "after", "Assigned User": person}
    desk.host.set_fields(number, {**changes, STATUS: "acknowledge", "SekoiaXDR Verdict": "true positive"})
    desk.round()
    assert (alert.urgency_value, alert.title, alert.details, alert.assignee) == (15, "Renamed", "after", person)
    assert (alert.status.label, alert.ruling and alert.ruling.verdict.label) == ("Acknowledged", "True positive")


def test_what_did_not_change_is_not_sent(desk: Desk) -> None:
    _, number = desk.fetched()
    desk.host.set_fields(number, {"owner": "ada", "severity": 4})
    desk.round(count=3)
    assert desk.writes() == []


def test_own_change_does_not_come_back(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.host.add_entry(number, "checked", (TAG_OUT,))
    desk.host.set_fields(number, {STATUS: "Ongoing"})
    desk.round(count=5)
    assert comments_of(alert) == ["checked\n\n[XSOAR 1@1]"]
    assert (desk.entries(number, TAG_IN), len(desk.writes())) == ([], 2)


def test_comment_made_by_a_command_does_not_come_back(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.stage.run("sekoia-xdr-post-comment-alert", id=alert.short_id, comment="by hand")
    desk.round(count=3)
    assert (comments_of(alert), desk.entries(number)) == (["by hand"], [])


def test_mark_is_known_when_the_key_is_another_one(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.host.add_entry(number, "before the key changed", (TAG_OUT,))
    desk.stage.clock.advance(60)
    desk.host.mirroring.habits.out_first = True
    desk.stage.configure(mirror_direction="Outgoing")
    desk.host.mirror(desk.stage.instance)
    desk.stage.key = desk.stage.world.keys.issue("another")
    desk.stage.configure(mirror_direction="Incoming and Outgoing", **desk.stage.secret())
    desk.round(count=2)
    assert (len(comments_of(alert)), desk.entries(number)) == (1, [])


def test_entries_with_the_tag_become_comments_with_their_author_and_others_do_not(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.host.add_entry(number, "public", (TAG_OUT,), user="Ada Lovelace of the day shift in Paris")
    desk.host.add_entry(number, "internal", ("evidence",))
    desk.host.add_entry(number, "untagged")
    desk.round()
    (comment,) = alert.comments
    assert (comment.content, comment.author) == ("public\n\n[XSOAR 1@1]", "Ada Lovelace of the day (XSOAR)")


def test_file_becomes_a_comment_that_names_it(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.host.add_entry(number, "", (TAG_OUT,), file="capture.pcap")
    desk.round()
    assert comments_of(alert) == ["File in XSOAR: capture.pcap\n\n[XSOAR 1@1]"]


def test_same_words_twice_are_two_comments(desk: Desk) -> None:
    alert, number = desk.fetched()
    for _ in range(2):
        desk.host.add_entry(number, "ok", (TAG_OUT,))
    desk.round(count=2)
    assert len(comments_of(alert)) == 2


def test_chosen_tags_are_those_of_the_instance(stage: Stage) -> None:
    desk = Desk(stage, comment_tag="soc", comment_tag_from="from-soc")
    alert, number = desk.fetched()
    desk.host.add_entry(number, "yes", ("soc",))
    desk.host.add_entry(number, "no", (TAG_OUT,))
    stage.world.alerts.comment(alert.uuid, "theirs")
    desk.round(count=2)
    assert [text[:3] for text in comments_of(alert)] == ["the", "yes"]
    assert len(desk.entries(number, "from-soc")) == 1


@pytest.mark.parametrize("kind", ["status", "reset", "reset_after", "status_after", "not_json"])
def test_failing_api_loses_and_doubles_nothing(desk: Desk, kind: str) -> None:
    alert, number = desk.fetched()
    desk.host.mirroring.habits.asks_again = False
    desk.host.set_fields(number, {URGENCY: 15, STATUS: "Ongoing"})
    desk.host.add_entry(number, "once", (TAG_OUT,))
    desk.stage.world.faults.arm(Fault("*", kind=kind, times=40))
    errors = [error for _ in range(3) for error in desk.round().errors]
    desk.stage.world.faults.clear()
    desk.round(count=3)
    assert (alert.urgency_value, alert.status.label, len(alert.comments)) == (15, "Ongoing", 1)
    assert errors == []
    assert desk.host.integration_context(desk.stage.instance)["mirror"]["out"] == {}


def test_outgoing_alone_sends_later_what_could_not_be_sent(stage: Stage) -> None:
    desk = Desk(stage, mirror_direction="Outgoing")
    alert, number = desk.fetched()
    desk.host.set_fields(number, {URGENCY: 15})
    stage.world.faults.arm(Fault("*", kind="status", status=503, times=None))
    desk.round()
    stage.world.faults.clear()
    stage.minute()
    assert alert.urgency_value == 15


def test_host_that_dies_while_sending_sends_everything_once(desk: Desk) -> None:
    alert, number = desk.fetched()
    for point in range(12):
        desk.host.set_fields(number, {URGENCY: 20 + point})
        desk.host.add_entry(number, f"comment {point}", (TAG_OUT,))
        die_in_round(desk, point)
        desk.round(count=2)
        assert alert.urgency_value == 20 + point
    assert sorted(text.partition("\n")[0] for text in comments_of(alert)) == sorted(f"comment {n}" for n in range(12))
    assert desk.entries(number) == []


def die_in_round(desk: Desk, point: int) -> None:
    """A round in which the host dies at that call of the sending command."""
    left, sending = point, False

    def die(call: str) -> None:
        nonlocal left, sending
        sending = sending or call == "update-remote-system"
        left -= 1
        if left < 0:
            raise Killed(call)

    desk.host.mirroring.habits.out_first = True
    desk.host.hooks.before_platform_call = die
    try:
        desk.round()
    except Killed:
        desk.stage.restart()
    desk.host.hooks.before_platform_call = None


def test_id_comes_back_whatever_sekoia_says(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.host.set_fields(number, {URGENCY: 15})
    desk.stage.world.faults.arm(Fault("*", kind="status", status=400, times=None))
    done = desk.round()
    assert (done.errors, desk.incident(number).dbot_mirror_id) == ([], alert.short_id)


def test_refused_change_is_told_and_the_incident_shows_the_alert_again(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.host.set_fields(number, {STATUS: "No such status", URGENCY: 15})
    desk.round(count=3)
    assert (alert.urgency_value, alert.status.label) == (15, "Pending")
    assert desk.incident(number).fields[STATUS] == "Pending"
    told = [entry.shown for entry in desk.host.warroom(number) if "Not mirrored" in entry.shown]
    assert len(told) == 1
    assert "No such status" in told[0]


def test_missing_permission_blocks_nothing(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.stage.world.keys.change("soar", permissions=["View alerts", "Comment on alerts"])
    desk.host.set_fields(number, {URGENCY: 15})
    desk.host.add_entry(number, "still said", (TAG_OUT,))
    assert desk.round(count=2).errors == []
    assert (len(alert.comments), alert.urgency_value) == (1, 62)
    assert any("Manage alerts" in entry.shown for entry in desk.host.warroom(number))


def test_alert_that_is_gone_blocks_nothing(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.stage.world.alerts.delete(alert.uuid)
    desk.host.set_fields(number, {URGENCY: 15})
    assert desk.host.close_incident(number, {"closeReason": "Other"}) is None
    assert desk.round(count=2).errors == []
    assert desk.incident(number).status == 2


@pytest.mark.parametrize("direction", ["None", "Incoming"])
def test_other_directions_send_nothing(stage: Stage, direction: str) -> None:
    desk = Desk(stage)
    alert, number = desk.fetched()
    stage.configure(mirror_direction=direction)
    desk.host.set_fields(number, {URGENCY: 15, STATUS: "Ongoing"})
    desk.host.add_entry(number, "not sent", (TAG_OUT,))
    desk.host.close_incident(number, {"closeReason": "Resolved", "closeNotes": "internal"})
    desk.round(count=2)
    assert (desk.writes(), alert.status.label) == ([], "Pending")


def test_details_that_are_too_long_to_be_shown_are_not_cut_in_sekoia(desk: Desk) -> None:
    alert, number = desk.fetched(details="x" * 60_000)
    desk.host.set_fields(number, {"SekoiaXDR Alert Details": "short"})
    desk.round(count=2)
    assert len(alert.details) == 60_000


def change_in_sekoia(desk: Desk, alert: Alert, field: str, value: Any) -> None:
    """A colleague in Sekoia changes what that field of the incident shows."""
    world = desk.stage.world
    if field == STATUS:
        world.alerts.set_status(alert.uuid, value)
    elif field == VERDICT:
        world.alerts.edit(alert.uuid, verdict_uuid=world.verdicts.labelled(value).uuid)
    else:
        names = {URGENCY: "urgency", TITLE: "title", DETAILS: "details", ASSIGNEE: "assignee"}
        world.alerts.edit(alert.uuid, **{names[field]: value})


def held_by_sekoia(alert: Alert) -> dict[str, Any]:
    """The alert's values by the fields that show them."""
    plain = {URGENCY: alert.urgency_value, TITLE: alert.title, DETAILS: alert.details, ASSIGNEE: alert.assignee}
    return {**plain, STATUS: alert.status.label, VERDICT: alert.ruling and alert.ruling.verdict.label}


@pytest.mark.parametrize("out_first", [True, False])
@pytest.mark.parametrize("field", TWO_WAY)
def test_change_of_sekoia_stands_when_both_changed_the_same_field(desk: Desk, field: str, out_first: bool) -> None:
    desk.host.mirroring.habits.out_first = out_first
    alert, number = desk.fetched()
    desk.round()
    theirs, ours = TWO_WAY[field]
    beside = TITLE if field == DETAILS else DETAILS  # a field that the analyst alone changes
    change_in_sekoia(desk, alert, field, theirs)
    desk.host.set_fields(number, {field: ours, beside: "ours"})
    desk.round(count=3)
    held, shown = held_by_sekoia(alert), desk.incident(number).fields
    assert {field: held[field], beside: held[beside]} == {field: theirs, beside: "ours"}
    assert {field: shown[field], beside: shown[beside]} == {field: theirs, beside: "ours"}


def test_outgoing_alone_holds_nothing_against_a_change_of_the_analyst(stage: Stage) -> None:
    desk = Desk(stage, mirror_direction="Outgoing")
    alert, number = desk.fetched()
    stage.world.alerts.edit(alert.uuid, urgency=85)
    desk.host.set_fields(number, {URGENCY: 15})
    desk.round()
    stage.world.alerts.edit(alert.uuid, urgency=70)
    desk.host.set_fields(number, {"Alert Name": "renamed"})
    desk.round()
    assert (alert.urgency_value, alert.title) == (70, "renamed")


def test_second_change_before_the_first_came_back_is_no_conflict(desk: Desk) -> None:
    desk.host.mirroring.habits.out_first = True
    alert, number = desk.fetched()
    desk.stage.world.faults.arm(Fault("GET /v1/sic/alerts", kind="status", status=503, times=None))  # nothing comes in
    for value in (15, 25, 35):
        desk.host.set_fields(number, {URGENCY: value})
        desk.round()
        assert alert.urgency_value == value


def test_custom_fields_are_sent_by_name(desk: Desk) -> None:
    uuid = "5b0f9a52-9d0f-4a3e-8a53-6e0d7f5b1c11"
    field = {**FIELD, "uuid": uuid, "slug": "ticket", "name": "Ticket", "type": "text", "value": None}
    alert, number = desk.fetched(custom_fields=[field])
    args: dict[str, Any] = {
        "data": {"custom_field.Ticket": "INC-7"},
        "delta": {"custom_field.Ticket": "INC-7"},
        "entries": [],
    }
    args |= {"incidentChanged": True, "remoteId": alert.short_id, "status": 1}
    desk.host.execute(desk.stage.instance, "update-remote-system", args, number)
    call = next(one for one in desk.stage.world.journal.calls if one.path.endswith("/custom-fields"))
    assert (call.method, call.body) == ("PATCH", {"custom_fields": [{"uuid": uuid, "value": "INC-7"}]})


@pytest.mark.parametrize("name", ["Ticket", "ticket"])
def test_custom_field_of_the_mapper_changes_the_alert_in_sekoia(desk: Desk, name: str) -> None:
    """The user's own line in the outgoing mapper: the field of an incident becomes the custom field of its alert."""
    defined = desk.stage.world.custom_fields.define("Ticket")
    alert, number = desk.fetched()
    mapper = copy.deepcopy(desk.host.bundle.mappers["Sekoia XDR - Outgoing Mapper"])
    mapper["mapping"]["Sekoia XDR"]["internalMapping"][f"custom_field.{name}"] = {"simple": "classification"}
    desk.host.bundle = replace(
        desk.host.bundle, mappers={**desk.host.bundle.mappers, "Sekoia XDR - Outgoing Mapper": mapper}
    )
    desk.host.set_fields(number, {"Classification": "INC-7"})
    assert desk.round().errors == []
    held = {one["uuid"]: one["value"] for one in alert.facts["custom_fields"]}
    assert held == {defined.uuid: "INC-7"}
    before = len(desk.writes())
    desk.round(count=2)
    assert len(desk.writes()) == before


def test_custom_field_that_the_tenant_lacks_is_told_in_the_war_room(desk: Desk) -> None:
    alert, number = desk.fetched()
    sent = {"data": {"custom_field.Nothing": "x"}, "delta": {"custom_field.Nothing": "x"}, "entries": []}
    args = {**sent, "incidentChanged": True, "remoteId": alert.short_id, "status": 1}
    desk.host.execute(desk.stage.instance, "update-remote-system", args, number)
    desk.round()
    shown = [entry.shown for entry in desk.host.warroom(number)]
    assert any("the tenant has none called Nothing" in text for text in shown)


@pytest.fixture
def other(bundle: Bundle, clock: Clock) -> Iterator[tuple[World, SekoiaServer]]:
    """A second tenant."""
    world = World(clock, seed=7)
    with SekoiaServer(world) as server:
        yield world, server


def test_two_tenants_never_cross(desk: Desk, other: tuple[World, SekoiaServer]) -> None:
    """Both tenants have an alert of the same id: only the instance tells them apart."""
    world, server = other
    params: dict[str, Any] = {"mirror_direction": "Incoming and Outgoing", "close_incident": True, "url": server.url}
    params["credentials"] = {"identifier": "", "password": world.keys.issue("soar")}
    second = desk.host.add_instance(INTEGRATION, "second", params)
    theirs = world.alerts.raise_alert("Beacon", urgency=62)
    ours, number = desk.fetched()
    (created,) = desk.host.fetch(second).created
    assert theirs.short_id == ours.short_id
    desk.host.set_fields(number, {URGENCY: 15})
    desk.host.add_entry(number, "for the first", (TAG_OUT,))
    world.alerts.comment(theirs.uuid, "from the second")
    desk.host.close_incident(created.id, {"closeReason": "False Positive", "closeNotes": "nothing"})
    for _ in range(3):
        desk.round()
        desk.host.mirror(second)
    assert (ours.urgency_value, theirs.urgency_value) == (15, 62)
    assert (ours.status.label, theirs.status.label) == ("Pending", "Closed")
    assert [text.partition("\n")[0] for text in comments_of(ours)] == ["for the first"]
    assert comments_of(theirs) == ["from the second", "False Positive: nothing"]
    assert (desk.entries(number), len(desk.entries(created.id))) == ([], 1)


def test_closing_in_one_tenant_leaves_the_incident_of_the_other_open(
    desk: Desk, other: tuple[World, SekoiaServer]
) -> None:
    """Both tenants have an alert of the same id, and both instances close the incidents of closed alerts."""
    world, server = other
    secret = {"credentials": {"identifier": "", "password": world.keys.issue("soar")}}
    second = desk.host.add_instance(INTEGRATION, "second", {**ALL_ON, **secret, "url": server.url})
    theirs = world.alerts.raise_alert("Beacon", urgency=62)
    ours, number = desk.fetched()
    (created,) = desk.host.fetch(second).created
    assert theirs.short_id == ours.short_id
    world.alerts.set_status(theirs.uuid, "Closed")
    desk.stage.world.alerts.edit(ours.uuid, urgency=85)  # so that both alerts are read
    for _ in range(3):
        desk.round()
        desk.host.mirror(second)
    assert [desk.incident(one).fields[URGENCY] for one in (number, created.id)] == [85, 62]
    assert [desk.incident(one).status for one in (number, created.id)] == [0, 2]
    assert ours.status.label == "Pending"


def test_outbox_that_is_full_leaves_the_change_with_the_platform(desk: Desk) -> None:
    alert, number = desk.fetched()
    state = desk.host.state(INSTANCE)
    waiting = {f"AL{n:010d}": {"fields": {"title": "x"}} for n in range(201)}
    state.keep_context({**state.context, "mirror": {**state.context["mirror"], "out": waiting}})
    desk.host.set_fields(number, {URGENCY: 15})
    desk.stage.world.faults.arm(Fault("*", kind="status", status=503, times=None))
    assert "too many changes wait" in "".join(desk.round().errors)
    desk.stage.world.faults.clear()
    desk.round(count=8)
    assert alert.urgency_value == 15
    assert alert.short_id not in state.context["mirror"]["out"]


def test_wish_of_a_run_that_overlaps_another_is_not_taken_away_by_it(desk: Desk) -> None:
    """A round sends what waited; before it has noted so, the server hands over the next change, which has to wait."""
    alert, number = desk.fetched()
    faults, title = desk.stage.world.faults, "Alert Name"
    faults.arm(Fault("*", status=503, times=99))
    desk.host.set_fields(number, {title: "first"})
    desk.round()
    faults.clear()

    def overlap(call: str) -> None:
        if call == "setIntegrationContextVersioned" and alert.title == "first":
            desk.host.hooks.before_platform_call = None
            faults.arm(Fault("*", status=503, times=99))
            desk.host.set_fields(number, {title: "second"})
            desk.host.mirror(desk.stage.instance)

    desk.host.hooks.before_platform_call = overlap
    desk.round()
    assert (alert.title, bool(desk.host.hooks.before_platform_call)) == ("first", False)  # it did overlap
    faults.clear()
    desk.round(count=3)
    assert (alert.title, desk.incident(number).fields[title]) == ("second", "second")
