"""Fetch and mirroring on a clock that tests push, against answers that tests choose; the fixtures live beside the
integration, those of what the platform keeps for it are here."""

from typing import Any

import pytest
import SekoiaXDR
from SekoiaXDR_test import clock as clock
from SekoiaXDR_test import logs as logs
from SekoiaXDR_test import tenant as tenant


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """An integration context that commands read and write."""
    kept: dict[str, Any] = {}

    def replace(new: dict[str, Any], version: int = -1) -> None:
        kept.clear()
        kept.update(new)

    monkeypatch.setattr(SekoiaXDR, "get_integration_context", lambda: dict(kept))
    monkeypatch.setattr(SekoiaXDR, "get_integration_context_with_version", lambda: (dict(kept), 1))
    monkeypatch.setattr(SekoiaXDR, "set_integration_context", replace)
    return kept


@pytest.fixture
def mirror_run(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the platform keeps from one round of mirroring to the next."""
    kept: dict[str, Any] = {}
    monkeypatch.setattr(SekoiaXDR, "get_last_mirror_run", lambda: dict(kept))
    monkeypatch.setattr(SekoiaXDR, "set_last_mirror_run", kept.update)
    return kept
