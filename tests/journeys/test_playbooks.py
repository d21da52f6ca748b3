"""The playbooks of the built pack at work: each runs to its end, whatever is answered, disabled or broken."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from lab.sekoia.alerts.model import Alert
from lab.sekoia.faults import Fault
from lab.xsoar.bundle import Argument, Command, Script
from lab.xsoar.playbook import read
from lab.xsoar.playbook_docs import playbooks_in
from lab.xsoar.playbook_run import PlaybookRun
from tests.conftest import ROOT
from tests.stage import INSTANCE, Stage

TRIAGE, HUNT = "Sekoia XDR - Triage and Enrich Alert", "Sekoia XDR - Hunt Events"
RESPOND, CLOSE = "Sekoia XDR - Respond with Approval", "Sekoia XDR - Close Alert"
APPROVAL, VERDICT = "Is the response approved?", "What is the verdict of the alert?"
DISABLED = "Report that the integration is not enabled"

Play = Callable[..., PlaybookRun]

TOOL = """
def main():
    args = demisto.args()
    if "offline" in args["host"]:
        return_error("the host is offline")
    return_results("isolated " + args["host"])


main()
"""


@pytest.fixture
def alert(stage: Stage) -> Alert:
    """A fetched alert with an asset, a source, a target, a countermeasure and events; a second alert is like it."""
    laptop = stage.world.assets.add("laptop-7", "host")
    said: dict[str, Any] = {"rule": "Logon from abroad", "source": "192.0.2.7", "target": "laptop-7"}
    stage.world.alerts.raise_alert("Earlier logon", **said)
    alert = stage.world.alerts.raise_alert(
        "Suspicious logon", urgency=62, assets=[laptop.uuid], countermeasures=["Reset the password"], **said
    )
    stage.world.events.attach(alert.short_id, count=3)
    stage.minute()
    return alert


@pytest.fixture
def play(stage: Stage, alert: Alert) -> Play:
    """Runs a playbook in the alert's incident."""

    def run(playbook: str, **inputs: Any) -> PlaybookRun:
        return stage.host.play(playbook, incident(stage, alert).id, inputs)

    return run


@pytest.fixture
def tool(stage: Stage) -> str:
    """A tool of the user that isolates hosts, as a script; a host named offline cannot be isolated."""
    command = Command("IsolateHost", (Argument("host", True, False, None, (), False),), (), False, False)
    script = Script("IsolateHost", command, (), TOOL, {})
    stage.host.bundle = dataclasses.replace(stage.host.bundle, scripts={**stage.host.bundle.scripts, script.id: script})
    return script.id


@pytest.fixture
def collection(stage: Stage) -> Any:
    """An empty collection of indicators."""
    world: Any = stage.world
    return world.iocs.create("Blocked")


def incident(stage: Stage, alert: Alert) -> Any:
    (found,) = stage.host.incidents.by_field("dbotMirrorId", alert.short_id)
    return found


def context(stage: Stage, alert: Alert) -> dict[str, Any]:
    found: dict[str, Any] = stage.host.context(incident(stage, alert).id).get("SekoiaXDR", {})
    return found


def said(alert: Alert) -> list[str]:
    return [comment.content for comment in alert.comments]


def writes(stage: Stage) -> list[str]:
    return [f"{call.method} {call.path}" for call in stage.world.journal.calls if call.method in ("PATCH", "PUT")]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# --- every playbook ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("playbook", [TRIAGE, HUNT, RESPOND, CLOSE])
def test_disabled_integration_ends_each_playbook_without_a_call(stage: Stage, play: Play, playbook: str) -> None:
    stage.host.enable(INSTANCE, False)
    before = len(stage.world.journal.calls)
    run = play(playbook)
    assert (run.state, run.done[-2:]) == ("completed", [DISABLED, "Done"])
    assert len(stage.world.journal.calls) == before


@pytest.mark.parametrize("playbook", [TRIAGE, RESPOND])
def test_alert_that_cannot_be_read_ends_the_playbook_with_a_report(
    stage: Stage, alert: Alert, play: Play, playbook: str
) -> None:
    run = play(playbook, AlertID="ALzzzzzzzzzz")
    assert (run.state, run.done[-2:]) == ("completed", ["Report the missing alert", "Done"])
    assert "ALzzzzzzzzzz could not be read" in stage.host.warroom(incident(stage, alert).id)[-1].shown
    assert said(alert) == []


