"""A second opinion on stored certificates: leaves and strips replayed in mpmath's interval arithmetic, by code that shares no rule with the kernel.

Of the kernel it uses the readers (``statement`` and, through it, ``parse``) and the term graph (``terms``). Enclosures, first-order
gradients and dense jets in two variables are its own, over mpmath's intervals (``mpmath.libmp``, what ``mpmath.iv`` is made of). It
walks down a proof as the rules describe it and looks at every node it can reach by formulas alone:

    bisection   leaves of the natural and the mean value form (the corner form rests on exact arithmetic: left out; the second-order form: at
                corners and middles only)
    zeros       the quotient by u^a on every leaf; that the coefficients below a are 0 up to rounding
    taylor      every strip, the same, on edges too; that strips tile

Premises whose formula only the kernel's sign analysis knows (``conditions``, ``premises``, slopes before they are scaled) are left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import Any

from mpmath import libmp
from mpmath.libmp import libmpi

from proofcheck.kernel.scope import Scope
from proofcheck.kernel.statement import read
from proofcheck.kernel.terms import (
    NEGATED,
    RELATIONS,
    ZERO,
    Domain,
    Obligation,
    Term,
    conjuncts,
    neg,
    postorder,
    rational,
    replaced,
    sub,
    substitute,
    var,
)  # fmt: skip

BITS = 120
WORK = 200
Interval = tuple[Any, Any]
Jet = list[list[Interval]]
Node = Mapping[str, Any]


class UnsureError(Exception):
    """An enclosure may contain a point without a value, or does not decide."""


class OutsideError(Exception):
    """The operation is none of those that are replayed."""


# -- intervals ------------------------------------------------------------------------------------------------------------


def exact(value: Fraction | int) -> Interval:
    """Return an interval around a rational."""
    value = Fraction(value)
    return libmpi.mpi_div(_whole(value.numerator), _whole(value.denominator), BITS)


def _whole(value: int) -> Interval:
    number = libmp.from_int(value)
    return number, number


def span(low: Interval, high: Interval) -> Interval:
    """Return the hull of two intervals."""
    return (low[0] if libmp.mpf_le(low[0], high[0]) else high[0], low[1] if libmp.mpf_ge(low[1], high[1]) else high[1])


def plus(a: Interval, b: Interval) -> Interval:
    """Return a + b."""
    return libmpi.mpi_add(a, b, BITS)


def minus(a: Interval, b: Interval) -> Interval:
    """Return a - b."""
    return libmpi.mpi_sub(a, b, BITS)


def times(a: Interval, b: Interval) -> Interval:
    """Return a * b."""
    return libmpi.mpi_mul(a, b, BITS)


def over(a: Interval, b: Interval) -> Interval:
    """Return a / b where b is on one side of 0."""
    if not (above(b) or above(libmpi.mpi_neg(b))):
        raise UnsureError
    return libmpi.mpi_div(a, b, BITS)


def above(a: Interval, *, strict: bool = True) -> bool:
    """Say whether the whole interval is positive (or not negative)."""
    return bool(libmp.mpf_gt(a[0], libmp.fzero) if strict else libmp.mpf_ge(a[0], libmp.fzero))


def contains_zero(a: Interval) -> bool:
    """Say whether 0 is in the interval."""
    return bool(libmp.mpf_le(a[0], libmp.fzero) and libmp.mpf_ge(a[1], libmp.fzero))


def power_of(a: Interval, n: int) -> Interval:
    """Return a^n for a whole n, never negative for an even one."""
    if n < 0:
        return over(NUMBER_1, power_of(a, -n))
    if n == 0:
        return NUMBER_1
    ends = [libmpi.mpi_pow_int((end, end), n, BITS) for end in a]
    found = span(*ends)
    return span(found, NUMBER_0) if n % 2 == 0 and contains_zero(a) else found


def rising(function: Callable[[Interval], Interval], a: Interval) -> Interval:
    """Return the image of an interval under a rising function, from its values at the ends."""
    return function((a[0], a[0]))[0], function((a[1], a[1]))[1]


def _arcsine(a: Interval) -> Interval:
    one_sided = libmpi.mpi_sub(NUMBER_1, libmpi.mpi_mul(a, a, WORK), WORK)
    if a == NUMBER_1 or a == libmpi.mpi_neg(NUMBER_1):
        return libmpi.mpi_mul(HALF_PI, a, BITS)
    return libmpi.mpi_atan(libmpi.mpi_div(a, libmpi.mpi_sqrt(one_sided, WORK), WORK), BITS)


def root_of(a: Interval, *, cut: bool) -> Interval:
    """Return sqrt; ``cut`` where the argument is known to be >= 0."""
    if not above(a, strict=False):
        if not cut or libmp.mpf_lt(a[1], libmp.fzero):
            raise UnsureError
        a = libmp.fzero, a[1]
    return libmpi.mpi_sqrt(a, BITS)


def arcsine_of(a: Interval, *, cut: bool) -> Interval:
    """Return asin; ``cut`` where the argument is known to be in [-1, 1]."""
    low, high = libmp.mpf_ge(a[0], libmp.fnone), libmp.mpf_le(a[1], libmp.fone)
    if not (low and high):
        if not cut or libmp.mpf_gt(a[0], libmp.fone) or libmp.mpf_lt(a[1], libmp.fnone):
            raise UnsureError
        a = a[0] if low else libmp.fnone, a[1] if high else libmp.fone
    return rising(_arcsine, a)


def logarithm_of(a: Interval) -> Interval:
    """Return log."""
    if not above(a):
        raise UnsureError
    return libmpi.mpi_log(a, BITS)


NUMBER_0, NUMBER_1 = _whole(0), _whole(1)
PI_INTERVAL = libmpi.mpi_pi(BITS)
HALF_PI = libmpi.mpi_div(libmpi.mpi_pi(WORK), _whole(2), WORK)


class Values:
    """Enclosures of values over a box."""

    def __init__(self, *, cut: bool = False) -> None:
        self.cut = cut

    def of(self, root: Term, env: Mapping[str, Any]) -> Any:
        """Return the value of a term."""
        known: dict[Term, Any] = {}
        for node in postorder([root]):
            number = rational(node)
            if number is not None:
                known[node] = self.number(exact(number))
            elif node.op == "pi":
                known[node] = self.number(PI_INTERVAL)
            elif node.op == "var":
                known[node] = env[str(node.value)]
            elif node.op == "pow":
                assert isinstance(node.value, int)
                known[node] = self.pow(known[node.args[0]], node.value)
            elif hasattr(self, node.op):
                known[node] = getattr(self, node.op)(*(known[arg] for arg in node.args))
            else:
                raise OutsideError(node.op)
        return known[root]

    def number(self, a: Interval) -> Any:
        return a

    add, sub, mul, div, pow = staticmethod(plus), staticmethod(minus), staticmethod(times), staticmethod(over), staticmethod(power_of)
    neg = staticmethod(libmpi.mpi_neg)
    log = staticmethod(logarithm_of)

    @staticmethod
    def sin(a: Interval) -> Interval:
        return libmpi.mpi_sin(a, BITS)

    @staticmethod
    def cos(a: Interval) -> Interval:
        return libmpi.mpi_cos(a, BITS)

    def tan(self, a: Interval) -> Interval:
        return rising(lambda end: over(self.sin(end), self.cos(end)), a) if not contains_zero(self.cos(a)) else self._unsure()

    @staticmethod
    def _unsure() -> Interval:
        raise UnsureError

    @staticmethod
    def exp(a: Interval) -> Interval:
        return libmpi.mpi_exp(a, BITS)

    @staticmethod
    def atan(a: Interval) -> Interval:
        return libmpi.mpi_atan(a, BITS)

    def sqrt(self, a: Interval) -> Interval:
        return root_of(a, cut=self.cut)

    def asin(self, a: Interval) -> Interval:
        return arcsine_of(a, cut=self.cut)

    def acos(self, a: Interval) -> Interval:
        return minus(HALF_PI, arcsine_of(a, cut=self.cut))

    def angle(self, dot: Any, uu: Any, vv: Any) -> Any:
        return self.acos(self.div(dot, self.sqrt(self.mul(uu, vv))))

    @staticmethod
    def abs(a: Interval) -> Interval:
        return libmpi.mpi_abs(a, BITS)

    @staticmethod
    def min(a: Interval, b: Interval) -> Interval:
        return tuple(x if libmp.mpf_le(x, y) else y for x, y in zip(a, b, strict=True))

    @staticmethod
    def max(a: Interval, b: Interval) -> Interval:
        return tuple(x if libmp.mpf_ge(x, y) else y for x, y in zip(a, b, strict=True))


class Slopes(Values):
    """Value and gradient; an element is (value, (partial, …)). Kinks contribute every slope between those of both sides."""

    def __init__(self, size: int, *, cut: bool = False) -> None:
        super().__init__(cut=cut)
        self.size = size
        self.plain = Values(cut=cut)

    def number(self, a: Interval) -> Any:
        return a, (NUMBER_0,) * self.size

    def variable(self, a: Interval, axis: int) -> Any:
        """Return a coordinate."""
        return a, tuple(NUMBER_1 if i == axis else NUMBER_0 for i in range(self.size))

    @staticmethod
    def _along(a: Any, value: Interval, slope: Callable[[], Interval]) -> Any:
        """Return (value, slope * gradient of a); the slope is needed only where a varies."""
        if all(part == NUMBER_0 for part in a[1]):
            return value, a[1]
        factor = slope()
        return value, tuple(part if part == NUMBER_0 else times(factor, part) for part in a[1])

    def add(self, a: Any, b: Any) -> Any:
        return plus(a[0], b[0]), tuple(map(plus, a[1], b[1]))

    def sub(self, a: Any, b: Any) -> Any:
        return minus(a[0], b[0]), tuple(map(minus, a[1], b[1]))

    def neg(self, a: Any) -> Any:
        return libmpi.mpi_neg(a[0]), tuple(map(libmpi.mpi_neg, a[1]))

    def mul(self, a: Any, b: Any) -> Any:
        return times(a[0], b[0]), tuple(plus(times(a[0], y), times(b[0], x)) for x, y in zip(a[1], b[1], strict=True))

    def div(self, a: Any, b: Any) -> Any:
        value = over(a[0], b[0])
        return value, tuple(over(minus(x, times(value, y)), b[0]) for x, y in zip(a[1], b[1], strict=True))

    def pow(self, a: Any, n: int) -> Any:
        return self._along(a, power_of(a[0], n), lambda: times(_whole(n), power_of(a[0], n - 1)) if n else NUMBER_0)

    def log(self, a: Any) -> Any:
        return self._along(a, logarithm_of(a[0]), lambda: over(NUMBER_1, a[0]))

    def sin(self, a: Any) -> Any:
        return self._along(a, Values.sin(a[0]), lambda: Values.cos(a[0]))

    def cos(self, a: Any) -> Any:
        return self._along(a, Values.cos(a[0]), lambda: libmpi.mpi_neg(Values.sin(a[0])))

    def tan(self, a: Any) -> Any:
        value = self.plain.tan(a[0])
        return self._along(a, value, lambda: plus(NUMBER_1, power_of(value, 2)))

    def exp(self, a: Any) -> Any:
        value = Values.exp(a[0])
        return self._along(a, value, lambda: value)

    def atan(self, a: Any) -> Any:
        return self._along(a, Values.atan(a[0]), lambda: over(NUMBER_1, plus(NUMBER_1, power_of(a[0], 2))))

    def sqrt(self, a: Any) -> Any:
        value = self.plain.sqrt(a[0])
        return self._along(a, value, lambda: over(NUMBER_1, times(_whole(2), value)))

    def _arc(self, a: Any) -> Interval:
        return over(NUMBER_1, root_of(minus(NUMBER_1, power_of(a[0], 2)), cut=False))

    def asin(self, a: Any) -> Any:
        return self._along(a, self.plain.asin(a[0]), lambda: self._arc(a))

    def acos(self, a: Any) -> Any:
        return self._along(a, self.plain.acos(a[0]), lambda: libmpi.mpi_neg(self._arc(a)))

    def abs(self, a: Any) -> Any:
        sign = NUMBER_1 if above(a[0], strict=False) else span(libmpi.mpi_neg(NUMBER_1), NUMBER_1)
        sign = libmpi.mpi_neg(NUMBER_1) if above(libmpi.mpi_neg(a[0]), strict=False) else sign
        return self._along(a, Values.abs(a[0]), lambda: sign)

    def _chosen(self, value: Interval, a: Any, b: Any, gap: Interval) -> Any:
        if above(gap):
            return value, a[1]
        return value, b[1] if above(libmpi.mpi_neg(gap)) else tuple(map(span, a[1], b[1]))

    def min(self, a: Any, b: Any) -> Any:
        return self._chosen(Values.min(a[0], b[0]), a, b, minus(b[0], a[0]))

    def max(self, a: Any, b: Any) -> Any:
        return self._chosen(Values.max(a[0], b[0]), a, b, minus(a[0], b[0]))


class Jets(Values):
    """Taylor coefficients in two variables; entry [j][i] belongs to u^i v^j, for i < length and j < depth."""

    def __init__(self, length: int, depth: int) -> None:
        super().__init__()
        self.length, self.depth = length, depth

    def number(self, a: Interval) -> Jet:
        found = [[NUMBER_0] * self.length for _ in range(self.depth)]
        found[0][0] = a
        return found

    def variable(self, a: Interval, along_u: int = 0, along_v: int = 0) -> Jet:
        """Return a + along_u * u + along_v * v."""
        found = self.number(a)
        if self.length > 1:
            found[0][1] = _whole(along_u)
        if self.depth > 1:
            found[1][0] = _whole(along_v)
        return found

    def add(self, a: Jet, b: Jet) -> Jet:
        return [list(map(plus, x, y)) for x, y in zip(a, b, strict=True)]

    def sub(self, a: Jet, b: Jet) -> Jet:
        return [list(map(minus, x, y)) for x, y in zip(a, b, strict=True)]

    def neg(self, a: Jet) -> Jet:
        return [list(map(libmpi.mpi_neg, x)) for x in a]

    def places(self) -> Iterator[tuple[int, int]]:
        """Yield the places of coefficients, lower ones first."""
        return product(range(self.depth), range(self.length))

    @staticmethod
    def paired(a: Jet, b: Jet, j: int, i: int, weight: Callable[[int, int], int] = lambda _j, _i: 1) -> Interval:
        """Return the sum of weight(q, p) a[q][p] b[j - q][i - p]."""
        total = NUMBER_0
        for q in range(j + 1):
            row, other = a[q], b[j - q]
            for p in range(i + 1):
                factor = weight(q, p)
                if factor and row[p] != NUMBER_0 and other[i - p] != NUMBER_0:
                    part = times(row[p], other[i - p])
                    total = plus(total, part if factor == 1 else times(_whole(factor), part))
        return total

    def mul(self, a: Jet, b: Jet) -> Jet:
        return [[self.paired(a, b, j, i) for i in range(self.length)] for j in range(self.depth)]

    def div(self, a: Jet, b: Jet) -> Jet:
        found = self.number(NUMBER_0)
        for j, i in self.places():
            rest = self.paired(b, found, j, i, lambda q, p: int((q, p) != (0, 0)))
            found[j][i] = over(minus(a[j][i], rest), b[0][0])
        return found

    def pow(self, a: Jet, n: int) -> Jet:
        if n < 0:
            return self.div(self.number(NUMBER_1), self.pow(a, -n))
        if n == 0:
            return self.number(NUMBER_1)
        half = self.pow(a, n // 2)
        found = self.mul(half, half)
        return self.mul(found, a) if n % 2 else found

    def exp(self, a: Jet) -> Jet:
        found = self.number(Values.exp(a[0][0]))
        return self._integrated(found[0][0], a, found, found)

    def _integrated(self, value: Interval, a: Jet, density: Jet, into: Jet | None = None) -> Jet:
        """Return the jet with this value whose derivative is density * a'; ``into`` is filled, which may be the density itself."""
        found = self.number(value) if into is None else into
        for j, i in self.places():
            if (j, i) != (0, 0):
                count, weight = _derived(j, i)
                found[j][i] = over(self.paired(a, density, j, i, weight), count)
        return found

    def waves(self, a: Jet) -> tuple[Jet, Jet]:
        """Return sin and cos, from s' = c a' and c' = -s a'."""
        s, c = self.number(Values.sin(a[0][0])), self.number(Values.cos(a[0][0]))
        for j, i in self.places():
            if (j, i) != (0, 0):
                count, weight = _derived(j, i)
                s[j][i] = over(self.paired(a, c, j, i, weight), count)
                c[j][i] = libmpi.mpi_neg(over(self.paired(a, s, j, i, weight), count))
        return s, c

    def sin(self, a: Jet) -> Jet:
        return self.waves(a)[0]

    def cos(self, a: Jet) -> Jet:
        return self.waves(a)[1]

    def tan(self, a: Jet) -> Jet:
        s, c = self.waves(a)
        return self.div(s, c)

    def sqrt(self, a: Jet) -> Jet:
        if not above(a[0][0]):
            raise UnsureError
        found = self.number(libmpi.mpi_sqrt(a[0][0], BITS))
        twice = times(_whole(2), found[0][0])
        for j, i in self.places():
            if (j, i) != (0, 0):
                found[j][i] = over(minus(a[j][i], self.paired(found, found, j, i)), twice)
        return found

    def log(self, a: Jet) -> Jet:
        return self._integrated(logarithm_of(a[0][0]), a, self.div(self.number(NUMBER_1), a))

    def atan(self, a: Jet) -> Jet:
        one = self.number(NUMBER_1)
        return self._integrated(Values.atan(a[0][0]), a, self.div(one, self.add(one, self.mul(a, a))))

    def asin(self, a: Jet) -> Jet:
        one = self.number(NUMBER_1)
        return self._integrated(arcsine_of(a[0][0], cut=False), a, self.div(one, self.sqrt(self.sub(one, self.mul(a, a)))))

    def acos(self, a: Jet) -> Jet:
        return self.sub(self.number(HALF_PI), self.asin(a))

    def abs(self, a: Jet) -> Jet:
        return a if above(a[0][0]) else self.neg(a) if above(libmpi.mpi_neg(a[0][0])) else self._unsure()

    def min(self, a: Jet, b: Jet) -> Jet:
        gap = minus(b[0][0], a[0][0])
        return a if above(gap) else b if above(libmpi.mpi_neg(gap)) else self._unsure()

    def max(self, a: Jet, b: Jet) -> Jet:
        return b if self.min(a, b) is a else a


