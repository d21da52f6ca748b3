"""How an alert begins: the arguments of a story turned into an alert with every field filled."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.sekoia.actors import Actor, analyst, engine
from lab.sekoia.alerts.model import Alert, Ruling
from lab.sekoia.alerts.urgency import urgency_of
from lab.sekoia.entities.model import EntityBook
from lab.sekoia.ids import Ids
from lab.sekoia.instants import iso_z
from lab.sekoia.kill_chains.model import KillChains
from lab.sekoia.statuses.model import StatusBook, VerdictBook
from lab.sekoia.switches import Switches

RULE_PATTERN = "detection:\n  selection:\n    event.category: authentication\n  condition: selection"
DERIVED = object()
OVERRIDABLE = frozenset(
    [
        "uuid",
        "short_id",
        "title",
        "description",
        "details",
        "community_uuid",
        "created_at",
        "created_by",
        "created_by_type",
        "updated_at",
        "updated_by",
        "updated_by_type",
        "entity",
        "urgency",
        "alert_type",
        "status",
        "custom_status_uuid",
        "custom_status",
        "verdict_uuid",
        "verdict",
        "assignee",
        "rule",
        "detection_type",
        "source",
        "target",
        "similar",
        "ttps",
        "adversaries",
        "stix",
        "kill_chain_short_id",
        "number_of_total_comments",
        "number_of_unseen_comments",
        "first_seen_at",
        "last_seen_at",
        "assets",
        "intake_uuids",
        "time_to_ingest",
        "time_to_detect",
        "time_to_acknowledge",
        "time_to_respond",
        "time_to_resolve",
        "cases",
        "custom_fields",
        "comments",
        "history",
        "countermeasures",
        "similarity_strategy",
        "is_incident",
        "event_uuids",
    ]
)


@dataclass(frozen=True)
class Sketch:
    """What is said about a new alert; everything has a default. Times are epoch seconds."""

    title: Any = "Suspicious activity"
    urgency: int | Mapping[str, Any] | None = 50
    severity: int | None = None
    criticity: int = 0
    rule: str | None = None
    rule_uuid: str | None = None
    rule_type: str | None = "sigma"
    pattern: str | None = None
    alert_type: tuple[str, str] | Mapping[str, Any] = ("malware", "ransomware")
    source: Any = None
    target: Any = None
    entity: Any = "Head office"
    details: Any = None
    description: Any = None
    ttps: Iterable[Any] = ()
    adversaries: Iterable[Any] = ()
    kill_chain: str | None = None
    assets: Iterable[str] = ()
    detection_type: str | None = "rule"
    visible_after: float = 0
    visible: bool = True
    similar: int = 1
    status: str = "Pending"
    verdict: str | None = None
    assignee: str | None = None
    first_seen_at: Any = DERIVED
    last_seen_at: Any = DERIVED
    custom_fields: Iterable[Mapping[str, Any]] = ()
    intake_uuids: Iterable[str] | None = None
    countermeasures: Iterable[str] = ()
    cases: Iterable[Mapping[str, Any]] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    drop: Iterable[str] = ()


ARGUMENTS = frozenset(Sketch.__dataclass_fields__) | {"created_at"}


@dataclass(frozen=True)
class Tenant:
    """What of the tenant an alert refers to."""

    ids: Ids
    switches: Switches
    statuses: StatusBook
    verdicts: VerdictBook
    kill_chains: KillChains
    entities: EntityBook
    community: str


def check_arguments(names: Iterable[str]) -> None:
    """TypeError naming any name that is neither an argument of an alert nor a key of the API's alert."""
    unknown = sorted(set(names) - ARGUMENTS - OVERRIDABLE)
    if unknown:
        raise TypeError(f"an alert has no argument and the API's alert no key called {unknown}")


def born(tenant: Tenant, sketch: Sketch, at: float, number: int, overrides: Mapping[str, Any]) -> Alert:
    """The alert of that sketch, created at that time."""
    by = engine(tenant.ids)
    uuid = tenant.ids.uuid()
    status = tenant.statuses.labelled(sketch.status)
    first_seen = _first_seen(sketch, uuid, at)
    alert = Alert(
        uuid=uuid,
        short_id=tenant.ids.short_id("AL"),
        number=number,
        created_at=at,
        updated_at=at,
        shown_from=at + sketch.visible_after,
        created_by=by,
        updated_by=by,
        community=tenant.community,
        title=sketch.title,
        details=sketch.details,
        entity=_entity(tenant, sketch.entity),
        urgency=urgency_of(sketch.urgency, sketch.severity, sketch.criticity, tenant.switches.urgency_words),
        alert_type=_alert_type(sketch.alert_type),
        rule=_rule(tenant, sketch),
        source=sketch.source,
        target=sketch.target,
        similar=sketch.similar,
        status=status,
        first_seen_at=first_seen,
        last_seen_at=_last_seen(sketch, first_seen, at),
        assets=list(sketch.assets),
        kill_chain=_kill_chain(tenant, sketch.kill_chain),
        facts=_facts(tenant, sketch),
        visible=sketch.visible,
        assignee=sketch.assignee,
        ruling=_ruling(tenant, sketch.verdict),
        times=_times(uuid, first_seen, at),
        cases=[dict(case) for case in sketch.cases],
        overrides={**overrides, **sketch.extra},
        drop=frozenset(sketch.drop),
    )
    alert.countermeasures = [_countermeasure(tenant, alert, name, at) for name in sketch.countermeasures]
    _first_lines(tenant, alert, by, at)
    return alert


