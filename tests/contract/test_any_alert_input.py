"""The alert commands under any input: nothing breaks, and what is sent is what the API takes."""

from typing import Any

import SekoiaXDRTaskCommandsApiModule as commands
from hypothesis import given
from hypothesis import strategies as st

from lab.sekoia.custom_fields.model import TYPES, CustomField

UUID = "c0ffee00-0000-4000-8000-000000000000"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
ENTRY_KEYS = ("entry_type", "alert", "comment", "countermeasure", "countermeasure_action_step", "urgency", "details")
KINDS = st.sampled_from(("alert", "urgency", "details", "comment"))
ENTRIES = st.builds(
    lambda held, kind: {**held, "entry_type": kind}, st.dictionaries(st.sampled_from(ENTRY_KEYS), JSON), KINDS | JSON
)
OPTIONS = st.lists(st.text("abcXYZ ", min_size=1, max_size=5).map(str.strip).filter(bool), max_size=4, unique=True)
WRITTEN = st.text(max_size=60) | st.integers() | st.booleans() | st.lists(st.text(max_size=5), max_size=3)


@given(ENTRIES)
def test_any_line_of_a_history_has_words(entry: dict[str, Any]) -> None:
    assert isinstance(commands.history_words(entry), str)


@given(st.sampled_from(TYPES), OPTIONS, WRITTEN, st.booleans())
def test_a_value_is_refused_or_one_that_the_field_takes(
    kind: str, options: list[str], written: Any, as_objects: bool
) -> None:
    field = CustomField(UUID, "Field", kind, tuple(options), None, "#000000")
    shown = [{"value": option} for option in options] if as_objects else options
    definition = {"uuid": UUID, "name": "Field", "type": kind, "options": shown}
    try:
        value = commands.FIELD_READERS[kind](definition, written, "custom_fields")
    except ValueError as error:
        assert "Field" in str(error)
    else:
        assert field.takes(value)


ROWS = st.lists(
    st.tuples(st.integers(0, 999), st.sampled_from(("a", "b")), st.sampled_from(("", "v"))),
    max_size=30,
    unique_by=lambda row: row[0],
)


@given(ROWS, st.text(max_size=5))
def test_each_alert_of_a_bulk_move_is_in_exactly_one_call(drawn: list[tuple[int, str, str]], comment: str) -> None:
    rows = [commands.BulkRow(str(number), "", "", "x", status, "", verdict) for number, status, verdict in drawn]
    calls = commands.bulk_calls(rows, comment)
    named = [uuid for call in calls for uuid in commands.as_dict(call.body)["match[uuid]"].split(",")]
    assert sorted(named) == sorted(row.uuid for row in rows)
    assert len(calls) == len({(row.status_uuid, row.verdict_uuid) for row in rows})


@given(JSON)
def test_any_length_of_time_has_words(value: Any) -> None:
    assert commands.spoken_length(value)
