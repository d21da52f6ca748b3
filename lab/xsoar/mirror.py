"""The server's mirroring, round by round: it asks what changed, brings it in, and sends what changed here."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lab.xsoar.errors import BadFieldValue, UnknownName
from lab.xsoar.incidents import ACTIVE, ARCHIVED, DONE, Incident
from lab.xsoar.instance import Instance
from lab.xsoar.jobs import iso
from lab.xsoar.mapper import apply_mapper, resolve, rules_for
from lab.xsoar.mirror_changes import came, went
from lab.xsoar.mirror_state import Habits, Mark, Unsent
from lab.xsoar.runtime import Run
from lab.xsoar.store import pack
from lab.xsoar.warroom import ERROR, FILE, NOTE, TEXT, Entry, as_body

if TYPE_CHECKING:
    from lab.xsoar.host import Host

MODIFIED, READ, SEND, FIELDS = (
    "get-modified-remote-data",
    "get-remote-data",
    "update-remote-system",
    "get-mapping-fields",
)
RATE_LIMIT, SKIP = "API rate limit", "skip update"
INCOMING, OUTGOING = ("In", "Both"), ("Out", "Both")
CLOSING = {"closeReason": "", "closeNotes": "", "closingUserId": ""}
SCHEMA = """
CREATE TABLE IF NOT EXISTS mirrored (
    incident TEXT PRIMARY KEY, dirty TEXT NOT NULL DEFAULT '[]', sent TEXT NOT NULL DEFAULT '[]',
    turned INTEGER NOT NULL DEFAULT 0, synced REAL);
CREATE TABLE IF NOT EXISTS rounds (instance TEXT PRIMARY KEY, at REAL NOT NULL, rest TEXT NOT NULL);
"""


@dataclass
class Round:
    """What one round did. `skipped`: why it ended early, in the integration's words; `errors`: what failed beside."""

    modified: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    skipped: str = ""
    errors: list[str] = field(default_factory=list)
    orders: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    came: dict[str, list[str]] = field(default_factory=dict)
    went: dict[str, list[str]] = field(default_factory=dict)


