"""The assets of the workspace; a revoked one still exists."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lab.clock import TimeSource
from lab.sekoia.ids import Ids

TYPES = ("host", "account", "network")
SOURCES = ("manual", "automatic", "import")


@dataclass
class Asset:
    """One asset. Times are epoch seconds; criticality 0 means not rated."""

    uuid: str
    community: str
    name: str
    type: str
    created_at: float
    criticality: int = 0
    category: str | None = None
    description: str = ""
    source: str = "manual"
    tags: list[str] = field(default_factory=list)
    atoms: dict[str, list[str]] = field(default_factory=dict)
    props: dict[str, str] = field(default_factory=dict)
    entity_uuid: str | None = None
    reviewed: bool = False
    revoked_at: float | None = None

    @property
    def is_revoked(self) -> bool:
        """Whether it was revoked."""
        return self.revoked_at is not None


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
        category: str | None = None,
        description: str = "",
        source: str = "manual",
        tags: Iterable[str] = (),
        atoms: Mapping[str, list[str]] | None = None,
        props: Mapping[str, str] | None = None,
        reviewed: bool = False,
        revoked: bool = False,
        entity_uuid: str | None = None,
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
            dict(atoms or {}),
            dict(props or {}),
            entity_uuid,
            reviewed,
            now if revoked else None,
        )
        self._by_uuid[asset.uuid] = asset
        return asset

    def revoke(self, uuid: str) -> None:
        """Revoke an asset, as an analyst does."""
        self._by_uuid[uuid].revoked_at = self._clock.time()

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


def _check(kind: str, source: str, criticality: int) -> None:
    if kind not in TYPES:
        raise ValueError(f"an asset's type is one of {TYPES}, not {kind!r}")
    if source not in SOURCES:
        raise ValueError(f"an asset's source is one of {SOURCES}, not {source!r}")
    if not 0 <= criticality <= 100:
        raise ValueError(f"a criticality is a number of 0 to 100, not {criticality}")
