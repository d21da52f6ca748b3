"""Search jobs: what they are asked, the states they go through, what is left of them."""

from typing import Any

import pytest

from lab.clock import Clock
from lab.sekoia.events.model import Plan
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from tests.sekoia.caller import Caller
from tests.sekoia.search import JOBS, ask, find, opened

JOB_KEYS = """
    uuid status total term term_lang filters created_by created_by_type created_at started_at canceled_by
    canceled_by_type canceled_at ended_at earliest_time latest_time results_ttl expiration_date expired view_uuid
    community_uuids only_eternal max_last_events date_field short_histogram
"""
UNKNOWN = "00000000-0000-4000-8000-000000000000"
LATER = ("started_at", "ended_at", "expiration_date", "canceled_at", "canceled_by", "canceled_by_type")


@pytest.fixture
def alert_id(world: World) -> str:
    alert = world.alerts.raise_alert("one")
    world.events.attach(alert.uuid, 7)
    return alert.short_id


def test_a_new_job_has_not_started(api: Caller, alert_id: str) -> None:
    answer = ask(api, term=f"alert_short_ids:{alert_id}", max_last_events=100)
    assert answer.status_code == 200
    job = answer.json()
    assert job.keys() == set(JOB_KEYS.split())
    assert (job["status"], job["total"], [job[name] for name in LATER]) == (0, 0, [None] * 6)
    assert (job["term"], job["term_lang"], job["filters"]) == (f"alert_short_ids:{alert_id}", "es-query-string", [])
    assert (job["created_by_type"], job["created_at"]) == ("apikey", "2026-03-01T10:00:00.000000Z")


def test_a_job_runs_and_ends_as_the_clock_goes_on(api: Caller, clock: Clock, alert_id: str) -> None:
    path = opened(api)
    clock.advance(1.0)
    running = api.json(path)
    assert (running["status"], running["started_at"]) == (1, "2026-03-01T10:00:00.500000Z")
    assert 0 < running["total"] < 7
    assert (running["ended_at"], running["expiration_date"]) == (None, None)
    clock.advance(1.4)
    done = api.json(path)
    assert (done["status"], done["total"]) == (2, 7)
    assert (done["ended_at"], done["expiration_date"]) == ("2026-03-01T10:00:02.400000Z", "2026-03-01T10:30:02.400000Z")


def test_a_running_job_has_the_newest_of_its_events(api: Caller, clock: Clock, alert_id: str) -> None:
    path = opened(api)
    assert api.items(f"{path}/events") == []
    clock.advance(1.0)
    part = api.items(f"{path}/events")
    clock.advance(60)
    assert 0 < len(part) < 7
    assert api.items(f"{path}/events")[: len(part)] == part


@pytest.mark.parametrize(("ends", "status", "number"), [("canceled", 3, 7), ("failed", 4, 0), ("never", 1, 7)])
def test_a_job_can_end_otherwise(
    world: World, api: Caller, clock: Clock, alert_id: str, ends: str, status: int, number: int
) -> None:
    world.searches.plan = Plan(ends=ends)
    path = opened(api)
    clock.advance(600)
    job = api.json(path)
    assert (job["status"], job["total"], len(api.items(f"{path}/events"))) == (status, number, number)
    assert (job["ended_at"] is None) is (ends == "never")
    assert (job["expiration_date"] is None) is (ends != "canceled")
    assert (job["canceled_at"] is None) is (ends != "canceled")


def test_a_job_can_be_slow(world: World, api: Caller, clock: Clock, alert_id: str) -> None:
    world.searches.plan = Plan(starts_after=100, runs_for=900)
    path = opened(api)
    seen = []
    for _ in range(3):
        clock.advance(99)
        seen.append(api.json(path)["status"])
        clock.advance(351)
    assert seen == [0, 1, 1]
    assert api.json(path)["status"] == 2


def test_the_next_jobs_can_go_each_in_its_own_way(world: World, api: Caller, clock: Clock) -> None:
    world.searches.next_go(Plan(ends="failed"), Plan(ends="canceled"))
    paths = [opened(api) for _ in range(3)]
    clock.advance(10)
    assert [api.json(path)["status"] for path in paths] == [4, 3, 2]


def test_a_job_can_be_canceled(api: Caller, clock: Clock, alert_id: str) -> None:
    path = opened(api)
    clock.advance(1.0)
    answer = api.call("POST", f"{path}/cancel")
    assert answer.status_code == 200
    job = answer.json()
    assert (job["status"], job["canceled_at"]) == (3, "2026-03-01T10:00:01.000000Z")
    assert (job["canceled_by"], job["canceled_by_type"]) == (job["created_by"], "apikey")
    assert job["expiration_date"] == "2026-03-01T10:30:01.000000Z"
    clock.advance(60)
    assert len(api.items(f"{path}/events")) == job["total"] == 2


