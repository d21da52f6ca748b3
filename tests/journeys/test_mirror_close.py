"""Closing and reopening an incident, by any way, closes and reopens its alert exactly when the settings say so."""

from typing import Any

import pytest

from lab.sekoia.faults import Fault
from lab.xsoar.host import Killed
from tests.mirror.desk import BOTH, Desk, comments_of
from tests.stage import INSTANCE, INTEGRATION, Stage

OUT = "Outgoing"
CLOSE = "Sekoia XDR - Close Alert"


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


def report(desk: Desk, number: str) -> str:
    """What the closing script said."""
    texts = [entry.shown for entry in desk.host.warroom(number) if entry.shown.startswith("### ")]
    return texts[-1] if texts else ""


FORMS: dict[str, dict[str, Any]] = {
    "with everything": {"closeReason": "Resolved", "closeNotes": "contained", "sekoiaxdralertreject": "false"},
    "without reject": {"closeReason": "Resolved", "closeNotes": "contained"},
    "without notes": {"closeReason": "Resolved", "closeNotes": ""},
    "with nothing": {},
}


@pytest.mark.parametrize("direction", [OUT, "Incoming and Outgoing"])
@pytest.mark.parametrize("form", FORMS)
def test_closing_with_any_form_closes_the_alert_once(stage: Stage, form: str, direction: str) -> None:
    desk = Desk(stage, mirror_direction=direction)
    alert, number = desk.fetched()
    assert desk.host.close_incident(number, FORMS[form]) is None
    assert (desk.incident(number).status, alert.status.label) == (2, "Closed")
    assert report(desk, number).startswith(f"### Alert {alert.short_id}: closed")
    sent = len(desk.writes())
    desk.round(count=4)
    assert (len(desk.writes()), desk.incident(number).status) == (sent, 2)
    notes = FORMS[form].get("closeNotes")
    assert comments_of(alert) == [f"Resolved: {notes}" if notes else "Closed by Sekoia"]
    assert desk.entries(number) == []


@pytest.mark.parametrize("out_first", [True, False])
def test_closing_by_the_playbook_closes_both_sides_once(desk: Desk, out_first: bool) -> None:
    desk.host.mirroring.habits.out_first = out_first
    alert, number = desk.fetched()
    desk.round()
    run = desk.host.play(CLOSE, number, {"Verdict": "true_positive", "Comment": "Handled"})
    assert (run.state, run.error) == ("completed", None)
    sent = desk.writes()
    done = [desk.round() for _ in range(4)]
    assert (desk.writes(), [call.partition(" ")[0] for call in sent]) == (sent, ["PATCH"])
    assert ([one.orders for one in done], desk.entries(number)) == ([[]] * 4, [])
    assert (alert.status.label, comments_of(alert)) == ("Closed", ["Handled"])
    assert (desk.incident(number).status, desk.incident(number).fields["closeReason"]) == (2, "Resolved")


@pytest.mark.parametrize("delta", [True, False])
def test_mirroring_alone_closes_the_alert_too(desk: Desk, delta: bool) -> None:
    """A type whose closing script is another one: the round closes, whether the platform names the closing or not."""
    desk.host.mirroring.habits.tells_closing = delta
    alert, number = desk.fetched()
    close_without_script(desk, number, closeReason="False Positive", closeNotes="a test")
    desk.round()
    assert (alert.status.label, alert.ruling and alert.ruling.verdict.stage) == ("Closed", "false_positive")
    assert comments_of(alert) == ["False Positive: a test"]
    desk.round(count=3)
    assert desk.incident(number).status == 2
    assert desk.incident(number).fields["closeNotes"] == "a test"


def close_without_script(desk: Desk, number: str, **form: str) -> None:
    """As the platform closes an incident whose type has no closing script."""
    desk.host.incidents.change(number, {**form, "status": 2})
    desk.host.mirroring.touched(number, {"closeReason": "", "closeNotes": "", "closingUserId": ""}, turned=True)


@pytest.mark.parametrize(
    ("reason", "label", "stage_of_verdict"),
    [
        ("False Positive", "Closed", "false_positive"),
        ("Resolved", "Closed", "true_positive"),
        ("Duplicate", "Closed", None),
        ("Other", "Closed", None),
        ("A reason of our own", "Closed", None),
    ],
)
def test_reason_becomes_status_and_verdict(desk: Desk, reason: str, label: str, stage_of_verdict: str | None) -> None:
    alert, number = desk.fetched()
    desk.host.close_incident(number, {"closeReason": reason, "closeNotes": "x"})
    assert (alert.status.label, alert.ruling.verdict.stage if alert.ruling else None) == (label, stage_of_verdict)


