"""What alerts refer to: custom statuses, verdicts, kill chain stages, assets."""

from typing import Any

import pytest

from lab.sekoia.world import World
from tests.sekoia.caller import Caller

STATUSES = "/v1/sic/custom_statuses"
VERDICTS = "/v1/sic/custom_verdicts"
CHAINS = "/v1/sic/kill-chains"
ASSETS = "/v2/asset-management/assets"
STATUS_KEYS = """
    uuid community_uuid label description level stage created_at created_by created_by_type updated_at updated_by
    updated_by_type type is_used is_used_in_cases is_used_in_alerts
"""
ASSET_KEYS = """
    uuid entity_uuid community_uuid name type category criticality created_at created_by created_by_type updated_at
    first_seen last_seen nb_events nb_alerts nb_atoms atoms props typed_props connectors intake_format_uuids tags
    revoked revoked_at revoked_by reviewed reviewed_at reviewed_by source rule_uuid rule_version criticity asset_type
"""
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def labels(api: Caller, path: str, **query: Any) -> list[str]:
    return [item["label"] for item in api.items(path, **query)]


def test_custom_statuses_begin_with_the_five_converted_ones(api: Caller) -> None:
    listed = api.json(STATUSES)
    assert [item["label"] for item in listed["items"]] == ["Pending", "Acknowledged", "Ongoing", "Rejected", "Closed"]
    assert listed["items"][0].keys() == set(STATUS_KEYS.split())
    assert listed["total"] == 5


def test_custom_statuses_are_filtered_by_type(world: World, api: Caller) -> None:
    world.statuses.define("Legal", "in_progress", types=["case"])
    assert "Legal" not in labels(api, STATUSES, **{"match[type]": "alert"})
    assert "Legal" in labels(api, STATUSES, **{"match[type]": "case"})
    assert api.get(STATUSES, **{"match[type]": "rule"}).status_code == 400


def test_custom_statuses_are_all_listed_unless_a_limit_is_given(world: World, api: Caller) -> None:
    for number in range(30):
        world.statuses.define(f"own {number}", "open")
    assert len(labels(api, STATUSES)) == 35
    assert len(labels(api, STATUSES, limit=10, offset=30)) == 5


def test_use_of_statuses_and_verdicts_is_shown_unless_refused(world: World, api: Caller) -> None:
    world.alerts.raise_alert("one", status="Ongoing", verdict="True positive")
    used = {item["label"] for item in api.items(STATUSES) if item["is_used_in_alerts"]}
    assert used == {"Ongoing"}
    assert {item["label"] for item in api.items(VERDICTS) if item["is_used"]} == {"True positive"}
    assert "is_used" not in api.items(STATUSES, with_is_used="false")[0]


@pytest.mark.parametrize("path", [STATUSES, VERDICTS, CHAINS])
def test_each_book_opens_at_one_entry(api: Caller, path: str) -> None:
    first = api.items(path)[0]
    assert api.json(f"{path}/{first['uuid']}") == first
    assert api.get(f"{path}/{UNKNOWN}").status_code == 404


def test_verdicts_begin_with_one_of_each_stage(world: World, api: Caller) -> None:
    world.verdicts.define("Benign positive", "true_positive")
    found = [(item["label"], item["stage"]) for item in api.items(VERDICTS, limit=100)]
    assert found == [
        ("True positive", "true_positive"),
        ("False positive", "false_positive"),
        ("Benign positive", "true_positive"),
    ]


@pytest.mark.parametrize("book", ["statuses", "verdicts"])
def test_an_unknown_stage_raises_and_is_named(world: World, book: str) -> None:
    with pytest.raises(ValueError, match="sideways"):
        getattr(world, book).define("odd", "sideways")


@pytest.mark.parametrize("book", ["statuses", "verdicts"])
def test_a_label_is_used_once(world: World, book: str) -> None:
    label = getattr(world, book).all()[0].label
    with pytest.raises(ValueError, match=label):
        getattr(world, book).define(label, getattr(world, book).all()[0].stage)


