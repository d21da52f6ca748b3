"""Runs mypy: once over lab, tests and tools, then over each item folder of Packs alone, as the platform runs it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WHOLE = ("lab", "tests", "tools", "benchmarks", "conftest.py")
PLATFORM = "lab/xsoar/platform"
INTEGRATION = "Packs/SekoiaXDR/Integrations/SekoiaXDR"
SHARED = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "Packs/ApiModules/Scripts").glob("*ApiModule"))


def item_folders(packs: Path) -> list[Path]:
    """Every folder below Packs that holds Python code, in a stable order."""
    return sorted({file.parent for file in packs.rglob("*.py")})


def mypy(targets: list[str], search_path: list[str]) -> bool:
    """One run; True when it found nothing. Its messages go to the terminal."""
    sys.stdout.write(f"mypy {' '.join(targets)}\n")
    sys.stdout.flush()
    environ = {**os.environ, "MYPYPATH": os.pathsep.join(search_path)}
    command = [sys.executable, "-m", "mypy", "--explicit-package-bases", *targets]
    return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode == 0


def main() -> int:
    """Exit code 0 when every run is clean; all of them run, so that one visit shows everything."""
    clean = [mypy([name for name in WHOLE if (ROOT / name).exists()], [".", PLATFORM, *SHARED, INTEGRATION])]
    for folder in item_folders(ROOT / "Packs"):
        item = str(folder.relative_to(ROOT))
        clean.append(mypy([item], list(dict.fromkeys([item, PLATFORM, *SHARED]))))
    return 0 if all(clean) else 1


if __name__ == "__main__":
    sys.exit(main())
