"""The rules of a change of many alerts at once: what does not allow it is left out."""

from collections.abc import Iterable, Mapping
from typing import Any

from lab.sekoia.alerts import workflow
from lab.sekoia.alerts.edit import Editor
from lab.sekoia.alerts.model import Alert
from lab.sekoia.refusals import Clash, Unfit


def check_move(editor: Editor, uuid: str, verdict: str | None) -> None:
    """Unfit for an action or a verdict that does not exist."""
    workflow.target_of(editor.rules, uuid)
    if verdict is not None and editor.verdicts.get(verdict) is None:
        raise Unfit("Unknown verdict", ("body", "verdict_uuid"))


def move_all(editor: Editor, alerts: Iterable[Alert], body: Mapping[str, Any]) -> int:
    """Moves every alert that allows it, with verdict and comment; how many those were."""
    target = workflow.target_of(editor.rules, body["action_uuid"])
    changes = {"custom_status_uuid": target.uuid}
    changes |= {name: body[name] for name in ("verdict_uuid", "comment") if body.get(name)}
    return sum(_moved(editor, alert, changes) for alert in alerts)


def _moved(editor: Editor, alert: Alert, changes: Mapping[str, Any]) -> bool:
    try:
        editor.apply(alert, changes)
    except (Clash, Unfit):
        return False
    return True


def move_each(editor: Editor, alerts: Iterable[Alert], body: Mapping[str, Any]) -> None:
    """Moves all of them or, when one does not allow it, none (Clash)."""
    found = list(alerts)
    target = workflow.target_of(editor.rules, body["action_uuid"])
    if any(alert.status is target or not workflow.may_enter(editor.rules, alert, target) for alert in found):
        raise Clash("Invalid action given current status")
    move_all(editor, found, body)
