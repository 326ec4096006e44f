"""One evaluator, many number systems: ``evaluate(roots, algebra, env)``; here the rigorous ones on arb balls.

An algebra is any object with a method for each scalar operation of ``terms`` (``number`` for num). Kernel algebras:

    Ball      enclosure of the value over a box
    Gradient  enclosure of the value and of every partial derivative over a box
    Series    enclosures of the Taylor coefficients in one variable

What is undefined, or may be undefined on the box, is NaN, and NaN decides nothing: every comparison with it is false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import lru_cache
from typing import Any

from flint import arb, arb_series, ctx, fmpq

from . import eigen
from .errors import Rejected
from .terms import BINDERS, OPAQUE, RELATIONS, Term, postorder

NAN = arb.nan()
MAX_PRECISION = 16_384


@contextmanager
def precision(bits: int, terms: int = 10) -> Iterator[None]:
    """Set the working precision and series length of this process, and put the old ones back."""
    old = ctx.prec, ctx.cap
    ctx.prec, ctx.cap = bits, terms
    try:
        yield
    finally:
        ctx.prec, ctx.cap = old


@lru_cache(maxsize=256)
def compiled(roots: tuple[Term, ...]) -> tuple[tuple[tuple[str, Any, tuple[int, ...], Term], ...], tuple[int, ...]]:
    """Return the shared graph below the roots as a straight-line program, and where the roots are. Bodies of integrals and sums are no part of it."""
    index: dict[Term, int] = {}
    steps: list[tuple[str, Any, tuple[int, ...], Term]] = []
    for node in postorder(roots, bodies=False):
        if node.op == OPAQUE:
            raise Rejected("PC318", f"No algebra evaluates {node}.")
        index[node] = len(steps)
        steps.append((node.op, node.value, tuple(index[arg] for arg in (node.args[1:] if node.op in BINDERS else node.args)), node))
    return tuple(steps), tuple(index[root] for root in roots)


def evaluate(roots: tuple[Term, ...], algebra: Any, env: Mapping[str, Any]) -> list[Any]:
    """Return the values of the roots in an algebra; ``env`` gives the variables. Integrals and sums go to the algebra whole."""
    steps, where = compiled(roots)
    values: list[Any] = []
    for op, value, args, node in steps:
        if op == "num":
            values.append(algebra.number(value))
        elif op == "var":
            values.append(env[value])
        elif op == "pow":
            values.append(algebra.pow(values[args[0]], value))
        elif op == "eigenvalue":
            values.append(algebra.eigenvalue(value, [values[i] for i in args]))
        elif op in BINDERS:
            values.append(getattr(algebra, op)(node.args[0], value, *[values[i] for i in args], env))
        elif op == "inf":
            values.append(algebra.inf(value))
        else:
            values.append(getattr(algebra, op)(*[values[i] for i in args]))
    return [values[i] for i in where]


@lru_cache(maxsize=4096)
def _exact(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def ball(value: Fraction) -> arb:
    """Return a ball around an exact rational, at the working precision."""
    return arb(_exact(value))


def hull(lower: arb, upper: arb) -> arb:
    """Return a ball that contains every number from inside ``lower`` to inside ``upper``."""
    return lower.union(upper)


def interval(lower: Fraction, upper: Fraction) -> arb:
    """Return a ball that contains [lower, upper]."""
    return ball(lower) if lower == upper else hull(ball(lower), ball(upper))


def square(x: arb) -> arb:
    """Return an enclosure of x^2 that stays at or near the nonnegative side (``arb ** 2`` is NaN where x contains 0)."""
    if x > 0 or x < 0:
        return x * x
    top = x.abs_upper()
    return hull(arb(0), top * top) if top.is_finite() else NAN


class Ball:
    """Enclosures of values. With ``clip``, arguments of sqrt, acos, asin are cut to where these are defined.

    Trusts: clip only where every condition of ``calculus.conditions`` has been proved on the whole domain.
    """

    def __init__(self, *, clip: bool = False) -> None:
        self.clip = clip

    @staticmethod
    def number(value: Fraction) -> arb:
        return ball(value)

    @staticmethod
    def pi() -> arb:
        return arb.pi()

    @staticmethod
    def inf(sign: int) -> arb:  # an end of an integral; no enclosure uses it
        del sign
        return NAN

    @staticmethod
    def neg(x: arb) -> arb:
        return -x

    @staticmethod
    def add(x: arb, y: arb) -> arb:
        return x + y

    @staticmethod
    def sub(x: arb, y: arb) -> arb:
        return x - y

    @staticmethod
    def mul(x: arb, y: arb) -> arb:
        return x * y if x is not y else square(x)

    @staticmethod
    def div(x: arb, y: arb) -> arb:
        return x / y if y > 0 or y < 0 else NAN

    def pow(self, x: arb, n: int) -> arb:
        if n < 0:
            return self.div(arb(1), self.pow(x, -n))
        if n == 0:
            return arb(1) if x.is_finite() else NAN
        if n == 1:
            return x
        return square(self.pow(x, n // 2)) if n % 2 == 0 else x * self.pow(x, n - 1)

    @staticmethod
    def sin(x: arb) -> arb:
        return x.sin()

    @staticmethod
    def cos(x: arb) -> arb:
        return x.cos()

    @staticmethod
    def tan(x: arb) -> arb:
        return x.tan()

    @staticmethod
    def atan(x: arb) -> arb:
        return x.atan()

    @staticmethod
    def exp(x: arb) -> arb:
        return x.exp()

    @staticmethod
    def log(x: arb) -> arb:
        return x.log() if x > 0 else NAN

    @staticmethod
    def gamma(x: arb) -> arb:
        return x.gamma() if x > 0 else NAN

    def sqrt(self, x: arb) -> arb:
        result = x.sqrt()
        if result.is_finite() or not self.clip or not x.is_finite() or x < 0:
            return result
        return hull(arb(0), x.upper().sqrt())

    def acos(self, x: arb) -> arb:
        result = x.acos()
        return result if result.is_finite() or not self.clip else arccos(x)

    def asin(self, x: arb) -> arb:
        result = x.asin()
        return result if result.is_finite() or not self.clip else arb.pi() / 2 - arccos(x)

    @staticmethod
    def abs(x: arb) -> arb:
        return x if x >= 0 else -x if x <= 0 else hull(arb(0), x.abs_upper()) if x.is_finite() else NAN

    @staticmethod
    def min(x: arb, y: arb) -> arb:
        return x.min(y)

    @staticmethod
    def max(x: arb, y: arb) -> arb:
        return x.max(y)

    @staticmethod
    def angle(dot: arb, uu: arb, vv: arb) -> arb:
        """Return the angle of two nonzero vectors. The cosine is cut to [-1, 1], where Cauchy and Schwarz put it."""
        return arccos(dot / (uu * vv).sqrt()) if uu > 0 and vv > 0 else NAN

    @staticmethod
    def eigenvalue(k: int, triangle: Sequence[arb]) -> arb:
        """Return an enclosure of the k-th smallest eigenvalue of the symmetric matrix with this lower triangle."""
        return eigen.eigenvalue(k, triangle)

    @staticmethod
    def integral(body: Term, name: str, lower: arb, upper: arb, env: Mapping[str, arb]) -> arb:
        """No enclosure: integrals are removed by a fact before balls look (rules.rewrite)."""
        del body, name, lower, upper, env
        return NAN

    sum = integral


def arccos(x: arb) -> arb:
    """Return an enclosure of acos over the part of x inside [-1, 1]; NaN if there is none. Uses 2 asin sqrt((1-x)/2) near 1."""
    if not x.is_finite() or x > 1 or x < -1:
        return NAN
    low, high = arb(-1).max(x.lower()), arb(1).min(x.upper())
    return hull(_arccos_point(high), _arccos_point(low))


def _arccos_point(x: arb) -> arb:
    """Return an enclosure of acos at a number of [-1, 1] known exactly."""
    if x < 0:
        return arb.pi() - _arccos_point(-x)
    gap = (1 - x) / 2
    return 2 * gap.sqrt().asin() if gap > 0 else arb(0)


class Gradient:
    """Value and partial derivatives over a box; an element is (arb, list of arb or None for 0).

    Non-smooth points of abs, min, max contribute every generalised derivative (Clarke), for which the mean value theorem
    of Lebourg holds. Where a derivative is unbounded the partial is NaN.
    """

    def __init__(self, size: int, *, clip: bool = False) -> None:
        self.size = size
        self.balls = Ball(clip=clip)
        self.zero: list[arb | None] = [None] * size

    def variable(self, value: arb, index: int) -> tuple[arb, list[arb | None]]:
        """Return the variable number ``index`` over the ball ``value``."""
        parts = list(self.zero)
        parts[index] = arb(1)
        return value, parts

    def number(self, value: Fraction) -> tuple[arb, list[arb | None]]:
        return ball(value), self.zero

    def pi(self) -> tuple[arb, list[arb | None]]:
        return arb.pi(), self.zero

    def inf(self, sign: int) -> tuple[arb, list[arb | None]]:
        return self.balls.inf(sign), self.zero

    def _chain(self, value: arb, outer: arb, parts: list[arb | None]) -> tuple[arb, list[arb | None]]:
        return value, [None if part is None else outer * part for part in parts]

    def neg(self, x: Any) -> Any:
        return -x[0], [None if part is None else -part for part in x[1]]

    def add(self, x: Any, y: Any) -> Any:
        return x[0] + y[0], [a if b is None else b if a is None else a + b for a, b in zip(x[1], y[1], strict=True)]

    def sub(self, x: Any, y: Any) -> Any:
        return x[0] - y[0], [a if b is None else -b if a is None else a - b for a, b in zip(x[1], y[1], strict=True)]

    def mul(self, x: Any, y: Any) -> Any:
        if x is y:
            return self.pow(x, 2)
        parts = [
            None if a is None and b is None else x[0] * b if a is None else y[0] * a if b is None else x[0] * b + y[0] * a
            for a, b in zip(x[1], y[1], strict=True)
        ]
        return x[0] * y[0], parts

    def div(self, x: Any, y: Any) -> Any:
        value = self.balls.div(x[0], y[0])
        parts = [
            None if a is None and b is None else self.balls.div(a if b is None else -value * b if a is None else a - value * b, y[0])
            for a, b in zip(x[1], y[1], strict=True)
        ]
        return value, parts

    def pow(self, x: Any, n: int) -> Any:
        if n == 0:
            return self.balls.pow(x[0], 0), self.zero
        return self._chain(self.balls.pow(x[0], n), n * self.balls.pow(x[0], n - 1), x[1])

    def sin(self, x: Any) -> Any:
        s, c = x[0].sin_cos()
        return self._chain(s, c, x[1])

    def cos(self, x: Any) -> Any:
        s, c = x[0].sin_cos()
        return self._chain(c, -s, x[1])

    def tan(self, x: Any) -> Any:
        t = x[0].tan()
        return self._chain(t, 1 + square(t), x[1])

    def atan(self, x: Any) -> Any:
        return self._chain(x[0].atan(), 1 / (1 + square(x[0])), x[1])

    def exp(self, x: Any) -> Any:
        e = x[0].exp()
        return self._chain(e, e, x[1])

    def log(self, x: Any) -> Any:
        return self._chain(self.balls.log(x[0]), self.balls.div(arb(1), x[0]), x[1])

    def gamma(self, x: Any) -> Any:
        g = self.balls.gamma(x[0])
        return self._chain(g, g * x[0].digamma(), x[1])

    def sqrt(self, x: Any) -> Any:
        r = self.balls.sqrt(x[0])
        return self._chain(r, self.balls.div(arb(1), 2 * r), x[1])

    def acos(self, x: Any) -> Any:
        slope = self.balls.div(arb(1), (1 - square(x[0])).sqrt())
        return self._chain(self.balls.acos(x[0]), -slope, x[1])

    def asin(self, x: Any) -> Any:
        slope = self.balls.div(arb(1), (1 - square(x[0])).sqrt())
        return self._chain(self.balls.asin(x[0]), slope, x[1])

    def abs(self, x: Any) -> Any:
        slope = arb(1) if x[0] >= 0 else arb(-1) if x[0] <= 0 else hull(arb(-1), arb(1))
        return self._chain(self.balls.abs(x[0]), slope, x[1])

    def _choice(self, value: arb, x: Any, y: Any, *, first: bool, second: bool) -> Any:
        if first or second:
            return value, (x if first else y)[1]
        zero = arb(0)
        parts = [None if a is None and b is None else hull(a if a is not None else zero, b if b is not None else zero) for a, b in zip(x[1], y[1], strict=True)]
        return value, parts

    def min(self, x: Any, y: Any) -> Any:
        return self._choice(x[0].min(y[0]), x, y, first=bool(x[0] < y[0]), second=bool(y[0] < x[0]))

    def max(self, x: Any, y: Any) -> Any:
        return self._choice(x[0].max(y[0]), x, y, first=bool(x[0] > y[0]), second=bool(y[0] > x[0]))

    def angle(self, dot: Any, uu: Any, vv: Any) -> Any:
        cosine = self.div(dot, self.sqrt(self.mul(uu, vv)))
        value, parts = self.acos(cosine)
        return self.balls.angle(dot[0], uu[0], vv[0]), parts if value.is_finite() else [None if p is None else NAN for p in parts]

    def eigenvalue(self, k: int, triangle: Sequence[Any]) -> Any:
        """Return the k-th smallest eigenvalue; a partial derivative lies within the largest row sum of the matrix's (Weyl)."""
        parts: list[arb | None] = []
        for i in range(self.size):
            column = [x[1][i] for x in triangle]
            if all(part is None for part in column):
                parts.append(None)
                continue
            matrix = eigen.square_of([arb(0) if part is None else part for part in column])
            top = eigen.largest([eigen.total(matrix[a, b].abs_upper() for b in range(matrix.ncols())) for a in range(matrix.nrows())])
            parts.append(hull(-top, top))
        return eigen.eigenvalue(k, [x[0] for x in triangle]), parts

    def integral(self, *_: Any) -> Any:
        return NAN, [NAN] * self.size

    sum = integral


