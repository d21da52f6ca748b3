"""What was refused or given up: the incident is told and shows what Sekoia has, and later news is not hidden by it."""

import pytest

from tests.mirror.desk import WEEK_AND_A_DAY, Desk, values_of
from tests.stage import Stage

URGENCY = "SekoiaXDR Urgency"


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


def test_edit_that_is_given_up_after_a_week_is_told_and_taken_back(desk: Desk) -> None:
    """Nothing could be read from Sekoia in that week either."""
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.fails("*")
    desk.host.set_fields(number, {URGENCY: 90})
    desk.round(count=2)
    desk.stage.clock.advance(WEEK_AND_A_DAY)
    desk.recovers(rounds=6)
    assert (alert.urgency_value, desk.incident(number).fields[URGENCY], len(desk.told(number))) == (62, 62, 1)


# --- custom fields that a user maps both ways -------------------------------------------------------------------------


@pytest.fixture
def number_of_a_ticket(desk: Desk) -> str:
    """An incident whose classification INC-1 is in the custom field Ticket of its alert."""
    desk.map_both_ways()
    _, number = desk.fetched()
    desk.round(count=2)
    desk.host.set_fields(number, {"Classification": "INC-1"})
    desk.round(count=3)
    return number


def shown(desk: Desk, number: str) -> tuple[list[str], str, int]:
    """The value in Sekoia, the one on the incident, and how often the war room tells of it."""
    alert = desk.stage.world.alerts.get(desk.incident(number).dbot_mirror_id)
    return values_of(alert), desk.incident(number).fields["Classification"], len(desk.told(number))


def test_custom_field_that_a_key_may_not_change_is_told_and_taken_back(desk: Desk, number_of_a_ticket: str) -> None:
    desk.fails("PATCH */custom-fields", status=403)
    desk.host.set_fields(number_of_a_ticket, {"Classification": "INC-7"})
    desk.round(count=4)
    assert shown(desk, number_of_a_ticket) == (["INC-1"], "INC-1", 1)


def test_custom_field_that_is_given_up_after_a_week_is_told_and_taken_back(desk: Desk, number_of_a_ticket: str) -> None:
    desk.fails("PATCH *")
    desk.host.set_fields(number_of_a_ticket, {"Classification": "INC-7"})
    desk.round(count=2)
    desk.stage.clock.advance(WEEK_AND_A_DAY)
    desk.recovers()
    assert shown(desk, number_of_a_ticket) == (["INC-1"], "INC-1", 1)


# --- the closing from the war room that comes after a closing that did not happen -------------------------------------


@pytest.fixture
def no_reopening(stage: Stage) -> Desk:
    """A desk where the reopening of an incident stays here."""
    return Desk(stage, reopen_out=False)


def closed_from_the_war_room(desk: Desk, number: str) -> tuple[str, int]:
    """The stage of the alert and the status of the incident after a command has closed the alert."""
    alert = desk.stage.world.alerts.get(desk.incident(number).dbot_mirror_id)
    desk.stage.run("sekoia-xdr-close-alert", id=alert.short_id)
    desk.round(count=4)
    return alert.status.stage, desk.incident(number).status


def test_alert_that_is_closed_from_the_war_room_closes_its_incident(no_reopening: Desk) -> None:
    desk = no_reopening
    _, number = desk.fetched()
    desk.round(count=5)
    assert closed_from_the_war_room(desk, number) == ("closed", 2)


def test_closing_that_was_refused_hides_no_later_one(no_reopening: Desk) -> None:
    desk = no_reopening
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.fails("PATCH *", status=400)
    desk.close(number)
    desk.round()
    desk.stage.world.faults.clear()
    desk.host.reopen_incident(number)
    desk.round(count=3)
    assert (alert.status.stage, desk.incident(number).status) == ("open", 1)
    assert closed_from_the_war_room(desk, number) == ("closed", 2)


def test_closing_that_was_given_up_hides_no_later_one(no_reopening: Desk) -> None:
    desk = no_reopening
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.fails("PATCH *")
    desk.close(number)
    desk.round()
    desk.stage.clock.advance(WEEK_AND_A_DAY)
    desk.recovers(rounds=2)
    desk.host.reopen_incident(number)
    desk.round(count=3)
    assert (alert.status.stage, desk.incident(number).status) == ("open", 1)
    assert closed_from_the_war_room(desk, number) == ("closed", 2)


@pytest.mark.parametrize("room", [True, False])
def test_closing_that_was_needless_hides_no_later_one(no_reopening: Desk, room: bool) -> None:
    """`room`: whether the closing could be written down before it turned out that Sekoia had closed the alert."""
    desk = no_reopening
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    if not room:
        desk.fill_outbox(busy=True)
    desk.close(number)
    desk.stage.run("sekoia-xdr-update-status-alert", id=alert.short_id, status="Ongoing")
    desk.round(count=3)
    assert (alert.status.label, desk.incident(number).status) == ("Ongoing", 1)
    assert closed_from_the_war_room(desk, number) == ("closed", 2)
