"""What the emulator answers to every command, and what the host keeps meanwhile: the real shapes that are spoiled."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

import lab.sekoia.app as app
from lab.examples import run_examples
from lab.sekoia.exchange import Reply
from lab.sekoia.route import Visit
from lab.stage import Scene, scene
from tests.hostile.shapes import short

FETCH, TEST = "fetch-incidents", "test-module"
EVERYTHING = {
    "fetch_mode": "Fetch With All Events",
    "fetch_with_assets": True,
    "fetch_with_kill_chain": True,
    "fetch_with_comments": True,
    "fetch_with_cases": True,
    "mirror_direction": "Incoming and Outgoing",
    "mirror_events": True,
    "mirror_kill_chain": True,
    "http_request_writes": True,
}


@dataclass(frozen=True)
class Recording:
    """One run of a command, what was kept before it, and the answers that it got: for each call, in their order."""

    command: str
    args: Mapping[str, Any]
    last_run: Mapping[str, Any] = field(default_factory=dict, repr=False)
    mirror_run: Mapping[str, Any] = field(default_factory=dict, repr=False)
    context: Mapping[str, Any] = field(default_factory=dict, repr=False)
    answers: Mapping[str, list[Any]] = field(default_factory=lambda: defaultdict(list), repr=False)


@contextmanager
def heard(recordings: list[Recording]) -> Iterator[None]:
    """Keeps what the emulator answers meanwhile with the newest recording."""
    walk = app._walk

    def listening(visit: Visit) -> Reply:
        reply = walk(visit)
        is_json = reply.headers.get("Content-Type") == "application/json" and reply.body
        if recordings and reply.status < 300:
            call = f"{visit.request.method} {visit.request.path}"
            recordings[-1].answers[call].append(short(json.loads(reply.body)) if is_json else None)
        return reply

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "_walk", listening)
        yield


@cache
def record() -> list[Recording]:
    """Plays the phishing story: fetch with everything, two rounds of mirroring, every example, and the silent ones."""
    recordings: list[Recording] = []
    with scene("phishing") as stage, heard(recordings):
        execute = stage.host.execute

        def told(instance: Any, command: str, args: Mapping[str, Any], *rest: Any, **more: Any) -> Any:
            state = stage.host.state(instance.name)
            kept = (state.last_run, state.last_mirror_run, state.context)
            recordings.append(Recording(command, json.loads(json.dumps(args)), *kept))
            return execute(instance, command, args, *rest, **more)

        stage.host.execute = told  # type: ignore[method-assign]
        stage.configure(**EVERYTHING)
        run_examples(stage)
        for incident in stage.host.incidents.all():
            stage.host.set_fields(incident.id, {"Alert Name": "Renamed by an analyst"})
        for _ in range(2):
            stage.clock.sleep(60)
            stage.host.mirror(stage.instance)
        without_examples(stage)
    return recordings


def without_examples(stage: Scene) -> None:
    """The runs that no example shows in earnest, or that are the platform's own."""
    stage.host.test(stage.instance)
    stage.host.mirroring.mapping_fields(stage.instance)
    alert = next(one for one in stage.world.alerts.all() if one.status.stage != "closed")
    stage.host.run(("sekoia-xdr-mirror-close", {"id": alert.short_id, "close_reason": "Resolved"}), stage.instance)
    stage.host.run(("sekoia-xdr-quarantine-retry", {}), stage.instance)
