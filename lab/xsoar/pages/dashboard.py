"""The page of a dashboard: its widgets in a grid of twelve columns."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from lab.xsoar.errors import UnknownName
from lab.xsoar.jobs import iso
from lab.xsoar.pages import values
from lab.xsoar.pages.links import Links
from lab.xsoar.pages.page import document
from lab.xsoar.pages.widgets import Widgets

if TYPE_CHECKING:
    from lab.xsoar.host import Host


@dataclass(frozen=True)
class Tile:
    """One widget in its place."""

    key: str
    name: str
    note: str
    body: Markup
    x: int
    y: int
    w: int
    h: int


def render_dashboard(host: "Host", dashboard_id: str, links: Links | None = None) -> str:
    """A dashboard of the pack as an HTML document; raises UnknownName for what does not exist."""
    if dashboard_id not in host.bundle.dashboards:
        raise UnknownName("dashboard", dashboard_id, f"pack {host.bundle.name}")
    raw = host.bundle.dashboards[dashboard_id]
    widgets = Widgets(host)
    rows = sorted(raw["layout"], key=lambda one: (one["y"], one["x"]))
    with host.incidents.held():
        tiles = [
            Tile(
                key=str(one["i"]),
                name=str(one["widget"]["name"]),
                note=str(one["widget"].get("description") or ""),
                body=widgets.draw(one["widget"]),
                **{key: int(one[key]) for key in ("x", "y", "w", "h")},
            )
            for one in rows
        ]
    return document(
        "dashboard.html",
        title=str(raw["name"]),
        note=str(raw.get("description") or ""),
        at=values.moment(iso(host.clock.time())),
        tiles=tiles,
        links=links or Links(),
    )
