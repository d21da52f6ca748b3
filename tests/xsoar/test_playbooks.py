"""Playbooks in the host: the order of tasks, values, questions, people, errors, playbooks inside playbooks."""

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from lab.clock import Clock
from lab.xsoar.bundle import Bundle, Loader
from lab.xsoar.errors import BadCommandLine, BadPlaybook, UnknownName
from lab.xsoar.host import Host
from lab.xsoar.playbook import read
from lab.xsoar.playbook_run import PlaybookRun
from tests.xsoar.acme_playbooks import (
    Raw,
    at,
    builtin,
    command,
    compare,
    end,
    playbook,
    question,
    script,
    simple,
    start,
    task,
)
from tests.xsoar.conftest import Configure

ITEM = {"title": "one", "id": "A1", "severity": 2, "text": "hello"}
GET = "acme-item-get"
ECHO = "return_results(args.get('text') or args.get('list'))"
FAILS = "raise ValueError('no luck')"

SUFFIX: Raw = {"operator": "concat", "args": {"suffix": {"value": simple("${incident.name}")}}}
FIRST: Raw = {"operator": "FirstArrayElement"}
OURS = compare("isEqualString", simple("modules.brand"), "acmewatch", ignorecase=True)

Play = Callable[..., PlaybookRun]


@pytest.fixture
def number(host: Host, configure: Configure) -> str:
    """An incident; the instance that fetched it serves the tasks."""
    return host.fetch(configure(feed=json.dumps([ITEM]))).created[0].id


@pytest.fixture
def play(host: Host, number: str) -> Play:
    """Runs a playbook made of these tasks."""

    def run(tasks: dict[str, Raw], inputs: dict[str, Raw] | None = None, **given: Any) -> PlaybookRun:
        return host.play(read(playbook(tasks, inputs)), number, given)

    return run


def try_with(host: Host, snippet: str) -> None:
    """From now on acme-try does this."""
    host.change_params("one", {"snippet": snippet})


def shown(host: Host, number: str) -> list[str]:
    return [entry.shown for entry in host.warroom(number)]


# --- order ------------------------------------------------------------------------------------------------------------


def test_tasks_run_in_order_and_their_outputs_reach_the_incident(play: Play, host: Host, number: str) -> None:
    run = play({"0": start("1"), "1": command(GET, {"id": simple("7")}, "2"), "2": end()})
    assert (run.state, run.done) == ("completed", ["", GET, "Done"])
    assert host.context(number)["Acme"]["Item"]["id"] == "7"
    assert shown(host, number) == ["item **7**"]


def test_task_waits_for_every_way_that_leads_to_it(play: Play) -> None:
    tasks = {
        "0": start("1", "2"),
        "1": end("join"),
        "2": {**end("longer"), "nexttasks": {"#none#": ["3"]}},
        "3": {**end("way"), "nexttasks": {"#none#": ["1"]}},
    }
    assert play(tasks).done == ["", "longer", "way", "join"]


def test_task_behind_a_question_and_beside_it_runs_once(play: Play) -> None:
    ask = question("Is it so?", {"yes": ["2"], "#default#": ["3"]}, [compare("isNotEmpty", at("incident.none"))])
    tasks = {"0": start("1"), "1": ask, "2": {**end("yes way"), "nexttasks": {"#none#": ["3"]}}, "3": end()}
    assert play(tasks).done == ["", "Is it so?", "Done"]


def test_ring_of_tasks_is_loud(play: Play) -> None:
    ring = {"0": start("1"), "1": {**end("a"), "nexttasks": {"#none#": ["2"]}}}
    ring["2"] = {**end("b"), "nexttasks": {"#none#": ["1"]}}
    with pytest.raises(BadPlaybook, match="nothing leads to a, b"):
        play(ring)


# --- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (simple("plain"), "plain"),
        (simple("${incident.name}"), "one"),
        (simple("<${incident.name}|${inputs.Many}|${nowhere}>"), "<one|a,b|>"),
        (at("incident", "acmetext"), "hello"),
        (at("inputs.Many", transformers=[{"operator": "join", "args": {"separator": {"value": simple("+")}}}]), "a+b"),
        (at("inputs.Many", transformers=[SUFFIX, FIRST]), "aone"),
        (at("modules", "name", filters=[[OURS]], transformers=[FIRST]), "one"),
    ],
)
def test_argument_is_read_from_incident_inputs_and_modules(
    play: Play, host: Host, number: str, value: Raw, expected: str
) -> None:
    try_with(host, ECHO)
    play(
        {"0": start("1"), "1": command("acme-try", {"text": value}, "2"), "2": end()},
        {"Many": simple("")},
        Many=["a", "b"],
    )
    assert shown(host, number) == [expected]


