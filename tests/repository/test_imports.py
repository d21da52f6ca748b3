"""Who imports whom: the border between what ships, the emulator and the host."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PLATFORM_FILES = {path.stem for path in (ROOT / "lab/xsoar/platform").glob("*.py")}
STDLIB_AND = {
    "Packs/ApiModules/Scripts/SekoiaXDRCallApiModule": {"CommonServerPython"},
    "Packs/ApiModules/Scripts/SekoiaXDRApiModule": {
        "requests",
        "urllib3",
        "CommonServerPython",
        "SekoiaXDRCallApiModule",
    },
    "Packs/ApiModules/Scripts/SekoiaXDRAlertApiModule": {"pytz"},
    "Packs/ApiModules/Scripts/SekoiaXDREventsApiModule": {"SekoiaXDRApiModule", "SekoiaXDRAlertApiModule"},
    "Packs/ApiModules/Scripts/SekoiaXDRWarRoomApiModule": {
        "dateparser",
        "pytz",
        "CommonServerPython",
        "SekoiaXDREventsApiModule",
    },
    "Packs/ApiModules/Scripts/SekoiaXDRResourceApiModule": {"CommonServerPython", "SekoiaXDRWarRoomApiModule"},
    "Packs/ApiModules/Scripts/SekoiaXDRAlertCommandsApiModule": {"CommonServerPython", "SekoiaXDRResourceApiModule"},
    "Packs/ApiModules/Scripts/SekoiaXDRTaskCommandsApiModule": {
        "CommonServerPython",
        "SekoiaXDRAlertCommandsApiModule",
    },
    "Packs/ApiModules/Scripts/SekoiaXDRAssetCommandsApiModule": {
        "CommonServerPython",
        "SekoiaXDRTaskCommandsApiModule",
    },
    "Packs/ApiModules/Scripts/SekoiaXDRCaseCommandsApiModule": {
        "CommonServerPython",
        "SekoiaXDRAssetCommandsApiModule",
    },
    "Packs/ApiModules/Scripts/SekoiaXDRSearchCommandsApiModule": {
        "CommonServerPython",
        "SekoiaXDRCaseCommandsApiModule",
    },
    "Packs/ApiModules/Scripts/SekoiaXDRTenantCommandsApiModule": {
        "CommonServerPython",
        "SekoiaXDRSearchCommandsApiModule",
    },
    "Packs/ApiModules/Scripts/SekoiaXDRMirrorApiModule": {"CommonServerPython", "SekoiaXDRTenantCommandsApiModule"},
    "Packs/ApiModules/Scripts/SekoiaXDRMirrorOutApiModule": {"CommonServerPython", "SekoiaXDRMirrorApiModule"},
    "Packs/ApiModules/Scripts/SekoiaXDRFetchApiModule": {"CommonServerPython", "SekoiaXDRMirrorOutApiModule"},
    "Packs/SekoiaXDR": {
        "requests",
        "urllib3",
        "dateparser",
        "pytz",
        "demistomock",
        "CommonServerPython",
        "CommonServerUserPython",
        "SekoiaXDRFetchApiModule",
    },
    "Packs/ApiModules/Scripts/SekoiaXDRPageApiModule": {"CommonServerPython", "SekoiaXDRAlertApiModule"},
    "Packs/SekoiaXDR/Scripts": {
        "demistomock",
        "CommonServerPython",
        "CommonServerUserPython",
        "SekoiaXDRPageApiModule",
    },
    "lab/sekoia": {"yaml", "trustme", "lab.clock", "lab.sekoia"},
    "lab/xsoar": {"yaml", "dateutil", "PIL", "requests", "lab.clock", "lab.xsoar"},
    "lab/xsoar/pages": {"jinja2", "markdown_it", "markupsafe", "nh3", "lab.xsoar"},
    "lab/xsoar/web": {"flask", "werkzeug", "jinja2", "markupsafe", "lab.xsoar"},
    "lab/tape": {"requests", "lab.tape"},
    # The stand-ins take the place of files that have these on the platform.
    "lab/xsoar/platform": {"requests", "urllib3", "dateparser", "pytz", *PLATFORM_FILES},
}


def imported_names(path: Path) -> Iterator[str]:
    """The modules that a file imports, dotted; a relative import counts as its own package."""
    package = ".".join(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "" if not node.level else f"{package}.{node.module or ''}"


def allowed(name: str, border: str) -> bool:
    """Whether a file below that border may import the module."""
    import sys

    top = name.partition(".")[0]
    return top in sys.stdlib_module_names or any(name == ok or name.startswith(f"{ok}.") for ok in STDLIB_AND[border])


def border_of(path: Path) -> str:
    """The most specific border above a file."""
    below = [border for border in STDLIB_AND if path.relative_to(ROOT).as_posix().startswith(f"{border}/")]
    return max(below, key=len)


SHIPPED_AND_LAB = [
    path
    for border in STDLIB_AND
    for path in sorted((ROOT / border).rglob("*.py"))
    if not path.name.endswith("_test.py") and border_of(path) == border
]


@pytest.mark.parametrize("path", SHIPPED_AND_LAB, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_file_imports_only_what_its_side_of_the_border_may(path: Path) -> None:
    strangers = [name for name in imported_names(path) if not allowed(name, border_of(path))]
    assert strangers == []


def test_the_walk_sees_a_forbidden_import() -> None:
    assert not allowed("lab.sekoia.world", "lab/xsoar")
    assert not allowed("demistomock", "Packs/ApiModules/Scripts/SekoiaXDRApiModule")
    assert not allowed("lab.clock", "Packs/SekoiaXDR")


def test_the_host_does_not_know_the_vendor() -> None:
    hits = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "lab" / "xsoar").rglob("*")
        if path.is_file()
        and path.suffix in {".py", ".yml", ".sql", ".html", ".css"}
        and "sekoia" in path.read_text("utf-8").casefold()
    ]
    assert hits == []
