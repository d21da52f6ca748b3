"""One SQLite file holds all that outlives a run; its schema is small enough to be read with `.schema`."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS instances (
    name TEXT PRIMARY KEY, integration TEXT NOT NULL, params TEXT NOT NULL,
    last_run TEXT NOT NULL DEFAULT '{}', last_mirror_run TEXT NOT NULL DEFAULT '{}',
    context TEXT NOT NULL DEFAULT '{}', context_version INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS incidents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, type TEXT NOT NULL,
    system TEXT NOT NULL, custom TEXT NOT NULL, labels TEXT NOT NULL, context TEXT NOT NULL DEFAULT '{}');
CREATE TABLE IF NOT EXISTS entries (
    number INTEGER PRIMARY KEY AUTOINCREMENT, incident TEXT NOT NULL, at REAL NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS entries_of ON entries (incident, number);
CREATE INDEX IF NOT EXISTS entries_tagged ON entries (incident) WHERE json_array_length(body, '$.Tags') > 0;
CREATE TABLE IF NOT EXISTS files (
    id TEXT PRIMARY KEY, incident TEXT NOT NULL, name TEXT NOT NULL, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS playground (one INTEGER PRIMARY KEY CHECK (one = 1), context TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS polls (
    number INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, incident TEXT NOT NULL, command TEXT NOT NULL,
    args TEXT NOT NULL, due REAL NOT NULL, ends REAL NOT NULL, interval REAL NOT NULL);
INSERT OR IGNORE INTO playground VALUES (1, '{}');
"""


def pack(value: Any) -> str:
    """JSON as the store keeps it; a value that is no JSON raises TypeError."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class Store:
    """A connection that commits only through `transaction()`; what is not committed is lost with the host."""

    def __init__(self, database: Path | str) -> None:
        self._db = sqlite3.connect(str(database), isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA synchronous=OFF")  # a host dies, the machine does not
        self._db.execute("PRAGMA journal_mode=WAL")  # a journal in memory would die with the host, in mid-commit
        self._db.executescript(SCHEMA)
        self._open = True

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing of it; any exception, death included, rolls back."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def write(self, sql: str, *values: Any) -> int:
        """Run one statement; the number of the last row inserted."""
        return self._db.execute(sql, values).lastrowid or 0

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self._db.execute(sql, values).fetchall()

    def one(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        row: tuple[Any, ...] | None = self._db.execute(sql, values).fetchone()
        return row

    def close(self) -> None:
        """Let go of the file; an open transaction is lost. May be called twice."""
        if self._open:
            self._open = False
            self._db.close()


class InstanceState:
    """What the platform keeps for one instance between runs: last run, last mirror run, integration context."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self.name = name

    def _read(self, column: str) -> Any:
        row = self._store.one(f"SELECT {column} FROM instances WHERE name = ?", self.name)  # noqa: S608 (own names)
        return json.loads(row[0]) if row else {}

    @property
    def last_run(self) -> dict[str, Any]:
        """A fresh copy each time, as over a wire."""
        value: dict[str, Any] = self._read("last_run")
        return value

    @property
    def last_mirror_run(self) -> dict[str, Any]:
        """A fresh copy each time."""
        value: dict[str, Any] = self._read("last_mirror_run")
        return value

    @property
    def context(self) -> dict[str, Any]:
        """The integration context, a fresh copy each time."""
        value: dict[str, Any] = self._read("context")
        return value

    @property
    def context_text(self) -> str:
        """The integration context as JSON text."""
        row = self._store.one("SELECT context FROM instances WHERE name = ?", self.name)
        return str(row[0]) if row else ""

    @property
    def context_version(self) -> int:
        """Number of times the integration context was written."""
        row = self._store.one("SELECT context_version FROM instances WHERE name = ?", self.name)
        return int(row[0]) if row else 0

    def keep_last_run(self, text: str) -> None:
        """Write the last run (JSON text); belongs inside the fetch's transaction."""
        self._store.write("UPDATE instances SET last_run = ? WHERE name = ?", text, self.name)

    def keep_last_mirror_run(self, text: str) -> None:
        """Write the last mirror run (JSON text) at once."""
        self._store.write("UPDATE instances SET last_mirror_run = ? WHERE name = ?", text, self.name)

    def keep_context(self, context: Mapping[str, Any]) -> None:
        """Write the integration context at once and count its version up."""
        self.keep_context_text(pack(context))

    def keep_context_text(self, text: str) -> None:
        """The same for one that is JSON text already: a large one is written at each step of mirroring."""
        self._store.write(
            "UPDATE instances SET context = ?, context_version = context_version + 1 WHERE name = ?", text, self.name
        )
