"""Taking over from the official pack: its last run, parked items and settings lose nothing and double nothing."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from lab.sekoia.alerts import view
from lab.sekoia.alerts.model import Alert
from lab.sekoia.faults import Fault
from lab.sekoia.switches import Switches
from lab.xsoar.host import Killed
from tests.doors import DOORS
from tests.stage import INSTANCE, INTEGRATION, Stage

LIST = "GET /v1/sic/alerts"
NEW_PARAMS = ("look_back", "severity_thresholds", "fetch_budget", "requests_per_second")


def plant(stage: Stage, last_run: Any = None, context: Mapping[str, Any] | None = None) -> None:
    """What the official pack left in the host's database."""
    state = stage.host.state(INSTANCE)
    if last_run is not None:
        state.keep_last_run(json.dumps(last_run))
    if context is not None:
        state.keep_context(context)


def raise_at(stage: Stage, seconds_ago: float, count: int = 1) -> list[Alert]:
    """Alerts of one second."""
    at = stage.clock.time() - seconds_ago
    return [stage.world.alerts.raise_alert(f"{seconds_ago} s ago, {number}", created_at=at) for number in range(count)]


def ids(*groups: list[Alert]) -> list[str]:
    return sorted(alert.short_id for group in groups for alert in group)


def as_given(alert: Alert) -> dict[str, Any]:
    """The alert as the API gave it to the official pack."""
    row: dict[str, Any] = json.loads(view.row(alert, Switches(), False, False))
    return row


# The shapes in which releases of the official pack have parked an alert.
PARKED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "alert beside its job": lambda alert: {"alert": alert, "job_uuid": "b9c1c2f0-1111-4222-8333-944445555666"},
    "incident": lambda alert: {"name": alert["title"], "rawJSON": json.dumps(alert)},
    "plain alert": lambda alert: alert,
    "text": json.dumps,
}


def test_second_of_the_last_run_is_completed(stage: Stage) -> None:
    before, shared, after = raise_at(stage, 601), raise_at(stage, 600, 7), raise_at(stage, 30, 3)
    processed = [alert.short_id for alert in shared[:4]]
    plant(stage, {"last_fetch": int(stage.clock.time()) - 600, "processed_ids": processed})
    for _ in range(3):
        stage.minute()
    assert sorted(stage.fetched_ids()) == ids(shared[4:], after)
    assert before[0].short_id not in stage.fetched_ids()


@pytest.mark.parametrize("bounds", ["inclusive", "exclusive"])
@pytest.mark.parametrize("look_back", ["0", "15", "1440"])
def test_no_look_back_reaches_behind_the_official_pack(stage: Stage, look_back: str, bounds: str) -> None:
    stage.configure(look_back=look_back)
    stage.world.switches.turn(bounds=bounds)
    for minutes in range(1, 30):
        raise_at(stage, 600 + 60 * minutes)
    shared = raise_at(stage, 600, 3)
    plant(stage, {"last_fetch": int(stage.clock.time()) - 600, "processed_ids": [shared[0].short_id]})
    for _ in range(30):
        stage.minute()
    assert sorted(stage.fetched_ids()) == ids(shared[1:])


def test_last_run_without_ids_goes_on_with_the_second_after_it(stage: Stage) -> None:
    taken, after = raise_at(stage, 600, 3), raise_at(stage, 599, 2)
    plant(stage, {"last_fetch": int(stage.clock.time()) - 600})
    for _ in range(20):
        stage.minute()
    assert sorted(stage.fetched_ids()) == ids(after)
    assert taken[0].short_id not in stage.fetched_ids()


@pytest.mark.parametrize("processed", [None, [], ["ALnotKnownAnyMore"]])
def test_ids_that_say_nothing_cost_no_alert(stage: Stage, processed: list[str] | None) -> None:
    shared = raise_at(stage, 600, 3)
    plant(stage, {"last_fetch": int(stage.clock.time()) - 600, "processed_ids": processed})
    stage.minute()
    assert sorted(stage.fetched_ids()) == ids(shared)


def test_second_larger_than_one_fetch_is_completed_over_several_runs(stage: Stage) -> None:
    shared = raise_at(stage, 600, 131)
    plant(stage, {"last_fetch": int(stage.clock.time()) - 600, "processed_ids": [a.short_id for a in shared[:60]]})
    for _ in range(12):
        stage.minute()
    assert sorted(stage.fetched_ids()) == ids(shared[60:])


