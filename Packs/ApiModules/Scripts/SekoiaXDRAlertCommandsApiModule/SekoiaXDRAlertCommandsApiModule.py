"""The commands on alerts: find, read, count, move, close, edit, judge, comment."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from CommonServerPython import *
from SekoiaXDRResourceApiModule import *  # brings the whole frame along

SORT_FIELDS = (
    "created_at",
    "updated_at",
    "urgency",
    "status",
    "target",
    "source",
    "entity",
    "type",
    "rule_name",
    "similar",
)
MOST_IDS = 100  # alerts that one question may name: the address of a call must not grow without bounds

# ---------------------------------------------------------------------------------------------------------------------
# Which alerts
# ---------------------------------------------------------------------------------------------------------------------


def in_one_piece(value: Any, name: str, client: SekoiaClient) -> str:
    """A text that commas do not divide; the API has no way to write one that holds a comma."""
    return joined_values(name, [str(value)])


def ids_listed(kind: str, prefix: str | None = None, short_only: bool = False) -> Reader:
    """Identifiers of that kind, as the comma list of a query."""

    def read(value: Any, name: str, client: SekoiaClient) -> str:
        found = [validate_id(word, kind, prefix) for word in words(value)]
        if short_only and any(is_uuid(one) for one in found):
            raise ValueError(f"{name}: Sekoia finds alerts by short ids such as {prefix}a1B2c3D4e5 only, not by uuids.")
        return ",".join(found)

    return read


def verdicts_named(value: Any, name: str, client: SekoiaClient) -> str:
    """The tenant's verdicts of these labels, stages or uuids: all that fit, since communities may share a label."""
    verdicts = [verdict for verdict in client.custom_verdicts() if isinstance(verdict, dict)]
    fits = {word: labelled(verdicts, word, "") for word in words(value)}
    found = [one for word, some in fits.items() for one in some or [the_one("verdict", word, [], verdicts, "verdict")]]
    return ",".join(dict.fromkeys(as_text(one.get("uuid")) for one in found))


def people_named(value: Any, name: str, client: SekoiaClient) -> str:
    """The people with these e-mails, names or uuids."""
    return ",".join(resolve_assignee(client, word, "", name) for word in words(value))


def entities_named(value: Any, name: str, client: SekoiaClient) -> str:
    """The entities of these names or uuids, as uuids."""
    return ",".join(entity_uuid(client, word, name) for word in words(value))


def entity_uuid(client: SekoiaClient, wanted: str, name: str) -> str:
    """The uuid of an entity; ValueError for a name that no entity of the tenant has."""
    if is_uuid(wanted):
        return wanted.casefold()
    call = ApiCall("GET", "/v1/sic/conf/entities", {"match[name]": joined_values(name, [wanted])})
    found = [as_text(as_dict(one).get("uuid")) for one in client.iter_items(call)]
    if not found:
        raise ValueError(f"{name}: no entity of this tenant is called '{wanted}'.")
    return ",".join(found)


def fields_named(value: Any, name: str, client: SekoiaClient) -> str:
    """Custom fields that an alert holds, each written as its name, or as name:value."""
    pairs = [word.partition(":") for word in words(value)]
    known = custom_field_definitions(client)
    return ",".join(f"{custom_field_of(known, field, name)['uuid']}{colon}{held}" for field, colon, held in pairs)


def similar_alert(value: Any, name: str, client: SekoiaClient) -> str:
    """The short id of an alert, which is the only one that the API takes here."""
    wanted = validate_id(str(value), "alert", "AL")
    return as_text(client.get_alert(wanted).get("short_id")) if is_uuid(wanted) else wanted


ALERT_FILTERS: Fields = {
    "title": Field("match[resolved_title]", in_one_piece),
    "title_template": Field("match[title]", in_one_piece),
    "alerts_category": Field("match[type_category]", listed),
    "urgency_label": Field("match[urgency_display]", listed),
    "rule_uuid": Field("match[rule_uuid]", ids_listed("rule")),
    "detection_type": Field("match[detection_type]", listed),
    "asset": Field("match[asset_uuid]", ids_listed("asset")),
    "source": Field("match[source]", listed),
    "target": Field("match[target]", listed),
    "node": Field("match[node]", listed),
    "stix_object": Field("match[stix_object]", listed),
    "case": Field("match[case_short_id]", ids_listed("case", "CA", short_only=True)),
    "is_assigned_to_case": Field("is_assigned_to_case", yes_no),
    "community": Field("match[community_uuid]", ids_listed("community")),
    "occurrences": Field("range[similar]", between(0, 1_000_000_000)),
    "visible": Field("visible", yes_no),
    "exclude_type": Field("nomatch[type_value]", listed),
    "exclude_urgency_label": Field("nomatch[urgency_display]", listed),
    "exclude_detection_type": Field("nomatch[detection_type]", listed),
    "exclude_asset": Field("nomatch[asset_uuid]", ids_listed("asset")),
    "exclude_source": Field("nomatch[source]", listed),
    "exclude_target": Field("nomatch[target]", listed),
    "exclude_stix_object": Field("nomatch[stix_object]", listed),
}
# These ask the API for the ids of what users name, so they are read when all others are known to be good.
NAMED_ALERT_FILTERS: Fields = {
    "similar_to": Field("similar_to", similar_alert),
    "verdict": Field("match[verdict_uuid]", verdicts_named),
    "exclude_verdict": Field("nomatch[verdict_uuid]", verdicts_named),
    "assignee": Field("match[assignee]", people_named),
    "exclude_assignee": Field("nomatch[assignee]", people_named),
    "exclude_entity": Field("nomatch[entity_uuid]", entities_named),
    "custom_field": Field("match[custom_field]", fields_named),
}


