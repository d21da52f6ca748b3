"""The commands on what a tenant is made of, alone."""

import re
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests_mock
import SekoiaXDRTenantCommandsApiModule as tenant

URL = "https://api.sekoia.io"
RULE = "5f1c2a4e-8d0b-4c7a-9e53-0a1b2c3d4e5f"
OTHER = "0b9d7c6a-1e2f-4a3b-8c4d-5e6f7a8b9c0d"
RULE_URL = f"{URL}{tenant.RULES_PATH}/{RULE}"
PARAMS = tenant.Params.read({"url": URL, "credentials": {"password": "not-a-real-key"}, "timezone": "UTC"})


@pytest.fixture(autouse=True)
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 2026-03-01T10:00:00Z, and no wait takes time."""
    monkeypatch.setattr(time, "time", lambda: 1_772_359_200.0)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


def run(name: str, params: tenant.Params = PARAMS, /, **args: Any) -> Any:
    return tenant.TENANT_COMMANDS[f"sekoia-xdr-{name}"](params.client(60), args, params)


def sent(mocked: requests_mock.Mocker, method: str) -> list[Any]:
    """The bodies of the calls of that method."""
    return [call.json() if call.body else None for call in mocked.request_history if call.method == method]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("7 days", "2026-03-08T10:00:00Z"),
        ("in 2 hours", "2026-03-01T12:00:00Z"),
        ("+30m", "2026-03-01T10:30:00Z"),
        ("2026-03-02T00:00:00Z", "2026-03-02T00:00:00Z"),
    ],
)
def test_time_to_come_counts_from_now(text: str, moment: str) -> None:
    assert tenant.time_to_come(text, "expires_at", PARAMS.client(1)) == moment


@pytest.mark.parametrize("text", ["-7d", "2 days ago", "2026-03-01T09:59:59Z", "now", "never"])
def test_time_that_is_over_or_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expires_at: "):
        tenant.time_to_come(text, "expires_at", PARAMS.client(1))


def test_times_of_every_depth_become_utc() -> None:
    item: dict[str, Any] = {
        "a": {"created_at": "2025-05-15 15:42:16.266135"},
        "b": [{"updated_at": "2026-01-01T01:00:00+01:00"}],
    }
    item |= {"created_at": None, "name": "2026-01-01", "valid_from": "2026-odd"}
    assert tenant.utc_times(item, PARAMS) == {
        "a": {"created_at": "2025-05-15T15:42:16Z"},
        "b": [{"updated_at": "2026-01-01T00:00:00Z"}],
        "created_at": None,
        "name": "2026-01-01",
        "valid_from": "2026-odd",
    }


def test_rule_that_is_on_is_not_switched_on(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(RULE_URL, json={"uuid": RULE, "name": "One", "enabled": True})
    result = run("enable-rule", rule_id=RULE)
    assert "nothing was changed" in result.readable_output
    assert sent(requests_mock, "PUT") == []


def test_rule_is_switched_without_a_body(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(RULE_URL, json={"uuid": RULE, "name": "One", "enabled": False})
    requests_mock.put(f"{RULE_URL}/enabled", json={"uuid": RULE, "name": "One", "enabled": True})
    assert run("enable-rule", rule_id=RULE).outputs["enabled"] is True
    assert sent(requests_mock, "PUT") == [None]


def test_update_of_a_filter_keeps_what_is_not_given(requests_mock: requests_mock.Mocker) -> None:
    before = {"uuid": OTHER, "name": "Backup", "description": "", "exclusion_pattern": "a: b", "expires_at": None}
    requests_mock.get(f"{RULE_URL}/alert-filters", json={"items": [before]})
    requests_mock.put(f"{RULE_URL}/alert-filters/{OTHER}", json={**before, "description": "x"})
    run("update-alert-filter", rule_id=RULE, filter_id=OTHER, description="x")
    assert sent(requests_mock, "PUT") == [{"exclusion_pattern": "a: b", "name": "Backup", "description": "x"}]


@pytest.mark.parametrize("name", ["list-alert-filters", "create-alert-filter"])
def test_filter_of_a_rule_that_was_never_enabled_is_explained(name: str, requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{RULE_URL}/alert-filters", status_code=409, json={"message": "no"})
    with pytest.raises(ValueError, match="use !sekoia-xdr-enable-rule first"):
        run(name, rule_id=RULE, exclusion_pattern="a: b")


@pytest.mark.parametrize(
    ("args", "path", "body"),
    [
        (
            {"values": ["a.example", "a.example", " b.example "], "description": "x"},
            "indicators",
            {"indicators": [{"value": "a.example"}, {"value": "b.example"}], "default_fields": {"description": "x"}},
        ),
        (
            {"values": "a.example,b.example", "format": "domain-name.value", "threat_ids": "malware--1"},
            "indicators/text",
            {
                "indicators": "a.example\nb.example",
                "format": "domain-name.value",
                "x_ic_related_threat_refs": ["malware--1"],
            },
        ),
    ],
)
def test_indicators_go_where_they_fit(
    args: dict[str, Any], path: str, body: dict[str, Any], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.post(f"{URL}{tenant.IOCS_PATH}/ioc-collection--{RULE}/{path}", json={"items": [], "task_id": None})
    run("add-ioc-collection-indicators", collection_id=RULE, **args)
    assert sent(requests_mock, "POST") == [body]


def test_indicators_of_a_doubtful_answer_are_not_added_again(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.post(f"{URL}{tenant.IOCS_PATH}/ioc-collection--{RULE}/indicators", status_code=504, text="late")
    with pytest.raises(tenant.SekoiaDoubtful):
        run("add-ioc-collection-indicators", collection_id=RULE, values="a.example")
    assert len(requests_mock.request_history) == 1


def test_key_of_an_intake_is_neither_in_context_nor_raw(requests_mock: requests_mock.Mocker) -> None:
    intake = {"uuid": RULE, "name": "One", "intake_key": "k3y", "entity": {"name": "Head office"}}
    requests_mock.get(f"{URL}/v1/sic/conf/intakes", json={"items": [intake], "total": 1})
    result = run("list-intakes")
    assert "k3y" not in str((result.outputs, result.raw_response, result.readable_output))


# --- rows of the tables -----------------------------------------------------------------------------------------------

COLLECTION = f"ioc-collection--{OTHER}"
DAY = "2026-02-01T00:00:00Z,2026-02-02T00:00:00Z"


@pytest.mark.parametrize(
    ("name", "args", "path", "query"),
    [
        (
            "list-rules",
            {
                "enabled": "yes",
                "severity": "40",
                "tags": "a,b",
                "created_at": "2026-02-01T00:00:00Z,2026-02-02T00:00:00Z",
            },
            tenant.RULES_PATH,
            {
                "enabled": "true",
                "range[severity]": "40,100",
                "match[tag_name]": "a,b",
                "date[created_at]": DAY,
            },
        ),
        ("list-ioc-collections", {"term": "vip"}, tenant.IOCS_PATH, {"term": "vip", "with_indicators_count": "true"}),
        (
            "list-ioc-collection-indicators",
            {"collection_id": COLLECTION, "term": "a.example"},
            f"{tenant.IOCS_PATH}/{COLLECTION}/indicators",
            {"term": "a.example"},
        ),
        ("list-entities", {"name": "Plant 7"}, "/v1/sic/conf/entities", {"match[name]": "Plant 7"}),
        (
            "list-intakes",
            {"entity": "Plant 7"},
            "/v1/sic/conf/intakes",
            {"match[entity_name]": "Plant 7", "with_status": "true"},
        ),
        ("list-communities", {"ids": OTHER}, "/v1/communities", {"match[uuid]": OTHER}),
        (
            "list-users",
            {"community_id": OTHER, "status": "Enabled", "include_parent": "false"},
            f"/v1/communities/{OTHER}/avatars/",
            {"match[status]": "enabled", "include_parent": "false"},
        ),
    ],
)
def test_list_asks_with_every_filter_and_gives_its_objects(
    name: str, args: dict[str, str], path: str, query: dict[str, str], requests_mock: requests_mock.Mocker
) -> None:
    item = {"uuid": RULE, "id": RULE, "name": "One | two"}
    requests_mock.get(f"{URL}{path}", json={"items": [item], "total": 1})
    result = run(name, **args)
    asked = dict(parse_qsl(urlsplit(requests_mock.request_history[0].url).query))
    assert asked == {**query, "limit": "20", "offset": "0"}
    owner = {key: value for key, value in args.items() if key in ("collection_id", "community_id")}
    assert result.outputs == [{**item, **owner}]
    assert "One \\| two" in result.readable_output


@pytest.mark.parametrize(
    "name",
    ["list-rules", "list-ioc-collections", "list-ioc-collection-indicators", "list-intakes", "list-communities"],
)
def test_times_of_a_list_are_utc(name: str, requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(re.compile(URL), json={"items": [{"uuid": RULE, "created_at": "2026-01-01 00:00:00.5"}]})
    assert run(name, collection_id=OTHER).outputs[0]["created_at"] == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("name", "args", "path", "prefix"),
    [
        ("get-rule", {"rule_id": RULE}, f"{tenant.RULES_PATH}/{RULE}", "SekoiaXDR.Rule"),
        ("get-entity", {"entity_uuid": RULE}, f"/v1/sic/conf/entities/{RULE}", "SekoiaXDR.Entity"),
        ("get-community", {"community_id": RULE}, f"/v1/communities/{RULE}", "SekoiaXDR.Community"),
        ("get-avatar", {"avatar_id": RULE}, f"/v1/avatars/{RULE}", "SekoiaXDR.Avatar"),
    ],
)
def test_object_is_read_by_its_id_and_an_unknown_one_is_told(
    name: str, args: dict[str, str], path: str, prefix: str, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{URL}{path}", json={"uuid": RULE, "name": "One"})
    result = run(name, **args)
    assert (result.outputs, result.outputs_prefix) == ({"uuid": RULE, "name": "One"}, prefix)
    requests_mock.get(f"{URL}{path}", status_code=404, json={"message": "unknown"})
    with pytest.raises(tenant.SekoiaNotFound):
        run(name, **args)
    with pytest.raises(ValueError, match="give a uuid"):
        run(name, **dict.fromkeys(args, "../me"))


@pytest.mark.parametrize(
    ("name", "args", "method", "path", "body"),
    [
        (
            "delete-alert-filter",
            {"rule_id": RULE, "filter_id": OTHER},
            "DELETE",
            f"{tenant.RULES_PATH}/{RULE}/alert-filters/{OTHER}",
            None,
        ),
        (
            "create-ioc-collection",
            {"name": "VIP", "available_for_sub_communities": "true"},
            "POST",
            tenant.IOCS_PATH,
            {"name": "VIP", "available_for_sub_communities": True},
        ),
        (
            "revoke-ioc-collection-indicator",
            {"collection_id": OTHER, "indicator_id": f"indicator--{RULE}"},
            "DELETE",
            f"{tenant.IOCS_PATH}/{COLLECTION}/indicators/indicator--{RULE}",
            None,
        ),
    ],
)
def test_change_is_one_call_and_its_dry_run_none(
    name: str, args: dict[str, str], method: str, path: str, body: Any, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.register_uri(method, f"{URL}{path}", json={"id": "x", "name": "VIP"})
    dry = run(name, **args, dry_run="true")
    assert (dry.readable_output.startswith("### Dry run: nothing was sent"), path in dry.readable_output) == (
        True,
        True,
    )
    assert requests_mock.request_history == []
    run(name, **args)
    assert sent(requests_mock, method) == [body]


# --- rules and alert filters ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "word", "before"), [("enable-rule", "enabled", False), ("disable-rule", "disabled", True)]
)
def test_dry_run_of_a_switch_shows_the_call(
    name: str, word: str, before: bool, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(RULE_URL, json={"uuid": RULE, "name": "One", "enabled": before})
    shown = run(name, rule_id=RULE, dry_run="true").readable_output
    assert f"PUT {tenant.RULES_PATH}/{RULE}/{word}" in shown
    assert sent(requests_mock, "PUT") == []


@pytest.mark.parametrize(("after", "calls"), [(True, 1), (False, 2)])
def test_switch_of_a_doubtful_answer_is_sent_again_only_when_it_is_not_to_be_seen(
    after: bool, calls: int, requests_mock: requests_mock.Mocker
) -> None:
    states: list[Any] = [{"json": {"uuid": RULE, "enabled": False}}, {"json": {"uuid": RULE, "enabled": after}}]
    requests_mock.get(RULE_URL, states)
    answers: list[Any] = [{"status_code": 504, "text": "late"}, {"json": {"uuid": RULE, "enabled": True}}]
    requests_mock.put(f"{RULE_URL}/enabled", answers)
    assert run("enable-rule", rule_id=RULE).outputs["enabled"] is True
    assert len(sent(requests_mock, "PUT")) == calls


FILTER = {"uuid": OTHER, "name": "Backup", "exclusion_pattern": "a: b", "expires_at": "2026-03-08 10:00:00"}


def test_filters_of_a_rule_carry_the_rule_they_belong_to(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{RULE_URL}/alert-filters", json={"items": [FILTER, "odd"]})
    result = run("list-alert-filters", rule_id=RULE)
    assert result.outputs == [{**FILTER, "expires_at": "2026-03-08T10:00:00Z", "rule_id": RULE}]
    requests_mock.get(f"{RULE_URL}/alert-filters", json={"items": []})
    assert "The rule has no alert filter." in run("list-alert-filters", rule_id=RULE).readable_output


def test_filter_is_created_with_its_end(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{RULE_URL}/alert-filters", json={"items": []})
    requests_mock.post(f"{RULE_URL}/alert-filters", json=FILTER)
    args = {"exclusion_pattern": "a: b", "name": "Backup", "expires_at": "7 days"}
    assert "POST" in run("create-alert-filter", rule_id=RULE, dry_run="true", **args).readable_output
    assert sent(requests_mock, "POST") == []
    assert run("create-alert-filter", rule_id=RULE, **args).outputs[0]["uuid"] == OTHER
    assert sent(requests_mock, "POST") == [{**args, "expires_at": "2026-03-08T10:00:00Z"}]


@pytest.mark.parametrize(
    ("found", "posts"),
    [([{**FILTER, "uuid": RULE}, FILTER], 1), ([{**FILTER, "uuid": RULE}, {**FILTER, "name": "Other"}], 2)],
    ids=["there is a new one like it", "the new one is another's"],
)
def test_filter_of_a_doubtful_answer_is_looked_for(
    found: list[Any], posts: int, requests_mock: requests_mock.Mocker
) -> None:
    before: list[Any] = [{"json": {"items": found[:1]}}, {"json": {"items": found}}]
    requests_mock.get(f"{RULE_URL}/alert-filters", before)
    requests_mock.post(f"{RULE_URL}/alert-filters", [{"status_code": 502, "text": "late"}, {"json": FILTER}])
    assert run("create-alert-filter", rule_id=RULE, exclusion_pattern="a: b", name="Backup").outputs[0]["uuid"] == OTHER
    assert len(sent(requests_mock, "POST")) == posts


def test_update_of_a_filter_that_was_done_all_the_same_is_not_repeated(requests_mock: requests_mock.Mocker) -> None:
    after = {**FILTER, "description": "x"}
    requests_mock.get(f"{RULE_URL}/alert-filters", [{"json": {"items": [FILTER]}}, {"json": {"items": [after]}}])
    requests_mock.put(f"{RULE_URL}/alert-filters/{OTHER}", status_code=502, text="late")
    args = {"description": "x", "expires_at": "7 days"}  # Sekoia writes that moment in another way
    result = run("update-alert-filter", rule_id=RULE, filter_id=OTHER, **args)
    assert (result.outputs[0]["description"], len(sent(requests_mock, "PUT"))) == ("x", 1)


@pytest.mark.parametrize(
    ("name", "args", "says"),
    [
        ("create-alert-filter", {"name": "Backup"}, "exclusion_pattern: a value is needed"),
        ("update-alert-filter", {"filter_id": OTHER}, "Nothing to change: give at least one of exclusion_pattern"),
        ("update-alert-filter", {"filter_id": RULE, "name": "x"}, f"filter_id: the rule has no alert filter {RULE}"),
        ("add-ioc-collection-indicators", {"collection_id": OTHER, "values": " , "}, "values: give at least one"),
    ],
)
def test_change_that_cannot_be_is_refused_and_nothing_is_sent(
    name: str, args: dict[str, str], says: str, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{RULE_URL}/alert-filters", json={"items": [FILTER]})
    with pytest.raises(ValueError, match=says):
        run(name, rule_id=RULE, **args)
    assert {call.method for call in requests_mock.request_history} <= {"GET"}


def test_dry_run_of_an_update_shows_the_whole_filter(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{RULE_URL}/alert-filters", json={"items": [FILTER]})
    shown = run("update-alert-filter", rule_id=RULE, filter_id=OTHER, name="New", dry_run="true").readable_output
    assert ('"name": "New"' in shown, '"exclusion_pattern": "a: b"' in shown) == (True, True)
    assert sent(requests_mock, "PUT") == []


# --- indicators -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "path"), [(100, "indicators"), (101, "indicators/text")])
def test_dry_run_of_indicators_shows_the_call_that_fits_their_number(
    count: int, path: str, requests_mock: requests_mock.Mocker
) -> None:
    values = [f"h{number}.example" for number in range(count)]
    shown = run("add-ioc-collection-indicators", collection_id=OTHER, values=values, dry_run="true").readable_output
    assert re.search(rf"POST {tenant.IOCS_PATH}/{COLLECTION}/{path}\b(?!/)", shown)
    assert requests_mock.request_history == []


def test_indicators_added_at_once_are_shown_and_those_of_a_task_are_counted(
    requests_mock: requests_mock.Mocker,
) -> None:
    base = f"{URL}{tenant.IOCS_PATH}/{COLLECTION}/indicators"
    requests_mock.post(base, json={"items": [{"id": "indicator--1", "name": "a.example"}, None]})
    added = run("add-ioc-collection-indicators", collection_id=OTHER, values="a.example")
    assert added.outputs == [{"id": "indicator--1", "name": "a.example", "collection_id": OTHER}]
    assert "### Indicators added (1)" in added.readable_output
    requests_mock.post(f"{base}/text", json={"task_id": RULE})
    queued = run("add-ioc-collection-indicators", collection_id=OTHER, values="a.example,b.example", format="url.value")
    assert queued.outputs_prefix == "SekoiaXDR.IOCImport"
    assert queued.outputs == {"task_id": RULE, "values": 2, "collection_id": OTHER}


# --- people -----------------------------------------------------------------------------------------------------------

HOME = f"{URL}/v1/communities/{OTHER}"
PERSON = {"uuid": RULE, "firstname": "Ada", "communities": [{"uuid": OTHER, "name": "Main"}], "session_token": None}


def test_community_is_the_keys_own_one_when_none_is_named(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{URL}{tenant.OWN.path}", json={"items": [{"uuid": OTHER}, "odd"]})
    requests_mock.get(HOME, json={"uuid": OTHER, "name": "Main"})
    assert run("get-community").outputs["uuid"] == OTHER


def test_user_is_shown_with_the_first_community_and_its_size(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{URL}/v1/users/{RULE}", json=PERSON)
    requests_mock.get(HOME, json={"uuid": OTHER, "name": "Main", "is_parent": True, "odd": 1})
    requests_mock.get(f"{HOME}/avatars/", json={"items": [{"uuid": "a"}], "total": 12})
    outputs = run("get-user", user_uuid=RULE).outputs
    assert {key: outputs[key] for key in ("uuid", "firstname", "name", "is_parent", "total_members")} == {
        "uuid": RULE,
        "firstname": "Ada",
        "name": "Main",
        "is_parent": True,
        "total_members": 12,
    }
    assert (outputs["members"], "odd" in outputs) == ([{"uuid": "a"}], False)
    assert requests_mock.request_history[-1].qs == {"match[user_uuid]": [RULE], "limit": ["1"]}


@pytest.mark.parametrize("status", [403, 404])
def test_user_is_shown_without_a_community_that_cannot_be_read(
    status: int, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{URL}/v1/users/{RULE}", json=PERSON)
    requests_mock.get(HOME, status_code=status, json={"message": "no"})
    result = run("get-user", user_uuid=RULE)
    assert (result.outputs["firstname"], "total_members" in result.outputs) == ("Ada", False)
    assert "The community of the user is not shown." in result.readable_output


def test_user_of_no_community_costs_one_call(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{URL}/v1/users/{RULE}", json={**PERSON, "communities": []})
    assert run("get-user", user_uuid=RULE).outputs["firstname"] == "Ada"
    assert len(requests_mock.request_history) == 1


def test_key_tells_who_it_is_and_where_it_belongs(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{URL}/v1/auth/validate", json={"identity": f"apikey:{RULE}", "iat": 1_772_359_200})
    requests_mock.get(f"{URL}/v1/me", json={"uuid": RULE, "firstname": "Ada", "intake_key": "SECRET"})
    requests_mock.get(f"{URL}{tenant.OWN.path}", json={"items": [{"uuid": OTHER}]})
    assert run("who-am-i").outputs == {
        "uuid": RULE,
        "firstname": "Ada",
        "identity": f"apikey:{RULE}",
        "issued_at": "2026-03-01T10:00:00Z",
        "communities": [OTHER],
        "base_url": URL,
    }
