"""The verdicts of the workspace, as the choices of a field of the closing form."""

from typing import Any

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *

VERDICT_STAGES = [
    "true_positive",
    "false_positive",
]  # closing takes these words too, so the form works without an answer


def choices(subject: Subject) -> dict[str, Any]:
    """The field with its choices; the empty one means no verdict."""
    try:
        found = [as_text(row.get("label"), 200) for row in ask_list(subject, "sekoia-xdr-list-verdicts")]
    except Unanswered:
        found = []
    return {"hidden": False, "options": ["", *([label for label in found if label] or VERDICT_STAGES)]}


def main() -> None:
    """The only place that talks to the platform."""
    try:
        return_results(choices(subject_of(demisto.incident())))
    except Exception as error:
        return_error(f"The verdicts cannot be offered: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
