"""The client of the pack against a tenant: the lab's, and a real one when SEKOIA_URL and SEKOIA_API_KEY are set."""

import os
from collections.abc import Callable, Iterator

import pytest
import SekoiaXDRApiModule as api

from lab.clock import Clock
from lab.sekoia.app import ROUTER
from lab.sekoia.errors import ApiError
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from lab.xsoar.timeviews import time_view

NEEDED = ("SEKOIA_URL", "SEKOIA_API_KEY")
STATUSES = ("Pending", "Acknowledged", "Ongoing", "Closed", "Rejected")
TYPES = ("malware", "phishing", "brute-force")
MakeClient = Callable[..., api.SekoiaClient]
MET: set[tuple[str, int]] = set()  # routes of the lab and the status of an answer, over all contract tests


@pytest.fixture(autouse=True)
def noted(world: World) -> Iterator[None]:
    """Notes which endpoints a test met, and with what status."""
    yield
    for call in world.journal.calls:
        try:
            MET.add((ROUTER.find(call.method, call.path)[0].name, call.status))
        except ApiError:  # a path that a test made up
            continue


@pytest.fixture
def lab_time(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client reads the lab's clock, so that its waits take no time."""
    monkeypatch.setattr(api, "time", time_view(clock))


@pytest.fixture
def make_client(server: SekoiaServer, world: World, lab_time: None) -> MakeClient:
    """Makes clients of the lab's tenant, by default with a new key that may do everything."""
    made = 0

    def make(key: str | None = None, rate: float = 100, seconds: float = 300, **said: object) -> api.SekoiaClient:
        nonlocal made
        made += 1
        text = key or world.keys.issue(f"client {made}", **said)  # type: ignore[arg-type]
        return api.SekoiaClient(server.url, text, requests_per_second=rate, deadline=api.Deadline(seconds))

    return make


@pytest.fixture
def client(make_client: MakeClient) -> api.SekoiaClient:
    """A client of the lab's tenant that may do everything."""
    return make_client()


def furnish(world: World) -> None:
    """130 alerts of the last two hours in all statuses, with assets, comments and a stage of the kill chain."""
    hosts = [world.assets.add(f"srv-{number:02}", criticality=number) for number in range(3)]
    world.assets.revoke(hosts[2].uuid)
    stage = world.kill_chains.all()[2].name
    now = world.clock.time()
    for number in range(130):
        alert = world.alerts.raise_alert(
            f"alert {number}",
            created_at=now - 7200 + 50 * number,
            urgency=number % 101,
            status=STATUSES[number % len(STATUSES)],
            alert_type=("intrusion", TYPES[number % len(TYPES)]),
            assets=[hosts[number % 3].uuid],
            kill_chain=stage,
        )
        for text in range(number % 3):
            world.alerts.comment(alert.short_id, f"note {text}")


def lab_reader(request: pytest.FixtureRequest) -> api.SekoiaClient:
    """A client of a furnished lab tenant whose key may only read."""
    world: World = request.getfixturevalue("world")
    furnish(world)
    make: MakeClient = request.getfixturevalue("make_client")
    return make(permissions=("View alerts", "View cases", "View asset"))


def tenant_reader(request: pytest.FixtureRequest) -> api.SekoiaClient:
    """A client of the real tenant, in real time."""
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        pytest.skip(f"a real tenant is read only when {' and '.join(NEEDED)} are set; missing: {', '.join(missing)}")
    return api.SekoiaClient(os.environ["SEKOIA_URL"], os.environ["SEKOIA_API_KEY"], deadline=api.Deadline(120))


READERS = {"lab": lab_reader, "tenant": tenant_reader}


@pytest.fixture(params=READERS)
def reader(request: pytest.FixtureRequest) -> api.SekoiaClient:
    """A client that only reads: of the lab's tenant and, when its address and key are given, of a real one."""
    return READERS[request.param](request)