def test_test_playbooks_run_to_their_end_and_change_nothing(stage: Stage, alert: Alert) -> None:
    for playbook in playbooks_in(ROOT / "Packs/SekoiaXDR/TestPlaybooks").values():
        run = stage.host.play(playbook, incident(stage, alert).id)
        assert (run.state, run.error) == ("completed", None), playbook.name
    assert (writes(stage), said(alert)) == ([], [])


# --- triage -----------------------------------------------------------------------------------------------------------


def test_triage_takes_a_new_alert_into_work_and_gathers_what_there_is(stage: Stage, alert: Alert, play: Play) -> None:
    run = play(TRIAGE)
    assert (run.state, run.done[-1]) == ("completed", "Done")
    assert [step.error for step in run.steps if step.error] == []
    assert alert.status.label == "Acknowledged"
    found = context(stage, alert)
    assert found["Alert"]["short_id"] == alert.short_id
    assert found["Asset"]["name"] == "laptop-7"
    assert [one["title"] for one in as_list(found["SimilarAlerts"])] == ["Earlier logon"]
    assert found["AlertEvents"]["count"] == 3
    assert "Case" not in found and "Events" not in found


@pytest.mark.parametrize("status", ["Ongoing", "Closed"])
def test_triage_leaves_the_status_of_an_alert_that_is_not_new(
    stage: Stage, alert: Alert, play: Play, status: str
) -> None:
    stage.run("sekoia-xdr-update-status-alert", id=alert.short_id, status=status)
    run = play(TRIAGE, GetEvents="false")
    assert run.state == "completed"
    assert alert.status.label == status


def test_triage_goes_on_when_a_part_of_the_enrichment_fails(stage: Stage, alert: Alert, play: Play) -> None:
    stage.world.faults.arm(Fault("GET */cases*", kind="status", status=403, times=None))
    run = play(TRIAGE, GetEvents="false")
    assert (run.state, run.done[-1]) == ("completed", "Done")
    assert "Report the missing enrichment" in run.done
    assert context(stage, alert)["Asset"]["name"] == "laptop-7"


def test_triage_reports_a_status_that_cannot_be_set(alert: Alert, play: Play) -> None:
    run = play(TRIAGE, Status="Done and dusted", GetEvents="false")
    assert "Report the unchanged status" in run.done
    assert (run.state, alert.status.label) == ("completed", "Pending")


def test_triage_makes_a_case_once(stage: Stage, alert: Alert, play: Play) -> None:
    for _ in range(2):
        run = play(TRIAGE, GetEvents="false", CreateCase="true", PostComment="true")
        assert [step.error for step in run.steps if step.error] == []
    (case,) = as_list(context(stage, alert)["Cases"])
    assert case["title"] == "Suspicious logon"
    assert said(alert).count(f"Triaged in Cortex XSOAR, investigation {incident(stage, alert).id}.") == 2


def test_triage_adds_the_alert_to_a_case_that_is_given(stage: Stage, alert: Alert, play: Play) -> None:
    case = stage.run("sekoia-xdr-create-case", title="Campaign").context["SekoiaXDR"]["Case"]
    play(TRIAGE, GetEvents="false", CaseID=case["short_id"])
    cases = stage.run("sekoia-xdr-get-cases-alert", alert_id=alert.short_id).context["SekoiaXDR"]["Cases"]
    assert [one["title"] for one in as_list(cases)] == ["Campaign"]


def test_triage_hunts_for_the_source_and_the_target_in_a_context_of_its_own(
    stage: Stage, alert: Alert, play: Play
) -> None:
    run = play(TRIAGE, GetEvents="false", HuntRelatedEvents="true")
    assert "Hunt for related events / Search events for the values" in run.done
    term = str(context(stage, alert)["Events"]["term"])
    assert 'source.ip:"192.0.2.7"' in term and 'host.name:"laptop-7"' in term


