"""What connectors to this API have got wrong, each mistake as the fact that it must not be."""

import json
from typing import Any

import pytest

from lab.sekoia.alerts.model import Alert
from lab.sekoia.faults import Fault
from tests.journeys.outcomes import found, ran, refused, shown, writes
from tests.stage import INTEGRATION, Stage

UNKNOWN = "00000000-0000-4000-8000-000000000000"
JOBS = "/v1/sic/conf/events/search/jobs"


@pytest.fixture
def alert(stage: Stage) -> Alert:
    return stage.world.alerts.raise_alert("Suspicious logon", urgency=62)


def raw_of(stage: Stage) -> Any:
    """What the first incident was made of."""
    return json.loads(stage.host.incidents.all()[0].raw_json)


def entries(value: Any) -> list[Any]:
    """What lies in context, as a list."""
    return value if isinstance(value, list) else [value]


# --- enrichment -------------------------------------------------------------------------------------------------------


def test_all_events_of_an_alert_are_more_than_the_first_page(stage: Stage, alert: Alert) -> None:
    stage.configure(fetch_mode="Fetch With All Events")
    stage.world.events.attach(alert.short_id, count=150)
    for _ in range(3):
        stage.minute()
    raw = raw_of(stage)
    assert (len(raw["events"]), raw["xsoar"]["events_state"]) == (150, "Complete")


def test_all_events_of_a_search_are_more_than_the_first_page(stage: Stage, alert: Alert) -> None:
    stage.world.events.attach(alert.short_id, count=450)
    stage.clock.advance(60)
    given = {"earliest_time": "-1d", "limit": "1000", "fields": "event.id"}
    outcome = stage.host.follow(stage.run("sekoia-xdr-search-events", **given))
    assert len({one["event_id"] for one in found(outcome, "Events")["Results"]}) == 450


def test_asset_that_nobody_can_read_stays_in_the_incident_with_its_id(stage: Stage) -> None:
    stage.configure(fetch_with_assets=True)
    known = stage.world.assets.add("srv-a").uuid
    stage.world.alerts.raise_alert("Suspicious logon", assets=[known, UNKNOWN])
    stage.minute()
    assert [one["uuid"] for one in raw_of(stage)["assets"]] == [known, UNKNOWN]
    assert stage.world.journal.count("GET", "/v2/asset-management/assets") == 1


def test_names_of_assets_are_asked_for_once_for_all_alerts_of_a_run(stage: Stage) -> None:
    stage.configure(fetch_with_assets=True)
    assets = [stage.world.assets.add(f"srv-{number}").uuid for number in range(20)]
    for number in range(10):
        stage.world.alerts.raise_alert(f"alert {number}", assets=assets)
    assert len(stage.minute().created) == 10
    assert stage.world.journal.count("GET", "/v2/asset-management/assets") == 1


@pytest.mark.parametrize("said", [{"replace_dots_event": "_"}, {"replace_dots_event": "-"}, None])
@pytest.mark.parametrize("excluded", ["message,timestamp", ["message", "timestamp"], None])
def test_table_of_events_is_drawn_whatever_was_said_of_its_names(
    stage: Stage, alert: Alert, said: dict[str, str] | None, excluded: Any
) -> None:
    absent = () if said else ("replace_dots_event", "exclude_info_events")  # as in an instance of an older pack
    params = {**stage.secret(), "url": stage.server.url, **(said or {})}
    instance = stage.host.add_instance(INTEGRATION, "another one", params, absent)
    stage.world.events.attach(alert.short_id, count=3, collisions=True)
    stage.clock.advance(60)
    given = {"earliest_time": "-1d", **({"exclude_info": excluded} if excluded else {})}
    outcome = stage.host.follow(stage.host.run(("sekoia-xdr-search-events", given), instance))
    assert outcome.error is None
    assert len(found(outcome, "Events")["Results"]) == 3
    assert ("message" in shown(outcome).splitlines()[1]) is (excluded is None)


def test_names_that_become_one_lose_no_value(stage: Stage, alert: Alert) -> None:
    twins: dict[str, Any] = {"host.name": "by dot", "host_name": "by line"}
    stage.world.events.attach(alert.short_id, count=1, **twins)
    stage.clock.advance(60)
    outcome = stage.host.follow(stage.run("sekoia-xdr-search-events", earliest_time="-1d"))
    (event,) = entries(found(outcome, "Events")["Results"])
    assert {"by dot", "by line"} <= {str(value) for name, value in event.items() if name.startswith("host_name")}


