"""The alerts that Sekoia holds for similar."""

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *

SHOWN = 20


def alert_row_of(alert: Row) -> dict[str, str]:
    """One alert as a row."""
    status = status_of(alert)
    urgency = as_dict(alert.get("urgency"))
    return {
        "Alert": cell(alert.get("short_id"), 50),
        "Title": cell(alert.get("title"), 200),
        "Created (UTC)": at_utc(alert.get("created_at")),
        "Status": cell(status.label, 100),
        "Urgency": cell(urgency.get("current_value")),
        "Verdict": cell(as_dict(alert.get("verdict")).get("label"), 100),
        "Entity": cell(as_dict(alert.get("entity")).get("name"), 100),
    }


def similar_to(subject: Subject) -> str:
    """The similar alerts as a table, newest first."""
    found = ask_list(subject, "sekoia-xdr-list-similar-alerts", id=alert_of(subject))
    others = [alert for alert in found if subject.alert not in (alert.get("short_id"), alert.get("uuid"))]
    others.sort(key=lambda alert: -(as_epoch(alert.get("created_at")) or 0))
    rows = [alert_row_of(alert) for alert in others[:SHOWN]]
    table = bare_table(rows, "Sekoia knows no similar alert.")
    return table + cut_note(len(rows), len(others), "alerts")


def main() -> None:
    """The only place that talks to the platform."""
    try:
        return_results(section(demisto.incident(), "The similar alerts", similar_to))
    except Exception as error:
        return_error(f"The similar alerts cannot be shown: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
