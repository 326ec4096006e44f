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
    assert proofcheck.prove(statement, variables).proved


def test_minimum_closes_what_is_no_polynomial() -> None:
    """Where no sum of squares is in reach the point itself is the proof."""
    result = proofcheck.prove("exp(x - 1) + exp(y - 2) >= x + y - 1", {"x": "[0, 3]", "y": "[0, 3]"})
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


@pytest.mark.parametrize(
    ("statement", "variables"),
    [
        ("abs(x + y) <= abs(x) + abs(y)", PLANE),
        ("abs(abs(x) - abs(y)) <= abs(x - y)", PLANE),
        ("abs(4*x^3 - 3*x) <= 1", {"x": "[-1, 1]"}),
        ("abs(sin(x)) + abs(cos(x)) <= sqrt(2)", {"x": "[0, 2*pi]"}),
        ("max(x, y) - min(x, y) >= abs(x) - abs(y)", PLANE),
        ("log(1 + 1/x) > 1/(x + 1)", {"x": "(0, inf)"}),
        ("(x + y)/(1 + x*y) < 1", {"x": "(-1, 1)", "y": "(-1, 1)"}),
        ("-x*log(x) - (1 - x)*log(1 - x) <= log(2)", {"x": "(0, 1)"}),
    ],
)
def test_kinks_ends_and_far_away(statement: str, variables: Mapping[str, str]) -> None:
    """Kinks are taken apart into cases, what is slow at infinity is looked at from 0, a divisor's sign is a premise."""
    assert proofcheck.prove(statement, variables).proved


def test_kinks_do_not_hide_what_is_false() -> None:
    """The same shapes where one case fails."""
    assert proofcheck.prove("abs(x + y) >= abs(x) + abs(y)", PLANE).verdict == "refuted"
    assert proofcheck.prove("abs(4*x^3 - 3*x) <= 99/100", {"x": "[-1, 1]"}).verdict == "refuted"
    assert proofcheck.prove("max(x, y) - min(x, y) >= abs(x)", PLANE).verdict == "refuted"
