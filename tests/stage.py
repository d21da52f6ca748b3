"""The stage of a journey: the built pack in a host, joined to a tenant through HTTP."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from lab.clock import Clock
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from lab.xsoar.bundle import Bundle
from lab.xsoar.host import Host

INTEGRATION = "Sekoia XDR"
INSTANCE = "Sekoia XDR_instance_1"


class Stage:
    """One host, one instance, one tenant. `restart` opens the host again on the same database, as after a crash."""

    def __init__(
        self,
        bundle: Bundle,
        world: World,
        server: SekoiaServer,
        clock: Clock,
        database: Path,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        self.bundle, self.world, self.server, self.clock, self.database = bundle, world, server, clock, database
        self.key = world.keys.issue("soar")
        self.host = self._guarding(Host(bundle, database, clock))
        self.instance = self.host.add_instance(
            INTEGRATION, INSTANCE, {**self.secret(), "url": server.url, **(params or {})}
        )

    def secret(self) -> dict[str, Any]:
        """The parameters that the host keeps in memory only."""
        return {"credentials": {"identifier": "", "password": self.key}}

    def _guarding(self, host: Host) -> Host:
        """The host, which lets no run show an intake key of the tenant."""
        intakes = (intake.key for intake in self.world.intakes.all())
        host.guarded = (self.world.events.intake_key, *intakes)
        return host

    def configure(self, **params: Any) -> None:
        """Changes parameters of the instance, as a user does between two runs."""
        self.host.change_params(INSTANCE, params)
        self.instance = self.host.instance(INSTANCE)

    def restart(self) -> None:
        """The host dies and is opened again on its database."""
        self.host.close()
        self.host = self._guarding(Host(self.bundle, self.database, self.clock))
        self.host.supply_secret(INSTANCE, self.secret())
        self.instance = self.host.instance(INSTANCE)

    def minute(self, minutes: float = 1) -> Any:
        """Time passes, then the platform's schedule runs one fetch."""
        self.clock.advance(60 * minutes)
        return self.host.fetch(self.instance)

    def run(self, command: str, **arguments: str) -> Any:
        """One command from the war room's playground."""
        return self.host.run((command, arguments), self.instance)

    def fetched_ids(self) -> list[str]:
        """The short ids of all incidents, one entry an incident."""
        return [str(incident.dbot_mirror_id) for incident in self.host.incidents.all()]

    def close(self) -> None:
        """Lets the host go."""
        self.host.close()

    def __enter__(self) -> "Stage":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
