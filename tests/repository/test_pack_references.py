"""Every name by which one content item calls another one leads somewhere: the SDK does not check it."""

import re
from collections.abc import Collection
from typing import Any

import pytest

from tests.repository.pack_items import (
    ALL_TYPES,
    Field,
    Item,
    classifier,
    form_fields,
    incoming_mapper,
    integration,
    items,
    known_fields,
    mapped_paths,
    outgoing_mapper,
    pack_fields,
    raw_alert,
    tab_fields,
    tabs,
)

MISSING = object()

# Kept off the layout: no value yet, or of use to scripts alone.
FIELDS_OFF_THE_LAYOUT = {"sekoiaxdrmirrorout", "sekoiaxdrmirrorbase", "sekoiaxdralertreject"}

# Timers run on the platform; the verdict is asked in the closing form.
KEPT_BY_THE_PLATFORM = {"SekoiaXDR Acknowledge SLA", "SekoiaXDR Close SLA", "SekoiaXDR Close Verdict"}

# Shaped values that no field of its own shows, because another field already holds them.
VALUES_WITHOUT_A_FIELD: set[str] = set()

# A field that indicators are extracted from holds an indicator and nothing else.
FIELDS_OF_INDICATORS = {"sourceip", "destinationip", "domainname", "filehash", "additionalemailaddresses"}


# --- what is checked --------------------------------------------------------------------------------------------------


def value_at(raw: Any, path: str) -> Any:
    """The value at a dotted path, `MISSING` where a step of it does not exist."""
    for step in path.split("."):
        if not isinstance(raw, dict) or step not in raw:
            return MISSING
        raw = raw[step]
    return raw


def unknown_classes(item: Item, types: Collection[str]) -> set[str]:
    """The incident types that a classifier gives and the pack does not ship."""
    return {item["defaultIncidentType"], *item["keyTypeMap"].values()} - set(types)


def unknown_targets(mapper: Item, fields: Collection[Field]) -> set[str]:
    """The incident fields that a mapper fills and nobody defines."""
    return {name for block in mapped_paths(mapper).values() for name in block} - {field.name for field in fields}


def dead_paths(mapper: Item, raw: Item) -> set[str]:
    """The paths that a mapper reads and a raw alert does not have."""
    paths = {path for block in mapped_paths(mapper).values() for path in block.values()}
    return {path for path in paths if value_at(raw, path) is MISSING}


def unknown_layout_fields(layout: Item, fields: Collection[Field]) -> set[str]:
    """The fields that a layout shows and nobody defines."""
    shown = {name for tab in tabs(layout) for name in tab_fields(tab)} | set(form_fields(layout))
    return shown - {field.cli_name for field in fields}


def suits(value: Any, field: Field, columns: Collection[str] = ()) -> bool:
    """Whether a field can hold a value; null suits every field."""
    if value is None:
        return True
    if field.type == "grid":
        return isinstance(value, list) and all(isinstance(row, dict) and set(row) <= set(columns) for row in value)
    if field.type == "multiSelect":
        return isinstance(value, str) or (isinstance(value, list) and all(isinstance(entry, str) for entry in value))
    if field.type == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if field.type == "boolean":
        return isinstance(value, bool)
    if field.type == "date":
        return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value) is not None
    return isinstance(value, str)


# --- the pack ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def type_names() -> set[str]:
    return {item["name"] for item in items("IncidentTypes")}


def test_classifier_gives_only_types_of_the_pack(type_names: set[str]) -> None:
    assert unknown_classes(classifier(), type_names) == set()


def test_classifier_names_every_type_that_the_settings_offer() -> None:
    (parameter,) = [row for row in integration()["configuration"] if row["name"] == "alerts_type"]
    assert set(parameter["options"]) - {"appsacan"} - set(classifier()["keyTypeMap"]) == set()


def test_classifier_key_exists_in_an_alert() -> None:
    assert value_at(raw_alert(), classifier()["transformer"]["simple"]) is not MISSING


def test_mapper_serves_types_of_the_pack_and_all_types(type_names: set[str]) -> None:
    assert set(incoming_mapper()["mapping"]) == type_names | {ALL_TYPES}


def test_mapper_fills_only_fields_that_exist() -> None:
    assert unknown_targets(incoming_mapper(), known_fields()) == set()


def test_mapper_reads_only_paths_that_an_alert_has() -> None:
    assert dead_paths(incoming_mapper(), raw_alert()) == set()


def test_every_shaped_value_of_an_alert_is_mapped() -> None:
    read = set(mapped_paths(incoming_mapper())["Sekoia XDR"].values())
    shaped = {f"xsoar.{key}" for key in raw_alert()["xsoar"]}
    assert shaped - read == VALUES_WITHOUT_A_FIELD


def test_every_mapped_value_suits_its_field() -> None:
    fields = {field.name: field for field in known_fields()}
    columns = {
        item["name"]: [column["key"] for column in item["columns"]]
        for item in items("IncidentFields")
        if item["type"] == "grid"
    }
    raw = raw_alert()
    unsuited = {
        name: path
        for block in mapped_paths(incoming_mapper()).values()
        for name, path in block.items()
        if not suits(value_at(raw, path), fields[name], columns.get(name, ()))
    }
    assert unsuited == {}