def test_what_is_shown_of_a_search_is_counted_and_not_what_was_asked_for(stage: Stage, alert: Alert) -> None:
    stage.world.events.attach(alert.short_id, count=3)
    stage.clock.advance(60)
    outcome = stage.host.follow(stage.run("sekoia-xdr-search-events", earliest_time="-1d", max_last_events="1000"))
    assert "1000" not in shown(outcome).splitlines()[0]
    assert "3" in shown(outcome).splitlines()[0]


def test_search_for_the_events_of_a_fetched_alert_has_two_ends(stage: Stage, alert: Alert) -> None:
    stage.configure(fetch_mode="Fetch With All Events")
    stage.world.events.attach(alert.short_id, count=3)
    stage.minute()
    (job,) = [call.body for call in stage.world.journal.calls if (call.method, call.path) == ("POST", JOBS)]
    assert job["earliest_time"] and job["latest_time"]


# --- status, comments -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("status", ["Pending", "Ongoing", "Acknowledged", "Rejected", "Closed", "Waiting"])
def test_status_is_reached_or_its_refusal_lists_the_moves(
    stage: Stage, alert: Alert, status: str, strict: bool
) -> None:
    stage.world.switches.turn(strict_legacy_transitions=strict)
    stage.world.statuses.define(label="Waiting", stage="in_progress")
    stage.world.alerts.set_status(alert.uuid, "Ongoing")
    outcome = stage.run("sekoia-xdr-update-status-alert", id=alert.short_id, status=status)
    if outcome.error is None:
        assert alert.status.label == status
    else:
        assert strict, "nothing forbids a move there"
        assert "Allowed now: " in outcome.error
        assert alert.status.label == "Ongoing"


def test_setting_that_cannot_be_is_told_before_a_comment_is_stored(stage: Stage, alert: Alert) -> None:
    stage.configure(timezone="Mars/Base")
    error = refused(stage, "sekoia-xdr-post-comment-alert", id=alert.short_id, comment="Once")
    assert "Time zone: 'Mars/Base' is unknown" in error
    assert (writes(stage), alert.comments) == ([], [])


@pytest.mark.parametrize(
    ("author", "user"), [({}, "unknown"), ({"author": None}, "unknown"), ({"author": "Night shift"}, "Night shift")]
)
def test_comment_is_shown_whoever_wrote_it(stage: Stage, alert: Alert, author: dict[str, Any], user: str) -> None:
    comment = {"uuid": UNKNOWN, "content": "Seen", "date": 1_772_359_200, **author}
    answer = {"items": [comment], "total": 1}
    stage.world.faults.arm(Fault("GET */comments", status=200, body=answer, times=None))
    outcome = ran(stage, "sekoia-xdr-get-comments", id=alert.short_id)
    assert f"| {user} | Seen |" in shown(outcome)


@pytest.mark.parametrize("kind", ["status_after", "reset_after", "cut"])
def test_comment_whose_answer_was_lost_is_there_once(stage: Stage, alert: Alert, kind: str) -> None:
    stage.world.faults.arm(Fault("POST */comments", kind=kind, times=1))
    ran(stage, "sekoia-xdr-post-comment-alert", id=alert.short_id, comment="Once")
    assert [one.content for one in alert.comments] == ["Once"]


def test_status_is_sent_again_only_after_looking(stage: Stage, alert: Alert) -> None:
    stage.world.faults.arm(Fault("PATCH */workflow", kind="status", status=502, times=1))
    ran(stage, "sekoia-xdr-update-status-alert", id=alert.short_id, status="Ongoing")
    kinds = [call.method for call in stage.world.journal.calls]
    first, second = (number for number, method in enumerate(kinds) if method == "PATCH")
    assert "GET" in kinds[first:second]
    assert alert.status.label == "Ongoing"


# --- lists ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def crowd(stage: Stage) -> list[str]:
    """230 alerts, the newest first."""
    now = stage.clock.time()
    made = [stage.world.alerts.raise_alert(f"alert {number}", created_at=now - number) for number in range(230)]
    return [one.short_id for one in made]


def listed(stage: Stage, **arguments: str) -> list[str]:
    """The short ids that the list gives with these arguments, by itself."""
    value = next(iter(ran(stage, "sekoia-xdr-list-alerts", **arguments).entries[-1].context.values()))
    return [one["short_id"] for one in value]


def test_list_of_alerts_begins_with_the_newest(stage: Stage, crowd: list[str]) -> None:
    assert listed(stage) == crowd[:20]
    assert listed(stage, direction="asc") == crowd[::-1][:20]


def test_list_of_alerts_gives_more_than_a_page_holds(stage: Stage, crowd: list[str]) -> None:
    assert listed(stage, limit="150") == crowd[:150]
    assert listed(stage, all_results="true") == crowd


