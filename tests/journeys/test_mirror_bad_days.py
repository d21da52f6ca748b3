"""Mirroring on a day when much happens at once, or a part of Sekoia is away: everything arrives in the end, once."""

import copy
from collections.abc import Iterator
from dataclasses import replace

import pytest

from lab.sekoia.alerts.model import Alert
from lab.sekoia.events.model import Plan
from lab.sekoia.faults import Fault
from tests.mirror.desk import Desk, comments_of
from tests.stage import Stage

MANY = 60


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


def many_fetched(desk: Desk) -> list[tuple[Alert, str]]:
    """So many alerts with their incidents, seen by mirroring."""
    desk.stage.configure(max_fetch=str(MANY))
    alerts = [desk.stage.world.alerts.raise_alert(f"alert {n}", urgency=62) for n in range(MANY)]
    desk.stage.minute()
    numbers = {one.dbot_mirror_id: one.id for one in desk.host.incidents.all()}
    desk.round(count=2)
    return [(alert, numbers[alert.short_id]) for alert in alerts]


WEATHER: dict[str, dict[str, object]] = {
    "fine": {"times": 0},
    "rate limited": {"status": 429, "headers": {"Retry-After": "90"}, "times": 25},
    "away for a while": {"status": 503, "times": 150},
    "silent after it acted": {"kind": "status_after", "status": 504, "times": 40},
}


@pytest.mark.parametrize("weather", WEATHER)
def test_incidents_closed_in_bulk_close_their_alerts_once(desk: Desk, weather: str) -> None:
    both = many_fetched(desk)
    desk.stage.world.faults.arm(Fault(**{"on": "* /v1/sic/alerts*", **WEATHER[weather]}))
    for _, number in both:
        assert desk.host.close_incident(number, {}) is None
    desk.round(minutes=3, count=12)
    assert {alert.status.label for alert, _ in both} == {"Closed"}
    assert {desk.incident(number).status for _, number in both} == {2}
    assert [comments_of(alert) for alert, _ in both] == [["Closed by Sekoia"]] * MANY
    before = len(desk.writes())
    desk.round(count=3)
    assert len(desk.writes()) == before


def test_alerts_closed_in_bulk_close_their_incidents_once(desk: Desk) -> None:
    both = many_fetched(desk)
    for alert, _ in both:
        desk.stage.world.alerts.set_status(alert.uuid, "Closed", comment="a wave of noise")
    done = desk.round()
    assert len(done.orders) == MANY
    assert {desk.incident(number).status for _, number in both} == {2}
    assert {len(desk.entries(number)) for _, number in both} == {1}
    assert desk.round(count=3).orders == []


@pytest.fixture
def ticketed(desk: Desk) -> Iterator[Desk]:
    """A desk whose outgoing mapper has a line of the user's own: a field of the incident is a custom field there."""
    desk.stage.world.custom_fields.define("Ticket")
    mappers = desk.host.bundle.mappers
    mapper = copy.deepcopy(mappers["Sekoia XDR - Outgoing Mapper"])
    mapper["mapping"]["Sekoia XDR"]["internalMapping"]["custom_field.Ticket"] = {"simple": "classification"}
    desk.host.bundle = replace(desk.host.bundle, mappers={**mappers, "Sekoia XDR - Outgoing Mapper": mapper})
    yield desk


@pytest.mark.parametrize("path", ["*", "* */custom-fields", "PATCH *"])
@pytest.mark.parametrize("blow", [{"status": 503}, {"kind": "reset_after"}, {"kind": "status_after", "status": 504}])
def test_custom_field_set_during_an_outage_arrives(ticketed: Desk, path: str, blow: dict[str, object]) -> None:
    desk = ticketed
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.stage.world.faults.arm(Fault(**{"on": path, "times": 12, **blow}))
    desk.host.set_fields(number, {"Classification": "INC-7", "SekoiaXDR Urgency": 90})
    desk.round(count=2)
    desk.stage.world.faults.clear()
    desk.round(minutes=2, count=4)
    assert [one["value"] for one in alert.facts["custom_fields"]] == ["INC-7"]
    assert alert.urgency_value == 90


