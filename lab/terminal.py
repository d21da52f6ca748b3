"""The war room in a terminal: `python -m lab console`. Joins the host's console with a tenant and with the screen."""

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timezone

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory

from lab.clock import TimeSource
from lab.elsewhere import elsewhere
from lab.sekoia import scenario
from lab.sekoia.faults import AFTER, BEFORE, Fault
from lab.sekoia.world import World
from lab.show import Screen
from lab.stage import ROOT, scene
from lab.xsoar.console import Console, Shown, Word

HISTORY = ROOT / "build" / "console-history"
STEP = re.compile(r"\+?(\d+)([smhd]?)")
UNIT_SECONDS = {"s": 1, "": 60, "m": 60, "h": 3600, "d": 86_400}


class ByConsole(Completer):
    """What the console can complete, as the terminal wants it."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """The words that the last one can become."""
        last = document.text_before_cursor.rpartition(" ")[2]
        for word in self._console.complete(document.text_before_cursor):
            yield Completion(word, start_position=-len(last))


def show(screen: Screen, shown: Shown) -> None:
    """Puts one thing on the screen."""
    if shown.kind == "table":
        screen.table(shown.title, shown.content)
    elif shown.kind in ("markdown", "error"):
        screen.entry(shown.content, error=shown.kind == "error")
    else:
        screen.plain(shown.content)


def clock_word(clock: TimeSource, minute: Callable[[], Iterable[Shown]] = tuple) -> dict[str, Word]:
    """A word that pushes the clock. `minute` is what the host does by itself whenever a minute has passed."""

    def push(arguments: list[str]) -> Iterator[Shown]:
        found = STEP.fullmatch(arguments[0]) if arguments else None
        if found is None:
            raise ValueError("How far? For example /clock +10m (s, m, h or d)")
        minutes, rest = divmod(int(found[1]) * UNIT_SECONDS[found[2]], 60)
        for _ in range(minutes):
            clock.sleep(60)
            yield from minute()
        clock.sleep(rest)
        yield Shown("text", f"It is {iso(clock.time())} now.")

    return {"clock": Word("let time pass: /clock +10m", push, lambda: ("+1m", "+10m", "+1h", "+1d"))}


def lab_words(world: World, clock: TimeSource, minute: Callable[[], Iterable[Shown]] = tuple) -> dict[str, Word]:
    """What only a console on the lab can do: push the clock, trouble the API, see the calls."""

    def faults(arguments: list[str]) -> Iterator[Shown]:
        if arguments[:1] == ["clear"]:
            world.faults.clear()
        elif arguments:
            world.faults.arm(Fault(kind=arguments[0], status=int(arguments[1]) if len(arguments) > 1 else None))
        armed = [{"fault": str(fault)} for fault in world.faults.armed]
        yield Shown("table", armed, "Armed faults") if armed else Shown("text", "No fault is armed.")

    def calls(arguments: list[str]) -> Iterator[Shown]:
        rows = [
            {"at": iso(call.at)[11:19], "call": f"{call.method} {call.path}", "status": call.status}
            for call in world.journal.calls[-20:]
        ]
        yield Shown("table", rows, "The last calls to the API")

    return {
        **clock_word(clock, minute),
        "faults": Word(
            "trouble the next call: /faults status 503, /faults reset, /faults clear", faults, lambda: (*BEFORE, *AFTER)
        ),
        "calls": Word("the last calls that reached the API", calls),
    }


def iso(moment: float) -> str:
    """Epoch seconds as ISO 8601 UTC."""
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def lines(console: Console) -> Iterator[str]:
    """What a person types, or what standard input holds."""
    if not sys.stdin.isatty():
        yield from (line.rstrip("\n") for line in sys.stdin)
        return
    HISTORY.parent.mkdir(exist_ok=True)
    session: PromptSession[str] = PromptSession(
        history=FileHistory(str(HISTORY)), completer=ByConsole(console), complete_while_typing=True
    )
    while True:
        try:
            yield session.prompt(f"{console.room}> ")
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def talk(console: Console, screen: Screen, typed: Iterable[str]) -> None:
    """Answers line by line until the end or /quit."""
    screen.say("Type !command, /help or /quit. Tab completes.")
    for line in typed:
        if line.strip() in ("/quit", "/exit"):
            return
        for shown in console.answer(line):
            show(screen, shown)


def console(options: argparse.Namespace) -> int:
    """Opens the war room: on the lab's story, on the tenant that SEKOIA_URL names, or on a recording."""
    screen = Screen()
    with elsewhere(options) as found:
        if found is not None:
            screen.say(found.line)
            found.console.words.update(clock_word(found.clock, found.console.minute) if found.clock else {})
            talk(found.console, screen, lines(found.console))
            return 0
    with scene(options.story) as stage:
        screen.say(f"Story: {scenario.read(options.story)['title']}. Let it happen: /clock +25m, then /fetch.")
        made = Console(stage.host, stage.instance)
        made.words.update(lab_words(stage.world, stage.clock, made.minute))
        talk(made, screen, lines(made))
    return 0
