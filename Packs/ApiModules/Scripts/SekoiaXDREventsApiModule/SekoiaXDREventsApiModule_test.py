"""Event searches: one job for many alerts, events made fit to be stored, tickets for what takes longer."""

import json
import time
from typing import Any

import pytest
import SekoiaXDREventsApiModule as events
from requests_mock import Mocker

URL = "https://api.sekoia.io"
JOBS = f"{URL}/v1/sic/conf/events/search/jobs"
JOB = "0f4c8f3e-5f0a-4c1e-9a54-0d6f3c3b1a2d"
NOW = 1_772_359_200
ALERTS = ("ALa1B2c3D4e5", "ALf6G7h8I9j0")


class FakeTime:
    """A clock that sleeping pushes."""

    def __init__(self) -> None:
        self.now = float(NOW)

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> events.EventSearches:
    import SekoiaXDRApiModule as api

    clock = FakeTime()
    for module in (api, events):
        for name in ("time", "monotonic", "sleep"):
            monkeypatch.setattr(module.time, name, getattr(clock, name))
    return events.EventSearches(events.SekoiaClient(URL, "not-a-real-key", requests_per_second=100))


def waiting(until: int = NOW + 180) -> list[events.Waiting]:
    return [events.Waiting(events.Ticket(alert, "", NOW - 60, until), {"short_id": alert}) for alert in ALERTS]


def served(searches: events.EventSearches, rows: list[events.Waiting], seconds: float = 10) -> list[str]:
    desk = events.EventDesk(searches, 100, NOW)
    desk.serve(rows, seconds)
    return [f"{one.outcome}{' waits' if desk.leaves(one) else ''}" for one in rows]


def test_one_job_serves_all_alerts(searches: events.EventSearches, requests_mock: Mocker) -> None:
    started = requests_mock.post(JOBS, json={"uuid": JOB, "status": 0})
    requests_mock.get(f"{JOBS}/{JOB}", [{"json": {"status": 1}}, {"json": {"status": 2}}])
    items = [{"alert_short_ids": list(ALERTS), "n": 1}, {"alert_short_ids": ALERTS[0], "n": 2}]
    requests_mock.get(f"{JOBS}/{JOB}/events", json={"items": items})
    rows = waiting()
    assert served(searches, rows) == ["Complete", "Complete"]
    assert [one.sheaf.seen for one in rows if one.sheaf] == [2, 1]
    assert started.call_count == 1
    assert started.request_history[0].json()["term"] == " OR ".join(f"alert_short_ids:{alert}" for alert in ALERTS)


def test_refusal_of_many_starts_one_job_each(searches: events.EventSearches, requests_mock: Mocker) -> None:
    answers: list[dict[str, Any]] = [
        {"status_code": 400, "json": {"message": "no OR"}},
        {"json": {"uuid": JOB}},
        {"json": {"uuid": JOB}},
    ]
    started = requests_mock.post(JOBS, answers)
    requests_mock.get(f"{JOBS}/{JOB}", json={"status": 1})
    assert served(searches, waiting(), 0) == [" waits", " waits"]
    assert started.call_count == 3


@pytest.mark.parametrize("answer", [{"status": 3}, {"status": 4}, {"status": 2, "expired": True}])
def test_job_that_ended_badly_is_tried_again_while_there_is_time(
    searches: events.EventSearches, requests_mock: Mocker, answer: dict[str, Any]
) -> None:
    requests_mock.post(JOBS, json={"uuid": JOB})
    requests_mock.get(f"{JOBS}/{JOB}", json=answer)
    rows = waiting()
    assert served(searches, rows) == ["Failed waits", "Failed waits"]
    assert [one.ticket.job for one in rows] == ["", ""]
    assert served(searches, waiting(until=NOW)) == ["Failed", "Failed"]


@pytest.mark.parametrize("status", [403, 500])
def test_service_that_takes_no_search_holds_nothing_back(
    searches: events.EventSearches, requests_mock: Mocker, status: int
) -> None:
    requests_mock.post(JOBS, status_code=status, json={"message": "no"})
    rows = waiting()
    assert served(searches, rows) == ["Failed", "Failed"]
    assert rows[0].note.startswith("Events could not be read: POST ")


