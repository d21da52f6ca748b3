"""Two clocks that go on together, though they do not tell the same time."""

from lab.clock import Clock


class Ahead(Clock):
    """A clock that is ahead of another one, or behind, by so many seconds, and takes it along."""

    def __init__(self, other: Clock, seconds: float) -> None:
        super().__init__(other.time() + seconds)
        self._other = other

    def advance(self, seconds: float) -> None:
        """Time passes for both."""
        super().advance(seconds)
        self._other.advance(seconds)
