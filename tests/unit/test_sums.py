"""Sums of squares found in floating point and rounded: the parts of the finder; what it proves is in tests/quality/polynomials.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import Ordering, fmpq, fmpq_mpoly_ctx

from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.rules.positive import semidefinite
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import Obligation
from proofcheck.methods.gram import Part, Problem, equations, independent, simple, solved, without_null
from proofcheck.methods.sums import FIRST, Lattice, by_sums, scene_of

RING = fmpq_mpoly_ctx.get(["x", "y"], Ordering.lex)
X, Y = RING.gens()
ONE = RING.constant(1)
REAL, QUADRANT = {"x": "real", "y": "real"}, {"x": "[0, inf)", "y": "[0, inf)"}


def goal(text: str, domains: Mapping[str, str], *given: str) -> Obligation:
    """Return an obligation."""
    scope = Scope({}, {}, "test")
    scope.domains(dict(domains), "for_all")
    return Obligation("goal", tuple(scope.box.items()), tuple(scope.formula(one, "given") for one in given), scope.formula(text, "goal"))


def accepts(obligation: Obligation, node: dict[str, Any]) -> bool:
    """Say whether the kernel takes a node."""
    try:
        return prove(obligation, node, Link())
    except Rejected:
        return False


def found(obligation: Obligation, **more: Any) -> dict[str, Any] | None:
    """Return what the finder finds where all terms have values."""
    return by_sums(obligation, FIRST, lambda _, formulas: None if formulas else [], accepts, **more)


def problem(f: Any, *bases: tuple[Any, ...]) -> Problem:
    """Return a problem without factors."""
    return Problem(f, tuple(Part((), ONE, basis) for basis in bases), (), lambda p: p)


def test_a_form_without_zeros_is_rounded_to_simple_entries() -> None:
    """The matrices found give f back exactly and are semidefinite."""
    f = 2 * X**4 + 2 * X**3 * Y - X**2 * Y**2 + 5 * Y**4
    system = equations(problem(f, (X**2, X * Y, Y**2)))
    assert system is not None
    solution = solved(system)
    assert solution is not None
    (part,), (matrix,) = solution.parts, solution.matrices
    assert semidefinite(matrix)
    assert sum(matrix[i][j] * v * w for i, v in enumerate(part.basis) for j, w in enumerate(part.basis)) == f
    assert max(entry.q for row in matrix for entry in row) <= 100


def test_zeros_are_taken_out_of_the_basis() -> None:
    """(x - 2y)^2 + (x y - 2)^2 vanishes at (2, 1) and (-2, -1): an exact sum is found in a smaller basis."""
    f = (X - 2 * Y) ** 2 + (X * Y - 2) ** 2
    system = equations(problem(f, (ONE, X * Y, X**2, Y**2), (X, Y)))
    assert system is not None
    solution = solved(system)
    assert solution is not None
    total = sum(
        matrix[i][j] * v * w for part, matrix in zip(solution.parts, solution.matrices, strict=True) for i, v in enumerate(part.basis) for j, w in enumerate(part.basis)
    )
    assert total == f
    assert max(len(part.basis) for part in solution.parts) < 4


def test_what_is_no_sum_of_squares_is_not_found() -> None:
    """Motzkin's polynomial has no matrix, nor has x y; x has a contradiction between its coefficients."""
    basis = (ONE, X, Y, X * Y, X**2 * Y, X * Y**2)
    motzkin = X**4 * Y**2 + X**2 * Y**4 - 3 * X**2 * Y**2 + 1
    system = equations(problem(motzkin, basis))
    assert system is None or solved(system) is None
    assert equations(problem(X, (ONE,))) is None
    assert equations(problem(X * Y - X**2, (X, Y))) is None


def test_elements_that_cannot_occur_are_left_out() -> None:
    """Without x^6 in f no square has x^3, then none of x^2 y, and so on: Newton's polytope, one vertex after another."""
    system = equations(problem(X**4 * Y**2 + X**2 * Y**4 + 1 + X**2 * Y**2, (ONE, X, Y, X**2, X * Y, Y**2, X**3, X**2 * Y, X * Y**2, Y**3)))
    assert system is not None
    assert {str(v) for v in system.problem.parts[0].basis} == {"1", "x*y", "x^2*y", "x*y^2"}


def test_null_vectors_become_rational() -> None:
    """The complement of (1, 2, 1/3) is spanned by exact polynomials that vanish there; irrational ones are left alone."""
    null = np.array([1.0, 2.0, 1 / 3])
    gram = np.eye(3) - np.outer(null, null) / (null @ null) + 1e-7
    part = without_null(Part((), ONE, (ONE, X, Y)), gram, 1e-4)
    assert part is not None
    assert len(part.basis) == 2
    assert all(v.subs({"x": 2, "y": fmpq(1, 3)}) == 0 for v in part.basis)
    null = np.array([1.0, 2**0.5, 0.1])
    whole = Part((), ONE, (ONE, X, Y))
    assert without_null(whole, np.eye(3) - np.outer(null, null) / (null @ null), 1e-4) == whole
    assert without_null(Part((), ONE, (ONE,)), np.array([[1e-9]]), 1e-4) is None


