"""Mirroring on a day when much happens at once, or a part of Sekoia is away: everything arrives in the end, once."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from lab.sekoia.alerts.model import Alert
from lab.sekoia.events.model import Plan
from lab.sekoia.faults import Fault
from tests.mirror.desk import TAG_OUT, Desk, comments_of
from tests.stage import Stage

MANY = 60
URGENCY = "SekoiaXDR Urgency"


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


def many_fetched(desk: Desk) -> list[tuple[Alert, str]]:
    """So many alerts with their incidents, seen by mirroring."""
    desk.stage.configure(max_fetch=str(MANY))
    alerts = [desk.stage.world.alerts.raise_alert(f"alert {n}", urgency=62) for n in range(MANY)]
    desk.stage.minute()
    numbers = {one.dbot_mirror_id: one.id for one in desk.host.incidents.all()}
    desk.round(count=2)
    return [(alert, numbers[alert.short_id]) for alert in alerts]


WEATHER: dict[str, dict[str, Any]] = {
    "fine": {"times": 0},
    "rate limited": {"status": 429, "headers": {"Retry-After": "90"}, "times": 25},
    "away for a while": {"status": 503, "times": 150},
    "silent after it acted": {"kind": "status_after", "status": 504, "times": 40},
}


@pytest.mark.parametrize("weather", WEATHER)
def test_incidents_closed_in_bulk_close_their_alerts_once(desk: Desk, weather: str) -> None:
    both = many_fetched(desk)
    desk.stage.world.faults.arm(Fault(**{"on": "* /v1/sic/alerts*", **WEATHER[weather]}))
    for _, number in both:
        assert desk.host.close_incident(number, {}) is None
    desk.round(minutes=3, count=12)
    assert {alert.status.label for alert, _ in both} == {"Closed"}
    assert {desk.incident(number).status for _, number in both} == {2}
    assert [comments_of(alert) for alert, _ in both] == [["Closed by Sekoia"]] * MANY
    before = len(desk.writes())
    desk.round(count=3)
    assert len(desk.writes()) == before


def test_alerts_closed_in_bulk_close_their_incidents_once(desk: Desk) -> None:
    both = many_fetched(desk)
    for alert, _ in both:
        desk.stage.world.alerts.set_status(alert.uuid, "Closed", comment="a wave of noise")
    done = desk.round()
    assert len(done.orders) == MANY
    assert {desk.incident(number).status for _, number in both} == {2}
    assert {len(desk.entries(number)) for _, number in both} == {1}
    assert desk.round(count=3).orders == []


@pytest.fixture
def ticketed(desk: Desk) -> Iterator[Desk]:
    """A desk whose outgoing mapper has a line of the user's own: a field of the incident is a custom field there."""
    desk.stage.world.custom_fields.define("Ticket")
    mappers = desk.host.bundle.mappers
    mapper = copy.deepcopy(mappers["Sekoia XDR - Outgoing Mapper"])
    mapper["mapping"]["Sekoia XDR"]["internalMapping"]["custom_field.Ticket"] = {"simple": "classification"}
    desk.host.bundle = replace(desk.host.bundle, mappers={**mappers, "Sekoia XDR - Outgoing Mapper": mapper})
    yield desk


@pytest.mark.parametrize("path", ["*", "* */custom-fields", "PATCH *"])
@pytest.mark.parametrize("blow", [{"status": 503}, {"kind": "reset_after"}, {"kind": "status_after", "status": 504}])
def test_custom_field_set_during_an_outage_arrives(ticketed: Desk, path: str, blow: dict[str, Any]) -> None:
    desk = ticketed
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.stage.world.faults.arm(Fault(**{"on": path, "times": 12, **blow}))
    desk.host.set_fields(number, {"Classification": "INC-7", "SekoiaXDR Urgency": 90})
    desk.round(count=2)
    desk.stage.world.faults.clear()
    desk.round(minutes=2, count=4)
    assert [one["value"] for one in alert.facts["custom_fields"]] == ["INC-7"]
    assert alert.urgency_value == 90


def test_last_value_of_a_custom_field_that_waited_is_the_one_that_stands(ticketed: Desk) -> None:
    desk = ticketed
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.stage.world.faults.arm(Fault("*", status=503, times=None))
    for value in ("INC-7", "INC-8", "INC-9"):
        desk.host.set_fields(number, {"Classification": value})
        desk.round()
    desk.stage.world.faults.clear()
    desk.round(minutes=2, count=4)
    assert [one["value"] for one in alert.facts["custom_fields"]] == ["INC-9"]
    before = len(desk.writes())
    desk.round(count=3)
    assert len(desk.writes()) == before


