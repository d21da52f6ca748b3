"""What hands do at a page, and what eyes wait for."""

from typing import Any

import pytest

from lab.stage import ROOT

PICTURES = ROOT / "build" / "browser"
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed here: use `make browser`")


def picture(page: Any, name: str) -> None:
    """Keeps what is to be seen."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def sees(place: Any, text: str) -> None:
    """Waits until a place of the page shows a text: a press returns before the page that answers it is there."""
    playwright.expect(place.first).to_contain_text(text)


def first_fetch(page: Any) -> None:
    press(page, "Let 25m pass")
    sees(page.get_by_role("status"), "4 new incidents")
