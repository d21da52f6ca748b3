"""Changes the status of the alert, and shows the new one on the incident at once."""

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *


def change_status(subject: Subject, status: str, comment: str) -> CommandResults:
    """Moves the alert to a status; one that closes it belongs to closing the incident."""
    if status.strip().casefold() in ("closed", "close", "rejected", "reject"):
        raise ValueError(
            f"'{status}' closes the alert. Use the button Close with verdict, or close the incident: "
            "then both sides agree."
        )
    entries = entries_of(
        subject, "sekoia-xdr-update-status-alert", id=alert_of(subject), status=status, comment=comment
    )
    try:
        refresh(subject)
    except Unanswered as trouble:
        note = f"\n\nThe fields of the incident could not be refreshed: {cell(trouble, 300)}"
        return CommandResults(readable_output=words_of(entries) + note)
    return CommandResults(readable_output=words_of(entries))


def main() -> None:
    """The only place that talks to the platform."""
    try:
        args = demisto.args()
        return_results(
            button(
                demisto.incident(),
                args.get("short_id"),
                lambda one: change_status(one, str(args.get("status") or ""), str(args.get("comment") or "")),
            )
        )
    except Exception as error:
        return_error(f"The status was not changed: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
