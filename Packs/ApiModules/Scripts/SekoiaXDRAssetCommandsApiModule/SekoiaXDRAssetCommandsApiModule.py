"""The commands on assets.

They use version 2 of asset management. Context also holds what version 1 called keys, attributes, criticity, asset_type
and category, made from it, since playbooks of the official pack read those.
"""

import json
import re
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from CommonServerPython import *
from SekoiaXDRTaskCommandsApiModule import *  # brings the whole chain along

ASSETS_PATH = "/v2/asset-management/assets"
ASSET_PATH = ASSETS_PATH + "/{asset_uuid}"
ASSET_ID: IdKinds = {"asset_uuid": ("asset", None)}
ASSET_TYPES = ("host", "account", "network")
ASSET_SOURCES = ("manual", "automatic", "import")
FORMER_TYPES = {"computer": "host", "person": "account"}  # words of version 1
TECHNICAL = {"uuid": "1c646cb3-54c3-44cb-88d3-2db24de2fcf4", "name": "technical"}
PEOPLE = {"uuid": "87da56fc-1e88-467a-9e62-940caad7d318", "name": "people"}
# Type -> type and category of version 1. Their uuids are the same in every tenant (source: public clients).
FORMER_KINDS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "host": ({"uuid": "65f8ebba-e400-4ef7-844d-2881e2cf175c", "name": "computer"}, TECHNICAL),
    "network": ({"uuid": "4aac4b72-14cf-4159-a4e5-32fa8c1f3da6", "name": "network"}, TECHNICAL),
    "account": ({"uuid": "e47dcc10-7c1d-4922-b20f-5d16b5e3648f", "name": "person"}, PEOPLE),
}
MEDIUM_FROM, HIGH_FROM = 34, 68  # criticality, as version 1 put it into words
MINE = "mine"

AssetTest = Callable[[JsonObject], bool]
# What a change of one thing puts into context: enough to go on with, and merged with what is there of the asset.
TURNED_KEYS = (
    *("uuid", "name", "type", "category", "asset_type", "criticality", "criticity", "keys", "attributes", "tags"),
    *("revoked", "revoked_at", "updated_at"),
)

# ---------------------------------------------------------------------------------------------------------------------
# The two shapes of an asset
# ---------------------------------------------------------------------------------------------------------------------


def asset_part(owner: Any, kind: str, name: str, value: Any) -> JsonObject:
    """A key or an attribute as version 1 wrote it. Version 2 has no id for it, so one is made that stays the same."""
    identity = [owner, kind, name] + ([value] if kind == "key" else [])
    return {"uuid": str(uuid5(NAMESPACE_OID, json.dumps(identity, default=str))), "name": name, "value": value}


def keys_of(asset: Mapping[str, Any]) -> list[JsonObject]:
    """The keys of an asset (detection properties, atoms): one entry a value."""
    atoms, owner = as_dict(asset.get("atoms")), asset.get("uuid")
    pairs = [(name, one) for name, many in atoms.items() for one in (many if isinstance(many, list) else [many])]
    return [asset_part(owner, "key", name, value) for name, value in pairs]


def attributes_of(asset: Mapping[str, Any]) -> list[JsonObject]:
    """The attributes of an asset (props): one entry a name."""
    pairs = as_dict(asset.get("props")).items()
    return [asset_part(asset.get("uuid"), "attribute", name, value) for name, value in pairs]


def criticity_of(asset: Mapping[str, Any]) -> JsonObject:
    """The criticality with its word; nothing where Sekoia gives no number."""
    value = as_int(asset.get("criticality"))
    if value is None:
        return {}
    return {"value": value, "display": "low" if value < MEDIUM_FROM else "medium" if value < HIGH_FROM else "high"}


def asset_output(asset: JsonObject, params: Params) -> JsonObject:
    """An asset for the context, in both shapes. What Sekoia itself gives in the former shape is taken as it is."""
    kind, category = FORMER_KINDS.get(as_text(asset.get("type")), ({}, {}))
    told = asset.get("category")
    return {
        **asset,
        "category": told if isinstance(told, dict) else {"name": told} if told else category,
        "asset_type": as_dict(asset.get("asset_type")) or kind,
        "criticity": as_dict(asset.get("criticity")) or criticity_of(asset),
        "keys": keys_of(asset),
        "attributes": attributes_of(asset),
    }