def test_argument_without_a_value_is_not_passed(play: Play, host: Host, number: str) -> None:
    try_with(host, "return_results(sorted(args))")
    arguments = {"text": simple("x"), "list": at("Nowhere")}
    play({"0": start("1"), "1": command("acme-try", arguments, "2"), "2": end()})
    assert host.warroom(number)[0].contents == "text"


def test_list_runs_a_command_that_takes_none_once_for_each_element(play: Play, host: Host, number: str) -> None:
    play(
        {"0": start("1"), "1": command(GET, {"id": at("inputs.Ids")}, "2"), "2": end()},
        {"Ids": simple("")},
        Ids=["7", "8"],
    )
    assert shown(host, number) == ["item **7**", "item **8**"]


def test_list_stays_whole_for_an_argument_that_takes_one(play: Play, host: Host, number: str) -> None:
    try_with(host, "return_results(len(args['list']))")
    play(
        {"0": start("1"), "1": command("acme-try", {"list": at("inputs.Ids")}, "2"), "2": end()},
        {"Ids": simple("")},
        Ids=[7, 8],
    )
    assert shown(host, number) == ["2"]


def test_input_takes_its_default_from_the_incident(play: Play, host: Host, number: str) -> None:
    tasks = {"0": start("1"), "1": builtin("Print", {"value": simple("${inputs.Name}")}, "2"), "2": end()}
    play(tasks, {"Name": at("incident", "name")})
    play(tasks, {"Name": at("incident", "name")}, Name="given")
    assert shown(host, number) == ["one", "given"]


def test_unknown_and_missing_inputs_name_themselves(host: Host, number: str) -> None:
    raw = playbook({"0": start("1"), "1": end()}, {"Name": simple("")})
    raw["inputs"][0]["required"] = True
    with pytest.raises(UnknownName, match="Odd"):
        host.play(read(raw), number, {"Odd": 1})
    with pytest.raises(BadPlaybook, match="'Name' is required"):
        host.play(read(raw), number)


# --- questions and people ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([[compare("isEqualString", at("incident.name"), "ONE", ignorecase=True)]], "yes"),
        ([[compare("isEqualString", at("incident.name"), "ONE")]], "#default#"),
        ([[compare("isEmpty", at("incident.name")), compare("greaterThan", at("incident.severity"), "1")]], "yes"),
        (
            [[compare("isEmpty", at("incident.name"))], [compare("greaterThan", at("incident.severity"), "1")]],
            "#default#",
        ),
        ([[compare("isTrue", simple("inputs.Flag"))]], "yes"),
    ],
)
def test_question_joins_groups_by_and_and_comparisons_by_or(play: Play, groups: list[Any], expected: str) -> None:
    ask = question("Is it?", {"yes": ["2"], "#default#": ["2"]}, *groups)
    run = play({"0": start("1"), "1": ask, "2": end()}, {"Flag": simple("true")})
    assert run.steps[1].label == expected


def test_question_without_an_answer_is_loud(play: Play) -> None:
    ask = question("Is it?", {"yes": ["2"]}, [compare("isEmpty", at("incident.name"))])
    with pytest.raises(BadPlaybook, match=r"no answer to 'Is it\?' holds"):
        play({"0": start("1"), "1": ask, "2": end()})


def test_run_stands_still_until_a_person_answers(play: Play) -> None:
    ask = question("Approve?", {"Yes": ["2"], "No": ["3"]})
    tasks = {"0": start("1"), "1": ask, "2": {**end("act"), "nexttasks": {"#none#": ["3"]}}, "3": end()}
    run = play(tasks)
    assert (run.state, run.waiting, run.done) == ("waiting", ["Approve?"], [""])
    assert run.answer("Approve?", "no").done == ["", "Approve?", "Done"]
    assert run.state == "completed"


def test_other_branches_go_on_while_a_person_is_awaited(play: Play) -> None:
    by_hand = task("regular", "Do it by hand", {"#none#": ["3"]})
    run = play({"0": start("1", "2"), "1": by_hand, "2": {**end("other"), "nexttasks": {"#none#": ["3"]}}, "3": end()})
    assert (run.done, run.waiting) == (["", "other"], ["Do it by hand"])
    assert run.answer("Do it by hand").done == ["", "other", "Do it by hand", "Done"]


