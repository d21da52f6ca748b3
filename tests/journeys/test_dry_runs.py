"""Every command that changes something can be tried: it shows the call that it would make, and sends nothing."""

from typing import Any

from lab.examples import example_lines
from lab.stage import Scene, scene
from lab.xsoar.commandline import parse
from tests.journeys.outcomes import sent

EMPTY = "sekoia-xdr-quarantine-retry"  # in the story nothing is in quarantine, and it says so
# Those that send nothing in the story: fetch and mirroring do it later, or the call of the example only reads.
SILENT = {EMPTY, "sekoia-xdr-reset-fetch", "sekoia-xdr-mirror-close", "sekoia-xdr-http-request"}


def tries(stage: Scene, line: str, name: str, arguments: dict[str, Any]) -> str:
    """What a dry run did wrong, judged by the real run that follows; "" for nothing."""
    before = len(stage.world.journal.calls)
    outcome = stage.host.run((name, {**arguments, "dry_run": "true"}), stage.instance)
    calls = sent(stage, before)
    said = "nothing was sent" if name != EMPTY else "nothing was asked for"
    if outcome.error or outcome.poll or said not in (shown := outcome.entries[-1].shown):
        return f"{name}: {outcome.error or outcome.entries[-1].shown}"
    before = len(stage.world.journal.calls)
    assert stage.host.follow(stage.host.run(line, stage.instance)).error is None, line
    real = sent(stage, before)[:1]
    if (not real) != (name in SILENT) or any(f"`{call}`" not in shown for call in real):
        return f"{name} shows {shown}, but sends {real}"
    return f"{name} sent {', '.join(calls)}" if calls else ""


def test_dry_run_of_every_command_that_has_one_shows_the_call_and_sends_nothing() -> None:
    flaws, tried = [], set()
    with scene("phishing") as stage:
        stage.configure(mirror_direction="Incoming and Outgoing")
        known = stage.instance.integration.commands
        for line in example_lines(stage):
            name, arguments = parse(line)
            if known[name].argument("dry_run"):
                tried.add(name)
                flaws.append(tries(stage, line, name, dict(arguments)))
            else:
                assert stage.host.follow(stage.host.run(line, stage.instance)).error is None, line
        able = {name for name, command in known.items() if command.argument("dry_run")}
    assert [flaw for flaw in flaws if flaw] == []
    assert able - tried == set()
