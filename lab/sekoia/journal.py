"""Every call the server got, in order: what a test counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass
class Call:
    """One call. `path` has no `/api`, `key` is the key's name, never its text; `status` 0 means no answer."""

    at: float
    method: str
    path: str
    query: Mapping[str, list[str]]
    status: int = 0
    key: str | None = None
    bytes_out: int = 0
    body: Any = None
    target: str = ""


class Journal:
    """The calls since the last `clear`; the lab's own control calls are not among them."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def count(self, method: str | None = None, path_prefix: str | None = None) -> int:
        """How many calls have that method and a path that begins so."""
        return len(self.find(method, path_prefix))

    def find(self, method: str | None = None, path_prefix: str | None = None) -> list[Call]:
        """The calls with that method and a path that begins so, oldest first."""
        return [
            call
            for call in self.calls
            if (method is None or call.method == method) and call.path.startswith(path_prefix or "")
        ]

    def clear(self) -> None:
        """Forget all calls."""
        self.calls.clear()
