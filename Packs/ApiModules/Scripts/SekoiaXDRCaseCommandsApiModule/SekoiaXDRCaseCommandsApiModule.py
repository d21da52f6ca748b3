"""The commands on cases, and on what hangs on a case: alerts, events, comments, history."""

import json
import time
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from CommonServerPython import *
from SekoiaXDRAssetCommandsApiModule import *  # brings the whole chain along

CASES_PATH = "/v1/sic/cases"
CASE_PATH = CASES_PATH + "/{case_id}"
CASE_ID: IdKinds = {"case_id": ("case", "CA")}
CASE_ALERTS_SHOWN, CASES_WITH_ALERTS = 50, 20  # whole alerts in context are long
CASE_EVENTS_MOST = 1000  # as the API says
NONE = "none"

# ---------------------------------------------------------------------------------------------------------------------
# What people see
# ---------------------------------------------------------------------------------------------------------------------


def case_link(ui: str, short_id: str) -> str:
    """The page of a case in the web interface."""
    return f"{ui.rstrip('/')}/operations/cases/{urllib.parse.quote(short_id, safe='')}"


def case_output(case: JsonObject, params: Params, most: int = CASE_ALERTS_SHOWN) -> JsonObject:
    """A case for the context: as the API gave it, with its link, and with no more alerts than `most`."""
    short_id = as_text(case.get("short_id"), 100)
    alerts = [alert_output(one, params) for one in as_list(case.get("alerts"))[:most] if isinstance(one, dict)]
    return {
        **case,
        "link": case_link(params.ui, short_id) if short_id else "",
        **({"alerts": alerts} if "alerts" in case else {}),
    }


def alerts_counted(number: Any) -> str:
    """A number of alerts in words."""
    return f"{cell(number)} alert{'' if as_int(number) == 1 else 's'}"


def case_alerts_note(case: Mapping[str, Any], shown_alerts: int) -> str:
    """What to say of the alerts of a case that are not shown."""
    total = as_int(case.get("number_of_alerts")) or len(as_list(case.get("alerts")))
    if total <= shown_alerts:
        return ""
    return f"\n\n**{shown_alerts} of {total} alerts of the case are here. All: !sekoia-xdr-list-alerts-case.**"


CASE_COLUMNS = {
    "Case": "short_id@link",
    "Title": "title",
    "Status": "custom_status.label|status",
    "Priority": "custom_priority.label|priority",
    "Verdict": "verdict.label",
    "Tags": "tags",
    "Comments": "number_of_comments",
    "Created": "created_at",
    "Updated": "updated_at",
}
CASE_ALERT_COLUMNS = {
    "Alert": "short_id@link",
    "Title": "title",
    "Status": "custom_status.label|status.name",
    "Urgency": "urgency.current_value",
    "Rule": "rule.name",
    "Entity": "entity.name",
    "Created": "created_at",
}

# ---------------------------------------------------------------------------------------------------------------------
# Arguments
# ---------------------------------------------------------------------------------------------------------------------


def case_id_of(args: Args, name: str = "case_id") -> str:
    """The validated uuid or short id of a case."""
    return validate_id(required(args, name), "case", "CA")


def case_match(case_id: str) -> dict[str, str]:
    """The filter of the list of cases that finds this one."""
    return {f"match[{'uuid' if is_uuid(case_id) else 'short_id'}]": case_id}


def alert_ids_read(value: Any, name: str, client: SekoiaClient) -> list[str]:
    """Alerts as the calls on a case take them."""
    return list(dict.fromkeys(ids_like("alert", "AL")(value, name, client)))


def alert_uuid_read(value: Any, name: str, client: SekoiaClient) -> str:
    """The uuid of an alert, which is all that the list of cases knows it by; a short id is looked up."""
    alert_id = validate_id(str(value), "alert", "AL")
    return alert_id if is_uuid(alert_id) else as_text(client.get_alert(alert_id).get("uuid"), 100)


def event_ids_read(value: Any, name: str, client: SekoiaClient) -> list[str]:
    """Identifiers of events; ValueError for more than one call takes."""
    found = list(dict.fromkeys(words(value)))
    if len(found) > CASE_EVENTS_MOST:
        raise ValueError(f"{name}: Sekoia takes at most {CASE_EVENTS_MOST} events at once, these are {len(found)}.")
    return found


