"""Queries in SOL from the war room: every end is told, the file is whole, the rows are in context."""

import json
from typing import Any

import pytest

from lab.sekoia.notebooks.model import RunPlan
from tests.stage import Stage

RUNS = "/v1/notebooks/queries/runs"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def furnish(stage: Stage, events: int = 3) -> str:
    alert = stage.world.alerts.raise_alert("Suspicious logon")
    stage.world.events.attach(alert.short_id, count=events, spread=5.0)
    stage.clock.advance(60)
    return alert.short_id


def query(stage: Stage, text: str = "events | select event.id, source.ip", **arguments: str) -> Any:
    given = {"query_definition": text, "result_format": "csv", **arguments}
    return stage.host.follow(stage.run("sekoia-xdr-run-query", **given))


def started(stage: Stage, text: str = "events | select event.id, source.ip", **arguments: str) -> str:
    outcome = stage.run("sekoia-xdr-execute-query", query_definition=text, **arguments)
    assert outcome.error is None
    return str(outcome.context["SekoiaXDR"]["QueryRun"]["uuid"])


def file_of(stage: Stage, outcome: Any) -> tuple[str, bytes]:
    """Name and content of the file that came along."""
    (entry,) = [entry for entry in outcome.entries if entry.file_name]
    found: tuple[str, bytes] = stage.host.file(entry.id)
    return found


def result(outcome: Any) -> dict[str, Any]:
    found: dict[str, Any] = outcome.context["SekoiaXDR"]["QueryResult"]
    return found


@pytest.mark.parametrize(("kind", "name"), [("csv", "result.csv"), ("jsonl", "result.jl")])
def test_query_gives_a_file_and_rows(stage: Stage, kind: str, name: str) -> None:
    furnish(stage)
    outcome = query(stage, result_format=kind)
    assert outcome.error is None
    file_name, content = file_of(stage, outcome)
    rows = content.decode().splitlines()
    assert (file_name, len(rows)) == (name, 4 if kind == "csv" else 3)
    assert [sorted(row) for row in result(outcome)["rows"]] == [["event_id", "source_ip"]] * 3
    assert [field["name"] for field in result(outcome)["fields"]] == ["event.id", "source.ip"]
    assert stage.world.journal.count("POST", RUNS) == 1


@pytest.mark.odd_tenant  # the description knows no state but error
@pytest.mark.parametrize("ends", ["error", "failed", "canceled"])
def test_query_that_ends_badly_says_why_and_is_asked_no_more(stage: Stage, ends: str) -> None:
    stage.world.notebooks.plan = RunPlan(ends=ends, error="The query needs 4 GB")
    outcome = query(stage)
    assert outcome.poll is None
    if ends == "error":
        assert "The query needs 4 GB" in (outcome.error or "")
    assert f"in the state '{ends}'" in (outcome.error or "")


def test_query_that_sekoia_cannot_read_says_what_is_wrong(stage: Stage) -> None:
    assert "does not read 'join alerts'" in (query(stage, "events | join alerts").error or "")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"limit": "0"}, "limit: '0'"),
        ({"query_parameters": "[]"}, "query_parameters: this is no JSON object"),
        ({"query_uuid": "mine"}, "is no query id"),
        ({"query_definition": '{"ql_query": '}, "query_definition: this is no JSON object"),
    ],
)
def test_bad_argument_is_named_before_anything_is_started(stage: Stage, given: dict[str, str], says: str) -> None:
    outcome = stage.run("sekoia-xdr-run-query", **{"query_definition": "events", "result_format": "csv", **given})
    assert says in (outcome.error or "")
    assert stage.world.journal.calls == []


def test_definition_may_be_an_object_with_communities(stage: Stage) -> None:
    furnish(stage)
    definition = {"ql_query": "alerts | limit 1", "community_uuids": [stage.world.community]}
    uuid = started(
        stage,
        json.dumps(definition),
        query_parameters='{"a": {"data_type": "string", "type": "free_text", "value": "x"}}',
        query_uuid=UNKNOWN,
        parent_uuid=UNKNOWN,
        parent_slug="hunt",
        parent_type="notebook",
        community_uuid=stage.world.community,
    )
    sent = stage.world.journal.calls[-1].body
    assert sent["query_definition"] == definition
    stage.clock.advance(10)
    run = stage.run("sekoia-xdr-get-query-run", query_run_uuid=uuid).context["SekoiaXDR"]["QueryRun"]
    assert (run["status"], run["parent_slug"], run["task_id"] != "", len(run["results"])) == (
        "finished",
        "hunt",
        True,
        1,
    )


