"""The playbooks of the pack: names lead somewhere, nothing is contained without approval, docs are fresh."""

import itertools
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.xsoar.bundle import Loader
from lab.xsoar.playbook import CONDITION, ERROR, NONE, PLAYBOOK, REGULAR, START, TITLE, Playbook, Task, read
from lab.xsoar.playbook_docs import owners_in, picture_of, playbook_readme, readme_of
from lab.xsoar.playbook_picture import HEIGHT, WIDTH, fingerprint, fingerprint_in
from tests.repository.pack_items import INTEGRATION, PACK, Item, items, known_fields, load_json

SHIPPED = sorted((PACK / "Playbooks").glob("*.yml"))
TESTS = sorted((PACK / "TestPlaybooks").glob("*.yml"))
BRAND, BUILT_IN = "Sekoia XDR", "Builtin"
# The script that runs a command on the incident's own instance, whose name a task may not give.
ON_INSTANCE = "SekoiaXDRRunOnInstance"

# What the platform and its Common Scripts pack bring along: name -> arguments.
PLATFORM_COMMANDS = {"closeInvestigation": {"closeReason", "closeNotes"}}
PLATFORM_SCRIPTS = {"Print": {"value"}}
# Transformers of the server itself; others are scripts of packs that a user may not have.
SERVER_TRANSFORMERS = {"append", "atIndex", "join", "splitAndTrim", "uniq"}
# Keys of an incident that no field defines.
INCIDENT_KEYS = {"id"}
SMALL_WORDS = {"and", "with", "of", "the"}

# Tasks that change something outside the incident.
CONTAINING = {
    "sekoia-xdr-activate-countermeasure",
    "sekoia-xdr-add-ioc-collection-indicators",
    "SekoiaXDRRunCommand",
}


@cache
def raw(path: Path) -> Item:
    """A yml; read once, so nobody changes it."""
    loaded: Item = yaml.load(path.read_text("utf-8"), Loader=Loader)
    return loaded


@cache
def owners() -> dict[str, str]:
    """The integration of each command."""
    return owners_in(PACK)


def every() -> list[Any]:
    return [pytest.param(path, id=path.stem.removeprefix("playbook-")) for path in SHIPPED + TESTS]


def shipped() -> list[Any]:
    return [pytest.param(path, id=path.stem.removeprefix("playbook-")) for path in SHIPPED]


def working(playbook: Playbook) -> Iterator[Task]:
    """The tasks that run a command or a script."""
    return (task for task in playbook.tasks.values() if task.kind == REGULAR and task.target)


# --- what is checked --------------------------------------------------------------------------------------------------


def declared(folder: Path, key: str, arguments: str) -> dict[str, list[Item]]:
    """Commands or scripts of the pack with their arguments."""
    yml = raw(folder / f"{folder.name}.yml")
    entries = yml["script"]["commands"] if key == "commands" else [yml]
    return {each["name"]: each.get(arguments) or [] for each in entries}


def pack_commands() -> dict[str, list[Item]]:
    return declared(INTEGRATION, "commands", "arguments")


def pack_scripts() -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for folder in sorted(each for each in (PACK / "Scripts").glob("*") if each.is_dir()):
        found |= declared(folder, "script", "args")
    return found


def refused_values(passed: dict[str, Any], arguments: list[Item]) -> list[str]:
    """The literal values that are none of those an argument may take."""
    choices = {each["name"]: each["predefined"] for each in arguments if each.get("predefined")}
    given = {name: str(rule.get("simple", "")) for name, rule in passed.items() if "simple" in rule}
    return [
        f"{name}={value}"
        for name, value in sorted(given.items())
        if "${" not in value and name in choices and value not in choices[name]
    ]


