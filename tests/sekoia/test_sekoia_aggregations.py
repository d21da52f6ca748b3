"""Counts and measures over events."""

from typing import Any

import pytest

from lab.sekoia.world import World
from tests.sekoia.caller import Caller

NOW = 1_772_359_200
HOUR = ["2026-03-01T09:00:00Z", "2026-03-01T10:00:00Z"]
STATS, TOPK = "/v1/events/stats", "/v1/events/topk"
COUNT: dict[str, Any] = {"aggregation": "count", "term": "", "range": HOUR, "minutes_per_bucket": 30}


def furnish(world: World) -> None:
    for minute, user, size in ((50, "ann", 10), (40, "bob", 20), (10, "ann", 40)):
        fields: dict[str, Any] = {"user.name": user, "network.bytes": size}
        world.events.attach(None, at=NOW - 60 * minute, **fields)


def values(api: Caller, **more: Any) -> list[Any]:
    answer = api.call("POST", STATS, json={**COUNT, **more})
    assert answer.status_code == 200, answer.text
    return [one["value"] for one in answer.json()["aggregations"]]


def test_events_are_counted_by_stretches_of_time(world: World, api: Caller) -> None:
    furnish(world)
    answer = api.call("POST", STATS, json=COUNT).json()
    assert [(one["datetime"], one["value"]) for one in answer["aggregations"]] == [
        ("2026-03-01T09:00:00Z", 2),
        ("2026-03-01T09:30:00Z", 1),
    ]


@pytest.mark.parametrize(
    ("aggregation", "field", "expected"),
    [
        ("cardinality", "user.name", [2, 1]),
        ("sum", "network.bytes", [30, 40]),
        ("avg", "network.bytes", [15, 40]),
        ("max", "network.bytes", [20, 40]),
        ("min", "network.bytes", [10, 40]),
        ("max", "user.name", [None, None]),
    ],
)
def test_a_field_is_measured(world: World, api: Caller, aggregation: str, field: str, expected: list[Any]) -> None:
    furnish(world)
    assert values(api, aggregation=aggregation, field=field) == expected


def test_most_frequent_values_and_the_rest(world: World, api: Caller) -> None:
    furnish(world)
    answer = api.call("POST", TOPK, json={"field": "user.name", "term": "", "range": HOUR, "k": 1}).json()
    assert answer == {"others": 1, "topk": [{"key": "ann", "count": 2}]}


@pytest.mark.parametrize(
    "more",
    [{"aggregation": "median"}, {"aggregation": "sum"}, {"range": HOUR[::-1]}, {"range": ["a", "b"]}, {"term": "("}],
)
def test_body_that_does_not_fit_is_422(api: Caller, more: dict[str, Any]) -> None:
    assert api.call("POST", STATS, json={**COUNT, **more}).status_code == 422


def test_described_key_that_is_not_emulated_names_itself(api: Caller) -> None:
    answer = api.call("POST", STATS, json={**COUNT, "alerts_only": True})
    assert (answer.status_code, answer.json()["code"]) == (400, "LAB400")


def test_aggregations_need_their_permission(world: World, api: Caller) -> None:
    with Caller(api.url, world.keys.issue("reader", permissions=("View events",))) as reader:
        assert reader.call("POST", STATS, json=COUNT).status_code == 403
