"""Mirroring: a round at the press of a button, what the rounds did, incident by incident, and what waits."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint
from markupsafe import Markup
from werkzeug.wrappers import Response

from lab.xsoar.jobs import iso
from lab.xsoar.mirror import RATE_LIMIT, Round
from lab.xsoar.mirror_changes import OFF, is_on, told, waiting
from lab.xsoar.pages import values
from lab.xsoar.web.site import MirrorRun, back, page, site

pages = Blueprint("mirroring", __name__)
WAYS = {"in": "came in", "out": "went out"}
INCIDENT = Markup('<a href="/incidents/{}">#{}</a>')


def said(done: Round) -> tuple[str, bool]:
    """What a round did, in a sentence, and whether that is bad."""
    trouble = [one for one in (done.skipped, *done.errors) if one]
    if trouble:
        return f"The round met trouble: {trouble[0]}", True
    if not (done.came or done.went):
        return "Nothing to mirror: neither side changed.", False
    return f"Brought in: {counted(len(done.came))}. Sent: {counted(len(done.went))}.", False


def counted(incidents: int) -> str:
    """So many incidents, in words."""
    return f"{incidents} incident{'' if incidents == 1 else 's'}"


@pages.post("/mirroring")
def pressed() -> Response:
    """Makes one round."""
    return back("/mirroring", *said(site().mirror().outcome))


@pages.get("/mirroring")
def listed() -> str:
    """What the rounds did, the newest first, and what the next one has to do."""
    here = site()
    left = waiting(here.host, here.instance)
    return page(
        "mirroring.html",
        "Mirroring",
        off="" if is_on(here.instance) else OFF,
        left=left.ids,
        to_send=[(INCIDENT.format(number, number), "; ".join(what)) for number, what in left.to_send.items()],
        rows=[row for run in reversed(here.rounds) for row in rows_of(run)],
        made=here.rounds_made,
    )


def rows_of(run: MirrorRun) -> Iterator[list[Any]]:
    """A round as rows of the table; a round in which nothing happened has none."""
    done, when = run.outcome, values.moment(iso(run.at))
    for way, number, what in told(done):
        yield [when, WAYS[way], INCIDENT.format(number, number), what]
    if done.skipped:
        yield [when, "put off" if RATE_LIMIT in done.skipped else "refused", "", done.skipped]
    for error in done.errors:
        yield [when, "refused", "", error]