def called(task: Task) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a task calls with which arguments: a script, and the command that it is told to run with the others."""
    yield task.target, dict(task.arguments)
    if task.target == ON_INSTANCE:
        yield task.runs, {name: rule for name, rule in task.arguments.items() if name != "command"}


def wrong_calls(playbook: Playbook) -> list[str]:
    """What a task calls and nobody offers: an absent command or script, an absent or a missing argument."""
    known: dict[str, list[Item]] = {**pack_commands(), **pack_scripts()}
    known |= {
        name: [{"name": argument} for argument in arguments]
        for name, arguments in {**PLATFORM_COMMANDS, **PLATFORM_SCRIPTS}.items()
    }
    return [f"{task.name}: {each}" for task in working(playbook) for each in wrong_parts(task, known)]


def wrong_parts(task: Task, known: dict[str, list[Item]]) -> Iterator[str]:
    """What is wrong with the calls of one task."""
    for target, given in called(task):
        if target not in known:
            yield f"{target} does not exist"
            continue
        arguments = known[target]
        yield from (f"{target} takes no {value}" for value in refused_values(given, arguments))
        needed = {each["name"] for each in arguments if each.get("required")} - set(given)
        strangers = set(given) - {each["name"] for each in arguments}
        yield from (f"{target} has no argument {name}" for name in sorted(strangers))
        yield from (f"{target} needs the argument {name}" for name in sorted(needed))


def wrong_playbooks(playbook: Playbook, known: Iterable[Playbook]) -> list[str]:
    """Sub-playbooks that do not exist, and inputs that they do not have."""
    inputs = {each.id: {one.name for one in each.inputs} for each in known}
    return [
        f"{task.name}: {name}"
        for task in playbook.tasks.values()
        if task.kind == PLAYBOOK
        for name in sorted(set(task.arguments) - inputs[task.target] if task.target in inputs else {task.target})
    ]


def nodes(value: Any, key: str) -> Iterator[Any]:
    """Every value under this key, at any depth."""
    if isinstance(value, dict):
        yield from ([value[key]] if key in value else [])
        for each in value.values():
            yield from nodes(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from nodes(each, key)


def incident_fields(item: Item) -> set[str]:
    """The keys of the incident that a playbook reads."""
    roots = {each.get("accessor") for each in nodes(item, "complex") if each["root"] == "incident"}
    texts = json.dumps(item)
    return {str(name).split(".")[0] for name in roots} | set(re.findall(r"\bincident\.(\w+)", texts))


def reached(playbook: Playbook, closed: tuple[str, str]) -> set[str]:
    """The tasks that can be reached when one answer of one question is never given."""
    found, open_ends = {playbook.start}, [playbook.start]
    while open_ends:
        task = playbook.tasks[open_ends.pop()]
        for label, following in task.next.items():
            if (task.name, label) != closed:
                open_ends += [each for each in following if each not in found]
                found |= set(following)
    return found


def overlaps(playbook: Playbook) -> list[tuple[str, str]]:
    """Pairs of tasks that cover each other."""
    return [
        (one.name, other.name)
        for one, other in itertools.combinations(playbook.tasks.values(), 2)
        if abs(one.place[0] - other.place[0]) < WIDTH and abs(one.place[1] - other.place[1]) < HEIGHT
    ]


# --- names and texts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", every())
class TestEveryPlaybook:
    def test_name_is_its_id_its_file_and_in_title_case(self, path: Path) -> None:
        item = raw(path)
        assert item["id"] == item["name"]
        assert path.name == f"playbook-{item['name'].replace(' ', '_')}.yml"
        assert item["name"].startswith("Sekoia XDR - ")
        words = re.findall(r"[^\s-]+", item["name"])
        assert [word for word in words if not word[0].isupper() and word not in SMALL_WORDS] == []

    def test_texts_are_sentences(self, path: Path) -> None:
        item = raw(path)
        texts = [item["description"], *(each["description"] for each in item["inputs"] + item["outputs"])]
        texts += [task["task"]["description"] for task in item["tasks"].values() if task["type"] not in (START, TITLE)]
        assert [text for text in texts if not re.fullmatch(r"[A-Z].+\.", text)] == []

    def test_conditions_are_questions_and_other_tasks_are_none(self, path: Path) -> None:
        tasks = [task for task in read(raw(path)).tasks.values() if task.kind != START]
        assert [task.name for task in tasks if task.name.endswith("?") != (task.kind == CONDITION)] == []

    def test_names_of_tasks_are_unique(self, path: Path) -> None:
        names = [task.name for task in read(raw(path)).tasks.values()]
        assert sorted(names) == sorted(set(names))

    def test_tasks_do_not_cover_each_other(self, path: Path) -> None:
        assert overlaps(read(raw(path))) == []

    def test_no_task_extracts_indicators(self, path: Path) -> None:
        tasks = raw(path)["tasks"]
        assert {tasks[task.id].get("reputationcalc") for task in working(read(raw(path)))} == {1}

    def test_every_call_exists_with_its_arguments(self, path: Path) -> None:
        assert wrong_calls(read(raw(path))) == []

    def test_every_sub_playbook_exists_with_its_inputs(self, path: Path) -> None:
        assert wrong_playbooks(read(raw(path)), [read(raw(each)) for each in SHIPPED]) == []

    def test_transformers_are_those_of_the_server(self, path: Path) -> None:
        used = {step["operator"] for steps in nodes(raw(path), "transformers") for step in steps}
        assert used <= SERVER_TRANSFORMERS

    def test_keys_of_the_incident_exist(self, path: Path) -> None:
        assert incident_fields(raw(path)) <= INCIDENT_KEYS | {field.cli_name for field in known_fields()}

    def test_every_command_is_of_the_integration_or_of_the_platform(self, path: Path) -> None:
        assert {task.brand for task in working(read(raw(path))) if task.is_command} <= {BRAND, BUILT_IN}


def test_ids_of_tasks_are_unique_in_the_pack() -> None:
    uuids = [task.uuid for path in SHIPPED + TESTS for task in read(raw(path)).tasks.values()]
    assert len(uuids) == len(set(uuids))


# --- behaviour that every shipped playbook has ------------------------------------------------------------------------


@pytest.mark.parametrize("path", shipped())
class TestShippedPlaybook:
    def test_first_question_is_whether_the_integration_is_enabled(self, path: Path) -> None:
        playbook = read(raw(path))
        (first,) = playbook.tasks[playbook.start].next[NONE]
        assert playbook.tasks[first].name == "Is the Sekoia XDR integration enabled?"

    def test_every_command_and_script_that_can_fail_has_an_error_path(self, path: Path) -> None:
        risky = [task for task in working(read(raw(path))) if task.target != "Print"]
        assert [task.name for task in risky if ERROR not in task.next or task.on_error != "branch"] == []

    def test_every_command_of_the_integration_runs_on_the_instance_of_the_incident(self, path: Path) -> None:
        tasks = list(working(read(raw(path))))
        assert [task.name for task in tasks if task.brand == BRAND or task.target in pack_commands()] == []

    def test_arguments_are_lists_for_the_script_where_they_are_lists_for_the_command(self, path: Path) -> None:
        known = {**pack_commands(), **pack_scripts()}
        lists = {name: {each["name"] for each in known[name] if each.get("isArray")} for name in known}
        tasks = [task for task in working(read(raw(path))) if task.target == ON_INSTANCE]
        assert [
            (task.name, name)
            for task in tasks
            for name in set(task.arguments) - {"command"}
            if (name in lists[ON_INSTANCE]) != (name in lists[task.runs])
        ] == []

    def test_nothing_is_contained_without_approval(self, path: Path) -> None:
        playbook = read(raw(path))
        free = reached(playbook, ("Is the response approved?", "Yes"))
        tasks = [playbook.tasks[each] for each in free]
        assert [task.name for task in tasks if {task.target, task.runs} & CONTAINING] == []

    def test_outputs_are_those_of_its_commands(self, path: Path) -> None:
        playbook = read(raw(path))
        targets = {name for task in playbook.tasks.values() for name in (task.target, task.runs)}
        inner = [read(raw(each)) for each in SHIPPED if read(raw(each)).id in targets]
        targets |= {task.runs for each in inner for task in each.tasks.values()}
        given = {output["contextPath"] for output in outputs_of(targets)}
        given |= {path.rpartition(".")[0] for path in given}  # an object as a whole
        assert {output.path for output in playbook.outputs} - given == set()

    def test_tests_that_it_names_exist(self, path: Path) -> None:
        assert set(raw(path)["tests"]) <= {raw(each)["id"] for each in TESTS}

    def test_readme_is_fresh(self, path: Path) -> None:
        text = readme_of(path).read_text("utf-8")
        assert text == playbook_readme(read(raw(path)), picture_of(path), owners()), "run `make plays`"

    def test_picture_is_fresh(self, path: Path) -> None:
        assert fingerprint_in(picture_of(path)) == fingerprint(read(raw(path))), "run `make plays`"


def outputs_of(targets: set[str]) -> Iterator[Item]:
    """The outputs of commands and scripts of the pack."""
    for command in raw(INTEGRATION / "SekoiaXDR.yml")["script"]["commands"]:
        if command["name"] in targets:
            yield from command.get("outputs") or []
    for path in (PACK / "Scripts").glob("*/*.yml"):
        if path.stem in targets:
            yield from raw(path).get("outputs") or []


def test_response_playbook_contains_something() -> None:
    path = PACK / "Playbooks" / "playbook-Sekoia_XDR_-_Respond_with_Approval.yml"
    assert {name for task in working(read(raw(path))) for name in (task.target, task.runs)} >= CONTAINING


def test_type_runs_a_playbook_of_the_pack_and_never_by_itself() -> None:
    (item,) = items("IncidentTypes")
    assert item["playbookId"] in {raw(path)["id"] for path in SHIPPED}
    assert item["autorun"] is False


def test_pack_readme_lists_every_playbook() -> None:
    text = (PACK / "README.md").read_text("utf-8")
    assert [raw(path)["name"] for path in SHIPPED if f"| Playbook | {raw(path)['name']} |" not in text] == []


def test_pack_depends_on_the_pack_whose_script_it_uses() -> None:
    used = {task.target for path in SHIPPED for task in working(read(raw(path)))}
    assert set(PLATFORM_SCRIPTS) & used
    assert load_json(PACK / "pack_metadata.json")["dependencies"]["CommonScripts"]["mandatory"] is True


# --- the checks can fail ----------------------------------------------------------------------------------------------


def made(**tasks: Item) -> Playbook:
    """A playbook of tasks; each is named by its key."""
    shown = {
        key.removeprefix("t"): {"id": key, "taskid": key, "type": "regular", "task": {"name": key}, **each}
        for key, each in tasks.items()
    }
    return read({"id": "P", "name": "P", "starttaskid": "0", "tasks": shown})


def calling(name: str, **arguments: Any) -> Item:
    inner = {"name": "call", "script": f"|||{name}", "iscommand": True}
    return {"task": inner, "scriptarguments": {key: {"simple": value} for key, value in arguments.items()}}


def test_an_absent_command_and_wrong_arguments_are_found() -> None:
    comment = calling("sekoia-xdr-post-comment-alert", id="x", comment="y", dry_run="perhaps")
    playbook = made(t0=calling("sekoia-xdr-gone"), t1=calling("sekoia-xdr-get-alert", uuid="x"), t2=comment)
    assert wrong_calls(playbook) == [
        "call: sekoia-xdr-gone does not exist",
        "call: sekoia-xdr-get-alert has no argument uuid",
        "call: sekoia-xdr-get-alert needs the argument id",
        "call: sekoia-xdr-post-comment-alert takes no dry_run=perhaps",
    ]
    through = {"name": "call", "scriptName": ON_INSTANCE}
    given = {"command": {"simple": "sekoia-xdr-get-alert"}, "ids": {"simple": "x"}}
    assert wrong_calls(made(t0={"task": through, "scriptarguments": given})) == [
        "call: sekoia-xdr-get-alert has no argument ids",
        "call: sekoia-xdr-get-alert needs the argument id",
    ]


def test_an_absent_sub_playbook_and_an_absent_input_are_found() -> None:
    inner = {"task": {"name": "sub", "playbookName": "P"}, "type": "playbook", "scriptarguments": {"Odd": {}}}
    gone = {"task": {"name": "sub", "playbookName": "Gone"}, "type": "playbook"}
    assert wrong_playbooks(made(t0=inner, t1=gone), [made(t0={})]) == ["sub: Odd", "sub: Gone"]


def test_a_way_round_the_approval_is_found() -> None:
    ask = {"type": "condition", "task": {"name": "ask"}, "nexttasks": {"Yes": ["1"], "No": ["2"]}}
    assert reached(made(t0=ask, t1={}, t2={}), ("ask", "Yes")) == {"0", "2"}
    round_it = {**ask, "nexttasks": {"Yes": ["1"], "No": ["1"]}}
    assert reached(made(t0=round_it, t1={}), ("ask", "Yes")) == {"0", "1"}


def test_tasks_that_cover_each_other_are_found() -> None:
    near = {"view": '{"position": {"x": 10, "y": 20}}'}
    far = {"view": '{"position": {"x": 10, "y": 200}}'}
    assert overlaps(made(t0=near, t1=near, t2=far)) == [("t0", "t1")]


def test_a_key_of_the_incident_is_found_in_references_and_in_texts() -> None:
    item = {"a": {"complex": {"root": "incident", "accessor": "alertid"}}, "b": [{"simple": "of ${incident.id}"}]}
    assert incident_fields(item) == {"alertid", "id"}
