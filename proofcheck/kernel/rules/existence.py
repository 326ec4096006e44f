"""Existence: a zero of a square system in a box (Krawczyk); and the opposites: no point of a box satisfies a formula, or two points do."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat

from ..algebra import Ball, Gradient, ball, decide, evaluate, interval, precision, relations, sides
from ..certificate import Node, node_of, number_of, only_keys, text_of
from ..errors import Rejected
from ..terms import Domain, Obligation, Term, conjunction, conjuncts, num, rational, sub, substitute, variables
from . import Link, established
from .points import inside, point_of
from .premises import scope_of, term_in
from .subdivide import Cell, chart_of, leaves, unit

Box = dict[str, tuple[Fraction, Fraction]]
MAX_UNKNOWNS = 400


def krawczyk(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept that a square system has a solution in a box, at which the other relations hold.

        |C F(m, p)| + |I - C J(Y, p)| r < r, componentwise      Y = m ± r inside the domains      R(y, p) for all y in Y, all p
        ------------------------------------------------------------------------------------------------------------------
                             for all p there is a y in the domains with F(y, p) = 0 and R(y, p)

    F are the equations of the goal, left side minus right side, as many as there are unknowns y; R are its other relations
    (`rest`, a premise); p the variables of [for_all], enclosed over their whole domains whatever the hypotheses; C the inverse of
    the middle of J(m), computed here: any matrix would do.

    Soundness: J(Y, p) encloses the (generalised) gradients of each equation over the convex box Y, so that for each y in Y there is a
    matrix A with rows in J(Y, p) and F(y) - F(m) = A (y - m). The continuous map y - C F(y) = m - C F(m) + (I - C A)(y - m) therefore
    takes Y into its interior; by Brouwer it has a fixed point. |I - C A| r < r makes C A invertible, so C is, and the fixed point
    is a zero; two zeros would differ by a vector in the kernel of an invertible A, so it is the only one in Y. With `unique`, the same
    holds on a box around Y (`wide`, else Y itself), inside the domains or not, which either contains the domains, or (`elsewhere`) the
    rest of the domains is covered by cells on which a part of the goal certainly fails.

    Rejects: as many equations as unknowns are not there (PC315); a box outside the domains (PC313); no contraction (PC319).
    """
    only_keys(node, "prec", "box", "rest", "wide", "elsewhere")
    bits = number_of(node, "prec", 30, 4096)
    names = unknowns(goal)
    parts = conjuncts(goal.goal)
    equations = [part for part in parts if part.op == "eq"]
    rest = [part for part in parts if part.op != "eq"]
    if len(equations) != len(names):
        raise Rejected("PC315", f"{len(equations)} equations for {len(names)} unknowns; the rule needs as many.", goal.name)
    box = box_of(goal, node.get("box"))
    for name, domain in goal.exists:
        for value in box[name]:
            if not inside(num(value), domain, {}):
                raise Rejected("PC313", f"{name} = {num(value)} is not shown to lie in {domain}.", goal.name)
    with precision(bits):
        contracts(goal, equations, box)
    if rest:
        domains = (*goal.domains, *((name, _closed(*box[name])) for name in names))
        premise = Obligation(f"{goal.name}: the other relations on the box", domains, goal.given, conjunction(rest))
        established(premise, node_of(node, "rest"), link)
    elif "rest" in node:
        raise Rejected("PC302", "The proof has a premise for other relations, of which there are none.", goal.name)
    if goal.unique:
        only_one(goal, equations, box, node)
    elif "wide" in node or "elsewhere" in node:
        raise Rejected("PC302", "The proof excludes other solutions, which nothing asks for.", goal.name)
    return True


def only_one(goal: Obligation, equations: list[Term], box: Box, node: Node) -> None:
    """Reject unless the domains contain no solution but the one in the box."""
    wide = box_of(goal, node["wide"]) if "wide" in node else box
    if wide is not box:
        if not all(wide[name][0] <= low and high <= wide[name][1] for name, (low, high) in box.items()):
            raise Rejected("PC302", "The wide box does not contain the box.", goal.name)
        with precision(number_of(node, "prec", 30, 4096)):
            contracts(goal, equations, wide)
    if not all(_covers(wide[name], domain) for name, domain in goal.exists):
        elsewhere = node_of(node, "elsewhere")
        only_keys(elsewhere, "prec", "tree")
        excluded(goal, elsewhere, parameters(goal), wide)
    elif "elsewhere" in node:
        raise Rejected("PC302", "The proof excludes other solutions outside of the domains.", goal.name)


def unknowns(goal: Obligation) -> list[str]:
    """Return the names to be found. Rejects a goal without any, with too many, or with whole numbers (PC315)."""
    if not goal.exists or len(goal.exists) > MAX_UNKNOWNS:
        raise Rejected("PC315", f"The rule is for statements with [exists], of at most {MAX_UNKNOWNS} names.", goal.name)
    if any(domain.integer for _, domain in goal.exists):
        raise Rejected("PC315", "The rule finds real numbers, not whole ones.", goal.name)
    return [name for name, _ in goal.exists]


