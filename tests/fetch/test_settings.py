"""What fetch is told: its settings, and the statuses that an alert filter or a command may name."""

from typing import Any

import pytest
import SekoiaXDR
from SekoiaXDR_test import LEGACY, NOW, TRUE_POSITIVE, UNLISTED, Json, Tenant, data, instance

from tests.fetch.harvests import fetch

COMMUNITY = "4500e70b-cf04-465e-89b2-931fa9263d3b"
CLOSED_STATUS = "f45b7371-dc02-4d3a-9631-5f11dc35f0d9"
THRESHOLDS = (20, 40, 80)


CLEARED = dict.fromkeys(
    ("first_fetch", "max_fetch", "look_back", "fetch_budget", "alerts_type", "alerts_urgency", "severity_thresholds")
)


@pytest.mark.parametrize("raw", [{}, CLEARED, dict.fromkeys(CLEARED, "")], ids=["absent", "null", "empty"])
def test_fetch_settings_have_defaults_for_all_that_is_absent_or_cleared(raw: Json) -> None:
    made = SekoiaXDR.FetchSettings.read(raw)
    assert (made.first_fetch, made.max_fetch, made.look_back, made.budget) == (NOW - 7 * 86400, 10, 900, 120)
    assert (made.statuses, made.types, made.urgency) == (("Pending", "Acknowledge", "Ongoing"), (), None)
    assert (made.thresholds, made.with_assets, made.with_kill_chain) == (THRESHOLDS, False, False)


@pytest.mark.parametrize("cleared", [None, "", []])
def test_a_cleared_status_filter_means_all(cleared: Json) -> None:
    assert SekoiaXDR.FetchSettings.read({"alerts_status": cleared}).statuses == ()


