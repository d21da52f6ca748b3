"""Reads the alert anew and writes what changed to the incident."""

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *


def refresh_alert(subject: Subject) -> CommandResults:
    """The state of the alert now."""
    alert = refresh(subject)
    verdict = as_dict(alert.get("verdict")).get("label")
    said = [
        f"status {cell(status_of(alert).label, 100)}",
        f"urgency {cell(as_dict(alert.get('urgency')).get('current_value'))}",
    ]
    said += [f"verdict {cell(verdict, 100)}"] if verdict else []
    return CommandResults(readable_output=f"Alert {cell(subject.alert)} was read anew: {', '.join(said)}.")


def main() -> None:
    """The only place that talks to the platform."""
    try:
        args = demisto.args()
        return_results(button(demisto.incident(), args.get("short_id"), refresh_alert))
    except Exception as error:
        return_error(f"The alert could not be read: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
