"""Writes docs/acceptance.md: `python tools/acceptance.py` prints it. A test that is gone is an error."""

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tests" / "acceptance.yml"
HEAD = """# What is proved, and by which test

Written by `make docs` from tests/acceptance.yml. The demands are those of two bodies of acceptance tests for
connectors, in our words, and what this service needs besides. Every test that is named exists, or this page cannot
be written; all of them run in `make test`. Those of test_description.py need Sekoia's own description of the API
and say so where it is absent.
"""


class MissingTest(Exception):
    """The table names a test that does not exist."""


@cache
def tests_of(file: str) -> frozenset[str]:
    """The names of the tests in a file; none for a file that is not there."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def missing(groups: Iterable[Mapping[str, Any]]) -> list[str]:
    """The tests that are named and do not exist."""
    named = [test for group in groups for row in group["rows"] for test in row["tests"]]
    return [test for test in named if test.partition("::")[2] not in tests_of(test.partition("::")[0])]


def rows(group: Mapping[str, Any]) -> Iterator[str]:
    """The table of one body of tests."""
    yield from ("", f"## {group['after']}", "", "| suite | demand | proved by |", "|---|---|---|")
    for row in group["rows"]:
        proof = [f"`{test}`" for test in row["tests"]]
        proof += [f"{row['note']}."] if "note" in row else []
        proof += [f"Needs {row['needs']}."] if "needs" in row else []
        yield f"| {row['suite']} | {row['demand']} | {'<br>'.join(proof)} |"


def page() -> str:
    """The whole page; MissingTest names what is gone."""
    groups = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    if gone := missing(groups):
        raise MissingTest(", ".join(gone))
    return HEAD + "\n".join(line for group in groups for line in rows(group)) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
