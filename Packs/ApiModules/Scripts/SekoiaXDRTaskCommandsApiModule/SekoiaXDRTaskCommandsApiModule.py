"""The commands on bulk moves of alerts, on countermeasures, and on the tenant's lists of choices."""

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from CommonServerPython import *
from SekoiaXDRAlertCommandsApiModule import *  # brings the whole frame along

# ---------------------------------------------------------------------------------------------------------------------
# Moving many alerts
# ---------------------------------------------------------------------------------------------------------------------

BULK_NAME = "sekoia-xdr-bulk-update-status-alerts"
BULK_PATH = "/v1/sic/alerts/bulk/workflow/async"
MOST_BULK, IDS_IN_URL = 500, 50
BULK_INTERVAL, BULK_TIMEOUT = 10, 600  # seconds between two looks, and for all of them
# Looks after the tasks are over, for lists may lag behind; and where the API tells of no task, which is not certain.
LAST_LOOKS, BLIND_LOOKS = 2, 6
RUNNING_TASK, FAILED_TASK = {"PENDING", "RUNNING"}, {"FAILED", "CANCELED"}


class BulkRow(NamedTuple):
    """What a bulk move is about to do with one alert; plain texts, since it waits between two runs as JSON."""

    uuid: str
    short_id: str
    before: str
    label: str
    status_uuid: str
    legacy_uuid: str
    verdict_uuid: str

    @property
    def target(self) -> StatusTarget:
        """The status that is asked for."""
        return StatusTarget(self.label, self.status_uuid, legacy_status(self.legacy_uuid))

    def done(self, alert: Mapping[str, Any]) -> bool:
        """Whether the alert is where it should be."""
        judged = not self.verdict_uuid or alert.get("verdict_uuid") == self.verdict_uuid
        return judged and self.target.reached(alert)


def alerts_by_id(client: SekoiaClient, ids: Iterable[str]) -> Iterator[JsonObject]:
    """The alerts of these uuids and short ids, a page of ids a call."""
    wanted = list(ids)
    for kind in ([one for one in wanted if is_uuid(one)], [one for one in wanted if not is_uuid(one)]):
        for first in range(0, len(kind), IDS_IN_URL):
            query = AlertQuery(ids=tuple(kind[first : first + IDS_IN_URL]))
            yield from (alert for alert in client.iter_alerts(query) if isinstance(alert, dict))


def bulk_ids(args: Args) -> list[str]:
    """The validated ids of a bulk move."""
    found = list(dict.fromkeys(validate_id(word, "alert", "AL") for word in words(required(args, "ids"))))
    if not found:
        raise ValueError("ids: a value is needed.")
    if len(found) > MOST_BULK:
        raise ValueError(f"ids: at most {MOST_BULK} alerts can be moved at once, these are {len(found)}.")
    return found


def bulk_rows(client: SekoiaClient, args: Args) -> tuple[list[BulkRow], dict[str, JsonObject]]:
    """What to do with each alert, and the alerts by uuid as they are; ValueError names those that do not exist."""
    ids, wanted, verdict = bulk_ids(args), required(args, "status"), str(args.get("verdict") or "").strip()
    alerts = {as_text(alert.get("uuid")): alert for alert in alerts_by_id(client, ids)}
    known = {as_text(alert.get(key)) for alert in alerts.values() for key in ("uuid", "short_id")}
    missing = [one for one in ids if one not in known and one.casefold() not in known]
    if missing:
        raise ValueError(f"ids: no alert that this key can see has the id {', '.join(missing)}. Nothing was changed.")
    targets: dict[str, tuple[StatusTarget, str]] = {}
    rows = []
    for uuid, alert in alerts.items():
        community = as_text(alert.get("community_uuid"))
        if community not in targets:
            uuid_of_verdict = as_text(resolve_verdict(client, verdict, community).get("uuid")) if verdict else ""
            targets[community] = (resolve_status(client, wanted, community), uuid_of_verdict)
        target, verdict_uuid = targets[community]
        short_id, legacy = as_text(alert.get("short_id"), 100), target.legacy.uuid if target.legacy else ""
        rows.append(BulkRow(uuid, short_id, status_of(alert).label, target.label, target.uuid, legacy, verdict_uuid))
    return rows, alerts