def test_simple_fractions() -> None:
    """The simplest fraction near a number, none for an irrational one."""
    assert simple(0.333301) == Fraction(1, 3)
    assert simple(-1.99999) == -2
    assert simple(0.0) == 0
    assert simple(2**0.5) is None


def test_independent_columns() -> None:
    """Columns that follow from others are not chosen twice."""
    a = np.array([[1.0, 2.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]])
    chosen = independent(a)
    assert len(chosen) == 2
    assert np.linalg.matrix_rank(a[:, chosen]) == 2


def test_changes_of_sign_split_the_monomials() -> None:
    """x^2 + y^4 allows all changes of sign, x y + 1 only both at once, x + y^2 none of x."""
    basis = [ONE, X, Y, X * Y]
    assert [len(block) for block in Lattice([X**2 + Y**4]).blocks(basis)] == [1, 1, 1, 1]
    assert sorted(len(block) for block in Lattice([X * Y + 1]).blocks(basis)) == [2, 2]
    assert sorted(len(block) for block in Lattice([X + Y**2]).blocks(basis)) == [2, 2]
    assert [len(block) for block in Lattice([X + Y]).blocks(basis)] == [4]


def test_factors_come_from_ends_hypotheses_and_function_values() -> None:
    """A hypothesis under `or` is no factor; an open end is strict, a closed one is not; exp is positive."""
    scene = scene_of(goal("x*y*exp(x) + 1 >= 0", {"x": "(0, 2]", "y": "real"}, "y >= x and y < 5", "x > 1 or y > 3"))
    assert scene is not None
    assert {(str(factor.term), factor.strict) for factor in scene.factors} == {("x", True), ("2 - x", False), ("y - x", False), ("-(y - 5)", True), ("exp(x)", True)}


@pytest.mark.parametrize(
    ("text", "domains", "given"),
    [
        ("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1 >= 0", REAL, ()), ("x^3 + y^3 >= x^2*y + x*y^2", QUADRANT, ()), ("x*y <= 1/4", REAL, ("x + y = 1",)),
        ("x^2*y <= 4/27", QUADRANT, ("x + y <= 1",)), ("1/2 <= x^4 + y^4", REAL, ("x^2 + y^2 = 1",)), ("x^2 + x*y + y^2 > 0", {"x": "(0, 1)", "y": "(0, 1)"}, ()),
        ("x^4 - 2*x^2 + 1 > -1/1000", REAL, ()), ("x*y >= 1", REAL, ("x >= 1", "y >= 1")), ("x*y > 1", REAL, ("x > 1", "y > 1")), ("sin(x)*cos(x) <= 1/2", REAL, ()),
        ("x + y >= 2", QUADRANT, ("x*y = 1",)), ("x*(1 - y) >= 0", {"x": "[0, 1]", "y": "[0, 1]"}, ("1/(1 + x) = y",)),
    ],
)  # fmt: skip
def test_what_is_found_the_kernel_accepts(text: str, domains: Mapping[str, str], given: tuple[str, ...]) -> None:
    """One proof of each kind: alone, with factors, with equations, with a multiplier and a case for its zero, strict."""
    obligation = goal(text, domains, *given)
    node = found(obligation)
    assert node is not None
    assert accepts(obligation, node)


@pytest.mark.parametrize(
    ("text", "domains", "given"),
    [
        ("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1 >= 1/1000", REAL, ()), ("x^3 + y^3 >= x^2*y + x*y^2", REAL, ()), ("x*y <= 24/100", REAL, ("x + y = 1",)),
        ("x^2*y <= 4/28", QUADRANT, ("x + y <= 1",)), ("x^4 - 2*x^2 + 1 > 0", REAL, ()), ("x*y > 1", REAL, ("x >= 1", "y >= 1")), ("x^2 + x*y + y^2 > 0", QUADRANT, ()),
        ("x >= 0", REAL, ("x >= 0 or y >= 0",)), ("x >= 0", REAL, ("not x >= 0",)), ("x + y >= 2", REAL, ("x*y = 1",)),
        ("x = y", REAL, ()), ("x^2 >= 0 and y^2 >= 0", REAL, ()), ("1/x >= 0", {"x": "(0, 1]", "y": "real"}, ()), ("gamma(x)^99 >= 1", {"x": "(0, 1)", "y": "real"}, ()),
        ("x^14 + y^14 >= x^7*y^7", REAL, ()), ("1 >= 0", REAL, ()), ("sqrt(x - 1) >= 0", REAL, ()),
    ],
)  # fmt: skip
def test_nothing_false_or_foreign_is_found(text: str, domains: Mapping[str, str], given: tuple[str, ...]) -> None:
    """False statements, and what is no polynomial inequality of moderate size."""
    assert found(goal(text, domains, *given)) is None


def test_without_multipliers_motzkin_is_not_found() -> None:
    """The multiplier is what proves it on the plane."""
    obligation = goal("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1 >= 0", REAL)
    assert found(obligation, multiplied=False) is None
    assert found(obligation, above=FIRST) is None
    assert found(replace(obligation, name="again")) is not None
