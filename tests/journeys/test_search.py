"""Searching events from the war room: each search has an end, nothing is cut in silence, no secret travels along."""

import gzip
import json
from typing import Any

import pytest

from lab.sekoia.events.model import Plan
from lab.sekoia.faults import Fault
from lab.sekoia.tasks.model import Course
from tests.stage import Stage

JOBS = "/v1/sic/conf/events/search/jobs"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
STATES = {"canceled": "the state 'canceled'", "failed": "the state 'failed'"}


def alert_with_events(stage: Stage, events: int = 3, title: str = "Suspicious logon", **said: Any) -> str:
    alert = stage.world.alerts.raise_alert(title, urgency=62)
    stage.world.events.attach(alert.short_id, count=events, **said)
    stage.clock.advance(60)
    return alert.short_id


def search(stage: Stage, **arguments: str) -> Any:
    """The outcome of a search that was waited for."""
    return stage.host.follow(stage.run("sekoia-xdr-search-events", **{"earliest_time": "-1d", **arguments}))


def execute(stage: Stage, **arguments: str) -> str:
    """The uuid of a search that has ended."""
    outcome = stage.run("sekoia-xdr-events-execute-query", **{"earliest_time": "-1d", **arguments})
    assert outcome.error is None
    stage.clock.advance(30)
    written = next(iter(outcome.entries[0].context.values()))
    return str(written["uuid"])


def jobs_started(stage: Stage) -> list[dict[str, Any]]:
    return [call.body for call in stage.world.journal.calls if call.method == "POST" and call.path == JOBS]


# --- the four commands of the official pack ---------------------------------------------------------------------------


def test_search_waits_for_the_job_and_gives_its_events(stage: Stage) -> None:
    alert_id = alert_with_events(stage, 5)
    first = stage.run(
        "sekoia-xdr-search-events", earliest_time="-1d", lastest_time="now", query=f"alert_short_ids:{alert_id}"
    )
    assert "has started" in first.entries[0].shown
    outcome = stage.host.follow(first)
    events = outcome.context["SekoiaXDR"]["Events"]
    assert (outcome.error, len(events["Results"]), events["total"]) == (None, 5, 5)
    assert events["Results"][0]["event_id"]
    assert len(jobs_started(stage)) == 1


def test_search_that_is_done_at_once_needs_no_second_look(stage: Stage) -> None:
    alert_with_events(stage, 4)
    stage.world.searches.plan = Plan(starts_after=0, runs_for=0)
    outcome = stage.run("sekoia-xdr-search-events", earliest_time="-1d")
    assert (outcome.poll, len(outcome.context["SekoiaXDR"]["Events"]["Results"])) == (None, 4)
    started = stage.run("sekoia-xdr-events-execute-query", earliest_time="-1d").entries[0].context.values()
    assert sum(bar["total"] for bar in next(iter(started))["Query"]["short_histogram"]) == 4


def test_only_the_first_of_many_looks_says_something(stage: Stage) -> None:
    alert_with_events(stage)
    stage.world.searches.plan = Plan(runs_for=25)
    search(stage)
    assert [entry.human_readable is not None for entry in stage.host.warroom()] == [True, False, False, True]


@pytest.mark.parametrize("ends", STATES)
def test_search_that_ends_badly_says_so_and_is_asked_no_more(stage: Stage, ends: str) -> None:
    stage.world.searches.plan = Plan(ends=ends)
    outcome = search(stage)
    assert STATES[ends] in (outcome.error or "")
    assert outcome.poll is None
    uuid = execute(stage)
    assert STATES[ends] in (stage.run("sekoia-xdr-events-results-query", uuid=uuid).error or "")
    assert f"| {ends} |" in stage.run("sekoia-xdr-events-status-query", uuid=uuid).entries[0].shown


def test_search_that_never_ends_is_given_up_by_the_platform(stage: Stage) -> None:
    stage.world.searches.plan = Plan(ends="never")
    outcome = search(stage, timeout_in_seconds="60", interval_in_seconds="20")
    assert "timed out" in (outcome.error or "")
    assert stage.world.journal.count("GET", f"{JOBS}/*") <= 4


