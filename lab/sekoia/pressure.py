"""Limits on the caller: the rate limit and the firewall that blocks who causes too many errors."""

from collections import deque
from random import Random

from lab.sekoia.exchange import Reply, html_reply, json_reply
from lab.sekoia.switches import Switches

ERROR_WINDOW = 5.0
BLOCK_SECONDS = (30.0, 600.0)


class Pressure:
    """Counts calls and errors on the lab's clock (monotonic seconds)."""

    def __init__(self, switches: Switches, rng: Random) -> None:
        self._switches = switches
        self._rng = rng
        self._calls: deque[float] = deque()
        self._errors: deque[float] = deque()
        self.blocked_until = 0.0

    def push_back(self, now: float) -> Reply | None:
        """The firewall's page or the rate limit's 429; None lets the call in."""
        if self._switches.waf is not None and now < self.blocked_until:
            return html_reply(self._switches.waf_status, "Request blocked")
        return self._throttled(now)

    def note(self, now: float, status: int) -> None:
        """Count an answer of 4xx or 5xx; too many of them within five seconds block the caller."""
        limit = self._switches.waf
        if limit is None or status < 400 or now < self.blocked_until:
            return
        self._errors.append(now)
        while self._errors[0] <= now - ERROR_WINDOW:
            self._errors.popleft()
        if len(self._errors) > limit * ERROR_WINDOW:
            self.blocked_until = now + self._rng.uniform(*BLOCK_SECONDS)
            self._errors.clear()

    def _throttled(self, now: float) -> Reply | None:
        limit = self._switches.throttle
        if limit is None:
            return None
        while self._calls and self._calls[0] <= now - 1.0:
            self._calls.popleft()
        if len(self._calls) < limit:
            self._calls.append(now)
            return None
        return self._too_many()

    def _too_many(self) -> Reply:
        reply = {
            "json": lambda: json_reply({"message": "Too many requests"}, 429),
            "empty": lambda: Reply(429),
            "html": lambda: html_reply(429, "Too many requests"),
        }[self._switches.throttle_body]()
        if self._switches.retry_after_header is not None:
            reply.headers["Retry-After"] = self._switches.retry_after_header
        return reply
