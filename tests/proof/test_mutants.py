"""Each listed way to break fetch is caught by the proof, and a mutant that fits no more names itself.

The rare ones are played by `python -m tests.proof.mutants --schedules 1000` only.
"""

import pytest

from lab.xsoar.bundle import Bundle
from tests.proof.counter_examples import COUNTER_EXAMPLES
from tests.proof.mutants import MUTANTS, Mutant, MutantOutdated, drawn, judge, named
from tests.proof.schedule import Schedule

SCHEDULES = 20


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, Schedule]]:
    return [*COUNTER_EXAMPLES.items(), *named(drawn(SCHEDULES))]


@pytest.mark.parametrize(
    "mutant", [one for one in MUTANTS if not one.rare], ids=lambda mutant: mutant.name.replace(" ", "_")
)
def test_mutant_is_caught(bundle: Bundle, mutant: Mutant, rows: list[tuple[str, Schedule]]) -> None:
    assert judge(mutant.applied_to(bundle), rows).promise


def test_mutant_without_its_text_names_itself(bundle: Bundle) -> None:
    with pytest.raises(MutantOutdated, match="mutant 'of old'"):
        Mutant("of old", (("no such text", ""),)).applied_to(bundle)
