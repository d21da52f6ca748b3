"""Two keys that everything is searched for: nothing that the host keeps, shows or logs may hold them.

One is the API key of the instance, the other the intake key that stands in the tenant's events and answers.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from lab.clock import Clock
from lab.sekoia.faults import Fault
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from lab.xsoar.bundle import Bundle, Command
from lab.xsoar.errors import InvariantBroken
from lab.xsoar.host import Host
from lab.xsoar.platform_object import Order
from tests.stage import Stage

# What a required argument is given where its name does not tell; everything else is "one".
# Commands that read what holds intake keys, and follow it to its end.
EVENT_LINES = (
    "!sekoia-xdr-search-events-alerts ids={}",
    '!sekoia-xdr-search-events earliest_time=-1d query="alert_short_ids:{}"',
    "!sekoia-xdr-top-values-events field=source.ip earliest_time=-1d",
    '!sekoia-xdr-run-query query_definition="events | limit 3" result_format=jsonl',
    "!sekoia-xdr-http-request method=GET url_suffix=/v1/sic/conf/intakes",
)
GIVEN = {"status": "Ongoing", "earliest_time": "-1h", "lastest_time": "now", "start_time": "-1h", "method": "GET"}


def arguments(command: Command, alert_id: str) -> dict[str, str]:
    """Values for the required arguments of a command, the alert's id for whatever asks for an identifier."""
    found = {}
    for one in command.arguments:
        options = (one.predefined or ("one",)) if not re.search(r"(id|ids|uuid)$", one.name) else (alert_id,)
        if one.required:
            found[one.name] = GIVEN.get(one.name, options[0])
    return found


class Witness:
    """Hears what every run of a host did, also the runs that failed."""

    def __init__(self, host: Host) -> None:
        self.heard: list[Any] = []
        self.commands: set[str] = set()
        self._execute = host.execute
        host.execute = self.listen  # type: ignore[method-assign]

    def listen(self, *args: Any, **said: Any) -> Any:
        run = self._execute(*args, **said)
        effects = run.effects
        self.commands.add(run.order.command)
        told = [[line.level, line.text] for line in effects.log]
        self.heard += [told, effects.results, effects.incidents, effects.last_run, effects.health]
        self.heard += [run.error, run.stdout, run.trace, [content.decode("latin-1") for content in run.files.values()]]
        return run


@pytest.fixture
def stage(bundle: Bundle, world: World, server: SekoiaServer, clock: Clock, tmp_path: Path) -> Iterator[Stage]:
    """A host with every step of fetch and mirroring switched on, and a tenant with an intake."""
    world.intakes.add("Mail gateway")
    params = {
        "fetch_mode": "Fetch With All Events",
        "fetch_with_assets": True,
        "fetch_with_kill_chain": True,
        "fetch_with_comments": True,
        "fetch_with_cases": True,
        "mirror_direction": "Incoming and Outgoing",
        "mirror_events": True,
        "max_fetch": "50",
    }
    with Stage(bundle, world, server, clock, tmp_path / "host.sqlite", params) as opened:
        yield opened


@pytest.fixture
def witness(stage: Stage) -> Witness:
    return Witness(stage.host)


def spellings(key: str) -> set[bytes]:
    """The key as it is, in a URL, in JSON, in base64 at each of its three offsets, and its parts that are telling."""
    body = {key, quote(key, safe=""), json.dumps(key)[1:-1], key[:24], key[-24:], key[20:44]}
    for offset in range(3):
        encoded = base64.b64encode(b"x" * offset + key.encode()).decode()
        body.add(encoded[4:40])
    return {text.encode() for text in body}


def canaries(stage: Stage) -> dict[str, str]:
    """The texts that nothing may hold, by what they are."""
    made = {f"intake key {number}": key for number, key in enumerate(stage.host.guarded)}
    return {"API key": stage.key, **made}


def leaks(stage: Stage, witness: Witness) -> list[str]:
    """Where a key is found: in what the runs told, in the host's files, in the calls to the tenant."""
    places = {
        "runs": json.dumps(witness.heard, ensure_ascii=False, default=str).encode(),
        "journal": repr(stage.world.journal.calls).encode(),
        "database": b"".join(path.read_bytes() for path in stage.database.parent.glob(f"{stage.database.name}*")),
    }
    return [
        f"{what} in the {place}"
        for what, key in canaries(stage).items()
        for place, content in places.items()
        if any(text in content for text in spellings(key))
    ]


