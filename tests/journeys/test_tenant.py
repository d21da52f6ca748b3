"""What a tenant is made of, from the war room: rules, indicators, entities, intakes, people, permissions, any call."""

from typing import Any

import pytest

from lab.sekoia.faults import Fault
from tests.stage import Stage

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def rule(stage: Stage) -> str:
    """An enabled rule."""
    return stage.world.rules.define("Suspicious logon", severity=70, tags=["identity"], datasources=["Logs"]).uuid


@pytest.fixture
def collection(stage: Stage) -> str:
    """An empty collection of indicators."""
    return stage.world.iocs.create("Blocked senders").id


def done(stage: Stage, command: str, **arguments: str) -> list[dict[str, Any]]:
    """What the command wrote last under its prefix, as a list; fails when the command did."""
    outcome = stage.run(f"sekoia-xdr-{command}", **arguments)
    assert outcome.error is None, outcome.error
    (value,) = outcome.entries[-1].context.values()
    value = value.get("Permissions", value) if isinstance(value, dict) else value  # it replaces what was there
    return value if isinstance(value, list) else [value]


def shown(stage: Stage, command: str, **arguments: str) -> str:
    """What the analyst sees of a command."""
    outcome = stage.run(f"sekoia-xdr-{command}", **arguments)
    assert outcome.error is None, outcome.error
    return str(outcome.entries[-1].shown)


def refused(stage: Stage, command: str, **arguments: str) -> str:
    """The error of a command."""
    error = stage.run(f"sekoia-xdr-{command}", **arguments).error
    assert error is not None
    return str(error)


def sent(stage: Stage) -> list[str]:
    return [f"{call.method} {call.path}" for call in stage.world.journal.calls if call.method != "GET"]


# --- rules ------------------------------------------------------------------------------------------------------------


def test_rules_are_listed_by_what_is_asked_for(stage: Stage, rule: str) -> None:
    stage.world.rules.define("Beacon", "cti", enabled=False, effort=4)
    for arguments in ({"enabled": "false"}, {"type": "cti"}, {"effort": "3,4"}, {"search": "beac"}):
        assert [one["name"] for one in done(stage, "list-rules", **arguments)] == ["Beacon"]
    assert [one["name"] for one in done(stage, "list-rules", severity="60,100", tags="identity")] == [
        "Suspicious logon"
    ]
    assert "Nothing matches" in shown(stage, "list-rules", name="No such rule")


def test_rule_has_its_pattern_and_times_in_utc(stage: Stage, rule: str) -> None:
    (found,) = done(stage, "get-rule", rule_id=rule)
    assert "detection:" in found["payload"]
    assert found["created_at"] == "2026-03-01T10:00:00Z"
    assert "the object may be deleted" in refused(stage, "get-rule", rule_id=UNKNOWN)


def test_rule_is_switched_once_and_says_so(stage: Stage, rule: str) -> None:
    assert done(stage, "disable-rule", rule_id=rule)[0]["enabled"] is False
    assert "nothing was changed" in shown(stage, "disable-rule", rule_id=rule)
    assert done(stage, "enable-rule", rule_id=rule)[0]["enabled"] is True
    assert len(sent(stage)) == 2


@pytest.mark.parametrize("kind", ["reset_after", "status_after"])
def test_switch_whose_answer_was_lost_is_not_sent_again(stage: Stage, rule: str, kind: str) -> None:
    stage.world.faults.arm(Fault("PUT */disabled", kind=kind, times=1))
    assert done(stage, "disable-rule", rule_id=rule)[0]["enabled"] is False
    assert len(sent(stage)) == 1


def test_filter_lives_from_creation_to_deletion(stage: Stage, rule: str) -> None:
    arguments = {"exclusion_pattern": "user.name: backup", "name": "Backup", "expires_at": "7 days"}
    (made,) = done(stage, "create-alert-filter", rule_id=rule, **arguments)
    assert (made["expires_at"], made["rule_id"]) == ("2026-03-08T10:00:00Z", rule)
    (changed,) = done(stage, "update-alert-filter", rule_id=rule, filter_id=made["uuid"], description="Nightly")
    assert (changed["name"], changed["description"], changed["expires_at"]) == ("Backup", "Nightly", made["expires_at"])
    assert [one["uuid"] for one in done(stage, "list-alert-filters", rule_id=rule)] == [made["uuid"]]
    assert "is deleted" in shown(stage, "delete-alert-filter", rule_id=rule, filter_id=made["uuid"])
    assert "The rule has no alert filter" in shown(stage, "list-alert-filters", rule_id=rule)
    assert "has no alert filter" in refused(
        stage, "update-alert-filter", rule_id=rule, filter_id=made["uuid"], description="x"
    )


