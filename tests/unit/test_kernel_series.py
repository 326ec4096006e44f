"""Power series over balls: bivariate jets against derivatives in 50 digits, wide jets against narrow ones, and what has no series."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from flint import arb

from proofcheck.algebras.mpmath import Mpmath
from proofcheck.kernel.algebra import Ball, Series, ball, evaluate, interval, precision
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.rules.premises import scope_of, term_in
from proofcheck.kernel.series import PowerSeries
from proofcheck.kernel.terms import PI, REALS, Obligation, Term, add, div, mul, neg, num, power, sub, var

X, Y = var("x"), var("y")
SCOPE = scope_of(Obligation("", (("x", REALS), ("y", REALS)), (), num(0)))
LENGTH, DEPTH = 5, 4


def read(text: str) -> Term:
    """Return a term in x and y."""
    return term_in(SCOPE, text)


def jet(term: Term, x: arb, y: arb, length: int = LENGTH, depth: int = DEPTH) -> list[list[arb]]:
    """Return enclosures of the Taylor coefficients: entry [j][i] belongs to x^i y^j."""
    inner = Series(length)
    outer = PowerSeries(inner, depth)
    env = {"x": outer.constant(inner.variable(x)), "y": [inner.constant(y), inner.one, *[inner.zero] * depth][:depth]}
    (result,) = evaluate((term,), outer, env)
    return [inner.coefficients(part) for part in result]


SMOOTH = [
    "sin(x*y) + cos(x - y)", "exp(x)*exp(-y)", "tan(x/2 + y/3)", "log(2 + x + y)", "sqrt(1 + x^2 + y^2)", "atan(x*y)", "asin((x + y)/4)", "acos((x - y)/4)",
    "1/(3 + x + y)", "(2 + x*y)^(-3)", "(1 + x + y)^7", "sin(exp(x))/(1 + y^2)", "pi*x - y/7 + 5", "-(x*y)^2", "(x + y)^0", "log(sqrt(2 + x)*exp(y))",
]  # fmt: skip


@pytest.mark.parametrize("text", SMOOTH)
def test_coefficients_are_derivatives(text: str) -> None:
    """Each coefficient encloses the partial derivative that numerical differentiation in 50 digits finds, over its factorials."""
    term, x, y = read(text), Fraction(1, 3), Fraction(-2, 5)
    algebra = Mpmath(50)

    def value(at_x: Any, at_y: Any) -> Any:
        (found,) = evaluate((term,), algebra, {"x": at_x, "y": at_y})
        return found

    with precision(200, LENGTH + 2):
        found = jet(term, ball(x), ball(y))
    context = algebra.context
    for j in range(3):
        for i in range(3):
            wanted = context.diff(value, (algebra.number(x), algebra.number(y)), (i, j)) / (context.factorial(i) * context.factorial(j))
            assert abs(float(found[j][i].mid()) - float(wanted)) < 1e-9 * (1 + abs(float(wanted))), (i, j)


def random_term(choose: random.Random, depth: int) -> Term:
    """Return a random smooth term."""
    if depth == 0 or choose.random() < 0.1:
        return choose.choice([X, Y, X, PI, num(Fraction(choose.randint(-3, 3), choose.choice([1, 2, 3])))])
    op = choose.choice(("add", "sub", "mul", "mul", "div", "neg", "pow", "sin", "cos", "tan", "asin", "acos", "atan", "exp", "log", "sqrt"))
    a, b = random_term(choose, depth - 1), random_term(choose, depth - 1)
    if op in ("add", "sub", "mul", "div"):
        return {"add": add, "sub": sub, "mul": mul, "div": div}[op](a, b)
    if op == "pow":
        return power(a, choose.choice([-2, -1, 0, 2, 3, 4]))
    return neg(a) if op == "neg" else Term(op, (a,))


@pytest.mark.parametrize("seed", range(3))
def test_jet_over_a_box_contains_the_jet_at_each_of_its_points(seed: int) -> None:
    """Coefficients over wide balls, where all are finite, overlap those at a point of the box in 300 bits, which exist there."""
    choose = random.Random(seed)
    compared = 0
    for _ in range(150):
        term = random_term(choose, choose.randint(2, 4))
        low = [Fraction(choose.randint(-20, 20), 8) for _ in range(2)]
        width = [Fraction(choose.choice([1, 2, 4, 8]), choose.choice([4, 16, 64])) for _ in range(2)]
        at = [a + w * Fraction(choose.randint(0, 16), 16) for a, w in zip(low, width, strict=True)]
        boxes = [interval(a, a + w) for a, w in zip(low, width, strict=True)]
        with precision(53, LENGTH + 2):
            wide = [c for part in jet(term, *boxes) for c in part]
            (whole,) = evaluate((term,), Ball(), {"x": boxes[0], "y": boxes[1]})
        if not whole.is_finite() or not all(coefficient.is_finite() for coefficient in wide):
            continue
        compared += 1
        with precision(300, LENGTH + 2):
            narrow = [c for part in jet(term, *map(ball, at)) for c in part]
        assert all(b.is_finite() and a.overlaps(b) for a, b in zip(wide, narrow, strict=True)), (term, low, width, at)
    assert compared > 50


@pytest.mark.parametrize("text", ["1/x", "log(x)", "sqrt(x)", "x^(-2)", "acos(1 + x)", "asin(2 + x)", "tan(pi/2 + x)", "0*x + y/x", "(1/x)^2"])
def test_what_may_have_no_value_has_no_finite_jet(text: str) -> None:
    """Next to a pole, a branch point or beyond the domain of a function some coefficient is not finite."""
    with precision(64, LENGTH + 2):
        for x in (interval(Fraction(-1, 4), Fraction(1, 4)), arb(0)):
            assert not all(coefficient.is_finite() for part in jet(read(text), x, arb(1)) for coefficient in part)


@pytest.mark.parametrize("text", ["0*log(x)", "0*(1/x)", "log(x)^0", "x + 0*sqrt(x)*sqrt(x - 1)"])
def test_zero_hides_what_has_no_value_from_series_and_not_from_balls(text: str) -> None:
    """A product with exact zero is zero in series; the rules therefore let balls look at the same box, and these see it."""
    box = interval(Fraction(-1, 2), Fraction(1, 2))
    with precision(64, LENGTH + 2):
        (whole,) = evaluate((read(text),), Ball(), {"x": box, "y": arb(1)})
    assert not whole.is_finite()


@pytest.mark.parametrize("text", ["abs(x)", "min(x, y)", "max(x, y)", "gamma(x + 3)", "angle([x, 1], [1, y])", "integral(p, x*p, 0, 1)"])
def test_what_is_not_smooth_is_refused(text: str) -> None:
    """abs, min, max, gamma, angle and integrals have no power series here (PC317)."""
    with pytest.raises(Rejected) as caught:
        jet(read(text), arb(1), arb(1))
    assert caught.value.code.startswith("PC317")


def test_products_leave_out_exact_zeros_only() -> None:
    """A factor that is exactly 0 may be left out; one that merely contains 0 may not."""
    series = Series(2)
    assert series.vanishes(series.zero)
    assert not series.vanishes(series.constant(arb(0, 1)))
    assert not series.vanishes(series.undefined())
    product = PowerSeries(series, 2).mul([series.constant(arb(0, 1)), series.one], [series.one, series.constant(arb(3))])
    assert product[1][0].overlaps(arb(4))
    assert product[1][0].overlaps(arb(-2))


def test_jets_of_different_lengths_agree() -> None:
    """A longer jet begins with the shorter one, and the shortest is the value."""
    term = read("sin(x)*exp(y)/(2 + x)")
    with precision(100, 12):
        long = jet(term, arb(1) / 3, arb(1) / 5, 8, 6)
        for length, depth in ((1, 1), (2, 3), (5, 2)):
            short = jet(term, arb(1) / 3, arb(1) / 5, length, depth)
            assert all(short[j][i].overlaps(long[j][i]) for j in range(depth) for i in range(length))
        (value,) = evaluate((term,), Ball(), {"x": arb(1) / 3, "y": arb(1) / 5})
        assert value.overlaps(long[0][0])
    assert abs(float(value.mid()) - float(mpmath.sin(1 / 3) * mpmath.exp(0.2) / (2 + 1 / 3))) < 1e-14
