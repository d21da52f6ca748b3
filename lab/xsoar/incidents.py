"""The incident store: what fetched items become, and how they are read back."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from lab.xsoar.bundle import Bundle
from lab.xsoar.classifier import classify
from lab.xsoar.common_fields import SYSTEM_TYPES
from lab.xsoar.errors import BadFieldValue, UnknownName
from lab.xsoar.fields import FieldCatalogue
from lab.xsoar.instance import Instance
from lab.xsoar.mapper import Mapped, apply_mapper
from lab.xsoar.store import Store, pack

PENDING, ACTIVE, DONE, ARCHIVED = 0, 1, 2, 3
SYSTEM_DEFAULTS: Mapping[str, Any] = {"severity": 0, "status": PENDING, "owner": "", "details": "", "rawJSON": ""}


class FieldValues(Mapping[str, Any]):
    """Values of an incident by display name or cliName; an unknown name raises, an empty field is None."""

    def __init__(self, catalogue: FieldCatalogue, system: Mapping[str, Any], custom: Mapping[str, Any]) -> None:
        self._catalogue = catalogue
        self._values = {**custom, **system}

    def __getitem__(self, name: str) -> Any:
        return self._values.get(self._catalogue.by_name(name).cli_name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@dataclass(frozen=True)
class Incident:
    """One stored incident; `system` and `custom_fields` are keyed as on the platform."""

    id: str
    type: str
    instance: str
    system: Mapping[str, Any]
    custom_fields: Mapping[str, Any]
    labels: tuple[Mapping[str, str], ...]
    fields: FieldValues = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """The title shown in lists."""
        return str(self.system.get("name", ""))

    @property
    def severity(self) -> float:
        """0 unknown, 0.5 info, 1 low, 2 medium, 3 high, 4 critical."""
        return float(self.system["severity"])

    @property
    def status(self) -> int:
        """0 pending, 1 active, 2 done, 3 archived."""
        return int(self.system["status"])

    @property
    def occurred(self) -> str:
        """ISO 8601."""
        return str(self.system.get("occurred", ""))

    @property
    def created(self) -> str:
        """When the host made it, ISO 8601 UTC."""
        return str(self.system["created"])

    @property
    def owner(self) -> str:
        """The analyst's user name, or ''."""
        return str(self.system["owner"])

    @property
    def details(self) -> str:
        """The system's details text."""
        return str(self.system["details"])

    @property
    def raw_json(self) -> str:
        """The fetched item, JSON text."""
        return str(self.system["rawJSON"])

    @property
    def dbot_mirror_id(self) -> str:
        """Id on the remote side, or ''."""
        return str(self.system.get("dbotMirrorId") or "")

    @property
    def dbot_mirror_instance(self) -> str:
        """Name of the instance that mirrors it, or ''."""
        return str(self.system.get("dbotMirrorInstance") or "")

    @property
    def dbot_mirror_direction(self) -> str:
        """In, Out, Both or ''."""
        return str(self.system.get("dbotMirrorDirection") or "")

    @property
    def dbot_mirror_tags(self) -> list[str]:
        """Tags whose entries are mirrored out."""
        return list(self.system.get("dbotMirrorTags") or [])

    def as_platform(self) -> dict[str, Any]:
        """The object that `demisto.incident()` gives."""
        return {
            **self.system,
            "id": self.id,
            "investigationId": self.id,
            "type": self.type,
            "sourceInstance": self.instance,
            "labels": [dict(label) for label in self.labels],
            "CustomFields": dict(self.custom_fields),
        }


@dataclass
class Draft:
    """An incident that is ready to be stored."""

    type: str
    system: dict[str, Any]
    custom: dict[str, Any]
    labels: list[dict[str, str]]
    notes: list[str]


class Intake:
    """Turns what `demisto.incidents` was given into drafts: classifier, mapper, field checks."""

    def __init__(self, bundle: Bundle, catalogue: FieldCatalogue) -> None:
        self._bundle = bundle
        self._catalogue = catalogue

    def draft(self, given: Mapping[str, Any], instance: Instance) -> Draft:
        """One incident; UnknownName and BadFieldValue tell what a platform would silently drop."""
        obj = _raw_object(given)
        incident_type = str(given.get("type") or self._classify(obj, instance))
        if incident_type not in self._bundle.incident_types and incident_type not in SYSTEM_TYPES:
            raise UnknownName("incident type", incident_type, f"instance {instance.name}")
        mapped = apply_mapper(self._mapper(instance), incident_type, obj)
        draft = Draft(incident_type, dict(SYSTEM_DEFAULTS), {}, self._labels(given, mapped, instance), mapped.notes)
        self._take_given(draft, given)
        for name, value in mapped.values.items():
            self._put(draft, self._catalogue.by_name(name).cli_name, value)
        return draft

    def _classify(self, obj: Mapping[str, Any], instance: Instance) -> str:
        return classify(
            _named(self._bundle.classifiers, instance.integration.classifier, "classifier"), obj, instance.incident_type
        )

    def _mapper(self, instance: Instance) -> Mapping[str, Any] | None:
        return _named(self._bundle.mappers, instance.integration.mapper_in, "mapper")

    def _take_given(self, draft: Draft, given: Mapping[str, Any]) -> None:
        for name, value in given.items():
            if name == "CustomFields":
                for cli_name, custom in (value or {}).items():
                    self._put(draft, cli_name, custom)
            elif name not in ("type", "labels") and value is not None:
                self._put(draft, name, value, only_system=True)

    def _put(self, draft: Draft, cli_name: str, value: Any, only_system: bool = False) -> None:
        spot = self._catalogue.by_cli_name(cli_name)
        if only_system and not spot.is_system:
            raise UnknownName("key of an incident", cli_name, "a custom field belongs under CustomFields")
        if cli_name == "type":
            draft.type = str(value)
        else:
            (draft.system if spot.is_system else draft.custom)[cli_name] = spot.accept(value)

    def _labels(self, given: Mapping[str, Any], mapped: Mapped, instance: Instance) -> list[dict[str, str]]:
        own = [{"type": str(each["type"]), "value": str(each["value"])} for each in given.get("labels") or ()]
        source = [
            {"type": "Instance", "value": instance.name},
            {"type": "Brand", "value": instance.integration.id},
        ]
        return own + mapped.labels + source


