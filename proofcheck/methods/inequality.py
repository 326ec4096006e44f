"""Inequalities on a box: signs by structure, exact zeros at the ends of one-variable domains, bisection with three leaf forms.

What this finds is a tree of kernel rules. Order of attempts: cheap and decisive first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from typing import Any

from proofcheck.evidence import Evidence, Proof, Undecided
from proofcheck.kernel.calculus import conditions, derivative
from proofcheck.kernel.errors import Malformed, Rejected
from proofcheck.kernel.exact import Element, is_zero, normal
from proofcheck.kernel.rules.premises import term_in
from proofcheck.kernel.rules.subdivide import Cell, chart_of, unit
from proofcheck.kernel.rules.telescope import APPROACH
from proofcheck.kernel.scope import Scope, empty
from proofcheck.kernel.signs import ANY, Signs
from proofcheck.kernel.terms import (
    BINDERS,
    RELATIONS,
    Obligation,
    Term,
    add,
    conjuncts,
    div,
    mul,
    neg,
    num,
    postorder,
    power,
    rational,
    show,
    sub,
    substitute,
    var,
    variables,
)  # fmt: skip

from .budget import WHOLE, Budget, Progress, Prover
from .ends import near_zero, vanishing_order
from .equations import eliminated
from .frontier import Growth, subdivide
from .frontier import leaves as open_leaves
from .looks import accepts
from .minima import around_zero
from .outcome import leaf_count, margin, reason, undefined_at
from .pairs import by_order
from .pieces import cut_at, narrowed, number, simple_points
from .roots import squared
from .sides import by_sides
from .squares import by_squares
from .subterms import by_cases, ranges, through
from .sums import FIRST, SECOND, by_sums, scene_of
from .taylor import attempt_rectangle
from .telescope import limiting, step_of
from .witness import DESCENDED, Cubes, candidates, find, polish

FEW = 300
LOOKED = 300
"""Points at which floats look for a violation first."""
QUICK = 3
SHORT = 60
"""Cells of what is tried at once."""
EARLY = 3000
"""Cells before sums of squares are looked for, in more than one variable."""
FEW_KINKS = 3
LARGE = 45
MAX_CLEARED = 60
FAR = 20_000
"""Cells for what lies beyond a zone at an edge: nothing vanishes there any more."""
MANY = 12
"""Variables from which on a leaf for the whole domain comes before a search among points, of which there are too few in so many dimensions."""


def attempt(obligation: Obligation, options: Mapping[str, Any], progress: Progress) -> Evidence:
    """Return a proof or a refutation of an inequality, or Undecided with the place where it got stuck.

    Options: cells (budget, default 200000), prec (bits, default 64), processes (for a large bisection, default 1), kept (a folder
    for long searches, default none).
    """
    start = perf_counter()
    bits = int(options.get("prec", 64))
    leaf = {"rule": "bisection", "prec": bits, "tree": "N"}
    if len(obligation.domains) >= MANY and accepts(obligation, leaf):
        return Proof(obligation.name, leaf, "bisection", perf_counter() - start, "1 leaf", margin(obligation))
    budget = Budget(int(options.get("cells", 200_000)), progress, processes=int(options.get("processes", 1)), sums=True)
    budget.kept = Path(options["kept"]) if options.get("kept") else None
    # Points that satisfy an equation are rare: there the search for one comes second.
    node = summed(obligation, budget, bits) if any(formula.op == "eq" for formula in obligation.given) else None
    refutation = find(obligation, LOOKED, evolved=False) if node is None else None
    try:
        node = node or (at_once(obligation, progress, bits) if refutation is None else None)
        if node is None and refutation is None:
            refutation = violation(obligation)
        if node is None and refutation is None:
            node = prove(obligation, budget, bits)
    except RecursionError:  # a term nested so deep that no rule would take it
        node = None
    if refutation is not None:
        where = ", ".join(f"{name} = {text}" for name, text in refutation["at"].items())
        return Proof(obligation.name, refutation, "witness", perf_counter() - start, f"violated at {where}")
    seconds = perf_counter() - start
    if node is not None:
        return Proof(obligation.name, node, str(node["rule"]), seconds, f"{leaf_count(node)} leaves, {budget.spent} cells searched", margin(obligation))
    late = find(obligation, 4000, budget.violation)
    if late is not None:
        return Proof(obligation.name, late, "witness", perf_counter() - start, "violated near where the search got stuck")
    return Undecided(obligation.name, "inequality", *reason(obligation, budget), perf_counter() - start, margin(obligation))


def at_once(obligation: Obligation, progress: Progress, bits: int) -> dict[str, Any] | None:
    """Return a proof node by what takes milliseconds: plain signs, a few cells, zeros at the ends of one variable, completed squares; or None."""
    if obligation.goal.op not in RELATIONS or not obligation.domains:
        return None
    short = Budget(SHORT, progress, slopes=0)
    node = by_signs(obligation, short, bits, Plain)
    if node is None and all(None not in (domain.lower, domain.upper) for _, domain in obligation.domains):
        node = by_bisection(obligation, Budget(QUICK, progress, blowups=0, slopes=0), bits)
        if node is None and len(obligation.domains) == 1 and not any(undefined_at(obligation, ((t, t),)) for t in (Fraction(0), Fraction(1))):
            node = with_zeros_at_ends(obligation, short, bits)
    squares = by_squares(obligation) if node is None else None
    return squares if squares is not None and accepts(obligation, squares) else node


def violation(obligation: Obligation) -> dict[str, Any] | None:
    """Return a witness against the obligation, or None: in many variables by descent, which takes longer."""
    infinite = any(None in (domain.lower, domain.upper) for _, domain in obligation.domains)
    found = find(obligation, LOOKED, polished=False)
    if found is None and (len(obligation.domains) > 2 or (infinite and len(obligation.domains) > 1)):
        found = find(obligation, DESCENDED, polished=False)
    return found


def prove(obligation: Obligation, budget: Budget, bits: int) -> dict[str, Any] | None:
    """Return a proof node, or None. 1. signs; 2. each conjunct by itself; 3. zeros at ends; 4. bisection; 5. zeros inside.

    For large goals on bounded domains only plain signs come first: normal forms of all parts cost more than a subdivision.
    """
    late = len(postorder((obligation.goal,))) > LARGE and all(None not in (domain.lower, domain.upper) for _, domain in obligation.domains)
    node = by_signs(obligation, budget, bits, Plain if late else Signs)
    if node is not None:
        return node
    node = without_signs(obligation, budget, bits)
    return by_signs(obligation, budget, bits) if node is None and late else node


class Plain(Signs):
    """Signs without normal forms."""

    def by_normal_form(self, term: Term) -> frozenset[int]:
        """Return what is known without a normal form: nothing."""
        del term
        return ANY


def without_signs(obligation: Obligation, budget: Budget, bits: int) -> dict[str, Any] | None:
    """Return a proof node by anything but the signs of the whole goal, or None."""
    node = eliminated(obligation, lambda part: prove(part, replace(budget), bits))
    if node is not None and accepts(obligation, node):
        return node
    smaller = weakened(obligation)
    if smaller is not None:
        keep, relation, reduced = smaller
        tied = len(reduced.given) < len(obligation.given)  # by hypotheses, what does not occur may still matter
        node = None if tied and find(reduced, LOOKED) is not None else prove(reduced, budget, bits)
        lifted(budget, obligation, reduced)
        if node is not None or not tied:
            return None if node is None else {"rule": "weaken", "keep": keep, "relation": relation, "then": node}
    if obligation.goal.op == "and":
        return by_parts(obligation, budget, bits)
    wider = widened(obligation)
    if wider is not None:
        name, reduced = wider
        node = prove(reduced, budget, bits)
        lifted(budget, obligation, reduced)
        if node is not None:
            return {"rule": "restrict", "var": name, "domain": str(reduced.box[name]), "then": node}
    # A few cells before anything that rewrites the goal: what one enclosure decides may be hard in another form.
    node = by_bisection(obligation, Budget(QUICK, budget.progress, blowups=0, slopes=0), bits) if obligation.domains else None
    if node is not None:
        return node
    squares = by_squares(obligation)
    if squares is not None and accepts(obligation, squares):
        return squares
    unbounded = any(None in (domain.lower, domain.upper) for _, domain in obligation.domains)
    node = rooted(obligation, budget, bits) or telescoped(obligation, budget, bits) or cleared(obligation, budget, bits)
    node = node or (by_cases(obligation, lambda part: by_signs(part, budget, bits), FEW_KINKS) if kinks(obligation) else None)
    node = node or (summed(obligation, budget, bits) if unbounded else None) or generalised(obligation, budget, bits) or ordered(obligation, budget, bits)
    if node is None and grows(obligation):
        node = with_zero_inside(obligation, budget, bits) or by_slope(obligation, budget, bits)
        node = node or bounded(obligation, Budget(min(budget.cells, 3000), budget.progress, slopes=0), bits)
    else:
        node = node or bounded(obligation, budget, bits)
    if node is not None:
        return node
    if unbounded or not obligation.domains:
        return with_zero_inside(obligation, budget, bits) or by_slope(obligation, budget, bits) or inverted(obligation, budget, bits)
    node = with_zeros_at_ends(obligation, budget, bits) or with_zero_inside(obligation, budget, bits) or by_zones(obligation, budget, bits)
    if node is not None:
        return node
    # In one variable a few hundred cells are enough unless a zero is in the way: look for it before spending more.
    few = FEW if len(obligation.domains) == 1 else EARLY if budget.sums else budget.cells
    short = Budget(few, budget.progress, blowups=budget.blowups, slopes=budget.slopes) if budget.cells > few else budget
    node = by_bisection(obligation, short, bits) or summed(obligation, budget, bits)
    if node is None and short is not budget and len(obligation.domains) > 1:
        short = budget
        node = by_bisection(obligation, budget, bits)
    if node is None and short.stuck is not None:
        budget.stuck, budget.violation = short.stuck, short.violation
        node = with_zero_inside(obligation, budget, bits)
        if node is None and short is not budget:
            node = by_slope(obligation, budget, bits) or by_bisection(obligation, budget, bits)
        elif node is None:
            node = by_slope(obligation, budget, bits)
        node = node or kinked(obligation, budget, bits) or touching(obligation, budget, bits)
        if node is None and budget.blowups > 0:
            node = blown_up(obligation, budget, bits)
    return node


def kinks(obligation: Obligation) -> bool:
    """Say whether abs, min or max occur in the goal."""
    return any(node.op in ("abs", "min", "max") for node in postorder((obligation.goal,)))


def kinked(obligation: Obligation, budget: Budget, bits: int) -> dict[str, Any] | None:
    """Return a proof by cases for the arguments of abs, min and max, near which bisection may get stuck, or None."""
    own = list(range(len(obligation.given)))

    def prover(part: Obligation) -> dict[str, Any] | None:
        node = by_signs(part, budget, bits)
        if node is not None:
            return node
        free = replace(part, given=obligation.given)
        if find(free, 200) is None:
            node = prove(free, Budget(min(budget.cells, FAR), budget.progress, blowups=budget.blowups - 1, slopes=budget.slopes), bits)
            if node is not None:
                return {"rule": "weaken", "keep": list(part.box), "relation": part.goal.op, "given": own, "then": node}
        return prove(part, Budget(min(budget.cells, FAR), budget.progress, blowups=0, slopes=0), bits)

    node = by_cases(obligation, prover) if kinks(obligation) else None
    return node if node is not None and accepts(obligation, node) else None


def touching(obligation: Obligation, budget: Budget, bits: int) -> dict[str, Any] | None:
    """Return a proof around a zero inside the box near which bisection got stuck, the slabs beside it by the same means, or None."""

    def rest(slab: Obligation) -> dict[str, Any] | None:
        budget.zeros -= 1
        inner = Budget(budget.left, budget.progress, blowups=0, processes=budget.processes, slopes=0, zeros=budget.zeros, kept=budget.kept)
        node = by_bisection(slab, inner, bits)
        if node is None and inner.stuck is not None:
            node = touching(slab, inner, bits)
        budget.spent, budget.zeros = budget.spent + inner.spent, inner.zeros
        return node

    return around_zero(obligation, budget.stuck, bits, rest) if budget.stuck is not None and budget.zeros > 0 else None


def summed(obligation: Obligation, budget: Budget, bits: int) -> dict[str, Any] | None:
    """Return a proof by sums of squares, or None; larger ones where equality is allowed, for which no subdivision would end."""
    if not budget.sums or scene_of(obligation) is None:
        return None
    budget.sums = False  # one search in all: parts and pieces are smaller forms of the same question

    def premises(part: Obligation, formulas: tuple[Term, ...]) -> list[dict[str, Any]] | None:
        return definedness(part, formulas, Budget(FEW, budget.progress, blowups=0, slopes=0), bits)

    def small(part: Obligation) -> dict[str, Any] | None:
        return by_sums(part, FIRST, premises, accepts)

    node = small(obligation) or by_sides(obligation, premises, small)
    if node is None and obligation.goal.op in ("le", "ge"):
        node = by_sums(obligation, SECOND, premises, accepts, above=FIRST)
    return node if node is not None and accepts(obligation, node) else None


def by_zones(obligation: Obligation, budget: Budget, bits: int) -> dict[str, Any] | None:
    """Return a ``taylor`` node next to an edge at which both sides agree, with a proof of what lies beyond its zone, or None."""

    def beyond(part: Obligation) -> dict[str, Any] | None:
        inner = Budget(min(budget.left, FAR), budget.progress, blowups=0, processes=budget.processes, slopes=0, kept=budget.kept)
        node = without_signs(part, inner, bits)
        budget.spent += inner.spent
        return node

    node = attempt_rectangle(obligation, bits, beyond)
    return node if node is None or node["rule"] == "taylor" or accepts(obligation, node) else None


def grows(obligation: Obligation) -> bool:
    """Say whether a domain is unbounded and the goal no rational function: on bounded variables it would have an essential singularity."""
    infinite = any(domain.lower is None or domain.upper is None for _, domain in obligation.domains)
    return infinite and any(node.op in ("exp", "log", "sin", "cos", "atan") for node in postorder((obligation.goal,)))


def by_slope(obligation: Obligation, budget: Budget, bits: int) -> dict[str, Any] | None:
    """Return a ``monotone`` node: the sign at one end of a variable, and the sign of the derivative from there on."""
    relation = obligation.goal.op
    if budget.slopes <= 0 or relation not in ("lt", "le", "gt", "ge"):
        return None
    f = sub(*obligation.goal.args) if relation in ("gt", "ge") else neg(sub(*obligation.goal.args))
    for name, domain in obligation.domains:
        ends = [end for other in obligation.box.values() for end in (other.lower, other.upper) if end is not None]
        if domain.integer or any(name in variables(part) for part in (*ends, *obligation.given)):
            continue
        for end, point, closed in (("lower", domain.lower, domain.lower_closed), ("upper", domain.upper, domain.upper_closed)):
            if point is not None:
                inner = Budget(min(budget.cells, 1500), budget.progress, blowups=0, slopes=budget.slopes - 1)
                node = rising(obligation, f, name, end, point, inner, bits, closed=closed)
                if node is not None:
                    return node
    return None


def ordered(obligation: Obligation, budget: Budget, bits: int) -> dict[str, Any] | None:
    """Return a proof for both orders of two variables at equal values of which both sides agree, by slopes from there on, or None."""
    inner = Budget(FEW, budget.progress, blowups=0, slopes=0, pairs=False)

    def slope(part: Obligation, name: str, slopes: Prover) -> dict[str, Any] | None:
        f = sub(*part.goal.args) if part.goal.op in ("gt", "ge") else neg(sub(*part.goal.args))
        domain = part.box[name]
        end = "lower" if domain.lower is not None and variables(domain.lower) else "upper"
        point, closed = (domain.lower, domain.lower_closed) if end == "lower" else (domain.upper, domain.upper_closed)
        assert point is not None
        return rising(part, f, name, end, point, inner, bits, closed=closed, slopes=slopes)

    node = by_order(obligation, lambda part: prove(part, replace(inner), bits), slope) if budget.pairs else None
    return node if node is not None and accepts(obligation, node) else None


def rising(
    obligation: Obligation, f: Term, name: str, end: str, point: Term, budget: Budget, bits: int, *, closed: bool, slopes: Prover | None = None
) -> dict[str, Any] | None:  # fmt: skip
    """Return a ``monotone`` node for f > 0 (or >= 0, as the goal says) from one end of a variable, or None; ``slopes`` proves the slope's sign."""
    try:
        slope = derivative(f, name)
    except Malformed:
        return None
    strict = "none" if obligation.goal.op in ("le", "ge") else "base" if closed else "slope"
    base = Term("gt" if strict == "base" else "ge", (substitute(f, {name: point}), num(0)))
    start = replace(obligation, domains=tuple((n, d) for n, d in obligation.domains if n != name), goal=base)
    inside = replace(obligation, goal=Term("gt" if strict == "slope" else "ge", (slope if end == "lower" else neg(slope), num(0))))
    if find(start, 60) is not None or find(inside, 200) is not None:
        return None
    nodes = [prove(start, replace(budget), bits)]
    nodes += [] if nodes[0] is None else [slopes(inside) if slopes is not None else prove(inside, replace(budget), bits)]
    if None in nodes:
        return None
    domain = obligation.box[name]
    closure = replace(domain, lower_closed=True) if end == "lower" else replace(domain, upper_closed=True)
    whole = replace(obligation, domains=tuple((n, closure if n == name else d) for n, d in obligation.domains))
    premises = definedness(whole, conditions(f), budget, bits)
    node = {"rule": "monotone", "var": name, "from": end, "strict": strict, "base": nodes[0], "slope": nodes[1], **({"premises": premises} if premises else {})}
    return node if premises is not None and accepts(obligation, node) else None


