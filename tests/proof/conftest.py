"""The profiles of the proof: the same schedules in every `make test`, new ones each night."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.portions import RESULTS
from tests.proof.trial import Tally


@pytest.fixture(scope="session")
def tally() -> Iterator[Tally]:
    """What all schedules of this session went through; written to the file that PROOF_RESULTS names, if any."""
    total = Tally()
    yield total
    if os.environ.get(RESULTS):
        Path(os.environ[RESULTS]).write_text(json.dumps(vars(total), indent=2) + "\n", encoding="utf-8")