def test_pages_of_the_list_follow_each_other(stage: Stage, crowd: list[str]) -> None:
    assert listed(stage, limit="100", page="2") + listed(stage, limit="100", page="3") == crowd[100:]
    error = refused(stage, "sekoia-xdr-list-alerts", limit="101", page="2")
    assert "limit: a page holds at most 100 entries" in error


def test_cases_of_an_alert_are_read_beyond_a_page(stage: Stage, alert: Alert) -> None:
    for number in range(110):
        stage.world.cases.open(f"Case {number}", [alert.uuid])
    outcome = ran(stage, "sekoia-xdr-get-cases-alert", alert_id=alert.short_id, with_alerts="false")
    assert len({one["short_id"] for one in found(outcome, "Cases")}) == 110


def test_pages_of_the_list_of_assets_follow_each_other(stage: Stage) -> None:
    made = {stage.world.assets.add(f"srv-{number:02}").uuid for number in range(45)}
    pages = [
        entries(next(iter(ran(stage, "sekoia-xdr-list-assets", limit="20", page=page).entries[-1].context.values())))
        for page in ("1", "2", "3")
    ]
    assert [len(page) for page in pages] == [20, 20, 5]
    assert {one["uuid"] for page in pages for one in page} == made


@pytest.mark.parametrize(
    ("command", "arguments", "prefix"),
    [
        ("sekoia-xdr-list-alerts", {}, "ListAlerts"),
        ("sekoia-xdr-get-comments", {"id": "ALERT"}, "Comments"),
        ("sekoia-xdr-get-workflow-alert", {"id": "ALERT"}, "StatusTransitions"),
        ("sekoia-xdr-list-assets", {}, "Assets"),
        ("sekoia-xdr-list-cases", {}, "Cases"),
        ("sekoia-xdr-get-cases-alert", {"alert_id": "ALERT"}, "Cases"),
        ("sekoia-xdr-list-kill-chains", {}, "KillChain"),
        ("sekoia-xdr-get-user", {"user_uuid": "USER"}, "User"),
    ],
)
def test_asking_twice_doubles_nothing_in_context(
    stage: Stage, alert: Alert, command: str, arguments: dict[str, str], prefix: str
) -> None:
    stage.world.cases.open("Case", [alert.uuid])
    stage.world.assets.add("srv-a")
    stage.world.alerts.comment(alert.short_id, "Seen")
    ids = {"ALERT": alert.short_id, "USER": stage.world.avatars.join("Jo Sample", "jo@soc.example").user_uuid}
    given = {name: ids.get(value, value) for name, value in arguments.items()}
    first, second = (found(ran(stage, command, **given), prefix) for _ in range(2))
    assert first
    assert second == first


# --- any call ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["patch", "Patch", "PATCH"])
def test_body_of_a_call_keeps_its_nesting_whatever_the_case_of_the_method(
    stage: Stage, alert: Alert, method: str
) -> None:
    stage.configure(http_request_writes=True)
    field = stage.world.custom_fields.define("Ticket").uuid
    body = {"custom_fields": [{"uuid": field, "value": "it's <here> & there"}]}
    path = f"/v1/sic/alerts/{alert.uuid}/custom-fields"
    ran(stage, "sekoia-xdr-http-request", method=method, url_suffix=path, data=json.dumps(body))
    assert [call.body for call in writes(stage)] == [body]


def test_answer_that_cannot_be_told_from_another_takes_its_place_in_context(stage: Stage) -> None:
    given = {"method": "GET", "url_suffix": "/v1/sic/conf/alerts/types"}
    first, second = (found(ran(stage, "sekoia-xdr-http-request", **given), "http_request") for _ in range(2))
    assert len(first) > 1
    assert first == second


def test_values_of_a_query_arrive_as_they_were_written(stage: Stage) -> None:
    odd = "a&b=c #1 100% ü/ü?"
    stage.world.alerts.raise_alert(odd)
    stage.world.alerts.raise_alert("a")
    parameters = json.dumps({"match[title]": odd})
    outcome = ran(stage, "sekoia-xdr-http-request", method="GET", url_suffix="/v1/sic/alerts", parameters=parameters)
    assert [one["title"] for one in entries(found(outcome, "http_request"))] == [odd]


# --- long work --------------------------------------------------------------------------------------------------------


def test_each_look_at_a_search_is_one_call_and_starts_no_other(stage: Stage, alert: Alert) -> None:
    stage.world.events.attach(alert.short_id, count=3)
    outcome = stage.host.follow(stage.run("sekoia-xdr-search-events", earliest_time="-1d", query="event.code:4625"))
    assert outcome.error is None
    assert stage.world.journal.count("POST", JOBS) == 1