class Mirroring:
    """The mirroring of one host."""

    def __init__(self, host: "Host") -> None:
        self._host = host
        self.habits = Habits()
        self.obeys = False  # an order of the integration is being carried out: a death now loses it
        for statement in SCHEMA.strip().split(";\n"):
            host.store.write(statement)

    # ---- what happens to an incident here ----

    def touched(self, incident_id: str, names: Iterable[str], turned: bool = False) -> None:
        """Remember that fields were changed here; `turned` when the incident was closed or reopened."""
        mark = self._mark(incident_id)
        known = {self._host.catalogue.by_name(name).cli_name for name in names}
        self._keep(incident_id, dirty=sorted(mark.dirty | known), turned=int(mark.turned or turned))

    def sent_entries(self, incident_id: str) -> frozenset[str]:
        """The ids of the entries that were handed to the integration."""
        return self._mark(incident_id).sent

    def _mark(self, incident_id: str) -> Mark:
        row = self._host.store.one("SELECT dirty, sent, turned, synced FROM mirrored WHERE incident = ?", incident_id)
        if row is None:
            return Mark(frozenset(), frozenset(), False, None)
        return Mark(frozenset(json.loads(row[0])), frozenset(json.loads(row[1])), bool(row[2]), row[3])

    def _keep(self, incident_id: str, **columns: Any) -> None:
        write = self._host.store.write
        write("INSERT OR IGNORE INTO mirrored (incident) VALUES (?)", incident_id)
        for name, value in columns.items():
            text = pack(value) if isinstance(value, list) else value
            write(f"UPDATE mirrored SET {name} = ? WHERE incident = ?", text, incident_id)  # noqa: S608 (own names)

    # ---- one round ----

    def round(self, instance: Instance) -> Round:
        """One round of an instance; only incidents that it fetched (their mirror instance) take part."""
        done = Round()
        steps = [self._bring, self._send]
        for step in reversed(steps) if self.habits.out_first else steps:
            step(instance, done)
        return done

    def _run(self, instance: Instance, command: str, args: Mapping[str, Any], incident: str | None, done: Round) -> Run:
        run = self._host.execute(instance, command, args, incident)
        self._host.check(run, instance)
        done.log += [line.text for line in run.effects.log]
        return run

    # ---- in ----

    def _bring(self, instance: Instance, done: Round) -> None:
        if not instance.integration.syncs_in:
            return
        row = self._host.store.one("SELECT at, rest FROM rounds WHERE instance = ?", instance.name)
        now = self._host.clock.time()
        last, rest = (row[0], json.loads(row[1])) if row else (now - 60, [])
        told = last if self.habits.counts_rounds else 0
        run = self._run(instance, MODIFIED, {"lastUpdate": iso(told)}, None, done)
        error = _error_of(run)
        if error is not None:
            done.skipped = error if SKIP in error or RATE_LIMIT in error else ""
            done.errors += [] if done.skipped else [error]
            return
        done.modified = _ids(run)
        left = self._bring_each(instance, list(dict.fromkeys([*rest, *done.modified])), done)
        moment, left = (last, []) if done.skipped and self.habits.limit_holds_time else (now, left)
        self._host.store.write("INSERT OR REPLACE INTO rounds VALUES (?, ?, ?)", instance.name, moment, pack(left))

    def _bring_each(self, instance: Instance, ids: list[str], done: Round) -> list[str]:
        """Updates incident after incident; the ids that are left when the integration speaks of a rate limit."""
        here: dict[str, list[str]] = {}
        for incident in self._host.incidents.all() if ids else ():
            if incident.dbot_mirror_instance == instance.name and incident.dbot_mirror_direction in INCOMING:
                here.setdefault(incident.dbot_mirror_id, []).append(incident.id)
        for place, remote_id in enumerate(ids):
            for incident_id in here.get(remote_id, ()):
                error = self._update(instance, incident_id, remote_id, done)
                if error and RATE_LIMIT in error:
                    done.skipped = error
                    return ids[place:]
                done.errors += [error] if error else []
        return []

    def _update(self, instance: Instance, incident_id: str, remote_id: str, done: Round) -> str | None:
        incident, mark = self._host.incidents.get(incident_id), self._mark(incident_id)
        if incident.status in (DONE, ARCHIVED) and not self.habits.updates_closed:
            return None
        synced = mark.synced if self.habits.counts_rounds else None
        since = incident.created if synced is None else iso(synced)
        run = self._run(instance, READ, {"id": remote_id, "lastUpdate": since}, incident_id, done)
        error = _error_of(run)
        if error is not None:
            return error
        obj, *entries = run.effects.results or [None]
        if obj is not None:
            self._apply(instance, incident, obj, [as_body(entry) for entry in entries], done)
            done.updated.append(incident_id)
            now, plain = self._host.incidents.get(incident_id), [one for one in entries if not _order_in(as_body(one))]
            done.came[incident_id] = came(self._host.catalogue, incident, now, len(plain))
        return None

    def _apply(
        self, instance: Instance, incident: Incident, obj: Any, entries: list[dict[str, Any]], done: Round
    ) -> None:
        """Fields and entries in one transaction, then what the integration orders."""
        host = self._host
        if not isinstance(obj, dict):
            raise BadFieldValue(f"{READ}: the first result is the remote object, not {type(obj).__name__}")
        mapped = apply_mapper(_mapper(host, instance.integration.mapper_in), incident.type, obj)
        orders = [order for entry in entries if (order := _order_in(entry))]
        plain = [entry for entry in entries if not _order_in(entry)]
        host.hooks.tell("commit:before")
        with host.store.transaction():
            host.incidents.change(incident.id, mapped.values)
            for body in plain:
                if not (self.habits.drops_doubles and self._is_there(incident.id, body)):
                    host.war_room.add(incident.id, host.clock.time(), body)
            self._keep(incident.id, synced=host.clock.time())
            if self.habits.marks_incoming:
                self.touched(incident.id, mapped.values)
        host.hooks.tell("commit:after")
        self.obeys = True
        if self.habits.runs_field_scripts:
            host.run_field_scripts(incident.id, mapped.values, incident.fields)
        for order in orders:
            done.orders.append((incident.id, order))
            self._obey(incident.id, order)
        self.obeys = False

    def _is_there(self, incident_id: str, body: Mapping[str, Any]) -> bool:
        return any(entry.body.get("Contents") == body.get("Contents") for entry in self._host.warroom(incident_id))

    def _obey(self, incident_id: str, order: Mapping[str, Any]) -> None:
        """Closes or reopens the incident as the remote side has it."""
        incident, before = self._host.incidents.get(incident_id), self._mark(incident_id)
        is_closed = incident.status in (DONE, ARCHIVED)
        if order.get("dbotIncidentReopen"):
            if is_closed:
                self._host.reopen_incident(incident_id)
        elif not is_closed or self.habits.closes_again:
            notes = {"closeReason": order.get("closeReason", ""), "closeNotes": order.get("closeNotes", "")}
            self._host.close_incident(incident_id, notes)
        if not self.habits.marks_incoming:
            own = {*CLOSING, "status", "closed"}
            now_dirty = self._mark(incident_id).dirty
            self._keep(incident_id, dirty=sorted(before.dirty | (now_dirty - own)), turned=int(before.turned))

    # ---- out ----

    def _send(self, instance: Instance, done: Round) -> None:
        if not instance.integration.syncs_out:
            return
        for incident in self.touched_here(instance):
            self._send_one(instance, self._host.incidents.get(incident.id), done)  # as it is when its turn comes

    def touched_here(self, instance: Instance) -> list[Incident]:
        """The incidents of an instance that may have something to send: changed, turned, or with tagged entries."""
        rows = self._host.store.rows(
            "SELECT id FROM incidents WHERE id IN (SELECT CAST(incident AS INTEGER) FROM entries "
            "WHERE json_array_length(body, '$.Tags') > 0 UNION "  # the condition of the index entries_tagged
            "SELECT CAST(incident AS INTEGER) FROM mirrored WHERE dirty != '[]' OR turned) ORDER BY id"
        )
        found = [self._host.incidents.get(str(row[0])) for row in rows]
        ours = [one for one in found if one.dbot_mirror_instance == instance.name and one.dbot_mirror_id]
        return [one for one in ours if one.dbot_mirror_direction in OUTGOING]

    def left_over(self, instance: Instance) -> list[str]:
        """The remote ids that the last round could not bring in."""
        row = self._host.store.one("SELECT rest FROM rounds WHERE instance = ?", instance.name)
        rest: list[str] = json.loads(row[0]) if row else []
        return rest

    def unsent(self, instance: Instance, incident: Incident) -> Unsent:
        """What of an incident is to be sent."""
        mark = self._mark(incident.id)
        fresh = [entry for entry in self._tagged(incident) if entry.id not in mark.sent]
        data, delta = self._mapped(instance, incident, mark)
        return Unsent(data, delta, mark.turned, incident.status, fresh)

    def _send_one(self, instance: Instance, incident: Incident, done: Round) -> None:
        mark, left = self._mark(incident.id), self.unsent(instance, incident)
        fresh, changed = left.fresh, bool(left.delta) or left.turned
        if not changed and not fresh:
            return
        args = {
            "data": left.data,
            "delta": left.delta,
            "entries": [_as_sent(entry) for entry in fresh],
            "incidentChanged": changed,
            "remoteId": incident.dbot_mirror_id,
            "status": incident.status,
        }
        self._keep(incident.id, dirty=[], turned=0)  # what somebody changes from here on is of the next round
        try:
            run = self._run(instance, SEND, args, incident.id, done)
        except BaseException:  # the server died, so it still has it to send
            self._mark_again(incident.id, mark)
            raise
        error = _error_of(run)
        if error is not None:
            done.errors.append(error)
            if self.habits.asks_again:
                self._mark_again(incident.id, mark)
                return
        elif not run.effects.results or not isinstance(run.effects.results[0], str):
            raise BadFieldValue(f"{SEND} gives the remote id as text, not {run.effects.results!r}")
        elif run.effects.results[0] != incident.dbot_mirror_id:
            self._host.incidents.change(incident.id, {"dbotMirrorId": run.effects.results[0]})
        self._keep(incident.id, sent=sorted(mark.sent | {entry.id for entry in fresh}))
        done.sent.append(incident.id)
        done.went[incident.id] = went(left.delta, left.turned, left.status, fresh)

    def _mark_again(self, incident_id: str, mark: Mark) -> None:
        """What was not sent is still to be sent, beside what changed since."""
        now = self._mark(incident_id)
        self._keep(incident_id, dirty=sorted(mark.dirty | now.dirty), turned=int(mark.turned or now.turned))

    def _tagged(self, incident: Incident) -> list[Entry]:
        """The entries that a mirror tag chooses; only an active incident's."""
        if incident.status != ACTIVE:
            return []
        tags = set(incident.dbot_mirror_tags)
        return [entry for entry in self._host.warroom(incident.id) if tags & set(entry.tags)]

    def _mapped(self, instance: Instance, incident: Incident, mark: Mark) -> tuple[dict[str, Any], dict[str, Any]]:
        """The incident through the outgoing mapper: all of it, and the part that changed here."""
        mapper = _mapper(self._host, instance.integration.mapper_out)
        rules, _ = rules_for(mapper or {}, incident.type)
        obj = {**incident.system, **incident.custom_fields}
        data = {name: value for name, rule in rules.items() if (value := resolve(rule, obj)) is not None}
        hidden = mark.turned and not self.habits.tells_closing
        delta = {name: data[name] for name in data if _root(rules[name]) in mark.dirty}
        return data, {} if hidden else delta

    # ---- the mapper's editor ----

    def mapping_fields(self, instance: Instance) -> dict[str, Any]:
        """What the editor of the outgoing mapper offers."""
        run = self._run(instance, FIELDS, {}, None, Round())
        error = _error_of(run)
        if error is not None:
            raise BadFieldValue(error)
        found: dict[str, Any] = run.effects.results[0]
        return found


