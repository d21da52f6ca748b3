"""The proof proved: fetch broken in listed ways, each of which the schedules must catch.

A mutant is the text of the BUILT integration with a few words replaced, and names the counter-example that is about it.
`python -m tests.proof.mutants` shows how many random schedules it takes until each is caught (the counter-examples come
last); it exits with 1 when a mutant survives or the pack itself fails.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from lab.xsoar.bundle import Bundle
from lab.xsoar.errors import InvariantBroken
from tests.promises import PromiseBroken
from tests.proof.counter_examples import COUNTER_EXAMPLES
from tests.proof.schedule import Schedule, schedules
from tests.proof.trial import play
from tests.stage import INTEGRATION

ROOT = Path(__file__).parents[2]


class MutantOutdated(Exception):
    """The text that a mutant replaces is not in the built integration exactly once."""


@dataclass(frozen=True)
class Mutant:
    """A way to break fetch: its name, the counter-example that is known to catch it, and the (old, new) texts."""

    name: str
    shown_by: str
    patches: tuple[tuple[str, str], ...]

    def __init__(self, name: str, shown_by: str, *patches: tuple[str, str]) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "shown_by", shown_by)
        object.__setattr__(self, "patches", patches)

    def applied_to(self, bundle: Bundle) -> Bundle:
        """The pack with this fault in it; MutantOutdated when a text no longer fits."""
        integration = bundle.integration(INTEGRATION)
        code = integration.code
        for old, new in self.patches:
            if code.count(old) != 1:
                raise MutantOutdated(f"mutant '{self.name}': found {code.count(old)} times, not once: {old!r}")
            code = code.replace(old, new)
        return replace(bundle, integrations={**bundle.integrations, INTEGRATION: replace(integration, code=code)})


PAGE = "page, worth = self.alerts_page(window), math.inf if known >= worth else worth\n"
SKIPPING = """try:
                    page = self.alerts_page(window)
                except SekoiaError:
                    start, full = start + 60, start < time.time()
                    continue
"""
PAST = "page = self._page_past(window, moment, start, known) if known >= worth else None\n"
FULL = "                if harvest.full:\n                    return\n                harvest.take(alert)\n"
JUMP = """                if harvest.full:
                    harvest.watermark = max(harvest.watermark, harvest.readable_time(page.items[-1]) or 0)
                    harvest.reached = harvest.watermark
                    return
                harvest.take(alert)
