"""Alerts, comments and history as the API writes them; the bytes of a list row are kept until the alert changes."""

from collections.abc import Mapping
from typing import Any

from lab.sekoia.alerts.model import Alert, Comment, HistoryEntry
from lab.sekoia.alerts.stix import bundle_of
from lab.sekoia.exchange import compact
from lab.sekoia.instants import iso_offset, iso_z
from lab.sekoia.oddities import with_surprises, without_optional
from lab.sekoia.statuses.model import LEGACY, CustomStatus
from lab.sekoia.switches import Switches


def row(alert: Alert, switches: Switches, has_stix: bool, has_cases: bool) -> bytes:
    """One item of the list, as JSON."""
    variant = (
        has_stix,
        has_cases,
        switches.embed_custom,
        switches.extra_fields,
        switches.absent_optional,
        switches.custom_status_name,
    )
    written = alert.views.get(variant)
    if written is None:
        written = alert.views[variant] = compact(_row(alert, switches, has_stix, has_cases))
    return written


def _row(alert: Alert, switches: Switches, has_stix: bool, has_cases: bool) -> dict[str, Any]:
    shown = _base(alert, switches)
    shown["custom_status"] = _custom_status(alert) if switches.embed_custom else None
    shown["verdict"] = _verdict(alert) if switches.embed_custom else None
    if has_stix:
        shown["stix"] = bundle_of(alert)
    if has_cases:
        shown["cases"] = alert.cases
    return _finish(alert, shown, switches, DETAIL_ONLY if has_cases else (*DETAIL_ONLY, "cases"))


DETAIL_ONLY = ("comments", "history", "countermeasures", "similarity_strategy")


def detail(alert: Alert, switches: Switches, asked: Mapping[str, bool]) -> dict[str, Any]:
    """The whole alert; `asked` has stix, comments, history, countermeasures, cases and custom_status."""
    shown = _base(alert, switches)
    parts: dict[str, Any] = {
        "custom_status": _custom_status(alert),
        "cases": alert.cases,
        "comments": [comment(one) for one in alert.comments],
        "history": history(alert),
        "countermeasures": alert.countermeasures,
    }
    shown.update({name: part for name, part in parts.items() if asked[name]})
    if asked["custom_status"]:
        shown["verdict"] = _verdict(alert)
    if asked["stix"]:
        shown["stix"] = bundle_of(alert)
    shown["similarity_strategy"] = None
    return _finish(alert, shown, switches, [name for name in parts if not asked[name]])


def _finish(alert: Alert, shown: dict[str, Any], switches: Switches, hidden: Any) -> dict[str, Any]:
    shown.update({name: value for name, value in alert.overrides.items() if name not in hidden})
    for name in alert.drop:
        shown.pop(name, None)
    if switches.absent_optional:
        shown = without_optional(shown, alert.uuid)
    return with_surprises(shown, alert.uuid) if switches.extra_fields else shown


def _base(alert: Alert, switches: Switches) -> dict[str, Any]:
    return {
        "uuid": alert.uuid,
        "title": alert.title,
        "created_at": int(alert.created_at),
        "created_by": alert.created_by.uuid,
        "created_by_type": alert.created_by.kind,
        "updated_at": int(alert.updated_at),
        "updated_by": alert.updated_by.uuid,
        "updated_by_type": alert.updated_by.kind,
        "community_uuid": alert.community,
        "short_id": alert.short_id,
        "entity": alert.entity,
        "urgency": alert.urgency,
        "alert_type": alert.alert_type,
        "status": shown_status(alert.status, switches),
        "rule": alert.rule,
        "source": alert.source,
        "target": alert.target,
        "similar": alert.similar,
        "details": alert.details,
        "stix": {},
        "kill_chain_short_id": alert.kill_chain,
        "number_of_unseen_comments": sum(one.unseen for one in alert.comments),
        "number_of_total_comments": len(alert.comments),
        "first_seen_at": _seen(alert.first_seen_at),
        "last_seen_at": _seen(alert.last_seen_at),
        "assets": alert.assets,
        "assignee": alert.assignee,
        "verdict_uuid": alert.ruling.verdict.uuid if alert.ruling else None,
        "custom_status_uuid": alert.status.uuid,
        **alert.times,
        **alert.facts,
    }


def shown_status(status: CustomStatus, switches: Switches) -> dict[str, str]:
    """The legacy view of a status; for a tenant's own one the switch says which."""
    if switches.custom_status_name == "label" and status.label not in LEGACY:
        return {"uuid": status.uuid, "name": status.label, "description": status.description}
    legacy = LEGACY[status.legacy]
    return {"uuid": legacy.uuid, "name": legacy.name, "description": legacy.description}


def _custom_status(alert: Alert) -> dict[str, Any]:
    status = alert.status
    return {
        "label": status.label,
        "description": status.description,
        "level": status.level,
        "stage": status.stage,
    }


def _verdict(alert: Alert) -> dict[str, Any] | None:
    ruling = alert.ruling
    if ruling is None:
        return None
    verdict = ruling.verdict
    return {
        "uuid": verdict.uuid,
        "description": verdict.description,
        "label": verdict.label,
        "level": verdict.level,
        "stage": verdict.stage,
        "analysis": ruling.analysis,
        "confidence": ruling.confidence,
        "updated_by": ruling.by.uuid,
        "updated_by_type": ruling.by.kind,
    }


def _seen(at: Any) -> Any:
    """A number is a time and is written as ISO; anything else is shown word for word."""
    return iso_z(at) if isinstance(at, (int, float)) and not isinstance(at, bool) else at


def comment(one: Comment) -> dict[str, Any]:
    """A comment of one alert."""
    return {**_comment(one), "unseen": one.unseen}


def _comment(one: Comment) -> dict[str, Any]:
    return {
        "uuid": one.uuid,
        "content": one.content,
        "author": one.author,
        "date": int(one.at),
        "created_by": one.by.uuid,
        "created_by_type": one.by.kind,
    }


def history(alert: Alert) -> list[dict[str, Any]]:
    """The history, newest first."""
    return [_entry(one) for one in reversed(alert.history)]


def _entry(one: HistoryEntry) -> dict[str, Any]:
    return {
        "uuid": one.uuid,
        "created_at": int(one.at),
        "created_by": one.by.uuid,
        "created_by_type": one.by.kind,
        "entry_type": one.entry_type,
        **one.detail,
        "history_comments": [_comment(comment) for comment in one.comments],
    }


def global_comment(alert: Alert, one: Comment, switches: Switches) -> dict[str, Any]:
    """A comment as the list over all alerts writes it: ISO times and the alert beside it."""
    times = {"created_at": iso_offset(one.at), "updated_at": iso_offset(one.updated_at)}
    shown = _comment(one)
    del shown["date"]
    return {**shown, **times, "type": one.kind, **beside_comment(alert, switches)}


def beside_comment(alert: Alert, switches: Switches) -> dict[str, Any]:
    """What such a list tells about the alert of a comment."""
    status = shown_status(alert.status, switches)
    return {
        "community_uuid": alert.community,
        "alert_uuid": alert.uuid,
        "alert_short_id": alert.short_id,
        "alert_title": alert.title,
        "alert_status_uuid": status["uuid"],
        "alert_status_name": status["name"],
        "alert_custom_status_uuid": alert.status.uuid,
        "rule_name": alert.rule.get("name"),
        "rule_uuid": alert.rule.get("uuid"),
    }
