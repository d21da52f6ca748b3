"""The proof: whatever a tenant, its API and the host go through, fetch loses nothing and doubles nothing.

PROOF_SCHEDULES (environment) asks for that many schedules in this process, of the seed that hypothesis gets. Without
it the same 300 are played each time, half of them in a second process, since most machines have more than one core.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from lab.xsoar.bundle import Bundle
from tests.proof.portion import FETCH
from tests.proof.report import added_up
from tests.proof.schedule import Schedule, schedules
from tests.proof.trial import Tally, play

HALF = 150
ASKED = int(os.environ.get("PROOF_SCHEDULES", "0"))
Half = tuple["subprocess.Popen[str]", Path]


@pytest.fixture(scope="module", autouse=True)
def other_half(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Half | None]:
    """The second process, at work from the beginning of this module on."""
    if ASKED:
        yield None
        return
    results = tmp_path_factory.mktemp("proof") / "results.json"
    process = FETCH.start(1, HALF, results)
    yield process, results
    if process.stdout and not process.stdout.closed:
        process.kill()
        process.communicate()


@settings(
    max_examples=ASKED or HALF,
    derandomize=not ASKED,
    database=None,
    deadline=None,
    print_blob=True,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(schedule=schedules())
def test_every_owed_alert_becomes_exactly_one_incident(bundle: Bundle, tally: Tally, schedule: Schedule) -> None:
    played = play(bundle, schedule)  # raises PromiseBroken at the first promise that does not hold
    assert (played.lost, played.doubled) == (0, 0)
    assert played.owed <= played.incidents
    tally.add(played)


@pytest.mark.skipif(ASKED > 0, reason="this process plays all the schedules that were asked for")
def test_every_owed_alert_of_the_other_half_too(other_half: Half, tally: Tally) -> None:
    process, results = other_half
    output, _ = process.communicate()
    assert process.returncode == 0, output
    tally.add(added_up([results]))
