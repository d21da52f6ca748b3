"""The integration's README, written from its yml and from examples that really ran. Knows neither half of the lab."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

CONTEXT_LINES = 60


@dataclass(frozen=True)
class Example:
    """One command line that ran, with what it left in context and in the war room."""

    line: str
    context: Mapping[str, Any]
    readable: str


def safe(text: Any) -> str:
    """A text that neither a table nor MDX misreads."""
    escapes = str.maketrans({"<": "&lt;", ">": "&gt;", "|": "\\|", "{": "\\{", "}": "\\}"})
    return " ".join(str(text).split()).translate(escapes)


def parameter_rows(parameters: Iterable[Mapping[str, Any]]) -> list[str]:
    """The settings as table rows."""
    lines = ["| **Parameter** | **Description** | **Default** | **Required** |", "| --- | --- | --- | --- |"]
    for one in parameters:
        name = one.get("display") or one.get("displaypassword", "")
        default = f"`{one['defaultvalue']}`" if one.get("defaultvalue") else ""
        need = "Yes" if one.get("required") else "No"
        lines.append(f"| {safe(name)} | {safe(one.get('additionalinfo', ''))} | {default} | {need} |")
    return lines


def argument_text(argument: Mapping[str, Any]) -> str:
    """An argument's description with its values and default."""
    text = safe(argument["description"])
    if argument.get("predefined"):
        text += f" Possible values are: {', '.join(argument['predefined'])}."
    if argument.get("defaultValue"):
        text += f" Default is {argument['defaultValue']}."
    return text


def argument_rows(arguments: Iterable[Mapping[str, Any]]) -> list[str]:
    """The arguments of a command as table rows."""
    lines = ["| **Argument Name** | **Description** | **Required** |", "| --- | --- | --- |"]
    for one in arguments:
        if not one.get("hidden"):
            need = "Required" if one.get("required") else "Optional"
            lines.append(f"| {one['name']} | {argument_text(one)} | {need} |")
    return lines


def output_rows(outputs: Iterable[Mapping[str, Any]]) -> list[str]:
    """The context paths of a command as table rows."""
    lines = ["| **Path** | **Type** | **Description** |", "| --- | --- | --- |"]
    return lines + [f"| {one['contextPath']} | {one['type']} | {safe(one['description'])} |" for one in outputs]


def shortened(context: Mapping[str, Any]) -> str:
    """Context as JSON, cut where an example would bury the page."""
    lines = json.dumps(context, indent=4, ensure_ascii=False).splitlines()
    rest = len(lines) - CONTEXT_LINES
    return "\n".join(lines if rest <= 0 else [*lines[:CONTEXT_LINES], f"    ... {rest} more lines"])


def quoted(markdown: str) -> str:
    """A markdown text as a quotation."""
    return "\n".join(f">{line}" for line in markdown.strip().splitlines())


def example_section(example: Example) -> list[str]:
    """A command that ran, its context and its entry."""
    lines = ["#### Command example", "", f"```{example.line}```", ""]
    if example.context:
        lines += ["#### Context Example", "", "```json", shortened(example.context), "```", ""]
    return [*lines, "#### Human Readable Output", "", quoted(example.readable), ""]


def command_section(command: Mapping[str, Any], examples: Iterable[Example]) -> list[str]:
    """Everything about one command."""
    lines = [f"### {command['name']}", "", "***", safe(command["description"]), ""]
    lines += ["#### Base Command", "", f"`{command['name']}`", "", "#### Input", ""]
    lines += (
        argument_rows(command.get("arguments") or []) if command.get("arguments") else ["There are no input arguments."]
    )
    lines += ["", "#### Context Output", ""]
    lines += (
        output_rows(command["outputs"]) if command.get("outputs") else ["There is no context output for this command."]
    )
    lines.append("")
    for example in examples:
        lines += example_section(example)
    return lines


def integration_readme(declared: Mapping[str, Any], chapters: str, examples: Mapping[str, list[Example]]) -> str:
    """The whole page: settings from the yml, the hand-written chapters, then each command with its examples."""
    lines = [safe(declared["description"]), "", f"## Configure {declared['display']} in Cortex", ""]
    lines += [*parameter_rows(declared["configuration"]), "", chapters.strip(), "", "## Commands", ""]
    lines += ["You can execute these commands from the CLI, as part of an automation, or in a playbook.", ""]
    for command in declared["script"]["commands"]:
        lines += command_section(command, examples.get(command["name"], []))
    return "\n".join(lines).rstrip() + "\n"
