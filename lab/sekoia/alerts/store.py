"""All alerts of the tenant, kept in the order of their creation, and what stories and tests do to them."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any

from lab.clock import TimeSource
from lab.sekoia.actors import Actor, analyst, engine
from lab.sekoia.alerts import comments, workflow
from lab.sekoia.alerts.birth import ARGUMENTS, Sketch, Tenant, born, check_arguments
from lab.sekoia.alerts.edit import Editor
from lab.sekoia.alerts.model import Alert, Comment
from lab.sekoia.refusals import Missing


class AlertStore:
    """The alerts. What is written here is written by the engine or by a colleague in Sekoia's own interface."""

    def __init__(self, tenant: Tenant, clock: TimeSource, lock: RLock) -> None:
        self.tenant = tenant
        self.rules = workflow.Rules(tenant.ids, tenant.statuses, tenant.switches)
        self.lock = lock
        self._clock = clock
        self._made = 0
        self.hidden = 0
        self._times: list[float] = []
        self._ordered: list[Alert] = []
        self._by_id: dict[str, Alert] = {}
        self._late: dict[str, Alert] = {}

    def raise_alert(self, title: Any = "Suspicious activity", *, created_at: float | None = None, **said: Any) -> Alert:
        """A new alert; `Sketch` has the arguments. `created_at` None is now, a later time hides it until then.

        Any other key of the API's alert replaces that key word for word; an unknown name raises TypeError.
        """
        check_arguments(said)
        at = self._clock.time() if created_at is None else float(created_at)
        sketch = Sketch(title=title, **{name: value for name, value in said.items() if name in ARGUMENTS})
        overrides = {name: value for name, value in said.items() if name not in ARGUMENTS}
        with self.lock:
            self._made += 1
            alert = born(self.tenant, sketch, at, self._made, overrides)
            self._insert(alert)
        return alert

    def _insert(self, alert: Alert) -> None:
        place = bisect_right(self._times, alert.created_at)
        self._times.insert(place, alert.created_at)
        self._ordered.insert(place, alert)
        self._by_id[alert.uuid] = self._by_id[alert.short_id] = alert
        if alert.shown_from > self._clock.time():
            self._late[alert.uuid] = alert
        self.hidden += not alert.visible

    def __contains__(self, identity: str) -> bool:
        return identity in self._by_id

    def get(self, identity: str) -> Alert:
        """The alert with that uuid or short id, shown or not; Missing when there is none."""
        alert = self._by_id.get(identity)
        if alert is None:
            raise Missing("Unknown alert")
        return alert

    def shown(self, identity: str) -> Alert:
        """The alert with that uuid or short id if the API shows it by now."""
        alert = self.get(identity)
        if alert.shown_from > self._clock.time():
            raise Missing("Unknown alert")
        return alert

    def all(self) -> list[Alert]:
        """Every alert by creation, also those the API does not show yet."""
        return list(self._ordered)

    def between(self, low: float | None, high: float | None) -> list[Alert]:
        """The alerts the API shows by now with low <= created_at < high, by creation (None is open)."""
        first = 0 if low is None else bisect_left(self._times, low)
        last = len(self._times) if high is None else bisect_left(self._times, high)
        found = self._ordered[first:last]
        late = self._still_late()
        return [alert for alert in found if alert.uuid not in late] if late else found

    def _still_late(self) -> Mapping[str, Alert]:
        now = self._clock.time()
        if any(alert.shown_from <= now for alert in self._late.values()):
            self._late = {uuid: alert for uuid, alert in self._late.items() if alert.shown_from > now}
        return self._late

    def delete(self, identity: str) -> None:
        """Delete the alert; the API then answers 404 for it."""
        with self.lock:
            alert = self.get(identity)
            place = self._ordered.index(alert)
            del self._times[place], self._ordered[place]
            del self._by_id[alert.uuid], self._by_id[alert.short_id]
            self._late.pop(alert.uuid, None)
            self.hidden -= not alert.visible

    def set_status(
        self, identity: str, label: str, by: str = "analyst", comment: str | None = None, at: float | None = None
    ) -> None:
        """A colleague gives the alert the status with that label, whatever the transitions say."""
        target = self.tenant.statuses.labelled(label)
        self._write(identity, by, at, lambda a, who, when: workflow.enter(self.rules, a, target, who, when, comment))

    def edit(self, identity: str, by: str = "analyst", at: float | None = None, **changes: Any) -> None:
        """A colleague edits the alert; the names are those of the API's edit call."""
        self._write(identity, by, at, lambda a, who, when: self.editor(who, when).apply(a, changes))

    def comment(
        self, identity: str, text: str, by: str = "analyst", author: str | None = None, at: float | None = None
    ) -> Comment:
        """A colleague comments on the alert."""
        written: list[Comment] = []
        ids = self.tenant.ids
        self._write(
            identity,
            by,
            at,
            lambda a, who, when: written.append(comments.write_comment(ids, a, text, author, who, when)),
        )
        return written[0]

    def occurrence(self, identity: str, count: int = 1, at: float | None = None) -> Alert:
        """More events of an alert: they join it while it is not closed, otherwise a new alert like it is raised."""
        alert = self.get(identity)
        when = self._clock.time() if at is None else at
        if alert.status.stage == "closed":
            return self._again(alert, when)
        with self.lock:
            alert.similar += count
            alert.last_seen_at = when
            alert.touch(when, engine(self.tenant.ids))
        return alert

    def _again(self, alert: Alert, when: float) -> Alert:
        facts = {name: alert.facts[name] for name in ("description", "detection_type", "ttps", "adversaries")}
        rule = alert.rule
        return self.raise_alert(
            alert.title,
            created_at=when,
            urgency=alert.urgency,
            rule=rule["name"],
            rule_uuid=rule["uuid"],
            severity=rule["severity"],
            pattern=rule["pattern"],
            alert_type=alert.alert_type,
            source=alert.source,
            target=alert.target,
            entity=alert.entity,
            details=alert.details,
            kill_chain=alert.kill_chain,
            assets=alert.assets,
            **facts,
        )

    def editor(self, by: Actor, at: float) -> Editor:
        """The rules of editing, for that actor and time."""
        return Editor(self.rules, self.tenant.verdicts, self.tenant.kill_chains, by, at)

    def _write(self, identity: str, by: str, at: float | None, act: Callable[[Alert, Actor, float], object]) -> None:
        when = self._clock.time() if at is None else at
        with self.lock:
            act(self.get(identity), analyst(self.tenant.ids, by), when)
