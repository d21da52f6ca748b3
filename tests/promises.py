"""What the proofs share: a broken promise, and sums that add up."""

from typing import Any


class PromiseBroken(AssertionError):
    """A promise that a schedule broke; `promise` is its short name."""

    def __init__(self, promise: str, told: str) -> None:
        super().__init__(f"{promise}: {told}")
        self.promise = promise


class Sums:
    """Numbers and counters that can be added to others of the same kind."""

    def add(self, other: Any) -> None:
        """Adds another one's to these."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)
