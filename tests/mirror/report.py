"""The page of the proof of mirroring: what the runs went through, and how each mutant fared, as Markdown."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.mirror.checks import Tally
from tests.mirror.mutants import Mutant
from tests.portions import SUBJECT

HEAD = """# The proof of mirroring

Written by `make proof-mirror`, which plays 1 000 runs of 500 steps and goes on where it was stopped; the table below
counts what was played. `make test` plays some shorter ones, one of 500 and every mutant.

In a run two analysts, one in XSOAR and one in Sekoia, edit, comment, close and reopen the same alerts at random,
while the API refuses, fails and drops connections, the server dies and starts again, time jumps, alerts are deleted,
and somebody acts in the middle of a round. Direction, switches and clocks differ from run to run, as do those of the
server's open habits that [fidelity.md](fidelity.md) lists with this test. A server that has not ended a round yet, or
whose time never moves, dies only where no answer is in doubt, since no pack can know of such a death. The built pack
runs in the lab's host and talks real HTTP to the emulated API. Whenever the weather is fine and nobody acts for five
rounds, and at the end of each run, it is checked that

- both sides of each alert are equal, in their status, verdict, urgency, title, details and assignee; where changes go
  one way only, the side that only follows has what the other wrote, and the other is left alone;
- what one side alone has changed stands, and where both did, the last word of one of them does (Sekoia's, as
  `tests/journeys/test_mirror_out.py` shows);
- where both directions and all four switches are on, an incident is closed exactly when its alert is; elsewhere, where
  one side alone closed or reopened, the other has followed if direction and switch say so, and else stayed as it was;
- a closing has the reason and the notes of the side that asked for it, and its comment is there once;
- each comment and file is there exactly once on each side, and none has come back as another;
- what is missing was refused by Sekoia, and the incident says so; in fair weather nothing is called refused;
- nothing moves any more.

Some incidents hear nothing of their alert: closed ones, where the server brings nothing into closed incidents, and all,
where changes go out only and Sekoia refuses some. Of these it is only checked that no comment or file is there twice.

A run in which one of these fails ends the proof: what is shown are runs that held."""
LINES = (
    ("schedules", "Runs"),
    ("steps", "Steps, with what was done in the middle of a round"),
    ("rounds", "Rounds of mirroring"),
    ("deaths", "Deaths of the server in a round"),
    ("incidents", "Incidents compared with their alerts"),
    ("closed", "of them closed"),
    ("closings", "Closings whose words were compared"),
    ("refusals", "Refusals by Sekoia that incidents were told of"),
    ("comments_in", "Comments compared that came from Sekoia"),
    ("comments_out", "Comments compared that went to Sekoia"),
)
WHO = {"x": "the analyst in XSOAR", "s": "the analyst in Sekoia", "w": "the world"}


def added_up(files: Iterable[Path]) -> Tally:
    """The tallies of several files as one."""
    total = Tally()
    for path in files:
        raw = json.loads(path.read_text(encoding="utf-8"))
        total.add(Tally(**{**raw, "deeds": Counter(raw["deeds"])}))
    return total


def page(tally: Tally, verdicts: Mapping[Mutant, str], subject: str) -> str:
    """The whole page; a verdict is the promise that a mutant broke, or nothing."""
    lines = [HEAD, "", SUBJECT.format(subject), "", "| | |", "|---|---:|"]
    lines += [f"| {words} | {getattr(tally, name):,} |" for name, words in LINES]
    caught = sum(bool(told) for told in verdicts.values())
    lines += [f"| **Echoes** | **{tally.echoes}** |", f"| **Mutants caught** | **{caught}/{len(verdicts)}** |"]
    lines += ["", "## What was done", "", "| who | deed | times |", "|---|---|---:|"]
    lines += [f"| {WHO[deed[0]]} | {deed[2:]} | {count:,} |" for deed, count in sorted(tally.deeds.items())]
    lines += ["", "## The proof proved", "", "The same pack with one thing broken, each time caught:", ""]
    lines += ["| mirroring broken so that | caught by |", "|---|---|"]
    lines += [f"| {mutant.name} | {told or '**nothing**'} |" for mutant, told in verdicts.items()]
    return "\n".join(lines) + "\n"