# --- hunt -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", ["192.0.2.7, laptop-7", ["192.0.2.7"]])
def test_hunt_finds_the_events_that_hold_a_value(stage: Stage, alert: Alert, play: Play, values: Any) -> None:
    run = play(HUNT, Values=values)
    assert [step.error for step in run.steps if step.error] == []
    assert "Is a comment wanted?" in run.done
    assert context(stage, alert)["Events"]["total"] == 3


@pytest.mark.parametrize("value", ['x" OR source.ip:"192.0.2.7', "C:\\Temp\\"])
def test_hostile_value_stays_a_value(stage: Stage, alert: Alert, play: Play, value: str) -> None:
    run = play(HUNT, Values=[value], Fields="host.name,source.ip")
    assert [step.error for step in run.steps if step.error] == []
    assert "Report that nothing was found" in run.done


def test_hunt_with_a_query_tells_what_it_found_in_a_comment(stage: Stage, alert: Alert, play: Play) -> None:
    run = play(HUNT, Query=f"alert_short_ids:{alert.short_id}", PostComment="true")
    assert "Post a comment" in run.done
    assert said(alert) == [f"A hunt in Cortex XSOAR found events, see investigation {incident(stage, alert).id}."]


def test_hunt_that_finds_nothing_says_so_and_posts_nothing(alert: Alert, play: Play) -> None:
    run = play(HUNT, Values="198.51.100.250", PostComment="true")
    assert (run.state, run.done[-2:]) == ("completed", ["Report that nothing was found", "Done"])
    assert said(alert) == []


def test_hunt_runs_a_sol_query(stage: Stage, alert: Alert, play: Play) -> None:
    run = play(HUNT, SOLQuery="events | limit 10")
    assert "Run the SOL query" in run.done
    assert "QueryResult" in context(stage, alert)


def test_hunt_reports_a_search_that_fails(stage: Stage, play: Play) -> None:
    stage.world.faults.arm(Fault("POST /v1/sic/conf/events/search/jobs", kind="status", status=403, times=None))
    run = play(HUNT, Values="192.0.2.7")
    assert (run.state, run.done[-1]) == ("completed", "Done")
    assert "Report the failed search" in run.done


# --- respond ----------------------------------------------------------------------------------------------------------


def respond(play: Play, **inputs: Any) -> PlaybookRun:
    """Runs until the approval, and checks that it is awaited."""
    run = play(RESPOND, **inputs)
    assert (run.state, run.waiting) == ("waiting", [APPROVAL])
    return run


def test_response_that_is_denied_contains_nothing_and_says_so(
    stage: Stage, alert: Alert, play: Play, tool: str, collection: Any
) -> None:
    run = respond(play, IsolationCommand=tool, IsolationArgument="host", IOCCollectionID=collection.id)
    assert (writes(stage), context(stage, alert).get("Containment")) == ([], None)
    run.answer(APPROVAL, "No")
    assert (run.state, run.done[-1]) == ("completed", "Done")
    assert (writes(stage), context(stage, alert).get("Containment")) == ([], None)
    assert (alert.status.label, collection.indicators) == ("Pending", [])
    assert [text for text in said(alert) if "was not approved" in text] == said(alert) != []


def test_response_that_is_approved_is_carried_out_and_recorded(
    stage: Stage, alert: Alert, play: Play, tool: str, collection: Any
) -> None:
    tools = {"IsolationCommand": tool, "IsolationArgument": "host", "BlockingCommand": tool, "BlockingArgument": "host"}
    run = respond(play, **tools, IOCCollectionID=collection.id).answer(APPROVAL, "Yes")
    assert (run.state, run.done[-1]) == ("completed", "Done")
    assert [step.error for step in run.steps if step.error] == []
    assert [(one["value"], one["done"]) for one in context(stage, alert)["Containment"]] == [
        ("laptop-7", True),
        ("192.0.2.7", True),
    ]
    assert alert.status.label == "Ongoing"
    assert alert.countermeasures[0]["activated_at"]
    assert ["192.0.2.7" in one.pattern for one in collection.indicators] == [True]
    assert any("was approved and carried out" in text for text in said(alert))


