"""A long proof in portions: each from a seed of its own, in a process of its own, with a file of results of its own.

The files are in a folder named after the code that is proved and the code that proves it. So a proof that was stopped
goes on where it was, and no result outlives what it speaks of.
"""

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SUBJECT = "The fingerprint of the pack, the lab and the test that these figures are about begins with `{}`."
RESULTS = "PROOF_RESULTS"  # environment: the file that a portion writes its tally to


@dataclass(frozen=True)
class Proof:
    """What is played: a test, `size` schedules a portion, asked for by the environment variable `asked_by`.

    `provers`: the files of the test whose change makes older results void, beside the pack and the whole lab.
    """

    name: str
    test: str
    asked_by: str
    size: int
    provers: tuple[str, ...]

    def subject(self) -> str:
        """The fingerprint of all that the results are about: the pack's sources, the lab, and what plays in it."""
        sources = [path for path in (ROOT / "Packs").rglob("*.*") if path.suffix in (".py", ".yml", ".json")]
        sources = [path for path in sources if not path.stem.endswith("_test") and "test_data" not in path.parts]
        sources += [*(ROOT / "lab").rglob("*.py"), ROOT / "tests" / "stage.py", ROOT / "tests" / "promises.py"]
        sources += [ROOT / "tests" / self.name / f"{name}.py" for name in self.provers]
        digest = hashlib.sha256()
        for path in sorted(sources):
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()[:16]

    def folder(self) -> Path:
        """Where the results for this state of the pack and the lab are kept, in portions of this size."""
        return ROOT / ".proof" / f"{self.name}-{self.subject()}-{self.size}"

    def start(self, seed: int, count: int, results: Path) -> "subprocess.Popen[str]":
        """Begins to play; the exit status is 0 when all promises held, and the tally is in the file then."""
        environ = {**os.environ, self.asked_by: str(count), RESULTS: str(results)}
        options = ["-q", "-p", "no:cacheprovider", f"--hypothesis-seed={seed}"]
        command = [sys.executable, "-m", "pytest", *options, f"tests/{self.name}/{self.test}"]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=ROOT, env=environ, stdout=pipe, stderr=subprocess.STDOUT, text=True)

    def played(self, portion: int, folder: Path) -> bool:
        """Plays one portion unless its results are there; False when a promise broke, of which the output tells."""
        results = folder / f"{portion:04d}.json"
        if results.exists():
            return True
        process = self.start(portion, self.size, results)
        output, _ = process.communicate()
        if process.returncode:
            results.unlink(missing_ok=True)
            sys.stdout.write(output)
        how = f"ended with {process.returncode}" if process.returncode else "done"
        sys.stdout.write(f"portion {portion}: {how}\n")
        sys.stdout.flush()
        return process.returncode == 0

    def play(self, schedules: int, jobs: int, folder: Path) -> bool:
        """Plays at least so many schedules in so many processes at a time; whether all promises held."""
        folder.mkdir(parents=True, exist_ok=True)
        broken: list[int] = []

        def one(portion: int) -> None:
            if not broken and not self.played(portion, folder):  # after the first broken promise none is begun
                broken.append(portion)

        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(one, range(-(-schedules // self.size))))
        return not broken
