"""What will happen in the tenant without the client: acts of colleagues at their time."""

import heapq
from collections.abc import Callable


class Agenda:
    """Acts by their time (epoch seconds); acts of one time happen in the order they were written down."""

    def __init__(self) -> None:
        self._acts: list[tuple[float, int, Callable[[], object]]] = []
        self._written = 0

    def note(self, at: float, act: Callable[[], object]) -> None:
        """Write an act down."""
        self._written += 1
        heapq.heappush(self._acts, (at, self._written, act))

    def run_until(self, now: float) -> None:
        """Do everything that is due."""
        while self._acts and self._acts[0][0] <= now:
            heapq.heappop(self._acts)[2]()

    def __len__(self) -> int:
        return len(self._acts)