def test_search_that_found_nothing_may_have_come_too_early(
    searches: events.EventSearches, requests_mock: Mocker
) -> None:
    requests_mock.post(JOBS, json={"uuid": JOB})
    requests_mock.get(f"{JOBS}/{JOB}", json={"status": 2})
    requests_mock.get(f"{JOBS}/{JOB}/events", json={"items": []})
    assert served(searches, waiting()) == ["None waits", "None waits"]
    assert served(searches, waiting(until=NOW)) == ["None", "None"]


def crowded(requests_mock: Mocker, monkeypatch: pytest.MonkeyPatch, end: dict[str, Any]) -> Any:
    """A tenant whose second alert fills a shared search up to the bound of four events; `end` answers what follows."""
    monkeypatch.setattr(events, "EVENTS_PER_JOB", 4)
    monkeypatch.setattr(events, "EVENTS_PAGE", 4)
    jobs = [JOB, *(JOB[:-1] + digit for digit in "12")]
    started = requests_mock.post(JOBS, [{"json": {"uuid": job}} for job in jobs])
    for job in jobs:
        requests_mock.get(f"{JOBS}/{job}", json={"status": 2})
        requests_mock.get(f"{JOBS}/{job}/events", json={"items": [{"alert_short_ids": ALERTS[0], "n": 0}]})
    filled: dict[str, Any] = {"json": {"items": [{"alert_short_ids": ALERTS[1], "n": n} for n in range(4)]}}
    requests_mock.get(f"{JOBS}/{JOB}/events", [filled, end])
    return started


TOO_MANY: dict[str, Any] = {"json": {"items": [{"alert_short_ids": ALERTS[1], "n": 4}]}}
TOO_DEEP: dict[str, Any] = {"status_code": 400, "json": {"message": "offset and limit reach too far"}}


@pytest.mark.parametrize("end", [TOO_MANY, TOO_DEEP])
def test_alerts_of_a_search_that_was_read_in_part_are_searched_alone(
    searches: events.EventSearches, requests_mock: Mocker, monkeypatch: pytest.MonkeyPatch, end: dict[str, Any]
) -> None:
    started = crowded(requests_mock, monkeypatch, end)
    rows = waiting()
    desk = events.EventDesk(searches, 2, NOW)
    desk.serve(rows, 10)
    assert [one.outcome for one in rows] == ["Complete", "Cut"]
    assert rows[1].note == "events: the newest 2 of 4 are kept. events: the search was read to 4 events."
    terms = [request.json()["term"] for request in started.request_history]
    assert terms[1:] == [f"alert_short_ids:{ALERTS[0]}"]


