"""A statement from its steps: cases until each part of the domain is one that a step covers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from proofcheck.evidence import Evidence, Proof, Undecided
from proofcheck.kernel.calculus import conditions
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.exact import normal
from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.rules.charts import disjuncts
from proofcheck.kernel.rules.links import covers
from proofcheck.kernel.signs import Signs
from proofcheck.kernel.terms import NEGATED, ONE, RELATIONS, ZERO, Domain, Obligation, Term, conjuncts, div, mul, neg, show, sub, var
from proofcheck.store import steps_of

from .inequality import Budget, definedness

Progress = Callable[[int, int, str], None]
MAX_RATIO = 4
Node = dict[str, Any]


def attempt(obligation: Obligation, options: Mapping[str, Any], progress: Progress) -> Evidence:
    """Return a proof that uses the steps given as ``options["steps"]`` (id -> obligation), or Undecided with the part left over."""
    del progress
    steps: Mapping[str, Obligation] = options.get("steps", {})
    try:
        node = from_facts(obligation, options, steps) if "uses" in options else from_steps(obligation, steps)
        if node is None:
            return Undecided(obligation.name, "assembly", "fragment", "the steps do not cover the statement")
        prove(obligation, node, Link(steps=steps))
    except Rejected as error:
        return Undecided(obligation.name, "assembly", "fragment", str(error))
    return Proof(obligation.name, node, "assembly", detail=f"from {len(set(steps_of(node)))} steps")


def from_facts(goal: Obligation, options: Mapping[str, Any], steps: Mapping[str, Obligation]) -> Node | None:
    """Return a proof by signs, given what the steps ``uses`` show; with ``equation``, of that step's right side instead.

    Completing the square, say: a step shows a f = (…)^2 + d b^2, others a > 0 and d > 0; then f > 0.
    """
    formulas = [(str(name), formula) for name in options["uses"] if name in steps for formula in conjuncts(steps[str(name)].goal)]
    inner = replace(goal, given=(*goal.given, *(formula for _, formula in formulas)))
    node: Node | None = {"rule": "sign"}
    if options.get("equation") in steps:
        node = scaled(inner, steps[str(options["equation"])].goal)
    if node is None:
        return None
    for name, formula in reversed(formulas):
        node = {"rule": "cut", "formula": show(formula), "lemma": {"rule": "step", "id": name}, "then": node}
    return node


def scaled(goal: Obligation, equation: Term) -> Node | None:
    """Return a ``scale`` node from ``c f > 0`` to the sign of S, where the equation is ``a f = S``: the factor is a/c.

    c is found by exact division, a is a factor of the equation's left side; None where the quotient a/c has no one sign.
    """
    left, target = equation.args
    if left.op != "mul":
        return None
    for a, f in (left.args, left.args[::-1]):
        try:
            ring, (difference, form) = normal((sub(*goal.goal.args), f))
            ratio = ring.div(difference, form)
        except Rejected:
            continue
        if len(ratio.top) > MAX_RATIO or len(ratio.bottom) > MAX_RATIO:
            continue
        factor = div(a, ring.term(ratio))
        for sign, to in ((factor, target), (neg(factor), neg(target))):
            found = definedness(goal, divisor_conditions(goal.goal, sign), Budget(2_000, lambda *_: None), 64)
            if found is not None:
                return {"rule": "scale", "factor": show(sign), "to": show(to), "then": {"rule": "sign"}, "premises": found}
    return None


def from_steps(goal: Obligation, steps: Mapping[str, Obligation]) -> Node | None:
    """Return a proof of the goal from steps.

    1. as a step states it; 2. by its parts; 3. without a positive divisor; 4. region by region; 5. by a step that is the difference
    of its sides times a positive factor; 6. by its sign.
    """
    parts_wanted = set(conjuncts(goal.goal))
    direct = next((name for name, step in steps.items() if covers(step, goal) and parts_wanted <= set(conjuncts(step.goal))), None)
    if direct is not None:
        return {"rule": "step", "id": direct}
    if goal.goal.op == "and":
        parts = [from_steps(replace(goal, goal=part), steps) for part in conjuncts(goal.goal)]
        return None if any(part is None for part in parts) else {"rule": "both", "parts": parts}
    if goal.goal.op == "or":
        return from_disjunction(goal, steps)
    if goal.goal.op not in RELATIONS:
        return None
    left, right = goal.goal.args
    if left.op == "div" and right is ZERO:
        top, bottom = left.args
        inner = from_steps(replace(goal, goal=Term(goal.goal.op, (top, ZERO))), steps)
        if inner is not None:
            node: Node = {"rule": "scale", "factor": show(bottom), "to": show(top), "then": inner}
            return {**node, **premises(goal, divisor_conditions(goal.goal, bottom))}
    regions = by_regions(goal, [(name, step) for name, step in steps.items() if step.goal is goal.goal])
    found = regions or by_factor(goal, steps)
    return found or ({"rule": "sign"} if Signs(goal.box, goal.given).holds(goal.goal) else None)


def by_factor(goal: Obligation, steps: Mapping[str, Obligation]) -> Node | None:
    """Return a proof by a step `t = q*(a - b)` for the goal `a < b` (or another relation), where q > 0 and other steps show `t < 0`."""
    difference = sub(*goal.goal.args)
    signs = Signs(goal.box, goal.given)
    for equation in dict.fromkeys(atom for step in steps.values() for atom in conjuncts(step.goal) if atom.op == "eq"):
        for target, product in (equation.args, equation.args[::-1]):
            factor = cofactor(product, difference)
            if factor is None or not signs.holds(Term("gt", (factor, ZERO))):
                continue
            # Each equation is used once, so that this ends.
            others = {name: step for name, step in steps.items() if equation not in conjuncts(step.goal)}
            inner = from_steps(replace(goal, goal=Term(goal.goal.op, (target, ZERO))), others)
            if inner is not None:
                node: Node = {"rule": "scale", "factor": show(factor), "to": show(target), "then": inner}
                return {**node, **premises(goal, divisor_conditions(goal.goal, factor))}
    return None


def cofactor(product: Term, factor: Term) -> Term | None:
    """Return what is left of a product without one of its factors, None where it is not one."""
    if product is factor:
        return ONE
    if product.op in ("mul", "div"):
        for i in (0, 1) if product.op == "mul" else (0,):
            rest = cofactor(product.args[i], factor)
            if rest is not None:
                return mul(rest, product.args[1 - i]) if product.op == "mul" else div(rest, product.args[1])
    return None


def divisor_conditions(goal: Term, divisor: Term) -> tuple[Term, ...]:
    """Return what the ``scale`` rule wants for a positive factor: that all has values, and that it is positive."""
    return tuple(dict.fromkeys([*conditions(goal), *conditions(divisor), Term("gt", (divisor, ZERO))]))


def premises(goal: Obligation, wanted: tuple[Term, ...]) -> Node:
    """Return proofs of formulas that do not follow from signs, under the key that rules read."""
    found = definedness(goal, wanted, Budget(20_000, lambda *_: None), 64)
    return {"premises": found} if found else {}


def from_disjunction(goal: Obligation, steps: Mapping[str, Obligation]) -> Node | None:
    """Return a proof of `A or B`: where A holds by A, elsewhere by B."""
    parts = disjuncts(goal.goal)
    first = parts[0]
    if first.op not in RELATIONS or len(parts) != 2:
        return None
    opposite = Term(NEGATED[first.op], first.args)
    rest = from_steps(replace(goal, goal=parts[1], given=(*goal.given, opposite)), steps)
    if rest is None:
        return None
    node: Node = {"rule": "cases", "on": show(first)}
    for key, which, extra, then in (("yes", 0, first, {"rule": "sign"}), ("no", 1, opposite, rest)):
        branch = replace(goal, given=(*goal.given, extra))
        node[key] = {"rule": "either", "which": which, "then": then, **premises(branch, conditions(goal.goal))}
    return node


def by_regions(goal: Obligation, steps: list[tuple[str, Obligation]]) -> Node | None:
    """Return cases on the ends of the steps' domains, each region closed by the step that has it."""
    for position, (name, step) in enumerate(steps):
        differing = [n for n in goal.box if step.box.get(n) != goal.box[n]]
        if len(differing) != 1 or set(step.box) != set(goal.box):
            continue
        (variable,) = differing
        domain = step.box[variable]
        node: Node = {"rule": "restrict", "var": variable, "domain": str(domain), "then": {"rule": "step", "id": name}}
        missing = [atom for atom in ends(variable, domain) if not Signs(goal.box, goal.given).holds(atom)]
        if not missing:
            return node
        if len(missing) == 1:
            opposite = Term(NEGATED[missing[0].op], missing[0].args)
            rest = by_regions(replace(goal, given=(*goal.given, opposite)), steps[position + 1 :])
            if rest is not None:
                return {"rule": "cases", "on": show(missing[0]), "yes": node, "no": rest}
    return None


def ends(name: str, domain: Domain) -> list[Term]:
    """Return the relations that put a variable into a domain, as the kernel's ``restrict`` rule states them."""
    found = []
    if domain.lower is not None:
        found.append(Term("ge" if domain.lower_closed else "gt", (sub(var(name), domain.lower), ZERO)))
    if domain.upper is not None:
        found.append(Term("ge" if domain.upper_closed else "gt", (sub(domain.upper, var(name)), ZERO)))
    return found
