"""Many boxes at once: float64 arrays of intervals, and of intervals with their partial derivatives. They guide; balls decide.

An interval is a pair (middle, radius) of arrays: products and sums are rounded outward and as wide as those of ``kernel.algebra.Ball``,
functions are evaluated at both ends. What may be undefined on a box has a NaN or an infinite radius.

Trusts: as ``floats.FloatsWithError``; numpy's functions at the two ends.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..kernel.eigen import order_of
from ..kernel.terms import Term
from .floats import LIBRARY, TINY, ULP, Array, Floats, FloatsWithError, Pair

Part: TypeAlias = Pair | None
Truth: TypeAlias = NDArray[np.bool_]
Slopes: TypeAlias = tuple[Pair, list[Part]]

LEAST_GAMMA_AT, LEAST_GAMMA = 1.4616321449683623, 0.8856031944108887
NOTHING = np.asarray(math.nan)
UNKNOWN: Pair = (NOTHING, NOTHING)


def ends(x: Pair) -> tuple[Array, Array]:
    """Return the lower and the upper ends."""
    return np.subtract(*x), np.add(*x)


def between(low: Array, high: Array) -> Pair:
    """Return the interval from ``low`` to ``high``, a little wider for the errors of a library function at its ends."""
    middle = np.asarray((low + high) * 0.5)
    radius = np.asarray((high - low) * 0.5)
    radius += LIBRARY * np.maximum(np.abs(low), np.abs(high)) + TINY
    return middle, radius


def where(good: Truth, x: Pair) -> Pair:
    """Return the interval where ``good``, nothing elsewhere."""
    return np.where(good, x[0], math.nan), np.where(good, x[1], math.nan)


def hull(x: Pair, y: Pair) -> Pair:
    """Return the smallest interval that contains both, up to rounding."""
    (a, b), (c, d) = ends(x), ends(y)
    return between(np.minimum(a, c), np.maximum(b, d))


class Intervals:
    """Enclosures of values on many boxes. One object for one evaluation: it remembers sines with cosines.

    With ``clip``, arguments of sqrt, acos, asin are cut to where these are defined.
    """

    number = staticmethod(FloatsWithError.number)
    pi = staticmethod(FloatsWithError.pi)
    inf = staticmethod(FloatsWithError.inf)
    neg = staticmethod(FloatsWithError.neg)
    add = staticmethod(FloatsWithError.add)
    sub = staticmethod(FloatsWithError.sub)
    div = staticmethod(FloatsWithError.div)
    eigenvalue = staticmethod(FloatsWithError.eigenvalue)

    def __init__(self, *, clip: bool = False) -> None:
        self.clip = clip
        self._trig: dict[int, tuple[Pair, Pair, Pair]] = {}

    @staticmethod
    def mul(x: Pair, y: Pair) -> Pair:
        """|XY - xy| <= |x| e_y + |y| e_x + e_x e_y."""
        if x is y:
            return Intervals.square(x)
        size = np.abs(y[0])
        radius = (size + y[1]) * x[1] + np.abs(x[0]) * (y[1] + ULP * size)
        return np.multiply(x[0], y[0]), np.asarray(radius + TINY)

    @staticmethod
    def square(x: Pair) -> Pair:
        """Return X^2: from 0 where X contains 0."""
        size = np.abs(x[0])
        value = np.square(x[0])
        radius = (2 * size + x[1]) * x[1] + ULP * value + TINY
        crosses = size <= x[1]
        if not np.any(crosses):
            return value, np.asarray(radius)
        half = np.square(size + x[1]) * (0.5 + ULP)
        return np.where(crosses, half, value), np.where(crosses, half, radius)

    def pow(self, x: Pair, n: int) -> Pair:
        if n < 0:
            return self.div(self.number(Fraction(1)), self.pow(x, -n))
        if n == 0:
            return where(np.isfinite(x[1]), (np.ones_like(x[0]), np.zeros_like(x[0])))
        if n == 1:
            return x
        return self.square(self.pow(x, n // 2)) if n % 2 == 0 else self.mul(x, self.pow(x, n - 1))

    def trig(self, x: Pair) -> tuple[Pair, Pair]:
        """Return (sin X, cos X) from the values at both ends; where one of them changes its sign, the other has an extremum between."""
        known = self._trig.get(id(x))
        if known is not None:
            return known[1], known[2]
        a, b = ends(x)
        sin_a, sin_b, cos_a, cos_b = np.sin(a), np.sin(b), np.cos(a), np.cos(b)
        wide = ~(x[1] < 1.57)  # more than half a turn: everything is possible
        found = []
        for low, high, slope_low, slope_high in ((sin_a, sin_b, cos_a, cos_b), (cos_a, cos_b, -sin_a, -sin_b)):
            top, bottom = np.maximum(low, high), np.minimum(low, high)
            top = np.where(wide | ((slope_low >= 0) & (slope_high <= 0)), 1.0, top)
            bottom = np.where(wide | ((slope_low <= 0) & (slope_high >= 0)), -1.0, bottom)
            found.append(where(np.isfinite(x[1]), between(bottom, top)))
        self._trig[id(x)] = x, found[0], found[1]
        return found[0], found[1]

    def sin(self, x: Pair) -> Pair:
        return self.trig(x)[0]

    def cos(self, x: Pair) -> Pair:
        return self.trig(x)[1]

    @staticmethod
    def tan(x: Pair) -> Pair:
        """Return tan X where no pole is near."""
        a, b = ends(x)
        same = np.floor(a / math.pi + 0.5 - ULP * 8) == np.floor(b / math.pi + 0.5 + ULP * 8)
        return where(same, between(np.tan(a), np.tan(b)))

    @staticmethod
    def rising(function: Callable[[Array], Array], x: Pair) -> Pair:
        """Return f(X) for an increasing function."""
        a, b = ends(x)
        return between(function(a), function(b))

    @classmethod
    def atan(cls, x: Pair) -> Pair:
        return cls.rising(np.arctan, x)

    @classmethod
    def exp(cls, x: Pair) -> Pair:
        return cls.rising(np.exp, x)

    @classmethod
    def log(cls, x: Pair) -> Pair:
        return where(x[0] > x[1], cls.rising(np.log, x))

    def sqrt(self, x: Pair) -> Pair:
        a, b = ends(x)
        return between(np.sqrt(np.maximum(a, 0.0) if self.clip else a), np.sqrt(b))

    def acos(self, x: Pair) -> Pair:
        low, high = self._inside(x)
        return between(np.arccos(high), np.arccos(low))

    def asin(self, x: Pair) -> Pair:
        low, high = self._inside(x)
        return between(np.arcsin(low), np.arcsin(high))

    def _inside(self, x: Pair) -> tuple[Array, Array]:
        a, b = ends(x)
        if not self.clip:
            return a, b
        return np.where(a > 1, math.nan, np.maximum(a, -1.0)), np.where(b < -1, math.nan, np.minimum(b, 1.0))

    @staticmethod
    def abs(x: Pair) -> Pair:
        a, b = ends(x)
        crosses = (a < 0) & (b > 0)
        half = np.maximum(-a, b) * 0.5
        return np.where(crosses, half, np.abs(x[0])), np.where(crosses, half * (1 + 2 * ULP), x[1])

    @staticmethod
    def min(x: Pair, y: Pair) -> Pair:
        (a, b), (c, d) = ends(x), ends(y)
        return between(np.minimum(a, c), np.minimum(b, d))

    @staticmethod
    def max(x: Pair, y: Pair) -> Pair:
        (a, b), (c, d) = ends(x), ends(y)
        return between(np.maximum(a, c), np.maximum(b, d))

    @staticmethod
    def gamma(x: Pair) -> Pair:
        """Γ falls, then rises, for positive arguments."""
        a, b = ends(x)
        left, right = Floats.gamma(a), Floats.gamma(b)
        least = np.where((a <= LEAST_GAMMA_AT) & (b >= LEAST_GAMMA_AT), LEAST_GAMMA, np.minimum(left, right))
        return where(a > 0, between(least * (1 - 16 * LIBRARY), np.maximum(left, right) * (1 + 16 * LIBRARY)))

    def angle(self, dot: Pair, uu: Pair, vv: Pair) -> Pair:
        cosine = self.div(dot, self.sqrt(self.mul(uu, vv)))
        a, b = ends(cosine)
        return where((uu[0] > uu[1]) & (vv[0] > vv[1]), between(np.arccos(np.clip(b, -1, 1)), np.arccos(np.clip(a, -1, 1))))

    def integral(self, body: Term, name: str, lower: Pair, upper: Pair, env: Mapping[str, Pair]) -> Pair:
        """No enclosure, as in ``Ball``."""
        del body, name, lower, upper, env
        return UNKNOWN

    sum = integral


class IntervalGradients:
    """Values and partial derivatives on many boxes; an element is (interval, list of intervals or None for 0), as in ``kernel.algebra.Gradient``."""

    def __init__(self, size: int, *, clip: bool = False) -> None:
        self.size = size
        self.values = Intervals(clip=clip)
        self.zero: list[Part] = [None] * size

    def variable(self, value: Pair, index: int) -> Slopes:
        """Return the variable number ``index`` over the intervals ``value``."""
        parts = list(self.zero)
        parts[index] = self.values.number(Fraction(1))
        return value, parts

    def number(self, value: Fraction) -> Slopes:
        return self.values.number(value), self.zero

    def pi(self) -> Slopes:
        return self.values.pi(), self.zero

    def inf(self, sign: int) -> Slopes:
        return self.values.inf(sign), self.zero

    def _chain(self, value: Pair, outer: Callable[[], Pair], parts: list[Part]) -> Slopes:
        if all(part is None for part in parts):
            return value, parts
        slope = outer()
        return value, [None if part is None else self.values.mul(slope, part) for part in parts]

    def neg(self, x: Slopes) -> Slopes:
        return self.values.neg(x[0]), [None if part is None else self.values.neg(part) for part in x[1]]

    def add(self, x: Slopes, y: Slopes) -> Slopes:
        add = self.values.add
        return add(x[0], y[0]), [a if b is None else b if a is None else add(a, b) for a, b in zip(x[1], y[1], strict=True)]

    def sub(self, x: Slopes, y: Slopes) -> Slopes:
        values = self.values
        parts = [a if b is None else values.neg(b) if a is None else values.sub(a, b) for a, b in zip(x[1], y[1], strict=True)]
        return values.sub(x[0], y[0]), parts

    def mul(self, x: Slopes, y: Slopes) -> Slopes:
        if x is y:
            return self.pow(x, 2)
        add, mul = self.values.add, self.values.mul
        parts = [
            None if a is None and b is None else mul(x[0], b) if a is None and b is not None else mul(y[0], a) if b is None and a is not None
            else add(mul(x[0], b), mul(y[0], a))  # type: ignore[arg-type] # neither is None here
            for a, b in zip(x[1], y[1], strict=True)
        ]  # fmt: skip
        return mul(x[0], y[0]), parts

    def div(self, x: Slopes, y: Slopes) -> Slopes:
        values = self.values
        value = values.div(x[0], y[0])
        parts: list[Part] = []
        for a, b in zip(x[1], y[1], strict=True):
            if b is None:
                parts.append(None if a is None else values.div(a, y[0]))
            else:
                top = values.mul(value, b)
                parts.append(values.div(values.neg(top) if a is None else values.sub(a, top), y[0]))
        return value, parts

    def pow(self, x: Slopes, n: int) -> Slopes:
        values = self.values
        if n == 0:
            return values.pow(x[0], 0), self.zero
        return self._chain(values.pow(x[0], n), lambda: values.mul(values.number(Fraction(n)), values.pow(x[0], n - 1)), x[1])

    def sin(self, x: Slopes) -> Slopes:
        s, c = self.values.trig(x[0])
        return self._chain(s, lambda: c, x[1])

    def cos(self, x: Slopes) -> Slopes:
        s, c = self.values.trig(x[0])
        return self._chain(c, lambda: self.values.neg(s), x[1])

    def tan(self, x: Slopes) -> Slopes:
        t = self.values.tan(x[0])
        return self._chain(t, lambda: self.values.add(self._one, self.values.square(t)), x[1])

    @property
    def _one(self) -> Pair:
        return self.values.number(Fraction(1))

    def atan(self, x: Slopes) -> Slopes:
        return self._chain(self.values.atan(x[0]), lambda: self.values.div(self._one, self.values.add(self._one, self.values.square(x[0]))), x[1])

    def exp(self, x: Slopes) -> Slopes:
        e = self.values.exp(x[0])
        return self._chain(e, lambda: e, x[1])

    def log(self, x: Slopes) -> Slopes:
        return self._chain(self.values.log(x[0]), lambda: self.values.div(self._one, x[0]), x[1])

    def gamma(self, x: Slopes) -> Slopes:
        from scipy.special import digamma  # noqa: PLC0415 - slow to import, and rarely needed

        g = self.values.gamma(x[0])
        return self._chain(g, lambda: self.values.mul(g, where(x[0][0] > x[0][1], self.values.rising(digamma, x[0]))), x[1])

    def sqrt(self, x: Slopes) -> Slopes:
        r = self.values.sqrt(x[0])
        return self._chain(r, lambda: self.values.div(self._one, self.values.add(r, r)), x[1])

    def _arc(self, x: Pair) -> Pair:
        """Return 1/sqrt(1 - X^2)."""
        return self.values.div(self._one, Intervals().sqrt(self.values.sub(self._one, self.values.square(x))))

    def acos(self, x: Slopes) -> Slopes:
        return self._chain(self.values.acos(x[0]), lambda: self.values.neg(self._arc(x[0])), x[1])

    def asin(self, x: Slopes) -> Slopes:
        return self._chain(self.values.asin(x[0]), lambda: self._arc(x[0]), x[1])

    def abs(self, x: Slopes) -> Slopes:
        middle, radius = x[0]
        sign = np.sign(middle)
        both = np.abs(middle) < radius
        return self._chain(self.values.abs(x[0]), lambda: (np.where(both, 0.0, sign), np.where(both, 1.0, 0.0)), x[1])

    def _choice(self, value: Pair, x: Slopes, y: Slopes, first: Truth, second: Truth) -> Slopes:
        """Return partial derivatives of whichever is chosen, of either where that is not known."""
        zero: Pair = np.asarray(0.0), np.asarray(0.0)
        parts: list[Part] = []
        for a, b in zip(x[1], y[1], strict=True):
            if a is None and b is None:
                parts.append(None)
                continue
            p, q = a or zero, b or zero
            both = hull(p, q)
            parts.append((np.where(first, p[0], np.where(second, q[0], both[0])), np.where(first, p[1], np.where(second, q[1], both[1]))))
        return value, parts

    def min(self, x: Slopes, y: Slopes) -> Slopes:
        (a, b), (c, d) = ends(x[0]), ends(y[0])
        return self._choice(self.values.min(x[0], y[0]), x, y, b < c, d < a)

    def max(self, x: Slopes, y: Slopes) -> Slopes:
        (a, b), (c, d) = ends(x[0]), ends(y[0])
        return self._choice(self.values.max(x[0], y[0]), x, y, a > d, c > b)

    def angle(self, dot: Slopes, uu: Slopes, vv: Slopes) -> Slopes:
        _, parts = self.acos(self.div(dot, self.sqrt(self.mul(uu, vv))))
        return self.values.angle(dot[0], uu[0], vv[0]), parts

    def eigenvalue(self, k: int, triangle: Sequence[Slopes]) -> Slopes:
        """Return the k-th smallest eigenvalue; a partial derivative lies within the largest row sum of the matrix's (Weyl)."""
        parts: list[Part] = []
        for column in zip(*(x[1] for x in triangle), strict=True):
            sizes = [np.asarray(0.0) if part is None else np.abs(part[0]) + part[1] for part in column]
            n = order_of(sizes)
            rows = [sum((sizes[max(i, j) * (max(i, j) + 1) // 2 + min(i, j)] for j in range(n)), np.asarray(0.0)) for i in range(n)]
            top = np.asarray(np.max(np.broadcast_arrays(*rows), axis=0))
            parts.append(None if all(part is None for part in column) else (np.zeros_like(top), top))
        return self.values.eigenvalue(k, [x[0] for x in triangle]), parts

    def integral(self, *_: Any) -> Slopes:
        return UNKNOWN, [UNKNOWN] * self.size

    sum = integral
