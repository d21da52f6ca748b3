"""Playbooks for the made-up pack, from a few words each: the shape is that of a playbook that the platform exports."""

from collections.abc import Mapping
from typing import Any

from tests.xsoar.acme_pack import INTEGRATION

Raw = dict[str, Any]


def simple(value: str) -> Raw:
    """A text, with references where it has some."""
    return {"simple": value}


def at(root: str, accessor: str = "", **more: Any) -> Raw:
    """A value of the context."""
    return {"complex": {"root": root, "accessor": accessor, **more}}


def task(kind: str, name: str, after: Mapping[str, list[str]] | None = None, **more: Any) -> Raw:
    """One task; `inner` holds what it runs."""
    inner = {"name": name, "iscommand": False, "brand": "", **more.pop("inner", {})}
    return {"type": kind, "task": inner, "nexttasks": dict(after or {}), **more}


def start(*following: str) -> Raw:
    return task("start", "", {"#none#": list(following)})


def end(name: str = "Done") -> Raw:
    return task("title", name)


def command(name: str, arguments: Mapping[str, Raw], *following: str, **more: Any) -> Raw:
    """A task that runs a command of the integration."""
    inner = {"script": f"{INTEGRATION}|||{name}", "iscommand": True, "brand": INTEGRATION}
    after = {"#none#": list(following), **more.pop("also", {})}
    return task("regular", more.pop("title", name), after, inner=inner, scriptarguments=dict(arguments), **more)


def script(name: str, arguments: Mapping[str, Raw], *following: str) -> Raw:
    """A task that runs a script."""
    return task("regular", name, {"#none#": list(following)}, inner={"scriptName": name}, scriptarguments=arguments)


def builtin(name: str, arguments: Mapping[str, Raw], *following: str) -> Raw:
    """A task that runs a command of the platform."""
    inner = {"script": f"Builtin|||{name}", "iscommand": True, "brand": "Builtin"}
    return task("regular", name, {"#none#": list(following)}, inner=inner, scriptarguments=arguments)


def question(name: str, after: Mapping[str, list[str]], *groups: list[Raw]) -> Raw:
    """A built-in condition with the answer "yes"; without comparisons a person answers."""
    conditions = [{"label": "yes", "condition": list(groups)}] if groups else []
    return task("condition", name, after, conditions=conditions)


def compare(operator: str, left: Raw, right: str | None = None, **more: Any) -> Raw:
    made: Raw = {"operator": operator, "left": {"value": left, "iscontext": True}, **more}
    return made if right is None else {**made, "right": {"value": simple(right)}}


def playbook(tasks: Mapping[str, Raw], inputs: Mapping[str, Raw] | None = None, name: str = "Acme Play") -> Raw:
    """A playbook that starts at task 0."""
    numbered = {key: {"id": key, "taskid": f"uuid-{key}", **each} for key, each in tasks.items()}
    declared = [{"key": key, "value": value, "required": False} for key, value in (inputs or {}).items()]
    return {"id": name, "name": name, "starttaskid": "0", "tasks": numbered, "inputs": declared, "outputs": []}
