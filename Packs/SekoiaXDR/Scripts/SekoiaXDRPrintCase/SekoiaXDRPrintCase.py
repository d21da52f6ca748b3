"""The cases that the alert belongs to."""

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *


def case_row(case: Row) -> dict[str, str]:
    """One case as a row."""
    status, priority = as_dict(case.get("custom_status")), as_dict(case.get("custom_priority"))
    return {
        "Case": cell(case.get("short_id"), 50),
        "Title": cell(case.get("title") or case.get("name"), 300),
        "Status": cell(status.get("label") or case.get("status"), 100),
        "Priority": cell(priority.get("label") or case.get("priority"), 100),
        "Alerts": cell(case.get("number_of_alerts") or len(as_list(case.get("alerts"))) or ""),
        "Updated (UTC)": at_utc(case.get("updated_at")),
    }


def cases_of(subject: Subject) -> str:
    """The cases as a table."""
    found = ask_list(subject, "sekoia-xdr-get-cases-alert", alert_id=alert_of(subject))
    known = [case for case in found if case.get("short_id") or case.get("uuid")]
    empty = (
        "The alert belongs to no case. The button *Add to a case* makes one, or adds the alert to one that is there."
    )
    return bare_table([case_row(case) for case in known], empty)


def main() -> None:
    """The only place that talks to the platform."""
    try:
        return_results(section(demisto.incident(), "The cases", cases_of))
    except Exception as error:
        return_error(f"The cases cannot be shown: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
