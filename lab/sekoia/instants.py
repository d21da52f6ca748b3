"""Points in time as the API writes and reads them; inside the lab they are epoch seconds (float, UTC)."""

import re
from datetime import datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?P<fraction>\.\d+)?(?P<zone>[Zz]|[+-]\d\d:\d\d)?")


def iso_z(at: float) -> str:
    """`2026-03-01T09:58:12.104000Z`, as alerts carry their first and last event."""
    return _moment(at).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def iso_offset(at: float) -> str:
    """`2026-03-01T10:15:01.000000+00:00`, as statuses and comments of the global list carry their times."""
    return _moment(at).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")


def iso_short(at: float) -> str:
    """`2026-01-02T08:00:00Z`, as assets carry theirs."""
    return _moment(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_naive(at: float) -> str:
    """`2026-03-01T09:58:12.104000`, or without the fraction when it is none: the window of a search job."""
    return _moment(at).replace(tzinfo=None).isoformat()


def iso_millisecond(at: float) -> str:
    """`2026-03-01T10:09:31.550Z`, as events carry their time."""
    return _moment(at).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def read_instant(text: str) -> float:
    """Epoch seconds of an RFC 3339 instant; without a zone it is UTC. ValueError for anything else."""
    found = INSTANT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not an instant such as 2026-03-01T10:00:00Z")
    whole = datetime.fromisoformat(text[:10] + "T" + text[11:19]).replace(tzinfo=timezone.utc)
    fraction = float(found["fraction"] or 0)
    return (whole - EPOCH).total_seconds() + fraction - _offset(found["zone"])


def _offset(zone: str | None) -> float:
    if zone is None or zone in "Zz":
        return 0.0
    seconds = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
    return -seconds if zone[0] == "-" else seconds


def _moment(at: float) -> datetime:
    return EPOCH + timedelta(seconds=at)
