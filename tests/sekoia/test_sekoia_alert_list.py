"""The list of alerts: its envelope, its rows and its query grammar."""

from typing import Any

import pytest

from lab.clock import Clock
from lab.sekoia.alerts.fields import NOMATCH
from lab.sekoia.alerts.model import Alert
from lab.sekoia.world import World
from tests.sekoia.caller import Caller

LIST = "/v1/sic/alerts"
NOW = 1_772_359_200  # 2026-03-01T10:00:00Z
ROW = """
    uuid title created_at created_by created_by_type updated_at updated_by updated_by_type community_uuid short_id
    description entity urgency alert_type status rule detection_type source target similar details ttps adversaries stix
    kill_chain_short_id number_of_unseen_comments number_of_total_comments first_seen_at last_seen_at assets
    time_to_ingest time_to_detect time_to_acknowledge time_to_respond time_to_resolve intake_uuids assignee verdict_uuid
    custom_status_uuid verdict custom_status custom_fields
"""


def raise_many(world: World, number: int) -> None:
    for index in range(number):
        world.alerts.raise_alert(f"alert {index}", created_at=NOW - number + index)


def test_a_page_holds_twenty_rows_by_default(world: World, api: Caller) -> None:
    raise_many(world, 25)
    page = api.json(LIST)
    assert sorted(page) == ["has_more", "items", "total"]
    assert (len(page["items"]), page["total"], page["has_more"]) == (20, 25, True)


def test_has_more_is_false_on_the_last_full_page(world: World, api: Caller) -> None:
    raise_many(world, 4)
    assert api.json(LIST, limit=2, offset=2)["has_more"] is False


def test_an_offset_beyond_the_end_gives_no_rows(world: World, api: Caller) -> None:
    raise_many(world, 2)
    assert api.json(LIST, offset=50) == {"items": [], "total": 2, "has_more": False}


def test_a_row_has_the_keys_of_the_schema_and_no_other(world: World, api: Caller) -> None:
    world.alerts.raise_alert("one", countermeasures=["do"], cases=[{"short_id": "CA1"}])
    assert api.items()[0].keys() == set(ROW.split())


def test_times_of_a_row_are_epoch_integers_and_iso_text(world: World, api: Caller) -> None:
    world.alerts.raise_alert("one", created_at=NOW - 60.5, first_seen_at=NOW - 90.25, last_seen_at=None)
    row = api.items()[0]
    assert (row["created_at"], row["updated_at"]) == (NOW - 61, NOW - 61)
    assert (row["first_seen_at"], row["last_seen_at"]) == ("2026-03-01T09:58:29.750000Z", None)


@pytest.mark.parametrize("limit", ["0", "-1", "101", "many", "", "1.5"])
def test_a_limit_out_of_bounds_is_400(api: Caller, limit: str) -> None:
    answer = api.get(LIST, limit=limit)
    assert (answer.status_code, answer.json()["code"]) == (400, "EMU400")


@pytest.mark.parametrize("offset", ["-1", "x"])
def test_a_bad_offset_is_400(api: Caller, offset: str) -> None:
    assert api.get(LIST, offset=offset).status_code == 400


@pytest.mark.parametrize("key", ["match[title]", "match%5Btitle%5D"])
def test_brackets_may_be_raw_or_encoded(world: World, api: Caller, key: str) -> None:
    raise_many(world, 3)
    found = api.json(f"{LIST}?{key}=alert%201")
    assert [item["title"] for item in found["items"]] == ["alert 1"]


@pytest.mark.parametrize("key", ["page", "date[first_seen_at]", "range[severity]", "date[created_at][gte]"])
def test_an_unknown_query_key_is_400_and_named(api: Caller, key: str) -> None:
    answer = api.get(LIST, **{key: "1,2"})
    assert (answer.status_code, answer.json()["code"]) == (400, "LAB400")
    assert key in answer.json()["message"]


def test_a_key_sent_twice_is_400(api: Caller) -> None:
    assert api.get(LIST, **{"match[uuid]": ["a", "b"]}).status_code == 400