def _derived(j: int, i: int) -> tuple[Interval, Callable[[int, int], int]]:
    """Return how often the derivative counts place (j, i), and its weights: along u where u occurs, else along v."""
    return (_whole(i), lambda _q, p: p) if i else (_whole(j), lambda q, _p: q)


def horner(coefficients: Sequence[Interval], at: Interval) -> Interval:
    """Return the polynomial's enclosure over an interval: Horner's form and the mean value form, what both leave."""
    middle = libmpi.mpi_mid(at, WORK)
    centre = (middle, middle)
    natural, value, slope = NUMBER_0, NUMBER_0, NUMBER_0
    for k in range(len(coefficients) - 1, -1, -1):
        natural = plus(times(natural, at), coefficients[k])
        value = plus(times(value, centre), coefficients[k])
        if k:
            slope = plus(times(slope, at), times(_whole(k), coefficients[k]))
    other = plus(value, times(slope, minus(at, centre)))
    return Values.max((natural[0], natural[0]), (other[0], other[0]))[0], Values.min((natural[1], natural[1]), (other[1], other[1]))[1]


# -- leaves ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """One node of a proof and what it is to show."""

    goal: Obligation
    node: Node

    @property
    def rule(self) -> str:
        """The rule's name."""
        return str(self.node["rule"])

    @property
    def size(self) -> int:
        """The number of leaves or strips."""
        return len(self.node["strips"]) if self.rule == "taylor" else sum(letter.isupper() for letter in self.node["tree"])

    def replay(self, keep: Callable[[int, int], bool] = lambda _index, _count: True) -> int:
        """Check the leaves or strips that ``keep`` picks; return how many. Raises AssertionError where one is not confirmed."""
        try:
            return {"bisection": _bisection, "zeros": _zeros, "taylor": _taylor}[self.rule](self.goal, self.node, keep)
        except UnsureError:
            raise AssertionError(f"{self.goal.name}: a term may have no value") from None


