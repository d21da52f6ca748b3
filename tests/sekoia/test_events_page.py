"""Events: how they are attached, what they look like, how they are read page by page."""

from typing import Any

import pytest

from lab.clock import Clock
from lab.sekoia.alerts.model import Alert
from lab.sekoia.events.birth import KINDS
from lab.sekoia.events.model import Event
from lab.sekoia.instants import read_instant
from lab.sekoia.world import World
from tests.sekoia.caller import Caller
from tests.sekoia.search import find, opened

NOW = 1_772_359_200


@pytest.fixture
def alert(world: World) -> Alert:
    return world.alerts.raise_alert("one", first_seen_at=NOW - 60, last_seen_at=NOW - 30)


def ids(events: list[dict[str, Any]]) -> list[str]:
    return [event["event.id"] for event in events]


def of(alert: Alert) -> str:
    return f"alert_short_ids:{alert.short_id}"


def test_events_lie_between_first_sighting_and_creation(world: World, api: Caller, clock: Clock, alert: Alert) -> None:
    world.events.attach(alert.short_id, 30)
    times = [read_instant(event["timestamp"]) for event in find(api, clock, of(alert))]
    assert times == sorted(times, reverse=True)
    assert (min(times) >= NOW - 60, max(times) <= NOW) == (True, True)
    assert max(times) > NOW - 30, "the newest is later than last_seen_at"


@pytest.mark.parametrize("first_seen_at", [None, "2026-13-45"])
def test_events_need_no_first_sighting(world: World, api: Caller, clock: Clock, first_seen_at: Any) -> None:
    odd = world.alerts.raise_alert("odd", first_seen_at=first_seen_at)
    world.events.attach(odd.uuid, 3)
    assert len(find(api, clock, of(odd))) == 3


def test_events_may_have_a_time_and_a_spread(world: World, api: Caller, clock: Clock, alert: Alert) -> None:
    world.events.attach(alert.uuid, 3, at=NOW - 3600.5, spread=60)
    found = [event["timestamp"] for event in find(api, clock, of(alert))]
    assert found == ["2026-03-01T09:00:59.500Z", "2026-03-01T09:00:29.500Z", "2026-03-01T08:59:59.500Z"]


def test_events_of_one_millisecond_keep_their_order(world: World, api: Caller, clock: Clock, alert: Alert) -> None:
    made = world.events.attach(alert.uuid, 20, at=NOW - 5)
    expected = [event.fields(NOW)["event.id"] for event in reversed(made)]
    assert ids(find(api, clock)) == ids(find(api, clock)) == expected


def test_the_window_is_applied_to_the_time_of_events(world: World, api: Caller, clock: Clock, alert: Alert) -> None:
    for before in (7200, 3600, 60):
        world.events.attach(alert.uuid, at=NOW - before, kind="process")
    assert len(find(api, clock, earliest_time="2026-03-01T09:00:00Z", latest_time="2026-03-01T09:59:00Z")) == 2
    assert len(find(api, clock, earliest_time="2026-03-01T09:00:00.001Z", latest_time="2026-03-01T09:59:00Z")) == 1
    assert len(find(api, clock, earliest_time="2026-03-01T08:00:00Z", latest_time="2026-03-01T09:58:59.999Z")) == 2


def test_the_window_can_be_applied_to_the_reception(world: World, api: Caller, clock: Clock, alert: Alert) -> None:
    world.events.attach(alert.uuid, at=NOW - 60)
    to_the_event: dict[str, Any] = {"earliest_time": "2026-03-01T09:00:00Z", "latest_time": "2026-03-01T09:59:00Z"}
    assert len(find(api, clock, **to_the_event)) == 1
    assert find(api, clock, **to_the_event, date_field="event.created") == []


