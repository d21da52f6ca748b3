"""Fetch, what it is set to, what it remembers, and what it adds to alerts; how a run goes is in the integration.

Functions of settings, of a stored last run and of the integration context; only what adds to alerts asks Sekoia.
"""

import hashlib
import json
import re
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from CommonServerPython import *
from SekoiaXDRMirrorOutApiModule import *  # brings the client, the frame and all other modules along

STATE_VERSION = 1
CLOCK_TOLERANCE = 86_400  # seconds that an alert may lie in our future before its time counts as unreadable
LATE_SEEN_LIMIT = 3_000
WITH_EVENTS = "Fetch With All Events"
STATE_ADVICE = (
    "so fetch stops rather than lose or double alerts. Reset the last run of the instance and set the first fetch "
    "timestamp to where it should begin."
)
REQUEST, REPORT = "fetch_request", "fetch_report"


# ---------------------------------------------------------------------------------------------------------------------
# Settings
# ---------------------------------------------------------------------------------------------------------------------


class FetchSettings(NamedTuple):
    """What fetch needs of the instance."""

    first_fetch: int
    max_fetch: int
    look_back: int
    budget: float
    statuses: tuple[str, ...]
    types: tuple[str, ...]
    urgency: tuple[int, int] | None
    thresholds: tuple[int, int, int]
    with_assets: bool
    with_kill_chain: bool
    with_comments: bool
    with_cases: bool
    with_events: bool
    events_wait: int
    events_most: int
    dot: str
    other_statuses: tuple[str, ...]
    communities: tuple[str, ...]
    entities: tuple[str, ...]
    rules: tuple[str, ...]
    late_matches: bool

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> "FetchSettings":
        """Times become epoch seconds, minutes seconds. Raises ValueError naming the parameter at fault."""
        statuses = raw.get("alerts_status", "Pending,Acknowledge,Ongoing")
        return cls(
            first_fetch=parse_time(raw.get("first_fetch") or "-7d", "First fetch timestamp"),
            max_fetch=whole_number(raw.get("max_fetch"), "Maximum incidents per interval", 10, 1),
            look_back=60 * whole_number(raw.get("look_back"), "Look back (minutes)", 15, 0, 1440),
            budget=whole_number(raw.get("fetch_budget"), "Fetch time budget (seconds)", 120, 10, 280),
            statuses=words(statuses),
            types=tuple(TYPE_SPELLINGS.get(word, word) for word in words(raw.get("alerts_type"))),
            urgency=number_range(raw.get("alerts_urgency"), "Alerts urgency"),
            thresholds=severity_thresholds(raw.get("severity_thresholds")),
            with_assets=argToBoolean(raw.get("fetch_with_assets") or False),
            with_kill_chain=argToBoolean(raw.get("fetch_with_kill_chain") or False),
            with_comments=argToBoolean(raw.get("fetch_with_comments") or False),
            with_cases=argToBoolean(raw.get("fetch_with_cases") or False),
            with_events=str(raw.get("fetch_mode") or "").strip() == WITH_EVENTS,
            events_wait=60 * whole_number(raw.get("events_wait"), "Wait for events (minutes)", 3, 0, 60),
            events_most=whole_number(raw.get("events_per_alert"), "Events per alert", 500, 1, 5000),
            dot=str(raw.get("replace_dots_event") or "_"),
            other_statuses=words(raw.get("alerts_other_status")),
            communities=words(raw.get("communities")),
            entities=words(raw.get("entities")),
            rules=words(raw.get("rules")),
            late_matches=argToBoolean(raw.get("fetch_late_matches") or False),
        )


def severity_thresholds(value: Any) -> tuple[int, int, int]:
    """The urgencies at which medium, high and critical begin; '20,40,80' when the field is empty."""
    parts = [part.strip() for part in str(value or "20,40,80").split(",")]
    numbers = [whole_number(part, "Severity thresholds", -1, 0, 100) for part in parts]
    if len(numbers) != 3 or -1 in numbers or numbers != sorted(numbers):
        raise ValueError(f"Severity thresholds: '{value}' must be three rising numbers, for example 20,40,80.")
    return numbers[0], numbers[1], numbers[2]


# ---------------------------------------------------------------------------------------------------------------------
# What fetch remembers
# ---------------------------------------------------------------------------------------------------------------------


