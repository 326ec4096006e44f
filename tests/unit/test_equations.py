"""Linear equations among the hypotheses: one variable less, and nothing is forgotten."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

import proofcheck

ANGLES = {"a": "[0, pi]", "b": "[0, pi]", "c": "[0, pi]"}
TRIANGLE = ["a + b + c = pi"]


@pytest.mark.parametrize(
    ("statement", "variables", "given"),
    [
        ("sin(a/2)*sin(b/2)*sin(c/2) <= 1/8", ANGLES, TRIANGLE),
        ("cos(a) + cos(b) + cos(c) <= 3/2", ANGLES, TRIANGLE),
        ("exp(x)*exp(y) >= 2", {"x": "[0, 1]", "y": "[0, 1]"}, ["2*x + 2*y = 2"]),
        # the domain of the variable that goes is still known
        ("x <= 1/2", {"x": "[0, 1]", "y": "[1/2, 1]"}, ["x + y = 1"]),
        ("sin(x) <= 1/2", {"x": "[0, 1]", "y": "[1/2, 1]"}, ["x + y = 1"]),
        # a variable that does not occur matters by a hypothesis
        ("sin(x) <= 1/2", {"x": "[0, 1]", "y": "[0, 1/2]"}, ["x <= y"]),
    ],
)
def test_determined_variable_is_eliminated(statement: str, variables: Mapping[str, str], given: list[str]) -> None:
    """What bisection never reaches, a surface without inside, is a box in the other variables."""
    assert proofcheck.prove(statement, variables, given).proved


@pytest.mark.parametrize(
    ("statement", "variables", "given"),
    [
        ("cos(a) + cos(b) + cos(c) <= 149/100", ANGLES, TRIANGLE),
        ("sin(x) <= 2/5", {"x": "[0, 1]", "y": "[1/2, 1]"}, ["x + y = 1"]),
        ("x <= 1/3", {"x": "[0, 1]", "y": "[1/2, 1]"}, ["x + y = 1"]),
    ],
)
def test_false_neighbours_on_the_surface_are_refuted(statement: str, variables: Mapping[str, str], given: list[str]) -> None:
    """The witness satisfies the equation exactly."""
    assert proofcheck.prove(statement, variables, given).verdict == "refuted"
