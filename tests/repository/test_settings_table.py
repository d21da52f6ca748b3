"""Every setting of the instance has a test of its effect, and the table that says so names none that is gone."""

from pathlib import Path
from typing import Any

import yaml

from tools.acceptance import missing

ROOT = Path(__file__).parents[2]
DECLARED = ROOT / "Packs/SekoiaXDR/Integrations/SekoiaXDR/SekoiaXDR.yml"


def table() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "tests/settings.yml").read_text(encoding="utf-8"))
    return found


def test_every_setting_of_the_declaration_is_in_the_table() -> None:
    declared = yaml.safe_load(DECLARED.read_text(encoding="utf-8"))["configuration"]
    assert {one["name"] for one in declared} == set(table())


def test_every_test_that_the_table_names_exists() -> None:
    rows = [{"tests": tests} for tests in table().values() if isinstance(tests, list)]
    assert missing([{"rows": rows}]) == []


def test_only_what_the_platform_does_by_itself_has_no_test() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "Packs").rglob("SekoiaXDR*.py"))
    for name, reason in table().items():
        if isinstance(reason, str):
            assert "platform" in reason
            assert f'"{name}"' not in code
