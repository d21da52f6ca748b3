"""As much waits to be sent as may: a closing and a reopening are sent all the same, though not written down before."""

import pytest

from tests.mirror.desk import Desk
from tests.stage import Stage

URGENCY = "SekoiaXDR Urgency"


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


@pytest.mark.parametrize("heard", [False, True])
@pytest.mark.parametrize("script", [True, False])
def test_closing_that_there_is_no_room_for_is_sent(desk: Desk, script: bool, heard: bool) -> None:
    """`heard`: mirroring was told before that the incident is open."""
    alert, number = desk.fetched()
    desk.round(count=2)
    if heard:
        desk.host.set_fields(number, {URGENCY: 70})
        desk.round(count=2)
    desk.fill_outbox(busy=True)
    desk.close(number, script)
    desk.round(count=4)
    assert (alert.status.stage, desk.incident(number).status) == ("closed", 2)


def test_reopening_that_there_is_no_room_for_is_sent(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.close(number, script=False)
    desk.round(count=3)
    desk.fill_outbox(busy=True)
    desk.host.reopen_incident(number)
    desk.round(count=4)
    assert (alert.status.label, desk.incident(number).status) == ("Pending", 1)
