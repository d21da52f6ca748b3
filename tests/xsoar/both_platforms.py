"""The stand-ins and the platform's own files side by side, where a machine has the latter.

`XSOAR_PLATFORM=<folder>` names a folder with the real CommonServerPython.py and demistomock.py (`make platform` brings
them where GitHub can be reached). Both speak with the one `demistomock` of the tests, so what they ask of it compares.
"""

import ast
import builtins
import importlib.util
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import demistomock
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parent.parent.parent
STAND_IN = ROOT / "lab/xsoar/platform"
REAL = Path(os.environ["XSOAR_PLATFORM"]) if os.environ.get("XSOAR_PLATFORM") else None
NEEDS_REAL = pytest.mark.skipif(REAL is None, reason="XSOAR_PLATFORM names no folder with the platform's own files")
LOGS = ("debug", "info", "error")
LOOKED_UP = {*LOGS, "demistoVersion", "command"}  # how often these are asked is no matter
SAME = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


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


def shipped() -> list[ast.Module]:
    """Every file of code that ships: the integration, the scripts (those of widgets too) and the shared modules."""
    files = [path for path in (ROOT / "Packs").rglob("*.py") if not path.name.endswith("_test.py")]
    return [ast.parse(path.read_text("utf-8")) for path in files]


def own_names(tree: ast.Module) -> set[str]:
    """What a file defines, imports or assigns itself."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def used_names() -> list[str]:
    """What the pack takes from CommonServerPython, wherever that has it from."""
    offered = {name for name in {**vars(OURS), **vars(THEIRS)} if not hasattr(builtins, name)}
    found: set[str] = set()
    for tree in shipped():
        read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        found |= (read & offered) - own_names(tree)
    return sorted(found)


def used_attributes(name: str) -> list[str]:
    """What the pack reads of a name: `EntryType.NOTE`."""
    nodes = [node for tree in shipped() for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return sorted({node.attr for node in nodes if isinstance(node.value, ast.Name) and node.value.id == name})


def told(error: BaseException) -> Any:
    """What a failure is and says; of the interpreter's own complaints nothing, since they name what lies inside."""
    mistakes = (TypeError, AttributeError, KeyError, IndexError)
    return "a mistake" if isinstance(error, mistakes) else (type(error).__name__, str(error))


def outcome(call: Callable[..., Any], *args: Any, **said: Any) -> Any:
    """What a call gives, or how it fails; SystemExit is an outcome too."""
    try:
        return call(*args, **said)
    except (Exception, SystemExit) as error:
        return told(error)


def both(call: Callable[[ModuleType], Any]) -> list[Any]:
    """The outcomes of a call with the stand-in and with the real file."""
    return [outcome(call, platform) for platform in (OURS, THEIRS)]


class Server:
    """What the platform's code sees of the server: answers that a test chose, and a record of what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = {**dict.fromkeys(LOGS), **answers}
        self.asked: list[Any] = []

    def says(self, name: str) -> Callable[..., Any]:
        """A function of `demisto`; an answer that is an exception is raised."""

        def call(*args: Any, **said: Any) -> Any:
            if name not in LOOKED_UP:
                self.asked.append((name, args, said))
            answer = self.answers[name]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """In this block `demisto` is this server."""
    with ExitStack() as patches:
        for name in server.answers:  # `create`, since the real mock lacks what is newer
            patches.enter_context(mock.patch.object(demistomock, name, server.says(name), create=True))
        THEIRS.get_demisto_version._version = None  # it looks the version up once a run
        yield server


def on_both(answers: Callable[[], dict[str, Any]], call: Callable[[ModuleType], Any]) -> tuple[Any, Any]:
    """(outcome, what the server was asked) of a call with the stand-in and with the real file."""
    seen = []
    for platform in (OURS, THEIRS):
        with serving(Server(**answers())) as server:
            seen.append((outcome(call, platform), server.asked))
    return seen[0], seen[1]


plain = st.one_of(st.none(), st.booleans(), st.integers(-10, 10), st.text(max_size=8))
json_values = st.recursive(
    plain,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=6,
)
objects = st.dictionaries(st.text(max_size=5), json_values, max_size=3)
versions = st.sampled_from(["5.5.0", "6.0.0", "6.5.0", "6.6.0", "6.8.0", "6.10.0", "8.0.0", "8.7.0"]).map(
    lambda version: {"version": version, "buildNumber": "12345"}
)
