"""The host in a browser: incidents, war rooms, dashboards and settings as plain pages without a script."""

from lab.xsoar.web.app import console_app
from lab.xsoar.web.site import Action, Site

__all__ = ["Action", "Site", "console_app"]
