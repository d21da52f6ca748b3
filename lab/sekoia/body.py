"""Reading a JSON body: each field has a check; an unknown field names itself."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from lab.sekoia.exchange import Request
from lab.sekoia.refusals import Unemulated, Unfit

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
Check = Callable[[Any], bool]


def text(longest: int | None = None, shortest: int = 0) -> Check:
    """A string within those lengths."""
    return lambda value: (
        isinstance(value, str) and shortest <= len(value) and (longest is None or len(value) <= longest)
    )


def whole(low: int, high: int) -> Check:
    """An integer within those bounds."""
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def uuid(value: Any) -> bool:
    """A uuid as text."""
    return isinstance(value, str) and UUID.fullmatch(value) is not None


def or_null(check: Check) -> Check:
    """The same, or null."""
    return lambda value: value is None or check(value)


def not_blank(value: Any) -> bool:
    """A string that says something."""
    return isinstance(value, str) and value.strip() != ""


def read_body(request: Request, shape: Mapping[str, Check], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The object in the body, checked; Unfit for a bad one, Unemulated for a field the lab does not know."""
    body = request.json()
    if not isinstance(body, dict):
        raise Unfit("Input payload validation failed: the body is not an object", ("body",))
    for name in required:
        if name not in body:
            raise Unfit(f"Input payload validation failed: {name} is required", ("body", name))
    for name, value in body.items():
        if name not in shape:
            raise Unemulated(f"the lab does not know the field {name!r} of {request.method} {request.path}")
        if not shape[name](value):
            raise Unfit(f"Input payload validation failed: {name}", ("body", name))
    return body
