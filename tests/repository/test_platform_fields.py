"""Two tables tell of the fields that a platform brings along: the host's and the repository's. They agree."""

from pathlib import Path

import pytest
import yaml

from lab.xsoar.common_fields import COMMON_FIELDS, SYSTEM_ALIASES, SYSTEM_FIELDS
from tests.repository.pack_items import Field

TABLE = yaml.safe_load((Path(__file__).parent / "platform_fields.yml").read_text(encoding="utf-8"))
HOST_COMMON = {name: Field(name, cli_name, kind) for name, cli_name, kind in COMMON_FIELDS}
# The host checks these values more closely than their kind on the platform says, or keeps them in a simpler form.
HOST_KINDS = {
    "severity": "severity",
    "labels": "labels",
    "owner": "shortText",
    "closeReason": "shortText",
    "dbotMirrorTags": "tagsSelect",
}


def rows(section: str) -> list[Field]:
    return [Field(row["name"], row["cliName"], row["type"]) for row in TABLE[section]]


@pytest.mark.parametrize(
    "field", [row for row in rows("common_types") if row.name in HOST_COMMON], ids=lambda f: f.name
)
def test_common_field_is_the_same_in_both_tables(field: Field) -> None:
    assert HOST_COMMON[field.name] == field


@pytest.mark.parametrize("field", [row for row in rows("system") if row.name in SYSTEM_FIELDS], ids=lambda f: f.name)
def test_system_field_is_of_the_same_kind_in_both_tables(field: Field) -> None:
    assert SYSTEM_FIELDS[field.name] == HOST_KINDS.get(field.name, field.type)


def test_each_difference_in_kind_is_a_real_one() -> None:
    declared = {row.name: row.type for row in rows("system")}
    assert [name for name, kind in HOST_KINDS.items() if declared[name] == kind] == []


def test_no_name_is_given_twice() -> None:
    names = [name for name, _, _ in COMMON_FIELDS] + list(SYSTEM_FIELDS)
    keys = [cli_name for _, cli_name, _ in COMMON_FIELDS]
    assert (len(names), len(keys)) == (len(set(names)), len(set(keys)))


def test_each_alias_leads_to_a_system_field() -> None:
    assert set(SYSTEM_ALIASES.values()) <= SYSTEM_FIELDS.keys()


def test_a_field_of_one_table_is_no_field_of_the_other_kind() -> None:
    assert {row.name for row in rows("common_types")} & SYSTEM_FIELDS.keys() == set()
    assert {row.name for row in rows("system")} & HOST_COMMON.keys() == set()
