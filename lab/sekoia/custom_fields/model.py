"""Custom fields: their definitions, and the values that an alert or a case holds of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lab.sekoia.ids import Ids
from lab.sekoia.refusals import Unfit

TYPES = ("text", "integer", "boolean", "single_select", "multi_select")
MOST_FIELDS, MOST_VALUES, LONGEST_NAME, LONGEST_VALUE = 100, 25, 50, 50


@dataclass(frozen=True)
class CustomField:
    """One definition; `options` are the values of a select."""

    uuid: str
    name: str
    kind: str
    options: tuple[str, ...]
    description: str | None
    color: str

    @property
    def slug(self) -> str:
        """The name in lower case with underscores."""
        return self.name.lower().replace(" ", "_")

    def takes(self, value: Any) -> bool:
        """Whether a value is of the field's type."""
        if self.kind == "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        if self.kind == "boolean":
            return isinstance(value, bool)
        if self.kind == "multi_select":
            return isinstance(value, list) and all(one in self.options for one in value)
        fits = isinstance(value, str) and len(value) <= LONGEST_VALUE
        return fits and (self.kind == "text" or value in self.options)


class CustomFieldBook:
    """The definitions of the workspace, in the order they were made."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._by_uuid: dict[str, CustomField] = {}

    def define(
        self,
        name: str,
        kind: str = "text",
        options: Iterable[str] = (),
        description: str | None = None,
        color: str = "#336699",
    ) -> CustomField:
        """A new field; an unknown type, a name that is used or too long, and one field too many raise."""
        if kind not in TYPES:
            raise ValueError(f"a custom field's type is one of {TYPES}, not {kind!r}")
        if len(name) > LONGEST_NAME or any(field.name == name for field in self._by_uuid.values()):
            raise ValueError(f"a custom field cannot be called {name!r}: the name is used or too long")
        if len(self._by_uuid) >= MOST_FIELDS:
            raise ValueError(f"a workspace has at most {MOST_FIELDS} custom fields")
        field = CustomField(self._ids.of("custom field", name), name, kind, tuple(options), description, color)
        self._by_uuid[field.uuid] = field
        return field

    def all(self) -> list[CustomField]:
        """Every definition."""
        return list(self._by_uuid.values())

    def get(self, uuid: str) -> CustomField | None:
        """The definition with that uuid."""
        return self._by_uuid.get(uuid)

    def changed(
        self, held: Iterable[Mapping[str, Any]], given: Iterable[Mapping[str, Any]], rule: str = "join"
    ) -> dict[str, Any]:
        """The values by uuid after a change; Unfit for what cannot be. `rule` is the switch `custom_fields_patch`."""
        values = {str(entry["uuid"]): entry["value"] for entry in held} if rule == "join" else {}
        for entry in given:
            field = self.get(entry["uuid"])
            if field is None:
                raise Unfit(f"Unknown custom field {entry['uuid']}", ("body", "custom_fields"))
            if not field.takes(entry["value"]):
                raise Unfit(f"Invalid value for the custom field {field.name}", ("body", "custom_fields"))
            values[field.uuid] = entry["value"]
        if len(values) > MOST_VALUES:
            raise Unfit(f"at most {MOST_VALUES} custom fields can be set", ("body", "custom_fields"))
        return values
