"""Two variables that may be exchanged: monotone and convex functions compared at two points, where bisection never ends at equal values."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

import proofcheck

LINE = {"x": "[-3, 3]", "y": "[-3, 3]"}


@pytest.mark.parametrize(
    ("statement", "variables", "given"),
    [
        ("(x - y)*(exp(x) - exp(y)) >= 0", LINE, []),
        ("x*exp(y) + y*exp(x) <= x*exp(x) + y*exp(y)", LINE, []),
        ("sin((x + y)/2) >= (sin(x) + sin(y))/2", {"x": "[0, pi]", "y": "[0, pi]"}, []),
        ("log((x + y)/2) >= (log(x) + log(y))/2", {"x": "[1/2, 2]", "y": "[1/2, 2]"}, []),
        ("abs(sin(x) - sin(y)) <= abs(x - y)", LINE, []),
        ("log(y) - log(x) <= (y - x)/x", {"x": "[1/10, 10]", "y": "[1/10, 10]"}, ["x <= y"]),
        ("exp(y) - exp(x) > y - x", {"x": "[0, 1]", "y": "[0, 1]"}, ["x < y"]),
    ],
)
def test_equal_values_are_no_obstacle(statement: str, variables: Mapping[str, str], given: list[str]) -> None:
    """Each order by itself, by slopes from the equality on; a hypothesis may say which order, and that it is strict."""
    assert proofcheck.prove(statement, variables, given).proved


@pytest.mark.parametrize(
    ("statement", "variables", "given"),
    [
        ("(x - y)*(x^2 - y^2) >= 0", LINE, []),
        ("sin((x + y)/2) >= (sin(x) + sin(y))/2", {"x": "[0, 4]", "y": "[0, 4]"}, []),
        ("abs(sin(2*x) - sin(2*y)) <= abs(x - y)", LINE, []),
        ("exp(y) - exp(x) > y - x", {"x": "[0, 1]", "y": "[0, 1]"}, ["x <= y"]),
    ],
)
def test_false_neighbours_are_refuted(statement: str, variables: Mapping[str, str], given: list[str]) -> None:
    """The same shapes where one order fails, or the equality itself."""
    assert proofcheck.prove(statement, variables, given).verdict == "refuted"
