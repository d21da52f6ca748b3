"""What the server does on a timer: fetch, and the polls that commands have scheduled."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from lab.xsoar.incidents import Draft, Incident
from lab.xsoar.instance import Instance
from lab.xsoar.platform_object import FETCH_COMMAND, LogLine
from lab.xsoar.runtime import Run
from lab.xsoar.store import Store, pack
from lab.xsoar.warroom import ERROR, METRICS, TEXT, Entry

if TYPE_CHECKING:
    from lab.xsoar.host import Host

SHORTEST_POLL = 10.0
DEFAULT_POLL_TIMEOUT = 600.0


@dataclass(frozen=True)
class FetchOutcome:
    """One run of fetch-incidents; with an `error` nothing was kept."""

    created: list[Incident]
    error: str | None
    calls: list[str] = field(repr=False)
    log: list[LogLine] = field(repr=False)
    health: list[tuple[Any, bool]]
    notes: list[str]
    trace: str = field(repr=False, default="")
    metrics: list[Any] = field(repr=False, default_factory=list)


@dataclass(frozen=True)
class CommandOutcome:
    """One run of a command; `error` is the text of its error entry, `poll` the poll it asked for."""

    entries: list[Entry]
    error: str | None
    context: Mapping[str, Any]
    calls: list[str] = field(repr=False)
    log: list[LogLine] = field(repr=False)
    metrics: list[Any] = field(repr=False)
    poll: int | None = None
    trace: str = field(repr=False, default="")


@dataclass(frozen=True)
class Poll:
    """A command that is to run again at `due` and at the latest at `ends` (epoch seconds)."""

    number: int
    instance: str
    incident: str
    command: str
    args: Mapping[str, Any]
    due: float
    ends: float
    interval: float


def iso(moment: float) -> str:
    """Epoch seconds as ISO 8601 UTC."""
    return datetime.fromtimestamp(moment, timezone.utc).isoformat().replace("+00:00", "Z")


def fetch(host: "Host", instance: Instance) -> FetchOutcome:
    """Run fetch-incidents; at a normal end last run and incidents are committed together, else nothing is."""
    run = host.execute(instance, FETCH_COMMAND, {})
    error = run.error or _error_entry(run)
    created, notes = ([], []) if error is not None else _commit(host, instance, run)
    host.check(run, instance)
    effects = run.effects
    metrics = [value for value in effects.results if isinstance(value, dict) and value.get("Type") == METRICS]
    return FetchOutcome(created, error, effects.calls, effects.log, effects.health, notes, run.trace, metrics)


def _error_entry(run: Run) -> str | None:
    errors = [value for value in run.effects.results if isinstance(value, dict) and value.get("Type") == ERROR]
    return str(errors[0].get("Contents")) if errors else None


def _commit(host: "Host", instance: Instance, run: Run) -> tuple[list[Incident], list[str]]:
    drafts: list[Draft] = [host.intake.draft(given, instance) for given in run.effects.incidents or []]
    host.hooks.tell("commit:before")
    with host.store.transaction():
        now = iso(host.clock.time())
        ids = [host.incidents.add(draft, instance.name, now) for draft in drafts]
        if run.effects.last_run is not None:
            host.state(instance.name).keep_last_run(run.effects.last_run)
    host.hooks.tell("commit:after")
    return [host.incidents.get(number) for number in ids], [note for draft in drafts for note in draft.notes]


class Polls:
    """Scheduled commands in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def schedule(self, instance: str, incident: str, body: Mapping[str, Any], now: float, ends: float | None) -> int:
        """Remember what an entry's polling keys ask for; the end of the first poll stays the end of all."""
        interval = max(SHORTEST_POLL, float(body.get("NextRun") or SHORTEST_POLL))
        last = now + float(body.get("Timeout") or DEFAULT_POLL_TIMEOUT) if ends is None else ends
        return self._store.write(
            "INSERT INTO polls (instance, incident, command, args, due, ends, interval) VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(instance, incident, str(body["PollingCommand"]), pack(body.get("PollingArgs") or {})),
            *(now + interval, last, interval),
        )

    def due(self, now: float) -> list[Poll]:
        """Polls whose time has come, the longest waiting first."""
        rows = self._store.rows(f"{SELECT} WHERE due <= ? ORDER BY due, number", now)
        return [_poll(row) for row in rows]

    def get(self, number: int) -> Poll | None:
        """A poll that still waits, or None."""
        row = self._store.one(f"{SELECT} WHERE number = ?", number)
        return _poll(row) if row else None

    def remove(self, number: int) -> None:
        """Forget a poll."""
        self._store.write("DELETE FROM polls WHERE number = ?", number)


SELECT = "SELECT number, instance, incident, command, args, due, ends, interval FROM polls"


def _poll(row: tuple[Any, ...]) -> Poll:
    number, instance, incident, command, args, due, ends, interval = row
    return Poll(number, instance, incident, command, json.loads(args), due, ends, interval)


def run_poll(host: "Host", poll: Poll) -> CommandOutcome:
    """Run one scheduled command, or end it with the server's error entry when its time is over."""
    host.polls.remove(poll.number)
    if poll.due > poll.ends:
        return _timed_out(host, poll)
    if poll.command in host.bundle.scripts:
        return host.run_script(poll.command, poll.args, poll.incident, ends=poll.ends)
    return host.run_command(poll.command, poll.args, host.instance(poll.instance), poll.incident, ends=poll.ends)


def _timed_out(host: "Host", poll: Poll) -> CommandOutcome:
    text = f"Scheduled command {poll.command} timed out."
    body = {"Type": ERROR, "ContentsFormat": TEXT, "Contents": text}
    with host.store.transaction():
        entry = host.war_room.add(poll.incident, host.clock.time(), body)
    return CommandOutcome([entry], text, host.context(poll.incident), [], [], [])
