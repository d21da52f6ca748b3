"""Mirroring in: what happens to an alert in Sekoia is seen on its incident, once, at one call a change."""

import json
from typing import Any

import pytest

from lab.sekoia.alerts.model import Alert
from lab.sekoia.events.model import Plan
from lab.sekoia.faults import Fault
from tests.mirror.desk import TAG_IN, Desk
from tests.repository.pack_items import incoming_mapper, mapped_paths
from tests.stage import INSTANCE, INTEGRATION, Stage

IN = "Incoming"
PERSON = "91a7c2de-40b8-4e15-8f6b-5c3d2e1f0a97"
MAPPED = mapped_paths(incoming_mapper())["Sekoia XDR"]
# The mapped fields that no change of an alert changes.
LASTING = {
    *("Alert ID", "SekoiaXDR Alert UUID", "Source Create time"),  # what an alert was born with
    *("Alert URL", "External Link", "SekoiaXDR Alert Link"),  # made of its id
    *("dbotMirrorId", "dbotMirrorDirection", "dbotMirrorInstance", "dbotMirrorTags"),  # decided once, by fetch
    "SekoiaXDR MirrorOut",  # likewise
}


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage, mirror_direction=IN)


def test_new_incident_says_how_it_is_mirrored(desk: Desk) -> None:
    alert, number = desk.fetched()
    incident = desk.incident(number)
    assert incident.dbot_mirror_id == alert.short_id
    assert (incident.dbot_mirror_direction, incident.dbot_mirror_instance) == ("In", INSTANCE)
    assert (incident.dbot_mirror_tags, incident.fields["SekoiaXDR MirrorOut"]) == (["comments"], False)


@pytest.mark.parametrize(
    ("direction", "expected", "out"),
    [("None", "", False), ("Outgoing", "Out", True), ("Incoming and Outgoing", "Both", True)],
)
def test_direction_of_the_instance_is_that_of_the_incident(
    stage: Stage, direction: str, expected: str, out: bool
) -> None:
    _, number = Desk(stage, mirror_direction=direction).fetched()
    incident = stage.host.incidents.get(number)
    assert (incident.dbot_mirror_direction, bool(incident.fields["SekoiaXDR MirrorOut"])) == (expected, out)


def mapped(desk: Desk, number: str) -> dict[str, Any]:
    """What an incident holds in the fields that the incoming mapper fills."""
    incident = desk.incident(number)
    return {name: incident.fields[name] for name in MAPPED}


def change_everything(desk: Desk, alert: Alert) -> None:
    """Colleagues and the engine change all that can be changed of an alert, and what hangs on it."""
    world, kill_chain = desk.stage.world, desk.stage.world.kill_chains.named("Delivery").short_id
    changes: dict[str, Any] = {"title": "Ransomware", "details": "Isolate it", "assignee": PERSON, "urgency": 90}
    changes |= {"alert_type_value": "phishing", "alert_type_category": "fraud", "kill_chain_short_id": kill_chain}
    changes |= {"verdict_uuid": world.verdicts.labelled("True positive").uuid, "verdict_analysis": "as expected"}
    world.alerts.edit(alert.uuid, **changes)
    world.alerts.comment(alert.uuid, "seen")
    world.cases.open("Outbreak", [alert.uuid])
    alert.rule = {"uuid": PERSON, "name": "Another rule", "pattern": "x" * 50_000, "severity": 95, "type": "sekoia"}
    alert.source, alert.target, alert.entity = "192.0.2.9", "198.51.100.9", {"uuid": PERSON, "name": "Branch"}
    alert.assets, alert.community = [world.assets.add("laptop-7", "host").uuid], world.ids.of("community", "another")
    alert.first_seen_at -= 600
    alert.times = dict.fromkeys(alert.times, 7777)
    technique = {"id": "attack-pattern--1", "type": "attack-pattern", "name": "Phishing", "description": "T1566"}
    group = {"id": "intrusion-set--1", "type": "intrusion-set", "name": "Lazarus", "description": ""}
    alert.facts |= {"description": "new", "detection_type": "anomaly", "ttps": [technique], "adversaries": [group]}
    world.events.attach(alert.uuid, count=3)
    world.alerts.occurrence(alert.uuid)
    world.alerts.set_status(alert.uuid, "Closed")


