"""What hangs on an alert or is drawn from many: countermeasures, custom fields, timeline, objects, statistics."""

from typing import Any

import pytest

from lab.clock import Clock
from lab.sekoia.alerts.model import Alert
from lab.sekoia.instants import iso_offset
from lab.sekoia.world import World
from tests.sekoia.caller import Caller

ONE = "/v1/sic/alerts"
NOBODY = "00000000-0000-4000-8000-000000000000"
SAID = {"comment": {"content": "Host isolated"}}


@pytest.fixture
def alert(world: World) -> Alert:
    ttps = ("T1110 Brute Force", "T1078 Valid Accounts")
    return world.alerts.raise_alert("Suspicious logon", countermeasures=["Isolate the host"], ttps=ttps, similar=5)


def task_of(alert: Alert) -> str:
    return f"{ONE}/countermeasures/{alert.countermeasures[0]['uuid']}"


@pytest.mark.parametrize(("act", "done"), [("activate", "activated"), ("deny", "denied")])
def test_a_countermeasure_is_decided_once(world: World, api: Caller, alert: Alert, act: str, done: str) -> None:
    decided = api.call("PATCH", f"{task_of(alert)}/{act}", json=SAID).json()
    assert (decided["status"], decided[f"{done}_by_type"], decided["comments"][0]["content"]) == (
        done,
        "apikey",
        "Host isolated",
    )
    for again in ("activate", "deny"):
        answer = api.call("PATCH", f"{task_of(alert)}/{again}", json=SAID)
        assert (answer.status_code, answer.json()["message"]) == (409, f"Countermeasure already {done}")
    assert [entry.detail["countermeasure"]["status"] for entry in alert.history[-1:]] == [done]
    assert len(api.items(f"{ONE}/{alert.short_id}/countermeasures", **{"match[status]": done})) == 1
    assert api.items(f"{ONE}/{alert.short_id}/countermeasures", **{"match[status]": "created"}) == []


def test_a_decision_needs_words(api: Caller, alert: Alert) -> None:
    for body in ({}, {"comment": "yes"}, {"comment": {"author": "me"}}):
        assert api.call("PATCH", f"{task_of(alert)}/activate", json=body).status_code == 400
    assert api.call("PATCH", f"{ONE}/countermeasures/{NOBODY}/activate", json=SAID).status_code == 404


def test_comments_of_a_countermeasure_are_201(api: Caller, alert: Alert) -> None:
    answer = api.call("POST", f"{task_of(alert)}/comments", json={"content": "Asked the owner", "author": "Night desk"})
    assert answer.status_code == 201
    (found,) = api.items(f"{task_of(alert)}/comments")
    assert (found["author"], found["created_by_type"]) == ("Night desk", "apikey")
    assert (found["type"], found["alert_uuid"]) == ("countermeasure_comment", alert.uuid)
    assert (found["created_at"], "date" in found) == (iso_offset(answer.json()["date"]), False)
    assert api.call("POST", f"{task_of(alert)}/comments", json={"content": "x", "author": "n" * 33}).status_code == 400


def set_fields(api: Caller, alert: Alert, *pairs: tuple[str, Any]) -> Any:
    body = {"custom_fields": [{"uuid": uuid, "value": value} for uuid, value in pairs]}
    return api.call("PATCH", f"{ONE}/{alert.uuid}/custom-fields", json=body)


def test_custom_fields_given_join_those_held(world: World, api: Caller, alert: Alert, clock: Clock) -> None:
    vector = world.custom_fields.define("Attack vector", "single_select", ["email", "usb"])
    users = world.custom_fields.define("Impacted users", "integer")
    clock.advance(5)
    set_fields(api, alert, (vector.uuid, "usb"))
    shown = set_fields(api, alert, (users.uuid, 3)).json()["custom_fields"]
    assert [(one["slug"], one["value"]) for one in shown] == [("attack_vector", "usb"), ("impacted_users", 3)]
    assert shown == api.json(f"{ONE}/{alert.uuid}")["custom_fields"]
    assert api.json(f"{ONE}/{alert.uuid}")["updated_at"] == int(clock.time())
    assert len(api.items(ONE, **{"match[custom_field]": f"{vector.uuid}:usb"})) == 1


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("text", "a", "x" * 51),
        ("integer", 3, "3"),
        ("integer", 0, True),
        ("boolean", False, "false"),
        ("single_select", "usb", "cloud"),
        ("multi_select", ["usb"], ["cloud"]),
        ("multi_select", [], "usb"),
    ],
)
def test_a_value_is_of_the_type_of_its_field(
    world: World, api: Caller, alert: Alert, kind: str, good: Any, bad: Any
) -> None:
    field = world.custom_fields.define("One", kind, ["usb"])
    assert set_fields(api, alert, (field.uuid, good)).status_code == 200
    assert set_fields(api, alert, (field.uuid, bad)).status_code == 400


def test_custom_fields_given_can_replace_those_held(world: World, api: Caller, alert: Alert) -> None:
    world.switches.custom_fields_patch = "replace"
    one, two = (world.custom_fields.define(name) for name in ("One", "Two"))
    set_fields(api, alert, (one.uuid, "a"))
    assert [held["uuid"] for held in set_fields(api, alert, (two.uuid, "b")).json()["custom_fields"]] == [two.uuid]


