"""The commands that change alerts, one or many, and what they choose from."""

import json
from typing import Any

import pytest

from lab.sekoia.alerts.model import Alert
from lab.sekoia.faults import Fault
from lab.sekoia.tasks.model import Course
from tests.journeys.outcomes import found, ran, refused, shown, writes
from tests.stage import Stage

NOBODY = "00000000-0000-4000-8000-000000000000"
BELOW = "61d9a7c2-0f4e-4b6a-8f0d-2c1b3a495867"  # a community below that of the key
BULK, EDIT = "sekoia-xdr-bulk-update-status-alerts", "sekoia-xdr-edit-alert"


@pytest.fixture
def alert(stage: Stage) -> Alert:
    """An alert with a task, techniques and occurrences."""
    return stage.world.alerts.raise_alert(
        "Suspicious logon",
        urgency=62,
        source="192.0.2.7",
        similar=4,
        ttps=("T1110 Brute Force",),
        countermeasures=["Isolate the host"],
    )


# ---------------------------------------------------------------- edited


def test_an_edit_is_one_call_and_shows_before_and_after(stage: Stage, alert: Alert) -> None:
    jo = stage.world.avatars.join("Jo Sample", "jo@soc.example")
    outcome = ran(
        stage,
        EDIT,
        id=alert.short_id,
        title="Logon from abroad",
        details="**see** mail",
        urgency="80",
        alert_type="brute-force",
        alert_category="intrusion-attempts",
        kill_chain="reconnaissance",
        assignee="JO@soc.example",
        comment="raised",
    )
    assert (alert.title, alert.details, alert.urgency_value, alert.assignee) == (
        "Logon from abroad",
        "**see** mail",
        80,
        jo.uuid,
    )
    assert alert.alert_type == {"value": "brute-force", "category": "intrusion-attempts"}
    assert alert.kill_chain == "KCXKNfnJupq5"
    assert [comment.content for comment in alert.comments] == ["raised"]
    assert [call.method for call in writes(stage)] == ["PATCH"]
    assert "| urgency.current_value | 62 | 80 |" in shown(outcome)
    assert found(outcome, "Alert")["title"] == "Logon from abroad"


def test_an_edit_that_changes_nothing_sends_nothing(stage: Stage, alert: Alert) -> None:
    outcome = ran(stage, EDIT, id=alert.short_id, urgency="62", title=alert.title, comment="x")
    assert "nothing was changed. The comment was not stored" in shown(outcome)
    assert writes(stage) == []


def test_an_edit_clears_what_can_be_none(stage: Stage, alert: Alert) -> None:
    stage.world.alerts.edit(alert.uuid, kill_chain_short_id="KCXKNfnJupq5", assignee=NOBODY)
    ran(stage, EDIT, id=alert.short_id, kill_chain="none", assignee="None")
    assert (alert.kill_chain, alert.assignee) == (None, None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "Nothing to change: give at least one of title"),
        ({"urgency": "101"}, "urgency: '101' is not a whole number from 0 to 100"),
        ({"alert_category": "fraud"}, "alert_type: a value is needed with alert_category"),
        ({"kill_chain": "Lunch"}, "kill_chain: 'Lunch' is no kill-chain stage of this tenant. Choose one of: Reconn"),
        ({"assignee": "nobody"}, "assignee: 'nobody' is no person of this tenant"),
        ({"title": "x" * 10_001}, "Sekoia takes 1 to 10000 characters"),
    ],
)
def test_an_edit_that_cannot_be_sends_nothing(
    stage: Stage, alert: Alert, arguments: dict[str, str], words: str
) -> None:
    assert words in refused(stage, EDIT, id=alert.short_id, **arguments)
    assert writes(stage) == []


@pytest.mark.parametrize("kind", ["reset_after", "status_after"])
def test_an_edit_whose_answer_was_lost_is_not_sent_again(stage: Stage, alert: Alert, kind: str) -> None:
    stage.world.faults.arm(Fault("PATCH */alerts/*", kind=kind, times=1))
    ran(stage, EDIT, id=alert.short_id, urgency="80", comment="once")
    assert [comment.content for comment in alert.comments] == ["once"]
    assert len(writes(stage)) == 1


