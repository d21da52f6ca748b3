"""Context paths: those that a run wrote, those that are declared, and which of the declared ones were ever seen.

Paths are compared without array indices (`items.0.name` and `items[0].name` are `items.name`) and without DT keys.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from lab.xsoar.context import KEY

if TYPE_CHECKING:
    from lab.xsoar.bundle import Command

FREE = "Unknown"  # the declared type that covers whatever lies below
INDEX = re.compile(r"\[\d+\]|\.\d+(?=\.|$)")


class Written(NamedTuple):
    """A path that a run wrote; `empty` when there was nothing at it that could have paths of its own."""

    path: str
    empty: bool


def normalised(path: str) -> str:
    """A path without its DT key and array indices."""
    found = KEY.match(path)
    return INDEX.sub("", found["path"].strip() if found else path)


def written(outputs: Mapping[str, Any]) -> set[Written]:
    """The paths of all values of an entry's context."""
    return {each for key, value in outputs.items() for each in _below(normalised(key), value)}


def _below(path: str, value: Any) -> Iterator[Written]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _below(path if name.isdigit() else f"{path}.{name}", inner)
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _below(path, inner)
    else:
        yield Written(path, value is None or isinstance(value, (Mapping, list)))


class Declared:
    """What a command declares to write."""

    def __init__(self, command: "Command") -> None:
        self._paths = {normalised(output.path): output.kind == FREE for output in command.outputs}

    def covers(self, one: Written) -> bool:
        """Whether a path is declared: itself, by a free path above it, or, where nothing lies there, by one below."""
        if one.path in self._paths or any(self._paths.get(above) for above in _above(one.path)):
            return True
        return one.empty and any(path.startswith(f"{one.path}.") for path in self._paths)

    def unseen(self, seen: Iterable[str]) -> list[str]:
        """The declared paths that no run ever wrote."""
        met = set(seen)
        met |= {above for path in met for above in _above(path)}
        return sorted(path for path in self._paths if path not in met)


def _above(path: str) -> Iterator[str]:
    while "." in path:
        path = path.rpartition(".")[0]
        yield path


class Ending(NamedTuple):
    """How a run of a command ended: where (as whoever listens says), asked for what, and with what.

    `found` is whether it wrote a value to context, `waits` whether it only came to ask for another run.
    """

    place: str
    command: str
    args: Mapping[str, Any]
    error: str | None
    found: bool
    waits: bool


class Sightings:
    """Which paths which command wrote and how its runs ended, over all hosts that were given it."""

    def __init__(self) -> None:
        self._seen: dict[str, set[str]] = {}
        self.endings: list[Ending] = []
        self.place = ""

    def note(self, command: str, paths: Iterable[Written]) -> None:
        """Remember what a run of a command wrote."""
        self._seen.setdefault(command, set()).update(one.path for one in paths)

    def end(self, command: str, args: Mapping[str, Any], error: str | None, found: bool, waits: bool) -> None:
        """Remember how a run of a command ended."""
        self.endings.append(Ending(self.place, command, args, error, found, waits))

    def unseen(self, commands: Iterable["Command"]) -> list[str]:
        """`command: path` for each declared path that was never written."""
        return [
            f"{command.name}: {path}"
            for command in commands
            for path in Declared(command).unseen(self._seen.get(command.name, ()))
        ]
