"""The list of alerts: which rows a query finds, in which order."""

import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from lab.sekoia.alerts.fields import MANY, ONE, RANGES, SORTS, STATUS
from lab.sekoia.alerts.model import Alert
from lab.sekoia.alerts.store import AlertStore
from lab.sekoia.alerts.view import shown_status
from lab.sekoia.query import Query, Span
from lab.sekoia.refusals import Missing
from lab.sekoia.switches import Switches
from lab.sekoia.windows import half_open

# A sieve takes a whole list at once: a call per alert would cost more than all the rest of a list call.
Sieve = Callable[[Sequence[Alert]], Sequence[Alert]]


@dataclass(frozen=True)
class Finder:
    """One search: the store, the knobs and the generator that shuffles ties."""

    store: AlertStore
    switches: Switches
    ties: random.Random

    def find(self, query: Query) -> Sequence[Alert]:
        """All alerts the query finds, in its order."""
        span = query.dates.get("created_at")
        low, high = half_open(span, self.switches) if span else (None, None)
        found: Sequence[Alert] = self.store.between(low, high)
        for sieve in self._sieves(query):
            found = sieve(found)
        return self._in_order(found, query)

    def _sieves(self, query: Query) -> Iterable[Sieve]:
        if self.store.hidden or not query.flag("visible", True):
            yield _equal(attrgetter("visible"), frozenset((query.flag("visible", True),)), True)
        if "is_assigned_to_case" in query.flags:
            yield _equal(_has_case, frozenset((query.flags["is_assigned_to_case"],)), True)
        for name, wanted in query.match.items():
            yield self._field(name, wanted, True)
        for name, unwanted in query.nomatch.items():
            yield self._field(name, unwanted, False)
        for name, span in query.ranges.items():
            yield _in_range(RANGES[name], span)
        if "updated_at" in query.dates:
            yield _updated(*half_open(query.dates["updated_at"], self.switches))
        if "similar_to" in query.words:
            yield self._similar_to(query.words["similar_to"])

    def _field(self, name: str, wanted: frozenset[str], expected: bool) -> Sieve:
        if name in STATUS:
            return _equal(attrgetter("status.uuid"), self._statuses(STATUS[name], wanted), expected)
        if name in ONE:
            return _equal(ONE[name], wanted, expected)
        return _share(MANY[name], wanted, expected)

    def _statuses(self, key: str, wanted: frozenset[str]) -> frozenset[str]:
        """The uuids of the custom statuses that show as one of the wanted statuses."""
        known = self.store.tenant.statuses.all()
        return frozenset(one.uuid for one in known if shown_status(one, self.switches)[key] in wanted)

    def _similar_to(self, identity: str) -> Sieve:
        try:
            other = self.store.shown(identity)
        except Missing:
            return lambda found: []
        key = other.similarity_key
        return lambda found: [alert for alert in found if alert is not other and alert.similarity_key == key]

    def _in_order(self, found: Sequence[Alert], query: Query) -> Sequence[Alert]:
        name, is_descending = self._order(query)
        if self.switches.shuffle_ties:
            return self._shuffled(found, name, is_descending)
        if name != "created_at":
            return sorted(found, key=SORTS[name], reverse=is_descending)
        return found[::-1] if is_descending else found

    def _order(self, query: Query) -> tuple[str, bool]:
        if query.sort is None:
            direction = query.direction or ("desc" if self.switches.unsorted == "newest" else "asc")
            return "created_at", direction == "desc"
        return query.sort, (query.direction or self.switches.default_direction) == "desc"

    def _shuffled(self, found: Sequence[Alert], name: str, is_descending: bool) -> Sequence[Alert]:
        key = _whole_second(name) if name in ("created_at", "updated_at") else SORTS[name]
        mixed: list[Alert] = []
        for _, group in groupby(sorted(found, key=key, reverse=is_descending), key):
            ties = list(group)
            self.ties.shuffle(ties)
            mixed.extend(ties)
        return mixed


def _has_case(alert: Alert) -> bool:
    return bool(alert.cases)


def _whole_second(name: str) -> Callable[[Alert], int]:
    return lambda alert: int(getattr(alert, name))


def _equal(value: Callable[[Alert], Any], wanted: frozenset[Any], expected: bool) -> Sieve:
    if expected:
        return lambda found: [alert for alert in found if value(alert) in wanted]
    return lambda found: [alert for alert in found if value(alert) not in wanted]


def _share(values: Callable[[Alert], Iterable[Any]], wanted: frozenset[str], expected: bool) -> Sieve:
    return lambda found: [alert for alert in found if wanted.isdisjoint(values(alert)) is not expected]


def _in_range(number: Callable[[Alert], int | None], span: Span) -> Sieve:
    low = -math.inf if span.low is None else span.low
    high = math.inf if span.high is None else span.high

    def sieve(found: Sequence[Alert]) -> Sequence[Alert]:
        return [alert for alert in found if (value := number(alert)) is not None and low <= value <= high]

    return sieve


def _updated(low: float | None, high: float | None) -> Sieve:
    first = -math.inf if low is None else low
    after = math.inf if high is None else high
    return lambda found: [alert for alert in found if first <= alert.updated_at < after]
