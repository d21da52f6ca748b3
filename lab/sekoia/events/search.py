"""What a search job finds: term, filters and window applied to the events that were indexed by then."""

from collections.abc import Callable, Mapping
from typing import Any

from lab.sekoia.events.model import Asked, Event
from lab.sekoia.events.store import EventStore
from lab.sekoia.events.term import ALERTS, Node, is_field, opposite, read_term

DATES: dict[str, Callable[[Event], float]] = {
    "@timestamp": lambda event: event.at,
    "timestamp": lambda event: event.at,
    "event.created": lambda event: event.received_at,
}
OPERATORS: dict[str, Callable[[str, str], Node]] = {
    "contains": lambda field, value: Node(lambda values: any(value in one for one in values(field))),
    "==": is_field,
    "!=": lambda field, value: opposite(is_field(field, value)),
}


class Seen:
    """One event as a search sees it at a time; its fields are written when one of them is asked for."""

    def __init__(self, event: Event, now: float) -> None:
        self._event = event
        self._now = now
        self._fields: dict[str, Any] | None = None

    def __call__(self, field: str) -> frozenset[str]:
        """The values of the field as text: of lists each item, of a text with commas each part and the whole."""
        if field == ALERTS:
            return frozenset(self._event.alerts_by(self._now))
        if self._fields is None:
            self._fields = self._event.fields(self._now)
        return frozenset(texts_of(self._fields.get(field)))


def texts_of(value: Any) -> list[str]:
    """The single values in a field's value, as text."""
    if value is None or isinstance(value, Mapping):
        return []
    if isinstance(value, list):
        return [text for item in value for text in texts_of(item)]
    if isinstance(value, bool):
        return [str(value).lower()]
    text = str(value)
    return [text, *text.split(", ")] if ", " in text else [text]


class EventSearch:
    """Searches the events of one community."""

    def __init__(self, events: EventStore, community: str) -> None:
        self._events = events
        self._community = community

    def __call__(self, asked: Asked, now: float) -> list[Event]:
        """All events that match, the newest first."""
        if asked.community_uuids and self._community not in asked.community_uuids:
            return []
        term = read_term(asked.term).root
        when = DATES[asked.date_field or "@timestamp"]
        wanted = [event for event in self._candidates(term, now) if asked.earliest <= when(event) <= asked.latest]
        nodes = [term, *(_node(one) for one in asked.filters if not one.get("disabled", False))]
        found = [event for event in wanted if _is_kept(event, asked, now) and _holds(nodes, Seen(event, now))]
        return sorted(found, key=lambda event: (when(event), event.number), reverse=True)

    def _candidates(self, term: Node, now: float) -> list[Event]:
        among = self._events.all() if term.alerts is None else self._events.of_alerts(term.alerts)
        return [event for event in among if event.indexed_at <= now]


def _is_kept(event: Event, asked: Asked, now: float) -> bool:
    """Only events that belong to an alert are kept for ever."""
    return not asked.only_eternal or bool(event.alerts_by(now))


def _holds(nodes: list[Node], seen: Seen) -> bool:
    return all(node.holds(seen) for node in nodes)


def _node(given: Mapping[str, Any]) -> Node:
    node = OPERATORS[given["operator"]](given["field"], given["value"])
    return opposite(node) if given.get("excluded", False) else node
