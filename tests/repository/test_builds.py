"""What each marketplace gets: mirroring and the dashboard in Cortex XSOAR alone, as the README says."""

from pathlib import Path

import pytest

from lab.xsoar.bundle import Bundle
from tests.repository.test_command_promises import RUN_FOR_FLAG
from tests.stage import INTEGRATION
from tools.build_pack import PACK

ROOT = Path(__file__).resolve().parents[2]
MIRRORING = {name for names in RUN_FOR_FLAG.values() for name in names}
SETTINGS = {
    *("mirror_direction", "mirror_events", "mirror_kill_chain", "mirror_look_back", "comment_tag", "comment_tag_from"),
    *("close_incident", "reopen_incident", "close_out", "reopen_out", "close_reasons_in", "close_reasons_out"),
}
# Whether there is mirroring. Of the builds, that for xsoar_on_prem holds no item, and no page offers it.
MARKETPLACES = {"xsoar": True, "xsoar_saas": True, "marketplacev2": False, "platform": False}


@pytest.fixture(scope="module", params=MARKETPLACES)
def build(request: pytest.FixtureRequest, built_zip: Path) -> tuple[bool, Bundle]:
    """Whether there is mirroring, and the build; `built_zip` sees to it that it is not older than the pack's files."""
    archive = ROOT / "build" / request.param / f"{PACK}.zip"
    if not archive.is_file():
        pytest.fail(f"build/{request.param} holds no built pack: run `make pack` first")
    return MARKETPLACES[request.param], Bundle.load(archive)


def test_flags_of_mirroring_are_set_where_it_exists_alone(build: tuple[bool, Bundle]) -> None:
    mirrors, bundle = build
    script = bundle.integration(INTEGRATION).raw["script"]
    assert {flag: script[flag] for flag in RUN_FOR_FLAG} == dict.fromkeys(RUN_FOR_FLAG, mirrors)


def test_commands_of_mirroring_are_there_where_it_exists_alone(build: tuple[bool, Bundle]) -> None:
    mirrors, bundle = build
    assert MIRRORING & bundle.integration(INTEGRATION).commands.keys() == (MIRRORING if mirrors else set())


def test_settings_of_mirroring_are_shown_where_it_exists_alone(build: tuple[bool, Bundle]) -> None:
    mirrors, bundle = build
    settings = bundle.integration(INTEGRATION).raw["configuration"]
    shown = {setting["name"] for setting in settings if not setting.get("hidden")}
    assert SETTINGS & shown == (SETTINGS if mirrors else set())


def test_dashboard_is_in_the_builds_for_cortex_xsoar_alone(build: tuple[bool, Bundle]) -> None:
    has_it, bundle = build
    assert (bool(bundle.dashboards), bool(bundle.widgets)) == (has_it, has_it)
