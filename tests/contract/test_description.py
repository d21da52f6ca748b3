"""The emulator and the pack's calls beside the vendor's own description of the API, over the whole test run.

`SEKOIA_OPENAPI=<file>` names the description (`make contract-spec` brings the current one where the internet can be
reached). Without it nothing can be compared, and these tests say that they are skipped. `tools/lab_tests.py` runs the
tests in two processes, each of which leaves what it heard in the folder SEKOIA_HEARD; then it runs this file alone,
with SEKOIA_JUDGE=1, over both.
"""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import SekoiaXDRApiModule as api

from lab.sekoia.app import ROUTER
from lab.sekoia.identity.model import PERMISSIONS
from tests.description import Description, departures, facts
from tests.ears import EARS, Ears, Said, Seen

FILE = os.environ.get("SEKOIA_OPENAPI")
HEARD = os.environ.get("SEKOIA_HEARD")
JUDGE = bool(os.environ.get("SEKOIA_JUDGE"))
pytestmark = [
    pytest.mark.last,
    pytest.mark.skipif(not FILE, reason="SEKOIA_OPENAPI names no description of the API, so nothing was compared"),
    pytest.mark.skipif(bool(HEARD) and not JUDGE, reason="compared afterwards, over both halves of the tests"),
]
TITLES = {permission.uuid: permission.title for permission in PERMISSIONS} | {
    "63ab3e47-cde3-4e8a-80d4-26f1cd724a4e": "Manage entities",
    "6557cfbb-7065-4e32-9648-6f65d242393e": "Delete entities",
    "efde546e-06db-4355-b2e5-84de1f66511b": "Manage intakes",
    "5c89e285-f5e0-451e-932b-581dbac72a02": "Manage custom fields",
}


@pytest.fixture(scope="module")
def description() -> Description:
    """The description at hand."""
    return Description(Path(str(FILE)))


@pytest.fixture(scope="module")
def heard() -> Ears:
    """What this process heard, or both halves of a whole run."""
    for record in sorted(Path(str(HEARD)).glob("*.json")) if JUDGE else []:
        EARS.read(record)
    return EARS


def answer_complaints(description: Description, heard: Ears) -> dict[str, Seen]:
    """What does not fit in the answers of the emulator, each with a call that shows it."""
    return {text: one for one in heard.answered.values() for text in description.complaints(one, request=False)}


def question_complaints(description: Description, heard: Ears) -> dict[str, Seen]:
    """What does not fit in the calls of the pack, each with a call that shows it."""
    return {text: one for one in heard.asked.values() for text in description.complaints(one)}


def value_complaints(description: Description, heard: Ears) -> dict[str, Said]:
    """What does not fit in the values of the pack's queries, each with one that shows it."""
    return {text: one for one in heard.said.values() for text in description.value_complaints(one)}


def permission_complaints(description: Description) -> list[str]:
    """Routes of the emulator that want other permissions than the description says."""
    routes = [one for one in ROUTER.routes if not description.is_left_out(one.method, one.path)]
    described = [(route, description.permissions(route.method, route.path)) for route in routes]
    return [
        f"{route.name} permissions: {' and '.join(sorted(route.permissions)) or 'none'} beside {beside(wanted)}"
        for route, wanted in described
        if titles_of(wanted) != set(route.permissions)
    ]


def titles_of(wanted: Iterable[str] | None) -> set[str]:
    return {TITLES.get(uuid, uuid) for uuid in wanted or ()}


def beside(wanted: Iterable[str] | None) -> str:
    return "nothing said" if wanted is None else " and ".join(sorted(titles_of(wanted)))


def unexplained(complaints: Iterable[str]) -> list[str]:
    """The complaints that no reviewed departure covers."""
    reviewed = departures()
    return sorted({text for text in complaints if not any(one.covers(text) for one in reviewed)})


def shown(texts: list[str], complaints: Mapping[str, Seen | Said]) -> str:
    return "\n".join(f"{text} ({complaints[text].test})" for text in texts)


