"""After all other journeys: every command succeeded in one of them, and in another it was refused or found nothing."""

import re

import pytest

from lab.xsoar.bundle import Bundle
from lab.xsoar.outputs import Ending, Sightings
from tests.journeys.test_zz_outputs import is_whole
from tests.stage import INTEGRATION

# Runs of every command that prove something else than its work, or its work only as the examples show it.
ELSEWHERE = {"test_secrets.py", "test_readme.py", "test_dry_runs.py"}
BY_THE_PLATFORM = {"get-modified-remote-data", "get-remote-data", "update-remote-system", "get-mapping-fields"}
# Nothing may keep an incident open, so a refusal is an outcome of this one and no error: test_mirror_close.py shows it.
NEVER_FAILS = {"sekoia-xdr-mirror-close"}
# These call nothing that could refuse them; what they refuse themselves counts.
LOCAL = {"sekoia-xdr-quarantine-retry", "sekoia-xdr-fetch-health"}


@pytest.fixture
def endings(request: pytest.FixtureRequest, sightings: Sightings) -> list[Ending]:
    """How the runs of the journeys ended, dry runs aside; only a session with all of them can tell."""
    if not is_whole(request):
        pytest.skip("only a session with all journeys can tell: run tests/journeys as a whole")
    return [one for one in sightings.endings if one.place not in ELSEWHERE and str(one.args.get("dry_run")) != "true"]


def is_refusal(one: Ending) -> bool:
    """Whether a run ended with a refusal of the API, or with nothing that it could have found."""
    if one.error is None:
        return not one.found and not one.waits
    return bool(re.search(r"HTTP 4\d\d", one.error)) or one.command in LOCAL


@pytest.mark.last
def test_every_command_succeeded_in_a_journey(endings: list[Ending], bundle: Bundle) -> None:
    succeeded = {one.command for one in endings if one.error is None and not one.waits}
    known = bundle.integration(INTEGRATION).commands
    assert sorted(set(known) - succeeded) == []


@pytest.mark.last
def test_every_command_was_refused_or_found_nothing_in_a_journey(endings: list[Ending], bundle: Bundle) -> None:
    commands = bundle.integration(INTEGRATION).commands
    failed = {one.command for one in endings if is_refusal(one) and (one.error or commands[one.command].outputs)}
    assert sorted(set(commands) - failed - BY_THE_PLATFORM - NEVER_FAILS) == []


@pytest.mark.parametrize(
    ("ending", "counts"),
    [
        (Ending("", "sekoia-xdr-get-alert", {}, "GET …: HTTP 404: Unknown alert", False, False), True),
        (Ending("", "sekoia-xdr-get-alert", {}, "id: 'x' is no alert id", False, False), False),
        (Ending("", "sekoia-xdr-list-alerts", {}, None, False, False), True),
        (Ending("", "sekoia-xdr-list-alerts", {}, None, True, False), False),
        (Ending("", "sekoia-xdr-search-events", {}, None, False, True), False),
        (Ending("", "sekoia-xdr-quarantine-retry", {}, "ids: not in quarantine", False, False), True),
    ],
)
def test_refusals_are_told_from_other_ends(ending: Ending, counts: bool) -> None:
    assert is_refusal(ending) is counts
