"""Every endpoint that the pack calls: its command runs on the pack's client, and the lab takes and answers the call.

At the end it is looked back: no endpoint of the lab that the pack calls is without a call that succeeded here, and none
that needs a permission is without a call that was refused for lack of it.
"""

import itertools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
import SekoiaXDR
import SekoiaXDRApiModule as api
import SekoiaXDRCaseCommandsApiModule as cases
import SekoiaXDRSearchCommandsApiModule as search
import SekoiaXDRTaskCommandsApiModule as tasks
import SekoiaXDRTenantCommandsApiModule as tenant
import SekoiaXDRWarRoomApiModule as room

from lab.clock import Clock
from lab.sekoia.actors import engine
from lab.sekoia.app import ROUTER
from lab.sekoia.events.model import Asked
from lab.sekoia.route import Route
from lab.sekoia.world import World
from lab.xsoar.timeviews import time_view
from tests.contract.conftest import MET, MakeClient

FILTER = {"name": "Backup", "pattern": "user.name: backup"}
NOBODY = "00000000-0000-4000-8000-000000000000"
# What the lab serves beyond the pack's calls, so that a tenant can be looked at from outside.
NOT_CALLED = {
    "GET /v1/apiauth/auth/validate",
    "GET /v1/sic/alerts/bulk/workflow",
    "PATCH /v1/sic/alerts/bulk/workflow",
    "DELETE /v1/sic/alerts/{uuid}",
    "GET /v1/sic/alerts/{uuid}/comments/{comment_uuid}",
    "PATCH /v1/sic/alerts/{uuid}/comments/{comment_uuid}",
    "DELETE /v1/sic/alerts/{uuid}/comments/{comment_uuid}",
    "GET /v1/sic/alerts/{uuid}/objects/{object}",
    "GET /v1/sic/comments",
    "GET /v1/sic/cases/{uuid}/alerts",
    "DELETE /v1/sic/cases/{uuid}/events/{event_id}",
    "GET /v1/sic/cases/{uuid}/comments/{comment_uuid}",
    "PATCH /v1/sic/cases/{uuid}/comments/{comment_uuid}",
    "DELETE /v1/sic/cases/{uuid}/comments/{comment_uuid}",
    "GET /v1/sic/custom_statuses/{uuid}",
    "GET /v1/sic/custom_verdicts/{uuid}",
    "GET /v1/sic/custom_priorities/{uuid}",
    "GET /v1/sic/custom-fields/{uuid}",
    "GET /v2/asset-management/assets/{uuid}/prop/{prop}",
    "GET /v1/sic/conf/intakes/{uuid}",
    "GET /v2/inthreat/ioc-collections/{uuid}",
    "PUT /v1/sic/conf/events/search/jobs/{uuid}",
    "POST /v1/sic/conf/events/search/jobs/{uuid}/cancel",
    "GET /v1/sic/conf/events/search/jobs/{uuid}/histograms",
}


NAMELESS = {"Create asset", "Update asset"}  # the lab's words: which titles a change of an asset needs is not public


class Row(NamedTuple):
    """An endpoint, a command that calls it, its arguments (`{words}` are ids), and a text that its result shows."""

    endpoint: str
    command: str
    arguments: Mapping[str, str]
    shows: str


