"""Fetch: the button, and what the runs brought."""

from flask import Blueprint
from markupsafe import Markup
from werkzeug.wrappers import Response

from lab.xsoar.jobs import iso
from lab.xsoar.pages import values
from lab.xsoar.web.site import FetchRun, back, site, table

pages = Blueprint("runs", __name__)


def told(runs: list[FetchRun]) -> tuple[str, bool]:
    """What some runs brought, in a sentence, and whether that is bad."""
    errors = [run.outcome.error for run in runs if run.outcome.error]
    created = sum(len(run.outcome.created) for run in runs)
    fetched = f"{created} new incident{'' if created == 1 else 's'}" if created else "Nothing new"
    if errors:
        return f"{fetched}. {len(errors)} of {len(runs)} runs failed: {errors[-1]}", True
    return f"{fetched} in {len(runs)} run{'' if len(runs) == 1 else 's'} of fetch.", False


@pages.post("/fetch")
def fetch() -> Response:
    """Runs fetch once."""
    return back("/incidents", *told(site().fetch()))


@pages.get("/runs")
def listed() -> str:
    """The runs of fetch, the newest first."""
    rows = [
        (values.moment(iso(run.at)), len(run.outcome.created), _names(run), run.outcome.error or "")
        for run in reversed(site().runs)
    ]
    note = "Runs of fetch-incidents since the console was started, newest first."
    return table("Fetch runs", note, ("When", "New", "Incidents", "Error"), rows)


def _names(run: FetchRun) -> Markup:
    link = Markup('<a href="/incidents/{}">#{} {}</a>')
    shown = [link.format(one.id, one.id, one.name) for one in run.outcome.created[:5]]
    more = len(run.outcome.created) - len(shown)
    return Markup("<br>").join(shown) + (Markup("<br>and {} more").format(more) if more else Markup(""))
