"""Any call of the API from the war room, and which permission which command needs; without the lab."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests_mock
import SekoiaXDRTenantCommandsApiModule as tenant
from SekoiaXDRTenantCommandsApiModule_test import PARAMS, URL, run, sent
from SekoiaXDRTenantCommandsApiModule_test import still_clock as still_clock

WRITER = tenant.Params.read({**PARAMS.raw, "http_request_writes": True})


# --- any call ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "path", "query"),
    [
        ("/v1/sic/alerts", "/v1/sic/alerts", {}),
        ("v1/me", "/v1/me", {}),
        ("/api/v2/asset-management/assets", "/v2/asset-management/assets", {}),
        (
            "/v1/sic/alerts?match[status_name]=Ongoing&limit=5",
            "/v1/sic/alerts",
            {"match[status_name]": "Ongoing", "limit": "5"},
        ),
        ("/v1/communities/x/avatars/", "/v1/communities/x/avatars/", {}),
    ],
)
def test_path_inside_the_api_is_taken(suffix: str, path: str, query: dict[str, str]) -> None:
    assert tenant.api_path(suffix) == (path, query)


@pytest.mark.parametrize("data", ['[{"a": 1}]', '{"text": "it\'s"}', "{'a': 'b'}", '{"n": 12345678901234567890}', "[]"])
def test_body_arrives_as_it_was_written(data: str, requests_mock: requests_mock.Mocker) -> None:
    requests_mock.post(f"{URL}/v1/x", json={})
    run("http-request", WRITER, method="post", url_suffix="/v1/x", data=data)
    expected = json.loads(data.replace("'", '"') if data.startswith("{'") else data)
    assert sent(requests_mock, "POST") == [expected]


@pytest.mark.parametrize(
    ("answer", "outputs"),
    [
        ({"items": [{"uuid": "1"}], "total": 1}, [{"uuid": "1"}]),
        ({"items": []}, []),
        ([{"uuid": "1"}, {"uuid": "2"}], [{"uuid": "1"}, {"uuid": "2"}]),
        ({"uuid": "1"}, {"uuid": "1"}),
        (["a", "b"], ["a", "b"]),
    ],
)
def test_answer_of_any_shape_is_given(answer: Any, outputs: Any, requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{URL}/v1/x", json=answer)
    assert run("http-request", url_suffix="/v1/x").outputs == outputs


def test_empty_answer_of_a_change_is_a_success(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.delete(f"{URL}/v1/x", status_code=204)
    result = run("http-request", WRITER, method="DELETE", url_suffix="/v1/x")
    assert "the answer is empty" in result.readable_output


def test_change_of_a_doubtful_answer_is_sent_once(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.delete(f"{URL}/v1/x", status_code=502)
    with pytest.raises(tenant.SekoiaDoubtful):
        run("http-request", WRITER, method="DELETE", url_suffix="/v1/x")
    assert len(requests_mock.request_history) == 1


@pytest.mark.parametrize(
    "suffix",
    [
        "https://evil.example/v1/x",
        "//evil.example/v1/x",
        "/v1/../admin",
        "/v1/x/%2e%2e/y",
        "/v1/x%2fy",
        "/v1/x%5cy",
        "/v1/x%3fy",
        "/v1/x%00",
        "/v1/x#y",
        "/v1/a b",
        "/v1/",
        "/login",
    ],
)
def test_path_that_may_lead_elsewhere_is_refused(suffix: str, requests_mock: requests_mock.Mocker) -> None:
    with pytest.raises(ValueError, match="is no path of the API"):
        run("http-request", method="GET", url_suffix=suffix)
    assert requests_mock.request_history == []


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"method": "get"}, "url_suffix: a value is needed"),
        ({"method": "head", "url_suffix": "/v1/x"}, "method: 'head'"),
        ({"method": "get", "url_suffix": "/v1/x", "data": "{}"}, "data: a GET carries none"),
        ({"method": "post", "url_suffix": "/v1/x", "data": "{a"}, "data: this is no JSON"),
        ({"method": "get", "url_suffix": "/v1/x", "parameters": "{a"}, "parameters: this is no JSON"),
        ({"method": "get", "url_suffix": "/v1/x", "parameters": ["a"]}, "parameters: give an object"),
        ({"method": "post", "url_suffix": "/v1/x"}, "method: POST can change data in Sekoia"),
    ],
)
def test_call_that_cannot_be_made_is_refused_before_it_is_sent(
    args: dict[str, Any], says: str, requests_mock: requests_mock.Mocker
) -> None:
    with pytest.raises(ValueError, match=says):
        run("http-request", **args)
    assert requests_mock.request_history == []


@pytest.mark.parametrize(
    ("parameters", "query"),
    [
        ("limit=5&empty=", {"limit": ["5"], "empty": [""]}),
        ("?limit=5", {"limit": ["5"]}),
        ('{"limit": 5, "all": true, "none": null}', {"limit": ["5"], "all": ["true"]}),
        ({"limit": 5}, {"limit": ["5"]}),
        (" ", {}),
        (None, {}),
    ],
)
def test_parameters_are_an_object_or_a_text(
    parameters: Any, query: dict[str, list[str]], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{URL}/v1/x", json={"uuid": "1"})
    run("http-request", url_sufix="/v1/x?a=b", parameters=parameters)
    assert parse_qs(urlsplit(requests_mock.request_history[0].url).query, keep_blank_values=True) == {
        "a": ["b"],
        **query,
    }


def test_dry_run_shows_the_call_with_its_query_and_body_and_needs_no_leave(
    requests_mock: requests_mock.Mocker,
) -> None:
    args = {"method": "POST", "url_suffix": "/v1/x?a=b", "data": '{"content": "Seen"}', "dry_run": "true"}
    shown = run("http-request", **args).readable_output
    assert ("POST /v1/x?a=b" in shown, '"content": "Seen"' in shown) == (True, True)
    assert requests_mock.request_history == []


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ({"uuid": "1", "deep": {"a": 1}, "title": "a|b"}, ["|uuid|title|", "| 1 | a\\|b |"]),
        ([{"only": {"a": 1}}], ["|only|"]),
        (["a", "b"], ["```", '"a"']),
        ({"items": []}, ["the answer is empty"]),
        ({"token": "t", "intake_key": "SECRET"}, ["|token|"]),
    ],
)
def test_answer_is_shown_as_far_as_it_can_be_read(
    answer: Any, shown: list[str], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{URL}/v1/x", json=answer)
    result = run("http-request", url_suffix="/v1/x")
    assert all(part in result.readable_output for part in shown)
    assert "SECRET" not in str((result.outputs, result.raw_response, result.readable_output))


# --- permissions ------------------------------------------------------------------------------------------------------


def test_every_command_of_the_chain_tells_its_calls() -> None:
    calls = tenant.all_calls()
    assert set(tenant.TENANT_COMMANDS) <= set(calls)
    assert calls["sekoia-xdr-list-rules"] == (f"GET {tenant.RULES_PATH}",)
    assert calls["sekoia-xdr-revoke-ioc-collection-indicator"][0].startswith("DELETE /v2/inthreat/")


@pytest.mark.parametrize(
    ("call", "titles"),
    [
        ("POST /v1/sic/conf/rules-catalog/rules/x/alert-filters", ["Manage rules and alert filters"]),
        ("POST /v1/sic/conf/events/search/jobs", ["View intakes", "View events"]),
        ("GET /v1/me", []),
    ],
)
def test_permission_whose_title_holds_an_and_stays_whole(call: str, titles: list[str]) -> None:
    assert tenant.rights_of(call) == titles


def held(requests_mock: requests_mock.Mocker, *titles: str) -> None:
    """The key has these permissions."""
    items = [{"title": title} for title in titles]
    requests_mock.get(f"{URL}{tenant.MY_PERMISSIONS.path}", json={"items": items, "total": len(items)})


def test_permissions_tell_what_each_command_and_feature_lacks(requests_mock: requests_mock.Mocker) -> None:
    held(requests_mock, "view ALERTS", "Manage alerts", "Comment on alerts")
    result = run("permissions")
    features = {one["name"]: one for one in result.outputs["features"]}
    commands = {one["name"]: one for one in result.outputs["commands"]}
    assert features["Fetch"] == {"name": "Fetch", "needs": ["View alerts"], "missing": [], "usable": True}
    assert features["Mirroring out: status"]["missing"] == ["Update alert status"]
    assert commands["sekoia-xdr-list-rules"]["missing"] == ["View Rules Catalog"]
    assert commands["sekoia-xdr-close-alert"] == {
        "name": "sekoia-xdr-close-alert",
        "needs": ["View alerts", "Update alert status"],
        "missing": ["Update alert status"],
        "usable": False,
    }
    assert result.outputs["held"] == ["Comment on alerts", "Manage alerts", "view ALERTS"]
    assert "| sekoia-xdr-list-rules | View Rules Catalog |" in result.readable_output
    assert "| sekoia-xdr-get-alert |" not in result.readable_output


def test_key_with_every_permission_can_use_everything(requests_mock: requests_mock.Mocker) -> None:
    held(requests_mock)
    missing = run("permissions").outputs["missing"]
    assert "Manage cases" in missing
    held(requests_mock, *missing)
    result = run("permissions")
    assert result.outputs["missing"] == []
    assert result.readable_output.startswith("### Missing permissions (0)\nEverything can be used.")


def test_key_without_any_permission_is_told_so(requests_mock: requests_mock.Mocker) -> None:
    held(requests_mock)
    result = run("permissions")
    assert "The key has: no permission." in result.readable_output
    usable = {one["name"] for one in result.outputs["commands"] if one["usable"]}
    assert {"sekoia-xdr-who-am-i", "sekoia-xdr-permissions"} <= usable
    assert "sekoia-xdr-get-alert" not in usable


def test_command_that_no_table_knows_is_no_silent_gap() -> None:
    with pytest.raises(KeyError):
        tenant.calls_of("sekoia-xdr-nothing", None)