def test_events_can_be_attached_late(world: World, api: Caller, clock: Clock, alert: Alert) -> None:
    world.events.attach(alert.uuid, 4, visible_after=90)
    world.events.attach(alert.uuid, 1)
    early = find(api, clock)
    assert [event.get("alert_short_ids") for event in early].count(None) == 4
    assert len(find(api, clock, of(alert))) == 1
    clock.advance(90)
    assert len(find(api, clock, of(alert))) == 5


def test_events_can_be_indexed_late(world: World, api: Caller, clock: Clock, alert: Alert) -> None:
    world.events.attach(alert.uuid, 2, at=NOW - 10, indexed_after=60)
    assert find(api, clock) == []
    clock.advance(60)
    assert len(find(api, clock, of(alert))) == 2


def test_a_job_keeps_what_it_found_when_it_started(world: World, api: Caller, clock: Clock, alert: Alert) -> None:
    world.events.attach(alert.uuid, 2)
    path = opened(api)
    clock.advance(10)
    first = api.items(f"{path}/events")
    world.events.attach(alert.uuid, 2)
    assert api.items(f"{path}/events") == first


def test_an_event_may_belong_to_several_alerts(world: World, api: Caller, clock: Clock, alert: Alert) -> None:
    other = world.alerts.raise_alert("two")
    event = world.events.attach(alert.uuid)[0]
    world.events.join(event, other.uuid, visible_after=60)
    assert find(api, clock, of(other)) == []
    clock.advance(60)
    assert [one["alert_short_ids"] for one in find(api, clock, of(other))] == [[alert.short_id, other.short_id]]
    assert len(find(api, clock, f"{of(alert)} OR {of(other)}")) == 1


def test_an_event_joins_an_alert_once(world: World, api: Caller, clock: Clock, alert: Alert) -> None:
    event = world.events.attach(alert.uuid)[0]
    world.events.join(event, alert.short_id)
    assert [one["alert_short_ids"] for one in find(api, clock, of(alert))] == [[alert.short_id]]


def test_events_may_belong_to_no_alert(world: World, api: Caller, clock: Clock, alert: Alert) -> None:
    world.events.attach(None, 2, at=NOW - 9)
    world.events.attach(alert.uuid)
    assert len(find(api, clock)) == 3
    assert len(find(api, clock, only_eternal=True)) == 1


def test_another_community_has_no_events_here(world: World, api: Caller, clock: Clock, alert: Alert) -> None:
    world.events.attach(alert.uuid)
    assert find(api, clock, community_uuids=["00000000-0000-4000-8000-000000000000"]) == []
    assert len(find(api, clock, community_uuids=[world.community])) == 1


def test_an_event_is_flat_and_its_types_are_mixed(world: World, api: Caller, clock: Clock) -> None:
    host, user = world.assets.add("srv-b", criticality=60), world.assets.add("j.other", "account")
    alert = world.alerts.raise_alert("one", source="203.0.113.7", target="srv-b", assets=[host.uuid, user.uuid])
    world.events.attach(alert.uuid)
    [event] = find(api, clock, of(alert))
    assert (event["source.ip"], event["host.name"], event["user.name"]) == ("203.0.113.7", "srv-b", "j.other")
    assert event["sekoiaio.any_asset.uuid"] == [[host.uuid], [user.uuid]]
    assert event["sekoiaio.any_asset.criticality_value"] == [[60], [0]]
    assert (event["sekoiaio.any_tag"], event["sekoiaio.tags.related.ip"]) == ("rfc5737, doc", ["rfc5737"])
    assert isinstance(event["process.pid"], int)
    assert event["__event_id"] != event["event.id"]
    assert event["timestamp"].endswith("Z")
    assert event["event.created"].endswith("+00:00")
    assert event["alert_short_ids"] == [alert.short_id]
    assert event["sekoiaio.entity.name"] == "Head office"


