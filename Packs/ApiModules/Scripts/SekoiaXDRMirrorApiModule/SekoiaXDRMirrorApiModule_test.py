"""What the mirroring module decides, fact by fact: pure functions over JSON; pytest alone, no clock, no network."""

from typing import Any

import pytest
import SekoiaXDRMirrorApiModule as mirror

SHORT, UUID = "ALx7Qp2mZk9T", "a15d438f-c9f8-4aa4-bb56-f7b47f300e2b"
KEY, HUMAN = "0b2d8a54-61f0-4b1d-8f4e-2a9f3c7d5e61", "91a7c2de-40b8-4e15-8f6b-5c3d2e1f0a97"
CLOSED = {"uuid": "1738b1c1-767d-489e-bada-19176621a007", "name": "Closed"}
ONGOING = {"uuid": "1f2f88d5-ff5b-48bf-bbbc-00c2fff82d9f", "name": "Ongoing"}
NOW = 1_772_359_200


def settings(**raw: Any) -> mirror.MirrorSettings:
    on = dict.fromkeys(("close_incident", "reopen_incident", "reopen_out"), True)
    return mirror.mirror_settings({"mirror_direction": "Incoming and Outgoing", **on, **raw})


def turn(uuid: str, at: int, status: str, before: str, by: str = HUMAN) -> dict[str, Any]:
    change = {"status": status, "previous_status": before}
    return {"uuid": uuid, "created_at": at, "created_by": by, "entry_type": "alert", "alert": change}


def alert(status: dict[str, str] = ONGOING, **more: Any) -> dict[str, Any]:
    return {
        "uuid": UUID,
        "short_id": SHORT,
        "status": status,
        "updated_at": NOW,
        "urgency": {"current_value": 62},
        **more,
    }


def comment(number: int, at: int, content: str = "text", by: str = HUMAN) -> dict[str, Any]:
    return {"uuid": f"{number:08d}-0000", "date": at, "content": content, "created_by": by, "author": f"user:{by}"}


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("direction", "expected"),
    [(None, ""), ("None", ""), ("Incoming", "In"), ("Outgoing", "Out"), ("Incoming and Outgoing", "Both")],
)
def test_direction_is_the_platforms_word(direction: Any, expected: str) -> None:
    assert mirror.mirror_settings({"mirror_direction": direction}).direction == expected


def test_instance_of_the_official_pack_closes_alerts_and_nothing_else_new() -> None:
    read = mirror.mirror_settings({"mirror_direction": "Outgoing"})
    assert (read.close_out, read.reopen_out, read.close_in, read.reopen_in) == (True, False, False, False)


