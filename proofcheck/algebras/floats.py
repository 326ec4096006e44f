"""float64 arrays as numbers, and float64 arrays with a running bound of their error. Both guide; neither proves.

``Floats`` are values; what is undefined is NaN. ``FloatsWithError`` are pairs (value, bound): where the exact value exists it
lies in [value - bound, value + bound]; a bound that is infinite or NaN says that nothing is known, in particular that the
value may be undefined.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..kernel.algebra import evaluate
from ..kernel.eigen import order_of
from ..kernel.terms import Term

Array: TypeAlias = NDArray[np.float64]
Pair: TypeAlias = tuple[Array, Array]

ULP = 2.0**-52  # one ulp of 1: twice the rounding error of a single operation
LIBRARY = 4 * ULP  # elementary functions: 2 ulp assumed, doubled
GAMMA = 64 * ULP  # math.gamma is good to about 10 ulp
TINY = 1e-307  # above every error made by underflow
QUADRATURE_NODES = 64
MAX_SUMMANDS = 100_000


def evaluated(roots: tuple[Term, ...], algebra: Floats | FloatsWithError, env: Mapping[str, Any]) -> list[Any]:
    """Return ``evaluate(roots, algebra, env)`` with numpy's floating point warnings off: NaN and inf say it all."""
    with np.errstate(all="ignore"):
        return evaluate(roots, algebra, env)


def nearest(value: Fraction) -> Array:
    """Return the float64 nearest to a rational, infinite beyond the range."""
    try:
        return np.asarray(float(value))
    except OverflowError:
        return np.asarray(math.inf if value > 0 else -math.inf)


