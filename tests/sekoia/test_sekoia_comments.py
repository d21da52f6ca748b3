"""Comments of one alert and of all alerts."""

from typing import Any

import pytest

from lab.clock import Clock
from lab.sekoia.alerts.model import MAX_COMMENTS, Alert
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from tests.sekoia.caller import Caller

UNKNOWN = "00000000-0000-4000-8000-000000000000"
ALL = "/v1/sic/comments"


@pytest.fixture
def alert(world: World) -> Alert:
    return world.alerts.raise_alert("one")


def path(alert: Alert, comment: str = "") -> str:
    return f"/v1/sic/alerts/{alert.short_id}/comments" + (f"/{comment}" if comment else "")


def post(api: Caller, alert: Alert, **body: Any) -> Any:
    return api.call("POST", path(alert), json=body)


def test_a_comment_is_200_and_its_author_is_the_key(world: World, api: Caller, alert: Alert) -> None:
    answer = post(api, alert, content="hello")
    written = answer.json()
    key = world.keys.named("all rights")
    assert answer.status_code == 200
    assert sorted(written) == ["author", "content", "created_by", "created_by_type", "date", "unseen", "uuid"]
    assert (written["author"], written["created_by"], written["created_by_type"]) == (key.identity, key.uuid, "apikey")
    assert written["date"] == 1_772_359_200


def test_a_given_author_is_shown_but_the_key_stays_the_creator(world: World, api: Caller, alert: Alert) -> None:
    written = post(api, alert, content="hello", author="Night desk").json()
    assert (written["author"], written["created_by"]) == ("Night desk", world.keys.named("all rights").uuid)


def test_an_author_of_33_characters_is_400(api: Caller, alert: Alert) -> None:
    assert post(api, alert, content="x", author="a" * 32).status_code == 200
    assert post(api, alert, content="x", author="a" * 33).status_code == 400


@pytest.mark.parametrize("body", [{}, {"content": 5}, {"content": " "}, {"content": None}, {"author": "x"}], ids=str)
def test_a_comment_without_content_is_400(api: Caller, alert: Alert, body: dict[str, Any]) -> None:
    assert post(api, alert, **body).status_code == 400


def test_the_501st_comment_is_400(world: World, api: Caller, alert: Alert) -> None:
    for number in range(MAX_COMMENTS):
        world.alerts.comment(alert.uuid, str(number))
    assert post(api, alert, content="one more").status_code == 400


def test_comments_are_listed_oldest_first_and_paged(world: World, api: Caller, alert: Alert) -> None:
    for number in range(25):
        world.alerts.comment(alert.uuid, str(number))
    page = api.json(path(alert))
    assert sorted(page) == ["items", "total"]
    assert (page["total"], [item["content"] for item in page["items"]]) == (25, [str(n) for n in range(20)])
    assert len(api.items(path(alert), limit=100, offset=20)) == 5
    assert api.get(path(alert), limit=101).status_code == 400


def test_comments_are_counted_on_the_alert(world: World, api: Caller, alert: Alert) -> None:
    world.alerts.comment(alert.uuid, "a colleague's")
    post(api, alert, content="mine")
    row = api.items()[0]
    assert (row["number_of_total_comments"], row["number_of_unseen_comments"]) == (2, 1)


def test_a_comment_bumps_the_alert_and_enters_its_history(api: Caller, alert: Alert, clock: Clock) -> None:
    clock.advance(7)
    written = post(api, alert, content="hello").json()
    shown = api.json(f"/v1/sic/alerts/{alert.uuid}")
    assert shown["updated_at"] == shown["created_at"] + 7
    entry = shown["history"][0]
    assert entry["entry_type"] == "comment"
    assert entry["comment"] == {
        "uuid": written["uuid"],
        "status": "created",
        "display_name": written["author"],
        "content": "hello",
    }


def test_one_comment_can_be_read_changed_and_deleted(api: Caller, alert: Alert) -> None:
    uuid = post(api, alert, content="hello").json()["uuid"]
    assert api.json(path(alert, uuid))["content"] == "hello"
    assert api.call("PATCH", path(alert, uuid), json={"content": "bye"}).json()["content"] == "bye"
    assert api.call("DELETE", path(alert, uuid)).status_code == 204
    assert api.get(path(alert, uuid)).status_code == 404


def test_a_comment_of_somebody_else_is_403(world: World, api: Caller, alert: Alert) -> None:
    uuid = world.alerts.comment(alert.uuid, "a colleague's").uuid
    assert api.call("PATCH", path(alert, uuid), json={"content": "x"}).status_code == 403
    assert api.call("DELETE", path(alert, uuid)).status_code == 403


def test_a_comment_on_an_unknown_alert_is_404(api: Caller) -> None:
    assert api.call("POST", f"/v1/sic/alerts/{UNKNOWN}/comments", json={"content": "x"}).status_code == 404


def test_the_list_over_all_alerts_has_iso_times_and_the_alert(
    world: World, api: Caller, alert: Alert, server: SekoiaServer
) -> None:
    post(api, alert, content="hello", author="Night desk")
    item = api.items(ALL)[0]
    assert item["created_at"] == "2026-03-01T10:00:00.000000+00:00"
    assert (item["alert_short_id"], item["alert_status_name"], item["type"]) == (
        alert.short_id,
        "Pending",
        "alert_comment",
    )
    assert "date" not in item
    assert item["community_uuid"] == world.community


def contents(api: Caller, **query: str) -> list[str]:
    return [item["content"] for item in api.items(ALL, **query)]


def test_the_list_over_all_alerts_filters_and_sorts(world: World, api: Caller, alert: Alert, clock: Clock) -> None:
    world.alerts.comment(alert.uuid, "first", author="b")
    clock.advance(60)
    world.alerts.comment(alert.uuid, "second", author="a")
    world.alerts.set_status(alert.uuid, "Ongoing", comment="third")
    assert contents(api, sort="author")[:2] == ["second", "first"]
    assert contents(api)[-1] == "first"
    assert contents(api, sort="created_at", direction="asc")[0] == "first"
    assert contents(api, **{"match[author]": "a,b"}, sort="created_at") == ["first", "second"]
    assert contents(api, **{"match[type]": "history_comment"}) == ["third"]
    assert contents(api, **{"match[community_uuid]": "x"}) == []
    assert contents(api, **{"date[created_at]": ",2026-03-01T10:00:30Z"}) == ["first"]
    assert contents(api, **{"date[updated_at]": "2026-03-01T10:00:30Z,now"}, sort="type") == ["second", "third"]
