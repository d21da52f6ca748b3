"""The application: its parts, its menu, and what a mistake looks like."""

from typing import Any

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from lab.xsoar import listing
from lab.xsoar.errors import HostError, UnknownName
from lab.xsoar.web import incidents, mirroring, rooms, runs, settings
from lab.xsoar.web.guard import guard, one_at_a_time
from lab.xsoar.web.site import Action, Site, back, page, shown


def console_app(site: Site) -> Flask:
    """The pages of a site as a WSGI application."""
    app = Flask(__name__, static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=4_000_000)
    app.extensions["site"] = site
    site.host.store.write(listing.INDEX)
    site.actions.insert(0, Action("Fetch now", "/fetch"))
    boards = [(name, f"/dashboards/{name}") for name in site.host.bundle.dashboards]
    label = "Dashboard" if len(boards) == 1 else ""
    own = [
        ("Incidents", "/incidents"),
        ("Playground", "/room"),
        *((label or name, address) for name, address in boards),
        ("Settings", "/settings"),
        ("Fetch runs", "/runs"),
        ("Mirroring", "/mirroring"),
    ]
    site.menu[:0] = own
    for part in (incidents.pages, rooms.pages, settings.pages, runs.pages, mirroring.pages):
        app.register_blueprint(part)
    app.add_url_rule("/", view_func=start, endpoint="start")
    app.register_error_handler(HostError, host_error)
    app.register_error_handler(HTTPException, http_error)
    guard(app, site)
    app.wsgi_app = one_at_a_time(app.wsgi_app, site.lock)  # type: ignore[method-assign, assignment]
    return app


def start() -> Response:
    """The first page is the list."""
    return back("/incidents")


def host_error(error: HostError) -> Response:
    """What the host does not know or refuses, as a page."""
    missing = isinstance(error, UnknownName)
    return trouble(404 if missing else 400, "Not found" if missing else "Refused", str(error))


def http_error(error: HTTPException) -> Any:
    """What HTTP refuses, as a page; who was not let in sees no menu."""
    code = error.code or 500
    return trouble(code, error.name, str(error.description or ""), inside=code not in (400, 403))


def trouble(status: int, title: str, text: str, inside: bool = True) -> Response:
    """A page about what went wrong."""
    return shown(page("trouble.html", title, text=text, inside=inside), status)
