"""A picture of a playbook: its tasks at their places and the ways between them, as a PNG.

The picture carries a fingerprint of what it shows, so that one that is out of date can be told without comparing
pixels, which differ between versions of the drawing library.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from lab.xsoar.playbook import CONDITION, DEFAULT, ERROR, NONE, PLAYBOOK, START, TITLE, Playbook, Task

WIDTH, HEIGHT, COLUMN, MARGIN = 380, 104, 430, 40
FLATTER, LANE_POINTS = 22, 6
FINGERPRINT = "playbook"
SCALE, FINE = 0.6, 2  # size of the picture, and how much finer it is drawn
INK, PAPER, CARD, LINE, FAULT = "#1d2733", "#f3f5f8", "#ffffff", "#8a97a6", "#c2362f"
COLOURS = {START: "#2f7d4f", TITLE: "#1c7c8c", CONDITION: "#b7791f", PLAYBOOK: "#6b4fa0"}
WORK, BY_HAND = "#2b62b5", "#c05621"
Point = tuple[float, float]
Span = tuple[str, str, str]


@dataclass(frozen=True)
class Way:
    """One line of the picture, from the bottom of a task to the top of another."""

    points: tuple[Point, ...]
    label: str
    is_fault: bool


def colour_of(task: Task) -> str:
    """By what the task asks for: work of the platform, work of a person, an answer, another playbook."""
    return BY_HAND if task.is_manual else COLOURS.get(task.kind, WORK)


def kind_of(task: Task) -> str:
    """What stands above the task's name."""
    if task.kind in (START, TITLE):
        return ""
    if task.is_manual:
        return "QUESTION FOR A PERSON" if task.kind == CONDITION else "TASK FOR A PERSON"
    return {CONDITION: "CONDITION", PLAYBOOK: "PLAYBOOK"}.get(task.kind, task.runs)


def fingerprint(playbook: Playbook) -> str:
    """Of everything that the picture shows."""
    shown = [
        (task.id, task.kind, task.name, kind_of(task), task.place, sorted(task.next.items()))
        for task in playbook.tasks.values()
    ]
    return hashlib.sha256(json.dumps([playbook.name, shown]).encode()).hexdigest()


def fingerprint_in(path: Path) -> str:
    """The fingerprint that a picture carries, '' when it has none."""
    with Image.open(path) as picture:
        return str(picture.info.get(FINGERPRINT, ""))


def ways(playbook: Playbook) -> Iterator[Way]:
    """All lines; one that passes other rows runs between the columns."""
    for task in playbook.tasks.values():
        for label, following in task.next.items():
            shown = "" if label == NONE else {DEFAULT: "else", ERROR: "error"}.get(label, label)
            for each in following:
                yield Way(_route(task, playbook.tasks[each]), shown, label == ERROR)


def _ends(task: Task) -> tuple[float, float]:
    """Top and bottom of what is drawn of a task: a heading is flatter than the others."""
    less = FLATTER if task.kind in (START, TITLE) else 0
    return task.place[1] + less, task.place[1] + HEIGHT - less


def _route(source: Task, target: Task) -> tuple[Point, ...]:
    start: Point = (source.place[0] + WIDTH / 2, _ends(source)[1])
    end: Point = (target.place[0] + WIDTH / 2, _ends(target)[0])
    below, above = source.place[1] + HEIGHT + 32, target.place[1] - 22
    if target.place[1] - source.place[1] <= 2 * HEIGHT:
        return (start, (start[0], above), (end[0], above), end)
    side = -1 if target.place[0] < source.place[0] else 1
    lane = source.place[0] + WIDTH / 2 + side * COLUMN / 2
    return (start, (start[0], below), (lane, below), (lane, above), (end[0], above), end)


def label_place(way: Way) -> Point:
    """Where no other line of the task runs: beside a lane's first turn, before a bend's end, on a straight line."""
    start, turn, after = way.points[0], way.points[1], way.points[2]
    side = (after[0] > turn[0]) - (after[0] < turn[0])
    if len(way.points) == LANE_POINTS:
        return turn[0] + side * 115, turn[1]
    return (after[0] - side * 115, turn[1]) if side else (start[0], start[1] + 18)


