"""Differences that are sums of squares: of degree two in variables and function values, by completing one square after another."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from proofcheck.kernel.calculus import conditions
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.exact import normal
from proofcheck.kernel.terms import ONE, ZERO, Obligation, add, mul, neg, num, power, show, sub

LARGEST = 40
"""Variables and function values of a form, at the most."""


def by_squares(obligation: Obligation) -> dict[str, Any] | None:
    """Return a ``scale`` node for f = sum of d_k l_k^2 with positive d_k and linear l_k, or None.

    Domain: one relation without conditions, whose difference has a normal form of degree two with rational coefficients. A strict
    relation needs a positive constant among the squares.
    """
    goal = obligation.goal
    if goal.op not in ("lt", "le", "gt", "ge") or conditions(goal):
        return None
    upward = goal.op in ("gt", "ge")
    try:
        ring, (element,) = normal((sub(*goal.args) if upward else neg(sub(*goal.args)),))
    except Rejected:
        return None
    if not element.bottom.is_constant() or len(element.top) > LARGEST**2:
        return None
    entries: dict[tuple[int, ...], Fraction] = {}
    bottom = Fraction(int(element.bottom.leading_coefficient().p), int(element.bottom.leading_coefficient().q))
    for powers, coefficient in element.top.terms():
        places = tuple(place for place, count in enumerate(powers) for _ in range(int(count)))
        if len(places) > 2:
            return None
        entries[places] = Fraction(int(coefficient.p), int(coefficient.q)) / bottom
    basis = sorted({place for places in entries for place in places})
    if not 0 < len(basis) <= LARGEST:
        return None
    squares = completed([[_entry(entries, p, q) for q in (*basis, None)] for p in (*basis, None)])
    if squares is None or (goal.op in ("lt", "gt") and not any(len(form) == 1 for _, form in squares)):
        return None
    terms = [*(ring.term(ring.element(place)) for place in basis), ONE]
    total = ZERO
    for factor, form in squares:
        offset = len(terms) - len(form)
        linear = ZERO
        for part, term in zip(form, terms[offset:], strict=True):
            linear = add(linear, mul(num(part), term)) if part else linear
        total = add(total, mul(num(factor), power(linear, 2)))
    return {"rule": "scale", "factor": "1", "to": show(total if upward else neg(total)), "then": {"rule": "sign"}}


def _entry(entries: dict[tuple[int, ...], Fraction], p: int | None, q: int | None) -> Fraction:
    """Return the entry of the symmetric matrix for two generators; None stands for the number 1."""
    places = tuple(sorted(place for place in (p, q) if place is not None))
    return entries.get(places, Fraction(0)) / (1 if p == q else 2)


def completed(matrix: list[list[Fraction]]) -> list[tuple[Fraction, list[Fraction]]] | None:
    """Return positive d and forms l with x^T A x = sum of d l(x)^2, or None where A is not positive semidefinite.

    The k-th form found uses the coordinates from its pivot on: its list begins there, with 1.
    """
    a = [row[:] for row in matrix]
    size = len(a)
    found = []
    for k in range(size):
        pivot = a[k][k]
        if pivot < 0 or (pivot == 0 and any(a[k][j] for j in range(k + 1, size))):
            return None
        if pivot == 0:
            continue
        form = [a[k][j] / pivot for j in range(k, size)]
        found.append((pivot, form))
        for i in range(k + 1, size):
            for j in range(k + 1, size):
                a[i][j] -= pivot * form[i - k] * form[j - k]
    return found
