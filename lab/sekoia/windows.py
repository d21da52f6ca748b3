"""Time windows as the switches have them: bounds in or out, times known to the second or exactly."""

import math

from lab.sekoia.query import Span
from lab.sekoia.switches import Switches


def half_open(span: Span, switches: Switches) -> tuple[float | None, float | None]:
    """The window as low <= t < high over exact times (epoch seconds); None is an open end."""
    is_whole = switches.created_at_precision == "second"
    is_inclusive = switches.bounds == "inclusive"
    low = None if span.low is None else _low(span.low, is_whole, is_inclusive)
    high = None if span.high is None else _high(span.high, is_whole, is_inclusive)
    return low, high


def _low(at: float, is_whole: bool, is_inclusive: bool) -> float:
    if is_whole:
        return math.ceil(at) if is_inclusive else math.floor(at) + 1
    return at if is_inclusive else math.nextafter(at, math.inf)


def _high(at: float, is_whole: bool, is_inclusive: bool) -> float:
    if is_whole:
        return math.floor(at) + 1 if is_inclusive else math.ceil(at)
    return math.nextafter(at, math.inf) if is_inclusive else at
