"""One tour of the pack, on tenants that answer otherwise where nobody outside Sekoia knows: it ends the same."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import lab.sekoia.server
from lab.clock import Clock
from lab.fidelity import API
from lab.sekoia import app
from lab.sekoia.exchange import Reply, Request
from lab.sekoia.server import SekoiaServer
from lab.sekoia.switches import RULES
from lab.sekoia.world import World
from lab.xsoar.bundle import Bundle
from tests.journeys.outcomes import found, ran, refused
from tests.stage import Stage

DAY = 86_400
NOBODY = "00000000-0000-4000-8000-000000000000"
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
# Switches whose positions change no answer of the tour, and why they cannot.
NEVER_MET = set(yaml.safe_load((API / "limits.yml").read_text("utf-8"))["never_met"])
Answer = tuple[str, str, int, str]


def others(name: str) -> list[Any]:
    """The positions of a switch besides the one where it stands when nobody turned it."""
    positions = [FREE[name]] if name in FREE else RULES[name]["allowed"][1:]
    return [one for one in positions if one not in LEFT_OUT.get(name, ())]


ONE_BY_ONE = [(name, position) for name in RULES for position in others(name)]
ALL_AT_ONCE = [{name: others(name)[min(turn, len(others(name)) - 1)] for name in RULES} for turn in (0, 1)]


def furnish(world: World, now: float) -> None:
    """A workstation that is gone, three alerts of one second, and one in the second before the first window.

    One alert is in a status of the tenant's own; one is in a case.
    """
    world.statuses.define("Containment", "in_progress")
    world.custom_fields.define("Vector", "single_select", ["email", "usb"])
    world.custom_fields.define("Ticket")
    old = world.assets.add("ws-old", revoked=True)
    world.alerts.raise_alert("too old", created_at=now - 7 * DAY + 59)
    for number, status in enumerate(("Pending", "Containment", "Pending")):
        alert = world.alerts.raise_alert(f"alert {number}", urgency=10 + 40 * number, status=status, assets=[old.uuid])
        world.events.attach(alert.short_id, count=3)
    world.cases.open("Logons", alerts=[alert.short_id])


def tour(stage: Stage) -> dict[str, Any]:
    """Fetches, decides, looks things up, searches; what came of it."""
    furnish(stage.world, stage.clock.time())
    for _ in range(3):
        stage.minute()
    raws = {one.name: json.loads(one.raw_json) for one in stage.host.incidents.all()}
    incidents = {one.name: one.severity for one in stage.host.incidents.all()}
    events = {name: len(raw["events"]) for name, raw in raws.items()}
    return {"incidents": incidents, "events": events, **one_alert(stage), **days_later(stage), **many_alerts(stage)}


def one_alert(stage: Stage) -> dict[str, Any]:
    """An alert is moved, commented and closed, its events are searched, and its case is closed."""
    first = stage.world.alerts.between(stage.clock.time() - DAY, None)[0]
    ran(stage, "sekoia-xdr-update-status-alert", id=first.short_id, status="Ongoing")
    ran(stage, "sekoia-xdr-post-comment-alert", id=first.short_id, comment="seen")
    ran(stage, "sekoia-xdr-close-alert", id=first.short_id, verdict="true_positive")
    events = search(stage, query=f"alert_short_ids:{first.short_id}")
    bad = search(stage, query="a:(b")
    case = stage.world.cases.all()[0]
    ran(stage, "sekoia-xdr-update-case", case_id=case.short_id, status="Closed")
    return {
        "listed": titles(ran(stage, "sekoia-xdr-list-alerts"), "ListAlerts"),
        "closed": (first.status.label, first.ruling and first.ruling.verdict.stage),
        "comments": [one.content for one in first.comments],
        "found": len(events.context["SekoiaXDR"]["Events"]["Results"]),
        "bad search": bool(bad.error),
        "case": (case.title, case.status.stage),
        "closed case": "closed" in refused(stage, "sekoia-xdr-update-case", case_id=case.short_id, title="New"),
        "no asset": bool(refused(stage, "sekoia-xdr-get-asset", asset_uuid=NOBODY)),
    }


def many_alerts(stage: Stage) -> dict[str, Any]:
    """21 alerts of the middle of a second: moved at once, closed without a verdict, filled in, in a case."""
    world, at = stage.world, int(stage.clock.time()) + 0.5
    stage.clock.advance(1)
    many = [world.alerts.raise_alert(f"more {number:02}", created_at=at) for number in range(21)]
    ids = [one.short_id for one in many]
    moved = stage.run("sekoia-xdr-bulk-update-status-alerts", ids=",".join(ids[:3]), status="Ongoing")
    error = stage.host.follow(moved).error
    asked = refused(stage, "sekoia-xdr-close-alert", id=ids[0])
    if asked:
        ran(stage, "sekoia-xdr-close-alert", id=ids[0], verdict="false_positive")
    for values in ('{"Ticket": "INC-7", "Vector": "Email"}', '{"Vector": "usb"}'):
        given = ran(stage, "sekoia-xdr-update-custom-fields-alert", id=ids[1], custom_fields=values)
    held = {one["name"]: one["value"] for one in rows(given, "AlertCustomField")}
    case = world.cases.open("Many", alerts=ids)
    whole = ran(stage, "sekoia-xdr-get-case", case_id=case.short_id, alerts_limit="1")
    cases = ran(stage, "sekoia-xdr-list-cases", sort_by="title")
    # Is the second of these alerts a part of the window?
    ran(stage, "sekoia-xdr-list-alerts", created_at=f"{int(at) - 60},{int(at)}", limit="1")
    listed = ran(stage, "sekoia-xdr-list-alerts-case", case_id=case.short_id, all_results="true")
    ran(stage, "sekoia-xdr-detach-alerts-case", case_id=case.short_id, alert_ids=ids[3])
    return {
        "moved": (error, [one.status.label for one in many[:3]]),
        "a verdict was asked for": "verdict" in (asked or "verdict"),
        "vector": held["Vector"],
        "alerts of the case": rows(whole, "Case")[-1]["number_of_alerts"],
        "listed of the case": len(rows(listed, "CaseAlerts")),
        "left in the case": len(case.alerts),
        "cases": titles(cases, "Cases"),
    }


def days_later(stage: Stage) -> dict[str, Any]:
    """Two days later: an asset and its history, and events of long ago, also on a page that may be too deep."""
    asset = stage.world.assets.all()[0]
    stage.clock.advance(2 * DAY)
    for tag in ("one", "two"):
        ran(stage, "sekoia-xdr-add-tag-asset", asset_uuid=asset.uuid, tag=tag)
    history = ran(stage, "sekoia-xdr-get-history-asset", asset_uuid=asset.uuid, all_results="true")
    ran(stage, "sekoia-xdr-list-assets")
    assets = ran(stage, "sekoia-xdr-list-assets", include_revoked="true")
    old = search(stage, earliest_time="-4d", query="", max_last_events="2")
    job = rows(old, "Events")[-1]
    deep = refused(stage, "sekoia-xdr-events-results-query", uuid=job["uuid"], limit="1000", page="11")
    return {
        "history": len(rows(history, "AssetHistory")),
        "assets": [one["name"] for one in rows(assets, "Assets")],
        "old events": (old.error, len(job["Results"])),
        "a deep page is empty, or refused": "10000" in (deep or "10000"),
    }


def search(stage: Stage, **arguments: str) -> Any:
    """What a search left when it was over."""
    return stage.host.follow(stage.run("sekoia-xdr-search-events", **{"earliest_time": "-1d", **arguments}))


def rows(outcome: Any, prefix: str) -> list[Any]:
    """What lies in context; one object is no list there."""
    value = found(outcome, prefix)
    return value if isinstance(value, list) else [value]


def titles(outcome: Any, prefix: str) -> list[str]:
    """The titles in context, in one order wherever the tenant has another."""
    return sorted(one["title"] for one in rows(outcome, prefix))


EXPECTED = {
    "incidents": {"alert 0": 1.0, "alert 1": 3.0, "alert 2": 4.0},
    "events": {"alert 0": 3, "alert 1": 3, "alert 2": 3},
    "listed": ["alert 0", "alert 1", "alert 2", "too old"],
    "closed": ("Closed", "true_positive"),
    "comments": ["seen", "Closed by Sekoia"],
    "found": 3,
    "bad search": True,
    "case": ("Logons", "closed"),
    "closed case": True,
    "no asset": True,
    "moved": (None, ["Closed", "Ongoing", "Ongoing"]),
    "a verdict was asked for": True,
    "vector": "usb",
    "alerts of the case": 21,
    "listed of the case": 21,
    "left in the case": 20,
    "cases": ["Logons", "Many"],
    "history": 3,  # its birth, and two tags
    "assets": ["ws-old"],
    "old events": (None, 2),
    "a deep page is empty, or refused": True,
}


class Play:
    """Plays the tour on a tenant whose switches stand so; what came of it, and a digest of each answer.

    A tenant that was met once is not played again.
    """

    def __init__(self, folder: Path, bundle: Bundle) -> None:
        self.folder, self.bundle = folder, bundle
        self.played: dict[str, tuple[dict[str, Any], list[Answer]]] = {}
        self.plays = 0

    def __call__(self, positions: dict[str, Any]) -> tuple[dict[str, Any], list[Answer]]:
        name = json.dumps(positions, sort_keys=True)
        if name not in self.played:
            self.played[name] = self.anew(positions)
        return self.played[name]

    def anew(self, positions: dict[str, Any]) -> tuple[dict[str, Any], list[Answer]]:
        """One tour from its beginning."""
        clock, answers = Clock(), list[Answer]()
        world = World(clock, seed=7)
        self.plays += 1
        database = self.folder / f"{self.plays}.db"
        with pytest.MonkeyPatch.context() as patch, SekoiaServer(world) as server:
            patch.setattr(lab.sekoia.server, "serve", noting(answers))
            with Stage(self.bundle, world, server, clock, database) as stage:
                # By stage: whether a status of the tenant's own goes by the name of a built-in one is an open question.
                stage.configure(fetch_mode="Fetch With All Events", alerts_other_status="Open,In progress")
                world.switches.turn(**positions)
                unannounced = ["declared_outputs"] if positions.get("extra_fields") else []
                with stage.host.invariants.without(*unannounced):
                    return tour(stage), answers


def noting(answers: list[Answer]) -> Callable[[World, Request], Reply]:
    """The emulator's `serve`, which notes each answer."""

    def serve(world: World, request: Request) -> Reply:
        reply = app.serve(world, request)
        parts = repr(sorted(reply.headers.items())).encode() + reply.body
        answers.append((request.method, request.path, reply.status, hashlib.sha256(parts).hexdigest()))
        return reply

    return serve


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory, bundle: Bundle) -> Play:
    """The tours of this file."""
    return Play(tmp_path_factory.mktemp("tours"), bundle)