def blown_up(obligation: Obligation, budget: Budget, bits: int) -> dict[str, Any] | None:
    """Return cases and charts at the corner of a rectangle near which bisection got stuck: x = a u, y = b u v, and exchanged.

    Where both sides come together at a corner faster than on its edges, the quotient by the edges' zeros still vanishes there;
    in the charts the corner is an edge.
    """
    if len(obligation.domains) != 2 or obligation.given or budget.stuck is None:
        return None
    ends = []
    for (_, domain), (low, high) in zip(obligation.domains, budget.stuck, strict=True):
        if domain.lower is None or domain.upper is None or variables(domain.lower) or variables(domain.upper):
            return None
        if low < Fraction(1, 16):
            ends.append((domain.lower, sub(domain.upper, domain.lower), domain.lower_closed))
        elif high > Fraction(15, 16):
            ends.append((domain.upper, sub(domain.lower, domain.upper), domain.upper_closed))
        else:
            return None
    (x, _), (y, _) = obligation.domains
    (x0, a, _), (y0, b, _) = ends
    across = f"(({y}) - ({y0}))*({a})", f"(({x}) - ({x0}))*({b})"
    sign = 1 if number(a) * number(b) > 0 else -1
    on = f"{across[0]} {'<=' if sign > 0 else '>='} {across[1]}"
    parts: list[dict[str, Any]] = []
    for (p, p0, c), (q, q0, d), closed in (((x, x0, a), (y, y0, b), ends[1][2]), ((y, y0, b), (x, x0, a), ends[0][2])):
        new = {"u_": "(0, 1]", "v_": f"{'[' if closed else '('}0, 1]"}
        maps = {p: f"({p0}) + ({c})*u_", q: f"({q0}) + ({d})*u_*v_"}
        inverse = {"u_": f"({p} - ({p0}))/({c})", "v_": f"({q} - ({q0}))*({c})/(({d})*({p} - ({p0})))"}
        parts.append({"rule": "chart", "new": new, "map": maps, "inverse": inverse})
    if ends[0][2] and ends[1][2]:
        return None  # the corner itself belongs to the domain and to neither chart
    for part in parts:
        inner = Scope({}, {}, "chart")
        inner.domains(part["new"], "chart")
        forward = {name: term_in(inner, text) for name, text in part["map"].items()}
        changed = Obligation(obligation.name, tuple(inner.box.items()), (), substitute(obligation.goal, forward))
        node = prove(changed, Budget(min(budget.cells, 3000), budget.progress, blowups=budget.blowups - 1), bits)
        if node is None:
            return None
        part["then"] = node
    whole = {"rule": "cases", "on": on, "yes": parts[0], "no": parts[1]}
    return whole if accepts(obligation, whole) else None