def test_custom_fields_have_limits(world: World, api: Caller, alert: Alert) -> None:
    fields = [world.custom_fields.define(f"Field {number:02}") for number in range(26)]
    assert set_fields(api, alert, *((field.uuid, "x") for field in fields[:25])).status_code == 200
    assert set_fields(api, alert, (fields[25].uuid, "x")).status_code == 400
    assert set_fields(api, alert, (NOBODY, "x")).status_code == 400
    with pytest.raises(ValueError, match="used or too long"):
        world.custom_fields.define("Field 01")
    with pytest.raises(ValueError, match="type is one of"):
        world.custom_fields.define("Odd", "colour")


def test_definitions_are_listed_by_name(world: World, api: Caller) -> None:
    world.custom_fields.define("Zone")
    made = world.custom_fields.define("Attack vector", "single_select", ["email"])
    assert [item["name"] for item in api.items("/v1/sic/custom-fields")] == ["Attack vector", "Zone"]
    backwards = api.items("/v1/sic/custom-fields", direction="desc", sort="name")
    assert [item["name"] for item in backwards] == ["Zone", "Attack vector"]
    assert len(api.items("/v1/sic/custom-fields", name="Zone,Other")) == 1
    assert api.json(f"/v1/sic/custom-fields/{made.uuid}")["options"] == [{"value": "email"}]
    world.switches.turn(custom_field_options="texts")
    assert api.json(f"/v1/sic/custom-fields/{made.uuid}")["options"] == ["email"]
    assert api.get(f"/v1/sic/custom-fields/{NOBODY}").status_code == 404


@pytest.mark.parametrize(("kind", "frames"), [("24h", 24), ("14d", 14)])
def test_a_timeline_counts_every_occurrence(api: Caller, alert: Alert, kind: str, frames: int) -> None:
    shown = api.json(f"{ONE}/{alert.uuid}/timeline", type=kind)
    assert (len(shown["timeline"]), sum(frame["value"] for frame in shown["timeline"])) == (frames, 5)
    assert shown["frame"]["end"] == shown["timeline"][-1]["end"]


def test_a_timeline_has_frames_of_the_length_asked_for(api: Caller, alert: Alert) -> None:
    path = f"{ONE}/{alert.uuid}/timeline"
    assert len(api.json(path, **{"frame-length": 7200})["timeline"]) == 12
    assert api.get(path, type="1y").status_code == 400
    assert api.get(path, **{"frame-length": 1}).status_code == 400


def test_objects_are_filtered_by_type_and_kind(api: Caller, alert: Alert) -> None:
    path = f"{ONE}/{alert.uuid}/objects"
    kinds = [row["type"] for row in api.items(path)]
    assert sorted(set(kinds)) == [
        "attack-pattern",
        "identity",
        "indicator",
        "observed-data",
        "relationship",
        "sighting",
    ]
    assert {row["type"] for row in api.items(path, **{"match[kind]": "sro"})} == {"relationship", "sighting"}
    assert len(api.items(path, **{"match[type]": "attack-pattern"})) == 2
    assert "relationship" not in {row["type"] for row in api.items(path, **{"exclude[type]": "relationship"})}
    assert api.items(path, **{"date[created_at]": "2020-01-01T00:00:00Z,2020-01-02T00:00:00Z"}) == []
    (relation, _) = api.items(path, **{"match[type]": "relationship"})
    assert set(relation["embedded_relationships"]) == {"source_ref", "target_ref"}
    assert all(isinstance(ids, list) for ids in relation["embedded_relationships"].values())
    assert api.json(f"{path}/{relation['id']}") == relation
    assert api.get(f"{path}/relationship--none").status_code == 404


def test_types_are_those_of_the_last_ninety_days_or_the_catalogue(world: World, api: Caller, clock: Clock) -> None:
    world.alerts.raise_alert("old", alert_type=("fraud", "phishing"), created_at=clock.time() - 100 * 86_400)
    world.alerts.raise_alert("new", alert_type=("malicious-code", "worm"))
    assert api.items("/v1/sic/alerts/types") == [{"value": "worm", "category": "malicious-code"}]
    assert api.items("/v1/sic/alerts/types", **{"match[community_uuid]": NOBODY}) == []
    named = api.items("/v1/sic/conf/alerts/types", **{"match[category_name]": "fraud"})
    assert "phishing" in {row["name"] for row in named}


def test_statistics_count_the_alerts_of_a_filter(world: World, api: Caller) -> None:
    world.statuses.define(label="Waiting for customer", stage="in_progress")
    world.alerts.raise_alert("one", status="Waiting for customer", urgency=10)
    world.alerts.raise_alert("two", urgency=90)
    shown = {item["id"]: item for item in api.items(f"{ONE}/statistics", with_custom_status="true")}
    assert {bucket["key"] for bucket in shown["status"]["buckets"]} == {"Ongoing", "Pending"}
    assert {"key": "Waiting for customer", "count": 1} in shown["custom_status"]["buckets"]
    few = {item["id"]: item["total"] for item in api.items(f"{ONE}/statistics", **{"range[urgency]": "80,100"})}
    assert few == {"status": 1, "urgency": 1, "type": 1, "entity": 1, "rule": 1}


def test_kpis_are_means_and_null_over_nothing(world: World, api: Caller, clock: Clock) -> None:
    path = "/v1/sic/statistics/alerts/soc_kpis"
    assert set(api.json(path).values()) == {None}
    for seconds in (10, 20):
        alert = world.alerts.raise_alert("alert", created_at=clock.time() - seconds)
        world.alerts.set_status(alert.uuid, "Closed")
    assert api.json(path)["mean_time_to_resolve"] == 15
    assert api.json(path, **{"date[created_at]": "2020-01-01T00:00:00Z,2020-01-02T00:00:00Z"}) == api.json(
        path, **{"match[community_uuid]": NOBODY}
    )
