"""Stored certificates confirmed by a second implementation; and that this one says no where it should."""

from __future__ import annotations

import ast
import json
import random
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import mpmath
import pytest
from second_replayer import Jets, Slopes, Task, UnsureError, Values, exact, span, tasks

from proofcheck.kernel.scope import Scope
from proofcheck.kernel.statement import read
from proofcheck.kernel.terms import Term, postorder

HERE = Path(__file__).resolve().parent
CLAIMS = HERE.parents[1] / "claims"


@cache
def stored() -> list[Task]:
    """Return every node of every stored certificate that is up to date and can be looked at: eigenvalues have no second implementation."""
    found = []
    for path in sorted(CLAIMS.rglob("*.cert.json")):
        claim, certificate = path.with_name(path.name.removesuffix(".cert.json") + ".toml"), path.read_bytes()
        if claim.exists() and json.loads(certificate)["digest"] == read(claim.read_bytes()).digest:
            found += [task for task in tasks(claim.read_bytes(), certificate) if not any(node.op == "eigenvalue" for node in postorder((task.goal.goal,)))]
    return found


def test_sample_of_stored_certificates_is_confirmed() -> None:
    """All short bisections and zeros, and one strip of each of eight Taylor proofs, hold in intervals of another library."""
    choose = random.Random(2017)
    found = stored()
    assert {task.rule for task in found} == {"bisection", "zeros", "taylor"}
    assert sum(task.replay() for task in found if task.rule != "taylor" and task.size <= 40) > 60
    rectangles = [task for task in found if task.rule == "taylor"]
    for task in choose.sample(rectangles, min(8, len(rectangles))):
        picked = choose.randrange(task.size)
        assert task.replay(lambda index, _, picked=picked: index == picked) == 1


@pytest.mark.heavy
def test_all_stored_certificates_are_confirmed() -> None:
    """Every leaf of the natural and the mean value form, every zero and every strip."""
    assert sum(task.replay() for task in stored()) > 500


BISECTION = {"rule": "bisection", "prec": 64, "tree": "N"}
ZEROS = {"rule": "zeros", "var": "x", "end": "lower", "order": 1, "length": 3, "prec": 64, "tree": "N"}
TAYLOR = {"rule": "taylor", "u": "x", "v": "y", "end": "lower", "order": 1, "left": 1, "right": 0, "length": 3, "prec": 64, "strips": [["1", "l", "N"]]}
UNIT, OPEN, BOX = {"x": "[0, 1]"}, {"x": "(0, 1]"}, {"x": "(0, 1]", "y": "(0, 1]"}
Case = tuple[str, dict[str, str], dict[str, Any]]

RIGHT: list[Case] = [
    ("x^2 - x + 1/3 > 0", UNIT, BISECTION | {"tree": "00MM0MM"}),
    ("sqrt(x) >= 0 and acos(x) <= 2", UNIT, BISECTION | {"conditions": [BISECTION]}),
    ("abs(x - 1/2) + max(x, 1 - x) > 1/3", UNIT, BISECTION | {"tree": "0NN"}),
    ("y <= 1 or x > 5", {"x": "[0, 1]", "y": "[0, x]"}, BISECTION),
    ("sin(x) < x", OPEN, ZEROS | {"order": 3, "length": 5}),
    ("cos(x) >= 0", {"x": "[0, pi/2]"}, ZEROS | {"end": "upper", "length": 4, "tree": "0NN"}),
    ("x*y > 0", BOX, TAYLOR),
    ("x*(1 - y)^3 > 0", BOX | {"y": "[0, 1)"}, TAYLOR | {"left": 0, "right": 3, "strips": [["1", "r", "N"]]}),
    ("(1 - x)*sin(y) > 0", BOX | {"x": "[0, 1)"}, TAYLOR | {"end": "upper", "strips": [["1/2", "l", "N"], ["1", "", "N"]]}),
    ("x^2 > 0", {"x": "[-2, -1]"}, {"rule": "split", "var": "x", "at": ["-3/2"], "pieces": [BISECTION, BISECTION]}),
    ("x*y > 0", {"x": "[1, 2]", "y": "[1, 2]"},
     {"rule": "chart", "new": {"s": "[0, 1]", "t": "[0, 1]"}, "map": {"x": "1 + s", "y": "1 + t"}, "inverse": {"s": "x - 1", "t": "y - 1"}, "then": BISECTION}),
    ("abs(x) > 0 and x < 2", {"x": "[1/2, 1]"},
     {"rule": "both", "parts": [{"rule": "rewrite", "facts": [{"term": "abs(x)", "is": "x"}], "then": BISECTION}, BISECTION]}),
    ("x/(1 + x) > -1 or x > 5", UNIT, {"rule": "either", "which": 0, "then": {"rule": "scale", "factor": "1 + x", "to": "1 + 2*x", "then": BISECTION}}),
    ("x != 2", UNIT, {"rule": "weaken", "keep": ["x"], "relation": "lt", "then": {"rule": "restrict", "var": "x", "domain": "[-1, 1]", "then": BISECTION}}),
    ("x + 1 > 0", UNIT, {"rule": "cases", "on": "x > 1/2", "yes": BISECTION, "no": {"rule": "cut", "formula": "x < 2", "lemma": BISECTION, "then": BISECTION}}),
]  # fmt: skip

