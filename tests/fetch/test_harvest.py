"""One run's take, without HTTP: what is taken, what is known already, and the state that it leads to."""

import copy
import json

import pytest
import SekoiaXDR
from SekoiaXDR_test import NOW, Json

from tests.fetch.harvests import new_harvest, state, tiny


def test_harvest_takes_an_alert_once_by_uuid_and_by_short_id() -> None:
    harvest = new_harvest(state=state(seen={"AL7": 900, "u8": 900}))
    for alert in (tiny(1000, 1), tiny(1000, 1), tiny(1000, 7), tiny(1000, 8), {"short_id": "AL9"}, {"short_id": "AL9"}):
        harvest.take(alert)
    assert [alert["short_id"] for alert in harvest.alerts] == ["AL1", "AL9"]


def test_harvest_leaves_the_watermark_at_the_last_alert_taken() -> None:
    harvest = new_harvest(max_fetch="2")
    for number in range(5):
        if not harvest.full:
            harvest.take(tiny(2000 + number, number))
    assert (len(harvest.alerts), harvest.next_state().watermark) == (2, 2001)


def test_harvest_is_full_at_the_platforms_ceiling_whatever_max_fetch_says() -> None:
    harvest = new_harvest(max_fetch="5000")
    for number in range(200):
        assert not harvest.full
        harvest.take(tiny(2000, number))
    assert harvest.full


def test_harvest_drops_the_second_that_a_window_is_asked_wider() -> None:
    harvest = new_harvest(state=state(watermark=1000, floor=900))
    harvest.take(tiny(899, 1))
    harvest.take(tiny(900, 2))
    assert [alert["uuid"] for alert in harvest.alerts] == ["u2"]


def test_a_time_before_the_window_is_no_time_and_the_alert_is_taken_by_its_id() -> None:
    harvest = new_harvest(state=state(watermark=1000, floor=900))
    harvest.take(tiny(898, 1))
    again = new_harvest(state=harvest.next_state(), now=NOW + 60)
    again.take(tiny(898, 1))
    assert (len(harvest.alerts), again.alerts, again.next_state().watermark) == (1, [], 1000)


def test_the_watermark_never_passes_our_own_clock() -> None:
    harvest = new_harvest()
    harvest.take(tiny(NOW + 3600, 1))
    made = harvest.next_state()
    assert (made.watermark, dict(made.seen)) == (NOW, {"u1": NOW + 3600})


def test_an_alert_of_a_clock_ahead_of_ours_is_taken_once() -> None:
    first = new_harvest()
    first.take(tiny(NOW + 3600, 1))
    second = new_harvest(state=first.next_state(), now=NOW + 7200)
    for alert in (tiny(NOW + 60, 2), tiny(NOW + 3600, 1)):
        second.take(alert)
    assert [alert["uuid"] for alert in second.alerts] == ["u2"]


@pytest.mark.parametrize(("ahead", "readable"), [(86_400, True), (86_401, False)])
def test_a_time_is_readable_up_to_a_day_ahead_of_our_clock(ahead: int, readable: bool) -> None:
    assert (new_harvest().readable_time(tiny(NOW + ahead, 1)) is not None) is readable


def test_giving_up_the_look_back_begins_the_next_window_where_the_reading_stopped() -> None:
    harvest = new_harvest(state=state(watermark=5000, floor=100, seen={"u1": 4500, "u2": 5000}))
    harvest.reached = 4700
    harvest.give_up_look_back()
    made = harvest.next_state()
    assert (made.window_start(600), made.watermark, dict(made.seen)) == (4700, 5000, {"u2": 5000})


def test_a_parked_alert_leaves_the_watermark_where_it_is() -> None:
    harvest = new_harvest(state=state(seen={"u1": 1000}))
    for _ in range(2):
        harvest.take(tiny(2000, 1), parked=True)
    assert (len(harvest.alerts), harvest.next_state().watermark) == (1, 1000)


def test_a_parked_alert_is_taken_wherever_it_lies() -> None:
    harvest = new_harvest(state=state(watermark=1000, floor=900))
    for number, created in enumerate((1, 899, None, NOW)):
        harvest.take(tiny(created, number), parked=True)
    assert len(harvest.alerts) == 4


