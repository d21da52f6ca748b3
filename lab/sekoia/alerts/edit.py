"""The rules of editing an alert: what each field may hold and what it leaves in the history."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lab.sekoia.actors import Actor
from lab.sekoia.alerts import urgency as scale
from lab.sekoia.alerts import workflow
from lab.sekoia.alerts.comments import write_comment
from lab.sekoia.alerts.model import Alert, Ruling
from lab.sekoia.kill_chains.model import KillChains
from lab.sekoia.refusals import Unfit
from lab.sekoia.statuses.model import LEGACY_BY_UUID, CustomStatus, VerdictBook


@dataclass(frozen=True)
class Editor:
    """One edit: the tenant's rules, who does it and when (epoch seconds)."""

    rules: workflow.Rules
    verdicts: VerdictBook
    kill_chains: KillChains
    by: Actor
    at: float

    def apply(self, alert: Alert, changes: Mapping[str, Any]) -> None:
        """Check all of it, then write all of it; Unfit for a value that does not fit, Clash for a refused close."""
        ruling = self._ruling(alert, changes)
        status = self._status(alert, changes, ruling)
        self._check_kill_chain(changes)
        for name, write in WRITERS.items():
            if name in changes:
                write(self, alert, changes)
        if ruling is not alert.ruling:
            alert.ruling = ruling
            alert.touch(self.at, self.by)
        self._move(alert, status, changes.get("comment"))

    def remember(self, alert: Alert, entry_type: str, **detail: Any) -> None:
        """Write the change to the history and bump the alert."""
        alert.remember(self.rules.ids, self.at, self.by, entry_type, **detail)
        alert.touch(self.at, self.by)

    def _status(self, alert: Alert, changes: Mapping[str, Any], ruling: Ruling | None) -> CustomStatus | None:
        uuid = changes.get("custom_status_uuid") or changes.get("status_uuid")
        if uuid is None:
            return None
        if "status_uuid" in changes and changes["status_uuid"] not in LEGACY_BY_UUID:
            raise Unfit("Unknown status", ("body", "status_uuid"))
        target = workflow.target_of(self.rules, uuid)
        if not workflow.may_enter(self.rules, alert, target):
            raise Unfit("Invalid action given current status", ("body", "status_uuid"))
        workflow.check_verdict(self.rules, alert, target, ruling is not None)
        return None if target is alert.status else target

    def _move(self, alert: Alert, status: CustomStatus | None, comment: str | None) -> None:
        if status is not None:
            workflow.enter(self.rules, alert, status, self.by, self.at, comment)
        elif comment:
            write_comment(self.rules.ids, alert, comment, None, self.by, self.at)

    def _ruling(self, alert: Alert, changes: Mapping[str, Any]) -> Ruling | None:
        names = {"verdict_uuid", "verdict_analysis", "verdict_confidence"} & changes.keys()
        if not names:
            return alert.ruling
        if "verdict_uuid" in changes and changes["verdict_uuid"] is None:
            return None
        uuid = changes.get("verdict_uuid") or (alert.ruling.verdict.uuid if alert.ruling else "")
        verdict = self.verdicts.get(uuid)
        if verdict is None:
            raise Unfit("Unknown verdict", ("body", "verdict_uuid"))
        before = alert.ruling
        analysis = changes.get("verdict_analysis", before.analysis if before else None)
        confidence = changes.get("verdict_confidence", before.confidence if before else None)
        return Ruling(verdict, analysis, confidence, self.by)

    def _check_kill_chain(self, changes: Mapping[str, Any]) -> None:
        identity = changes.get("kill_chain_short_id")
        if identity is not None and self.kill_chains.get(identity) is None:
            raise Unfit("Unknown kill chain", ("body", "kill_chain_short_id"))
        if "alert_type_category" in changes and "alert_type_value" not in changes:
            raise Unfit("alert_type_value is required with alert_type_category", ("body", "alert_type_value"))


Writer = Callable[[Editor, Alert, Mapping[str, Any]], None]


def _write_title(editor: Editor, alert: Alert, changes: Mapping[str, Any]) -> None:
    if changes["title"] != alert.title:
        alert.title = changes["title"]
        alert.touch(editor.at, editor.by)


def _write_details(editor: Editor, alert: Alert, changes: Mapping[str, Any]) -> None:
    before, after = alert.details, changes["details"]
    if before != after:
        alert.details = after
        editor.remember(alert, "details", details={"value": after, "previous_value": before})


def _write_urgency(editor: Editor, alert: Alert, changes: Mapping[str, Any]) -> None:
    before, after = alert.urgency_value, changes["urgency"]
    if before == after:
        return
    known = dict(alert.urgency) if isinstance(alert.urgency, Mapping) else {}
    word = scale.word(after, editor.rules.switches.urgency_words)
    alert.urgency = {**known, "current_value": after, "display": word}
    editor.remember(alert, "urgency", urgency={"value": after, "previous_value": before})


def _write_type(editor: Editor, alert: Alert, changes: Mapping[str, Any]) -> None:
    before = dict(alert.alert_type)
    category = changes.get("alert_type_category", before.get("category"))
    after = {"value": changes["alert_type_value"], "category": category}
    if before == after:
        return
    alert.alert_type = after
    previous = {"previous_value": before.get("value"), "previous_category": before.get("category")}
    editor.remember(alert, "alert_type", alert_type={**after, **previous})


def _write_kill_chain(editor: Editor, alert: Alert, changes: Mapping[str, Any]) -> None:
    before, identity = alert.kill_chain, changes["kill_chain_short_id"]
    stage = editor.kill_chains.get(identity) if identity else None
    after = stage.short_id if stage else None
    if before == after:
        return
    alert.kill_chain = after
    shown = {"uuid": stage.uuid, "short_id": stage.short_id, "name": stage.name} if stage else {}
    editor.remember(alert, "kill_chain", kill_chain={**shown, "previous_short_id": before})


def _write_assignee(editor: Editor, alert: Alert, changes: Mapping[str, Any]) -> None:
    if changes["assignee"] != alert.assignee:
        alert.assignee = changes["assignee"]
        alert.touch(editor.at, editor.by)


WRITERS: dict[str, Writer] = {
    "title": _write_title,
    "details": _write_details,
    "urgency": _write_urgency,
    "alert_type_value": _write_type,
    "kill_chain_short_id": _write_kill_chain,
    "assignee": _write_assignee,
}
