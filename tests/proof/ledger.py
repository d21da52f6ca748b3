"""The truth, kept outside of the pack: which alert was to be had and for how long, and which one was owed.

An alert is *to be had* while the API shows it and it matches the filter. It is *owed* when, at the first kept run that
begins while it is to be had for good, the window promised by the settings reaches it:

    created_at >= max(first fetch, newest incident of any earlier run - look-back of that run or of this one)

(where alerts wait for their events, the newest alert that an earlier run could see stands for the newest incident)

Owed alerts become exactly one incident. Not owed, and the only ways to be so:
- late: when the alert became visible, an incident of an alert younger by more than the look-back existed already;
- gone: it was closed or deleted before any kept run had begun that could see it (when it comes back, the rule applies
  anew to the moment of its return);
- nameless: it carries neither uuid nor short id, so it goes to quarantine;
- older than the first fetch timestamp.
Where late matches are fetched, an alert that the API shows and that enters the filter for the first time, after a kept
run, is owed in the end wherever it lies.
No alert at all, owed or not, may ever become two incidents.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.sekoia.alerts.model import Alert
from lab.sekoia.world import World

NEVER = math.inf
CLOSING, OPENING = ("Closed", "Rejected"), ("Pending", "Acknowledged", "Ongoing")


@dataclass
class Entry:
    """One alert. `since` is the API's time from which it is to be had, NEVER while it is not.

    `low`: its urgency keeps it out of the filter, `calm`: so it was from its creation on. `late`: it entered the filter
    late and is owed for that.
    """

    alerts: list[Alert]
    second: int
    since: float
    nameless: bool = False
    is_owed: bool | None = None
    deleted: bool = False
    low: bool = False
    calm: bool = False
    closed: bool = False
    late: bool = False

    @property
    def name(self) -> str:
        """What the API calls it."""
        return self.alerts[0].short_id


@dataclass
class Ledger:
    """All alerts of a world, in the order they were raised, and the incidents counted per alert."""

    world: World
    entries: list[Entry] = field(default_factory=list)
    incidents: Counter[str] = field(default_factory=Counter)
    strangers: list[str] = field(default_factory=list)
    _by_id: dict[str, Entry] = field(default_factory=dict)
    reach: float = -NEVER
    newest: float = -NEVER
    is_running: bool = False  # a fetch is under way: what happens now, it cannot be expected to have seen

    def raised(self, alert: Alert, dropped: Iterable[str] = (), low: bool = False) -> Entry:
        """Notes an alert that is new in the world."""
        nameless = {"uuid", "short_id"} <= set(dropped)
        entry = Entry([alert], int(alert.created_at), NEVER if low else self._shown_from(alert), nameless, low=low)
        self.entries.append(entry)
        self._by_id[alert.uuid] = self._by_id[alert.short_id] = entry
        return entry

    def _shown_from(self, alert: Alert) -> float:
        """From when a list up to "now" holds it: with exclusive bounds not in its own second."""
        is_exclusive = self.world.switches.bounds == "exclusive"
        return max(alert.shown_from, self._now(), (int(alert.created_at) + 1) if is_exclusive else 0)

    def _now(self) -> float:
        now = self.world.clock.time()
        return math.nextafter(now, NEVER) if self.is_running else now

    def close(self, entry: Entry, label: str) -> None:
        """The alert leaves the filter."""
        self._set_status(entry, label)
        entry.closed = True
        self._leaves(entry)

    def reopen(self, entry: Entry, label: str) -> None:
        """The alert comes back into the filter."""
        self._set_status(entry, label)
        entry.closed = False
        self._enters(entry)

    def lift(self, entry: Entry, urgency: int, late_matches: bool) -> None:
        """The alert's urgency enters the filter."""
        is_first, entry.low, entry.calm = entry.calm, False, False
        self._set_urgency(entry, urgency)
        self._enters(entry)
        entry.late = late_matches and is_first and self.reach > -NEVER and entry.since <= self._now()

    def lower(self, entry: Entry, urgency: int) -> None:
        """The alert's urgency leaves the filter."""
        self._set_urgency(entry, urgency)
        entry.low = True
        self._leaves(entry)

    def _enters(self, entry: Entry) -> None:
        is_out = entry.low or entry.closed
        entry.since, entry.is_owed = NEVER if is_out else max(map(self._shown_from, entry.alerts)), None

    @staticmethod
    def _leaves(entry: Entry) -> None:
        entry.since, entry.is_owed, entry.late = NEVER, None, False

    def _set_urgency(self, entry: Entry, urgency: int) -> None:
        for alert in entry.alerts:
            self.world.alerts.edit(alert.uuid, urgency=urgency, by="analyst")

    def _set_status(self, entry: Entry, label: str) -> None:
        for alert in entry.alerts:
            self.world.alerts.set_status(alert.uuid, label, by="analyst")

    def delete(self, entry: Entry) -> None:
        """The alert is no more."""
        for alert in entry.alerts:
            self.world.alerts.delete(alert.uuid)
        self._leaves(entry)
        entry.deleted = True

    def pick(self, number: int, is_open: bool) -> Entry | None:
        """One of the alerts that are open (or of those that are closed), by any number."""
        return self.choose(number, [each for each in self.entries if each.closed != is_open])

    def is_gone(self, short_id: str) -> bool:
        """Whether the alert of that id was deleted."""
        return self._by_id[short_id].deleted

    def choose(self, number: int, entries: Iterable[Entry]) -> Entry | None:
        """One of these alerts by any number, deleted ones left out."""
        fit = [each for each in entries if not each.deleted]
        return fit[number % len(fit)] if fit else None

    def received(self, raw: Mapping[str, Any]) -> None:
        """Counts an incident, by the ids in its raw object."""
        entry = self._by_id.get(str(raw.get("uuid"))) or self._by_id.get(str(raw.get("short_id")))
        if entry is None:
            self.strangers.append(f"{raw.get('uuid')} {raw.get('short_id')}")
            return
        self.incidents[entry.name] += 1
        self.newest = max(self.newest, entry.second)

    def run_kept(self, started: float, look_back: float, first_fetch: float) -> None:
        """A run that began at `started` (API's time) was kept: decides what was owed from it on, call before received.

        `first_fetch` is the second at which the very first run began to look; later ones do not count.
        """
        if self.reach == -NEVER:
            self.reach = first_fetch
        window = max(self.reach, self.newest - look_back)
        for entry in self.entries:
            if entry.is_owed is None and entry.since <= started:
                entry.is_owed = entry.second >= window and not entry.nameless

    def taken_by(self, ended: float) -> None:
        """Where alerts wait for their events, a kept run may have taken whatever showed before it ended."""
        seen = [
            each.second for each in self.entries if not each.calm and min(a.shown_from for a in each.alerts) <= ended
        ]
        self.newest = max([self.newest, *seen])

    def run_over(self, look_back: float) -> None:
        """After the incidents of a kept run were received: what lies further back may be forgotten from now on."""
        self.reach = max(self.reach, self.newest - look_back)

    def owed(self) -> Iterator[Entry]:
        """The alerts that are owed and have no incident yet."""
        return (each for each in self.entries if each.is_owed and not self.incidents[each.name])

    def owed_late(self) -> list[Entry]:
        """The alerts that are owed because they entered the filter late, and have no incident yet."""
        return [each for each in self.entries if each.late and not self.incidents[each.name]]

    def doubled(self) -> list[str]:
        """The alerts with more than one incident."""
        return [name for name, count in self.incidents.items() if count > 1]
