"""CloseSekoiaAlert: runs when an incident is closed, in whatever way, and closes its alert where mirroring says so.

It never keeps an incident open: whatever goes wrong is written into the war room and the incident closes.
"""

from collections.abc import Callable
from typing import Any

import demistomock as demisto
from CommonServerPython import *
from CommonServerUserPython import *

CLOSE_COMMAND = "sekoia-xdr-mirror-close"
TIMERS = "SekoiaXDRUpdateTimers"
VERDICT = "sekoiaxdrcloseverdict"
OUTGOING = ("Out", "Both")


def sends_out(incident: dict[str, Any]) -> bool:
    """Whether changes of this incident go to Sekoia. Incidents of older packs say it in a field of their own."""
    own = incident.get("CustomFields") or {}
    said = str(own.get("sekoiaxdrmirrorout") or "").lower() == "true"
    return said or incident.get("dbotMirrorDirection") in OUTGOING


def mirrored_alert(incident: dict[str, Any]) -> str:
    """The id of the incident's alert, '' when it has none."""
    own = incident.get("CustomFields") or {}
    found = incident.get("dbotMirrorId") or own.get("alertid") or own.get("sekoiaxdralertuuid")
    return str(found or "")


def closing_arguments(incident: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of the closing command: what the form gave, else what the incident holds."""
    own = incident.get("CustomFields") or {}
    # What the field holds may be from an earlier closing: it stands back for a verdict that the alert has by now.
    kept = "" if own.get("sekoiaxdrverdict") else own.get(VERDICT)
    reject = given.get("sekoiaxdralertreject", own.get("sekoiaxdralertreject"))
    arguments = {
        "id": mirrored_alert(incident),
        "close_reason": str(given.get("closeReason") or incident.get("closeReason") or ""),
        "close_notes": str(given.get("closeNotes") or incident.get("closeNotes") or ""),
        "reject": "true" if str(reject).lower() == "true" else "false",
        "verdict": str(given.get(VERDICT) or kept or "").strip(),
        # by these two the instance finds out whether an analyst set a verdict that was not sent yet
        "incident_verdict": str(own.get("sekoiaxdrverdict") or ""),
        "mirror_base": str(own.get("sekoiaxdrmirrorbase") or ""),
        # With several instances a command would run on all of them: only the one that brought the incident is meant.
        "using": str(incident.get("dbotMirrorInstance") or incident.get("sourceInstance") or ""),
    }
    return {name: value for name, value in arguments.items() if value}


def close_alert(incident: dict[str, Any], given: dict[str, Any]) -> str:
    """Asks the instance to close the alert; what happened, in words."""
    answer = demisto.executeCommand(CLOSE_COMMAND, closing_arguments(incident, given))
    if is_error(answer):
        return f"### The alert in Sekoia was not closed\n{get_error(answer)}"
    entries = [one for one in (answer if isinstance(answer, list) else [answer]) if isinstance(one, dict)]
    said = [entry for entry in entries if entry.get("Type") != EntryType.EXECUTION_METRICS]
    texts = [entry.get("HumanReadable") or entry.get("Contents") for entry in said]
    return "\n".join(str(text) for text in texts if text) or "### The alert in Sekoia: no answer"


def closing_report(incident: dict[str, Any], given: dict[str, Any]) -> str:
    """What became of the alert of an incident that is being closed."""
    if not sends_out(incident):
        return "### The alert in Sekoia was left as it is: changes of this incident are not mirrored out"
    if not mirrored_alert(incident):
        return "### The alert in Sekoia was left as it is: this incident names none"
    return close_alert(incident, given)


def stop_timers() -> str:
    """Ends the service level timers, whatever became of the alert: nobody works on a closed incident."""
    answer = demisto.executeCommand(TIMERS, {"new": "closed"})
    return f"\n\nThe timers were not stopped: {get_error(answer)}" if is_error(answer) else ""


def tried(act: Callable[[], str], trouble: str) -> str:
    """What an act says, or why it failed: an error here would keep the incident open, so there is none."""
    try:
        return act()
    except Exception as error:
        return f"{trouble}{error}"


def main() -> None:
    """Closes the alert, stops the timers and tells."""
    incident, given = demisto.incident() or {}, demisto.args() or {}
    report = tried(lambda: closing_report(incident, given), "### The alert in Sekoia was not closed\n")
    report += tried(stop_timers, "\n\nThe timers were not stopped: ")
    return_results(CommandResults(readable_output=report))


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