def exercise(stage: Stage) -> None:
    """The test button, fetch, samples, mirroring and every command, whatever comes of them."""
    alert = stage.world.alerts.raise_alert(
        "one", kill_chain="Delivery", assets=["00000000-0000-4000-8000-000000000000"]
    )
    stage.world.events.attach(alert.short_id, count=3)
    stage.host.test(stage.instance)
    stage.minute()
    stage.minute()  # the first run leaves its search of events to this one
    for name, command in stage.instance.integration.commands.items():
        stage.run(name, **arguments(command, alert.uuid))
    incidents = stage.host.incidents.ids()
    if incidents:
        stage.host.run(("sekoia-xdr-get-alert", {"id": alert.short_id}), stage.instance, incidents[0])
        for line in EVENT_LINES:
            stage.host.follow(stage.host.run(line.format(alert.short_id), stage.instance, incidents[0]))
    stage.world.events.attach(alert.short_id, count=2)
    stage.clock.advance(60)
    stage.host.mirror(stage.instance)


def test_every_command_is_exercised(stage: Stage, witness: Witness) -> None:
    exercise(stage)
    assert set(stage.instance.integration.commands) <= witness.commands


def test_canary_is_found_where_it_is_planted(stage: Stage, witness: Witness) -> None:
    """The search can fail."""
    stage.host.state(stage.instance.name).keep_context({"note": f"Bearer {stage.key}"})
    witness.heard.append({"text": base64.b64encode(f"user:{stage.key}".encode()).decode()})
    assert leaks(stage, witness) == ["API key in the runs", "API key in the database"]


def in_base64(key: str) -> str:
    return base64.b64encode(f"x{key}".encode()).decode()


@pytest.mark.parametrize("shape", [str, partial(quote, safe=""), in_base64])
@pytest.mark.parametrize("place", ["last run", "integration context", "entry", "incident", "log"])
def test_intake_key_is_found_where_it_is_planted(
    stage: Stage, witness: Witness, place: str, shape: Callable[[str], str]
) -> None:
    """However it is spelled, in whatever the host keeps."""
    stage.configure(fetch_mode="Fetch Without Events")
    stage.world.alerts.raise_alert("one")
    stage.minute()
    stage.host.guarded = (canary := "intake/canary+5f0b3c528c1e4f7a9d430f3f6b1f7a10",)
    assert leaks(stage, witness) == []
    state, text = stage.host.state(stage.instance.name), shape(canary)
    plant: dict[str, Callable[[], Any]] = {
        "last run": lambda: state.keep_last_run(json.dumps({"note": text})),
        "integration context": lambda: state.keep_context({"note": text}),
        "entry": lambda: stage.host.war_room.add("1", 0, {"Type": 1, "ContentsFormat": "text", "Contents": text}),
        "incident": lambda: stage.host.set_fields("1", {"Alert Name": text}),
        "log": lambda: witness.heard.append([["debug", text]]),
    }
    plant[place]()
    assert leaks(stage, witness) == [f"intake key 0 in the {'runs' if place == 'log' else 'database'}"]


def test_work_that_goes_well_leaves_the_key_nowhere(stage: Stage, witness: Witness) -> None:
    exercise(stage)
    assert stage.host.incidents.count() == 1
    assert "events" in stage.host.incidents.get("1").system["rawJSON"]
    assert leaks(stage, witness) == []


def echoes(key: str) -> dict[str, dict[str, Any]]:
    """Failures whose answers hold the key that was sent."""
    return {
        "401": {"kind": "status", "status": 401, "body": {"message": f"Bad token {key}", "code": "T300"}},
        "401 in its code": {"kind": "status", "status": 401, "body": {"message": "no", "code": key}},
        "403": {"kind": "status", "status": 403, "body": {"message": f"Bearer {key} lacks a right", "code": "X"}},
        "400": {"kind": "status", "status": 400, "body": f"Authorization: Bearer {key}"},
        "404": {"kind": "status", "status": 404, "body": {"message": key}},
        "409": {"kind": "status", "status": 409, "body": {"message": key}},
        "422": {"kind": "status", "status": 422, "body": {"detail": [{"loc": ["header", key], "msg": key}]}},
        "429": {"kind": "status", "status": 429, "body": {"message": key}, "headers": {"Retry-After": key}},
        "500": {"kind": "status", "status": 500, "body": {"message": f"trace: {key}"}},
        "page 403": {"kind": "html", "status": 403, "body": f"<html><title>{key}</title>{key}</html>"},
        "page 200": {"kind": "html", "status": 200, "body": f"<html><title>Blocked {key}</title></html>"},
        "text 200": {"kind": "not_json", "body": f"token={key}"},
        "text 200, early": {"kind": "not_json", "body": key},
        "redirect": {"kind": "redirect", "location": f"https://login.example/{key}?token={key}#{key}"},
        "redirect to userinfo": {"kind": "redirect", "location": f"https://user:{key}@login.example/"},
        "reset": {"kind": "reset"},
        "cut": {"kind": "cut"},
        "long text": {"kind": "status", "status": 400, "body": {"message": "x" * 280 + key}},
    }


@pytest.mark.parametrize("kind", echoes(""))
def test_answer_that_echoes_the_key_is_not_passed_on(stage: Stage, witness: Witness, kind: str) -> None:
    stage.world.faults.arm(Fault("*", times=None, **echoes(stage.key)[kind]))
    exercise(stage)
    assert leaks(stage, witness) == []


