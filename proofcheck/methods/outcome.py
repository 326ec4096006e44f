"""What is said of a search beside its proof: margins, leaves, and why nothing was found."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from proofcheck.evidence import Margin
from proofcheck.kernel.algebra import Ball, precision, sides
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.rules.subdivide import FORMS, Cell, Enclosures, chart_of
from proofcheck.kernel.terms import Obligation, conjuncts, show

from .budget import Budget
from .pieces import number
from .witness import Cubes, candidates, nearest


def margin(obligation: Obligation) -> Margin | None:
    """Return the smallest difference of both sides that a coarse look finds, and where: information, never evidence."""
    cube = Cubes(obligation)
    found = [(value, t) for t in nearest(obligation, inner_points(len(obligation.domains))) if (value := cube.margin(t)) is not None]
    if not found:
        return None
    best, inside = min(found, key=lambda pair: pair[0])
    return Margin(f"{best:.3g}", {name: f"{number(point):.6g}" for name, point in cube.point(inside).items()})


def inner_points(dimension: int) -> tuple[tuple[Fraction, ...], ...]:
    """Return points of the unit cube that keep a distance of 1/64 from its faces."""
    low, high = Fraction(1, 64), Fraction(63, 64)

    def moved(s: Fraction) -> Fraction:
        return low if 64 * s.numerator < s.denominator else high if 64 * s.numerator > 63 * s.denominator else s

    return tuple(tuple(map(moved, t)) for t in candidates(dimension, 100))


def leaf_count(node: Mapping[str, Any]) -> int:
    """Return the number of leaves below a proof node."""
    own = sum(letter in FORMS for letter in str(node.get("tree", "")))
    parts = [node[key] for key in ("then", "yes", "no", "base", "slope") if key in node]
    parts += [part for key in ("pieces", "parts", "conditions", "premises") for part in node.get(key, [])]
    own += sum(str(strip[2]).count("N") for strip in node.get("strips", []))
    return own + sum(leaf_count(part) for part in parts)


def reason(obligation: Obligation, budget: Budget) -> tuple[str, str]:
    """Return why nothing was found, and where."""
    if any(domain.lower is None or domain.upper is None for _, domain in obligation.domains):
        return "fragment", "a domain is unbounded and signs by structure do not decide; map it to a bounded variable"
    if budget.stuck is None:
        return "fragment", "no rule applies"
    middle = Cubes(obligation).point((low + high) / 2 for low, high in budget.stuck)
    where = ", ".join(f"{name} near {number(point):.6g}" for name, point in middle.items())
    undefined = undefined_at(obligation, budget.stuck)
    if undefined:
        return "obstruction", f"{undefined}; {where}"
    if budget.spent >= budget.cells:
        return "budget", f"{budget.cells} cells ended, {where}"
    return "obstruction", f"both sides come together at {where}; a zero there has to be divided out"


def undefined_at(obligation: Obligation, cell: Cell) -> str:
    """Return a sentence about a term without a value near the cell, or nothing."""
    try:
        chart = chart_of(obligation)
    except Rejected:
        return ""
    with precision(64):
        box = Enclosures(chart, obligation, 64, clip=True).box(cell)
        for atom, (a, b) in sides(conjuncts(chart.goal), Ball(clip=True), box).items():
            if not (a.is_finite() and b.is_finite()):
                return f"a side of {show(atom)} may have no value"
    return ""
