"""Cases, their comments and their history as the API writes them."""

from typing import Any

from lab.sekoia.cases.model import LEGACY_STATUS, Case, CaseComment, CaseLine
from lab.sekoia.instants import iso_offset, iso_z


def row(case: Case, status_uuid: str, custom_fields: list[dict[str, Any]]) -> dict[str, Any]:
    """A case as the list shows it."""
    first, last = case.seen("first_seen_at", min), case.seen("last_seen_at", max)
    priority = case.custom_priority
    return {
        "uuid": case.uuid,
        "short_id": case.short_id,
        "created_at": iso_offset(case.created_at),
        "created_by": case.created_by.uuid,
        "created_by_type": case.created_by.kind,
        "updated_at": iso_offset(case.updated_at),
        "updated_by": case.updated_by.uuid,
        "updated_by_type": case.updated_by.kind,
        "title": case.title,
        "description": case.description,
        "priority": case.priority,
        "status": LEGACY_STATUS[case.status.stage],
        "status_uuid": status_uuid,
        "community_uuid": case.community,
        "subscribers": case.subscribers,
        "tags": case.tags,
        "number_of_comments": len(case.comments),
        "first_seen_at": None if first is None else iso_z(first),
        "last_seen_at": None if last is None else iso_z(last),
        "manual": case.manual,
        "is_supplied": case.is_supplied,
        "verdict_uuid": case.ruling.verdict.uuid if case.ruling else None,
        "verdict": _verdict(case),
        "custom_status_uuid": case.status.uuid,
        "custom_status": _custom_status(case),
        "custom_priority_uuid": priority.uuid if priority else None,
        "custom_priority": _labelled(priority, "color") if priority else None,
        "description_updated_manually": case.description_updated,
        "priority_updated_manually": case.priority_updated,
        "custom_fields": custom_fields,
    }


def rendered(case: Case) -> str:
    """The description with its placeholders resolved."""
    return case.description.replace("{{ number_of_alerts }}", str(len(case.alerts)))


def _labelled(thing: Any, *more: str) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in ("label", "description", "level", *more)}


def _custom_status(case: Case) -> dict[str, Any]:
    return _labelled(case.status, "stage")


def _verdict(case: Case) -> dict[str, Any] | None:
    if case.ruling is None:
        return None
    return {
        "uuid": case.ruling.verdict.uuid,
        **_labelled(case.ruling.verdict, "stage"),
        "analysis": case.ruling.analysis,
        "confidence": case.ruling.confidence,
        "updated_by": case.ruling.by.uuid,
        "updated_by_type": case.ruling.by.kind,
    }


def on_alert(case: Case) -> dict[str, Any]:
    """A case as its alerts show it, without its uuid."""
    return {
        "short_id": case.short_id,
        "name": case.title,
        "title": case.title,
        "is_supplied": case.is_supplied,
        "manual": case.manual,
        "status": LEGACY_STATUS[case.status.stage],
        "custom_status_uuid": case.status.uuid,
        "created_by": case.created_by.uuid,
        "created_by_type": case.created_by.kind,
        "updated_at": iso_offset(case.updated_at),
    }


def comment(one: CaseComment) -> dict[str, Any]:
    """A comment: no author and no date, but the two times in ISO."""
    return {
        "uuid": one.uuid,
        "content": one.content,
        "created_at": iso_offset(one.at),
        "created_by": one.by.uuid,
        "created_by_type": one.by.kind,
        "updated_at": iso_offset(one.updated_at),
    }


def line(one: CaseLine) -> dict[str, Any]:
    """A line of history."""
    return {
        "uuid": one.uuid,
        "created_at": iso_offset(one.at),
        "created_by": one.by.uuid,
        "created_by_type": one.by.kind,
        "action": dict(one.action),
        "type": one.kind,
    }