def fetched_anew(desk: Desk) -> str:
    """The incident that an instance makes of the only alert, as it is now, when it sees it for the first time."""
    everything = {"fetch_mode": "Fetch With All Events", "fetch_with_kill_chain": True, "fetch_with_cases": True}
    params = {**everything, "mirror_direction": IN, "alerts_status": ["Closed"], "url": desk.stage.server.url}
    anew = desk.host.add_instance(INTEGRATION, "anew", {**params, **desk.stage.secret()})
    made = []
    for _ in range(4):  # the first run may be one that waits for the events
        desk.stage.clock.advance(60)
        made += desk.host.fetch(anew).created
    (created,) = made
    return str(created.id)


def test_mirrored_incident_is_like_one_that_is_fetched_anew(desk: Desk) -> None:
    desk.stage.configure(mirror_events=True, mirror_kill_chain=True, close_incident=False)
    hosts = {"source": "laptop-7", "target": "srv-files-01"}
    alert, number = desk.fetched(kill_chain="Reconnaissance", ttps=["T1110 Brute Force"], **hosts)
    before = mapped(desk, number)
    change_everything(desk, alert)
    desk.round(count=4)
    after, anew = mapped(desk, number), mapped(desk, fetched_anew(desk))
    assert {name for name in MAPPED if before[name] == after[name]} == LASTING
    assert {name: (after[name], anew[name]) for name in MAPPED if after[name] != anew[name]} == {
        "dbotMirrorInstance": (INSTANCE, "anew")
    }


def test_what_was_taken_away_is_taken_away(desk: Desk) -> None:
    alert, number = desk.fetched(assignee=PERSON)
    desk.stage.world.alerts.edit(alert.uuid, assignee=None)
    desk.round()
    assert desk.incident(number).fields["Assigned User"] == ""


