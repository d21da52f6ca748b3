"""The platform's execution metrics: how the calls of fetch and of commands went, also when they failed."""

from typing import Any

import pytest

from lab.sekoia.faults import Fault
from lab.xsoar.warroom import METRICS, as_body
from tests.mirror.desk import Desk
from tests.stage import Stage


def counts(outcome: Any) -> dict[str, int]:
    """The metrics of a run by the platform's names; one entry at most."""
    assert len(outcome.metrics) <= 1
    return {one["Type"]: one["APICallsCount"] for entry in outcome.metrics for one in entry["APIExecutionMetrics"]}


def test_fetch_tells_how_many_calls_succeeded(stage: Stage) -> None:
    stage.world.alerts.raise_alert()
    outcome = stage.minute()
    assert (len(outcome.created), counts(outcome)) == (1, {"Successful": len(stage.world.journal.calls)})


def test_command_tells_its_calls_beside_its_entry(stage: Stage) -> None:
    alert = stage.world.alerts.raise_alert()
    outcome = stage.run("sekoia-xdr-get-alert", id=alert.short_id)
    assert (len(outcome.entries), counts(outcome)) == (1, {"Successful": len(stage.world.journal.calls)})


@pytest.mark.parametrize(
    ("fault", "metric"),
    [
        ({"kind": "status", "status": 429}, "QuotaError"),
        ({"kind": "status", "status": 503}, "ServiceError"),
        ({"kind": "status", "status": 403}, "GeneralError"),
        ({"kind": "status", "status": 401, "body": {"message": "Token revoked", "code": "T302"}}, "AuthError"),
        ({"kind": "reset"}, "ConnectionError"),
    ],
)
def test_fetch_that_fails_tells_what_its_calls_met(stage: Stage, fault: dict[str, Any], metric: str) -> None:
    stage.world.faults.arm(Fault(times=None, **fault))
    outcome = stage.minute()
    assert outcome.error
    assert counts(outcome) == {metric: len(stage.world.journal.calls)}


def test_command_that_fails_tells_what_its_calls_met(stage: Stage) -> None:
    outcome = stage.run("sekoia-xdr-get-alert", id="ALnothing9here")
    assert outcome.error
    assert counts(outcome) == {"GeneralError": 1}


def test_call_that_succeeds_at_the_second_try_counts_for_both(stage: Stage) -> None:
    stage.world.faults.arm(Fault(kind="status", status=503))
    assert counts(stage.minute()) == {"Successful": 1, "ServiceError": 1}


def test_test_button_says_ok_and_nothing_else(stage: Stage) -> None:
    assert stage.host.test(stage.instance).message == "ok"


def test_run_without_a_call_tells_nothing(stage: Stage) -> None:
    stage.configure(alerts_urgency="9,3")
    assert counts(stage.minute()) == {}


@pytest.mark.parametrize("command", ["get-modified-remote-data", "get-remote-data", "update-remote-system"])
@pytest.mark.parametrize("faulty", [False, True])
def test_what_the_platform_mirrors_by_is_one_answer_without_metrics(stage: Stage, command: str, faulty: bool) -> None:
    """An entry beside the answer might end up in the incident."""
    desk = Desk(stage)
    alert, _ = desk.fetched()
    if faulty:
        stage.world.faults.arm(Fault(times=None, kind="status", status=503))
    sent = {"data": {"title": "new"}, "delta": {"title": "new"}, "entries": [], "incidentChanged": True, "status": 1}
    args = {"id": alert.short_id, "remoteId": alert.short_id, "lastUpdate": "2026-03-01T10:00:00Z", **sent}
    before = desk.calls()
    run = desk.host.execute(stage.instance, command, args)
    assert desk.calls() > before
    assert [as_body(one)["Type"] for one in run.effects.results].count(METRICS) == 0
    assert len(run.effects.results) <= 1


def test_fetch_that_sends_what_waited_tells_those_calls_too(stage: Stage) -> None:
    desk = Desk(stage, mirror_direction="Outgoing")
    alert, number = desk.fetched()
    desk.host.set_fields(number, {"SekoiaXDR Urgency": 15})
    stage.world.faults.arm(Fault(times=None, kind="status", status=503))
    desk.round()
    stage.world.faults.clear()
    before = desk.calls()
    outcome = stage.minute()
    told = sum(one["APICallsCount"] for entry in outcome.metrics for one in entry["APIExecutionMetrics"])
    assert (alert.urgency_value, told) == (15, desk.calls() - before)
