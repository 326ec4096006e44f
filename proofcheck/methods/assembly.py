"""A statement from its steps: cases until each part of the domain is one that a step covers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from proofcheck.evidence import Evidence, Proof, Undecided
from proofcheck.kernel.calculus import conditions, derivative
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.exact import normal
from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.rules.charts import disjuncts
from proofcheck.kernel.rules.links import covers
from proofcheck.kernel.signs import Signs
from proofcheck.kernel.terms import NEGATED, ONE, RELATIONS, ZERO, Domain, Obligation, Term, conjuncts, div, mul, neg, show, sub, substitute, var, variables
from proofcheck.store import steps_of

from .budget import Budget
from .inequality import definedness
from .subterms import simplified

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

    Completing the square, say: a step shows a f = (…)^2 + d b^2, others a > 0 and d > 0; then f > 0. With ``along``, a variable, and
    ``end``, lower or upper, by the ``monotone`` rule: the sign at that end, and the sign of the slope, each from the same steps.
    """
    for name, domain in goal.domains:  # a variable that is one number
        if domain.lower is not None and domain.lower is domain.upper:
            fixed = Obligation(goal.name, tuple((n, d) for n, d in goal.domains if n != name), (), substitute(goal.goal, {name: domain.lower}))
            inner = from_facts(fixed, options, steps) if not goal.given else None
            return None if inner is None else {"rule": "parametrise", "var": name, "as": show(domain.lower), "new": "s_", "domain": "[0, 1]", "then": inner}
    if "rename" in options:
        return renamed(goal, {str(new): str(old) for new, old in options["rename"].items()}, {name: steps[name] for name in options["uses"] if name in steps})
    known = {str(name): steps[str(name)] for name in options["uses"] if name in steps}
    equation = steps.get(str(options.get("equation", "")))
    equations = [atom for atom in conjuncts(equation.goal) if atom.op == "eq"] if equation is not None else []
    simple, facts = simplified(goal)
    for variant, used in ((goal, []), (simple, facts))[: 2 if facts else 1]:
        if "along" in options:
            node = along(variant, str(options["along"]), str(options.get("end", "lower")), known, equations)
        else:
            node = closed(variant, known, equations) if equations or "equation" not in options else None
        if node is not None:
            return {"rule": "rewrite", "facts": used, "then": node} if used else node
    return None


def closed(goal: Obligation, known: Mapping[str, Obligation], equations: list[Term]) -> Node | None:
    """Return a proof by the signs of the goal or of what an equation makes of it, given what the known steps show there."""
    usable = [(name, step) for name, step in known.items() if covers(step, goal) and variables(step.goal) <= set(goal.box)]
    formulas = [(name, formula) for name, step in usable for formula in conjuncts(step.goal)]
    # What gives the terms values is proved before the steps' formulas come in: those only stand in the way.
    equations = [equation for equation in equations if variables(equation) <= set(goal.box)]
    lemmas: list[tuple[Term, Node]] = []
    signs = Signs(goal.box, (*goal.given, *(formula for _, formula in formulas)))
    for condition in dict.fromkeys(c for formula in (goal.goal, *equations) for c in conditions(formula) if not signs.holds(c)):
        sofar = replace(goal, given=(*goal.given, *(formula for formula, _ in lemmas)))
        proofs = definedness(sofar, (condition,), Budget(2_000, lambda *_: None), 64)
        lemmas += [(condition, proofs[0])] if proofs else []
    lemmas += [(formula, {"rule": "step", "id": name}) for name, formula in formulas]
    inner = replace(goal, given=(*goal.given, *(formula for formula, _ in lemmas)))
    node = next((found for equation in equations if (found := scaled(inner, equation)) is not None), None)
    if node is None:
        needed = definedness(inner, conditions(goal.goal), Budget(2_000, lambda *_: None), 64)
        if needed is None or not Signs(inner.box, inner.given).holds(inner.goal):
            return None
        node = {"rule": "sign", **({"conditions": needed} if needed else {})}
    for formula, lemma in reversed(lemmas):
        node = {"rule": "cut", "formula": show(formula), "lemma": lemma, "then": node}
    return node


def renamed(goal: Obligation, names: Mapping[str, str], steps: Mapping[str, Obligation]) -> Node | None:
    """Return a proof by a step that shows the goal with other names of variables: two charts, because a chart's names are new ones."""
    back = {new: names.get(new, new) for new, _ in goal.domains}
    node: Node | None = None
    for name, step in steps.items():
        if set(back.values()) == set(step.box) and substitute(goal.goal, {new: var(old) for new, old in back.items()}) is step.goal:
            node = {"rule": "step", "id": name}
            for source, target in (({n: n + "_" for n in back}, back), ({n: n for n in back}, {n: n + "_" for n in back})):
                inner = {target[n]: str(replaced_domain(goal.box[n], target)) for n in back}
                maps, inverse = {source[n]: target[n] for n in back}, {target[n]: source[n] for n in back}
                node = {"rule": "chart", "new": inner, "map": maps, "inverse": inverse, "then": node}
            break
    return node


