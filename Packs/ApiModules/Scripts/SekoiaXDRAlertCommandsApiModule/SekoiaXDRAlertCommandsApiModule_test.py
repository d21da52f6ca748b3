"""The commands on alerts, alone: what is asked, what is refused before anything is asked, what is shown."""

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests_mock
import SekoiaXDRAlertCommandsApiModule as alerts

URL = "https://api.sekoia.io"
LIST, ONE = f"{URL}/v1/sic/alerts", f"{URL}/v1/sic/alerts/ALx7Qp2mZk9T"
UUID, COMMUNITY = "a15d438f-c9f8-4aa4-bb56-f7b47f300e2b", "4500e70b-cf04-465e-89b2-931fa9263d3b"
VERDICT, JO = "4ba66b00-99c8-4a03-8bca-532f4261c188", "fdaf8eb6-53d8-49bd-a42b-f6e98597cc2b"
PARAMS = alerts.Params.read({"url": URL, "credentials": {"password": "not-a-real-key"}, "timezone": "UTC"})
ALERT: dict[str, Any] = {
    "uuid": UUID,
    "short_id": "ALx7Qp2mZk9T",
    "title": "Suspicious | logon",
    "community_uuid": COMMUNITY,
    "created_at": 1772359201,
    "urgency": {"current_value": 62, "display": "Major"},
    "alert_type": {"value": "phishing", "category": "fraud"},
    "status": {"uuid": "2efc4930-1442-4abb-acf2-58ba219a4fd0", "name": "Pending"},
    "verdict_uuid": None,
    "assignee": None,
    "kill_chain_short_id": None,
}
STATUSES = [
    {"uuid": "b8dc1c6e-0001-4000-8000-000000000000", "label": "Waiting", "stage": "in_progress"},
    {"uuid": "b8dc1c6e-0002-4000-8000-000000000000", "label": "Pending", "stage": "open"},
]
FIELDS = [
    {"uuid": f"c0ffee00-000{number}-4000-8000-000000000000", "name": name, "slug": slug, "type": kind, "options": some}
    for number, (name, slug, kind, some) in enumerate(
        [
            ("Attack vector", "attack_vector", "single_select", [{"value": "email"}, "usb"]),
            ("Impacted users", "impacted_users", "integer", None),
            ("Confirmed", "confirmed", "boolean", None),
            ("Sites", "sites", "multi_select", ["Paris", "Lyon"]),
            ("Ticket", "ticket", "text", None),
        ]
    )
]
STAGES = [{"uuid": JO, "short_id": "KCXKNfnJupq5", "name": "Reconnaissance"}]


@pytest.fixture(autouse=True)
def tenant(requests_mock: requests_mock.Mocker) -> requests_mock.Mocker:
    """A tenant with one alert and a little of everything that has a name."""
    verdict = {"uuid": VERDICT, "label": "True positive", "stage": "true_positive", "community_uuid": COMMUNITY}
    person = {"uuid": JO, "name": "Jo Sample", "user": {"email": "jo@soc.example"}}
    for path, items in (
        ("/v1/sic/alerts", [ALERT, "odd"]),
        ("/v1/sic/custom_statuses", STATUSES),
        ("/v1/sic/custom_verdicts", [verdict]),
        ("/v1/sic/custom-fields", FIELDS),
        ("/v1/sic/kill-chains", STAGES),
        ("/v1/me/communities", [{"uuid": COMMUNITY}]),
        (f"/v1/communities/{COMMUNITY}/avatars/", [person]),
        ("/v1/sic/conf/entities", [{"uuid": JO, "name": "Paris"}]),
    ):
        requests_mock.get(URL + path, json={"items": items, "total": len(items)})
    requests_mock.get(ONE, json=ALERT)
    requests_mock.get(f"{LIST}/{UUID}", json=ALERT)
    return requests_mock


def run(command: str, **args: Any) -> Any:
    return alerts.ALERT_COMMANDS[f"sekoia-xdr-{command}"](PARAMS.client(30), args, PARAMS)


def asked(tenant: requests_mock.Mocker) -> dict[str, str]:
    """The query of the last call; the mocker gives it in lower case."""
    last = tenant.last_request
    return dict(parse_qsl(last.query)) if last else {}