@pytest.mark.parametrize("status", [403, 404, 500])
def test_kill_chain_that_cannot_be_read_holds_no_update_up(desk: Desk, status: int) -> None:
    desk.stage.configure(mirror_kill_chain=True)
    alert, number = desk.fetched(kill_chain="Delivery")
    desk.round(count=2)
    desk.stage.world.faults.arm(Fault("GET */kill-chains*", status=status, times=None))
    desk.stage.world.alerts.edit(alert.uuid, urgency=90)
    desk.stage.world.alerts.set_status(alert.uuid, "Closed", comment="noise")
    done = desk.round()
    incident = desk.incident(number)
    assert (incident.fields["SekoiaXDR Urgency"], incident.status, len(desk.entries(number))) == (90, 2, 1)
    assert any("ill chain" in line for line in done.log)


@pytest.mark.parametrize("plan", [Plan(ends="failed"), Plan(ends="canceled"), Plan(results_ttl=0)])
def test_event_search_that_comes_to_nothing_holds_no_update_up_and_is_made_anew(desk: Desk, plan: Plan) -> None:
    desk.stage.configure(mirror_events=True)
    alert, number = desk.fetched()
    desk.stage.world.events.attach(alert.uuid, count=3)
    desk.stage.world.searches.plan = plan
    desk.stage.world.alerts.occurrence(alert.uuid)
    desk.stage.world.alerts.comment(alert.uuid, "look")
    desk.round(count=2)
    assert len(desk.entries(number)) == 1
    desk.stage.world.searches.plan = Plan()
    desk.round(count=4)
    desk.stage.world.alerts.occurrence(alert.uuid)
    desk.round(count=4)
    assert desk.incident(number).fields["SekoiaXDR Events State"] == "Complete"


def test_event_search_whose_results_have_expired_between_two_rounds_is_made_anew(desk: Desk) -> None:
    desk.stage.configure(mirror_events=True)
    alert, number = desk.fetched()
    desk.stage.world.events.attach(alert.uuid, count=3)
    desk.stage.world.searches.plan = Plan(starts_after=120.0, results_ttl=300)
    desk.stage.world.alerts.occurrence(alert.uuid)
    desk.round()
    desk.round(minutes=60)
    desk.stage.world.searches.plan = Plan()
    desk.round(count=4)
    assert desk.incident(number).fields["SekoiaXDR Events State"] == "Complete"


def test_event_search_that_never_comes_to_anything_is_given_up(desk: Desk) -> None:
    desk.stage.configure(mirror_events=True)
    alert, number = desk.fetched()
    desk.stage.world.events.attach(alert.uuid, count=3)
    desk.stage.world.searches.plan = Plan(ends="failed")
    desk.stage.world.alerts.occurrence(alert.uuid)
    desk.round(count=30)
    desk.round(minutes=15, count=40)
    before = desk.calls()
    desk.round(count=5)
    assert desk.calls() - before == 5
    assert desk.incident(number).fields["SekoiaXDR Events State"] != "Complete"


def test_case_that_takes_an_alert_in_and_lets_it_go_shows_on_the_incident(desk: Desk) -> None:
    """Whether a case alone counts as a change of its alert is not known; with the alert's next change it is there."""
    alert, number = desk.fetched()
    cases = desk.stage.world.cases
    case = cases.open("Outbreak", [alert.short_id])
    desk.stage.world.alerts.comment(alert.uuid, "merged")
    desk.round()
    assert desk.incident(number).fields["SekoiaXDR Case IDs"] == [case.short_id]
    other = cases.open("Second outbreak", [alert.short_id])
    cases.delete(case)
    desk.stage.world.alerts.comment(alert.uuid, "moved")
    desk.round()
    assert desk.incident(number).fields["SekoiaXDR Case IDs"] == [other.short_id]


# --- what cannot wait, or waited for too long -------------------------------------------------------------------------


@pytest.mark.parametrize("letter", ["a", "я"])
def test_entries_larger_than_what_may_wait_are_sent(desk: Desk, letter: str) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    for _ in range(20):
        desk.host.add_entry(number, letter * 19_000, (TAG_OUT,))
    desk.host.set_fields(number, {URGENCY: 90})
    assert desk.round().errors == []
    assert (len(comments_of(alert)), alert.urgency_value) == (20, 90)