def full(world: World) -> Alert:
    """An alert in which every field that can be matched says something."""
    return world.alerts.raise_alert(
        "wanted",
        entity="Lyon depot",
        alert_type=("fraud", "phishing"),
        source="192.0.2.1",
        target="host-1",
        rule="A rule",
        detection_type="anomaly",
        urgency=90,
        assets=["3f0c5a3a-29a3-458e-a2be-8116ba8a78f2"],
        cases=[{"short_id": "CAm4Rt6yHd0J"}],
        assignee="5f0c5a3a-29a3-458e-a2be-8116ba8a78f2",
        custom_fields=[{"uuid": "7f0c5a3a-29a3-458e-a2be-8116ba8a78f2", "value": "email"}],
        ttps=[{"id": "attack-pattern--1", "type": "attack-pattern", "name": "x"}],
        verdict="True positive",
        status="Ongoing",
    )


def values_of(world: World, alert: Alert) -> dict[str, str]:
    entity = world.entities.named("Lyon depot")
    return {
        "uuid": alert.uuid,
        "short_id": alert.short_id,
        "entity_uuid": entity.uuid,
        "entity_name": "Lyon depot",
        "status_uuid": "1f2f88d5-ff5b-48bf-bbbc-00c2fff82d9f",
        "status_name": "Ongoing",
        "custom_status_uuid": world.statuses.labelled("Ongoing").uuid,
        "verdict_uuid": world.verdicts.labelled("True positive").uuid,
        "type_category": "fraud",
        "type_value": "phishing",
        "source": "192.0.2.1",
        "target": "host-1",
        "node": "host-1",
        "stix_object": "attack-pattern--1",
        "rule_uuid": str(alert.rule["uuid"]),
        "rule_name": "A rule",
        "detection_type": "anomaly",
        "title": "wanted",
        "resolved_title": "wanted",
        "asset_uuid": "3f0c5a3a-29a3-458e-a2be-8116ba8a78f2",
        "urgency_display": "Urgent",
        "case_short_id": "CAm4Rt6yHd0J",
        "assignee": "5f0c5a3a-29a3-458e-a2be-8116ba8a78f2",
        "custom_field": "7f0c5a3a-29a3-458e-a2be-8116ba8a78f2:email",
    }


@pytest.mark.odd_tenant
def test_every_match_field_finds_its_alert_and_no_other(world: World, api: Caller) -> None:
    world.alerts.raise_alert("other", entity=None)
    for field, value in values_of(world, full(world)).items():
        assert api.titles(**{f"match[{field}]": value}) == ["wanted"], field
        assert api.titles(**{f"match[{field}]": f"nothing,{value}"}) == ["wanted"], field
        assert api.titles(**{f"match[{field}]": "nothing"}) == [], field


def test_every_nomatch_field_leaves_its_alert_out(world: World, api: Caller) -> None:
    world.alerts.raise_alert("other", entity=None)
    values = values_of(world, full(world))
    for field in NOMATCH:
        assert api.titles(**{f"nomatch[{field}]": values[field]}) == ["other"], field


def test_match_of_the_community_finds_all(world: World, api: Caller) -> None:
    raise_many(world, 2)
    assert len(api.items(**{"match[community_uuid]": world.community})) == 2


@pytest.mark.odd_tenant
def test_a_custom_field_matches_by_its_uuid_alone(world: World, api: Caller) -> None:
    full(world)
    assert api.titles(**{"match[custom_field]": "7f0c5a3a-29a3-458e-a2be-8116ba8a78f2"}) == ["wanted"]


def test_several_filters_are_all_needed(world: World, api: Caller) -> None:
    full(world)
    assert api.titles(**{"match[source]": "192.0.2.1", "match[target]": "elsewhere"}) == []


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("2026-03-01T09:59:58Z,2026-03-01T09:59:59Z", [2, 3]),
        ("2026-03-01T09:59:58,2026-03-01T09:59:59", [2, 3]),
        ("2026-03-01T10:59:58+01:00,2026-03-01T08:59:59-01:00", [2, 3]),
        ("2026-03-01T09:59:58.000000Z,now", [2, 3, 4]),
        ("2026-03-01T09:59:58.001Z,now", [3, 4]),
        ("2026-03-01T09:59:59Z,", [3, 4]),
        (",2026-03-01T09:59:57Z", [0, 1]),
        ("now,2026-03-01T11:00:00Z", [4]),
        ("2026-03-01T10:00:00Z,2026-03-01T09:00:00Z", []),
    ],
)
def test_a_window_on_created_at_finds_what_lies_in_it(
    world: World, api: Caller, window: str, expected: list[int]
) -> None:
    for index in range(5):
        world.alerts.raise_alert(f"alert {index}", created_at=NOW - 4 + index)
    found = api.titles(**{"date[created_at]": window, "sort": "created_at", "direction": "asc"})
    assert found == [f"alert {index}" for index in expected]


