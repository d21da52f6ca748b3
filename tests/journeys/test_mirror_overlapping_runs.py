"""Runs of mirroring overlap: none does what another has overtaken, forgets what another wrote, or tells twice."""

from typing import Any

import pytest

from lab.sekoia.alerts.model import Alert
from lab.sekoia.faults import Fault
from tests.mirror.desk import Desk, values_of
from tests.stage import Stage

TITLE, DETAILS, URGENCY = "Alert Name", "SekoiaXDR Alert Details", "SekoiaXDR Urgency"


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


def two_fetched(desk: Desk) -> tuple[tuple[Alert, str], tuple[Alert, str]]:
    """Two alerts with their incidents, seen by mirroring; what waits of the first one is sent first."""
    first, second = desk.fetched("first"), desk.fetched("second")
    desk.round(count=2)
    return first, second


def run(desk: Desk, command: str, number: str | None = None, **args: Any) -> None:
    """One command that the server runs by itself, of whose result nothing is kept."""
    desk.host.execute(desk.stage.instance, command, {**args, "lastUpdate": ""}, number)


# --- while the wish of another alert is being carried out -------------------------------------------------------------


def test_closing_that_waited_is_not_sent_after_a_reopening(desk: Desk) -> None:
    (first, first_number), (second, number) = two_fetched(desk)
    desk.fails("PATCH *")
    desk.host.set_fields(first_number, {TITLE: "mine"})
    desk.close(number, script=False)
    desk.round()
    desk.stage.world.faults.clear()

    def reopen() -> None:
        desk.host.reopen_incident(number)
        desk.hand_over(number)

    with desk.amid(lambda: first.title == "mine", reopen):
        desk.round()
    desk.round(count=4)
    assert (second.status.label, desk.incident(number).status) == ("Pending", 1)


def test_custom_field_that_waited_is_not_sent_after_a_newer_value(desk: Desk) -> None:
    desk.map_both_ways()
    (first, first_number), (second, number) = two_fetched(desk)
    desk.fails("PATCH *")
    desk.host.set_fields(first_number, {TITLE: "mine"})
    desk.host.set_fields(number, {"Classification": "old"})
    desk.round()
    desk.stage.world.faults.clear()

    def set_anew() -> None:
        desk.host.set_fields(number, {"Classification": "new"})
        desk.hand_over(number)

    with desk.amid(lambda: first.title == "mine", set_anew):
        desk.round()
    desk.round(count=4)
    assert (values_of(second), desk.incident(number).fields["Classification"]) == (["new"], "new")


def test_title_that_waited_is_not_sent_after_a_newer_one_where_nothing_comes_in(stage: Stage) -> None:
    """Fetch sends what waits there."""
    desk = Desk(stage, mirror_direction="Outgoing")
    (first, first_number), (second, number) = two_fetched(desk)
    desk.fails("PATCH *")
    desk.host.set_fields(first_number, {TITLE: "mine"})
    desk.host.set_fields(number, {TITLE: "old"})
    desk.round()
    desk.stage.world.faults.clear()

    def set_anew() -> None:
        desk.host.set_fields(number, {TITLE: "new"})
        desk.hand_over(number)

    with desk.amid(lambda: first.title == "mine", set_anew):
        stage.minute(2)
    for _ in range(3):
        stage.minute()
        desk.round()
    assert (second.title, desk.incident(number).fields[TITLE]) == ("new", "new")


# --- two runs for one alert -------------------------------------------------------------------------------------------


def test_title_that_another_run_wrote_counts_as_ours_when_it_is_changed_again(desk: Desk) -> None:
    """A round sends an urgency that waited, while the platform sends the title."""
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.fails("PATCH *")
    desk.host.set_fields(number, {URGENCY: 90})
    desk.round()
    desk.stage.world.faults.clear()

    def set_title() -> None:
        desk.host.set_fields(number, {TITLE: "one"})
        desk.hand_over(number)

    desk.stage.clock.advance(60)
    with desk.amid(lambda: alert.urgency_value == 90, set_title):
        run(desk, "get-modified-remote-data")
    desk.host.set_fields(number, {TITLE: "two"})
    desk.hand_over(number)
    desk.round(count=4)
    assert (alert.title, desk.incident(number).fields[TITLE]) == ("two", "two")


def refused(desk: Desk, number: str, field: str, text: str) -> Fault:
    """An edit that Sekoia refuses in these words, as soon as it is sent."""
    desk.stage.world.faults.clear()
    on, body = f"PATCH /v1/sic/alerts/{desk.incident(number).dbot_mirror_id}", {"message": text, "code": "X"}
    desk.host.set_fields(number, {field: "x"})
    return desk.stage.world.faults.arm(Fault(on, status=400, times=None, body=body))


def test_refusal_is_told_once_though_another_one_is_noted_at_the_same_time(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    refused(desk, number, TITLE, "first refusal")
    desk.hand_over(number)
    second = refused(desk, number, DETAILS, "second refusal")
    with desk.amid(lambda: second.hits > 0, lambda: desk.bring(alert, number)):
        desk.hand_over(number)
    desk.recovers()
    notes = " ".join(desk.told(number))
    assert (notes.count("first refusal"), notes.count("second refusal")) == (1, 1)


def test_refusal_is_told_and_taken_back_though_the_alert_is_read_in_its_second_for_another_one(desk: Desk) -> None:
    alert, number = desk.fetched(details="theirs")
    desk.round(count=2)
    desk.stage.clock.advance(60)
    refused(desk, number, DETAILS, "first refusal")
    desk.hand_over(number)
    before = desk.calls()

    def another() -> None:
        refused(desk, number, TITLE, "second refusal")
        desk.hand_over(number)

    with desk.amid(lambda: desk.calls() > before, another):
        desk.bring(alert, number)
    desk.recovers()
    notes, fields = " ".join(desk.told(number)), desk.incident(number).fields
    assert (fields[DETAILS], fields[TITLE]) == ("theirs", "Beacon")
    assert (notes.count("first refusal"), notes.count("second refusal")) == (1, 1)


def test_custom_field_that_is_sent_while_the_alert_is_read_counts_as_ours_when_it_is_changed_again(desk: Desk) -> None:
    desk.map_both_ways()
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.host.set_fields(number, {"Classification": "INC-0"})
    desk.round(count=3)
    desk.stage.world.alerts.comment(alert.uuid, "a word")
    before = desk.calls()

    def set_anew() -> None:
        desk.stage.clock.advance(2)
        desk.host.set_fields(number, {"Classification": "INC-1"})
        desk.hand_over(number)

    with desk.amid(lambda: desk.calls() > before, set_anew):
        run(desk, "get-remote-data", number, id=alert.short_id)
    desk.host.set_fields(number, {"Classification": "INC-2"})
    desk.round(count=4)
    assert (values_of(alert), desk.incident(number).fields["Classification"]) == (["INC-2"], "INC-2")
