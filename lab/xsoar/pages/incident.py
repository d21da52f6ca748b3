"""The page of an incident: its head, the tabs of its layout, one of them open, and the closing form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from lab.xsoar.automation import bodies_of
from lab.xsoar.errors import UnknownName
from lab.xsoar.incidents import DONE, Incident
from lab.xsoar.pages import values
from lab.xsoar.pages.links import Links
from lab.xsoar.pages.page import document
from lab.xsoar.pages.sections import Sections

if TYPE_CHECKING:
    from lab.xsoar.host import Host

Raw = Mapping[str, Any]
REASONS = ("Resolved", "False Positive", "Duplicate", "Other")


@dataclass(frozen=True)
class Question:
    """One field of the closing form."""

    name: str
    title: str
    kind: str
    choices: tuple[str, ...]
    required: bool


def layout_of(host: "Host", incident: Incident) -> Raw:
    """The layout of the incident's type; raises UnknownName."""
    name = str(host.bundle.incident_types.get(incident.type, {}).get("layout") or "")
    if name not in host.bundle.layouts:
        raise UnknownName("layout", name, f"incident type {incident.type}")
    return host.bundle.layouts[name]


def tabs_of(layout: Raw) -> list[Raw]:
    """The tabs that are shown."""
    return [tab for tab in layout["detailsV2"]["tabs"] if not tab.get("hidden")]


def head_of(incident: Incident) -> dict[str, Any]:
    """What stands above the tabs."""
    return {
        "id": incident.id,
        "name": incident.name,
        "type": incident.type,
        "status": values.STATUSES.get(incident.status, "Pending"),
        "closed": incident.status == DONE,
        "severity": values.severity(incident.severity),
        "owner": incident.owner or "nobody",
        "occurred": values.moment(incident.occurred),
        "instance": incident.instance,
    }


def render_incident(host: "Host", incident_id: str, tab: str = "", links: Links | None = None) -> str:
    """The page of an incident as an HTML document; `tab` is the id of a tab of its layout, by default the first one.

    The scripts of the open tab's dynamic sections really run, as they do when an analyst opens it; nothing of them is
    kept. Raises UnknownName for an incident, a tab, a field or a script that does not exist.
    """
    incident = host.incidents.get(incident_id)
    tabs = tabs_of(layout_of(host, incident))
    chosen = next((one for one in tabs if one["id"] == (tab or tabs[0]["id"])), None)
    if chosen is None:
        raise UnknownName("tab", tab, f"layout of {incident.type}")
    links = links or Links()
    return document(
        "incident.html",
        title=f"#{incident.id} {incident.name}",
        head=head_of(incident),
        tabs=[{"id": one["id"], "name": one["name"], "open": one is chosen} for one in tabs],
        sections=Sections(host, incident).of_tab(chosen),
        questions=[] if links.live else questions(host, incident),  # a served page leads to the form instead
        links=links,
    )


def questions(host: "Host", incident: Incident) -> list[Question]:
    """The fields of the layout's closing form; the choices of one that has a display script are what it offers now."""
    sections = layout_of(host, incident).get("close", {}).get("sections") or ()
    names = [str(one["fieldId"]).removeprefix("incident_") for part in sections for one in part["fields"]]
    return [_question(host, incident, name) for name in names]


def _question(host: "Host", incident: Incident, name: str) -> Question:
    field = host.catalogue.on_a_page(name)
    choices = REASONS if field.cli_name == "closeReason" else field.choices
    if field.display:
        run = host.automation.run(host.automation.script(field.display), {}, incident.id)
        answers = [body["Contents"] for body in bodies_of(run, {}) if isinstance(body.get("Contents"), Mapping)]
        choices = tuple(str(one) for answer in answers for one in answer.get("options") or ())
    title = Sections(host, incident).title(name)
    required = field.cli_name in ("closeReason", "closeNotes")
    return Question(field.cli_name, title, field.kind, choices, required)


def render_closing_form(host: "Host", incident_id: str, links: Links | None = None) -> str:
    """The closing form alone."""
    incident = host.incidents.get(incident_id)
    return document(
        "closing.html",
        title=f"Close #{incident.id}",
        head=head_of(incident),
        questions=questions(host, incident),
        links=links or Links(),
    )


def render_quick_view(host: "Host", incident_id: str) -> str:
    """What the platform shows beside a list of incidents."""
    incident = host.incidents.get(incident_id)
    sections = Sections(host, incident)
    shown: list[tuple[str, list[tuple[str, Markup]]]] = []
    for part in layout_of(host, incident).get("quickView", {}).get("sections") or ():
        names = [str(one["fieldId"]).removeprefix("incident_") for one in part["fields"]]
        pairs = [(sections.title(name), sections.value(name)) for name in names]
        shown.append((str(part["name"]), [(title, value) for title, value in pairs if value is not None]))
    return document("quick.html", title=f"#{incident.id} {incident.name}", head=head_of(incident), parts=shown)
