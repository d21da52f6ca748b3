"""Fetch runs over HTTP, from the answers of Sekoia to the incidents and the next last run."""

import json
from pathlib import Path

import pytest
import SekoiaXDR
from SekoiaXDR_test import ALERT, HOSTILE, NOW, UNLISTED, FakeTime, Json, Tenant, alert_at, data, golden, ids

from tests.fetch.harvests import fetch

GOLDEN = Path(__file__).parent / "test_data"
ODD_ALERTS: list[dict[str, Json]] = [
    {"urgency": {"current_value": None, "display": "Weird"}},
    {"title": None},
    {"entity": None, "rule": None, "status": None},
    {"first_seen_at": None, "last_seen_at": None, "updated_at": None},
    {"assets": {"a": 1}, "ttps": "x", "adversaries": 7, "cases": None},
    {"created_at": None},
    {"details": HOSTILE, "title": HOSTILE},
    {"similar": "NaN"},
    {"extra": {"x": [1]}},
    {"kill_chain_short_id": ["KC"]},
    {"similar": float("nan"), "score": float("inf")},
    {"created_at": NOW + 10**7},
]


def test_the_sample_alerts_become_the_recorded_incidents(tenant: Tenant) -> None:
    tenant.alerts = data("list_alerts_response")["items"]
    _, incidents = fetch({}, fetch_with_assets=True, fetch_with_kill_chain="true")
    shown = [{**incident, "rawJSON": json.loads(incident["rawJSON"])} for incident in incidents]
    made, recorded = golden(GOLDEN / "fetch_incidents.json", shown)
    assert made == recorded


def test_a_backlog_drains_over_the_runs_without_loss_or_double(tenant: Tenant) -> None:
    tenant.alerts = [alert_at(NOW - 3600 + number // 3, number) for number in range(130)]
    last_run: Json = {}
    taken, sizes = [], []
    for _ in range(9):
        last_run, incidents = fetch(last_run, max_fetch="17")
        taken += ids(incidents)
        sizes.append(len(incidents))
    assert (sorted(taken), sizes) == (list(range(130)), [17] * 7 + [11, 0])


def test_more_alerts_in_one_second_than_a_page_are_all_taken(tenant: Tenant) -> None:
    tenant.alerts = [alert_at(NOW - 60, number) for number in range(131)]
    first, some = fetch({}, max_fetch="100")
    _, rest = fetch(first, max_fetch="100")
    assert sorted(ids(some) + ids(rest)) == list(range(131))


def test_unusual_alerts_stop_no_other(tenant: Tenant) -> None:
    tenant.alerts = [alert_at(NOW - 90 + number, number) | change for number, change in enumerate(ODD_ALERTS)]
    tenant.alerts += ["no object", None, {"title": "no ids"}, alert_at(NOW - 5, 77)]
    last_run, incidents = fetch({}, max_fetch="50", fetch_with_assets="true", fetch_with_kill_chain="true")
    assert sorted(ids(incidents)) == [*range(12), 77]
    assert len(last_run["quarantine"]) == 3
    assert fetch(last_run, max_fetch="50")[1] == []


def test_fetch_keeps_the_pages_before_a_failing_one(tenant: Tenant) -> None:
    tenant.alerts = [alert_at(NOW - 3600 + number, number) for number in range(150)]
    tenant.fail("GET /v1/sic/alerts", 500, after=1)
    last_run, incidents = fetch({}, max_fetch="200")
    assert (ids(incidents), last_run["watermark"]) == (list(range(100)), NOW - 3600 + 99)
    tenant.failures.clear()
    assert ids(fetch(last_run, max_fetch="200")[1]) == list(range(100, 150))


def test_a_key_refused_in_the_middle_of_a_run_keeps_what_was_read(tenant: Tenant) -> None:
    tenant.alerts = [alert_at(NOW - 3600 + number, number, assets=[ALERT]) for number in range(150)]
    tenant.fail("GET /v1/sic/alerts", 401, {"message": "Token revoked", "code": "T302"}, after=1)
    _, incidents = fetch({}, max_fetch="200", fetch_with_assets="true")
    assert len(incidents) == 100
    assert len(tenant.calls) == 2  # a refused key is not used again


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, "SekoiaUnavailable"), (401, "SekoiaAuthError"), (403, "SekoiaPermissionError"), (400, "SekoiaBadRequest")],
)
def test_fetch_fails_aloud_when_nothing_new_was_read(tenant: Tenant, status: int, error: str) -> None:
    tenant.fail("GET /v1/sic/alerts", status)
    with pytest.raises(getattr(SekoiaXDR, error)):
        fetch({"watermark": NOW - 60, "floor": 0})