def weakened(obligation: Obligation) -> tuple[list[str], str, Obligation] | None:
    """Return the obligation without variables that do not matter and with > or < for !=: what stays, the relation, the rest; None if nothing changes."""
    needed = set(variables(obligation.goal))
    for name, domain in reversed(obligation.domains):
        if name in needed:
            needed |= {other for end in (domain.lower, domain.upper) if end is not None for other in variables(end)}
    given = tuple(formula for formula in obligation.given if variables(formula) <= needed)
    relation = obligation.goal.op
    reduced = replace(obligation, domains=tuple((n, d) for n, d in obligation.domains if n in needed), given=given)
    if relation == "ne":
        middle = Cubes(reduced).margin(tuple(Fraction(3, 7) for _ in reduced.domains))
        above = Cubes(replace(reduced, goal=Term("gt", obligation.goal.args))).margin(tuple(Fraction(3, 7) for _ in reduced.domains))
        if middle is not None and above is not None:
            relation = "gt" if above > 0 else "lt"
    if relation == obligation.goal.op and len(reduced.domains) == len(obligation.domains):
        return None
    goal = obligation.goal if relation == obligation.goal.op else Term(relation, obligation.goal.args)
    return [n for n, _ in reduced.domains], relation, replace(reduced, goal=goal)