def sent(tenant: requests_mock.Mocker) -> list[Any]:
    return [request.json() for request in tenant.request_history if request.method != "GET"]


# ---------------------------------------------------------------- which alerts


@pytest.mark.parametrize(
    ("args", "key", "value"),
    [
        ({"title": "Suspicious logon"}, "match[resolved_title]", "suspicious logon"),
        ({"title_template": "logon of {user}"}, "match[title]", "logon of {user}"),
        ({"entity": "Paris,Lyon"}, "match[entity_name]", "paris,lyon"),
        ({"entity": UUID.upper()}, "match[entity_uuid]", UUID),
        ({"rule": "Logon"}, "match[rule_name]", "logon"),
        ({"rule_uuid": UUID}, "match[rule_uuid]", UUID),
        ({"ids": UUID}, "match[uuid]", UUID),
        ({"ids": "ALx7Qp2mZk9T"}, "match[short_id]", "alx7qp2mzk9t"),
        ({"case": "CAa1B2c3D4e5"}, "match[case_short_id]", "caa1b2c3d4e5"),
        ({"occurrences": "5"}, "range[similar]", "5,1000000000"),
        ({"is_assigned_to_case": "no"}, "is_assigned_to_case", "false"),
        ({"visible": True}, "visible", "true"),
        ({"verdict": "true positive"}, "match[verdict_uuid]", VERDICT),
        ({"exclude_verdict": VERDICT}, "nomatch[verdict_uuid]", VERDICT),
        ({"assignee": "jo@soc.example"}, "match[assignee]", JO),
        ({"custom_field": "Attack vector:usb,ticket"}, "match[custom_field]", None),
        ({"stage": "in progress"}, "match[custom_status_uuid]", STATUSES[0]["uuid"]),
        ({"exclude_status": "waiting"}, "nomatch[custom_status_uuid]", STATUSES[0]["uuid"]),
        ({"exclude_entity": "Paris"}, "nomatch[entity_uuid]", JO),
        ({"exclude_entity": UUID}, "nomatch[entity_uuid]", UUID),
        ({"exclude_rule": "Logon"}, "nomatch[rule_name]", "logon"),
        ({"similar_to": UUID}, "similar_to", "alx7qp2mzk9t"),
        ({"similar_to": "ALx7Qp2mZk9T"}, "similar_to", "alx7qp2mzk9t"),
        ({"Alerts type": "appsacan"}, "match[type_value]", "appscan"),
    ],
)
def test_each_filter_is_asked_under_the_name_of_the_api(
    tenant: requests_mock.Mocker, args: dict[str, Any], key: str, value: str | None
) -> None:
    result = run("list-alerts", **args)
    field = f"{FIELDS[0]['uuid']}:usb,{FIELDS[4]['uuid']}"
    assert asked(tenant)[key] == (value or field)
    assert [alert["short_id"] for alert in result.outputs] == ["ALx7Qp2mZk9T"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"stage": "finished"}, "stage: 'finished' is unknown. Use one of: open, in_progress, closed"),
        ({"stage": "open", "status": "Pending"}, "stage: give a status or a stage"),
        ({"visible": "perhaps"}, "visible: 'perhaps' is neither true nor false"),
        ({"asset": "host"}, "'host' is no asset id"),
        ({"case": UUID}, "case: Sekoia finds alerts by short ids"),
        ({"entity": f"Paris,{UUID}", "verdict": "x"}, "entity: give names or uuids, not both"),
        ({"exclude_rule": f"Logon,{UUID}", "verdict": "x"}, "exclude_rule: give names or uuids"),
        ({"title": "a,b", "verdict": "x"}, "title: 'a,b' cannot be asked for"),
        ({"ids": f"{UUID},ALx7Qp2mZk9T", "verdict": "x"}, "cannot match both"),
        ({"ids": ",".join(f"AL{number:010}" for number in range(101))}, "ids: at most 100"),
        ({"occurrences": "9,1"}, "occurrences: '9,1' is not a range"),
        ({"page": "1", "all_results": "true"}, "page: leave it out"),
    ],
)
def test_a_bad_filter_is_refused_before_anything_is_asked(
    tenant: requests_mock.Mocker, args: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words.replace("[", ".")):
        run("list-alerts", **args)
    assert tenant.request_history == []


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"verdict": "perhaps"}, "verdict: 'perhaps' is no verdict of this tenant"),
        ({"assignee": "kim"}, "assignee: 'kim' is no person of this tenant"),
        ({"custom_field": "shoe size"}, "custom_field: 'shoe size' is no custom field of this tenant"),
    ],
)
def test_a_name_that_nothing_bears_lists_the_choices(args: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=f"{words}. Choose one of: "):
        run("list-alerts", **args)


