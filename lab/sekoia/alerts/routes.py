"""URL <-> alerts, their workflow and their history."""

from collections.abc import Mapping
from typing import Any

from lab.sekoia.alerts import view, workflow
from lab.sekoia.alerts.bulk_routes import ROUTES as BULK
from lab.sekoia.alerts.comment_routes import ROUTES as COMMENTS
from lab.sekoia.alerts.fields import COUNT_FILTERS, FILTERS
from lab.sekoia.alerts.model import Alert
from lab.sekoia.alerts.part_routes import ROUTES as PARTS_OF_ONE
from lab.sekoia.alerts.search import Finder
from lab.sekoia.body import Check, not_blank, or_null, read_body, text, uuid, whole
from lab.sekoia.exchange import Reply, compact, empty_reply, json_reply, raw_json
from lab.sekoia.oddities import with_surprises
from lab.sekoia.query import Grammar, Query, page_of
from lab.sekoia.route import Route, Visit
from lab.sekoia.statuses.model import LEGACY

VIEW = ("View alerts",)
MANAGE = ("Manage alerts",)
STATUS = ("Update alert status",)
PAGED = Grammar(paged=True)
PARTS = {
    "stix": False,
    "comments": True,
    "history": True,
    "countermeasures": True,
    "cases": False,
    "custom_status": False,
}
EDIT: dict[str, Check] = {
    "title": text(10_000),
    "details": text(),
    "urgency": whole(0, 100),
    "alert_type_category": text(1000, 3),
    "alert_type_value": text(1000, 3),
    "kill_chain_short_id": or_null(text()),
    "status_uuid": uuid,
    "custom_status_uuid": or_null(uuid),
    "verdict_uuid": or_null(uuid),
    "verdict_analysis": text(),
    "verdict_confidence": whole(0, 100),
    "assignee": or_null(uuid),
    "comment": or_null(text()),
}
MOVE: dict[str, Check] = {"action_uuid": not_blank, "comment": or_null(text())}


def finder(visit: Visit) -> Finder:
    return Finder(visit.world.alerts, visit.world.switches, visit.world.ties)


def alerts(visit: Visit) -> Reply:
    query, switches = visit.query, visit.world.switches
    found = finder(visit).find(query)
    stix, cases = query.flag("stix", False), query.flag("cases", False)
    rows = b",".join([view.row(alert, switches, stix, cases) for alert in page_of(found, query)])
    return raw_json(b"".join((b'{"items":[', rows, b"]", _envelope(visit, query, len(found)), b"}")))


def _envelope(visit: Visit, query: Query, total: int) -> bytes:
    switches = visit.world.switches
    more: dict[str, Any] = {}
    if switches.with_total and query.flag("with_count", True):
        more["total"] = total
    if switches.has_more:
        more["has_more"] = total > query.offset + (query.limit or 0)
    if switches.extra_fields:
        more = with_surprises(more, "envelope")
    return b"," + compact(more)[1:-1] if more else b""


def count(visit: Visit) -> Reply:
    total = len(finder(visit).find(visit.query))
    limit = visit.query.numbers.get("limit")
    is_cut = limit is not None and total > limit
    return json_reply({"total": limit if is_cut else total, "has_more": is_cut})


def statuses(visit: Visit) -> Reply:
    found = list(LEGACY.values())
    items = [{"uuid": one.uuid, "name": one.name, "description": one.description} for one in found]
    return json_reply({"items": page_of(items, visit.query), "total": len(found)})


def the_alert(visit: Visit) -> Alert:
    return visit.world.alerts.shown(visit.args["uuid"])


def alert(visit: Visit) -> Reply:
    asked = {name: visit.query.flag(name, default) for name, default in PARTS.items()}
    return json_reply(view.detail(the_alert(visit), visit.world.switches, asked))


def edit(visit: Visit) -> Reply:
    found = the_alert(visit)
    changes = read_body(visit.request, EDIT)
    visit.world.alerts.editor(visit.key.actor, visit.world.clock.time()).apply(found, changes)
    return json_reply(view.detail(found, visit.world.switches, {**PARTS, "custom_status": True}))


def delete(visit: Visit) -> Reply:
    visit.world.alerts.delete(the_alert(visit).uuid)
    return empty_reply()


def moves(visit: Visit) -> Reply:
    return json_reply(_moves(visit, the_alert(visit)))


def all_moves(visit: Visit) -> Reply:
    return json_reply(_moves(visit, None))


def _moves(visit: Visit, found: Alert | None) -> Mapping[str, Any]:
    offered = workflow.offered(visit.world.alerts.rules, found)
    return {"actions": [{"id": one.id, "name": one.name, "description": one.description} for one in offered]}


def move(visit: Visit) -> Reply:
    found = the_alert(visit)
    body = read_body(visit.request, MOVE, ("action_uuid",))
    now = visit.world.clock.time()
    workflow.move(visit.world.alerts.rules, found, body["action_uuid"], visit.key.actor, now, body.get("comment"))
    return json_reply(_moves(visit, found))


def history(visit: Visit) -> Reply:
    items = view.history(the_alert(visit))
    return json_reply({"items": page_of(items, visit.query), "total": len(items)})


ONE = "/v1/sic/alerts/{uuid}"
ROUTES = (
    Route("GET", "/v1/sic/alerts", alerts, VIEW, FILTERS),
    Route("GET", "/v1/sic/alerts/count", count, VIEW, COUNT_FILTERS),
    Route("GET", "/v1/sic/alerts/statuses", statuses, VIEW, PAGED),
    Route("GET", "/v1/sic/alerts/bulk/workflow", all_moves, VIEW),
    Route("GET", ONE, alert, VIEW, Grammar(flags=frozenset(PARTS))),
    Route("PATCH", ONE, edit, MANAGE),
    Route("DELETE", ONE, delete, MANAGE),
    Route("GET", ONE + "/workflow", moves, VIEW),
    Route("PATCH", ONE + "/workflow", move, STATUS),
    Route("GET", ONE + "/history", history, VIEW, Grammar(words=frozenset(("community_uuid",)), paged=True)),
    *BULK,
    *COMMENTS,
    *PARTS_OF_ONE,
)
