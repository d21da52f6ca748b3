"""Mirroring where texts, clocks, tenants or answers are odd: nothing is lost or comes twice, no round is stopped."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lab.sekoia.faults import Fault
from tests.mirror.desk import TAG_OUT, Desk, comments_of, values_of
from tests.stage import Stage

URGENCY, VERDICT = "SekoiaXDR Urgency", "SekoiaXDR Verdict"
THIRD, STRANGER = "22222222-2222-4222-8222-222222222222", "11111111-1111-4111-8111-111111111111"
TEXTS = {
    "plain": "line one\nline two",
    "of Windows": "line one\r\nline two",
    "right to left": "\u202bمرحبا\u202c",
    "with a control character": "a\x85b",
}


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


def handed_over(entry_text: str) -> dict[str, Any]:
    """The arguments with which the platform hands over one entry."""
    entry = {"id": "7@1", "type": 1, "contents": entry_text, "format": "text", "tags": [TAG_OUT], "user": "ada"}
    return {"data": {}, "delta": {}, "entries": [entry], "incidentChanged": False, "status": 1}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_entry_that_is_handed_over_twice_is_one_comment(desk: Desk, text: str) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    for _ in range(2):
        args = {**handed_over(text), "remoteId": alert.short_id}
        desk.host.execute(desk.stage.instance, "update-remote-system", args, number)
        desk.round()
    assert len(comments_of(alert)) == 1


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_comment_whose_answer_is_lost_is_posted_once(desk: Desk, text: str) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.stage.world.faults.arm(Fault("POST */comments", kind="status_after", status=504, times=1))
    desk.stage.world.faults.arm(Fault("GET */comments", status=503, times=8))
    desk.host.add_entry(number, text, (TAG_OUT,))
    desk.round(minutes=2, count=6)
    assert len(comments_of(alert)) == 1


def test_note_that_ends_with_a_quoted_comment_is_sent(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.host.add_entry(number, "please block", (TAG_OUT,))
    desk.round()
    desk.host.add_entry(number, f"Done. You wrote:\n{comments_of(alert)[-1]}", (TAG_OUT,))
    desk.round(count=3)
    assert len(comments_of(alert)) == 2


# --- custom fields that a user maps both ways -------------------------------------------------------------------------


@pytest.fixture
def both_ways(desk: Desk) -> Desk:
    """A desk whose mappers take a custom field out of the incident and back into it."""
    desk.map_both_ways()
    return desk


@pytest.mark.parametrize("marks_incoming", [False, True])
def test_custom_field_that_comes_back_is_not_sent_again(both_ways: Desk, marks_incoming: bool) -> None:
    desk = both_ways
    desk.host.mirroring.habits.marks_incoming = marks_incoming
    alert, number = desk.fetched()
    desk.round(count=3)
    desk.host.set_fields(number, {"Classification": "INC-7"})
    desk.round(count=5)
    before = desk.writes()
    desk.round(count=10)
    assert (values_of(alert), desk.writes()) == (["INC-7"], before)


@pytest.mark.parametrize("marks_incoming", [False, True])
@pytest.mark.parametrize("out_first", [False, True])
def test_custom_field_that_waits_outlives_what_comes_in(both_ways: Desk, marks_incoming: bool, out_first: bool) -> None:
    desk = both_ways
    desk.host.mirroring.habits.marks_incoming = marks_incoming
    desk.host.mirroring.habits.out_first = out_first
    alert, number = desk.fetched()
    desk.round(count=3)
    desk.host.set_fields(number, {"Classification": "INC-1"})
    desk.round(count=3)
    desk.stage.world.faults.arm(Fault("PATCH *", status=503, times=None))
    desk.host.set_fields(number, {"Classification": "INC-7"})
    desk.round()
    desk.stage.world.alerts.comment(alert.uuid, "a word")
    desk.round(count=3, minutes=2)
    desk.stage.world.faults.clear()
    desk.round(count=5, minutes=2)
    assert (values_of(alert), desk.incident(number).fields["Classification"]) == (["INC-7"], "INC-7")


def test_custom_field_may_hold_the_word_none(both_ways: Desk) -> None:
    alert, number = both_ways.fetched()
    both_ways.round(count=3)
    both_ways.host.set_fields(number, {"Classification": "None"})
    both_ways.round(count=2)
    assert values_of(alert) == ["None"]


def test_custom_field_that_sekoia_does_not_find_holds_no_other_back(desk: Desk) -> None:
    for name in ("Ticket", "Other"):
        desk.stage.world.custom_fields.define(name)
    alert, number = desk.fetched()
    gone = {"message": "Unknown custom field", "code": "X"}
    desk.stage.world.faults.arm(Fault("PATCH */custom-fields", status=404, times=1, body=gone))
    named = {"custom_field.Ticket": "INC-7", "custom_field.Other": "x"}
    args = {"data": named, "delta": named, "entries": [], "incidentChanged": True, "status": 1}
    desk.host.execute(desk.stage.instance, "update-remote-system", {**args, "remoteId": alert.short_id}, number)
    desk.round(count=3)
    assert len(alert.facts["custom_fields"]) == 2


# --- tenants ----------------------------------------------------------------------------------------------------------


def test_alert_of_a_workspace_without_a_closed_of_its_own_is_closed(desk: Desk) -> None:
    """The key sees two workspaces that have one each, beside the built-in one."""
    alert, number = desk.fetched(community_uuid=THIRD)
    desk.stage.world.statuses.define("Closed", "closed", community=STRANGER)
    desk.round(count=2)
    desk.host.close_incident(number, {"closeReason": "Resolved", "closeNotes": "done"})
    desk.round(count=3)
    assert alert.status.stage == "closed"


def test_verdict_without_a_uuid_stops_no_other_alert(desk: Desk) -> None:
    _, number = desk.fetched()
    other, second = desk.fetched("another")
    desk.round(count=2)
    odd = {"items": [{"label": "Odd", "stage": "true_positive"}], "total": 1}
    desk.stage.world.faults.arm(Fault("GET */custom_verdicts*", status=200, body=odd, times=None))
    desk.host.set_fields(number, {VERDICT: "Odd"})
    desk.round()
    desk.stage.world.alerts.comment(other.uuid, "urgent")
    assert not desk.round(minutes=3).errors
    desk.round(minutes=3, count=3)
    assert len(desk.entries(second)) == 1
    assert "verdict" in " ".join(entry.shown for entry in desk.host.warroom(number) if "Not mirrored" in entry.shown)


# --- clocks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [0, 65, 400 * 86_400])
def test_change_that_is_dated_before_the_last_one_is_read(desk: Desk, ahead: int) -> None:
    """Another machine of Sekoia dated the last one, or a clock was set back."""
    alert, number = desk.fetched()
    desk.round(count=2)
    alert.overrides["updated_at"] = int(desk.stage.clock.time()) + ahead
    desk.stage.world.alerts.edit(alert.uuid, urgency=70)
    desk.round()
    alert.overrides.pop("updated_at")
    alert.views.clear()
    desk.stage.world.alerts.edit(alert.uuid, urgency=95)
    desk.stage.world.alerts.comment(alert.uuid, "urgent: act now")
    desk.round(count=8)
    assert (desk.incident(number).fields[URGENCY], len(desk.entries(number))) == (95, 1)


def test_comment_that_is_dated_far_ahead_hides_no_later_one(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.stage.world.alerts.comment(alert.uuid, "odd date").at = 32_503_680_000.0
    alert.views.clear()
    alert.touch(desk.stage.clock.time(), alert.updated_by)
    desk.round(count=2)
    for text in ("please look", "and again"):
        desk.stage.world.alerts.comment(alert.uuid, text)
        desk.round(count=2)
    shown = [entry.rpartition("\n")[2] for entry in desk.entries(number)]
    assert shown == ["odd date", "please look", "and again"]


# --- answers ----------------------------------------------------------------------------------------------------------


def test_one_answer_that_the_alert_is_gone_loses_no_change(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.stage.world.faults.arm(Fault(f"GET /v1/sic/alerts/{alert.short_id}", status=404, times=1))
    desk.host.set_fields(number, {URGENCY: 90})
    desk.round(count=5)
    assert (alert.urgency_value, desk.incident(number).fields[URGENCY]) == (90, 90)


SPOILED: dict[str, Callable[[Any], None]] = {
    "no history": lambda alert: alert.overrides.update(history=None),
    "changes without an id": lambda alert: alert.history.__setitem__(
        slice(None), [replace(one, uuid=None) for one in alert.history]
    ),
    "as it is": lambda alert: None,
}


@pytest.mark.odd_tenant
@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_incident_reopened_by_hand_stays_open_whatever_the_history_shows(
    stage: Stage, spoil: Callable[[Any], None]
) -> None:
    desk = Desk(stage, reopen_out=False, reopen_incident=False)
    alert, number = desk.fetched()
    desk.round(count=2)

    def change(act: Callable[[], object]) -> None:
        act()
        spoil(alert)
        alert.views.clear()
        desk.round(count=2)

    change(lambda: desk.stage.world.alerts.comment(alert.uuid, "hello"))
    change(lambda: desk.stage.world.alerts.set_status(alert.uuid, "Closed"))
    assert desk.incident(number).status == 2
    desk.host.reopen_incident(number)
    desk.round(count=2)
    change(lambda: desk.stage.world.alerts.comment(alert.uuid, "hm"))
    assert desk.incident(number).status == 1


@pytest.mark.odd_tenant
def test_alert_without_a_short_id_has_no_search_for_the_events_of_all(stage: Stage) -> None:
    desk = Desk(stage, mirror_events=True)
    alert = stage.world.alerts.raise_alert("x", urgency=62, short_id=None)
    stage.minute()
    stage.world.alerts.occurrence(alert.uuid)
    desk.round(count=3)
    assert [call.path for call in stage.world.journal.calls if call.method == "POST"] == []


# --- at the same time -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", ["Outgoing", "Incoming and Outgoing"])
@pytest.mark.parametrize("at", range(0, 33, 2))
def test_incident_closed_while_its_reopening_is_being_sent_ends_closed_on_both_sides(
    stage: Stage, direction: str, at: int
) -> None:
    """The platform asks to send what it knew before the second closing, so it tells of an incident that is open."""
    desk = Desk(stage, mirror_direction=direction)
    alert, number = desk.fetched()
    desk.round()
    desk.host.close_incident(number, {"closeReason": "Resolved", "closeNotes": "first"})
    desk.round()
    desk.host.reopen_incident(number)
    left = at

    def close(call: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            desk.host.hooks.before_platform_call = None
            desk.host.close_incident(number, {"closeReason": "Resolved", "closeNotes": "second"})

    desk.host.hooks.before_platform_call = close
    desk.round()
    desk.host.hooks.before_platform_call = None
    desk.round(count=4)
    assert (alert.status.stage, desk.incident(number).status) == ("closed", 2)
    assert max(Counter(comments_of(alert)).values()) == 1