def bulk_calls(rows: Iterable[BulkRow], comment: str) -> list[ApiCall]:
    """One call for the alerts of each target; communities may have statuses of their own."""
    groups: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        groups.setdefault((row.target.action(()), row.verdict_uuid), []).append(row.uuid)
    bodies = [
        {
            "match[uuid]": ",".join(uuids),
            "action_uuid": action,
            **({"verdict_uuid": verdict} if verdict else {}),
            **({"comment": comment} if comment else {}),
        }
        for (action, verdict), uuids in groups.items()
    ]
    return [ApiCall("PATCH", BULK_PATH, body=body) for body in bodies]


def bulk_update_status_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-bulk-update-status-alerts: starts the move, then follows it by its tasks or by the alerts."""
    if args.get("plan"):
        return follow_bulk(client, args)
    rows, alerts = bulk_rows(client, args)
    moving = [row for row in rows if not row.done(alerts[row.uuid])]
    calls = bulk_calls(moving, str(args.get("comment") or "").strip())
    if flag(args, "dry_run"):
        bodies = {str(number): call.body for number, call in enumerate(calls, 1)}
        return dry_run_result(f"{len(moving)} of {len(rows)} alerts would move", f"PATCH {BULK_PATH}", bodies)
    if not moving:
        return bulk_report(rows, alerts, "Every alert was there already: nothing was changed")
    tasks, refusal = bulk_tasks(client, calls)
    said = f"{len(moving)} alerts are being moved to {cell(rows[0].label)}"
    return wait_for_bulk(
        args, rows, tasks, 0, f"{said}, but not all: {cell(refusal, 2000)}" if refusal else said, refusal
    )


def bulk_tasks(client: SekoiaClient, calls: Iterable[ApiCall]) -> tuple[list[str], str]:
    """The tasks of the calls up to the first that Sekoia refuses, and its words.

    A refusal of the very first is raised: nothing has moved then. After that the user has to learn what did move.
    """
    tasks: list[str] = []
    for call in calls:
        try:
            tasks.append(bulk_task(client, call))
        except SekoiaError as error:
            if not tasks:
                raise
            return tasks, str(error)
    return tasks, ""


def bulk_task(client: SekoiaClient, call: ApiCall) -> str:
    """Sends a move once and gives its task; '' where nobody knows whether it arrived, which the alerts will tell."""
    try:
        return as_text(client.write(call).get("task_id"), 100)
    except SekoiaDoubtful:
        return ""


def wait_for_bulk(
    args: Args, rows: Iterable[BulkRow], tasks: list[str], looks: int = 0, said: str = "", refusal: str = ""
) -> CommandResults:
    """Comes back later with all that has to be known then; only the first wait is worth an entry."""
    plan = json.dumps({"rows": [list(row) for row in rows], "tasks": tasks, "looks": looks, "refusal": refusal})
    again = ScheduledCommand(BULK_NAME, BULK_INTERVAL, {**args, "plan": plan}, BULK_TIMEOUT)
    return CommandResults(readable_output=f"### {said}" if said else None, scheduled_command=again)


def task_state(client: SekoiaClient, task: str) -> str:
    """PENDING, RUNNING, FINISHED, FAILED or CANCELED; '' where the API does not tell."""
    if not is_uuid(task):
        return ""
    try:
        found = client.read_object(ApiCall("GET", f"/v1/tasks/{task}", names_object=True))
    except (SekoiaNotFound, SekoiaPermissionError, SekoiaBadResponse):
        return ""
    return as_text(found.get("status"), 100).upper()


def read_plan(text: str) -> tuple[list[BulkRow], list[str], int, str]:
    """What `wait_for_bulk` kept; ValueError for anything that it cannot have written."""
    try:
        plan = json.loads(text)
        rows = [BulkRow(*map(str, row)) for row in plan["rows"]]
        tasks, looks = [str(task) for task in plan["tasks"]], int(plan["looks"])
        refusal = as_text(plan.get("refusal"))
    except (ValueError, TypeError, KeyError):
        rows, tasks, looks, refusal = [], [], 0, ""
    if not rows or not all(is_uuid(row.uuid) for row in rows):
        raise ValueError("plan: is what the command keeps for itself between two looks; leave it out.")
    return rows, tasks, looks, refusal


def follow_bulk(client: SekoiaClient, args: Args) -> CommandResults:
    """Looks at the tasks, and once they are over at the alerts; reports what each alert is in the end."""
    rows, tasks, looks, refusal = read_plan(args["plan"])
    states = [task_state(client, task) for task in tasks]
    if RUNNING_TASK & set(states):
        return wait_for_bulk(args, rows, tasks, looks, refusal=refusal)
    alerts = {as_text(alert.get("uuid")): alert for alert in alerts_by_id(client, [row.uuid for row in rows])}
    left = [row for row in rows if not row.done(alerts.get(row.uuid, {}))]
    failed = sorted(FAILED_TASK & set(states))
    if left and not failed and looks < (LAST_LOOKS if all(states) else BLIND_LOOKS):
        return wait_for_bulk(args, rows, tasks, looks + 1, refusal=refusal)
    title = f"{len(rows) - len(left)} of {len(rows)} alerts are in the status {cell(rows[0].label)}"
    says = [f"task {', '.join(failed).lower()}"] if failed else []
    says += [cell(refusal, 2000)] if refusal else []
    return bulk_report(rows, alerts, f"{title}; Sekoia says: {'; '.join(says)}" if says else title)


def bulk_report(rows: Iterable[BulkRow], alerts: Mapping[str, JsonObject], title: str) -> CommandResults:
    """What each alert is at the end."""
    entries, table = [], []
    for row in rows:
        alert = alerts.get(row.uuid, {})
        now, done = status_of(alert).label or "gone", row.done(alert)
        changed = now != row.before
        result = "moved" if done and changed else "was there already" if done else f"not moved to {row.label}"
        entry = {"uuid": row.uuid, "short_id": row.short_id, "previous_status": row.before, "status": now}
        entries.append({**entry, "changed": changed, "reached": done})
        table.append(
            {"Alert": cell(row.short_id), "Before": cell(row.before), "Now": cell(now), "Result": cell(result)}
        )
    return CommandResults(
        outputs_prefix="SekoiaXDR.StatusUpdate",
        outputs_key_field="uuid",
        outputs=entries,
        readable_output=markdown_table(title, table, ""),
    )


# ---------------------------------------------------------------------------------------------------------------------
# Countermeasures
# ---------------------------------------------------------------------------------------------------------------------

COUNTERMEASURE_DECISIONS = {"activate": "activated", "deny": "denied"}


def decision_of(one: Mapping[str, Any]) -> str:
    """activated, denied, or '' while a countermeasure waits for a decision."""
    return next((done for done in COUNTERMEASURE_DECISIONS.values() if one.get(f"{done}_at")), "")


def countermeasure_view(one: JsonObject, params: Params) -> JsonObject:
    """A countermeasure with what was decided about it, in a word."""
    return {**one, "decision": decision_of(one) or "waiting"}


COUNTERMEASURE_COLUMNS = {
    "Countermeasure": "name",
    "Decision": "decision",
    "Relevance": "relevance",
    "Steps": "action_steps.description",
    "Created": "created_at",
    "Id": "uuid",
}
COUNTERMEASURES = Listing(
    title="Countermeasures of the alert",
    path="/v1/sic/alerts/{alert_id}/countermeasures",
    prefix="SekoiaXDR.Countermeasure",
    columns=COUNTERMEASURE_COLUMNS,
    ids={"alert_id": ("alert", "AL")},
    fields={"status": Field("match[status]", listed)},
    shape=countermeasure_view,
)


def countermeasure_of(client: SekoiaClient, alert_id: str, uuid: str) -> JsonObject:
    """A countermeasure of an alert; ValueError lists the ones that the alert has."""
    call = ApiCall("GET", alert_path(alert_id, "/countermeasures"), names_object=True)
    every = [one for one in client.iter_items(call) if isinstance(one, dict)]
    for one in every:
        if as_text(one.get("uuid")).casefold() == uuid.casefold():
            return one
    listed_ones = ", ".join(f"{as_text(one.get('name'), 200)} ({one.get('uuid')})" for one in every)
    raise ValueError(f"id: the alert {alert_id} has no countermeasure {uuid}. It has: {listed_ones or 'none'}.")


def countermeasure_ids(args: Args) -> tuple[str, str]:
    """The validated ids of an alert and of a countermeasure."""
    return alert_id_of(args, "alert_id"), validate_id(required(args, "id"), "countermeasure", None)


def decide_countermeasure(act: str, client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-activate-countermeasure and -deny-countermeasure: deciding the same twice succeeds and says so."""
    alert_id, uuid = countermeasure_ids(args)
    done, comment = (
        COUNTERMEASURE_DECISIONS[act],
        said_comment(args, f"{COUNTERMEASURE_DECISIONS[act].capitalize()} from Cortex XSOAR"),
    )
    one = countermeasure_of(client, alert_id, uuid)
    call = ApiCall(
        "PATCH", f"/v1/sic/alerts/countermeasures/{uuid}/{act}", body={"comment": comment}, names_object=True
    )
    if decision_of(one):
        return decided_already(one, done, args, params)
    if flag(args, "dry_run"):
        return dry_run_result(f"Countermeasure {cell(one.get('name'))}: {done}", str(call), call.body or {})

    def effect() -> JsonObject | None:
        now = countermeasure_of(client, alert_id, uuid)
        return now if decision_of(now) == done else None

    try:
        answer = client.write(call, effect)
    except SekoiaConflict as error:
        now = countermeasure_of(client, alert_id, uuid)
        if decision_of(now):
            return decided_already(now, done, args, params)
        raise ValueError(f"Countermeasure '{as_text(one.get('name'), 200)}' cannot be {done}: {error}") from error
    return countermeasure_result({**one, **answer}, f"Countermeasure {done}", args, params)


