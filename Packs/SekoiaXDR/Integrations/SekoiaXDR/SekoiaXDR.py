"""Sekoia XDR: fetches the alerts of Sekoia Defend (XDR) as incidents and works them from the war room."""

import contextlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import demistomock as demisto
import urllib3
from CommonServerPython import *
from CommonServerUserPython import *
from SekoiaXDRFetchApiModule import *  # brings the client, the frame and all other modules along

urllib3.disable_warnings()

# ---------------------------------------------------------------------------------------------------------------------
# Constants and tables
# ---------------------------------------------------------------------------------------------------------------------

MAX_FETCH_LIMIT = 200  # the platform's advised ceiling for one fetch
SEEN_LIMIT = 2_000
QUARANTINE_LIMIT = 50
LATE_OVERLAP = 300  # seconds by which the list of changes may lag behind a change
LATE_TRIES = 10  # runs that try to read an alert's history before it is left to people
LATE_HELD_LIMIT = 10  # alerts that are tried again at one time
LATE_FAILURES = 2  # histories of a run that may fail; one more, and the API is ill rather than an alert
LATE_LABELS_LIMIT = 50
TICKETS_LIMIT = 500
EVENTS_SHARE = 0.4  # of the time that a run has left when it begins to look for events
TEST_SECONDS = 25.0
COMMAND_SECONDS = 150.0
METRICS = {  # kind of a call's failure -> the platform's name for such calls; any other kind is a general error
    "": "success",
    **dict.fromkeys(("invalid", "expired", "revoked", "refused"), "auth_error"),
    **dict.fromkeys(("dns", "refused:host", "reset", "cut"), "connection_error"),
    **dict.fromkeys(("timeout", "timeout:connect", "timeout:reading"), "timeout_error"),
    **{"rate": "quota_error", "server": "service_error", "proxy": "proxy_error", "tls": "ssl_error"},
}


# ---------------------------------------------------------------------------------------------------------------------
# Fetch
# ---------------------------------------------------------------------------------------------------------------------


class Harvest:
    """One run's take: new alerts in order, and the state they lead to. Knows no HTTP."""

    def __init__(self, state: FetchState, settings: FetchSettings, now: float) -> None:
        self.start = state.window_start(settings.look_back)
        self.settings = settings
        self.state = state
        self.now = now
        self.watermark = state.watermark
        self.whole, self.reached = True, self.start  # if not whole: only what was created before `reached` was read
        self.seen = dict(state.seen)
        self.quarantine = list(state.quarantine)
        self.alerts: list[dict[str, Any]] = []
        self.tickets: tuple[Ticket, ...] = ()
        self.evented: dict[str, Waiting] = {}
        self.taken: set[str] = set()
        self.cut_short = ""
        self.warnings: list[str] = []
        self.late = state.late
        self.unasked = 0  # of the alerts, so many at the front came without being asked for by the filter

    @property
    def full(self) -> bool:
        """Whether this run has taken all that it may."""
        return len(self.alerts) >= min(self.settings.max_fetch, MAX_FETCH_LIMIT)

    def take(self, alert: Any, parked: bool = False) -> None:
        """Takes one alert unless it is known.

        What the official pack had parked may lie anywhere, is among its processed ids, and says nothing of the alerts
        before it: only this run decides whether it is known, and the watermark stays.
        """
        try:
            keys = alert_keys(alert)
        except ValueError as error:
            self.set_aside(digest_of(alert), None, str(error))
            return
        margin = as_epoch(alert.get("created_at")) == self.start - 1  # windows are asked one second wider
        created = self.readable_time(alert)
        self.reached = max(self.reached, 0 if parked else created or 0)
        if (margin and not parked) or any(key in (self.taken if parked else self.seen) for key in keys):
            return
        self.remember(keys[0], created, moves=not parked)
        self.taken.update(keys)
        self.alerts.append(alert)

    def readable_time(self, alert: Mapping[str, Any]) -> int | None:
        """`created_at` in epoch seconds; None when absent, or outside the window asked for and thus no real time."""
        created = as_epoch(alert.get("created_at"))
        inside = created is not None and self.start <= created <= self.now + CLOCK_TOLERANCE
        return created if inside else None

    def remember(self, key: str, created: int | None, moves: bool = True) -> None:
        """Marks an alert as taken and, if it `moves` it, takes the watermark there: never back, never past our clock.

        Without a readable time the id is kept for as long as the window can possibly reach the alert.
        """
        self.watermark = max(self.watermark, min(created or 0, int(self.now)) if moves else 0)
        self.seen[key] = int(self.now) + CLOCK_TOLERANCE if created is None else created

    def give_up_look_back(self) -> None:
        """The time of a run was not enough to read what is known already: the next window begins where it stopped."""
        self.state = self.state._replace(floor=max(self.state.floor, min(self.reached, int(self.now))))

    def set_aside(self, key: str, created: int | None, reason: str) -> None:
        """Puts an entry that cannot be read into the bounded quarantine, once."""
        if key not in self.seen:
            self.remember(key, created)
            self.hold(key, reason)

    def hold(self, key: str, reason: str) -> None:
        """Writes an entry into the quarantine and the log."""
        self.quarantine.append({"id": key, "reason": reason[:300], "at": iso_time(self.now)})
        demisto.error(f"[Fetch] an alert was put into quarantine: {key}: {reason[:300]}")

    def next_state(self) -> FetchState:
        """The state after this run; ids older than the look-back, or beyond the bound, go and raise the floor."""
        watermark = self.watermark if self.whole else min(self.watermark, self.reached)
        floor = max(self.state.floor, watermark - self.settings.look_back)
        kept = {key: at for key, at in self.seen.items() if at >= floor}
        if len(kept) > SEEN_LIMIT:
            floor = max(floor, min(watermark, sorted(kept.values())[-SEEN_LIMIT] + 1))
            kept = {key: at for key, at in kept.items() if at >= floor}
            demisto.info(f"[Fetch] more than {SEEN_LIMIT} ids: the look-back is now {watermark - floor} seconds.")
        return self.state._replace(
            watermark=watermark,
            floor=floor,
            seen=kept,
            quarantine=tuple(self.quarantine[-QUARANTINE_LIMIT:]),
            tickets=self.tickets,
            late=self.late,
        )


def gather(client: SekoiaClient, harvest: Harvest) -> None:
    """Pages through the window until the harvest is full; what was read before an error is kept.

    Raises:
        SekoiaError: the API failed before anything new was read.
    """
    pages, harvest.whole = 0, False
    try:
        query = fetch_query(client, harvest.settings, told=harvest.warnings)
        for page in client.alerts_since(query, harvest.start):
            pages += 1
            for alert in page.items:
                if harvest.full:
                    return
                harvest.take(alert)
            harvest.reached = max(harvest.reached, page.until or 0)
            if harvest.full:
                return
        harvest.whole = True
    except SekoiaError as error:
        late = isinstance(error, SekoiaDeadline) and error.reason == "timeout" and pages > 0
        if late and not harvest.alerts:
            harvest.give_up_look_back()
        elif not harvest.alerts:
            raise
        harvest.cut_short = str(error)
        demisto.info(f"[Fetch] the run ends early with {len(harvest.alerts)} alerts: {error}")


def nothing_new(state: FetchState, settings: FetchSettings, now: float, error: Exception) -> Harvest:
    """A harvest that leaves the state as it is: alerts that waited long enough leave, all else is for the next run."""
    harvest = Harvest(state, settings, now)
    harvest.whole, harvest.reached, harvest.cut_short = False, state.watermark, str(error)
    demisto.error(f"[Fetch] only alerts that have waited for their events are handed over: {error}")
    return harvest