def test_a_job_canceled_before_its_start_never_starts(api: Caller, clock: Clock, alert_id: str) -> None:
    path = opened(api)
    api.call("POST", f"{path}/cancel")
    clock.advance(60)
    job = api.json(path)
    assert (job["status"], job["started_at"], job["total"]) == (3, None, 0)


def test_a_job_that_ended_cannot_be_canceled(api: Caller, clock: Clock, alert_id: str) -> None:
    path = opened(api)
    clock.advance(60)
    assert api.call("POST", f"{path}/cancel").json()["status"] == 2


@pytest.mark.parametrize("what", ["events", "fields", "histograms"])
def test_what_a_job_found_expires(api: Caller, clock: Clock, alert_id: str, what: str) -> None:
    path = opened(api)
    clock.advance(2.4 + 1799)
    assert api.get(f"{path}/{what}").status_code == 200
    clock.advance(1)
    answer = api.get(f"{path}/{what}")
    assert (answer.status_code, answer.json()["message"]) == (410, "The event search job has expired")
    job = api.json(path)
    assert (job["status"], job["expired"], job["total"]) == (2, True, 7)


def test_results_ttl_moves_the_expiration(api: Caller, clock: Clock, alert_id: str) -> None:
    path = opened(api)
    clock.advance(2.4)
    job = api.call("PUT", path, json={"results_ttl": 60}).json()
    assert (job["results_ttl"], job["expiration_date"]) == (60, "2026-03-01T10:01:02.400000Z")
    clock.advance(61)
    assert api.get(f"{path}/events").status_code == 410
    assert api.call("PUT", path, json={"results_ttl": 6000}).json()["expired"] is True
    assert api.get(f"{path}/events").status_code == 410


def test_results_ttl_can_be_another_from_the_start(world: World, api: Caller) -> None:
    world.searches.plan = Plan(results_ttl=600)
    assert ask(api).json()["results_ttl"] == 600


@pytest.mark.parametrize(
    ("method", "tail"),
    [("GET", ""), ("PUT", ""), ("POST", "/cancel"), ("GET", "/events"), ("GET", "/fields"), ("GET", "/histograms")],
)
def test_an_unknown_job_is_404(api: Caller, method: str, tail: str) -> None:
    answer = api.call(method, f"{JOBS}/{UNKNOWN}{tail}", json={"results_ttl": 60} if method == "PUT" else None)
    assert (answer.status_code, answer.json()["message"]) == (404, "Unknown event search job")


@pytest.mark.parametrize("missing", ["View intakes", "View events"])
def test_search_jobs_need_both_permissions(world: World, server: SekoiaServer, missing: str) -> None:
    held = {"View intakes", "View events"} - {missing}
    with Caller(server.url, world.keys.issue("half", held)) as half:
        assert ask(half).status_code == 403
        assert half.get(JOBS).status_code == 403
    with Caller(server.url, world.keys.issue("both", ["View intakes", "View events"])) as both:
        assert ask(both).status_code == 200


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"colour": "red"}, "colour"),
        ({"sigma_pattern": "x"}, "sigma_pattern"),
        ({"lastest_time": "now"}, "lastest_time"),
        ({"max_last_events": 0}, "max_last_events"),
        ({"max_last_events": "100"}, "max_last_events"),
        ({"visible": "false"}, "visible"),
        ({"term": None}, "term"),
        ({"term_lang": "sql"}, "term_lang"),
        ({"community_uuids": ["x"]}, "community_uuids"),
        ({"date_field": "file.mtime"}, "date_field"),
        ({"filters": [{"field": "a", "operator": "contains"}]}, "value is required"),
        ({"filters": [{"field": "a", "operator": "resembles", "value": "b"}]}, "resembles"),
        ({"filters": [{"field": "a", "operator": "contains", "value": 1}]}, "value"),
        ({"filters": [{"field": "a", "operator": "contains", "value": "b", "tint": 1}]}, "tint"),
        ({"earliest_time": "yesterday"}, "earliest_time"),
        ({"earliest_time": "-3y"}, "earliest_time"),
        ({"latest_time": "2026-02-30"}, "latest_time"),
    ],
    ids=str,
)
def test_a_job_that_does_not_fit_is_400_and_names_why(api: Caller, body: dict[str, Any], words: str) -> None:
    answer = ask(api, **body)
    assert answer.status_code == 400
    assert words in answer.json()["message"]


@pytest.mark.parametrize("key", ["term", "earliest_time", "latest_time"])
def test_a_job_needs_term_and_window(api: Caller, key: str) -> None:
    body = {"term": "", "earliest_time": "-1d", "latest_time": "now"}
    del body[key]
    answer = api.call("POST", JOBS, json=body)
    assert (answer.status_code, key in answer.json()["message"]) == (400, True)


