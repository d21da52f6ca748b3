"""From the incident page: what an analyst sees and presses, through the built pack against the tenant."""

import pytest

from lab.sekoia.faults import Fault
from lab.xsoar.automation import bodies_of
from lab.xsoar.pages import render_closing_form, render_dashboard, render_incident, render_quick_view
from tests.page_risks import Page
from tests.stage import Stage

TABS = ("sekoiaalert", "sekoiaevidence", "sekoiacontext", "caseinfoid", "warRoom", "workPlan")
HOSTILE = "<img src=x onerror=alert(1)> | `x` \u202etxt.exe ![p](http://192.0.2.1/p.png) 😀"


@pytest.fixture
def alert_id(stage: Stage) -> str:
    """An alert that was fetched as incident 1, whose timers run."""
    alert = stage.world.alerts.raise_alert("Suspicious logon", urgency=62)
    assert [one.name for one in stage.minute().created] == ["Suspicious logon"]
    stage.host.run_script("SekoiaXDRUpdateTimers", {}, "1")
    return alert.short_id


def field(stage: Stage, name: str) -> object:
    return stage.host.incidents.get("1").fields[name]


def press(stage: Stage, script: str, **given: str) -> str:
    """What a button answers; an error is raised as AssertionError."""
    outcome = stage.host.run_script(script, {"short_id": str(field(stage, "Alert ID")), **given}, "1")
    assert outcome.error is None, outcome.error
    return outcome.entries[-1].shown


def section(stage: Stage, script: str) -> str:
    """What a dynamic section shows."""
    run = stage.host.automation.run(stage.host.automation.script(script), {}, "1")
    (body,) = bodies_of(run, {})
    return str(body["HumanReadable"] or body["Contents"]) if "HumanReadable" in body else str(body["Contents"])


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_of_a_plain_incident_can_be_drawn(stage: Stage, alert_id: str, tab: str) -> None:
    page = render_incident(stage.host, "1", tab)
    assert "Suspicious logon" in page
    assert 'class="trouble"' not in page


def test_page_of_an_alert_of_which_almost_nothing_is_known_can_be_drawn(stage: Stage) -> None:
    stage.world.alerts.raise_alert(drop=("title", "urgency", "entity", "rule", "assets", "details", "source", "target"))
    stage.minute()
    pages = [render_incident(stage.host, "1", tab) for tab in TABS]
    assert all('class="trouble"' not in page for page in pages)


def test_hostile_alert_is_text_on_every_tab(stage: Stage) -> None:
    stage.world.alerts.raise_alert(
        HOSTILE, details=HOSTILE, source=HOSTILE, target=HOSTILE, rule=HOSTILE, entity=HOSTILE
    )
    stage.minute()
    pages = [render_incident(stage.host, "1", tab) for tab in TABS]
    pages += [
        render_quick_view(stage.host, "1"),
        render_closing_form(stage.host, "1"),
        render_dashboard(stage.host, "Sekoia XDR"),
    ]
    assert [Page(page).risks for page in pages] == [[]] * len(pages)


def test_page_says_what_cannot_be_shown_when_sekoia_is_down(stage: Stage, alert_id: str) -> None:
    stage.world.faults.arm(Fault("*", status=503, times=500))
    page = render_incident(stage.host, "1")
    assert "Suspicious logon" in page
    assert "The comments cannot be shown now" in page


def test_head_of_the_page_follows_the_alert(stage: Stage, alert_id: str) -> None:
    assert "Pending" in section(stage, "SekoiaXDRShowSummary")
    stage.clock.advance(120)
    press(stage, "SekoiaXDRChangeStatus", status="Acknowledged", comment="mine")
    assert stage.world.alerts.get(alert_id).status.label == "Acknowledged"
    head = section(stage, "SekoiaXDRShowSummary")
    assert "Acknowledged" in head
    assert "Acknowledge within 1 h" in head


def test_status_of_the_workspace_is_accepted_by_the_button(stage: Stage, alert_id: str) -> None:
    stage.world.statuses.define(label="Waiting for customer", stage="in_progress")
    press(stage, "SekoiaXDRChangeStatus", status="waiting for CUSTOMER")
    assert field(stage, "SekoiaXDR Alert Status") == "Waiting for customer"
    assert field(stage, "SekoiaXDR Status Stage") == "in_progress"


def test_refused_status_is_told_and_changes_nothing(stage: Stage, alert_id: str) -> None:
    outcome = stage.host.run_script("SekoiaXDRChangeStatus", {"status": "Done and dusted"}, "1")
    assert "Known ones: Pending, Acknowledged" in (outcome.error or "")
    assert field(stage, "SekoiaXDR Alert Status") == "Pending"


def test_timers_follow_the_stage_of_the_alert(stage: Stage, alert_id: str) -> None:
    stage.clock.advance(300)
    press(stage, "SekoiaXDRChangeStatus", status="Ongoing")
    timers = {name: field(stage, f"SekoiaXDR {name} SLA") for name in ("Acknowledge", "Close")}
    states = {name: timer["runStatus"] for name, timer in timers.items() if isinstance(timer, dict)}
    assert states == {"Acknowledge": "ended", "Close": "running"}


def test_comment_of_the_page_is_in_the_tenant_and_on_the_page(stage: Stage, alert_id: str) -> None:
    assert "Comment added" in press(stage, "SekoiaXDRAddComment", comment="Looks | real")
    (comment,) = stage.world.alerts.get(alert_id).comments
    assert (comment.content, comment.author) == ("Looks | real", "Analyst")
    assert "Looks \\| real" in section(stage, "SekoiaXDRPrintComments")


