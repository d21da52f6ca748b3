"""The list of incidents as a table that is filtered and cut into pages inside the store."""

from dataclasses import dataclass

from lab.xsoar.store import Store

PAGE = 25
COLUMNS = ("name", "severity", "status", "occurred", "owner", "dbotMirrorId")
# What lists filter by is in an index, so that a filter reads no whole incident.
INDEX = "CREATE INDEX IF NOT EXISTS incidents_listed ON incidents ({})".format(
    ", ".join(f"json_extract(system, '$.{key}')" for key in ("status", "severity"))
)


@dataclass(frozen=True)
class Wanted:
    """Which incidents are wanted; None and '' mean any."""

    status: int | None = None
    severity: float | None = None
    text: str = ""
    page: int = 1


@dataclass(frozen=True)
class Row:
    """One incident of a list."""

    id: str
    type: str
    name: str
    severity: float
    status: int
    occurred: str
    owner: str
    remote_id: str


@dataclass(frozen=True)
class Sheet:
    """One page of a list."""

    rows: list[Row]
    total: int
    page: int
    pages: int


def sheet(store: Store, wanted: Wanted) -> Sheet:
    """The wanted page, newest incident first; a page beyond the last one is the last one."""
    conditions, values = _conditions(wanted)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    count = store.one(f"SELECT count(*) FROM incidents {where}", *values)  # noqa: S608 (values are bound)
    total = int(count[0]) if count else 0
    pages = max(1, -(-total // PAGE))
    page = min(max(1, wanted.page), pages)
    keys = ", ".join(f"json_extract(system, '$.{key}')" for key in COLUMNS)
    found = store.rows(
        f"SELECT id, type, {keys} FROM incidents WHERE id IN "  # noqa: S608 (values are bound)
        f"(SELECT id FROM incidents {where} ORDER BY id DESC LIMIT ? OFFSET ?) ORDER BY id DESC",
        *(*values, PAGE, PAGE * (page - 1)),
    )
    return Sheet([_row(one) for one in found], total, page, pages)


def _conditions(wanted: Wanted) -> tuple[list[str], list[object]]:
    conditions: list[str] = []
    values: list[object] = []
    for key, value in (("status", wanted.status), ("severity", wanted.severity)):
        if value is not None:
            conditions.append(f"json_extract(system, '$.{key}') = ?")
            values.append(value)
    if wanted.text:
        name, remote = "json_extract(system, '$.name')", "json_extract(system, '$.dbotMirrorId')"
        conditions.append(f"({name} LIKE ? ESCAPE '\\' OR {remote} = ? OR id = ?)")
        escaped = wanted.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        values += [f"%{escaped}%", wanted.text, wanted.text.removeprefix("#")]
    return conditions, values


def _row(found: tuple[object, ...]) -> Row:
    number, kind, name, severity, status, occurred, owner, remote = found
    return Row(
        id=str(number),
        type=str(kind),
        name=str(name or ""),
        severity=float(str(severity or 0)),
        status=int(str(status or 0)),
        occurred=str(occurred or ""),
        owner=str(owner or ""),
        remote_id=str(remote or ""),
    )
