"""Exact points: counterexamples, and points that satisfy hypotheses. Floats and balls propose, the kernel's rules accept."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import islice, product
from time import perf_counter
from typing import Any

from proofcheck.evidence import Evidence, Proof, Undecided
from proofcheck.kernel.algebra import Ball, ball_sign, evaluate, precision
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.exact import normal
from proofcheck.kernel.rules import Link
from proofcheck.kernel.rules.points import inside, settled, witness
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.statement import Reader, read_toml
from proofcheck.kernel.terms import RELATIONS, Domain, Obligation, Term, add, conjuncts, div, mul, neg, num, power, rational, show, sub, substitute, variables

Progress = Callable[[int, int, str], None]
Cube = tuple[Fraction, ...]

PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53)
SPECIAL = tuple(Fraction(k, 8) for k in (4, 6, 2, 0, 8, 1, 3, 5, 7))
BOUNDS = (1, 2, 3, 4, 8, 16, 64, 1024, 2**16, 2**30, 0)
SCREENED = 20_000
FIRST = 8
"""Points that are looked at exactly before floats are asked."""
CLOSE = 1e-9
"""A difference that floats may not tell from 0."""
DESCENDED = 1_000
"""Points from which on the best of them are followed downhill by an optimiser."""
PATIENCE = 12
"""How often a point that balls of 80 bits hold for a violation is brought before the kernel in vain."""


def attempt(obligation: Obligation, options: Mapping[str, Any], progress: Progress) -> Evidence:
    """Return a refutation of the obligation at an exact point, or Undecided after ``points`` candidates (default 20000).

    Options: at (name -> formula text, tried first), points.
    """
    del progress
    start = perf_counter()
    points = int(options.get("points", SCREENED))
    node = find(obligation, points, options.get("at", {}))
    seconds = perf_counter() - start
    if node is None:
        return Undecided(obligation.name, "witness", "budget", f"no violation among {points} points and their neighbours", seconds)
    where = ", ".join(f"{name} = {value}" for name, value in node["at"].items())
    return Proof(obligation.name, node, "witness", seconds, f"violated at {where}" if where else "false")


def find(
    obligation: Obligation, points: int = SCREENED, hint: Mapping[str, str] | None = None, *, polished: bool = True, evolved: bool = True
) -> dict[str, Any] | None:  # fmt: skip
    """Return a witness node that the kernel's rule accepts, or None.

    1. The file's own point. 2. Corners, centres and eighths of the domains, then a low-discrepancy sequence. 3. If ``evolved``, ``points``
    points in float64, the best of them improved. 4. If ``polished`` too, the best of all, improved by a pattern search with balls.
    5. What violates is rounded to the smallest denominators that still do.
    """
    node: dict[str, Any] | None
    if hint is not None and set(hint) == set(obligation.box):
        node = {"rule": "witness", "at": {name: str(hint[name]) for name in obligation.box}}
        if accepted(obligation, node):
            return node
    names = [name for name, _ in obligation.domains]
    if not names:
        node = {"rule": "witness", "at": {}}
        return node if accepted(obligation, node) else None
    cube = Cubes(obligation)
    seen: list[tuple[float, Cube]] = []
    failed = 0
    for t in candidates(len(names), 400) if cube.equalities else nearest(obligation, candidates(len(names), 80)):
        margin = cube.margin(t)
        if margin is not None and margin <= 0 and failed < PATIENCE:
            node = cube.rounded(t)
            if node is not None:
                return node
            failed += 1
        if margin is not None:
            seen.append((margin, t))
    seen.sort(key=lambda pair: pair[0])
    if not evolved:
        return None
    if not cube.equalities:
        from .screen import Screen  # noqa: PLC0415 - numpy is loaded only where it is needed

        screen = Screen(obligation)
        best = [(badness, t) for badness, t in islice(screen.best(points), 8) if badness < 2]
        if points >= DESCENDED and not any(domain.integer for _, domain in obligation.domains):
            best = sorted([*(screen.descended(t) for _, t in best[:3]), *best], key=lambda pair: pair[0])
        seen = best + seen
        for badness, t in seen[:8]:
            node = cube.rounded(t) if badness < 0 and cube.doubtful(t) else None
            if node is not None:
                return node
        if not polished:
            return None
    for _, t in seen[:4]:
        margin = cube.margin(t)
        node = None if margin is None else cube.rounded(polish(cube, t, margin))
        if node is not None:
            return node
    return None


def nearest(obligation: Obligation, points: Sequence[Cube]) -> list[Cube]:
    """Return the points at which by floats the goal fails or nearly fails, and the next best few, in their order."""
    import numpy as np  # noqa: PLC0415 - loaded only where it is needed

    from .screen import Screen  # noqa: PLC0415 - same

    badness = Screen(obligation).badness(np.array([[s.numerator / s.denominator for s in t] for t in points]).T)
    few = set(np.argsort(badness, kind="stable")[:4].tolist())
    return [t for i, t in enumerate(points) if i in few or badness[i] < CLOSE]


def conditional(obligation: Obligation) -> bool:
    """Say whether the obligation could speak of no point at all: it has hypotheses, or domains that depend on other variables."""
    ends = [end for _, domain in obligation.domains for end in (domain.lower, domain.upper) if end is not None]
    return bool(obligation.given) or any(variables(end) for end in ends)


def satisfied(payload: bytes) -> dict[str, dict[str, str] | None]:
    """Return, for each conditional statement and step of a claim's text, an exact point of its domains and hypotheses, or None.

    The points at which the file states its sanity values are tried first.
    """
    reader = Reader(read_toml(payload))
    found: dict[str, dict[str, str] | None] = {}
    for instance in reader.instances():
        hints = stated_points(reader, instance)
        for entry in reader.entries(instance):
            if entry.kind in ("statement", "step") and conditional(entry.obligation):
                at = inhabitant(entry.obligation, hints)
                found[entry.obligation.name] = None if at is None else {name: show(value) for name, value in at.items()}
    return found


def stated_points(reader: Reader, instance: dict[str, Term]) -> list[dict[str, Term]]:
    """Return the points of the sanity values."""
    scope = Scope(reader.tables.get("define", {}), instance, "[define]")
    scope.to_find(reader.tables.get("exists", {}), scope.domains(reader.tables.get("for_all", {}), "[for_all]"), "[exists]")
    meant = [item for item in reader.sanity if all(scope.scalar(value) is instance[name] for name, value in item.get("instance", {}).items())]
    return [scope.point(item["at"], "[[sanity]]") for item in meant if item.get("at")]


def inhabitant(obligation: Obligation, hints: Iterable[Mapping[str, Term]] = (), points: int = SCREENED) -> dict[str, Term] | None:
    """Return an exact point of the domains at which every hypothesis certainly holds, or None where none was found."""
    cube = Cubes(obligation)
    size = len(obligation.domains)
    for hint in hints:
        for t in candidates(size, 8):
            at = cube.point(t, hint)
            if cube.contains(at):
                return at
    for t in promising(obligation, candidates(size, 600)) if not cube.equalities else candidates(size, 600):
        at = cube.point(t)
        if cube.contains(at):
            return at
    if not cube.equalities:
        from .screen import Screen  # noqa: PLC0415 - numpy is loaded only where simple points do not decide

        for badness, t in islice(Screen(obligation).best(points, goal=False), 8):
            for bound in BOUNDS:
                at = cube.point(tuple(s.limit_denominator(bound) if bound else s for s in t))
                if badness < 2 and cube.contains(at):
                    return at
    return None


def promising(obligation: Obligation, points: Sequence[Cube]) -> Iterator[Cube]:
    """Yield the first few points, then of the others those that by floats lie in the domains and satisfy the hypotheses, in their order."""
    yield from points[:FIRST]
    import numpy as np  # noqa: PLC0415 - loaded only where simple points do not decide

    from .screen import Screen  # noqa: PLC0415 - same

    badness = Screen(obligation).badness(np.array([[s.numerator / s.denominator for s in t] for t in points[FIRST:]]).T, goal=False)
    yield from (t for t, bad in zip(points[FIRST:], badness, strict=True) if not bad > 2 + CLOSE)


def accepted(obligation: Obligation, node: Mapping[str, Any]) -> bool:
    """Say whether the kernel's rule accepts the node as a refutation."""
    try:
        return not witness(obligation, node, Link())
    except Rejected:
        return False


