"""Writes how far the lab can be believed: `python -m lab.fidelity` prints the page.

Every row comes from an evidence file beside the code; what is left out, and what only a live tenant or server can tell,
stands in the `limits.yml` of each half.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from lab.sekoia.switches import RULES
from lab.xsoar.mirror_state import Habits

API, HOST = Path(__file__).parent / "sekoia", Path(__file__).parent / "xsoar"
HABITS = {habit.name: habit.default for habit in fields(Habits)}
HEAD = """# How far the lab can be believed

Written by `make docs` from the evidence files beside the code of the lab. Of the API, **documented** means that
Sekoia's documentation or its own description of the API says so, **observed** that public clients or recorded answers
show it; of the XSOAR server, that its developer documentation says so, or that its own library or well-kept packs
show it. **Assumed**: nobody outside says. "Partly assumed": the source names the part that is. The first part is
about the API, the second about [the host](#the-host-what-is-taken-for-granted-of-xsoar).

"""
SHARE = """A switch turns a behaviour the other way, so that tests run the pack both ways. Most assumed behaviours have
none: the pack was not seen to depend on them, or there is nothing to turn. The questions below name what matters most
of the rest.
"""
DESCRIPTION = """## Held against Sekoia's own description of the API

Sekoia publishes an OpenAPI file. Where `SEKOIA_OPENAPI` names it (`make contract-spec` brings the current one), the
whole test run is held against it (`tests/contract/test_description.py`). Every good answer of the emulator must fit the
schema of its call and status. Every call that the pack makes must have a path, query parameters, values in them and a
body that are described. Every route of the emulator must want the permissions that are described, and the pack must
name no other permission for any call. Without the file these tests say that they were skipped. The last review was
against the file of {month} (SHA-256 `{sha256}`).

What this cannot tell: of the {writing} routes of the emulator that take a body, {bodies_described} have one that is
described; of {bodies_open} it says only that there is one, of {bodies_bare} only the type, and of {bodies_absent}
nothing. Of the {routes} routes, {answers_without_schema} have no schema for a good answer, among them those that
answer nothing. Most query parameters are described as texts, into which every value fits. Not compared: how texts in
bodies and answers are formed (moments and ids; in queries they are); the bodies of errors, which the description leaves
open; answers of tenants that are odd on purpose; and answers in the proof of fetch (`tests/proof`), which are too many
to keep: of these runs only the questions are heard.

The description is looser or stricter than what is known from elsewhere in these points, and only in these:

| where it is not followed | calls | why | what says so |
|---|---|---|---|
"""
LIVE = """## What only a live tenant can tell

Each switch that is named here is turned to each of its positions in `tests/journeys/test_any_tenant.py`, alone and
together with all others (but one: a 429 that is a web page is a block to the pack, and has a test of its own). A tour
of the pack must end the same on each of these tenants: fetch with events, moves of one alert and of several, closes
with and without a verdict, a comment, custom fields, searches, cases and their alerts, an asset and its history.
Compared are incidents, states, numbers of rows and values that were given; the order and the edges of lists may differ.
The test also records every answer, and each position must change at least one of them, or the switch is one of those
that the tour never meets:

{never_met}

The proof of fetch and that of mirroring turn some of the switches at random besides.

| question | what the lab does | the other answer: switch, and what the pack does about it |
|---|---|---|
"""
SERVER = """# The host: what is taken for granted of XSOAR

No server was at hand. The pack runs in a host of this project (`lab/xsoar`), so what the tests and the proof show is
true on a server as far as the host is like one. The most important point: **"lost 0, doubled 0" under deaths of the
server ([proof.md](proof.md)) rests on the assumption that a server stores the last run and the incidents of one run
together or not at all.** The developer documentation says only that a run which ends in an error stores no state.

## What only a live server can tell

A habit is a switch of the host's mirroring. The trials with two analysts (`tests/mirror/test_two_actors.py`) draw
their habits in `tests/mirror/schedule.py` at random; the other tests named turn one habit each, or rest on what the
lab does where there is nothing to turn.

| question | what the lab does | the other position | what the pack does about it | tests |
|---|---|---|---|---|
"""


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a YAML file."""
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))
    return found


def cell(text: Any) -> str:
    """A text that a Markdown table takes; what stands in backticks is shown as it is."""
    parts = " ".join(str(text).split()).replace("|", "\\|").split("`")
    return "`".join(part if place % 2 else part.replace("<", "&lt;") for place, part in enumerate(parts))


