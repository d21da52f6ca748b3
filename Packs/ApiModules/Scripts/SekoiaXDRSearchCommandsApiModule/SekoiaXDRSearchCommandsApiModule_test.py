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
    says = re.escape(f"'{uuid}' is no ") if uuid else "^(query_run_)?uuid: a value is needed"
    for command in ("events-status-query", "events-results-query", "list-event-fields", "export-events"):
        with pytest.raises(ValueError, match=says):
            run(command, uuid=uuid)
    with pytest.raises(ValueError, match=says):
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
    monkeypatch.setattr("SekoiaXDRApiModule.FILE_LIMIT", 3)
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


# --- how a search is asked --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "earliest", "latest"),
    [
        ({"earliest_time": "-1d", "lastest_time": "-1h"}, "2026-02-28T10:00:00Z", "2026-03-01T09:00:00Z"),
        ({"earliest_time": "-1h", "latest_time": "+3d"}, "2026-03-01T09:00:00Z", "2026-03-04T10:00:00Z"),
        (
            {"earliest_time": "2026-03-01T08:00:00Z", "latest_time": "2026-03-01T09:00:00.5Z"},
            "2026-03-01T08:00:00Z",
            "2026-03-01T09:00:01Z",
        ),
    ],
    ids=["the official pack's spelling", "time to come", "fraction of a second"],
)
def test_span_of_a_search_holds_all_of_its_end(
    times: dict[str, str], earliest: str, latest: str, requests_mock: Mocker
) -> None:
    requests_mock.post(JOBS, json={"uuid": JOB, "status": 0})
    run("events-execute-query", **times)
    sent = requests_mock.request_history[0].json()
    assert (sent["earliest_time"], sent["latest_time"]) == (earliest, latest)


@pytest.mark.parametrize(
    ("command", "args", "says"),
    [
        ("search-events", {"earliest_time": "now"}, "earliest_time: 'now' is not before latest_time 'now'"),
        ("search-events", {"earliest_time": "-1d", "filters": "{"}, "filters: this is no JSON list"),
        ("search-events", {"earliest_time": "-1d", "filters": '[{"field": "a"}]'}, "needs its field and operator"),
        ("search-events", {"earliest_time": "-1d", "interval_in_seconds": "5"}, "interval_in_seconds: "),
        ("search-events", {"earliest_time": "-1d", "timeout_in_seconds": "5"}, "timeout_in_seconds: "),
        ("search-events", {"earliest_time": "-1d", "limit": "20001"}, "limit: "),
        ("execute-query", {"query_definition": "{"}, "query_definition: this is no JSON object"),
        ("execute-query", {"query_definition": "events", "query_parameters": "[]"}, "this is no JSON object"),
        ("execute-query", {"query_definition": "events", "parent_type": "page"}, "parent_type: "),
        ("export-events", {"uuid": JOB, "fields": "source.*"}, "fields: 'source.*' is no field"),
        ("export-events", {"uuid": JOB, "fields": "a,sekoiaio.intake.key"}, "'sekoiaio.intake.key' is no field"),
        ("aggregate-events", {"earliest_time": "-1d", "aggregation": "avg"}, "avg needs the field"),
        ("aggregate-events", {"earliest_time": "-1d", "aggregation": "mean"}, "aggregation: 'mean'"),
        ("aggregate-events", {"earliest_time": "-2d", "minutes_per_bucket": "1"}, "1 makes more than 1000 stretches"),
        ("top-values-events", {"earliest_time": "-1d", "field": "intake.key"}, "field: intake keys are secrets"),
        ("search-events-alerts", {"ids": "ALa1B2c3D4e5", "earliest_time": "soon"}, "earliest_time: "),
    ],
)
def test_argument_at_fault_is_named_before_any_call(
    command: str, args: dict[str, str], says: str, requests_mock: Mocker
) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        run(command, **args)
    assert requests_mock.request_history == []


@pytest.mark.parametrize(
    ("command", "part", "title"),
    [("events-execute-query", "Query", "Event search started"), ("events-status-query", "Status", "Event search")],
)
def test_job_is_in_context_as_written_and_as_documented(
    command: str, part: str, title: str, requests_mock: Mocker
) -> None:
    job = {"uuid": JOB, "status": 1, "term": "a|b", "total": 7, "earliest_time": "2026-03-01T09:00:00Z"}
    requests_mock.post(JOBS, json={**job, "filters": {"intake_key": "SECRET"}})
    requests_mock.get(f"{JOBS}/{JOB}", json={**job, "filters": {"intake_key": "SECRET"}})
    result = run(command, earliest_time="-1h", uuid=JOB)
    kept = {**job, "filters": {}}
    assert (result.outputs_prefix, result.outputs_key_field) == ("SekoiaXDR.Events", "uuid")
    assert (result.outputs, result.raw_response) == ({**kept, part: kept}, kept)
    assert f"### {title}\n" in result.readable_output
    assert f"| {JOB} | in progress | a\\|b | 2026-03-01 09:00:00" in result.readable_output


