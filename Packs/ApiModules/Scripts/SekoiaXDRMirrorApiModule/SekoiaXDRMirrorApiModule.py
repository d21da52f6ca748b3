"""Mirroring, its settings, its memory and what comes in: what changed in Sekoia becomes an update of the incident.

Decisions are functions of the alert, of what the platform hands over and of a small memory of identifiers. The rule
when both sides changed the same thing between two rounds: closed beats open, else the change made in Sekoia stands.
"""

import hashlib
import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from CommonServerPython import *
from SekoiaXDRTenantCommandsApiModule import *  # brings the whole chain along

MIRROR_ALERTS = 1_500  # alerts whose mirroring is remembered, the longest unchanged ones go first
MIRROR_DUE = 3_000  # alerts that wait to be read, and those whose last answer is in doubt
MIRROR_OUTBOX, MIRROR_OUTBOX_BYTES = 200, 300_000
MIRROR_DUE_SECONDS = 86_400
MIRROR_WISH_SECONDS = 7 * 86_400  # what could not be sent for so long is told and given up
MIRROR_WALK = 2_000  # rows of the list of changes that are paged by offset at a stretch
MIRROR_LOOKS = 8  # how often what could not be read of an alert is looked at again: for some four hours
MIRROR_FIRST_REACH = 3_600  # seconds that the very first round looks back
CLOSING_SETTLES = 2  # seconds for which what the platform tells of an incident may be older than its closing
READING_SETTLES = 2  # seconds between a change and its reading, within which both may be of one second: clocks differ
COMMENT_SLACK = 5  # seconds by which comments may be dated out of order
COMMENT_AHEAD = 86_400  # seconds: a comment that is dated further ahead says nothing of the time of others
COMMENT_LENGTH = 20_000
NOTE_LENGTH = 2_000
CLOSED_HERE, CLOSED_BY_MIRROR, OPEN_HERE = "c", "g", "o"  # what Known.STATE may be
PERSONS = ("avatar", "user")  # the kinds of author that are persons
OWN_MARK = re.compile(r"\n\n\[XSOAR [\w.@#-]{1,80}\]\s*$")

MIRROR_DIRECTIONS = {"Incoming": "In", "Outgoing": "Out", "Incoming and Outgoing": "Both"}
REASONS_OUT = "False Positive=Closed/false_positive; Resolved=Closed/true_positive; Duplicate=Closed; Other=Closed"
REASONS_IN = "false_positive=False Positive; true_positive=Resolved; Rejected=False Positive; *=Resolved"

TWO_WAY = ("status", "verdict", "urgency", "title", "details", "assignee")

MEMORY_PARTS = ("alerts", "due", "out", "key", "was", "round")
WISHES = ("fields", "custom", "comments", "close", "reopen")  # the parts of a wish that are to be sent
Wish = dict[str, Any]
NO_WISH: Mapping[str, Any] = {}
Patch = dict[str, dict[str, Any]]  # see patched_memory
Keys = frozenset[str]  # the uuids of the API keys that the instance has now and had before


# ---------------------------------------------------------------------------------------------------------------------
# Settings
# ---------------------------------------------------------------------------------------------------------------------


class MirrorSettings(NamedTuple):
    """How an instance mirrors. `reasons_out`: close reason -> (status, verdict); `overlap` in seconds."""

    direction: str
    events: bool
    kill_chain: bool
    close_in: bool
    reopen_in: bool
    close_out: bool
    reopen_out: bool
    tag_out: str
    tag_in: str
    reasons_in: Mapping[str, str]
    reasons_out: Mapping[str, tuple[str, str]]
    overlap: int

    @property
    def goes_in(self) -> bool:
        """Whether changes made in Sekoia reach the incidents."""
        return self.direction in ("In", "Both")

    @property
    def goes_out(self) -> bool:
        """Whether changes of the incidents reach Sekoia."""
        return self.direction in ("Out", "Both")


def ticked(raw: Mapping[str, Any], name: str, default: bool = False) -> bool:
    """A tick box; one that an older instance does not have takes its default."""
    value = raw.get(name)
    return default if value is None or value == "" else argToBoolean(value)


def pairs_of(value: Any, default: str, name: str) -> dict[str, str]:
    """A table written "left=right; left=right"; ValueError for what is none."""
    found: dict[str, str] = {}
    for part in re.split(r"[;\n]", str(value or "").strip() or default):
        left, equals, right = part.partition("=")
        if not part.strip():
            continue
        if not equals or not left.strip() or not right.strip():
            raise ValueError(f"{name}: '{part.strip()}' is no pair. Write for example {default}.")
        found[left.strip().casefold()] = right.strip()
    return found


def mirror_settings(raw: Mapping[str, Any]) -> MirrorSettings:
    """The mirroring settings of an instance. Raises ValueError naming the parameter at fault."""
    direction = str(raw.get("mirror_direction") or "None").strip()
    if direction != "None" and direction not in MIRROR_DIRECTIONS:
        raise ValueError(f"Mirroring direction: '{direction}' is none of None, {', '.join(MIRROR_DIRECTIONS)}.")
    tag_out = str(raw.get("comment_tag") or "comments").strip()
    tag_in = str(raw.get("comment_tag_from") or "CommentFromSekoia").strip()
    if tag_out == tag_in:
        raise ValueError(f"Tags of comments: '{tag_in}' cannot be both, comments would go round in circles.")
    out = pairs_of(raw.get("close_reasons_out"), REASONS_OUT, "Close reasons, XSOAR to Sekoia")
    split = {reason: [part.strip() for part in target.split("/", 1)] for reason, target in out.items()}
    return MirrorSettings(
        direction=MIRROR_DIRECTIONS.get(direction, ""),
        events=ticked(raw, "mirror_events"),
        kill_chain=ticked(raw, "mirror_kill_chain"),
        close_in=ticked(raw, "close_incident"),
        reopen_in=ticked(raw, "reopen_incident"),
        close_out=ticked(raw, "close_out", True),
        reopen_out=ticked(raw, "reopen_out"),
        tag_out=tag_out,
        tag_in=tag_in,
        reasons_in=pairs_of(raw.get("close_reasons_in"), REASONS_IN, "Close reasons, Sekoia to XSOAR"),
        reasons_out={reason: (parts[0], parts[1] if len(parts) > 1 else "") for reason, parts in split.items()},
        overlap=60 * whole_number(raw.get("mirror_look_back"), "Mirroring look back (minutes)", 5, 1, 120),
    )


