"""What goes wrong on purpose: armed by a test, played on the calls that match."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from lab.clock import TimeSource
from lab.sekoia.exchange import Reply, Wire, html_reply, json_reply

# before: the call is answered by the fault and does not act. after: the call acts, then its answer is spoilt.
BEFORE = ("status", "html", "reset", "not_json", "delay", "redirect")
AFTER = ("reset_after", "status_after", "cut", "drip", "stall")
MAX_STALL = 3.0
STATUS_DEFAULT = {"html": 502, "status_after": 504, "redirect": 302, "not_json": 200}


@dataclass
class Fault:
    """One thing that goes wrong. `on` is a method and a path pattern; `times` None means for ever."""

    on: str = "*"
    after: int = 0
    times: int | None = 1
    kind: str = "status"
    status: int | None = None
    body: str | Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    location: str = ""
    chunk: int = 512
    hits: int = 0
    seen: int = 0

    def __post_init__(self) -> None:
        if self.kind not in BEFORE + AFTER:
            raise ValueError(f"no fault is of kind {self.kind!r}; there are {BEFORE + AFTER}")
        if self.kind == "stall" and not 0 <= self.seconds <= MAX_STALL:
            raise ValueError(f"a stall takes {MAX_STALL} real seconds at most, not {self.seconds}")
        if self.kind == "redirect" and not self.location:
            raise ValueError("a redirect needs a location")

    def is_due(self, call: str) -> bool:
        """Count a matching call and say whether the fault would strike it."""
        if not fnmatchcase(call, self.on):
            return False
        self.seen += 1
        return self.seen > self.after and (self.times is None or self.hits < self.times)

    def answer(self) -> Reply:
        """The reply the fault gives by itself."""
        status = self.status or STATUS_DEFAULT.get(self.kind, 503)
        reply = self._reply(status)
        reply.headers.update(self.headers)
        return reply

    def _reply(self, status: int) -> Reply:
        if self.kind == "html" and self.body is None:
            return html_reply(status, "Request blocked" if status == 403 else "Service unavailable")
        if self.kind == "not_json" and self.body is None:
            return Reply(status, b"OK, but not JSON", {"Content-Type": "text/plain"})
        if self.kind == "redirect":
            return Reply(status, b"", {"Location": self.location})
        if isinstance(self.body, str):
            return Reply(
                status, self.body.encode(), {"Content-Type": "text/html" if self.kind == "html" else "text/plain"}
            )
        body = {"message": "Service unavailable", "code": f"LAB{status}"} if self.body is None else self.body
        return json_reply(json.loads(json.dumps(body)), status)


class Faults:
    """The faults that are armed; the first due one strikes."""

    def __init__(self) -> None:
        self.armed: list[Fault] = []

    def arm(self, fault: Fault) -> Fault:
        """Arm a fault and hand it back, for its `hits`."""
        self.armed.append(fault)
        return fault

    def clear(self) -> None:
        """Disarm all."""
        self.armed.clear()

    def due(self, method: str, path: str) -> Fault | None:
        """The fault that strikes this call, if any; every armed fault counts the call."""
        call = f"{method} {path}"
        due = [fault for fault in self.armed if fault.is_due(call)]
        if not due:
            return None
        due[0].hits += 1
        return due[0]


def strike_before(fault: Fault, clock: TimeSource) -> Reply | None:
    """The reply of a fault that strikes before the call acts; None lets the call go on."""
    if fault.kind == "delay":
        clock.sleep(fault.seconds)
        return None
    if fault.kind == "reset":
        return Reply(0, wire=Wire("reset"))
    return fault.answer() if fault.kind in BEFORE else None


def strike_after(fault: Fault, reply: Reply) -> Reply:
    """The reply of a call that acted, as the fault spoils it."""
    if fault.kind == "status_after":
        return fault.answer()
    if fault.kind == "reset_after":
        return Reply(0, wire=Wire("reset"))
    if fault.kind in AFTER:
        reply.wire = Wire(fault.kind, fault.seconds, fault.chunk)
    return reply
