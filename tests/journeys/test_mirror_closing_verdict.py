"""The verdict beside a closing: both sides show the last word, whether it was set, refused or taken away."""

import pytest

from tests.mirror.desk import Desk, verdict_of
from tests.stage import Stage

VERDICT = "SekoiaXDR Verdict"
FALSE, TRUE = "False positive", "True positive"
# Left out: the platform brings in the verdict of the table before it hands the edit over, which nobody has heard of.
LATER = [
    (first, handed, out_first)
    for first in (FALSE, "")
    for handed in (True, False)
    for out_first in (True, False)
    if first or handed or out_first
]


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


def shown(desk: Desk, number: str) -> tuple[str, str, str]:
    """The stage of the alert, its verdict, and the verdict on the incident."""
    incident = desk.incident(number)
    alert = desk.stage.world.alerts.get(incident.dbot_mirror_id)
    return alert.status.stage, verdict_of(alert), incident.fields[VERDICT] or ""


@pytest.mark.parametrize(("first", "handed", "out_first"), LATER)
def test_verdict_that_is_set_after_the_closing_stands(desk: Desk, first: str, handed: bool, out_first: bool) -> None:
    """`first`: the one that was set before, or else that of the table. `handed`: the later one goes out at once."""
    desk.host.mirroring.habits.out_first = out_first
    _, number = desk.fetched()
    desk.round(count=2)
    if first:
        desk.host.set_fields(number, {VERDICT: first})
    desk.close(number, script=False)
    desk.hand_over(number)
    desk.stage.clock.advance(5)
    later = TRUE if first else FALSE
    desk.host.set_fields(number, {VERDICT: later})
    if handed:
        desk.hand_over(number)
    desk.round(count=4)
    assert shown(desk, number) == ("closed", later, later)


@pytest.mark.parametrize("status", [400, 403, 409])
@pytest.mark.parametrize("there", [False, True])
def test_verdict_that_is_refused_at_the_closing_is_told_and_taken_back(desk: Desk, there: bool, status: int) -> None:
    """`there`: Sekoia had closed the alert already."""
    alert, number = desk.fetched()
    desk.round(count=2)
    if there:
        desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    desk.fails(f"PATCH /v1/sic/alerts/{alert.short_id}", status)
    desk.host.set_fields(number, {VERDICT: FALSE})
    desk.close(number, script=False)
    desk.hand_over(number)
    desk.round(count=2)
    desk.recovers()
    assert (*shown(desk, number), len(desk.told(number))) == ("closed", "", "", 1)


@pytest.mark.parametrize(("table", "left"), [("Resolved=Closed/true_positive", TRUE), ("Resolved=Closed", "")])
def test_verdict_that_is_taken_away_with_the_closing_leaves_what_the_table_says(
    stage: Stage, table: str, left: str
) -> None:
    desk = Desk(stage, close_reasons_out=table)
    _, number = desk.fetched()
    desk.round(count=2)
    desk.host.set_fields(number, {VERDICT: FALSE})
    desk.round(count=3)
    desk.host.set_fields(number, {VERDICT: ""})
    desk.close(number, script=False)
    desk.round(count=4)
    assert shown(desk, number) == ("closed", left, left)
