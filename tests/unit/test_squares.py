"""Sums of squares by completing one square after another."""

from __future__ import annotations

from fractions import Fraction

import pytest

from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import Obligation
from proofcheck.methods.squares import by_squares, completed


def goal(text: str) -> Obligation:
    """Return an obligation in five variables on [-1, 1]."""
    scope = Scope({}, {}, "test")
    scope.domains(dict.fromkeys("abcxy", "[-1, 1]"), "for_all")
    return Obligation("goal", tuple(scope.box.items()), (), scope.formula(text, "goal"))


@pytest.mark.parametrize(
    "text",
    [
        "a^2 + b^2 + c^2 >= a*b + b*c + c*a", "a^2 + b^2 + c^2 > a*b + b*c + c*a - 1/10^9", "a*b + b*c + c*a <= a^2 + b^2 + c^2", "2*x*y < x^2 + y^2 + 1/2",
        "exp(2*x) + exp(y)^2 >= 2*exp(x)*exp(y)", "(x - 1/3)^2 >= 0", "x^2 - x + 1/4 >= 0", "3/2*x^2 - x*y + y^2 + a^2 - a + 26/100 > 0",
    ],
)  # fmt: skip
def test_sums_of_squares_are_accepted(text: str) -> None:
    """What is found, the kernel accepts."""
    obligation = goal(text)
    node = by_squares(obligation)
    assert node is not None
    assert prove(obligation, node, Link())


@pytest.mark.parametrize(
    "text",
    [
        "a^2 + b^2 + c^2 > a*b + b*c + c*a", "a^2 + b^2 >= 3*a*b", "x*y <= 1", "x^2 - x + 1/5 >= 0", "x^4 + 1 > 0", "x/y + y/x >= 2", "x > -2", "x^2 = x^2",
        "1 > 0", "max(x, y)^3 > -2", "sqrt(x + 1) >= 0",
    ],
)  # fmt: skip
def test_everything_else_is_left_alone(text: str) -> None:
    """No squares are found where there are none, or not of degree two."""
    assert by_squares(goal(text)) is None


def test_completing_squares() -> None:
    """The forms give the matrix back; a matrix with a negative direction has none."""
    matrix = [[Fraction(entry) for entry in row] for row in ((2, 1, 0), (1, 1, -1), (0, -1, 3))]
    forms = completed(matrix)
    assert forms is not None
    back = [[Fraction(0)] * 3 for _ in range(3)]
    for factor, form in forms:
        padded = [Fraction(0)] * (3 - len(form)) + form
        for i in range(3):
            for j in range(3):
                back[i][j] += factor * padded[i] * padded[j]
    assert back == matrix
    assert completed([[Fraction(0), Fraction(1)], [Fraction(1), Fraction(5)]]) is None
    assert completed([[Fraction(1), Fraction(2)], [Fraction(2), Fraction(1)]]) is None
