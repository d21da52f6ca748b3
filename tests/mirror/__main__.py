"""`python -m tests.mirror`: plays long runs of mirroring in several processes and writes docs/mirroring-proof.md.

The page counts what was really played; a proof that was stopped goes on where it was (see tests/portions.py).
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from lab.xsoar.bundle import Bundle
from tests.mirror.mutants import MUTANTS, Mutant
from tests.mirror.portion import MIRRORING
from tests.mirror.report import added_up, page
from tests.mirror.trial import play
from tests.promises import PromiseBroken

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "mirroring-proof.md"


def judged(bundle: Bundle, mutant: Mutant) -> str:
    """The kind of promise that a mutant breaks under its own schedule; nothing when it is not caught."""
    try:
        play(mutant.applied_to(bundle), mutant.schedule)
    except PromiseBroken as broken:
        return broken.promise
    return ""


def main(arguments: Sequence[str]) -> int:
    """Plays and writes the page; 1 for a broken promise, a mutant that was not caught, or fewer runs than asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.mirror", description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000, help=f"rounded up to {MIRRORING.size} (default 1000)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one for each core)")
    parser.add_argument("--page-only", action="store_true", help="play nothing, write the page of what was played")
    args = parser.parse_args(arguments)
    bundle = Bundle.load(sorted((ROOT / "dist").glob("SekoiaXDR-*.zip"))[-1])
    folder = MIRRORING.folder()
    if not MIRRORING.play(0 if args.page_only else args.runs, args.jobs, folder):
        return 1
    verdicts = {mutant: judged(bundle, mutant) for mutant in MUTANTS}
    total = added_up(sorted(folder.glob("*.json")))
    PAGE.write_text(page(total, verdicts, MIRRORING.subject()), encoding="utf-8")
    return 0 if all(verdicts.values()) and total.schedules >= args.runs else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
