"""URL <-> custom statuses, verdicts and priorities."""

from typing import Any

from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.instants import iso_offset
from lab.sekoia.query import Grammar, page_of
from lab.sekoia.refusals import Missing, Unfit
from lab.sekoia.route import Route, Visit
from lab.sekoia.statuses.model import CustomStatus, Priority, Verdict

READ = ("View cases", "View alerts")
READ_PRIORITIES = ("View cases",)
BORN = 1_767_600_000.0
KINDS = ("alert", "case")


def statuses(visit: Visit) -> Reply:
    kind = _kind(visit)
    found = visit.world.statuses.all(visit.world.switches.rejected_status, kind)
    items = [_status(visit, status) for status in page_of(found, visit.query)]
    return json_reply({"items": items, "total": len(found)})


def _kind(visit: Visit) -> str | None:
    asked = visit.query.match.get("type")
    if asked is None:
        return None
    if len(asked) != 1 or not asked.issubset(KINDS):
        raise Unfit("Invalid parameters: match[type] is case or alert", ("query", "match[type]"))
    return next(iter(asked))


def status(visit: Visit) -> Reply:
    found = visit.world.statuses.get(visit.args["uuid"])
    if found is None:
        raise Missing("Unknown custom status")
    return json_reply(_status(visit, found))


def verdicts(visit: Visit) -> Reply:
    found = visit.world.verdicts.all()
    items = [_verdict(visit, verdict) for verdict in page_of(found, visit.query)]
    return json_reply({"items": items, "total": len(found)})


def verdict(visit: Visit) -> Reply:
    found = visit.world.verdicts.get(visit.args["uuid"])
    if found is None:
        raise Missing("Unknown custom verdict")
    return json_reply(_verdict(visit, found))


def priorities(visit: Visit) -> Reply:
    found = visit.world.priorities.all()
    items = [_priority(visit, priority) for priority in page_of(found, visit.query)]
    return json_reply({"items": items, "total": len(found)})


def priority(visit: Visit) -> Reply:
    found = visit.world.priorities.get(visit.args["uuid"])
    if found is None:
        raise Missing("Unknown custom priority")
    return json_reply(_priority(visit, found))


def _status(visit: Visit, status: CustomStatus) -> dict[str, Any]:
    shown = _common(visit, status)
    shown |= {"stage": status.stage, "type": list(status.types)}
    if visit.query.flag("with_is_used", True):
        is_used = any(alert.status is status for alert in visit.world.alerts.all())
        shown |= {"is_used": is_used, "is_used_in_cases": False, "is_used_in_alerts": is_used}
    return shown


def _verdict(visit: Visit, verdict: Verdict) -> dict[str, Any]:
    shown = _common(visit, verdict) | {"stage": verdict.stage}
    if visit.query.flag("with_is_used", True):
        rulings = [alert.ruling for alert in visit.world.alerts.all()]
        shown["is_used"] = any(ruling.verdict is verdict for ruling in rulings if ruling)
    return shown


def _priority(visit: Visit, priority: Priority) -> dict[str, Any]:
    shown = _common(visit, priority) | {"color": priority.color}
    if visit.query.flag("with_is_used", True):
        shown["is_used"] = False
    return shown


def _common(visit: Visit, thing: CustomStatus | Verdict | Priority) -> dict[str, Any]:
    return {
        "uuid": thing.uuid,
        "community_uuid": thing.community or visit.world.community,
        "label": thing.label,
        "description": thing.description,
        "level": thing.level,
        "created_at": iso_offset(BORN),
        "created_by": visit.world.ids.of("avatar", "administrator"),
        "created_by_type": "avatar",
        "updated_at": None,
        "updated_by": None,
        "updated_by_type": None,
    }


PAGED = Grammar(flags=frozenset(("with_is_used",)), paged=True, limit_default=None)
STATUSES = Grammar(match=frozenset(("type",)), flags=PAGED.flags, paged=True, limit_default=None)

ROUTES = (
    Route("GET", "/v1/sic/custom_statuses", statuses, READ, STATUSES),
    Route("GET", "/v1/sic/custom_statuses/{uuid}", status, READ),
    Route("GET", "/v1/sic/custom_verdicts", verdicts, READ, PAGED),
    Route("GET", "/v1/sic/custom_verdicts/{uuid}", verdict, READ),
    Route("GET", "/v1/sic/custom_priorities", priorities, READ_PRIORITIES, PAGED),
    Route("GET", "/v1/sic/custom_priorities/{uuid}", priority, READ_PRIORITIES),
)
