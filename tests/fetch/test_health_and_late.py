"""The state of fetch seen and mended from the war room, and alerts that match later; without the lab."""

import json
from typing import Any

import pytest
import SekoiaXDR
from SekoiaXDR_test import NOW, SHORT, FakeTime, Json, Tenant, data, instance, run

from tests.fetch.harvests import fetch

UUID = "d5b1b2a4-8f0e-4a57-9c2d-0a3e6f7b8c9d"


def sample(number: int, **changes: Json) -> dict[str, Any]:
    ids = {"uuid": f"{number:08d}{UUID[8:]}", "short_id": f"ALa1B2c3D4{number:02d}"}
    return {**data("get_alert_response"), **ids, "created_at": NOW - 600 + number, "updated_at": NOW - 500, **changes}


def test_health_without_a_run_says_so(context: dict[str, Any]) -> None:
    assert "No fetch has run yet" in run("fetch-health").readable_output


def test_health_shows_the_report_and_counts_the_backlog(tenant: Tenant, context: dict[str, Any]) -> None:
    tenant.alerts = [sample(number) for number in range(5)]
    held = [{"id": "x", "reason": "odd", "at": "2026-03-01T10:00:00Z"}]
    context["fetch_report"] = {"at": "now", "watermark": SekoiaXDR.iso_time(NOW - 599), "quarantine": held}
    results = run("fetch-health")
    assert (results.outputs["backlog"], results.outputs["quarantine"]) == (3, held)
    assert "| x | odd |" in results.readable_output


def test_health_of_a_run_without_a_place_counts_no_backlog(tenant: Tenant, context: dict[str, Any]) -> None:
    context["fetch_report"] = {"at": "now", "error": "wrong key"}
    results = run("fetch-health")
    present: dict[str, Any] = {"backlog": None, "statuses_outside": [], "api": "answers", "not_mirrored": []}
    assert results.outputs == {"at": "now", "error": "wrong key", **present}


def test_reset_is_granted_once(tenant: Tenant, context: dict[str, Any]) -> None:
    tenant.alerts = [sample(number) for number in range(3)]
    last_run, first = fetch({}, context)
    run("reset-fetch", start_time="-1h")
    again, second = fetch(last_run, context)
    assert [len(first), len(second), len(fetch(again, context)[1])] == [3, 3, 0]


def test_reset_into_the_future_is_refused(tenant: Tenant, context: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="lies in the future"):
        run("reset-fetch", start_time=str(NOW + 1000))


def test_dry_runs_leave_no_wish(tenant: Tenant, context: dict[str, Any]) -> None:
    context["fetch_report"] = {"quarantine": [{"id": "x"}]}
    for command, args in (("reset-fetch", {"start_time": "-1h"}), ("quarantine-retry", {})):
        assert "nothing was sent" in run(command, dry_run="true", **args).readable_output
    assert "fetch_request" not in context


def test_retry_takes_held_alerts_and_empties_the_quarantine(tenant: Tenant, context: dict[str, Any]) -> None:
    tenant.alerts = [sample(1)]
    key = sample(1)["uuid"]
    held = {
        "version": 1,
        "watermark": NOW,
        "floor": NOW,
        "seen": {key: NOW},
        "quarantine": [{"id": key, "reason": "odd"}],
    }
    context["fetch_report"] = {"quarantine": held["quarantine"]}
    assert run("quarantine-retry").readable_output.startswith("### The next fetch run tries 1")
    stored, incidents = fetch(held, context)
    assert (len(incidents), stored["quarantine"]) == (1, [])


def test_retry_of_an_empty_quarantine_asks_for_nothing(context: dict[str, Any]) -> None:
    assert "nothing was asked for" in run("quarantine-retry").readable_output
    with pytest.raises(ValueError, match="not in quarantine: nobody"):
        run("quarantine-retry", ids="nobody")


def changes(*entries: tuple[int, str, Json, Json]) -> list[dict[str, Any]]:
    keys = {"alert": ("status", "previous_status"), "urgency": ("value", "previous_value")}
    return [
        {"created_at": at, "entry_type": kind, kind: dict(zip(keys[kind], (new, old), strict=True))}
        for at, kind, new, old in entries
    ]


@pytest.mark.parametrize(
    ("history", "taken"),
    [
        (changes((NOW - 100, "urgency", 62, 30)), 1),
        (changes((NOW - 100, "alert", "Acknowledged", "Closed")), 1),
        (changes((NOW - 90_000, "urgency", 62, 30)), 0),
        (changes((NOW - 100, "alert", "Acknowledged", "Pending")), 0),
        ([], 0),
    ],
    ids=["urgency raised", "re-opened", "raised long ago", "only acknowledged", "no change"],
)
def test_alert_is_taken_when_it_came_to_match_since(
    tenant: Tenant, clock: FakeTime, history: list[Json], taken: int
) -> None:
    wanted = {"alerts_urgency": "60,100", "fetch_late_matches": True, "max_fetch": "50"}
    last_run, _ = fetch({"version": 1, "watermark": NOW - 200, "floor": NOW - 200}, **wanted)
    urgency = {"current_value": 62, "display": "Major"}
    old = sample(1, created_at=NOW - 100_000, updated_at=NOW - 100, urgency=urgency, custom_status=None)
    old["status"] = {"name": "Acknowledged", "uuid": "8f206505-af6d-433e-93f4-775d46dc7d0f"}
    tenant.alerts = [old]
    tenant.fixed[f"GET /v1/sic/alerts/{old['uuid']}"] = {**old, "history": history}
    tenant.listed = lambda query: {"items": [old] if "date[updated_at]" in query else []}  # type: ignore[method-assign]
    assert len(fetch(last_run, **wanted)[1]) == taken


