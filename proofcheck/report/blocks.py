"""Subdivisions as characters for a terminal: a profile for one axis, the cells for two, a histogram of depths for more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from math import ceil

from proofcheck.kernel.terms import Term, show

from ..algebras.typeset import pretty_text
from .subdivision import Cell, Domains, Interval, Subdivision
from .text import cells as columns
from .text import clean, clip

LEVELS = "▁▂▃▄▅▆▇█"
LINES = " ╵╶└╷│┌├╴┘─┴┐┤┬┼"
"""The line through a character by where it goes: up 1, right 2, down 4, left 8."""
UP, RIGHT, DOWN, LEFT = 1, 2, 4, 8
FINE = "▒"
WIDTH, MOST = 64, 2000
END = 12


def drawn(found: Subdivision, room: int) -> list[str]:
    """Return the lines of a picture, half as large where there is not the room for it; none for a single leaf, which needs none."""
    width = WIDTH if room > WIDTH else WIDTH // 2
    if found.leaves == 1:
        return []
    if len(found.axes) == 1:
        return profile(found.cells(MOST), found.axes, width)
    if len(found.axes) == 2:
        return plane(found.cells(MOST), found.axes, width)
    return histogram(found.depths, width // 2)


def profile(cells: Iterable[Cell], axes: Domains, width: int) -> list[str]:
    """Return a line of blocks, the higher the finer the cut, and under it the ends of the axis."""
    finest = [Fraction(1)] * width
    for cell in cells:
        (low, high) = cell.ends[0]
        for column in range(int(low * width), ceil(high * width)):
            finest[column] = min(finest[column], high - low)
    depths = [share.denominator.bit_length() - 1 for share in finest]
    top = max(*depths, 1)
    return ["".join(LEVELS[depth * (len(LEVELS) - 1) // top] for depth in depths), _axis(axes, "high: cut finely", width)]


def plane(cells: Iterable[Cell], axes: Domains, width: int) -> list[str]:
    """Return the outlines of the cells, the second axis upwards; what is too small for lines is shaded."""
    height = width // 4
    goes = [[0] * (width + 1) for _ in range(height + 1)]
    fine: set[tuple[int, int]] = set()
    for cell in cells:
        (left, right), (bottom, top) = (_scaled(ends, size) for ends, size in zip(cell.ends, (width, height), strict=True))
        if right - left < 2 or top == bottom or not cell.form:
            above, beyond = max(top, bottom + 1) + (top == height), max(right, left + 1) + (right == width)
            fine |= {(row, column) for row in range(bottom, above) for column in range(left, beyond)}
            continue
        for row in (bottom, top):
            for column in range(left, right):
                goes[row][column] |= RIGHT
                goes[row][column + 1] |= LEFT
        for column in (left, right):
            for row in range(bottom, top):
                goes[row][column] |= UP
                goes[row + 1][column] |= DOWN
    rows = ["".join(FINE if (row, column) in fine else LINES[goes[row][column]] for column in range(width + 1)) for row in range(height, -1, -1)]
    name, domain = axes[1]
    bottom_end, top_end = (_end(end) for end in (domain.lower, domain.upper))
    return [*rows, _axis(axes, f"{pretty_text(name)} upwards from {bottom_end} to {top_end}" + (f", {FINE} cut finely" if fine else ""), width)]


def histogram(depths: Counter[int], longest: int) -> list[str]:
    """Return a bar for each depth: how many leaves lie so many cuts deep."""
    most = max(depths.values())
    rows = [(depth, depths[depth]) for depth in range(min(depths), max(depths) + 1)]
    number = len(str(most))
    return [f"{depth:>3} cuts  {count:>{number}} {'█' * ceil(longest * count / most)}".rstrip() for depth, count in rows]


def _scaled(ends: Interval, size: int) -> tuple[int, int]:
    return round(ends[0] * size), round(ends[1] * size)


def _axis(axes: Domains, words: str, width: int) -> str:
    """Return the ends of the first axis at both ends of a line, and what there is to say between them."""
    name, domain = axes[0]
    left, right = (_end(end) for end in (domain.lower, domain.upper))
    middle = f"{pretty_text(name)}; {words}"
    return left + middle.center(width - columns(left) - columns(right)) + right


def _end(end: Term | None) -> str:
    return "∞" if end is None else clip(clean(pretty_text(show(end, 4 * END))), END)
