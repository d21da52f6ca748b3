"""`python -m benchmarks`: measures the budgets of fetch and mirroring and writes docs/performance.md.

`python -m benchmarks mirroring` measures that row alone and renews it in the page.
"""

import json
import math
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.clock import Clock, RealClock
from lab.sekoia.events.model import Plan
from lab.sekoia.faults import Fault
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from lab.xsoar.bundle import Bundle
from lab.xsoar.host import Host

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
LATENCIES = (0.0, 0.030, 0.150)
ENRICHED = {"fetch_with_assets": True, "fetch_with_kill_chain": True, "fetch_mode": "Fetch With All Events"}


HEAD = (
    "Written by `make bench`, which measures everything anew. Seconds depend on the machine and on what else it does;",
    "calls are counted by the API's own journal; memory is the peak of the process that runs the host and the built",
    "pack, the API being another process. Of that, Python with the platform's libraries, the lab's host and the",
    "compiled pack take most of what the small runs show. Loading is processor time in fresh processes.",
    "",
    "Calls are made one after the other: what bounds a run is the pace that Sekoia asks for, which all tools behind",
    "one address share, so threads would only wait for each other.",
)
BASELINE = (
    "The baseline lists the alerts in pages of 100, then reads each alert, each asset, each kill chain and the events",
    "of each alert with calls of their own, as fast as answers come; it makes no incidents. The pack's pace limit is",
    "lifted to 100 requests per second, so that latency shows, and its time holds the loading of the pack and the",
    "mapping and storing of incidents. An event search takes 0.4 s.",
)


@dataclass(frozen=True)
class Case:
    """A tenant to fetch from, and how."""

    name: str
    fill: Callable[[World], None]
    alerts: int
    params: dict[str, Any] = field(default_factory=dict)
    is_one_run: bool = True  # all of it comes in one run of fetch, or the measurement is refused


def plain(number: int) -> Callable[[World], None]:
    """Alerts spread over the last day."""

    def fill(world: World) -> None:
        now = int(world.clock.time())
        for index in range(number):
            world.alerts.raise_alert(f"alert {index}", created_at=now - 86_400 + index * 80_000 / number)

    return fill


def rich(number: int, events: int, size: int = 0) -> Callable[[World], None]:
    """Alerts that share 20 assets, each with a stage of the kill chain and events."""

    def fill(world: World) -> None:
        now = int(world.clock.time())
        assets = [world.assets.add(name=f"srv-{index}", type="host", criticality=50).uuid for index in range(20)]
        for index in range(number):
            at = now - 7200 + index * 60 / number
            alert = world.alerts.raise_alert(f"alert {index}", created_at=int(at), assets=assets, kill_chain="Delivery")
            world.events.attach(alert.short_id, count=events, message_size=size)

    return fill


CASES = (
    Case("100 alerts", plain(100), 100, {"max_fetch": "200"}),
    Case("300 alerts", plain(300), 300, {"max_fetch": "200"}, is_one_run=False),
    Case("20 alerts with assets, kill chain, events", rich(20, 10), 20, {"max_fetch": "200", **ENRICHED}),
)
HUNDRED = Case("100 alerts, enriched", rich(100, 10), 100, {"max_fetch": "200", **ENRICHED})


def built_zip() -> Path:
    """The built pack."""
    found = sorted((ROOT / "dist").glob("*.zip"))
    if not found:
        sys.exit("dist/ holds no built pack: run `make pack` first.")
    return found[-1]


