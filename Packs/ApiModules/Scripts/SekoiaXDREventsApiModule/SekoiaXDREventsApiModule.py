"""Events of alerts: search jobs that serve many alerts at once, and events made fit to be stored elsewhere.

A job is started, looked at until it ends, and read in pages. What imports this file gets the client and the alert's
module with it; the build pastes each of them once.
"""

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from SekoiaXDRAlertApiModule import *
from SekoiaXDRApiModule import *

JOBS_PATH = "/v1/sic/conf/events/search/jobs"
EVENTS_PAGE = 1000  # the largest `limit` of the events of a job
ALERTS_PER_JOB = 100
EVENTS_PER_JOB = 20_000
EVENTS_BYTES = 400_000  # of one alert's events, as JSON
RUN_BYTES = 8_000_000  # of all events that one run holds, as JSON; shared evenly by its alerts
# Not started, in progress; done; canceled, failed (the last one is named in Sekoia's tutorial only).
WAITING, DONE = (0, 1), 2
SHORT_ID = re.compile(r"AL[0-9A-Za-z]{6,20}")


def alerts_term(short_ids: Iterable[str]) -> str:
    """The query for the events of these alerts; the property is plural, one event can belong to several alerts."""
    return " OR ".join(f"alert_short_ids:{short_id}" for short_id in short_ids if SHORT_ID.fullmatch(short_id))


class EventSearches:
    """The search jobs of a tenant. Each method is one call and raises SekoiaError, but for the pages of `events`."""

    def __init__(self, client: SekoiaClient) -> None:
        self.client = client

    def start(self, term: str, earliest: str, latest: str = "now", most: int | None = None) -> str:
        """Starts a job over a window (ISO 8601 UTC, or "now") and gives its uuid; never repeated blindly."""
        body: dict[str, Any] = {"term": term, "earliest_time": earliest, "latest_time": latest, "visible": False}
        if most:
            body["max_last_events"] = most
        job = self.client.read_object(ApiCall("POST", JOBS_PATH, body=body))
        return str(job.get("uuid") or "")

    def status(self, job: str) -> int | None:
        """0 and 1 while it works, 2 when it is done, anything else when it ended without events; None once expired."""
        found = self.client.read_object(ApiCall("GET", f"{JOBS_PATH}/{path_id(job)}", names_object=True))
        return None if found.get("expired") is True else as_int(found.get("status"))

    def events(self, job: str, most: int = EVENTS_PER_JOB) -> Iterator[dict[str, Any]]:
        """The events of a finished job, newest first. `total` is an estimate, so a short page is what ends it."""
        call = ApiCall("GET", f"{JOBS_PATH}/{path_id(job)}/events", names_object=True)
        for event in self.client.iter_items(call, most, EVENTS_PAGE):
            if isinstance(event, dict):
                yield event


def path_id(job: str) -> str:
    """A job's uuid, fit for a path; ValueError for anything else."""
    return validate_id(job, "event search", None)


def undotted(value: Any, symbol: str) -> Any:
    """The value with the dots of its keys replaced, since context paths take dots for steps.

    Where two keys become one name, the dotted one gets the symbol once more, so that no value is lost.
    """
    if isinstance(value, list):
        return [undotted(item, symbol) for item in value]
    if not isinstance(value, dict):
        return value
    plain = {key: undotted(item, symbol) for key, item in value.items() if "." not in key}
    for key in sorted(key for key in value if "." in key):
        name = key.replace(".", symbol)
        while name in plain:
            name += symbol
        plain[name] = undotted(value[key], symbol)
    return plain


def alert_ids_of(event: Mapping[str, Any]) -> list[str]:
    """The short ids of the alerts that an event belongs to: a list, or a text with commas."""
    value = event.get("alert_short_ids")
    return SHORT_ID.findall(" ".join(as_text(item) for item in value) if isinstance(value, list) else as_text(value))


