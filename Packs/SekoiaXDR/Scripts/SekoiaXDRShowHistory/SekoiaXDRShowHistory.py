"""What happened to the alert in Sekoia, newest first."""

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *

SHOWN = 50
# kind of an entry -> what it says of the object named after the kind
LINES = {
    "alert": "status {previous_status} → {status}",
    "urgency": "urgency {previous_value} → {value}",
    "alert_type": "type {previous_value} → {value}",
    "comment": "comment {status}: {content}",
    "countermeasure": "countermeasure {status}",
}


def line_of(entry: Row) -> str:
    """One entry of the history in words."""
    kind = as_text(entry.get("entry_type"), 50)
    detail = {key: as_text(value, 500) or "none" for key, value in as_dict(entry.get(kind)).items()}
    try:
        text = LINES[kind].format_map(detail)
    except KeyError:
        said = ", ".join(f"{key}: {value}" for key, value in detail.items() if value != "none")
        text = f"{kind or 'change'} {said}".strip()
    notes = [as_text(as_dict(note).get("content"), 500) for note in as_list(entry.get("history_comments"))]
    return " — ".join([text.replace("none → ", "→ "), *(f"“{note}”" for note in notes if note)])


def history_of(subject: Subject) -> str:
    """The history as a table."""
    found = ask_list(subject, "sekoia-xdr-get-history-alert", id=alert_of(subject))
    newest = sorted(found, key=lambda one: as_epoch(one.get("created_at")) or 0, reverse=True)[:SHOWN]
    rows = [
        {
            "Date (UTC)": at_utc(entry.get("created_at")),
            "Who": cell(person(entry.get("created_by_type"), entry.get("created_by")), 100),
            "What": cell(line_of(entry), 1000),
        }
        for entry in newest
    ]
    return bare_table(rows, "The history is empty.") + cut_note(len(rows), len(found), "entries")


def main() -> None:
    """The only place that talks to the platform."""
    try:
        return_results(section(demisto.incident(), "The history", history_of))
    except Exception as error:
        return_error(f"The history cannot be shown: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