class LateState(NamedTuple):
    """How far the stream of changed alerts was read (`cursor`, epoch seconds), and what reading on takes.

    `seen`: alert id -> its change that was read. `floor` (epoch seconds): changes before it are not read again.
    `owed` (epoch seconds): who came to match since then may be unread; 0 once the stream was read to its end.
    `labels`: a status outside of the filter's names -> the filter under which Sekoia listed an alert in it.
    """

    cursor: int
    seen: Mapping[str, int] = {}
    floor: int = 0
    owed: int = 0
    labels: Mapping[str, str] = {}

    @classmethod
    def read(cls, stored: Any) -> "LateState | None":
        """The stream's place in a stored last run; None when it never ran."""
        raw = as_dict(stored)
        cursor, seen = as_int(raw.get("cursor")), as_dict(raw.get("seen"))
        labels = {key: as_text(names) for key, names in as_dict(raw.get("labels")).items()}
        times = {key: as_int(at) or 0 for key, at in seen.items()}
        most = int(time.time()) + CLOCK_TOLERANCE
        floor, owed = (min(as_int(raw.get(name)) or 0, most) for name in ("floor", "owed"))
        return None if cursor is None else cls(min(cursor, most), times, floor, owed, labels)

    def window_start(self, overlap: int) -> int:
        """The first second of changes to read next."""
        return max(self.cursor - overlap, self.floor)

    def judged_from(self, overlap: int) -> int:
        """Since when an alert must have come to match to be taken: what came before was read."""
        start = self.window_start(overlap)
        return min(start, self.owed or start)

    def bounded(self, overlap: int) -> "LateState":
        """The same place with the ids alone that are judged anew, and no more than LATE_SEEN_LIMIT of them.

        Where there are more, the oldest are forgotten and the window begins after them, but never after the cursor.
        Of changes behind the cursor the newest are forgotten: reading them again costs a call each.
        """
        start, times = self.judged_from(overlap), sorted(self.seen.values())
        if len(times) > LATE_SEEN_LIMIT:
            start = max(start, min(self.cursor, times[-LATE_SEEN_LIMIT] + 1))
        kept = sorted((at, key) for key, at in self.seen.items() if at >= start)[:LATE_SEEN_LIMIT]
        owed = max(self.owed, start) if self.owed else 0
        return self._replace(seen={key: at for at, key in kept}, floor=max(self.floor, start), owed=owed)


class FetchState(NamedTuple):
    """All that fetch remembers between two runs; it lives in last run only, which is stored together with incidents.

    `watermark` (epoch seconds): every alert created before it has been seen. `floor` (epoch seconds): ids of alerts
    created before it are forgotten, so no window ever begins earlier. `seen`: alert id -> created_at.
    """

    watermark: int
    floor: int
    seen: Mapping[str, int] = {}
    quarantine: tuple[Mapping[str, Any], ...] = ()
    tickets: tuple[Ticket, ...] = ()
    late: LateState | None = None
    other: Mapping[str, Any] = {}

    def window_start(self, look_back: int) -> int:
        """The first second of the next window."""
        return max(self.watermark - look_back, self.floor)

    def as_last_run(self) -> dict[str, Any]:
        """The JSON object that the platform keeps."""
        own = {"version": STATE_VERSION, "watermark": self.watermark, "floor": self.floor, "seen": dict(self.seen)}
        lists = {
            "quarantine": [dict(item) for item in self.quarantine],
            "tickets": [ticket._asdict() for ticket in self.tickets],
            **({"late": self.late._asdict()} if self.late else {}),
        }
        return {**self.other, **own, **lists}


def read_state(last_run: Any, first_fetch: int) -> FetchState:
    """The state of a stored last run: ours, the official pack's, or none (a first run).

    Raises:
        ValueError: something is stored that holds no readable position; guessing one would lose or double alerts.
    """
    if not last_run:
        return FetchState(watermark=first_fetch, floor=first_fetch)
    stored = as_dict(without_secrets(last_run))
    if "last_fetch" in stored:
        return official_state(stored)
    watermark, floor = as_int(stored.get("watermark")), as_int(stored.get("floor"))
    if watermark is None or not isinstance(stored.get("seen", {}), dict):
        raise ValueError(f"The stored fetch position cannot be read, {STATE_ADVICE}")
    own = ("version", "watermark", "floor", "seen", "quarantine", "tickets", "late")
    tickets = [(item, Ticket.read(item)) for item in as_list(stored.get("tickets"))]
    lost = [quarantined_ticket(item) for item, ticket in tickets if ticket is None]
    lost += [unreadable_folder(name, stored[name]) for name in ("tickets", "quarantine") if no_list(stored.get(name))]
    return FetchState(
        watermark=watermark,
        floor=watermark if floor is None else floor,
        seen={str(key): as_int(at) or watermark for key, at in as_dict(stored.get("seen")).items()},
        quarantine=tuple(item for item in [*as_list(stored.get("quarantine")), *lost] if isinstance(item, dict)),
        tickets=tuple(ticket for _, ticket in tickets if ticket),
        late=LateState.read(stored.get("late")),
        other={key: value for key, value in stored.items() if key not in own},
    )


