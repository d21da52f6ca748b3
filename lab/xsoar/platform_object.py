"""The object that a run knows as `demisto`: every call the platform offers, each one seen by the hooks."""

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from lab.xsoar.errors import HostError, UnknownPlatformCall
from lab.xsoar.store import InstanceState

P = ParamSpec("P")
R = TypeVar("R")

VERSION = {"version": "6.12.0", "buildNumber": "1000000", "platform": "xsoar"}
TEST_COMMAND, FETCH_COMMAND = "test-module", "fetch-incidents"


@dataclass
class Hooks:
    """Where a test looks into a run; raising `Killed` in it is the death of the host at that point."""

    before_platform_call: Callable[[str], None] | None = None

    def tell(self, name: str) -> None:
        """Name of a `demisto` call, or "commit:before" / "commit:after"."""
        if self.before_platform_call is not None:
            self.before_platform_call(name)


@dataclass(frozen=True)
class LogLine:
    """One line of the server's log; `level` is debug, info or error."""

    level: str
    text: str


@dataclass
class Effects:
    """What a run did; nothing of it is in the store before the run's end, except what the platform writes at once."""

    calls: list[str] = field(default_factory=list)
    log: list[LogLine] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    incidents: list[Any] | None = None
    incident_calls: int = 0
    last_run: str | None = None
    health: list[tuple[Any, bool]] = field(default_factory=list)
    over: bool = False


@dataclass(frozen=True)
class Order:
    """What one run is asked to do."""

    command: str
    args: Mapping[str, Any]
    params: Mapping[str, Any]
    brand: str
    instance: str
    incident: Mapping[str, Any]
    context: Mapping[str, Any]
    investigation: str = ""
    samples: bool = False
    parent_entry: Mapping[str, Any] | None = None
    is_debug: bool = False


Self = TypeVar("Self", bound="PlatformObject")


def told(method: Callable[Concatenate[Self, P], R]) -> Callable[Concatenate[Self, P], R]:
    """Make a method a platform call: seen by the hooks, listed, and without effect once the run is over."""
    name = method.__name__

    @wraps(method)
    def call(self: Self, *args: P.args, **kwargs: P.kwargs) -> R:
        if self._effects.over:
            raise UnknownPlatformCall("platform call", name, "made after the run was over")
        self._effects.calls.append(name)
        self._hooks.tell(name)
        return method(self, *args, **kwargs)

    return cast(Callable[Concatenate[Self, P], R], call)


def as_wire(value: Any, what: str) -> str:
    """JSON text, since the platform's calls cross a wire; a value that is no JSON raises TypeError naming the call."""
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TypeError(f"demisto.{what}: the value is no JSON: {error}") from error


