"""URL <-> assets; this service is FastAPI's and says 422 where the others say 400."""

from collections.abc import Callable, Sequence
from typing import Any

from lab.sekoia.assets.model import Asset
from lab.sekoia.body import UUID
from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.instants import iso_short
from lab.sekoia.query import Grammar, Query, page_of
from lab.sekoia.refusals import Missing, Unfit
from lab.sekoia.route import Route, Visit

READ = ("View asset",)
SORTS: dict[str, Callable[[Asset], Any]] = {
    "name": lambda asset: asset.name,
    "type": lambda asset: asset.type,
    "created_at": lambda asset: asset.created_at,
    "criticality": lambda asset: asset.criticality,
}
WORD_FILTERS: dict[str, Callable[[Asset], Sequence[str | None]]] = {
    "uuids": lambda asset: (asset.uuid,),
    "community_uuids": lambda asset: (asset.community,),
    "type": lambda asset: (asset.type,),
    "category": lambda asset: (asset.category,),
    "source": lambda asset: (asset.source,),
    "tags": lambda asset: asset.tags,
}
LIST = Grammar(
    words=frozenset((*WORD_FILTERS, "search")),
    flags=frozenset(
        (
            "include_revoked",
            "reviewed",
            "incorporate_atoms",
            "with_telemetry",
            "also_search_in_tags",
            "also_search_in_detection_properties",
        )
    ),
    numbers=frozenset(("criticality",)),
    sorts=tuple(SORTS),
    paged=True,
    fastapi=True,
)
ONE = Grammar(flags=frozenset(("with_telemetry", "with_compliance")), fastapi=True)


def assets(visit: Visit) -> Reply:
    found = [asset for asset in _candidates(visit) if _is_wanted(asset, visit.query)]
    if visit.query.sort is not None:
        found.sort(key=SORTS[visit.query.sort], reverse=visit.query.direction == "desc")
    has_atoms = visit.query.flag("incorporate_atoms", False)
    items = [_short(asset, has_atoms) for asset in page_of(found, visit.query)]
    return json_reply({"total": len(found), "items": items})


def _candidates(visit: Visit) -> list[Asset]:
    is_hidden = visit.world.switches.revoked_assets_hidden and not visit.query.flag("include_revoked", False)
    uuids = visit.query.words.get("uuids")
    found = visit.world.assets.all() if uuids is None else visit.world.assets.among(uuids.split(","))
    return [asset for asset in found if not (is_hidden and asset.is_revoked)]


def _is_wanted(asset: Asset, query: Query) -> bool:
    for name, values in WORD_FILTERS.items():
        wanted = query.words.get(name)
        if wanted is not None and not set(wanted.split(",")) & set(values(asset)):
            return False
    if "reviewed" in query.flags and asset.reviewed is not query.flags["reviewed"]:
        return False
    if asset.criticality <= query.numbers.get("criticality", -1):
        return False
    return "search" not in query.words or _is_found(asset, query)


def _is_found(asset: Asset, query: Query) -> bool:
    places = [asset.name]
    if query.flag("also_search_in_tags", False):
        places += asset.tags
    if query.flag("also_search_in_detection_properties", False):
        places += [value for values in asset.atoms.values() for value in values]
    return any(query.words["search"].lower() in place.lower() for place in places)


def asset(visit: Visit) -> Reply:
    uuid = visit.args["uuid"]
    if not UUID.fullmatch(uuid):
        raise Unfit("Input should be a valid UUID", ("path", "uuid"), "uuid_parsing")
    found = visit.world.assets.get(uuid)
    if found is None:
        raise Missing("Asset not found")
    more: dict[str, Any] = {"description": found.description, "locked_props": [], "intake_formats": None}
    if visit.query.flag("with_compliance", False):
        more |= {"partitions": [], "vulnerabilities": []}
    return json_reply({**_short(found, True), "connectors": [], **more})


def _short(asset: Asset, has_atoms: bool) -> dict[str, Any]:
    born = iso_short(asset.created_at)
    absent = dict.fromkeys(("first_seen", "last_seen", "nb_events", "nb_alerts", "typed_props", "connectors"))
    absent |= dict.fromkeys(("intake_format_uuids", "rule_uuid", "rule_version", "criticity", "asset_type"))
    return {
        **absent,
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
        "updated_at": born,
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
    }


ROUTES = (
    Route("GET", "/v2/asset-management/assets", assets, READ, LIST),
    Route("GET", "/v2/asset-management/assets/{uuid}", asset, READ, ONE),
)