@pytest.mark.parametrize(
    ("command", "arguments"), [("list-alert-filters", {}), ("create-alert-filter", {"exclusion_pattern": "a: b"})]
)
def test_filter_of_a_rule_that_was_never_enabled_is_explained(
    stage: Stage, command: str, arguments: dict[str, str]
) -> None:
    never = stage.world.rules.define("Never on", enabled=False)
    assert "use !sekoia-xdr-enable-rule first" in refused(stage, command, rule_id=never.uuid, **arguments)


@pytest.mark.parametrize("kind", ["reset", "reset_after"])
def test_filter_is_created_once_whatever_happens_to_the_answer(stage: Stage, rule: str, kind: str) -> None:
    stage.world.faults.arm(Fault("POST */alert-filters", kind=kind, times=1))
    done(stage, "create-alert-filter", rule_id=rule, exclusion_pattern="a: b", name="One")
    assert len(stage.world.rules.get(rule).filters) == 1


# --- indicators -------------------------------------------------------------------------------------------------------


def test_indicators_are_added_listed_and_revoked(stage: Stage, collection: str) -> None:
    values = "198.51.100.7,parcel-desk.example"
    added = done(
        stage,
        "add-ioc-collection-indicators",
        collection_id=collection,
        values=values,
        description="Seen in a phishing",
        valid_until="30 days",
    )
    assert [one["name"] for one in added] == values.split(",")
    assert added[0]["valid_until"] == "2026-03-31T10:00:00Z"
    bare = {"collection_id": collection.removeprefix("ioc-collection--")}
    (found,) = done(stage, "list-ioc-collection-indicators", term="parcel", **bare)
    revoked = done(
        stage, "revoke-ioc-collection-indicator", indicator_id=found["id"].removeprefix("indicator--"), **bare
    )
    assert revoked[0]["revoked"] is True
    assert done(stage, "list-ioc-collections")[0]["indicators_count"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {"values": ",".join(f"198.51.100.{number}" for number in range(101))},
        {"values": "198.51.100.7", "format": "ipv4-addr.value"},
    ],
)
def test_many_values_and_a_named_format_are_imported_by_a_task(
    stage: Stage, collection: str, arguments: dict[str, str]
) -> None:
    (task,) = done(stage, "add-ioc-collection-indicators", collection_id=collection, **arguments)
    assert task["values"] == len(arguments["values"].split(","))
    stage.clock.advance(10)
    found = done(stage, "list-ioc-collection-indicators", collection_id=collection, all_results="true")
    assert len(found) == task["values"]


def test_collection_is_created_and_a_missing_one_is_named(stage: Stage) -> None:
    (made,) = done(stage, "create-ioc-collection", name="Beacons", description="Of last night")
    assert stage.world.iocs.get(made["id"]) is not None
    error = refused(stage, "list-ioc-collection-indicators", collection_id=UNKNOWN)
    assert "IOC Collection not found (code INTHREAT2500)" in error
    assert "no observable" in refused(
        stage, "add-ioc-collection-indicators", collection_id=made["id"], values="no observable"
    )


# --- entities, intakes, communities, people ---------------------------------------------------------------------------


def test_entities_are_listed_and_read(stage: Stage) -> None:
    entity = stage.world.entities.named("Head office", "Main site")
    stage.world.entities.named("Cloud tenant")
    assert [one["uuid"] for one in done(stage, "list-entities", name="Head office")] == [entity.uuid]
    assert done(stage, "get-entity", entity_uuid=entity.uuid)[0]["description"] == "Main site"
    assert "Unknown entity" in refused(stage, "get-entity", entity_uuid=UNKNOWN)


def test_key_of_an_intake_is_shown_nowhere(stage: Stage) -> None:
    intake = stage.world.intakes.add("Domain controllers")
    outcome = stage.run("sekoia-xdr-list-intakes", entity="Head office")
    (found,) = [outcome.context["SekoiaXDR"]["Intake"]]
    assert (found["name"], found["status"]) == ("Domain controllers", "running")
    assert intake.key not in str([entry.body for entry in outcome.entries])
    raw = stage.run("sekoia-xdr-http-request", method="get", url_suffix=f"/v1/sic/conf/intakes/{intake.uuid}")
    assert raw.error is None
    assert intake.key not in str([entry.body for entry in raw.entries])


def test_community_is_the_own_one_unless_another_is_named(stage: Stage) -> None:
    own = done(stage, "get-community")
    assert own == done(stage, "get-community", community_id=stage.world.community)
    assert own[0]["created_at"] == "2025-06-23T09:13:22Z"
    assert [one["uuid"] for one in done(stage, "list-communities")] == [stage.world.community]
    assert "Unknown community" in refused(stage, "get-community", community_id=UNKNOWN)