def test_closing_with_a_verdict_closes_both_sides(stage: Stage, alert_id: str) -> None:
    said = press(stage, "SekoiaXDRCloseWithVerdict", verdict="false_positive", comment="A test of ours")
    alert = stage.world.alerts.get(alert_id)
    assert (alert.status.stage, alert.ruling and alert.ruling.verdict.stage) == ("closed", "false_positive")
    incident = stage.host.incidents.get("1")
    assert (incident.status, incident.fields["closeReason"], incident.fields["closeNotes"]) == (
        2,
        "False Positive",
        "A test of ours",
    )
    assert "closed as False Positive" in said


def test_incident_stays_open_when_the_verdict_is_none_of_the_workspace(stage: Stage, alert_id: str) -> None:
    outcome = stage.host.run_script("SekoiaXDRCloseWithVerdict", {"verdict": "maybe"}, "1")
    assert "no verdict of this tenant" in (outcome.error or "")
    assert stage.host.incidents.get("1").status == 0
    assert stage.world.alerts.get(alert_id).status.stage == "open"


def test_button_asks_the_instance_of_its_incident_alone(stage: Stage, alert_id: str) -> None:
    stage.host.add_instance("Sekoia XDR", "another tenant", {**stage.secret(), "url": stage.server.url})
    before = len(stage.world.journal.calls)
    press(stage, "SekoiaXDRAddComment", comment="once")
    assert [call.method for call in stage.world.journal.calls[before:]].count("POST") == 1


def test_countermeasure_is_activated_by_its_number(stage: Stage) -> None:
    stage.world.alerts.raise_alert("x", countermeasures=("Reset the password", "Remove the rule"))
    stage.minute()
    assert "| 2 | Remove the rule | waits for a decision |" in section(stage, "SekoiaXDRShowCountermeasures")
    press(stage, "SekoiaXDRDecideCountermeasure", countermeasure="2", decision="activate", comment="now")
    shown = section(stage, "SekoiaXDRShowCountermeasures")
    assert "| 2 | Remove the rule | activated" in shown
    outcome = stage.host.run_script("SekoiaXDRDecideCountermeasure", {"countermeasure": "9", "decision": "deny"}, "1")
    assert "1: Reset the password; 2: Remove the rule" in (outcome.error or "")


def test_alert_gets_a_case_and_the_page_shows_it(stage: Stage, alert_id: str) -> None:
    assert "belongs to no case" in section(stage, "SekoiaXDRPrintCase")
    press(stage, "SekoiaXDRAddToCase", title="Logon campaign")
    assert "Logon campaign" in section(stage, "SekoiaXDRPrintCase")
    outcome = stage.host.run_script("SekoiaXDRAddToCase", {"case_id": "CAdoesnotexist"}, "1")
    assert "could not be added to the case" in (outcome.error or "")


def test_events_are_read_again_by_the_button(stage: Stage) -> None:
    alert = stage.world.alerts.raise_alert("x")
    stage.world.events.attach(alert.short_id, count=3)
    stage.minute()
    assert not field(stage, "SekoiaXDR Events")
    outcome = stage.host.follow(stage.host.run_script("SekoiaXDRRefreshEvents", {}, "1"))
    assert "3 events of" in outcome.entries[-1].shown
    rows = field(stage, "SekoiaXDR Events")
    assert isinstance(rows, list) and len(rows) == 3
    assert "<b>3</b> events on this page" in section(stage, "SekoiaXDRShowEvents")


def test_hunt_passes_its_result_to_the_war_room(stage: Stage) -> None:
    alert = stage.world.alerts.raise_alert("x")
    stage.world.events.attach(alert.short_id, count=3)
    stage.minute()
    outcome = stage.host.follow(stage.host.run_script("SekoiaXDRRunHunt", {"hunt": "alert_events"}, "1"))
    assert outcome.error is None
    assert outcome.entries


def test_history_similar_alerts_and_observables_are_shown(stage: Stage, alert_id: str) -> None:
    press(stage, "SekoiaXDRChangeStatus", status="Ongoing", comment="mine")
    assert "status Pending → Ongoing — “mine”" in section(stage, "SekoiaXDRShowHistory")
    assert "cannot be shown" not in section(stage, "SekoiaXDRShowSimilarAlerts")
    assert "cannot be shown" not in section(stage, "SekoiaXDRShowObservables")


def test_choices_name_statuses_and_verdicts_of_the_workspace(stage: Stage, alert_id: str) -> None:
    shown = section(stage, "SekoiaXDRShowChoices")
    assert "Acknowledge" in shown
    assert "(false positive)" in shown


def test_dashboard_shows_alerts_false_positives_and_health(stage: Stage, alert_id: str) -> None:
    press(stage, "SekoiaXDRCloseWithVerdict", verdict="false_positive")
    stage.world.alerts.raise_alert("Second", urgency=91)
    stage.minute()
    page = render_dashboard(stage.host, "Sekoia XDR")
    assert "(1 of 1)" in page
    assert "up to date" in page
    assert "Second" in page
    assert 'class="trouble"' not in page


def test_health_of_an_instance_whose_key_expired_says_so(stage: Stage, alert_id: str) -> None:
    stage.world.keys.change("soar", state="expired")
    stage.minute()
    page = render_dashboard(stage.host, "Sekoia XDR")
    assert ("expired" in page, "up to date" in page) == (True, False)
