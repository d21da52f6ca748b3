"""Reading under conditions that only the lab can make: crowded seconds, odd grammars, many assets."""

import pytest
import SekoiaXDRApiModule as api

from lab.clock import Clock
from lab.sekoia.world import World


def uuids(client: api.SekoiaClient, since: float, query: api.AlertQuery | None = None) -> list[str]:
    """The ids of a walk, in its order."""
    pages = client.alerts_since(query or api.AlertQuery(), int(since))
    return [item["uuid"] for page in pages for item in page.items]


def expected(world: World) -> list[str]:
    return [alert.uuid for alert in world.alerts.all()]


@pytest.mark.parametrize("with_total", [True, False])
@pytest.mark.parametrize("bounds", ["inclusive", "exclusive"])
def test_walk_passes_a_second_of_many_pages(
    client: api.SekoiaClient, world: World, clock: Clock, bounds: str, with_total: bool
) -> None:
    world.switches.turn(bounds=bounds, with_total=with_total, shuffle_ties=True)
    for moment, count in ((0, 3), (1, 457), (2, 3)):
        for number in range(count):
            world.alerts.raise_alert(f"{moment}, {number}", created_at=clock.time() - 60 + moment)
    assert sorted(uuids(client, clock.time() - 60)) == sorted(expected(world))


@pytest.mark.parametrize("precision", ["second", "microsecond"])
def test_walk_begins_with_the_second_asked_for(
    client: api.SekoiaClient, world: World, clock: Clock, precision: str
) -> None:
    world.switches.turn(created_at_precision=precision, bounds="exclusive")
    start = clock.time() - 60
    for offset in (-0.5, 0.0, 0.5, 1.5):
        world.alerts.raise_alert(f"{offset}", created_at=start + offset)
    assert uuids(client, start) == expected(world)[1:]


def test_walk_by_update_finds_an_old_alert_that_changed(client: api.SekoiaClient, world: World, clock: Clock) -> None:
    old = world.alerts.raise_alert("old", created_at=clock.time() - 86_400)
    world.alerts.raise_alert("untouched", created_at=clock.time() - 86_400)
    world.alerts.set_status(old.short_id, "Closed")
    pages = client.alerts_since(api.AlertQuery(), int(clock.time()) - 60, "updated")
    assert [item["uuid"] for page in pages for item in page.items] == [old.uuid]


def test_list_larger_than_a_page_takes_one_call_more_than_its_pages(
    client: api.SekoiaClient, world: World, clock: Clock
) -> None:
    for number in range(250):
        world.alerts.raise_alert(f"alert {number}", created_at=clock.time() - 1000 + number)
    assert len(uuids(client, clock.time() - 2000)) == 250
    assert client.calls <= 4


def test_label_with_a_comma_is_not_asked_for(client: api.SekoiaClient) -> None:
    with pytest.raises(ValueError, match="holds a comma"):
        client.alerts_page(api.AlertQuery(rule_names=("one, two",)))
    assert client.calls == 0


def test_uuids_and_short_ids_are_not_asked_for_together(client: api.SekoiaClient, world: World) -> None:
    alert = world.alerts.raise_alert()
    with pytest.raises(ValueError, match="cannot match both in one question"):
        client.alerts_page(api.AlertQuery(ids=(alert.uuid, alert.short_id)))


def test_special_characters_of_a_value_arrive_unchanged(client: api.SekoiaClient, world: World) -> None:
    name = "R&D = 100% #1 / Zürich + 東京"
    alert = world.alerts.raise_alert("one", entity=name)
    world.alerts.raise_alert("two")
    assert [item["uuid"] for item in client.alerts_page(api.AlertQuery(entity_names=(name,))).items] == [alert.uuid]


def test_fields_nobody_announced_and_fields_that_are_missing_are_passed_on(
    client: api.SekoiaClient, world: World
) -> None:
    world.switches.turn(extra_fields=True, absent_optional=True, has_more=False, with_total=False)
    alert = world.alerts.raise_alert()
    page = client.alerts_page(api.AlertQuery())
    assert ([item["uuid"] for item in page.items], page.total) == ([alert.uuid], None)


def test_alert_that_is_not_shown_yet_is_not_found(client: api.SekoiaClient, world: World, clock: Clock) -> None:
    alert = world.alerts.raise_alert(visible_after=60)
    with pytest.raises(api.SekoiaNotFound):
        client.get_alert(alert.uuid)
    clock.advance(61)
    assert client.get_alert(alert.uuid)["uuid"] == alert.uuid


def test_stix_is_there_when_asked_for(client: api.SekoiaClient, world: World) -> None:
    alert = world.alerts.raise_alert()
    assert client.get_alert(alert.uuid)["stix"] == {}
    assert client.get_alert(alert.uuid, stix=True)["stix"]["type"] == "bundle"


def test_many_comments_are_read_over_pages(client: api.SekoiaClient, world: World) -> None:
    alert = world.alerts.raise_alert()
    for number in range(230):
        world.alerts.comment(alert.short_id, f"note {number}")
    assert len(list(client.iter_comments(alert.short_id))) == 230


def test_assets_are_read_in_batches_of_fifty(client: api.SekoiaClient, world: World) -> None:
    wanted = [world.assets.add(f"srv-{number}").uuid for number in range(120)]
    assert {asset["uuid"] for asset in client.assets(wanted)} == set(wanted)
    assert client.calls == 3


@pytest.mark.parametrize("hidden", [True, False])
def test_revoked_asset_comes_back_and_says_so(client: api.SekoiaClient, world: World, hidden: bool) -> None:
    world.switches.turn(revoked_assets_hidden=hidden)
    asset = world.assets.add("srv-old", revoked=True)
    assert [(one["uuid"], one["revoked"]) for one in client.assets([asset.uuid])] == [(asset.uuid, True)]


def test_ids_that_are_no_asset_ids_are_not_asked_for(client: api.SekoiaClient, world: World) -> None:
    asset = world.assets.add("srv-1")
    found = client.assets(["", "srv-1", asset.uuid, asset.uuid, "x,y", "../" + asset.uuid])
    assert [one["uuid"] for one in found] == [asset.uuid]
    assert world.journal.calls[-1].query["uuids"] == [asset.uuid]


def test_no_assets_cost_no_call(client: api.SekoiaClient) -> None:
    assert (client.assets([]), client.calls) == ([], 0)


def test_statuses_of_cases_are_told_apart(client: api.SekoiaClient, world: World) -> None:
    world.statuses.define("Only for cases", "open", types=("case",))
    assert "Only for cases" not in [status["label"] for status in client.custom_statuses()]
    assert "Only for cases" in [status["label"] for status in client.custom_statuses("case")]


def test_rejected_can_be_missing_from_the_statuses(client: api.SekoiaClient, world: World) -> None:
    world.switches.turn(rejected_status=False)
    assert "Rejected" not in [status["label"] for status in client.custom_statuses()]


@pytest.mark.parametrize("path", ["", "/api", "/api/", "/v1", "/api/api", "/api/v1/"])
def test_every_form_of_the_base_url_reaches_the_api(client: api.SekoiaClient, path: str) -> None:
    other = api.SekoiaClient(client.root + path, client._key)
    assert other.validate_key()["type"] == "access"
