"""URL <-> intakes."""

from collections.abc import Callable
from typing import Any

from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.instants import iso_offset
from lab.sekoia.intakes.model import Intake
from lab.sekoia.query import Grammar, page_of
from lab.sekoia.route import Route, Visit

READ = ("View intakes",)
MATCHES: dict[str, Callable[[Intake], str]] = {
    "uuid": lambda intake: intake.uuid,
    "name": lambda intake: intake.name,
    "format_uuid": lambda intake: intake.format_uuid,
    "entity_uuid": lambda intake: intake.entity.uuid,
    "entity_name": lambda intake: intake.entity.name,
    "intake_key": lambda intake: intake.key,
    "status": lambda intake: intake.status,
}
SORTS: dict[str, Callable[[Intake], Any]] = {
    "name": lambda intake: intake.name,
    "created_at": lambda intake: intake.created_at,
}
LIST = Grammar(
    match=frozenset((*MATCHES, "community_uuid")),
    flags=frozenset(("with_status",)),
    sorts=tuple(SORTS),
    paged=True,
)


def intakes(visit: Visit) -> Reply:
    found = [intake for intake in visit.world.intakes.all() if _is_wanted(intake, visit)]
    if visit.query.sort is not None:
        found.sort(key=SORTS[visit.query.sort], reverse=visit.query.direction == "desc")
    told = visit.query.flag("with_status", False)
    items = [_shown(intake, visit, told) for intake in page_of(found, visit.query)]
    return json_reply({"items": items, "total": len(found)})


def _is_wanted(intake: Intake, visit: Visit) -> bool:
    match = dict(visit.query.match)
    communities = match.pop("community_uuid", frozenset((visit.world.community,)))
    fits = all(MATCHES[name](intake) in wanted for name, wanted in match.items())
    return fits and visit.world.community in communities


def intake(visit: Visit) -> Reply:
    return json_reply(_shown(visit.world.intakes.get(visit.args["uuid"]), visit, True))


def _shown(intake: Intake, visit: Visit, told: bool) -> dict[str, Any]:
    who = visit.world.ids.of("avatar", "administrator")
    shown = {
        "uuid": intake.uuid,
        "name": intake.name,
        "community_uuid": visit.world.community,
        "entity_uuid": intake.entity.uuid,
        "entity": {"uuid": intake.entity.uuid, "name": intake.entity.name},
        "format_uuid": intake.format_uuid,
        "intake_key": intake.key,
        "created_at": iso_offset(intake.created_at),
        "created_by": who,
        "created_by_type": "avatar",
        "updated_at": iso_offset(intake.created_at),
        "updated_by": who,
        "updated_by_type": "avatar",
        "configured": True,
        "is_custom_format": False,
        "connector_configuration_uuid": None,
    }
    return shown | ({"status": intake.status} if told else {})


ROUTES = (
    Route("GET", "/v1/sic/conf/intakes", intakes, READ, LIST),
    Route("GET", "/v1/sic/conf/intakes/{uuid}", intake, READ),
)
