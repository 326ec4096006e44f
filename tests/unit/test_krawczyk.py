"""The method for existence: what it finds, what it shows not to be there, and where it gives up."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

from proofcheck import kernel
from proofcheck.algebras.floats import Floats, FloatsWithError, evaluated
from proofcheck.algebras.mpmath import Mpmath
from proofcheck.algebras.sympy import to_sympy
from proofcheck.algebras.typeset import pretty_text
from proofcheck.evidence import Proof, Undecided
from proofcheck.kernel.algebra import evaluate
from proofcheck.kernel.errors import Malformed
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import REALS, Term
from proofcheck.methods.krawczyk import decimal
from proofcheck.methods.strategy import chosen


def found(data: bytes, number: int = 0) -> Any:
    """Return the evidence for an entry of a claim file."""
    return chosen(kernel.read(data).entries[number], {}, lambda *_: None)


SOLVED: list[tuple[str, dict[str, Any]]] = [
    ("x^2 = 2", {"exists": {"x": "[0, 2]"}}),
    ("x^2 = 2", {"exists": {"x": "(0, 2)"}, "unique": True}),
    ("x^2 = 2 and x > 1", {"exists": {"x": "[-2, 2]"}, "unique": True, "by": '{ rule = "krawczyk", at = { x = "3/2" } }'}),
    ("x^2 + y^2 = 1 and x = y and x > 0", {"exists": {"x": "[0, 2]", "y": "[-2, 2]"}}),
    ("v[1]^2 + v[2]^2 = 1 and v[1] = v[2]", {"exists": {"v": "vector(2)"}, "by": '{ rule = "krawczyk", at = { v = ["-1", "-1"] } }'}),
    ("x^2 = a", {"domains": {"a": "[2, 2.001]"}, "exists": {"x": "[1, inf)"}}),
    ("x = 1 and (x - 1)^2 >= 0", {"exists": {"x": "(-inf, 3]"}}),  # one leaf does not decide a double zero; signs do
    ("exp(x) = 3", {"exists": {"x": "real"}}),
]


@pytest.mark.parametrize("case", SOLVED, ids=lambda case: f"{case[0]} {case[1]['exists']}")
def test_solution_is_found_and_proved(claim_file: Callable[..., bytes], certificate: Callable[..., bytes], case: tuple[str, dict[str, Any]]) -> None:
    """Newton's method from the middle or from the hint, a box, the other relations: the kernel accepts it."""
    statement, rest = case
    rest = dict(rest)
    data = claim_file(statement, rest.pop("domains", {}), **rest)
    evidence = found(data)
    assert isinstance(evidence, Proof), evidence
    assert kernel.check(data, certificate(data, {"statement": evidence.tree})).verdict == "proved"


ABSENT: list[tuple[str, dict[str, Any]]] = [
    ("x^2 = 2", {"exists": {"x": "[0, 1.4]"}}),
    ("x^2 = 2 and x < 0", {"exists": {"x": "[0, 2]"}}),
    ("x^2 = -1", {"exists": {"x": "[-9, 9]"}}),
    ("x^2 - x + 1/3 = 0", {"exists": {"x": "[0, 1]"}}),
    ("x^2 = a", {"domains": {"a": "[-1, 2]"}, "exists": {"x": "[0, 2]"}}),
    ("x + y = 1 and x - y = 3", {"exists": {"x": "[0, 1]", "y": "[0, 1]"}}),
    ("x = 1 and y = 1 and x = 2", {"exists": {"x": "[0, 3]", "y": "[0, 3]"}}),
]


@pytest.mark.parametrize("case", ABSENT, ids=lambda case: f"{case[0]} {case[1]['exists']}")
def test_absence_is_found_and_proved(claim_file: Callable[..., bytes], certificate: Callable[..., bytes], case: tuple[str, dict[str, Any]]) -> None:
    """Where there is no solution for some choice of what is given, a subdivision refutes the statement."""
    statement, rest = case
    rest = dict(rest)
    data = claim_file(statement, rest.pop("domains", {}), **rest)
    evidence = found(data)
    assert isinstance(evidence, Proof), evidence
    assert kernel.check(data, certificate(data, {"statement": evidence.tree})).verdict == "refuted"


TWO: list[tuple[str, dict[str, Any]]] = [
    ("x^2 = 2", {"exists": {"x": "[-2, 2]"}, "by": '{ rule = "krawczyk", at = { x = "1" } }'}),
    ("x^3 - x/2 + 1/16 = 0", {"exists": {"x": "[-1, 1]"}}),
    ("x^2 = 2 and x^2 > 1", {"exists": {"x": "real"}}),
    ("x^2 = a", {"domains": {"a": "[-1, 2]"}, "exists": {"x": "[-2, 2]"}}),
    ("sin(x) = a", {"domains": {"a": "[0, 1/2]"}, "exists": {"x": "(0, 4)"}}),
    ("x^2 + y^2 = 1 and x = y", {"exists": {"x": "[-2, 2]", "y": "[-2, 2]"}}),
]


@pytest.mark.parametrize("case", TWO, ids=lambda case: f"{case[0]} {case[1]['exists']}")
def test_second_solution_refutes_that_there_is_one(claim_file: Callable[..., bytes], certificate: Callable[..., bytes], case: tuple[str, dict[str, Any]]) -> None:
    """Two zeros for some choice of what is given refute `unique`; a statement that does not say it is not refuted by them."""
    statement, rest = case
    rest = dict(rest)
    domains = rest.pop("domains", {})
    data = claim_file(statement, domains, unique=True, **rest)
    evidence = found(data)
    assert isinstance(evidence, Proof), evidence
    assert "not only one: a solution at" in evidence.detail
    assert kernel.check(data, certificate(data, {"statement": evidence.tree})).verdict == "refuted"
    without = claim_file(statement, domains, **rest)
    with pytest.raises(kernel.Rejected, match="exactly one"):
        kernel.check(without, certificate(without, {"statement": evidence.tree}))


