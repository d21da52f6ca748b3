"""The entities (sites, subsidiaries) that alerts belong to."""

from dataclasses import dataclass

from lab.sekoia.ids import Ids
from lab.sekoia.refusals import Missing


@dataclass(frozen=True)
class Entity:
    """A part of the organisation."""

    uuid: str
    name: str
    description: str = ""
    intakes: int = 1

    @property
    def entity_id(self) -> str:
        """The name in lower case with hyphens."""
        return self.name.lower().replace(" ", "-")


class EntityBook:
    """Entities by name; a name met for the first time becomes an entity."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._by_name: dict[str, Entity] = {}

    def named(self, name: str, description: str = "", intakes: int = 1) -> Entity:
        """The entity of that name; what else is said counts when it is met for the first time."""
        if name not in self._by_name:
            self._by_name[name] = Entity(self._ids.of("entity", name), name, description, intakes)
        return self._by_name[name]

    def get(self, uuid: str) -> Entity:
        """The entity with that uuid; Missing when there is none."""
        for entity in self._by_name.values():
            if entity.uuid == uuid:
                return entity
        raise Missing("Unknown entity")

    def all(self) -> list[Entity]:
        """All entities met so far."""
        return list(self._by_name.values())
