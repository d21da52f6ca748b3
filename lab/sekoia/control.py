"""`/_lab/*`: the lab's own calls, for a person at a console or a test in another process. No key, no journal."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from lab.sekoia import scenario
from lab.sekoia.exchange import Reply, Request, json_reply
from lab.sekoia.faults import Fault
from lab.sekoia.refusals import Unfit
from lab.sekoia.world import World

PREFIX = "/_lab/"
Act = Callable[[World, Mapping[str, Any]], Any]


def serve(world: World, request: Request) -> Reply:
    """The reply to a control call; a mistake in it is answered 400 and named."""
    call = f"{request.method} {request.path}"
    act = CALLS.get(call)
    if act is None:
        return json_reply({"message": f"the lab has no control {call}; there are {sorted(CALLS)}"}, 404)
    try:
        said = request.json() or {}
        with world.lock:
            return json_reply(act(world, said) or {"done": True})
    except (Unfit, ValueError, TypeError, KeyError, AttributeError, FileNotFoundError) as error:
        return json_reply({"message": f"{type(error).__name__}: {error}"}, 400)


def _reset(world: World, said: Mapping[str, Any]) -> None:
    world.reset(said.get("seed"))


def _load(world: World, said: Mapping[str, Any]) -> dict[str, Any]:
    story = said["story"]
    world.load(scenario.read(story) if isinstance(story, str) else story)
    return {"alerts": len(world.alerts.all())}


def _advance(world: World, said: Mapping[str, Any]) -> dict[str, Any]:
    world.clock.sleep(float(said["seconds"]))
    return {"time": world.clock.time()}


def _arm(world: World, said: Mapping[str, Any]) -> None:
    world.faults.arm(Fault(**said))


def _disarm(world: World, said: Mapping[str, Any]) -> None:
    world.faults.clear()


def _faults(world: World, said: Mapping[str, Any]) -> dict[str, Any]:
    return {"faults": [asdict(fault) for fault in world.faults.armed]}


def _journal(world: World, said: Mapping[str, Any]) -> dict[str, Any]:
    return {"calls": [asdict(call) for call in world.journal.calls]}


def _clear_journal(world: World, said: Mapping[str, Any]) -> None:
    world.journal.clear()


def _turn(world: World, said: Mapping[str, Any]) -> dict[str, Any]:
    world.switches.turn(**said)
    return asdict(world.switches)


def _issue(world: World, said: Mapping[str, Any]) -> dict[str, Any]:
    return {"key": world.keys.issue(**said)}


def _raise(world: World, said: Mapping[str, Any]) -> dict[str, Any]:
    alert = world.alerts.raise_alert(**said)
    return {"uuid": alert.uuid, "short_id": alert.short_id}


CALLS: dict[str, Act] = {
    "POST /_lab/reset": _reset,
    "POST /_lab/load": _load,
    "POST /_lab/advance": _advance,
    "POST /_lab/faults": _arm,
    "DELETE /_lab/faults": _disarm,
    "GET /_lab/faults": _faults,
    "GET /_lab/journal": _journal,
    "DELETE /_lab/journal": _clear_journal,
    "PATCH /_lab/switches": _turn,
    "POST /_lab/keys": _issue,
    "POST /_lab/alerts": _raise,
}
