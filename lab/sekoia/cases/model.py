"""A case and what hangs on it: alerts, events, comments, history. Times are epoch seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.sekoia.actors import Actor
from lab.sekoia.alerts.model import Alert, Ruling
from lab.sekoia.ids import Ids
from lab.sekoia.statuses.model import CustomStatus, Priority

MAX_COMMENTS = 500
PRIORITIES = ("low", "medium", "high")
# The legacy view of a status, by the stage of the custom one.
LEGACY_STATUS = {"open": "opened", "in_progress": "opened", "closed": "closed"}


@dataclass(eq=False)
class CaseComment:
    """A comment on a case; it has no free author."""

    uuid: str
    content: str
    at: float
    updated_at: float
    by: Actor


@dataclass(frozen=True)
class CaseLine:
    """One line of a case's history."""

    uuid: str
    at: float
    by: Actor
    kind: str
    action: Mapping[str, Any]


@dataclass(eq=False)
class Case:
    """The tenant's truth about one case."""

    uuid: str
    short_id: str
    community: str
    title: str
    created_at: float
    updated_at: float
    created_by: Actor
    updated_by: Actor
    status: CustomStatus
    description: str = ""
    priority: str | None = "medium"
    custom_priority: Priority | None = None
    ruling: Ruling | None = None
    tags: list[str] = field(default_factory=list)
    subscribers: list[dict[str, str]] = field(default_factory=list)
    custom_fields: dict[str, Any] = field(default_factory=dict)
    manual: bool = True
    is_supplied: bool = False
    description_updated: bool = False
    priority_updated: bool = False
    alerts: list[Alert] = field(default_factory=list)
    events: dict[str, str] = field(default_factory=dict)  # __event_id -> event.id
    comments: list[CaseComment] = field(default_factory=list)
    history: list[CaseLine] = field(default_factory=list)

    @property
    def assignees(self) -> list[str]:
        """The avatars the case is given to."""
        return [one["avatar_uuid"] for one in self.subscribers if one["type"] == "assignee"]

    def seen(self, which: str, pick: Any) -> float | None:
        """The first or last time at which one of the alerts was seen; None without a known one."""
        moments = [getattr(alert, which) for alert in self.alerts]
        known = [at for at in moments if isinstance(at, (int, float))]
        return float(pick(known)) if known else None

    def remember(self, ids: Ids, at: float, by: Actor, kind: str, **action: Any) -> None:
        """Append a line to the history and note that the case changed."""
        self.history.append(CaseLine(ids.uuid(), at, by, kind, action))
        self.updated_at = max(at, self.updated_at)
        self.updated_by = by
