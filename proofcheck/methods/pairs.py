"""Two variables with the same domain, at equal values of which both sides agree: put in order, then slopes from the equality on.

f(x, y) >= 0 on D x D, where f(x, x) = 0:      df/dhigh >= 0, or df/dlow <= 0, for low <= high; slopes the same way
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

from proofcheck.kernel.calculus import conditions
from proofcheck.kernel.exact import is_zero
from proofcheck.kernel.signs import Signs
from proofcheck.kernel.terms import NEGATED, Domain, Obligation, Term, show, sub, substitute, var, variables

from .pieces import fresh
from .subterms import by_cases

Node = dict[str, Any]
Prover = Callable[[Obligation], Node | None]
Slope = Callable[[Obligation, str, Prover], Node | None]
DEPTH = 3
"""Slopes one after the other: f, f', f''."""


def by_order(obligation: Obligation, prover: Prover, slope: Slope) -> Node | None:
    """Return a proof for each order of two variables that have the same domain and at equal values of which both sides agree, or None.

    Domain: one relation < <= >= >. ``prover`` proves what has no such zero; ``slope`` proves a relation from the end at which the
    named variable equals the other one, with a prover for the derivative.
    """
    if obligation.goal.op not in ("lt", "le", "gt", "ge"):
        return None
    difference = sub(*obligation.goal.args)
    for x, y in combinations([name for name, _ in obligation.domains], 2):
        if not _alike(obligation, x, y) or not is_zero(substitute(difference, {x: var(y)})):
            continue
        signs = Signs(obligation.box, obligation.given)
        on = Term("ge", (var(x), var(y)))
        if signs.holds(on):
            return _ordered(obligation, y, x, prover, slope)
        if signs.holds(Term("le", on.args)):
            return _ordered(obligation, x, y, prover, slope)
        other = Term(NEGATED["ge"], on.args)
        yes = _ordered(replace(obligation, given=(*obligation.given, on)), y, x, prover, slope)
        no = None if yes is None else _ordered(replace(obligation, given=(*obligation.given, other)), x, y, prover, slope)
        return None if no is None else {"rule": "cases", "on": show(on), "yes": yes, "no": no}
    return None


def _alike(obligation: Obligation, x: str, y: str) -> bool:
    box = obligation.box
    used = set[str]().union(*(variables(end) for domain in box.values() for end in (domain.lower, domain.upper) if end is not None))
    return box[x] == box[y] and not box[x].integer and not used & {x, y}


def _ordered(obligation: Obligation, low: str, high: str, prover: Prover, slope: Slope) -> Node | None:
    """Return a proof for low <= high, without the hypotheses: the domains carry the order."""
    strict = Signs(obligation.box, obligation.given).holds(Term("lt", (var(low), var(high))))
    whole = obligation.box[low]
    changed, names, chart = _turned(obligation, low, high, whole, moving="high", closed=not strict)

    def shown(part: Obligation) -> Node | None:
        node = _shown(replace(part, given=()), names[low], names[high], whole, DEPTH, prover, slope)
        return node if node is None or not part.given else {"rule": "weaken", "keep": list(part.box), "relation": part.goal.op, "given": [], "then": node}

    node = by_cases(replace(changed, given=()), shown)
    if node is not None and obligation.given:
        node = {"rule": "weaken", "keep": list(changed.box), "given": [], "then": node}
    return None if node is None else {**chart, "then": node}




def _turned(
    obligation: Obligation, low: str, high: str, whole: Domain, *, moving: str, closed: bool
) -> tuple[Obligation, dict[str, str], Node]:  # fmt: skip
    """Return the goal in new variables of which one moves between the other one and the end of the domain; the new names; the chart."""
    names = fresh(obligation.box)
    inner = replace(whole, lower=var(names[low]), lower_closed=closed) if moving == "high" else replace(whole, upper=var(names[high]), upper_closed=closed)
    still, mover = (low, high) if moving == "high" else (high, low)
    own = {still: whole, mover: inner}
    order = [name for name in obligation.box if name not in own] + [still, mover]
    domains = tuple((names[name], own.get(name, obligation.box[name])) for name in order)
    goal = substitute(obligation.goal, {name: var(new) for name, new in names.items()})
    chart: Node = {"rule": "chart", "new": {name: str(domain) for name, domain in domains}, "map": names, "inverse": {new: name for name, new in names.items()}}
    return Obligation(obligation.name, domains, (), goal), names, chart


def _shown(obligation: Obligation, low: str, high: str, whole: Domain, depth: int, prover: Prover, slope: Slope) -> Node | None:
    """Return a proof by ``prover``, or by slopes in the variable that moves, or, after an exchange, in the other one."""
    f = sub(*obligation.goal.args)
    if not is_zero(substitute(f, {high: var(low)})):
        return prover(obligation)
    if Signs(obligation.box).holds(obligation.goal) and not conditions(obligation.goal):
        return {"rule": "sign"}
    if depth == 0:
        return None
    moving = "high" if low in variables(obligation.box[high].lower or var(high)) else "low"
    mover, end = (high, "lower") if moving == "high" else (low, "upper")
    node = slope(obligation, mover, lambda part: _shown(part, low, high, whole, depth - 1, prover, slope))
    if node is not None:
        return node
    domain = obligation.box[mover]
    changed, names, chart = _turned(
        obligation, low, high, whole, moving="low" if moving == "high" else "high", closed=domain.lower_closed if end == "lower" else domain.upper_closed
    )
    mover = names[low if moving == "high" else high]
    node = slope(changed, mover, lambda part: _shown(part, names[low], names[high], whole, depth - 1, prover, slope))
    return None if node is None else {**chart, "then": node}
