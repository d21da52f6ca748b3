"""The commands on assets."""

import re
from typing import Any

import pytest
import requests_mock
import SekoiaXDRAssetCommandsApiModule as assets

URL = "https://api.sekoia.io"
UUID = "5f1c2a4e-8d0b-4c7a-9e53-0a1b2c3d4e5f"
OTHER = "6a2d3b5f-9e1c-4d8b-8f64-1b2c3d4e5f60"
HOME = "7b3e4c60-af2d-4e9c-9a75-2c3d4e5f6071"
PATH = f"{URL}/v2/asset-management/assets"
PARAMS = assets.Params.read({"url": URL, "credentials": {"password": "not-a-real-key"}, "timezone": "UTC"})
ASSET = {
    "uuid": UUID,
    "name": "srv-files-01",
    "type": "host",
    "category": "server",
    "criticality": 54,
    "atoms": {"hostname": ["srv-files-01"], "ip-v4": ["198.51.100.7", "198.51.100.8"]},
    "props": {"owner": "file team"},
    "tags": ["file"],
    "revoked": False,
    "criticity": None,
    "asset_type": None,
}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("SekoiaXDRApiModule.SETTLE_SECONDS", 0.0)


def run(command: str, **args: str) -> Any:
    return assets.ASSET_COMMANDS[f"sekoia-xdr-{command}"](PARAMS.client(30), args, PARAMS)


def sent(mocker: requests_mock.Mocker) -> list[tuple[str, str, Any]]:
    """What was written: method, path below the assets, body."""
    writes = [call for call in mocker.request_history if call.method != "GET"]
    return [
        (call.method, call.path.removeprefix("/v2/asset-management/assets"), call.body and call.json())
        for call in writes
    ]


