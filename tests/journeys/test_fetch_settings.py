"""What fetch lets through: stages, labels, communities, entities, rules, and alerts that match later."""

from collections import Counter
from typing import Any

import pytest

from tests.stage import Stage


def names(stage: Stage) -> list[str]:
    return sorted(incident.name for incident in stage.host.incidents.all())


def test_stage_of_the_tenant_is_a_filter(stage: Stage) -> None:
    stage.world.statuses.define(label="Waiting", stage="in_progress")
    stage.configure(alerts_status=[], alerts_other_status="In progress")
    for status in ("Pending", "Ongoing", "Waiting", "Closed"):
        stage.world.alerts.raise_alert(status, status=status)
    stage.minute()
    assert names(stage) == ["Ongoing", "Waiting"]


def test_label_of_the_tenant_counts_beside_the_built_in_statuses(stage: Stage) -> None:
    stage.world.statuses.define(label="Waiting", stage="in_progress")
    stage.configure(alerts_other_status="waiting")
    for status in ("Pending", "Waiting", "Closed"):
        stage.world.alerts.raise_alert(status, status=status)
    stage.minute()
    assert names(stage) == ["Pending", "Waiting"]


def test_unknown_label_is_an_error_of_the_test_button_and_no_stop_in_fetch(stage: Stage) -> None:
    stage.configure(alerts_other_status="No such thing")
    stage.world.alerts.raise_alert("one")
    assert "No such thing" in stage.host.test(stage.instance).message
    outcome = stage.minute()
    assert (outcome.error, names(stage)) == (None, ["one"])


@pytest.mark.parametrize(("parameter", "key"), [("entities", "entity"), ("rules", "rule")])
@pytest.mark.parametrize("by", ["name", "uuid"])
def test_entities_and_rules_are_filters_by_name_and_by_uuid(stage: Stage, parameter: str, key: str, by: str) -> None:
    said: list[dict[str, Any]] = [{key: "Plant 7"}, {key: "Elsewhere"}]
    wanted = stage.world.alerts.raise_alert("wanted", **said[0])
    stage.world.alerts.raise_alert("other", **said[1])
    value = {"entity": wanted.entity, "rule": wanted.rule}[key][by]
    stage.configure(**{parameter: value})
    stage.minute()
    assert names(stage) == ["wanted"]


def test_names_and_uuids_of_one_kind_are_refused_together(stage: Stage) -> None:
    stage.configure(entities="Plant 7,d5b1b2a4-8f0e-4a57-9c2d-0a3e6f7b8c9d")
    assert "names or uuids, not both" in stage.host.test(stage.instance).message


def test_community_is_a_filter(stage: Stage) -> None:
    stage.world.alerts.raise_alert("one")
    stage.configure(communities="d5b1b2a4-8f0e-4a57-9c2d-0a3e6f7b8c9d")
    stage.minute()
    assert names(stage) == []
    stage.configure(communities=stage.world.community)
    stage.minute()
    assert names(stage) == ["one"]


def test_alert_that_comes_to_match_later_is_fetched_once(stage: Stage) -> None:
    stage.configure(fetch_late_matches=True, alerts_urgency="60,100", look_back="0")
    stage.minute()
    reopened = stage.world.alerts.raise_alert("re-opened", urgency=80, status="Closed")
    raised = stage.world.alerts.raise_alert("raised", urgency=30)
    stage.world.alerts.raise_alert("never", urgency=30)
    stage.world.alerts.raise_alert("from the beginning", urgency=70)
    for _ in range(40):
        stage.minute()
    assert names(stage) == ["from the beginning"]
    stage.world.alerts.set_status(reopened.short_id, "Ongoing", by="analyst")
    stage.world.alerts.edit(raised.short_id, urgency=75, by="analyst")
    for minute in range(60):
        if minute % 7 == 0:
            for short_id in (reopened.short_id, raised.short_id):
                stage.world.alerts.comment(short_id, f"minute {minute}", by="analyst")
        stage.minute()
    assert Counter(names(stage)) == Counter({"from the beginning": 1, "raised": 1, "re-opened": 1})


def test_alert_that_matched_from_the_beginning_is_not_fetched_again_when_it_changes(stage: Stage) -> None:
    stage.configure(fetch_late_matches=True, look_back="0")
    alert = stage.world.alerts.raise_alert("one")
    stage.minute()
    for label in ("Closed", "Ongoing", "Closed", "Acknowledged"):
        for _ in range(20):
            stage.minute()
        stage.world.alerts.set_status(alert.short_id, label, by="analyst")
    for _ in range(20):
        stage.minute()
    assert names(stage) == ["one"]
