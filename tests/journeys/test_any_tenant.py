"""One tour of the pack, on tenants that answer otherwise where nobody outside Sekoia knows: it ends the same."""

import json
from typing import Any

import pytest

from lab.sekoia.switches import RULES
from lab.sekoia.world import World
from tests.journeys.outcomes import found, ran, refused
from tests.stage import Stage

# Not turned here: a 429 that is a web page is a block to the pack, which then says so and stops.
LEFT_OUT = {"throttle_body": ["html"]}
FREE = {"throttle": 8, "retry_after_header": "1", "waf": 8}
# Needed to see them: a 429 has a body, and a refusal a status, only where there is one.
WITH: dict[str, dict[str, Any]] = {
    "throttle_body": {"throttle": 8},
    "retry_after_header": {"throttle": 8},
    "waf_status": {"waf": 8},
    "verdict_refusal_status": {"verdict_required_to_close": True},
}


def others(name: str) -> list[Any]:
    """The positions of a switch besides the one where it stands when nobody turned it."""
    positions = [FREE[name]] if name in FREE else RULES[name]["allowed"][1:]
    return [one for one in positions if one not in LEFT_OUT.get(name, ())]


ONE_BY_ONE = [{name: position, **WITH.get(name, {})} for name in RULES for position in others(name)]
ALL_AT_ONCE = [{name: others(name)[min(turn, len(others(name)) - 1)] for name in RULES} for turn in (0, 1)]


def furnish(world: World) -> None:
    """A workstation that is gone, and three alerts of one second: one is in a status of the tenant's own."""
    world.statuses.define("Containment", "in_progress")
    old = world.assets.add("ws-old", revoked=True)
    for number, status in enumerate(("Pending", "Containment", "Pending")):
        alert = world.alerts.raise_alert(f"alert {number}", urgency=10 + 40 * number, status=status, assets=[old.uuid])
        world.events.attach(alert.short_id, count=3)
    world.cases.open("Logons", alerts=[alert.short_id])


def tour(stage: Stage) -> dict[str, Any]:
    """Fetches, searches, decides, looks things up; what came of it."""
    furnish(stage.world)
    for _ in range(4):
        stage.minute()
    raws = {one.name: json.loads(one.raw_json) for one in stage.host.incidents.all()}
    first = stage.world.alerts.between(None, None)[0]
    ran(stage, "sekoia-xdr-update-status-alert", id=first.short_id, status="Ongoing")
    ran(stage, "sekoia-xdr-post-comment-alert", id=first.short_id, comment="seen")
    ran(stage, "sekoia-xdr-close-alert", id=first.short_id, verdict="true_positive")
    events = stage.host.follow(
        stage.run("sekoia-xdr-search-events", earliest_time="-1d", query=f"alert_short_ids:{first.short_id}")
    )
    bad = stage.host.follow(stage.run("sekoia-xdr-search-events", earliest_time="-1d", query="a:(b"))
    case = stage.world.cases.all()[0]
    ran(stage, "sekoia-xdr-update-case", case_id=case.short_id, status="Closed")
    return {
        "incidents": {one.name: one.severity for one in stage.host.incidents.all()},
        "events": {name: len(raw["events"]) for name, raw in raws.items()},
        "listed": sorted(one["title"] for one in found(ran(stage, "sekoia-xdr-list-alerts"), "ListAlerts")),
        "closed": (first.status.label, first.ruling and first.ruling.verdict.stage),
        "comments": [one.content for one in first.comments],
        "found": len(events.context["SekoiaXDR"]["Events"]["Results"]),
        "bad search": bool(bad.error),
        "case": (case.title, case.status.stage),
        "closed case": "closed" in refused(stage, "sekoia-xdr-update-case", case_id=case.short_id, title="New"),
        "no asset": bool(refused(stage, "sekoia-xdr-get-asset", asset_uuid="0" * 8 + "-0000-4000-8000-" + "0" * 12)),
    }


EXPECTED = {
    "incidents": {"alert 0": 1.0, "alert 1": 3.0, "alert 2": 4.0},
    "events": {"alert 0": 3, "alert 1": 3, "alert 2": 3},
    "listed": ["alert 0", "alert 1", "alert 2"],
    "closed": ("Closed", "true_positive"),
    "comments": ["seen", "Closed by Sekoia"],
    "found": 3,
    "bad search": True,
    "case": ("Logons", "closed"),
    "closed case": True,
    "no asset": True,
}


@pytest.mark.odd_tenant
@pytest.mark.parametrize(
    "positions", [{}, *ONE_BY_ONE, *ALL_AT_ONCE], ids=lambda positions: ",".join(positions)[:60] or "as it stands"
)
def test_the_tour_ends_the_same_on_any_tenant(stage: Stage, positions: dict[str, Any]) -> None:
    # By stage: whether a status of the tenant's own goes by the name of a built-in one is one of the open questions.
    stage.configure(fetch_mode="Fetch With All Events", alerts_other_status="Open,In progress")
    stage.world.switches.turn(**positions)
    unannounced = ["declared_outputs"] if positions.get("extra_fields") else []
    with stage.host.invariants.without(*unannounced):
        assert tour(stage) == EXPECTED


def test_a_page_instead_of_a_429_is_called_a_block(stage: Stage) -> None:
    stage.world.switches.turn(throttle=0, throttle_body="html")
    assert "A protection before Sekoia blocks this address" in refused(stage, "sekoia-xdr-list-alerts")
    stage.world.switches.turn(throttle=None)
    assert stage.run("sekoia-xdr-list-alerts").error is None