def note_of(text: str, tags: Iterable[str], user: str, file: str) -> dict[str, Any]:
    """The body of an entry that a user writes into a war room."""
    kind = {"Type": FILE, "File": file, "FileID": f"{file}-{len(text)}"} if file else {"Type": NOTE}
    return {**kind, "ContentsFormat": TEXT, "Contents": text, "Tags": list(tags), "User": user}


def _as_sent(entry: Entry) -> dict[str, Any]:
    """An entry as the server hands it to the integration, whose keys are not those of a result."""
    body = entry.body
    return {
        "id": entry.id,
        "type": entry.type,
        "contents": entry.contents,
        "format": entry.contents_format,
        "tags": entry.tags,
        "note": entry.note,
        "user": body.get("User") or "DBot",
        "file": entry.file_name or "",
        "fileID": entry.file_id or "",
    }


def _mapper(host: "Host", name: str) -> Mapping[str, Any] | None:
    if name and name not in host.bundle.mappers:
        raise UnknownName("mapper", name)
    return host.bundle.mappers.get(name)


def _root(rule: Mapping[str, Any]) -> str:
    return str((rule.get("complex") or {}).get("root") or rule.get("simple") or "").split(".")[0]


def _order_in(entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
    contents = entry.get("Contents")
    is_order = isinstance(contents, dict) and (contents.get("dbotIncidentClose") or contents.get("dbotIncidentReopen"))
    return contents if is_order else None


def _error_of(run: Run) -> str | None:
    bodies = [as_body(value) for value in run.effects.results if value is not None]
    return run.error or next((str(body.get("Contents")) for body in bodies if body["Type"] == ERROR), None)


def _ids(run: Run) -> list[str]:
    ids = as_body(run.effects.results[0]).get("Contents") if run.effects.results else None
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise BadFieldValue(f"{MODIFIED} gives a list of ids as texts, not {ids!r}")
    return ids
