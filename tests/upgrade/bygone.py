"""The state that a version of the pack leaves behind, amid its work: how it is made, kept in a file and brought back.

`python -m tests.upgrade.bygone` records it for the version that stands in the pack's metadata. Ids of alerts are kept
as their place in the story, the server's address as a word, so that the file fits every tenant that plays the story.
"""

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.clock import Clock
from lab.sekoia.alerts.model import Alert
from lab.sekoia.events.model import Plan
from lab.sekoia.faults import Fault
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from lab.stage import ROOT, built_zip
from lab.xsoar.bundle import Bundle
from lab.xsoar.host import Host
from tests.stage import INSTANCE, Stage

STATES = Path(__file__).parent / "states"
# The last three were not kept of 1.0.0: an upgrade amid a poll or between two rounds is tested from the next state on.
TABLES = ("instances", "incidents", "entries", "playground", "mirrored", "rounds", "polls")
ADDRESS = "http://tenant.example"
SETTINGS = {
    "max_fetch": "4",
    "fetch_mode": "Fetch With All Events",
    "fetch_with_assets": True,
    "fetch_with_kill_chain": True,
    "mirror_direction": "Incoming and Outgoing",
    "close_incident": True,
}
RENAMED, COMMENT = "Renamed by an analyst", "Seen on a second host"


def happened(world: World, clock: Clock) -> list[Alert]:
    """What the tenant has seen: seven alerts in one second, five later, one that shows late, one nobody can read."""
    now = clock.time()
    raised = [world.alerts.raise_alert(f"burst {number}", created_at=now - 3600) for number in range(7)]
    raised += [world.alerts.raise_alert(f"later {number}", created_at=now + 150 + 20 * number) for number in range(5)]
    raised.append(world.alerts.raise_alert("late", created_at=now + 160, visible_after=600))
    world.alerts.raise_alert("without ids", created_at=now - 3000, drop=("uuid", "short_id"))
    return raised


def worked(stage: Stage, raised: list[Alert]) -> None:
    """Three fetches; a colleague's comment; a change that waits since Sekoia is down; events and a search that last."""
    stage.configure(**SETTINGS)
    stage.minute()
    stage.world.alerts.comment(raised[1].uuid, COMMENT, "Ines Okafor")
    stage.clock.advance(60)
    stage.host.mirror(stage.instance)
    stage.world.faults.arm(Fault("PATCH *", kind="status", status=503, times=None))
    stage.host.set_fields("1", {"Alert Name": RENAMED})
    stage.clock.advance(60)
    stage.host.mirror(stage.instance)
    stage.world.faults.clear()
    stage.world.searches.plan = Plan(runs_for=600)
    stage.minute()
    stage.minute()
    stage.run("sekoia-xdr-search-events-alerts", ids=raised[0].short_id)


@contextmanager
def tenant(bundle: Bundle) -> Iterator[tuple[Stage, list[Alert]]]:
    """The story's tenant, and a host that knows nothing yet."""
    clock = Clock()
    world = World(clock, seed=7)
    with (
        tempfile.TemporaryDirectory() as folder,
        SekoiaServer(world) as server,
        Stage(bundle, world, server, clock, Path(folder) / "host.sqlite") as stage,
    ):
        yield stage, happened(world, clock)


def names_of(stage: Stage, raised: list[Alert]) -> dict[str, str]:
    """What differs between two plays of the story, and the words for it."""
    ids = {alert.uuid: f"<uuid {place}>" for place, alert in enumerate(raised)}
    ids |= {alert.short_id: f"<short id {place}>" for place, alert in enumerate(raised)}
    return {stage.server.url: ADDRESS, **ids}


def replaced(text: str, names: dict[str, str]) -> str:
    """The text with each name in it replaced."""
    return re.sub("|".join(map(re.escape, names)), lambda found: names[found[0]], text)


def keep(stage: Stage, raised: list[Alert]) -> str:
    """Everything that the host holds, and the time, as JSON text."""
    tables = {}
    for table in TABLES:
        columns = [row[1] for row in stage.host.store.rows(f"PRAGMA table_info({table})")]
        rows = stage.host.store.rows(f"SELECT * FROM {table}")
        tables[table] = [dict(zip(columns, row, strict=True)) for row in rows]
    text = json.dumps({"time": stage.clock.time(), "tables": tables}, indent=1, ensure_ascii=False)
    return replaced(text, names_of(stage, raised)) + "\n"


def bring_back(stage: Stage, raised: list[Alert], text: str) -> None:
    """The host as it was, with today's pack in it; the comment of the story is in the tenant again."""
    held: dict[str, Any] = json.loads(replaced(text, {word: name for name, word in names_of(stage, raised).items()}))
    stage.host.close()
    stage.host = Host(stage.bundle, stage.database, stage.clock)
    for table in TABLES:
        stage.host.store.write(f"DELETE FROM {table}")
        for row in held["tables"].get(table, []):
            words, marks = ", ".join(row), ", ".join("?" * len(row))
            stage.host.store.write(f"INSERT INTO {table} ({words}) VALUES ({marks})", *row.values())
    stage.world.alerts.comment(raised[1].uuid, COMMENT, "Ines Okafor")
    stage.clock.advance(held["time"] - stage.clock.time())
    stage.host.supply_secret(INSTANCE, stage.secret())
    stage.instance = stage.host.instance(INSTANCE)


def main() -> int:
    """Writes the state of the pack's own version."""
    metadata = json.loads((ROOT / "Packs/SekoiaXDR/pack_metadata.json").read_text(encoding="utf-8"))
    target = STATES / f"{metadata['currentVersion']}.json"
    with tenant(Bundle.load(built_zip())) as (stage, raised):
        worked(stage, raised)
        STATES.mkdir(exist_ok=True)
        target.write_text(keep(stage, raised), encoding="utf-8")
    sys.stdout.write(f"{target.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