def lifted(budget: Budget, obligation: Obligation, reduced: Obligation) -> None:
    """State in the variables of a goal where the search for a reduced one got stuck, if it did: those left out may be anything."""
    if budget.stuck is not None and len(budget.stuck) == len(reduced.domains):
        place = dict(zip(reduced.box, budget.stuck, strict=True))
        budget.stuck = tuple(place.get(name, (Fraction(0), Fraction(1))) for name in obligation.box)


def widened(obligation: Obligation) -> tuple[str, Obligation] | None:
    """Return a variable whose end is another one that does not matter otherwise, and the obligation with the end of that one in its place."""
    needed = variables(obligation.goal).union(*(variables(formula) for formula in obligation.given))
    for name, domain in obligation.domains:
        new = domain
        for end in (domain.lower, domain.upper):
            if end is None or end.op != "var" or str(end.value) in needed or name not in needed:
                continue
            other = obligation.box[str(end.value)]
            if end is domain.lower:
                new = replace(new, lower=other.lower, lower_closed=domain.lower_closed and other.lower_closed)
            else:
                new = replace(new, upper=other.upper, upper_closed=domain.upper_closed and other.upper_closed)
        others = tuple((n, d) for n, d in obligation.domains if n != name)
        if new != domain and not empty(new) and not any(name in variables(end) for _, d in others for end in (d.lower, d.upper) if end is not None):
            return name, replace(obligation, domains=(*others, (name, new)))
    return None


