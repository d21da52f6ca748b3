"""URL <-> event search jobs and what they find."""

from collections.abc import Callable, Mapping
from typing import Any

from lab.sekoia.body import Check, not_blank, or_null, read_body, text, uuid, whole
from lab.sekoia.events import view
from lab.sekoia.events.model import LARGEST_WINDOW, Asked, Event, Job
from lab.sekoia.events.moments import read_window
from lab.sekoia.events.search import DATES, OPERATORS
from lab.sekoia.events.term import BadTerm, read_term
from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.query import Grammar, page_of
from lab.sekoia.refusals import Unemulated, Unfit
from lab.sekoia.route import Route, Visit

READ = ("View intakes", "View events")
LANGUAGES = ("es-query-string", "dork")
FOREVER = 2**31 - 1


def flag(value: Any) -> bool:
    """True or false."""
    return isinstance(value, bool)


def list_of(check: Check) -> Check:
    """A list of those."""
    return lambda value: isinstance(value, list) and all(check(one) for one in value)


FILTER: dict[str, Check] = {
    "field": not_blank,
    "operator": not_blank,
    "value": text(),
    "disabled": flag,
    "excluded": flag,
}
ASK: dict[str, Check] = {
    "term": text(),
    "earliest_time": text(),
    "latest_time": text(),
    "visible": flag,
    "max_last_events": or_null(whole(1, FOREVER)),
    "term_lang": lambda value: value in LANGUAGES,
    "filters": list_of(lambda value: isinstance(value, dict)),
    "only_eternal": flag,
    "community_uuids": list_of(uuid),
    "lenient": flag,
    "date_field": or_null(lambda value: value in DATES),
}
REQUIRED = ("term", "earliest_time", "latest_time")
KEEP: dict[str, Check] = {"results_ttl": whole(1, FOREVER)}
SORTS: dict[str, Callable[[Job, float], float]] = {
    "created_at": lambda job, now: job.created_at,
    "started_at": lambda job, now: job.starts_at,
    "ended_at": lambda job, now: job.ends_at,
    "results_ttl": lambda job, now: job.results_ttl,
}
MATCHES: dict[str, Callable[[Job, Visit], frozenset[str]]] = {
    "status": lambda job, visit: frozenset((str(job.status(visit.world.clock.time())),)),
    "created_by": lambda job, visit: frozenset((job.by.uuid,)),
    "term": lambda job, visit: frozenset((job.asked.term,)),
    "community_uuid": lambda job, visit: frozenset(job.asked.community_uuids or (visit.world.community,)),
}
LIST = Grammar(match=frozenset(MATCHES), sorts=tuple(SORTS), paged=True)
EVENTS = Grammar(words=frozenset(("earliest_time", "latest_time")), paged=True, limit_default=100, limit_max=1000)
FIELDS = Grammar(paged=True, limit_default=100, limit_max=1000)


def _shown(visit: Visit, job: Job) -> Reply:
    world = visit.world
    return json_reply(view.job(job, world.community, world.switches, world.clock.time()))


def open_job(visit: Visit) -> Reply:
    body = read_body(visit.request, ASK, REQUIRED)
    for one in body.get("filters", ()):
        _check_filter(one)
    earliest, latest = read_window(body["earliest_time"], body["latest_time"], visit.world.clock.time())
    asked = Asked(
        body["term"],
        earliest,
        latest,
        body.get("term_lang", LANGUAGES[0]),
        tuple(body.get("filters", ())),
        body.get("visible", True),
        body.get("max_last_events"),
        body.get("only_eternal", False),
        tuple(body.get("community_uuids", ())),
        body.get("date_field"),
    )
    return _shown(visit, visit.world.searches.open(asked, visit.key.actor, _end_by_term(visit, asked.term)))


