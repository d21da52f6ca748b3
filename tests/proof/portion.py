"""The proof of fetch as portions."""

from tests.portions import Proof

FETCH = Proof("proof", "test_schedules.py", "PROOF_SCHEDULES", 250, ("ledger", "schedule", "trial", "weather"))
