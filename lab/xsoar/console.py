"""A war room to type into: lines go in, plain things to show come out. Knows no terminal and no vendor.

`!command name=value` runs a command of the pack in the room at hand; `/word` asks the host. What else the lab can do
(push a clock, show faults) is given to it as further words.
"""

import json
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lab.xsoar.bundle import Command
from lab.xsoar.errors import HostError, likely
from lab.xsoar.host import Host
from lab.xsoar.incidents import Incident
from lab.xsoar.instance import Instance
from lab.xsoar.jobs import CommandOutcome, FetchOutcome
from lab.xsoar.mirror import Round
from lab.xsoar.mirror_changes import OFF, is_on, told, waiting
from lab.xsoar.warroom import MARKDOWN, PLAYGROUND, Entry

SEVERITY_WORDS = {0: "unknown", 0.5: "info", 1: "low", 2: "medium", 3: "high", 4: "critical"}
STATUS_WORDS = {0: "pending", 1: "active", 2: "closed", 3: "archived"}


@dataclass(frozen=True)
class Shown:
    """Something to show: `kind` is markdown, text, error, json or table; a table's content is a list of rows."""

    kind: str
    content: Any
    title: str = ""


@dataclass(frozen=True)
class Word:
    """A line that begins with a slash: what it does and what may follow it."""

    help: str
    act: Callable[[list[str]], Iterable[Shown]]
    options: Callable[[], Iterable[str]] = tuple


class Console:
    """One analyst at one host; `room` is the incident at hand, or the playground."""

    def __init__(self, host: Host, instance: Instance, words: Mapping[str, Word] | None = None) -> None:
        self.host = host
        self.instance = instance
        self.room = PLAYGROUND
        self.fetch_once: Callable[[], FetchOutcome] = lambda: self.host.fetch(self.instance)
        self.mirror_once: Callable[[], Round] = lambda: self.host.mirror(self.instance)
        own = {
            "incidents": Word("list the incidents", self._incidents),
            "incident": Word("enter the war room of an incident: /incident 3", self._incident, self.host.incidents.ids),
            "playground": Word("leave the incident", self._playground),
            "fetch": Word("run fetch once, or /fetch 5 for five times", self._fetch),
            "mirror": Word("make a round of mirroring, or /mirror 5 for five", self._mirror),
            "test": Word("press the test button", self._test),
            "context": Word("context data of the room, or /context Path.To for a part", self._context),
            "commands": Word("list the commands", self._commands),
            "help": Word("this list", self._help),
        }
        self.words: dict[str, Word] = {**own, **(words or {})}

    @property
    def commands(self) -> Mapping[str, Command]:
        """The commands of the integration at hand."""
        return self.instance.integration.commands

    def answer(self, line: str) -> Iterator[Shown]:
        """What a line brings; what is wrong with it is an error to show, never an exception."""
        line = line.strip()
        try:
            if line.startswith("!"):
                yield from self._run(line)
            elif line.startswith("/"):
                yield from self._word(line[1:])
            elif line:
                yield Shown("error", "A line begins with ! (a command) or / (the lab). /help lists both.")
        except (HostError, ValueError) as error:
            yield Shown("error", str(error))

    def complete(self, line: str) -> list[str]:
        """What the last word of an unfinished line can become."""
        head, _, last = line.rpartition(" ")
        if not head:
            words = [f"!{name}" for name in self.commands] + [f"/{name}" for name in self.words]
            return [word for word in sorted(words) if word.startswith(last) and last]
        if head.startswith("/"):
            word = self.words.get(head[1:].split()[0])
            return [option for option in (word.options() if word else ()) if option.startswith(last)]
        command = self.commands.get(head[1:].split()[0])
        return self._arguments(command, head, last) if command and head.startswith("!") else []

    def _arguments(self, command: Command, head: str, last: str) -> list[str]:
        name, equals, value = last.partition("=")
        argument = command.argument(name)
        if equals:
            options = argument.predefined if argument else ()
            return [f"{name}={option}" for option in options if option.startswith(value)]
        open_ones = [one.name for one in command.arguments if f" {one.name}=" not in f" {head} "]
        return [f"{one}=" for one in open_ones if one.startswith(last)]

    def _run(self, line: str) -> Iterator[Shown]:
        outcome = self.host.run(line, self.instance, None if self.room == PLAYGROUND else self.room)
        yield from outcome_shown(outcome)
        if outcome.poll is not None:
            yield Shown("text", "… asked again until it is done")
            yield from outcome_shown(self.host.follow(outcome))

    def _word(self, rest: str) -> Iterable[Shown]:
        name, *arguments = shlex.split(rest) or [""]
        if name not in self.words:
            return [Shown("error", f"/{name} is unknown{likely(name, self.words)}. /help lists what there is.")]
        return self.words[name].act(arguments)

    def _incidents(self, arguments: list[str]) -> Iterator[Shown]:
        rows = [incident_row(incident) for incident in self.host.incidents.all()]
        yield Shown("table", rows, "Incidents") if rows else Shown("text", "There is no incident yet: try /fetch.")

    def _incident(self, arguments: list[str]) -> Iterator[Shown]:
        if len(arguments) != 1:
            raise ValueError("Which incident? For example /incident 3")
        incident = self.host.incidents.get(arguments[0])
        self.room = incident.id
        yield Shown("table", incident_fields(incident), f"#{incident.id}  {incident.name}")
        for entry in self.host.warroom(incident.id):
            yield entry_shown(entry)

    def _playground(self, arguments: list[str]) -> Iterator[Shown]:
        self.room = PLAYGROUND
        yield Shown("text", "You are in the playground.")

    def _fetch(self, arguments: list[str]) -> Iterator[Shown]:
        for _ in range(int(arguments[0]) if arguments else 1):
            outcome = self.fetch_once()
            if outcome.error:
                yield Shown("error", outcome.error)
            elif outcome.created:
                rows = [incident_row(incident) for incident in outcome.created]
                yield Shown("table", rows, f"{len(rows)} new")
            else:
                yield Shown("text", "Nothing new.")

    def _mirror(self, arguments: list[str]) -> Iterator[Shown]:
        if not is_on(self.instance):
            yield Shown("text", OFF)
            return
        for _ in range(int(arguments[0]) if arguments else 1):
            shown = list(round_shown(self.mirror_once()))
            yield from shown or [Shown("text", "Nothing to mirror: neither side changed.")]
        left = waiting(self.host, self.instance)
        if left.ids or left.to_send:
            yield Shown("text", f"Waits for the next round: {', '.join([*left.ids, *map('#{}'.format, left.to_send)])}")

    def minute(self) -> Iterator[Shown]:
        """What the server does by itself each minute, fetch apart: a round where the instance mirrors, and polls."""
        if is_on(self.instance):
            yield from round_shown(self.mirror_once())
        self.host.run_due()

    def _test(self, arguments: list[str]) -> Iterator[Shown]:
        outcome = self.host.test(self.instance)
        yield Shown("text" if outcome.ok else "error", outcome.message)

    def _context(self, arguments: list[str]) -> Iterator[Shown]:
        value: Any = self.host.context(self.room)
        for step in arguments[0].split(".") if arguments else ():
            value = value.get(step) if isinstance(value, dict) else None
        yield Shown("json", json.dumps(value, indent=2, ensure_ascii=False))

    def _commands(self, arguments: list[str]) -> Iterator[Shown]:
        declared = {one["name"]: one for one in self.instance.integration.raw["script"].get("commands") or ()}
        wanted = arguments[0].lstrip("!") if arguments else ""
        rows = [
            {"command": f"!{name}", "what it does": str(one.get("description", ""))}
            for name, one in declared.items()
            if wanted in name
        ]
        yield Shown("table", rows, f"{len(rows)} commands")

    def _help(self, arguments: list[str]) -> Iterator[Shown]:
        rows = [{"line": "!command name=value", "what it does": "run a command of the pack (Tab completes)"}]
        rows += [{"line": f"/{name}", "what it does": word.help} for name, word in self.words.items()]
        yield Shown("table", rows, "What can be typed")


