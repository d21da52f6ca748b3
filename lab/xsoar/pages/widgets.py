"""Widgets of a dashboard: what each one counts among the incidents, and the chart that shows it."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from lab.xsoar.automation import bodies_of
from lab.xsoar.errors import UnknownName
from lab.xsoar.incidents import DONE, Incident
from lab.xsoar.jobs import iso
from lab.xsoar.pages import charts, values
from lab.xsoar.pages.charts import Part, Series
from lab.xsoar.pages.sections import titled
from lab.xsoar.queries import search
from lab.xsoar.timers import seconds_of
from lab.xsoar.warroom import ERROR, PLAYGROUND

if TYPE_CHECKING:
    from lab.xsoar.host import Host

Raw = Mapping[str, Any]
UNITS = {"minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800, "months": 2_592_000, "years": 31_536_000}
NOTHING = Markup('<p class="quiet">Nothing in this time.</p>')
LOOKS = {"Critical": "bad", "High": "warm", "Medium": "mild", "Low": "good", "Unknown": "dull", "Informational": "dull"}
ALL_TIME = 10 * 31_536_000
MOST_GROUPS = 8


@dataclass(frozen=True)
class Range:
    """The time range of a widget, in epoch seconds."""

    start: float
    end: float


def range_of(raw: Raw, now: float) -> Range:
    """The time range that a date range of the platform means."""
    period = raw.get("period") or {}
    number, unit = period.get("fromValue"), str(period.get("byFrom") or "")
    if number in (None, "") or not unit:
        return Range(now - ALL_TIME, now)
    if unit not in UNITS:
        raise UnknownName("unit of time", unit)
    return Range(now - float(number) * UNITS[unit], now)


class Widgets:
    """Draws the widgets of one host."""

    def __init__(self, host: "Host") -> None:
        self.host, self.now = host, host.clock.time()

    def draw(self, widget: Raw) -> Markup:
        """The widget's body; raises UnknownName for a kind, a field or a script that does not exist."""
        span = range_of(widget.get("dateRange") or {}, self.now)
        kind = str(widget["widgetType"])
        if widget.get("dataType") == "scripts":
            return self._by_script(widget, kind, span)
        if kind not in KINDS:
            raise UnknownName("kind of widget", kind)
        found = search(self.host, str(widget.get("query") or ""), span.start, span.end)
        return KINDS[kind](self, found, widget, span)

    def _by_script(self, widget: Raw, kind: str, span: Range) -> Markup:
        script = self.host.automation.script(str(widget["query"]))
        given = {"from": iso(span.start), "to": iso(span.end), "searchQuery": ""}
        known = {name: value for name, value in given.items() if script.command.argument(name)}
        bodies = bodies_of(self.host.automation.run(script, known, PLAYGROUND), {})
        body: Raw = next((one for one in bodies if one.get("Type") == ERROR), bodies[-1] if bodies else {})
        contents = body.get("Contents")
        if body.get("Type") == ERROR:
            return Markup('<p class="trouble" role="alert">{}</p>').format(str(contents))
        data = json.loads(contents) if isinstance(contents, str) else contents
        if kind == "table":
            return table(list(data["data"]) if isinstance(data, Mapping) else list(data or ()))
        parts = [Part(str(one["name"]), float(one["data"][0])) for one in data or ()]
        return charts.bars(parts, str(widget["name"]), unit_of(widget)) if parts else NOTHING

    def value(self, incident: Incident, name: str) -> Any:
        """The value of a field by which a widget groups."""
        if name == "type":
            return incident.type
        if name == "openDuration":
            return self._open_for(incident)
        return incident.fields[self.host.catalogue.on_a_page(name).name]

    def _open_for(self, incident: Incident) -> float | None:
        closed = incident.system.get("closed")
        return seconds_of(str(closed)) - seconds_of(incident.created) if incident.status == DONE and closed else None

    def word(self, incident: Incident, name: str) -> str:
        """The same as a word."""
        value = self.value(incident, name)
        if name == "severity":
            return values.SEVERITIES.get(float(value or 0), "Unknown")
        if name == "status":
            return values.STATUSES.get(int(value or 0), "Pending")
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "none")


def unit_of(widget: Raw) -> str:
    """What stands behind the numbers."""
    return {"percent": " %"}.get(str((widget.get("params") or {}).get("valuesFormat") or ""), "")


def groups_of(widget: Raw) -> list[str]:
    """The fields by which a widget groups; 'null' is the platform's word for none."""
    return [str(one) for one in (widget.get("params") or {}).get("groupBy") or () if one not in ("", "null")]


def number(widgets: Widgets, found: list[Incident], widget: Raw, span: Range) -> Markup:
    """How many there are."""
    return Markup('<p class="figure">{}</p>').format(len(found))


def duration(widgets: Widgets, found: list[Incident], widget: Raw, span: Range) -> Markup:
    """The mean of a number of seconds."""
    key = str(((widget.get("params") or {}).get("keys") or ["avg|openDuration"])[0])
    act, _, name = key.partition("|")
    if act != "avg":
        raise UnknownName("key of a widget", key)
    numbers = [float(value) for one in found if (value := widgets.value(one, name)) is not None]
    if not numbers:
        return NOTHING
    mean = values.duration(sum(numbers) / len(numbers))
    return Markup('<p class="figure">{}</p><p class="quiet">mean of {}</p>').format(mean, len(numbers))


