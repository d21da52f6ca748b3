"""Facts that hold for a content item by itself: its names, its shape, and the surface that other content relies on."""

import itertools
import json
import re
import struct
from pathlib import Path
from typing import Any

import pytest

from tests.repository.pack_items import (
    ALL_TYPES,
    INTEGRATION,
    PACK,
    Item,
    classifier,
    incoming_mapper,
    integration,
    items,
    load_json,
    searched_fields,
    tab_fields,
    tabs,
)

GRID_COLUMNS = 3
IMAGES = [PACK / "Author_image.png", INTEGRATION / "SekoiaXDR_image.png"]

# What instances, mappers and playbooks made for the official pack rely on: field name -> (cliName, type, grid columns).
KEPT_FIELDS: dict[str, tuple[str, str, list[str]]] = {
    "SekoiaXDR Alert Details": ("sekoiaxdralertdetails", "markdown", []),
    "SekoiaXDR Events": ("sekoiaxdrevents", "grid", ["columnheader1", "columnheader2", "columnheader3"]),
    "SekoiaXDR Alert Reject": ("sekoiaxdralertreject", "boolean", []),
    "SekoiaXDR Alert Status": ("sekoiaxdralertstatus", "shortText", []),
    "SekoiaXDR First Seen": ("sekoiaxdrfirstseen", "shortText", []),
    "SekoiaXDR Kill Chain": ("sekoiaxdrkillchain", "grid", ["name", "description"]),
    "SekoiaXDR MirrorOut": ("sekoiaxdrmirrorout", "boolean", []),
}
KEPT_TARGETS_OF_ALL_TYPES = {
    "Alert Category",
    "Alert ID",
    "Alert Name",
    "Alert Type ID",
    "Description",
    "Last Seen",
    "SekoiaXDR Alert Details",
    "SekoiaXDR Alert Status",
    "SekoiaXDR First Seen",
    "SekoiaXDR Kill Chain",
    "Source Create time",
    "Source IP",
    "dbotMirrorDirection",
    "dbotMirrorId",
    "dbotMirrorInstance",
}
KEPT_TARGETS = KEPT_TARGETS_OF_ALL_TYPES | {"External Link", "SekoiaXDR Events", "SekoiaXDR MirrorOut"}
KEPT_CLASSES = {"malware", "masquerade", "phishing", "ransomware", "system-compromise"}

# The defaults that the help of the integration promises: parameter -> default.
PROMISED_DEFAULTS = {
    "first_fetch": "-7d",
    "max_fetch": "10",
    "alerts_status": "Pending,Acknowledge,Ongoing",
    "close_notes": "Closed by Sekoia",
    "url": "https://api.sekoia.io",
}


# --- what is checked --------------------------------------------------------------------------------------------------


def without_arguments(tab: Item) -> Item:
    """A tab whose buttons do not pass the alert: where an incident is called otherwise, the scripts find it."""
    copy: Item = json.loads(json.dumps(tab))
    for section in copy["sections"]:
        for item in section.get("items", []):
            item.get("args", {}).pop("short_id", None)
    return copy


def squeezed(name: str) -> str:
    """A field's name as the platform squeezes it into a cliName."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def overlaps(tab: Item) -> list[tuple[str, str]]:
    """The pairs of sections of a tab that share a cell of the grid."""
    cells = {
        section["i"]: set(
            itertools.product(
                range(section["x"], section["x"] + section["w"]), range(section["y"], section["y"] + section["h"])
            )
        )
        for section in tab.get("sections", [])
    }
    return [(left, right) for left, right in itertools.combinations(cells, 2) if cells[left] & cells[right]]


def misplaced_sections(tab: Item) -> list[str]:
    """The sections of a tab that leave its grid."""
    return [
        section["i"]
        for section in tab.get("sections", [])
        if section["w"] < 1 or section["h"] < 1 or section["x"] < 0 or section["x"] + section["w"] > GRID_COLUMNS
    ]


def misplaced_items(tab: Item) -> list[str]:
    """The items that leave their section, which has two item columns for each column of its width."""
    return [
        item["id"]
        for section in tab.get("sections", [])
        for item in section.get("items", [])
        if not 0 <= item["startCol"] < item["endCol"] <= 2 * section["w"]
    ]


def stacked_items(section: Item) -> list[tuple[str, str]]:
    """The pairs of items of a section that share a row (index) and a column."""
    return [
        (left["id"], right["id"])
        for left, right in itertools.combinations(section.get("items", []), 2)
        if left["index"] == right["index"] and left["startCol"] < right["endCol"] and right["startCol"] < left["endCol"]
    ]


def repeated(names: list[str]) -> set[str]:
    return {name for name in names if names.count(name) > 1}


def png_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels. Raises ValueError for bytes that are no PNG."""
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR":
        raise ValueError("not a PNG")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def all_tabs() -> list[Any]:
    return [
        pytest.param(tab, id=f"{'+'.join(layout['marketplaces'])}-{tab['id']}")
        for layout in items("Layouts")
        for tab in tabs(layout)
    ]


