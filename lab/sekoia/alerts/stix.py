"""The STIX 2.0 bundle of an alert, shown only when asked for."""

from collections.abc import Mapping
from typing import Any

from lab.sekoia.alerts.model import Alert
from lab.sekoia.instants import iso_z


def bundle_of(alert: Alert) -> dict[str, Any]:
    """Identity of the community and the entity, indicator of the rule, observed data, sighting, techniques."""
    community = _thing("identity", alert.community, alert, name="Community", identity_class="organization")
    indicator = _thing("indicator", str(alert.rule.get("uuid")), alert, name=alert.rule.get("name"))
    indicator["x_sic_alert"] = {"short_id": alert.short_id, "uuid": alert.uuid}
    observed = _thing("observed-data", alert.uuid, alert, number_observed=alert.similar, objects={})
    sighting = _thing("sighting", alert.uuid, alert, sighting_of_ref=indicator["id"], count=alert.similar)
    known = [community, *_entity(alert), indicator, observed, sighting, *alert.facts["ttps"]]
    objects = [*known, *_indicated(alert, indicator["id"])]
    return {"type": "bundle", "id": f"bundle--{alert.uuid}", "spec_version": "2.0", "objects": objects}


def _entity(alert: Alert) -> list[dict[str, Any]]:
    if not isinstance(alert.entity, Mapping):
        return []
    name = alert.entity.get("name")
    return [_thing("identity", str(alert.entity.get("uuid")), alert, name=name, identity_class="group")]


def _indicated(alert: Alert, indicator: str) -> list[dict[str, Any]]:
    """The indicator points to each technique."""
    known = [ttp for ttp in alert.facts["ttps"] if isinstance(ttp, Mapping) and "id" in ttp]
    return [
        _thing(
            "relationship",
            str(ttp["id"]).partition("--")[2],
            alert,
            relationship_type="indicates",
            source_ref=indicator,
            target_ref=ttp["id"],
        )
        for ttp in known
    ]


def _thing(kind: str, uuid: str, alert: Alert, **more: Any) -> dict[str, Any]:
    at = iso_z(alert.created_at)
    return {"type": kind, "id": f"{kind}--{uuid}", "created": at, "modified": at, **more}