def counted(widgets: Widgets, found: list[Incident], widget: Raw) -> list[Part]:
    """Groups with their sizes, the greatest first; what is beyond the limit becomes one group."""
    (name, *_) = groups_of(widget)
    counts = Counter(widgets.word(one, name) for one in found)
    most = int(widget.get("size") or MOST_GROUPS)
    parts = [Part(word, count, LOOKS.get(word, "")) for word, count in counts.most_common(most)]
    rest = sum(counts.values()) - sum(int(one.number) for one in parts)
    return [*parts, Part("others", rest, "dull")] if rest else parts


def pie(widgets: Widgets, found: list[Incident], widget: Raw, span: Range) -> Markup:
    """A ring of groups."""
    return charts.pie(counted(widgets, found, widget), str(widget["name"])) if found else NOTHING


def bar(widgets: Widgets, found: list[Incident], widget: Raw, span: Range) -> Markup:
    """Lying bars of groups."""
    return charts.bars(counted(widgets, found, widget), str(widget["name"])) if found else NOTHING


def over_time(widgets: Widgets, found: list[Incident], widget: Raw, span: Range) -> tuple[list[str], list[Series]]:
    """Days (hours where the platform says so) and one series for each group."""
    time_field, *names = groups_of(widget)
    step = 3600 if time_field.endswith("(h)") else 86_400
    form = "%H:%M" if step == 3600 else "%b %d"
    start = max(span.start, min(seconds_of(one.occurred) for one in found) - 3 * step)
    first = int(start // step)
    slots = list(range(first, int(span.end // step) + 1))
    labels = [
        (datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=slot * step)).strftime(form) for slot in slots
    ]
    words = {one.id: widgets.word(one, names[0]) if names else "" for one in found}
    series = []
    for word, _ in ordered(Counter(words.values())):
        counts = Counter(int(seconds_of(one.occurred) // step) for one in found if words[one.id] == word)
        series.append(Series(word, [counts[slot] for slot in slots], LOOKS.get(word, "")))
    return labels, series


def ordered(counts: Counter[str]) -> list[tuple[str, int]]:
    """Groups in the order of severity where they are severities, else by size."""
    rank = {word: place for place, word in enumerate(LOOKS)}
    known = counts.most_common(MOST_GROUPS)
    return sorted(known, key=lambda one: rank.get(one[0], len(rank)))[::-1] if set(counts) <= set(rank) else known


def column(widgets: Widgets, found: list[Incident], widget: Raw, span: Range) -> Markup:
    """Stacked columns over time."""
    return charts.columns(*over_time(widgets, found, widget, span), str(widget["name"])) if found else NOTHING


def line(widgets: Widgets, found: list[Incident], widget: Raw, span: Range) -> Markup:
    """Lines over time."""
    return charts.lines(*over_time(widgets, found, widget, span), str(widget["name"])) if found else NOTHING


def table(rows: Sequence[Raw]) -> Markup:
    """Rows as a table."""
    if not rows:
        return NOTHING
    heads = list(dict.fromkeys(key for row in rows for key in row))
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(name) for name in heads)
    lines = [
        Markup("<tr>{}</tr>").format(Markup("").join(Markup("<td>{}</td>").format(row.get(name, "")) for name in heads))
        for row in rows
    ]
    return values.TABLE.format(head, Markup("").join(lines), "")


def incident_table(widgets: Widgets, found: list[Incident], widget: Raw, span: Range) -> Markup:
    """The incidents themselves, in the columns that the widget names."""
    names = [str(one.get("key", one) if isinstance(one, Mapping) else one) for one in widget["params"]["tableColumns"]]
    for one in reversed(widget.get("sort") or ()):
        found = sorted(found, key=lambda row: _rank(widgets.value(row, one["field"])), reverse=not one.get("asc"))
    fields = {name: widgets.host.catalogue.on_a_page(name) for name in names if name != "id"}
    title = {name: titled(field.name, widgets.host.bundle.name) for name, field in fields.items()}
    rows = []
    for row in found[: int(widget.get("size") or 10)]:
        shown = {title[name]: _shown(widgets, row, name, field) for name, field in fields.items()}
        rows.append({"#": row.id, **shown})
    return table(rows)


def _rank(value: Any) -> tuple[int, Any]:
    return (0, 0) if value is None else (1, float(value)) if isinstance(value, (int, float)) else (2, str(value))


def _shown(widgets: Widgets, row: Incident, name: str, field: Any) -> Any:
    value = widgets.value(row, name)
    if name == "status":
        return widgets.word(row, name)
    return "" if value in values.EMPTY else values.shown(field, value, widgets.now)


KINDS: dict[str, Callable[[Widgets, list[Incident], Raw, Range], Markup]] = {
    "number": number,
    "duration": duration,
    "pie": pie,
    "bar": bar,
    "column": column,
    "line": line,
    "table": incident_table,
}
