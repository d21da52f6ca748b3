"""What is measured over events: a value for each stretch of time, and the most frequent values of a field."""

import statistics
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from lab.sekoia.events.model import Event
from lab.sekoia.instants import iso_short

Measure = Callable[[list[Any], int], float | int | None]


def single_values(value: Any) -> list[Any]:
    """The single values in a field's value; nothing in none."""
    if isinstance(value, list):
        return [one for item in value for one in single_values(item)]
    return [] if value is None else [value]


def _numbers(values: Iterable[Any]) -> list[float]:
    return [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]


def _of_numbers(measure: Callable[[list[float]], float]) -> Measure:
    def measured(values: list[Any], events: int) -> float | None:
        numbers = _numbers(values)
        return measure(numbers) if numbers else None

    return measured


MEASURES: dict[str, Measure] = {
    "count": lambda values, events: events,
    "cardinality": lambda values, events: len({str(value) for value in values}),
    "avg": _of_numbers(statistics.fmean),
    "max": _of_numbers(max),
    "min": _of_numbers(min),
    "sum": _of_numbers(sum),
}


def buckets(
    events: Iterable[Event], aggregation: str, field: str | None, start: float, end: float, width: float, now: float
) -> list[dict[str, Any]]:
    """One value for each stretch from start to end, also where nothing happened."""
    count = max(1, int(-((start - end) // width)))
    held: list[list[dict[str, Any]]] = [[] for _ in range(count)]
    for event in events:
        held[min(count - 1, int((event.at - start) // width))].append(event.fields(now))
    measure = MEASURES[aggregation]
    return [
        {
            "datetime": iso_short(start + number * width),
            "value": measure([one for fields in rows for one in single_values(fields.get(field or ""))], len(rows)),
            "anomaly": False,
            "prediction": None,
        }
        for number, rows in enumerate(held)
    ]


def most_frequent(events: Iterable[Event], field: str, k: int, now: float) -> dict[str, Any]:
    """The k most frequent values of the field; `others` counts the rest."""
    counted: Counter[str] = Counter()
    for event in events:
        counted.update({str(value) for value in single_values(event.fields(now).get(field))})
    top = counted.most_common(k)
    shown = [{"key": key, "count": count} for key, count in top]
    return {"others": counted.total() - sum(count for _, count in top), "topk": shown}
