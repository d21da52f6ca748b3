"""Searching events as a client does: a job, some time, its events."""

from typing import Any

import requests

from lab.clock import TimeSource
from tests.sekoia.caller import Caller

JOBS = "/v1/sic/conf/events/search/jobs"
EVERYTHING: dict[str, Any] = {"term": "", "earliest_time": "-1d", "latest_time": "now", "visible": False}


def ask(api: Caller, **more: Any) -> requests.Response:
    """The answer to a new job, that finds everything of the last day unless more is said."""
    return api.call("POST", JOBS, json={**EVERYTHING, **more})


def opened(api: Caller, **more: Any) -> str:
    """The path of a new job."""
    answer = ask(api, **more)
    assert answer.status_code == 200, answer.text
    return f"{JOBS}/{answer.json()['uuid']}"


def find(api: Caller, clock: TimeSource, term: str = "", limit: int = 1000, **more: Any) -> list[dict[str, Any]]:
    """The events a job finds."""
    path = opened(api, term=term, **more)
    clock.sleep(10)
    assert api.json(path)["status"] == 2
    return api.items(f"{path}/events", limit=limit)
