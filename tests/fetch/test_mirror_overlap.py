"""Two runs of mirroring at once on one alert: what one remembers while the other waits for Sekoia is kept."""

from collections.abc import Callable
from typing import Any

import pytest
import SekoiaXDR
import SekoiaXDRMirrorApiModule
from SekoiaXDR_test import NOW, SHORT, FakeTime, Tenant

from tests.fetch.mirrored import known_alert, mirror, remote, update

ALERT_CALL, EDIT = f"GET /v1/sic/alerts/{SHORT}", f"PATCH /v1/sic/alerts/{SHORT}"
MOVE = f"{EDIT}/workflow"


@pytest.fixture(autouse=True)
def mirror_clock(
    clock: FakeTime, monkeypatch: pytest.MonkeyPatch, context: dict[str, Any], mirror_run: dict[str, Any]
) -> None:
    """The module of mirroring reads the clock of the tests too; the platform keeps the context."""
    monkeypatch.setattr(SekoiaXDRMirrorApiModule, "time", clock)


def record_of(context: dict[str, Any]) -> dict[str, Any]:
    return SekoiaXDR.MirrorMemory.read(context.get("mirror")).record(SHORT)


def due_of(context: dict[str, Any]) -> list[str]:
    return list(SekoiaXDR.MirrorMemory.read(context.get("mirror")).due)


def amid(tenant: Tenant, call: str, act: Callable[[], Any]) -> None:
    """Another run does something while the next such call is on its way."""

    def once(_: str) -> None:
        if tenant.calls[-1][0] == call:
            tenant.on_call = lambda method: None
            act()

    tenant.on_call = once


def close() -> Any:
    return mirror("sekoia-xdr-mirror-close", {"id": SHORT, "close_reason": "Other", "close_notes": "Done."})


def told_of(entries: list[dict[str, Any]]) -> list[str]:
    return [str(one["Contents"]) for one in entries if "Not mirrored to Sekoia" in str(one["Contents"])]


def test_refusal_that_comes_amid_the_reading_is_told_by_the_next_one(tenant: Tenant, context: dict[str, Any]) -> None:
    known_alert(tenant)
    tenant.fail(MOVE, 403)
    amid(tenant, ALERT_CALL, close)
    assert told_of(remote()[1]) == []
    assert due_of(context) == [SHORT]
    [told] = told_of(remote()[1])
    assert "refused" in told
    assert (told_of(remote()[1]), due_of(context)) == ([], [])


def test_note_that_was_told_already_is_not_told_again_with_a_new_one(tenant: Tenant, context: dict[str, Any]) -> None:
    known_alert(tenant)
    context["mirror"] = {"alerts": {SHORT: {"n": "The first one."}}}
    tenant.fail(MOVE, 403)
    amid(tenant, ALERT_CALL, close)
    [first] = told_of(remote()[1])
    [second] = told_of(remote()[1])
    assert ("The first one." in first, "The first one." in second, "refused" in second) == (True, False, True)


def test_refused_value_is_given_again_though_the_alert_was_being_read(tenant: Tenant, context: dict[str, Any]) -> None:
    known_alert(tenant)
    remote()
    tenant.fail(EDIT, 400)
    amid(tenant, ALERT_CALL, lambda: update({"title": "Mine"}))
    assert remote()[0]["xsoar"]["title"] is None
    assert record_of(context)["r"] == ["title"]
    assert remote()[0]["xsoar"]["title"] is not None
    assert "r" not in record_of(context)


def test_own_write_amid_the_reading_is_known_as_ours(tenant: Tenant, context: dict[str, Any]) -> None:
    known_alert(tenant)
    amid(tenant, ALERT_CALL, lambda: update({"urgency": 80}))
    remote()
    assert set(record_of(context)["w"]) == {"urgency"}


def test_closing_amid_the_reading_is_remembered(tenant: Tenant, context: dict[str, Any]) -> None:
    known_alert(tenant)
    context["mirror"] = {"alerts": {SHORT: {"l": "o", "t": "seen0000", "f": [NOW - 5, "x", 0]}}}
    amid(tenant, ALERT_CALL, close)
    remote()
    assert (record_of(context)["l"], record_of(context)["x"]) == ("c", "c")


def test_reading_amid_a_write_is_not_undone_by_it(tenant: Tenant, context: dict[str, Any]) -> None:
    known_alert(tenant)
    update({"title": "Mine"})
    context["mirror"]["alerts"][SHORT]["n"] = "Told while the other one is sent."
    amid(tenant, EDIT, remote)
    update({"urgency": 80})
    assert (set(record_of(context)["w"]), "n" in record_of(context)) == ({"urgency"}, False)
