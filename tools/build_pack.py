"""Validates, inspects and builds the pack with the platform's own tool: `python tools/build_pack.py`.

Runs in the environment that holds demisto-sdk (tox environment `pack`), from the repository's root. Leaves
build/<marketplace>/SekoiaXDR.zip for each marketplace, dist/SekoiaXDR-<version>.zip (the xsoar build) and its .sha256.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACK = "SekoiaXDR"
MARKETPLACES = ("xsoar", "xsoar_saas", "xsoar_on_prem", "marketplacev2", "platform")
RELEASED = "xsoar"
# What users read before they have the pack; the words in it are looked up in a dictionary.
PROSE = ("Packs/SekoiaXDR/README.md", "Packs/SekoiaXDR/Integrations/SekoiaXDR/SekoiaXDR_description.md")
# IN104 and PA103 compare with lists of approved words that only the platform's own repository holds.
IGNORED_CODES = ("IN104", "PA103")
# Colour tags that the tool leaves in when colours are off, its frames, and what a progress bar drew.
DECORATION = re.compile(
    r"</?(?:red|green|yellow|cyan|blue)>|^#+$|[^\r\n]*\d+%\|[^\r\n|]*\|[^\r\n\]]*\]\r?", re.MULTILINE
)
CACHES = {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"}


@dataclass(frozen=True)
class Step:
    """One run of a tool: what it establishes, and the command; exit code 0 means that it holds."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """How a step ended; seconds of wall time."""

    step: Step
    passed: bool
    output: str
    seconds: float


def pack_files(root: Path) -> list[Path]:
    """Every file below Packs, relative to the root and sorted, without what tools leave behind."""
    found = (path.relative_to(root) for path in (root / "Packs").rglob("*") if path.is_file())
    return sorted(path for path in found if not CACHES & set(path.parts))


def version_of(root: Path) -> str:
    """`currentVersion` of the pack's metadata."""
    metadata = json.loads((root / "Packs" / PACK / "pack_metadata.json").read_text(encoding="utf-8"))
    return str(metadata["currentVersion"])


def released_zip(root: Path) -> Path:
    """Where the file goes that a user uploads."""
    return root / "dist" / f"{PACK}-{version_of(root)}.zip"


def inspections(root: Path, programs: Path) -> list[Step]:
    """What must hold of the sources. `programs` is the folder of the environment's executables."""
    files = [str(path) for path in pack_files(root)]
    code = [path for path in files if Path(path).suffix in {".py", ".yml"} and not path.endswith("_test.py")]
    # Examples are full of invented ids and table heads, which look as random as a key does.
    examples = [path for path in files if path.endswith(("_test.py", ".md"))]
    ignore = [word for code in IGNORED_CODES for word in ("--ignore", code)]
    sdk = str(programs / "demisto-sdk")
    steps = [
        Step("validate", (sdk, "validate", "-a", "--config-path", "validation_config.toml", *ignore)),
        Step("places of files", (str(programs / "validate-content-path"), "validate", *files)),
        Step("permissions of files", (str(programs / "validate-file-permission-changes"), *files)),
    ]
    texts = [path for path in files if path in PROSE or "/ReleaseNotes/" in path]
    steps += [Step(f"words of {Path(path).name}", (sdk, "doc-review", "-i", path, "-pkw")) for path in texts]
    # The search for secrets asks git for the branch first; an unpacked source archive has none to ask.
    if (root / ".git").exists():
        steps.append(Step("secrets in code", (sdk, "secrets", "-i", ",".join(code))))
        steps.append(Step("secrets in texts and tests", (sdk, "secrets", "--ignore-entropy", "-i", ",".join(examples))))
    return steps


def builds(programs: Path) -> list[Step]:
    """One build per marketplace; the folders of build/ must exist, or the tool writes elsewhere."""
    command = (str(programs / "demisto-sdk"), "prepare-content", "-i", f"Packs/{PACK}")
    return [Step(f"build for {name}", (*command, "-o", f"build/{name}", "-mp", name)) for name in MARKETPLACES]


def readable(output: str) -> str:
    """The tool's words without its decoration and without empty lines."""
    return "\n".join(line.rstrip() for line in DECORATION.sub("", output).splitlines() if line.strip())