def decided_already(one: JsonObject, done: str, args: Args, params: Params) -> CommandResults:
    """Says that the decision was taken before; ValueError when it was the other one."""
    name, was = as_text(one.get("name"), 200), decision_of(one)
    when = local_time(one.get(f"{was}_at"), params.timezone)
    if was != done:
        raise ValueError(f"Countermeasure '{name}' was {was} on {when}: it cannot be {done} any more.")
    return countermeasure_result(one, f"Already {done} on {when}: nothing was changed", args, params)


def countermeasure_result(one: JsonObject, title: str, args: Args, params: Params) -> CommandResults:
    """A countermeasure after a command."""
    item = {**countermeasure_view(one, params), "alert_id": str(args.get("alert_id")).strip()}
    return CommandResults(
        outputs_prefix="SekoiaXDR.Countermeasure",
        outputs_key_field="uuid",
        outputs=item,
        readable_output=object_table(title, [item], COUNTERMEASURE_COLUMNS, "", params),
    )


def said_comment(args: Args, otherwise: str = "") -> JsonObject:
    """A comment as the API takes it; ValueError when there is none or its author's name is too long."""
    content, author = str(args.get("comment") or otherwise).strip(), comment_author(args)
    if not content:
        required(args, "comment")
    return {"content": content, **({"author": author} if author else {})}


