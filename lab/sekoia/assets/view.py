"""Assets and their history as the API writes them."""

from itertools import groupby
from typing import Any

from lab.sekoia.assets.model import Asset, AssetEvent
from lab.sekoia.instants import iso_short

ABSENT = (
    *("first_seen", "last_seen", "nb_events", "nb_alerts", "typed_props", "connectors"),
    *("intake_format_uuids", "rule_uuid", "rule_version", "criticity", "asset_type"),
)
NO_ATOM = dict.fromkeys(("event_uuid", "atom_name", "atom_uuid", "atom_type"))
NO_RULE = dict.fromkeys(("confidence", "rule_uuid", "rule_version", "rule_name"))


def detail(asset: Asset) -> dict[str, Any]:
    """One asset with everything."""
    more: dict[str, Any] = {"description": asset.description, "locked_props": [], "intake_formats": None}
    return {**short(asset, True), "connectors": [], **more}


def short(asset: Asset, has_atoms: bool) -> dict[str, Any]:
    """An asset as the list shows it."""
    born = iso_short(asset.created_at)
    return {
        **dict.fromkeys(ABSENT),
        "uuid": asset.uuid,
        "entity_uuid": asset.entity_uuid,
        "community_uuid": asset.community,
        "name": asset.name,
        "type": asset.type,
        "category": asset.category,
        "criticality": asset.criticality,
        "created_at": born,
        "created_by": asset.community,
        "created_by_type": "avatar",
        "updated_at": iso_short(asset.updated_at),
        "nb_atoms": sum(len(values) for values in asset.atoms.values()),
        "atoms": asset.atoms if has_atoms else None,
        "props": asset.props,
        "tags": asset.tags,
        "revoked": asset.is_revoked,
        "revoked_at": iso_short(asset.revoked_at) if asset.revoked_at is not None else None,
        "revoked_by": asset.community if asset.is_revoked else None,
        "reviewed": asset.reviewed,
        "reviewed_at": born if asset.reviewed else None,
        "reviewed_by": asset.community if asset.reviewed else None,
        "source": asset.source,
        **asset.former,
    }


def by_day(events: list[AssetEvent]) -> list[dict[str, Any]]:
    """Lines of history as maps from a day to the lines of that day, in the order they are given."""
    days = groupby(events, lambda event: iso_short(event.at)[:10])
    return [{day: [_line(event) for event in found]} for day, found in days]


def _line(event: AssetEvent) -> dict[str, Any]:
    atom = {"atom_type": event.atom[0], "atom_name": event.atom[1]} if event.atom else {}
    return {
        "created_at": iso_short(event.at),
        "created_by": event.by.uuid,
        "created_by_type": event.by.kind,
        "message": event.message,
        **NO_ATOM,
        **atom,
        "action": event.action,
        "fields": event.fields,
        **NO_RULE,
    }