def leaves(tree: str, axes: int) -> list[tuple[str, list[tuple[Fraction, Fraction]]]]:
    """Return the leaves of a tree with their cells of the unit cube."""
    found, stack = [], [[(Fraction(0), Fraction(1))] * axes]
    for letter in tree:
        cell = stack.pop()
        if letter.isupper():
            found.append((letter, cell))
            continue
        axis = int(letter, 36)
        low, high = cell[axis]
        middle = (low + high) / 2
        stack += [[*cell[:axis], half, *cell[axis + 1 :]] for half in ((middle, high), (low, middle))]
    assert not stack, "the tree ends too early"
    return found


def _bisection(goal: Obligation, node: Node, keep: Callable[[int, int], bool]) -> int:
    cut = bool(node.get("conditions"))
    cells = leaves(node["tree"], len(goal.domains))
    done = 0
    for index, (form, cell) in enumerate(cells):
        if form == "C" or not keep(index, len(cells)):
            continue
        try:
            if form in "HL":
                points = product(*((low, (low + high) / 2, high) for low, high in cell))
                decided = all(_by_values(goal, [(t, t) for t in point], cut=cut) for point in points)
            else:
                decided = _by_values(goal, cell, cut=cut) or (form == "M" and _by_slopes(goal, cell, cut=cut))
        except UnsureError:
            decided = False
        assert decided, (goal.name, form, cell)
        done += 1
    return done


