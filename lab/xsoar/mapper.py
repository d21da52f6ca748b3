"""Mapper JSON applied to one fetched item: from the raw object to incident fields and labels."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.xsoar.errors import TransformFailed, UnknownName
from lab.xsoar.filters import passes
from lab.xsoar.paths import value_at
from lab.xsoar.transformers import transform

EVERY_TYPE = "dbot_classification_incident_type_all"
COMPLEX_KEYS = {"root", "accessor", "filters", "transformers"}


@dataclass
class Mapped:
    """Result of a mapping: values by field name, labels, and what failed in silence."""

    values: dict[str, Any] = field(default_factory=dict)
    labels: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def resolve(rule: Mapping[str, Any], obj: Any) -> Any:
    """The value of a `{"simple": path}` or `{"complex": {…}}` rule; TransformFailed or UnknownName pass through."""
    unknown = set(rule) - {"simple", "complex"}
    if unknown:
        raise UnknownName("mapping key", sorted(unknown)[0])
    if rule.get("complex"):
        return _complex(rule["complex"], obj)
    return _simple(rule.get("simple") or "", obj)


def _simple(path: str, obj: Any) -> Any:
    if "${" in path:
        raise UnknownName("expression", path, "only plain paths are read here")
    return value_at(obj, path) if path else None


def _complex(rule: Mapping[str, Any], obj: Any) -> Any:
    unknown = set(rule) - COMPLEX_KEYS
    if unknown:
        raise UnknownName("mapping key", sorted(unknown)[0])
    root = str(rule.get("root") or "")
    value = _simple(root, obj)
    if rule.get("filters"):
        value = _filtered(rule["filters"], root, value, obj)
    if rule.get("accessor"):
        value = value_at(value, str(rule["accessor"]))
    for step in rule.get("transformers") or ():
        args = {name: _argument(each, obj) for name, each in (step.get("args") or {}).items()}
        value = transform(str(step["operator"]), value, args)
    return value


def _argument(operand: Mapping[str, Any] | None, obj: Any) -> Any:
    """A literal, or with `isContext` the value at a path of the whole object."""
    if not operand or not operand.get("value"):
        return None
    value = operand["value"]
    if operand.get("isContext"):
        return resolve(value, obj)
    return value.get("simple")


def _filtered(groups: list[Any], root: str, value: Any, obj: Any) -> Any:
    """Elements (or the single value) that pass every group; a group passes when one of its filters does."""
    if isinstance(value, list):
        return [each for each in value if _passes_all(groups, root, each, obj)] or None
    return value if _passes_all(groups, root, value, obj) else None


def _passes_all(groups: list[Any], root: str, element: Any, obj: Any) -> bool:
    return all(any(_passes_one(each, root, element, obj) for each in group) for group in groups)


def _passes_one(rule: Mapping[str, Any], root: str, element: Any, obj: Any) -> bool:
    left = _left(rule["left"], root, element, obj)
    return passes(str(rule["operator"]), left, _argument(rule.get("right"), obj), bool(rule.get("ignoreCase")))


def _left(operand: Mapping[str, Any], root: str, element: Any, obj: Any) -> Any:
    path = str((operand.get("value") or {}).get("simple") or "")
    if not operand.get("isContext"):
        return path
    if path == root:
        return element
    if path.startswith(f"{root}."):
        return value_at(element, path[len(root) + 1 :])
    return _simple(path, obj)


def rules_for(mapper: Mapping[str, Any], incident_type: str) -> tuple[dict[str, Any], bool]:
    """Rules by field name (those of the type over those of every type); whether what is not mapped becomes labels."""
    mapping = mapper.get("mapping") or {}
    parts = [mapping[key] for key in (EVERY_TYPE, incident_type) if key in mapping]
    rules: dict[str, Any] = {}
    for part in parts:
        rules.update(part.get("internalMapping") or {})
    return rules, not any(part.get("dontMapEventToLabels") for part in parts)


def apply_mapper(mapper: Mapping[str, Any] | None, incident_type: str, obj: Mapping[str, Any]) -> Mapped:
    """Map one object; without a mapper everything becomes labels."""
    mapped = Mapped()
    rules, to_labels = rules_for(mapper or {}, incident_type)
    for name, rule in rules.items():
        try:
            value = resolve(rule, obj)
        except TransformFailed as error:
            mapped.notes.append(f"{name}: {error}")
            continue
        if value is not None:
            mapped.values[name] = value
    if to_labels:
        used = {_root_of(rule) for rule in rules.values()}
        mapped.labels = [_label(key, value) for key, value in obj.items() if key not in used and value is not None]
    return mapped


def _root_of(rule: Mapping[str, Any]) -> str:
    path = (rule.get("complex") or {}).get("root") or rule.get("simple") or ""
    return str(path).split(".")[0]


def _label(key: str, value: Any) -> dict[str, str]:
    return {"type": key, "value": value if isinstance(value, str) else json.dumps(value)}
