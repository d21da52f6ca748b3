"""What comes in, fact by fact: functions over JSON and the list of changes; pytest and requests-mock, no clock."""

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests_mock
import SekoiaXDRMirrorApiModule as mirror

SHORT, UUID = "ALx7Qp2mZk9T", "a15d438f-c9f8-4aa4-bb56-f7b47f300e2b"
KEY, HUMAN = "0b2d8a54-61f0-4b1d-8f4e-2a9f3c7d5e61", "91a7c2de-40b8-4e15-8f6b-5c3d2e1f0a97"
CLOSED = {"uuid": "1738b1c1-767d-489e-bada-19176621a007", "name": "Closed"}
ONGOING = {"uuid": "1f2f88d5-ff5b-48bf-bbbc-00c2fff82d9f", "name": "Ongoing"}
NOW = 1_772_359_200
OURS = frozenset({KEY, "an-older-key-of-the-instance"})


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
    ("raw", "words"),
    [
        ({"mirror_direction": "Sideways"}, "^Mirroring direction: 'Sideways'"),
        ({"comment_tag": "a", "comment_tag_from": "a"}, "^Tags of comments: 'a'"),
        ({"close_reasons_out": "Resolved"}, "^Close reasons, XSOAR to Sekoia: 'Resolved'"),
        ({"close_reasons_in": "x="}, "^Close reasons, Sekoia to XSOAR: 'x='"),
        ({"mirror_look_back": "121"}, "^Mirroring look back"),
    ],
)
def test_setting_that_cannot_work_is_named(raw: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
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
        ({"updated_at": NOW - 1}, False),
        ({"updated_at": NOW - 1, "title": "by another clock"}, True),
        ({"title": "x"}, True),
        ({"number_of_total_comments": 2}, True),
    ],
)
def test_only_a_state_that_was_not_read_is_news(change: dict[str, Any], news: bool) -> None:
    record = {"f": mirror.print_of(alert(number_of_total_comments=1))}
    assert mirror.is_news(alert(**{"number_of_total_comments": 1, **change}), record) == news


def test_cursor_begins_where_the_platform_says_and_an_hour_before() -> None:
    assert mirror.cursor_of({}, "2026-03-01T10:00:00Z", NOW + 60).start(300) == NOW - 3900
    assert mirror.cursor_of({}, "0", NOW) == mirror.Cursor(NOW - 3600, NOW - 3600)
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
    assert mirror.is_own(one, OURS) == own


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
    entries, change = mirror.state_entries(alert(CLOSED, history=HISTORY), record, settings(), OURS, "notes", 0)
    assert (next(iter(entries[0]["Contents"])) if entries else "", change["t"]) == (order, "22222222")


@pytest.mark.parametrize(
    ("direction", "was_closed", "before", "orders"),
    [
        ("Incoming", True, "Ongoing", 1),
        ("Incoming", True, "Rejected", 0),
        ("Incoming", "False Alarm", "False alarm", 0),
        ("Incoming", "False alarm", "Waiting for customer", 1),
        ("Incoming", False, "Ongoing", 1),
        ("Incoming and Outgoing", True, "Ongoing", 0),
    ],
)
def test_alert_that_was_open_meanwhile_closes_anew_where_nobody_tells_of_the_incident(
    direction: str, was_closed: bool | str, before: str, orders: int
) -> None:
    history = [turn("44444444-", NOW, "Closed", before)]
    known = mirror.label_digest(was_closed) if isinstance(was_closed, str) else was_closed
    record, given = {"l": "g", "t": "11111111", "a": known}, settings(mirror_direction=direction)
    assert len(mirror.state_entries(alert(CLOSED, history=history), record, given, OURS, "", 0)[0]) == orders


