"""Fetch through the built pack: every alert that stays visible and matching becomes exactly one incident."""

import json
import random
from collections import Counter
from collections.abc import Callable

import pytest

from lab.sekoia.alerts.model import Alert
from lab.sekoia.faults import Fault
from lab.xsoar.host import Killed
from tests.stage import Stage

LIST = "GET /v1/sic/alerts"


def raise_three_thousand(stage: Stage, hours: float = 6) -> None:
    """3 000 alerts over some hours: 131 in one second, 40 that become visible up to ten minutes late."""
    dice = random.Random(3000)
    start = stage.clock.time()
    moments = [start + int(dice.uniform(0, hours * 3600)) for _ in range(3000 - 131)] + [start + 7200.0] * 131
    late = set(dice.sample(range(len(moments)), 40))
    for number, moment in enumerate(moments):
        wait = dice.uniform(1, 600) if number in late else 0
        stage.world.alerts.raise_alert(f"alert {number}", created_at=moment, visible_after=wait)


def run_with_deaths(stage: Stage, minutes: int, dice: random.Random) -> int:
    """A fetch each minute; now and then the host dies at a random platform call. Returns the number of deaths."""
    deaths = 0
    for _ in range(minutes):
        stage.clock.advance(60)
        if dice.random() < 0.15:
            left = dice.randint(0, 12)

            def die(call: str) -> None:
                nonlocal left
                left -= 1
                if left < 0:
                    raise Killed(call)

            stage.host.hooks.before_platform_call = die
        try:
            stage.host.fetch(stage.instance)
        except Killed:
            deaths += 1
            stage.restart()
        stage.host.hooks.before_platform_call = None
    return deaths


@pytest.mark.parametrize("max_fetch", ["10", "50", "200"])
def test_three_thousand_alerts_survive_deaths_of_the_host(stage: Stage, max_fetch: str) -> None:
    stage.configure(max_fetch=max_fetch)
    raise_three_thousand(stage)
    deaths = run_with_deaths(stage, 440, random.Random(int(max_fetch)))
    expected = Counter(alert.short_id for alert in stage.world.alerts.all())
    assert deaths > 20
    assert Counter(stage.fetched_ids()) == expected


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("bounds", ["inclusive", "exclusive"])
@pytest.mark.parametrize("max_fetch", ["10", "131", "200"])
def test_one_second_larger_than_a_page_is_drained(stage: Stage, max_fetch: str, bounds: str, shuffle: bool) -> None:
    stage.configure(max_fetch=max_fetch, look_back="0")
    stage.world.switches.turn(shuffle_ties=shuffle, bounds=bounds)
    for number in range(331):
        stage.world.alerts.raise_alert(f"alert {number}")
    stage.clock.advance(30)
    stage.world.alerts.raise_alert("after the burst")
    for _ in range(40):
        stage.minute()
    assert sorted(stage.fetched_ids()) == sorted(alert.short_id for alert in stage.world.alerts.all())


def test_alert_that_becomes_visible_late_is_fetched_once(stage: Stage) -> None:
    stage.world.alerts.raise_alert("punctual")
    stage.world.alerts.raise_alert("late", visible_after=840)
    for _ in range(30):
        stage.world.alerts.raise_alert("traffic")
        stage.minute()
    names = Counter(incident.name for incident in stage.host.incidents.all())
    assert (names["late"], names["punctual"], names["traffic"]) == (1, 1, 30)


def test_raising_the_look_back_doubles_nothing(stage: Stage) -> None:
    stage.configure(look_back="5")
    for minute in range(60):
        stage.world.alerts.raise_alert(f"alert {minute}")
        stage.minute()
    stage.configure(look_back="1440")
    stage.minute()
    assert max(Counter(stage.fetched_ids()).values()) == 1


def test_page_that_fails_keeps_the_pages_before_it(stage: Stage) -> None:
    stage.configure(max_fetch="200")
    for number in range(180):
        stage.world.alerts.raise_alert(f"alert {number}", created_at=stage.clock.time() - 1000 + number)
    stage.world.faults.arm(Fault(LIST, kind="status", status=400, after=1, times=1))
    first, second = stage.minute(), stage.minute()
    assert (len(first.created), first.error) == (100, None)
    assert len(second.created) == 80


@pytest.mark.parametrize("kind", ["status", "html", "reset", "cut", "not_json", "redirect"])
def test_first_page_that_fails_reports_and_moves_nothing(stage: Stage, kind: str) -> None:
    stage.world.alerts.raise_alert("one")
    stage.world.faults.arm(
        Fault(LIST, kind=kind, status=None if kind != "status" else 500, times=30, location="https://x.example")
    )
    outcome = stage.minute()
    assert outcome.error and outcome.created == []
    assert stage.host.last_run(stage.instance) == {}
    stage.world.faults.clear()
    assert [incident.name for incident in stage.minute().created] == ["one"]


def test_key_revoked_in_the_middle_stops_at_once_and_keeps_what_was_read(stage: Stage) -> None:
    stage.configure(max_fetch="200")
    for number in range(180):
        stage.world.alerts.raise_alert(f"alert {number}", created_at=stage.clock.time() - 1000 + number)
    stage.world.faults.arm(
        Fault(LIST, kind="status", status=401, body={"message": "Token revoked", "code": "T302"}, after=1, times=1)
    )
    assert len(stage.minute().created) == 100
    assert stage.world.journal.count("GET", "/v1/sic/alerts") == 2


