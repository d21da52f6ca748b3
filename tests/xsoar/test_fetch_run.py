"""The bargain of a fetch: last run and incidents are kept together at a normal end, and not at all otherwise."""

import json
from typing import Any

import pytest

from lab.clock import Clock
from lab.xsoar.errors import BadFieldValue, InvariantBroken, UnknownName
from lab.xsoar.host import Host
from tests.xsoar.conftest import Configure

INCIDENT = '[{"name": "n", "occurred": "2026-03-01T10:00:00Z", "rawJSON": "{}"}]'


def feed(*items: dict[str, Any]) -> str:
    """The remote's items as the made-up integration takes them."""
    return json.dumps(list(items))


def test_fetch_keeps_incidents_and_last_run(host: Host, configure: Configure) -> None:
    instance = configure(feed=feed({"id": "1", "title": "a"}, {"id": "2", "title": "b"}))

    outcome = host.fetch(instance)

    assert [incident.name for incident in outcome.created] == ["a", "b"]
    assert host.last_run(instance) == {"seen": 2}


def test_fetch_hands_the_kept_last_run_to_the_next_run(host: Host, configure: Configure) -> None:
    instance = configure(feed=feed(*({"id": str(number), "title": "t"} for number in range(5))), max_fetch="2")

    created = [len(host.fetch(instance).created) for _ in range(4)]

    assert created == [2, 2, 1, 0]


def test_fetch_that_ends_in_return_error_keeps_nothing(host: Host, configure: Configure) -> None:
    snippet = f"demisto.setLastRun({{'a': 1}}); demisto.incidents({INCIDENT}); return_error('remote is down')"
    instance = configure(snippet=snippet)

    outcome = host.fetch(instance)

    assert outcome.error is not None
    assert "remote is down" in outcome.error
    assert (host.incidents.count(), host.last_run(instance)) == (0, {})


def test_fetch_that_ends_in_an_error_entry_keeps_nothing(host: Host, configure: Configure) -> None:
    entry = "{'Type': 4, 'Contents': 'no'}"
    snippet = f"demisto.setLastRun({{'a': 1}}); demisto.incidents({INCIDENT}); demisto.results({entry})"
    instance = configure(snippet=snippet)

    outcome = host.fetch(instance)

    assert (outcome.error, host.incidents.count(), host.last_run(instance)) == ("no", 0, {})


def test_fetch_keeps_doubles_as_they_come(host: Host, configure: Configure) -> None:
    instance = configure(feed=feed({"id": "1", "title": "a"}, {"id": "1", "title": "a"}))

    host.fetch(instance)

    assert len(host.incidents.by_field("Alert ID", "1")) == 2


def test_fetch_keeps_a_last_run_without_incidents(host: Host, configure: Configure) -> None:
    instance = configure(snippet="demisto.setLastRun({'a': 1}); demisto.incidents([])")

    host.fetch(instance)

    assert host.last_run(instance) == {"a": 1}


def test_get_last_run_shows_the_kept_state_and_not_the_buffered_one(host: Host, configure: Configure) -> None:
    instance = configure(
        snippet="demisto.setLastRun({'a': 1}); demisto.debug(demisto.getLastRun()); demisto.incidents([])"
    )

    outcome = host.fetch(instance)

    assert outcome.log[-1].text == "{}"


def test_integration_context_is_kept_at_once_even_when_the_run_fails(host: Host, configure: Configure) -> None:
    instance = configure(snippet="demisto.setIntegrationContext({'token': 't'}); raise ValueError('later')")

    host.fetch(instance)

    assert host.integration_context(instance) == {"token": "t"}


def test_each_run_has_a_namespace_of_its_own(host: Host, configure: Configure) -> None:
    instance = configure(snippet="demisto.debug(counter); demisto.incidents([])")

    runs = [host.fetch(instance).log[-1].text for _ in range(2)]

    assert runs == ["['fetch-incidents']", "['fetch-incidents']"]


