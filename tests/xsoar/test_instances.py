"""Settings of an instance, the test button, and the promises of a run."""

from typing import Any

import pytest

from lab.xsoar.errors import BadSetting, InvariantBroken, UnknownName
from lab.xsoar.host import Host
from tests.xsoar.acme_pack import INTEGRATION, KEY
from tests.xsoar.conftest import Configure

SECRET = {"credentials": {"password": KEY}}


def test_defaults_of_the_yml_are_filled_in(host: Host, configure: Configure) -> None:
    params = configure().params

    assert params["url"] == "https://acme.example"
    assert (params["insecure"], params["proxy"], params["kinds"], params["feed"]) == (False, False, ["one", "two"], "")


def test_numbers_arrive_as_text(host: Host, configure: Configure) -> None:
    assert configure(max_fetch=20).params["max_fetch"] == "20"


def test_parameter_of_a_younger_version_may_be_absent(host: Host) -> None:
    instance = host.add_instance(INTEGRATION, "old", SECRET, absent=("level",))

    assert "level" not in instance.params


@pytest.mark.parametrize(
    ("params", "error", "complaint"),
    [
        ({}, BadSetting, "credentials"),
        ({**SECRET, "colour": "red"}, UnknownName, "parameter 'colour'"),
        ({**SECRET, "url": ""}, BadSetting, "url"),
        ({**SECRET, "level": "middle"}, BadSetting, "none of"),
        ({**SECRET, "insecure": "maybe"}, BadSetting, "true or false"),
        ({"credentials": KEY}, BadSetting, "credentials are"),
        ({**SECRET, "feed": ["a"]}, BadSetting, "a text is expected"),
    ],
)
def test_bad_settings_are_refused(host: Host, params: dict[str, Any], error: type[Exception], complaint: str) -> None:
    with pytest.raises(error, match=complaint):
        host.add_instance(INTEGRATION, "one", params)


def test_instance_name_is_unique(host: Host, configure: Configure) -> None:
    configure()

    with pytest.raises(BadSetting, match="exists"):
        configure()


def test_changed_settings_keep_the_others_and_the_secret(host: Host, configure: Configure) -> None:
    configure(max_fetch="7")

    params = host.change_params("one", {"level": "high"}).params

    assert (params["level"], params["max_fetch"], params["credentials"]["password"]) == ("high", "7", KEY)


def test_params_hide_empty_values_from_get(host: Host, configure: Configure) -> None:
    instance = configure(snippet="return_results(params.get('missing', 'default'))")

    assert host.run("!acme-try", instance).entries[0].contents == "default"


def test_test_button_says_ok(host: Host, configure: Configure) -> None:
    outcome = host.test(configure())

    assert (outcome.ok, outcome.message) == (True, "ok")


@pytest.mark.parametrize(
    ("snippet", "message"),
    [
        ("return_results('the key is wrong')", "the key is wrong"),
        ("raise ValueError('boom')", "boom"),
        ("get_integration_context(); return_results('ok')", "not available in test-module"),
    ],
)
def test_test_button_shows_what_is_wrong(host: Host, configure: Configure, snippet: str, message: str) -> None:
    outcome = host.test(configure(snippet=snippet))

    assert not outcome.ok
    assert message in outcome.message


NAMELESS = "[{'occurred': '2026-03-01T10:00:00Z', 'rawJSON': '{}'}]"
LOCAL_TIME = "[{'name': 'n', 'occurred': '2026-03-01T10:00:00', 'rawJSON': '{}'}]"
RAW_TEXT = "[{'name': 'n', 'occurred': '2026-03-01T10:00:00Z', 'rawJSON': '[1]'}]"
NUMBER_ID = "[{'name': 'n', 'occurred': '2026-03-01T10:00:00Z', 'rawJSON': '{}', 'dbotMirrorId': 7}]"
BROKEN = [
    ("print('x'); demisto.incidents([])", "quiet"),
    ("demisto.debug(params['credentials']['password']); demisto.incidents([])", "no_secret"),
    ("demisto.setLastRun({'k': b64_encode(params['credentials']['password'])}); demisto.incidents([])", "no_secret"),
    ("demisto.setIntegrationContext({'k': params['credentials']['password']}); demisto.incidents([])", "no_secret"),
    ("demisto.setLastRun({'k': 'x' * 600000}); demisto.incidents([])", "small_last_run"),
    ("demisto.setLastRun([1]); demisto.incidents([])", "small_last_run"),
    ("pass", "one_answer"),
    ("demisto.incidents([]); demisto.incidents([])", "one_answer"),
    ("demisto.incidents([]); return_results('done')", "one_answer"),
    (f"demisto.incidents({NAMELESS})", "sound_incidents"),
    (f"demisto.incidents({LOCAL_TIME})", "sound_incidents"),
    (f"demisto.incidents({RAW_TEXT})", "sound_incidents"),
    (f"demisto.incidents({NUMBER_ID})", "sound_incidents"),
]


@pytest.mark.parametrize(("snippet", "promise"), BROKEN)
def test_broken_promise_is_named(host: Host, configure: Configure, snippet: str, promise: str) -> None:
    with pytest.raises(InvariantBroken, match=promise):
        host.fetch(configure(snippet=snippet))


@pytest.mark.parametrize(("snippet", "promise"), BROKEN)
def test_promise_can_be_excused(host: Host, configure: Configure, snippet: str, promise: str) -> None:
    with host.invariants.without(promise):
        assert host.fetch(configure(snippet=snippet)).error is None


def test_unknown_promise_cannot_be_excused(host: Host) -> None:
    with pytest.raises(KeyError), host.invariants.without("politeness"):
        pass


def test_return_error_masks_the_secret_as_the_platform_does(host: Host, configure: Configure) -> None:
    outcome = host.fetch(configure(snippet="raise ValueError('key ' + params['credentials']['password'])"))

    assert outcome.error is not None
    assert "key <XX_REPLACED>" in outcome.error


def test_command_without_a_result_breaks_a_promise(host: Host, configure: Configure) -> None:
    with pytest.raises(InvariantBroken, match="gave no result"):
        host.run("!acme-try", configure(snippet="pass"))
