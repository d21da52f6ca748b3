"""Collections of indicators: values become STIX indicators; one that was added twice stays one."""

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Any

from lab.clock import TimeSource
from lab.sekoia.actors import Actor
from lab.sekoia.ids import Ids
from lab.sekoia.refusals import Missing, Unfit

PREFIX = "ioc-collection--"
SHAPES = (
    ("url", r"[a-z]+://\S+"),
    ("email-addr", r"[^@\s]+@[^@\s]+\.[a-z]{2,}"),
    ("file", r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}"),
    ("domain-name", r"([a-z0-9_-]+\.)+[a-z]{2,}"),
)
HASHES = {32: "MD5", 40: "SHA-1", 64: "SHA-256"}
FORMATS = {
    "one_per_line": "",
    "domain-name.value": "domain-name",
    "ipv4-addr.value": "ipv4-addr",
    "ipv6-addr.value": "ipv6-addr",
    "url.value": "url",
    "email-addr.value": "email-addr",
    "file.hashes": "file",
}
SHARED = ("description", "valid_from", "valid_until", "kill_chain_phases", "x_ic_related_threat_refs")


def kind_of(value: str) -> str:
    """The STIX type of an observable; "" for what is none."""
    try:
        return f"ipv{ipaddress.ip_address(value).version}-addr"
    except ValueError:
        shapes = (kind for kind, shape in SHAPES if re.fullmatch(shape, value, re.IGNORECASE))
        return next(shapes, "")


@dataclass
class Indicator:
    """One value that is searched for."""

    id: str
    value: str
    kind: str
    created_at: float
    modified_at: float
    said: dict[str, Any]
    revoked: bool = False

    @property
    def pattern(self) -> str:
        """The STIX pattern."""
        place = f"hashes.'{HASHES[len(self.value)]}'" if self.kind == "file" else "value"
        return f"[{self.kind}:{place} = '{self.value}']"


@dataclass
class Collection:
    """Indicators under a name."""

    id: str
    name: str
    description: str
    shared: bool
    created_at: float
    modified_at: float
    created_by: Actor
    modified_by: Actor
    indicators: list[Indicator] = field(default_factory=list)

    def indicator(self, identity: str) -> Indicator:
        """The indicator with that id; Missing when there is none."""
        for one in self.indicators:
            if one.id == identity:
                return one
        raise Missing("Indicator not found")


class Collections:
    """The collections of the workspace."""

    def __init__(self, ids: Ids, clock: TimeSource, keeper: Actor) -> None:
        self._ids, self._clock, self._keeper = ids, clock, keeper
        self._by_id: dict[str, Collection] = {}

    def create(
        self, name: str, description: str = "", shared: bool = False, by: Actor | None = None, id: str | None = None
    ) -> Collection:
        """A new, empty collection."""
        identity = id or PREFIX + self._ids.of("ioc collection", f"{name} {len(self._by_id)}")
        now, who = self._clock.time(), by or self._keeper
        made = Collection(identity, name, description, shared, now, now, who, who)
        self._by_id[identity] = made
        return made

    def all(self) -> list[Collection]:
        """All collections, in the order they were made."""
        return list(self._by_id.values())

    def get(self, identity: str) -> Collection | None:
        """The collection with that id, with or without its prefix."""
        return self._by_id.get(identity if identity.startswith(PREFIX) else PREFIX + identity)

    def add(self, found: Collection, entries: list[dict[str, Any]], by: Actor, kind: str = "") -> list[Indicator]:
        """Add values with what is said of them; Unfit, and nothing added, when one of them is no observable."""
        for entry in entries:
            if kind_of(entry["value"]) in ("", *({*FORMATS.values()} - {kind} if kind else ())):
                raise Unfit(f"Input payload validation failed: {entry['value']!r} is no observable", ("body",))
        now = self._clock.time()
        made = [self._one(found, entry, now) for entry in entries]
        found.modified_at, found.modified_by = now, by
        return made

    def _one(self, found: Collection, entry: dict[str, Any], now: float) -> Indicator:
        said = {name: entry[name] for name in SHARED if name in entry}
        known = next((one for one in found.indicators if one.value == entry["value"]), None)
        if known is not None:
            known.said, known.modified_at, known.revoked = known.said | said, now, False
            return known
        made = Indicator(f"indicator--{self._ids.uuid()}", entry["value"], kind_of(entry["value"]), now, now, said)
        found.indicators.append(made)
        return made

    def revoke(self, found: Collection, identity: str, by: Actor) -> Indicator:
        """Take an indicator back; it stays visible."""
        one = found.indicator(identity)
        one.revoked, one.modified_at = True, self._clock.time()
        found.modified_at, found.modified_by = one.modified_at, by
        return one
