"""The countermeasures of the alert with their steps and state."""

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *


def state_of(task: Row) -> str:
    """Whether somebody decided already."""
    for key, said in (("denied", "denied"), ("activated", "activated")):
        if task.get(f"{key}_at"):
            who = person(task.get(f"{key}_by_type"), task.get(f"{key}_by"))
            return f"{said} {at_utc(task.get(f'{key}_at'))} by {who}"
    return "waits for a decision"


def steps_of(task: Row) -> str:
    """The steps of a countermeasure in their order."""
    steps = [step for step in as_list(task.get("action_steps")) if isinstance(step, dict)]
    steps.sort(key=lambda step: as_int(step.get("action_order")) or 0)
    names = [cell(step.get("name") or step.get("description"), 200) for step in steps]
    return " → ".join(name for name in names if name)


def countermeasures_of(subject: Subject) -> str:
    """The countermeasures as a table; the number is what the buttons take."""
    found = ask_list(subject, "sekoia-xdr-list-countermeasures", alert_id=alert_of(subject))
    rows = [
        {
            "#": str(number),
            "Countermeasure": cell(task.get("name") or task.get("description"), 300),
            "State": cell(state_of(task), 200),
            "Steps": steps_of(task),
            "Relevance": cell(task.get("relevance")),
        }
        for number, task in enumerate(found, 1)
    ]
    empty = "Sekoia proposes no countermeasure for this alert."
    return bare_table(rows, empty)


def main() -> None:
    """The only place that talks to the platform."""
    try:
        return_results(section(demisto.incident(), "The countermeasures", countermeasures_of))
    except Exception as error:
        return_error(f"The countermeasures cannot be shown: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
