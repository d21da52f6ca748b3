"""Brings the platform's own CommonServerPython and demistomock: `python tools/platform_files.py FOLDER`.

For a machine that reaches GitHub. The files belong to demisto/content (MIT); they are compared with and run beside the
stand-ins, and are never part of this repository. Then: `XSOAR_PLATFORM=FOLDER make lab`, on a Python below 3.12, since
one of the files wants `distutils`.

The commit pins what comes. The sums are printed to be compared by eye and not pinned, since nobody has yet brought the
files of that commit and looked at them; once that is done, put the printed sums in here and refuse others.
"""

import hashlib
import sys
import urllib.error
import urllib.request
from pathlib import Path

COMMIT = "ca2984984840a86b18dd23eb82555f6d0406c2ae"
SOURCE = f"https://raw.githubusercontent.com/demisto/content/{COMMIT}"
FILES = {
    "CommonServerPython.py": "Packs/Base/Scripts/CommonServerPython/CommonServerPython.py",
    "demistomock.py": "Tests/demistomock/demistomock.py",
}


def bring(folder: Path) -> None:
    """Writes the files and says what they are; OSError when the network does not let it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in FILES.items():
        with urllib.request.urlopen(f"{SOURCE}/{path}", timeout=30) as answer:  # noqa: S310 (a fixed https address)
            content = answer.read()
        (folder / name).write_bytes(content)
        sys.stdout.write(f"{folder / name}  {len(content)} bytes  sha256 {hashlib.sha256(content).hexdigest()}\n")
    (folder / "CommonServerUserPython.py").write_text("", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Exit code 0 when the folder holds the files."""
    if len(arguments) != 1:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    try:
        bring(Path(arguments[0]))
    except (OSError, urllib.error.URLError) as error:
        sys.stderr.write(f"The platform's files could not be brought: {error}. GitHub must be reachable.\n")
        return 1
    sys.stdout.write(f"Now: XSOAR_PLATFORM={arguments[0]} make lab\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
