"""Queries in SOL, without the lab: how one is started and waited for, its rows, its file, and what a rule kept."""

import json
from typing import Any

import pytest
import SekoiaXDRSearchCommandsApiModule as search
from requests_mock import Mocker
from SekoiaXDRSearchCommandsApiModule_test import JOB, PARAMS, RUNS, TASK, URL, run, scheduled
from SekoiaXDRSearchCommandsApiModule_test import still_time as still_time

ALERT, ALERT_UUID = "ALa1B2c3D4e5", "5f1c2a4e-8d0b-4c7a-9e53-0a1b2c3d4e5f"


@pytest.fixture(autouse=True)
def files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files stay in memory."""
    monkeypatch.setattr(search, "fileResult", lambda name, data: {"File": name, "data": data})


# --- start, state and file --------------------------------------------------------------------------------------------


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


# --- rows -------------------------------------------------------------------------------------------------------------


def finished_run(requests_mock: Mocker, rows: list[Any], **more: Any) -> None:
    """A run that has ended with these rows; the API gives at most a thousand at once."""
    run_of_it = {"uuid": JOB, "status": "finished", "total": len(rows), "fields": [{"name": "a"}], **more}

    def answer(request: Any, _: Any) -> Any:
        first, most = int(request.qs.get("offset", ["0"])[0]), int(request.qs["limit"][0])
        return {**run_of_it, "results": rows[first:][: min(most, 1000)]}

    requests_mock.get(f"{RUNS}/{JOB}", json=answer)
    requests_mock.get(f"{RUNS}/{JOB}/download", content=b"a\n1\n")


def test_query_is_started_once_and_comes_back_with_its_rows(requests_mock: Mocker) -> None:
    started = requests_mock.post(RUNS, json={"uuid": JOB})
    requests_mock.get(f"{RUNS}/{JOB}", json={"uuid": JOB, "status": "running"})
    asked = {
        "query_definition": "events",
        "query_parameters": '{"a": 1}',
        "parent_type": "ALERT",
        "community_uuid": TASK,
    }
    first = run("run-query", result_format="CSV", **asked)
    assert started.request_history[0].json() == {
        "query_definition": {"ql_query": "events"},
        "query_parameters": {"a": 1},
        "parent_type": "alert",
        "community_uuid": TASK,
    }
    assert first.readable_output == f"### The query has started as run {JOB}. Its result follows here"
    again = run("run-query", **scheduled(first)["PollingArgs"])
    assert (again.readable_output, scheduled(again)) == (None, scheduled(first))
    finished_run(requests_mock, [{"a.b": 1}])
    file, result = run("run-query", **scheduled(again)["PollingArgs"])
    assert (file["File"], result.outputs["rows"], started.call_count) == ("result.csv", [{"a_b": 1}], 1)


def test_query_beyond_the_limit_of_a_minute_is_explained(requests_mock: Mocker) -> None:
    requests_mock.post(RUNS, status_code=429, json={"message": "slow"}, headers={"Retry-After": "1"})
    with pytest.raises(ValueError, match="ten SOL queries a minute"):
        run("execute-query", query_definition="events")


def test_run_shows_its_state_and_its_rows_without_dots(requests_mock: Mocker) -> None:
    finished_run(requests_mock, [{"a.b": 1}], duration=3)
    result = run("get-query-run", query_run_uuid=JOB, limit="5")
    assert requests_mock.request_history[0].qs == {"limit": ["5"]}
    assert (result.outputs["results"], result.raw_response["results"]) == ([{"a_b": 1}], [{"a.b": 1}])
    assert f"| {JOB} | finished | 1 | 3 |" in result.readable_output


@pytest.mark.parametrize(("limit", "asked"), [("1500", ["1000", "500"]), ("3000", ["1000", "1000", "1000"])])
def test_rows_are_read_in_pages_up_to_the_limit(limit: str, asked: list[str], requests_mock: Mocker) -> None:
    finished_run(requests_mock, [{"n": number} for number in range(2200)])
    _, result = run("download-query-result", query_run_uuid=JOB, result_format="csv", limit=limit)
    assert [row["n"] for row in result.outputs["rows"]] == list(range(min(int(limit), 2200)))
    pages = [call.qs["limit"][0] for call in requests_mock.request_history if not call.path.endswith("/download")]
    assert pages == asked


def test_full_first_page_that_is_all_is_followed_by_an_empty_one(requests_mock: Mocker) -> None:
    finished_run(requests_mock, [{"n": number} for number in range(1000)])
    _, result = run("download-query-result", query_run_uuid=JOB, result_format="csv", limit="2000")
    assert (len(result.outputs["rows"]), "Not all" in result.readable_output) == (1000, False)


@pytest.mark.parametrize(
    ("total", "says", "silent"),
    [
        (1, [], ["Not all", "partial"]),
        (7, ["**Not all: 1 of 7 rows are here.** The file result.jl holds all."], ["partial"]),
        (10_000, ["**Sekoia stops at 10000 rows unless the query asks for more:**"], []),
    ],
)
def test_result_says_what_is_not_here(total: int, says: list[str], silent: list[str], requests_mock: Mocker) -> None:
    finished_run(requests_mock, [{"n": 1}], total=total)
    file, result = run("download-query-result", query_run_uuid=JOB, result_format="jsonl")
    assert (file["File"], result.outputs["file"], result.outputs["total"]) == ("result.jl", "result.jl", total)
    assert requests_mock.request_history[-1].qs == {"download_format": ["jsonl"]}
    assert all(sentence in result.readable_output for sentence in says)
    assert not any(sentence in result.readable_output for sentence in silent)


def test_query_that_found_nothing_says_so(requests_mock: Mocker) -> None:
    finished_run(requests_mock, [])
    _, result = run("download-query-result", query_run_uuid=JOB, result_format="csv")
    assert result.readable_output == "### Result of the query (0 rows)\nThe query found nothing."


def test_result_of_a_query_that_still_runs_is_refused(requests_mock: Mocker) -> None:
    requests_mock.get(f"{RUNS}/{JOB}", json={"uuid": JOB, "status": "pending"})
    with pytest.raises(ValueError, match="The query still runs"):
        run("download-query-result", query_run_uuid=JOB, result_format="csv")


# --- what a rule kept -------------------------------------------------------------------------------------------------


def kept_rows(requests_mock: Mocker, rows: list[Any]) -> None:
    """What a SOL rule kept for an alert."""

    def answer(request: Any, _: Any) -> Any:
        first, most = int(request.qs.get("offset", ["0"])[0]), int(request.qs["limit"][0])
        return {"items": rows[first:][:most], "total": len(rows), "fields": [{"name": "a.b"}]}

    requests_mock.get(f"{URL}/v1/notebooks/sol_detection/{ALERT}/results", json=answer)


@pytest.mark.parametrize("wanted", [ALERT, ALERT_UUID])
def test_rows_of_a_rule_are_read_by_the_short_id_of_the_alert(wanted: str, requests_mock: Mocker) -> None:
    requests_mock.get(f"{URL}/v1/sic/alerts/{ALERT_UUID}", json={"uuid": ALERT_UUID, "short_id": ALERT})
    kept_rows(requests_mock, [{"a.b": number, "intake_key": "SECRET"} for number in range(3)])
    result = run("get-sol-detection-results", id=wanted, limit="2")
    assert result.outputs == {
        "alert_id": ALERT,
        "total": 3,
        "fields": [{"name": "a.b"}],
        "rows": [{"a_b": 0}, {"a_b": 1}],
    }
    assert "**Not all: 2 of 3 rows are here.**" in result.readable_output
    assert "SECRET" not in str(result.to_context())


def test_alert_of_no_sol_rule_is_told_as_such(requests_mock: Mocker) -> None:
    kept_rows(requests_mock, [])
    result = run("get-sol-detection-results", id=ALERT)
    assert (result.outputs["rows"], result.outputs["total"]) == ([], 0)
    assert "only alerts of SOL rules have such results" in result.readable_output


def test_dots_are_replaced_by_the_symbol_of_the_instance(requests_mock: Mocker) -> None:
    kept_rows(requests_mock, [{"a.b": 1}])
    params = search.Params.read({**PARAMS.raw, "replace_dots_event": "-"})
    result = search.get_sol_detection_results_command(params.client(60), {"id": ALERT}, params)
    assert result.outputs["rows"] == [{"a-b": 1}]
