"""The terminal's war room on the lab, and what keeps a real tenant from being changed."""

from collections.abc import Iterator

import pytest

from lab.elsewhere import on_tenant
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from lab.stage import scene
from lab.terminal import lab_words
from lab.xsoar.console import Console


@pytest.fixture
def console() -> Iterator[Console]:
    """The console of the phishing story."""
    with scene("phishing") as stage:
        yield Console(stage.host, stage.instance, lab_words(stage.world, stage.clock))


def said(console: Console, line: str) -> str:
    return "\n".join(str(one.content) for one in console.answer(line))


def test_story_is_worked_from_fetch_to_close(console: Console) -> None:
    assert "It is 2026-03-01T10:" in said(console, "/clock +25m")
    assert "credential phishing page" in said(console, "/fetch")
    short_id = console.host.incidents.get("2").dbot_mirror_id
    assert "Pending → Acknowledged" in said(
        console, f"!sekoia-xdr-update-status-alert id={short_id} status=Acknowledge"
    )
    assert "with the verdict" in said(console, f"!sekoia-xdr-close-alert id={short_id} verdict=false_positive")
    assert "PATCH /v1/sic/alerts" in said(console, "/calls")


def test_fault_is_armed_and_strikes(console: Console) -> None:
    assert "403" in said(console, "/faults html 403")
    assert "A protection before Sekoia" in said(console, "/fetch")
    assert said(console, "/faults clear") == "No fault is armed."


@pytest.mark.parametrize("line", ["/clock", "/clock back", "/faults odd"])
def test_wrong_word_is_said(console: Console, line: str) -> None:
    (shown,) = console.answer(line)
    assert shown.kind == "error"


def test_console_on_a_tenant_only_reads_unless_writes_are_allowed(world: World, server: SekoiaServer) -> None:
    alert = world.alerts.raise_alert("one")
    key = world.keys.issue("visitor")
    line = f"!sekoia-xdr-post-comment-alert id={alert.short_id} comment=hello"
    with on_tenant(server.url, key, writes=False) as console:
        assert alert.short_id in said(console, f"!sekoia-xdr-get-alert id={alert.short_id}")
        assert "this console only reads" in said(console, line)
    assert {call.method for call in world.journal.calls} == {"GET"}
    with on_tenant(server.url, key, writes=True) as console:
        assert "Comment added" in said(console, line)
    assert len(world.alerts.get(alert.short_id).comments) == 1
