"""The service level timers follow the alert without an analyst's hand: from triage to the close, on whichever side."""

from typing import Any

import pytest

from tests.mirror.desk import Desk
from tests.stage import Stage

TRIAGE = "Sekoia XDR - Triage and Enrich Alert"
QUICK = {"GetEvents": "false"}


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


def timers(desk: Desk, number: str) -> tuple[str, str]:
    """Whether the two timers run: until somebody takes the alert, until it is closed."""
    found: list[Any] = [desk.incident(number).fields[f"SekoiaXDR {name} SLA"] for name in ("Acknowledge", "Close")]
    first, second = [str((timer or {}).get("runStatus", "idle")) for timer in found]
    return first, second


def triaged(desk: Desk, **inputs: str) -> tuple[Any, str]:
    """An alert of a minute ago whose incident was triaged."""
    alert, number = desk.fetched()
    run = desk.host.play(TRIAGE, number, {**QUICK, **inputs})
    assert (run.state, [step.error for step in run.steps if step.error]) == ("completed", [])
    return alert, number


def test_triage_starts_the_timers_of_an_alert_that_stays_new(desk: Desk) -> None:
    _, number = triaged(desk, SetStatus="false")
    assert timers(desk, number) == ("running", "running")


def test_triage_that_takes_the_alert_ends_the_first_timer_and_brings_the_page_up_to_date(desk: Desk) -> None:
    _, number = triaged(desk)
    assert timers(desk, number) == ("ended", "running")
    assert desk.incident(number).fields["SekoiaXDR Alert Status"] == "Acknowledged"


def test_triage_of_an_alert_that_somebody_took_in_sekoia_meanwhile_starts_the_second_alone(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.stage.world.alerts.set_status(alert.uuid, "Ongoing")
    desk.host.play(TRIAGE, number, QUICK)
    assert timers(desk, number) == ("ended", "running")


def test_alert_that_is_acknowledged_in_sekoia_ends_the_first_timer_at_that_time(desk: Desk) -> None:
    alert, number = triaged(desk, SetStatus="false")
    desk.stage.clock.advance(600)
    desk.stage.world.alerts.set_status(alert.uuid, "Acknowledged")
    desk.round()
    assert timers(desk, number) == ("ended", "running")
    took: Any = desk.incident(number).fields["SekoiaXDR Acknowledge SLA"]
    assert 600 <= took["totalDuration"] <= 720


def test_alert_that_is_closed_in_sekoia_ends_both(desk: Desk) -> None:
    alert, number = triaged(desk)
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    desk.round()
    assert (desk.incident(number).status, timers(desk, number)) == (2, ("ended", "ended"))


def test_alert_that_is_opened_again_in_sekoia_runs_again(desk: Desk) -> None:
    alert, number = triaged(desk)
    for status in ("Closed", "Ongoing"):
        desk.stage.world.alerts.set_status(alert.uuid, status)
        desk.round(minutes=2)
    assert (desk.incident(number).status, timers(desk, number)) == (1, ("ended", "running"))


@pytest.mark.parametrize("direction", ["None", "Incoming", "Outgoing", "Incoming and Outgoing"])
def test_incident_that_is_closed_ends_both_wherever_changes_go(stage: Stage, direction: str) -> None:
    desk = Desk(stage, mirror_direction=direction)
    _, number = triaged(desk, SetStatus="false")
    desk.host.close_incident(number, {"closeReason": "Resolved", "closeNotes": "done"})
    assert timers(desk, number) == ("ended", "ended")


def test_server_that_runs_no_field_scripts_when_it_mirrors_still_ends_both_at_the_close(desk: Desk) -> None:
    desk.host.mirroring.habits.runs_field_scripts = False
    alert, number = triaged(desk, SetStatus="false")
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    desk.round()
    assert timers(desk, number) == ("ended", "ended")