def test_response_with_a_tool_that_fails_becomes_work_for_a_person(
    stage: Stage, alert: Alert, play: Play, tool: str
) -> None:
    run = respond(play, IsolationCommand=tool, IsolationArgument="host", Endpoints="offline-1,laptop-7")
    run.answer(APPROVAL, "Yes")
    assert (run.state, run.waiting) == ("waiting", ["Isolate the endpoints by hand"])
    found = {one["value"]: one["error"] for one in context(stage, alert)["Containment"]}
    assert found == {"offline-1": "the host is offline", "laptop-7": ""}
    assert run.answer("Isolate the endpoints by hand").done[-1] == "Done"


def test_response_with_a_command_that_nobody_offers_becomes_work_for_a_person(play: Play) -> None:
    run = respond(play, BlockingCommand="firewall-block", ActivateCountermeasures="false").answer(APPROVAL, "Yes")
    assert run.waiting == ["Block the indicators by hand"]
    assert run.answer("Block the indicators by hand").state == "completed"


def test_response_activates_the_countermeasures_that_are_given(stage: Stage, alert: Alert, play: Play) -> None:
    run = respond(play, CountermeasureUUIDs=alert.countermeasures[0]["uuid"]).answer(APPROVAL, "Yes")
    assert "Activate the given countermeasures" in run.done
    assert alert.countermeasures[0]["activated_at"]


def test_response_without_tools_changes_the_status_alone(stage: Stage, alert: Alert, play: Play) -> None:
    run = respond(play, ActivateCountermeasures="false").answer(APPROVAL, "Yes")
    assert (run.state, alert.status.label) == ("completed", "Ongoing")
    assert writes(stage) == [f"PATCH /v1/sic/alerts/{alert.short_id}/workflow"]


# --- close ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "reason", "stage_of_verdict"),
    [
        ({"Verdict": "false_positive"}, "False Positive", "false_positive"),
        ({"Verdict": "true_positive"}, "Resolved", "true_positive"),
        ({"Verdict": "true_positive", "CloseReason": "Other"}, "Other", "true_positive"),
    ],
)
def test_closing_with_a_verdict_closes_both_sides_with_a_reason_that_fits(
    stage: Stage, alert: Alert, play: Play, inputs: dict[str, str], reason: str, stage_of_verdict: str
) -> None:
    run = play(CLOSE, Comment="Handled", **inputs)
    assert (run.state, run.error) == ("completed", None)
    assert alert.status.label == "Closed"
    assert alert.ruling is not None and alert.ruling.verdict.stage == stage_of_verdict
    assert said(alert) == ["Handled"]
    closed = incident(stage, alert)
    assert (closed.status, closed.fields["closeReason"]) == (2, reason)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [("True positive", "true_positive"), ("False positive", "false_positive"), ("No verdict", None)],
)
def test_closing_without_a_verdict_asks_a_person(
    stage: Stage, alert: Alert, play: Play, answer: str, verdict: str | None
) -> None:
    run = play(CLOSE)
    assert run.waiting == [VERDICT]
    assert alert.status.label == "Pending"
    run.answer(VERDICT, answer)
    assert (run.state, alert.status.label) == ("completed", "Closed")
    assert (alert.ruling.verdict.stage if alert.ruling else None) == verdict


def test_alert_that_cannot_be_closed_is_handed_to_a_person_before_the_incident_closes(
    stage: Stage, alert: Alert, play: Play
) -> None:
    fault = stage.world.faults.arm(Fault("PATCH *", kind="status", status=403, times=None))
    run = play(CLOSE, Verdict="true_positive")
    assert run.waiting == ["Close the alert by hand"]
    assert (fault.hits > 0, incident(stage, alert).status) == (True, 0)
    stage.world.faults.clear()
    run.answer("Close the alert by hand")
    assert (run.state, incident(stage, alert).status) == ("completed", 2)


def test_closing_can_leave_the_incident_open(stage: Stage, alert: Alert, play: Play) -> None:
    play(CLOSE, Verdict="true_positive", CloseIncident="false")
    assert (alert.status.label, incident(stage, alert).status) == ("Closed", 0)


def test_every_playbook_of_the_pack_is_played_here(stage: Stage) -> None:
    assert {read(raw).name for raw in stage.bundle.playbooks.values()} == {TRIAGE, HUNT, RESPOND, CLOSE}
