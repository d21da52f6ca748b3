"""What the list of alerts can be filtered and sorted by: one table per construct of the query grammar."""

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any

from lab.sekoia.alerts.model import Alert
from lab.sekoia.query import Grammar


def _named(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None


def _stix_ids(alert: Alert) -> Iterable[Any]:
    for name in ("ttps", "adversaries"):
        yield from (thing["id"] for thing in alert.facts[name] if "id" in thing)


def _custom_fields(alert: Alert) -> Iterable[Any]:
    for entry in alert.facts["custom_fields"]:
        yield entry.get("uuid")
        yield f"{entry.get('uuid')}:{entry.get('value')}"


def _verdict(alert: Alert) -> str | None:
    return alert.ruling.verdict.uuid if alert.ruling else None


ONE: dict[str, Callable[[Alert], Any]] = {
    "uuid": attrgetter("uuid"),
    "short_id": attrgetter("short_id"),
    "community_uuid": attrgetter("community"),
    "entity_uuid": lambda alert: _named(alert.entity, "uuid"),
    "entity_name": lambda alert: _named(alert.entity, "name"),
    "custom_status_uuid": attrgetter("status.uuid"),
    "verdict_uuid": _verdict,
    "type_category": lambda alert: alert.alert_type.get("category"),
    "type_value": lambda alert: alert.alert_type.get("value"),
    "source": attrgetter("source"),
    "target": attrgetter("target"),
    "rule_uuid": lambda alert: alert.rule.get("uuid"),
    "rule_name": lambda alert: alert.rule.get("name"),
    "detection_type": lambda alert: alert.facts["detection_type"],
    "title": attrgetter("title"),
    "resolved_title": attrgetter("title"),
    "urgency_display": lambda alert: _named(alert.urgency, "display"),
    "assignee": attrgetter("assignee"),
}
MANY: dict[str, Callable[[Alert], Iterable[Any]]] = {
    "node": attrgetter("source", "target"),
    "stix_object": _stix_ids,
    "asset_uuid": attrgetter("assets"),
    "case_short_id": lambda alert: [case.get("short_id") for case in alert.cases],
    "custom_field": _custom_fields,
}
# What these show depends on a switch; see the search.
STATUS = {"status_uuid": "uuid", "status_name": "name"}
NOMATCH = [
    "asset_uuid",
    "entity_uuid",
    "rule_uuid",
    "rule_name",
    "detection_type",
    "source",
    "target",
    "status_uuid",
    "stix_object",
    "type_value",
    "urgency_display",
    "assignee",
    "custom_status_uuid",
    "verdict_uuid",
]
RANGES: dict[str, Callable[[Alert], int | None]] = {
    "urgency": attrgetter("urgency_value"),
    "similar": attrgetter("similar"),
}
SORTS: dict[str, Callable[[Alert], Any]] = {
    "created_at": attrgetter("created_at"),
    "updated_at": attrgetter("updated_at"),
    "source": lambda alert: str(alert.source or ""),
    "target": lambda alert: str(alert.target or ""),
    "urgency": lambda alert: -1 if alert.urgency_value is None else alert.urgency_value,
    "entity": lambda alert: str(_named(alert.entity, "name") or ""),
    "type": lambda alert: (str(alert.alert_type.get("category")), str(alert.alert_type.get("value"))),
    "status": attrgetter("status.level"),
    "rule_name": lambda alert: str(alert.rule.get("name")),
    "similar": attrgetter("similar"),
}
FILTERS = Grammar(
    match=frozenset((*ONE, *MANY, *STATUS)),
    nomatch=frozenset(NOMATCH),
    dates=frozenset(("created_at", "updated_at")),
    ranges=frozenset(RANGES),
    flags=frozenset(("visible", "is_assigned_to_case", "stix", "cases", "with_count")),
    words=frozenset(("similar_to",)),
    sorts=tuple(SORTS),
    paged=True,
)
COUNT_FILTERS = Grammar(
    match=FILTERS.match,
    nomatch=FILTERS.nomatch,
    dates=FILTERS.dates,
    ranges=FILTERS.ranges,
    flags=frozenset(("visible", "is_assigned_to_case")),
    words=FILTERS.words,
    numbers=frozenset(("limit",)),
)
