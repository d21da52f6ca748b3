"""The search jobs of the tenant, and how the next ones will go."""

from collections import deque

from lab.clock import TimeSource
from lab.sekoia.actors import Actor
from lab.sekoia.events.model import Asked, Job, Plan, Search
from lab.sekoia.ids import Ids
from lab.sekoia.refusals import Missing


class JobBook:
    """Jobs in the order they were made. `plan` is how a job goes, unless `next_go` has said otherwise for it."""

    def __init__(self, ids: Ids, clock: TimeSource, search: Search) -> None:
        self.plan = Plan()
        self._ids = ids
        self._clock = clock
        self._search = search
        self._planned: deque[Plan] = deque()
        self._by_uuid: dict[str, Job] = {}

    def next_go(self, *plans: Plan) -> None:
        """How the next jobs go, one plan for each; those after them go by `plan` again."""
        self._planned.extend(plans)

    def open(self, asked: Asked, by: Actor, ends: str | None = None) -> Job:
        """A new job; `ends` overrules the plan's end."""
        plan = self._planned.popleft() if self._planned else self.plan
        if ends is not None:
            plan = Plan(plan.starts_after, plan.runs_for, ends, plan.results_ttl)
        job = Job(self._ids.uuid(), asked, by, self._clock.time(), plan, self._search)
        self._by_uuid[job.uuid] = job
        return job

    def get(self, uuid: str) -> Job:
        """The job with that uuid; Missing when there is none."""
        job = self._by_uuid.get(uuid)
        if job is None:
            raise Missing("Unknown event search job")
        return job

    def all(self) -> list[Job]:
        """Every job."""
        return list(self._by_uuid.values())
