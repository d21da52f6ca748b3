"""What a client must bear: fields nobody announced, and announced fields that are not there."""

import random
import zlib
from collections.abc import Mapping
from typing import Any

OPTIONAL_ALERT_KEYS = (
    "description",
    "updated_by",
    "updated_by_type",
    "created_by",
    "created_by_type",
    "assignee",
    "detection_type",
    "number_of_total_comments",
    "number_of_unseen_comments",
    "intake_uuids",
    "custom_fields",
    "time_to_ingest",
    "time_to_detect",
    "time_to_acknowledge",
    "time_to_respond",
    "time_to_resolve",
    "verdict",
    "custom_status",
)
SURPRISES: tuple[tuple[str, Any], ...] = (
    ("lab_score", 0.5),
    ("lab_flags", ["a", "b"]),
    ("lab_nested", {"level": {"deep": None}}),
    ("lab_note", "not announced"),
    ("lab_nothing", None),
)


def with_surprises(value: Any, seed: str) -> Any:
    """The value with one or more unannounced keys in each of its objects; the same seed gives the same keys."""
    return _sprinkle(value, random.Random(zlib.crc32(seed.encode())))


def _sprinkle(value: Any, rng: random.Random) -> Any:
    if isinstance(value, list):
        return [_sprinkle(item, rng) for item in value]
    if not isinstance(value, Mapping):
        return value
    mixed = {name: _sprinkle(inner, rng) for name, inner in value.items()}
    return mixed | dict(rng.sample(SURPRISES, rng.randint(1, 3)))


def row_with_surprises(row: Any, seed: str) -> Any:
    """An object with unannounced keys at its top only, since below it the keys may be data of the tenant."""
    if not isinstance(row, Mapping):
        return row
    rng = random.Random(zlib.crc32(seed.encode()))
    return {**row, **dict(rng.sample(SURPRISES, rng.randint(1, 3)))}


def without_optional(alert: Mapping[str, Any], seed: str) -> dict[str, Any]:
    """The alert without about half of the keys that are not always there; the same seed drops the same keys."""
    rng = random.Random(zlib.crc32(seed.encode()) + 1)
    absent = {name for name in OPTIONAL_ALERT_KEYS if rng.random() < 0.5}
    return {name: value for name, value in alert.items() if name not in absent}