# ---------------------------------------------------------------------------------------------------------------------
# Memory: identifiers and fingerprints only, but for changes that could not be sent yet
# ---------------------------------------------------------------------------------------------------------------------


class Known:
    """What the memory holds of an alert: the names of its parts, one letter each, since it holds 1 500 alerts."""

    PRINT = "f"  # what print_of gave when the alert was last read
    COMMENTS = "c"  # the newest comment's date (epoch seconds), and the ids of those near it
    TURN = "t"  # the newest change of status that was seen
    STATE = "l"  # whether the incident is open or closed, and who closed it
    EXPECTED = "x"  # the state of the alert that our own change leads to
    BASE = "b"  # fingerprints of the values that the incident was last given
    WRITTEN = "w"  # of those, the ones that we wrote to Sekoia since
    CUSTOM = "v"  # fingerprints of the custom fields that the incident was last given
    AGAIN = "r"  # the fields that the incident must be given again
    SEARCH = "j"  # the search for events, a Look
    SEARCHED = "s"  # the number of occurrences whose events were read
    KILL_CHAIN = "k"  # a kill chain that could not be read, a Look
    NOTE = "n"  # what the incident must be told
    CLOSED_STATUS = "a"  # fingerprint of the closed status that the alert had when it was last read
    ORDERED = "o"  # fingerprint of the words of the closing that was ordered
    SENDS = "u"  # the platform sends this incident's changes
    CLOSED_AT = "q"  # when the incident was closed here (epoch seconds)
    MISSED = "m"  # Sekoia has said that it has no such alert


OF_THE_STATE = (Known.TURN, Known.STATE, Known.EXPECTED, Known.CLOSED_STATUS, Known.CLOSED_AT)
# what sending writes too, so that it may change while the alert is being read
SENT_PARTS = (*OF_THE_STATE, Known.WRITTEN, Known.CUSTOM, Known.AGAIN, Known.NOTE)


class MirrorMemory(NamedTuple):
    """What mirroring remembers between two calls of the platform.

    `alerts`: id -> what is Known of it.
    `due`: id -> until when it is handed out again. `out`: id -> what is still to be sent. `key`: digest of the API key
    and its uuid. `was`: id -> what this round's answer replaced. `round`: what the platform said when this round began
    (see round_begun), and when the first incident was `fetched`. `floor`: until when the comments of forgotten alerts
    are known.
    """

    alerts: Mapping[str, Any]
    due: Mapping[str, Any]
    out: Mapping[str, Any]
    key: Mapping[str, Any]
    was: Mapping[str, Any]
    round: Mapping[str, Any]
    floor: int

    @classmethod
    def read(cls, stored: Any) -> "MirrorMemory":
        """The memory as it was stored; what cannot be read is as if it had never been."""
        raw = as_dict(stored)
        alerts, due, out, key, was, begun = (as_dict(raw.get(name)) for name in MEMORY_PARTS)
        return cls(alerts, due, out, key, was, begun, as_int(raw.get("floor")) or 0)

    def record(self, alert_id: str) -> dict[str, Any]:
        """What is known of an alert; empty when nothing is."""
        return as_dict(self.alerts.get(alert_id))


