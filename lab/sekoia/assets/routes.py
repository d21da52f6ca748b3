"""URL <-> assets, read; this service is FastAPI's and says 422 where the others say 400."""

from collections.abc import Callable, Sequence
from typing import Any

from lab.sekoia.assets import view
from lab.sekoia.assets.edit_routes import FASTAPI, the_asset
from lab.sekoia.assets.edit_routes import ROUTES as EDITS
from lab.sekoia.assets.model import Asset
from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.instants import read_instant
from lab.sekoia.query import Grammar, Query, page_of
from lab.sekoia.refusals import Unfit
from lab.sekoia.route import Route, Visit

READ = ("View asset",)
SORTS: dict[str, Callable[[Asset], Any]] = {
    "name": lambda asset: asset.name,
    "type": lambda asset: asset.type,
    "created_at": lambda asset: asset.created_at,
    "criticality": lambda asset: asset.criticality,
}
WORD_FILTERS: dict[str, Callable[[Asset], Sequence[Any]]] = {
    "uuids": lambda asset: (asset.uuid,),
    "community_uuids": lambda asset: (asset.community,),
    "type": lambda asset: (asset.type,),
    "category": lambda asset: (asset.category if isinstance(asset.category, str) else None,),
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
HISTORY = Grammar(
    words=frozenset(("search", "earliest", "latest", "order")),
    paged=True,
    limit_default=100,
    limit_max=None,
    fastapi=True,
)


def assets(visit: Visit) -> Reply:
    found = [asset for asset in _candidates(visit) if _is_wanted(asset, visit.query)]
    if visit.query.sort is not None:
        found.sort(key=SORTS[visit.query.sort], reverse=visit.query.direction == "desc")
    has_atoms = visit.query.flag("incorporate_atoms", False)
    items = [view.short(asset, has_atoms) for asset in page_of(found, visit.query)]
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
    shown = view.detail(the_asset(visit))
    if visit.query.flag("with_compliance", False):
        shown |= {"partitions": [], "vulnerabilities": []}
    return json_reply(shown)


def prop(visit: Visit) -> Reply:
    return json_reply(the_asset(visit).props.get(visit.args["prop"]))


def history(visit: Visit) -> Reply:
    words, order = visit.query.words, visit.query.words.get("order", "desc")
    if order not in ("asc", "desc"):
        raise Unfit("Input should be 'asc' or 'desc'", ("query", "order"), "literal_error")
    low, high = (_instant(words.get(name), name) for name in ("earliest", "latest"))
    events = [one for one in the_asset(visit).history if (low or 0) <= one.at <= (high or one.at)]
    events = [one for one in events if words.get("search", "").lower() in one.message.lower()]
    events = events if order == "asc" else events[::-1]
    if visit.world.switches.asset_history_unit == "line":
        days = view.by_day(list(page_of(events, visit.query)))
        return json_reply({"total": len(events), "items": days})
    days = view.by_day(events)
    return json_reply({"total": len(days), "items": page_of(days, visit.query)})


def _instant(text: str | None, name: str) -> float | None:
    try:
        return None if text is None else read_instant(text)
    except ValueError as error:
        raise Unfit("Input should be a valid datetime", ("query", name), "datetime_from_date_parsing") from error


MANY = "/v2/asset-management/assets"
ROUTES = (
    Route("GET", MANY, assets, READ, LIST),
    Route("GET", MANY + "/{uuid}", asset, READ, ONE),
    Route("GET", MANY + "/{uuid}/history", history, READ, HISTORY),
    Route("GET", MANY + "/{uuid}/prop/{prop}", prop, READ, FASTAPI),
    *EDITS,
)