@pytest.mark.parametrize(("budget", "slow", "kept"), [(120, 1, 200), (120, 7, 200), (120, 29, 200), (40, 29, 100)])
def test_slow_api_ends_the_run_within_its_budget_with_what_it_has(
    stage: Stage, budget: int, slow: int, kept: int
) -> None:
    """A socket cuts a call off at the end of the budget; the lab's clock jumps, so here the last call may pass it."""
    stage.configure(max_fetch="200", fetch_budget=str(budget), fetch_with_comments=True)
    for number in range(300):
        moment = stage.clock.time() - 1000 + number
        alert = stage.world.alerts.raise_alert(f"alert {number}", created_at=moment)
        stage.world.alerts.comment(alert.short_id, "note")
    stage.world.faults.arm(Fault("*", kind="delay", seconds=slow, times=None))
    started = stage.clock.time() + 60
    outcome = stage.minute()
    assert len(outcome.created) == kept and outcome.error is None
    assert budget <= stage.clock.time() - started < budget + slow


def test_status_filter_uses_the_word_of_the_api(stage: Stage) -> None:
    stage.minute()
    query = stage.world.journal.calls[-1].query
    assert query["match[status_name]"] == ["Pending,Acknowledged,Ongoing"]


def before_page(stage: Stage, page: int, act: Callable[[], None]) -> list[int]:
    """Does something in the tenant when its list of alerts is asked for the n-th time; the moments at which it did."""
    due, asked, done = stage.world.faults.due, 0, list[int]()

    def listening(method: str, path: str) -> Fault | None:
        nonlocal asked
        asked += f"{method} {path}" == LIST
        if asked == page and not done:
            done.append(asked)
            act()
        return due(method, path)

    stage.world.faults.due = listening  # type: ignore[method-assign]
    return done


def test_alert_that_leaves_the_filter_between_two_pages_shifts_nothing(stage: Stage) -> None:
    stage.configure(max_fetch="200", look_back="0")
    alerts = a_page_and_more(stage)

    def close_what_was_read() -> None:
        for alert in alerts[:90]:
            stage.world.alerts.set_status(alert.short_id, "Closed", by="analyst")

    done = before_page(stage, 2, close_what_was_read)
    assert len(stage.minute().created) == 180
    assert done == [2]
    assert Counter(stage.fetched_ids()) == Counter(alert.short_id for alert in alerts)


def a_page_and_more(stage: Stage) -> list[Alert]:
    """180 alerts, one a second."""
    start = stage.clock.time() - 1000
    return [stage.world.alerts.raise_alert(f"alert {number}", created_at=start + number) for number in range(180)]


def test_alert_that_joins_the_list_between_two_pages_shifts_nothing(stage: Stage) -> None:
    """One among those that were read, which the next run looks back to; one among those to come."""
    stage.configure(max_fetch="200")
    alerts = a_page_and_more(stage)
    joined = list[Alert]()

    def join() -> None:
        for place in (50, 150):
            moment = alerts[place].created_at
            joined.append(stage.world.alerts.raise_alert(f"joined at {place}", created_at=moment))

    done = before_page(stage, 2, join)
    first, second = stage.minute(), stage.minute()
    assert (done, len(first.created), [one.name for one in second.created]) == ([2], 181, ["joined at 50"])
    assert Counter(stage.fetched_ids()) == Counter(alert.short_id for alert in [*alerts, *joined])


@pytest.mark.parametrize("mode", ["Fetch Without Events", "Fetch With All Events"])
def test_reading_that_goes_on_from_any_position_ever_left_ends_with_the_same_alerts(stage: Stage, mode: str) -> None:
    """Bursts, late ones and a backlog; each last run that was kept is put back, and fetch runs until it is done."""
    stage.configure(max_fetch="7", fetch_mode=mode)
    start = stage.clock.time()
    moments = [start - 3600.0] * 16 + [start + 40 * number for number in range(20)]
    raised = [stage.world.alerts.raise_alert(f"alert {number}", created_at=moment) for number, moment in
              enumerate(moments)]  # fmt: skip
    raised.append(stage.world.alerts.raise_alert("late", created_at=start + 100, visible_after=400))
    state, left = stage.host.state(stage.instance.name), list[tuple[str, list[str]]]()
    for _ in range(25):
        left.append((json.dumps(state.last_run), stage.fetched_ids()))
        stage.minute()
    truth = Counter(alert.short_id for alert in raised)
    assert Counter(stage.fetched_ids()) == truth
    for last_run, before in left:
        taken = len(stage.fetched_ids())
        state.keep_last_run(last_run)
        for _ in range(12):
            stage.minute()
        assert Counter(before + stage.fetched_ids()[taken:]) == truth


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_storm_of_errors_wakes_no_firewall_and_loses_nothing(stage: Stage, status: int) -> None:
    """The firewall shuts out who causes more than one error a second."""
    stage.world.switches.turn(waf=1)
    stage.configure(max_fetch="50")
    raised = [stage.world.alerts.raise_alert(f"alert {number}") for number in range(60)]
    stage.world.faults.arm(Fault("*", kind="status", status=status, times=60))
    for _ in range(40):
        stage.minute()
    assert stage.world.pressure.blocked_until == 0.0
    assert Counter(stage.fetched_ids()) == Counter(alert.short_id for alert in raised)


def test_samples_for_the_mapper_change_nothing(stage: Stage) -> None:
    stage.world.alerts.raise_alert("one")
    stage.clock.advance(60)
    assert len(stage.host.pull_samples(stage.instance)) == 1
    assert stage.host.last_run(stage.instance) == {}
    assert len(stage.minute().created) == 1