def box_of(goal: Obligation, table: Any) -> Box:
    """Return a closed rational box of the proof, with a positive width in each name (PC302)."""
    if not isinstance(table, dict) or set(table) != {name for name, _ in goal.exists}:
        raise Rejected("PC302", "The proof needs a box: two ends for each name that is to be found.", goal.name)
    scope = scope_of(Obligation("", (), (), goal.goal))
    box: Box = {}
    for name, _ in goal.exists:
        ends = table[name]
        low, high = [rational(term_in(scope, end)) for end in ends] if isinstance(ends, list) and len(ends) == 2 else (None, None)
        if low is None or high is None or not low < high:
            raise Rejected("PC302", f"The box needs two rational ends for {name}, the lower one first.", goal.name)
        box[name] = (low, high)
    return box


def contracts(goal: Obligation, equations: list[Term], box: Box) -> None:
    """Reject unless |C F(m)| + |I - C J(Y)| r < r for the equations over the box (PC319)."""
    names = list(box)
    given = parameters(goal)
    middle = {name: ball((low + high) / 2) for name, (low, high) in box.items()}
    radius = arb_mat(len(names), 1, [ball((high - low) / 2) for low, high in box.values()])
    differences = tuple(sub(*equation.args) for equation in equations)
    jacobians = []
    for env in (middle, {name: interval(*ends) for name, ends in box.items()}):
        algebra = Gradient(len(names))
        whole = {name: (value, algebra.zero) for name, value in given.items()}
        values = evaluate(differences, algebra, {**whole, **{name: algebra.variable(env[name], i) for i, name in enumerate(names)}})
        jacobians.append((values, matrix_of([[arb(0) if part is None else part for part in parts] for _, parts in values])))
    (at_middle, jacobian_there), (over_box, jacobian) = jacobians
    if not all(value.is_finite() for value, _ in (*at_middle, *over_box)):
        raise Rejected("PC319", "An equation is not shown to have a value everywhere on the box.", goal.name)
    try:
        c = jacobian_there.mid().inv().mid()
    except ZeroDivisionError:
        raise Rejected("PC319", "The Jacobian at the middle of the box has no inverse that can be computed.", goal.name) from None
    n = len(names)
    step = c * arb_mat(n, 1, [value for value, _ in at_middle])
    left = c * jacobian
    spread = arb_mat(n, n, [(left[i, j] - (1 if i == j else 0)).abs_upper() for i in range(n) for j in range(n)]) * radius
    for i, name in enumerate(names):
        if not step[i, 0].abs_upper() + spread[i, 0] < radius[i, 0]:
            raise Rejected("PC319", f"The box is not mapped strictly into itself in {name}.", goal.name)


def matrix_of(rows: list[list[arb]]) -> arb_mat:
    """Return a matrix of balls."""
    return arb_mat(len(rows), len(rows[0]), [entry for row in rows for entry in row])


def parameters(goal: Obligation) -> dict[str, arb]:
    """Return balls that contain the domains of [for_all]. Rejects unbounded ones, and ends that use other variables (PC315)."""
    found = {}
    for name, domain in goal.domains:
        if domain.lower is None or domain.upper is None or variables(domain.lower) or variables(domain.upper):
            raise Rejected("PC315", f"The domain of {name} is not an interval with constant ends.", goal.name)
        low, high = evaluate((domain.lower, domain.upper), Ball(), {})
        found[name] = low.union(high)
    return found


def _closed(low: Fraction, high: Fraction) -> Domain:
    return Domain(num(low), num(high), lower_closed=True, upper_closed=True)


def _covers(ends: tuple[Fraction, Fraction], domain: Domain) -> bool:
    """Say whether [low, high] contains the domain."""
    low, high = (None if end is None else rational(end) for end in (domain.lower, domain.upper))
    return low is not None and high is not None and ends[0] <= low and high <= ends[1]


def excluded(goal: Obligation, node: Node, given: dict[str, arb], box: Box | None) -> None:
    """Reject unless on every leaf of a tree over the domains of [exists] the goal certainly fails, or the leaf lies in the box.

    A leaf is decided by the natural (N) or the mean value (M) form: some part of the goal has sides that are certainly not so related.
    """
    bits = number_of(node, "prec", 30, 4096)
    exclusion = Exclusion(goal, given)
    with precision(bits):
        for form, cell in leaves(text_of(node, "tree"), unit(exclusion.chart)):
            if not (exclusion.within(cell, box) or exclusion.fails(form, cell)):
                where = ", ".join(f"{name} in [{num(low)}, {num(high)}]" for name, (low, high) in exclusion.ends(cell).items())
                raise Rejected("PC303", f"A solution with {where} is not excluded by form {form}.", goal.name)


