"""Scripts of the pack, run as the platform runs them, and what `demisto.executeCommand` gives them."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from lab.xsoar import commandline
from lab.xsoar.bundle import Script
from lab.xsoar.errors import HostError, UnknownName
from lab.xsoar.instance import Instance
from lab.xsoar.invariants import Evidence
from lab.xsoar.platform_object import Effects, Hooks, Order, PlatformObject, told
from lab.xsoar.queries import get_incidents
from lab.xsoar.runtime import Run
from lab.xsoar.store import InstanceState
from lab.xsoar.timers import start_timer, stop_timer
from lab.xsoar.warroom import ERROR, JSON, NOTE, PLAYGROUND, TEXT, as_body

if TYPE_CHECKING:
    from lab.xsoar.host import Host

Execute = Callable[[str, Mapping[str, Any]], list[dict[str, Any]]]
DEEPEST = 10  # scripts that run scripts
ANALYST = {"id": "analyst", "username": "analyst", "name": "Analyst", "email": "analyst@soc.example"}
POLLING_KEYS = ("PollingCommand", "PollingArgs", "NextRun", "Timeout")
BUILT_IN = {"ModuleName": "InnerServicesModule", "Brand": "Builtin"}


class ScriptObject(PlatformObject):
    """`demisto` for one run of a script: no instance and no parameters, but other commands can be run."""

    def __init__(
        self,
        order: Order,
        state: InstanceState,
        effects: Effects,
        hooks: Hooks,
        file_path: Callable[[str], dict[str, str]],
        execute: Execute,
        modules: Mapping[str, Any],
    ) -> None:
        super().__init__(order, state, effects, hooks, file_path)
        self._execute = execute
        self._modules = modules
        self.callingContext["integration"] = False
        self.callingContext["context"]["ScriptName"] = order.command

    @told
    def executeCommand(self, command: str, args: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        return self._execute(command, json.loads(json.dumps(args or {})))

    @told
    def getModules(self) -> dict[str, Any]:
        return dict(self._modules)


class Automation:
    """Runs scripts for one host."""

    def __init__(self, host: "Host") -> None:
        self._host = host
        self._depth = 0
        self._trouble: HostError | None = None
        self._files: dict[str, bytes] = {}

    def script(self, script_id: str) -> Script:
        """A script of the pack; raises UnknownName."""
        if script_id not in self._host.bundle.scripts:
            raise UnknownName("script", script_id, f"pack {self._host.bundle.name}")
        return self._host.bundle.scripts[script_id]

    def run(self, script: Script, given: Mapping[str, Any], room: str) -> Run:
        """One run of a script inside a war room; its promises are checked with the secrets of every instance.

        Files that its commands wrote are files of the run, since a script may pass on their entries. What the host
        itself has to say of a command (an unknown argument, a broken promise) is raised at the end: no handler in a
        script can hide it.
        """
        if self._depth >= DEEPEST:
            raise RecursionError(f"script {script.id}: scripts run scripts more than {DEEPEST} deep")
        args = commandline.check(script.command, given)
        self._depth += 1
        if self._depth == 1:
            self._trouble, self._files = None, {}
        try:
            run = self._host.run_program(script.program, self._order(script, args, room), self._made(room))
        finally:
            self._depth -= 1
        if self._trouble is not None:
            raise self._trouble
        run.files.update(self._files)
        secrets = tuple(secret for instance in self._host.instances() for secret in instance.secrets())
        secrets += self._host.guarded
        with self._host.invariants.without("one_answer"):  # a script may show nothing, or many things
            self._host.invariants.check(Evidence(run, secrets, {}, script.command))
        return run

    def _order(self, script: Script, args: Mapping[str, Any], room: str) -> Order:
        incident = {} if room == PLAYGROUND else self._host.incidents.get(room).as_platform()
        return Order(script.id, args, {}, "", "", incident, self._host.context(room), investigation=room)

    def _made(self, room: str) -> Callable[..., PlatformObject]:
        """What makes the `demisto` of a script's run."""
        modules = {each["name"]: {key: each[key] for key in each if key != "name"} for each in self.modules()}

        def make(
            order: Order, effects: Effects, hooks: Hooks, files: Callable[[str], dict[str, str]]
        ) -> PlatformObject:
            state = InstanceState(self._host.store, "")
            return ScriptObject(order, state, effects, hooks, files, lambda c, a: self._heard(c, a, room), modules)

        return make

    def modules(self) -> list[dict[str, Any]]:
        """The instances as a playbook's `modules` shows them; a disabled one is there, but not active."""
        return [
            {
                "name": instance.name,
                "brand": instance.integration.id,
                "state": "active" if self._host.is_enabled(instance.name) else "disabled",
                "defaultIgnored": "false",
            }
            for instance in self._host.instances()
        ]

    def _heard(self, command: str, args: Mapping[str, Any], room: str) -> list[dict[str, Any]]:
        try:
            return self.execute(command, args, room)
        except HostError as error:
            self._trouble = self._trouble or error
            raise

    def execute(self, command: str, args: Mapping[str, Any], room: str) -> list[dict[str, Any]]:
        """The entries of a command, as a script gets them: nothing of them is kept, except what the script passes on.

        A command of an integration runs on every instance that offers it, unless `using` names some. One that nobody
        offers raises ValueError in the script, as on the platform.
        """
        if command in BUILT_INS:
            return [{"Type": NOTE, "ContentsFormat": TEXT, **BUILT_IN, **BUILT_INS[command](self._host, room, args)}]
        if command in self._host.bundle.scripts:
            return bodies_of(self.run(self.script(command), args, room), {**BUILT_IN, "Brand": "Scripts"})
        found = []
        for instance in self.instances_for(command, args):
            checked = commandline.check(instance.integration.commands[command], args)
            run = self._host.execute(instance, command, checked, room)
            self._host.check(run, instance)
            self._files.update(run.files)
            found += bodies_of(run, {"ModuleName": instance.name, "Brand": instance.integration.id})
        return found

    def instances_for(self, command: str, args: Mapping[str, Any]) -> list[Instance]:
        """The instances that a command runs on."""
        enabled = [one for one in self._host.instances() if self._host.is_enabled(one.name)]
        offering = [one for one in enabled if command in one.integration.commands]
        using = args.get("using")
        wanted = using if isinstance(using, list) else [name.strip() for name in str(using or "").split(",") if name]
        chosen = [one for one in offering if not wanted or one.name in wanted]
        if not chosen:
            where = f" (instance {', '.join(wanted)})" if wanted else ""
            raise ValueError(f"Unsupported Command : {command}, verify you have proper integration enabled{where}")
        return chosen


