"""What the made-up pack shows: a layout with every kind of section, and a dashboard with every kind of widget."""

import json
import zipfile
from pathlib import Path
from typing import Any

from lab.xsoar.bundle import Bundle
from tests.xsoar.acme_pack import items, script

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> | `x` ![p](http://a.example/p.png) [l](javascript:alert(3))"
)
Item = dict[str, Any]


def section(key: str, x: int, y: int, w: int, **more: Any) -> Item:
    return {"i": key, "name": key, "x": x, "y": y, "w": w, "h": 1, "displayType": "ROW", **more}


def field(name: str, height: int = 22) -> Item:
    return {
        "id": name,
        "fieldId": name,
        "height": height,
        "index": 0,
        "startCol": 0,
        "endCol": 2,
        "sectionItemType": "field",
    }


def button(name: str, args: Item) -> Item:
    return {
        **field(""),
        "id": f"button-{name}",
        "name": name,
        "sectionItemType": "button",
        "scriptId": "AcmeDo",
        "buttonClass": "primary",
        "args": args,
    }


def layout(*sections: Item) -> Item:
    """A layout with one tab of these sections, and the platform's own tabs."""
    tabs = [
        {"id": "first", "name": "First", "type": "custom", "sections": list(sections)},
        {"id": "warRoom", "name": "War Room", "type": "warRoom"},
        {"id": "workPlan", "name": "Work Plan", "type": "workPlan"},
    ]
    forms = {
        "close": {
            "sections": [
                {"name": "Close", "fields": [{"fieldId": "incident_closereason"}, {"fieldId": "incident_closenotes"}]}
            ]
        },
        "quickView": {
            "sections": [
                {"name": "Quick", "fields": [{"fieldId": "incident_acmetext"}, {"fieldId": "incident_severity"}]}
            ]
        },
    }
    return {"id": "Acme Layout", "name": "Acme Layout", "detailsV2": {"tabs": tabs}, **forms}


def widget(kind: str, query: str = "", data: str = "incidents", **more: Any) -> Item:
    return {
        "id": kind,
        "name": f"Widget {kind}",
        "widgetType": kind,
        "dataType": data,
        "query": query,
        "params": {},
        **more,
    }


def dashboard(*widgets: Item) -> Item:
    """A dashboard with these widgets below each other."""
    tiles = [
        {"id": f"t{n}", "i": f"t{n}", "x": 0, "y": n, "w": 12, "h": 1, "widget": one} for n, one in enumerate(widgets)
    ]
    return {"id": "Acme", "name": "Acme", "description": "All of it.", "layout": tiles}


def shows(script_id: str, code: str, tag: str) -> Item:
    """A script that shows what the code returns."""
    return {**script(script_id, (), (tag,)), "script": f"return_results({code})"}


TEXT = "demisto.incident()['CustomFields'].get('acmetext', '')"
SCRIPTS = (
    shows("AcmeMarkdown", f"CommandResults(readable_output='# Head\\n' + {TEXT})", "dynamic-section"),
    shows(
        "AcmeHtml", f"{{'Type': 1, 'ContentsFormat': 'html', 'Contents': '<b>bold</b> ' + {TEXT}}}", "dynamic-section"
    ),
    shows("AcmeBroken", "return_error('broken <b>x</b>')", "dynamic-section"),
    shows("AcmeBars", "BarColumnPieWidget([{'name': '<i>a</i>', 'data': [40]}])", "widget"),
    shows("AcmeRows", "TableOrListWidget([{'Name': '<i>a</i>', 'Size': 2}])", "widget"),
)


def build_pages(folder: Path, page: Item, board: Item | None = None) -> Bundle:
    """The made-up pack with this layout for its type, and this dashboard."""
    files = items()
    kind = {**files["IncidentTypes/incidenttype-Acme.json"], "layout": page["id"]}
    files |= {"IncidentTypes/incidenttype-Acme.json": kind, "Layouts/layoutscontainer-Acme.json": page}
    files |= {f"Scripts/automation-{one['name']}.yml": one for one in SCRIPTS}
    if board:
        files["Dashboards/dashboard-Acme.json"] = board
    path = folder / "AcmePages.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in files.items():
            archive.writestr(name, json.dumps(value))
    return Bundle.load(path)