def test_every_event_carries_the_secret_of_its_intake(world: World, api: Caller, clock: Clock, alert: Alert) -> None:
    world.events.attach(alert.uuid, 2)
    keys = {event[name] for event in find(api, clock) for name in ("sekoiaio.intake.key", "customer.intake_key")}
    assert keys == {world.events.intake_key}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_event_has_fields_of_its_own(world: World, api: Caller, clock: Clock, kind: str) -> None:
    alert = world.alerts.raise_alert("one", source="a@b.example", target="c@d.example", entity=None)
    world.events.attach(alert.uuid, 2, kind=kind)
    one, two = find(api, clock)
    assert kind in one["event.category"]
    assert one["event.id"] != two["event.id"]
    assert "entity.uuid" not in one


def test_fields_are_replaced_added_numbered_and_dropped(world: World, api: Caller, clock: Clock, alert: Alert) -> None:
    said: dict[str, Any] = {"host.name": "host-{n}", "tags": ["x"], "message": None, "fields": {"odd": {"deep": 1}}}
    world.events.attach(alert.uuid, 2, drop=["user.name", "__event_id"], **said)
    two, one = find(api, clock)
    assert (one["host.name"], two["host.name"]) == ("host-1", "host-2")
    assert (one["tags"], one["message"], one["odd"]) == (["x"], None, {"deep": 1})
    assert not {"user.name", "__event_id"} & one.keys()


def test_names_may_collide_on_request(world: World, api: Caller, clock: Clock, alert: Alert) -> None:
    world.events.attach(alert.uuid, collisions=True)
    [event] = find(api, clock)
    assert {
        "host.name",
        "host_name",
        "host.name.text",
        "source.ip",
        "source_ip",
        "event.id",
        "event_id",
    } <= event.keys()
    assert event["host.name"] != event["host_name"]


