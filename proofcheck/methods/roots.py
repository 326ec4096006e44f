"""Square roots of products: nonnegative variables become squares, x = x_^2, and roots of squares are products."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.exact import Element, normal
from proofcheck.kernel.rules.premises import term_in
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.signs import Signs
from proofcheck.kernel.terms import ONE, ZERO, Obligation, Term, mul, num, postorder, power, rational, replaced, show, substitute, var, variables


@dataclass(frozen=True)
class Squared:
    """A chart x = x_^2 for the variables under roots, the facts that remove the roots, what is left, and what the chart needs."""

    chart: dict[str, Any]
    facts: list[dict[str, str]]
    rest: Obligation
    wanted: tuple[Term, ...]


def squared(obligation: Obligation) -> Squared | None:
    """Return the obligation in the roots of its nonnegative variables; None where that removes no root."""
    roots = [node for node in postorder((obligation.goal,)) if node.op == "sqrt"]
    under = set().union(*(variables(node) for node in roots))
    ends = [end for _, domain in obligation.domains for end in (domain.lower, domain.upper) if end is not None]
    if not under or any(variables(end) for end in ends) or any(domain.integer for _, domain in obligation.domains):
        return None
    new, maps, inverse = {}, {}, {}
    wanted: list[Term] = []
    bounds: list[Term] = []
    for name, domain in obligation.domains:
        fresh = f"{name}_"
        if name not in under or domain.lower is None or rational(domain.lower) != 0:
            new[fresh], maps[name], inverse[fresh] = str(domain), fresh, name
            continue
        new[fresh] = f"{'[' if domain.lower_closed else '('}0, inf)"  # the root of an upper end is seldom needed, and has to be proved
        maps[name], inverse[fresh] = f"{fresh}^2", f"sqrt({name})"
        wanted.append(Term("ge", (var(name), ZERO)))
        bounds.append(Term("ge" if domain.lower_closed else "gt", (Term("sqrt", (var(name),)), ZERO)))
    scope = Scope({}, {}, "chart")
    scope.domains(new, "chart")
    forward = {name: term_in(scope, text) for name, text in maps.items()}
    rest = Obligation(obligation.name, tuple(scope.box.items()), tuple(substitute(f, forward) for f in obligation.given), substitute(obligation.goal, forward))
    facts = {}
    for node in postorder((rest.goal,)):
        root = of_square(node.args[0]) if node.op == "sqrt" else None
        if root is not None and Signs(rest.box, rest.given).holds(Term("ge", (root, ZERO))):
            facts[node] = root
    if not facts:
        return None
    rest = replace(rest, goal=replaced(rest.goal, facts))
    texts = [{"term": show(node), "is": show(root)} for node, root in facts.items()]
    return Squared({"rule": "chart", "new": new, "map": maps, "inverse": inverse}, texts, rest, tuple(dict.fromkeys([*wanted, *bounds])))


def of_square(term: Term) -> Term | None:
    """Return a term whose square is the given one, up to its sign, from the factors of the normal form; None where there is none."""
    try:
        ring, (element,) = normal((term,))
    except Rejected:
        return None
    if element.top.is_zero() or not element.bottom.is_constant():
        return None
    front, factors = element.top.factor()
    if front < 0 or not factors or any(int(exponent) % 2 for _, exponent in factors):
        return None
    root = Term("sqrt", (num(Fraction(int(front.p), int(front.q))),)) if front != 1 else ONE
    for factor, exponent in factors:
        root = mul(root, power(ring.term(Element(factor, ring.one.bottom)), int(exponent) // 2))
    return root
