"""A tenant, its server and a caller with every right."""

from collections.abc import Iterator

import pytest

from lab.clock import Clock
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from tests.sekoia.caller import Caller


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> World:
    return World(clock, seed=7)


@pytest.fixture
def server(world: World) -> Iterator[SekoiaServer]:
    with SekoiaServer(world) as running:
        yield running


@pytest.fixture
def api(world: World, server: SekoiaServer) -> Iterator[Caller]:
    with Caller(server.url, world.keys.issue("all rights")) as caller:
        yield caller