def tags_read(value: Any, name: str, client: SekoiaClient) -> list[str]:
    """Tags as the list of a body; the word none takes all away."""
    return [] if words(value) == (NONE,) else several(value, name, client)


def case_statuses(client: SekoiaClient, wanted: str) -> list[dict[str, Any]]:
    """The statuses of cases that go by a label, a built-in name, a stage or a uuid; ValueError when there is none."""
    known = [status for status in client.custom_statuses("case") if isinstance(status, dict)]
    found = tenant_matches(known, wanted) or labelled(known, wanted, "")
    if found:
        return found
    raise unknown_status(wanted, known)


def case_status_uuid(client: SekoiaClient, wanted: str, community: str) -> str:
    """The uuid of the one status of cases that is meant; ValueError with the choices."""
    if is_uuid(wanted):
        return wanted.strip().casefold()
    found = case_statuses(client, wanted)
    own = [one for one in found if one.get("community_uuid") == community] or found
    return as_text(the_one("status", wanted, own, own, "statuses").get("uuid"), 100)


def verdict_uuid_of(client: SekoiaClient, wanted: str, community: str) -> str:
    """The uuid of a verdict; ValueError with the choices."""
    return as_text(resolve_verdict(client, wanted, community).get("uuid"), 100)


def priority_uuid_of(client: SekoiaClient, wanted: str, community: str) -> str:
    """The uuid of a priority of the tenant; ValueError with the choices."""
    return as_text(resolve_priority(client, wanted, community).get("uuid"), 100)


def subscribers_of(client: SekoiaClient, wanted: str, community: str) -> list[dict[str, str]]:
    """People as a case holds them; the word none is nobody."""
    people = () if words(wanted) == (NONE,) else words(wanted)
    return [
        {"avatar_uuid": resolve_assignee(client, one, community, "assignees"), "type": "assignee"} for one in people
    ]


# Argument -> the API's name, and how a name becomes what goes there.
CASE_NAMES: dict[str, tuple[str, Callable[[SekoiaClient, str, str], Any]]] = {
    "status": ("custom_status_uuid", case_status_uuid),
    "verdict": ("verdict_uuid", verdict_uuid_of),
    "custom_priority": ("custom_priority_uuid", priority_uuid_of),
    "assignees": ("subscribers", subscribers_of),
}


def named_values(client: SekoiaClient, args: Args, community: str) -> JsonObject:
    """The values of a case that users name and the API wants by uuid."""
    texts = {name: ",".join(words(args.get(name))) for name in CASE_NAMES}
    given = [(*CASE_NAMES[name], text) for name, text in texts.items() if text]
    return {key: uuid_of(client, text, community) for key, uuid_of, text in given}


def every_uuid(uuid_of: Callable[[SekoiaClient, str], Iterable[str]]) -> Reader:
    """Several names as the uuids of a query."""

    def read(value: Any, name: str, client: SekoiaClient) -> str:
        found = [uuid for word in words(value) for uuid in ([word] if is_uuid(word) else uuid_of(client, word))]
        return ",".join(dict.fromkeys(found))

    return read


status_uuids = every_uuid(lambda client, word: [as_text(one.get("uuid"), 100) for one in case_statuses(client, word)])
verdict_uuids = every_uuid(lambda client, word: [verdict_uuid_of(client, word, "")])
priority_uuids = every_uuid(lambda client, word: [priority_uuid_of(client, word, "")])
assignee_uuids = every_uuid(lambda client, word: [resolve_assignee(client, word, "", "assignees")])

# ---------------------------------------------------------------------------------------------------------------------
# Reading
# ---------------------------------------------------------------------------------------------------------------------