def test_comment_is_an_entry_with_author_time_and_tag_once(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.stage.world.alerts.comment(alert.uuid, "Seen **before**", author="Ada")
    desk.round(count=4)
    desk.stage.world.alerts.comment(alert.uuid, "Seen **before**", author="Ada")
    desk.round(count=4)
    assert desk.entries(number) == [
        "**Ada** (2026-03-01T10:01:00Z)\n\nSeen **before**",
        "**Ada** (2026-03-01T10:05:00Z)\n\nSeen **before**",
    ]
    assert all(entry.note for entry in desk.host.warroom(number) if TAG_IN in entry.tags)


def test_comments_of_one_second_are_all_there(desk: Desk) -> None:
    alert, number = desk.fetched()
    for text in "abc":
        desk.stage.world.alerts.comment(alert.uuid, text)
    desk.round()
    desk.stage.world.alerts.comment(alert.uuid, "late", at=desk.stage.clock.time() - 62)
    desk.round(count=2)
    assert [text[-1] for text in desk.entries(number)] == ["a", "b", "c", "e"]


def test_comment_written_before_the_incident_arrives_once(desk: Desk) -> None:
    alert = desk.stage.world.alerts.raise_alert("Beacon")
    desk.stage.world.alerts.comment(alert.uuid, "first")
    (created,) = desk.stage.minute().created
    desk.stage.world.alerts.comment(alert.uuid, "second")
    desk.round(count=3)
    assert [text.rpartition("\n")[2] for text in desk.entries(created.id)] == ["first", "second"]


def test_comment_written_long_before_a_late_incident_arrives(desk: Desk) -> None:
    alert = desk.stage.world.alerts.raise_alert("Beacon")
    desk.stage.world.alerts.comment(alert.uuid, "first")
    for _ in range(5):
        desk.round(30)
    (created,) = desk.stage.minute().created
    desk.round(count=2)
    assert [text.rpartition("\n")[2] for text in desk.entries(created.id)] == ["first"]


def test_alert_that_was_closed_before_its_incident_was_made_closes_it(desk: Desk) -> None:
    desk.stage.configure(alerts_status=["Closed"])
    _, number = desk.fetched(status="Closed")
    desk.round()
    assert desk.incident(number).status == 2


def test_markup_of_a_comment_is_defused(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.stage.world.alerts.comment(alert.uuid, "<script>x</script> ![p](https://pixel.example/p)")
    desk.round()
    assert "&lt;script" in desk.entries(number)[0]
    assert "![" not in desk.entries(number)[0]


@pytest.mark.parametrize(
    ("label", "verdict", "reason"),
    [
        ("Closed", None, "Resolved"),
        ("Closed", "False positive", "False Positive"),
        ("Closed", "True positive", "Resolved"),
        ("Rejected", None, "False Positive"),
        ("Rejected", "True positive", "Resolved"),
    ],
)
def test_closed_alert_closes_the_incident_with_reason_verdict_and_notes(
    desk: Desk, label: str, verdict: str | None, reason: str
) -> None:
    alert, number = desk.fetched()
    if verdict:
        uuid = desk.stage.world.verdicts.labelled(verdict).uuid
        desk.stage.world.alerts.edit(alert.uuid, verdict_uuid=uuid, verdict_analysis="as expected")
    desk.stage.world.alerts.set_status(alert.uuid, label)
    desk.round()
    incident = desk.incident(number)
    notes = "Closed by Sekoia" + (f"\nVerdict: {verdict}. as expected" if verdict else "")
    assert (incident.status, incident.fields["closeReason"], incident.fields["closeNotes"]) == (2, reason, notes)


def test_status_of_the_tenant_closes_by_its_stage(desk: Desk) -> None:
    desk.stage.world.statuses.define(label="False alarm", stage="closed")
    desk.stage.configure(close_reasons_in="False alarm=Duplicate; *=Other")
    alert, number = desk.fetched()
    desk.stage.world.alerts.set_status(alert.uuid, "False alarm")
    desk.round()
    assert (desk.incident(number).status, desk.incident(number).fields["closeReason"]) == (2, "Duplicate")


def test_incident_stays_open_when_its_switch_is_off(desk: Desk) -> None:
    desk.stage.configure(close_incident=False)
    alert, number = desk.fetched()
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    assert desk.round(count=2).orders == []
    assert (desk.incident(number).status, desk.incident(number).fields["SekoiaXDR Alert Status"]) == (0, "Closed")


def test_reopened_alert_reopens_the_incident(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    desk.round()
    desk.stage.world.alerts.set_status(alert.uuid, "Ongoing")
    desk.round()
    assert (desk.incident(number).status, desk.incident(number).fields["SekoiaXDR Alert Status"]) == (1, "Ongoing")


def test_incident_stays_closed_when_reopening_is_off(desk: Desk) -> None:
    desk.stage.configure(reopen_incident=False)
    alert, number = desk.fetched()
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    desk.round()
    desk.stage.world.alerts.set_status(alert.uuid, "Ongoing")
    desk.round(count=2)
    assert desk.incident(number).status == 2


def test_comment_on_a_closed_alert_does_not_close_again(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    desk.round()
    desk.stage.world.alerts.comment(alert.uuid, "a last word")
    assert desk.round().orders == []
    assert len(desk.entries(number)) == 1


def test_nothing_changed_costs_one_call_a_round(desk: Desk) -> None:
    desk.fetched()
    desk.round(count=3)
    before = desk.calls()
    desk.round(count=10)
    assert desk.calls() - before == 10


def test_new_incident_is_not_read_again_at_once(desk: Desk) -> None:
    desk.fetched()
    assert desk.round().modified == []


def test_thousand_changes_of_one_second_are_listed_at_twenty_calls(desk: Desk) -> None:
    alerts = [desk.stage.world.alerts.raise_alert(f"alert {number}") for number in range(1000)]
    desk.stage.configure(requests_per_second="100")
    desk.round(100)
    for alert in alerts:
        desk.stage.world.alerts.edit(alert.uuid, urgency=90)
    before = desk.calls()
    assert len(desk.round().modified) == 1000
    assert desk.calls() - before <= 20


def test_thousand_changes_in_a_minute_arrive_at_one_call_each(desk: Desk) -> None:
    alerts = [desk.stage.world.alerts.raise_alert(f"alert {number}", urgency=10) for number in range(1000)]
    desk.stage.configure(max_fetch="200", requests_per_second="100")
    for _ in range(6):
        desk.stage.minute()
    assert desk.host.incidents.count() == 1000
    assert desk.round().modified == []
    for alert in alerts:
        desk.stage.clock.advance(0.05)
        desk.stage.world.alerts.edit(alert.uuid, urgency=90)
    before = desk.calls()
    done = desk.round()
    assert len(done.updated) == 1000
    assert desk.calls() - before <= 1020
    assert {incident.severity for incident in desk.host.incidents.all()} == {4}


def test_change_that_the_list_shows_late_arrives(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=3)
    desk.stage.world.alerts.edit(alert.uuid, title="late", at=desk.stage.clock.time() - 240)
    desk.round()
    assert desk.incident(number).fields["Alert Name"] == "late"


def test_two_changes_of_one_second_with_a_round_between_both_arrive(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.stage.world.alerts.edit(alert.uuid, title="one")
    desk.round(0)
    desk.stage.world.alerts.edit(alert.uuid, title="two")
    desk.round(0)
    assert desk.incident(number).fields["Alert Name"] == "two"


def test_outage_of_hours_loses_no_change(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round()
    fault = desk.stage.world.faults.arm(Fault("*", kind="status", status=503, times=None))
    desk.stage.world.alerts.set_status(alert.uuid, "Closed", comment="in the dark")
    for _ in range(20):
        assert "skip update" in desk.round(10).skipped
    desk.stage.world.faults.clear()
    assert fault.hits > 20
    desk.round()
    assert desk.incident(number).status == 2
    assert len(desk.entries(number)) == 1


def test_rate_limit_is_told_in_the_words_of_the_platform_and_the_round_goes_on_later(desk: Desk) -> None:
    first, one = desk.fetched("one")
    second, two = desk.fetched("two")
    desk.round()
    for alert in (first, second):
        desk.stage.world.alerts.edit(alert.uuid, urgency=90)
    desk.stage.world.faults.arm(Fault(f"GET /v1/sic/alerts/{second.short_id}", kind="status", status=429, times=9))
    done = desk.round()
    assert "API rate limit" in done.skipped
    desk.stage.world.faults.clear()
    desk.round()
    assert [desk.incident(number).severity for number in (one, two)] == [4, 4]


@pytest.mark.parametrize("status", [429, 503])
def test_list_that_fails_skips_the_update(desk: Desk, status: int) -> None:
    desk.fetched()
    desk.stage.world.faults.arm(Fault("GET /v1/sic/alerts", kind="status", status=status, times=9))
    done = desk.round()
    assert ("skip update" in done.skipped, "API rate limit" in done.skipped) == (True, status == 429)


def test_alert_that_fails_to_be_read_is_asked_again_even_when_nothing_changes_any_more(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round()
    desk.stage.world.alerts.edit(alert.uuid, urgency=90)
    desk.stage.world.faults.arm(Fault(f"GET /v1/sic/alerts/{alert.short_id}", kind="status", status=500, times=None))
    assert len(desk.round().errors) == 1
    desk.round(30)
    desk.round(30)
    desk.stage.world.faults.clear()
    desk.round()
    assert desk.incident(number).severity == 4


def test_deleted_alert_ends_quietly(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round()
    desk.stage.world.alerts.edit(alert.uuid, urgency=90)
    desk.stage.world.faults.arm(Fault(f"GET /v1/sic/alerts/{alert.short_id}", kind="status", status=500, times=None))
    desk.round()  # it cannot be read, so it is asked for again
    desk.stage.world.faults.clear()
    desk.stage.world.alerts.delete(alert.uuid)
    for _ in range(2):  # said once, it may be a mistake
        done = desk.round()
        assert (done.modified, done.updated, done.errors, done.skipped) == ([alert.short_id], [], [], "")
    assert desk.round().modified == []
    assert desk.entries(number) == []


def test_direction_none_asks_nothing(stage: Stage) -> None:
    desk = Desk(stage, mirror_direction="None")
    alert, _ = desk.fetched()
    desk.stage.world.alerts.edit(alert.uuid, urgency=90)
    before = desk.calls()
    assert desk.round().modified == []
    assert desk.calls() == before


def test_closed_incidents_that_get_no_updates_lose_nothing_but_those(desk: Desk) -> None:
    desk.host.mirroring.habits.updates_closed = False
    alert, number = desk.fetched()
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    desk.round()
    desk.stage.world.alerts.set_status(alert.uuid, "Ongoing")
    assert desk.round(count=2).errors == []
    assert desk.incident(number).status == 2


def test_comments_of_the_same_words_are_shown_each_where_the_server_drops_doubles(desk: Desk) -> None:
    desk.host.mirroring.habits.drops_doubles = True
    alert, number = desk.fetched()
    for _ in range(2):
        desk.stage.world.alerts.comment(alert.uuid, "ok")
        desk.round(count=2)
    assert len(desk.entries(number)) == 2


@pytest.mark.parametrize(("switch", "names"), [(True, ["Delivery"]), (False, [])])
def test_kill_chain_is_read_only_when_asked_for(desk: Desk, switch: bool, names: list[str]) -> None:
    desk.stage.configure(mirror_kill_chain=switch)
    alert, number = desk.fetched(kill_chain="Delivery")
    assert desk.incident(number).fields["SekoiaXDR Kill Chain"] in (None, [])
    desk.stage.world.alerts.edit(alert.uuid, urgency=90)
    desk.round()
    assert [one["name"] for one in desk.incident(number).fields["SekoiaXDR Kill Chain"] or []] == names
    assert any("kill-chains" in call.path for call in desk.stage.world.journal.calls) is switch


def test_assets_that_fetch_brought_by_name_keep_their_names(desk: Desk) -> None:
    desk.stage.configure(fetch_with_assets=True)
    alert, number = desk.fetched(assets=["srv-files-01"])
    before = desk.incident(number).fields["SekoiaXDR Assets"]
    desk.stage.world.alerts.edit(alert.uuid, urgency=90)
    desk.round()
    assert desk.incident(number).fields["SekoiaXDR Assets"] == before


def test_events_that_joined_later_arrive_by_mirroring(desk: Desk) -> None:
    desk.stage.configure(mirror_events=True)
    alert, number = desk.fetched()
    desk.stage.world.events.attach(alert.uuid, count=3)
    desk.stage.world.alerts.occurrence(alert.uuid)
    desk.round(count=4)
    assert desk.incident(number).fields["SekoiaXDR Events State"] == "Complete"
    before = desk.calls()
    desk.stage.world.alerts.comment(alert.uuid, "no new event")
    desk.round(count=2)
    assert desk.calls() - before == 3


def test_events_are_searched_once_though_the_incident_is_edited(stage: Stage) -> None:
    desk = Desk(stage, mirror_events=True)
    alert, number = desk.fetched()
    stage.world.events.attach(alert.uuid, count=3)
    stage.world.alerts.occurrence(alert.uuid)
    desk.round(count=6)
    for title in ("one", "two", "three"):
        desk.host.set_fields(number, {"Alert Name": title})
        desk.round(count=3)
    assert len([call for call in desk.writes() if call.endswith("/events/search/jobs")]) == 1


def test_incident_created_before_its_events_gets_them(desk: Desk) -> None:
    desk.stage.configure(fetch_mode="Fetch With All Events", events_wait="0", mirror_events=True)
    alert, number = desk.fetched()
    state = desk.incident(number).fields["SekoiaXDR Events State"]
    assert state in ("Pending", "None")
    desk.stage.world.events.attach(alert.uuid, count=2)
    desk.stage.world.alerts.occurrence(alert.uuid)
    desk.round(count=4)
    assert desk.incident(number).fields["SekoiaXDR Events State"] == "Complete"


def test_events_that_came_too_late_for_fetch_arrive_though_the_alert_does_not_change(desk: Desk) -> None:
    desk.stage.configure(fetch_mode="Fetch With All Events", events_wait="0", mirror_events=True)
    desk.stage.world.searches.plan = Plan(runs_for=1000)
    alert = desk.stage.world.alerts.raise_alert("Beacon")
    desk.stage.world.events.attach(alert.uuid, count=2)
    (created,) = desk.stage.minute().created
    assert desk.incident(created.id).fields["SekoiaXDR Events State"] == "Pending"
    desk.stage.world.searches.plan = Plan()
    desk.round(count=4)
    assert desk.incident(created.id).fields["SekoiaXDR Events State"] == "Complete"


def test_search_that_is_not_done_keeps_closing_and_comments(desk: Desk) -> None:
    desk.stage.configure(mirror_events=True)
    alert, number = desk.fetched()
    desk.stage.world.searches.plan = Plan(starts_after=3600.0)
    desk.stage.world.alerts.set_status(alert.uuid, "Closed", comment="done")
    desk.round()
    assert desk.incident(number).status == 2
    assert len(desk.entries(number)) == 1


def test_what_the_official_pack_had_parked_is_mirrored_anew(desk: Desk) -> None:
    alert, number = desk.fetched()
    parked = [{"alert": {"short_id": alert.short_id, "status": {"name": "Ongoing"}}, "job_uuid": "gone"}]
    state = desk.host.state(INSTANCE)
    desk.round(count=3)
    state.keep_context({**state.context, "mirroring_cache": parked, "fetch_cache": []})
    done = desk.round()
    assert done.updated == [number]
    assert "mirroring_cache" not in state.context
    assert desk.round().modified == []


def test_memory_holds_ids_only(desk: Desk) -> None:
    alert, _ = desk.fetched("A telling title", details="A telling text")
    desk.stage.world.alerts.comment(alert.uuid, "A telling comment")
    desk.round(count=2)
    assert "telling" not in json.dumps(desk.host.integration_context(desk.stage.instance).get("mirror"))
