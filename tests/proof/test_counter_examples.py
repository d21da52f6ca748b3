"""The named schedules of `counter_examples.py`, and what lies outside of the promise."""

import pytest

from lab.xsoar.bundle import Bundle
from tests.proof.counter_examples import COUNTER_EXAMPLES
from tests.proof.schedule import Act, Schedule, Step, Wave
from tests.proof.trial import play


@pytest.mark.parametrize("fact", COUNTER_EXAMPLES)
def test(bundle: Bundle, fact: str) -> None:
    assert play(bundle, COUNTER_EXAMPLES[fact]).owed > 0


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
