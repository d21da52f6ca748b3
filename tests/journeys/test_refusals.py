"""What an analyst reads when Sekoia refuses: what was tried, what came back and what to do, for each command."""

import pytest

from lab.sekoia.faults import Fault
from tests.journeys.outcomes import ran, refused, shown, writes
from tests.stage import Stage

NOBODY = "00000000-0000-4000-8000-000000000000"
ALERT, ASSET, CASE, RULE = {"id": NOBODY}, {"asset_uuid": NOBODY}, {"case_id": NOBODY}, {"rule_id": NOBODY}
COLLECTION = {"collection_id": NOBODY}

# Objects that do not exist, or that the key may not see.
MISSING: dict[str, dict[str, str]] = {
    "get-alert": ALERT,
    "get-comments": ALERT,
    "get-workflow-alert": ALERT,
    "post-comment-alert": {**ALERT, "comment": "x"},
    "update-status-alert": {**ALERT, "status": "Ongoing"},
    "close-alert": ALERT,
    "edit-alert": {**ALERT, "title": "x"},
    "set-verdict-alert": {**ALERT, "verdict": "true_positive"},
    "get-history-alert": ALERT,
    "get-timeline-alert": ALERT,
    "get-stix-alert": ALERT,
    "list-objects-alert": ALERT,
    "list-similar-alerts": ALERT,
    "list-countermeasures": {"alert_id": NOBODY},
    "activate-countermeasure": {"alert_id": NOBODY, "id": NOBODY},
    "deny-countermeasure": {"alert_id": NOBODY, "id": NOBODY},
    "comment-countermeasure": {"id": NOBODY, "comment": "x"},
    "get-kill-chain": {"kill_chain_uuid": NOBODY},
    "get-asset": ASSET,
    "update-asset": {**ASSET, "name": "other"},
    "revoke-asset": ASSET,
    "restore-asset": ASSET,
    "add-attributes-asset": {**ASSET, "name": "site", "value": "Lyon"},
    "remove-attribute-asset": {**ASSET, "attribute_uuid": "site"},
    "add-keys-asset": {**ASSET, "name": "hostname", "value": "srv"},
    "remove-key-asset": {**ASSET, "key_uuid": "hostname"},
    "add-tag-asset": {**ASSET, "tag": "lost"},
    "remove-tag-asset": {**ASSET, "tag": "lost"},
    "get-history-asset": ASSET,
    "merge-assets": {"destination": NOBODY, "sources": "00000000-0000-4000-8000-000000000001"},
    "get-case": CASE,
    "update-case": {**CASE, "title": "x"},
    "delete-case": CASE,
    "attach-alerts-case": {**CASE, "alert_ids": "ALERT"},
    "detach-alerts-case": {**CASE, "alert_ids": "ALERT"},
    "add-events-case": {**CASE, "event_ids": "x"},
    "remove-events-case": {**CASE, "event_ids": "x"},
    "get-comments-case": CASE,
    "post-comment-case": {**CASE, "comment": "x"},
    "get-history-case": CASE,
    "list-alerts-case": CASE,
    "get-rule": RULE,
    "enable-rule": RULE,
    "disable-rule": RULE,
    "list-alert-filters": RULE,
    "create-alert-filter": {**RULE, "exclusion_pattern": "a: b"},
    "update-alert-filter": {**RULE, "filter_id": NOBODY, "name": "x"},
    "delete-alert-filter": {**RULE, "filter_id": NOBODY},
    "list-ioc-collection-indicators": COLLECTION,
    "add-ioc-collection-indicators": {**COLLECTION, "values": "bad.example"},
    "revoke-ioc-collection-indicator": {**COLLECTION, "indicator_id": NOBODY},
    "get-entity": {"entity_uuid": NOBODY},
    "get-community": {"community_id": NOBODY},
    "get-user": {"user_uuid": NOBODY},
    "get-avatar": {"avatar_id": NOBODY},
    "list-users": {"community_id": NOBODY},
    "events-status-query": {"uuid": NOBODY},
    "events-results-query": {"uuid": NOBODY},
    "list-event-fields": {"uuid": NOBODY},
    "export-events": {"uuid": NOBODY, "fields": "event.id"},
    "get-query-run": {"query_run_uuid": NOBODY},
    "download-query-result": {"query_run_uuid": NOBODY, "result_format": "csv"},
    "get-sol-detection-results": ALERT,
    "http-request": {"method": "GET", "url_suffix": f"/v1/sic/alerts/{NOBODY}"},
}
# What the key has no permission for, and the permission that it lacks.
FORBIDDEN: dict[str, tuple[dict[str, str], str]] = {
    "list-alerts": ({}, "View alerts"),
    "count-alerts": ({}, "View alerts"),
    "get-alert-statistics": ({}, "View alert statistics"),
    "get-soc-kpis": ({}, "View alert statistics"),
    "bulk-update-status-alerts": ({"ids": NOBODY, "status": "Ongoing"}, "View alerts"),
    "update-custom-fields-alert": ({**ALERT, "field": "Ticket", "value": "x"}, "View custom fields"),
    "list-statuses": ({}, "View cases"),
    "list-verdicts": ({}, "View cases"),
    "list-priorities": ({}, "View cases"),
    "list-custom-fields": ({}, "View custom fields"),
    "list-kill-chains": ({}, "View alerts"),
    "list-alert-types": ({"observed": "true"}, "View alerts"),
    "list-assets": ({}, "View asset"),
    "list-cases": ({}, "View cases"),
    "get-cases-alert": ({"alert_id": NOBODY}, "View cases"),
    "create-case": ({"title": "x"}, "Manage cases"),
    "list-case-tags": ({}, "View cases"),
    "update-custom-fields-case": ({**CASE, "field": "Ticket", "value": "x"}, "View custom fields"),
    "events-execute-query": ({"earliest_time": "-1h"}, "View events"),
    "search-events": ({"earliest_time": "-1h"}, "View events"),
    "search-events-alerts": ({"ids": "ALERT"}, "View alerts"),
    "aggregate-events": ({"earliest_time": "-1h"}, "Event statistics"),
    "top-values-events": ({"earliest_time": "-1h", "field": "event.code"}, "Event statistics"),
    "execute-query": ({"query_definition": "events"}, "View notebook queries"),
    "run-query": ({"query_definition": "events", "result_format": "csv"}, "View notebook queries"),
    "list-rules": ({}, "View Rules Catalog"),
    "list-ioc-collections": ({}, "View IOC collections"),
    "create-ioc-collection": ({"name": "x"}, "Manage IOC collections"),
    "list-entities": ({}, "View entities"),
    "list-intakes": ({}, "View intakes"),
}
# What needs no permission but a key that works.
FREE = ("list-communities", "who-am-i", "permissions", "list-users", "list-alert-types", "create-asset")