def test_answer_that_leads_nowhere_and_task_that_does_not_wait_are_loud(play: Play) -> None:
    run = play({"0": start("1"), "1": question("Approve?", {"Yes": ["2"], "No": ["2"]}), "2": end()})
    with pytest.raises(UnknownName, match="Perhaps"):
        run.answer("Approve?", "Perhaps")
    with pytest.raises(UnknownName, match="Done"):
        run.answer("Done")


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "state", "done"),
    [
        ({}, "error", ["", "acme-try"]),
        ({"continueonerror": True}, "completed", ["", "acme-try", "Done"]),
        (
            {"continueonerror": True, "continueonerrortype": "errorPath"},
            "completed",
            ["", "acme-try", "amends"],
        ),
    ],
)
def test_error_ends_the_run_or_takes_its_path(
    play: Play, host: Host, settings: dict[str, Any], state: str, done: list[str]
) -> None:
    try_with(host, FAILS)
    risky = command("acme-try", {}, "2", also={"#error#": ["3"]}, **settings)
    run = play({"0": start("1"), "1": risky, "2": end(), "3": end("amends")})
    assert (run.state, run.done) == (state, done)
    assert "no luck" in (run.steps[1].error or "")


def test_error_path_is_not_taken_without_an_error(play: Play) -> None:
    risky = command(
        GET, {"id": simple("7")}, "2", also={"#error#": ["3"]}, continueonerror=True, continueonerrortype="errorPath"
    )
    assert play({"0": start("1"), "1": risky, "2": end(), "3": end("amends")}).done == ["", GET, "Done"]


def test_disabled_instance_is_not_active_and_serves_no_task(play: Play, host: Host, number: str) -> None:
    host.enable("one", False)
    run = play({"0": start("1"), "1": command(GET, {"id": simple("7")}, "2"), "2": end()})
    assert "Unsupported Command : acme-item-get" in (run.error or "")
    skipped = command(GET, {"id": simple("7")}, "2", skipunavailable=True)
    assert play({"0": start("1"), "1": skipped, "2": end()}).state == "completed"
    view = run.view()["modules"]
    assert [(each["name"], each["state"]) for each in view] == [("one", "disabled")]


def test_task_runs_on_every_enabled_instance(play: Play, host: Host, configure: Configure, number: str) -> None:
    configure("two")
    play({"0": start("1"), "1": command(GET, {"id": simple("7")}, "2"), "2": end()})
    assert shown(host, number) == ["item **7**", "item **7**"]


# --- scripts, polling, built-in commands ------------------------------------------------------------------------------


def test_script_and_built_in_command_change_the_incident(play: Play, host: Host, number: str) -> None:
    tasks = {
        "0": start("1"),
        "1": script("AcmeDo", {"snippet": simple("return_results(demisto.incident()['name'])")}, "2"),
        "2": builtin("setIncident", {"acmetext": simple("new")}, "3"),
        "3": builtin("closeInvestigation", {"closeReason": simple("Resolved"), "closeNotes": simple("n")}, "4"),
        "4": end(),
    }
    assert play(tasks).state == "completed"
    incident = host.incidents.get(number)
    assert (incident.status, incident.fields["Acme Text"]) == (2, "new")
    assert shown(host, number)[0] == "one"


def test_closing_script_that_refuses_is_an_error_of_the_task(play: Play, host: Host, number: str) -> None:
    close = builtin("closeInvestigation", {"closeReason": simple("Other"), "closeNotes": simple("later")}, "2")
    run = play({"0": start("1"), "1": close, "2": end()})
    assert run.error == "closeInvestigation: no: later"


def test_command_that_polls_is_followed_to_its_end(play: Play, host: Host, number: str, clock: Clock) -> None:
    before = clock.time()
    play({"0": start("1"), "1": command("acme-wait", {"rounds": simple("2")}, "2"), "2": end()})
    assert shown(host, number)[-1] == "done"
    assert clock.time() - before >= 30


# --- playbooks inside playbooks ---------------------------------------------------------------------------------------

INNER = "Acme Inner"


@pytest.fixture
def nested(acme: Bundle, clock: Clock, configure: Configure, host: Host) -> Host:
    """The host with a playbook that gets an item, and asks a person when told to."""
    tasks = {
        "0": start("1"),
        "1": command(GET, {"id": at("inputs.Id")}, "2"),
        "2": question("Ask?", {"yes": ["3"], "#default#": ["4"]}, [compare("isEqualString", at("inputs.Ask"), "yes")]),
        "3": task("regular", "Look", {"#none#": ["4"]}),
        "4": end("Inner done"),
    }
    inner = playbook(tasks, {"Id": simple("7"), "Ask": simple("no")}, INNER)
    inner["outputs"] = [{"contextPath": "Acme.Item.id"}, {"contextPath": "Acme.Item"}]
    host.bundle = dataclasses.replace(acme, playbooks={INNER: inner})
    return host


