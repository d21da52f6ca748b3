"""One run of a playbook in an incident: tasks in the order that the platform gives them, people answering between.

A task starts when everything that leads to it is decided and at least one way to it was taken; a task that no way
leads to is skipped. The run stands still at manual tasks until somebody answers, and ends in an error when a task
without an error path fails. Nothing of a run outlives the host.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from lab.xsoar.automation import BUILT_INS
from lab.xsoar.bundle import Command
from lab.xsoar.context import merge
from lab.xsoar.errors import BadPlaybook, UnknownName
from lab.xsoar.instance import Instance
from lab.xsoar.jobs import CommandOutcome
from lab.xsoar.paths import value_at
from lab.xsoar.playbook import BRANCH, CONDITION, DEFAULT, ERROR, NONE, PLAYBOOK, STOP, Playbook, Task, read
from lab.xsoar.playbook_values import branch_of, value_of
from lab.xsoar.warroom import NOTE, TEXT

if TYPE_CHECKING:
    from lab.xsoar.host import Host

COMPLETED, WAITING, FAILED = "completed", "waiting", "error"
DEEPEST = 10  # playbooks inside playbooks
Edge = tuple[str, str, str]
Runner = Callable[[Mapping[str, Any], str], CommandOutcome]


@dataclass(frozen=True)
class Step:
    """One task that was carried out: the label it went on with, and the text of its error."""

    name: str
    label: str
    error: str | None = None


class PlaybookRun:
    """A playbook at work; `steps` are in the order of their end, those of playbooks inside it among them."""

    def __init__(
        self, host: "Host", playbook: Playbook, incident_id: str, inputs: Mapping[str, Any], depth: int = 0
    ) -> None:
        if depth >= DEEPEST:
            raise BadPlaybook(f"playbook {playbook.name}: playbooks run playbooks more than {DEEPEST} deep")
        self.playbook, self.incident_id, self.steps = playbook, incident_id, list[Step]()
        self.error: str | None = None
        self._host, self._depth = host, depth
        self._taken: dict[Edge, bool] = {}
        self._ended: set[str] = set()
        self._waiting: dict[str, Task] = {}
        self._children: dict[str, PlaybookRun] = {}
        self._private: dict[str, Any] | None = None
        self.inputs = self._settled(inputs)

    @property
    def state(self) -> str:
        """completed, waiting or error."""
        if self.error is not None:
            return FAILED
        return WAITING if self.waiting else COMPLETED

    @property
    def waiting(self) -> list[str]:
        """Names of the tasks that wait for a person, in the order they were reached."""
        inner = [name for child in self._children.values() for name in child.waiting]
        return [task.name for task in self._waiting.values()] + inner

    @property
    def done(self) -> list[str]:
        """Names of the tasks that were carried out."""
        return [step.name for step in self.steps]

    def answer(self, task_name: str, label: str = "") -> "PlaybookRun":
        """Complete a manual task, a question with the label of its answer, and go on."""
        if task_name not in self.waiting:
            raise UnknownName("waiting task", task_name, f"waiting: {', '.join(self.waiting) or 'none'}")
        self._answer(task_name, label)
        return self.advance()

    def _answer(self, task_name: str, label: str) -> None:
        for child in self._children.values():
            if task_name in child.waiting:
                child._answer(task_name, label)
                return
        task = next(task for task in self._waiting.values() if task.name == task_name)
        known = {each.lower(): each for each in task.labels}
        if task.kind == CONDITION and label.lower() not in known:
            raise UnknownName("answer", label, f"{task_name}: {', '.join(task.labels)}")
        del self._waiting[task.id]
        self._end(task, known[label.lower()] if task.kind == CONDITION else NONE)

    def advance(self) -> "PlaybookRun":
        """Carry out what can be carried out now."""
        self._go_on_inside()
        while self.error is None and (task := self._ready()) is not None:
            self._begin(task)
        if self.state == COMPLETED and (left := set(self.playbook.tasks) - self._ended):
            names = sorted(self.playbook.tasks[each].name for each in left)
            raise BadPlaybook(
                f"playbook {self.playbook.name}: nothing leads to {', '.join(names)}, or they wait in a ring"
            )
        return self

    def _go_on_inside(self) -> None:
        for task_id, child in list(self._children.items()):
            self._inside(self.playbook.tasks[task_id], child)

    def _ready(self) -> Task | None:
        """The next task that can start; those that no way leads to are ended on the way."""
        for task_id, task in self.playbook.tasks.items():
            if task_id in self._ended or task_id in self._waiting or task_id in self._children:
                continue
            ways = self._ways(task_id)
            if any(way is None for way in ways) or (not ways and task_id != self.playbook.start):
                continue
            if any(ways) or task_id == self.playbook.start:
                return task
            self._decide(task, None)
            return self._ready()
        return None

    def _ways(self, task_id: str) -> list[bool | None]:
        """For each way that leads to the task whether it was taken, None while that is open."""
        return [
            self._taken.get((source.id, label, task_id))
            for source in self.playbook.tasks.values()
            for label, following in source.next.items()
            if task_id in following
        ]

    def _decide(self, task: Task, chosen: str | None) -> None:
        self._ended.add(task.id)
        for label, following in task.next.items():
            for each in following:
                self._taken[(task.id, label, each)] = label == chosen

    def _end(self, task: Task, label: str, error: str | None = None) -> None:
        self.steps.append(Step(task.name, label, error))
        self._decide(task, label)

    def _begin(self, task: Task) -> None:
        if task.is_manual:
            self._waiting[task.id] = task
        elif task.kind == CONDITION:
            self._end(task, self._choice(task))
        elif task.kind == PLAYBOOK:
            self._descend(task)
        else:
            self._settle(task, self._work(task) if task.target else None)

    def _settle(self, task: Task, error: str | None) -> None:
        """Go on after work: past the error, along the error path, or not at all."""
        if error is None or task.on_error not in (STOP, BRANCH):
            self._end(task, NONE, error)
        elif task.on_error == BRANCH:
            self._end(task, ERROR, error)
        else:
            self.steps.append(Step(task.name, "", error))
            self.error = f"{task.name}: {error}"

    def _choice(self, task: Task) -> str:
        label = branch_of(task.branches, self.view())
        if label is None and DEFAULT not in task.next:
            raise BadPlaybook(f"playbook {self.playbook.name}: no answer to {task.name!r} holds")
        return DEFAULT if label is None else label

    # ------------------------------------------------------------------------------------------------ values

    def view(self) -> dict[str, Any]:
        """What references see: the context, and incident, inputs and modules."""
        incident = self._host.incidents.get(self.incident_id).as_platform()
        return {
            **self._host.context(self.incident_id),
            "incident": {**incident["CustomFields"], **incident},
            "inputs": getattr(self, "inputs", {}),
            "modules": self._host.automation.modules(),
        }

    def _settled(self, given: Mapping[str, Any]) -> dict[str, Any]:
        known = {each.name for each in self.playbook.inputs}
        for name in given:
            if name not in known:
                raise UnknownName("input", name, f"playbook {self.playbook.name}")
        view = self.view()
        values = {each.name: given.get(each.name, value_of(each.rule, view)) for each in self.playbook.inputs}
        for each in self.playbook.inputs:
            if each.required and values[each.name] in (None, "", []):
                raise BadPlaybook(f"playbook {self.playbook.name}: input {each.name!r} is required")
        return values

    def _arguments(self, task: Task) -> dict[str, Any]:
        view = self.view()
        values = {name: value_of(rule or {}, view) for name, rule in task.arguments.items()}
        return {name: value for name, value in values.items() if value not in (None, "", [])}

    # -------------------------------------------------------------------------------------------------- work

    def _work(self, task: Task) -> str | None:
        """Run a command or a script; the text of the first error, None when there was none."""
        args, host = self._arguments(task), self._host
        if task.target in BUILT_INS:
            return self._built_in(task.target, args)
        if not task.is_command:
            script = host.automation.script(task.target)
            return self._first_error(script.command, args, partial(self._script, script.id))
        try:
            instances = host.automation.instances_for(task.target, args)
        except ValueError as error:
            return None if task.skip_unavailable else str(error)
        errors = [
            self._first_error(one.integration.commands[task.target], args, partial(self._command, task.target, one))
            for one in instances
            if task.brand in ("", one.integration.id)
        ]
        return next((error for error in errors if error is not None), None)

    def _built_in(self, name: str, args: Mapping[str, Any]) -> str | None:
        """Run a command of the platform itself: what it shows is kept. Its error, or None."""
        host = self._host
        body = {"Type": NOTE, "ContentsFormat": TEXT, **BUILT_INS[name](host, self.incident_id, args)}
        with host.store.transaction():
            entry = host.war_room.add(self.incident_id, host.clock.time(), body)
            host.incidents.keep_context(self.incident_id, merge(host.context(self.incident_id), entry.context))
        return str(entry.contents) if entry.is_error else None

    def _command(self, name: str, instance: Instance, args: Mapping[str, Any], room: str) -> CommandOutcome:
        """Run a command to the end of its polling."""
        return self._host.follow(self._host.run((name, args), instance, room))

    def _script(self, script_id: str, args: Mapping[str, Any], room: str) -> CommandOutcome:
        """Run a script to the end of its polling."""
        return self._host.follow(self._host.run_script(script_id, args, room))

    def _first_error(self, command: Command, args: Mapping[str, Any], run: Runner) -> str | None:
        errors = [run(each, self.incident_id).error for each in one_by_one(command, args)]
        return next((error for error in errors if error is not None), None)

    # ------------------------------------------------------------------------------------------ sub-playbooks

    def _descend(self, task: Task) -> None:
        if task.target not in self._host.bundle.playbooks:
            if not task.skip_unavailable:
                raise UnknownName("playbook", task.target, f"task {task.name!r} of playbook {self.playbook.name}")
            self._end(task, NONE)
            return
        playbook, given = read(self._host.bundle.playbooks[task.target]), self._arguments(task)
        for each in playbook.inputs:
            if each.name in task.arguments and each.name not in given and value_of(each.rule, self.view()):
                raise BadPlaybook(f"{task.name}: {each.name} is passed on empty; whether its default counts is unknown")
        child = PlaybookRun(self._host, playbook, self.incident_id, given, self._depth + 1)
        child._private = {} if task.separate else None
        self._children[task.id] = child
        self._inside(task, child)

    def _inside(self, task: Task, child: "PlaybookRun") -> None:
        """Let a sub-playbook go on, in its own context when it has one; its outputs come out at its end."""
        before = len(child.steps)
        with self._context_of(child):
            child.advance()
        self.steps += [replace(step, name=f"{task.name} / {step.name}") for step in child.steps[before:]]
        if child.state == WAITING:
            return
        del self._children[task.id]
        if child._private is not None:
            self._host.incidents.keep_context(
                self.incident_id, merge(self._host.context(self.incident_id), child.outputs())
            )
        self._settle(task, child.error)

    @contextmanager
    def _context_of(self, child: "PlaybookRun") -> Iterator[None]:
        if child._private is None:
            yield
            return
        outer = self._host.context(self.incident_id)
        self._host.incidents.keep_context(self.incident_id, child._private)
        try:
            yield
        finally:
            child._private = self._host.context(self.incident_id)
            self._host.incidents.keep_context(self.incident_id, outer)

    def outputs(self) -> dict[str, Any]:
        """Values of the declared outputs: of nested paths the outermost, each once."""
        context = self._private if self._private is not None else self._host.context(self.incident_id)
        paths = sorted(output.path for output in self.playbook.outputs)
        roots = [path for path in paths if not any(path.startswith(f"{other}.") for other in paths)]
        found = {path: value_at(context, path) for path in roots}
        return {path: value for path, value in found.items() if value is not None}


def start(host: "Host", playbook: str | Playbook, incident_id: str, inputs: Mapping[str, Any]) -> PlaybookRun:
    """Begin a playbook of the pack by its id, or one that was read elsewhere, and go as far as it goes."""
    if isinstance(playbook, str):
        if playbook not in host.bundle.playbooks:
            raise UnknownName("playbook", playbook, f"pack {host.bundle.name}")
        playbook = read(host.bundle.playbooks[playbook])
    return PlaybookRun(host, playbook, incident_id, inputs).advance()


def one_by_one(command: Command, args: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The runs that a task makes: a list for an argument that takes none runs the command once for each element."""
    for name, value in args.items():
        argument = command.argument(name)
        if isinstance(value, list) and argument is not None and not argument.is_array:
            return [run for each in value for run in one_by_one(command, {**args, name: each})]
    return [dict(args)]
