"""A process that fetches in real time is killed at random moments; in the end every alert is exactly one incident."""

import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lab.clock import RealClock
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World

ROOT = Path(__file__).parents[2]
ALERTS, MAX_FETCH = 900, 100
KILLS = 3
PATIENCE = 60  # seconds; nothing here takes as long on a machine that works


@pytest.fixture
def tenant() -> Iterator[SekoiaServer]:
    """A tenant in real time whose alerts are an hour old and long; 131 of them share a second."""
    world = World(RealClock(), seed=11)
    start = int(time.time()) - 3600
    dice = random.Random(11)
    for number in range(ALERTS):
        at = start if number < 131 else start + dice.uniform(1, 3000)
        world.alerts.raise_alert(f"alert {number}", created_at=at, details="x" * 4000)
    with SekoiaServer(world) as server:
        yield server


class Fetcher:
    """`python -m lab fetch` on one database."""

    def __init__(self, server: SekoiaServer, database: Path) -> None:
        self.database = database
        said = ["--url", server.url, "--database", str(database), "--max-fetch", str(MAX_FETCH)]
        self._command = [sys.executable, "-m", "lab", "fetch", *said]
        self._environment = {**os.environ, "SEKOIA_API_KEY": server.world.keys.issue("fetcher")}

    def start(self, runs: int) -> subprocess.Popen[str]:
        """A process that fetches that many times and prints a line a run."""
        command = [*self._command, "--runs", str(runs)]
        return subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=subprocess.PIPE, text=True)

    def kill_after(self, lines: int, delay: float) -> int:
        """Lets it print some lines, waits a moment, kills it; the exit status."""
        with self.start(runs=1000) as process:
            assert process.stdout is not None
            for _ in range(lines):
                process.stdout.readline()
            time.sleep(delay)  # the moment of death is a moment of the real clock
            process.kill()
            return process.wait(PATIENCE)

    def kill_in_commit(self, lines: int) -> int:
        """Lets it print some lines, then kills it as soon as it writes to the database; the exit status."""
        with self.start(runs=1000) as process:
            assert process.stdout is not None
            for _ in range(lines):
                process.stdout.readline()
            before, ends = self.written(), time.monotonic() + PATIENCE
            while self.written() == before and time.monotonic() < ends:
                continue
            process.kill()
            return process.wait(PATIENCE)

    def written(self) -> list[tuple[str, int, int]]:
        """The files of the database: names, sizes and times of the last write."""
        found = [(path.name, path.stat()) for path in sorted(self.database.parent.glob(f"{self.database.name}*"))]
        return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in found]

    def finish(self) -> str:
        """Fetches until nothing is left; what it printed."""
        with self.start(runs=ALERTS // MAX_FETCH + 5) as process:
            output, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        return output

    def mirror_ids(self) -> list[str]:
        """The alert of each incident in the database."""
        with closing(sqlite3.connect(self.database)) as connection:
            rows = connection.execute("SELECT json_extract(system, '$.dbotMirrorId') FROM incidents").fetchall()
        return [str(row[0]) for row in rows]


def test_killed_fetches_lose_and_double_nothing(tenant: SekoiaServer, built_zip: Path, tmp_path: Path) -> None:
    fetcher, dice = Fetcher(tenant, tmp_path / "host.sqlite"), random.Random(5)
    progress = []
    for _ in range(KILLS):
        assert fetcher.kill_after(lines=dice.randint(0, 1), delay=dice.uniform(0, 0.06)) == -9
        assert fetcher.kill_in_commit(lines=1) == -9
        progress.append(len(fetcher.mirror_ids()) if fetcher.database.exists() else 0)
    assert 0 < progress[-1] < ALERTS, progress
    last = fetcher.finish()
    assert '"error": null' in last.splitlines()[-1]
    assert sorted(fetcher.mirror_ids()) == sorted(alert.short_id for alert in tenant.world.alerts.all())