LIST_CASES = Listing(
    title="Sekoia cases",
    path=CASES_PATH,
    prefix="SekoiaXDR.Cases",
    columns=CASE_COLUMNS,
    fields={
        "uuid": Field("match[uuid]", ids_listed("case")),
        "short_id": Field("match[short_id]", listed),
        "title": Field("match[title]", listed),
        "tags": Field("match[tags]", listed),
        "type": Field("match[type]", choice("automatic", "manual")),
        "priority": Field("match[priority]", choice("low", "medium", "high")),
        "asset_uuid": Field("match[asset_uuid]", ids_listed("asset")),
        "created_by": Field("match[created_by]", ids_listed("profile")),
        "updated_by": Field("match[updated_by]", ids_listed("profile")),
        "exclude_created_by": Field("nomatch[created_by]", ids_listed("profile")),
        "status_uuid": Field("match[status_uuid]", ids_listed("status")),
        "status_name": Field("match[status_name]", listed),
        "community_uuid": Field("match[community_uuid]", ids_listed("community")),
        "created_at": Field("date[created_at]", window),
        "updated_at": Field("date[updated_at]", window),
        "last_seen_at": Field("date[last_seen_at]", window),
        "sort_by": Field("sort", choice("created_at", "title")),
        "direction": Field("direction", choice("desc", "asc")),
        "status": Field("match[custom_status]", status_uuids),
        "verdict": Field("match[verdict]", verdict_uuids),
        "custom_priority": Field("match[custom_priority]", priority_uuids),
        "assignees": Field("match[assignees]", assignee_uuids),
        "exclude_assignees": Field("nomatch[assignees]", assignee_uuids),
        "custom_field": Field("match[custom_field]", fields_named),
        "alert_id": Field("match[alert_uuid]", alert_uuid_read),
    },
    fixed={"with_custom_statuses": "true"},
    shape=case_output,
)


def find_case(client: SekoiaClient, case_id: str) -> JsonObject:
    """A case without its alerts; ValueError when the key sees none with that id."""
    found = client.read_page(ApiCall("GET", CASES_PATH, {**case_match(case_id), "limit": "1"})).items
    if found and isinstance(found[0], dict):
        return found[0]
    raise ValueError(
        f"case_id: there is no case {case_id}. It may be deleted, or in a community that this API key cannot see."
    )


def read_case(client: SekoiaClient, case_id: str, render: bool = False) -> JsonObject:
    """A case with its alerts."""
    path = CASE_PATH.format(case_id=urllib.parse.quote(validate_id(case_id, "case", "CA"), safe=""))
    query = {"render": "true" if render else "false"}
    found: JsonObject = client.read_object(ApiCall("GET", path, query, names_object=True))
    return found


def case_result(case: JsonObject, params: Params, title: str, most: int = CASE_ALERTS_SHOWN) -> CommandResults:
    """One case as `SekoiaXDR.Case`, and a note when not all of its alerts are in it."""
    item = case_output(case, params, most)
    note = case_alerts_note(case, len(item["alerts"])) if "alerts" in item else ""
    columns = {**CASE_COLUMNS, "Alerts": "number_of_alerts"} if "number_of_alerts" in item else CASE_COLUMNS
    return CommandResults(
        outputs_prefix="SekoiaXDR.Case",
        outputs_key_field="uuid",
        outputs=item,
        raw_response=case,
        readable_output=object_table(title, [item], columns, "", params) + note,
    )


def case_counted(case: JsonObject, params: Params, title: str) -> CommandResults:
    """One case with the number of its alerts, without them."""
    return case_result({key: value for key, value in case.items() if key != "alerts"}, params, title)


def get_case_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-get-case."""
    case_id = case_id_of(args)
    most = whole_number(args.get("alerts_limit"), "alerts_limit", CASE_ALERTS_SHOWN, 0, 1000)
    case = read_case(client, case_id, flag({"render": args.get("render") or "true"}, "render"))
    result = case_result(case, params, f"Sekoia case {cell(case.get('short_id'))}", most)
    alerts = object_table("Alerts of the case", result.outputs.get("alerts") or [], CASE_ALERT_COLUMNS, "None.", params)
    text = safe_markdown(as_text(case.get("description"), 5000))
    result.readable_output = "\n\n".join(part for part in (result.readable_output, text, alerts) if part)
    return result


def get_cases_alert_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-get-cases-alert: the list has no alerts, so each case is read once more unless that is off."""
    wanted = str(args.get("case_id") or "").strip()
    match = case_match(validate_id(wanted, "case", "CA")) if wanted else {}
    deep = flag({"with_alerts": args.get("with_alerts") or "true"}, "with_alerts")
    alert_uuid = alert_uuid_read(required(args, "alert_id"), "alert_id", client)
    query = {"match[alert_uuid]": alert_uuid, **match, "with_custom_statuses": "true"}
    listed_cases, note = as_far_as_it_goes(client.iter_items(ApiCall("GET", CASES_PATH, query)))
    cases = [case for case in listed_cases if isinstance(case, dict)]
    if deep:
        cases[:CASES_WITH_ALERTS] = [
            {**one, **read_case(client, str(one["uuid"]))} for one in cases[:CASES_WITH_ALERTS]
        ]
        if len(cases) > CASES_WITH_ALERTS:
            note += f"\n\n**The alerts of the first {CASES_WITH_ALERTS} cases only were read.**"
    items = [{**case_output(case, params), "alert_uuid": alert_uuid} for case in cases]
    title = f"Cases of alert {cell(args['alert_id'])} ({len(items)})"
    return CommandResults(
        outputs_prefix="SekoiaXDR.Cases",
        outputs_key_field="uuid",
        outputs=items,
        raw_response=cases,
        readable_output=object_table(title, items, CASE_COLUMNS, "The alert is in no case.", params) + note,
    )