def test_the_misspelt_type_of_the_official_pack_is_corrected() -> None:
    assert SekoiaXDR.FetchSettings.read({"alerts_type": "appsacan,worm"}).types == ("appscan", "worm")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"first_fetch": "soon"}, "^First fetch timestamp: 'soon' is not a time"),
        ({"max_fetch": "0"}, "^Maximum incidents per interval: '0' is not a whole number of at least 1"),
        ({"max_fetch": "many"}, "^Maximum incidents per interval: 'many'"),
        ({"look_back": "-1"}, "^Look back \\(minutes\\): '-1' is not a whole number from 0 to 1440"),
        ({"fetch_budget": "5"}, "^Fetch time budget \\(seconds\\): '5'"),
        ({"alerts_urgency": "80,20"}, "^Alerts urgency: "),
        ({"severity_thresholds": "40,20,80"}, "^Severity thresholds: .* three rising numbers"),
        ({"severity_thresholds": "20,40"}, "^Severity thresholds: "),
        ({"severity_thresholds": "20,,80"}, "^Severity thresholds: "),
        ({"severity_thresholds": "20,40,101"}, "^Severity thresholds: "),
    ],
)
def test_fetch_settings_name_the_setting_at_fault(change: Json, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        SekoiaXDR.FetchSettings.read(change)


def test_fetch_asks_for_what_the_settings_say(tenant: Tenant) -> None:
    fetch({"watermark": 1772359200, "floor": 0}, alerts_type="phishing,appsacan", alerts_urgency="40,90")
    _, query, _ = tenant.calls[0]
    assert query["match[status_name]"] == "Pending,Acknowledged,Ongoing"
    assert (query["match[type_value]"], query["range[urgency]"]) == ("phishing,appscan", "40,90")
    assert (query["sort"], query["direction"], query["limit"]) == ("created_at", "asc", "100")
    assert query["date[created_at]"].startswith("2026-03-01T09:44:59")  # the look-back of 15 minutes, a second wider


def test_a_cleared_status_setting_sends_no_status_filter(tenant: Tenant) -> None:
    fetch({}, alerts_status=None)
    assert not [key for key in tenant.calls[0][1] if "status" in key]


def test_a_label_of_the_tenant_is_asked_for_by_its_uuid(tenant: Tenant) -> None:
    tenant.fixed["GET /v1/sic/custom_statuses"]["items"].append({"uuid": UNLISTED, "label": "Triage", "stage": "open"})
    fetch({}, alerts_status="triage,Closed")
    assert tenant.calls[-1][1]["match[custom_status_uuid]"] == f"{UNLISTED},{CLOSED_STATUS}"


def test_severity_thresholds_can_be_moved() -> None:
    assert SekoiaXDR.FetchSettings.read({"severity_thresholds": "1, 50, 75"}).thresholds == (1, 50, 75)


# ---------------------------------------------------------------- statuses by name


@pytest.fixture
def client(tenant: Tenant) -> Any:
    return SekoiaXDR.Params.read(instance()).client(150)


@pytest.mark.parametrize(
    ("wanted", "label", "uuid"),
    [
        ("acknowledge", "Acknowledged", "f3702185-3f23-4aa7-b278-857553ad64ca"),
        ("Acknowledged", "Acknowledged", "f3702185-3f23-4aa7-b278-857553ad64ca"),
        (" CLOSE ", "Closed", "f45b7371-dc02-4d3a-9631-5f11dc35f0d9"),
        ("closed", "Closed", "f45b7371-dc02-4d3a-9631-5f11dc35f0d9"),
        ("F45B7371-DC02-4D3A-9631-5F11DC35F0D9", "Closed", "f45b7371-dc02-4d3a-9631-5f11dc35f0d9"),
        ("1738b1c1-767d-489e-bada-19176621a007", "Closed", "f45b7371-dc02-4d3a-9631-5f11dc35f0d9"),
        ("1390be4e-ced8-4dd6-9bed-573471b235ab", "Closed", "f45b7371-dc02-4d3a-9631-5f11dc35f0d9"),
        ("Validate", "Ongoing", "813e8c94-6b2f-4b91-9286-be468ad2fa9f"),
        ("reject", "Rejected", ""),
        (
            "0e8400e2-9b6b-41d4-a716-446655440000",
            "0e8400e2-9b6b-41d4-a716-446655440000",
            "0e8400e2-9b6b-41d4-a716-446655440000",
        ),
    ],
)
def test_resolve_status_knows_names_actions_labels_and_uuids(client: Any, wanted: str, label: str, uuid: str) -> None:
    target = SekoiaXDR.resolve_status(client, wanted)
    assert (target.label, target.uuid) == (label, uuid)


def test_resolve_status_lists_the_tenants_labels_for_an_unknown_name(client: Any) -> None:
    with pytest.raises(
        ValueError, match=r"'Nope' is no status of this tenant. Known ones: Pending, Acknowledged, Ongoing"
    ):
        SekoiaXDR.resolve_status(client, "Nope")


def two_workspaces(tenant: Tenant) -> None:
    listed = data("custom_statuses_response")["items"]
    others = [{**item, "uuid": item["uuid"][:-1] + "0", "community_uuid": "other"} for item in listed]
    tenant.fixed["GET /v1/sic/custom_statuses"] = {"items": [*listed, *others, "odd"]}


def test_resolve_status_asks_for_the_uuid_when_a_label_is_ambiguous(client: Any, tenant: Tenant) -> None:
    two_workspaces(tenant)
    with pytest.raises(
        ValueError, match=rf"'Closed' is the name of several statuses: .*{CLOSED_STATUS}.*Give the uuid"
    ):
        SekoiaXDR.resolve_status(client, "Closed")


def test_resolve_status_prefers_the_workspace_of_the_alert(client: Any, tenant: Tenant) -> None:
    two_workspaces(tenant)
    assert SekoiaXDR.resolve_status(client, "Closed", COMMUNITY).uuid == CLOSED_STATUS


def test_resolve_status_works_with_built_in_names_when_the_tenants_cannot_be_read(client: Any, tenant: Tenant) -> None:
    tenant.fail("GET /v1/sic/custom_statuses", 403)
    assert SekoiaXDR.resolve_status(client, "Close").legacy == LEGACY["Closed"]


def test_resolve_status_names_the_permission_when_a_label_cannot_be_looked_up(client: Any, tenant: Tenant) -> None:
    tenant.fail("GET /v1/sic/custom_statuses", 403)
    with pytest.raises(ValueError, match=r"'Triage' is no status .* View cases and View alerts"):
        SekoiaXDR.resolve_status(client, "Triage")


def test_status_filter_needs_no_call_for_built_in_names(client: Any, tenant: Tenant) -> None:
    names = ["Pending", "Acknowledge", "acknowledged", LEGACY["Ongoing"].uuid]
    found = SekoiaXDR.status_filter(client, names)
    assert (found, tenant.calls) == ({"status_names": ("Pending", "Acknowledged", "Ongoing")}, [])


def test_status_filter_asks_once_and_takes_a_label_of_every_workspace(client: Any, tenant: Tenant) -> None:
    two_workspaces(tenant)
    tenant.fixed["GET /v1/sic/custom_statuses"]["items"].append({"uuid": "triage", "label": "Triage", "stage": "open"})
    found = SekoiaXDR.status_filter(client, ["triage", "Closed"])["custom_status_uuids"]
    assert found == ("triage", CLOSED_STATUS, CLOSED_STATUS[:-1] + "0")
    assert len(tenant.calls) == 1


def test_status_filter_never_drops_a_status_that_it_cannot_express(client: Any, tenant: Tenant) -> None:
    tenant.fixed["GET /v1/sic/custom_statuses"]["items"].append({"uuid": "triage", "label": "Triage", "stage": "open"})
    with pytest.raises(ValueError, match=r"'Rejected' is not among the statuses .* at once"):
        SekoiaXDR.status_filter(client, ["Triage", "Rejected"])


def test_status_filter_takes_a_uuid_that_the_key_may_not_look_up(client: Any, tenant: Tenant) -> None:
    tenant.fail("GET /v1/sic/custom_statuses", 403)
    assert SekoiaXDR.status_filter(client, [TRUE_POSITIVE.upper()]) == {"custom_status_uuids": (TRUE_POSITIVE,)}
