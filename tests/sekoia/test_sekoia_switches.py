"""Each knob, turned: what changes on the wire."""

from dataclasses import asdict
from typing import Any

import pytest

from lab.clock import Clock
from lab.sekoia.statuses.model import ACTIONS, LEGACY
from lab.sekoia.switches import RULES, Switches
from lab.sekoia.world import World
from tests.sekoia.caller import Caller

LIST = "/v1/sic/alerts"
NOW = 1_772_359_200


def move(api: Caller, uuid: str, action: str) -> Any:
    return api.call("PATCH", f"{LIST}/{uuid}/workflow", json={"action_uuid": action})


def test_limit_over_max_can_be_capped(world: World, api: Caller) -> None:
    for number in range(105):
        world.alerts.raise_alert(str(number))
    world.switches.limit_over_max = "cap"
    assert len(api.items(limit=1000)) == 100


def test_unknown_match_is_ignored_or_rejected(world: World, api: Caller) -> None:
    world.alerts.raise_alert("one")
    assert api.titles(**{"match[colour]": "red", "nomatch[colour]": "blue"}) == ["one"]
    world.switches.unknown_match = "reject"
    assert api.get(LIST, **{"match[colour]": "red"}).status_code == 400
    assert api.get(LIST, **{"nomatch[colour]": "red"}).status_code == 400


def test_default_direction_can_be_descending(world: World, api: Caller) -> None:
    world.alerts.raise_alert("old", created_at=NOW - 5)
    world.alerts.raise_alert("new", created_at=NOW)
    world.switches.default_direction = "desc"
    assert api.titles(sort="created_at") == ["new", "old"]


def test_unsorted_can_begin_with_the_oldest(world: World, api: Caller) -> None:
    world.alerts.raise_alert("old", created_at=NOW - 5)
    world.alerts.raise_alert("new", created_at=NOW)
    world.switches.unsorted = "oldest"
    assert api.titles() == ["old", "new"]


def test_shuffle_ties_mixes_equal_times_and_nothing_else(world: World, api: Caller) -> None:
    for number in range(30):
        world.alerts.raise_alert(str(number), created_at=NOW - 1)
    world.alerts.raise_alert("last", created_at=NOW)
    world.switches.shuffle_ties = True
    pages = [api.titles(limit=100, sort="created_at", direction="asc") for _ in range(3)]
    assert pages[0] != pages[1] != pages[2]
    assert {page[-1] for page in pages} == {"last"}
    assert {frozenset(page) for page in pages} == {frozenset([*map(str, range(30)), "last"])}
    assert api.titles(limit=100, sort="urgency") != api.titles(limit=100, sort="urgency")


def test_bounds_can_be_left_out(world: World, api: Caller) -> None:
    for number in range(3):
        world.alerts.raise_alert(str(number), created_at=NOW - number)
    window = {"date[created_at]": "2026-03-01T09:59:58Z,2026-03-01T10:00:00Z"}
    assert api.titles(**window) == ["0", "1", "2"]
    world.switches.bounds = "exclusive"
    assert api.titles(**window) == ["1"]


def test_times_can_be_compared_exactly(world: World, api: Caller) -> None:
    world.alerts.raise_alert("half past", created_at=NOW - 1.5)
    window = {"date[created_at]": ",2026-03-01T09:59:58Z"}
    assert api.titles(**window) == ["half past"]
    world.switches.created_at_precision = "microsecond"
    assert api.titles(**window) == []
    assert api.titles(**{"date[created_at]": "2026-03-01T09:59:58.500Z,2026-03-01T09:59:58.500Z"}) == ["half past"]
    world.switches.bounds = "exclusive"
    assert api.titles(**{"date[created_at]": "2026-03-01T09:59:58.500Z,"}) == []
    assert api.titles(**{"date[created_at]": ",2026-03-01T09:59:58.500Z"}) == []


@pytest.mark.parametrize(
    ("turned", "keys"), [({"with_total": False}, {"items", "has_more"}), ({"has_more": False}, {"items", "total"})]
)
def test_the_envelope_can_lack_a_key(world: World, api: Caller, turned: dict[str, Any], keys: set[str]) -> None:
    world.switches.turn(**turned)
    assert api.json(LIST).keys() == keys


def test_the_envelope_can_be_items_alone(world: World, api: Caller) -> None:
    world.switches.turn(with_total=False, has_more=False)
    assert api.json(LIST) == {"items": []}