def by_parts(obligation: Obligation, budget: Budget, bits: int) -> dict[str, Any] | None:
    """Return a proof of each part of a conjunction; equalities among them by their normal forms."""
    parts: list[dict[str, Any]] = []
    for formula in conjuncts(obligation.goal):
        part = replace(obligation, goal=formula)
        node = {"rule": "ring"} if formula.op == "eq" and accepts(part, {"rule": "ring"}) else prove(part, budget, bits)
        if node is None:
            return None
        parts.append(node)
    return {"rule": "both", "parts": parts}


def rooted(obligation: Obligation, budget: Budget, bits: int) -> dict[str, Any] | None:
    """Return a proof by signs or squares in the roots of nonnegative variables, where that removes roots of products, or None."""
    found = squared(obligation)
    if found is None:
        return None
    node = by_signs(found.rest, budget, bits) or by_squares(found.rest)
    premises = None if node is None else definedness(obligation, found.wanted, budget, bits)
    if premises is None:
        return None
    whole = {**found.chart, **({"premises": premises} if premises else {}), "then": {"rule": "rewrite", "facts": found.facts, "then": node}}
    return whole if accepts(obligation, whole) else None


def cleared(obligation: Obligation, budget: Budget, bits: int) -> dict[str, Any] | None:
    """Return a proof without factors and divisors that have one sign on the domain; removable singularities go with them."""
    if obligation.goal.op not in ("lt", "le", "gt", "ge") or any(node.op in BINDERS for node in postorder((obligation.goal,))):
        return None  # a bound variable cannot be written into a certificate
    try:
        ring, (element,) = normal((sub(*obligation.goal.args),))
    except Rejected:
        return None
    if len(element.top) > MAX_CLEARED or len(element.bottom) > MAX_CLEARED or element.top.is_zero():
        return None
    signs = Signs(obligation.box, obligation.given)
    bottom = ring.term(Element(element.bottom, ring.one.bottom))
    front, factors = element.top.factor()
    divisor, rest = num(1), num(Fraction(int(front.p), int(front.q)))
    for factor, exponent in factors:
        term = power(ring.term(Element(factor, ring.one.bottom)), int(exponent))
        if len(signs.sign(term)) == 1 and variables(term):
            divisor = mul(divisor, term)
        else:
            rest = mul(rest, term)
    factor = div(bottom, divisor)
    if not variables(factor):
        return None
    sign = signs.sign(factor)
    if len(sign) > 1:  # what structure does not tell, the premise may; points say which sign to try
        sign = frozenset(s for s, relation in ((1, "gt"), (-1, "lt")) if find(replace(obligation, goal=Term(relation, (factor, num(0)))), 60) is None)
    if sign not in (frozenset({1}), frozenset({-1})):
        return None
    if sign == frozenset({-1}):
        factor, rest = neg(factor), neg(rest)
    premises = definedness(obligation, scaling_conditions(obligation.goal, factor), budget, bits)
    if premises is None:
        return None
    node = prove(replace(obligation, goal=Term(obligation.goal.op, (rest, num(0)))), budget, bits)
    return None if node is None else {"rule": "scale", "factor": show(factor), "to": show(rest), "premises": premises, "then": node}


