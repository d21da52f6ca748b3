"""What is kept of the run of a command or script: entries, files, context and a scheduled poll, in one transaction."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lab.xsoar.context import merge
from lab.xsoar.errors import UnknownName
from lab.xsoar.jobs import CommandOutcome
from lab.xsoar.runtime import Run
from lab.xsoar.store import Store, pack
from lab.xsoar.warroom import ERROR, METRICS, PLAYGROUND, TEXT, Entry, as_body

if TYPE_CHECKING:
    from lab.xsoar.host import Host


def keep(host: "Host", run: Run, owner: str, room: str, ends: float | None) -> CommandOutcome:
    """Keeps what a run showed; `owner` is the instance that its polls belong to, `ends` when the last one is due."""
    bodies = [as_body(value) for value in run.effects.results]
    if run.error is not None:
        bodies.append({"Type": ERROR, "ContentsFormat": TEXT, "Contents": run.error})
    metrics = [body for body in bodies if body["Type"] == METRICS]
    entries, poll = _commit(host, run, [body for body in bodies if body["Type"] != METRICS], owner, room, ends)
    error = next((str(entry.contents) for entry in entries if entry.is_error), None)
    effects = run.effects
    return CommandOutcome(entries, error, host.context(room), effects.calls, effects.log, metrics, poll, run.trace)


def _commit(
    host: "Host", run: Run, bodies: list[dict[str, Any]], owner: str, room: str, ends: float | None
) -> tuple[list[Entry], int | None]:
    host.hooks.tell("commit:before")
    poll: int | None = None
    now = host.clock.time()
    with host.store.transaction():
        entries = [host.war_room.add(room, now, body) for body in bodies]
        context = host.context(room)
        for entry in entries:
            context = merge(context, entry.context)
            _keep_file(host, entry, run, room)
            if entry.body.get("PollingCommand"):
                poll = host.polls.schedule(owner, room, entry.body, now, ends)
        _keep_context(host.store, room, context)
    host.hooks.tell("commit:after")
    return entries, poll


def _keep_file(host: "Host", entry: Entry, run: Run, room: str) -> None:
    if entry.file_id is None or entry.file_name is None:
        return
    name = f"{room}_{entry.file_id}"
    if name not in run.files:
        raise UnknownName("file", name, "an entry carries it, but the run wrote no such file")
    host.war_room.keep_file(entry.file_id, room, entry.file_name, run.files[name])


def _keep_context(store: Store, room: str, context: Mapping[str, Any]) -> None:
    if room == PLAYGROUND:
        store.write("UPDATE playground SET context = ?", pack(dict(context)))
    else:
        store.write("UPDATE incidents SET context = ? WHERE id = ?", pack(dict(context)), room)
