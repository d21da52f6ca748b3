"""The pack's build: what it hands to the platform's tool, what it leaves, and when it does nothing."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from tools import build_pack

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small repository with one pack."""
    pack = tmp_path / "Packs" / "SekoiaXDR"
    (pack / "Scripts" / "S" / "__pycache__").mkdir(parents=True)
    (pack / "pack_metadata.json").write_text(json.dumps({"currentVersion": "3.2.1"}))
    (pack / "README.md").write_text("Read me.")
    (pack / "Scripts" / "S" / "S.py").write_text("x = 1\n")
    (pack / "Scripts" / "S" / "__pycache__" / "S.pyc").write_bytes(b"\0")
    (tmp_path / ".git").mkdir()
    (tmp_path / "validation_config.toml").write_text("select = []\n")
    for folder, name in (("requirements", "sdk.txt"), ("tools", "build_pack.py")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text("pinned\n")
    return tmp_path


@pytest.fixture
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of stand-ins for the platform's tool: prepare-content writes a zip, the rest agree."""
    folder = tmp_path_factory.mktemp("bin")
    for name in ("demisto-sdk", "validate-content-path", "validate-file-permission-changes"):
        program(folder / name, '[ "$1" = prepare-content ] && printf "for $7" > "$5/SekoiaXDR.zip"; exit 0')
    return folder


def program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_build_leaves_one_zip_per_marketplace(root: Path, programs: Path) -> None:
    assert build_pack.build(root, programs) == 0
    built = {folder.parent.name: folder.read_text() for folder in (root / "build").glob("*/SekoiaXDR.zip")}
    assert built == {name: f"for {name}" for name in build_pack.MARKETPLACES}


def test_build_releases_the_xsoar_zip_under_its_version(root: Path, programs: Path) -> None:
    build_pack.build(root, programs)
    assert (root / "dist" / "SekoiaXDR-3.2.1.zip").read_text() == "for xsoar"


def test_checksum_is_what_sha256sum_checks(root: Path, programs: Path) -> None:
    build_pack.build(root, programs)
    expected = hashlib.sha256(b"for xsoar").hexdigest()
    assert (root / "dist" / "SekoiaXDR-3.2.1.zip.sha256").read_text() == f"{expected}  SekoiaXDR-3.2.1.zip\n"


def test_failed_inspection_leaves_nothing_to_release(
    root: Path, programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(programs / "validate-content-path", "echo this file is misplaced; exit 1")
    (root / "dist").mkdir()
    (root / "dist" / "SekoiaXDR-3.2.0.zip").write_text("older")
    assert build_pack.build(root, programs) == 1
    assert list((root / "dist").iterdir()) == []
    assert "this file is misplaced" in capsys.readouterr().out


def test_pack_that_the_platforms_tool_refuses_is_not_released(root: Path, programs: Path) -> None:
    program(programs / "demisto-sdk", '[ "$1" = validate ] && exit 1; exit 0')
    assert build_pack.build(root, programs) == 1
    assert not list(root.glob("dist/*.zip"))


def test_output_of_a_failed_step_is_shown_without_decoration() -> None:
    bar = (
        "Parsing packs:   0%|          | 0/2 [00:00<?, ?items/s]Parsing packs: 50%|#### | 1/2 [00:00<00:00, 9items/s]\r"
    )
    output = f"Validating.\n{bar}Pack X is odd.\n<red>a.yml: [RM109] no README</red>\n#######\n\n"
    assert build_pack.readable(output) == "Validating.\nPack X is odd.\na.yml: [RM109] no README"


def test_inspections_see_every_file_and_no_cache(root: Path, programs: Path) -> None:
    places = next(step for step in build_pack.inspections(root, programs) if step.name == "places of files")
    assert places.command[2:] == (
        "Packs/SekoiaXDR/README.md",
        "Packs/SekoiaXDR/Scripts/S/S.py",
        "Packs/SekoiaXDR/pack_metadata.json",
    )


def test_secrets_are_looked_for_in_code(root: Path, programs: Path) -> None:
    secrets = next(step for step in build_pack.inspections(root, programs) if step.name == "secrets in code")
    assert secrets.command[1:] == ("secrets", "-i", "Packs/SekoiaXDR/Scripts/S/S.py")


def test_secrets_in_texts_and_tests_are_looked_for_without_counting_entropy(root: Path, programs: Path) -> None:
    (root / "Packs" / "SekoiaXDR" / "Scripts" / "S" / "S_test.py").touch()
    secrets = next(step for step in build_pack.inspections(root, programs) if step.name.startswith("secrets in texts"))
    assert secrets.command[1:-1] == ("secrets", "--ignore-entropy", "-i")
    assert secrets.command[-1] == "Packs/SekoiaXDR/README.md,Packs/SekoiaXDR/Scripts/S/S_test.py"


def test_secrets_are_not_looked_for_outside_a_checkout(root: Path, programs: Path) -> None:
    (root / ".git").rmdir()
    assert [step.name for step in build_pack.inspections(root, programs) if "secrets" in step.name] == []


def test_unchanged_files_need_no_build(root: Path, programs: Path) -> None:
    build_pack.build(root, programs)
    assert build_pack.is_current(root, build_pack.fingerprint(root))


def test_changed_pack_needs_a_build(root: Path, programs: Path) -> None:
    build_pack.build(root, programs)
    (root / "Packs" / "SekoiaXDR" / "Scripts" / "S" / "S.py").write_text("x = 2\n")
    assert not build_pack.is_current(root, build_pack.fingerprint(root))


def test_changed_rules_need_a_build(root: Path, programs: Path) -> None:
    build_pack.build(root, programs)
    (root / "validation_config.toml").write_text("select = ['BA100']\n")
    assert not build_pack.is_current(root, build_pack.fingerprint(root))


def test_damaged_zip_needs_a_build(root: Path, programs: Path) -> None:
    build_pack.build(root, programs)
    (root / "dist" / "SekoiaXDR-3.2.1.zip").write_text("cut off")
    assert not build_pack.is_current(root, build_pack.fingerprint(root))


def test_draft_is_built_in_spite_of_a_fault_but_not_taken_for_a_complete_build(root: Path, programs: Path) -> None:
    program(programs / "validate-content-path", "exit 1")
    assert build_pack.build(root, programs, inspect=False) == 0
    assert not build_pack.is_current(root, build_pack.fingerprint(root))


def test_failed_build_is_not_taken_for_a_current_one(root: Path, programs: Path) -> None:
    build_pack.build(root, programs)
    program(programs / "demisto-sdk", "exit 1")
    build_pack.build(root, programs)
    assert not build_pack.is_current(root, build_pack.fingerprint(root))


def test_no_file_of_the_pack_is_a_program() -> None:
    assert [str(path) for path in build_pack.pack_files(REPOSITORY) if os.access(REPOSITORY / path, os.X_OK)] == []
