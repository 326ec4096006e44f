"""Terms as sympy expressions, by constructors only: no text is ever handed to sympy except generated symbol names.

Construction alone can rewrite, and can be wrong: sympy 1.14 turns sin(acos(x)) for a number x near 1 into 0 (sympy #24390).
So every constructor is told not to evaluate unless ``evaluate=True`` asks for it, and whatever sympy concludes is a candidate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import count
from typing import Any

import sympy

from ..kernel.algebra import ball_sign, evaluate
from ..kernel.terms import Domain, Term, rational, variables


class Sympy:
    """Expressions. Symbols are called v0, v1, …; ``symbols`` and ``names`` lead from the claim's names to them and back.

    Undefined: left to sympy (zoo, nan, or a complex number once evaluated). Empty sums follow sympy's own convention.
    """

    def __init__(self, domains: Mapping[str, Domain] | None = None, *, evaluate: bool = False) -> None:
        self.evaluate = evaluate
        self.symbols: dict[str, Any] = {}
        self._numbers = count()
        for name, domain in (domains or {}).items():
            self.symbols[name] = self._symbol(**self._assumptions(domain))

    @property
    def names(self) -> dict[Any, str]:
        """The claim's name of every symbol."""
        return {symbol: name for name, symbol in self.symbols.items()}

    def _symbol(self, **assumptions: bool) -> Any:
        return sympy.Symbol(f"v{next(self._numbers)}", **assumptions)

    def _assumptions(self, domain: Domain) -> dict[str, bool]:
        """Return what a domain says of its variable in sympy's words: real or integer, and a sign where an end fixes one."""
        found = {"integer": True} if domain.integer else {"real": True}
        low, high = self._sign(domain.lower), self._sign(domain.upper)
        if low == 1 or (low == 0 and not domain.lower_closed):
            return {**found, "positive": True}
        if high == -1 or (high == 0 and not domain.upper_closed):
            return {**found, "negative": True}
        if low == 0:
            return {**found, "nonnegative": True}
        return {**found, "nonpositive": True} if high == 0 else found

    def _sign(self, end: Term | None) -> int | None:
        """Return the sign of an end: -1, 0, 1, or None where it has none or none is known."""
        if end is None:
            return None
        if end.op == "var":
            symbol = self.symbols.get(str(end.value))
            return None if symbol is None else 1 if symbol.is_positive else -1 if symbol.is_negative else None
        return 0 if rational(end) == 0 else None if variables(end) else ball_sign(end)

    @staticmethod
    def number(value: Fraction) -> Any:
        return sympy.Rational(value.numerator, value.denominator)

    @staticmethod
    def pi() -> Any:
        return sympy.pi

    @staticmethod
    def inf(sign: int) -> Any:
        return sympy.oo if sign > 0 else -sympy.oo

    def _make(self, constructor: Any, *args: Any) -> Any:
        return constructor(*args) if self.evaluate else constructor(*args, evaluate=False)

    def neg(self, x: Any) -> Any:
        return self._make(sympy.Mul, sympy.Integer(-1), x)

    def add(self, x: Any, y: Any) -> Any:
        return self._make(sympy.Add, x, y)

    def sub(self, x: Any, y: Any) -> Any:
        return self.add(x, self.neg(y))

    def mul(self, x: Any, y: Any) -> Any:
        return self._make(sympy.Mul, x, y)

    def div(self, x: Any, y: Any) -> Any:
        return self.mul(x, self.pow(y, -1))

    def pow(self, x: Any, n: int) -> Any:
        return self._make(sympy.Pow, x, sympy.Integer(n))

    def sin(self, x: Any) -> Any:
        return self._make(sympy.sin, x)

    def cos(self, x: Any) -> Any:
        return self._make(sympy.cos, x)

    def tan(self, x: Any) -> Any:
        return self._make(sympy.tan, x)

    def asin(self, x: Any) -> Any:
        return self._make(sympy.asin, x)

    def acos(self, x: Any) -> Any:
        return self._make(sympy.acos, x)

    def atan(self, x: Any) -> Any:
        return self._make(sympy.atan, x)

    def exp(self, x: Any) -> Any:
        return self._make(sympy.exp, x)

    def log(self, x: Any) -> Any:
        return self._make(sympy.log, x)

    def sqrt(self, x: Any) -> Any:
        return self._make(sympy.Pow, x, sympy.Rational(1, 2))

    def abs(self, x: Any) -> Any:
        return self._make(sympy.Abs, x)

    def gamma(self, x: Any) -> Any:
        return self._make(sympy.gamma, x)

    def min(self, x: Any, y: Any) -> Any:
        return self._make(sympy.Min, x, y)

    def max(self, x: Any, y: Any) -> Any:
        return self._make(sympy.Max, x, y)

    def angle(self, dot: Any, uu: Any, vv: Any) -> Any:
        return self.acos(self.div(dot, self.sqrt(self.mul(uu, vv))))

    @staticmethod
    def eigenvalue(k: int, triangle: Sequence[Any]) -> Any:
        """Return a function of the entries of which sympy knows nothing: its eigenvalues come in no certain order."""
        return sympy.Function(f"eigenvalue{k}")(*triangle)

    def integral(self, body: Term, name: str, lower: Any, upper: Any, env: Mapping[str, Any]) -> Any:
        """Return the unevaluated integral; ``doit`` is the caller's decision."""
        bound = self._symbol(real=True)
        (inside,) = evaluate((body,), self, {**env, name: bound})
        return sympy.Integral(inside, (bound, lower, upper))

    def sum(self, body: Term, name: str, first: Any, last: Any, env: Mapping[str, Any]) -> Any:
        """Return the unevaluated sum."""
        bound = self._symbol(integer=True)
        (inside,) = evaluate((body,), self, {**env, name: bound})
        return sympy.Sum(inside, (bound, first, last))


def to_sympy(term: Term, domains: Mapping[str, Domain], *, evaluate: bool = False) -> tuple[Any, dict[Any, str]]:
    """Return the term as a sympy expression, and the claim's name of each symbol v0, v1, … (numbered in the order of ``domains``).

    Domain: every free variable of the term is in ``domains``, in an order in which ends use earlier names only.
    """
    algebra = Sympy(domains, evaluate=evaluate)
    return _built(term, algebra), algebra.names


def _built(term: Term, algebra: Sympy) -> Any:
    (expression,) = evaluate((term,), algebra, algebra.symbols)
    return expression
