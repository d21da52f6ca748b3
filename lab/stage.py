"""A story on stage: an emulated tenant, and a host with the built pack connected to it through HTTP.

The files at the top of `lab/` are the only ones that know both halves of the lab.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.clock import Clock, TimeSource
from lab.sekoia import scenario
from lab.sekoia.instants import read_instant
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from lab.xsoar.bundle import Bundle
from lab.xsoar.host import Host
from lab.xsoar.instance import Instance

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "Packs/SekoiaXDR/Integrations/SekoiaXDR"
INTEGRATION, INSTANCE = "Sekoia XDR", "Sekoia XDR_instance_1"
PICTURE_PORT = 18080  # the same address in every picture


@dataclass
class Scene:
    """A tenant that plays a story, and a host with the built pack connected to it."""

    world: World
    server: SekoiaServer
    host: Host
    clock: TimeSource
    instance: Instance

    def configure(self, **params: Any) -> None:
        """Changes parameters of the instance, as a user does between two runs."""
        self.instance = self.host.change_params(self.instance.name, params)

    def minute(self) -> Any:
        """A minute passes, then the platform's schedule runs one fetch."""
        self.clock.sleep(60)
        return self.host.fetch(self.instance)

    def state_of(self, short_id: str) -> str:
        """What the tenant itself says of an alert."""
        alert = self.world.alerts.get(short_id)
        verdict = f", verdict {alert.ruling.verdict.label}" if alert.ruling else ""
        return f"{alert.status.label} ({alert.status.stage}){verdict}, comments: {len(alert.comments)}"


def built_zip() -> Path:
    """The newest built pack; ends the program with a sentence when there is none."""
    found = sorted((ROOT / "dist").glob("*.zip"))
    if not found:
        sys.exit("dist/ holds no built pack: run `make pack` first.")
    return found[-1]


def settings(url: str, key: str, **more: Any) -> dict[str, Any]:
    """The parameters of an instance, with the platform's shape of a credential."""
    return {"url": url, "credentials": {"identifier": "", "password": key}, **more}


@contextmanager
def scene(story: str, port: int = 0) -> Iterator[Scene]:
    """A story on stage, with an instance that may do everything. Everything is gone afterwards."""
    told = scenario.read(story)
    clock = Clock(read_instant(told["start"]))
    world = World(clock, seed=int(told.get("seed", 0)))
    world.load(told)
    with SekoiaServer(world, port=port) as server:
        host = Host(Bundle.load(built_zip()), ":memory:", clock)
        host.guarded = (world.events.intake_key, *(intake.key for intake in world.intakes.all()))
        key = world.keys.issue("demo")
        params = settings(server.url, key, fetch_with_assets=True, fetch_with_kill_chain=True)
        yield Scene(world, server, host, clock, host.add_instance(INTEGRATION, INSTANCE, params))
        host.close()
