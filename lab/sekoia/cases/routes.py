"""URL <-> cases: the list, one of them, its tags and custom fields."""

import json
from typing import Any

from lab.sekoia.alerts import view as alert_view
from lab.sekoia.body import Check, not_blank, or_null, read_body, text, uuid, whole
from lab.sekoia.cases import view
from lab.sekoia.cases.fields import CHOICES, DATES, LIST, MANY, ONE, SORTS, STATUS
from lab.sekoia.cases.model import LEGACY_STATUS, PRIORITIES, Case
from lab.sekoia.cases.part_routes import MANAGE, VIEW, the_case
from lab.sekoia.cases.part_routes import ROUTES as PARTS
from lab.sekoia.cases.store import legacy_status_uuid
from lab.sekoia.custom_fields.routes import are_entries, held
from lab.sekoia.exchange import Reply, empty_reply, json_reply
from lab.sekoia.query import Grammar, Query, page_of
from lab.sekoia.refusals import NotYours, Unfit
from lab.sekoia.route import Route, Visit
from lab.sekoia.windows import half_open

SUBSCRIBER = {"avatar_uuid", "type"}


def _are_subscribers(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, dict) and one.keys() == SUBSCRIBER and uuid(one["avatar_uuid"]) and one["type"] == "assignee"
        for one in value
    )


def _are_tags(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one for one in value)


FIELDS: dict[str, Check] = {
    "title": not_blank,
    "description": text(),
    "priority": or_null(lambda value: value in PRIORITIES),
    "status_uuid": uuid,
    "community_uuid": uuid,
    "tags": _are_tags,
    "subscribers": _are_subscribers,
    "verdict_uuid": or_null(uuid),
    "custom_status_uuid": or_null(uuid),
    "custom_priority_uuid": or_null(uuid),
    "custom_fields": are_entries,
}
CHANGES: dict[str, Check] = {
    **FIELDS,
    "status_name": text(),
    "verdict_analysis": text(),
    "verdict_confidence": whole(0, 100),
}


def cases(visit: Visit) -> Reply:
    query = visit.query
    for name, known in CHOICES.items():
        if not query.match.get(name, frozenset()) <= known:
            raise Unfit(f"Invalid parameters: match[{name}] is one of {sorted(known)}", ("query", f"match[{name}]"))
    found = [case for case in visit.world.cases.all() if _is_wanted(case, visit)]
    found.sort(key=lambda case: case.updated_at, reverse=True)
    if query.sort:
        direction = query.direction or visit.world.switches.default_direction
        found.sort(key=SORTS[query.sort], reverse=direction == "desc")
    items = [_row(case, visit) for case in page_of(found, query)]
    if not query.flag("with_custom_statuses", False):
        items = [{**item, "custom_status": None} for item in items]
    return json_reply({"items": items, "total": len(found)})


def _is_wanted(case: Case, visit: Visit) -> bool:
    query = visit.query
    if any(not _fits(case, name, wanted, visit) for name, wanted in query.match.items()):
        return False
    if any(_fits(case, name, unwanted, visit) for name, unwanted in query.nomatch.items()):
        return False
    if query.words.get("community_uuid", case.community) != case.community:
        return False
    return all(_lies_in(DATES[name](case), name, query, visit) for name in query.dates)


def _fits(case: Case, name: str, wanted: frozenset[str], visit: Visit) -> bool:
    if name in MANY:
        return not wanted.isdisjoint(MANY[name](case))
    return (_status_uuid(case, visit) if name == STATUS else ONE[name](case)) in wanted


def _lies_in(at: float | None, name: str, query: Query, visit: Visit) -> bool:
    low, high = half_open(query.dates[name], visit.world.switches)
    return at is not None and (low is None or at >= low) and (high is None or at < high)


def _status_uuid(case: Case, visit: Visit) -> str:
    return legacy_status_uuid(visit.world.cases, LEGACY_STATUS[case.status.stage])


def _row(case: Case, visit: Visit) -> dict[str, Any]:
    return view.row(case, _status_uuid(case, visit), held(visit, case.custom_fields))


def case(visit: Visit) -> Reply:
    return json_reply(_detail(the_case(visit), visit, visit.query.flag("render", False)))


def _detail(found: Case, visit: Visit, is_rendered: bool) -> dict[str, Any]:
    switches = visit.world.switches
    shown = found.alerts if switches.case_detail_alerts == "all" else found.alerts[:20]
    alerts = [json.loads(alert_view.row(alert, switches, False, True)) for alert in shown]
    more = {"number_of_alerts": len(found.alerts), "alerts": alerts}
    if is_rendered:
        more["description"] = view.rendered(found)
    return {**_row(found, visit), **more}


def create(visit: Visit) -> Reply:
    body = read_body(visit.request, FIELDS, ("title",))
    if body.pop("community_uuid", visit.world.community) != visit.world.community:
        raise NotYours("Insufficient permissions")
    return json_reply(_row(visit.world.cases.open(by=visit.key.actor, **body), visit))


def edit(visit: Visit) -> Reply:
    found = the_case(visit)
    body = read_body(visit.request, CHANGES)
    visit.world.cases.edit(found, body, visit.key.actor)
    return json_reply(_row(found, visit))


def delete(visit: Visit) -> Reply:
    visit.world.cases.delete(the_case(visit))
    return empty_reply()


def set_custom_fields(visit: Visit) -> Reply:
    found = the_case(visit)
    given = read_body(visit.request, {"custom_fields": are_entries}, ("custom_fields",))["custom_fields"]
    visit.world.cases.set_custom_fields(found, given, visit.key.actor)
    return json_reply({"custom_fields": held(visit, found.custom_fields)})


def tags(visit: Visit) -> Reply:
    known = sorted({tag for case in visit.world.cases.all() for tag in case.tags})
    found = [tag for tag in known if visit.query.words.get("name", "").lower() in tag.lower()]
    return json_reply({"items": page_of(found, visit.query), "total": len(found)})


MANY_PATH, ONE_PATH = "/v1/sic/cases", "/v1/sic/cases/{uuid}"
SHOWN = Grammar(flags=frozenset(("render",)), words=frozenset(("community_uuid",)))
TAGS = Grammar(match=frozenset(("community_uuid",)), words=frozenset(("name", "community_uuid")), paged=True)
ROUTES = (
    Route("GET", MANY_PATH, cases, VIEW, LIST),
    Route("POST", MANY_PATH, create, MANAGE),
    Route("GET", MANY_PATH + "/tags", tags, VIEW, TAGS),
    Route("GET", ONE_PATH, case, VIEW, SHOWN),
    Route("PATCH", ONE_PATH, edit, MANAGE),
    Route("DELETE", ONE_PATH, delete, MANAGE),
    Route("PATCH", ONE_PATH + "/custom-fields", set_custom_fields, MANAGE),
    *PARTS,
)
