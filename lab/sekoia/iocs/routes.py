"""URL <-> collections of indicators; this service has error codes of its own."""

from typing import Any

from lab.sekoia.body import Check, or_null, read_body, text
from lab.sekoia.errors import ApiError
from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.instants import iso_short, read_instant
from lab.sekoia.iocs.model import FORMATS, SHARED, Collection, Indicator
from lab.sekoia.query import Grammar, page_of
from lab.sekoia.route import Route, Visit

READ = ("View IOC collections",)
MANAGE = ("Manage IOC collections",)
LIST = Grammar(
    match=frozenset(("community_uuid",)),
    words=frozenset(("term",)),
    flags=frozenset(("with_indicators_count",)),
    paged=True,
)
INDICATORS = Grammar(words=frozenset(("term",)), paged=True)


def _is_instant(value: Any) -> bool:
    try:
        return isinstance(value, str) and read_instant(value) is not None
    except ValueError:
        return False


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


SAID: dict[str, Check] = {
    "description": text(),
    "valid_from": _is_instant,
    "valid_until": _is_instant,
    "kill_chain_phases": _is_list,
    "x_ic_related_threat_refs": _is_list,
}
NEW: dict[str, Check] = {
    "id": text(),
    "name": text(None, 1),
    "description": text(500),
    "community_uuid": text(),
    "available_for_sub_communities": lambda value: isinstance(value, bool),
}


def _is_entry(value: Any) -> bool:
    fits = isinstance(value, dict) and isinstance(value.get("value"), str) and bool(value["value"].strip())
    return fits and all(name == "value" or (name in SAID and SAID[name](said)) for name, said in value.items())


def the_collection(visit: Visit) -> Collection:
    found = visit.world.iocs.get(visit.args["uuid"])
    if found is None:
        raise ApiError(404, "IOC Collection not found", "INTHREAT2500")
    return found


def collections(visit: Visit) -> Reply:
    term = visit.query.words.get("term", "").lower()
    communities = visit.query.match.get("community_uuid", frozenset((visit.world.community,)))
    found = [one for one in visit.world.iocs.all() if term in f"{one.name} {one.description}".lower()]
    found = found if visit.world.community in communities else []
    counted = visit.query.flag("with_indicators_count", False)
    items = [_shown(one, visit, counted) for one in page_of(found, visit.query)]
    return json_reply({"items": items, "total": len(found)})


def create(visit: Visit) -> Reply:
    body = read_body(visit.request, NEW, ("name",))
    shared = body.get("available_for_sub_communities", False)
    who = visit.key.actor
    made = visit.world.iocs.create(body["name"], body.get("description", ""), shared, who, body.get("id"))
    return json_reply(_shown(made, visit, True), 201)


def collection(visit: Visit) -> Reply:
    return json_reply(_shown(the_collection(visit), visit, True))


def indicators(visit: Visit) -> Reply:
    term = visit.query.words.get("term", "").lower()
    found = [one for one in the_collection(visit).indicators if term in one.value.lower()]
    shown = page_of(found, visit.query)
    more = visit.query.offset + len(shown) < len(found)
    return json_reply({"items": [_indicator(one, visit) for one in shown], "total": len(found), "has_more": more})


def add(visit: Visit) -> Reply:
    found = the_collection(visit)
    shape: dict[str, Check] = {
        "indicators": lambda value: _is_list(value) and 1 <= len(value) <= 100 and all(map(_is_entry, value)),
        "default_fields": or_null(lambda value: isinstance(value, dict) and value.keys() <= SAID.keys()),
    }
    body = read_body(visit.request, shape, ("indicators",))
    entries = [{**(body.get("default_fields") or {}), **entry} for entry in body["indicators"]]
    made = visit.world.iocs.add(found, entries, visit.key.actor)
    return json_reply({"items": [_indicator(one, visit) for one in made], "total": len(made), "has_more": False})


def add_text(visit: Visit) -> Reply:
    found, who = the_collection(visit), visit.key.actor
    shape: dict[str, Check] = {**SAID, "indicators": text(None, 1), "format": lambda value: value in FORMATS}
    body = read_body(visit.request, shape, ("indicators",))
    said = {name: body[name] for name in SHARED if name in body}
    values = [line.strip() for line in body["indicators"].splitlines() if line.strip()]
    entries = [{**said, "value": value} for value in values]
    kind = FORMATS[body.get("format", "one_per_line")]
    task = visit.world.tasks.start("ioc", len(entries), lambda: len(visit.world.iocs.add(found, entries, who, kind)))
    return json_reply({"task_id": task.uuid}, 202)


def revoke(visit: Visit) -> Reply:
    one = visit.world.iocs.revoke(the_collection(visit), visit.args["indicator"], visit.key.actor)
    return json_reply(_indicator(one, visit))


def _shown(one: Collection, visit: Visit, counted: bool) -> dict[str, Any]:
    shown = {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "created": iso_short(one.created_at),
        "modified": iso_short(one.modified_at),
        "created_by": one.created_by.uuid,
        "modified_by": one.modified_by.uuid,
        "community_uuid": visit.world.community,
        "available_for_sub_communities": one.shared,
    }
    active = [indicator for indicator in one.indicators if not indicator.revoked]
    return shown | ({"indicators_count": len(active)} if counted else {})


def _indicator(one: Indicator, visit: Visit) -> dict[str, Any]:
    said = {"description": "", "kill_chain_phases": [], "x_ic_related_threat_refs": [], **one.said}
    return {
        "id": one.id,
        "type": "indicator",
        "spec_version": "2.1",
        "created_by_ref": f"identity--{visit.world.community}",
        "created": iso_short(one.created_at),
        "modified": iso_short(one.modified_at),
        "revoked": one.revoked,
        "name": one.value,
        "pattern": one.pattern,
        "pattern_type": "stix",
        "valid_from": iso_short(one.created_at),
        "x_ic_observable_types": [one.kind],
        "indicator_types": ["malicious-activity"],
        **said,
    }


MANY = "/v2/inthreat/ioc-collections"
INSIDE = MANY + "/{uuid}/indicators"
ROUTES = (
    Route("GET", MANY, collections, READ, LIST),
    Route("POST", MANY, create, MANAGE),
    Route("GET", MANY + "/{uuid}", collection, READ),
    Route("GET", INSIDE, indicators, READ, INDICATORS),
    Route("POST", INSIDE, add, MANAGE),
    Route("POST", INSIDE + "/text", add_text, MANAGE),
    Route("DELETE", INSIDE + "/{indicator}", revoke, MANAGE),
)