def generalised(obligation: Obligation, budget: Budget, bits: int) -> dict[str, Any] | None:
    """Return a proof for any number in the place of the subterm through which the goal depends on its variables, or None."""
    relation = obligation.goal.op
    if relation not in ("lt", "le", "gt", "ge") or obligation.given or budget.blowups < WHOLE:
        return None
    new = next(name for i in range(len(obligation.domains) + 1) if (name := f"s{i or ''}_") not in obligation.box)
    inner = replace(budget, cells=FEW, spent=0, blowups=budget.blowups - 1, stuck=None, violation=None)
    for u, g in through(obligation, new):
        reduced = Obligation(obligation.name, (), (), Term(relation, (g, num(0))))
        for domain in ranges(u, obligation):
            reduced = replace(reduced, domains=((new, domain),))
            bounds = [Term("gt" if not domain.lower_closed else "ge", (sub(u, domain.lower), num(0)))] if domain.lower is not None else []
            bounds += [Term("gt" if not domain.upper_closed else "ge", (sub(domain.upper, u), num(0)))] if domain.upper is not None else []
            wanted = tuple(dict.fromkeys([*conditions(u), *bounds]))
            if any(find(replace(obligation, goal=bound), 60) is not None for bound in bounds) or find(reduced, 200) is not None:
                continue
            node = prove(reduced, replace(inner), bits)
            premises = None if node is None else definedness(obligation, wanted, inner, bits)
            values = None if premises is None else definedness(obligation, scaling_conditions(obligation.goal, num(1)), inner, bits)
            if premises is None or values is None:
                continue
            node = {"rule": "weaken", "keep": [new], "relation": relation, "then": node}
            node = {"rule": "generalise", "term": show(u), "new": new, "domain": str(domain), "premises": premises, "then": node}
            node = {"rule": "scale", "factor": "1", "to": show(substitute(g, {new: u})), "premises": values, "then": node}
            if accepts(obligation, node):
                return node
    return None


def telescoped(obligation: Obligation, budget: Budget, bits: int) -> dict[str, Any] | None:
    """Return a proof on a half-line by one step and a limit, of the relation itself or of the quotient of its sides, or None."""
    step = step_of(obligation)
    for factor, target in limiting(obligation) if budget.blowups > 0 else ():
        reduced = replace(obligation, goal=Term(obligation.goal.op, (target, num(0))))
        ((name, _),) = reduced.domains
        assert step is not None
        further = substitute(target, {name: add(var(name), num(step))})
        node = prove(replace(reduced, goal=Term(APPROACH[reduced.goal.op][0], (further, target))), replace(budget, cells=FEW, blowups=0), bits)
        if node is None:
            continue
        node = {"rule": "telescope", "step": str(step), "then": node}
        premises = definedness(obligation, scaling_conditions(obligation.goal, factor), budget, bits)
        whole = {"rule": "scale", "factor": show(factor), "to": show(target), "then": node, **({"premises": premises} if premises else {})}
        if premises is not None and accepts(obligation, whole):
            return whole
    return None


def scaling_conditions(goal: Term, factor: Term) -> tuple[Term, ...]:
    """Return what the rule ``scale`` has to know: that everything has a value, and that the factor is positive."""
    return tuple(dict.fromkeys([*conditions(goal), *conditions(factor), Term("gt", (factor, num(0)))]))


