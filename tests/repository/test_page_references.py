"""Nothing on a page points at something absent: buttons, sections, fields, widgets, and the commands behind them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.repository.pack_items import (
    PACK,
    Item,
    integration,
    items,
    known_fields,
    pack_fields,
    scripts,
    tabs,
    widget_fields,
    widgets,
)
from tests.repository.test_shipped_code import top_level_names

SCRIPTS = PACK / "Scripts"
# What the platform itself offers to scripts.
BUILT_IN = {"setIncident", "closeInvestigation", "getIncidents", "getUsers", "startTimer", "stopTimer"}
PLACEHOLDER = re.compile(r"\$\{incident\.(\w+)\}")
# The official pack's scripts with their arguments and tags: what playbooks and layouts made for it rely on.
KEPT_SCRIPTS = {
    "SekoiaXDRAddComment": ({"short_id", "comment"}, "incident-action-button"),
    "SekoiaXDRChangeStatus": ({"short_id", "status", "comment"}, "incident-action-button"),
    "SekoiaXDRPrintAssets": (set(), "dynamic-section"),
    "SekoiaXDRPrintCase": (set(), "dynamic-section"),
    "SekoiaXDRPrintComments": (set(), "dynamic-section"),
}


def arguments_of(script: Item) -> set[str]:
    return {str(one["name"]) for one in script.get("args") or ()}


def sections(layout: Item) -> Iterator[Item]:
    for tab in tabs(layout):
        yield from tab.get("sections", [])


def buttons(layout: Item) -> Iterator[Item]:
    for section in sections(layout):
        yield from (item for item in section.get("items", []) if item["sectionItemType"] == "button")


def lost_buttons(layout: Item, known: dict[str, Item]) -> list[str]:
    """What is wrong with the buttons of a layout: an absent script, a missing tag, an absent argument or field."""
    cli_names = {field.cli_name for field in known_fields()} | {"id"}
    found = []
    for button in buttons(layout):
        script = known.get(button["scriptId"])
        if script is None or "incident-action-button" not in script["tags"]:
            found.append(f"{button['name']}: {button['scriptId']} is no script for buttons")
            continue
        strangers = set(button["args"]) - arguments_of(script)
        texts = [str(value["simple"]) for value in button["args"].values()]
        lost = {name for text in texts for name in PLACEHOLDER.findall(text)} - cli_names
        found += [f"{button['name']}: {name}" for name in sorted(strangers | lost)]
    return found


def lost_sections(layout: Item, known: dict[str, Item]) -> list[str]:
    """The dynamic sections of a layout whose script is absent, or no script for sections, or asks for something."""
    asked = [section for section in sections(layout) if section.get("type") == "dynamic"]
    return [
        section["name"]
        for section in asked
        if section["queryType"] != "script"
        or "dynamic-section" not in known.get(section["query"], {"tags": []})["tags"]
        or any(one.get("required") for one in known[section["query"]].get("args") or ())
    ]


def literal(node: ast.AST, constants: dict[str, Any]) -> list[str]:
    """The texts that an expression can be: a constant, a name of one, or a value of a table."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.Name):
        value = constants.get(node.id)
        return [value] if isinstance(value, str) else []
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        table = constants.get(node.value.id)
        return [str(value) for value in table.values()] if isinstance(table, dict) else []
    return []


def constants_of(tree: ast.Module) -> dict[str, Any]:
    """The texts and tables that a script defines at its top level."""
    found: dict[str, Any] = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign):
            continue
        target, value = node.targets[0], node.value
        pairs = zip(target.elts, value.elts, strict=True) if isinstance(target, ast.Tuple) else [(target, value)]  # type: ignore[attr-defined]
        for name, one in pairs:
            if isinstance(one, ast.Constant) or (isinstance(one, ast.Dict) and "sekoia-xdr" in ast.unparse(one)):
                found[ast.unparse(name)] = ast.literal_eval(one)
    return found


def calls_of(code: str) -> list[tuple[str, set[str]]]:
    """The commands that a script runs, each with the names of the arguments that it passes."""
    tree = ast.parse(code)
    constants, found = constants_of(tree), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            place = {"ask": 1, "ask_list": 1, "entries_of": 1, "execute_command": 0}.get(node.func.id)
            if place is not None:
                given = {str(one.arg) for one in node.keywords if one.arg}
                found += [(name, given) for name in literal(node.args[place], constants)]
    return found


