"""Exports of search jobs: a task that ends with a file in a store, at an address that is its own key."""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from lab.clock import TimeSource
from lab.sekoia.events.model import DONE, Event, Job
from lab.sekoia.ids import Ids
from lab.sekoia.refusals import Clash, Unfit
from lab.sekoia.tasks.model import Task, TaskBook

DEFAULT_FIELDS = ("@timestamp", "message")
MOST_OF_ONE_JOB = 10
KEPT_FOR = 24 * 3600.0
OVER = ("FINISHED", "FAILED", "CANCELED")


@dataclass(frozen=True)
class StoredFile:
    """A file in the store, with the signature its address needs."""

    signature: str
    content: bytes
    expires_at: float


class ExportBook:
    """The exports of the tenant and their files."""

    def __init__(self, ids: Ids, clock: TimeSource, tasks: TaskBook) -> None:
        self._ids, self._clock, self._tasks = ids, clock, tasks
        self._running: list[Task] = []
        self._by_job: Counter[str] = Counter()
        self.files: dict[str, StoredFile] = {}

    def start(self, job: Job, fields: Iterable[str], address: Callable[[str, str], str]) -> Task:
        """A task that writes the events of a finished job; `address` makes the file's from name and signature."""
        now = self._clock.time()
        if job.status(now) != DONE:
            raise Unfit("The event search job is not finished", ("path", "event_search_job_uuid"))
        kept, names = job.kept(now), tuple(fields) or DEFAULT_FIELDS
        if any("*" in name for name in names):
            raise Unfit("Input payload validation failed: fields: wildcards are not supported", ("body", "fields"))
        self._running = [task for task in self._running if task.status(now) not in OVER]
        if self._running:
            raise Clash("Another export is running")
        if self._by_job[job.uuid] >= MOST_OF_ONE_JOB:
            raise Clash("The event search job has been exported too often")
        self._by_job[job.uuid] += 1

        def write() -> int:
            name, signature = f"{task.uuid}.jsonl.gz", self._ids.token(24)
            content = gzip.compress(b"".join(_line(event, names, now) for event in kept), mtime=0)
            self.files[name] = StoredFile(signature, content, self._clock.time() + KEPT_FOR)
            task.attributes["download_url"] = address(name, signature)
            return len(kept)

        task = self._tasks.start("export", len(kept), write)
        self._running.append(task)
        return task


def _line(event: Event, names: Iterable[str], now: float) -> bytes:
    fields: dict[str, Any] = event.fields(now)
    fields["@timestamp"] = fields.get("timestamp")
    return json.dumps({name: fields.get(name) for name in names}).encode() + b"\n"
