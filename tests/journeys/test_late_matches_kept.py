"""Alerts that come to match later: each once, whatever fetch, the tenant's statuses or one broken alert do."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from lab.sekoia.alerts.model import Alert
from lab.sekoia.events.model import Plan
from lab.sekoia.faults import Fault, Faults
from tests.stage import Stage

MOST_OF_A_LAST_RUN = 524_288  # characters


def names(stage: Stage) -> Counter[str]:
    return Counter(incident.name for incident in stage.host.incidents.all())


def quarantine(stage: Stage) -> list[dict[str, Any]]:
    held: list[dict[str, Any]] = stage.run("sekoia-xdr-fetch-health").context["SekoiaXDR"]["FetchHealth"]["quarantine"]
    return held


def minutes(stage: Stage, count: int) -> None:
    for _ in range(count):
        assert stage.minute().error is None


def left_behind(stage: Stage, count: int, **extra: Any) -> list[Alert]:
    """Alerts below the filter's urgency that the ordinary stream has passed; the first one with what `extra` says."""
    stage.configure(fetch_late_matches=True, alerts_urgency="60,100", look_back="0")
    stage.minute()
    raised = [
        stage.world.alerts.raise_alert(f"low {number}", urgency=30, extra=extra if number == 0 else {})
        for number in range(count)
    ]
    stage.clock.advance(60)
    stage.world.alerts.raise_alert("later", urgency=70)
    minutes(stage, 10)
    return raised


def raise_urgency(stage: Stage, alerts: list[Alert]) -> None:
    for alert in alerts:
        stage.world.alerts.edit(alert.short_id, urgency=80, by="analyst")
        stage.clock.advance(5)


def test_alerts_that_a_backlog_brings_are_not_brought_again_by_their_change(stage: Stage) -> None:
    stage.configure(fetch_late_matches=True, alerts_urgency="60,100")
    stage.minute()
    stage.clock.advance(60)
    raised = [stage.world.alerts.raise_alert(f"raised {number}", urgency=30) for number in range(3)]
    stage.clock.advance(60)
    for alert in raised:
        stage.world.alerts.edit(alert.short_id, urgency=80, by="analyst")
    for number in range(50):
        stage.clock.advance(60)
        stage.world.alerts.raise_alert(f"crowd {number}", urgency=70)
    minutes(stage, 12)
    assert (len(names(stage)), set(names(stage).values())) == (53, {1})


def test_alert_that_keeps_changing_while_the_stream_is_behind_is_not_lost(stage: Stage) -> None:
    raised = left_behind(stage, 17)
    stage.configure(max_fetch="2")
    raise_urgency(stage, raised)
    for number in range(20):
        for alert in (raised[0], raised[-1]):
            stage.world.alerts.comment(alert.short_id, f"minute {number}", by="analyst")
            stage.clock.advance(5)
        minutes(stage, 1)
    assert names(stage) == Counter({"later": 1, **{f"low {number}": 1 for number in range(17)}})


@pytest.mark.parametrize("status", [500, 404])
def test_alert_whose_history_cannot_be_read_stops_no_other_and_is_held(stage: Stage, status: int) -> None:
    raised = left_behind(stage, 4)
    raise_urgency(stage, raised)
    stage.world.faults.arm(Fault(on=f"GET *{raised[0].uuid}*", status=status, times=None))
    minutes(stage, 5)
    assert names(stage) == Counter({"later": 1, "low 1": 1, "low 2": 1, "low 3": 1})
    minutes(stage, 20)
    calls = len(stage.world.journal.calls)
    stage.minute()
    (held,) = quarantine(stage)
    assert (held["id"], "10 of 10" in held["reason"]) == (raised[0].uuid, True)
    assert not any(raised[0].uuid in call.path for call in stage.world.journal.calls[calls:])


def test_alert_whose_history_can_be_read_again_comes_by_itself_once(stage: Stage) -> None:
    raised = left_behind(stage, 2)
    raise_urgency(stage, raised)
    fault = stage.world.faults.arm(Fault(on=f"GET *{raised[0].uuid}*", status=500, times=None))
    minutes(stage, 4)
    assert [held["id"] for held in quarantine(stage)] == [raised[0].uuid]
    stage.world.faults.clear()
    for _ in range(20):
        stage.world.alerts.comment(raised[0].short_id, "still here", by="analyst")
        minutes(stage, 1)
    assert fault.hits > 0
    assert (names(stage), quarantine(stage)) == (Counter({"later": 1, "low 0": 1, "low 1": 1}), [])


