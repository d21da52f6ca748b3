"""The life of one request, as one ordered list of steps; the first step that has a reply ends it."""

import json
from collections.abc import Callable

from lab.sekoia import auth, control, errors, faults
from lab.sekoia.aggregations.routes import ROUTES as AGGREGATIONS
from lab.sekoia.alerts.routes import ROUTES as ALERTS
from lab.sekoia.assets.routes import ROUTES as ASSETS
from lab.sekoia.cases.routes import ROUTES as CASES
from lab.sekoia.countermeasures.routes import ROUTES as COUNTERMEASURES
from lab.sekoia.custom_fields.routes import ROUTES as CUSTOM_FIELDS
from lab.sekoia.entities.routes import ROUTES as ENTITIES
from lab.sekoia.events.routes import ROUTES as EVENTS
from lab.sekoia.exchange import Reply, Request, json_reply
from lab.sekoia.exports import storage
from lab.sekoia.exports.routes import ROUTES as EXPORTS
from lab.sekoia.identity.avatar_routes import ROUTES as AVATARS
from lab.sekoia.identity.people_routes import ROUTES as PEOPLE
from lab.sekoia.identity.routes import ROUTES as IDENTITY
from lab.sekoia.intakes.routes import ROUTES as INTAKES
from lab.sekoia.iocs.routes import ROUTES as IOCS
from lab.sekoia.journal import Call
from lab.sekoia.kill_chains.routes import ROUTES as KILL_CHAINS
from lab.sekoia.notebooks.routes import ROUTES as NOTEBOOKS
from lab.sekoia.oddities import row_with_surprises
from lab.sekoia.query import read_query
from lab.sekoia.refusals import Refusal, Unemulated, Unfit
from lab.sekoia.route import Router, Visit
from lab.sekoia.rules.routes import ROUTES as RULES
from lab.sekoia.statistics.routes import ROUTES as STATISTICS
from lab.sekoia.statuses.routes import ROUTES as STATUSES
from lab.sekoia.tasks.routes import ROUTES as TASKS
from lab.sekoia.world import World

ROUTER = Router(
    (
        *IDENTITY,
        *AVATARS,
        *PEOPLE,
        *ALERTS,
        *CASES,
        *COUNTERMEASURES,
        *STATUSES,
        *STATISTICS,
        *CUSTOM_FIELDS,
        *KILL_CHAINS,
        *ASSETS,
        *ENTITIES,
        *INTAKES,
        *RULES,
        *IOCS,
        *EVENTS,
        *AGGREGATIONS,
        *EXPORTS,
        *NOTEBOOKS,
        *TASKS,
    )
)
Step = Callable[[Visit], Reply | None]
# Where the switch `extra_fields` adds some: comments, cases, assets, searches, events. What is left out holds alerts,
# which have theirs, files, or maps and values whose keys are data.
SURPRISING = (
    "/v1/sic/comments",
    "/v1/sic/alerts/{uuid}/comments",
    "/v1/sic/cases",
    "/v1/sic/conf/events/search/jobs",
    "/v2/asset-management/assets",
)
PLAIN = {
    "/v1/sic/cases/tags",
    "/v1/sic/cases/{uuid}/alerts",
    "/v2/asset-management/assets/{uuid}/history",
    "/v2/asset-management/assets/{uuid}/prop/{prop}",
    "/v1/sic/conf/events/search/jobs/{uuid}/histograms",
}


def catch_up(visit: Visit) -> None:
    """Let happen what the story says has happened by now."""
    with visit.world.lock:
        visit.world.catch_up()


def push_back(visit: Visit) -> Reply | None:
    """The rate limit and the firewall."""
    return visit.world.pressure.push_back(visit.world.clock.monotonic())


def strike(visit: Visit) -> Reply | None:
    """A fault that is due; those that strike afterwards wait until the call has acted."""
    visit.fault = visit.world.faults.due(visit.request.method, visit.request.path)
    return faults.strike_before(visit.fault, visit.world.clock) if visit.fault else None