# --- fields -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", items("IncidentFields"), ids=lambda field: field["cliName"])
class TestField:
    def test_cli_name_is_the_squeezed_name(self, field: Item) -> None:
        assert field["cliName"] == squeezed(field["name"])
        assert field["id"] == f"incident_{field['cliName']}"

    def test_name_begins_with_a_prefix_of_the_pack(self, field: Item) -> None:
        assert field["name"].startswith(tuple(load_json(PACK / "pack_metadata.json")["itemPrefix"]))

    def test_description_is_a_sentence(self, field: Item) -> None:
        assert re.fullmatch(r"[A-Z].+\.", field["description"])

    def test_belongs_to_the_types_of_the_pack_alone(self, field: Item) -> None:
        assert field["associatedToAll"] is False

    def test_is_indexed_only_for_a_widget(self, field: Item) -> None:
        # Each index costs the server. Status is searched by the indexed field External Status.
        assert field["unsearchable"] is (field["cliName"] not in searched_fields())

    def test_grid_has_columns_and_others_have_none(self, field: Item) -> None:
        assert bool(field.get("columns")) == (field["type"] == "grid")


def test_field_names_are_unique() -> None:
    assert repeated([field["cliName"] for field in items("IncidentFields")]) == set()


@pytest.mark.parametrize("name", KEPT_FIELDS)
def test_field_of_the_official_pack_is_kept(name: str) -> None:
    (field,) = [item for item in items("IncidentFields") if item["name"] == name]
    columns = [column["key"] for column in field.get("columns") or []]
    assert (field["cliName"], field["type"], columns) == KEPT_FIELDS[name]


# --- classifier, mapper, type -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["Classifiers", "IncidentTypes", "Layouts"])
def test_id_equals_name(folder: str) -> None:
    assert [item["id"] for item in items(folder)] == [item["name"] for item in items(folder)]


def test_classifier_keeps_name_key_and_classes_of_the_official_pack() -> None:
    item = classifier()
    assert item["name"] == "Sekoia XDR - Classifier"
    assert item["transformer"]["simple"] == "alert_type.value"
    assert item["keyTypeMap"].keys() >= KEPT_CLASSES


def test_alert_of_any_other_class_becomes_a_sekoia_incident() -> None:
    assert classifier()["defaultIncidentType"] == "Sekoia XDR"


@pytest.mark.parametrize(
    ("incident_type", "kept"), [("Sekoia XDR", KEPT_TARGETS), (ALL_TYPES, KEPT_TARGETS_OF_ALL_TYPES)]
)
def test_mapper_keeps_filling_the_fields_of_the_official_pack(incident_type: str, kept: set[str]) -> None:
    assert incoming_mapper()["name"] == "Sekoia XDR - Incoming Mapper"
    assert kept - set(incoming_mapper()["mapping"][incident_type]["internalMapping"]) == set()


def test_mapper_turns_nothing_into_labels() -> None:
    assert all(block["dontMapEventToLabels"] for block in incoming_mapper()["mapping"].values())


def test_mapper_leaves_name_and_time_to_the_fetch() -> None:
    mapped = {name for block in incoming_mapper()["mapping"].values() for name in block["internalMapping"]}
    assert mapped & {"name", "occurred", "rawJSON", "type"} == set()


def test_incident_type_keeps_name_and_layout_of_the_official_pack() -> None:
    (item,) = items("IncidentTypes")
    assert (item["name"], item["layout"]) == ("Sekoia XDR", "Sekoia XDR Layout")


