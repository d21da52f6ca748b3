"""URL <-> kill chain stages."""

from typing import Any

from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.kill_chains.model import KillChain
from lab.sekoia.query import Grammar, page_of
from lab.sekoia.refusals import Missing
from lab.sekoia.route import Route, Visit

READ = ("View alerts",)


def stages(visit: Visit) -> Reply:
    found = [stage for stage in visit.world.kill_chains.all() if _is_wanted(stage, visit)]
    return json_reply({"items": [_shown(stage) for stage in page_of(found, visit.query)], "total": len(found)})


def _is_wanted(stage: KillChain, visit: Visit) -> bool:
    return all(getattr(stage, name) in wanted for name, wanted in visit.query.match.items())


def stage(visit: Visit) -> Reply:
    found = visit.world.kill_chains.get(visit.args["uuid"])
    if found is None:
        raise Missing("Unknown kill chain")
    return json_reply(_shown(found))


def _shown(stage: KillChain) -> dict[str, Any]:
    return {
        "order_id": stage.order,
        "uuid": stage.uuid,
        "short_id": stage.short_id,
        "name": stage.name,
        "description": f"Stage {stage.order} of the kill chain",
        "stix_name": stage.stix_name,
    }


ROUTES = (
    Route("GET", "/v1/sic/kill-chains", stages, READ, Grammar(match=frozenset(("name", "short_id")), paged=True)),
    Route("GET", "/v1/sic/kill-chains/{uuid}", stage, READ),
)