def test_change_that_waits_is_sent_before_the_one_that_cannot_wait_any_more(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.stage.world.faults.arm(Fault("*", status=503, times=None))
    desk.host.set_fields(number, {URGENCY: 15})
    desk.round()
    for _ in range(20):
        desk.host.add_entry(number, "я" * 19_000, (TAG_OUT,))
    desk.host.set_fields(number, {URGENCY: 90})
    assert "too many changes wait" in "".join(desk.round().errors)
    desk.stage.world.faults.clear()
    desk.round(count=3)
    assert (len(comments_of(alert)), alert.urgency_value, desk.incident(number).fields[URGENCY]) == (20, 90, 90)


def test_write_that_hangs_does_not_stop_what_comes_in(desk: Desk) -> None:
    _, number = desk.fetched()
    other, second = desk.fetched("another")
    desk.round(count=2)
    desk.stage.world.faults.arm(Fault("PATCH *", kind="delay", seconds=65.0, status=504, times=None))
    desk.host.set_fields(number, {URGENCY: 90})
    desk.round(count=2)
    desk.stage.world.alerts.comment(other.uuid, "urgent")
    rounds = [desk.round() for _ in range(4)]
    assert [one.skipped for one in rounds] == [""] * 4
    assert len(desk.entries(second)) == 1


def test_closing_that_waits_is_given_up_where_changes_are_no_longer_sent(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.stage.world.faults.arm(Fault("PATCH *", status=503, times=None))
    desk.host.close_incident(number, {"closeReason": "Resolved", "closeNotes": "done"})
    desk.round()
    desk.stage.world.faults.clear()
    desk.stage.configure(mirror_direction="Incoming")
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    desk.round(count=2)
    desk.stage.world.alerts.set_status(alert.uuid, "Ongoing")
    desk.round(count=3)
    assert desk.incident(number).status == 1
    desk.stage.configure(mirror_direction="Incoming and Outgoing")
    desk.round(minutes=60, count=3)
    assert alert.status.label == "Ongoing"
    told = [entry.shown for entry in desk.host.warroom(number) if "no longer sent" in str(entry.shown)]
    assert len(told) == 1


@pytest.mark.parametrize("out_first", [True, False])
@pytest.mark.parametrize("reopens", [True, False])
def test_closing_after_sekoia_closed_and_reopened_closes_the_alert(desk: Desk, reopens: bool, out_first: bool) -> None:
    desk.stage.configure(reopen_incident=reopens)
    desk.host.mirroring.habits.out_first = out_first
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    desk.round(count=2)
    desk.stage.world.alerts.set_status(alert.uuid, "Ongoing")
    desk.host.reopen_incident(number)
    desk.host.close_incident(number, {"closeReason": "Duplicate", "closeNotes": "of 17"})
    desk.round(count=5)
    assert (alert.status.label, comments_of(alert)[-1:]) == ("Closed", ["Duplicate: of 17"])
    assert desk.incident(number).status == 2


def test_what_sekoia_refuses_where_nothing_comes_in_is_named_by_the_health_of_fetch(desk: Desk) -> None:
    desk.stage.configure(mirror_direction="Outgoing")
    alert, number = desk.fetched()
    desk.stage.world.faults.arm(Fault("PATCH *", status=403, times=1))
    desk.host.set_fields(number, {URGENCY: 90})
    desk.round()
    (held,) = desk.stage.run("sekoia-xdr-fetch-health").context["SekoiaXDR"]["FetchHealth"]["not_mirrored"]
    assert held["id"] == alert.short_id
    assert "403" in held["why"]
    desk.host.set_fields(number, {URGENCY: 91})
    desk.round()
    assert desk.stage.run("sekoia-xdr-fetch-health").context["SekoiaXDR"]["FetchHealth"]["not_mirrored"] == []


def closed_reopened_and_closed_again(desk: Desk, alert: Alert, number: str) -> None:
    """Sekoia closes the alert; somebody here and somebody there reopen; Sekoia closes it again."""
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    desk.round(count=2)
    desk.host.reopen_incident(number)
    desk.stage.world.alerts.set_status(alert.uuid, "Ongoing")
    desk.round(count=2)
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    desk.round(count=2)


@pytest.mark.parametrize("direction", ["Incoming", "Incoming and Outgoing"])
def test_incident_of_which_nothing_is_sent_is_closed_again_after_it_was_reopened_by_hand(
    stage: Stage, direction: str
) -> None:
    """The incident was fetched when the instance only took in, so the platform never tells of its reopening."""
    desk = Desk(stage, mirror_direction="Incoming", reopen_incident=False)
    alert, number = desk.fetched()
    desk.stage.configure(mirror_direction=direction)
    closed_reopened_and_closed_again(desk, alert, number)
    assert desk.incident(number).status == 2


@pytest.mark.parametrize("script", [True, False])
def test_closing_that_there_is_no_room_for_is_carried_out_later(desk: Desk, script: bool) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.fill_outbox()
    desk.stage.world.faults.arm(Fault("*", status=503, times=None))
    if script:
        desk.host.close_incident(number, {"closeReason": "Resolved", "closeNotes": "done"})
    else:
        desk.host.incidents.change(number, {"status": 2, "closeReason": "Resolved", "closeNotes": "done"})
        desk.host.mirroring.touched(number, {"closeReason": "", "closeNotes": ""}, turned=True)
    desk.round()
    desk.stage.world.faults.clear()
    desk.round(count=8)
    assert (alert.status.label, desk.incident(number).status) == ("Closed", 2)


def test_reopening_that_there_is_no_room_for_is_carried_out_later(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.host.close_incident(number, {"closeReason": "Resolved", "closeNotes": "done"})
    desk.round(count=2)
    desk.fill_outbox()
    desk.stage.world.faults.arm(Fault("*", status=503, times=None))
    desk.host.reopen_incident(number)
    desk.round()
    desk.stage.world.faults.clear()
    desk.round(count=8)
    assert (alert.status.stage == "closed", desk.incident(number).status) == (False, 1)


@pytest.mark.parametrize("end", ["deleted", "chain off", "events off"])
def test_later_look_ends_with_what_it_is_for(desk: Desk, end: str) -> None:
    desk.stage.configure(mirror_events=True, mirror_kill_chain=True)
    alert, _ = desk.fetched(kill_chain="Delivery")
    desk.stage.world.faults.arm(Fault("*/kill-chains*", status=503, times=None))
    desk.stage.world.faults.arm(Fault("POST */events/search/jobs", status=503, times=None))
    desk.stage.world.alerts.occurrence(alert.uuid)
    desk.round(count=3)
    desk.stage.world.faults.clear()
    if end == "deleted":
        desk.stage.world.alerts.delete(alert.uuid)
    else:
        desk.stage.configure(mirror_events=end != "events off", mirror_kill_chain=end != "chain off")
    desk.round(minutes=10, count=20)
    before = desk.calls()
    desk.round(count=5)
    assert desk.calls() - before == 5


def test_direction_that_changes_after_an_incident_was_sent_closes_it_all_the_same(desk: Desk) -> None:
    desk.stage.configure(reopen_incident=False)
    alert, number = desk.fetched()
    desk.host.set_fields(number, {URGENCY: 90})
    desk.round(count=2)
    desk.stage.configure(mirror_direction="Incoming")
    closed_reopened_and_closed_again(desk, alert, number)
    assert desk.incident(number).status == 2


def test_what_waits_is_given_up_where_nothing_is_mirrored_any_more(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.stage.world.faults.arm(Fault("PATCH *", status=503, times=None))
    desk.host.close_incident(number, {"closeReason": "Resolved", "closeNotes": "done"})
    desk.stage.world.faults.clear()
    desk.stage.configure(mirror_direction="None")
    desk.stage.minute()
    desk.stage.configure(mirror_direction="Incoming and Outgoing")
    desk.round(minutes=10, count=3)
    assert alert.status.label == "Pending"


def test_refusal_that_was_not_told_yet_stays_beside_what_is_given_up(stage: Stage) -> None:
    desk = Desk(stage, mirror_direction="Outgoing")
    _, number = desk.fetched()
    stage.world.faults.arm(Fault("PATCH *", status=403, times=1))
    desk.host.set_fields(number, {URGENCY: 90})
    desk.round()
    stage.world.faults.arm(Fault("*", status=503, times=None))
    desk.host.set_fields(number, {URGENCY: 91})
    desk.round()
    stage.world.faults.clear()
    stage.configure(mirror_direction="None")
    stage.minute()
    (held,) = stage.run("sekoia-xdr-fetch-health").context["SekoiaXDR"]["FetchHealth"]["not_mirrored"]
    assert "403" in held["why"]
    assert "no longer sent" in held["why"]


# --- one bad thing beside good ones -----------------------------------------------------------------------------------


def test_bad_custom_field_holds_no_other_back(desk: Desk) -> None:
    fields = desk.stage.world.custom_fields
    fields.define("Ticket")
    fields.define("Points", kind="integer")
    alert, number = desk.fetched()
    named = {"custom_field.Ticket": "INC-7", "custom_field.Points": "many"}
    args = {"data": named, "delta": named, "entries": [], "incidentChanged": True, "remoteId": alert.short_id}
    desk.host.execute(desk.stage.instance, "update-remote-system", {**args, "status": 1}, number)
    desk.round()
    assert [one["value"] for one in alert.facts["custom_fields"]] == ["INC-7"]
    assert any("Points" in str(entry.shown) for entry in desk.host.warroom(number))


@pytest.mark.parametrize("blow", [{"status": 503}, {"status": 429}])
def test_search_that_could_not_begin_is_made_later(desk: Desk, blow: dict[str, Any]) -> None:
    desk.stage.configure(mirror_events=True)
    alert, number = desk.fetched()
    desk.stage.world.events.attach(alert.uuid, count=3)
    desk.stage.world.alerts.occurrence(alert.uuid)
    desk.stage.world.faults.arm(Fault("POST */events/search/jobs", times=None, **blow))
    desk.round(count=20)
    desk.stage.world.faults.clear()
    desk.round(count=40)
    assert desk.incident(number).fields["SekoiaXDR Events State"] == "Complete"
    before = desk.calls()
    desk.round(count=3)
    assert desk.calls() - before == 3


def test_kill_chain_that_could_not_be_read_is_read_later(desk: Desk) -> None:
    desk.stage.configure(mirror_kill_chain=True)
    alert, number = desk.fetched(kill_chain="Delivery")
    desk.stage.world.faults.arm(Fault("GET */kill-chains*", status=503, times=None))
    desk.stage.world.alerts.edit(alert.uuid, urgency=90)
    desk.round(count=3)
    assert not desk.incident(number).fields["SekoiaXDR Kill Chain"]
    desk.stage.world.faults.clear()
    desk.round(count=8)
    assert desk.incident(number).fields["SekoiaXDR Kill Chain"][0]["name"] == "Delivery"
    before = desk.calls()
    desk.round(count=3)
    assert desk.calls() - before == 3


# --- texts ------------------------------------------------------------------------------------------------------------


def test_person_who_quotes_a_comment_of_ours_is_heard(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.host.add_entry(number, "Please block 192.0.2.1", (TAG_OUT,))
    desk.round()
    desk.stage.world.alerts.comment(alert.uuid, f"Done. You wrote:\n> {comments_of(alert)[-1]}")
    desk.round(count=3)
    assert len(desk.entries(number)) == 1


def test_texts_that_are_too_long_say_so(desk: Desk) -> None:
    alert, number = desk.fetched(details="short")
    desk.round(count=2)
    desk.host.add_entry(number, "a" * 25_000, (TAG_OUT,))
    desk.host.set_fields(number, {"SekoiaXDR Alert Details": "b" * 70_000})
    desk.round(count=3)
    assert "5100 more characters are in XSOAR." in comments_of(alert)[-1]
    assert (alert.details, desk.incident(number).fields["SekoiaXDR Alert Details"]) == ("short", "short")
    assert any("only 50000 characters" in str(entry.shown) for entry in desk.host.warroom(number))


def test_details_whose_markup_cannot_be_told_apart_are_not_replaced(desk: Desk) -> None:
    text = "if a &lt; b then <b>bold</b>"
    alert, number = desk.fetched(details=text)
    desk.round(count=2)
    shown = desk.incident(number).fields["SekoiaXDR Alert Details"]
    desk.host.set_fields(number, {"SekoiaXDR Alert Details": f"{shown} checked"})
    desk.round(count=3)
    assert alert.details == text
    assert any("is not replaced" in str(entry.shown) for entry in desk.host.warroom(number))


def test_alert_that_went_from_one_closed_status_to_another_gets_its_open_one_back(desk: Desk) -> None:
    alert, number = desk.fetched(status="Acknowledged")
    desk.round(count=2)
    for label in ("Closed", "Rejected"):
        desk.stage.world.alerts.set_status(alert.uuid, label)
        desk.round()
    desk.host.reopen_incident(number)
    desk.round(count=3)
    assert alert.status.label == "Acknowledged"
