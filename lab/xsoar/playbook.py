"""A playbook of the built pack as typed frozen values; whatever the host could not carry out raises while reading."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.xsoar.errors import UnknownName

START, TITLE, REGULAR, CONDITION, PLAYBOOK = "start", "title", "regular", "condition", "playbook"
KINDS = frozenset({START, TITLE, REGULAR, CONDITION, PLAYBOOK})
NONE, DEFAULT, ERROR = "#none#", "#default#", "#error#"
STOP, GO_ON, BRANCH = "stop", "go on", "branch"

# Keys that are read here, and keys that change nothing in a run. A key that is in neither set raises once it holds
# something: a loop, a form, a message, a timer, a mapping of fields.
READ_KEYS = frozenset(
    {"id", "taskid", "type", "task", "nexttasks", "scriptarguments", "conditions", "separatecontext", "view"}
    | {"continueonerror", "continueonerrortype", "skipunavailable"}
)
IDLE_KEYS = frozenset(
    {"note", "ignoreworker", "quietmode", "isoversize", "isautoswitchedtoquietmode", "reputationcalc", "results"}
)
ERROR_WAYS = {"": GO_ON, "errorPath": BRANCH}


@dataclass(frozen=True)
class Branch:
    """One answer of a built-in condition: `groups` are joined by AND, the comparisons of a group by OR."""

    label: str
    groups: tuple[tuple[Mapping[str, Any], ...], ...]


@dataclass(frozen=True)
class Task:
    """One task; `target` is what it runs: a command, a script or a playbook, '' for a manual one."""

    id: str
    uuid: str
    kind: str
    name: str
    description: str
    target: str
    brand: str
    is_command: bool
    arguments: Mapping[str, Any]
    branches: tuple[Branch, ...]
    next: Mapping[str, tuple[str, ...]]
    on_error: str
    separate: bool
    skip_unavailable: bool
    place: tuple[int, int]

    @property
    def is_manual(self) -> bool:
        """Whether a person completes it."""
        return self.kind in (REGULAR, CONDITION) and not self.target and not self.branches

    @property
    def runs(self) -> str:
        """What runs in the end: the command that a script is told to run, where the task names one, else the target."""
        told = self.arguments.get("command") or {}
        return str((not self.is_command and told.get("simple")) or self.target)

    @property
    def labels(self) -> tuple[str, ...]:
        """The answers that lead somewhere."""
        return tuple(label for label in self.next if label not in (NONE, ERROR))


@dataclass(frozen=True)
class Input:
    """One input with the rule that gives its value when the caller gives none."""

    name: str
    rule: Mapping[str, Any]
    required: bool
    description: str


@dataclass(frozen=True)
class Output:
    """One context path that a caller gets."""

    path: str
    kind: str
    description: str


@dataclass(frozen=True)
class Playbook:
    """A playbook."""

    id: str
    name: str
    description: str
    start: str
    tasks: Mapping[str, Task]
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]

    def task(self, name: str) -> Task:
        """The task of that name; raises UnknownName."""
        found = [task for task in self.tasks.values() if task.name == name]
        if len(found) != 1:
            raise UnknownName("task", name, f"{len(found)} of that name in playbook {self.name}")
        return found[0]


def read(raw: Mapping[str, Any]) -> Playbook:
    """A playbook from its yml."""
    name = str(raw["name"])
    tasks = {str(key): _task(each, name) for key, each in raw["tasks"].items()}
    for task in tasks.values():
        for following in (each for ids in task.next.values() for each in ids):
            if following not in tasks:
                raise UnknownName("task", following, f"after {task.name!r} of playbook {name}")
    return Playbook(
        id=str(raw["id"]),
        name=name,
        description=str(raw.get("description") or ""),
        start=str(raw["starttaskid"]),
        tasks=tasks,
        inputs=tuple(_input(each) for each in raw.get("inputs") or ()),
        outputs=tuple(_output(each) for each in raw.get("outputs") or ()),
    )


def _task(raw: Mapping[str, Any], playbook: str) -> Task:
    inner, kind = raw["task"], str(raw["type"])
    where = f"task {inner.get('name')!r} of playbook {playbook}"
    strangers = sorted(key for key, value in raw.items() if key not in READ_KEYS | IDLE_KEYS and value)
    if strangers:
        raise UnknownName("key of a task", strangers[0], where)
    if kind not in KINDS:
        raise UnknownName("kind of task", kind, where)
    target, brand = _target(inner)
    if kind == CONDITION and target:
        raise UnknownName("condition", target, f"decided by a script, in {where}")
    return Task(
        id=str(raw["id"]),
        uuid=str(raw["taskid"]),
        kind=kind,
        name=str(inner.get("name") or ""),
        description=str(inner.get("description") or ""),
        target=target,
        brand=brand,
        is_command=bool(inner.get("iscommand")),
        arguments=dict(raw.get("scriptarguments") or {}),
        branches=tuple(_branch(each) for each in raw.get("conditions") or ()),
        next={
            str(label): tuple(str(each) for each in ids or ()) for label, ids in (raw.get("nexttasks") or {}).items()
        },
        on_error=_on_error(raw, where),
        separate=bool(raw.get("separatecontext")),
        skip_unavailable=bool(raw.get("skipunavailable")),
        place=_place(raw),
    )


def _target(inner: Mapping[str, Any]) -> tuple[str, str]:
    """What the task runs, and of which brand: `script` is "brand|||command"."""
    brand, _, command = str(inner.get("script") or "").rpartition("|||")
    return str(command or inner.get("scriptName") or inner.get("playbookName") or ""), brand


def _branch(raw: Mapping[str, Any]) -> Branch:
    return Branch(str(raw["label"]), tuple(tuple(group) for group in raw["condition"]))


def _on_error(raw: Mapping[str, Any], where: str) -> str:
    if not raw.get("continueonerror"):
        return STOP
    way = str(raw.get("continueonerrortype") or "")
    if way not in ERROR_WAYS:
        raise UnknownName("way to go on after an error", way, where)
    return ERROR_WAYS[way]


def _place(raw: Mapping[str, Any]) -> tuple[int, int]:
    position = json.loads(str(raw.get("view") or "{}")).get("position") or {}
    return int(position.get("x", 0)), int(position.get("y", 0))


def _input(raw: Mapping[str, Any]) -> Input:
    return Input(str(raw["key"]), raw.get("value") or {}, bool(raw.get("required")), str(raw.get("description") or ""))


def _output(raw: Mapping[str, Any]) -> Output:
    return Output(str(raw["contextPath"]), str(raw.get("type") or ""), str(raw.get("description") or ""))