def lost_calls(code: str, declared: dict[str, Item]) -> list[str]:
    """The commands and arguments that a script names and nobody declares."""
    found = []
    for command, given in calls_of(code):
        if command in BUILT_IN:
            continue
        if command not in declared:
            found.append(command)
            continue
        known = {str(one["name"]) for one in declared[command]["arguments"]}
        needed = {str(one["name"]) for one in declared[command]["arguments"] if one.get("required")}
        found += [f"{command}: no argument {name}" for name in sorted(given - known)]
        found += [f"{command}: {name} is missing" for name in sorted(needed - given) if given or not needed]
    return found


LAYOUTS = pytest.mark.parametrize("layout", items("Layouts"), ids=lambda layout: "+".join(layout["marketplaces"]))
CODE = sorted(path for path in SCRIPTS.glob("*/*.py") if not path.name.endswith("_test.py"))
PAGE = PACK.parent / "ApiModules/Scripts/SekoiaXDRPageApiModule/SekoiaXDRPageApiModule.py"


@LAYOUTS
def test_every_button_leads_to_a_script_and_passes_what_it_takes(layout: Item) -> None:
    assert lost_buttons(layout, scripts()) == []


@LAYOUTS
def test_every_dynamic_section_leads_to_a_script_for_sections(layout: Item) -> None:
    assert lost_sections(layout, scripts()) == []


@LAYOUTS
def test_keys_of_sections_and_items_are_unique(layout: Item) -> None:
    keys = [section["i"] for section in sections(layout)]
    keys += [item["id"] for section in sections(layout) for item in section.get("items", [])]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("path", [*CODE, PAGE], ids=lambda path: path.stem)
def test_every_command_that_a_script_runs_exists_with_its_arguments(path: Path) -> None:
    declared = {command["name"]: command for command in integration()["script"]["commands"]}
    assert lost_calls(path.read_text("utf-8"), declared) == []


def test_every_script_is_used() -> None:
    used = {section["query"] for layout in items("Layouts") for section in sections(layout) if "query" in section}
    used |= {button["scriptId"] for layout in items("Layouts") for button in buttons(layout)}
    used |= {widget["query"] for widget in widgets() if widget["dataType"] == "scripts"}
    used |= {item[key] for item in items("IncidentFields") for key in ("script", "fieldCalcScript")}
    used |= {item["closureScript"] for item in items("IncidentTypes")} | scripts_of_playbooks()
    assert set(scripts()) - used == set()
    assert used - set(scripts()) <= {"", "Print"}, "Print is the platform's"


def scripts_of_playbooks() -> set[str]:
    """The scripts that tasks of the shipped playbooks run."""
    books = [yaml.safe_load(path.read_text("utf-8")) for path in sorted((PACK / "Playbooks").glob("*.yml"))]
    tasks = [task["task"] for book in books for task in book["tasks"].values()]
    return {task["scriptName"] for task in tasks if task.get("scriptName")}


def test_scripts_of_fields_exist_and_are_made_for_it() -> None:
    tags = {"script": "field-change-triggered", "fieldCalcScript": "field-display", "breachScript": "sla"}
    known = scripts()
    lost = [
        (field["cliName"], field[key])
        for field in items("IncidentFields")
        for key, tag in tags.items()
        if field.get(key) and tag not in known.get(field[key], {"tags": []})["tags"]
    ]
    assert lost == []


@pytest.mark.parametrize("widget", widgets(), ids=lambda widget: widget["name"])
def test_widget_counts_types_and_fields_that_exist(widget: Item) -> None:
    if widget["dataType"] == "scripts":
        assert "widget" in scripts()[widget["query"]]["tags"]
        return
    assert f'type:"{items("IncidentTypes")[0]["name"]}"' in widget["query"]
    assert widget_fields(widget) - {field.cli_name for field in known_fields()} - {"status"} == set()
    own = {item["cliName"]: item for item in items("IncidentFields")}
    assert [name for name in widget_fields(widget) if name in own and own[name]["unsearchable"]] == []


def test_each_widget_of_the_dashboard_stands_alone_too() -> None:
    alone = {item["id"]: (item["query"], item["widgetType"], item["params"]) for item in items("Widgets")}
    (dashboard,) = items("Dashboards")
    shown = [tile["widget"] for tile in dashboard["layout"]]
    assert {one["id"]: (one["query"], one["widgetType"], one["params"]) for one in shown} == alone


