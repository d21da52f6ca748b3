"""Writing to assets: what each call changes, what it refuses, what the history tells of it."""

from typing import Any

import pytest

from lab.clock import Clock
from lab.sekoia.assets.model import Asset
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from tests.sekoia.caller import Caller

ASSETS = "/v2/asset-management/assets"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def host(world: World) -> Asset:
    return world.assets.add("srv-a", atoms={"ip-v4": ["198.51.100.7"]}, props={"owner": "file team"}, tags=["file"])


def sent(api: Caller, method: str, path: str, body: Any = None) -> Any:
    answer = api.call(method, ASSETS + path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_new_asset_is_in_the_list(world: World, api: Caller) -> None:
    body = {"community_uuid": world.community, "name": "srv-b", "type": "host", "atoms": {"hostname": "srv-b"}}
    made = sent(api, "POST", "", body)
    assert made["atoms"] == {"hostname": ["srv-b"]}
    assert [one["uuid"] for one in api.items(ASSETS)] == [made["uuid"]]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"name": "x"}, ["body", "name"]),
        ({"type": "computer"}, ["body", "type"]),
        ({"criticality": 101}, ["body", "criticality"]),
        ({"community_uuid": "home"}, ["body", "community_uuid"]),
    ],
)
def test_a_new_asset_that_does_not_fit_is_422(
    world: World, api: Caller, change: dict[str, Any], place: list[str]
) -> None:
    body = {"community_uuid": world.community, "name": "srv-b", "type": "host", **change}
    answer = api.call("POST", ASSETS, json=body)
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, place)


def test_a_new_asset_of_another_community_is_403(api: Caller) -> None:
    answer = api.call("POST", ASSETS, json={"community_uuid": UNKNOWN, "name": "srv-b", "type": "host"})
    assert answer.status_code == 403


def test_a_change_leaves_what_it_does_not_name(api: Caller, host: Asset) -> None:
    shown = sent(api, "PUT", f"/{host.uuid}", {"criticality": 80, "description": "File server"})
    assert (shown["criticality"], shown["description"], shown["name"]) == (80, "File server", "srv-a")
    assert shown["tags"] == ["file"]


def test_a_revoked_asset_can_be_restored(api: Caller, host: Asset) -> None:
    assert sent(api, "PUT", f"/{host.uuid}/revoke")["revoked"] is True
    assert api.items(ASSETS) == []
    assert sent(api, "PUT", f"/{host.uuid}/restore")["revoked"] is False
    assert len(api.items(ASSETS)) == 1


def test_a_merge_revokes_the_sources_and_keeps_what_they_knew(world: World, api: Caller, host: Asset) -> None:
    other = world.assets.add("srv-a.example", atoms={"ip-v4": ["198.51.100.8"]}, tags=["dmz"])
    shown = sent(api, "POST", "/merge", {"destination": host.uuid, "sources": [other.uuid]})
    assert shown["atoms"] == {"ip-v4": ["198.51.100.7", "198.51.100.8"]}
    assert (shown["tags"], other.is_revoked, host.is_revoked) == (["file", "dmz"], True, False)


def test_an_asset_is_not_merged_into_itself(api: Caller, host: Asset) -> None:
    answer = api.call("POST", ASSETS + "/merge", json={"destination": host.uuid, "sources": [host.uuid]})
    assert (answer.status_code, host.is_revoked) == (422, False)


def test_atoms_are_attached_and_detached(api: Caller, host: Asset) -> None:
    atom = {"atom_type": "hostname", "atom": "srv-a"}
    assert sent(api, "POST", f"/{host.uuid}/attach", atom) is True
    assert host.atoms["hostname"] == ["srv-a"]
    assert [sent(api, "POST", f"/{host.uuid}/detach", atom) for _ in range(2)] == [True, False]
    assert "hostname" not in host.atoms


def test_a_property_is_set_by_a_text_read_and_removed(api: Caller, host: Asset) -> None:
    assert sent(api, "POST", f"/{host.uuid}/prop/site", "north") is True
    assert api.json(f"{ASSETS}/{host.uuid}/prop/site") == "north"
    assert [sent(api, "DELETE", f"/{host.uuid}/prop/site") for _ in range(2)] == [True, False]
    assert api.json(f"{ASSETS}/{host.uuid}/prop/site") is None


def test_a_property_that_is_no_text_is_422(api: Caller, host: Asset) -> None:
    answer = api.call("POST", f"{ASSETS}/{host.uuid}/prop/site", json={"value": "north"})
    assert answer.status_code == 422


def test_a_tag_with_a_blank_and_a_slash_comes_and_goes(api: Caller, host: Asset) -> None:
    assert sent(api, "POST", f"/{host.uuid}/tag/tier%200%2Fcore") is True
    assert host.tags == ["file", "tier 0/core"]
    assert sent(api, "DELETE", f"/{host.uuid}/tag/tier%200%2Fcore") is True
    assert host.tags == ["file"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "", {"name": "other"}),
        ("PUT", "/revoke", None),
        ("POST", "/attach", {"atom_type": "hostname", "atom": "x"}),
        ("POST", "/tag/x", None),
        ("GET", "/history", None),
    ],
)
def test_an_asset_nobody_knows_is_404(api: Caller, method: str, path: str, body: Any) -> None:
    assert api.call(method, f"{ASSETS}/{UNKNOWN}{path}", json=body).status_code == 404


def test_a_key_that_only_reads_changes_nothing(world: World, server: SekoiaServer, host: Asset) -> None:
    with Caller(server.url, world.keys.issue("reader", permissions=["View asset"])) as reader:
        assert reader.call("PUT", f"{ASSETS}/{host.uuid}/revoke").status_code == 403
    assert not host.is_revoked


def told(api: Caller, host: Asset, **query: str) -> list[list[str]]:
    days = api.items(f"{ASSETS}/{host.uuid}/history", **query)
    return [[line["action"] for line in lines] for day in days for lines in day.values()]


def test_history_goes_by_day_newest_first(world: World, api: Caller, clock: Clock, host: Asset) -> None:
    clock.advance(86_400)
    world.assets.revoke(host.uuid)
    world.assets.restore(host.uuid)
    assert told(api, host) == [["restore", "revoke"], ["create"]]
    assert told(api, host, order="asc", search="revoked") == [["revoke"]]
    assert told(api, host, latest="2026-03-02T00:00:00Z") == [["create"]]


@pytest.mark.parametrize(("unit", "expected"), [("line", [["restore"]]), ("day", [["restore", "revoke"]])])
def test_history_counts_lines_or_days(
    world: World, api: Caller, clock: Clock, host: Asset, unit: str, expected: list[list[str]]
) -> None:
    clock.advance(86_400)
    world.assets.revoke(host.uuid)
    world.assets.restore(host.uuid)
    world.switches.turn(asset_history_unit=unit)
    assert told(api, host, limit="1") == expected


def test_an_order_of_history_that_is_none_is_422(api: Caller, host: Asset) -> None:
    assert api.get(f"{ASSETS}/{host.uuid}/history", order="up").status_code == 422
