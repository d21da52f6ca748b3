"""Settings whose effect no other journey shows; tests/settings.yml names the tests of all of them."""

import json
from datetime import datetime
from typing import Any

import pytest

from tests.stage import Stage


def raws(stage: Stage) -> list[dict[str, Any]]:
    return [json.loads(incident.system["rawJSON"]) for incident in stage.host.incidents.all()]


def names(stage: Stage) -> list[str]:
    return sorted(incident.name for incident in stage.host.incidents.all())


@pytest.mark.parametrize(("first", "expected"), [("-1d", ["hours"]), ("-3d", ["days", "hours"]), ("1 hour", [])])
def test_first_fetch_goes_back_as_far_as_the_setting_says(stage: Stage, first: str, expected: list[str]) -> None:
    for name, age in (("hours", 5 * 3600), ("days", 2 * 86_400)):
        stage.world.alerts.raise_alert(name, created_at=stage.clock.time() - age)
    stage.configure(first_fetch=first)
    stage.minute()
    assert names(stage) == expected


@pytest.mark.parametrize("most", [1, 3, 7])
def test_run_takes_as_many_alerts_as_the_setting_says(stage: Stage, most: int) -> None:
    for number in range(9):
        stage.world.alerts.raise_alert(f"alert {number}")
    stage.configure(max_fetch=str(most))
    assert len(stage.minute().created) == most


def test_urgency_outside_of_the_range_is_not_fetched(stage: Stage) -> None:
    for urgency in (59, 60, 80, 81):
        stage.world.alerts.raise_alert(str(urgency), urgency=urgency)
    stage.configure(alerts_urgency="60,80")
    stage.minute()
    assert names(stage) == ["60", "80"]


@pytest.mark.parametrize("switch", [True, False])
def test_cases_of_an_alert_come_along_where_they_are_wanted(stage: Stage, switch: bool) -> None:
    alert = stage.world.alerts.raise_alert("one")
    case = stage.world.cases.open("Outbreak", [alert.uuid])
    stage.configure(fetch_with_cases=switch)
    stage.minute()
    (raw,), (incident,) = raws(stage), stage.host.incidents.all()
    assert [one["short_id"] for one in raw.get("cases") or []] == ([case.short_id] if switch else [])
    assert (incident.fields.get("SekoiaXDR Case IDs") or []) == ([case.short_id] if switch else [])


def test_cases_cost_no_call(stage: Stage) -> None:
    stage.world.cases.open("Outbreak", [stage.world.alerts.raise_alert("one").uuid])
    stage.configure(fetch_with_cases=True)
    stage.minute()
    assert [call.path for call in stage.world.journal.calls] == ["/v1/sic/alerts"]


@pytest.mark.parametrize("switch", [True, False])
def test_comments_of_an_alert_come_along_where_they_are_wanted(stage: Stage, switch: bool) -> None:
    stage.world.alerts.comment(stage.world.alerts.raise_alert("one").uuid, "Seen before", by="analyst")
    stage.configure(fetch_with_comments=switch)
    stage.minute()
    assert [one["content"] for one in raws(stage)[0].get("comments") or []] == (["Seen before"] if switch else [])


@pytest.mark.parametrize(("thresholds", "severities"), [("20,40,80", [1, 2, 3, 4]), ("10,85,95", [2, 2, 2, 3])])
def test_severity_begins_where_the_thresholds_say(stage: Stage, thresholds: str, severities: list[int]) -> None:
    for place, urgency in enumerate((19, 39, 79, 90)):
        stage.world.alerts.raise_alert(str(urgency), urgency=urgency, created_at=stage.clock.time() - 60 + place)
    stage.configure(severity_thresholds=thresholds)
    stage.minute()
    assert [incident.severity for incident in stage.host.incidents.all()] == severities


def test_severity_of_a_mirrored_alert_keeps_to_the_thresholds(stage: Stage) -> None:
    alert = stage.world.alerts.raise_alert("one", urgency=19)
    stage.configure(severity_thresholds="10,85,95", mirror_direction="Incoming")
    stage.minute()
    stage.world.alerts.edit(alert.uuid, urgency=79)
    for _ in range(2):
        stage.clock.advance(60)
        stage.host.mirror(stage.instance)
    (incident,) = stage.host.incidents.all()
    assert (incident.fields["SekoiaXDR Urgency"], incident.severity) == (79, 2)


