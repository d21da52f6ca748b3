"""The acceptance table says what the tests are, and names none that is gone."""

from pathlib import Path

import yaml

from tools.acceptance import TABLE, missing, page

PAGE = Path(__file__).parents[2] / "docs" / "acceptance.md"


def test_page_is_what_the_table_says_now() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_test_that_does_not_exist_is_found() -> None:
    here = "tests/repository/test_acceptance.py"
    named = [f"{here}::test_test_that_does_not_exist_is_found", f"{here}::test_gone", "tests/test_gone.py::test_x"]
    assert missing([{"after": "", "rows": [{"tests": named}]}]) == named[1:]


def test_row_whose_tests_are_skipped_on_most_machines_says_what_they_need() -> None:
    groups = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    conditional = ("test_description.py", "against_real_platform.py")
    rows = [row for group in groups for row in group["rows"] if any(name in str(row["tests"]) for name in conditional)]
    assert rows and all("needs" in row for row in rows)
