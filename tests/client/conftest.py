"""A client on a clock that tests push; its makers live beside the module they test."""

import pytest
import SekoiaXDRApiModule as api
from SekoiaXDRApiModule_test import FakeTime, make_client


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    monkeypatch.setattr(api, "time", fake)
    monkeypatch.setattr("random.uniform", lambda _low, high: high)
    return fake


@pytest.fixture
def client(clock: FakeTime) -> api.SekoiaClient:
    return make_client()
