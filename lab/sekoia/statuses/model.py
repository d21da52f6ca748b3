"""The three layers of an alert's status: legacy statuses, legacy actions, custom statuses; verdicts and priorities.

Labels are unique within a community only: "" is the workspace itself, any other one a community below it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from lab.sekoia.ids import Ids

STAGES = ("open", "in_progress", "closed")
VERDICT_STAGES = ("false_positive", "true_positive")


@dataclass(frozen=True)
class LegacyStatus:
    """One of the five statuses every workspace knows by the same uuid."""

    name: str
    uuid: str
    stage: str
    description: str


@dataclass(frozen=True)
class LegacyAction:
    """One of the four moves every workspace knows by the same uuid."""

    name: str
    uuid: str
    leads_to: str
    description: str


@dataclass(frozen=True)
class CustomStatus:
    """A status of this workspace; `legacy` is the name of the legacy status it shows as."""

    uuid: str
    label: str
    description: str
    level: int
    stage: str
    types: tuple[str, ...]
    legacy: str
    community: str = ""


@dataclass(frozen=True)
class Verdict:
    """A verdict of this workspace."""

    uuid: str
    label: str
    description: str
    level: int
    stage: str
    community: str = ""


@dataclass(frozen=True)
class Priority:
    """How urgent the cases of this workspace can be."""

    uuid: str
    label: str
    description: str
    level: int
    color: str
    community: str = ""


LEGACY = {
    status.name: status
    for status in (
        LegacyStatus("Pending", "2efc4930-1442-4abb-acf2-58ba219a4fd0", "open", "Alert waits for a decision"),
        LegacyStatus(
            "Acknowledged", "8f206505-af6d-433e-93f4-775d46dc7d0f", "in_progress", "An operator has looked at the alert"
        ),
        LegacyStatus("Ongoing", "1f2f88d5-ff5b-48bf-bbbc-00c2fff82d9f", "in_progress", "Response is under way"),
        LegacyStatus("Rejected", "4f68da89-38e0-4703-a6ab-652f02bdf24e", "closed", "Judged a false positive"),
        LegacyStatus("Closed", "1738b1c1-767d-489e-bada-19176621a007", "closed", "Nothing more to do"),
    )
}
ACTIONS = {
    action.name: action
    for action in (
        LegacyAction("Acknowledge", "937bdabf-6a08-434b-b6d3-d7447e4e452a", "Acknowledged", "Acknowledge this alert"),
        LegacyAction("Validate", "c39a0a95-aa2c-4d0d-8d2e-d3decf426eea", "Ongoing", "Validate this alert"),
        LegacyAction("Reject", "ade85d7b-7507-4026-bfc6-cc006d10ddac", "Rejected", "Reject this alert"),
        LegacyAction("Close", "1390be4e-ced8-4dd6-9bed-573471b235ab", "Closed", "Close this alert"),
    )
}
LEGACY_BY_UUID = {status.uuid: status for status in LEGACY.values()}
ACTION_BY_UUID = {action.uuid: action for action in ACTIONS.values()}
NEAREST = {"open": "Pending", "in_progress": "Ongoing", "closed": "Closed"}
BOTH = ("alert", "case")
DEFAULT_PRIORITIES = {"Critical": "#8b0000", "High": "#d9534f", "Medium": "#f0ad4e", "Low": "#5cb85c"}


class StatusBook:
    """The workspace's custom statuses, beginning with the five converted legacy ones."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._by_uuid: dict[str, CustomStatus] = {}
        for legacy in LEGACY.values():
            self._add(legacy.name, legacy.stage, legacy.description, BOTH, legacy.name)

    def define(
        self,
        label: str,
        stage: str,
        description: str = "",
        types: Iterable[str] = BOTH,
        level: int | None = None,
        community: str = "",
    ) -> CustomStatus:
        """A new custom status at the end of the menu (or at `level`); a label used twice or an unknown stage raises."""
        if stage not in STAGES:
            raise ValueError(f"a status's stage is one of {STAGES}, not {stage!r}")
        if any((status.label, status.community) == (label, community) for status in self._by_uuid.values()):
            raise ValueError(f"a status labelled {label!r} exists")
        return self._add(label, stage, description, tuple(types), NEAREST[stage], level, community)

    def all(self, rejected: bool = True, kind: str | None = None) -> list[CustomStatus]:
        """The statuses in the order of the menu, without Rejected and of one kind if asked."""
        found = [status for status in self._by_uuid.values() if rejected or status.label != "Rejected"]
        found = [status for status in found if kind is None or kind in status.types]
        return sorted(found, key=lambda status: (status.level, status.label))

    def get(self, uuid: str) -> CustomStatus | None:
        """The status with that uuid."""
        return self._by_uuid.get(uuid)

    def labelled(self, label: str) -> CustomStatus:
        """The status with that label; KeyError names it."""
        for status in self._by_uuid.values():
            if status.label == label:
                return status
        raise KeyError(f"no status is labelled {label!r}; there are {[s.label for s in self.all()]}")

    def target_of(self, uuid: str) -> CustomStatus | None:
        """Where a legacy action's, a legacy status's or a custom status's uuid leads; None for any other uuid."""
        if uuid in ACTION_BY_UUID:
            return self.labelled(ACTION_BY_UUID[uuid].leads_to)
        if uuid in LEGACY_BY_UUID:
            return self.labelled(LEGACY_BY_UUID[uuid].name)
        return self._by_uuid.get(uuid)

    def _add(
        self,
        label: str,
        stage: str,
        description: str,
        types: tuple[str, ...],
        legacy: str,
        level: int | None = None,
        community: str = "",
    ) -> CustomStatus:
        place, uuid = len(self._by_uuid) if level is None else level, self._ids.of("status", label + community)
        status = CustomStatus(uuid, label, description, place, stage, types, legacy, community)
        self._by_uuid[status.uuid] = status
        return status


