"""URL <-> countermeasures of alerts."""

from collections.abc import Callable
from typing import Any

from lab.sekoia.alerts.view import beside_comment
from lab.sekoia.body import Check, not_blank, or_null, read_body, text
from lab.sekoia.countermeasures.model import comment_on, decide, find_countermeasure
from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.instants import iso_offset
from lab.sekoia.query import Grammar, page_of
from lab.sekoia.route import Route, Visit

VIEW = ("View alerts",)
MANAGE = ("Manage alerts",)
COMMENT = ("Comment on alerts",)
SHAPE: dict[str, Check] = {"content": not_blank, "author": or_null(text())}
SORTS = ("created_at",)
LIST = Grammar(match=frozenset(("status",)), sorts=SORTS, paged=True)


def countermeasures(visit: Visit) -> Reply:
    alert = visit.world.alerts.shown(visit.args["uuid"])
    wanted = visit.query.match.get("status")
    found = [one for one in alert.countermeasures if wanted is None or one["status"] in wanted]
    return json_reply({"items": page_of(found, visit.query), "total": len(found)})


def _said(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() <= SHAPE.keys() and not_blank(value.get("content"))


def decided(act: str) -> Callable[[Visit], Reply]:
    def handle(visit: Visit) -> Reply:
        world = visit.world
        alert, one = find_countermeasure(world.alerts, visit.args["countermeasure"])
        said = read_body(visit.request, {"comment": _said}, ("comment",))["comment"]
        decide(world.ids, alert, one, act, visit.key.actor, world.clock.time(), said)
        return json_reply(one)

    return handle


def comments(visit: Visit) -> Reply:
    alert, one = find_countermeasure(visit.world.alerts, visit.args["countermeasure"])
    beside = {"type": "countermeasure_comment", **beside_comment(alert, visit.world.switches)}
    items = [{**_listed(comment), **beside} for comment in page_of(one["comments"], visit.query)]
    return json_reply({"items": items, "total": len(one["comments"])})


def _listed(comment: dict[str, Any]) -> dict[str, Any]:
    """A comment as this list writes it: ISO times in the place of `date`."""
    at = iso_offset(comment["date"])
    shown = {name: value for name, value in comment.items() if name != "date"}
    return {**shown, "created_at": at, "updated_at": at}


def write(visit: Visit) -> Reply:
    world = visit.world
    alert, one = find_countermeasure(world.alerts, visit.args["countermeasure"])
    body = read_body(visit.request, SHAPE, ("content",))
    now = world.clock.time()
    written = comment_on(world.ids, one, body["content"], body.get("author"), visit.key.actor, now)
    alert.touch(now, visit.key.actor)
    return json_reply(written, 201)


ONE = "/v1/sic/alerts/countermeasures/{countermeasure}"
ROUTES = (
    Route("GET", "/v1/sic/alerts/{uuid}/countermeasures", countermeasures, VIEW, LIST),
    Route("PATCH", ONE + "/activate", decided("activate"), MANAGE),
    Route("PATCH", ONE + "/deny", decided("deny"), MANAGE),
    Route("GET", ONE + "/comments", comments, VIEW, Grammar(paged=True)),
    Route("POST", ONE + "/comments", write, COMMENT),
)
