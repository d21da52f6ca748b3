"""What every tenant must answer to the calls that only read. The lab is held to it, and a real tenant can be."""

import itertools
from typing import Any

import pytest
import SekoiaXDRApiModule as api

LEGACY = {
    "Pending": "2efc4930-1442-4abb-acf2-58ba219a4fd0",
    "Acknowledged": "8f206505-af6d-433e-93f4-775d46dc7d0f",
    "Ongoing": "1f2f88d5-ff5b-48bf-bbbc-00c2fff82d9f",
    "Rejected": "4f68da89-38e0-4703-a6ab-652f02bdf24e",
    "Closed": "1738b1c1-767d-489e-bada-19176621a007",
}
NOBODY = "00000000-0000-4000-8000-000000000000"


def newest(reader: api.SekoiaClient, count: int = 30, **said: Any) -> list[dict[str, Any]]:
    """The newest alerts; the test is skipped in a tenant that has none."""
    query = api.AlertQuery(direction="desc", **said)
    found: list[dict[str, Any]] = reader.alerts_page(query, count).items
    if not found:
        pytest.skip("the tenant has no alert that this test could look at")
    return found


def test_key_is_valid(reader: api.SekoiaClient) -> None:
    assert str(reader.validate_key()["identity"])


def test_permissions_have_titles(reader: api.SekoiaClient) -> None:
    assert "View alerts" in [
        permission["title"] for permission in reader.read_object(api.ApiCall("GET", "/v1/me/permissions"))["items"]
    ]


def test_unknown_key_is_refused_as_invalid(reader: api.SekoiaClient) -> None:
    stranger = api.SekoiaClient(reader.root, "eyJhbGciOiJub25lIn0.e30.x")
    with pytest.raises(api.SekoiaAuthError) as caught:
        stranger.validate_key()
    assert (caught.value.reason, caught.value.code) == ("invalid", "T300")


def test_page_holds_no_more_than_its_limit_and_tells_the_total(reader: api.SekoiaClient) -> None:
    page = reader.alerts_page(api.AlertQuery(), 3)
    assert len(page.items) <= 3
    assert page.total is not None and page.total >= len(page.items)


def test_page_without_count_has_the_same_items(reader: api.SekoiaClient) -> None:
    counted, plain = (reader.alerts_page(api.AlertQuery(with_count=flag), 5) for flag in (True, False))
    assert [item["uuid"] for item in plain.items] == [item["uuid"] for item in counted.items]


def test_offset_goes_on_where_the_page_ended(reader: api.SekoiaClient) -> None:
    query = api.AlertQuery()
    whole = [item["uuid"] for item in reader.alerts_page(query, 10).items]
    halves = [item["uuid"] for offset in (0, 5) for item in reader.alerts_page(query, 5, offset).items]
    assert halves == whole


def test_offset_beyond_the_end_is_an_empty_page(reader: api.SekoiaClient) -> None:
    assert reader.alerts_page(api.AlertQuery(status_names=("Pending",)), 1, 1_000_000).items == []


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize(("sort", "read"), [("created_at", "created_at"), ("updated_at", "updated_at")])
def test_alerts_come_in_the_order_asked_for(reader: api.SekoiaClient, sort: str, read: str, direction: str) -> None:
    page = reader.alerts_page(api.AlertQuery(sort=sort, direction=direction), 50)
    moments = [item[read] for item in page.items]
    assert moments == sorted(moments, reverse=direction == "desc")


def test_alerts_are_sorted_by_urgency(reader: api.SekoiaClient) -> None:
    page = reader.alerts_page(api.AlertQuery(sort="urgency", direction="desc"), 50)
    numbers = [item["urgency"]["current_value"] for item in page.items]
    assert numbers == sorted(numbers, reverse=True)


@pytest.mark.parametrize("names", [("Pending",), ("Acknowledged", "Ongoing"), ("Closed",)])
def test_status_name_selects_its_alerts(reader: api.SekoiaClient, names: tuple[str, ...]) -> None:
    found = newest(reader, status_names=names)
    assert {item["status"]["name"] for item in found} <= set(names)


