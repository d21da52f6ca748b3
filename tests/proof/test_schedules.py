"""The proof: whatever a tenant, its API and the host go through, fetch loses nothing and doubles nothing.

PROOF_SCHEDULES (environment) asks for that many schedules, new ones in each session; without it the same 300 are
played each time.
"""

import os

from hypothesis import HealthCheck, given, settings

from lab.xsoar.bundle import Bundle
from tests.proof.schedule import Schedule, schedules
from tests.proof.trial import Tally, play

USUAL = 300
ASKED = int(os.environ.get("PROOF_SCHEDULES", "0"))


@settings(
    max_examples=ASKED or USUAL,
    derandomize=not ASKED,
    database=None,
    deadline=None,
    print_blob=True,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(schedule=schedules())
def test_every_owed_alert_becomes_exactly_one_incident(bundle: Bundle, tally: Tally, schedule: Schedule) -> None:
    tally.add(play(bundle, schedule))
