"""Arrays of intervals enclose what balls enclose."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from flint import arb

from proofcheck.algebras.floats import evaluated
from proofcheck.algebras.intervals import IntervalGradients, Intervals
from proofcheck.kernel.algebra import Ball, Gradient, ball, evaluate, precision
from proofcheck.kernel.scope import Scope

FORMULAS = (
    "x + y - x*y/3", "x^2 - 2*x*y", "x^3*y^2 - y^5", "1/(x^2 + 1/2)", "x/(y + 5)", "x^(-2)", "(x - y)^0", "sin(x) + cos(y)", "sin(3*x)*cos(2*y)^2",
    "tan(x/3)", "atan(x*y)", "exp(x - y)", "log(x + 3)", "log(x)", "sqrt(x + 5/2)", "sqrt(x)", "acos(x/3)", "asin(x/2 + y/9)", "acos(x)",
    "abs(x) - abs(y)", "min(x, y)*max(x, y^2)", "max(x, 1/2)", "gamma(x + 3)", "gamma(x/9 + 3/2)", "angle([x, 1], [y, 2])", "angle([x, y], [1, 0])", "-pi*x",
    "(x + y)^2*(x + y)", "2^20*x - 2^20*x + sin(10^3*y)",
    "eigenvalue(1, [[x, y], [y, 1]])", "eigenvalue(2, [[x, 0, 1], [0, y, 2], [1, 2, x*y]])",
)  # fmt: skip


def random_boxes(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return middles and radii of boxes in [-2, 2]^2, wide ones and narrow ones, whole numbers among their ends; all dyadic."""
    random = np.random.default_rng(seed)
    radius = np.ldexp(1.0, random.integers(-30, 1, (2, count)))
    middle = np.round(random.uniform(-2, 2, (2, count)) * 64) / 64
    return middle, np.where(random.random((2, count)) < 0.1, 0.0, radius)


@pytest.mark.parametrize("formula", FORMULAS)
def test_values_and_slopes_are_enclosed(formula: str) -> None:
    """At random points of random boxes the value and the partial derivatives by balls lie in the intervals, wherever these are finite."""
    scope = Scope({}, {}, "test")
    scope.domains({"x": "[-3, 3]", "y": "[-3, 3]"}, "for_all")
    term = scope.scalar(formula)
    middle, radius = random_boxes(len(formula), 60)
    for clip in (False, True):
        (natural,) = evaluated((term,), Intervals(clip=clip), {"x": (middle[0], radius[0]), "y": (middle[1], radius[1])})
        algebra = IntervalGradients(2, clip=clip)
        env = {name: algebra.variable((middle[i], radius[i]), i) for i, name in enumerate("xy")}
        ((value, parts),) = evaluated((term,), algebra, env)
        found = [np.broadcast_arrays(*pair, middle[0])[:2] for pair in (natural, value, *((0.0, 0.0) if part is None else part for part in parts))]
        random = np.random.default_rng(7)
        seen = 0
        with precision(128):
            for i in range(middle.shape[1]):
                for _ in range(5):
                    share = [Fraction(int(k), 4) for k in random.integers(-4, 5, 2)]
                    at = [ball(Fraction(middle[axis, i]) + share[axis] * Fraction(radius[axis, i])) for axis in range(2)]
                    exact = evaluate((term,), Ball(), {"x": at[0], "y": at[1]})[0]
                    slopes = Gradient(2)
                    _, partial = evaluate((term,), slopes, {"x": slopes.variable(at[0], 0), "y": slopes.variable(at[1], 1)})[0]
                    for (mid, rad), wanted in zip(found, (exact, exact, *(arb(0) if p is None else p for p in partial)), strict=True):
                        if np.isfinite(rad[i]) and wanted.is_finite():
                            seen += 1
                            enclosure = arb(Fraction(mid[i]).__float__(), rad[i].item())
                            assert enclosure.overlaps(wanted), (formula, i, clip, mid[i], rad[i], wanted)
        assert seen > 100 or formula in ("gamma(x/9 + 3/2)",)


@pytest.mark.parametrize("formula", FORMULAS)
def test_what_is_undefined_is_not_enclosed(formula: str) -> None:
    """Where balls say that a term may have no value at some point of the box, the natural form is not finite."""
    scope = Scope({}, {}, "test")
    scope.domains({"x": "[-3, 3]", "y": "[-3, 3]"}, "for_all")
    term = scope.scalar(formula)
    middle, radius = random_boxes(100 + len(formula), 80)
    (natural,) = evaluated((term,), Intervals(), {"x": (middle[0], radius[0]), "y": (middle[1], radius[1])})
    finite = np.isfinite(np.broadcast_arrays(*natural, middle[0])[1])
    with precision(64):
        for i in np.flatnonzero(finite):
            for a in (-1, 0, 1):
                for b in (-1, 0, 1):
                    at = {name: ball(Fraction(middle[k, i]) + s * Fraction(radius[k, i])) for k, (name, s) in enumerate((("x", a), ("y", b)))}
                    exact = evaluate((term,), Ball(clip=True), at)[0]
                    assert exact.is_finite(), (formula, at)
