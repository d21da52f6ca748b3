"""Mirroring as tests write it: the commands of the platform on an instance, and an alert as the tenant has it."""

from typing import Any

import SekoiaXDR
from SekoiaXDR_test import NOW, SHORT, Json, Tenant, data, instance

OWN, HUMAN = "b4416765-95bc-4f8f-806a-3d8139f14f13", "91a7c2de-40b8-4e15-8f6b-5c3d2e1f0a97"
CLOSED = {"uuid": "1738b1c1-767d-489e-bada-19176621a007", "name": "Closed"}
ONGOING = {"uuid": "1f2f88d5-ff5b-48bf-bbbc-00c2fff82d9f", "name": "Ongoing"}
BARE: dict[str, Any] = {
    "custom_status": None,
    "custom_status_uuid": None,
    "verdict": None,
    "verdict_uuid": None,
    "comments": [],
    "number_of_total_comments": 0,
    "history": [],
    "status": ONGOING,
}


def mirrored_params(**changes: Json) -> SekoiaXDR.Params:
    """An instance that mirrors both ways and closes on both sides, unless told otherwise."""
    both = {"mirror_direction": "Incoming and Outgoing", "close_incident": True, "requests_per_second": "100"}
    return SekoiaXDR.Params.read(instance(**{**both, **changes}))


def mirror(command: str, args: Json, **changes: Json) -> Any:
    """One of the platform's calls."""
    params = mirrored_params(**changes)
    return SekoiaXDR.COMMANDS[command](params.client(SekoiaXDR.MIRROR_SECONDS), args, params)


def modified(**changes: Json) -> list[str]:
    """The ids of a round that the platform first asked for twenty minutes ago."""
    since = SekoiaXDR.iso_time(NOW - 1200)
    found: list[str] = mirror("get-modified-remote-data", {"lastUpdate": since}, **changes).modified_incident_ids
    return found


def remote(alert_id: str = SHORT, **changes: Json) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The object and the entries of one incident."""
    args = {"id": alert_id, "lastUpdate": SekoiaXDR.iso_time(NOW - 1200)}
    found = mirror("get-remote-data", args, **changes)
    return found.mirrored_object, found.entries


def update(delta: Json, changes: Json = None, **args: Json) -> str:
    """The platform hands over a change of the incident."""
    given = {"data": {}, "delta": delta, "entries": [], "incidentChanged": True, "remoteId": SHORT, "status": 1, **args}
    found: str = mirror("update-remote-system", given, **(changes or {}))
    return found


def known_alert(tenant: Tenant, **changes: Json) -> dict[str, Any]:
    """The tenant has this alert, open and without comments, and takes changes of it."""
    tenant.fixed["GET /v1/sic/custom_statuses"] = {"items": []}
    alert = {**data("get_alert_response"), **BARE, **changes}
    tenant.set_alert(**{**BARE, **changes})
    tenant.alerts = [alert]
    return alert


def turn(at: int, status: str, before: str, by: str = HUMAN) -> dict[str, Any]:
    """An entry of an alert's history: its status changed."""
    change = {"status": status, "previous_status": before}
    return {"uuid": f"{at:08d}-t", "created_at": at, "created_by": by, "entry_type": "alert", "alert": change}


def sent_bodies(tenant: Tenant, call: str) -> list[Any]:
    """The bodies of these calls, in order."""
    return [body for made, _, body in tenant.calls if made == call]