def test_last_value_of_a_custom_field_that_waited_is_the_one_that_stands(ticketed: Desk) -> None:
    desk = ticketed
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.stage.world.faults.arm(Fault("*", status=503, times=None))
    for value in ("INC-7", "INC-8", "INC-9"):
        desk.host.set_fields(number, {"Classification": value})
        desk.round()
    desk.stage.world.faults.clear()
    desk.round(minutes=2, count=4)
    assert [one["value"] for one in alert.facts["custom_fields"]] == ["INC-9"]
    before = len(desk.writes())
    desk.round(count=3)
    assert len(desk.writes()) == before


@pytest.mark.parametrize("status", [403, 404, 500])
def test_kill_chain_that_cannot_be_read_holds_no_update_up(desk: Desk, status: int) -> None:
    desk.stage.configure(mirror_kill_chain=True)
    alert, number = desk.fetched(kill_chain="Delivery")
    desk.round(count=2)
    desk.stage.world.faults.arm(Fault("GET */kill-chains*", status=status, times=None))
    desk.stage.world.alerts.edit(alert.uuid, urgency=90)
    desk.stage.world.alerts.set_status(alert.uuid, "Closed", comment="noise")
    done = desk.round()
    incident = desk.incident(number)
    assert (incident.fields["SekoiaXDR Urgency"], incident.status, len(desk.entries(number))) == (90, 2, 1)
    assert any("ill chain" in line for line in done.log)


@pytest.mark.parametrize("plan", [Plan(ends="failed"), Plan(ends="canceled"), Plan(results_ttl=0)])
def test_event_search_that_comes_to_nothing_holds_no_update_up_and_is_made_anew(desk: Desk, plan: Plan) -> None:
    desk.stage.configure(mirror_events=True)
    alert, number = desk.fetched()
    desk.stage.world.events.attach(alert.uuid, count=3)
    desk.stage.world.searches.plan = plan
    desk.stage.world.alerts.occurrence(alert.uuid)
    desk.stage.world.alerts.comment(alert.uuid, "look")
    desk.round(count=2)
    assert len(desk.entries(number)) == 1
    desk.stage.world.searches.plan = Plan()
    desk.round(count=4)
    desk.stage.world.alerts.occurrence(alert.uuid)
    desk.round(count=4)
    assert desk.incident(number).fields["SekoiaXDR Events State"] == "Complete"


def test_event_search_whose_results_have_expired_between_two_rounds_is_made_anew(desk: Desk) -> None:
    desk.stage.configure(mirror_events=True)
    alert, number = desk.fetched()
    desk.stage.world.events.attach(alert.uuid, count=3)
    desk.stage.world.searches.plan = Plan(starts_after=120.0, results_ttl=300)
    desk.stage.world.alerts.occurrence(alert.uuid)
    desk.round()
    desk.round(minutes=60)
    desk.stage.world.searches.plan = Plan()
    desk.round(count=4)
    assert desk.incident(number).fields["SekoiaXDR Events State"] == "Complete"


def test_event_search_that_never_comes_to_anything_is_given_up(desk: Desk) -> None:
    desk.stage.configure(mirror_events=True)
    alert, number = desk.fetched()
    desk.stage.world.events.attach(alert.uuid, count=3)
    desk.stage.world.searches.plan = Plan(ends="failed")
    desk.stage.world.alerts.occurrence(alert.uuid)
    desk.round(count=30)
    before = desk.calls()
    desk.round(count=5)
    assert desk.calls() - before == 5
    assert desk.incident(number).fields["SekoiaXDR Events State"] != "Complete"


def test_case_that_takes_an_alert_in_and_lets_it_go_shows_on_the_incident(desk: Desk) -> None:
    """Whether a case alone counts as a change of its alert is not known; with the alert's next change it is there."""
    alert, number = desk.fetched()
    cases = desk.stage.world.cases
    case = cases.open("Outbreak", [alert.short_id])
    desk.stage.world.alerts.comment(alert.uuid, "merged")
    desk.round()
    assert desk.incident(number).fields["SekoiaXDR Case IDs"] == [case.short_id]
    other = cases.open("Second outbreak", [alert.short_id])
    cases.delete(case)
    desk.stage.world.alerts.comment(alert.uuid, "moved")
    desk.round()
    assert desk.incident(number).fields["SekoiaXDR Case IDs"] == [other.short_id]
