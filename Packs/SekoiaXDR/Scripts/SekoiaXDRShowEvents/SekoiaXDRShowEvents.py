"""The events of the alert as a timeline; it reads the incident only, so that opening the page costs no search."""

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *

BARS, SHOWN = 40, 12
STATES = {
    "Pending": "The events were not ready when the incident was made. The button <b>Refresh events</b> asks again.",
    "Failed": "The search for events failed. The button <b>Refresh events</b> asks again.",
    "Cut": "The alert has more events than an incident holds. A hunt for <b>alert_events</b> finds the others.",
    "None": "Sekoia found no event of this alert.",
}
NO_EVENTS = "The incident holds no events. The button <b>Refresh events</b> reads them from Sekoia."
BAR = (
    '<div title="{title}" style="flex:1;min-width:3px;border-radius:2px 2px 0 0;height:{height}px;'
    'background:rgba(56,132,244,{shade})"></div>'
)
ITEM = (
    '<div style="display:flex;gap:12px;padding:5px 0;border-top:1px solid rgba(128,138,150,.25)">'
    '<div style="flex:0 0 150px;opacity:.75">{at}</div><div style="flex:1;overflow-wrap:anywhere">{what}</div>'
    '<div style="flex:0 1 180px;overflow-wrap:anywhere;opacity:.85">{who}</div></div>'
)


def bars(moments: list[int]) -> str:
    """How many events there were, over the time from the first to the last one."""
    first, last = min(moments), max(moments)
    width = max(1, -(-(last - first + 1) // BARS))
    counts = [0] * min(BARS, (last - first) // width + 1)
    for moment in moments:
        counts[(moment - first) // width] += 1
    most = max(counts)
    drawn = "".join(
        BAR.format(
            title=esc(f"{at_utc(first + place * width)}: {count}"),
            height=max(2, round(56 * count / most)),
            shade=0.9 if count else 0.25,
        )
        for place, count in enumerate(counts)
    )
    ends = f"<span>{at_utc(first)}</span><span>{at_utc(last)} UTC</span>"
    return (
        f'<div style="display:flex;align-items:flex-end;gap:2px;height:58px">{drawn}</div>'
        f'<div style="display:flex;justify-content:space-between;font-size:12px;opacity:.75">{ends}</div>'
    )


def events_of(subject: Subject) -> str:
    """The timeline as HTML, with what is missing."""
    rows = [row for row in as_list(subject.field("events")) if isinstance(row, dict)]
    if not rows:
        return f"<p>{STATES.get(as_text(subject.field('eventsstate')), '') or NO_EVENTS}</p>"
    total = max(as_int(subject.field("occurrences")) or 0, len(rows))
    known = sorted((as_epoch(row.get("columnheader1")) or 0, place) for place, row in enumerate(rows))
    items = [
        ITEM.format(
            at=at_utc(moment) if moment else esc(rows[place].get("columnheader1"), 40),
            what=esc(rows[place].get("columnheader2"), 300),
            who=esc(rows[place].get("columnheader3"), 100),
        )
        for moment, place in known[:SHOWN]
    ]
    moments = [moment for moment, _ in known if moment]
    head = f"<p><b>{len(rows)}</b> events on this page, <b>{total}</b> in the alert.</p>"
    more = f"<p>{len(rows) - SHOWN} more are in the table below.</p>" if len(rows) > SHOWN else ""
    note = STATES.get(as_text(subject.field("eventsstate")), "")
    return "".join([head, bars(moments) if moments else "", *items, more, f"<p>⚠️ {note}</p>" if note else ""])


def main() -> None:
    """The only place that talks to the platform."""
    try:
        return_results(html_entry(events_of(subject_of(demisto.incident()))))
    except Exception as error:
        return_error(f"The timeline cannot be shown: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