def test_a_tenant_without_statuses_is_asked_by_built_in_ones(tenant: requests_mock.Mocker) -> None:
    tenant.get(f"{URL}/v1/sic/custom_statuses", status_code=403, json={"message": "no"})
    run("list-alerts", stage="closed")
    assert asked(tenant)["match[status_name]"] == "rejected,closed"
    run("list-alerts", exclude_status="Pending")
    assert asked(tenant)["nomatch[status_uuid]"] == "2efc4930-1442-4abb-acf2-58ba219a4fd0"
    with pytest.raises(ValueError, match="'Waiting' is no status"):
        run("list-alerts", exclude_status="Waiting")


def test_an_entity_that_does_not_exist_cannot_be_left_out(tenant: requests_mock.Mocker) -> None:
    tenant.get(f"{URL}/v1/sic/conf/entities", json={"items": []})
    with pytest.raises(ValueError, match="no entity of this tenant is called 'Atlantis'"):
        run("list-alerts", exclude_entity="Atlantis")


def test_similar_alerts_say_what_they_are_similar_to(tenant: requests_mock.Mocker) -> None:
    result = run("list-similar-alerts", id=UUID, limit="3")
    assert (asked(tenant)["similar_to"], asked(tenant)["limit"]) == ("alx7qp2mzk9t", "3")
    assert result.outputs[0]["similar_to"] == "ALx7Qp2mZk9T"


@pytest.mark.parametrize(("answer", "calls"), [({"items": [], "total": 7}, 1), ({"items": []}, 2)])
def test_alerts_are_counted_by_the_list_or_by_the_counter(
    tenant: requests_mock.Mocker, answer: dict[str, Any], calls: int
) -> None:
    tenant.get(LIST, json=answer)
    tenant.get(f"{LIST}/count", json={"total": 7, "has_more": False})
    assert run("count-alerts", alerts_type="worm").outputs == {"total": 7}
    assert len(tenant.request_history) == calls
    assert "sort" not in asked(tenant)


def test_statistics_become_rows(tenant: requests_mock.Mocker) -> None:
    item = {"id": "status", "label": "Status", "buckets": [{"key": "a|b", "count": 2}, "odd"], "total": 2}
    tenant.get(f"{LIST}/statistics", json={"items": [item, None]})
    result = run("get-alert-statistics", urgency="50")
    assert (result.outputs, asked(tenant)["range[urgency]"]) == ([item], "50,100")
    assert "| Status | a\\|b | 2 |" in result.readable_output


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "none"), (0, "0 s"), (59, "59 s"), (3660, "1 h 1 min"), (90_061, "1 d 1 h 1 min 1 s"), ("x", "none")],
)
def test_a_length_of_time_is_told_in_words(seconds: Any, words: str) -> None:
    assert alerts.spoken_length(seconds) == words


def test_kpis_pass_on_window_and_community(tenant: requests_mock.Mocker) -> None:
    tenant.get(f"{URL}/v1/sic/statistics/alerts/soc_kpis", json={"mean_time_to_detect": 40, "extra": 1})
    result = run("get-soc-kpis", created_at="2026-01-01T00:00:00Z,now", community=COMMUNITY)
    assert asked(tenant)["match[community_uuid]"] == COMMUNITY
    assert "| detect | 40 | 40 s |" in result.readable_output and "extra" not in result.readable_output


