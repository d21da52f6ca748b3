"""What is counted over alerts: buckets of a field, and the mean of the times of the response."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lab.sekoia.alerts.model import Alert

TIMES = ("ingest", "detect", "acknowledge", "respond", "resolve")


def _of(name: str, key: str) -> Callable[[Alert], Any]:
    def value(alert: Alert) -> Any:
        held = getattr(alert, name)
        return held.get(key) if isinstance(held, Mapping) else None

    return value


COUNTED: dict[str, tuple[str, Callable[[Alert], Any]]] = {
    "status": ("Status", lambda alert: alert.status.legacy),
    "urgency": ("Urgency", _of("urgency", "display")),
    "type": ("Type", _of("alert_type", "value")),
    "entity": ("Entity", _of("entity", "name")),
    "rule": ("Rule", _of("rule", "name")),
}
CUSTOM: tuple[str, Callable[[Alert], Any]] = ("Custom status", lambda alert: alert.status.label)


def statistics(alerts: Iterable[Alert], with_custom_status: bool) -> list[dict[str, Any]]:
    """For each counted field its values with their number, the most frequent first."""
    found = list(alerts)
    counted = {**COUNTED, **({"custom_status": CUSTOM} if with_custom_status else {})}
    return [_item(name, label, Counter(map(value, found))) for name, (label, value) in counted.items()]


def _item(name: str, label: str, counts: Counter[Any]) -> dict[str, Any]:
    buckets = [{"key": str(key), "count": count} for key, count in counts.most_common() if key is not None]
    return {"id": name, "label": label, "buckets": buckets, "total": sum(bucket["count"] for bucket in buckets)}


def mean_times(alerts: Iterable[Alert]) -> dict[str, int | None]:
    """The mean of each time, in whole seconds; None where no alert has it."""
    found = list(alerts)
    return {f"mean_time_to_{name}": _mean(alert.times.get(f"time_to_{name}") for alert in found) for name in TIMES}


def _mean(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) // len(known) if known else None