def test_a_run_ends_within_its_budget_with_what_it_has(tenant: Tenant, clock: FakeTime) -> None:
    tenant.alerts = [alert_at(NOW - 3600 + number, number) for number in range(300)]
    tenant.on_call = lambda _: clock.sleep(45)
    _, incidents = fetch({}, max_fetch="200", fetch_budget="60")
    assert (len(incidents), len(tenant.calls)) == (100, 2)


def test_a_value_that_is_no_json_becomes_empty_on_the_incident(tenant: Tenant) -> None:
    tenant.alerts = [alert_at(NOW - 60, 1, similar=float("nan"), score=float("-inf"))]
    last_run, [incident] = fetch({})
    raw = json.loads(incident["rawJSON"], parse_constant=pytest.fail)
    assert (raw["similar"], raw["score"], raw["xsoar"]["occurrences"]) == (None, None, None)
    assert last_run["quarantine"] == []


def test_a_run_too_short_for_what_is_known_gives_up_its_look_back(
    tenant: Tenant, clock: FakeTime, logs: list[str]
) -> None:
    tenant.alerts = [alert_at(NOW - 600 + number, number) for number in range(150)]
    last_run, _ = fetch({}, max_fetch="200")
    tenant.alerts.append(alert_at(NOW - 60, 200))
    tenant.on_call = lambda _: clock.sleep(45)
    stored, incidents = fetch(last_run, max_fetch="200", fetch_budget="60")
    assert (incidents, stored["watermark"], stored["floor"]) == ([], NOW - 501, NOW - 501)
    assert "the run ends early with 0 alerts" in logs[-2]
    assert ids(fetch(stored, max_fetch="200", fetch_budget="60")[1]) == [200]


def test_a_run_whose_time_is_up_before_the_first_page_fails_aloud(tenant: Tenant, clock: FakeTime) -> None:
    tenant.fail("GET /v1/sic/alerts", 503)
    tenant.on_call = lambda _: clock.sleep(45)
    with pytest.raises(SekoiaXDR.SekoiaDeadline):
        fetch({"watermark": NOW - 60, "floor": 0}, fetch_budget="60")


@pytest.mark.parametrize("status", [403, 404, 500])
@pytest.mark.parametrize(
    ("setting", "path", "note"),
    [
        ("fetch_with_assets", "/v2/asset-management/assets", "Assets could not be read: "),
        ("fetch_with_kill_chain", "/v1/sic/kill-chains", "Kill chains could not be read: "),
    ],
)
def test_failing_enrichment_is_a_note_on_the_incident(
    tenant: Tenant, setting: str, path: str, note: str, status: int
) -> None:
    tenant.alerts = data("list_alerts_response")["items"][:1]
    tenant.fail(f"GET {path}", status)
    _, [incident] = fetch({}, **{setting: "true"})
    raw = json.loads(incident["rawJSON"])
    assert raw["xsoar"]["notes"][0].startswith(note)
    assert raw["assets"] == tenant.alerts[0]["assets"]


def test_an_asset_that_does_not_come_back_keeps_its_id(tenant: Tenant) -> None:
    missing, known = UNLISTED, data("list_assets_response")["items"][0]
    tenant.alerts = [alert_at(NOW - 60, 1, assets=[known["uuid"], missing, {"uuid": "object"}, None])]
    _, [incident] = fetch({}, fetch_with_assets="true")
    raw = json.loads(incident["rawJSON"])
    assert raw["assets"] == [known, {"uuid": missing}, {"uuid": "object"}, None]
    assert [row["uuid"] for row in raw["xsoar"]["assets"]] == [known["uuid"], missing, "object", ""]


def test_assets_and_stages_with_odd_ids_stop_nothing(tenant: Tenant) -> None:
    tenant.alerts = [alert_at(NOW - 60, 1, assets=[UNLISTED], kill_chain_short_id="KCunknown")]
    tenant.fixed["GET /v2/asset-management/assets"] = {"items": [{"uuid": [1]}, {"uuid": {}}, "x", None]}
    tenant.fixed["GET /v1/sic/kill-chains"] = {"items": [{"short_id": []}, 3]}
    _, [incident] = fetch({}, fetch_with_assets="true", fetch_with_kill_chain="true")
    raw = json.loads(incident["rawJSON"])
    assert (raw["assets"], raw["kill_chain"]) == ([{"uuid": UNLISTED}], [{"name": "KCunknown", "description": ""}])


def test_one_asset_call_and_one_kill_chain_call_serve_the_whole_run(tenant: Tenant) -> None:
    shared = [item["uuid"] for item in data("list_assets_response")["items"]]
    tenant.alerts = [alert_at(NOW - 60, n, assets=shared, kill_chain_short_id="KCXKNfnJupq5") for n in range(10)]
    _, incidents = fetch({}, fetch_with_assets="true", fetch_with_kill_chain="true")
    assert len(tenant.calls) == 3
    assert {json.loads(i["rawJSON"])["kill_chain"][0]["name"] for i in incidents} == {"Reconnaissance"}


