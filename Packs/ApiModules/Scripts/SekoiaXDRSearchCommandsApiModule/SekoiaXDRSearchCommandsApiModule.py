"""The commands that search: events by search jobs, counts over them, exports, and queries in SOL.

A search takes time. The commands that wait for one come back: each run looks once and asks the platform for the next.
"""

import csv
import io
import itertools
import json
import time
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from CommonServerPython import *
from SekoiaXDRCaseCommandsApiModule import *  # brings the whole chain along

CONTEXT_BYTES = 1_000_000  # of what one command adds to context, as JSON
READ_AT_ONCE = 1_000  # events or rows that are read when no limit is given
TABLE_ROWS, TABLE_COLUMNS = 50, 12
SHORTEST_PAUSE, POLL_TIMEOUT = 10, 600
SOL_TIMEOUT = 700  # Sekoia ends a query after ten minutes by itself
EXPORT_TIMEOUT = 3_600
STORE_SECONDS = 60.0
JOB_STATES = {0: "not started", 1: "in progress", 2: "done", 3: "canceled", 4: "failed"}
# Shown first in a table of events, where they exist.
EVENT_TABLE_FIRST = (
    "timestamp",
    "event.category",
    "event.action",
    "event.outcome",
    "host.name",
    "user.name",
    "source.ip",
    "destination.ip",
    "url.original",
    "process.command_line",
    "message",
)

# ---------------------------------------------------------------------------------------------------------------------
# Reading arguments
# ---------------------------------------------------------------------------------------------------------------------


class SearchSpan(NamedTuple):
    """The time that a search covers, in epoch seconds; an `end` of None is the moment at which it runs."""

    start: int
    end: int | None

    @property
    def latest(self) -> str:
        """The end as a search job takes it."""
        return "now" if self.end is None else iso_utc(self.end)


def search_epoch(text: str, name: str) -> int:
    """Epoch seconds of a time that may also lie ahead, such as +3d."""
    if text.startswith("+"):
        return int(2 * time.time()) - parse_time(f"-{text[1:]}", name)
    return parse_time(text, name)


def search_span(args: Args) -> SearchSpan:
    """earliest_time to latest_time, which the official pack spells lastest_time; ValueError when it is no span."""
    earliest = required(args, "earliest_time")
    latest = str(args.get("latest_time") or args.get("lastest_time") or "now").strip()
    start = search_epoch(earliest, "earliest_time")
    # Times are whole seconds here, so an end with a fraction is the second after it.
    end = None if latest.casefold() == "now" else search_epoch(latest, "latest_time") + ("." in latest)
    if start >= (time.time() if end is None else end):
        raise ValueError(f"earliest_time: '{earliest}' is not before latest_time '{latest}'.")
    return SearchSpan(start, end)


def parsed_json(value: Any, name: str, kind: type) -> Any:
    """A JSON object or list that a user wrote, or that a playbook passed as such."""
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if not isinstance(found, kind):
        raise ValueError(f"{name}: this is no JSON {'object' if kind is dict else 'list'}.")
    return found


def json_object(value: Any, name: str, client: SekoiaClient) -> JsonObject:
    """A JSON object."""
    found: JsonObject = parsed_json(value, name, dict)
    return found


def event_filters(value: Any, name: str, client: SekoiaClient) -> list[JsonObject]:
    """Filters of a search: objects with field, operator and value."""
    found = parsed_json(value, name, list)
    if not all(isinstance(one, dict) and one.get("field") and one.get("operator") for one in found):
        raise ValueError(f'{name}: each filter needs its field and operator, as in [{{"field": "source.ip", …}}].')
    return list(found)


def without_wildcards(value: Any, name: str, client: SekoiaClient) -> list[str]:
    """Names of event fields; a secret of the tenant is not among them."""
    names = list(words(value))
    for one in names:
        if "*" in one or SECRET_KEY.search(one):
            raise ValueError(f"{name}: '{one}' is no field that can be exported. Wildcards and intake keys are not.")
    return names


def symbol_for_dots(params: Params) -> str:
    """What takes the place of dots in the names of fields."""
    return str(params.raw.get("replace_dots_event") or "_")


# ---------------------------------------------------------------------------------------------------------------------
# Coming back later
# ---------------------------------------------------------------------------------------------------------------------


class Pauses(NamedTuple):
    """Seconds between two looks, and seconds after which the platform gives up."""

    between: int
    most: int


def pauses_of(args: Args, ends: int) -> Pauses:
    """The pauses that the user wants; read before anything is started."""
    between = whole_number(args.get("interval_in_seconds"), "interval_in_seconds", SHORTEST_PAUSE, SHORTEST_PAUSE)
    return Pauses(between, whole_number(args.get("timeout_in_seconds"), "timeout_in_seconds", ends, between))


def later(command: str, args: Args, state: Mapping[str, str], keep: Iterable[str], pauses: Pauses, said: str) -> Any:
    """Asks the platform to run the command again with its state and the arguments that it still needs.

    Only the first of these entries says something; the last one brings the result.
    """
    names = ("interval_in_seconds", "timeout_in_seconds", *keep)
    again = {name: args[name] for name in names if args.get(name) not in (None, "")}
    is_first = not any(args.get(name) for name in state)
    return CommandResults(
        readable_output=f"### {said}" if is_first else None,
        scheduled_command=ScheduledCommand(
            command=command,
            next_run_in_seconds=pauses.between,
            args={**again, **state},
            timeout_in_seconds=pauses.most,
        ),
    )


