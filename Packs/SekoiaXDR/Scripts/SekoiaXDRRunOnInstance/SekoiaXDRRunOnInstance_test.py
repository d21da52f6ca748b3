"""SekoiaXDRRunOnInstance: one instance is asked, arguments stay as they are, and what takes a while is asked again."""

import json
from typing import Any

import pytest
import SekoiaXDRRunOnInstance as script

READ = "sekoia-xdr-get-alert"
SEARCH = "sekoia-xdr-search-events"


def module(state: str = "active", brand: str = "Sekoia XDR") -> dict[str, str]:
    return {"brand": brand, "state": state}


def test_command_runs_on_the_instance_of_the_incident_with_the_arguments_that_were_given(page: Any) -> None:
    calls, _ = page.run({READ: {"a": 1}}, args={"command": READ, "id": 'AL1" using="other', "ids": ["a", "b"]})
    assert calls == [(READ, {"id": 'AL1" using="other', "ids": ["a", "b"], "using": "main"})]


def test_entries_are_passed_on_with_what_they_write_to_context(page: Any) -> None:
    entry = {"Type": 1, "Contents": {"a": 1}, "HumanReadable": "one", "EntryContext": {"SekoiaXDR.Alert": {"a": 1}}}
    _, shown = page.platform({READ: entry}, args={"command": READ})
    script.main()
    assert shown == [entry]


def test_search_that_goes_on_is_asked_again_by_this_script_at_its_own_pace(page: Any) -> None:
    wanted = {"job_uuid": "j", "interval_in_seconds": "30", "timeout_in_seconds": "900"}
    waiting = {"Type": 1, "HumanReadable": "Wait", "Metadata": {"pollingCommand": SEARCH, "pollingArgs": wanted}}
    _, shown = page.platform({SEARCH: waiting}, args={"command": SEARCH, "query": "x"})
    script.main()
    (entry,) = shown
    assert (entry["PollingCommand"], entry["NextRun"], entry["Timeout"]) == ("SekoiaXDRRunOnInstance", "30", "900")
    assert (entry["PollingArgs"]["command"], json.loads(entry["PollingArgs"]["continued"])) == (SEARCH, wanted)
    assert entry["HumanReadable"] == "Wait"
    calls, _ = page.run({SEARCH: {"done": True}}, args=entry["PollingArgs"])
    assert calls == [(SEARCH, {**wanted, "using": "main"})]


@pytest.mark.parametrize(
    ("modules", "using"),
    [
        ({}, None),
        ({"one": module()}, "one"),
        ({"one": module(), "off": module("disabled"), "edr": module(brand="EDR")}, "one"),
    ],
)
def test_incident_without_an_instance_is_asked_of_the_only_one(page: Any, modules: Any, using: str | None) -> None:
    calls, _ = page.run({READ: {}}, incident={}, modules=modules, args={"command": READ})
    assert [args.get("using") for _, args in calls] == [using]


@pytest.mark.parametrize(
    "source",
    [
        {"sourceInstance": "ada", "sourceBrand": "Manual"},
        {"sourceInstance": "edr", "sourceBrand": "EDR"},
        {"dbotMirrorInstance": "edr"},
    ],
)
def test_incident_that_something_else_brought_is_asked_of_the_only_one(page: Any, source: Any) -> None:
    modules = {"one": module(), "edr": module(brand="EDR")}
    calls, _ = page.run({READ: {}}, incident=source, modules=modules, args={"command": READ})
    assert [args.get("using") for _, args in calls] == ["one"]


@pytest.mark.parametrize("modules", [{"main": module("disabled"), "other": module()}, {"other": module()}])
def test_incident_of_an_instance_that_is_off_or_gone_is_asked_of_no_other(page: Any, modules: Any) -> None:
    incident = {"sourceInstance": "main", "sourceBrand": "Sekoia XDR"}
    calls, _ = page.run({READ: {}}, incident=incident, modules=modules, args={"command": READ})
    assert [args.get("using") for _, args in calls] == ["main"]


def test_incident_without_an_instance_is_asked_of_none_where_there_are_two(page: Any) -> None:
    said = page.refused({}, incident={}, modules={"b": module(), "a": module()}, args={"command": READ})
    assert "several are enabled: a, b" in said


@pytest.mark.parametrize("command", ["", "setIncident", "sekoia-xdr-get-alert id=1", "SekoiaXDRRunOnInstance"])
def test_what_is_no_command_of_the_integration_is_refused(page: Any, command: str) -> None:
    assert "is no command of Sekoia XDR" in page.refused({}, args={"command": command})


def test_failure_of_the_command_is_the_error_of_the_script(page: Any) -> None:
    assert page.refused({READ: ValueError("no such alert")}, args={"command": READ}).endswith("no such alert")