# --- what is read of it -----------------------------------------------------------------------------------------------


def test_only_the_first_look_says_something(requests_mock: Mocker) -> None:
    requests_mock.post(JOBS, json={"uuid": JOB, "status": 0})
    requests_mock.get(f"{JOBS}/{JOB}", json={"uuid": JOB, "status": 1})
    first = run("search-events", earliest_time="-1d")
    again = run("search-events", **scheduled(first)["PollingArgs"])
    assert first.readable_output == f"### Event search {JOB} has started. Its events follow here"
    assert again.readable_output is None
    assert scheduled(again) == scheduled(first)


def test_search_that_still_works_gives_what_it_has_and_says_so(requests_mock: Mocker) -> None:
    requests_mock.get(f"{JOBS}/{JOB}", json={**DONE_JOB, "status": 1})
    requests_mock.get(f"{JOBS}/{JOB}/events", json={"items": EVENTS})
    result = run("events-results-query", uuid=JOB)
    assert [event["event.id"] for event in result.outputs["items"]] == ["1", "2"]
    assert "**The search is in progress:** more events may be found." in result.readable_output


def test_what_context_cannot_hold_is_left_out_and_said(requests_mock: Mocker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "CONTEXT_BYTES", 250)
    requests_mock.get(f"{JOBS}/{JOB}", json={**DONE_JOB, "total": 3})
    requests_mock.get(f"{JOBS}/{JOB}/events", json={"items": [{"n": number, "x": "x" * 100} for number in range(3)]})
    result = run("search-events", earliest_time="-1d", job_uuid=JOB)
    assert [event["n"] for event in result.outputs["Results"]] == [0, 1]
    assert "**Not all: 2 of 3 events, the newest, are here (a command may add only so much" in result.readable_output


def test_time_that_ends_keeps_what_was_read_and_fails_when_nothing_was() -> None:
    late = search.SekoiaDeadline("GET /v1/x", "no time is left", search.FAULTS["timeout:late"])

    def items(count: int) -> Any:
        yield from ({"n": number} for number in range(count))
        raise late

    assert search.gather_within(items(2)) == ([{"n": 0}, {"n": 1}], "the time of the command ended")
    with pytest.raises(search.SekoiaDeadline):
        search.gather_within(items(0))


def test_fields_asked_for_are_all_that_is_kept(requests_mock: Mocker) -> None:
    requests_mock.get(f"{JOBS}/{JOB}", json=DONE_JOB)
    requests_mock.get(f"{JOBS}/{JOB}/events", json={"items": [{"a.b": 1, "c": 2, "d": 3}]})
    result = run("events-results-query", uuid=JOB, fields="d,a.b")
    assert result.outputs["Results"] == [{"a_b": 1, "d": 3}]
    assert "|d|a_b|" in result.readable_output


def test_fields_of_a_search_hide_the_values_of_an_intake_key(requests_mock: Mocker) -> None:
    requests_mock.get(f"{JOBS}/{JOB}", json=DONE_JOB)
    fields = [
        {"name": name, "value_type": "string", "most_common_values": [{"name": value, "count": 2}]}
        for name, value in (("source.ip", "192.0.2.1"), ("sekoiaio.intake.key", "SECRET"))
    ]
    requests_mock.get(f"{JOBS}/{JOB}/fields", json={"items": fields})
    result = run("list-event-fields", uuid=JOB)
    assert [(one["uuid"], one["name"], len(one["most_common_values"])) for one in result.outputs] == [
        (JOB, "source.ip", 1),
        (JOB, "sekoiaio.intake.key", 0),
    ]
    assert "SECRET" not in str((result.raw_response, result.readable_output))


@pytest.mark.parametrize("command", ["list-event-fields", "export-events"])
def test_search_that_still_works_is_not_ready(command: str, requests_mock: Mocker) -> None:
    requests_mock.get(f"{JOBS}/{JOB}", json={"uuid": JOB, "status": 0})
    with pytest.raises(ValueError, match="has not ended yet"):
        run(command, uuid=JOB)
    assert [call.method for call in requests_mock.request_history] == ["GET"]


# --- events of many alerts --------------------------------------------------------------------------------------------

FIRST, SECOND = "ALa1B2c3D4e5", "ALf6G7h8I9j0"
SECOND_UUID = "5f1c2a4e-8d0b-4c7a-9e53-0a1b2c3d4e5f"


