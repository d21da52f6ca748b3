"""The stand-ins against the platform's own files, where a machine has them: same signatures, same results.

`XSOAR_PLATFORM=<folder>` names a folder with the real CommonServerPython.py and demistomock.py (`make platform` brings
them where GitHub can be reached). Without it these comparisons are skipped, and say so.
"""

import ast
import importlib.util
import inspect
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parent.parent.parent
STAND_IN = ROOT / "lab/xsoar/platform"
REAL = Path(os.environ["XSOAR_PLATFORM"]) if os.environ.get("XSOAR_PLATFORM") else None
pytestmark = pytest.mark.skipif(REAL is None, reason="XSOAR_PLATFORM names no folder with the platform's own files")


def loaded(folder: Path, name: str) -> ModuleType:
    """A platform file as a module of its own, beside the one that the tests import."""
    spec = importlib.util.spec_from_file_location(f"{folder.name}_{name}", folder / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    if str(folder) not in sys.path:
        sys.path.append(str(folder))  # for what lies beside the file
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the real file uses what newer Pythons warn of
        spec.loader.exec_module(module)
    return module


OURS = loaded(STAND_IN, "CommonServerPython") if REAL else ModuleType("absent")
THEIRS = loaded(REAL, "CommonServerPython") if REAL else ModuleType("absent")
OUR_MOCK = loaded(STAND_IN, "demistomock") if REAL else ModuleType("absent")
THEIR_MOCK = loaded(REAL, "demistomock") if REAL else ModuleType("absent")


def shipped() -> list[ast.AST]:
    """Every node of the code that ships."""
    files = [path for path in (ROOT / "Packs").rglob("*.py") if not path.name.endswith("_test.py")]
    return [node for path in files for node in ast.walk(ast.parse(path.read_text("utf-8")))]


def used_names() -> list[str]:
    """What the pack takes from CommonServerPython."""
    tree = ast.parse((STAND_IN / "CommonServerPython.py").read_text("utf-8"))
    known = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    return sorted({node.id for node in shipped() if isinstance(node, ast.Name)} & known)


def used_calls() -> list[str]:
    """What the pack calls of `demisto`."""
    attributes = [node for node in shipped() if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    return sorted({node.attr for node in attributes if ast.unparse(node.value) == "demisto"})


def shape(thing: Any) -> list[tuple[str, Any]]:
    """Names and defaults of the parameters."""
    called = thing.__init__ if inspect.isclass(thing) else thing
    return [(name, one.default) for name, one in inspect.signature(called).parameters.items()]


@pytest.mark.parametrize("name", used_names())
def test_what_the_pack_uses_takes_the_same_arguments(name: str) -> None:
    ours, theirs = shape(getattr(OURS, name)), shape(getattr(THEIRS, name))
    assert [one for one in ours if one not in theirs] == []


@pytest.mark.parametrize("name", used_calls())
def test_what_the_pack_calls_of_demisto_exists(name: str) -> None:
    if not hasattr(THEIR_MOCK, name):
        pytest.skip(f"demisto.{name} is not in the platform's own mock")
    assert [n for n, _ in shape(getattr(OUR_MOCK, name))] == [n for n, _ in shape(getattr(THEIR_MOCK, name))]


def outcome(call: Callable[..., Any], *args: Any, **said: Any) -> Any:
    """What a call gives, or that it fails."""
    try:
        return call(*args, **said)
    except Exception:
        return "an error"


plain = st.one_of(st.none(), st.booleans(), st.integers(-10, 10), st.text(max_size=8))
json_values = st.recursive(
    plain,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=6,
)
arguments = st.one_of(
    plain,
    st.lists(plain, max_size=3),
    st.sampled_from(["a,b", "a, b", '["a","b"]', "[1,2]", "[", "yes", "No", "TRUE", " true", "0x1", "1.5", "1e3", "٣"]),
)
SAME = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(arguments)
@SAME
def test_lists_are_read_the_same(value: Any) -> None:
    assert outcome(OURS.argToList, value) == outcome(THEIRS.argToList, value)


@given(arguments)
@SAME
def test_yes_and_no_are_read_the_same(value: Any) -> None:
    assert outcome(OURS.argToBoolean, value) == outcome(THEIRS.argToBoolean, value)


@given(arguments)
@SAME
def test_numbers_are_read_the_same(value: Any) -> None:
    assert outcome(OURS.arg_to_number, value) == outcome(THEIRS.arg_to_number, value)


keys = st.one_of(st.none(), st.sampled_from(["id", "uuid", ["id", "name"]]))
texts = st.one_of(st.none(), st.text(max_size=10))
outputs = st.one_of(json_values, st.lists(st.dictionaries(st.sampled_from(["id", "uuid", "name"]), plain), max_size=3))


def entry_of(platform: ModuleType, **said: Any) -> Any:
    return outcome(lambda: platform.CommandResults(**said).to_context())


@given(st.sampled_from([None, "A", "A.B", "A.B.C"]), keys, outputs, texts, json_values, st.booleans())
@example("A", None, [], None, None, False)
@SAME
def test_entries_are_the_same(
    prefix: str | None, key: Any, value: Any, readable: str | None, raw: Any, replace: bool
) -> None:
    said = {"outputs_prefix": prefix, "outputs_key_field": key, "outputs": value, "readable_output": readable}
    said |= {"raw_response": raw, "replace_existing": replace}
    assert entry_of(OURS, **said) == entry_of(THEIRS, **said)


@given(st.lists(st.dictionaries(st.sampled_from(["a", "b_c", "dE"]), plain), max_size=3), st.booleans())
@SAME
def test_tables_are_the_same(rows: list[dict[str, Any]], tidy: bool) -> None:
    ours, theirs = (outcome(one.tableToMarkdown, "t", rows, removeNull=tidy) for one in (OURS, THEIRS))
    assert ours == theirs


@given(json_values)
@SAME
def test_empty_parts_are_removed_the_same(value: Any) -> None:
    assert outcome(OURS.remove_empty_elements, value) == outcome(THEIRS.remove_empty_elements, value)


@given(st.integers(1, 60), st.dictionaries(st.text(max_size=3), plain, max_size=2), st.integers(0, 900))
@SAME
def test_scheduled_commands_ask_for_the_same(interval: int, args: dict[str, Any], timeout: int) -> None:
    said = {"command": "x", "next_run_in_seconds": interval, "args": args, "timeout_in_seconds": timeout}
    made = [outcome(lambda one=one: one.ScheduledCommand(**said).to_results()) for one in (OURS, THEIRS)]
    assert made[0] == made[1]


results = st.one_of(
    st.none(),
    st.text(max_size=5),
    st.lists(st.fixed_dictionaries({"Type": st.sampled_from([1, 4]), "Contents": texts}), max_size=3),
)


@given(results)
@SAME
def test_errors_of_commands_are_seen_the_same(value: Any) -> None:
    assert outcome(OURS.is_error, value) == outcome(THEIRS.is_error, value)
    assert outcome(OURS.get_error, value) == outcome(THEIRS.get_error, value)


def test_stand_in_offers_no_name_that_the_platform_lacks() -> None:
    """In a run everything that CommonServerPython defines or imports is there for the pack to lean on."""
    assert [name for name in vars(OURS) if not name.startswith("_") and not hasattr(THEIRS, name)] == []
