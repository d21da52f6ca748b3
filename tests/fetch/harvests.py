"""Runs of fetch as tests write them: over HTTP (`fetch`) and of the pure harvest alone (`new_harvest`)."""

import json
from typing import Any

import SekoiaXDR
from SekoiaXDR_test import NOW, Json, instance


def fetch(last_run: Json, context: Json = None, **changes: Json) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """One run against the tenant; what it stores has been through JSON, as on the platform."""
    raw = instance(**changes)
    params, wanted = SekoiaXDR.Params.read(raw), SekoiaXDR.FetchSettings.read(raw)
    stored = json.loads(json.dumps(last_run))
    client = params.client(wanted.budget)
    next_run, incidents, _ = SekoiaXDR.fetch_incidents(client, params, wanted, stored, context or {})
    return json.loads(json.dumps(next_run, allow_nan=False)), incidents


def state(**changes: Json) -> SekoiaXDR.FetchState:
    """A state with a watermark at 1000 and a floor at 100."""
    return SekoiaXDR.FetchState(**{"watermark": 1000, "floor": 100, **changes})


def new_harvest(first: int = 100, **changes: Json) -> SekoiaXDR.Harvest:
    """A run with a look-back of ten minutes; `state` and `now` as given, other changes are settings."""
    raw = {"first_fetch": "now", "look_back": "10", **{k: v for k, v in changes.items() if k not in ("state", "now")}}
    return SekoiaXDR.Harvest(
        changes.get("state") or state(watermark=first, floor=first),
        SekoiaXDR.FetchSettings.read(raw),
        changes.get("now", NOW),
    )


def tiny(created: Json, number: int, **changes: Json) -> dict[str, Any]:
    """An alert with ids and a time, nothing else."""
    return {"uuid": f"u{number}", "short_id": f"AL{number}", "created_at": created, **changes}