def quarantined_ticket(item: Any) -> dict[str, str]:
    """The quarantine entry of a stored ticket that cannot be read, so that its alert does not vanish silently."""
    name = as_text(as_dict(item).get("alert"), 100) or digest_of(item)
    return {"id": name, "reason": "a stored ticket cannot be read", "at": iso_time(time.time())}


def no_list(held: Any) -> bool:
    """Whether something is held where a list belongs."""
    return bool(held) and not isinstance(held, list)


def unreadable_folder(name: str, held: Any) -> dict[str, str]:
    """The quarantine entry for a whole part of the state that is no list: what stood in it cannot be known any more."""
    return {"id": digest_of(held), "reason": f"the stored {name} cannot be read", "at": iso_time(time.time())}


def official_state(stored: Mapping[str, Any]) -> FetchState:
    """The official pack's `{last_fetch, processed_ids}`: nothing below its second is asked again, so nothing doubles.

    Releases before 1.1.13 kept no ids and had taken the whole last second, hence the second after it as the floor.
    """
    last_fetch = as_int(stored.get("last_fetch"))
    if last_fetch is None:
        found = repr(stored.get("last_fetch"))
        raise ValueError(f"The last run of the official pack holds no readable last_fetch ({found}), {STATE_ADVICE}")
    ids = [str(item) for item in as_list(stored.get("processed_ids"))]
    floor = last_fetch if "processed_ids" in stored else last_fetch + 1
    return FetchState(watermark=last_fetch, floor=floor, seen=dict.fromkeys(ids, last_fetch))


def parked_alerts(context: Mapping[str, Any]) -> list[Any]:
    """Alerts that the official pack had parked in its integration context while it waited for their events."""
    alerts = []
    for item in as_list(without_secrets(context.get("fetch_cache"))):
        holder = as_dict(item)
        inner = holder.get("alert") or holder.get("rawJSON") or item
        try:
            alerts.append(without_secrets(json.loads(inner)) if isinstance(inner, str) else inner)
        except (ValueError, RecursionError):
            alerts.append(item)
    return alerts


def alert_keys(alert: Any) -> tuple[str, ...]:
    """The uuid and the short id of an alert, the stable key first.

    Raises ValueError when it has neither: such an entry cannot be told from the next and goes to quarantine.
    """
    if not isinstance(alert, dict):
        raise ValueError(f"an alert is no JSON object but {type(alert).__name__}")
    keys = tuple(as_text(alert.get(key), 100) for key in ("uuid", "short_id") if as_text(alert.get(key), 100))
    if not keys:
        raise ValueError("an alert has neither uuid nor short id")
    return keys


def askable_id(alert: Mapping[str, Any]) -> str:
    """The id by which Sekoia can be asked for an alert: its uuid, unless that is none and the short id is one."""
    known = alert_keys(alert)
    return next(filter(is_askable, known), known[0])


def is_askable(name: str) -> bool:
    """Whether an alert can be asked for by this id."""
    return bool(re.fullmatch(UUID_PATTERN, name) or SHORT_ID.fullmatch(name))


def digest_of(item: Any) -> str:
    """A stable name for an entry that has no id."""
    return "sha256:" + hashlib.sha256(json.dumps(item, sort_keys=True, default=str).encode()).hexdigest()[:32]


def tries_of(item: Mapping[str, Any]) -> int:
    """How often the history of an alert in quarantine was tried; 0 for an entry of another kind."""
    return as_int(item.get("tries")) or 0


# ---------------------------------------------------------------------------------------------------------------------
# What commands wish of fetch
# ---------------------------------------------------------------------------------------------------------------------