def test_asset_has_the_shape_of_both_versions(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{PATH}/{UUID}", json=ASSET)
    found = run("get-asset", asset_uuid=UUID).outputs
    assert found["criticity"] == {"value": 54, "display": "medium"}
    assert found["asset_type"]["name"] == "computer"
    assert found["category"] == {"name": "server"}
    assert [(key["name"], key["value"]) for key in found["keys"]] == [
        ("hostname", "srv-files-01"),
        ("ip-v4", "198.51.100.7"),
        ("ip-v4", "198.51.100.8"),
    ]
    assert [(one["name"], one["value"]) for one in found["attributes"]] == [("owner", "file team")]
    assert (found["type"], found["atoms"]) == ("host", ASSET["atoms"])


@pytest.mark.parametrize(
    ("value", "word"), [(0, "low"), (33, "low"), (34, "medium"), (67, "medium"), (68, "high"), (100, "high")]
)
def test_criticality_has_the_words_of_version_1(value: int, word: str) -> None:
    assert assets.asset_output({"criticality": value}, PARAMS)["criticity"] == {"value": value, "display": word}


def test_what_sekoia_gives_in_the_former_shape_is_kept() -> None:
    former = {"category": {"name": "x", "types": []}, "criticity": {"value": 1}, "asset_type": {"name": "y"}}
    found = assets.asset_output({"type": "host", "criticality": 9, **former}, PARAMS)
    assert {name: found[name] for name in former} == former


@pytest.mark.parametrize(("kind", "category"), [("host", "technical"), ("account", "people"), ("satellite", None)])
def test_category_that_is_missing_is_that_of_the_type(kind: str, category: str | None) -> None:
    assert assets.asset_output({"type": kind}, PARAMS)["category"].get("name") == category


@pytest.mark.parametrize("odd", [{}, {"atoms": None, "props": 3}, {"atoms": {"hostname": "lone"}}, {"type": ["x"]}])
def test_asset_with_odd_parts_is_still_an_asset(odd: dict[str, Any]) -> None:
    found = assets.asset_output(odd, PARAMS)
    assert [key["value"] for key in found["keys"]] == (["lone"] if odd.get("atoms") else [])
    assert found["attributes"] == []


def test_ids_of_keys_and_attributes_stay_the_same() -> None:
    first, second = (assets.keys_of({**ASSET, "name": name}) for name in ("a", "b"))
    assert first == second
    assert len({key["uuid"] for key in first}) == 3
    assert first != assets.keys_of({**ASSET, "uuid": OTHER})


def test_list_speaks_both_types_and_keeps_the_total(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(PATH, json={"total": 40, "items": [ASSET]})
    found = run("list-assets", assets_type="Computer,account", limit="1", asset_uuid=UUID, include_revoked="true")
    request = requests_mock.last_request
    assert request is not None
    assert request.qs == {
        "type": ["host,account"],
        "uuids": [UUID],
        "include_revoked": ["true"],
        "incorporate_atoms": ["true"],
        "limit": ["1"],
        "offset": ["0"],
    }
    assert found.outputs[0]["total"] == 40
    first = found.outputs[0]["items"]["0"]
    assert (first["name"], first["keys"]["0"]["value"], "tags" in first) == ("srv-files-01", "srv-files-01", False)
    assert found.outputs[0]["keys"][0]["value"] == "srv-files-01"


def test_unknown_type_is_refused_before_any_call(requests_mock: requests_mock.Mocker) -> None:
    with pytest.raises(
        ValueError, match=re.escape("assets_type: 'printer' is unknown. Use one of: host, account, network")
    ):
        run("list-assets", assets_type="printer")
    assert requests_mock.request_history == []


def test_new_asset_belongs_to_the_community_of_the_key(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{URL}/v1/me/communities", json={"items": [{"uuid": HOME}]})
    requests_mock.post(PATH, json=ASSET)
    found = run(
        "create-asset", name="srv-files-01", type="host", keys="ip-v4=198.51.100.7,ip-v4=198.51.100.8", tags="a,b"
    )
    assert sent(requests_mock)[0][2] == {
        "name": "srv-files-01",
        "type": "host",
        "tags": ["a", "b"],
        "atoms": {"ip-v4": ["198.51.100.7", "198.51.100.8"]},
        "community_uuid": HOME,
    }
    assert found.outputs["keys"][0]["value"] == "srv-files-01"


def test_new_asset_of_a_key_of_several_communities_asks_which(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{URL}/v1/me/communities", json={"items": [{"uuid": HOME}, {"uuid": OTHER}]})
    with pytest.raises(ValueError, match=f"belongs to 2 communities. Give one: {HOME}, {OTHER}"):
        run("create-asset", name="srv", type="host")
    assert sent(requests_mock) == []


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"keys": "hostname"}, "keys: write name=value"),
        ({"attributes": "=x"}, "attributes: write name=value"),
        ({"criticality": "101"}, "criticality: '101' is not a whole number from 0 to 100"),
        ({"community_uuid": "home"}, "is no community id"),
        ({"name": "x"}, "name: Sekoia takes 2 to 1000 characters"),
    ],
)
def test_new_asset_is_checked_before_any_call(
    args: dict[str, str], says: str, requests_mock: requests_mock.Mocker
) -> None:
    with pytest.raises(ValueError, match=says):
        run("create-asset", **{"name": "srv", "type": "host", **args})
    assert requests_mock.request_history == []