def test_a_verdict_is_given_with_words_and_confidence(stage: Stage, alert: Alert) -> None:
    command = "sekoia-xdr-set-verdict-alert"
    given = {"id": alert.short_id, "verdict": "true_positive", "analysis": "seen on two hosts", "confidence": "90"}
    assert found(ran(stage, command, **given), "Alert")["verdict"]["stage"] == "true_positive"
    assert alert.ruling is not None
    assert (alert.ruling.analysis, alert.ruling.confidence) == ("seen on two hosts", 90)
    assert "nothing was changed" in shown(ran(stage, command, **given))
    assert len(writes(stage)) == 1
    assert "is no verdict" in refused(stage, command, id=alert.short_id, verdict="perhaps")


def test_a_verdict_needs_the_right_to_manage_alerts(stage: Stage, alert: Alert) -> None:
    few = stage.world.keys.named("soar").permissions - {"Manage alerts"}
    stage.world.keys.change("soar", permissions=few)
    assert "Manage alerts" in refused(stage, "sekoia-xdr-set-verdict-alert", id=alert.short_id, verdict="true_positive")


# ---------------------------------------------------------------- custom fields

FIELDS = "sekoia-xdr-update-custom-fields-alert"


@pytest.fixture
def fields(stage: Stage) -> None:
    """A custom field of each type."""
    define = stage.world.custom_fields.define
    define("Attack vector", "single_select", ["email", "usb"])
    define("Impacted users", "integer")
    define("Confirmed", "boolean")
    define("Sites", "multi_select", ["Paris", "Lyon"])
    define("Ticket")


@pytest.mark.usefixtures("fields")
@pytest.mark.parametrize("options", ["objects", "texts"])
def test_custom_fields_are_set_by_name_and_typed(stage: Stage, alert: Alert, options: str) -> None:
    stage.world.switches.turn(custom_field_options=options)
    given = {"attack_vector": "EMAIL", "Impacted users": "3", "confirmed": "yes", "Sites": "Paris,lyon"}
    outcome = ran(stage, FIELDS, id=alert.short_id, custom_fields=json.dumps(given), field="Ticket", value="T-7")
    held = {one["slug"]: one["value"] for one in found(outcome, "AlertCustomField")}
    assert held == {
        "attack_vector": "email",
        "impacted_users": 3,
        "confirmed": True,
        "sites": ["Paris", "Lyon"],
        "ticket": "T-7",
    }
    assert found(ran(stage, "sekoia-xdr-get-alert", id=alert.short_id), "Alert")["custom_fields"][0]["value"] == "email"


@pytest.mark.usefixtures("fields")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "custom_fields: a value is needed"),
        ({"custom_fields": "usb"}, "custom_fields: write JSON"),
        ({"field": "Ticket"}, "'Ticket' has no value, and Sekoia has no way to clear a field"),
        ({"field": "Ticket", "value": "x" * 51}, "'Ticket' takes 50 characters"),
        ({"field": "attack_vector", "value": "cloud"}, "is no option of 'Attack vector'. Use: email, usb"),
        ({"field": "Impacted users", "value": "some"}, "'some' is not a whole number"),
        ({"field": "confirmed", "value": "perhaps"}, "neither true nor false"),
        ({"field": "shoe size", "value": "1"}, "is no custom field of this tenant. Choose one of: Attack vector"),
        ({"custom_fields": json.dumps({f"f{n}": "x" for n in range(26)})}, "at most 25"),
    ],
)
def test_custom_fields_that_cannot_be_send_nothing(
    stage: Stage, alert: Alert, arguments: dict[str, str], words: str
) -> None:
    assert words in refused(stage, FIELDS, id=alert.short_id, **arguments)
    assert writes(stage) == []


@pytest.mark.usefixtures("fields")
@pytest.mark.parametrize("kind", ["reset_after", "reset"])
def test_custom_fields_survive_a_lost_answer(stage: Stage, alert: Alert, kind: str) -> None:
    stage.world.faults.arm(Fault("PATCH */custom-fields", kind=kind, times=1))
    ran(stage, FIELDS, id=alert.short_id, field="Ticket", value="T-7")
    assert [one["value"] for one in alert.facts["custom_fields"]] == ["T-7"]