class Series:
    """Taylor coefficients in one variable around a ball: arb_series of a stated length.

    The coefficient of u^k over a ball X encloses f^(k)(x)/k! for every x in X. Missing coefficients would read as 0, so every
    result is checked to have the full length. Trusts: that every subterm has a value on X, which a product with an exact zero
    would hide; the rules let ``Ball`` look at the same box first.
    """

    def __init__(self, length: int) -> None:
        self.length = length
        self.zero = arb_series([0], prec=length)
        self.one = arb_series([1], prec=length)

    @staticmethod
    def vanishes(x: arb_series) -> bool:
        """Say whether a series is exactly 0."""
        return bool(x.length() == 0)

    def undefined(self) -> arb_series:
        """Return a series of which nothing is known."""
        return arb_series([NAN] * self.length, prec=self.length)

    def variable(self, value: arb) -> arb_series:
        """Return value + u."""
        return arb_series([value, 1], prec=self.length)

    def constant(self, value: arb) -> arb_series:
        """Return a constant."""
        return arb_series([value], prec=self.length)

    def coefficients(self, series: arb_series) -> list[arb]:
        """Return all coefficients up to the length; NaN where a series is shorter than it should be."""
        if series.prec < self.length:
            return [NAN] * self.length
        return [series[k] for k in range(self.length)]

    def number(self, value: Fraction) -> arb_series:
        return self.constant(ball(value))

    def pi(self) -> arb_series:
        return self.constant(arb.pi())

    def inf(self, sign: int) -> arb_series:
        del sign
        return self.undefined()

    @staticmethod
    def neg(x: arb_series) -> arb_series:
        return -x

    @staticmethod
    def add(x: arb_series, y: arb_series) -> arb_series:
        return x + y

    @staticmethod
    def sub(x: arb_series, y: arb_series) -> arb_series:
        return x - y

    @staticmethod
    def mul(x: arb_series, y: arb_series) -> arb_series:
        return x * y

    @staticmethod
    def trig(x: arb_series) -> tuple[arb_series, arb_series]:
        """Return (cos x, sin x)."""
        s, c = x.sin_cos()
        return c, s

    def div(self, x: arb_series, y: arb_series) -> arb_series:
        return x / y if y[0] > 0 or y[0] < 0 else self.undefined()

    def pow(self, x: arb_series, n: int) -> arb_series:
        if n < 0:
            return self.div(self.constant(arb(1)), self.pow(x, -n))
        if n == 0:
            return self.constant(arb(1) if all(c.is_finite() for c in self.coefficients(x)) else NAN)
        if n == 1:
            return x
        half = self.pow(x, n // 2)
        return half * half if n % 2 == 0 else half * half * x

    @staticmethod
    def sin(x: arb_series) -> arb_series:
        return x.sin()

    @staticmethod
    def cos(x: arb_series) -> arb_series:
        return x.cos()

    @staticmethod
    def tan(x: arb_series) -> arb_series:
        return x.tan()

    @staticmethod
    def atan(x: arb_series) -> arb_series:
        return x.atan()

    @staticmethod
    def exp(x: arb_series) -> arb_series:
        return x.exp()

    def _where(self, defined: bool, x: arb_series, name: str) -> arb_series:
        return getattr(x, name)() if defined else self.undefined()

    def log(self, x: arb_series) -> arb_series:
        return self._where(x[0] > 0, x, "log")

    def sqrt(self, x: arb_series) -> arb_series:
        return self._where(x[0] > 0, x, "sqrt")

    def gamma(self, x: arb_series) -> arb_series:
        return self._where(x[0] > 0, x, "gamma")

    def acos(self, x: arb_series) -> arb_series:
        return self._where(x[0] > -1 and x[0] < 1, x, "acos")

    def asin(self, x: arb_series) -> arb_series:
        return self._where(x[0] > -1 and x[0] < 1, x, "asin")

    def abs(self, x: arb_series) -> arb_series:
        return x if x[0] > 0 else -x if x[0] < 0 else self.undefined()

    def min(self, x: arb_series, y: arb_series) -> arb_series:
        return x if x[0] < y[0] else y if y[0] < x[0] else self.undefined()

    def max(self, x: arb_series, y: arb_series) -> arb_series:
        return x if x[0] > y[0] else y if y[0] > x[0] else self.undefined()

    def angle(self, dot: arb_series, uu: arb_series, vv: arb_series) -> arb_series:
        return self.acos(self.div(dot, self.sqrt(uu * vv)))

    def integral(self, *_: Any) -> arb_series:
        return self.undefined()

    sum = eigenvalue = integral


def kleene(formula: Term, judge: Callable[[Term], bool | None]) -> bool | None:
    """Return whether a formula holds, fails, or neither is known, given the same of its relations."""
    if formula.op in ("and", "or"):
        left, right = (kleene(part, judge) for part in formula.args)
        strong = formula.op == "or"
        if left is strong or right is strong:
            return strong
        return None if left is None or right is None else not strong
    if formula.op == "not":
        inner = kleene(formula.args[0], judge)
        return None if inner is None else not inner
    return judge(formula)


def decide(formula: Term, values: Mapping[Term, tuple[arb, arb]]) -> bool | None:
    """Return whether the formula certainly holds, certainly fails, or neither is known, given enclosures of both sides of its relations."""
    return kleene(formula, lambda atom: compare(atom.op, *values[atom]))


def compare(op: str, a: arb, b: arb) -> bool | None:
    """Return whether ``a op b`` holds for all, for no, or for an unknown part of the numbers in two balls."""
    if op in ("gt", "ge"):
        a, b, op = b, a, {"gt": "lt", "ge": "le"}[op]
    if not (a.is_finite() and b.is_finite()):
        return None
    if op == "lt":
        return True if a < b else False if a >= b else None
    if op == "le":
        return True if a <= b else False if a > b else None
    apart = a < b or a > b
    if op == "eq":
        return False if apart else True if a.is_exact() and b.is_exact() and a <= b and a >= b else None
    return True if apart else False if a.is_exact() and b.is_exact() and a <= b and a >= b else None


@lru_cache(maxsize=256)
def relations(formula: Term) -> tuple[Term, ...]:
    """Return the relations that a formula is made of, each once."""
    return tuple(node for node in postorder([formula]) if node.op in RELATIONS)


def sides(formulas: tuple[Term, ...], algebra: Any, env: Mapping[str, Any]) -> dict[Term, tuple[Any, Any]]:
    """Return both sides of every relation in an algebra."""
    atoms = tuple(dict.fromkeys(atom for formula in formulas for atom in relations(formula)))
    values = evaluate(tuple(side for atom in atoms for side in atom.args), algebra, env)
    return {atom: (values[2 * i], values[2 * i + 1]) for i, atom in enumerate(atoms)}


def ball_sign(term: Term, bits: int = 1024) -> int | None:
    """Return the sign of a term without variables, 1 or -1, or None where balls of ``bits`` bits do not tell."""
    for prec in (64, 256, bits):
        with precision(prec):
            (value,) = evaluate((term,), Ball(), {})
            if value > 0:
                return 1
            if value < 0:
                return -1
    return None


def has_value(term: Term) -> bool:
    """Say whether a term without variables certainly has a value."""
    with precision(256):
        (value,) = evaluate((term,), Ball(), {})
    return bool(value.is_finite())
