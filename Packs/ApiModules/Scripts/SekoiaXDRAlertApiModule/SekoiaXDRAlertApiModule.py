"""An alert of Sekoia read, shaped and shown: tolerant readers, the status model, the incident's view, safe markdown.

Pure functions over the API's JSON; no call, no platform, no clock. The build pastes this file into what imports it.
"""

import ipaddress
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

import pytz

NAME_LIMIT = 600  # the platform refuses longer incident names

RAW_LIMIT_BYTES = 1_000_000

CUT_ABOVE, CUT_TO = 100, 1_000  # bytes of a value that is worth cutting, characters of a text that stay
CUT_NAMES, CUT_NOTE_BYTES = 10, 4_000  # values that the note about cuts names, room for that note

TEXT_LIMIT = 50_000

PATTERN_LIMIT = 20_000
LIST_LIMIT = 300

OPEN, IN_PROGRESS, CLOSED = STAGES = "open", "in_progress", "closed"


class LegacyStatus(NamedTuple):
    """One of Sekoia's five built-in alert statuses with the workflow action that leads to it (constants of the API)."""

    name: str
    uuid: str
    stage: str
    action: str
    action_uuid: str | None


LEGACY_STATUSES = (
    LegacyStatus("Pending", "2efc4930-1442-4abb-acf2-58ba219a4fd0", OPEN, "", None),
    LegacyStatus(
        "Acknowledged",
        "8f206505-af6d-433e-93f4-775d46dc7d0f",
        IN_PROGRESS,
        "Acknowledge",
        "937bdabf-6a08-434b-b6d3-d7447e4e452a",
    ),
    LegacyStatus(
        "Ongoing",
        "1f2f88d5-ff5b-48bf-bbbc-00c2fff82d9f",
        IN_PROGRESS,
        "Validate",
        "c39a0a95-aa2c-4d0d-8d2e-d3decf426eea",
    ),
    LegacyStatus(
        "Rejected", "4f68da89-38e0-4703-a6ab-652f02bdf24e", CLOSED, "Reject", "ade85d7b-7507-4026-bfc6-cc006d10ddac"
    ),
    LegacyStatus(
        "Closed", "1738b1c1-767d-489e-bada-19176621a007", CLOSED, "Close", "1390be4e-ced8-4dd6-9bed-573471b235ab"
    ),
)

LEGACY_BY_WORD = {
    word.casefold(): status for status in LEGACY_STATUSES for word in (status.name, status.action) if word
}

LEGACY_BY_UUID = {uuid: s for s in LEGACY_STATUSES for uuid in (s.uuid, s.action_uuid) if uuid}

URGENCY_WORDS = {"low": 1, "moderate": 2, "medium": 2, "high": 3, "major": 3, "urgent": 4, "critical": 4}

TECHNIQUE_ID = re.compile(r"\bT\d{4}(?:\.\d{3})?\b")

HOST_NAME = re.compile(r"[^\s/@]{1,253}")  # no sentence, network, URL or mail address; 253: the longest DNS name

HTML_TAG = re.compile(r"<(?=[a-zA-Z/!?])")

# Control characters, lone surrogates and marks that reverse the reading direction: none of them belongs in a text.
UNWANTED = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]")

UNREADABLE = (TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError)

# ---------------------------------------------------------------------------------------------------------------------
# Reading the outside world: small readers that accept anything and never raise
# ---------------------------------------------------------------------------------------------------------------------


def as_dict(value: Any) -> dict[str, Any]:
    """The value when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The value when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: Any, limit: int = TEXT_LIMIT) -> str:
    """The value as text without control characters, cut at `limit` characters; nothing becomes ''."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    text = UNWANTED.sub("", str(value))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def as_int(value: Any) -> int | None:
    """The value as a whole number, or None."""
    if isinstance(value, bool):
        return None
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None