def test_custom_objects_of_rows_can_be_null(world: World, api: Caller) -> None:
    world.alerts.raise_alert("one", verdict="True positive")
    assert api.items()[0]["verdict"]["label"] == "True positive"
    world.switches.embed_custom = False
    row = api.items()[0]
    assert (row["custom_status"], row["verdict"]) == (None, None)
    assert row["custom_status_uuid"]
    assert row["verdict_uuid"]


def test_extra_fields_are_sprinkled_the_same_way_each_time(world: World, api: Caller) -> None:
    alert = world.alerts.raise_alert("one")
    plain = api.items()[0]
    world.switches.extra_fields = True
    odd = api.items()[0]
    assert odd == api.items()[0]
    assert plain.keys() < odd.keys()
    assert plain["urgency"].keys() < odd["urgency"].keys()
    assert len(api.json(LIST)) > 3
    assert api.json(f"{LIST}/{alert.uuid}")["urgency"] == odd["urgency"]


@pytest.mark.parametrize("path", ["/v1/sic/cases", "/v1/sic/comments", "/v2/asset-management/assets"])
def test_extra_fields_are_in_cases_comments_and_assets_too(world: World, api: Caller, path: str) -> None:
    alert = world.alerts.raise_alert("one")
    world.alerts.comment(alert.uuid, "seen")
    world.cases.open("Logons")
    world.assets.add("ws-01")
    (plain,) = api.items(path)
    world.switches.extra_fields = True
    (odd,) = api.items(path)
    assert plain.keys() < odd.keys()


def test_optional_fields_can_be_absent(world: World, api: Caller) -> None:
    world.alerts.raise_alert("one")
    plain = api.items()[0].keys()
    world.switches.absent_optional = True
    shown = api.items()[0].keys()
    assert shown < plain
    assert {"uuid", "title", "created_at", "updated_at", "status", "urgency", "rule"} <= shown


@pytest.mark.parametrize(
    ("scale", "words"),
    [
        ("five", ["Low", "Low", "Moderate", "High", "Major", "Major", "Urgent", "Urgent"]),
        ("three", ["Low", "Low", "Low", "Low", "Medium", "High", "High", "High"]),
    ],
)
def test_the_words_for_urgency_have_a_scale(world: World, api: Caller, scale: str, words: list[str]) -> None:
    world.switches.urgency_words = scale
    for number, urgency in enumerate((0, 19, 20, 40, 60, 79, 80, 100)):
        world.alerts.raise_alert(str(number), urgency=urgency)
    assert [row["urgency"]["display"] for row in api.items(sort="urgency", direction="asc")] == words


def test_an_own_status_can_show_its_label_as_the_status(world: World, api: Caller) -> None:
    own = world.statuses.define("Containment", "in_progress")
    world.alerts.raise_alert("one", status="Containment")
    world.switches.custom_status_name = "label"
    assert api.items()[0]["status"] == {"uuid": own.uuid, "name": "Containment", "description": ""}
    assert api.titles(**{"match[status_name]": "Containment"}) == ["one"]
    world.switches.custom_status_name = "nearest"
    assert api.titles(**{"match[status_name]": "Containment"}) == []
    assert api.titles(**{"match[status_name]": "Ongoing"}) == ["one"]


def test_a_workspace_can_lack_rejected(world: World, api: Caller) -> None:
    alert = world.alerts.raise_alert("one")
    world.switches.rejected_status = False
    assert "Rejected" not in [item["label"] for item in api.items("/v1/sic/custom_statuses")]
    assert "Reject" not in [action["name"] for action in api.json(f"{LIST}/{alert.uuid}/workflow")["actions"]]
    assert move(api, alert.uuid, ACTIONS["Reject"].uuid).status_code == 400


def test_transitions_can_be_strict(world: World, api: Caller) -> None:
    alert = world.alerts.raise_alert("one")
    world.switches.strict_legacy_transitions = True
    assert move(api, alert.uuid, ACTIONS["Close"].uuid).status_code == 409
    assert move(api, alert.uuid, LEGACY["Closed"].uuid).status_code == 409
    edit = {"status_uuid": LEGACY["Closed"].uuid}
    assert api.call("PATCH", f"{LIST}/{alert.uuid}", json=edit).status_code == 400
    assert move(api, alert.uuid, ACTIONS["Validate"].uuid).status_code == 200
    answer = move(api, alert.uuid, ACTIONS["Close"].uuid)
    assert (answer.status_code, answer.json()) == (200, {"actions": []})


