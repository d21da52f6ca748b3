"""The page of the proof: tallies added up, and how each mutant was caught, as Markdown."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.portions import SUBJECT
from tests.proof.mutants import Mutant, Verdict
from tests.proof.trial import JOB_ENDS, Tally
from tests.proof.weather import BLOWS

HEAD = """# The proof of fetch

Written by `make proof`, which plays 10,000 schedules and goes on where it was stopped; `make test` plays 300 of them,
one for each kind of fault, and every mutant. That the host dies and loses nothing rests on an assumption about the
platform: it stores the incidents and the last run of a fetch together ([fidelity.md](fidelity.md)).

A schedule is a random tenant (bursts, full seconds in any order, alerts that show late, odd alerts, alerts closed,
reopened and deleted in the middle of a page, lifted into the filter and lowered out of it by their urgency, events
attached late, the clocks of the API and of the engine that dates alerts up to five minutes off, from the host's and
from each other), random settings that change between runs, random faults of the API, event searches that are slow,
fail, are canceled or expire, and deaths of the host at any call of the platform, with restarts. The built pack runs in
the lab's host and talks real HTTP to the emulated API. What is true is written down outside of the pack, and after each
run it is checked that

- every alert that was owed has become exactly one incident, and no alert two;
- a run that the API answered makes progress (where alerts wait for events: none waits longer than it may);
- within a run, no call is faster than the pace, or earlier than the API asked for, or follows a refused key;
- no run outlasts its time limit by more than one call; nothing is half kept; no intake key is told.

An alert is owed once a run begins while it shows and matches. Excepted are alerts that showed so late that an incident
younger by more than the look-back had come before, and those without any id. Where late matches are fetched, an alert
is also owed when it is lifted into the filter later. One that is gone before any run could see it is not owed."""
LINES = (
    ("schedules", "Schedules played"),
    ("runs", "Runs of fetch"),
    ("calls", "HTTP calls"),
    ("alerts", "Alerts raised"),
    ("incidents", "Incidents stored"),
    ("with_events", "Incidents with events"),
    ("owed", "Alerts owed"),
    ("not_owed", "Alerts outside of the promise (late beyond the look-back, gone, nameless, too old)"),
)
KINDS = {"faults": BLOWS, "acts": ("close", "delete", "lift", "lower", "raise", "reopen"), "jobs": JOB_ENDS.values()}
TABLES = (
    ("faults", "Fault"),
    ("kills", "Death of the host at"),
    ("acts", "Act of a colleague"),
    ("jobs", "Event search that ended in state"),
)


def tally_of(raw: Mapping[str, Any]) -> Tally:
    """A tally from its JSON; an unknown or missing key raises TypeError or KeyError."""
    return Tally(**{**raw, **{name: Counter(raw[name]) for name, _ in TABLES}})


def added_up(files: Iterable[Path]) -> Tally:
    """The tallies of several files as one."""
    total = Tally()
    for path in files:
        total.add(tally_of(json.loads(path.read_text(encoding="utf-8"))))
    return total


def table_of(tally: Tally, caught: int, mutants: int) -> list[str]:
    """The table that says it all."""
    sums = [("Faults injected", tally.faults), ("Deaths of the host", tally.kills)]
    lines = ["| | |", "|---|---:|"]
    lines += [f"| {words} | {getattr(tally, name):,} |" for name, words in LINES]
    lines += [f"| {words} | {counter.total():,} |" for words, counter in sums]
    lines += [f"| **Lost** | **{tally.lost}** |", f"| **Doubled** | **{tally.doubled}** |"]
    return [*lines, f"| **Mutants caught** | **{caught}/{mutants}** |"]


def counted(tally: Tally) -> list[str]:
    """How often each kind of trouble came."""
    lines = []
    for name, heading in TABLES:
        lines += ["", f"| {heading} | times |", "|---|---:|"]
        found = {**dict.fromkeys(KINDS.get(name, ()), 0), **getattr(tally, name)}
        lines += [f"| {what} | {count:,} |" for what, count in sorted(found.items())]
    return lines


def mutants_table(verdicts: Mapping[Mutant, Verdict]) -> list[str]:
    """How each mutant fared."""
    lines = ["| fetch broken so that | broken promise | by the schedule |", "|---|---|---|"]
    for mutant, verdict in verdicts.items():
        lines.append(f"| {mutant.name} | {verdict.promise or '**none**'} | {mutant.shown_by.replace('_', ' ')} |")
    return lines


def page(tally: Tally, verdicts: Mapping[Mutant, Verdict], subject: str) -> str:
    """The whole page."""
    caught = sum(bool(verdict.promise) for verdict in verdicts.values())
    told = [
        HEAD,
        "",
        SUBJECT.format(subject),
        "",
        *table_of(tally, caught, len(verdicts)),
        "",
        "## What happened to it",
        *counted(tally),
    ]
    told += ["", "## The proof proved", "", "The same pack with one thing broken, each time caught:", ""]
    return "\n".join([*told, *mutants_table(verdicts)]) + "\n"