FORMER_KEYS = (
    *("uuid", "name", "description", "community_uuid", "created_at", "updated_at"),
    *("category", "asset_type", "criticity", "keys", "attributes"),
)


def first_of_each(value: Any) -> Any:
    """The value with each list as an object of its first element: in a path of context, `keys.0` is a key named "0"."""
    if isinstance(value, list):
        return {"0": first_of_each(value[0])} if value else {}
    return {key: first_of_each(one) for key, one in value.items()} if isinstance(value, dict) else value


def asset_envelope(items: list[JsonObject], total: int) -> JsonObject:
    """What the official pack documents below the list: `total`, and the first asset as `items.0`."""
    return {"total": total, "items": {"0": first_of_each({key: items[0].get(key) for key in FORMER_KEYS})}}


ASSET_COLUMNS = {
    "Name": "name",
    "Type": "type",
    "Category": "category.name",
    "Criticality": "criticality",
    "Keys": "keys.value",
    "Attributes": "attributes.name",
    "Tags": "tags",
    "Revoked": "revoked",
    "Id": "uuid",
}

# ---------------------------------------------------------------------------------------------------------------------
# Arguments
# ---------------------------------------------------------------------------------------------------------------------


def asset_kind(value: Any, name: str, client: SekoiaClient) -> str:
    """A type of asset, by the word of version 2 or of version 1."""
    word = str(value).strip().casefold()
    return one_of({name: FORMER_TYPES.get(word, word)}, name, ASSET_TYPES)


def asset_kinds(value: Any, name: str, client: SekoiaClient) -> str:
    """Several types of asset, as the comma list of a query."""
    return ",".join(dict.fromkeys(asset_kind(word, name, client) for word in words(value)))


def pairs(value: Any, name: str) -> list[tuple[str, str]]:
    """A list of name=value; ValueError for an entry that is none."""
    found = [
        (left.strip(), sign, right.strip()) for left, sign, right in (word.partition("=") for word in words(value))
    ]
    if not all(all(parts) for parts in found):
        raise ValueError(f"{name}: write name=value, several with commas, for example hostname=srv-files-01.")
    return [(left, right) for left, _, right in found]


def key_pairs(value: Any, name: str, client: SekoiaClient) -> dict[str, list[str]]:
    """Keys as the API takes them: name -> values."""
    found: dict[str, list[str]] = {}
    for left, right in pairs(value, name):
        found.setdefault(left, []).append(right)
    return found


def attribute_pairs(value: Any, name: str, client: SekoiaClient) -> dict[str, str]:
    """Attributes as the API takes them: name -> value."""
    return dict(pairs(value, name))


def community_meant(value: Any, name: str, client: SekoiaClient) -> str:
    """A community's uuid; for MINE the one that the key belongs to. ValueError when that could be several."""
    if value != MINE:
        return validate_id(str(value), "community", None)
    found = [as_text(as_dict(one).get("uuid"), 100) for one in client.read_page(OWN).items]
    if len(found) != 1:
        raise ValueError(f"{name}: the API key belongs to {len(found)} communities. Give one: {', '.join(found)}.")
    return found[0]


def path_word(args: Args, name: str) -> str:
    """A free text as one step of a path, from which it cannot climb out."""
    text = required(args, name)
    if {".", ".."} & set(re.split(r"[/\\]", text)):  # a gateway may read an encoded slash as one
        raise ValueError(f"{name}: '{text}' cannot be used.")
    return urllib.parse.quote(text, safe="")


# ---------------------------------------------------------------------------------------------------------------------
# Commands that are rows
# ---------------------------------------------------------------------------------------------------------------------

