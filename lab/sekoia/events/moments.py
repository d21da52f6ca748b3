"""The ends of a search's window as callers write them: an instant, a day, a length from now, or `now`."""

import math
import re

from lab.sekoia.instants import read_instant
from lab.sekoia.refusals import Unfit

DAY = re.compile(r"\d{4}-\d\d-\d\d")
RELATIVE = re.compile(r"([+-])(\d{1,9})([smhdw])", re.IGNORECASE)
UNIT = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def read_window(earliest: str, latest: str, now: float) -> tuple[float, float]:
    """Both ends in epoch seconds; Unfit unless the latest is after the earliest."""
    low, high = read_moment(earliest, now, "earliest_time"), read_moment(latest, now, "latest_time")
    if high <= low:
        raise Unfit("Input payload validation failed: latest_time must be after earliest_time", ("body", "latest_time"))
    return low, high


def read_moment(text: str, now: float, key: str) -> float:
    """Epoch seconds of one end, to the millisecond; Unfit names the key."""
    if text.lower() == "now":
        return now
    relative = RELATIVE.fullmatch(text)
    if relative is not None:
        seconds = int(relative[2]) * UNIT[relative[3].lower()]
        return now + (seconds if relative[1] == "+" else -seconds)
    try:
        at = read_instant(f"{text}T00:00:00" if DAY.fullmatch(text) else text)
    except ValueError as error:
        raise Unfit(f"Input payload validation failed: {key}: {error}", ("body", key)) from error
    return to_millisecond(at)


def to_millisecond(at: float) -> float:
    """The time without what is finer than a millisecond; what floats add is not taken for a full one."""
    return math.floor(at * 1000 + 1e-3) / 1000
