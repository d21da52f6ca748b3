"""Writes what a release says of itself: `python tools/release_notes.py FILE`.

The section of the pack's version in CHANGELOG.md, and what incidents of known alerts look like now and did not at the
last tag: the difference of the golden files of the mapper, so that nobody is surprised by a field that moved.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = "tests/mapping/golden"
LONGEST = 60_000  # characters of the difference; a release page takes 125 000


def section(changelog: str, version: str) -> str:
    """The text below the heading of a version; ValueError when it has none."""
    found = re.search(rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    if found is None or not found[1].strip():
        raise ValueError(f"CHANGELOG.md says nothing of {version}")
    return found[1].strip()


def git(root: Path, *words: str) -> str:
    """What git says; '' where it refuses."""
    done = subprocess.run([shutil.which("git") or "git", *words], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def last_tag(root: Path, version: str) -> str:
    """The newest tag of a version before this one; '' for a first release."""
    tags = git(root, "tag", "--merged", "HEAD", "--sort=-version:refname", "--list", "v*").split()
    return next((tag for tag in tags if tag != f"v{version}"), "")


def mapper_change(root: Path, since: str) -> str:
    """How the incidents of known alerts changed since a tag, as a difference in a code block."""
    if not since:
        return "This is the first release; there is nothing to compare with."
    change = git(root, "diff", "--unified=1", since, "--", f"{GOLDEN}/*.incident.json")
    if not change:
        return f"The same as in {since}."
    cut = "" if len(change) <= LONGEST else "\n… the rest is in the repository"
    return f"Against {since}:\n\n```diff\n{change[:LONGEST]}{cut}\n```"


def notes(root: Path, version: str) -> str:
    """The whole text."""
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    incidents = mapper_change(root, last_tag(root, version))
    return f"{section(changelog, version)}\n\n### Incidents of known alerts\n\n{incidents}\n"


def main(target: str) -> int:
    """Writes the notes of the version that pack_metadata.json names."""
    metadata = (ROOT / "Packs/SekoiaXDR/pack_metadata.json").read_text(encoding="utf-8")
    found = re.search(r'"currentVersion": "([^"]+)"', metadata)
    assert found is not None
    (ROOT / target).write_text(notes(ROOT, found[1]), encoding="utf-8")
    sys.stdout.write(f"{target}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
