"""Every emulated behaviour says where it comes from."""

import ast
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

import lab.sekoia.app
from lab.sekoia.app import ROUTER
from lab.sekoia.switches import Switches

FOLDER = Path(lab.sekoia.app.__file__).parent
FILES = sorted(FOLDER.rglob("evidence.yml"))
CERTAINTIES = {"documented", "observed", "assumed", "documented, partly assumed", "observed, partly assumed"}
KEYS = {"behaviour", "certainty", "source", "date"}


def entries() -> list[dict[str, Any]]:
    return [entry for path in FILES for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]


def test_every_resource_has_an_evidence_file() -> None:
    folders = {path.parent for path in FOLDER.rglob("routes.py")}
    assert folders <= {path.parent for path in FILES}


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: str(entry["behaviour"])[:60])
def test_an_entry_has_a_certainty_a_source_and_a_date(entry: dict[str, Any]) -> None:
    assert KEYS <= entry.keys() <= KEYS | {"switch", "route"}
    assert entry["certainty"] in CERTAINTIES
    assert entry["source"]
    is_told = "assumed" in entry["source"]  # an entry that is known for sure assumes nothing
    assert entry["certainty"] == "assumed" or is_told == ("partly" in entry["certainty"])
    assert re.fullmatch(r"20\d\d-\d\d", str(entry["date"]))


def test_every_switch_turns_a_behaviour_that_is_written_down() -> None:
    assert {entry["switch"] for entry in entries() if "switch" in entry} == set(asdict(Switches()))


def test_every_route_is_written_down_and_no_other() -> None:
    assert {entry["route"] for entry in entries() if "route" in entry} == {route.name for route in ROUTER.routes}


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: str(path.relative_to(FOLDER)))
def test_the_lab_imports_neither_the_pack_nor_the_host(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert not [name for name in names if name.startswith(("Packs", "lab.xsoar", "SekoiaXDR", "demisto"))]


@pytest.mark.parametrize("name", ["model", "store", "workflow", "edit", "comments", "search", "birth"])
def test_what_holds_rules_knows_no_http(name: str) -> None:
    for path in FOLDER.rglob(f"{name}.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"import .*(exchange|errors|route|server)\b|from lab\.sekoia\.(exchange|errors|route)", text
        )