def outcome_shown(outcome: CommandOutcome) -> Iterator[Shown]:
    """The entries of a command."""
    if not outcome.entries:
        yield Shown("text", "(no entry)")
    for entry in outcome.entries:
        yield entry_shown(entry)


def round_shown(done: Round) -> Iterator[Shown]:
    """What a round of mirroring did; nothing when nothing happened."""
    rows = [{"way": way, "incident": f"#{incident}", "what": what} for way, incident, what in told(done)]
    if rows:
        yield Shown("table", rows, "Mirrored")
    yield from (Shown("error", text) for text in (done.skipped, *done.errors) if text)


def entry_shown(entry: Entry) -> Shown:
    """One entry of a war room."""
    if entry.is_error:
        return Shown("error", str(entry.contents))
    if entry.file_name:
        return Shown("text", f"File: {entry.file_name}")
    if entry.human_readable or entry.contents_format == MARKDOWN:
        return Shown("markdown", entry.shown)
    return Shown("text" if isinstance(entry.contents, str) else "json", entry.shown)


def incident_row(incident: Incident) -> dict[str, str]:
    """An incident as a row of a list."""
    return {
        "#": incident.id,
        "incident": incident.name,
        "severity": SEVERITY_WORDS.get(incident.severity, str(incident.severity)),
        "status": STATUS_WORDS.get(incident.status, str(incident.status)),
        "type": incident.type,
        "occurred": incident.occurred,
    }


def incident_fields(incident: Incident) -> list[dict[str, str]]:
    """The filled fields of an incident as rows."""
    hidden = ("rawJSON", "labels")
    pairs = {**incident.system, **incident.custom_fields}
    return [
        {"field": name, "value": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}
        for name, value in pairs.items()
        if value not in (None, "", [], {}) and name not in hidden
    ]