def _named(items: Mapping[str, Mapping[str, Any]], name: str, kind: str) -> Mapping[str, Any] | None:
    if name and name not in items:
        raise UnknownName(kind, name)
    return items.get(name)


def _raw_object(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """What classifier and mapper see: rawJSON, or the incident itself when it has none."""
    text = given.get("rawJSON")
    if not text:
        return given
    if not isinstance(text, str):
        raise BadFieldValue(f"rawJSON is a JSON text, not {type(text).__name__}")
    obj = json.loads(text)
    return obj if isinstance(obj, dict) else {"value": obj}


class IncidentStore:
    """Incidents in the store; the host never drops a double."""

    def __init__(self, store: Store, catalogue: FieldCatalogue) -> None:
        self._store = store
        self._catalogue = catalogue
        self._held: list[Incident] | None = None

    def add(self, draft: Draft, instance: str, created: str) -> str:
        """Store a draft inside the caller's transaction; its new id."""
        system = {"occurred": created, "created": created, **draft.system}
        number = self._store.write(
            "INSERT INTO incidents (instance, type, system, custom, labels) VALUES (?, ?, ?, ?, ?)",
            *(instance, draft.type, pack(system), pack(draft.custom), pack(draft.labels)),
        )
        return str(number)

    def change(self, incident_id: str, fields: Mapping[str, Any]) -> None:
        """Change fields by name or cliName, each checked against its kind; an unknown name raises UnknownName."""
        incident = self.get(incident_id)
        system, custom = dict(incident.system), dict(incident.custom_fields)
        for name, value in fields.items():
            spot = self._catalogue.by_name(name)
            (system if spot.is_system else custom)[spot.cli_name] = spot.accept(value)
        self._store.write(
            "UPDATE incidents SET system = ?, custom = ? WHERE id = ?", pack(system), pack(custom), incident_id
        )

    def keep_context(self, incident_id: str, context: Mapping[str, Any]) -> None:
        """Replace the context data of an incident."""
        self._store.write("UPDATE incidents SET context = ? WHERE id = ?", pack(dict(context)), incident_id)

    def all(self) -> list[Incident]:
        """Every incident, oldest first."""
        return list(self._read_all() if self._held is None else self._held)

    def _read_all(self) -> list[Incident]:
        return [self._made(row) for row in self._store.rows(f"{SELECT} ORDER BY id")]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Inside, `all` gives what it was at the beginning: a page with many questions reads the incidents once."""
        self._held = self._read_all()
        try:
            yield
        finally:
            self._held = None

    def ids(self) -> list[str]:
        """Every incident's id, oldest first."""
        return [str(row[0]) for row in self._store.rows("SELECT id FROM incidents ORDER BY id")]

    def get(self, incident_id: str) -> Incident:
        """One incident; raises UnknownName."""
        row = self._store.one(f"{SELECT} WHERE id = ?", incident_id)
        if row is None:
            raise UnknownName("incident", incident_id)
        return self._made(row)

    def count(self) -> int:
        """Number of incidents."""
        row = self._store.one("SELECT count(*) FROM incidents")
        return int(row[0]) if row else 0

    def by_field(self, name: str, value: Any) -> list[Incident]:
        """Incidents whose field (display name or cliName) holds exactly this value."""
        return [incident for incident in self.all() if incident.fields[name] == value]

    def _made(self, row: tuple[Any, ...]) -> Incident:
        number, instance, incident_type, system, custom, labels = row
        system, custom = json.loads(system), json.loads(custom)
        return Incident(
            id=str(number),
            type=incident_type,
            instance=instance,
            system=system,
            custom_fields=custom,
            labels=tuple(json.loads(labels)),
            fields=FieldValues(self._catalogue, {**system, "type": incident_type}, custom),
        )


SELECT = "SELECT id, instance, type, system, custom, labels FROM incidents"
