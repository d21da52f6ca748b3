"""All cases of the tenant, and the rules of what is done to them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import RLock
from typing import Any

from lab.clock import TimeSource
from lab.sekoia.actors import Actor, analyst
from lab.sekoia.alerts.model import Alert, Ruling
from lab.sekoia.alerts.store import AlertStore
from lab.sekoia.cases.model import LEGACY_STATUS, MAX_COMMENTS, Case, CaseComment
from lab.sekoia.cases.view import on_alert
from lab.sekoia.custom_fields.model import CustomFieldBook
from lab.sekoia.events.store import EventStore
from lab.sekoia.identity.avatars import AvatarBook
from lab.sekoia.refusals import Clash, Missing, Unfit
from lab.sekoia.statuses.model import CustomStatus, Priority, PriorityBook


@dataclass(frozen=True)
class Books:
    """What of the tenant a case refers to."""

    alerts: AlertStore
    events: EventStore
    priorities: PriorityBook
    avatars: AvatarBook
    custom_fields: CustomFieldBook


class CaseBook:
    """The cases, in the order they were opened. An alert knows the cases it is in."""

    def __init__(self, books: Books, clock: TimeSource, lock: RLock) -> None:
        self.books = books
        self.tenant = books.alerts.tenant
        self.lock = lock
        self._clock = clock
        self._all: list[Case] = []
        self._ever: set[str] = set()

    # ------------------------------------------------------------------------------------------------------ reading

    def all(self) -> list[Case]:
        """Every case."""
        return [self._present(case) for case in self._all]

    def _present(self, case: Case) -> Case:
        """The case without alerts that were deleted meanwhile."""
        case.alerts = [alert for alert in case.alerts if alert.uuid in self.books.alerts]
        return case

    def get(self, identity: str) -> Case:
        """The case with that uuid or short id; Missing when there is none."""
        for case in self._all:
            if identity in (case.uuid, case.short_id):
                return self._present(case)
        raise Missing("Unknown case")

    # ------------------------------------------------------------------------------------------------------ writing

    def open(
        self,
        title: str = "Investigation",
        alerts: Iterable[str] = (),
        by: Actor | str = "analyst",
        manual: bool = True,
        **said: Any,
    ) -> Case:
        """A new case with these alerts (uuids or short ids); what else is said goes by the names of the API's call."""
        who, now, ids = self._actor(by), self._clock.time(), self.tenant.ids
        with self.lock:
            status = self.tenant.statuses.labelled("Pending")
            case = Case(
                ids.uuid(), ids.short_id("CA"), self.tenant.community, title, now, now, who, who, status, manual=manual
            )
            self._write(case, said, who)
            case.remember(ids, now, who, "case", status=LEGACY_STATUS[case.status.stage])
            self._all.append(case)
            self._ever.add(case.short_id)
            if alerts:
                self.add_alerts(case, list(alerts), who)
        return case

    def edit(self, case: Case, changes: Mapping[str, Any], by: Actor | str = "analyst") -> None:
        """Change fields, by the names of the API's call; a closed case takes nothing but another status."""
        who = self._actor(by)
        is_moved = changes.keys() & {"custom_status_uuid", "status_uuid", "status_name"}
        if case.status.stage == "closed" and not is_moved:
            raise self._closed()
        if changes.get("description") == "":
            raise Unfit("Input payload validation failed: description", ("body", "description"))
        with self.lock:
            self._write(case, changes, who)
            case.remember(self.tenant.ids, self._clock.time(), who, "case", **changes)
            self._tell(case.alerts)

    def _closed(self) -> Exception:
        message = "A closed case cannot be edited"
        return Clash(message) if self.tenant.switches.closed_case_refusal == 409 else Unfit(message)

    def delete(self, case: Case) -> None:
        """Delete a case; its alerts stay."""
        with self.lock:
            self._all.remove(case)
            self._tell(case.alerts)

    def add_alerts(self, case: Case, identities: Iterable[str], by: Actor | str = "analyst") -> None:
        """Put more alerts into a case."""
        found = [self.books.alerts.shown(identity) for identity in identities]
        new = [alert for alert in dict.fromkeys(found) if alert not in case.alerts]
        self._set(case, [*case.alerts, *new], by)

    def replace_alerts(self, case: Case, identities: Iterable[str], by: Actor | str = "analyst") -> None:
        """Make these the alerts of a case, and no others."""
        self._set(case, list(dict.fromkeys(self.books.alerts.shown(identity) for identity in identities)), by)

    def _set(self, case: Case, alerts: list[Alert], by: Actor | str) -> None:
        with self.lock:
            before, case.alerts = case.alerts, alerts
            listed = [alert.short_id for alert in alerts]
            case.remember(self.tenant.ids, self._clock.time(), self._actor(by), "alerts", alerts=listed)
            self._tell([*before, *alerts])

    def _tell(self, alerts: Iterable[Alert]) -> None:
        """Let alerts show the cases they are in; what a story wrote there by hand stays."""
        for alert in dict.fromkeys(alerts):
            told = [one for one in alert.cases if one.get("short_id") not in self._ever]
            alert.cases = told + [on_alert(case) for case in self._all if alert in case.alerts]
            alert.views.clear()

    def add_events(self, case: Case, event_ids: Iterable[str], by: Actor | str = "analyst") -> None:
        """Put events into a case, by `__event_id`; Unfit for one that nobody knows."""
        known = {one["__event_id"]: one["event.id"] for one in (event.write() for event in self.books.events.all())}
        wanted = list(event_ids)
        if not known.keys() >= set(wanted):
            raise Unfit("Unknown event", ("body", "event_ids"))
        with self.lock:
            case.events.update({one: known[one] for one in wanted})
            case.remember(self.tenant.ids, self._clock.time(), self._actor(by), "events", event_ids=wanted)

    def remove_events(self, case: Case, event_ids: Iterable[str], by: Actor | str = "analyst") -> None:
        """Take events out of a case, by `event.id`; those that are not in it are passed over."""
        unwanted = set(event_ids)
        with self.lock:
            case.events = {opaque: shown for opaque, shown in case.events.items() if shown not in unwanted}
            case.remember(self.tenant.ids, self._clock.time(), self._actor(by), "events", removed=sorted(unwanted))

    def comment(self, case: Case, content: str, by: Actor | str = "analyst") -> CaseComment:
        """Write a comment."""
        if len(case.comments) >= MAX_COMMENTS:
            raise Unfit(f"a case has at most {MAX_COMMENTS} comments", ("body", "content"))
        now, who = self._clock.time(), self._actor(by)
        with self.lock:
            written = CaseComment(self.tenant.ids.uuid(), content, now, now, who)
            case.comments.append(written)
            case.remember(self.tenant.ids, now, who, "comment", content=content)
        return written

    def the_comment(self, case: Case, uuid: str) -> CaseComment:
        """The comment with that uuid."""
        for one in case.comments:
            if one.uuid == uuid:
                return one
        raise Missing("Unknown comment")

    def set_custom_fields(self, case: Case, given: Iterable[Mapping[str, Any]], by: Actor | str = "analyst") -> None:
        """Give custom fields values; others stay unless the switch `custom_fields_patch` replaces them."""
        held = [{"uuid": uuid, "value": value} for uuid, value in case.custom_fields.items()]
        case.custom_fields = self.books.custom_fields.changed(held, given, self.tenant.switches.custom_fields_patch)
        case.updated_at, case.updated_by = self._clock.time(), self._actor(by)

    def _actor(self, by: Actor | str) -> Actor:
        return analyst(self.tenant.ids, by) if isinstance(by, str) else by

    # ------------------------------------------------------------------------------------------------------- fields

    def _write(self, case: Case, said: Mapping[str, Any], by: Actor) -> None:
        """Check all of it, then write all of it."""
        found = {name: READERS[name](self, said[name]) for name in said if name in READERS}
        ruling = self._ruling(case, said, by)
        for name in ("title", "description", "priority", "tags"):
            if name in said:
                setattr(case, name, said[name])
        case.status = (
            found.get("custom_status_uuid") or found.get("status_uuid") or found.get("status_name") or case.status
        )
        case.custom_priority = found.get("custom_priority_uuid", case.custom_priority)
        case.subscribers = found.get("subscribers", case.subscribers)
        case.ruling = ruling
        case.description_updated = case.description_updated or "description" in said
        case.priority_updated = case.priority_updated or "priority" in said
        if "custom_fields" in said:
            self.set_custom_fields(case, said["custom_fields"], by)

    def _ruling(self, case: Case, said: Mapping[str, Any], by: Actor) -> Ruling | None:
        if not said.keys() & {"verdict_uuid", "verdict_analysis", "verdict_confidence"}:
            return case.ruling
        before = case.ruling
        uuid = said.get("verdict_uuid", before.verdict.uuid if before else "")
        if uuid is None:
            return None
        verdict = self.tenant.verdicts.get(uuid)
        if verdict is None:
            raise Unfit("Unknown verdict", ("body", "verdict_uuid"))
        analysis = said.get("verdict_analysis", before.analysis if before else None)
        return Ruling(verdict, analysis, said.get("verdict_confidence", before.confidence if before else None), by)

    def _custom_status(self, uuid: str | None) -> CustomStatus | None:
        if uuid is None:
            return None
        found = self.tenant.statuses.get(uuid)
        if found is None or "case" not in found.types:
            raise Unfit("Unknown custom status", ("body", "custom_status_uuid"))
        return found

    def _legacy_status(self, said: str) -> CustomStatus:
        names = {name: name for name in LEGACY_STATUS.values()}
        uuids = {legacy_status_uuid(self, name): name for name in names}
        name = uuids.get(said) or names.get(said)
        if name is None:
            raise Unfit("Unknown status", ("body", "status_uuid"))
        return self.tenant.statuses.labelled("Closed" if name == "closed" else "Pending")

    def _priority(self, uuid: str | None) -> Priority | None:
        found = None if uuid is None else self.books.priorities.get(uuid)
        if uuid is not None and found is None:
            raise Unfit("Unknown custom priority", ("body", "custom_priority_uuid"))
        return found

    def _subscribers(self, given: list[dict[str, str]]) -> list[dict[str, str]]:
        for one in given:
            if self.books.avatars.get(one["avatar_uuid"]) is None:
                raise Unfit("Unknown avatar", ("body", "subscribers"))
        return [dict(one) for one in given]


def legacy_status_uuid(book: CaseBook, name: str) -> str:
    """The uuid under which a legacy status of cases goes; the real ones are not public."""
    return book.tenant.ids.of("legacy case status", name)


READERS: dict[str, Callable[[CaseBook, Any], Any]] = {
    "custom_status_uuid": CaseBook._custom_status,
    "status_uuid": CaseBook._legacy_status,
    "status_name": CaseBook._legacy_status,
    "custom_priority_uuid": CaseBook._priority,
    "subscribers": CaseBook._subscribers,
}
