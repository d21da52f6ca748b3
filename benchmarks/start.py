"""One measured start: `python -m benchmarks.start ZIP` prints the milliseconds that loading the pack takes, as JSON.

The platform's libraries are loaded before, as they are for every integration; the pack's code is compiled and executed
once in a process of its own, so that nothing is warm that would be cold on the platform.
"""

import json
import sys
import time
from pathlib import Path

from lab.xsoar.bundle import Bundle

PLATFORM = Path(__file__).resolve().parent.parent / "lab" / "xsoar" / "platform"


def milliseconds_since(start: float) -> float:
    """Processor time since a value of its clock: other work on the machine does not count."""
    return 1000 * (time.process_time() - start)


def main() -> None:
    """Measures and prints."""
    text = Bundle.load(Path(sys.argv[1])).integration("Sekoia XDR").code
    sys.path.insert(0, str(PLATFORM))
    import CommonServerPython as library  # the stand-ins, as the platform puts them before every script
    import dateparser  # noqa: F401 - third-party libraries take long to load, and are not the pack
    import demistomock
    import pytz  # noqa: F401

    start = time.process_time()
    code = compile(text, "<pack>", "exec")
    compiled = milliseconds_since(start)
    start = time.process_time()
    exec(code, {**vars(library), "demisto": demistomock, "__name__": "pack"})  # noqa: S102 - loading is what is measured
    sys.stdout.write(json.dumps({"compile": compiled, "execute": milliseconds_since(start)}) + "\n")


if __name__ == "__main__":
    main()
