"""Plays one schedule: the built pack in a host, the tenant on a real socket; checks the promises after each run."""

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from lab.clock import Clock
from lab.sekoia.events.model import CANCELED, DONE, FAILED, IN_PROGRESS, NOT_STARTED
from lab.sekoia.journal import Call
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from lab.xsoar.bundle import Bundle
from lab.xsoar.host import Killed
from tests.promises import PromiseBroken, Sums
from tests.proof.ledger import CLOSING, OPENING, Ledger
from tests.proof.schedule import CALM, EVENT_CALLS, JOBS, ODDITIES, URGENT, WITH_EVENTS, Act, Schedule, Step, Wave
from tests.proof.weather import HARMLESS, ApiClock, Happenings, Strike
from tests.stage import Stage

FIRST_FETCH = 3600
JOB_ENDS = {DONE: "2 (done)", CANCELED: "3 (canceled)", FAILED: "4 (failed)"}
KILL_CHAIN = "Delivery"
TICK_BOXES = ("fetch_with_kill_chain", "fetch_late_matches")
MOST_PER_RUN = 200  # what one fetch takes at most, whatever the settings say
ERROR_PAUSE = 10.0  # seconds that the client rests after two errors
ROUNDING = 1e-3  # epoch seconds are known to a millionth only
START = 1_772_359_200.0
SPARE_RUNS = 4  # after the last fault: one more to give up a look-back that cannot be read in time, and so on
WAIT_RUNS = 3  # and one for each minute that alerts wait for their events
LAST_LIMIT = 100  # a user in a hurry raises `max_fetch` to this for the last runs


@dataclass
class Tally(Sums):
    """What trials went through; tallies add up."""

    schedules: int = 0
    runs: int = 0
    calls: int = 0
    alerts: int = 0
    incidents: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    jobs: Counter[str] = field(default_factory=Counter)
    with_events: int = 0
    owed: int = 0
    not_owed: int = 0
    lost: int = 0
    doubled: int = 0


@dataclass
class Outcome:
    """How a run ended, seen from outside. `kept`: its incidents and last run were stored."""

    kept: bool
    killed: bool
    error: str | None
    created: int
    started: float
    seconds: float
    calls: list[Call]


