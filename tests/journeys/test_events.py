"""Fetch with events: no alert is held hostage, nothing is doubled by waiting, no secret travels along."""

import json
from collections import Counter
from typing import Any

import pytest

from lab.sekoia.events.model import Plan
from lab.sekoia.faults import Fault
from lab.xsoar.host import Killed
from tests.stage import Stage

JOBS = "* /v1/sic/conf/events/search/jobs"


@pytest.fixture
def eager(stage: Stage) -> Stage:
    """An instance that fetches with events."""
    stage.configure(fetch_mode="Fetch With All Events", max_fetch="200")
    return stage


def raise_alerts(stage: Stage, number: int, events: int = 3, **said: Any) -> list[str]:
    alerts = [stage.world.alerts.raise_alert(f"alert {index}") for index in range(number)]
    for alert in alerts:
        stage.world.events.attach(alert.short_id, count=events, **said)
    return [alert.short_id for alert in alerts]


def raw_alerts(stage: Stage) -> dict[str, dict[str, Any]]:
    return {str(one.dbot_mirror_id): json.loads(one.raw_json) for one in stage.host.incidents.all()}


def events_of(stage: Stage) -> dict[str, int]:
    return {short_id: len(raw["events"]) for short_id, raw in raw_alerts(stage).items()}


def test_one_search_serves_many_alerts(eager: Stage) -> None:
    ids = raise_alerts(eager, 30)
    outcome = eager.minute()
    assert outcome.error is None
    assert events_of(eager) == dict.fromkeys(ids, 3)
    assert eager.world.journal.count("POST", "/v1/sic/conf/events/search/jobs") == 1


def test_refusal_to_search_for_several_falls_back_to_one_search_each(eager: Stage) -> None:
    eager.world.switches.turn(term_or="reject")
    ids = raise_alerts(eager, 4)
    for _ in range(3):
        eager.minute()
    assert events_of(eager) == dict.fromkeys(ids, 3)


def test_slow_search_leaves_a_ticket_and_the_incident_comes_with_its_events(eager: Stage) -> None:
    eager.world.searches.plan = Plan(starts_after=1, runs_for=70)
    ids = raise_alerts(eager, 5)
    first = eager.minute()
    assert (first.created, len(eager.host.last_run(eager.instance)["tickets"])) == ([], 5)
    assert len(eager.minute().created) == 5
    assert events_of(eager) == dict.fromkeys(ids, 3)
    assert eager.host.last_run(eager.instance)["tickets"] == []


def test_waiting_alerts_take_no_place_of_new_ones(eager: Stage) -> None:
    eager.configure(max_fetch="5")
    eager.world.searches.plan = Plan(runs_for=1000)
    raise_alerts(eager, 15)
    eager.minute()
    eager.minute()
    assert len(eager.host.last_run(eager.instance)["tickets"]) == 10


@pytest.mark.parametrize("ends", ["never", "failed", "canceled"])
def test_search_without_result_ends_with_the_incident_at_the_deadline(eager: Stage, ends: str) -> None:
    eager.world.searches.plan = Plan(ends=ends)
    ids = raise_alerts(eager, 3)
    created = [len(eager.minute().created) for _ in range(5)]
    minutes = [0, 0, 3, 0, 0] if ends == "never" else [0, 0, 0, 3, 0]  # looking at a search that runs takes time, too
    assert (sorted(eager.fetched_ids()), created) == (sorted(ids), minutes)
    states = {raw["xsoar"]["events_state"] for raw in raw_alerts(eager).values()}
    assert states == ({"Pending"} if ends == "never" else {"Failed"})


@pytest.mark.parametrize(
    "fault", [Fault(JOBS, kind="status", status=503, times=None), Fault(JOBS, kind="reset", times=None)]
)
def test_dead_event_service_does_not_delay_incidents(eager: Stage, fault: Fault) -> None:
    eager.world.faults.arm(fault)
    ids = raise_alerts(eager, 7)
    assert len(eager.minute().created) == 7
    raw = raw_alerts(eager)[ids[0]]
    assert raw["xsoar"]["events_state"] == "Failed"
    assert "Events could not be read" in raw["xsoar"]["notes"][0]


