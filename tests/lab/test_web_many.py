"""The console with ten thousand incidents: the work of a page does not grow with their number."""

from collections.abc import Callable, Iterator
from time import process_time

import pytest

from lab.stage import scene
from lab.web import lab_site
from lab.xsoar.store import Store
from tests.lab.many import fill
from tests.lab.person import Person

MANY = 10_000
PAGES = (
    "/incidents",
    "/incidents?status=1&severity=3&page=9",
    "/incidents/2?tab=sekoiacontext",
    "/incidents/2/room",
    "/incidents/2/room/entries?after=0",
    "/runs",
    "/mirroring",
    "/settings",
    "/calls",
    "/tenant",
)


def console(count: int) -> Iterator[Person]:
    """A console of the phishing story with so many incidents more."""
    with scene("phishing") as stage:
        stage.configure(mirror_direction="Incoming and Outgoing")
        person = Person(lab_site(stage))
        person.send("/time", by="25m")
        fill(stage, count)
        yield person


@pytest.fixture(scope="module")
def few() -> Iterator[Person]:
    """The story alone."""
    yield from console(0)


@pytest.fixture(scope="module")
def many() -> Iterator[Person]:
    """The story among ten thousand."""
    yield from console(MANY)


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each query of the store brought."""
    found: list[int] = []
    rows: Callable[..., list[tuple[object, ...]]] = Store.rows

    def counted(store: Store, sql: str, *values: object) -> list[tuple[object, ...]]:
        brought = rows(store, sql, *values)
        found.append(len(brought))
        return brought

    monkeypatch.setattr(Store, "rows", counted)
    return found


@pytest.mark.parametrize("address", PAGES)
def test_page_asks_the_store_as_often_and_for_as_much_as_with_four(
    few: Person, many: Person, queries: list[int], address: str
) -> None:
    asked = []
    for person in (few, many):
        queries.clear()
        assert person.client.get(address).status_code in (200, 204)
        asked.append((len(queries), sum(queries)))
    (calls, rows), (calls_of_many, rows_of_many) = asked
    assert calls_of_many == calls
    assert rows_of_many <= rows + 30  # a page of the list holds 25


@pytest.mark.parametrize("address", PAGES)
def test_page_takes_as_long_as_a_page_may(many: Person, address: str) -> None:
    """The bound is that of the pages with four incidents (`test_page_takes_little_time`)."""
    best = 9.0
    for _ in range(3):
        start = process_time()
        many.client.get(address)
        best = min(best, process_time() - start)
    assert best < 0.4


def test_dashboard_reads_the_incidents_once(many: Person, queries: list[int]) -> None:
    assert many.client.get("/dashboards/Sekoia XDR").status_code == 200
    assert len([brought for brought in queries if brought >= MANY]) == 1


def test_round_of_mirroring_stays_usable(many: Person) -> None:
    start = process_time()
    assert "Nothing to mirror" in many.send("/mirroring") + many.send("/mirroring")
    assert process_time() - start < 8
