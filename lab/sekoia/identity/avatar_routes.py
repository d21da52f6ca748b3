"""URL <-> the people of a community."""

from collections.abc import Callable
from typing import Any

from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.identity.avatars import Avatar
from lab.sekoia.query import Grammar, page_of
from lab.sekoia.refusals import Missing
from lab.sekoia.route import Route, Visit

BORN, BORN_ISO = "2025-05-15 15:42:16.266135", "2025-05-15T15:42:16Z"
SEEN = "2025-05-15T15:42:16.266135+00:00"
ROLE = "5d8c1f0e-4b7a-4c39-9e26-70f1a2b3c4d5"
MATCHES: dict[str, Callable[[Avatar], str]] = {
    "uuid": lambda avatar: avatar.uuid,
    "user_uuid": lambda avatar: avatar.user_uuid,
    "name": lambda avatar: avatar.name,
    "status": lambda avatar: avatar.status,
}
SORTS: dict[str, Callable[[Avatar], str]] = {
    "uuid": lambda avatar: avatar.uuid,
    "name": lambda avatar: avatar.name,
    "created_at": lambda avatar: BORN,
    "updated_at": lambda avatar: BORN,
}
LIST = Grammar(
    match=frozenset(MATCHES), flags=frozenset(("confirmed", "include_parent")), sorts=tuple(SORTS), paged=True
)


def avatars(visit: Visit) -> Reply:
    if visit.args["uuid"] != visit.world.community:
        raise Missing("Unknown community")
    found = [avatar for avatar in visit.world.avatars.all() if _is_wanted(avatar, visit)]
    if visit.query.sort:
        found.sort(key=SORTS[visit.query.sort], reverse=visit.query.direction == "desc")
    return json_reply({"total": len(found), "items": [_listed(avatar) for avatar in page_of(found, visit.query)]})


def _is_wanted(avatar: Avatar, visit: Visit) -> bool:
    confirmed = visit.query.flags.get("confirmed", avatar.confirmed)
    fits = all(MATCHES[name](avatar) in wanted for name, wanted in visit.query.match.items())
    return fits and avatar.confirmed == confirmed


def user_of(avatar: Avatar) -> dict[str, Any]:
    """The user behind a profile."""
    return {
        "uuid": avatar.user_uuid,
        "firstname": avatar.firstname,
        "lastname": avatar.lastname,
        "company_name": "",
        "email": avatar.email,
        "picture_mode": "initials",
        "created_at": BORN,
        "updated_at": BORN,
        "invitation_v2": None if avatar.confirmed else {"email": avatar.email},
        "mfa_enabled": True,
        "last_activity": SEEN if avatar.confirmed else None,
        "auth_provider": "local",
    }


def _common(avatar: Avatar) -> dict[str, Any]:
    return {
        "uuid": avatar.uuid,
        "name": avatar.name,
        "user": user_of(avatar),
        "created_at": BORN_ISO,
        "updated_at": BORN_ISO,
        "status": avatar.status,
        "status_changed_at": BORN_ISO,
        "role_uuid": None,
    }


def _listed(avatar: Avatar) -> dict[str, Any]:
    shown = _common(avatar)
    shown["user"] |= {"confirmed": avatar.confirmed, "sso_available": False}
    return {**shown, "role_uuid": ROLE, "roles": [{"uuid": ROLE, "name": "Analyst"}]}


def profile(avatar: Avatar) -> dict[str, Any]:
    """A profile as it is shown alone."""
    return {
        **_common(avatar),
        "is_restricted": False,
        "intake_uuids": [],
        "permissions_mask": "0",
    }


ROUTES = (Route("GET", "/v1/communities/{uuid}/avatars/", avatars, grammar=LIST),)
