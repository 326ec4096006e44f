"""Is it exactly zero? True identities found, false and undecided ones not."""


from __future__ import annotations

from fractions import Fraction

import pytest

from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.exact import coefficients, is_zero, normal
from proofcheck.kernel.rules.premises import scope_of
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import Domain, Obligation, Term, num, show, total, var

REAL = Domain(None, None, lower_closed=False, upper_closed=False)
NAMES = ("x", "y", "t", "n")


def term(text: str) -> Term:
    """Return the term of a text in the variables x, y, t and the whole number n."""
    domains = tuple((name, Domain(None, None, lower_closed=False, upper_closed=False, integer=name == "n")) for name in NAMES)
    scope: Scope = scope_of(Obligation("", domains, (), num(0)))
    return scope.scalar(text)


ZERO = [
    "(x + y)^2 - x^2 - 2*x*y - y^2", "(x^2 - 1)/(x - 1) - x - 1", "1/x + 1/y - (x + y)/(x*y)", "x^0 - 1", "x^(-2) - 1/x^2",
    "sin(x)^2 + cos(x)^2 - 1", "sin(2*x) - 2*sin(x)*cos(x)", "cos(x + y) - cos(x)*cos(y) + sin(x)*sin(y)", "tan(x) - sin(x)/cos(x)", "sin(-x) + sin(x)",
    "cos(x/2)^2 - (1 + cos(x))/2", "sin(x/3 + x/2) - sin(x/3)*cos(x/2) - cos(x/3)*sin(x/2)", "sin(x + 2*pi) - sin(x)", "cos(x - pi) + cos(x)", "sin(2/y) - 2*sin(1/y)*cos(1/y)",
    "sin(-1/y) + sin(1/y)", "cos(pi/7)*cos(2*pi/7)*cos(3*pi/7) - 1/8", "cos(pi/5) - (1 + sqrt(5))/4 + (1 + sqrt(5))/4 - cos(pi/5)", "cos(pi/12) - (sqrt(6) + sqrt(2))/4",
    "sin(pi/12) - (sqrt(6) - sqrt(2))/4", "sin(pi/6) - 1/2", "tan(pi/4) - 1", "cos(pi/3) - sin(pi/6)", "sin(pi/2) - 1", "sin(x)*0",
    "sqrt(x)^2 - x", "sqrt(4*x) - 2*sqrt(x)", "sqrt(8) - 2*sqrt(2)", "sqrt(2/9) - sqrt(2)/3", "sqrt(0)", "sqrt(x/y)^2 - x/y", "sqrt(x/y) - sqrt((x*t)/(y*t))",
    "sqrt((1 - cos(x))/sin(x)) - sqrt(sin(x)/(1 + cos(x)))", "abs(x)^2 - x^2", "abs(-3*x) - 3*abs(x)", "abs(-2) - 2", "abs(x/y) - abs(-x/y)", "max(x, y) + min(x, y) - x - y", "max(x, y)*min(x, y) - x*y",
    "exp(x + y) - exp(x)*exp(y)", "exp(2*x) - exp(x)^2", "exp(x/2)^2 - exp(x)", "exp(-x)*exp(x) - 1", "log(1)", "log(x*y) - log(y*x)", "log(1/2) + log(2)", "log(12) - 2*log(2) - log(3)", "log(2*x/(3*y + 1)) - log(2) - log(x/(3*y + 1))", "log(exp(x)*6) - x - log(6)", "exp(log(6*x)) - 6*x", "log(4)/log(2) - 2", "acos(-x) + acos(x) - pi", "asin(x) + acos(x) - pi/2",
    "acos(0) - pi/2", "acos(1)", "acos(-1) - pi", "acos(1/2) - pi/3", "acos(sqrt(3)/2) - pi/6", "acos(sqrt(2)/2) - pi/4", "asin(-1/2) + pi/6", "cos(acos(x)) - x", "sin(acos(x)) - sqrt(1 - x^2)",
    "cos(2*acos(x)) - 2*x^2 + 1", "cos(acos(x)/2) - sqrt((1 + x)/2)", "sin(acos(x)/2) - sqrt((1 - x)/2)", "cos(atan(x)) - 1/sqrt(1 + x^2)", "tan(atan(x)) - x", "atan(-x) + atan(x)", "atan(0)", "atan(1) - pi/4",
    "atan(sqrt(3)) - pi/3", "atan(-1/sqrt(3)) + pi/6", "gamma(x + 2) - (x + 1)*x*gamma(x)", "gamma(5) - 24", "gamma(5/2) - 3*sqrt(pi)/4", "gamma(1/3 + 2) - (4/3)*(1/3)*gamma(1/3)",
    "gamma(1/x) - gamma(1/x)", "angle([x, y], [1, 0]) - acos(x/sqrt(x^2 + y^2))", "integral(p, exp(p), 0, x) - integral(q, exp(q), 0, x)", "sum(k in 1..n, k) - sum(j in 1..n, j)",
]  # fmt: skip


@pytest.mark.parametrize("text", ZERO)
def test_identity_is_found(text: str) -> None:
    """The normal form of a difference of equal terms is 0."""
    assert is_zero(term(text))