# ---------------------------------------------------------------- many at once


@pytest.fixture
def three(stage: Stage) -> list[Alert]:
    return [stage.world.alerts.raise_alert(f"alert {number}") for number in range(3)]


def joined(alerts: list[Alert]) -> str:
    """Their ids, uuids and short ids mixed."""
    return ",".join(one.uuid if number % 2 else one.short_id for number, one in enumerate(alerts))


@pytest.mark.parametrize("tasks", ["listed", "unknown"])
def test_a_bulk_move_reports_every_alert_at_its_end(stage: Stage, three: list[Alert], tasks: str) -> None:
    stage.world.switches.turn(bulk_tasks=tasks)
    stage.world.alerts.set_status(three[0].uuid, "Ongoing")
    started = ran(stage, BULK, ids=joined(three), status="ongoing", comment="ours")
    assert "2 alerts are being moved to Ongoing" in shown(started)
    ended = stage.host.follow(started)
    assert ended.error is None
    assert [one.status.label for one in three] == ["Ongoing"] * 3
    rows = {one["short_id"]: one for one in found(ended, "StatusUpdate")}
    assert [rows[one.short_id]["changed"] for one in three] == [False, True, True]
    assert {row["reached"] for row in rows.values()} == {True}
    assert "3 of 3 alerts are in the status Ongoing" in shown(ended)
    assert [comment.content for one in three for comment in one.comments] == ["ours", "ours"]


def test_a_bulk_move_tells_which_alerts_did_not_move(stage: Stage, three: list[Alert]) -> None:
    stage.world.switches.turn(strict_legacy_transitions=True)
    stage.world.alerts.set_status(three[0].uuid, "Ongoing")
    ended = stage.host.follow(ran(stage, BULK, ids=joined(three), status="Closed"))
    assert "1 of 3 alerts are in the status Closed" in shown(ended)
    assert "not moved to Closed" in shown(ended)
    rows = found(ended, "StatusUpdate")
    assert sorted((row["status"], row["reached"]) for row in rows) == [
        ("Closed", True),
        ("Pending", False),
        ("Pending", False),
    ]


@pytest.mark.parametrize("ends", ["FAILED", "CANCELED"])
def test_a_bulk_move_whose_task_fails_says_so(stage: Stage, three: list[Alert], ends: str) -> None:
    stage.world.tasks.next_go(Course(ends=ends))
    ended = stage.host.follow(ran(stage, BULK, ids=joined(three), status="Ongoing"))
    assert f"0 of 3 alerts are in the status Ongoing; Sekoia says: task {ends.lower()}" in shown(ended)


def test_a_slow_bulk_move_is_waited_for(stage: Stage, three: list[Alert]) -> None:
    stage.world.tasks.next_go(Course(starts_after=60, runs_for=120))
    ended = stage.host.follow(ran(stage, BULK, ids=joined(three), status="Ongoing"))
    assert "3 of 3" in shown(ended)
    assert stage.clock.time() - three[0].created_at >= 180


def test_a_bulk_move_closes_with_a_verdict_and_a_status_of_the_tenant(stage: Stage, three: list[Alert]) -> None:
    stage.world.statuses.define(label="Done here", stage="closed")
    started = ran(stage, BULK, ids=joined(three), status="done HERE", verdict="false_positive")
    assert "3 of 3 alerts are in the status Done here" in shown(stage.host.follow(started))
    assert {one.ruling.verdict.stage for one in three if one.ruling} == {"false_positive"}


def test_a_bulk_move_that_is_not_needed_sends_nothing(stage: Stage, three: list[Alert]) -> None:
    outcome = ran(stage, BULK, ids=joined(three), status="Pending")
    assert "Every alert was there already" in shown(outcome)
    assert (writes(stage), outcome.poll) == ([], None)


