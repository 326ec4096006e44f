"""Roots and absolute values: P >= N for P >= 0 from P^2 >= N^2, where N > 0."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from proofcheck.kernel.calculus import conditions
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.exact import Element, normal
from proofcheck.kernel.signs import NONNEGATIVE, Signs
from proofcheck.kernel.terms import ZERO, Obligation, Term, add, neg, power, show, sub

from .sums import Node, Premises

ROOTS = frozenset({"sqrt", "root", "abs"})
MAX_TERMS = 40


def by_sides(obligation: Obligation, premises: Premises, prove: Callable[[Obligation], Node | None], depth: int = 1) -> Node | None:
    """Return a node that squares both sides, with ``prove`` for what is left of the roots, or, ``depth`` times, the same again; or None.

    Where N may be negative, the case N <= 0 is the sum of P and -N.
    """
    goal, signs = obligation.goal, Signs(obligation.box, obligation.given)
    for high, low in sides_of(obligation):
        factor = add(high, low)
        needless = signs.holds(Term("gt", (factor, ZERO)))
        above = Term("gt", (low, ZERO))
        part = obligation if needless else replace(obligation, given=(*obligation.given, above))
        try:
            ring, (element,) = normal((sub(power(high, 2), power(low, 2)),))
        except Rejected:
            continue
        target = ring.term(element)
        target = target if goal.op in ("gt", "ge") else neg(target)
        wanted = premises(part, tuple(dict.fromkeys([*conditions(goal), *conditions(factor)])))
        rest = replace(part, goal=Term(goal.op, (target, ZERO)))
        then: Node | None = {"rule": "positive", "parts": []}
        if target is not ZERO and wanted is not None:
            then = prove(rest) or (by_sides(rest, premises, prove, depth - 1) if depth else None)
        if wanted is None or then is None:
            continue
        yes = {"rule": "scale", "factor": show(factor), "to": show(target), **({"premises": wanted} if wanted else {}), "then": then}
        if needless:
            return yes
        spare = premises(obligation, conditions(goal))
        sums = [{"basis": ["1"], "matrix": [1], "times": [show(side)]} for side in (high, neg(low))]
        no = {"rule": "positive", "parts": sums, **({"premises": spare} if spare else {})}
        return {"rule": "cases", "on": show(above), "yes": yes, "no": no} if spare is not None else None
    return None


def sides_of(obligation: Obligation) -> Iterator[tuple[Term, Term]]:
    """Yield P and N with P - N the difference of both sides, P a sum of roots, or of all terms, that are not negative; N is not 0."""
    op = obligation.goal.op
    if op not in ("lt", "le", "gt", "ge"):
        return
    f = sub(*obligation.goal.args) if op in ("gt", "ge") else sub(*reversed(obligation.goal.args))
    try:
        ring, (element,) = normal((f,))
    except Rejected:
        return
    roots = {place for place, generator in ring.generators.items() if generator.kind in ROOTS}
    if not element.bottom.is_constant() or not roots or len(element.top) > MAX_TERMS:
        return
    signs = Signs(obligation.box, obligation.given)
    high, some, whole = ring.context.constant(0), ring.context.constant(0), element.top / element.bottom.leading_coefficient()
    for powers, coefficient in whole.to_dict().items():
        monomial = ring.context.from_dict({powers: coefficient})
        if signs.sign(ring.term(Element(monomial, ring.one.bottom))) <= NONNEGATIVE:
            high += monomial
            some += monomial if any(powers[place] for place in roots) else 0
    for side in dict.fromkeys(str(side) for side in (high, some)):
        chosen = high if side == str(high) else some
        if not chosen.is_zero() and chosen != whole:
            yield ring.term(Element(chosen, ring.one.bottom)), ring.term(Element(chosen - whole, ring.one.bottom))