def test_held_alert_that_changes_long_after_is_judged_by_the_change_that_was_not_read(stage: Stage) -> None:
    raised = left_behind(stage, 1)
    raise_urgency(stage, raised)
    stage.world.faults.arm(Fault(on=f"GET *{raised[0].uuid}*", status=500, times=None))
    minutes(stage, 15)
    stage.world.faults.clear()
    stage.clock.advance(7200)
    stage.world.alerts.comment(raised[0].short_id, "still here", by="analyst")
    minutes(stage, 3)
    assert (names(stage)["low 0"], quarantine(stage)) == (1, [])


@pytest.mark.parametrize(("matched", "incidents"), [(True, 1), (False, 0)])
def test_held_alert_is_tried_again_by_the_late_rule_when_people_ask(
    stage: Stage, matched: bool, incidents: int
) -> None:
    """One that was fetched long ago and only commented on does not come a second time."""
    (alert,) = left_behind(stage, 1)
    if matched:
        raise_urgency(stage, [alert])
    else:
        stage.configure(alerts_urgency="0,100")
        stage.world.alerts.comment(alert.short_id, "only a word", by="analyst")
    stage.world.faults.arm(Fault(on=f"GET *{alert.uuid}*", status=500, times=None))
    minutes(stage, 15)
    stage.world.faults.clear()
    minutes(stage, 2)
    assert [held["id"] for held in quarantine(stage)] == [alert.uuid]
    assert stage.run("sekoia-xdr-quarantine-retry").error is None
    minutes(stage, 3)
    assert (names(stage)["low 0"], quarantine(stage)) == (incidents, [])


def test_held_alert_that_is_deleted_leaves_the_quarantine(stage: Stage) -> None:
    raised = left_behind(stage, 1)
    raise_urgency(stage, raised)
    stage.world.faults.arm(Fault(on=f"GET *{raised[0].uuid}*", status=404, times=None))
    minutes(stage, 2)
    stage.world.alerts.delete(raised[0].uuid)
    minutes(stage, 2)
    assert (names(stage), quarantine(stage)) == (Counter({"later": 1}), [])


def test_no_alert_goes_to_quarantine_for_long_when_no_history_can_be_read(stage: Stage) -> None:
    raised = left_behind(stage, 30)
    raise_urgency(stage, raised)
    stage.world.faults.arm(Fault(on="GET */alerts/*", status=404, times=None))
    minutes(stage, 20)
    assert len(quarantine(stage)) == 10
    stage.world.faults.clear()
    minutes(stage, 20)
    assert names(stage) == Counter({"later": 1, **{f"low {number}": 1 for number in range(30)}})


@pytest.mark.odd_tenant
def test_alert_with_a_uuid_that_is_none_stops_no_fetch(stage: Stage) -> None:
    raised = left_behind(stage, 3, uuid="alert-7")
    raise_urgency(stage, raised)
    stage.world.alerts.raise_alert("new", urgency=70)
    minutes(stage, 10)
    assert names(stage) == Counter({"later": 1, "new": 1, "low 0": 1, "low 1": 1, "low 2": 1})


@pytest.mark.odd_tenant
def test_alert_that_cannot_be_asked_for_is_held_at_once(stage: Stage) -> None:
    raised = left_behind(stage, 2, uuid="alert-7", short_id="seven")
    raise_urgency(stage, raised)
    minutes(stage, 3)
    assert names(stage) == Counter({"later": 1, "low 1": 1})
    assert [held["id"] for held in quarantine(stage)] == ["alert-7"]


def test_alert_born_in_a_status_that_the_filter_lets_through_is_not_brought_again_when_it_moves_on(
    stage: Stage,
) -> None:
    stage.configure(fetch_late_matches=True)
    stage.minute()
    stage.world.statuses.define(label="Waiting", stage="in_progress")
    alert = stage.world.alerts.raise_alert("born waiting", status="Waiting")
    minutes(stage, 5)
    assert names(stage) == Counter({"born waiting": 1})
    stage.clock.advance(3600)
    stage.world.alerts.raise_alert("later")
    stage.minute()
    stage.world.alerts.set_status(alert.short_id, "Acknowledged", by="analyst")
    minutes(stage, 5)
    assert names(stage) == Counter({"born waiting": 1, "later": 1})


