"""Adds a comment to the alert, signed with the name of the analyst."""

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *

AUTHOR_LIMIT = 32  # Sekoia takes no longer name


def analyst() -> str:
    """The name of who pressed the button, as far as Sekoia takes it; '' when the platform does not say."""
    try:
        found = as_list(execute_command("getUsers", {"current": True}))
    except (DemistoException, ValueError):
        return ""
    users = found[0] if found and isinstance(found[0], list) else found
    user = as_dict(next(iter(users), {}))
    return as_text(user.get("name") or user.get("username")).strip()[:AUTHOR_LIMIT]


def add_comment(subject: Subject, comment: str) -> CommandResults:
    """Adds the comment and says so."""
    if not comment.strip():
        raise ValueError("comment: write what the comment shall say.")
    entries_of(subject, "sekoia-xdr-post-comment-alert", id=alert_of(subject), comment=comment, author=analyst())
    return CommandResults(readable_output=f"Comment added to {cell(subject.alert)}: {cell(comment, 2000)}")


def main() -> None:
    """The only place that talks to the platform."""
    try:
        args = demisto.args()
        return_results(
            button(
                demisto.incident(), args.get("short_id"), lambda one: add_comment(one, str(args.get("comment") or ""))
            )
        )
    except Exception as error:
        return_error(f"The comment was not added: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
