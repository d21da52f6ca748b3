"""Modules as a run sees them when the host's clock rules: `time`, `datetime` and `dateparser`."""

import datetime as real_datetime
import importlib
import time as real_time
from types import ModuleType
from typing import Any

from lab.clock import TimeSource


def time_view(clock: TimeSource) -> ModuleType:
    """The `time` module with now and sleep taken from the clock; all else passes through."""
    view = ModuleType("time")
    vars(view).update(vars(real_time))

    def gmtime(seconds: float | None = None) -> real_time.struct_time:
        return real_time.gmtime(clock.time() if seconds is None else seconds)

    def localtime(seconds: float | None = None) -> real_time.struct_time:
        return real_time.localtime(clock.time() if seconds is None else seconds)

    def strftime(layout: str, moment: Any = None) -> str:
        return real_time.strftime(layout, localtime() if moment is None else moment)

    vars(view).update(
        time=clock.time,
        time_ns=lambda: int(clock.time() * 1e9),
        monotonic=clock.monotonic,
        monotonic_ns=lambda: int(clock.monotonic() * 1e9),
        perf_counter=clock.monotonic,
        perf_counter_ns=lambda: int(clock.monotonic() * 1e9),
        sleep=clock.sleep,
        gmtime=gmtime,
        localtime=localtime,
        strftime=strftime,
        ctime=lambda seconds=None: real_time.ctime(clock.time() if seconds is None else seconds),
    )
    return view


def datetime_view(clock: TimeSource) -> ModuleType:
    """The `datetime` module whose `now`, `utcnow` and `today` follow the clock; real values still pass isinstance."""
    real: Any = real_datetime.datetime

    class Reading(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, real)

        def __subclasscheck__(cls, kind: type) -> bool:
            return issubclass(kind, real)

    class ClockDatetime(real, metaclass=Reading):  # type: ignore[misc]
        @classmethod
        def now(cls, tz: real_datetime.tzinfo | None = None) -> Any:
            return cls.fromtimestamp(clock.time(), tz)

        @classmethod
        def utcnow(cls) -> Any:
            return cls.fromtimestamp(clock.time(), real_datetime.timezone.utc).replace(tzinfo=None)

        @classmethod
        def today(cls) -> Any:
            return cls.now()

    ClockDatetime.__name__ = ClockDatetime.__qualname__ = "datetime"
    view = ModuleType("datetime")
    vars(view).update(vars(real_datetime))
    vars(view)["datetime"] = ClockDatetime
    return view


def dateparser_view(clock: TimeSource) -> ModuleType:
    """`dateparser` whose relative expressions ("7 days") count from the clock."""
    real = importlib.import_module("dateparser")
    view = ModuleType("dateparser")
    vars(view).update(vars(real))

    def parse(date_string: str, *args: Any, settings: dict[str, Any] | None = None, **kwargs: Any) -> Any:
        base = real_datetime.datetime.fromtimestamp(clock.time(), real_datetime.timezone.utc).replace(tzinfo=None)
        return real.parse(date_string, *args, settings={"RELATIVE_BASE": base, **(settings or {})}, **kwargs)

    vars(view)["parse"] = parse
    return view
