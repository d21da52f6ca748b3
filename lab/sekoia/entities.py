"""The entities (sites, subsidiaries) that alerts belong to."""

from dataclasses import dataclass

from lab.sekoia.ids import Ids


@dataclass(frozen=True)
class Entity:
    """A part of the organisation."""

    uuid: str
    name: str


class EntityBook:
    """Entities by name; a name met for the first time becomes an entity."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._by_name: dict[str, Entity] = {}

    def named(self, name: str) -> Entity:
        """The entity of that name."""
        if name not in self._by_name:
            self._by_name[name] = Entity(self._ids.of("entity", name), name)
        return self._by_name[name]

    def all(self) -> list[Entity]:
        """All entities met so far."""
        return list(self._by_name.values())
