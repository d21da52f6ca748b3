"""Classifier JSON applied to one fetched item: from the raw object to an incident type."""

from collections.abc import Mapping
from typing import Any

from lab.xsoar.errors import TransformFailed
from lab.xsoar.filters import as_text
from lab.xsoar.mapper import resolve

UNCLASSIFIED = "Unclassified"


def classify(classifier: Mapping[str, Any] | None, obj: Mapping[str, Any], instance_type: str) -> str:
    """The type: a hit in keyTypeMap, else the classifier's default, else the instance's, else Unclassified."""
    if classifier is None:
        return instance_type or UNCLASSIFIED
    hit = (classifier.get("keyTypeMap") or {}).get(_key(classifier, obj))
    return str(hit or classifier.get("defaultIncidentType") or instance_type or UNCLASSIFIED)


def _key(classifier: Mapping[str, Any], obj: Mapping[str, Any]) -> str:
    try:
        value = resolve(classifier.get("transformer") or {}, obj)
    except TransformFailed:
        return ""
    if isinstance(value, list):
        value = value[0] if value else None
    return as_text(value)
