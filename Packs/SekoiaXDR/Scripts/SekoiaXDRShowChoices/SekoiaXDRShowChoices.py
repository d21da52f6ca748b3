"""The statuses that the alert can move to now, and the verdicts of the workspace."""

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *

KINDS = {"true_positive": "true positive", "false_positive": "false positive"}


def names(rows: list[Row], key: str) -> list[str]:
    """The names of rows as code spans, ready to be copied."""
    return [f"`{cell(row.get(key), 100)}`" for row in rows if row.get(key)]


def statuses(subject: Subject) -> str:
    """The moves that the workflow allows."""
    try:
        found = ask_list(subject, "sekoia-xdr-get-workflow-alert", id=alert_of(subject))
    except Unanswered as trouble:
        return f"cannot be shown now: {cell(trouble, 300)}"
    return " · ".join(names(found, "name")) or "no other status"


def verdicts(subject: Subject) -> str:
    """The verdicts of the workspace with what they say."""
    try:
        found = ask_list(subject, "sekoia-xdr-list-verdicts")
    except Unanswered as trouble:
        return f"cannot be shown now: {cell(trouble, 300)}"
    said = [
        f"`{cell(row.get('label'), 100)}` ({KINDS.get(as_text(row.get('stage')), as_text(row.get('stage'), 50))})"
        for row in found
        if row.get("label")
    ]
    return " · ".join(said) or "the workspace has none"


def choices_of(subject: Subject) -> str:
    """Both lists, each with its own trouble."""
    return f"**Change status to:** {statuses(subject)}\n\n**Verdicts:** {verdicts(subject)}"


def main() -> None:
    """The only place that talks to the platform."""
    try:
        return_results(section(demisto.incident(), "The choices", choices_of))
    except Exception as error:
        return_error(f"The choices cannot be shown: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
