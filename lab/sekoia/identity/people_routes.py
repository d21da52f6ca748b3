"""URL <-> users and their profiles, each by its uuid."""

from typing import Any

from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.identity.avatar_routes import profile, user_of
from lab.sekoia.identity.model import COMMUNITY_NAME
from lab.sekoia.identity.routes import community_shown
from lab.sekoia.refusals import Missing
from lab.sekoia.route import Route, Visit


def user(visit: Visit) -> Reply:
    found = [one for one in visit.world.avatars.all() if one.user_uuid == visit.args["uuid"]]
    if not found:
        raise Missing("Unknown user")
    homes: list[dict[str, Any]] = [
        {"uuid": one.community, "name": COMMUNITY_NAME, "avatar_uuid": one.uuid, "disabled": False} for one in found
    ]
    return json_reply({**user_of(found[0]), "communities": homes})


def avatar(visit: Visit) -> Reply:
    found = visit.world.avatars.get(visit.args["uuid"])
    if found is None:
        raise Missing("Unknown avatar")
    shown = profile(found)
    home = {name: value for name, value in community_shown(visit).items() if name not in ("disabled_at", "limits")}
    return json_reply({**shown, "user": {**shown["user"], "email": None}, "community": home})


ROUTES = (
    Route("GET", "/v1/users/{uuid}", user),
    Route("GET", "/v1/avatars/{uuid}", avatar),
)