def _coordinates(goal: Obligation, algebra: Values, variables: Sequence[Any]) -> dict[str, Any]:
    """Return x = lower + (upper - lower) t for each variable in turn."""
    env: dict[str, Any] = {}
    for (name, domain), t in zip(goal.domains, variables, strict=True):
        assert domain.lower is not None
        assert domain.upper is not None
        low, high = algebra.of(domain.lower, env), algebra.of(domain.upper, env)
        env[name] = algebra.add(low, algebra.mul(algebra.sub(high, low), t))
    return env


def _by_values(goal: Obligation, cell: Sequence[tuple[Fraction, Fraction]], *, cut: bool) -> bool:
    values = Values(cut=cut)
    env = _coordinates(goal, values, [span(exact(low), exact(high)) for low, high in cell])
    for formula in goal.given:
        try:
            if holds(formula, lambda atom: minus(*(values.of(side, env) for side in atom.args))) is False:
                return True
        except UnsureError:
            continue
    return holds(goal.goal, lambda atom: minus(*(values.of(side, env) for side in atom.args))) is True


def _by_slopes(goal: Obligation, cell: Sequence[tuple[Fraction, Fraction]], *, cut: bool) -> bool:
    slopes, values = Slopes(len(cell), cut=cut), Values(cut=cut)
    whole = [span(exact(low), exact(high)) for low, high in cell]
    middle = [exact((low + high) / 2) for low, high in cell]
    wide = _coordinates(goal, slopes, [slopes.variable(t, axis) for axis, t in enumerate(whole)])
    narrow = _coordinates(goal, values, middle)

    def difference(atom: Term) -> Interval:
        _, parts = slopes.sub(*(slopes.of(side, wide) for side in atom.args))
        found = minus(*(values.of(side, narrow) for side in atom.args))
        for part, t, centre in zip(parts, whole, middle, strict=True):
            found = plus(found, times(part, minus(t, centre)))
        return found

    return holds(goal.goal, difference) is True