# ---------------------------------------------------------------------------------------------------------------------
# Search jobs
# ---------------------------------------------------------------------------------------------------------------------

JOB_FIELDS: Fields = {
    "max_last_events": Field("max_last_events", whole(1)),
    "filters": Field("filters", event_filters),
}


def start_job(client: SekoiaClient, args: Args) -> JsonObject:
    """Starts a search; ValueError before anything is sent when an argument is not good."""
    span = search_span(args)
    body = {
        "term": str(args.get("query") or "").strip(),
        "earliest_time": iso_utc(span.start),
        "latest_time": span.latest,
        "visible": False,  # it does not enter anybody's history of searches
        **passed_on(client, args, JOB_FIELDS),
    }
    return client.read_object(ApiCall("POST", JOBS_PATH, body=body))


def job_of(client: SekoiaClient, uuid: str) -> JsonObject:
    """A search job as it is now."""
    return client.read_object(ApiCall("GET", f"{JOBS_PATH}/{path_id(uuid)}", names_object=True))


def job_state(job: Mapping[str, Any]) -> str:
    """The state of a job in a word."""
    status = as_int(job.get("status"))
    return "expired" if job.get("expired") is True else JOB_STATES.get(status if status is not None else -1, "unknown")


BAD_ENDS = {
    "canceled": "Somebody, or Sekoia, stopped it: start it again, over a shorter time if it was too heavy.",
    "failed": "Sekoia could not run it: check the query, or search over a shorter time.",
    "expired": "Its results are no longer kept: start the search again.",
}


def is_job_waiting(job: Mapping[str, Any]) -> bool:
    """Whether the job still works; ValueError when it has ended without a result that can be used."""
    state = job_state(job)
    if state in ("done", "not started", "in progress"):
        return state != "done"
    advice = BAD_ENDS.get(state, f"Sekoia gave the state {as_text(job.get('status'), 20)!r}, which means nothing here.")
    raise ValueError(f"The event search {as_text(job.get('uuid'), 100)} has the state '{state}'. {advice}")


def job_result(job: JsonObject, part: str, title: str, params: Params) -> CommandResults:
    """A job for the context: as the official pack writes it, and below the part that it documents."""
    row = {
        "Search": cell(job.get("uuid")),
        "State": job_state(job),
        "Query": cell(job.get("term")),
        "From": local_time(job.get("earliest_time"), params.timezone),
        "To": local_time(job.get("latest_time"), params.timezone),
        "Events": cell(job.get("total")),
        "Results kept until": local_time(job.get("expiration_date"), params.timezone),
    }
    return CommandResults(
        outputs_prefix="SekoiaXDR.Events",
        outputs_key_field="uuid",
        outputs={**job, part: job},
        raw_response=job,
        readable_output=markdown_table(title, [row], ""),
    )


def execute_events_query_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-events-execute-query."""
    return job_result(start_job(client, args), "Query", "Event search started", params)


def status_events_query_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-events-status-query."""
    return job_result(job_of(client, required(args, "uuid")), "Status", "Event search", params)


# ---------------------------------------------------------------------------------------------------------------------
# Events
# ---------------------------------------------------------------------------------------------------------------------


class Gathered(NamedTuple):
    """What was read, and why it is not all ('' when it is)."""

    items: list[JsonObject]
    cut: str


def gather_within(items: Iterable[Any], room: int = CONTEXT_BYTES) -> Gathered:
    """The items that fit into context and into the time of a command; what is no object is left out."""
    kept: list[JsonObject] = []
    try:
        for item in items:
            room -= len(json.dumps(item, default=str))
            if room < 0:
                return Gathered(kept, "a command may add only so much to the context")
            if isinstance(item, dict):
                kept.append(item)
    except SekoiaDeadline:
        if not kept:
            raise
        return Gathered(kept, "the time of the command ended")
    return Gathered(kept, "")


def narrowed(item: JsonObject, names: tuple[str, ...]) -> JsonObject:
    """Only these fields of an event or row; all of them when no names are given."""
    return {name: item[name] for name in names if name in item} if names else item


def not_all_note(shown: int, total: int | None, cut: str, what: str, advice: str) -> str:
    """What to say when not all is there; '' when it is."""
    if not cut and (total is None or shown >= total):
        return ""
    of_all = f" of {total}" if total is not None and total > shown else ""
    why = f" ({cut})" if cut else ""
    return f"\n\n**Not all: {shown}{of_all} {what} are here{why}.** {advice}"


