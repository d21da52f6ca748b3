"""The tenant's whole state: stores, clock, ids, knobs. It knows no HTTP."""

from collections.abc import Mapping
from threading import RLock
from typing import Any

from lab.clock import TimeSource
from lab.sekoia.agenda import Agenda
from lab.sekoia.alerts.birth import Tenant
from lab.sekoia.alerts.store import AlertStore
from lab.sekoia.assets.model import AssetStore
from lab.sekoia.cases.store import Books, CaseBook
from lab.sekoia.custom_fields.model import CustomFieldBook
from lab.sekoia.entities.model import EntityBook
from lab.sekoia.events.jobs import JobBook
from lab.sekoia.events.search import EventSearch
from lab.sekoia.events.store import EventStore
from lab.sekoia.exports.model import ExportBook
from lab.sekoia.faults import Faults
from lab.sekoia.identity.avatars import AvatarBook
from lab.sekoia.identity.model import KeyRing
from lab.sekoia.ids import Ids
from lab.sekoia.journal import Journal
from lab.sekoia.kill_chains.model import KillChains
from lab.sekoia.notebooks.model import NotebookBook
from lab.sekoia.pressure import Pressure
from lab.sekoia.scenario import play
from lab.sekoia.statuses.model import PriorityBook, StatusBook, VerdictBook
from lab.sekoia.switches import Switches
from lab.sekoia.tasks.model import TaskBook


class World:
    """One tenant. Whoever writes to it while calls are being served holds `lock`; the stores' own methods do."""

    alerts: AlertStore

    def __init__(self, clock: TimeSource, seed: int = 0) -> None:
        self.clock = clock
        self.seed = seed
        self.lock = RLock()
        self.reset(seed)

    def reset(self, seed: int | None = None) -> None:
        """Begin again: no alert, no key, no call, no fault, every switch at its default; None keeps the seed."""
        self.seed = self.seed if seed is None else seed
        self.ids = Ids(self.seed)
        self.switches = Switches()
        self.community = self.ids.of("community", "workspace")
        self.keys = KeyRing(self.ids, self.clock)
        self.avatars = AvatarBook(self.ids, self.community)
        self.statuses = StatusBook(self.ids)
        self.verdicts = VerdictBook(self.ids)
        self.priorities = PriorityBook(self.ids)
        self.kill_chains = KillChains(self.ids)
        self.entities = EntityBook(self.ids)
        self.assets = AssetStore(self.ids, self.clock, self.community)
        self.alerts = AlertStore(self._tenant(), self.clock, self.lock)
        self.events = EventStore(self.ids, self.clock, self.lock, self.alerts, self.assets)
        self.searches = JobBook(self.ids, self.clock, EventSearch(self.events, self.community))
        self.journal = Journal()
        self.faults = Faults()
        self.pressure = Pressure(self.switches, self.ids.stream("firewall"))
        self.ties = self.ids.stream("ties")
        self.stories = self.ids.stream("stories")
        self.agenda = Agenda()
        self.custom_fields = CustomFieldBook(self.ids)
        self.tasks = TaskBook(self.ids, self.clock, self.agenda)
        books = Books(self.alerts, self.events, self.priorities, self.avatars, self.custom_fields)
        self.cases = CaseBook(books, self.clock, self.lock)
        self.exports = ExportBook(self.ids, self.clock, self.tasks)
        self.notebooks = NotebookBook(self.ids, self.clock, self.events, self.alerts)

    def _tenant(self) -> Tenant:
        return Tenant(
            self.ids,
            self.switches,
            self.statuses,
            self.verdicts,
            self.kill_chains,
            self.entities,
            self.community,
        )

    def load(self, scenario: Mapping[str, Any]) -> None:
        """Play a parsed story into this world; what lies in the future happens when the clock gets there."""
        with self.lock:
            play(self, scenario)
            self.catch_up()

    def catch_up(self) -> None:
        """Let happen what is due by now."""
        self.agenda.run_until(self.clock.time())
