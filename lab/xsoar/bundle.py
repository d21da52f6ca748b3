"""The built content pack (the zip a user uploads) as typed frozen values over its JSON and YAML."""

import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import CodeType
from typing import Any

import yaml

from lab.xsoar.errors import UnknownName


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads what the build writes: only true and false are booleans, `yes` and `No` are texts."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (the library's own way to say it)
        sign: [(tag, text) for tag, text in rules if tag != "tag:yaml.org,2002:bool" or sign in "tTfF"]
        for sign, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@dataclass(frozen=True)
class Param:
    """One setting of an integration; `kind` is the platform's number of the type."""

    name: str
    display: str
    kind: int
    required: bool
    default: Any
    options: tuple[str, ...]
    hidden: bool


@dataclass(frozen=True)
class Argument:
    """One argument of a command."""

    name: str
    required: bool
    default: bool
    default_value: Any
    predefined: tuple[str, ...]
    is_array: bool


@dataclass(frozen=True)
class Output:
    """One context path that a command declares to write; `kind` is its declared type, "" where there is none."""

    path: str
    kind: str


@dataclass(frozen=True)
class Command:
    """One command of an integration, or a script seen as a command."""

    name: str
    arguments: tuple[Argument, ...]
    outputs: tuple[Output, ...]
    polling: bool
    deprecated: bool

    def argument(self, name: str) -> Argument | None:
        """The argument of that name, or None."""
        return next((argument for argument in self.arguments if argument.name == name), None)


@dataclass(frozen=True)
class Integration:
    """An integration in the unified form: settings, commands and the code that really ships."""

    id: str
    display: str
    params: tuple[Param, ...]
    commands: Mapping[str, Command]
    code: str
    classifier: str
    mapper_in: str
    mapper_out: str
    is_fetch: bool
    is_mappable: bool
    syncs_in: bool
    syncs_out: bool
    docker_image: str
    raw: Mapping[str, Any]

    @cached_property
    def program(self) -> CodeType:
        """The code, compiled once."""
        return compile(self.code, f"<{self.id}>", "exec")


@dataclass(frozen=True)
class Script:
    """An automation script in the unified form."""

    id: str
    command: Command
    tags: tuple[str, ...]
    code: str
    raw: Mapping[str, Any]

    @cached_property
    def program(self) -> CodeType:
        """The code, compiled once."""
        return compile(self.code, f"<{self.id}>", "exec")


def _argument(raw: Mapping[str, Any]) -> Argument:
    return Argument(
        name=str(raw["name"]),
        required=bool(raw.get("required")),
        default=bool(raw.get("default")),
        default_value=raw.get("defaultValue", raw.get("defaultvalue")),
        predefined=tuple(str(value) for value in raw.get("predefined") or ()),
        is_array=bool(raw.get("isArray")),
    )


def _command(raw: Mapping[str, Any], arguments: str = "arguments") -> Command:
    return Command(
        name=str(raw["name"]),
        arguments=tuple(_argument(each) for each in raw.get(arguments) or ()),
        outputs=tuple(
            Output(str(each["contextPath"]), str(each.get("type") or "")) for each in raw.get("outputs") or ()
        ),
        polling=bool(raw.get("polling")),
        deprecated=bool(raw.get("deprecated")),
    )


def _param(raw: Mapping[str, Any]) -> Param:
    return Param(
        name=str(raw["name"]),
        display=str(raw.get("display") or raw.get("displaypassword") or ""),
        kind=int(raw["type"]),
        required=bool(raw.get("required")),
        default=raw.get("defaultvalue"),
        options=tuple(str(option) for option in raw.get("options") or ()),
        hidden=raw.get("hidden") is True,
    )


