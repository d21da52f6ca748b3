"""The urgency object of an alert: numbers of 0 to 100 and the word for them."""

from collections.abc import Mapping
from typing import Any

FIVE = ((20, "Low"), (40, "Moderate"), (60, "High"), (80, "Major"), (101, "Urgent"))
THREE = ((50, "Low"), (75, "Medium"), (101, "High"))
SCALES = {"five": FIVE, "three": THREE}


def word(value: int, scale: str) -> str:
    """The word for a number on the API's scale of five or the interface's scale of three."""
    return next(label for below, label in SCALES[scale] if value < below)


def urgency_of(urgency: int | Mapping[str, Any] | None, severity: int | None, criticity: int, scale: str) -> Any:
    """The object for a number; a mapping is kept as it is, None gives an object without numbers."""
    if isinstance(urgency, Mapping):
        return dict(urgency)
    if urgency is None:
        return dict.fromkeys(("current_value", "value", "severity", "criticity", "display"))
    if not 0 <= urgency <= 100:
        raise ValueError(f"an urgency is a number of 0 to 100, not {urgency}")
    return {
        "current_value": urgency,
        "value": urgency,
        "severity": urgency if severity is None else severity,
        "criticity": criticity,
        "display": word(urgency, scale),
    }
