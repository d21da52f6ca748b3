"""Puts the platform's stand-ins, the shared modules and the integration on the path, as the container does."""

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent
PLATFORM = Path(os.environ.get("XSOAR_PLATFORM", ROOT / "lab" / "xsoar" / "platform"))
SHARED = sorted((ROOT / "Packs/ApiModules/Scripts").glob("*ApiModule"))
SCRIPTS = sorted((ROOT / "Packs/SekoiaXDR/Scripts").glob("*/"))

for folder in (ROOT, PLATFORM, *SHARED, *SCRIPTS, ROOT / "Packs/SekoiaXDR/Integrations/SekoiaXDR"):
    sys.path.insert(0, str(folder))

Calls = list[tuple[str, dict[str, Any]]]
INCIDENT = {
    "id": "7",
    "name": "Mailbox rule",
    "dbotMirrorId": "ALx7Qp2mZk9T",
    "dbotMirrorInstance": "main",
    "sourceInstance": "main",
    "CustomFields": {},
}


class Page:
    """The script of a test file at work on an incident."""

    def __init__(self, script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self._script, self._monkeypatch = script, monkeypatch

    @staticmethod
    def incident(**fields: Any) -> dict[str, Any]:
        """The incident with fields of the pack, named without its prefix."""
        return {**INCIDENT, "CustomFields": {f"sekoiaxdr{name}": value for name, value in fields.items()}}

    def platform(self, answers: dict[str, Any], **known: Any) -> tuple[Calls, list[Any]]:
        """Commands answer from a table, an exception in it is raised; the calls, and what the script shows.

        `known`: the incident, the arguments and the modules that the script finds.
        """
        calls: Calls = []
        shown: list[Any] = []

        def execute(command: str, args: dict[str, Any]) -> Any:
            calls.append((command, dict(args)))
            answer = answers[command]
            if isinstance(answer, Exception):
                raise answer
            return [answer] if isinstance(answer, dict) and "Type" in answer else [{"Type": 1, "Contents": answer}]

        stand_ins = {
            "executeCommand": execute,
            "incident": lambda: known.get("incident", INCIDENT),
            "args": lambda: known.get("args", {}),
            "getModules": lambda: known.get("modules", {}),
            "results": lambda value: shown.extend(value if isinstance(value, list) else [value]),
        }
        for name, stand_in in stand_ins.items():
            self._monkeypatch.setattr(self._script.demisto, name, stand_in)
        return calls, shown

    def run(self, answers: dict[str, Any], **known: Any) -> tuple[Calls, str]:
        """The calls and the text of a run."""
        calls, shown = self.platform(answers, **known)
        self._script.main()
        return calls, str(shown[-1].get("HumanReadable") or shown[-1].get("Contents"))

    def refused(self, answers: dict[str, Any], **known: Any) -> str:
        """The error entry of a run."""
        _, shown = self.platform(answers, **known)
        with pytest.raises(SystemExit):
            self._script.main()
        return str(shown[-1]["Contents"])


@pytest.fixture
def page(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Page:
    """The script that the test file is named after."""
    return Page(importlib.import_module(request.path.stem.removesuffix("_test")), monkeypatch)