def positions(switch: str) -> str:
    """A switch of the tenant with its positions; KeyError for one that does not exist."""
    allowed = RULES[switch].get("allowed")
    return f"`{switch}`" + (f" ({', '.join(str(one) for one in allowed)})" if allowed else "")


def habit(name: str) -> str:
    """A habit of the host with where it stands by default and its other position; KeyError for an unknown one."""
    return f"`{name}` ({HABITS[name]}, {not HABITS[name]})"


def table(rows: Iterable[Mapping[str, Any]], switches: Any = positions, word: str = "switch") -> Iterator[str]:
    """Behaviours with their certainty, source and switch."""
    yield f"| behaviour | certainty | source | as of | {word} |"
    yield "|---|---|---|---|---|"
    for row in rows:
        route = f"`{row['route']}`: " if "route" in row else ""
        switch = switches(row["switch"]) if "switch" in row else ""
        cells = (f"{route}{cell(row['behaviour'])}", row["certainty"], cell(row["source"]), row["date"], switch)
        yield "| " + " | ".join(map(str, cells)) + " |"


def departure(one: Mapping[str, Any]) -> str:
    """A row: where the description is not followed."""
    return "| " + " | ".join(cell(one[name]) for name in ("about", "calls", "why", "source")) + " |"


def question(one: Mapping[str, Any]) -> str:
    """A row: what nobody outside knows of the API."""
    switches = ", ".join(map(positions, one.get("switches", ())))
    covered = f"{switches}; {cell(one['covered'])}" if switches else cell(one["covered"])
    return f"| {cell(one['question'])} | {cell(one['lab'])} | {covered} |"


def host_question(one: Mapping[str, Any]) -> str:
    """A row: what nobody outside knows of the server."""
    habits = ", ".join(map(habit, one.get("habits", ())))
    other = f"{cell(one['other'])}; {habits}" if habits else cell(one["other"])
    tests = ", ".join(f"`{name}`" for name in one["tests"]) or "none"
    return f"| {cell(one['question'])} | {cell(one['lab'])} | {other} | {cell(one['covered'])} | {tests} |"


def counted(rows: list[dict[str, Any]], what: str) -> str:
    """How many behaviours are known how well, and how many of the assumed ones can be turned."""
    counts = Counter(row["certainty"] for row in rows)
    parts = [f"{counts[kind]} {kind}" for kind in KINDS if counts[kind]]
    doubtful = [row for row in rows if "assumed" in row["certainty"]]
    turned = sum("switch" in row for row in doubtful)
    return (
        f"{len(rows)} behaviours of {what}: {'; '.join(parts)}. "
        f"Of the {len(doubtful)} that are assumed as a whole or in part, {turned} have a switch."
    )


KINDS = ("documented", "observed", "documented, partly assumed", "observed, partly assumed", "assumed")


def bullets(texts: Iterable[str]) -> Iterator[str]:
    """A list with its heading."""
    yield from ("", "## Not emulated", "", *(f"- {cell(text)}" for text in texts), "")


def api() -> Iterator[str]:
    """The part about the API."""
    limits = yaml.safe_load((API / "limits.yml").read_text("utf-8"))
    facts = yaml.safe_load((API / "description_facts.yml").read_text("utf-8"))
    yield DESCRIPTION.format(**facts) + "\n".join(map(departure, read(API / "description_exceptions.yml"))) + "\n"
    never_met = "\n".join(f"- {positions(name)}: {cell(why)}" for name, why in limits["never_met"].items())
    yield LIVE.format(never_met=never_met) + "\n".join(map(question, limits["open_questions"]))
    yield from bullets(limits["not_emulated"])
    for path in sorted(API.rglob("evidence.yml")):
        name = path.parent.name if path.parent != API else "all calls"
        yield from (f"## {name.replace('_', ' ').capitalize()}", "", *table(read(path)), "")


def host() -> Iterator[str]:
    """The part about the XSOAR server."""
    limits = yaml.safe_load((HOST / "limits.yml").read_text("utf-8"))
    yield SERVER + "\n".join(map(host_question, limits["open_questions"]))
    yield from bullets(limits["not_emulated"])
    yield from ("## Behaviours of the host", "", *table(read(HOST / "evidence.yml"), habit, "habit"), "")


def page() -> str:
    """The whole page."""
    of_api = [row for path in sorted(API.rglob("evidence.yml")) for row in read(path)]
    totals = [counted(of_api, "the API"), counted(read(HOST / "evidence.yml"), "the XSOAR server")]
    lines = [HEAD + "\n".join(totals), "", SHARE, *api(), *host()]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