def bounded(obligation: Obligation, budget: Budget, bits: int) -> dict[str, Any] | None:
    """Return a proof on a bounded domain: x = a + t/(1 - t) or a - t/(1 - t); the whole line is cut at 0."""
    infinite = [name for name, domain in obligation.domains if domain.lower is None or domain.upper is None]
    ends = [end for _, domain in obligation.domains for end in (domain.lower, domain.upper) if end is not None]
    if not infinite or any(variables(end) for end in ends) or any(domain.integer for _, domain in obligation.domains):
        return None
    new: dict[str, str] = {}
    maps: dict[str, str] = {}
    inverse: dict[str, str] = {}
    for i, (name, domain) in enumerate(obligation.domains, 1):
        t = f"t{i}_"
        if domain.lower is None and domain.upper is None:
            halves_ = [prove(narrowed(obligation, name, *cut), budget, bits) for cut in ((None, num(0)), (num(0), None))]
            return None if any(half is None for half in halves_) else {"rule": "split", "var": name, "at": ["0"], "pieces": halves_}
        if domain.upper is None and domain.lower is not None:
            new[t] = ("[" if domain.lower_closed else "(") + "0, 1)"
            low = show(domain.lower)
            maps[name], inverse[t] = f"({low}) + {t}/(1 - {t})", f"({name} - ({low}))/(1 + {name} - ({low}))"
        elif domain.lower is None and domain.upper is not None:
            new[t] = ("[" if domain.upper_closed else "(") + "0, 1)"
            high = show(domain.upper)
            maps[name], inverse[t] = f"({high}) - {t}/(1 - {t})", f"(({high}) - {name})/(1 + ({high}) - {name})"
        else:
            new[t], maps[name], inverse[t] = str(domain), t, name
    inner = Scope({}, {}, "chart")
    inner.domains(new, "chart")
    forward = {name: term_in(inner, text) for name, text in maps.items()}
    given = tuple(substitute(formula, forward) for formula in obligation.given)
    changed = Obligation(obligation.name, tuple(inner.box.items()), given, substitute(obligation.goal, forward))
    node = prove(changed, budget, bits)
    if node is None:
        return None
    whole = {"rule": "chart", "new": new, "map": maps, "inverse": inverse, "then": node}
    return whole if accepts(obligation, whole) else None


def inverted(obligation: Obligation, budget: Budget, bits: int) -> dict[str, Any] | None:
    """Return a proof in s = 1/x on a half-line of positive numbers, or None: what is slow at infinity may be simple at 0."""
    (name, domain), *others = obligation.domains or (("", None),)
    if domain is None or others or domain.integer or domain.upper is not None or domain.lower is None or budget.blowups < WHOLE:
        return None
    low = number(domain.lower)
    if low < 0 or (low == 0 and (domain.lower_closed or rational(domain.lower) != 0)):
        return None
    new = f"(0, {'inf' if low == 0 else f'1/({show(domain.lower)})'}{']' if domain.lower_closed else ')'}"
    inner = Scope({}, {}, "chart")
    inner.domains({"s1_": new}, "chart")
    forward = {name: div(num(1), var("s1_"))}
    given = tuple(substitute(formula, forward) for formula in obligation.given)
    changed = Obligation(obligation.name, tuple(inner.box.items()), given, substitute(obligation.goal, forward))
    node = prove(changed, replace(budget, blowups=budget.blowups - 1, stuck=None), bits)
    whole = {"rule": "chart", "new": {"s1_": new}, "map": {name: "1/s1_"}, "inverse": {"s1_": f"1/{name}"}, "then": node}
    return whole if node is not None and accepts(obligation, whole) else None


def by_signs(obligation: Obligation, budget: Budget, bits: int, kind: type[Signs] = Signs) -> dict[str, Any] | None:
    """Return a ``sign`` node where the structure decides, else None."""
    if not kind(obligation.box, obligation.given).holds(obligation.goal):
        return None
    premises = definedness(obligation, conditions(obligation.goal), budget, bits)
    return None if premises is None else {"rule": "sign", **({"conditions": premises} if premises else {})}


def definedness(obligation: Obligation, formulas: tuple[Term, ...], budget: Budget, bits: int) -> list[dict[str, Any]] | None:
    """Return proofs of the conditions that do not follow from signs, in order; None where one is not found."""
    signs = Signs(obligation.box, obligation.given)
    nodes = []
    for formula in formulas:
        if signs.holds(formula):
            continue
        part = replace(obligation, goal=formula, name=f"{obligation.name}: {formula}")
        node = prove(part, Budget(min(4000, budget.cells), budget.progress, blowups=budget.blowups - 1, slopes=budget.slopes - 1), bits)
        if node is None:
            return None
        nodes.append(node)
    return nodes


def by_bisection(obligation: Obligation, budget: Budget, bits: int) -> dict[str, Any] | None:
    """Return a bisection node, or None with ``budget.stuck`` set to the narrowest undecided cell."""
    try:
        chart = chart_of(obligation)
    except Rejected:
        return None
    formulas = (*obligation.given, obligation.goal)
    cuttable = any(node.op in ("sqrt", "acos", "asin") for formula in formulas for node in postorder((formula,)))
    wanted = tuple(dict.fromkeys(c for f in formulas for c in conditions(f)))
    # A condition of the hypotheses is not proved with the help of itself.
    premises = definedness(obligation, wanted, budget, bits) if cuttable and obligation.goal not in wanted else None
    def grow() -> tuple[Growth, dict[str, Any]]:
        found = subdivide(obligation, bits, budget.left, budget.progress, clip=premises is not None, processes=budget.processes, kept=budget.kept)
        factors = {"factors": [list(row) for row in found.factors]} if found.factors else {}
        return found, {"rule": "bisection", "prec": bits, "tree": found.text, **factors, **({"conditions": premises} if premises is not None else {})}

    grown, node = grow()
    if grown.kept is not None and not grown.open and not accepts(obligation, node):
        grown.kept.forget()  # kept by another program, or changed since
        grown, node = grow()
    budget.spent += grown.spent
    if grown.stuck is not None and grown.violated:
        budget.violation = {name: show(value) for name, value in Cubes(obligation).point((low + high) / 2 for low, high in grown.stuck).items()}
    if grown.open:
        budget.stuck = grown.stuck or next(cell for letter, cell in open_leaves(grown.text, unit(chart)) if letter == "?")
        return None
    return node


