"""The commands on what a tenant is made of: rules, indicators, entities, intakes, communities, people, permissions."""

import functools
import json
import re
import time
import urllib.parse
from collections.abc import Iterable
from typing import Any

from CommonServerPython import *
from SekoiaXDRSearchCommandsApiModule import *  # brings the whole chain along

RULES_PATH = "/v1/sic/conf/rules-catalog/rules"
IOCS_PATH = "/v2/inthreat/ioc-collections"
MY_PERMISSIONS = ApiCall("GET", "/v1/me/permissions")
WHO = ApiCall("GET", "/v1/me")
COMMUNITY_IDS: IdKinds = {"community_id": ("community", None)}
RULE_IDS: IdKinds = {"rule_id": ("rule", None)}
FILTER_IDS: IdKinds = {**RULE_IDS, "filter_id": ("alert filter", None)}
COLLECTION_IDS: IdKinds = {"collection_id": ("IOC collection", "ioc-collection--")}
INDICATOR_IDS: IdKinds = {**COLLECTION_IDS, "indicator_id": ("indicator", "indicator--")}
IOC_FORMATS = (
    "one_per_line",
    "domain-name.value",
    "ipv4-addr.value",
    "ipv6-addr.value",
    "url.value",
    "email-addr.value",
    "file.hashes",
)
INDICATORS_PER_CALL = 100  # of the call that answers at once; a text has no such limit


def utc_times(value: Any, params: Params, key: str = "") -> Any:
    """An object with its times as ISO 8601 UTC, however deep: users' times come with a space and without a zone."""
    if isinstance(value, dict):
        return {name: utc_times(item, params, name) for name, item in value.items()}
    if isinstance(value, list):
        return [utc_times(item, params, key) for item in value]
    if key.endswith(TIME_KEYS) and isinstance(value, str) and re.match(r"\d{4}-", value):
        return iso_time(as_epoch(value)) or value
    return value


def time_to_come(value: Any, name: str, client: SekoiaClient) -> str:
    """A moment in the future as ISO 8601 UTC: a time, or a length such as '7 days' that counts from now.

    Raises ValueError for what is no time, and for one that is over.
    """
    text, now = str(value).strip().removeprefix("in ").removeprefix("+").strip(), int(time.time())
    at = parse_time(text, name)
    if RELATIVE_TIME.fullmatch(text) and not text.startswith("-") and not text.casefold().endswith("ago"):
        at = 2 * now - at
    if at <= now:
        raise ValueError(
            f"{name}: '{value}' is over. Give a time to come, for example '7 days' or 2030-01-31T00:00:00Z."
        )
    return iso_utc(at)


# ---------------------------------------------------------------------------------------------------------------------
# Rules and alert filters
# ---------------------------------------------------------------------------------------------------------------------

RULE_COLUMNS = {
    "Name": "name",
    "Id": "uuid",
    "Type": "type",
    "Severity": "severity",
    "Effort": "effort",
    "Enabled": "enabled",
    "Alert type": "alert_type.value",
    "Tags": "tags.name",
    "Source": "source",
    "Changed": "updated_at",
}
LIST_RULES = Listing(
    title="Rules",
    path=RULES_PATH,
    prefix="SekoiaXDR.Rule",
    columns=RULE_COLUMNS,
    fields={
        "name": Field("match[name]", listed),
        "ids": Field("match[uuid]", listed),
        "type": Field("match[type]", listed),
        "search": Field("match[search]"),
        "enabled": Field("enabled", yes_no),
        "verified": Field("verified", yes_no),
        "severity": Field("range[severity]", between(0, 100)),
        "effort": Field("match[effort]", listed),
        "tags": Field("match[tag_name]", listed),
        "source": Field("match[source]", listed),
        "datasources": Field("match[datasource_name]", listed),
        "has_active_alert_filters": Field("has_active_alert_filters", yes_no),
        "created_at": Field("date[created_at]", window),
        "updated_at": Field("date[updated_at]", window),
    },
    shape=utc_times,
)
GET_RULE = Reading(
    title="Rule",
    path=f"{RULES_PATH}/{{rule_id}}",
    prefix="SekoiaXDR.Rule",
    columns={**RULE_COLUMNS, "Description": "description", "Pattern": "payload"},
    ids=RULE_IDS,
    shape=utc_times,
)


def rule_result(rule: JsonObject, said: str, params: Params) -> CommandResults:
    """A rule after a command on it."""
    shown_rule = utc_times(rule, params)
    return CommandResults(
        outputs_prefix="SekoiaXDR.Rule",
        outputs_key_field="uuid",
        outputs=shown_rule,
        raw_response=rule,
        readable_output=object_table(said, [shown_rule], RULE_COLUMNS, "", params),
    )


