"""Hears every call that reaches the emulator during a test run, so that it can be held against the description."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lab.sekoia.app as app
from lab.sekoia.exchange import Reply
from lab.sekoia.route import Visit

# Folders whose tests ask the emulator themselves, odd things on purpose; in all others the pack or its client asks.
BY_THE_TESTS = ("sekoia", "tape")
MANY = ("proof",)  # so many calls that only their questions are kept
NAMES = re.compile(r"[0-9a-f-]{36}|(AL|CA|KC)[0-9A-Za-z]{6,}")
COUNTS = re.compile(r"-?[0-9]{1,4}")


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


@dataclass(frozen=True)
class Said:
    """A value of a query that the pack sent; `test` is the first that did."""

    method: str
    path: str
    name: str
    value: str
    test: str = ""

    @property
    def kind(self) -> str:
        """What tells it from other values: small numbers and words count as they are, names and moments as such."""
        return self.value if COUNTS.fullmatch(self.value) else re.sub(r"[0-9]", "0", NAMES.sub("*", self.value))[:80]


def outline(value: Any) -> Any:
    """The kinds of values in a JSON value; a list shows each kind of its elements once."""
    if isinstance(value, dict):
        return tuple((key, outline(value[key])) for key in sorted(value))
    if isinstance(value, list):
        return frozenset(map(outline, value))
    return type(value)


class Ears:
    """One of each kind of call: those that the pack made (with what they said), and all that were answered well."""

    def __init__(self) -> None:
        self.area = ""
        self.test = ""
        self.is_odd = False
        self.is_made_up = False
        self.areas: set[str] = set()
        self.asked: dict[Any, Seen] = {}
        self.answered: dict[Any, Seen] = {}
        self.said: dict[Any, Said] = {}
        self._known: set[Any] = set()

    def enter(self, area: str, test: str, marks: Collection[str]) -> None:
        """The folder, the name and the marks of the test that runs now."""
        self.area, self.test = area, test
        self.is_odd = "odd_tenant" in marks
        self.is_made_up = area in BY_THE_TESTS or "odd_calls" in marks
        self.areas.add(area)

    def hear(self, visit: Visit, reply: Reply) -> None:
        """Keeps a call of a kind that is new."""
        request, switches = visit.request, visit.world.switches
        if visit.fault is not None or visit.matched_route is None:
            return
        query = tuple(sorted(request.query))
        if not self.is_made_up:
            self._hear_question(visit, query, reply.status)
        is_odd = self.is_odd or switches.extra_fields or switches.absent_optional
        is_odd = is_odd or switches.created_at_precision != "second"
        if self.area in MANY or reply.status >= 300 or is_odd:
            return
        if self._is_new(visit.route.name, reply.status, hash(reply.body)):
            is_json = reply.headers.get("Content-Type") == "application/json"
            answer = json.loads(reply.body) if is_json and reply.body else None
            self._answer(Seen(request.method, request.path, query, visit.call.body, reply.status, answer, self.test))

    def _hear_question(self, visit: Visit, query: tuple[str, ...], status: int) -> None:
        request, route = visit.request, visit.route.name
        if self._is_new(route, query, request.body[:200] if self.area not in MANY else b""):
            self._ask(Seen(request.method, request.path, query, visit.call.body, status, None, self.test))
        for name, values in request.query.items():
            for value in values:
                said = Said(request.method, request.path, name, value, self.test)
                self.said.setdefault((route, name, said.kind), said)

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
        heard: dict[str, Mapping[Any, Seen | Said]]
        heard = {"asked": self.asked, "answered": self.answered, "said": self.said}
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
        for one in record["said"]:
            said = Said(**one)
            self.said.setdefault((said.method, NAMES.sub("*", said.path), said.name, said.kind), said)

    def _is_new(self, *rough: Any) -> bool:
        found = rough not in self._known
        self._known.add(rough)
        return found

    def _ask(self, seen: Seen) -> None:
        self.asked.setdefault(seen.shape, seen)

    def _answer(self, seen: Seen) -> None:
        self.answered.setdefault(seen.shape, seen)


EARS = Ears()