def test_the_tour_has_the_same_answers_each_time(play: Play) -> None:
    assert play.anew({}) == play({})


@pytest.mark.odd_tenant
@pytest.mark.parametrize(("name", "position"), ONE_BY_ONE, ids=lambda value: str(value))
def test_the_tour_ends_the_same_on_a_tenant_that_answers_otherwise(play: Play, name: str, position: Any) -> None:
    needed = WITH.get(name, {})
    ended, answers = play({**needed, name: position})
    assert ended == EXPECTED
    is_met = answers != play(needed)[1]
    assert is_met == (name not in NEVER_MET)


@pytest.mark.odd_tenant
@pytest.mark.parametrize("positions", [{}, *ALL_AT_ONCE], ids=["as it stands", "all turned", "all turned further"])
def test_the_tour_ends_the_same_with_all_switches_turned(play: Play, positions: dict[str, Any]) -> None:
    assert play(positions)[0] == EXPECTED


def test_a_page_instead_of_a_429_is_called_a_block(stage: Stage) -> None:
    stage.world.switches.turn(throttle=0, throttle_body="html")
    assert "A protection before Sekoia blocks this address" in refused(stage, "sekoia-xdr-list-alerts")
    stage.world.switches.turn(throttle=None)
    assert stage.run("sekoia-xdr-list-alerts").error is None
