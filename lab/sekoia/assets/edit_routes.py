"""URL <-> assets, written."""

from collections.abc import Callable
from typing import Any

from lab.sekoia.assets import view
from lab.sekoia.assets.model import SOURCES, TYPES, Asset, AssetStore
from lab.sekoia.body import UUID, Check, or_null, read_body, text, uuid, whole
from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.identity.model import ApiKey
from lab.sekoia.query import Grammar
from lab.sekoia.refusals import NotYours, Unfit
from lab.sekoia.route import Route, Visit

CREATE = ("Create asset",)
WRITE = ("Update asset",)
FASTAPI = Grammar(fastapi=True)


def _one_of(*allowed: str) -> Check:
    return lambda value: value in allowed


def _is_map(value: Any) -> bool:
    return isinstance(value, dict)


def _is_yes_no(value: Any) -> bool:
    return isinstance(value, bool)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _are_uuids(value: Any) -> bool:
    return isinstance(value, list) and value != [] and all(uuid(one) for one in value)


FIELDS: dict[str, Check] = {
    "entity_uuid": or_null(uuid),
    "category": or_null(text()),
    "props": or_null(_is_map),
    "atoms": or_null(_is_map),
}
NEW: dict[str, Check] = {
    **FIELDS,
    "uuid": or_null(uuid),
    "community_uuid": uuid,
    "name": text(None, 2),
    "description": text(),
    "type": _one_of(*TYPES),
    "criticality": whole(0, 100),
    "tags": _are_texts,
    "reviewed": _is_yes_no,
    "source": _one_of(*SOURCES),
}
CHANGED: dict[str, Check] = {
    **FIELDS,
    "name": or_null(text(None, 2)),
    "description": or_null(text()),
    "type": or_null(_one_of(*TYPES)),
    "criticality": or_null(whole(0, 100)),
    "tags": or_null(_are_texts),
    "revoked": or_null(_is_yes_no),
    "reviewed": or_null(_is_yes_no),
}
ATOM: dict[str, Check] = {"atom_type": text(None, 1), "atom": text(None, 1)}
MERGE: dict[str, Check] = {"destination": uuid, "sources": _are_uuids}


def the_asset(visit: Visit) -> Asset:
    """The asset of the path; 422 for what is no uuid."""
    identity = visit.args["uuid"]
    if not UUID.fullmatch(identity):
        raise Unfit("Input should be a valid UUID", ("path", "uuid"), "uuid_parsing")
    return visit.world.assets.existing(identity)


def create(visit: Visit) -> Reply:
    body = read_body(visit.request, NEW, ("community_uuid", "name", "type"))
    if body.pop("community_uuid") != visit.world.community:
        raise NotYours("Insufficient permissions")
    if body.get("uuid") and visit.world.assets.get(body["uuid"]):
        raise Unfit("This asset exists", ("body", "uuid"))
    body["uuid"] = body.get("uuid") or visit.world.ids.uuid()
    atoms = {
        kind: value if isinstance(value, list) else [value] for kind, value in (body.pop("atoms", 0) or {}).items()
    }
    return json_reply(view.detail(visit.world.assets.add(**body, atoms=atoms, by=visit.key.actor)))


def change(visit: Visit) -> Reply:
    found = the_asset(visit)
    return json_reply(
        view.detail(visit.world.assets.change(found.uuid, read_body(visit.request, CHANGED), visit.key.actor))
    )


def revoke(visit: Visit) -> Reply:
    return json_reply(view.detail(visit.world.assets.revoke(the_asset(visit).uuid, visit.key.actor)))


def restore(visit: Visit) -> Reply:
    return json_reply(view.detail(visit.world.assets.restore(the_asset(visit).uuid, visit.key.actor)))


def merge(visit: Visit) -> Reply:
    body = read_body(visit.request, MERGE, tuple(MERGE))
    return json_reply(view.detail(visit.world.assets.merge(body["destination"], body["sources"], visit.key.actor)))


def _atom(act: Callable[[AssetStore, str, str, str, Any], bool]) -> Callable[[Visit], Reply]:
    def handle(visit: Visit) -> Reply:
        found, body = the_asset(visit), read_body(visit.request, ATOM, tuple(ATOM))
        return json_reply(act(visit.world.assets, found.uuid, body["atom_type"], body["atom"], visit.key.actor))

    return handle


def _named(act: Callable[[AssetStore, str, str, ApiKey], bool], name: str) -> Callable[[Visit], Reply]:
    return lambda visit: json_reply(act(visit.world.assets, the_asset(visit).uuid, visit.args[name], visit.key))


def set_prop(visit: Visit) -> Reply:
    found, value = the_asset(visit), visit.request.json()
    if not isinstance(value, str):
        raise Unfit("Input should be a valid string", ("body",), "string_type")
    return json_reply(visit.world.assets.set_prop(found.uuid, visit.args["prop"], value, visit.key.actor))


drop_prop = _named(lambda store, uuid, name, key: store.drop_prop(uuid, name, key.actor), "prop")
tag = _named(lambda store, uuid, name, key: store.tag(uuid, name, key.actor), "tag")
untag = _named(lambda store, uuid, name, key: store.untag(uuid, name, key.actor), "tag")

MANY = "/v2/asset-management/assets"
ONE = MANY + "/{uuid}"
ROUTES = (
    Route("POST", MANY, create, CREATE, FASTAPI),
    Route("POST", MANY + "/merge", merge, WRITE, FASTAPI),
    Route("PUT", ONE, change, WRITE, FASTAPI),
    Route("PUT", ONE + "/revoke", revoke, WRITE, FASTAPI),
    Route("PUT", ONE + "/restore", restore, WRITE, FASTAPI),
    Route("POST", ONE + "/attach", _atom(AssetStore.attach), WRITE, FASTAPI),
    Route("POST", ONE + "/detach", _atom(AssetStore.detach), WRITE, FASTAPI),
    Route("POST", ONE + "/prop/{prop}", set_prop, WRITE, FASTAPI),
    Route("DELETE", ONE + "/prop/{prop}", drop_prop, WRITE, FASTAPI),
    Route("POST", ONE + "/tag/{tag}", tag, WRITE, FASTAPI),
    Route("DELETE", ONE + "/tag/{tag}", untag, WRITE, FASTAPI),
)