class PlatformObject:
    """`demisto` for one run of one integration command (names are the platform's)."""

    def __init__(
        self,
        order: Order,
        state: InstanceState,
        effects: Effects,
        hooks: Hooks,
        file_path: Callable[[str], dict[str, str]],
    ) -> None:
        self._order = order
        self._state = state
        self._effects = effects
        self._hooks = hooks
        self._file_path = file_path
        self.is_debug = order.is_debug
        parent = dict(order.parent_entry or {})
        self.callingContext: dict[str, Any] = {
            "command": order.command,
            "arguments": dict(order.args),
            "args": dict(order.args),
            "params": json.loads(json.dumps(order.params)),
            "integration": True,
            "context": {
                "IntegrationBrand": order.brand,
                "IntegrationInstance": order.instance,
                "ExecutedCommands": [{"moduleBrand": order.brand, "name": order.command}],
                "ScriptName": "",
                "ParentEntry": parent,
                "Incidents": [order.incident] if order.incident else None,
            },
        }

    def __getattr__(self, name: str) -> Any:
        raise UnknownPlatformCall("attribute of demisto", name, f"command {self.__dict__['_order'].command}")

    @told
    def params(self) -> Any:
        return self.callingContext["params"]

    @told
    def args(self) -> Any:
        return self.callingContext["args"]

    @told
    def command(self) -> str:
        return self._order.command

    @told
    def getParam(self, param: str) -> Any:
        return self.callingContext["params"].get(param)

    @told
    def getArg(self, arg: str) -> Any:
        return self.callingContext["args"].get(arg)

    @told
    def integrationInstance(self) -> str:
        return self._order.instance

    @told
    def getLastRun(self) -> dict[str, Any]:
        return {} if self._order.samples or self._order.command != FETCH_COMMAND else self._state.last_run

    @told
    def setLastRun(self, obj: Any) -> None:
        text = as_wire(obj, "setLastRun")
        if self._order.command == FETCH_COMMAND:
            self._effects.last_run = text

    @told
    def incidents(self, incidents: Iterable[Any] | None = None) -> Any:
        if incidents is None:
            return [dict(self._order.incident)] if self._order.incident else []
        self._effects.incident_calls += 1
        self._effects.incidents = (self._effects.incidents or []) + json.loads(as_wire(incidents, "incidents"))
        return None

    @told
    def incident(self) -> dict[str, Any]:
        return dict(self._order.incident)

    @told
    def context(self) -> Any:
        return json.loads(json.dumps(self._order.context))

    @told
    def investigation(self) -> dict[str, Any]:
        return {"id": self._order.investigation}

    @told
    def results(self, results: Any) -> None:
        values = json.loads(as_wire(results, "results"))
        self._effects.results.extend(values if isinstance(values, list) else [values])

    @told
    def getIntegrationContext(self) -> dict[str, Any]:
        self._refuse_in_test("getIntegrationContext")
        return self._state.context

    @told
    def setIntegrationContext(self, context: dict[str, Any]) -> None:
        self._refuse_in_test("setIntegrationContext")
        self._keep_context(context, -1)

    @told
    def getIntegrationContextVersioned(self, refresh: bool = False) -> dict[str, Any]:
        self._refuse_in_test("getIntegrationContextVersioned")
        return {"context": self._state.context, "version": self._state.context_version}

    @told
    def setIntegrationContextVersioned(self, context: dict[str, Any], version: int = -1, sync: bool = False) -> None:
        self._refuse_in_test("setIntegrationContextVersioned")
        self._keep_context(context, version)

    def _keep_context(self, context: Any, version: int) -> None:
        if not isinstance(context, dict):
            raise TypeError(f"the integration context is an object, not {type(context).__name__}")
        if version != -1 and version != self._state.context_version:
            raise ValueError(f"DB Version {self._state.context_version} is newer than {version}")
        self._state.keep_context_text(as_wire(context, "setIntegrationContext"))

    def _refuse_in_test(self, name: str) -> None:
        if self._order.command == TEST_COMMAND:
            raise HostError(f"demisto.{name} is not available in {TEST_COMMAND}")

    @told
    def getLastMirrorRun(self) -> dict[str, Any]:
        return self._state.last_mirror_run

    @told
    def setLastMirrorRun(self, obj: dict[str, Any]) -> None:
        self._state.keep_last_mirror_run(as_wire(obj, "setLastMirrorRun"))

    def debug(self, msg: Any, *args: Any) -> None:
        self._log("debug", msg, args)

    def info(self, msg: Any, *args: Any) -> None:
        self._log("info", msg, args)

    def error(self, msg: Any, *args: Any) -> None:
        self._log("error", msg, args)

    def log(self, msg: Any) -> None:
        self._log("info", msg, ())

    def _log(self, level: str, msg: Any, args: tuple[Any, ...]) -> None:
        if not self._effects.over:
            self._hooks.tell(level)
            self._effects.log.append(LogLine(level, " ".join(str(part) for part in (msg, *args))))

    @told
    def updateModuleHealth(self, data: Any, is_error: bool = False) -> None:
        self._effects.health.append((json.loads(as_wire(data, "updateModuleHealth")), is_error))

    @told
    def demistoVersion(self) -> dict[str, str]:
        return dict(VERSION)

    @told
    def demistoUrls(self) -> dict[str, str]:
        server, number = "https://xsoar.example", self._order.investigation
        pages = {
            "warRoom": "WarRoom",
            "workPlan": "WorkPlan",
            "investigation": "Details",
            "evidenceBoard": "EvidenceBoard",
        }
        return {"server": server, **{key: f"{server}/#/{page}/{number}" for key, page in pages.items()}}

    @told
    def getLicenseID(self) -> str:
        return "00000000-0000-0000-0000-000000000000"

    @told
    def parentEntry(self) -> dict[str, Any]:
        return dict(self._order.parent_entry or {})

    @told
    def uniqueFile(self) -> str:
        return str(uuid.uuid4())

    @told
    def getFilePath(self, id: str) -> dict[str, str]:
        return self._file_path(id)

    @staticmethod
    def get(obj: Any, field: str, defaultParam: Any = None) -> Any:
        for part in field.split("."):
            if not obj or part not in obj:
                return defaultParam
            obj = obj[part]
        return obj

    @classmethod
    def gets(cls, obj: Any, field: str) -> str:
        return str(cls.get(obj, field))


@dataclass
class RunFolder:
    """The working directory of a run, made only when a file is written or asked for."""

    make: Callable[[], Path]
    path: Path | None = None

    def __call__(self) -> Path:
        """The folder's path."""
        if self.path is None:
            self.path = self.make()
        return self.path