def with_zeros_at_ends(obligation: Obligation, budget: Budget, bits: int) -> dict[str, Any] | None:
    """Return a split with the ``zeros`` rule at each end of a one-variable domain at which both sides agree exactly."""
    if len(obligation.domains) != 1 or obligation.given or obligation.goal.op not in ("lt", "le", "gt", "ge"):
        return None
    name, domain = obligation.domains[0]
    orders = {end: order for end in ("lower", "upper") if (order := vanishing_order(obligation, name, end))}
    if not orders:
        return None
    pieces: list[dict[str, Any]] = []
    cuts: list[Term] = []
    for share in (Fraction(1), Fraction(1, 2), Fraction(1, 4), Fraction(1, 8), Fraction(1, 16), Fraction(1, 64), Fraction(1, 256)):
        if share > Fraction(1, len(orders)):
            continue
        low_cut, high_cut = cut_at(domain, share), cut_at(domain, 1 - share)
        pieces, cuts, complete = [], [], True
        if "lower" in orders:
            node = near_zero(narrowed(obligation, name, None, low_cut) if share < 1 else obligation, name, "lower", orders["lower"], bits)
            complete = node is not None
            pieces += [node] if node else []
        if complete and share < 1 and ("upper" not in orders or share < Fraction(1, 2) or "lower" not in orders):
            middle = narrowed(obligation, name, low_cut if "lower" in orders else None, high_cut if "upper" in orders else None)
            inner = Budget(min(budget.cells, 3000), budget.progress, blowups=0, slopes=budget.slopes)
            node = (by_signs(middle, inner, bits) if budget.cells > SHORT else None) or by_bisection(middle, inner, bits)
            budget.spent += inner.spent
            complete = node is not None
            pieces += [node] if node else []
        if complete and "upper" in orders:
            node = near_zero(narrowed(obligation, name, high_cut, None) if share < 1 else obligation, name, "upper", orders["upper"], bits)
            complete = node is not None
            pieces += [node] if node else []
        if complete:
            if share < 1:
                cuts = [low_cut] * ("lower" in orders) + [high_cut] * ("upper" in orders)
                cuts = cuts[: len(pieces) - 1]
            break
    else:
        return None
    return pieces[0] if len(pieces) == 1 else {"rule": "split", "var": name, "at": [show(cut) for cut in cuts], "pieces": pieces}


def with_zero_inside(obligation: Obligation, budget: Budget, bits: int) -> dict[str, Any] | None:
    """Return a split at an interior point at which both sides agree exactly: a simple number, or one where bisection got stuck."""
    if len(obligation.domains) != 1 or obligation.goal.op not in ("le", "ge"):
        return None
    name, domain = obligation.domains[0]
    low, high = (number(end) if end is not None else default for end, default in ((domain.lower, -math.inf), (domain.upper, math.inf)))
    for candidate in candidates_for_zero(obligation, budget.stuck):
        if not low < number(candidate) < high or not is_zero(substitute(sub(*obligation.goal.args), {name: candidate})):
            continue
        nodes = []
        for piece in (narrowed(obligation, name, None, candidate), narrowed(obligation, name, candidate, None)):
            node = prove(piece, Budget(budget.cells, budget.progress, slopes=budget.slopes), bits)
            if node is None:
                return None
            nodes.append(node)
        return {"rule": "split", "var": name, "at": [show(candidate)], "pieces": nodes}
    return None


def candidates_for_zero(obligation: Obligation, stuck: Cell | None) -> list[Term]:
    """Return simple numbers near which both sides may agree: where a search got stuck, where their difference is least, and the usual ones."""
    _, domain = obligation.domains[0]
    found: list[Term] = []
    bounded = domain.lower is not None and domain.upper is not None
    if stuck is not None and bounded and len(stuck) == 1:
        found += simple_points(*(number(cut_at(domain, s)) for s in stuck[0]))
    cube = Cubes(obligation)
    seen = [(value_, t) for t in candidates(1, 60) if (value_ := cube.margin(t)) is not None]
    if seen:
        value_, t = min(seen, key=lambda pair: pair[0])
        (least,) = (number(x) for x in cube.point(polish(cube, t, value_)).values())
        found += simple_points(least - 1e-8, least + 1e-8)
    middle = [cut_at(domain, Fraction(1, 2))] if bounded else []
    return list(dict.fromkeys([*found, num(0), *middle, *(num(Fraction(k, 2)) for k in (2, -2, 1, -1, 4, -4))]))
