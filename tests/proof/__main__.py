"""`python -m tests.proof`: plays the proof of fetch at length in several processes and writes docs/proof.md.

The page counts what was really played; a run that was stopped goes on where it was (see tests/portions.py).
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from lab.xsoar.bundle import Bundle
from tests.proof.counter_examples import COUNTER_EXAMPLES
from tests.proof.mutants import MUTANTS, Mutant, Verdict, judge
from tests.proof.portion import FETCH
from tests.proof.report import added_up, page

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "proof.md"


def judged(bundle: Bundle) -> dict[Mutant, Verdict]:
    """Each mutant against the schedule that is about it."""
    return {one: judge(one.applied_to(bundle), [(one.shown_by, COUNTER_EXAMPLES[one.shown_by])]) for one in MUTANTS}


def main(arguments: Sequence[str]) -> int:
    """Plays and writes the page; 1 when a promise broke or a mutant was not caught."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    parser.add_argument("--schedules", type=int, default=10_000, help=f"rounded up to {FETCH.size} (default 10000)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one for each core)")
    parser.add_argument("--page-only", action="store_true", help="play nothing, write the page of what was played")
    args = parser.parse_args(arguments)
    bundle = Bundle.load(sorted((ROOT / "dist").glob("SekoiaXDR-*.zip"))[-1])
    folder = FETCH.folder()
    if not FETCH.play(0 if args.page_only else args.schedules, args.jobs, folder):
        return 1
    verdicts = judged(bundle)
    PAGE.write_text(page(added_up(sorted(folder.glob("*.json"))), verdicts, FETCH.subject()), encoding="utf-8")
    return 0 if all(verdict.promise for verdict in verdicts.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