def as_epoch(value: Any) -> int | None:
    """Epoch seconds (UTC) of an integer, a number in a text or an ISO 8601 text; None when it is none of them.

    Alerts carry `created_at` and `updated_at` as epoch integers, `first_seen_at` and `last_seen_at` as ISO texts.
    """
    number = as_int(value)
    if number is not None:
        return number
    try:
        text = re.sub(r"\.(\d+)", lambda digits: f".{digits[1][:6]:0<6}", str(value), count=1)
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp())


def iso_time(epoch: float | None) -> str:
    """Epoch seconds as ISO 8601 UTC text, or '' when there is no such moment."""
    try:
        moment = None if epoch is None else datetime.fromtimestamp(int(epoch), timezone.utc)
        return moment.isoformat().replace("+00:00", "Z") if moment else ""
    except (ValueError, OverflowError, OSError):
        return ""


# ---------------------------------------------------------------------------------------------------------------------
# Status
# ---------------------------------------------------------------------------------------------------------------------


class Status(NamedTuple):
    """The state of an alert as an analyst calls it; `stage` is open, in_progress, closed or ''."""

    label: str
    stage: str
    uuid: str
    legacy_uuid: str


def stage_of(status: Mapping[str, Any]) -> str:
    """The stage of a tenant's status, '' when it is none of the three."""
    stage = as_text(status.get("stage")).strip().casefold().replace(" ", "_")
    return stage if stage in STAGES else ""


def status_of(alert: Mapping[str, Any]) -> Status:
    """Stage from the custom status first, the legacy status's uuid second, its name last (Sekoia keeps all three)."""
    legacy = as_dict(alert.get("status"))
    custom = as_dict(alert.get("custom_status"))
    known = LEGACY_BY_UUID.get(str(legacy.get("uuid"))) or LEGACY_BY_WORD.get(as_text(legacy.get("name")).casefold())
    return Status(
        label=as_text(custom.get("label"), 200) or as_text(legacy.get("name"), 200),
        stage=stage_of(custom) or (known.stage if known else ""),
        uuid=as_text(alert.get("custom_status_uuid")),
        legacy_uuid=as_text(legacy.get("uuid")),
    )


class StatusTarget(NamedTuple):
    """A status that a user asked for, with every identifier that means it."""

    label: str
    uuid: str = ""
    legacy: LegacyStatus | None = None
    stage: str = ""

    @property
    def ids(self) -> set[str]:
        """All identifiers the workflow may offer for it."""
        legacy = (self.legacy.action_uuid, self.legacy.uuid) if self.legacy else ()
        return {uuid for uuid in (self.uuid, *legacy) if uuid}

    @property
    def names(self) -> set[str]:
        """All names the workflow may offer for it, folded."""
        legacy = (self.legacy.name, self.legacy.action) if self.legacy else ()
        return {name.casefold() for name in (self.label, *legacy) if name}

    def reached(self, alert: Mapping[str, Any]) -> bool:
        """Whether the alert is in this status."""
        status = status_of(alert)
        if self.uuid and status.uuid:
            return self.uuid == status.uuid
        if status.uuid and status.label:
            return status.label.casefold() == self.label.casefold()
        return bool(self.legacy and self.legacy.uuid == status.legacy_uuid)

    def action(self, offered: Iterable[Mapping[str, Any]]) -> str:
        """The identifier to send: the offered action that means this status, else the status's own."""
        for action in offered:
            found = as_text(action.get("id"))
            if found and (found in self.ids or as_text(action.get("name")).casefold() in self.names):
                return found
        return self.uuid or (self.legacy.uuid if self.legacy else "")


def legacy_status(wanted: str) -> LegacyStatus | None:
    """The built-in status of that name, action or uuid."""
    folded = wanted.strip().casefold()
    return LEGACY_BY_WORD.get(folded) or LEGACY_BY_UUID.get(folded)


def tenant_matches(tenant: Iterable[dict[str, Any]], wanted: str) -> list[dict[str, Any]]:
    """The tenant's statuses that go by a legacy name, an action, a label (any case) or a uuid."""
    folded, legacy = wanted.strip().casefold(), legacy_status(wanted)
    exact = {folded, legacy.name.casefold() if legacy else folded}
    return [s for s in tenant if as_text(s.get("label")).casefold() in exact or s.get("uuid") == folded]