def measure(case: Case, how: str, latency: float) -> dict[str, Any]:
    """One process against a tenant of its own; calls are counted by the API."""
    world = World(RealClock(), seed=1)
    case.fill(world)
    if latency:
        world.faults.arm(Fault(kind="delay", seconds=latency, times=None))
    world.searches.plan = Plan(starts_after=0.1, runs_for=0.3)
    with SekoiaServer(world) as server:
        key = world.keys.issue("bench")
        task: dict[str, Any] = {
            "how": how,
            "url": server.url,
            "key": key,
            "zip": str(built_zip()),
            "params": case.params,
        }
        if case.is_one_run:
            task["run"] = case.alerts
        command = [sys.executable, "-m", "benchmarks.subject", json.dumps(task)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    if found["done"] != case.alerts:
        sys.exit(f"{case.name}, {how}: {found['done']} of {case.alerts} alerts")
    return {**found, "calls": len(world.journal.calls)}


def comparison() -> list[str]:
    """The pack beside one call per object, for each case and latency."""
    heads = ("calls", "calls, per object", "seconds", "seconds, per object", "ratio", "peak memory", "peak, per object")
    lines = [f"| work | latency | {' | '.join(heads)} |", "|---" * (2 + len(heads)) + "|"]
    for case in CASES:
        for latency in LATENCIES:
            pack, single = measure(case, "pack", latency), measure(case, "object", latency)
            ratio = pack["seconds"] / single["seconds"]
            lines.append(
                f"| {case.name} | {latency * 1000:.0f} ms | {pack['calls']} | {single['calls']} "
                f"| {pack['seconds']:.1f} | {single['seconds']:.1f} | {ratio:.2f} "
                f"| {pack['peak_mib']:.0f} MiB | {single['peak_mib']:.0f} MiB |"
            )
    return lines


def backlog() -> str:
    """10 000 alerts at 200 a run, on the lab's clock."""
    clock = Clock()
    world = World(clock, seed=2)
    plain(10_000)(world)
    with SekoiaServer(world) as server:
        host = Host(Bundle.load(built_zip()), ":memory:", clock)
        key = {"identifier": "", "password": world.keys.issue("bench")}
        params = {"url": server.url, "credentials": key, "max_fetch": "200"}
        instance = host.add_instance("Sekoia XDR", "bench", params)
        runs = 0
        while host.incidents.count() < 10_000 and runs < 200:
            clock.sleep(60)
            host.fetch(instance)
            runs += 1
        ids = [incident.dbot_mirror_id for incident in host.incidents.all()]
    lost, doubled = 10_000 - len(set(ids)), len(ids) - len(set(ids))
    return f"{runs} runs, {len(world.journal.calls)} calls, lost {lost}, doubled {doubled}"


def mirroring() -> str:
    """The row of 1 000 alerts that change between two rounds, on the lab's clock."""
    clock = Clock()
    world = World(clock, seed=3)
    plain(1_000)(world)
    with SekoiaServer(world) as server:
        host = Host(Bundle.load(built_zip()), ":memory:", clock)
        key = {"identifier": "", "password": world.keys.issue("bench")}
        params = {"url": server.url, "credentials": key, "max_fetch": "200", "requests_per_second": "100"}
        instance = host.add_instance("Sekoia XDR", "bench", {**params, "mirror_direction": "Incoming"})
        for _ in range(5):
            clock.sleep(60)
            host.fetch(instance)
        host.mirror(instance)
        for incident in host.incidents.all():
            clock.sleep(0.05)
            world.alerts.edit(world.alerts.get(incident.dbot_mirror_id).uuid, urgency=90)
        before = len(world.journal.calls)
        updated = len(host.mirror(instance).updated)
    if updated != 1_000:
        sys.exit(f"{updated} of 1 000 changes arrived: nothing was measured")
    calls = len(world.journal.calls) - before
    return f"| calls per mirrored change without events, 1 000 changes | ≤ 1.02 | {calls / 1_000:.3f} ({calls} calls) |"


def renew(row: str) -> None:
    """Puts a row into the page's table of budgets, in the place of the one of the same name."""
    name, lines = row.partition(" | ")[0], PAGE.read_text("utf-8").splitlines()
    kept = [line for line in lines if line.partition(" | ")[0] != name]
    place = next(number for number, line in enumerate(kept) if line.startswith("| peak memory, 200"))
    PAGE.write_text("\n".join([*kept[:place], row, *kept[place:]]) + "\n", encoding="utf-8")


def start_cost() -> dict[str, float]:
    """Milliseconds of processor time that the pack takes to load, each the median of fresh processes."""
    command = [sys.executable, "-m", "benchmarks.start", str(built_zip())]
    starts = [json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout) for _ in range(15)]
    return {part: statistics.median(start[part] for start in starts) for part in ("compile", "execute")}


def budgets(measured: dict[str, dict[str, Any]]) -> list[str]:
    """The budgets of the pack with what was measured."""
    listed, enriched, memory = measured["list"], measured["rich"], measured["memory"]
    lines = ["| what | budget | measured |", "|---|---|---|"]
    lines.append(
        f"| calls of a run with 100 new alerts, and of the next that finds none | {math.ceil(100 / 100) + 1} each "
        f"| {listed['calls']} together |"
    )
    per_alert = enriched["calls"] / 100
    lines.append(f"| calls per alert with assets, kill chain and events, 100 alerts | ≤ 0.15 | {per_alert:.2f} |")
    lines.append(f"| 10 000 alerts of backlog at 200 a run | 50 runs, none lost or doubled | {backlog()} |")
    lines.append(mirroring())
    peaks = (
        f"{memory['peak_mib']:.0f} MiB with the host that stores them; {memory['handover_mib']:.0f} at the hand-over"
    )
    lines.append(f"| peak memory, 200 alerts with 50 events of 2 kB each | ≤ 160 MiB | {peaks} |")
    start = start_cost()
    lines.append(
        f"| start of a command above the platform's libraries: running the pack | ≤ 30 ms | {start['execute']:.0f} ms |"
    )
    lines.append(
        f"| compiling it before that, where the platform keeps no compiled code | none | {start['compile']:.0f} ms |"
    )
    return lines


def main(asked: list[str]) -> int:
    """Measures everything and writes the page."""
    if asked == ["mirroring"]:
        renew(mirroring())
        return 0
    heavy = Case("memory", rich(200, 50, 2000), 200, {"max_fetch": "200", **ENRICHED})
    measured = {
        "list": measure(CASES[0], "pack", 0.0),
        "rich": measure(HUNDRED, "pack", 0.0),
        "memory": measure(heavy, "pack", 0.0),
    }
    page = ["# Performance", "", *HEAD, "", "## Budgets", "", *budgets(measured), ""]
    page += ["## Beside one call per object", "", *BASELINE, "", *comparison()]
    PAGE.write_text("\n".join(page) + "\n", encoding="utf-8")
    sys.stdout.write(PAGE.read_text("utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
