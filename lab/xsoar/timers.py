"""Timer fields: an SLA that runs, stops and is late, as the platform's `startTimer` and `stopTimer` keep it."""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from lab.xsoar.errors import BadFieldValue
from lab.xsoar.jobs import iso

if TYPE_CHECKING:
    from lab.xsoar.host import Host

Timer = dict[str, Any]
IDLE, RUNNING, ENDED = "idle", "running", "ended"


def seconds_of(moment: str) -> float:
    """Epoch seconds of an ISO 8601 text."""
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone(timezone.utc).timestamp()


def started(timer: Mapping[str, Any], now: float, minutes: int) -> Timer:
    """The timer running; one that runs already goes on as it is."""
    if timer.get("runStatus") == RUNNING:
        return dict(timer)
    due = iso(now + 60 * minutes) if minutes else None
    return {"runStatus": RUNNING, "startDate": iso(now), "dueDate": due, "sla": minutes, "totalDuration": 0}


def stopped(timer: Mapping[str, Any], now: float) -> Timer:
    """The timer at its end; one that does not run stays as it is."""
    if timer.get("runStatus") != RUNNING:
        return dict(timer)
    took = round(now - seconds_of(str(timer["startDate"])))
    late = bool(timer.get("dueDate")) and now > seconds_of(str(timer["dueDate"]))
    return {**timer, "runStatus": ENDED, "endDate": iso(now), "totalDuration": took, "breachTriggered": late}


def _changed(host: "Host", room: str, args: Mapping[str, Any], act: str) -> dict[str, Any]:
    field = host.catalogue.by_name(str(args.get("timerField") or ""))
    if field.kind != "timer":
        raise BadFieldValue(f"field {field.name!r} ({field.kind}) is no timer")
    timer = host.incidents.get(room).fields[field.name] or {}
    now = host.clock.time()
    fresh = started(timer, now, field.minutes) if act == "start" else stopped(timer, now)
    host.incidents.change(room, {field.name: fresh})
    return {"Contents": "done"}


def start_timer(host: "Host", room: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """Starts the timer field of the incident that `timerField` names."""
    return _changed(host, room, args, "start")


def stop_timer(host: "Host", room: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """Stops it."""
    return _changed(host, room, args, "stop")
