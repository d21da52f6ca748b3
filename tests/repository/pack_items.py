"""The content items of the pack as they lie on disk, and the fields that the platform brings along."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

Item = dict[str, Any]

HERE = Path(__file__).parent
PACK = HERE.parents[1] / "Packs" / "SekoiaXDR"
INTEGRATION = PACK / "Integrations" / "SekoiaXDR"
ALL_TYPES = "dbot_classification_incident_type_all"


class Field(NamedTuple):
    """An incident field: mappers know it by `name`, layouts and incident types by `cli_name`."""

    name: str
    cli_name: str
    type: str


def load_json(path: Path) -> Item:
    """The JSON object of a file. Raises ValueError where the file holds something else."""
    loaded = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(loaded, dict):
        raise ValueError(f"{path} holds no JSON object")
    return loaded


def items(folder: str, pattern: str = "*.json") -> list[Item]:
    """The items of a folder of the pack, sorted by file name. Raises FileNotFoundError where there is none."""
    paths = sorted((PACK / folder).glob(pattern))
    if not paths:
        raise FileNotFoundError(f"{folder} holds no {pattern}")
    return [load_json(path) for path in paths]


@cache
def scripts() -> dict[str, Item]:
    """The scripts of the pack by id."""
    loaded = [yaml.safe_load(path.read_text("utf-8")) for path in sorted((PACK / "Scripts").glob("*/*.yml"))]
    return {item["commonfields"]["id"]: item for item in loaded}


def pack_fields() -> list[Field]:
    return [Field(item["name"], item["cliName"], item["type"]) for item in items("IncidentFields")]


def platform_fields() -> list[Field]:
    """The fields of `platform_fields.yml`."""
    table = yaml.safe_load((HERE / "platform_fields.yml").read_text(encoding="utf-8"))
    return [Field(row["name"], row["cliName"], row["type"]) for rows in table.values() for row in rows]


def known_fields() -> list[Field]:
    return pack_fields() + platform_fields()


def raw_alert() -> Item:
    """The raw JSON of an incident with every key that the fetch can write."""
    return load_json(HERE / "raw_alert.json")


@cache
def integration() -> Item:
    """The integration's yml."""
    loaded = yaml.safe_load((INTEGRATION / "SekoiaXDR.yml").read_text(encoding="utf-8"))
    if not isinstance(loaded, dict):
        raise ValueError("SekoiaXDR.yml holds no mapping")
    return loaded


def incoming_mapper() -> Item:
    (mapper,) = items("Classifiers", "classifier-mapper-incoming-*.json")
    return mapper


def outgoing_mapper() -> Item:
    (mapper,) = items("Classifiers", "classifier-mapper-outgoing-*.json")
    return mapper


def classifier() -> Item:
    (found,) = [item for item in items("Classifiers") if item["type"] == "classification"]
    return found


def source_path(target: Item) -> str:
    """The dotted path in the raw JSON that a mapper entry reads."""
    if "simple" in target:
        return str(target["simple"])
    root, accessor = target["complex"]["root"], target["complex"]["accessor"]
    return f"{root}.{accessor}" if accessor else str(root)


def mapped_paths(mapper: Item) -> dict[str, dict[str, str]]:
    """Incident type -> incident field -> the path that it is read from."""
    return {
        incident_type: {name: source_path(target) for name, target in block["internalMapping"].items()}
        for incident_type, block in mapper["mapping"].items()
    }


FIELD_OF_QUERY = re.compile(r"(?:^|[\s(-])(\w+):")


def widgets() -> list[Item]:
    """Every widget: those that stand alone and those in dashboards."""
    in_dashboards = [tile["widget"] for item in items("Dashboards") for tile in item["layout"]]
    return [*items("Widgets"), *in_dashboards]


def widget_fields(widget: Item) -> set[str]:
    """The fields that a widget searches, groups, counts, sorts by or shows; none where a script does it."""
    if widget["dataType"] == "scripts":
        return set()
    params = widget["params"]
    grouped = {name.partition("(")[0] for name in params.get("groupBy", [])}
    counted = {key.partition("|")[2] for key in params.get("keys", [])}
    shown = {column["key"] for column in params.get("tableColumns", [])} - {"id"}
    ordered = {one["field"] for one in widget["sort"]}
    return {*FIELD_OF_QUERY.findall(widget["query"]), *grouped, *counted, *shown, *ordered}


def searched_fields() -> set[str]:
    """The fields that some widget needs an index for."""
    return {name for widget in widgets() for name in widget_fields(widget)}


def tabs(layout: Item) -> list[Item]:
    found: list[Item] = layout["detailsV2"]["tabs"]
    return found


def tab_fields(tab: Item) -> list[str]:
    """The cliNames on a tab, as often as they are shown."""
    rows = [item for section in tab.get("sections", []) for item in section.get("items", [])]
    return [row["fieldId"] for row in rows if row.get("sectionItemType") != "button"]


def form_fields(layout: Item) -> list[str]:
    """The cliNames of a layout's quick view and forms."""
    return [
        field["fieldId"].removeprefix("incident_")
        for form in ("quickView", "edit", "close")
        for section in layout.get(form, {}).get("sections", [])
        for field in section["fields"]
    ]
