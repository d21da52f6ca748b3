"""Mirroring in both consoles: a round at will, what it did to which incident, what waits, what was refused."""

from collections.abc import Iterator
from html import unescape

import pytest

from lab.sekoia.faults import Fault
from lab.stage import Scene, scene
from lab.terminal import lab_words
from lab.web import lab_site
from lab.xsoar.console import Console
from tests.lab.person import Person
from tests.page_risks import Page

BOTH = {"mirror_direction": "Incoming and Outgoing", "close_incident": True}
OFF = "Mirroring is off"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture
def stage() -> Iterator[Scene]:
    """The phishing story, whose instance mirrors both ways."""
    with scene("phishing") as made:
        made.configure(**BOTH)
        yield made


@pytest.fixture
def person(stage: Scene) -> Person:
    """Somebody at the console, 25 minutes into the story."""
    made = Person(lab_site(stage))
    made.send("/time", by="25m")
    return made


@pytest.fixture
def console(stage: Scene) -> Console:
    """The terminal's war room, with the story's incidents."""
    made = Console(stage.host, stage.instance)
    made.words.update(lab_words(stage.world, stage.clock, made.minute))
    said(made, "/clock +25m")
    said(made, "/fetch")
    return made


def said(console: Console, line: str) -> str:
    return "\n".join(str(one.content) for one in console.answer(line))


def alert_of(stage: Scene, incident: str) -> str:
    return stage.host.incidents.get(incident).dbot_mirror_id


def test_page_shows_what_came_in_and_what_went_out(stage: Scene, person: Person) -> None:
    stage.clock.sleep(60)
    stage.world.alerts.comment(alert_of(stage, "2"), "Seen by the night shift")
    stage.host.add_entry("1", "Told the owner", ("comments",))
    waiting = person.see("/mirroring")
    assert "#1</a></td><td>1 entry" in waiting
    assert "Brought in: 2 incidents. Sent: 1 incident." in person.send("/mirroring")
    shown = person.see("/mirroring")
    assert 'came in</td><td><a href="/incidents/2">#2</a></td><td>' in shown
    assert 'went out</td><td><a href="/incidents/1">#1</a></td><td>1 entry' in shown
    assert "Nothing that is known here" in shown
    assert "Seen by the night shift" in person.see("/incidents/2/room")
    assert "Told the owner" in person.see("/tenant")


def test_time_that_passes_mirrors_each_minute(stage: Scene, person: Person) -> None:
    stage.world.alerts.set_status(alert_of(stage, "2"), "Closed")
    person.send("/time", by="3m")
    assert stage.host.incidents.get("2").status == 2
    shown = person.see("/mirroring")
    assert "28 rounds since" in shown
    assert "closed" in shown


def test_what_was_refused_is_said(stage: Scene, person: Person) -> None:
    stage.world.faults.arm(Fault("GET /v1/*", kind="status", status=403))
    assert "The round met trouble" in person.send("/mirroring")
    assert "<td>refused</td>" in person.see("/mirroring")


def test_rate_limit_puts_a_round_off(stage: Scene, person: Person) -> None:
    stage.world.faults.arm(Fault("GET /v1/*", kind="html", status=403))
    person.send("/mirroring")
    shown = person.see("/mirroring")
    assert ("<td>put off</td>" in shown, "API rate limit" in shown) == (True, True)


def test_hostile_texts_stay_texts_in_the_rounds(stage: Scene, person: Person) -> None:
    stage.clock.sleep(60)
    stage.world.alerts.edit(alert_of(stage, "2"), title=HOSTILE)
    stage.world.alerts.comment(alert_of(stage, "2"), HOSTILE)
    stage.host.set_fields("1", {"closeNotes": HOSTILE})
    shown = [person.see("/mirroring"), person.send("/mirroring"), person.see("/incidents/2/room/entries?after=0")]
    assert [Page(each).risks for each in shown] == [[], [], []]
    assert "&lt;script&gt;" in "".join(shown)


def test_where_mirroring_is_off_both_consoles_say_so(stage: Scene) -> None:
    stage.configure(mirror_direction="None")
    person = Person(lab_site(stage))
    person.send("/time", by="25m")
    assert OFF in person.see("/mirroring")
    assert "0 rounds" in person.see("/mirroring")
    assert OFF in said(Console(stage.host, stage.instance), "/mirror")


def test_terminal_makes_rounds(stage: Scene, console: Console) -> None:
    said(console, "/mirror")
    assert said(console, "/mirror") == "Nothing to mirror: neither side changed."
    stage.clock.sleep(60)
    stage.world.alerts.comment(alert_of(stage, "2"), "Seen by the night shift")
    stage.host.add_entry("1", "Told the owner", ("comments",))
    (shown,) = console.answer("/mirror")
    assert {("in", "#2"), ("out", "#1")} <= {(row["way"], row["incident"]) for row in shown.content}


def test_clock_of_the_terminal_makes_the_rounds_that_are_due(stage: Scene, console: Console) -> None:
    stage.world.alerts.set_status(alert_of(stage, "2"), "Closed")
    assert "closed" in said(console, "/clock +2m")
    assert stage.host.incidents.get("2").status == 2


def test_terminal_names_what_waits_after_a_round_that_was_put_off(stage: Scene, console: Console) -> None:
    said(console, "/mirror")
    stage.clock.sleep(60)
    stage.world.alerts.comment(waits := alert_of(stage, "2"), "Seen by the night shift")
    stage.world.faults.arm(Fault("GET /v1/sic/alerts/*", kind="html", status=403))
    shown = said(console, "/mirror")
    assert ("API rate limit" in shown, f"Waits for the next round: {waits}" in shown) == (True, True)


def test_round_typed_in_the_browser_is_one_of_the_page(stage: Scene, person: Person) -> None:
    stage.host.add_entry("1", "Told the owner", ("comments",))
    assert "1 entry" in person.send("/incidents/1/room", line="/mirror")
    assert "26 rounds since" in person.see("/mirroring")
    assert "went out" in unescape(person.see("/mirroring"))
