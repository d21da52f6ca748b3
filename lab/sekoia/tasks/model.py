"""Asynchronous tasks: they wait, they run, they end; what they do happens at their end."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lab.clock import TimeSource
from lab.sekoia.agenda import Agenda
from lab.sekoia.ids import Ids
from lab.sekoia.refusals import Missing

ENDS = ("FINISHED", "FAILED", "CANCELED")


@dataclass(frozen=True)
class Course:
    """How a task goes: seconds until it starts, seconds that it runs, how it ends. One that fails does nothing."""

    starts_after: float = 1
    runs_for: float = 4
    ends: str = "FINISHED"

    def __post_init__(self) -> None:
        if self.ends not in ENDS:
            raise ValueError(f"a task ends in one of {ENDS}, not {self.ends!r}")


@dataclass(eq=False)
class Task:
    """One task; `progress` counts what it has done of `total`."""

    uuid: str
    kind: str
    total: int
    made_at: float
    course: Course
    progress: int = 0
    attributes: dict[str, Any] = field(default_factory=dict)

    def status(self, now: float) -> str:
        """PENDING, RUNNING, then how it ended."""
        passed = now - self.made_at
        if passed < self.course.starts_after:
            return "PENDING"
        return self.course.ends if passed >= self.course.starts_after + self.course.runs_for else "RUNNING"


class TaskBook:
    """The tasks of the tenant. `course` is how a task goes, unless `next_go` has said otherwise for it."""

    def __init__(self, ids: Ids, clock: TimeSource, agenda: Agenda) -> None:
        self.course = Course()
        self._ids, self._clock, self._agenda = ids, clock, agenda
        self._planned: deque[Course] = deque()
        self._by_uuid: dict[str, Task] = {}

    def next_go(self, *courses: Course) -> None:
        """How the next tasks go, one course for each."""
        self._planned.extend(courses)

    def start(self, kind: str, total: int, act: Callable[[], int]) -> Task:
        """A new task that calls `act` at its end and notes how much it did."""
        course = self._planned.popleft() if self._planned else self.course
        task = Task(self._ids.uuid(), kind, total, self._clock.time(), course)
        self._by_uuid[task.uuid] = task

        def end() -> None:
            if course.ends == "FINISHED":
                task.progress = act()

        self._agenda.note(task.made_at + course.starts_after + course.runs_for, end)
        return task

    def get(self, uuid: str) -> Task:
        """The task with that uuid; Missing when there is none."""
        task = self._by_uuid.get(uuid)
        if task is None:
            raise Missing("Unknown task")
        return task
