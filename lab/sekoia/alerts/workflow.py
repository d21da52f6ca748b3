"""The rules of an alert's status: which moves are offered, which are refused, what a move leaves behind."""

from dataclasses import dataclass

from lab.sekoia.actors import Actor
from lab.sekoia.alerts.comments import write_comment
from lab.sekoia.alerts.model import Alert, Comment
from lab.sekoia.ids import Ids
from lab.sekoia.refusals import Clash, Unfit
from lab.sekoia.statuses.model import ACTION_BY_UUID, ACTIONS, CustomStatus, StatusBook
from lab.sekoia.switches import Switches

STRICT = {
    "Pending": ("Acknowledge", "Reject", "Validate"),
    "Acknowledged": ("Validate", "Reject"),
    "Ongoing": ("Close", "Reject"),
    "Rejected": (),
    "Closed": (),
}
RESPONSE_STATUSES = ("Ongoing", "Rejected", "Closed")


@dataclass(frozen=True)
class Move:
    """One move as the workflow offers it."""

    id: str
    name: str
    description: str


@dataclass(frozen=True)
class Rules:
    """What the rules need to know of the tenant."""

    ids: Ids
    statuses: StatusBook
    switches: Switches


def offered(rules: Rules, alert: Alert | None) -> list[Move]:
    """The moves offered for an alert; without an alert, all of them (what a bulk change offers)."""
    if rules.switches.custom_actions:
        return _custom_moves(rules, alert)
    return [
        Move(action.uuid, action.name, action.description)
        for action in ACTIONS.values()
        if _exists(rules, action.leads_to) and (alert is None or _legacy_allowed(rules, alert, action.name))
    ]


def _custom_moves(rules: Rules, alert: Alert | None) -> list[Move]:
    statuses = rules.statuses.all(rules.switches.rejected_status, "alert")
    return [
        Move(status.uuid, status.label, status.description)
        for status in statuses
        if alert is None or (status is not alert.status and _strict_allows(rules, alert, status))
    ]


def _exists(rules: Rules, legacy: str) -> bool:
    return legacy != "Rejected" or rules.switches.rejected_status


def _legacy_allowed(rules: Rules, alert: Alert, action: str) -> bool:
    if rules.switches.strict_legacy_transitions:
        return action in STRICT[alert.status.legacy]
    return ACTIONS[action].leads_to != alert.status.label


def _strict_allows(rules: Rules, alert: Alert, target: CustomStatus) -> bool:
    if not rules.switches.strict_legacy_transitions:
        return True
    return target.legacy in {ACTIONS[action].leads_to for action in STRICT[alert.status.legacy]}


def target_of(rules: Rules, uuid: str) -> CustomStatus:
    """The status an action's or status's uuid leads to; Unfit for an unknown one or one that is not for alerts."""
    target = rules.statuses.target_of(uuid)
    if target is None or "alert" not in target.types or not _exists(rules, target.label):
        raise Unfit(f"Unknown action: {uuid}", ("body", "action_uuid"))
    return target


def move(rules: Rules, alert: Alert, uuid: str, by: Actor, at: float, comment: str | None) -> None:
    """Do what the workflow call asks for; Clash when it is not offered or the alert is there already."""
    target = target_of(rules, uuid)
    if target is alert.status:
        if rules.switches.same_status == "conflict":
            raise Clash("Invalid action given current status")
        return
    action = ACTION_BY_UUID.get(uuid)
    if action is not None and not _legacy_allowed(rules, alert, action.name):
        raise Clash("Invalid action given current status")
    if not _strict_allows(rules, alert, target):
        raise Clash("Invalid action given current status")
    check_verdict(rules, alert, target, alert.ruling is not None)
    enter(rules, alert, target, by, at, comment)


def check_verdict(rules: Rules, alert: Alert, target: CustomStatus, has_verdict: bool) -> None:
    """Where the switch says so, an alert is not closed without a verdict."""
    if not rules.switches.verdict_required_to_close or target.stage != "closed" or has_verdict:
        return
    message = "A verdict is required to close an alert"
    if rules.switches.verdict_refusal_status == 409:
        raise Clash(message)
    raise Unfit(message, ("body", "verdict_uuid"))


def may_enter(rules: Rules, alert: Alert, target: CustomStatus) -> bool:
    """Whether the present transitions allow that status, for an edit."""
    return target is alert.status or _strict_allows(rules, alert, target)


def enter(rules: Rules, alert: Alert, target: CustomStatus, by: Actor, at: float, comment: str | None = None) -> None:
    """Change the status: history, comment, times of the response, `updated_at`."""
    written: tuple[Comment, ...] = ()
    if comment:
        written = (write_comment(rules.ids, alert, comment, None, by, at, "history_comment", log=False),)
    alert.remember(
        rules.ids, at, by, "alert", written, alert={"status": target.label, "previous_status": alert.status.label}
    )
    alert.status = target
    _stop_watches(alert, target, at)
    alert.touch(at, by)


def _stop_watches(alert: Alert, target: CustomStatus, at: float) -> None:
    elapsed = max(0, int(at) - int(alert.created_at))
    reached = {
        "time_to_acknowledge": target.stage != "open",
        "time_to_respond": target.legacy in RESPONSE_STATUSES,
        "time_to_resolve": target.stage == "closed",
    }
    for name, is_reached in reached.items():
        if is_reached and alert.times.get(name) is None:
            alert.times[name] = elapsed