def alert_filters(client: SekoiaClient, args: Args) -> AlertQuery:
    """The alerts that the arguments ask for, in no order; ValueError naming the argument at fault."""
    types = words(args.get("alerts_type")) or words(args.get("Alerts type"))
    statuses, stages = words(args.get("status")), words(args.get("stage"))
    if statuses and stages:
        raise ValueError("stage: give a status or a stage, not both.")
    excluded = by_name_or_uuid(words(args.get("exclude_rule")), "exclude_rule", "rule_name", "rule_uuid")
    query = AlertQuery(
        ids=alert_ids(args),
        types=tuple(TYPE_SPELLINGS.get(word, word) for word in types),
        urgency=number_range(args.get("urgency"), "urgency"),
        created=parse_window(args.get("created_at"), "created_at"),
        updated=parse_window(args.get("updated_at"), "updated_at"),
        extra={
            **as_query(passed_on(client, args, ALERT_FILTERS)),
            **{f"nomatch[{key}]": joined_values("exclude_rule", values) for key, values in excluded.items()},
        },
        sort="",
        direction="",
        **by_name_or_uuid(words(args.get("entity")), "entity", "entity_names", "entity_uuids"),  # type: ignore[arg-type]
        **by_name_or_uuid(words(args.get("rule")), "rule", "rule_names", "rule_uuids"),  # type: ignore[arg-type]
    )
    query.params()  # refuses what the API has no way to write, before anything is asked
    wanted = stage_filter(client, stages) if stages else status_filter(client, statuses)
    named = {**status_exclusion(client, args), **as_query(passed_on(client, args, NAMED_ALERT_FILTERS))}
    return query._replace(**wanted, extra={**query.extra, **named})  # type: ignore[arg-type]


def alert_ids(args: Args) -> tuple[str, ...]:
    """The alerts named one by one: all by uuid or all by short id."""
    found = tuple(dict.fromkeys(validate_id(word, "alert", "AL") for word in words(args.get("ids"))))
    if len(found) > MOST_IDS:
        raise ValueError(f"ids: at most {MOST_IDS} alerts can be named at once, these are {len(found)}.")
    return found


