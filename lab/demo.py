"""`python -m lab demo`: a story from the test button to a closed alert, shown in the terminal."""

import argparse
import time
from typing import Any

from lab.sekoia import scenario
from lab.sekoia.faults import Fault
from lab.show import Screen
from lab.stage import INTEGRATION, PICTURE_PORT, ROOT, Scene, built_zip, scene, settings

ALERTS = "GET /v1/sic/alerts"


def demo(options: argparse.Namespace) -> int:
    """Plays a story from the test button to a closed alert. Exit code 1 when anything was lost or doubled."""
    screen = Screen(record=options.picture is not None)
    with scene(options.story, PICTURE_PORT if options.picture else 0) as stage:
        banner(screen, stage, options.story)
        press_test_button(screen, stage)
        fetch_story(screen, stage)
        chosen = show_incident(screen, stage)
        work_incident(screen, stage, chosen)
        stumble(screen, stage)
        rest_of_day(screen, stage)
        exact = balance(screen, stage)
    farewell(screen)
    if options.picture:
        screen.save_picture(options.picture, "make demo")
    return 0 if exact else 1


def banner(screen: Screen, stage: Scene, story: str) -> None:
    """What is about to be seen."""
    told = scenario.read(story)
    lines = (
        f"The built pack [bold]{built_zip().relative_to(ROOT)}[/] runs in a minimal XSOAR host against an emulated",
        "Sekoia API over HTTP on this machine. No server, no tenant, no network is needed.",
        f"Story: [bold]{told['title']}[/]. {' '.join(told['summary'].split())}",
    )
    screen.banner("Sekoia XDR for Cortex XSOAR", lines)


def press_test_button(screen: Screen, stage: Scene) -> None:
    """The test button with keys that fail, then with the right one."""
    screen.chapter(1, "Settings and the Test button")
    keys = {
        "an expired key": stage.world.keys.issue("old", state="expired"),
        "a key without rights": stage.world.keys.issue("intern", permissions=("View asset",)),
    }
    for label, key in keys.items():
        instance = stage.host.add_instance(INTEGRATION, f"Sekoia XDR, {label}", settings(stage.server.url, key))
        screen.verdict(False, label, stage.host.test(instance).message)
    outcome = stage.host.test(stage.instance)
    screen.verdict(outcome.ok, "the right key", outcome.message)


def incident_row(incident: Any) -> dict[str, Any]:
    """An incident as the analyst's list shows it."""
    return {
        "#": incident.id,
        "Incident": incident.name,
        "Severity": incident.severity,
        "Urgency": incident.fields["SekoiaXDR Urgency"],
        "Entity": incident.fields["SekoiaXDR Entity"],
        "Occurred (UTC)": str(incident.occurred)[:16].replace("T", " "),
    }


def fetch_story(screen: Screen, stage: Scene, minutes: int = 22) -> None:
    """Fetch each minute of the story's first scene."""
    screen.chapter(2, "Fetch, once a minute")
    for _ in range(minutes):
        before = len(stage.world.journal.calls)
        outcome = stage.minute()
        calls = len(stage.world.journal.calls) - before
        at = time.strftime("%H:%M", time.gmtime(stage.clock.time()))
        if outcome.error:
            screen.say(f"  {at}  [red]{outcome.error}[/]")
        elif outcome.created:
            screen.say(f"  {at}  [bold]{len(outcome.created)}[/] new with {calls} calls: {outcome.created[0].name}")
    screen.table("Incidents", [incident_row(incident) for incident in stage.host.incidents.all()])


SHOWN_FIELDS = (
    "Alert ID",
    "Severity",
    "SekoiaXDR Urgency",
    "SekoiaXDR Alert Status",
    "SekoiaXDR Rule Name",
    "Alert Category",
    "Alert Type ID",
    "SekoiaXDR Entity",
    "Source IP",
    "SekoiaXDR Target",
    "SekoiaXDR Kill Chain",
    "MITRE Technique Name",
    "SekoiaXDR Assets",
    "SekoiaXDR First Seen",
    "SekoiaXDR Occurrences",
    "External Link",
)


