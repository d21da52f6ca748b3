"""`python -m tests.proof`: plays the proof at length in several processes and writes docs/proof.md.

Each portion of schedules has a seed and a file of results of its own, in a folder named after the code that is proved
and the code that proves it. So a run that was stopped goes on where it was, and no result outlives what it speaks of.
The page counts what was really played.
"""

import argparse
import hashlib
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab.xsoar.bundle import Bundle
from tests.proof.counter_examples import COUNTER_EXAMPLES
from tests.proof.mutants import MUTANTS, Mutant, Verdict, judge
from tests.proof.portion import start
from tests.proof.report import added_up, page
from tests.stage import INTEGRATION

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "proof.md"
PORTION = 250
PROVERS = ("ledger", "schedule", "trial", "weather")


def results_of(bundle: Bundle) -> Path:
    """Where the results of this pack under these schedules are kept."""
    texts = [bundle.integration(INTEGRATION).code]
    texts += [(ROOT / "tests" / "proof" / f"{name}.py").read_text("utf-8") for name in PROVERS]
    digest = hashlib.sha256("".join(texts).encode()).hexdigest()
    return ROOT / ".proof" / digest[:16]


def played(portion: int, folder: Path) -> bool:
    """Plays one portion unless its results are there; False when a promise broke, of which the output tells."""
    results = folder / f"{portion:04d}.json"
    if results.exists():
        return True
    process = start(portion, PORTION, results)
    output, _ = process.communicate()
    if process.returncode:
        results.unlink(missing_ok=True)
        sys.stdout.write(output)
    how = f"ended with {process.returncode}" if process.returncode else "done"
    sys.stdout.write(f"portion {portion}: {how}\n")
    sys.stdout.flush()
    return process.returncode == 0


def judged(bundle: Bundle) -> dict[Mutant, Verdict]:
    """Each mutant against the schedule that is about it."""
    return {one: judge(one.applied_to(bundle), [(one.shown_by, COUNTER_EXAMPLES[one.shown_by])]) for one in MUTANTS}


def main(arguments: Sequence[str]) -> int:
    """Plays and writes the page; 1 when a promise broke or a mutant was not caught."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    parser.add_argument("--schedules", type=int, default=10_000, help=f"rounded up to {PORTION} (default 10000)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one for each core)")
    parser.add_argument("--page-only", action="store_true", help="play nothing, write the page of what was played")
    args = parser.parse_args(arguments)
    bundle = Bundle.load(sorted((ROOT / "dist").glob("SekoiaXDR-*.zip"))[-1])
    folder = results_of(bundle)
    folder.mkdir(parents=True, exist_ok=True)
    portions = range(0 if args.page_only else -(-args.schedules // PORTION))
    with ThreadPoolExecutor(args.jobs) as pool:
        sound = all(list(pool.map(lambda portion: played(portion, folder), portions)))
    if not sound:
        return 1
    verdicts = judged(bundle)
    PAGE.write_text(page(added_up(sorted(folder.glob("*.json"))), verdicts), encoding="utf-8")
    return 0 if all(verdict.promise for verdict in verdicts.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
