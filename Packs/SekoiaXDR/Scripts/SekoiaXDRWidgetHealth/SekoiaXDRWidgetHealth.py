"""How the fetch of each instance is doing."""

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *

BRAND = "Sekoia XDR"


def instances(modules: Row) -> list[str]:
    """The names of the active instances of the integration."""
    return sorted(
        name
        for name, module in modules.items()
        if as_dict(module).get("brand") == BRAND and as_dict(module).get("state") == "active"
    )


def health_row(instance: str) -> dict[str, str]:
    """One instance as a row; one that does not answer says why."""
    try:
        health = ask(Subject("", instance, {}), "sekoia-xdr-fetch-health")
    except Unanswered as trouble:
        return {"Instance": instance, "State": f"no answer: {as_text(trouble, 200)}"}
    error = as_text(health.get("error"), 200)
    quarantine = as_list(health.get("quarantine"))
    return {
        "Instance": instance,
        "State": error or ("behind" if as_int(health.get("lag_seconds")) else "up to date"),
        "Last run (UTC)": at_utc(health.get("at")),
        "Lag": span(health.get("lag_seconds")),
        "Backlog": as_text(health.get("backlog")),
        "Quarantine": str(len(quarantine)),
        "Failed calls": as_text(health.get("errors")),
    }


def main() -> None:
    """The only place that talks to the platform."""
    try:
        rows = [health_row(name) for name in instances(as_dict(demisto.getModules()))]
        return_results(TableOrListWidget(rows or [{"Instance": "none", "State": "no instance is active"}]))
    except Exception as error:
        return_error(f"The health of the fetch cannot be shown: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
