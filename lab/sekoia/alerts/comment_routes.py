"""URL <-> comments: those of one alert, and all of them."""

from collections.abc import Callable
from typing import Any

from lab.sekoia.alerts import comments as rules
from lab.sekoia.alerts import view
from lab.sekoia.alerts.model import Alert, Comment
from lab.sekoia.body import Check, not_blank, or_null, read_body, text
from lab.sekoia.exchange import Reply, empty_reply, json_reply
from lab.sekoia.query import Grammar, page_of
from lab.sekoia.route import Route, Visit
from lab.sekoia.windows import half_open

VIEW = ("View alerts",)
WRITE = ("Comment on alerts",)
COMMENT: dict[str, Check] = {"content": not_blank, "author": or_null(text())}
Found = tuple[Alert, Comment]
SORTS: dict[str, Callable[[Found], Any]] = {
    "created_at": lambda found: found[1].at,
    "updated_at": lambda found: found[1].updated_at,
    "type": lambda found: found[1].kind,
    "author": lambda found: found[1].author,
}
MATCH: dict[str, Callable[[Found], str]] = {
    "community_uuid": lambda found: found[0].community,
    "author": lambda found: found[1].author,
    "type": lambda found: found[1].kind,
}
DATES: dict[str, Callable[[Found], float]] = {
    "created_at": lambda found: found[1].at,
    "updated_at": lambda found: found[1].updated_at,
}
ALL = Grammar(match=frozenset(MATCH), dates=frozenset(DATES), sorts=tuple(SORTS), paged=True)


def the_alert(visit: Visit) -> Alert:
    return visit.world.alerts.shown(visit.args["uuid"])


def comments(visit: Visit) -> Reply:
    found = the_alert(visit).comments
    items = [view.comment(one) for one in page_of(found, visit.query)]
    return json_reply({"items": items, "total": len(found)})


def write(visit: Visit) -> Reply:
    alert = the_alert(visit)
    body = read_body(visit.request, COMMENT, ("content",))
    world = visit.world
    now = world.clock.time()
    written = rules.write_comment(world.ids, alert, body["content"], body.get("author"), visit.key.actor, now)
    return json_reply(view.comment(written))


def comment(visit: Visit) -> Reply:
    return json_reply(view.comment(rules.find_comment(the_alert(visit), visit.args["comment_uuid"])))


def rewrite(visit: Visit) -> Reply:
    alert = the_alert(visit)
    content = read_body(visit.request, {"content": not_blank}, ("content",))["content"]
    now = visit.world.clock.time()
    return json_reply(view.comment(rules.rewrite(alert, visit.args["comment_uuid"], content, visit.key.actor, now)))


def take_back(visit: Visit) -> Reply:
    rules.take_back(the_alert(visit), visit.args["comment_uuid"], visit.key.actor, visit.world.clock.time())
    return empty_reply()


def all_comments(visit: Visit) -> Reply:
    alerts = visit.world.alerts.between(None, None)
    found = [(alert, one) for alert in alerts for one in alert.comments if _is_wanted((alert, one), visit)]
    default = "desc" if visit.query.sort is None else visit.world.switches.default_direction
    is_descending = (visit.query.direction or default) == "desc"
    found.sort(key=SORTS[visit.query.sort or "created_at"], reverse=is_descending)
    items = [view.global_comment(*one, visit.world.switches) for one in page_of(found, visit.query)]
    return json_reply({"items": items, "total": len(found)})


def _is_wanted(found: Found, visit: Visit) -> bool:
    if any(MATCH[name](found) not in wanted for name, wanted in visit.query.match.items()):
        return False
    for name, span in visit.query.dates.items():
        low, high = half_open(span, visit.world.switches)
        at = DATES[name](found)
        if (low is not None and at < low) or (high is not None and at >= high):
            return False
    return True


MANY = "/v1/sic/alerts/{uuid}/comments"
ROUTES = (
    Route("GET", MANY, comments, VIEW, Grammar(paged=True)),
    Route("POST", MANY, write, WRITE),
    Route("GET", MANY + "/{comment_uuid}", comment, VIEW),
    Route("PATCH", MANY + "/{comment_uuid}", rewrite, WRITE),
    Route("DELETE", MANY + "/{comment_uuid}", take_back, WRITE),
    Route("GET", "/v1/sic/comments", all_comments, VIEW, ALL),
)