class Canvas:
    """Draws in the playbook's own measure."""

    def __init__(self, playbook: Playbook) -> None:
        places = [task.place for task in playbook.tasks.values()]
        self._left = min(x for x, _ in places) - COLUMN / 2 + WIDTH / 2 - MARGIN
        self._top = min(y for _, y in places) - MARGIN
        right = max(x for x, _ in places) + WIDTH / 2 + COLUMN / 2 + MARGIN
        bottom = max(y for _, y in places) + HEIGHT + MARGIN
        self._unit = SCALE * FINE
        size = (int((right - self._left) * self._unit), int((bottom - self._top) * self._unit))
        self.image = Image.new("RGB", size, PAPER)
        self._draw = ImageDraw.Draw(self.image)

    def at(self, point: Point) -> Point:
        return ((point[0] - self._left) * self._unit, (point[1] - self._top) * self._unit)

    def line(self, points: tuple[Point, ...], colour: str) -> None:
        self._draw.line([self.at(each) for each in points], fill=colour, width=round(3 * self._unit), joint="curve")
        x, y = points[-1]
        tip = [self.at(each) for each in ((x, y), (x - 8, y - 13), (x + 8, y - 13))]
        self._draw.polygon(tip, fill=colour)

    def box(self, corner: Point, size: Point, fill: str, edge: str, radius: float = 12) -> None:
        low = self.at(corner)
        high = self.at((corner[0] + size[0], corner[1] + size[1]))
        self._draw.rounded_rectangle(
            (*low, *high), radius=radius * self._unit, fill=fill, outline=edge, width=round(2.5 * self._unit)
        )

    def font(self, size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        return ImageFont.load_default(size * self._unit)

    def text(self, point: Point, words: str, size: float, colour: str, anchor: str = "mm") -> None:
        self._draw.text(self.at(point), words, fill=colour, font=self.font(size), anchor=anchor)

    def wide(self, words: str, size: float) -> float:
        """Width of a text."""
        return self._draw.textlength(words, font=self.font(size)) / self._unit

    def tag(self, point: Point, words: str, colour: str) -> None:
        """A label on a line."""
        wide = self.wide(words, 19) + 14
        self.box((point[0] - wide / 2, point[1] - 13), (wide, 26), PAPER, PAPER, 6)
        self.text(point, words, 19, colour)

    def lines(self, words: str, size: float, width: float) -> list[str]:
        """A text broken at blanks; what is longer than three lines is cut with a mark."""
        broken = [""]
        for word in words.split():
            longer = f"{broken[-1]} {word}".strip()
            if self.wide(longer, size) <= width or not broken[-1]:
                broken[-1] = longer
            else:
                broken.append(word)
        return broken if len(broken) <= 3 else [*broken[:2], f"{broken[2]}…"]


def draw(playbook: Playbook) -> Image.Image:
    """The picture."""
    canvas = Canvas(playbook)
    lines = list(ways(playbook))
    for way in sorted(lines, key=lambda one: one.is_fault):
        canvas.line(way.points, FAULT if way.is_fault else LINE)
    for task in playbook.tasks.values():
        _draw_task(canvas, task)
    for way in lines:
        if way.label:
            canvas.tag(label_place(way), way.label, FAULT if way.is_fault else INK)
    size = canvas.image.size
    return canvas.image.resize((size[0] // FINE, size[1] // FINE), Image.Resampling.LANCZOS)


def _draw_task(canvas: Canvas, task: Task) -> None:
    x, y = task.place
    middle = (x + WIDTH / 2, y + HEIGHT / 2)
    colour = colour_of(task)
    if task.kind in (START, TITLE):
        canvas.box((x + 60, y + FLATTER), (WIDTH - 120, HEIGHT - 2 * FLATTER), colour, colour, 30)
        canvas.text(middle, task.name or "Start", 24, CARD)
        return
    canvas.box((x, y), (WIDTH, HEIGHT), CARD, colour)
    canvas.text((x + 16, y + 20), kind_of(task), 16, colour, "lm")
    words = canvas.lines(task.name, 23, WIDTH - 32)
    for number, each in enumerate(words):
        canvas.text((x + 16, y + 64 + 27 * (number - (len(words) - 1) / 2)), each, 23, INK, "lm")


def save(playbook: Playbook, path: Path) -> None:
    """Write the picture with its fingerprint; few colours, so that the file stays small."""
    about = PngImagePlugin.PngInfo()
    about.add_text(FINGERPRINT, fingerprint(playbook))
    path.parent.mkdir(parents=True, exist_ok=True)
    draw(playbook).quantize(160).save(path, pnginfo=about, optimize=True)
