"""Any state that fetch finds: each alert owed becomes an incident, waits on, is held aside, or an error says why.

The states are those of real runs: ids seen, alerts that wait for their events, one in quarantine, mirroring's memory.
They are spoiled, of an older shape, or of a later version.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDR
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.sekoia.alerts.model import Alert
from lab.xsoar.bundle import Bundle
from tests.hostile.recorded import EVERYTHING
from tests.hostile.shapes import json_values, places, spoiled
from tests.hostile.test_any_command import is_told
from tests.stage import Stage
from tests.upgrade.bygone import tenant, worked

COUNT = int(os.environ.get("FUZZ", "300")) // 3
Shape = Callable[[dict[str, Any]], dict[str, Any]]
FOLDERS = ("tickets", "quarantine")  # where the state names an alert that is no incident yet


@dataclass(frozen=True)
class Story:
    """A tenant and a host that are stopped amid their work; `new` was raised after the state was kept."""

    stage: Stage
    last_run: Mapping[str, Any]
    context: Mapping[str, Any]
    raised: list[Alert]
    new: Alert


@dataclass(frozen=True)
class Outcome:
    """What one run made of a state: an error, or the incidents and the state that it leaves."""

    error: str = ""
    incidents: str = ""
    state: str = ""

    def accounts_for(self, alert: Alert) -> bool:
        """Whether somebody hears of the alert: as an incident, in the state that waits or holds it, or by an error."""
        told = self.incidents + self.state
        return bool(self.error) or alert.uuid in told or alert.short_id in told


@pytest.fixture(scope="module")
def story(bundle: Bundle) -> Iterator[Story]:
    """Eight tickets, an alert in quarantine that nobody can name and one that has a name, and a new one."""
    with tenant(bundle) as (stage, raised):
        worked(stage, raised)
        held = stage.world.alerts.raise_alert("held", created_at=stage.clock.time() - 100)
        last_run = stage.host.last_run(stage.instance)
        entry = {"id": held.uuid, "reason": "ValueError: nobody could read it", "at": "2026-03-01T10:04:00Z"}
        last_run["quarantine"].append(entry)
        last_run["seen"][held.uuid] = int(held.created_at)
        new = stage.world.alerts.raise_alert("new", created_at=stage.clock.time() - 5)
        yield Story(stage, last_run, stage.host.integration_context(stage.instance), [*raised, held], new)


@contextmanager
def at_the_time_of(story: Story) -> Iterator[None]:
    """The clock of the story as a run sees it; the tenant's own stands still, so that all cases meet the same one."""
    now = story.stage.clock.time()

    def sleep(seconds: float) -> None:
        nonlocal now
        now += max(seconds, 0.1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.time", lambda: now)
        patch.setattr("time.monotonic", lambda: now)
        patch.setattr("time.sleep", sleep)
        yield


def fetched(story: Story, last_run: Any, context: Any) -> Outcome:
    """One fetch that begins with this state."""
    url, secret = story.stage.server.url, story.stage.secret()
    raw = {
        **EVERYTHING,
        **secret,
        "url": url,
        "max_fetch": "200",
        "requests_per_second": "50",
    }
    demisto.setIntegrationContext(context)
    params = SekoiaXDR.Params.read(raw)
    wanted, known = SekoiaXDR.FetchSettings.read(raw), SekoiaXDR.as_dict(context)
    try:
        state, incidents, _ = SekoiaXDR.fetch_incidents(params.client(20), params, wanted, last_run, known)
    except Exception as error:
        if not is_told(error):
            raise
        return Outcome(error=str(error))
    return Outcome("", json.dumps(incidents), json.dumps({name: state.get(name) for name in FOLDERS}))


def owed(story: Story, last_run: Any) -> list[Alert]:
    """The alerts that the state still knows of, and the new one unless the state says that it lies before it."""
    kept = last_run if isinstance(last_run, dict) else {}
    named = json.dumps([kept.get(name) for name in FOLDERS])
    known = [alert for alert in story.raised if alert.uuid in named or alert.short_id in named]
    passed = [SekoiaXDR.as_int(kept.get(name)) or 0 for name in ("watermark", "floor")]
    return known + ([story.new] if max(passed) <= story.new.created_at else [])


def lost(story: Story, last_run: Any, context: Any) -> list[str]:
    """The names of alerts that are owed and of which nobody hears any more."""
    with at_the_time_of(story):
        outcome = fetched(story, json.loads(json.dumps(last_run)), json.loads(json.dumps(context)))
    return [alert.title for alert in owed(story, last_run) if not outcome.accounts_for(alert)]


def test_state_as_it_was_kept_loses_nothing(story: Story) -> None:
    assert len(owed(story, story.last_run)) == 8 + 1 + 1
    assert lost(story, story.last_run, story.context) == []


def test_spoiled_state_loses_no_alert_that_it_names(story: Story) -> None:
    ends = {"error": 0, "incidents": 0}

    @given(spoiled(story.last_run), spoiled(story.context))
    @settings(max_examples=COUNT, deadline=None, suppress_health_check=list(HealthCheck))
    def one_case(last_run: Any, context: Any) -> None:
        assert lost(story, last_run, context) == []
        with at_the_time_of(story):
            ends["error" if fetched(story, last_run, context).error else "incidents"] += 1

    one_case()
    assert min(ends.values()) > 0, "the cases no longer reach both ends"


def test_any_value_in_a_ticket_or_in_quarantine_loses_no_alert(story: Story) -> None:
    """One part of one entry is replaced, which is what a half-written or a foreign state looks like."""

    @given(st.data())
    @settings(max_examples=COUNT, deadline=None, suppress_health_check=list(HealthCheck))
    def one_case(data: st.DataObject) -> None:
        last_run = json.loads(json.dumps(story.last_run))
        holder, key = data.draw(st.sampled_from([one for name in FOLDERS for one in places(last_run[name])]))
        holder[key] = data.draw(json_values)
        assert lost(story, last_run, story.context) == []

    one_case()


def without(*names: str) -> Shape:
    return lambda state: {key: value for key, value in state.items() if key not in names}


OLDER: dict[str, Shape] = {
    "no version": without("version"),
    "no floor": without("floor"),
    "no ids": without("seen"),
    "no quarantine": without("quarantine"),
    "times as texts": lambda state: {**state, "watermark": str(state["watermark"]), "floor": str(state["floor"])},
}
LATER: dict[str, Shape] = {
    "a higher version": lambda state: {**state, "version": 99},
    "unknown keys": lambda state: {**state, "shards": [{"from": 1, "seen": []}], "note": "later"},
    "tickets that know more": lambda state: {**state, "tickets": [{**one, "tries": 3} for one in state["tickets"]]},
    "quarantine that knows more": lambda state: {
        **state,
        "version": 2,
        "quarantine": [{**one, "tries": {"n": 3}} for one in state["quarantine"]],
    },
}


@pytest.mark.parametrize("shape", [*OLDER, *LATER])
def test_state_of_another_version_loses_nothing(story: Story, shape: str) -> None:
    state = (OLDER | LATER)[shape](json.loads(json.dumps(story.last_run)))
    assert lost(story, state, story.context) == []


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.parametrize("held", [None, "", {}, []], ids=repr)
def test_folder_that_is_empty_harms_nothing(story: Story, name: str, held: Any) -> None:
    assert lost(story, {**story.last_run, name: held}, story.context) == []


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.parametrize("held", [{"AL1": 1}, "AL1", 7, True], ids=repr)
def test_folder_that_is_no_list_is_told(story: Story, name: str, held: Any) -> None:
    """What stood in it cannot be known any more; that something stood there can be said."""
    with at_the_time_of(story):
        outcome = fetched(story, {**story.last_run, name: held}, story.context)
    assert outcome.error or "cannot be read" in outcome.state
