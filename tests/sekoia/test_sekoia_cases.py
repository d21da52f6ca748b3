"""Cases: the list, what hangs on one, what is refused, and what alerts tell of the cases they are in."""

from typing import Any

import pytest

from lab.clock import Clock
from lab.sekoia.cases.model import Case
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from tests.sekoia.caller import Caller

CASES = "/v1/sic/cases"
ALERTS = "/v1/sic/alerts"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
ROW = {
    "uuid",
    "short_id",
    "created_at",
    "created_by",
    "created_by_type",
    "updated_at",
    "updated_by",
    "updated_by_type",
    "title",
    "description",
    "priority",
    "status",
    "status_uuid",
    "community_uuid",
    "subscribers",
    "tags",
    "number_of_comments",
    "first_seen_at",
    "last_seen_at",
    "manual",
    "is_supplied",
    "verdict_uuid",
    "verdict",
    "custom_status_uuid",
    "custom_status",
    "custom_priority_uuid",
    "custom_priority",
    "description_updated_manually",
    "priority_updated_manually",
    "custom_fields",
}


@pytest.fixture
def case(world: World) -> Case:
    """A case with two alerts of three."""
    made = [world.alerts.raise_alert(f"alert {number}", first_seen_at=1000.5 + number) for number in range(3)]
    return world.cases.open("Logon campaign", [alert.uuid for alert in made[:2]], tags=["logon"])


