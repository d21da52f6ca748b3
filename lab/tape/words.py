"""The words that may stand in a recording: those of the API's public description, and some of our own list.

`python -m lab.tape.words FILE` takes the first ones anew out of an OpenAPI description; `make contract-spec` brings it.
"""

import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FROM_THE_API, OURS = HERE / "api_words.txt", HERE / "own_words.txt"
WORD = re.compile(r"[A-Za-z@][\w@.<>=-]*")


@cache
def known() -> frozenset[str]:
    """Every word or phrase that may stand as it is: one a line; a line that begins with # is a comment."""
    lines = [line for path in (FROM_THE_API, OURS) for line in path.read_text("utf-8").splitlines()]
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def harvest(description: Any) -> set[str]:
    """Names of properties and of query keys, values of enumerations, and the fixed parts of paths."""
    return {word for word in _words(description) if WORD.fullmatch(word)}


def _words(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for each in part:
            yield from _words(each)
    if not isinstance(part, dict):
        return
    properties, choices = part.get("properties"), part.get("enum")
    yield from properties if isinstance(properties, dict) else ()
    yield from (one for one in choices if isinstance(one, str)) if isinstance(choices, list) else ()
    if part.get("in") == "query":
        yield from re.split(r"[\[\]]", str(part.get("name")))
    paths = part.get("paths")
    for path in paths if isinstance(paths, dict) else ():
        yield from (step for step in path.split("/") if "{" not in step)
    for each in part.values():
        yield from _words(each)


def main(arguments: list[str]) -> int:
    """Writes the list anew."""
    found = sorted(harvest(json.loads(Path(arguments[0]).read_text("utf-8"))))
    FROM_THE_API.write_text("\n".join(found) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(found)} words\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