def events_of_job(client: SekoiaClient, job: JsonObject, args: Args, default: int, room: int) -> tuple[Any, str]:
    """The events of a job, newest first: `limit` of them, or a page of that size; and what was cut, in words."""
    most = whole_number(args.get("limit"), "limit", default, 1, EVENTS_PER_JOB)
    page, names = whole_number(args.get("page"), "page", 1, 1), words(args.get("fields"))
    if page > 1 and most > EVENTS_PAGE:
        raise ValueError(f"limit: a page holds at most {EVENTS_PAGE} events.")
    call = ApiCall("GET", f"{JOBS_PATH}/{path_id(as_text(job.get('uuid'), 100))}/events", names_object=True)
    before = (page - 1) * most
    if before:
        window = {"limit": str(most), "offset": str(before)}
        found: Iterable[Any] = client.read_page(call._replace(params=window)).items
    else:
        found = client.iter_items(call, most, EVENTS_PAGE)
    gathered = gather_within((narrowed(one, names) for one in found if isinstance(one, dict)), room)
    total = as_int(job.get("total"))
    asked = as_int(job.get("max_last_events"))
    total = min(total, asked) if total is not None and asked else total
    rest = None if total is None else total - before
    advice = f"Ask for fewer fields, for a page, for more with limit (at most {EVENTS_PER_JOB}), or export the events."
    return gathered.items, not_all_note(len(gathered.items), rest, gathered.cut, "events, the newest,", advice)


def flat_text(value: Any) -> str:
    """A value of a flat row as text; lists, and lists of lists, with commas."""
    if isinstance(value, list):
        return ", ".join(text for text in map(flat_text, value[:20]) if text)
    return json.dumps(value, default=str) if isinstance(value, dict) else as_text(value, 300)


def flat_table(
    title: str, rows: list[JsonObject], first: Iterable[str], without: Iterable[str], empty: str, zone: str
) -> str:
    """Flat rows as a table: these columns first, then the others as they come, as far as a table can be read."""
    present, left_out = dict.fromkeys(name for row in rows for name in row), set(without)
    wanted = [name for name in dict.fromkeys([*first, *present]) if name in present and name not in left_out]
    chosen = wanted[:TABLE_COLUMNS]

    def shown(row: JsonObject, name: str) -> str:
        value = row.get(name)
        return local_time(value, zone) if name == "timestamp" and as_epoch(value) else cell(flat_text(value), 200)

    heads = {name: cell(name.replace("\\", "/"), 60) for name in chosen}  # a backslash would escape the column's end
    table = [{heads[name]: shown(row, name) for name in chosen} for row in rows[:TABLE_ROWS]] if chosen else []
    empty = "None of these fields is in the rows." if rows else empty
    notes = (
        [f"{len(wanted) - len(chosen)} more fields of each row are in context."] if len(wanted) > len(chosen) else []
    )
    notes += [f"The first {TABLE_ROWS} of {len(rows)} rows are shown."] if len(rows) > TABLE_ROWS else []
    return markdown_table(title, table, empty) + "".join(f"\n\n{note}" for note in notes)


def events_result(client: SekoiaClient, job: JsonObject, args: Args, params: Params, default: int, both: bool) -> Any:
    """The events of a job for the context; with `both`, also under the name that the official results command writes.

    What is left out of the table by exclude_info stays in context, as with the official pack.
    """
    room = CONTEXT_BYTES // 2 if both else CONTEXT_BYTES
    events, note = events_of_job(client, job, args, default, room)
    symbol = symbol_for_dots(params)
    results = undotted(events, symbol)
    without = words(args.get("exclude_info")) or words(params.raw.get("exclude_info_events"))
    if job_state(job) != "done":
        note += f"\n\n**The search is {job_state(job)}:** more events may be found."
    title = f"Events of the search {cell(job.get('uuid'))} ({len(events)})"
    first, hidden = ([name.replace(".", symbol) for name in names] for names in (EVENT_TABLE_FIRST, without))
    asked = [name.replace(".", symbol) for name in words(args.get("fields"))]
    return CommandResults(
        outputs_prefix="SekoiaXDR.Events",
        outputs_key_field="uuid",
        outputs={**job, "Results": results, **({"items": events} if both else {})},
        raw_response=events,
        readable_output=flat_table(title, results, asked or first, hidden, "No event matches.", params.timezone) + note,
    )


def results_events_query_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-events-results-query: of a search that still works, what it has found so far."""
    job = job_of(client, required(args, "uuid"))
    is_job_waiting(job)
    result: CommandResults = events_result(client, job, args, params, READ_AT_ONCE, True)
    return result


def search_events_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-search-events: starts a search, comes back until it has ended, and reads it."""
    pauses = pauses_of(args, POLL_TIMEOUT)
    most = whole_number(args.get("max_last_events"), "max_last_events", READ_AT_ONCE, 1)
    default = min(most, EVENTS_PER_JOB)
    whole_number(args.get("limit"), "limit", default, 1, EVENTS_PER_JOB)
    known = str(args.get("job_uuid") or "").strip()
    job = job_of(client, known) if known else start_job(client, args)
    if is_job_waiting(job):
        uuid = as_text(job.get("uuid"), 100)
        said = f"Event search {cell(uuid)} has started. Its events follow here"
        keep = ("earliest_time", "max_last_events", "limit", "fields", "exclude_info")
        waiting: CommandResults = later("sekoia-xdr-search-events", args, {"job_uuid": uuid}, keep, pauses, said)
        return waiting
    result: CommandResults = events_result(client, job, args, params, default, False)
    return result


