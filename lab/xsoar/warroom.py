"""War room entries: what a command shows, kept with all that its rendering needs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.xsoar.errors import UnknownName
from lab.xsoar.store import Store, pack

NOTE, FILE, ERROR, IMAGE, INFO_FILE, WARNING, METRICS = 1, 3, 4, 7, 9, 11, 19
FILE_KINDS = (FILE, IMAGE, INFO_FILE)
TEXT, JSON, MARKDOWN = "text", "json", "markdown"
PLAYGROUND = "playground"


@dataclass(frozen=True)
class Entry:
    """One entry; `body` is the whole of what the code gave."""

    id: str
    incident: str
    at: float
    body: Mapping[str, Any]

    @property
    def type(self) -> int:
        """The platform's number of the entry's kind."""
        return int(self.body["Type"])

    @property
    def is_error(self) -> bool:
        """Whether it is shown in red."""
        return self.type == ERROR

    @property
    def contents(self) -> Any:
        """The raw contents."""
        return self.body.get("Contents")

    @property
    def contents_format(self) -> str:
        """How Contents is to be read: text, json, markdown, html, table."""
        return str(self.body.get("ContentsFormat") or TEXT)

    @property
    def human_readable(self) -> str | None:
        """Markdown for people, or None."""
        value = self.body.get("HumanReadable")
        return None if value is None else str(value)

    @property
    def shown(self) -> str:
        """What an analyst sees: the readable text, else the contents."""
        if self.human_readable:
            return self.human_readable
        return self.contents if isinstance(self.contents, str) else json.dumps(self.contents, indent=2)

    @property
    def context(self) -> Mapping[str, Any]:
        """Outputs under their DT keys."""
        value: Mapping[str, Any] = self.body.get("EntryContext") or {}
        return value

    @property
    def tags(self) -> list[str]:
        """Tags of the entry."""
        return list(self.body.get("Tags") or [])

    @property
    def note(self) -> bool:
        """Whether it is marked as a note."""
        return bool(self.body.get("Note"))

    @property
    def file_name(self) -> str | None:
        """Name of the file it carries, or None."""
        return str(self.body["File"]) if self.type in FILE_KINDS else None

    @property
    def file_id(self) -> str | None:
        """Key of the stored file, or None."""
        return str(self.body["FileID"]) if self.type in FILE_KINDS else None


def as_body(value: Any) -> dict[str, Any]:
    """An entry as the platform keeps whatever `demisto.results` was given."""
    if isinstance(value, dict) and "Type" in value:
        return value
    if isinstance(value, str):
        return {"Type": NOTE, "ContentsFormat": TEXT, "Contents": value}
    if isinstance(value, dict) and {"Contents", "ContentsFormat"} <= set(value):
        return {"Type": NOTE, **value}
    return {"Type": NOTE, "ContentsFormat": JSON, "Contents": value}


class WarRoom:
    """Entries and files in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, incident: str, at: float, body: Mapping[str, Any]) -> Entry:
        """Keep one entry inside the caller's transaction."""
        number = self._store.write(
            "INSERT INTO entries (incident, at, body) VALUES (?, ?, ?)", incident, at, pack(dict(body))
        )
        return Entry(f"{number}@{incident}", incident, at, dict(body))

    def entries(self, incident: str, after: int = 0) -> list[Entry]:
        """The entries of one war room, oldest first: all, or those after the one of that number."""
        sql = "SELECT number, at, body FROM entries WHERE incident = ? AND number > ? ORDER BY number"
        rows = self._store.rows(sql, incident, after)
        return [Entry(f"{number}@{incident}", incident, at, json.loads(body)) for number, at, body in rows]

    def keep_file(self, file_id: str, incident: str, name: str, content: bytes) -> None:
        """Keep a file that an entry carries."""
        self._store.write("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", file_id, incident, name, content)

    def file(self, reference: str) -> tuple[str, bytes]:
        """Name and content by file id or by the id of the entry that carries it; raises UnknownName."""
        row = self._store.one("SELECT name, content FROM files WHERE id = ?", self._file_id(reference))
        if row is None:
            raise UnknownName("file", reference)
        return str(row[0]), bytes(row[1])

    def _file_id(self, reference: str) -> str:
        number, mark, incident = reference.partition("@")
        if not mark:
            return reference
        row = self._store.one("SELECT body FROM entries WHERE number = ? AND incident = ?", number, incident)
        return str(json.loads(row[0]).get("FileID")) if row else reference