STUCK: list[tuple[str, dict[str, Any], str]] = [
    ("(x - 1)^2 = 0", {"exists": {"x": "[0, 2]"}}, ""),
    ("x^2 = 0", {"exists": {"x": "[-1, 1]"}}, ""),
    ("x + y = 1 and 2*x + 2*y = 2", {"exists": {"x": "[0, 1]", "y": "[0, 1]"}}, "finds no zero"),
    ("(x - 1)*x^2 = 0", {"exists": {"x": "[-2, 2]"}, "unique": True, "by": '{ rule = "krawczyk", at = { x = "3/2" } }'}, "not excluded"),
    ("x^2 = 2 and x^2 <= 2", {"exists": {"x": "[-2, 2]"}, "unique": True, "by": '{ rule = "krawczyk", at = { x = "1" } }'}, "do not hold at the zero"),
    ("x = 1/2", {"exists": {"x": "integer in [0, 2]"}}, "whole ones"),
    ("x = 1 and x^2 <= 1", {"exists": {"x": "[0, 2]"}}, "not proved on the box"),
    ("x = 1 and x + y = 2 and x = x", {"exists": {"x": "[0, 2]", "y": "[0, 2]"}}, "3 equations for 2 unknowns"),
    ("sqrt(x) = -1", {"exists": {"x": "[-2, 2]"}}, ""),
]


@pytest.mark.parametrize("case", STUCK, ids=lambda case: f"{case[0]} {case[1]['exists']}")
def test_what_is_not_isolated_or_not_there_is_left_open(claim_file: Callable[..., bytes], case: tuple[str, dict[str, Any], str]) -> None:
    """Double zeros, dependent equations, two solutions where one is claimed, equality at the zero: undecided, with the reason."""
    statement, rest, reason = case
    evidence = found(claim_file(statement, **rest))
    assert isinstance(evidence, Undecided), evidence
    assert reason in evidence.detail


def test_hypothesis_chooses_the_point_of_a_refutation(claim_file: Callable[..., bytes]) -> None:
    """A must_fail of existence takes its `at` as the values of what is given."""
    more = '[[must_fail]]\ntext = "t"\nfor_all.a = "[0, 5]"\nat.a = "5"'
    data = claim_file("x^2 = a", {"a": "[1, 4]"}, exists={"x": "[0, 2]"}, more=more)
    evidence = found(data, 1)
    assert isinstance(evidence, Proof)
    assert evidence.tree["at"] == {"a": "5"}


@pytest.mark.parametrize("by", ['"inequality"', '{ method = "grid" }', '{ rule = "krawczyk", at = "1" }'])
def test_other_wish_is_malformed(claim_file: Callable[..., bytes], by: str) -> None:
    """Existence is for krawczyk, and a start is a table."""
    with pytest.raises(Malformed):
        found(claim_file("x^2 = 2", exists={"x": "[0, 2]"}, by=by))


def test_krawczyk_without_exists_is_malformed(claim_file: Callable[..., bytes]) -> None:
    """Where nothing is to be found there is nothing for krawczyk to do."""
    with pytest.raises(Malformed, match="exists"):
        found(claim_file("x^2 >= 0", {"x": "[0, 2]"}, by='"krawczyk"'))


@pytest.mark.parametrize("value", [Fraction(3), Fraction(-1, 8), Fraction(1, 3), Fraction(123, 10**9), Fraction(-5, 4), Fraction(0)])
def test_decimals_are_exact(value: Fraction) -> None:
    """A decimal in a certificate is the number itself."""
    assert Fraction(decimal(value)) == value


def test_every_algebra_has_eigenvalues() -> None:
    """Floats, floats with error bounds, mpmath and sympy agree on the smallest eigenvalue of [[x, 1], [1, x]], x - 1, or know nothing of it."""
    scope = Scope({}, {}, "[define]")
    scope.domains({"x": "real"}, "[for_all]")
    root = scope.read("eigenvalue(1, [[x, 1], [1, x]])", "key")
    assert isinstance(root, Term)
    xs = np.array([0.0, 2.5, np.nan])
    (value,) = evaluated((root,), Floats(), {"x": xs})
    assert value[:2] == pytest.approx([-1.0, 1.5])
    assert np.isnan(value[2])
    ((close, bound),) = evaluated((root,), FloatsWithError(), {"x": (xs[:2], np.array([0.0, 0.25]))})
    assert (np.abs(close - (xs[:2] - 1)) <= bound).all()
    assert bound[1] >= 0.25
    algebra = Mpmath(30)
    (exact,) = evaluate((root,), algebra, {"x": algebra.number(Fraction(5, 2))})
    assert abs(exact - mpmath.mpf("1.5")) < mpmath.mpf("1e-25")
    assert not algebra.finite(evaluate((root,), algebra, {"x": algebra.nan})[0])
    expression, _ = to_sympy(root, {"x": REALS})
    assert expression.func.__name__ == "eigenvalue1"


def test_eigenvalues_and_derivatives_are_typeset() -> None:
    """The terminal writes λ with its number, and nabla with the place."""
    assert pretty_text("eigenvalue(1, M) > 0") == "λ₁(M) > 0"
    assert pretty_text("gradient(v, f(v), w) = 0") == "∇(f(v))(v = w) = 0"
    assert pretty_text("hessian(v, f(v), w)[1, 2] = 0") == "∇²(f(v))(v = w)[1, 2] = 0"