def test_kill_chain_has_seven_stages_and_the_known_first(api: Caller) -> None:
    items = api.items(CHAINS)
    assert [item["order_id"] for item in items] == [1, 2, 3, 4, 5, 6, 7]
    assert items[0] == {
        "order_id": 1,
        "uuid": "73708d4f-419f-44aa-b505-288b522f9c30",
        "short_id": "KCXKNfnJupq5",
        "name": "Reconnaissance",
        "description": "Stage 1 of the kill chain",
        "stix_name": "reconnaissance",
    }


def test_kill_chain_stages_are_found_by_short_id_and_name(api: Caller) -> None:
    assert api.json(f"{CHAINS}/KCXKNfnJupq5")["order_id"] == 1
    assert [item["order_id"] for item in api.items(CHAINS, **{"match[name]": "Delivery,Installation"})] == [3, 5]
    assert [item["order_id"] for item in api.items(CHAINS, **{"match[short_id]": "KCXKNfnJupq5"})] == [1]


@pytest.fixture
def assets(world: World) -> World:
    world.assets.add("srv-b", criticality=60, tags=["file"], atoms={"ip-v4": ["198.51.100.7"]}, reviewed=True)
    world.assets.add("srv-a", criticality=20, category="server", source="import")
    world.assets.add("j.sample", "account", description="An account")
    world.assets.add("gone", revoked=True)
    return world


def names(api: Caller, **query: Any) -> list[str]:
    return [item["name"] for item in api.items(ASSETS, **query)]


def test_an_asset_of_the_list_has_the_short_fields(assets: World, api: Caller) -> None:
    item = api.items(ASSETS)[0]
    assert item.keys() == set(ASSET_KEYS.split())
    assert (item["atoms"], item["nb_atoms"], item["created_at"]) == (None, 1, "2026-03-01T10:00:00Z")
    assert api.items(ASSETS, incorporate_atoms="true")[0]["atoms"] == {"ip-v4": ["198.51.100.7"]}


def test_assets_come_in_batches_by_uuid(assets: World, api: Caller) -> None:
    wanted = [assets.assets.named(name).uuid for name in ("srv-a", "gone")]
    assert names(api, uuids=",".join([*wanted, UNKNOWN])) == ["srv-a"]
    assert names(api, uuids=",".join(wanted), include_revoked="true") == ["srv-a", "gone"]
    assert api.json(ASSETS, uuids=UNKNOWN) == {"total": 0, "items": []}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"search": "SRV"}, ["srv-b", "srv-a"]),
        ({"search": "file"}, []),
        ({"search": "file", "also_search_in_tags": "true"}, ["srv-b"]),
        ({"search": "100.7", "also_search_in_detection_properties": "true"}, ["srv-b"]),
        ({"type": "account,network"}, ["j.sample"]),
        ({"category": "server"}, ["srv-a"]),
        ({"source": "import"}, ["srv-a"]),
        ({"tags": "file,x"}, ["srv-b"]),
        ({"reviewed": "true"}, ["srv-b"]),
        ({"criticality": "20"}, ["srv-b"]),
        ({"community_uuids": "x"}, []),
        ({"sort": "name"}, ["j.sample", "srv-a", "srv-b"]),
        ({"sort": "criticality", "direction": "desc"}, ["srv-b", "srv-a", "j.sample"]),
        ({"sort": "type"}, ["j.sample", "srv-b", "srv-a"]),
        ({"sort": "created_at", "limit": "1", "offset": "1"}, ["srv-a"]),
    ],
    ids=str,
)
def test_assets_are_searched_filtered_and_sorted(
    assets: World, api: Caller, query: dict[str, str], expected: list[str]
) -> None:
    assert names(api, **query) == expected


