"""Command lines: parsed and checked against the yml before anything runs, as the platform does."""

import re
from collections.abc import Mapping
from typing import Any

from lab.xsoar.bundle import Command
from lab.xsoar.errors import BadCommandLine, likely

# Options of the platform itself, allowed on every command and never handed to the code.
PLATFORM_ARGUMENTS = frozenset(
    {
        *("using", "using-brand", "raw-response", "ignore-outputs", "extend-context", "auto-extract"),
        *("execution-timeout", "retry-count", "retry-interval", "debug-mode"),
    }
)
WORD = re.compile(
    r'\s*(?:(?P<name>[\w.\-]+)=)?(?:"(?P<quoted>(?:\\.|[^"\\])*)"|`(?P<ticked>[^`]*)`|(?P<bare>[^\s"`]\S*))?'
)
ESCAPE = re.compile(r"\\(.)")
ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


def parse(line: str) -> tuple[str, dict[str, str]]:
    """Name and arguments of `!name a=b c="d e" f=g,h`; a value without a name is kept under ''.

    Raises BadCommandLine for what cannot be read.
    """
    if not line.startswith("!"):
        raise BadCommandLine(f"a command starts with an exclamation mark: {line!r}")
    name, _, rest = line[1:].partition(" ")
    arguments: dict[str, str] = {}
    place = 0
    rest = rest.rstrip()
    while place < len(rest):
        word = WORD.match(rest, place)
        if word is None or word.end() == place:
            raise BadCommandLine(f"cannot read {rest[place:]!r}")
        key = word["name"] or ""
        if key in arguments:
            raise BadCommandLine(f"argument {key!r} is given twice")
        arguments[key] = _value(word)
        place = word.end()
    return name.strip(), arguments


def _value(word: "re.Match[str]") -> str:
    if word["quoted"] is not None:
        return ESCAPE.sub(lambda found: ESCAPED.get(found[1], found[1]), word["quoted"])
    return word["ticked"] if word["ticked"] is not None else word["bare"] or ""


def check(command: Command, given: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments for the code: defaults filled in; unknown, missing and not predefined ones raise BadCommandLine."""
    arguments = _named(command, given)
    for name in arguments:
        if command.argument(name) is None:
            near = likely(name, (argument.name for argument in command.arguments))
            raise BadCommandLine(f"{command.name}: no argument named {name!r}{near}")
    for argument in command.arguments:
        if argument.name not in arguments and argument.default_value is not None:
            arguments[argument.name] = str(argument.default_value)
        if argument.required and arguments.get(argument.name) in (None, ""):
            raise BadCommandLine(f"{command.name}: argument {argument.name!r} is required")
        _check_predefined(command, argument.name, argument.predefined, argument.is_array, arguments)
    return arguments


def _named(command: Command, given: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by name: the platform's own taken out, the nameless one given to the default argument."""
    arguments = {name: value for name, value in given.items() if name and name not in PLATFORM_ARGUMENTS}
    if "" in given:
        target = next((argument.name for argument in command.arguments if argument.default), None)
        if target is None or target in arguments:
            raise BadCommandLine(f"{command.name}: {given['']!r} belongs to no argument")
        arguments[target] = given[""]
    return arguments


def _check_predefined(
    command: Command, name: str, predefined: tuple[str, ...], is_array: bool, arguments: Mapping[str, Any]
) -> None:
    value = arguments.get(name)
    if not predefined or value in (None, "", []):
        return
    texts = value if isinstance(value, list) else str(value).split(",") if is_array else [str(value)]
    strangers = [text for text in texts if str(text).strip() not in predefined]
    if strangers:
        raise BadCommandLine(f"{command.name}: {name}={strangers[0]!r} is none of {', '.join(predefined)}")