class VerdictBook:
    """The workspace's verdicts, beginning with one of each stage."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._by_uuid: dict[str, Verdict] = {}
        self.define("True positive", "true_positive", "The alert was right")
        self.define("False positive", "false_positive", "The alert was wrong")

    def define(self, label: str, stage: str, description: str = "", community: str = "") -> Verdict:
        """A new verdict at the end of the menu; a label used twice or an unknown stage raises."""
        if stage not in VERDICT_STAGES:
            raise ValueError(f"a verdict's stage is one of {VERDICT_STAGES}, not {stage!r}")
        if any((verdict.label, verdict.community) == (label, community) for verdict in self._by_uuid.values()):
            raise ValueError(f"a verdict labelled {label!r} exists")
        uuid = self._ids.of("verdict", label + community)
        verdict = Verdict(uuid, label, description, len(self._by_uuid), stage, community)
        self._by_uuid[verdict.uuid] = verdict
        return verdict

    def all(self) -> list[Verdict]:
        """The verdicts in the order of the menu."""
        return sorted(self._by_uuid.values(), key=lambda verdict: verdict.level)

    def get(self, uuid: str) -> Verdict | None:
        """The verdict with that uuid."""
        return self._by_uuid.get(uuid)

    def labelled(self, label: str) -> Verdict:
        """The verdict with that label; KeyError names it."""
        for verdict in self._by_uuid.values():
            if verdict.label == label:
                return verdict
        raise KeyError(f"no verdict is labelled {label!r}; there are {[v.label for v in self.all()]}")


class PriorityBook:
    """The workspace's priorities of cases, beginning with the four default ones."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._by_uuid: dict[str, Priority] = {}
        for label, color in DEFAULT_PRIORITIES.items():
            self.define(label, color, f"{label} priority")

    def define(self, label: str, color: str = "#888888", description: str = "", community: str = "") -> Priority:
        """A new priority at the end of the menu; a label used twice raises."""
        if any((priority.label, priority.community) == (label, community) for priority in self._by_uuid.values()):
            raise ValueError(f"a priority labelled {label!r} exists")
        uuid = self._ids.of("priority", label + community)
        priority = Priority(uuid, label, description, len(self._by_uuid), color, community)
        self._by_uuid[priority.uuid] = priority
        return priority

    def all(self) -> list[Priority]:
        """The priorities in the order of the menu."""
        return sorted(self._by_uuid.values(), key=lambda priority: priority.level)

    def get(self, uuid: str) -> Priority | None:
        """The priority with that uuid."""
        return self._by_uuid.get(uuid)
