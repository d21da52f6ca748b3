"""Ways to spoil a JSON value: anything in any place of it, parts that are missing, parts that nobody knows."""

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

API_KEY = "canary-api-key-1f0c7b7e5a"
INTAKE_KEY = "canary-intake-key-90b1c2d3"
HOSTILE = (
    "a|b`c`<script>alert(1)</script>\u202eevil\r\n![x](https://pixel.example/p) [t](javascript:x) {{7*7}} ${incident}"
)
TEXTS = (
    HOSTILE,
    "",
    " ",
    "null",
    "-1",
    "9" * 400,
    "2026-03-01T10:00:00Z",
    "../../v1/auth/validate",
    "a/../b?c#d",
    "%2e%2e/",
)
NUMBERS = (0, -1, 2**63, 10**300, -(10**12), 253402300799, 1e308)
SECRETS: tuple[dict[str, Any], ...] = (
    {"sekoiaio.intake.key": INTAKE_KEY},
    {"intake_key": INTAKE_KEY},
    {"sekoiaio": {"intake": {"key": INTAKE_KEY, "name": "mail"}}},
)
secrets: st.SearchStrategy[dict[str, Any]] = st.sampled_from(SECRETS).map(copy.deepcopy)
plain = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from((*TEXTS, *NUMBERS))
json_values = st.recursive(
    plain | secrets,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def short(value: Any) -> Any:
    """The value with at most two elements in each list, which is enough of a shape."""
    if isinstance(value, dict):
        return {key: short(item) for key, item in value.items()}
    return [short(item) for item in value[:2]] if isinstance(value, list) else value


def places(value: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    """Each container inside a value with each key or index in it, the outer ones first."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(inner):
        yield value, key
        if depth < 6:
            yield from places(item, depth + 1)


@st.composite
def spoiled(draw: st.DrawFn, value: Any) -> Any:
    """The value with up to four parts replaced, dropped or doubled; now and then something else altogether."""
    if draw(st.integers(0, 19)) == 0:
        return draw(json_values)
    made = copy.deepcopy(value)
    for _ in range(draw(st.integers(0, 4))):
        found = list(places(made))
        if not found:
            break
        holder, key = found[draw(st.integers(0, len(found) - 1))]
        act = draw(st.sampled_from(("replace", "replace", "drop", "join")))
        if act == "replace":
            holder[key] = draw(json_values)
        elif act == "drop":
            del holder[key]
        elif isinstance(holder, dict):
            holder.update(draw(secrets))
        else:
            holder.append(copy.deepcopy(holder[key]))
    return made
