"""A made-up pack, "Acme", as the platform's build would zip it; its integration asks a feed that the test provides.

The code below is what the unifier leaves: no imports of the platform, `register_module_line` calls around it. Its
`remote` is a list of items kept in the parameter `feed` as JSON, so that no network is needed.
"""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.xsoar.bundle import Bundle

INTEGRATION, KEY = "AcmeWatch", "acme-key-0123456789"
INCIDENT_TYPE, CLASSIFIER, MAPPER = "Acme Alert", "Acme - Classifier", "Acme - Incoming Mapper"
MAPPER_OUT = "Acme - Outgoing Mapper"
OUT_RULES = {"text": "acmetext", "level": "severity", "reason": "closeReason"}

CODE = """
register_module_line('AcmeWatch', 'start', __line__())
CONSTANT_PACK_VERSION = '1.0.0'
demisto.debug('pack id = Acme, pack version = 1.0.0')
import json
import time
from datetime import datetime

counter = []


def fetch(params):
    last = demisto.getLastRun()
    seen = last.get("seen", 0)
    items = json.loads(params.get("feed") or "[]")[seen:]
    limit = int(params.get("max_fetch") or 50)
    taken = items[:limit]
    incidents = []
    for item in taken:
        incident = {"name": item.get("title", "?"), "occurred": item.get("at", "2026-03-01T10:00:00Z"),
                    "rawJSON": json.dumps(item)}
        incident.update(item.get("incident", {}))
        incidents.append(incident)
    demisto.setLastRun({"seen": seen + len(taken)})
    demisto.incidents(incidents)


def get_item(args):
    item = {"id": args["id"], "note": args.get("note"), "at": time.time()}
    return CommandResults(outputs_prefix="Acme.Item", outputs_key_field="id", outputs=item,
                          readable_output="item **" + args["id"] + "**", tags=["acme"], mark_as_note=True)


@polling_function("acme-wait", interval=15, timeout=60, requires_polling_arg=False)
def wait(args):
    left = int(args["rounds"])
    return PollResult(CommandResults(readable_output="done"), left > 0,
                      {"rounds": str(left - 1), "id": args.get("id", "")})


def run_snippet(params, args):
    exec(params["snippet"], globals(), {"params": params, "args": args})


def main():
    params, args, command = demisto.params(), demisto.args(), demisto.command()
    counter.append(command)
    try:
        if command == "test-module":
            if params.get("snippet"):
                run_snippet(params, args)
            else:
                return_results("ok")
        elif command == "fetch-incidents":
            if params.get("snippet"):
                run_snippet(params, args)
            else:
                fetch(params)
        elif command == "acme-item-get":
            return_results(get_item(args))
        elif command == "acme-wait":
            return_results(wait(args))
        elif command == "acme-try":
            run_snippet(params, args)
        elif params.get("snippet", "").startswith("{"):
            exec(json.loads(params["snippet"])[command], globals(), {"params": params, "args": args})
        else:
            raise NotImplementedError(command)
    except Exception as error:
        return_error(f"Failed to execute {command} command.\\nError:\\n{error}", error)


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
register_module_line('AcmeWatch', 'end', __line__())
"""


def param(name: str, kind: int = 0, **more: Any) -> dict[str, Any]:
    """One setting as the yml holds it."""
    return {"name": name, "display": name.title(), "type": kind, "required": False, "section": "Connect", **more}


def integration() -> dict[str, Any]:
    """The unified yml."""
    item_args = [
        {"name": "id", "required": True, "default": True},
        {"name": "note"},
        {"name": "kind", "auto": "PREDEFINED", "predefined": ["small", "large"], "defaultValue": "small"},
        {"name": "tags", "isArray": True, "predefined": ["a", "b", "c"]},
    ]
    wait_args = [{"name": "rounds", "required": True}, {"name": "id"}, {"name": "hide_polling_output", "hidden": True}]
    item_outputs = [{"contextPath": f"Acme.Item.{name}", "type": "String"} for name in ("id", "note", "at")]
    return {
        "commonfields": {"id": INTEGRATION, "version": -1},
        "name": INTEGRATION,
        "display": "Acme Watch",
        "configuration": [
            param("url", required=True, defaultvalue="https://acme.example"),
            param("credentials", 9, required=True, displaypassword="API key"),
            param("isFetch", 8),
            param("incidentType", 13),
            param("max_fetch", defaultvalue="50"),
            param("insecure", 8, defaultvalue="false"),
            param("proxy", 8),
            param("level", 15, defaultvalue="low", options=["low", "high"]),
            param("kinds", 16, defaultvalue="one,two", options=["one", "two", "three"]),
            param("token", 14),
            param("feed", 12),
            param("snippet", 12),
        ],
        "defaultclassifier": CLASSIFIER,
        "defaultmapperin": MAPPER,
        "defaultmapperout": MAPPER_OUT,
        "script": {
            "type": "python",
            "subtype": "python3",
            "isfetch": True,
            "isremotesyncin": True,
            "isremotesyncout": True,
            "dockerimage": "demisto/python3:3.12.13.12042988",
            "script": CODE,
            "commands": [
                {"name": "acme-item-get", "arguments": item_args, "outputs": item_outputs},
                {"name": "acme-wait", "arguments": wait_args, "polling": True},
                {"name": "acme-try", "arguments": [{"name": "text"}, {"name": "list", "isArray": True}]},
            ],
        },
    }


