"""URL <-> keys: is this key good, who is it, what may it do."""

from typing import Any

from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.identity.model import BITMASK, COMMUNITY_NAME, PERMISSIONS
from lab.sekoia.query import Grammar, page_of
from lab.sekoia.refusals import Missing
from lab.sekoia.route import Route, Visit

BORN = "2025-06-23 09:13:22.077939"
COMMUNITIES = Grammar(match=frozenset(("name", "uuid")), flags=frozenset(("disabled", "parent")), paged=True)
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


def community_shown(visit: Visit) -> dict[str, Any]:
    """The workspace, with who made it and its sub-communities."""
    maker = {"uuid": visit.world.ids.of("avatar", "founder"), "name": "Founder", "description": ""}
    return {**_listed(visit), "creator": maker, "subcommunities": []}


def _listed(visit: Visit) -> dict[str, Any]:
    shown = {"uuid": visit.world.community, "name": COMMUNITY_NAME, "description": "", "homepage_url": ""}
    born = {"created_at": BORN, "updated_at": BORN, "created_by_type": "user", "picture_mode": "initials"}
    company = dict.fromkeys(("size", "security_team_size", "sector", "location", "domain_name"), "")
    return {
        **shown,
        **born,
        **{f"company_{name}": value for name, value in company.items()},
        "created_by": visit.world.ids.of("avatar", "founder"),
        "is_parent": False,
        "parent_community_uuid": None,
        "is_mfa_enforced": False,
        "session_timeout": None,
        "disable_inactive_avatars": False,
        "disabled": False,
        "disabled_at": None,
        "is_payg_allowed": False,
        "plans": [],
        "features": [],
        "computed_properties": None,
        "limits": None,
    }


def community(visit: Visit) -> Reply:
    if visit.args["uuid"] != visit.world.community:
        raise Missing("Unknown community")
    return json_reply(community_shown(visit))


def all_communities(visit: Visit) -> Reply:
    shown = _listed(visit)
    fits = all(shown[name] in wanted for name, wanted in visit.query.match.items())
    fits = fits and not visit.query.flag("disabled", False) and not visit.query.flag("parent", False)
    found = [shown] if fits else []
    return json_reply({"items": page_of(found, visit.query), "total": len(found)})


ROUTES = (
    Route("GET", "/v1/auth/validate", validate),
    Route("GET", "/v1/apiauth/auth/validate", validate),
    Route("GET", "/v1/me", me, grammar=Grammar(flags=frozenset(("extended",)))),
    Route("GET", "/v1/me/permissions", permissions),
    Route("GET", "/v1/me/communities", communities),
    Route("GET", "/v1/communities", all_communities, grammar=COMMUNITIES),
    Route("GET", "/v1/communities/{uuid}", community, grammar=COMMUNITY),
)