def test_a_bulk_move_whose_answer_was_lost_is_sent_once_and_followed(stage: Stage, three: list[Alert]) -> None:
    stage.world.faults.arm(Fault("PATCH */async", kind="reset_after", times=1))
    ended = stage.host.follow(ran(stage, BULK, ids=joined(three), status="Ongoing", comment="once"))
    assert "3 of 3" in shown(ended)
    assert len(writes(stage)) == 1


def test_a_bulk_move_of_more_alerts_than_one_address_can_name(stage: Stage) -> None:
    many = [stage.world.alerts.raise_alert(f"alert {number}") for number in range(120)]
    ended = stage.host.follow(ran(stage, BULK, ids=",".join(one.uuid for one in many), status="Ongoing"))
    assert "120 of 120 alerts" in shown(ended)
    assert len(writes(stage)) == 1


def two_communities(stage: Stage) -> list[Alert]:
    """An alert of the workspace and one of a community below it; both communities have a status of the same label."""
    for community in ("", BELOW):
        stage.world.statuses.define(label="Done here", stage="closed", community=community)
    return [stage.world.alerts.raise_alert("here"), stage.world.alerts.raise_alert("below", community_uuid=BELOW)]


def test_a_bulk_move_over_two_communities_takes_the_status_of_each(stage: Stage) -> None:
    here, below = two_communities(stage)
    ended = stage.host.follow(ran(stage, BULK, ids=joined([here, below]), status="Done here"))
    assert "2 of 2 alerts are in the status Done here" in shown(ended)
    assert (here.status.community, below.status.community) == ("", BELOW)


def test_a_bulk_move_of_which_a_later_call_is_refused_tells_what_moved_and_what_did_not(stage: Stage) -> None:
    here, below = two_communities(stage)
    stage.world.faults.arm(Fault("PATCH */async", after=1, status=403, body={"message": "Not allowed", "code": "T403"}))
    started = ran(stage, BULK, ids=joined([here, below]), status="Done here")
    assert "not all" in shown(started)
    ended = stage.host.follow(started)
    assert "1 of 2 alerts are in the status Done here; Sekoia says: " in shown(ended)
    assert "Not allowed" in shown(ended)
    reached = {one["short_id"]: one["reached"] for one in found(ended, "StatusUpdate")}
    assert sorted(reached.values()) == [False, True]
    assert reached == {one.short_id: one.status.label == "Done here" for one in (here, below)}
    assert len(writes(stage)) == 2


def test_a_bulk_move_whose_first_call_is_refused_is_an_error(stage: Stage) -> None:
    alerts = two_communities(stage)
    stage.world.faults.arm(Fault("PATCH */async", status=409, body={"message": "Locked", "code": "T409"}))
    assert "HTTP 409: Locked" in refused(stage, BULK, ids=joined(alerts), status="Done here")
    assert len(writes(stage)) == 1
    assert {one.status.label for one in alerts} == {"Pending"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"ids": f"{NOBODY}"}, f"no alert that this key can see has the id {NOBODY}. Nothing was changed"),
        ({"ids": "AL1"}, "is no alert id"),
        ({"status": "Done and dusted"}, "is no status of this tenant"),
        ({"verdict": "perhaps"}, "is no verdict of this tenant"),
        ({"ids": ",".join(f"AL{number:010}" for number in range(501))}, "at most 500"),
    ],
)
def test_a_bulk_move_that_cannot_be_sends_nothing(
    stage: Stage, three: list[Alert], arguments: dict[str, str], words: str
) -> None:
    assert words in refused(stage, BULK, **{"ids": joined(three), "status": "Ongoing", **arguments})
    assert writes(stage) == []


# ---------------------------------------------------------------- countermeasures