# ---------------------------------------------------------------- what hangs on an alert


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"entry_type": "alert", "alert": {"status": "Ongoing", "previous_status": None}}, "none → Ongoing"),
        ({"entry_type": "urgency", "urgency": {"value": 0, "previous_value": 62}}, "62 → 0"),
        ({"entry_type": "comment", "comment": {"content": "seen"}}, "seen"),
        ({"entry_type": "countermeasure", "countermeasure": {"status": "denied"}}, "countermeasure: denied"),
        ({"countermeasure_action_step": {"name": "1", "status": "created"}, "countermeasure": {}}, "step 1: created"),
        ({"entry_type": "new thing"}, ""),
        ({"entry_type": "odd", "odd": "text"}, ""),
        ({}, ""),
    ],
)
def test_a_line_of_the_history_is_told_in_words(entry: dict[str, Any], words: str) -> None:
    assert alerts.history_words(entry) == words


def test_a_timeline_leaves_out_empty_frames(tenant: requests_mock.Mocker) -> None:
    frames = [{"start": "2026-03-01T09:00:00Z", "end": "2026-03-01T10:00:00Z", "value": value} for value in (0, 3)]
    tenant.get(f"{ONE}/timeline", json={"timeline": [*frames, "odd"], "frame": {"start": "a", "end": "b"}})
    result = run("get-timeline-alert", id="ALx7Qp2mZk9T", period="14d", frame_length="60")
    assert asked(tenant) == {"type": "14d", "frame-length": "60"}
    assert result.outputs["timeline"] == frames
    assert result.readable_output.count("| 2026-03-01 09:00:00 UTC |") == 1
    with pytest.raises(ValueError, match="period: '1y' is unknown"):
        run("get-timeline-alert", id="ALx7Qp2mZk9T", period="1y")


def test_a_bundle_that_is_none_has_no_object(tenant: requests_mock.Mocker) -> None:
    for stix in (None, {}, {"objects": "odd"}):
        tenant.get(ONE, json={**ALERT, "stix": stix})
        result = run("get-stix-alert", id="ALx7Qp2mZk9T")
        assert (result.outputs["objects"], result.outputs["is_cut"]) == ([], False)
        assert "no STIX object" in result.readable_output


def test_a_bundle_keeps_no_secret_and_tells_its_cut(tenant: requests_mock.Mocker) -> None:
    objects = [{"type": "indicator", "id": f"indicator--{number}", "pattern": "[x]"} for number in range(3)]
    tenant.get(ONE, json={**ALERT, "stix": {"id": "b", "objects": [*objects, {"customer": {"intake_key": "k3y"}}]}})
    result = run("get-stix-alert", id="ALx7Qp2mZk9T", limit="2")
    assert (len(result.outputs["indicators"]), result.outputs["indicators_count"]) == (2, 3)
    assert "indicators: the first 2 of 3" in result.readable_output
    assert "k3y" not in json.dumps(result.outputs)


# ---------------------------------------------------------------- editing


def test_an_edit_sends_only_what_is_given(tenant: requests_mock.Mocker) -> None:
    tenant.patch(ONE, json={**ALERT, "urgency": {"current_value": 0}, "assignee": JO})
    result = run(
        "edit-alert", id="ALx7Qp2mZk9T", urgency="0", assignee="Jo Sample", kill_chain="reconnaissance", comment="why"
    )
    body = {"urgency": 0, "kill_chain_short_id": "KCXKNfnJupq5", "assignee": JO, "comment": "why"}
    assert sent(tenant) == [body]
    assert "| urgency.current_value | 62 | 0 |" in result.readable_output
    assert result.outputs["urgency"] == {"current_value": 0}


def test_what_can_be_none_is_cleared(tenant: requests_mock.Mocker) -> None:
    tenant.get(ONE, json={**ALERT, "kill_chain_short_id": "KCXKNfnJupq5", "assignee": JO})
    tenant.patch(ONE, json={})
    run("edit-alert", id="ALx7Qp2mZk9T", kill_chain="none", assignee="None")
    assert sent(tenant) == [{"kill_chain_short_id": None, "assignee": None}]


