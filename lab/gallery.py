"""What the pictures show: an incident that somebody works on, and the dashboard after a busy week."""

import argparse
import sys

from lab.pictures import Shot, take
from lab.stage import Scene, scene
from lab.xsoar.incidents import Incident
from lab.xsoar.pages import render_dashboard, render_incident

PORT = 18080  # the same address in every picture
TIMERS, LINK = "SekoiaXDRUpdateTimers", "SekoiaXDR Alert Link"
SITE = "https://app.sekoia.io"  # instead of the lab's address, which says nothing to a reader
WORK: tuple[tuple[str, dict[str, str]], ...] = (
    ("SekoiaXDRAddComment", {"comment": "Mailbox locked with the help desk. Looking for other rules."}),
    ("SekoiaXDRAddToCase", {"title": "Parcel phishing against finance"}),
    ("SekoiaXDRRefreshAlert", {}),
)
TABS = ("sekoiaalert", "sekoiaevidence", "sekoiacontext")
STATUSES = ["Pending", "Acknowledge", "Ongoing", "Waiting for customer", "Closed", "Closed - duplicate"]


def urgency_of(incident: Incident) -> int:
    """The urgency of its alert."""
    return int(incident.fields["SekoiaXDR Urgency"] or 0)


def watched(stage: Scene, minutes: int, from_urgency: int = 0) -> list[Incident]:
    """The incidents of so many minutes; the urgent ones with their timers started, as a playbook does it."""
    for _ in range(minutes):
        for incident in stage.minute().created:
            if urgency_of(incident) >= from_urgency:
                stage.host.run_script(TIMERS, {}, incident.id)
    return stage.host.incidents.all()


def incident_shots(stage: Scene) -> list[Shot]:
    """The incident page of the phishing story."""
    stage.configure(fetch_mode="Fetch With All Events")
    chosen = max(watched(stage, 30), key=urgency_of)
    path = str(chosen.fields[LINK]).partition("/operations")
    stage.host.set_fields(chosen.id, {LINK: f"{SITE}{path[1]}{path[2]}", "owner": "Ines Okafor"})
    for script, given in WORK:
        stage.host.run_script(script, given, chosen.id)
    first, evidence, context = (render_incident(stage.host, chosen.id, tab) for tab in TABS)
    return [
        Shot("incident", first, height=1290),
        Shot("incident_dark", first, height=1290, dark=True, extra=True),
        Shot("evidence", evidence, height=1460),
        Shot("case_and_history", context, height=1230),
        Shot("incident_narrow", first, width=400, height=2400, extra=True),
    ]


def dashboard_shots(stage: Scene) -> list[Shot]:
    """The dashboard after a week of three thousand alerts."""
    stage.configure(alerts_status=STATUSES, max_fetch="200")
    for incident in watched(stage, 18, from_urgency=90):
        if urgency_of(incident) >= 90:
            stage.host.run_script("SekoiaXDRRefreshAlert", {}, incident.id)
        if incident.fields["SekoiaXDR Status Stage"] == "closed":
            stage.host.incidents.change(incident.id, {"status": 2, "closed": incident.created})
    page = render_dashboard(stage.host, "Sekoia XDR")
    return [Shot("dashboard", page, 1180, 1720), Shot("dashboard_dark", page, 1180, 1720, dark=True, extra=True)]


def pictures(options: argparse.Namespace) -> int:
    """Draws the pages of the pack, or writes them as HTML."""
    with scene("phishing", PORT) as stage:
        shots = incident_shots(stage)
    with scene("backlog_week", PORT) as stage:
        shots += dashboard_shots(stage)
    if options.html:
        options.html.mkdir(parents=True, exist_ok=True)
        for shot in shots:
            (options.html / f"{shot.name}.html").write_text(shot.document, encoding="utf-8")
        return 0
    for path in take([shot for shot in shots if options.all or not shot.extra], options.output):
        sys.stdout.write(f"{path}  {path.stat().st_size // 1024} KiB\n")
    return 0