def fetch_query(
    client: SekoiaClient, settings: FetchSettings, strict: bool = False, told: list[str] | None = None
) -> AlertQuery:
    """The filters of the settings as a query; what had to be left out of it is added to `told`.

    Raises ValueError for a status that is unknown: always when `strict`, else when the tenant's statuses could not be
    read or none is left.
    """
    filters = {
        **fetch_statuses(client, settings, strict, told),
        **by_name_or_uuid(settings.entities, "Entities", "entity_names", "entity_uuids"),
        **by_name_or_uuid(settings.rules, "Rules", "rule_names", "rule_uuids"),
        **by_name_or_uuid(settings.communities, "Communities", "", "community_uuids"),
        "types": settings.types,
    }
    return AlertQuery(**filters, urgency=settings.urgency, extra=asked_beside(settings))  # type: ignore[arg-type]


def asked_beside(settings: FetchSettings) -> dict[str, str]:
    """The parameters for what a list of alerts holds only when asked for it."""
    return {"cases": "true"} if settings.with_cases else {}


def fetch_statuses(
    client: SekoiaClient, settings: FetchSettings, strict: bool, told: list[str] | None = None
) -> dict[str, tuple[str, ...]]:
    """The statuses to fetch: names of Sekoia, labels and stages of the tenant together, as alternatives.

    A status that the tenant lacks is left out and told. Where its statuses cannot be read, nothing is known to be
    lacking: built-in statuses alone and uuids alone need no list, and anything else is an error.
    """
    names = (*settings.statuses, *settings.other_statuses)
    built_in = all(legacy_status(name) for name in names)
    if not settings.other_statuses and built_in:
        return status_filter(client, names)
    tenant, uuids, problems = tenant_statuses(client), list[str](), list[str]()
    if not tenant and built_in and not any(stage_of({"stage": name}) for name in settings.other_statuses):
        return status_filter(client, names)
    for name in names:
        in_stage = [as_text(one.get("uuid")) for one in stage_statuses(tenant, settings, name)]
        try:
            uuids += in_stage or tenant_uuids(tenant, name)
        except ValueError as error:
            problems.append(str(error))
    if problems and (strict or not tenant or not uuids):
        raise ValueError(" ".join(problems))
    for problem in problems:
        demisto.info(f"[Fetch] a status is left out of the filter: {problem}")
    if told is not None:
        told += problems
    return {"custom_status_uuids": tuple(dict.fromkeys(uuids))}


def stage_statuses(tenant: list[dict[str, Any]], settings: FetchSettings, name: str) -> list[dict[str, Any]]:
    """The tenant's statuses in the stage of that name; none where the name is no stage."""
    stage = stage_of({"stage": name}) if name in settings.other_statuses else ""
    return [one for one in tenant if stage and stage_of(one) == stage]


def statuses_outside(client: SekoiaClient, settings: FetchSettings) -> list[str]:
    """The labels of the tenant's statuses that are not closed and that the filter does not mean.

    Sekoia may or may not find an alert in one of them by a built-in status, so people should know of them.
    """
    names = (*settings.statuses, *settings.other_statuses)
    tenant, named = tenant_statuses(client) if names else [], list[Any]()
    for name in names:
        named += [one.get("uuid") for one in stage_statuses(tenant, settings, name) or tenant_matches(tenant, name)]
    outside = [one for one in tenant if stage_of(one) != CLOSED and one.get("uuid") not in named]
    return list(dict.fromkeys(as_text(one.get("label"), 200) for one in outside))


class LateStream:
    """One run's reading of the stream of changes, for alerts that came to match after their creation.

    What this run took already is marked first: the ordinary stream may forget it before this one has come so far.
    """

    def __init__(self, client: SekoiaClient, harvest: Harvest) -> None:
        self.client, self.harvest = client, harvest
        self.overlap = max(LATE_OVERLAP, harvest.settings.look_back)
        self.place = harvest.late or LateState(int(harvest.now))
        self.since, self.cursor = self.place.judged_from(self.overlap), self.place.cursor
        self.whole = False
        self.seen = dict(self.place.seen)
        self.filter = digest_of([*harvest.settings.statuses, *harvest.settings.other_statuses])
        self.labels = {label: names for label, names in self.place.labels.items() if names == self.filter}
        self.wanted, self.query = Wanted(), AlertQuery()
        self.failures = 0
        for alert in harvest.alerts:
            changed = as_epoch(alert.get("updated_at"))
            if changed is not None and changed != as_epoch(alert.get("created_at")):
                self.seen.setdefault(alert_keys(alert)[0], changed)

    def open(self) -> None:
        """Learns what the filter means, also from what it let through in this run."""
        self.query = fetch_query(self.client, self.harvest.settings)
        wanted = wanted_of(self.client, self.harvest.settings)
        self.wanted = wanted._replace(labels=wanted.labels.union(self.labels)) if wanted.labels else wanted
        for alert in self.harvest.alerts[self.harvest.unasked :]:
            self.learn(alert)

    def learn(self, alert: Mapping[str, Any]) -> None:
        """Notes the status of an alert that Sekoia listed: a built-in name may stand for statuses of the tenant too."""
        label, known = as_text(status_of(alert).label, 200).casefold(), self.wanted.labels
        if label and known and label not in known and len(self.labels) < LATE_LABELS_LIMIT:
            self.labels[label] = self.filter
            self.wanted = self.wanted._replace(labels=known | {label})

    def read(self) -> None:
        """Reads on until the end of the stream, or until there is no room for one more alert.

        What the ordinary stream may still bring is passed over unmarked: a later run sees it again.
        """
        for page in self.client.alerts_since(self.query, self.place.window_start(self.overlap), moment="updated"):
            for alert in page.items:
                keys = alert_keys(alert) if isinstance(alert, dict) and alert.get("uuid") else ()
                changed = as_epoch(alert.get("updated_at")) if keys else None
                if changed is None or self.seen.get(keys[0]) == changed:
                    continue
                self.learn(alert)
                if not self.is_settled(keys):
                    if self.is_ordinary(alert):
                        continue
                    if self.harvest.full:
                        return
                    self.judge(alert)
                self.seen[keys[0]] = changed
                self.cursor = max(self.cursor, min(changed, int(self.harvest.now)))
        self.whole = True

    def is_settled(self, keys: tuple[str, ...]) -> bool:
        """Whether it is known what became of the alert; of one that is held in quarantine it is not."""
        read = keys[0] in self.seen and not any(self.held(key) for key in keys)
        return read or any(key in self.harvest.seen for key in keys)

    def is_ordinary(self, alert: Mapping[str, Any]) -> bool:
        """Whether the ordinary stream may still bring the alert, so that nothing is decided yet."""
        return (as_epoch(alert.get("created_at")) or 0) >= self.harvest.start

    def judge(self, alert: dict[str, Any]) -> None:
        """Takes the alert if its history says that it came to match since; holds it if that cannot be read.

        Raises SekoiaError for a failure that is not about this alert alone.
        """
        name = askable_id(alert)
        held = self.held(name)
        since = as_int(held.get("since")) or self.since
        try:
            came = came_since(self.client, name, self.wanted, since)
        except SekoiaError as error:
            if self.is_general(error, name):
                raise
            self.hold(name, since, tries_of(held) + 1, error)
        except UNREADABLE as error:
            self.hold(name, since, LATE_TRIES, error)
        else:
            self.release(name)
            if came:
                self.take(alert)

    def take(self, alert: dict[str, Any]) -> None:
        """Takes an alert; the ordinary stream need not know one that lies before its window."""
        key = alert_keys(alert)[0]
        self.harvest.take(alert, parked=True)
        self.seen[key] = as_epoch(alert.get("updated_at")) or int(self.harvest.now)
        if not self.is_ordinary(alert):
            self.harvest.seen.pop(key, None)

    def is_general(self, error: SekoiaError, name: str) -> bool:
        """Whether a failure ends the stream for this run: one that has nothing to do with the alert, or too many."""
        self.failures += 1
        waiting = sum(0 < tries_of(item) < LATE_TRIES for item in self.harvest.quarantine)
        crowded = not self.held(name) and (self.failures > LATE_FAILURES or waiting >= LATE_HELD_LIMIT)
        return crowded or isinstance(error, (SekoiaDeadline, SekoiaAuthError, SekoiaRateLimited, SekoiaBlocked))

    def held(self, name: str) -> Mapping[str, Any]:
        """The quarantine's entry of an alert whose history could not be read; empty when there is none."""
        return next((item for item in self.harvest.quarantine if item.get("id") == name and tries_of(item)), {})

    def release(self, name: str) -> None:
        """Takes such an entry out of quarantine."""
        held = self.held(name)
        self.harvest.quarantine = [item for item in self.harvest.quarantine if item is not held]

    def hold(self, name: str, since: int, tries: int, error: Exception) -> None:
        """Writes an alert whose history cannot be read into the quarantine; `since` is what it is judged by later."""
        began = as_text(self.held(name).get("at")) or iso_time(self.harvest.now)
        reason = f"Whether it matches since a change cannot be read ({min(tries, LATE_TRIES)} of {LATE_TRIES}): {error}"
        self.release(name)
        self.harvest.hold(name, reason)
        self.harvest.quarantine[-1] = {**self.harvest.quarantine[-1], "at": began, "since": since, "tries": tries}

    def retry(self) -> None:
        """Tries once more the held alert that was tried least; one that Sekoia does not have any more is let go."""
        held = [item for item in self.harvest.quarantine if 0 < tries_of(item) < LATE_TRIES]
        if not held or self.harvest.full:
            return
        item = min(held, key=tries_of)
        name = as_text(item.get("id"), 100)
        if not is_askable(name):
            self.hold(name, self.since, LATE_TRIES, ValueError("Sekoia knows no such id."))
            return
        query = AlertQuery(ids=(name,), extra=self.query.extra)
        listed = [one for one in self.client.iter_alerts(query) if isinstance(one, dict)]
        alert = next((one for one in listed if name in (one.get("uuid"), one.get("short_id"))), None)
        if alert is None or any(key in self.harvest.seen for key in alert_keys(alert)):
            self.release(name)
            demisto.info(f"[Fetch] {name} leaves the quarantine: it is gone from Sekoia or was fetched meanwhile.")
            return
        self.judge(alert)

    def end(self) -> LateState:
        """The place to read on from."""
        owed = 0 if self.whole else self.since
        return LateState(self.cursor, self.seen, self.place.floor, owed, self.labels).bounded(self.overlap)


