"""The rule `positive`: sums of squares times what is not negative; what it accepts, and what it rejects by which code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flint import fmpq

from proofcheck.kernel import Receipt
from proofcheck.kernel.rules.positive import MAX_BASIS, MAX_BITS, semidefinite

REAL, PLANE, UNIT, OPEN = {"x": "real"}, {"x": "real", "y": "real"}, {"x": "[0, 1]"}, {"x": "(0, 1)"}
QUADRANT = {"x": "[0, inf)", "y": "[0, inf)"}


def part(basis: Any, matrix: Any, *times: str, **more: Any) -> dict[str, Any]:
    """Return a sum of squares times factors."""
    return {"basis": basis, "matrix": matrix, **({"times": list(times)} if times else {}), **more}


def positive(*parts: Any, **more: Any) -> dict[str, Any]:
    """Return a node of the rule."""
    return {"rule": "positive", "parts": list(parts), **more}


SQUARE = part(["x", "y"], [1, -1, 1])
ONE = part(["1"], [1])
NONE = positive()
HALF = {"rule": "bisection", "prec": 64, "tree": "N"}

PROVED: list[tuple[str, dict[str, str], dict[str, Any], dict[str, Any]]] = [
    ("x^2 + y^2 >= 2*x*y", PLANE, positive(SQUARE), {}),
    ("2*x*y <= x^2 + y^2", PLANE, positive(SQUARE), {}),
    ("x^2 + y^2 + 1/3 > 2*x*y", PLANE, positive(SQUARE, part(["1"], [1], over=3)), {}),
    ("2*x*y < x^2 + y^2 + 4", PLANE, positive(part(["-2"], [1]), SQUARE), {}),
    ("x^3 + x*y^2 >= 2*x^2*y", QUADRANT, positive(SQUARE | {"times": ["x"]}), {}),
    ("x*y + x^2*(1 - x) >= 0", {"x": "[0, 1]", "y": "[0, 1]"}, positive(part(["1"], [1], "x", "y"), part(["x"], [1], "1 - x")), {}),
    ("x - x^2 > 0", OPEN, positive(part(["1"], [1], "x", "1 - x")), {}),
    ("x^2 + x - x^3 > 0", OPEN, positive(part(["x"], [1]), part(["1"], [1], "x", "1 - x", "1 + x")), {}),
    ("x > 1", REAL, positive(part(["1"], [1], "x - 1")), {"given": ["x > 1"]}),
    ("x >= 1", REAL, positive(part(["1"], [1], "-(1 - x)")), {"given": ["1 < x and x < 9"]}),
    ("x + y <= 2", PLANE, positive(part(["1", "x"], [1, -1, 1]), part(["1", "y"], [1, -1, 1], over=1), part(["1", "x", "y"], [0] * 6), using=["-1"]),
     {"given": ["x^2 + y^2 = x + y"]}),
    ("2*x*y <= 1", PLANE, positive(SQUARE, using=["-1"]), {"given": ["x^2 + y^2 = 1"]}),
    ("x - y >= 0", {"x": "[0, 1]", "y": "[0, x]"}, positive(part(["1"], [1], "x - y")), {}),
    ("x*(x - 1) >= 0", {"x": "integer in [1, 9]"}, positive(part(["1"], [1], "x", "x - 1")), {}),
    ("5 + 4*sin(x) >= 0", REAL, positive(part(["1", "sin(x)", "cos(x)"], [1, 2, 4, 0, 0, 4]), using=[]), {}),
    ("exp(2*x) + 1 >= 2*exp(x)", REAL, positive(part(["exp(x)", "1"], [1, -1, 1])), {}),
    ("(x^2 + 1)/x >= 2", {"x": "(0, inf)"}, positive(part(["x", "1"], [1, -1, 1], "1/x")), {}),
    ("sqrt(x) + x >= 0", UNIT, positive(part(["1"], [1], "sqrt(x)"), part(["1"], [1], "x")), {}),
    ("x + y >= 2*sqrt(x)*sqrt(y)", QUADRANT, positive(part(["sqrt(x)", "sqrt(y)"], [1, -1, 1])), {}),
    ("x^4 - 2*x^2 + 1 >= 0", REAL, positive(part(["x^2", "1"], [1, -1, 1])), {}),
    ("x >= x", REAL, NONE, {}),
    ("x^2 - x + 1/3 >= 0", UNIT, positive(part(["1"], [1], "x^2 - x + 1/3"), premises=[{"rule": "bisection", "prec": 64, "tree": "00MM0MM"}]), {}),
    ("sqrt(x^2 - x + 1/3) >= 0", UNIT, positive(part(["1"], [1], "sqrt(x^2 - x + 1/3)"), premises=[{"rule": "bisection", "prec": 64, "tree": "00MM0MM"}]), {}),
]  # fmt: skip


@pytest.mark.parametrize("case", PROVED, ids=lambda case: case[0])
def test_sums_of_squares_are_accepted(judge: Callable[..., Receipt], case: tuple[str, dict[str, str], dict[str, Any], dict[str, Any]]) -> None:
    """A right proof is accepted."""
    statement, domains, proof, rest = case
    assert judge(statement, proof, domains, **rest).verdict == "proved"


REJECTED: list[tuple[str, str, dict[str, str], dict[str, Any], dict[str, Any]]] = [
    # the shape of the node
    ("PC302", "x^2 >= 0", REAL, positive(part(["x"], [1]), trust="me"), {}),
    ("PC302", "x^2 >= 0", REAL, positive(part(["x"], [1], trust="me")), {}),
    ("PC302", "x^2 >= 0", REAL, positive("x^2"), {}),
    ("PC302", "x^2 >= 0", REAL, positive(part("x", [1])), {}),
    ("PC302", "x^2 >= 0", REAL, positive({"matrix": [1]}), {}),
    ("PC302", "x^2 >= 0", REAL, positive(part([], [])), {}),
    ("PC302", "x^2 >= 0", REAL, positive(part(["x"], "1")), {}),
    ("PC302", "x^2 >= 0", REAL, positive(part(["x"], ["1"])), {}),
    ("PC302", "x^2 >= 0", REAL, positive(part(["x"], [True])), {}),
    ("PC302", "x^2 >= 0", REAL, positive(part(["x"], [1, 0])), {}),
    ("PC302", "x^2 >= 0", REAL, positive(part(["x"], [1], over=0)), {}),
    ("PC302", "x^2 >= 0", REAL, positive(part(["x"], [1], over=-1)), {}),
    ("PC302", "x^2 >= 0", REAL, positive(part(["x"], [1], over="2")), {}),
    ("PC302", "x^2 >= 0", REAL, positive(part(["x"], [2**MAX_BITS])), {}),
    ("PC302", "x^2 >= 0", REAL, positive(part(["x"] * (MAX_BASIS + 1), [1])), {}),
    ("PC302", "x^2 >= 0", REAL, positive(part(["x"], [1]) | {"times": "x"}), {}),
    ("PC302", "x^2 >= 0", REAL, positive(part(["z"], [1])), {}),
    ("PC302", "x^2 >= 0", REAL, positive(part(["x >= 0"], [1])), {}),
    ("PC302", "x^2 >= 0", REAL, positive(part(["x"], [1]), using=["1"]), {}),
    ("PC302", "x^2 >= 0", REAL, positive(part(["x"], [1]), using="1"), {}),
    ("PC302", "x^2 >= 0", REAL, positive(part(["x"], [1]), premises=[{"rule": "sign"}]), {}),
    # the shape of the goal
    ("PC315", "x^2 >= 0 and x^2 >= -1", REAL, positive(part(["x"], [1])), {}),
    ("PC315", "not x^2 < 0", REAL, positive(part(["x"], [1])), {}),
    ("PC315", "x = x", REAL, NONE, {}),
    ("PC315", "x != x + 1", REAL, positive(ONE), {}),
    # the identity
    ("PC306", "x^2 + y^2 >= 2*x*y - 1", PLANE, positive(SQUARE), {}),
    ("PC306", "x^2 + y^2 >= 3*x*y", PLANE, positive(SQUARE), {}),
    ("PC306", "x^2 + y^2 <= 2*x*y", PLANE, positive(SQUARE), {}),
    ("PC306", "x^2 >= 0", REAL, positive(part(["x"], [1], over=2)), {}),
    ("PC306", "x^2 >= 0", REAL, NONE, {}),
    ("PC306", "2*x*y <= 1", PLANE, positive(SQUARE, using=["1"]), {"given": ["x^2 + y^2 = 1"]}),
    ("PC306", "2*x*y <= 1", PLANE, positive(SQUARE), {"given": ["x^2 + y^2 = 1"]}),
    ("PC302", "2*x*y <= 1", PLANE, positive(SQUARE, using=["-1"]), {"given": ["x^2 + y^2 <= 1"]}),
    ("PC302", "2*x*y <= 1", PLANE, positive(SQUARE, using=["-1"]), {"given": ["x^2 + y^2 = 1 or x = 0"]}),
    ("PC302", "2*x*y <= 1", PLANE, positive(SQUARE, using=["-1"]), {"given": ["not x^2 + y^2 = 1"]}),
    ("PC306", "x >= 0", UNIT, positive(part(["eigenvalue(1, [[x]])"], [1])), {}),
    # the matrices
    ("PC303", "-x^2 <= 0", REAL, positive(part(["x"], [-1])), {}),
    ("PC303", "x^2 - y^2 >= -1", PLANE, positive(part(["x", "y", "1"], [1, 0, -1, 0, 0, 1])), {}),
    ("PC303", "2*x*y >= -1", PLANE, positive(part(["x", "y", "1"], [0, 1, 0, 0, 0, 1])), {}),
    ("PC303", "x^2 + 4*x*y + y^2 >= 0", PLANE, positive(part(["x", "y"], [1, 2, 1])), {}),
    # strict relations
    ("PC303", "x^2 + y^2 > 2*x*y", PLANE, positive(SQUARE), {}),
    ("PC303", "x^2 + 1 > 0", REAL, positive(part(["x", "1"], [1, 0, 1])), {}),
    ("PC303", "x^2 + 1 > 0", REAL, positive(part(["x"], [1]), part(["1"], [0]), part(["x^2 + 1 - x^2"], [1])), {}),
    ("PC307", "x > 0", UNIT, positive(part(["1"], [1], "x")), {}),
    ("PC307", "x > 1", REAL, positive(part(["1"], [1], "x - 1")), {"given": ["x >= 1"]}),
    ("PC307", "x - x^2 > 0", {"x": "(0, 1]"}, positive(part(["1"], [1], "x", "1 - x")), {}),
    # factors
    ("PC307", "x >= 0", REAL, positive(part(["1"], [1], "x")), {}),
    ("PC307", "x >= 1", UNIT, positive(part(["1"], [1], "x - 1")), {}),
    ("PC307", "x >= 1", REAL, positive(part(["1"], [1], "x - 1")), {"given": ["x >= 1 or x <= 0"]}),
    ("PC307", "x >= 1", REAL, positive(part(["1"], [1], "x - 1")), {"given": ["not x >= 1"]}),
    ("PC307", "x >= 1", REAL, positive(part(["1"], [1], "x - 1")), {"given": ["x <= 1"]}),
    ("PC307", "x >= 1", REAL, positive(part(["1"], [1], "x - 1")), {"given": ["x != 1"]}),
    ("PC307", "x*y >= 0", PLANE, positive(part(["1"], [1], "x", "y")), {"given": ["x >= 0"]}),
    ("PC303", "x^2 - x + 1/3 >= 0", UNIT, positive(part(["1"], [1], "x^2 - x + 1/3"), premises=[{"rule": "bisection", "prec": 64, "tree": "N"}]), {}),
    ("PC315", "x >= 1", UNIT, positive(part(["1"], [1], "x - 1"), premises=[{"rule": "witness", "at": {"x": "0"}}]), {}),
    # values
    ("PC307", "x + 1/x >= 2", REAL, positive(part(["x", "1"], [1, -1, 1], "1/x")), {}),
    ("PC307", "x/x >= 1", REAL, NONE, {}),
    ("PC307", "x^2 >= 0", REAL, positive(part(["x^2/x"], [1])), {}),
    ("PC307", "x^2 >= 0", REAL, positive(part(["x"], [1], "x/x")), {}),
    ("PC307", "2*x*y <= 1", PLANE, positive(SQUARE, using=["-x/x"]), {"given": ["x^2 + y^2 = 1"]}),
    ("PC307", "sqrt(x)^2 + 1 > 0", REAL, positive(ONE, part(["sqrt(x)"], [1])), {}),
]  # fmt: skip


@pytest.mark.parametrize("case", REJECTED, ids=lambda case: f"{case[0]} {case[1]} {case[3]}"[:90])
def test_wrong_proof_is_rejected_by_its_code(
    refuses: Callable[..., None], case: tuple[str, str, dict[str, str], dict[str, Any], dict[str, Any]]
) -> None:
    """A proof with one wrong part is rejected, and the code says which."""
    refuses(*case)


def test_elimination_decides_semidefiniteness() -> None:
    """Products L L^T are semidefinite, of any rank and order; lowered anywhere on the diagonal, those with null vectors are indefinite."""
    rows = [[fmpq(3), fmpq(1, 7), fmpq(1)], [fmpq(-1, 2), fmpq(2), fmpq(1, 3)], [fmpq(2), fmpq(5, 7), fmpq(-4)], [fmpq(1), fmpq(1), fmpq(1, 9)]]
    for count in (1, 2, 3):
        gram = [[sum((a * b for a, b in zip(u[:count], v[:count], strict=True)), fmpq(0)) for v in rows] for u in rows]
        for turned in (gram, [row[::-1] for row in gram[::-1]]):
            assert semidefinite(turned)
            for place in range(4):
                lowered = [[entry - (fmpq(1, 10**9) if i == j == place else 0) for j, entry in enumerate(row)] for i, row in enumerate(turned)]
                assert not semidefinite(lowered)
    assert semidefinite([])
    assert not semidefinite([[fmpq(0), fmpq(1)], [fmpq(1), fmpq(10**9)]])
