"""A value in a query fits what a description says of it, or the complaint names it."""

import json
from pathlib import Path

import pytest

from tests.description import Description
from tests.ears import Said, Seen

SCHEMAS = {
    "limit": {"type": "integer", "minimum": 1, "maximum": 100},
    "with_count": {"type": "boolean"},
    "sort": {"anyOf": [{"type": "string", "enum": ["name", "urgency"]}, {"type": "null"}]},
    "match[priority]": {"type": "string", "enum": ["low", "high"]},
    "date[created_at]": {"type": "string", "format": "date-range"},
    "uuids": {"type": "array", "items": {"type": "string", "format": "uuid"}},
    "title": {"type": "string"},
}
UUID = "b5e3ad4c-2a16-4b1f-9d2c-0d7f0f6f3d51"


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> Description:
    """A small one."""
    parameters = [{"in": "query", "name": name, "schema": schema} for name, schema in SCHEMAS.items()]
    file = tmp_path_factory.mktemp("description") / "openapi.json"
    file.write_text(json.dumps({"paths": {"/things": {"get": {"parameters": parameters}}}}))
    return Description(file)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "100"),
        ("with_count", "true"),
        ("sort", "urgency"),
        ("match[priority]", "low,high"),
        ("date[created_at]", "2026-03-01T10:00:00Z,now"),
        ("date[created_at]", ",2026-03-01T10:00:00.5+01:00"),
        ("uuids", UUID),
        ("title", "1"),
        ("title", "true"),
    ],
)
def test_good_value_fits(description: Description, name: str, value: str) -> None:
    assert list(description.value_complaints(Said("GET", "/things", name, value))) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "101"),
        ("limit", "1.5"),
        ("limit", ""),
        ("with_count", "True"),
        ("with_count", "1"),
        ("sort", "name,urgency"),
        ("match[priority]", "low,medium"),
        ("date[created_at]", "2026-03-01T10:00:00Z"),
        ("date[created_at]", ","),
        ("date[created_at]", "yesterday,now"),
        ("uuids", "AL1"),
    ],
)
def test_bad_value_is_complained_of(description: Description, name: str, value: str) -> None:
    complaints = list(description.value_complaints(Said("GET", "/things", name, value)))
    assert [text.startswith(f"GET /things query {name} value: ") for text in complaints] == [True]


def test_small_numbers_are_told_apart_and_moments_are_not() -> None:
    kinds = [Said("GET", "/things", "x", value).kind for value in ("20", "1000", "2026-03-01T10:00:00Z", UUID)]
    assert kinds == ["20", "1000", "0000-00-00T00:00:00Z", "*"]


def test_call_of_a_service_that_was_left_out_is_not_called_unknown(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps({"paths": {}, "x-left-out": ["/v1/conf"]}))
    calls = [Seen("GET", path, (), None, 200, None) for path in ("/v1/conf/x", "/v1/confx")]
    assert [list(Description(file).complaints(call)) for call in calls] == [[], ["GET /v1/confx path: unknown"]]
