"""Zeros at the ends of a domain: to which order both sides agree there, and the expansion that divides it out."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from flint import arb

from proofcheck.kernel.algebra import Ball, evaluate, precision
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.exact import coefficients, is_zero
from proofcheck.kernel.rules.zeros import quotient, value
from proofcheck.kernel.terms import Obligation, Term, add, neg, num, sub, substitute, var

from .looks import accepts

MAX_ORDER = 12
LENGTHS = (0, 2, 5, 10, 18)
POINTS = (Fraction(0), Fraction(1), Fraction(1, 2))


def vanishing_order(obligation: Obligation, name: str, end: str) -> int:
    """Return the exact order to which both sides agree at an end of the domain; 0 where they differ or it is not known."""
    domain = obligation.box[name]
    point = domain.lower if end == "lower" else domain.upper
    if point is None:
        return 0
    difference = sub(*obligation.goal.args)
    shifted = substitute(difference, {name: add(point, var("u")) if end == "lower" else sub(point, var("u"))})
    likely = seen_order(shifted)
    if likely == 0 or not is_zero(substitute(difference, {name: point})):
        return 0
    try:
        _, exact = coefficients(shifted, "u", num(0), likely or MAX_ORDER)
    except Rejected:
        return 0
    return next((k for k, coefficient in enumerate(exact) if not coefficient.top.is_zero()), likely or 0)


def seen_order(shifted: Term) -> int | None:
    """Return the order of the first coefficient at u = 0 that balls tell from 0; None where they see none, or no series."""
    with precision(64, MAX_ORDER):
        try:
            found = quotient(shifted, 0, MAX_ORDER, arb(0))
        except Rejected:
            return None
    return next((k for k, value_ in enumerate(found) if not value_.contains(0)), None) if found[-1].is_finite() else None


def near_zero(obligation: Obligation, name: str, end: str, order: int, bits: int) -> dict[str, Any] | None:
    """Return a ``zeros`` node for the whole domain of the obligation, the shortest expansion that works, or None."""
    domain = obligation.box[name]
    point, other = (domain.lower, domain.upper) if end == "lower" else (domain.upper, domain.lower)
    if point is None or other is None:
        return None
    f = sub(*obligation.goal.args) if obligation.goal.op in ("gt", "ge") else neg(sub(*obligation.goal.args))
    shifted = substitute(f, {name: add(point, var("u")) if end == "lower" else sub(point, var("u"))})
    for extra in LENGTHS:
        length = order + extra
        with precision(bits, length + 2):
            reach = evaluate((sub(other, point),), Ball(), {})[0]
            width = reach if end == "lower" else -reach
            bracket = quotient(shifted, order, length, width * arb(0.5, 0.5))
            # What fails at single points fails on all cells around them.
            hopeful = all(value(bracket, (t, t), width) > 0 for t in POINTS)
            tree = tree_of(lambda cell: bool(value(bracket, cell, width) > 0), 200) if hopeful else ""  # noqa: B023 - used at once
        if tree:
            node = {"rule": "zeros", "var": name, "end": end, "order": order, "length": length, "prec": bits, "tree": tree}
            if accepts(obligation, node):
                return node
    return None


def tree_of(decides: Callable[[tuple[Fraction, Fraction]], bool], limit: int) -> str:
    """Return the bisection tree of [0, 1] whose leaves the predicate accepts, or nothing beyond ``limit`` cells."""
    tree, stack, count = [], [(Fraction(0), Fraction(1))], 0
    while stack:
        low, high = stack.pop()
        count += 1
        if count > limit:
            return ""
        if decides((low, high)):
            tree.append("N")
            continue
        middle = (low + high) / 2
        tree.append("0")
        stack += [(middle, high), (low, middle)]
    return "".join(tree)