def field_shape(item: JsonObject, params: Params) -> JsonObject:
    """A field for the context; the values of an intake key are secrets."""
    return {**item, "most_common_values": []} if SECRET_KEY.search(as_text(item.get("name"))) else item


EVENT_FIELDS = Listing(
    title="Fields of the event search",
    path=JOBS_PATH + "/{uuid}/fields",
    prefix="SekoiaXDR.EventField",
    columns={"Field": "name", "Type": "value_type", "Most common values": "most_common_values.name"},
    ids={"uuid": ("event search", None)},
    key=["uuid", "name"],
    shape=field_shape,
    size=EVENTS_PAGE,
)


def list_event_fields_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-list-event-fields: what the events of a finished search hold."""
    pages_wanted(args, EVENT_FIELDS.size)
    if is_job_waiting(job_of(client, required(args, "uuid"))):
        raise ValueError("The event search has not ended yet: ask again when sekoia-xdr-events-status-query says done.")
    result = list_objects(EVENT_FIELDS, client, args, params)
    result.raw_response = result.outputs  # what Sekoia answered holds the values of intake keys
    return result


# ---------------------------------------------------------------------------------------------------------------------
# Events of many alerts
# ---------------------------------------------------------------------------------------------------------------------


def alerts_named(client: SekoiaClient, ids: tuple[str, ...]) -> tuple[list[JsonObject], list[str]]:
    """The alerts with these uuids or short ids, and the ids that Sekoia does not know."""
    found: list[JsonObject] = []
    wanted = list(dict.fromkeys(validate_id(one, "alert", "AL") for one in ids))
    if not 1 <= len(wanted) <= ALERTS_PER_JOB:
        raise ValueError(f"ids: give 1 to {ALERTS_PER_JOB} alerts, not {len(wanted)}.")
    for group in ([one for one in wanted if is_uuid(one)], [one for one in wanted if not is_uuid(one)]):
        for first in range(0, len(group), ASSET_BATCH_SIZE):
            query = AlertQuery(ids=tuple(group[first : first + ASSET_BATCH_SIZE]))
            found += [alert for alert in client.iter_alerts(query) if isinstance(alert, dict)]
    known = {as_text(alert.get(key), 100).casefold() for alert in found for key in ("uuid", "short_id")}
    return found, [one for one in wanted if one.casefold() not in known]


def start_alert_searches(client: SekoiaClient, args: Args) -> tuple[dict[str, list[str]], str]:
    """One search for the alerts, or one each where Sekoia refuses that, as job -> short ids; and what to say beside."""
    earliest = str(args.get("earliest_time") or "").strip()
    since = search_epoch(earliest, "earliest_time") if earliest else None
    alerts, unknown = alerts_named(client, words(args.get("ids")))
    if not alerts:
        raise ValueError(f"ids: Sekoia knows none of these alerts: {', '.join(unknown)}.")
    now = int(time.time())
    desk = EventDesk(EventSearches(client), 1, now)
    begun = [
        Waiting(Ticket(as_text(alert.get("short_id"), 100), "", since or first_sight(alert, now), now))
        for alert in alerts
    ]
    desk.start(begun)
    jobs: dict[str, list[str]] = {}
    for one in begun:
        if one.ticket.job:
            jobs.setdefault(one.ticket.job, []).append(one.ticket.alert)
    if not jobs:
        raise ValueError(begun[0].note or "The events could not be searched for in the time of the command. Try again.")
    notes = [f"Unknown alerts: {', '.join(unknown)}."] if unknown else []
    notes += [f"{one.ticket.alert}: {one.note or 'not started in time'}" for one in begun if not one.ticket.job]
    return jobs, " ".join(notes)


def first_sight(alert: Mapping[str, Any], now: int) -> int:
    """When the first event of an alert is said to have happened, or when the alert was made."""
    times = [as_epoch(alert.get(name)) for name in ("first_seen_at", "created_at")]
    return min((at for at in times if at), default=now)


def is_search_waiting(searches: EventSearches, jobs: Iterable[str]) -> bool:
    """Whether one of these jobs still works; one that is gone does not."""
    for job in jobs:
        try:
            if searches.status(job) in WAITING:
                return True
        except (SekoiaNotFound, SekoiaExpired):
            continue
    return False


def alert_events_output(one: Waiting, job: str, names: tuple[str, ...], symbol: str) -> JsonObject:
    """The events of one alert for the context."""
    kept = one.sheaf.events if one.sheaf else []
    empty = "No event is attached. Sekoia attaches events some minutes after an alert, and none to some kinds of alert."
    return {
        "alert_id": one.ticket.alert,
        "search_job_uuid": job,
        "state": one.outcome,
        "count": one.sheaf.seen if one.sheaf else 0,
        "note": empty if one.outcome == NONE_FOUND else one.note,
        "events": undotted([narrowed(event, names) for event in kept], symbol),
    }


def search_events_alerts_command(client: SekoiaClient, args: Args, params: Params) -> Any:
    """sekoia-xdr-search-events-alerts: one search for many alerts, split by alert."""
    pauses, most = pauses_of(args, POLL_TIMEOUT), whole_number(args.get("limit"), "limit", 100, 1, EVENTS_PAGE)
    searches, said = EventSearches(client), ""
    if args.get("searches"):
        jobs = {path_id(job): list(ids) for job, ids in parsed_json(args["searches"], "searches", dict).items()}
    else:
        jobs, note = start_alert_searches(client, args)
        said = f"The events of {sum(map(len, jobs.values()))} alerts are searched and follow here\n{cell(note, 2000)}"
    if said or is_search_waiting(searches, jobs):
        state, keep = {"searches": json.dumps(jobs)}, ("ids", "limit", "fields")
        return later("sekoia-xdr-search-events-alerts", args, state, keep, pauses, said)
    desk = EventDesk(searches, most, int(time.time()), room=CONTEXT_BYTES)
    waiting = [Waiting(Ticket(alert, job, 0, 0)) for job, ids in jobs.items() for alert in ids]
    job_by_alert = {one.ticket.alert: one.ticket.job for one in waiting}
    desk.serve(waiting, client.deadline.remaining())
    if all(one.outcome == FAILED for one in desk.waiting):
        raise ValueError(desk.waiting[0].note)
    names, symbol = words(args.get("fields")), symbol_for_dots(params)
    found = [alert_events_output(one, job_by_alert[one.ticket.alert], names, symbol) for one in desk.waiting]
    columns = {"Alert": "alert_id", "Events": "count", "State": "state", "Note": "note"}
    return CommandResults(
        outputs_prefix="SekoiaXDR.AlertEvents",
        outputs_key_field="alert_id",
        outputs=found,
        readable_output=object_table(f"Events of {len(found)} alerts", found, columns, "", params),
    )


# ---------------------------------------------------------------------------------------------------------------------
# Counts over events
# ---------------------------------------------------------------------------------------------------------------------

MEASURES = ("count", "cardinality", "avg", "min", "max", "sum")
STRETCHES = (1, 5, 15, 30, 60, 180, 360, 720, 1_440, 10_080)  # minutes
COMFORTABLE, MOST_STRETCHES = 50, 1_000
COUNT_FIELDS: Fields = {"community_uuids": Field("community_uuids", ids_like("community", None))}


def count_body(client: SekoiaClient, args: Args) -> tuple[JsonObject, int]:
    """What both counts ask for: query, time, communities; and the length of that time in seconds."""
    span = search_span(args)
    end = int(time.time()) if span.end is None else span.end
    body = {"term": str(args.get("query") or "").strip(), "range": [iso_utc(span.start), iso_utc(end)]}
    return {**body, **passed_on(client, args, COUNT_FIELDS)}, end - span.start


def count_output(body: JsonObject, kind: str, **more: Any) -> JsonObject:
    """A count for the context, with what was asked; `id` tells it from other counts."""
    start, end = body["range"]
    field_name = body.get("field", "")
    asked = {"field": field_name, "term": body["term"], "earliest_time": start, "latest_time": end}
    return {"id": " ".join(filter(None, (kind, field_name, body["term"], start, end))), **asked, **more}


def aggregate_events_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-aggregate-events: a measure of the events for each stretch of time."""
    measure, name = one_of(args, "aggregation", MEASURES), str(args.get("field") or "").strip()
    if measure != "count" and not name:
        raise ValueError(f"field: the aggregation {measure} needs the field that it measures.")
    body, seconds = count_body(client, args)
    fitting = next((one for one in STRETCHES if one * 60 * COMFORTABLE >= seconds), STRETCHES[-1])
    minutes = whole_number(args.get("minutes_per_bucket"), "minutes_per_bucket", fitting, 1)
    if seconds > minutes * 60 * MOST_STRETCHES:
        raise ValueError(f"minutes_per_bucket: {minutes} makes more than {MOST_STRETCHES} stretches. Take longer ones.")
    body = {**body, "aggregation": measure, "minutes_per_bucket": minutes, **({"field": name} if name else {})}
    found = client.read_object(ApiCall("POST", "/v1/events/stats", body=body))
    buckets = [one for one in as_list(found.get("aggregations")) if isinstance(one, dict)]
    output = count_output(body, measure, aggregation=measure, minutes_per_bucket=minutes, buckets=buckets)
    heights = [max(0.0, value) if isinstance(value := one.get("value"), int | float) else 0.0 for one in buckets]
    peak = max(heights, default=0.0) or 1.0
    rows = [
        {
            "Time": local_time(one.get("datetime"), params.timezone),
            "Value": cell(one.get("value")),
            "": "█" * round(20 * height / peak),
        }
        for one, height in zip(buckets, heights, strict=True)
    ]
    return CommandResults(
        outputs_prefix="SekoiaXDR.EventAggregation",
        outputs_key_field="id",
        outputs=output,
        raw_response=found,
        readable_output=markdown_table(f"Events: {cell(measure)} {cell(name)}", rows, "Sekoia gave no value."),
    )


