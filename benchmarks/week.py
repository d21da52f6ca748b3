"""`python -m benchmarks.week`: a busy tenant for days, an hour of outage each day, and the figures in docs/scale.md.

The built pack fetches once a minute over real HTTP, on the lab's clock. What was raised is written down here, outside
of the pack and of the API; what came is counted from the incidents. To keep the machine's memory small, incidents that
were counted are let go, and so are alerts that were fetched and are older than any window that fetch may ask for.
"""

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from lab.clock import Clock
from lab.sekoia.faults import Fault
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from lab.xsoar.bundle import Bundle
from lab.xsoar.host import Host
from lab.xsoar.store import pack as as_text

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "scale.md"
BEGIN, END = "<!-- figures of the week: begin -->", "<!-- figures of the week: end -->"
DAY, MINUTE = 86_400, 60
KEPT = 3 * 3600  # seconds for which fetched alerts stay in the tenant; the look-back is 15 minutes
AHEAD = 300  # seconds by which alerts are made before their time: a run of fetch may take as long
IN_TIME = 120  # seconds of lag at which an outage counts as over
LATE_SHARE, LATE_MOST = 0.05, 600  # of the alerts, seconds until they show
OUTAGES: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 503},
    {"kind": "reset"},
    {"kind": "html", "status": 502},
    {"kind": "status", "status": 429, "headers": {"Retry-After": "90"}},
    {"kind": "delay", "seconds": 45.0},
    {"kind": "cut"},
    {"kind": "status_after", "status": 504},
)


@dataclass(frozen=True)
class Plan:
    """What is simulated: `outage` seconds without an API begin once in every `day` seconds."""

    seconds: int
    a_day: int = 60_000
    day: int = DAY
    outage: int = 3600
    max_fetch: int = 200
    seed: int = 1


@dataclass
class Figures:
    """What came of it. Lags are in seconds: the age of the oldest alert that shows and has no incident yet."""

    raised: dict[str, float] = field(default_factory=dict)
    came: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    failed_runs: int = 0
    calls: int = 0
    days: int = 0
    longest_lag: float = 0.0
    recoveries: list[float] = field(default_factory=list)
    last_run_bytes: int = 0

    @property
    def lost(self) -> int:
        """Alerts without an incident."""
        return sum(1 for name in self.raised if not self.came[name])

    @property
    def doubled(self) -> int:
        """Alerts with more than one."""
        return sum(1 for count in self.came.values() if count > 1)


Tell = Callable[[Figures], None]


