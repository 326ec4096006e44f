"""Counterexamples: candidate points, polished by balls, rounded to small exact numbers, accepted only if the kernel's rule does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product
from time import perf_counter
from typing import Any

from proofcheck.evidence import Evidence, Proof, Undecided
from proofcheck.kernel.algebra import Ball, evaluate, precision
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.rules import Link
from proofcheck.kernel.rules.points import witness
from proofcheck.kernel.terms import RELATIONS, Domain, Obligation, Term, add, mul, num, show, sub, substitute, variables

Progress = Callable[[int, int, str], None]
Cube = tuple[Fraction, ...]

PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53)
SPECIAL = tuple(Fraction(k, 8) for k in (4, 0, 8, 2, 6, 1, 3, 5, 7))


def attempt(obligation: Obligation, options: Mapping[str, Any], progress: Progress) -> Evidence:
    """Return a refutation of the obligation at an exact point, or Undecided after ``points`` candidates (default 4000).

    Options: at (name -> formula text, tried first), points.
    """
    del progress
    start = perf_counter()
    node = find(obligation, int(options.get("points", 4000)), options.get("at", {}))
    seconds = perf_counter() - start
    if node is None:
        return Undecided(obligation.name, "witness", "budget", "no violation at any candidate point", seconds)
    where = ", ".join(f"{name} = {value}" for name, value in node["at"].items())
    return Proof(obligation.name, node, "witness", seconds, f"violated at {where}" if where else "false")


def find(obligation: Obligation, points: int = 400, hint: Mapping[str, str] | None = None) -> dict[str, Any] | None:
    """Return a witness node that the kernel's rule accepts, or None.

    1. The file's own point. 2. Corners, centres and eighths of the domains. 3. A low-discrepancy sequence. 4. The best points so
    far, improved by a pattern search of the margin. 5. What violates is rounded to the smallest denominators that still do.
    """
    if hint is not None and set(hint) == set(obligation.box):
        node: dict[str, Any] = {"rule": "witness", "at": {name: str(hint[name]) for name in obligation.box}}
        if accepted(obligation, node):
            return node
    names = [name for name, _ in obligation.domains]
    if not names:
        node = {"rule": "witness", "at": {}}
        return node if accepted(obligation, node) else None
    cube = Cubes(obligation)
    seen: list[tuple[float, Cube]] = []
    for t in candidates(len(names), points):
        margin = cube.margin(t)
        if margin is not None and margin <= 0:
            found = cube.rounded(t)
            if found is not None:
                return found
        if margin is not None:
            seen.append((margin, t))
    seen.sort(key=lambda pair: pair[0])
    for margin, t in seen[:6]:
        polished = polish(cube, t, margin)
        found = cube.rounded(polished)
        if found is not None:
            return found
    return None


def accepted(obligation: Obligation, node: Mapping[str, Any]) -> bool:
    """Say whether the kernel's rule accepts the node as a refutation."""
    try:
        return not witness(obligation, node, Link())
    except Rejected:
        return False