GET_ASSET = Reading(
    title="Sekoia asset",
    path=ASSET_PATH,
    prefix="SekoiaXDR.Asset",
    columns={**ASSET_COLUMNS, "Description": "description"},
    ids=ASSET_ID,
    fields={"with_telemetry": Field("with_telemetry", yes_no)},
    shape=asset_output,
)
LIST_ASSETS = Listing(
    title="Sekoia assets",
    path=ASSETS_PATH,
    prefix="SekoiaXDR.Assets",
    columns=ASSET_COLUMNS,
    fields={
        "assets_type": Field("type", asset_kinds),
        "search": Field("search"),
        "search_in_keys": Field("also_search_in_detection_properties", yes_no),
        "search_in_tags": Field("also_search_in_tags", yes_no),
        "asset_uuid": Field("uuids", ids_listed("asset")),
        "category": Field("category", listed),
        "source": Field("source", listed),
        "tags": Field("tags", listed),
        "reviewed": Field("reviewed", yes_no),
        "criticality_above": Field("criticality", whole(0, 100)),
        "community_uuid": Field("community_uuids", ids_listed("community")),
        "include_revoked": Field("include_revoked", yes_no),
        "with_telemetry": Field("with_telemetry", yes_no),
        "sort_by": Field("sort", choice("name", "type", "created_at", "criticality")),
        "direction": Field("direction", choice("asc", "desc")),
    },
    fixed={"incorporate_atoms": "true"},
    shape=asset_output,
    envelope=asset_envelope,
)
ASSET_FIELDS: dict[str, Field] = {
    "description": Field("description"),
    "category": Field("category"),
    "criticality": Field("criticality", whole(0, 100)),
    "tags": Field("tags", several),
    "reviewed": Field("reviewed", yes_no),
    "entity_uuid": Field("entity_uuid", id_like("entity", None)),
}
CREATE_ASSET = Change(
    done="Asset {name} is created",
    method="POST",
    path=ASSETS_PATH,
    fields={
        "name": Field("name", text_of(2, 1000), True),
        "type": Field("type", asset_kind, True),
        **ASSET_FIELDS,
        "keys": Field("atoms", key_pairs),
        "attributes": Field("props", attribute_pairs),
        "community_uuid": Field("community_uuid", community_meant, True),
    },
    prefix="SekoiaXDR.Asset",
    columns=ASSET_COLUMNS,
    shape=asset_output,
)
UPDATE_ASSET = Change(
    done="Asset {asset_uuid} is changed",
    method="PUT",
    path=ASSET_PATH,
    ids=ASSET_ID,
    fields={"name": Field("name", text_of(2, 1000)), "type": Field("type", asset_kind), **ASSET_FIELDS},
    some=True,
    prefix="SekoiaXDR.Asset",
    columns=ASSET_COLUMNS,
    shape=asset_output,
    visible=True,
)
MERGE_ASSETS = Change(
    done="The assets are merged into {destination}",
    method="POST",
    path=f"{ASSETS_PATH}/merge",
    fields={
        "destination": Field("destination", id_like("asset", None), True),
        "sources": Field("sources", ids_like("asset", None), True),
    },
    prefix="SekoiaXDR.Asset",
    columns=ASSET_COLUMNS,
    shape=asset_output,
    names_object=True,
)


def create_asset_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-create-asset: in the key's own community unless another one is given."""
    return make_change(CREATE_ASSET, client, {**args, "community_uuid": args.get("community_uuid") or MINE}, params)


# ---------------------------------------------------------------------------------------------------------------------
# Changes that are read back
# ---------------------------------------------------------------------------------------------------------------------


def read_asset(client: SekoiaClient, asset_uuid: str) -> JsonObject:
    """One asset as the API gives it."""
    path = f"{ASSETS_PATH}/{validate_id(asset_uuid, 'asset', None)}"
    found: JsonObject = client.read_object(ApiCall("GET", path, names_object=True))
    return found


def turn_asset(
    client: SekoiaClient,
    args: Args,
    params: Params,
    call: ApiCall,
    reached: AssetTest,
    said: str,
    root: JsonObject | None = None,
) -> CommandResults:
    """Makes a change of which the asset itself tells whether it was done, so that no answer leaves a doubt.

    `root` goes to the root of the context, where playbooks of the official pack look for what a command added.
    """
    if flag(args, "dry_run"):
        return dry_run_result(said, str(call), call.body or {})
    asset_uuid = required(args, "asset_uuid")

    def effect() -> JsonObject | None:
        asset = read_asset(client, asset_uuid)
        return asset if reached(asset) else None

    client.write(call, effect)
    asset = effect()
    if asset is None:
        raise ValueError(f"{call}: Sekoia took the change, but the asset does not show it. Look at it in Sekoia.")
    item = {key: value for key, value in asset_output(asset, params).items() if key in TURNED_KEYS}
    return CommandResults(
        outputs={"SekoiaXDR.Asset(val.uuid && val.uuid == obj.uuid)": item, **(root or {})},
        raw_response=asset,
        readable_output=object_table(said, [item], ASSET_COLUMNS, "", params),
    )


