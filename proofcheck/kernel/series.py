"""Taylor series over any coefficient algebra, by the differential equations that the functions satisfy."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from .errors import Rejected


class PowerSeries:
    """Truncated Taylor series over a coefficient algebra; an element is a list of coefficients, constant term first.

    Over ``exact.Ring`` the coefficients are exact; over ``algebra.Series`` they are series of balls in another variable, so that
    an element is a bivariate jet.

    sin, cos, exp, … are the solutions of their differential equations with the algebra's value at the base point. An identity
    of coefficients obtained by dividing by a coefficient that is not identically 0 holds where that is nonzero, and by
    continuity everywhere on a connected box on which the term is smooth; the rules that use it enclose the jets there.
    """

    def __init__(self, ring: Any, length: int) -> None:
        self.ring, self.length = ring, length

    def constant(self, a: Any) -> list[Any]:
        """Return a constant."""
        return [a, *[self.ring.zero] * (self.length - 1)]

    def number(self, value: Fraction) -> list[Any]:
        return self.constant(self.ring.number(value))

    def pi(self) -> list[Any]:
        return self.constant(self.ring.pi())

    def neg(self, a: list[Any]) -> list[Any]:
        return [self.ring.neg(x) for x in a]

    def add(self, a: list[Any], b: list[Any]) -> list[Any]:
        return [self.ring.add(x, y) for x, y in zip(a, b, strict=True)]

    def sub(self, a: list[Any], b: list[Any]) -> list[Any]:
        return [self.ring.sub(x, y) for x, y in zip(a, b, strict=True)]

    def _convolved(self, a: list[Any], b: list[Any], k: int, first: int = 0) -> Any:
        total = self.ring.zero
        for i in range(first, k + 1):
            if not self.ring.vanishes(a[i]) and not self.ring.vanishes(b[k - i]):
                total = self.ring.add(total, self.ring.mul(a[i], b[k - i]))
        return total

    def mul(self, a: list[Any], b: list[Any]) -> list[Any]:
        return [self._convolved(a, b, k) for k in range(self.length)]

    def div(self, a: list[Any], b: list[Any]) -> list[Any]:
        result: list[Any] = []
        for k in range(self.length):
            rest = a[k]
            for i in range(1, k + 1):
                rest = self.ring.sub(rest, self.ring.mul(b[i], result[k - i]))
            result.append(self.ring.div(rest, b[0]))
        return result

    def pow(self, a: list[Any], n: int) -> list[Any]:
        if n < 0:
            return self.div(self.constant(self.ring.one), self.pow(a, -n))
        result = self.constant(self.ring.one)
        for bit in bin(n)[2:]:
            result = self.mul(result, result)
            if bit == "1":
                result = self.mul(result, a)
        return result

    def _derived(self, a: list[Any]) -> list[Any]:
        """Return k * a_k, the coefficients of u a'(u)."""
        return [self.ring.mul(self.ring.number(Fraction(k)), x) for k, x in enumerate(a)]

    def _over(self, a: Any, k: int) -> Any:
        return self.ring.mul(a, self.ring.number(Fraction(1, k)))

    def _sin_cos(self, a: list[Any]) -> tuple[list[Any], list[Any]]:
        cosine, sine = self.ring.trig(a[0])
        c, s, slope = [cosine], [sine], self._derived(a)
        for k in range(1, self.length):
            ds = self.ring.zero
            dc = self.ring.zero
            for i in range(1, k + 1):
                if not self.ring.vanishes(slope[i]):
                    ds = self.ring.add(ds, self.ring.mul(slope[i], c[k - i]))
                    dc = self.ring.sub(dc, self.ring.mul(slope[i], s[k - i]))
            s.append(self._over(ds, k))
            c.append(self._over(dc, k))
        return s, c

    def sin(self, a: list[Any]) -> list[Any]:
        return self._sin_cos(a)[0]

    def cos(self, a: list[Any]) -> list[Any]:
        return self._sin_cos(a)[1]

    def tan(self, a: list[Any]) -> list[Any]:
        s, c = self._sin_cos(a)
        return self.div(s, c)

    def exp(self, a: list[Any]) -> list[Any]:
        result, slope = [self.ring.exp(a[0])], self._derived(a)
        for k in range(1, self.length):
            result.append(self._over(self._convolved(slope[: k + 1], [*result, self.ring.zero], k, 1), k))
        return result

    def sqrt(self, a: list[Any]) -> list[Any]:
        root = self.ring.sqrt(a[0])
        result = [root]
        for k in range(1, self.length):
            rest = a[k]
            for i in range(1, k):
                rest = self.ring.sub(rest, self.ring.mul(result[i], result[k - i]))
            result.append(self.ring.div(rest, self.ring.mul(self.ring.number(Fraction(2)), root)))
        return result

    def _integrated(self, value: Any, a: list[Any], density: list[Any]) -> list[Any]:
        """Return the series with constant term ``value`` and derivative density * a'."""
        slope = self.mul(self._derived(a), density)
        return [value, *(self._over(slope[k], k) for k in range(1, self.length))]

    def log(self, a: list[Any]) -> list[Any]:
        return self._integrated(self.ring.log(a[0]), a, self.div(self.constant(self.ring.one), a))

    def atan(self, a: list[Any]) -> list[Any]:
        one = self.constant(self.ring.one)
        return self._integrated(self.ring.atan(a[0]), a, self.div(one, self.add(one, self.mul(a, a))))

    def asin(self, a: list[Any]) -> list[Any]:
        one = self.constant(self.ring.one)
        return self._integrated(self.ring.asin(a[0]), a, self.div(one, self.sqrt(self.sub(one, self.mul(a, a)))))

    def acos(self, a: list[Any]) -> list[Any]:
        return self.sub(self.constant(self.ring.mul(self.ring.pi(), self.ring.number(Fraction(1, 2)))), self.asin(a))

    def refused(self, *_: Any) -> Any:
        """Reject: the operation is not smooth, or its series is not implemented."""
        raise Rejected("PC317", "abs, min, max, gamma, angle, eigenvalues and integrals have no power series here.")

    abs = min = max = gamma = angle = eigenvalue = integral = sum = inf = refused