def field(name: str, kind: str, **more: Any) -> dict[str, Any]:
    """One incident field as its JSON file holds it."""
    cli_name = name.lower().replace(" ", "")
    return {"id": f"incident_{cli_name}", "name": name, "cliName": cli_name, "type": kind, "selectValues": None, **more}


FIELDS = (
    field("Acme Text", "shortText"),
    field("Acme Number", "number"),
    field("Acme Flag", "boolean"),
    field("Acme When", "date"),
    field("Acme Colour", "singleSelect", selectValues=["red", "green"]),
    field("Acme Hosts", "multiSelect"),
    field("Acme Grid", "grid", columns=[{"key": "name"}, {"key": "role"}]),
)


def complex_rule(root: str, *transformers: dict[str, Any], accessor: str = "", filters: Any = ()) -> dict[str, Any]:
    """A complex mapping rule."""
    return {"complex": {"root": root, "accessor": accessor, "filters": list(filters), "transformers": transformers}}


def transformer(operator: str, **args: Any) -> dict[str, Any]:
    """One transformer with literal arguments."""
    return {"operator": operator, "args": {key: literal(value) for key, value in args.items()}}


def literal(value: Any) -> dict[str, Any]:
    """An operand that is a literal."""
    return {"isContext": False, "value": {"simple": value}}


def at_path(path: str) -> dict[str, Any]:
    """An operand that is a path."""
    return {"isContext": True, "value": {"simple": path}}


RULES: dict[str, Any] = {
    "name": {"simple": "title"},
    "severity": {"simple": "severity"},
    "Alert ID": {"simple": "id"},
    "Acme Text": {"simple": "text"},
    "Acme Number": {"simple": "number"},
    "Acme Flag": {"simple": "flag"},
    "Acme When": {"simple": "when"},
    "Acme Colour": {"simple": "colour"},
    "Acme Hosts": complex_rule("hosts", transformer("uniq"), accessor="name"),
    "Acme Grid": {"simple": "rows"},
}
FOR_ALL: dict[str, Any] = {"dbotMirrorId": {"simple": "id"}, "Acme Text": {"simple": "wrong"}}


SCRIPT = """
def main():
    args = demisto.args()
    try:
        exec(args["snippet"], globals(), {"args": args})
    except Exception as error:
        return_error(str(error))


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
"""


def script(script_id: str, arguments: tuple[str, ...], tags: tuple[str, ...] = ()) -> dict[str, Any]:
    """A unified script; its code is the argument `snippet`."""
    args = [{"name": name} for name in arguments]
    known = {"id": script_id, "version": -1}
    return {"commonfields": known, "name": script_id, "args": args, "tags": list(tags), "script": SCRIPT}


CLOSING = {**script("AcmeClosing", ("closeReason", "closeNotes"), ("post-processing",))}
CLOSING["script"] = """
if demisto.args().get("closeReason") == "Other":
    return_error("no: " + demisto.args().get("closeNotes", ""))
return_results("closing " + demisto.incident()["name"])
"""


def items(rules: Mapping[str, Any] = RULES, keep_labels: bool = False) -> dict[str, Any]:
    """Files of the pack by their path in the zip."""
    part = {"dontMapEventToLabels": not keep_labels, "internalMapping": dict(rules)}
    every = {"dontMapEventToLabels": not keep_labels, "internalMapping": FOR_ALL}
    files: dict[str, Any] = {
        "metadata.json": {"name": "Acme", "currentVersion": "1.0.0"},
        "Integrations/integration-AcmeWatch.yml": integration(),
        "Classifiers/classifier-Acme.json": {
            "id": CLASSIFIER,
            "type": "classification",
            "transformer": {"simple": "kind"},
            "keyTypeMap": {"odd": "Acme Oddity"},
            "defaultIncidentType": INCIDENT_TYPE,
        },
        "Classifiers/classifier-mapper-incoming-Acme.json": {
            "id": MAPPER,
            "type": "mapping-incoming",
            "mapping": {INCIDENT_TYPE: part, "dbot_classification_incident_type_all": every},
        },
        "Classifiers/classifier-mapper-outgoing-Acme.json": {
            "id": MAPPER_OUT,
            "type": "mapping-outgoing",
            "mapping": {INCIDENT_TYPE: {"internalMapping": {name: {"simple": key} for name, key in OUT_RULES.items()}}},
        },
        "Scripts/automation-AcmeDo.yml": script("AcmeDo", ("snippet",)),
        "Scripts/automation-AcmeClosing.yml": CLOSING,
        "IncidentTypes/incidenttype-Acme.json": {
            "id": INCIDENT_TYPE,
            "name": INCIDENT_TYPE,
            "closureScript": "AcmeClosing",
        },
        "IncidentTypes/incidenttype-Oddity.json": {"id": "Acme Oddity", "name": "Acme Oddity"},
    }
    return files | {f"IncidentFields/{each['id']}.json": each for each in FIELDS}


def build(folder: Path, rules: Mapping[str, Any] = RULES, keep_labels: bool = False) -> Bundle:
    """Write the zip into the folder and load it. JSON is YAML, so the yml needs no other writer."""
    path = folder / "Acme.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in items(rules, keep_labels).items():
            archive.writestr(name, json.dumps(value))
    return Bundle.load(path)
