"""How the client spends time: the pace, the pauses, the waits between tries and the end of the run."""

from email.utils import formatdate
from typing import Any

import pytest
import requests
import SekoiaXDRApiModule as api
from requests_mock import Mocker
from SekoiaXDRApiModule_test import ALERTS, FakeTime, failing, good, make_client


def test_five_tries_wait_longer_each_time(client: api.SekoiaClient, clock: FakeTime, requests_mock: Mocker) -> None:
    requests_mock.get(ALERTS, exc=requests.ReadTimeout)
    client.pace.note_error = lambda: None  # type: ignore[method-assign]
    failing(client)
    assert clock.slept == [1.0, 2.0, 4.0, 8.0]


def test_waits_are_spread_from_zero_to_the_backoff(
    client: api.SekoiaClient, clock: FakeTime, requests_mock: Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: (low + high) / 2)
    requests_mock.get(ALERTS, exc=requests.ReadTimeout)
    client.pace.note_error = lambda: None  # type: ignore[method-assign]
    failing(client)
    assert clock.slept == [0.5, 1.0, 2.0, 4.0]


def test_nothing_is_sent_after_the_deadline(clock: FakeTime, requests_mock: Mocker) -> None:
    client = make_client(seconds=5)
    clock.now = 5.0
    assert isinstance(failing(client), api.SekoiaDeadline)
    assert (client.calls, client.errors, client.deadline.expired()) == (0, 0, True)


@pytest.mark.parametrize("header", ["7", "Sun, 01 Mar 2026 10:00:07 GMT"])
def test_retry_after_decides_the_wait(client: Any, clock: FakeTime, requests_mock: Mocker, header: str) -> None:
    requests_mock.get(ALERTS, [{"status_code": 429, "headers": {"Retry-After": header}}, good()])
    client.alerts_page(api.AlertQuery())
    assert clock.slept == [7.0]


@pytest.mark.parametrize("header", [None, "soon", "-3", "Sun, 99 Mar 2026 10:00:07 GMT"])
def test_an_unreadable_retry_after_is_no_wait_of_its_own(header: str | None) -> None:
    assert api.retry_after_seconds(header) is None


@pytest.mark.parametrize("ahead", [-300, 0, 300])
def test_date_to_wait_for_is_one_of_the_clock_that_sent_it(
    clock: FakeTime, client: api.SekoiaClient, requests_mock: Mocker, ahead: int
) -> None:
    sent, until = (formatdate(clock.time() + ahead + seconds, usegmt=True) for seconds in (0, 20))
    requests_mock.get(ALERTS, [{"status_code": 429, "headers": {"Retry-After": until, "Date": sent}}, good()])
    started = clock.now
    client.alerts_page(api.AlertQuery())
    assert 20 <= clock.now - started < 22


def test_a_very_long_retry_after_is_told_not_waited_for(client: Any, clock: FakeTime, requests_mock: Mocker) -> None:
    requests_mock.get(ALERTS, status_code=429, headers={"Retry-After": "121"}, json={})
    error = failing(client)
    assert isinstance(error, api.SekoiaRateLimited)
    assert (error.retry_after, clock.slept) == (121.0, [])


def test_no_wait_passes_the_deadline(clock: FakeTime, requests_mock: Mocker) -> None:
    requests_mock.get(ALERTS, status_code=503, headers={"Retry-After": "30"}, json={"message": "Busy"})
    error = failing(make_client(seconds=20))
    assert isinstance(error, api.SekoiaDeadline)
    assert (error.status, error.retry_after, clock.slept) == (503, 30.0, [])
    assert "HTTP 503: Busy; the next call is due in 30.0 s and this run has 20.0 s left" in str(error)


def test_the_pace_lets_a_burst_pass_and_then_holds_the_rate(clock: FakeTime, requests_mock: Mocker) -> None:
    requests_mock.get(ALERTS, **good())
    client = make_client(rate=5)
    for _ in range(15):
        client.alerts_page(api.AlertQuery())
    assert clock.now == pytest.approx(2.0)


def test_two_errors_within_ten_seconds_pause_the_next_call(clock: FakeTime) -> None:
    pace = api.Pace(5)
    pace.note_error()
    clock.now = 9.0
    pace.note_error()
    pace.wait(api.Deadline(60))
    assert clock.now == pytest.approx(19.0)


def test_errors_further_apart_do_not_pause(clock: FakeTime) -> None:
    pace = api.Pace(5)
    pace.note_error()
    clock.now = 10.1
    pace.note_error()
    pace.wait(api.Deadline(60))
    assert clock.slept == []


def test_a_pause_that_passes_the_deadline_ends_the_run(clock: FakeTime) -> None:
    pace = api.Pace(0.5)
    pace.note_error()
    pace.note_error()
    with pytest.raises(api.SekoiaDeadline, match="not sent; the next call is due in 10"):
        pace.wait(api.Deadline(3))


def test_a_rate_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="must be above 0, not 0"):
        api.Pace(0)


def test_a_wait_that_was_told_holds_for_every_later_call(clock: FakeTime, requests_mock: Mocker) -> None:
    client = make_client(seconds=100, tries=1)
    requests_mock.get(ALERTS, status_code=503, headers={"Retry-After": "40"}, json={"message": "Busy"})
    failing(client)
    requests_mock.get(f"{client.root}/v1/sic/kill-chains", json={"items": []})
    client.kill_chains()
    assert clock.now == pytest.approx(40.0)


def test_a_told_wait_beyond_the_run_ends_all_its_calls(clock: FakeTime, requests_mock: Mocker) -> None:
    client = make_client(seconds=100)
    requests_mock.get(ALERTS, status_code=429, headers={"Retry-After": "3600"}, json={})
    failing(client)
    with pytest.raises(api.SekoiaDeadline, match="not sent; Sekoia asked for no call within the next 3600"):
        client.kill_chains()
    assert (requests_mock.call_count, clock.slept) == (1, [])


def test_a_told_wait_is_never_slept_through_without_end(clock: FakeTime) -> None:
    pace = api.Pace(5)
    pace.hold(3600)
    with pytest.raises(api.SekoiaDeadline) as caught:
        pace.wait(api.Deadline(float("inf")))
    assert (caught.value.reason, caught.value.doubtful, clock.slept) == ("rate", False, [])


def test_the_longer_of_two_told_waits_counts(clock: FakeTime) -> None:
    pace = api.Pace(5)
    pace.hold(30)
    pace.hold(3)
    pace.wait(api.Deadline(60))
    assert clock.now == pytest.approx(30.0)
