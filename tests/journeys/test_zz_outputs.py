"""After all other journeys: every context path that the pack declares was written by one of them or by an example."""

from pathlib import Path

import pytest

from lab.xsoar.bundle import Bundle
from lab.xsoar.outputs import Sightings
from tests.stage import INTEGRATION

HERE = Path(__file__).parent


def is_whole(request: pytest.FixtureRequest) -> bool:
    """Whether this session runs every journey."""
    config = request.config
    chosen = config.getoption("keyword") or config.getoption("markexpr") or any("::" in arg for arg in config.args)
    collected = {item.path for item in request.session.items}
    return not chosen and set(HERE.glob("test_*.py")) <= collected


@pytest.mark.last
def test_every_declared_output_was_written_by_a_journey_or_an_example(
    request: pytest.FixtureRequest, bundle: Bundle, sightings: Sightings
) -> None:
    if not is_whole(request):
        pytest.skip("only a session with all journeys can tell: run tests/journeys as a whole")
    unseen = sightings.unseen(bundle.integration(INTEGRATION).commands.values())
    assert unseen == [], "declared and never written"
