"""What a tenant is made of: rules and their filters, collections of indicators, intakes, people, communities."""

from typing import Any

import pytest

from lab.clock import Clock
from lab.sekoia.tasks.model import Course
from lab.sekoia.world import World
from tests.sekoia.caller import Caller

RULES = "/v1/sic/conf/rules-catalog/rules"
IOCS = "/v2/inthreat/ioc-collections"
INTAKES = "/v1/sic/conf/intakes"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def rule(world: World) -> str:
    """An enabled rule."""
    return world.rules.define("Suspicious logon", severity=70, effort=3, tags=["identity"]).uuid


@pytest.fixture
def collection(world: World) -> str:
    """An empty collection of indicators."""
    return world.iocs.create("Blocked senders").id


def names(api: Caller, path: str, **query: Any) -> list[str]:
    return [item["name"] for item in api.items(path, **query)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["Suspicious logon", "Beacon"]),
        ({"match[name]": "Beacon"}, ["Beacon"]),
        ({"match[type]": "cti"}, ["Beacon"]),
        ({"match[effort]": "3,4"}, ["Suspicious logon"]),
        ({"match[tag_name]": "identity"}, ["Suspicious logon"]),
        ({"match[search]": "BEAC"}, ["Beacon"]),
        ({"enabled": "false"}, ["Beacon"]),
        ({"range[severity]": "60,100"}, ["Suspicious logon"]),
        ({"has_active_alert_filters": "true"}, []),
        ({"sort": "name", "direction": "asc"}, ["Beacon", "Suspicious logon"]),
    ],
)
def test_rules_are_filtered_and_sorted(
    world: World, api: Caller, rule: str, query: dict[str, str], found: list[str]
) -> None:
    world.rules.define("Beacon", "cti", enabled=False)
    assert names(api, RULES, **query) == found


def test_rule_is_switched_as_often_as_one_likes(api: Caller, rule: str) -> None:
    answers = [
        api.call("PUT", f"{RULES}/{rule}/{word}").json()["enabled"]
        for word in ("disabled", "disabled", "enabled", "enabled")
    ]
    assert answers == [False, False, True, True]
    assert api.get(f"{RULES}/{UNKNOWN}").json()["message"] == "Unknown rule"


def test_alert_and_catalogue_mean_the_same_rule(world: World, api: Caller, rule: str) -> None:
    alert = world.alerts.raise_alert("one", rule="Suspicious logon")
    assert api.json(f"/v1/sic/alerts/{alert.uuid}")["rule"]["uuid"] == rule


def test_filter_lives_until_it_expires_or_is_removed(api: Caller, rule: str, clock: Clock) -> None:
    path = f"{RULES}/{rule}/alert-filters"
    body = {"exclusion_pattern": "user.name: backup", "name": "Backup", "expires_at": "2026-03-01T11:00:00Z"}
    made = api.call("POST", path, json=body).json()
    assert made.keys() == {"uuid", "name", "description", "exclusion_pattern", "expires_at", "status"}
    assert names(api, RULES, has_active_alert_filters="true") == ["Suspicious logon"]
    clock.advance(3601)
    assert [one["status"] for one in api.items(path)] == ["expired"]
    changed = api.call("PUT", f"{path}/{made['uuid']}", json={"exclusion_pattern": "user.name: restore"}).json()
    assert (changed["status"], changed["name"]) == ("active", "")
    assert api.call("DELETE", f"{path}/{made['uuid']}").status_code == 204
    assert api.call("DELETE", f"{path}/{made['uuid']}").status_code == 404


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_rule_that_was_never_enabled_has_no_filters(world: World, api: Caller, method: str) -> None:
    rule = world.rules.define("Never on", enabled=False)
    body = {"exclusion_pattern": "x: y"}
    answer = api.call(method, f"{RULES}/{rule.uuid}/alert-filters", json=body if method == "POST" else None)
    assert answer.status_code == 409


@pytest.mark.parametrize(
    "body",
    [{}, {"exclusion_pattern": ""}, {"exclusion_pattern": "x: y", "expires_at": "2020-01-01T00:00:00Z"}],
)
def test_filter_that_cannot_be_is_refused(api: Caller, rule: str, body: dict[str, str]) -> None:
    assert api.call("POST", f"{RULES}/{rule}/alert-filters", json=body).status_code == 400


def test_unknown_body_key_names_itself(api: Caller, rule: str) -> None:
    answer = api.call("POST", f"{RULES}/{rule}/alert-filters", json={"exclusion_pattern": "x: y", "colour": "red"})
    assert "'colour'" in answer.json()["message"]