@pytest.fixture
def alert_id(stage: Stage) -> str:
    return stage.world.alerts.raise_alert("Suspicious logon").short_id


def given(arguments: dict[str, str], alert_id: str) -> dict[str, str]:
    """The arguments, with an alert that exists where one is named."""
    return {name: alert_id if value == "ALERT" else value for name, value in arguments.items()}


@pytest.mark.parametrize("command", MISSING)
def test_what_does_not_exist_is_told_with_what_to_check(stage: Stage, alert_id: str, command: str) -> None:
    error = refused(stage, f"sekoia-xdr-{command}", **given(MISSING[command], alert_id))
    assert "HTTP 404" in error or "there is no case" in error
    assert "Check the id" in error or "It may be deleted" in error
    assert len(writes(stage)) <= 1


@pytest.mark.parametrize("command", FORBIDDEN)
def test_permission_that_is_lacking_is_named(stage: Stage, alert_id: str, command: str) -> None:
    stage.world.keys.change("soar", permissions=set())
    arguments, permission = FORBIDDEN[command]
    error = refused(stage, f"sekoia-xdr-{command}", **given(arguments, alert_id))
    assert "HTTP 403" in error
    assert permission in error
    assert len(writes(stage)) <= 1


@pytest.mark.parametrize("command", FREE)
def test_key_that_was_revoked_is_told(stage: Stage, command: str) -> None:
    stage.world.keys.change("soar", state="revoked")
    arguments = {"name": "srv", "type": "host"} if command == "create-asset" else {}
    error = refused(stage, f"sekoia-xdr-{command}", **arguments)
    assert "HTTP 401" in error and "revoked" in error


@pytest.mark.parametrize("command", ["fetch-health", "reset-fetch"])
def test_state_of_fetch_tells_that_the_api_does_not_answer(stage: Stage, command: str) -> None:
    stage.minute()
    stage.world.faults.arm(Fault("GET /v1/sic/alerts", status=403, body={"message": "No", "code": "T403"}, times=None))
    arguments = {"start_time": "-1h"} if command == "reset-fetch" else {}
    outcome = stage.run(f"sekoia-xdr-{command}", **arguments)
    assert "HTTP 403" in (outcome.error or outcome.entries[-1].shown)


def test_case_without_alerts_says_so(stage: Stage) -> None:
    outcome = ran(stage, "sekoia-xdr-list-alerts-case", case_id=stage.world.cases.open("Empty").short_id)
    assert "(0)" in shown(outcome) or "no alert" in shown(outcome)


# Lists that must name something, given as nothing but commas: a playbook makes such out of an empty list.
NOTHING: dict[str, dict[str, str]] = {
    "bulk-update-status-alerts": {"ids": ",", "status": "Ongoing"},
    "attach-alerts-case": {"case_id": "CASE", "alert_ids": " , "},
    "detach-alerts-case": {"case_id": "CASE", "alert_ids": ","},
    "add-events-case": {"case_id": "CASE", "event_ids": ","},
    "remove-events-case": {"case_id": "CASE", "event_ids": ","},
    "merge-assets": {"destination": NOBODY, "sources": ","},
    "search-events-alerts": {"ids": ","},
    "add-ioc-collection-indicators": {"collection_id": NOBODY, "values": ","},
}


@pytest.mark.parametrize("command", NOTHING)
def test_list_of_nothing_is_refused_before_any_call(stage: Stage, command: str) -> None:
    case = stage.world.cases.open("Case").short_id
    arguments = {name: case if value == "CASE" else value for name, value in NOTHING[command].items()}
    (name,) = (name for name, value in arguments.items() if value.strip() == ",")
    error = refused(stage, f"sekoia-xdr-{command}", **arguments)
    assert any(f"{name}: {words}" in error for words in ("a value is needed", "give at least one", "give 1 to 100"))
    assert stage.world.journal.calls == []
