"""The test button: it tries what fetch will need, and each trouble has a sentence of its own."""

import pytest
import SekoiaXDR
from SekoiaXDR_test import NOW, FakeTime, Json, Tenant, cases, instance


def press_test(**changes: Json) -> str:
    raw = instance(**changes)
    return SekoiaXDR.test_module(SekoiaXDR.Params.read(raw).client(25), raw)


def test_the_test_button_says_ok(tenant: Tenant) -> None:
    assert press_test() == "ok"
    assert [call for call, _, _ in tenant.calls] == ["GET /v1/auth/validate", "GET /v1/sic/alerts"]


@cases("test button", ("changes", "sentence"))
def test_the_test_button_names_the_setting_at_fault(tenant: Tenant, changes: Json, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        press_test(**changes)


@cases("trouble", ("call", "status", "body", "error", "says"))
def test_the_test_button_tells_the_troubles_apart(
    tenant: Tenant, call: str, status: int, body: Json, error: str, says: str
) -> None:
    tenant.fail(call, status, body)
    with pytest.raises(getattr(SekoiaXDR, error)) as caught:
        press_test()
    assert says in (caught.value.reason, caught.value.permission)


def test_the_test_button_gives_up_within_its_time(tenant: Tenant, clock: FakeTime) -> None:
    tenant.fail("GET /v1/auth/validate", 503)
    with pytest.raises(SekoiaXDR.SekoiaUnavailable):
        press_test()
    assert clock.now - NOW <= 30