def holds(formula: Term, difference: Callable[[Term], Interval]) -> bool | None:
    """Return whether a formula certainly holds, certainly fails, or neither is known; every part of it is evaluated."""
    if formula.op in ("and", "or"):
        parts = [holds(arg, difference) for arg in formula.args]
        strong = formula.op == "or"
        return strong if strong in parts else None if None in parts else not strong
    if formula.op == "not":
        inner = holds(formula.args[0], difference)
        return None if inner is None else not inner
    gap = difference(formula)
    opposite = libmpi.mpi_neg(gap)
    positive, negative, zero = above(gap), above(opposite), gap == NUMBER_0
    yes = {"gt": positive, "ge": above(gap, strict=False), "lt": negative, "le": above(opposite, strict=False), "ne": positive or negative, "eq": zero}
    no = {"gt": yes["le"], "ge": yes["lt"], "lt": yes["ge"], "le": yes["gt"], "ne": zero, "eq": yes["ne"]}
    return True if yes[formula.op] else False if no[formula.op] else None


def _signed(goal: Obligation) -> Term:
    """Return the difference that is to be positive."""
    difference = sub(*goal.goal.args)
    return difference if goal.goal.op in ("gt", "ge") else neg(difference)


def _end(goal: Obligation, name: str, end: str) -> tuple[Interval, Interval, int, bool]:
    """Return an end of a domain, the length of the domain, the direction into it, and whether the end belongs to it."""
    domain = goal.box[name]
    assert domain.lower is not None
    assert domain.upper is not None
    low, high = (Values().of(term, {}) for term in (domain.lower, domain.upper))
    return (low, minus(high, low), 1, domain.lower_closed) if end == "lower" else (high, minus(high, low), -1, domain.upper_closed)