def test_expired_search_says_that_it_must_be_started_again(stage: Stage) -> None:
    uuid = execute(stage)
    stage.clock.advance(3600)
    for command in ("sekoia-xdr-events-results-query", "sekoia-xdr-list-event-fields", "sekoia-xdr-export-events"):
        assert "start the search again" in (stage.run(command, uuid=uuid).error or "")


def test_unknown_search_says_what_to_check(stage: Stage) -> None:
    outcome = stage.run("sekoia-xdr-events-status-query", uuid=UNKNOWN)
    assert "HTTP 404" in (outcome.error or "") and "Check the id" in (outcome.error or "")


def test_three_commands_on_one_search_make_one_entry_with_all_their_parts(stage: Stage) -> None:
    alert_with_events(stage, 4)
    uuid = execute(stage, query="event.category:authentication", max_last_events="3")
    stage.run("sekoia-xdr-events-status-query", uuid=uuid)
    outcome = stage.run("sekoia-xdr-events-results-query", uuid=uuid)
    found = outcome.context["SekoiaXDR"]["Events"]
    assert (found["Query"]["status"], found["Status"]["status"], found["status"]) == (0, 2, 2)
    assert (len(found["Results"]), len(found["items"])) == (3, 3)
    assert found["Results"][0]["event_id"] == found["items"][0]["event.id"]
    assert sum(bar["total"] for bar in found["Status"]["short_histogram"]) == 4


def test_two_searches_do_not_erase_each_other(stage: Stage) -> None:
    alert_with_events(stage, 2)
    first, second = execute(stage), execute(stage, query="event.outcome:nothing")
    for uuid in (first, second, first):
        outcome = stage.run("sekoia-xdr-events-results-query", uuid=uuid)
    found = {one["uuid"]: len(one["Results"]) for one in outcome.context["SekoiaXDR"]["Events"]}
    assert found == {first: 2, second: 0}


def test_search_without_a_match_says_so(stage: Stage) -> None:
    outcome = search(stage, query="event.outcome:nothing")
    assert (outcome.error, outcome.context["SekoiaXDR"]["Events"]["Results"]) == (None, [])
    assert "No event matches." in outcome.entries[0].shown


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"earliest_time": "-3h"}, ("2026-03-01T07:00:00Z", "now")),
        ({"earliest_time": "2 days ago", "lastest_time": "-1d"}, ("2026-02-27T10:00:00Z", "2026-02-28T10:00:00Z")),
        ({"earliest_time": "-1h", "latest_time": "+3d"}, ("2026-03-01T09:00:00Z", "2026-03-04T10:00:00Z")),
        (
            {"earliest_time": "2026-02-28T12:00:00.123+02:00", "latest_time": "2026-02-28T10:00:00.500Z"},
            ("2026-02-28T10:00:00Z", "2026-02-28T10:00:01Z"),
        ),
    ],
)
def test_times_are_taken_as_people_write_them(stage: Stage, given: dict[str, str], sent: tuple[str, str]) -> None:
    assert stage.run("sekoia-xdr-events-execute-query", **given).error is None
    assert [(body["earliest_time"], body["latest_time"]) for body in jobs_started(stage)] == [sent]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"earliest_time": "soon"}, "earliest_time: 'soon' is not a time"),
        ({"earliest_time": "-1h", "latest_time": "-2h"}, "is not before latest_time"),
        ({"earliest_time": "-1h", "max_last_events": "0"}, "max_last_events: '0'"),
        ({"earliest_time": "-1h", "filters": "source.ip"}, "filters: this is no JSON list"),
        ({"earliest_time": "-1h", "filters": "[{}]"}, "each filter needs its field"),
    ],
)
@pytest.mark.parametrize("command", ["sekoia-xdr-events-execute-query", "sekoia-xdr-search-events"])
def test_bad_argument_is_named_before_anything_is_sent(
    stage: Stage, command: str, given: dict[str, str], says: str
) -> None:
    assert says in (stage.run(command, **given).error or "")
    assert stage.world.journal.calls == []


def test_filters_reach_the_search(stage: Stage) -> None:
    alert_with_events(stage, 1, **{"user.name": "ann"})
    alert_with_events(stage, 2, **{"user.name": "bob"})
    wanted = json.dumps(
        [{"field": "user.name", "operator": "==", "value": "bob", "excluded": False, "disabled": False}]
    )
    uuid = execute(stage, filters=wanted)
    stage.run("sekoia-xdr-events-status-query", uuid=uuid)
    found = stage.run("sekoia-xdr-events-results-query", uuid=uuid).context["SekoiaXDR"]["Events"]
    assert (len(found["Results"]), found["Query"]["filters"][0]["value"]) == (2, "bob")
    assert search(stage, filters=wanted).error is None