def comment_of_list(item: JsonObject) -> JsonObject:
    """A comment as it was answered when written: the list writes its time as `created_at` and tells the alert too."""
    kept = {name: item.get(name) for name in ("uuid", "content", "author", "created_by", "created_by_type")}
    return {**kept, "date": item.get("date") or item.get("created_at")}


def comment_countermeasure_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-comment-countermeasure: after a doubtful answer the comments are read before it is sent again."""
    uuid, body = validate_id(required(args, "id"), "countermeasure", None), said_comment(args)
    path = f"/v1/sic/alerts/countermeasures/{uuid}/comments"
    call = ApiCall("POST", path, body=body, names_object=True)
    if flag(args, "dry_run"):
        return dry_run_result("Comment on a countermeasure", str(call), body)
    reading = ApiCall("GET", path, names_object=True)
    before = {as_text(as_dict(one).get("uuid")) for one in client.iter_items(reading)}

    def effect() -> JsonObject | None:
        found = [one for one in client.iter_items(reading) if isinstance(one, dict)]
        fresh = [one for one in found if as_text(one.get("uuid")) not in before]
        return next((comment_of_list(one) for one in fresh if one.get("content") == body["content"]), None)

    written = comment_output(client.write(call, effect), "")
    del written["alert_id"]
    return CommandResults(
        outputs_prefix="SekoiaXDR.CountermeasureComment",
        outputs_key_field="uuid",
        outputs={**written, "countermeasure_id": uuid},
        readable_output=markdown_table(
            "Comment added to the countermeasure", [comment_row(written, params.timezone)], ""
        ),
    )


# ---------------------------------------------------------------------------------------------------------------------
# What can be chosen
# ---------------------------------------------------------------------------------------------------------------------


def alert_type_view(item: JsonObject, params: Params) -> JsonObject:
    """A type of alerts as {value, category}, whichever of the two lists it comes from."""
    category = item.get("category_name") or as_dict(item.get("category")).get("name") or item.get("category")
    return {**item, "value": item.get("value") or item.get("name"), "category": as_text(category, 200)}


def custom_field_view(item: JsonObject, params: Params) -> JsonObject:
    """A custom field with its options as texts."""
    return {**item, "options": custom_field_options(item)}


CHOICE_COLUMNS = {"Label": "label", "Description": "description", "Stage": "stage", "Used": "is_used", "Id": "uuid"}
STATUS_CHOICES = Listing(
    title="Statuses",
    path="/v1/sic/custom_statuses",
    prefix="SekoiaXDR.CustomStatus",
    columns={**CHOICE_COLUMNS, "For": "type"},
    fields={"type": Field("match[type]", choice("alert", "case"))},
)
VERDICT_CHOICES = Listing("Verdicts", "/v1/sic/custom_verdicts", "SekoiaXDR.CustomVerdict", CHOICE_COLUMNS)
PRIORITY_CHOICES = Listing(
    title="Priorities of cases",
    path="/v1/sic/custom_priorities",
    prefix="SekoiaXDR.CustomPriority",
    columns={"Label": "label", "Description": "description", "Level": "level", "Used": "is_used", "Id": "uuid"},
)
FIELD_CHOICES = Listing(
    title="Custom fields",
    path="/v1/sic/custom-fields",
    prefix="SekoiaXDR.CustomField",
    columns={"Name": "name", "Slug": "slug", "Type": "type", "Options": "options", "Id": "uuid"},
    fields={
        "name": Field("name", listed),
        "sort_by": Field("sort", choice("name", "created_at", "updated_at")),
        "direction": Field("direction", choice("asc", "desc")),
    },
    shape=custom_field_view,
)
KILL_CHAIN_COLUMNS = {"Order": "order_id", "Name": "name", "Description": "description", "Id": "short_id"}
KILL_CHAIN_STAGES = Listing(
    title="Stages of the kill chain",
    path="/v1/sic/kill-chains",
    prefix="SekoiaXDR.KillChain",
    columns=KILL_CHAIN_COLUMNS,
    fields={"name": Field("match[name]", listed)},
)
TYPE_COLUMNS = {"Type": "value", "Category": "category"}
ALERT_TYPES = Listing(
    title="Types of alerts",
    path="/v1/sic/conf/alerts/types",
    prefix="SekoiaXDR.AlertType",
    columns=TYPE_COLUMNS,
    fields={"category": Field("match[category_name]", listed), "name": Field("match[type_name]", listed)},
    key="value",
    shape=alert_type_view,
)
OBSERVED_TYPES = ALERT_TYPES._replace(
    title="Types of the alerts of the last 90 days",
    path="/v1/sic/alerts/types",
    fields={"category": Field("match[category]", listed), "name": Field("match[value]", listed)},
)


def list_alert_types_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-list-alert-types: the catalogue, or the types met in the last 90 days."""
    return list_objects(OBSERVED_TYPES if flag(args, "observed") else ALERT_TYPES, client, args, params)


