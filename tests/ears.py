"""Hears every call that reaches the emulator during a test run, so that it can be held against the description."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lab.sekoia.app as app
from lab.sekoia.exchange import Reply
from lab.sekoia.route import Visit

# Tests whose calls come from the pack or its client; the others ask the emulator odd things on purpose.
BY_THE_PACK = ("journeys", "endurance", "proof", "mapping", "client")
MANY = ("proof",)  # so many calls that only their questions are kept
NAMES = re.compile(r"[0-9a-f-]{36}|(AL|CA|KC)[0-9A-Za-z]{6,}")


@dataclass(frozen=True)
class Seen:
    """A call that was made, and the answer to it (None where it was not kept); `test` is the first that made it."""

    method: str
    path: str
    query: tuple[str, ...]
    body: Any
    status: int
    answer: Any
    test: str = ""

    @property
    def shape(self) -> tuple[Any, ...]:
        """What tells it from other calls: values do not count, the kinds of values do."""
        path = NAMES.sub("*", self.path)
        return self.method, path, self.query, self.status, outline(self.body), outline(self.answer)


def outline(value: Any) -> Any:
    """The kinds of values in a JSON value; a list shows each kind of its elements once."""
    if isinstance(value, dict):
        return tuple((key, outline(value[key])) for key in sorted(value))
    if isinstance(value, list):
        return frozenset(map(outline, value))
    return type(value)


class Ears:
    """One of each kind of call: those that the pack made, and all that were answered well."""

    def __init__(self) -> None:
        self.area = ""
        self.test = ""
        self.is_odd = False
        self.areas: set[str] = set()
        self.asked: dict[Any, Seen] = {}
        self.answered: dict[Any, Seen] = {}
        self._known: set[Any] = set()

    def enter(self, area: str, test: str, is_odd: bool) -> None:
        """The folder and the name of the test that runs now, and whether its tenant answers oddly on purpose."""
        self.area, self.test, self.is_odd = area, test, is_odd
        self.areas.add(area)

    def hear(self, visit: Visit, reply: Reply) -> None:
        """Keeps a call of a kind that is new."""
        request, switches = visit.request, visit.world.switches
        if visit.fault is not None or visit.matched_route is None:
            return
        query = tuple(sorted(request.query))
        if self.area in BY_THE_PACK and self._is_new(
            visit.route.name, query, request.body[:200] if self.area not in MANY else b""
        ):
            self._ask(Seen(request.method, request.path, query, visit.call.body, reply.status, None, self.test))
        is_odd = self.is_odd or switches.extra_fields or switches.absent_optional
        is_odd = is_odd or switches.created_at_precision != "second"
        if self.area in MANY or reply.status >= 300 or is_odd:
            return
        if self._is_new(visit.route.name, reply.status, hash(reply.body)):
            is_json = reply.headers.get("Content-Type") == "application/json"
            answer = json.loads(reply.body) if is_json and reply.body else None
            self._answer(Seen(request.method, request.path, query, visit.call.body, reply.status, answer, self.test))

    def listen(self) -> None:
        """From now on every call is heard."""
        walk = app._walk

        def heard(visit: Visit) -> Reply:
            reply = walk(visit)
            self.hear(visit, reply)
            return reply

        app._walk = heard

    def write(self, path: Path) -> None:
        """Leaves what was heard for another process."""
        heard = {"asked": self.asked, "answered": self.answered}
        record = {name: [asdict(seen) for seen in calls.values()] for name, calls in heard.items()}
        path.write_text(json.dumps({**record, "areas": sorted(self.areas)}), encoding="utf-8")

    def read(self, path: Path) -> None:
        """Adds what another process heard."""
        record = json.loads(path.read_text(encoding="utf-8"))
        self.areas.update(record["areas"])
        for one in record["asked"]:
            self._ask(Seen(**{**one, "query": tuple(one["query"])}))
        for one in record["answered"]:
            self._answer(Seen(**{**one, "query": tuple(one["query"])}))

    def _is_new(self, *rough: Any) -> bool:
        found = rough not in self._known
        self._known.add(rough)
        return found

    def _ask(self, seen: Seen) -> None:
        self.asked.setdefault(seen.shape, seen)

    def _answer(self, seen: Seen) -> None:
        self.answered.setdefault(seen.shape, seen)


EARS = Ears()
