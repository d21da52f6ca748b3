"""What journeys of mirroring do again and again: an alert that was fetched, a round, a look at either side."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from lab.sekoia.alerts.model import Alert
from lab.sekoia.faults import Fault
from lab.xsoar.host import Host
from lab.xsoar.incidents import Incident
from lab.xsoar.mirror import Round
from tests.stage import INSTANCE, Stage

BOTH = {"mirror_direction": "Incoming and Outgoing"}
ALL_ON = {**BOTH, "close_incident": True, "reopen_incident": True, "close_out": True, "reopen_out": True}
TAG_OUT, TAG_IN = "comments", "CommentFromSekoia"
RESOLVED = {"closeReason": "Resolved", "closeNotes": "done"}
WEEK_AND_A_DAY = 8 * 86_400


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

    def told(self, number: str) -> list[str]:
        """What the war room says of changes that were not mirrored."""
        return [entry.shown for entry in self.host.warroom(number) if "Not mirrored" in entry.shown]

    def fails(self, on: str, status: int = 503) -> None:
        """From now on these calls fail, until the API recovers."""
        self.stage.world.faults.arm(Fault(on, status=status, times=None))

    def recovers(self, rounds: int = 4) -> None:
        """The API answers again, and some rounds pass."""
        self.stage.world.faults.clear()
        self.round(count=rounds)

    def close(self, number: str, script: bool = True) -> None:
        """The incident is closed, with its type's closing script or without one."""
        if script:
            self.host.close_incident(number, RESOLVED)
            return
        self.host.incidents.change(number, {**RESOLVED, "status": 2})
        self.host.mirroring.touched(number, {"closeReason": "", "closeNotes": "", "closingUserId": ""}, turned=True)

    def hand_over(self, number: str) -> None:
        """The server sends what changed of one incident, beside whatever else runs."""
        self.host.mirroring._send_one(self.stage.instance, self.incident(number), Round())

    def bring(self, alert: Alert, number: str) -> None:
        """The server brings one alert in, beside whatever else runs."""
        self.host.mirroring._update(self.stage.instance, number, alert.short_id, Round())

    def fill_outbox(self, busy: bool = False) -> None:
        """As much waits to be sent as may; `busy`: and another run is sending all of it."""
        state = self.host.state(INSTANCE)
        wish = {"fields": {"title": "x"}, **({"try": int(1e12)} if busy else {})}
        waiting = {f"AL{number:010d}": wish for number in range(201)}
        state.keep_context({**state.context, "mirror": {**state.context["mirror"], "out": waiting}})

    @contextmanager
    def amid(self, is_time: Callable[[], bool], act: Callable[[], object]) -> Iterator[None]:
        """In the middle of what runs here something happens once: at the first call of the platform when it is time."""

        def hook(call: str) -> None:
            if is_time():
                self.host.hooks.before_platform_call = None
                act()

        self.host.hooks.before_platform_call = hook
        yield
        assert self.host.hooks.before_platform_call is None, "it was never time"

    def map_both_ways(self) -> None:
        """From now on the custom field Ticket is taken out of the incident's classification and back into it."""
        self.stage.world.custom_fields.define("Ticket")
        mappers = dict(self.host.bundle.mappers)
        lines = {
            "Outgoing": ("custom_field.Ticket", "classification"),
            "Incoming": ("Classification", "custom_fields.[0].value"),
        }
        for way, (to, path) in lines.items():
            mapper = copy.deepcopy(mappers[f"Sekoia XDR - {way} Mapper"])
            mapper["mapping"]["Sekoia XDR"]["internalMapping"][to] = {"simple": path}
            mappers[f"Sekoia XDR - {way} Mapper"] = mapper
        self.host.bundle = replace(self.host.bundle, mappers=mappers)


def comments_of(alert: Alert) -> list[str]:
    """The comments of an alert, oldest first."""
    return [one.content for one in alert.comments]


def values_of(alert: Alert) -> list[str]:
    """The values of an alert's custom fields."""
    return [row["value"] for row in alert.facts["custom_fields"]]


def verdict_of(alert: Alert) -> str:
    """The label of an alert's verdict, or ''."""
    return alert.ruling.verdict.label if alert.ruling else ""