def test_status_uuid_selects_what_its_name_selects(reader: api.SekoiaClient) -> None:
    by_name = newest(reader, status_names=("Pending",))
    by_uuid = newest(reader, status_uuids=(LEGACY["Pending"],))
    assert [item["uuid"] for item in by_uuid] == [item["uuid"] for item in by_name]


def test_custom_status_uuid_selects_its_alerts(reader: api.SekoiaClient) -> None:
    wanted = newest(reader)[0]["custom_status_uuid"]
    assert {item["custom_status_uuid"] for item in newest(reader, custom_status_uuids=(wanted,))} == {wanted}


FIELDS = {
    "types": ("alert_type", "value"),
    "entity_uuids": ("entity", "uuid"),
    "entity_names": ("entity", "name"),
    "rule_uuids": ("rule", "uuid"),
    "rule_names": ("rule", "name"),
}


@pytest.mark.parametrize("name", FIELDS)
def test_value_of_an_alert_selects_alerts_with_that_value(reader: api.SekoiaClient, name: str) -> None:
    outer, inner = FIELDS[name]
    values = [(item.get(outer) or {}).get(inner) for item in newest(reader)]
    wanted = next((value for value in values if value and "," not in value), None)
    if wanted is None:
        pytest.skip(f"no alert has a {outer}.{inner} that can be asked for")
    assert {item[outer][inner] for item in newest(reader, 30, **{name: (wanted,)})} == {wanted}


def test_community_selects_its_alerts(reader: api.SekoiaClient) -> None:
    wanted = newest(reader)[0]["community_uuid"]
    assert {item["community_uuid"] for item in newest(reader, community_uuids=(wanted,))} == {wanted}


@pytest.mark.parametrize("key", ["uuid", "short_id"])
def test_ids_select_exactly_their_alerts(reader: api.SekoiaClient, key: str) -> None:
    wanted = [item[key] for item in newest(reader, 3)]
    assert sorted(item[key] for item in newest(reader, ids=tuple(wanted))) == sorted(wanted)


def test_urgency_range_includes_its_ends(reader: api.SekoiaClient) -> None:
    wanted = newest(reader)[0]["urgency"]["current_value"]
    found = newest(reader, urgency=(wanted, wanted))
    assert {item["urgency"]["current_value"] for item in found} == {wanted}