@pytest.mark.parametrize(("act", "done", "other"), [("activate", "activated", "deny"), ("deny", "denied", "activate")])
def test_a_countermeasure_is_decided_once_and_says_so(
    stage: Stage, alert: Alert, act: str, done: str, other: str
) -> None:
    one = alert.countermeasures[0]
    given = {"alert_id": alert.short_id, "id": one["uuid"]}
    waiting = found(ran(stage, "sekoia-xdr-list-countermeasures", alert_id=alert.uuid), "Countermeasure")
    assert (waiting["decision"], waiting["alert_uuid"]) == ("waiting", alert.uuid)
    outcome = ran(stage, f"sekoia-xdr-{act}-countermeasure", **given, comment="agreed", author="Night desk")
    assert found(outcome, "Countermeasure")["decision"] == done
    assert [(said["content"], said["author"]) for said in one["comments"]] == [("agreed", "Night desk")]
    again = ran(stage, f"sekoia-xdr-{act}-countermeasure", **given)
    assert f"Already {done} on 2026-03-01" in shown(again)
    assert f"was {done} on" in refused(stage, f"sekoia-xdr-{other}-countermeasure", **given)
    assert len(writes(stage)) == 1


def test_a_countermeasure_that_is_decided_meanwhile_is_no_error(stage: Stage, alert: Alert) -> None:
    given = {"alert_id": alert.short_id, "id": alert.countermeasures[0]["uuid"]}
    stage.world.faults.arm(Fault("PATCH */activate", kind="status_after", times=1))
    assert "Countermeasure activated" in shown(ran(stage, "sekoia-xdr-activate-countermeasure", **given))
    assert len(alert.countermeasures[0]["comments"]) == 1


def test_a_countermeasure_of_another_alert_lists_those_of_this_one(stage: Stage, alert: Alert) -> None:
    given = {"alert_id": alert.short_id, "id": NOBODY}
    error = refused(stage, "sekoia-xdr-deny-countermeasure", **given)
    assert f"has no countermeasure {NOBODY}. It has: Isolate the host" in error
    assert "Unknown alert" in refused(stage, "sekoia-xdr-list-countermeasures", alert_id=NOBODY)


@pytest.mark.parametrize("kind", ["reset_after", "reset", "status_after"])
def test_a_comment_on_a_countermeasure_is_stored_once(stage: Stage, alert: Alert, kind: str) -> None:
    one = alert.countermeasures[0]
    ran(stage, "sekoia-xdr-comment-countermeasure", id=one["uuid"], comment="asked the owner")
    stage.world.faults.arm(Fault("POST */comments", kind=kind, status=503, times=1))
    outcome = ran(stage, "sekoia-xdr-comment-countermeasure", id=one["uuid"], comment="asked the owner")
    assert [said["content"] for said in one["comments"]] == ["asked the owner"] * 2
    assert found(outcome, "CountermeasureComment")[-1]["countermeasure_id"] == one["uuid"]
    assert "Unknown countermeasure" in refused(stage, "sekoia-xdr-comment-countermeasure", id=NOBODY, comment="x")


# ---------------------------------------------------------------- lists of choices


def test_statuses_are_listed_for_alerts_or_cases(stage: Stage) -> None:
    stage.world.statuses.define(label="Only cases", stage="open", types=("case",))
    for kind, is_there in (("alert", False), ("case", True)):
        listed = ran(stage, "sekoia-xdr-list-statuses", type=kind)
        assert ("Only cases" in shown(listed)) is is_there


@pytest.mark.parametrize(
    ("command", "prefix", "key", "expected"),
    [
        ("sekoia-xdr-list-verdicts", "CustomVerdict", "label", {"True positive", "False positive"}),
        ("sekoia-xdr-list-priorities", "CustomPriority", "label", {"Critical", "High", "Medium", "Low"}),
        ("sekoia-xdr-list-custom-fields", "CustomField", "slug", {"attack_vector", "ticket"}),
    ],
)
def test_choices_are_listed(stage: Stage, command: str, prefix: str, key: str, expected: set[str]) -> None:
    stage.world.custom_fields.define("Attack vector", "single_select", ["email", "usb"])
    stage.world.custom_fields.define("Ticket")
    assert {one[key] for one in found(ran(stage, command), prefix)} == expected


@pytest.mark.parametrize(
    ("command", "permission"),
    [
        ("sekoia-xdr-list-statuses", "View cases"),
        ("sekoia-xdr-list-priorities", "View cases"),
        ("sekoia-xdr-list-custom-fields", "View custom fields"),
        ("sekoia-xdr-list-kill-chains", "View alerts"),
    ],
)
def test_a_list_of_choices_names_the_permission_it_lacks(stage: Stage, command: str, permission: str) -> None:
    stage.world.keys.change("soar", permissions=["View intakes"])
    assert permission in refused(stage, command)


