"""Changes of the second in which an alert was read: Sekoia dates by the second, so their date alone is no news."""

from typing import Any

import pytest

from lab.sekoia.alerts.model import Alert
from tests.mirror.desk import Desk
from tests.stage import Stage


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


def set_there(desk: Desk, alert: Alert, value: str, late: int) -> None:
    """Somebody in Sekoia set the custom field that the alert holds, so many seconds ago."""
    rows: list[dict[str, Any]] = alert.facts["custom_fields"]
    alert.facts["custom_fields"] = [{**row, "value": value} for row in rows]
    alert.touch(desk.stage.clock.time() - late, alert.created_by)


@pytest.mark.parametrize("late", [0, 1, 2])
def test_second_value_of_a_custom_field_is_brought(desk: Desk, late: int) -> None:
    """`late`: the seconds until the answer is here, by which the second of both changes is over."""
    desk.map_both_ways()
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.host.set_fields(number, {"Classification": "mine"})
    desk.round(count=3)
    desk.stage.clock.advance(60)
    set_there(desk, alert, "one", late)
    desk.round(minutes=0)
    set_there(desk, alert, "two", late)
    desk.round(count=6)
    assert desk.incident(number).fields["Classification"] == "two"


@pytest.mark.parametrize("counted", [True, pytest.param(False, marks=pytest.mark.odd_tenant)])
def test_second_comment_is_brought_whether_sekoia_counts_them_or_not(desk: Desk, counted: bool) -> None:
    alert, number = desk.fetched()
    if not counted:
        alert.overrides["number_of_total_comments"] = None
    desk.round(count=2)
    desk.stage.clock.advance(60)
    desk.stage.world.alerts.comment(alert.uuid, "one")
    desk.round(minutes=0)
    desk.stage.world.alerts.comment(alert.uuid, "two")
    desk.round(count=6)
    assert len(desk.entries(number)) == 2
