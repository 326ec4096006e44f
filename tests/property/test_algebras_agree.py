"""One evaluator, many number systems: on random terms at random exact points they say the same."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from proofcheck.algebras.floats import Floats, FloatsWithError, evaluated
from proofcheck.algebras.mpmath import Mpmath
from proofcheck.algebras.sympy import to_sympy
from proofcheck.kernel.algebra import Ball, Gradient, Series, ball, evaluate, precision
from proofcheck.kernel.calculus import derivative
from proofcheck.kernel.errors import Malformed, Rejected
from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import (
    FUNCTIONS,
    PI,
    REALS,
    Domain,
    Obligation,
    Term,
    add,
    div,
    mul,
    neg,
    num,
    power,
    show,
    sub,
    substitute,
    var,
)  # fmt: skip

NAMES = ("x", "y")
BITS = 200
SETTINGS = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
SMOOTH = ("sin", "cos", "tan", "asin", "acos", "atan", "exp", "log", "sqrt")

rationals = st.fractions(min_value=-4, max_value=4, max_denominator=60)
points = st.fixed_dictionaries(dict.fromkeys(NAMES, rationals))


def terms(functions: tuple[str, ...] = FUNCTIONS, *, kinks: bool = True, angles: bool = True) -> st.SearchStrategy[Term]:
    """Return random terms over the closed list of operations, in two variables."""
    leaves = st.one_of(st.sampled_from([var("x"), var("y"), PI]), rationals.map(num))

    def grow(inner: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
        pairs = st.tuples(inner, inner)
        choices = [
            pairs.map(lambda p: add(*p)),
            pairs.map(lambda p: sub(*p)),
            pairs.map(lambda p: mul(*p)),
            pairs.map(lambda p: div(*p)),
            inner.map(neg),
            st.tuples(inner, st.integers(-3, 4)).map(lambda p: power(*p)),
            st.tuples(st.sampled_from(functions), inner).map(lambda p: Term(p[0], (p[1],))),
        ]
        if kinks:
            choices.append(st.tuples(st.sampled_from(["min", "max"]), pairs).map(lambda p: Term(p[0], p[1])))
        if kinks and angles:
            choices.append(st.tuples(inner, inner, inner, inner).map(_angle))
        return st.one_of(choices)

    return st.recursive(leaves, grow, max_leaves=8)


def _angle(entries: tuple[Term, Term, Term, Term]) -> Term:
    """Return the angle of (a, b) and (c, d)."""
    a, b, c, d = entries
    return Term("angle", (add(mul(a, c), mul(b, d)), add(power(a, 2), power(b, 2)), add(power(c, 2), power(d, 2))))


def precise(term: Term, point: dict[str, Fraction], algebra: Mpmath) -> Any:
    """Return the mpmath value at an exact point."""
    (value,) = evaluate((term,), algebra, {name: algebra.number(value) for name, value in point.items()})
    return value


def enclosure(term: Term, point: dict[str, Fraction], balls: Any = None) -> Any:
    """Return the ball at an exact point."""
    (value,) = evaluate((term,), balls or Ball(), {name: ball(value) for name, value in point.items()})
    return value


def exact(value: Any) -> Fraction:
    """Return the rational number that an exact ball is."""
    mantissa, exponent = value.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def ends(value: Any) -> tuple[Fraction, Fraction]:
    """Return exact ends of a ball."""
    middle, radius = exact(value.mid()), exact(value.rad())
    return middle - radius, middle + radius


def agrees(value: Any, algebra: Mpmath, inside: Any, digits: int = 40) -> bool:
    """Say whether an mpmath value lies in a ball widened by what ``digits`` digits leave open."""
    low, high = ends(inside)
    middle = algebra.exact(value)
    slack = Fraction(1, 10**digits) * (1 + abs(middle))
    return low - slack <= middle <= high + slack


def check_ball(term: Term, point: dict[str, Fraction], *, balls: Any = None) -> None:
    """Assert that the ball contains the mpmath value, and is not finite where there is none.

    A value that depends on the last digits (a sum that cancels under a quotient) agrees only as far as digits remain: balls
    wider than 10^-40 are compared by overlap alone.
    """
    algebra = Mpmath(50)
    with precision(BITS):
        inside = enclosure(term, point, balls)
        value = precise(term, point, algebra)
        if not algebra.finite(value):
            # A finite ball where mpmath finds nothing is right only where mpmath is the victim of rounding.
            assert not inside.is_finite() or algebra.finite(precise(term, point, Mpmath(80))), (show(term), point)
        elif inside.is_finite():
            loss = exact(inside.rad()) * 10**15
            low, high = ends(inside)
            middle = algebra.exact(value)
            slack = loss + Fraction(1, 10**45) * (1 + abs(middle))
            assert low - slack <= middle <= high + slack, (show(term), point, str(inside), str(value))


@SETTINGS
@given(terms(), points)
def test_ball_contains_mpmath(term: Term, point: dict[str, Fraction]) -> None:
    """The 200-bit ball contains the 50-digit value, and is not finite where there is none."""
    check_ball(term, point)


@SETTINGS
@given(terms(), points)
def test_floats_lie_within_their_error(term: Term, point: dict[str, Fraction]) -> None:
    """The exact value lies in value ± bound, on arrays as on single numbers, and plain floats are the same values."""
    algebra = Mpmath(60)
    value = precise(term, point, algebra)
    pairs = FloatsWithError()
    env = {name: (np.full(16, v[0]), np.full(16, v[1])) for name, coordinate in point.items() for v in [pairs.number(coordinate)]}
    ((middle, bound),) = evaluated((term,), pairs, env)
    middle, bound = float(np.max(middle)), float(np.max(bound))
    if not algebra.finite(value):
        with precision(2 * BITS):
            undefined = not enclosure(term, point).is_finite()
        assert not undefined or not np.isfinite(bound) or np.isnan(middle), (show(term), point, middle, bound)
    elif np.isfinite(bound) and np.isfinite(middle):
        assert abs(algebra.exact(value) - Fraction(middle)) <= Fraction(bound) * Fraction(1_000_001, 1_000_000), (show(term), point, middle, bound, str(value))
        (plain,) = evaluated((term,), Floats(), {name: pair[0] for name, pair in env.items()})
        assert float(np.max(plain)) == pytest.approx(middle, rel=1e-12, abs=2 * bound + 1e-300)


@SETTINGS
@given(terms(kinks=False), points)
def test_gradient_agrees_with_ball_and_with_differences(term: Term, point: dict[str, Fraction]) -> None:
    """The value overlaps the ball's, and each partial contains the derivative that mpmath takes by differences."""
    algebra = Mpmath(40)
    with precision(BITS):
        gradient = Gradient(2)
        env = {name: gradient.variable(ball(point[name]), i) for i, name in enumerate(NAMES)}
        ((value, parts),) = evaluate((term,), gradient, env)
        inside = enclosure(term, point)
        assert value.is_finite() == inside.is_finite()
        assert not inside.is_finite() or value.overlaps(inside)
        for name, part in zip(NAMES, parts, strict=True):
            found = None if part is None else part
            if found is None or not found.is_finite() or abs(exact(found.mid())) > 10**8 or exact(found.rad()) > Fraction(1, 10**20):
                continue
            slope, error = numerical_derivative(term, name, point, algebra)
            if slope is not None and error < 1e-6 * (1 + abs(slope)):
                low, high = ends(found)
                slack = Fraction(float(error)) + Fraction(1, 10**8) * (1 + abs(algebra.exact(slope)))
                assert low - slack <= algebra.exact(slope) <= high + slack, (show(term), name, point, str(found), str(slope))


