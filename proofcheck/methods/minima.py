"""Zeros inside a box, where both sides touch: found in floats, guessed as exact numbers, closed by the rule ``minimum``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

from proofcheck.kernel.exact import is_zero
from proofcheck.kernel.rules.subdivide import Cell
from proofcheck.kernel.terms import Domain, Obligation, Term, num, show, sub, substitute, variables

from .looks import accepts
from .pieces import narrowed, number, simple_points
from .witness import Cubes, polish

Rest = Callable[[Obligation], dict[str, Any] | None]
SHARES = tuple(Fraction(1, 2**k) for k in range(2, 13))
"""Half widths of the box around a zero, as shares of the domain: the largest that the rule accepts is taken."""
NEAR = 1e-6
OPTIONS, TRIALS = 4, 8
"""Exact numbers tried for each coordinate, and zeros for which the kernel is asked."""


def around_zero(obligation: Obligation, stuck: Cell, bits: int, rest: Rest) -> dict[str, Any] | None:
    """Return a proof by the rule ``minimum`` on a box around an exact zero near ``stuck``, and by ``rest`` on the boxes about it; or None.

    Domain: one relation <= or >= on a box with constant ends.
    """
    if obligation.goal.op not in ("le", "ge") or any(d.integer or None in (d.lower, d.upper) or _moving(d) for _, d in obligation.domains):
        return None
    for point in zeros(obligation, stuck):
        node = {"rule": "minimum", "point": {name: show(value) for name, value in point.items()}, "prec": bits}
        for share in SHARES:
            box = {name: cuts(domain, number(point[name]), share) for name, domain in obligation.domains}
            inner = obligation
            for name, (low, high) in box.items():
                inner = narrowed(inner, name, low, high)
            if accepts(inner, node):
                return with_rest(obligation, box, node, rest)
    return None


def _moving(domain: Domain) -> bool:
    return any(end is not None and bool(variables(end)) for end in (domain.lower, domain.upper))


def zeros(obligation: Obligation, stuck: Cell) -> Iterator[Mapping[str, Term]]:
    """Yield exact points near a cell at which both sides are exactly equal, simple numbers first."""
    cube = Cubes(replace(obligation, given=()))
    middle = tuple((low + high) / 2 for low, high in stuck)
    margin = cube.margin(middle)
    if margin is None:
        return
    lowest = cube.point(polish(cube, middle, margin))
    difference = sub(*obligation.goal.args)
    choices = []
    for name, domain in obligation.domains:
        near = number(lowest[name])
        ends = [end for end in (domain.lower, domain.upper) if end is not None and abs(number(end) - near) < NEAR]
        choices.append([*ends, *simple_points(near - NEAR / 100, near + NEAR / 100)][:OPTIONS])
    names = list(obligation.box)
    tried = 0
    for values in product(*choices):
        point = dict(zip(names, values, strict=True))
        if tried < TRIALS and abs(number(substitute(difference, point))) < NEAR**2:
            tried += 1
            if is_zero(substitute(difference, point)):
                yield point


def cuts(domain: Domain, at: float, share: Fraction) -> tuple[Term | None, Term | None]:
    """Return simple cuts on both sides of a number, None where that is the end of the domain."""
    assert domain.lower is not None
    assert domain.upper is not None
    low, high = number(domain.lower), number(domain.upper)
    reach = (high - low) * float(share)
    found = [Fraction(at + sign * reach).limit_denominator(max(1, round(8 / reach))) for sign in (-1, 1)]
    first, second = (num(cut) if low + reach / 4 < cut < high - reach / 4 else None for cut in found)
    return first, second


def with_rest(
    obligation: Obligation, box: Mapping[str, tuple[Term | None, Term | None]], node: dict[str, Any], rest: Rest
) -> dict[str, Any] | None:
    """Return nested splits: ``node`` on the box, and what ``rest`` finds on each slab beside it; None where it finds nothing."""
    if not box:
        return node
    (name, (low, high)), *others = box.items()
    outside = [narrowed(obligation, name, None, low)] if low is not None else []
    outside += [narrowed(obligation, name, high, None)] if high is not None else []
    slabs = []
    for slab in outside:  # no generator: what is too hard beside the box ends the search
        found = rest(slab)
        if found is None:
            return None
        slabs.append(found)
    inside = with_rest(narrowed(obligation, name, low, high), dict(others), node, rest)
    if inside is None or not slabs:
        return inside
    pieces = [*slabs[: low is not None], inside, *slabs[low is not None :]]
    return {"rule": "split", "var": name, "at": [show(cut) for cut in (low, high) if cut is not None], "pieces": pieces}
