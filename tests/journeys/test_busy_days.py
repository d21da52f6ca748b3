"""Hours of a busy tenant with an outage in each: nothing is lost, nothing doubled, and fetch catches up."""

import pytest

from benchmarks.week import IN_TIME, LATE_MOST, OUTAGES, Plan, simulate
from lab.xsoar.bundle import Bundle

HOUR = 3600


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Ten hours that count as days: 15 alerts a minute, ten minutes of outage in each hour, of seven kinds."""
    return Plan(seconds=4 * HOUR, a_day=15 * 60 * 24, day=HOUR // 2, outage=300, max_fetch=50)


def test_outages_of_every_kind_lose_and_double_nothing(bundle: Bundle, plan: Plan) -> None:
    figures = simulate(bundle, plan)
    assert (figures.lost, figures.doubled) == (0, 0)
    assert len(figures.raised) > 3000
    assert len(figures.recoveries) == plan.seconds // plan.day >= len(OUTAGES)
    assert max(figures.recoveries) < 600
    assert IN_TIME < figures.longest_lag < plan.outage + LATE_MOST
