"""The console in the browser: `python -m lab web`. Joins the host's pages with a tenant of the lab, or a real one."""

import argparse
import contextlib
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Flask, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from lab.clock import TimeSource
from lab.elsewhere import Elsewhere, elsewhere
from lab.sekoia import scenario
from lab.sekoia.faults import AFTER, BEFORE, Fault
from lab.stage import Scene, scene
from lab.terminal import STEP, UNIT_SECONDS, iso, lab_words
from lab.xsoar.console import Console
from lab.xsoar.pages import charts, values
from lab.xsoar.web import Action, Site, console_app
from lab.xsoar.web.runs import told
from lab.xsoar.web.site import back, site, table

MOST_CALLS, MOST_MINUTES = 100, 60
KINDS = tuple(kind for kind in (*BEFORE, *AFTER) if kind != "redirect")  # a redirect needs an address


def lab_pages(stage: Scene) -> Blueprint:
    """What only a console on the lab has: time that passes, the API's calls, faults, the tenant's own view."""
    pages = Blueprint("lab", __name__)
    add_time(pages, stage.clock)
    for add in (add_calls, add_faults, add_tenant):
        add(pages, stage)
    return pages


def add_time(pages: Blueprint, clock: TimeSource) -> None:
    """Lets time pass, with a fetch and a round of mirroring each minute."""

    @pages.post("/time")
    def time_passes() -> Response:
        found = STEP.fullmatch(request.form.get("by", ""))
        if found is None:
            return back("/incidents", "How far? For example 10m (s, m, h or d).", bad=True)
        seconds = int(found[1]) * UNIT_SECONDS[found[2]]
        if seconds > 86_400:
            return back("/incidents", "A day at most.", bad=True)
        minutes, rest = divmod(seconds, 60)
        runs = []
        for _ in range(minutes):
            clock.sleep(60)
            runs += site().minute()
        clock.sleep(rest)
        return back("/incidents", *told(runs)) if runs else back("/incidents", f"{rest} seconds passed.")


def add_calls(pages: Blueprint, stage: Scene) -> None:
    """The calls that reached the API."""

    @pages.get("/calls")
    def calls() -> str:
        made = list(stage.world.journal.calls)
        rows = [
            (values.moment(iso(call.at)), f"{call.method} {call.path}", call.status or "no answer", call.key or "")
            for call in reversed(made[-MOST_CALLS:])
        ]
        note = f"{len(made)} calls reached the API so far; the last {len(rows)} are shown."
        drawn = {"chart": per_minute([call.at for call in made], stage.clock.time()), "chart_name": "Calls per minute"}
        return table("API calls", note, ("When", "Call", "Status", "Key"), rows, **drawn)


def add_faults(pages: Blueprint, stage: Scene) -> None:
    """Faults to arm and to clear."""
    armed = stage.world.faults

    @pages.get("/faults")
    def faults() -> str:
        rows = [(one.kind, one.status or "", one.on, one.times or "for ever", one.hits) for one in armed.armed]
        note = "What goes wrong on purpose. An armed fault strikes the next calls that match."
        return table("Faults", note, ("Kind", "Status", "On", "Times", "Struck"), rows, form=FAULT_FORM)

    @pages.post("/faults")
    def trouble() -> Response:
        if request.form.get("act") == "clear":
            armed.clear()
            return back("/faults", "No fault is armed.")
        try:
            armed.arm(fault_of(request.form))
        except ValueError as error:
            return back("/faults", str(error), bad=True)
        return back("/faults", "Armed.")


def add_tenant(pages: Blueprint, stage: Scene) -> None:
    """The alerts as the tenant sees them."""

    @pages.get("/tenant")
    def tenant() -> str:
        shown = sorted(stage.world.alerts.between(None, None), key=lambda one: one.created_at, reverse=True)
        rows = [
            (alert.short_id, alert.title, alert.status.label, alert.status.stage, _verdict(alert), _comments(alert))
            for alert in shown[:MOST_CALLS]
        ]
        note = "The alerts as the tenant itself sees them: where the incidents come from and what became of them."
        return table("Tenant", note, ("Alert", "Title", "Status", "Stage", "Verdict", "Comments"), rows)


