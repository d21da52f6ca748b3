"""The assets of the workspace; a revoked one still exists. Whatever changes one leaves a line in its history."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.clock import TimeSource
from lab.sekoia.actors import Actor, analyst
from lab.sekoia.ids import Ids
from lab.sekoia.refusals import Missing, Unfit

TYPES = ("host", "account", "network")
SOURCES = ("manual", "automatic", "import")
EDITABLE = ("name", "description", "type", "category", "criticality", "tags", "reviewed", "entity_uuid", "props")


@dataclass(frozen=True)
class AssetEvent:
    """One line of an asset's history."""

    at: float
    by: Actor
    action: str
    message: str
    fields: Mapping[str, Any] | None = None
    atom: tuple[str, str] | None = None


@dataclass
class Asset:
    """One asset. Times are epoch seconds; criticality 0 means not rated; `former` is what version 1 left on it."""

    uuid: str
    community: str
    name: str
    type: str
    created_at: float
    criticality: int = 0
    category: str | Mapping[str, Any] | None = None
    description: str = ""
    source: str = "manual"
    tags: list[str] = field(default_factory=list)
    atoms: dict[str, list[str]] = field(default_factory=dict)
    props: dict[str, Any] = field(default_factory=dict)
    entity_uuid: str | None = None
    reviewed: bool = False
    revoked_at: float | None = None
    updated_at: float = 0.0
    history: list[AssetEvent] = field(default_factory=list)
    former: dict[str, Any] = field(default_factory=dict)

    @property
    def is_revoked(self) -> bool:
        """Whether it was revoked."""
        return self.revoked_at is not None

    def note(self, event: AssetEvent) -> None:
        """Append a line to the history."""
        self.updated_at = event.at
        self.history.append(event)


