"""What the list of cases can be filtered and sorted by. The names of custom values lack the `_uuid` of the alerts'."""

from collections.abc import Callable, Iterable
from typing import Any

from lab.sekoia.cases.model import LEGACY_STATUS, Case
from lab.sekoia.query import Grammar

ONE: dict[str, Callable[[Case], Any]] = {
    "uuid": lambda case: case.uuid,
    "short_id": lambda case: case.short_id,
    "title": lambda case: case.title,
    "created_by": lambda case: case.created_by.uuid,
    "updated_by": lambda case: case.updated_by.uuid,
    "priority": lambda case: case.priority,
    "custom_priority": lambda case: case.custom_priority.uuid if case.custom_priority else None,
    "custom_status": lambda case: case.status.uuid,
    "verdict": lambda case: case.ruling.verdict.uuid if case.ruling else None,
    "status_name": lambda case: LEGACY_STATUS[case.status.stage],
    "type": lambda case: "manual" if case.manual else "automatic",
    "community_uuid": lambda case: case.community,
}
MANY: dict[str, Callable[[Case], Iterable[Any]]] = {
    "alert_uuid": lambda case: [alert.uuid for alert in case.alerts],
    "asset_uuid": lambda case: [asset for alert in case.alerts for asset in alert.assets],
    "tags": lambda case: case.tags,
    "assignees": lambda case: case.assignees,
    "custom_field": lambda case: [
        *case.custom_fields,
        *(f"{uuid}:{held}" for uuid, held in case.custom_fields.items()),
    ],
}
STATUS = "status_uuid"
CHOICES = {"priority": {"low", "medium", "high"}, "type": {"automatic", "manual"}}
DATES: dict[str, Callable[[Case], float | None]] = {
    "created_at": lambda case: case.created_at,
    "updated_at": lambda case: case.updated_at,
    "last_seen_at": lambda case: case.seen("last_seen_at", max),
}
SORTS: dict[str, Callable[[Case], Any]] = {"created_at": lambda case: case.created_at, "title": lambda case: case.title}
LIST = Grammar(
    match=frozenset((*ONE, *MANY, STATUS)),
    nomatch=frozenset(("assignees", "created_by")),
    dates=frozenset(DATES),
    flags=frozenset(("with_custom_statuses",)),
    words=frozenset(("community_uuid",)),
    sorts=tuple(SORTS),
    paged=True,
)
