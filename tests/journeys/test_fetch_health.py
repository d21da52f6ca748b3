"""How fetch is doing, and the two wishes that a command can leave for it."""

import json
from collections import Counter
from typing import Any

import pytest

from tests.stage import Stage


def health(stage: Stage) -> dict[str, object]:
    value: dict[str, object] = stage.run("sekoia-xdr-fetch-health").context["SekoiaXDR"]["FetchHealth"]
    return value


def test_health_shows_position_lag_and_backlog(stage: Stage) -> None:
    for number in range(25):
        stage.world.alerts.raise_alert(f"alert {number}", created_at=stage.clock.time() - 3600 + number)
    stage.minute()
    shown = health(stage)
    assert (shown["incidents"], shown["backlog"]) == (10, 15)
    assert isinstance(shown["lag_seconds"], int) and shown["lag_seconds"] > 3000
    assert shown["next"] == "The backlog goes on in the next run."


def test_health_shows_why_the_last_run_failed(stage: Stage) -> None:
    stage.minute()
    stage.world.keys.change("soar", state="revoked")
    stage.minute()
    stage.world.keys.change("soar", state="active")
    assert "T302" in str(health(stage)["error"])


def test_health_is_shown_while_the_api_refuses_everything(stage: Stage) -> None:
    stage.world.alerts.raise_alert("one")
    stage.minute()
    stage.world.keys.change("soar", state="revoked")
    shown = health(stage)
    assert (shown["incidents"], shown["backlog"]) == (1, None)
    assert "T302" in str(shown["api"])


@pytest.mark.parametrize(
    ("settings", "outside"),
    [
        ({}, ["Waiting", "Handed over"]),
        ({"alerts_other_status": "Waiting"}, ["Handed over"]),
        ({"alerts_other_status": "in_progress"}, ["Waiting"]),
        ({"alerts_status": ["Pending"]}, ["Acknowledged", "Ongoing", "Waiting", "Handed over"]),
    ],
)
def test_health_names_the_open_statuses_that_the_filter_does_not(
    stage: Stage, settings: dict[str, Any], outside: list[str]
) -> None:
    """An alert born in one of them may pass fetch by, depending on what Sekoia calls it."""
    stage.world.statuses.define(label="Waiting", stage="open")
    stage.world.statuses.define(label="Handed over", stage="in_progress")
    stage.world.statuses.define(label="Done", stage="closed")
    stage.configure(**settings)
    stage.minute()
    outcome = stage.run("sekoia-xdr-fetch-health")
    assert outcome.context["SekoiaXDR"]["FetchHealth"]["statuses_outside"] == outside
    assert ", ".join(outside) in outcome.entries[0].shown


def test_health_before_the_first_run_says_so(stage: Stage) -> None:
    assert "No fetch has run yet" in stage.run("sekoia-xdr-fetch-health").entries[0].shown


def test_reset_begins_again_at_the_time_asked_for_once(stage: Stage) -> None:
    for number in range(5):
        stage.world.alerts.raise_alert(f"alert {number}", created_at=stage.clock.time() - 3600 * number - 60)
    stage.minute()
    stage.run("sekoia-xdr-reset-fetch", start_time="-90m")
    for _ in range(4):
        stage.minute()
    assert Counter(Counter(stage.fetched_ids()).values()) == {2: 2, 1: 3}


def test_reset_to_the_first_fetch_time_brings_the_same_alerts_once_more(stage: Stage) -> None:
    raised = [
        stage.world.alerts.raise_alert(f"alert {number}", created_at=stage.clock.time() - 86_400 * number - 60)
        for number in range(6)
    ] + [stage.world.alerts.raise_alert(f"burst {number}", created_at=stage.clock.time() - 3600) for number in range(9)]
    for _ in range(4):
        stage.minute()
    first = stage.fetched_ids()
    stage.run("sekoia-xdr-reset-fetch", start_time="-7d")
    for _ in range(4):
        stage.minute()
    assert Counter(first) == Counter(alert.short_id for alert in raised)
    assert Counter(stage.fetched_ids()[len(first) :]) == Counter(first)


def test_reset_as_a_dry_run_changes_nothing(stage: Stage) -> None:
    stage.world.alerts.raise_alert("one")
    stage.minute()
    outcome = stage.run("sekoia-xdr-reset-fetch", start_time="-90m", dry_run="true")
    assert "1 alerts match" in outcome.entries[0].shown
    stage.minute()
    assert len(stage.fetched_ids()) == 1


def test_alert_in_quarantine_is_taken_once_it_can_be_read(stage: Stage) -> None:
    stage.minute()
    alert = stage.world.alerts.raise_alert("mended since")
    last_run = stage.host.last_run(stage.instance)
    held = {"id": alert.uuid, "reason": "ValueError: a value that nobody could read", "at": "2026-03-01T10:01:00Z"}
    planted = {**last_run, "quarantine": [held], "seen": {alert.uuid: int(stage.clock.time())}}
    stage.host.state(stage.instance.name).keep_last_run(json.dumps(planted))
    stage.minute()
    assert (stage.fetched_ids(), health(stage)["quarantine"]) == ([], [held])
    assert stage.run("sekoia-xdr-quarantine-retry").error is None
    stage.minute()
    stage.minute()
    assert stage.fetched_ids() == [alert.short_id]
    assert stage.host.last_run(stage.instance)["quarantine"] == []


def test_retry_of_what_is_not_in_quarantine_is_refused(stage: Stage) -> None:
    stage.minute()
    assert "not in quarantine" in (stage.run("sekoia-xdr-quarantine-retry", ids="nobody").error or "")