def _near_zero(a: Interval) -> bool:
    """Say whether an interval contains 0 and is as narrow as rounding makes it."""
    return contains_zero(a) and bool(libmp.mpf_lt(libmp.mpf_sub(a[1], a[0]), libmp.from_man_exp(1, -40)))


def _zeros(goal: Obligation, node: Node, keep: Callable[[int, int], bool]) -> int:
    name, order, length = node["var"], node["order"], node["length"]
    start, reach, direction, closed = _end(goal, name, node["end"])
    assert not (closed and goal.goal.op in ("lt", "gt")), "a closed end"
    f = _signed(goal)
    at_end, over_all = Jets(length, 1), Jets(length + 1, 1)
    whole = plus(start, times(_whole(direction), times(reach, span(NUMBER_0, NUMBER_1))))
    coefficients = at_end.of(f, {name: at_end.variable(start, direction)})[0]
    remainder = over_all.of(f, {name: over_all.variable(whole, direction)})[0][length]
    Values().of(f, {name: whole})
    assert all(map(_near_zero, coefficients[:order])), (goal.name, "no zero of this order")
    cells = leaves(node["tree"], 1)
    done = 0
    for index, (_, ((low, high),)) in enumerate(cells):
        if keep(index, len(cells)):
            quotient = horner([*coefficients[order:], remainder], times(reach, span(exact(low), exact(high))))
            assert above(quotient), (goal.name, low, high)
            done += 1
    return done


