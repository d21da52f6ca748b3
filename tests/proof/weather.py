"""What happens while a run talks to the API: faults on chosen calls, and acts of colleagues in the middle of it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from threading import Lock, Thread, current_thread
from typing import Any

from lab.clock import Clock
from lab.sekoia.faults import Fault, Faults

TOKEN = {"T300": "The token is invalid", "T301": "The token has expired", "T302": "Token revoked"}


def status(number: int, **more: Any) -> dict[str, Any]:
    """An error answer in the API's own form."""
    return {"kind": "status", "status": number, **more}


def refusal(code: str) -> dict[str, Any]:
    """A 401 as the API words it."""
    return status(401, body={"message": TOKEN[code], "code": code})


# Arguments of the emulator's Fault. "Retry-After" in `wait` becomes a header in seconds, or a date when `dated`.
BLOWS: dict[str, dict[str, Any]] = {
    "429": status(429),
    "429 wait 3": status(429, wait=3),
    "429 wait 30": status(429, wait=30),
    "429 wait 110": status(429, wait=110),
    "429 wait an hour": status(429, wait=3600),
    "429 until a date": status(429, wait=20, dated=True),
    "429 page": {"kind": "html", "status": 429},
    "500": status(500),
    "501": status(501),
    "502": status(502),
    "502 page": {"kind": "html", "status": 502},
    "503": status(503),
    "503 wait 5": status(503, wait=5),
    "504": status(504),
    "504 after": {"kind": "status_after", "status": 504},
    "400": status(400),
    "404": status(404),
    "410": status(410),
    "403": status(403),
    "403 page": {"kind": "html", "status": 403},
    "200 page": {"kind": "html", "status": 200},
    "401 revoked": refusal("T302"),
    "401 expired": refusal("T301"),
    "401 invalid": refusal("T300"),
    "reset": {"kind": "reset"},
    "reset after": {"kind": "reset_after"},
    "cut": {"kind": "cut"},
    "not JSON": {"kind": "not_json"},
    "JSON of another shape": status(200, body={"items": None}),
    "redirect": {"kind": "redirect", "location": "https://elsewhere.example/login"},
    "slow 4": {"kind": "delay", "seconds": 4.0},
    "slow 29": {"kind": "delay", "seconds": 29.0},
    "slow 130": {"kind": "delay", "seconds": 130.0},
    "dripping": {"kind": "drip", "seconds": 0.5, "chunk": 4096},
    "dripping for long": {"kind": "drip", "seconds": 15.0, "chunk": 8192},
}
HARMLESS = ("slow 4", "slow 29", "slow 130", "dripping", "dripping for long")  # a whole answer, only late


class ApiClock:
    """The API's own clock: the host's clock, wrong by `skew` seconds. It knows what the API's slowness has cost."""

    def __init__(self, base: Clock, skew: float) -> None:
        self._base, self._skew = base, skew
        self._guard = Lock()
        self._retired: Thread | None = None
        self.spent = 0.0

    def time(self) -> float:
        """Epoch seconds as the API sees them."""
        return self._base.time() + self._skew

    def monotonic(self) -> float:
        """Seconds since the host's clock was made."""
        return self._base.monotonic()

    def sleep(self, seconds: float) -> None:
        """The API takes its time, unless nobody waits for it any more."""
        with self._guard:
            if current_thread() is not self._retired:
                self.spent += seconds
                self._base.advance(seconds)

    def retire(self, thread: Thread | None) -> None:
        """That thread serves nobody any more; what it still does takes no time."""
        with self._guard:
            self._retired = thread


@dataclass
class Strike:
    """A fault that is due from one call on."""

    call: int
    name: str
    left: int
    only: str = ""


@dataclass
class Served:
    """How the weather was at one call: the fault that struck, and until when (epoch seconds) the API asks for quiet."""

    blow: str = ""
    quiet_until: float = 0.0
    began: float = 0.0
    fault: Fault | None = None
    thread: Thread | None = None


@dataclass
class Happenings(Faults):
    """Takes the place of the world's faults: counts the calls of a run, lets acts happen, plays one fault a call."""

    clock: ApiClock
    strikes: list[Strike] = field(default_factory=list)
    acts: list[tuple[int, Callable[[], None]]] = field(default_factory=list)
    served: list[Served] = field(default_factory=list)

    def begin(self, strikes: Sequence[Strike], acts: Sequence[tuple[int, Callable[[], None]]]) -> None:
        """A new run: its faults and acts; those of the run before are over."""
        self.armed: list[Fault] = []
        self.strikes, self.acts, self.served = list(strikes), list(acts), []

    def due(self, method: str, path: str) -> Fault | None:
        """What strikes this call; acts of this call happen first."""
        number = len(self.served) + 1
        call = Served(began=self.clock.spent, thread=current_thread())
        self.served.append(call)
        for at, act in self.acts:
            if at == number:
                act()
        strike = next(
            (each for each in self.strikes if each.call <= number and each.left > 0 and each.only in path), None
        )
        if strike is None:
            return None
        strike.left -= 1
        call.blow = strike.name
        call.fault = self._fault(strike.name, call)
        return call.fault

    def _fault(self, name: str, call: Served) -> Fault:
        given = dict(BLOWS[name])
        wait, dated = given.pop("wait", None), given.pop("dated", False)
        fault = Fault(**given)
        if wait is not None:
            now = self.clock.time()
            fault.headers = {"Retry-After": formatdate(now + wait, usegmt=True) if dated else str(wait)}
            call.quiet_until = math.floor(now + wait) if dated else now + wait
        return fault

    def end(self, bytes_out: int) -> None:
        """The run is over. A body of so many bytes that still dripped when the client hung up has cost its whole time.

        Otherwise the clock would depend on which of two threads was faster.
        """
        last = self.served[-1] if self.served else Served()
        self.clock.retire(last.thread)
        if last.fault is not None and last.fault.kind == "drip":
            whole = math.ceil(bytes_out / last.fault.chunk) * last.fault.seconds
            self.clock.sleep(max(0.0, whole - (self.clock.spent - last.began)))

    def longest_call(self) -> float:
        """Seconds of the lab's clock that the slowest call of this run took."""
        ends = [each.began for each in self.served[1:]] + [self.clock.spent]
        return max((end - each.began for each, end in zip(self.served, ends, strict=False)), default=0.0)
