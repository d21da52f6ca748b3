"""One request and one reply, as plain values: what crosses the border between the socket and the tenant."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lab.sekoia.refusals import Unfit


@dataclass(frozen=True)
class Request:
    """What the client sent. `path` has lost its `/api` prefixes, `query` is decoded, header names are lower case."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    target: str

    def json(self) -> Any:
        """The body as JSON, None when there is none; Unfit when it cannot be read."""
        if not self.body:
            return None
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Unfit("Input payload validation failed: the body is not JSON", ("body",)) from error


@dataclass
class Wire:
    """How the bytes leave: `plain`, `reset`, `cut`, `drip` or `stall`, with its two measures."""

    manner: str = "plain"
    seconds: float = 0.0
    chunk: int = 0


@dataclass
class Reply:
    """What the client gets, unless `wire` spoils it on the way."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    wire: Wire = field(default_factory=Wire)


def request_of(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
    """The request of a raw target such as `/api/v1/sic/alerts?match%5Buuid%5D=x`."""
    parts = urlsplit(target)
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        query.setdefault(name, []).append(value)
    return Request(method, without_api(parts.path), query, headers, body, target)


def without_api(path: str) -> str:
    """The path as an `api.` host sees it: `/api/v1/…` and `/api/api/v1/…` are the same as `/v1/…`."""
    while path.startswith("/api/"):
        path = path[4:]
    return path


def compact(payload: Any) -> bytes:
    """JSON without spaces."""
    return _ENCODER.encode(payload).encode()


_ENCODER = json.JSONEncoder(separators=(",", ":"))


def json_reply(payload: Any, status: int = 200) -> Reply:
    """A reply with that JSON."""
    return raw_json(compact(payload), status)


def raw_json(body: bytes, status: int = 200) -> Reply:
    """A reply with JSON that is already written."""
    return Reply(status, body, {"Content-Type": "application/json"})


def empty_reply(status: int = 204) -> Reply:
    """A reply without a body."""
    return Reply(status)


def html_reply(status: int, title: str) -> Reply:
    """A page as a proxy or a firewall in front of the platform answers."""
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Reply(status, page.encode(), {"Content-Type": "text/html; charset=utf-8"})