def _taylor(goal: Obligation, node: Node, keep: Callable[[int, int], bool]) -> int:
    u, v, order, length = node["u"], node["v"], node["order"], node["length"]
    strict = goal.goal.op in ("lt", "gt")
    start, reach, direction, closed = _end(goal, u, node["end"])
    low_v, width, _, low_closed = _end(goal, v, "lower")
    assert not (strict and ((order and closed) or (node["left"] and low_closed) or (node["right"] and _end(goal, v, "upper")[3]))), "a closed edge"
    f = _signed(goal)
    whole_u = plus(start, times(_whole(direction), times(reach, span(NUMBER_0, NUMBER_1))))

    def jet(at_u: Interval, at_v: Interval, long: int, deep: int) -> Jet:
        jets = Jets(long, deep)
        found: Jet = jets.of(f, {u: jets.variable(at_u, direction), v: jets.variable(at_v, 0, 1)})
        return found

    def place(low: Fraction, high: Fraction) -> Interval:
        return plus(low_v, times(width, span(exact(low), exact(high))))

    for edge, count in ((Fraction(0), node["left"]), (Fraction(1), node["right"])):
        for distance in (Fraction(1, 3), Fraction(1)) if count else ():
            column = jet(plus(start, times(_whole(direction), times(reach, exact(distance)))), place(edge, edge), 1, count)
            assert all(_near_zero(column[j][0]) for j in range(count)), (goal.name, "no zero of this order on an edge")
    done, before = 0, Fraction(0)
    strips = node["strips"]
    for index, (text, kind, tree) in enumerate(strips):
        low, high = before, Fraction(text)
        assert low < high, "strips overlap"
        before = high
        if not keep(index, len(strips)):
            continue
        low, high = Fraction(0) if kind == "l" else low, Fraction(1) if kind == "r" else high
        b = {"": 0, "l": node["left"], "r": node["right"]}[kind]
        sign = _whole(-1 if kind == "r" and b % 2 else 1)
        middle = place((low + high) / 2, (low + high) / 2)
        remainder = times(sign, jet(whole_u, place(low, high), length + 1, b + 1)[b][length])
        at_middle, at_all = jet(start, middle, length, b + 1)[b], jet(start, place(low, high), length, b + 2)[b + 1]
        assert all(map(_near_zero, at_middle[:order])), (goal.name, "no zero of this order")
        centre = [*(times(sign, c) for c in at_middle[order:]), remainder]
        slope = [times(times(sign, _whole(b + 1)), c) for c in at_all[order:]]
        for _, ((first, last),) in leaves(tree, 1):
            at = times(reach, span(exact(first), exact(last)))
            found = plus(horner(centre, at), times(minus(place(low, high), middle), horner(slope, at)))
            assert above(found), (goal.name, text, kind, first, last)
        done += 1
    assert before == 1, "the strips end before the edge"
    return done


# -- from obligations to leaves -------------------------------------------------------------------------------------------


def tasks(claim: bytes, certificate: bytes) -> Iterator[Task]:
    """Yield the nodes of a certificate that can be looked at."""
    proofs = json.loads(certificate)["proofs"]
    for entry in read(claim).entries:
        if entry.obligation.name in proofs:
            yield from _below(entry.obligation, proofs[entry.obligation.name])


def _scope(domains: Sequence[tuple[str, Domain]]) -> Scope:
    scope = Scope({}, {}, "replay")
    for name, domain in domains:
        scope.values[name] = var(name)
        scope.box[name] = domain
    return scope


def _below(goal: Obligation, node: Node) -> Iterator[Task]:
    """Yield what a node rests on; nothing below what only the kernel can formulate."""
    rule = node["rule"]
    if rule in ("bisection", "zeros", "taylor"):
        yield Task(goal, node)
    elif rule in STEPS:
        for part, then in STEPS[rule](goal, node):
            yield from _below(part, then)


def _split(goal: Obligation, node: Node) -> Iterator[tuple[Obligation, Node]]:
    domain = goal.box[node["var"]]
    ends = [_scope(()).scalar(text) for text in node["at"]]
    for i, piece in enumerate(node["pieces"]):
        part = domain
        part = replace(part, lower=ends[i - 1], lower_closed=True) if i else part
        part = replace(part, upper=ends[i], upper_closed=True) if i < len(ends) else part
        yield replace(goal, domains=tuple((n, part if n == node["var"] else d) for n, d in goal.domains)), piece