def test_own_closing_closes_nothing() -> None:
    history = [turn("33333333-", NOW, "Closed", "Ongoing", KEY)]
    record = {"l": "o", "x": "c", "t": "11111111"}
    assert mirror.state_entries(alert(CLOSED, history=history), record, settings(), OURS, "", 0)[0] == []
    assert len(mirror.state_entries(alert(CLOSED, history=history), {"l": "o"}, settings(), OURS, "", 0)[0]) == 1
    waits = {"reopen": True}
    assert mirror.state_entries(alert(CLOSED, history=history), {"l": "o"}, settings(), OURS, "", 0, waits)[0] == []


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
    entries, _ = mirror.state_entries(alert(history=history), record, settings(), OURS, "", since)
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


# --- the list of changes ----------------------------------------------------------------------------------------------


URL = "https://api.sekoia.io"


class Tenant:
    """Sekoia's list of changed alerts, which pages and filters by `updated_at`."""

    def __init__(self, mocked: requests_mock.Mocker) -> None:
        self.rows: list[Any] = []
        self.windows: list[tuple[str, str]] = []
        self.seconds = 0.0
        mocked.get(f"{URL}/v1/sic/alerts", json=self.listed)

    def listed(self, request: Any, _context: Any) -> dict[str, Any]:
        self.seconds += 1
        query = dict(parse_qsl(urlsplit(request.url).query))
        since = query["date[updated_at]"].partition(",")[0]
        self.windows.append((since, query["offset"]))
        start = mirror.as_epoch(since) or 0
        found = [row for row in self.rows if not isinstance(row, dict) or row["updated_at"] >= start]
        offset = int(query["offset"])
        return {"items": found[offset : offset + int(query["limit"])], "total": len(found)}