def _first_lines(tenant: Tenant, alert: Alert, by: Actor, at: float) -> None:
    for task in alert.countermeasures:
        shown = {"uuid": task["uuid"], "status": "created"}
        alert.remember(tenant.ids, at, by, "countermeasure", countermeasure=shown)
    alert.remember(tenant.ids, at, by, "alert", alert={"status": alert.status.label, "previous_status": None})


def _offset(uuid: str, span: int) -> int:
    """A number below `span` that only depends on the alert's uuid."""
    return int(uuid[:8], 16) % span


def _first_seen(sketch: Sketch, uuid: str, at: float) -> Any:
    return at - 5 - _offset(uuid, 85) if sketch.first_seen_at is DERIVED else sketch.first_seen_at


def _last_seen(sketch: Sketch, first_seen: Any, at: float) -> Any:
    if sketch.last_seen_at is not DERIVED:
        return sketch.last_seen_at
    return (first_seen + at) / 2 if isinstance(first_seen, (int, float)) else None


def _times(uuid: str, first_seen: Any, at: float) -> dict[str, int | None]:
    detect = int(at - first_seen) if isinstance(first_seen, (int, float)) else None
    return {
        "time_to_ingest": 2 + _offset(uuid, 29),
        "time_to_detect": detect,
        "time_to_acknowledge": None,
        "time_to_respond": None,
        "time_to_resolve": None,
    }


def _entity(tenant: Tenant, entity: Any) -> Any:
    if not isinstance(entity, str):
        return entity
    found = tenant.entities.named(entity)
    return {"uuid": found.uuid, "name": found.name}


def _alert_type(given: tuple[str, str] | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(given, Mapping):
        return dict(given)
    category, value = given
    return {"value": value, "category": category}


def _rule(tenant: Tenant, sketch: Sketch) -> Mapping[str, Any]:
    name = sketch.rule or str(sketch.title)
    severity = sketch.severity
    if severity is None:
        severity = sketch.urgency if isinstance(sketch.urgency, int) else 50
    return {
        "uuid": sketch.rule_uuid or tenant.ids.of("rule", name),
        "name": name,
        "pattern": RULE_PATTERN if sketch.pattern is None else sketch.pattern,
        "severity": severity,
        "type": sketch.rule_type,
    }


def _kill_chain(tenant: Tenant, given: str | None) -> str | None:
    if given is None:
        return None
    stage = tenant.kill_chains.get(given) or tenant.kill_chains.named(given)
    return stage.short_id


def _ruling(tenant: Tenant, label: str | None) -> Ruling | None:
    if label is None:
        return None
    return Ruling(tenant.verdicts.labelled(label), None, None, analyst(tenant.ids, "analyst"))


def _facts(tenant: Tenant, sketch: Sketch) -> dict[str, Any]:
    intakes = sketch.intake_uuids
    return {
        "description": sketch.description,
        "detection_type": sketch.detection_type,
        "ttps": [_stix_object(tenant, "attack-pattern", given) for given in sketch.ttps],
        "adversaries": [_stix_object(tenant, "intrusion-set", given) for given in sketch.adversaries],
        "intake_uuids": [tenant.ids.of("intake", "default")] if intakes is None else list(intakes),
        "custom_fields": [dict(given) for given in sketch.custom_fields],
    }


def _stix_object(tenant: Tenant, kind: str, given: Any) -> Any:
    """`T1110 Brute Force` becomes the technique of that name; a mapping is kept as it is."""
    if not isinstance(given, str):
        return given
    number, _, name = given.partition(" ")
    is_numbered = kind == "attack-pattern" and name != "" and number[:1] == "T" and number[1:2].isdigit()
    shown = name if is_numbered else given
    description = f"ATT&CK technique {number}" if is_numbered else ""
    identity = f"{kind}--{tenant.ids.of(kind, given)}"
    return {"id": identity, "type": kind, "name": shown, "description": description}


def _countermeasure(tenant: Tenant, alert: Alert, name: str, at: float) -> dict[str, Any]:
    born_at = {"created_at": iso_z(at), "created_by": alert.created_by.uuid, "created_by_type": "application"}
    nobody = dict.fromkeys(f"{act}_{what}" for act in ("activated", "denied") for what in ("at", "by", "by_type"))
    step = {"uuid": tenant.ids.uuid(), "name": "1", "description": name, "status": "created", **born_at, **nobody}
    step |= {"action_order": 0, "object": {}, "comments": [], "assignee": None, "type": "text"}
    task = {"uuid": tenant.ids.uuid(), "model_uuid": tenant.ids.of("countermeasure model", name), "relevance": 60}
    task |= {"dynamic_relevance": 0, "duration": None, "status": "created", **born_at, **nobody}
    task |= {"course_of_action": {}, "action_steps": [step], "name": name, "description": name, "comments": []}
    task |= {"assignee": None, "type": "text", "external_ref": None, "alert_uuid": alert.uuid}
    return task
