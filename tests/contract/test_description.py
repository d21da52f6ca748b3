"""The emulator and the pack's calls beside the vendor's own description of the API, over the whole test run.

`SEKOIA_OPENAPI=<file>` names the description (CI has it; `make contract-spec` brings the current one where the internet
can be reached). Without it nothing can be compared, and these tests are skipped.
"""

import os
from collections import Counter
from pathlib import Path

import pytest

from lab.sekoia.app import ROUTER
from lab.sekoia.identity.model import BY_TITLE
from tests.description import Description, exceptions
from tests.ears import EARS

FILE = os.environ.get("SEKOIA_OPENAPI")
pytestmark = [
    pytest.mark.last,
    pytest.mark.skipif(not FILE, reason="SEKOIA_OPENAPI names no description of the API"),
]


@pytest.fixture(scope="module")
def description() -> Description:
    """The description at hand."""
    return Description(Path(str(FILE)))


def unexplained(complaints: Counter[str]) -> list[str]:
    """The complaints that no reviewed exception covers, most frequent first."""
    reviewed = exceptions()
    return [text for text, _ in complaints.most_common() if not any(one.covers(text) for one in reviewed)]


def test_every_answer_of_the_emulator_fits(description: Description) -> None:
    if not EARS.answered:
        pytest.skip("no test that asks the emulator ran before this one")
    complaints = Counter(
        text for seen in EARS.answered.values() for text in description.complaints(seen, request=False)
    )
    found = unexplained(complaints)
    assert found == [], "\n".join(found)


def test_every_question_of_the_pack_is_known(description: Description) -> None:
    if not EARS.asked:
        pytest.skip("no test that runs the pack ran before this one")
    complaints = Counter(text for seen in EARS.asked.values() for text in description.complaints(seen))
    found = unexplained(complaints)
    assert found == [], "\n".join(found)


def test_every_route_of_the_emulator_wants_the_permissions_that_are_described(description: Description) -> None:
    different = []
    for route in ROUTER.routes:
        found = description.operation(route.method, route.path)
        wanted = set(found[1].get("x-permissions", [])) if found else None
        if wanted is not None and wanted != {BY_TITLE[name].uuid for name in route.permissions}:
            different.append(f"{route.name} permissions: {sorted(route.permissions)} beside {sorted(wanted)}")
    assert unexplained(Counter(different)) == []


def test_every_exception_is_still_needed(description: Description) -> None:
    if not (EARS.asked and EARS.answered and "sekoia" in EARS.areas and "journeys" in EARS.areas):
        pytest.skip("only a whole run can tell")
    complaints = [text for seen in EARS.answered.values() for text in description.complaints(seen, request=False)]
    complaints += [text for seen in EARS.asked.values() for text in description.complaints(seen)]
    complaints += [
        f"{route.name} permissions:" for route in ROUTER.routes if description.operation(route.method, route.path)
    ]
    assert [one.pattern for one in exceptions() if not any(one.covers(text) for text in complaints)] == []
