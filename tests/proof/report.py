"""Writes the Markdown of a proof: `python -m tests.proof.report results.json … > table.md`; several files add up."""

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.proof.trial import Tally

LINES = (
    ("schedules", "Schedules played"),
    ("runs", "Runs of fetch"),
    ("calls", "HTTP calls"),
    ("alerts", "Alerts raised"),
    ("incidents", "Incidents stored"),
    ("with_events", "Incidents with events"),
    ("owed", "Alerts owed"),
    ("not_owed", "Alerts outside of the promise (late beyond the look-back, gone, nameless, too old)"),
    ("lost", "**Lost**"),
    ("doubled", "**Doubled**"),
)
TABLES = (("faults", "Fault"), ("kills", "Death of the host at"), ("acts", "Act of a colleague"), ("jobs", "Event search that ended in state"))


def tally_of(raw: Mapping[str, Any]) -> Tally:
    """A tally from its JSON; an unknown or missing key raises TypeError or KeyError."""
    counters = {name: Counter(raw[name]) for name, _ in TABLES}
    return Tally(**{**raw, **counters})


def markdown(tally: Tally) -> str:
    """The tables of a tally."""
    lines = ["| | |", "|---|---:|"]
    lines += [f"| {words} | {getattr(tally, name):,} |" for name, words in LINES]
    for name, heading in TABLES:
        lines += ["", f"| {heading} | times |", "|---|---:|"]
        lines += [f"| {what} | {count:,} |" for what, count in sorted(getattr(tally, name).items())]
    return "\n".join(lines) + "\n"


def main(paths: Sequence[str]) -> int:
    """Adds the files up and prints the tables; 1 when something was lost or doubled."""
    total = Tally()
    for path in paths:
        total.add(tally_of(json.loads(Path(path).read_text(encoding="utf-8"))))
    sys.stdout.write(markdown(total))
    return 1 if total.lost or total.doubled else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
