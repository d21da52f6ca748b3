"""What a command of the war room left: its context, its entry, the calls it made."""

from typing import Any

from lab.stage import Scene
from tests.stage import Stage


def ran(stage: Stage, command: str, /, **arguments: str) -> Any:
    """What a command that succeeded left: its outcome."""
    outcome = stage.run(command, **arguments)
    assert outcome.error is None, outcome.error
    return outcome


def refused(stage: Stage, command: str, /, **arguments: str) -> str:
    """The error of a command that failed."""
    return str(stage.run(command, **arguments).error or "")


def found(outcome: Any, prefix: str) -> Any:
    """What lies in context under SekoiaXDR."""
    return outcome.context.get("SekoiaXDR", {}).get(prefix)


def shown(outcome: Any) -> str:
    return str(outcome.entries[-1].shown)


def writes(stage: Stage | Scene, before: int = 0) -> list[Any]:
    """The calls that change something, without the first `before` calls of all."""
    return [call for call in stage.world.journal.calls[before:] if call.method != "GET"]


def sent(stage: Stage | Scene, before: int = 0) -> list[str]:
    """The calls that change something, by method and path, without the first `before` calls of all."""
    return [f"{call.method} {call.path}" for call in writes(stage, before)]
