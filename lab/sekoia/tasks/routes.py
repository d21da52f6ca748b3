"""URL <-> tasks."""

from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.refusals import Missing
from lab.sekoia.route import Route, Visit


def task(visit: Visit) -> Reply:
    found = visit.world.tasks.get(visit.args["uuid"])
    if found.kind == "bulk" and visit.world.switches.bulk_tasks == "unknown":
        raise Missing("Unknown task")
    status = found.status(visit.world.clock.time())
    error = "The task failed" if status == "FAILED" else None
    shown = {"uuid": found.uuid, "status": status, "total": found.total, "progress": found.progress}
    return json_reply({**shown, "attributes": found.attributes, "error": error})


ROUTES = (Route("GET", "/v1/tasks/{uuid}", task),)