A, C, X, R = "/v1/sic/alerts", "/v1/sic/cases", "/v2/asset-management/assets", "/v1/sic/conf/rules-catalog/rules"
TASK, IOC, JOBS = "/v1/sic/alerts/countermeasures/{countermeasure}", "/v2/inthreat/ioc-collections", search.JOBS_PATH
ALERT, CASE, ASSET = {"id": "{alert}"}, {"case_id": "{case}"}, {"asset_uuid": "{asset}"}
RULE, DECISION = {"rule_id": "{rule}"}, {"alert_id": "{alert}", "id": "{task}"}
ROWS = (
    Row("GET /v1/me", "who-am-i", {}, "client 1"),
    Row("GET /v1/me/permissions", "permissions", {}, "View alerts"),
    Row("GET /v1/me/communities", "get-community", {}, "{community}"),
    Row("GET /v1/communities", "list-communities", {}, "{community}"),
    Row("GET /v1/communities/{uuid}", "get-community", {"community_id": "{community}"}, "{community}"),
    Row("GET /v1/communities/{uuid}/avatars/", "list-users", {}, "jo@soc.example"),
    Row("GET /v1/users/{uuid}", "get-user", {"user_uuid": "{user}"}, "Jo"),
    Row("GET /v1/avatars/{uuid}", "get-avatar", {"avatar_id": "{avatar}"}, "Jo Sample"),
    Row(f"GET {A}", "list-alerts", {"title": "Suspicious logon"}, "{alert}"),
    Row(f"GET {A}/{{uuid}}", "get-alert", ALERT, "Suspicious logon"),
    Row(f"PATCH {A}/{{uuid}}", "edit-alert", {**ALERT, "urgency": "81"}, "| urgency.current_value | 50 | 81 |"),
    Row(f"GET {A}/{{uuid}}/workflow", "get-workflow-alert", ALERT, "Acknowledge"),
    Row(f"PATCH {A}/{{uuid}}/workflow", "update-status-alert", {**ALERT, "status": "Ongoing"}, "Pending → Ongoing"),
    Row(f"GET {A}/{{uuid}}/history", "get-history-alert", ALERT, "Seen"),
    Row(f"GET {A}/{{uuid}}/comments", "get-comments", ALERT, "Seen"),
    Row(f"POST {A}/{{uuid}}/comments", "post-comment-alert", {**ALERT, "comment": "Called"}, "Called"),
    Row(f"GET {A}/{{uuid}}/timeline", "get-timeline-alert", ALERT, "Occurrences"),
    Row(f"GET {A}/{{uuid}}/objects", "list-objects-alert", ALERT, "indicator"),
    Row(f"GET {A}/types", "list-alert-types", {"observed": "true"}, "ransomware"),
    Row("GET /v1/sic/conf/alerts/types", "list-alert-types", {"limit": "100"}, "phishing"),
    Row(f"GET {A}/statistics", "get-alert-statistics", {}, "Pending"),
    Row("GET /v1/sic/statistics/alerts/soc_kpis", "get-soc-kpis", {}, "Response times"),
    Row(
        f"PATCH {A}/{{uuid}}/custom-fields",
        "update-custom-fields-alert",
        {**ALERT, "field": "Ticket", "value": "T-7"},
        "T-7",
    ),
    Row("GET /v1/sic/custom-fields", "list-custom-fields", {}, "Ticket"),
    Row("GET /v1/sic/custom_statuses", "list-statuses", {}, "Acknowledged"),
    Row("GET /v1/sic/custom_verdicts", "set-verdict-alert", {**ALERT, "verdict": "true positive"}, "verdict_uuid"),
    Row("GET /v1/sic/custom_priorities", "list-priorities", {}, "Critical"),
    Row("GET /v1/sic/kill-chains", "list-kill-chains", {}, "Delivery"),
    Row("GET /v1/sic/kill-chains/{uuid}", "get-kill-chain", {"kill_chain_uuid": "KCXKNfnJupq5"}, "Reconnaissance"),
    Row(f"GET {A}/{{uuid}}/countermeasures", "list-countermeasures", {"alert_id": "{alert}"}, "Isolate"),
    Row(f"PATCH {TASK}/activate", "activate-countermeasure", DECISION, "Countermeasure activated"),
    Row(f"PATCH {TASK}/deny", "deny-countermeasure", DECISION, "Countermeasure denied"),
    Row(f"GET {TASK}/comments", "comment-countermeasure", {"id": "{task}", "comment": "Asked"}, "Asked"),
    Row(f"POST {TASK}/comments", "comment-countermeasure", {"id": "{task}", "comment": "Asked"}, "Asked"),
    Row(f"GET {C}", "list-cases", {}, "Logon campaign"),
    Row(f"POST {C}", "create-case", {"title": "Second"}, "Second"),
    Row(f"GET {C}/tags", "list-case-tags", {}, "logon"),
    Row(f"GET {C}/{{uuid}}", "get-case", CASE, "Suspicious logon"),
    Row(f"PATCH {C}/{{uuid}}", "update-case", {**CASE, "title": "Renamed"}, "Renamed"),
    Row(f"DELETE {C}/{{uuid}}", "delete-case", CASE, "deleted"),
    Row(
        f"PATCH {C}/{{uuid}}/custom-fields",
        "update-custom-fields-case",
        {**CASE, "field": "Ticket", "value": "T-8"},
        "T-8",
    ),
    Row(f"PATCH {C}/{{uuid}}/alerts", "attach-alerts-case", {**CASE, "alert_ids": "{other}"}, "holds 2 alerts now"),
    Row(f"POST {C}/{{uuid}}/alerts", "detach-alerts-case", {**CASE, "alert_ids": "{alert}"}, "1 alert removed"),
    Row(f"POST {C}/{{uuid}}/events", "add-events-case", {**CASE, "event_ids": "{opaque}"}, "are in case {case}"),
    Row(f"DELETE {C}/{{uuid}}/events", "remove-events-case", {**CASE, "event_ids": "{held}"}, "are out of case {case}"),
    Row(f"GET {C}/{{uuid}}/comments", "get-comments-case", CASE, "First"),
    Row(f"POST {C}/{{uuid}}/comments", "post-comment-case", {**CASE, "comment": "Called"}, "Called"),
    Row(f"GET {C}/{{uuid}}/history", "get-history-case", CASE, "created_at"),
    Row(f"GET {X}", "list-assets", {"search": "srv-a2"}, "{twin}"),
    Row(f"GET {X}/{{uuid}}", "get-asset", ASSET, "file team"),
    Row(f"GET {X}/{{uuid}}/history", "get-history-asset", ASSET, "create"),
    Row(f"POST {X}", "create-asset", {"name": "srv-b", "type": "host"}, "srv-b"),
    Row(f"POST {X}/merge", "merge-assets", {"destination": "{asset}", "sources": "{twin}"}, "{asset}"),
    Row(f"PUT {X}/{{uuid}}", "update-asset", {**ASSET, "criticality": "77"}, "77"),
    Row(f"PUT {X}/{{uuid}}/revoke", "revoke-asset", ASSET, "revoked"),
    Row(f"PUT {X}/{{uuid}}/restore", "restore-asset", {"asset_uuid": "{revoked}"}, "srv-old"),
    Row(f"POST {X}/{{uuid}}/attach", "add-keys-asset", {**ASSET, "name": "ip-v4", "value": "192.0.2.8"}, "192.0.2.8"),
    Row(f"POST {X}/{{uuid}}/detach", "remove-key-asset", {**ASSET, "key_uuid": "hostname"}, "srv-a"),
    Row(f"POST {X}/{{uuid}}/prop/{{prop}}", "add-attributes-asset", {**ASSET, "name": "site", "value": "Lyon"}, "Lyon"),
    Row(f"DELETE {X}/{{uuid}}/prop/{{prop}}", "remove-attribute-asset", {**ASSET, "attribute_uuid": "owner"}, "srv-a"),
    Row(f"POST {X}/{{uuid}}/tag/{{tag}}", "add-tag-asset", {**ASSET, "tag": "lost"}, "lost"),
    Row(f"DELETE {X}/{{uuid}}/tag/{{tag}}", "remove-tag-asset", {**ASSET, "tag": "file"}, "srv-a"),
    Row("GET /v1/sic/conf/entities", "list-entities", {}, "Head office"),
    Row("GET /v1/sic/conf/entities/{uuid}", "get-entity", {"entity_uuid": "{entity}"}, "Head office"),
    Row("GET /v1/sic/conf/intakes", "list-intakes", {}, "Firewall"),
    Row(f"GET {R}", "list-rules", {}, "Beacon"),
    Row(f"GET {R}/{{uuid}}", "get-rule", RULE, "detection:"),
    Row(f"PUT {R}/{{uuid}}/disabled", "disable-rule", RULE, "Beacon"),
    Row(f"PUT {R}/{{uuid}}/enabled", "enable-rule", {"rule_id": "{off}"}, "Sleeper"),
    Row(f"GET {R}/{{uuid}}/alert-filters", "list-alert-filters", RULE, "Backup"),
    Row(f"POST {R}/{{uuid}}/alert-filters", "create-alert-filter", {**RULE, "exclusion_pattern": "a: b"}, "a: b"),
    Row(
        f"PUT {R}/{{uuid}}/alert-filters/{{filter_uuid}}",
        "update-alert-filter",
        {**RULE, "filter_id": "{filter}", "name": "B2"},
        "B2",
    ),
    Row(
        f"DELETE {R}/{{uuid}}/alert-filters/{{filter_uuid}}",
        "delete-alert-filter",
        {**RULE, "filter_id": "{filter}"},
        "deleted",
    ),
    Row(f"GET {IOC}", "list-ioc-collections", {}, "Blocked senders"),
    Row(f"POST {IOC}", "create-ioc-collection", {"name": "Hashes"}, "Hashes"),
    Row(
        f"GET {IOC}/{{uuid}}/indicators",
        "list-ioc-collection-indicators",
        {"collection_id": "{collection}"},
        "192.0.2.9",
    ),
    Row(
        f"POST {IOC}/{{uuid}}/indicators",
        "add-ioc-collection-indicators",
        {"collection_id": "{collection}", "values": "192.0.2.10"},
        "192.0.2.10",
    ),
    Row(
        f"DELETE {IOC}/{{uuid}}/indicators/{{indicator}}",
        "revoke-ioc-collection-indicator",
        {"collection_id": "{collection}", "indicator_id": "{indicator}"},
        "revoked",
    ),
    Row(f"GET {JOBS}/{{uuid}}", "events-status-query", {"uuid": "{job}"}, "{job}"),
    Row(f"GET {JOBS}/{{uuid}}/events", "events-results-query", {"uuid": "{job}"}, "{alert}"),
    Row(f"GET {JOBS}/{{uuid}}/fields", "list-event-fields", {"uuid": "{job}"}, "event"),
    Row("POST /v1/events/stats", "aggregate-events", {"earliest_time": "-3h"}, "3"),
    Row("POST /v1/events/topk", "top-values-events", {"earliest_time": "-3h", "field": "event.code"}, "event.code"),
    Row("GET /v1/notebooks/sol_detection/{alert_short_id}/results", "get-sol-detection-results", ALERT, "root"),
)


