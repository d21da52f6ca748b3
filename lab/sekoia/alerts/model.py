"""An alert and what hangs on it: comments, history. Times are epoch seconds; the API's own formats are in `view`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.sekoia.actors import Actor
from lab.sekoia.ids import Ids
from lab.sekoia.statuses.model import CustomStatus, Verdict

MAX_COMMENTS = 500
MAX_AUTHOR = 32


@dataclass(eq=False)
class Comment:
    """A comment; `kind` is the type the global list shows."""

    uuid: str
    content: str
    author: str
    at: float
    updated_at: float
    by: Actor
    unseen: bool
    kind: str = "alert_comment"


@dataclass(frozen=True)
class HistoryEntry:
    """One line of an alert's history; `detail` holds the object named after the entry's type."""

    uuid: str
    at: float
    by: Actor
    entry_type: str
    detail: Mapping[str, Any]
    comments: tuple[Comment, ...] = ()


@dataclass
class Ruling:
    """The verdict on an alert, with the analyst's words."""

    verdict: Verdict
    analysis: str | None
    confidence: int | None
    by: Actor


@dataclass(eq=False)
class Alert:
    """The tenant's truth about one alert. `facts` are the fields no rule touches, by their name in the API."""

    uuid: str
    short_id: str
    number: int
    created_at: float
    updated_at: float
    shown_from: float
    created_by: Actor
    updated_by: Actor
    community: str
    title: Any
    details: Any
    entity: Any
    urgency: Any
    alert_type: Mapping[str, Any]
    rule: Mapping[str, Any]
    source: Any
    target: Any
    similar: int
    status: CustomStatus
    first_seen_at: Any
    last_seen_at: Any
    assets: list[str]
    kill_chain: str | None
    facts: dict[str, Any]
    visible: bool = True
    assignee: str | None = None
    ruling: Ruling | None = None
    times: dict[str, int | None] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    history: list[HistoryEntry] = field(default_factory=list)
    countermeasures: list[dict[str, Any]] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)
    overrides: dict[str, Any] = field(default_factory=dict)
    drop: frozenset[str] = frozenset()
    views: dict[tuple[Any, ...], bytes] = field(default_factory=dict, repr=False)

    def touch(self, at: float, by: Actor) -> None:
        """Note that the alert changed; views written before are void."""
        self.updated_at = max(at, self.updated_at)
        self.updated_by = by
        self.views.clear()

    @property
    def urgency_value(self) -> int | None:
        """The number analysts see, None when the alert carries none that is a number."""
        value = self.urgency.get("current_value") if isinstance(self.urgency, Mapping) else None
        return value if isinstance(value, int) else None

    @property
    def similarity_key(self) -> tuple[Any, ...]:
        """Alerts of one key are similar: same rule, same entity, same two addresses in either order."""
        entity = self.entity.get("uuid") if isinstance(self.entity, Mapping) else None
        return self.rule.get("uuid"), entity, frozenset((str(self.source), str(self.target)))

    def remember(
        self, ids: Ids, at: float, by: Actor, entry_type: str, comments: tuple[Comment, ...] = (), **detail: Any
    ) -> None:
        """Append a line to the history."""
        self.history.append(HistoryEntry(ids.uuid(), at, by, entry_type, detail, comments))