def _integration(raw: Mapping[str, Any]) -> Integration:
    script = raw["script"]
    commands = {str(each["name"]): _command(each) for each in script.get("commands") or ()}
    return Integration(
        id=str(raw["commonfields"]["id"]),
        display=str(raw.get("display", "")),
        params=tuple(_param(each) for each in raw.get("configuration") or ()),
        commands=commands,
        code=str(script["script"]),
        classifier=str(raw.get("defaultclassifier") or ""),
        mapper_in=str(raw.get("defaultmapperin") or ""),
        mapper_out=str(raw.get("defaultmapperout") or ""),
        is_fetch=bool(script.get("isfetch")),
        is_mappable=bool(script.get("ismappable")),
        syncs_in=bool(script.get("isremotesyncin")),
        syncs_out=bool(script.get("isremotesyncout")),
        docker_image=str(script.get("dockerimage", "")),
        raw=raw,
    )


def _script(raw: Mapping[str, Any]) -> Script:
    return Script(
        id=str(raw["commonfields"]["id"]),
        command=_command(raw, "args"),
        tags=tuple(str(tag) for tag in raw.get("tags") or ()),
        code=str(raw["script"]),
        raw=raw,
    )


def _yaml(text: str) -> Any:
    return yaml.load(text, Loader=Loader)  # noqa: S506 (the loader is a safe one)


@dataclass(frozen=True)
class Bundle:
    """All content items of one built pack, by id (fields: by name)."""

    name: str
    metadata: Mapping[str, Any]
    integrations: Mapping[str, Integration]
    scripts: Mapping[str, Script]
    classifiers: Mapping[str, Mapping[str, Any]]
    mappers: Mapping[str, Mapping[str, Any]]
    incident_types: Mapping[str, Mapping[str, Any]]
    incident_fields: Mapping[str, Mapping[str, Any]]
    layouts: Mapping[str, Mapping[str, Any]]
    playbooks: Mapping[str, Mapping[str, Any]]
    lists: Mapping[str, Mapping[str, Any]]
    dashboards: Mapping[str, Mapping[str, Any]]
    widgets: Mapping[str, Mapping[str, Any]]

    @classmethod
    def load(cls, zip_path: Path) -> "Bundle":
        """Read the zip; a file that is no JSON or YAML, or lacks its id, raises."""
        with zipfile.ZipFile(zip_path) as archive:
            files = {name: archive.read(name).decode("utf-8") for name in archive.namelist() if _is_item(name)}
        metadata = json.loads(files.get("metadata.json") or files["pack_metadata.json"])
        classifiers = _items(files, "Classifiers/", json.loads, "id")
        return cls(
            name=str(metadata["name"]),
            metadata=metadata,
            integrations={each.id: each for each in map(_integration, _raw(files, "Integrations/", _yaml))},
            scripts={each.id: each for each in map(_script, _raw(files, "Scripts/", _yaml))},
            classifiers={key: raw for key, raw in classifiers.items() if raw["type"] == "classification"},
            mappers={key: raw for key, raw in classifiers.items() if raw["type"] != "classification"},
            incident_types=_items(files, "IncidentTypes/", json.loads, "id"),
            incident_fields=_items(files, "IncidentFields/", json.loads, "name"),
            layouts=_items(files, "Layouts/", json.loads, "id"),
            playbooks=_items(files, "Playbooks/", _yaml, "id"),
            lists=_items(files, "Lists/", json.loads, "id"),
            dashboards=_items(files, "Dashboards/", json.loads, "id"),
            widgets=_items(files, "Widgets/", json.loads, "id"),
        )

    def integration(self, integration_id: str) -> Integration:
        """The integration of that id; raises UnknownName."""
        if integration_id not in self.integrations:
            raise UnknownName("integration", integration_id, f"pack {self.name}")
        return self.integrations[integration_id]


def _is_item(name: str) -> bool:
    return name.endswith((".json", ".yml"))


def _raw(files: Mapping[str, str], folder: str, parse: Callable[[str], Any]) -> list[Mapping[str, Any]]:
    return [parse(text) for name, text in sorted(files.items()) if name.startswith(folder)]


def _items(
    files: Mapping[str, str], folder: str, parse: Callable[[str], Any], key: str
) -> dict[str, Mapping[str, Any]]:
    return {str(raw[key]): raw for raw in _raw(files, folder, parse)}
