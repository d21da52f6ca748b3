"""The commands that find, read and count alerts, from the war room to the tenant and back."""

from typing import Any

import pytest

from lab.sekoia.alerts.model import Alert
from tests.journeys.outcomes import found, ran, refused, shown
from tests.journeys.test_rich_outputs import FIELD
from tests.stage import Stage

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def alert(stage: Stage) -> Alert:
    """An alert with a task, techniques and occurrences."""
    return stage.world.alerts.raise_alert(
        "Suspicious logon",
        urgency=62,
        source="192.0.2.7",
        similar=4,
        ttps=("T1110 Brute Force",),
        countermeasures=["Isolate the host"],
    )


def titles(outcome: Any) -> set[str]:
    """Of the alerts that this run listed, not of those that lie in context from runs before."""
    lists = [value for key, value in outcome.entries[-1].context.items() if key.startswith("SekoiaXDR.ListAlerts")]
    return {one["title"] for listed in lists for one in (listed if isinstance(listed, list) else [listed])}


# ---------------------------------------------------------------- which alerts


@pytest.fixture
def crowd(stage: Stage) -> dict[str, Alert]:
    """Three alerts that differ in everything that can be asked for."""
    world = stage.world
    world.statuses.define(label="Waiting for customer", stage="in_progress")
    jo = world.avatars.join("Jo Sample", "jo@soc.example")
    vector = world.custom_fields.define("Attack vector", "single_select", ["email", "usb"])
    return {
        "mail": world.alerts.raise_alert(
            "mail",
            alert_type=("fraud", "phishing"),
            entity="Paris",
            rule="Mail rule",
            source="192.0.2.7",
            target="mailbox",
            detection_type="rule",
            assignee=jo.uuid,
            urgency=90,
            similar=9,
            custom_fields=[{**FIELD, "uuid": vector.uuid, "value": "email"}],
            cases=[{"short_id": "CAa1B2c3D4e5"}],
        ),
        "worm": world.alerts.raise_alert(
            "worm", alert_type=("malicious-code", "worm"), entity="Lyon", rule="Worm rule", urgency=30, assets=[NOBODY]
        ),
        "sol": world.alerts.raise_alert(
            "sol",
            entity=None,
            status="Waiting for customer",
            verdict="False positive",
            detection_type="sol",
            urgency=10,
        ),
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"entity": "Paris"}, {"mail"}),
        ({"rule": "Worm rule"}, {"worm"}),
        ({"asset": NOBODY}, {"worm"}),
        ({"source": "192.0.2.7"}, {"mail"}),
        ({"target": "mailbox"}, {"mail"}),
        ({"node": "mailbox"}, {"mail"}),
        ({"title": "sol"}, {"sol"}),
        ({"title_template": "sol"}, {"sol"}),
        ({"detection_type": "sol"}, {"sol"}),
        ({"alerts_category": "malicious-code"}, {"worm"}),
        ({"verdict": "false_positive"}, {"sol"}),
        ({"verdict": "False positive"}, {"sol"}),
        ({"assignee": "jo@soc.example"}, {"mail"}),
        ({"exclude_assignee": "Jo Sample"}, {"worm", "sol"}),
        ({"case": "CAa1B2c3D4e5"}, {"mail"}),
        ({"is_assigned_to_case": "false"}, {"worm", "sol"}),
        ({"stage": "in_progress"}, {"sol"}),
        ({"stage": "open,in_progress"}, {"mail", "worm", "sol"}),
        ({"status": "waiting for customer"}, {"sol"}),
        ({"exclude_status": "Waiting for customer"}, {"mail", "worm"}),
        ({"exclude_verdict": "false_positive"}, {"mail", "worm"}),
        ({"exclude_entity": "Paris,Lyon"}, {"sol"}),
        ({"exclude_rule": "Worm rule"}, {"mail", "sol"}),
        ({"exclude_type": "worm"}, {"mail", "sol"}),
        ({"exclude_source": "192.0.2.7"}, {"worm", "sol"}),
        ({"urgency_label": "Urgent"}, {"mail"}),
        ({"exclude_urgency_label": "Urgent"}, {"worm", "sol"}),
        ({"occurrences": "5,10"}, {"mail"}),
        ({"custom_field": "attack_vector"}, {"mail"}),
        ({"custom_field": "Attack vector:usb"}, set()),
        ({"community": NOBODY}, set()),
        ({"visible": "false"}, set()),
        ({"entity": "Paris", "rule": "Worm rule"}, set()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_each_filter_finds_what_it_names(
    stage: Stage, crowd: dict[str, Alert], arguments: dict[str, str], expected: set[str]
) -> None:
    assert titles(ran(stage, "sekoia-xdr-list-alerts", **arguments)) == expected
    assert found(ran(stage, "sekoia-xdr-count-alerts", **arguments), "AlertCount") == {"total": len(expected)}


def test_alerts_are_found_by_their_ids(stage: Stage, crowd: dict[str, Alert]) -> None:
    for key in ("uuid", "short_id"):
        ids = ",".join(getattr(crowd[name], key) for name in ("mail", "sol"))
        assert titles(ran(stage, "sekoia-xdr-list-alerts", ids=ids)) == {"mail", "sol"}
    mixed = f"{crowd['mail'].uuid},{crowd['sol'].short_id}"
    assert "cannot match both" in refused(stage, "sekoia-xdr-list-alerts", ids=mixed)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"entity": f"Paris,{NOBODY}"}, "entity: give names or uuids, not both"),
        ({"title": "one, two"}, "cannot be asked for"),
        ({"case": NOBODY}, "case: Sekoia finds alerts by short ids"),
        ({"asset": "host-7"}, "is no asset id"),
        ({"status": "Closed", "stage": "closed"}, "give a status or a stage"),
        ({"verdict": "perhaps"}, "verdict: 'perhaps' is no verdict of this tenant"),
        ({"exclude_entity": "Atlantis"}, "no entity of this tenant is called 'Atlantis'"),
        ({"custom_field": "shoe_size"}, "is no custom field of this tenant"),
        ({"assignee": "nobody@soc.example"}, "assignee: 'nobody@soc.example' is no person"),
        ({"ids": ",".join(f"AL{number:010}" for number in range(101))}, "at most 100 alerts"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_a_filter_that_cannot_be_names_itself(stage: Stage, arguments: dict[str, str], words: str) -> None:
    for command in ("sekoia-xdr-list-alerts", "sekoia-xdr-count-alerts"):
        assert words in refused(stage, command, **arguments)


def test_a_tenant_that_shows_no_statuses_is_asked_by_built_in_ones(stage: Stage, crowd: dict[str, Alert]) -> None:
    everything = stage.world.keys.named("soar").permissions
    stage.world.keys.change("soar", permissions=everything - {"View cases"})
    assert titles(ran(stage, "sekoia-xdr-list-alerts", stage="open")) == {"mail", "worm"}
    assert titles(ran(stage, "sekoia-xdr-list-alerts", exclude_status="Pending")) == {"sol"}
    assert "no status" in refused(stage, "sekoia-xdr-list-alerts", exclude_status="Waiting for customer")


def test_alerts_are_counted_where_the_list_tells_no_total(stage: Stage, crowd: dict[str, Alert]) -> None:
    stage.world.switches.turn(with_total=False)
    assert found(ran(stage, "sekoia-xdr-count-alerts", entity="Paris"), "AlertCount") == {"total": 1}
    assert stage.world.journal.calls[-1].path == "/v1/sic/alerts/count"


def test_similar_alerts_are_listed_by_uuid_too(stage: Stage, alert: Alert) -> None:
    stage.world.alerts.set_status(alert.uuid, "Closed")
    again = stage.world.alerts.occurrence(alert.uuid)
    for identity in (alert.uuid, alert.short_id):
        outcome = ran(stage, "sekoia-xdr-list-similar-alerts", id=identity)
        (one,) = [found(outcome, "SimilarAlerts")]
        assert (one["short_id"], one["similar_to"]) == (again.short_id, alert.short_id)
    assert "Unknown alert" in refused(stage, "sekoia-xdr-list-similar-alerts", id=NOBODY)
    assert titles(ran(stage, "sekoia-xdr-list-alerts", similar_to=alert.uuid)) == {alert.title}


# ---------------------------------------------------------------- one alert, read


def test_the_history_says_in_words_what_changed(stage: Stage, alert: Alert) -> None:
    store = stage.world.alerts
    store.set_status(alert.uuid, "Ongoing")
    store.edit(alert.uuid, urgency=80, details="new", alert_type_value="worm", kill_chain_short_id="KCXKNfnJupq5")
    store.comment(alert.uuid, "looked at it")
    entries = found(ran(stage, "sekoia-xdr-get-history-alert", id=alert.short_id, all_results="true"), "AlertHistory")
    changes = {entry["entry_type"]: entry["change"] for entry in reversed(entries)}
    assert changes == {
        "countermeasure": "countermeasure: created",
        "alert": "Pending → Ongoing",
        "urgency": "62 → 80",
        "details": "none → new",
        "alert_type": "ransomware → worm",
        "kill_chain": "none → Reconnaissance",
        "comment": "looked at it",
    }
    assert {entry["alert_id"] for entry in entries} == {alert.short_id}
    assert entries[0]["created_date"] == "2026-03-01T10:00:00Z"
    assert "Unknown alert" in refused(stage, "sekoia-xdr-get-history-alert", id=NOBODY)


def test_a_timeline_shows_the_frames_in_which_something_occurred(stage: Stage, alert: Alert) -> None:
    outcome = ran(stage, "sekoia-xdr-get-timeline-alert", id=alert.short_id, period="14d")
    timeline = found(outcome, "AlertTimeline")
    assert (len(timeline["timeline"]), sum(one["value"] for one in timeline["timeline"])) == (14, 4)
    assert "| 4 |" in shown(outcome) and "| 0 |" not in shown(outcome)
    assert "Invalid parameters" in refused(stage, "sekoia-xdr-get-timeline-alert", id=alert.short_id, frame_length="1")


def test_stix_objects_of_an_alert_are_filtered(stage: Stage, alert: Alert) -> None:
    command = "sekoia-xdr-list-objects-alert"
    everything = found(ran(stage, command, id=alert.short_id, all_results="true"), "AlertObject")
    assert {one["type"] for one in everything} >= {"indicator", "relationship", "attack-pattern"}
    few = ran(stage, command, id=alert.uuid, type="indicator,attack-pattern", exclude_type="indicator")
    assert "attack-pattern" in shown(few) and "| indicator |" not in shown(few)
    assert "Nothing matches" in shown(ran(stage, command, id=alert.uuid, type="malware"))


def test_a_bundle_is_taken_apart_and_its_cut_is_told(stage: Stage, alert: Alert) -> None:
    outcome = ran(stage, "sekoia-xdr-get-stix-alert", id=alert.short_id)
    parts = found(outcome, "AlertStix")
    assert {one["type"] for one in parts["indicators"]} == {"indicator"}
    assert {one["type"] for one in parts["relationships"]} == {"relationship", "sighting"}
    assert (parts["objects_count"], parts["is_cut"], parts["spec_version"]) == (4, False, "2.0")
    cut = ran(stage, "sekoia-xdr-get-stix-alert", id=alert.short_id, limit="1")
    assert len(found(cut, "AlertStix")["objects"]) == 1
    assert "objects: the first 1 of 4" in shown(cut)
    assert "Unknown alert" in refused(stage, "sekoia-xdr-get-stix-alert", id=NOBODY)


# ---------------------------------------------------------------- counted


def test_statistics_count_under_a_filter(stage: Stage, crowd: dict[str, Alert]) -> None:
    counted = found(ran(stage, "sekoia-xdr-get-alert-statistics", urgency="20,100"), "AlertStatistics")
    assert {item["id"]: item["total"] for item in counted}["status"] == 2
    (custom,) = [item for item in counted if item["id"] == "custom_status"]
    assert custom["buckets"] == [{"key": "Pending", "count": 2}]


def test_kpis_are_shown_in_seconds_and_in_words(stage: Stage, alert: Alert) -> None:
    stage.clock.advance(3725)
    stage.world.alerts.set_status(alert.uuid, "Closed")
    outcome = ran(stage, "sekoia-xdr-get-soc-kpis", created_at="-1d,now")
    assert found(outcome, "SocKpis")["mean_time_to_resolve"] == 3725
    assert "| resolve | 3725 | 1 h 2 min 5 s |" in shown(outcome)
    assert "none" in shown(ran(stage, "sekoia-xdr-get-soc-kpis", community=NOBODY))


@pytest.mark.parametrize("command", ["sekoia-xdr-get-soc-kpis", "sekoia-xdr-get-alert-statistics"])
def test_statistics_name_the_permission_that_is_missing(stage: Stage, command: str) -> None:
    stage.world.keys.change("soar", permissions=["View alerts"])
    assert "View alert statistics" in refused(stage, command)


# ---------------------------------------------------------------- types


def test_alert_types_come_from_the_catalogue_or_from_the_alerts(stage: Stage, crowd: dict[str, Alert]) -> None:
    fraud = found(ran(stage, "sekoia-xdr-list-alert-types", category="fraud"), "AlertType")
    assert {"phishing", "masquerade"} <= {one["value"] for one in fraud}
    observed = ran(stage, "sekoia-xdr-list-alert-types", observed="true", name="worm")
    assert "| worm | malicious-code |" in shown(observed)
    assert "phishing" not in shown(observed)
