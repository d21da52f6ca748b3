"""What the lab's tests share: the built pack, a clock, a tenant, its server, and the stage where all of them meet."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.clock import Clock
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from lab.xsoar.bundle import Bundle
from lab.xsoar.host import Host
from lab.xsoar.outputs import Sightings
from tests.doors import DOORS
from tests.ears import EARS
from tests.stage import Stage

if os.environ.get("SEKOIA_OPENAPI"):
    EARS.listen()

DOORS.shut()
ROOT = Path(__file__).parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What looks back at the whole run comes last."""
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


def pytest_sessionfinish() -> None:
    """Leaves what this half of the tests heard to the process that judges both."""
    if os.environ.get("SEKOIA_HEARD") and not os.environ.get("SEKOIA_JUDGE") and EARS.areas:
        EARS.write(Path(os.environ["SEKOIA_HEARD"]) / f"{os.getpid()}.json")


@pytest.fixture(scope="session", autouse=True)
def sightings() -> Iterator[Sightings]:
    """Every context path that a command wrote in this session and how its runs ended, in whichever host."""
    Host.sightings = Sightings()
    yield Host.sightings
    Host.sightings = None


@pytest.fixture(autouse=True)
def no_stranger() -> Iterator[None]:
    """Nothing but this machine was asked for, by whatever ran in the test."""
    DOORS.strangers.clear()
    DOORS.called.clear()
    yield
    assert DOORS.strangers == [], "another machine was asked for"


@pytest.fixture(autouse=True)
def area(request: pytest.FixtureRequest, sightings: Sightings) -> None:
    """Tells the ears whose calls they hear, and the sightings whose runs they see."""
    marks = {mark.name for mark in request.node.iter_markers()}
    EARS.enter(request.node.path.relative_to(ROOT).parts[1], request.node.nodeid, marks)
    sightings.place = request.node.path.name


@pytest.fixture(scope="session")
def built_zip() -> Path:
    """The zip that a user uploads; refuses one that is older than what it was built from."""
    found = sorted((ROOT / "dist").glob("SekoiaXDR-*.zip"))
    if not found:
        pytest.fail("dist/ holds no built pack: run `make pack` first")
    sources = [path for path in (ROOT / "Packs").rglob("*.*") if path.suffix in {".py", ".yml", ".json"}]
    newest = max(
        path.stat().st_mtime for path in sources if "_test" not in path.name and path.parent.name != "test_data"
    )
    if found[-1].stat().st_mtime < newest:
        pytest.fail(f"{found[-1].name} is older than Packs/: run `make pack` first")
    return found[-1]


@pytest.fixture(scope="session")
def bundle(built_zip: Path) -> Bundle:
    """The built pack as the host sees it."""
    return Bundle.load(built_zip)


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at 2026-03-01T10:00:00Z until a test pushes it."""
    return Clock()


@pytest.fixture
def world(clock: Clock) -> World:
    """An empty tenant."""
    return World(clock, seed=7)


@pytest.fixture
def server(world: World) -> Iterator[SekoiaServer]:
    """The tenant's API on a real socket."""
    with SekoiaServer(world) as running:
        yield running


@pytest.fixture
def stage(bundle: Bundle, world: World, server: SekoiaServer, clock: Clock, tmp_path: Path) -> Iterator[Stage]:
    """The built pack in a host, connected to the tenant with a key that may do everything."""
    with Stage(bundle, world, server, clock, tmp_path / "host.sqlite") as opened:
        yield opened
