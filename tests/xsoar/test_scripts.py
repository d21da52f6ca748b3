"""Scripts of a pack: what they know, which commands they reach, what is kept of their work, and closing."""

import json

import pytest

from lab.xsoar.errors import BadCommandLine, InvariantBroken, UnknownName, UnknownPlatformCall
from lab.xsoar.host import Host
from tests.xsoar.conftest import Configure

ITEM = {"title": "one", "id": "A1", "severity": 2}


def incident_of(host: Host, configure: Configure) -> str:
    """The id of an incident that was fetched."""
    instance = configure(feed=json.dumps([ITEM]))
    return host.fetch(instance).created[0].id


def test_script_knows_its_incident(host: Host, configure: Configure) -> None:
    number = incident_of(host, configure)
    outcome = host.run_script("AcmeDo", {"snippet": "return_results(demisto.incident()['name'])"}, number)
    assert [entry.contents for entry in outcome.entries] == ["one"]
    assert [entry.contents for entry in host.warroom(number)] == ["one"]


def test_command_runs_on_every_instance_that_offers_it(host: Host, configure: Configure) -> None:
    configure("one")
    configure("two")
    call = "demisto.executeCommand('acme-item-get', {'id': '7'})"
    snippet = f"return_results(','.join(entry['ModuleName'] for entry in {call}))"
    assert host.run_script("AcmeDo", {"snippet": snippet}).entries[0].contents == "one,two"


def test_using_chooses_the_instance(host: Host, configure: Configure) -> None:
    configure("one")
    configure("two")
    snippet = (
        "found = demisto.executeCommand('acme-item-get', {'id': '7', 'using': 'two'})\n"
        "return_results(','.join(e['ModuleName'] for e in found))"
    )
    assert host.run_script("AcmeDo", {"snippet": snippet}).entries[0].contents == "two"


def test_entries_of_a_command_are_kept_only_if_the_script_gives_them(host: Host, configure: Configure) -> None:
    configure()
    call = "demisto.executeCommand('acme-item-get', {'id': '7'})"
    host.run_script("AcmeDo", {"snippet": call})
    assert (host.warroom(), host.context()) == ([], {})
    host.run_script("AcmeDo", {"snippet": f"demisto.results({call})"})
    assert host.context()["Acme"]["Item"]["id"] == "7"


def test_failing_command_is_an_error_entry_for_the_script(host: Host, configure: Configure) -> None:
    configure(snippet="raise ValueError('no luck')")
    snippet = "found = demisto.executeCommand('acme-try', {})\nreturn_results(f'{is_error(found)} {get_error(found)}')"
    assert "True Failed to execute acme-try" in host.run_script("AcmeDo", {"snippet": snippet}).entries[0].contents


def test_command_that_nobody_offers_is_an_error_in_the_script(host: Host) -> None:
    outcome = host.run_script("AcmeDo", {"snippet": "demisto.executeCommand('acme-item-get', {'id': '7'})"})
    assert outcome.error == "Unsupported Command : acme-item-get, verify you have proper integration enabled"


def test_unknown_argument_of_a_command_is_loud(host: Host, configure: Configure) -> None:
    configure()
    snippet = "demisto.executeCommand('acme-item-get', {'id': '7', 'odd': '1'})"
    with pytest.raises(BadCommandLine, match="no argument named 'odd'"):
        host.run_script("AcmeDo", {"snippet": snippet})


def test_broken_promise_of_a_command_is_loud(host: Host, configure: Configure) -> None:
    configure(snippet="print('noise')\nreturn_results('x')")
    with pytest.raises(InvariantBroken, match="noise"):
        host.run_script("AcmeDo", {"snippet": "demisto.executeCommand('acme-try', {})"})


def test_unknown_script_and_unknown_argument_name_themselves(host: Host) -> None:
    with pytest.raises(UnknownName, match="AcmeOdd"):
        host.run_script("AcmeOdd", {})
    with pytest.raises(BadCommandLine, match="odd"):
        host.run_script("AcmeDo", {"odd": "1"})


def test_integration_cannot_run_commands(host: Host, configure: Configure) -> None:
    instance = configure(snippet="demisto.executeCommand('acme-item-get', {})")
    assert "executeCommand" in (host.run(("acme-try", {}), instance).error or "")
    assert issubclass(UnknownPlatformCall, AttributeError)


def test_script_sets_fields_of_its_incident(host: Host, configure: Configure) -> None:
    number = incident_of(host, configure)
    snippet = "demisto.executeCommand('setIncident', {'severity': 3, 'acmetext': 'new'})"
    host.run_script("AcmeDo", {"snippet": snippet}, number)
    incident = host.incidents.get(number)
    assert (incident.severity, incident.fields["Acme Text"]) == (3, "new")


def test_closing_runs_the_closing_script_first(host: Host, configure: Configure) -> None:
    number = incident_of(host, configure)
    assert host.close_incident(number, {"closeReason": "Resolved", "closeNotes": "done"}) is None
    incident = host.incidents.get(number)
    assert (incident.status, incident.fields["closeReason"]) == (2, "Resolved")
    assert [entry.contents for entry in host.warroom(number)] == ["closing one"]


def test_error_of_the_closing_script_keeps_the_incident_open(host: Host, configure: Configure) -> None:
    number = incident_of(host, configure)
    assert host.close_incident(number, {"closeReason": "Other", "closeNotes": "later"}) == "no: later"
    assert host.incidents.get(number).status == 0


def test_script_without_end_is_stopped(host: Host) -> None:
    snippet = "demisto.results(demisto.executeCommand('AcmeDo', args))"
    assert "scripts run scripts more than 10 deep" in (host.run_script("AcmeDo", {"snippet": snippet}).error or "")