WRONG: list[Case] = [
    ("x^2 - x + 1/5 > 0", UNIT, BISECTION | {"tree": "00MM0MM"}),
    ("x^2 - x + 1/3 > 0", UNIT, BISECTION | {"tree": "M"}),
    ("x > 0", UNIT, BISECTION),
    ("x/x = 1", {"x": "[-1, 1]"}, BISECTION),
    ("1 = 1 or 1/x > 0", UNIT, BISECTION),
    ("sqrt(x - 1/2) >= 0", UNIT, BISECTION),
    ("0*tan(x) < 1", {"x": "[0, 2]"}, BISECTION | {"tree": "M"}),
    ("max(x, 1 - x) > 1/2", UNIT, BISECTION | {"tree": "M"}),
    ("x > 1/2", UNIT, {"rule": "split", "var": "x", "at": ["1/2"], "pieces": [BISECTION, BISECTION]}),
    ("x > 1/2", UNIT, {"rule": "cases", "on": "x > 3/4", "yes": BISECTION, "no": BISECTION}),
    ("x - x^2 > 0", {"x": "(0, 1)"}, ZEROS),
    ("x > 0", UNIT, ZEROS),
    ("x + x^2 > 0", OPEN, ZEROS | {"order": 2}),
    ("x + 0*sqrt(x - 1/2) > 0", OPEN, ZEROS),
    ("x - sin(x) < 0", OPEN, ZEROS | {"order": 3, "length": 5}),
    ("x*y > 0", BOX | {"x": "[0, 1]"}, TAYLOR),
    ("x*y > 0", BOX | {"y": "[0, 1]"}, TAYLOR),
    ("x*y > 0", BOX, TAYLOR | {"strips": [["1/2", "l", "N"]]}),
    ("x*y > 0", BOX, TAYLOR | {"strips": [["1", "", "N"]]}),
    ("x*y + x > 0", BOX, TAYLOR),
    ("x*y + x^2*y > 0", BOX, TAYLOR | {"order": 2, "length": 4}),
    ("x*(y - 1) > 0", BOX | {"y": "[0, 1)"}, TAYLOR | {"left": 0, "right": 1, "strips": [["1", "r", "N"]]}),
    ("x*y*(1/2 - y) > 0", BOX, TAYLOR),
    ("x*sqrt(y) > 0", BOX, TAYLOR | {"left": 0, "strips": [["1", "", "N"]]}),
]


def confirmed(task: Task) -> bool:
    """Say whether every leaf of a node is confirmed."""
    try:
        return task.replay() > 0
    except AssertionError:
        return False


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case[0])
def test_right_proof_is_confirmed(claim_file: Callable[..., bytes], certificate: Callable[..., bytes], case: Case) -> None:
    """Each rule that leads to a leaf is followed, and the leaf confirmed."""
    statement, domains, proof = case
    claim = claim_file(statement, domains)
    found = list(tasks(claim, certificate(claim, {"statement": proof})))
    assert found
    assert all(map(confirmed, found))


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case[0])
def test_wrong_proof_is_not_confirmed(claim_file: Callable[..., bytes], certificate: Callable[..., bytes], case: Case) -> None:
    """A false statement, an end that belongs to the domain, a gap, an order too high: none is confirmed."""
    statement, domains, proof = case
    claim = claim_file(statement, domains)
    found = list(tasks(claim, certificate(claim, {"statement": proof})))
    assert found
    assert not all(map(confirmed, found))


