"""Every command that changes something can be tried: it shows the call and sends nothing."""

from typing import Any

from lab.examples import example_lines
from lab.stage import Scene, scene
from lab.xsoar.commandline import parse

EMPTY = "sekoia-xdr-quarantine-retry"  # in the story nothing is in quarantine, and it says so


def tries(stage: Scene, name: str, arguments: dict[str, Any]) -> str:
    """What a dry run did wrong, "" for nothing."""
    before = len(stage.world.journal.calls)
    outcome = stage.host.run((name, {**arguments, "dry_run": "true"}), stage.instance)
    sent = [f"{call.method} {call.path}" for call in stage.world.journal.calls[before:] if call.method != "GET"]
    said = "nothing was sent" if name != EMPTY else "nothing was asked for"
    if outcome.error or outcome.poll or said not in outcome.entries[-1].shown:
        return f"{name}: {outcome.error or outcome.entries[-1].shown}"
    return f"{name} sent {', '.join(sent)}" if sent else ""


def test_dry_run_of_every_command_that_has_one_sends_nothing() -> None:
    flaws, tried = [], set()
    with scene("phishing") as stage:
        stage.configure(mirror_direction="Incoming and Outgoing")
        known = stage.instance.integration.commands
        for line in example_lines(stage):
            name, arguments = parse(line)
            if known[name].argument("dry_run"):
                tried.add(name)
                flaws.append(tries(stage, name, dict(arguments)))
            outcome = stage.host.follow(stage.host.run(line, stage.instance))
            assert outcome.error is None, line
        able = {name for name, command in known.items() if command.argument("dry_run")}
    assert [flaw for flaw in flaws if flaw] == []
    assert able - tried == set()
