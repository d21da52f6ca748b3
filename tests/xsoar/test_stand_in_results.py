"""The stand-in's results, tables, arguments and the rest of what packs lean on."""

import json
import os
from datetime import datetime, timezone
from typing import Any

import CommonServerPython as platform
import demistomock
import pytest

NEEDED = """
BaseClient DemistoException CommandResults return_results return_error return_warning tableToMarkdown fileResult
argToList argToBoolean arg_to_number arg_to_datetime EntryType EntryFormat IncidentSeverity IncidentStatus
ScheduledCommand polling_function PollResult GetRemoteDataArgs GetRemoteDataResponse GetModifiedRemoteDataArgs
GetModifiedRemoteDataResponse UpdateRemoteSystemArgs SchemeTypeMapping GetMappingFieldsResponse get_last_mirror_run
set_last_mirror_run get_fetch_run_time_range filter_incidents_by_duplicates_and_limit update_last_run_object
get_integration_context set_integration_context set_to_integration_context_with_retries execute_command is_error
get_error is_demisto_version_ge get_demisto_version urljoin assign_params dict_safe_get remove_empty_elements
ExecutionMetrics append_metrics ErrorTypes Common DBotScoreReliability DBotScoreType EntityRelationship handle_proxy
TextWidget NumberWidget TrendWidget BarColumnPieWidget LineWidget TableOrListWidget string_to_table_header camelize
underscoreToCamelCase timestamp_to_datestring date_to_timestamp parse_date_range support_multithreading
register_module_line json re os sys time base64 datetime timedelta timezone requests dateparser traceback
Any Dict List Optional Union
"""


