"""Incidents that the official pack made go on being mirrored after the switch: their mirror id is the short id."""

import json
import re

import pytest

from lab.sekoia.alerts.model import Alert
from lab.xsoar import commandline
from tests.mirror.desk import TAG_OUT, Desk, comments_of
from tests.repository.pack_items import INTEGRATION
from tests.stage import INSTANCE, Stage

STATUS, URGENCY, DETAILS = "SekoiaXDR Alert Status", "SekoiaXDR Urgency", "SekoiaXDR Alert Details"


def taken_over(desk: Desk, direction: str = "In") -> tuple[Alert, str]:
    """An alert, and its incident as the official pack had left it: no base, no tags, a memory of its own.

    It wrote the direction In for Incoming as well as for both, and put what goes out into the field MirrorOut.
    """
    alert, number = desk.fetched("Beacon", details="as raised")
    official = {"dbotMirrorDirection": direction, "dbotMirrorTags": [], "SekoiaXDR Mirror Base": ""}
    assert desk.incident(number).dbot_mirror_id == alert.short_id
    desk.host.incidents.change(number, {**official, "dbotMirrorInstance": INSTANCE, "SekoiaXDR MirrorOut": True})
    state = desk.host.state(INSTANCE)
    state.keep_context({"fetch_cache": [], "mirroring_cache": []})
    state.keep_last_mirror_run(json.dumps({}))
    return alert, number


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


def test_changes_of_the_alert_arrive_under_the_official_names(desk: Desk) -> None:
    alert, number = taken_over(desk)
    desk.stage.world.alerts.edit(alert.uuid, title="Phishing", details="looked at", urgency=90)
    desk.stage.world.alerts.set_status(alert.uuid, "Ongoing")
    desk.stage.world.alerts.comment(alert.uuid, "theirs")
    desk.round(count=3)
    incident = desk.incident(number)
    names = ("Alert Name", DETAILS, STATUS)
    assert [incident.fields[name] for name in names] == ["Phishing", "looked at", "Ongoing"]
    assert (incident.severity, len(desk.entries(number)), incident.dbot_mirror_direction) == (4, 1, "In")


def test_closed_alert_closes_the_incident_and_reopening_reopens_it(desk: Desk) -> None:
    alert, number = taken_over(desk)
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    desk.round()
    assert desk.incident(number).status == 2
    desk.stage.world.alerts.set_status(alert.uuid, "Ongoing")
    desk.round()
    assert desk.incident(number).status == 1


@pytest.mark.parametrize("rounds", [0, 2])
def test_closing_the_incident_closes_the_alert_by_the_script(desk: Desk, rounds: int) -> None:
    alert, number = taken_over(desk)
    desk.round(count=rounds) if rounds else None
    desk.host.close_incident(number, {"closeReason": "Resolved", "closeNotes": "done"})
    desk.round(count=2)
    assert (alert.status.label, desk.incident(number).status) == ("Closed", 2)
    assert sum("/workflow" in call or call.startswith("PATCH") for call in desk.writes()) == 1


def documented_command() -> str:
    """What the integration's page tells a user to run on an old incident that is to be mirrored both ways."""
    (found,) = re.findall(r"`(!setIncident [^`]+)`", (INTEGRATION / "README.md").read_text("utf-8"))
    return str(found)


def test_incident_that_the_documented_command_gives_both_directions_sends_its_changes(desk: Desk) -> None:
    alert, number = taken_over(desk)
    name, given = commandline.parse(documented_command())
    desk.host.automation.execute(name, given, number)
    desk.round()
    desk.host.set_fields(number, {URGENCY: 15, STATUS: "Ongoing"})
    desk.host.add_entry(number, "ours", (TAG_OUT,))
    desk.stage.world.alerts.edit(alert.uuid, title="Phishing")
    desk.round(count=3)
    assert (alert.urgency_value, alert.status.label) == (15, "Ongoing")
    assert [text.partition("\n")[0] for text in comments_of(alert)] == ["ours"]
    assert (desk.incident(number).fields["Alert Name"], desk.entries(number)) == ("Phishing", [])