def candidates(dimension: int, points: int) -> Iterator[Cube]:
    """Yield points of the unit cube: a few exact special ones, then a Halton sequence."""
    yield from islice(product(SPECIAL, repeat=dimension), min(points, 9 ** min(dimension, 3)))
    for index in range(1, points + 1):
        yield tuple(radical_inverse(index, PRIMES[axis % len(PRIMES)], axis // len(PRIMES)) for axis in range(dimension))


def radical_inverse(index: int, base: int, turn: int) -> Fraction:
    """Return the van der Corput number of ``index`` in ``base``, turned for coordinates beyond the list of primes."""
    value, scale, rest = Fraction(0), Fraction(1, base), index
    while rest:
        rest, digit = divmod(rest, base)
        value += digit * scale
        scale /= base
    return (value + Fraction(turn * 618, 1000)) % 1


@dataclass(frozen=True)
class Cubes:
    """The domain of an obligation as the image of the unit cube, infinite ends included."""

    obligation: Obligation

    def point(self, t: Iterable[Fraction]) -> dict[str, Term]:
        """Return the exact point for coordinates in [0, 1]; integers are rounded."""
        at: dict[str, Term] = {}
        for (name, domain), s in zip(self.obligation.domains, t, strict=True):
            at[name] = substitute(coordinate(domain, s), at)
        return at

    def margin(self, t: Cube) -> float | None:
        """Return how far the goal is from being violated at a point: negative is violated, None undefined or outside."""
        at = self.point(t)
        with precision(80):
            for formula in self.obligation.given:
                value = distance(substitute(formula, at))
                if value is None or value < 0:
                    return None
            return distance(substitute(self.obligation.goal, at))

    def rounded(self, t: Cube) -> dict[str, Any] | None:
        """Return a witness near t with the smallest denominators that the kernel accepts, or None."""
        for bound in (1, 2, 3, 4, 8, 16, 64, 1024, 2**16, 2**30, 0):
            near = tuple(s.limit_denominator(bound) if bound else s for s in t)
            simple: dict[str, Term] = {}
            for (name, domain), s in zip(self.obligation.domains, near, strict=True):
                simple[name] = substitute(coordinate(domain, s), simple)
            node = {"rule": "witness", "at": {name: show(value) for name, value in simple.items()}}
            if accepted(self.obligation, node):
                return shortened(self.obligation, node, simple)
        return None


def shortened(obligation: Obligation, node: dict[str, Any], at: Mapping[str, Term]) -> dict[str, Any]:
    """Return the node with irrational coordinates replaced by nearby small rationals, where the kernel still accepts it."""
    best = node
    for name, value in at.items():
        if value.op == "num":
            continue
        (ball,) = evaluate((value,), Ball(), {})
        exact = Fraction(str(float(ball.mid())))
        for bound in (1, 2, 4, 10, 100, 1000, 10**6):
            trial = {"rule": "witness", "at": {**best["at"], name: str(exact.limit_denominator(bound))}}
            if accepted(obligation, trial):
                best = trial
                break
    return best


def coordinate(domain: Domain, s: Fraction) -> Term:
    """Return the exact point of a domain for s in [0, 1]; infinite ends are reached by s/(1-s), cut at 10^6."""
    s_cut = min(max(s, Fraction(1, 10**6)), 1 - Fraction(1, 10**6))
    if domain.lower is not None and domain.upper is not None:
        value = add(domain.lower, mul(sub(domain.upper, domain.lower), num(s))) if s != 1 else domain.upper
    elif domain.lower is not None:
        value = add(domain.lower, num(s / (1 - s_cut) if s < 1 else Fraction(10**6)))
    elif domain.upper is not None:
        value = sub(domain.upper, num(s / (1 - s_cut) if s < 1 else Fraction(10**6)))
    else:
        value = num((2 * s_cut - 1) / (4 * s_cut * (1 - s_cut)))
    if domain.integer and not variables(value):
        (ball,) = evaluate((value,), Ball(), {})
        value = num(round(float(ball.mid())))
    return value


def distance(formula: Term) -> float | None:
    """Return a signed distance of a formula without variables from failing: positive holds, 0 or negative fails; None undefined."""
    if formula.op in ("and", "or"):
        left, right = distance(formula.args[0]), distance(formula.args[1])
        if left is None or right is None:
            return None
        return min(left, right) if formula.op == "and" else max(left, right)
    if formula.op == "not":
        inner = distance(formula.args[0])
        return None if inner is None else -inner
    if formula.op not in RELATIONS:
        return None
    a, b = evaluate(formula.args, Ball(clip=True), {})
    gap = a - b
    if not gap.is_finite():
        return None
    value = float(gap.mid())
    return {"gt": value, "ge": value, "lt": -value, "le": -value, "eq": -abs(value), "ne": abs(value)}[formula.op]


def polish(cube: Cubes, t: Cube, margin: float, rounds: int = 60) -> Cube:
    """Return a point near t with a smaller margin: a pattern search with steps from 1/16 down to 2^-40."""
    best, value, step = t, margin, Fraction(1, 16)
    for _ in range(rounds):
        improved = False
        for axis in range(len(best)):
            for sign in (1, -1):
                moved = min(max(best[axis] + sign * step, Fraction(0)), Fraction(1))
                trial = (*best[:axis], moved, *best[axis + 1 :])
                found = cube.margin(trial)
                if found is not None and found < value:
                    best, value, improved = trial, found, True
        if value <= 0:
            return best
        if not improved:
            step /= 2
            if step < Fraction(1, 2**40):
                break
    return best