def wishes_of(context: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The wishes that commands left for fetch, one of each kind; the first form of this place held a single one."""
    left = as_dict(context.get(REQUEST))
    kinds = {as_text(left.get("do")): left} if "token" in left else left
    return {kind: as_dict(wish) for kind, wish in kinds.items() if token_of(as_dict(wish))}


def token_of(wish: Mapping[str, Any]) -> str:
    """The mark by which a wish is known to be granted."""
    return as_text(wish.get("token"), 100)


def requested(state: FetchState, context: Mapping[str, Any]) -> tuple[FetchState, tuple[str, ...]]:
    """The state after a reset that a command asked for, and the ids that one asked to take out of quarantine.

    A command cannot write last run, so it leaves its wish in the integration context; its token, kept in last run
    together with the outcome, makes sure that it is granted once.
    """
    left, granted = wishes_of(context), words(as_text(state.other.get("request")))
    fresh = {kind: wish for kind, wish in left.items() if token_of(wish) not in granted}
    if not fresh:
        return state, ()
    state = state._replace(other={**state.other, "request": ",".join(map(token_of, left.values()))})
    position = as_int(fresh.get("reset", {}).get("position"))
    if position is not None:
        state = begun_again(state, position)
    return taken_out(state, fresh["retry"]) if "retry" in fresh else (state, ())


def begun_again(state: FetchState, position: int) -> FetchState:
    """The state after a reset. Alerts that wait for their events are no incidents yet, so they stay known."""
    waiting = dict.fromkeys((ticket.alert for ticket in state.tickets), int(time.time()) + CLOCK_TOLERANCE)
    return state._replace(watermark=position, floor=position, seen=waiting)


def taken_out(state: FetchState, wish: Mapping[str, Any]) -> tuple[FetchState, tuple[str, ...]]:
    """The state without the alerts that leave the quarantine, and their ids: of those that Sekoia can be asked for.

    Those whose history could not be read stay there while late matches are fetched: the stream tries them anew.
    """
    held = {key: item for item in state.quarantine if is_askable(key := as_text(item.get("id"), 100))}
    chosen = [key for key in held if key in words(wish.get("ids") or list(held))]
    anew = {key for key in chosen if state.late and tries_of(held[key])}
    ids = tuple(key for key in chosen if key not in anew)
    kept = [item for item in state.quarantine if item.get("id") not in ids]
    quarantine = tuple({**item, "tries": 1} if item.get("id") in anew else item for item in kept)
    return state._replace(quarantine=quarantine), ids


def without_granted(context: dict[str, Any], last_run: Any) -> dict[str, Any]:
    """The context without the wishes that a stored last run says are granted, for a last run can be reset."""
    granted = words(as_text(as_dict(last_run).get("request")))
    left = {kind: wish for kind, wish in wishes_of(context).items() if token_of(wish) not in granted}
    return {**{key: value for key, value in context.items() if key != REQUEST}, **({REQUEST: left} if left else {})}


# ---------------------------------------------------------------------------------------------------------------------
# What is added to alerts
# ---------------------------------------------------------------------------------------------------------------------


def with_assets(client: SekoiaClient, alerts: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """The alerts with asset objects in place of asset uuids; an asset that does not come back keeps its uuid."""
    wanted = list(dict.fromkeys(a for alert in alerts for a in as_list(alert.get("assets")) if isinstance(a, str)))
    if not wanted:
        return alerts, []
    try:
        known = {as_text(asset.get("uuid")): asset for asset in client.assets(wanted) if isinstance(asset, dict)}
    except SekoiaError as error:
        return alerts, [f"Assets could not be read: {error}"]
    return [
        {
            **alert,
            "assets": [known.get(a, {"uuid": a}) if isinstance(a, str) else a for a in as_list(alert.get("assets"))],
        }
        for alert in alerts
    ], []


def with_kill_chains(client: SekoiaClient, alerts: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """The alerts with their kill-chain stage as a grid row; the stages are listed once for the whole run."""
    if not any(alert.get("kill_chain_short_id") for alert in alerts):
        return alerts, []
    try:
        stages = {as_text(stage.get("short_id")): stage for stage in client.kill_chains() if isinstance(stage, dict)}
    except SekoiaError as error:
        return alerts, [f"Kill chains could not be read: {error}"]
    return [{**alert, "kill_chain": kill_chain_rows(alert, stages)} for alert in alerts], []


def kill_chain_rows(alert: Mapping[str, Any], stages: Mapping[Any, Mapping[str, Any]]) -> list[dict[str, str]]:
    """The alert's stage as the rows of the grid field; an unknown stage shows its id."""
    short_id = as_text(alert.get("kill_chain_short_id"), 100)
    stage = stages.get(short_id, {"name": short_id})
    keys = ("name", "description")
    return [{key: as_text(stage.get(key), 2000) for key in keys}] if short_id else []


def with_comments(client: SekoiaClient, alerts: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """The alerts with their comments; only those that say they have some cost a call."""
    served, notes = [], []
    for alert in alerts:
        if as_int(alert.get("number_of_total_comments")) != 0:
            try:
                alert = {**alert, "comments": list(client.iter_comments(alert_keys(alert)[0]))}
            except (SekoiaError, ValueError) as error:
                notes.append(f"Comments could not be read: {error}")
        served.append(alert)
    return served, list(dict.fromkeys(notes))
