"""Events, what a search asks for, and the states a search job goes through. Times are epoch seconds."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.sekoia.actors import Actor
from lab.sekoia.refusals import Gone

NOT_STARTED, IN_PROGRESS, DONE, CANCELED, FAILED = range(5)
ENDS = {"done": DONE, "canceled": CANCELED, "failed": FAILED, "never": IN_PROGRESS}
LARGEST_WINDOW = 10_000


@dataclass(eq=False)
class Event:
    """One event. It is found from `indexed_at` on, and as an alert's event from the time `alerts` has for the alert.

    `write` makes its fields, all but `alert_short_ids`, anew at each call: events are many and their texts may be long.
    """

    number: int
    at: float
    received_at: float
    indexed_at: float
    write: Callable[[], dict[str, Any]] = field(repr=False)
    alerts: dict[str, float] = field(default_factory=dict)

    def alerts_by(self, now: float) -> list[str]:
        """The short ids of the alerts that the event was attached to by then."""
        return [short_id for short_id, attached_at in self.alerts.items() if attached_at <= now]

    def fields(self, now: float) -> dict[str, Any]:
        """The event as the API shows it, with the alerts it belonged to by then."""
        written = self.write()
        attached = self.alerts_by(now)
        return {**written, "alert_short_ids": attached} if attached else written


@dataclass(frozen=True)
class Plan:
    """How a job will go: seconds until it starts, seconds it runs, how it ends, seconds its results are kept."""

    starts_after: float = 0.5
    runs_for: float = 1.9
    ends: str = "done"
    results_ttl: int = 1800

    def __post_init__(self) -> None:
        if self.ends not in ENDS:
            raise ValueError(f"a search job ends in one of {sorted(ENDS)}, not {self.ends!r}")
        if min(self.starts_after, self.runs_for, self.results_ttl) < 0:
            raise ValueError(f"a search job has no time below zero: {self}")


@dataclass(frozen=True)
class Asked:
    """What the caller asked for, word for word where the answer repeats it."""

    term: str
    earliest: float
    latest: float
    term_lang: str = "es-query-string"
    filters: tuple[Mapping[str, Any], ...] = ()
    visible: bool = True
    max_last_events: int | None = None
    only_eternal: bool = False
    community_uuids: tuple[str, ...] = ()
    date_field: str | None = None


Search = Callable[[Asked, float], list[Event]]


@dataclass(eq=False)
class Job:
    """A search job. What it is at a time follows from its plan, unless somebody cancels it.

    `search` is asked once, for the moment the job started; what it finds then is what the job has.
    """

    uuid: str
    asked: Asked
    by: Actor
    created_at: float
    plan: Plan
    search: Search = field(repr=False)
    results_ttl: int = 0
    canceled_by: Actor | None = None
    canceled_at: float = math.inf
    _found: list[Event] | None = field(default=None, repr=False)
    _gone_at: float = math.inf

    def __post_init__(self) -> None:
        self.results_ttl = self.plan.results_ttl
        self._expire_after(self.plan.results_ttl)

    @property
    def starts_at(self) -> float:
        """When it starts, never if it is canceled before."""
        at = self.created_at + self.plan.starts_after
        return at if at <= self.canceled_at else math.inf

    @property
    def ends_at(self) -> float:
        """When it ends, in whatever way."""
        planned = math.inf if self.plan.ends == "never" else self.starts_at + self.plan.runs_for
        return min(planned, self.canceled_at)

    @property
    def end(self) -> int:
        """The status it ends in."""
        return CANCELED if self.canceled_by is not None else ENDS[self.plan.ends]

    def status(self, now: float) -> int:
        """The status at that time."""
        if now >= self.ends_at:
            return self.end
        return IN_PROGRESS if now >= self.starts_at else NOT_STARTED

    def expires_at(self, now: float) -> float | None:
        """When its results go; None before the end, and for a job that failed."""
        return self._gone_at if self.status(now) in (DONE, CANCELED) else None

    def is_expired(self, now: float) -> bool:
        """Whether its results are gone."""
        expires_at = self.expires_at(now)
        return expires_at is not None and now >= expires_at

    def keep_for(self, seconds: int, now: float) -> None:
        """Keep the results for that long after the end; results that are gone stay gone."""
        is_late = self.is_expired(now)
        self.results_ttl = seconds
        if not is_late:
            self._expire_after(seconds)

    def cancel(self, by: Actor, now: float) -> None:
        """Cancel the job; one that has ended stays as it is."""
        if now < self.ends_at:
            self.canceled_by, self.canceled_at = by, now
            self._expire_after(self.results_ttl)

    def _expire_after(self, seconds: int) -> None:
        self._gone_at = self.ends_at + seconds

    def found(self, now: float) -> list[Event]:
        """All that matches, the newest first, as far as the search has come by then."""
        if now < self.starts_at or self.status(now) == FAILED:
            return []
        if self._found is None:
            self._found = self.search(self.asked, self.starts_at)
        return self._found[: math.ceil(len(self._found) * self._progress(now))]

    def kept(self, now: float) -> list[Event]:
        """What can be read of it: the newest, up to the number asked for. Gone when the results have expired."""
        if self.is_expired(now):
            raise Gone("The event search job has expired")
        return self.found(now)[: self.asked.max_last_events]

    def _progress(self, now: float) -> float:
        if self.status(now) == DONE:
            return 1.0
        until = min(now, self.ends_at)
        return min((until - self.starts_at) / self.plan.runs_for, 1.0) if self.plan.runs_for > 0 else 1.0
