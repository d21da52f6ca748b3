"""URL <-> exports of a search job."""

from lab.sekoia.body import Check, not_blank, read_body
from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.exports.storage import PREFIX
from lab.sekoia.route import Route, Visit

EXPORT = ("Massive export of events",)
ASK: dict[str, Check] = {"fields": lambda value: isinstance(value, list) and all(map(not_blank, value))}


def start(visit: Visit) -> Reply:
    body = read_body(visit.request, ASK)
    host = visit.request.headers.get("host", "")
    job = visit.world.searches.get(visit.args["uuid"])
    task = visit.world.exports.start(
        job, body.get("fields", ()), lambda name, signature: f"http://{host}{PREFIX}{name}?signature={signature}"
    )
    return json_reply({"task_uuid": task.uuid})


ROUTES = (Route("POST", "/v1/sic/conf/events/search/jobs/{uuid}/export", start, EXPORT),)
