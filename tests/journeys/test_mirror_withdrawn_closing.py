"""A closing that is withdrawn before it reached Sekoia is not sent; the verdict that the analyst set with it stands."""

import pytest

from tests.mirror.desk import Desk, verdict_of
from tests.stage import Stage

VERDICT, WORD = "SekoiaXDR Verdict", "False positive"


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


def test_closing_that_waits_is_not_sent_for_an_open_incident_whose_reopening_stays_here(stage: Stage) -> None:
    desk = Desk(stage, reopen_out=False)
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.fails("PATCH *")
    desk.close(number, script=False)
    desk.round()
    desk.host.reopen_incident(number)
    desk.round()
    desk.recovers(rounds=6)
    assert (alert.status.label, desk.incident(number).status) == ("Pending", 1)


@pytest.mark.parametrize("out_first", [True, False])
@pytest.mark.parametrize("waits", [True, False])
def test_verdict_stands_when_the_incident_is_reopened(desk: Desk, waits: bool, out_first: bool) -> None:
    """`waits`: Sekoia takes no change until the incident is open again."""
    desk.host.mirroring.habits.out_first = out_first
    alert, number = desk.fetched()
    desk.round(count=2)
    if waits:
        desk.fails("PATCH *")
    desk.host.set_fields(number, {VERDICT: WORD})
    desk.close(number, script=False)
    desk.round()
    desk.host.reopen_incident(number)
    desk.round()
    desk.recovers(rounds=6)
    assert (verdict_of(alert), desk.incident(number).fields[VERDICT]) == (WORD, WORD)


@pytest.mark.parametrize("script", [True, False])
def test_verdict_is_the_same_on_both_sides_when_closing_is_switched_off(desk: Desk, script: bool) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.fails("PATCH *")
    desk.host.set_fields(number, {VERDICT: WORD})
    desk.close(number, script)
    desk.round()
    desk.stage.configure(close_out=False)
    desk.recovers(rounds=6)
    assert verdict_of(alert) == (desk.incident(number).fields[VERDICT] or "")
