"""What fetch makes of a stored last run: ours, the official pack's, and the alerts that it had parked."""

import json

import pytest
from SekoiaXDR_test import NOW, Json, Tenant, alert_at, ids

from tests.fetch.harvests import fetch

PARKED = [
    {"alert": alert_at(NOW - 900, 1), "job_uuid": "j1"},
    {"rawJSON": json.dumps(alert_at(NOW - 800, 2)), "name": "x"},
    alert_at(NOW - 300, 3),
    {"alert": alert_at(NOW - 900, 1), "job_uuid": "j1"},
]


def test_what_the_official_pack_had_parked_is_created_once(tenant: Tenant) -> None:
    # alert 3 was parked in the last second, so the official pack lists it among the ids that it has processed
    official = {"last_fetch": NOW - 300, "processed_ids": ["AL0000000003", "AL0000000004"]}
    tenant.alerts = [*[alert_at(NOW - 300, n) for n in (3, 4)], alert_at(NOW - 200, 5)]
    last_run, incidents = fetch(official, {"fetch_cache": PARKED})
    assert sorted(ids(incidents)) == [1, 2, 3, 5]
    assert fetch(last_run, {"fetch_cache": PARKED})[1] == []


@pytest.mark.parametrize("as_text", [True, False])
def test_the_intake_key_of_a_parked_alerts_event_reaches_no_incident(tenant: Tenant, as_text: bool) -> None:
    alert = {**alert_at(NOW - 900, 1), "events": [{"sekoiaio.intake.key": "canary", "user.name": "ada"}]}
    made = fetch({"last_fetch": NOW - 900}, {"fetch_cache": [{"alert": json.dumps(alert) if as_text else alert}]})[1]
    assert ("ada" in made[0]["rawJSON"], "canary" in made[0]["rawJSON"]) == (True, False)


def test_a_parked_text_too_deep_to_read_stops_no_fetch(tenant: Tenant) -> None:
    cache = [{"alert": "[" * 100_000}, {"alert": alert_at(NOW - 900, 1)}]
    assert ids(fetch({"last_fetch": NOW - 900}, {"fetch_cache": cache})[1]) == [1]


def test_parked_alerts_never_move_the_watermark_past_unread_ones(tenant: Tenant) -> None:
    tenant.fail("GET /v1/sic/alerts", 500)
    official = {"last_fetch": NOW - 5000, "processed_ids": []}
    last_run, incidents = fetch(official, {"fetch_cache": PARKED})
    assert (sorted(ids(incidents)), last_run["watermark"]) == ([1, 2, 3], NOW - 5000)
    tenant.failures.clear()
    tenant.alerts = [alert_at(NOW - 4000, 9), alert_at(NOW - 900, 1)]
    assert ids(fetch(last_run)[1]) == [9]


@pytest.mark.parametrize("context", [{}, {"fetch_cache": None}, {"fetch_cache": ["no json", None, 7, {}]}])
def test_an_odd_integration_context_stops_no_migration(tenant: Tenant, context: Json) -> None:
    tenant.alerts = [alert_at(NOW - 200, 5)]
    assert ids(fetch({"last_fetch": NOW - 300, "processed_ids": []}, context)[1]) == [5]


@pytest.mark.parametrize(
    ("stored", "changes"),
    [
        ({"version": 1, "watermark": NOW + 86_401, "floor": NOW + 86_401, "seen": {}, "quarantine": []}, {}),
        ({"last_fetch": NOW + 864_000, "processed_ids": []}, {}),
        ({}, {"first_fetch": "in 3 days"}),
    ],
    ids=["ours", "official", "first fetch"],
)
def test_a_position_more_than_a_day_ahead_stops_fetch_before_any_call(
    tenant: Tenant, stored: Json, changes: Json
) -> None:
    with pytest.raises(ValueError, match=r"position, 2026-03-\d\dT.*Z, lies in the future, so nothing is asked"):
        fetch(stored, {"fetch_cache": PARKED}, **changes)
    assert tenant.calls == []


def test_a_position_less_than_a_day_ahead_is_kept_and_takes_what_comes(tenant: Tenant) -> None:
    tenant.alerts = [alert_at(NOW + 86_400, 1)]
    stored = {"version": 1, "watermark": NOW + 86_400, "floor": NOW + 86_400, "seen": {}, "quarantine": []}
    last_run, incidents = fetch(stored)
    assert (ids(incidents), last_run["watermark"]) == ([1], NOW + 86_400)
