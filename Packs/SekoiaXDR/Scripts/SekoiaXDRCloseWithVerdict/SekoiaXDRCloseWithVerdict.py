"""Closes the alert with a verdict, and the incident with it."""

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *

# stage of the verdict -> close reason of the platform
REASONS = {"true_positive": "Resolved", "false_positive": "False Positive"}
DEFAULT_NOTES = "Closed with the verdict {verdict}"


def close_incident(subject: Subject, alert: Row, notes: str) -> str:
    """Closes the incident, whose closing script finds the alert closed already; what to say of it."""
    verdict = as_dict(alert.get("verdict"))
    reason = REASONS.get(as_text(verdict.get("stage")), "Other")
    said = notes or DEFAULT_NOTES.format(verdict=as_text(verdict.get("label"), 200))
    execute_command("closeInvestigation", {"closeReason": reason, "closeNotes": said})
    return f"The incident is closed as {reason}."


def close_with_verdict(subject: Subject, args: Row) -> CommandResults:
    """Alert first, incident second: when Sekoia refuses, the incident stays open."""
    verdict, comment = str(args.get("verdict") or "").strip(), str(args.get("comment") or "").strip()
    if not verdict:
        raise ValueError("verdict: choose one of the verdicts that the page shows.")
    entries = entries_of(subject, "sekoia-xdr-close-alert", id=alert_of(subject), verdict=verdict, comment=comment)
    said = [words_of(entries)]
    alert = refresh(subject)
    if argToBoolean(args.get("close_incident") or "true"):
        said.append(close_incident(subject, alert, comment))
    return CommandResults(readable_output="\n\n".join(said))


def main() -> None:
    """The only place that talks to the platform."""
    try:
        args = demisto.args()
        return_results(button(demisto.incident(), args.get("short_id"), lambda one: close_with_verdict(one, args)))
    except Exception as error:
        return_error(f"The alert was not closed: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