@pytest.mark.parametrize("results_ttl", [0, "60", None])
def test_a_bad_results_ttl_is_400(api: Caller, results_ttl: Any) -> None:
    assert api.call("PUT", opened(api), json={"results_ttl": results_ttl}).status_code == 400


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2026-02-27", "2026-02-27T00:00:00"),
        ("2026-02-27T08:30:00", "2026-02-27T08:30:00"),
        ("2026-02-27 08:30:00.123", "2026-02-27T08:30:00.123000"),
        ("2026-02-27T08:30:00.123987Z", "2026-02-27T08:30:00.123000"),
        ("2026-02-27T08:30:00+02:00", "2026-02-27T06:30:00"),
        ("-90s", "2026-03-01T09:58:30"),
        ("-15M", "2026-03-01T09:45:00"),
        ("-2h", "2026-03-01T08:00:00"),
        ("-3d", "2026-02-26T10:00:00"),
        ("-2W", "2026-02-15T10:00:00"),
    ],
)
def test_the_window_is_written_in_many_ways(api: Caller, given: str, shown: str) -> None:
    job = ask(api, earliest_time=given, latest_time="now").json()
    assert (job["earliest_time"], job["latest_time"]) == (shown, "2026-03-01T10:00:00")


def test_the_window_may_begin_now_and_end_in_the_future(api: Caller) -> None:
    job = ask(api, earliest_time="NOW", latest_time="+1d").json()
    assert (job["earliest_time"], job["latest_time"]) == ("2026-03-01T10:00:00", "2026-03-02T10:00:00")


@pytest.mark.parametrize(("low", "high"), [("now", "now"), ("now", "-1s"), ("2026-01-02", "2026-01-01")])
def test_latest_must_be_after_earliest(api: Caller, low: str, high: str) -> None:
    answer = ask(api, earliest_time=low, latest_time=high)
    assert answer.status_code == 400
    assert "latest_time must be after earliest_time" in answer.json()["message"]


def test_max_last_events_keeps_the_newest(world: World, api: Caller, clock: Clock, alert_id: str) -> None:
    every = find(api, clock)
    path = opened(api, max_last_events=3)
    clock.advance(10)
    assert api.items(f"{path}/events") == every[:3]
    assert (api.json(f"{path}/events")["total"], api.json(path)["total"]) == (3, 7)
    world.switches.job_total = "kept"
    assert api.json(path)["total"] == 3


def terms(api: Caller, **query: Any) -> list[str]:
    return [job["term"] for job in api.items(JOBS, **query)]


def test_jobs_are_listed_the_newest_first(world: World, api: Caller, clock: Clock) -> None:
    for number in range(3):
        ask(api, term=f"process.pid:{number}", visible=True)
        clock.advance(1)
    assert terms(api) == ["process.pid:2", "process.pid:1", "process.pid:0"]
    assert terms(api, limit=1, offset=1) == ["process.pid:1"]
    for sort in ("created_at", "started_at", "ended_at", "results_ttl"):
        assert terms(api, sort=sort, direction="asc")[0] == "process.pid:0"


def test_jobs_are_filtered(world: World, api: Caller, clock: Clock) -> None:
    job = ask(api, term="a:1", visible=True).json()
    clock.advance(10)
    ask(api, term="a:2", visible=True)
    assert terms(api, **{"match[status]": "2,3"}) == ["a:1"]
    assert terms(api, **{"match[status]": "0"}) == ["a:2"]
    assert terms(api, **{"match[term]": "a:1"}) == ["a:1"]
    assert len(terms(api, **{"match[created_by]": job["created_by"]})) == 2
    assert terms(api, **{"match[community_uuid]": UNKNOWN}) == []
    assert len(terms(api, **{"match[community_uuid]": world.community})) == 2


def test_hidden_jobs_can_be_listed(world: World, api: Caller) -> None:
    ask(api, visible=False)
    assert terms(api) == []
    world.switches.hidden_jobs = "listed"
    assert terms(api) == [""]


def test_jobs_have_no_other_routes(api: Caller) -> None:
    path = opened(api)
    assert api.call("DELETE", path).status_code == 405
    assert api.get(f"{path}/export").status_code == 405


@pytest.mark.parametrize("bad", [{"ends": "well"}, {"runs_for": -1}, {"results_ttl": -1}], ids=str)
def test_a_plan_that_does_not_fit_raises(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="search job"):
        Plan(**bad)


def test_a_job_may_take_no_time_at_all(world: World, api: Caller, alert_id: str) -> None:
    world.searches.plan = Plan(starts_after=0, runs_for=0)
    assert ask(api).json()["status"] == 2


def test_a_finished_job_has_a_short_histogram(api: Caller, clock: Clock, alert_id: str) -> None:
    path = opened(api)
    assert api.json(path)["short_histogram"] == []
    clock.advance(60)
    bars = api.json(path)["short_histogram"]
    assert bars[0].keys() == {"earliest_time", "length", "total", "alerts", "cases"}
    assert sum(bar["total"] for bar in bars) == 7
