"""Charts as inline SVG: plain shapes with a text for those who do not see them; the style sheet gives the colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

from markupsafe import Markup

WIDTH, HEIGHT = 640, 240
LEFT, BOTTOM, TOP = 34, 26, 10
COLOURS = 8
FRAME = Markup(
    '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}" preserveAspectRatio="xMidYMid meet">{}</svg>'
)
RULE = Markup(
    '<line class="rule" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/><text class="tick" x="{}" y="{:.1f}">{}</text>'
)
LABEL = Markup('<text class="label" x="{:.1f}" y="{}">{}</text>')
COLUMN = Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2"><title>{}</title></rect>')
SPOT = Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="3"/>')
BAR = Markup(
    '<li><span class="name" title="{}">{}</span>'
    '<span class="track"><span class="fill {}" style="width:{:.1f}%"></span></span><b>{}{}</b></li>'
)


@dataclass(frozen=True)
class Part:
    """A named number."""

    name: str
    number: float
    look: str = ""


@dataclass(frozen=True)
class Series:
    """A named row of numbers, one for each label of the chart."""

    name: str
    numbers: Sequence[float]
    look: str = ""


def _look(given: str, place: int) -> str:
    return given or f"c{place % COLOURS}"


def _number(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.1f}"


def _svg(width: int, height: int, label: str, body: list[Markup]) -> Markup:
    return FRAME.format(width, height, label, Markup("").join(body))


def legend(names: Sequence[tuple[str, str]]) -> Markup:
    """Names beside their colours."""
    items = [Markup('<li><span class="dot {}"></span>{}</li>').format(look, name) for name, look in names]
    return Markup('<ul class="legend">{}</ul>').format(Markup("").join(items))


def _top(most: float) -> int:
    """A round number that is not below the greatest value."""
    step = next(step for power in range(9) for step in (10**power, 2 * 10**power, 5 * 10**power) if most <= 4 * step)
    return int(step * max(1, -(-most // step)))


def _axis(most: int) -> list[Markup]:
    found = []
    steps = 4 if most % 4 == 0 else 2 if most % 2 == 0 else 1
    for place in range(steps + 1):
        y = TOP + (HEIGHT - TOP - BOTTOM) * (1 - place / steps)
        found.append(RULE.format(LEFT, WIDTH, y, y, LEFT - 6, y + 4, _number(most * place / steps)))
    return found


def _labels(labels: Sequence[str]) -> list[Markup]:
    slot = (WIDTH - LEFT) / max(1, len(labels))
    every = -(-len(labels) // 8)
    known = [(place, label) for place, label in enumerate(labels) if place % every == 0]
    return [LABEL.format(LEFT + slot * (place + 0.5), HEIGHT - 8, label) for place, label in known]


def columns(labels: Sequence[str], series: Sequence[Series], title: str) -> Markup:
    """Stacked columns, one for each label."""
    sums = [sum(one.numbers[place] for one in series) for place in range(len(labels))]
    most = _top(max([1, *sums]))
    slot, reach = (WIDTH - LEFT) / max(1, len(labels)), HEIGHT - TOP - BOTTOM
    body = [*_axis(most), *_labels(labels)]
    wide = min(slot * 0.7, 48)
    for place, label in enumerate(labels):
        base = float(HEIGHT - BOTTOM)
        for number, one in enumerate(series):
            tall = reach * one.numbers[place] / most
            base -= tall
            said = f"{label}, {one.name}: {_number(one.numbers[place])}"
            x = LEFT + slot * place + (slot - wide) / 2
            if tall:
                body.append(COLUMN.format(_look(one.look, number), x, base, wide, max(0.0, tall - 1), said))
    names = [(one.name, _look(one.look, number)) for number, one in enumerate(series)]
    chart = _svg(WIDTH, HEIGHT, f"{title}: {_said(labels, series)}", body)
    return chart + (legend(names) if len(series) > 1 or (series and series[0].name) else Markup(""))


def _said(labels: Sequence[str], series: Sequence[Series]) -> str:
    totals = ", ".join(f"{one.name or 'all'} {_number(sum(one.numbers))}" for one in series)
    return f"{totals or 'nothing'} from {labels[0]} to {labels[-1]}" if labels else "nothing"


def lines(labels: Sequence[str], series: Sequence[Series], title: str) -> Markup:
    """One line for each series."""
    most = _top(max([1.0, *(number for one in series for number in one.numbers)]))
    slot, reach = (WIDTH - LEFT) / max(1, len(labels)), HEIGHT - TOP - BOTTOM
    body = [*_axis(most), *_labels(labels)]
    for number, one in enumerate(series):
        look = _look(one.look, number)
        spots = [
            (LEFT + slot * (place + 0.5), HEIGHT - BOTTOM - reach * value / most)
            for place, value in enumerate(one.numbers)
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        body.append(Markup('<polyline class="line {}" points="{}"/>').format(look, path))
        body += [SPOT.format(look, x, y) for x, y in spots]
    names = [(one.name, _look(one.look, number)) for number, one in enumerate(series)]
    return _svg(WIDTH, HEIGHT, f"{title}: {_said(labels, series)}", body) + legend(names)


def bars(parts: Sequence[Part], title: str, unit: str = "") -> Markup:
    """Lying bars with their names, the greatest first; an ordered list, so that it reads well without eyes too."""
    most = 100.0 if unit else max([1.0, *(one.number for one in parts)])
    items = [
        BAR.format(one.name, one.name, one.look or "c0", 100 * one.number / most, _number(one.number), unit)
        for one in parts
    ]
    return Markup('<ol class="bars" aria-label="{}">{}</ol>').format(title, Markup("").join(items))


def pie(parts: Sequence[Part], title: str) -> Markup:
    """A ring with the sum in its middle."""
    total = sum(one.number for one in parts)
    body, turn = [], 0.0
    for place, one in enumerate(parts):
        if one.number <= 0:
            continue
        share = one.number / total
        shape = _ring(turn, min(share, 0.9999))
        said = f"{one.name}: {_number(one.number)}"
        body.append(
            Markup('<path class="{}" d="{}"><title>{}</title></path>').format(_look(one.look, place), shape, said)
        )
        turn += share
    body.append(Markup('<text class="sum" x="100" y="108">{}</text>').format(_number(total)))
    label = f"{title}: " + ", ".join(f"{one.name} {_number(one.number)}" for one in parts)
    names = [(f"{one.name} · {_number(one.number)}", _look(one.look, place)) for place, one in enumerate(parts)]
    ring = _svg(200, 200, label, body)
    return Markup('<div class="pie">{}{}</div>').format(ring, legend(names))


def _ring(turn: float, share: float, outer: float = 92, inner: float = 60) -> str:
    first, last = 2 * pi * (turn - 0.25), 2 * pi * (turn + share - 0.25)
    large = int(share > 0.5)
    x1, y1, x2, y2 = (
        100 + outer * cos(first),
        100 + outer * sin(first),
        100 + outer * cos(last),
        100 + outer * sin(last),
    )
    x3, y3, x4, y4 = (
        100 + inner * cos(last),
        100 + inner * sin(last),
        100 + inner * cos(first),
        100 + inner * sin(first),
    )
    return (
        f"M{x1:.2f} {y1:.2f}A{outer} {outer} 0 {large} 1 {x2:.2f} {y2:.2f}"
        f"L{x3:.2f} {y3:.2f}A{inner} {inner} 0 {large} 0 {x4:.2f} {y4:.2f}Z"
    )
