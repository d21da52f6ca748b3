"""What holds for any input: any JSON in any field, and any sequence of runs (property tests)."""

import json
import os
import random
import re

import pytest
import SekoiaXDR
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from SekoiaXDR_test import HOSTILE, Json, data, instance

from tests.fetch.harvests import new_harvest, tiny

LINK, UI, THRESHOLDS = "https://app.sekoia.io/operations/alerts/AL1", "https://app.sekoia.io", (20, 40, 80)


property_test = settings(
    max_examples=int(os.environ.get("FUZZ", "150")),
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from([HOSTILE, "2026-03-01T10:00:00Z", 10**300, -(10**12), "9" * 400, "1e999", 253402300799]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


odd_alerts = st.dictionaries(st.sampled_from(sorted(data("get_alert_response"))), json_values, min_size=1, max_size=6)


@property_test
@given(odd_alerts, st.lists(st.sampled_from(sorted(data("get_alert_response"))), max_size=6))
def test_any_json_in_any_field_gives_an_incident_or_a_quarantine_entry(changes: Json, dropped: list[str]) -> None:
    alert = {key: value for key, value in data("get_alert_response").items() if key not in dropped} | changes
    harvest = new_harvest(first=0)
    harvest.take(alert)
    made = SekoiaXDR.incidents_of(harvest, UI, "Sekoia one", [])
    for incident in made:
        assert 0 < len(incident["name"]) <= 600
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", incident["occurred"])
        assert incident["severity"] in range(5)
        json.loads(incident["rawJSON"], parse_constant=pytest.fail)
    in_the_margin = SekoiaXDR.as_epoch(alert.get("created_at")) == -1  # the second before the window
    assert len(made) + len(harvest.quarantine) == (0 if in_the_margin else 1)
    json.dumps(harvest.next_state().as_last_run(), allow_nan=False)


@property_test
@given(json_values)
def test_no_reader_raises_on_any_json(value: Json) -> None:
    alert = dict.fromkeys(data("get_alert_response"), value)
    row = SekoiaXDR.alert_row(alert, SekoiaXDR.Params.read(instance()))
    comment = SekoiaXDR.comment_row(dict.fromkeys(("date", "user", "content"), value), "America/New_York")
    assert {type(shown) for shown in (*row.values(), *comment.values())} == {str}
    view = SekoiaXDR.incident_view(alert, LINK, THRESHOLDS)
    assert json.loads(json.dumps(view, allow_nan=False)) == view


@property_test
@given(st.text() | st.text(alphabet="\\|`<a![]()\n"))
def test_a_cell_holds_no_markup_that_could_leave_it(text: str) -> None:
    shown = SekoiaXDR.cell(text)
    assert not re.search(r"[\n\r`]|<[a-zA-Z/!?]|!\[|\]\(", shown)
    assert all(len(run) % 2 for run in re.findall(r"(\\*)\|", shown))


def one_run(world: list[Json], stored: Json, now: int, **changes: Json) -> tuple[Json, list[str]]:
    """A run of the pure harvest over what the API shows at `now`, in the API's order."""
    harvest = new_harvest(state=SekoiaXDR.read_state(json.loads(json.dumps(stored)), 1000), now=now, **changes)
    for alert in world:
        if alert["visible_at"] <= now and alert["created_at"] >= harvest.start - 1 and not harvest.full:
            harvest.take(alert)
    return harvest.next_state().as_last_run(), [alert["uuid"] for alert in harvest.alerts]


moments = st.tuples(st.integers(1000, 3000), st.integers(0, 600))


runs = st.lists(st.tuples(st.integers(0, 900), st.integers(1, 5), st.integers(0, 20)), min_size=1, max_size=12)


def shuffled_world(times: list[tuple[int, int]], seed: int) -> list[Json]:
    world = [tiny(at, number, visible_at=at + late) for number, (at, late) in enumerate(times)]
    random.Random(seed).shuffle(world)
    return sorted(world, key=lambda alert: alert["created_at"])


@property_test
@given(st.lists(moments, max_size=40), runs, st.integers())
def test_any_sequence_of_runs_takes_each_alert_exactly_once(times: Json, steps: Json, seed: int) -> None:
    stored: Json = {}
    taken, now = [], 1000
    for number, (pause, most, _) in enumerate([*steps, *[(900, 5, 0)] * 15]):
        now += pause
        stored, new = one_run(shuffled_world(times, seed + number), stored, now, max_fetch=str(most))
        taken += new
    assert sorted(taken) == sorted(f"u{number}" for number in range(len(times)))


@property_test
@given(st.lists(moments, max_size=40), runs, st.integers())
def test_no_change_of_look_back_ever_doubles_an_alert(times: Json, steps: Json, seed: int) -> None:
    stored: Json = {}
    taken, now = [], 1000
    for pause, most, look_back in steps:
        now += pause
        stored, new = one_run(shuffled_world(times, seed), stored, now, max_fetch=str(most), look_back=str(look_back))
        taken += new
    assert len(taken) == len(set(taken))