@pytest.mark.parametrize("moment", ["created", "updated"])
def test_window_of_time_holds_the_alerts_inside_it(reader: api.SekoiaClient, moment: str) -> None:
    moments = sorted(item[f"{moment}_at"] for item in newest(reader, 100, sort=f"{moment}_at"))
    start, end = moments[len(moments) // 3] - 1, moments[2 * len(moments) // 3] + 1
    found = newest(reader, 100, sort=f"{moment}_at", **{moment: (start, end)})
    assert sorted(item[f"{moment}_at"] for item in found) == [at for at in moments if start < at < end]


def test_extra_parameter_reaches_the_api(reader: api.SekoiaClient) -> None:
    unwanted = newest(reader)[0]["rule"]["uuid"]
    found = reader.alerts_page(api.AlertQuery(extra={"nomatch[rule_uuid]": unwanted}), 50).items
    assert unwanted not in [item["rule"]["uuid"] for item in found]


def test_walk_by_key_finds_what_paging_finds(reader: api.SekoiaClient) -> None:
    start = newest(reader, 100)[-1]["created_at"]
    walked = [item["uuid"] for page in reader.alerts_since(api.AlertQuery(), start) for item in page.items]
    paged = [item["uuid"] for item in reader.iter_alerts(api.AlertQuery(created=(start, None)))]
    assert len(walked) == len(set(walked))
    assert set(walked) >= set(paged)


def test_walk_by_key_is_in_order(reader: api.SekoiaClient) -> None:
    start = newest(reader, 100)[-1]["created_at"]
    pages = reader.alerts_since(api.AlertQuery(), start)
    moments = [item["created_at"] for page in pages for item in page.items]
    assert all(earlier <= later for earlier, later in itertools.pairwise(moments))


def test_paging_stops_at_the_limit(reader: api.SekoiaClient) -> None:
    assert len(list(reader.iter_alerts(api.AlertQuery(), 7))) <= 7


@pytest.mark.parametrize("limit", [0, 101, -1])
def test_page_outside_the_bounds_is_never_asked(reader: api.SekoiaClient, limit: int) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        reader.alerts_page(api.AlertQuery(), limit)
    assert reader.calls == 0


def test_alert_is_the_same_by_uuid_and_by_short_id(reader: api.SekoiaClient) -> None:
    chosen = newest(reader)[0]
    by_uuid, by_short_id = (reader.get_alert(chosen[key]) for key in ("uuid", "short_id"))
    assert by_uuid["uuid"] == by_short_id["uuid"] == chosen["uuid"]


def test_alert_has_only_the_parts_asked_for(reader: api.SekoiaClient) -> None:
    chosen = newest(reader)[0]["uuid"]
    parts = ("comments", "history", "countermeasures", "cases")
    bare, full = reader.get_alert(chosen), reader.get_alert(chosen, **dict.fromkeys(parts, True))
    assert [isinstance(full.get(part), list) for part in parts] == [True] * len(parts)
    assert [bool(bare.get(part)) for part in parts] == [False] * len(parts)


def test_alert_carries_its_custom_status(reader: api.SekoiaClient) -> None:
    alert = reader.get_alert(newest(reader)[0]["uuid"])
    assert alert["custom_status"]["stage"] in ("open", "in_progress", "closed")


def test_unknown_alert_is_not_found(reader: api.SekoiaClient) -> None:
    with pytest.raises(api.SekoiaNotFound):
        reader.get_alert(NOBODY)


def test_moves_have_ids_and_names(reader: api.SekoiaClient) -> None:
    moves = reader.get_workflow(newest(reader)[0]["uuid"])
    assert all(move["id"] and move["name"] for move in moves)


def test_comments_are_as_many_as_the_alert_says(reader: api.SekoiaClient) -> None:
    chosen = max(newest(reader), key=lambda item: item.get("number_of_total_comments") or 0)
    comments = list(reader.iter_comments(chosen["uuid"]))
    assert len(comments) == (chosen.get("number_of_total_comments") or 0)
    assert all({"uuid", "content", "author", "date"} <= comment.keys() for comment in comments)


def test_built_in_statuses_have_the_ids_that_the_pack_knows(reader: api.SekoiaClient) -> None:
    found = {
        status["name"]: status["uuid"] for status in reader.iter_items(api.ApiCall("GET", "/v1/sic/alerts/statuses"))
    }
    assert found.items() <= LEGACY.items()
    assert {"Pending", "Acknowledged", "Ongoing", "Closed"} <= found.keys()


def test_custom_statuses_have_labels_and_stages(reader: api.SekoiaClient) -> None:
    found = reader.custom_statuses()
    assert found and all(status["label"] and status["uuid"] for status in found)
    assert {status["stage"] for status in found} <= {"open", "in_progress", "closed"}


def test_verdicts_have_labels_and_stages(reader: api.SekoiaClient) -> None:
    found = reader.custom_verdicts()
    assert {verdict["stage"] for verdict in found} <= {"true_positive", "false_positive"}
    assert all(verdict["label"] and verdict["uuid"] for verdict in found)


def test_kill_chain_has_stages_that_alerts_can_name(reader: api.SekoiaClient) -> None:
    found = reader.kill_chains()
    assert "KCXKNfnJupq5" in [stage["short_id"] for stage in found]
    assert all(stage["name"] for stage in found)


def test_assets_of_alerts_come_back_by_uuid(reader: api.SekoiaClient) -> None:
    wanted = {uuid for item in newest(reader) for uuid in item.get("assets") or []}
    if not wanted:
        pytest.skip("no alert names an asset")
    found = {asset["uuid"]: asset for asset in reader.assets(wanted)}
    assert found.keys() <= wanted
    assert all(asset["name"] for asset in found.values())


def test_asset_that_does_not_exist_is_left_out(reader: api.SekoiaClient) -> None:
    assert reader.assets([NOBODY]) == []