def test_fetched_events_are_as_many_and_named_as_the_settings_say(stage: Stage) -> None:
    stage.configure(fetch_mode="Fetch With All Events", events_per_alert="2", replace_dots_event="-")
    stage.world.events.attach(stage.world.alerts.raise_alert("one").uuid, count=5)
    stage.minute()
    (raw,) = raws(stage)
    assert ["host-name" in event and "host.name" not in event for event in raw["events"]] == [True, True]


def test_mirrored_events_are_as_many_as_the_setting_says(stage: Stage) -> None:
    stage.configure(mirror_direction="Incoming", mirror_events=True, events_per_alert="2")
    alert = stage.world.alerts.raise_alert("one")
    stage.minute()
    stage.world.events.attach(alert.uuid, count=5)
    stage.world.alerts.occurrence(alert.uuid)
    for _ in range(3):
        stage.clock.advance(60)
        stage.host.mirror(stage.instance)
    (incident,) = stage.host.incidents.all()
    rows = incident.fields["SekoiaXDR Events"]
    assert isinstance(rows, list)
    assert (len(rows), incident.fields["SekoiaXDR Events State"]) == (2, "Cut")


def test_requests_keep_the_pace_of_the_setting(stage: Stage) -> None:
    took = {}
    for rate in ("1", "50"):
        for number in range(30):
            alert = stage.world.alerts.raise_alert(f"alert {number} at {rate}")
            stage.world.alerts.comment(alert.uuid, "note", by="analyst")
        stage.configure(requests_per_second=rate, fetch_with_comments=True, max_fetch="50")
        before = stage.clock.time() + 60
        assert len(stage.minute().created) == 30
        took[rate] = stage.clock.time() - before
    assert took["50"] < 2 < 20 < took["1"]


def test_alert_is_closed_with_the_close_notes_of_the_setting(stage: Stage) -> None:
    alert = stage.world.alerts.raise_alert("one")
    stage.configure(close_notes="Done: see the wiki")
    assert stage.run("sekoia-xdr-close-alert", id=alert.short_id).error is None
    assert "Done: see the wiki" in [one.content for one in alert.comments]


@pytest.mark.parametrize(("zone", "hour"), [("UTC", "10:00"), ("America/New_York", "05:00"), ("Asia/Kolkata", "15:30")])
def test_tables_show_the_time_zone_of_the_setting_and_context_shows_utc(stage: Stage, zone: str, hour: str) -> None:
    alert = stage.world.alerts.raise_alert("one")
    stage.world.alerts.comment(alert.uuid, "note", by="analyst")
    stage.configure(timezone=zone)
    outcome = stage.run("sekoia-xdr-get-comments", id=alert.short_id)
    assert hour in outcome.entries[0].shown
    assert "2026-03-01T10:00:00Z" in json.dumps(outcome.context)


def test_list_of_changes_is_asked_from_as_far_back_as_the_setting_says(stage: Stage) -> None:
    """Two rounds from one position, with one setting and with the other."""
    stage.configure(mirror_direction="Incoming")
    stage.world.alerts.raise_alert("one")
    stage.minute()
    for _ in range(2):  # the first round reaches an hour back, whatever the setting says
        stage.host.mirror(stage.instance)
    state, asked = stage.host.state(stage.instance.name), list[datetime]()
    position = json.dumps(state.last_mirror_run)
    for minutes in ("5", "90"):
        stage.configure(mirror_look_back=minutes)
        state.keep_last_mirror_run(position)
        stage.host.mirror(stage.instance)
        calls = [call.query for call in stage.world.journal.calls if "date[updated_at]" in call.query]
        asked.append(datetime.fromisoformat(calls[-1]["date[updated_at]"][0].partition(",")[0].replace("Z", "+00:00")))
    assert (asked[0] - asked[1]).total_seconds() == 85 * 60


@pytest.mark.parametrize("switch", [True, False])
def test_free_call_changes_data_only_where_the_setting_allows_it(stage: Stage, switch: bool) -> None:
    alert = stage.world.alerts.raise_alert("one")
    stage.configure(http_request_writes=switch)
    path, data = f"/v1/sic/alerts/{alert.uuid}/comments", '{"content": "mine"}'
    outcome = stage.run("sekoia-xdr-http-request", method="POST", url_suffix=path, data=data)
    assert ([one.content for one in alert.comments], outcome.error is None) == (["mine"] if switch else [], switch)
