"""The commands on alerts: list, read, move, close, comment."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
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


@dataclass(frozen=True)
class ListAlertsArgs:
    """The arguments of sekoia-xdr-list-alerts, checked."""

    query: AlertQuery
    limit: int | None
    page: int | None

    @classmethod
    def read(cls, client: SekoiaClient, args: Args) -> "ListAlertsArgs":
        """Raises ValueError naming the argument at fault."""
        types = words(args.get("alerts_type")) or words(args.get("Alerts type"))
        query = AlertQuery(
            types=tuple(TYPE_SPELLINGS.get(word, word) for word in types),
            urgency=number_range(args.get("urgency"), "urgency"),
            created=parse_window(args.get("created_at"), "created_at"),
            updated=parse_window(args.get("updated_at"), "updated_at"),
            sort=one_of(args, "sort_by", SORT_FIELDS),
            direction=one_of(args, "direction", ("desc", "asc")),
        )
        limit = whole_number(args.get("limit"), "limit", 20, 1)
        page = whole_number(args.get("page"), "page", 0, 1) or None
        if page and flag(args, "all_results"):
            raise ValueError("page: leave it out when all_results is true.")
        if page and limit > 100:
            raise ValueError("limit: a page holds at most 100 alerts; leave out page to get more.")
        query = replace(query, **status_filter(client, words(args.get("status"))))  # type: ignore[arg-type]
        return cls(query, None if flag(args, "all_results") else limit, page)


def list_alerts_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-list-alerts."""
    wanted = ListAlertsArgs.read(client, args)
    if wanted.page and wanted.limit:
        alerts = client.alerts_page(wanted.query, wanted.limit, (wanted.page - 1) * wanted.limit).items
        note = ""
    else:
        alerts, note = as_far_as_it_goes(client.iter_alerts(wanted.query, wanted.limit))
    alerts = [alert for alert in alerts if isinstance(alert, dict)]
    return CommandResults(
        outputs_prefix="SekoiaXDR.ListAlerts",
        outputs_key_field="short_id",
        outputs=[alert_output(alert, params) for alert in alerts],
        raw_response=alerts,
        readable_output=markdown_table(
            f"Sekoia alerts ({len(alerts)})",
            [alert_row(alert, params) for alert in alerts],
            "No alert matches these filters.",
        )
        + note,
    )


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


def post_comment_alert_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-post-comment-alert."""
    alert_id, content = alert_id_of(args), required(args, "comment")
    author = str(args.get("author") or "").strip() or None
    if author and len(author) > 32:
        raise ValueError(f"author: Sekoia takes at most 32 characters, this name has {len(author)}.")
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


ALERT_COMMANDS: dict[str, Command] = {
    "sekoia-xdr-list-alerts": list_alerts_command,
    "sekoia-xdr-get-alert": get_alert_command,
    "sekoia-xdr-update-status-alert": update_status_alert_command,
    "sekoia-xdr-close-alert": close_alert_command,
    "sekoia-xdr-post-comment-alert": post_comment_alert_command,
    "sekoia-xdr-get-comments": get_comments_command,
    "sekoia-xdr-get-workflow-alert": get_workflow_alert_command,
}