@pytest.mark.parametrize("shape", PARKED)
def test_parked_alert_becomes_one_incident(stage: Stage, shape: str) -> None:
    (parked,) = raise_at(stage, 3600)
    shared, after = raise_at(stage, 600, 2), raise_at(stage, 60)
    last_run = {"last_fetch": int(stage.clock.time()) - 600, "processed_ids": [shared[0].short_id]}
    plant(stage, last_run, {"fetch_cache": [PARKED[shape](as_given(parked))]})
    for _ in range(5):
        stage.minute()
    assert sorted(stage.fetched_ids()) == ids([parked], shared[1:], after)


@pytest.mark.parametrize("listed", [True, False])
def test_parked_alert_of_the_last_second_becomes_one_incident(stage: Stage, listed: bool) -> None:
    """Whether the official pack had written it into its ids before it died, or not."""
    parked, other = raise_at(stage, 600, 2)
    processed = [parked.short_id, other.short_id] if listed else [other.short_id]
    plant(
        stage,
        {"last_fetch": int(stage.clock.time()) - 600, "processed_ids": processed},
        {"fetch_cache": [{"alert": as_given(parked), "job_uuid": "x"}]},
    )
    for _ in range(5):
        stage.minute()
    assert stage.fetched_ids() == [parked.short_id]


def test_alert_parked_twice_becomes_one_incident(stage: Stage) -> None:
    (parked,) = raise_at(stage, 3600)
    twice = [PARKED["plain alert"](as_given(parked)), PARKED["incident"](as_given(parked))]
    plant(stage, {"last_fetch": int(stage.clock.time()) - 600, "processed_ids": []}, {"fetch_cache": twice})
    for _ in range(3):
        stage.minute()
    assert stage.fetched_ids() == [parked.short_id]


def test_parked_alert_keeps_its_values(stage: Stage) -> None:
    parked = stage.world.alerts.raise_alert("Beacon", urgency=85, created_at=stage.clock.time() - 3600)
    given = PARKED["alert beside its job"](as_given(parked))
    plant(stage, {"last_fetch": int(stage.clock.time()) - 600, "processed_ids": []}, {"fetch_cache": [given]})
    (incident,) = stage.minute().created
    assert (incident.name, incident.severity, incident.occurred) == ("Beacon", 4, "2026-03-01T09:00:00Z")


def takeover(stage: Stage) -> list[str]:
    """A stage as the official pack left it; the ids that must become incidents."""
    parked, shared, after = raise_at(stage, 3600, 4), raise_at(stage, 600, 5), raise_at(stage, 60, 3)
    last_run = {"last_fetch": int(stage.clock.time()) - 600, "processed_ids": [shared[0].short_id]}
    given = [shape(as_given(alert)) for shape, alert in zip(PARKED.values(), parked, strict=True)]
    plant(stage, last_run, {"fetch_cache": given})
    return ids(parked, shared[1:], after)


def test_death_at_any_point_of_the_takeover_loses_and_doubles_nothing(stage: Stage) -> None:
    expected = takeover(stage)
    last_run, context = stage.host.last_run(stage.instance), stage.host.integration_context(stage.instance)
    seen: list[str] = []
    stage.host.hooks.before_platform_call = seen.append
    stage.minute()
    stage.host.hooks.before_platform_call = None
    assert len(seen) > 6
    for point in range(len(seen)):
        stage.host.store.write("DELETE FROM incidents")
        plant(stage, last_run, context)
        die_at(stage, point)
        for _ in range(3):
            stage.minute()
        assert sorted(stage.fetched_ids()) == expected, f"death at call {point}, {seen[point]}"


