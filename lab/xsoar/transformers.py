"""Transformers of classifiers and mappers: one function per operator, in a table.

Names and arguments are the platform's. Those in ON_LIST take the value as a whole; the others are applied to each
element of a list. Those in ON_NOTHING also act when there is no value; with the others nothing stays nothing.
One that cannot turn its value raises TransformFailed, and the mapper leaves the field empty.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from dateutil import parser

from lab.xsoar.errors import TransformFailed, UnknownName
from lab.xsoar.filters import as_number, as_text, is_empty

Args = Mapping[str, Any]
Transformer = Callable[[Any, Args], Any]


def _integer(args: Args, name: str, default: int = 0) -> int:
    value = args.get(name)
    return default if value in (None, "") else int(as_number(value))


def _flag(args: Args, name: str, default: bool = False) -> bool:
    value = args.get(name)
    return default if value in (None, "") else as_text(value).lower() == "true"


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def substring(value: Any, args: Args) -> str:
    """Characters `from` to `to` (excluded)."""
    text = as_text(value)
    return text[_integer(args, "from") : _integer(args, "to", len(text))]


def substring_from(value: Any, args: Args) -> str:
    """What follows the first occurrence of `from`; all of the text when it does not occur."""
    text, mark = as_text(value), as_text(args.get("from"))
    return text.partition(mark)[2] if mark and mark in text else text


def substring_to(value: Any, args: Args) -> str:
    """What stands before the first occurrence of `to`."""
    mark = as_text(args.get("to"))
    return as_text(value).partition(mark)[0] if mark else as_text(value)


def replace(value: Any, args: Args) -> str:
    """Every `toReplace` becomes `replaceWith`."""
    return as_text(value).replace(as_text(args.get("toReplace")), as_text(args.get("replaceWith")))


def concat(value: Any, args: Args) -> str:
    """`prefix` + value + `suffix`."""
    return as_text(args.get("prefix")) + as_text(value) + as_text(args.get("suffix"))


def split(value: Any, args: Args) -> list[str]:
    """Parts between `delimiter` (a comma unless told)."""
    return as_text(value).split(as_text(args.get("delimiter")) or ",")


def split_and_trim(value: Any, args: Args) -> list[str]:
    """Parts between `delimiter`, without blanks around them."""
    return [part.strip() for part in split(value, args)]


def join(value: Any, args: Args) -> str:
    """One text of all elements, `separator` between them."""
    return as_text(args.get("separator")).join(as_text(each) for each in _listed(value))


def uniq(value: Any, args: Args) -> list[Any]:
    """Each element once, in the order of first appearance."""
    seen: dict[str, Any] = {}
    for each in _listed(value):
        seen.setdefault(json.dumps(each, sort_keys=True), each)
    return list(seen.values())


def sort(value: Any, args: Args) -> list[Any]:
    """Ascending by text, descending when `descending` is true."""
    return sorted(_listed(value), key=as_text, reverse=_flag(args, "descending"))


def at_index(value: Any, args: Args) -> Any:
    """The element at `index`; a place that does not exist fails."""
    try:
        return _listed(value)[_integer(args, "index")]
    except IndexError as error:
        raise TransformFailed(f"atIndex: {error}") from error


def first(value: Any, args: Args) -> Any:
    """The first element, or the value itself when it is no list."""
    return next(iter(_listed(value)), None)


def last(value: Any, args: Args) -> Any:
    """The last element, or the value itself when it is no list."""
    return next(iter(reversed(_listed(value))), None)


def count(value: Any, args: Args) -> int:
    """Number of elements."""
    return len(_listed(value))


def index_of(value: Any, args: Args) -> int:
    """Place of `item` in the list, -1 when absent."""
    texts = [as_text(each) for each in _listed(value)]
    return texts.index(as_text(args.get("item"))) if as_text(args.get("item")) in texts else -1


def append(value: Any, args: Args) -> list[Any]:
    """The list with `item` at its end."""
    return [*_listed(value), *_listed(args.get("item"))]


def get_field(value: Any, args: Args) -> Any:
    """The value under `field` of an object."""
    return value.get(as_text(args.get("field"))) if isinstance(value, Mapping) else None


def stringify(value: Any, args: Args) -> str:
    """JSON text of an object or list, the text itself otherwise."""
    return json.dumps(value) if isinstance(value, (dict, list)) else as_text(value)


def parse_json(value: Any, args: Args) -> Any:
    """The value a JSON text stands for."""
    return json.loads(as_text(value))


def set_if_empty(value: Any, args: Args) -> Any:
    """`defaultValue` when there is no value, or with `applyIfEmpty` when it is empty ("", "none", "null", [], {})."""
    alone = value[0] if isinstance(value, list) and len(value) == 1 else value
    blank = is_empty(alone) or (isinstance(alone, str) and alone.lower() in ("none", "null"))
    return args.get("defaultValue") if value is None or (_flag(args, "applyIfEmpty") and blank) else value


def _ordered(act: Callable[[Any, Any], bool]) -> Callable[[str, str], bool]:
    """Compare as numbers when both sides are some, else as texts."""

    def test(left: str, right: str) -> bool:
        try:
            return act(float(left), float(right))
        except ValueError:
            return act(left, right)

    return test


CONDITIONS: dict[str, Callable[[str, str], bool]] = {
    "===": lambda left, right: left == right,
    "!==": lambda left, right: left != right,
    "==": _ordered(lambda left, right: left == right),
    "!=": _ordered(lambda left, right: left != right),
    ">=": _ordered(lambda left, right: left >= right),
    "<=": _ordered(lambda left, right: left <= right),
    "=~": lambda left, right: re.search(right, left) is not None,
    ">": _ordered(lambda left, right: left > right),
    "<": _ordered(lambda left, right: left < right),
    " not in list ": lambda left, right: left not in [each.strip() for each in right.split(",")],
    " in list ": lambda left, right: left in [each.strip() for each in right.split(",")],
}
IF_ARGUMENTS = frozenset({"equals", "then", "else", "condition", "lhs", "rhs", "options"})


def if_then_else(value: Any, args: Args) -> Any:
    """`then` when `condition` (of lhs or value, and rhs) holds, else `else`; without one the value is compared."""
    strangers = sorted(name for name, given in args.items() if given not in (None, "") and name not in IF_ARGUMENTS)
    if strangers or as_text(args.get("options")) not in ("", "case_insensitive"):
        raise UnknownName("argument of If-Then-Else", strangers[0] if strangers else as_text(args["options"]))
    condition = as_text(args.get("condition")) or "value==rhs"
    sign = next(sign for sign in CONDITIONS if sign in condition)
    left = as_text(value if condition.startswith("value") else args.get("lhs"))
    right = as_text(args.get("rhs", args.get("equals")))
    if args.get("options"):
        left, right = left.lower(), right.lower()
    return args.get("then") if CONDITIONS[sign](left, right) else args.get("else")


def map_values(value: Any, args: Args) -> Any:
    """`input_values` to `mapped_values`, pairwise; a value that is not listed stays. Lists stay, as in the original."""
    inputs, outputs = as_text(args.get("input_values")).split(","), as_text(args.get("mapped_values")).split(",")
    if len(inputs) != len(outputs):
        raise TransformFailed("MapValuesTransformer: input_values and mapped_values differ in length")
    table = dict(zip(inputs, outputs, strict=True))
    if isinstance(value, (dict, list)):
        return value
    return table.get(str(value), str(value))


def _regex_flags(args: Args) -> int:
    named = {"multi_line": re.MULTILINE, "ignore_case": re.IGNORECASE, "period_matches_newline": re.DOTALL}
    return sum(flag for name, flag in named.items() if _flag(args, name))


def regex_extract_all(value: Any, args: Args) -> list[Any]:
    """Every match of `regex`; its groups where it has some."""
    found: list[Any] = re.findall(as_text(args.get("regex")), as_text(value), _regex_flags(args))
    if not found and _flag(args, "error_if_no_match"):
        raise TransformFailed("RegexExtractAll: no results found")
    matches = [list(each) if isinstance(each, tuple) else each for each in found]
    if _flag(args, "unpack_matches"):
        return [text for each in matches for text in _listed(each) if text]
    return matches


def regex_groups(value: Any, args: Args) -> Any:
    """Groups of the first match: all or those numbered in `groups` (from 0), as a list or under `keys`."""
    letters = {"dotall": re.S, "s": re.S, "multiline": re.M, "m": re.M, "ignorecase": re.I, "i": re.I}
    flags = sum(letters.get(each.strip(), 0) for each in as_text(args.get("flags")).split(",") if each)
    match = re.search(as_text(args.get("regex")), as_text(value), flags)
    groups = list(match.groups()) if match else []
    if args.get("groups"):
        groups = [groups[int(each)] for each in as_text(args["groups"]).split(",")]
    if args.get("keys"):
        return dict(zip(as_text(args["keys"]).split(","), groups, strict=True)) or ""
    return groups or ""


def timestamp_to_date(value: Any, args: Args) -> str:
    """Epoch seconds, or milliseconds when longer than ten digits, as ISO 8601 UTC."""
    seconds = as_number(value)
    seconds = seconds / 1000 if seconds >= 1e11 else seconds
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def date_string_to_iso(value: Any, args: Args) -> str:
    """A date text as ISO 8601: day first unless told, UTC when it has no zone; one that cannot be read stays."""
    try:
        moment: datetime = parser.parse(
            as_text(value),
            dayfirst=_flag(args, "dayfirst", True),
            yearfirst=_flag(args, "yearfirst"),
            fuzzy=_flag(args, "fuzzy", True),
        )
    except parser.ParserError:
        return as_text(value)
    if moment.tzinfo is None and _flag(args, "add_utc_timezone", True):
        moment = moment.replace(tzinfo=timezone.utc)
    return moment.isoformat()


def keys_to_table_format(value: Any, args: Args) -> Any:
    """Rows of a grid: keys in lower case, letters and digits only."""

    def row(each: Any) -> Any:
        if not isinstance(each, Mapping):
            return each
        return {re.sub(r"[^a-z0-9]", "", str(key).lower()): cell for key, cell in each.items()}

    return [row(each) for each in value] if isinstance(value, list) else row(value)


def _number(act: Callable[[float, float], float]) -> Transformer:
    def transformer(value: Any, args: Args) -> float | int:
        result = act(as_number(value), as_number(args.get("by", 0) or 0))
        return int(result) if float(result).is_integer() else result

    return transformer


TRANSFORMERS: dict[str, Transformer] = {
    "substring": substring,
    "substringFrom": substring_from,
    "substringTo": substring_to,
    "replace": replace,
    "toUpperCase": lambda value, args: as_text(value).upper(),
    "toLowerCase": lambda value, args: as_text(value).lower(),
    "trim": lambda value, args: as_text(value).strip(),
    "concat": concat,
    "split": split,
    "splitAndTrim": split_and_trim,
    "join": join,
    "uniq": uniq,
    "sort": sort,
    "atIndex": at_index,
    "count": count,
    "indexOf": index_of,
    "append": append,
    "getField": get_field,
    "toString": stringify,
    "Stringify": stringify,
    "StringifyArray": stringify,
    "ParseJSON": parse_json,
    "FirstArrayElement": first,
    "LastArrayElement": last,
    "SetIfEmpty": set_if_empty,
    "If-Then-Else": if_then_else,
    "MapValuesTransformer": map_values,
    "RegexExtractAll": regex_extract_all,
    "RegexGroups": regex_groups,
    "TimeStampToDate": timestamp_to_date,
    "DateStringToISOFormat": date_string_to_iso,
    "ConvertKeysToTableFieldFormat": keys_to_table_format,
    "addition": _number(lambda value, by: value + by),
    "subtraction": _number(lambda value, by: value - by),
    "multiply": _number(lambda value, by: value * by),
    "division": _number(lambda value, by: value / by),
    "floor": _number(lambda value, by: float(value // 1)),
    "ceil": _number(lambda value, by: float(-(-value // 1))),
}
ON_LIST = frozenset(
    {
        *("join", "uniq", "sort", "atIndex", "count", "indexOf", "append"),
        *("FirstArrayElement", "LastArrayElement", "StringifyArray", "SetIfEmpty"),
        *("ConvertKeysToTableFieldFormat", "MapValuesTransformer"),
    }
)


ON_NOTHING = frozenset({"SetIfEmpty", "If-Then-Else", "count", "append"})


def transform(operator: str, value: Any, args: Args) -> Any:
    """Apply one transformer; UnknownName when it is not in the table, TransformFailed when it cannot."""
    if operator not in TRANSFORMERS:
        raise UnknownName("transformer", operator)
    if value is None and operator not in ON_NOTHING:
        return None
    act = TRANSFORMERS[operator]
    try:
        if isinstance(value, list) and operator not in ON_LIST:
            return [act(each, args) for each in value]
        return act(value, args)
    except (ValueError, TypeError, IndexError, ZeroDivisionError, OverflowError) as error:
        raise TransformFailed(f"{operator}: {error}") from error