def without_fields(wish: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """A wish without the fields of these names, and without what Sekoia was known to have there."""
    rest = dict(wish)
    for part in ("fields", "known"):
        rest[part] = {name: value for name, value in as_dict(wish.get(part)).items() if name not in names}
    return {name: value for name, value in rest.items() if value}


def joined_wish(old: Any, new: Mapping[str, Any]) -> dict[str, Any]:
    """A wish that still waits and the one that comes after it, as one; the later of two that exclude each other.

    Of the old one remains what is still to be sent. Whether the incident is open is said by the new one alone, and an
    older change of the status is overtaken by a closing or a reopening.
    """
    sent = (*WISHES, "at", "try", "missed")
    before, later = ({part: one[part] for part in sent if part in one} for one in (as_dict(old), new))
    before = with_verdict_apart(before, later)
    if "reopen" in new or "close" in new:
        before.pop("close" if "reopen" in new else "reopen", None)
        before = without_fields(before, ["status"])
    both = {**before, **later, "at": before.get("at") or later.get("at")}
    for part in ("fields", "custom"):
        both[part] = {**as_dict(before.get(part)), **as_dict(later.get(part))}
    known = as_dict(as_dict(old).get("known"))
    waits = [*as_dict(before.get("fields")), *(["verdict"] if before.get("close") else [])]
    both["known"] = {**as_dict(new.get("known")), **{name: known[name] for name in waits if name in known}}
    earlier = as_list(before.get("comments"))
    both["comments"] = earlier + [one for one in as_list(later.get("comments")) if one not in earlier]
    return {name: value for name, value in both.items() if value}


def with_verdict_apart(before: Wish, later: Mapping[str, Any]) -> Wish:
    """A wish that waits, with the verdict of its closing as a field of its own, unless a `later` one names another.

    So the verdict stays when the closing is withdrawn, or is given anew without one.
    """
    closing, named = as_dict(before.get("close")), as_dict(later.get("close")).get("verdict")
    turns = "close" in later or "reopen" in later
    if not closing.get("verdict") or not (turns or "verdict" in as_dict(later.get("fields"))):
        return before
    fields = {**({} if named else {"verdict": closing["verdict"]}), **as_dict(before.get("fields"))}
    return {**before, "close": {**closing, "verdict": ""}, "fields": fields}


def overtakes_status(old: Any, new: Mapping[str, Any]) -> bool:
    """Whether a closing or reopening takes the place of a status that waits to be sent; the incident still shows it."""
    return ("close" in new or "reopen" in new) and "status" in as_dict(as_dict(old).get("fields"))


def wants_something(wish: Mapping[str, Any]) -> bool:
    """Whether a wish holds anything to send."""
    return any(wish.get(part) for part in WISHES)


def without_done(
    waiting: Mapping[str, Any], wish: Mapping[str, Any], left: Mapping[str, Any], written: Mapping[str, str]
) -> dict[str, Any]:
    """What still waits when of a wish only `left` is to be done: the rest of it, and what was wished for since.

    Of that Sekoia is known to have what the wish has `written` by now.
    """
    rest = dict(waiting)
    for part, value in wish.items():
        now, undone = waiting.get(part), left.get(part)
        if part in ("fields", "custom"):
            kept, asked = as_dict(undone), as_dict(value)
            rest[part] = {name: one for name, one in as_dict(now).items() if name in kept or asked.get(name) != one}
        elif part == "comments":
            rest[part] = [one for one in as_list(now) if one not in as_list(value) or one in as_list(undone)]
        elif part in ("close", "reopen") and undone is None and now == value:
            del rest[part]
    rest.pop("try", None)
    rest["missed"] = left.get("missed")
    rest["known"] = {**as_dict(rest.get("known")), **{n: w for n, w in written.items() if n in rest.get("fields", {})}}
    return {name: value for name, value in rest.items() if value} if wants_something(rest) else {}


def patched_outbox(memory: MirrorMemory, patch: Patch, overtaken: set[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """id -> what is to be sent after a change, None for nothing; id -> fields that the incident must be given again.

    `overtaken`: the alerts whose incidents were closed just now, so that no reopening is believed.
    """
    out, again, waits = dict(patch.get("out", {})), dict(patch.get("again", {})), memory.out
    for name, wish in patch.get("wish", {}).items():
        asked = {part: value for part, value in wish.items() if part != "reopen" or name not in overtaken}
        out[name] = joined_wish(waits.get(name), asked) or None
        if overtakes_status(waits.get(name), asked):
            again[name] = [*again.get(name, ()), "status"]
    out |= {name: without_done(as_dict(waits.get(name)), *one) or None for name, one in patch.get("done", {}).items()}
    return out, again


def beside(name: str, value: Any, before: Any, now: Any) -> Any:
    """What becomes of a part of a record that a run writes and that another run has changed since it was read."""
    if name in (Known.WRITTEN, Known.CUSTOM):  # each run keeps what it changed itself
        ours, theirs, old = as_dict(value), as_dict(now), as_dict(before)
        kept = {field: one for field, one in theirs.items() if one == ours.get(field) or one != old.get(field)}
        return kept | {field: one for field, one in ours.items() if one != old.get(field)}
    if name == Known.AGAIN:
        return sorted({*map(str, as_list(value)), *({*map(str, as_list(now))} - {*map(str, as_list(before))})}) or None
    if name == Known.NOTE:  # what was told is no news
        return as_text(now).removeprefix(as_text(before)).strip()
    return now


def beside_other_runs(memory: MirrorMemory, patch: Patch) -> Patch:
    """A change that rests on what was `read` before a call to Sekoia; what other runs have written since stays."""
    alerts, due = dict(patch.get("alerts", {})), dict(patch.get("due", {}))
    for alert_id, (read, until) in patch.get("read", {}).items():
        now, change = memory.record(alert_id), alerts.get(alert_id, {})
        moved = {name for name in change if name in SENT_PARTS and now.get(name) != read.get(name)}
        if moved:
            merged = {name: beside(name, change[name], read.get(name), now.get(name)) for name in moved}
            alerts[alert_id] = {**change, **merged}
        untold = any(alerts[alert_id].get(name) for name in (Known.AGAIN, Known.NOTE) if name in moved)
        if due.get(alert_id) is None and (untold or memory.due.get(alert_id) != until):
            due.pop(alert_id, None)
    return {**patch, "alerts": alerts, "due": due}


def patched_memory(stored: Any, patch: Patch) -> dict[str, Any]:
    """The stored memory after a change, inside its bounds. None takes a key away; records change key by key.

    `wish`: id -> what is to be sent besides what waits already. `done`: id -> (wish, what is left of it, what was
    written); what another run has added meanwhile goes on waiting. `again`: id -> fields that the incident must be
    given again besides others; `told`: id -> what it must be told besides. `read`: id -> (record, until when it was
    due) on which the change rests. Only what is confirmed is ever forgotten: an outbox that is full refuses more
    instead.
    """
    memory = MirrorMemory.read(stored)
    patch = beside_other_runs(memory, patch)
    parts = {name: dict(part) for name, part in zip(MEMORY_PARTS, memory[:-1], strict=True)}
    alerts = parts["alerts"]
    overtaken = {name for name in patch.get("alerts", {}) if closed_just_now(memory.record(name))}
    out, again = patched_outbox(memory, patch, overtaken)
    patch = {**patch, "out": out}
    for alert_id, change in patch.get("alerts", {}).items():
        # an opening that the platform told too late: of what says of the state nothing is believed
        if change.get(Known.STATE) == OPEN_HERE and Known.CLOSED_AT in change and alert_id in overtaken:
            late = (Known.STATE, Known.EXPECTED, Known.CLOSED_AT)
            change = {name: value for name, value in change.items() if name not in late}
        record = {**as_dict(alerts.pop(alert_id, None)), **change}
        alerts[alert_id] = {name: value for name, value in record.items() if value not in (None, {}, "")}
    for alert_id, names in again.items():
        record = as_dict(alerts.pop(alert_id, None))
        alerts[alert_id] = {**record, Known.AGAIN: sorted({*map(str, as_list(record.get(Known.AGAIN))), *names})}
    for alert_id, texts in patch.get("told", {}).items():
        record = as_dict(alerts.pop(alert_id, None))
        alerts[alert_id] = {**record, Known.NOTE: joined_note(record, texts)}
    for part in MEMORY_PARTS[1:]:
        for name, value in patch.get(part, {}).items():
            parts[part].pop(name, None)
            if value is not None:
                parts[part][name] = value
    floor = memory.floor
    for alert_id in list(alerts)[: max(0, len(alerts) - MIRROR_ALERTS)]:
        floor = max(floor, as_int((alerts.pop(alert_id).get(Known.COMMENTS) or [0])[0]) or 0)
    for part in ("due", "was"):
        parts[part] = dict(list(parts[part].items())[-MIRROR_DUE:])
    return {**parts, "floor": floor}


def closed_just_now(record: Mapping[str, Any]) -> bool:
    """Whether the incident was closed here so shortly ago that a run may have been told of it as it was before."""
    age = abs(time.time() - (as_int(record.get(Known.CLOSED_AT)) or 0))
    return record.get(Known.STATE) == CLOSED_HERE and age < CLOSING_SETTLES


def outbox_is_full(memory: Mapping[str, Any]) -> bool:
    """Whether more waits to be sent than a context should hold."""
    out = as_dict(memory.get("out"))
    return (
        len(out) > MIRROR_OUTBOX
        or len(json.dumps(out, ensure_ascii=False).encode("utf-8", "replace")) > MIRROR_OUTBOX_BYTES
    )


def short_digest(value: Any) -> str:
    """A fingerprint of a value, enough to tell two apart."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:8]


def key_digest(api_key: str) -> str:
    """What tells one API key from the next without holding it."""
    return hashlib.sha256(b"mirror:" + api_key.encode()).hexdigest()[:16]


def mirror_id(alert: Mapping[str, Any]) -> str:
    """The id under which the platform knows an alert."""
    return as_text(alert.get("short_id") or alert.get("uuid"), 100)


def print_of(alert: Mapping[str, Any]) -> list[Any]:
    """[updated_at, fingerprint, comments]: the same of a row of the list and of the alert read by itself."""
    names = ("custom_status_uuid", "verdict_uuid", "title", "details", "assignee", "similar")
    facts = [alert.get(name) for name in names]
    facts += [as_dict(alert.get("status")).get("uuid"), as_dict(alert.get("urgency")).get("current_value")]
    count = as_int(alert.get("number_of_total_comments"))
    if count is None and isinstance(alert.get("comments"), list):
        count = len(alert["comments"])
    return [as_epoch(alert.get("updated_at")) or 0, short_digest(facts), count]


def print_read(alert: Mapping[str, Any]) -> list[Any]:
    """The print of an alert that was read just now; a second older if it may change once more within that second."""
    at, facts, comments = print_of(alert)
    return [at - 1 if abs(int(time.time()) - at) <= READING_SETTLES else at, facts, comments]


def is_news(row: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    """Whether the list shows an alert in a state that was not read yet."""
    seen = as_list(record.get(Known.PRINT))
    if len(seen) != 3:
        return True
    at, facts, comments = print_of(row)
    if at > seen[0]:
        return True  # one that is dated before it may be later all the same: clocks differ
    return facts != seen[1] or (None not in (comments, seen[2]) and comments != seen[2])


class Look(NamedTuple):
    """An alert's event search or kill chain as mirroring remembers it.

    `job`: the search that runs, at most until `until` (epoch seconds). After `looks` looks that came to nothing there
    is none, and the next look begins at `until`.
    """

    job: str = ""
    until: int = 0
    looks: int = 0

    @classmethod
    def read(cls, stored: Any) -> "Look | None":
        """A look that was stored; None for what is none. The first form of it had no `looks`."""
        parts = as_list(stored)
        if len(parts) not in (2, 3):
            return None
        return cls(as_text(parts[0], 100), as_int(parts[1]) or 0, as_int((*parts, 0)[2]) or 0)

    @property
    def pauses(self) -> bool:
        """Whether nothing runs, and the next look has a time of its own."""
        return bool(self.looks) and not self.job


def later_look(before: Look | None) -> list[Any] | None:
    """The next look at what could not be read: after 1, 2, 4 … minutes; None after the last."""
    looks = before.looks if before else 0
    return [*Look("", int(time.time()) + 60 * 2**looks, looks + 1)] if looks < MIRROR_LOOKS else None


def looks_again(record: Mapping[str, Any], now: float) -> bool:
    """Whether the time has come to look again at an alert's events or kill chain, which could not be read."""
    looks = [Look.read(record.get(name)) for name in (Known.SEARCH, Known.KILL_CHAIN)]
    return any(look.pauses and look.until <= now for look in looks if look)


# ---------------------------------------------------------------------------------------------------------------------
# In
# ---------------------------------------------------------------------------------------------------------------------


class Cursor(NamedTuple):
    """How far the list of changes was read: after the last round and after the one before it (epoch seconds)."""

    at: int
    before: int

    def start(self, overlap: int) -> int:
        """Where the next round begins: every change is listed at least twice, since a round may be cut short."""
        return max(0, min(self.at - overlap, self.before))


def cursor_of(stored: Any, last_update: Any, now: float, fetched: Any = None) -> Cursor:
    """The stored place; at first an hour before the time that the platform tells, or before now where it tells none.

    When the first incident was `fetched` earlier (epoch seconds), an hour before that: a first round may come late.
    """
    at, before = as_int(as_dict(stored).get("cursor")), as_int(as_dict(stored).get("before"))
    if at is not None:
        return Cursor(min(at, int(now)), min(at if before is None else before, int(now)))
    told = as_epoch(last_update) or 0
    first = min(told if 0 < told <= now else int(now), as_int(fetched) or int(now)) - MIRROR_FIRST_REACH
    return Cursor(first, first)  # from here on only Sekoia's own times move it: the platform's clock may run ahead


def rows_since(client: SekoiaClient, since: int) -> Iterator[JsonObject]:
    """The rows of the list of changes, oldest change first, in about one call a hundred.

    A row that moves while its page is read may be missed: the next round lists it again, as it does every change. The
    window begins anew now and then, so that no offset grows without end.
    """
    start: int | None = since
    while start is not None:
        window, count, last = AlertQuery(with_count=False).between("updated", start - 1, None), 0, start
        call, start = ApiCall("GET", LISTING.path, window.params()), None
        for page in client.iter_pages(call):
            rows = [row for row in page.items if isinstance(row, dict)]
            yield from rows
            count, moments = count + len(page.items), [as_epoch(row.get("updated_at")) or 0 for row in rows]
            if count >= MIRROR_WALK and max(moments, default=0) > last:
                start = max(moments)
                break


def changed_alerts(
    client: SekoiaClient, memory: MirrorMemory, cursor: Cursor, overlap: int
) -> tuple[dict[str, int], Cursor]:
    """All alerts in a state that was not read yet with the time of their change, and the place after it.

    When the time ends first, what was listed is handed out and the next round goes on from there.
    """
    ids, newest = dict[str, int](), cursor.at
    try:
        for row in rows_since(client, cursor.start(overlap)):
            name = mirror_id(row)
            at = min(as_epoch(row.get("updated_at")) or 0, int(time.time()))
            newest = max(newest, at)
            if name and is_news(row, memory.record(name)):
                ids[name] = at
    except SekoiaDeadline:
        if not ids:
            raise
        return ids, Cursor(newest, newest)
    return ids, Cursor(newest, cursor.at)


def last_seen(memory: MirrorMemory, ids: Mapping[str, int], start: int, now: float) -> dict[str, int]:
    """Those alerts that the next round, which begins at `start` (epoch seconds), does not list again, as due.

    The platform may not come to read them in this one: a rate limit ends it. Of an alert that the memory does not
    know there is no incident, or nobody can tell.
    """
    leaving = [name for name, at in ids.items() if at < start and memory.record(name)]
    return dict.fromkeys(leaving, int(now) + MIRROR_DUE_SECONDS)


def round_begun(memory: MirrorMemory, told: Any, now: float) -> Patch:
    """What the platform's time of the last round says of that round, to be remembered as this one begins.

    The time stands still when the platform died before the round's end: then its answers are in doubt, and the alerts
    are handed out again. Of a platform whose time never moves, no death is believed, nor of one that was told of a
    rate limit, since that ends a round early too: it would hand out the same alerts again and never the others. An
    answer that was in doubt before stays so if its alert could not be read: it is due then, or a rate limit ended the
    round.
    """
    last, text = memory.round, as_text(told, 100)
    stands = text == last.get("told") and (as_epoch(told) or 0) < (as_int(last.get("at")) or 0)
    moves = bool(last.get("moves") or text != last.get("told", text))
    died = moves and stands and not last.get("limited")
    begun = {"told": text, "at": int(now), "moves": moves or None, "died": died or None, "limited": None}
    begun["fetched"] = None  # from now on the cursor says where to go on
    missed = memory.was.keys() if last.get("limited") else memory.due.keys()
    kept = [name for name, doubt in memory.was.items() if name in missed and is_unread(doubt, last, now)]
    return {"round": begun, "was": {} if died else {name: None for name in memory.was if name not in kept}}


def is_unread(doubt: Any, begun: Mapping[str, Any], now: float) -> bool:
    """Whether an answer is older than the round that had begun, so that its alert was not read in that; for a day."""
    at = as_int((*as_list(doubt), None, None)[1]) or 0
    return now - MIRROR_DUE_SECONDS < at < (as_int(begun.get("at")) or 0)


def undone(memory: MirrorMemory, alert_id: str, told: Any) -> dict[str, Any]:
    """What takes the last answer back if the platform died before it kept that: its time of the update stands still.

    Of an answer that was kept only the order to close or reopen is taken back, since that may not be carried out yet,
    unless the incident turned since. Whatever changed since stays as it is.
    """
    record, doubt = memory.record(alert_id), as_list(memory.was.get(alert_id))
    if len(doubt) != 3 or not (memory.round.get("died") or is_unread(doubt, memory.round, time.time())):
        return {}
    lost = as_text(told, 100) == doubt[0] and (as_epoch(told) or 0) < (as_int(doubt[1]) or 0)
    changes = as_dict(doubt[2])
    same = {name: pair[0] for name, pair in changes.items() if short_digest(record.get(name)) == pair[1]}
    order = changes.keys() & {Known.STATE, Known.TURN}
    if lost:
        return same
    return {name: same[name] for name in order} if Known.STATE in order and order <= same.keys() else {}


def doubt_of(record: Mapping[str, Any], change: Mapping[str, Any], told: Any, now: float) -> list[Any]:
    """[time told, time now, what an answer changes of the record as name -> (before, fingerprint after)]."""
    after = {name: value if value not in ({}, "") else None for name, value in change.items() if name != Known.PRINT}
    changed = {name: value for name, value in after.items() if record.get(name) != value}
    pairs = {name: (record.get(name), short_digest(value)) for name, value in changed.items()}
    return [as_text(told, 100), int(now), pairs]


def is_own(item: Mapping[str, Any], own: Keys) -> bool:
    """Whether one of our API keys wrote it, or a comment carries the mark of an XSOAR.

    A person who quotes such a comment is not taken for one.
    """
    if as_text(item.get("created_by"), 100) in own:
        return True
    if as_text(item.get("created_by_type"), 100) in PERSONS:
        return False
    return bool(OWN_MARK.search(as_text(item.get("content"))))


def new_comments(
    alert: Mapping[str, Any], record: Mapping[str, Any], floor: int
) -> tuple[list[dict[str, Any]], list[Any]]:
    """The comments that were not seen yet, oldest first, and what is to be remembered of those seen now."""
    dated = [(as_epoch(one.get("date")) or 0, one) for one in as_list(alert.get("comments")) if isinstance(one, dict)]
    dated.sort(key=lambda pair: pair[0])
    seen = as_list(record.get(Known.COMMENTS))
    newest, near = (as_int(seen[0]) or 0, set(as_list(seen[1]))) if len(seen) == 2 else (floor, set[str]())
    since = newest - COMMENT_SLACK if len(seen) == 2 else floor
    ids = [(at, as_text(one.get("uuid"), 100)[:8], one) for at, one in dated]
    late = [one for at, key, one in ids if len(seen) == 2 and since <= at <= newest and key not in near]
    fresh = late + [one for at, key, one in ids if at > newest and (not key or key not in near)]
    ahead = int(time.time()) + COMMENT_AHEAD
    last = max([newest, *(at for at, _, _ in ids if at <= ahead)])
    kept = [key for at, key, _ in ids if at >= last - COMMENT_SLACK]
    if last - COMMENT_SLACK <= newest:  # an answer may lack some of them
        kept += sorted(near.difference(key for _, key, _ in ids))
    return fresh, [last, kept]


def comment_entry(comment: Mapping[str, Any], tag: str) -> dict[str, Any]:
    """A comment as an entry of the war room: who, when, what."""
    author = author_label(as_text(comment.get("author"), 200), as_text(comment.get("created_by"), 100))
    text = safe_markdown(as_text(comment.get("content")))
    return {
        "Type": EntryType.NOTE,
        "ContentsFormat": "markdown",
        "Contents": f"**{cell(author)}** ({iso_time(as_epoch(comment.get('date')))})\n\n{text}",
        "Tags": [tag],
        "Note": True,
    }


class Turn(NamedTuple):
    """A change of an alert's status: its id, time (epoch seconds), who made it, and the status before."""

    id: str
    at: int
    by: str
    before: str

    @property
    def was_closed(self) -> bool:
        """Whether the alert was in a closed status before; one that the tenant has defined is taken for open."""
        return LEGACY_BY_WORD.get(self.before.casefold(), LEGACY_STATUSES[0]).stage == CLOSED


def turns_of(alert: Mapping[str, Any]) -> list[Turn]:
    """The changes of the alert's status that its history names, the newest first."""
    found = []
    for entry in map(as_dict, as_list(alert.get("history"))):
        change = as_dict(entry.get("alert"))
        if change.get("status") is not None:
            at, by = as_epoch(entry.get("created_at")) or 0, as_text(entry.get("created_by"), 100)
            found.append(Turn(as_text(entry.get("uuid"), 100)[:8], at, by, as_text(change.get("previous_status"), 200)))
    return sorted(found, key=lambda turn: turn.at, reverse=True)  # of one second the API's order stays: newest first


def newest_turn(alert: Mapping[str, Any]) -> Turn:
    """The newest change of status in the history; an empty one when there is none."""
    return next(iter(turns_of(alert)), Turn("", 0, "", ""))


def label_digest(label: str) -> str:
    """A fingerprint of a status by its label."""
    return short_digest(label.casefold())


def is_closed(alert: Mapping[str, Any]) -> bool:
    """Whether the alert is in a closed status."""
    return status_of(alert).stage == CLOSED


def state_entries(
    alert: Mapping[str, Any],
    record: Mapping[str, Any],
    settings: MirrorSettings,
    own: Keys,
    notes: str,
    since: int,
    wish: Mapping[str, Any] = NO_WISH,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The entry that closes or reopens the incident, if one is due, and what is to be remembered.

    One is due when the status changed since it was last looked at, and not by our own hand on the incident's behalf. A
    closing or reopening of the incident that waits to be sent is not undone.
    """
    turn, known = newest_turn(alert), as_text(record.get(Known.STATE), 1)
    closed = label_digest(status_of(alert).label) if is_closed(alert) else ""
    expected = record.get(Known.EXPECTED) == (CLOSED_HERE if closed else OPEN_HERE) and turn.by in (*own, "")
    change: dict[str, Any] = {Known.TURN: turn.id or record.get(Known.TURN), Known.CLOSED_STATUS: closed or False}
    # a history may name no change
    if (record.get(Known.TURN) == turn.id) if turn.id else (closed and record.get(Known.CLOSED_STATUS)):
        return [], change
    if expected or turn.by not in own:  # our change has come back, or somebody else's came after it
        change[Known.EXPECTED] = None
    if expected or (closed and wish.get("reopen") and turn.by in own) or (not closed and wish.get("close")):
        return [], change
    if closed and settings.close_in and closing_is_due(record, settings, turn, since):
        order = closing_entry(alert, settings, notes)
        words = [order["Contents"][name].strip() for name in ("closeReason", "closeNotes")]
        return [order], {**change, Known.STATE: CLOSED_BY_MIRROR, Known.ORDERED: short_digest(words)}
    if not closed and settings.reopen_in and reopening_is_due(record, settings, turn, since):
        return [json_entry({"dbotIncidentReopen": True})], {**change, Known.STATE: OPEN_HERE}
    if not closed and known == CLOSED_BY_MIRROR:  # it stays closed, from now on as if it had been closed here
        change[Known.STATE] = CLOSED_HERE
    return [], change


def closing_is_due(record: Mapping[str, Any], settings: MirrorSettings, turn: Turn, since: int) -> bool:
    """Whether an alert's closing closes the incident: unless that is known to be closed, or may have been for long.

    Where nothing goes out, or nothing of an incident that mirroring closed, the platform never tells what became of it,
    so it is not known to have stayed closed, and an alert that was open meanwhile closes it anew. One that the memory
    lost is closed only by a turn after its last update: an older one would rewrite a closed incident's reason.
    """
    if record.get(Known.STATE) in (CLOSED_HERE, CLOSED_BY_MIRROR):
        hears = settings.goes_out and (record.get(Known.SENDS) or not record.get(Known.ORDERED))
        was_closed = turn.was_closed or label_digest(turn.before) == record.get(Known.CLOSED_STATUS)
        return not hears and not (record.get(Known.CLOSED_STATUS) and was_closed)
    return bool(record.get(Known.TURN) or record.get(Known.BASE)) or turn.at >= since + settings.overlap


def reopening_is_due(record: Mapping[str, Any], settings: MirrorSettings, turn: Turn, since: int) -> bool:
    """Whether an alert that is open now was closed when the incident was closed, so that both are opened again.

    Where nothing goes out, nothing tells whether the incident is closed; an open one stays as it is.
    """
    known = as_text(record.get(Known.STATE), 1)
    if record.get(Known.CLOSED_STATUS) and not settings.goes_out:
        return True
    if not record.get(Known.TURN):
        was_told = known == CLOSED_BY_MIRROR and bool(record.get(Known.CLOSED_STATUS))  # a history may name no change
        return was_told or (known != OPEN_HERE and turn.was_closed and turn.at >= since > 0)
    was_closed = bool(record.get(Known.CLOSED_STATUS, True) or turn.was_closed)
    return known == CLOSED_BY_MIRROR or (known == CLOSED_HERE and was_closed)


def json_entry(contents: dict[str, Any]) -> dict[str, Any]:
    """An entry that the platform reads as an order."""
    return {"Type": EntryType.NOTE, "ContentsFormat": "json", "Contents": contents}


def closing_entry(alert: Mapping[str, Any], settings: MirrorSettings, notes: str) -> dict[str, Any]:
    """The entry that closes the incident: the reason by the table, the notes of the instance, and the verdict."""
    verdict, status = as_dict(alert.get("verdict")), status_of(alert)
    words = (as_text(verdict.get("label"), 200), as_text(verdict.get("stage"), 100), status.label, "*")
    reasons = (settings.reasons_in.get(word.casefold()) for word in words if word)
    said = f"\nVerdict: {words[0]}. {as_text(verdict.get('analysis'), 2000)}".rstrip() if words[0] else ""
    reason = next((reason for reason in reasons if reason), "Resolved")
    return json_entry({"dbotIncidentClose": True, "closeReason": reason, "closeNotes": notes + said})


def joined_note(record: Mapping[str, Any], told: Iterable[str]) -> str:
    """What the incident was not told yet, and what it must be told besides."""
    before = as_text(record.get(Known.NOTE))
    return " ".join([before, *(text for text in told if text not in before)]).strip()[:NOTE_LENGTH]


def told_entry(text: str) -> dict[str, Any]:
    """What the analyst must know of a change that Sekoia did not take."""
    contents = f"### Not mirrored to Sekoia\n{cell(text, NOTE_LENGTH)}"
    return {"Type": EntryType.WARNING, "ContentsFormat": "markdown", "Contents": contents}


class Incoming(NamedTuple):
    """What get-remote-data gives the platform, and what is to be remembered of it."""

    entries: list[dict[str, Any]]
    change: dict[str, Any]


def incoming_of(
    alert: Mapping[str, Any],
    record: Mapping[str, Any],
    floor: int,
    settings: MirrorSettings,
    own: Keys,
    notes: str,
    last_update: Any,
    wish: Mapping[str, Any] = NO_WISH,
) -> Incoming:
    """The entries that an alert's present state makes due, each of them once."""
    comments, seen = new_comments(alert, record, floor)
    entries = [comment_entry(one, settings.tag_in) for one in comments if not is_own(one, own)]
    since = (as_epoch(last_update) or 0) - settings.overlap
    states, change = state_entries(alert, record, settings, own, notes, since, wish)
    told = [told_entry(as_text(record.get(Known.NOTE)))] if record.get(Known.NOTE) else []
    forget = dict.fromkeys((Known.WRITTEN, Known.AGAIN, Known.NOTE, Known.MISSED))
    read = {Known.PRINT: print_read(alert), Known.COMMENTS: seen, **forget}
    return Incoming([*entries, *told, *states], {**read, **change})


def plain_value(name: str, value: Any) -> str:
    """A mirrored value as text, the same whether it comes from the view of an alert or from an incident field."""
    number = as_int(value) if name == "urgency" else None
    return str(number) if number is not None else as_text(value, TEXT_LIMIT + 1).strip()


def base_of(view: Mapping[str, Any]) -> str:
    """What an incident knows of its alert: a fingerprint of each value that goes both ways."""
    return " ".join(f"{name}={short_digest(plain_value(name, view.get(name)))}" for name in TWO_WAY)


def read_base(text: Any) -> dict[str, str]:
    """The fingerprints of a stored base."""
    return dict(part.split("=", 1) for part in as_text(text, 1000).split() if "=" in part)


def with_mirroring(raw: dict[str, Any], settings: MirrorSettings) -> dict[str, Any]:
    """The raw alert of a new incident with the keys that make the platform mirror it."""
    if not settings.direction:
        return raw
    return {
        **raw,
        "mirror_direction": settings.direction,
        "mirror_tags": [settings.tag_out],
        "mirrorOut": settings.goes_out,
        "mirror_base": base_of(raw["xsoar"]),
    }


READ_FOR_ENTRIES = ("comments", "history", "countermeasures", "similarity_strategy")


def unchanged_values(view: Mapping[str, Any], record: Mapping[str, Any]) -> set[str]:
    """The values that are in Sekoia as the incident was last given them, or as it had them sent."""
    last = {**read_base(record.get(Known.BASE)), **as_dict(record.get(Known.WRITTEN))}
    again = as_list(record.get(Known.AGAIN))
    return {
        name
        for name in TWO_WAY
        if name not in again and last.get(name) == short_digest(plain_value(name, view.get(name)))
    }


def held_values(
    view: Mapping[str, Any], wish: Mapping[str, Any], record: Mapping[str, Any]
) -> tuple[set[str], set[str]]:
    """The fields of a wish that waits to be sent: those that the incident keeps, and those that Sekoia has changed.

    Of the latter the change in Sekoia stands: the incident is given it, so the wish must not be sent over it later.
    What we wrote ourselves is no such change. While a closing or a reopening waits, the incident keeps its status.
    """
    known, names = as_dict(wish.get("known")), set(as_dict(wish.get("fields")))
    wrote = as_dict(record.get(Known.WRITTEN))
    now = {name: short_digest(plain_value(name, view.get(name))) for name in names}
    ours = {name: short_digest(value) for name, value in as_dict(wish.get("fields")).items()}  # it may be there by now
    moved = {n for n in names if known.get(n) and now[n] not in (known[n], wrote.get(n), ours[n])}
    turning = {"status"} if wish.get("close") or wish.get("reopen") else set[str]()
    return names - moved | turning, moved


def custom_key(row: Mapping[str, Any]) -> str:
    """The short name of a custom field in the memory."""
    return as_text(row.get("uuid"), 100)[:8]


def custom_digest(row: Mapping[str, Any]) -> str:
    """The fingerprint of a custom field's value, the same of a number and of its text; nothing is an empty text."""
    value = row.get("value")
    return short_digest("" if value is None else str(value))


def custom_prints(alert: Mapping[str, Any]) -> dict[str, str]:
    """The fingerprints of all custom fields of an alert."""
    rows = [as_dict(row) for row in as_list(alert.get("custom_fields"))]
    return {custom_key(row): custom_digest(row) for row in rows if row.get("uuid")}


def mirrored_object(
    raw: dict[str, Any], keep: Iterable[str], record: Mapping[str, Any], held: Iterable[str] = ()
) -> dict[str, Any]:
    """The raw alert for the incoming mapper; null where the incident keeps its own value.

    It keeps what this call did not read, what is `held` since it waits to be sent, and what did not change in Sekoia:
    an analyst's change that was not sent yet must not be overwritten for the sake of another field. Whether and how an
    incident is mirrored is decided once.
    """
    kept = {name: value for name, value in raw.items() if name not in READ_FOR_ENTRIES}
    base, same = base_of(kept["xsoar"]), {*unchanged_values(kept["xsoar"], record), *held}
    unread = {name for name in ("events", "events_state", "assets") if name not in keep}
    follow = {"severity", "urgency_label"} if "urgency" in same else set[str]()
    view = {**kept["xsoar"], **dict.fromkeys(same | unread | follow)}
    off = dict.fromkeys(("mirror_id", "mirror_instance", "mirror_direction", "mirror_tags", "mirrorOut"))
    return {**kept, **off, "xsoar": view, "mirror_base": base}


def cached_ids(context: Mapping[str, Any]) -> list[str]:
    """The alerts that the official pack had parked while their events were searched: they are mirrored anew."""
    ids = []
    for item in as_list(context.get("mirroring_cache")):
        holder = as_dict(item)
        for inner in (holder, as_dict(holder.get("alert")), as_dict(holder.get("mirrored_object"))):
            found = next(
                (as_text(inner.get(key), 100) for key in ("short_id", "alert_short_id", "id") if inner.get(key)), ""
            )
            if found:
                ids.append(found)
                break
    return list(dict.fromkeys(ids))
