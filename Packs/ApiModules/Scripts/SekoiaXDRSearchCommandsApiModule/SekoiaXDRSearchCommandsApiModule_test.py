"""Searches, counts, exports and queries, without the lab: what is sent, what is kept, what is said."""

import json
import re
import time
from typing import Any

import pytest
import SekoiaXDRSearchCommandsApiModule as search
from requests_mock import Mocker

URL = "https://api.sekoia.io"
JOBS = f"{URL}/v1/sic/conf/events/search/jobs"
RUNS = f"{URL}/v1/notebooks/queries/runs"
JOB = "0f4c8f3e-5f0a-4c1e-9a54-0d6f3c3b1a2d"
TASK = "73b72df3-5606-4f82-bc13-3ec14d6666b0"
STORE = "https://store.example/file.gz?sig=very-secret"
NOW = 1_772_359_200  # 2026-03-01T10:00:00Z
PARAMS = search.Params.read({"url": URL, "credentials": {"password": "not-a-real-key"}, "timezone": "UTC"})
DONE_JOB = {"uuid": JOB, "status": 2, "total": 2, "term": "", "expired": False}
EVENTS = [{"event.id": "1", "source.ip": "192.0.2.1", "sekoiaio.intake.key": "SECRET"}, {"event.id": "2"}]