def test_environment_changes_do_not_outlive_the_run(
    host: Host, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    instance = configure(snippet="skip_proxy(); demisto.debug(os.getenv('HTTPS_PROXY')); demisto.incidents([])")

    runs = [host.fetch(instance).log[-1].text for _ in range(2)]

    assert runs == ["None", "None"]
    assert __import__("os").environ["HTTPS_PROXY"] == "http://proxy.example:3128"


def test_last_run_that_is_no_json_is_the_runs_error(host: Host, configure: Configure) -> None:
    instance = configure(snippet="demisto.setLastRun({'at': datetime(2026, 1, 1)})")

    outcome = host.fetch(instance)

    assert outcome.error is not None
    assert "demisto.setLastRun: the value is no JSON" in outcome.error


def test_unknown_attribute_of_demisto_names_itself(host: Host, configure: Configure) -> None:
    instance = configure(snippet="demisto.mirrorEverything()")

    outcome = host.fetch(instance)

    assert outcome.error is not None
    assert "unknown attribute of demisto 'mirrorEverything'" in outcome.error


def test_execute_command_is_not_there_for_integrations(host: Host, configure: Configure) -> None:
    instance = configure(snippet="demisto.executeCommand('x', {})")

    outcome = host.fetch(instance)

    assert "unknown attribute of demisto 'executeCommand'" in str(outcome.error)


def test_exit_status_zero_is_a_normal_end(host: Host, configure: Configure) -> None:
    instance = configure(snippet=f"demisto.incidents({INCIDENT}); sys.exit(0)")

    assert len(host.fetch(instance).created) == 1


def test_other_exit_status_is_an_error(host: Host, configure: Configure) -> None:
    instance = configure(snippet=f"demisto.incidents({INCIDENT}); sys.exit(3)")

    outcome = host.fetch(instance)

    assert (outcome.error, host.incidents.count()) == ("the code ended with exit status 3", 0)


def test_the_hosts_clock_rules_time_datetime_and_dateparser(host: Host, configure: Configure, clock: Clock) -> None:
    instance = configure(
        snippet="demisto.debug([time.time(), datetime.now(timezone.utc).timestamp(),"
        " arg_to_datetime('1 hour').isoformat()]); time.sleep(5); demisto.incidents([])"
    )

    outcome = host.fetch(instance)

    assert outcome.log[-1].text == "[1772359200.0, 1772359200.0, '2026-03-01T09:00:00']"
    assert clock.time() == 1772359205.0


def test_incident_of_an_unknown_type_names_the_type(host: Host, configure: Configure) -> None:
    instance = configure(feed=feed({"id": "1", "title": "a", "incident": {"type": "Acme Surprise"}}))

    with pytest.raises(UnknownName, match="incident type 'Acme Surprise'"):
        host.fetch(instance)
    assert host.last_run(instance) == {}


def test_unknown_key_of_an_incident_names_itself(host: Host, configure: Configure) -> None:
    instance = configure(feed=feed({"id": "1", "title": "a", "incident": {"urgency": 4}}))

    with pytest.raises(UnknownName, match="incident field 'urgency'"):
        host.fetch(instance)


def test_custom_fields_set_by_code_are_checked(host: Host, configure: Configure) -> None:
    instance = configure(feed=feed({"id": "1", "title": "a", "incident": {"CustomFields": {"acmenumber": "many"}}}))

    with pytest.raises(BadFieldValue, match="Acme Number"):
        host.fetch(instance)


def test_calls_and_log_are_told(host: Host, configure: Configure) -> None:
    outcome = host.fetch(configure(feed="[]"))

    assert outcome.calls[-3:] == ["getLastRun", "setLastRun", "incidents"]
    assert outcome.log[0].text == "pack id = Acme, pack version = 1.0.0"


def test_pulled_samples_leave_no_trace(host: Host, configure: Configure) -> None:
    instance = configure(feed=feed({"id": "1", "title": "a"}))
    host.fetch(instance)

    samples = host.pull_samples(instance)

    assert [sample["name"] for sample in samples] == ["a"]
    assert (host.incidents.count(), host.last_run(instance)) == (1, {"seen": 1})


def test_broken_promise_is_told_after_the_commit(host: Host, configure: Configure) -> None:
    instance = configure(snippet=f"demisto.incidents({INCIDENT}); print('x')")

    with pytest.raises(InvariantBroken, match="quiet"):
        host.fetch(instance)
    assert host.incidents.count() == 1
