"""Runs one command in a namespace of its own, as the platform's container does."""

import builtins
import contextlib
import functools
import io
import os
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, ModuleType
from typing import IO, Any

from lab.clock import TimeSource
from lab.xsoar.platform_object import Effects, Hooks, Order, PlatformObject, RunFolder
from lab.xsoar.timeviews import dateparser_view, datetime_view, time_view

# The folder of the platform's sources: our stand-ins, or the real files where a machine has them.
PLATFORM = Path(os.environ.get("XSOAR_PLATFORM") or Path(__file__).parent / "platform")
PLATFORM_SOURCES = ("CommonServerPython.py", "CommonServerUserPython.py")
MOCK = "demistomock"
MAIN_NAME = "__builtin__"
# Makes the `demisto` of a run from its order, its effects, the hooks and what opens a stored file.
Maker = Callable[[Order, Effects, Hooks, Callable[[str], dict[str, str]]], PlatformObject]


@functools.cache
def compiled(source: Path) -> CodeType:
    """A platform source, compiled once per process."""
    return compile(source.read_text(encoding="utf-8"), str(source), "exec")


@functools.cache
def companion(source: Path) -> ModuleType:
    """A module that lies beside the platform's sources and never talks to the server: loaded once per process."""
    module = ModuleType(source.stem)
    names = {**vars(builtins), "__import__": functools.partial(_import_beside, source.parent)}
    vars(module).update(__builtins__=names, __file__=str(source))
    exec(compiled(source), vars(module))
    return module


def _import_beside(folder: Path, name: str, *args: Any, **kwargs: Any) -> Any:
    source = folder / f"{name}.py"
    return companion(source) if source.exists() else builtins.__import__(name, *args, **kwargs)


@dataclass
class Run:
    """A run that has ended: what it was asked, what it did, and how it ended (`error` is None at a normal end)."""

    order: Order
    effects: Effects
    error: str | None
    stdout: str
    trace: str = ""
    files: dict[str, bytes] = field(default_factory=dict)


class Runtime:
    """Executes compiled code against a `demisto` of its own; one per host."""

    def __init__(self, clock: TimeSource, platform: Path | None, hooks: Hooks) -> None:
        folder = platform or PLATFORM
        self._programs = [compiled(folder / name) for name in PLATFORM_SOURCES if (folder / name).exists()]
        told_apart = (MOCK, *(Path(name).stem for name in PLATFORM_SOURCES))
        self._companions = {each.stem: each for each in folder.glob("*.py") if each.stem not in told_apart}
        self._hooks = hooks
        self._clock = clock
        self._views: dict[str, Callable[[TimeSource], ModuleType]] = {
            "time": time_view,
            "datetime": datetime_view,
            "dateparser": dateparser_view,
        }
        self._made: dict[str, ModuleType] = {}

    def run(self, program: CodeType, order: Order, make: Maker, stored_file: Callable[[str], tuple[str, bytes]]) -> Run:
        """One execution; `make` gives its `demisto`. `Killed` passes through; every other end is told in the `Run`."""
        effects = Effects()
        folder = RunFolder(lambda: Path(tempfile.mkdtemp(prefix="xsoar-run-")))
        demisto = make(order, effects, self._hooks, _file_opener(folder, stored_file))
        out = io.StringIO()
        try:
            with contextlib.redirect_stdout(out), own_environment():
                error, trace = self._execute(program, demisto, folder)
            return Run(order, effects, error, out.getvalue(), trace, _written(folder))
        finally:
            effects.over = True
            if folder.path:
                shutil.rmtree(folder.path, ignore_errors=True)

    def _execute(self, program: CodeType, demisto: PlatformObject, folder: RunFolder) -> tuple[str | None, str]:
        namespace = self._namespace(demisto, folder)
        try:
            for source in (*self._programs, program):
                exec(source, namespace)
        except SystemExit as end:
            return (None if end.code in (0, None) else f"the code ended with exit status {end.code}"), ""
        except Exception as error:  # whatever the code raises is the run's error, as on the platform
            return f"{error}" or type(error).__name__, traceback.format_exc()
        return None, ""

    def _namespace(self, demisto: PlatformObject, folder: RunFolder) -> dict[str, Any]:
        names = dict(vars(builtins))
        names["__import__"] = functools.partial(self._import, demisto)
        names["open"] = functools.partial(_open, folder)
        return {"__name__": MAIN_NAME, "__builtins__": names, "demisto": demisto}

    def _import(
        self,
        demisto: PlatformObject,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: tuple[str, ...] = (),
        level: int = 0,
    ) -> Any:
        """The run's own `import`: the mock is this run's object, and clocks are the host's."""
        if name == MOCK:
            return demisto
        if name in self._companions:
            return companion(self._companions[name])
        if name in self._views:
            if name not in self._made:
                self._made[name] = self._views[name](self._clock)
            return self._made[name]
        return builtins.__import__(name, globals, locals, fromlist, level)


@contextlib.contextmanager
def own_environment() -> Iterator[None]:
    """Environment variables as a container of its own would have them: changes do not outlive the run."""
    before = dict(os.environ)
    try:
        yield
    finally:
        if dict(os.environ) != before:
            os.environ.clear()
            os.environ.update(before)


def _open(folder: RunFolder, file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> IO[Any]:
    """`open` with the run's folder as working directory."""
    if isinstance(file, (str, Path)) and not Path(file).is_absolute():
        file = folder() / file
    return open(file, mode, *args, **kwargs)  # noqa: PTH123 (it is the builtin that is replaced)


def _file_opener(folder: RunFolder, stored_file: Callable[[str], tuple[str, bytes]]) -> Callable[[str], dict[str, str]]:
    def file_path(file_id: str) -> dict[str, str]:
        name, content = stored_file(file_id)
        path = folder() / f"given_{file_id.replace('/', '_')}"
        path.write_bytes(content)
        return {"id": file_id, "path": str(path), "name": name}

    return file_path


def _written(folder: RunFolder) -> dict[str, bytes]:
    """What the run left in its folder, by file name."""
    if folder.path is None:
        return {}
    return {each.name: each.read_bytes() for each in folder.path.iterdir() if each.is_file()}
