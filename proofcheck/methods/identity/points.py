"""Step 0: both sides at exact points of the domain. A violation is a witness; agreement is support, never a proof."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import islice, product
from typing import Any

from flint import arb

from proofcheck.kernel.algebra import Ball, evaluate, precision
from proofcheck.kernel.calculus import conditions
from proofcheck.kernel.rules.points import inside, settled
from proofcheck.kernel.terms import BINDERS, Obligation, Term, conjuncts, num, postorder, show, substitute
from proofcheck.methods.witness import Cubes, accepted, shortened

Point = dict[str, Term]
Cube = tuple[Fraction, ...]

PRIME = 65_537
STEPS = (27_146, 47_977, 15_471, 42_321, 20_751, 39_686, 8_068, 23_521)  # the fractions of the roots of the first primes
SPECIAL = tuple(Fraction(k, 8) for k in (4, 0, 8, 2, 6))
SMALL = tuple(num(value) for value in ("0", "1", "-1", "2", "-2", "1/2", "-1/2", "3", "-3", "4", "5", "10"))
MAX_SMALL = 300
MANY_BITS = 1_000_000
LADDER = (128, 256, 512, 1024, 2048, 4096)
QUADRATURE_POINTS, QUADRATURE_DIGITS = 8, 30


@dataclass(frozen=True)
class Look:
    """What the points say: at ``points`` of them both sides agree up to ``bound`` (of the left side where that is above 1).

    Or a violation that the kernel accepts, one that it does not, or a term without a value.
    """

    points: int = 0
    bound: str = ""
    witness: dict[str, Any] | None = None
    contradicted: str = ""
    undefined: str = ""


def look(obligation: Obligation, count: int = 24) -> Look:
    """Return what balls at ``count`` exact points say; terms with integrals or sums are compared by quadrature instead."""
    if any(node.op in BINDERS for node in postorder((obligation.goal,))):
        return _by_quadrature(obligation, min(count, QUADRATURE_POINTS))
    bits: list[int] = []
    undefined = contradicted = ""
    for cube, at in sample(obligation, count):
        found = [enclosed(*atom.args) for atom in conjuncts(substitute(obligation.goal, at))]
        if any(item == 0 for item in found):
            node = _simplest(obligation, cube, at)
            if node is not None:
                return Look(witness=node)
            contradicted = contradicted or "balls tell both sides apart" + place(at)
        known = [item for item in found if item]
        if len(known) == len(found):
            bits.append(min(known))
        undefined = undefined or _without_value(obligation.goal, at)
    return Look(len(bits), f"2^-{min(bits)}" if bits else "", contradicted=contradicted, undefined=undefined)


def place(at: Mapping[str, Term]) -> str:
    """Return " at x = 1, y = 2" for a point, nothing where there are no variables."""
    return " at " + ", ".join(f"{name} = {value}" for name, value in at.items()) if at else ""


def sample(obligation: Obligation, count: int) -> Iterator[tuple[Cube, Point]]:
    """Yield exact points of the domain that satisfy the hypotheses: ends, corners and eighths, then large prime denominators."""
    if not obligation.domains:
        yield (), {}
        return
    cube = Cubes(obligation)
    for t in _cubes(len(obligation.domains), count):
        at = cube.point(t)
        if all(inside(at[name], domain, at) for name, domain in obligation.domains) and all(settled(substitute(h, at)) is True for h in obligation.given):
            yield t, at


def _cubes(dimension: int, count: int) -> Iterator[Cube]:
    for i, s in enumerate(SPECIAL):
        yield tuple(s if axis == 0 else SPECIAL[(i + axis) % len(SPECIAL)] for axis in range(dimension))
        if dimension > 1:
            yield (s,) * dimension
    for k in range(1, count - len(SPECIAL) * min(dimension, 2) + 1):
        yield tuple(Fraction(k * (STEPS[axis % len(STEPS)] + 2 * axis) % PRIME, PRIME) for axis in range(dimension))


@lru_cache(maxsize=1024)
def enclosed(left: Term, right: Term) -> int | None:
    """Return k such that |left - right| < 2^-k max(1, |left|), 0 where they certainly differ, None where there is no enclosure.

    The precision is doubled as long as the ball of the difference contains 0. A k below 1 is reported as 1: no harm is done.
    """
    best: int | None = None
    for bits in LADDER:
        with precision(bits):
            found = _gap(left, right)
            if found is None:
                continue
            gap, scale = found
            if gap > 0 or gap < 0:
                return 0
            top = gap.abs_upper() / scale
            if not top > 0:
                return LADDER[-1]
            exponent = float(-top.log() / arb(2).log())
            best = max(best or 1, int(min(exponent, MANY_BITS)) if exponent > 1 else 1)
    return best


def _gap(left: Term, right: Term) -> tuple[arb, arb] | None:
    """Return balls of left - right and of max(1, |left|); at the edge of a domain of definition with arguments cut to it."""
    for clip in (False, True):
        a, b = evaluate((left, right), Ball(clip=clip), {})
        if (a - b).is_finite():
            return a - b, arb(1).max(a.abs_lower())
    return None


def _simplest(obligation: Obligation, cube: Cube, at: Point) -> dict[str, Any] | None:
    """Return a witness of small whole numbers or small denominators, or else the point that violates, or None."""
    for values in islice(product(SMALL, repeat=len(at)), MAX_SMALL if at else 0):
        near = dict(zip(at, values, strict=True))
        if any(enclosed(*atom.args) == 0 for atom in conjuncts(substitute(obligation.goal, near))):
            node = _witness(near)
            if accepted(obligation, node):
                return node
    rounded = Cubes(obligation).rounded(cube) if cube else None
    if rounded is not None:
        return rounded
    node = _witness(at)
    return shortened(obligation, node, at) if accepted(obligation, node) else None


def _witness(at: Point) -> dict[str, Any]:
    return {"rule": "witness", "at": {name: show(value) for name, value in at.items()}}


def _without_value(goal: Term, at: Point) -> str:
    for condition in conditions(goal):
        if settled(substitute(condition, at)) is False:
            return f"{condition} fails{place(at)}"
    return ""


def _by_quadrature(obligation: Obligation, count: int) -> Look:
    """Compare both sides in floating point: good for suspicion and support only."""
    from proofcheck.algebras.mpmath import Mpmath  # noqa: PLC0415 - heavy, and rarely needed

    algebra = Mpmath(QUADRATURE_DIGITS)
    worst, points = algebra.zero, 0
    for _, at in sample(obligation, count):
        env = numbers(algebra, at)
        for atom in conjuncts(obligation.goal):
            left, right = evaluate(atom.args, algebra, env)
            gap = abs(left - right)
            if not algebra.finite(gap):
                break
            scale = max(abs(left), algebra.one)
            if gap > scale * algebra.number(Fraction(1, 10 ** (QUADRATURE_DIGITS // 2))):
                return Look(contradicted=f"quadrature gives a difference of {algebra.text(gap, 3)}{place(at)}")
            worst = max(worst, gap)
        else:
            points += 1
    return Look(points, f"10^-{_digits(algebra, worst)} by quadrature" if points else "")


def _digits(algebra: Any, worst: Any) -> int:
    return QUADRATURE_DIGITS if not worst else min(QUADRATURE_DIGITS, int(-algebra.context.log10(worst)))


def numbers(algebra: Any, at: Point) -> dict[str, Any]:
    """Return the coordinates of an exact point in an algebra."""
    return dict(zip(at, evaluate(tuple(at.values()), algebra, {}), strict=True)) if at else {}
