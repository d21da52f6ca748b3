"""A portion of the proof in a process of its own: so many schedules from one seed, the same ones each time."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def start(seed: int, count: int, results: Path) -> "subprocess.Popen[str]":
    """Begins to play; the exit status is 0 when all promises held, and the tally is in the file then."""
    environ = {**os.environ, "PROOF_SCHEDULES": str(count), "PROOF_RESULTS": str(results)}
    options = ["-q", "-p", "no:cacheprovider", f"--hypothesis-seed={seed}"]
    command = [sys.executable, "-m", "pytest", *options, "tests/proof/test_schedules.py"]
    return subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
