"""Values of fields as a person reads them, by the kind of the field."""

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from markupsafe import Markup, escape

from lab.xsoar.fields import Field
from lab.xsoar.filters import as_text
from lab.xsoar.pages.text import clean, markdown, web_address
from lab.xsoar.timers import ENDED, RUNNING, seconds_of

SEVERITIES = {0: "Unknown", 0.5: "Informational", 1: "Low", 2: "Medium", 3: "High", 4: "Critical"}
STATUSES = {0: "Pending", 1: "Active", 2: "Closed", 3: "Archived"}
UNITS = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
MOST_ROWS = 100
LINK = Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}<span aria-hidden="true"> ↗</span></a>')
TABLE = Markup('<div class="scroll" tabindex="0"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>{}')
EMPTY: tuple[Any, ...] = (None, "", [], {})


def duration(seconds: float) -> str:
    """Seconds in two units at most."""
    left, parts = max(0, round(seconds)), []
    for unit, size in UNITS:
        count, left = divmod(left, size)
        parts += [f"{count} {unit}"] if count else []
    return " ".join(parts[:2]) or "0 s"


def moment(value: Any) -> Markup:
    """An ISO 8601 text as a time element; what is none stays as it is."""
    try:
        at = datetime.fromisoformat(str(value).replace("Z", "+00:00")).astimezone(timezone.utc)
    except ValueError:
        return escape(value)
    shown = f"{at:%Y-%m-%d %H:%M:%S}"
    return Markup('<time datetime="{}">{} <small>UTC</small></time>').format(at.isoformat(), shown)


def badge(word: str, level: str) -> Markup:
    """A coloured word."""
    return Markup('<span class="badge {}">{}</span>').format(level, word)


def severity(value: Any) -> Markup:
    """A severity as its badge."""
    word = SEVERITIES.get(float(value or 0), "Unknown")
    return badge(word, f"severity-{word.casefold()}")


def _severity(field: Field, value: Any, now: float) -> Markup:
    return severity(value)


def _text(field: Field, value: Any, now: float) -> Markup:
    if isinstance(value, (list, tuple)):
        return _several(field, value, now)
    address = web_address(as_text(value))
    return _link(field, address, now) if address else Markup('<span class="text">{}</span>').format(as_text(value))


def _several(field: Field, value: Any, now: float) -> Markup:
    values = value if isinstance(value, (list, tuple)) else [value]
    chips = [Markup("<li>{}</li>").format(as_text(one)) for one in values if one not in EMPTY]
    return Markup('<ul class="chips">{}</ul>').format(Markup("").join(chips))


def _link(field: Field, value: Any, now: float) -> Markup:
    address = web_address(as_text(value))
    if not address:
        return escape(as_text(value))
    return LINK.format(address, address)


def _grid(field: Field, value: Any, now: float) -> Markup:
    rows = [row for row in (value if isinstance(value, list) else [value]) if isinstance(row, Mapping)]
    heads = [(key, title) for key, title in field.titles if any(row.get(key) not in EMPTY for row in rows)]
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(title) for _, title in heads)
    lines = [
        Markup("<tr>{}</tr>").format(Markup("").join(Markup("<td>{}</td>").format(_cell(row.get(k))) for k, _ in heads))
        for row in rows[:MOST_ROWS]
    ]
    more = Markup("<p>{} more rows.</p>").format(len(rows) - MOST_ROWS) if len(rows) > MOST_ROWS else ""
    return TABLE.format(head, Markup("").join(lines), more)


def _cell(value: Any) -> str:
    return "" if value is None else as_text(value)


def _timer(field: Field, value: Any, now: float) -> Markup:
    state = str(value.get("runStatus") or "idle")
    if state == ENDED:
        late = bool(value.get("breachTriggered"))
        return badge(f"done in {duration(float(value.get('totalDuration') or 0))}", "late" if late else "good")
    if state != RUNNING or not value.get("dueDate"):
        return badge("running" if state == RUNNING else "not started", "calm")
    left = seconds_of(str(value["dueDate"])) - now
    if left < 0:
        return badge(f"late by {duration(-left)}", "late")
    return badge(f"{duration(left)} left", "warn" if left < 900 else "good")


KINDS: dict[str, Callable[[Field, Any, float], Markup]] = {
    "severity": _severity,
    "markdown": lambda field, value, now: markdown(as_text(value)),
    "html": lambda field, value, now: clean(as_text(value)),
    "longText": lambda field, value, now: Markup("<pre>{}</pre>").format(as_text(value)),
    "date": lambda field, value, now: moment(value),
    "url": _link,
    "grid": _grid,
    "timer": _timer,
    "multiSelect": _several,
    "tagsSelect": _several,
    "role": _several,
    "boolean": lambda field, value, now: badge("yes" if value else "no", "good" if value else "calm"),
}


def shown(field: Field, value: Any, now: float) -> Markup:
    """The value as its kind is shown; every kind that is not in the table is a text."""
    return KINDS.get(field.kind, _text)(field, value, now)
