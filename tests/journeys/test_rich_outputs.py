"""Alerts, cases and assets with everything that can hang on them, in context: nothing undeclared is written."""

from typing import Any

import pytest

from tests.stage import Stage

CASE = {
    "short_id": "CAa1B2c3D4e5",
    "name": "One",
    "title": "One",
    "status": "open",
    "manual": True,
    "is_supplied": False,
    "custom_status_uuid": "3d0c9a52-5f0e-4b8c-9f0a-3b7f6a1c2d4e",
    "created_by": "x",
    "created_by_type": "avatar",
    "updated_at": "2026-03-01T10:00:00+00:00",
}
MAKER = {"created_at": CASE["updated_at"], "created_by": "x", "created_by_type": "avatar"}
FIELD = {
    "uuid": CASE["short_id"],
    "community_uuid": CASE["custom_status_uuid"],
    "name": "Attack vector",
    "slug": "attack_vector",
    "description": "",
    "type": "text",
    "color": "#336699",
    "auto_added_to_case": False,
    "auto_added_to_alert": True,
    **MAKER,
    **{name.replace("created", "updated"): value for name, value in MAKER.items()},
    "value": "mail",
}


@pytest.fixture
def alert_id(stage: Stage) -> str:
    """An alert with a verdict, adversaries, techniques, a custom field, a case, comments and a countermeasure."""
    alert = stage.world.alerts.raise_alert(
        "Everything",
        ttps=["T1566.002 Spearphishing Link"],
        adversaries=["Gilded Heron"],
        verdict="True positive",
        kill_chain="Delivery",
        countermeasures=["Reset the password"],
        cases=[CASE],
        custom_fields=[FIELD],
    )
    alert.rule = {**alert.rule, "description": "As answers of some years ago had it"}
    alert.touch(stage.clock.time(), stage.world.keys.named("soar").actor)
    stage.world.alerts.comment(alert.uuid, "Seen", by="analyst")
    by, step = stage.world.keys.named("soar").actor, {"name": "Call", "status": "activated"}
    alert.remember(
        stage.world.ids, stage.clock.time(), by, "countermeasure_action_step", countermeasure_action_step=step
    )
    stage.world.alerts.set_status(alert.uuid, "Ongoing", by="analyst", comment="Taken")
    return alert.short_id


def test_alert_with_everything_is_listed_and_read(stage: Stage, alert_id: str) -> None:
    assert stage.run("sekoia-xdr-list-alerts").error is None
    alert = stage.run("sekoia-xdr-get-alert", id=alert_id).context["SekoiaXDR"]["Alert"]
    assert alert["adversaries"][0]["name"] == "Gilded Heron"
    assert alert["history"][0]["entry_type"] == "alert"
    assert (alert["verdict"]["label"], alert["cases"][0]["short_id"]) == ("True positive", "CAa1B2c3D4e5")


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("edit-alert", {"title": "Everything and more"}),
        ("set-verdict-alert", {"verdict": "false_positive", "analysis": "A drill", "confidence": "90"}),
        ("list-similar-alerts", {}),
    ],
)
def test_alert_with_everything_is_changed_and_compared(
    stage: Stage, alert_id: str, command: str, arguments: dict[str, str]
) -> None:
    twin: dict[str, Any] = {
        "rule": "Everything",
        "title": "Everything",
        "adversaries": ["Gilded Heron"],
        "verdict": "True positive",
    }
    like = stage.world.alerts.raise_alert(**twin, ttps=["T1566.002 Spearphishing Link"], custom_fields=[FIELD])
    like.rule = {**like.rule, "description": "As answers of some years ago had it"}
    outcome = stage.run(f"sekoia-xdr-{command}", id=alert_id, **arguments)
    assert outcome.error is None, outcome.error
    assert outcome.entries[-1].context


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("get-case", {"case_id": "CASE"}),
        ("list-alerts-case", {"case_id": "CASE"}),
        ("get-cases-alert", {"alert_id": "ALERT"}),
        ("get-history-alert", {"id": "ALERT"}),
        ("list-countermeasures", {"alert_id": "ALERT"}),
    ],
)
def test_what_hangs_on_the_alert_is_read(stage: Stage, alert_id: str, command: str, arguments: dict[str, str]) -> None:
    alert = stage.world.alerts.get(alert_id)
    ids = {"ALERT": alert_id, "CASE": stage.world.cases.open("All", [alert.uuid]).short_id}
    stage.run("sekoia-xdr-comment-countermeasure", id=alert.countermeasures[0]["uuid"], comment="Asked")
    outcome = stage.run(f"sekoia-xdr-{command}", **{name: ids[word] for name, word in arguments.items()})
    assert outcome.error is None, outcome.error
    assert outcome.entries[-1].context


def test_asset_of_the_former_api_is_read_in_its_shape(stage: Stage) -> None:
    kind = {"uuid": "1", "name": "computer", "description": "A computer"}
    asset = stage.world.assets.add("srv-a", category={**kind, "types": [kind]})
    asset.former = {"asset_type": kind}
    found = stage.run("sekoia-xdr-get-asset", asset_uuid=asset.uuid).context["SekoiaXDR"]["Asset"]
    assert found["category"]["types"] == [kind]
    assert stage.run("sekoia-xdr-list-assets").context["SekoiaXDR"]["Assets"]["asset_type"] == kind
