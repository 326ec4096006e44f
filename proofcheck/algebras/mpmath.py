"""mpmath numbers of a stated number of digits, in a context of their own: the global precision is neither read nor set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import mpmath
from mpmath import libmp

from ..kernel.algebra import evaluate
from ..kernel.eigen import order_of
from ..kernel.terms import Term

GUARD = 10
MAX_SUMMANDS = 100_000
PIECES = (1, 8, 64)


class Mpmath:
    """Values to ``digits`` decimal digits, rounded after every operation with 10 guard digits; real, never complex.

    NaN: undefined, or (integrals, infinite sums) not computed to 4/5 of the digits.
    """

    def __init__(self, digits: int) -> None:
        self.digits = digits
        self.context = mpmath.MPContext()
        self.context.dps = digits + GUARD
        self.nan = self.context.nan
        self.zero, self.one = self.context.mpf(0), self.context.mpf(1)

    def number(self, value: Fraction) -> Any:
        return self.context.make_mpf(libmp.from_rational(value.numerator, value.denominator, self.context.prec, libmp.round_nearest))

    def exact(self, value: Any) -> Fraction:
        """Return the rational number that a finite value is."""
        sign, mantissa, exponent, _ = value._mpf_
        return Fraction(-int(mantissa) if sign else int(mantissa)) * Fraction(2) ** int(exponent)

    def text(self, value: Any, digits: int | None = None) -> str:
        """Return the value in decimal with ``digits`` significant digits (default: all that are meant)."""
        return str(self.context.nstr(value, digits or self.digits))

    def finite(self, value: Any) -> bool:
        """Say whether a value is a number."""
        return bool(self.context.isfinite(value))

    def pi(self) -> Any:
        return +self.context.pi

    def inf(self, sign: int) -> Any:
        return self.context.inf if sign > 0 else self.context.ninf

    @staticmethod
    def neg(x: Any) -> Any:
        return -x

    @staticmethod
    def add(x: Any, y: Any) -> Any:
        return x + y

    @staticmethod
    def sub(x: Any, y: Any) -> Any:
        return x - y

    @staticmethod
    def mul(x: Any, y: Any) -> Any:
        return x * y

    def div(self, x: Any, y: Any) -> Any:
        return x / y if y else self.nan

    def pow(self, x: Any, n: int) -> Any:
        if self.context.isnan(x) or (n < 0 and not x):
            return self.nan
        return x**n

    def sin(self, x: Any) -> Any:
        return self.context.sin(x)

    def cos(self, x: Any) -> Any:
        return self.context.cos(x)

    def tan(self, x: Any) -> Any:
        cosine = self.context.cos(x)
        return self.context.sin(x) / cosine if cosine else self.nan

    def asin(self, x: Any) -> Any:
        return self.context.asin(x) if -1 <= x <= 1 else self.nan

    def acos(self, x: Any) -> Any:
        return self.context.acos(x) if -1 <= x <= 1 else self.nan

    def atan(self, x: Any) -> Any:
        return self.context.atan(x)

    def exp(self, x: Any) -> Any:
        return self.context.exp(x)

    def log(self, x: Any) -> Any:
        return self.context.ln(x) if x > 0 else self.nan

    def sqrt(self, x: Any) -> Any:
        return self.context.sqrt(x) if x >= 0 else self.nan

    def abs(self, x: Any) -> Any:
        return abs(x)

    def gamma(self, x: Any) -> Any:
        """Γ(x) for x > 0; NaN elsewhere: negative arguments are not used."""
        return self.context.gamma(x) if x > 0 else self.nan

    def min(self, x: Any, y: Any) -> Any:
        return x if x <= y else y if y < x else self.nan

    def max(self, x: Any, y: Any) -> Any:
        return x if x >= y else y if y > x else self.nan

    def angle(self, dot: Any, uu: Any, vv: Any) -> Any:
        """Return the angle of two nonzero vectors, by atan2(√(uu·vv - dot²), dot)."""
        if not (uu > 0 and vv > 0):
            return self.nan
        across = uu * vv - dot * dot
        return self.context.atan2(self.context.sqrt(across) if across > 0 else self.zero, dot)

    def eigenvalue(self, k: int, triangle: Sequence[Any]) -> Any:
        """Return the k-th smallest eigenvalue of the symmetric matrix with this lower triangle."""
        if not all(map(self.finite, triangle)):
            return self.nan
        n = order_of(triangle)
        rows = [[triangle[max(i, j) * (max(i, j) + 1) // 2 + min(i, j)] for j in range(n)] for i in range(n)]
        return sorted(self.context.eigsy(self.context.matrix(rows), eigvals_only=True))[k - 1]

    def _close(self, value: Any, error: Any) -> bool:
        return self.finite(value) and bool(abs(error) <= self.context.mpf(10) ** (-4 * self.digits // 5) * max(abs(value), 1))

    def integral(self, body: Term, name: str, lower: Any, upper: Any, env: Mapping[str, Any]) -> Any:
        """∫ body over [lower, upper], ends possibly infinite, by tanh-sinh quadrature on 1, 8 or 64 pieces."""
        if self.context.isnan(lower) or self.context.isnan(upper):
            return self.nan
        function = self._function(body, name, env)
        bounded = self.finite(lower) and self.finite(upper)
        for pieces in PIECES if bounded else PIECES[:1]:
            ends = [lower, upper] if pieces == 1 else [lower + (upper - lower) * k / pieces for k in range(pieces + 1)]
            value, error = self.context.quad(function, ends, error=True)
            if self._close(value, error):
                return value
        return self.nan

    def sum(self, body: Term, name: str, first: Any, last: Any, env: Mapping[str, Any]) -> Any:
        """Σ body for name = first, …, last, last possibly infinite; 0 for none."""
        context = self.context
        if not context.isint(first) or not (last == context.inf or context.isint(last)):
            return self.nan
        function = self._function(body, name, env)
        if last != context.inf:
            if last - first >= MAX_SUMMANDS:
                return self.nan
            return context.fsum(function(context.mpf(k)) for k in range(int(first), int(last) + 1))
        try:
            return context.nsum(function, [first, last])
        except (context.NoConvergence, ValueError):
            return self.nan

    def _function(self, body: Term, name: str, env: Mapping[str, Any]) -> Callable[[Any], Any]:
        def value(x: Any) -> Any:
            (result,) = evaluate((body,), self, {**env, name: x})
            return result

        return value
