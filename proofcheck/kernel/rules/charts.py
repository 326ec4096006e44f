"""Changes of variables, positive factors, parts of formulas, and signs of derivatives: rules that turn one goal into others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..calculus import conditions, derivative
from ..certificate import Node, node_of, nodes_of, number_of, only_keys, text_of
from ..errors import Malformed, Rejected
from ..exact import is_zero
from ..parse import is_name
from ..scope import Scope
from ..signs import Signs
from ..terms import ZERO, Domain, Obligation, Term, conjuncts, mul, neg, replaced, sub, substitute, var, variables
from . import Link, established
from .premises import difference, domain_in, formula_in, require, scope_of, term_in


def chart(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept what holds in other variables that reach every point of the domain.

        P[m(y)] for all y in the box      m(i(x)) = x exactly      i(x) in the box for all x in the domain
        --------------------------------------------------------------------------------------------------
                                            P[x] for all x in the domain

    Soundness: each x of the domain that satisfies the hypotheses is m(y) for y = i(x), which lies in the box; there the hypotheses
    hold in the new variables too. The maps m have values everywhere in the box (signs); the inverse i
    has values on the domain (premises). Where m(i(x)) = x holds only by the hypotheses, it is a premise too: so a variable is eliminated.
    """
    only_keys(node, "new", "map", "inverse", "premises", "then")
    box, maps, back = (_texts(node, key, goal) for key in ("new", "map", "inverse"))
    fresh = all(is_name(name) and name not in goal.box for name in box)
    if set(maps) != set(goal.box) or set(back) != set(box) or not fresh or not box:
        raise Rejected("PC310", "A chart maps new variables onto all old ones, and back.", goal.name)
    inner = Scope({}, {}, "certificate")
    try:
        inner.domains(box, "chart")
    except Malformed as error:
        raise Rejected("PC302", f"A domain of the chart cannot be read: {error.what}", goal.name) from None
    if set(inner.box) != set(box):
        raise Rejected("PC310", "A chart has real variables, not vectors.", goal.name)
    outer = scope_of(goal)
    forward = {name: term_in(inner, text) for name, text in maps.items()}
    inverse = {name: term_in(outer, text) for name, text in back.items()}
    inside = Signs(inner.box)
    returns = []
    for name, image in forward.items():
        if not all(inside.holds(condition) for condition in conditions(image)):
            raise Rejected("PC310", f"{image} is not shown to have a value everywhere in the box.", goal.name)
        back_again = substitute(image, inverse)
        returns += [] if is_zero(sub(back_again, var(name))) else [Term("eq", (back_again, var(name)))]
    wanted = dict.fromkeys(condition for image in inverse.values() for condition in conditions(image))
    wanted.update(dict.fromkeys(bound for name, domain in inner.box.items() for bound in _inside(inverse[name], domain, inverse)))
    wanted.update(dict.fromkeys(returns))
    require(goal, wanted, nodes_of(node, "premises"), link, "PC310")
    given = tuple(substitute(formula, forward) for formula in goal.given)
    changed = Obligation(f"{goal.name}, in {', '.join(box)}", tuple(inner.box.items()), given, substitute(goal.goal, forward))
    established(changed, node_of(node, "then"), link)
    return True


def _texts(node: Node, key: str, goal: Obligation) -> dict[str, str]:
    value = node.get(key)
    if not isinstance(value, Mapping) or not all(isinstance(text, str) for text in value.values()):
        raise Rejected("PC302", f"The chart needs a table of texts under `{key}`.", goal.name)
    return dict(value)


def _inside(value: Term, domain: Domain, inverse: Mapping[str, Term]) -> list[Term]:
    """Return the relations that put a value into a domain whose ends may use other new variables, after what gives the ends values."""
    if domain.integer:
        raise Rejected("PC310", "A chart has real variables.")
    found = []
    if domain.lower is not None:
        found.append(Term("ge" if domain.lower_closed else "gt", (sub(value, substitute(domain.lower, inverse)), ZERO)))
    if domain.upper is not None:
        found.append(Term("ge" if domain.upper_closed else "gt", (sub(substitute(domain.upper, inverse), value), ZERO)))
    return [*dict.fromkeys(condition for formula in found for condition in conditions(formula)), *found]