class Week:
    """The simulation: one tenant, one instance, a clock that goes from minute to minute."""

    def __init__(self, bundle: Bundle, plan: Plan, folder: Path, world: World, url: str, clock: Clock) -> None:
        self.plan, self.clock, self.world = plan, clock, world
        self.figures = Figures()
        self.dice = random.Random(plan.seed)
        self.host = Host(bundle, folder / "host.sqlite", clock)
        key = {"identifier": "", "password": world.keys.issue("week")}
        params = {"url": url, "credentials": key, "max_fetch": str(plan.max_fetch), "first_fetch": "-1 minute"}
        self.instance = self.host.add_instance("Sekoia XDR", "week", params)
        self.day, self.begin = 0, clock.time()  # the number of the day and when it began
        self.raised_to = self.begin
        self.open: dict[str, float] = {}  # alerts without an incident: when they show
        self.ended = 0.0  # when the last outage ended, 0 once its backlog is gone

    def is_out(self, now: float) -> bool:
        """Whether the API is out of order; each day at another hour."""
        start = self.begin + self.plan.day * (0.2 + 0.08 * (self.day % 7))
        return start <= now < start + self.plan.outage

    def minute(self, until: float) -> None:
        """Alerts of one minute, the API as it is then, one fetch."""
        now = self.clock.time()
        self.raise_alerts(until + AHEAD)
        if self.is_out(now) and not self.world.faults.armed:
            self.world.faults.arm(Fault(times=None, **OUTAGES[self.day % len(OUTAGES)]))
        elif not self.is_out(now) and self.world.faults.armed:
            self.world.faults.clear()
            self.ended = now
        self.clock.advance(max(0.0, until - now))
        self.fetch()

    def raise_alerts(self, until: float) -> None:
        """About as many alerts as the plan says; none shows before its time, and a few show late."""
        begin, self.raised_to = self.raised_to, until
        expected = self.plan.a_day * (until - begin) / DAY
        number = int(expected) + (self.dice.random() < expected % 1)
        for at in sorted(self.dice.uniform(begin, until) for _ in range(number)):
            late = self.dice.uniform(0, LATE_MOST) if self.dice.random() < LATE_SHARE else 0.0
            alert = self.world.alerts.raise_alert(f"alert {number}", created_at=at, visible_after=late)
            self.figures.raised[alert.short_id] = self.open[alert.short_id] = at + late

    def fetch(self) -> None:
        """One run; what it brought is counted and let go."""
        outcome = self.host.fetch(self.instance)
        figures = self.figures
        for incident in outcome.created:
            name = str(incident.dbot_mirror_id)
            figures.came[name] += 1
            self.open.pop(name, None)
        figures.runs += 1
        figures.failed_runs += outcome.error is not None
        figures.calls += len(self.world.journal.calls)
        figures.last_run_bytes = max(figures.last_run_bytes, len(as_text(self.host.last_run(self.instance))))
        self.world.journal.clear()
        self.host.store.write("DELETE FROM incidents")
        self.note_lag()

    def note_lag(self) -> None:
        """How far fetch is behind now; when that is little again, an outage is over."""
        now = self.clock.time()
        lag = max((now - shown for shown in self.open.values() if shown <= now), default=0.0)
        self.figures.longest_lag = max(self.figures.longest_lag, lag)
        if self.ended and lag < IN_TIME:
            self.figures.recoveries.append(now - self.ended)
            self.ended = 0.0

    def let_go(self) -> None:
        """Removes alerts that were fetched long ago from the tenant."""
        for alert in self.world.alerts.between(None, self.clock.time() - KEPT):
            if alert.short_id not in self.open:
                self.world.alerts.delete(alert.uuid)

    def play(self, tell: Tell) -> Figures:
        """All minutes, and after each day, told as it ends, some more until nothing comes any more."""
        while self.day * self.plan.day < self.plan.seconds:
            self.begin = self.clock.time()
            while (now := self.clock.time()) < self.begin + self.plan.day:
                self.minute(now - now % MINUTE + MINUTE)
                if self.figures.runs % 60 == 0:
                    self.let_go()
            self.day += 1
            self.figures.days = self.day
            self.drain()
            tell(self.figures)
        return self.figures

    def drain(self) -> None:
        """Runs until everything that was raised has shown and been fetched, or never will be."""
        self.world.faults.clear()
        for _ in range((AHEAD + LATE_MOST) // MINUTE + 5 + len(self.open) // self.plan.max_fetch):
            self.clock.advance(MINUTE)
            self.fetch()
        self.raised_to = max(self.raised_to, self.clock.time())


def simulate(bundle: Bundle, plan: Plan, tell: Tell = lambda figures: None) -> Figures:
    """The whole simulation in a place of its own; `tell` is given the figures after each day."""
    clock = Clock()
    world = World(clock, seed=plan.seed)
    with tempfile.TemporaryDirectory() as folder, SekoiaServer(world) as server:
        week = Week(bundle, plan, Path(folder), world, server.url, clock)
        try:
            return week.play(tell)
        finally:
            week.host.close()


def table(plan: Plan, figures: Figures) -> str:
    """The figures for the page."""
    slowest = max(figures.recoveries, default=0.0) / MINUTE
    rows = (
        (
            "simulated time",
            f"{figures.days} days, a fetch each minute, `max_fetch` {plan.max_fetch}",
        ),
        ("alerts raised", f"{len(figures.raised):,} ({plan.a_day:,} a day, 5 % of them show up to 10 minutes late)"),
        ("outages", f"{len(figures.recoveries)} of {plan.outage // MINUTE} minutes each, another kind each day"),
        ("runs of fetch", f"{figures.runs:,}, of which {figures.failed_runs:,} met the outages and kept nothing"),
        (
            "calls",
            f"{figures.calls:,}, {figures.calls / figures.runs:.1f} a run (the look-back is read again each time)",
        ),
        ("longest lag", f"{figures.longest_lag / MINUTE:.0f} minutes (at the end of an outage)"),
        ("lag below two minutes again", f"at most {slowest:.0f} minutes after the end of an outage"),
        ("largest last run", f"{figures.last_run_bytes / 1000:.0f} kB"),
        ("**lost**", f"**{figures.lost}**"),
        ("**doubled**", f"**{figures.doubled}**"),
    )
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def write(plan: Plan, figures: Figures) -> None:
    """Puts the figures into the page; what was simulated so far counts, should the rest be given up."""
    text = PAGE.read_text("utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(plan, figures)}\n\n{END}{after}", encoding="utf-8")
    sys.stdout.write(f"{figures.days} days: lost {figures.lost}, doubled {figures.doubled}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Simulates and writes the figures into the page; 1 when an alert was lost or doubled."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.week", description=__doc__)
    parser.add_argument("--days", type=int, default=7, help="simulated days (default 7)")
    args = parser.parse_args(arguments)
    found = sorted((ROOT / "dist").glob("*.zip"))
    if not found:
        sys.exit("dist/ holds no built pack: run `make pack` first.")
    plan = Plan(args.days * DAY)
    figures = simulate(Bundle.load(found[-1]), plan, partial(write, plan))
    return 1 if figures.lost or figures.doubled else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
