"""What fetch remembers, fact by fact; pytest alone, no clock. Whole runs are in tests/fetch."""

import json
from typing import Any

import pytest
import SekoiaXDRFetchApiModule as fetch


def test_the_first_run_starts_at_the_first_fetch_timestamp() -> None:
    assert fetch.read_state({}, 500) == fetch.read_state(None, 500) == fetch.FetchState(500, 500)


def test_a_state_survives_storage_with_keys_of_a_later_version() -> None:
    stored = {
        "version": 2,
        "watermark": 1000,
        "floor": 900,
        "seen": {"u1": 990},
        "tickets": [{"alert": "ALa1B2c3D4e5", "job": "", "since": 1, "until": 2, "settled": 2}],
    }
    stored |= {"quarantine": [{"id": "q"}]}
    kept = fetch.read_state(stored, 0).as_last_run()
    assert kept == stored | {"version": fetch.STATE_VERSION}


def test_an_intake_key_in_a_stored_state_is_not_carried_on() -> None:
    """Anyone may push events with such a key, so it does not stay even where an earlier version had let it in."""
    stored = {"watermark": 1000, "sekoiaio.intake.key": "k", "later": {"intake_key": "k", "name": "mail"}}
    stored |= {"quarantine": [{"id": "q", "intake_key": "k"}]}
    kept = fetch.read_state(stored, 0).as_last_run()
    assert (kept["later"], kept["quarantine"]) == ({"name": "mail"}, [{"id": "q"}])
    assert '"k"' not in json.dumps(kept)


@pytest.mark.parametrize(
    "stored",
    [
        {"x": 1},
        {"watermark": "soon"},
        {"watermark": None},
        {"watermark": 1000, "seen": ["u1"]},
        {"watermark": 1000, "seen": None},
        {"last_fetch": "x"},
        [1],
        "x",
    ],
)
def test_an_unreadable_state_stops_fetch_instead_of_guessing(stored: Any) -> None:
    with pytest.raises(ValueError, match=r"position cannot be read|no readable last_fetch"):
        fetch.read_state(stored, 500)


def test_the_official_state_with_ids_asks_its_last_second_again() -> None:
    made = fetch.read_state({"last_fetch": 1000, "processed_ids": ["AL1"]}, 0)
    assert (made.watermark, made.window_start(900), dict(made.seen)) == (1000, 1000, {"AL1": 1000})


def test_the_official_state_without_ids_goes_on_behind_its_last_second() -> None:
    assert fetch.read_state({"last_fetch": 1000}, 0).window_start(900) == 1001


# --- wishes of commands -----------------------------------------------------------------------------------------------


def test_wish_is_granted_once() -> None:
    one, two = "ALa1B2c3D4e5", "ALf6G7h8I9j0"
    state = fetch.FetchState(1000, 900, quarantine=({"id": one}, {"id": two}))
    wished = {"fetch_request": {"retry": {"do": "retry", "ids": [one], "token": "1.5"}}}
    after, ids = fetch.requested(state, wished)
    assert (ids, after.quarantine) == ((one,), ({"id": two},))
    assert fetch.requested(after, wished) == (after, ())
    assert fetch.without_granted(wished, after.as_last_run()) == {}


def test_reset_keeps_the_alerts_that_wait_for_events_known() -> None:
    ticket = {"alert": "ALa1B2c3D4e5", "job": "", "since": 1, "until": 2, "settled": 2}
    state = fetch.read_state({"watermark": 1000, "floor": 900, "seen": {"u1": 990}, "tickets": [ticket]}, 0)
    after, _ = fetch.requested(state, {"fetch_request": {"do": "reset", "position": 500, "token": "1.5"}})
    assert (after.watermark, after.floor, list(after.seen)) == (500, 500, ["ALa1B2c3D4e5"])


def test_wish_of_a_last_run_that_was_taken_away_is_granted_again() -> None:
    wished = {"fetch_request": {"reset": {"do": "reset", "position": 500, "token": "1.5"}}, "mirror": {}}
    assert fetch.without_granted(wished, {}) == wished


# --- the kill chain ---------------------------------------------------------------------------------------------------


def test_stage_that_the_list_lacks_shows_its_id() -> None:
    known = {"KC1": {"name": "Delivery", "description": "d"}}
    assert fetch.kill_chain_rows({"kill_chain_short_id": "KC1"}, known) == [{"name": "Delivery", "description": "d"}]
    assert fetch.kill_chain_rows({"kill_chain_short_id": "KC9"}, known) == [{"name": "KC9", "description": ""}]
    assert fetch.kill_chain_rows({}, known) == []