def test_change_whose_answer_was_lost_is_found_on_the_asset(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.put(f"{PATH}/{UUID}", status_code=504, text="late")
    requests_mock.get(f"{PATH}/{UUID}", json={**ASSET, "description": "File server"})
    assert run("update-asset", asset_uuid=UUID, description="File server").outputs["description"] == "File server"
    assert len(sent(requests_mock)) == 1


def test_merge_names_destination_and_sources(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.post(f"{PATH}/merge", json=ASSET)
    run("merge-assets", destination=UUID, sources=OTHER)
    assert sent(requests_mock) == [("POST", "/merge", {"destination": UUID, "sources": [OTHER]})]


# Command, arguments, what is sent, the asset before and after.
TURNS: dict[str, tuple[dict[str, str], tuple[str, str, Any], dict[str, Any], dict[str, Any]]] = {
    "revoke-asset": ({}, ("PUT", "/revoke", None), {"revoked": False}, {"revoked": True}),
    "restore-asset": ({}, ("PUT", "/restore", None), {"revoked": True}, {"revoked": False}),
    "add-tag-asset": ({"tag": "tier 0/x"}, ("POST", "/tag/tier%200%2fx", None), {}, {"tags": ["file", "tier 0/x"]}),
    "remove-tag-asset": ({"tag": "file"}, ("DELETE", "/tag/file", None), {}, {"tags": []}),
    "add-keys-asset": (
        {"name": "hostname", "value": "new"},
        ("POST", "/attach", {"atom_type": "hostname", "atom": "new"}),
        {},
        {"atoms": {"hostname": ["srv-files-01", "new"]}},
    ),
    "add-attributes-asset": (
        {"name": "site", "value": "north"},
        ("POST", "/prop/site", "north"),
        {},
        {"props": {"site": "north"}},
    ),
    "remove-key-asset": (
        {"key_uuid": "hostname"},
        ("POST", "/detach", {"atom_type": "hostname", "atom": "srv-files-01"}),
        {},
        {"atoms": {}},
    ),
    "remove-attribute-asset": ({"attribute_uuid": "owner"}, ("DELETE", "/prop/owner", None), {}, {"props": {}}),
}


def staged(mocker: requests_mock.Mocker, name: str, *, takes: bool = True, status: int = 200) -> dict[str, str]:
    """An API that makes the change (or does not) and answers the write with that status; gives the arguments back."""
    args, (method, tail, _), before, after = TURNS[name]
    shown = {**ASSET, **before}

    def write(request: Any, context: Any) -> Any:
        shown.update(after if takes else {})
        context.status_code = status
        return True if status == 200 else {"message": "late"}

    mocker.get(f"{PATH}/{UUID}", json=lambda request, context: shown)
    mocker.register_uri(method, f"{PATH}/{UUID}{tail}", json=write)
    return {"asset_uuid": UUID, **args}


@pytest.mark.parametrize("name", TURNS)
def test_turn_is_sent_once_and_read_back(name: str, requests_mock: requests_mock.Mocker) -> None:
    found = run(name, **staged(requests_mock, name))
    method, tail, body = TURNS[name][1]
    assert sent(requests_mock) == [(method, f"/{UUID}{tail}", body)]
    item = next(value for key, value in found.outputs.items() if key.startswith("SekoiaXDR.Asset("))
    expected = assets.asset_output({**ASSET, **TURNS[name][3]}, PARAMS)
    assert item == {key: expected[key] for key in assets.TURNED_KEYS if key in expected}


@pytest.mark.parametrize("name", TURNS)
def test_turn_whose_answer_was_lost_is_not_repeated(name: str, requests_mock: requests_mock.Mocker) -> None:
    run(name, **staged(requests_mock, name, status=504))
    assert len(sent(requests_mock)) == 1


@pytest.mark.parametrize("name", TURNS)
def test_turn_that_the_asset_does_not_show_is_an_error(name: str, requests_mock: requests_mock.Mocker) -> None:
    with pytest.raises(ValueError, match="the asset does not show it"):
        run(name, **staged(requests_mock, name, takes=False))


@pytest.mark.parametrize("name", TURNS)
def test_dry_run_of_a_turn_sends_nothing(name: str, requests_mock: requests_mock.Mocker) -> None:
    found = run(name, **staged(requests_mock, name), dry_run="true")
    assert "nothing was sent" in found.readable_output
    assert sent(requests_mock) == []


@pytest.mark.parametrize("name", ["add-keys-asset", "add-attributes-asset"])
def test_what_was_added_is_also_at_the_root(name: str, requests_mock: requests_mock.Mocker) -> None:
    args = staged(requests_mock, name)
    found = run(name, **args)
    assert {key: found.outputs[key] for key in ("name", "value")} == {key: args[key] for key in ("name", "value")}
    added = assets.keys_of if name == "add-keys-asset" else assets.attributes_of
    assert found.outputs["uuid"] in [one["uuid"] for one in added(found.raw_response)]


@pytest.mark.parametrize("wanted", ["ip-v4=198.51.100.8", "the id"])
def test_key_is_removed_by_its_id_or_by_name_and_value(wanted: str, requests_mock: requests_mock.Mocker) -> None:
    identity = assets.keys_of(ASSET)[2]["uuid"] if wanted == "the id" else wanted
    gone = {**ASSET, "atoms": {}}
    requests_mock.get(f"{PATH}/{UUID}", [{"json": ASSET}, {"json": gone}])
    requests_mock.post(f"{PATH}/{UUID}/detach", json=True)
    run("remove-key-asset", asset_uuid=UUID, key_uuid=identity)
    assert sent(requests_mock)[0][2] == {"atom_type": "ip-v4", "atom": "198.51.100.8"}


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("ip-v4", "fits several. Choose one of: ip-v4=198.51.100.7, ip-v4=198.51.100.8"),
        ("mac-addr", "is not on the asset. Choose one of: hostname=srv-files-01"),
    ],
)
def test_key_that_is_not_clear_lists_the_choices(wanted: str, says: str, requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{PATH}/{UUID}", json=ASSET)
    with pytest.raises(ValueError, match=says):
        run("remove-key-asset", asset_uuid=UUID, key_uuid=wanted)
    assert sent(requests_mock) == []


@pytest.mark.parametrize("step", [".", ".."])
def test_name_cannot_climb_out_of_its_path(step: str, requests_mock: requests_mock.Mocker) -> None:
    for command, args in (("add-tag-asset", {"tag": step}), ("add-attributes-asset", {"name": step, "value": "x"})):
        with pytest.raises(ValueError, match="cannot be used"):
            run(command, asset_uuid=UUID, **args)
    assert requests_mock.request_history == []


def day(number: int, *messages: str) -> dict[str, Any]:
    date = f"2026-03-{number:02}"
    return {date: [{"created_at": f"{date}T10:00:00Z", "action": "update", "message": one} for one in messages]}


def test_history_is_flat_and_read_until_a_page_is_empty(requests_mock: requests_mock.Mocker) -> None:
    pages = [[day(3, "c", "b")], [day(2, "a")], []]
    requests_mock.get(f"{PATH}/{UUID}/history", [{"json": {"total": 3, "items": page}} for page in pages])
    found = run("get-history-asset", asset_uuid=UUID, all_results="true", start_time="2026-03-01T00:00:00Z")
    assert [line["message"] for line in found.outputs] == ["c", "b", "a"]
    assert {line["asset_uuid"] for line in found.outputs} == {UUID}
    assert [call.qs["offset"] for call in requests_mock.request_history] == [["0"], ["100"], ["200"]]
    assert requests_mock.request_history[0].qs["earliest"] == ["2026-03-01t00:00:00z"]


def test_history_that_ignores_the_offset_ends(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{PATH}/{UUID}/history", json={"total": 1, "items": [day(3, "a")]})
    assert len(run("get-history-asset", asset_uuid=UUID, all_results="true").outputs) == 1


def test_history_without_anything_says_so(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{PATH}/{UUID}/history", json={"total": 0, "items": []})
    found = run("get-history-asset", asset_uuid=UUID, page="2", limit="10")
    assert found.readable_output == "### History of the asset\nNothing is recorded."
    assert requests_mock.request_history[0].qs["offset"] == ["10"]