def restrict(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept what holds on another domain of one variable, if the hypotheses put the variable there.

        H => x in E      P for all x in E that satisfy H
        ------------------------------------------------
                  P for all x in D that satisfy H

    Soundness: every point of D that satisfies H is one of E. The ends of E may use the other variables; their domains must not use x.
    """
    only_keys(node, "var", "domain", "premises", "then")
    name = text_of(node, "var")
    others = [(n, d) for n, d in goal.domains if n != name]
    used = any(name in variables(end) for _, d in others for end in (d.lower, d.upper) if end is not None)
    if name not in goal.box or used or goal.box[name].integer:
        raise Rejected("PC310", f"The domain of {name} cannot be exchanged.", goal.name)
    domain = domain_in(scope_of(Obligation("", tuple(others), (), goal.goal)), text_of(node, "domain"))
    require(goal, _inside(var(name), domain, {}), nodes_of(node, "premises"), link, "PC310")
    changed = replace(goal, name=f"{goal.name}: {name} in {domain}", domains=(*others, (name, domain)))
    established(changed, node_of(node, "then"), link)
    return True


def generalise(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept what holds for every number in the place of a subterm, if the values of the subterm are among these numbers.

        P[s, x] for all s in E and all x with H(x)      u(x) in E, for all x with H(x)
        ------------------------------------------------------------------------------
                                P[u(x), x] for all x with H(x)

    Soundness: at each x with H(x), u has a value (premises, also where E is the whole line) and the value is in E (premises); the first
    premise at s = u(x) is P[u(x), x], term by term, because s is a new name. E is a real interval with constant ends. Every x stays,
    with its domain and the hypotheses; ``weaken`` leaves out those that are not needed any more.

    Rejects: a name that is not new, or a term that does not occur (PC310); a value that is not shown to be in E (PC310).
    """
    only_keys(node, "term", "new", "domain", "premises", "then")
    name, image = text_of(node, "new"), term_in(scope_of(goal), text_of(node, "term"))
    formula = replaced(goal.goal, {image: var(name)})
    if not is_name(name) or name in goal.box or formula is goal.goal:
        raise Rejected("PC310", f"A new name {name!r} for {image} does not fit: it is no new name, or the term does not occur.", goal.name)
    domain = domain_in(Scope({}, {}, "certificate"), text_of(node, "domain"))
    wanted = dict.fromkeys([*conditions(image), *_inside(image, domain, {})])
    require(goal, wanted, nodes_of(node, "premises"), link, "PC310")
    established(replace(goal, name=f"{goal.name}, {name} = {image}", domains=(*goal.domains, (name, domain)), goal=formula), node_of(node, "then"), link)
    return True


STRONGER = {"ne": ("gt", "lt"), "ge": ("gt", "eq"), "le": ("lt", "eq")}


def weaken(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept what follows from more: without some variables and hypotheses, or with a stronger relation.

        P > 0 for all y
        ------------------------------
        P != 0 for all x, y, if H(x)

    Soundness: the variables left out occur neither in the goal, nor in the hypotheses that stay, nor in the ends of other domains.
    ``given`` are the places of the hypotheses that stay, of those without the variables left out; without it, all of these.
    """
    only_keys(node, "keep", "relation", "given", "then")
    keep, relation, places = node.get("keep"), node.get("relation", goal.goal.op), node.get("given")
    if places is not None and not (isinstance(places, list) and all(isinstance(place, int) for place in places)):
        raise Rejected("PC302", "`given` lists places of hypotheses.", goal.name)
    if not isinstance(keep, list) or not set(map(str, keep)) <= set(goal.box):
        raise Rejected("PC315", "`keep` lists variables of the goal.", goal.name)
    if relation != goal.goal.op and relation not in STRONGER.get(goal.goal.op, ()):
        raise Rejected("PC315", f"{relation!r} does not imply {goal.goal.op!r}.", goal.name)
    kept = tuple((n, d) for n, d in goal.domains if n in keep)
    given = tuple(formula for i, formula in enumerate(goal.given) if variables(formula) <= set(keep) and (places is None or i in places))
    needed = variables(goal.goal).union(*(variables(end) for _, d in kept for end in (d.lower, d.upper) if end is not None))
    if not needed <= set(keep):
        raise Rejected("PC315", f"{', '.join(sorted(needed - set(keep)))} cannot be left out.", goal.name)
    formula = goal.goal if relation == goal.goal.op else Term(relation, goal.goal.args)
    established(replace(goal, domains=kept, given=given, goal=formula), node_of(node, "then"), link)
    return True


def scale(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept a relation whose difference, times a positive factor, has the sign.

        (a - b) q = t exactly      q > 0      t > 0
        -------------------------------------------
                           a > b

    Soundness: division by a positive number; everything has a value on the domain (premises). The same for < <= >= = and !=.
    """
    only_keys(node, "factor", "to", "premises", "then")
    scope = scope_of(goal)
    factor, target = term_in(scope, text_of(node, "factor")), term_in(scope, text_of(node, "to"))
    if len(goal.goal.args) != 2 or goal.goal.op not in ("lt", "le", "gt", "ge", "eq", "ne"):
        raise Rejected("PC315", "The rule is for one relation.", goal.name)
    if not is_zero(sub(mul(sub(*goal.goal.args), factor), target)):
        raise Rejected("PC311", f"The difference of both sides times {factor} is not exactly the target.", goal.name)
    wanted = [*conditions(goal.goal), *conditions(factor), Term("gt", (factor, ZERO))]
    require(goal, dict.fromkeys(wanted), nodes_of(node, "premises"), link)
    established(replace(goal, goal=Term(goal.goal.op, (target, ZERO)), name=f"{goal.name}, scaled"), node_of(node, "then"), link)
    return True


def both(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept a conjunction whose parts are proved.

    P      Q
    --------
    P and Q
    """
    only_keys(node, "parts")
    formulas, parts = conjuncts(goal.goal), nodes_of(node, "parts")
    if len(formulas) != len(parts):
        raise Rejected("PC309", f"The conjunction has {len(formulas)} parts, the proof {len(parts)}.", goal.name)
    for formula, part in zip(formulas, parts, strict=True):
        established(replace(goal, goal=formula, name=f"{goal.name}: {formula}"), part, link)
    return True


def either(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept a disjunction of which one part is proved and of which all parts have values.

      P
    ------
    P or Q
    """
    only_keys(node, "which", "then", "premises")
    formulas = disjuncts(goal.goal)
    chosen = formulas[number_of(node, "which", 0, len(formulas) - 1)]
    require(goal, conditions(goal.goal), nodes_of(node, "premises"), link)
    established(replace(goal, goal=chosen, name=f"{goal.name}: {chosen}"), node_of(node, "then"), link)
    return True


def disjuncts(formula: Term) -> tuple[Term, ...]:
    """Return the formulas that a disjunction joins; `not (a < b)` is a >= b."""
    if formula.op == "or":
        return disjuncts(formula.args[0]) + disjuncts(formula.args[1])
    return (formula,)


def cut(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept what follows from something else that is proved on the same domain.

    A, for all x with H(x)      P, for all x with H(x) and A(x)
    -----------------------------------------------------------
                      P, for all x with H(x)

    Soundness: at each point at which the hypotheses hold, A has values and holds, so that the point is one of the second premise.
    """
    only_keys(node, "formula", "lemma", "then")
    formula = formula_in(scope_of(goal), text_of(node, "formula"))
    established(replace(goal, goal=formula, name=f"{goal.name}: {formula}"), node_of(node, "lemma"), link)
    established(replace(goal, given=(*goal.given, formula), name=f"{goal.name}, given {formula}"), node_of(node, "then"), link)
    return True


def monotone(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept f > 0 from its sign at one end of a variable and the sign of its derivative.

        f(e, y) >= 0 for all y      df/dx >= 0 inside
        ---------------------------------------------
                    f(x, y) >= 0 for x >= e

    For a strict goal one premise is strict: the base, or the slope where the end e does not belong to the domain. From the upper end
    the slope is <= 0.

    Soundness: f is continuous on [e, x], because it has a value there (every function of the language is continuous where it
    has one), and differentiable inside, because its derivative has; the mean value theorem. Domains and hypotheses of the other
    variables do not use x, so the segment from e to x stays in the domain.
    """
    only_keys(node, "var", "from", "strict", "base", "slope", "premises")
    name, end, strict = text_of(node, "var"), text_of(node, "from"), text_of(node, "strict")
    op = goal.goal.op
    domain = goal.box.get(name)
    if domain is None or domain.integer or op not in ("lt", "le", "gt", "ge") or end not in ("lower", "upper") or strict not in ("base", "slope", "none"):
        raise Rejected("PC315", "The rule is for one relation < <= >= > and an end of a real variable.", goal.name)
    ends = [e for other in goal.box.values() for e in (other.lower, other.upper) if e is not None]
    point = domain.lower if end == "lower" else domain.upper
    if point is None or any(name in variables(part) for part in (*ends, *goal.given)):
        raise Rejected("PC315", f"The end is infinite, or other domains or hypotheses use {name}.", goal.name)
    closed = domain.lower_closed if end == "lower" else domain.upper_closed
    if op in ("lt", "gt") and (strict == "none" or (strict == "slope" and closed)):
        raise Rejected("PC305", "A strict relation needs a strict base, or a strict slope and an open end.", goal.name)
    f = difference(goal)
    closure = replace(domain, lower_closed=domain.lower is not None, upper_closed=domain.upper_closed)
    if end == "upper":
        closure = replace(domain, upper_closed=True)
    whole = replace(goal, domains=tuple((n, closure if n == name else d) for n, d in goal.domains))
    require(whole, conditions(f), nodes_of(node, "premises"), link)
    try:
        slope = derivative(f, name)
    except Malformed as error:
        raise Rejected("PC315", error.what, goal.name) from None
    if end == "upper":
        slope = neg(slope)
    others = tuple((n, d) for n, d in goal.domains if n != name)
    base = Obligation(f"{goal.name} at {name} = {point}", others, goal.given, Term("gt" if strict == "base" else "ge", (substitute(f, {name: point}), ZERO)))
    rising = replace(goal, name=f"{goal.name}, slope in {name}", goal=Term("gt" if strict == "slope" else "ge", (slope, ZERO)))
    established(base, node_of(node, "base"), link)
    established(rising, node_of(node, "slope"), link)
    return True
