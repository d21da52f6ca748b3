"""The seven stages of the kill chain; only the first one's ids are public, the others come from the seed."""

from dataclasses import dataclass

from lab.sekoia.ids import Ids

NAMES = (
    "Reconnaissance",
    "Weaponization",
    "Delivery",
    "Exploitation",
    "Installation",
    "Command and Control",
    "Actions on Objective",
)
RECONNAISSANCE_UUID = "73708d4f-419f-44aa-b505-288b522f9c30"
RECONNAISSANCE_SHORT_ID = "KCXKNfnJupq5"


@dataclass(frozen=True)
class KillChain:
    """One stage, counted from 1."""

    order: int
    uuid: str
    short_id: str
    name: str

    @property
    def stix_name(self) -> str:
        """The name in lower case with hyphens."""
        return self.name.lower().replace(" ", "-")


class KillChains:
    """The stages, found by uuid, short id or name."""

    def __init__(self, ids: Ids) -> None:
        self._stages = [self._stage(ids, order, name) for order, name in enumerate(NAMES, start=1)]

    def all(self) -> list[KillChain]:
        """All stages in order."""
        return list(self._stages)

    def get(self, identity: str) -> KillChain | None:
        """The stage with that uuid or short id."""
        return next((stage for stage in self._stages if identity in (stage.uuid, stage.short_id)), None)

    def named(self, name: str) -> KillChain:
        """The stage with that name; KeyError names it."""
        for stage in self._stages:
            if stage.name == name:
                return stage
        raise KeyError(f"no kill chain stage is named {name!r}; there are {NAMES}")

    @staticmethod
    def _stage(ids: Ids, order: int, name: str) -> KillChain:
        if order == 1:
            return KillChain(order, RECONNAISSANCE_UUID, RECONNAISSANCE_SHORT_ID, name)
        uuid = ids.of("kill chain", name)
        return KillChain(order, uuid, "KC" + uuid.replace("-", "")[:10], name)
