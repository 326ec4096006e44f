"""Exact points: a witness refutes a statement; an obligation without variables is decided where it stands."""

from __future__ import annotations

from typing import Any

from ..algebra import Ball, compare, evaluate, kleene, precision
from ..calculus import conditions
from ..certificate import Node, only_keys, text_of
from ..errors import Rejected
from ..exact import is_zero
from ..terms import Domain, Obligation, Term, rational, sub, substitute, variables
from . import Link
from .premises import scope_of, term_in

PRECISIONS = (64, 256, 1024, 4096)


def settled(formula: Term) -> bool | None:
    """Return whether a formula without variables holds; None where balls of 4096 bits and exact normal forms do not tell."""
    return kleene(formula, _settled)


def _settled(atom: Term) -> bool | None:
    if variables(atom):  # a condition on a bound variable
        return None
    for bits in PRECISIONS:
        with precision(bits):
            a, b = evaluate(atom.args, Ball(), {})
            answer = compare(atom.op, a, b)
        if answer is not None:
            return answer
    if is_zero(sub(*atom.args)) and all(_settled(condition) for condition in conditions(atom)):
        return atom.op in ("le", "ge", "eq")
    return None


def point(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept, or refute, a formula without variables: by balls at rising precision, or by equal normal forms.

    Soundness: what is accepted has values in all its parts, also in those that `or` and `not` do not need (PC307).
    """
    del link
    only_keys(node)
    if goal.domains or goal.given or variables(goal.goal):
        raise Rejected("PC315", "The rule is for formulas without variables.", goal.name)
    answer = settled(goal.goal)
    if answer is None:
        raise Rejected("PC303", f"Not decided: {goal.goal}.", goal.name)
    if answer and not all(settled(condition) for condition in conditions(goal.goal)):
        raise Rejected("PC307", f"A part is not shown to have a value: {goal.goal}.", goal.name)
    return answer


def witness(goal: Obligation, node: Node, link: Link) -> bool:
    """Refute ``goal``: at an exact point of the domain all hypotheses hold and the relation does not.

        x0 in the domain      H(x0)      not P(x0)
        ------------------------------------------
                 not (for all x: H => P)

    Soundness: membership, hypotheses and violation are decided one-sidedly by balls at an exact point, or by exact equality;
    there is no tolerance. A term without a value violates nothing.
    """
    del link
    only_keys(node, "at")
    at = point_of(goal, node.get("at"))
    if settled(substitute(goal.goal, at)) is not False:
        raise Rejected("PC312", f"The point does not violate {goal.goal}.", goal.name)
    return False


def point_of(goal: Obligation, values: Any) -> dict[str, Term]:
    """Return an exact point of the domains that satisfies the hypotheses.

    Rejects: not one value for each variable (PC312); a value outside its domain, or a hypothesis that is not shown to hold (PC313).
    """
    if not isinstance(values, dict) or set(values) != set(goal.box):
        raise Rejected("PC312", f"A witness has a value for each of {', '.join(goal.box) or 'no variables'}.", goal.name)
    empty = scope_of(Obligation("", (), (), goal.goal))
    at = {name: term_in(empty, text_of(values, name)) for name in goal.box}
    for name, domain in goal.domains:
        if not inside(at[name], domain, at):
            raise Rejected("PC313", f"{name} = {at[name]} is not shown to lie in {domain}.", goal.name)
    for formula in goal.given:
        if settled(substitute(formula, at)) is not True:
            raise Rejected("PC313", f"The hypothesis {formula} is not shown to hold at the point.", goal.name)
    return at


def inside(value: Term, domain: Domain, at: dict[str, Term]) -> bool:
    """Say whether an exact number certainly lies in a domain whose ends may use other coordinates of the point."""
    number = rational(value)
    if domain.integer and (number is None or number.denominator != 1):
        return False
    checks = []
    if domain.lower is not None:
        checks.append(Term("ge" if domain.lower_closed else "gt", (value, substitute(domain.lower, at))))
    if domain.upper is not None:
        checks.append(Term("le" if domain.upper_closed else "lt", (value, substitute(domain.upper, at))))
    return all(settled(check) is True for check in checks)