FAULT_FORM: dict[str, Any] = {
    "address": "/faults",
    "fields": [
        {"name": "kind", "title": "Kind", "choices": KINDS},
        {"name": "status", "title": "Status", "choices": (), "value": "503", "size": 5},
        {"name": "times", "title": "Times", "choices": (), "value": "1", "size": 4},
        {"name": "on", "title": "On the calls", "choices": (), "value": "*", "size": 24},
    ],
    "buttons": [("arm", "Arm"), ("clear", "Clear all")],
}


def fault_of(given: Any) -> Fault:
    """The fault that a form describes; raises ValueError."""
    status, times = given.get("status", ""), given.get("times", "")
    seconds = {"delay": 5.0, "stall": 1.0}.get(given.get("kind", ""), 0.0)
    return Fault(
        on=given.get("on") or "*",
        kind=given.get("kind", ""),
        status=int(status) if status else None,
        times=int(times) if times else None,
        seconds=seconds,
    )


def per_minute(moments: list[float], now: float) -> Any:
    """Calls per minute of the last hour as columns."""
    this = int(now // 60)
    counted = Counter(int(moment // 60) for moment in moments)
    minutes = range(this - MOST_MINUTES + 1, this + 1)
    labels = [iso(60 * minute)[11:16] for minute in minutes]
    numbers = [float(counted[minute]) for minute in minutes]
    return charts.columns(labels, [charts.Series("", numbers, "c0")], "Calls per minute")


def _verdict(alert: Any) -> str:
    return str(alert.ruling.verdict.label) if alert.ruling else ""


def _comments(alert: Any) -> str:
    return "\n".join(str(one.content) for one in alert.comments)


def steps() -> list[Action]:
    """Buttons that let time pass."""
    return [Action(f"Let {step} pass", "/time", "by", step) for step in ("1m", "25m", "4h")]


def elsewhere_site(found: Elsewhere) -> Flask:
    """The console on a tenant, or on a recording, whose time is pushed."""
    made = found.console
    actions = steps() if found.clock else []
    app = console_app(Site(made.host, made.instance.name, made, actions=actions, note=found.note))
    if found.clock:
        pages = Blueprint("time", __name__)
        add_time(pages, found.clock)
        app.register_blueprint(pages)
    return app


def lab_site(stage: Scene) -> Flask:
    """The console on a story of the lab."""
    made = Console(stage.host, stage.instance, lab_words(stage.world, stage.clock))
    menu = [("API calls", "/calls"), ("Faults", "/faults"), ("Tenant", "/tenant")]
    app = console_app(Site(stage.host, stage.instance.name, made, actions=steps(), menu=menu, note="time is the lab's"))
    app.register_blueprint(lab_pages(stage))
    return app


class Quiet(WSGIRequestHandler):
    """No line on the terminal for each request: an address could hold what it was asked for."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing."""


def server_of(app: Flask, port: int) -> BaseWSGIServer:
    """The application on a socket of loopback."""
    return make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)


@contextlib.contextmanager
def opened(options: argparse.Namespace) -> Iterator[tuple[Flask, str]]:
    """The application for what was asked for, and a line about it."""
    with elsewhere(options) as found:
        if found is not None:
            yield elsewhere_site(found), found.line
            return
    with scene(options.story) as stage:
        yield lab_site(stage), f"Story: {scenario.read(options.story)['title']}."


def web(options: argparse.Namespace) -> int:
    """Serves the console on loopback until interrupted."""
    with opened(options) as (app, line):
        server = server_of(app, options.port)
        address = f"http://127.0.0.1:{server.port}/?door={app.extensions['site'].door}"
        sys.stdout.write(f"{line}\nOpen {address}\nThe address is yours alone. Stop: Ctrl-C\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
        server.server_close()
    return 0
