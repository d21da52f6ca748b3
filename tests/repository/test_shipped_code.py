"""The pack's code, its yml, its documents and the built file say the same."""

import ast
import re
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
INTEGRATION = ROOT / "Packs/SekoiaXDR/Integrations/SekoiaXDR"
CODE = INTEGRATION / "SekoiaXDR.py"
SHARED = sorted((ROOT / "Packs/ApiModules/Scripts").glob("*/*ApiModule.py"))
SHIPPED = [CODE, *SHARED]
DECLARED: dict[str, Any] = yaml.safe_load((INTEGRATION / "SekoiaXDR.yml").read_text("utf-8"))
COMMANDS = {command["name"]: command for command in DECLARED["script"]["commands"]}
PARAMETERS = {parameter["name"]: parameter for parameter in DECLARED["configuration"]}
CLOCK_CALLS = re.compile(r"\b(datetime|date)\.(now|utcnow|today)\b|\bfrom time import\b|\blocaltime\(|\bgmtime\(\)")


def tables() -> dict[str, ast.Dict]:
    """Every annotated dict that a shipped file defines at its top level."""
    nodes = [node for path in SHIPPED for node in ast.parse(path.read_text("utf-8")).body]
    named = [node for node in nodes if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)]
    return {ast.unparse(node.target): node.value for node in named if isinstance(node.value, ast.Dict)}


def table_keys(name: str) -> set[str]:
    """The keys of a table, with those of the tables that it unpacks."""
    table, found = tables()[name], set[str]()
    for key, value in zip(table.keys, table.values, strict=True):
        found |= table_keys(ast.unparse(value)) if key is None else {str(ast.literal_eval(key))}
    return found


@cache
def built_integration(built_zip: Path) -> dict[str, Any]:
    """The unified integration inside the zip."""
    with zipfile.ZipFile(built_zip) as archive:
        name = next(n for n in archive.namelist() if re.search(r"Integrations/integration-.*\.yml$", n))
        loaded: dict[str, Any] = yaml.safe_load(archive.read(name))
    return loaded


def test_every_declared_command_is_in_the_command_table() -> None:
    assert table_keys("COMMANDS") == set(COMMANDS)


def test_every_command_stands_in_the_readme() -> None:
    readme = (INTEGRATION / "README.md").read_text("utf-8")
    assert [name for name in COMMANDS if f"### {name}\n" not in readme] == []


def test_every_argument_and_output_stands_in_the_readme() -> None:
    readme = (INTEGRATION / "README.md").read_text("utf-8")
    arguments = {arg["name"] for command in COMMANDS.values() for arg in command["arguments"] if not arg.get("hidden")}
    outputs = {out["contextPath"] for command in COMMANDS.values() for out in command.get("outputs", [])}
    assert [word for word in sorted(arguments | outputs) if f"| {word} |" not in readme] == []


def test_every_argument_that_is_declared_is_read_by_the_code() -> None:
    code = "".join(path.read_text("utf-8") for path in SHIPPED)
    declared = {arg["name"] for command in COMMANDS.values() for arg in command["arguments"]}
    assert [name for name in sorted(declared) if f'"{name}"' not in code] == []


def test_every_parameter_that_is_declared_is_read_by_the_code() -> None:
    code = "".join(path.read_text("utf-8") for path in SHIPPED)
    by_platform = {"isFetch", "incidentType", "incidentFetchInterval"}
    assert [name for name in sorted(set(PARAMETERS) - by_platform) if f'"{name}"' not in code] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("url", "https://api.sekoia.io"),
        ("first_fetch", "-7d"),
        ("max_fetch", "10"),
        ("alerts_status", "Pending,Acknowledge,Ongoing"),
        ("close_notes", "Closed by Sekoia"),
        ("look_back", "15"),
        ("fetch_budget", "120"),
        ("requests_per_second", "5"),
    ],
)
def test_documented_default_is_declared(name: str, value: str) -> None:
    assert PARAMETERS[name]["defaultvalue"] == value


def test_classifier_and_mapper_are_preselected() -> None:
    assert DECLARED["defaultclassifier"] == "Sekoia XDR - Classifier"
    assert DECLARED["defaultmapperin"] == "Sekoia XDR - Incoming Mapper"


def test_every_parameter_has_a_section_and_a_sentence_of_help() -> None:
    bare = [
        name for name, p in PARAMETERS.items() if not p.get("section") or not p.get("additionalinfo", "").endswith(".")
    ]
    assert bare == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_code_reads_the_clock_through_the_time_module_only(path: Path) -> None:
    assert CLOCK_CALLS.findall(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_code_holds_nothing_that_the_build_breaks(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "from __future__" not in text
    assert not re.search(r"import \w+ApiModule|from \w+ApiModule import (?!\*)", text)


def top_level_names(path: Path) -> set[str]:
    """What a file defines at its top level."""
    body = ast.parse(path.read_text("utf-8")).body
    found = {node.name for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    targets += [node.target for node in body if isinstance(node, ast.AnnAssign)]
    return found | {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}


def test_parts_that_share_a_namespace_share_no_name_by_accident() -> None:
    everything = [name for path in SHIPPED for name in top_level_names(path)]
    assert [name for name in sorted(set(everything)) if everything.count(name) > 1] == []


def test_built_file_compiles_with_the_client_inlined(built_zip: Path) -> None:
    script = built_integration(built_zip)["script"]["script"]
    compile(script, "built", "exec")
    assert [script.count(f"\nclass {name}(") for name in ("SekoiaClient", "SekoiaError")] == [1, 1]
    assert not re.search(r"^from \w+ApiModule import", script, re.MULTILINE)


def test_built_integration_declares_the_pinned_image(built_zip: Path) -> None:
    assert built_integration(built_zip)["script"]["dockerimage"] == DECLARED["script"]["dockerimage"]