def test_run_that_failed_says_why(stage: Stage) -> None:
    stage.world.notebooks.plan = RunPlan(ends="error", error="The query needs 4 GB")
    uuid = started(stage)
    stage.clock.advance(10)
    run = stage.run("sekoia-xdr-get-query-run", query_run_uuid=uuid).context["SekoiaXDR"]["QueryRun"]
    assert (run["status"], run["error"]) == ("error", "The query needs 4 GB")


def test_run_goes_step_by_step(stage: Stage) -> None:
    furnish(stage)
    uuid = started(stage)
    assert "still runs" in (
        stage.run("sekoia-xdr-download-query-result", query_run_uuid=uuid, result_format="csv").error or ""
    )
    stage.clock.advance(10)
    shown = stage.run("sekoia-xdr-get-query-run", query_run_uuid=uuid)
    assert "| finished | 3 |" in shown.entries[0].shown
    assert shown.context["SekoiaXDR"]["QueryRun"]["results"][0]["source_ip"]
    outcome = stage.run("sekoia-xdr-download-query-result", query_run_uuid=uuid, result_format="jsonl")
    assert (file_of(stage, outcome)[0], len(result(outcome)["rows"])) == ("result.jl", 3)


def test_unknown_run_is_told(stage: Stage) -> None:
    for command in ("sekoia-xdr-get-query-run", "sekoia-xdr-download-query-result"):
        more = {"result_format": "csv"} if "download" in command else {}
        assert "HTTP 404" in (stage.run(command, query_run_uuid=UNKNOWN, **more).error or "")


def test_eleventh_query_of_a_minute_names_the_limit(stage: Stage) -> None:
    outcomes = [stage.run("sekoia-xdr-execute-query", query_definition="events") for _ in range(11)]
    assert [outcome.error for outcome in outcomes[:10]] == [None] * 10
    assert "ten SOL queries a minute" in (outcomes[10].error or "")


def test_rows_beyond_the_limit_are_told_and_in_the_file(stage: Stage) -> None:
    furnish(stage, 1_200)
    outcome = query(stage, "events | select event.id", limit="1100", result_format="jsonl")
    assert len(result(outcome)["rows"]) == 1_100
    assert "Not all: 1100 of 1200 rows" in outcome.entries[0].shown
    assert len(file_of(stage, outcome)[1].splitlines()) == 1_200


def test_result_at_sekoias_limit_may_be_partial(stage: Stage) -> None:
    furnish(stage, 10_001)
    outcome = query(stage, "events | select event.id", limit="10")
    assert "this result may be partial" in outcome.entries[0].shown


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_intake_keys_are_in_neither_file_nor_context(stage: Stage, kind: str) -> None:
    furnish(stage)
    outcome = query(stage, "events", result_format=kind)
    content = file_of(stage, outcome)[1].decode()
    everything = content + json.dumps(outcome.context) + outcome.entries[0].shown
    assert stage.world.events.intake_key not in everything
    assert "sekoiaio.intake.uuid" in content


def test_query_without_a_row_says_so(stage: Stage) -> None:
    outcome = query(stage)
    assert (result(outcome)["rows"], result(outcome)["total"]) == ([], 0)
    assert "The query found nothing." in outcome.entries[0].shown


def test_results_of_a_sol_rule(stage: Stage) -> None:
    alert_id = furnish(stage)
    stage.world.notebooks.keep(alert_id, [{"user.name": f"user {number}", "n": number} for number in range(30)])
    outcome = stage.run("sekoia-xdr-get-sol-detection-results", id=stage.world.alerts.get(alert_id).uuid)
    found = outcome.context["SekoiaXDR"]["SolDetection"]
    assert (found["alert_id"], found["total"], len(found["rows"])) == (alert_id, 30, 20)
    assert found["rows"][0] == {"user_name": "user 0", "n": 0}
    assert "Not all: 20 of 30 rows" in outcome.entries[0].shown


def test_alert_of_another_rule_has_no_such_results(stage: Stage) -> None:
    outcome = stage.run("sekoia-xdr-get-sol-detection-results", id=furnish(stage))
    assert "only alerts of SOL rules have such results" in outcome.entries[0].shown
    assert "HTTP 404" in (stage.run("sekoia-xdr-get-sol-detection-results", id="ALunknown1234").error or "")


def test_missing_permission_is_named(stage: Stage) -> None:
    key = stage.world.keys.issue("reader", permissions=("View alerts",))
    stage.configure(credentials={"identifier": "", "password": key})
    error = stage.run("sekoia-xdr-execute-query", query_definition="events").error or ""
    assert "'View notebook queries'" in error
