"""Runs the lab's tests in two processes, one a core: the journeys, and everything else. Arguments go to both.

Each output is shown whole when its process has ended, so that they do not mix. What a test looks back at (every context
path that the journeys wrote) lies within its own half.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HALVES = (("tests/journeys",), ("tests", "--ignore=tests/journeys"))


def run(half: tuple[str, ...], arguments: list[str]) -> int:
    """One half; its exit code."""
    command = [sys.executable, "-m", "pytest", *half, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    sys.stdout.write(f"pytest {' '.join(half)}\n{done.stdout.decode('utf-8', errors='replace')}")
    sys.stdout.flush()
    return done.returncode


def main(arguments: list[str]) -> int:
    """Exit code 0 when both halves pass."""
    with ThreadPoolExecutor(max_workers=len(HALVES)) as pool:
        codes = list(pool.map(lambda half: run(half, arguments), HALVES))
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