def unknown_status(wanted: str, tenant: Iterable[dict[str, Any]]) -> ValueError:
    """The error for a status that does not exist, with the ones that do."""
    labels = [as_text(s.get("label")) for s in tenant]
    known = ", ".join(dict.fromkeys(labels or [s.name for s in LEGACY_STATUSES]))
    unread = (
        "" if labels else " The tenant's own could not be read: that takes the permissions View cases and View alerts."
    )
    return ValueError(f"status: '{wanted}' is no status of this tenant. Known ones: {known}.{unread}")


def is_uuid(text: str) -> bool:
    """Whether the text has the form of a uuid."""
    return bool(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text.strip().casefold()))


def tenant_uuids(tenant: list[dict[str, Any]], name: str) -> list[str]:
    """The uuids of all the tenant's statuses of that name, for several workspaces may use one label.

    Raises ValueError for an unknown name, and for a built-in status that the tenant does not have among its own: the
    API cannot ask for built-in and own statuses at once, and leaving one out would lose its alerts.
    """
    found = [as_text(s.get("uuid"), 100) for s in tenant_matches(tenant, name) if s.get("uuid")]
    if found or (is_uuid(name) and not legacy_status(name)):
        return found or [name.strip().casefold()]
    if legacy_status(name):
        raise ValueError(
            f"status: '{name}' is not among the statuses that this key sees in the tenant, and Sekoia cannot filter by "
            "built-in and own statuses at once. Give the key the permissions View cases and View alerts if it lacks "
            "them; else leave the status out, or use built-in statuses alone."
        )
    raise unknown_status(name, tenant)


# ---------------------------------------------------------------------------------------------------------------------
# What an alert was before
# ---------------------------------------------------------------------------------------------------------------------

# entry of the history -> (its key for the new value, its key for the old one, what it is about)
CHANGES = {
    "alert": ("status", "previous_status", "status"),
    "urgency": ("value", "previous_value", "urgency"),
    "alert_type": ("value", "previous_value", "type"),
}


class Wanted(NamedTuple):
    """What a filter asks of an alert: folded status labels, types and an urgency range; empty means anything."""

    labels: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    urgency: tuple[int, int] | None = None

    def fits(self, values: Mapping[str, Any]) -> bool:
        """Whether the values {status, urgency, type} pass the filter."""
        urgency = as_int(values.get("urgency"))
        low, high = self.urgency or (0, 100)
        in_range = self.urgency is None or (urgency is not None and low <= urgency <= high)
        named = not self.labels or as_text(values.get("status")).casefold() in self.labels
        return in_range and named and (not self.types or values.get("type") in self.types)


