"""The assets of the alert with their criticality."""

from typing import Any

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *

ASKED = 10  # details of so many assets are asked for, each with a call


def asset_details(subject: Subject, row: Row) -> Row:
    """The asset with its details; one that cannot be read keeps what is known of it."""
    try:
        found = ask(subject, "sekoia-xdr-get-asset", asset_uuid=row["uuid"])
    except Unanswered as trouble:
        return {**row, "description": f"could not be read: {as_text(trouble, 200)}"}
    return asset_rows([found])[0] if found.get("name") else row


def criticality(value: Any) -> str:
    """A criticality as a person reads it: the number and its word."""
    number = as_int(value)
    if number is None:
        return ""
    word = ["low", "medium", "high", "critical"][sum(number >= limit for limit in (20, 40, 80))]
    return f"{number} ({word})"


def assets_of(subject: Subject) -> str:
    """The assets as a table, the most critical first."""
    rows = asset_rows(subject.field("assets"))
    if not rows:
        rows = asset_rows(ask(subject, "sekoia-xdr-get-alert", id=alert_of(subject)).get("assets"))
    nameless = [row["uuid"] for row in rows if not row["name"] and row["uuid"]][:ASKED]
    rows = [asset_details(subject, row) if row["uuid"] in nameless else row for row in rows]
    rows.sort(key=lambda row: -(as_int(row["criticality"]) or 0))
    shown = [
        {
            "Asset": cell(row["name"] or row["uuid"], 200),
            "Criticality": criticality(row["criticality"]),
            "Kind": cell(" / ".join(filter(None, (row["type"], row["category"]))), 100),
            "Description": cell(row["description"], 300),
        }
        for row in rows
    ]
    return bare_table(shown, "The alert names no asset.")


def main() -> None:
    """The only place that talks to the platform."""
    try:
        return_results(section(demisto.incident(), "The assets", assets_of))
    except Exception as error:
        return_error(f"The assets cannot be shown: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