def get_kill_chain_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-get-kill-chain: by uuid or short id, or by the name of the stage."""
    wanted = required(args, "kill_chain_uuid")
    if is_uuid(wanted) or re.fullmatch(r"KC[0-9A-Za-z]{6,20}|TA\d{4}", wanted):
        stage = client.read_object(ApiCall("GET", f"/v1/sic/kill-chains/{wanted}", names_object=True))
    else:
        stage = find_kill_chain(client, wanted, "kill_chain_uuid")
    return CommandResults(
        outputs_prefix="SekoiaXDR.KillChain",
        outputs_key_field="uuid",
        outputs=stage,
        readable_output=object_table("Stage of the kill chain", [stage], KILL_CHAIN_COLUMNS, "", params),
    )


TASK_COMMANDS: dict[str, Command] = {
    "sekoia-xdr-bulk-update-status-alerts": bulk_update_status_command,
    "sekoia-xdr-list-countermeasures": listing(COUNTERMEASURES),
    "sekoia-xdr-activate-countermeasure": functools.partial(decide_countermeasure, "activate"),
    "sekoia-xdr-deny-countermeasure": functools.partial(decide_countermeasure, "deny"),
    "sekoia-xdr-comment-countermeasure": comment_countermeasure_command,
    "sekoia-xdr-list-statuses": listing(STATUS_CHOICES),
    "sekoia-xdr-list-verdicts": listing(VERDICT_CHOICES),
    "sekoia-xdr-list-priorities": listing(PRIORITY_CHOICES),
    "sekoia-xdr-list-custom-fields": listing(FIELD_CHOICES),
    "sekoia-xdr-list-kill-chains": listing(KILL_CHAIN_STAGES),
    "sekoia-xdr-get-kill-chain": get_kill_chain_command,
    "sekoia-xdr-list-alert-types": list_alert_types_command,
}
