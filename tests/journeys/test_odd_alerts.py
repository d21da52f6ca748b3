"""One odd alert never stops the others."""

from typing import Any

import pytest

from tests.stage import Stage

pytestmark = pytest.mark.odd_tenant
ODD: dict[str, dict[str, Any]] = {
    "unknown urgency word": {"overrides": {"urgency": {"current_value": 55, "display": "Apocalyptic"}}},
    "urgency without a number": {"overrides": {"urgency": {"current_value": "n/a", "display": "Weird"}}},
    "urgency null": {"overrides": {"urgency": None}},
    "no title": {"drop": ["title"]},
    "title null": {"overrides": {"title": None}},
    "title of ten thousand characters": {"overrides": {"title": "A" * 10_000}},
    "title with line breaks": {"overrides": {"title": "one\ntwo\r\nthree"}},
    "entity null": {"overrides": {"entity": None}},
    "first and last seen null": {"overrides": {"first_seen_at": None, "last_seen_at": None}},
    "created_at null": {"overrides": {"created_at": None}},
    "created_at text": {"overrides": {"created_at": "2026-03-01T10:00:00Z"}},
    "created_at in milliseconds": {"overrides": {"created_at": 1_772_359_200_000}},
    "updated_at null": {"overrides": {"updated_at": None}},
    "no short id": {"drop": ["short_id"]},
    "status null": {"overrides": {"status": None, "custom_status": None}},
    "rule null": {"overrides": {"rule": None}},
    "alert type null": {"overrides": {"alert_type": None}},
    "assets null": {"overrides": {"assets": None}},
    "assets as objects": {"overrides": {"assets": [{"uuid": "x", "name": "srv"}, None, 7]}},
    "lists where objects belong": {"overrides": {"entity": [], "rule": ["x"], "urgency": [1], "status": "Pending"}},
    "unknown fields": {"overrides": {"shiny": {"new": [1, 2, 3]}}},
    "hostile text": {
        "overrides": {"title": "<img src=x onerror=alert(1)> | `x` \u202egnp.exe", "details": "<script>1</script>"}
    },
    "half a surrogate": {"overrides": {"title": "broken \ud800 text"}},
    "two megabytes of details": {"overrides": {"details": "x" * 2_000_000}},
}


@pytest.mark.parametrize("case", ODD.values(), ids=ODD.keys())
def test_odd_alert_becomes_an_incident_and_its_neighbours_arrive(stage: Stage, case: dict[str, Any]) -> None:
    now = stage.clock.time()
    stage.world.alerts.raise_alert("before", created_at=now - 20)
    stage.world.alerts.raise_alert(created_at=now - 10, drop=case.get("drop", ()), extra=case.get("overrides", {}))
    stage.world.alerts.raise_alert("after", created_at=now - 5)
    outcomes = [stage.minute() for _ in range(20)]
    assert [outcome.error for outcome in outcomes if outcome.error] == []
    assert stage.host.incidents.count() == 3
    stage.world.alerts.raise_alert("the next day")
    assert [incident.name for incident in stage.minute().created] == ["the next day"]
