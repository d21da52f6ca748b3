"""The frame keeps its promises: targets are documented, locks are portable, CI runs what the README says."""

import configparser
import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
DOCUMENTED = dict(re.findall(r"^([a-z-]+):.*?## (.+)$", MAKEFILE, re.MULTILINE))
# Steps of other targets, of no use alone.
INTERNAL = {"setup", "address"}
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# Paths of somebody's machine and addresses of package indexes; written so that this file does not match itself.
FOREIGN = re.compile(r"/wor[k]/|/tmp/stu[d]io|https?://[^ \"]*/simple")
NEIGHBOUR = re.compile(r"\.\./sha[r]ed")


def project_files() -> list[Path]:
    """Every file of the checkout that git tracks or would track."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


def lines_matching(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    """`file:line: text` for each line that matches; pictures and other binary files have no lines."""
    hits: list[str] = []
    for path in files:
        content = path.read_bytes()
        if b"\0" in content:
            continue
        lines = content.decode("utf-8", errors="replace").splitlines()
        name = path.relative_to(ROOT)
        hits += [
            f"{name}:{number}: {line.strip()[:120]}" for number, line in enumerate(lines, 1) if pattern.search(line)
        ]
    return hits


def tox_sections() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "tox.ini", encoding="utf-8")
    return parser


def test_every_target_is_documented_or_internal() -> None:
    targets = set(re.findall(r"^\.PHONY: (\S+)$", MAKEFILE, re.MULTILINE))
    assert targets == set(DOCUMENTED) | INTERNAL


def test_help_is_the_default_and_shows_every_documented_target() -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert [line.split()[:2] for line in shown.splitlines()] == [["make", name] for name in DOCUMENTED]


def test_every_environment_has_a_description() -> None:
    sections = tox_sections()
    environments = [name for name in sections.sections() if name.startswith("testenv:")]
    assert environments
    assert [name for name in environments if not sections[name].get("description", "").strip()] == []


def test_every_environment_that_the_makefile_runs_exists() -> None:
    run = {name for words in re.findall(r"\$\(TOX\) ([a-z ]+)", MAKEFILE) for name in words.split()}
    sections = " ".join(tox_sections().sections())
    assert {name for name in run if f"testenv:{name}" not in sections} == set()


def test_readme_names_the_two_commands_and_no_target_that_is_missing() -> None:
    named = set(re.findall(r"\bmake ([a-z]+)\b", "\n".join(code_of((ROOT / "README.md").read_text(encoding="utf-8")))))
    assert {"demo", "test"} <= named <= set(DOCUMENTED)


def test_contributing_names_no_target_that_is_missing() -> None:
    named = set(
        re.findall(r"\bmake ([a-z]+)\b", "\n".join(code_of((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))))
    )
    assert named
    assert named <= set(DOCUMENTED)


def code_of(markdown: str) -> list[str]:
    """What a page sets as code: fenced blocks and words between backticks."""
    blocks = re.findall(r"^```.*?^```", markdown, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```.*?^```", "", markdown, flags=re.MULTILINE | re.DOTALL)
    return [*blocks, *re.findall(r"`([^`\n]+)`", rest)]


def test_ci_runs_the_two_commands() -> None:
    commands = re.findall(r"^step (.+)$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    assert commands == ["make test", "make demo"]


def test_ci_script_can_be_run() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(script)], check=True)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_lock_holds_exact_versions_and_nothing_of_a_machine(lock: Path) -> None:
    lines = [line for line in lock.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    assert lines
    assert [line for line in lines if not re.match(r"^[A-Za-z0-9._-]+(\[[a-z,]+\])?==[^ ;]+( ; .+)?$", line)] == []
    assert not re.search(r"://|file:|--(extra-)?index|--find|[ \"']/", lock.read_text(encoding="utf-8"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_lock_holds_what_was_asked_for(lock: Path) -> None:
    asked = re.findall(r"^([a-z][a-z0-9._-]*)", lock.with_suffix(".in").read_text(encoding="utf-8"), re.MULTILINE)
    locked = set(re.findall(r"^([a-z0-9._-]+)", lock.read_text(encoding="utf-8"), re.MULTILINE))
    assert asked
    assert set(asked) <= locked


def test_locks_agree_on_what_they_share() -> None:
    versions: dict[str, set[str]] = {}
    for name in ("unit", "lab", "check"):
        for line in (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines():
            if match := re.match(r"^([a-z0-9._-]+)==(\S+)( ; python_full_version .+)?$", line):
                versions.setdefault(match[1] + (match[3] or ""), set()).add(match[2])
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_audit_looks_at_every_lock() -> None:
    looked_at = re.findall(r"^pip-audit .*-r (\S+)", tox_sections()["testenv:audit"]["commands"], re.MULTILINE)
    assert sorted(looked_at) == [f"requirements/{path.name}" for path in LOCKS]


@pytest.mark.parametrize("page", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda path: path.name)
def test_github_page_is_valid_yaml(page: Path) -> None:
    assert isinstance(yaml.safe_load(page.read_text(encoding="utf-8")), dict)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_runs_only_targets_that_exist(workflow: Path) -> None:
    named = set(re.findall(r"\bmake ([a-z-]+)\b", workflow.read_text(encoding="utf-8")))
    assert named
    assert named <= set(DOCUMENTED)


def test_workflows_fetch_what_the_comparisons_need_and_name_it_to_them() -> None:
    steps = yaml.safe_load((ROOT / ".github/workflows/check.yml").read_text("utf-8"))["jobs"]["originals"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == ["make contract-spec", "make platform", "make lab"]
    assert set(steps[-1]["env"]) == {"SEKOIA_OPENAPI", "XSOAR_PLATFORM"}
    assert not any("continue-on-error" in step for step in steps)


def test_no_file_names_a_machine_or_a_package_index() -> None:
    assert lines_matching(FOREIGN, project_files()) == []


def test_only_the_ci_script_looks_outside_the_checkout() -> None:
    assert {hit.split(":")[0] for hit in lines_matching(NEIGHBOUR, project_files())} <= {".ci/run"}
