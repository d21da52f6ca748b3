"""Each listed way to break fetch is caught by the schedule that is about it, and a mutant that fits no more says so.

The pack itself passes the same schedules in test_counter_examples.py.
"""

import pytest

from lab.xsoar.bundle import Bundle
from tests.proof.counter_examples import COUNTER_EXAMPLES
from tests.proof.mutants import MUTANTS, Mutant, MutantOutdated, judge


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "_"))
def test_mutant_is_caught(bundle: Bundle, mutant: Mutant) -> None:
    assert judge(mutant.applied_to(bundle), [(mutant.shown_by, COUNTER_EXAMPLES[mutant.shown_by])]).promise


def test_mutant_without_its_text_names_itself(bundle: Bundle) -> None:
    with pytest.raises(MutantOutdated, match="mutant 'of old'"):
        Mutant("of old", "", ("no such text", "")).applied_to(bundle)