@pytest.mark.parametrize("size", [1_000, 250_000])
def test_messages_can_be_large(world: World, api: Caller, clock: Clock, alert: Alert, size: int) -> None:
    world.events.attach(alert.uuid, 2, message_size=size)
    assert {len(event["message"]) for event in find(api, clock)} == {size}


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ({"kind": "rumour"}, ValueError, "rumour"),
        ({"count": 0}, ValueError, "0 events"),
        ({"visibleafter": 9}, TypeError, "visibleafter"),
    ],
    ids=str,
)
def test_events_that_do_not_fit_raise(
    world: World, alert: Alert, said: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        world.events.attach(alert.uuid, **said)


def test_the_same_seed_gives_the_same_events() -> None:
    def told() -> list[dict[str, Any]]:
        world = World(Clock(), seed=11)
        events: list[Event] = world.events.attach(world.alerts.raise_alert("one").uuid, 5, kind="email")
        return [event.fields(NOW + 9) for event in events]

    assert told() == told()


def test_events_do_not_move_the_ids_of_alerts(world: World) -> None:
    twin = World(Clock(), seed=7)
    twin.events.attach(twin.alerts.raise_alert("one").uuid, 5)
    world.alerts.raise_alert("one")
    assert twin.alerts.raise_alert("two").uuid == world.alerts.raise_alert("two").uuid


@pytest.fixture
def many(world: World, alert: Alert) -> World:
    world.events.attach(alert.uuid, 2_300)
    return world


def test_a_page_has_100_events_unless_asked_otherwise(many: World, api: Caller, clock: Clock) -> None:
    path = opened(api)
    clock.advance(10)
    assert len(api.items(f"{path}/events")) == 100
    assert len(api.items(f"{path}/events", limit=1000)) == 1000
    assert api.get(f"{path}/events", limit=1001).status_code == 400
    assert api.get(f"{path}/events", limit=0).status_code == 400


def test_pages_join_without_gap_or_repetition(many: World, api: Caller, clock: Clock) -> None:
    path = opened(api)
    clock.advance(10)
    pages = [api.json(f"{path}/events", limit=1000, offset=offset) for offset in (0, 1000, 2000, 3000)]
    assert [len(page["items"]) for page in pages] == [1000, 1000, 300, 0]
    assert len({event["event.id"] for page in pages for event in page["items"]}) == 2300
    assert [page["total"] for page in pages] == [2300] * 4
    assert [type(page["paging_token"]) for page in pages] == [str, str, type(None), type(None)]


def test_a_page_can_be_narrowed_to_a_frame(world: World, api: Caller, clock: Clock, alert: Alert) -> None:
    world.events.attach(alert.uuid, 5, at=NOW - 100, spread=40)
    path = f"{opened(api)}/events"
    clock.advance(10)
    page = api.json(path, earliest_time=NOW - 90, latest_time=f"{NOW - 70}.0")
    assert (len(page["items"]), page["total"]) == (3, 3)
    assert len(api.items(path, earliest_time=NOW - 70)) == 2
    assert api.get(path, earliest_time="-1d").status_code == 400
    assert "paging_token" in api.get(path, paging_token="x").json()["message"]


@pytest.mark.parametrize(("position", "total"), [("exact", 8), ("overstated", 19), ("bounded", 5)])
def test_total_is_an_estimate(world: World, api: Caller, clock: Clock, alert: Alert, position: str, total: int) -> None:
    world.events.attach(alert.uuid, 5)
    world.events.attach(alert.uuid, 3, at=NOW - 100_000)
    world.switches.event_total = position
    path = opened(api, earliest_time="-7d")
    clock.advance(10)
    page = api.json(f"{path}/events")
    assert (len(page["items"]), page["total"]) == (8, total)


def test_deep_paging_can_be_refused(many: World, api: Caller, clock: Clock) -> None:
    many.switches.deep_paging = "reject"
    path = f"{opened(api)}/events"
    assert api.get(path, limit=1000, offset=9000).status_code == 200
    assert api.get(path, limit=1000, offset=9001).status_code == 400


def test_fields_have_their_most_common_values(world: World, api: Caller, clock: Clock, alert: Alert) -> None:
    world.events.attach(alert.uuid, 3, fields={"user.name": "a"})
    world.events.attach(alert.uuid, 1, fields={"user.name": "b"})
    path = opened(api)
    clock.advance(10)
    page = api.json(f"{path}/fields", limit=1000)
    by_name = {field["name"]: field for field in page["items"]}
    assert by_name["user.name"] == {
        "name": "user.name",
        "value_type": "keyword",
        "description": "",
        "display_name": "user.name",
        "most_common_values": [{"name": "a", "value": 75.0}, {"name": "b", "value": 25.0}],
    }
    assert {by_name[name]["value_type"] for name in ("source.ip", "process.pid", "timestamp")} == {"ip", "long", "date"}
    assert (page["total"], page["retrieved"]) == (len(page["items"]), 4)
    assert len(api.items(f"{path}/fields", limit=2, offset=1)) == 2


def test_histograms_count_events(world: World, api: Caller, clock: Clock, alert: Alert) -> None:
    world.events.attach(alert.uuid, 3, at=NOW - 60)
    world.events.attach(alert.uuid, 2, at=NOW - 7_000)
    path = opened(api)
    clock.advance(10)
    assert api.json(f"{path}/histograms") == {
        "short": [{"datetime": "2026-03-01T08:00:00Z", "value": 2}, {"datetime": "2026-03-01T09:00:00Z", "value": 3}],
        "large": [{"datetime": "2026-03-01T00:00:00Z", "value": 5}],
    }


def test_200_alerts_with_50_events_each_are_all_found(world: World, api: Caller, clock: Clock) -> None:
    alerts = [world.alerts.raise_alert(str(number)) for number in range(200)]
    for alert in alerts:
        world.events.attach(alert.uuid, 50)
    assert {len(find(api, clock, of(alert), limit=50)) for alert in alerts} == {50}
    assert len(find(api, clock)) == 1000
    assert len(find(api, clock, "event.code:4624")) > 100
