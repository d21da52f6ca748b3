"""Incidents: the list, the page of one with its buttons, the closing form; and dashboards."""

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from lab.xsoar.jobs import CommandOutcome, iso
from lab.xsoar.listing import Wanted, sheet
from lab.xsoar.pages import render_closing_form, render_dashboard, render_incident, values
from lab.xsoar.pages.sections import entry_markup
from lab.xsoar.web.site import back, links, page, site

pages = Blueprint("incidents", __name__)
SEVERITIES = {f"{number:g}": word for number, word in values.SEVERITIES.items()}
STATUSES = {str(number): word for number, word in values.STATUSES.items()}


def wanted() -> Wanted:
    """The filters of the address; what is no filter counts as none."""
    given = request.args
    status, severity = given.get("status", ""), given.get("severity", "")
    number = given.get("page", "1")
    return Wanted(
        status=int(status) if status in STATUSES else None,
        severity=float(severity) if severity in SEVERITIES else None,
        text=given.get("text", "").strip(),
        page=int(number) if number.isdecimal() and len(number) < 8 else 1,
    )


@pages.get("/incidents")
def listed() -> str:
    """The list with its filters."""
    here = site()
    found = sheet(here.host.store, wanted())
    rows = [
        (one, values.severity(one.severity), STATUSES.get(str(one.status), "Pending"), values.moment(one.occurred))
        for one in found.rows
    ]
    return page(
        "list.html",
        "Incidents",
        found=found,
        rows=rows,
        given=request.args,
        severities=SEVERITIES,
        statuses=STATUSES,
        actions=here.actions,
        note=here.note,
        now=values.moment(iso(here.host.clock.time())),
        address=_address,
    )


def _address(number: int) -> str:
    """The list with the same filters on another page."""
    kept = {name: value for name, value in request.args.items() if name not in ("page", "said") and value}
    return f"/incidents?{urlencode({**kept, 'page': number})}"


@pages.get("/incidents/<incident_id>")
def opened(incident_id: str) -> str | Response:
    """The page of an incident on one of its tabs; the war room has a page of its own."""
    tab = request.args.get("tab", "")
    if tab == "warRoom":
        return redirect(f"/incidents/{incident_id}/room", 302)
    return render_incident(site().host, incident_id, tab, links())


@pages.post("/incidents/<incident_id>/press")
def pressed(incident_id: str) -> Response:
    """A button of the layout: its script runs in the incident's war room, to the end of what it waits for."""
    given = {name: value for name, value in request.form.items() if name not in ("script", "_token") and value}
    host = site().host
    outcome = host.follow(host.run_script(request.form.get("script", ""), given, incident_id))
    return back(f"/incidents/{incident_id}", outcome_markup(outcome), outcome.error is not None)


def outcome_markup(outcome: CommandOutcome) -> Markup:
    """What a script or a command showed."""
    shown = Markup("").join(entry_markup(entry.body) for entry in outcome.entries)
    return shown or Markup("<p>Done; the script showed nothing.</p>")


@pages.get("/incidents/<incident_id>/close")
def closing(incident_id: str) -> str:
    """The closing form."""
    return render_closing_form(site().host, incident_id, links())


@pages.post("/incidents/<incident_id>/close")
def closed(incident_id: str) -> Response:
    """Closes the incident after the closing script of its type has run."""
    fields: Mapping[str, str] = {name: value for name, value in request.form.items() if name != "_token"}
    error = site().host.close_incident(incident_id, fields)
    if error is not None:
        return back(f"/incidents/{incident_id}/close", error, bad=True)
    return back(f"/incidents/{incident_id}", f"Incident #{incident_id} is closed.")


@pages.get("/dashboards/<name>")
def board(name: str) -> str:
    """A dashboard."""
    return render_dashboard(site().host, name, links())
