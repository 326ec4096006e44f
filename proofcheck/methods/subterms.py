"""Subterms in whose place others may stand: any number from the range of the one that carries a goal, for abs, min and max what they are.

For example sqrt(1 - x^2) >= 1 - x^2 on [-1, 1] says that s >= s^2 for every s in [0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

from proofcheck.kernel.algebra import has_value
from proofcheck.kernel.calculus import conditions
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.exact import is_zero, normal
from proofcheck.kernel.signs import Signs
from proofcheck.kernel.terms import (
    NEGATED,
    ZERO,
    Domain,
    Obligation,
    Term,
    add,
    div,
    mul,
    neg,
    num,
    postorder,
    power,
    rational,
    replaced,
    show,
    sub,
    substitute,
    var,
    variables,
)

from .pieces import cut_at, number

MOST = 3
POINTS = 64
LARGE = 60
MOST_KINKS = 6
"""Of abs, min and max that are taken apart: two cases for each."""


def through(obligation: Obligation, new: str) -> Iterator[tuple[Term, Term]]:
    """Yield a subterm u and g with left side - right side = g(u) exactly, the largest u first; g is a term in the variable ``new``.

    In one variable only roots: they are what the other ways do not take.
    """
    f = sub(*obligation.goal.args)
    nodes = [node for node in postorder(obligation.goal.args, bodies=False) if variables(node) and node.op != "var"]
    if len(nodes) > LARGE:
        return
    if len(obligation.domains) == 1:
        nodes = [node for node in nodes if node.op == "sqrt"]
    count = 0
    for u in reversed(nodes):
        if count == MOST:
            return
        g = replaced(f, {u: var(new)})
        if u.op == "sqrt":
            g = replaced(g, {u.args[0]: power(var(new), 2)})
        for name in sorted(variables(g) & variables(u)):
            back = solved(u, name, var(new))
            if back is not None:
                g = simplest(substitute(g, {name: back}))
        # What is linear in s says nothing but the range of u.
        if variables(g) == {new} and solved(g, new, var(new)) is None and is_zero(sub(f, substitute(g, {new: u}))):
            count += 1
            yield u, g


def simplest(term: Term) -> Term:
    """Return the normal form of a term, or the term where that is not known."""
    try:
        ring, (element,) = normal((term,))
    except Rejected:
        return term
    return ring.term(element)


def solved(u: Term, name: str, value: Term) -> Term | None:
    """Return what a variable is where u = c + d x has a value; None for other u."""
    start = substitute(u, {name: num(0)})
    slope = simplest(sub(substitute(u, {name: num(1)}), start))
    if not rational(slope) or not is_zero(sub(u, add(start, mul(slope, var(name))))):
        return None
    return div(sub(value, start), slope)


def ranges(u: Term, obligation: Obligation) -> Iterator[Domain]:
    """Yield intervals in which the values of u may lie, the smallest first: between its values at simple points, or with infinite ends."""
    points = product(*(simple(domain) for _, domain in obligation.domains))
    values = []
    for _, point in zip(range(POINTS), points, strict=False):
        value = substitute(u, {name: at for (name, _), at in zip(obligation.domains, point, strict=True)})
        if has_value(value) and math.isfinite(number(value)):
            exact = simplest(value)
            values.append(value if rational(exact) is None else exact)
    low, high = (min(values, key=number), max(values, key=number)) if values else (None, None)
    for lower, upper in dict.fromkeys([(low, high), (low, None), (None, high), (None, None)]):
        for closed in (True, False):
            if closed or lower is not None or upper is not None:
                yield Domain(lower, upper, lower_closed=closed and lower is not None, upper_closed=closed and upper is not None)


def simple(domain: Domain) -> list[Term]:
    """Return a few exact points of the closure of a domain."""
    ends = [end for end in (domain.lower, domain.upper) if end is not None and not variables(end)]
    if len(ends) == 2:
        return [*ends, cut_at(domain, Fraction(1, 2))]
    return ends or [num(0)]


def simplified(obligation: Obligation) -> tuple[Obligation, list[dict[str, Any]]]:
    """Return the obligation with abs, min and max replaced where linear arithmetic decides them, and the facts for the kernel."""
    signs = Signs(obligation.box, obligation.given)
    facts: list[dict[str, Any]] = []
    goal = obligation.goal
    while True:
        for node in postorder((goal,)):
            new = decided(node, signs)
            if new is not None:
                facts.append({"term": show(node), "is": show(new)})
                goal = replaced(goal, {node: new})
                break
        else:
            return replace(obligation, goal=goal), facts


def by_cases(obligation: Obligation, prover: Callable[[Obligation], dict[str, Any] | None], most: int = MOST_KINKS) -> dict[str, Any] | None:
    """Return a proof without abs, min and max: what linear arithmetic decides is replaced, for the others there are two cases each.

    ``prover`` gets the cases among the hypotheses, after those of the obligation. At most 2^``most`` cases are made.
    """
    simple, facts = simplified(obligation)
    kink = next((node for node in postorder((simple.goal,)) if node.op in ("abs", "min", "max")), None)
    node: dict[str, Any] | None
    if kink is None:
        node = prover(simple)
    else:
        on = Term("ge", kink.args if len(kink.args) == 2 else (kink.args[0], ZERO))
        if most == 0 or conditions(on):
            return None
        yes = by_cases(replace(simple, given=(*simple.given, on)), prover, most - 1)
        no = None if yes is None else by_cases(replace(simple, given=(*simple.given, Term(NEGATED["ge"], on.args))), prover, most - 1)
        node = None if no is None else {"rule": "cases", "on": show(on), "yes": yes, "no": no}
    return {"rule": "rewrite", "facts": facts, "then": node} if node is not None and facts else node


def decided(node: Term, signs: Signs) -> Term | None:
    """Return what an abs, min or max is on the whole domain, or None."""
    if node.op == "abs":
        (a,) = node.args
        if signs.holds(Term("ge", (a, ZERO))):
            return a
        if signs.holds(Term("le", (a, ZERO))):
            return neg(a)
    if node.op in ("min", "max"):
        a, b = node.args
        if signs.holds(Term("le", (a, b))):
            return a if node.op == "min" else b
        if signs.holds(Term("ge", (a, b))):
            return b if node.op == "min" else a
    return None
