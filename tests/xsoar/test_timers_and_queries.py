"""Timers that run, stop and are late; searches over incidents; scripts that fields and polls call."""

import json
from typing import Any

import pytest

from lab.clock import Clock
from lab.xsoar.bundle import Bundle
from lab.xsoar.errors import BadFieldValue, BadQuery, UnknownName
from lab.xsoar.host import Host
from lab.xsoar.queries import condition, search
from lab.xsoar.timers import started, stopped
from tests.xsoar.conftest import Configure

NOW = 1_772_359_200.0  # 2026-03-01T10:00:00Z
ITEMS = [
    {"title": "one", "id": "A1", "severity": 1, "text": "a rule", "number": 3, "hosts": [{"name": "pc-1"}]},
    {"title": "two", "id": "A2", "severity": 4, "text": "b", "number": 7, "at": "2026-02-01T10:00:00Z"},
    {"title": "three", "id": "A3", "severity": 2},
]


@pytest.fixture
def stocked(host: Host, configure: Configure) -> Host:
    """A host with three incidents."""
    assert len(host.fetch(configure(feed=json.dumps(ITEMS))).created) == 3
    return host


def found(host: Host, query: str) -> str:
    return "".join(one.id for one in search(host, query))


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", "123"),
        ('type:"Acme Alert"', "123"),
        ("severity:critical", "2"),
        ("-severity:critical", "13"),
        ("not severity:critical", "13"),
        ("severity:(low medium)", "13"),
        ('acmetext:"a rule"', "1"),
        ("acmetext:*", "12"),
        ("acmenumber:>3", "2"),
        ("acmenumber:<=3", "1"),
        ("acmehosts:pc-1", "1"),
        ("status:pending and (acmetext:b or acmenumber:3)", "12"),
        ("status:closed", ""),
        ("acmetext:b or severity:low acmenumber:3", "12"),
    ],
)
def test_query_finds_its_incidents(stocked: Host, query: str, ids: str) -> None:
    assert found(stocked, query) == ids


@pytest.mark.parametrize("query", ["severity", "(severity:1", "severity:1)", "a:1 ~ b", "or a:1", "a:1 and"])
def test_query_that_is_not_understood_is_refused(query: str) -> None:
    with pytest.raises(BadQuery):
        condition(query)


def test_query_for_a_field_that_nobody_has_names_it(stocked: Host) -> None:
    with pytest.raises(UnknownName, match="gone"):
        found(stocked, "gone:1")


def test_get_incidents_pages_within_a_time_range(stocked: Host) -> None:
    asked = "{'query': 'severity:*', 'fromdate': '2026-02-20T00:00:00Z', 'size': 1, 'page': 1}"
    call = f"demisto.executeCommand('getIncidents', {asked})"
    snippet = f"data = {call}[0]['Contents']\nreturn_results(str(data['total']) + data['data'][0]['name'])"
    assert stocked.run_script("AcmeDo", {"snippet": snippet}).entries[0].contents == "2three"


def test_timer_runs_until_it_is_stopped() -> None:
    timer = started({}, NOW, 60)
    assert (timer["runStatus"], timer["dueDate"]) == ("running", "2026-03-01T11:00:00Z")
    assert started(timer, NOW + 5, 60) == timer
    done = stopped(timer, NOW + 90)
    assert (done["runStatus"], done["totalDuration"], done["breachTriggered"]) == ("ended", 90, False)
    assert stopped(done, NOW + 500) == done


def test_timer_that_is_stopped_too_late_is_late() -> None:
    assert stopped(started({}, NOW, 60), NOW + 3601)["breachTriggered"] is True


def test_timer_that_never_ran_is_not_stopped() -> None:
    assert stopped({}, NOW) == {}


def test_only_a_timer_can_be_started(stocked: Host) -> None:
    snippet = "demisto.executeCommand('startTimer', {'timerField': 'acmetext'})"
    with pytest.raises(BadFieldValue, match="is no timer"):
        stocked.run_script("AcmeDo", {"snippet": snippet}, "1")


def test_script_may_ask_to_be_called_again(host: Host, clock: Clock) -> None:
    again = "ScheduledCommand(command='AcmeDo', next_run_in_seconds=10, args={'snippet': \"return_results('later')\"})"
    outcome = host.run_script(
        "AcmeDo", {"snippet": f"return_results(CommandResults(readable_output='now', scheduled_command={again}))"}
    )
    assert outcome.poll is not None
    clock.advance(11)
    (later,) = host.run_due()
    assert later.entries[0].contents == "later"


def test_poll_of_a_command_that_a_script_runs_is_only_told_to_the_script(host: Host, configure: Configure) -> None:
    """The script finds what to ask again in the entry's metadata; passing the entry on schedules nothing."""
    configure()
    snippet = "return_results(demisto.executeCommand('acme-wait', {'rounds': '1'}))"
    outcome = host.run_script("AcmeDo", {"snippet": snippet})
    assert (outcome.error, outcome.poll, host.polls.due(1e12)) == (None, None, [])
    (entry,) = outcome.entries
    assert entry.body["Metadata"]["pollingCommand"] == "acme-wait"


def test_script_of_a_field_runs_when_its_value_changes(
    acme: Bundle, stocked: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    field: Any = stocked.catalogue.by_name("Acme Text")
    object.__setattr__(field, "script", "AcmeDo")
    seen: list[Any] = []
    monkeypatch.setattr(stocked.automation, "run", lambda script, given, room: seen.append((script.id, given, room)))
    stocked.set_fields("1", {"acmetext": "new"})
    stocked.set_fields("1", {"acmetext": "new"})
    change = {"old": "a rule", "new": "new", "cliName": "acmetext", "name": "Acme Text"}
    assert seen == [("AcmeDo", change, "1")]
