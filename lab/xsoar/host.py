"""The host: instances, runs and what is kept of them. Everything a test or a console needs goes through it."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any, ClassVar, TypeVar

from lab.clock import TimeSource
from lab.xsoar import commandline
from lab.xsoar import instance as settings
from lab.xsoar.automation import Automation
from lab.xsoar.bundle import Bundle
from lab.xsoar.errors import BadSetting, Killed, UnknownName
from lab.xsoar.fields import FieldCatalogue
from lab.xsoar.incidents import ACTIVE, DONE, IncidentStore, Intake
from lab.xsoar.instance import Instance
from lab.xsoar.invariants import Evidence, Invariants
from lab.xsoar.jobs import CommandOutcome, FetchOutcome, Polls, fetch, iso, run_poll
from lab.xsoar.keeping import keep
from lab.xsoar.mirror import CLOSING, Mirroring, Round, note_of
from lab.xsoar.outputs import Sightings
from lab.xsoar.platform_object import FETCH_COMMAND, TEST_COMMAND, Hooks, Order, PlatformObject
from lab.xsoar.playbook import Playbook
from lab.xsoar.playbook_run import PlaybookRun, start
from lab.xsoar.runtime import Maker, Run, Runtime
from lab.xsoar.store import InstanceState, Store
from lab.xsoar.warroom import PLAYGROUND, Entry, WarRoom, as_body

R = TypeVar("R")
__all__ = ["CommandOutcome", "FetchOutcome", "Host", "Killed", "TestOutcome"]


@dataclass(frozen=True)
class TestOutcome:
    """What the test button shows."""

    __test__ = False  # no test class, whatever its name says

    ok: bool
    message: str
    calls: list[str]


class Host:
    """A platform server for one pack. A second host on the same database goes on where the first one stopped.

    Whoever wants to know what commands write, in whichever host, sets `sightings` of the class.
    """

    sightings: ClassVar[Sightings | None] = None

    def __init__(self, bundle: Bundle, database: Path | str, clock: TimeSource, platform: Path | None = None) -> None:
        self.bundle = bundle
        self.clock = clock
        self.hooks = Hooks()
        self.invariants = Invariants()
        self.store = Store(database)
        self.guarded: tuple[str, ...] = ()  # texts that no run may show, beside the secrets of its instance
        self.catalogue = FieldCatalogue(bundle)
        self.intake = Intake(bundle, self.catalogue)
        self.incidents = IncidentStore(self.store, self.catalogue)
        self.war_room = WarRoom(self.store)
        self.polls = Polls(self.store)
        self.automation = Automation(self)
        self.mirroring = Mirroring(self)
        self._runtime = Runtime(clock, platform, self.hooks)
        self._instances: dict[str, Instance] = {}
        self._secrets: dict[str, Mapping[str, Any]] = {}
        self._disabled: set[str] = set()

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()

    def add_instance(
        self, integration_id: str, name: str, params: Mapping[str, Any], absent: tuple[str, ...] = ()
    ) -> Instance:
        """Configure an integration; `absent` names parameters that an older instance does not have at all."""
        integration = self.bundle.integration(integration_id)
        if self.store.one("SELECT 1 FROM instances WHERE name = ?", name):
            raise BadSetting(f"an instance named {name!r} exists")
        settled = {key: value for key, value in settings.settle(integration, params).items() if key not in absent}
        self.store.write(
            "INSERT INTO instances (name, integration, params) VALUES (?, ?, ?)",
            *(name, integration_id, settings.seal(integration, settled)),
        )
        self._instances[name] = Instance(name, integration, settled)
        return self._instances[name]

    def change_params(self, name: str, params: Mapping[str, Any]) -> Instance:
        """Change some settings of an instance, as its user does; the others and all state stay."""
        old = self.instance(name)
        settled = settings.settle(old.integration, {**old.params, **params})
        self.store.write(
            "UPDATE instances SET params = ? WHERE name = ?", settings.seal(old.integration, settled), name
        )
        self._instances[name] = Instance(name, old.integration, settled)
        return self._instances[name]

    def supply_secret(self, name: str, params: Mapping[str, Any]) -> None:
        """After a restart: the secrets of an instance, which the database does not hold."""
        self._secrets[name] = dict(params)
        self._instances.pop(name, None)

    def instance(self, name: str) -> Instance:
        """An instance by name; UnknownName, or SecretMissing after a restart."""
        if name not in self._instances:
            row = self.store.one("SELECT integration, params FROM instances WHERE name = ?", name)
            if row is None:
                raise UnknownName("instance", name)
            integration = self.bundle.integration(row[0])
            params = settings.unseal(integration, row[1], self._secrets.get(name), name)
            self._instances[name] = Instance(name, integration, params)
        return self._instances[name]

    def instances(self) -> list[Instance]:
        """All instances, by name."""
        return [self.instance(str(row[0])) for row in self.store.rows("SELECT name FROM instances ORDER BY name")]

    def enable(self, name: str, enabled: bool = True) -> None:
        """Enable or disable an instance: playbooks and scripts find only enabled ones. A new host enables all."""
        (self._disabled.discard if enabled else self._disabled.add)(self.instance(name).name)

    def is_enabled(self, name: str) -> bool:
        """Whether an instance is enabled."""
        return name not in self._disabled

    def state(self, name: str) -> InstanceState:
        """What the platform keeps for an instance between runs."""
        return InstanceState(self.store, name)

    def last_run(self, instance: Instance) -> dict[str, Any]:
        """The committed last run."""
        return self.state(instance.name).last_run

    def integration_context(self, instance: Instance) -> dict[str, Any]:
        """The integration context."""
        return self.state(instance.name).context

    def context(self, incident_id: str | None = None) -> dict[str, Any]:
        """Context data of an incident, or of the playground."""
        sql, values = ("SELECT context FROM playground", ())
        if incident_id not in (None, PLAYGROUND):
            sql, values = "SELECT context FROM incidents WHERE id = ?", (incident_id,)  # type: ignore[assignment]
        row = self.store.one(sql, *values)
        if row is None:
            raise UnknownName("incident", str(incident_id))
        value: dict[str, Any] = json.loads(row[0])
        return value

    def warroom(self, incident_id: str | None = None) -> list[Entry]:
        """Entries of an incident, or of the playground."""
        return self.war_room.entries(incident_id or PLAYGROUND)

    def file(self, reference: str) -> tuple[str, bytes]:
        """Name and content of a file, by its id or its entry's id."""
        return self.war_room.file(reference)

    def execute(
        self,
        instance: Instance,
        command: str,
        args: Mapping[str, Any],
        incident_id: str | None = None,
        samples: bool = False,
    ) -> Run:
        """One raw run; nothing of it is kept but what the platform writes at once. Death closes the database."""
        in_incident = incident_id not in (None, PLAYGROUND)
        order = Order(
            command=command,
            args=args,
            params=instance.params,
            brand=instance.integration.id,
            instance=instance.name,
            incident=self.incidents.get(str(incident_id)).as_platform() if in_incident else {},
            context=self.context(incident_id) if command not in (FETCH_COMMAND, TEST_COMMAND) else {},
            investigation=str(incident_id or PLAYGROUND),
            samples=samples,
        )
        state = self.state(instance.name)
        return self.run_program(
            instance.integration.program,
            order,
            lambda asked, effects, hooks, files: PlatformObject(asked, state, effects, hooks, files),
        )

    def run_program(self, program: CodeType, order: Order, make: Maker) -> Run:
        """One raw run of any code of the pack; `make` gives its `demisto`."""
        return self._runtime.run(program, order, make, self.war_room.file)

    def check(self, run: Run, instance: Instance) -> None:
        """Raise InvariantBroken when the run broke a promise; what it wrote to context is noted before."""
        command = instance.integration.commands.get(run.order.command)
        evidence = Evidence(run, (*instance.secrets(), *self.guarded), self.state(instance.name).context_text, command)
        if command is not None and self.sightings is not None:
            outputs = evidence.outputs()
            self.sightings.note(command.name, outputs)
            found = any(not one.empty for one in outputs)
            self.sightings.end(command.name, run.order.args, evidence.error(), found, evidence.waits())
        self.invariants.check(evidence)

    def test(self, instance: Instance) -> TestOutcome:
        """Press the test button."""
        run = self._mortal(lambda: self.execute(instance, TEST_COMMAND, {}))
        self.check(run, instance)
        shown = [as_body(value).get("Contents") for value in run.effects.results]
        message = run.error or (str(shown[0]) if shown else "")
        return TestOutcome(run.error is None and shown == ["ok"], message, run.effects.calls)

    def fetch(self, instance: Instance) -> FetchOutcome:
        """One run of fetch-incidents, committed as a whole or not at all."""
        return self._mortal(lambda: fetch(self, instance))

    def pull_samples(self, instance: Instance) -> list[dict[str, Any]]:
        """What the mapper editor pulls: a fetch with an empty last run of which nothing is kept."""
        run = self._mortal(lambda: self.execute(instance, FETCH_COMMAND, {}, samples=True))
        self.check(run, instance)
        if run.error is not None:
            raise BadSetting(f"samples cannot be pulled: {run.error}")
        return list(run.effects.incidents or [])

    def run(
        self, command_line: str | tuple[str, Mapping[str, Any]], instance: Instance, incident_id: str | None = None
    ) -> CommandOutcome:
        """Run `!command arg=value …`, or a (command, arguments) pair as a playbook passes it."""
        name, given = commandline.parse(command_line) if isinstance(command_line, str) else command_line
        return self._mortal(lambda: self.run_command(name, given, instance, incident_id or PLAYGROUND))

    def run_command(
        self, name: str, given: Mapping[str, Any], instance: Instance, room: str, ends: float | None = None
    ) -> CommandOutcome:
        """Check the arguments, run, and keep entries, files, context and a scheduled poll in one transaction."""
        if name not in instance.integration.commands:
            known = instance.integration.commands
            raise UnknownName("command", name, f"integration {instance.integration.id}", known)
        args = commandline.check(instance.integration.commands[name], given)
        run = self.execute(instance, name, args, room)
        outcome = keep(self, run, instance.name, room, ends)
        self.check(run, instance)
        return outcome

    def run_script(
        self, script_id: str, given: Mapping[str, Any], incident_id: str | None = None, ends: float | None = None
    ) -> CommandOutcome:
        """Run a script of the pack in the war room of an incident, as a button or `!Script arg=value` does."""
        script, room = self.automation.script(script_id), incident_id or PLAYGROUND
        return self._mortal(lambda: keep(self, self.automation.run(script, given, room), "", room, ends))

    def play(self, playbook: str | Playbook, incident_id: str, inputs: Mapping[str, Any] | None = None) -> PlaybookRun:
        """Start a playbook, by its id or as it was read; it runs to its end, an error, or a task for a person."""
        return start(self, playbook, incident_id, inputs or {})

    def set_fields(self, incident_id: str, fields: Mapping[str, Any]) -> None:
        """Change fields of an incident by name or cliName; an unknown one raises.

        A field that has a script runs it when its value became another one.
        """
        before = self.incidents.get(incident_id).fields
        self.incidents.change(incident_id, fields)
        self.run_field_scripts(incident_id, fields, before)
        self.mirroring.touched(incident_id, fields)

    def run_field_scripts(self, incident_id: str, names: Iterable[str], before: Mapping[str, Any]) -> None:
        """The scripts of those fields whose values are other ones than before."""
        after = self.incidents.get(incident_id).fields
        for name in names:
            field = self.catalogue.by_name(name)
            old, new = before[field.name], after[field.name]
            if field.script and old != new:
                change = {"old": old, "new": new, "cliName": field.cli_name, "name": field.name}
                self.automation.run(self.automation.script(field.script), change, incident_id)

    def close_incident(self, incident_id: str, fields: Mapping[str, Any]) -> str | None:
        """Close an incident after its type's closing script has run; the script's error, which keeps it open, or None.

        `fields` are those of the closing form: closeReason, closeNotes and fields of the incident.
        """
        incident = self.incidents.get(incident_id)
        script_id = str(self.bundle.incident_types.get(incident.type, {}).get("closureScript") or "")
        if script_id:
            script = self.automation.script(script_id)
            known = {name: value for name, value in fields.items() if script.command.argument(name)}
            outcome = keep(self, self.automation.run(script, known, incident_id), "", incident_id, None)
            if outcome.error is not None:
                return outcome.error
        closing = {**CLOSING, **fields, "status": DONE, "closed": iso(self.clock.time())}
        self.incidents.change(incident_id, closing)
        self.mirroring.touched(incident_id, {**CLOSING, **fields}, turned=True)
        return None

    def reopen_incident(self, incident_id: str) -> None:
        """Reopen a closed incident: it is active again, and what was said at its closing is gone."""
        self.incidents.change(incident_id, {**CLOSING, "status": ACTIVE})
        self.mirroring.touched(incident_id, CLOSING, turned=True)

    def add_entry(
        self, incident_id: str, text: str, tags: tuple[str, ...] = (), user: str = "analyst", file: str = ""
    ) -> Entry:
        """A user writes into the war room of an incident, which makes a pending incident an active one."""
        with self.store.transaction():
            if self.incidents.get(incident_id).status == 0:
                self.incidents.change(incident_id, {"status": ACTIVE})
            return self.war_room.add(incident_id, self.clock.time(), note_of(text, tags, user, file))

    def mirror(self, instance: Instance) -> Round:
        """One round of mirroring."""
        return self._mortal(lambda: self.mirroring.round(instance))

    def run_due(self) -> list[CommandOutcome]:
        """Run every scheduled command whose time has come."""
        now = self.clock.time()
        return [self._mortal(partial(run_poll, self, poll)) for poll in self.polls.due(now)]

    def follow(self, outcome: CommandOutcome) -> CommandOutcome:
        """Sleep on the clock and poll until the command schedules no more; the outcome of the last poll."""
        while outcome.poll is not None and (poll := self.polls.get(outcome.poll)) is not None:
            self.clock.sleep(max(0.0, poll.due - self.clock.time()))
            outcome = self._mortal(partial(run_poll, self, poll))
        return outcome

    def _mortal(self, act: Callable[[], R]) -> R:
        """Do something in which the host may die; a dead host lets go of its database."""
        try:
            return act()
        except Killed:
            self.store.close()
            raise
