"""Keys, tokens and rights, as a caller meets them."""

import pytest

from lab.sekoia.app import ROUTER
from lab.sekoia.identity.model import PERMISSIONS
from lab.sekoia.route import Route
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from tests.sekoia.caller import Caller

ALERTS = "/v1/sic/alerts"
UUID = "00000000-0000-4000-8000-000000000000"
GUARDED = [route for route in ROUTER.routes if route.permissions]


@pytest.mark.parametrize("path", ["/v1/auth/validate", "/v1/apiauth/auth/validate", "/api/v1/auth/validate"])
def test_validate_shows_the_clear_content_of_the_token(api: Caller, path: str) -> None:
    token = api.json(path)
    assert sorted(token) == ["csrf", "fresh", "iat", "identity", "jti", "nbf", "type", "user_claims"]
    assert token["identity"].startswith("apikey:")
    assert token["user_claims"] is None


@pytest.mark.parametrize(
    ("state", "code", "message"),
    [("expired", "T301", "The token has expired"), ("revoked", "T302", "Token revoked")],
)
def test_a_key_that_ended_is_401_with_its_own_code(
    world: World, server: SekoiaServer, state: str, code: str, message: str
) -> None:
    with Caller(server.url, world.keys.issue("old", state=state)) as caller:
        answer = caller.get("/v1/auth/validate")
    assert (answer.status_code, answer.json()) == (401, {"message": message, "code": code})


@pytest.mark.parametrize("key", ["nonsense", None, ""])
def test_an_unknown_or_absent_key_is_401_t300(server: SekoiaServer, key: str | None) -> None:
    with Caller(server.url, key) as caller:
        answer = caller.get(ALERTS)
    assert (answer.status_code, answer.json()) == (401, {"message": "The token is invalid", "code": "T300"})


def test_a_key_without_the_bearer_scheme_is_not_a_key(world: World, server: SekoiaServer) -> None:
    key = world.keys.issue()
    with Caller(server.url, None) as caller:
        assert caller.call("GET", ALERTS, headers={"Authorization": key}).status_code == 401


def test_only_asset_management_takes_the_cookie(world: World, server: SekoiaServer) -> None:
    cookies = {"access_token_cookie": world.keys.issue()}
    with Caller(server.url, None) as caller:
        assert caller.call("GET", "/v2/asset-management/assets", cookies=cookies).status_code == 200
        assert caller.call("GET", ALERTS, cookies=cookies).status_code == 401


def test_a_key_can_end_while_it_is_used(world: World, api: Caller) -> None:
    world.keys.change("all rights", state="revoked")
    assert api.get(ALERTS).json()["code"] == "T302"


def test_me_names_the_community(world: World, api: Caller) -> None:
    me = api.json("/v1/me", extended="true")
    assert me["community"] == world.community
    assert {"uuid", "email", "firstname", "lastname"} <= me.keys()


def test_permissions_lists_what_the_key_may(world: World, server: SekoiaServer) -> None:
    with Caller(server.url, world.keys.issue("two", ["View alerts", "View asset"])) as caller:
        listed = caller.json("/v1/me/permissions")
    assert listed["total"] == 2
    assert [item["title"] for item in listed["items"]] == ["View alerts", "View asset"]
    assert sorted(listed["items"][0]) == ["bitmask_id", "description", "feature", "name", "title", "uuid"]
    assert listed["items"][0]["uuid"] == "9ea2b8a3-593f-4bab-92f5-d0af9b563f6f"


def test_communities_lists_the_workspace(world: World, api: Caller) -> None:
    listed = api.json("/v1/me/communities")
    assert listed == {"total": 1, "items": [{"uuid": world.community, "subcommunities": []}]}


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: str(route.name))
def test_each_permission_of_a_call_is_needed(world: World, server: SekoiaServer, route: Route) -> None:
    path = route.path.replace("{uuid}", UUID).replace("{comment_uuid}", UUID)
    everything = {permission.title for permission in PERMISSIONS}
    for number, title in enumerate(route.permissions):
        with Caller(server.url, world.keys.issue(f"lacks {number}", everything - {title})) as caller:
            answer = caller.call(route.method, path)
        assert answer.status_code == 403, title
        assert answer.json() == {"message": "Insufficient permissions", "code": "EMU403"}
    with Caller(server.url, world.keys.issue("has", route.permissions)) as caller:
        assert caller.call(route.method, path).status_code != 403


def test_an_unknown_permission_raises_and_is_named(world: World) -> None:
    with pytest.raises(ValueError, match="View everything"):
        world.keys.issue("odd", ["View everything"])


def test_an_unknown_state_of_a_key_raises_and_is_named(world: World) -> None:
    with pytest.raises(ValueError, match="asleep"):
        world.keys.issue("odd", state="asleep")


def test_a_name_of_a_key_is_used_once(world: World) -> None:
    world.keys.issue("twice")
    with pytest.raises(ValueError, match="twice"):
        world.keys.issue("twice")
