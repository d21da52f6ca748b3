"""The page of the proof says what was played, and the committed one is about the mutants that there are."""

from collections import Counter
from pathlib import Path

from tests.proof.mutants import MUTANTS, Verdict
from tests.proof.report import added_up, page
from tests.proof.trial import Tally

PAGE = Path(__file__).parents[2] / "docs" / "proof.md"


def test_page_shows_the_sums_and_each_kind_of_trouble() -> None:
    tally = Tally(schedules=3, runs=20, owed=12, lost=1, faults=Counter({"503": 4, "cut": 2}))
    shown = page(tally, {MUTANTS[0]: Verdict("lost", "x", 1), MUTANTS[1]: Verdict("", "", 1)}, "0123abcd")
    assert "begins with `0123abcd`" in shown
    assert "| Schedules played | 3 |" in shown
    assert "| Faults injected | 6 |" in shown
    assert "| **Lost** | **1** |" in shown
    assert "| **Mutants caught** | **1/2** |" in shown
    assert "| cut | 2 |" in shown
    assert "| 401 invalid | 0 |" in shown  # a fault that never struck is not passed over
    assert f"| {MUTANTS[1].name} | **none** |" in shown


def test_tallies_of_portions_add_up(tmp_path: Path) -> None:
    for number in (1, 2):
        text = '{"schedules": 2, "faults": {"503": 1}, "kills": {}, "acts": {}, "jobs": {}}'
        (tmp_path / f"{number}.json").write_text(text, encoding="utf-8")
    total = added_up(tmp_path.glob("*.json"))
    assert (total.schedules, total.faults) == (4, Counter({"503": 2}))


def test_committed_page_is_of_these_mutants_and_reports_nothing_lost() -> None:
    text = PAGE.read_text("utf-8")
    assert f"| **Mutants caught** | **{len(MUTANTS)}/{len(MUTANTS)}** |" in text
    assert all(f"| {mutant.name} |" in text for mutant in MUTANTS)
    assert "| **Lost** | **0** |" in text
    assert "| **Doubled** | **0** |" in text
