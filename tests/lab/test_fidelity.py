"""The page about the lab's fidelity says what the evidence files say."""

import re
from collections import Counter
from typing import Any

import pytest
import yaml

from lab.fidelity import API, HABITS, HOST, cell, habit, page, positions, read
from lab.sekoia.switches import RULES

ROOT = API.parents[1]
PAGE = ROOT / "docs" / "fidelity.md"
CERTAINTIES = {"documented", "observed", "assumed", "documented, partly assumed", "observed, partly assumed"}
ROW = {"behaviour", "certainty", "source", "date"}
KEYS = {"question", "lab", "other", "covered", "tests"}


def host_questions() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((HOST / "limits.yml").read_text("utf-8"))["open_questions"]
    return found


def test_page_is_what_the_evidence_says_now() -> None:
    assert PAGE.read_text("utf-8") == page(), "run `make docs`"


def test_each_switch_stands_in_one_open_question() -> None:
    limits = yaml.safe_load((API / "limits.yml").read_text("utf-8"))
    named = Counter(name for one in limits["open_questions"] for name in one.get("switches", ()))
    assert named == Counter(RULES.keys())


def test_each_habit_stands_in_one_question_and_one_row() -> None:
    asked = Counter(name for one in host_questions() for name in one.get("habits", ()))
    told = Counter(row["switch"] for row in read(HOST / "evidence.yml") if "switch" in row)
    assert asked == told == Counter(HABITS.keys())


@pytest.mark.parametrize("write", [positions, habit])
def test_switch_that_does_not_exist_is_no_part_of_the_page(write: Any) -> None:
    with pytest.raises(KeyError, match="no_such"):
        write("no_such")


@pytest.mark.parametrize("one", host_questions(), ids=lambda one: str(one["question"])[:60])
def test_test_that_is_said_to_turn_a_habit_does(one: dict[str, Any]) -> None:
    assert KEYS <= one.keys() <= KEYS | {"habits"}
    texts = [(ROOT / name).read_text("utf-8") for name in one["tests"]]
    for name in one.get("habits", ()):
        assert texts and all(re.search(rf'habits\.{name} = |"{name}": FLAG|"{name}": st', text) for text in texts)


@pytest.mark.parametrize("row", read(HOST / "evidence.yml"), ids=lambda row: str(row["behaviour"])[:60])
def test_row_of_the_host_has_a_certainty_a_source_and_a_date(row: dict[str, Any]) -> None:
    assert (
        {"behaviour", "certainty", "source", "date"}
        <= row.keys()
        <= {"behaviour", "certainty", "source", "date", "switch"}
    )
    assert row["certainty"] in CERTAINTIES
    assert ("partly" in row["certainty"]) == ("assumed" in row["source"])
    assert re.fullmatch(r"20\d\d-\d\d", str(row["date"]))


def test_angle_bracket_is_escaped_where_markdown_would_take_it_for_html() -> None:
    assert cell("a <b> | `apikey:<uuid>`") == "a &lt;b> \\| `apikey:<uuid>`"


def test_page_names_only_tests_and_targets_that_exist() -> None:
    text = page()
    assert all((ROOT / name).exists() for name in re.findall(r"`(tests/[^`]+)`", text))
    targets = re.findall(r"`make ([a-z-]+)`", text)
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert targets and all(re.search(rf"^{name}:", makefile, re.MULTILINE) for name in targets)
