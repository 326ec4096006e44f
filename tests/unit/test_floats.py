"""float64 with error bounds: honest near branch points, silent where it knows nothing."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from proofcheck.algebras.floats import Floats, FloatsWithError, evaluated, nearest
from proofcheck.algebras.mpmath import Mpmath
from proofcheck.kernel.algebra import evaluate
from proofcheck.kernel.terms import FUNCTIONS, Term, add, div, mul, num, power, sub, var

PAIRS = FloatsWithError()
X = var("x")
NEAR = [Fraction(1), Fraction(1, 10**4), Fraction(1, 10**8), Fraction(1, 10**12), Fraction(1, 10**15), Fraction(3, 10**17)]
BRANCHES = {
    "acos": (1, -1),
    "asin": (1, -1),
    "sqrt": (0,),
    "log": (0, 1),
    "tan": (Fraction(math.pi / 2),),
    "gamma": (0, 1),
    "sin": (0, Fraction(math.pi)),
    "atan": (0,),
}


def bounded(term: Term, x: Fraction) -> tuple[float, float]:
    """Return the value of a term in one variable and its error bound."""
    value, bound = evaluated((term,), PAIRS, {"x": PAIRS.number(x)})[0]
    return float(value), float(bound)


@pytest.mark.parametrize(("name", "centre", "side"), [(n, c, s) for n, cs in BRANCHES.items() for c in cs for s in (1, -1)])
@pytest.mark.parametrize("gap", NEAR)
def test_bounds_are_honest_near_branch_points(name: str, centre: Fraction, side: int, gap: Fraction) -> None:
    """The exact value lies in value ± bound close to where a slope is unbounded; where there is none, the bound says nothing."""
    algebra = Mpmath(60)
    for inner in (X, add(mul(X, num(Fraction(1, 3))), mul(X, num(Fraction(2, 3))))):
        x = Fraction(centre) + side * gap
        term = Term(name, (inner,))
        (exact,) = evaluate((term,), algebra, {"x": algebra.number(x)})
        value, bound = bounded(term, x)
        if not algebra.finite(exact):
            assert math.isnan(value) or not math.isfinite(bound)
        elif math.isfinite(bound):
            assert abs(algebra.exact(exact) - Fraction(value)) <= Fraction(bound) * Fraction(1_000_001, 1_000_000)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_bounds_are_not_wasteful(name: str) -> None:
    """In the middle of the domain a function costs a few ulp, not more."""
    value, bound = bounded(Term(name, (X,)), Fraction(3, 7))
    assert 0 <= bound <= (1e-13 if name == "gamma" else 1e-14) * max(1, abs(value))


def test_exact_ends_are_decided() -> None:
    """The values acos 1, sqrt 0 and 1 - 1 have tight bounds when their arguments are exact."""
    assert bounded(Term("acos", (num(1),)), Fraction(0))[1] < 1e-15
    assert bounded(Term("sqrt", (num(0),)), Fraction(0)) == (0.0, 0.0)
    assert bounded(sub(X, num(1)), Fraction(1)) == (0.0, 0.0)


@pytest.mark.parametrize("name", ["sin", "cos", "tan", "asin", "acos", "atan", "exp", "log", "sqrt"])
def test_the_library_is_as_good_as_assumed(name: str) -> None:
    """On 400 random numbers, at the length where numpy uses vector instructions, every function is within the bound for exact arguments."""
    random = np.random.default_rng(7)
    wide = np.concatenate([random.uniform(-1, 1, 200), random.uniform(-30, 30, 150), math.pi / 2 * random.integers(-40, 40, 50)])
    x = np.abs(wide) + 1e-3 if name in ("log", "sqrt") else wide[:200] if name in ("asin", "acos") else wide
    algebra = Mpmath(40)
    values, bounds = evaluated((Term(name, (X,)),), PAIRS, {"x": (x, np.zeros_like(x))})[0]
    for point, value, bound in zip(x, values, bounds, strict=True):
        (exact,) = evaluate((Term(name, (X,)),), algebra, {"x": algebra.number(Fraction(float(point)))})
        assert not np.isfinite(bound) or abs(algebra.exact(exact) - Fraction(float(value))) <= Fraction(float(bound)), (point, value, bound)


def test_cancellation_is_seen() -> None:
    """A difference of nearly equal numbers has no clear sign; ten times the rounding error has one."""
    term = sub(add(num(1), mul(X, X)), num(1))
    value, bound = bounded(term, Fraction(1, 10**9))
    assert abs(value) < 2 * bound
    value, bound = bounded(term, Fraction(1, 10**6))
    assert value > 2 * bound


def test_possible_division_by_zero_knows_nothing() -> None:
    """A divisor whose error reaches 0 gives an unbounded error."""
    assert not math.isfinite(bounded(div(num(1), sub(Term("sin", (X,)), Term("sin", (X,)))), Fraction(1))[1])
    assert not math.isfinite(bounded(power(sub(Term("sin", (X,)), Term("sin", (X,))), -2), Fraction(1))[1])


def test_gamma_is_accurate() -> None:
    """Gamma on arrays is good to 1e-13 from near 0 to 170, infinite beyond, and NaN for what is not positive."""
    x = np.array([1e-10, 0.1, 0.5, 1.0, 2.5, 10.3, 50.7, 120.2, 170.0])
    assert Floats.gamma(x) == pytest.approx([float(mpmath.gamma(mpmath.mpf(v))) for v in x], rel=1e-13)
    assert Floats.gamma(np.array([200.0, 0.0, -0.5, np.nan])).tolist()[0] == math.inf
    assert np.isnan(Floats.gamma(np.array([0.0, -0.5, np.nan]))).all()


@pytest.mark.parametrize("angle", [0.0, 1e-3, 1.0, math.pi / 2, 3.0, math.pi - 1e-3])
def test_angle_near_its_ends(angle: float) -> None:
    """The angle from dot, |u|², |v|² is as good near 0 and pi as these allow, and its bound says how good."""
    u, v = (Fraction(3, 2), Fraction(0)), (Fraction(math.cos(angle)), Fraction(math.sin(angle)))
    dot, uu, vv = (num(sum((a * b for a, b in zip(p, q, strict=True)), Fraction(0))) for p, q in ((u, v), (u, u), (v, v)))
    term = Term("angle", (dot, uu, vv))
    algebra = Mpmath(60)
    (exact,) = evaluate((term,), algebra, {})
    value, bound = bounded(term, Fraction(0))
    assert abs(algebra.exact(exact) - Fraction(value)) <= Fraction(bound)
    assert bound < 1e-7


def test_unusual_numbers() -> None:
    """Rationals beyond the range are infinite, tiny ones keep an honest bound, integrals have a value and no bound."""
    assert float(nearest(Fraction(-(10**400)))) == -math.inf
    value, bound = bounded(mul(num(Fraction(1, 10**200)), mul(X, num(Fraction(1, 10**200)))), Fraction(1))
    assert value == 0
    assert bound > 0
    body = Term("sin", (var("_1"),))
    value, bound = bounded(Term("integral", (body, num(0), X), "_1"), Fraction(2))
    assert value == pytest.approx(1 - math.cos(2), rel=1e-14)
    assert bound == math.inf
    assert math.isnan(bounded(Term("integral", (body, num(0), Term("inf", (), 1)), "_1"), Fraction(2))[0])


def test_sums_over_a_range() -> None:
    """A sum up to a variable end works on arrays; ends that are not whole numbers have no sum."""
    term = Term("sum", (power(var("_1"), 2), num(1), X), "_1")
    assert evaluated((term,), Floats(), {"x": np.array([0.0, 1.0, 4.0])})[0].tolist() == [0.0, 1.0, 30.0]
    assert np.isnan(evaluated((term,), Floats(), {"x": np.array([0.5, np.inf])})[0]).all()
    assert bounded(term, Fraction(4))[0] == 30