def top_values_events_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-top-values-events: the most frequent values of a field."""
    name, k = required(args, "field"), whole_number(args.get("limit"), "limit", 10, 1, 1_000)
    if SECRET_KEY.search(name):
        raise ValueError("field: intake keys are secrets of the tenant and are not shown.")
    body = {**count_body(client, args)[0], "field": name, "k": k}
    found = client.read_object(ApiCall("POST", "/v1/events/topk", body=body))
    top = [one for one in as_list(found.get("topk")) if isinstance(one, dict)]
    rows = [{"Value": cell(one.get("key")), "Events": cell(one.get("count"))} for one in top]
    return CommandResults(
        outputs_prefix="SekoiaXDR.EventTopValues",
        outputs_key_field="id",
        outputs=count_output(body, "top", others=found.get("others"), topk=top),
        raw_response=found,
        readable_output=markdown_table(f"Most frequent values of {cell(name)}", rows, "No event has this field."),
    )


# ---------------------------------------------------------------------------------------------------------------------
# Massive export
# ---------------------------------------------------------------------------------------------------------------------

EXPORT_FIELDS: Fields = {"fields": Field("fields", without_wildcards)}


def start_export(client: SekoiaClient, args: Args) -> CommandResults | str:
    """Asks for the export and gives the uuid of its task; a dry run gives what would be sent."""
    uuid, body = path_id(required(args, "uuid")), passed_on(client, args, EXPORT_FIELDS)
    call = ApiCall("POST", f"{JOBS_PATH}/{uuid}/export", body=body, names_object=True)
    if is_job_waiting(job_of(client, uuid)):
        raise ValueError("The event search has not ended yet: export it when sekoia-xdr-events-status-query says done.")
    if flag(args, "dry_run"):
        return dry_run_result(f"Export of the event search {uuid}", str(call), body)
    try:
        answer = client.write(call)
    except SekoiaConflict as error:
        raise ValueError(f"{error} Sekoia runs one export at a time, and ten at most of one search.") from error
    return validate_id(as_text(answer.get("task_uuid"), 100), "task", None)


def file_of_export(address: str, client: SekoiaClient, params: Params, again: str) -> bytes:
    """The file of an export; ValueError with another way to it when its store does not give it."""
    parts, trouble = urllib.parse.urlsplit(address), ""
    if parts.scheme != "https" and not client.root.startswith("http:"):
        raise ValueError("Sekoia gave an address for the export that is not https: nothing was taken from there.")
    try:
        seconds = min(STORE_SECONDS, client.deadline.remaining())
        return file_from(address, Deadline(seconds), params.verify, params.proxy)
    except ValueError as error:
        trouble = str(error)
    raise ValueError(  # outside of the handler: the address must not ride along in the chain
        f"The export is ready, but its file was not taken from {parts.netloc}: {trouble}. Take it from Sekoia's "
        f"page of exports, or by its address, which this gives: {again}"
    )


def export_task(client: SekoiaClient, uuid: str) -> tuple[JsonObject, bool]:
    """The task of an export and whether it has finished; ValueError when it ended otherwise."""
    task = client.read_object(ApiCall("GET", f"/v1/tasks/{validate_id(uuid, 'task', None)}", names_object=True))
    status = as_text(task.get("status"), 50).upper()
    if status not in ("PENDING", "RUNNING", "FINISHED"):
        why = as_text(task.get("error") or task.get("message"), 300) or "Sekoia does not say why"
        raise ValueError(
            f"The export ended as {status or 'unknown'}: {why}. Start it again with fewer events or fields."
        )
    return task, status == "FINISHED"


def export_events_command(client: SekoiaClient, args: Args, params: Params) -> Any:
    """sekoia-xdr-export-events: a massive export of a finished search; its file, or with link=true its address."""
    uuid, link, pauses = path_id(required(args, "uuid")), flag(args, "link"), pauses_of(args, EXPORT_TIMEOUT)
    started = str(args.get("task_uuid") or "").strip() or start_export(client, args)
    if not isinstance(started, str):
        return started
    task, finished = export_task(client, started) if args.get("task_uuid") else ({}, False)
    if not finished:
        said = f"The export of the event search {cell(uuid)} has started. Its file follows here"
        return later("sekoia-xdr-export-events", args, {"task_uuid": started}, ("uuid", "link"), pauses, said)
    address = as_text(as_dict(task.get("attributes")).get("download_url"))
    if not address:
        raise ValueError(
            "The export has finished, but Sekoia gave no address of its file. Look at its page of exports."
        )
    name = f"events-{uuid[:8]}.jsonl.gz"
    output = {key: task.get(key) for key in ("status", "total", "progress")}
    output = {"task_uuid": started, "uuid": uuid, **output, **({"download_url": address} if link else {"file": name})}
    said = f"{cell(address, 5000)}\n\nWhoever has this address can read the events." if link else f"File: {name}"
    result = CommandResults(
        outputs_prefix="SekoiaXDR.EventExport",
        outputs_key_field="task_uuid",
        outputs=output,
        readable_output=f"### {cell(task.get('progress'))} events are exported\n{said}",
    )
    if link:
        return result
    again = f"!sekoia-xdr-export-events uuid={uuid} task_uuid={started} link=true"
    return [fileResult(name, file_of_export(address, client, params, again)), result]


# ---------------------------------------------------------------------------------------------------------------------
# Queries in SOL
# ---------------------------------------------------------------------------------------------------------------------

RUNS_PATH = "/v1/notebooks/queries/runs"
FILE_NAMES = {"jsonl": "result.jl", "csv": "result.csv"}
PARENT_TYPES = ("notebook", "query", "task", "agent_run", "alert", "case")
SOL_ROWS = 10_000  # what Sekoia gives of a query that does not ask for more


def sol_definition(value: Any, name: str, client: SekoiaClient) -> JsonObject:
    """A query in SOL, or the JSON object that holds one with the communities and intakes to look at."""
    if isinstance(value, str) and not value.lstrip().startswith("{"):
        return {"ql_query": value.strip()}
    return json_object(value, name, client)


RUN_FIELDS: Fields = {
    "query_definition": Field("query_definition", sol_definition, needed=True),
    "query_parameters": Field("query_parameters", json_object),
    "query_uuid": Field("query_uuid", id_like("query", None)),
    "parent_uuid": Field("parent_uuid", id_like("parent", None)),
    "parent_slug": Field("parent_slug"),
    "parent_type": Field("parent_type", choice(*PARENT_TYPES)),
    "community_uuid": Field("community_uuid", id_like("community", None)),
}


def start_run(client: SekoiaClient, args: Args) -> JsonObject:
    """Starts a query."""
    body = passed_on(client, args, RUN_FIELDS)
    try:
        return client.read_object(ApiCall("POST", RUNS_PATH, body=body))
    except SekoiaRateLimited as error:
        raise ValueError(f"{error} Sekoia takes ten SOL queries a minute from a workspace.") from error


def execute_query_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-execute-query."""
    run = start_run(client, args)
    return CommandResults(
        outputs_prefix="SekoiaXDR.QueryRun",
        outputs_key_field="uuid",
        outputs=run,
        readable_output=f"### The query has started as run {cell(run.get('uuid'))}",
    )


