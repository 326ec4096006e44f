"""Numerical proposals: rational combinations that agree to many digits. The kernel decides whether they are equal.

Only ever used to guess the right-hand side of a fact; a wrong guess is rejected, a missing one costs a proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import islice
from typing import Any

from proofcheck.algebras.mpmath import Mpmath
from proofcheck.kernel.algebra import evaluate
from proofcheck.kernel.terms import Obligation, Term, mul, num, total

from .points import numbers, sample

DIGITS = 50
LARGEST_DENOMINATOR = 96
LARGEST_BASIS = 24


class Fit:
    """Values of terms at points inside the domain of an obligation, to 50 digits."""

    def __init__(self, obligation: Obligation) -> None:
        self.algebra = Mpmath(DIGITS)
        self.context = self.algebra.context
        self.small = self.context.mpf(10) ** (-DIGITS // 2)
        self.obligation = obligation
        self._points: list[dict[str, Any]] | None = None

    @property
    def points(self) -> list[dict[str, Any]]:
        """The points with large denominators: in general position, away from the ends."""
        if self._points is None:
            wanted = LARGEST_BASIS + 4
            found = [at for t, at in sample(self.obligation, 3 * wanted) if all(s.denominator > 8 for s in t)]
            self._points = [numbers(self.algebra, at) for at in islice(found, wanted)]
        return self._points

    def values(self, terms: Sequence[Term]) -> list[list[Any]]:
        """Return the values of the terms, point by point; points at which one has no value are left out."""
        rows = [evaluate(tuple(terms), self.algebra, at) for at in self.points]
        return [row for row in rows if all(self.algebra.finite(value) for value in row)]

    def sign(self, term: Term) -> int:
        """Return 1 or -1 where the term has that sign, or is 0, at every point; 0 where it changes or nothing is known."""
        found = {self.context.sign(row[0]) for row in self.values([term]) if abs(row[0]) > self.small}
        return int(found.pop()) if len(found) == 1 else 0

    def combination(self, target: Term, basis: Sequence[Term]) -> Term | None:
        """Return the combination of the basis, with coefficients p/q or sqrt(p/q), that agrees with ``target``, or None."""
        rows = self.values([target, *basis])
        size = len(basis)
        if not basis or size > LARGEST_BASIS or len(rows) < size + 2:
            return None
        matrix = self.context.matrix([row[1:] for row in rows[:size]])
        try:
            solution = self.context.lu_solve(matrix, self.context.matrix([row[0] for row in rows[:size]]))
        except ZeroDivisionError:
            return None
        if any(abs(sum(x * y for x, y in zip(solution, row[1:], strict=True)) - row[0]) > self.small for row in rows[size:]):
            return None
        return self._assembled(list(solution), basis)

    def _assembled(self, solution: list[Any], basis: Sequence[Term]) -> Term | None:
        parts = []
        for value, term in zip(solution, basis, strict=True):
            coefficient = self.recognised(value)
            if coefficient is None:
                return None
            if coefficient is not num(0):
                parts.append(mul(coefficient, term))
        return total(parts)

    def recognised(self, value: Any) -> Term | None:
        """Return p/q or plus or minus sqrt(p/q) with a small denominator, if the value is one."""
        rational = self._rational(value)
        if rational is not None:
            return num(rational)
        square = self._rational(value * value)
        if square is None:
            return None
        # sqrt(p/q) = sqrt(p q)/q: the form in which the ring holds it.
        return mul(num(Fraction(1 if value > 0 else -1, square.denominator)), Term("sqrt", (num(square.numerator * square.denominator),)))

    def _rational(self, value: Any) -> Fraction | None:
        found = self.algebra.exact(value).limit_denominator(LARGEST_DENOMINATOR)
        return found if abs(self.algebra.number(found) - value) < self.small else None

    def relation(self, target: Term, basis: Sequence[Term]) -> Term | None:
        """Return the rational combination of constants in the basis that agrees with a constant, by PSLQ, or None."""
        values = evaluate((target, *basis), self.algebra, {})
        if not all(self.algebra.finite(value) for value in values):
            return None
        if abs(values[0]) < self.small:
            return num(0)
        known = [(term, value) for term, value in zip(basis, values[1:], strict=True) if abs(value) > self.small]
        if not known:
            return None
        found = self.context.pslq([values[0], *(value for _, value in known)], maxcoeff=10_000, maxsteps=20_000)
        if not found or not found[0]:
            return None
        return total(mul(num(Fraction(-int(c), int(found[0]))), term) for c, (term, _) in zip(found[1:], known, strict=True) if c)
