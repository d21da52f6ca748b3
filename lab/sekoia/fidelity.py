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


def page() -> str:
    """The whole page."""
    files = sorted(FOLDER.rglob("evidence.yml"))
    everything = [row for path in files for row in read(path)]
    counts = {
        word: sum(row["certainty"] == word for row in everything) for word in ("documented", "observed", "assumed")
    }
    lines = [HEAD, f"{len(everything)} behaviours: " + ", ".join(f"{n} {word}" for word, n in counts.items()) + ".", ""]
    limits = yaml.safe_load((FOLDER / "limits.yml").read_text("utf-8"))
    lines += [
        "## What only a live tenant can tell",
        "",
        "| question | what the lab does | switch or test that covers the other answer |",
    ]
    lines += ["|---|---|---|"]
    lines += [f"| {cell(o['question'])} | {cell(o['lab'])} | {cell(o['covered'])} |" for o in limits["open_questions"]]
    lines += ["", "## Not emulated", "", *(f"- {cell(text)}" for text in limits["not_emulated"]), ""]
    for path in files:
        name = path.parent.name if path.parent != FOLDER else "all calls"
        lines += [f"## {name.replace('_', ' ').capitalize()}", "", *table(read(path)), ""]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
