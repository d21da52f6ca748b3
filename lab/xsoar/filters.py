"""Filters of classifiers and mappers: one predicate per operator, in a table."""

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from lab.xsoar.errors import UnknownName

Predicate = Callable[[Any, Any], bool]


def as_text(value: Any) -> str:
    """A value as the platform shows it: booleans in lower case, whole numbers without a point, None as ''."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def as_number(value: Any) -> float:
    """A number or numeric text as float; raises ValueError otherwise."""
    return float(as_text(value))


def is_empty(value: Any) -> bool:
    """None, '', [], {} and lists of such are empty."""
    if isinstance(value, list):
        return all(is_empty(each) for each in value)
    return value is None or value == "" or value == {}


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(as_text(value).replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _compare_numbers(test: Callable[[float, float], bool]) -> Predicate:
    def predicate(left: Any, right: Any) -> bool:
        try:
            return test(as_number(left), as_number(right))
        except ValueError:
            return False

    return predicate


def _compare_dates(test: Callable[[datetime, datetime], bool]) -> Predicate:
    def predicate(left: Any, right: Any) -> bool:
        try:
            return test(_moment(left), _moment(right))
        except ValueError:
            return False

    return predicate


def _contains(left: Any, right: Any) -> bool:
    if isinstance(left, list):
        return any(as_text(each) == as_text(right) for each in left)
    return as_text(right) in as_text(left)


def _is_in(left: Any, right: Any) -> bool:
    choices = right if isinstance(right, list) else as_text(right).split(",")
    return as_text(left) in {as_text(each).strip() for each in choices}


def _exactly(value: bool) -> Predicate:
    return lambda left, _: as_text(left) == str(value).lower()


FILTERS: dict[str, Predicate] = {
    "isEqualString": lambda left, right: as_text(left) == as_text(right),
    "isNotEqualString": lambda left, right: as_text(left) != as_text(right),
    "isEqualNumber": _compare_numbers(lambda left, right: left == right),
    "isNotEqualNumber": _compare_numbers(lambda left, right: left != right),
    "greaterThan": _compare_numbers(lambda left, right: left > right),
    "greaterThanOrEqual": _compare_numbers(lambda left, right: left >= right),
    "lessThan": _compare_numbers(lambda left, right: left < right),
    "lessThanOrEqual": _compare_numbers(lambda left, right: left <= right),
    "isBefore": _compare_dates(lambda left, right: left < right),
    "isAfter": _compare_dates(lambda left, right: left > right),
    "isEmpty": lambda left, _: is_empty(left),
    "isNotEmpty": lambda left, _: not is_empty(left),
    "isExists": lambda left, _: left is not None,
    "isNotExists": lambda left, _: left is None,
    "isTrue": _exactly(True),
    "isFalse": _exactly(False),
    "containsString": lambda left, right: as_text(right) in as_text(left),
    "notContainsString": lambda left, right: as_text(right) not in as_text(left),
    "containsGeneral": _contains,
    "notContainsGeneral": lambda left, right: not _contains(left, right),
    "startWith": lambda left, right: as_text(left).startswith(as_text(right)),
    "notStartWith": lambda left, right: not as_text(left).startswith(as_text(right)),
    "endWith": lambda left, right: as_text(left).endswith(as_text(right)),
    "notEndWith": lambda left, right: not as_text(left).endswith(as_text(right)),
    "in": _is_in,
    "notIn": lambda left, right: not _is_in(left, right),
    "inList": _is_in,
    "notInList": lambda left, right: not _is_in(left, right),
}


def passes(operator: str, left: Any, right: Any, ignore_case: bool) -> bool:
    """Whether the filter lets the value through; an operator not in the table raises UnknownName."""
    if operator not in FILTERS:
        raise UnknownName("filter", operator)
    if ignore_case:
        left, right = _lower(left), _lower(right)
    return FILTERS[operator](left, right)


def _lower(value: Any) -> Any:
    if isinstance(value, list):
        return [_lower(each) for each in value]
    return value.lower() if isinstance(value, str) else value
