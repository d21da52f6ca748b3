"""Wishes that commands leave for the next fetch run: each is granted once, and none takes another's place."""

import json
from collections import Counter
from typing import Any

import pytest

from lab.sekoia.events.model import Plan
from lab.sekoia.faults import Fault
from tests.stage import INSTANCE, Stage

HELD = "2026-03-01T10:01:00Z"


def hold(stage: Stage, *uuids: str) -> None:
    """Puts alerts into quarantine, as a run does that cannot read them; the next run reports it."""
    last_run = stage.host.last_run(stage.instance)
    held = [{"id": uuid, "reason": "ValueError: nobody could read it", "at": HELD} for uuid in uuids]
    seen = {**last_run["seen"], **dict.fromkeys(uuids, int(stage.clock.time()))}
    planted = {**last_run, "quarantine": held, "seen": seen}
    stage.host.state(INSTANCE).keep_last_run(json.dumps(planted))
    stage.minute()


def plant(stage: Stage, **values: Any) -> None:
    """Changes the integration context."""
    context = {**stage.host.integration_context(stage.instance), **values}
    stage.host.state(INSTANCE).keep_context(context)


def test_granted_reset_is_not_granted_again_when_the_last_run_is_reset(stage: Stage) -> None:
    for number in range(5):
        stage.world.alerts.raise_alert(f"old {number}", created_at=stage.clock.time() - 86_400 + number)
    stage.minute()
    stage.run("sekoia-xdr-reset-fetch", start_time="-2d")
    stage.minute()
    stage.minute()
    assert "fetch_request" not in stage.host.integration_context(stage.instance)
    stage.host.state(INSTANCE).keep_last_run("{}")
    stage.configure(first_fetch="-1 hour")
    stage.minute()
    assert set(Counter(stage.fetched_ids()).values()) == {2}


def test_reset_and_retry_left_before_one_run_are_both_granted(stage: Stage) -> None:
    stage.minute()
    known = stage.world.alerts.raise_alert("known")
    stage.minute()
    held = stage.world.alerts.raise_alert("held", created_at=stage.clock.time() - 86_400)
    hold(stage, held.uuid)
    stage.run("sekoia-xdr-reset-fetch", start_time="-1h")
    stage.run("sekoia-xdr-quarantine-retry")
    for _ in range(4):
        stage.minute()
    assert Counter(stage.fetched_ids()) == Counter({known.short_id: 2, held.short_id: 1})


def test_two_retries_left_before_one_run_are_both_granted(stage: Stage) -> None:
    stage.minute()
    held = [stage.world.alerts.raise_alert(f"held {number}") for number in range(3)]
    hold(stage, *(alert.uuid for alert in held))
    for alert in held[:2]:
        stage.run("sekoia-xdr-quarantine-retry", ids=alert.uuid)
    stage.minute()
    stage.minute()
    assert Counter(stage.fetched_ids()) == Counter({alert.short_id: 1 for alert in held[:2]})
    assert [item["id"] for item in stage.host.last_run(stage.instance)["quarantine"]] == [held[2].uuid]


def test_wish_in_its_first_form_is_granted_once_and_then_dropped(stage: Stage) -> None:
    alert = stage.world.alerts.raise_alert("one")
    stage.minute()
    wish = {"do": "reset", "position": int(stage.clock.time()) - 3600, "token": "1772359300.000000"}
    plant(stage, fetch_request=wish)
    for _ in range(3):
        stage.minute()
    assert Counter(stage.fetched_ids()) == Counter({alert.short_id: 2})
    assert "fetch_request" not in stage.host.integration_context(stage.instance)


def test_reset_does_not_double_alerts_that_wait_for_their_events(stage: Stage) -> None:
    stage.configure(fetch_mode="Fetch With All Events", events_wait="10")
    stage.world.searches.plan = Plan(starts_after=60, runs_for=400)
    stage.minute()
    raised = [stage.world.alerts.raise_alert(f"alert {number}") for number in range(3)]
    for alert in raised:
        stage.world.events.attach(alert.short_id, count=2)
    stage.minute()
    assert len(stage.host.last_run(stage.instance)["tickets"]) == 3
    stage.run("sekoia-xdr-reset-fetch", start_time="-30m")
    for _ in range(20):
        stage.minute()
    assert Counter(stage.fetched_ids()) == Counter({alert.short_id: 1 for alert in raised})


@pytest.mark.parametrize("odd", ["AL,1", "odd id", "no-uuid"])
def test_retry_of_an_id_that_nobody_can_ask_for_stops_no_fetch(stage: Stage, odd: str) -> None:
    stage.minute()
    held = stage.world.alerts.raise_alert("held")
    hold(stage, odd, held.uuid)
    stage.run("sekoia-xdr-quarantine-retry")
    alerts = [held]
    for number in range(3):
        alerts.append(stage.world.alerts.raise_alert(f"alert {number}"))
        stage.minute()
    assert Counter(stage.fetched_ids()) == Counter(alert.short_id for alert in alerts)
    assert [item["id"] for item in stage.host.last_run(stage.instance)["quarantine"]] == [odd]


def test_retry_that_sekoia_refuses_goes_back_to_quarantine(stage: Stage) -> None:
    stage.minute()
    held = stage.world.alerts.raise_alert("held")
    hold(stage, held.uuid)
    stage.run("sekoia-xdr-quarantine-retry")
    stage.world.faults.arm(Fault("GET /v1/sic/alerts", status=400, times=1))
    later = stage.world.alerts.raise_alert("later")
    stage.minute()
    stage.minute()
    assert stage.fetched_ids() == [later.short_id]
    assert [item["id"] for item in stage.host.last_run(stage.instance)["quarantine"]] == [held.uuid]