class Exclusion:
    """Decides on cells of the domains of [exists] that a goal certainly fails. Ends are rational; variables of [for_all] are balls."""

    def __init__(self, goal: Obligation, given: dict[str, arb]) -> None:
        ends = [end for _, domain in goal.exists for end in (domain.lower, domain.upper)]
        if any(end is None or rational(end) is None for end in ends):
            raise Rejected("PC315", "A subdivision needs rational ends for every name that is to be found.", goal.name)
        self.chart = chart_of(Obligation(goal.name, goal.exists, (), goal.goal))
        self.goal, self.given = goal.goal, given
        self.gradients = Gradient(len(goal.exists))

    def ends(self, cell: Cell) -> Box:
        """Return the ends of a cell."""
        found = {}
        for name, (low, high), part in zip(self.chart.names, self.chart.ends, cell, strict=True):
            start, stop = rational(low), rational(high)
            assert start is not None  # the constructor has looked
            assert stop is not None
            found[name] = (start + (stop - start) * part[0], start + (stop - start) * part[1])
        return found

    def within(self, cell: Cell, box: Box | None) -> bool:
        """Say whether a cell lies in the box."""
        return box is not None and all(box[name][0] <= low and high <= box[name][1] for name, (low, high) in self.ends(cell).items())

    def fails(self, form: str, cell: Cell) -> bool:
        """Say whether the goal certainly fails at every point of the cell, whatever the variables of [for_all]."""
        ends = self.ends(cell)
        balls = {name: interval(*pair) for name, pair in ends.items()}
        if form == "N":
            return decide(self.goal, sides((self.goal,), Ball(), {**self.given, **balls})) is False
        if form != "M":
            return False
        whole = {name: (value, self.gradients.zero) for name, value in self.given.items()}
        values = sides((self.goal,), self.gradients, {**whole, **{name: self.gradients.variable(ball_, i) for i, (name, ball_) in enumerate(balls.items())}})
        centre = sides((self.goal,), Ball(), {**self.given, **{name: ball((low + high) / 2) for name, (low, high) in ends.items()}})
        forms = {}
        for atom in relations(self.goal):
            difference, parts = self.gradients.sub(*values[atom])
            value = centre[atom][0] - centre[atom][1]
            for part, (low, high) in zip(parts, ends.values(), strict=True):
                if part is not None:
                    value += part * interval((low - high) / 2, (high - low) / 2)
            forms[atom] = (value if difference.is_finite() else difference, arb(0))
        return decide(self.goal, forms) is False


def nowhere(goal: Obligation, node: Node, link: Link) -> bool:
    """Refute that something exists: at an exact point of [for_all] no point of the other domains satisfies the formula.

        p0 in the domains      H(p0)      on every leaf of a tree over the domains of y: not P(y, p0)
        --------------------------------------------------------------------------------------------
                               not (for all p with H(p) there is a y with P(y, p))

    Soundness: the tree covers the closure of the domains of y; on a leaf one part of a conjunction has enclosures that exclude it. At a
    point without a value a relation does not hold.
    """
    del link
    only_keys(node, "prec", "tree", "at")
    unknowns(goal)
    excluded(_there(goal, node), node, {}, None)
    return False


def twice(goal: Obligation, node: Node, link: Link) -> bool:
    """Refute that exactly one thing exists: at an exact point of [for_all] there is one in each of two boxes without a common point.

        p0 in the domains      H(p0)      some y in Y1 with P(y, p0)      some y in Y2 with P(y, p0)      Y1 and Y2 are disjoint
        ------------------------------------------------------------------------------------------------------------------------
                                      not (for all p with H(p) there is exactly one y with P(y, p))

    Soundness: `first` and `second` are ``krawczyk`` proofs of the statement without `unique` at p0; each shows a solution in its own box,
    inside the domains. In one of the names one box ends before the other begins, so that the two solutions differ.

    Rejects: a statement that does not say that there is only one (PC315); boxes that touch or overlap (PC319).
    """
    del link
    only_keys(node, "at", "first", "second")
    if not goal.unique:
        raise Rejected("PC315", "The rule is for statements that say that there is exactly one.", goal.name)
    unknowns(goal)
    there = replace(_there(goal, node), unique=False)
    first, second = node_of(node, "first"), node_of(node, "second")
    for part in (first, second):
        krawczyk(there, part, Link())
    one, other = (box_of(there, part["box"]) for part in (first, second))
    if not any(one[name][1] < other[name][0] or other[name][1] < one[name][0] for name in one):
        raise Rejected("PC319", "The two boxes have a common point: the solutions may be the same.", goal.name)
    return False


def _there(goal: Obligation, node: Node) -> Obligation:
    """Return the statement at the proof's exact point of [for_all], at which its hypotheses hold."""
    at = point_of(goal, node.get("at", {}))
    exists = tuple((name, replace(domain, lower=_at(domain.lower, at), upper=_at(domain.upper, at))) for name, domain in goal.exists)
    return replace(goal, domains=(), given=(), goal=substitute(goal.goal, at), exists=exists)


def _at(end: Term | None, at: dict[str, Term]) -> Term | None:
    return None if end is None else substitute(end, at)
