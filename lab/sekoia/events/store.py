"""All events of the tenant, and what stories and tests do with them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from lab.clock import TimeSource
from lab.sekoia.alerts.model import Alert
from lab.sekoia.alerts.store import AlertStore
from lab.sekoia.assets.model import AssetStore
from lab.sekoia.events.birth import KINDS, PLAIN, Scene, Writer, scene_of
from lab.sekoia.events.model import Event
from lab.sekoia.events.moments import to_millisecond
from lab.sekoia.ids import Ids


@dataclass(frozen=True)
class Batch:
    """What is said about new events. `kind` is one of birth.KINDS; `fields` replace or add fields word for word.

    `spread` are the seconds over which they lie, `indexed_after` the seconds until a search finds them, `message_size`
    the length of the raw text, `collisions` adds fields whose names differ by a dot only, `drop` leaves fields out.
    """

    kind: str = "authentication"
    spread: float | None = None
    indexed_after: float = 0
    message_size: int = 0
    collisions: bool = False
    drop: Iterable[str] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


ARGUMENTS = frozenset(Batch.__dataclass_fields__)


class EventStore:
    """The events, in the order they were made."""

    def __init__(self, ids: Ids, clock: TimeSource, lock: RLock, alerts: AlertStore, assets: AssetStore) -> None:
        self._clock = clock
        self._lock = lock
        self._alerts = alerts
        self._assets = assets
        self._writer = Writer(ids, alerts.tenant.community)
        self._all: list[Event] = []
        self._by_alert: dict[str, list[Event]] = {}

    @property
    def intake_key(self) -> str:
        """The secret that every event carries and that no client may pass on."""
        return self._writer.intake_key

    def attach(
        self,
        alert_id: str | None,
        count: int = 1,
        *,
        at: float | None = None,
        visible_after: float = 0,
        **said: Any,
    ) -> list[Event]:
        """New events of an alert (uuid or short id), or of none; `Batch` has the other arguments.

        `at` is the time of the first; None spreads them from the first sighting of the alert to just before its
        creation. They are attached `visible_after` seconds after alert and event exist. Any other name is a field; a
        name without a dot that is no known field raises TypeError.
        """
        if count < 1:
            raise ValueError(f"{count} events cannot be attached")
        batch = self._batch(said)
        alert = None if alert_id is None else self._alerts.get(alert_id)
        scene = scene_of(alert, self._assets)
        first, spread = self._when(alert, at, batch.spread)
        step = spread / (count - 1) if count > 1 else 0.0
        with self._lock:
            made = [self._make(scene, batch, to_millisecond(first + step * number), number) for number in range(count)]
            if alert is not None:
                self._join(made, alert, visible_after)
        return made

    @staticmethod
    def _batch(said: Mapping[str, Any]) -> Batch:
        given = {name: value for name, value in said.items() if name in ARGUMENTS}
        fields = {name: value for name, value in said.items() if name not in ARGUMENTS}
        unknown = sorted(name for name in fields if "." not in name and name not in PLAIN)
        if unknown:
            raise TypeError(f"events have neither an argument nor a field called {unknown}")
        batch = Batch(**{**given, "fields": {**given.get("fields", {}), **fields}})
        if batch.kind not in KINDS:
            raise ValueError(f"no kind of event is called {batch.kind!r}; there are {sorted(KINDS)}")
        return batch

    def _when(self, alert: Alert | None, at: float | None, spread: float | None) -> tuple[float, float]:
        if at is not None or alert is None:
            return self._clock.time() if at is None else at, spread or 0.0
        seen = alert.first_seen_at
        first = float(seen) if isinstance(seen, (int, float)) else alert.created_at - 2
        first += self._writer.fraction(len(self._all))
        return first, max(alert.created_at - first, 0.0) if spread is None else spread

    def _make(self, scene: Scene, batch: Batch, at: float, number: int) -> Event:
        serial = len(self._all)
        received_at = self._writer.received_at(serial, at)
        details = (batch.kind, batch.fields, batch.drop, batch.message_size, batch.collisions)
        event = Event(
            serial,
            at,
            received_at,
            at + batch.indexed_after,
            lambda: self._writer.write(scene, serial, number, at, *details),
        )
        self._all.append(event)
        return event

    def join(self, event: Event, alert_id: str, visible_after: float = 0) -> None:
        """Attach an event to one more alert."""
        with self._lock:
            self._join([event], self._alerts.get(alert_id), visible_after)

    def _join(self, events: Iterable[Event], alert: Alert, visible_after: float) -> None:
        listed = self._by_alert.setdefault(alert.short_id, [])
        for event in events:
            if alert.short_id not in event.alerts:
                listed.append(event)
            event.alerts[alert.short_id] = max(alert.created_at, event.at) + visible_after

    def all(self) -> list[Event]:
        """Every event, also those that no search finds yet."""
        return self._all

    def of_alerts(self, short_ids: Iterable[str]) -> list[Event]:
        """The events of those alerts, each once, also those not attached yet."""
        found = {event.number: event for short_id in short_ids for event in self._by_alert.get(short_id, ())}
        return list(found.values())