def test_moves_can_be_custom_statuses(world: World, api: Caller) -> None:
    alert = world.alerts.raise_alert("one")
    world.statuses.define("Legal", "in_progress", types=["case"])
    world.switches.custom_actions = True
    actions = {action["name"]: action["id"] for action in api.json(f"{LIST}/{alert.uuid}/workflow")["actions"]}
    assert list(actions) == ["Acknowledged", "Ongoing", "Rejected", "Closed"]
    assert actions["Closed"] == world.statuses.labelled("Closed").uuid
    assert move(api, alert.uuid, actions["Closed"]).status_code == 200
    world.switches.strict_legacy_transitions = True
    assert api.json(f"{LIST}/{alert.uuid}/workflow") == {"actions": []}


def test_a_move_to_the_present_status_can_be_a_success(world: World, api: Caller) -> None:
    alert = world.alerts.raise_alert("one")
    world.switches.same_status = "ok"
    assert move(api, alert.uuid, LEGACY["Pending"].uuid).status_code == 200
    assert len(alert.history) == 1


@pytest.mark.parametrize("status", [400, 409])
def test_closing_can_need_a_verdict(world: World, api: Caller, status: int) -> None:
    alert = world.alerts.raise_alert("one")
    world.switches.turn(verdict_required_to_close=True, verdict_refusal_status=status)
    assert move(api, alert.uuid, ACTIONS["Close"].uuid).status_code == status
    closed = {"status_uuid": LEGACY["Closed"].uuid}
    assert api.call("PATCH", f"{LIST}/{alert.uuid}", json=closed).status_code == status
    verdict = {"verdict_uuid": world.verdicts.labelled("True positive").uuid}
    assert api.call("PATCH", f"{LIST}/{alert.uuid}", json=closed | verdict).status_code == 200


def test_revoked_assets_can_be_shown(world: World, api: Caller) -> None:
    world.assets.add("gone", revoked=True)
    assert api.items("/v2/asset-management/assets") == []
    world.switches.revoked_assets_hidden = False
    assert len(api.items("/v2/asset-management/assets")) == 1


def test_errors_of_assets_can_have_fastapis_shape(world: World, api: Caller) -> None:
    path = "/v2/asset-management/assets/00000000-0000-4000-8000-000000000000"
    assert api.get(path).json() == {"message": "Asset not found", "code": "EMU404"}
    world.switches.asset_error_shape = "detail"
    assert api.get(path).json() == {"detail": "Asset not found"}


def test_the_throttle_counts_calls_of_the_last_second(world: World, api: Caller, clock: Clock) -> None:
    world.switches.throttle = 3
    assert [api.get("/v1/me").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    clock.advance(1)
    assert api.get("/v1/me").status_code == 200


@pytest.mark.parametrize(
    ("body", "text"), [("json", '{"message":"Too many requests"}'), ("empty", ""), ("html", "<html>")]
)
def test_a_429_has_one_of_three_bodies(world: World, api: Caller, body: str, text: str) -> None:
    world.switches.turn(throttle=0, throttle_body=body)
    answer = api.get("/v1/me")
    assert (answer.status_code, answer.text[: len(text) or None]) == (429, text)
    assert "Retry-After" not in answer.headers


@pytest.mark.parametrize("value", ["5", "Sun, 01 Mar 2026 10:00:30 GMT", "soon"])
def test_a_429_can_say_when_to_come_back(world: World, api: Caller, value: str) -> None:
    world.switches.turn(throttle=0, retry_after_header=value)
    assert api.get("/v1/me").headers["Retry-After"] == value


@pytest.mark.parametrize("status", [403, 429])
def test_too_many_errors_bring_the_firewalls_page(world: World, api: Caller, clock: Clock, status: int) -> None:
    world.switches.turn(waf=2, waf_status=status)
    for _ in range(11):
        assert api.get("/v1/nothing").status_code == 404
    answer = api.get("/v1/me")
    assert (answer.status_code, answer.text[:6]) == (status, "<html>")
    assert 30 <= world.pressure.blocked_until - clock.monotonic() <= 600
    clock.advance(600)
    assert api.get("/v1/me").status_code == 200


def test_errors_spread_over_time_do_not_bring_the_firewall(world: World, api: Caller, clock: Clock) -> None:
    world.switches.waf = 2
    for _ in range(30):
        clock.advance(1)
        assert api.get("/v1/nothing").status_code == 404


def test_an_unknown_switch_raises_and_is_named() -> None:
    with pytest.raises(AttributeError, match="colour"):
        Switches().turn(colour="red")


@pytest.mark.parametrize(
    ("name", "value"), [("bounds", "open"), ("with_total", 1), ("throttle", "5"), ("retry_after_header", 5)]
)
def test_an_unknown_position_raises_and_is_named(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        Switches().turn(**{name: value})


def test_every_switch_has_a_rule() -> None:
    assert asdict(Switches()).keys() == RULES.keys()
