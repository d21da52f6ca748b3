"""A recording: a folder with one small file for each request and its answer, to be read before it is handed on."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lab.tape.redact import MOMENT, Redactor

ABOUT = "tape.json"
KEPT_HEADERS = ("retry-after",)
LEFT_OUT = "left out: no JSON"
MOMENTS = re.compile(MOMENT.pattern)


class NoTape(Exception):
    """A folder is no recording, or cannot become one."""


@dataclass(frozen=True)
class Asked:
    """A request as far as it decides the answer: its body counts with the names of its parts."""

    method: str
    path: str
    query: list[list[str]] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """What has to be the same in a replay: all of it, except at which moment the clock stood."""
        query = "&".join(f"{name}={MOMENTS.sub('…', value)}" for name, value in sorted(map(tuple, self.query)))
        return f"{self.method} {self.path}?{query} {','.join(self.parts)}"

    def __str__(self) -> str:
        query = "&".join(f"{name}={value}" for name, value in self.query)
        return f"{self.method} {self.path}{'?' if query else ''}{query}"


@dataclass(frozen=True)
class Exchange:
    """A request, the status and the body of its answer; a body that is no JSON is left out."""

    asked: Asked
    status: int
    body: Any = None
    is_json: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)


def asked(method: str, target: str, body: bytes) -> Asked:
    """A request as it came in."""
    parts = urlsplit(target)
    query = [[name, value] for name, value in parse_qsl(parts.query, keep_blank_values=True)]
    sent = json_of(body)
    names = sorted(map(str, sent)) if isinstance(sent, dict) else []
    return Asked(method, parts.path.removeprefix("/api"), query, names)


def json_of(body: bytes) -> Any:
    """The body as JSON, or None."""
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None


def redacted(request: Asked, status: int, headers: Mapping[str, str], body: bytes, by: Redactor) -> Exchange:
    """An exchange without what it tells."""
    found, is_json = json_of(body), not body or json_of(body) is not None or body.strip() == b"null"
    query = [list(pair) for pair in by.query([(name, value) for name, value in request.query])]
    told = Asked(request.method, by.path(request.path), query, sorted(map(by.name, request.parts)))
    kept = {
        name.lower(): value for name, value in headers.items() if name.lower() in KEPT_HEADERS and value.isdecimal()
    }
    return Exchange(told, status, by.value(found) if is_json else LEFT_OUT, is_json, kept)


class Tape:
    """A folder that is being written. `started` is the moment of the first request, epoch seconds."""

    def __init__(self, folder: Path, started: float, settings: Mapping[str, Any]) -> None:
        if folder.exists() and any(folder.iterdir()):
            raise NoTape(f"{folder} is not empty: a recording has a folder of its own, with pseudonyms of its own.")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._redactor, self.count = folder, Redactor(), 0
        _write(folder / ABOUT, {"started": started, "settings": dict(settings)})

    def keep(self, request: Asked, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Adds one exchange."""
        self.count += 1
        told = redacted(request, status, headers, body, self._redactor)
        words = re.sub(r"[^a-z0-9]+", "-", f"{told.asked.method} {told.asked.path}".lower()).strip("-")
        _write(self._folder / f"{self.count:04d}-{words[:80]}.json", asdict(told))


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Recording:
    """A recording as it was written."""

    started: float
    settings: Mapping[str, Any]
    exchanges: list[Exchange]


def read(folder: Path) -> Recording:
    """Reads a recording; raises NoTape."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NoTape(f"{folder} holds no recording: there is no {ABOUT} in it.") from error
    return Recording(float(about["started"]), about["settings"], list(_exchanges(folder)))


def _exchanges(folder: Path) -> Iterator[Exchange]:
    for path in sorted(folder.glob("[0-9]*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        yield Exchange(**{**found, "asked": Asked(**found["asked"])})