def numerical_derivative(term: Term, name: str, point: dict[str, Fraction], algebra: Mpmath) -> tuple[Any, Any]:
    """Return the central difference at step 1e-9, and how far it is from that at 1e-8 and from both one-sided ones; None where one is undefined."""
    here = precise(term, point, algebra)
    slopes = []
    for h in (Fraction(1, 10**9), Fraction(1, 10**8)):
        right, left = (precise(term, {**point, name: point[name] + step}, algebra) for step in (h, -h))
        if not (algebra.finite(right) and algebra.finite(left) and algebra.finite(here)):
            return None, None
        step = algebra.number(h)
        slopes += [(right - left) / (2 * step), (right - here) / step]
    central, one_sided, coarse, _ = slopes
    return central, max(abs(central - one_sided), abs(central - coarse))


@SETTINGS
@given(terms(SMOOTH, kinks=False), points)
def test_series_gradient_and_derivative_agree(term: Term, point: dict[str, Fraction]) -> None:
    """Coefficient 1 of the series, the partial of the gradient, and the value of the derivative's term overlap."""
    with precision(BITS):
        series, gradient = Series(4), Gradient(2)
        env = {"x": series.variable(ball(point["x"])), "y": series.constant(ball(point["y"]))}
        (expansion,) = evaluate((term,), series, env)
        coefficients = series.coefficients(expansion)
        ((_, parts),) = evaluate((term,), gradient, {name: gradient.variable(ball(point[name]), i) for i, name in enumerate(NAMES)})
        slope = enclosure(derivative(term, "x"), point)
        if coefficients[0].is_finite() and coefficients[1].is_finite():
            partial = parts[0] if parts[0] is not None else ball(Fraction(0))
            assert not partial.is_finite() or partial.overlaps(coefficients[1]), (show(term), point)
            assert not slope.is_finite() or slope.overlaps(coefficients[1]), (show(term), point)
        if not enclosure(term, point).is_finite():
            assert not slope.is_finite(), (show(term), point)


