"""Hears every call that reaches the emulator during a test run, so that it can be held against the description."""

import json
from typing import Any

import lab.sekoia.app as app
from lab.sekoia.exchange import Reply
from lab.sekoia.route import Visit
from tests.description import Seen

# Tests whose calls come from the pack or its client; the others ask the emulator odd things on purpose.
BY_THE_PACK = ("journeys", "proof", "mapping", "client")
MANY = ("proof",)  # so many calls that only their questions are kept


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
