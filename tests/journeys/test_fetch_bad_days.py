"""Days on which fetch cannot read all that it needs: nothing is lost, nobody is held hostage, and people are told."""

import json
from collections import Counter
from typing import Any

import pytest

from lab.sekoia.events.model import Plan
from lab.sekoia.faults import Fault
from tests.stage import Stage

LABELS, LIST = "GET */custom_statuses", "GET */alerts"
JOBS = "/v1/sic/conf/events/search/jobs"


@pytest.fixture
def eager(stage: Stage) -> Stage:
    """An instance that fetches with events."""
    stage.configure(fetch_mode="Fetch With All Events", max_fetch="200")
    return stage


def titles(stage: Stage) -> Counter[str]:
    return Counter(incident.name for incident in stage.host.incidents.all())


def raws(stage: Stage) -> dict[str, dict[str, Any]]:
    return {incident.name: json.loads(incident.raw_json) for incident in stage.host.incidents.all()}


def raise_with_events(stage: Stage, title: str, count: int = 2, age: float = 0, **said: Any) -> str:
    """An alert that was created that long ago, and its events."""
    alert = stage.world.alerts.raise_alert(title, created_at=stage.clock.time() - age, **said)
    stage.world.events.attach(alert.short_id, count=count)
    return alert.short_id


def health(stage: Stage) -> dict[str, Any]:
    value: dict[str, Any] = stage.run("sekoia-xdr-fetch-health").context["SekoiaXDR"]["FetchHealth"]
    return value


# ---------------------------------------------------------------- statuses that cannot be read, or do not exist


def test_statuses_that_cannot_be_read_for_an_hour_cost_no_alert(stage: Stage) -> None:
    waiting = stage.world.statuses.define(label="Waiting", stage="in_progress")
    stage.configure(alerts_other_status=waiting.uuid)
    stage.minute()
    stage.world.faults.arm(Fault(on=LABELS, status=403, times=None))
    raised = Counter[str]()
    for minute in range(60):
        if minute % 10 == 0:
            for status in ("Pending", "Waiting"):
                stage.world.alerts.raise_alert(f"{status} {minute}", status=status)
                raised[f"{status} {minute}"] += 1
        error = stage.minute().error
        assert error and "View cases and View alerts" in error
    assert "View cases and View alerts" in health(stage)["error"]
    stage.world.faults.clear()
    for _ in range(3):
        stage.minute()
    assert titles(stage) == raised


@pytest.mark.parametrize(("status", "other"), [("Pending,Ongoing", "Acknowledge"), ("", "Ongoing,Pending")])
def test_built_in_statuses_alone_are_asked_for_by_name_where_the_tenants_cannot_be_read(
    stage: Stage, status: str, other: str
) -> None:
    stage.world.faults.arm(Fault(on=LABELS, status=403, times=None))
    stage.configure(alerts_status=status, alerts_other_status=other)
    for title in ("Pending", "Ongoing", "Closed"):
        stage.world.alerts.raise_alert(title, status=title)
    assert stage.minute().error is None
    assert titles(stage) == Counter(["Pending", "Ongoing"])


@pytest.mark.parametrize("other", ["Closed", "In progress", "Waiting"])
def test_stage_or_label_that_cannot_be_looked_up_stops_fetch_where_it_is(stage: Stage, other: str) -> None:
    stage.minute()
    place = stage.host.last_run(stage.instance)
    stage.world.faults.arm(Fault(on=LABELS, status=403, times=None))
    stage.configure(alerts_other_status=other)
    stage.world.alerts.raise_alert("one")
    assert stage.minute().error
    assert (titles(stage), stage.host.last_run(stage.instance)) == (Counter(), place)


def test_uuid_alone_needs_no_look_at_the_tenants_statuses(stage: Stage) -> None:
    waiting = stage.world.statuses.define(label="Waiting", stage="in_progress")
    stage.world.faults.arm(Fault(on=LABELS, status=403, times=None))
    stage.configure(alerts_status=[], alerts_other_status=waiting.uuid)
    stage.world.alerts.raise_alert("one", status="Waiting")
    assert stage.minute().error is None
    assert titles(stage) == Counter(["one"])


def test_label_that_the_tenant_lacks_shows_in_health_until_it_is_mended(stage: Stage) -> None:
    stage.configure(alerts_other_status="No such thing")
    stage.world.alerts.raise_alert("one")
    assert stage.minute().error is None
    outcome = stage.run("sekoia-xdr-fetch-health")
    assert "'No such thing' is no status of this tenant" in health(stage)["warning"]
    assert "No such thing" in outcome.entries[0].shown
    stage.configure(alerts_other_status="")
    stage.minute()
    assert health(stage)["warning"] == ""


# ---------------------------------------------------------------- one alert with more events than a search is read to


KEPT = 20  # events per alert, as the setting says


