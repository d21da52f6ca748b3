"""What event searches lean on: stories that hold events, entities that filters name, the community."""

from typing import Any

import pytest

from lab.clock import Clock
from lab.sekoia import scenario
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from tests.sekoia.caller import Caller
from tests.sekoia.search import find

ENTITIES = "/v1/sic/conf/entities"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def test_a_story_gives_its_alerts_events(world: World, api: Caller, clock: Clock) -> None:
    fields = {"user.name": "user-{n}"}
    entry = {"title": "x {n}", "count": 2, "events": {"count": 3, "late": "90s", "kind": "email", "fields": fields}}
    world.load({"alerts": [entry]})
    first, second = world.alerts.all()
    assert find(api, clock, f"alert_short_ids:{first.short_id}") == []
    clock.advance(90)
    found = find(api, clock, f"alert_short_ids:{second.short_id}")
    assert [event["user.name"] for event in found] == ["user-3", "user-2", "user-1"]


@pytest.mark.parametrize(
    ("events", "words"),
    [({"number": 3}, "number"), ({"count": 1, "late": "soon"}, "soon"), ({"count": 1, "kind": "rumour"}, "rumour")],
    ids=str,
)
def test_events_of_a_story_that_do_not_fit_raise(world: World, events: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        world.load({"alerts": [{"title": "x", "events": events}]})


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("phishing", {"message": 14, "click": 5, "rule": 2, "fraud": 1}),
        ("ransomware", {"vpn": 2, "dump": 3, "discovery": 9, "lateral": 6, "shadow": 3, "encryption": 120, "note": 12}),
    ],
)
def test_the_stories_of_attacks_have_events(name: str, numbers: dict[str, int]) -> None:
    world, story = World(Clock(), seed=1), scenario.read(name)
    world.load(story)
    by_title = {alert.title: alert for alert in world.alerts.all()}
    with SekoiaServer(world) as server, Caller(server.url, world.keys.named("soar").text) as api:
        world.clock.sleep(3 * 3600)
        for entry in story["alerts"]:
            term = f"alert_short_ids:{by_title[entry['title']].short_id}"
            assert len(find(api, world.clock, term)) == numbers.get(entry["ref"], 0), entry["ref"]


def names(api: Caller, **query: Any) -> list[str]:
    return [entity["name"] for entity in api.items(ENTITIES, **query)]


@pytest.fixture
def sites(world: World) -> World:
    world.entities.named("Head office", description="Main site", intakes=3)
    world.entities.named("Antwerp terminal")
    return world


def test_entities_are_listed(sites: World, api: Caller) -> None:
    listed = api.json(ENTITIES)
    assert listed["total"] == 2
    assert listed["items"][0] == {
        "uuid": sites.entities.named("Head office").uuid,
        "name": "Head office",
        "entity_id": "head-office",
        "alerts_generation": sites.ids.of("generation mode", "default"),
        "description": "Main site",
        "community_uuid": sites.community,
        "number_of_intakes": 3,
    }


def test_entities_are_matched_and_paged(sites: World, api: Caller) -> None:
    assert names(api, **{"match[name]": "Head office,Nowhere"}) == ["Head office"]
    assert names(api, **{"match[uuid]": sites.entities.named("Antwerp terminal").uuid}) == ["Antwerp terminal"]
    assert names(api, **{"match[entity_id]": "antwerp-terminal"}) == ["Antwerp terminal"]
    assert names(api, **{"match[community_uuid]": UNKNOWN}) == []
    assert names(api, **{"match[community_uuid]": sites.community}) == ["Head office", "Antwerp terminal"]
    assert names(api, limit=1, offset=1) == ["Antwerp terminal"]
    assert api.get(ENTITIES, limit=101).status_code == 400
    assert api.get(ENTITIES, **{"range[number_of_intakes]": "1,2"}).status_code == 400


def test_one_entity_is_found_by_uuid(sites: World, api: Caller) -> None:
    first = api.items(ENTITIES)[0]
    assert api.json(f"{ENTITIES}/{first['uuid']}") == first
    assert api.get(f"{ENTITIES}/{UNKNOWN}").json()["message"] == "Unknown entity"


def test_entities_need_a_permission(world: World, server: SekoiaServer) -> None:
    with Caller(server.url, world.keys.issue("blind", ["View alerts"])) as blind:
        assert blind.get(ENTITIES).status_code == 403
    with Caller(server.url, world.keys.issue("seeing", ["View entities"])) as seeing:
        assert seeing.get(ENTITIES).status_code == 200


def test_the_community_of_the_caller_is_shown(world: World, api: Caller) -> None:
    shown = api.json(f"/v1/communities/{world.community}")
    assert (shown["uuid"], shown["name"]) == (api.json("/v1/me")["community"], "Cormorant")
    assert shown["created_at"] == "2025-06-23 09:13:22.077939"
    assert (shown["is_parent"], shown["subcommunities"]) == (False, [])


def test_another_community_is_404(api: Caller) -> None:
    assert api.get(f"/v1/communities/{UNKNOWN}").status_code == 404
