"""Runs the lab's tests in two processes, one a core: the journeys, and everything else. Arguments go to both.

Each output is shown whole when its process has ended, so that they do not mix. What a test looks back at (every context
path that the journeys wrote) lies within its own half. Only what the API's own description has to say is judged over
both: with SEKOIA_OPENAPI set, each half leaves the calls that it heard, and a short third run compares them.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HALVES = (("tests/journeys",), ("tests", "--ignore=tests/journeys"))
JUDGE = ("tests/contract/test_description.py", "-rs")
NOTHING_COLLECTED = 5


def run(tests: tuple[str, ...], arguments: list[str], extra: Mapping[str, str]) -> int:
    """One process of tests; its exit code."""
    command = [sys.executable, "-m", "pytest", *tests, *arguments]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **extra},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    sys.stdout.write(f"pytest {' '.join(tests)}\n{done.stdout.decode('utf-8', errors='replace')}")
    sys.stdout.flush()
    return done.returncode


def main(arguments: list[str]) -> int:
    """Exit code 0 when both halves pass, and what they heard fits the description."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(max_workers=len(HALVES)) as pool:
        heard = {"SEKOIA_HEARD": folder}
        codes = list(pool.map(lambda half: run(half, arguments, heard), HALVES))
        judged = run(JUDGE, arguments, {**heard, "SEKOIA_JUDGE": "1"})
    return int(any(codes) or judged not in (0, NOTHING_COLLECTED))  # one that a signal ended has a code below zero


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
