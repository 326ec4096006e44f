"""Both sides squared: how a difference is taken apart, and what the kernel accepts of it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from proofcheck.kernel.exact import is_zero
from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import Obligation, sub
from proofcheck.methods import inequality
from proofcheck.methods.sides import by_sides, sides_of
from proofcheck.methods.sums import Node

REAL = {"x": "real", "y": "real"}


def goal(text: str, domains: Mapping[str, str] = REAL) -> Obligation:
    """Return an obligation."""
    scope = Scope({}, {}, "test")
    scope.domains(dict(domains), "for_all")
    return Obligation("goal", tuple(scope.box.items()), (), scope.formula(text, "goal"))


def nothing(_: Obligation) -> Node | None:
    """Find no proof."""
    return None


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("sqrt(x^2 + 1) >= y", [("sqrt(x^2 + 1)", "y")]), ("y < sqrt(x^2 + 1) + 2", [("2 + sqrt(x^2 + 1)", "y"), ("sqrt(x^2 + 1)", "y + -2")]),
        ("abs(x) + abs(y) >= abs(x + y)", [("abs(y) + abs(x)", "abs(x + y)")]), ("x^2 >= y", []), ("sqrt(2) >= 1", [("sqrt(2)", "1")]), ("abs(x) = y", []),
        ("abs(x) >= 0", []), ("0 >= abs(x)", []), ("sqrt(x^2 + 1)/(1 + y^2) >= x", []), ("x <= y and abs(x) >= y", []),
    ],
)  # fmt: skip
def test_a_difference_is_taken_apart(text: str, sides: list[tuple[str, str]]) -> None:
    """P is what is not negative, or the roots of it; there is nothing to square without a root, or where one side is 0."""
    found = list(sides_of(goal(text)))
    assert len(found) == len(sides)
    for parts, wanted in zip(found, sides, strict=True):
        for part, side in zip(parts, wanted, strict=True):
            assert is_zero(sub(part, goal(f"{side} >= 0").goal.args[0])), (found, sides)


def test_nothing_is_left_where_the_squares_are_equal() -> None:
    """|x| |y| >= x y needs no proof of what is left; with a strict relation there is none."""
    weak, strict = goal("abs(x)*abs(y) >= x*y"), goal("abs(x)*abs(y) > x*y")
    node = by_sides(weak, lambda *_: [], nothing)
    assert node is not None
    assert prove(weak, node, Link())
    tree = getattr(inequality.attempt(strict, {"cells": 300}, lambda *_: None), "tree", None)
    assert tree is None or not prove(strict, tree, Link())
    assert by_sides(goal("sqrt(x^2 + 1) >= y"), lambda *_: [], nothing) is None
    assert by_sides(goal("sqrt(x^2 + 1) >= y"), lambda *_: None, nothing) is None


def test_the_other_direction_works_too() -> None:
    """N <= P is the same as P >= N."""
    obligation = goal("x*y <= abs(y)*abs(x)")
    node = by_sides(obligation, lambda *_: [], nothing)
    assert node is not None
    assert prove(obligation, node, Link())
