"""The observables that Sekoia sees in the alert."""

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *

SHOWN = 50
# Kinds of STIX objects that say something of the alert itself, not of what was seen; techniques have a section.
FRAME = {"identity", "relationship", "sighting", "report", "course-of-action", "marking-definition", "attack-pattern"}


def is_nameless(thing: Row) -> bool:
    """Whether it only says that something was observed."""
    return thing.get("type") == "observed-data" and thing.get("display_name") in (None, "", "observed-data")


def observables_of(subject: Subject) -> str:
    """The observables as a table, by kind."""
    found = ask_list(subject, "sekoia-xdr-list-objects-alert", id=alert_of(subject))
    seen = [one for one in found if one.get("type") not in FRAME and not is_nameless(one)]
    seen.sort(key=lambda one: (as_text(one.get("type")), as_text(one.get("display_name"))))
    rows = [
        {
            "Kind": cell(one.get("type"), 100),
            "Value": cell(one.get("display_name") or one.get("pattern") or one.get("id"), 500),
            "Description": cell(one.get("description"), 300),
        }
        for one in seen[:SHOWN]
    ]
    table = bare_table(rows, "Sekoia lists no observable for this alert.")
    return table + cut_note(len(rows), len(seen), "observables")


def main() -> None:
    """The only place that talks to the platform."""
    try:
        return_results(section(demisto.incident(), "The observables", observables_of))
    except Exception as error:
        return_error(f"The observables cannot be shown: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
