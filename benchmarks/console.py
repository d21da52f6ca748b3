"""`python -m benchmarks.console`: how long the pages of the console take, with four and with 10 000 incidents."""

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import process_time

from lab.stage import scene
from lab.web import lab_site
from tests.lab.many import fill

PAGE = Path(__file__).resolve().parent.parent / "docs" / "console-speed.md"
MANY, TIMES = 10_000, 9
PAGES = {
    "the list of incidents": "/incidents",
    "the list, filtered, a late page": "/incidents?status=1&page=99",
    "an incident, first tab (asks the API)": "/incidents/2",
    "an incident, evidence (asks the API)": "/incidents/2?tab=sekoiaevidence",
    "a war room": "/incidents/2/room",
    "new entries of a war room": "/incidents/2/room/entries?after=0",
    "the dashboard": "/dashboards/Sekoia XDR",
    "the settings": "/settings",
    "runs of fetch": "/runs",
    "mirroring": "/mirroring",
    "API calls": "/calls",
}
HEAD = """# How long the pages of the browser console take

Written by `make bench-console`, which measures everything anew: the median of {} loads in milliseconds of processor
time, host, built pack and emulated API together, on the phishing story and with {} incidents more. The goal is at most
100 ms on the story, and pages that stay usable with many. `tests/lab/test_web_many.py` holds that the pages which it
names ask the store as often as with four incidents, and for at most a page of the list more. The dashboard is not among
them: it reads all incidents, with one query.

| page | 4 incidents | {} incidents |
|---|---|---|
"""


@contextmanager
def visitor(count: int) -> Iterator[dict[str, float]]:
    """The medians of all pages, in milliseconds."""
    with scene("phishing") as stage:
        app = lab_site(stage)
        client, site = app.test_client(), app.extensions["site"]
        client.get(f"/?door={site.door}")
        client.post("/time", data={"_token": site.token, "by": "25m"})
        fill(stage, count)
        found = {}
        for name, address in PAGES.items():
            times = []
            for _ in range(TIMES):
                start = process_time()
                answer = client.get(address)
                times.append(1000 * (process_time() - start))
                assert answer.status_code < 300, address
            found[name] = statistics.median(times)
        yield found


def main() -> None:
    """Measures, and writes the page."""
    with visitor(0) as few, visitor(MANY) as many:
        rows = "".join(f"| {name} | {few[name]:.0f} | {many[name]:.0f} |\n" for name in PAGES)
    PAGE.write_text(HEAD.format(TIMES, MANY, MANY) + rows, encoding="utf-8")


if __name__ == "__main__":
    main()
