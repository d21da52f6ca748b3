"""URL <-> keys: is this key good, who is it, what may it do."""

from typing import Any

from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.identity.model import BITMASK, COMMUNITY_NAME, PERMISSIONS
from lab.sekoia.query import Grammar
from lab.sekoia.refusals import Missing
from lab.sekoia.route import Route, Visit

BORN = "2025-06-23 09:13:22.077939"
COMMUNITY = Grammar(flags=frozenset(("include_disabled", "include_licenses")))


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


def community(visit: Visit) -> Reply:
    if visit.args["uuid"] != visit.world.community:
        raise Missing("Unknown community")
    blank = {"parent_community_uuid": None, "session_timeout": None, "disable_inactive_avatars": False}
    shown = {"uuid": visit.world.community, "name": COMMUNITY_NAME, "description": "", "homepage_url": ""}
    born = {"created_at": BORN, "updated_at": BORN, "created_by_type": "user", "picture_mode": "initials"}
    who = {"created_by": visit.world.ids.of("avatar", "founder"), "is_parent": False, "subcommunities": []}
    return json_reply({**shown, **born, **who, **blank, "is_mfa_enforced": False, "disabled": False})


ROUTES = (
    Route("GET", "/v1/auth/validate", validate),
    Route("GET", "/v1/apiauth/auth/validate", validate),
    Route("GET", "/v1/me", me, grammar=Grammar(flags=frozenset(("extended",)))),
    Route("GET", "/v1/me/permissions", permissions),
    Route("GET", "/v1/me/communities", communities),
    Route("GET", "/v1/communities/{uuid}", community, grammar=COMMUNITY),
)
