"""The page of the proof of mirroring says what was played; the committed one is about the mutants that there are."""

import re
from collections import Counter
from pathlib import Path

from tests.mirror.checks import Tally
from tests.mirror.mutants import MUTANTS
from tests.mirror.report import HEAD, added_up, page

PAGE = Path(__file__).parents[2] / "docs" / "mirroring-proof.md"


def test_page_shows_the_sums_and_what_was_done() -> None:
    tally = Tally(schedules=2, steps=1000, echoes=1, deeds=Counter({"x edit": 3, "w die": 1}))
    shown = page(tally, {MUTANTS[0]: "not equal", MUTANTS[1]: ""}, "0123abcd")
    assert "begins with `0123abcd`" in shown
    assert "| Steps, with what was done in the middle of a round | 1,000 |" in shown
    assert "| **Echoes** | **1** |" in shown
    assert "| **Mutants caught** | **1/2** |" in shown
    assert "| the world | die | 1 |" in shown
    assert f"| {MUTANTS[1].name} | **nothing** |" in shown


def test_tallies_of_portions_add_up(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"{number}.json").write_text('{"schedules": 2, "deeds": {"x edit": 1}}', encoding="utf-8")
    total = added_up(tmp_path.glob("*.json"))
    assert (total.schedules, total.deeds) == (4, Counter({"x edit": 2}))


def test_committed_page_is_of_these_mutants_and_reports_no_echo() -> None:
    text = PAGE.read_text("utf-8")
    assert text.startswith(HEAD), "run `make proof-mirror`"
    assert f"| **Mutants caught** | **{len(MUTANTS)}/{len(MUTANTS)}** |" in text
    assert all(f"| {mutant.name} |" in text for mutant in MUTANTS)
    assert "| **Echoes** | **0** |" in text


def counted(text: str, name: str) -> int:
    """A number of the committed page's first table."""
    (found,) = re.findall(rf"^\| {name}[^|]*\| ([\d,]+) \|$", text, flags=re.MULTILINE)
    return int(found.replace(",", ""))


def test_committed_page_counts_a_thousand_runs_of_500_steps() -> None:
    text = PAGE.read_text("utf-8")
    assert counted(text, "Runs") >= 1_000
    assert counted(text, "Steps") >= 500 * counted(text, "Runs")
