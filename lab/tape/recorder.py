"""Stands between the pack and the API: passes each request on as it is, and keeps the answer redacted."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from urllib.parse import urlsplit

import requests

from lab.tape.loopback import Answer, Loopback
from lab.tape.tape import Tape, asked

NOT_PASSED_ON = ("host", "connection", "content-length", "accept-encoding")
PASSED_BACK = ("content-type", "location", "retry-after")
SECONDS = 120


@contextmanager
def recording(upstream: str, tape: Tape) -> Iterator[str]:
    """The address to use instead of the API's while the tape runs. The key goes through and is written nowhere."""
    parts, lock = urlsplit(upstream), Lock()
    session = requests.Session()
    session.auth = lambda request: request  # the pack's own key goes through, not one that a file of this machine holds

    def give(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        sent = {name: value for name, value in headers.items() if name.lower() not in NOT_PASSED_ON}
        address = f"{parts.scheme}://{parts.netloc}{target}"
        try:
            came = session.request(
                method, address, headers=sent, data=body or None, allow_redirects=False, timeout=SECONDS
            )
        except requests.RequestException:
            return Answer(0)  # no answer there, so none here
        with lock:
            tape.keep(asked(method, target, body), came.status_code, came.headers, came.content)
        back = {name: value for name, value in came.headers.items() if name.lower() in PASSED_BACK}
        return Answer(came.status_code, came.content, back)

    with session, Loopback(give) as server:
        yield server.url + parts.path.rstrip("/")