def _check_filter(given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        if name not in FILTER:
            raise Unemulated(f"the lab does not know the field {name!r} of a filter")
        if not FILTER[name](value):
            raise Unfit(f"Input payload validation failed: filters: {name}", ("body", "filters"))
    for name in ("field", "operator", "value"):
        if name not in given:
            raise Unfit(f"Input payload validation failed: filters: {name} is required", ("body", "filters"))
    if given["operator"] not in OPERATORS:
        raise Unemulated(f"the lab does not know the operator {given['operator']!r} of a filter")


def _end_by_term(visit: Visit, term: str) -> str | None:
    """How a job ends because of its term, None when the term is good."""
    try:
        read = read_term(term)
    except BadTerm as error:
        if visit.world.switches.unknown_term == "reject":
            raise Unfit(f"Input payload validation failed: term: {error}", ("body", "term")) from error
        return "failed"
    if read.has_or and visit.world.switches.term_or == "reject":
        raise Unfit("Input payload validation failed: term: OR is not supported", ("body", "term"))
    return None


def jobs(visit: Visit) -> Reply:
    world, query = visit.world, visit.query
    now = world.clock.time()
    are_all = world.switches.hidden_jobs == "listed"
    found = [job for job in world.searches.all() if (job.asked.visible or are_all) and _is_wanted(job, visit)]
    direction = query.direction or (world.switches.default_direction if query.sort else "desc")
    key = SORTS[query.sort or "created_at"]
    found.sort(key=lambda job: key(job, now), reverse=direction == "desc")
    items = [view.job(job, world.community, world.switches, now) for job in page_of(found, query)]
    return json_reply({"items": items, "total": len(found)})


def _is_wanted(job: Job, visit: Visit) -> bool:
    return all(MATCHES[name](job, visit) & wanted for name, wanted in visit.query.match.items())


def the_job(visit: Visit) -> Job:
    return visit.world.searches.get(visit.args["uuid"])


def job(visit: Visit) -> Reply:
    return _shown(visit, the_job(visit))


def keep(visit: Visit) -> Reply:
    found = the_job(visit)
    body = read_body(visit.request, KEEP, ("results_ttl",))
    found.keep_for(body["results_ttl"], visit.world.clock.time())
    return _shown(visit, found)


def cancel(visit: Visit) -> Reply:
    found = the_job(visit)
    found.cancel(visit.key.actor, visit.world.clock.time())
    return _shown(visit, found)


def events(visit: Visit) -> Reply:
    world, query, found = visit.world, visit.query, the_job(visit)
    now = world.clock.time()
    kept = _in_frame(visit, found.kept(now))
    reach = query.offset + (query.limit or 0)
    if world.switches.deep_paging == "reject" and reach > LARGEST_WINDOW:
        raise Unfit(f"Invalid parameters: offset and limit reach {reach}, beyond {LARGEST_WINDOW}", ("query", "offset"))
    page = list(page_of(kept, query))
    return json_reply(view.events(kept, page, found, query.offset, world.switches, now))


def _in_frame(visit: Visit, kept: list[Event]) -> list[Event]:
    low, high = (_epoch(visit, name) for name in ("earliest_time", "latest_time"))
    if low is None and high is None:
        return kept
    return [event for event in kept if (low is None or low <= event.at) and (high is None or event.at <= high)]


def _epoch(visit: Visit, name: str) -> float | None:
    given = visit.query.words.get(name)
    if given is None:
        return None
    if not given.replace(".", "", 1).isdecimal():
        raise Unfit(f"Invalid parameters: {name} is a number of seconds, not {given!r}", ("query", name))
    return float(given)


def fields(visit: Visit) -> Reply:
    found = the_job(visit)
    kept = found.kept(visit.world.clock.time())
    items = view.fields(kept, found.starts_at)
    return json_reply({"items": page_of(items, visit.query), "total": len(items), "retrieved": len(kept)})


def histograms(visit: Visit) -> Reply:
    return json_reply(view.histograms(the_job(visit).kept(visit.world.clock.time())))


JOBS = "/v1/sic/conf/events/search/jobs"
ONE = JOBS + "/{uuid}"
ROUTES = (
    Route("GET", JOBS, jobs, READ, LIST),
    Route("POST", JOBS, open_job, READ),
    Route("GET", ONE, job, READ),
    Route("PUT", ONE, keep, READ),
    Route("POST", ONE + "/cancel", cancel, READ),
    Route("GET", ONE + "/events", events, READ, EVENTS),
    Route("GET", ONE + "/fields", fields, READ, FIELDS),
    Route("GET", ONE + "/histograms", histograms, READ),
)
