"""What an analyst sees of each kind of alert, kept as files: `GOLDEN=write pytest tests/mapping` writes them anew."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.clock import Clock
from lab.sekoia.alerts import view
from lab.sekoia.alerts.birth import OVERRIDABLE
from lab.sekoia.server import SekoiaServer
from lab.sekoia.switches import Switches
from lab.sekoia.world import World
from lab.xsoar.bundle import Bundle
from lab.xsoar.incidents import Incident
from lab.xsoar.pages import render_incident
from lab.xsoar.paths import value_at
from tests.mapping.kinds import KINDS, prepare, said_of
from tests.page_risks import Page
from tests.repository.pack_items import incoming_mapper, mapped_paths, raw_alert
from tests.stage import Stage

pytestmark = pytest.mark.odd_tenant  # the kinds of alerts hold what old and broken answers held

GOLDEN = Path(__file__).parent / "golden"
WRITE = os.environ.get("GOLDEN") == "write"
PARAMS = {
    "alerts_status": ["Pending", "Acknowledge", "Ongoing", "Rejected", "Closed"],
    "fetch_with_assets": True,
    "fetch_with_kill_chain": True,
}
SITE = "https://sekoia.example"  # in the files, instead of the lab's changing port
# Cases and events come only when they are asked for, and nothing is mirrored yet.
KEYS_NO_FETCH_WRITES = {"cases", "events"}
PATHS_NO_FETCH_FILLS = {
    *("xsoar.events", "xsoar.events_state", "xsoar.case_ids"),
    *("mirror_direction", "mirror_tags", "mirror_base"),
}


@pytest.fixture
def stage(bundle: Bundle, world: World, server: SekoiaServer, clock: Clock, tmp_path: Path) -> Iterator[Stage]:
    """A host that fetches alerts in every status, with their assets and kill chain."""
    prepare(world)
    with Stage(bundle, world, server, clock, tmp_path / "host.sqlite", PARAMS) as opened:
        yield opened


def read(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((GOLDEN / name).read_text(encoding="utf-8"))
    return loaded


def kept(name: str, value: dict[str, Any]) -> dict[str, Any]:
    """The value that the file of that name keeps; with GOLDEN=write the one given becomes it."""
    if WRITE:
        (GOLDEN / name).write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return read(name)


def as_the_lab_writes(kind: str, world: World) -> dict[str, Any]:
    """The row of the API's list for an alert of that kind; no two kinds share an id."""
    for _ in range(list(KINDS).index(kind)):
        world.ids.uuid(), world.ids.short_id("AL")
    alert = world.alerts.raise_alert(**said_of(kind, world))
    row: dict[str, Any] = json.loads(view.row(alert, Switches(), False, False))
    return row


def fetched(kind: str, stage: Stage) -> Incident:
    """The incident that becomes of the alert in the file."""
    alert = read(f"{kind}.alert.json")
    stage.world.alerts.raise_alert(
        created_at=float(alert.get("created_at", stage.clock.time())), extra=alert, drop=OVERRIDABLE - alert.keys()
    )
    created: list[Incident] = stage.minute().created
    assert len(created) == 1
    return created[0]


def with_site(value: Any, stage: Stage) -> Any:
    return json.loads(json.dumps(value).replace(stage.server.url, SITE))


def as_seen(incident: Incident, stage: Stage) -> dict[str, Any]:
    """The incident as its page shows it: head and every mapped field by its display name."""
    mapped = mapped_paths(incoming_mapper())["Sekoia XDR"]
    head = {"name": incident.name, "type": incident.type, "severity": incident.severity, "occurred": incident.occurred}
    fields = {name: incident.fields[name] for name in sorted(mapped) if name != "severity"}
    shown: dict[str, Any] = with_site({**head, "fields": fields}, stage)
    return shown


@pytest.mark.parametrize("kind", KINDS)
def test_alert_in_the_file_is_what_the_lab_writes(kind: str, stage: Stage) -> None:
    row = as_the_lab_writes(kind, stage.world)
    assert row == kept(f"{kind}.alert.json", row)