NOT_ZERO = [
    "sqrt(x^2) - x", "sqrt(x*y) - sqrt(x)*sqrt(y)", "sqrt(x/y) - sqrt(x*y)/y", "abs(x) - x", "acos(cos(x)) - x", "asin(sin(x)) - x", "log(x^2) - 2*log(x)", "log(x*y) - log(x) - log(y)", "log(2) - log(3)", "log(-1)", "log(-x) - log(x)", "log(10^30) - log(10)*29",
    "atan(x) + atan(1/x) - pi/2", "sqrt(-1) - 1", "cos(x/4) - cos(x)", "cos(acos(x)/3) - x", "sin(atan(x)/2) - x", "cos(pi/5) - 4/5", "gamma(x) - gamma(x + 1)",
    "integral(p, p, 0, x) - integral(p, p, 0, y)", "integral(p, p, 0, inf) - integral(p, p, 0, inf)", "1/(x - x)", "1/0", "x/(sin(y)^2 + cos(y)^2 - 1)",
    "(x + y + t + 1)^65", "sin(65*x)", "exp(65*x)", "gamma(x + 70) - gamma(x)", "sqrt(10^70 + 1)", "cos(pi/1009)", "(x + y + t + n + 1)^60", "max(x, y) - x",
    "cos(1) - 1",
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_ZERO)
def test_difference_is_not_called_zero(text: str) -> None:
    """False identities, terms without a value and terms beyond the limits are not 0."""
    assert not is_zero(term(text))


OUTSIDE = [
    ("sin(65*x)", "65 times"), ("exp(65*x)", "65 times"), ("(x + 1)^65", "power 65"), ("1/(x - x)", "identically zero"), ("x/(sin(y)^2 + cos(y)^2 - 1)", "identically zero"),
    ("gamma(x + 70) - gamma(x)", "shifted"), ("sqrt(10^70 + 1)", "200 bits"), ("cos(pi/1009)", "pi/1000"), ("integral(p, p, 0, inf)", "infinite"),
    ("(x + y + t + n + 1)^60", "products of monomials"), ("+".join(f"integral(p, p + {i}, 0, x)" for i in range(170)), "too many different"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "why"), OUTSIDE)
def test_term_outside_the_ring_is_rejected_with_the_reason(text: str, why: str) -> None:
    """What exact arithmetic does not cover is PC317, and the reason is said."""
    with pytest.raises(Rejected, match=why) as caught:
        normal((term(text),))
    assert caught.value.code == "PC317 outside-fragment"


SERIES = [
    ("sin(x)", "0", ["0", "1", "0", "-1/6"]), ("cos(x)", "0", ["1", "0", "-1/2", "0"]), ("exp(x)", "0", ["1", "1", "1/2", "1/6"]), ("1/(1 - x)", "0", ["1", "1", "1", "1"]),
    ("(1 - x)^(-2)", "0", ["1", "2", "3", "4"]), ("x^3", "1", ["1", "3", "3", "1"]), ("x^0", "0", ["1", "0", "0", "0"]), ("sqrt(1 + x)", "0", ["1", "1/2", "-1/8", "1/16"]),
    ("log(1 + x)", "0", ["0", "1", "-1/2", "1/3"]), ("atan(x)", "0", ["0", "1", "0", "-1/3"]), ("asin(x)", "0", ["0", "1", "0", "1/6"]), ("acos(x) - pi/2", "0", ["0", "-1", "0", "-1/6"]),
    ("tan(x)", "0", ["0", "1", "0", "1/3"]), ("sin(x) - y + pi*x", "pi", ["pi^2 - y", "pi - 1", "0", "1/6"]), ("-x", "0", ["0", "-1", "0", "0"]), ("sin(y)*x", "0", ["0", "sin(y)", "0", "0"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "point", "wanted"), SERIES)
def test_taylor_coefficients_are_exact(text: str, point: str, wanted: list[str]) -> None:
    """The coefficients around an exact point are those of the calculus book."""
    ring, found = coefficients(term(text), "x", term(point), 4)
    assert all(is_zero(Term("sub", (ring.term(item), term(want)))) for item, want in zip(found, wanted, strict=True))


@pytest.mark.parametrize("text", ["abs(x)", "min(x, 1)", "gamma(1 + x)", "angle([x, 1], [1, 1])", "integral(p, p, 0, x)", "sqrt(x)", "1/x", "log(x)*0"])
def test_term_without_a_series_is_rejected(text: str) -> None:
    """Kinks, poles and branch points at 0 have no Taylor series."""
    with pytest.raises(Rejected):
        coefficients(term(text), "x", num(0), 3)


def test_constants_and_terms_come_back() -> None:
    """An element knows the rational it is, and writes itself as a term."""
    ring, (whole, half, zero, other) = normal((term("x - x + 3"), term("1/2"), term("0*x"), term("x/2 + 1/x")))
    assert [ring.constant(item) for item in (whole, half, zero, other)] == [3, Fraction(1, 2), 0, None]
    assert show(ring.term(ring.variable("x"))) == "x"
    assert ring.term(ring.number(Fraction(2))) is num(2)
    assert is_zero(Term("sub", (ring.term(other), term("x/2 + 1/x"))))
    assert var("x") in [known.term for known in ring.generators.values()]


def test_limits_of_the_ring() -> None:
    """Too many restarts, too many terms and a divisor that is 0 for a reason of roots are rejected, not computed."""
    halves = [Term("sin", (Term("mul", (num(Fraction(1, 2)), var(f"v{i}"))),)) for i in range(41)]
    wide = term("(x + 1)^60*(y + 1)^60*(t + 1)^20")
    hidden = term("1/(sqrt(x^2) - x)/(sqrt(x^2) + x)")
    for root, why in ((total(halves), "different fractions"), (wide, "60000 terms"), (hidden, "identically zero")):
        with pytest.raises(Rejected, match=why):
            normal((root,))