def asset_call(method: str, args: Args, tail: str, body: JsonBody | None = None) -> ApiCall:
    """A call on something below an asset."""
    return ApiCall(method, filled(ASSET_PATH + tail, args, ASSET_ID), body=body, names_object=True)


def revoke_asset_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-revoke-asset."""
    said = f"Asset {cell(args.get('asset_uuid'))} is revoked"
    call = asset_call("PUT", args, "/revoke")
    return turn_asset(client, args, params, call, lambda asset: bool(asset.get("revoked")), said)


def restore_asset_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-restore-asset."""
    said = f"Asset {cell(args.get('asset_uuid'))} is restored"
    call = asset_call("PUT", args, "/restore")
    return turn_asset(client, args, params, call, lambda asset: not asset.get("revoked"), said)


def add_tag_asset_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-add-tag-asset."""
    tag, step = required(args, "tag"), path_word(args, "tag")
    call = asset_call("POST", args, f"/tag/{step}")
    return turn_asset(
        client, args, params, call, lambda asset: tag in as_list(asset.get("tags")), f"Tag {cell(tag)} added"
    )


def remove_tag_asset_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-remove-tag-asset."""
    tag, step = required(args, "tag"), path_word(args, "tag")
    call = asset_call("DELETE", args, f"/tag/{step}")
    said = f"Tag {cell(tag)} removed"
    return turn_asset(client, args, params, call, lambda asset: tag not in as_list(asset.get("tags")), said)


def has_part(parts: Callable[[JsonObject], list[JsonObject]], name: Any, value: Any) -> AssetTest:
    """Whether an asset has this key or attribute."""
    return lambda asset: any((one["name"], str(one["value"])) == (name, str(value)) for one in parts(asset))


def add_keys_asset_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-add-keys-asset."""
    name, value = required(args, "name"), required(args, "value")
    root = asset_part(validate_id(required(args, "asset_uuid"), "asset", None), "key", name, value)
    call = asset_call("POST", args, "/attach", {"atom_type": name, "atom": value})
    said = f"Key {cell(name)} = {cell(value)} added"
    return turn_asset(client, args, params, call, has_part(keys_of, name, value), said, root)


def add_attributes_asset_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-add-attributes-asset: a name that exists gets the new value."""
    name, value = required(args, "name"), required(args, "value")
    root = asset_part(validate_id(required(args, "asset_uuid"), "asset", None), "attribute", name, value)
    call = asset_call("POST", args, f"/prop/{path_word(args, 'name')}", body=value)
    said = f"Attribute {cell(name)} = {cell(value)} set"
    return turn_asset(client, args, params, call, has_part(attributes_of, name, value), said, root)


def part_meant(parts: list[JsonObject], wanted: str, name: str) -> JsonObject:
    """The key or attribute that goes by this id, by name=value or by its name alone; ValueError with the choices."""
    tests: tuple[AssetTest, ...] = (
        lambda one: bool(one["uuid"] == wanted.casefold()),
        lambda one: f"{one['name']}={one['value']}" == wanted,
        lambda one: bool(one["name"] == wanted),
    )
    found = next((fits for fits in ([one for one in parts if test(one)] for test in tests) if fits), [])
    if len(found) == 1:
        return found[0]
    choices = ", ".join(f"{one['name']}={as_text(one['value'], 100)}" for one in found or parts)
    problem = "fits several" if found else "is not on the asset"
    raise ValueError(f"{name}: '{wanted}' {problem}. Choose one of: {choices or 'there is none'}.")