@pytest.mark.parametrize(
    "window", ["2026-03-01", "yesterday,now", "2026-03-01,now", ",", "1772359200,now", "a,b,c", "2026-13-01T00:00:00Z,"]
)
def test_a_window_that_is_none_is_400(api: Caller, window: str) -> None:
    assert api.get(LIST, **{"date[created_at]": window}).status_code == 400


def test_an_unencoded_plus_in_a_zone_is_400(api: Caller) -> None:
    assert api.call("GET", f"{LIST}?date[created_at]=2026-03-01T10:00:00+00:00,now").status_code == 400


def test_a_window_on_updated_at_finds_what_changed(world: World, api: Caller, clock: Clock) -> None:
    world.alerts.raise_alert("old", created_at=NOW - 500)
    moved = world.alerts.raise_alert("moved", created_at=NOW - 500)
    clock.advance(10)
    world.alerts.occurrence(moved.uuid)
    assert api.titles(**{"date[updated_at]": "2026-03-01T10:00:05Z,now"}) == ["moved"]


@pytest.mark.parametrize(
    ("span", "expected"), [("20,60", [20, 60]), ("60,", [60, 90]), (",20", [20]), ("59.5,60.5", [60])]
)
def test_a_range_of_urgency_includes_its_ends(world: World, api: Caller, span: str, expected: list[int]) -> None:
    for urgency in (20, 60, 90):
        world.alerts.raise_alert(str(urgency), urgency=urgency)
    found = api.items(**{"range[urgency]": span, "sort": "urgency"})
    assert [item["urgency"]["current_value"] for item in found] == expected


def test_a_range_of_similar_counts_occurrences(world: World, api: Caller) -> None:
    world.alerts.raise_alert("few")
    world.alerts.raise_alert("many", similar=40)
    assert api.titles(**{"range[similar]": "10,"}) == ["many"]


@pytest.mark.parametrize("span", ["high", "1,2,3", ",", "a,b", "nan,1"])
def test_a_range_that_is_none_is_400(api: Caller, span: str) -> None:
    assert api.get(LIST, **{"range[urgency]": span}).status_code == 400


@pytest.mark.parametrize(
    ("sort", "ascending"),
    [
        ("created_at", ["a", "b", "c"]),
        ("updated_at", ["b", "a", "c"]),
        ("source", ["c", "b", "a"]),
        ("target", ["a", "c", "b"]),
        ("urgency", ["b", "c", "a"]),
        ("entity", ["c", "a", "b"]),
        ("type", ["b", "a", "c"]),
        ("status", ["a", "c", "b"]),
        ("rule_name", ["c", "b", "a"]),
        ("similar", ["b", "c", "a"]),
    ],
)
def test_every_sort_orders_both_ways(world: World, api: Caller, clock: Clock, sort: str, ascending: list[str]) -> None:
    rows: list[dict[str, Any]] = [
        {"title": "a", "created_at": NOW - 3, "source": "3", "target": "1", "urgency": 70, "entity": "m", "similar": 9},
        {"title": "b", "created_at": NOW - 2, "source": "2", "target": "3", "urgency": 10, "entity": "z", "similar": 1},
        {
            "title": "c",
            "created_at": NOW - 1,
            "source": None,
            "target": "2",
            "urgency": 20,
            "entity": None,
            "similar": 5,
        },
    ]
    kinds = {"a": ("fraud", "phishing"), "b": ("availability", "dos"), "c": ("test", "test")}
    rules = {"a": "zeta", "b": "beta", "c": "alpha"}
    statuses = {"a": "Pending", "b": "Closed", "c": "Acknowledged"}
    uuids = {}
    for row in rows:
        name = row["title"]
        alert = world.alerts.raise_alert(**row, alert_type=kinds[name], rule=rules[name], status=statuses[name])
        uuids[name] = alert.uuid
    for name in ("b", "a", "c"):
        clock.advance(5)
        world.alerts.edit(uuids[name], title=name + ".")
        world.alerts.edit(uuids[name], title=name)
    assert api.titles(sort=sort, direction="asc") == ascending
    assert api.titles(sort=sort, direction="desc") == ascending[::-1]
    assert api.titles(sort=sort) == ascending


