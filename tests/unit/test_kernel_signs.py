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
    ("log(x) < 0", {"x": "(0, 1)"}, [], True), ("log(x) < 0", {"x": "(0, 1]"}, [], False), ("log(1 + x^2) >= 0", {"x": "real"}, [], True), ("log(x) > 0", {"x": "(0, 2)"}, [], False), ("sin(x) > 0", HALF, [], True), ("cos(x) > 0", HALF, [], True), ("sin(x) < 0", {"x": "(-pi, 0)"}, [], True), ("cos(x) <= 0", {"x": "[pi/2, pi]"}, [], True), ("cos(x) < 0", {"x": "[pi/2, pi]"}, [], False), ("cos(x) < 0", {"x": "(pi/2, 3*pi/2)"}, [], True), ("cos(x) <= 0", {"x": "[pi/2, 5]"}, [], False),
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
    # ranges of functions, of products with a constant, of monomials
    ("sin(x*y) <= 1", PLANE, [], True), ("sin(x*y) < 1", PLANE, [], False), ("sin(x*y) >= -1", PLANE, [], True), ("sin(x*y) > -1 - 1/10^9", PLANE, [], True), ("sin(x*y) >= -1 + 1/10^9", PLANE, [], False),
    ("x + sin(x) <= x + 1", PLANE, [], True), ("x + sin(x) < x + 1", PLANE, [], False), ("sin(x) + cos(y) <= 2", PLANE, [], True), ("sin(x) + cos(y) <= 199/100", PLANE, [], False), ("3*sin(x) - 2*cos(y) >= -5", PLANE, [], True),
    ("cos(x) < 1", {"x": "(0, 2*pi)"}, [], True), ("cos(x) < 1", {"x": "[0, 2*pi)"}, [], False), ("cos(x) < 1", {"x": "(0, 2*pi]"}, [], False), ("cos(x) < 1", {"x": "(-2*pi, 0)"}, [], True), ("cos(x) < 1", {"x": "(-1, 1)"}, [], False),
    ("cos(x) > -1", {"x": "(-pi, pi)"}, [], True), ("cos(x) > -1", {"x": "(-pi, pi]"}, [], False), ("cos(x) > -1", {"x": "(0, 7)"}, [], False),
    ("sin(x) < 1", {"x": "[0, pi/2)"}, [], True), ("sin(x) < 1", {"x": "[0, pi/2]"}, [], False), ("sin(x) < 1", {"x": "(pi/2, 5*pi/2)"}, [], True), ("sin(x) < 1", {"x": "(pi/2, 8)"}, [], False),
    ("sin(x) > -1", {"x": "(-pi/2, 3*pi/2)"}, [], True), ("sin(x) > -1", {"x": "(-pi/2, 5)"}, [], False), ("sin(x) > -1", {"x": "[-pi/2, 1]"}, [], False),
    ("exp(x) + abs(y) > 0", PLANE, [], True), ("exp(x) - y > 0", {"x": "real", "y": "(-inf, 0]"}, [], True), ("exp(x) - y > 0", {"x": "real", "y": "[0, 1]"}, [], False),
    ("pi*x <= 4", {"x": "[0, 5/4]"}, [], True), ("pi*x <= 4", {"x": "[0, 13/10]"}, [], False), ("-pi*x >= -4", {"x": "[0, 5/4]"}, [], True), ("(pi - 4)*x < 0", {"x": "(0, 1]"}, [], True),
    ("sqrt(2)*cos(y) + x <= 5/2", {"x": "[0, 1]", "y": "real"}, [], True), ("sqrt(2)*cos(y) + x <= 12/5", {"x": "[0, 1]", "y": "real"}, [], False), ("pi*x*y <= 4", {"x": "[0, 1]", "y": "[0, 1]"}, [], False),
    ("asin(x)*(1 - sqrt(2)) >= -4", {"x": "[-1, 1]"}, [], True), ("(1 - sqrt(2))*asin(x) >= -6/10", {"x": "[-1, 1]"}, [], False), ("x*(4*cos(pi/5) - 1 - sqrt(5)) + x*pi >= -1", {"x": "[1, 2]"}, [], True),
    ("x*y >= 1", PLANE, ["x*y > 2"], True), ("x*y + x^2 > 0", {"x": "(0, 1]", "y": "(0, 1]"}, [], True), ("x*y + x^2 + 1 > 0", {"x": "real", "y": "real"}, ["x*y >= 0"], True), ("x*y + 1 > 0", PLANE, ["y <= 0"], False),
    ("log(1/2)*x >= -1", {"x": "[0, 1]"}, [], True), ("log(1/2)*x >= -1/2", {"x": "[0, 1]"}, [], False), ("log(1/2)*x < 0", {"x": "(0, 1]"}, [], True),
    ("(x + y + z + w + 1)^4 + x > 0", {"x": "[0, 1]", "y": "real", "z": "real", "w": "real"}, [], False),
    ("x < 1", {"x": "(0, 1/sqrt(2)]"}, [], True), ("x <= 7/10", {"x": "(0, 1/sqrt(2)]"}, [], False), ("x + y < 2/sqrt(3)", {"x": "[0, 1/sqrt(3))", "y": "[0, 1/sqrt(3)]"}, [], True),
    ("exp(-x^2) <= 1", {"x": "real"}, [], True), ("exp(-x^2) < 1", {"x": "real"}, [], False), ("exp(-x) < 1", {"x": "(0, inf)"}, [], True), ("exp(x) > 1", {"x": "(0, 1)"}, [], True), ("exp(x*y) >= 1", {"x": "[0, 1]", "y": "[0, 1]"}, [], True),
    ("exp(x) <= 1", {"x": "[-1, 1]"}, [], False), ("exp(x) >= 1", {"x": "[-1, 1]"}, [], False), ("exp(-x*y*(x + 1)^2) <= 1", {"x": "[0, 1]", "y": "[0, 1]"}, [], True), ("2*exp(x) - sin(y) >= 1", {"x": "[0, 1]", "y": "real"}, [], True),
    ("acos(x)/2 < 2", {"x": "[-1, 1]"}, [], True), ("sin(x) < 1/2", {"x": "[0, 1]"}, ["sin(x) < 1/3"], True), ("cos(y) >= -2", PLANE, ["cos(y) < x"], True),
    ("x - log(-1) > 0", {"x": "[1, 2]"}, [], False),
    ("(x - 1)*(x - 2)/(x - 2) < 0", {"x": "[0, 1)"}, [], True), ("x*(4*cos(pi/5) - 1 - sqrt(5)) >= 0", {"x": "[1, 2]"}, [], False), ("sin(65*x)^3 > 2", {"x": "[1, 2]"}, [], False), ("x - 1/(x - x) > 0", {"x": "[1, 2]"}, [], False),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[1].get('x', '')} {case[3]}")
def test_signs_decide(claim_file: Callable[..., bytes], case: tuple[str, dict[str, str], list[str], bool]) -> None:
    """The signs of the parts decide exactly these."""
    statement, domains, given, wanted = case
    goal = kernel.read(claim_file(statement, domains, given=given)).entries[0].obligation
    assert Signs(goal.box, goal.given).holds(goal.goal) is wanted