@settings(SETTINGS, max_examples=60)
@given(terms(), points)
def test_sympy_evaluates_to_the_same_number(term: Term, point: dict[str, Fraction]) -> None:
    """The expression that the constructors build has the same 40 digits, as far as sympy itself vouches for them."""
    algebra = Mpmath(50)
    value = precise(term, point, algebra)
    assume(algebra.finite(value) and 1e-6 < abs(value) < 1e6)
    with precision(BITS):
        inside = enclosure(term, point)
    assume(inside.is_finite() and exact(inside.rad()) < Fraction(1, 10**45))
    placed = substitute(term, {name: num(coordinate) for name, coordinate in point.items()})
    expression, names = to_sympy(placed, {})
    assert names == {}
    found = expression.evalf(40)
    assume(bool(found.is_Float or found.is_Rational))
    assert abs(algebra.context.mpf(str(found)) - value) < 1e-30 * max(1, abs(value)), (show(term), point)


def test_sympy_symbols_carry_the_domains_and_no_names() -> None:
    """Symbols are v0, v1, … with the assumptions that the domains give; the claim's names stay beside."""
    one = num(1)
    domains = {
        "__import__": Domain(num(0), None, lower_closed=False, upper_closed=False),
        "n": Domain(one, None, lower_closed=True, upper_closed=False, integer=True),
        "s": Domain(neg(PI), num(0), lower_closed=False, upper_closed=True),
        "r": REALS,
    }
    total = add(add(var("__import__"), var("n")), add(var("s"), var("r")))
    expression, names = to_sympy(total, domains)
    symbols = {name: symbol for symbol, name in names.items()}
    assert sorted(str(symbol) for symbol in expression.free_symbols) == ["v0", "v1", "v2", "v3"]
    assert symbols["__import__"].is_positive
    assert symbols["n"].is_integer
    assert symbols["n"].is_positive
    assert symbols["s"].is_nonpositive
    assert symbols["r"].is_real
    assert symbols["r"].is_positive is None


def test_sympy_construction_does_not_evaluate() -> None:
    """sin(acos(c)) for a number c near 1 stays what it is instead of becoming 0 (sympy #24390)."""
    angle = Term("cos", (mul(num(Fraction(1, 2160)), power(PI, 2)),))
    close = div(sub(num(98), mul(num(14), angle)), mul(num(14), Term("sqrt", (sub(num(50), mul(num(14), angle)),))))
    expression, _ = to_sympy(Term("sin", (Term("acos", (close,)),)), {})
    assert expression != 0
    assert expression.args


