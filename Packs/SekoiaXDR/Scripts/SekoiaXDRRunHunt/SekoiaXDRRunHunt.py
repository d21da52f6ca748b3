"""Runs a prepared search over the events with the values of the incident."""

import json
from typing import Any

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *

ROWS, MOST_HOURS, MOST_ASSETS = 100, 24 * 30, 10
QUERY = "events | where timestamp > ago({hours}h) and ({condition}) | limit {rows}"
OF_ALERT = "eternal_events | where alert_short_ids == {alert} | limit {rows}"


def literal(value: Any) -> str:
    """A value as a text of the query language: what stands in it can never become a part of the query."""
    return json.dumps(" ".join(as_text(value, 300).split()), ensure_ascii=False)


def endpoint_condition(value: str, sides: tuple[str, str]) -> str:
    """Where an address, a mail address, a host or a user stands in an event."""
    ip, host = sides
    if address_of(value):
        return f"{ip} == {literal(address_of(value))}"
    return " or ".join(f"{field} == {literal(value)}" for field in (host, "user.name", "user.email"))


def endpoint(subject: Subject, name: str, sides: tuple[str, str]) -> str:
    """The condition for source or target. Raises ValueError when the alert names none."""
    value = as_text(subject.field(name), 300).strip()
    if not value:
        raise ValueError(f"hunt: the alert names no {name}.")
    return endpoint_condition(value, sides)


def assets(subject: Subject) -> str:
    """The condition for the assets of the alert."""
    names = [row["name"] for row in asset_rows(subject.field("assets")) if row["name"]][:MOST_ASSETS]
    if not names:
        raise ValueError("hunt: the incident names no asset.")
    return " or ".join(f"host.name == {literal(name)} or user.name == {literal(name)}" for name in names)


CONDITIONS = {
    "source": lambda subject: endpoint(subject, "source", ("source.ip", "host.name")),
    "target": lambda subject: endpoint(subject, "target", ("destination.ip", "host.name")),
    "assets": assets,
}


def query_of(subject: Subject, hunt: str, hours: int) -> str:
    """The query of a hunt. Raises ValueError when there is none of that name, or nothing to hunt for."""
    if hunt == "alert_events":
        return OF_ALERT.format(alert=literal(alert_of(subject)), rows=ROWS)
    if hunt not in CONDITIONS:
        raise ValueError(f"hunt: '{hunt}' is none of {', '.join([*CONDITIONS, 'alert_events'])}.")
    return QUERY.format(hours=hours, condition=CONDITIONS[hunt](subject), rows=ROWS)


def run_hunt(subject: Subject, hunt: str, hours: Any) -> list[Any]:
    """Starts the query; the platform shows its result in the war room when Sekoia has it."""
    number = as_int(hours) or 0
    if not 0 < number <= MOST_HOURS:
        raise ValueError(f"hours: '{hours}' is no number from 1 to {MOST_HOURS}.")
    query = query_of(subject, hunt, number)
    entries = entries_of(subject, "sekoia-xdr-run-query", query_definition=query, result_format="jsonl")
    shown = CommandResults(readable_output=f"The hunt runs: `{query.replace('`', chr(39))}`")
    return [shown, *answer_of(entries)]


def main() -> None:
    """The only place that talks to the platform."""
    try:
        args = demisto.args()
        return_results(
            button(
                demisto.incident(),
                args.get("short_id"),
                lambda one: run_hunt(one, str(args.get("hunt") or "").strip().casefold(), args.get("hours") or "24"),
            )
        )
    except Exception as error:
        return_error(f"The hunt was not run: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