def show_incident(screen: Screen, stage: Scene) -> Any:
    """The most severe incident with what the mapper made of the alert; returns it."""
    screen.chapter(3, "One incident, as the mapper fills it")
    chosen = max(stage.host.incidents.all(), key=lambda one: (one.severity, one.fields["SekoiaXDR Urgency"] or 0))
    pairs = [(name, chosen.severity if name == "Severity" else chosen.fields[name]) for name in SHOWN_FIELDS]
    screen.fields(
        f"#{chosen.id}  {chosen.name}   (type: {chosen.type})",
        [pair for pair in pairs if pair[1] not in (None, "", [])],
    )
    return chosen


def work_incident(screen: Screen, stage: Scene, incident: Any) -> None:
    """Acknowledge, comment, close; after each, the state in Sekoia."""
    screen.chapter(4, "From the war room")
    short_id = str(incident.dbot_mirror_id)
    lines = (
        f'!sekoia-xdr-update-status-alert id={short_id} status=Acknowledge comment="Taken by the day shift"',
        f'!sekoia-xdr-post-comment-alert id={short_id} comment="Two more copies removed." author="Day shift"',
        f"!sekoia-xdr-close-alert id={short_id} verdict=true_positive",
        f"!sekoia-xdr-close-alert id={short_id}",
    )
    for line in lines:
        outcome = stage.host.run(line, stage.instance, incident.id)
        shown = outcome.error or "\n\n".join(entry.shown for entry in outcome.entries)
        screen.command(line, shown, error=outcome.error is not None)
        screen.aside(f"in Sekoia: {stage.state_of(short_id)}")


def stumble(screen: Screen, stage: Scene) -> None:
    """New alerts arrive while the API misbehaves; what was not fetched at once is fetched later."""
    screen.chapter(5, "When the API stumbles")
    for number in range(1, 6):
        stage.world.alerts.raise_alert(f"Password spraying against the VPN portal, wave {number}", urgency=35 + number)
    for fault in (Fault(ALERTS, kind="status", status=503, times=2), Fault(ALERTS, kind="cut", after=2, times=1)):
        stage.world.faults.arm(fault)
    outcome = stage.minute()
    screen.verdict(
        True, "503, 503, cut answer", f"{len(outcome.created)} new incidents in the same run, after three repeats"
    )
    stage.world.alerts.raise_alert("Password spraying against the VPN portal, wave 6", urgency=41)
    stage.world.faults.arm(Fault(ALERTS, kind="html", status=403, times=1))
    outcome = stage.minute()
    screen.verdict(False, "a firewall's page", outcome.error or "")
    outcome = stage.minute()
    screen.verdict(True, "a minute later", f"{len(outcome.created)} new incident: nothing was skipped")


def rest_of_day(screen: Screen, stage: Scene, hours: int = 4) -> None:
    """The story goes on to its end, a fetch each minute."""
    screen.chapter(6, "The rest of the day")
    for _ in screen.progress(f"{hours} hours, a fetch each minute", range(60 * hours)):
        stage.minute()


def balance(screen: Screen, stage: Scene) -> bool:
    """Counts both sides; True when each alert is exactly one incident."""
    alerts = sorted(alert.short_id for alert in stage.world.alerts.all())
    incidents = sorted(str(incident.dbot_mirror_id) for incident in stage.host.incidents.all())
    lost, doubled = set(alerts) - set(incidents), len(incidents) - len(set(incidents))
    counts = {"alerts in Sekoia": len(alerts), "incidents": len(incidents), "lost": len(lost), "doubled": doubled}
    screen.table("Balance", [counts])
    return alerts == incidents


def farewell(screen: Screen) -> None:
    """Where the pack is and how to install it."""
    screen.say(f"The pack: [bold]{built_zip().relative_to(ROOT)}[/]")
    screen.say("Install it: Cortex XSOAR, Marketplace, ⋮, Upload content packs; or from here:")
    screen.say("  DEMISTO_BASE_URL=https://your-server DEMISTO_API_KEY=… make upload")