def test_stages_of_the_kill_chain_are_found_by_every_name(stage: Stage) -> None:
    every = found(ran(stage, "sekoia-xdr-list-kill-chains"), "KillChain")
    assert [one["order_id"] for one in every] == [1, 2, 3, 4, 5, 6, 7]
    for wanted in (every[2]["uuid"], every[2]["short_id"], "delivery"):
        outcome = ran(stage, "sekoia-xdr-get-kill-chain", kill_chain_uuid=wanted)
        assert "| 3 | Delivery |" in shown(outcome)
    assert "Choose one of: Reconnaissance" in refused(stage, "sekoia-xdr-get-kill-chain", kill_chain_uuid="Lunch")
    assert "Unknown kill chain" in refused(stage, "sekoia-xdr-get-kill-chain", kill_chain_uuid="KCabcdefghij")


@pytest.mark.parametrize(
    ("command", "kind", "label"),
    [
        (BULK, "status", "Done here"),
        ("sekoia-xdr-set-verdict-alert", "verdict", "Benign"),
        (EDIT, "assignee", "Jo Sample"),
    ],
)
def test_a_name_that_fits_several_lists_them_and_sends_nothing(
    stage: Stage, alert: Alert, command: str, kind: str, label: str
) -> None:
    elsewhere = stage.world.alerts.raise_alert("of a third community", community_uuid=NOBODY)
    for community in ("", BELOW):
        stage.world.statuses.define(label="Done here", stage="closed", community=community)
        stage.world.verdicts.define("Benign", "false_positive", community=community)
        stage.world.avatars.join("Jo Sample", f"jo{len(community)}@soc.example")
    world = stage.world
    books: dict[str, Any] = {"status": world.statuses, "verdict": world.verdicts, "assignee": world.avatars}
    names = [one for one in books[kind].all() if label in (getattr(one, "label", ""), getattr(one, "name", ""))]
    which = alert.short_id if kind == "assignee" else elsewhere.short_id
    error = refused(stage, command, **{"ids" if command == BULK else "id": which, kind: label})
    assert len(names) == 2
    assert all(one.uuid in error for one in names), error
    assert f"{kind}: '{label}'" in error
    assert writes(stage) == []


def test_an_assignee_is_found_by_the_mail_where_the_name_is_that_of_two_people(stage: Stage, alert: Alert) -> None:
    _, second = (stage.world.avatars.join("Jo Sample", f"jo{number}@soc.example") for number in range(2))
    ran(stage, EDIT, id=alert.short_id, assignee="Jo1@SOC.example")
    assert alert.assignee == second.uuid
    error = refused(stage, EDIT, id=alert.short_id, assignee="jo9@soc.example")
    assert "is no person of this tenant. Choose one of: Jo Sample" in error


# ---------------------------------------------------------------- promises of all that change something


def test_dry_runs_show_the_call_and_send_nothing(stage: Stage, alert: Alert) -> None:
    stage.world.custom_fields.define("Ticket")
    task = alert.countermeasures[0]["uuid"]
    for command, arguments in (
        (EDIT, {"id": alert.short_id, "urgency": "80"}),
        ("sekoia-xdr-set-verdict-alert", {"id": alert.short_id, "verdict": "true_positive"}),
        (FIELDS, {"id": alert.short_id, "field": "Ticket", "value": "1"}),
        (BULK, {"ids": alert.short_id, "status": "Ongoing"}),
        ("sekoia-xdr-activate-countermeasure", {"alert_id": alert.short_id, "id": task}),
        ("sekoia-xdr-deny-countermeasure", {"alert_id": alert.short_id, "id": task}),
        ("sekoia-xdr-comment-countermeasure", {"id": task, "comment": "x"}),
    ):
        outcome = ran(stage, command, dry_run="true", **arguments)
        assert "nothing was sent" in shown(outcome), command
        assert "PATCH" in shown(outcome) or "POST" in shown(outcome)
    assert writes(stage) == []
