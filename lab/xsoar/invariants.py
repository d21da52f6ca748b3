"""Promises that every run keeps, checked by the host after each one; a test that needs a broken one says so."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, quote_plus

from lab.xsoar.bundle import Command
from lab.xsoar.context import strangers
from lab.xsoar.errors import InvariantBroken
from lab.xsoar.outputs import Declared, Written, written
from lab.xsoar.platform_object import FETCH_COMMAND, TEST_COMMAND
from lab.xsoar.runtime import Run
from lab.xsoar.warroom import ERROR, METRICS, as_body

LAST_RUN_LIMIT = 512 * 1024  # characters; the platform states none, but a state of this size is an event store
NAME_LIMIT = 600


@dataclass(frozen=True)
class Evidence:
    """What the promises look at; `command` is what the pack declares of the one that ran, None for a built-in one."""

    run: Run
    secrets: tuple[str, ...]
    context: Mapping[str, Any] | str
    command: Command | None = None

    def contexts(self) -> list[Mapping[str, Any]]:
        """What a run which ended well gave to context; entries that a script only passes on are another's."""
        bodies = [] if self.run.error is not None else [as_body(value) for value in self.run.effects.results]
        own = [body for body in bodies if body["Type"] != ERROR and "Brand" not in body]
        return [body.get("EntryContext") or {} for body in own]

    def outputs(self) -> set[Written]:
        """The context paths that it wrote."""
        return {one for context in self.contexts() for one in written(context)}

    def error(self) -> str | None:
        """The text of the run's error: the one that ended it, or that of an entry."""
        shown = [as_body(value) for value in self.run.effects.results]
        return self.run.error or next((str(body.get("Contents")) for body in shown if body["Type"] == ERROR), None)

    def waits(self) -> bool:
        """Whether the run asked to be continued by another one."""
        return any(as_body(value).get("PollingCommand") for value in self.run.effects.results)


def quiet(evidence: Evidence) -> Iterator[str]:
    """Nothing is printed."""
    if evidence.run.stdout:
        yield f"printed {evidence.run.stdout[:200]!r}"


def small_last_run(evidence: Evidence) -> Iterator[str]:
    """The last run is a small object."""
    text = evidence.run.effects.last_run
    if text is None:
        return
    if not isinstance(json.loads(text), dict):
        yield f"the last run is no object: {text[:80]}"
    if len(text) > LAST_RUN_LIMIT:
        yield f"the last run has {len(text)} characters, more than {LAST_RUN_LIMIT}"


def no_secret(evidence: Evidence) -> Iterator[str]:
    """No secret of the instance shows anywhere, plain or encoded."""
    if not evidence.secrets:
        return
    effects = evidence.run.effects
    places: dict[str, Any] = {
        "a result": effects.results,
        "an incident": effects.incidents,
        "the last run": effects.last_run,
        "the log": [line.text for line in effects.log],
        "the error": evidence.run.error,
        "the output": evidence.run.stdout,
        "the module health": effects.health,
        "the integration context": evidence.context,
        "a file": [content.decode("utf-8", "replace") for content in evidence.run.files.values()],
    }
    texts = {place: value if isinstance(value, str) else json.dumps(value) for place, value in places.items() if value}
    for secret in evidence.secrets:
        shapes = spellings(secret)
        for place, text in texts.items():
            if any(shape in text for shape in shapes):
                yield f"a secret of the instance is in {place}"


def spellings(secret: str) -> set[str]:
    """A secret plain, quoted for JSON and URLs, and in base64."""
    return {
        secret,
        json.dumps(secret)[1:-1],
        quote(secret, safe=""),
        quote_plus(secret),
        base64.b64encode(secret.encode()).decode(),
    }


