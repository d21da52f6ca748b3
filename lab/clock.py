"""The one clock both halves of the lab share: real, or pushed by the test."""

import time
from typing import Protocol


class TimeSource(Protocol):
    """What the lab asks of a clock; all values are seconds, `time()` counts from the Unix epoch (UTC)."""

    def time(self) -> float: ...

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class Clock:
    """A clock that stands still until somebody pushes it; sleeping on it is the same as pushing it."""

    def __init__(self, start: float | None = None) -> None:
        self._start = 1_772_359_200.0 if start is None else float(start)
        self._elapsed = 0.0

    def time(self) -> float:
        """Epoch seconds, UTC."""
        return self._start + self._elapsed

    def monotonic(self) -> float:
        """Seconds since this clock was made."""
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Push the clock; returns at once."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Push the clock forward; a negative number of seconds raises ValueError."""
        if seconds < 0:
            raise ValueError(f"a clock cannot be pushed back ({seconds} s)")
        self._elapsed += seconds


class RealClock:
    """The machine's own clock."""

    def time(self) -> float:
        """Epoch seconds, UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds of a clock that never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for real."""
        time.sleep(seconds)
