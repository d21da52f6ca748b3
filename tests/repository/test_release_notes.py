"""What a release says of itself."""

import subprocess
from pathlib import Path

import pytest

from tools import release_notes

CHANGELOG = "# Changelog\n\n## [1.1.0] - 2026-12-01\n\n### Fixed\n\n- A thing.\n\n## [1.0.0] - 2026-11-24\n\n- All.\n"
INCIDENT = f"{release_notes.GOLDEN}/sigma.incident.json"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a release 1.0.0 behind it, and a field of the mapper that moved since."""

    def git(*words: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    (tmp_path / release_notes.GOLDEN).mkdir(parents=True)
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    (tmp_path / INCIDENT).write_text('{\n"severity": 2\n}\n', encoding="utf-8")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    git("tag", "v1.0.0")
    (tmp_path / INCIDENT).write_text('{\n"severity": 3\n}\n', encoding="utf-8")
    git("commit", "-qam", "two")
    return tmp_path


def test_notes_hold_the_section_of_the_version_alone(repository: Path) -> None:
    text = release_notes.notes(repository, "1.1.0")
    assert text.startswith("### Fixed\n\n- A thing.\n\n### Incidents of known alerts")
    assert "- All." not in text


def test_notes_show_what_moved_in_the_incidents_of_known_alerts(repository: Path) -> None:
    text = release_notes.notes(repository, "1.1.0")
    assert "Against v1.0.0:" in text
    assert '-"severity": 2\n+"severity": 3' in text


def test_first_release_has_nothing_to_compare_with(repository: Path) -> None:
    assert "first release" in release_notes.notes(repository, "1.0.0")


def test_version_without_a_section_is_an_error(repository: Path) -> None:
    with pytest.raises(ValueError, match=r"CHANGELOG\.md says nothing of 2\.0\.0"):
        release_notes.notes(repository, "2.0.0")
