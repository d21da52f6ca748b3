"""The page about the emulator's fidelity says what the evidence files say."""

import re
from collections import Counter
from pathlib import Path

import yaml

from lab.sekoia.fidelity import FOLDER, page
from lab.sekoia.switches import RULES

PAGE = Path(__file__).parent.parent.parent / "docs" / "fidelity.md"


def test_page_is_what_the_evidence_says_now() -> None:
    assert PAGE.read_text("utf-8") == page(), "run `make docs`"


def test_each_switch_stands_in_one_open_question() -> None:
    limits = yaml.safe_load((FOLDER / "limits.yml").read_text("utf-8"))
    named = Counter(name for one in limits["open_questions"] for name in one.get("switches", ()))
    assert named == Counter(RULES.keys())


def test_page_names_only_tests_and_targets_that_exist() -> None:
    text = page()
    assert all((PAGE.parents[1] / name).is_file() for name in re.findall(r"`(tests/[^`]+)`", text))
    targets = re.findall(r"`make ([a-z-]+)`", text)
    makefile = (PAGE.parents[1] / "Makefile").read_text("utf-8")
    assert targets and all(re.search(rf"^{name}:", makefile, re.MULTILINE) for name in targets)