@pytest.mark.parametrize(
    "raw",
    [
        {"mirror_direction": "Sideways"},
        {"comment_tag": "a", "comment_tag_from": "a"},
        {"close_reasons_out": "Resolved"},
        {"close_reasons_in": "x="},
        {"mirror_look_back": "121"},
    ],
)
def test_setting_that_cannot_work_is_named(raw: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        mirror.mirror_settings(raw)


def test_table_of_reasons_takes_lines_and_semicolons() -> None:
    read = mirror.mirror_settings({"close_reasons_out": "A = Closed / false_positive;\nB=Rejected"})
    assert read.reasons_out == {"a": ("Closed", "false_positive"), "b": ("Rejected", "")}


# --- memory -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stored", [None, [], "x", {"alerts": 5, "due": None, "floor": "x"}])
def test_memory_that_cannot_be_read_is_empty(stored: Any) -> None:
    memory = mirror.MirrorMemory.read(stored)
    assert (memory.alerts, memory.due, memory.out, memory.floor, memory.record("x")) == ({}, {}, {}, 0, {})


def test_memory_is_bounded_and_forgets_the_longest_unchanged() -> None:
    stored: Any = {}
    patch = {f"AL{n}": {"c": [n, []]} for n in range(mirror.MIRROR_ALERTS)}
    stored = mirror.patched_memory(stored, {"alerts": patch})
    stored = mirror.patched_memory(stored, {"alerts": {"AL0": {"l": "o"}, "ALnew": {"l": "o"}}})
    assert len(stored["alerts"]) == mirror.MIRROR_ALERTS
    assert ("AL0" in stored["alerts"], "AL1" in stored["alerts"], stored["floor"]) == (True, False, 1)


def test_patch_changes_key_by_key_and_none_takes_away() -> None:
    stored = mirror.patched_memory({}, {"alerts": {SHORT: {"l": "c", "n": "x"}}, "due": {SHORT: 5}, "out": {SHORT: {}}})
    stored = mirror.patched_memory(stored, {"alerts": {SHORT: {"n": None, "t": "a"}}, "due": {SHORT: None}})
    assert (stored["alerts"], stored["due"], stored["out"]) == ({SHORT: {"l": "c", "t": "a"}}, {}, {SHORT: {}})


# --- in ---------------------------------------------------------------------------------------------------------------


def test_row_of_the_list_and_the_alert_itself_have_one_fingerprint() -> None:
    row = alert(number_of_total_comments=1)
    assert mirror.print_of(row) == mirror.print_of(alert(comments=[comment(1, NOW)], history=[]))


@pytest.mark.parametrize(
    ("change", "news"),
    [
        ({}, False),
        ({"updated_at": NOW + 1}, True),
        ({"updated_at": NOW - 1, "title": "older"}, False),
        ({"title": "x"}, True),
        ({"number_of_total_comments": 2}, True),
    ],
)
def test_only_a_state_that_was_not_read_is_news(change: dict[str, Any], news: bool) -> None:
    record = {"f": mirror.print_of(alert(number_of_total_comments=1))}
    assert mirror.is_news(alert(**{"number_of_total_comments": 1, **change}), record) == news


def test_cursor_begins_where_the_platform_says_and_an_hour_before() -> None:
    assert mirror.cursor_of({}, "2026-03-01T10:00:00Z", NOW + 60).start(300) == NOW - 3600
    assert mirror.cursor_of({}, "0", NOW).at == NOW
    assert mirror.cursor_of({"cursor": NOW - 50, "before": NOW - 900}, "x", NOW).start(300) == NOW - 900


def test_each_comment_is_new_once() -> None:
    first = alert(comments=[comment(1, NOW), comment(2, NOW)])
    fresh, seen = mirror.new_comments(first, {}, 0)
    assert [one["uuid"][:8] for one in fresh] == ["00000001", "00000002"]
    later = alert(comments=[*first["comments"], comment(3, NOW - 2), comment(4, NOW)])
    assert [one["uuid"][7] for one in mirror.new_comments(later, {"c": seen}, 0)[0]] == ["3", "4"]
    assert mirror.new_comments(first, {"c": seen}, 0)[0] == []


def test_comments_of_a_forgotten_alert_are_not_doubled() -> None:
    old = alert(comments=[comment(1, NOW), comment(2, NOW + 10)])
    assert [one["uuid"][7] for one in mirror.new_comments(old, {}, NOW)[0]] == ["2"]


@pytest.mark.parametrize(
    ("one", "own"),
    [
        (comment(1, NOW, by=KEY), True),
        (comment(1, NOW, "x\n\n[XSOAR 7@12]"), True),
        (comment(1, NOW), False),
        (comment(1, NOW, "as in [XSOAR 7@12] above"), False),
    ],
)
def test_own_comments_are_known(one: dict[str, Any], own: bool) -> None:
    assert mirror.is_own(one, KEY) == own


HISTORY = [turn("22222222-", NOW, "Closed", "Ongoing"), turn("11111111-", NOW - 60, "Ongoing", "Pending")]


@pytest.mark.parametrize(
    ("record", "order"),
    [
        ({}, "dbotIncidentClose"),
        ({"l": "o", "t": "11111111"}, "dbotIncidentClose"),
        ({"l": "o", "t": "22222222"}, ""),
        ({"l": "c", "t": "11111111"}, ""),
        ({"l": "g", "t": "11111111"}, ""),
    ],
)
def test_closed_alert_closes_an_incident_that_is_not_closed(record: dict[str, Any], order: str) -> None:
    entries, change = mirror.state_entries(alert(CLOSED, history=HISTORY), record, settings(), KEY, "notes", 0)
    assert (next(iter(entries[0]["Contents"])) if entries else "", change["t"]) == (order, "22222222")


def test_own_closing_closes_nothing() -> None:
    history = [turn("33333333-", NOW, "Closed", "Ongoing", KEY)]
    record = {"l": "o", "x": "c", "t": "11111111"}
    assert mirror.state_entries(alert(CLOSED, history=history), record, settings(), KEY, "", 0)[0] == []
    assert len(mirror.state_entries(alert(CLOSED, history=history), {"l": "o"}, settings(), KEY, "", 0)[0]) == 1


@pytest.mark.parametrize(
    ("record", "since", "reopens"),
    [
        ({"l": "g", "t": "11111111"}, 0, True),
        ({"l": "o", "t": "11111111"}, 0, False),
        ({"l": "c"}, NOW - 10, True),
        ({"l": "c"}, NOW + 10, False),
        ({}, NOW - 10, True),
        ({}, 0, False),
    ],
)
def test_reopened_alert_reopens_an_incident_that_is_closed(record: dict[str, Any], since: int, reopens: bool) -> None:
    history = [turn("44444444-", NOW, "Ongoing", "Closed")]
    entries, _ = mirror.state_entries(alert(history=history), record, settings(), KEY, "", since)
    assert bool(entries) == reopens


@pytest.mark.parametrize(
    ("status", "verdict", "reason"),
    [
        (CLOSED, None, "Resolved"),
        (CLOSED, {"label": "Benign", "stage": "false_positive"}, "False Positive"),
        ({"name": "Rejected", "uuid": ""}, None, "False Positive"),
    ],
)
def test_reason_comes_from_the_table(status: dict[str, str], verdict: Any, reason: str) -> None:
    contents = mirror.closing_entry(alert(status, verdict=verdict), settings(), "by rule")["Contents"]
    assert (contents["closeReason"], contents["closeNotes"].splitlines()[0]) == (reason, "by rule")


def test_value_that_did_not_change_in_sekoia_is_not_given() -> None:
    raw = mirror.alert_raw(alert(title="t"), "one", mirror.incident_view(alert(title="t"), "", (20, 40, 80)), [])
    base = mirror.base_of(raw["xsoar"])
    given = mirror.mirrored_object(raw, set(), {"b": base, "r": ["urgency"]})
    assert (given["xsoar"]["title"], given["xsoar"]["status"], given["xsoar"]["urgency"]) == (None, None, 62)
    assert (given["mirror_base"], given["mirror_direction"], given["xsoar"]["events"]) == (base, None, None)


@pytest.mark.parametrize(
    "parked",
    [
        {"alert": {"short_id": SHORT}},
        {"short_id": SHORT},
        {"mirrored_object": {"short_id": SHORT}, "job_uuid": "x"},
    ],
)
def test_parked_alerts_of_the_official_pack_are_found(parked: dict[str, Any]) -> None:
    assert mirror.cached_ids({"mirroring_cache": [parked, "odd", {}]}) == [SHORT]