def test_integrals_and_sums_agree() -> None:
    """Gauss and Legendre, tanh-sinh and sympy give the same integral; finite sums are the same everywhere."""
    body = Term("exp", (neg(power(var("_1"), 2)),))
    integral = Term("integral", (body, num(0), var("x")), "_1")
    summed = Term("sum", (div(num(1), power(var("_1"), 2)), num(1), num(7)), "_1")
    algebra = Mpmath(30)
    env = {"x": algebra.number(Fraction(3, 2))}
    values = evaluate((integral, summed), algebra, env)
    floats = evaluated((integral, summed), Floats(), {"x": np.asarray([1.5, 1.5])})
    assert floats[0] == pytest.approx([float(values[0])] * 2, rel=1e-13)
    assert float(floats[1]) == pytest.approx(float(values[1]), rel=1e-14)
    assert algebra.exact(values[1]) == pytest.approx(Fraction(266681, 176400), rel=1e-30)
    placed = substitute(integral, {"x": num(Fraction(3, 2))})
    expression, _ = to_sympy(placed, {})
    assert abs(algebra.context.mpf(str(expression.evalf(25))) - values[0]) < 1e-24
    gaussian = Term("integral", (body, Term("inf", (), -1), Term("inf", (), 1)), "_1")
    (whole,) = evaluate((gaussian,), algebra, {})
    assert abs(whole - algebra.context.sqrt(algebra.context.pi)) < 1e-28
    endless = Term("sum", (div(num(1), power(var("_1"), 2)), num(1), Term("inf", (), 1)), "_1")
    (basel,) = evaluate((endless,), algebra, {})
    assert abs(basel - algebra.context.pi**2 / 6) < 1e-25


def test_mpmath_keeps_to_its_own_context() -> None:
    """The global precision of mpmath is neither read nor changed."""
    before = mpmath.mp.dps
    assert Mpmath(77).text(Mpmath(77).pi(), 70)[:12] == "3.1415926535"
    assert mpmath.mp.dps == before
    assert Mpmath(50).context is not mpmath.mp


UNDEFINED = [
    div(num(1), sub(var("x"), var("x"))),
    Term("sqrt", (num(-1),)),
    Term("log", (num(0),)),
    Term("acos", (num(2),)),
    Term("asin", (num(-2),)),
    Term("gamma", (num(-1),)),
    Term("gamma", (num(0),)),
    power(sub(var("x"), var("x")), -2),
    Term("angle", (num(0), num(0), num(1))),
    power(div(num(1), sub(var("x"), var("x"))), 0),
]


@pytest.mark.parametrize("term", UNDEFINED, ids=show)
def test_undefined_is_undefined_everywhere(term: Term) -> None:
    """Where one algebra finds no value, none does."""
    point = {"x": Fraction(1, 2), "y": Fraction(0)}
    algebra = Mpmath(50)
    assert not algebra.finite(precise(term, point, algebra))
    with precision(BITS):
        assert not enclosure(term, point).is_finite()
    assert np.isnan(evaluated((term,), Floats(), {"x": np.asarray(0.5)})[0])
    value, bound = evaluated((term,), FloatsWithError(), {"x": (np.asarray(0.5), np.asarray(0.0))})[0]
    assert np.isnan(value) or not np.isfinite(bound)


UNDEFINED_BELOW_ZERO = [
    *(Term(name, (var("x"),)) for name in ("log", "sqrt", "gamma")),
    power(var("x"), -2),
    Term("acos", (sub(var("x"), num(1)),)),
]


@pytest.mark.parametrize("term", UNDEFINED_BELOW_ZERO, ids=show)
def test_an_undefined_series_has_no_finite_coefficient(term: Term) -> None:
    """Where a term has no value on the ball, no Taylor coefficient is finite, so that nothing can be concluded from one."""
    with precision(BITS):
        series = Series(3)
        (expansion,) = evaluate((term,), series, {"x": series.variable(ball(Fraction(-1)).union(ball(Fraction(0))))})
        assert not any(coefficient.is_finite() for coefficient in series.coefficients(expansion))


