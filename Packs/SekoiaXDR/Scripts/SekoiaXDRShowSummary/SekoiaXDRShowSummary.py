"""The head of the incident page: status, urgency, verdict, service levels and the link to Sekoia."""

import html
import time
from typing import Any

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *

# Half-transparent, so that the colours hold on the light and on the dark theme.
COLOURS = {
    "red": "229,72,77",
    "orange": "240,140,0",
    "yellow": "214,170,0",
    "green": "46,160,67",
    "grey": "128,138,150",
}
STAGE_LOOKS = {"open": ("Open", "red"), "in_progress": ("In progress", "orange"), "closed": ("Closed", "green")}
VERDICTS = {"true_positive": ("True positive", "red"), "false_positive": ("False positive", "green")}
TIMERS = (
    ("Acknowledge", "acknowledgesla", "timetoacknowledge", ("in_progress", "closed")),
    ("Close", "closesla", "timetoresolve", ("closed",)),
)


BAR = (
    '<div style="height:6px;border-radius:3px;margin-top:8px;background:rgba({rgb},.22)">'
    '<div style="height:6px;border-radius:3px;width:{level}%;background:rgb({rgb})"></div></div>'
)
TILE = (
    '<div style="flex:1 1 150px;min-width:130px;padding:12px 14px;border-radius:8px;border-left:4px solid rgb({rgb});'
    'background:rgba({rgb},.12)"><div style="font-size:12px;opacity:.75">{label}</div>'
    '<div style="font-size:19px;font-weight:600;line-height:1.3;overflow-wrap:anywhere">{value}</div>'
    '<div style="font-size:12px;opacity:.85">{note}</div>{bar}</div>'
)


def tile(label: str, value: str, colour: str, note: str = "", level: int | None = None) -> str:
    """One tile; label, value and note are safe already, `level` draws a bar of that percentage."""
    rgb = COLOURS[colour]
    bar = "" if level is None else BAR.format(rgb=rgb, level=level)
    return TILE.format(rgb=rgb, label=label, value=value, note=note, bar=bar)


def urgency_tile(subject: Subject) -> str:
    """The urgency as a number and a bar."""
    number = as_int(subject.field("urgency"))
    word = esc(subject.field("externalseverity"), 50)
    if number is None:
        return tile("Urgency", word or "unknown", "grey")
    colour = ["green", "yellow", "orange", "red"][sum(number >= limit for limit in (20, 40, 80))]
    return tile("Urgency", f"{number} <small>of 100</small>", colour, word, max(0, min(100, number)))


def timer_tile(label: str, timer: Row, seconds: Any, reached: bool) -> str:
    """A service level: how long is left, how late it is, or how long it took."""
    done = as_text(timer.get("runStatus")) == "ended" or reached
    took = as_int(timer.get("totalDuration")) if timer.get("runStatus") == "ended" else as_int(seconds)
    limit = as_int(timer.get("sla"))
    if done:
        late = took is not None and limit and took > limit * 60
        note = "later than promised" if late else "in time" if took is not None and limit else ""
        return tile(
            f"{label} within {span(limit * 60)}" if limit else label,
            span(took) or "done",
            "red" if late else "green",
            note,
        )
    due = as_epoch(timer.get("dueDate"))
    if timer.get("runStatus") != "running" or due is None:
        return tile(label, "not started", "grey")
    left = due - int(time.time())
    if left < 0:
        return tile(f"{label} (late)", span(-left), "red", f"was due {at_utc(due)[5:16]} UTC")
    return tile(f"{label} in", span(left), "orange" if left < 900 else "green", f"due {at_utc(due)[5:16]} UTC")


def summary_of(subject: Subject) -> str:
    """The whole head as HTML."""
    stage = as_text(subject.field("statusstage"), 50)
    word, colour = STAGE_LOOKS.get(stage, ("", "grey"))
    tiles = [
        tile("Status", esc(subject.field("alertstatus"), 80) or word or "unknown", colour, word),
        urgency_tile(subject),
    ]
    kind, shade = VERDICTS.get(as_text(subject.field("verdictstage"), 50), ("", "grey"))
    tiles.append(tile("Verdict", esc(subject.field("verdict"), 80) or "none yet", shade, kind))
    for label, timer, seconds, stages in TIMERS:
        tiles.append(timer_tile(label, as_dict(subject.field(timer)), subject.field(seconds), stage in stages))
    link = as_text(subject.field("alertlink"), 2000)
    name = esc(subject.alert, 100) or "alert"
    if link.startswith("https://") or link.startswith("http://"):
        href = html.escape(link, quote=True)
        name = f'<a href="{href}" target="_blank" rel="noopener noreferrer"><small>{name} ↗</small></a>'
    tiles.append(tile("Open in Sekoia", name, "grey", esc(subject.field("entity"), 100)))
    return f'<div style="display:flex;flex-wrap:wrap;gap:12px">{"".join(tiles)}</div>'


def main() -> None:
    """The only place that talks to the platform."""
    try:
        return_results(html_entry(summary_of(subject_of(demisto.incident()))))
    except Exception as error:
        return_error(f"The head of the page cannot be shown: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
