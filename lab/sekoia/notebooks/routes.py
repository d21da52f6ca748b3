"""URL <-> runs of SOL queries and results of SOL rules."""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from lab.sekoia.body import Check, not_blank, or_null, read_body, uuid
from lab.sekoia.errors import ApiError
from lab.sekoia.exchange import Reply, compact, json_reply
from lab.sekoia.instants import iso_short
from lab.sekoia.notebooks.model import PARENTS, QueryRun, columns
from lab.sekoia.notebooks.sol import Row
from lab.sekoia.query import Grammar, page_of
from lab.sekoia.refusals import Unemulated, Unfit
from lab.sekoia.route import Route, Visit

READ = ("View notebook queries",)
FASTAPI = Grammar(fastapi=True)
PAGED = Grammar(paged=True, limit_default=100, limit_max=1000, fastapi=True)
FILE = Grammar(words=frozenset(("download_format",)), fastapi=True)
ASK: dict[str, Check] = {
    "query_definition": lambda value: isinstance(value, dict),
    "query_parameters": lambda value: isinstance(value, dict),
    "query_uuid": uuid,
    "community_uuid": uuid,
    "parent_uuid": uuid,
    "parent_slug": not_blank,
    "parent_type": lambda value: value in PARENTS,
}
DEFINITION: dict[str, Check] = {
    "ql_query": not_blank,
    "community_uuids": or_null(lambda value: isinstance(value, list) and all(map(uuid, value))),
    "intake_uuids": or_null(lambda value: isinstance(value, list) and all(map(uuid, value))),
}
PARAMETER = {"data_type", "type", "value"}
DATA_TYPES = ("string", "boolean", "long", "real", "datetime", "date", "timedelta")
SELECTIONS = ("free_text", "range", "single_selection", "multiple_selection")


def start(visit: Visit) -> Reply:
    body = read_body(visit.request, ASK, ("query_definition",))
    _check(body["query_definition"])
    for name, given in body.get("query_parameters", {}).items():
        if not isinstance(given, dict) or set(given) != PARAMETER:
            raise Unfit(f"Field required: {sorted(PARAMETER)}", ("body", "query_parameters", name), "missing")
        if given["data_type"] not in DATA_TYPES or given["type"] not in SELECTIONS:
            raise Unfit("Input should be one of the known types", ("body", "query_parameters", name), "enum")
    if not visit.world.notebooks.may_start():
        raise ApiError(429, "Too many requests", "EMU429")
    run = visit.world.notebooks.start(body, visit.key.actor)
    return json_reply({"task_id": run.task, "uuid": run.uuid}, 201)


def _check(definition: Mapping[str, Any]) -> None:
    if "ql_query" not in definition:
        raise Unfit("Field required", ("body", "query_definition", "ql_query"), "missing")
    for name, value in definition.items():
        if name not in DEFINITION:
            raise Unemulated(f"the lab does not know the field {name!r} of a query definition")
        if not DEFINITION[name](value):
            raise Unfit("Input is not valid", ("body", "query_definition", name))


def run(visit: Visit) -> Reply:
    world, now = visit.world, visit.world.clock.time()
    found = world.notebooks.run(visit.args["uuid"])
    rows = found.finished(now) if found.status(now) == "finished" else []
    return json_reply({**_shown(found, world.community, now), "results": page_of(rows, visit.query)})


def _shown(found: QueryRun, community: str, now: float) -> dict[str, Any]:
    status, asked = found.status(now), found.asked
    is_over = status in ("finished", "error")
    shown = {
        "uuid": found.uuid,
        "community_uuid": asked.get("community_uuid", community),
        "created_at": iso_short(found.created_at),
        "updated_at": iso_short(min(now, found.created_at + found.plan.starts_after + found.plan.runs_for)),
        "created_by": found.by.uuid,
        "created_by_type": found.by.kind,
        "query_definition": _stated({"community_uuids": [community], **asked["query_definition"]}),
        "duration": round(found.plan.runs_for) if is_over else None,
        "status": status,
        "error": found.plan.error if status == "error" else None,
        "fields": columns(found.rows) if status == "finished" else [],
        "total": len(found.rows) if status == "finished" else 0,
    }
    return _stated(shown | {name: asked.get(name) for name in ("parent_uuid", "parent_slug", "parent_type")})


def _stated(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What has a value; of a run, the description lets no field be null."""
    return {name: value for name, value in fields.items() if value is not None}


def download(visit: Visit) -> Reply:
    wanted = visit.query.words.get("download_format", "csv")
    if wanted not in WRITERS:
        raise Unfit("Input should be 'csv' or 'jsonl'", ("query", "download_format"), "enum")
    rows = visit.world.notebooks.run(visit.args["uuid"]).finished(visit.world.clock.time())
    kind, write = WRITERS[wanted]
    return Reply(200, write(rows), {"Content-Type": kind})


def _csv(rows: list[Row]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, [column["name"] for column in columns(rows)])
    writer.writeheader()
    for row in rows:
        writer.writerow({key: json.dumps(one) if isinstance(one, (list, dict)) else one for key, one in row.items()})
    return out.getvalue().encode()


def _jsonl(rows: list[Row]) -> bytes:
    return b"".join(compact(row) + b"\n" for row in rows)


WRITERS = {"csv": ("text/csv", _csv), "jsonl": ("application/jsonl", _jsonl)}


def detection(visit: Visit) -> Reply:
    rows = visit.world.notebooks.kept(visit.args["alert_short_id"])
    return json_reply({"total": len(rows), "fields": columns(rows), "items": page_of(rows, visit.query)})


RUNS = "/v1/notebooks/queries/runs"
ROUTES = (
    Route("POST", RUNS, start, READ, FASTAPI),
    Route("GET", RUNS + "/{uuid}", run, READ, PAGED),
    Route("GET", RUNS + "/{uuid}/download", download, READ, FILE),
    Route("GET", "/v1/notebooks/sol_detection/{alert_short_id}/results", detection, READ, PAGED),
)