LIST_CASE_ALERTS = Listing(
    title="Alerts of the case",
    path="/v1/sic/alerts",
    prefix="SekoiaXDR.CaseAlerts",
    columns=CASE_ALERT_COLUMNS,
    fields={
        "urgency": Field("range[urgency]", between(0, 100)),
        "alerts_type": Field("match[type_value]", listed),
        "rule_name": Field("match[rule_name]", listed),
        "created_at": Field("date[created_at]", window),
        "updated_at": Field("date[updated_at]", window),
        "sort_by": Field("sort", choice("created_at", "updated_at", "urgency", "similar")),
        "direction": Field("direction", choice("desc", "asc")),
    },
    shape=alert_output,
)


def list_alerts_case_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-list-alerts-case: through the list of alerts, since that of the case has no pages."""
    case_id = case_id_of(args)
    pages_wanted(args, LIST_CASE_ALERTS.size)
    passed_on(client, args, LIST_CASE_ALERTS.fields)
    short_id = case_id if not is_uuid(case_id) else as_text(find_case(client, case_id).get("short_id"), 100)
    spec = LIST_CASE_ALERTS._replace(fixed={"match[case_short_id]": short_id})
    result = list_objects(spec, client, args, params)
    if not result.outputs and short_id == case_id:
        find_case(client, case_id)  # an unknown case must not look like an empty one
    result.outputs = [{**alert, "case_id": short_id} for alert in result.outputs]
    return result


def list_case_tags_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-list-case-tags."""
    wanted = pages_wanted(args, API_PAGE_SIZE)
    fields = {"name": Field("name"), "community_uuid": Field("match[community_uuid]", id_like("community", None))}
    call = ApiCall("GET", f"{CASES_PATH}/tags", as_query(passed_on(client, args, fields)))
    found, note = read_list(client, call, wanted, API_PAGE_SIZE)
    tags = [{"name": tag} for tag in found if isinstance(tag, str)]
    table = object_table(f"Tags of cases ({len(tags)})", tags, {"Tag": "name"}, "No case has a tag.", params)
    return CommandResults("SekoiaXDR.CaseTags", "name", outputs=tags, raw_response=found, readable_output=table + note)