def not_heard(why: str) -> None:
    """Skips a comparison that has nothing to compare; the run that judges the whole must have it."""
    if JUDGE:
        pytest.fail(why)
    pytest.skip(why)


def test_every_answer_of_the_emulator_fits(description: Description, heard: Ears) -> None:
    if not heard.answered:
        not_heard("no test that asks the emulator ran before this one")
    complaints = answer_complaints(description, heard)
    found = unexplained(complaints)
    assert found == [], shown(found, complaints)


def test_every_question_of_the_pack_is_known(description: Description, heard: Ears) -> None:
    if not heard.asked:
        not_heard("no test that runs the pack ran before this one")
    complaints = question_complaints(description, heard)
    found = unexplained(complaints)
    assert found == [], shown(found, complaints)


def test_every_value_in_a_query_of_the_pack_fits(description: Description, heard: Ears) -> None:
    if not heard.said:
        not_heard("no test that runs the pack ran before this one")
    complaints = value_complaints(description, heard)
    found = unexplained(complaints)
    assert found == [], shown(found, complaints)


def test_every_route_of_the_emulator_wants_the_permissions_that_are_described(description: Description) -> None:
    found = unexplained(permission_complaints(description))
    assert found == [], "\n".join(found)


def test_the_pack_names_no_other_permission_for_a_call_than_the_described_ones(description: Description) -> None:
    wrong = []
    for method, path, wanted in description.operations_with_permissions():
        named = set(api.rights_of(f"{method} {path}".replace("{", "").replace("}", "")))
        if named and named != titles_of(wanted):
            wrong.append(f"{method} {path}: {sorted(named)} beside {sorted(titles_of(wanted))}")
    assert wrong == []


def test_the_emulator_understands_no_query_that_is_not_described(description: Description) -> None:
    flattering = []
    for route in ROUTER.routes:
        described = description.parameters(route.method, route.path)
        if described is not None and not route.grammar.keys <= described.keys():
            flattering.append(f"{route.name}: {sorted(route.grammar.keys - described.keys())}")
    assert flattering == []


def test_pages_of_the_emulator_are_as_long_as_described(description: Description) -> None:
    different = []
    for route in ROUTER.routes:
        limit = (description.parameters(route.method, route.path) or {}).get("limit")
        if limit is not None and route.grammar.paged:
            lab = {"default": route.grammar.limit_default, "maximum": route.grammar.limit_max}
            described = {name: limit[name] for name in lab.keys() & limit.keys()}
            different += [route.name] if not described.items() <= lab.items() else []
    assert different == []


def counted(description: Description) -> dict[str, Any]:
    """What the description says nothing of, among the routes of the emulator."""
    kinds = [(one.method, description.body(one.method, one.path)) for one in ROUTER.routes if one.method != "GET"]
    bodies = Counter(kind for method, kind in kinds if (method, kind) != ("DELETE", "absent"))  # which need none
    silent = [one for one in ROUTER.routes if not description.is_answer_described(one.method, one.path)]
    numbers = {"routes": len(ROUTER.routes), "writing": bodies.total(), "answers_without_schema": len(silent)}
    return numbers | {f"bodies_{kind}": bodies[kind] for kind in ("described", "open", "bare", "absent")}


def test_the_page_counts_right_what_the_description_leaves_open(description: Description) -> None:
    said = facts()
    if description.sha256 != said["sha256"]:
        pytest.skip(
            f"another description than that of {said['month']}, of which the page speaks: {counted(description)}"
        )
    assert said == {"month": said["month"], "sha256": description.sha256, **counted(description)}


def test_every_departure_is_still_needed(description: Description, heard: Ears) -> None:
    if description.sha256 != facts()["sha256"]:
        pytest.skip(f"the departures were reviewed against the description of {facts()['month']}")
    if not (JUDGE and {"sekoia", "journeys", "contract", "client"} <= heard.areas):
        not_heard("only a whole run can tell")
    complaints = {
        *answer_complaints(description, heard),
        *question_complaints(description, heard),
        *value_complaints(description, heard),
        *permission_complaints(description),
    }
    assert [pattern for one in departures() for pattern in one.unused(complaints)] == []
