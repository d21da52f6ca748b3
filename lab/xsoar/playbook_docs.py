"""`python -m lab.xsoar.playbook_docs <folder>`: README and picture of each playbook, derived from its yml."""

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from lab.xsoar.bundle import Loader
from lab.xsoar.playbook import PLAYBOOK, Playbook, Task, read
from lab.xsoar.playbook_picture import save

SIGNS = re.compile(r"([{}<>|])")


def playbooks_in(folder: Path) -> dict[Path, Playbook]:
    """The playbooks of a folder by their file."""
    return {path: read(yaml.safe_load(path.read_text("utf-8"))) for path in sorted(folder.glob("playbook-*.yml"))}


def picture_of(path: Path) -> Path:
    """Where the picture of the playbook in this yml lies."""
    return path.parent.parent / "doc_files" / f"{path.stem.removeprefix('playbook-')}.png"


def readme_of(path: Path) -> Path:
    """Where the README of the playbook in this yml lies."""
    return path.with_name(f"{path.stem}_README.md")


def owners_in(pack: Path) -> dict[str, str]:
    """Each command of the pack's integrations with the id of its integration."""
    ymls = (
        yaml.load(path.read_text("utf-8"), Loader=Loader)  # noqa: S506 (a safe loader)
        for path in sorted(pack.glob("Integrations/*/*.yml"))
    )
    return {each["name"]: yml["commonfields"]["id"] for yml in ymls for each in yml["script"]["commands"]}


def playbook_readme(playbook: Playbook, picture: Path, owners: Mapping[str, str]) -> str:
    """The whole text; `owners` names the integration of each command."""
    tasks = list(playbook.tasks.values())
    lines = [_safe(playbook.description), "", "## Dependencies", ""]
    lines += ["This playbook uses the following sub-playbooks, integrations, and scripts.", ""]
    for title, one, names in (
        ("Sub-playbooks", "sub-playbooks", {each.target for each in tasks if each.kind == PLAYBOOK}),
        ("Integrations", "integrations", {owners[each.runs] for each in tasks if each.runs in owners}),
        ("Scripts", "scripts", {each.target for each in tasks if _is_script(each)}),
        ("Commands", "commands", {each.runs for each in tasks if each.is_command or each.runs in owners}),
    ):
        listed = [f"* {name}" for name in sorted(names)]
        lines += [f"### {title}", "", *(listed or [f"This playbook does not use any {one}."]), ""]
    lines += ["## Playbook Inputs", "", "---", "", *_inputs(playbook), ""]
    lines += ["## Playbook Outputs", "", "---", "", *_outputs(playbook), ""]
    lines += ["## Playbook Image", "", "---", "", f"![{playbook.name}](../doc_files/{picture.name})"]
    return "\n".join(lines) + "\n"


def _is_script(task: Task) -> bool:
    return bool(task.target) and not task.is_command and task.kind != PLAYBOOK


def _inputs(playbook: Playbook) -> list[str]:
    if not playbook.inputs:
        return ["There are no inputs for this playbook."]
    rows = (
        (each.name, each.description, spoken(each.rule), "Required" if each.required else "Optional")
        for each in playbook.inputs
    )
    return _table(("Name", "Description", "Default Value", "Required"), rows)


def _outputs(playbook: Playbook) -> list[str]:
    if not playbook.outputs:
        return ["There are no outputs for this playbook."]
    rows = ((each.path, each.description, each.kind) for each in playbook.outputs)
    return _table(("Path", "Description", "Type"), rows)


def spoken(rule: Mapping[str, Any]) -> str:
    """A default value for people: the text, or the path it is read from."""
    inner = rule.get("complex")
    if not inner:
        return str(rule.get("simple") or "")
    return ".".join(part for part in (inner.get("root"), inner.get("accessor")) if part)


def _table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    head = [
        "| " + " | ".join(f"**{title}**" for title in titles) + " |",
        "| " + " | ".join("---" for _ in titles) + " |",
    ]
    return head + ["| " + " | ".join(_safe(cell) for cell in row) + " |" for row in rows]


def _safe(text: str) -> str:
    """A text that means itself in a table, and to the reader of the documentation site."""
    return SIGNS.sub(r"\\\1", text)


def main(folder: Path) -> int:
    """Writes both for each playbook of the folder."""
    owners = owners_in(folder.parent)
    for path, playbook in playbooks_in(folder).items():
        save(playbook, picture_of(path))
        readme_of(path).write_text(playbook_readme(playbook, picture_of(path), owners), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