class AssetStore:
    """Assets by uuid, in the order they were added."""

    def __init__(self, ids: Ids, clock: TimeSource, community: str) -> None:
        self._ids = ids
        self._clock = clock
        self._community = community
        self._by_uuid: dict[str, Asset] = {}

    def add(
        self,
        name: str,
        type: str = "host",  # the API's own word
        *,
        uuid: str | None = None,
        criticality: int = 0,
        category: str | Mapping[str, Any] | None = None,
        description: str = "",
        source: str = "manual",
        tags: Iterable[str] = (),
        atoms: Mapping[str, list[str]] | None = None,
        props: Mapping[str, Any] | None = None,
        reviewed: bool = False,
        revoked: bool = False,
        entity_uuid: str | None = None,
        by: Actor | None = None,
    ) -> Asset:
        """A new asset; an unknown type or source, or a criticality out of 0 to 100, raises ValueError."""
        _check(type, source, criticality)
        now = self._clock.time()
        asset = Asset(
            uuid or self._ids.of("asset", name),
            self._community,
            name,
            type,
            now,
            criticality,
            category,
            description,
            source,
            list(tags),
            {kind: list(values) for kind, values in (atoms or {}).items()},
            dict(props or {}),
            entity_uuid,
            reviewed,
            now if revoked else None,
        )
        asset.note(AssetEvent(now, by or analyst(self._ids, "administrator"), "create", "Asset created"))
        self._by_uuid[asset.uuid] = asset
        return asset

    def revoke(self, uuid: str, by: Actor | None = None) -> Asset:
        """Revoke an asset, as an analyst does."""
        return self._turn(uuid, self._clock.time(), "revoke", by)

    def restore(self, uuid: str, by: Actor | None = None) -> Asset:
        """Take a revocation back."""
        return self._turn(uuid, None, "restore", by)

    def _turn(self, uuid: str, revoked_at: float | None, action: str, by: Actor | None) -> Asset:
        asset = self.existing(uuid)
        asset.revoked_at = revoked_at
        self._note(asset, action, f"Asset {action}d", by)
        return asset

    def change(self, uuid: str, changes: Mapping[str, Any], by: Actor) -> Asset:
        """Give the fields that were named new values; a null leaves a field as it is, except a category."""
        asset = self.existing(uuid)
        written = {
            name: value
            for name, value in changes.items()
            if name in EDITABLE and (value is not None or name == "category")
        }
        for name, value in written.items():
            setattr(asset, name, value)
        if changes.get("atoms") is not None:
            asset.atoms = {kind: _several(values) for kind, values in changes["atoms"].items()}
        if changes.get("revoked") is not None:
            asset.revoked_at = self._clock.time() if changes["revoked"] else None
        self._note(asset, "update", "Asset updated", by, fields=dict(changes))
        return asset

    def attach(self, uuid: str, kind: str, value: str, by: Actor) -> bool:
        """Add a detection property; True also when it was there."""
        asset = self.existing(uuid)
        values = asset.atoms.setdefault(kind, [])
        if value not in values:
            values.append(value)
            self._note(asset, "attach", f"{kind} attached", by, atom=(kind, value))
        return True

    def detach(self, uuid: str, kind: str, value: str, by: Actor) -> bool:
        """Remove a detection property; False when it was not there."""
        asset = self.existing(uuid)
        if value not in asset.atoms.get(kind, []):
            return False
        asset.atoms[kind].remove(value)
        if not asset.atoms[kind]:
            del asset.atoms[kind]
        self._note(asset, "detach", f"{kind} detached", by, atom=(kind, value))
        return True

    def set_prop(self, uuid: str, name: str, value: str, by: Actor) -> bool:
        """Give a property a value."""
        asset = self.existing(uuid)
        asset.props[name] = value
        self._note(asset, "update", f"{name} set", by, fields={"props": {name: value}})
        return True

    def drop_prop(self, uuid: str, name: str, by: Actor) -> bool:
        """Remove a property; False when it was not there."""
        asset = self.existing(uuid)
        if name not in asset.props:
            return False
        del asset.props[name]
        self._note(asset, "update", f"{name} removed", by, fields={"props": {name: None}})
        return True

    def tag(self, uuid: str, tag: str, by: Actor) -> bool:
        """Add a tag; True also when it was there."""
        asset = self.existing(uuid)
        if tag not in asset.tags:
            asset.tags.append(tag)
            self._note(asset, "update", f"Tag {tag} added", by, fields={"tags": list(asset.tags)})
        return True

    def untag(self, uuid: str, tag: str, by: Actor) -> bool:
        """Remove a tag; False when it was not there."""
        asset = self.existing(uuid)
        if tag not in asset.tags:
            return False
        asset.tags.remove(tag)
        self._note(asset, "update", f"Tag {tag} removed", by, fields={"tags": list(asset.tags)})
        return True

    def merge(self, destination: str, sources: Iterable[str], by: Actor) -> Asset:
        """Put what the sources know into the destination and revoke them; what it knows itself stays."""
        kept, others = self.existing(destination), [self.existing(uuid) for uuid in sources]
        if kept in others:
            raise Unfit("An asset cannot be merged into itself", ("body", "sources"))
        for other in others:
            for kind, values in other.atoms.items():
                known = kept.atoms.setdefault(kind, [])
                known += [value for value in values if value not in known]
            kept.props = {**other.props, **kept.props}
            kept.tags += [tag for tag in other.tags if tag not in kept.tags]
            other.revoked_at = self._clock.time()
            self._note(other, "merge", f"Merged into {kept.name}", by)
        self._note(kept, "merge", f"{len(others)} assets merged", by)
        return kept

    def _note(
        self,
        asset: Asset,
        action: str,
        message: str,
        by: Actor | None,
        fields: Mapping[str, Any] | None = None,
        atom: tuple[str, str] | None = None,
    ) -> None:
        who = by or analyst(self._ids, "administrator")
        asset.note(AssetEvent(self._clock.time(), who, action, message, fields, atom))

    def existing(self, uuid: str) -> Asset:
        """The asset with that uuid, revoked or not; Missing when there is none."""
        asset = self._by_uuid.get(uuid)
        if asset is None:
            raise Missing("Asset not found")
        return asset

    def get(self, uuid: str) -> Asset | None:
        """The asset with that uuid, revoked or not."""
        return self._by_uuid.get(uuid)

    def named(self, name: str) -> Asset:
        """The asset with that name; KeyError names it."""
        for asset in self._by_uuid.values():
            if asset.name == name:
                return asset
        raise KeyError(f"no asset is named {name!r}")

    def all(self) -> list[Asset]:
        """Every asset."""
        return list(self._by_uuid.values())

    def among(self, uuids: Iterable[str]) -> list[Asset]:
        """The assets with those uuids that exist, in the order they were added."""
        wanted = set(uuids)
        return [asset for asset in self._by_uuid.values() if asset.uuid in wanted]


def _several(values: Any) -> list[Any]:
    return list(values) if isinstance(values, list) else [values]


def _check(kind: str, source: str, criticality: int) -> None:
    if kind not in TYPES:
        raise ValueError(f"an asset's type is one of {TYPES}, not {kind!r}")
    if source not in SOURCES:
        raise ValueError(f"an asset's source is one of {SOURCES}, not {source!r}")
    if not 0 <= criticality <= 100:
        raise ValueError(f"a criticality is a number of 0 to 100, not {criticality}")
