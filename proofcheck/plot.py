"""A plot as data: curves over two axes. What methods hand over and reports draw; no drawing here."""

from __future__ import annotations

from dataclasses import dataclass

LINE, POINTS, DASHED, ARROWS = "line", "points", "dashed", "arrows"
"""How a curve is drawn. ``arrows`` takes points in pairs: foot and head of each."""


@dataclass(frozen=True)
class Axis:
    """An axis: what it shows, with its unit where it has one, and whether its scale is logarithmic."""

    label: str
    log: bool = False


@dataclass(frozen=True)
class Curve:
    """Points (x, y) in order, named for the legend; a curve without a name has no entry there. ``error`` is a half-height for each."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    name: str = ""
    style: str = LINE
    error: tuple[float, ...] = ()
    colour: int | None = None


@dataclass(frozen=True)
class Plot:
    """A titled picture of curves. ``equal``: one unit is as long on both axes."""

    title: str
    x: Axis
    y: Axis
    curves: tuple[Curve, ...]
    equal: bool = False
