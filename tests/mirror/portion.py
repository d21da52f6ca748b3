"""The proof of mirroring as portions."""

from tests.portions import Proof

LONG = "test_two_actors.py::test_both_sides_end_equal_after_500_steps"
MIRRORING = Proof("mirror", LONG, "MIRROR_RUNS", 16, ("checks", "clocks", "ledger", "schedule", "trial"))