class Trial:
    """One schedule on its way."""

    def __init__(self, stage: Stage, clock: Clock, api: ApiClock, schedule: Schedule) -> None:
        self.stage, self.clock, self.api, self.schedule = stage, clock, api, schedule
        self.world = stage.world
        self.ledger = Ledger(stage.world)
        self.weather = Happenings(clock=api)
        self.world.faults = self.weather
        self.settings = dict(schedule.settings)
        self.tally = Tally(schedules=1)
        changes = [dict(step.settings) for step in schedule.steps]
        self._waits = any(one.get("fetch_mode") == WITH_EVENTS for one in (self.settings, *changes))
        self._kill_chain = KILL_CHAIN if self.settings.get("fetch_with_kill_chain") == "true" else None
        self._rows = 0
        self._raised = 0
        self._jobs_counted: set[str] = set()

    # ---- the tenant ----

    def raise_wave(self, wave: Wave) -> None:
        """New alerts; three titles for all, since a title tells nothing apart."""
        now = self.api.time()
        dated = now + self.schedule.engine - wave.age
        for number in range(wave.count):
            oddity = wave.oddity if number == 0 else ""
            given = {
                "title": f"alert {self._raised % 3}",
                "kill_chain": self._kill_chain,
                "urgency": URGENT,
                **ODDITIES[oddity],
            }
            self._raised += 1
            created = dated + number * wave.spacing
            alert = self.world.alerts.raise_alert(
                created_at=created, visible_after=max(0.0, now + wave.wait - created), **given
            )
            if wave.events:
                self.world.events.attach(alert.short_id, count=wave.events, visible_after=wave.attached)
            low = bool(self.settings.get("alerts_urgency")) and oddity in ("low", "weird urgency")
            entry = self.ledger.raised(alert, given.get("drop", ()), low)
            entry.calm = low and oddity == "low"  # of a weird one the history does not tell what it was
            if oddity == "twin":
                same = {"uuid": alert.uuid, "short_id": alert.short_id}
                twin = self.world.alerts.raise_alert(
                    given["title"], created_at=created, visible_after=alert.shown_from - created, **same
                )
                entry.alerts.append(twin)
        self.tally.alerts += wave.count

    def act(self, act: Act) -> None:
        """A colleague's deed."""
        self.tally.acts[act.deed] += 1
        if act.deed == "raise":
            self.raise_wave(act.wave)
            return
        if act.deed in ("lift", "lower"):
            self.change_urgency(act)
            return
        entry = self.ledger.pick(act.pick, is_open=act.deed != "reopen")
        if entry is None:
            return
        if act.deed == "close":
            self.ledger.close(entry, CLOSING[act.pick % 2])
        elif act.deed == "reopen":
            self.ledger.reopen(entry, OPENING[act.pick % 3])
        else:
            self.ledger.delete(entry)

    def change_urgency(self, act: Act) -> None:
        """An alert enters or leaves the filter by its urgency, where the filter asks for one."""
        if not self.settings.get("alerts_urgency"):
            return
        lifts = act.deed == "lift"
        entry = self.ledger.choose(act.pick, [each for each in self.ledger.entries if each.low == lifts])
        if entry is not None and lifts:
            self.ledger.lift(entry, URGENT, self.settings.get("fetch_late_matches") == "true")
        elif entry is not None:
            self.ledger.lower(entry, CALM)

    # ---- one step ----

    def step(self, step: Step) -> None:
        """Time passes, things happen, fetch runs, the promises are checked."""
        self.clock.advance(step.pause)
        for wave in step.waves:
            self.raise_wave(wave)
        for act in step.acts:
            if act.call == 0:
                self.act(act)
        if step.settings:
            self.settings.update(step.settings)
            self.stage.configure(**dict(step.settings))
        if step.jobs:
            self.world.searches.plan = JOBS[step.jobs]
        if step.restart:
            self.stage.restart()
        self.weather.begin(
            [Strike(blow.call, blow.name, blow.times, blow.only) for blow in step.blows],
            [(act.call, partial(self.act, act)) for act in step.acts if act.call],
        )
        self.run(step.death)

    def run(self, death: str | int | None = None) -> Outcome:
        """One fetch with its checks."""
        outcome = self._fetch(death)
        self.tally.runs += 1
        self.tally.calls += len(outcome.calls)
        self._count_jobs()
        self.tally.faults.update(served.blow for served in self.weather.served if served.blow)
        if outcome.kept:
            look_back = 60.0 * int(self.settings["look_back"])
            self.ledger.run_kept(outcome.started, look_back, self._first_second(outcome))
            due = sum(1 for _ in self.ledger.owed())
            self._receive(outcome)
            if self._waits:
                self.ledger.taken_by(self.api.time())
            self.ledger.run_over(0.0 if self._ran_out_of_time(outcome) else look_back)
            self._check_progress(outcome, due)
            self._check_tickets(outcome)
        elif not outcome.killed:
            self._check_error(outcome)
        self._check_incidents()
        self._check_pace(outcome)
        self._check_deadline(outcome)
        return outcome

    def _count_jobs(self) -> None:
        """What became of the event searches that have ended since the last count; by the API's number of the state."""
        now = self.api.time()
        for job in self.world.searches.all():
            if job.uuid not in self._jobs_counted and job.status(now) not in (NOT_STARTED, IN_PROGRESS):
                self._jobs_counted.add(job.uuid)
                self.tally.jobs[JOB_ENDS[job.status(now)]] += 1

    def _first_second(self, outcome: Outcome) -> float:
        return float(int(outcome.started - self.schedule.skew - FIRST_FETCH))

    def _fetch(self, death: str | int | None) -> Outcome:
        host, started, first = self.stage.host, self.api.time(), len(self.world.journal.calls)
        told: list[str] = []
        host.hooks.before_platform_call = partial(self._tell, death, told)
        kept, killed, error = True, False, None
        self.ledger.is_running = True
        try:
            outcome = host.fetch(self.stage.instance)
            error = outcome.error
            kept = error is None
        except Killed:
            killed, kept = True, told[-1] == "commit:after"
            self.tally.kills[told[-1]] += 1
            self.stage.restart()
        self.ledger.is_running = False
        self.stage.host.hooks.before_platform_call = None
        calls = self.world.journal.calls[first:]
        self.weather.end(calls[-1].bytes_out if calls else 0)
        return Outcome(kept, killed, error, 0, started, self.api.time() - started, calls)

    @staticmethod
    def _tell(death: str | int | None, told: list[str], call: str) -> None:
        told.append(call)
        if death is not None and (call == death or len(told) - 1 == death):
            raise Killed(call)

    def _receive(self, outcome: Outcome) -> None:
        store = self.stage.host.store
        rows = store.rows("SELECT id, system FROM incidents WHERE id > ? ORDER BY id", self._rows)
        for number, system in rows:
            self._rows = int(number)
            raw = json.loads(json.loads(system)["rawJSON"])
            self.ledger.received(raw)
            self._check_events(raw)
        outcome.created = len(rows)
        self.tally.incidents += len(rows)

    # ---- the promises ----

    def _check_incidents(self) -> None:
        count = self.stage.host.incidents.count()
        if count != self.tally.incidents:
            raise PromiseBroken("half kept", f"{count} incidents are stored, {self.tally.incidents} were kept by runs")
        if self.ledger.strangers:
            raise PromiseBroken("stranger", f"incidents of no alert: {self.ledger.strangers}")
        doubled = self.ledger.doubled()
        if doubled:
            self.tally.doubled += len(doubled)
            raise PromiseBroken("doubled", f"{doubled} after run {self.tally.runs}")

    def _ran_out_of_time(self, outcome: Outcome) -> bool:
        """Whether the run read something, all of it known, and had no time to read on: it may give up its look-back."""
        has_read = any(call.path.endswith("/alerts") and call.status == 200 for call in outcome.calls)
        return has_read and outcome.created == 0 and outcome.seconds + self._rest() >= self._budget()

    def _budget(self) -> float:
        return float(self.settings["fetch_budget"])

    def _rest(self) -> float:
        """Seconds that the client may have to wait before a call: for the pace, and after errors."""
        is_smooth = all(served.blow in ("", *HARMLESS) for served in self.weather.served)
        return 2 / float(self.settings["requests_per_second"]) + (0 if is_smooth else ERROR_PAUSE)

    def _answered(self, outcome: Outcome, but: str = " ") -> bool:
        """Whether the API answered everything in the end, with time to spare for all that was still to be asked.

        Calls whose path holds the text `but` may have failed.
        """
        last: dict[str, str] = {}
        for call, served in zip(outcome.calls, self.weather.served, strict=True):
            if but in call.path:
                continue
            is_good = call.status == 200 and served.blow in ("", *HARMLESS)
            last[call.target] = "" if is_good else served.blow or str(call.status)
        if not last or any(last.values()):
            return False
        return outcome.seconds + self._rest() < self._budget()

    def _check_progress(self, outcome: Outcome, due: int) -> None:
        if outcome.killed or not self._answered(outcome):
            return
        if self._waits:
            return
        is_still = not any(act.call for act in self._acts_of_run())
        wanted = min(due, int(self.settings["max_fetch"]), MOST_PER_RUN) if is_still else min(due, 1)
        if outcome.created < wanted and (is_still or any(True for _ in self.ledger.owed())):
            raise PromiseBroken("no progress", f"{outcome.created} of {wanted} incidents in run {self.tally.runs}")

    def _check_tickets(self, outcome: Outcome) -> None:
        """A run that the API answered, but for the event service, leaves nobody waiting whose time was over before.

        An alert that is deleted waits for nothing, though its ticket may outlive it by a run.
        """
        began = int(outcome.started - self.schedule.skew)
        tickets = self.stage.host.last_run(self.stage.instance).get("tickets", [])
        late = [one["alert"] for one in tickets if one["until"] <= began and not self.ledger.is_gone(one["alert"])]
        if late and self._answered(outcome, but=EVENT_CALLS):
            raise PromiseBroken("held back", f"{late} still wait for events after run {self.tally.runs}")

    def _check_events(self, raw: dict[str, Any]) -> None:
        """The events of an incident are its alert's, and carry no intake key."""
        events = raw.get("events") or []
        self.tally.with_events += bool(events)
        strange = [event for event in events if raw.get("short_id") not in event.get("alert_short_ids", [])]
        if strange:
            raise PromiseBroken("foreign events", f"{raw.get('short_id')} in run {self.tally.runs}")
        if events and self.world.events.intake_key in json.dumps(events):
            raise PromiseBroken("secret told", f"an intake key lies in {raw.get('short_id')}")

    def _acts_of_run(self) -> Iterator[Act]:
        return (act.args[0] for _, act in self.weather.acts if isinstance(act, partial))

    def _check_error(self, outcome: Outcome) -> None:
        if self._answered(outcome, but=EVENT_CALLS):
            raise PromiseBroken("no progress", f"run {self.tally.runs} was answered and failed: {outcome.error}")

    def _check_pace(self, outcome: Outcome) -> None:
        rate = float(self.settings["requests_per_second"])
        burst = max(1.0, rate)
        times = [call.at for call in outcome.calls]
        for first in range(len(times)):
            for last in range(first, len(times)):
                if last - first + 1 > rate * (times[last] - times[first]) + burst + ROUNDING:
                    raise PromiseBroken(
                        "too fast", f"calls {first + 1} to {last + 1} of run {self.tally.runs}: {times}"
                    )
        quiet_until = 0.0
        for number, served in enumerate(self.weather.served[:-1]):
            quiet_until = max(quiet_until, served.quiet_until)
            if outcome.calls[number + 1].at < quiet_until - ROUNDING:
                raise PromiseBroken("too fast", f"call {number + 2} of run {self.tally.runs} came before Retry-After")
            if outcome.calls[number].status == 401:
                raise PromiseBroken("too fast", f"run {self.tally.runs} called again after a 401")

    def _check_deadline(self, outcome: Outcome) -> None:
        allowed = self._budget() + self.weather.longest_call()
        if outcome.seconds > allowed + ROUNDING:
            raise PromiseBroken("too late", f"run {self.tally.runs} took {outcome.seconds} s, {allowed} s are allowed")

    # ---- the end ----

    def settle(self) -> None:
        """Fine weather, no more acts: runs until nothing more comes; then nothing that was owed may be missing."""
        if int(self.settings["max_fetch"]) < LAST_LIMIT:
            self.settings["max_fetch"] = str(LAST_LIMIT)
            self.stage.configure(max_fetch=str(LAST_LIMIT))
        self.world.searches.plan = JOBS["quick"]
        latest = max((alert.shown_from for entry in self.ledger.entries for alert in entry.alerts), default=0.0)
        self.clock.advance(max(60.0, latest - self.api.time() + 2))
        most = min(int(self.settings["max_fetch"]), MOST_PER_RUN)
        spare = SPARE_RUNS + (WAIT_RUNS + int(self.settings["events_wait"]) if self._waits else 0)
        for _ in range(len(self.ledger.entries) // most + spare + len(self.ledger.owed_late())):
            self.weather.begin((), ())
            if self.run().created == 0 and not [*self.ledger.owed(), *self.ledger.owed_late()]:
                break
            self.clock.advance(60)
        missing = dict.fromkeys(entry.name for entry in (*self.ledger.owed(), *self.ledger.owed_late()))
        lost = [
            f"{entry.name} of {entry.second - START:+.0f} s" for entry in self.ledger.entries if entry.name in missing
        ]
        self.tally.lost += len(lost)
        self.tally.owed += sum(1 for entry in self.ledger.entries if entry.is_owed)
        self.tally.not_owed += sum(1 for entry in self.ledger.entries if not entry.is_owed)
        if lost:
            raise PromiseBroken("lost", f"{len(lost)} alerts: {', '.join(lost[:10])}")


Observer = Callable[["Trial"], None]


@contextmanager
def trial(bundle: Bundle, schedule: Schedule) -> Iterator[Trial]:
    """The stage of a schedule, with a world and a database of its own."""
    clock = Clock(START + schedule.fraction)
    api = ApiClock(clock, schedule.skew)
    world = World(api, seed=1)
    world.switches.turn(**dict(schedule.switches))
    settings = {"first_fetch": f"-{FIRST_FETCH} seconds", "fetch_budget": "120", "requests_per_second": "5"}
    settings["events_wait"] = "3"
    params = {**settings, **dict(schedule.settings)}
    whole = replace(schedule, settings=tuple(params.items()))
    with tempfile.TemporaryDirectory() as folder, SekoiaServer(world) as server:
        ticked = {name: params.get(name) == "true" for name in TICK_BOXES}
        given = {**params, **ticked}
        with Stage(bundle, world, server, clock, Path(folder) / "host.sqlite", given) as stage:
            yield Trial(stage, clock, api, whole)


def play(bundle: Bundle, schedule: Schedule) -> Tally:
    """Plays a schedule to its end; PromiseBroken at the first promise that does not hold."""
    with trial(bundle, schedule) as running:
        for step in schedule.steps:
            running.step(step)
        running.settle()
        return running.tally
