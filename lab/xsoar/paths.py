"""Dotted paths into JSON, read the way the platform reads them: a list on the way means each of its elements."""

import re
from collections.abc import Mapping
from typing import Any

STEP = re.compile(r"\[(\d+)\]$")


def value_at(obj: Any, path: str) -> Any:
    """The value at `a.b.[0].c`, None where there is none; a list on the way gives the flat list of what it holds."""
    if path in ("", "."):
        return obj
    for step in path.split("."):
        obj = _step(obj, step)
        if obj is None:
            return None
    return obj


def _step(obj: Any, step: str) -> Any:
    index = STEP.search(step)
    if index and index.start() > 0:
        obj = _step(obj, step[: index.start()])
    if index:
        place = int(index.group(1))
        return obj[place] if isinstance(obj, list) and place < len(obj) else None
    if isinstance(obj, Mapping):
        return obj.get(step)
    if isinstance(obj, list):
        return _from_each(obj, step)
    return None


def _from_each(values: list[Any], step: str) -> list[Any] | None:
    found: list[Any] = []
    for each in values:
        value = _step(each, step)
        if isinstance(value, list):
            found.extend(value)
        elif value is not None:
            found.append(value)
    return found or None