def run_shape(run: JsonObject, params: Params) -> JsonObject:
    """A run for the context: the columns of its rows without dots."""
    return {**run, "results": undotted(as_list(run.get("results")), symbol_for_dots(params))}


QUERY_RUN = Reading(
    title="SOL query run",
    path=RUNS_PATH + "/{query_run_uuid}",
    prefix="SekoiaXDR.QueryRun",
    columns={"Run": "uuid", "State": "status", "Rows": "total", "Seconds": "duration", "Error": "error"},
    ids={"query_run_uuid": ("query run", None)},
    fields={"limit": Field("limit", whole(1, EVENTS_PAGE))},
    shape=run_shape,
)


def run_call(uuid: str, tail: str = "", **asked: str) -> ApiCall:
    """A call on a run of a query."""
    return ApiCall("GET", f"{RUNS_PATH}/{validate_id(uuid, 'query run', None)}{tail}", asked, names_object=True)


def is_run_waiting(run: Mapping[str, Any]) -> bool:
    """Whether the query still runs; ValueError with Sekoia's words when it ended without a result."""
    status = as_text(run.get("status"), 50).casefold()
    if status in ("pending", "running"):
        return True
    if status in ("finished", "done"):
        return False
    why = as_text(run.get("error"), 1000) or "Sekoia does not say why"
    raise ValueError(
        f"The query ended in the state '{status or 'unknown'}': {why}. Correct the query and run it again."
    )