def sent(api: Caller, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = api.call(method, CASES + path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def titles(case: Case) -> list[str]:
    return [alert.title for alert in case.alerts]


def test_a_case_of_the_list_has_its_fields_and_iso_times(case: Case, api: Caller) -> None:
    (shown,) = api.items(CASES)
    assert shown.keys() == ROW
    assert shown["created_at"] == "2026-03-01T10:00:00.000000+00:00"
    assert (shown["first_seen_at"], shown["status"], shown["custom_status"]) == (
        "1970-01-01T00:16:40.500000Z",
        "opened",
        None,
    )
    assert api.items(CASES, with_custom_statuses="true")[0]["custom_status"]["stage"] == "open"


def test_one_case_has_its_alerts_with_their_own_times(case: Case, api: Caller) -> None:
    for identity in (case.uuid, case.short_id):
        shown = api.json(f"{CASES}/{identity}")
        assert shown.keys() == ROW | {"number_of_alerts", "alerts"}
        assert (shown["number_of_alerts"], [alert["created_at"] for alert in shown["alerts"]]) == (2, [1772359200] * 2)


def test_the_detail_may_hold_only_the_first_alerts(world: World, case: Case, api: Caller) -> None:
    more = [world.alerts.raise_alert(f"more {number}").uuid for number in range(30)]
    world.cases.add_alerts(case, more)
    world.switches.turn(case_detail_alerts="first 20")
    shown = api.json(f"{CASES}/{case.uuid}")
    assert (shown["number_of_alerts"], len(shown["alerts"])) == (32, 20)


def test_render_resolves_placeholders(world: World, case: Case, api: Caller) -> None:
    world.cases.edit(case, {"description": "{{ number_of_alerts }} alerts"})
    assert api.json(f"{CASES}/{case.uuid}")["description"] == "{{ number_of_alerts }} alerts"
    assert api.json(f"{CASES}/{case.uuid}", render="true")["description"] == "2 alerts"


def test_each_filter_finds_its_case_and_not_the_other(world: World, case: Case, api: Caller) -> None:
    ines, high = world.avatars.join("Ines Okafor"), world.priorities.all()[1]
    verdict, status = world.verdicts.labelled("True positive"), world.statuses.labelled("Ongoing")
    field = world.custom_fields.define("Site")
    changes = {
        "subscribers": [{"avatar_uuid": ines.uuid, "type": "assignee"}],
        "custom_priority_uuid": high.uuid,
        "verdict_uuid": verdict.uuid,
        "custom_status_uuid": status.uuid,
        "priority": "high",
        "custom_fields": [{"uuid": field.uuid, "value": "north"}],
    }
    world.cases.edit(case, changes, "Ines Okafor")
    host = world.assets.add("srv-a")
    case.alerts[0].assets.append(host.uuid)
    world.cases.open("Other", by="Marek", manual=False)
    wanted = {
        "match[uuid]": case.uuid,
        "match[short_id]": case.short_id,
        "match[title]": "Logon campaign",
        "match[alert_uuid]": case.alerts[1].uuid,
        "match[asset_uuid]": host.uuid,
        "match[tags]": "logon,x",
        "match[assignees]": ines.uuid,
        "match[created_by]": case.created_by.uuid,
        "match[updated_by]": ines.uuid,
        "match[priority]": "high",
        "match[custom_priority]": high.uuid,
        "match[custom_status]": status.uuid,
        "match[verdict]": verdict.uuid,
        "match[custom_field]": f"{field.uuid}:north",
        "match[type]": "manual",
        "nomatch[created_by]": world.cases.all()[1].created_by.uuid,
    }
    for key, value in wanted.items():
        assert [one["title"] for one in api.items(CASES, **{key: value})] == ["Logon campaign"], key
    assert [one["title"] for one in api.items(CASES, **{"nomatch[assignees]": ines.uuid})] == ["Other"]
    assert api.items(CASES, **{"match[custom_status_uuid]": status.uuid, "limit": "1"}) != []


def test_the_legacy_status_is_a_filter_too(case: Case, api: Caller) -> None:
    uuid = api.items(CASES)[0]["status_uuid"]
    assert len(api.items(CASES, **{"match[status_uuid]": uuid, "match[status_name]": "opened"})) == 1
    assert api.items(CASES, **{"match[status_name]": "closed"}) == []


def test_times_and_order_of_the_list(world: World, clock: Clock, case: Case, api: Caller) -> None:
    clock.advance(3600)
    world.cases.open("A later one")
    assert [one["title"] for one in api.items(CASES)] == ["A later one", "Logon campaign"]
    assert [one["title"] for one in api.items(CASES, sort="title", direction="desc")] == [
        "Logon campaign",
        "A later one",
    ]
    window = {"date[created_at]": "2026-03-01T10:30:00Z,now"}
    assert [one["title"] for one in api.items(CASES, **window)] == ["A later one"]
    assert [one["title"] for one in api.items(CASES, **{"date[last_seen_at]": ",now"})] == ["Logon campaign"]


@pytest.mark.parametrize(
    "bad", [{"match[priority]": "urgent"}, {"match[type]": "x"}, {"sort": "status"}, {"limit": "101"}]
)
def test_a_bad_query_is_400(api: Caller, bad: dict[str, str]) -> None:
    assert api.get(CASES, **bad).status_code == 400


def test_a_new_case_is_answered_with_200(world: World, api: Caller) -> None:
    made = sent(api, "POST", "", {"title": "New", "tags": ["a"], "priority": "low", "community_uuid": world.community})
    assert (made["title"], made["status"], made["number_of_comments"]) == ("New", "opened", 0)
    assert world.cases.get(made["short_id"]).tags == ["a"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"title": ""}, 400),
        ({"title": "x", "priority": "critical"}, 400),
        ({"title": "x", "custom_status_uuid": UNKNOWN}, 400),
        ({"title": "x", "custom_priority_uuid": UNKNOWN}, 400),
        ({"title": "x", "verdict_uuid": UNKNOWN}, 400),
        ({"title": "x", "subscribers": [{"avatar_uuid": UNKNOWN, "type": "assignee"}]}, 400),
        ({"title": "x", "subscribers": [UNKNOWN]}, 400),
        ({"title": "x", "close_alerts": True}, 400),
        ({"title": "x", "community_uuid": UNKNOWN}, 403),
    ],
)
def test_a_case_that_does_not_fit_is_refused(world: World, api: Caller, body: Any, status: int) -> None:
    sent(api, "POST", "", body, status)
    assert world.cases.all() == []


def test_a_change_is_seen_in_the_case_and_in_its_history(world: World, case: Case, api: Caller) -> None:
    closed = world.statuses.labelled("Closed")
    shown = sent(api, "PATCH", f"/{case.short_id}", {"custom_status_uuid": closed.uuid, "tags": []})
    assert (shown["custom_status"]["stage"], shown["status"], shown["tags"]) == ("closed", "closed", [])
    newest = api.items(f"{CASES}/{case.uuid}/history")[0]
    assert (newest["type"], newest["action"]["tags"]) == ("case", [])
    assert api.items(f"{CASES}/{case.uuid}/history", direction="asc")[0]["action"] == {"status": "opened"}