def named_echoes(key: str) -> dict[str, Fault]:
    """Answers that hold an intake key beside the name of its field, as errors and as answers that cannot be read."""
    said = f'invalid event: "sekoiaio.intake.key": "{key}"'
    event = {"customer.intake_key": key, "sekoiaio": {"intake": {"key": key}}}
    bodies: dict[str, Any] = {
        "message": {"message": said},
        "assignment": {"message": f"no such event, intake_key={key}"},
        "json in a message": {"message": json.dumps(event)},
        "beside the message": {"message": "no", "event": event},
        "detail": {"detail": [{"loc": ["body", "events", 0], "msg": said, "input": event}]},
        "text": said,
    }
    made = {
        f"{name} {status}": Fault("*", times=None, status=status, body=body)
        for name, body in bodies.items()
        for status in (400, 500)
    }
    page = f"<html><title>{said}</title>{said}</html>"
    return made | {
        "page 403": Fault("*", times=None, kind="html", status=403, body=page),
        "page 200": Fault("*", times=None, kind="html", status=200, body=page),
        "text 200": Fault("*", times=None, kind="not_json", body=said),
        "redirect": Fault("*", times=None, kind="redirect", location=f"https://login.example/?intake_key={key}"),
    }


@pytest.mark.parametrize("kind", named_echoes(""))
def test_answer_that_echoes_an_intake_key_by_its_name_is_not_passed_on(
    stage: Stage, witness: Witness, kind: str
) -> None:
    stage.minute()
    stage.world.faults.arm(named_echoes(stage.world.events.intake_key)[kind])
    exercise(stage)
    assert leaks(stage, witness) == []


@pytest.mark.parametrize("lead", range(40, 90, 10))
@pytest.mark.parametrize("kind", ["text 200", "401", "page 200"])
def test_key_of_another_shape_is_hidden_wherever_a_text_is_cut(
    stage: Stage, witness: Witness, kind: str, lead: int
) -> None:
    """Sekoia's keys begin with eyJ; what a gateway asks for may not."""
    stage.key = "canary-5f0b3c528c1e4f7a9d430f3f6b1f7a10-no-web-token"
    stage.configure(**stage.secret())
    stage.world.faults.arm(Fault("*", times=None, **echoes("x" * lead + stage.key)[kind]))
    exercise(stage)
    assert leaks(stage, witness) == []


@pytest.mark.parametrize("on", ["GET /v2/*", "GET /v1/sic/kill-chains", "PATCH *", "POST *", "GET */workflow"])
def test_echo_in_the_middle_of_the_work_is_not_passed_on(stage: Stage, witness: Witness, on: str) -> None:
    stage.world.faults.arm(Fault(on, times=None, **echoes(stage.key)["500"]))
    exercise(stage)
    assert leaks(stage, witness) == []


@pytest.mark.parametrize("state", ["expired", "revoked"])
def test_key_that_ended_is_not_passed_on(stage: Stage, witness: Witness, state: str) -> None:
    stage.world.keys.change("soar", state=state)
    exercise(stage)
    assert leaks(stage, witness) == []


def test_key_that_no_header_can_carry_is_not_passed_on(stage: Stage, witness: Witness) -> None:
    stage.key = f"{stage.key}\n{stage.key}"
    stage.configure(**stage.secret())
    exercise(stage)
    stage.key = stage.key.partition("\n")[0]
    assert leaks(stage, witness) == []


def test_key_in_the_base_url_is_not_passed_on(stage: Stage, witness: Witness) -> None:
    """Somebody pastes the key into the wrong field; the settings keep it, what the runs tell does not."""
    stage.configure(url=f"https://{stage.key}@api.sekoia.invalid")
    exercise(stage)
    assert "API key in the runs" not in leaks(stage, witness)


def test_log_in_debug_mode_does_not_hold_the_key(
    stage: Stage, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in logs what it is told; the platform's own file logs each request too (see XSOAR_PLATFORM)."""
    made = Order.__init__

    def in_debug_mode(order: Order, *args: Any, **said: Any) -> None:
        made(order, *args, **{**said, "is_debug": True})

    monkeypatch.setattr(Order, "__init__", in_debug_mode)
    exercise(stage)
    stage.world.faults.arm(Fault("*", times=None, **echoes(stage.key)["401"]))
    exercise(stage)
    assert leaks(stage, witness) == []


def test_host_that_is_opened_again_has_no_key_in_its_file(stage: Stage, witness: Witness) -> None:
    exercise(stage)
    stage.restart()
    stage.minute()
    assert leaks(stage, witness) == []


def test_intake_key_of_the_tenant_is_guarded_in_every_run(stage: Stage) -> None:
    """The host refuses a run that shows one, here one that repeats a bad id."""
    with pytest.raises(InvariantBroken, match="a secret of the instance is in"):
        stage.run("sekoia-xdr-get-alert", id=stage.world.events.intake_key)
