"""A browser without a window, and the console of the phishing story in front of it.

Needs Chromium (the distribution's package) and Playwright's library; `make browser` brings the library. Pictures of
the steps are left in build/browser.
"""

import os
import shutil
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest

from lab.stage import Scene, scene
from lab.web import lab_site, server_of

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)


@pytest.fixture
def stage() -> Iterator[Scene]:
    """The phishing story."""
    with scene("phishing") as made:
        yield made


@pytest.fixture
def address(stage: Scene) -> Iterator[str]:
    """The console on a socket."""
    app = lab_site(stage)
    server = server_of(app, 0)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/?door={app.extensions['site'].door}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def browser() -> Iterator[Any]:
    """A browser without a window."""
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed here: `make browser`")
    sandbox = [] if os.geteuid() else ["--no-sandbox"]  # Chromium refuses its sandbox to root
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, address: str) -> Any:
    """The first page of the console."""
    made = browser.new_page(viewport={"width": 1200, "height": 900})
    made.complaints = []
    made.on("console", lambda said: made.complaints.append(said.text) if said.type == "error" else None)
    made.goto(address)
    return made


@pytest.fixture
def shifts() -> str:
    """A script that sums up how far things moved on a page by themselves."""
    return (
        "window.moved = 0;"
        "new PerformanceObserver(list => { for (const one of list.getEntries()) window.moved += one.value })"
        ".observe({type: 'layout-shift', buffered: true})"
    )
