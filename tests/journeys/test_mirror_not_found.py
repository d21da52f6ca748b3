"""Sekoia says once that something does not exist: that may be a mistake, so nothing is lost by it."""

import pytest

from lab.sekoia.alerts.model import Alert
from lab.sekoia.faults import Fault
from tests.journeys.test_mirror_death import die
from tests.mirror.desk import Desk
from tests.stage import Stage

STATUS, TITLE, URGENCY = "SekoiaXDR Alert Status", "Alert Name", "SekoiaXDR Urgency"
NOBODY = "91a7c2de-40b8-4e15-8f6b-5c3d2e1f0a97"


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


def not_found_once(desk: Desk, alert: Alert) -> None:
    """The next read of the alert says that there is none."""
    desk.stage.world.faults.arm(Fault(f"GET /v1/sic/alerts/{alert.short_id}", status=404, times=1))


def test_refused_edit_is_told_and_taken_back_though_the_alert_was_not_found_once(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.fails(f"PATCH /v1/sic/alerts/{alert.short_id}", status=400)
    desk.host.set_fields(number, {URGENCY: 90})
    desk.round()
    desk.stage.world.faults.clear()
    not_found_once(desk, alert)
    desk.round(count=10)
    assert (alert.urgency_value, desk.incident(number).fields[URGENCY], len(desk.told(number))) == (62, 62, 1)


def test_comments_before_the_incident_arrive_though_the_alert_was_not_found_once(desk: Desk) -> None:
    alert = desk.stage.world.alerts.raise_alert("Beacon", urgency=62)
    desk.stage.world.alerts.comment(alert.uuid, "seen by the night shift")
    desk.round(minutes=90, count=2)
    (created,) = desk.stage.minute().created
    not_found_once(desk, alert)
    desk.round(count=10)
    assert len(desk.entries(str(created.id))) == 1


def answer_lost_and_not_found_once(desk: Desk, alert: Alert) -> None:
    """The server dies before it keeps what was read of the alert, and the next reading finds none."""
    die(desk, "commit:before")
    not_found_once(desk, alert)
    desk.round(count=10)


def test_comment_of_a_lost_answer_arrives_though_the_alert_was_not_found_once(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.stage.world.alerts.comment(alert.uuid, "theirs")
    answer_lost_and_not_found_once(desk, alert)
    assert len(desk.entries(number)) == 1


def test_closing_of_a_lost_answer_arrives_though_the_alert_was_not_found_once(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    answer_lost_and_not_found_once(desk, alert)
    assert desk.incident(number).status == 2


def test_value_that_is_not_found_in_an_edit_holds_no_other_back(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    body = {"message": "Unknown user", "code": "X"}
    desk.stage.world.faults.arm(Fault(f"PATCH /v1/sic/alerts/{alert.short_id}", status=404, times=1, body=body))
    desk.host.set_fields(number, {TITLE: "mine", STATUS: "Ongoing", "Assigned User": NOBODY})
    desk.round(count=4)
    assert (alert.title, alert.status.label) == ("mine", "Ongoing")