def die_at(stage: Stage, point: int) -> None:
    """One fetch in which the host dies at that platform call, then the host is opened again."""
    left = point

    def die(call: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed(call)

    stage.host.hooks.before_platform_call = die
    with pytest.raises(Killed):
        stage.minute()
    stage.restart()


@pytest.mark.parametrize("kind", ["status", "reset", "cut", "html"])
def test_api_that_fails_during_the_takeover_loses_and_doubles_nothing(stage: Stage, kind: str) -> None:
    expected = takeover(stage)
    stage.world.faults.arm(Fault(LIST, kind=kind, times=8))
    for _ in range(10):
        stage.minute()
    assert sorted(stage.fetched_ids()) == expected


@pytest.mark.parametrize("rubbish", [None, "rubbish", {"a": 1}, 7, [None, 7, "no json", {}, []]])
def test_context_that_cannot_be_read_stops_nothing(stage: Stage, rubbish: Any) -> None:
    after = raise_at(stage, 60, 2)
    plant(stage, {"last_fetch": int(stage.clock.time()) - 600, "processed_ids": []}, {"fetch_cache": rubbish})
    assert stage.minute().error is None
    assert sorted(stage.fetched_ids()) == ids(after)


GARBAGE: dict[str, Any] = {
    "unknown keys only": {"cursor": "abc"},
    "position a word": {"watermark": "yesterday", "floor": 1},
    "position null": {"watermark": None, "seen": {}},
    "official position a word": {"last_fetch": "yesterday", "processed_ids": []},
    "official position null": {"last_fetch": None},
    "position in milliseconds": {"last_fetch": 1_772_359_200_000, "processed_ids": []},
    "a list": [1, 2, 3],
    "ids in another shape": {"version": 1, "watermark": 1_772_359_000, "floor": 1_772_358_000, "seen": ["AL1"]},
}


@pytest.mark.parametrize("stored", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_reported_kept_and_recoverable(stage: Stage, stored: Any) -> None:
    alerts = raise_at(stage, 60, 3)
    plant(stage, stored)
    outcome = stage.minute()
    assert "eset the last run" in (outcome.error or "")
    assert (outcome.created, stage.host.last_run(stage.instance)) == ([], stored)
    plant(stage, {})
    stage.minute()
    assert sorted(stage.fetched_ids()) == ids(alerts)


def test_keys_of_a_newer_version_stay(stage: Stage) -> None:
    raise_at(stage, 60)
    stage.minute()
    stored = stage.host.last_run(stage.instance)
    plant(stage, {**stored, "version": 2, "mirror": {"at": 5}})
    stage.minute()
    assert stage.host.last_run(stage.instance)["mirror"] == {"at": 5}


def test_unreadable_ticket_stays_visible_in_quarantine(stage: Stage) -> None:
    raise_at(stage, 60)
    stage.minute()
    stored = stage.host.last_run(stage.instance)
    plant(stage, {**stored, "tickets": [{"alert": "AL1", "job": "x"}]})
    stage.minute()
    held = stage.host.last_run(stage.instance)["quarantine"]
    assert [(item["id"], item["reason"]) for item in held] == [("AL1", "a stored ticket cannot be read")]


def official_instance(stage: Stage, **params: Any) -> Any:
    """An instance with the settings that the official pack had stored, and none that it did not know."""
    stored = {"alerts_status": ["Pending", "Acknowledged", "Ongoing"], "close_notes": "Closed by Sekoia.", **params}
    settings = {**stage.secret(), "url": stage.server.url, **stored}
    return stage.host.add_instance(INTEGRATION, "Sekoia XDR_official", settings, absent=NEW_PARAMS)


def test_settings_of_the_official_pack_pass_the_test_button(stage: Stage) -> None:
    assert stage.host.test(official_instance(stage)).message == "ok"


def test_settings_of_the_official_pack_fetch(stage: Stage) -> None:
    for label in ("Pending", "Acknowledged", "Ongoing", "Closed"):
        stage.world.alerts.raise_alert(label, status=label)
    stage.clock.advance(60)
    outcome = stage.host.fetch(official_instance(stage))
    assert sorted(incident.name for incident in outcome.created) == ["Acknowledged", "Ongoing", "Pending"]


@pytest.mark.parametrize("stored", [["appsacan"], ["appscan"], "appsacan", ["appsacan", "appscan"]])
def test_misspelt_type_still_selects_its_alerts(stage: Stage, stored: Any) -> None:
    for kind in ("appscan", "worm"):
        stage.world.alerts.raise_alert(kind, alert_type=("x", kind))
    stage.clock.advance(60)
    outcome = stage.host.fetch(official_instance(stage, alerts_type=stored))
    assert [incident.name for incident in outcome.created] == ["appscan"]


def test_close_notes_of_the_official_pack_are_used_verbatim(stage: Stage) -> None:
    alert = stage.world.alerts.raise_alert("one")
    stage.host.run(("sekoia-xdr-close-alert", {"id": alert.short_id}), official_instance(stage))
    assert [comment.content for comment in alert.comments] == ["Closed by Sekoia."]


@pytest.mark.parametrize("absent", ["first_fetch", "max_fetch", "alerts_status", "close_notes", "timezone", "url"])
def test_setting_that_an_old_instance_lacks_takes_its_default(stage: Stage, absent: str) -> None:
    stage.world.alerts.raise_alert("one")
    settings = {**stage.secret(), "url": stage.server.url}
    instance = stage.host.add_instance(INTEGRATION, "old", settings, absent=(*NEW_PARAMS, absent))
    stage.clock.advance(60)
    outcome = stage.host.fetch(instance)
    assert outcome.error is None if absent != "url" else "api.sekoia.io" in (outcome.error or "")
    assert set(DOORS.strangers) == ({"api.sekoia.io"} if absent == "url" else set())
    DOORS.strangers.clear()


def test_a_new_host_goes_on_from_the_last_run_that_was_taken_over(stage: Stage) -> None:
    expected = takeover(stage)
    stage.minute()
    stage.restart()
    for _ in range(3):
        stage.minute()
    assert sorted(stage.fetched_ids()) == expected
