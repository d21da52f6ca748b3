"""Runs a command of the integration on the instance that brought the incident, and on no other.

Playbooks run their commands through it: a task runs a command on every enabled instance, and may not name one.
"""

import re
from typing import Any

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *

BRAND = "Sekoia XDR"
COMMAND = re.compile(r"sekoia-xdr-[a-z-]+")
OWN_ARGUMENTS = ("command", "continued")


def with_instance(subject: Subject, modules: Row) -> Subject:
    """The subject with its instance; the only enabled one where the incident names none of ours. Raises ValueError.

    The source of an incident that somebody made by hand is that person, and that of another product its instance.
    """
    rows = {name: as_dict(row) for name, row in modules.items()}
    ours = {name: row.get("state") for name, row in rows.items() if row.get("brand") == BRAND}
    brand = as_text(subject.fields.get("sourceBrand"), 200)
    if subject.instance in rows or brand not in ("", BRAND):
        subject = subject if subject.instance in ours else subject._replace(instance="")
    active = [name for name, state in ours.items() if state == "active"]
    if subject.instance or not active:
        return subject
    if len(active) > 1:
        raise ValueError(
            f"this incident names no instance, and several are enabled: {', '.join(sorted(active))}. "
            "Nothing was run. Run the command by hand with using=<instance>."
        )
    return subject._replace(instance=active[0])


def run_on_instance(subject: Subject, args: Row) -> list[Any]:
    """The answer of the command; one that is not done yet is asked again by this script. Raises ValueError."""
    command = as_text(args.get("command"), 100).strip()
    if COMMAND.fullmatch(command) is None:
        raise ValueError(f"command='{command}' is no command of {BRAND}. Give its name alone: sekoia-xdr-get-alert.")
    given = {name: value for name, value in args.items() if name not in OWN_ARGUMENTS}
    return answer_of(entries_of(subject, command, **(as_dict(json_of(args.get("continued"))) or given)))


def main() -> None:
    """The only place that talks to the platform."""
    try:
        subject = with_instance(subject_of(demisto.incident()), as_dict(demisto.getModules()))
        return_results(run_on_instance(subject, demisto.args()))
    except Exception as error:
        return_error(f"The command was not run: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
