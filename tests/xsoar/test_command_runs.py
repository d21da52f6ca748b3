"""Commands: the line, the arguments, the entries, the context, files and polls."""

from typing import Any

import pytest

from lab.clock import Clock
from lab.xsoar.commandline import parse
from lab.xsoar.context import merge
from lab.xsoar.errors import BadCommandLine, UnknownName
from lab.xsoar.host import Host
from tests.xsoar.conftest import Configure

LINES: list[tuple[str, dict[str, str]]] = [
    ("!go", {}),
    ("!go a=b", {"a": "b"}),
    ('!go a="two words" b=c', {"a": "two words", "b": "c"}),
    ("!go list=a,b,c", {"list": "a,b,c"}),
    (r'!go a="say \"hi\"" b=c', {"a": 'say "hi"', "b": "c"}),
    (r'!go a="line\nnext"', {"a": "line\nnext"}),
    ('!go a=`raw "quotes"`', {"a": 'raw "quotes"'}),
    ("!go a= b=c", {"a": "", "b": "c"}),
    ("!go value", {"": "value"}),
    ('!go "two words" a=b', {"": "two words", "a": "b"}),
    ("!go url=https://acme.example/x?a=b", {"url": "https://acme.example/x?a=b"}),
    ('!go json={"a":1}', {"json": '{"a":1}'}),
]


@pytest.mark.parametrize(("line", "arguments"), LINES)
def test_line_is_parsed(line: str, arguments: dict[str, str]) -> None:
    assert parse(line) == ("go", arguments)


@pytest.mark.parametrize("line", ["go", "!go a=1 a=2", '!go a="open'])
def test_line_that_cannot_be_read_is_refused(line: str) -> None:
    with pytest.raises(BadCommandLine):
        parse(line)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("!acme-item-get", "'id' is required"),
        ("!acme-item-get id=1 colour=red", "no argument named 'colour'"),
        ("!acme-item-get id=1 kind=huge", "kind='huge' is none of small, large"),
        ("!acme-item-get id=1 tags=a,z", "tags='z' is none of"),
        ("!acme-wait 3", "belongs to no argument"),
    ],
)
def test_arguments_are_checked_before_the_run(host: Host, configure: Configure, line: str, complaint: str) -> None:
    with pytest.raises(BadCommandLine, match=complaint):
        host.run(line, configure())


def test_unknown_command_names_itself(host: Host, configure: Configure) -> None:
    with pytest.raises(UnknownName, match="command 'acme-fly'"):
        host.run("!acme-fly", configure())


def test_default_argument_takes_the_nameless_value(host: Host, configure: Configure) -> None:
    outcome = host.run("!acme-item-get 17", configure())

    assert outcome.context["Acme"]["Item"]["id"] == "17"


def test_arguments_reach_the_code_as_text_with_defaults(host: Host, configure: Configure) -> None:
    instance = configure(snippet="return_results(json.dumps(args))")

    outcome = host.run('!acme-try text="a b" list=x,y using=one', instance)

    assert outcome.entries[0].contents == '{"text": "a b", "list": "x,y"}'


def test_playbook_may_pass_a_real_list(host: Host, configure: Configure) -> None:
    instance = configure(snippet="return_results(json.dumps(args))")

    outcome = host.run(("acme-try", {"list": ["x", "y"]}), instance)

    assert outcome.entries[0].contents == '{"list": ["x", "y"]}'


def test_entry_keeps_its_rendering_data(host: Host, configure: Configure) -> None:
    host.run("!acme-item-get id=1", configure())

    entry = host.warroom()[0]
    assert (entry.human_readable, entry.contents_format, entry.tags, entry.note) == (
        "item **1**",
        "json",
        ["acme"],
        True,
    )


def test_error_entry_is_the_outcomes_error(host: Host, configure: Configure) -> None:
    instance = configure(snippet="raise ValueError('no such item')")

    outcome = host.run("!acme-try", instance)

    assert outcome.error == "Failed to execute acme-try command.\nError:\nno such item"
    assert [entry.is_error for entry in outcome.entries] == [True]


def test_uncaught_exception_becomes_an_error_entry(host: Host, configure: Configure) -> None:
    instance = configure(snippet="raise SystemExit(2)")

    assert host.run("!acme-try", instance).error == "the code ended with exit status 2"


def test_second_object_with_the_same_key_replaces_the_first(host: Host, configure: Configure) -> None:
    instance = configure()
    host.run("!acme-item-get id=1 note=old", instance)

    context = host.run("!acme-item-get id=1 note=new", instance).context

    assert context["Acme"]["Item"]["note"] == "new"


def test_second_object_with_another_key_makes_a_list(host: Host, configure: Configure) -> None:
    instance = configure()
    host.run("!acme-item-get id=1", instance)

    context = host.run("!acme-item-get id=2", instance).context

    assert [item["id"] for item in context["Acme"]["Item"]] == ["1", "2"]