TERMS = [
    "sin(x*y) + cos(x - y)", "exp(x)*exp(-y)", "tan(x/2 + y/3)", "log(2 + x + y)", "sqrt(1 + x^2 + y^2)", "atan(x*y)", "asin((x + y)/4)", "acos((x - y)/4)",
    "1/(3 + x + y)", "(2 + x*y)^(-3)", "(1 + x + y)^5", "sin(exp(x))/(1 + y^2)", "abs(x - 2) + min(x, y + 9) - max(x*y, pi)",
]  # fmt: skip


@pytest.mark.parametrize("text", TERMS)
def test_its_arithmetic_contains_values_and_derivatives(text: str) -> None:
    """Values, gradients and jets at a point contain what mpmath finds in 40 digits, and those over a box contain those at the point."""
    scope = Scope({}, {}, "test")
    scope.domains({"x": "real", "y": "real"}, "test")
    term = scope.scalar(text)
    x, y = Fraction(1, 3), Fraction(-2, 5)
    jets, slopes = Jets(4, 3), Slopes(2)
    with mpmath.workdps(40):
        expected = {(i, j): _derivative(term, x, y, i, j) for i in range(3) for j in range(3)}
    for wide in (Fraction(0), Fraction(1, 16)):
        at_x, at_y = (span(exact(at - wide), exact(at + wide / 2)) for at in (x, y))
        value, parts = slopes.of(term, {"x": slopes.variable(at_x, 0), "y": slopes.variable(at_y, 1)})
        jet = jets.of(term, {"x": jets.variable(at_x, 1), "y": jets.variable(at_y, 0, 1)})
        assert _contains(value, expected[0, 0])
        assert _contains(Values().of(term, {"x": at_x, "y": at_y}), expected[0, 0])
        assert _contains(parts[0], expected[1, 0])
        assert _contains(parts[1], expected[0, 1])
        assert all(_contains(jet[j][i], wanted, 1e9 if wide else 1e-20) for (i, j), wanted in expected.items())


def _derivative(term: Term, x: Fraction, y: Fraction, i: int, j: int) -> Any:
    """Return the coefficient of order (i, j) by numerical differentiation of point values."""

    def value(at_x: Any, at_y: Any) -> Any:
        found = Values().of(term, {"x": (at_x._mpf_, at_x._mpf_), "y": (at_y._mpf_, at_y._mpf_)})
        return mpmath.mp.make_mpf(found[0])

    at = [mpmath.mpf(part.numerator) / part.denominator for part in (x, y)]
    return value(*at) if i == j == 0 else mpmath.diff(value, tuple(at), (i, j), h=mpmath.mpf(10) ** -6) / (mpmath.factorial(i) * mpmath.factorial(j))


def _contains(inside: Any, wanted: Any, width: float = 1e9) -> bool:
    """Say whether a number lies in an interval no wider than ``width``, up to the error of numerical differentiation."""
    low, high = (mpmath.mp.make_mpf(end) for end in inside)
    slack = 1e-6 * (1 + abs(wanted))
    return bool(low - slack <= wanted <= high + slack and high - low < width)


@pytest.mark.parametrize("text", ["1/x", "log(x)", "sqrt(x)", "x^(-2)", "asin(x + 1)", "acos(2*x + 1)", "tan(pi*x)"])
def test_its_arithmetic_stops_where_there_may_be_no_value(text: str) -> None:
    """Over an interval with a pole, or with a part outside the domain of a function, nothing is enclosed."""
    scope = Scope({}, {}, "test")
    scope.domains({"x": "real"}, "test")
    around = span(exact(Fraction(-1, 4)), exact(Fraction(3, 4)))
    for algebra, at in ((Values(), around), (Slopes(1), Slopes(1).variable(around, 0)), (Jets(2, 2), Jets(2, 2).variable(around, 1))):
        with pytest.raises(UnsureError):
            algebra.of(scope.scalar(text), {"x": at})


def test_it_shares_only_the_readers_with_the_kernel() -> None:
    """The second replayer imports formulas and files from the kernel, and no enclosure, no exact arithmetic and no rule."""
    tree = ast.parse((HERE / "second_replayer.py").read_text("utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("proofcheck")}
    assert modules == {"proofcheck.kernel.scope", "proofcheck.kernel.statement", "proofcheck.kernel.terms"}
    assert not any(alias.name.startswith(("proofcheck", "flint")) for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names)
