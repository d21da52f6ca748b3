"""Ours is a superset of the official pack's surface; what is not stands in official_surface.yml with its reason."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.xsoar.outputs import FREE, normalised
from tests.repository.pack_items import INTEGRATION, classifier, incoming_mapper, integration, items, scripts

SURFACE: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "official_surface.yml").read_text("utf-8"))
OFFICIAL: dict[str, Any] = SURFACE["commands"]
DECLARED = integration()
COMMANDS = {command["name"]: command for command in DECLARED["script"]["commands"]}
PARAMETERS = {parameter["name"]: parameter for parameter in DECLARED["configuration"]}


# --- what is checked --------------------------------------------------------------------------------------------------


def words(value: Any) -> list[str]:
    """A list, or the words of a text."""
    return value.split() if isinstance(value, str) else [str(one) for one in value or ()]


def narrower(official: Mapping[str, Any], ours: Mapping[str, Any], values: str, default: str) -> Iterator[str]:
    """In what an argument or a parameter of ours takes less than the official one, or does something else unasked."""
    if ours.get("required") and not official.get("required"):
        yield "is required"
    taken = [str(one) for one in ours.get(values) or ()]
    if taken and not official.get("options"):
        yield f"takes only {taken}"
    lost = [one for one in words(official.get("options")) if taken and one not in taken]
    if lost:
        yield f"does not take {lost}"
    if official.get("default") and str(ours.get(default, "")) != official["default"]:
        yield f"has the default {ours.get(default)!r}, not {official['default']!r}"


def argument_flaws(official: Mapping[str, Any], ours: Mapping[str, Any]) -> list[str]:
    """What a playbook written for the official command would trip over, among the arguments."""
    known = {one["name"]: one for one in ours["arguments"]}
    flaws = [f"{name} is missing" for name in official.get("arguments", {}) if name not in known]
    for name, said in official.get("arguments", {}).items():
        if name in known:
            flaws += [f"{name} {flaw}" for flaw in narrower(said, known[name], "predefined", "defaultValue")]
            flaws += [f"{name} is no array"] if said.get("array") and not known[name].get("isArray") else []
    fresh = known.keys() - official.get("arguments", {})
    return flaws + [f"{name} is new and required" for name in sorted(fresh) if known[name].get("required")]


def official_paths(official: Mapping[str, Any]) -> list[str]:
    """The paths that playbooks may read: those that are documented and those that the code writes."""
    roots = (("root", "documented"), ("written_root", "written"))
    found = [
        normalised(f"{official[root]}.{path}".lstrip("."))
        for root, paths in roots
        if root in official
        for path in words(official[paths])
    ]
    return list(dict.fromkeys(found))


def is_covered(path: str, declared: Mapping[str, str]) -> bool:
    """Whether a path is declared: itself, below it, or by a free path above it."""
    if path in declared or any(one.startswith(f"{path}.") for one in declared):
        return True
    steps = path.split(".")
    return any(declared.get(".".join(steps[:depth])) == FREE for depth in range(1, len(steps)))


def output_flaws(official: Mapping[str, Any], ours: Mapping[str, Any]) -> list[str]:
    """The paths that are gone without a reason, and reasons for paths that are not gone."""
    declared = {normalised(one["contextPath"]): one.get("type", "") for one in ours.get("outputs") or ()}
    left_out = {normalised(f"{official['root']}.{path}") for path in official.get("left_out", {})}
    paths = official_paths(official)
    gone = [path for path in paths if not is_covered(path, declared) and path not in left_out]
    stale = [path for path in sorted(left_out) if path in declared or path not in paths]
    return [f"{path} is not written" for path in gone] + [f"{path} is not left out" for path in stale]


# --- the pack ---------------------------------------------------------------------------------------------------------


def test_every_official_command_exists() -> None:
    missing = [name for name in OFFICIAL if name not in COMMANDS]
    assert missing == [], f"official commands that this pack lacks: {', '.join(missing)}"


@pytest.mark.parametrize("name", [name for name in OFFICIAL if name in COMMANDS])
def test_command_takes_what_the_official_one_takes(name: str) -> None:
    assert argument_flaws(OFFICIAL[name], COMMANDS[name]) == []


@pytest.mark.parametrize("name", [name for name in OFFICIAL if name in COMMANDS])
def test_command_writes_what_the_official_one_writes_or_documents(name: str) -> None:
    assert output_flaws(OFFICIAL[name], COMMANDS[name]) == []


def test_every_official_parameter_exists() -> None:
    missing = [name for name in SURFACE["parameters"] if name not in PARAMETERS]
    assert missing == [], f"official parameters that this pack lacks: {', '.join(missing)}"


@pytest.mark.parametrize("name", [name for name in SURFACE["parameters"] if name in PARAMETERS])
def test_parameter_takes_what_the_official_one_takes(name: str) -> None:
    official, ours = SURFACE["parameters"][name], PARAMETERS[name]
    assert ours["type"] == official["type"]
    flaws = list(narrower(official, ours, "options", "defaultvalue"))
    assert bool(flaws) is (name in SURFACE["changed_parameters"]), flaws


def test_every_official_script_exists_with_its_arguments() -> None:
    ours, flaws = scripts(), []
    for name, official in SURFACE["scripts"].items():
        if name not in ours:
            flaws.append(f"{name} is missing")
            continue
        flaws += [f"{name} has no tag {official['tag']}"] if official["tag"] not in ours[name].get("tags", []) else []
        flaws += [f"{name}: {flaw}" for flaw in argument_flaws(official, {"arguments": ours[name].get("args") or []})]
    assert flaws == [], f"official scripts that this pack lacks: {'; '.join(flaws)}"


def test_every_official_field_exists_with_its_type() -> None:
    ours = {item["cliName"]: item for item in items("IncidentFields")}
    wrong = {
        name: official
        for name, official in SURFACE["incident_fields"].items()
        if name not in ours or (ours[name]["name"], ours[name]["type"]) != (official["name"], official["type"])
    }
    assert wrong == {}


def test_official_columns_of_grids_stay() -> None:
    ours = {
        item["cliName"]: [column["key"] for column in item.get("columns") or ()] for item in items("IncidentFields")
    }
    lost = {
        name: column
        for name, official in SURFACE["incident_fields"].items()
        for column in official.get("columns", ())
        if column not in ours[name] and not column.startswith("columnheader")  # the names of columns nobody named
    }
    assert lost == {}


def test_items_have_the_official_ids() -> None:
    (kind,) = [item for item in items("IncidentTypes") if item["id"] == SURFACE["items"]["incident_type"]]
    ours = {
        "classifier": classifier()["id"],
        "classifier_key": classifier()["transformer"]["simple"],
        "incoming_mapper": incoming_mapper()["id"],
        "incident_type": kind["id"],
        "closure_script": kind.get("closureScript", ""),
        "layout": kind["layout"],
        "integration": DECLARED["commonfields"]["id"],
    }
    assert ours == SURFACE["items"]


def test_mapper_fills_every_field_that_the_official_one_fills() -> None:
    filled = incoming_mapper()["mapping"][SURFACE["items"]["incident_type"]]["internalMapping"]
    assert [name for name in SURFACE["mapped_fields"] if name not in filled] == []


# --- the checks can fail ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("official", "ours", "flaws"),
    [
        ({"arguments": {"id": {}}}, {"arguments": []}, ["id is missing"]),
        ({"arguments": {"id": {}}}, {"arguments": [{"name": "id", "required": True}]}, ["id is required"]),
        ({"arguments": {"id": {"array": True}}}, {"arguments": [{"name": "id"}]}, ["id is no array"]),
        ({}, {"arguments": [{"name": "new", "required": True}]}, ["new is new and required"]),
        (
            {"arguments": {"id": {"default": "1", "options": "1 2"}}},
            {"arguments": [{"name": "id", "predefined": ["1"]}]},
            ["id does not take ['2']", "id has the default None, not '1'"],
        ),
        ({"arguments": {"id": {}}}, {"arguments": [{"name": "id", "predefined": ["1"]}]}, ["id takes only ['1']"]),
    ],
)
def test_argument_that_takes_less_is_found(official: Any, ours: Any, flaws: list[str]) -> None:
    assert argument_flaws(official, ours) == flaws


def test_path_that_is_gone_and_reason_that_is_stale_are_found() -> None:
    official = {"root": "A.B", "documented": "x items.0.y kept", "left_out": {"kept": "no reason any more"}}
    ours = {"outputs": [{"contextPath": "A.B.kept"}, {"contextPath": "A.B.items", "type": "Unknown"}]}
    assert output_flaws(official, ours) == ["A.B.x is not written", "A.B.kept is not left out"]


def test_surface_is_that_of_the_official_pack() -> None:
    assert (len(OFFICIAL), len(SURFACE["parameters"]), len(SURFACE["scripts"])) == (24, 24, 6)
    assert sum(len(words(one.get("documented"))) for one in OFFICIAL.values()) == 313
    assert (INTEGRATION / "SekoiaXDR.yml").is_file()
