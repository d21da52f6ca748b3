"""URL <-> entities."""

from collections.abc import Callable
from typing import Any

from lab.sekoia.entities.model import Entity
from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.query import Grammar, page_of
from lab.sekoia.route import Route, Visit

READ = ("View entities",)
MATCHES: dict[str, Callable[[Entity, Visit], str]] = {
    "uuid": lambda entity, visit: entity.uuid,
    "name": lambda entity, visit: entity.name,
    "entity_id": lambda entity, visit: entity.entity_id,
    "community_uuid": lambda entity, visit: visit.world.community,
}
LIST = Grammar(match=frozenset(MATCHES), paged=True)


def entities(visit: Visit) -> Reply:
    found = [entity for entity in visit.world.entities.all() if _is_wanted(entity, visit)]
    items = [_shown(entity, visit) for entity in page_of(found, visit.query)]
    return json_reply({"items": items, "total": len(found)})


def _is_wanted(entity: Entity, visit: Visit) -> bool:
    return all(MATCHES[name](entity, visit) in wanted for name, wanted in visit.query.match.items())


def entity(visit: Visit) -> Reply:
    return json_reply(_shown(visit.world.entities.get(visit.args["uuid"]), visit))


def _shown(entity: Entity, visit: Visit) -> dict[str, Any]:
    return {
        "uuid": entity.uuid,
        "name": entity.name,
        "entity_id": entity.entity_id,
        "alerts_generation": visit.world.ids.of("generation mode", "default"),
        "description": entity.description,
        "community_uuid": visit.world.community,
        "number_of_intakes": entity.intakes,
    }


ROUTES = (
    Route("GET", "/v1/sic/conf/entities", entities, READ, LIST),
    Route("GET", "/v1/sic/conf/entities/{uuid}", entity, READ),
)