def test_intake_keys_stay_in_sekoia(stage: Stage) -> None:
    alert_with_events(stage, 3)
    stage.run("sekoia-xdr-events-results-query", uuid=execute(stage))
    search(stage)
    entries = json.dumps([dict(entry.body) for entry in stage.host.warroom()])
    assert stage.world.events.intake_key not in entries + json.dumps(stage.host.context())


def test_names_of_fields_take_the_symbol_of_the_instance(stage: Stage) -> None:
    stage.configure(replace_dots_event="-")
    alert_with_events(stage, 1, collisions=True)
    (event,) = search(stage).context["SekoiaXDR"]["Events"]["Results"]
    assert "source-ip" in event and not [name for name in event if "." in name]


def test_excluded_fields_leave_the_table_and_stay_in_context(stage: Stage) -> None:
    stage.configure(exclude_info_events=["message", "my.own"])
    alert_with_events(stage, 1)
    outcome = search(stage)
    header = outcome.entries[0].shown.splitlines()[1]
    assert "timestamp" in header and "message" not in header
    assert "message" in outcome.context["SekoiaXDR"]["Events"]["Results"][0]
    header = search(stage, exclude_info="timestamp").entries[0].shown.splitlines()[1]
    assert "message" in header and "timestamp" not in header


def test_fields_narrow_context_and_table(stage: Stage) -> None:
    alert_with_events(stage, 1)
    outcome = search(stage, fields="source.ip,event.id,nothing")
    (event,) = outcome.context["SekoiaXDR"]["Events"]["Results"]
    assert sorted(event) == ["event_id", "source_ip"]
    assert "|source_ip|event_id|" in outcome.entries[0].shown


def test_pages_of_a_thousand_are_read_to_the_end(stage: Stage) -> None:
    alert_with_events(stage, 2_500, spread=60.0)
    uuid = execute(stage)
    outcome = stage.run("sekoia-xdr-events-results-query", uuid=uuid, limit="20000", fields="event.id")
    found = outcome.context["SekoiaXDR"]["Events"]["Results"]
    assert len({one["event_id"] for one in found}) == 2_500
    assert "Not all" not in outcome.entries[0].shown
    assert stage.world.journal.count("GET", f"{JOBS}/{uuid}/events") == 3


def test_what_is_left_out_by_the_limit_is_said(stage: Stage) -> None:
    alert_with_events(stage, 30)
    uuid = execute(stage)
    outcome = stage.run("sekoia-xdr-events-results-query", uuid=uuid, limit="20")
    assert "**Not all: 20 of 30 events, the newest, are here.**" in outcome.entries[0].shown
    rest = stage.run("sekoia-xdr-events-results-query", uuid=uuid, limit="20", page="2")
    assert "Not all" not in rest.entries[0].shown
    assert len(rest.context["SekoiaXDR"]["Events"]["Results"]) == 10


def test_what_does_not_fit_into_context_is_said(stage: Stage) -> None:
    alert_with_events(stage, 40, message_size=60_000)
    outcome = search(stage)
    kept = outcome.context["SekoiaXDR"]["Events"]["Results"]
    assert 0 < len(json.dumps(kept)) <= 1_000_000
    assert f"Not all: {len(kept)} of 40 events" in outcome.entries[0].shown


def test_search_still_running_gives_what_it_has_and_says_so(stage: Stage) -> None:
    alert_with_events(stage, 10)
    stage.world.searches.plan = Plan(runs_for=60)
    uuid = execute(stage)
    outcome = stage.run("sekoia-xdr-events-results-query", uuid=uuid)
    assert 0 < len(outcome.context["SekoiaXDR"]["Events"]["Results"]) < 10
    assert "The search is in progress" in outcome.entries[0].shown