@pytest.fixture(autouse=True)
def still_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that stands, and sleep that takes no time."""
    monkeypatch.setattr(time, "time", lambda: float(NOW))
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


def run(command: str, **args: Any) -> Any:
    given = {"interval_in_seconds": "10", **args}
    return search.SEARCH_COMMANDS[f"sekoia-xdr-{command}"](PARAMS.client(60), given, PARAMS)


def scheduled(result: Any) -> dict[str, Any]:
    """What a result asks the platform to run next."""
    found: dict[str, Any] = result.to_context()
    return {key: found[key] for key in ("PollingCommand", "NextRun", "PollingArgs", "Timeout")}


def test_search_keeps_only_what_the_next_look_needs(requests_mock: Mocker) -> None:
    requests_mock.post(JOBS, json={**DONE_JOB, "status": 0})
    result = run("search-events", earliest_time="-1d", query="a:b", fields="event.id", filters="[]")
    assert scheduled(result) == {
        "PollingCommand": "sekoia-xdr-search-events",
        "NextRun": "10",
        "Timeout": "600",
        "PollingArgs": {
            "interval_in_seconds": "10",
            "earliest_time": "-1d",
            "fields": "event.id",
            "job_uuid": JOB,
        },
    }
    sent = requests_mock.request_history[0].json()
    assert sent == {
        "term": "a:b",
        "earliest_time": "2026-02-28T10:00:00Z",
        "latest_time": "now",
        "visible": False,
        "filters": [],
    }


def test_search_reads_a_finished_job_without_its_secrets(requests_mock: Mocker) -> None:
    requests_mock.get(f"{JOBS}/{JOB}", json=DONE_JOB)
    requests_mock.get(f"{JOBS}/{JOB}/events", json={"items": EVENTS})
    result = run("search-events", earliest_time="-1d", job_uuid=JOB)
    assert result.outputs["Results"] == [{"event_id": "1", "source_ip": "192.0.2.1"}, {"event_id": "2"}]
    assert "SECRET" not in json.dumps(result.to_context())


@pytest.mark.parametrize(
    ("job", "says"),
    [
        ({"status": 3}, "'canceled'"),
        ({"status": 4}, "'failed'"),
        ({"status": 2, "expired": True}, "'expired'. Its results are no longer kept"),
        ({"status": 9}, "'unknown'"),
        ({}, "'unknown'"),
    ],
)
@pytest.mark.parametrize("command", ["search-events", "events-results-query", "list-event-fields", "export-events"])
def test_job_without_a_result_is_an_end(command: str, job: dict[str, Any], says: str, requests_mock: Mocker) -> None:
    requests_mock.get(f"{JOBS}/{JOB}", json={"uuid": JOB, **job})
    with pytest.raises(ValueError, match=re.escape(says)):
        run(command, uuid=JOB, job_uuid=JOB, earliest_time="-1d")


def test_expired_results_are_told_as_such(requests_mock: Mocker) -> None:
    requests_mock.get(f"{JOBS}/{JOB}", json=DONE_JOB)
    requests_mock.get(f"{JOBS}/{JOB}/events", status_code=410, json={"message": "expired"})
    with pytest.raises(search.SekoiaExpired, match="Start the search again"):
        run("events-results-query", uuid=JOB)


@pytest.mark.parametrize("uuid", ["../alerts", "ALa1B2c3D4e5", ""])
def test_path_is_never_left(uuid: str, requests_mock: Mocker) -> None:
    for command in ("events-status-query", "events-results-query", "list-event-fields", "export-events"):
        with pytest.raises(ValueError):
            run(command, uuid=uuid)
    with pytest.raises(ValueError):
        run("get-query-run", query_run_uuid=uuid)
    assert requests_mock.request_history == []


def test_page_is_one_call(requests_mock: Mocker) -> None:
    requests_mock.get(f"{JOBS}/{JOB}", json={**DONE_JOB, "total": 60})
    requests_mock.get(f"{JOBS}/{JOB}/events", json={"items": EVENTS})
    run("events-results-query", uuid=JOB, limit="20", page="3")
    assert requests_mock.last_request is not None
    assert requests_mock.last_request.qs == {"limit": ["20"], "offset": ["40"]}
    with pytest.raises(ValueError, match="a page holds at most 1000"):
        run("events-results-query", uuid=JOB, limit="2000", page="2")


def test_answer_of_a_count_that_lacks_everything_is_shown(requests_mock: Mocker) -> None:
    requests_mock.post(f"{URL}/v1/events/stats", json={"aggregations": [None, {"datetime": None, "value": "x"}]})
    requests_mock.post(f"{URL}/v1/events/topk", json={"topk": [None]})
    assert run("aggregate-events", earliest_time="-1d").outputs["buckets"] == [{"datetime": None, "value": "x"}]
    assert run("top-values-events", field="a", earliest_time="-1d").outputs["topk"] == []


@pytest.mark.parametrize(
    ("hours", "minutes"), [("-30m", 1), ("-1d", 30), ("-7d", 360), ("-365d", 10_080), ("-3650d", 10_080)]
)
def test_stretches_fit_the_time(hours: str, minutes: int, requests_mock: Mocker) -> None:
    requests_mock.post(f"{URL}/v1/events/stats", json={"aggregations": []})
    assert run("aggregate-events", earliest_time=hours).outputs["minutes_per_bucket"] == minutes


def finished_export(requests_mock: Mocker, address: Any) -> None:
    task = {"status": "FINISHED", "total": 2, "progress": 2, "attributes": {"download_url": address}}
    requests_mock.get(f"{URL}/v1/tasks/{TASK}", json=task)


def test_key_does_not_travel_to_the_store(requests_mock: Mocker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "fileResult", lambda name, data: {"File": name, "data": data})
    finished_export(requests_mock, STORE)
    requests_mock.get(STORE, content=b"gzip")
    file, result = run("export-events", uuid=JOB, task_uuid=TASK)
    assert (file["File"], file["data"], result.outputs["file"]) == (
        "events-0f4c8f3e.jsonl.gz",
        b"gzip",
        "events-0f4c8f3e.jsonl.gz",
    )
    assert requests_mock.last_request is not None
    assert "Authorization" not in requests_mock.last_request.headers
    assert "very-secret" not in json.dumps(result.to_context())


@pytest.mark.parametrize(
    ("address", "says"),
    [
        (None, "gave no address"),
        ("http://store.example/file", "not https"),
        ("file:///etc/passwd", "not https"),
        (STORE, "was not taken from store.example"),
    ],
)
def test_address_that_is_not_to_be_used(address: Any, says: str, requests_mock: Mocker) -> None:
    finished_export(requests_mock, address)
    requests_mock.get(STORE, status_code=403, text="very-secret")
    with pytest.raises(ValueError, match=says) as caught:
        run("export-events", uuid=JOB, task_uuid=TASK)
    assert "very-secret" not in str(caught.value)
    assert caught.value.__context__ is None


def test_file_that_is_too_large_says_how_to_get_its_address(
    requests_mock: Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "BODY_LIMIT", 3)
    finished_export(requests_mock, STORE)
    requests_mock.get(STORE, content=b"gzip")
    with pytest.raises(ValueError, match=f"task_uuid={TASK} link=true"):
        run("export-events", uuid=JOB, task_uuid=TASK)


def test_export_is_asked_for_once(requests_mock: Mocker) -> None:
    requests_mock.get(f"{JOBS}/{JOB}", json=DONE_JOB)
    started = requests_mock.post(f"{JOBS}/{JOB}/export", status_code=504, text="late")
    with pytest.raises(search.SekoiaDoubtful, match="Look at the object in Sekoia"):
        run("export-events", uuid=JOB)
    assert started.call_count == 1


def test_definition_is_sol_or_an_object(requests_mock: Mocker) -> None:
    requests_mock.post(RUNS, status_code=201, json={"uuid": JOB, "task_id": TASK})
    for given in ("events | limit 1", '{"ql_query": "events | limit 1"}', {"ql_query": "events | limit 1"}):
        assert run("execute-query", query_definition=given).outputs == {"uuid": JOB, "task_id": TASK}
    assert [call.json() for call in requests_mock.request_history] == [
        {"query_definition": {"ql_query": "events | limit 1"}}
    ] * 3


@pytest.mark.parametrize("status", ["error", "FAILED", "canceled", "expired", "", None])
def test_any_other_state_of_a_query_is_an_end(status: Any, requests_mock: Mocker) -> None:
    requests_mock.get(f"{RUNS}/{JOB}", json={"uuid": JOB, "status": status, "error": "out of memory"})
    with pytest.raises(ValueError, match="out of memory"):
        run("run-query", query_definition="events", result_format="csv", query_run_uuid=JOB)


def test_format_is_known_before_anything_is_started(requests_mock: Mocker) -> None:
    for command in ("run-query", "download-query-result"):
        for given, says in (("xml", "result_format: 'xml' is unknown"), ("", "result_format: a value is needed")):
            with pytest.raises(ValueError, match=says):
                run(command, query_definition="events", query_run_uuid=JOB, result_format=given)
    assert requests_mock.request_history == []


def test_csv_keeps_its_cells_and_loses_the_column_of_a_secret() -> None:
    long = "x" * 200_000
    text = f'a,sekoiaio.intake.key,b\r\n"1, ""one""\nmore",SECRET,{long}\r\n'
    assert search.open_file(text.encode(), "csv").decode() == f'a,b\r\n"1, ""one""\nmore",{long}\r\n'
    assert search.open_file(b"a,b\n1,\xff\n", "csv") == b"a,b\n1,\xff\n"


def test_jsonl_keeps_its_rows_and_loses_the_key_of_a_secret() -> None:
    rows = [{"a": "one\u2028two", "customer.intake_key": "SECRET"}, {"a": 1, "n": {"intake": {"key": "SECRET"}}}]
    content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    kept = [json.loads(line) for line in search.open_file(content, "jsonl").decode().split("\n") if line]
    assert kept == [{"a": "one\u2028two"}, {"a": 1, "n": {"intake": {}}}]
    with pytest.raises(ValueError, match="is no jsonl"):
        search.open_file(b'{"intake_key": ', "jsonl")


def test_table_stays_readable_whatever_the_events_hold() -> None:
    rows = [{f"field{number}": [[number], "a|b", {"c": "<i>"}] for number in range(30)}] * 60
    shown = search.flat_table("T", rows, ("field9", "none"), ("field0",), "-", "UTC").splitlines()
    assert shown[1].startswith("|field9|field1|") and shown[1].count("|") == 13
    assert len([line for line in shown if line.startswith("| 9, a\\|b")]) == 50
    assert "17 more fields of each row are in context." in shown
    assert "The first 50 of 60 rows are shown." in shown


def test_alert_searches_are_read_from_the_state_alone(requests_mock: Mocker) -> None:
    alert, other = "ALa1B2c3D4e5", "ALf6G7h8I9j0"
    requests_mock.get(f"{JOBS}/{JOB}", json=DONE_JOB)
    items = [{"alert_short_ids": [alert, other], "n": 1}, {"alert_short_ids": alert, "n": 2}]
    requests_mock.get(f"{JOBS}/{JOB}/events", json={"items": items})
    result = run("search-events-alerts", ids="x", searches=json.dumps({JOB: [alert, other]}))
    assert [(one["alert_id"], one["count"]) for one in result.outputs] == [(alert, 2), (other, 1)]
    with pytest.raises(ValueError, match="is no event search id"):
        run("search-events-alerts", ids="x", searches='{"../x": []}')


def test_too_many_alerts_are_refused_before_anything_is_sent(requests_mock: Mocker) -> None:
    ids = ",".join(f"ALa1B2c3D4{number:03}" for number in range(101))
    with pytest.raises(ValueError, match="give 1 to 100 alerts, not 101"):
        run("search-events-alerts", ids=ids)
    assert requests_mock.request_history == []
