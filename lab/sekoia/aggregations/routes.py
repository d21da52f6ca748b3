"""URL <-> aggregations of events."""

from collections.abc import Mapping
from typing import Any

from lab.sekoia.aggregations.model import MEASURES, buckets, most_frequent
from lab.sekoia.body import Check, not_blank, read_body, text, uuid, whole
from lab.sekoia.events.model import Asked, Event
from lab.sekoia.events.search import EventSearch
from lab.sekoia.events.term import BadTerm
from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.instants import read_instant
from lab.sekoia.query import Grammar
from lab.sekoia.refusals import Unfit
from lab.sekoia.route import Route, Visit

READ = ("Event statistics",)
FASTAPI = Grammar(fastapi=True)


def pair(value: Any) -> bool:
    """Two texts."""
    return isinstance(value, list) and len(value) == 2 and all(isinstance(one, str) for one in value)


COMMON: dict[str, Check] = {
    "field": not_blank,
    "term": text(),
    "range": pair,
    "community_uuids": lambda value: isinstance(value, list) and all(map(uuid, value)),
}
STATS: dict[str, Check] = {
    **COMMON,
    "aggregation": lambda value: value in MEASURES,
    "minutes_per_bucket": whole(1, 10**6),
}
TOPK: dict[str, Check] = {**COMMON, "k": whole(1, 10**6)}


def stats(visit: Visit) -> Reply:
    body = read_body(visit.request, STATS, ("aggregation", "term", "range", "minutes_per_bucket"))
    if body["aggregation"] != "count" and "field" not in body:
        raise Unfit("Field required", ("body", "field"), "missing")
    found, start, end = _found(visit, body)
    width = 60.0 * body["minutes_per_bucket"]
    now = visit.world.clock.time()
    values = buckets(found, body["aggregation"], body.get("field"), start, end, width, now)
    return json_reply({"aggregations": values, "anomaly_detection_candidate": False})


def topk(visit: Visit) -> Reply:
    body = read_body(visit.request, TOPK, ("field", "term", "range"))
    found, _, _ = _found(visit, body)
    return json_reply(most_frequent(found, body["field"], body.get("k", 5), visit.world.clock.time()))


def _found(visit: Visit, body: Mapping[str, Any]) -> tuple[list[Event], float, float]:
    world = visit.world
    try:
        start, end = map(read_instant, body["range"])
    except ValueError as error:
        raise Unfit(f"Input should be a valid datetime: {error}", ("body", "range"), "datetime_parsing") from error
    if end <= start:
        raise Unfit("Value error, the range ends before it begins", ("body", "range"))
    asked = Asked(body["term"], start, end, community_uuids=tuple(body.get("community_uuids", ())))
    try:
        return EventSearch(world.events, world.community)(asked, world.clock.time()), start, end
    except BadTerm as error:
        raise Unfit(f"Value error, {error}", ("body", "term")) from error


ROUTES = (
    Route("POST", "/v1/events/stats", stats, READ, FASTAPI),
    Route("POST", "/v1/events/topk", topk, READ, FASTAPI),
)