# --- layout -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tab", all_tabs())
class TestTab:
    def test_sections_do_not_overlap(self, tab: Item) -> None:
        assert overlaps(tab) == []

    def test_sections_stay_on_the_grid(self, tab: Item) -> None:
        assert misplaced_sections(tab) == []

    def test_items_stay_in_their_section(self, tab: Item) -> None:
        assert misplaced_items(tab) == []

    def test_items_do_not_cover_each_other(self, tab: Item) -> None:
        assert [pair for section in tab.get("sections", []) for pair in stacked_items(section)] == []

    def test_a_field_is_shown_once(self, tab: Item) -> None:
        assert repeated(tab_fields(tab)) == set()

    def test_section_ids_are_unique(self, tab: Item) -> None:
        assert repeated([section["i"] for section in tab.get("sections", [])]) == set()


def test_alert_tab_comes_first_and_is_the_same_everywhere() -> None:
    first, *others = [tabs(layout)[0] for layout in items("Layouts")]
    assert first["name"] == "Sekoia alert"
    assert all(without_arguments(other) == without_arguments(first) for other in others)


def test_three_tabs_of_the_alert_are_the_same_everywhere() -> None:
    first, *others = [[without_arguments(tab) for tab in tabs(layout)[:3]] for layout in items("Layouts")]
    assert [tab["name"] for tab in first] == ["Sekoia alert", "Evidence", "Case and history"]
    assert all(other == first for other in others)


def test_layouts_share_quick_view_and_forms() -> None:
    first, *others = [{form: layout[form] for form in ("quickView", "edit", "close")} for layout in items("Layouts")]
    assert all(other == first for other in others)


# --- images and texts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.name)
def test_image_has_the_size_of_the_marketplace(path: Path) -> None:
    data = path.read_bytes()
    assert png_size(data) == (120, 50)
    assert len(data) <= 4 * 1024


@pytest.mark.parametrize("name", PROMISED_DEFAULTS)
def test_default_is_the_promised_one_and_the_help_names_it(name: str) -> None:
    (parameter,) = [row for row in integration()["configuration"] if row["name"] == name]
    assert parameter["defaultvalue"] == PROMISED_DEFAULTS[name]
    text = (INTEGRATION / "SekoiaXDR_description.md").read_text(encoding="utf-8")
    assert all(f"`{value}`" in text for value in PROMISED_DEFAULTS[name].split(","))


def test_help_names_classifier_mapper_and_type() -> None:
    text = (INTEGRATION / "SekoiaXDR_description.md").read_text(encoding="utf-8")
    names = [classifier()["name"], incoming_mapper()["name"], *(item["name"] for item in items("IncidentTypes"))]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_readme_lists_every_item() -> None:
    text = (PACK / "README.md").read_text(encoding="utf-8")
    names = {item["name"] for folder in ("Classifiers", "IncidentTypes", "Layouts") for item in items(folder)}
    assert {name for name in names if f"| {name} |" not in text} == set()


# --- the checks can fail ----------------------------------------------------------------------------------------------


def section(name: str, x: int, y: int, w: int, h: int) -> Item:
    return {"i": name, "x": x, "y": y, "w": w, "h": h}


def test_overlapping_sections_are_found() -> None:
    tab = {"sections": [section("a", 0, 0, 2, 2), section("b", 1, 1, 1, 1), section("c", 2, 0, 1, 2)]}
    assert overlaps(tab) == [("a", "b")]


def test_a_section_beyond_the_third_column_is_found() -> None:
    assert misplaced_sections({"sections": [section("a", 2, 0, 2, 1), section("b", 0, 1, 3, 1)]}) == ["a"]


def test_an_item_beyond_its_section_is_found() -> None:
    wide = {**section("a", 0, 0, 1, 1), "items": [{"id": "i", "startCol": 0, "endCol": 3}]}
    assert misplaced_items({"sections": [wide]}) == ["i"]


def test_stacked_items_are_found() -> None:
    rows = [
        {"id": "one", "index": 0, "startCol": 0, "endCol": 2},
        {"id": "two", "index": 0, "startCol": 1, "endCol": 2},
        {"id": "three", "index": 1, "startCol": 0, "endCol": 2},
    ]
    assert stacked_items({"items": rows}) == [("one", "two")]


def test_a_cli_name_keeps_letters_and_digits_only() -> None:
    assert squeezed("Sekoia XDR - Time (s) 2") == "sekoiaxdrtimes2"


def test_a_repeated_field_is_found() -> None:
    assert repeated(["a", "b", "a"]) == {"a"}


def test_an_image_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="not a PNG"):
        png_size(b"GIF89a" + bytes(30))