def gather_late(client: SekoiaClient, harvest: Harvest) -> None:
    """Takes alerts that came to match after their creation (re-opened, urgency raised), from the stream of changes.

    An alert that matched from its creation on was the business of the ordinary stream and is passed over for ever. The
    first run of the stream only marks its place. A failing API ends it until the next run and harms nothing else.
    """
    if not harvest.settings.late_matches:
        harvest.late = None
        return
    stream = LateStream(client, harvest)
    try:
        stream.open()
        stream.retry()
        stream.read()
    except (SekoiaError, *UNREADABLE) as error:
        demisto.info(f"[Fetch] the stream of changed alerts ends early: {error}")
    finally:
        harvest.late = stream.end()


def came_since(client: SekoiaClient, alert_id: str, wanted: Wanted, since: int) -> bool:
    """Whether the alert's history says that it came to match within the part of the stream that is being read.

    Up to the second of its creation, which another clock may date ahead, that was the ordinary stream's business.
    """
    alert = client.get_alert(alert_id, history=True)
    entered = entered_at(alert, wanted)
    return entered is not None and entered >= since and entered > (as_epoch(alert.get("created_at")) or 0)


def wanted_of(client: SekoiaClient, settings: FetchSettings) -> Wanted:
    """The filters that change during an alert's life, by the labels that its history speaks of."""
    statuses = fetch_statuses(client, settings, strict=False)
    uuids = statuses.get("custom_status_uuids", ())
    labels = [as_text(one.get("label")) for one in tenant_statuses(client) if one.get("uuid") in uuids] if uuids else []
    # a uuid whose label cannot be read stands for itself, since no name at all would mean any status
    names = frozenset(name.casefold() for name in (*labels, *uuids, *statuses.get("status_names", ())))
    return Wanted(names, frozenset(settings.types), settings.urgency)


def waiting_of(client: SekoiaClient, harvest: Harvest) -> list[Waiting]:
    """What earlier runs left waiting for events. Alerts whose time is over are read before anything else is done, so
    that nothing that this run meets can hold them back."""
    latest = int(harvest.now) + harvest.settings.events_wait  # no ticket ends later, also after a clock was set back
    waiting = [Waiting(one._replace(until=min(one.until, latest))) for one in harvest.state.tickets]
    bring_alerts(client, [one for one in waiting if one.ticket.until <= harvest.now], harvest.settings)
    return waiting


def with_events(client: SekoiaClient, harvest: Harvest, waiting: list[Waiting]) -> None:
    """Gives the alerts their events. What is not ready stays behind as a ticket; what earlier runs left comes along."""
    now, settings = int(harvest.now), harvest.settings
    desk = EventDesk(EventSearches(client), settings.events_most, now)
    if settings.with_events:
        waiting += [Waiting(ticket_of(alert, now, settings.events_wait), alert) for alert in harvest.alerts]
        harvest.alerts = []
    desk.serve([one for one in waiting if one.ticket.alert], EVENTS_SHARE * client.deadline.remaining())
    staying = [one for one in waiting if one.ticket.alert and desk.leaves(one)]
    staying = staying[crowded_out(staying) :]
    leaving = [one for one in waiting if one not in staying]
    staying += bring_alerts(client, [one for one in leaving if one.alert is None], settings)
    harvest.tickets = tuple(one.ticket for one in staying)
    for one in leaving:
        if one.alert is not None and one not in staying:
            harvest.alerts.append(one.alert)
            harvest.evented[alert_keys(one.alert)[0]] = one


def crowded_out(staying: list[Waiting]) -> int:
    """How many of the oldest tickets leave because TICKETS_LIMIT wait already; their incidents are told so.

    Not more than one run may take, for each of them becomes an incident now.
    """
    surplus = min(max(0, len(staying) - TICKETS_LIMIT), MAX_FETCH_LIMIT)
    for one in staying[:surplus]:
        one.note = (
            f"{one.note} More than {TICKETS_LIMIT} alerts waited for events, so this one waited no longer.".strip()
        )
    return surplus


def ticket_of(alert: Mapping[str, Any], now: int, wait: int) -> Ticket:
    """The ticket of an alert that is first read now: the wait begins here, however old the alert is.

    Once the alert itself is older than the wait, it has its events or never will.
    """
    short_id = as_text(alert.get("short_id"), 100)
    created = as_epoch(alert.get("created_at")) or now
    since = as_epoch(alert.get("first_seen_at")) or created
    return Ticket(short_id if SHORT_ID.fullmatch(short_id) else "", "", since, now + wait, min(created, now) + wait)


def evented(alert: dict[str, Any], one: Waiting, dot: str) -> dict[str, Any]:
    """The alert with its events, dots of keys replaced, and the word for how complete they are."""
    events = [undotted(event, dot) for event in one.sheaf.events] if one.sheaf else []
    return {**alert, "events": events, "events_state": one.state}


def bring_alerts(client: SekoiaClient, tickets: list[Waiting], settings: FetchSettings) -> list[Waiting]:
    """Reads the alerts of tickets that are due; gives back those that must wait on because the API failed.

    An alert that the API does not know any more was deleted; its ticket ends without an incident.
    """
    wanted = {one.ticket.alert: one for one in tickets}
    ids = list(wanted)
    try:
        for first in range(0, len(ids), ALERTS_PER_JOB):
            query = AlertQuery(ids=tuple(ids[first : first + ALERTS_PER_JOB]), extra=asked_beside(settings))
            for alert in client.iter_alerts(query):
                if isinstance(alert, dict) and (one := wanted.get(as_text(alert.get("short_id"), 100))):
                    one.alert = alert
    except SekoiaError as error:
        demisto.info(f"[Fetch] alerts with tickets could not be read, they wait on: {error}")
        return [one for one in tickets if one.alert is None]
    gone = [one.ticket.alert for one in tickets if one.alert is None]
    if gone:
        demisto.info(f"[Fetch] alerts that waited for events are gone from Sekoia: {', '.join(gone)}")
    return []