def test_table_of_reasons_is_the_users(desk: Desk) -> None:
    desk.stage.world.statuses.define(label="False alarm", stage="closed")
    desk.stage.configure(close_reasons_out="Noise=False alarm/false_positive\nResolved=Rejected")
    alert, number = desk.fetched()
    other, second = desk.fetched("another")
    desk.host.close_incident(number, {"closeReason": "Noise"})
    desk.host.close_incident(second, {"closeReason": "Resolved"})
    assert (alert.status.label, other.status.label) == ("False alarm", "Rejected")


def test_reject_rejects(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.host.close_incident(number, {"closeReason": "Other", "sekoiaxdralertreject": "true"})
    desk.round()
    assert (alert.status.label, desk.incident(number).fields["SekoiaXDR Alert Status"]) == ("Rejected", "Rejected")


def test_verdict_that_sekoia_has_is_kept(desk: Desk) -> None:
    alert, number = desk.fetched()
    uuid = desk.stage.world.verdicts.labelled("True positive").uuid
    desk.stage.world.alerts.edit(alert.uuid, verdict_uuid=uuid)
    desk.host.close_incident(number, {"closeReason": "False Positive"})
    assert (alert.status.label, alert.ruling and alert.ruling.verdict.label) == ("Closed", "True positive")


@pytest.mark.parametrize("verdict", ["False positive", "false_positive"])
def test_verdict_of_the_closing_form_counts_more_than_the_reason_and_than_the_alerts(desk: Desk, verdict: str) -> None:
    alert, number = desk.fetched()
    desk.stage.world.alerts.edit(alert.uuid, verdict_uuid=desk.stage.world.verdicts.labelled("True positive").uuid)
    desk.host.close_incident(number, {"closeReason": "Resolved", "sekoiaxdrcloseverdict": verdict})
    desk.round(count=2)
    assert (alert.status.label, alert.ruling and alert.ruling.verdict.label) == ("Closed", "False positive")
    assert "False positive" in report(desk, number)


def test_verdict_of_an_earlier_closing_does_not_undo_a_later_one(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.host.close_incident(number, {"closeReason": "Resolved", "sekoiaxdrcloseverdict": "False positive"})
    desk.round(count=2)
    desk.host.reopen_incident(number)
    desk.round(count=2)
    desk.stage.world.alerts.edit(alert.uuid, verdict_uuid=desk.stage.world.verdicts.labelled("True positive").uuid)
    desk.round()
    assert desk.incident(number).fields["sekoiaxdrcloseverdict"] == "False positive"  # the field keeps the old one
    desk.host.close_incident(number, {"closeReason": "Other"})
    desk.round(count=2)
    assert (alert.status.label, alert.ruling and alert.ruling.verdict.label) == ("Closed", "True positive")


def test_metrics_of_the_call_stay_out_of_the_report(desk: Desk) -> None:
    _, number = desk.fetched()
    desk.host.close_incident(number, {"closeReason": "Resolved"})
    texts = [entry.shown for entry in desk.host.warroom(number)]
    assert any(text.startswith("### Alert ") for text in texts)
    assert not [text for text in texts if "APIExecutionMetrics" in text or "APICallsCount" in text]


def test_verdict_that_the_tenant_does_not_know_is_told_and_the_alert_closed(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.host.close_incident(number, {"closeReason": "Other", "sekoiaxdrcloseverdict": "Perhaps"})
    assert (alert.status.label, alert.ruling) == ("Closed", None)
    assert "Perhaps" in report(desk, number)


def test_tenant_without_such_a_verdict_is_closed_all_the_same(desk: Desk) -> None:
    desk.stage.configure(close_reasons_out="Resolved=Closed/Benign")
    alert, number = desk.fetched()
    desk.host.close_incident(number, {"closeReason": "Resolved"})
    assert alert.status.label == "Closed"


@pytest.mark.parametrize("refusal", [400, 409])
def test_tenant_that_demands_a_verdict_gets_the_one_of_the_table(desk: Desk, refusal: int) -> None:
    desk.stage.world.switches.turn(verdict_required_to_close=True, verdict_refusal_status=refusal)
    alert, number = desk.fetched()
    desk.host.close_incident(number, {"closeReason": "Resolved"})
    assert alert.status.label == "Closed"
    other, second = desk.fetched("another")
    assert desk.host.close_incident(second, {"closeReason": "Other"}) is None
    assert (other.status.label, desk.incident(second).status) == ("Pending", 2)
    assert "verdict" in report(desk, second)


def test_key_that_may_only_change_the_status_closes_without_the_verdict(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.stage.world.keys.change("soar", permissions=["View alerts", "View cases", "Update alert status"])
    desk.host.close_incident(number, {"closeReason": "Resolved"})
    assert (alert.status.label, alert.ruling) == ("Closed", None)
    assert "Manage alerts" in report(desk, number)


@pytest.mark.parametrize("direction", ["None", "Incoming"])
def test_other_directions_leave_the_alert_and_say_so(stage: Stage, direction: str) -> None:
    desk = Desk(stage, mirror_direction=direction)
    alert, number = desk.fetched()
    assert desk.host.close_incident(number, {"closeReason": "Resolved", "closeNotes": "internal"}) is None
    desk.round(count=2)
    assert (alert.status.label, desk.writes()) == ("Pending", [])
    assert "left as it is" in report(desk, number)


def test_closing_out_can_be_switched_off(desk: Desk) -> None:
    desk.stage.configure(close_out=False)
    alert, number = desk.fetched()
    desk.host.close_incident(number, {"closeReason": "Resolved", "closeNotes": "internal"})
    desk.round(count=3)
    assert (alert.status.label, comments_of(alert), desk.incident(number).status) == ("Pending", [], 2)
    assert ": off" in report(desk, number)


@pytest.mark.parametrize("kind", ["status", "reset", "status_after", "reset_after"])
def test_failing_api_never_keeps_the_incident_open_and_the_alert_is_closed_later(desk: Desk, kind: str) -> None:
    alert, number = desk.fetched()
    desk.stage.world.faults.arm(Fault("*", kind=kind, times=None))
    assert desk.host.close_incident(number, {"closeReason": "Resolved", "closeNotes": "done"}) is None
    assert desk.incident(number).status == 2
    assert ": waits" in report(desk, number)
    desk.stage.world.faults.clear()
    desk.round(count=3)
    assert (alert.status.label, comments_of(alert)) == ("Closed", ["Resolved: done"])


def test_alert_that_is_gone_does_not_keep_the_incident_open(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.stage.world.alerts.delete(alert.uuid)
    assert desk.host.close_incident(number, {"closeReason": "Resolved"}) is None
    assert ": gone" in report(desk, number)


def test_closed_alert_is_left_alone(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.stage.world.alerts.set_status(alert.uuid, "Rejected")
    desk.host.close_incident(number, {"closeReason": "Resolved", "closeNotes": "ours"})
    desk.round(count=3)
    assert (alert.status.label, comments_of(alert)) == ("Rejected", [])
    incident = desk.incident(number)
    assert (incident.status, incident.fields["closeReason"], incident.fields["closeNotes"]) == (2, "Resolved", "ours")
    assert ": closed already" in report(desk, number)


def test_incident_closed_by_mirroring_costs_no_further_call(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round()
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    before = desk.calls()
    desk.round()
    assert (desk.incident(number).status, desk.calls() - before) == (2, 2)
    assert desk.writes() == []


def test_only_the_instance_of_the_incident_is_asked(desk: Desk) -> None:
    second = {"url": desk.stage.server.url, "credentials": {"identifier": "", "password": "eyJ0-of-nobody-at-all"}}
    desk.host.add_instance(INTEGRATION, "another", {**second, **BOTH})
    alert, number = desk.fetched()
    desk.host.close_incident(number, {"closeReason": "Resolved"})
    assert alert.status.label == "Closed"
    assert {call.status for call in desk.stage.world.journal.calls} == {200}


def test_incident_of_the_official_pack_closes_its_alert(desk: Desk) -> None:
    """It has no direction out, but a field that says so, and the short id as its mirror id."""
    alert, number = desk.fetched()
    desk.host.incidents.change(
        number, {"dbotMirrorDirection": "", "SekoiaXDR MirrorOut": True, "dbotMirrorInstance": ""}
    )
    desk.host.close_incident(number, {"closeReason": "Resolved", "closeNotes": "old"})
    assert (alert.status.label, desk.incident(number).dbot_mirror_id) == ("Closed", alert.short_id)


def test_script_runs_without_any_instance(desk: Desk) -> None:
    _, number = desk.fetched()
    desk.host.incidents.change(number, {"dbotMirrorInstance": "removed"})
    assert desk.host.close_incident(number, {"closeReason": "Resolved"}) is None
    assert "was not closed" in report(desk, number)
    assert desk.incident(number).status == 2


@pytest.mark.parametrize("before", ["Pending", "Ongoing", "Waiting for customer"])
@pytest.mark.parametrize("delta", [True, False])
def test_reopened_incident_gives_the_alert_its_status_back(desk: Desk, before: str, delta: bool) -> None:
    desk.host.mirroring.habits.tells_closing = delta
    desk.stage.world.statuses.define(label="Waiting for customer", stage="in_progress")
    alert, number = desk.fetched(status=before)
    desk.host.close_incident(number, {"closeReason": "Resolved"})
    desk.round(count=2)
    desk.host.reopen_incident(number)
    desk.round(count=3)
    assert (alert.status.label, desk.incident(number).status) == (before, 1)
    assert desk.incident(number).fields["SekoiaXDR Alert Status"] == before


def test_reopening_out_can_be_switched_off(desk: Desk) -> None:
    desk.stage.configure(reopen_out=False)
    alert, number = desk.fetched()
    desk.host.close_incident(number, {"closeReason": "Resolved"})
    desk.round(count=2)
    desk.host.reopen_incident(number)
    desk.round(count=3)
    assert (alert.status.label, desk.incident(number).status) == ("Closed", 1)


def test_incident_that_mirroring_closed_can_be_reopened_here(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    desk.round()
    desk.host.reopen_incident(number)
    desk.round(count=3)
    assert (alert.status.label, desk.incident(number).status) == ("Pending", 1)


def test_edit_of_a_closed_incident_changes_no_status(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.host.close_incident(number, {"closeReason": "Resolved"})
    desk.round(count=2)
    desk.host.set_fields(number, {"SekoiaXDR Alert Status": "Ongoing", "Alert Name": "renamed"})
    desk.round(count=3)
    assert (alert.status.label, alert.title) == ("Closed", "renamed")
    assert desk.incident(number).fields["SekoiaXDR Alert Status"] == "Closed"


@pytest.mark.parametrize("out_first", [True, False])
def test_closed_beats_reopened_when_both_turn_at_once(desk: Desk, out_first: bool) -> None:
    desk.host.mirroring.habits.out_first = out_first
    alert, number = desk.fetched()
    desk.round()
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    desk.stage.world.alerts.set_status(alert.uuid, "Ongoing")
    desk.host.close_incident(number, {"closeReason": "Resolved"})
    desk.round(count=4)
    assert (alert.status.stage, desk.incident(number).status) == ("closed", 2)


@pytest.mark.parametrize("out_first", [True, False])
def test_closing_beats_another_change_of_status(desk: Desk, out_first: bool) -> None:
    desk.host.mirroring.habits.out_first = out_first
    alert, number = desk.fetched()
    desk.round()
    close_without_script(desk, number, closeReason="Resolved", closeNotes="")
    desk.stage.world.alerts.set_status(alert.uuid, "Ongoing")
    desk.round(count=4)
    assert (alert.status.stage, desk.incident(number).status) == ("closed", 2)


def test_alert_closed_by_a_command_closes_the_incident(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.stage.run("sekoia-xdr-close-alert", id=alert.short_id)
    desk.round(count=2)
    assert (alert.status.label, desk.incident(number).status) == ("Closed", 2)


def test_status_field_closes_only_if_closing_out_is_on(desk: Desk) -> None:
    desk.stage.configure(close_out=False)
    alert, number = desk.fetched()
    desk.host.set_fields(number, {"SekoiaXDR Alert Status": "Closed"})
    desk.round(count=3)
    assert (alert.status.label, desk.incident(number).fields["SekoiaXDR Alert Status"]) == ("Pending", "Pending")


def test_closing_that_a_dying_server_did_not_carry_out_is_ordered_again(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")

    def die(call: str) -> None:
        if desk.host.mirroring.obeys:
            raise Killed(call)

    desk.host.hooks.before_platform_call = die
    with pytest.raises(Killed):
        desk.round()
    desk.stage.restart()
    assert desk.incident(number).status == 0
    desk.host.set_fields(number, {"Alert Name": "still open"})
    desk.round(count=3)
    assert (desk.incident(number).status, alert.status.label, alert.title) == (2, "Closed", "still open")


def test_dry_run_sends_nothing(desk: Desk) -> None:
    alert, _ = desk.fetched()
    outcome = desk.stage.run("sekoia-xdr-mirror-close", id=alert.short_id, close_reason="Resolved", dry_run="true")
    assert "Dry run" in outcome.entries[0].shown
    assert (desk.writes(), alert.status.label) == ([], "Pending")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("close_reasons_out", "Resolved", "Close reasons, XSOAR to Sekoia"),
        ("close_reasons_in", "=x", "Close reasons, Sekoia to XSOAR"),
        ("comment_tag", "CommentFromSekoia", "Tags of comments"),
        ("mirror_look_back", "0", "Mirroring look back"),
    ],
)
def test_test_button_names_a_setting_that_cannot_work(desk: Desk, name: str, value: str, words: str) -> None:
    desk.stage.configure(**{name: value})
    outcome = desk.host.test(desk.host.instance(INSTANCE))
    assert (outcome.ok, words in outcome.message) == (False, True)
