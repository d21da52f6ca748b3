"""Hears every call that reaches the emulator during a test run, so that it can be held against the description."""

import json
import re
from dataclasses import dataclass
from typing import Any

import lab.sekoia.app as app
from lab.sekoia.exchange import Reply
from lab.sekoia.route import Visit

# Tests whose calls come from the pack or its client; the others ask the emulator odd things on purpose.
BY_THE_PACK = ("journeys", "proof", "mapping", "client")
MANY = ("proof",)  # so many calls that only their questions are kept


@dataclass(frozen=True)
class Seen:
    """A call that was made, and the answer to it (None where the wire or a fault spoiled it)."""

    method: str
    path: str
    query: tuple[str, ...]
    body: Any
    status: int
    answer: Any

    @property
    def shape(self) -> str:
        """What tells it from other calls: values do not count, the kinds of values do."""
        parts = [self.method, re.sub(r"[0-9a-f-]{36}|(AL|CA|KC)[0-9A-Za-z]{6,}", "*", self.path), *self.query]
        return json.dumps([parts, self.status, outline(self.body), outline(self.answer)])


def outline(value: Any) -> Any:
    """The kinds of values in a JSON value; a list shows each kind of its elements once."""
    if isinstance(value, dict):
        return {key: outline(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return sorted({json.dumps(outline(one)) for one in value})
    return type(value).__name__


class Ears:
    """One of each kind of call: those that the pack made, and all that were answered well."""

    def __init__(self) -> None:
        self.area = ""
        self.areas: set[str] = set()
        self.asked: dict[str, Seen] = {}
        self.answered: dict[str, Seen] = {}
        self._known: set[tuple[Any, ...]] = set()

    def enter(self, area: str) -> None:
        """The folder of the test that runs now."""
        self.area = area
        self.areas.add(area)

    def hear(self, visit: Visit, reply: Reply) -> None:
        """Keeps a call of a kind that is new."""
        request, switches = visit.request, visit.world.switches
        if visit.fault is not None or visit.matched_route is None:
            return
        query = tuple(sorted(request.query))
        if self.area in BY_THE_PACK:
            rough = (visit.route.name, query, request.body[:200] if self.area not in MANY else b"")
            if rough not in self._known:
                self._known.add(rough)
                asked = Seen(request.method, request.path, query, visit.call.body, reply.status, None)
                self.asked.setdefault(asked.shape, asked)
        odd = switches.extra_fields or switches.absent_optional or switches.created_at_precision != "second"
        if self.area not in MANY and reply.status < 300 and not odd:
            is_json = reply.headers.get("Content-Type") == "application/json"
            answer = json.loads(reply.body) if is_json and reply.body else None
            answered = Seen(request.method, request.path, query, visit.call.body, reply.status, answer)
            self.answered.setdefault(answered.shape, answered)

    def listen(self) -> None:
        """From now on every call is heard."""
        walk = app._walk

        def heard(visit: Visit) -> Reply:
            reply = walk(visit)
            self.hear(visit, reply)
            return reply

        app._walk = heard


EARS = Ears()
