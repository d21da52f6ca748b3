"""Hours of a busy tenant with an outage in each: nothing is lost, nothing doubled, and fetch catches up."""

import pytest

from benchmarks.week import IN_TIME, LATE_MOST, OUTAGES, Plan, simulate
from lab.clock import Clock
from lab.sekoia.world import World
from lab.xsoar.bundle import Bundle

DAY = 1200


@pytest.fixture(scope="module")
def plan() -> Plan:
    """A week of days of twenty minutes, 15 alerts in each, and in each day five minutes of outage of another kind."""
    return Plan(seconds=7 * DAY, a_day=15 * 60 * 24, day=DAY, outage=300, max_fetch=50)


@pytest.fixture
def worlds(monkeypatch: pytest.MonkeyPatch) -> list[World]:
    """The tenants that are made, each behind a firewall that shuts out who causes more than one error a second."""
    made: list[World] = []

    def walled(clock: Clock, seed: int) -> World:
        made.append(World(clock, seed=seed))
        made[0].switches.turn(waf=1)
        return made[0]

    monkeypatch.setattr("benchmarks.week.World", walled)
    return made


def test_outages_of_every_kind_lose_and_double_nothing(bundle: Bundle, plan: Plan, worlds: list[World]) -> None:
    figures = simulate(bundle, plan)
    assert [world.pressure.blocked_until for world in worlds] == [0.0]
    assert (figures.lost, figures.doubled) == (0, 0)
    assert len(figures.raised) > 1500
    assert len(figures.recoveries) == figures.days == len(OUTAGES)
    assert max(figures.recoveries) < 600
    assert IN_TIME < figures.longest_lag < plan.outage + LATE_MOST