"""
MUTANTS = (
    Mutant(
        "the lower bound excludes the watermark's second",
        "crowded_second_in_any_order_is_read_whole",
        ("== self.start - 1  #", "<= self.start  #"),
    ),
    Mutant(
        "offset paging instead of keyset",
        "alert_that_leaves_between_two_pages_shifts_nothing",
        (PAST, "turn, page = locals().get('turn', -1) + 1, None\n"),
        (
            PAGE,
            "page = self.alerts_page(query.between(moment, since - 1, until), API_PAGE_SIZE, turn * API_PAGE_SIZE)\n",
        ),
        ("crowded, previous = full and moments[-1] <= start, items", "crowded, previous = False, items"),
    ),
    Mutant(
        "incidents without state",
        "raised_look_back_doubles_nothing",
        ("    demisto.setLastRun(next_run)\n", "    demisto.getLastRun()\n"),
    ),
    Mutant(
        "state stored before the incidents",
        "host_that_dies_at_each_point_of_a_commit_loses_and_doubles_nothing",
        ("demisto.setLastRun(next_run)", "demisto.setIntegrationContext({'state': next_run})"),
        ("demisto.getLastRun(), context", "context.get('state'), {}"),
    ),
    Mutant(
        "no ids are kept",
        "page_that_failed_is_asked_again",
        ("{key: at for key, at in self.seen.items() if at >= floor}", "dict[str, int]()"),
    ),
    Mutant(
        "the watermark moves to now",
        "look_back_that_is_lowered_in_the_middle_of_a_late_backlog_loses_nothing",
        ("            watermark=watermark,\n", "            watermark=int(self.now),\n"),
    ),
    Mutant(
        "the watermark moves to the last item listed, not taken",
        "clock_of_the_api_five_minutes_ahead_loses_nothing",
        (FULL, JUMP),
    ),
    Mutant(
        "ids are forgotten, the floor stays",
        "raised_look_back_doubles_nothing",
        ("            floor=floor,\n", "            floor=self.state.floor,\n"),
    ),
    Mutant(
        "no look-back",
        "rate_limit_in_the_middle_of_known_pages_costs_no_look_back",
        ("max(self.watermark - look_back, self.floor)", "max(self.watermark, self.floor)"),
    ),
    Mutant(
        "a crowded second is not drained",
        "crowded_second_in_any_order_is_read_whole",
        ("self._crowd(query, moment, start) if crowded", "() if crowded"),
    ),
    Mutant(
        "a page that failed is skipped in silence",
        "page_that_failed_is_asked_again",
        (PAGE, SKIPPING),
    ),
    Mutant(
        "alerts of one title are one",
        "page_that_failed_is_asked_again",
        ("keys = alert_keys(alert)\n", "keys = (str(alert.get('title')),)\n"),
    ),
    Mutant(
        "an odd alert ends the run",
        "alert_without_any_id_stops_no_other",
        ("        self.set_aside(digest_of(alert), None, str(error))\n            return\n", "        raise\n"),
    ),
    Mutant(
        "the pace is not kept",
        "crowd_in_any_order_is_read_at_one_call_a_second",
        ("        self.pace.wait(self.deadline, str(call))\n", ""),
    ),
    Mutant(
        "the time limit is not kept",
        "rate_limit_in_the_middle_of_known_pages_costs_no_look_back",
        ("        if seconds >= left:\n", "        if seconds < 0:\n"),
    ),
    Mutant(
        "calls go on after a refused key",
        "key_revoked_between_two_pages_ends_all_calls_of_the_run",
        ("        if self._refused:\n", "        if self._refused and not self.tries:\n"),
    ),
    Mutant(
        "the watermark passes alerts that were not read",
        "look_back_that_is_lowered_in_the_middle_of_a_late_backlog_loses_nothing",
        ("self.watermark if self.whole else min(self.watermark, self.reached)", "self.watermark"),
    ),
    Mutant(
        "the look-back is given up as a whole",
        "run_that_ends_in_the_middle_of_what_is_known_still_finds_the_late_alert_behind_it",
        ("min(self.reached, int(self.now))", "self.watermark"),
    ),
    Mutant(
        "one reading of a crowd is enough",
        "alert_that_leaves_a_crowded_second_while_it_is_read_hides_no_other",
        ("if len(found) == known and known >= count:", "if len(found) >= count:"),
    ),
    Mutant(
        "a dense second is passed over unchecked",
        "dense_traffic_is_read_whole_where_the_second_before_a_page_does_not_show",
        ("return page if first < start else None", "return page"),
    ),
    Mutant(
        "a told wait counts for its own call only",
        "told_wait_holds_for_every_later_call_of_the_run",
        ("self.pace.hold(failure.retry_after or 0.0)", "self.pace.hold(0.0)"),
    ),
    Mutant(
        "tickets are forgotten",
        "slow_event_searches_leave_tickets_that_come_back_once",
        ("harvest.tickets = tuple(one.ticket for one in staying)", "harvest.tickets = ()"),
    ),
    Mutant(
        "a ticket stays when its alert has come",
        "slow_event_searches_leave_tickets_that_come_back_once",
        (
            "harvest.tickets = tuple(one.ticket for one in staying)",
            "harvest.tickets = tuple(one.ticket for one in waiting)",
        ),
    ),
    Mutant(
        "a ticket has no end",
        "event_searches_that_end_without_events_hold_no_alert_back",
        (" and not one.given_up and self.now < one.ticket.until", " and not one.given_up"),
    ),
    Mutant(
        "a failing event service holds its alerts back",
        "event_service_that_is_gone_holds_no_alert_back",
        (
            "        except SekoiaError as error:\n            self.fail(batch, error)\n",
            "        except SekoiaNotFound as error:\n            self.fail(batch, error)\n",
        ),
    ),
    Mutant(
        "event searches may take the whole run",
        "crowd_whose_searches_take_one_call_each_is_not_held_back",
        ("[one for one in waiting if one.ticket.until <= harvest.now]", "[]"),
        ("time.monotonic() + seconds\n        jobless", "time.monotonic() + 1e9\n        jobless"),
    ),
    Mutant(
        "intake keys travel along",
        "slow_event_searches_leave_tickets_that_come_back_once",
        ("return without_secrets(decoded)", "return decoded"),
    ),
)


@dataclass(frozen=True)
class Verdict:
    """How a mutant fared: the promise it broke ("" if none), what showed it, how many schedules it took."""

    promise: str
    shown_by: str
    played: int


def drawn(count: int) -> list[Schedule]:
    """The same schedules each time, simple ones first."""
    found: list[Schedule] = []

    @seed(1)
    @settings(max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(schedules())
    def collect(schedule: Schedule) -> None:
        found.append(schedule)

    collect()
    return found


def judge(bundle: Bundle, given_schedules: Iterable[tuple[str, Schedule]]) -> Verdict:
    """Plays named schedules until one breaks a promise."""
    played = 0
    for name, schedule in given_schedules:
        played += 1
        try:
            play(bundle, schedule)
        except PromiseBroken as broken:
            return Verdict(broken.promise, name, played)
        except InvariantBroken:
            return Verdict("invariant of the host", name, played)
    return Verdict("", "", played)


def named(random: Sequence[Schedule]) -> list[tuple[str, Schedule]]:
    """Random schedules with their numbers."""
    return [(f"schedule {number}", schedule) for number, schedule in enumerate(random, 1)]


def main() -> int:
    """Prints the table of all mutants."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=100, help="random schedules for each mutant (default 100)")
    parser.add_argument("--bundle", type=Path, default=sorted((ROOT / "dist").glob("SekoiaXDR-*.zip"))[-1])
    args = parser.parse_args()
    bundle = Bundle.load(args.bundle)
    rows = [*named(drawn(args.schedules)), *COUNTER_EXAMPLES.items()]
    write = sys.stdout.write
    write("| mutant | broken promise | caught by | schedules until caught |\n|---|---|---|---|\n")
    survivors = 0
    for mutant in MUTANTS:
        verdict = judge(mutant.applied_to(bundle), rows)
        survivors += not verdict.promise
        write(f"| {mutant.name} | {verdict.promise or 'NONE'} | {verdict.shown_by} | {verdict.played} |\n")
        sys.stdout.flush()
    sound = judge(bundle, rows)
    write(f"| (the pack itself) | {sound.promise or 'none'} | {sound.shown_by} | {sound.played} |\n")
    return 1 if survivors or sound.promise else 0


if __name__ == "__main__":
    sys.exit(main())