def get_history_case_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-get-history-case: the API gives the history as a whole; limit and page cut it here."""
    limit, page = pages_wanted(args, API_PAGE_SIZE)
    fields = {"created_at": Field("date[created_at]", window), "direction": Field("direction", choice("desc", "asc"))}
    query = as_query(passed_on(client, {**args, "direction": args.get("direction") or "desc"}, fields))
    case_id = case_id_of(args)
    found = client.read_page(ApiCall("GET", filled(CASE_PATH + "/history", args, CASE_ID), query, names_object=True))
    lines = [{**line, "case_id": case_id} for line in found.items if isinstance(line, dict)]
    first = 0 if limit is None else ((page or 1) - 1) * limit
    kept = lines[first : None if limit is None else first + limit]
    rows = [{**line, "what": json.dumps(line.get("action"), sort_keys=True)} for line in kept]
    columns = {"Time": "created_at", "Kind": "type", "What": "what", "By": "created_by_type"}
    return CommandResults(
        outputs_prefix="SekoiaXDR.CaseHistory",
        outputs_key_field="uuid",
        outputs=kept,
        raw_response=found.items,
        readable_output=object_table(
            f"History of case {cell(case_id)} ({len(kept)} of {len(lines)})",
            rows,
            columns,
            "Nothing is recorded.",
            params,
        ),
    )


# ---------------------------------------------------------------------------------------------------------------------
# Changing
# ---------------------------------------------------------------------------------------------------------------------

CASE_FIELDS: dict[str, Field] = {
    "description": Field("description"),
    "priority": Field("priority", choice("low", "medium", "high")),
    "tags": Field("tags", tags_read),
}
UPDATE_CASE = Change(
    done="Case {case_id} is changed",
    method="PATCH",
    path=CASE_PATH,
    ids=CASE_ID,
    fields={
        "title": Field("title", text_of(1, 1000)),
        **CASE_FIELDS,
        "verdict_analysis": Field("verdict_analysis"),
        "verdict_confidence": Field("verdict_confidence", whole(0, 100)),
    },
    prefix="SekoiaXDR.Case",
    columns=CASE_COLUMNS,
    shape=case_output,
)


def create_case_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-create-case: once, since after a doubtful answer the new case is looked for."""
    fields = {
        "title": Field("title", text_of(1, 1000), True),
        **CASE_FIELDS,
        "community_uuid": Field("community_uuid", id_like("community", None)),
    }
    body = passed_on(client, args, fields)
    body |= named_values(client, args, body.get("community_uuid", ""))
    said = f"Case {cell(body['title'], 100)} is opened"
    if flag(args, "dry_run"):
        return dry_run_result(said, f"POST {CASES_PATH}", body)
    newest = ApiCall("GET", CASES_PATH, {"sort": "created_at", "direction": "desc", "date[created_at]": recent()})

    def same(case: JsonObject) -> bool:
        return case.get("title") == body["title"] and case.get("created_by_type") == "apikey"

    made = client.post_once(ApiCall("POST", CASES_PATH, body=body), newest, same, "created_at", iso_moment)
    return case_result(made, params, said)


def recent() -> str:
    """The last hour, as a range of times."""
    return time_range((int(time.time()) - 3600, None))


def iso_moment(item: Any, name: str) -> int | None:
    """Epoch seconds of a time that an object holds as text."""
    return as_epoch(as_dict(item).get(name))


def update_case_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-update-case."""
    path, body = filled(CASE_PATH, args, CASE_ID), passed_on(client, args, UPDATE_CASE.fields)
    if any(words(args.get(name)) for name in CASE_NAMES):
        community = as_text(find_case(client, case_id_of(args)).get("community_uuid"), 100)
        body |= named_values(client, args, community)
    if not body:
        raise ValueError(f"Nothing to change: give at least one of {', '.join([*UPDATE_CASE.fields, *CASE_NAMES])}.")
    unseen = {"verdict_analysis", "verdict_confidence"} & body.keys()  # lie below the verdict when read
    return send_change(UPDATE_CASE._replace(visible=not unseen, repeatable=True), client, args, params, path, body)


def delete_case_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-delete-case."""
    case_id, call = case_id_of(args), ApiCall("DELETE", filled(CASE_PATH, args, CASE_ID), names_object=True)
    if flag(args, "dry_run"):
        return dry_run_result(f"Delete case {cell(case_id)}", str(call), {})

    def gone() -> JsonObject | None:
        try:
            read_case(client, case_id)
        except SekoiaNotFound:
            return {}
        return None

    client.write(call, gone)
    return CommandResults(readable_output=f"### Case {cell(case_id)} is deleted. Its alerts stay.")


# ---------------------------------------------------------------------------------------------------------------------
# Alerts of a case
# ---------------------------------------------------------------------------------------------------------------------


def alerts_held(client: SekoiaClient, case_id: str) -> tuple[JsonObject, list[JsonObject]]:
    """A case and all of its alerts.

    Raises ValueError when they cannot be read in full: what writes the list anew would lose those that are missing.
    """
    case = read_case(client, case_id)
    total = as_int(case.get("number_of_alerts"))
    found = [one for one in as_list(case.get("alerts")) if isinstance(one, dict) and one.get("uuid")]
    if total == len(found):
        return case, found
    known = {str(one["uuid"]): one for one in found}
    for visible in ("true", "false"):
        query = {"match[case_short_id]": as_text(case.get("short_id"), 100), "visible": visible, "sort": "created_at"}
        listed_alerts = client.iter_items(ApiCall("GET", "/v1/sic/alerts", {**query, "direction": "asc"}))
        known |= {str(one["uuid"]): one for one in listed_alerts if isinstance(one, dict) and one.get("uuid")}
    if total != len(known):
        raise ValueError(
            f"Case {case_id} holds {'an unknown number of' if total is None else total} alerts, and {len(known)} could "
            "be read. Nothing was changed, since the call that removes alerts writes the whole list anew."
        )
    return case, list(known.values())