def one_answer(evidence: Evidence) -> Iterator[str]:
    """A run that ends well answers: the test button once, a fetch by incidents once, a command at least once."""
    run = evidence.run
    if run.error is not None:
        return
    entries = [value for value in run.effects.results if _type(value) != METRICS]
    if any(_type(value) == ERROR for value in entries):
        return
    if run.order.command == FETCH_COMMAND:
        if run.effects.incident_calls != 1:
            yield f"demisto.incidents was called {run.effects.incident_calls} times"
        if entries:
            yield f"{FETCH_COMMAND} wrote {len(entries)} entries"
    elif run.order.command == TEST_COMMAND:
        if len(entries) != 1:
            yield f"{TEST_COMMAND} gave {len(entries)} results"
    elif not entries:
        yield f"{run.order.command} gave no result"


def _type(value: Any) -> Any:
    return value.get("Type") if isinstance(value, dict) else None


def sound_incidents(evidence: Evidence) -> Iterator[str]:
    """Each incident has a name, a UTC time, JSON as its raw object and a text as its mirror id."""
    for number, incident in enumerate(evidence.run.effects.incidents or []):
        if not isinstance(incident, dict):
            yield f"incident {number} is no object"
            continue
        for flaw in _flaws(incident):
            yield f"incident {number}: {flaw}"


def _flaws(incident: Mapping[str, Any]) -> Iterator[str]:
    name = incident.get("name")
    if not isinstance(name, str) or not name.strip():
        yield f"name is {name!r}"
    elif len(name) > NAME_LIMIT:
        yield f"name has {len(name)} characters"
    if not _is_utc(incident.get("occurred")):
        yield f"occurred is {incident.get('occurred')!r}, no ISO 8601 time in UTC"
    if not _is_json(incident.get("rawJSON")):
        yield "rawJSON is no JSON object"
    if not isinstance(incident.get("dbotMirrorId", ""), str):
        yield f"dbotMirrorId is {incident['dbotMirrorId']!r}, no text"


def _is_utc(value: Any) -> bool:
    try:
        moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return False
    return moment.utcoffset() == timedelta(0) and "T" in str(value)


def _is_json(value: Any) -> bool:
    try:
        return isinstance(value, str) and isinstance(json.loads(value), dict)
    except ValueError:
        return False


def declared_outputs(evidence: Evidence) -> Iterator[str]:
    """A command writes to context only what it declares; below a path of the type Unknown anything may lie."""
    if evidence.command is None:
        return
    declared = Declared(evidence.command)
    for path in sorted({one.path for one in evidence.outputs() if not declared.covers(one)}):
        yield f"wrote {path}, which is not declared"


def keyed_outputs(evidence: Evidence) -> Iterator[str]:
    """Entries in context carry what they are told apart by, so that a second run replaces them."""
    for context in evidence.contexts():
        for key in strangers(context):
            yield f"wrote entries under {key} that lack it"


PROMISES: dict[str, Callable[[Evidence], Iterator[str]]] = {
    "quiet": quiet,
    "small_last_run": small_last_run,
    "no_secret": no_secret,
    "one_answer": one_answer,
    "sound_incidents": sound_incidents,
    "declared_outputs": declared_outputs,
    "keyed_outputs": keyed_outputs,
}


class Invariants:
    """The promises a host checks; `without(...)` is the explicit way out."""

    def __init__(self) -> None:
        self._excused: set[str] = set()

    @contextmanager
    def without(self, *names: str) -> Iterator[None]:
        """Do not check the named promises inside the block; an unknown name raises KeyError."""
        for name in names:
            PROMISES[name]
        before = set(self._excused)
        self._excused |= set(names)
        try:
            yield
        finally:
            self._excused = before

    def check(self, evidence: Evidence) -> None:
        """Raise InvariantBroken with every broken promise."""
        broken = [
            f"{name}: {flaw}"
            for name, promise in PROMISES.items()
            if name not in self._excused
            for flaw in promise(evidence)
        ]
        if broken:
            raise InvariantBroken(f"{evidence.run.order.command}: " + "; ".join(broken))