def test_tiles_of_the_dashboard_neither_overlap_nor_stand_out() -> None:
    (dashboard,) = items("Dashboards")
    spots: list[tuple[int, int]] = []
    for tile in dashboard["layout"]:
        assert tile["x"] + tile["w"] <= 12
        spots += [
            (x, y) for x in range(tile["x"], tile["x"] + tile["w"]) for y in range(tile["y"], tile["y"] + tile["h"])
        ]
    assert len(spots) == len(set(spots))


@pytest.mark.parametrize("name", KEPT_SCRIPTS)
def test_script_of_the_official_pack_keeps_its_id_arguments_and_tag(name: str) -> None:
    arguments, tag = KEPT_SCRIPTS[name]
    script = scripts()[name]
    assert arguments <= arguments_of(script)
    assert script["tags"] == [tag]
    assert {one["name"] for one in script.get("args") or () if one.get("required")} <= arguments


@pytest.mark.parametrize("script", scripts().values(), ids=lambda script: script["name"])
def test_script_runs_with_few_rights_in_the_image_of_the_integration(script: Item) -> None:
    assert script["runas"] == "DBotWeakRole"
    assert script["dockerimage"] == integration()["script"]["dockerimage"]
    assert script["fromversion"] == "6.10.0"


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.stem)
def test_script_is_short_and_described(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) < 150
    script = scripts()[path.stem]
    readme = (path.parent / "README.md").read_text("utf-8")
    visible = [one for one in script.get("args") or () if not one.get("hidden")]
    assert script["comment"].split(".")[0] in readme
    assert [one["name"] for one in visible if f"| {one['name']} | {one['description']} |" not in readme] == []


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.stem)
def test_script_names_nothing_as_what_is_pasted_into_it(path: Path) -> None:
    """The build makes one namespace of them: a name that exists twice changes what the pasted code does."""
    folder = PACK.parent / "ApiModules/Scripts"
    pasted = [folder / name / f"{name}.py" for name in ("SekoiaXDRPageApiModule", "SekoiaXDRAlertApiModule")]
    assert top_level_names(path) & set[str]().union(*map(top_level_names, pasted)) == set()


def test_fields_of_the_page_are_named_as_scripts_read_them() -> None:
    """A script names a field of the pack without its prefix, or in full."""
    code = "".join(path.read_text("utf-8") for path in [*CODE, PAGE])
    names = set(re.findall(r'\.field\("(\w+)"\)', code))
    own, other = {field.cli_name for field in pack_fields()}, {field.cli_name for field in known_fields()}
    assert {name for name in names if f"sekoiaxdr{name}" not in own and name not in other} == set()
    written = set(re.findall(r'"(sekoiaxdr\w+)"', code))
    assert written - own == set()


# --- the checks can fail ----------------------------------------------------------------------------------------------


def test_a_button_without_its_script_argument_or_field_is_found() -> None:
    item = {"sectionItemType": "button", "name": "b", "scriptId": "S", "args": {"odd": {"simple": "${incident.gone}"}}}
    layout = {"detailsV2": {"tabs": [{"sections": [{"items": [item]}]}]}}
    script = {"tags": ["incident-action-button"], "args": []}
    assert lost_buttons(layout, {}) == ["b: S is no script for buttons"]
    assert lost_buttons(layout, {"S": script}) == ["b: gone", "b: odd"]


def test_a_section_without_its_script_is_found() -> None:
    section = {"type": "dynamic", "queryType": "script", "query": "S", "name": "n"}
    assert lost_sections({"detailsV2": {"tabs": [{"sections": [section]}]}}, {}) == ["n"]


def test_a_call_of_an_absent_command_or_argument_is_found() -> None:
    lines = (
        'RUN = "cmd-two"',
        'T = {"a": "sekoia-xdr-three"}',
        'ask(s, "cmd-one", id=1, odd=2)',
        "entries_of(s, RUN)",
        "ask(s, T[x], id=1)",
    )
    declared = {"cmd-one": {"arguments": [{"name": "id", "required": True}, {"name": "at", "required": True}]}}
    found = lost_calls("\n".join(lines), declared)
    assert found == ["cmd-one: no argument odd", "cmd-one: at is missing", "cmd-two", "sekoia-xdr-three"]