def enriched(client: SekoiaClient, harvest: Harvest) -> list[str]:
    """Adds what the settings ask for to the alerts; returns what failed, for nothing here may stop a fetch."""
    wanted_steps = harvest.settings.with_assets, harvest.settings.with_kill_chain, harvest.settings.with_comments
    steps = zip(wanted_steps, (with_assets, with_kill_chains, with_comments), strict=True)
    notes: list[str] = []
    for wanted, step in steps:
        if wanted:
            harvest.alerts, failed = step(client, harvest.alerts)
            notes += failed
    return notes


def incidents_of(
    harvest: Harvest, ui: str, instance: str, notes: list[str], mirroring: MirrorSettings | None = None
) -> list[dict[str, Any]]:
    """The incidents of a harvest; an alert that cannot be shaped goes to quarantine and stops no other."""
    incidents = []
    for alert in harvest.alerts:
        key = alert_keys(alert)[0]
        waited = harvest.evented.pop(key, None)  # events are many: they are objects for one alert at a time only
        try:
            whole = evented(alert, waited, harvest.settings.dot) if waited else alert
            view = incident_view(whole, page_of(alert, ui), harvest.settings.thresholds)
            own = [waited.note] if waited and waited.note else []
            raw = alert_raw(whole, instance, view, notes + own)
            mirrored = with_mirroring(raw, mirroring) if mirroring else raw
            incidents.append(incident_of(mirrored, int(harvest.now)))
        except UNREADABLE as error:
            harvest.hold(key, f"{type(error).__name__}: {error}")
    return incidents


def retake(client: SekoiaClient, harvest: Harvest, ids: tuple[str, ...]) -> None:
    """Takes alerts out of quarantine: those that Sekoia still has are read again and tried once more."""
    for kind in (True, False):
        wanted = tuple(item for item in ids if is_uuid(item) == kind)
        query = AlertQuery(ids=wanted, extra=asked_beside(harvest.settings))
        try:
            for alert in client.iter_alerts(query) if wanted else ():
                harvest.take(alert, parked=True)
        except SekoiaBadRequest as error:  # the wish must not stop every run from now on
            for key in wanted:
                harvest.hold(key, str(error))


def report_of(client: SekoiaClient, harvest: Harvest, started: float, incidents: int) -> dict[str, Any]:
    """What a run did, for people: the health command shows it. Nothing reads it to decide anything."""
    state, now = harvest.next_state(), time.time()
    behind = harvest.full or harvest.cut_short
    return {
        "at": iso_time(now),
        "watermark": iso_time(state.watermark),
        "look_back_seconds": state.watermark - state.floor,
        "lag_seconds": max(0, int(now - state.watermark)) if behind else 0,
        "incidents": incidents,
        "tickets": len(state.tickets),
        "quarantine": [{key: item.get(key) for key in ("id", "reason", "at")} for item in state.quarantine],
        "calls": client.calls,
        "errors": client.errors,
        "seconds": round(now - started, 1),
        "error": harvest.cut_short,
        "warning": " ".join(harvest.warnings),
        "next": "The backlog goes on in the next run." if behind else "Nothing is left to fetch.",
    }


def fetch_incidents(
    client: SekoiaClient, params: Params, settings: FetchSettings, last_run: Any, context: Mapping[str, Any]
) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """One fetch run: next last run and incidents, to be handed to the platform together, and a report for people.

    Raises:
        SekoiaError: the API failed before anything was read, alerts with due tickets included; last run then stays.
        ValueError: the stored position cannot be read or lies in the future.
    """
    now = time.time()
    state, ids = requested(read_state(last_run, settings.first_fetch), context)
    harvest = Harvest(state, settings, now)
    if harvest.start > now + CLOCK_TOLERANCE:
        raise ValueError(
            f"The stored fetch position, {iso_time(harvest.start)}, lies in the future, so nothing is asked. Correct "
            "the clock of the server, or reset the last run of the instance."
        )
    for alert in parked_alerts(context) if "last_fetch" in as_dict(last_run) else ():
        harvest.take(alert, parked=True)
    waiting = waiting_of(client, harvest)
    try:
        retake(client, harvest, ids)
        harvest.unasked = len(harvest.alerts)
        gather(client, harvest)
        gather_late(client, harvest)
    except (SekoiaError, ValueError) as error:
        if not any(one.alert for one in waiting):
            raise
        harvest = nothing_new(read_state(last_run, settings.first_fetch), settings, now, error)
    with_events(client, harvest, waiting)
    notes, mirroring = enriched(client, harvest), mirror_settings(params.raw)
    incidents = incidents_of(harvest, params.ui, demisto.integrationInstance(), notes, mirroring)
    demisto.debug(f"[Fetch] {len(incidents)} new of {client.calls} calls, watermark {harvest.watermark}")
    return harvest.next_state().as_last_run(), incidents, report_of(client, harvest, now, len(incidents))


# ---------------------------------------------------------------------------------------------------------------------
# Commands on fetch itself
# ---------------------------------------------------------------------------------------------------------------------


def present_state(client: SekoiaClient, params: Params, watermark: str) -> dict[str, Any]:
    """What the API says now: the matching alerts after the position as it counts them, statuses outside of the filter.

    An API that does not answer is told of, for then the rest of the report is wanted most.
    """
    settings, since = FetchSettings.read(params.raw), as_epoch(watermark)
    found: dict[str, Any] = {"backlog": None, "statuses_outside": None, "api": "answers"}
    try:
        if since is not None:
            query = fetch_query(client, settings)._replace(created=(since + 1, None), with_count=True)
            found["backlog"] = client.alerts_page(query, 1, 0).total
        found["statuses_outside"] = statuses_outside(client, settings)
    except (SekoiaError, ValueError) as error:
        found["api"] = str(error)
    return found


def fetch_health_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-fetch-health: the last run as it reported itself, and what the API says now."""
    report = as_dict(as_dict(get_integration_context()).get(REPORT))
    if not report:
        return CommandResults(readable_output="### Fetch health\nNo fetch has run yet on this instance.")
    health = {**report, **present_state(client, params, as_text(report.get("watermark")))}
    health["not_mirrored"] = not_mirrored(mirror_memory())
    held = as_list(health.get("quarantine"))
    named = health["statuses_outside"]
    outside = {"statuses_outside": "unknown" if named is None else ", ".join(named) or "none"}
    outside["not_mirrored"] = "; ".join(f"{one['id']}: {one['why']}" for one in health["not_mirrored"]) or "nothing"
    rows = [{"What": cell(k), "Value": cell(v)} for k, v in {**health, **outside}.items() if k != "quarantine"]
    rows.append({"What": "quarantine", "Value": str(len(held))})
    table = markdown_table("Fetch health", rows, "")
    details = [
        {"Id": cell(item.get("id")), "Why": cell(item.get("reason")), "Since": cell(item.get("at"))} for item in held
    ]
    return CommandResults(
        outputs_prefix="SekoiaXDR.FetchHealth",
        outputs=health,
        replace_existing=True,
        readable_output=table + ("\n" + markdown_table("Quarantine", details, "") if held else ""),
    )


def not_mirrored(memory: MirrorMemory) -> list[dict[str, str]]:
    """What Sekoia did not take of the incidents' changes and no incident was told yet, the latest twenty alerts."""
    notes = ((alert_id, memory.record(alert_id).get(Known.NOTE)) for alert_id in memory.alerts)
    told = ((alert_id, as_text(note, NOTE_LENGTH)) for alert_id, note in notes)
    return [{"id": alert_id, "why": why} for alert_id, why in told if why][-20:]


