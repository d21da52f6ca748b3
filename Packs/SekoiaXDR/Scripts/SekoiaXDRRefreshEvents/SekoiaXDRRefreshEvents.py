"""Searches the events of the alert anew and writes them to the incident."""

import json

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *

SEARCH = "sekoia-xdr-search-events-alerts"


def found_events(entries: list[Row]) -> list[Row]:
    """The events in the answer of the search, whichever of its shapes it has."""
    data = contents_of(entries)
    rows = data if isinstance(data, list) else as_list(data.get("items") or data.get("events") or data.get("Results"))
    events: list[Row] = []
    for row in rows:
        inner = as_list(as_dict(row).get("events"))
        events += [one for one in (inner or [row]) if isinstance(one, dict)]
    return events


def refresh_events(subject: Subject, continued: Row) -> CommandResults:
    """One look at the search; comes back by itself until the search has ended."""
    asked = continued or {"ids": alert_of(subject)}
    entries = entries_of(subject, SEARCH, **asked)
    later = waits(entries)
    if later:
        args = {"short_id": subject.alert, "continued": json.dumps(as_dict(later.get("pollingArgs")))}
        return called_again(later, "SekoiaXDRRefreshEvents", args, "Sekoia searches the events …")
    events = found_events(entries)
    set_fields({"sekoiaxdrevents": event_rows(events), "sekoiaxdreventsstate": "Complete"})
    shown = min(len(events), EVENT_ROWS)
    more = f" The table of the incident holds the first {shown}." if len(events) > shown else ""
    return CommandResults(readable_output=f"{len(events)} events of {cell(subject.alert)} were read.{more}")


def main() -> None:
    """The only place that talks to the platform."""
    try:
        args = demisto.args()
        return_results(
            button(
                demisto.incident(),
                args.get("short_id"),
                lambda one: refresh_events(one, as_dict(json_of(args.get("continued")))),
            )
        )
    except Exception as error:
        return_error(f"The events could not be read: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
