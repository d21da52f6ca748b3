"""URL <-> rules and their alert filters."""

from collections.abc import Callable, Sequence
from typing import Any

from lab.sekoia.body import Check, or_null, read_body, text
from lab.sekoia.exchange import Reply, empty_reply, json_reply
from lab.sekoia.instants import iso_offset, read_instant
from lab.sekoia.query import Grammar, Span, page_of
from lab.sekoia.refusals import Unfit
from lab.sekoia.route import Route, Visit
from lab.sekoia.rules.model import AlertFilter, Rule

READ = ("View Rules Catalog",)
MANAGE = ("Manage rules and alert filters",)
MATCHES: dict[str, Callable[[Rule], Sequence[str]]] = {
    "uuid": lambda rule: (rule.uuid,),
    "name": lambda rule: (rule.name,),
    "type": lambda rule: (rule.type,),
    "effort": lambda rule: (str(rule.effort),),
    "tag_name": lambda rule: rule.tags,
    "source": lambda rule: (rule.source,),
    "datasource_name": lambda rule: rule.datasources,
}
SORTS: dict[str, Callable[[Rule], Any]] = {
    "name": lambda rule: rule.name,
    "severity": lambda rule: rule.severity,
    "effort": lambda rule: rule.effort,
    "created_at": lambda rule: rule.created_at,
    "updated_at": lambda rule: rule.updated_at,
}
LIST = Grammar(
    match=frozenset((*MATCHES, "search")),
    flags=frozenset(("enabled", "verified", "has_active_alert_filters")),
    ranges=frozenset(("severity",)),
    dates=frozenset(("created_at", "updated_at")),
    sorts=tuple(SORTS),
    paged=True,
)


def _is_instant(value: Any) -> bool:
    try:
        return isinstance(value, str) and read_instant(value) > 0
    except ValueError:
        return False


FILTER: dict[str, Check] = {
    "exclusion_pattern": text(None, 1),
    "name": text(100),
    "description": text(1000),
    "expires_at": or_null(_is_instant),
}


def rules(visit: Visit) -> Reply:
    found = [rule for rule in visit.world.rules.all() if _is_wanted(rule, visit)]
    if visit.query.sort is not None:
        default = visit.world.switches.default_direction
        found.sort(key=SORTS[visit.query.sort], reverse=(visit.query.direction or default) == "desc")
    return json_reply({"items": [_shown(rule, visit) for rule in page_of(found, visit.query)], "total": len(found)})


def _is_wanted(rule: Rule, visit: Visit) -> bool:
    query, now = visit.query, visit.world.clock.time()
    flags = {
        "enabled": rule.enabled,
        "verified": rule.verified,
        "has_active_alert_filters": any(one.is_active(now) for one in rule.filters),
    }
    match = dict(query.match)
    search = " ".join(match.pop("search", ())).lower()
    values = {"severity": rule.severity, "created_at": rule.created_at, "updated_at": rule.updated_at}
    return (
        all(set(MATCHES[name](rule)) & wanted for name, wanted in match.items())
        and all(flags[name] is wanted for name, wanted in query.flags.items())
        and all(_lies_in(values[name], span) for name, span in (query.ranges | query.dates).items())
        and search in f"{rule.name} {rule.description}".lower()
    )


def _lies_in(value: float, span: Span) -> bool:
    return (span.low is None or value >= span.low) and (span.high is None or value <= span.high)


def rule(visit: Visit) -> Reply:
    return json_reply(_shown(visit.world.rules.get(visit.args["uuid"]), visit))


def _switched(enabled: bool) -> Callable[[Visit], Reply]:
    def switch(visit: Visit) -> Reply:
        if visit.request.body:
            read_body(visit.request, {})
        return json_reply(_shown(visit.world.rules.switch(visit.args["uuid"], enabled, visit.key.actor), visit))

    return switch


def filters(visit: Visit) -> Reply:
    found = visit.world.rules.with_filters(visit.args["uuid"]).filters
    return json_reply({"items": [_shown_filter(one, visit) for one in found], "total": len(found)})