def test_user_carries_the_documented_paths_of_the_community(stage: Stage) -> None:
    avatar = stage.world.avatars.join("Ines Okafor", "ines@cormorant.example")
    stage.world.avatars.join("Marek Lindqvist")
    (user,) = done(stage, "get-user", user_uuid=avatar.user_uuid)
    assert (user["firstname"], user["communities"][0]["avatar_uuid"]) == ("Ines", avatar.uuid)
    assert (user["name"], user["total_members"], user["members"][0]["uuid"]) == ("Cormorant", 2, avatar.uuid)
    assert "Unknown user" in refused(stage, "get-user", user_uuid=UNKNOWN)


def test_invitation_of_a_user_is_shown_until_it_is_answered(stage: Stage) -> None:
    avatar = stage.world.avatars.join("New Colleague", "new@cormorant.example", confirmed=False)
    (user,) = done(stage, "get-user", user_uuid=avatar.user_uuid)
    assert user["members"][0]["user"]["invitation_v2"] == {"email": "new@cormorant.example"}


def test_user_is_shown_without_a_community_that_cannot_be_read(stage: Stage) -> None:
    avatar = stage.world.avatars.join("Ines Okafor")
    stage.world.faults.arm(Fault("GET /v1/communities/*", kind="status", status=403, times=None))
    assert "The community of the user is not shown" in shown(stage, "get-user", user_uuid=avatar.user_uuid)


def test_people_of_a_community_are_listed_and_read(stage: Stage) -> None:
    ines = stage.world.avatars.join("Ines Okafor", "ines@cormorant.example")
    stage.world.avatars.join("Marek Lindqvist", status="disabled")
    assert [one["uuid"] for one in done(stage, "list-users", status="enabled")] == [ines.uuid]
    assert done(stage, "get-avatar", avatar_id=ines.uuid)[0]["user"]["uuid"] == ines.user_uuid
    assert "Unknown avatar" in refused(stage, "get-avatar", avatar_id=UNKNOWN)


def test_owner_of_the_key_is_named_without_its_secrets(stage: Stage) -> None:
    (me,) = done(stage, "who-am-i")
    key = stage.world.keys.named("soar")
    assert (me["identity"], me["communities"]) == (key.identity, [stage.world.community])
    assert key.jti not in str(me)


# --- permissions ------------------------------------------------------------------------------------------------------


def test_permissions_name_what_each_command_and_feature_lacks(stage: Stage) -> None:
    stage.world.keys.change("soar", permissions={"View alerts", "View intakes"})
    (found,) = done(stage, "permissions")
    commands = {one["name"]: one["missing"] for one in found["commands"]}
    features = {one["name"]: one["missing"] for one in found["features"]}
    assert commands["sekoia-xdr-list-alerts"] == []
    assert commands["sekoia-xdr-update-status-alert"] == ["Update alert status"]
    assert commands["sekoia-xdr-enable-rule"] == ["View Rules Catalog", "Manage rules and alert filters"]
    assert (features["Fetch"], features["Fetch: events"]) == ([], ["View events"])
    assert "| sekoia-xdr-enable-rule | View Rules Catalog, Manage rules and alert filters |" in shown(
        stage, "permissions"
    )


def test_permissions_of_a_key_that_may_do_everything(stage: Stage) -> None:
    assert "Everything can be used" in shown(stage, "permissions")


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("list-rules", {}),
        ("enable-rule", {"rule_id": UNKNOWN}),
        ("create-alert-filter", {"rule_id": UNKNOWN, "exclusion_pattern": "a: b"}),
        ("list-ioc-collections", {}),
        ("create-ioc-collection", {"name": "x"}),
        ("add-ioc-collection-indicators", {"collection_id": UNKNOWN, "values": "a.example"}),
        ("list-entities", {}),
        ("list-intakes", {}),
    ],
)
def test_what_the_permissions_command_says_is_what_the_api_refuses(
    stage: Stage, command: str, arguments: dict[str, str]
) -> None:
    stage.world.keys.change("soar", permissions=set())
    (found,) = done(stage, "permissions")
    (needs,) = [one for one in found["commands"] if one["name"] == f"sekoia-xdr-{command}"]
    error = refused(stage, command, **arguments)
    assert "HTTP 403" in error
    assert needs["missing"][0] in error


# --- any other call ---------------------------------------------------------------------------------------------------


