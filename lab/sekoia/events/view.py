"""How the API shows a search job and what it found."""

from base64 import urlsafe_b64encode
from collections import Counter
from typing import Any

from lab.sekoia.events.model import CANCELED, DONE, LARGEST_WINDOW, Event, Job
from lab.sekoia.events.search import texts_of
from lab.sekoia.instants import iso_naive, iso_short, iso_z
from lab.sekoia.switches import Switches

HOUR = 3_600
DAY = 86_400
MOST_COMMON = 5


def job(found: Job, community: str, switches: Switches, now: float) -> dict[str, Any]:
    """The job as it is at that time."""
    asked = found.asked
    return {
        "uuid": found.uuid,
        "status": found.status(now),
        "total": _job_total(found, switches, now),
        "term": asked.term,
        "term_lang": asked.term_lang,
        "filters": [dict(one) for one in asked.filters],
        "created_by": found.by.uuid,
        "created_by_type": found.by.kind,
        "created_at": iso_z(found.created_at),
        **_course(found, now),
        "earliest_time": iso_naive(asked.earliest),
        "latest_time": iso_naive(asked.latest),
        "results_ttl": found.results_ttl,
        "expiration_date": _moment(found.expires_at(now)),
        "expired": found.is_expired(now),
        "view_uuid": None,
        "community_uuids": list(asked.community_uuids) or [community],
        "only_eternal": asked.only_eternal,
        "max_last_events": asked.max_last_events,
        "date_field": asked.date_field,
        "short_histogram": _short_histogram(found, now),
    }


def _short_histogram(found: Job, now: float) -> list[dict[str, Any]]:
    rows: dict[float, list[Event]] = {}
    for event in found.found(now) if found.status(now) == DONE else ():
        rows.setdefault(event.at // HOUR * HOUR, []).append(event)
    return [
        {
            "earliest_time": iso_short(at),
            "length": HOUR,
            "total": len(rows[at]),
            "alerts": sum(bool(event.alerts_by(now)) for event in rows[at]),
            "cases": 0,
        }
        for at in sorted(rows)
    ]


def _job_total(found: Job, switches: Switches, now: float) -> int:
    total = len(found.found(now))
    if switches.job_total == "kept" and found.asked.max_last_events is not None:
        return min(total, found.asked.max_last_events)
    return total


def _course(found: Job, now: float) -> dict[str, Any]:
    is_canceled = found.status(now) == CANCELED
    by = found.canceled_by or found.by
    return {
        "started_at": _moment(found.starts_at if now >= found.starts_at else None),
        "canceled_by": by.uuid if is_canceled else None,
        "canceled_by_type": by.kind if is_canceled else None,
        "canceled_at": _moment(found.ends_at if is_canceled else None),
        "ended_at": _moment(found.ends_at if now >= found.ends_at else None),
    }


def _moment(at: float | None) -> str | None:
    return None if at is None else iso_z(at)


def events(kept: list[Event], page: list[Event], job: Job, offset: int, switches: Switches, now: float) -> Any:
    """A page of the events that were kept."""
    end = offset + len(page)
    has_more = page and end < len(kept)
    token = urlsafe_b64encode(f"{job.uuid}:{end}".encode()).decode() if has_more else None
    items = [event.fields(job.starts_at) for event in page]
    return {"items": items, "total": TOTALS[switches.event_total](kept, now), "paging_token": token}


def _bounded(kept: list[Event], now: float) -> int:
    return min(sum(event.at >= now - DAY for event in kept), LARGEST_WINDOW)


TOTALS = {
    "exact": lambda kept, now: len(kept),
    "overstated": lambda kept, now: len(kept) + len(kept) // 2 + 7,
    "bounded": _bounded,
}


def fields(kept: list[Event], now: float) -> list[dict[str, Any]]:
    """Each field of the events with its most common values; a value's number is its share in per cent."""
    counted: dict[str, Counter[str]] = {}
    kinds: dict[str, str] = {}
    for event in kept:
        for name, value in event.fields(now).items():
            counted.setdefault(name, Counter()).update(texts_of(value))
            kinds.setdefault(name, _kind(name, value))
    return [_field(name, kinds[name], values) for name, values in sorted(counted.items())]


def _kind(name: str, value: Any) -> str:
    if name.endswith(".ip"):
        return "ip"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "long"
    return "date" if name in ("timestamp", "event.created") else "keyword"


def _field(name: str, kind: str, values: Counter[str]) -> dict[str, Any]:
    total = values.total()
    common = [{"name": one, "value": round(100 * times / total, 1)} for one, times in values.most_common(MOST_COMMON)]
    return {
        "name": name,
        "value_type": kind,
        "description": "",
        "display_name": name,
        "most_common_values": common,
    }


def histograms(kept: list[Event]) -> dict[str, Any]:
    """How many events there are by the hour and by the day."""
    return {"short": _bars(kept, HOUR), "large": _bars(kept, DAY)}


def _bars(kept: list[Event], width: int) -> list[dict[str, Any]]:
    counted = Counter(event.at // width * width for event in kept)
    return [{"datetime": iso_short(at), "value": counted[at]} for at in sorted(counted)]
