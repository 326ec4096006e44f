"""Zeros inside a box: found where bisection gets stuck, guessed as exact numbers, and left alone where the statement is false beside them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

import proofcheck
from proofcheck.kernel.terms import Domain, num
from proofcheck.methods.minima import cuts

PLANE = {"x": "[-2, 2]", "y": "[-2, 2]"}


@pytest.mark.parametrize(
    ("statement", "variables"),
    [
        ("x^4 + y^4 + 1 >= 4*x*y - 1", PLANE),
        ("x^4 + y^4 - 2*x^2 - 2*y^2 + 2 >= 0", PLANE),
        ("cos(x) + cos(y) - cos(x + y) <= 3/2", {"x": "[0, pi]", "y": "[0, pi]"}),
        ("x*y + 1/x + 1/y >= 3", {"x": "[1/4, 4]", "y": "[1/4, 4]"}),
        ("exp(x - 1) + exp(y - 2) >= x + y - 1", {"x": "[0, 3]", "y": "[0, 3]"}),
        ("sin(x)*sin(y)*sin(x + y) <= 3*sqrt(3)/8", {"x": "[1/2, 2]", "y": "[1/2, 2]"}),
    ],
)
def test_both_sides_may_touch_inside(statement: str, variables: Mapping[str, str]) -> None:
    """One or four points at which both sides are equal do not stop the prover."""
    result = proofcheck.prove(statement, variables)
    assert result.proved
    assert "minimum" in result.rules


def test_what_falls_beside_a_zero_is_refuted() -> None:
    """A zero with slope 0 is no minimum: x^2 - 3 x y + y^2 is negative on the diagonal, and (x - 1)^3 on one side of 1."""
    assert proofcheck.prove("x^2 - 3*x*y + y^2 >= 0", PLANE).verdict == "refuted"
    assert proofcheck.prove("(x - 1)^3 + y^2 >= 0", PLANE).verdict == "refuted"


def test_cuts_are_simple_and_inside() -> None:
    """A cut near an end of the domain is left out; the others are simple numbers about a share of the domain away."""
    domain = Domain(num(0), num(4), lower_closed=True, upper_closed=True)
    low, high = cuts(domain, 0.2, Fraction(1, 8))
    assert low is None
    assert high is not None
    assert 0.6 < float(high.value) < 0.8