def wanted_format(args: Args) -> str:
    """The format of the result's file."""
    required(args, "result_format")
    return one_of(args, "result_format", tuple(FILE_NAMES))


def open_file(content: bytes, kind: str) -> bytes:
    """A result's file without intake keys: their columns in csv, their keys in jsonl."""
    if b"intake" not in content.lower():
        return content
    text = content.decode("utf-8", "replace")
    if kind == "csv":
        return open_csv(text).encode()
    try:
        rows = [json.loads(line) for line in text.split("\n") if line.strip()]
    except ValueError:
        raise ValueError("The result may hold intake keys, and is no jsonl that they could be taken out of.") from None
    return "".join(json.dumps(without_secrets(row)) + "\n" for row in rows).encode()


def open_csv(text: str) -> str:
    """A csv text without the columns of intake keys."""
    csv.field_size_limit(BODY_LIMIT)  # the raw text of an event can be longer than what the reader takes by default
    table = csv.reader(io.StringIO(text, newline=""))
    header = next(table, [])
    kept = [place for place, name in enumerate(header) if not SECRET_KEY.search(name)]
    out = io.StringIO(newline="")
    csv.writer(out).writerows([row[place] for place in kept if place < len(row)] for row in [header, *table])
    return out.getvalue()


def query_result(client: SekoiaClient, uuid: str, args: Args, params: Params) -> list[Any]:
    """A finished run: its file, and its rows for the context as far as they fit."""
    kind, most = wanted_format(args), whole_number(args.get("limit"), "limit", READ_AT_ONCE, 1, SOL_ROWS)
    run = client.read_object(run_call(uuid, limit=str(min(most, EVENTS_PAGE))))
    if is_run_waiting(run):
        raise ValueError("The query still runs: ask again when sekoia-xdr-get-query-run says finished.")
    rows: Iterable[Any] = as_list(run.get("results"))
    if most > EVENTS_PAGE and len(as_list(run.get("results"))) == EVENTS_PAGE:
        rows = itertools.chain(rows, rows_after(client, uuid, EVENTS_PAGE, most))
    gathered = gather_within(rows)
    content = open_file(client.read_file(run_call(uuid, tail="/download", download_format=kind)), kind)
    total = as_int(run.get("total"))
    advice = f"The file {FILE_NAMES[kind]} holds all. More rows come with limit (at most {SOL_ROWS})."
    note = not_all_note(len(gathered.items), total, gathered.cut, "rows", advice)
    if total is not None and total >= SOL_ROWS:
        note += f"\n\n**Sekoia stops at {SOL_ROWS} rows unless the query asks for more:** this result may be partial."
    shown = undotted(gathered.items, symbol_for_dots(params))
    output = {"uuid": uuid, "total": total, "fields": as_list(run.get("fields")), "rows": shown}
    title = f"Result of the query ({total if total is not None else len(shown)} rows)"
    result = CommandResults(
        outputs_prefix="SekoiaXDR.QueryResult",
        outputs_key_field="uuid",
        outputs={**output, "file": FILE_NAMES[kind]},
        raw_response=gathered.items,
        readable_output=flat_table(title, shown, (), (), "The query found nothing.", params.timezone) + note,
    )
    return [fileResult(FILE_NAMES[kind], content), result]


