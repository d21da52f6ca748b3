"""The made-up pack, a host on it, and the doors to both."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.clock import Clock
from lab.xsoar.bundle import Bundle
from lab.xsoar.host import Host
from lab.xsoar.instance import Instance
from tests.xsoar.acme_pack import INTEGRATION, KEY, build

Configure = Callable[..., Instance]


@pytest.fixture(scope="session")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The built pack."""
    return build(tmp_path_factory.mktemp("acme"))


@pytest.fixture
def clock() -> Clock:
    """A clock that the test pushes."""
    return Clock()


@pytest.fixture
def host(acme: Bundle, clock: Clock) -> Iterator[Host]:
    """A host in memory."""
    made = Host(acme, ":memory:", clock)
    yield made
    made.close()


@pytest.fixture
def configure(host: Host) -> Configure:
    """Add an instance of the integration with some settings of its own."""

    def add(name: str = "one", **params: Any) -> Instance:
        return host.add_instance(INTEGRATION, name, {"credentials": {"password": KEY}, **params})

    return add


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database that outlives its host."""
    return tmp_path / "xsoar.db"
