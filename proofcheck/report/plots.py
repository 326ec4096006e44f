"""Plots as SVG pictures: axes with round ticks, curves, a legend; without scripts, styles or references, for light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ..plot import ARROWS, DASHED, POINTS, Axis, Curve, Plot
from .pictures import LINE, framed, text
from .text import cells, clean, wrap

WIDTH, HEIGHT = 460, 250
LEFT, RIGHT = 58, 14
MOST = {POINTS: 2500, ARROWS: 4000}
MOST_ON_A_LINE = 600
COLOURS = ("#3b7fc4", "#d0872c", "#3f9170", "#c4628f", "#9a62c4", "#7d8590", "#b5562f", "#4a9fb5")
MOST_TICKS, COLUMNS, ENTRY = 6.5, 62, 15
HEAD = 5.0


def plot(found: Plot) -> str:
    """Return the plot as one SVG element: title, vertical axis named above it, horizontal one below, legend."""
    marks: list[str] = []
    y = 0.0
    for row in balanced(clean(found.title), COLUMNS):
        y += LINE
        marks.append(text(row, 4, y, weight="600"))
    y += LINE + 2
    marks.append(text(found.y.label, 4, y))
    top = y + 8
    frame = Frame(found, top)
    marks += frame.axes()
    for i, curve in enumerate(found.curves):
        marks += frame.curve(curve, COLOURS[(i if curve.colour is None else curve.colour) % len(COLOURS)])
    bottom = frame.bottom + 2 * LINE
    marks.append(text(found.x.label, (LEFT + WIDTH - RIGHT) / 2, bottom, anchor="middle"))
    for i, curve in enumerate(found.curves):
        if curve.name:
            bottom += ENTRY
            marks += sample(curve, COLOURS[(i if curve.colour is None else curve.colour) % len(COLOURS)], bottom)
    return framed(found.title, marks, bottom, WIDTH)


def balanced(words: str, width: int) -> list[str]:
    """Return a text in as few lines as fit, of about the same length: no word is left alone on the last one."""
    words = words.replace(" = ", "\u00a0=\u00a0")  # an equation stays on one line where it can
    lines = wrap(words, width)
    longest = min(width, max(map(cells, words.split(" "))))
    return next(narrow for columns in range(longest, width + 1) if len(narrow := wrap(words, columns)) == len(lines))


def standalone(picture: str) -> str:
    """Return a picture as a file of its own: with the namespace, dark on white."""
    head = picture.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" ', 1).replace("currentColor", "#1b1f24")
    start = head.index(">") + 1
    return head[:start] + '<path d="M0 0h4000v4000h-4000z" fill="#ffffff"/>' + head[start:]


class Frame:
    """Where numbers are on the paper."""

    def __init__(self, found: Plot, top: float) -> None:
        points = [(x, y) for curve in found.curves for x, y in zip(curve.x, curve.y, strict=True)]
        points += [(x, y + s * e) for c in found.curves for x, y, e in zip(c.x, c.y, c.error, strict=False) for s in (-1, 1)]
        usable = [point for point in points if all(placed(axis, value) for axis, value in zip((found.x, found.y), point, strict=True))]
        self.axis = found.x, found.y
        self.left, self.right, self.top = LEFT, float(WIDTH - RIGHT), top
        self.range = [self.spread(axis, [point[i] for point in usable] or [1.0]) for i, axis in enumerate(self.axis)]
        height = float(HEIGHT)
        if found.equal:
            (x0, x1), (y0, y1) = self.range
            height = min(max((self.right - self.left) * (y1 - y0) / (x1 - x0), 120.0), 420.0)
            self.right = min(self.right, self.left + height * (x1 - x0) / (y1 - y0))
        self.bottom = top + height

    @staticmethod
    def spread(axis: Axis, values: Sequence[float]) -> tuple[float, float]:
        """Return the range of an axis, in logarithms where it is logarithmic: from the least to the greatest with a little room."""
        scaled = [math.log10(value) if axis.log else value for value in values]
        low, high = min(scaled), max(scaled)
        room = 0.03 * (high - low) or (0.5 if axis.log else abs(low) * 0.1 or 0.5)
        return low - room, high + room

    def place(self, x: float, y: float) -> tuple[float, float] | None:
        """Return where a point is on the paper; None where it has no place."""
        if not (placed(self.axis[0], x) and placed(self.axis[1], y)):
            return None
        at = [math.log10(value) if axis.log else value for axis, value in zip(self.axis, (x, y), strict=True)]
        (x0, x1), (y0, y1) = self.range
        return self.left + (self.right - self.left) * (at[0] - x0) / (x1 - x0), self.bottom - (self.bottom - self.top) * (at[1] - y0) / (y1 - y0)

    def axes(self) -> Iterator[str]:
        """Yield the frame, the grid and the numbers at its ends."""
        grid, numbers = [], []
        for i, axis in enumerate(self.axis):
            for value, words in ticks(axis, *self.range[i]):
                at = (value, 10.0 ** self.range[1][0] if self.axis[1].log else self.range[1][0])
                at = at if i == 0 else (10.0 ** self.range[0][0] if self.axis[0].log else self.range[0][0], value)
                where = self.place(*at)
                if where is None:
                    continue
                x, y = where
                grid.append(f"M{x:.1f} {self.top:.1f}V{self.bottom:.1f}" if i == 0 else f"M{self.left} {y:.1f}H{self.right:.1f}")
                numbers.append(text(words, x, self.bottom + LINE, anchor="middle") if i == 0 else text(words, self.left - 5, y + 4, anchor="end"))
        yield f'<path d="{"".join(grid)}" fill="none" stroke="#7d8590" stroke-width="0.5" stroke-opacity="0.35"/>'
        box = f"M{self.left} {self.top:.1f}H{self.right:.1f}V{self.bottom:.1f}H{self.left}z"
        yield f'<path d="{box}" fill="none" stroke="#7d8590" stroke-width="1"/>'
        yield from numbers

    def curve(self, curve: Curve, colour: str) -> Iterator[str]:
        """Yield the marks of one curve."""
        if curve.style == ARROWS:
            yield stroke(self.arrows(curve), colour, 0.9)
            return
        step = -(-len(curve.x) // MOST.get(curve.style, MOST_ON_A_LINE)) or 1
        chosen = [i for i in range(len(curve.x)) if i % step == 0 or i == len(curve.x) - 1]
        places = [self.place(curve.x[i], curve.y[i]) for i in chosen]
        if curve.style == POINTS:
            yield f'<path d="{"".join(dot(*at) for at in places if at)}" fill="{colour}"/>'
        else:
            pieces, pen = [], "M"
            for at in places:
                pieces.append(f"{pen}{at[0]:.1f} {at[1]:.1f}" if at else "")
                pen = "L" if at else "M"
            yield stroke("".join(pieces), colour, 1.6, dashed=curve.style == DASHED)
        if curve.error:
            bars = [(self.place(curve.x[i], curve.y[i] - curve.error[i]), self.place(curve.x[i], curve.y[i] + curve.error[i])) for i in chosen]
            yield stroke("".join(f"M{a[0]:.1f} {a[1]:.1f}V{b[1]:.1f}" for a, b in bars if a and b), colour, 1)

    def arrows(self, curve: Curve) -> str:
        """Return the outlines of arrows from every other point to the next."""
        found = []
        for i in range(0, min(len(curve.x), MOST[ARROWS]) - 1, 2):
            foot, tip = self.place(curve.x[i], curve.y[i]), self.place(curve.x[i + 1], curve.y[i + 1])
            if foot and tip and (length := math.dist(foot, tip)) > 0.5:
                ux, uy = (tip[0] - foot[0]) / length, (tip[1] - foot[1]) / length
                size = min(HEAD, length / 2)
                sides = [(tip[0] - size * (ux + s * 0.5 * uy), tip[1] - size * (uy - s * 0.5 * ux)) for s in (-1, 1)]
                head = f"M{sides[0][0]:.1f} {sides[0][1]:.1f}L{tip[0]:.1f} {tip[1]:.1f}L{sides[1][0]:.1f} {sides[1][1]:.1f}"
                found.append(f"M{foot[0]:.1f} {foot[1]:.1f}L{tip[0]:.1f} {tip[1]:.1f}{head}")
        return "".join(found)


def placed(axis: Axis, value: float) -> bool:
    """Say whether a value has a place on an axis."""
    return math.isfinite(value) and (value > 0 or not axis.log)


def ticks(axis: Axis, low: float, high: float) -> Iterator[tuple[float, str]]:
    """Yield round values on an axis and how they are written; an axis of logarithms has powers of ten."""
    if axis.log and high - low > 2.2:
        every = math.ceil((high - low) / MOST_TICKS)
        for k in range(math.ceil(low / every), math.floor(high / every) + 1):
            yield 10.0 ** (k * every), power_of_ten(k * every)
        return
    if axis.log and high - low > 0.7:
        for k in range(math.floor(low), math.ceil(high)):
            yield from ((m * 10.0**k, f"{m * 10.0**k:.6g}") for m in (1, 2, 5) if low <= k + math.log10(m) <= high)
        return
    ends = (10**low, 10**high) if axis.log else (low, high)
    least = (ends[1] - ends[0]) / MOST_TICKS
    unit = 10.0 ** math.floor(math.log10(least))
    step = next(unit * m for m in (1, 2, 5, 10) if unit * m >= least)
    for k in range(math.ceil(ends[0] / step), math.floor(ends[1] / step) + 1):
        yield k * step, f"{k * step:.6g}"


SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(exponent: int) -> str:
    """Return 10 to a whole power as it is printed."""
    return {0: "1", 1: "10"}.get(exponent, "10" + str(exponent).translate(SUPERSCRIPT))


def sample(curve: Curve, colour: str, y: float) -> Iterator[str]:
    """Yield a curve's entry in the legend."""
    if curve.style == POINTS:
        yield f'<path d="{dot(LEFT + 11, y - 4)}" fill="{colour}"/>'
    else:
        yield stroke(f"M{LEFT} {y - 4:.1f}h22", colour, 1.6, dashed=curve.style == DASHED)
    yield text(curve.name, LEFT + 28, y)


def dot(x: float, y: float) -> str:
    """Return the outline of a small disc."""
    return f"M{x - 2.6:.1f} {y:.1f}a2.6 2.6 0 1 0 5.2 0a2.6 2.6 0 1 0 -5.2 0z"


def stroke(outline: str, colour: str, width: float, *, dashed: bool = False) -> str:
    """Return a line in a colour that is read on light and on dark pages."""
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<path d="{outline}" fill="none" stroke="{colour}" stroke-width="{width:g}" stroke-linejoin="round"{dash}/>'