def test_one_asset_has_more_fields_and_may_be_revoked(assets: World, api: Caller) -> None:
    shown = api.json(f"{ASSETS}/{assets.assets.named('gone').uuid}", with_compliance="true")
    assert (shown["revoked"], shown["revoked_at"]) == (True, "2026-03-01T10:00:00Z")
    assert {"description", "locked_props", "intake_formats", "partitions", "vulnerabilities"} <= shown.keys()


def test_an_asset_can_be_revoked_later(assets: World, api: Caller) -> None:
    assets.assets.revoke(assets.assets.named("srv-a").uuid)
    assert names(api, search="srv") == ["srv-b"]


@pytest.mark.parametrize(
    ("query", "place", "kind"),
    [
        ({"limit": "101"}, "limit", "less_than_equal"),
        ({"limit": "0"}, "limit", "greater_than"),
        ({"limit": "x"}, "limit", "int_parsing"),
        ({"offset": "-1"}, "offset", "greater_than_equal"),
        ({"include_revoked": "perhaps"}, "include_revoked", "bool_parsing"),
        ({"sort": "age"}, "sort", "literal_error"),
    ],
)
def test_a_bad_query_for_assets_is_422_as_fastapi_writes_it(
    api: Caller, query: dict[str, str], place: str, kind: str
) -> None:
    answer = api.get(ASSETS, **query)
    assert answer.status_code == 422
    [problem] = answer.json()["detail"]
    assert (problem["loc"], problem["type"]) == (["query", place], kind)
    assert problem["msg"]


def test_an_asset_path_that_is_no_uuid_is_422(api: Caller) -> None:
    assert api.get(f"{ASSETS}/srv-a").json()["detail"][0]["loc"] == ["path", "uuid"]


def test_an_unknown_asset_is_404(api: Caller) -> None:
    assert api.get(f"{ASSETS}/{UNKNOWN}").status_code == 404


def test_an_unknown_query_key_for_assets_names_itself(api: Caller) -> None:
    assert "sort_by" in api.get(ASSETS, sort_by="name").json()["message"]


@pytest.mark.parametrize("bad", [{"type": "printer"}, {"source": "magic"}, {"criticality": 101}], ids=str)
def test_an_asset_that_does_not_fit_raises(world: World, bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"asset's|criticality"):
        world.assets.add("odd", **bad)


def test_people_are_listed_with_the_user_inside(world: World, api: Caller) -> None:
    world.avatars.join("Jo Sample", "jo@soc.example")
    world.avatars.join("Kim Former", None, status="disabled")
    path = f"/v1/communities/{world.community}/avatars/"
    assert [item["name"] for item in api.items(path)] == ["Jo Sample", "Kim Former"]
    (found,) = api.items(path, **{"match[status]": "enabled"})
    assert (found["user"]["email"], found["uuid"]) == ("jo@soc.example", world.ids.of("avatar", "Jo Sample"))


def test_people_of_another_community_are_not_shown(api: Caller) -> None:
    path = "/v1/communities/00000000-0000-4000-8000-000000000000/avatars/"
    assert api.get(path).status_code == 404


def test_a_person_joins_with_an_own_mail_and_a_known_status(world: World) -> None:
    world.avatars.join("Jo Sample", "jo@soc.example")
    with pytest.raises(ValueError, match="has the e-mail"):
        world.avatars.join("Jo Double", "jo@soc.example")
    with pytest.raises(ValueError, match="status is one of"):
        world.avatars.join("Jo Away", status="away")
    assert world.avatars.join("Jo Sample", "other@soc.example").uuid != world.avatars.all()[0].uuid


def test_priorities_have_a_color_and_begin_with_four(world: World, api: Caller) -> None:
    items = api.items("/v1/sic/custom_priorities")
    assert [item["label"] for item in items] == ["Critical", "High", "Medium", "Low"]
    assert api.json(f"/v1/sic/custom_priorities/{items[0]['uuid']}")["color"] == "#8b0000"
    assert api.get("/v1/sic/custom_priorities/00000000-0000-4000-8000-000000000000").status_code == 404