def test_an_alert_without_kill_chain_costs_no_call(tenant: Tenant) -> None:
    tenant.alerts = [alert_at(NOW - 60, 1)]
    fetch({}, fetch_with_assets="true", fetch_with_kill_chain="true")
    assert len(tenant.calls) == 1


def test_alerts_whose_wait_is_over_are_read_before_anything_else(tenant: Tenant) -> None:
    tenant.alerts = [alert_at(NOW - 400, 1), alert_at(NOW - 300, 2)]
    tickets = [{"alert": "AL0000000001", "job": "", "since": NOW - 400, "until": NOW - 1}]
    last_run = {"version": 1, "watermark": NOW - 350, "floor": NOW - 350, "seen": {}, "tickets": tickets}
    tenant.fail("POST /v1/sic/conf/events/search/jobs", 503)
    next_run, incidents = fetch(last_run, fetch_mode="Fetch With All Events")
    assert tenant.calls[0][1]["match[short_id]"] == "AL0000000001"
    assert (sorted(ids(incidents)), next_run["tickets"]) == ([1, 2], [])


def test_alert_comes_with_its_events_as_the_sheaf_kept_them(tenant: Tenant) -> None:
    tenant.alerts = [alert_at(NOW - 60, 1)]
    jobs = "/v1/sic/conf/events/search/jobs"
    job = "0f4c8f3e-5f0a-4c1e-9a54-0d6f3c3b1a2d"
    events = [{"alert_short_ids": ["AL0000000001"], "host.name": "\ud800é", "intake.key": "secret"}]
    tenant.fixed |= {f"POST {jobs}": {"uuid": job}, f"GET {jobs}/{job}": {"status": 2}}
    tenant.fixed[f"GET {jobs}/{job}/events"] = {"items": events}
    _, incidents = fetch({}, fetch_mode="Fetch With All Events")
    raw = json.loads(incidents[0]["rawJSON"])
    assert raw["events"] == [{"alert_short_ids": ["AL0000000001"], "host_name": "?é"}]
    assert raw["events_state"] == "Complete"


def ticketed(*numbers: int, **more: Json) -> dict[str, Json]:
    """A last run whose alerts wait for events, their time over."""
    tickets = [{"alert": f"AL{number:010d}", "job": "", "since": NOW - 400, "until": NOW - 1} for number in numbers]
    return {"version": 1, "watermark": NOW - 100, "floor": NOW - 100, "seen": {}, "tickets": tickets, **more}


def test_alert_that_waited_and_was_deleted_ends_its_wait_without_an_incident(tenant: Tenant, logs: list[str]) -> None:
    tenant.alerts = [alert_at(NOW - 400, 1)]
    next_run, incidents = fetch(ticketed(1, 2))
    assert (ids(incidents), next_run["tickets"]) == ([1], [])
    assert "[Fetch] alerts that waited for events are gone from Sekoia: AL0000000002" in logs


def test_alert_whose_wait_is_over_waits_on_while_it_cannot_be_read(tenant: Tenant, logs: list[str]) -> None:
    listed = tenant.listed
    tenant.alerts = [alert_at(NOW - 400, 1), alert_at(NOW - 50, 2)]
    tenant.listed = lambda query: (  # type: ignore[method-assign]
        {"odd": 1} if "match[short_id]" in query else listed(query)
    )
    next_run, incidents = fetch(ticketed(1))
    assert (ids(incidents), [ticket["alert"] for ticket in next_run["tickets"]]) == ([2], ["AL0000000001"])
    assert any("alerts with tickets could not be read, they wait on" in line for line in logs)
    tenant.listed = listed  # type: ignore[method-assign]
    assert ids(fetch(next_run)[1]) == [1]


def test_ticket_that_cannot_be_read_is_kept_in_the_quarantine(tenant: Tenant) -> None:
    stored = ticketed(tickets=[{"alert": "AL0000000001", "until": "soon"}, "odd"])
    next_run, _ = fetch(stored)
    assert [(item["id"], item["reason"]) for item in next_run["quarantine"]] == [
        ("AL0000000001", "a stored ticket cannot be read"),
        (SekoiaXDR.digest_of("odd"), "a stored ticket cannot be read"),
    ]


def test_comments_that_cannot_be_read_are_noted_on_the_incident(tenant: Tenant) -> None:
    tenant.alerts = [alert_at(NOW - 60, 1, number_of_total_comments=2)]
    _, [incident] = fetch({}, fetch_with_comments=True)
    assert "Comments could not be read: " in json.dumps(json.loads(incident["rawJSON"])["xsoar"])