def held_ids(alerts: Iterable[Mapping[str, Any]]) -> set[str]:
    """Every id that alerts go by."""
    return {str(alert.get(key)) for alert in alerts for key in ("uuid", "short_id")}


def attach_alerts_case_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-attach-alerts-case: adds and never replaces."""
    case_id, wanted = case_id_of(args), alert_ids_read(required_list(args, "alert_ids"), "alert_ids", client)
    call = ApiCall("PATCH", filled(CASE_PATH + "/alerts", args, CASE_ID), body={"alerts": wanted}, names_object=True)
    said = f"Add {alerts_counted(len(wanted))} to case {cell(case_id)}"
    if flag(args, "dry_run"):
        return dry_run_result(said, str(call), {"alerts": wanted})
    client.write(call, lambda: None)  # to add what is there already does no harm
    case = read_case(client, case_id)
    return case_counted(case, params, f"Case {cell(case_id)} holds {alerts_counted(case.get('number_of_alerts'))} now")


def required_list(args: Args, name: str) -> Any:
    """A list argument that must not be empty."""
    if not words(args.get(name)):
        raise ValueError(f"{name}: a value is needed.")
    return args[name]


def detach_alerts_case_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-detach-alerts-case: reads all alerts, writes the list without these, reads back what remains."""
    case_id, unwanted = case_id_of(args), set(alert_ids_read(required_list(args, "alert_ids"), "alert_ids", client))
    case, before = alerts_held(client, case_id)
    strange = sorted(unwanted - held_ids(before))
    note = f" Not in the case: {', '.join(strange)}." if strange else ""
    keep = [str(alert["uuid"]) for alert in before if not held_ids([alert]) & unwanted]
    if len(keep) == len(before):
        return case_counted(case, params, f"Nothing was changed.{note}")
    body = {"alerts": keep}
    call = ApiCall("POST", filled(CASE_PATH + "/alerts", args, CASE_ID), body=body, names_object=True)
    if flag(args, "dry_run"):
        what = f"Case {cell(case_id)} keeps {len(keep)} of {alerts_counted(len(before))}.{note}"
        return dry_run_result(what, str(call), body)

    def effect() -> JsonObject | None:
        return None if unwanted & held_ids(alerts_held(client, case_id)[1]) else {}

    client.write(call, effect)
    case, now = alerts_held(client, case_id)
    check_remaining(case_id, keep, unwanted, now)
    said = f"Case {cell(case_id)}: {alerts_counted(len(before) - len(keep))} removed, {len(now)} remain.{note}"
    return case_counted(case, params, said)


def check_remaining(case_id: str, keep: list[str], unwanted: set[str], now: list[JsonObject]) -> None:
    """Raises ValueError when a case holds less, or still holds what it should not, after its list was written."""
    present = held_ids(now)
    lost, stayed = [one for one in keep if one not in present], sorted(unwanted & present)
    if lost:
        raise ValueError(
            f"Case {case_id} lost more than was asked: {', '.join(lost)}. Add them with attach-alerts-case."
        )
    if stayed:
        raise ValueError(f"Case {case_id} still holds {', '.join(stayed)}, though Sekoia took the change. Try again.")


# ---------------------------------------------------------------------------------------------------------------------
# Events, comments, custom fields
# ---------------------------------------------------------------------------------------------------------------------

EVENT_IDS = {"event_ids": Field("event_ids", event_ids_read, True)}
ADD_CASE_EVENTS = Change(
    done="The events are in case {case_id}",
    method="POST",
    path=CASE_PATH + "/events",
    ids=CASE_ID,
    fields=EVENT_IDS,
    repeatable=True,
)
REMOVE_CASE_EVENTS = ADD_CASE_EVENTS._replace(done="The events are out of case {case_id}", method="DELETE")