def known_alerts(requests_mock: Mocker) -> None:
    """Sekoia knows two alerts, one asked for by its short id, the other by its uuid."""
    first = {"short_id": FIRST, "first_seen_at": "2026-03-01T08:00:00Z", "created_at": NOW - 60}
    second = {"short_id": SECOND, "uuid": SECOND_UUID, "created_at": NOW - 3600}

    def answer(request: Any, _: Any) -> Any:
        return {"items": [second if SECOND_UUID in request.url else first], "total": 1}

    requests_mock.get(f"{URL}/v1/sic/alerts", json=answer)


@pytest.mark.parametrize(
    ("earliest", "since"), [({}, "2026-03-01T07:59:00Z"), ({"earliest_time": "-1d"}, "2026-02-28T09:59:00Z")]
)
def test_one_search_serves_all_alerts_from_their_first_event_on(
    earliest: dict[str, str], since: str, requests_mock: Mocker
) -> None:
    known_alerts(requests_mock)
    requests_mock.post(JOBS, json={"uuid": JOB, "status": 0})
    result = run("search-events-alerts", ids=f"{FIRST},{SECOND_UUID},ALnobody1", limit="5", **earliest)
    sent = requests_mock.request_history[-1].json()
    assert sent["term"] == f"alert_short_ids:{SECOND} OR alert_short_ids:{FIRST}"
    assert sent["earliest_time"] == since
    assert "events of 2 alerts are searched" in result.readable_output
    assert "Unknown alerts: ALnobody1." in result.readable_output
    again = scheduled(result)["PollingArgs"]
    assert (json.loads(again["searches"]), again["limit"]) == ({JOB: [SECOND, FIRST]}, "5")


def test_alert_whose_search_is_refused_is_named_beside_the_others(requests_mock: Mocker) -> None:
    known_alerts(requests_mock)
    answers: list[dict[str, Any]] = [
        {"status_code": 400, "json": {"message": "no OR"}},
        {"json": {"uuid": JOB}},
        {"status_code": 400, "json": {"message": "too heavy"}},
    ]
    requests_mock.post(JOBS, answers)
    result = run("search-events-alerts", ids=f"{FIRST},{SECOND_UUID}")
    assert json.loads(scheduled(result)["PollingArgs"]["searches"]) == {JOB: [SECOND]}
    assert f"{FIRST}: Events could not be read" in result.readable_output
    assert "too heavy" in result.readable_output


def test_search_for_alerts_that_cannot_begin_is_an_error(requests_mock: Mocker) -> None:
    requests_mock.get(f"{URL}/v1/sic/alerts", json={"items": []})
    with pytest.raises(ValueError, match=f"Sekoia knows none of these alerts: {FIRST}"):
        run("search-events-alerts", ids=FIRST)
    known_alerts(requests_mock)
    requests_mock.post(JOBS, status_code=403, json={"message": "no"})
    with pytest.raises(ValueError, match=r"Events could not be read: .*View events"):
        run("search-events-alerts", ids=FIRST)


def test_one_search_that_works_is_waited_for(requests_mock: Mocker) -> None:
    requests_mock.get(f"{JOBS}/{TASK}", status_code=404, json={"message": "gone"})
    requests_mock.get(f"{JOBS}/{JOB}", json={"uuid": JOB, "status": 1})
    state = json.dumps({TASK: [FIRST], JOB: [SECOND]})
    result = run("search-events-alerts", ids="x", searches=state)
    assert (scheduled(result)["PollingArgs"]["searches"], result.readable_output) == (state, None)


def test_alert_without_events_and_one_whose_search_is_gone_are_told_apart(requests_mock: Mocker) -> None:
    requests_mock.get(f"{JOBS}/{TASK}", status_code=404, json={"message": "gone"})
    requests_mock.get(f"{JOBS}/{JOB}", json=DONE_JOB)
    requests_mock.get(f"{JOBS}/{JOB}/events", json={"items": []})
    result = run("search-events-alerts", ids="x", searches=json.dumps({TASK: [FIRST], JOB: [SECOND]}))
    assert [(one["alert_id"], one["search_job_uuid"], one["state"], one["count"]) for one in result.outputs] == [
        (FIRST, TASK, "Failed", 0),
        (SECOND, JOB, "None", 0),
    ]
    assert "expired" in result.outputs[0]["note"]
    assert result.outputs[1]["note"].startswith("No event is attached.")


def test_searches_that_are_all_gone_are_an_error(requests_mock: Mocker) -> None:
    requests_mock.get(f"{JOBS}/{JOB}", status_code=410, json={"message": "gone"})
    with pytest.raises(ValueError, match="the event search expired"):
        run("search-events-alerts", ids="x", searches=json.dumps({JOB: [FIRST]}))


# --- counts -----------------------------------------------------------------------------------------------------------


