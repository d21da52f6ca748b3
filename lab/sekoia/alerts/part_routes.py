"""URL <-> what is drawn from alerts: timeline, STIX objects, types."""

from typing import Any

from lab.sekoia.alerts import parts
from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.query import Grammar, page_of
from lab.sekoia.refusals import Missing
from lab.sekoia.route import Route, Visit

VIEW = ("View alerts",)
TIMELINE = Grammar(words=frozenset(("type",)), numbers=frozenset(("frame-length",)))
OBJECTS = Grammar(
    match=frozenset(("type", "kind")),
    dates=frozenset(("created_at",)),
    words=frozenset(("exclude[type]",)),
    paged=True,
    limit_default=100,
    limit_max=1000,
)
OBSERVED = Grammar(match=frozenset(("category", "community_uuid", "value")), paged=True, limit_default=100)
TYPES = Grammar(match=frozenset(("category_uuid", "category_name", "type_name")), paged=True, limit_default=None)
OBSERVED_FOR = 90 * 86_400


def timeline(visit: Visit) -> Reply:
    alert = visit.world.alerts.shown(visit.args["uuid"])
    return json_reply(
        parts.timeline(alert, visit.query.words.get("type", "24h"), visit.query.numbers.get("frame-length"))
    )


def objects(visit: Visit) -> Reply:
    alert, query = visit.world.alerts.shown(visit.args["uuid"]), visit.query
    excluded = query.words.get("exclude[type]", "").split(",")
    found = [row for row in parts.objects(alert) if row["type"] not in excluded]
    found = [row for row in found if row["type"] in query.match.get("type", {row["type"]})]
    found = [row for row in found if parts.kind_of(row) in query.match.get("kind", {parts.kind_of(row)})]
    span = query.dates.get("created_at")
    if span and not (span.low or 0) <= alert.created_at <= (span.high or visit.world.clock.time()):
        found = []
    return json_reply({"items": page_of(found, query), "total": len(found)})


def the_object(visit: Visit) -> Reply:
    alert = visit.world.alerts.shown(visit.args["uuid"])
    for row in parts.objects(alert):
        if row["id"] == visit.args["object"]:
            return json_reply(row)
    raise Missing("Unknown object")


def observed_types(visit: Visit) -> Reply:
    world, query = visit.world, visit.query
    rows = parts.observed_types(world.alerts.between(world.clock.time() - OBSERVED_FOR, None))
    found = [row for row in rows if all(row[key] in query.match.get(key, {row[key]}) for key in ("value", "category"))]
    if world.community not in query.match.get("community_uuid", {world.community}):
        found = []
    return json_reply({"items": page_of(found, query), "community_uuid": world.community, "total": len(found)})


def types(visit: Visit) -> Reply:
    found = [_type(visit, category, value) for category, value in parts.taxonomy()]
    keys = {"category_uuid": "category_uuid", "category_name": "category_name", "type_name": "name"}
    for name, wanted in visit.query.match.items():
        found = [row for row in found if row[keys[name]] in wanted]
    return json_reply({"items": page_of(found, visit.query), "total": len(found)})


def _type(visit: Visit, category: str, value: str) -> dict[str, Any]:
    ids = visit.world.ids
    return {
        "uuid": ids.of("alert type", value),
        "name": value,
        "description": value.replace("-", " "),
        "category_uuid": ids.of("alert category", category),
        "category_name": category,
    }


ONE = "/v1/sic/alerts/{uuid}"
ROUTES = (
    Route("GET", ONE + "/timeline", timeline, VIEW, TIMELINE),
    Route("GET", ONE + "/objects", objects, VIEW, OBJECTS),
    Route("GET", ONE + "/objects/{object}", the_object, VIEW),
    Route("GET", "/v1/sic/alerts/types", observed_types, VIEW, OBSERVED),
    Route("GET", "/v1/sic/conf/alerts/types", types, grammar=TYPES),
)
