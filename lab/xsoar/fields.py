"""The catalogue of incident fields of a host, and what each kind of field accepts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lab.xsoar.bundle import Bundle
from lab.xsoar.common_fields import COMMON_FIELDS, SYSTEM_ALIASES, SYSTEM_FIELDS
from lab.xsoar.errors import BadFieldValue, UnknownName
from lab.xsoar.filters import as_text

SYSTEM_TEXT_LIMIT, TEXT_LIMIT = 600, 60_000
SEVERITIES = (0, 0.5, 1, 2, 3, 4)


@dataclass(frozen=True)
class Field:
    """One incident field: `name` is shown and used by mappers, `cli_name` is its key on an incident."""

    name: str
    cli_name: str
    kind: str
    is_system: bool
    choices: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    titles: tuple[tuple[str, str], ...] = ()  # key and title of each column
    open_ended: bool = True
    minutes: int = 0  # of a timer: how long it may run
    script: str = ""  # what runs when the value changes
    display: str = ""  # what offers the choices

    def accept(self, value: Any) -> Any:
        """The value as the field keeps it; raises BadFieldValue naming field, kind and value."""
        if self.kind not in KINDS:
            raise UnknownName("field kind", self.kind, f"field {self.name}")
        try:
            return KINDS[self.kind](self, value)
        except (ValueError, TypeError) as error:
            raise BadFieldValue(f"field {self.name!r} ({self.kind}) cannot hold {_shown(value)}: {error}") from error


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:120]}…"


def _text(field: Field, value: Any) -> str:
    if isinstance(value, (list, dict)):
        raise TypeError("a text is expected")
    return as_text(value)


def _short_text(field: Field, value: Any) -> str:
    text = _text(field, value)
    limit = SYSTEM_TEXT_LIMIT if field.is_system else TEXT_LIMIT
    if len(text) > limit:
        raise ValueError(f"{len(text)} characters, {limit} are allowed")
    return text


def _number(field: Field, value: Any) -> float | int:
    number = float(as_text(value))
    return int(number) if number.is_integer() else number


def _boolean(field: Field, value: Any) -> bool:
    text = as_text(value).lower()
    if text not in ("true", "false"):
        raise ValueError("true or false is expected")
    return text == "true"


def _date(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("an ISO 8601 text is expected")
    datetime.fromisoformat(value.replace("Z", "+00:00"))
    return value


def _choice(field: Field, value: Any) -> str:
    text = _text(field, value)
    if field.choices and text and text not in field.choices:
        raise ValueError(f"none of {list(field.choices)}")
    return text


def _choices(field: Field, value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    texts = [_text(field, each) for each in values]
    strangers = [text for text in texts if field.choices and not field.open_ended and text not in field.choices]
    if strangers:
        raise ValueError(f"{strangers} is none of {list(field.choices)}")
    return texts


def _grid(field: Field, value: Any) -> list[dict[str, Any]]:
    rows = value if isinstance(value, list) else [value]
    for row in rows:
        if not isinstance(row, dict):
            raise TypeError("a list of objects is expected")
        strangers = set(row) - set(field.columns)
        if strangers:
            raise ValueError(f"no such column: {', '.join(sorted(strangers))}")
    return rows


def _severity(field: Field, value: Any) -> float | int:
    number = float(as_text(value))
    if number not in SEVERITIES:
        raise ValueError(f"none of {SEVERITIES}")
    return int(number) if number.is_integer() else number


def _listed(field: Field, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("a list is expected")
    return value


def _timer(field: Field, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("a timer is an object")
    return value


KINDS: dict[str, Callable[[Field, Any], Any]] = {
    "shortText": _short_text,
    "longText": _text,
    "markdown": _text,
    "html": _text,
    "url": _text,
    "user": _text,
    "role": _choices,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "singleSelect": _choice,
    "multiSelect": _choices,
    "tagsSelect": _choices,
    "grid": _grid,
    "attachments": _listed,
    "labels": _listed,
    "severity": _severity,
    "timer": _timer,
}


class FieldCatalogue:
    """All fields of a host, found by display name or cliName."""

    def __init__(self, bundle: Bundle) -> None:
        system = [Field(name, name, kind, True) for name, kind in SYSTEM_FIELDS.items()]
        common = [Field(name, cli_name, kind, False) for name, cli_name, kind in COMMON_FIELDS]
        own = [_own(raw) for raw in bundle.incident_fields.values()]
        self._by_cli = {field.cli_name: field for field in (*system, *common, *own)}
        self._by_name = {field.name: field for field in (*system, *common, *own)}
        self._by_name.update({alias: self._by_name[name] for alias, name in SYSTEM_ALIASES.items()})

    def by_name(self, name: str) -> Field:
        """The field a mapper or a test names; raises UnknownName."""
        found = self._by_name.get(name) or self._by_cli.get(name)
        if found is None:
            raise UnknownName("incident field", name)
        return found

    def by_cli_name(self, name: str) -> Field:
        """The field of a key on an incident; raises UnknownName."""
        if name not in self._by_cli:
            raise UnknownName("incident field", name, "as a cliName")
        return self._by_cli[name]

    def on_a_page(self, name: str) -> Field:
        """The field that a layout names: pages write a cliName in lower case, whatever its case on an incident."""
        found = next((field for key, field in self._by_cli.items() if key.casefold() == name.casefold()), None)
        if found is None:
            raise UnknownName("incident field", name, "on a page")
        return found


def _own(raw: Mapping[str, Any]) -> Field:
    choices = tuple(str(value) for value in raw.get("selectValues") or () if value)
    return Field(
        name=str(raw["name"]),
        cli_name=str(raw["cliName"]),
        kind=str(raw["type"]),
        is_system=False,
        choices=choices,
        columns=tuple(str(column["key"]) for column in raw.get("columns") or ()),
        titles=tuple((str(one["key"]), str(one.get("displayName") or one["key"])) for one in raw.get("columns") or ()),
        open_ended=bool(raw.get("openEnded")) or not choices,
        minutes=int(raw.get("sla") or 0),
        script=str(raw.get("script") or ""),
        display=str(raw.get("fieldCalcScript") or ""),
    )
