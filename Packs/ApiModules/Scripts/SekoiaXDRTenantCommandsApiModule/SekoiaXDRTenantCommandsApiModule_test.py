"""The commands on what a tenant is made of, alone."""

import json
import time
from typing import Any

import pytest
import requests_mock
import SekoiaXDRTenantCommandsApiModule as tenant

URL = "https://api.sekoia.io"
RULE = "5f1c2a4e-8d0b-4c7a-9e53-0a1b2c3d4e5f"
OTHER = "0b9d7c6a-1e2f-4a3b-8c4d-5e6f7a8b9c0d"
RULE_URL = f"{URL}{tenant.RULES_PATH}/{RULE}"
PARAMS = tenant.Params.read({"url": URL, "credentials": {"password": "not-a-real-key"}, "timezone": "UTC"})
WRITER = tenant.Params.read({**PARAMS.raw, "http_request_writes": True})


@pytest.fixture(autouse=True)
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 2026-03-01T10:00:00Z, and no wait takes time."""
    monkeypatch.setattr(time, "time", lambda: 1_772_359_200.0)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


def run(name: str, params: tenant.Params = PARAMS, **args: Any) -> Any:
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