@pytest.fixture
def results(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What demisto.results was given."""
    given: list[Any] = []
    monkeypatch.setattr(demistomock, "results", given.append)
    return given


@pytest.mark.parametrize("name", NEEDED.split())
def test_name_is_there(name: str) -> None:
    assert hasattr(platform, name)


def test_entry_of_outputs_with_a_key() -> None:
    entry = platform.CommandResults("Acme.Item", "id", {"id": 1}, readable_output="text").to_context()

    assert entry == {
        "Type": 1,
        "ContentsFormat": "json",
        "Contents": {"id": 1},
        "HumanReadable": "text",
        "EntryContext": {"Acme.Item(val.id && val.id == obj.id)": {"id": 1}},
        "IndicatorTimeline": [],
        "IgnoreAutoExtract": False,
        "Note": False,
        "Relationships": [],
    }


def test_several_keys_are_all_compared() -> None:
    entry = platform.CommandResults("A", ["x", "y"], [{"x": 1, "y": 2}]).to_context()

    assert list(entry["EntryContext"]) == ["A(val.x && val.x == obj.x && val.y && val.y == obj.y)"]


def test_replaced_outputs_use_the_path_of_the_parent() -> None:
    entry = platform.CommandResults("A.Next.token", outputs="t", replace_existing=True).to_context()

    assert entry["EntryContext"] == {"A.Next(true)": {"token": "t"}}


def test_replaced_outputs_need_a_nested_path() -> None:
    with pytest.raises(platform.DemistoException, match="nested path"):
        platform.CommandResults("token", outputs="t", replace_existing=True).to_context()


def test_empty_outputs_give_no_context() -> None:
    entry = platform.CommandResults("A", "id", [], readable_output="none").to_context()

    assert (entry["EntryContext"], entry["Contents"]) == ({}, [])


def test_outputs_without_a_prefix_must_be_an_object() -> None:
    with pytest.raises(ValueError, match="outputs_prefix is missing"):
        platform.CommandResults(outputs=[1])


def test_outputs_without_text_become_a_table() -> None:
    assert (
        platform.CommandResults("A", outputs={"a": 1, "b": 2}).to_context()["HumanReadable"].startswith("### Results\n")
    )


def test_text_contents_are_marked_as_text() -> None:
    assert platform.CommandResults(readable_output="x", raw_response="raw").to_context()["ContentsFormat"] == "text"


def test_key_of_a_wrong_type_is_refused() -> None:
    with pytest.raises(TypeError, match="outputs_key_field"):
        platform.CommandResults("A", outputs_key_field=3, outputs={})


def test_indicator_goes_into_the_context_as_a_list() -> None:
    score = platform.Common.DBotScore("192.0.2.1", "ip", "Acme", 3, malicious_description="bad")
    entry = platform.CommandResults(indicator=platform.Common.IP("192.0.2.1", score)).to_context()

    address = entry["EntryContext"]["IP(val.Address && val.Address == obj.Address)"]
    assert address == [{"Address": "192.0.2.1", "Malicious": {"Vendor": "Acme", "Description": "bad"}}]
    assert len(entry["EntryContext"]) == 2


def test_scheduled_command_adds_its_keys() -> None:
    schedule = platform.ScheduledCommand("go", 5, {"a": 1}, 60)
    entry = platform.CommandResults(readable_output="x", scheduled_command=schedule).to_context()

    assert {key: entry[key] for key in ("PollingCommand", "NextRun", "PollingArgs", "Timeout")} == {
        "PollingCommand": "go",
        "NextRun": "10",
        "PollingArgs": {"a": 1},
        "Timeout": "60",
    }


def test_results_of_a_list_are_given_kind_by_kind(results: list[Any]) -> None:
    platform.return_results(["a", platform.CommandResults(readable_output="b"), {"Type": 1, "Contents": "c"}])

    assert results[0]["HumanReadable"] == "b"
    assert results[1] == ["a", {"Type": 1, "Contents": "c"}]


def test_mirrored_object_and_entries_are_one_list(results: list[Any]) -> None:
    platform.return_results(platform.GetRemoteDataResponse({"id": 1}, [{"Type": 1}]))

    assert results == [[{"id": 1}, {"Type": 1}]]


def test_empty_mirrored_object_yields_nothing(results: list[Any]) -> None:
    platform.return_results(platform.GetRemoteDataResponse({}, [{"Type": 1}]))

    assert results == [None]


def test_modified_ids_are_an_entry(results: list[Any]) -> None:
    platform.return_results(platform.GetModifiedRemoteDataResponse(["1"]))

    assert results == [{"Contents": ["1"], "Type": 1, "ContentsFormat": "json"}]


def test_mapping_fields_are_an_object(results: list[Any]) -> None:
    mapping = platform.SchemeTypeMapping("Acme")
    mapping.add_field("status", "State.")
    platform.return_results(platform.GetMappingFieldsResponse([mapping]))

    assert results == [{"Acme": {"status": "State."}}]


def test_return_error_writes_an_entry_and_exits(results: list[Any]) -> None:
    with pytest.raises(SystemExit) as caught:
        platform.return_error("bad", outputs={"a": 1})

    assert caught.value.code == 0
    assert results == [{"Type": 4, "ContentsFormat": "text", "Contents": "bad", "EntryContext": {"a": 1}}]


def test_return_error_of_a_fetch_raises(monkeypatch: pytest.MonkeyPatch, results: list[Any]) -> None:
    monkeypatch.setattr(demistomock, "command", lambda: "fetch-incidents")

    with pytest.raises(Exception, match=r"^bad$"):
        platform.return_error("bad")
    assert results == []


@pytest.mark.parametrize(
    ("error", "prefix"), [(ValueError("x"), "skip update. error: "), (NotImplementedError("x"), "")]
)
def test_return_error_of_modified_data_skips_the_update(
    monkeypatch: pytest.MonkeyPatch, results: list[Any], error: Exception, prefix: str
) -> None:
    monkeypatch.setattr(demistomock, "command", lambda: "get-modified-remote-data")

    with pytest.raises(SystemExit):
        try:
            raise error
        except Exception as caught:
            platform.return_error("bad", error=caught)

    assert results[0]["Contents"] == f"{prefix}bad"


def test_long_error_is_cut_in_the_middle(results: list[Any]) -> None:
    with pytest.raises(SystemExit):
        platform.return_error("a" * 30_000 + "b" * 30_000)

    text = results[0]["Contents"]
    assert len(text) == 50_000 + len("...This error body was truncated...")
    assert text.startswith("a" * 25_000)


TABLES: list[tuple[dict[str, Any], str]] = [
    ({"name": "T", "t": []}, "### T\n**No entries.**\n"),
    ({"name": "T", "t": {"b": 1, "a": 2}}, "### T\n|a|b|\n|---|---|\n| 2 | 1 |\n"),
    ({"name": "T", "t": {"a": [1, 2]}}, "### T\n|a|\n|---|\n| 1 |\n| 2 |\n"),
    ({"name": "", "t": [{"a": 1}], "metadata": "m"}, "m\n|a|\n|---|\n| 1 |\n"),
    (
        {"name": "T", "t": [{"a_b": None}], "headerTransform": platform.string_to_table_header},
        "### T\n|A B|\n|---|\n|  |\n",
    ),
    ({"name": "T", "t": [{"a": "x|y`z\nn"}]}, "### T\n|a|\n|---|\n| x\\|y\\`z<br>n |\n"),
    ({"name": "T", "t": [{"a": ["x", "y"]}]}, "### T\n|a|\n|---|\n| x,<br>y |\n"),
    ({"name": "T", "t": [{"a": {"k": 1, "l": [2]}}]}, "### T\n|a|\n|---|\n| k: 1<br>l: 2 |\n"),
    ({"name": "T", "t": [{"a": 1, "b": ""}], "headers": ["b", "a"], "removeNull": True}, "### T\n|a|\n|---|\n| 1 |\n"),
    ({"name": "T", "t": [{"a": ""}], "removeNull": True}, "### T\n**No entries.**\n"),
    (
        {"name": "T", "t": [{"u": "https://a.example"}], "url_keys": ["u"]},
        "### T\n|u|\n|---|\n| [https://a.example](https://a.example) |\n",
    ),
    ({"name": "T", "t": ["x"], "headers": "h"}, "### T\n|h|\n|---|\n| x |\n"),
    (
        {"name": "T", "t": [{"a": {"k": {"m": 1}}}], "is_auto_json_transform": True},
        "### T\n|a|\n|---|\n| **k**:<br>\t***m***: 1 |\n",
    ),
    ({"name": "T", "t": [{"b": 1, "a": 2}], "sort_headers": False}, "### T\n|b|a|\n|---|---|\n| 1 | 2 |\n"),
]


@pytest.mark.parametrize(("given", "table"), TABLES)
def test_table_is_drawn(given: dict[str, Any], table: str) -> None:
    assert platform.tableToMarkdown(**given) == table


def test_table_of_plain_values_needs_a_header() -> None:
    with pytest.raises(Exception, match="Missing headers"):
        platform.tableToMarkdown("T", ["x"])


def test_date_fields_are_milliseconds() -> None:
    table = platform.tableToMarkdown("T", [{"a": 0, "b": "x"}], date_fields=["a", "b"])

    assert datetime.fromtimestamp(0).strftime("%Y-%m-%d %H:%M:%S") in table


@pytest.mark.parametrize(
    ("arg", "values"),
    [
        (None, []),
        ("", []),
        ("a, b", ["a", "b"]),
        (["a"], ["a"]),
        ('["a", 1]', ["a", 1]),
        ("[a]", ["[a]"]),
        ("[]", []),
        (7, [7]),
    ],
)
def test_list_argument(arg: Any, values: list[Any]) -> None:
    assert platform.argToList(arg) == values


def test_list_argument_may_be_transformed() -> None:
    assert platform.argToList("1,2", transform=int) == [1, 2]


@pytest.mark.parametrize(("arg", "value"), [("yes", True), ("No", False), (True, True), ("TRUE", True)])
def test_boolean_argument(arg: Any, value: bool) -> None:
    assert platform.argToBoolean(arg) is value


@pytest.mark.parametrize("arg", ["maybe", None, 1])
def test_bad_boolean_argument(arg: Any) -> None:
    with pytest.raises(ValueError, match="Argument"):
        platform.argToBoolean(arg)


@pytest.mark.parametrize(("arg", "value"), [("5", 5), ("-5", -5), ("5.9", 5), (7, 7), ("", None), (None, None)])
def test_number_argument(arg: Any, value: int | None) -> None:
    assert platform.arg_to_number(arg) == value


@pytest.mark.parametrize(
    ("arg", "required", "text"),
    [("x", False, 'Invalid number: "limit"="x"'), (None, True, 'Missing "limit"'), (2.5, False, "Invalid number")],
)
def test_bad_number_argument(arg: Any, required: bool, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        platform.arg_to_number(arg, "limit", required)


@pytest.mark.parametrize("arg", ["1772359200", 1772359200, "1772359200000", "2026-03-01T10:00:00Z"])
def test_date_argument(arg: Any) -> None:
    moment = platform.arg_to_datetime(arg)

    assert moment is not None
    assert moment.timestamp() == datetime(2026, 3, 1, 10, tzinfo=timezone.utc).timestamp()


def test_bad_date_argument() -> None:
    with pytest.raises(ValueError, match='Invalid date: "since"="qwertz"'):
        platform.arg_to_datetime("qwertz", "since")


def test_empty_parts_are_removed_but_empty_texts_stay() -> None:
    assert platform.remove_empty_elements({"a": None, "b": [], "c": {"d": {}}, "e": "", "f": 0}) == {"e": "", "f": 0}


def test_params_without_values_are_left_out() -> None:
    assert platform.assign_params(a=1, b=None, c="", d=0, e=False) == {"a": 1, "d": 0, "e": False}


@pytest.mark.parametrize(("version", "result"), [("5.5.0", True), ("5.10.0", False), ("5.4.9", True), ("6.0.0", False)])
def test_versions_are_compared_as_numbers(version: str, result: bool) -> None:
    assert platform.is_demisto_version_ge(version) is result


def test_polling_function_schedules_until_it_is_done() -> None:
    @platform.polling_function("go", interval=20, timeout=90, requires_polling_arg=False)
    def step(args: dict[str, Any]) -> Any:
        return platform.PollResult(platform.CommandResults(readable_output="done"), args["left"] > 0, {"left": 0})

    first = step({"left": 1}).to_context()
    assert (first["HumanReadable"], first["NextRun"], first["Timeout"]) == ("Fetching Results:", "20", "90")
    assert first["PollingArgs"] == {"left": 0, "hide_polling_output": True}
    assert step(first["PollingArgs"]).readable_output == "done"


def test_polling_function_without_its_argument_gives_the_response() -> None:
    @platform.polling_function("go")
    def step(args: dict[str, Any]) -> Any:
        return platform.PollResult("now", continue_to_poll=True)

    assert step({}) == "now"


def test_logger_masks_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demistomock, "params", lambda: {"credentials": {"identifier": "me", "password": "hunter2"}})

    assert platform.IntegrationLogger()("the key hunter2 is wrong") == "the key <XX_REPLACED> is wrong"


def test_look_back_state_of_an_empty_cycle_moves_to_now() -> None:
    state = platform.update_last_run_object({}, [], 10, "2026-01-01T00:00:00", "2026-01-01T00:01:00", 0, "at", "id")

    assert state == {"time": "2026-01-01T00:01:00", "limit": 10, "found_incident_ids": {}}


def test_look_back_state_takes_the_newest_item() -> None:
    items = [{"id": "1", "at": "2026-01-01T00:00:30"}, {"id": "2", "at": "2026-01-01T00:00:10"}]
    state = platform.update_last_run_object({}, items, 10, "2026-01-01T00:00:00", "x", 5, "at", "id")

    assert (state["time"], state["limit"], sorted(state["found_incident_ids"])) == (
        "2026-01-01T00:00:30",
        12,
        ["1", "2"],
    )


def test_widgets_are_drawn_as_json() -> None:
    bars = platform.BarColumnPieWidget()
    bars.add_category("open", 3)
    lines = platform.LineWidget()
    lines.add_category("mon", 1, "a")
    lines.add_category("mon", 2, "b")

    assert json.loads(bars.to_display()) == [{"name": "open", "data": [3]}]
    assert json.loads(lines.to_display())[0]["data"] == [3]
    assert json.loads(platform.TableOrListWidget({"a": 1}).to_display()) == {"total": 1, "data": [{"a": 1}]}


def test_relationship_knows_its_reverse() -> None:
    entry = platform.EntityRelationship(
        "uses", "a", "Malware", "b", "IP", source_reliability="B - Usually reliable"
    ).to_entry()

    assert (entry["reverseName"], entry["reliability"]) == ("used-by", "B - Usually reliable")


@pytest.mark.skipif("XSOAR_PLATFORM" in os.environ, reason="the platform's own mock remembers nothing")
def test_mock_remembers_only_the_integration_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demistomock.STATE, "context", {})

    demistomock.setIntegrationContext({"a": 1})
    demistomock.setLastRun({"b": 2})

    assert demistomock.getIntegrationContext() == {"a": 1}
    assert demistomock.getLastRun() == {"lastRun": "2018-10-24T14:13:20+00:00"}
