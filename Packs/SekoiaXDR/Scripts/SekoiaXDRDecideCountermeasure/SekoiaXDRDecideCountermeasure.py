"""Activates or denies a countermeasure of the alert."""

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *

COMMANDS = {"activate": "sekoia-xdr-activate-countermeasure", "deny": "sekoia-xdr-deny-countermeasure"}


def chosen(tasks: list[Row], wanted: str) -> Row:
    """The countermeasure of that number, name or uuid. Raises ValueError listing them when none or several fit."""
    if wanted.isdigit() and 0 < int(wanted) <= len(tasks):
        return tasks[int(wanted) - 1]
    folded = wanted.casefold()
    exact = [
        one for one in tasks if folded in (as_text(one.get("uuid")).casefold(), as_text(one.get("name")).casefold())
    ]
    if len(exact) == 1:
        return exact[0]
    names = "; ".join(f"{place}: {as_text(one.get('name'), 100)}" for place, one in enumerate(tasks, 1))
    raise ValueError(f"countermeasure: '{wanted}' is none of the alert. Choose one of: {names or 'there is none'}.")


def decide(subject: Subject, args: Row) -> CommandResults:
    """Activates or denies it, and says what was decided."""
    decision = str(args.get("decision") or "").strip().casefold()
    if decision not in COMMANDS:
        raise ValueError(f"decision: '{decision}' is neither activate nor deny.")
    tasks = ask_list(subject, "sekoia-xdr-list-countermeasures", alert_id=alert_of(subject))
    task = chosen(tasks, str(args.get("countermeasure") or "").strip())
    entries_of(
        subject,
        COMMANDS[decision],
        alert_id=alert_of(subject),
        id=as_text(task.get("uuid"), 100),
        comment=str(args.get("comment") or ""),
    )
    done = {"activate": "activated", "deny": "denied"}[decision]
    return CommandResults(readable_output=f"Countermeasure **{cell(task.get('name'), 300)}** was {done}.")


def main() -> None:
    """The only place that talks to the platform."""
    try:
        args = demisto.args()
        return_results(button(demisto.incident(), args.get("short_id"), lambda one: decide(one, args)))
    except Exception as error:
        return_error(f"The countermeasure was not changed: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