def _said(visit: Visit) -> dict[str, Any]:
    body = read_body(visit.request, FILTER, ("exclusion_pattern",))
    expires = body.get("expires_at")
    if expires is not None and read_instant(expires) <= visit.world.clock.time():
        raise Unfit("Input payload validation failed: expires_at lies in the past", ("body", "expires_at"))
    said = {"pattern": body["exclusion_pattern"], "expires_at": None if expires is None else read_instant(expires)}
    return said | {name: body.get(name, "") for name in ("name", "description")}


def add_filter(visit: Visit) -> Reply:
    return json_reply(_shown_filter(visit.world.rules.add_filter(visit.args["uuid"], _said(visit)), visit))


def rewrite_filter(visit: Visit) -> Reply:
    found = visit.world.rules.get(visit.args["uuid"]).filter(visit.args["filter_uuid"])
    for name, value in _said(visit).items():
        setattr(found, name, value)
    return json_reply(_shown_filter(found, visit))


def remove_filter(visit: Visit) -> Reply:
    owner = visit.world.rules.get(visit.args["uuid"])
    owner.filters.remove(owner.filter(visit.args["filter_uuid"]))
    return empty_reply()


def _shown_filter(one: AlertFilter, visit: Visit) -> dict[str, Any]:
    return {
        "uuid": one.uuid,
        "name": one.name,
        "description": one.description,
        "exclusion_pattern": one.pattern,
        "expires_at": None if one.expires_at is None else iso_offset(one.expires_at),
        "status": "active" if one.is_active(visit.world.clock.time()) else "expired",
    }


def _shown(rule: Rule, visit: Visit) -> dict[str, Any]:
    ids = visit.world.ids
    category, value = rule.alert_type
    who = rule.updated_by
    kind = {"uuid": ids.of("alert type", value), "category_uuid": ids.of("alert category", category), "value": value}
    return {
        "uuid": rule.uuid,
        "instance_uuid": rule.instance_uuid,
        "community_uuid": visit.world.community,
        "name": rule.name,
        "type": rule.type,
        "description": rule.description,
        "payload": rule.payload,
        "severity": rule.severity,
        "effort": rule.effort,
        "enabled": rule.enabled,
        "verified": rule.verified,
        "private": False,
        "is_private": False,
        "source": rule.source,
        "alert_type": {**kind, "detail": "", "description": ""},
        "alert_category": {"uuid": kind["category_uuid"], "name": category},
        "tags": [{"uuid": ids.of("tag", tag), "name": tag} for tag in rule.tags],
        "datasources": [{"uuid": ids.of("datasource", name), "name": name} for name in rule.datasources],
        "event_fields": [{"field": "source.ip", "description": "Source address"}],
        "related_object_refs": [f"attack-pattern--{ids.of('attack pattern', rule.name)}"],
        "similarity_strategy": [["source.ip"]],
        "parameters": [],
        "all_entities": True,
        "entities": [],
        "all_assets": True,
        "assets": [],
        "goal": "",
        "false_positives": "",
        "references": "",
        "available_for_subcommunities": False,
        "last_compilation_success": True,
        "last_compilation_message": "",
        "last_compilation_at": iso_offset(rule.created_at),
        "created_at": iso_offset(rule.created_at),
        "created_by": ids.of("application", "engine"),
        "created_by_type": "application",
        "updated_at": iso_offset(rule.updated_at),
        "updated_by": who.uuid if who else None,
        "updated_by_type": who.kind if who else None,
    }


MANY = "/v1/sic/conf/rules-catalog/rules"
FILTERS = MANY + "/{uuid}/alert-filters"
ROUTES = (
    Route("GET", MANY, rules, READ, LIST),
    Route("GET", MANY + "/{uuid}", rule, READ),
    Route("PUT", MANY + "/{uuid}/enabled", _switched(True), MANAGE),
    Route("PUT", MANY + "/{uuid}/disabled", _switched(False), MANAGE),
    Route("GET", FILTERS, filters, READ),
    Route("POST", FILTERS, add_filter, MANAGE),
    Route("PUT", FILTERS + "/{filter_uuid}", rewrite_filter, MANAGE),
    Route("DELETE", FILTERS + "/{filter_uuid}", remove_filter, MANAGE),
)