@pytest.mark.parametrize("args", [{"urgency": "62"}, {"alert_type": "phishing", "alert_category": "fraud"}])
def test_an_edit_to_what_is_there_sends_nothing(tenant: requests_mock.Mocker, args: dict[str, str]) -> None:
    result = run("edit-alert", id="ALx7Qp2mZk9T", comment="x", **args)
    assert "nothing was changed. The comment was not stored" in result.readable_output
    assert sent(tenant) == []


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({}, "Nothing to change"),
        ({"alert_category": "fraud"}, "alert_type: a value is needed"),
        ({"urgency": "x"}, "urgency: 'x' is not a whole number"),
        ({"alert_type": "ab"}, "alert_type: Sekoia takes 3 to 1000 characters"),
    ],
)
def test_a_bad_edit_is_refused_before_anything_is_asked(
    tenant: requests_mock.Mocker, args: dict[str, str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        run("edit-alert", id="ALx7Qp2mZk9T", **args)
    assert tenant.request_history == []


def test_a_verdict_goes_with_its_words(tenant: requests_mock.Mocker) -> None:
    tenant.patch(ONE, json=ALERT)
    run("set-verdict-alert", id="ALx7Qp2mZk9T", verdict="true_positive", analysis="seen", confidence="0")
    assert sent(tenant) == [{"verdict_uuid": VERDICT, "verdict_analysis": "seen", "verdict_confidence": 0}]


def test_a_dry_run_of_an_edit_shows_the_call(tenant: requests_mock.Mocker) -> None:
    result = run("set-verdict-alert", id="ALx7Qp2mZk9T", verdict=VERDICT, dry_run="true")
    assert "PATCH /v1/sic/alerts/ALx7Qp2mZk9T" in result.readable_output and VERDICT in result.readable_output
    assert sent(tenant) == []


# ---------------------------------------------------------------- custom fields


def values(tenant: requests_mock.Mocker) -> list[Any]:
    return [entry["value"] for entry in sent(tenant)[0]["custom_fields"]]


def test_custom_fields_are_typed_by_their_definitions(tenant: requests_mock.Mocker) -> None:
    tenant.patch(f"{ONE}/custom-fields", json={"custom_fields": [{**FIELDS[0], "value": "usb"}, None]})
    given = {"Attack vector": "USB", "impacted_users": 0, FIELDS[2]["uuid"]: "no", "sites": ["paris", "LYON"]}
    result = run("update-custom-fields-alert", id="ALx7Qp2mZk9T", custom_fields=given, field="Ticket", value="T-7")
    assert values(tenant) == ["usb", 0, False, ["Paris", "Lyon"], "T-7"]
    assert [one["alert_id"] for one in result.outputs] == ["ALx7Qp2mZk9T"]


def test_a_field_of_a_new_type_is_sent_as_text(tenant: requests_mock.Mocker) -> None:
    tenant.get(f"{URL}/v1/sic/custom-fields", json={"items": [{**FIELDS[4], "type": "date"}]})
    tenant.patch(f"{ONE}/custom-fields", json={})
    assert (
        "holds no custom field"
        in run("update-custom-fields-alert", id="ALx7Qp2mZk9T", field="ticket", value="2026").readable_output
    )
    assert values(tenant) == ["2026"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({}, "custom_fields: a value is needed"),
        ({"custom_fields": "{"}, "custom_fields: write JSON"),
        ({"custom_fields": "[1]"}, "custom_fields: write JSON"),
        ({"field": "Ticket"}, "'Ticket' has no value"),
        ({"custom_fields": {f"f{number}": 1 for number in range(26)}}, "at most 25"),
        ({"field": "Ticket", "value": "x" * 51}, "takes 50 characters"),
        ({"field": "sites", "value": "Nice"}, "no option of 'Sites'. Use: Paris, Lyon"),
    ],
)
def test_custom_fields_that_cannot_be_are_refused(
    tenant: requests_mock.Mocker, args: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        run("update-custom-fields-alert", id="ALx7Qp2mZk9T", **args)
    assert sent(tenant) == []


def test_an_option_as_it_is_written_goes_before_another_case() -> None:
    field = {"name": "Zone", "options": ["dmz", "DMZ"]}
    assert [alerts.an_option(field, value, "custom_fields") for value in ("DMZ", "dmz", "Dmz")] == ["DMZ", "dmz", "dmz"]
