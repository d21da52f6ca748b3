"""What the stand-in asks of the server, and what it makes of the answer, beside the platform's own file."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.xsoar.both_platforms import NEEDS_REAL, SAME, json_values, objects, on_both, versions

pytestmark = NEEDS_REAL
versioned_answers = st.one_of(
    st.fixed_dictionaries({}, optional={"context": objects, "version": st.integers(0, 9)}), st.just({"context": None})
)


@given(versions, objects, versioned_answers, st.booleans(), st.booleans())
@SAME
def test_the_integration_context_is_read_the_same(
    version: dict[str, str], old: Any, versioned: Any, sync: bool, with_version: bool
) -> None:
    def answers() -> dict[str, Any]:
        return {
            "demistoVersion": version,
            "getIntegrationContext": old,
            "getIntegrationContextversioned_answers": versioned,
        }

    ours, theirs = on_both(answers, lambda it: it.get_integration_context(sync, with_version))
    assert ours == theirs
    ours, theirs = on_both(answers, lambda it: it.get_integration_context_with_version(sync))
    assert ours == theirs


@given(versions, objects, st.booleans(), st.integers(-1, 5), st.sampled_from([None, ValueError("taken")]))
@SAME
def test_the_integration_context_is_written_the_same(
    version: dict[str, str], context: Any, sync: bool, number: int, answer: Any
) -> None:
    answers = {
        "demistoVersion": version,
        "setIntegrationContext": answer,
        "setIntegrationContextversioned_answers": answer,
    }
    ours, theirs = on_both(lambda: answers, lambda it: it.set_integration_context(context, sync, number))
    assert ours == theirs
    ours, theirs = on_both(lambda: answers, lambda it: it.set_integration_context(context, version=number))
    assert ours == theirs


@given(versions, st.one_of(st.none(), objects))
@SAME
def test_the_state_of_mirroring_is_read_the_same(version: dict[str, str], state: Any) -> None:
    answers = {"demistoVersion": version, "getLastMirrorRun": state}
    ours, theirs = on_both(lambda: answers, lambda it: it.get_last_mirror_run())
    assert ours == theirs


@given(versions, objects, st.sampled_from([None, ValueError("refused")]))
@SAME
def test_the_state_of_mirroring_is_written_the_same(version: dict[str, str], state: Any, answer: Any) -> None:
    answers = {"demistoVersion": version, "setLastMirrorRun": answer}
    ours, theirs = on_both(lambda: answers, lambda it: it.set_last_mirror_run(state))
    assert ours == theirs


@given(st.sampled_from(["6.5.0", "6.8.0", "6.10.0", "8.0.0"]), st.sampled_from(["6.8.0", "6.10.0", "8.0.0", "7"]))
@SAME
def test_versions_of_the_server_compare_the_same(here: str, wanted: str) -> None:
    answers = {"demistoVersion": {"version": here, "buildNumber": "7"}}
    ours, theirs = on_both(lambda: answers, lambda it: it.is_demisto_version_ge(wanted))
    assert ours == theirs
    ours, theirs = on_both(lambda: answers, lambda it: it.ExecutionMetrics.is_supported())
    assert ours == theirs


COMMANDS = ("", "sekoia-x", "test-module", "fetch-incidents", "get-modified-remote-data", "get-remote-data")
messages = st.one_of(st.text(max_size=10), st.sampled_from(["x" * 50001, "é" * 60000, "API rate limit"]))
raised = st.sampled_from([None, ValueError("v"), NotImplementedError("n")])


@given(st.sampled_from(COMMANDS), messages, st.sampled_from(["", "e", ValueError("v"), NotImplementedError()]), raised)
@SAME
def test_errors_end_a_run_the_same(command: str, message: str, error: Any, caught: Any) -> None:
    def end(platform: ModuleType) -> Any:
        if caught is None:
            return platform.return_error(message, error)
        try:
            raise caught
        except (ValueError, NotImplementedError):
            return platform.return_error(message, error=error, outputs={"a": 1})

    answers = {"command": command, "results": None}
    ours, theirs = on_both(lambda: answers, end)
    assert ours == theirs


entries = st.fixed_dictionaries(
    {"Type": st.sampled_from([1, 4, 16]), "Contents": st.one_of(st.text(max_size=5), json_values)}
)


@given(objects, st.lists(entries, max_size=3), st.booleans(), st.booleans())
@SAME
def test_commands_of_scripts_run_the_same(args: Any, answer: list[Any], extract: bool, fail: bool) -> None:
    answers = {"executeCommand": answer}
    ours, theirs = on_both(lambda: answers, lambda it: it.execute_command("x", args, extract, fail))
    assert ours == theirs


def made(platform: ModuleType, kind: str, value: Any) -> Any:
    """A result of a kind."""
    table = platform.TableOrListWidget([{"a": 1}])
    kinds: dict[str, Callable[[], Any]] = {
        "plain": lambda: value,
        "entry": lambda: {"Type": 1, "Contents": value},
        "metrics entry": lambda: {"Type": 19, "Contents": value},
        "text": lambda: "done",
        "result": lambda: platform.CommandResults(readable_output="r", raw_response=value),
        "metrics": lambda: platform.ExecutionMetrics(success=2).metrics,
        "widget": lambda: table,
        "ids": lambda: platform.GetModifiedRemoteDataResponse([value]),
        "remote": lambda: platform.GetRemoteDataResponse({"a": value}, [value]),
        "fields": lambda: platform.GetMappingFieldsResponse([platform.SchemeTypeMapping("t", {"a": "b"})]),
    }
    return kinds[kind]()


KINDS = ("plain", "entry", "metrics entry", "text", "result", "metrics", "widget", "ids", "remote", "fields")
CALLING: list[dict[str, Any]] = [
    {},
    {"context": {"ScriptName": "s"}},
    {"context": {"ExecutedCommands": [{"moduleBrand": "Scripts"}]}},
]


@given(st.lists(st.sampled_from(KINDS), max_size=3), st.booleans(), json_values, st.sampled_from(CALLING))
@SAME
def test_results_reach_the_server_the_same(kinds: list[str], alone: bool, value: Any, calling: Any) -> None:
    def give(platform: ModuleType) -> Any:
        found = [made(platform, kind, value) for kind in kinds]
        return platform.return_results(found[0] if alone and found else found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("demistomock.callingContext", calling)
        ours, theirs = on_both(lambda: {"results": None}, give)
    assert ours == theirs


file_names = st.sampled_from(["a.csv", "../a.csv", "a/../../b.csv", "..", "é", None])


@given(file_names, st.one_of(st.text(), st.binary()), st.sampled_from([None, 9, 3]))
@SAME
def test_files_are_handed_over_the_same(name: Any, data: Any, kind: int | None) -> None:
    def give(platform: ModuleType) -> Any:
        entry = platform.fileResult(name, data, kind)
        return entry, Path(f"7_{entry['FileID']}").read_bytes()

    answers = {"uniqueFile": "abc", "investigation": {"id": "7"}}
    ours, theirs = on_both(lambda: answers, give)
    assert ours == theirs


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files land in a folder of the test."""
    monkeypatch.chdir(tmp_path)