@pytest.fixture
def noise(eager: Stage) -> Stage:
    """A noisy alert whose events are newer than most of those of the others."""
    eager.configure(events_per_alert=str(KEPT))
    now = eager.clock.time()
    for title in ("quiet", "part", "noisy"):
        eager.world.alerts.raise_alert(title, created_at=now - 3500)
    ids = {alert.title: alert.short_id for alert in eager.world.alerts.all()}
    eager.world.events.attach(ids["quiet"], count=3, at=now - 3490)
    eager.world.events.attach(ids["part"], count=2, at=now - 3490)
    eager.world.events.attach(ids["part"], count=1, at=now - 50)
    eager.world.events.attach(ids["noisy"], count=20_500, at=now - 3000, spread=2000)
    return eager


def events_and_states(stage: Stage) -> dict[str, tuple[int, str]]:
    return {title: (len(raw["events"]), raw["xsoar"]["events_state"]) for title, raw in raws(stage).items()}


def test_noisy_alert_takes_no_events_of_others(noise: Stage) -> None:
    for _ in range(5):
        noise.minute()
    assert events_and_states(noise) == {"quiet": (3, "Complete"), "part": (3, "Complete"), "noisy": (KEPT, "Cut")}
    assert any("was read to 20,000 events" in note for note in raws(noise)["noisy"]["xsoar"]["notes"])
    assert titles(noise) == Counter(["quiet", "part", "noisy"])


def test_noisy_alert_costs_one_more_search_for_each_other(noise: Stage) -> None:
    for _ in range(5):
        noise.minute()
    assert noise.world.journal.count("POST", JOBS) == 3


def test_search_that_cannot_be_read_to_its_end_is_taken_as_far_as_it_goes(noise: Stage) -> None:
    noise.world.switches.turn(deep_paging="reject")
    for _ in range(5):
        noise.minute()
    assert events_and_states(noise) == {"quiet": (3, "Complete"), "part": (3, "Complete"), "noisy": (KEPT, "Cut")}
    assert any("was read to 10,000 events" in note for note in raws(noise)["noisy"]["xsoar"]["notes"])


def test_nothing_that_was_read_in_part_is_called_complete_or_without_events(noise: Stage) -> None:
    """No time is left to search for each alert alone."""
    noise.configure(events_wait="0")
    posts = list[str]()
    due = noise.world.faults.due

    def only_the_first(method: str, path: str) -> Fault | None:
        posts.extend([path] * (method == "POST"))
        return Fault(on="POST *", status=503) if method == "POST" and len(posts) > 1 else due(method, path)

    noise.world.faults.due = only_the_first  # type: ignore[method-assign]
    noise.minute()
    found = events_and_states(noise)
    assert (found["part"], found["noisy"]) == ((1, "Cut"), (KEPT, "Cut"))
    assert found["quiet"] == (0, "Failed")
    notes = {title: " ".join(raw["xsoar"]["notes"]) for title, raw in raws(noise).items()}
    assert "was read to 20,000 events" in notes["part"]
    assert "Events could not be read" in notes["quiet"]


# ---------------------------------------------------------------- alerts that wait for their events


def test_alert_that_waited_carries_its_cases_as_one_that_did_not(eager: Stage) -> None:
    eager.configure(fetch_with_cases=True)
    for plan in (Plan(starts_after=60, runs_for=30), Plan()):
        eager.world.searches.plan = plan
        short_id = raise_with_events(eager, f"runs for {plan.runs_for}")
        eager.world.cases.open("Case", [short_id])
        for _ in range(4):
            eager.minute()
    assert [len(raw["xsoar"]["case_ids"]) for raw in raws(eager).values()] == [1, 1]


def test_alert_taken_out_of_quarantine_carries_its_cases(stage: Stage) -> None:
    stage.configure(fetch_with_cases=True)
    stage.minute()
    alert = stage.world.alerts.raise_alert("held")
    stage.world.cases.open("Case", [alert.short_id])
    held = {"id": alert.uuid, "reason": "odd", "at": "2026-03-01T10:01:00Z"}
    planted = {**stage.host.last_run(stage.instance), "quarantine": [held], "seen": {alert.uuid: 2_000_000_000}}
    stage.host.state(stage.instance.name).keep_last_run(json.dumps(planted))
    stage.minute()
    stage.run("sekoia-xdr-quarantine-retry")
    stage.minute()
    assert len(raws(stage)["held"]["xsoar"]["case_ids"]) == 1


@pytest.mark.parametrize("age", [30, 300, 86_400])
def test_alert_waits_for_its_events_however_old_it_is_when_it_is_first_read(eager: Stage, age: int) -> None:
    eager.world.searches.plan = Plan(starts_after=5, runs_for=65)
    raise_with_events(eager, "one", age=age)
    for _ in range(3):
        eager.minute()
    assert events_and_states(eager) == {"one": (2, "Complete")}


def test_old_alert_waits_no_longer_than_the_setting_says(eager: Stage) -> None:
    eager.world.searches.plan = Plan(ends="never")
    raise_with_events(eager, "one", age=3600)
    first_read, ended = eager.clock.time() + 60, 0.0
    for _ in range(6):
        began = eager.clock.time() + 60
        ended = began if eager.minute().created else ended
    assert 180 <= ended - first_read <= 180 + 120
    assert events_and_states(eager) == {"one": (0, "Pending")}


