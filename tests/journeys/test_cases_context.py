"""What commands on cases and assets put into context stands in the yml, path by path."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.stage import Stage

YML = Path(__file__).parents[2] / "Packs/SekoiaXDR/Integrations/SekoiaXDR/SekoiaXDR.yml"
DECLARED = {
    command["name"]: {output["contextPath"]: output["type"] for output in command.get("outputs", [])}
    for command in yaml.safe_load(YML.read_text(encoding="utf-8"))["script"]["commands"]
}
# Arguments; the words in capitals are put in place when the tenant stands.
COMMANDS = {
    "list-cases": {},
    "get-case": {"case_id": "CASE"},
    "get-cases-alert": {"alert_id": "ALERT"},
    "create-case": {"title": "New", "custom_priority": "High", "verdict": "true_positive", "assignees": "Jo Sample"},
    "update-case": {"case_id": "CASE", "title": "Other"},
    "list-alerts-case": {"case_id": "CASE"},
    "attach-alerts-case": {"case_id": "CASE", "alert_ids": "ALERT"},
    "detach-alerts-case": {"case_id": "CASE", "alert_ids": "ALERT"},
    "post-comment-case": {"case_id": "CASE", "comment": "x"},
    "get-comments-case": {"case_id": "CASE"},
    "get-history-case": {"case_id": "CASE"},
    "list-case-tags": {},
    "update-custom-fields-case": {"case_id": "CASE", "field": "Site", "value": "south"},
    "get-asset": {"asset_uuid": "ASSET"},
    "list-assets": {},
    "create-asset": {"name": "srv-c", "type": "host", "keys": "hostname=srv-c", "attributes": "a=b"},
    "update-asset": {"asset_uuid": "ASSET", "name": "srv-d"},
    "revoke-asset": {"asset_uuid": "ASSET"},
    "restore-asset": {"asset_uuid": "ASSET"},
    "merge-assets": {"destination": "ASSET", "sources": "OTHER"},
    "add-keys-asset": {"asset_uuid": "ASSET", "name": "hostname", "value": "x"},
    "add-attributes-asset": {"asset_uuid": "ASSET", "name": "site", "value": "x"},
    "remove-key-asset": {"asset_uuid": "ASSET", "key_uuid": "hostname"},
    "remove-attribute-asset": {"asset_uuid": "ASSET", "attribute_uuid": "owner"},
    "add-tag-asset": {"asset_uuid": "ASSET", "tag": "x"},
    "remove-tag-asset": {"asset_uuid": "ASSET", "tag": "file"},
    "get-history-asset": {"asset_uuid": "ASSET"},
}


@pytest.fixture
def ids(stage: Stage) -> dict[str, str]:
    """A tenant in which a case and an asset have everything they can have."""
    world = stage.world
    jo, site = world.avatars.join("Jo Sample"), world.custom_fields.define("Site")
    asset = world.assets.add("srv-a", atoms={"hostname": ["srv-a"]}, props={"owner": "file team"}, tags=["file"])
    alert = world.alerts.raise_alert(
        "Logon",
        assets=[asset.uuid],
        verdict="True positive",
        ttps=["T1110 Brute Force"],
        adversaries=["Gilded Heron"],
        countermeasures=["Lock the account"],
    )
    case = world.cases.open("Logons", [alert.uuid], tags=["logon"])
    changes = {
        "subscribers": [{"avatar_uuid": jo.uuid, "type": "assignee"}],
        "custom_priority_uuid": world.priorities.all()[0].uuid,
        "verdict_uuid": world.verdicts.all()[0].uuid,
        "verdict_analysis": "Seen",
        "verdict_confidence": 90,
        "custom_fields": [{"uuid": site.uuid, "value": "north"}],
    }
    world.cases.edit(case, changes)
    world.cases.comment(case, "x")
    other = world.assets.add("srv-b", category={"name": "former", "uuid": "1", "types": [{"name": "t"}]})
    return {"CASE": case.short_id, "ALERT": alert.uuid, "ASSET": asset.uuid, "OTHER": other.uuid}


def paths(value: Any, path: str, stops: set[str]) -> Iterator[str]:
    """The paths of all values; a path that is declared to hold anything is not gone into."""
    if path in stops or not isinstance(value, (dict, list)):
        yield path
    elif isinstance(value, list):
        for one in value:
            yield from paths(one, path, stops)
    else:
        for key, one in value.items():
            yield from paths(one, f"{path}.{key}" if path else key, stops)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_path_that_is_written_is_declared(stage: Stage, ids: dict[str, str], name: str) -> None:
    args = {key: ids.get(value, value) for key, value in COMMANDS[name].items()}
    outcome = stage.host.run((f"sekoia-xdr-{name}", args), stage.instance)
    assert outcome.error is None, outcome.error
    declared = DECLARED[f"sekoia-xdr-{name}"]
    stops = {path for path, kind in declared.items() if kind == "Unknown"}
    written = {
        path
        for entry in outcome.entries
        for key, value in entry.context.items()
        for path in paths(value, key.partition("(")[0], stops)
    }
    assert written
    # An empty object of the tenant writes a path that stands for what could be below it.
    assert (
        sorted(
            path for path in written if path not in declared and not any(one.startswith(f"{path}.") for one in declared)
        )
        == []
    )