def test_count_is_asked_as_told_and_drawn_to_its_peak(requests_mock: Mocker) -> None:
    moments = [{"datetime": "2026-03-01T09:00:00Z", "value": 2}, {"datetime": "2026-03-01T09:30:00Z", "value": 4}]
    requests_mock.post(f"{URL}/v1/events/stats", json={"aggregations": moments})
    result = run(
        "aggregate-events",
        earliest_time="-1h",
        query="a:b",
        aggregation="MAX",
        field="bytes",
        minutes_per_bucket="30",
        community_uuids=JOB,
    )
    assert requests_mock.request_history[0].json() == {
        "term": "a:b",
        "range": ["2026-03-01T09:00:00Z", "2026-03-01T10:00:00Z"],
        "community_uuids": [JOB],
        "aggregation": "max",
        "minutes_per_bucket": 30,
        "field": "bytes",
    }
    assert result.outputs["id"] == "max bytes a:b 2026-03-01T09:00:00Z 2026-03-01T10:00:00Z"
    bars = [row.count("█") for row in result.readable_output.splitlines()[-2:]]
    assert (result.outputs["buckets"], bars) == (moments, [10, 20])


def test_most_frequent_values_are_shown_with_their_counts(requests_mock: Mocker) -> None:
    requests_mock.post(f"{URL}/v1/events/topk", json={"topk": [{"key": "a|b", "count": 3}], "others": 9})
    result = run("top-values-events", earliest_time="-1h", field="user.name", limit="1")
    sent = requests_mock.request_history[0].json()
    assert (sent["field"], sent["k"], result.outputs["others"]) == ("user.name", 1, 9)
    assert "| a\\|b | 3 |" in result.readable_output


# --- exports ----------------------------------------------------------------------------------------------------------


def test_export_starts_once_and_comes_back_for_its_file(requests_mock: Mocker) -> None:
    requests_mock.get(f"{JOBS}/{JOB}", json=DONE_JOB)
    requests_mock.post(f"{JOBS}/{JOB}/export", json={"task_uuid": TASK})
    requests_mock.get(f"{URL}/v1/tasks/{TASK}", json={"status": "RUNNING"})
    first = run("export-events", uuid=JOB, fields="source.ip,event.id", link="true")
    assert requests_mock.request_history[-1].json() == {"fields": ["source.ip", "event.id"]}
    assert first.readable_output.startswith(f"### The export of the event search {JOB} has started")
    again = run("export-events", **scheduled(first)["PollingArgs"])
    assert (again.readable_output, scheduled(again)) == (None, scheduled(first))
    assert scheduled(again)["PollingArgs"] == {
        "interval_in_seconds": "10",
        "uuid": JOB,
        "link": "true",
        "task_uuid": TASK,
    }
    assert [call.method for call in requests_mock.request_history].count("POST") == 1


def test_dry_run_of_an_export_shows_the_call_and_sends_nothing(requests_mock: Mocker) -> None:
    requests_mock.get(f"{JOBS}/{JOB}", json=DONE_JOB)
    result = run("export-events", uuid=JOB, fields="event.id", dry_run="true")
    assert result.readable_output.startswith("### Dry run: nothing was sent")
    assert f"{JOB}/export" in result.readable_output
    assert [call.method for call in requests_mock.request_history] == ["GET"]


def test_second_export_at_a_time_is_explained(requests_mock: Mocker) -> None:
    requests_mock.get(f"{JOBS}/{JOB}", json=DONE_JOB)
    requests_mock.post(f"{JOBS}/{JOB}/export", status_code=409, json={"message": "running"})
    with pytest.raises(ValueError, match="one export at a time, and ten at most"):
        run("export-events", uuid=JOB)


def test_address_of_an_export_is_given_on_demand_and_nothing_is_taken_from_it(requests_mock: Mocker) -> None:
    finished_export(requests_mock, STORE)
    result = run("export-events", uuid=JOB, task_uuid=TASK, link="true")
    assert (result.outputs["download_url"], "file" in result.outputs) == (STORE, False)
    assert "Whoever has this address can read the events." in result.readable_output
    assert len(requests_mock.request_history) == 1


@pytest.mark.parametrize(
    ("task", "says"),
    [
        ({"status": "FAILED", "error": "disk full"}, "ended as FAILED: disk full"),
        ({"status": "canceled", "message": "by hand"}, "ended as CANCELED: by hand"),
        ({}, "ended as unknown: Sekoia does not say why"),
    ],
)
def test_export_that_ended_otherwise_says_why(task: dict[str, str], says: str, requests_mock: Mocker) -> None:
    requests_mock.get(f"{URL}/v1/tasks/{TASK}", json=task)
    with pytest.raises(ValueError, match=says):
        run("export-events", uuid=JOB, task_uuid=TASK)