@pytest.mark.parametrize("status", [400, 409])
def test_a_closed_case_takes_nothing_but_a_status(world: World, case: Case, api: Caller, status: int) -> None:
    world.switches.turn(closed_case_refusal=status)
    world.cases.edit(case, {"custom_status_uuid": world.statuses.labelled("Closed").uuid})
    sent(api, "PATCH", f"/{case.uuid}", {"title": "Renamed"}, status)
    sent(api, "PATCH", f"/{case.uuid}", {"status_name": "opened", "title": "Renamed"})
    assert case.title == "Renamed"


def test_an_empty_description_is_refused_by_a_change(case: Case, api: Caller) -> None:
    before = case.description
    sent(api, "PATCH", f"/{case.uuid}", {"description": ""}, 400)
    assert case.description == before


def test_post_replaces_the_alerts_and_patch_adds(world: World, case: Case, api: Caller) -> None:
    third = world.alerts.all()[2]
    assert sent(api, "PATCH", f"/{case.uuid}/alerts", {"alerts": [third.short_id]}) == {"status": "ok"}
    assert titles(case) == ["alert 0", "alert 1", "alert 2"]
    sent(api, "POST", f"/{case.uuid}/alerts", {"alerts": [third.uuid]})
    assert titles(case) == ["alert 2"]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_an_unknown_alert_changes_nothing(case: Case, api: Caller, method: str) -> None:
    sent(api, method, f"/{case.uuid}/alerts", {"alerts": [case.alerts[0].uuid, UNKNOWN]}, 404)
    assert titles(case) == ["alert 0", "alert 1"]


def test_alerts_of_a_case_take_the_filters_of_alerts_but_no_page(world: World, case: Case, api: Caller) -> None:
    path = f"{CASES}/{case.uuid}/alerts"
    listed = api.json(path, sort="created_at", direction="desc")
    assert (listed["total"], listed["has_more"]) == (2, False)
    rule = case.alerts[0].rule["uuid"]
    assert [one["title"] for one in api.items(path, **{"match[alert_rule_uuid]": rule})] == ["alert 0"]
    assert api.items(path, **{"match[title]": "alert 2"}) == []
    assert api.get(path, limit="10").json()["code"] == "LAB400"


def test_alerts_tell_of_the_cases_they_are_in(world: World, case: Case, api: Caller) -> None:
    inside, outside = ({"is_assigned_to_case": flag} for flag in ("true", "false"))
    assert [one["title"] for one in api.items(ALERTS, **outside)] == ["alert 2"]
    found = api.items(ALERTS, cases="true", **{"match[case_short_id]": case.short_id})
    assert sorted(one["title"] for one in found) == ["alert 0", "alert 1"]
    assert found[0]["cases"][0]["title"] == "Logon campaign" and "uuid" not in found[0]["cases"][0]
    world.cases.edit(case, {"title": "Renamed"})
    assert api.items(ALERTS, cases="true", **inside)[0]["cases"][0]["name"] == "Renamed"
    sent(api, "DELETE", f"/{case.uuid}", status=204)
    assert api.items(ALERTS, **inside) == []
    sent(api, "GET", f"/{case.uuid}", status=404)


def test_a_case_written_by_hand_stays_on_its_alert(world: World) -> None:
    alert = world.alerts.raise_alert("told", cases=[{"short_id": "CAoldoldold0"}])
    case = world.cases.open("New", [alert.uuid])
    assert [one["short_id"] for one in alert.cases] == ["CAoldoldold0", case.short_id]
    world.cases.replace_alerts(case, [])
    assert [one["short_id"] for one in alert.cases] == ["CAoldoldold0"]


def test_a_deleted_alert_is_in_no_case(world: World, case: Case, api: Caller) -> None:
    world.alerts.delete(case.alerts[0].uuid)
    assert api.json(f"{CASES}/{case.uuid}")["number_of_alerts"] == 1