def test_without_sort_the_newest_comes_first(world: World, api: Caller) -> None:
    raise_many(world, 3)
    assert api.titles() == ["alert 2", "alert 1", "alert 0"]


@pytest.mark.parametrize("query", [{"sort": "title"}, {"direction": "up"}, {"sort": ""}])
def test_an_unknown_order_is_400(api: Caller, query: dict[str, str]) -> None:
    assert api.get(LIST, **query).status_code == 400


def test_without_count_there_is_no_total(world: World, api: Caller) -> None:
    raise_many(world, 3)
    assert sorted(api.json(LIST, with_count="false", limit=2)) == ["has_more", "items"]


@pytest.mark.parametrize("text", ["False", "false"])
def test_a_flag_may_be_written_as_python_writes_it(api: Caller, text: str) -> None:
    assert "total" not in api.json(LIST, with_count=text)


def test_a_flag_that_is_none_is_400(api: Caller) -> None:
    assert api.get(LIST, stix="yes").status_code == 400


def test_hidden_alerts_are_shown_only_when_asked_for(world: World, api: Caller) -> None:
    world.alerts.raise_alert("hidden", visible=False)
    world.alerts.raise_alert("seen")
    assert api.titles() == ["seen"]
    assert api.titles(visible="false") == ["hidden"]


def test_stix_is_empty_unless_asked_for(world: World, api: Caller) -> None:
    world.alerts.raise_alert("one", ttps=["T1110 Brute Force"])
    assert api.items()[0]["stix"] == {}
    bundle = api.items(stix="true")[0]["stix"]
    assert (bundle["type"], bundle["spec_version"]) == ("bundle", "2.0")


def test_cases_are_absent_unless_asked_for(world: World, api: Caller) -> None:
    world.alerts.raise_alert("one", cases=[{"short_id": "CA1"}])
    assert api.items(cases="true")[0]["cases"] == [{"short_id": "CA1"}]


def test_alerts_with_and_without_a_case_are_told_apart(world: World, api: Caller) -> None:
    world.alerts.raise_alert("in a case", cases=[{"short_id": "CA1"}])
    world.alerts.raise_alert("loose")
    assert api.titles(is_assigned_to_case="true") == ["in a case"]
    assert api.titles(is_assigned_to_case="false") == ["loose"]


def test_similar_to_finds_same_rule_entity_and_addresses(world: World, api: Caller) -> None:
    first = world.alerts.raise_alert("first", rule="r", source="192.0.2.1", target="192.0.2.2")
    world.alerts.raise_alert("turned round", rule="r", source="192.0.2.2", target="192.0.2.1")
    world.alerts.raise_alert("other rule", rule="s", source="192.0.2.1", target="192.0.2.2")
    assert api.titles(similar_to=first.short_id) == ["turned round"]
    assert api.titles(similar_to="ALunknown0000") == []


def test_an_alert_can_be_seen_later_than_it_was_created(world: World, api: Caller, clock: Clock) -> None:
    late = world.alerts.raise_alert("late", visible_after=120)
    clock.advance(119)
    assert api.titles() == []
    assert api.get(f"{LIST}/{late.short_id}").status_code == 404
    clock.advance(1)
    assert api.items()[0]["created_at"] == NOW


def test_count_counts_with_the_same_filters(world: World, api: Caller) -> None:
    raise_many(world, 5)
    world.alerts.raise_alert("other", source="192.0.2.9")
    assert api.json(f"{LIST}/count") == {"total": 6, "has_more": False}
    assert api.json(f"{LIST}/count", **{"match[source]": "192.0.2.9"}) == {"total": 1, "has_more": False}
    assert api.json(f"{LIST}/count", limit=3) == {"total": 3, "has_more": True}


@pytest.mark.odd_tenant
def test_odd_alerts_are_shown_word_for_word(world: World, api: Caller) -> None:
    odd = {"current_value": "n/a", "display": "Weird"}
    world.alerts.raise_alert(
        None, urgency=odd, entity=None, extra={"x": 1}, drop=["rule"], first_seen_at=None, ttps=None or []
    )
    row = api.items()[0]
    assert (row["title"], row["urgency"], row["entity"], row["x"], row["first_seen_at"]) == (None, odd, None, 1, None)
    assert "rule" not in row


def test_an_unknown_argument_of_an_alert_raises_and_is_named(world: World) -> None:
    with pytest.raises(TypeError, match="severty"):
        world.alerts.raise_alert("one", severty=3)
