"""The page about the emulator's fidelity says what the evidence files say."""

import re
from pathlib import Path

import yaml

from lab.sekoia.fidelity import FOLDER, page
from lab.sekoia.switches import RULES

PAGE = Path(__file__).parent.parent.parent / "docs" / "fidelity.md"


def test_page_is_what_the_evidence_says_now() -> None:
    assert PAGE.read_text("utf-8") == page(), "run `make docs`"


def test_limits_name_only_switches_that_exist() -> None:
    limits = yaml.safe_load((FOLDER / "limits.yml").read_text("utf-8"))
    named = {
        name
        for one in limits["open_questions"]
        if one["covered"].startswith("switch")
        for name in re.findall(r"`(\w+)`", one["covered"].partition(";")[0])
    }
    assert named and named <= set(RULES)