def test_events_join_by_one_id_and_leave_by_another(world: World, case: Case, api: Caller) -> None:
    fields = [event.write() for event in world.events.attach(case.alerts[0].uuid, count=2)]
    opaque, shown = fields[0]["__event_id"], fields[0]["event.id"]
    sent(api, "POST", f"/{case.uuid}/events", {"event_ids": [one["__event_id"] for one in fields]}, 204)
    sent(api, "DELETE", f"/{case.uuid}/events", {"event_ids": [opaque]}, 204)
    assert len(case.events) == 2
    sent(api, "DELETE", f"/{case.uuid}/events", {"event_ids": [shown]}, 204)
    sent(api, "DELETE", f"/{case.uuid}/events/{fields[1]['event.id']}", None, 204)
    assert case.events == {}


@pytest.mark.parametrize("ids", [[], ["unknown"], ["x"] * 1001])
def test_events_that_do_not_fit_are_400(case: Case, api: Caller, ids: list[str]) -> None:
    sent(api, "POST", f"/{case.uuid}/events", {"event_ids": ids}, 400)
    assert case.events == {}


def test_comments_have_no_author_and_can_be_changed_and_deleted(world: World, case: Case, api: Caller) -> None:
    world.cases.comment(case, "by a colleague")
    written = sent(api, "POST", f"/{case.uuid}/comments", {"content": "by the key"})
    assert written.keys() == {"uuid", "content", "created_at", "created_by", "created_by_type", "updated_at"}
    path = f"/{case.uuid}/comments/{written['uuid']}"
    assert sent(api, "PATCH", path, {"content": "changed"})["content"] == "changed"
    assert api.json(CASES + path)["content"] == "changed"
    mine = {"match[created_by]": written["created_by"]}
    assert [one["content"] for one in api.items(f"{CASES}/{case.uuid}/comments", **mine)] == ["changed"]
    sent(api, "DELETE", path, None, 204)
    assert [one["content"] for one in api.items(f"{CASES}/{case.uuid}/comments", sort="created_at")] == [
        "by a colleague"
    ]
    sent(api, "GET", path, None, 404)


def test_the_501st_comment_is_refused(world: World, case: Case, api: Caller) -> None:
    for number in range(500):
        world.cases.comment(case, str(number))
    sent(api, "POST", f"/{case.uuid}/comments", {"content": "one more"}, 400)
    assert api.json(f"{CASES}/{case.uuid}")["number_of_comments"] == 500


def test_a_comment_needs_both_permissions(world: World, server: SekoiaServer, case: Case) -> None:
    for number, rights in enumerate((["Comment on cases"], ["Manage cases"])):
        with Caller(server.url, world.keys.issue(f"half {number}", rights)) as half:
            assert half.call("POST", f"{CASES}/{case.uuid}/comments", json={"content": "x"}).status_code == 403


def test_custom_fields_join_those_that_are_set(world: World, case: Case, api: Caller) -> None:
    site, count = world.custom_fields.define("Site"), world.custom_fields.define("Users", "integer")
    path = f"/{case.uuid}/custom-fields"
    sent(api, "PATCH", path, {"custom_fields": [{"uuid": site.uuid, "value": "north"}]})
    held = sent(api, "PATCH", path, {"custom_fields": [{"uuid": count.uuid, "value": 4}]})["custom_fields"]
    assert {one["name"]: one["value"] for one in held} == {"Site": "north", "Users": 4}
    sent(api, "PATCH", path, {"custom_fields": [{"uuid": count.uuid, "value": "four"}]}, 400)


def test_tags_are_listed_once_and_searched(world: World, case: Case, api: Caller) -> None:
    world.cases.open("Other", tags=["logon", "vip"])
    assert api.json(f"{CASES}/tags") == {"items": ["logon", "vip"], "total": 2}
    assert api.json(f"{CASES}/tags", name="vi")["items"] == ["vip"]


@pytest.mark.parametrize(
    ("method", "tail", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"title": "x"}),
        ("DELETE", "", None),
        ("GET", "/alerts", None),
        ("PATCH", "/alerts", {"alerts": []}),
        ("POST", "/events", {"event_ids": ["x"]}),
        ("GET", "/comments", None),
        ("POST", "/comments", {"content": "x"}),
        ("GET", "/history", None),
        ("PATCH", "/custom-fields", {"custom_fields": []}),
    ],
)
def test_a_case_nobody_knows_is_404(api: Caller, method: str, tail: str, body: Any) -> None:
    answer = api.call(method, f"{CASES}/{UNKNOWN}{tail}", json=body)
    assert answer.status_code == 404
