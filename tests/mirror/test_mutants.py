"""Each listed way to break mirroring is caught, and the whole pack passes the same schedules."""

from pathlib import Path

import pytest

from lab.clock import Clock
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from lab.xsoar.bundle import Bundle
from tests.mirror.desk import Desk
from tests.mirror.mutants import MUTANTS, Mutant
from tests.mirror.schedule import Schedule
from tests.mirror.trial import play
from tests.promises import PromiseBroken
from tests.stage import Stage


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "_"))
def test_mutant_is_caught(bundle: Bundle, mutant: Mutant) -> None:
    play(bundle, mutant.schedule)
    with pytest.raises(PromiseBroken):
        play(mutant.applied_to(bundle), mutant.schedule)


@pytest.mark.parametrize(("pages", "listed"), [("all", 250), ("one", 100)])
def test_single_page_is_caught(
    bundle: Bundle, world: World, server: SekoiaServer, clock: Clock, tmp_path: Path, pages: str, listed: int
) -> None:
    """The list of changes is read to its end; a pack that reads one page of it lists less."""
    given = "            yield from rows\n"
    single = Mutant("single page", ((given, f"{given}            return\n"),), Schedule(()))
    pack = bundle if pages == "all" else single.applied_to(bundle)
    with Stage(pack, world, server, clock, tmp_path / "host.sqlite") as stage:
        desk = Desk(stage)
        for title in range(250):
            clock.advance(0.1)
            world.alerts.raise_alert(f"alert {title}")
        assert len(desk.round().modified) == listed