def test_missing_permission_is_named(stage: Stage) -> None:
    key = stage.world.keys.issue("reader", permissions=("View alerts",))
    stage.configure(credentials={"identifier": "", "password": key})
    for command in ("sekoia-xdr-search-events", "sekoia-xdr-events-execute-query"):
        error = stage.run(command, earliest_time="-1d").error or ""
        assert "'View intakes' and the permission 'View events'" in error
    error = stage.run("sekoia-xdr-aggregate-events", earliest_time="-1d").error or ""
    assert "'Event statistics'" in error


# --- many alerts at once ----------------------------------------------------------------------------------------------


def events_of_alerts(stage: Stage, ids: list[str], **arguments: str) -> Any:
    return stage.host.follow(stage.run("sekoia-xdr-search-events-alerts", ids=",".join(ids), **arguments))


def by_alert(outcome: Any) -> dict[str, int]:
    found = outcome.context["SekoiaXDR"]["AlertEvents"]
    rows = found if isinstance(found, list) else [found]
    assert all(len(one["events"]) <= one["count"] for one in rows)
    return {one["alert_id"]: one["count"] for one in rows}


def test_one_search_serves_many_alerts(stage: Stage) -> None:
    ids = [alert_with_events(stage, number, f"alert {number}") for number in (1, 2, 3)]
    uuid = stage.world.alerts.get(ids[2]).uuid
    outcome = events_of_alerts(stage, [*ids[:2], uuid])
    assert by_alert(outcome) == {ids[0]: 1, ids[1]: 2, ids[2]: 3}
    assert len(jobs_started(stage)) == 1


def test_refusal_of_many_falls_back_to_one_search_each(stage: Stage) -> None:
    stage.world.switches.turn(term_or="reject")
    ids = [alert_with_events(stage, number, f"alert {number}") for number in (1, 2)]
    assert by_alert(events_of_alerts(stage, ids)) == {ids[0]: 1, ids[1]: 2}


def test_alerts_are_searched_from_their_first_event_on(stage: Stage) -> None:
    alert = stage.world.alerts.raise_alert("old", created_at=stage.clock.time() - 40 * 86_400)
    stage.world.events.attach(alert.short_id, count=2)
    assert by_alert(events_of_alerts(stage, [alert.short_id])) == {alert.short_id: 2}


def test_unknown_alert_is_named_beside_the_others(stage: Stage) -> None:
    alert_id = alert_with_events(stage)
    first = stage.run("sekoia-xdr-search-events-alerts", ids=f"{alert_id},ALunknown1234")
    assert "Unknown alerts: ALunknown1234" in first.entries[0].shown
    assert by_alert(stage.host.follow(first)) == {alert_id: 3}
    assert "knows none of these" in (stage.run("sekoia-xdr-search-events-alerts", ids="ALunknown1234").error or "")


def test_alert_without_events_and_cut_alerts_say_so(stage: Stage) -> None:
    many, none = alert_with_events(stage, 30), stage.world.alerts.raise_alert("none").short_id
    outcome = events_of_alerts(stage, [many, none], limit="10", fields="event.id")
    states = {one["alert_id"]: one["state"] for one in outcome.context["SekoiaXDR"]["AlertEvents"]}
    assert states == {many: "Cut", none: "None"}
    shown = outcome.entries[0].shown
    assert "the newest 10 of 30 are kept" in shown and "No event is attached" in shown


@pytest.mark.parametrize("ends", ["failed", "canceled"])
def test_alert_search_that_ends_badly_says_so(stage: Stage, ends: str) -> None:
    stage.world.searches.plan = Plan(ends=ends)
    outcome = events_of_alerts(stage, [alert_with_events(stage)])
    assert "canceled, failed or expired" in (outcome.error or "")


def test_alert_search_waits_as_long_as_the_job_runs(stage: Stage) -> None:
    alert_id = alert_with_events(stage)
    stage.world.searches.plan = Plan(runs_for=45)
    assert by_alert(events_of_alerts(stage, [alert_id], earliest_time="-1d")) == {alert_id: 3}
    assert len(jobs_started(stage)) == 1


# --- fields, counts ---------------------------------------------------------------------------------------------------


def test_fields_of_a_search_are_listed(stage: Stage) -> None:
    alert_with_events(stage, 2, **{"user.name": "ann"})
    uuid = execute(stage)
    outcome = stage.run("sekoia-xdr-list-event-fields", uuid=uuid, all_results="true")
    found = {one["name"]: one for one in outcome.context["SekoiaXDR"]["EventField"]}
    assert found["user.name"]["most_common_values"] == [{"name": "ann", "value": 100.0}]
    assert found["user.name"]["uuid"] == uuid