def replaced_domain(domain: Domain, names: Mapping[str, str]) -> Domain:
    """Return a domain whose ends use other names."""
    change = {name: var(other) for name, other in names.items()}
    lower, upper = (None if end is None else substitute(end, change) for end in (domain.lower, domain.upper))
    return replace(domain, lower=lower, upper=upper)


def along(goal: Obligation, name: str, end: str, known: Mapping[str, Obligation], equations: list[Term]) -> Node | None:
    """Return a ``monotone`` node whose base and slope follow from the known steps, or None."""
    domain = goal.box.get(name)
    point = None if domain is None else domain.lower if end == "lower" else domain.upper
    if domain is None or point is None or goal.goal.op not in ("lt", "le", "gt", "ge"):
        return None
    f = sub(*goal.goal.args) if goal.goal.op in ("gt", "ge") else neg(sub(*goal.goal.args))
    included = domain.lower_closed if end == "lower" else domain.upper_closed
    strict = "none" if goal.goal.op in ("le", "ge") else "base" if included else "slope"
    slope = derivative(f, name) if end == "lower" else neg(derivative(f, name))
    others = tuple((n, d) for n, d in goal.domains if n != name)
    given = tuple(formula for formula in goal.given if name not in variables(formula))
    base = Obligation(goal.name, others, given, Term("gt" if strict == "base" else "ge", (substitute(f, {name: point}), ZERO)))
    rising = replace(goal, goal=Term("gt" if strict == "slope" else "ge", (slope, ZERO)))
    nodes = [closed(part, known, equations) for part in (base, rising)]
    whole = replace(domain, lower_closed=domain.lower_closed or end == "lower", upper_closed=domain.upper_closed or end == "upper")
    closure = replace(goal, domains=tuple((n, whole if n == name else d) for n, d in goal.domains))
    if None in nodes:
        return None
    return {"rule": "monotone", "var": name, "from": end, "strict": strict, "base": nodes[0], "slope": nodes[1], **premises(closure, conditions(f))}


def scaled(goal: Obligation, equation: Term) -> Node | None:
    """Return a ``scale`` node from ``c f > 0`` to the sign of S, where the equation is ``a f = S``: the factor is a/c.

    c is found by exact division, a is 1 or a factor of the equation's left side; None where the quotient a/c has no one sign.
    """
    left, target = equation.args
    for a, f in ((ONE, left), *((left.args, left.args[::-1]) if left.op == "mul" else ())):
        try:
            ring, (difference, form) = normal((sub(*goal.goal.args), f))
            ratio = ring.div(difference, form)
        except Rejected:
            continue
        if ratio.top.is_zero() or len(ratio.top) > MAX_RATIO or len(ratio.bottom) > MAX_RATIO:
            continue
        factor = div(a, ring.term(ratio))
        for sign, to in ((factor, target), (neg(factor), neg(target))):
            wanted = divisor_conditions(goal.goal, sign)
            if not Signs(goal.box, goal.given).holds(Term(goal.goal.op, (to, ZERO))):
                continue
            found = definedness(goal, wanted, Budget(2_000, lambda *_: None), 64)
            inner = definedness(goal, conditions(to), Budget(2_000, lambda *_: None), 64)
            if found is not None and inner is not None:
                then = {"rule": "sign", **({"conditions": inner} if inner else {})}
                return {"rule": "scale", "factor": show(sign), "to": show(to), "then": then, "premises": found}
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


def from_disjunction(goal: Obligation, steps: Mapping[str, Obligation], which: int = 0) -> Node | None:
    """Return a proof of `A or B or …`: where A holds by A, elsewhere by the others; the last from steps."""
    parts = disjuncts(goal.goal)
    first = parts[which]
    if which == len(parts) - 1:
        rest = from_steps(replace(goal, goal=first), steps)
        return None if rest is None else {"rule": "either", "which": which, "then": rest, **premises(goal, conditions(goal.goal))}
    if first.op not in RELATIONS:
        return None
    opposite = Term(NEGATED[first.op], first.args)
    yes, no = (replace(goal, given=(*goal.given, extra)) for extra in (first, opposite))
    rest = from_disjunction(no, steps, which + 1)
    if rest is None:
        return None
    own: Node = {"rule": "either", "which": which, "then": {"rule": "sign"}, **premises(yes, conditions(goal.goal))}
    return {"rule": "cases", "on": show(first), "yes": own, "no": rest}


def by_regions(goal: Obligation, steps: list[tuple[str, Obligation]]) -> Node | None:
    """Return cases on the ends of the steps' domains, each region closed by the step that has it."""
    for position, (name, step) in enumerate(steps):
        differing = [n for n in step.box if goal.box.get(n) != step.box[n]]
        if len(differing) != 1 or differing[0] not in goal.box:
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
