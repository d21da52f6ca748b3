"""What journeys of mirroring do again and again: an alert that was fetched, a round, a look at either side."""

from typing import Any

from lab.sekoia.alerts.model import Alert
from lab.xsoar.host import Host
from lab.xsoar.incidents import Incident
from lab.xsoar.mirror import Round
from tests.stage import Stage

BOTH = {"mirror_direction": "Incoming and Outgoing"}
ALL_ON = {**BOTH, "close_incident": True, "reopen_incident": True, "close_out": True, "reopen_out": True}
TAG_OUT, TAG_IN = "comments", "CommentFromSekoia"


class Desk:
    """A stage whose instance mirrors."""

    def __init__(self, stage: Stage, **settings: Any) -> None:
        self.stage = stage
        stage.configure(**{**ALL_ON, **settings})

    @property
    def host(self) -> Host:
        """The host, also after it was started again."""
        return self.stage.host

    def fetched(self, title: str = "Beacon", **said: Any) -> tuple[Alert, str]:
        """An alert and the id of its incident."""
        alert = self.stage.world.alerts.raise_alert(title, **{"urgency": 62, **said})
        (created,) = self.stage.minute().created
        return alert, str(created.id)

    def round(self, minutes: float = 1, count: int = 1) -> Round:
        """Time passes and the server makes a round; the last one of so many."""
        for _ in range(count):
            self.stage.clock.advance(60 * minutes)
            done = self.host.mirror(self.stage.instance)
        return done

    def incident(self, number: str) -> Incident:
        """An incident as it is now."""
        return self.host.incidents.get(number)

    def entries(self, number: str, tag: str = TAG_IN) -> list[str]:
        """The texts of the war room's entries with that tag."""
        return [entry.shown for entry in self.host.warroom(number) if tag in entry.tags]

    def writes(self) -> list[str]:
        """The changes that were sent to the tenant."""
        return [f"{call.method} {call.path}" for call in self.stage.world.journal.calls if call.method != "GET"]

    def calls(self) -> int:
        """The number of calls so far."""
        return len(self.stage.world.journal.calls)


def comments_of(alert: Alert) -> list[str]:
    """The comments of an alert, oldest first."""
    return [one.content for one in alert.comments]