@pytest.mark.parametrize("term", UNDEFINED_BELOW_ZERO, ids=show)
def test_zero_times_a_term_without_a_value_proves_nothing(term: Term) -> None:
    """Series of 0*f and f^0 are finite where f has no value; the rules that use series reject them all the same (PC307, PC303)."""
    unit = Domain(num(0), num(1), lower_closed=False, upper_closed=True)
    moved = substitute(term, {"x": sub(var("x"), num(Fraction(1, 2)))})
    zeros = {"rule": "zeros", "var": "x", "end": "lower", "order": 1, "length": 2, "prec": 64, "tree": "N"}
    strips = {"rule": "taylor", "u": "x", "v": "y", "end": "lower", "order": 1, "left": 0, "right": 0, "length": 2, "prec": 64, "strips": [["1", "", "N"]]}
    for hidden in (mul(num(0), moved), sub(power(moved, 0), num(1)), mul(moved, num(0))):
        goal = Term("gt", (add(var("x"), hidden), num(0)))
        for domains, proof, code in (((("x", unit),), zeros, "PC307"), ((("x", unit), ("y", unit)), strips, "PC303")):
            with pytest.raises(Rejected) as caught:
                prove(Obligation("hidden", domains, (), goal), proof, Link())
            assert caught.value.code.split()[0] in (code, "PC317")


class _Swapped(Ball):
    """A ball algebra whose sine is the cosine."""

    @staticmethod
    def sin(x: Any) -> Any:
        return x.cos()


class _Blunt(Ball):
    """A ball algebra that gives the square root of the absolute value."""

    def sqrt(self, x: Any) -> Any:
        return abs(x).sqrt()


def test_a_wrong_algebra_is_caught() -> None:
    """The check that all terms pass fails for an algebra whose sine is the cosine, and for one that is defined too widely."""
    point = {"x": Fraction(1, 3), "y": Fraction(-2)}
    check_ball(Term("sin", (var("x"),)), point)
    with pytest.raises(AssertionError):
        check_ball(Term("sin", (var("x"),)), point, balls=_Swapped())
    with pytest.raises(AssertionError):
        check_ball(Term("sqrt", (var("y"),)), point, balls=_Blunt())


def read(text: str) -> Any:
    """Return the term that a formula text elaborates to."""
    scope = Scope({}, {}, "test")
    scope.domains(dict.fromkeys(NAMES, "real"), "test")
    return scope.read(text, "test")


@SETTINGS
@given(terms(angles=False))
def test_printing_and_reading_gives_the_same_term(term: Term) -> None:
    """parse∘print is the identity on terms as the elaborator makes them, without angles and bound variables."""
    assert read(show(term)) is term, show(term)


@pytest.mark.parametrize(
    "term",
    [
        neg(mul(var("x"), var("y"))),
        neg(div(var("x"), var("y"))),
        mul(neg(var("x")), var("y")),
        neg(add(var("x"), var("y"))),
        power(neg(var("x")), 2),
        neg(power(var("x"), 2)),
        sub(var("x"), neg(mul(var("x"), var("y")))),
        mul(neg(mul(var("x"), var("y"))), var("x")),
        div(num(Fraction(-1, 3)), num(Fraction(2, 7))),
        power(power(var("x"), 2), 3),
    ],
    ids=show,
)
def test_signs_and_products_are_printed_with_the_parentheses_they_need(term: Term) -> None:
    """-(x*y) is not (-x)*y, and neither text reads as the other."""
    assert read(show(term)) is term


@pytest.mark.parametrize(
    "term",
    [
        _angle((var("x"), var("y"), num(1), num(2))),
        Term("sum", (var("_1"), num(1), var("x")), "_1"),
        Term("integral", (Term("exp", (neg(var("_1")),)), num(0), Term("inf", (), 1)), "_1"),
        add(var("x"), num(Fraction(1, 3**6000))),
    ],
    ids=lambda term: term.op,
)
def test_what_the_language_cannot_write_is_refused_and_not_read_as_something_else(term: Term) -> None:
    """Angles of three numbers, bound variables and numbers in hexadecimal digits have a text for messages only."""
    with pytest.raises(Malformed):
        read(show(term))


def test_the_closed_list_is_covered() -> None:
    """Random terms reach every function: a new one must be added to each algebra."""
    for name in (*FUNCTIONS, "min", "max", "angle", "integral", "sum", "number", "pi", "inf", "neg", "add", "sub", "mul", "div", "pow"):
        for algebra in (Ball, Gradient, Series, Floats, FloatsWithError, Mpmath):
            assert hasattr(algebra, name), (algebra, name)
