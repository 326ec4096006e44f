"""The method ``grid``: which nodes are looked at, what is found there, and what is said about it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from proofcheck.algebras.floats import FloatsWithError
from proofcheck.algebras.mpmath import Mpmath
from proofcheck.evidence import Evidence, Proof, Support, Undecided
from proofcheck.kernel.algebra import evaluate
from proofcheck.kernel.errors import Malformed
from proofcheck.kernel.rules import RULES
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import Obligation, show
from proofcheck.methods import grid


def claim(goal: str, domains: Mapping[str, str], given: tuple[str, ...] = (), define: Mapping[str, str] | None = None) -> Obligation:
    """Return an obligation from formula texts."""
    scope = Scope(define or {}, {}, "test")
    scope.domains(domains, "for_all")
    return Obligation("statement", tuple(scope.box.items()), scope.formulas(list(given), "given"), scope.formula(goal, "goal"))


def attempt(obligation: Obligation, **options: Any) -> Evidence:
    """Return the evidence of the grid, without progress."""
    return grid.attempt(obligation, options, lambda done, total, note: None)


def nodes(domain: str, **options: Any) -> list[str]:
    """Return the nodes of a one-dimensional grid as exact texts."""
    plan = grid.planned(claim("x > -1000", {"x": domain}), options)
    assert isinstance(plan, grid.Plan)
    return [show(grid.exact_position(plan.axes, (i,))["x"]) for i in range(plan.axes[0].size)]


@pytest.mark.parametrize(
    ("domain", "options", "expected"),
    [
        ("[0, 1]", {"points": 3}, ["0", "1/2", "1"]),
        ("(0, 1]", {"points": 2}, ["1/2", "1"]),
        ("[0, 1)", {"points": 2}, ["0", "1/2"]),
        ("(0, 1)", {"points": 1}, ["1/2"]),
        ("(0, 1)", {"points": 5, "spacing": "linspace"}, ["1/4", "1/2", "3/4"]),
        ("(0, 1]", {"points": 5, "spacing": "linspace"}, ["1/4", "1/2", "3/4", "1"]),
        ("(0, pi/2]", {"points": 2}, ["1/2*(pi/2)", "pi/2"]),
        ("[1, inf)", {"points": 3}, ["1", "3/2", "3"]),
        ("(-inf, 1]", {"points": 2}, ["0", "1"]),
        ("real", {"points": 3}, ["-1", "0", "1"]),
        ("integer in [2, 5]", {"points": 100}, ["2", "3", "4", "5"]),
        ("integer in (2, 5)", {"points": 100}, ["3", "4"]),
        ("integer in [0, 100]", {"points": 3}, ["0", "50", "100"]),
        ("integer in [1, inf)", {"points": 3}, ["1", "2", "3"]),
        ("[0, 1]", {"points": 5, "part": {"x": [1, 3]}}, ["1/4", "1/2"]),
    ],
)
def test_nodes_are_where_the_rule_says(domain: str, options: dict[str, Any], expected: list[str]) -> None:
    """Open ends are left out, closed ends are nodes, and coordinates are exact."""
    assert nodes(domain, **options) == expected


@pytest.mark.parametrize("spacing", ["inside", "linspace"])
def test_every_way_of_placing_a_node_agrees(spacing: str) -> None:
    """Arrays, balls, mpmath and exact terms put the same node at the same place."""
    domains = {"a": "(0, pi/2]", "b": "(-a, a)", "c": "[a, inf)", "d": "(-inf, b)", "e": "real", "f": "integer in [-3, 9]"}
    plan = grid.planned(claim("a + b + c + d + e + f > 0", domains), {"points": 4, "spacing": spacing})
    assert isinstance(plan, grid.Plan)
    sizes = [axis.size for axis in plan.axes]
    arrays = grid.node_arrays(plan.axes, tuple((0, size) for size in sizes), FloatsWithError())
    algebra = Mpmath(40)
    for index in list(np.ndindex(*sizes))[::37]:
        exact = grid.position(plan.axes, index, algebra)
        terms = grid.exact_position(plan.axes, index)
        for axis in plan.axes:
            value, error = (float(np.broadcast_to(part, sizes)[index]) for part in arrays[axis.name])
            assert abs(algebra.exact(exact[axis.name]) - Fraction(value)) <= Fraction(error) * 2
            from_term = evaluate((terms[axis.name],), algebra, {})[0]
            assert abs(from_term - exact[axis.name]) < 1e-38 * (1 + abs(from_term))


def test_open_ends_are_not_evaluated() -> None:
    """1/x > 0 on (0, 1] has support; with 0 included the term is undefined at a node, and the node is named."""
    assert isinstance(attempt(claim("1/x > 0", {"x": "(0, 1]"}), points=50), Support)
    found = attempt(claim("1/x > 0", {"x": "[0, 1]"}), points=50)
    assert isinstance(found, Undecided)
    assert found.why == "obstruction"
    assert "x = 0" in found.detail


def test_a_closed_end_is_evaluated() -> None:
    """X < 1 fails on [0, 1] at the end itself, which only exact arithmetic can tell from a tie."""
    found = attempt(claim("x < 1", {"x": "[0, 1]"}), points=11)
    assert isinstance(found, Proof)
    assert found.tree == {"rule": "witness", "at": {"x": "1"}}


def test_a_tiny_violation_is_found_and_exact() -> None:
    """A dip of depth 1e-30 at a single node is found beyond float64, and the kernel accepts the witness."""
    obligation = claim("(x - pi/7)^2 > 1/10^30", {"x": "(0, pi)"})
    found = attempt(obligation, points=6)
    assert isinstance(found, Proof)
    assert found.tree == {"rule": "witness", "at": {"x": "1/7*pi"}}
    assert RULES["witness"](obligation, found.tree, lambda *_: True) is False
    assert isinstance(attempt(obligation, points=7), Support)


def test_the_smallest_margin_and_its_place() -> None:
    """The margin is that of the node nearest to the minimum, to all digits."""
    found = attempt(claim("x^2 - x + 1 > 0", {"x": "[0, 1]"}), points=1001)
    assert isinstance(found, Support)
    assert found.grade == "numerical"
    assert found.margin is not None
    assert found.margin.at == {"x": "1/2"}
    assert Fraction(found.margin.value) == Fraction(3, 4)
    assert "1001 points" in found.detail
    assert "50 digits" in found.detail


def test_equality_is_confirmed_by_mpmath_only() -> None:
    """A true identity has support from mpmath at every point, with the largest defect; one that is off by 1e-30 has a witness."""
    found = attempt(claim("cos(2*x) = 2*cos(x)^2 - 1", {"x": "(0, 3]"}), points=40)
    assert isinstance(found, Support)
    assert "of these 40 by mpmath" in found.detail
    assert "largest defect" in found.detail
    wrong = attempt(claim("cos(2*x) = 2*cos(x)^2 - 1 + x/10^30", {"x": "[0, 3]"}), points=40)
    assert isinstance(wrong, Proof)


def test_a_violation_that_balls_cannot_see_is_no_witness() -> None:
    """Integrals have no enclosure: what mpmath finds stays a contradiction for a person to look at."""
    found = attempt(claim("integral(p, sin(p), 0, x) > 1", {"x": "[0, 1]"}), points=3)
    assert isinstance(found, Undecided)
    assert found.why == "contradicted"
    assert isinstance(attempt(claim("integral(p, sin(p), 0, x) >= 0", {"x": "(0, 1]"}), points=5), Support)


def test_hypotheses_remove_points() -> None:
    """Only points that satisfy the hypotheses count; an edge belongs to hypotheses that are not strict."""
    square = {"x": "[0, 1]", "y": "[0, 1]"}
    found = attempt(claim("x - y >= 0", square, ("y <= x",)), points=11)
    assert isinstance(found, Support)
    assert found.detail.startswith("66 points of a 11 x 11 grid")
    strict = attempt(claim("x - y > 0", square, ("y < x",)), points=11)
    assert isinstance(strict, Support)
    assert strict.detail.startswith("55 points")
    assert isinstance(attempt(claim("x - y > 0", square, ("y <= x",)), points=11), Proof)
    none = attempt(claim("x > 0", square, ("x + y > 3",)), points=11)
    assert isinstance(none, Undecided)


def test_dependent_domains() -> None:
    """Phi in (0, theta) is walked through for each theta; where an interval is empty there are no points."""
    found = attempt(claim("phi < theta", {"theta": "(0, pi]", "phi": "(0, theta)"}), points=20)
    assert isinstance(found, Support)
    assert found.detail.startswith("400 points")
    half = attempt(claim("b > 1", {"a": "[0, 2]", "b": "(a, 1)"}), points=5)
    assert isinstance(half, Proof)
    outside = attempt(claim("b < 1", {"a": "[0, 2]", "b": "(a, 1)"}), points=5)
    assert isinstance(outside, Support)
    assert outside.detail.startswith("10 points")


def test_equal_sides_at_a_node_violate_a_strict_relation() -> None:
    """Where exact arithmetic shows that both sides are equal, the node is a witness against < and !=."""
    determinant = "2*pi*(sin(2*t) + 2*pi - 2*t) - ((2*pi - t)*cos(t) + sin(t))^2 > 0"
    found = attempt(claim(determinant, {"t": "[0, pi/2]"}), points=9)
    assert isinstance(found, Proof)
    assert found.tree == {"rule": "witness", "at": {"t": "0"}}
    assert isinstance(attempt(claim(determinant, {"t": "(0, pi/2]"}), points=9), Support)


def test_ties_are_reported() -> None:
    """Where no digits tell a margin from 0, a strict relation is undecided there and one that is not strict holds with a tie."""
    strict = attempt(claim("integral(p, sin(p), 0, x) < 1 - cos(x)", {"x": "[1, 2]"}), points=5)
    assert isinstance(strict, Undecided)
    assert strict.why == "obstruction"
    assert "5 point(s)" in strict.detail
    assert "x = 1" in strict.detail
    weak = attempt(claim("sin(x)^2 + cos(x)^2 <= 1", {"x": "[1, 2]"}), points=5)
    assert isinstance(weak, Support)
    assert "5 ties, the first at x = 1" in weak.detail


def test_formulas_with_and_or_not() -> None:
    """Connectives are decided point by point."""
    assert isinstance(attempt(claim("x > 1/2 or not (x > 2/3)", {"x": "[0, 1]"}), points=31), Support)
    assert isinstance(attempt(claim("x > -1 and x < 1/2", {"x": "[0, 1]"}), points=31), Proof)
    assert isinstance(attempt(claim("x != 3/7", {"x": "[0, 1]"}), points=11), Support)
    assert isinstance(attempt(claim("x != 3/10", {"x": "[0, 1]"}), points=11), Proof)


def test_the_answer_does_not_depend_on_the_processes() -> None:
    """One process and two give the same evidence, and so does a second run."""
    obligation = claim("2 + sin(x*y) - cos(x) > 0", {"x": "(0, 6)", "y": "(0, 6)"}, ("x + y < 8",))

    def seen(jobs: int) -> tuple[Any, ...]:
        evidence = attempt(obligation, points=1800, jobs=jobs)
        assert isinstance(evidence, Support)
        return evidence.detail, evidence.margin

    assert seen(1) == seen(2) == seen(1)


def test_parts_together_are_the_whole() -> None:
    """Ranges of node numbers split a grid without gap or overlap."""
    obligation = claim("x + y > 0", {"x": "(0, 1)", "y": "(0, 1)"})
    counts = []
    for part in ([0, 7], [7, 20]):
        evidence = attempt(obligation, points=20, part={"x": part})
        assert isinstance(evidence, Support)
        counts.append(int(evidence.detail.split()[0]))
    assert counts == [140, 260]


def test_no_variables() -> None:
    """A statement about numbers is a grid of one point."""
    assert isinstance(attempt(claim("pi < 355/113", {})), Support)
    assert isinstance(attempt(claim("pi < 22/7 - 1/100", {})), Proof)


def test_progress_ends_at_the_total() -> None:
    """Progress counts nodes and reaches their number."""
    seen: list[tuple[int, int]] = []
    grid.attempt(claim("x > -1", {"x": "[0, 1]"}), {"points": 2_000_000}, lambda done, total, note: seen.append((done, total)))
    assert len(seen) > 1
    assert seen[-1] == (2_000_000, 2_000_000)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"points": 10**12}, "PC106"),
        ({"points": {"x": 10**6, "y": 10**6}}, "PC106"),
        ({"points": 10**100}, "PC106"),
        ({"points": 0}, "PC204"),
        ({"points": -5}, "PC204"),
        ({"points": True}, "PC204"),
        ({"points": "100"}, "PC204"),
        ({"points": {"z": 3}}, "PC104"),
        ({"points": 2, "spacing": "linspace"}, "PC204"),
        ({"digits": 10**9}, "PC106"),
        ({"digits": 3}, "PC204"),
        ({"spacing": "random"}, "PC204"),
        ({"jobs": 0}, "PC204"),
        ({"part": {"x": [3, 2]}}, "PC204"),
        ({"part": {"x": [0, 10**9]}}, "PC204"),
        ({"part": [1]}, "PC204"),
        ({"speed": 3}, "PC202"),
    ],
)
def test_hostile_options_are_refused(options: dict[str, Any], code: str) -> None:
    """Sizes beyond the limits and options that mean nothing are errors with a code, before anything is allocated."""
    with pytest.raises(Malformed) as error:
        attempt(claim("x + y > -1", {"x": "(0, 1)", "y": "(0, 1)"}), **options)
    assert error.value.code.startswith(code)


def test_an_equality_on_a_large_grid_is_refused() -> None:
    """Every point of an equality needs mpmath, so fewer are allowed."""
    with pytest.raises(Malformed, match="equality"):
        attempt(claim("x = x", {"x": "(0, 1)"}), points=10**6)


def test_the_smallest_margin_is_that_of_a_plain_loop() -> None:
    """On a grid with a hypothesis and a dependent domain, margin and place are those of mpmath at every node."""
    obligation = claim("sin(x)*y^3 + exp(-x*y)/1000 > 0", {"x": "(0, 3]", "y": "(0, x)"}, ("x + y > 1",))
    plan = grid.planned(obligation, {"points": 17})
    found = attempt(obligation, points=17)
    assert isinstance(plan, grid.Plan)
    assert isinstance(found, Support)
    assert found.margin is not None
    algebra = Mpmath(50)
    values = []
    for index in np.ndindex(17, 17):
        at = grid.position(plan.axes, index, algebra)
        if at["x"] + at["y"] > 1:
            values.append((evaluate((grid.margin(obligation.goal),), algebra, at)[0], index))
    value, index = min(values)
    assert found.detail.startswith(f"{len(values)} points")
    assert found.margin.at == {name: show(term) for name, term in grid.exact_position(plan.axes, index).items()}
    assert abs(algebra.context.mpf(found.margin.value) - value) < 1e-48
