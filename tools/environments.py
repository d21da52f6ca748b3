"""Runs environments of tox.ini: `python -m tools.environments pack lint types unit lab [-- arguments]`.

`unit` stands for the pack's own tests on every Python of PYTHONS that this machine has, else on the Python at hand;
what is left out is said.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# From the oldest Python of the platform's images that the pack still meets to the one of its container.
PYTHONS = ("3.10", "3.11", "3.12")


def pyenv_folders(environ: Mapping[str, str]) -> list[Path]:
    """The bin folders of pyenv's interpreters, oldest first. Its shims on PATH are launchers that tox cannot use."""
    roots = [Path(environ.get("PYENV_ROOT") or Path.home() / ".pyenv")]
    roots += [Path(folder).parent for folder in environ.get("PATH", "").split(os.pathsep) if folder.endswith("/shims")]
    folders = {folder for root in roots for folder in root.glob("versions/3.*/bin") if (folder / "python3").exists()}
    return sorted(folders, key=lambda folder: [int(part) for part in folder.parent.name.split(".") if part.isdigit()])


def search_path(environ: Mapping[str, str]) -> str:
    """PATH with pyenv's real interpreters at its end, so that the machine's own choice stays the first."""
    return os.pathsep.join([environ.get("PATH", ""), *map(str, pyenv_folders(environ))])


def has_python(version: str, path: str) -> bool:
    """Whether an interpreter of this version really starts: pyenv has shims for versions that it refuses to run."""
    code = "import sys; print('.'.join(map(str, sys.version_info[:2])))"
    for folder in path.split(os.pathsep):
        program = shutil.which(f"python{version}", path=folder)
        if program is None:
            continue
        answer = subprocess.run([program, "-c", code], capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip() == version:
            return True
    return False


def unit_environments(present: Iterable[str], at_hand: str) -> tuple[list[str], list[str]]:
    """The unit environments to run, given the Pythons present, and a sentence for each one left out."""
    found = [version for version in PYTHONS if version in {*present, at_hand}]
    missing = [version for version in PYTHONS if version not in found]
    notes = [f"unit: no Python {version} on PATH or in pyenv; its run is left out" for version in missing]
    if not found:
        notes.append(f"unit: running on the Python at hand instead, {at_hand}")
        found = [at_hand]
    return [f"unit-py{version.replace('.', '')}" for version in found], notes


def expand(names: Iterable[str], path: str) -> tuple[list[str], list[str]]:
    """Environment names for tox, with `unit` replaced by those that this machine can run, and what is to be said."""
    environments: list[str] = []
    notes: list[str] = []
    for name in names:
        if name == "unit":
            at_hand = ".".join(map(str, sys.version_info[:2]))
            unit, notes = unit_environments([version for version in PYTHONS if has_python(version, path)], at_hand)
            environments += unit
        else:
            environments.append(name)
    return environments, notes


def main(arguments: list[str]) -> int:
    """Tox's exit code."""
    split = arguments.index("--") if "--" in arguments else len(arguments)
    path = search_path(os.environ)
    environments, notes = expand(arguments[:split], path)
    sys.stdout.write("".join(f"{note}\n" for note in notes))
    sys.stdout.flush()
    command = [sys.executable, "-m", "tox", "run", "--no-list-dependencies", "-e", ",".join(environments)]
    code = subprocess.run(
        [*command, *arguments[split:]], cwd=ROOT, env={**os.environ, "PATH": path}, check=False
    ).returncode
    # Said once more at the end, where a reader looks.
    sys.stdout.write("".join(f"  {note}\n" for note in notes))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