def test_call_gives_the_items_of_a_list(stage: Stage) -> None:
    for number in range(3):
        stage.world.alerts.raise_alert(f"alert {number}")
    arguments = {"method": "GET", "url_sufix": "v1/sic/alerts", "parameters": "limit=2&offset=1"}
    assert len(done(stage, "http-request", **arguments)) == 2
    assert len(done(stage, "http-request", **arguments | {"parameters": '{"limit": 1}'})) == 1
    assert len(done(stage, "http-request", method="get", url_suffix="/api/v1/sic/alerts?limit=1")) == 1


def test_body_is_sent_exactly_as_it_is(stage: Stage) -> None:
    stage.configure(http_request_writes=True)
    alert = stage.world.alerts.raise_alert("one")
    path = f"/v1/sic/alerts/{alert.uuid}/comments"
    for data in ('{"content": "It\'s O\'Brien\'s", "author": "SOC"}', "{'content': 'single quoted'}"):
        done(stage, "http-request", method="post", url_suffix=path, data=data)
    contents = [comment.content for comment in stage.world.alerts.get(alert.uuid).comments]
    assert contents == ["It's O'Brien's", "single quoted"]


def test_change_that_answers_nothing_is_a_success(stage: Stage) -> None:
    stage.configure(http_request_writes=True)
    alert = stage.world.alerts.raise_alert("one")
    comment = stage.world.alerts.comment(alert.uuid, "note", by="soar")
    path = f"/v1/sic/alerts/{alert.uuid}/comments"
    made = done(stage, "http-request", method="POST", url_suffix=path, data='{"content": "mine"}')
    assert comment is not None
    text = shown(stage, "http-request", method="DELETE", url_suffix=f"{path}/{made[0]['uuid']}")
    assert "the answer is empty" in text


@pytest.mark.parametrize("method", ["POST", "put", "PATCH", "DELETE"])
def test_change_is_refused_unless_the_instance_allows_it(stage: Stage, method: str) -> None:
    error = refused(stage, "http-request", method=method, url_suffix="/v1/sic/alerts", data="{}")
    assert "this instance does not allow it" in error
    assert "nothing was sent" in shown(
        stage, "http-request", method=method, url_suffix="/v1/sic/alerts", data="{}", dry_run="true"
    )
    assert stage.world.journal.calls == []


@pytest.mark.parametrize(
    "suffix",
    [
        "https://elsewhere.example/v1/x",
        "//elsewhere.example/v1/x",
        "@elsewhere.example/v1/x",
        "/v1/../../admin",
        "/v1/sic/%2e%2e/%2e%2e/admin",
        "/v1/sic/%252e%252e/admin",
        "/v1/sic/..%20/admin",
        "/v1/sic%2falerts",
        "/v1/sic\\alerts",
        "/v1/sic/..;/admin",
        "/v1/sic/alerts\r\nX-Header: y",
        "/v1/sic/alerts%0d%0aX",
        "/login",
        "/v1/",
        "/v1/sic/alerts#x",
    ],
)
def test_path_that_leaves_the_api_is_refused_before_any_call(stage: Stage, suffix: str) -> None:
    assert "is no path of the API" in refused(stage, "http-request", method="GET", url_suffix=suffix)
    assert stage.world.journal.calls == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"url_suffix": ""}, "url_suffix: a value is needed"),
        ({"url_suffix": "/v1/me", "data": "{}"}, "a GET carries none"),
        ({"url_suffix": "/v1/me", "method": "POST", "data": "{broken"}, "this is no JSON"),
        ({"url_suffix": "/v1/me", "parameters": "{broken"}, "this is no JSON"),
        ({"url_suffix": "/v1/me", "method": "TRACE"}, "Use one of: get, post, put, patch, delete"),
        ({"url_suffix": "/v1/sic/nowhere"}, "HTTP 404"),
    ],
)
def test_call_that_cannot_be_made_says_why(stage: Stage, arguments: dict[str, str], says: str) -> None:
    assert says in refused(stage, "http-request", **{"method": "GET", **arguments})


# --- changes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("disable-rule", {"rule_id": "RULE"}),
        ("create-alert-filter", {"rule_id": "RULE", "exclusion_pattern": "a: b"}),
        ("delete-alert-filter", {"rule_id": "RULE", "filter_id": UNKNOWN}),
        ("create-ioc-collection", {"name": "x"}),
        ("add-ioc-collection-indicators", {"collection_id": UNKNOWN, "values": "a.example"}),
        ("revoke-ioc-collection-indicator", {"collection_id": UNKNOWN, "indicator_id": UNKNOWN}),
    ],
)
def test_dry_run_shows_the_call_and_sends_nothing(
    stage: Stage, rule: str, command: str, arguments: dict[str, str]
) -> None:
    given = {name: rule if value == "RULE" else value for name, value in arguments.items()}
    assert "nothing was sent" in shown(stage, command, dry_run="true", **given)
    assert sent(stage) == []
