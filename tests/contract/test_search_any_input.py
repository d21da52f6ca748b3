"""What the search commands promise of any input: no secret leaves, no bound is passed, no table breaks."""

import csv
import io
import json
import re
from typing import Any

import pytest
import SekoiaXDRSearchCommandsApiModule as search
from hypothesis import example, given, settings
from hypothesis import strategies as st

SECRET = "intake-secret-7Q"
SECRET_NAMES = ("sekoiaio.intake.key", "customer.intake_key", "intake_key", "INTAKE.KEY")
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
property_test = settings(max_examples=100, deadline=None, database=None)
ROWS = st.lists(st.dictionaries(NAMES | st.sampled_from(["timestamp", "message"]), JSON, max_size=15), max_size=60)


@property_test
@given(
    st.lists(TEXTS, min_size=1, max_size=4), st.lists(st.lists(TEXTS, min_size=4, max_size=4), max_size=5), st.data()
)
def test_csv_loses_the_secret_and_nothing_else(header: list[str], body: list[list[str]], data: st.DataObject) -> None:
    header = [f"{number}{name}" for number, name in enumerate(header)]
    place = data.draw(st.integers(0, len(header)))
    secret_name = data.draw(st.sampled_from(SECRET_NAMES))
    rows = [row[: len(header)] for row in body]
    out = io.StringIO(newline="")
    mixed = [[*row[:place], SECRET, *row[place:]] for row in rows]
    csv.writer(out).writerows([[*header[:place], secret_name, *header[place:]], *mixed])
    cleaned = search.open_file(out.getvalue().encode(), "csv").decode()
    assert SECRET not in cleaned
    assert list(csv.reader(io.StringIO(cleaned, newline=""))) == [header, *rows]


@property_test
@given(st.lists(st.dictionaries(NAMES, JSON, max_size=5), max_size=5), st.sampled_from(SECRET_NAMES), st.booleans())
def test_jsonl_loses_the_secret_and_nothing_else(rows: list[dict[str, Any]], name: str, escaped: bool) -> None:
    rows = [row for row in rows if search.without_secrets(row) == row]
    content = "".join(json.dumps({**row, name: SECRET}, ensure_ascii=escaped) + "\n" for row in rows)
    cleaned = search.open_file(content.encode(), "jsonl").decode()
    assert SECRET not in cleaned
    assert [json.loads(line) for line in cleaned.split("\n") if line] == rows


@property_test
@given(ROWS, st.integers(0, 2_000))
def test_what_is_gathered_fits_and_a_cut_is_told(rows: list[dict[str, Any]], room: int) -> None:
    kept, cut = search.gather_within(iter(rows), room)
    assert sum(len(json.dumps(row)) for row in kept) <= room
    assert bool(cut) == (len(kept) < len(rows))


@property_test
@given(ROWS, st.lists(NAMES, max_size=3), st.lists(NAMES, max_size=3))
@example([{"a\\": 1, "b|": "\\"}], [], [])
def test_table_has_the_same_columns_in_each_line(rows: list[dict[str, Any]], first: list[str], out: list[str]) -> None:
    shown = search.flat_table("T", rows, first, out, "-", "UTC")
    lines = [line for line in shown.split("\n") if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in lines}) <= 1
    assert not re.search("<[a-zA-Z/!?]", shown)


@property_test
@given(st.text(max_size=20) | st.from_regex(r"[-+]?\d{1,4}[smhdw]", fullmatch=True), st.text(max_size=12))
def test_span_begins_before_it_ends_or_is_refused(earliest: str, latest: str) -> None:
    try:
        start, end = search.search_span({"earliest_time": earliest, "latest_time": latest})
    except ValueError as error:
        assert re.match("earliest_time|latest_time", str(error))
    else:
        assert end is None or start < end


@pytest.mark.parametrize("value", ["{}", "null", "1", "x", "[1", '["a"]', '[{"field": "a"}]'])
def test_filters_that_are_none_are_refused(value: str) -> None:
    client = search.SekoiaClient("https://api.sekoia.io", "not-a-real-key")
    with pytest.raises(ValueError, match=r"^filters: "):
        search.event_filters(value, "filters", client)