def stage_filter(client: SekoiaClient, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The query field for the statuses of some stages: the tenant's own, or the built-in ones where it shows none."""
    stages = {one_of({"stage": name.replace(" ", "_")}, "stage", STAGES) for name in names}
    tenant = tenant_statuses(client)
    if not tenant:
        return {"status_names": tuple(status.name for status in LEGACY_STATUSES if status.stage in stages)}
    return {"custom_status_uuids": tuple(as_text(one.get("uuid")) for one in tenant if stage_of(one) in stages)}


def status_exclusion(client: SekoiaClient, args: Args) -> dict[str, str]:
    """The query field that leaves out alerts in these statuses."""
    names = words(args.get("exclude_status"))
    tenant = tenant_statuses(client) if names else []
    if names and not tenant:
        known = [legacy_status(name) for name in names]
        if not all(known):
            raise unknown_status(", ".join(names), tenant)
        return {"nomatch[status_uuid]": ",".join(status.uuid for status in known if status)}
    uuids = dict.fromkeys(uuid for name in names for uuid in tenant_uuids(tenant, name))
    return {"nomatch[custom_status_uuid]": ",".join(uuids)} if uuids else {}


def alerts_result(
    alerts: Iterable[Any], params: Params, prefix: str, title: str, note: str = "", **more: Any
) -> CommandResults:
    """Alerts as a table and in context; `more` is added to each of them in context."""
    found = [alert for alert in alerts if isinstance(alert, dict)]
    return CommandResults(
        outputs_prefix=prefix,
        outputs_key_field="short_id",
        outputs=[{**alert_output(alert, params), **more} for alert in found],
        raw_response=found,
        readable_output=markdown_table(
            f"{title} ({len(found)})",
            [alert_row(alert, params) for alert in found],
            "No alert matches these filters.",
        )
        + note,
    )


def list_alerts_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-list-alerts."""
    wanted = pages_wanted(args, API_PAGE_SIZE)
    order = {"sort": one_of(args, "sort_by", SORT_FIELDS), "direction": one_of(args, "direction", ("desc", "asc"))}
    query = alert_filters(client, args)._replace(**order)  # type: ignore[arg-type]
    alerts, note = read_list(client, LISTING._replace(params=query.params()), wanted, API_PAGE_SIZE)
    return alerts_result(alerts, params, "SekoiaXDR.ListAlerts", "Sekoia alerts", note)


def list_similar_alerts_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-list-similar-alerts."""
    wanted, alert_id = pages_wanted(args, API_PAGE_SIZE), alert_id_of(args)
    short_id = similar_alert(alert_id, "id", client)
    query = AlertQuery(extra={"similar_to": short_id}, direction="desc")
    alerts, note = read_list(client, LISTING._replace(params=query.params()), wanted, API_PAGE_SIZE)
    title = f"Alerts similar to {cell(short_id)}"
    return alerts_result(alerts, params, "SekoiaXDR.SimilarAlerts", title, note, similar_to=short_id)


def count_alerts_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-count-alerts."""
    query = alert_filters(client, args)
    total = client.alerts_page(query, 1).total
    if total is None:  # servers may leave the number out of the list; counting by itself is slower
        total = client.read_object(ApiCall("GET", "/v1/sic/alerts/count", query.params())).get("total")
    return CommandResults(
        outputs_prefix="SekoiaXDR.AlertCount",
        outputs={"total": total},
        replace_existing=True,
        readable_output=f"### {cell(total)} alerts match these filters",
    )


def get_alert_statistics_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-get-alert-statistics."""
    query = {**alert_filters(client, args).params(), "with_custom_status": "true"}
    found = client.read_page(ApiCall("GET", "/v1/sic/alerts/statistics", query)).items
    items = [item for item in found if isinstance(item, dict)]
    rows = [
        {"Of": cell(item.get("label")), "Value": cell(bucket.get("key")), "Alerts": cell(bucket.get("count"))}
        for item in items
        for bucket in map(as_dict, as_list(item.get("buckets")))
    ]
    return CommandResults(
        outputs_prefix="SekoiaXDR.AlertStatistics",
        outputs_key_field="id",
        outputs=items,
        readable_output=markdown_table("Statistics of the alerts", rows, "No alert matches these filters."),
    )


def get_soc_kpis_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-get-soc-kpis."""
    asked = as_query(passed_on(client, args, KPI_FILTERS))
    kpis = client.read_object(ApiCall("GET", "/v1/sic/statistics/alerts/soc_kpis", asked))
    rows = [
        {"Mean time to": cell(name.removeprefix("mean_time_to_")), "Seconds": cell(value), "Time": spoken_length(value)}
        for name, value in kpis.items()
        if name.startswith("mean_time_to_")
    ]
    return CommandResults(
        outputs_prefix="SekoiaXDR.SocKpis",
        outputs=kpis,
        replace_existing=True,
        readable_output=markdown_table("Response times of the team", rows, "Sekoia gave no time."),
    )


KPI_FILTERS: Fields = {
    "created_at": Field("date[created_at]", window),
    "community": Field("match[community_uuid]", ids_listed("community")),
}


def spoken_length(seconds: Any) -> str:
    """Seconds as days, hours and minutes; 'none' where there is no value."""
    whole_seconds = as_int(seconds)
    if whole_seconds is None:
        return "none"
    minutes, rest = divmod(max(0, whole_seconds), 60)
    parts = (("d", minutes // 1440), ("h", minutes // 60 % 24), ("min", minutes % 60), ("s", rest))
    return " ".join(f"{number} {unit}" for unit, number in parts if number) or "0 s"


# ---------------------------------------------------------------------------------------------------------------------
# One alert
# ---------------------------------------------------------------------------------------------------------------------


def get_alert_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-get-alert."""
    alert = client.get_alert(alert_id_of(args), comments=True, history=True, countermeasures=True, cases=True)
    details = safe_markdown(as_text(alert.get("details"), 5000))
    table = markdown_table(f"Sekoia alert {cell(alert.get('short_id'))}", [alert_row(alert, params)], "")
    return CommandResults(
        outputs_prefix="SekoiaXDR.Alert",
        outputs_key_field="uuid",
        outputs=alert_output(alert, params),
        raw_response=alert,
        readable_output=f"{table}\n\n{details}" if details else table,
    )


def status_result(alert: Mapping[str, Any], before: Status, after: str, changed: bool, text: str) -> CommandResults:
    """What a status command reports: `SekoiaXDR.StatusUpdate`, one entry an alert."""
    return CommandResults(
        outputs_prefix="SekoiaXDR.StatusUpdate",
        outputs_key_field="uuid",
        outputs={
            "uuid": as_text(alert.get("uuid"), 100),
            "short_id": as_text(alert.get("short_id"), 100),
            "previous_status": before.label,
            "status": after,
            "changed": changed,
        },
        readable_output=f"### {text}",
    )


def moves_of(client: SekoiaClient, alert_id: str) -> list[dict[str, Any]]:
    """The moves that an alert allows now; what is no object is left out."""
    return [action for action in client.get_workflow(alert_id) if isinstance(action, dict)]


def allowed_moves(client: SekoiaClient, alert_id: str) -> str:
    """The moves that an alert allows now, as a sentence."""
    names = [as_text(action.get("name"), 100) for action in moves_of(client, alert_id)]
    return f"Allowed now: {', '.join(names)}." if names else "The alert allows no move now."


def move_alert(client: SekoiaClient, alert_id: str, target: StatusTarget, comment: str | None) -> None:
    """Moves an alert through its workflow.

    Raises ValueError, with the moves that are allowed, when Sekoia refuses this one.
    """
    action = target.action(moves_of(client, alert_id))
    try:
        client.set_status(alert_id, action, comment, reached=target.reached)
    except (SekoiaConflict, SekoiaBadRequest) as error:
        if target.reached(client.get_alert(alert_id)):
            return
        raise ValueError(f"Status '{target.label}' was refused: {error} {allowed_moves(client, alert_id)}") from error


def unsaid(comment: str | None) -> str:
    """What to say of a comment that went with a change that was not needed."""
    return ". The comment was not stored: use !sekoia-xdr-post-comment-alert to add it" if comment else ""


def update_status_alert_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-update-status-alert."""
    alert_id, wanted = alert_id_of(args), required(args, "status")
    alert = client.get_alert(alert_id)
    target, before = resolve_status(client, wanted, as_text(alert.get("community_uuid"))), status_of(alert)
    name = cell(alert.get("short_id") or alert_id)
    comment = str(args.get("comment") or "") or None
    if target.reached(alert):
        text = f"Alert {name} already has the status {cell(before.label)}: nothing was changed{unsaid(comment)}"
        return status_result(alert, before, before.label, False, text)
    if flag(args, "dry_run"):
        body = {"action_uuid": target.action(moves_of(client, alert_id)), "comment": comment}
        return dry_run_result(
            f"Alert {name}: {cell(before.label)} → {cell(target.label)}",
            f"PATCH /v1/sic/alerts/{alert_id}/workflow",
            body,
        )
    move_alert(client, alert_id, target, comment)
    text = f"Alert {name}: {cell(before.label)} → {cell(target.label)}"
    return status_result(alert, before, target.label, True, text)


def closed_with(alert: Mapping[str, Any], verdict: Mapping[str, Any]) -> bool:
    """Whether the alert is closed and carries this verdict."""
    return status_of(alert).stage == CLOSED and alert.get("verdict_uuid") == verdict["uuid"]


def close_body(target: StatusTarget, alert: Mapping[str, Any], verdict: Mapping[str, Any], comment: str) -> Args:
    """The one PATCH that closes with a verdict; the status of an alert that is closed already stays."""
    body: Args = {"verdict_uuid": verdict["uuid"]}
    if status_of(alert).stage == CLOSED:
        return {**body, "comment": comment} if comment else body
    key = {"custom_status_uuid": target.uuid} if target.uuid else {"status_uuid": target.action(())}
    return {**body, **key, "comment": comment}


def close_alert_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-close-alert: closes with an optional verdict; closing a closed alert succeeds and says so."""
    alert_id = alert_id_of(args)
    alert = client.get_alert(alert_id)
    community, before = as_text(alert.get("community_uuid")), status_of(alert)
    target = resolve_status(client, str(args.get("status") or "Closed"), community)
    if target.stage in (OPEN, IN_PROGRESS):
        raise ValueError(f"status: '{target.label}' does not close an alert. Choose a status of the stage Closed.")
    closed = before.stage == CLOSED
    comment = str(args.get("comment") or "") or ("" if closed else params.close_notes)
    name = cell(alert.get("short_id") or alert_id)
    wanted = str(args.get("verdict") or "").strip()
    verdict = resolve_verdict(client, wanted, community) if wanted else None
    if closed and (verdict is None or alert.get("verdict_uuid") == verdict["uuid"]):
        text = f"Alert {name} is closed already ({cell(before.label)}): nothing was changed{unsaid(comment)}"
        return status_result(alert, before, before.label, False, text)
    if flag(args, "dry_run"):
        return close_dry_run(client, alert_id, target, alert, verdict, comment)
    if verdict is None:
        close_by_workflow(client, alert_id, target, comment)
    else:
        body = close_body(target, alert, verdict, comment)
        client.edit_alert(alert_id, body, reached=lambda now: closed_with(now, verdict))
    after = before.label if closed else target.label
    said = f" with the verdict {cell(verdict.get('label'))}" if verdict else ""
    return status_result(alert, before, after, True, f"Alert {name}: {cell(before.label)} → {cell(after)}{said}")


def close_by_workflow(client: SekoiaClient, alert_id: str, target: StatusTarget, comment: str) -> None:
    """Closes without a verdict, and says how to add one where the tenant demands it."""
    try:
        move_alert(client, alert_id, target, comment)
    except ValueError as error:
        raise ValueError(f"{error} Tenants can demand a verdict to close an alert: try again with verdict=…") from error


def close_dry_run(
    client: SekoiaClient,
    alert_id: str,
    target: StatusTarget,
    alert: Mapping[str, Any],
    verdict: Mapping[str, Any] | None,
    comment: str,
) -> CommandResults:
    """The call that closing would send."""
    what = f"Close alert {cell(alert.get('short_id') or alert_id)}"
    if verdict:
        return dry_run_result(what, f"PATCH /v1/sic/alerts/{alert_id}", close_body(target, alert, verdict, comment))
    body = {"action_uuid": target.action(moves_of(client, alert_id)), "comment": comment}
    return dry_run_result(what, f"PATCH /v1/sic/alerts/{alert_id}/workflow", body)


def comment_output(comment: Mapping[str, Any], alert_id: str) -> dict[str, Any]:
    """A comment for the context: its date as ISO 8601 UTC and a readable `user` beside the raw author."""
    author = as_text(comment.get("author"), 200)
    return {
        **comment,
        "date": iso_time(as_epoch(comment.get("date"))),
        "user": author_label(author, as_text(comment.get("created_by"), 100)),
        "alert_id": alert_id,
    }


AUTHOR_LABELS = {"user": "User with id {id}", "apikey": "Commented via API", "application": "Sekoia.io"}


def author_label(author: str, created_by: str) -> str:
    """Who wrote a comment, in words: Sekoia writes `apikey:<uuid>` or `user:<uuid>` where no name was given."""
    kind = author.partition(":")[0]
    return AUTHOR_LABELS[kind].format(id=created_by) if kind in AUTHOR_LABELS else author or "unknown"


def comment_row(comment: Mapping[str, Any], zone: str) -> dict[str, str]:
    """One comment as a row of a readable table."""
    return {
        "Date": local_time(comment.get("date"), zone),
        "User": cell(comment.get("user")),
        "Comment": cell(comment.get("content"), 2000),
    }


def comment_author(args: Args) -> str | None:
    """The name shown as author, None for the API key itself; ValueError for a name that Sekoia does not take."""
    author = str(args.get("author") or "").strip() or None
    if author and len(author) > 32:
        raise ValueError(f"author: Sekoia takes at most 32 characters, this name has {len(author)}.")
    return author


def post_comment_alert_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-post-comment-alert."""
    alert_id, content = alert_id_of(args), required(args, "comment")
    author = comment_author(args)
    if flag(args, "dry_run"):
        body = {"content": content, **({"author": author} if author else {})}
        return dry_run_result("Comment on an alert", f"POST /v1/sic/alerts/{alert_id}/comments", body)
    comment = comment_output(client.post_comment(alert_id, content, author), alert_id)
    table = markdown_table(f"Comment added to alert {cell(alert_id)}", [comment_row(comment, params.timezone)], "")
    # The official pack writes these four keys at the root of the context, and playbooks read them there.
    root = {key: comment.get(key) for key in ("uuid", "content", "author", "date")}
    return CommandResults(
        outputs={"SekoiaXDR.Comment(val.uuid && val.uuid == obj.uuid)": comment, **root},
        raw_response=comment,
        readable_output=table,
    )


def get_comments_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-get-comments."""
    alert_id = alert_id_of(args)
    found = [comment for comment in client.iter_comments(alert_id) if isinstance(comment, dict)]
    comments = [comment_output(comment, alert_id) for comment in found]
    return CommandResults(
        outputs_prefix="SekoiaXDR.Comments",
        outputs_key_field="uuid",
        outputs=with_envelope(comments, {"total": len(comments), "items": comments}),
        readable_output=markdown_table(
            f"Comments of alert {cell(alert_id)} ({len(comments)})",
            [comment_row(comment, params.timezone) for comment in comments],
            "The alert has no comment.",
        ),
    )


def get_workflow_alert_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-get-workflow-alert."""
    alert_id = alert_id_of(args)
    actions = [{**action, "alert_id": alert_id} for action in moves_of(client, alert_id)]
    rows = [
        {
            "Action": cell(action.get("name")),
            "Description": cell(action.get("description")),
            "Id": cell(action.get("id")),
        }
        for action in actions
    ]
    return CommandResults(
        outputs_prefix="SekoiaXDR.StatusTransitions",
        outputs_key_field=["alert_id", "id"],
        # Moves of an earlier look may be forbidden by now, so none of them may stay in context.
        replace_existing=True,
        outputs=with_envelope(actions, {"actions": actions}) or [{"alert_id": alert_id, "actions": []}],
        readable_output=markdown_table(f"Moves that alert {cell(alert_id)} allows", rows, "The alert allows no move."),
    )


# ---------------------------------------------------------------------------------------------------------------------
# What hangs on an alert
# ---------------------------------------------------------------------------------------------------------------------

OF_ALERT: IdKinds = {"id": ("alert", "AL")}
AS_ALERT_ID = {"id": "alert_id"}


def history_words(entry: Mapping[str, Any]) -> str:
    """What a line of the history says, in words."""
    said = as_dict(entry.get("comment"))
    if said:
        return as_text(said.get("content"), 2000)
    step, task = as_dict(entry.get("countermeasure_action_step")), as_dict(entry.get("countermeasure"))
    if step or task:
        what = f"step {as_text(step.get('name'), 200)}" if step else "countermeasure"
        return f"{what}: {as_text((step or task).get('status'), 100)}"
    detail = as_dict(entry.get(as_text(entry.get("entry_type"))))
    before = next((detail[key] for key in detail if key.startswith("previous_") and detail[key] is not None), "none")
    after = next((detail[key] for key in ("status", "value", "name") if detail.get(key) is not None), "none")
    return f"{as_text(before, 500)} → {as_text(after, 500)}" if detail else ""


def history_view(entry: JsonObject, params: Params) -> JsonObject:
    """A line of the history with its time as ISO 8601 UTC and its change in words."""
    return {**entry, "created_date": iso_time(as_epoch(entry.get("created_at"))), "change": history_words(entry)}


ALERT_HISTORY = Listing(
    title="History of the alert",
    path="/v1/sic/alerts/{id}/history",
    prefix="SekoiaXDR.AlertHistory",
    columns={"When": "created_at", "By": "created_by_type", "What": "entry_type", "Change": "change"},
    ids=OF_ALERT,
    shape=history_view,
    owners=AS_ALERT_ID,
)
STIX_OBJECTS = Listing(
    title="STIX objects of the alert",
    path="/v1/sic/alerts/{id}/objects",
    prefix="SekoiaXDR.AlertObject",
    columns={"Type": "type", "Name": "display_name", "Pattern": "pattern", "Id": "id"},
    ids=OF_ALERT,
    fields={
        "type": Field("match[type]", listed),
        "kind": Field("match[kind]", listed),
        "exclude_type": Field("exclude[type]", listed),
        "created_at": Field("date[created_at]", window),
    },
    key="id",
    size=1000,
    owners=AS_ALERT_ID,
)


def get_timeline_alert_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-get-timeline-alert."""
    alert_id, period = alert_id_of(args), one_of(args, "period", ("24h", "14d"))
    frame = whole_number(args.get("frame_length"), "frame_length", 0, 1) if args.get("frame_length") else 0
    query = {"type": period, **({"frame-length": str(frame)} if frame else {})}
    found = client.read_object(ApiCall("GET", alert_path(alert_id, "/timeline"), query, names_object=True))
    frames = [one for one in as_list(found.get("timeline")) if isinstance(one, dict)]
    busy = [one for one in frames if one.get("value")]
    columns = {"From": "start", "To": "end", "Occurrences": "value"}
    rows = [{header: timeline_cell(one, key, params) for header, key in columns.items()} for one in busy]
    return CommandResults(
        outputs_prefix="SekoiaXDR.AlertTimeline",
        outputs_key_field=["alert_id", "period"],
        outputs={"alert_id": alert_id, "period": period, "frame": found.get("frame"), "timeline": frames},
        raw_response=found,
        readable_output=markdown_table(
            f"Timeline of alert {cell(alert_id)} ({period})", rows, "Nothing occurred in this time."
        ),
    )


def timeline_cell(frame: Mapping[str, Any], key: str, params: Params) -> str:
    """A value of a frame: times on the analyst's clock."""
    return cell(frame.get(key)) if key == "value" else local_time(frame.get(key), params.timezone)


STIX_KINDS = {"relationship": "relationships", "sighting": "relationships", "indicator": "indicators"}


def get_stix_alert_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-get-stix-alert: the bundle taken apart, each part cut at `limit` with a note."""
    alert_id, limit = alert_id_of(args), whole_number(args.get("limit"), "limit", 100, 1, 1000)
    bundle = as_dict(client.get_alert(alert_id, stix=True).get("stix"))
    parts: dict[str, list[Any]] = {"objects": [], "relationships": [], "indicators": []}
    for one in as_list(bundle.get("objects")):
        parts[STIX_KINDS.get(as_text(as_dict(one).get("type")), "objects")].append(one)
    counts = {f"{name}_count": len(found) for name, found in parts.items()}
    cut = [f"{name}: the first {limit} of {len(found)}" for name, found in parts.items() if len(found) > limit]
    note = f"\n\n**Not all is shown: {'; '.join(cut)}. Raise limit to get more.**" if cut else ""
    shown_parts = {name: found[:limit] for name, found in parts.items()}
    rows = [
        {"Part": name, "Type": cell(one.get("type")), "Name": stix_name(one), "Id": cell(one.get("id"))}
        for name, found in shown_parts.items()
        for one in map(as_dict, found)
    ]
    return CommandResults(
        outputs_prefix="SekoiaXDR.AlertStix",
        outputs_key_field="alert_id",
        outputs={
            "alert_id": alert_id,
            "bundle_id": bundle.get("id"),
            "spec_version": bundle.get("spec_version"),
            **counts,
            "is_cut": bool(cut),
            **shown_parts,
        },
        readable_output=markdown_table(f"STIX of alert {cell(alert_id)}", rows, "The alert has no STIX object.") + note,
    )


def stix_name(one: Mapping[str, Any]) -> str:
    """What a STIX object is called; of a relation, what it joins."""
    joined = [as_text(one.get(key), 200) for key in ("source_ref", "relationship_type", "target_ref")]
    return cell(one.get("name") or one.get("pattern") or " ".join(filter(None, joined)) or one.get("sighting_of_ref"))


# ---------------------------------------------------------------------------------------------------------------------
# Editing
# ---------------------------------------------------------------------------------------------------------------------

ALERT_EDITS: Fields = {
    "title": Field("title", text_of(1, 10_000)),
    "details": Field("details"),
    "urgency": Field("urgency", whole(0, 100)),
    "alert_type": Field("alert_type_value", text_of(3, 1000)),
    "alert_category": Field("alert_type_category", text_of(3, 1000)),
}
# What a change is called in the body -> where the alert shows it.
WHERE_HELD = {
    "title": "title",
    "details": "details",
    "urgency": "urgency.current_value",
    "alert_type_value": "alert_type.value",
    "alert_type_category": "alert_type.category",
    "kill_chain_short_id": "kill_chain_short_id",
    "assignee": "assignee",
    "verdict_uuid": "verdict_uuid",
    "verdict_analysis": "verdict.analysis",
    "verdict_confidence": "verdict.confidence",
}
CLEARED = "none"


def find_kill_chain(client: SekoiaClient, wanted: str, name: str) -> JsonObject:
    """The stage of the kill chain with that name, short id or uuid; ValueError lists the stages."""
    stages = [stage for stage in client.kill_chains() if isinstance(stage, dict)]
    folded = wanted.strip().casefold()
    found = [one for one in stages if folded in {as_text(one.get(k)).casefold() for k in ("uuid", "short_id", "name")}]
    return the_one(name, wanted, found, stages, "kill-chain stage")


def edit_alert_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-edit-alert."""
    alert_id, changes = alert_id_of(args), passed_on(client, args, ALERT_EDITS)
    kill_chain, assignee = (str(args.get(name) or "").strip() for name in ("kill_chain", "assignee"))
    if "alert_type_category" in changes and "alert_type_value" not in changes:
        raise ValueError("alert_type: a value is needed with alert_category.")
    if not (changes or kill_chain or assignee):
        raise ValueError(
            f"Nothing to change: give at least one of {', '.join([*ALERT_EDITS, 'kill_chain', 'assignee'])}."
        )
    alert = client.get_alert(alert_id)
    if kill_chain:
        is_none = kill_chain.casefold() == CLEARED
        changes["kill_chain_short_id"] = (
            None if is_none else find_kill_chain(client, kill_chain, "kill_chain")["short_id"]
        )
    if assignee:
        community = as_text(alert.get("community_uuid"))
        changes["assignee"] = None if assignee.casefold() == CLEARED else resolve_assignee(client, assignee, community)
    return changed_alert(client, args, params, alert, changes)


def set_verdict_alert_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-set-verdict-alert."""
    alert_id, wanted = alert_id_of(args), required(args, "verdict")
    more = passed_on(client, args, VERDICT_PARTS)
    alert = client.get_alert(alert_id)
    verdict = resolve_verdict(client, wanted, as_text(alert.get("community_uuid")))
    return changed_alert(client, args, params, alert, {"verdict_uuid": verdict["uuid"], **more})


VERDICT_PARTS: Fields = {
    "analysis": Field("verdict_analysis"),
    "confidence": Field("verdict_confidence", whole(0, 100)),
}


def changed_alert(
    client: SekoiaClient, args: Args, params: Params, alert: JsonObject, changes: JsonObject
) -> CommandResults:
    """Makes the changes that the alert does not show yet, in one call, and gives the alert after them."""
    alert_id, comment = alert_id_of(args), str(args.get("comment") or "").strip()
    name, before = cell(alert.get("short_id") or alert_id), {key: at_path(alert, WHERE_HELD[key]) for key in changes}
    if before == changes:
        text = f"Alert {name} is like that already: nothing was changed{unsaid(comment)}"
        return edited_result(alert, params, f"### {text}")
    body = {**changes, **({"comment": comment} if comment else {})}
    if flag(args, "dry_run"):
        return dry_run_result(f"Alert {name}", f"PATCH {alert_path(alert_id)}", body)

    def reached(now: Mapping[str, Any]) -> bool:
        return all(at_path(now, WHERE_HELD[key]) == value for key, value in changes.items())

    after = client.edit_alert(alert_id, body, reached=reached)
    rows = [
        {"Changed": WHERE_HELD[key], "Before": cell(before[key], 200), "After": cell(changes[key], 200)}
        for key in changes
        if before[key] != changes[key]
    ]
    return edited_result({**alert, **after}, params, markdown_table(f"Alert {name} is changed", rows, ""))


def edited_result(alert: JsonObject, params: Params, text: str) -> CommandResults:
    """An alert after an edit."""
    return CommandResults(
        outputs_prefix="SekoiaXDR.Alert",
        outputs_key_field="uuid",
        outputs=alert_output(alert, params),
        raw_response=alert,
        readable_output=text,
    )


# ---------------------------------------------------------------------------------------------------------------------
# Custom fields
# ---------------------------------------------------------------------------------------------------------------------

MOST_CUSTOM_FIELDS, LONGEST_FIELD_VALUE = 25, 50


def custom_field_definitions(client: SekoiaClient) -> list[JsonObject]:
    """The custom fields of the tenant: {uuid, name, slug, type, options, ...}."""
    return [one for one in client.iter_items(ApiCall("GET", "/v1/sic/custom-fields")) if isinstance(one, dict)]


def custom_field_of(known: list[JsonObject], wanted: str, name: str) -> JsonObject:
    """The custom field with that name, slug or uuid; ValueError lists the fields of the tenant."""
    folded = wanted.strip().casefold()
    found = [one for one in known if folded in {as_text(one.get(k)).casefold() for k in ("uuid", "slug", "name")}]
    return the_one(name, wanted, found, known, "custom field")


def custom_field_options(field: Mapping[str, Any]) -> list[str]:
    """The values of a select: the API gives them as texts or as objects."""
    return [
        as_text(as_dict(one).get("value") if isinstance(one, dict) else one) for one in as_list(field.get("options"))
    ]


def an_option(field: Mapping[str, Any], value: Any, name: str) -> str:
    """The option that a user means, in any case; ValueError lists the options."""
    options, wanted = custom_field_options(field), str(value).strip()
    found = [one for one in options if one == wanted] or [one for one in options if one.casefold() == wanted.casefold()]
    if not found:
        raise ValueError(
            f"{name}: '{value}' is no option of '{field.get('name')}'. Use: {', '.join(options) or 'none'}."
        )
    return found[0]


def a_field_text(field: Mapping[str, Any], value: Any, name: str) -> str:
    """A text of a length that the API takes."""
    text = str(value)
    if len(text) > LONGEST_FIELD_VALUE:
        raise ValueError(f"{name}: '{field.get('name')}' takes {LONGEST_FIELD_VALUE} characters, this has {len(text)}.")
    return text


FieldReader = Callable[[Mapping[str, Any], Any, str], Any]
FIELD_READERS: dict[str, FieldReader] = {
    "text": a_field_text,
    "integer": lambda field, value, name: whole_number(value, f"{name}, {field.get('name')}", 0, -(2**63), 2**63),
    "boolean": lambda field, value, name: flag({as_text(field.get("name")): value}, as_text(field.get("name"))),
    "single_select": an_option,
    "multi_select": lambda field, value, name: [an_option(field, one, name) for one in argToList(value)],
}


def custom_field_values(client: SekoiaClient, args: Args) -> list[JsonObject]:
    """What `custom_fields` (JSON of name -> value) or `field` and `value` ask for, as the API takes it, typed."""
    given = wanted_custom_fields(args)
    found: dict[str, JsonObject] = {}
    known = custom_field_definitions(client)
    for wanted, value in given.items():
        field = custom_field_of(known, wanted, "custom_fields")
        read: FieldReader = FIELD_READERS.get(as_text(field.get("type")), a_field_text)
        uuid = as_text(field.get("uuid"))
        found[uuid] = {"uuid": uuid, "value": read(field, value, "custom_fields")}
    return list(found.values())


def wanted_custom_fields(args: Args) -> dict[str, Any]:
    """Names and values that a user gave; ValueError says how to write them."""
    given = args.get("custom_fields") or {}
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = None
    if not isinstance(given, dict):
        raise ValueError('custom_fields: write JSON, for example {"Attack vector": "email", "impacted_users": 3}.')
    if args.get("field"):
        given = {**given, str(args["field"]): args.get("value")}
    empty = [name for name, value in given.items() if value is None or value == ""]
    if not given or empty:
        what = f"'{empty[0]}' has no value, and Sekoia has no way to clear a field" if empty else "a value is needed"
        raise ValueError(f"custom_fields: {what}.")
    if len(given) > MOST_CUSTOM_FIELDS:
        raise ValueError(f"custom_fields: at most {MOST_CUSTOM_FIELDS} can be set, these are {len(given)}.")
    return dict(given)


def update_custom_fields_alert_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-update-custom-fields-alert."""
    alert_id = alert_id_of(args)
    entries = custom_field_values(client, args)
    call = ApiCall("PATCH", alert_path(alert_id, "/custom-fields"), body={"custom_fields": entries}, names_object=True)
    if flag(args, "dry_run"):
        return dry_run_result(f"Custom fields of alert {cell(alert_id)}", str(call), call.body or {})

    def effect() -> JsonObject | None:
        held = as_list(client.get_alert(alert_id).get("custom_fields"))
        now = {as_dict(one).get("uuid"): as_dict(one).get("value") for one in held}
        return {"custom_fields": held} if all(now.get(one["uuid"]) == one["value"] for one in entries) else None

    held = [one for one in as_list(client.write(call, effect).get("custom_fields")) if isinstance(one, dict)]
    return CommandResults(
        outputs_prefix="SekoiaXDR.AlertCustomField",
        outputs_key_field=["alert_id", "uuid"],
        outputs=[{**one, "alert_id": alert_id} for one in held],
        readable_output=object_table(
            f"Custom fields of alert {cell(alert_id)}",
            held,
            {"Name": "name", "Value": "value", "Type": "type", "Slug": "slug"},
            "The alert holds no custom field.",
            params,
        ),
    )


ALERT_COMMANDS: dict[str, Command] = {
    "sekoia-xdr-list-alerts": list_alerts_command,
    "sekoia-xdr-get-alert": get_alert_command,
    "sekoia-xdr-update-status-alert": update_status_alert_command,
    "sekoia-xdr-close-alert": close_alert_command,
    "sekoia-xdr-post-comment-alert": post_comment_alert_command,
    "sekoia-xdr-get-comments": get_comments_command,
    "sekoia-xdr-get-workflow-alert": get_workflow_alert_command,
    "sekoia-xdr-count-alerts": count_alerts_command,
    "sekoia-xdr-edit-alert": edit_alert_command,
    "sekoia-xdr-get-alert-statistics": get_alert_statistics_command,
    "sekoia-xdr-get-history-alert": listing(ALERT_HISTORY),
    "sekoia-xdr-get-soc-kpis": get_soc_kpis_command,
    "sekoia-xdr-get-stix-alert": get_stix_alert_command,
    "sekoia-xdr-get-timeline-alert": get_timeline_alert_command,
    "sekoia-xdr-list-objects-alert": listing(STIX_OBJECTS),
    "sekoia-xdr-list-similar-alerts": list_similar_alerts_command,
    "sekoia-xdr-set-verdict-alert": set_verdict_alert_command,
    "sekoia-xdr-update-custom-fields-alert": update_custom_fields_alert_command,
}