def bodies_of(run: Run, origin: Mapping[str, str]) -> list[dict[str, Any]]:
    """The entries of a run with where they come from; an error that ended it is its last entry."""
    bodies = [{**_unscheduled(as_body(value)), **origin} for value in run.effects.results]
    if run.error is not None:
        bodies.append({"Type": ERROR, "ContentsFormat": TEXT, "Contents": run.error, **origin})
    return bodies


def _unscheduled(body: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as a script gets it: nothing is scheduled for it, and what it asked for is told in its metadata."""
    asked = {f"polling{name}": body.get(f"Polling{name}") for name in ("Command", "Args")}
    metadata = {name: value for name, value in asked.items() if value}
    plain = {key: value for key, value in body.items() if key not in POLLING_KEYS}
    return {**plain, "Metadata": {**(body.get("Metadata") or {}), **metadata}}


def set_incident(host: "Host", room: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """Changes fields of the incident of the war room (or of the one that `id` names)."""
    fields = {name: value for name, value in args.items() if name not in ("id", "version")}
    host.set_fields(str(args.get("id") or room), fields)
    return {"Contents": "done"}


def close_investigation(host: "Host", room: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """Closes the incident; an error of the closing script keeps it open."""
    fields = {name: value for name, value in args.items() if name != "id"}
    trouble = host.close_incident(str(args.get("id") or room), fields)
    return {"Contents": "done"} if trouble is None else {"Type": ERROR, "Contents": trouble}


def print_text(host: "Host", room: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """Shows a text."""
    return {"Contents": str(args.get("value", ""))}


def get_users(host: "Host", room: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """The one analyst of this host."""
    return {"ContentsFormat": JSON, "Contents": [dict(ANALYST)]}


# Commands of the platform itself; one that is missing here is unknown, on purpose.
BUILT_INS: dict[str, Callable[["Host", str, Mapping[str, Any]], dict[str, Any]]] = {
    "setIncident": set_incident,
    "closeInvestigation": close_investigation,
    "Print": print_text,
    "getIncidents": get_incidents,
    "getUsers": get_users,
    "startTimer": start_timer,
    "stopTimer": stop_timer,
}