class Sheaf:
    """The events of one alert, bounded in number and bytes; kept as JSON, which takes a fifth of what objects take."""

    def __init__(self, most: int, room: int = EVENTS_BYTES) -> None:
        self.most, self.room = most, room
        self.kept: list[str] = []
        self.seen = self.size = 0

    def add(self, event: dict[str, Any]) -> None:
        """Keeps the event while there is room; counts it in any case."""
        self.seen += 1
        if len(self.kept) < self.most and self.size < self.room:
            text = json.dumps(event, default=str)
            if self.size + len(text) <= self.room:
                self.kept.append(text)
                self.size += len(text)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events that were kept."""
        return [json.loads(text) for text in self.kept]

    @property
    def note(self) -> str:
        """What was cut, in words; '' when nothing was."""
        return "" if len(self.kept) == self.seen else f"events: the newest {len(self.kept)} of {self.seen} are kept."

    def outcome(self, is_whole: bool) -> str:
        """The word for how complete the events are, after a search that was read as a whole or in part."""
        if not is_whole:
            return CUT if self.seen else PENDING
        return (CUT if self.note else COMPLETE) if self.seen else NONE_FOUND


def sheaves(
    events: Iterable[dict[str, Any]], short_ids: Iterable[str], most: int, room: int = EVENTS_BYTES
) -> dict[str, Sheaf]:
    """The events of a job split by alert; of a job for one alert, events that name none are that alert's."""
    split = {short_id: Sheaf(most, room) for short_id in short_ids}
    only = next(iter(split)) if len(split) == 1 else ""
    for event in events:
        for short_id in alert_ids_of(event) or [only]:
            if short_id in split:
                split[short_id].add(event)
    return split