def leave_request(wish: Mapping[str, Any]) -> None:
    """Leaves a wish for the next fetch run; ids join those of a wish of the same kind that is there."""
    kind, token = wish["do"], f"{time.time():.6f}"

    def left(now: dict[str, Any]) -> dict[str, Any]:
        before = wishes_of(now)
        ids = list(dict.fromkeys([*as_list(before.get(kind, {}).get("ids")), *as_list(wish.get("ids"))]))
        return {**now, REQUEST: {**before, kind: {**wish, **({"ids": ids} if ids else {}), "token": token}}}

    changed_context(left)


def quarantine_retry_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-quarantine-retry: asks the next fetch run to take alerts out of quarantine."""
    held = [
        as_text(item.get("id"))
        for item in as_list(as_dict(as_dict(get_integration_context()).get(REPORT)).get("quarantine"))
    ]
    ids = list(words(args.get("ids"))) or held
    unknown = [item for item in ids if item not in held]
    if unknown:
        raise ValueError(f"ids: not in quarantine: {', '.join(unknown)}. There are: {', '.join(held) or 'none'}.")
    if not ids:
        return CommandResults(readable_output="### The quarantine is empty: nothing was asked for")
    if flag(args, "dry_run"):
        return dry_run_result("Retry at the next fetch", "fetch-incidents", {"ids": ids})
    leave_request({"do": "retry", "ids": ids})
    return CommandResults(readable_output=f"### The next fetch run tries {len(ids)} alerts of the quarantine again")


def reset_fetch_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-reset-fetch: asks the next fetch run to begin at another time; shows what that means beforehand."""
    position = parse_time(required(args, "start_time"), "start_time")
    if position > time.time():
        raise ValueError(f"start_time: {iso_time(position)} lies in the future.")
    query = fetch_query(client, FetchSettings.read(params.raw))._replace(created=(position, None), with_count=True)
    total = client.alerts_page(query, 1, 0).total
    count = "an unknown number of" if total is None else str(total)
    what = f"Fetch begins again at {iso_time(position)}: {count} alerts match, those fetched before come a second time."
    if flag(args, "dry_run"):
        return dry_run_result(what, "fetch-incidents", {"position": position})
    leave_request({"do": "reset", "position": position})
    return CommandResults(readable_output=f"### {what}")


# ---------------------------------------------------------------------------------------------------------------------
# Mirroring: the decisions are in the Mirror module, here are the platform's calls
# ---------------------------------------------------------------------------------------------------------------------

MIRROR_MEMORY = "mirror"  # key of the integration context
KEYS_BEFORE = 5  # API keys that the instance had before, whose comments are still known as ours
RATE_LIMIT = "API rate limit"  # the platform's words: the round ends, and goes on where it stopped
MIRROR_SECONDS = 60.0
SENDING_SECONDS = 20.0  # of a round, for what waits to be sent, so that a call that hangs does not stop what comes in
MIRROR_EVENTS_WAIT = 600  # seconds: unlike in fetch, nothing waits for them
OUTBOX_FULL = "Sekoia cannot be reached and too many changes wait to be sent: this one is not lost yet."
NOT_REACHED = f"Sekoia could not be reached for {MIRROR_WISH_SECONDS // 86_400} days, so this was given up"
CLOSING_WORDS = ("close_reason", "close_notes")
NO_LONGER_SENT = "Changes of incidents are no longer sent to Sekoia, so this was given up"