def test_bound_that_is_just_met_is_no_bound(
    searches: events.EventSearches, requests_mock: Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = crowded(requests_mock, monkeypatch, {"json": {"items": []}})
    assert served(searches, waiting()) == ["None waits", "Complete"]
    assert started.call_count == 1


def test_search_of_one_alert_that_was_read_in_part_is_not_made_again(
    searches: events.EventSearches, requests_mock: Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = crowded(requests_mock, monkeypatch, TOO_MANY)
    rows = waiting()[1:]
    assert served(searches, rows) == ["Cut"]
    assert (rows[0].note, started.call_count) == ("events: the search was read to 4 events.", 1)


def test_what_was_read_in_part_is_a_part_whatever_became_of_the_search_for_it_alone(
    searches: events.EventSearches, requests_mock: Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowded(requests_mock, monkeypatch, TOO_MANY)
    requests_mock.post(JOBS, [{"json": {"uuid": JOB}}, {"status_code": 503}, {"status_code": 503}])
    rows = waiting()
    served(searches, rows)
    assert [(one.state, one.note.partition(": POST")[0]) for one in rows] == [
        ("Failed", "events: the search was read to 4 events. Events could not be read"),
        ("Cut", "events: the search was read to 4 events. Events could not be read"),
    ]


def test_window_that_is_not_known_is_not_searched_again(
    searches: events.EventSearches, requests_mock: Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = crowded(requests_mock, monkeypatch, TOO_MANY)
    rows = [events.Waiting(events.Ticket(alert, JOB, 0, 0)) for alert in ALERTS]
    assert served(searches, rows) == ["Pending", "Cut"]
    assert not started.called


def test_search_that_finds_none_came_too_early_only_for_a_young_alert(
    searches: events.EventSearches, requests_mock: Mocker
) -> None:
    requests_mock.post(JOBS, json={"uuid": JOB})
    requests_mock.get(f"{JOBS}/{JOB}", json={"status": 2})
    requests_mock.get(f"{JOBS}/{JOB}/events", json={"items": []})
    rows = waiting()
    rows[0].ticket = rows[0].ticket._replace(settled=NOW)
    rows[1].ticket = rows[1].ticket._replace(settled=NOW + 1)
    assert served(searches, rows) == ["None", "None waits"]


def test_time_of_the_desk_bounds_the_searches_that_are_started(
    searches: events.EventSearches, requests_mock: Mocker
) -> None:
    def slow(request: Any, context: Any) -> dict[str, Any]:
        time.sleep(4)  # the clock of the fixture
        context.status_code = 400 if " OR " in request.json()["term"] else 200
        return {"uuid": JOB}

    started = requests_mock.post(JOBS, json=slow)
    rows = waiting()
    assert served(searches, rows, seconds=6) == [" waits", " waits"]
    assert [one.ticket.job for one in rows] == [JOB, ""]
    assert started.call_count == 2


def test_time_of_the_desk_bounds_the_looks_at_searches(searches: events.EventSearches, requests_mock: Mocker) -> None:
    def slow(request: Any, context: Any) -> dict[str, Any]:
        time.sleep(4)  # the clock of the fixture
        return {"status": 1}

    jobs = (JOB, JOB.replace("0", "1"), JOB.replace("0", "2"))
    looks = [requests_mock.get(f"{JOBS}/{job}", json=slow) for job in jobs]
    rows = [events.Waiting(events.Ticket(ALERTS[0], job, NOW, NOW + 99)) for job in jobs]
    served(searches, rows, seconds=6)
    assert [look.call_count for look in looks] == [1, 1, 0]


def test_intake_keys_go_however_deep_they_lie() -> None:
    event = {
        "sekoiaio.intake.key": "s",
        "customer": {"intake_key": "s", "name": "n"},
        "intake": {"key": "s"},
        "l": [{"a.intake_key": 1}],
    }
    assert events.without_secrets(event) == {"customer": {"name": "n"}, "intake": {}, "l": [{}]}


def test_names_that_become_one_keep_both_values() -> None:
    event = {"host.name": 1, "host_name": 2, "host__name": 3, "deep": [{"a.b": 4}]}
    assert events.undotted(event, "_") == {"host_name": 2, "host__name": 3, "deep": [{"a_b": 4}], "host_name_": 1}


def test_bounds_are_kept_and_said() -> None:
    found = events.sheaves(({"alert_short_ids": ALERTS[0], "n": n} for n in range(30)), ALERTS, 10)[ALERTS[0]]
    assert (len(found.kept), found.note) == (10, "events: the newest 10 of 30 are kept.")
    roomy = events.sheaves(({"message": "x" * 100} for _ in range(9)), ALERTS[:1], 10, room=300)[ALERTS[0]]
    assert (len(roomy.kept), roomy.seen) == (2, 9)


@pytest.mark.parametrize(("room", "bound"), [(1_000, 10_000_000), (10_000_000, 500)])
def test_events_of_an_alert_keep_to_its_share_of_the_run_and_to_the_bound_of_one(
    searches: events.EventSearches, requests_mock: Mocker, monkeypatch: pytest.MonkeyPatch, room: int, bound: int
) -> None:
    monkeypatch.setattr(events, "EVENTS_BYTES", bound)
    requests_mock.post(JOBS, json={"uuid": JOB, "status": 2})
    requests_mock.get(f"{JOBS}/{JOB}", json={"status": 2})
    items = [{"alert_short_ids": list(ALERTS), "message": "x" * 100, "n": n} for n in range(9)]
    requests_mock.get(f"{JOBS}/{JOB}/events", json={"items": items})
    rows = waiting()
    desk = events.EventDesk(searches, 100, NOW, room=room)
    desk.serve(rows, 10)
    kept = [one.sheaf.kept for one in rows if one.sheaf]
    assert [one.outcome for one in rows] == ["Cut", "Cut"]
    assert all(0 < len(json.dumps(events_kept)) <= 500 for events_kept in kept)


@pytest.mark.parametrize("stored", [None, "x", {}, {"alert": "nobody", "until": 1}, {"alert": ALERTS[0]}])
def test_what_is_no_ticket_is_none(stored: Any) -> None:
    assert events.Ticket.read(stored) is None


@pytest.mark.parametrize("job", ["", "../../alerts", "x"])
def test_no_job_climbs_out_of_its_path(searches: events.EventSearches, job: str) -> None:
    with pytest.raises(ValueError, match="event search"):
        searches.status(job)
