"""The stand-ins against the platform's own files, where a machine has them: same signatures, same results.

Here what needs no server; beside this file what asks one (`test_server_against_real_platform.py`) and the HTTP client
(`test_client_against_real_platform.py`). Without the files all are skipped, and say so (see `both_platforms.py`).
"""

import ast
import inspect
from copy import deepcopy
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.xsoar.both_platforms import (
    NEEDS_REAL,
    OUR_MOCK,
    OURS,
    SAME,
    THEIR_MOCK,
    THEIRS,
    both,
    json_values,
    objects,
    outcome,
    plain,
    used_attributes,
    used_names,
)

pytestmark = NEEDS_REAL
ENUMS = sorted(name for name, kind in vars(OURS).items() if inspect.isclass(kind) and kind.__module__ == "xsoar_enums")


def shape(thing: Any) -> list[tuple[str, Any]]:
    """Names and defaults of the parameters."""
    called = thing.__init__ if inspect.isclass(thing) else thing
    return [(name, one.default) for name, one in inspect.signature(called).parameters.items()]


@pytest.mark.parametrize("name", used_names())
def test_what_the_pack_uses_takes_the_same_arguments(name: str) -> None:
    ours, theirs = shape(getattr(OURS, name)), shape(getattr(THEIRS, name))
    assert [one for one in ours if one not in theirs] == []


@pytest.mark.parametrize("name", used_attributes("demisto"))
def test_what_the_pack_calls_of_demisto_exists(name: str) -> None:
    if not hasattr(THEIR_MOCK, name):
        pytest.skip(f"demisto.{name} is not in the platform's own mock")
    assert [n for n, _ in shape(getattr(OUR_MOCK, name))] == [n for n, _ in shape(getattr(THEIR_MOCK, name))]


def test_results_of_every_name_that_the_pack_uses_are_compared() -> None:
    files = Path(__file__).parent.glob("test_*against_real_platform.py")
    named = {
        node.attr for file in files for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Attribute)
    }
    assert [name for name in used_names() if name not in {*named, *ENUMS}] == []


def test_stand_in_offers_no_name_that_the_platform_lacks() -> None:
    """In a run everything that CommonServerPython defines or imports is there for the pack to lean on."""
    assert [name for name in vars(OURS) if not name.startswith("_") and not hasattr(THEIRS, name)] == []


@pytest.mark.parametrize("name", ENUMS)
def test_names_stand_for_the_same_values(name: str) -> None:
    values = {key: value for key, value in vars(getattr(OURS, name)).items() if key[0] != "_" and not callable(value)}
    values = {key: value for key, value in values.items() if not isinstance(value, (classmethod, staticmethod))}
    assert {key: getattr(getattr(THEIRS, name), key) for key in values} == values
    assert [key for key in used_attributes(name) if key not in values] == []


arguments = st.one_of(
    plain,
    st.lists(plain, max_size=3),
    st.sampled_from(["a,b", "a, b", '["a","b"]', "[1,2]", "[", "yes", "No", "TRUE", " true", "0x1", "1.5", "1e3", "٣"]),
)


@given(arguments, st.sampled_from([",", ";", "a"]))
@SAME
def test_lists_are_read_the_same(value: Any, separator: str) -> None:
    ours, theirs = both(lambda it: it.argToList(value, separator))
    assert ours == theirs


@given(arguments)
@SAME
def test_yes_and_no_are_read_the_same(value: Any) -> None:
    ours, theirs = both(lambda it: it.argToBoolean(value))
    assert ours == theirs


@given(arguments, st.sampled_from([None, "limit"]), st.booleans())
@example("²", None, False)
@SAME
def test_numbers_are_read_the_same(value: Any, name: str | None, required: bool) -> None:
    ours, theirs = both(lambda it: it.arg_to_number(value, name, required))
    assert ours == theirs


keys = st.one_of(st.none(), st.sampled_from(["id", "uuid", ["id", "name"]]))
texts = st.one_of(st.none(), st.text(max_size=10))
outputs = st.one_of(json_values, st.lists(st.dictionaries(st.sampled_from(["id", "uuid", "name"]), plain), max_size=3))