def test_old_alert_without_any_event_does_not_wait(eager: Stage) -> None:
    """Sekoia attaches events within minutes, so a search that finds none did not come too early."""
    eager.world.alerts.raise_alert("one", created_at=eager.clock.time() - 3600)
    assert len(eager.minute().created) == 1
    assert events_and_states(eager) == {"one": (0, "None")}


@pytest.mark.parametrize("shift", [-86_400, 86_400])
def test_wait_is_bounded_where_the_clock_jumps(eager: Stage, shift: int) -> None:
    eager.world.searches.plan = Plan(ends="never")
    raise_with_events(eager, "one")
    eager.minute()
    last_run = eager.host.last_run(eager.instance)
    moved = [{**ticket, "until": ticket["until"] + shift} for ticket in last_run["tickets"]]
    eager.host.state(eager.instance.name).keep_last_run(json.dumps({**last_run, "tickets": moved}))
    for _ in range(5):
        eager.minute()
    assert titles(eager) == Counter(["one"])


# ---------------------------------------------------------------- tickets on days without a list


@pytest.fixture
def parked(eager: Stage) -> Stage:
    """Three alerts that wait for their events, in a status of the tenant's own."""
    eager.world.statuses.define(label="Waiting", stage="open")
    eager.configure(alerts_status=[], alerts_other_status="Waiting")
    eager.world.searches.plan = Plan(starts_after=60, runs_for=60)
    for number in range(3):
        raise_with_events(eager, f"parked {number}", status="Waiting")
    eager.minute()
    assert (eager.host.incidents.count(), len(eager.host.last_run(eager.instance)["tickets"])) == (0, 3)
    return eager


PARKED = {f"parked {number}": (2, "Complete") for number in range(3)}


def test_label_that_stops_existing_holds_no_ticket_hostage(parked: Stage) -> None:
    parked.configure(alerts_other_status="On hold")
    raise_with_events(parked, "new", status="Waiting")
    place = parked.host.last_run(parked.instance)["watermark"]
    errors = [parked.minute().error for _ in range(5)]
    assert events_and_states(parked) == PARKED
    assert errors.count(None) == 1 and "On hold" in (errors[-1] or "")
    assert parked.host.last_run(parked.instance)["watermark"] == place
    parked.configure(alerts_other_status="Waiting")
    for _ in range(4):
        parked.minute()
    assert titles(parked) == Counter([*PARKED, "new"])


@pytest.mark.parametrize("status", [400, 403, 500])
def test_list_that_fails_holds_no_ticket_hostage(parked: Stage, status: int) -> None:
    raise_with_events(parked, "new", status="Waiting")
    place = parked.host.last_run(parked.instance)["watermark"]
    due, spared = parked.world.faults.due, [0]

    def failing(method: str, path: str) -> Fault | None:
        """The first list of a run with due tickets brings their alerts; any other one is for what is new."""
        if f"{method} {path}" != "GET /v1/sic/alerts" or spared[0]:
            spared[0] -= f"{method} {path}" == "GET /v1/sic/alerts"
            return due(method, path)
        return Fault(on=LIST, status=status)

    parked.world.faults.due = failing  # type: ignore[method-assign]
    said = set[str]()
    for _ in range(5):
        tickets = parked.host.last_run(parked.instance)["tickets"]
        spared[0] = int(any(ticket["until"] <= parked.clock.time() + 60 for ticket in tickets))
        parked.minute()
        said.add(str(health(parked)["error"]))
    assert events_and_states(parked) == PARKED
    assert any(str(status) in one for one in said)
    assert parked.host.last_run(parked.instance)["watermark"] == place
    parked.world.faults.due = due  # type: ignore[method-assign]
    for _ in range(5):
        parked.minute()
    assert titles(parked) == Counter([*PARKED, "new"])


def test_wish_stays_while_only_tickets_leave(parked: Stage) -> None:
    """What a run could not do is left to the next one, a retry out of quarantine included."""
    alert = parked.world.alerts.raise_alert("held", status="Waiting")
    last_run = parked.host.last_run(parked.instance)
    held = {"id": alert.uuid, "reason": "odd", "at": "2026-03-01T10:01:00Z"}
    seen = {**last_run["seen"], alert.uuid: last_run["watermark"]}
    planted = json.dumps({**last_run, "quarantine": [held], "seen": seen})
    parked.host.state(parked.instance.name).keep_last_run(planted)
    parked.minute()
    parked.run("sekoia-xdr-quarantine-retry")
    parked.configure(alerts_other_status="On hold")
    for _ in range(4):
        parked.minute()
    assert events_and_states(parked) == PARKED
    assert [one["id"] for one in parked.host.last_run(parked.instance)["quarantine"]] == [alert.uuid]
    parked.configure(alerts_other_status="Waiting")
    for _ in range(5):
        parked.minute()
    assert titles(parked) == Counter([*PARKED, "held"])
    assert parked.host.last_run(parked.instance)["quarantine"] == []