def test_intake_keys_are_not_among_the_common_values(stage: Stage) -> None:
    alert_with_events(stage, 2)
    outcome = stage.run("sekoia-xdr-list-event-fields", uuid=execute(stage), all_results="true")
    assert stage.world.events.intake_key not in json.dumps([dict(one.body) for one in outcome.entries])


def test_fields_of_a_running_search_are_not_told(stage: Stage) -> None:
    stage.world.searches.plan = Plan(runs_for=600)
    assert "has not ended yet" in (stage.run("sekoia-xdr-list-event-fields", uuid=execute(stage)).error or "")


def test_events_are_counted_by_the_hour(stage: Stage) -> None:
    stage.world.events.attach(None, count=4, at=stage.clock.time() - 5400)
    outcome = stage.run("sekoia-xdr-aggregate-events", earliest_time="-3h", minutes_per_bucket="60")
    found = outcome.context["SekoiaXDR"]["EventAggregation"]
    assert ([one["value"] for one in found["buckets"]], found["aggregation"]) == ([0, 4, 0], "count")
    assert "████" in outcome.entries[0].shown


def test_field_is_measured_and_each_question_has_its_own_entry(stage: Stage) -> None:
    for size in (10, 30):
        stage.world.events.attach(None, at=stage.clock.time() - 60, **{"network.bytes": size})
    for aggregation in ("sum", "max"):
        outcome = stage.run(
            "sekoia-xdr-aggregate-events",
            aggregation=aggregation,
            field="network.bytes",
            earliest_time="-1h",
            minutes_per_bucket="60",
            community_uuids=stage.world.community,
        )
    found = outcome.context["SekoiaXDR"]["EventAggregation"]
    assert [one["buckets"][0]["value"] for one in found] == [40, 30]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"aggregation": "sum"}, "field: the aggregation sum needs the field"),
        ({"minutes_per_bucket": "1", "earliest_time": "-30d"}, "more than 1000 stretches"),
        ({"community_uuids": "all"}, "is no community id"),
    ],
)
def test_aggregation_that_cannot_be_asked_names_the_argument(stage: Stage, given: dict[str, str], says: str) -> None:
    outcome = stage.run("sekoia-xdr-aggregate-events", **{"earliest_time": "-1d", **given})
    assert says in (outcome.error or "")
    assert stage.world.journal.calls == []


def test_refusal_of_a_query_names_what_is_wrong(stage: Stage) -> None:
    outcome = stage.run("sekoia-xdr-aggregate-events", earliest_time="-1d", query="(")
    assert "HTTP 422: body.term" in (outcome.error or "")


def test_most_frequent_values_of_a_field(stage: Stage) -> None:
    for user, count in (("ann", 3), ("bob", 2), ("kim", 1)):
        stage.world.events.attach(None, count=count, at=stage.clock.time() - 60, fields={"user.name": user})
    outcome = stage.run("sekoia-xdr-top-values-events", field="user.name", earliest_time="-1h", limit="2")
    found = outcome.context["SekoiaXDR"]["EventTopValues"]
    assert ([one["key"] for one in found["topk"]], found["others"]) == (["ann", "bob"], 1)
    nothing = stage.run("sekoia-xdr-top-values-events", field="no.such", earliest_time="-1h")
    assert "No event has this field." in nothing.entries[0].shown


def test_intake_keys_are_no_values_to_show(stage: Stage) -> None:
    outcome = stage.run("sekoia-xdr-top-values-events", field="sekoiaio.intake.key", earliest_time="-1h")
    assert "secrets of the tenant" in (outcome.error or "")
    assert stage.world.journal.calls == []


# --- export -----------------------------------------------------------------------------------------------------------


def export(stage: Stage, uuid: str, **arguments: str) -> Any:
    return stage.host.follow(stage.run("sekoia-xdr-export-events", uuid=uuid, **arguments))


