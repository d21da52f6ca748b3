"""Plays one schedule of two actors; at its end both sides are equal, each comment is there once, and nothing echoes."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.clock import Clock
from lab.sekoia.alerts.model import Alert
from lab.sekoia.faults import Fault
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from lab.xsoar.bundle import Bundle
from lab.xsoar.host import Killed
from lab.xsoar.incidents import Incident
from tests.mirror.checks import BOTH, FIELD_OF, SWITCHED, TAG_OUT, Checks, Tally
from tests.mirror.clocks import Ahead
from tests.mirror.ledger import HERE, THERE, Ledger, Turn, words_of
from tests.mirror.schedule import CLOSED_LABELS, OPEN_LABELS, REASONS, SAFE_DEATHS, TEXTS, VALUES, Schedule, Step
from tests.promises import PromiseBroken
from tests.stage import Stage

FAULTS: dict[str, dict[str, Any]] = {
    "429": {"status": 429},
    "500": {"status": 500},
    "503": {"status": 503},
    "401": {"status": 401, "body": {"message": "Token revoked", "code": "T302"}},
    "400": {"status": 400, "body": {"message": "Bad request", "code": "AL400"}},
    "403": {"status": 403, "body": {"message": "Forbidden", "code": "F403"}},
    "reset": {"kind": "reset"},
    "reset after": {"kind": "reset_after"},
    "504 after": {"kind": "status_after", "status": 504},
}
QUIET_ROUNDS = 5
REOPENED = Turn(THERE, False)
ACT_SECONDS = 3  # that a person takes for whatever they do


class Trial:
    """One schedule on its way."""

    def __init__(self, stage: Stage, schedule: Schedule) -> None:
        self.stage, self.schedule, self.world = stage, schedule, stage.world
        self.tally, self.ledger = Tally(schedules=1), Ledger()
        self.checks = Checks(stage, schedule, self.ledger, self.tally)
        self.alerts: list[Alert] = []
        self.said = 0
        self.began = float("inf")  # when the first round began (epoch seconds)
        self.set_habits()

    def set_habits(self) -> None:
        """The server's habits; a server that starts again keeps them."""
        for name, value in self.schedule.habits:
            setattr(self.stage.host.mirroring.habits, name, value)

    # ---- what is there ----

    def alert(self, pick: int) -> Alert:
        """One of the alerts, by any number."""
        return self.alerts[pick % len(self.alerts)]

    def incident_of(self, alert: Alert) -> Incident | None:
        """The incident of an alert; there is one at most."""
        found = [one for one in self.stage.host.incidents.all() if one.dbot_mirror_id == alert.short_id]
        if len(found) > 1:
            raise PromiseBroken("doubled incident", f"{alert.short_id} has {len(found)} incidents")
        return found[0] if found else None

    # ---- deeds ----

    def step(self, step: Step) -> None:
        """One step of the schedule."""
        self.tally.steps += 1
        self.tally.deeds[f"{step.who} {step.deed}"] += 1
        if step.who == "w":
            getattr(self, f"world_{step.deed}")(step)
            return
        alert = self.alert(step.pick)
        self.stage.clock.advance(ACT_SECONDS)
        if step.who == "s":
            getattr(self, f"remote_{step.deed}")(alert, step)
        elif (incident := self.incident_of(alert)) is not None:
            getattr(self, f"local_{step.deed}")(incident, step)

    def text(self, step: Step) -> str:
        """A text; about every fourth one was said before, word by word."""
        self.said += 1
        text = TEXTS[step.pick % len(TEXTS)]
        return text if step.pick % 4 == 3 else f"{text} {self.said}"

    def remote_edit(self, alert: Alert, step: Step) -> None:
        value = VALUES[step.name][step.pick % len(VALUES[step.name])]
        if step.name == "status" and alert.status.stage == "closed":
            return  # that would be a reopening
        self.ledger.wrote(THERE, alert.short_id, step.name, value)
        if step.name == "status":
            self.world.alerts.set_status(alert.uuid, value)
        elif step.name == "verdict":
            uuid = self.world.verdicts.labelled(value).uuid if value else None
            self.world.alerts.edit(alert.uuid, verdict_uuid=uuid)
        else:
            change: dict[str, Any] = {step.name: (value or None) if step.name == "assignee" else value}
            self.world.alerts.edit(alert.uuid, **change)

    def remote_comment(self, alert: Alert, step: Step) -> None:
        self.world.alerts.comment(alert.uuid, self.text(step), by=f"analyst {step.pick % 3}")

    def remote_close(self, alert: Alert, step: Step) -> None:
        label = CLOSED_LABELS[step.pick % len(CLOSED_LABELS)]
        comment = self.text(step) if step.pick % 2 else None
        self.ledger.turned(THERE, alert.short_id, True, again=alert.status.stage == "closed")
        self.world.alerts.set_status(alert.uuid, label, comment=comment)

    def remote_reopen(self, alert: Alert, step: Step) -> None:
        if alert.status.stage == "closed":
            self.world.alerts.set_status(alert.uuid, OPEN_LABELS[step.pick % len(OPEN_LABELS)])
            self.ledger.turned(THERE, alert.short_id, False)

    remote_status = remote_close

    def remote_occur(self, alert: Alert, step: Step) -> None:
        if alert.status.stage != "closed":
            self.world.alerts.occurrence(alert.uuid)

    def local_edit(self, incident: Incident, step: Step) -> None:
        value = VALUES[step.name][step.pick % len(VALUES[step.name])]
        alert = self.alert(step.pick)
        if step.name == "status" and (alert.status.stage == "closed" or not self.checks.goes_in):
            self.ledger.turned(HERE, alert.short_id, None)  # an incident that hears of nothing may reopen by its field
        if step.name != "status" or not self.is_refused(alert):
            self.ledger.wrote(HERE, alert.short_id, step.name, value)
        self.stage.host.set_fields(incident.id, {FIELD_OF[step.name]: value})

    def is_refused(self, alert: Alert) -> bool:
        """Whether a status set on the incident may not move the alert: it is closed, and reopening it is off."""
        is_off = not dict(self.schedule.settings).get("reopen_out", True)
        return self.checks.goes_out and alert.status.stage == "closed" and is_off

    def local_comment(self, incident: Incident, step: Step) -> None:
        if incident.status < 2:
            self.stage.host.add_entry(incident.id, self.text(step), (TAG_OUT,), user=f"analyst {step.pick % 3}")

    def local_untagged(self, incident: Incident, step: Step) -> None:
        self.stage.host.add_entry(incident.id, self.text(step), ("internal",) if step.pick % 2 else ())

    def local_file(self, incident: Incident, step: Step) -> None:
        if incident.status < 2:
            self.stage.host.add_entry(incident.id, "", (TAG_OUT,), file=f"capture {step.pick}.pcap")

    def local_close(self, incident: Incident, step: Step) -> None:
        if incident.status >= 2:
            return
        form = {"closeReason": REASONS[step.pick % len(REASONS)], "closeNotes": self.text(step)}
        if step.pick % 5 == 0:
            form = {"closeReason": "", "closeNotes": ""}
        if step.pick % 7 == 0:
            form["sekoiaxdralertreject"] = "true"
        if self.stage.host.close_incident(incident.id, form) is not None:
            raise PromiseBroken("kept open", f"incident {incident.id} could not be closed")
        self.ledger.turned(HERE, incident.dbot_mirror_id, True, reason=form["closeReason"], notes=form["closeNotes"])

    def local_reopen(self, incident: Incident, step: Step) -> None:
        if incident.status >= 2:
            self.stage.host.reopen_incident(incident.id)
            self.ledger.turned(HERE, incident.dbot_mirror_id, False)

    def local_status(self, incident: Incident, step: Step) -> None:
        label = CLOSED_LABELS[step.pick % len(CLOSED_LABELS)]
        self.stage.host.set_fields(incident.id, {FIELD_OF["status"]: label})
        self.ledger.wrote(HERE, incident.dbot_mirror_id, "status", label)
        self.ledger.turned(HERE, incident.dbot_mirror_id, None)

    # ---- the world ----

    def world_raise(self, step: Step) -> None:
        if len(self.alerts) < 5:
            self.alerts.append(
                self.world.alerts.raise_alert(f"alert {len(self.alerts)}", urgency=62, details="as raised")
            )

    def world_delete(self, step: Step) -> None:
        """An alert is deleted in Sekoia; what becomes of its incident is nobody's concern any more."""
        if len(self.alerts) > 1:
            self.world.alerts.delete(self.alerts.pop(step.pick % len(self.alerts)).uuid)

    def world_fetch(self, step: Step) -> None:
        self.stage.clock.advance(60)
        self.stage.host.fetch(self.stage.instance)

    def world_wait(self, step: Step) -> None:
        self.stage.clock.advance(step.pick)

    def world_restart(self, step: Step) -> None:
        self.stage.restart()
        self.set_habits()

    def world_fault(self, step: Step) -> None:
        patterns = ("*", "GET *", "PATCH *", "POST *", "GET /v1/sic/alerts/*", "* /v1/sic/alerts", "PATCH */workflow")
        on, times = patterns[step.pick % len(patterns)], (1, 2, 7, 30)[step.pick // len(patterns) % 4]
        self.world.faults.arm(Fault(on, after=int(step.pick % 3 == 1), times=times, **FAULTS[step.name]))

    def world_die(self, step: Step) -> None:
        """The server dies in a round: at that many calls of the platform, or at the first one of that name."""
        left = step.pick
        is_known = self.has_ended_a_round() and dict(self.schedule.habits).get("counts_rounds", True)  # see there

        def die(call: str) -> None:
            nonlocal left
            left -= is_known or (call in SAFE_DEATHS and not self.stage.host.mirroring.obeys)
            if left < 0 if not step.name else call == step.name:
                raise Killed(call)

        self.stage.host.hooks.before_platform_call = die
        try:
            self.world_round(Step("w", "round", 60))
        except Killed:
            self.tally.deaths += 1
            self.world_restart(step)
            self.doubt_reopenings()
        self.stage.host.hooks.before_platform_call = None

    def doubt_reopenings(self) -> None:
        """The order to reopen an incident may have died with the server, which kept the rest of the answer.

        What that tells next of the incident, closed as it is, cannot be told from a closing anew: closed beats open.
        """
        for alert in self.alerts if self.checks.goes_out and self.checks.follows(REOPENED) else ():
            incident, turns = self.incident_of(alert), self.ledger.turns.get(alert.short_id, [])
            is_parted = incident is not None and incident.status >= 2 and alert.status.stage != "closed"
            if incident is not None and is_parted and turns and turns[-1] == REOPENED:
                words = (str(incident.system.get(name)) for name in ("closeReason", "closeNotes"))
                self.ledger.said.setdefault(alert.short_id, Counter())[words_of(*words)] += 1
                self.ledger.turned(HERE, alert.short_id, None)

    def has_ended_a_round(self) -> bool:
        """Whether the server ever came to the end of a round.

        Before that, the time it tells is a minute ago, so it moves in spite of a death, or stays what it was told first
        where a rate limit holds it. No pack can know of a death then, nor where that time never moves: such a server
        dies only where nothing is in doubt.
        """
        row = self.stage.host.store.one("SELECT at FROM rounds WHERE instance = ?", self.stage.instance.name)
        return row is not None and row[0] >= self.began

    def world_amid(self, step: Step) -> None:
        """Somebody acts in the middle of a round: when the pack has called the platform so many times."""
        left = 3 * step.pick % 31
        who, deed = step.name.split()

        def act(call: str) -> None:
            nonlocal left
            left -= 1
            if left == -1:
                self.stage.host.hooks.before_platform_call = None
                self.step(Step(who, deed, step.pick, sorted(VALUES)[step.pick % len(VALUES)]))

        self.stage.host.hooks.before_platform_call = act
        self.world_round(Step("w", "round", 60))
        self.stage.host.hooks.before_platform_call = None

    def world_round(self, step: Step) -> None:
        self.stage.clock.advance(step.pick)
        self.began = min(self.began, self.stage.clock.time())
        self.tally.rounds += 1
        self.stage.host.mirror(self.stage.instance)

    # ---- the end ----

    def settle(self) -> None:
        """Fine weather, nobody acts: after some rounds nothing moves any more, and the promises hold."""
        self.stage.clock.advance(300)
        self.world_fetch(Step("w", "fetch"))
        self.world_calm(Step("w", "calm"))
        before = len(self.writes())
        self.world_round(Step("w", "round", 60))
        if len(self.writes()) != before:
            raise PromiseBroken("no rest", f"{self.writes()[before:]}")

    def world_calm(self, step: Step) -> None:
        """Fine weather and nobody acts for a while: the promises hold, and what was written before is settled."""
        self.world.faults.clear()
        for _ in range(QUIET_ROUNDS):
            if not self.checks.goes_in:  # then fetch sends what waits
                self.world_fetch(step)
            self.world_round(Step("w", "round", 60))
        known = [(alert, one) for alert in self.alerts if (one := self.incident_of(alert)) is not None]
        self.ledger.settled([alert.short_id for alert, incident in known if self.checks.check(alert, incident)])

    def writes(self) -> list[str]:
        """The changes sent to the tenant; a search for events is none."""
        calls = [call for call in self.world.journal.calls if "/events/search/" not in call.path]
        return [f"{call.method} {call.path}" for call in calls if call.method != "GET"]


@contextmanager
def trial(bundle: Bundle, schedule: Schedule) -> Iterator[Trial]:
    """The stage of a schedule, with a world and a database of its own, and two fetched alerts."""
    theirs = Clock()
    clock = Ahead(theirs, schedule.ahead)
    world = World(theirs, seed=1)
    world.statuses.define(label="Waiting for customer", stage="in_progress")
    world.statuses.define(label="False alarm", stage="closed")
    world.switches.turn(**dict(schedule.switches))
    params = {"mirror_direction": BOTH, "first_fetch": "-1 hour", "requests_per_second": "100"}
    switches = dict.fromkeys(SWITCHED, True)
    statuses = {"alerts_status": ["Pending", "Acknowledge", "Ongoing", "Rejected", "Closed"]}
    given = {**params, **switches, **statuses, **dict(schedule.settings)}
    with (
        tempfile.TemporaryDirectory() as folder,
        SekoiaServer(world) as server,
        Stage(bundle, world, server, clock, Path(folder) / "host.sqlite", given) as stage,
    ):
        running = Trial(stage, schedule)
        for _ in range(2):
            running.world_raise(Step("w", "raise"))
        running.world_fetch(Step("w", "fetch"))
        yield running


def play(bundle: Bundle, schedule: Schedule) -> Tally:
    """Plays a schedule to its end; PromiseBroken at the first promise that does not hold."""
    with trial(bundle, schedule) as running:
        for step in schedule.steps:
            running.step(step)
        running.settle()
        return running.tally