def run(step: Step, root: Path) -> Outcome:
    """Run one step; its output is kept, because the tool colours and decorates even a success."""
    start = time.monotonic()
    done = subprocess.run(
        step.command, cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    output = done.stdout.decode("utf-8", errors="replace")
    return Outcome(step, done.returncode == 0, output, time.monotonic() - start)


def run_all(steps: list[Step], root: Path) -> bool:
    """Run the steps, as many at a time as there are cores; a line for each, and the whole output of one that failed."""
    passed = True
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for future in as_completed([pool.submit(run, step, root) for step in steps]):
            outcome = future.result()
            sys.stdout.write(
                f"  {'ok    ' if outcome.passed else 'FAILED'}  {outcome.step.name}  ({outcome.seconds:.1f} s)\n"
            )
            if not outcome.passed:
                sys.stdout.write(f"{readable(outcome.output)}\n")
            sys.stdout.flush()
            passed = passed and outcome.passed
    return passed


def fingerprint(root: Path) -> str:
    """Of everything that decides how the build turns out: the pack, the rules, the tool's lock and this script."""
    rules = [Path("validation_config.toml"), Path("requirements/sdk.txt"), Path("tools/build_pack.py")]
    digest = hashlib.sha256()
    for path in [*rules, *pack_files(root)]:
        digest.update(f"{path}\0{hashlib.sha256((root / path).read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def checksum_line(archive: Path) -> str:
    """As `sha256sum` writes it and `sha256sum --check` reads it."""
    return f"{hashlib.sha256(archive.read_bytes()).hexdigest()}  {archive.name}\n"


def is_current(root: Path, wanted: str) -> bool:
    """Whether the last complete build was made from exactly this, and its results are still there, untouched."""
    stamp = root / "build" / "fingerprint"
    archive = released_zip(root)
    checksum = archive.with_name(f"{archive.name}.sha256")
    whole = all((root / "build" / name / f"{PACK}.zip").is_file() for name in MARKETPLACES)
    if not (whole and stamp.is_file() and archive.is_file() and checksum.is_file()):
        return False
    return stamp.read_text(encoding="ascii") == wanted and checksum.read_text(encoding="ascii") == checksum_line(
        archive
    )


def empty_folders(root: Path) -> None:
    """Clear build/ and dist/, so that nothing of an older build can be taken for this one's."""
    for folder in (root / "build", root / "dist"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    for name in MARKETPLACES:
        (root / "build" / name).mkdir()


def publish(root: Path) -> Path:
    """Copy the released build to dist/ under its version, with its checksum; FileNotFoundError if it was not built."""
    archive = released_zip(root)
    shutil.copyfile(root / "build" / RELEASED / f"{PACK}.zip", archive)
    archive.with_name(f"{archive.name}.sha256").write_text(checksum_line(archive), encoding="ascii")
    return archive


def build(root: Path, programs: Path, inspect: bool = True) -> int:
    """Everything, from empty folders; exit code 0 when each step holds. A failed one leaves dist/ empty.

    Without the inspections the build is not remembered as a complete one.
    """
    wanted = fingerprint(root)
    empty_folders(root)
    if not run_all([*(inspections(root, programs) if inspect else []), *builds(programs)], root):
        return 1
    archive = publish(root)
    if inspect:
        (root / "build" / "fingerprint").write_text(wanted, encoding="ascii")
    sys.stdout.write(f"{archive.relative_to(root)}  {archive.stat().st_size // 1024} KiB\n")
    return 0


def main(arguments: list[str]) -> int:
    """Exit code 0 when dist/ holds a validated pack."""
    parser = argparse.ArgumentParser(description="Validate, inspect and build the pack.")
    parser.add_argument(
        "--if-changed", action="store_true", help="do nothing when the last build was made from the same files"
    )
    parser.add_argument(
        "--draft", action="store_true", help="build only, without validation: for writing the documentation"
    )
    options = parser.parse_args(arguments)
    if options.if_changed and is_current(ROOT, fingerprint(ROOT)):
        sys.stdout.write(f"{released_zip(ROOT).relative_to(ROOT)} was validated and built from these files already\n")
        # A checkout gives files new times; who compares times must not take this zip for an older one.
        released_zip(ROOT).touch()
        return 0
    return build(ROOT, Path(sys.executable).parent, inspect=not options.draft)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
