"""The query language of event searches, and its switches."""

from typing import Any

import pytest

from lab.clock import Clock
from lab.sekoia.events.term import BadTerm, read_term
from lab.sekoia.world import World
from tests.sekoia.caller import Caller
from tests.sekoia.search import ask, find, opened

NAMES = ("a", "b", "c")


@pytest.fixture
def short_ids(world: World) -> dict[str, str]:
    """Three alerts with one event each; the event's user is the alert's name."""
    found = {}
    for number, name in enumerate(NAMES):
        alert = world.alerts.raise_alert(name)
        said = {"user.name": name, "process.pid": 700 + number, "host.name": "srv one" if name == "a" else "srv-two"}
        world.events.attach(alert.uuid, fields=said)
        found[name] = alert.short_id
    return found


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("", "abc"),
        ("  ", "abc"),
        ("alert_short_ids:{a}", "a"),
        ('alert_short_ids:"{a}"', "a"),
        ("alert_short_ids: {a}", "a"),
        (' alert_short_ids : "{a}" ', "a"),
        ("alert_short_ids:{a} OR alert_short_ids:{c}", "ac"),
        ("alert_short_ids:({a} OR {c})", "ac"),
        ('alert_short_ids:("{a}" OR "{b}" OR "{c}")', "abc"),
        ("(alert_short_ids:{a} OR alert_short_ids:{b}) AND user.name:b", "b"),
        ("alert_short_ids:{a} OR alert_short_ids:{b} AND user.name:c", "a"),
        ("alert_short_ids:{a} AND alert_short_ids:{b}", ""),
        ("NOT alert_short_ids:{a}", "bc"),
        ("alert_short_ids:(NOT {a})", "bc"),
        ("alert_short_ids:({a} OR {b}) AND NOT user.name:a", "b"),
        ("NOT (user.name:a OR user.name:b)", "c"),
        ("alert_short_ids:{a} OR user.name:c", "ac"),
        ("user.name:a", "a"),
        ("user.name:A", ""),
        ("process.pid:701", "b"),
        ('host.name:"srv one"', "a"),
        ("host.name:srv\\ one", "a"),
        ("host.name:srv-two", "bc"),
        ("sekoiaio.any_tag:doc", "abc"),
        ("sekoiaio.tags.related.ip:rfc5737", "abc"),
        ("no.such.field:a", ""),
        ("alert_short_id:{a}", ""),
        ("alert_short_ids:ALnobody0000", ""),
    ],
)
def test_terms_find_events(api: Caller, clock: Clock, short_ids: dict[str, str], term: str, expected: str) -> None:
    found = find(api, clock, term.format(**short_ids))
    assert sorted(event["user.name"] for event in found) == list(expected)


BAD_TERMS = (
    "powershell",
    "user.name:",
    "user.name:a user.name:b",
    "user.name:a or user.name:b",
    "user.name:a || user.name:b",
    "user.name:a*",
    "user.name:/a.*/",
    "process.pid:[1 TO 5]",
    "process.pid:>5",
    "-user.name:a",
    "user.name:a AND",
    "OR user.name:a",
    "NOT NOT user.name:a",
    "(user.name:a",
    "user.name:a)",
    'user.name:"a',
    "user.name:(a b)",
    ":a",
    "user.name:a^2",
    '"a":b',
    "(" * 60 + "user.name:a" + ")" * 60,
)


@pytest.mark.parametrize("term", BAD_TERMS)
def test_a_term_out_of_the_grammar_makes_a_job_that_fails(api: Caller, clock: Clock, term: str) -> None:
    path = opened(api, term=term)
    assert api.json(path)["status"] == 0
    clock.advance(10)
    job = api.json(path)
    assert (job["status"], job["total"], job["expiration_date"]) == (4, 0, None)
    assert api.json(f"{path}/events")["total"] == 0


@pytest.mark.parametrize("term", BAD_TERMS)
def test_a_term_out_of_the_grammar_can_be_refused(world: World, api: Caller, term: str) -> None:
    world.switches.unknown_term = "reject"
    answer = ask(api, term=term)
    assert (answer.status_code, "term" in answer.json()["message"]) == (400, True)
    assert world.searches.all() == []


@pytest.mark.parametrize("term", ["user.name:a OR user.name:b", "alert_short_ids:(A OR B)"])
def test_or_can_be_refused(world: World, api: Caller, clock: Clock, term: str) -> None:
    assert ask(api, term=term).status_code == 200
    world.switches.term_or = "reject"
    answer = ask(api, term=term)
    assert (answer.status_code, "OR is not supported" in answer.json()["message"]) == (400, True)
    assert ask(api, term="user.name:a AND NOT user.name:OR1").status_code == 200


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([{"field": "user.name", "operator": "==", "value": "a"}], "a"),
        ([{"field": "user.name", "operator": "!=", "value": "a"}], "bc"),
        ([{"field": "host.name", "operator": "contains", "value": "two"}], "bc"),
        ([{"field": "user.name", "operator": "==", "value": "a", "excluded": True}], "bc"),
        ([{"field": "user.name", "operator": "==", "value": "a", "disabled": True}], "abc"),
        ([{"field": "user.name", "operator": "!=", "value": x} for x in "ab"], "c"),
    ],
    ids=str,
)
def test_filters_narrow_the_term(
    api: Caller, clock: Clock, short_ids: dict[str, str], filters: list[dict[str, Any]], expected: str
) -> None:
    found = find(api, clock, filters=filters)
    assert sorted(event["user.name"] for event in found) == list(expected)


def test_a_term_tells_which_alerts_can_match() -> None:
    assert read_term("alert_short_ids:(A OR B)").root.alerts == frozenset(("A", "B"))
    assert read_term("alert_short_ids:A AND user.name:x").root.alerts == frozenset(("A",))
    assert read_term("alert_short_ids:A OR user.name:x").root.alerts is None
    assert read_term("NOT alert_short_ids:A").root.alerts is None


def test_a_bad_term_says_where() -> None:
    with pytest.raises(BadTerm, match="'powershell' is not followed by a colon"):
        read_term("powershell")


def test_booleans_are_found_in_lower_case(world: World, api: Caller, clock: Clock) -> None:
    world.events.attach(world.alerts.raise_alert("one").uuid, 2, kind="file")
    assert len(find(api, clock, "host.is_server:true")) == 2
    assert find(api, clock, "host.is_server:True") == []