@pytest.fixture
def tenant(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    with requests_mock.Mocker() as mocked:
        made = Tenant(mocked)
        monkeypatch.setattr(time, "time", lambda: float(NOW))
        monkeypatch.setattr(time, "monotonic", lambda: made.seconds)
        monkeypatch.setattr(time, "sleep", lambda seconds: None)
        yield made


def client(seconds: float = 1000) -> mirror.SekoiaClient:
    return mirror.SekoiaClient(URL, "not-a-real-key", requests_per_second=1000, deadline=mirror.Deadline(seconds))


def row(number: int, at: int) -> dict[str, Any]:
    return {**alert(updated_at=at, number_of_total_comments=0), "short_id": f"AL{number}"}


def listed(tenant: Tenant, memory: Any = None, seconds: float = 1000) -> tuple[dict[str, int], mirror.Cursor]:
    cursor = mirror.Cursor(NOW - 600, NOW - 900)
    return mirror.changed_alerts(client(seconds), mirror.MirrorMemory.read(memory), cursor, 300)


def test_list_of_changes_is_read_to_its_end_and_known_states_are_left_out(tenant: Tenant) -> None:
    tenant.rows = [row(number, NOW - 700) for number in range(230)]
    known = {"alerts": {"AL7": {"f": mirror.print_of(tenant.rows[7])}}}
    ids, cursor = listed(tenant, known)
    assert (len(ids), "AL7" in ids, [offset for _, offset in tenant.windows]) == (229, False, ["0", "100", "200"])
    assert cursor == mirror.Cursor(NOW - 600, NOW - 600)


def test_cursor_goes_to_the_newest_change_and_never_into_the_future(tenant: Tenant) -> None:
    tenant.rows = [row(1, NOW - 100), "odd", {**row(2, NOW + 5000), "short_id": "", "uuid": ""}]
    assert listed(tenant) == ({"AL1": NOW - 100}, mirror.Cursor(NOW, NOW - 600))


def test_alert_that_the_next_round_does_not_list_is_due_until_it_is_read() -> None:
    memory = mirror.MirrorMemory.read({"alerts": {"AL1": {"b": "x"}, "AL2": {"b": "x"}}})
    ids = {"AL1": NOW - 700, "AL2": NOW - 600, "AL3": NOW - 700}  # of the third there is no incident
    assert mirror.last_seen(memory, ids, NOW - 600, NOW) == {"AL1": NOW + 86_400}


def test_long_list_begins_anew_so_that_no_offset_grows_without_end(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "MIRROR_WALK", 200)
    tenant.rows = [row(number, NOW - 800 + number) for number in range(450)]
    ids, _ = listed(tenant)
    assert (len(ids), max(int(offset) for _, offset in tenant.windows)) == (450, 100)
    assert len({since for since, _ in tenant.windows}) == 3


def test_list_that_takes_too_long_hands_out_what_was_read_and_goes_on_from_there(tenant: Tenant) -> None:
    tenant.rows = [row(number, NOW - 800 + number) for number in range(450)]
    ids, cursor = listed(tenant, seconds=2.5)
    assert 100 <= len(ids) < 450
    assert cursor == mirror.Cursor(NOW - 600, NOW - 600)
    with pytest.raises(mirror.SekoiaDeadline):
        listed(tenant, seconds=0)


# --- a server that dies -----------------------------------------------------------------------------------------------


def begun(told: str, now: int, stored: Any) -> dict[str, Any]:
    return mirror.patched_memory(stored, mirror.round_begun(mirror.MirrorMemory.read(stored), told, now))


def test_server_whose_time_never_moved_since_the_first_fetch_did_not_die() -> None:
    stored: Any = {"round": {"fetched": NOW}}
    for number in range(3):
        stored = begun("1970-01-01T00:00:00Z", NOW + 60 * number, stored)
    assert "died" not in stored["round"] and "fetched" not in stored["round"]


def test_server_died_if_its_time_moved_once_and_then_stands() -> None:
    told = [mirror.iso_time(NOW + 60 * number) for number in range(3)]
    stored: Any = {"was": {SHORT: ["x", 0, {}]}}
    for number, text in enumerate(told):
        stored = begun(text, NOW + 60 * (number + 1), stored)
        assert ("died" in stored["round"], stored["was"]) == (False, {})
    stored["was"] = {SHORT: ["x", 0, {}]}
    stored = begun(told[-1], NOW + 240, stored)
    assert (stored["round"]["died"], list(stored["was"])) == (True, [SHORT])
    stored = begun(told[-1], NOW + 300, stored)
    assert (stored["round"]["died"], list(stored["was"])) == (True, [SHORT])
    stored = begun(mirror.iso_time(NOW + 300), NOW + 360, stored)
    assert ("died" in stored["round"], stored["was"]) == (False, {})


@pytest.mark.parametrize(
    ("answered", "due", "limited", "stays"),
    [
        (NOW - 1, True, None, True),
        (NOW - 1, False, True, True),
        (NOW - 1, False, None, False),
        (NOW, True, None, False),
        (NOW + 5, True, True, False),
        (NOW - mirror.MIRROR_DUE_SECONDS, True, None, False),
    ],
)
def test_answer_in_doubt_stays_so_if_its_alert_could_not_be_read(
    monkeypatch: pytest.MonkeyPatch, answered: int, due: bool, limited: bool | None, stays: bool
) -> None:
    """The last round began at NOW, knew of the death, and ended; what was answered before it was not read in it."""
    monkeypatch.setattr(time, "time", lambda: float(NOW + 60))
    stored: Any = {"round": {"told": mirror.iso_time(NOW - 60), "at": NOW, "moves": True, "died": True}}
    stored["round"]["limited"] = limited
    stored |= {"was": {SHORT: [THEN, answered, {"l": ["o", mirror.short_digest("g")]}]}, "alerts": {SHORT: {"l": "g"}}}
    stored["due"] = {SHORT: NOW + 900} if due else {}
    stored = begun(mirror.iso_time(NOW), NOW + 60, stored)
    memory = mirror.MirrorMemory.read(stored)
    assert ("died" in stored["round"], list(stored["was"])) == (False, [SHORT] if stays else [])
    assert mirror.undone(memory, SHORT, LATER) == ({"l": "o"} if stays else {})


@pytest.mark.parametrize("told", ["1970-01-01T00:00:00Z", "", "never"])
def test_no_death_is_believed_of_a_server_whose_time_never_moves(told: str) -> None:
    stored: Any = {}
    for number in range(5):
        stored = begun(told, NOW + 60 * number, stored)
        assert "died" not in stored["round"]


def test_two_rounds_of_one_second_are_no_death() -> None:
    stored = {"round": {"told": mirror.iso_time(NOW), "at": NOW, "moves": True}}
    assert "died" not in begun(mirror.iso_time(NOW), NOW, stored)["round"]


RECORD = {"c": [NOW, ["1"]], "t": "11111111", "l": "o", "b": "title=1", "w": {"title": "2"}}
ANSWER = {"f": [NOW, "x", 1], "c": [NOW + 9, ["2"]], "t": "22222222", "l": "g", "b": "title=2", "w": None, "n": None}
THEN, LATER = mirror.iso_time(NOW - 60), mirror.iso_time(NOW + 60)


def doubted(told: str, died: bool = True, **since: Any) -> dict[str, Any]:
    """What is taken back of the answer, when the platform then tells that time of the incident's last update."""
    doubt = mirror.doubt_of(RECORD, ANSWER, THEN, NOW)
    stored = mirror.patched_memory({"alerts": {SHORT: RECORD}}, {"alerts": {SHORT: ANSWER}, "was": {SHORT: doubt}})
    stored = mirror.patched_memory(stored, {"alerts": {SHORT: since}, "round": {"died": died}})
    return mirror.undone(mirror.MirrorMemory.read(json.loads(json.dumps(stored))), SHORT, told)


def test_answer_that_was_not_kept_is_taken_back() -> None:
    assert doubted(THEN) == RECORD


def test_of_an_answer_that_was_kept_only_the_order_is_given_again() -> None:
    assert doubted(LATER) == {"t": "11111111", "l": "o"}


@pytest.mark.parametrize("since", [{"l": "o"}, {"t": "33333333"}])
def test_order_is_not_given_again_when_the_incident_or_the_alert_turned_since(since: dict[str, Any]) -> None:
    assert doubted(LATER, **since) == {}


def test_what_changed_since_is_not_taken_back() -> None:
    assert doubted(THEN, l="c", w={"title": "3"}) == {name: RECORD[name] for name in ("c", "t", "b")}


def test_nothing_is_taken_back_unless_the_server_died() -> None:
    assert doubted(THEN, died=False) == {}
    assert mirror.undone(mirror.MirrorMemory.read({"round": {"died": True}}), SHORT, THEN) == {}


# --- the whole answer -------------------------------------------------------------------------------------------------


def answer(one: dict[str, Any], record: dict[str, Any], last_update: Any = "") -> mirror.Incoming:
    return mirror.incoming_of(one, record, 0, settings(), OURS, "by rule", last_update)


def test_answer_shows_comments_then_what_must_be_told_then_the_order() -> None:
    said = [comment(1, NOW, "theirs"), comment(2, NOW, "ours", KEY), comment(3, NOW, "ours\n\n[XSOAR 7@12]")]
    one = alert(CLOSED, history=HISTORY, comments=said, verdict={"label": "Benign", "stage": "false_positive"})
    found = answer(one, {"l": "o", "t": "11111111", "n": "refused | twice", "w": {"title": "x"}, "r": ["status"]})
    shown, told, order = found.entries
    assert (shown["Tags"], shown["Note"], "theirs" in shown["Contents"]) == (["CommentFromSekoia"], True, True)
    assert "Not mirrored to Sekoia" in told["Contents"]
    assert order["Contents"]["closeNotes"] == "by rule\nVerdict: Benign."
    assert {name: found.change[name] for name in "wrnlt"} == {
        "w": None,
        "r": None,
        "n": None,
        "l": "g",
        "t": "22222222",
    }
    assert answer(one, {**found.change, "w": {}}).entries == []


def test_comment_says_who_and_when_and_carries_no_markup() -> None:
    entry = mirror.comment_entry(comment(1, NOW, "<script>x</script>"), "tag")
    first, _, text = entry["Contents"].partition("\n\n")
    assert ("2026-03-01T10:00:00Z" in first, "<script>" in text) == (True, False)


def test_alert_without_comments_and_history_is_no_news_of_either() -> None:
    found = answer(alert(), {"l": "o"})
    assert (found.entries, found.change["c"], found.change["t"]) == ([], [0, []], None)


@pytest.mark.parametrize(
    ("setting", "record"), [("close_incident", {"l": "o"}), ("reopen_incident", {"l": "c", "t": "1"})]
)
def test_order_that_is_switched_off_is_not_given(setting: str, record: dict[str, Any]) -> None:
    history = [turn("44444444-", NOW, "Ongoing", "Closed")]
    one = alert(CLOSED, history=HISTORY) if setting == "close_incident" else alert(history=history)
    for on, orders in ((True, 1), (False, 0)):
        given = settings(**{setting: on})
        assert len(mirror.state_entries(one, record, given, OURS, "", 0)[0]) == orders


# --- new incidents and values -----------------------------------------------------------------------------------------


def test_change_that_waits_to_be_sent_is_kept_on_the_incident_unless_sekoia_changed_the_field() -> None:
    view = mirror.incident_view(alert(title="t"), "", (20, 40, 80))
    known = {"title": mirror.short_digest("t"), "urgency": mirror.short_digest("5")}
    wish = {"fields": {"title": "mine", "urgency": "30", "details": "no base"}, "known": known, "close": {}}
    held, moved = mirror.held_values(view, wish, {})
    assert (held, moved) == ({"title", "details"}, {"urgency"})
    given = mirror.mirrored_object({"xsoar": view}, set(), {"r": ["title", "urgency"]}, held)["xsoar"]
    assert (given["title"], given["details"], given["urgency"]) == (None, None, 62)
    left = mirror.without_fields(wish, moved)
    assert left == {"fields": {"title": "mine", "details": "no base"}, "known": {"title": known["title"]}}
    assert mirror.without_fields({**wish, "reopen": True}, wish["fields"]) == {"reopen": True}
    ours = {"w": {"urgency": mirror.short_digest("62")}}
    assert mirror.held_values(view, wish, ours) == ({"title", "details", "urgency"}, set())


@pytest.mark.parametrize("turn", [{"close": {"reason": ""}}, {"reopen": "Ongoing"}])
def test_incident_keeps_its_status_while_a_turn_waits_to_be_sent(turn: dict[str, Any]) -> None:
    view = mirror.incident_view(alert(), "", (20, 40, 80))
    assert mirror.held_values(view, turn, {}) == ({"status"}, set())


def test_what_another_run_wished_for_meanwhile_still_waits() -> None:
    wish = {
        "fields": {"title": "a", "urgency": "5"},
        "known": {"title": "k"},
        "comments": [["x", "me"]],
        "close": {"r": 1},
    }
    later = {
        "fields": {"title": "b", "urgency": "5"},
        "known": {"title": "k"},
        "comments": [["x", "me"], ["y", "me"]],
        "close": {"r": 1},
        "custom": {"c": 1},
    }
    done = mirror.without_done(later, wish, {}, {"title": "now", "urgency": "u"})
    assert done == {"fields": {"title": "b"}, "known": {"title": "now"}, "comments": [["y", "me"]], "custom": {"c": 1}}
    assert mirror.without_done(wish, wish, {}, {}) == {}
    assert mirror.without_done(wish, wish, wish, {}) == wish
    half = {"fields": {"urgency": "5"}, "comments": [["x", "me"]]}
    assert mirror.without_done(wish, wish, half, {}) == {"known": {"title": "k"}, **half}


def test_run_that_ends_takes_its_own_wish_away_and_no_other() -> None:
    first, second = {"fields": {"title": "a"}}, {"fields": {"title": "b"}}
    stored = {"out": {SHORT: second, UUID: first}}
    memory = mirror.patched_memory(stored, {"done": {name: (first, {}, {}) for name in (SHORT, UUID, "ALgone")}})
    assert memory["out"] == {SHORT: second}


@pytest.mark.parametrize("turn", [{"close": {"reason": ""}}, {"reopen": True}])
def test_status_that_gives_way_to_a_turn_is_given_to_the_incident_again(turn: dict[str, Any]) -> None:
    stored = {"out": {SHORT: {"fields": {"status": "Rejected", "title": "a"}}}, "alerts": {SHORT: {"r": ["title"]}}}
    memory = mirror.patched_memory(stored, {"wish": {SHORT: turn}})
    assert (memory["out"][SHORT], memory["alerts"][SHORT]["r"]) == (
        {**turn, "fields": {"title": "a"}},
        ["status", "title"],
    )


def test_fields_to_be_given_again_join_those_before() -> None:
    memory = mirror.patched_memory({"alerts": {SHORT: {"r": ["title"], "l": "o"}}}, {"again": {SHORT: ["status"]}})
    assert memory["alerts"][SHORT] == {"r": ["status", "title"], "l": "o"}


@pytest.mark.parametrize(("direction", "word", "out"), [("Incoming", "In", False), ("Outgoing", "Out", True)])
def test_raw_alert_says_how_its_incident_is_mirrored(direction: str, word: str, out: bool) -> None:
    raw = {"xsoar": mirror.incident_view(alert(title="t"), "", (20, 40, 80))}
    made = mirror.with_mirroring(raw, settings(mirror_direction=direction))
    keys = ("mirror_direction", "mirrorOut", "mirror_tags", "mirror_base")
    assert [made[key] for key in keys] == [word, out, ["comments"], mirror.base_of(raw["xsoar"])]
    assert mirror.with_mirroring(raw, settings(mirror_direction="None")) is raw


def test_change_of_the_urgency_brings_the_severity_along() -> None:
    raw = {"xsoar": mirror.incident_view(alert(title="t"), "", (20, 40, 80))}
    base = mirror.base_of(mirror.incident_view(alert(title="t", urgency={"current_value": 5}), "", (20, 40, 80)))
    given = mirror.mirrored_object(raw, {"assets"}, {"b": base})["xsoar"]
    assert (given["urgency"], given["severity"] is None, given["title"]) == (62, False, None)
    same = mirror.mirrored_object(raw, set(), {"b": mirror.base_of(raw["xsoar"])})["xsoar"]
    assert (same["urgency"], same["severity"]) == (None, None)


def test_outbox_is_full_by_number_or_by_size() -> None:
    assert not mirror.outbox_is_full({"out": {"A": {}}})
    assert mirror.outbox_is_full({"out": {str(number): {} for number in range(mirror.MIRROR_OUTBOX + 1)}})
    assert mirror.outbox_is_full({"out": {"A": {"comments": [["x" * mirror.MIRROR_OUTBOX_BYTES, "me"]]}}})


def test_key_is_known_by_a_digest_that_does_not_hold_it() -> None:
    one, other = mirror.key_digest("secret one"), mirror.key_digest("secret two")
    assert (len(one), one == other, "secret" in one) == (16, False, False)


def test_thousand_alerts_that_could_not_be_read_all_wait() -> None:
    stored: Any = {}
    for number in range(1_000):
        stored = mirror.patched_memory(stored, {"due": {f"AL{number}": NOW}, "was": {f"AL{number}": ["x", NOW, {}]}})
    assert (len(stored["due"]), len(stored["was"])) == (1_000, 1_000)