@lru_cache(maxsize=1)
def _legendre() -> tuple[Array, Array]:
    """Return nodes and weights of Gauss and Legendre on [-1, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(QUADRATURE_NODES)
    return nodes, weights


def _gamma(x: float) -> float:
    if not x > 0:
        return math.nan
    try:
        return math.gamma(x)
    except OverflowError:
        return math.inf


_gammas = np.frompyfunc(_gamma, 1, 1)


class Floats:
    """Values in float64. Shape: arrays that broadcast against each other; NaN where an operation is undefined."""

    @staticmethod
    def number(value: Fraction) -> Array:
        return nearest(value)

    @staticmethod
    def pi() -> Array:
        return np.asarray(math.pi)

    @staticmethod
    def inf(sign: int) -> Array:
        return np.asarray(sign * math.inf)

    @staticmethod
    def neg(x: Array) -> Array:
        return np.negative(x)

    @staticmethod
    def add(x: Array, y: Array) -> Array:
        return np.add(x, y)

    @staticmethod
    def sub(x: Array, y: Array) -> Array:
        return np.subtract(x, y)

    @staticmethod
    def mul(x: Array, y: Array) -> Array:
        return np.multiply(x, y)

    @staticmethod
    def div(x: Array, y: Array) -> Array:
        return np.where(y == 0, math.nan, np.divide(x, y))

    @classmethod
    def pow(cls, x: Array, n: int) -> Array:
        if n < 0:
            return cls.div(np.asarray(1.0), cls.pow(x, -n))
        if n == 0:
            return np.where(np.isnan(x), math.nan, 1.0)
        return np.square(x) if n == 2 else np.power(x, float(n))

    @staticmethod
    def sin(x: Array) -> Array:
        return np.asarray(np.sin(x))

    @staticmethod
    def cos(x: Array) -> Array:
        return np.asarray(np.cos(x))

    @staticmethod
    def tan(x: Array) -> Array:
        return np.asarray(np.tan(x))

    @staticmethod
    def asin(x: Array) -> Array:
        return np.asarray(np.arcsin(x))

    @staticmethod
    def acos(x: Array) -> Array:
        return np.asarray(np.arccos(x))

    @staticmethod
    def atan(x: Array) -> Array:
        return np.asarray(np.arctan(x))

    @staticmethod
    def exp(x: Array) -> Array:
        return np.asarray(np.exp(x))

    @staticmethod
    def log(x: Array) -> Array:
        return np.where(x > 0, np.log(x), math.nan)

    @staticmethod
    def sqrt(x: Array) -> Array:
        return np.asarray(np.sqrt(x))

    @staticmethod
    def abs(x: Array) -> Array:
        return np.asarray(np.abs(x))

    @staticmethod
    def gamma(x: Array) -> Array:
        """Γ(x) for x > 0, NaN elsewhere: negative arguments are not used."""
        with np.errstate(all="ignore"):
            return np.asarray(_gammas(x), dtype=np.float64)

    @staticmethod
    def min(x: Array, y: Array) -> Array:
        return np.asarray(np.minimum(x, y))

    @staticmethod
    def max(x: Array, y: Array) -> Array:
        return np.asarray(np.maximum(x, y))

    @staticmethod
    def angle(dot: Array, uu: Array, vv: Array) -> Array:
        """Return the angle of two nonzero vectors, by atan2(√(uu·vv - dot²), dot), which loses least of what dot, uu, vv still hold."""
        across = np.sqrt(np.maximum(uu * vv - dot * dot, 0.0))
        return np.where((uu > 0) & (vv > 0), np.arctan2(across, dot), math.nan)

    @staticmethod
    def eigenvalue(k: int, triangle: Sequence[Array]) -> Array:
        """Return the k-th smallest eigenvalue of the symmetric matrix with this lower triangle, NaN where an entry is not finite."""
        matrix = _symmetric(triangle)
        finite = np.asarray(np.isfinite(matrix).all(axis=(-2, -1)))
        found = np.linalg.eigvalsh(np.where(finite[..., None, None], matrix, 0.0))[..., k - 1]
        return np.where(finite, found, math.nan)

    def integral(self, body: Term, name: str, lower: Array, upper: Array, env: Mapping[str, Array]) -> Array:
        """∫ body over [lower, upper] by Gauss and Legendre; NaN for infinite ends."""
        middle, half = (lower + upper) / 2, (upper - lower) / 2
        nodes, weights = _legendre()
        total = np.asarray(0.0)
        for node, weight in zip(nodes, weights, strict=True):
            (value,) = evaluate((body,), self, {**env, name: middle + half * node})
            total = total + weight * value
        return np.where(np.isfinite(half), half * total, math.nan)

    def sum(self, body: Term, name: str, first: Array, last: Array, env: Mapping[str, Array]) -> Array:
        """Σ body for name = first, …, last; 0 for none; NaN for ends that are not whole, infinite, or too far apart."""
        low, high, usable = _range(first, last)
        total = np.where(usable, 0.0, math.nan)
        for k in range(low, high + 1):
            (value,) = evaluate((body,), self, {**env, name: np.asarray(float(k))})
            total = total + np.where((k >= first) & (k <= last), value, 0.0)
        return total


def _range(first: Array, last: Array) -> tuple[int, int, Array]:
    """Return the least first, the greatest last, and where both ends are usable whole numbers."""
    whole = np.isfinite(first) & np.isfinite(last) & (np.floor(first) == first) & (np.floor(last) == last)
    usable = np.asarray(whole & (last - first < MAX_SUMMANDS))
    if not usable.any():
        return 0, -1, usable
    low, high = int(np.min(np.where(usable, first, math.inf))), int(np.max(np.where(usable, last, -math.inf)))
    return (low, high, usable) if high - low < MAX_SUMMANDS else (0, -1, np.zeros_like(usable))


class FloatsWithError:
    """Values in float64 with a running bound of the absolute error (Wilkinson), first order terms and the rest included.

    Trusts: + - * / sqrt correctly rounded, elementary functions within 2 ulp; both are doubled. The bound's own rounding is
    relative 1e-16 per operation and is left to the factor that a screen puts on it.
    """

    plain = Floats()

    @staticmethod
    def number(value: Fraction) -> Pair:
        close = nearest(value)
        exact = bool(np.isfinite(close)) and Fraction(float(close)) == value
        return close, np.asarray(0.0 if exact else ULP * abs(float(close)) + TINY)

    @staticmethod
    def ratio(numerator: Array, denominator: Array) -> Pair:
        """numerator/denominator of whole numbers that float64 holds exactly."""
        value = np.asarray(numerator / denominator)
        return value, ULP * np.abs(value)

    @staticmethod
    def pi() -> Pair:
        return np.asarray(math.pi), np.asarray(1.3e-16)  # pi - 0x1.921fb54442d18p+1 = 1.2246…e-16

    @staticmethod
    def inf(sign: int) -> Pair:
        return np.asarray(sign * math.inf), np.asarray(0.0)

    @staticmethod
    def neg(x: Pair) -> Pair:
        return np.negative(x[0]), x[1]

    @staticmethod
    def add(x: Pair, y: Pair) -> Pair:
        value = np.add(x[0], y[0])
        return value, _rounded(value, ULP) + x[1] + y[1]

    @staticmethod
    def sub(x: Pair, y: Pair) -> Pair:
        value = np.subtract(x[0], y[0])
        return value, _rounded(value, ULP) + x[1] + y[1]

    @staticmethod
    def mul(x: Pair, y: Pair) -> Pair:
        value = np.multiply(x[0], y[0])
        bound = _rounded(value, ULP)
        bound += TINY
        if x is y:
            bound += (2 * np.abs(x[0]) + x[1]) * x[1]
        else:
            bound += np.abs(x[0]) * y[1]
            bound += (np.abs(y[0]) + y[1]) * x[1]
        return value, bound

    @staticmethod
    def div(x: Pair, y: Pair) -> Pair:
        """|X/Y - x/y| <= (e_x + |x/y| e_y)/(|y| - e_y)."""
        value = np.asarray(np.divide(x[0], y[0]))
        size = np.abs(value)
        room = np.abs(y[0]) - y[1]
        bound = (x[1] + size * y[1]) / room + ULP * size + TINY
        return value, np.where(room > 0, bound, math.inf)

    @classmethod
    def pow(cls, x: Pair, n: int) -> Pair:
        """|X^n - x^n| <= n (|x| + e)^(n-1) e."""
        if n < 0:
            return cls.div(cls.number(Fraction(1)), cls.pow(x, -n))
        if n < 2:
            return x if n else (cls.plain.pow(x[0], 0), 0.0 * x[1])
        if n == 2:
            return cls.mul(x, x)
        value = cls.plain.pow(x[0], n)
        return value, n * np.power(np.abs(x[0]) + x[1], float(n - 1)) * x[1] + _rounded(value, LIBRARY) + TINY

    @staticmethod
    def sin(x: Pair) -> Pair:
        """|sin X - sin x| <= e. Near a zero other than 0 the library is trusted absolutely, not relatively."""
        bound = np.minimum(np.abs(x[0]), 1.0)
        bound *= LIBRARY
        return np.asarray(np.sin(x[0])), bound + x[1]

    @staticmethod
    def cos(x: Pair) -> Pair:
        return np.asarray(np.cos(x[0])), x[1] + LIBRARY

    @staticmethod
    def tan(x: Pair) -> Pair:
        """Use |tan X - tan x| = |sin(X - x)|/|cos X cos x|."""
        value = np.asarray(np.tan(x[0]))
        error = x[1] + LIBRARY * np.minimum(np.abs(x[0]), 1.0)
        room = np.abs(np.cos(x[0])) - error - LIBRARY
        return value, np.where(room > 0, error / (room * room) + LIBRARY * np.abs(value), math.inf)

    @classmethod
    def asin(cls, x: Pair) -> Pair:
        return cls._inverse(np.arcsin, x)

    @classmethod
    def acos(cls, x: Pair) -> Pair:
        return cls._inverse(np.arccos, x)

    @staticmethod
    def _inverse(function: Any, x: Pair) -> Pair:
        """Evaluate asin or acos (monotone) at both ends of the interval; unbounded where that leaves [-1, 1]: X may be outside."""
        value = np.asarray(function(x[0]))
        spread = np.where(x[1] == 0, 0.0, x[1] * (1 + ULP) + ULP * np.abs(x[0]))
        low, high = x[0] - spread, x[0] + spread
        one, other = function(low), function(high)
        bound = np.maximum(np.abs(one - value), np.abs(other - value)) + LIBRARY * np.maximum(np.abs(one), np.abs(other))
        return value, np.where((low >= -1) & (high <= 1), bound, math.inf)

    @staticmethod
    def atan(x: Pair) -> Pair:
        value = np.asarray(np.arctan(x[0]))
        least = np.maximum(np.abs(x[0]) - x[1], 0.0)
        return value, x[1] / (1 + least * least) + _rounded(value, LIBRARY)

    @staticmethod
    def exp(x: Pair) -> Pair:
        value = np.asarray(np.exp(x[0]))
        return value, value * (np.expm1(x[1]) * (1 + LIBRARY) + LIBRARY) + TINY

    @staticmethod
    def log(x: Pair) -> Pair:
        """|log X - log x| <= e/(x - e)."""
        value = np.asarray(np.log(x[0]))
        room = x[0] - x[1]
        return value, np.where(room > 0, x[1] / room + LIBRARY * np.abs(value), math.inf)

    @staticmethod
    def sqrt(x: Pair) -> Pair:
        """√x - √(x - e) = e/(√x + √(x - e)), the larger of the two deviations; unbounded where X may be negative."""
        value = np.asarray(np.sqrt(x[0]))
        room = x[0] - x[1]
        slope = value + np.sqrt(np.maximum(room, 0.0))
        bound = np.where(slope > 0, x[1] / slope, 0.0) * (1 + 4 * ULP) + ULP * value
        return value, np.where(room >= 0, bound, math.inf)

    @staticmethod
    def abs(x: Pair) -> Pair:
        return np.asarray(np.abs(x[0])), x[1]

    @classmethod
    def gamma(cls, x: Pair) -> Pair:
        """|Γ'| = Γ|ψ| <= max(Γ(low), Γ(high)) (max |log| + 1/low) on [low, high], low > 0, because log t - 1/t < ψ(t) < log t."""
        value = cls.plain.gamma(x[0])
        low, high = x[0] - x[1], x[0] + x[1]
        top = np.maximum(cls.plain.gamma(low), cls.plain.gamma(high))
        slope = top * (np.maximum(np.abs(np.log(low)), np.abs(np.log(high))) + 1 / low)
        return value, np.where(low > 0, x[1] * slope * (1 + GAMMA) + GAMMA * value, math.inf)

    @staticmethod
    def min(x: Pair, y: Pair) -> Pair:
        return np.asarray(np.minimum(x[0], y[0])), np.asarray(np.maximum(x[1], y[1]))

    @staticmethod
    def max(x: Pair, y: Pair) -> Pair:
        return np.asarray(np.maximum(x[0], y[0])), np.asarray(np.maximum(x[1], y[1]))

    @classmethod
    def angle(cls, dot: Pair, uu: Pair, vv: Pair) -> Pair:
        """Return the angle of two nonzero vectors; acos at both ends of the cosine's interval, cut to [-1, 1]."""
        value = cls.plain.angle(dot[0], uu[0], vv[0])
        cosine, error = cls.div(dot, cls.sqrt(cls.mul(uu, vv)))
        error = error + ULP
        near, far = np.arccos(np.clip(cosine + error, -1, 1)), np.arccos(np.clip(cosine - error, -1, 1))
        bound = np.maximum(np.abs(value - near), np.abs(far - value)) + LIBRARY * far
        return value, np.where((uu[0] > uu[1]) & (vv[0] > vv[1]), bound, math.inf)

    @classmethod
    def eigenvalue(cls, k: int, triangle: Sequence[Pair]) -> Pair:
        """|λ_k(M + E) - λ_k(M)| <= |E|, in the norm of Frobenius (Weyl); the library is trusted to 16 n ulp of the norm of M."""
        size = np.sqrt((_symmetric([x[0] for x in triangle]) ** 2).sum(axis=(-2, -1)))
        error = np.sqrt((_symmetric([x[1] for x in triangle]) ** 2).sum(axis=(-2, -1)))
        return cls.plain.eigenvalue(k, [x[0] for x in triangle]), error + 16 * order_of(triangle) * ULP * size

    def integral(self, body: Term, name: str, lower: Pair, upper: Pair, env: Mapping[str, Pair]) -> Pair:
        """Return the value that ``Floats`` gives; quadrature comes without a bound."""
        value = self.plain.integral(body, name, lower[0], upper[0], {key: pair[0] for key, pair in env.items()})
        return value, np.full_like(value, math.inf)

    def sum(self, body: Term, name: str, first: Pair, last: Pair, env: Mapping[str, Pair]) -> Pair:
        """Σ body with the errors added up; unbounded unless both ends are exact whole numbers."""
        low, high, usable = _range(first[0], last[0])
        usable = np.asarray(usable & (first[1] == 0) & (last[1] == 0))
        total, bound = np.where(usable, 0.0, math.nan), np.where(usable, 0.0, math.inf)
        for k in range(low, high + 1):
            ((value, error),) = evaluate((body,), self, {**env, name: self.number(Fraction(k))})
            inside = (k >= first[0]) & (k <= last[0])
            total = total + np.where(inside, value, 0.0)
            bound = bound + np.where(inside, error, 0.0) + ULP * np.abs(total)
        return total, bound


def _symmetric(triangle: Sequence[Array]) -> Array:
    """Return matrices along the last two axes, from a lower triangle of arrays."""
    n = order_of(triangle)
    parts = np.broadcast_arrays(*triangle)
    return np.stack([np.stack([parts[max(i, j) * (max(i, j) + 1) // 2 + min(i, j)] for j in range(n)], axis=-1) for i in range(n)], axis=-2)


def _rounded(value: Array, unit: float) -> Array:
    """Return unit·|value|, a fresh array of the shape of ``value``."""
    size = np.asarray(np.abs(value))
    size *= unit
    return size