def past_values(alert: Mapping[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """What an alert (read with its history) was from which moment on, oldest first, in epoch seconds.

    Sekoia keeps the old and the new value of each change, so today's values are undone change by change.
    """
    values = {
        "status": status_of(alert).label,
        "urgency": as_dict(alert.get("urgency")).get("current_value"),
        "type": as_dict(alert.get("alert_type")).get("value"),
    }
    entries = [as_dict(entry) for entry in as_list(alert.get("history"))]
    past: list[tuple[int, dict[str, Any]]] = []
    for entry in sorted(entries, key=lambda one: as_epoch(one.get("created_at")) or 0, reverse=True):
        for kind, (_, old, about) in CHANGES.items():
            change = as_dict(entry.get(kind))
            if change.get(old) is not None:
                past.append((as_epoch(entry.get("created_at")) or 0, dict(values)))
                values[about] = change[old]
    return [(as_epoch(alert.get("created_at")) or 0, dict(values)), *reversed(past)]


def entered_at(alert: Mapping[str, Any], wanted: Wanted) -> int | None:
    """When an alert first came to pass a filter after its creation; None when it passed from the beginning or never."""
    moments = past_values(alert)
    if wanted.fits(moments[0][1]):
        return None
    return next((at for at, values in moments[1:] if wanted.fits(values)), None)


# ---------------------------------------------------------------------------------------------------------------------
# An alert as an incident
# ---------------------------------------------------------------------------------------------------------------------


def severity_of(alert: Mapping[str, Any], thresholds: tuple[int, int, int]) -> int:
    """XSOAR severity 0 to 4 from the urgency's number; from its word where there is no number; 0 where neither."""
    urgency = as_dict(alert.get("urgency"))
    number = as_int(urgency.get("current_value"))
    if number is None:
        return URGENCY_WORDS.get(as_text(urgency.get("display")).strip().casefold(), 0)
    return 1 + sum(number >= threshold for threshold in thresholds)


def address_of(text: str) -> str:
    """The text when it is an IP address, else ''."""
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        return ""


def endpoint_view(alert: Mapping[str, Any], key: str, side: str) -> dict[str, str]:
    """`source` or `target` told apart: the API sends addresses, host names, networks, mail addresses and free text."""
    text = as_text(alert.get(key), 1000).strip()
    address = address_of(text)
    is_host = not address and HOST_NAME.fullmatch(text)
    return {key: text, f"{side}_ip": address, f"{side}_host": text if is_host else ""}


def safe_markdown(text: str) -> str:
    """Markdown that carries neither HTML nor pictures from elsewhere: tags and image marks are defused."""
    return HTML_TAG.sub("&lt;", text).replace("![", "!\\[")


def named(items: Any) -> list[dict[str, str]]:
    """TTPs or adversaries as flat rows {id, type, name, description}; entries that are no objects keep their text."""
    rows = []
    for item in as_list(items)[:LIST_LIMIT]:
        row = item if isinstance(item, dict) else {"name": item}
        rows.append({key: as_text(row.get(key), 2000) for key in ("id", "type", "name", "description")})
    return rows


def asset_rows(assets: Any) -> list[dict[str, Any]]:
    """Assets as grid rows; an asset known by its uuid alone keeps that uuid."""
    rows = []
    for asset in as_list(assets)[:LIST_LIMIT]:
        row = asset if isinstance(asset, dict) else {"uuid": asset}
        category = row.get("category")
        rows.append(
            {
                "uuid": as_text(row.get("uuid"), 100),
                "name": as_text(row.get("name"), 500),
                "type": as_text(row.get("type"), 100),
                "category": as_text(as_dict(category).get("name") or category, 200),
                "criticality": as_int(row.get("criticality")),
                "description": as_text(row.get("description"), 1000),
            }
        )
    return rows


EVENT_ROWS = 50
EVENT_COLUMNS = (
    ("columnheader1", ("timestamp", "event.created")),
    ("columnheader2", ("message", "event.action", "event.dialect", "sekoiaio.intake.dialect")),
    ("columnheader3", ("source.ip", "host.name", "user.name", "destination.ip")),
)


def said_by(known: Mapping[str, Any], keys: Iterable[str]) -> str:
    """The first of these values that people can read; a message that is JSON only where there is nothing else."""
    texts = [as_text(known[key], 300) for key in keys if known.get(key)]
    return next((text for text in texts if not text.lstrip().startswith(("{", "["))), texts[0] if texts else "")


def event_rows(events: Any) -> list[dict[str, str]]:
    """Events as rows of the grid field, whose three columns are those of the official pack: time, what, who."""
    rows = []
    for event in as_list(events)[:EVENT_ROWS]:
        known = {re.sub(r"[._-]+", ".", key): value for key, value in as_dict(event).items()}
        rows.append({column: said_by(known, keys) for column, keys in EVENT_COLUMNS})
    return rows


TIMES_TO = ("time_to_detect", "time_to_acknowledge", "time_to_respond", "time_to_resolve", "time_to_ingest")


def incident_view(alert: Mapping[str, Any], link: str, thresholds: tuple[int, int, int]) -> dict[str, Any]:
    """The shaped values of an alert that the mapper reads (raw key `xsoar`): every value readable, none raising."""
    status, rule, verdict = status_of(alert), as_dict(alert.get("rule")), as_dict(alert.get("verdict"))
    urgency, ttps = as_dict(alert.get("urgency")), named(alert.get("ttps"))
    names = [row["name"] for row in ttps if row["name"]]
    return {
        "title": " ".join(as_text(alert.get("title"), 10_000).split()),
        "severity": severity_of(alert, thresholds),
        "urgency": as_int(urgency.get("current_value")),
        "urgency_label": as_text(urgency.get("display"), 100) or None,
        "status": status.label or None,
        "stage": status.stage,
        "verdict": as_text(verdict.get("label"), 200),
        "verdict_stage": as_text(verdict.get("stage"), 100),
        "created": iso_time(as_epoch(alert.get("created_at"))) or None,
        "updated": iso_time(as_epoch(alert.get("updated_at"))) or None,
        "first_seen": iso_time(as_epoch(alert.get("first_seen_at"))) or None,
        "last_seen": iso_time(as_epoch(alert.get("last_seen_at"))) or None,
        "rule_name": as_text(rule.get("name"), 1000),
        "rule_pattern": as_text(rule.get("pattern"), PATTERN_LIMIT),
        "rule_severity": as_int(rule.get("severity")),
        "entity_name": as_text(as_dict(alert.get("entity")).get("name"), 500),
        **endpoint_view(alert, "source", "source"),
        **endpoint_view(alert, "target", "destination"),
        "details": safe_markdown(as_text(alert.get("details") or alert.get("description"))),
        "link": link,
        "occurrences": as_int(alert.get("similar")),
        "ttps": ttps,
        "techniques": names,
        "technique_ids": sorted({found for row in ttps for found in TECHNIQUE_ID.findall(" ".join(row.values()))}),
        "adversaries": [row["name"] for row in named(alert.get("adversaries")) if row["name"]],
        "assets": asset_rows(alert.get("assets")),
        "events": event_rows(alert.get("events")),
        "events_state": as_text(alert.get("events_state"), 50),
        "community_uuid": as_text(alert.get("community_uuid"), 100),
        "assignee": as_text(alert.get("assignee"), 200),
        "comments": as_int(alert.get("number_of_total_comments")),
        "case_ids": [as_text(as_dict(case).get("short_id"), 100) for case in as_list(alert.get("cases"))],
        **{key: as_int(alert.get(key)) for key in TIMES_TO},
        "notes": [*cut_lists(alert), *cut_texts(alert)],
    }


def cut_lists(alert: Mapping[str, Any]) -> list[str]:
    """A note for each list of which only the beginning is shown."""
    lengths = {key: len(as_list(alert.get(key))) for key in ("ttps", "adversaries", "assets")}
    return [f"{key}: the first {LIST_LIMIT} of {n} are shown." for key, n in lengths.items() if n > LIST_LIMIT]


def cut_texts(alert: Mapping[str, Any]) -> list[str]:
    """A note for each text of which only the beginning is shown."""
    texts = (
        ("details", alert.get("details") or alert.get("description"), TEXT_LIMIT),
        ("rule pattern", as_dict(alert.get("rule")).get("pattern"), PATTERN_LIMIT),
    )
    return [
        f"{name}: the first {limit} of {len(text)} characters are shown."
        for name, text, limit in texts
        if isinstance(text, str) and len(text) > limit
    ]


def alert_raw(alert: Mapping[str, Any], instance: str, view: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    """The alert as the API gave it, with the keys that the mapper and mirroring read."""
    raw = {
        **alert,
        "mirror_instance": instance,
        "mirror_direction": None,
        "mirror_tags": None,
        "mirrorOut": False,
        "mirror_base": None,
        "mirror_id": as_text(alert.get("short_id") or alert.get("uuid"), 100),
        "xsoar": {**view, "notes": view["notes"] + notes},
    }
    return within_bytes(raw, RAW_LIMIT_BYTES)


def within_bytes(raw: dict[str, Any], limit: int) -> dict[str, Any]:
    """The raw alert cut to `limit` bytes of JSON: the largest values go first, and a note names what was cut."""
    view = dict(raw["xsoar"])
    kept = {**raw, "xsoar": view}
    parts = [(len(json.dumps(value)), holder, key) for holder in (kept, view) for key, value in holder.items()]
    excess = len(json.dumps(raw)) - limit
    excess += CUT_NOTE_BYTES if excess > 0 else 0
    cut: list[str] = []
    for size, holder, key in sorted(parts, key=lambda part: -part[0]):
        if excess > 0 and size > CUT_ABOVE and key not in ("xsoar", "notes"):
            value = holder[key]
            holder[key] = as_text(value[:CUT_TO]) + "…" if isinstance(value, str) and size > 2 * CUT_TO else None
            excess -= size - len(json.dumps(holder[key]))
            cut.append(f"{key[:100]} ({size} bytes)")
    if cut:
        more = f" and {len(cut) - CUT_NAMES} more" if len(cut) > CUT_NAMES else ""
        note = f"The alert is larger than {limit} bytes, so these were cut: {', '.join(cut[:CUT_NAMES])}{more}."
        view["notes"] = [*view["notes"], note]
    return kept


def json_text(value: Any) -> str:
    """JSON that the platform's parser accepts: half a surrogate pair, which no UTF-8 text can hold, becomes '?'.

    Raises ValueError for NaN and Infinity, which Python writes and the platform refuses, together with the whole fetch.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace").decode("utf-8")


def incident_of(raw: Mapping[str, Any], fallback_time: int) -> dict[str, Any]:
    """The incident that the platform stores for a raw alert."""
    title = " ".join(as_text(raw.get("title"), 10_000).split()) or f"Sekoia alert {raw['mirror_id']}"
    return {
        "name": title if len(title) <= NAME_LIMIT else title[: NAME_LIMIT - 1] + "…",
        "occurred": raw["xsoar"]["created"] or raw["xsoar"]["updated"] or iso_time(fallback_time),
        "severity": raw["xsoar"]["severity"],
        "dbotMirrorId": raw["mirror_id"],
        "rawJSON": json_text(raw),
    }


# ---------------------------------------------------------------------------------------------------------------------
# Presentation
# ---------------------------------------------------------------------------------------------------------------------


def cell(value: Any, limit: int = 500) -> str:
    """A value as the text of a table cell: one line, no markup, no HTML."""
    text = safe_markdown(" ".join(as_text(value, limit).split())).replace("`", "'").replace("](", "]\\(")
    # A backslash before a pipe would take the escape away from it.
    return re.sub(r"\\*\|", lambda pipe: "\\" * (2 * len(pipe[0]) - 1) + "|", text)


def local_time(epoch: Any, zone: str) -> str:
    """Epoch seconds as the analyst's clock shows them, for readable tables only."""
    seconds = as_epoch(epoch)
    try:
        moment = None if seconds is None else datetime.fromtimestamp(seconds, pytz.timezone(zone))
    except (ValueError, OverflowError, OSError):
        return ""
    return moment.strftime("%Y-%m-%d %H:%M:%S %Z") if moment else ""


def markdown_table(title: str, rows: list[dict[str, str]], empty: str) -> str:
    """A table whose cells are already safe, or one sentence when there is nothing to show."""
    if not rows:
        return f"### {title}\n{empty}"
    headers = list(rows[0])
    lines = ["| " + " | ".join(row.get(header, "") for header in headers) + " |" for row in rows]
    return "\n".join([f"### {title}", "|" + "|".join(headers) + "|", "|" + " --- |" * len(headers), *lines])


def with_envelope(items: list[dict[str, Any]], envelope: dict[str, Any]) -> list[dict[str, Any]]:
    """A list in context whose first element also carries the documented envelope; nothing when the list is empty.

    The official pack documents `X.items.…` and writes `X[]`; with both in place playbooks of either kind find theirs.
    """
    return [{**envelope, **items[0]}, *items[1:]] if items else []
