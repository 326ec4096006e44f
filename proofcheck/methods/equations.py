"""Linear equations among the hypotheses: the variable that they determine is eliminated, its domain stays as a hypothesis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from proofcheck.kernel.exact import is_zero
from proofcheck.kernel.signs import Signs
from proofcheck.kernel.terms import ZERO, Domain, Obligation, Term, mul, num, show, sub, substitute, var, variables

from .pieces import fresh
from .witness import simplified, solution

Node = dict[str, Any]
Prover = Callable[[Obligation], Node | None]


def eliminated(obligation: Obligation, prover: Prover) -> Node | None:
    """Return a proof in one variable less, by an equation among the hypotheses that is linear in it with a constant factor, or None."""
    for place, formula in enumerate(obligation.given):
        if formula.op != "eq":
            continue
        difference = sub(*formula.args)
        for name in reversed(list(obligation.box)):
            value = solution(difference, name) if name in variables(difference) and _free(obligation, name) else None
            # The solution has to be one whatever the others are: the difference is then a constant times (name - value).
            if value is not None and name not in variables(value) and is_zero(substitute(difference, {name: value})) and _whole(difference, name):
                return _without(obligation, place, name, simplified(value), prover)
    return None


def _free(obligation: Obligation, name: str) -> bool:
    ends = [end for domain in obligation.box.values() for end in (domain.lower, domain.upper) if end is not None]
    return not obligation.box[name].integer and not any(name in variables(end) for end in ends)


def _whole(difference: Term, name: str) -> bool:
    """Say whether the difference is a constant times a difference of the name and something without it."""
    slope = sub(substitute(difference, {name: num(1)}), substitute(difference, {name: num(0)}))
    other = sub(substitute(difference, {name: num(3)}), substitute(difference, {name: num(1)}))
    constant = substitute(slope, {x: num(0) for x in variables(slope)})
    return is_zero(sub(slope, constant)) and is_zero(sub(other, mul(num(2), constant)))


def _without(obligation: Obligation, place: int, name: str, value: Term, prover: Prover) -> Node | None:
    """Return a chart in the other variables, and what proves the goal there."""
    bounds = _bounds(obligation.box[name], value)
    signs = Signs(obligation.box, obligation.given)
    kept = [bound for bound in bounds if signs.holds(bound)]
    given = (*obligation.given, *kept)
    names = {old: new for old, new in fresh(obligation.box).items() if old != name}
    forward = {old: var(new) for old, new in names.items()}
    image = substitute(value, forward)
    domains = tuple((names[old], _renamed(domain, forward)) for old, domain in obligation.domains if old != name)
    places = [i for i in range(len(given)) if i != place]
    changed = replace(
        obligation, domains=domains, given=tuple(substitute(given[i], {**forward, name: image}) for i in places),
        goal=substitute(obligation.goal, {**forward, name: image}),
    )  # fmt: skip
    node = prover(changed)
    if node is None:
        return None
    node = {"rule": "weaken", "keep": list(changed.box), "relation": changed.goal.op, "given": places, "then": node}
    maps = {**names, name: show(image)}
    inverse = {new: old for old, new in names.items()}
    node = {"rule": "chart", "new": {new: str(domain) for new, domain in domains}, "map": maps, "inverse": inverse, "then": node}
    for bound in reversed(kept):
        node = {"rule": "cut", "formula": show(bound), "lemma": {"rule": "sign"}, "then": node}
    return node


def _bounds(domain: Domain, value: Term) -> list[Term]:
    """Return the relations that say that a value lies in a domain."""
    found = []
    if domain.lower is not None:
        found.append(Term("ge" if domain.lower_closed else "gt", (sub(value, domain.lower), ZERO)))
    if domain.upper is not None:
        found.append(Term("le" if domain.upper_closed else "lt", (sub(value, domain.upper), ZERO)))
    return found


def _renamed(domain: Domain, forward: dict[str, Term]) -> Domain:
    lower, upper = (None if end is None else substitute(end, forward) for end in (domain.lower, domain.upper))
    return replace(domain, lower=lower, upper=upper)
