"""Consoles that are not on the lab's emulated tenant: on a real one, recorded if wished, or on a recording."""

import argparse
import contextlib
import getpass
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.clock import Clock, RealClock, TimeSource
from lab.stage import INSTANCE, INTEGRATION, Scene, built_zip, scene, settings
from lab.tape.player import playing
from lab.tape.recorder import recording
from lab.tape.tape import NoTape, Recording, Tape, read
from lab.xsoar.bundle import Bundle
from lab.xsoar.console import Console
from lab.xsoar.guard import reading_only
from lab.xsoar.host import Host

HABIT = {"first_fetch": "-1h"}
NO_KEY = "a-recording-asks-for-no-key"


@dataclass(frozen=True)
class Elsewhere:
    """A console and a line about where it is; `clock` when its time is pushed."""

    console: Console
    line: str
    note: str
    clock: Clock | None = None


@contextmanager
def host_on(url: str, key: str, clock: TimeSource, habit: Mapping[str, Any]) -> Iterator[Console]:
    """A console on an API somewhere; nothing is kept."""
    host = Host(Bundle.load(built_zip()), ":memory:", clock)
    try:
        yield Console(host, host.add_instance(INTEGRATION, INSTANCE, settings(url, key, **habit)))
    finally:
        host.close()


@contextmanager
def on_tenant(url: str, key: str, writes: bool) -> Iterator[Console]:
    """A console on a real tenant: nothing is kept, and only reading requests are sent unless writes are allowed."""
    with nullcontext() if writes else reading_only(), host_on(url, key, RealClock(), HABIT) as made:
        yield made


@contextmanager
def taped(url: str, folder: Path | None, started: float) -> Iterator[str]:
    """The address to use for an API: its own, or that of a recorder before it."""
    if folder is None:
        yield url
        return
    tape = Tape(folder, started, HABIT)
    with recording(url, tape) as address:
        yield address
    sys.stdout.write(f"{tape.count} answers were recorded in {folder}. Read them before you hand them on.\n")


@contextmanager
def on_recording(kept: Recording) -> Iterator[Elsewhere]:
    """A console on a recording; its clock stands where the recording began."""
    clock = Clock(kept.started)
    with playing(kept) as (_, url), host_on(url, NO_KEY, clock, kept.settings) as made:
        yield Elsewhere(made, f"A recording of {len(kept.exchanges)} answers.", "a recording", clock)


def key_of_the_tenant() -> str:
    """The API key: from the environment, or asked for without echo."""
    try:
        return os.environ.get("SEKOIA_API_KEY") or getpass.getpass("Sekoia API key (not shown, not kept): ")
    except EOFError:
        sys.exit("No API key: set SEKOIA_API_KEY, or start this in a terminal, where it is asked for.")


@contextmanager
def elsewhere(options: argparse.Namespace) -> Iterator[Elsewhere | None]:
    """What the command line and the environment ask for; None when they ask for the lab."""
    url, folder = os.environ.get("SEKOIA_URL", ""), getattr(options, "record", None)
    with said_plainly():
        if getattr(options, "replay", None):
            with on_recording(read(options.replay)) as found:
                yield found
        elif url:
            manner = "writes are allowed" if options.allow_writes else "reading only"
            manner += f", recorded in {folder}" if folder else ""
            with (
                taped(url, folder, RealClock().time()) as address,
                on_tenant(address, key_of_the_tenant(), options.allow_writes) as made,
            ):
                yield Elsewhere(made, f"Tenant: {url} ({manner})", f"{url}, {manner}")
        elif folder:
            raise NoTape(
                "There is nothing to record: SEKOIA_URL names no tenant. `python -m lab record` records the lab."
            )
        else:
            yield None


@contextmanager
def said_plainly() -> Iterator[None]:
    """A folder that is no recording is said in a sentence, without a trace."""
    try:
        yield
    except NoTape as error:
        sys.exit(str(error))


# ------------------------------------------------------------------------------------------------- record and replay


def walk(console: Console, minutes: int, clock: TimeSource) -> list[str]:
    """What is recorded without a person: the test button, fetch, and the alert of each incident; the errors.

    It says how far it is, since on a real tenant it waits a minute before each fetch; a failing test button ends it.
    """
    tested = console.host.test(console.instance)
    if not tested.ok:
        return [tested.message]
    errors: list[str] = []
    for number in range(minutes):
        sys.stdout.write(f"Fetch {number + 1} of {minutes} comes in a minute of the tenant's time.\n")
        sys.stdout.flush()
        clock.sleep(60)
        outcome = console.host.fetch(console.instance)
        errors += [outcome.error] if outcome.error else []
    for incident in console.host.incidents.all()[:20]:
        run = console.host.run(("sekoia-xdr-get-alert", {"id": incident.dbot_mirror_id}), console.instance, incident.id)
        errors += [run.error] if run.error else []
    return errors


def record(options: argparse.Namespace) -> int:
    """Records a walk on the tenant of SEKOIA_URL (reading only), or on a story of the lab."""
    url = os.environ.get("SEKOIA_URL", "")
    with said_plainly(), contextlib.ExitStack() as stack:
        if url:
            key, clock = key_of_the_tenant(), RealClock()  # type: tuple[str, TimeSource]
        else:
            stage: Scene = stack.enter_context(scene(options.story))
            url, key, clock = stage.server.url, stage.world.keys.issue("recorder"), stage.clock
        address = stack.enter_context(taped(url, options.folder, clock.time()))
        stack.enter_context(reading_only())
        console = stack.enter_context(host_on(address, key, clock, HABIT))
        errors = walk(console, options.minutes, clock)
        sys.stdout.write(f"{len(console.host.incidents.all())} incidents.\n" + "".join(f"{one}\n" for one in errors))
    return 1 if errors else 0


def replay(options: argparse.Namespace) -> int:
    """Serves a recording as an API on loopback until interrupted."""
    with said_plainly(), playing(read(options.folder), options.port) as (player, url):
        sys.stdout.write(f"The recording as an API: {url}\nAny API key will do. Stop: Ctrl-C\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                RealClock().sleep(3600)
        for line in player.unknown:
            sys.stdout.write(f"Not in the recording: {line}\n")
    return 0