def test_export_ends_with_a_file(stage: Stage) -> None:
    alert_with_events(stage, 7)
    uuid = execute(stage)
    outcome = export(stage, uuid, fields="event.id,source.ip")
    (entry,) = [entry for entry in outcome.entries if entry.file_name]
    name, content = stage.host.file(entry.id)
    assert name == f"events-{uuid[:8]}.jsonl.gz"
    assert [sorted(json.loads(line)) for line in gzip.decompress(content).splitlines()] == [
        ["event.id", "source.ip"]
    ] * 7
    assert outcome.context["SekoiaXDR"]["EventExport"]["progress"] == 7
    assert "signature=" not in json.dumps(stage.host.context())


def test_export_gives_the_address_when_it_is_asked_for(stage: Stage) -> None:
    alert_with_events(stage, 2)
    outcome = export(stage, execute(stage), link="true")
    assert "signature=" in outcome.context["SekoiaXDR"]["EventExport"]["download_url"]
    assert [entry.file_name for entry in outcome.entries] == [None]


@pytest.mark.parametrize("ends", ["FAILED", "CANCELED"])
def test_export_that_ends_badly_says_so(stage: Stage, ends: str) -> None:
    stage.world.tasks.next_go(Course(ends=ends))
    assert f"The export ended as {ends}" in (export(stage, execute(stage)).error or "")


def test_second_export_says_that_one_is_running(stage: Stage) -> None:
    uuid = execute(stage)
    stage.run("sekoia-xdr-export-events", uuid=uuid)
    assert "one export at a time" in (stage.run("sekoia-xdr-export-events", uuid=uuid).error or "")


def test_dry_run_of_an_export_starts_none(stage: Stage) -> None:
    uuid = execute(stage)
    outcome = stage.run("sekoia-xdr-export-events", uuid=uuid, fields="event.id", dry_run="true")
    assert f"POST {JOBS}/{uuid}/export" in outcome.entries[0].shown
    assert stage.world.journal.count("POST", f"{JOBS}/{uuid}/export") == 0


@pytest.mark.parametrize("field", ["event.*", "sekoiaio.intake.key"])
def test_field_that_cannot_be_exported_is_named(stage: Stage, field: str) -> None:
    outcome = stage.run("sekoia-xdr-export-events", uuid=UNKNOWN, fields=field)
    assert f"'{field}' is no field that can be exported" in (outcome.error or "")


def test_bad_pause_is_named_before_anything_is_started(stage: Stage) -> None:
    commands = {
        "sekoia-xdr-search-events": {"earliest_time": "-1d"},
        "sekoia-xdr-search-events-alerts": {"ids": "ALunknown1234"},
        "sekoia-xdr-export-events": {"uuid": UNKNOWN},
        "sekoia-xdr-run-query": {"query_definition": "events", "result_format": "csv"},
    }
    for command, arguments in commands.items():
        assert "interval_in_seconds: '5'" in (stage.run(command, interval_in_seconds="5", **arguments).error or "")
    assert stage.world.journal.calls == []


def test_finished_export_is_asked_again_without_a_new_one(stage: Stage) -> None:
    alert_with_events(stage, 2)
    uuid = execute(stage)
    task = export(stage, uuid).context["SekoiaXDR"]["EventExport"]["task_uuid"]
    again = stage.run("sekoia-xdr-export-events", uuid=uuid, task_uuid=task, link="true")
    assert "signature=" in again.context["SekoiaXDR"]["EventExport"]["download_url"]
    assert stage.world.journal.count("POST", f"{JOBS}/{uuid}/export") == 1


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 403}, {"kind": "reset"}, {"kind": "cut"}])
def test_file_that_cannot_be_taken_names_the_host_and_not_the_address(stage: Stage, fault: dict[str, Any]) -> None:
    alert_with_events(stage, 500)
    uuid = execute(stage)
    stage.world.faults.arm(Fault("GET /_storage/*", times=None, **fault))
    outcome = export(stage, uuid)
    assert "its file was not taken from 127.0.0.1" in (outcome.error or "")
    assert "signature" not in f"{outcome.error}{outcome.log}"


def test_export_needs_its_own_permission(stage: Stage) -> None:
    uuid = execute(stage)
    key = stage.world.keys.issue("reader", permissions=("View intakes", "View events"))
    stage.configure(credentials={"identifier": "", "password": key})
    assert "'Massive export of events'" in (stage.run("sekoia-xdr-export-events", uuid=uuid).error or "")
