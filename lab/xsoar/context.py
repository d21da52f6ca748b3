"""Context data: how a command's outputs are merged into it, DT keys included."""

import copy
import re
from collections.abc import Mapping
from typing import Any

from lab.xsoar.errors import UnknownName

KEY = re.compile(r"^(?P<path>[^()]+)(?:\((?P<condition>.*)\))?$", re.DOTALL)
TERM = re.compile(r"^val\.(?P<left>[\w.\-]+)(?:\s*={2,3}\s*obj\.(?P<right>[\w.\-]+))?$")


def merge(context: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The context after the outputs came in; the one given stays as it was."""
    merged = copy.deepcopy(dict(context))
    for key, value in outputs.items():
        found = KEY.match(key)
        if found is None:
            raise UnknownName("context key", key)
        _put(merged, found["path"].strip().split("."), found["condition"], copy.deepcopy(value))
    return merged


def strangers(outputs: Mapping[str, Any]) -> list[str]:
    """The DT keys whose entries lack what they are told apart by, so that each run would add them once more."""
    found = []
    for key, value in outputs.items():
        match = KEY.match(key)
        condition = match["condition"] if match else None
        if condition is None or condition.strip() == "true":
            continue
        parts = [[_term(term) for term in part.split("&&")] for part in condition.split("||")]
        if any(not _same(each, each, parts) for each in _as_list(value)):
            found.append(key)
    return found


def _put(context: dict[str, Any], path: list[str], condition: str | None, value: Any) -> None:
    parent = context
    for step in path[:-1]:
        inner = parent.setdefault(step, {})
        if not isinstance(inner, dict):
            raise UnknownName("context path", ".".join(path), f"{step} holds no object")
        parent = inner
    name = path[-1]
    if condition is not None and condition.strip() == "true":
        parent[name] = {**parent.get(name, {}), **value}
    elif condition is None:
        parent[name] = _appended(parent.get(name), value)
    else:
        parent[name] = _joined(parent.get(name), value, condition)


def _appended(old: Any, new: Any) -> Any:
    """Without a key nothing is replaced: a second value makes a list."""
    if old is None:
        return new
    if old == new:
        return old
    return _as_list(old) + _as_list(new)


def _joined(old: Any, new: Any, condition: str) -> Any:
    alternatives = [[_term(term) for term in part.split("&&")] for part in condition.split("||")]
    rows = _as_list(old) if old is not None else []
    for each in _as_list(new):
        place = next((number for number, row in enumerate(rows) if _same(row, each, alternatives)), None)
        if place is None:
            rows.append(each)
        else:
            rows[place] = {**rows[place], **each}
    return rows[0] if len(rows) == 1 and not isinstance(old, list) else rows


def _same(row: Any, new: Any, alternatives: list[list[tuple[str, str | None]]]) -> bool:
    if not isinstance(row, dict) or not isinstance(new, dict):
        return False
    return any(all(_holds(row, new, *term) for term in terms) for terms in alternatives)


def _holds(row: Mapping[str, Any], new: Mapping[str, Any], left: str, right: str | None) -> bool:
    value = _inner(row, left)
    return value not in (None, "") if right is None else value == _inner(new, right)


def _inner(obj: Any, path: str) -> Any:
    for step in path.split("."):
        obj = obj.get(step) if isinstance(obj, Mapping) else None
    return obj


def _term(text: str) -> tuple[str, str | None]:
    found = TERM.match(text.strip())
    if found is None:
        raise UnknownName("context condition", text.strip())
    return found["left"], found["right"]


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]