class EventReading:
    """The events of a finished job while they are read, and whether the reading came to their end."""

    def __init__(self, searches: EventSearches, job: str) -> None:
        self.searches, self.job = searches, job
        self.count, self.is_whole = 0, True

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The events up to the bound. Sekoia may refuse to read that far, and then the reading ends there."""
        try:
            for event in self.searches.events(self.job, EVENTS_PER_JOB + 1):
                if self.count == EVENTS_PER_JOB:
                    self.is_whole = False
                    return
                self.count += 1
                yield event
        except SekoiaBadRequest:
            if not self.count:
                raise
            self.is_whole = False

    @property
    def note(self) -> str:
        """What was left unread, in words; '' when nothing was."""
        return "" if self.is_whole else f"events: the search was read to {self.count:,} events."


class Ticket(NamedTuple):
    """An alert that waits for its events, by ids only: it lives in last run. Times are epoch seconds.

    From `settled` on, a search that finds no event did not come too early; 0 stands for `until`.
    """

    alert: str
    job: str
    since: int
    until: int
    settled: int = 0

    @classmethod
    def read(cls, stored: Any) -> "Ticket | None":
        """A ticket of a stored last run; None for what is none."""
        raw = as_dict(stored)
        alert, until = as_text(raw.get("alert"), 100), as_int(raw.get("until"))
        if not SHORT_ID.fullmatch(alert) or until is None:
            return None
        since, settled = as_int(raw.get("since")) or 0, as_int(raw.get("settled")) or 0
        return cls(alert, as_text(raw.get("job"), 100), since, until, settled)


class Waiting:
    """A ticket in work: its alert if this run read it, the events found, and how it ended ('' while it has not)."""

    def __init__(self, ticket: Ticket, alert: dict[str, Any] | None = None) -> None:
        self.ticket, self.alert = ticket, alert
        self.sheaf: Sheaf | None = None
        self.outcome = self.note = ""
        self.given_up = False

    @property
    def state(self) -> str:
        """The word for how complete the events are: what was read before a search that did not end is a part."""
        is_part = self.outcome in ("", FAILED) and self.sheaf is not None and self.sheaf.seen > 0
        return CUT if is_part else self.outcome or PENDING


COMPLETE, CUT, NONE_FOUND, PENDING, FAILED = "Complete", "Cut", "None", "Pending", "Failed"
FIRST_LOOK, LONGEST_LOOK = 1.0, 5.0  # seconds between two looks at a job
EARLIER = 60  # seconds by which the window begins before the first event is said to have happened


class EventDesk:
    """The alerts of a run that want events: one job serves many, and what takes longer leaves a ticket.

    Nothing here raises for a failing event service: an alert never waits longer than its ticket says.
    """

    def __init__(self, searches: EventSearches, most: int, now: int, room: int = RUN_BYTES) -> None:
        self.searches, self.most, self.now, self.room = searches, most, now, room
        self.waiting: list[Waiting] = []
        self.closing = float("inf")

    def serve(self, waiting: Iterable[Waiting], seconds: float) -> None:
        """Starts what has no job, looks at the jobs, and reads the ones that are done: all of it for that long."""
        self.waiting, self.closing = list(waiting), time.monotonic() + seconds
        jobless = [one for one in self.waiting if not one.ticket.job]
        for first in range(0, len(jobless), ALERTS_PER_JOB):
            self.start(jobless[first : first + ALERTS_PER_JOB])
        self.look()

    def start(self, batch: list[Waiting]) -> None:
        """One job for the batch; one job each where the API refuses to search for several alerts at once."""
        if time.monotonic() > self.closing:
            return
        earliest = iso_time(min(one.ticket.since for one in batch) - EARLIER)
        try:
            job = self.searches.start(alerts_term(one.ticket.alert for one in batch), earliest)
        except SekoiaBadRequest as error:
            if len(batch) == 1:
                self.fail(batch, error)
                batch[0].given_up = True
            for one in batch if len(batch) > 1 else ():
                self.start([one])
        except SekoiaDeadline:
            return  # no time is left in this run; the tickets stay
        except SekoiaError as error:
            self.fail(batch, error)
            for one in batch:
                one.given_up = True  # a service that takes no search must not hold the incidents back
        else:
            for one in batch:
                one.ticket = one.ticket._replace(job=job)

    def fail(self, batch: Iterable[Waiting], error: SekoiaError) -> None:
        """The event service failed for these alerts."""
        for one in batch:
            one.outcome, one.note = FAILED, f"{one.note} Events could not be read: {error}".lstrip()

    def look(self) -> None:
        """Looks at the jobs, less and less often, until all have ended or the time is over."""
        pause = FIRST_LOOK
        while open_jobs := list(
            dict.fromkeys(one.ticket.job for one in self.waiting if one.ticket.job and not one.outcome)
        ):
            for job in open_jobs:
                if time.monotonic() > self.closing:
                    return
                self.visit(job, [one for one in self.waiting if one.ticket.job == job and not one.outcome])
            if time.monotonic() + pause > self.closing or all(one.outcome for one in self.waiting):
                return
            if pause >= self.searches.client.deadline.remaining():
                return
            time.sleep(pause)
            pause = min(LONGEST_LOOK, pause * 2)

    def visit(self, job: str, group: list[Waiting]) -> None:
        """One look at one job."""
        try:
            status = self.searches.status(job)
            if status in WAITING:
                return
            if status == DONE:
                self.collect(job, group)
                return
            self.end(group, "the event search was canceled, failed or expired")
        except (SekoiaNotFound, SekoiaExpired):
            self.end(group, "the event search expired")
        except SekoiaError as error:
            self.fail(group, error)

    def end(self, group: Iterable[Waiting], why: str) -> None:
        """The job is lost: a later run starts another one while there is time."""
        for one in group:
            one.ticket, one.outcome = one.ticket._replace(job=""), FAILED
            one.note = f"{one.note} Events could not be read: {why}.".lstrip()

    def collect(self, job: str, group: list[Waiting]) -> None:
        """Reads a finished job and hands each alert its events."""
        room, reading = min(EVENTS_BYTES, self.room // len(self.waiting)), EventReading(self.searches, job)
        found = sheaves(reading, [one.ticket.alert for one in group], self.most, room)
        for one in group:
            one.sheaf = found[one.ticket.alert]
            one.note = " ".join(filter(None, (one.sheaf.note, reading.note)))
            one.outcome = one.sheaf.outcome(reading.is_whole)
            one.ticket = one.ticket if one.sheaf.seen else one.ticket._replace(job="")
        if not reading.is_whole and len(group) > 1:
            self.separate(group)

    def separate(self, group: list[Waiting]) -> None:
        """A search of its own, over the same time, for each alert that may have lost events to the others.

        One alert can have more events than a search is read to; a search for one alert alone is not made again. Where
        the time is not known, there is none.
        """
        since = min(one.ticket.since for one in group)
        for one in group:
            if since and one.sheaf and not one.sheaf.note:
                one.ticket, one.outcome = one.ticket._replace(job="", since=since), ""
                self.start([one])

    def leaves(self, one: Waiting) -> bool:
        """Whether the alert waits on: it has no events yet, and its time is not over.

        An alert can exist before its events are attached, so a search that finds none may only have come too early.
        """
        is_settled = 0 < one.ticket.settled <= self.now
        ended = one.outcome in (COMPLETE, CUT) or (one.outcome == NONE_FOUND and is_settled)
        return not ended and not one.given_up and self.now < one.ticket.until
