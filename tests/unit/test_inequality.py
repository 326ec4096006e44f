"""Inequalities: the tree that is found is one that the kernel accepts, or it is said what stands in the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from proofcheck.evidence import Proof, Undecided
from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.statement import read
from proofcheck.kernel.terms import Obligation
from proofcheck.methods.budget import Budget
from proofcheck.methods.ends import tree_of, vanishing_order
from proofcheck.methods.inequality import at_once, attempt, by_bisection
from proofcheck.methods.outcome import leaf_count
from proofcheck.methods.pieces import simple_points

U = "[0, 1]"
File = Callable[..., bytes]


def _obligation(file: bytes) -> Obligation:
    return read(file).entries[0].obligation


def _attempt(file: bytes, **options: Any) -> Any:
    return attempt(_obligation(file), options, lambda *_: None)


@pytest.mark.parametrize(
    ("statement", "domains", "cheap"),
    [
        ("x^2 + 1 > 0", {"x": "real"}, "sign"),
        ("exp(x) > x + 1/2", {"x": U}, "bisection"),
        ("sin(x) <= x", {"x": U}, "zeros"),
        ("sin(x) < x", {"x": "(0, 1]"}, "zeros"),
        ("cos(x) <= 1 - x^2/4", {"x": U}, ""),
        ("sin(x) >= 2*x/pi", {"x": "[0, pi/2]"}, ""),
        ("(x - 1/3)^2*(2 + sin(x)) >= 0", {"x": U}, "sign"),
        ("exp(x) >= 1 + x", {"x": "[-1, 1]"}, ""),
        ("x*y < 2 - x/4 - y/4", {"x": U, "y": U}, "bisection"),
        ("sqrt(x) + x >= 0", {"x": U}, "sign"),
        ("sin(x) <= 1 and x - x^2 < 1/2", {"x": U}, ""),
        # by slopes, from a zero that is found: logarithms at 0, exponentials on unbounded domains
        ("log(x) <= x - 1", {"x": "(0, 5]"}, "split"),
        ("log(x) <= x - 1", {"x": "(0, inf)"}, "split"),
        ("x*log(x) >= -1/exp(1)", {"x": "(0, 1]"}, "split"),
        ("x*log(x) >= -1/exp(1)", {"x": "(0, inf)"}, "split"),
        ("exp(x) >= 1 + x", {"x": "real"}, "split"),
        ("exp(x) >= exp(1)*x", {"x": "real"}, "split"),
        ("exp(-x) <= 1/(1 + x)", {"x": "[0, inf)"}, "scale"),
        ("(exp(x) - exp(-x))/2 >= x", {"x": "[0, inf)"}, "scale"),
        ("(exp(x) + exp(-x))/2 >= 1 + x^2/2", {"x": "real"}, "scale"),
        ("atan(x) >= x/(1 + x^2)", {"x": "[0, inf)"}, "scale"),
        ("log(1 + x) >= 2*x/(2 + x)", {"x": "[0, inf)"}, "scale"),
        ("cos(x) >= 1 - x^2/2", {"x": "real"}, "split"),
        ("sqrt(x) <= (x + 1)/2", {"x": "[0, inf)"}, ""),
        # in the roots of variables
        ("x + y >= 2*sqrt(x*y)", {"x": "[0, 10]", "y": "[0, 10]"}, "chart"),
        ("x + y + z >= sqrt(x*y) + sqrt(y*z) + sqrt(z*x)", {"x": "[0, 3]", "y": "[0, 3]", "z": "[0, inf)"}, "chart"),
        ("x + y^2 + 4*z >= 4*sqrt(x*z)", {"x": "[0, 3]", "y": "[-1, 1]", "z": "(0, 1]"}, "chart"),
        ("sqrt(x) <= 1 + x/4", {"x": "[0, 9]"}, "chart"),
        # ranges of functions
        ("sin(x*y) <= 1", {"x": "real", "y": "real"}, "sign"),
        ("x + sin(x) <= x + 1", {"x": "real"}, "sign"),
        ("cos(x) <= 0", {"x": "[pi/2, pi]"}, ""),
        # divisors and positive factors taken out
        ("2*sin(x) + tan(x) > 3*x", {"x": "(0, pi/2)"}, "scale"),
        ("(sin(x)/x)^2 + tan(x)/x > 2", {"x": "(0, pi/2)"}, "scale"),
        ("sin(x)/x < (2 + cos(x))/3", {"x": "(0, pi/2)"}, "scale"),
        ("(1 - cos(x))/x^2 <= 1/2", {"x": "(0, 1]"}, "scale"),
        ("tan(x) >= x", {"x": "[0, pi/2)"}, "scale"),
        ("(1 + x)^5 >= 1 + 5*x", {"x": "[-1, 10]"}, ""),
    ],
)
def test_found_proofs_are_accepted(claim_file: File, statement: str, domains: dict[str, str], cheap: str) -> None:
    """A true inequality is proved, where one cheap rule is enough by that one, and the kernel accepts the tree."""
    goal = _obligation(claim_file(statement, domains))
    found = _attempt(claim_file(statement, domains))
    assert isinstance(found, Proof)
    assert cheap in ("", found.tree["rule"])
    assert prove(goal, found.tree, Link()) is True


def test_many_variables_are_one_leaf_first(claim_file: File) -> None:
    """With 36 variables the domain as a whole is tried before points are: an eigenvalue over a box of matrices; a false bound is still refuted."""
    domains = {"D": "matrix(6, 6) in [-1/1000, 1/1000]"}
    found = _attempt(claim_file("eigenvalue(1, identity(6) + D + transpose(D)) > 9/10", domains))
    assert isinstance(found, Proof)
    assert found.tree == {"rule": "bisection", "prec": 64, "tree": "N"}
    false = _attempt(claim_file("eigenvalue(1, identity(6) + D + transpose(D)) > 1", domains))
    assert isinstance(false, Proof)
    assert false.tree["rule"] == "witness"


def test_false_inequality_is_refuted(claim_file: File) -> None:
    """Where a point violates the inequality the method hands over the witness."""
    found = _attempt(claim_file("sin(x) <= 9*x/10", {"x": U}))
    assert isinstance(found, Proof)
    assert found.tree["rule"] == "witness"
    assert found.detail.startswith("violated at x = ")


def test_tight_margin_is_told(claim_file: File) -> None:
    """A proof comes with the smallest margin that was seen and where."""
    found = _attempt(claim_file("exp(x) > x + 1/2", {"x": U}))
    assert found.margin is not None
    assert float(found.margin.value) == pytest.approx(0.5, abs=0.01)
    assert float(found.margin.at["x"]) < 0.05


def test_spent_budget_says_where(claim_file: File) -> None:
    """With too few cells the evidence is a spent budget, with the number of cells and the place."""
    file = claim_file("exp(sin(20*x*y)) + exp(cos(20*x*y) + x*z/9) > 95/100", dict.fromkeys("xyz", U))
    found = _attempt(file, cells=50)
    assert isinstance(found, Undecided)
    assert found.why == "budget"
    assert found.detail.startswith("50 cells ended, x near ")


def test_unbounded_domain_says_what_to_do(claim_file: File) -> None:
    """Where signs do not decide on an unbounded domain the advice is to map it to a bounded one."""
    found = _attempt(claim_file("sin(x)^2 + sin(pi*x)^2 < 2", {"x": "real"}))
    assert isinstance(found, Undecided)
    assert found.why == "fragment"
    assert "bounded variable" in found.detail


def test_undefined_term_is_an_obstruction(claim_file: File) -> None:
    """A term without a value at an end of the domain is named as what stands in the way."""
    found = _attempt(claim_file("log(x) < x", {"x": U}), cells=500)
    assert isinstance(found, Undecided)
    assert found.why == "obstruction"
    assert "may have no value" in found.detail


def test_bisection_remembers_where_it_got_stuck(claim_file: File) -> None:
    """A search that does not arrive leaves the cell behind."""
    goal = _obligation(claim_file("x^3 + y^3 + z^3 >= 3*x*y*z", dict.fromkeys("xyz", U)))
    budget = Budget(40, lambda *_: None)
    assert by_bisection(goal, budget, 64) is None
    assert budget.stuck is not None
    assert len(budget.stuck) == 3


@pytest.mark.parametrize(
    ("statement", "domains"),
    [
        ("0 <= min(tan(x), sin(x)) < gamma(-1)", {"t": "(-1/3, 1/2)", "x": "(-pi, -1/3)", "z": "(x, -1)"}),  # stuck in fewer variables
        ("x + 6 < 4", {"t": "[-1, 1]", "x": "[t, -pi]"}),  # no x for any t
        ("min(z, theta, integral(p, p*z^2, theta, z)) <= abs(z)", {"theta": "(-1, 0)", "z": "[2, theta)"}),  # no certificate writes an integral
        ("sin(integral(p, -4 - 6*p, 2, pi)) >= 1", {}),  # a part of an integrand has no value by itself
        ("eigenvalue(2, [[-1, 1 + x], [1 + x, y]]) <= 0.1328", {"x": "[-2, -15/8]", "y": "[-1, -3/4]"}),
    ],
)
def test_odd_goals_end_in_evidence(claim_file: File, statement: str, domains: dict[str, str]) -> None:
    """What gets stuck in fewer variables, empty domains, integrals and eigenvalues end in a proof that the kernel accepts, or without one."""
    goal = _obligation(claim_file(statement, domains))
    found = attempt(goal, {"cells": 300}, lambda *_: None)
    assert isinstance(found, Undecided) or prove(goal, found.tree, Link())


def test_what_got_stuck_before_is_not_told_of_fewer_variables(claim_file: File) -> None:
    """A place where the search got stuck stays that of its own variables, when a reduced goal ends without one."""
    domains = {"theta": "[-2, 1/2)", "y": "[0, 2)", "z": "(pi/2, y]"}
    goal = _obligation(claim_file("3*atan(y)*cos(-2) < 1.5 - 1713977682593500786549/620500786549000000000", domains, given=["-theta <= min(z, y)", "asin(z) >= 0"]))
    assert isinstance(attempt(goal, {"cells": 200}, lambda *_: None), Undecided)


def test_tree_of_a_predicate() -> None:
    """The tree has a leaf for each accepted interval, in order; beyond the limit there is none."""
    assert tree_of(lambda cell: cell[1] - cell[0] <= 1 / 2, 10) == "0NN"
    assert tree_of(lambda cell: cell[1] <= 1 / 2 or cell[1] - cell[0] <= 1 / 4, 10) == "0N0NN"
    assert tree_of(lambda _: False, 10) == ""


def test_leaves_are_counted_in_every_part() -> None:
    """Leaves of pieces, cases and conditions count."""
    condition = {"rule": "bisection", "tree": "0MC"}
    node = {"rule": "split", "pieces": [{"rule": "zeros", "tree": "0NN"}, {"rule": "bisection", "tree": "N", "conditions": [condition]}]}
    assert leaf_count(node) == 5
    assert leaf_count({"rule": "cases", "on": "x < 0", "yes": node, "no": {"rule": "sign"}}) == 5


def test_simple_points_are_near() -> None:
    """Near a narrow cell small rationals and small multiples of pi are proposed, and none that is far."""
    assert "1/3" in map(str, simple_points(0.33333333, 0.33333334))
    assert any("pi" in str(point) for point in simple_points(0.785398163, 0.785398164))
    assert "exp(-1)" in map(str, simple_points(0.367879441, 0.367879442))
    assert "sqrt(2)" in map(str, simple_points(1.414213562, 1.414213563))
    assert "log(2)" in map(str, simple_points(0.693147180, 0.693147181))
    assert simple_points(0.123456, 0.123456) == []


@pytest.mark.parametrize(
    ("statement", "domains", "found"),
    [
        ("sin(x) <= x", {"x": U}, "zeros"),
        ("sin(x) >= 2*x/pi", {"x": "[0, pi/2]"}, "split"),
        ("atan(x) + atan(y) <= pi/2", {"x": U, "y": U}, "bisection"),
        ("x^2 + y^2 >= 2*x*y", {"x": "real", "y": "real"}, "scale"),
        ("exp(x) >= x - 1/10", {"x": "real"}, ""),
        ("sin(x) <= x - 1/100", {"x": U}, ""),
    ],
)
def test_what_takes_milliseconds_is_found_at_once(claim_file: File, statement: str, domains: dict[str, str], found: str) -> None:
    """Signs, cells, zeros at ends and squares settle easy inequalities before anything is searched; nothing is claimed of the others."""
    goal = _obligation(claim_file(statement, domains))
    node = at_once(goal, lambda *_: None, 64)
    assert (node["rule"] if node else "") == found
    assert node is None or prove(goal, node, Link()) is True


@pytest.mark.parametrize(
    ("statement", "order"),
    [
        ("x >= sin(x)", 3),
        ("cos(x) >= 1 - x^2/2", 4),
        ("x^2/10^60 + x >= x - x^3", 2),
        ("(sqrt(2)^2 - 2)*x >= -x^3", 3),
        ("(sqrt(2)*sqrt(3) - sqrt(6))*x + x^5 >= 0", 5),
        ("exp(x) >= x", 0),
        ("x >= x", 0),
        ("abs(x) >= x", 0),
    ],
)
def test_orders_of_zeros_are_exact(claim_file: File, statement: str, order: int) -> None:
    """Balls propose the order of a zero and the exact ring confirms it: coefficients that only look like 0, or only look unlike it, do not mislead."""
    assert vanishing_order(_obligation(claim_file(statement, {"x": U})), "x", "lower") == order
