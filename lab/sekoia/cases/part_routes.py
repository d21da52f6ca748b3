"""URL <-> what hangs on a case: alerts, events, comments, history."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lab.sekoia.alerts import view as alert_view
from lab.sekoia.alerts.fields import FILTERS
from lab.sekoia.alerts.routes import finder
from lab.sekoia.body import not_blank, read_body
from lab.sekoia.cases import view
from lab.sekoia.cases.model import Case, CaseComment
from lab.sekoia.exchange import Reply, empty_reply, json_reply
from lab.sekoia.query import Grammar, page_of
from lab.sekoia.route import Route, Visit
from lab.sekoia.windows import half_open

VIEW = ("View cases",)
MANAGE = ("Manage cases",)
COMMENT = ("Comment on cases", "Manage cases")
MOST_EVENTS = 1000
# The call on a case has names of its own beside those of the list of alerts.
ALIASES = {"alert_rule_uuid": "rule_uuid", "alert_asset_uuid": "asset_uuid", "alert_stix_object": "stix_object"}
ALERT_SORTS = {"occurrences": "similar", "updated_at": "updated_at", "created_at": "created_at", "urgency": "urgency"}
ALERTS = replace(
    FILTERS,
    match=FILTERS.match | frozenset(ALIASES),
    nomatch=FILTERS.nomatch | frozenset(ALIASES),
    flags=frozenset(("visible", "is_assigned_to_case", "similarity_strategy")),
    sorts=tuple(ALERT_SORTS),
    paged=False,
    limit_default=None,
)
COMMENT_SORTS: dict[str, Callable[[CaseComment], Any]] = {
    "created_at": lambda one: one.at,
    "updated_at": lambda one: one.updated_at,
    "created_by": lambda one: one.by.uuid,
}
COMMENTS = Grammar(
    match=frozenset(("created_by",)), dates=frozenset(("created_at",)), sorts=tuple(COMMENT_SORTS), paged=True
)
HISTORY = Grammar(dates=frozenset(("created_at",)), directed=True)


def the_case(visit: Visit) -> Case:
    """The case of the path, by uuid or short id."""
    return visit.world.cases.get(visit.args["uuid"])


def _ids(most: int | None = None) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        fits = isinstance(value, list) and all(not_blank(one) for one in value)
        return fits and (most is None or 1 <= len(value) <= most)

    return check


def alerts(visit: Visit) -> Reply:
    case, query, switches = the_case(visit), visit.query, visit.world.switches
    for family in (query.match, query.nomatch):
        for alias, name in ALIASES.items():
            if alias in family:
                family[name] = family.pop(alias)
    query.match["case_short_id"] = frozenset((case.short_id,))
    query.sort = ALERT_SORTS[query.sort] if query.sort else None
    items = [json.loads(alert_view.row(alert, switches, False, True)) for alert in finder(visit).find(query)]
    return json_reply({"items": items, "total": len(items), "has_more": False})


def replace_alerts(visit: Visit) -> Reply:
    case, body = the_case(visit), read_body(visit.request, {"alerts": _ids()}, ("alerts",))
    visit.world.cases.replace_alerts(case, body["alerts"], visit.key.actor)
    return json_reply({"status": "ok"})


def add_alerts(visit: Visit) -> Reply:
    case, body = the_case(visit), read_body(visit.request, {"alerts": _ids()}, ("alerts",))
    visit.world.cases.add_alerts(case, body["alerts"], visit.key.actor)
    return json_reply({"status": "ok"})


def add_events(visit: Visit) -> Reply:
    case, body = the_case(visit), read_body(visit.request, {"event_ids": _ids(MOST_EVENTS)}, ("event_ids",))
    visit.world.cases.add_events(case, body["event_ids"], visit.key.actor)
    return empty_reply()


def remove_events(visit: Visit) -> Reply:
    case, body = the_case(visit), read_body(visit.request, {"event_ids": _ids(MOST_EVENTS)}, ("event_ids",))
    visit.world.cases.remove_events(case, body["event_ids"], visit.key.actor)
    return empty_reply()


def remove_event(visit: Visit) -> Reply:
    visit.world.cases.remove_events(the_case(visit), [visit.args["event_id"]], visit.key.actor)
    return empty_reply()


def _in_window(at: float, visit: Visit) -> bool:
    span = visit.query.dates.get("created_at")
    low, high = half_open(span, visit.world.switches) if span else (None, None)
    return (low is None or at >= low) and (high is None or at < high)


def comments(visit: Visit) -> Reply:
    query, found = visit.query, the_case(visit).comments
    writers = query.match.get("created_by")
    found = [one for one in found if _in_window(one.at, visit) and (not writers or one.by.uuid in writers)]
    if query.sort:
        direction = query.direction or visit.world.switches.default_direction
        found.sort(key=COMMENT_SORTS[query.sort], reverse=direction == "desc")
    return json_reply({"items": [view.comment(one) for one in page_of(found, query)], "total": len(found)})


def write(visit: Visit) -> Reply:
    case, body = the_case(visit), read_body(visit.request, {"content": not_blank}, ("content",))
    return json_reply(view.comment(visit.world.cases.comment(case, body["content"], visit.key.actor)))


def comment(visit: Visit) -> Reply:
    return json_reply(view.comment(visit.world.cases.the_comment(the_case(visit), visit.args["comment_uuid"])))


def rewrite(visit: Visit) -> Reply:
    found = visit.world.cases.the_comment(the_case(visit), visit.args["comment_uuid"])
    found.content = read_body(visit.request, {"content": not_blank}, ("content",))["content"]
    found.updated_at = visit.world.clock.time()
    return json_reply(view.comment(found))


def take_back(visit: Visit) -> Reply:
    case = the_case(visit)
    case.comments.remove(visit.world.cases.the_comment(case, visit.args["comment_uuid"]))
    return empty_reply()


def history(visit: Visit) -> Reply:
    found = [one for one in the_case(visit).history if _in_window(one.at, visit)]
    if visit.query.direction != "asc":
        found.reverse()
    return json_reply({"items": [view.line(one) for one in found], "total": len(found)})


CASE = "/v1/sic/cases/{uuid}"
ROUTES = (
    Route("GET", CASE + "/alerts", alerts, VIEW, ALERTS),
    Route("POST", CASE + "/alerts", replace_alerts, MANAGE),
    Route("PATCH", CASE + "/alerts", add_alerts, MANAGE),
    Route("POST", CASE + "/events", add_events, MANAGE),
    Route("DELETE", CASE + "/events", remove_events, MANAGE),
    Route("DELETE", CASE + "/events/{event_id}", remove_event, MANAGE),
    Route("GET", CASE + "/comments", comments, VIEW, COMMENTS),
    Route("POST", CASE + "/comments", write, COMMENT),
    Route("GET", CASE + "/comments/{comment_uuid}", comment, VIEW),
    Route("PATCH", CASE + "/comments/{comment_uuid}", rewrite, MANAGE),
    Route("DELETE", CASE + "/comments/{comment_uuid}", take_back, MANAGE),
    Route("GET", CASE + "/history", history, VIEW, HISTORY),
)
