"""The part of SOL that the lab reads: a source, then `where`, `select`, `aggregate count() by`, `limit`.

Everything else is a BadQuery, which ends a run as an error.
"""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
Step = Callable[[list[Row]], list[Row]]
STAGES = re.compile(r"""((?:[^|"']|"[^"]*"|'[^']*')+)(?:\||$)""")
CONDITION = re.compile(r"""\s*([\w.@]+)\s*(==|!=|contains)\s*(?:"([^"]*)"|'([^']*)'|(\d+))\s*(?:and\b|$)""")
FIELD = re.compile(r"[\w.@]+")
COUNT = re.compile(r"count\(\)\s+by\s+([\w.@]+)")
MOST_ROWS = 10_000


class BadQuery(ValueError):
    """A query that the lab cannot read; the text says where."""


def read_query_text(text: str, sources: dict[str, Callable[[], list[Row]]]) -> Callable[[], list[Row]]:
    """What gives the rows of the query when it is called."""
    stages = [stage.strip() for stage in STAGES.findall(text)]
    source = sources.get(stages[0]) if stages else None
    if source is None:
        raise BadQuery(f"the lab knows no source {stages[0] if stages else text!r}, only {', '.join(sources)}")
    steps = [_step(*stage.partition(" ")[::2]) for stage in stages[1:]]

    def rows() -> list[Row]:
        found = source()
        for step in steps:
            found = step(found)
        return found[:MOST_ROWS]

    return rows


def _step(verb: str, rest: str) -> Step:
    rest = rest.strip()
    if verb in ("limit", "head") and rest.isdecimal():
        return lambda rows: rows[: int(rest)]
    if verb == "where":
        conditions = _conditions(rest)
        return lambda rows: [row for row in rows if all(holds(row) for holds in conditions)]
    if verb == "select":
        names = [name.strip() for name in rest.split(",")]
        if all(map(FIELD.fullmatch, names)):
            return lambda rows: [{name: row.get(name) for name in names} for row in rows]
    counted = COUNT.fullmatch(rest) if verb == "aggregate" else None
    if counted:
        return lambda rows: _counts(rows, counted[1])
    raise BadQuery(f"the lab does not read {f'{verb} {rest}'!r}")


def _counts(rows: list[Row], name: str) -> list[Row]:
    counts = Counter(str(row.get(name)) for row in rows)
    return [{name: value, "count": count} for value, count in counts.most_common()]


def _conditions(text: str) -> list[Callable[[Row], bool]]:
    found, place = [], 0
    while place < len(text):
        match = CONDITION.match(text, place)
        if match is None:
            raise BadQuery(f"the lab does not read the condition {text[place:]!r}")
        found.append(_condition(match[1], match[2], next(one for one in match.groups()[2:] if one is not None)))
        place = match.end()
    return found


def _condition(name: str, operator: str, wanted: str) -> Callable[[Row], bool]:
    def holds(row: Row) -> bool:
        held = row.get(name)
        values = [str(one) for one in held] if isinstance(held, list) else [str(held)]
        if operator == "contains":
            return any(wanted in value for value in values)
        return (wanted in values) == (operator == "==")

    return holds
