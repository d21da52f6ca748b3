"""Runs a command whose name is an argument, once for each value: how a playbook uses a tool that its user names."""

import json
import re
from typing import Any

import demistomock as demisto
from CommonServerPython import *

PREFIX = "SekoiaXDR.Containment"


def command_name(value: Any) -> str:
    """The name of a command or script; ValueError for anything else, such as a whole command line."""
    name = str(value or "").strip().removeprefix("!")
    if re.fullmatch(r"[\w.\-]+", name) is None:
        raise ValueError(
            f"command={name!r} is no name of a command. Give the name alone, for example endpoint-isolate."
        )
    return name


def more_arguments(value: Any) -> dict[str, Any]:
    """Arguments that every run gets, from a JSON object; ValueError for other texts."""
    if value in (None, ""):
        return {}
    try:
        found = value if isinstance(value, dict) else json.loads(value)
    except ValueError as error:
        raise ValueError(f'more is no JSON: {error}. Example: {{"using": "My_instance"}}') from error
    if not isinstance(found, dict):
        raise ValueError('more is no JSON object. Example: {"using": "My_instance"}')
    return found


def wanted_values(value: Any, limit: Any) -> list[str]:
    """The values, each once; ValueError when there are none, or more than the limit allows."""
    values = list(dict.fromkeys(str(each).strip() for each in argToList(value) if str(each).strip()))
    most = arg_to_number(limit, "limit") or 0
    if not values:
        raise ValueError("values is empty: there is nothing to run the command for.")
    if len(values) > most:
        raise ValueError(f"{len(values)} values were given, limit allows {most}. Nothing was run.")
    return values


def run_once(command: str, argument: str, value: str, more: dict[str, Any]) -> dict[str, Any]:
    """Runs the command for one value; what came of it, never an exception."""
    try:
        entries = demisto.executeCommand(command, {**more, argument: value})
        error = str(get_error(entries)) if is_error(entries) else ""
    except Exception as trouble:
        error = str(trouble)
    return {"command": command, "value": value, "done": not error, "error": error[:1000]}


def harmless(text: Any) -> str:
    """A text that cannot leave its cell: signs of Markdown and HTML as entities, which no table escapes again."""
    return re.sub(r"[\\`*_{}\[\]<>|&]", lambda sign: f"&#{ord(sign[0])};", " ".join(str(text).split()))


def run_command(args: dict[str, Any]) -> CommandResults:
    """Runs the command for each value, those after a failure too."""
    command, argument = command_name(args.get("command")), command_name(args.get("argument"))
    more, values = more_arguments(args.get("more")), wanted_values(args.get("values"), args.get("limit") or "20")
    found = [run_once(command, argument, value, more) for value in values]
    rows = [{"Value": harmless(one["value"]), "Result": harmless(one["error"] or "Done")} for one in found]
    return CommandResults(
        outputs_prefix=PREFIX,
        outputs_key_field=["command", "value"],
        outputs=found,
        readable_output=tableToMarkdown(f"{harmless(command)}, run {len(found)} times", rows, ["Value", "Result"]),
    )


def main() -> None:
    """The only place that reads arguments. What was run is shown even when a part of it failed."""
    try:
        results = run_command(demisto.args())
        return_results(results)
        failed = [one["value"] for one in results.outputs if not one["done"]]
        if failed:
            raise ValueError(f"it failed for {', '.join(failed)}. The entry above says why.")
    except Exception as error:
        return_error(f"The command was not run for every value: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
