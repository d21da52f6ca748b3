"""URL <-> changes of many alerts at once."""

from dataclasses import replace

from lab.sekoia.alerts import bulk
from lab.sekoia.alerts.edit import Editor
from lab.sekoia.alerts.fields import COUNT_FILTERS
from lab.sekoia.alerts.search import Finder
from lab.sekoia.body import Check, not_blank, or_null, text, uuid
from lab.sekoia.exchange import Reply, empty_reply, json_reply
from lab.sekoia.query import Query, read_query
from lab.sekoia.refusals import Unfit
from lab.sekoia.route import Route, Visit

STATUS = ("Update alert status",)
FILTERS = replace(COUNT_FILTERS, numbers=frozenset())
MOVE: dict[str, Check] = {"action_uuid": uuid, "comment": or_null(text()), "verdict_uuid": or_null(uuid)}
ONE_BY_ONE = {"match[uuid]", "action_uuid", "comment"}


def _body(visit: Visit) -> dict[str, str]:
    body = visit.request.json()
    if not isinstance(body, dict) or not not_blank(body.get("action_uuid")):
        raise Unfit("Input payload validation failed: action_uuid is required", ("body", "action_uuid"))
    for name, check in MOVE.items():
        if name in body and not check(body[name]):
            raise Unfit(f"Input payload validation failed: {name}", ("body", name))
    return body


def _query(visit: Visit, body: dict[str, str]) -> Query:
    """The filters among the keys of the body, each a text as in a query."""
    filters = {name: [str(value)] for name, value in body.items() if name not in MOVE}
    return read_query(filters, FILTERS, visit.world.switches, visit.world.clock.time(), visit.route.name)


def _editor(visit: Visit, at: float) -> Editor:
    return visit.world.alerts.editor(visit.key.actor, at)


def move_later(visit: Visit) -> Reply:
    world, body = visit.world, _body(visit)
    found = list(Finder(world.alerts, world.switches, world.ties).find(_query(visit, body)))
    bulk.check_move(_editor(visit, world.clock.time()), body["action_uuid"], body.get("verdict_uuid"))

    def act() -> int:
        with world.lock:
            return bulk.move_all(_editor(visit, world.clock.time()), found, body)

    return json_reply({"task_id": world.tasks.start("bulk", len(found), act).uuid})


def move_now(visit: Visit) -> Reply:
    world, body = visit.world, _body(visit)
    if not body.keys() <= ONE_BY_ONE or "match[uuid]" not in body:
        raise Unfit("Input payload validation failed: match[uuid] is required", ("body", "match[uuid]"))
    found = [world.alerts.shown(identity) for identity in str(body["match[uuid]"]).split(",")]
    bulk.move_each(_editor(visit, world.clock.time()), found, body)
    return empty_reply()


ROUTES = (
    Route("PATCH", "/v1/sic/alerts/bulk/workflow", move_now, STATUS),
    Route("PATCH", "/v1/sic/alerts/bulk/workflow/async", move_later, STATUS),
)