@pytest.fixture(autouse=True)
def pack_time(clock: Clock, lab_time: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """All modules of the pack read the lab's clock."""
    for module in (SekoiaXDR, room, cases, search, tenant):
        monkeypatch.setattr(module, "time", time_view(clock))


@pytest.fixture
def ids(world: World, clock: Clock) -> dict[str, str]:
    """A tenant with one of everything: what an argument's words in braces stand for."""
    by, jo, intake = engine(world.ids), world.avatars.join("Jo Sample", "jo@soc.example"), world.intakes.add("Firewall")
    host = world.assets.add("srv-a", atoms={"hostname": ["srv-a"]}, props={"owner": "file team"}, tags=["file"])
    twin, old = (world.assets.add(name, atoms={"hostname": [name]}) for name in ("srv-a2", "srv-old"))
    world.assets.revoke(old.uuid)
    alert = world.alerts.raise_alert("Suspicious logon", countermeasures=["Isolate"], assets=[host.uuid])
    other = world.alerts.raise_alert("Another logon")
    world.alerts.comment(alert.short_id, "Seen")
    world.custom_fields.define("Ticket")
    events = world.events.attach(alert.short_id, count=3)
    case = world.cases.open("Logon campaign", [alert.uuid], tags=["logon"])
    world.cases.comment(case, "First")
    held, loose = (event.write() for event in events[:2])
    world.cases.add_events(case, [held["__event_id"]])
    world.notebooks.keep(alert.short_id, [{"user.name": "root"}])
    rule, off = world.rules.define("Beacon"), world.rules.define("Sleeper", enabled=False)
    collection = world.iocs.create("Blocked senders")
    (indicator,) = world.iocs.add(collection, [{"value": "192.0.2.9"}], by)
    clock.advance(60)
    job = world.searches.open(Asked("", clock.time() - 7200, clock.time()), by)
    clock.advance(60)
    return {
        "community": world.community,
        "user": jo.user_uuid,
        "avatar": jo.uuid,
        "alert": alert.short_id,
        "other": other.short_id,
        "task": alert.countermeasures[0]["uuid"],
        "case": case.short_id,
        "opaque": loose["__event_id"],
        "held": held["event.id"],
        "asset": host.uuid,
        "twin": twin.uuid,
        "revoked": old.uuid,
        "entity": world.entities.all()[0].uuid,
        "intake": intake.uuid,
        "rule": rule.uuid,
        "off": off.uuid,
        "filter": world.rules.add_filter(rule.uuid, FILTER).uuid,
        "collection": collection.id,
        "indicator": indicator.id,
        "job": job.uuid,
    }


def run(client: api.SekoiaClient, name: str, arguments: Mapping[str, str], ids: Mapping[str, str]) -> str:
    """A command of the pack on a client: all that it gives back, as text."""
    given = {key: value.format_map(dict(ids)) for key, value in arguments.items()}
    params = room.Params.read(
        {"credentials": {"password": "not-used"}, "url": "https://api.sekoia.io", "timezone": "UTC"}
    )
    results = SekoiaXDR.COMMANDS[f"sekoia-xdr-{name}"](client, given, params)
    found = results if isinstance(results, list) else [results]
    return "\n".join(f"{one.readable_output}\n{json.dumps(one.outputs, ensure_ascii=False)}" for one in found)


def answered(world: World) -> set[tuple[str, int]]:
    """The endpoints that were called, with the status of the answer."""
    return {(ROUTER.find(call.method, call.path)[0].name, call.status) for call in world.journal.calls}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.endpoint)