MERGES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({}, {"A.B": {"x": 1}}, {"A": {"B": {"x": 1}}}),
    ({"A": {"B": {"x": 1}}}, {"A.B": {"x": 2}}, {"A": {"B": [{"x": 1}, {"x": 2}]}}),
    ({"A": [{"id": 1}]}, {"A(val.id && val.id == obj.id)": [{"id": 1, "n": 2}]}, {"A": [{"id": 1, "n": 2}]}),
    ({}, {"A(val.id && val.id == obj.id)": [{"id": 1}]}, {"A": {"id": 1}}),
    ({}, {"A(val.id && val.id == obj.id)": [{"id": 1}, {"id": 2}]}, {"A": [{"id": 1}, {"id": 2}]}),
    (
        {"A": {"a": 1, "old": 2}},
        {"A(val.a && val.a == obj.a)": {"a": 1, "new": 3}},
        {"A": {"a": 1, "old": 2, "new": 3}},
    ),
    (
        {"A": {"a": 1, "b": 1}},
        {"A(val.a && val.a == obj.a && val.b && val.b == obj.b)": {"a": 1, "b": 2}},
        {"A": [{"a": 1, "b": 1}, {"a": 1, "b": 2}]},
    ),
    (
        {"A": {"a": 1, "b": 2}},
        {"A(val.a && val.a == obj.a || val.b && val.b == obj.b)": {"b": 2}},
        {"A": {"a": 1, "b": 2}},
    ),
    ({"P": {"next": "a", "keep": 1}}, {"P(true)": {"next": "b"}}, {"P": {"next": "b", "keep": 1}}),
    ({"A": {"id": None}}, {"A(val.id && val.id == obj.id)": {"id": None}}, {"A": [{"id": None}, {"id": None}]}),
]


@pytest.mark.parametrize(("before", "outputs", "after"), MERGES)
def test_outputs_are_merged(before: dict[str, Any], outputs: dict[str, Any], after: dict[str, Any]) -> None:
    assert merge(before, outputs) == after


def test_condition_that_is_not_understood_names_itself() -> None:
    with pytest.raises(UnknownName, match=r"val\.x > 3"):
        merge({}, {"A(val.x > 3)": {}})


def test_command_in_an_incident_writes_there(host: Host, configure: Configure) -> None:
    instance = configure(feed='[{"id": "1", "title": "a"}]')
    number = host.fetch(instance).created[0].id

    host.run("!acme-item-get id=9", instance, number)

    assert host.context(number)["Acme"]["Item"]["id"] == "9"
    assert (host.context(), len(host.warroom(number)), host.warroom()) == ({}, 1, [])


def test_command_sees_its_incident(host: Host, configure: Configure) -> None:
    instance = configure(feed='[{"id": "1", "title": "a"}]')
    number = host.fetch(instance).created[0].id
    other = configure("two", snippet="return_results(demisto.incident()['name'] + demisto.investigation()['id'])")

    assert host.run("!acme-try", other, number).entries[0].contents == "a1"


def test_file_is_kept_and_can_be_read_by_the_next_command(host: Host, configure: Configure) -> None:
    writer = configure("writer", snippet="return_results(fileResult('../a.txt', 'content'))")
    reading = "with open(given['path']) as f: return_results(given['name'] + f.read())"
    reader = configure("reader", snippet=f"given = demisto.getFilePath(args['text'])\n{reading}")

    entry = host.run("!acme-try", writer).entries[0]

    assert (entry.file_name, host.file(entry.id)) == ("a.txt", ("a.txt", b"content"))
    assert host.run(("acme-try", {"text": entry.id}), reader).entries[0].contents == "a.txtcontent"


def test_metrics_are_no_entries(host: Host, configure: Configure) -> None:
    snippet = "m = ExecutionMetrics(); m.success += 1; return_results(append_metrics(m, ['done']))"
    instance = configure(snippet=snippet)

    outcome = host.run("!acme-try", instance)

    assert [entry.contents for entry in outcome.entries] == ["done"]
    assert outcome.metrics[0]["APIExecutionMetrics"] == [{"Type": "Successful", "APICallsCount": 1}]


def test_last_run_is_out_of_a_commands_reach(host: Host, configure: Configure) -> None:
    instance = configure(feed='[{"id": "1", "title": "a"}]')
    host.fetch(instance)
    other = "demisto.setLastRun({'x': 1}); return_results(str(demisto.getLastRun()))"

    outcome = host.run("!acme-try", configure("two", snippet=other))

    assert (outcome.entries[0].contents, host.last_run(instance)) == ("{}", {"seen": 1})


def test_poll_waits_for_the_clock(host: Host, configure: Configure, clock: Clock) -> None:
    outcome = host.run("!acme-wait rounds=2", configure())

    assert (outcome.entries[0].human_readable, host.run_due()) == ("Fetching Results:", [])
    clock.advance(15)
    assert [each.entries[0].human_readable for each in host.run_due()] == [None]


def test_follow_polls_to_the_end(host: Host, configure: Configure, clock: Clock) -> None:
    outcome = host.follow(host.run("!acme-wait rounds=2", configure()))

    assert (outcome.entries[-1].human_readable, outcome.poll) == ("done", None)
    assert clock.monotonic() == 30


def test_poll_ends_with_the_servers_error_when_its_time_is_over(host: Host, configure: Configure) -> None:
    outcome = host.follow(host.run("!acme-wait rounds=50", configure()))

    assert outcome.error == "Scheduled command acme-wait timed out."


def test_poll_with_an_undeclared_argument_fails(host: Host, configure: Configure) -> None:
    snippet = "return_results(CommandResults(scheduled_command=ScheduledCommand('acme-try', 10, {'secret_state': 1})))"
    outcome = host.run("!acme-try", configure(snippet=snippet))

    with pytest.raises(BadCommandLine, match="no argument named 'secret_state'"):
        host.follow(outcome)
