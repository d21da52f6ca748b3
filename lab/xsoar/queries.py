"""Searches over incidents: the part of the platform's query language that widgets and scripts use.

`field:value`, `field:"a value"`, `-field:value`, `field:(a b)`, `field:>=3`, joined by `and` or blanks, with `or`,
`not` and parentheses. Anything else raises BadQuery: a search that is not understood would show wrong numbers.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from lab.xsoar.errors import BadQuery
from lab.xsoar.incidents import Incident
from lab.xsoar.timers import seconds_of

if TYPE_CHECKING:
    from lab.xsoar.host import Host

Test = Callable[[Incident], bool]
TOKEN = re.compile(
    r"""\s*(?:(?P<open>\()|(?P<close>\))|(?P<word>and|or|not)\b"""
    r"""|(?P<minus>-)?(?P<field>[\w.]+):(?P<sign>>=|<=|>|<)?(?:"(?P<quoted>[^"]*)"|\((?P<several>[^()]*)\)|(?P<bare>[^\s()]+)))""",
    re.IGNORECASE,
)
STATUS_WORDS: Mapping[str, float] = {"pending": 0, "active": 1, "closed": 2, "done": 2, "archived": 3}
SEVERITY_WORDS: Mapping[str, float] = {
    "unknown": 0,
    "info": 0.5,
    "informational": 0.5,
    "low": 1,
    "medium": 2,
    "high": 3,
    "critical": 4,
}
WORDS: Mapping[str, Mapping[str, float]] = {"status": STATUS_WORDS, "severity": SEVERITY_WORDS}
SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    ">": lambda left, right: left > right,
    "<": lambda left, right: left < right,
    ">=": lambda left, right: left >= right,
    "<=": lambda left, right: left <= right,
}


class _Parser:
    """A descent over the words of a query."""

    def __init__(self, text: str) -> None:
        self.words: list[re.Match[str]] = []
        place = 0
        while text[place:].strip():
            word = TOKEN.match(text, place)
            if word is None:
                raise BadQuery(f"query {text!r}: not understood from {text[place:].strip()!r} on")
            self.words.append(word)
            place = word.end()
        self.text, self.at = text, 0

    def peek(self, group: str, value: str = "") -> bool:
        if self.at >= len(self.words):
            return False
        found = self.words[self.at][group]
        return found is not None and (not value or found.casefold() == value)

    def either(self) -> Test:
        tests = [self.both()]
        while self.peek("word", "or"):
            self.at += 1
            tests.append(self.both())
        return lambda incident: any(test(incident) for test in tests)

    def both(self) -> Test:
        tests = [self.one()]
        while self.at < len(self.words) and not self.peek("close") and not self.peek("word", "or"):
            self.at += self.peek("word", "and")
            tests.append(self.one())
        return lambda incident: all(test(incident) for test in tests)

    def one(self) -> Test:
        if self.peek("word", "not"):
            self.at += 1
            test = self.one()
            return lambda incident: not test(incident)
        if self.peek("open"):
            self.at += 1
            test = self.either()
            if not self.peek("close"):
                raise BadQuery(f"query {self.text!r}: a parenthesis stays open")
            self.at += 1
            return test
        if not self.peek("field"):
            raise BadQuery(f"query {self.text!r}: a condition is missing")
        word = self.words[self.at]
        self.at += 1
        return _condition(word)


def _values(word: "re.Match[str]") -> list[str]:
    if word["several"] is not None:
        return [one.strip('"') for one in re.findall(r'"[^"]*"|\S+', word["several"])]
    return [word["quoted"] if word["quoted"] is not None else word["bare"]]


def _condition(word: "re.Match[str]") -> Test:
    field, values, sign = word["field"], _values(word), word["sign"] or ""
    words: Mapping[str, float] = WORDS.get(field.casefold(), {})

    def test(incident: Incident) -> bool:
        found = incident.fields[field]
        held = found if isinstance(found, list) else [found]
        hit = any(_suits(one, words.get(value.casefold(), value), sign) for one in held for value in values)
        return hit != bool(word["minus"])

    return test


def _suits(held: Any, wanted: Any, sign: str) -> bool:
    if wanted == "*":
        return held not in (None, "", [])
    if held is None:
        return bool(wanted == "")
    try:
        numbers = float(held), float(wanted)
    except (TypeError, ValueError):
        return not sign and str(held).casefold() == str(wanted).casefold()
    return SIGNS[sign](*numbers) if sign else numbers[0] == numbers[1]


def condition(query: str) -> Test:
    """What a query asks of an incident; raises BadQuery naming what is not understood."""
    if not query.strip():
        return lambda incident: True
    parser = _Parser(query)
    test = parser.either()
    if parser.at < len(parser.words):
        raise BadQuery(f"query {query!r}: a parenthesis is closed that was never opened")
    return test


def search(host: "Host", query: str, start: float | None = None, end: float | None = None) -> list[Incident]:
    """The incidents that a query finds, among those that occurred in a time range."""
    test = condition(query)
    low, high = start or float("-inf"), end or float("inf")
    return [one for one in host.incidents.all() if low <= seconds_of(one.occurred) <= high and test(one)]


def get_incidents(host: "Host", room: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """The platform's `getIncidents`, with query, fromdate, todate, page and size."""
    ends = [seconds_of(str(args[key])) if args.get(key) else None for key in ("fromdate", "todate")]
    found = search(host, str(args.get("query") or ""), *ends)
    size, page = int(args.get("size") or 100), int(args.get("page") or 0)
    shown = [incident.as_platform() for incident in found[page * size : (page + 1) * size]]
    return {"ContentsFormat": "json", "Contents": {"data": shown, "total": len(found)}}