@pytest.mark.parametrize(("shown", "by_birth"), [("nearest", 1), ("label", 0)])
def test_alert_of_a_backlog_in_a_status_of_the_tenant_comes_once(stage: Stage, shown: str, by_birth: int) -> None:
    """By its first status where Sekoia finds it by a built-in name, else when it moves into a built-in one."""
    stage.world.switches.turn(custom_status_name=shown)
    stage.configure(fetch_late_matches=True)
    stage.world.statuses.define(label="Waiting", stage="in_progress")
    alert = stage.world.alerts.raise_alert("old", status="Waiting", created_at=stage.clock.time() - 86_400)
    stage.world.alerts.raise_alert("new")
    minutes(stage, 5)
    assert names(stage)["old"] == by_birth
    stage.world.alerts.set_status(alert.short_id, "Acknowledged", by="analyst")
    minutes(stage, 5)
    assert names(stage) == Counter({"old": 1, "new": 1})


def test_alert_reopened_into_a_status_that_the_filter_lets_through_is_fetched(stage: Stage) -> None:
    stage.configure(fetch_late_matches=True)
    stage.minute()
    stage.world.statuses.define(label="Waiting", stage="in_progress")
    alert = stage.world.alerts.raise_alert("born closed", status="Closed")
    stage.clock.advance(3600)
    stage.world.alerts.raise_alert("later")
    stage.minute()
    stage.world.alerts.set_status(alert.short_id, "Waiting", by="analyst")
    minutes(stage, 5)
    assert names(stage) == Counter({"born closed": 1, "later": 1})


@dataclass
class AmidARun(Faults):
    """Does something before the second list of alerts that a run asks for."""

    deed: Callable[[], object] = field(default=lambda: None)
    lists: int = 0

    def due(self, method: str, path: str) -> Fault | None:
        self.lists += path.endswith("/alerts")
        if self.lists == 2:
            self.deed()
        return None


def test_urgency_raised_between_the_two_lists_of_a_run_loses_nothing(stage: Stage) -> None:
    stage.configure(fetch_late_matches=True, alerts_urgency="60,100")
    stage.world.alerts.raise_alert("first", urgency=80)
    stage.minute()
    stage.clock.advance(300)
    alert = stage.world.alerts.raise_alert("raised", urgency=30)
    stage.clock.advance(3600)
    stage.world.alerts.raise_alert("later", urgency=80)
    calm = stage.world.faults
    stage.world.faults = AmidARun(deed=lambda: stage.world.alerts.edit(alert.short_id, urgency=80, by="analyst"))
    stage.minute()
    stage.world.faults = calm
    minutes(stage, 5)
    assert names(stage) == Counter({"first": 1, "later": 1, "raised": 1})


def test_last_run_stays_small_however_many_alerts_change(stage: Stage) -> None:
    stage.configure(fetch_late_matches=True, max_fetch="200", look_back="1440")
    stage.minute()
    last_run = stage.host.last_run(stage.instance)
    now = int(stage.clock.time())
    seen = {f"{number:08d}-0000-4000-8000-000000000000": now - 9000 + number for number in range(9000)}
    last_run["late"] = {"cursor": now, "seen": seen}
    stage.host.state(stage.instance.name).keep_last_run(json.dumps(last_run))
    stage.minute()
    late = stage.host.last_run(stage.instance)["late"]
    assert 0 < len(late["seen"]) <= 3000
    assert min(late["seen"].values()) >= late["floor"] > now - 3100


def test_tickets_beyond_their_number_leave_the_oldest_first_and_say_so(stage: Stage) -> None:
    stage.configure(fetch_mode="Fetch With All Events", events_wait="60", max_fetch="200")
    stage.world.searches.plan = Plan(ends="never")
    raised: list[Alert] = []
    for _ in range(4):
        stage.minute()
        raised += [stage.world.alerts.raise_alert(f"alert {len(raised) + number}") for number in range(200)]
    stage.minute()
    rows = stage.host.store.rows("SELECT system FROM incidents ORDER BY id")
    raws = [json.loads(json.loads(row[0])["rawJSON"]) for row in rows]
    assert sorted(raw["short_id"] for raw in raws) == sorted(alert.short_id for alert in raised[:300])
    assert {raw["events_state"] for raw in raws} == {"Pending"}
    assert all("More than 500 alerts waited" in str(raw["xsoar"]["notes"]) for raw in raws)
    last_run = stage.host.last_run(stage.instance)
    assert (len(last_run["tickets"]), len(json.dumps(last_run)) < MOST_OF_A_LAST_RUN) == (500, True)