@given(st.sampled_from([None, "A", "A.B", "A.B.C", "."]), keys, outputs, texts, json_values, st.booleans())
@example("A", None, [], None, None, False)
@SAME
def test_entries_are_the_same(
    prefix: str | None, key: Any, value: Any, readable: str | None, raw: Any, replace: bool
) -> None:
    said = {"outputs_prefix": prefix, "outputs_key_field": key, "outputs": value, "readable_output": readable}
    said |= {"raw_response": raw, "replace_existing": replace}
    ours, theirs = both(lambda it: it.CommandResults(**said).to_context())
    assert ours == theirs


entry_settings = st.fixed_dictionaries(
    {},
    optional={
        "entry_type": st.sampled_from([None, 1, 3, 4, 9, 11, 17]),
        "content_format": st.sampled_from([None, "html", "json", "markdown", "text", "table", "other"]),
        "tags": st.lists(st.text(max_size=4), max_size=2),
        "mark_as_note": st.booleans(),
        "ignore_auto_extract": st.booleans(),
        "execution_metrics": st.sampled_from([None, [{"Type": "Successful", "APICallsCount": 2}]]),
    },
)


@given(entry_settings, texts, json_values)
@SAME
def test_kind_form_and_marks_of_entries_are_the_same(said: dict[str, Any], readable: str | None, raw: Any) -> None:
    ours, theirs = both(lambda it: it.CommandResults(readable_output=readable, raw_response=raw, **said).to_context())
    assert ours == theirs


cells = st.dictionaries(st.sampled_from(["a", "b_c", "dE", "Value", "Result"]), json_values, max_size=4)
column_names = st.lists(st.sampled_from(["a", "b_c", "dE", "Value", "Result", "none", "x|y"]), max_size=3)


@given(
    st.sampled_from(["t", "", "a|b\n"]),
    st.one_of(cells, st.lists(cells, max_size=3), st.lists(plain, max_size=3)),
    st.one_of(st.none(), column_names, st.just("a")),
    st.booleans(),
)
@SAME
def test_tables_are_the_same(name: str, rows: Any, headers: Any, tidy: bool) -> None:
    ours, theirs = both(lambda it: it.tableToMarkdown(name, rows, headers, removeNull=tidy))
    assert ours == theirs


@given(st.lists(cells, max_size=3), st.booleans(), st.booleans(), st.sampled_from([None, "found"]))
@SAME
def test_tables_with_tidy_headers_and_links_are_the_same(
    rows: list[dict[str, Any]], tidy: bool, ordered: bool, line: str | None
) -> None:
    said = {"removeNull": tidy, "sort_headers": ordered, "metadata": line, "url_keys": ["a"]}
    ours, theirs = both(lambda it: it.tableToMarkdown("t", rows, headerTransform=it.string_to_table_header, **said))
    assert ours == theirs


@given(json_values)
@SAME
def test_empty_parts_are_removed_the_same(value: Any) -> None:
    ours, theirs = both(lambda it: it.remove_empty_elements(value))
    assert ours == theirs


@given(st.integers(-1, 60), st.one_of(st.none(), objects), st.sampled_from([None, 0, 1, 900]), st.integers(0, 3))
@SAME
def test_scheduled_commands_ask_for_the_same(interval: int, args: Any, timeout: int | None, left: int) -> None:
    ours, theirs = both(lambda it: it.ScheduledCommand("x", interval, args, timeout, left).to_results())
    assert ours == theirs


@given(texts, st.integers(10, 60), objects)
@SAME
def test_entries_that_ask_for_another_run_are_the_same(readable: str | None, interval: int, args: Any) -> None:
    def entry(platform: ModuleType) -> Any:
        again = platform.ScheduledCommand("x", interval, args, 600)
        return platform.CommandResults(readable_output=readable, scheduled_command=again).to_context()

    ours, theirs = both(entry)
    assert ours == theirs


