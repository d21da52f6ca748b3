"""Puts pictures that the browser's tests have left into docs/pictures, with few colours: `make console-pictures`."""

import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
TAKEN, KEPT = ROOT / "build" / "browser", ROOT / "docs" / "pictures"
CHOSEN = {
    "2-incidents": "incidents",
    "3-incident": "incident",
    "4-war-room": "war-room",
    "7-mirroring": "mirroring",
}
COLOURS, LIMIT = 128, 100_000  # bytes of one picture


def keep(taken: Path, kept: Path) -> int:
    """Writes one picture with few colours; its size. Raises ValueError for one that came out too large."""
    with Image.open(taken) as picture:
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(kept, optimize=True)
    size = kept.stat().st_size
    if size > LIMIT:
        raise ValueError(f"{kept.name}: {size} bytes, at most {LIMIT} are meant")
    return size


def main() -> int:
    """Keeps the chosen ones; a picture that no test has left is said."""
    missing = [name for name in CHOSEN if not (TAKEN / f"{name}.png").is_file()]
    if missing:
        sys.exit(
            f"The browser's tests left no picture of {', '.join(missing)}: run `make browser` (apt install chromium)."
        )
    for name, new in CHOSEN.items():
        kept = KEPT / f"console-{new}.png"
        sys.stdout.write(f"{kept.relative_to(ROOT)}  {keep(TAKEN / f'{name}.png', kept) // 1024} KiB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