def test_endpoint_takes_the_call_and_the_pack_reads_the_answer(
    client: api.SekoiaClient, world: World, ids: dict[str, str], row: Row
) -> None:
    text = run(client, row.command, row.arguments, ids)
    assert row.shows.format_map(ids) in text
    assert any(name == row.endpoint and status < 300 for name, status in answered(world)), answered(world)


def test_alerts_are_counted_by_their_own_endpoint_where_lists_tell_no_total(
    client: api.SekoiaClient, world: World, ids: dict[str, str]
) -> None:
    world.switches.turn(with_total=False)
    assert '{"total": 2}' in run(client, "count-alerts", {}, ids)
    assert ("GET /v1/sic/alerts/count", 200) in answered(world)


def test_indicators_of_a_named_format_are_imported_by_a_task(
    client: api.SekoiaClient, world: World, ids: dict[str, str], clock: Clock
) -> None:
    given = {"collection_id": "{collection}", "values": "bad.example", "format": "domain-name.value"}
    assert "Sekoia imports 1 indicators" in run(client, "add-ioc-collection-indicators", given, ids)
    clock.advance(60)
    assert "bad.example" in run(client, "list-ioc-collection-indicators", {"collection_id": "{collection}"}, ids)


def test_many_alerts_are_moved_by_a_task_that_can_be_followed(
    client: api.SekoiaClient, world: World, ids: dict[str, str], clock: Clock
) -> None:
    rows, _ = tasks.bulk_rows(client, {"ids": f"{ids['alert']},{ids['other']}", "status": "Ongoing"})
    ((task,), refusal) = tasks.bulk_tasks(client, tasks.bulk_calls(rows, "ours"))
    assert (tasks.task_state(client, task), refusal) == ("PENDING", "")
    clock.advance(60)
    assert tasks.task_state(client, task) == "FINISHED"
    assert all(row.done(client.get_alert(row.uuid)) for row in rows)


