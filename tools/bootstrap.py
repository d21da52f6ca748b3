"""Makes .venv, which holds the lab and tox: `python3 tools/bootstrap.py`. Does nothing while the lock is the same."""

import hashlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "lab.txt"
VENV = ROOT / ".venv"
OLDEST = (3, 10)
# The pip that a Python brings along can be too old for today's packages, so this one is installed first.
PIP = "pip==26.3"
FAILED = """
.venv could not be made: `{command}` ended with {code}.
Needed: Python's venv module (Debian and Ubuntu: the package python3-venv) and a package index that pip reaches.
"""


def fingerprint(lock: Path, version: str = sys.version) -> str:
    """What an environment is made of: the lock's content, the pinned pip and the Python behind it."""
    return hashlib.sha256(lock.read_bytes() + PIP.encode() + version.encode()).hexdigest()


def is_current(venv: Path, wanted: str) -> bool:
    """Whether the environment was wholly installed from exactly this; an interrupted installation leaves no stamp."""
    stamp = venv / "installed.sha256"
    return stamp.is_file() and stamp.read_text(encoding="ascii") == wanted and (venv / "bin" / "python").exists()


def install(venv: Path, lock: Path, wanted: str) -> None:
    """Make the environment anew; raises CalledProcessError with pip's own words already on the terminal."""
    shutil.rmtree(venv, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    subprocess.run([*pip, PIP], check=True)
    subprocess.run([*pip, "--requirement", str(lock)], check=True)
    (venv / "installed.sha256").write_text(wanted, encoding="ascii")


def main() -> int:
    """Exit code 0 when .venv is ready; otherwise says on stderr what is missing and what to do."""
    if sys.version_info < OLDEST:
        version = sys.version.split()[0]
        sys.stderr.write(
            f"Python 3.10 or newer is needed; {sys.executable} is {version}. Try: make PYTHON=python3.12\n"
        )
        return 1
    wanted = fingerprint(LOCK)
    if is_current(VENV, wanted):
        return 0
    sys.stdout.write(f"Installing {LOCK.relative_to(ROOT)} into .venv (once, until the lock changes) ...\n")
    sys.stdout.flush()
    start = time.monotonic()
    try:
        install(VENV, LOCK, wanted)
    except subprocess.CalledProcessError as error:
        sys.stderr.write(FAILED.format(command=" ".join(map(str, error.cmd)), code=error.returncode))
        return 1
    sys.stdout.write(f".venv is ready ({time.monotonic() - start:.0f} s)\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