def changed_context(change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Changes the integration context, again when another run was faster: runs of one instance may overlap."""
    for attempt in range(10):
        context, version = get_integration_context_with_version()
        changed = change(as_dict(context))
        try:
            set_integration_context(changed, version=version)
            return changed
        except ValueError as error:
            demisto.debug(f"[Context] another run was faster ({attempt}): {error}")
    raise DemistoException("The integration context is being written by too many runs at once.")


def remember(patch: Patch) -> MirrorMemory:
    """Changes the memory of mirroring; the memory after it."""

    changed = changed_context(lambda now: {**now, MIRROR_MEMORY: patched_memory(now.get(MIRROR_MEMORY), patch)})
    return MirrorMemory.read(changed[MIRROR_MEMORY])


def mirror_memory() -> MirrorMemory:
    """The memory of mirroring as it is."""
    return MirrorMemory.read(as_dict(get_integration_context()).get(MIRROR_MEMORY))


def keys_before(memory: MirrorMemory) -> list[str]:
    """The uuids of the API keys that are known to be ours, the oldest first."""
    known = [as_text(one, 100) for one in (*as_list(memory.key.get("before")), memory.key.get("uuid"))]
    return [one for one in known if one]


def own_keys(client: SekoiaClient, params: Params, memory: MirrorMemory) -> Keys:
    """The uuids of the instance's API keys, the present one and some before: by these our own changes are known."""
    digest, known = key_digest(params.api_key), keys_before(memory)
    if memory.key.get("digest") != digest:
        identity = as_text(client.validate_key().get("identity"), 200)
        uuid = identity.partition(":")[2] or identity
        if uuid:  # else it is asked for again
            remember({"key": {"digest": digest, "uuid": uuid, "before": known[-KEYS_BEFORE:]}})
        known.append(uuid)
    return frozenset(one for one in known if one)


def is_rate_limit(error: SekoiaError) -> bool:
    """Whether the platform should leave Sekoia alone for a while."""
    return isinstance(error, (SekoiaRateLimited, SekoiaBlocked)) or error.status == 429


def get_modified_remote_data_command(client: SekoiaClient, args: Args, params: Params) -> GetModifiedRemoteDataResponse:
    """get-modified-remote-data: everything that changed and was not read since, page by page to the end."""
    settings = mirror_settings(params.raw)
    if not settings.goes_in:
        return GetModifiedRemoteDataResponse([])
    now, run = time.time(), get_last_mirror_run()
    memory = taken_over(now)
    try:
        own_keys(client, params, memory)
        with limited_to(client, SENDING_SECONDS):
            send_waiting(client, params, settings)
        memory = mirror_memory()
        cursor = cursor_of(run, args.get("lastUpdate"), now, memory.round.get("fetched"))
        ids, reached = changed_alerts(client, memory, cursor, settings.overlap)
    except SekoiaError as error:
        raise DemistoException(f"{RATE_LIMIT}: {error}" if is_rate_limit(error) else str(error)) from error
    due = [alert_id for alert_id, until in memory.due.items() if (as_int(until) or 0) > now]
    due += [alert_id for alert_id in memory.alerts if looks_again(memory.record(alert_id), now)]
    over = {alert_id: None for alert_id in memory.due if alert_id not in due}
    late = last_seen(memory, ids, reached.start(settings.overlap), now)
    memory = remember({"due": {**over, **late}, **round_begun(memory, args.get("lastUpdate"), now)})
    set_last_mirror_run({**as_dict(run), "cursor": reached.at, "before": reached.before})
    return GetModifiedRemoteDataResponse(list(dict.fromkeys([*due, *memory.was, *ids])))


@contextlib.contextmanager
def limited_to(client: SekoiaClient, seconds: float) -> Iterator[None]:
    """Bounds the calls in it to so many seconds of the client's time."""
    whole = client.deadline
    client.deadline = Deadline(min(seconds, whole.remaining()))
    try:
        yield
    finally:
        client.deadline = whole


def taken_over(now: float) -> MirrorMemory:
    """The memory, with the alerts that the official pack had parked in its own."""
    parked = cached_ids(as_dict(get_integration_context()))

    def change(context: dict[str, Any]) -> dict[str, Any]:
        patch = {"due": dict.fromkeys(parked, int(now) + MIRROR_DUE_SECONDS)}
        kept = {name: value for name, value in context.items() if name != "mirroring_cache"}
        return {**kept, MIRROR_MEMORY: patched_memory(context.get(MIRROR_MEMORY), patch)}

    return MirrorMemory.read(changed_context(change)[MIRROR_MEMORY]) if parked else mirror_memory()


def get_remote_data_command(client: SekoiaClient, args: Args, params: Params) -> GetRemoteDataResponse:
    """get-remote-data: one alert, its new comments, and whether the incident closes or reopens; one call."""
    settings, alert_id = mirror_settings(params.raw), alert_id_of(args)
    if not settings.goes_in:
        return GetRemoteDataResponse({}, [])
    memory = mirror_memory()
    alert, own = remote_alert(client, params, memory, alert_id)
    if alert is None:
        return GetRemoteDataResponse({}, [])
    told = args.get("lastUpdate")
    back = undone(memory, alert_id, told)
    record = {**memory.record(alert_id), **back}
    wish = as_dict(memory.out.get(alert_id)) if settings.goes_out else {}
    found = incoming_of(alert, record, memory.floor, settings, own, params.close_notes, told, wish)
    alert, keep, change, due = with_asked_parts(client, alert, record, alert_id in memory.due, settings, params)
    view = incident_view(alert, page_of(alert, params.ui), severity_thresholds(params.raw.get("severity_thresholds")))
    held, moved = held_values(view, wish, record)
    stale = {**record, Known.AGAIN: [*as_list(record.get(Known.AGAIN)), *moved]}
    raw = mirrored_object(alert_raw(alert, demisto.integrationInstance(), view, []), keep, stale, held)
    raw = news_of_custom(raw, wish, record)
    waits = as_dict(wish.get("fields")).keys() - moved
    again = held & {*as_list(record.get(Known.AGAIN))} | held - waits
    shown = {Known.BASE: raw["mirror_base"], Known.CUSTOM: custom_prints(alert), Known.AGAIN: sorted(again) or None}
    given = {**found.change, **change, **shown}
    doubt = doubt_of(record, given, told, max(time.time(), as_int(memory.round.get("at")) or 0))  # clocks may differ
    done: dict[str, Any] = {alert_id: (wish, without_fields(wish, moved), {})} if moved else {}
    answered: Patch = {"alerts": {alert_id: {**back, **given}}, "due": {alert_id: due}, "was": {alert_id: doubt}}
    remember({**answered, "done": done, "read": {alert_id: (memory.record(alert_id), memory.due.get(alert_id))}})
    return GetRemoteDataResponse(raw, found.entries)


def remote_alert(
    client: SekoiaClient, params: Params, memory: MirrorMemory, alert_id: str
) -> tuple[JsonObject | None, Keys]:
    """The alert with all that mirroring reads of it, and our keys; no alert where Sekoia does not have it any more.

    Raises DemistoException, in the platform's words for a rate limit; a later round then reads the alert by itself.
    """
    try:
        own = own_keys(client, params, memory)
        return client.get_alert(alert_id, comments=True, history=True, cases=True), own
    except SekoiaNotFound:
        if not memory.record(alert_id).get(Known.MISSED):  # once may be a mistake
            again = {alert_id: int(time.time()) + MIRROR_DUE_SECONDS}
            remember({"alerts": {alert_id: {Known.MISSED: True}}, "due": again})
            return None, frozenset()
        demisto.info(f"[Mirror] alert {alert_id} is gone from Sekoia: its incident is mirrored no more.")
        remember({"due": {alert_id: None}, "alerts": {alert_id: {Known.SEARCH: None, Known.KILL_CHAIN: None}}})
        return None, frozenset()
    except SekoiaError as error:
        limited = {"limited": True} if is_rate_limit(error) else {}
        remember({"due": {alert_id: int(time.time()) + MIRROR_DUE_SECONDS}, "round": limited})
        raise DemistoException(f"{RATE_LIMIT}: {error}" if is_rate_limit(error) else str(error)) from error


def with_asked_parts(
    client: SekoiaClient,
    alert: JsonObject,
    record: Mapping[str, Any],
    is_due: bool,
    settings: MirrorSettings,
    params: Params,
) -> tuple[JsonObject, set[str], dict[str, Any], int | None]:
    """The alert with what the settings ask for, what was read, what to remember, and until when it is due."""
    keep = set[str]() if ticked(params.raw, "fetch_with_assets") else {"assets"}
    change: dict[str, Any] = {Known.KILL_CHAIN: None, **({} if settings.events else {Known.SEARCH: None})}
    if settings.kill_chain:
        (alert,), notes = with_kill_chains(client, [alert])
        for note in notes:
            demisto.info(f"[Mirror] {note}")
        change[Known.KILL_CHAIN] = later_look(Look.read(record.get(Known.KILL_CHAIN))) if notes else None
    occurrences, nameless = as_int(alert.get("similar")), not SHORT_ID.fullmatch(as_text(alert.get("short_id")))
    searched = record.get(Known.SEARCHED) == occurrences and not record.get(Known.SEARCH)
    unsearched = is_due and record.get(Known.SEARCHED) is None
    if not settings.events or nameless or (searched and not unsearched):
        return alert, keep, change, None
    alert, keep, more, due = with_mirrored_events(client, alert, record, keep, params)
    return alert, keep, {**change, **more}, due


def with_mirrored_events(
    client: SekoiaClient, alert: JsonObject, record: Mapping[str, Any], keep: set[str], params: Params
) -> tuple[JsonObject, set[str], dict[str, Any], int | None]:
    """The alert with its events when their search is done; until then the search is remembered and the alert is due.

    A search that comes to nothing is made anew some times, with longer and longer pauses.
    """
    now, look = int(time.time()), Look.read(record.get(Known.SEARCH))
    if look and look.pauses and now < look.until:
        return alert, keep, {}, None
    most = whole_number(params.raw.get("events_per_alert"), "Events per alert", 500, 1, 5000)
    ticket = ticket_of({**alert, "created_at": now}, now, MIRROR_EVENTS_WAIT)
    if look and not look.pauses:
        ticket = ticket._replace(job=look.job, until=look.until)
    one = Waiting(ticket, alert)
    desk = EventDesk(EventSearches(client), most, now)
    desk.serve([one], 0.9 * FIRST_LOOK)  # one look, without a pause
    if desk.leaves(one):
        going = Look(one.ticket.job, one.ticket.until, look.looks if look else 0)
        return alert, keep, {Known.SEARCH: [*going]}, now + MIRROR_DUE_SECONDS
    if one.sheaf is None and (later := later_look(look)):
        return alert, keep, {Known.SEARCH: later}, None
    done = {Known.SEARCH: None, Known.SEARCHED: as_int(alert.get("similar"))}
    if one.sheaf is None:
        demisto.info(f"[Mirror] no events of {one.ticket.alert}: {one.note or PENDING}")
        return alert, keep, done, None
    served = evented(alert, one, str(params.raw.get("replace_dots_event") or "_"))
    return served, keep | {"events", "events_state"}, done, None


def update_remote_system_command(client: SekoiaClient, args: Args, params: Params) -> str:
    """update-remote-system: sends what the analyst changed. The id comes back whatever Sekoia says.

    What is to be sent is written down first, so that neither a failing API nor a death in between loses any of it.
    """
    given = UpdateRemoteSystemArgs(args)
    alert_id, settings = str(given.remote_incident_id or ""), mirror_settings(params.raw)
    if not settings.goes_out or not alert_id:
        return alert_id
    memory = mirror_memory()
    wish = wish_of(given, memory.record(alert_id), settings)
    if not memory.record(alert_id).get(Known.SENDS):
        remember({"alerts": {alert_id: {Known.SENDS: True}}})
    if wish:
        carry_out(client, params, settings, memory, alert_id, wish)
    return alert_id


def carry_out(
    client: SekoiaClient, params: Params, settings: MirrorSettings, memory: MirrorMemory, alert_id: str, wish: Wish
) -> Errand | None:
    """Writes a wish down, does what can be done of it, and keeps the rest; None when there was nothing to send.

    Raises DemistoException when too much waits already and Sekoia does not take this either.
    """
    record, again = memory.record(alert_id), {alert_id: wish["again"]} if wish.get("again") else {}
    patch: Patch = {"alerts": {alert_id: foretold(wish)}, "again": again}
    if not wants_something(wish):
        remember({**patch, "due": due_again(alert_id, settings)})
        return None
    wish = {**wish, "at": int(time.time()), "try": int(time.time())}
    if not outbox_is_full(patched_memory(memory._asdict(), {"wish": {alert_id: wish}})):
        remember({**patch, "wish": {alert_id: wish}})
        return run_errand(client, params, settings, alert_id, wish, record)
    errand = sent_at_once(client, params, settings, memory, alert_id, wish)
    turned = {name: value for name, value in foretold(wish).items() if name in (Known.STATE, Known.CLOSED_AT)}
    remember({"alerts": {alert_id: turned}, "again": again})
    return errand


def sent_at_once(
    client: SekoiaClient, params: Params, settings: MirrorSettings, memory: MirrorMemory, alert_id: str, wish: Wish
) -> Errand:
    """Carries out a wish that there is no room to write down, after what waits of its alert.

    Raises DemistoException for what is left then. It is as if nothing had been wished: the platform keeps the change,
    and what it says of the incident when it asks again is news.
    """
    older = as_dict(memory.out.get(alert_id))
    if older and wants_something(run_errand(client, params, settings, alert_id, older, memory.record(alert_id)).left):
        raise DemistoException(OUTBOX_FULL)
    remember({"alerts": {alert_id: {name: value for name, value in foretold(wish).items() if name != Known.STATE}}})
    errand = run_errand(client, params, settings, alert_id, wish, memory.record(alert_id))
    if wants_something(errand.left) and not errand.gone:
        raise DemistoException(OUTBOX_FULL)
    return errand


def run_errand(
    client: SekoiaClient,
    params: Params,
    settings: MirrorSettings,
    alert_id: str,
    wish: Wish,
    record: Mapping[str, Any],
) -> Errand:
    """Carries out a wish that is written down, and writes down what became of it."""
    try:
        own = own_keys(client, params, mirror_memory())
    except SekoiaError:
        own = frozenset(keys_before(mirror_memory()))
    errand = Errand(client, alert_id, wish, record, settings, own, lambda: mirror_memory().record(alert_id))
    errand.run(params.close_notes)
    for text in errand.told:
        demisto.info(f"[Mirror] {alert_id}: {text}")
    if errand.cause:
        demisto.info(f"[Mirror] {alert_id} waits to be sent: {errand.cause}")
    change, again = (errand.change(), errand.given_again()) if errand.alert else ({}, [])
    due = {} if errand.gone else due_again(alert_id, settings)
    done = {alert_id: (wish, errand.left, errand.written)}
    told: Patch = {"alerts": {alert_id: change} if change else {}, "again": {alert_id: again} if again else {}}
    told["told"] = {alert_id: errand.told} if errand.alert and errand.told else {}
    remember({**told, "done": done, "due": due, "read": {alert_id: (errand.record, None)}})
    return errand


def due_again(alert_id: str, settings: MirrorSettings) -> dict[str, int]:
    """The next round brings the alert as it is: what Sekoia did not take must not stay on the incident."""
    return {alert_id: int(time.time()) + MIRROR_DUE_SECONDS} if settings.goes_in else {}


def send_waiting(client: SekoiaClient, params: Params, settings: MirrorSettings) -> None:
    """Sends what could not be sent before; the first failure ends it until the next round, which begins after it."""
    now = int(time.time())
    for alert_id in mirror_memory().out:
        wish = as_dict(mirror_memory().out.get(alert_id))  # another run may have changed or sent it meanwhile
        if wish and not settings.goes_out:
            give_up(alert_id, wish, settings, NO_LONGER_SENT)
            continue
        if not wish or 0 <= now - (as_int(wish.get("try")) or 0) < MIRROR_SECONDS:
            continue  # another run is sending it, or died a moment ago
        if now - (as_int(wish.get("at")) or now) > MIRROR_WISH_SECONDS:
            give_up(alert_id, wish, settings, NOT_REACHED)
            continue
        memory = remember({"wish": {alert_id: {"at": now, "try": now, **unsent_verdict_of(wish, settings)}}})
        wish = as_dict(memory.out.get(alert_id))
        errand = run_errand(client, params, settings, alert_id, wish, memory.record(alert_id))
        if isinstance(errand.cause, SekoiaPermissionError):
            continue  # that is about this alert alone
        if errand.cause or client.deadline.remaining() < SENDING_SECONDS / 4:
            return


def unsent_verdict_of(wish: Wish, settings: MirrorSettings) -> Wish:
    """The verdict of a closing that waits and that the instance sends no more: it is a change of its own."""
    verdict = as_dict(wish.get("close")).get("verdict")
    return {"fields": {"verdict": verdict}} if verdict and not settings.close_out else {}


def give_up(alert_id: str, wish: Wish, settings: MirrorSettings, why: str) -> None:
    """Takes a wish back that nobody expects to be carried out any more; the incident is told, and shows the alert."""
    parts = ", ".join(part for part in WISHES if wish.get(part))
    again = [*as_dict(wish.get("fields")), "status", *(["verdict"] if wish.get("close") else [])]
    forget: dict[str, Any] = {Known.CUSTOM: None} if wish.get("custom") else {}
    if wish.get("close") or wish.get("reopen"):
        forget[Known.EXPECTED] = None
    patch: Patch = {"alerts": {alert_id: forget}, "told": {alert_id: [f"{why}: {parts}."]}, "again": {alert_id: again}}
    remember({**patch, "done": {alert_id: (wish, {}, {})}, "due": due_again(alert_id, settings)})


def get_mapping_fields_command(client: SekoiaClient, args: Args, params: Params) -> GetMappingFieldsResponse:
    """get-mapping-fields: what the mapper's editor offers; no call."""
    return mapping_fields()


def mirror_close_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-mirror-close: closes the alert of an incident as mirroring would, at once, for the closing script."""
    alert_id, settings, memory = alert_id_of(args), mirror_settings(params.raw), mirror_memory()
    if not settings.goes_out or not settings.close_out:
        return mirror_close_result(alert_id, "off", "closing incidents does not close alerts on this instance")
    record, words = memory.record(alert_id), [as_text(args.get(name)).strip() for name in CLOSING_WORDS]
    if record.get(Known.STATE) == CLOSED_BY_MIRROR and record.get(Known.ORDERED) == short_digest(words):
        return mirror_close_result(alert_id, "closed already", "it was closed in Sekoia")
    wish: Wish = {"close": close_wish({**args, "reject": flag(args, "reject")}), "local": CLOSED_HERE}
    wish["close"]["verdict"] = as_text(args.get("verdict"), 200).strip()
    wish |= unsent_verdict(args, record) if not wish["close"]["verdict"] else {}
    if flag(args, "dry_run"):
        shown = {**wish["close"], **as_dict(wish.get("fields"))}
        return dry_run_result(f"Close alert {cell(alert_id)}", "update-remote-system", shown)
    errand = carry_out(client, params, settings, memory, alert_id, wish)
    told = " ".join(errand.told) if errand else ""
    if errand and errand.gone:
        return mirror_close_result(alert_id, "gone", "it does not exist in Sekoia any more")
    if errand and errand.cause:
        return mirror_close_result(alert_id, "waits", f"it is closed as soon as Sekoia answers: {errand.cause}")
    if errand and errand.needless:
        return mirror_close_result(alert_id, "closed already", f"it was closed before {told}".strip())
    if errand and errand.closed:
        return mirror_close_result(alert_id, "closed", f"{errand.did[-1]} {told}".strip())
    return mirror_close_result(alert_id, "refused", told or "Sekoia did not close it")


def unsent_verdict(args: Args, record: Mapping[str, Any]) -> Wish:
    """The verdict that an analyst set on the incident and no round has sent yet: it goes before that of the table."""
    verdict, base = plain_value("verdict", args.get("incident_verdict")), read_base(args.get("mirror_base"))
    known = as_dict(record.get(Known.WRITTEN)).get("verdict") or base.get("verdict")
    if not verdict or not known or short_digest(verdict) == known:
        return {}
    return {"fields": {"verdict": verdict}, "known": {"verdict": known}}


def mirror_close_result(alert_id: str, outcome: str, text: str) -> CommandResults:
    """What became of an alert whose incident is being closed: `SekoiaXDR.MirrorClose`, one entry an alert."""
    return CommandResults(
        outputs_prefix="SekoiaXDR.MirrorClose",
        outputs_key_field="id",
        outputs={"id": alert_id, "outcome": outcome, "text": text},
        readable_output=f"### Alert {cell(alert_id)}: {outcome}\n{cell(text, 2000)}",
    )


MIRROR_COMMANDS: dict[str, Command] = {
    "get-modified-remote-data": get_modified_remote_data_command,
    "get-remote-data": get_remote_data_command,
    "update-remote-system": update_remote_system_command,
    "get-mapping-fields": get_mapping_fields_command,
    "sekoia-xdr-mirror-close": mirror_close_command,
}
PLATFORM_COMMANDS = ("get-modified-remote-data", "get-remote-data", "update-remote-system", "get-mapping-fields")


# ---------------------------------------------------------------------------------------------------------------------
# Test button and entry point
# ---------------------------------------------------------------------------------------------------------------------


def test_module(client: SekoiaClient, raw_params: Mapping[str, Any]) -> str:
    """The test button: 'ok', or an error whose sentence says what to do (raised by what fails first)."""
    settings = FetchSettings.read(raw_params)
    mirror_settings(raw_params)
    if settings.max_fetch > MAX_FETCH_LIMIT:
        raise ValueError(
            f"Maximum incidents per interval: {settings.max_fetch} is above the most that one fetch can take, "
            f"{MAX_FETCH_LIMIT}. Set a number from 1 to {MAX_FETCH_LIMIT}."
        )
    if settings.first_fetch > time.time() + 60:
        raise ValueError(
            f"First fetch timestamp: {iso_time(settings.first_fetch)} lies in the future. Use for example -7d."
        )
    client.validate_key()
    client.alerts_page(fetch_query(client, settings, strict=True), 1, 0)
    if settings.with_assets:
        client.assets(["00000000-0000-0000-0000-000000000000"])
    if settings.with_events:
        client.read_object(ApiCall("GET", JOBS_PATH, {"limit": "1"}))
    return "ok"


COMMANDS: dict[str, Command] = {
    **ALERT_COMMANDS,
    **TASK_COMMANDS,
    **ASSET_COMMANDS,
    **CASE_COMMANDS,
    **SEARCH_COMMANDS,
    **TENANT_COMMANDS,
    **MIRROR_COMMANDS,
    "sekoia-xdr-fetch-health": fetch_health_command,
    "sekoia-xdr-quarantine-retry": quarantine_retry_command,
    "sekoia-xdr-reset-fetch": reset_fetch_command,
}


@contextlib.contextmanager
def measured(client: SekoiaClient) -> Iterator[SekoiaClient]:
    """Tells the platform at the end, also of a failure, how the calls of this run went: its dashboards show that."""
    try:
        yield client
    except Exception:
        return_metrics(client)
        raise
    return_metrics(client)


def return_metrics(client: SekoiaClient) -> None:
    """Hands the platform the counts of calls by their outcome, as its execution metrics."""
    counts: Counter[str] = Counter()
    for kind, number in client.outcomes.items():
        counts[METRICS.get(kind, "general_error")] += number
    told = ExecutionMetrics(**counts)
    if told.metrics is not None and told.is_supported():
        return_results(told.metrics)


def run_fetch(params: Params) -> None:
    """One fetch: reads last run, hands the next one and the incidents to the platform, and leaves a report."""
    context = as_dict(get_integration_context())
    try:
        settings = FetchSettings.read(params.raw)
        with measured(params.client(settings.budget)) as client:
            next_run, incidents, report = fetch_incidents(client, params, settings, demisto.getLastRun(), context)
    except (SekoiaError, ValueError) as error:
        failed = {"at": iso_time(time.time()), "error": str(error), "next": "The next run starts from the same place."}
        changed_context(lambda now: {**now, REPORT: {**as_dict(now.get(REPORT)), **failed}})
        raise
    new, stored = memory_of_new(incidents, params), demisto.getLastRun()
    changed_context(lambda now: {**without_granted(patched_by(now, new), stored), REPORT: report})
    demisto.setLastRun(next_run)
    demisto.incidents(incidents)
    mirroring = mirror_settings(params.raw)
    if mirror_memory().out and not mirroring.goes_in:  # then no round of mirroring asks this instance for anything
        try:
            with measured(params.client(MIRROR_SECONDS / 2 + 10)) as client:
                send_waiting(client, params, mirroring)
        except Exception as error:  # the incidents are handed over already: an error now would have them come twice
            demisto.error(f"[Mirror] what waits to be sent was not sent: {error}")


def memory_of_new(incidents: list[dict[str, Any]], params: Params) -> Patch:
    """The memory's change for new incidents: mirroring reads them at once if there is more to bring, and else not.

    More to bring are comments, a closed status, and events that were not there in time. The list of changes may have
    passed these alerts long ago, so they are due by themselves.
    """
    settings = mirror_settings(params.raw)
    if not settings.goes_in:
        return {}
    raws = {one["dbotMirrorId"]: json.loads(one["rawJSON"]) for one in incidents}
    done = {name: raw for name, raw in raws.items() if raw.get("number_of_total_comments") == 0 and not is_closed(raw)}
    waits = [name for name, raw in raws.items() if raw["xsoar"].get("events_state") in (PENDING, FAILED)]
    due = [name for name in raws if name not in done or (settings.events and name in waits)]
    until = int(time.time()) + MIRROR_DUE_SECONDS
    return {
        "alerts": {
            name: {
                Known.BASE: raw["mirror_base"],
                Known.COMMENTS: [0, []],
                Known.CUSTOM: custom_prints(raw),
                **({Known.PRINT: print_read(raw)} if name in done else {}),
            }
            for name, raw in raws.items()
        },
        "due": dict.fromkeys(due, until),
    }


def patched_by(context: Mapping[str, Any], patch: Patch) -> dict[str, Any]:
    """The integration context after a change of the memory of mirroring; the same where there is none."""
    if not any(patch.values()):
        return dict(context)
    memory = patched_memory(context.get(MIRROR_MEMORY), patch)
    memory["round"].setdefault(
        "fetched", int(time.time())
    )  # of the first incident: the first round may come much later
    return {**context, MIRROR_MEMORY: memory}


def run_command(command: str, params: Params) -> None:
    """Runs a command of a person, or one by which the platform mirrors.

    What the platform reads to mirror is one answer: metrics beside it might end up in the incident as an entry.
    """
    client = params.client(MIRROR_SECONDS if command in MIRROR_COMMANDS else COMMAND_SECONDS)
    with contextlib.nullcontext() if command in PLATFORM_COMMANDS else measured(client):
        return_results(COMMANDS[command](client, demisto.args(), params))


def main() -> None:
    """Runs the command that the platform asks for."""
    command = demisto.command()
    demisto.debug(f"[Command] {command} is called")
    try:
        raw_params = demisto.params()
        params = Params.read(raw_params)
        if command == "test-module":
            return_results(test_module(params.client(TEST_SECONDS), raw_params))
        elif command == "fetch-incidents":
            run_fetch(params)
        elif command in COMMANDS:
            run_command(command, params)
        else:
            raise NotImplementedError(f"The command {command} does not exist in this integration.")
    except Exception as error:
        heading = "" if command == "test-module" else f"Failed to execute {command}.\n"
        return_error(f"{heading}{error}", error=error)


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