def test_stream_of_changes_that_fails_harms_nothing_else(tenant: Tenant, logs: list[str]) -> None:
    settings = {"fetch_late_matches": True}
    last_run, _ = fetch({}, **settings)
    tenant.alerts = [sample(1)]
    tenant.fail("GET /v1/sic/alerts", 403, after=3)
    assert len(fetch(last_run, **settings)[1]) == 1
    assert any("the stream of changed alerts ends early" in line for line in logs)


def late_alerts(tenant: Tenant, *alerts: dict[str, Any]) -> None:
    """Alerts of long ago that came to match a moment ago: only the stream of changes shows them."""
    for alert in alerts:
        tenant.fixed[f"GET /v1/sic/alerts/{alert['uuid']}"] = alert
    tenant.listed = lambda query: {  # type: ignore[method-assign]
        "items": list(alerts) if "date[updated_at]" in query else []
    }


def test_late_alerts_beyond_the_most_of_a_run_come_with_the_next_and_none_twice(tenant: Tenant) -> None:
    settings = {"fetch_late_matches": True, "alerts_urgency": "60,100", "max_fetch": "2"}
    last_run, _ = fetch({"version": 1, "watermark": NOW - 200, "floor": NOW - 200}, **settings)
    raised = {"history": changes((NOW - 100, "urgency", 62, 30)), "urgency": {"current_value": 62}}
    late_alerts(tenant, *(sample(number, created_at=NOW - 100_000, **raised) for number in range(3)))
    taken = []
    for _ in range(3):
        last_run, incidents = fetch(last_run, **settings)
        taken.append([json.loads(incident["rawJSON"])["short_id"] for incident in incidents])
    assert taken == [["ALa1B2c3D400", "ALa1B2c3D401"], ["ALa1B2c3D402"], []]


def test_comments_are_read_for_alerts_that_have_some(tenant: Tenant) -> None:
    tenant.alerts = [sample(1, number_of_total_comments=2), sample(2, number_of_total_comments=0)]
    path = f"GET /v1/sic/alerts/{sample(1)['uuid']}/comments"
    tenant.fixed[path] = data("get_comments_response")
    assert len(fetch({}, fetch_with_comments=True)[1]) == 2
    assert [call for call, _, _ in tenant.calls].count(path) == 1


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ({"entities": "Plant 7"}, "match[entity_name]"),
        ({"rules": UUID}, "match[rule_uuid]"),
        ({"communities": UUID}, "match[community_uuid]"),
        ({"alerts_other_status": "In progress"}, "match[custom_status_uuid]"),
    ],
)
def test_filter_is_asked_of_the_api(tenant: Tenant, setting: dict[str, Any], key: str) -> None:
    fetch({}, **setting)
    assert key in tenant.calls[-1][1]


@pytest.mark.parametrize("setting", [{"communities": "Main"}, {"entities": f"Plant 7,{UUID}"}])
def test_filter_that_cannot_be_asked_is_refused(tenant: Tenant, setting: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="give"):
        fetch({}, **setting)


def test_unknown_label_is_left_out_in_fetch_and_refused_by_the_test_button(tenant: Tenant, logs: list[str]) -> None:
    raw = instance(alerts_other_status="No such thing")
    fetch({}, alerts_other_status="No such thing")
    assert any("a status is left out of the filter" in line for line in logs)
    with pytest.raises(ValueError, match="No such thing"):
        SekoiaXDR.test_module(SekoiaXDR.Params.read(raw).client(25), raw)


@pytest.mark.parametrize(
    ("call", "permission"),
    [
        ("GET /v1/sic/conf/events/search/jobs", "View intakes"),
        ("GET /v2/asset-management/assets", "View asset"),
    ],
)
def test_test_button_tries_what_the_settings_ask_for(tenant: Tenant, call: str, permission: str) -> None:
    raw = instance(fetch_with_assets=True, fetch_mode="Fetch With All Events")
    tenant.fail(call, 403)
    with pytest.raises(SekoiaXDR.SekoiaPermissionError, match=permission):
        SekoiaXDR.test_module(SekoiaXDR.Params.read(raw).client(25), raw)


def test_list_that_runs_out_of_time_shows_what_it_read(tenant: Tenant, clock: FakeTime) -> None:
    tenant.alerts = [sample(number % 90, created_at=NOW - number) for number in range(250)]
    tenant.on_call = lambda _: clock.sleep(70)
    results = run("list-alerts", all_results="true")
    assert 0 < len(results.outputs) < 250
    assert f"Not all: the time of the command ended after {len(results.outputs)} entries." in results.readable_output


def test_comment_of_a_change_that_was_not_needed_is_not_lost_silently(tenant: Tenant) -> None:
    tenant.set_alert()
    results = run("update-status-alert", id=SHORT, status="Acknowledged", comment="important")
    assert "The comment was not stored" in results.readable_output
