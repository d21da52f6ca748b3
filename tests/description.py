"""The vendor's own description of the API, and what calls and answers look like beside it."""

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.ears import Said, Seen

LAB = Path(__file__).parents[1] / "lab" / "sekoia"
EXCEPTIONS = LAB / "description_exceptions.yml"
FACTS = LAB / "description_facts.yml"
BASE = "urn:description"


def is_date_range(value: object) -> bool:
    """Two moments with a comma between; one may be absent or `now`, as Sekoia's documentation on filters has it."""
    ends = str(value).split(",")
    for end in ends:
        if end not in ("", "now"):
            datetime.fromisoformat(end.replace("Z", "+00:00"))
    return len(ends) == 2 and any(ends)


FORMATS = deepcopy(oas31_format_checker)
FORMATS.checks("date-range", raises=ValueError)(is_date_range)


class Description:
    """An OpenAPI file, asked about one call at a time."""

    def __init__(self, path: Path) -> None:
        self.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        self.raw: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
        resource: Resource[Any] = Resource.from_contents(self.raw, default_specification=DRAFT202012)
        self.registry: Registry[Any] = Registry().with_resource(BASE, resource)
        self._validators: dict[tuple[str, Any], OAS31Validator] = {}

    @cached_property
    def _patterns(self) -> list[tuple["re.Pattern[str]", str]]:
        ordered = sorted(self.raw["paths"], key=lambda path: path.count("{"))  # a fixed word wins over a parameter
        return [(re.compile(re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(path))), path) for path in ordered]

    def operation(self, method: str, path: str) -> tuple[str, Mapping[str, Any]] | None:
        """The templated path and the operation of a call; None when the description knows none."""
        for pattern, template in self._patterns:
            if pattern.fullmatch(path) and method.lower() in self.raw["paths"][template]:
                return template, self.raw["paths"][template][method.lower()]
        return None

    def is_left_out(self, method: str, path: str) -> bool:
        """Whether a call that it does not know may be one of a service that was left out of it."""
        prefixes = tuple(f"{prefix}/" for prefix in self.raw.get("x-left-out", ()))
        return self.operation(method, path) is None and path.startswith(prefixes)

    def permissions(self, method: str, path: str) -> list[str] | None:
        """The ids of the permissions that a call wants; None where the description does not know or does not say."""
        found = self.operation(method, path)
        return None if found is None else found[1].get("x-permissions")

    def parameters(self, method: str, path: str) -> dict[str, Any] | None:
        """The query parameters of a call with their schemas; None where the description does not know the call."""
        found = self.operation(method, path)
        if found is None:
            return None
        shared = self.raw["paths"][found[0]].get("parameters", [])
        described = [self._resolved(one) for one in [*found[1].get("parameters", []), *shared]]
        return {one["name"]: one.get("schema", {}) for one in described if one["in"] == "query"}

    def body(self, method: str, path: str) -> str:
        """How a call's body is described: absent, open (`{}`), bare (no more than a type), or described."""
        found = self.operation(method, path)
        schema = None if found is None else _json_schema(self._resolved(found[1].get("requestBody") or {}))
        if schema is None:
            return "absent"
        if not schema:
            return "open"
        return "described" if schema.keys() - {"type", "title", "description"} else "bare"

    def is_answer_described(self, method: str, path: str) -> bool:
        """Whether a good answer to a call has a schema that says anything."""
        found = self.operation(method, path)
        answers = found[1].get("responses", {}) if found is not None else {}
        return any(_json_schema(self._resolved(answers[status])) for status in answers if status[0] == "2")

    def operations_with_permissions(self) -> Iterator[tuple[str, str, list[str]]]:
        """Method, path and permissions of every call of which the description names some."""
        for path, operations in self.raw["paths"].items():
            for method, operation in operations.items():
                if isinstance(operation, dict) and operation.get("x-permissions"):
                    yield method.upper(), path, operation["x-permissions"]

    def complaints(self, seen: Seen, request: bool = True) -> Iterator[str]:
        """What does not fit; each begins with the call and the kind of trouble."""
        found = self.operation(seen.method, seen.path)
        if self.is_left_out(seen.method, seen.path):
            return
        if found is None:
            yield f"{seen.method} {re.sub(r'[0-9a-f-]{36}', '{uuid}', seen.path)} path: unknown"
            return
        template, operation = found
        name = f"{seen.method} {template}"
        if request:
            yield from (f"{name} {trouble}" for trouble in self._request(operation, seen))
        if seen.answer is not None and seen.status < 300:
            yield from (f"{name} {trouble}" for trouble in self._answer(operation, seen))

    def value_complaints(self, said: Said) -> Iterator[str]:
        """What does not fit in a value of a query; one whose name is unknown is told of by `complaints`."""
        found = self.operation(said.method, said.path)
        schema = (self.parameters(said.method, said.path) or {}).get(said.name)
        if found is None or schema is None:
            return
        # In these families a comma means "or" (Sekoia's documentation on filters), so each word must fit.
        values = said.value.split(",") if said.name.startswith(("match[", "nomatch[")) else [said.value]
        for value in values:
            troubles = [list(self._misfits(schema, one, FORMATS)) for one in readings(value)]
            if all(troubles):
                words = "; ".join(trouble.removeprefix("whole: ") for trouble in troubles[-1])
                yield f"{said.method} {found[0]} query {said.name} value: {words}"

    def _request(self, operation: Mapping[str, Any], seen: Seen) -> Iterator[str]:
        known = self.parameters(seen.method, seen.path) or {}
        yield from (f"query {name}: unknown" for name in seen.query if name not in known)
        schema = _json_schema(self._resolved(operation.get("requestBody") or {}))
        if seen.body is not None and schema is None:
            yield "body: none is described"
        elif seen.body is not None:
            yield from (f"body {trouble}" for trouble in self._misfits(schema, seen.body))

    def _answer(self, operation: Mapping[str, Any], seen: Seen) -> Iterator[str]:
        answers = operation.get("responses", {})
        if str(seen.status) not in answers:
            yield f"status {seen.status}: not described, there are {', '.join(sorted(answers))}"
            return
        schema = _json_schema(self._resolved(answers[str(seen.status)]))
        if schema is not None:
            yield from (f"answer {trouble}" for trouble in self._misfits(schema, seen.answer))

    def _resolved(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in part:
            return part
        value: Any = self.raw
        for step in part["$ref"].removeprefix("#/").split("/"):
            value = value[step]
        resolved: Mapping[str, Any] = value
        return resolved

    def _misfits(self, schema: Any, value: Any, formats: Any = None) -> Iterator[str]:
        key = json.dumps(schema, sort_keys=True)
        if (key, formats) not in self._validators:
            anchored = json.loads(key.replace('"#/', f'"{BASE}#/'))
            self._validators[key, formats] = OAS31Validator(anchored, registry=self.registry, format_checker=formats)
        for error in self._validators[key, formats].iter_errors(value):
            where = "/".join("*" if isinstance(step, int) else str(step) for step in error.absolute_path)
            if error.validator == "type":
                yield f"{where or 'whole'}: {type(error.instance).__name__} instead of {error.validator_value}"
            else:
                yield f"{where or 'whole'}: {error.validator}: {error.message[:120]}"


def readings(value: str) -> Iterator[Any]:
    """What a text in a query may mean: itself, a list of it, a truth value or a number; the last is the likeliest."""
    yield [value]
    yield value
    if value in ("true", "false"):
        yield value == "true"
    if re.fullmatch(r"-?[0-9]+", value):
        yield int(value)


def _json_schema(part: Mapping[str, Any]) -> Any:
    """The JSON schema of a body or an answer; the description writes the media type in two ways."""
    content = part.get("content", {})
    return next((content[kind]["schema"] for kind in ("application/json", "application.json") if kind in content), None)


@dataclass(frozen=True)
class Departure:
    """Complaints that were looked at: patterns of them, why the description is not followed, and what says so."""

    about: str
    why: str
    source: str
    patterns: tuple[str, ...]

    def covers(self, complaint: str) -> bool:
        """Whether it is about this complaint."""
        return any(re.fullmatch(pattern, complaint) for pattern in self.patterns)

    def unused(self, complaints: Collection[str]) -> Iterator[str]:
        """Its patterns that match nothing."""
        yield from (one for one in self.patterns if not any(re.fullmatch(one, text) for text in complaints))


def departures() -> list[Departure]:
    """The reviewed list."""
    return [
        Departure(one["about"], one["why"], one["source"], tuple(one["patterns"]))
        for one in yaml.safe_load(EXCEPTIONS.read_text("utf-8"))
    ]


def facts() -> dict[str, Any]:
    """What the fidelity page says of the description that the last review was about."""
    found: dict[str, Any] = yaml.safe_load(FACTS.read_text("utf-8"))
    return found