def switch_rule(enabled: bool, client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """Enables or disables a rule; one that stands there already is left alone, and the entry says so."""
    path, word = filled(f"{RULES_PATH}/{{rule_id}}", args, RULE_IDS), "enabled" if enabled else "disabled"
    reading_back = ApiCall("GET", path, names_object=True)
    rule = client.read_object(reading_back)
    if rule.get("enabled") is enabled:
        return rule_result(rule, f"The rule is {word} already: nothing was changed", params)
    if flag(args, "dry_run"):
        return dry_run_result(f"Rule {cell(rule.get('name'))} becomes {word}", f"PUT {path}/{word}", {})

    def done() -> JsonObject | None:
        now = client.read_object(reading_back)
        return now if now.get("enabled") is enabled else None

    answer = client.write(ApiCall("PUT", f"{path}/{word}", names_object=True), done)
    return rule_result({**rule, "enabled": enabled, **answer}, f"The rule is {word}", params)


FILTERS_PATH = f"{RULES_PATH}/{{rule_id}}/alert-filters"
FILTER_COLUMNS = {
    "Name": "name",
    "Id": "uuid",
    "Excludes": "exclusion_pattern",
    "Status": "status",
    "Expires": "expires_at",
    "Description": "description",
}
FILTER_FIELDS = {
    "exclusion_pattern": Field("exclusion_pattern"),
    "name": Field("name"),
    "description": Field("description"),
    "expires_at": Field("expires_at", time_to_come),
}


def filters_of(client: SekoiaClient, path: str) -> list[JsonObject]:
    """The alert filters of a rule; ValueError with what to do for a rule that can have none."""
    try:
        return [
            item for item in client.read_page(ApiCall("GET", path, names_object=True)).items if isinstance(item, dict)
        ]
    except SekoiaConflict as error:
        raise ValueError(
            f"{error} Only a rule that was enabled once can have alert filters: use !sekoia-xdr-enable-rule first."
        ) from error


def filter_results(filters: Iterable[JsonObject], title: str, args: Args, params: Params) -> CommandResults:
    """Alert filters after a command on them, each with the rule it belongs to."""
    found = [{**utc_times(one, params), "rule_id": required(args, "rule_id")} for one in filters]
    return CommandResults(
        outputs_prefix="SekoiaXDR.AlertFilter",
        outputs_key_field="uuid",
        outputs=found,
        readable_output=object_table(title, found, FILTER_COLUMNS, "The rule has no alert filter.", params),
    )


def list_alert_filters_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-list-alert-filters."""
    found = filters_of(client, filled(FILTERS_PATH, args, RULE_IDS))
    return filter_results(found, f"Alert filters ({len(found)})", args, params)


def same_filter(one: JsonObject, body: JsonObject) -> bool:
    """Whether a filter says what a body says; times are written differently on both sides, so they do not count."""
    return all(one.get(key) == value for key, value in body.items() if key != "expires_at")


def create_alert_filter_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-create-alert-filter: after a doubtful answer it is looked for before a second try."""
    path, body = filled(FILTERS_PATH, args, RULE_IDS), passed_on(client, args, FILTER_FIELDS)
    required(args, "exclusion_pattern")
    known = {one.get("uuid") for one in filters_of(client, path)}
    if flag(args, "dry_run"):
        return dry_run_result("Create an alert filter", f"POST {path}", body)

    def made() -> JsonObject | None:
        new = [one for one in filters_of(client, path) if one.get("uuid") not in known]
        return next((one for one in new if same_filter(one, body)), None)

    answer = client.write(ApiCall("POST", path, body=body, names_object=True), made)
    return filter_results([answer], "The alert filter is created", args, params)


def update_alert_filter_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-update-alert-filter: what is not given stays as it is."""
    path, given = filled(FILTERS_PATH, args, RULE_IDS), passed_on(client, args, FILTER_FIELDS)
    uuid = validate_id(required(args, "filter_id"), "alert filter", None)
    if not given:
        raise ValueError(f"Nothing to change: give at least one of {', '.join(FILTER_FIELDS)}.")
    before = next((one for one in filters_of(client, path) if one.get("uuid") == uuid), None)
    if before is None:
        raise ValueError(
            f"filter_id: the rule has no alert filter {uuid}. List them with !sekoia-xdr-list-alert-filters."
        )
    kept = {key: before[key] for key in ("exclusion_pattern", "name", "description", "expires_at") if before.get(key)}
    body = {**kept, **given}
    if flag(args, "dry_run"):
        return dry_run_result("Change an alert filter", f"PUT {path}/{uuid}", body)

    def changed() -> JsonObject | None:
        return next(
            (one for one in filters_of(client, path) if one.get("uuid") == uuid and same_filter(one, body)), None
        )

    answer = client.write(ApiCall("PUT", f"{path}/{uuid}", body=body, names_object=True), changed)
    return filter_results([answer], "The alert filter is changed", args, params)


DELETE_ALERT_FILTER = Change(
    done="Alert filter {filter_id} is deleted",
    method="DELETE",
    path=f"{FILTERS_PATH}/{{filter_id}}",
    ids=FILTER_IDS,
)

# ---------------------------------------------------------------------------------------------------------------------
# IOC collections
# ---------------------------------------------------------------------------------------------------------------------

COLLECTION_COLUMNS = {
    "Name": "name",
    "Id": "id",
    "Indicators": "indicators_count",
    "Description": "description",
    "Changed": "modified",
}
INDICATOR_COLUMNS = {
    "Value": "name",
    "Type": "x_ic_observable_types",
    "Id": "id",
    "Revoked": "revoked",
    "Valid from": "valid_from",
    "Valid until": "valid_until",
    "Description": "description",
}
LIST_IOC_COLLECTIONS = Listing(
    title="IOC collections",
    path=IOCS_PATH,
    prefix="SekoiaXDR.IOCCollection",
    columns=COLLECTION_COLUMNS,
    fields={"term": Field("term"), "community_id": Field("match[community_uuid]", id_like("community", None))},
    key="id",
    fixed={"with_indicators_count": "true"},
    shape=utc_times,
)
CREATE_IOC_COLLECTION = Change(
    done="IOC collection {name} is created",
    method="POST",
    path=IOCS_PATH,
    fields={
        "name": Field("name", needed=True),
        "description": Field("description", text_of(0, 500)),
        "community_id": Field("community_uuid", id_like("community", None)),
        "available_for_sub_communities": Field("available_for_sub_communities", yes_no),
    },
    prefix="SekoiaXDR.IOCCollection",
    key="id",
    columns=COLLECTION_COLUMNS,
    shape=utc_times,
)
LIST_INDICATORS = Listing(
    title="Indicators",
    path=f"{IOCS_PATH}/{{collection_id}}/indicators",
    prefix="SekoiaXDR.IOCIndicator",
    columns=INDICATOR_COLUMNS,
    fields={"term": Field("term")},
    ids=COLLECTION_IDS,
    key="id",
    shape=utc_times,
)
INDICATOR_FIELDS = {
    "description": Field("description"),
    "valid_from": Field("valid_from", moment),
    "valid_until": Field("valid_until", time_to_come),
    "threat_ids": Field("x_ic_related_threat_refs", several),
    "format": Field("format", choice(*IOC_FORMATS)),
}
REVOKE_INDICATOR = Change(
    done="Indicator {indicator_id} is revoked",
    method="DELETE",
    path=f"{IOCS_PATH}/{{collection_id}}/indicators/{{indicator_id}}",
    ids=INDICATOR_IDS,
    prefix="SekoiaXDR.IOCIndicator",
    key="id",
    columns=INDICATOR_COLUMNS,
    shape=utc_times,
)


def add_indicators_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-add-ioc-collection-indicators: at once, or by a task of Sekoia for many values or a named format."""
    path = filled(f"{IOCS_PATH}/{{collection_id}}/indicators", args, COLLECTION_IDS)
    values, said = list(dict.fromkeys(words(args.get("values")))), passed_on(client, args, INDICATOR_FIELDS)
    if not values:
        raise ValueError("values: give at least one address, domain, URL, e-mail address or hash.")
    body: JsonObject = {"indicators": [{"value": value} for value in values], "default_fields": said}
    if "format" in said or len(values) > INDICATORS_PER_CALL:
        path, body = f"{path}/text", {"indicators": "\n".join(values), "format": "one_per_line", **said}
    if flag(args, "dry_run"):
        return dry_run_result(f"Add {len(values)} indicators", f"POST {path}", body)
    answer = client.write(ApiCall("POST", path, body=body, names_object=True))
    owner = {"collection_id": required(args, "collection_id")}
    if answer.get("task_id"):
        return CommandResults(
            outputs_prefix="SekoiaXDR.IOCImport",
            outputs_key_field="task_id",
            outputs={"task_id": answer["task_id"], "values": len(values), **owner},
            readable_output=f"### Sekoia imports {len(values)} indicators\nThe task is {cell(answer['task_id'])}.",
        )
    added = [{**utc_times(one, params), **owner} for one in as_list(answer.get("items")) if isinstance(one, dict)]
    return CommandResults(
        outputs_prefix="SekoiaXDR.IOCIndicator",
        outputs_key_field="id",
        outputs=added,
        readable_output=object_table(f"Indicators added ({len(added)})", added, INDICATOR_COLUMNS, "None.", params),
    )


# ---------------------------------------------------------------------------------------------------------------------
# Entities, intakes, communities, people
# ---------------------------------------------------------------------------------------------------------------------

ENTITY_COLUMNS = {"Name": "name", "Id": "uuid", "Entity id": "entity_id", "Intakes": "number_of_intakes"}
LIST_ENTITIES = Listing(
    title="Entities",
    path="/v1/sic/conf/entities",
    prefix="SekoiaXDR.Entity",
    columns={**ENTITY_COLUMNS, "Description": "description"},
    fields={
        "name": Field("match[name]", listed),
        "ids": Field("match[uuid]", listed),
        "entity_id": Field("match[entity_id]", listed),
        "community_id": Field("match[community_uuid]", id_like("community", None)),
    },
)
GET_ENTITY = Reading(
    title="Entity",
    path="/v1/sic/conf/entities/{entity_uuid}",
    prefix="SekoiaXDR.Entity",
    columns={**ENTITY_COLUMNS, "Description": "description"},
    ids={"entity_uuid": ("entity", None)},
)
LIST_INTAKES = Listing(
    title="Intakes",
    path="/v1/sic/conf/intakes",
    prefix="SekoiaXDR.Intake",
    columns={"Name": "name", "Id": "uuid", "Entity": "entity.name", "Status": "status", "Created": "created_at"},
    fields={
        "name": Field("match[name]", listed),
        "ids": Field("match[uuid]", listed),
        "entity": Field("match[entity_name]", listed),
        "format_ids": Field("match[format_uuid]", listed),
        "status": Field("match[status]", listed),
        "community_id": Field("match[community_uuid]", id_like("community", None)),
    },
    fixed={"with_status": "true"},
    shape=utc_times,
)
COMMUNITY_COLUMNS = {
    "Name": "name",
    "Id": "uuid",
    "Parent": "parent_community_uuid",
    "Disabled": "disabled",
    "Created": "created_at",
    "Description": "description",
}
LIST_COMMUNITIES = Listing(
    title="Communities",
    path="/v1/communities",
    prefix="SekoiaXDR.Community",
    columns=COMMUNITY_COLUMNS,
    fields={"name": Field("match[name]", listed), "ids": Field("match[uuid]", listed)},
    shape=utc_times,
)
GET_COMMUNITY = Reading(
    title="Community",
    path="/v1/communities/{community_id}",
    prefix="SekoiaXDR.Community",
    columns=COMMUNITY_COLUMNS,
    ids=COMMUNITY_IDS,
    shape=utc_times,
)
PERSON_COLUMNS = {
    "Name": "name",
    "Id": "uuid",
    "User id": "user.uuid",
    "E-mail": "user.email",
    "Status": "status",
    "Roles": "roles.name",
}
LIST_USERS = Listing(
    title="People",
    path="/v1/communities/{community_id}/avatars/",
    prefix="SekoiaXDR.Avatar",
    columns=PERSON_COLUMNS,
    fields={
        "name": Field("match[name]", listed),
        "user_ids": Field("match[user_uuid]", listed),
        "status": Field("match[status]", choice("enabled", "disabled")),
        "include_parent": Field("include_parent", yes_no),
    },
    ids=COMMUNITY_IDS,
    shape=utc_times,
)
GET_AVATAR = Reading(
    title="Profile",
    path="/v1/avatars/{avatar_id}",
    prefix="SekoiaXDR.Avatar",
    columns={**PERSON_COLUMNS, "Community": "community.name"},
    ids={"avatar_id": ("avatar", None)},
    shape=utc_times,
)


def own_communities(client: SekoiaClient) -> list[str]:
    """The uuids of the communities that the key belongs to."""
    found = [as_text(as_dict(one).get("uuid")) for one in client.read_page(OWN).items]
    return [uuid for uuid in found if uuid]


def in_community(command: Command, client: SekoiaClient, args: Args, params: Params) -> Any:
    """A command on a community, the key's own one when none is named."""
    named = str(args.get("community_id") or "").strip()
    return command(client, {**args, "community_id": named or next(iter(own_communities(client)), "")}, params)


def get_user_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-get-user: the user, and beside them what the official pack documents: their first community.

    The community is an extra: when it cannot be read, the user is shown without it.
    """
    path = filled("/v1/users/{user_uuid}", args, {"user_uuid": ("user", None)})
    user = client.read_object(ApiCall("GET", path, names_object=True))
    home = as_text(as_dict(next(iter(as_list(user.get("communities"))), None)).get("uuid"))
    around, note = dict[str, Any](), ""
    try:
        around = community_of(client, home, as_text(user.get("uuid"))) if is_uuid(home) else {}
    except (SekoiaPermissionError, SekoiaNotFound) as error:
        note = f"\n\nThe community of the user is not shown. {cell(error)}"
    item = {**around, **user}
    columns = {
        "First name": "firstname",
        "Last name": "lastname",
        "E-mail": "email",
        "Company": "company_name",
        "Last activity": "last_activity",
        "Communities": "communities.name",
    }
    return CommandResults(
        outputs_prefix="SekoiaXDR.User",
        outputs_key_field="uuid",
        outputs=item,
        raw_response=user,
        readable_output=object_table("User", [item], columns, "", params) + note,
    )


USER_COMMUNITY_KEYS = (
    "creator",
    "created_by",
    "created_by_type",
    "subcommunities",
    "parent_community_uuid",
    "is_parent",
    "name",
    "session_timeout",
    "is_mfa_enforced",
    "homepage_url",
    "disable_inactive_avatars",
    "description",
)


def community_of(client: SekoiaClient, community: str, user: str) -> JsonObject:
    """What the official pack documents of a user's community, with the user's own profile as its only member."""
    path = f"/v1/communities/{community}"
    whole_community = client.read_object(ApiCall("GET", path, names_object=True))
    people = ApiCall("GET", f"{path}/avatars/", {"limit": "1"}, names_object=True)
    own = ApiCall("GET", f"{path}/avatars/", {"match[user_uuid]": user, "limit": "1"}, names_object=True)
    total = client.read_page(people).total
    members = client.read_page(own).items
    kept = {key: whole_community.get(key) for key in USER_COMMUNITY_KEYS}
    return {**kept, "total_members": total, "members": members}


def who_am_i_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-who-am-i: the owner of the key, the key's identity and the communities it belongs to."""
    token, me = client.validate_key(), client.read_object(WHO)
    found = {
        **me,
        "identity": as_text(token.get("identity"), 200),
        "issued_at": iso_time(as_epoch(token.get("iat"))),
        "communities": own_communities(client),
        "base_url": client.root,
    }
    columns = {
        "Name": "firstname",
        "E-mail": "email",
        "Identity": "identity",
        "Community": "community",
        "Key made": "issued_at",
        "Base URL": "base_url",
    }
    return CommandResults(
        outputs_prefix="SekoiaXDR.Me",
        outputs_key_field="uuid",
        outputs=found,
        readable_output=object_table("The API key of this instance", [found], columns, "", params),
    )


# ---------------------------------------------------------------------------------------------------------------------
# Any other call
# ---------------------------------------------------------------------------------------------------------------------

HTTP_METHODS = ("get", "post", "put", "patch", "delete")
SHOWN_COLUMNS = 8


def api_path(text: str) -> tuple[str, dict[str, str]]:
    """The path and the query of what a user wrote, if it lies inside the API; ValueError otherwise.

    Nothing that a server or a proxy may read as another place passes: hosts, dots, backslashes, encoded slashes.
    """
    trouble = f"url_suffix: {text[:200]!r} is no path of the API. Write it like /v1/sic/alerts."
    if re.search(r"[^!-~]|[\\#]|//|:/", text):
        raise ValueError(trouble)
    path, _, query = text.partition("?")
    path = "/" + path.removeprefix("/").removeprefix("api/")
    decoded = urllib.parse.unquote(path)
    hidden = set(decoded) & set("%\\?#;") or not decoded.isprintable() or decoded.count("/") != path.count("/")
    steps = {step.strip() for step in decoded.split("/")}
    if hidden or not re.match(r"/v\d/[^/]", path) or {".", ".."} & steps:
        raise ValueError(trouble)
    return path, dict(urllib.parse.parse_qsl(query, keep_blank_values=True))


def json_like(value: Any, name: str) -> Any:
    """JSON that a user wrote, exactly as it is; text with single quotes counts when it is no JSON but becomes so."""
    if not isinstance(value, str):
        return value
    for text in (value, value.replace("'", '"')):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            continue
    raise ValueError(f'{name}: this is no JSON. Write it like {{"content": "Seen"}}.')


def query_of(value: Any) -> dict[str, str]:
    """Parameters of a call: an object (also as JSON), or a text such as limit=5&offset=10."""
    if not value or (isinstance(value, str) and not value.strip()):
        return {}
    if isinstance(value, str) and not value.strip().startswith("{"):
        return dict(urllib.parse.parse_qsl(value.strip().removeprefix("?"), keep_blank_values=True))
    found = json_like(value, "parameters")
    if not isinstance(found, dict):
        raise ValueError("parameters: give an object, or a text such as limit=5&offset=10.")
    return as_query({key: item for key, item in found.items() if item is not None})


def read_http_request(args: Args) -> ApiCall:
    """The call that a user describes; ValueError naming the argument at fault."""
    method = one_of(args, "method", HTTP_METHODS).upper()
    written = str(args.get("url_suffix") or args.get("url_sufix") or "").strip()
    if not written:
        raise ValueError("url_suffix: a value is needed, for example /v1/sic/alerts.")
    path, query = api_path(written)
    given = args.get("data")
    body = None if given is None or (isinstance(given, str) and not given.strip()) else json_like(given, "data")
    if body is not None and method == "GET":
        raise ValueError("data: a GET carries none. Use parameters, or another method.")
    return ApiCall(method, path, {**query, **query_of(args.get("parameters"))}, body, names_object=True)


def http_request_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-http-request: any call of the API; what changes something must be allowed in the instance."""
    call = read_http_request(args)
    if flag(args, "dry_run"):
        asked = f"?{urllib.parse.urlencode(call.params)}" if call.params else ""
        return dry_run_result("A call of the API", f"{call}{asked}", call.body or {})
    if call.method != "GET" and not flag(dict(params.raw), "http_request_writes"):
        raise ValueError(
            f"method: {call.method} can change data in Sekoia, and this instance does not allow it. Tick 'Allow "
            "!sekoia-xdr-http-request to change data' in the instance, or use a command made for the change."
        )
    answer = client.read_any(call)
    found = answer["items"] if isinstance(answer, dict) and "items" in answer else answer
    rows = found if isinstance(found, list) else [found]
    is_keyed = all(isinstance(row, dict) and row.get("uuid") for row in rows)
    return CommandResults(
        outputs_prefix="SekoiaXDR.http_request",
        outputs_key_field="uuid" if is_keyed else None,
        replace_existing=not is_keyed,  # what cannot be told apart would be there once more after each call
        outputs=found,
        raw_response=answer,
        readable_output=answer_table(str(call), found, params),
    )


def answer_table(title: str, found: Any, params: Params) -> str:
    """An answer of any shape for people: objects as a table of their first plain values, the rest as JSON."""
    rows = found if isinstance(found, list) else [found]
    if not found:
        return f"### {cell(title)}\nDone: the answer is empty."
    if not all(isinstance(row, dict) for row in rows):
        return f"### {cell(title)}\n```\n{json.dumps(found, indent=2)[:5000]}\n```"
    plain = [key for key, value in rows[0].items() if not isinstance(value, dict | list)] or list(rows[0])
    cells = [{cell(key): cell(row.get(key)) for key in plain[:SHOWN_COLUMNS]} for row in rows]
    return markdown_table(cell(title), cells, "")


# ---------------------------------------------------------------------------------------------------------------------
# Permissions
# ---------------------------------------------------------------------------------------------------------------------

CALL_ALERTS, CALL_ALERT, CALL_MOVE = (
    "GET /v1/sic/alerts",
    "GET /v1/sic/alerts/{id}",
    "PATCH /v1/sic/alerts/{id}/workflow",
)
CALL_EDIT, CALL_COMMENTS = "PATCH /v1/sic/alerts/{id}", "GET /v1/sic/alerts/{id}/comments"
CALL_COMMENT, CALL_SEARCH = "POST /v1/sic/alerts/{id}/comments", f"POST {JOBS_PATH}"
CALL_STATUSES, CALL_VERDICTS = "GET /v1/sic/custom_statuses", "GET /v1/sic/custom_verdicts"
CALL_FILTERS, CALL_RULE = f"GET {RULES_PATH}/{{id}}/alert-filters", f"GET {RULES_PATH}/{{id}}"
CALL_CASE, EDIT_CASE = "GET /v1/sic/cases/{id}", "PATCH /v1/sic/cases/{id}"
COUNTERMEASURE, ONE_ASSET = "/v1/sic/alerts/countermeasures/{id}", f"{ASSETS_PATH}/{{id}}"

# The calls of what is no command. What is optional stands as a feature of its own.
FEATURE_CALLS: dict[str, tuple[str, ...]] = {
    "Fetch": (CALL_ALERTS,),
    "Fetch: statuses of the tenant": (CALL_STATUSES,),
    "Fetch: events": (CALL_SEARCH,),
    "Fetch: assets": ("GET /v2/asset-management/assets",),
    "Fetch: kill chain": ("GET /v1/sic/kill-chains",),
    "Fetch: comments": (CALL_COMMENTS,),
    "Mirroring in": (CALL_ALERTS, CALL_ALERT, CALL_COMMENTS),
    "Mirroring in: events": (CALL_SEARCH,),
    "Mirroring in: kill chain": ("GET /v1/sic/kill-chains",),
    "Mirroring out: status": (CALL_ALERT, CALL_MOVE),
    "Mirroring out: comments": (CALL_COMMENT,),
    "Mirroring out: verdict, urgency, title, assignee": (CALL_EDIT, CALL_VERDICTS),
    "Mirroring out: custom fields": ("GET /v1/sic/custom-fields", f"{CALL_EDIT}/custom-fields"),
    "Cases: read": ("GET /v1/sic/cases",),
    "Cases: change": ("POST /v1/sic/cases",),
    "Cases: comment": ("POST /v1/sic/cases/{id}/comments",),
}
# The calls of commands that are functions; those that are rows of a table tell theirs themselves.
COMMAND_CALLS: dict[str, tuple[str, ...]] = {
    "sekoia-xdr-list-alerts": (CALL_ALERTS,),
    "sekoia-xdr-get-alert": (CALL_ALERT,),
    "sekoia-xdr-update-status-alert": (CALL_ALERT, CALL_MOVE),
    "sekoia-xdr-close-alert": (CALL_ALERT, CALL_MOVE),
    "sekoia-xdr-post-comment-alert": (CALL_COMMENT,),
    "sekoia-xdr-get-comments": (CALL_COMMENTS,),
    "sekoia-xdr-get-workflow-alert": (CALL_ALERT,),
    "sekoia-xdr-count-alerts": (CALL_ALERTS,),
    "sekoia-xdr-edit-alert": (CALL_ALERT, CALL_EDIT),
    "sekoia-xdr-set-verdict-alert": (CALL_ALERT, CALL_VERDICTS, CALL_EDIT),
    "sekoia-xdr-update-custom-fields-alert": ("GET /v1/sic/custom-fields", f"{CALL_EDIT}/custom-fields"),
    "sekoia-xdr-get-timeline-alert": (CALL_ALERT,),
    "sekoia-xdr-list-similar-alerts": (CALL_ALERTS,),
    "sekoia-xdr-get-stix-alert": (CALL_ALERT,),
    "sekoia-xdr-get-alert-statistics": (f"{CALL_ALERTS}/statistics",),
    "sekoia-xdr-get-soc-kpis": ("GET /v1/sic/statistics/alerts/soc_kpis",),
    "sekoia-xdr-bulk-update-status-alerts": (CALL_ALERTS, "PATCH /v1/sic/alerts/bulk/workflow/async"),
    "sekoia-xdr-comment-countermeasure": (CALL_ALERT, f"POST {COUNTERMEASURE}/comments"),
    "sekoia-xdr-activate-countermeasure": (CALL_ALERT, f"PATCH {COUNTERMEASURE}/activate"),
    "sekoia-xdr-deny-countermeasure": (CALL_ALERT, f"PATCH {COUNTERMEASURE}/deny"),
    "sekoia-xdr-get-kill-chain": ("GET /v1/sic/kill-chains",),
    "sekoia-xdr-list-alert-types": (),
    "sekoia-xdr-create-asset": (f"POST {ASSETS_PATH}",),
    "sekoia-xdr-revoke-asset": (f"PUT {ONE_ASSET}/revoke", f"GET {ONE_ASSET}"),
    "sekoia-xdr-restore-asset": (f"PUT {ONE_ASSET}/restore", f"GET {ONE_ASSET}"),
    "sekoia-xdr-add-attributes-asset": (f"POST {ONE_ASSET}/prop/{{name}}", f"GET {ONE_ASSET}"),
    "sekoia-xdr-remove-attribute-asset": (f"GET {ONE_ASSET}", f"DELETE {ONE_ASSET}/prop/{{name}}"),
    "sekoia-xdr-add-keys-asset": (f"POST {ONE_ASSET}/attach", f"GET {ONE_ASSET}"),
    "sekoia-xdr-remove-key-asset": (f"GET {ONE_ASSET}", f"POST {ONE_ASSET}/detach"),
    "sekoia-xdr-add-tag-asset": (f"POST {ONE_ASSET}/tag/{{name}}", f"GET {ONE_ASSET}"),
    "sekoia-xdr-remove-tag-asset": (f"DELETE {ONE_ASSET}/tag/{{name}}", f"GET {ONE_ASSET}"),
    "sekoia-xdr-get-history-asset": (f"GET {ONE_ASSET}/history",),
    "sekoia-xdr-get-case": (CALL_CASE,),
    "sekoia-xdr-get-cases-alert": (CALL_ALERT, "GET /v1/sic/cases"),
    "sekoia-xdr-create-case": ("POST /v1/sic/cases",),
    "sekoia-xdr-update-case": (CALL_CASE, EDIT_CASE),
    "sekoia-xdr-delete-case": ("DELETE /v1/sic/cases/{id}",),
    "sekoia-xdr-attach-alerts-case": (f"{EDIT_CASE}/alerts", CALL_CASE),
    "sekoia-xdr-detach-alerts-case": (CALL_CASE, "POST /v1/sic/cases/{id}/alerts"),
    "sekoia-xdr-post-comment-case": ("POST /v1/sic/cases/{id}/comments",),
    "sekoia-xdr-get-history-case": (CALL_CASE,),
    "sekoia-xdr-update-custom-fields-case": ("GET /v1/sic/custom-fields", f"{EDIT_CASE}/custom-fields"),
    "sekoia-xdr-list-case-tags": (CALL_CASE,),
    "sekoia-xdr-list-alerts-case": (CALL_ALERTS,),
    "sekoia-xdr-events-execute-query": (CALL_SEARCH,),
    "sekoia-xdr-events-status-query": (CALL_SEARCH,),
    "sekoia-xdr-events-results-query": (CALL_SEARCH,),
    "sekoia-xdr-search-events": (CALL_SEARCH,),
    "sekoia-xdr-search-events-alerts": (CALL_ALERTS, CALL_SEARCH),
    "sekoia-xdr-list-event-fields": (CALL_SEARCH,),
    "sekoia-xdr-aggregate-events": ("POST /v1/events/stats",),
    "sekoia-xdr-top-values-events": ("POST /v1/events/topk",),
    "sekoia-xdr-export-events": (CALL_SEARCH, f"{CALL_SEARCH}/{{id}}/export"),
    "sekoia-xdr-execute-query": (f"POST {RUNS_PATH}",),
    "sekoia-xdr-download-query-result": (f"GET {RUNS_PATH}/{{id}}",),
    "sekoia-xdr-run-query": (f"POST {RUNS_PATH}",),
    "sekoia-xdr-get-sol-detection-results": ("GET /v1/notebooks/sol_detection/{id}/results",),
    "sekoia-xdr-enable-rule": (CALL_RULE, f"PUT {RULES_PATH}/{{id}}/enabled"),
    "sekoia-xdr-disable-rule": (CALL_RULE, f"PUT {RULES_PATH}/{{id}}/disabled"),
    "sekoia-xdr-list-alert-filters": (CALL_FILTERS,),
    "sekoia-xdr-create-alert-filter": (CALL_FILTERS, f"POST {RULES_PATH}/{{id}}/alert-filters"),
    "sekoia-xdr-update-alert-filter": (CALL_FILTERS, f"PUT {RULES_PATH}/{{id}}/alert-filters/{{id}}"),
    "sekoia-xdr-add-ioc-collection-indicators": (f"POST {IOCS_PATH}/{{id}}/indicators",),
    "sekoia-xdr-get-community": (),
    "sekoia-xdr-list-users": (),
    "sekoia-xdr-get-user": (),
    "sekoia-xdr-who-am-i": (),
    "sekoia-xdr-http-request": (),
    "sekoia-xdr-permissions": (),
    "get-modified-remote-data": (CALL_ALERTS,),
    "get-remote-data": (CALL_ALERT,),
    "update-remote-system": (CALL_ALERT, CALL_MOVE, CALL_COMMENT, CALL_EDIT, CALL_VERDICTS),
    "get-mapping-fields": (),
    "sekoia-xdr-mirror-close": (CALL_ALERT, CALL_MOVE, CALL_EDIT, CALL_VERDICTS),
    "sekoia-xdr-fetch-health": (CALL_ALERTS,),
    "sekoia-xdr-quarantine-retry": (),
    "sekoia-xdr-reset-fetch": (CALL_ALERTS,),
}


def calls_of(name: str, command: Command | None) -> tuple[str, ...]:
    """The calls of a command: what its row says, else what the table says; KeyError when neither knows it."""
    spec = command.args[0] if isinstance(command, functools.partial) and command.args else None
    if isinstance(spec, (Listing, Reading)):
        return (f"GET {spec.path}",)
    return (f"{spec.method} {spec.path}",) if isinstance(spec, Change) else COMMAND_CALLS[name]


def all_calls() -> dict[str, tuple[str, ...]]:
    """The calls of every command."""
    tables = {
        **ALERT_COMMANDS,
        **TASK_COMMANDS,
        **ASSET_COMMANDS,
        **CASE_COMMANDS,
        **SEARCH_COMMANDS,
        **TENANT_COMMANDS,
    }
    return {name: calls_of(name, tables.get(name)) for name in (*tables, *(COMMAND_CALLS.keys() - tables.keys()))}


def needs_of(name: str, calls: Iterable[str], held: set[str]) -> JsonObject:
    """What something needs and lacks, by the titles that Sekoia shows."""
    needed = list(dict.fromkeys(title for call in calls for title in rights_of(call)))
    lacking = [title for title in needed if title.casefold() not in held]
    return {"name": name, "needs": needed, "missing": lacking, "usable": not lacking}


def permissions_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-permissions: which command and which feature lacks which permission of the key."""
    titles = sorted(as_text(as_dict(one).get("title"), 200) for one in client.read_page(MY_PERMISSIONS).items)
    held = {title.casefold() for title in titles}
    features = [needs_of(name, calls, held) for name, calls in FEATURE_CALLS.items()]
    commands = [needs_of(name, calls, held) for name, calls in sorted(all_calls().items())]
    missing = sorted({title for one in (*features, *commands) for title in one["missing"]})
    lacking = [one for one in (*features, *commands) if one["missing"]]
    rows = [{"What": cell(one["name"]), "Lacks": cell(", ".join(one["missing"]))} for one in lacking]
    has = f"\n\nThe key has: {cell(', '.join(titles), 5000) or 'no permission'}."
    return CommandResults(
        outputs_prefix="SekoiaXDR.Permissions",
        outputs={"held": titles, "missing": missing, "features": features, "commands": commands},
        replace_existing=True,
        readable_output=markdown_table(f"Missing permissions ({len(missing)})", rows, "Everything can be used.") + has,
    )


TENANT_COMMANDS: dict[str, Command] = {
    "sekoia-xdr-list-rules": listing(LIST_RULES),
    "sekoia-xdr-get-rule": reading(GET_RULE),
    "sekoia-xdr-enable-rule": functools.partial(switch_rule, True),
    "sekoia-xdr-disable-rule": functools.partial(switch_rule, False),
    "sekoia-xdr-list-alert-filters": list_alert_filters_command,
    "sekoia-xdr-create-alert-filter": create_alert_filter_command,
    "sekoia-xdr-update-alert-filter": update_alert_filter_command,
    "sekoia-xdr-delete-alert-filter": change(DELETE_ALERT_FILTER),
    "sekoia-xdr-list-ioc-collections": listing(LIST_IOC_COLLECTIONS),
    "sekoia-xdr-create-ioc-collection": change(CREATE_IOC_COLLECTION),
    "sekoia-xdr-list-ioc-collection-indicators": listing(LIST_INDICATORS),
    "sekoia-xdr-add-ioc-collection-indicators": add_indicators_command,
    "sekoia-xdr-revoke-ioc-collection-indicator": change(REVOKE_INDICATOR),
    "sekoia-xdr-list-entities": listing(LIST_ENTITIES),
    "sekoia-xdr-get-entity": reading(GET_ENTITY),
    "sekoia-xdr-list-intakes": listing(LIST_INTAKES),
    "sekoia-xdr-list-communities": listing(LIST_COMMUNITIES),
    "sekoia-xdr-get-community": functools.partial(in_community, reading(GET_COMMUNITY)),
    "sekoia-xdr-get-user": get_user_command,
    "sekoia-xdr-list-users": functools.partial(in_community, listing(LIST_USERS)),
    "sekoia-xdr-get-avatar": reading(GET_AVATAR),
    "sekoia-xdr-who-am-i": who_am_i_command,
    "sekoia-xdr-permissions": permissions_command,
    "sekoia-xdr-http-request": http_request_command,
}
