"""Signs by structure: what follows, and what must not."""


from __future__ import annotations

from collections.abc import Callable

import pytest

from proofcheck import kernel
from proofcheck.kernel.signs import Signs

HALF = {"x": "(0, pi/2)"}
PLANE = {"x": "real", "y": "real"}
# statement, domains, hypotheses, whether the signs decide it
CASES: list[tuple[str, dict[str, str], list[str], bool]] = [
    ("x > 0", {"x": "(0, 1]"}, [], True), ("x > 0", {"x": "[0, 1]"}, [], False), ("x >= 0", {"x": "[0, inf)"}, [], True), ("x < 0", {"x": "(-inf, 0)"}, [], True), ("x <= 0", {"x": "[-1, 0]"}, [], True),
    ("x < 1", {"x": "[0, 1)"}, [], True), ("x < 1", {"x": "[0, 1]"}, [], False), ("x != 0", {"x": "[1, 2]"}, [], True), ("x != 0", PLANE, [], False), ("x = x", PLANE, [], True), ("pi > 3", {}, [], True),
    ("4*cos(pi/5) - 1 = 4*cos(pi/5) - 1", {}, [], True), ("exp(x) > 0", PLANE, [], True), ("gamma(x) > 0", {"x": "(0, inf)"}, [], True), ("acos(x) >= 0", {"x": "[-1, 1]"}, [], True), ("asin(x) > 0", {"x": "(0, 1]"}, [], True),
    ("atan(x) < 0", {"x": "(-inf, 0)"}, [], True), ("angle([x, 1], [1, 1]) >= 0", PLANE, [], True), ("sqrt(x) > 0", {"x": "(0, 1]"}, [], True), ("sqrt(x) >= 0", {"x": "[0, 1]"}, [], True), ("sqrt(x) > 0", {"x": "[0, 1]"}, [], False),
    ("log(x) < 0", {"x": "(0, 1)"}, [], False), ("sin(x) > 0", HALF, [], True), ("cos(x) > 0", HALF, [], True), ("sin(x) < 0", {"x": "(-pi, 0)"}, [], True), ("cos(x) <= 0", {"x": "[pi/2, pi]"}, [], False),
    ("sin(x) > 0", {"x": "[0, pi]"}, [], False), ("sin(x) >= 0", {"x": "[0, pi]"}, [], True), ("sin(x) <= 0", {"x": "[-pi, 0]"}, [], True), ("sin(x) > 0", {"x": "(0, 4)"}, [], False), ("cos(x) > 0", {"x": "(0, pi)"}, [], False),
    ("tan(x) > 0", HALF, [], True), ("abs(x) >= 0", PLANE, [], True), ("abs(x) > 0", {"x": "[1, 2]"}, [], True), ("-x^3 < 0", {"x": "(0, 1]"}, [], True), ("x^2 >= 0", PLANE, [], True), ("x^3 >= 0", PLANE, [], False),
    ("x^0 > 0", PLANE, [], True), ("x^(-2) > 0", {"x": "(0, 1]"}, [], True), ("x^(-3) < 0", {"x": "[-2, 0)"}, [], True), ("x*y >= 0", {"x": "[0, 1]", "y": "[0, 1]"}, [], True), ("x/y > 0", {"x": "(0, 1]", "y": "(0, 1]"}, [], True),
    ("x/y < 0", {"x": "(0, 1]", "y": "[-1, 0)"}, [], True), ("min(x, y) > 0", {"x": "(0, 1]", "y": "(0, 1]"}, [], True), ("max(x, y) >= 0", {"x": "[0, 1]", "y": "real"}, [], True), ("min(x, y) > 0", {"x": "(0, 1]", "y": "real"}, [], False),
    ("x + y > 0", {"x": "(0, 1]", "y": "[0, 1]"}, [], True), ("x - y > 0", {"x": "(0, 1]", "y": "[-1, 0]"}, [], True), ("x - y > 0", {"x": "(0, 1]", "y": "(0, 1]"}, [], False), ("x^2 + y^2 >= 2*x*y", PLANE, [], True),
    ("x^2 + y^2 > 2*x*y", PLANE, [], False), ("x^2 - 2*x + 1 >= 0", PLANE, [], True), ("(x^2 - 1)/(x + 1) > 0", {"x": "(1, 2]"}, [], True), ("1/x - 1 >= 0", {"x": "(0, 1]"}, [], True), ("x - x^2 > 0", {"x": "(0, 1)"}, [], True),
    ("2*x - pi < 0", HALF, [], True), ("x + y < 2", {"x": "[0, 1]", "y": "[0, 1)"}, [], True), ("x + y < 2", {"x": "[0, 1]", "y": "[0, 1]"}, [], False), ("x - y >= 0", {"x": "[0, 1]", "y": "[0, x]"}, [], True),
    ("x - y > 0", {"x": "[0, 1]", "y": "[0, x)"}, [], True), ("x - y > 0", {"x": "(0, 1]", "y": "[0, x]"}, [], False), ("x > -1", {"x": "real"}, ["x > 0"], True), ("x > 0", PLANE, ["-x < 0"], True), ("y - x < 0", PLANE, ["x > y"], True),
    ("x != 0", PLANE, ["x^2 != 0 and x != 0"], True), ("x = 0", PLANE, ["2*x = x"], True), ("x > 0", PLANE, ["x > 0 or x > 1"], False), ("x > 0 and x < 2", {"x": "(0, 1]"}, [], True), ("x > 5 or x > 0", {"x": "(0, 1]"}, [], True),
    ("not x <= 0", {"x": "(0, 1]"}, [], True), ("not (x <= 0 or x > 3)", {"x": "(0, 1]"}, [], False), ("integral(p, p, 0, x) >= 0", {"x": "[0, 1]"}, [], False), ("acos(x) <= pi", {"x": "[-1, 1]"}, [], True),
    ("acos(x) < pi/2", {"x": "(0, 1]"}, [], True), ("acos(x) < pi/2", {"x": "[0, 1]"}, [], False), ("acos(x) > pi/2", {"x": "[-1, 0)"}, [], True), ("atan(x) < pi/2", PLANE, [], True), ("atan(x) <= 0", {"x": "[-1, 0]"}, [], True),
    ("asin(x) <= pi/2", {"x": "[-1, 1]"}, [], True), ("asin(x) < pi/2", {"x": "[-1, 1]"}, [], False), ("sin(x + y - y) > 0", {"x": "(0, 1)", "y": "real"}, [], True), ("x*abs(y) > -1", {"x": "[0, 1]", "y": "real"}, [], True),
    ("x - log(-1) > 0", {"x": "[1, 2]"}, [], False),
    ("(x - 1)*(x - 2)/(x - 2) < 0", {"x": "[0, 1)"}, [], True), ("x*(4*cos(pi/5) - 1 - sqrt(5)) >= 0", {"x": "[1, 2]"}, [], False), ("sin(65*x)^3 > 2", {"x": "[1, 2]"}, [], False), ("x - 1/(x - x) > 0", {"x": "[1, 2]"}, [], False),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[1].get('x', '')} {case[3]}")
def test_signs_decide(claim_file: Callable[..., bytes], case: tuple[str, dict[str, str], list[str], bool]) -> None:
    """The signs of the parts decide exactly these."""
    statement, domains, given, wanted = case
    goal = kernel.read(claim_file(statement, domains, given=given)).entries[0].obligation
    assert Signs(goal.box, goal.given).holds(goal.goal) is wanted
