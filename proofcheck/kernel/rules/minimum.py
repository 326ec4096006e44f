"""A relation on a box from a point at which both sides agree: nothing on the box is lower than a strict minimum."""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from ..algebra import evaluate, has_value, precision
from ..calculus import derivative
from ..certificate import Node, number_of, only_keys
from ..eigen import eigenvalue
from ..errors import Malformed, Rejected
from ..exact import is_zero
from ..terms import Obligation, Term, sub, substitute, variables
from . import Link
from .premises import difference, scope_of, term_in
from .subdivide import Enclosures, chart_of

WHOLE = Fraction(0), Fraction(1)


def minimum(goal: Obligation, node: Node, _: Link) -> bool:
    """Accept f >= 0 around a zero p of f: away from p it rises in some variables, and is convex with slope 0 in the others.

        f(p) = 0 exactly      (x_i - p_i) df/dx_i >= 0 on B for i in A      df/dx_i(p) = 0 exactly, for i not in A
        f'' restricted to the variables outside A is positive definite on {x in B: x_A = p_A}
        ----------------------------------------------------------------------------------------------------------
                                              f(x) >= 0 for all x in the box

    B is the hull of the box and p, which need not lie in the box. The variables of A are those whose derivative has one sign on B.

    Soundness: with p_A in the place of x_A, f does not grow, by the mean value theorem on a segment in B. What is left is f(p) + 0 +
    h f''(ξ) h / 2 by Taylor, with Lagrange's remainder, on a segment in B with x_A = p_A, where enclosures of value and second derivatives
    are finite and so f is smooth. Nothing is cut to domains of definition (no ``clip``): f has values on all of B.

    Rejects: what is no single <= or >= (PC315), no box, or a point that is not one number for each variable (PC302); a p that is no
    exact zero (PC308); a derivative that neither has one sign on B nor is exactly 0 at p, or a second derivative that is not positive
    definite (PC303).
    """
    only_keys(node, "point", "prec")
    bits = number_of(node, "prec", 30, 4096)
    chart = chart_of(goal)
    if goal.goal.op not in ("le", "ge") or chart.values:
        raise Rejected("PC315", "The rule is for one relation <= or >= on a box with constant ends.", goal.name)
    texts = node.get("point")
    if not isinstance(texts, dict) or set(texts) != set(chart.names):
        raise Rejected("PC302", "The point needs one number for each variable.", goal.name)
    constants = scope_of(Obligation("", (), (), goal.goal))
    point = {name: term_in(constants, texts[name]) for name in chart.names}
    f = difference(goal)
    if not is_zero(substitute(f, point)):
        raise Rejected("PC308", "Both sides are not exactly equal at the point.", goal.name)
    enclosures = Enclosures(chart, goal, bits, clip=False)
    with precision(bits):
        at = {name: enclosures.constant(point[name]) for name in chart.names}
        hull = {name: enclosures.coordinate(axis, *WHOLE).union(at[name]) for axis, name in enumerate(chart.names)}
        gradients = enclosures.gradients
        value, slopes = evaluate((f,), gradients, {name: gradients.variable(hull[name], axis) for axis, name in enumerate(chart.names)})[0]
        flat = [axis for axis, name in enumerate(chart.names) if name in variables(f) and not _rises(slopes[axis], chart.ends[axis], point[name])]
        face = {name: hull[name] if axis in flat else at[name] for axis, name in enumerate(chart.names)}
        if not value.is_finite() or not all(_stationary(f, chart.names[axis], point) for axis in flat):
            raise Rejected("PC303", "A derivative is neither of one sign around the point nor exactly 0 there.", goal.name)
        if flat:
            curved = enclosures.curvature(f, face)
            if not eigenvalue(1, [curved[i][j] for i in flat for j in flat if j <= i]) > 0:
                raise Rejected("PC303", "The second derivatives are not positive definite around the point.", goal.name)
    return True


def _rises(slope: arb | None, ends: tuple[Term, Term], start: Term) -> bool:
    """Say whether a function with this derivative does not fall on the way from ``start`` to any number between the ends."""
    upward, downward = (sub(ends[0], start), sub(start, ends[1]))
    return slope is not None and any(sign * slope >= 0 and _nonnegative(way) for sign, way in ((1, upward), (-1, downward)))


def _nonnegative(term: Term) -> bool:
    return is_zero(term) or bool(Enclosures.constant(term) >= 0)


def _stationary(f: Term, name: str, point: dict[str, Term]) -> bool:
    """Say whether the derivative is exactly 0 at the point."""
    try:
        slope = substitute(derivative(f, name), point)
    except Malformed:
        return False
    return has_value(slope) and is_zero(slope)
