"""The war room that can be typed into."""

import json

import pytest

from lab.xsoar.console import Console, Shown, Word
from lab.xsoar.host import Host
from tests.xsoar.conftest import Configure

ITEM = {"title": "one", "id": "A1", "severity": 2, "text": "a value"}


@pytest.fixture
def console(host: Host, configure: Configure) -> Console:
    """A console on a host whose feed holds one item."""
    hello = Word("say hello", lambda arguments: [Shown("text", f"hello {' '.join(arguments)}")], lambda: ("you", "all"))
    return Console(host, configure(feed=json.dumps([ITEM])), {"hello": hello})


def shown(console: Console, line: str) -> list[tuple[str, object]]:
    return [(one.kind, one.content) for one in console.answer(line)]


def test_command_shows_its_entry(console: Console) -> None:
    assert shown(console, "!acme-item-get id=7") == [("markdown", "item **7**")]


def test_error_reads_as_on_the_platform(console: Console) -> None:
    assert shown(console, "!acme-item-get") == [("error", "acme-item-get: argument 'id' is required")]
    assert shown(console, "!acme-none") == [("error", "unknown command 'acme-none' (integration AcmeWatch)")]


def test_polling_command_is_followed_to_its_end(console: Console) -> None:
    assert [kind for kind, _ in shown(console, "!acme-wait rounds=2")] == ["markdown", "text", "markdown"]
    assert shown(console, "!acme-wait rounds=0")[-1] == ("markdown", "done")


def test_fetch_then_incident_then_its_context(console: Console) -> None:
    assert [kind for kind, _ in shown(console, "/fetch")] == ["table"]
    assert shown(console, "/fetch") == [("text", "Nothing new.")]
    fields = {row["field"]: row["value"] for row in next(iter(console.answer("/incident 1"))).content}
    assert (console.room, fields["acmetext"]) == ("1", "a value")
    shown(console, "!acme-item-get id=7")
    assert shown(console, "/context Acme.Item.id") == [("json", '"7"')]
    assert len(shown(console, "/incident 1")) == 2
    shown(console, "/playground")
    assert shown(console, "/context Acme") == [("json", "null")]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("acme", "begins with !"),
        ("/odd", "/odd is unknown"),
        ("/incident", "Which incident?"),
        ("/incident 99", "unknown incident '99'"),
        ('!acme-item-get id="open', "cannot read"),
        ("/fetch many", "invalid literal"),
    ],
)
def test_what_cannot_be_done_is_said(console: Console, line: str, says: str) -> None:
    ((kind, content),) = shown(console, line)
    assert kind == "error"
    assert says in str(content)


def test_words_of_the_lab_are_asked_with_their_arguments(console: Console) -> None:
    assert shown(console, '/hello "you there"') == [("text", "hello you there")]


@pytest.mark.parametrize(
    ("line", "completions"),
    [
        ("!acme-i", ["!acme-item-get"]),
        ("/inc", ["/incident", "/incidents"]),
        ("!acme-item-get k", ["kind="]),
        ("!acme-item-get kind=l", ["kind=large"]),
        ("!acme-item-get id=7 i", []),
        ("/hello a", ["all"]),
        ("/odd a", []),
        ("", []),
    ],
)
def test_line_is_completed(console: Console, line: str, completions: list[str]) -> None:
    assert console.complete(line) == completions


def test_help_lists_every_word(console: Console) -> None:
    ((_, rows),) = shown(console, "/help")
    assert {row["line"] for row in rows} >= {f"/{name}" for name in console.words}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("!acme-item-gt id=1", "did you mean 'acme-item-get'?"),
        ("!acme-item-get ids=1", "did you mean 'id'?"),
        ("/incidnts", "did you mean 'incidents'?"),
    ],
)
def test_name_that_was_probably_meant_is_offered(console: Console, line: str, meant: str) -> None:
    ((kind, text),) = shown(console, line)
    assert (kind, meant in str(text)) == ("error", True)
