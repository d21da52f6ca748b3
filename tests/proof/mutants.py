"""The proof proved: fetch broken in listed ways, each of which the schedules must catch.

A mutant is the text of the BUILT integration with a few words replaced. `python -m tests.proof.mutants` plays schedules
against each until a promise breaks, random ones first, then the known counter-examples, and prints a table; it exits
with 1 when a mutant survives or the pack itself fails.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from lab.xsoar.bundle import Bundle
from lab.xsoar.errors import InvariantBroken
from tests.proof.counter_examples import COUNTER_EXAMPLES
from tests.proof.schedule import Schedule, schedules
from tests.proof.trial import PromiseBroken, play
from tests.stage import INTEGRATION

ROOT = Path(__file__).parents[2]


class MutantOutdated(Exception):
    """The text that a mutant replaces is not in the built integration exactly once."""


@dataclass(frozen=True)
class Mutant:
    """A way to break fetch: its name and the (old, new) texts. A `rare` one takes more schedules than a test plays."""

    name: str
    patches: tuple[tuple[str, str], ...]
    rare: bool = False

    def applied_to(self, bundle: Bundle) -> Bundle:
        """The pack with this fault in it; MutantOutdated when a text no longer fits."""
        integration = bundle.integration(INTEGRATION)
        code = integration.code
        for old, new in self.patches:
            if code.count(old) != 1:
                raise MutantOutdated(f"mutant '{self.name}': found {code.count(old)} times, not once: {old!r}")
            code = code.replace(old, new)
        return replace(bundle, integrations={**bundle.integrations, INTEGRATION: replace(integration, code=code)})


PAGE = "            page = self.alerts_page(query.between(moment, start - 1, until))\n"
SKIPPING = """            try:
                page = self.alerts_page(query.between(moment, start - 1, until))
            except SekoiaError:
                start, full = start + 60, start < time.time()
                continue
"""
FULL = "                if harvest.full:\n                    return\n                harvest.take(alert)\n"
JUMP = """                if harvest.full:
                    harvest.watermark = max(harvest.watermark, harvest.readable_time(page.items[-1]) or 0)
                    harvest.reached = harvest.watermark
                    return
                harvest.take(alert)
"""
MUTANTS = (
    Mutant("the lower bound excludes the watermark's second", (("== self.start - 1  #", "<= self.start  #"),)),
    Mutant(
        "offset paging instead of keyset",
        (
            (
                PAGE,
                "            turn = locals().get('turn', -1) + 1\n            page = self.alerts_page("
                "query.between(moment, since - 1, until), API_PAGE_SIZE, turn * API_PAGE_SIZE)\n",
            ),
            ("crowded, previous = full and moments[-1] <= start, items", "crowded, previous = False, items"),
        ),
    ),
    Mutant("incidents without state", (("    demisto.setLastRun(next_run)\n", "    demisto.getLastRun()\n"),)),
    Mutant(
        "state stored before the incidents",
        (
            ("demisto.setLastRun(next_run)", "demisto.setIntegrationContext({'state': next_run})"),
            ("demisto.getLastRun(), context", "context.get('state'), {}"),
        ),
    ),
    Mutant("no ids are kept", (("{key: at for key, at in self.seen.items() if at >= floor}", "dict[str, int]()"),)),
    Mutant(
        "the watermark moves to now",
        (("            watermark=watermark,\n", "            watermark=int(self.now),\n"),),
    ),
    Mutant("the watermark moves to the last item listed, not taken", ((FULL, JUMP),)),
    Mutant(
        "ids are forgotten, the floor stays", (("            floor=floor,\n", "            floor=self.state.floor,\n"),)
    ),
    Mutant("no look-back", (("max(self.watermark - look_back, self.floor)", "max(self.watermark, self.floor)"),)),
    Mutant("a crowded second is not drained", (("self._crowd(query, moment, start) if crowded", "() if crowded"),)),
    Mutant("a page that failed is skipped in silence", ((PAGE, SKIPPING),), rare=True),
    Mutant("alerts of one title are one", (("keys = alert_keys(alert)\n", "keys = (str(alert.get('title')),)\n"),)),
    Mutant(
        "an odd alert ends the run",
        (("        self.set_aside(digest_of(alert), None, str(error))\n            return\n", "        raise\n"),),
    ),
    Mutant("the pace is not kept", (("        self.pace.wait(self.deadline, str(call))\n", ""),)),
    Mutant("the time limit is not kept", (("        if seconds >= left:\n", "        if seconds < 0:\n"),)),
    Mutant(
        "calls go on after a refused key",
        (("        if self._refused:\n", "        if self._refused and not self.tries:\n"),),
    ),
    Mutant(
        "the watermark passes alerts that were not read",
        (("self.watermark if self.whole else min(self.watermark, self.reached)", "self.watermark"),),
    ),
    Mutant(
        "the look-back is given up as a whole", (("min(self.reached, int(self.now))", "self.watermark"),), rare=True
    ),
    Mutant(
        "one reading of a crowd is enough",
        (("if len(found) == known and known >= count:", "if len(found) >= count:"),),
        rare=True,
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