@lru_cache(maxsize=32)
def candidates(dimension: int, points: int) -> tuple[Cube, ...]:
    """Return points of the unit cube: all combinations of a few special coordinates, such as there is time for, and a Halton sequence."""
    found = list(islice(product(SPECIAL, repeat=dimension), min(points, 9 ** min(dimension, 3))))
    for index in range(1, points + 1):
        t = tuple(radical_inverse(index, PRIMES[axis % len(PRIMES)], axis // len(PRIMES)) for axis in range(dimension))
        found += [tuple(SPECIAL[len(SPECIAL) * s.numerator // s.denominator] for s in t), t]
    return tuple(found)


def radical_inverse(index: int, base: int, turn: int) -> Fraction:
    """Return the van der Corput number of ``index`` in ``base``, turned for coordinates beyond the list of primes."""
    top, bottom, rest = 0, 1, index
    while rest:
        rest, digit = divmod(rest, base)
        top, bottom = top * base + digit, bottom * base
    return Fraction(top, bottom) if not turn else (Fraction(top, bottom) + Fraction(turn * 618, 1000)) % 1


@dataclass(frozen=True)
class Cubes:
    """The domain of an obligation as the image of the unit cube, infinite ends included; equal signs among the hypotheses are solved."""

    obligation: Obligation

    @cached_property
    def equalities(self) -> tuple[Term, ...]:
        """The differences of both sides of the hypotheses that are equations; with them, what elimination makes of pairs of them."""
        own = tuple(sub(*atom.args) for formula in self.obligation.given for atom in conjuncts(formula) if atom.op == "eq")
        names = [name for name, _ in self.obligation.domains]
        sample = {name: num(Fraction(prime, 60)) for name, prime in zip(names, (7 * k % 59 + 1 for k in range(len(names))), strict=True)}
        derived = []
        for equation in own:
            for name in names[::-1]:
                rest = {other: value for other, value in sample.items() if other != name}
                if name in variables(equation) and (value := solution(substitute(equation, rest), name)) is not None and not variables(value):
                    (symbolic,) = (found for found in [solution(equation, name)] if found is not None)
                    derived += [substitute(other, {name: symbolic}) for other in own if other is not equation and name in variables(other)]
                    break
        return (*own, *derived)

    def point(self, t: Iterable[Fraction], known: Mapping[str, Term] | None = None) -> dict[str, Term]:
        """Return the exact point for coordinates in [0, 1]; integers are rounded.

        As soon as an equation has one unknown left, that one is solved for, if the equation is linear or quadratic in it;
        ``known`` are coordinates given beforehand.
        """
        at = {name: value for name, value in (known or {}).items() if name in self.obligation.box}
        waiting = [(name, domain, s) for (name, domain), s in zip(self.obligation.domains, t, strict=True) if name not in at]
        while waiting:
            found = self.solved(at, {name: s for name, _, s in waiting})
            if found is None:
                name, domain, s = next((row for row in waiting if not _ends(row[1]) - set(at)), waiting[0])
                found = name, substitute(coordinate(domain, s), at)
            at[found[0]] = found[1]
            waiting = [row for row in waiting if row[0] != found[0]]
        return {name: at[name] for name, _ in self.obligation.domains}

    def solved(self, at: Mapping[str, Term], sides: Mapping[str, Fraction]) -> tuple[str, Term] | None:
        """Return an unknown that an equation determines, and its value; linear equations first."""
        quadratic = None
        for equation in self.equalities:
            unknown = [name for name in sides if name in variables(equation)]
            if len(unknown) == 1:
                here = substitute(equation, at)
                value = solution(here, unknown[0])
                if value is not None:
                    return unknown[0], simplified(value)
                value = _quadratic(here, unknown[0], greater=sides[unknown[0]] >= Fraction(1, 2))
                quadratic = quadratic or (None if value is None else (unknown[0], simplified(value)))
        return quadratic

    def contains(self, at: dict[str, Term]) -> bool:
        """Say whether a point certainly lies in the domains and satisfies the hypotheses."""
        return all(inside(at[name], domain, at) for name, domain in self.obligation.domains) and all(
            settled(substitute(formula, at)) is True for formula in self.obligation.given
        )

    def margin(self, t: Cube) -> float | None:
        """Return how far the goal is from being violated at a point: negative is violated, None undefined or outside."""
        at = self.point(t)
        with precision(80):
            for name, domain in self.obligation.domains if self.equalities else ():
                for end, op in ((domain.lower, "ge"), (domain.upper, "le")):
                    room = None if end is None else distance(Term(op, (at[name], substitute(end, at))))
                    if end is not None and (room is None or room < 0):
                        return None
            for formula in self.obligation.given:
                value = distance(substitute(formula, at))
                if value is None or value < 0:
                    return None
            return distance(substitute(self.obligation.goal, at))

    def doubtful(self, t: Cube) -> bool:
        """Say whether a point at which floats see a violation deserves the kernel's time: not where balls see that `>=` or `<=` holds."""
        margin = self.margin(t) if self.obligation.goal.op in ("ge", "le") else None
        return margin is None or margin <= 0

    def rounded(self, t: Cube) -> dict[str, Any] | None:
        """Return a witness near t with the smallest denominators that the kernel accepts, or None."""
        tried = set()
        for bound in BOUNDS:
            near = tuple(s.limit_denominator(bound) if bound else s for s in t)
            if near in tried:
                continue
            tried.add(near)
            simple = self.point(near)
            node = {"rule": "witness", "at": {name: show(value) for name, value in simple.items()}}
            if accepted(self.obligation, node):
                return shortened(self.obligation, node, simple)
        return None


def _ends(domain: Domain) -> frozenset[str]:
    """Return the variables that the ends of a domain use."""
    return frozenset().union(*(variables(end) for end in (domain.lower, domain.upper) if end is not None))


def _values(equation: Term, name: str) -> tuple[Term, Term, Term]:
    """Return a, b, c of the parabola a x^2 + b x + c that agrees with the equation's left side at x = -1, 0, 1."""
    middle, right, left = (substitute(equation, {name: num(k)}) for k in (0, 1, -1))
    half = num(Fraction(1, 2))
    return sub(mul(half, add(right, left)), middle), mul(half, sub(right, left)), middle


def solution(equation: Term, name: str) -> Term | None:
    """Return the solution for ``name``, taking ``equation`` = 0 for linear in it; None where that is seen to be wrong.

    Nothing rests on this: whether a point satisfies the hypotheses is asked of the kernel's rule.
    """
    square, slope, constant = _values(equation, name)
    if not variables(slope) and (_sign(square) or not _sign(slope)):
        return None
    return div(neg(constant), slope)


def _quadratic(equation: Term, name: str, *, greater: bool) -> Term | None:
    """Return the greater or the smaller solution for ``name``, taking ``equation`` = 0 for quadratic in it, or None."""
    square, slope, constant = _values(equation, name)
    inner = sub(power(slope, 2), mul(num(4), mul(square, constant)))
    if not _sign(square) or _sign(inner) < 0:
        return None
    root = square_root(simplified(inner))
    return div(sub(root if greater == (_sign(square) > 0) else neg(root), slope), mul(num(2), square))


def simplified(term: Term) -> Term:
    """Return an equal term in normal form where there is one."""
    if term.op == "num":
        return term
    try:
        ring, (element,) = normal((term,))
    except Rejected:
        return term
    return ring.term(element)


def _sign(term: Term) -> int:
    """Return the sign of a constant term; 0 also where balls of 256 bits do not tell."""
    number = rational(term)
    return (number > 0) - (number < 0) if number is not None else ball_sign(term, 256) or 0


def square_root(term: Term) -> Term:
    """Return the square root of a constant term that is not negative; a rational one where there is one."""
    number = rational(term)
    if number is not None:
        top, bottom = math.isqrt(number.numerator), math.isqrt(number.denominator)
        if top * top == number.numerator and bottom * bottom == number.denominator:
            return num(Fraction(top, bottom))
    return Term("sqrt", (term,))


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
        value = num(3 * (2 * s_cut - 1) / (8 * s_cut * (1 - s_cut)))
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
    if formula.op == "eq" and not (gap > 0 or gap < 0):
        return math.ulp(0.0)  # equal as far as can be seen: not a violation
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


