"""Names that users write become the ids of a tenant."""

import pytest
import SekoiaXDRApiModule as api
import SekoiaXDRWarRoomApiModule as room

from lab.sekoia.world import World


def test_people_are_found_beyond_the_first_page(client: api.SekoiaClient, world: World) -> None:
    for number in range(130):
        world.avatars.join(f"Analyst {number}", f"a{number}@soc.example")
    last = world.avatars.join("Jo Sample", "jo@soc.example")
    assert room.resolve_assignee(client, "JO@soc.example", world.community) == last.uuid
    assert room.resolve_assignee(client, "Jo Sample") == last.uuid


def test_person_of_an_unknown_community_is_an_error_about_that_community(client: api.SekoiaClient) -> None:
    with pytest.raises(api.SekoiaNotFound, match="Unknown community"):
        room.resolve_assignee(client, "jo@soc.example", "00000000-0000-4000-8000-000000000000")


def test_priorities_and_verdicts_are_found_by_label(client: api.SekoiaClient, world: World) -> None:
    high = world.priorities.define("Very high")
    assert room.resolve_priority(client, "very HIGH", world.community)["uuid"] == high.uuid
    assert room.resolve_verdict(client, "true positive", world.community)["stage"] == "true_positive"


def test_priorities_need_the_permission_to_view_cases(make_client: object, world: World) -> None:
    client = make_client(permissions=("View alerts",))  # type: ignore[operator]
    with pytest.raises(api.SekoiaPermissionError, match="View cases"):
        room.resolve_priority(client, "High", world.community)
