"""Gives the answers of a recording again, in the order in which they were recorded."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock

from lab.tape.loopback import Answer, Loopback
from lab.tape.tape import Asked, Exchange, Recording, asked

UNKNOWN = "TAPE400"


class Player:
    """A recording, and how far it was played. What is asked once more than it was recorded gets its last answer."""

    def __init__(self, recording: Recording) -> None:
        self._left: dict[str, list[Exchange]] = defaultdict(list)
        self._lock = Lock()
        self.unknown: list[str] = []
        for one in recording.exchanges:
            self._left[one.asked.key].append(one)

    def give(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The next answer to a request, or an error that names it."""
        request = asked(method, target, body)
        with self._lock:
            found = self._left.get(request.key)
            if not found:
                return self._refused(request)
            return _answer(found.pop(0) if len(found) > 1 else found[0])

    def _refused(self, request: Asked) -> Answer:
        self.unknown.append(str(request))
        text = f"The recording holds no answer to {request}"
        return _json(400, json.dumps({"code": UNKNOWN, "message": text}))


def _answer(kept: Exchange) -> Answer:
    if not kept.is_json:
        return Answer(kept.status, str(kept.body).encode(), {"Content-Type": "text/plain", **kept.headers})
    return _json(kept.status, "" if kept.body is None else json.dumps(kept.body), kept.headers)


def _json(status: int, text: str, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, text.encode(), {"Content-Type": "application/json", **(headers or {})})


@contextmanager
def playing(recording: Recording, port: int = 0) -> Iterator[tuple[Player, str]]:
    """Serves a recording on loopback; the player and its address."""
    player = Player(recording)
    with Loopback(player.give, port) as server:
        yield player, server.url