def test_expired_search_is_started_again(eager: Stage) -> None:
    eager.world.searches.plan = Plan(runs_for=61, results_ttl=1)
    ids = raise_alerts(eager, 2)
    eager.minute()
    eager.world.searches.plan = Plan()
    for _ in range(3):
        eager.minute()
    assert events_of(eager) == dict.fromkeys(ids, 3)
    assert eager.world.journal.count("POST", "/v1/sic/conf/events/search/jobs") == 2


def test_events_attached_late_are_waited_for(eager: Stage) -> None:
    ids = raise_alerts(eager, 3, visible_after=100)
    assert eager.minute().created == []
    eager.minute()
    eager.minute()
    assert events_of(eager) == dict.fromkeys(ids, 3)


def test_alert_without_any_event_comes_at_the_deadline(eager: Stage) -> None:
    eager.world.alerts.raise_alert("nothing behind it")
    created = [len(eager.minute().created) for _ in range(5)]
    assert created == [0, 0, 1, 0, 0]
    assert next(iter(raw_alerts(eager).values()))["xsoar"]["events_state"] == "None"


def test_zero_minutes_means_no_waiting(eager: Stage) -> None:
    eager.configure(events_wait="0")
    eager.world.searches.plan = Plan(ends="never")
    raise_alerts(eager, 3)
    assert len(eager.minute().created) == 3


def test_alert_deleted_while_it_waits_ends_quietly(eager: Stage) -> None:
    eager.world.searches.plan = Plan(runs_for=70)
    ids = raise_alerts(eager, 2)
    eager.minute()
    eager.world.alerts.delete(ids[0])
    for _ in range(4):
        eager.minute()
    assert eager.fetched_ids() == [ids[1]]


def test_deaths_while_alerts_wait_lose_and_double_nothing(eager: Stage) -> None:
    eager.world.searches.plan = Plan(runs_for=50)
    ids: list[str] = []
    for minute in range(12):
        ids += raise_alerts(eager, 2)
        eager.clock.advance(60)
        if minute % 3 == 1:
            left = [minute]

            def die(call: str, left: list[int] = left) -> None:
                left[0] -= 1
                if left[0] < 0:
                    raise Killed(call)

            eager.host.hooks.before_platform_call = die
        try:
            eager.host.fetch(eager.instance)
        except Killed:
            eager.restart()
        eager.host.hooks.before_platform_call = None
    for _ in range(6):
        eager.minute()
    assert Counter(eager.fetched_ids()) == Counter(ids)


def test_intake_keys_are_removed_and_no_value_is_lost_to_a_dot(eager: Stage) -> None:
    ids = raise_alerts(eager, 1, collisions=True)
    eager.minute()
    raw = raw_alerts(eager)[ids[0]]
    assert eager.world.events.intake_key not in json.dumps(raw)
    assert not [key for event in raw["events"] for key in event if "." in key]
    for event in raw["events"]:
        named = {str(value) for name, value in event.items() if name.startswith("host_name")}
        assert {name for name in named if f"{name}-other" in named} and "both a value and a parent" in named


def test_more_events_than_the_bound_are_cut_with_a_note(eager: Stage) -> None:
    eager.configure(events_per_alert="10")
    ids = raise_alerts(eager, 1, events=25)
    eager.minute()
    raw = raw_alerts(eager)[ids[0]]
    assert (len(raw["events"]), raw["xsoar"]["events_state"]) == (10, "Cut")
    assert "events: the newest 10 of 25 are kept." in raw["xsoar"]["notes"]


def test_hundred_alerts_with_assets_kill_chain_and_events_cost_at_most_fifteen_calls(eager: Stage) -> None:
    eager.configure(fetch_with_assets=True, fetch_with_kill_chain=True)
    assets = [eager.world.assets.add(name=f"srv-{index}", type="host").uuid for index in range(20)]
    for index in range(100):
        at = eager.clock.time() - 200 + index
        alert = eager.world.alerts.raise_alert(f"alert {index}", created_at=at, assets=assets, kill_chain="Delivery")
        eager.world.events.attach(alert.short_id, count=10)
    assert len(eager.minute().created) == 100
    assert len(eager.world.journal.calls) <= 15
