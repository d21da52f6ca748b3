"""Starts and stops the two service level timers when the stage of the alert changes."""

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *

ACKNOWLEDGE, CLOSE = "sekoiaxdracknowledgesla", "sekoiaxdrclosesla"
# stage of the alert -> what becomes of each timer
STEPS: dict[str, tuple[tuple[str, str], ...]] = {
    "open": (("startTimer", ACKNOWLEDGE), ("startTimer", CLOSE)),
    "in_progress": (("stopTimer", ACKNOWLEDGE), ("startTimer", CLOSE)),
    "closed": (("stopTimer", ACKNOWLEDGE), ("stopTimer", CLOSE)),
}
WANTED_OF = {"startTimer": ("running",), "stopTimer": ("ended",)}


def steps_for(subject: Subject, stage: str) -> list[tuple[str, str]]:
    """What is left to do: a timer that is as it shall be stays, and one that never ran is not stopped."""
    found = []
    for act, name in STEPS.get(stage, ()):
        state = as_text(as_dict(subject.fields.get(name)).get("runStatus")) or "idle"
        if state in WANTED_OF[act] or (act == "stopTimer" and state == "idle"):
            continue
        found.append((act, name))
    return found


def update_timers(subject: Subject, stage: str) -> CommandResults:
    """Starts and stops what the stage asks for."""
    steps = steps_for(subject, stage)
    for act, name in steps:
        execute_command(act, {"timerField": name})
    said = ", ".join(f"{act} {name}" for act, name in steps) or "nothing to do"
    return CommandResults(readable_output=f"Timers: {said}.")


def main() -> None:
    """The only place that talks to the platform."""
    try:
        subject = subject_of(demisto.incident())
        stage = as_text(demisto.args().get("new") or subject.field("statusstage"), 50)
        return_results(update_timers(subject, stage))
    except Exception as error:
        return_error(f"The timers were not changed: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
