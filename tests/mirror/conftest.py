"""The tally of the long runs, for the page of the proof."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mirror.checks import Tally
from tests.portions import RESULTS


@pytest.fixture(scope="session")
def tally() -> Iterator[Tally]:
    """What all runs of this session went through; written to the file that PROOF_RESULTS names, if any."""
    total = Tally()
    yield total
    if os.environ.get(RESULTS):
        Path(os.environ[RESULTS]).write_text(json.dumps(vars(total), indent=2) + "\n", encoding="utf-8")