def authenticate(visit: Visit) -> None:
    """401 without a key that works."""
    visit.matched_key = auth.key_of(visit.request, visit.world.keys)
    visit.call.key = visit.matched_key.name


def find_route(visit: Visit) -> None:
    """404 for an unknown path, 405 for a wrong method."""
    visit.matched_route, visit.args = ROUTER.find(visit.request.method, visit.request.path)


def check_permission(visit: Visit) -> None:
    """403 without the permissions of the route."""
    auth.check_permission(visit.key, visit.route)


def check_query(visit: Visit) -> None:
    """400 for a query that is not in the grammar of the route."""
    world, route = visit.world, visit.route
    visit.query = read_query(visit.request.query, route.grammar, world.switches, world.clock.time(), route.name)


def handle(visit: Visit) -> Reply | None:
    """Ask the tenant."""
    with visit.world.lock:
        reply = visit.route.handle(visit)
    return surprise(reply, visit.request.path) if is_surprising(visit, reply) else reply


def is_surprising(visit: Visit, reply: Reply) -> bool:
    """Whether fields that nobody announced are added here; alerts add their own, deeper ones."""
    named = visit.route.path.startswith(SURPRISING) and visit.route.path not in PLAIN
    return visit.world.switches.extra_fields and named and bool(reply.body) and reply.status < 300


def surprise(reply: Reply, seed: str) -> Reply:
    """The answer with unannounced fields in the object, or in each row of the list, that it holds."""
    given = json.loads(reply.body)
    if isinstance(given, dict) and isinstance(given.get("items"), list):
        given["items"] = [row_with_surprises(row, seed) for row in given["items"]]
    else:
        given = row_with_surprises(given, seed)
    return json_reply(given, reply.status)


STEPS: tuple[Step, ...] = (
    push_back,
    strike,
    catch_up,
    authenticate,
    find_route,
    check_permission,
    check_query,
    handle,
)


def serve(world: World, request: Request) -> Reply:
    """The reply to a request. Anything but a refusal of the tenant is a crash of the lab and is raised."""
    if request.path.startswith(control.PREFIX):
        return control.serve(world, request)
    if request.path.startswith(storage.PREFIX):
        return storage.serve(world, request)
    visit = Visit(world, request, _noted(world, request))
    reply = _walk(visit)
    if visit.fault is not None:
        reply = faults.strike_after(visit.fault, reply)
    world.pressure.note(world.clock.monotonic(), reply.status)
    visit.call.status = reply.status
    visit.call.bytes_out = len(reply.body)
    return reply


def _noted(world: World, request: Request) -> Call:
    call = Call(world.clock.time(), request.method, request.path, request.query, target=request.target)
    if request.body:
        try:
            call.body = request.json()
        except Unfit:
            call.body = request.body.decode(errors="replace")
    world.journal.calls.append(call)
    return call


def _walk(visit: Visit) -> Reply:
    try:
        replies = (step(visit) for step in STEPS)
        return next(reply for reply in replies if reply is not None)
    except errors.ApiError as error:
        return _render(visit, error)
    except Refusal as refusal:
        return _render_refusal(visit, refusal)


def _render_refusal(visit: Visit, refusal: Refusal) -> Reply:
    is_fastapi = visit.matched_route is not None and visit.matched_route.grammar.fastapi
    if is_fastapi and isinstance(refusal, Unfit) and not isinstance(refusal, Unemulated):
        return errors.render_unfit_fastapi(refusal)
    return _render(visit, errors.of_refusal(refusal))


def _render(visit: Visit, error: errors.ApiError) -> Reply:
    is_fastapi = visit.matched_route is not None and visit.matched_route.grammar.fastapi
    if is_fastapi and visit.world.switches.asset_error_shape == "detail":
        return errors.render_detail(error)
    return errors.render(error)