@pytest.mark.parametrize("kind", KINDS)
def test_alert_becomes_the_incident_in_the_file(kind: str, stage: Stage) -> None:
    incident = as_seen(fetched(kind, stage), stage)
    assert incident == kept(f"{kind}.incident.json", incident)


def test_each_file_belongs_to_a_kind() -> None:
    expected = {f"{kind}.{part}.json" for kind in KINDS for part in ("alert", "incident")}
    assert {path.name for path in GOLDEN.iterdir()} == expected


def test_sample_alert_of_the_repository_has_the_keys_of_a_fetched_one(stage: Stage) -> None:
    raw, sample = json.loads(fetched("sigma_rule", stage).raw_json), raw_alert()
    assert sample.keys() - raw.keys() == KEYS_NO_FETCH_WRITES
    assert raw.keys() - sample.keys() == set()
    assert raw["xsoar"].keys() == sample["xsoar"].keys()


def test_each_path_of_the_mapper_leads_to_a_value_in_some_alert(stage: Stage) -> None:
    paths = {path for fields in mapped_paths(incoming_mapper()).values() for path in fields.values()}
    raws = [json.loads(fetched(kind, stage).raw_json) for kind in KINDS]
    raws.append(json.loads(oversized(stage).raw_json))
    filled = {path for path in paths for raw in raws if value_at(raw, path) not in (None, "", [])}
    assert paths - filled == PATHS_NO_FETCH_FILLS


def oversized(stage: Stage) -> Incident:
    """An alert of which something must be cut, so that it carries a note; too long to be kept in a file."""
    stage.world.alerts.raise_alert("too long", details="x" * 1_200_000)
    created: list[Incident] = stage.minute().created
    assert len(created) == 1
    return created[0]


@pytest.mark.parametrize("kind", KINDS)
def test_text_that_is_rendered_carries_no_live_markup(kind: str) -> None:
    fields = read(f"{kind}.incident.json")["fields"]
    rendered = " ".join(str(fields[name]) for name in ("Description", "SekoiaXDR Alert Details"))
    assert [mark for mark in ("<img", "<script", "<iframe", "![") if mark in rendered] == []


@pytest.mark.parametrize("kind", KINDS)
def test_page_of_any_kind_of_alert_runs_and_fetches_nothing_of_it(kind: str, stage: Stage) -> None:
    incident = fetched(kind, stage)
    pages = [
        render_incident(stage.host, incident.id, tab) for tab in ("sekoiaalert", "sekoiaevidence", "sekoiacontext")
    ]
    assert [Page(page).risks for page in pages] == [[]] * 3
    assert len(incident.name) <= 600


@pytest.mark.parametrize("kind", KINDS)
def test_name_of_the_alert_cannot_reverse_its_reading_direction(kind: str) -> None:
    seen = read(f"{kind}.incident.json")
    assert not set("\u202e\u2067") & {*seen["name"], *str(seen["fields"]["Alert Name"])}


def test_no_choice_is_an_empty_text() -> None:
    fields = read("only_ids.incident.json")["fields"]
    assert [name for name, value in fields.items() if isinstance(value, list) and "" in value] == []


ENDPOINTS = {
    "correlation": {"Source IP": "203.0.113.9", "Destination IP": "198.51.100.20"},
    "cti": {"Source IP": "2001:db8::10", "Destination Hostname": "updates.heron.example"},
    "closed_with_verdict": {"Source IP": "198.51.100.5"},
    "manual": {},
    "hostile_text": {},
}


@pytest.mark.parametrize("kind", ENDPOINTS)
def test_only_addresses_and_host_names_fill_the_fields_of_hosts(kind: str) -> None:
    """A network, a mail address or a sentence is none of them; SekoiaXDR Source and Target still show it."""
    fields = read(f"{kind}.incident.json")["fields"]
    names = ("Source IP", "Source Hostname", "Destination IP", "Destination Hostname")
    assert {name: fields[name] for name in names if fields[name]} == ENDPOINTS[kind]
