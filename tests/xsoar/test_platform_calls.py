"""Calls of `demisto` as a command sees them."""

import json
from typing import Any

import pytest

from lab.clock import Clock
from lab.xsoar.host import Host
from tests.xsoar.conftest import Configure


def shown(host: Host, configure: Configure, expression: str, setup: str = "") -> Any:
    """The value of an expression inside a command."""
    instance = configure(snippet=f"{setup}\nreturn_results(json.dumps({expression}))")
    return json.loads(str(host.run("!acme-try", instance).entries[0].contents))


CALLS: list[tuple[str, Any]] = [
    ("demisto.command()", "acme-try"),
    ("demisto.integrationInstance()", "one"),
    ("demisto.getParam('url')", "https://acme.example"),
    ("demisto.getArg('text')", None),
    ("demisto.getIntegrationContext()", {}),
    ("demisto.getLastMirrorRun()", {}),
    ("demisto.context()", {}),
    ("demisto.incident()", {}),
    ("demisto.incidents()", []),
    ("demisto.investigation()", {"id": "playground"}),
    ("demisto.parentEntry()", {}),
    ("demisto.demistoVersion()['platform']", "xsoar"),
    ("demisto.demistoUrls()['server']", "https://xsoar.example"),
    ("demisto.get({'a': {'b': 1}}, 'a.b')", 1),
    ("demisto.get({'a': None}, 'a.b', 'none')", "none"),
    ("demisto.gets({'a': 1}, 'a')", "1"),
    ("len(demisto.uniqueFile())", 36),
    ("demisto.callingContext['context']['IntegrationBrand']", "AcmeWatch"),
    ("is_demisto_version_ge('6.10.0')", True),
    ("is_xsoar_on_prem()", True),
    ("get_integration_context()", {}),
    ("is_integration_command_execution()", True),
    ("time.strftime('%Y-%m-%d', time.gmtime())", "2026-03-01"),
    ("datetime.utcnow().isoformat()", "2026-03-01T10:00:00"),
    ("isinstance(datetime.now() - timedelta(days=1), datetime)", True),
    ("isinstance(dateparser.parse('2026-01-01'), datetime)", True),
    ("get_current_time().isoformat()", "2026-03-01T10:00:00+00:00"),
]


@pytest.mark.parametrize(("expression", "value"), CALLS)
def test_call_answers(host: Host, configure: Configure, expression: str, value: Any) -> None:
    assert shown(host, configure, expression) == value


def test_mirror_state_is_kept(host: Host, configure: Configure) -> None:
    assert shown(host, configure, "get_last_mirror_run()", "set_last_mirror_run({'a': 1})") == {"a": 1}


def test_each_write_counts_the_version_of_the_context_up(host: Host, configure: Configure) -> None:
    setup = "set_integration_context({'a': 1}); set_integration_context({'a': 2})"

    found = shown(host, configure, "get_integration_context(with_version=True)", setup)

    assert found == {"context": {"a": 2}, "version": 2}


def test_older_version_of_the_context_is_refused(host: Host, configure: Configure) -> None:
    snippet = "set_integration_context({'a': 1}); set_integration_context({'a': 2}, version=0)"

    outcome = host.run("!acme-try", configure(snippet=snippet))

    assert "DB Version 1 is newer than 0" in str(outcome.error)


def test_keys_of_the_context_are_set_with_retries(host: Host, configure: Configure) -> None:
    setup = "set_to_integration_context_with_retries({'tokens': [1]})"

    assert shown(host, configure, "get_integration_context()", setup) == {"tokens": "[1]"}


@pytest.mark.parametrize("context", ["[1]", "'text'"])
def test_integration_context_is_an_object(host: Host, configure: Configure, context: str) -> None:
    outcome = host.run("!acme-try", configure(snippet=f"demisto.setIntegrationContext({context})"))

    assert "the integration context is an object" in str(outcome.error)


def test_module_health_is_told(host: Host, configure: Configure) -> None:
    snippet = "demisto.updateModuleHealth('3 pulled'); demisto.incidents([])"

    assert host.fetch(configure(snippet=snippet)).health == [("3 pulled", False)]


def test_arguments_of_a_run_are_its_own(host: Host, configure: Configure) -> None:
    instance = configure(snippet="params['url'] = 'changed'; return_results('ok')")

    host.run("!acme-try", instance)

    assert instance.params["url"] == "https://acme.example"


def test_metrics_of_a_client_arrive_when_it_goes(host: Host, configure: Configure) -> None:
    counted = "client = BaseClient('https://acme.example'); client.execution_metrics.success += 2"
    snippet = f"{counted}\ndel client\nreturn_results('ok')"

    outcome = host.run("!acme-try", configure(snippet=snippet))

    assert outcome.metrics[0]["APIExecutionMetrics"] == [{"Type": "Successful", "APICallsCount": 2}]


def test_sleeping_pushes_the_clock(host: Host, configure: Configure, clock: Clock) -> None:
    assert shown(host, configure, "time.monotonic()", "time.sleep(2.5)") == 2.5
    assert clock.monotonic() == 2.5


def test_incident_is_seen_whole(host: Host, configure: Configure) -> None:
    item = {"id": "7", "title": "a", "incident": {"owner": "ann", "details": "d", "dbotMirrorTags": ["c"]}}
    incident = host.fetch(configure(feed=json.dumps([item]))).created[0]

    assert (incident.owner, incident.details, incident.status, incident.dbot_mirror_tags) == ("ann", "d", 0, ["c"])
    assert json.loads(incident.raw_json)["id"] == "7"
    assert incident.created == "2026-03-01T10:00:00Z"
    assert incident.as_platform()["CustomFields"] == {"alertid": "7"}