results = st.one_of(
    st.none(),
    st.text(max_size=5),
    st.fixed_dictionaries({"Type": st.sampled_from([1, 4]), "Contents": texts}),
    st.lists(st.fixed_dictionaries({"Type": st.sampled_from([1, 4]), "Contents": texts}), max_size=3),
)


@given(results)
@SAME
def test_errors_of_commands_are_seen_the_same(value: Any) -> None:
    assert outcome(OURS.is_error, value) == outcome(THEIRS.is_error, value)
    assert outcome(OURS.get_error, value) == outcome(THEIRS.get_error, value)


counts = st.dictionaries(st.sampled_from(sorted(OURS._METRIC_TYPES)) if ENUMS else st.none(), st.integers(0, 3))


@given(counts, counts)
@SAME
def test_metrics_are_counted_the_same(first: dict[str, int], then: dict[str, int]) -> None:
    def entry(platform: ModuleType) -> Any:
        metrics = platform.ExecutionMetrics(**first)
        for name, number in then.items():
            setattr(metrics, name, number)
        return metrics.get_metric_list(), metrics.metrics and metrics.metrics.to_context()

    ours, theirs = both(entry)
    assert ours == theirs


@given(st.lists(plain, max_size=7), st.integers(1, 4))
@SAME
def test_lists_are_cut_the_same(values: list[Any], size: int) -> None:
    ours, theirs = both(lambda it: list(it.batch(values, size)))
    assert ours == theirs


categories = st.lists(st.tuples(st.text(max_size=5), st.integers(0, 9)), max_size=3)


@given(categories, st.one_of(st.none(), st.lists(objects, max_size=2), objects), objects)
@SAME
def test_widgets_are_drawn_the_same(bars: list[tuple[str, int]], rows: Any, row: dict[str, Any]) -> None:
    def drawn(platform: ModuleType) -> Any:
        pie, table = platform.BarColumnPieWidget(), platform.TableOrListWidget(deepcopy(rows))
        for name, number in bars:
            pie.add_category(name, number)
        table.add_row(row)
        return pie.to_display(), platform.TableOrListWidget(rows).to_display(), table.to_display()

    ours, theirs = both(drawn)
    assert ours == theirs


@given(st.lists(st.tuples(st.text(max_size=5), st.dictionaries(st.text(max_size=4), texts, max_size=2)), max_size=3))
@SAME
def test_fields_that_can_be_mapped_are_told_the_same(types: list[tuple[str, dict[str, Any]]]) -> None:
    def told(platform: ModuleType) -> Any:
        schemes = [platform.SchemeTypeMapping(name, dict(fields)) for name, fields in types]
        one = platform.SchemeTypeMapping("more")
        one.add_field("x", "y")
        answer = platform.GetMappingFieldsResponse(schemes)
        answer.add_scheme_type(one)
        return answer.extract_mapping(), platform.GetMappingFieldsResponse().extract_mapping()

    ours, theirs = both(told)
    assert ours == theirs


@given(st.one_of(st.none(), objects), st.lists(objects, max_size=3))
@SAME
def test_remote_data_is_handed_over_the_same(remote: Any, entries: list[Any]) -> None:
    ours, theirs = both(lambda it: it.GetRemoteDataResponse(remote, entries).extract_for_local())
    assert ours == theirs


mirror_names = ("data", "entries", "incidentChanged", "remoteId", "status", "delta", "other")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(mirror_names, json_values)))
@SAME
def test_what_is_to_be_sent_is_read_the_same(args: dict[str, Any]) -> None:
    ours, theirs = both(lambda it: vars(it.UpdateRemoteSystemArgs(args)))
    assert ours == theirs
    ours, theirs = both(lambda it: it.UpdateRemoteSystemArgs(args).entries)
    assert ours == theirs


@given(texts, st.one_of(st.none(), st.text(max_size=4)), st.one_of(st.none(), st.integers(400, 500)))
@SAME
def test_failures_say_the_same(message: Any, cause: Any, response: Any) -> None:
    def told(platform: ModuleType) -> Any:
        error = platform.DemistoException(message, cause, response)
        return str(error), error.message, error.exception, error.res, error.args

    ours, theirs = both(told)
    assert ours == theirs
