"""Intakes: where events come in. Whoever has the key of one can push events into the tenant."""

from dataclasses import dataclass

from lab.clock import TimeSource
from lab.sekoia.entities.model import Entity, EntityBook
from lab.sekoia.ids import Ids
from lab.sekoia.refusals import Missing

STATUSES = ("running", "stopped", "error")


@dataclass(frozen=True)
class Intake:
    """One intake; `key` is a secret."""

    uuid: str
    name: str
    entity: Entity
    format_uuid: str
    key: str
    status: str
    created_at: float


class IntakeBook:
    """The intakes of the workspace."""

    def __init__(self, ids: Ids, clock: TimeSource, entities: EntityBook) -> None:
        self._ids, self._clock, self._entities = ids, clock, entities
        self._keys = ids.stream("intake keys")
        self._by_uuid: dict[str, Intake] = {}

    def add(self, name: str, entity: str = "Head office", format: str = "Windows", status: str = "running") -> Intake:
        """A new intake; a name used twice or an unknown status raises."""
        if status not in STATUSES:
            raise ValueError(f"an intake's status is one of {STATUSES}, not {status!r}")
        uuid = self._ids.of("intake", name)
        if uuid in self._by_uuid:
            raise ValueError(f"an intake named {name!r} exists")
        key = "".join(self._keys.choices("abcdefghijkmnpqrstuvwxyz23456789", k=32))
        form = self._ids.of("format", format)
        made = Intake(uuid, name, self._entities.named(entity), form, key, status, self._clock.time())
        self._by_uuid[uuid] = made
        return made

    def all(self) -> list[Intake]:
        """All intakes."""
        return list(self._by_uuid.values())

    def get(self, uuid: str) -> Intake:
        """The intake with that uuid; Missing when there is none."""
        if uuid not in self._by_uuid:
            raise Missing("Unknown intake")
        return self._by_uuid[uuid]
