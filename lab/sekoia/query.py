"""The query grammar of all lists: match, nomatch, date, range, flags, sort, limit and offset, read into values."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from lab.sekoia.instants import read_instant
from lab.sekoia.refusals import Unemulated, Unfit
from lab.sekoia.switches import Switches

T = TypeVar("T")
BOOLEANS = {"true": True, "True": True, "false": False, "False": False}
FAMILY = re.compile(r"(match|nomatch|date|range)\[([^\[\]]*)\]")
WHOLE = re.compile(r"[+-]?\d{1,18}")
DIRECTIONS = ("asc", "desc")


@dataclass(frozen=True)
class Span:
    """An interval in time (epoch seconds) or of numbers; None is an open end."""

    low: float | None
    high: float | None


@dataclass(frozen=True)
class Grammar:
    """What one route understands. `limit_default` None means all rows when no limit is given.

    `directed` says that a list has a direction and nothing to sort by.
    """

    match: frozenset[str] = frozenset()
    nomatch: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()
    ranges: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    sorts: tuple[str, ...] = ()
    directed: bool = False
    paged: bool = False
    limit_default: int | None = 20
    limit_max: int | None = 100
    fastapi: bool = False

    @property
    def keys(self) -> frozenset[str]:
        """Every key of a query that is understood."""
        families = {"match": self.match, "nomatch": self.nomatch, "date": self.dates, "range": self.ranges}
        named = {f"{family}[{name}]" for family, names in families.items() for name in names}
        order = ("sort",) * bool(self.sorts) + ("direction",) * bool(self.sorts or self.directed)
        return frozenset((*named, *self.flags, *self.words, *self.numbers, *order, *("limit", "offset") * self.paged))


@dataclass
class Query:
    """One call's query, read."""

    match: dict[str, frozenset[str]] = field(default_factory=dict)
    nomatch: dict[str, frozenset[str]] = field(default_factory=dict)
    dates: dict[str, Span] = field(default_factory=dict)
    ranges: dict[str, Span] = field(default_factory=dict)
    flags: dict[str, bool] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    sort: str | None = None
    direction: str | None = None
    limit: int | None = None
    offset: int = 0

    def flag(self, name: str, default: bool) -> bool:
        """The flag's value, or the default when it was not sent."""
        return self.flags.get(name, default)


NOTHING = Grammar()


def read_query(raw: Mapping[str, list[str]], grammar: Grammar, switches: Switches, now: float, route: str) -> Query:
    """The query of a call; Unfit for a value out of the grammar, Unemulated for a key that the lab does not know."""
    reader = _Reader(grammar, switches, now, route, Query(limit=grammar.limit_default))
    for key, values in raw.items():
        if len(values) > 1:
            raise Unfit(f"{key} is given {len(values)} times", ("query", key))
        reader.read(key, values[0])
    return reader.query


@dataclass(frozen=True)
class _Reader:
    """Reads one key after the other into the query."""

    grammar: Grammar
    switches: Switches
    now: float
    route: str
    query: Query

    def read(self, key: str, value: str) -> None:
        found = FAMILY.fullmatch(key)
        if found is not None:
            self._family(key, found[1], found[2], value)
        elif key in ("limit", "offset") and self.grammar.paged:
            self._page(key, value)
        elif (key in ("sort", "direction") and self.grammar.sorts) or (key == "direction" and self.grammar.directed):
            self._order(key, value)
        else:
            self._plain(key, value)

    def _family(self, key: str, family: str, name: str, value: str) -> None:
        grammar, query = self.grammar, self.query
        if family == "date" and name in grammar.dates:
            query.dates[name] = read_window(value, self.now, key)
        elif family == "range" and name in grammar.ranges:
            query.ranges[name] = read_span(value, key)
        elif family == "match" and name in grammar.match:
            query.match[name] = frozenset(value.split(","))
        elif family == "nomatch" and name in grammar.nomatch:
            query.nomatch[name] = frozenset(value.split(","))
        elif family in ("date", "range"):
            raise self._unknown(key)
        elif self.switches.unknown_match == "reject":
            raise Unfit(f"Invalid parameters: {key}", ("query", key))

    def _plain(self, key: str, value: str) -> None:
        if key in self.grammar.flags:
            if value not in BOOLEANS:
                raise Unfit(
                    f"Invalid parameters: {key} is true or false, not {value!r}", ("query", key), "bool_parsing"
                )
            self.query.flags[key] = BOOLEANS[value]
        elif key in self.grammar.words:
            self.query.words[key] = value
        elif key in self.grammar.numbers:
            self.query.numbers[key] = _whole(key, value)
        else:
            raise self._unknown(key)

    def _unknown(self, key: str) -> Unemulated:
        return Unemulated(f"the lab does not know the query key {key!r} of {self.route}", ("query", key))

    def _page(self, key: str, value: str) -> None:
        number = _whole(key, value)
        if key == "offset":
            self.query.offset = _at_least(0, number, key, "greater_than_equal", "greater than or equal to 0")
        else:
            self.query.limit = self._capped(_at_least(1, number, key, "greater_than", "greater than 0"))

    def _capped(self, limit: int) -> int:
        most = self.grammar.limit_max
        if most is None or limit <= most:
            return limit
        if self.grammar.fastapi or self.switches.limit_over_max == "reject":
            message = f"Input should be less than or equal to {most}"
            raise Unfit(message, ("query", "limit"), "less_than_equal")
        return most

    def _order(self, key: str, value: str) -> None:
        allowed = self.grammar.sorts if key == "sort" else DIRECTIONS
        if value not in allowed:
            raise Unfit(f"Input should be one of {', '.join(allowed)} ({key})", ("query", key), "literal_error")
        setattr(self.query, key, value)


def _at_least(low: int, number: int, key: str, kind: str, words: str) -> int:
    if number < low:
        raise Unfit(f"Input should be {words}", ("query", key), kind)
    return number


def _whole(key: str, value: str) -> int:
    if not WHOLE.fullmatch(value):
        message = "Input should be a valid integer, unable to parse string as an integer"
        raise Unfit(f"{message} ({key})", ("query", key), "int_parsing")
    return int(value)


def read_window(value: str, now: float, key: str) -> Span:
    """`start,end` in time; either may be empty or `now`."""
    start, end = _two(value, key)
    return Span(_instant(start, now, key), _instant(end, now, key))


def _instant(text: str, now: float, key: str) -> float | None:
    if text == "":
        return None
    if text == "now":
        return now
    try:
        return read_instant(text)
    except ValueError as error:
        raise Unfit(f"Invalid parameters: {key}: {error}", ("query", key)) from error


def read_span(value: str, key: str) -> Span:
    """`min,max` as numbers; either may be empty."""
    low, high = _two(value, key)
    return Span(_number(low, key), _number(high, key))


def _number(text: str, key: str) -> float | None:
    if text == "":
        return None
    if not re.fullmatch(r"-?\d+(\.\d+)?", text):
        raise Unfit(f"Invalid parameters: {key}: {text!r} is not a number", ("query", key))
    return float(text)


def _two(value: str, key: str) -> tuple[str, str]:
    parts = value.split(",")
    if len(parts) != 2 or parts == ["", ""]:
        raise Unfit(f"Invalid parameters: {key} takes start,end", ("query", key))
    return parts[0], parts[1]


def page_of(items: Sequence[T], query: Query) -> Sequence[T]:
    """The slice of the items that the call asked for."""
    end = None if query.limit is None else query.offset + query.limit
    return items[query.offset : end]
