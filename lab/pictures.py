"""Pictures of the pages: HTML documents to PNG with a headless Chromium. Knows neither half of the lab."""

import html
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MISSING = (
    "No Chromium was found, so no picture can be made. On Debian or Ubuntu: apt install chromium. "
    "The HTML pages are written all the same with --html FOLDER."
)
LIMIT = 300_000  # bytes of one picture
NARROWEST = 500  # pixels
FLAGS = (
    *("--headless=new", "--disable-gpu", "--no-sandbox", "--hide-scrollbars", "--no-first-run", "--disable-extensions"),
    *("--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND", "--force-device-scale-factor=1"),
)


@dataclass(frozen=True)
class Shot:
    """One picture: its file's name, the document, the size of the window, and the theme."""

    name: str
    document: str
    width: int = 1280
    height: int = 900
    dark: bool = False
    extra: bool = False  # to be looked at, not to be shipped


def browser() -> str:
    """The path of a Chromium; ends the program with a sentence when there is none."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        sys.exit(MISSING)
    return found


def framed(shot: Shot) -> str:
    """The document in a frame of its width: a window of the browser is never narrower than `NARROWEST`."""
    frame = f"width:{shot.width}px;height:{shot.height}px;border:0;display:block;margin:0 auto"
    return (
        '<!doctype html><meta name="color-scheme" content="light dark"><body style="margin:0;background:#8884">'
        f'<iframe style="{frame}" srcdoc="{html.escape(shot.document)}"></iframe>'
    )


def take(shots: Iterable[Shot], folder: Path) -> list[Path]:
    """Draws each document into `folder`; raises ValueError for a picture that came out too large."""
    program, made = browser(), []
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        for shot in shots:
            page = Path(scratch) / f"{shot.name}.html"
            page.write_text(shot.document if shot.width >= NARROWEST else framed(shot), encoding="utf-8")
            made.append(_drawn(program, shot, page, folder / f"{shot.name}.png", Path(scratch)))
    return made


def _drawn(program: str, shot: Shot, page: Path, target: Path, scratch: Path) -> Path:
    theme = ("--blink-settings=preferredColorScheme=0",) if shot.dark else ("--blink-settings=preferredColorScheme=1",)
    command = (
        *(program, *FLAGS, *theme, f"--user-data-dir={scratch / 'profile'}"),
        *(f"--window-size={max(shot.width, NARROWEST)},{shot.height}", f"--screenshot={target}", page.as_uri()),
    )
    subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603 (a browser and files of ours)
    if target.stat().st_size > LIMIT:
        raise ValueError(f"{target.name}: {target.stat().st_size} bytes, at most {LIMIT} are meant")
    return target