def test_indicators_are_added_renewed_and_revoked(api: Caller, collection: str) -> None:
    path = f"{IOCS}/{collection}/indicators"
    values = ["198.51.100.7", "2001:db8::1", "parcel-desk.example", "https://parcel-desk.example/x", "a@b.example"]
    values += ["d" * 32, "d" * 64]
    made = api.call("POST", path, json={"indicators": [{"value": value} for value in values]}).json()["items"]
    kinds = [one["x_ic_observable_types"][0] for one in made]
    assert kinds == ["ipv4-addr", "ipv6-addr", "domain-name", "url", "email-addr", "file", "file"]
    again = api.call("POST", path, json={"indicators": [{"value": values[0], "description": "seen again"}]}).json()
    assert again["items"][0]["id"] == made[0]["id"]
    assert api.call("DELETE", f"{path}/{made[0]['id']}").json()["revoked"] is True
    assert api.items(IOCS, with_indicators_count="true")[0]["indicators_count"] == len(values) - 1
    assert names(api, path, term="PARCEL") == ["parcel-desk.example", "https://parcel-desk.example/x"]


def test_text_is_imported_by_a_task(api: Caller, clock: Clock, collection: str) -> None:
    path = f"{IOCS}/{collection}/indicators"
    answer = api.call("POST", f"{path}/text", json={"indicators": "198.51.100.7\n\n198.51.100.8\n"})
    assert answer.status_code == 202
    assert api.items(path) == []
    clock.advance(5)
    assert names(api, path) == ["198.51.100.7", "198.51.100.8"]
    assert api.json(f"/v1/tasks/{answer.json()['task_id']}")["status"] == "FINISHED"


def test_text_whose_task_fails_adds_nothing(world: World, api: Caller, clock: Clock, collection: str) -> None:
    world.tasks.next_go(Course(ends="FAILED"))
    api.call("POST", f"{IOCS}/{collection}/indicators/text", json={"indicators": "198.51.100.7"})
    clock.advance(5)
    assert api.items(f"{IOCS}/{collection}/indicators") == []


def test_collection_is_found_with_and_without_its_prefix(api: Caller, collection: str) -> None:
    bare = collection.removeprefix("ioc-collection--")
    assert api.json(f"{IOCS}/{bare}") == api.json(f"{IOCS}/{collection}")
    missing = api.get(f"{IOCS}/{UNKNOWN}/indicators")
    assert (missing.status_code, missing.json()["code"]) == (404, "INTHREAT2500")


@pytest.mark.parametrize("indicators", [[], [{"value": "no observable"}], [{"value": "a.example"}] * 101])
def test_indicators_that_cannot_be_are_refused(api: Caller, collection: str, indicators: list[Any]) -> None:
    path = f"{IOCS}/{collection}/indicators"
    assert api.call("POST", path, json={"indicators": indicators}).status_code == 400
    assert api.items(path) == []


def test_new_collection_is_201(api: Caller) -> None:
    made = api.call("POST", IOCS, json={"name": "Beacons", "description": "x" * 500})
    assert (made.status_code, made.json()["indicators_count"]) == (201, 0)
    assert api.call("POST", IOCS, json={"name": "Beacons", "description": "x" * 501}).status_code == 400


def test_intakes_show_their_keys_and_their_status_when_asked(world: World, api: Caller) -> None:
    world.intakes.add("Domain controllers")
    world.intakes.add("Mail gateway", entity="Cloud tenant", status="error")
    assert names(api, INTAKES, **{"match[entity_name]": "Cloud tenant"}) == ["Mail gateway"]
    assert "status" not in api.items(INTAKES)[0]
    shown = api.items(INTAKES, with_status="true")
    assert [one["status"] for one in shown] == ["running", "error"]
    assert all(len(one["intake_key"]) == 32 for one in shown)
    assert api.json(f"{INTAKES}/{shown[0]['uuid']}") == shown[0]


def test_user_and_profile_lead_to_each_other(world: World, api: Caller) -> None:
    avatar = world.avatars.join("Ines Okafor", "ines@cormorant.example")
    user = api.json(f"/v1/users/{avatar.user_uuid}")
    assert user["communities"][0]["avatar_uuid"] == avatar.uuid
    shown = api.json(f"/v1/avatars/{avatar.uuid}")
    assert (shown["user"]["uuid"], shown["user"]["email"]) == (avatar.user_uuid, None)
    assert shown["community"]["uuid"] == world.community
    assert api.get(f"/v1/users/{UNKNOWN}").status_code == api.get(f"/v1/avatars/{UNKNOWN}").status_code == 404


def test_communities_are_listed_without_what_only_one_shows(world: World, api: Caller) -> None:
    listed = api.items("/v1/communities")
    one = api.json(f"/v1/communities/{world.community}")
    assert one.keys() - listed[0].keys() == {"creator", "subcommunities"}
    assert api.items("/v1/communities", **{"match[name]": "Another"}) == []


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("GET", RULES, "View Rules Catalog"),
        ("PUT", f"{RULES}/{UNKNOWN}/enabled", "Manage rules and alert filters"),
        ("GET", IOCS, "View IOC collections"),
        ("POST", IOCS, "Manage IOC collections"),
        ("GET", INTAKES, "View intakes"),
    ],
)
def test_call_needs_its_permission(world: World, api: Caller, method: str, path: str, needed: str) -> None:
    world.keys.change("all rights", permissions={"View alerts"})
    assert api.call(method, path, json={}).status_code == 403
    world.keys.change("all rights", permissions={needed})
    assert api.call(method, path, json={}).status_code != 403
