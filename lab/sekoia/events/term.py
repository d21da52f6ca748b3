"""The part of Elasticsearch's query string that the lab reads: `field:value`, AND, OR, NOT, parentheses, quotes.

Everything else (bare words, wildcards, ranges, patterns, boosts, blanks that stand for an operator) is a BadTerm.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Protocol

ALERTS = "alert_short_ids"
TOKEN = re.compile(r'\s*(?:(?P<mark>[():])|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>(?:[^\s()":\\]|\\.)+)|(?P<odd>\S))')
SPECIAL = re.compile(r"(?<!\\)[*?~^\[\]{}<>=]|(?<!\\)(?:&&|\|\|)|^[-+!/]")
ESCAPE = re.compile(r"\\(.)")
OPERATORS = ("AND", "OR", "NOT")
NESTING = 50


class BadTerm(ValueError):
    """A term that the lab cannot read; the text says where."""


class Values(Protocol):
    """What a term asks of an event: the values of a field, as text."""

    def __call__(self, field: str) -> frozenset[str]: ...


@dataclass(frozen=True)
class Node:
    """A part of a term. `alerts` are the only alerts whose events can match, None when that cannot be told."""

    holds: Callable[[Values], bool]
    alerts: frozenset[str] | None = None


@dataclass(frozen=True)
class Term:
    """A term, read."""

    root: Node
    has_or: bool


EVERYTHING = Node(lambda values: True)


def read_term(text: str) -> Term:
    """The term; BadTerm for one that is not in the grammar above."""
    if text.strip() == "":
        return Term(EVERYTHING, False)
    reader = _Reader(list(_tokens(text)))
    root = reader.either(None, 0)
    if reader.kind is not None:
        raise BadTerm(f"nothing was expected after the term, found {reader.text!r}")
    return Term(root, reader.has_or)


def is_field(field: str, value: str) -> Node:
    """The field has that value, alone or among others."""
    return Node(lambda values: value in values(field), frozenset((value,)) if field == ALERTS else None)


def both(left: Node, right: Node) -> Node:
    """Left and right hold."""
    alerts = left.alerts if right.alerts is None else right.alerts
    return Node(lambda values: left.holds(values) and right.holds(values), alerts)


def one_of(left: Node, right: Node) -> Node:
    """Left or right holds, or both."""
    is_bound = left.alerts is not None and right.alerts is not None
    alerts = (left.alerts or frozenset()) | (right.alerts or frozenset()) if is_bound else None
    return Node(lambda values: left.holds(values) or right.holds(values), alerts)


def opposite(node: Node) -> Node:
    """It does not hold."""
    return Node(lambda values: not node.holds(values))


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for found in TOKEN.finditer(text):
        kind = str(found.lastgroup)
        value = found[kind]
        if kind == "odd":
            raise BadTerm(f"{value!r} was not expected")
        if kind == "word" and value in OPERATORS:
            kind = "operator"
        elif kind == "word" and SPECIAL.search(value):
            raise BadTerm(f"the lab does not read {value!r}")
        yield kind, ESCAPE.sub(r"\1", value) if kind in ("word", "quoted") else value


class _Reader:
    """Reads the tokens from left to right; OR binds less than AND, AND less than NOT."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._place = 0
        self.has_or = False

    @property
    def kind(self) -> str | None:
        return self._tokens[self._place][0] if self._place < len(self._tokens) else None

    @property
    def text(self) -> str:
        return self._tokens[self._place][1] if self._place < len(self._tokens) else "the end"

    def _skip(self, kind: str, text: str) -> bool:
        if (self.kind, self.text) != (kind, text):
            return False
        self._place += 1
        return True

    def either(self, field: str | None, depth: int) -> Node:
        parts = [self._each(field, depth)]
        while self._skip("operator", "OR"):
            self.has_or = True
            parts.append(self._each(field, depth))
        return reduce(one_of, parts)

    def _each(self, field: str | None, depth: int) -> Node:
        parts = [self._not(field, depth)]
        while self._skip("operator", "AND"):
            parts.append(self._not(field, depth))
        return reduce(both, parts)

    def _not(self, field: str | None, depth: int) -> Node:
        if self._skip("operator", "NOT"):
            return opposite(self._one(field, depth))
        return self._one(field, depth)

    def _one(self, field: str | None, depth: int) -> Node:
        if self._skip("mark", "("):
            return self._group(field, depth + 1)
        return self._field(depth) if field is None else is_field(field, self._value())

    def _group(self, field: str | None, depth: int) -> Node:
        if depth > NESTING:
            raise BadTerm(f"more than {NESTING} parentheses in each other")
        inner = self.either(field, depth)
        if not self._skip("mark", ")"):
            raise BadTerm(f"a parenthesis is open at {self.text!r}")
        return inner

    def _field(self, depth: int) -> Node:
        if self.kind != "word":
            raise BadTerm(f"a field was expected, found {self.text!r}")
        field = self._value()
        if not self._skip("mark", ":"):
            raise BadTerm(f"{field!r} is not followed by a colon")
        return self._group(field, depth + 1) if self._skip("mark", "(") else is_field(field, self._value())

    def _value(self) -> str:
        if self.kind not in ("word", "quoted"):
            raise BadTerm(f"a value was expected, found {self.text!r}")
        value = self.text
        self._place += 1
        return value