def test_an_alert_without_a_readable_time_stays_known_while_the_watermark_moves_on() -> None:
    first = new_harvest(look_back="0")
    first.take(tiny(None, 1))
    second = new_harvest(state=first.next_state(), now=NOW + 3600, look_back="0")
    second.take(tiny(NOW + 3600, 2))
    third = new_harvest(state=second.next_state(), now=NOW + 3660, look_back="0")
    third.take(tiny(None, 1))
    assert (second.next_state().watermark, third.alerts) == (NOW + 3600, [])


def test_an_alert_that_cannot_be_shaped_goes_to_quarantine_and_stops_no_other(logs: list[str]) -> None:
    harvest = new_harvest()
    for alert in (tiny(2000, 1, score=float("nan")), tiny(2001, 2)):
        harvest.take(alert)
    made = SekoiaXDR.incidents_of(harvest, "https://app.sekoia.io", "Sekoia one", [])
    assert [incident["dbotMirrorId"] for incident in made] == ["AL2"]
    assert [(entry["id"], entry["reason"].split(":")[0]) for entry in harvest.quarantine] == [("u1", "ValueError")]
    assert "put into quarantine: u1" in logs[-1]


def test_a_late_alert_inside_the_look_back_is_taken_once_and_moves_nothing_back() -> None:
    first = new_harvest(state=state(watermark=5000, floor=100))
    first.take(tiny(4500, 1))
    again = new_harvest(state=first.next_state())
    again.take(tiny(4500, 1))
    assert (len(first.alerts), len(again.alerts), again.next_state().watermark) == (1, 0, 5000)


def test_ids_older_than_the_look_back_go_and_raise_the_floor() -> None:
    made = new_harvest(state=state(watermark=5000, seen={"old": 4399, "kept": 4400})).next_state()
    assert (dict(made.seen), made.floor) == ({"kept": 4400}, 4400)


def test_raising_look_back_never_reaches_forgotten_ids() -> None:
    forgotten = new_harvest(state=state(watermark=5000, seen={"u1": 4000})).next_state()
    assert new_harvest(state=forgotten, look_back="1440").start == 4400


def test_a_look_back_of_zero_still_asks_the_watermarks_own_second() -> None:
    made = new_harvest(state=state(watermark=5000, seen={"u1": 5000, "u0": 4999}), look_back="0").next_state()
    assert (made.window_start(0), dict(made.seen)) == (5000, {"u1": 5000})


def test_more_ids_than_the_bound_lower_the_look_back_and_say_so(logs: list[str]) -> None:
    seen = {f"u{n}": 4500 + n // 10 for n in range(2500)}
    made = new_harvest(state=state(watermark=5000, seen=seen)).next_state()
    assert len(made.seen) <= SekoiaXDR.SEEN_LIMIT
    assert all(at < made.floor for key, at in seen.items() if key not in made.seen)
    assert "look-back is now" in logs[-1]


def test_more_ids_than_the_bound_in_one_second_are_all_kept() -> None:
    seen = {f"u{n}": 5000 for n in range(2500)}
    made = new_harvest(state=state(watermark=5000, seen=seen)).next_state()
    assert (len(made.seen), made.floor) == (2500, 5000)


@pytest.mark.parametrize("created", [None, "soon", NOW + 10 * 86400, 1772359200123])
def test_an_unreadable_or_far_future_time_is_taken_once_and_never_moves_the_watermark(created: Json) -> None:
    harvest = new_harvest(state=state(watermark=NOW - 60))
    harvest.take(tiny(created, 1))
    again = new_harvest(state=harvest.next_state(), now=NOW + 60)
    again.take(tiny(created, 1))
    assert (len(harvest.alerts), len(again.alerts), again.next_state().watermark) == (1, 0, NOW - 60)


@pytest.mark.parametrize("odd", ["text", None, 7, ["x"], {"title": "no ids"}, {"uuid": "", "short_id": None}])
def test_what_cannot_be_told_apart_goes_to_quarantine_once(odd: Json) -> None:
    harvest = new_harvest()
    harvest.take(odd)
    again = new_harvest(state=SekoiaXDR.read_state(json.loads(json.dumps(harvest.next_state().as_last_run())), 0))
    again.take(copy.deepcopy(odd))
    assert (again.alerts, len(again.quarantine)) == ([], 1)


def test_the_quarantine_is_bounded() -> None:
    harvest = new_harvest()
    for number in range(SekoiaXDR.QUARANTINE_LIMIT + 5):
        harvest.take([number])
    kept = harvest.next_state().quarantine
    assert (len(kept), kept[-1]["id"]) == (SekoiaXDR.QUARANTINE_LIMIT, SekoiaXDR.digest_of([54]))
