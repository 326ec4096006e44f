"""The points among which a counterexample is searched: an obligation as functions on the unit cube, in float64.

Every variable is a term in coordinates of [0, 1]^n: lower + (upper - lower) t on an interval, lower + t/(1 - t) on a half-line,
3 (2t - 1)/(8 t (1 - t)) on the line. Ends may use other variables. Hypotheses that are equations are solved for a variable where
they are linear or quadratic in it, so that every point of the cube satisfies them; ``unsolved`` are the others.
Nothing rests on any of this: a candidate is what the kernel's rule ``witness`` accepts at an exact point.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from proofcheck.algebras.floats import Floats, evaluated
from proofcheck.kernel.algebra import Ball, compiled, evaluate, precision
from proofcheck.kernel.errors import Malformed
from proofcheck.kernel.terms import (
    NEGATED,
    ONE,
    RELATIONS,
    Domain,
    Obligation,
    Term,
    add,
    conjuncts,
    div,
    mul,
    neg,
    num,
    postorder,
    power,
    rational,
    show,
    sub,
    substitute,
    total,
    var,
    variables,
)  # fmt: skip
from proofcheck.methods.grid import margin
from proofcheck.methods.witness import simplified
from proofcheck.search.tape import SMOOTH, Tape

Array: TypeAlias = NDArray[np.float64]
Point: TypeAlias = Mapping[str, Term]

MEMORY = 2**22  # numbers held at once by an evaluation
NEAREST, FAR = 1e-9, 1e-6  # how close to an open end, to infinity, a coordinate goes
MAX_SUMMANDS = 400
RELATIVE = 1e-11  # sides of an equation that differ by less are not told apart
BITS = 128


@dataclass(frozen=True)
class Space:
    """One branch of an obligation. ``at``: every variable as a term in the coordinates; ``free``: the coordinates with their domains.

    ``goal``: for each part of the conjunction the margins of its alternatives, all negative where the part is violated; ``ratios`` the
    same, each divided by the sum of the sizes of its summands. ``given``: margins that are not negative where the hypotheses hold.
    ``solved``: the variables that equations determine, in terms of the others.
    """

    obligation: Obligation
    free: tuple[tuple[str, Domain], ...]
    at: Mapping[str, Term]
    goal: tuple[tuple[Term, ...], ...]
    ratios: tuple[tuple[Term, ...], ...]
    given: tuple[Term, ...]
    solved: Mapping[str, Term]
    unsolved: tuple[Term, ...]
    floats: Floats = field(default_factory=Floats, compare=False)

    @property
    def dimension(self) -> int:
        """The number of coordinates."""
        return len(self.free)

    @cached_property
    def steps(self) -> int:
        """The size of the statement: operations for one evaluation."""
        roots = (*(term for part in self.goal for term in part), *self.given)
        return len(compiled(roots)[0])

    @cached_property
    def smooth(self) -> bool:
        """Whether gradients are there: no sums or integrals are left, and some variable is real."""
        roots = (*(term for part in self.goal for term in part), *self.given)
        return all(step[0] in SMOOTH for step in compiled(roots)[0]) and not all(domain.integer for _, domain in self.free)

    @cached_property
    def whole(self) -> tuple[bool, ...]:
        """Which coordinates stand for whole numbers; these hold the number itself."""
        return tuple(domain.integer for _, domain in self.free)

    @cached_property
    def low(self) -> Array:
        """The smallest coordinates: 0, or a little more at open ends."""
        return np.array([0.0 if domain.lower_closed else NEAREST if domain.lower is not None else FAR for _, domain in self.free])

    @cached_property
    def high(self) -> Array:
        """The greatest coordinates."""
        return np.array([1.0 if domain.upper_closed else 1 - NEAREST if domain.upper is not None else 1 - FAR for _, domain in self.free])

    @cached_property
    def chunk(self) -> int:
        """How many points are evaluated at once."""
        return int(max(64, min(2**14, MEMORY // max(1, self.steps))))

    def clipped(self, t: Array) -> Array:
        """Return the points moved into the cube, and off the ends that do not belong to the domain."""
        return np.clip(t, self.low[:, None], self.high[:, None])

    def inputs(self, t: Array) -> dict[str, Any]:
        """Return the values of the coordinates for ``t`` of shape (dimension, points): whole numbers are rounded from their range."""
        env: dict[str, Any] = {}
        for (name, domain), row in zip(self.free, t, strict=True):
            env[name] = whole_number(domain, row) if domain.integer else row
        return env

    def looked(self, t: Array) -> tuple[Array, Array]:
        """Return (goal, held) for points of shape (dimension, points): the smallest margin of the goal, that of the hypotheses.

        NaN in either where a term has no value; ``held`` is infinite without hypotheses.
        """
        roots = (*(term for part in self.goal for term in part), *self.given)
        count = t.shape[1]
        found = [np.broadcast_to(value, count) for value in evaluated(roots, self.floats, self.inputs(t))]
        parts, place = [], 0
        for part in self.goal:
            parts.append(_most(found[place : place + len(part)], np.maximum))
            place += len(part)
        goal = _most(parts, np.minimum)
        held = _most(found[place:], np.minimum) if self.given else np.full(count, math.inf)
        return goal, held

    def badness(self, t: Array) -> Array:
        """Return a number that orders points: below 0 the goal is violated, from 2 to 3 a hypothesis is, 4 where a term has no value."""
        with np.errstate(all="ignore"):
            goal, held = self.looked(t)
            value = np.where(held < 0, 2 - held / (1 - held), goal / (1 + np.abs(goal)))
        return np.where(np.isnan(value) | np.isnan(held), 4.0, value)

    def tape(self, part: int, *, ratio: bool) -> Tape:
        """Return the alternatives of one part of the goal, then the hypotheses, as functions with gradients."""
        chosen = self.ratios if ratio else self.goal
        return Tape((*chosen[part], *self.given), [name for name, _ in self.free])

    # -- exact points ----------------------------------------------------------------------------------------------------

    def exact(self, t: Sequence[float], bound: int = 0, *, cube: bool = False) -> dict[str, Term]:
        """Return an exact point of the domain at coordinates ``t``, or near them with denominators up to ``bound``.

        Without ``cube`` it is the variable that is rational, with ``cube`` the coordinate: then multiples of the ends come out, of π for one.
        """
        point = np.asarray(t, dtype=float)
        env = {name: np.asarray(float(row[0])) for name, row in self.inputs(point[:, None]).items()}
        known: dict[str, Term] = {}
        for (name, domain), s in zip(self.free, t, strict=True):
            original = name.removeprefix(PREFIX)
            end = domain.lower if s == 0 else domain.upper if s == 1 else None
            if domain.integer:
                known[original] = num(round(float(env[name])))
            elif end is not None:
                known[original] = simplified(substitute(end, known))
            elif cube:
                share = {name: num(rounded(float(s), bound))}
                known[original] = simplified(substitute(substitute(_coordinate(domain, var(name), {}), share), known))
            else:
                (value,) = evaluated((self.at[original],), self.floats, env)
                known[original] = num(rounded(float(value), bound) if np.isfinite(value) else 0)
        for name, term in self.solved.items():
            known[name] = simplified(substitute(term, known))
        return {name: known[name] for name, _ in self.obligation.domains}

    def value(self, at: Point) -> float:
        """Return the float64 margin of the goal at an exact point; NaN outside the hypotheses and where a term has no value."""
        terms = (self.formula, *self.conditions)
        env = {name: np.asarray(_float(term)) for name, term in at.items()}
        goal, *held = (float(value) for value in evaluated(terms, self.floats, env))
        return goal if all(room >= -1e-9 for room in held) else math.nan

    @cached_property
    def formula(self) -> Term:
        """The margin of the goal in the variables themselves."""
        return margin(self.obligation.goal)

    @cached_property
    def conditions(self) -> tuple[Term, ...]:
        """The margins of the hypotheses in the variables themselves."""
        return tuple(margin(formula) for formula in self.obligation.given)

    def enclosure(self, at: Point, bits: int = BITS) -> tuple[Fraction, Fraction] | None:
        """Return rationals that enclose the margin of the goal at an exact point, or None where balls give no value."""
        return enclosed(self.formula, at, bits)


PREFIX = "cube."


def enclosed(term: Term, at: Point, bits: int = BITS) -> tuple[Fraction, Fraction] | None:
    """Return decimals that enclose the value of a term at an exact point, 17 digits beyond the radius at the most; None without a value."""
    with precision(bits):
        (value,) = evaluate((substitute(term, at),), Ball(), {})
        if not value.is_finite():
            return None
        low, high = (_dyadic(end) for end in (value.lower(), value.upper()))
    size = max(abs(low), abs(high))
    digits = 17 if size == 0 else 17 - math.floor(math.log10(size)) if size > Fraction(1, 10**300) else 320
    scale = Fraction(10) ** digits
    return Fraction(math.floor(low * scale)) / scale, Fraction(math.ceil(high * scale)) / scale


def _dyadic(value: Any) -> Fraction:
    mantissa, exponent = value.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _float(term: Term) -> float:
    number = rational(term)
    if number is not None:
        return float(number)
    with precision(64):
        (value,) = evaluate((term,), Ball(), {})
        return float(value.mid()) if value.is_finite() else math.nan


def rounded(value: float, bound: int) -> Fraction:
    """Return the decimal that Python shows for a float, or the nearest fraction with a denominator up to ``bound``."""
    exact = Fraction(Decimal(repr(value)))
    return exact.limit_denominator(bound) if bound else exact


def text(value: Term) -> str:
    """Return a term as claim files write it, decimals where these are shorter."""
    number = rational(value)
    if number is not None and number.denominator > 10**6:
        digits = decimal(number)
        if digits is not None:
            return digits
    return show(value)


def decimal(number: Fraction) -> str | None:
    """Return a rational as a finite decimal of at most 400 digits, or None."""
    rest, places = number.denominator, 0
    for prime in (2, 5):
        power_of = 0
        while rest % prime == 0:
            rest, power_of = rest // prime, power_of + 1
        places = max(places, power_of)
    if rest != 1 or places > 400:
        return None
    sign, digits = ("-" if number < 0 else ""), str(abs(number.numerator) * 10**places // number.denominator).rjust(places + 1, "0")
    return f"{sign}{digits[: len(digits) - places]}.{digits[len(digits) - places :]}" if places else f"{sign}{digits}"


def _most(values: Sequence[Array], which: Any) -> Array:
    found = values[0]
    for value in values[1:]:
        found = which(found, value)
    return np.asarray(found)


def whole_number(domain: Domain, row: Array) -> Array:
    """Return whole numbers of a domain for coordinates in [0, 1]; unbounded domains are walked through as half-lines are."""
    ends = [None if end is None else float(evaluated((end,), Floats(), {})[0]) for end in (domain.lower, domain.upper)]
    low, high = ends
    inner = np.clip(row, FAR, 1 - FAR)
    if low is not None and high is not None:
        first = math.ceil(low) + (0 if domain.lower_closed or math.ceil(low) > low else 1)
        last = math.floor(high) - (0 if domain.upper_closed or math.floor(high) < high else 1)
        return np.clip(np.floor(first + row * (last - first + 1)), first, last)
    if low is not None:
        return np.asarray(np.ceil(low) + (not domain.lower_closed and math.ceil(low) == low) + np.floor(8 * inner / (1 - inner)))
    if high is not None:
        return np.asarray(np.floor(high) - (not domain.upper_closed and math.floor(high) == high) - np.floor(8 * inner / (1 - inner)))
    return np.asarray(np.round(3 * (2 * inner - 1) / (inner * (1 - inner))))


# -- from an obligation --------------------------------------------------------------------------------------------------


def spaces(obligation: Obligation) -> tuple[Space, ...]:
    """Return the branches of an obligation: one, or one for each choice of roots of its quadratic equations. Raises Malformed (PC204)."""
    if obligation.exists:
        raise Malformed("PC204", "The search cannot refute that something exists: no single point does.", hint="Negate it, or search a step.")
    if obligation.opaque:
        raise Malformed("PC204", "The statement speaks of numbers that only a method can measure.", hint="Search a step, or a formula without them.")
    return tuple(_space(obligation, solutions, unsolved) for solutions, unsolved in _solved(obligation, ()))


def zeros(obligation: Obligation) -> tuple[Space, ...]:
    """Return the branches on which both sides of a strict relation are equal, which violates it; none where no equation can be solved.

    a > b is violated where a - b = 0; a sum of squares where each of them is 0. Solved for some variables, that holds at every point of a branch:
    so zeros are found that lie at no simple point of the domain.
    """
    found: list[Space] = []
    for part in conjuncts(_normal(obligation.goal)):
        if part.op in ("gt", "lt", "ne"):
            equations = tuple(Term("eq", (term, num(0))) for term in _squares(sub(*part.args)) if not _vanishes(term))
            found += [_space(obligation, solutions, ()) for solutions, unsolved in _solved(obligation, equations) if solutions and not unsolved]
    return tuple(found[:8])


def _squares(term: Term) -> tuple[Term, ...]:
    """Return terms that all are 0 only where ``term`` is: the bases of its squares where it is a sum of squares, else itself."""
    bases = []
    for part in _summands(term):
        while part.op == "mul" and (factor := rational(part.args[0])) is not None and factor > 0:
            part = part.args[1]  # noqa: PLW2901 - positive factors do not matter
        even = part.op == "pow" and isinstance(part.value, int) and part.value > 0 and part.value % 2 == 0
        if even or (part.op == "mul" and part.args[0] is part.args[1]):
            bases.append(part.args[0])
        elif rational(part) != 0:
            return (term,)
    return tuple(bases) if term.op == "add" else (term,) if len(bases) != 1 else tuple(bases)


def _vanishes(term: Term) -> bool:
    """Say whether a term is 0 at a few points, as far as floats tell."""
    names = sorted(variables(term))
    env = dict(zip(names, np.random.default_rng(2).uniform(0.1, 0.9, (len(names), 16)), strict=True))
    (value,) = evaluated((term,), Floats(), env)
    return bool(np.all(np.abs(value) < 1e-13))


def _space(obligation: Obligation, solutions: tuple[tuple[str, Term], ...], unsolved: tuple[Term, ...]) -> Space:
    known = dict(solutions)
    at: dict[str, Term] = {}
    free: list[tuple[str, Domain]] = []
    given: list[Term] = []
    for name, domain in obligation.domains:
        if name not in known:
            coordinate = var(PREFIX + name)
            at[name] = coordinate if domain.integer else _coordinate(domain, coordinate, at)
            free.append((PREFIX + name, domain))
            if domain.integer and any(end is not None and variables(end) for end in (domain.lower, domain.upper)):
                raise Malformed("PC204", f"The whole-number domain of {name} has ends that use other variables: the search cannot walk through it.")
            if all(end is not None for end in (domain.lower, domain.upper)) and any(variables(end) for end in (domain.lower, domain.upper) if end is not None):
                assert domain.lower is not None
                assert domain.upper is not None
                given.append(substitute(sub(domain.upper, domain.lower), at))
    for name, domain in obligation.domains:
        if name in known:
            at[name] = substitute(known[name], at)
            for end, sign in ((domain.lower, 1), (domain.upper, -1)):
                if end is not None:
                    room = sub(at[name], substitute(end, at))
                    given.append(room if sign > 0 else neg(room))
    here = {name: at[name] for name, _ in obligation.domains}
    # Equations that are solved hold everywhere; those that are not would hold nowhere in floats, and are left to the kernel.
    given += [margin(substitute(part, here)) for formula in obligation.given for part in conjuncts(formula) if part.op != "eq"]
    parts = [_alternatives(part) for part in conjuncts(_normal(obligation.goal))]
    goal = tuple(tuple(substitute(margin(one), here) for one in part) for part in parts)
    ratios = tuple(tuple(substitute(_ratio(one), here) for one in part) for part in parts)
    roots = (*(term for part in goal for term in part), *given)
    strange = {node.op for node in postorder(roots)} - {"num", "var", "inf"} - set(dir(Floats))
    if strange:
        raise Malformed("PC204", f"The search cannot evaluate `{min(strange)}`.", hint="Search a step, or a formula without it.")
    return Space(obligation, tuple(free), at, goal, ratios, tuple(given), known, unsolved)


def _coordinate(domain: Domain, t: Term, at: Mapping[str, Term]) -> Term:
    lower, upper = (None if end is None else substitute(end, at) for end in (domain.lower, domain.upper))
    step = div(t, sub(ONE, t))
    if lower is not None and upper is not None:
        return add(lower, mul(sub(upper, lower), t))
    if lower is not None:
        return add(lower, step)
    if upper is not None:
        return sub(upper, div(sub(ONE, t), t))
    return div(mul(num(3), sub(mul(num(2), t), ONE)), mul(num(8), mul(t, sub(ONE, t))))


def _normal(formula: Term, *, negated: bool = False) -> Term:
    """Return the formula with negations moved into its relations."""
    if formula.op == "not":
        return _normal(formula.args[0], negated=not negated)
    if formula.op in ("and", "or"):
        op = formula.op if not negated else {"and": "or", "or": "and"}[formula.op]
        return Term(op, tuple(_normal(arg, negated=negated) for arg in formula.args))
    if formula.op not in RELATIONS:
        raise Malformed("PC204", f"The search cannot look for violations of `{formula.op}`.")
    return Term(NEGATED[formula.op], formula.args) if negated else formula


def _alternatives(formula: Term) -> tuple[Term, ...]:
    if formula.op == "or":
        return tuple(part for arg in formula.args for part in _alternatives(arg))
    return (formula,)


def _ratio(formula: Term) -> Term:
    """Return the margin divided by the sizes of both sides, or of its summands where one side is 0: between -1 and 1, blind to a common factor.

    Where a relation is homogeneous, a > c b with b > 0 say, the margin itself leads to b = 0, and this leads to small a/b.
    """
    if formula.op not in ("lt", "le", "gt", "ge"):
        return margin(formula)
    distance = margin(formula)
    summands = list(formula.args) if all(rational(side) != 0 for side in formula.args) else list(_summands(distance))
    if not 1 < len(summands) <= MAX_SUMMANDS:
        return distance
    return div(distance, add(total(Term("abs", (term,)) for term in summands), num(Fraction(1, 10**30))))


def _summands(term: Term) -> Iterator[Term]:
    stack, found = [term], 0
    while stack and found <= MAX_SUMMANDS:
        node = stack.pop()
        if node.op in ("add", "sub", "neg"):
            stack.extend(node.args)
        elif node.op == "mul" and (rational(node.args[0]) is not None) and node.args[1].op in ("add", "sub"):
            stack.extend(mul(node.args[0], arg) for arg in node.args[1].args)
        else:
            found += 1
            yield node


def _solved(obligation: Obligation, more: tuple[Term, ...]) -> list[tuple[tuple[tuple[str, Term], ...], tuple[Term, ...]]]:
    """Return the branches: solutions by variable of the hypotheses that are equations, and of more equations; and those that could not be solved."""
    branches: list[tuple[tuple[tuple[str, Term], ...], tuple[Term, ...]]] = [((), ())]
    in_ends = {name for _, domain in obligation.domains for end in (domain.lower, domain.upper) if end is not None for name in variables(end)}
    names = [name for name, domain in reversed(obligation.domains) if name not in in_ends and not domain.integer]
    for formula in (*(part for whole in obligation.given for part in conjuncts(whole) if part.op == "eq"), *more):
        extended = []
        for solutions, unsolved in branches:
            known = dict(solutions)
            equation = substitute(sub(*formula.args), known)
            roots = next(((name, found) for name in names if name not in known and (found := _roots(equation, name, obligation))), None)
            if roots is None:
                extended.append((solutions, (*unsolved, formula)))
                continue
            for root in roots[1]:
                older = tuple((name, substitute(term, {roots[0]: root})) for name, term in solutions)
                extended.append(((*older, (roots[0], root)), unsolved))
        branches = extended[:8]
    return branches


def _roots(equation: Term, name: str, obligation: Obligation) -> tuple[Term, ...]:
    """Return the solutions of ``equation`` = 0 for a variable in which it is linear or quadratic, as far as floats at a few points tell."""
    if name not in variables(equation):
        return ()
    middle, right, left = (substitute(equation, {name: num(k)}) for k in (0, 1, -1))
    half = num(Fraction(1, 2))
    square, slope = sub(mul(half, add(right, left)), middle), mul(half, sub(right, left))
    names = sorted(variables(equation))
    points = np.random.default_rng(0).uniform(0.1, 0.9, (len(names), 16))
    env = dict(zip(names, points, strict=True))
    floats = Floats()
    flat = [np.broadcast_to(value, 16) for value in evaluated((square, slope, middle), floats, env)]
    inner = sub(power(slope, 2), mul(num(4), mul(square, middle)))
    if np.all(np.abs(flat[0]) < 1e-12) and np.all(np.abs(flat[1]) > 1e-12):
        roots: tuple[Term, ...] = (simplified(div(neg(middle), slope)) if not variables(slope) else div(neg(middle), slope),)
    else:
        # Checked against the parabola at another place, so that a cubic is not taken for one.
        (elsewhere,) = evaluated((substitute(equation, {name: num(3)}),), floats, env)
        if not np.allclose(elsewhere, 9 * flat[0] + 3 * flat[1] + flat[2], rtol=1e-9, atol=1e-9) or not np.all(np.abs(flat[0]) > 1e-12):
            return ()
        root = Term("sqrt", (inner,))
        domain = obligation.box[name]
        both = (div(add(neg(slope), root), mul(num(2), square)), div(sub(neg(slope), root), mul(num(2), square)))
        roots = tuple(one for one in both) if domain.lower is None or rational(domain.lower) != 0 else both
    residues = [np.broadcast_to(evaluated((substitute(equation, {name: one}),), floats, env)[0], 16) for one in roots]
    usable = [residue[np.isfinite(residue)] for residue in residues]
    return roots if all(np.all(np.abs(part) < 1e-8) for part in usable) else ()
