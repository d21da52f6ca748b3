"""Writes how far the emulator can be believed: `python -m lab.sekoia.fidelity` prints the page.

Every row comes from an evidence file beside the code; what is left out, and what only a live tenant can tell, stands in
`limits.yml`.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from lab.sekoia.switches import RULES

FOLDER = Path(__file__).parent
HEAD = """# How far the lab can be believed

Written by `make docs` from the evidence files beside the emulator's code. **Documented**: Sekoia's documentation or its
own description of the API says so. **Observed**: public clients or recorded answers show it. **Assumed**: nobody
outside says; where a client could depend on it, a switch turns it the other way, and tests run the pack both ways.
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

Each switch that is named here is turned to each of its positions, alone and together with all others, in
`tests/journeys/test_any_tenant.py`: fetch with events, a move, a comment, a close, searches, a case and its refusal end
the same on all of these tenants. The proof of fetch and that of mirroring turn many of them at random besides.

| question | what the lab does | the other answer: switch, and what the pack does about it |
|---|---|---|
"""


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a YAML file."""
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))
    return found


def cell(text: Any) -> str:
    """A text that a Markdown table takes."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")


def positions(switch: str) -> str:
    """A switch with its positions."""
    allowed = RULES[switch].get("allowed")
    return f"`{switch}`" + (f" ({', '.join(str(one) for one in allowed)})" if allowed else "")


def table(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Behaviours with their certainty, source and switch."""
    yield "| behaviour | certainty | source | as of | switch |"
    yield "|---|---|---|---|---|"
    for row in rows:
        route = f"`{row['route']}`: " if "route" in row else ""
        switch = positions(row["switch"]) if "switch" in row else ""
        cells = (f"{route}{cell(row['behaviour'])}", row["certainty"], cell(row["source"]), row["date"], switch)
        yield "| " + " | ".join(map(str, cells)) + " |"


def departure(one: Mapping[str, Any]) -> str:
    """A row: where the description is not followed."""
    return "| " + " | ".join(cell(one[name]) for name in ("about", "calls", "why", "source")) + " |"


def question(one: Mapping[str, Any]) -> str:
    """A row: what nobody outside knows."""
    switches = ", ".join(map(positions, one.get("switches", ())))
    covered = f"{switches}; {cell(one['covered'])}" if switches else cell(one["covered"])
    return f"| {cell(one['question'])} | {cell(one['lab'])} | {covered} |"


def page() -> str:
    """The whole page."""
    files = sorted(FOLDER.rglob("evidence.yml"))
    everything = [row for path in files for row in read(path)]
    counts = {
        word: sum(row["certainty"] == word for row in everything) for word in ("documented", "observed", "assumed")
    }
    lines = [HEAD, f"{len(everything)} behaviours: " + ", ".join(f"{n} {word}" for word, n in counts.items()) + ".", ""]
    limits = yaml.safe_load((FOLDER / "limits.yml").read_text("utf-8"))
    facts = yaml.safe_load((FOLDER / "description_facts.yml").read_text("utf-8"))
    lines += [DESCRIPTION.format(**facts) + "\n".join(map(departure, read(FOLDER / "description_exceptions.yml"))), ""]
    lines += [LIVE + "\n".join(map(question, limits["open_questions"]))]
    lines += ["", "## Not emulated", "", *(f"- {cell(text)}" for text in limits["not_emulated"]), ""]
    for path in files:
        name = path.parent.name if path.parent != FOLDER else "all calls"
        lines += [f"## {name.replace('_', ' ').capitalize()}", "", *table(read(path)), ""]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