def test_test_button_may_list_searches(client: api.SekoiaClient, world: World, ids: dict[str, str]) -> None:
    SekoiaXDR.test_module(client, {"fetch_mode": "Fetch With All Events", "fetch_with_assets": True})
    assert {(f"GET {JOBS}", 200), ("GET /v1/auth/validate", 200)} <= answered(world)


# --- what holds of every endpoint -------------------------------------------------------------------------------------


def called() -> list[Route]:
    """The endpoints of the lab that the pack calls."""
    return [route for route in ROUTER.routes if route.name not in NOT_CALLED]


@pytest.mark.odd_calls
@pytest.mark.parametrize("route", [one for one in called() if one.permissions], ids=lambda route: route.name)
def test_lack_of_the_permission_is_an_error_that_names_it(make_client: MakeClient, world: World, route: Route) -> None:
    path = "/".join(NOBODY if step.startswith("{") else step for step in route.path.split("/"))
    call = api.ApiCall(route.method, path, body=None if route.method == "GET" else {}, names_object=True)
    with pytest.raises(api.SekoiaPermissionError) as caught:
        make_client(permissions=()).read_any(call)
    titles = [title for title in route.permissions if title not in NAMELESS]
    assert caught.value.permission in {" and ".join(one) for one in itertools.permutations(titles)}
    assert all(title in str(caught.value) for title in titles)


def plain(call: str) -> str:
    """A call without the names of its ids."""
    return re.sub(r"\{\w+\}", "{}", call)


def test_every_call_that_the_pack_tells_of_is_an_endpoint_of_the_lab_that_counts_as_called() -> None:
    told = {
        plain(call)
        for many in (SekoiaXDR.all_calls(), SekoiaXDR.FEATURE_CALLS)
        for one in many.values()
        for call in one
    }
    assert told - {plain(route.name) for route in called()} == set()


@pytest.mark.last
def test_every_endpoint_that_the_pack_calls_succeeded_here(request: pytest.FixtureRequest) -> None:
    collected = {item.path for item in request.session.items}
    config = request.config
    if config.getoption("keyword") or not set(Path(__file__).parent.glob("test_*.py")) <= collected:
        pytest.skip("only a session with all contract tests can tell: run tests/contract as a whole")
    met = {name for name, status in MET if status < 300}
    assert [route.name for route in called() if route.name not in met] == []
    assert {route.name for route in ROUTER.routes} >= NOT_CALLED
