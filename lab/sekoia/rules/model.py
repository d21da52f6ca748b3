"""The rules of the catalogue: enabled or not, each with the alert filters that keep it quiet."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.clock import TimeSource
from lab.sekoia.actors import Actor
from lab.sekoia.ids import Ids
from lab.sekoia.refusals import Clash, Missing

TYPES = ("sigma", "sigma_correlation", "cti", "anomaly")


@dataclass
class AlertFilter:
    """A pattern of events that raise no alert; `expires_at` in epoch seconds."""

    uuid: str
    pattern: str
    name: str = ""
    description: str = ""
    expires_at: float | None = None

    def is_active(self, now: float) -> bool:
        """Whether it still keeps alerts away."""
        return self.expires_at is None or now < self.expires_at


@dataclass
class Rule:
    """One rule. `was_enabled` remembers whether it ever was: before that it can have no filters."""

    uuid: str
    instance_uuid: str
    name: str
    type: str
    payload: str
    description: str
    severity: int
    effort: int
    alert_type: tuple[str, str]
    tags: tuple[str, ...]
    datasources: tuple[str, ...]
    source: str
    verified: bool
    enabled: bool
    was_enabled: bool
    created_at: float
    updated_at: float
    updated_by: Actor | None = None
    filters: list[AlertFilter] = field(default_factory=list)

    def filter(self, uuid: str) -> AlertFilter:
        """The filter with that uuid; Missing when there is none."""
        for one in self.filters:
            if one.uuid == uuid:
                return one
        raise Missing("Unknown alert filter")


class RuleBook:
    """The rules of the workspace, in the order they were written."""

    def __init__(self, ids: Ids, clock: TimeSource) -> None:
        self._ids, self._clock = ids, clock
        self._by_uuid: dict[str, Rule] = {}

    def define(
        self,
        name: str,
        type: str = "sigma",  # the API's own word
        *,
        pattern: str = "detection:\n  selection:\n    event.action: example\n  condition: selection",
        description: str = "",
        severity: int = 50,
        effort: int = 2,
        alert_type: Iterable[str] = ("intrusions", "compromised"),
        tags: Iterable[str] = (),
        datasources: Iterable[str] = (),
        source: str = "Sekoia.io",
        verified: bool = True,
        enabled: bool = True,
    ) -> Rule:
        """A new rule; alerts of a rule of this name carry its uuid. A name used twice or an unknown type raises."""
        uuid = self._ids.of("rule", name)
        if uuid in self._by_uuid:
            raise ValueError(f"a rule named {name!r} exists")
        if type not in TYPES:
            raise ValueError(f"a rule's type is one of {TYPES}, not {type!r}")
        now = self._clock.time()
        category, value = alert_type
        rule = Rule(
            uuid=uuid,
            instance_uuid=self._ids.of("rule instance", name),
            name=name,
            type=type,
            payload=pattern,
            description=description,
            severity=severity,
            effort=effort,
            alert_type=(category, value),
            tags=tuple(tags),
            datasources=tuple(datasources),
            source=source,
            verified=verified,
            enabled=enabled,
            was_enabled=enabled,
            created_at=now,
            updated_at=now,
        )
        self._by_uuid[uuid] = rule
        return rule

    def all(self) -> list[Rule]:
        """All rules."""
        return list(self._by_uuid.values())

    def get(self, uuid: str) -> Rule:
        """The rule with that uuid; Missing when there is none."""
        if uuid not in self._by_uuid:
            raise Missing("Unknown rule")
        return self._by_uuid[uuid]

    def switch(self, uuid: str, enabled: bool, by: Actor) -> Rule:
        """Switch a rule on or off; one that stands there already stays as it is."""
        rule = self.get(uuid)
        if rule.enabled is not enabled:
            rule.enabled, rule.updated_at, rule.updated_by = enabled, self._clock.time(), by
            rule.was_enabled = rule.was_enabled or enabled
        return rule

    def with_filters(self, uuid: str) -> Rule:
        """A rule that can have filters; Clash for one that was never enabled."""
        rule = self.get(uuid)
        if not rule.was_enabled:
            raise Clash("The rule has never been enabled")
        return rule

    def add_filter(self, uuid: str, said: Mapping[str, Any]) -> AlertFilter:
        """A new filter of a rule."""
        made = AlertFilter(self._ids.uuid(), **said)
        self.with_filters(uuid).filters.append(made)
        return made
