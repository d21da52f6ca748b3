"""Keeps a run from changing anything at the other end: only requests that read leave the machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from lab.xsoar.errors import HostError

READING = ("GET", "HEAD", "OPTIONS")


class WriteRefused(HostError):
    """The pack wanted to send a request that is no reading one."""


@contextmanager
def reading_only() -> Iterator[None]:
    """Inside, a request with any other method is refused before it is sent."""
    send = requests.Session.send

    def guarded(session: requests.Session, request: requests.PreparedRequest, **said: Any) -> requests.Response:
        if request.method not in READING:
            raise WriteRefused(
                f"{request.method} {request.path_url}: this console only reads. "
                "Start it with --allow-writes (make: WRITES=1)."
            )
        return send(session, request, **said)

    requests.Session.send = guarded  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        requests.Session.send = send  # type: ignore[method-assign]
