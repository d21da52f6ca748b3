"""The comments of the alert, newest first."""

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *

SHOWN = 50


def author_of(comment: Row) -> str:
    """The name that was given; what kind of author it is where Sekoia holds an identifier, `user:<uuid>`."""
    author = as_text(comment.get("author"), 200)
    return person(author.partition(":")[0], comment.get("user") or author or "unknown")


def comments_of(subject: Subject) -> str:
    """The comments as a table."""
    found = ask_list(subject, "sekoia-xdr-get-comments", id=alert_of(subject))
    newest = sorted(found, key=lambda one: as_epoch(one.get("date")) or 0, reverse=True)[:SHOWN]
    rows = [
        {
            "Date (UTC)": at_utc(one.get("date")),
            "Who": cell(author_of(one), 100),
            "Comment": cell(one.get("content"), 2000),
        }
        for one in newest
    ]
    table = bare_table(rows, "Nobody has commented on the alert yet.")
    return table + cut_note(len(rows), len(found), "comments")


def main() -> None:
    """The only place that talks to the platform."""
    try:
        return_results(section(demisto.incident(), "The comments", comments_of))
    except Exception as error:
        return_error(f"The comments cannot be shown: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
