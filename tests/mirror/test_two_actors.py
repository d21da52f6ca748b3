"""Whatever two analysts, a tenant and a server do, mirroring ends with both sides equal and every comment once.

MIRROR_RUNS (environment) asks for that many runs of 500 steps, new ones in each session; without it the same few are
played each time.
"""

import os

from hypothesis import HealthCheck, given, settings

from lab.xsoar.bundle import Bundle
from tests.mirror.checks import Tally
from tests.mirror.schedule import Schedule, schedules
from tests.mirror.trial import play

ASKED = int(os.environ.get("MIRROR_RUNS", "0"))
CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
COMMON = settings(
    derandomize=not ASKED,
    database=None,
    deadline=None,
    print_blob=True,
    report_multiple_bugs=False,
    suppress_health_check=CHECKS,
)


def test_both_sides_end_equal(bundle: Bundle) -> None:
    @settings(COMMON, max_examples=ASKED or 10)
    @given(schedule=schedules(1, 40))
    def test(schedule: Schedule) -> None:
        played = play(bundle, schedule)
        assert played.incidents
        assert played.echoes == 0

    test()


def test_both_sides_end_equal_after_500_steps(bundle: Bundle, tally: Tally) -> None:
    @settings(COMMON, max_examples=ASKED or 1)
    @given(schedule=schedules(500, 500))
    def test(schedule: Schedule) -> None:
        played = play(bundle, schedule)
        assert played.incidents
        assert played.echoes == 0
        tally.add(played)

    test()
