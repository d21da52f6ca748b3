"""Builds the query of an event search that finds given values in the fields where such values live."""

import ipaddress
import re
from typing import Any

import demistomock as demisto
from CommonServerPython import *

PREFIX, MOST_VALUES = "SekoiaXDR.HuntQuery", 50
ADDRESS_FIELDS = ("source.ip", "destination.ip", "host.ip")
OTHER_FIELDS = ("host.name", "user.name", "process.name", "file.name")
HASH_FIELDS = {
    32: ("file.hash.md5", "process.hash.md5"),
    40: ("file.hash.sha1", "process.hash.sha1"),
    64: ("file.hash.sha256", "process.hash.sha256"),
}
# What a value looks like -> the fields it is searched in; the first that fits counts.
SHAPES = (
    (r"[a-z][a-z0-9+.\-]*://.+", ("url.original", "url.full")),
    (r"[^@\s]+@[^@\s]+\.[^@\s]+", ("email.from.address", "email.to.address", "user.email")),
    (r"([a-z0-9_\-]+\.)+[a-z]{2,}", ("url.domain", "destination.domain", "dns.question.name", "host.name")),
)


def is_address(value: str) -> bool:
    """Whether the value is an IP address."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def fields_for(value: str) -> tuple[str, ...]:
    """The fields in which such a value lives."""
    if is_address(value):
        return ADDRESS_FIELDS
    if re.fullmatch(r"[0-9a-fA-F]+", value) and len(value) in HASH_FIELDS:
        return HASH_FIELDS[len(value)]
    return next((fields for shape, fields in SHAPES if re.fullmatch(shape, value, re.IGNORECASE)), OTHER_FIELDS)


def quoted(value: str) -> str:
    """A value between quotes, in which no sign means anything."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def field_name(value: str) -> str:
    """A name of a field; ValueError for anything else."""
    if re.fullmatch(r"[A-Za-z_@][\w.@\-]*", value) is None:
        raise ValueError(f"fields: {value!r} is no name of a field. Example: source.ip.")
    return value


def words(value: Any) -> list[str]:
    """The entries of a list or of a text with commas, each once, on one line."""
    return list(dict.fromkeys(text for each in argToList(value) if (text := " ".join(str(each).split()))))


def build_query(args: dict[str, Any]) -> CommandResults:
    """The query, one part for each field of each value, joined by OR."""
    values, fields = words(args.get("values")), tuple(field_name(each) for each in words(args.get("fields")))
    if not values:
        raise ValueError("values is empty: there is nothing to search.")
    if len(values) > MOST_VALUES:
        raise ValueError(f"{len(values)} values were given, {MOST_VALUES} at most fit in one query.")
    parts = [f"{field}:{quoted(value)}" for value in values for field in fields or fields_for(value)]
    query = " OR ".join(parts)
    return CommandResults(
        outputs_prefix=PREFIX,
        outputs_key_field="id",
        outputs={"id": "values", "query": query},
        readable_output="Query of the event search:\n```\n{}\n```".format(query.replace("`", "'")),
    )


def main() -> None:
    """The only place that talks to the platform."""
    try:
        return_results(build_query(demisto.args()))
    except Exception as error:
        return_error(f"The query was not built: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
