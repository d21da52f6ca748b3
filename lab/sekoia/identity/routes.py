"""URL <-> keys: is this key good, who is it, what may it do."""

from typing import Any

from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.identity.model import BITMASK, PERMISSIONS
from lab.sekoia.query import Grammar
from lab.sekoia.route import Route, Visit


def validate(visit: Visit) -> Reply:
    key = visit.key
    issued = int(key.issued_at)
    token = {"csrf": visit.world.ids.of("csrf", key.name), "fresh": False, "iat": issued, "nbf": issued}
    return json_reply({**token, "identity": key.identity, "jti": key.jti, "type": "access", "user_claims": None})


def me(visit: Visit) -> Reply:
    key = visit.key
    shown = {"uuid": key.uuid, "email": f"{key.name}@soc.example", "firstname": key.name, "lastname": "API key"}
    return json_reply({**shown, "community": visit.world.community})


def permissions(visit: Visit) -> Reply:
    held = [permission for permission in PERMISSIONS if permission.title in visit.key.permissions]
    items: list[dict[str, Any]] = [
        {
            "uuid": permission.uuid,
            "bitmask_id": BITMASK[permission.title],
            "name": permission.name,
            "title": permission.title,
            "description": "",
            "feature": permission.feature,
        }
        for permission in held
    ]
    return json_reply({"total": len(items), "items": items})


def communities(visit: Visit) -> Reply:
    return json_reply({"total": 1, "items": [{"uuid": visit.world.community, "subcommunities": []}]})


ROUTES = (
    Route("GET", "/v1/auth/validate", validate),
    Route("GET", "/v1/apiauth/auth/validate", validate),
    Route("GET", "/v1/me", me, grammar=Grammar(flags=frozenset(("extended",)))),
    Route("GET", "/v1/me/permissions", permissions),
    Route("GET", "/v1/me/communities", communities),
)
