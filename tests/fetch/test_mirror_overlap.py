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


# --- the parts of a record that two runs change -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "value", "before", "now", "left"),
    [
        ("w", None, {"title": "a"}, {"title": "a", "urgency": "b"}, {"urgency": "b"}),
        ("w", None, {"title": "a"}, {"title": "b"}, {"title": "b"}),
        ("w", {"title": "a", "urgency": "b"}, {"title": "a"}, None, {"urgency": "b"}),
        ("v", {"one": "a"}, {"one": "a", "two": "b"}, {"one": "c", "two": "b"}, {"one": "c"}),
        ("r", ["status"], ["status", "title"], ["status", "title", "urgency"], ["status", "urgency"]),
        ("r", None, ["title"], ["title", "urgency"], ["urgency"]),
        ("n", None, "Old.", "Old. New.", "New."),
        ("n", None, "", "New.", "New."),
        ("l", "g", "o", "c", "c"),
        ("x", None, "o", "c", "c"),
        ("f", [1, "a", 0], [0, "b", 0], [2, "c", 0], [1, "a", 0]),
    ],
)
def test_change_that_rests_on_an_older_record_takes_nothing_back_that_another_run_wrote(
    part: str, value: Any, before: Any, now: Any, left: Any
) -> None:
    stored = {"alerts": {SHORT: {part: now} if now else {}}}
    patch: SekoiaXDR.Patch = {"alerts": {SHORT: {part: value}}, "read": {SHORT: ({part: before}, None)}}
    assert SekoiaXDR.patched_memory(stored, patch)["alerts"][SHORT] == {part: left}


@pytest.mark.parametrize(("read", "left"), [(5, {}), (None, {SHORT: 5})])
def test_alert_stays_due_if_it_became_so_since_it_was_read(read: int | None, left: dict[str, int]) -> None:
    patch: SekoiaXDR.Patch = {"due": {SHORT: None}, "read": {SHORT: ({}, read)}}
    assert SekoiaXDR.patched_memory({"due": {SHORT: 5}}, patch)["due"] == left


def test_what_is_to_be_told_joins_what_was_not_told_yet() -> None:
    memory = SekoiaXDR.patched_memory({"alerts": {SHORT: {"n": "One."}}}, {"told": {SHORT: ["Two.", "One."]}})
    assert memory["alerts"][SHORT] == {"n": "One. Two."}