def outer(separate: bool, **arguments: Raw) -> Raw:
    call = task("playbook", "Call", {"#none#": ["2"]}, inner={"playbookName": INNER}, scriptarguments=arguments)
    return playbook({"0": start("1"), "1": {**call, "separatecontext": separate}, "2": end()})


@pytest.mark.parametrize("separate", [True, False])
def test_outputs_of_an_inner_playbook_come_out(nested: Host, number: str, separate: bool) -> None:
    run = nested.play(read(outer(separate, Id=simple("9"))), number)
    assert run.done == ["", "Call / ", f"Call / {GET}", "Call / Ask?", "Call / Inner done", "Call", "Done"]
    assert nested.context(number)["Acme"]["Item"]["id"] == "9"


def test_separate_context_is_empty_inside_and_is_kept_apart(nested: Host, number: str) -> None:
    nested.incidents.keep_context(number, {"Acme": {"Other": 1}, "Mine": 2})
    run = nested.play(read(outer(True, Ask=simple("yes"))), number)
    assert run.waiting == ["Look"]
    assert nested.context(number) == {"Acme": {"Other": 1}, "Mine": 2}
    run.answer("Look")
    context = nested.context(number)
    assert (context["Mine"], context["Acme"]["Other"], context["Acme"]["Item"]["id"]) == (2, 1, "7")


def test_input_with_a_default_that_is_passed_on_empty_is_loud(nested: Host, number: str) -> None:
    with pytest.raises(BadPlaybook, match="Ask is passed on empty"):
        nested.play(read(outer(True, Ask=at("Nowhere"))), number)


def test_error_inside_is_an_error_of_the_task(nested: Host, number: str) -> None:
    nested.enable("one", False)
    run = nested.play(read(outer(True)), number)
    assert run.state == "error"
    assert "Unsupported Command" in (run.error or "")


def test_playbook_that_is_not_there_names_itself(nested: Host, number: str) -> None:
    nested.bundle = dataclasses.replace(nested.bundle, playbooks={})
    with pytest.raises(UnknownName, match=INNER):
        nested.play(read(outer(True)), number)
    with pytest.raises(UnknownName, match=INNER):
        nested.play(INNER, number)


# --- what is unknown is loud ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("odd", "name"),
    [
        (task("aiTask", "x"), "aiTask"),
        (task("collection", "x"), "collection"),
        (task("regular", "x", loop={"max": 3}), "loop"),
        (task("regular", "x", timertriggers=[{"fieldname": "f"}]), "timertriggers"),
        (task("condition", "x", inner={"scriptName": "Exists"}), "Exists"),
        (command(GET, {}, continueonerror=True, continueonerrortype="later"), "later"),
        (task("regular", "x", {"#none#": ["9"]}), "'9'"),
    ],
)
def test_what_cannot_be_carried_out_raises_while_reading(odd: Raw, name: str) -> None:
    with pytest.raises(UnknownName, match=name):
        read(playbook({"0": start("1"), "1": odd}))


@pytest.mark.parametrize(
    ("tasks", "name"),
    [
        ({"1": command(GET, {"id": simple("${Acme.Item(val.id==1)}")}, "2")}, r"val\.id"),
        ({"1": command(GET, {"id": at("incident", transformers=[{"operator": "Oddly"}])}, "2")}, "Oddly"),
        ({"1": script("OddScript", {}, "2")}, "OddScript"),
        ({"1": question("Is?", {"yes": ["2"]}, [compare("isOdd", at("incident.name"), "x")])}, "isOdd"),
        ({"1": question("Is?", {"yes": ["2"]}, [compare("isEqualString", at("modules"), "x")])}, "more than one"),
    ],
)
def test_unknown_names_raise_while_running(play: Play, configure: Configure, tasks: dict[str, Raw], name: str) -> None:
    configure("two")
    with pytest.raises(UnknownName, match=name):
        play({"0": start("1"), **tasks, "2": end()})


def test_unknown_argument_is_loud(play: Play) -> None:
    with pytest.raises(BadCommandLine, match="odd"):
        play({"0": start("1"), "1": command(GET, {"id": simple("7"), "odd": simple("1")}, "2"), "2": end()})


def test_plain_yes_and_no_of_the_build_are_texts() -> None:
    text = "{yes: [No, off, true, False, 12, x]}"
    assert yaml.load(text, Loader=Loader) == {"yes": ["No", "off", True, False, 12, "x"]}