def test_every_field_of_the_pack_is_mapped_or_asked_at_close() -> None:
    mapped = set(mapped_paths(incoming_mapper())["Sekoia XDR"])
    assert {field.name for field in pack_fields()} - mapped == {"SekoiaXDR Alert Reject", *KEPT_BY_THE_PLATFORM}


def test_mapper_uses_no_script_to_transform() -> None:
    targets = [
        target for block in incoming_mapper()["mapping"].values() for target in block["internalMapping"].values()
    ]
    assert all(not target["complex"]["transformers"] for target in targets if "complex" in target)


def test_outgoing_mapper_reads_only_fields_that_exist(type_names: set[str]) -> None:
    known = {field.cli_name for field in known_fields()} | {"closeReason", "closeNotes"}
    paths = mapped_paths(outgoing_mapper())
    assert set(paths) == type_names
    assert {path for block in paths.values() for path in block.values()} - known == set()


@pytest.mark.parametrize("layout", items("Layouts"), ids=lambda layout: "+".join(layout["marketplaces"]))
def test_layout_shows_only_fields_that_exist(layout: Item) -> None:
    assert unknown_layout_fields(layout, known_fields()) == set()


@pytest.mark.parametrize("layout", items("Layouts"), ids=lambda layout: "+".join(layout["marketplaces"]))
def test_layout_shows_every_field_of_the_pack(layout: Item) -> None:
    shown = {name for tab in tabs(layout) for name in tab_fields(tab)}
    assert {field.cli_name for field in pack_fields()} - shown == FIELDS_OFF_THE_LAYOUT
    assert "sekoiaxdrmirrorbase" not in form_fields(layout)


@pytest.mark.parametrize("layout", items("Layouts"), ids=lambda layout: "+".join(layout["marketplaces"]))
def test_no_form_asks_for_a_field_twice(layout: Item) -> None:
    for form in ("quickView", "edit", "close"):
        names = form_fields({form: layout[form]})
        assert sorted(names) == sorted(set(names)), form


def test_layout_of_each_type_exists_once_in_each_marketplace() -> None:
    marketplaces = sorted(market for layout in items("Layouts") for market in layout["marketplaces"])
    assert marketplaces == ["marketplacev2", "platform", "xsoar"]
    assert {item["layout"] for item in items("IncidentTypes")} == {layout["id"] for layout in items("Layouts")}


def test_fields_are_associated_with_types_of_the_pack(type_names: set[str]) -> None:
    associated = {
        name
        for item in items("IncidentFields")
        for key in ("associatedTypes", "systemAssociatedTypes")
        for name in item[key]
    }
    assert associated == type_names


def test_indicators_are_extracted_only_from_fields_that_hold_them() -> None:
    extracted = {
        cli_name
        for item in items("IncidentTypes")
        for cli_name in item["extractSettings"]["fieldCliNameToExtractSettings"]
    }
    assert extracted <= FIELDS_OF_INDICATORS & {field.cli_name for field in known_fields()}


def test_integration_defaults_name_items_of_the_pack(type_names: set[str]) -> None:
    yml = integration()
    assert yml["defaultclassifier"] == classifier()["id"]
    assert yml["defaultmapperin"] == incoming_mapper()["id"]
    assert yml["defaultmapperout"] == outgoing_mapper()["id"]
    (parameter,) = [row for row in yml["configuration"] if row["name"] == "incidentType"]
    assert parameter.get("defaultvalue", "Sekoia XDR") in type_names


# --- the checks can fail ----------------------------------------------------------------------------------------------


def broken_mapper() -> Item:
    grid = {"complex": {"root": "rows", "accessor": "gone", "filters": [], "transformers": []}}
    return {"mapping": {"T": {"internalMapping": {"Alert ID": {"simple": "short_id"}, "Nowhere": grid}}}}


def test_a_class_that_does_not_exist_is_found() -> None:
    broken = {"defaultIncidentType": "A", "keyTypeMap": {"x": "B"}}
    assert unknown_classes(broken, {"A"}) == {"B"}


def test_a_mapper_target_that_does_not_exist_is_found() -> None:
    assert unknown_targets(broken_mapper(), [Field("Alert ID", "alertid", "shortText")]) == {"Nowhere"}


def test_a_dead_mapper_path_is_found() -> None:
    assert dead_paths(broken_mapper(), {"short_id": None, "rows": {}}) == {"rows.gone"}


def test_a_layout_field_that_does_not_exist_is_found() -> None:
    layout = {
        "detailsV2": {"tabs": [{"sections": [{"items": [{"fieldId": "gone"}]}]}]},
        "close": {"sections": [{"fields": [{"fieldId": "incident_owner"}, {"fieldId": "incident_lost"}]}]},
    }
    assert unknown_layout_fields(layout, [Field("owner", "owner", "user")]) == {"gone", "lost"}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("shortText", 3),
        ("shortText", MISSING),
        ("number", "3"),
        ("number", True),
        ("boolean", "true"),
        ("date", ""),
        ("date", 1790845200),
        ("multiSelect", [{"a": 1}]),
        ("grid", {"name": "x"}),
        ("grid", [{"name": "x", "unknown": "y"}]),
    ],
)
def test_a_value_that_does_not_suit_is_found(kind: str, value: object) -> None:
    assert not suits(value, Field("f", "f", kind), columns=["name"])