def case_comment_output(comment: JsonObject, params: Params) -> JsonObject:
    """A comment on a case, with its writer in words."""
    kind = as_text(comment.get("created_by_type"), 100)
    return {
        **comment,
        "user": author_label(kind if kind in AUTHOR_LABELS else "user", as_text(comment.get("created_by"), 100)),
    }


CASE_COMMENT_COLUMNS = {"Time": "created_at", "User": "user", "Comment": "content"}
LIST_CASE_COMMENTS = Listing(
    title="Comments of the case",
    path=CASE_PATH + "/comments",
    prefix="SekoiaXDR.CaseComments",
    columns=CASE_COMMENT_COLUMNS,
    fields={
        "created_by": Field("match[created_by]", ids_listed("profile")),
        "created_at": Field("date[created_at]", window),
        "sort_by": Field("sort", choice("created_at", "created_by", "updated_at")),
        "direction": Field("direction", choice("asc", "desc")),
    },
    ids=CASE_ID,
    shape=case_comment_output,
)


def post_comment_case_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-post-comment-case: once, as comments on alerts."""
    case_id, content = case_id_of(args), required(args, "comment")
    listing_call = ApiCall("GET", filled(CASE_PATH + "/comments", args, CASE_ID), names_object=True)
    call = ApiCall("POST", listing_call.path, body={"content": content}, names_object=True)
    if flag(args, "dry_run"):
        return dry_run_result("Comment on a case", str(call), {"content": content})

    def same(comment: JsonObject) -> bool:
        return comment.get("content") == content and comment.get("created_by_type") == "apikey"

    made = client.post_once(call, listing_call, same, "created_at", iso_moment)
    item = {**case_comment_output(made, params), "case_id": case_id}
    title = f"Comment added to case {cell(case_id)}"
    return CommandResults(
        outputs_prefix="SekoiaXDR.CaseComment",
        outputs_key_field="uuid",
        outputs=item,
        raw_response=made,
        readable_output=object_table(title, [item], CASE_COMMENT_COLUMNS, "", params),
    )


def update_custom_fields_case_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-update-custom-fields-case."""
    case_id, path = case_id_of(args), filled(CASE_PATH + "/custom-fields", args, CASE_ID)
    entries = custom_field_values(client, args)
    call = ApiCall("PATCH", path, body={"custom_fields": entries}, names_object=True)
    if flag(args, "dry_run"):
        return dry_run_result(f"Custom fields of case {cell(case_id)}", str(call), {"custom_fields": entries})
    answer = client.write(call, lambda: None)  # the same values a second time do no harm
    held = [{**one, "case_id": case_id} for one in as_list(answer.get("custom_fields")) if isinstance(one, dict)]
    columns = {"Name": "name", "Value": "value", "Type": "type"}
    return CommandResults(
        outputs_prefix="SekoiaXDR.CaseCustomField",
        outputs_key_field=["case_id", "uuid"],
        outputs=held,
        raw_response=answer,
        readable_output=object_table(f"Custom fields of case {cell(case_id)}", held, columns, "None is set.", params),
    )


CASE_COMMANDS: dict[str, Command] = {
    "sekoia-xdr-list-cases": listing(LIST_CASES),
    "sekoia-xdr-get-case": get_case_command,
    "sekoia-xdr-get-cases-alert": get_cases_alert_command,
    "sekoia-xdr-create-case": create_case_command,
    "sekoia-xdr-update-case": update_case_command,
    "sekoia-xdr-delete-case": delete_case_command,
    "sekoia-xdr-list-alerts-case": list_alerts_case_command,
    "sekoia-xdr-attach-alerts-case": attach_alerts_case_command,
    "sekoia-xdr-detach-alerts-case": detach_alerts_case_command,
    "sekoia-xdr-add-events-case": change(ADD_CASE_EVENTS),
    "sekoia-xdr-remove-events-case": change(REMOVE_CASE_EVENTS),
    "sekoia-xdr-post-comment-case": post_comment_case_command,
    "sekoia-xdr-get-comments-case": listing(LIST_CASE_COMMENTS),
    "sekoia-xdr-get-history-case": get_history_case_command,
    "sekoia-xdr-update-custom-fields-case": update_custom_fields_case_command,
    "sekoia-xdr-list-case-tags": list_case_tags_command,
}
