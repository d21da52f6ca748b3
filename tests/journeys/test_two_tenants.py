"""Two tenants on one server: what playbooks and buttons do for an incident, they do in its own tenant alone."""

from collections.abc import Iterator

import pytest

from lab.clock import Clock
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from lab.xsoar.automation import bodies_of
from tests.stage import INTEGRATION, Stage

OTHER = "another tenant"
TRIAGE, HUNT = "Sekoia XDR - Triage and Enrich Alert", "Sekoia XDR - Hunt Events"
RESPOND, CLOSE = "Sekoia XDR - Respond with Approval", "Sekoia XDR - Close Alert"


@pytest.fixture
def other(stage: Stage, clock: Clock) -> Iterator[World]:
    """A second tenant with an instance of its own; each tenant has one alert, which is an incident."""
    world = World(clock, seed=8)
    with SekoiaServer(world) as server:
        secret = {"credentials": {"identifier": "", "password": world.keys.issue("soar")}}
        instance = stage.host.add_instance(INTEGRATION, OTHER, {**secret, "url": server.url})
        for tenant in (stage.world, world):
            made = tenant.alerts.raise_alert("Suspicious logon", source="192.0.2.7", countermeasures=["Reset it"])
            tenant.events.attach(made.short_id, count=3)
        assert len(stage.minute().created) == 1
        assert len(stage.host.fetch(instance).created) == 1
        world.journal.calls.clear()
        stage.world.journal.calls.clear()
        yield world


@pytest.mark.parametrize(
    ("playbook", "inputs", "answers"),
    [
        (TRIAGE, {"CreateCase": "true", "PostComment": "true", "HuntRelatedEvents": "true"}, {}),
        (HUNT, {"Values": "192.0.2.7", "SOLQuery": "events | limit 10", "PostComment": "true"}, {}),
        (RESPOND, {}, {"Is the response approved?": "Yes"}),
        (CLOSE, {"Verdict": "true_positive", "Comment": "done"}, {}),
    ],
    ids=[TRIAGE, HUNT, RESPOND, CLOSE],
)
@pytest.mark.parametrize("number", ["1", "2"])
def test_playbook_works_in_the_tenant_of_its_incident_alone(
    stage: Stage, other: World, playbook: str, inputs: dict[str, str], answers: dict[str, str], number: str
) -> None:
    run = stage.host.play(playbook, number, inputs)
    for question, answer in answers.items():
        run.answer(question, answer)
    assert (run.state, [step.error for step in run.steps if step.error]) == ("completed", [])
    own, foreign = (stage.world, other) if number == "1" else (other, stage.world)
    assert {call.method for call in own.journal.calls} & {"POST", "PATCH"}
    assert foreign.journal.calls == []


def test_every_section_and_button_of_the_page_asks_the_tenant_of_its_incident_alone(stage: Stage, other: World) -> None:
    layout = stage.bundle.layouts["Sekoia XDR Layout"]
    sections = [one for tab in layout["detailsV2"]["tabs"] for one in tab.get("sections", ())]
    for script in [one["query"] for one in sections if one.get("queryType") == "script"]:
        bodies_of(stage.host.automation.run(stage.host.automation.script(script), {}, "2"), {})
    for script, given in (
        ("SekoiaXDRChangeStatus", {"status": "Acknowledged"}),
        ("SekoiaXDRAddComment", {"comment": "mine"}),
        ("SekoiaXDRRefreshAlert", {}),
        ("SekoiaXDRRefreshEvents", {}),
        ("SekoiaXDRRunHunt", {"hunt": "alert_events"}),
        ("SekoiaXDRAddToCase", {"title": "Campaign"}),
        ("SekoiaXDRDecideCountermeasure", {"countermeasure": "1", "decision": "activate"}),
        ("SekoiaXDRCloseWithVerdict", {"verdict": "true_positive"}),
    ):
        outcome = stage.host.follow(stage.host.run_script(script, given, "2"))
        assert outcome.error is None, (script, outcome.error)
    assert other.journal.calls
    assert stage.world.journal.calls == []


def test_run_that_belongs_to_no_instance_asks_the_only_one_and_none_of_two(stage: Stage, other: World) -> None:
    given = {"command": "sekoia-xdr-list-alerts"}
    outcome = stage.host.run_script("SekoiaXDRRunOnInstance", given)
    assert "names no instance, and several are enabled: Sekoia XDR_instance_1, another tenant" in (outcome.error or "")
    assert (stage.world.journal.calls, other.journal.calls) == ([], [])
    stage.host.enable(OTHER, enabled=False)
    outcome = stage.host.run_script("SekoiaXDRRunOnInstance", given)
    assert outcome.error is None
    assert (len(stage.world.journal.calls), other.journal.calls) == (1, [])
