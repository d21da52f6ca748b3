"""Adds the alert to a case, or makes a new case for it."""

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *


def new_case(subject: Subject, title: str) -> str:
    """Makes a case; its identifier."""
    case = ask(subject, "sekoia-xdr-create-case", title=title)
    return as_text(case.get("short_id") or case.get("uuid"), 100)


def add_to_case(subject: Subject, case_id: str, title: str) -> CommandResults:
    """Adds the alert to the case. A new case whose alert could not be added is named, so that nobody makes a second."""
    alert_of(subject)
    wanted = case_id or new_case(subject, title or as_text(subject.fields.get("name"), 200) or f"Alert {subject.alert}")
    try:
        entries_of(subject, "sekoia-xdr-attach-alerts-case", case_id=wanted, alert_ids=subject.alert)
    except Unanswered as trouble:
        made = "" if case_id else f"The case {wanted} was made. "
        raise ValueError(f"{made}The alert could not be added to the case {wanted}: {trouble}") from trouble
    known = [as_text(one, 100) for one in as_list(subject.field("caseids"))]
    set_fields({"sekoiaxdrcaseids": [*known, wanted] if wanted not in known else known})
    done = "was added to" if case_id else "is in the new"
    return CommandResults(readable_output=f"Alert {cell(subject.alert)} {done} case {cell(wanted)}.")


def main() -> None:
    """The only place that talks to the platform."""
    try:
        args = demisto.args()
        return_results(
            button(
                demisto.incident(),
                args.get("short_id"),
                lambda one: add_to_case(
                    one, str(args.get("case_id") or "").strip(), str(args.get("title") or "").strip()
                ),
            )
        )
    except Exception as error:
        return_error(f"The alert was not added to a case: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