def remove_key_asset_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-remove-key-asset."""
    wanted, owner = required(args, "key_uuid"), required(args, "asset_uuid")
    key = part_meant(keys_of(read_asset(client, owner)), wanted, "key_uuid")
    call = asset_call("POST", args, "/detach", {"atom_type": key["name"], "atom": str(key["value"])})
    said, has_key = (
        f"Key {cell(key['name'])} = {cell(key['value'])} removed",
        has_part(keys_of, key["name"], key["value"]),
    )
    return turn_asset(client, args, params, call, lambda asset: not has_key(asset), said)


def remove_attribute_asset_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-remove-attribute-asset."""
    wanted, owner = required(args, "attribute_uuid"), required(args, "asset_uuid")
    name = part_meant(attributes_of(read_asset(client, owner)), wanted, "attribute_uuid")["name"]
    call = asset_call("DELETE", args, f"/prop/{path_word({'name': name}, 'name')}")
    said = f"Attribute {cell(name)} removed"
    return turn_asset(client, args, params, call, lambda asset: name not in as_dict(asset.get("props")), said)


# ---------------------------------------------------------------------------------------------------------------------
# History
# ---------------------------------------------------------------------------------------------------------------------

HISTORY_FIELDS = {
    "search": Field("search"),
    "start_time": Field("earliest", moment),
    "end_time": Field("latest", moment),
    "direction": Field("order", choice("desc", "asc")),
}
HISTORY_COLUMNS = {"Time": "created_at", "Action": "action", "Message": "message", "By": "created_by_type"}


def history_lines(page: AlertPage) -> list[JsonObject]:
    """The lines of history in the maps from day to lines that the API gives."""
    days = [lines for item in page.items for lines in as_dict(item).values()]
    return [line for lines in days for line in as_list(lines) if isinstance(line, dict)]


def history_walk(
    client: SekoiaClient, call: ApiCall, size: int, page: int | None, to_end: bool
) -> Iterator[JsonObject]:
    """The lines of a page, or of all until an empty one: it is not told whether a page counts lines or days."""
    offset, before = ((page or 1) - 1) * size, list[JsonObject]()
    while True:
        window = {**call.params, "limit": str(size), "offset": str(offset)}
        lines = history_lines(client.read_page(call._replace(params=window)))
        if lines != before:
            yield from lines
        if not (to_end and lines) or lines == before:
            return
        offset, before = offset + size, lines


def get_history_asset_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-get-history-asset."""
    limit, page = pages_wanted(
        {**args, "page": args.get("page") or (None if flag(args, "all_results") else 1)}, API_PAGE_SIZE
    )
    call = asset_call("GET", args, "/history")
    call = call._replace(params=as_query(passed_on(client, args, HISTORY_FIELDS)))
    found, note = as_far_as_it_goes(history_walk(client, call, limit or API_PAGE_SIZE, page, limit is None))
    lines = [{**line, "asset_uuid": str(args["asset_uuid"]).strip()} for line in found]
    table = object_table("History of the asset", lines, HISTORY_COLUMNS, "Nothing is recorded.", params)
    return CommandResults(
        outputs_prefix="SekoiaXDR.AssetHistory",
        outputs_key_field=["asset_uuid", "created_at", "message"],
        outputs=lines,
        raw_response=found,
        readable_output=table + note,
    )


ASSET_COMMANDS: dict[str, Command] = {
    "sekoia-xdr-get-asset": reading(GET_ASSET),
    "sekoia-xdr-list-assets": listing(LIST_ASSETS),
    "sekoia-xdr-create-asset": create_asset_command,
    "sekoia-xdr-update-asset": change(UPDATE_ASSET),
    "sekoia-xdr-revoke-asset": revoke_asset_command,
    "sekoia-xdr-restore-asset": restore_asset_command,
    "sekoia-xdr-merge-assets": change(MERGE_ASSETS),
    "sekoia-xdr-add-attributes-asset": add_attributes_asset_command,
    "sekoia-xdr-remove-attribute-asset": remove_attribute_asset_command,
    "sekoia-xdr-add-keys-asset": add_keys_asset_command,
    "sekoia-xdr-remove-key-asset": remove_key_asset_command,
    "sekoia-xdr-add-tag-asset": add_tag_asset_command,
    "sekoia-xdr-remove-tag-asset": remove_tag_asset_command,
    "sekoia-xdr-get-history-asset": get_history_asset_command,
}
