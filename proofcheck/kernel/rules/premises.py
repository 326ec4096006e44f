"""What several rules need: formulas read in the scope of an obligation, and proofs of definedness."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ..calculus import conditions
from ..certificate import Node, nodes_of
from ..errors import Malformed, Rejected
from ..scope import Scope
from ..signs import Signs
from ..terms import Domain, Obligation, Term, mul, neg, sub, total, var, variables


def scope_of(goal: Obligation) -> Scope:
    """Return a scope with the variables of the obligation."""
    scope = Scope({}, {}, "certificate")
    for name, domain in goal.domains:
        scope.values[name] = var(name)
        scope.box[name] = domain
    return scope


def difference(goal: Obligation) -> Term:
    """Return the difference of both sides of a relation < <= >= > that is to be > 0, or >= 0."""
    upward = sub(*goal.goal.args)
    return upward if goal.goal.op in ("gt", "ge") else neg(upward)


def term_in(scope: Scope, text: Any) -> Term:
    """Return the term that a text of the certificate writes."""
    try:
        return scope.scalar_term(scope.read(text, "certificate"), str(text))
    except Malformed as error:
        raise Rejected("PC302", f"A formula of the certificate cannot be read: {error.what}") from None


def formula_in(scope: Scope, text: Any) -> Term:
    """Return the formula that a text of the certificate writes."""
    try:
        return scope.formula(text, "certificate")
    except Malformed as error:
        raise Rejected("PC302", f"A formula of the certificate cannot be read: {error.what}") from None


def multiples(goal: Obligation, node: Node, scope: Scope) -> Term:
    """Return the sum of q_i (l_i - r_i), which is 0: ``using`` has the factors q_i of the equations l_i = r_i among the hypotheses, in order."""
    equations = [sub(*formula.args) for formula in goal.given if formula.op == "eq"]
    factors = node.get("using", [])
    if not isinstance(factors, list) or len(factors) > len(equations):
        raise Rejected("PC302", "`using` has one factor for each equation among the hypotheses.", goal.name)
    return total(mul(term_in(scope, factor), equation) for factor, equation in zip(factors, equations, strict=False))


def domain_in(scope: Scope, text: Any) -> Domain:
    """Return the domain that a text of the certificate writes."""
    try:
        return scope.domain(str(text), "certificate")
    except Malformed as error:
        raise Rejected("PC302", f"A domain of the certificate cannot be read: {error.what}") from None


def require(goal: Obligation, formulas: Iterable[Term], nodes: list[Node], link: Any, code: str = "PC307") -> None:
    """Reject unless every formula holds on the domain of the goal: by its structure, or by the next proof of the list."""
    from . import established  # noqa: PLC0415 - a premise may use any rule

    signs = Signs(goal.box, goal.given)
    rest = list(nodes)
    for formula in formulas:
        if signs.holds(formula):
            continue
        if not rest or not variables(formula) <= set(goal.box):  # a bound variable has no domain to prove anything on
            raise Rejected(code, f"Not proved on the domain: {formula}.", goal.name)
        established(replace(goal, goal=formula, name=f"{goal.name}: {formula}"), rest.pop(0), link)
    if rest:
        raise Rejected("PC302", "The proof has more premises than are needed.", goal.name)


def require_defined(goal: Obligation, node: Node, link: Any, roots: Iterable[Term]) -> None:
    """Reject unless the terms have values on the whole domain; proofs under ``conditions`` stand for what is not structural."""
    wanted = dict.fromkeys(formula for root in roots for formula in conditions(root))
    require(goal, wanted, nodes_of(node, "conditions"), link)
