"""Pages: what an analyst sees of an incident and of a dashboard, as HTML documents that load nothing from elsewhere."""

from lab.xsoar.pages.dashboard import render_dashboard
from lab.xsoar.pages.incident import render_closing_form, render_incident, render_quick_view
from lab.xsoar.pages.links import Links

__all__ = ["Links", "render_closing_form", "render_dashboard", "render_incident", "render_quick_view"]