def _cases(goal: Obligation, node: Node) -> Iterator[tuple[Obligation, Node]]:
    formula = _scope(goal.domains).formula(node["on"], "replay")
    yield replace(goal, given=(*goal.given, formula)), node["yes"]
    yield replace(goal, given=(*goal.given, Term(NEGATED[formula.op], formula.args))), node["no"]


def _chart(goal: Obligation, node: Node) -> Iterator[tuple[Obligation, Node]]:
    inner = Scope({}, {}, "replay")
    inner.domains(node["new"], "replay")
    forward = {name: inner.scalar(text) for name, text in node["map"].items()}
    given = tuple(substitute(formula, forward) for formula in goal.given)
    yield Obligation(goal.name, tuple(inner.box.items()), given, substitute(goal.goal, forward)), node["then"]


def _rewrite(goal: Obligation, node: Node) -> Iterator[tuple[Obligation, Node]]:
    scope, formula = _scope(goal.domains), goal.goal
    if all("term" in fact for fact in node["facts"]):
        for fact in node["facts"]:
            formula = replaced(formula, {scope.scalar(fact["term"]): scope.scalar(fact["is"])})
        yield replace(goal, goal=formula), node["then"]


def _both(goal: Obligation, node: Node) -> Iterator[tuple[Obligation, Node]]:
    for formula, part in zip(conjuncts(goal.goal), node["parts"], strict=True):
        yield replace(goal, goal=formula), part


def _either(goal: Obligation, node: Node) -> Iterator[tuple[Obligation, Node]]:
    def parts(formula: Term) -> list[Term]:
        return parts(formula.args[0]) + parts(formula.args[1]) if formula.op == "or" else [formula]

    yield replace(goal, goal=parts(goal.goal)[node["which"]]), node["then"]


def _scale(goal: Obligation, node: Node) -> Iterator[tuple[Obligation, Node]]:
    yield replace(goal, goal=Term(goal.goal.op, (_scope(goal.domains).scalar(node["to"]), ZERO))), node["then"]


def _restrict(goal: Obligation, node: Node) -> Iterator[tuple[Obligation, Node]]:
    others = tuple((n, d) for n, d in goal.domains if n != node["var"])
    yield replace(goal, domains=(*others, (node["var"], _scope(others).domain(node["domain"], "replay")))), node["then"]


def _generalise(goal: Obligation, node: Node) -> Iterator[tuple[Obligation, Node]]:
    image = _scope(goal.domains).scalar(node["term"])
    domains = (*goal.domains, (node["new"], _scope(()).domain(node["domain"], "replay")))
    yield replace(goal, domains=domains, goal=replaced(goal.goal, {image: Term("var", (), node["new"])})), node["then"]


def _weaken(goal: Obligation, node: Node) -> Iterator[tuple[Obligation, Node]]:
    keep = set(node["keep"])
    relation = node.get("relation", goal.goal.op)
    formula = goal.goal if goal.goal.op not in RELATIONS else Term(relation, goal.goal.args)
    places = node.get("given", range(len(goal.given)))
    given = tuple(formula for i, formula in enumerate(goal.given) if formula.free <= keep and i in places)
    yield replace(goal, domains=tuple((n, d) for n, d in goal.domains if n in keep), given=given, goal=formula), node["then"]


def _cut(goal: Obligation, node: Node) -> Iterator[tuple[Obligation, Node]]:
    formula = _scope(goal.domains).formula(node["formula"], "replay")
    yield replace(goal, goal=formula), node["lemma"]
    yield replace(goal, given=(*goal.given, formula)), node["then"]


def _monotone(goal: Obligation, node: Node) -> Iterator[tuple[Obligation, Node]]:
    """Yield the base; and the slope where it is scaled at once, so that its formula is written in the certificate."""
    name, domain = node["var"], goal.box[node["var"]]
    point = domain.lower if node["from"] == "lower" else domain.upper
    assert point is not None
    value = Term("gt" if node["strict"] == "base" else "ge", (substitute(_signed(goal), {name: point}), ZERO))
    yield replace(goal, domains=tuple((n, d) for n, d in goal.domains if n != name), goal=value), node["base"]
    if node["slope"]["rule"] == "scale":
        yield replace(goal, goal=Term("gt" if node["strict"] == "slope" else "ge", (ZERO, ZERO))), node["slope"]


STEPS: dict[str, Callable[[Obligation, Node], Iterator[tuple[Obligation, Node]]]] = {
    "split": _split, "cases": _cases, "chart": _chart, "rewrite": _rewrite, "both": _both, "either": _either, "scale": _scale,
    "restrict": _restrict, "generalise": _generalise, "weaken": _weaken, "cut": _cut, "monotone": _monotone,
}  # fmt: skip
