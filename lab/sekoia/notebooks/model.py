"""Runs of SOL queries, and the results that SOL rules have kept for their alerts. Times are epoch seconds."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.clock import TimeSource
from lab.sekoia.actors import Actor
from lab.sekoia.alerts.store import AlertStore
from lab.sekoia.events.store import EventStore
from lab.sekoia.ids import Ids
from lab.sekoia.instants import iso_short
from lab.sekoia.notebooks.sol import BadQuery, Row, read_query_text
from lab.sekoia.refusals import Clash, Missing

ENDINGS = ("finished", "error")
RUNS_A_MINUTE = 10
PARENTS = ("notebook", "query", "task", "agent_run", "alert", "case")


@dataclass(frozen=True)
class RunPlan:
    """How a run will go: seconds until it starts, seconds it takes, how it ends and with which words."""

    starts_after: float = 0.5
    runs_for: float = 3.0
    ends: str = "finished"
    error: str = "The query needs too much memory"


@dataclass(eq=False)
class QueryRun:
    """One run; its rows are those of the moment it was asked for."""

    uuid: str
    task: str
    asked: Mapping[str, Any]
    by: Actor
    created_at: float
    plan: RunPlan
    rows: list[Row] = field(repr=False, default_factory=list)

    def status(self, now: float) -> str:
        """pending, running, then how it ended."""
        passed = now - self.created_at - self.plan.starts_after
        if passed < 0:
            return "pending"
        return self.plan.ends if passed >= self.plan.runs_for else "running"

    def finished(self, now: float) -> list[Row]:
        """Its rows; Clash while there are none."""
        if self.status(now) != "finished":
            raise Clash(f"The query run is {self.status(now)}")
        return self.rows


def columns(rows: Iterable[Row]) -> list[dict[str, str]]:
    """The fields of rows with their types, in the order of their first row."""
    found: dict[str, str] = {}
    for row in rows:
        for name, value in row.items():
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            found.setdefault(name, "number" if is_number else "string")
    return [{"name": name, "type": kind} for name, kind in found.items()]


class NotebookBook:
    """The runs of the tenant. `plan` is how a run goes, unless `next_go` has said otherwise for it."""

    def __init__(self, ids: Ids, clock: TimeSource, events: EventStore, alerts: AlertStore) -> None:
        self.plan = RunPlan()
        self._ids, self._clock, self._events, self._alerts = ids, clock, events, alerts
        self._planned: deque[RunPlan] = deque()
        self._runs: dict[str, QueryRun] = {}
        self._kept: dict[str, list[Row]] = {}
        self._sources: dict[str, Callable[[], list[Row]]] = {
            "events": self._all_events,
            "eternal_events": lambda: [row for row in self._all_events() if row.get("alert_short_ids")],
            "alerts": self._all_alerts,
        }

    def next_go(self, *plans: RunPlan) -> None:
        """How the next runs go, one plan for each."""
        self._planned.extend(plans)

    def may_start(self) -> bool:
        """Whether the tenant's queries of the last minute leave room for one more."""
        since = self._clock.time() - 60
        return sum(run.created_at > since for run in self._runs.values()) < RUNS_A_MINUTE

    def start(self, asked: Mapping[str, Any], by: Actor) -> QueryRun:
        """A new run; a query that cannot be read makes a run that ends as an error."""
        plan = self._planned.popleft() if self._planned else self.plan
        run = QueryRun(self._ids.uuid(), self._ids.uuid(), asked, by, self._clock.time(), plan)
        try:
            run.rows = read_query_text(str(asked["query_definition"].get("ql_query", "")), self._sources)()
        except BadQuery as error:
            run.plan = RunPlan(plan.starts_after, plan.runs_for, "error", f"Invalid query: {error}")
        self._runs[run.uuid] = run
        return run

    def run(self, uuid: str) -> QueryRun:
        """The run with that uuid; Missing when there is none."""
        if uuid not in self._runs:
            raise Missing("Unknown query run")
        return self._runs[uuid]

    def keep(self, short_id: str, rows: Iterable[Row]) -> None:
        """What a SOL rule found for an alert."""
        self._kept[self._alerts.get(short_id).short_id] = list(rows)

    def kept(self, short_id: str) -> list[Row]:
        """The results of an alert, none for an alert of another kind; Missing for an unknown alert."""
        alert = self._alerts.get(short_id)
        if alert.short_id != short_id:
            raise Missing("Unknown alert")
        return self._kept.get(short_id, [])

    def _all_events(self) -> list[Row]:
        now = self._clock.time()
        found = sorted((one for one in self._events.all() if one.indexed_at <= now), key=lambda one: -one.at)
        return [event.fields(now) for event in found]

    def _all_alerts(self) -> list[Row]:
        return [
            {
                "short_id": alert.short_id,
                "title": alert.title,
                "status": alert.status.label,
                "created_at": iso_short(alert.created_at),
            }
            for alert in self._alerts.all()
        ]
