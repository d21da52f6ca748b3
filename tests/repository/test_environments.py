"""Which environments run on a machine, and when .venv is made anew."""

import os
from pathlib import Path

import pytest

from tools import bootstrap, environments


def interpreter(folder: Path, version: str, answer: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in (f"python{version}", "python3"):
        (folder / name).write_text(f"#!/bin/sh\n{answer}\n")
        (folder / name).chmod(0o755)


def test_all_pythons_run_when_all_are_there() -> None:
    names = ["unit-py310", "unit-py311", "unit-py312"]
    assert environments.unit_environments(["3.12", "3.10", "3.11"], "3.13") == (names, [])


def test_a_missing_python_is_left_out_and_said() -> None:
    names, notes = environments.unit_environments(["3.12"], "3.12")
    assert names == ["unit-py312"]
    left_out = "unit: no Python {} on PATH or in pyenv; its run is left out"
    assert notes == [left_out.format("3.10"), left_out.format("3.11")]


def test_the_python_at_hand_steps_in_when_none_is_there() -> None:
    names, notes = environments.unit_environments([], "3.13")
    assert names == ["unit-py313"]
    assert notes[-1] == "unit: running on the Python at hand instead, 3.13"


def test_the_python_at_hand_counts_as_there() -> None:
    assert environments.unit_environments(["3.10"], "3.12")[0] == ["unit-py310", "unit-py312"]


def test_other_environments_keep_their_names_and_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "PYTHONS", ("3.12",))
    monkeypatch.setattr(environments, "has_python", lambda version, path: True)
    names, _ = environments.expand(["pack", "unit", "lab"], "")
    assert names == ["pack", "unit-py312", "lab"]


def test_a_launcher_that_refuses_is_no_python(tmp_path: Path) -> None:
    interpreter(tmp_path, "3.10", "echo not installed >&2; exit 127")
    assert not environments.has_python("3.10", str(tmp_path))


def test_an_interpreter_behind_a_refusing_launcher_is_found(tmp_path: Path) -> None:
    interpreter(tmp_path / "shims", "3.10", "exit 127")
    interpreter(tmp_path / "real", "3.10", "echo 3.10")
    assert environments.has_python("3.10", f"{tmp_path / 'shims'}{os.pathsep}{tmp_path / 'real'}")


def test_pyenv_interpreters_are_found_through_its_shims_and_come_last(tmp_path: Path) -> None:
    interpreter(tmp_path / "versions" / "3.12.1" / "bin", "3.12", "echo 3.12")
    interpreter(tmp_path / "versions" / "3.9.1" / "bin", "3.9", "echo 3.9")
    path = environments.search_path({"PATH": f"{tmp_path}/shims:/usr/bin", "PYENV_ROOT": str(tmp_path)})
    wanted = [f"{tmp_path}/shims", "/usr/bin", f"{tmp_path}/versions/3.9.1/bin", f"{tmp_path}/versions/3.12.1/bin"]
    assert path.split(os.pathsep) == wanted


def made(folder: Path, stamp: str) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").touch()
    (folder / "installed.sha256").write_text(stamp)
    return folder


def test_venv_is_current_while_its_stamp_is_the_wanted_one(tmp_path: Path) -> None:
    assert bootstrap.is_current(made(tmp_path / "venv", "abc"), "abc")


def test_venv_of_another_lock_is_made_anew(tmp_path: Path) -> None:
    assert not bootstrap.is_current(made(tmp_path / "venv", "abc"), "def")


def test_interrupted_installation_is_made_anew(tmp_path: Path) -> None:
    venv = made(tmp_path / "venv", "abc")
    (venv / "installed.sha256").unlink()
    assert not bootstrap.is_current(venv, "abc")


def test_fingerprint_changes_with_the_lock_and_with_the_python(tmp_path: Path) -> None:
    lock = tmp_path / "lab.txt"
    lock.write_text("flask==3.1.3\n")
    first = bootstrap.fingerprint(lock, "3.11")
    second = bootstrap.fingerprint(lock, "3.12")
    lock.write_text("flask==3.1.4\n")
    assert len({first, second, bootstrap.fingerprint(lock, "3.11")}) == 3
