"""The named schedules of `counter_examples.py`, and what lies outside of the promise."""

import pytest

from lab.xsoar.bundle import Bundle
from tests.proof.counter_examples import COUNTER_EXAMPLES
from tests.proof.schedule import Act, Blow, Schedule, Step, Wave
from tests.proof.trial import play
from tests.proof.weather import BLOWS


@pytest.mark.parametrize("fact", COUNTER_EXAMPLES)
def test(bundle: Bundle, fact: str) -> None:
    assert play(bundle, COUNTER_EXAMPLES[fact]).owed > 0


@pytest.mark.parametrize("blow", BLOWS)
def test_fault_loses_and_doubles_nothing(bundle: Bundle, blow: str) -> None:
    """Each kind of fault, at the first calls of a run and in the middle of a crowd's pages."""
    steps = (
        Step(waves=(Wave(3),), blows=(Blow(1, blow, 2),)),
        Step(waves=(Wave(130, age=30, spacing=0.01),), blows=(Blow(2, blow, 1),)),
        Step(pause=300, waves=(Wave(2),), blows=(Blow(1, blow, 9),)),
    )
    tally = play(bundle, Schedule(steps=steps, settings=(("max_fetch", "200"), ("look_back", "15"))))
    assert (tally.owed, tally.faults[blow] > 0) == (135, True)


@pytest.mark.parametrize(("wait", "owed"), [(900, 2), (901, 1)])
def test_an_alert_is_owed_until_a_younger_incident_leaves_it_behind_the_look_back(
    bundle: Bundle, wait: int, owed: int
) -> None:
    late = Wave(1, age=wait)
    schedule = Schedule(steps=(Step(waves=(Wave(),)), Step(pause=0, waves=(late,))))
    assert play(bundle, schedule).owed == owed


def test_an_alert_closed_before_any_run_is_not_owed(bundle: Bundle) -> None:
    tally = play(bundle, Schedule(steps=(Step(waves=(Wave(),), acts=(Act(0, "close"),)),)))
    assert (tally.owed, tally.incidents) == (0, 0)


def test_an_alert_without_any_id_is_not_owed(bundle: Bundle) -> None:
    tally = play(bundle, Schedule(steps=(Step(waves=(Wave(1, oddity="nameless"),)),)))
    assert (tally.owed, tally.incidents) == (0, 0)