def rows_after(client: SekoiaClient, uuid: str, offset: int, most: int) -> Iterable[Any]:
    """The rows of a run from an offset on, up to `most` in all."""
    while offset < most:
        asked = min(EVENTS_PAGE, most - offset)
        page = client.read_page(run_call(uuid, limit=str(asked), offset=str(offset)), "results").items
        yield from page
        if len(page) < asked:
            return
        offset += asked


def download_query_result_command(client: SekoiaClient, args: Args, params: Params) -> list[Any]:
    """sekoia-xdr-download-query-result."""
    return query_result(client, required(args, "query_run_uuid"), args, params)


def run_query_command(client: SekoiaClient, args: Args, params: Params) -> Any:
    """sekoia-xdr-run-query: starts a query, comes back until it has ended, and gives file and rows."""
    wanted_format(args)
    pauses = pauses_of(args, SOL_TIMEOUT)
    whole_number(args.get("limit"), "limit", READ_AT_ONCE, 1, SOL_ROWS)
    known = str(args.get("query_run_uuid") or "").strip()
    uuid = known or as_text(start_run(client, args).get("uuid"), 100)
    if known and not is_run_waiting(client.read_object(run_call(known, limit="1"))):
        return query_result(client, known, args, params)
    keep = ("query_definition", "result_format", "limit")
    said = f"The query has started as run {cell(uuid)}. Its result follows here"
    return later("sekoia-xdr-run-query", args, {"query_run_uuid": uuid}, keep, pauses, said)


def get_sol_detection_results_command(client: SekoiaClient, args: Args, params: Params) -> CommandResults:
    """sekoia-xdr-get-sol-detection-results: the rows that a SOL rule kept for its alert."""
    wanted, alert_id = pages_wanted(args, EVENTS_PAGE), alert_id_of(args)
    if is_uuid(alert_id):
        alert_id = validate_id(as_text(client.get_alert(alert_id).get("short_id"), 100), "alert", "AL")
    call = ApiCall("GET", f"/v1/notebooks/sol_detection/{alert_id}/results", names_object=True)
    about = client.read_object(call._replace(params={"limit": "1"}))
    found, late = read_list(client, call, wanted, EVENTS_PAGE)
    gathered, total = gather_within(found), as_int(about.get("total"))
    rows = undotted(gathered.items, symbol_for_dots(params))
    note = not_all_note(
        len(rows), total, gathered.cut, "rows", "Ask for more with limit, for a page, or all_results=true."
    )
    empty = "Nothing is kept: only alerts of SOL rules have such results."
    return CommandResults(
        outputs_prefix="SekoiaXDR.SolDetection",
        outputs_key_field="alert_id",
        outputs={"alert_id": alert_id, "total": total, "fields": as_list(about.get("fields")), "rows": rows},
        raw_response=gathered.items,
        readable_output=flat_table(f"Results of the SOL rule ({len(rows)})", rows, (), (), empty, params.timezone)
        + (late or note),
    )


SEARCH_COMMANDS: dict[str, Command] = {
    "sekoia-xdr-events-execute-query": execute_events_query_command,
    "sekoia-xdr-events-status-query": status_events_query_command,
    "sekoia-xdr-events-results-query": results_events_query_command,
    "sekoia-xdr-search-events": search_events_command,
    "sekoia-xdr-search-events-alerts": search_events_alerts_command,
    "sekoia-xdr-list-event-fields": list_event_fields_command,
    "sekoia-xdr-aggregate-events": aggregate_events_command,
    "sekoia-xdr-top-values-events": top_values_events_command,
    "sekoia-xdr-export-events": export_events_command,
    "sekoia-xdr-execute-query": execute_query_command,
    "sekoia-xdr-get-query-run": reading(QUERY_RUN),
    "sekoia-xdr-download-query-result": download_query_result_command,
    "sekoia-xdr-run-query": run_query_command,
    "sekoia-xdr-get-sol-detection-results": get_sol_detection_results_command,
}
