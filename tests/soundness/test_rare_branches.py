"""Branches of the new rules that no library claim takes: each with what it must not do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flint import arb

from proofcheck import kernel
from proofcheck.kernel import Malformed, Receipt, Rejected, calculus, eigen

RING = {"rule": "ring"}


@pytest.mark.parametrize(("statement", "true"), [
    ("log(exp(x)*exp(y)) = x + y", True),
    ("log(exp(x)^2/exp(y)) = 2*x - y", True),
    ("log(exp(x)/exp(y)) = x + y", False),
    ("log(-exp(x)) = x", False),
    ("log(2*exp(x)) = x", False),
    ("log(exp(x) + exp(y)) = x + y", False),
])  # fmt: skip
def test_logarithm_of_exponentials(judge: Callable[..., Receipt], statement: str, true: bool) -> None:
    """Only of a product of exponentials with the coefficient 1."""
    domains = {"x": "real", "y": "real"}
    if true:
        assert judge(statement, RING, domains).verdict == "proved"
    else:
        with pytest.raises(Rejected) as caught:
            judge(statement, RING, domains)
        assert caught.value.code.split()[0] in ("PC306", "PC307")


def test_unused_variable_has_no_share_in_the_mean_value_form(judge: Callable[..., Receipt]) -> None:
    """A relation that does not use a variable is not excluded, or proved, with its derivative."""
    nowhere = {"rule": "nowhere", "prec": 64, "tree": "M"}
    domains = {"x": "[0, 1]", "y": "[0, 1]"}
    assert judge("x - x^2 > 1 and y + x > 0", nowhere, exists=domains).verdict == "refuted"
    with pytest.raises(Rejected):
        judge("x - x^2 > 1/5 and y + x > 0", nowhere, exists=domains)
    bisection = {"rule": "bisection", "prec": 64, "tree": "M"}
    assert judge("x - x^2 < 1 and x + y < 3", bisection, domains).verdict == "proved"
    with pytest.raises(Rejected):
        judge("x - x^2 < 1/5 and x + y < 3", bisection, domains)


def test_derivatives_of_too_much_are_refused(claim_file: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """The work of gradients is bounded."""
    monkeypatch.setattr(calculus, "MAX_VISITED", 2)
    with pytest.raises(Malformed) as caught:
        kernel.read(claim_file("gradient(v, v^5 + sin(v) + 11/13, x) > 0", {"x": "real"}))
    assert caught.value.code.split()[0] == "PC106"


def test_eigenvalues_are_enclosed_without_convergence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the rotations end early the enclosure is wide, and still one: eigenvalues 2 - sqrt(2), 2, 2 + sqrt(2)."""
    monkeypatch.setattr(eigen, "SWEEPS", 1)
    triangle: list[Any] = [arb(2), arb(1), arb(2), arb(0), arb(1), arb(2)]
    for k, value in enumerate((2 - arb(2).sqrt(), arb(2), 2 + arb(2).sqrt()), 1):
        assert eigen.eigenvalue(k, triangle).contains(value.mid())


def test_integral_between_numbers_has_no_condition(judge: Callable[..., Receipt]) -> None:
    """Ends that are numbers need none; an infinite end needs that the integral has a value, which nothing shows."""
    assert judge("integral(p, p, 0, 1) = integral(p, p, 0, 1)", RING).verdict == "proved"
    with pytest.raises(Rejected):
        judge("integral(p, p, 0, inf) = integral(p, p, 0, inf)", RING)


def test_determinant_shares_minors(judge: Callable[..., Receipt]) -> None:
    """A determinant of Vandermonde with four rows."""
    rows = "[[1, x, x^2, x^3], [1, 1, 1, 1], [1, 2, 4, 8], [1, 3, 9, 27]]"
    assert judge(f"det({rows}) = (1 - x)*(2 - x)*(3 - x)*2", RING, {"x": "real"}).verdict == "proved"
    with pytest.raises(Rejected):
        judge(f"det({rows}) = (x - 1)*(2 - x)*(3 - x)*2", RING, {"x": "real"})
