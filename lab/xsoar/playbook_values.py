"""Values in a playbook: references and texts with references, filters, transformers, and built-in conditions."""

import re
from collections.abc import Mapping
from typing import Any

from lab.xsoar.errors import TransformFailed, UnknownName
from lab.xsoar.filters import as_text, passes
from lab.xsoar.mapper import resolve
from lab.xsoar.paths import value_at
from lab.xsoar.playbook import Branch

REFERENCE = re.compile(r"\$\{([^}]*)\}")
PLAIN_PATH = re.compile(r"[\w\-]+(\.[\w\-]+|\.?\[\d+\])*$")
# Comparisons that take a list as a whole; with the others the platform's answer for a list is not known here.
ON_LIST = frozenset(
    {"isEmpty", "isNotEmpty", "isExists", "isNotExists", "containsGeneral", "notContainsGeneral"} | {"in", "notIn"}
)


def value_of(rule: Mapping[str, Any], view: Mapping[str, Any]) -> Any:
    """The value of `{"simple": text}` or `{"complex": {…}}` in a run's view; a text may hold `${path}`."""
    try:
        if rule.get("complex"):
            return resolve({"complex": _as_mapping(rule["complex"], view)}, view)
    except TransformFailed:
        return None  # the platform leaves such an argument out and says nothing
    text = rule.get("simple")
    return _filled(text, view) if isinstance(text, str) else text


def _filled(text: str, view: Mapping[str, Any]) -> Any:
    """A text that is one reference becomes the value itself; inside a text each reference becomes text."""
    whole = REFERENCE.fullmatch(text)
    if whole:
        return _at(whole[1], view)
    return REFERENCE.sub(lambda found: _spoken(_at(found[1], view)), text)


def _at(path: str, view: Mapping[str, Any]) -> Any:
    if not PLAIN_PATH.match(path):
        raise UnknownName("expression", path, "only plain paths are read here")
    return value_at(view, path)


def _spoken(value: Any) -> str:
    return ",".join(as_text(each) for each in value) if isinstance(value, list) else as_text(value)


def _as_mapping(rule: Mapping[str, Any], view: Mapping[str, Any]) -> dict[str, Any]:
    """A complex value in the spelling of a mapper: a playbook writes its keys in lower case."""
    made: dict[str, Any] = dict(rule)
    made["filters"] = [[_comparison(each, view) for each in group] for group in rule.get("filters") or ()]
    made["transformers"] = [
        {
            "operator": step["operator"],
            "args": {name: _operand(each, view) for name, each in (step.get("args") or {}).items()},
        }
        for step in rule.get("transformers") or ()
    ]
    return made


def _comparison(raw: Mapping[str, Any], view: Mapping[str, Any]) -> dict[str, Any]:
    made = {"operator": raw["operator"], "ignoreCase": raw.get("ignorecase"), "left": _renamed(raw["left"])}
    if raw.get("right"):
        made["right"] = _operand(raw["right"], view)
    return made


def _renamed(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {"value": raw.get("value"), "isContext": bool(raw.get("iscontext"))}


def _operand(raw: Mapping[str, Any] | None, view: Mapping[str, Any]) -> dict[str, Any]:
    """An operand with its references read already, so that the mapper's reader meets literals only."""
    return {"isContext": False, "value": {"simple": operand_value(raw, view)}}


def operand_value(raw: Mapping[str, Any] | None, view: Mapping[str, Any]) -> Any:
    """One side of a comparison, or an argument of a transformer; with `iscontext` a plain text is a path."""
    value = (raw or {}).get("value") or {}
    if raw and raw.get("iscontext") and isinstance(value.get("simple"), str):
        return _at(value["simple"], view)
    return value_of(value, view)


def branch_of(branches: tuple[Branch, ...], view: Mapping[str, Any]) -> str | None:
    """The label of the first branch that holds, None when none does."""
    return next((branch.label for branch in branches if _holds(branch, view)), None)


def _holds(branch: Branch, view: Mapping[str, Any]) -> bool:
    return all(any(_passes(each, view) for each in group) for group in branch.groups)


def _passes(comparison: Mapping[str, Any], view: Mapping[str, Any]) -> bool:
    operator = str(comparison["operator"])
    left = operand_value(comparison["left"], view)
    if isinstance(left, list) and operator not in ON_LIST:
        if len(left) > 1:
            raise UnknownName("comparison", operator, "of a list with more than one element")
        left = left[0] if left else None
    right = operand_value(comparison.get("right"), view)
    return passes(operator, left, right, bool(comparison.get("ignorecase")))
