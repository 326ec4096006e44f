"""Two variables next to edges on which both sides are equal: the zeros are divided out exactly on wide strips."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb

from ..algebra import NAN, Ball, Series, evaluate, interval, precision
from ..certificate import Node, number_of, only_keys, text_of
from ..errors import Rejected
from ..exact import coefficients
from ..series import PowerSeries
from ..terms import Obligation, Term, add, num, sub, substitute, var
from . import Link
from .premises import difference
from .subdivide import leaves
from .zeros import MAX_LENGTH, value

MAX_STRIPS = 20_000


@dataclass(frozen=True)
class Plane:
    """f > 0 to be shown for u in [0, U] and v = v0 + W s, s in [0, 1]; ``term`` is f in the distance u and in v."""

    term: Term
    u: str
    v: str
    reach: arb
    start: arb
    width: arb

    def at(self, low: Fraction, high: Fraction) -> arb:
        """Return a ball around v for s in [low, high]."""
        return self.start + self.width * interval(low, high)


def taylor(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept f > 0 on a rectangle at whose edges f vanishes to exact orders.

        f = sum_(a <= k < n) c_k(v) u^k + r(u, v) u^n,   c_k = 0 for k < a exactly,   strips of v tile its range
        on each strip:  sum c_k(v) u^(k-a) + r u^(n-a) > 0 for all u in [0, U], v in the strip
        -------------------------------------------------------------------------------------------------------
                              f > 0 on the rectangle without the edges, f >= 0 with them

    Next to an edge v = e at which f vanishes to order b, a strip may show the same for the b-th derivative in v, on the whole of the
    strip's hull with the edge: f is then (v - e)^b times a mean of that derivative over b!.

    Soundness: Taylor with Lagrange's remainder in u; in v the mean value form of each coefficient; the remainder is enclosed over
    the whole rectangle of the strip. Orders are decided in the exact ring. Every subterm has a value on the strip because ``Ball``
    encloses the term there. Strips meet at equal rationals and reach from 0 to 1.

    Rejects: a coefficient that is not exactly 0 (PC308); a closed edge under a strict relation (PC305); strips that do not tile
    (PC309); an undecided leaf (PC303).
    """
    del link
    only_keys(node, "u", "v", "end", "order", "left", "right", "length", "prec", "strips")
    u, v, end = text_of(node, "u"), text_of(node, "v"), text_of(node, "end")
    order, length = number_of(node, "order", 0, 40), number_of(node, "length", 1, MAX_LENGTH)
    left, right = number_of(node, "left", 0, 8), number_of(node, "right", 0, 8)
    bits = number_of(node, "prec", 30, 4096)
    box = goal.box
    if u == v or set(box) != {u, v} or goal.goal.op not in ("lt", "le", "gt", "ge") or end not in ("lower", "upper") or length <= order:
        raise Rejected("PC315", "The rule is for one relation < <= >= > in two variables.", goal.name)
    shifted, exact_edges = _edges(goal, u, v, end, order, left, right)
    for name, at, count in exact_edges:
        _vanishes(shifted, name, at, count, goal.name)
    with precision(bits, length + 2):
        plane = plane_of(goal, u, v, shifted)
        done = Fraction(0)
        strips = node.get("strips")
        if not isinstance(strips, list) or not 0 < len(strips) <= MAX_STRIPS:
            raise Rejected("PC309", "The rule needs strips.", goal.name)
        for strip in strips:
            done = _strip(plane, strip, done, order, length, (left, right), goal.name)
    if done != 1:
        raise Rejected("PC309", f"The strips end at {done}, not at 1.", goal.name)
    return True


def _edges(goal: Obligation, u: str, v: str, end: str, order: int, left: int, right: int) -> tuple[Term, list[tuple[str, Term, int]]]:
    """Return f in the distance from the edge of u, and the edges (variable, place, order) whose vanishing has to be exact."""
    strict = goal.goal.op in ("lt", "gt")
    of_u, of_v = goal.box[u], goal.box[v]
    if None in (of_u.lower, of_u.upper, of_v.lower, of_v.upper):
        raise Rejected("PC315", "The rule is for bounded domains.", goal.name)
    point = of_u.lower if end == "lower" else of_u.upper
    assert point is not None
    assert of_v.lower is not None
    assert of_v.upper is not None
    closed = of_u.lower_closed if end == "lower" else of_u.upper_closed
    wanted = [(u, num(0), order, closed), (v, of_v.lower, left, of_v.lower_closed), (v, of_v.upper, right, of_v.upper_closed)]
    if strict and any(count and is_closed for _, _, count, is_closed in wanted):
        raise Rejected("PC305", "Both sides are equal on an edge that belongs to the domain.", goal.name)
    distance = add(point, var(u)) if end == "lower" else sub(point, var(u))
    return substitute(difference(goal), {u: distance}), [(name, at, count) for name, at, count, _ in wanted if count]


def _vanishes(term: Term, name: str, at: Term, count: int, where: str) -> None:
    ring, exact = coefficients(term, name, at, count)
    for k, coefficient in enumerate(exact):
        if not coefficient.top.is_zero():
            raise Rejected("PC308", f"The coefficient of order {k} in {name} at {at} is {ring.term(coefficient)}, not exactly 0.", where)


def plane_of(goal: Obligation, u: str, v: str, shifted: Term) -> Plane:
    """Return the rectangle in balls. Rejects ends that use other variables."""
    of_u, of_v = goal.box[u], goal.box[v]
    try:
        u0, u1, v0, v1 = (evaluate((term,), Ball(), {})[0] for term in (of_u.lower, of_u.upper, of_v.lower, of_v.upper) if term is not None)
    except KeyError:
        raise Rejected("PC315", "The rule is for a rectangle: the ends of its domains are constants.", goal.name) from None
    return Plane(shifted, u, v, u1 - u0, v0, v1 - v0)


def _strip(plane: Plane, strip: Any, low: Fraction, order: int, length: int, edges: tuple[int, int], where: str) -> Fraction:
    """Check one strip [end, kind, tree] that begins at ``low``; return where it ends."""
    if not (isinstance(strip, list) and len(strip) == 3 and all(isinstance(part, str) for part in strip)):
        raise Rejected("PC309", "A strip is [end, kind, tree].", where)
    text, kind, tree = strip
    numbers = text.split("/")
    if not (text.isascii() and len(numbers) in (1, 2) and all(part.isdigit() and len(part) < 40 for part in numbers) and int(numbers[-1])):
        raise Rejected("PC309", f"{text!r} is not a fraction.", where)
    high = Fraction(*map(int, numbers))
    if not low < high <= 1 or kind not in ("", "l", "r"):
        raise Rejected("PC309", f"A strip from {low} to {text} of kind {kind!r} does not fit.", where)
    bracket = bracket_of(plane, low, high, kind, order, length, edges)
    for form, cell in leaves(tree, ((Fraction(0), Fraction(1)),)):
        if form != "N" or not bracket.value(cell[0], plane.reach) > 0:
            raise Rejected("PC303", f"The strip from {low} to {high} is not decided for t in [{cell[0][0]}, {cell[0][1]}].", where)
    return high


@dataclass(frozen=True)
class Bracket:
    """centre(u) + half * slope(u), where both are polynomials with ball coefficients, the last of centre being the remainder."""

    centre: list[arb]
    slope: list[arb]
    half: arb

    def value(self, cell: tuple[Fraction, Fraction], reach: arb) -> arb:
        """Return an enclosure over a cell of u."""
        return value(self.centre, cell, reach) + self.half * value(self.slope, cell, reach)


def bracket_of(plane: Plane, low: Fraction, high: Fraction, kind: str, order: int, length: int, edges: tuple[int, int]) -> Bracket:
    """Return the quotient by u^a over a strip; NaN where a term may have no value.

    In v it is the mean value form around the middle of the strip; the remainder is that of the whole strip. kind "l" or "r": of the
    b-th derivative in v over b!, on the hull of the strip and the lower or upper edge, with the sign of (v - e)^b.
    """
    b = {"": 0, "l": edges[0], "r": edges[1]}[kind]
    if kind == "l":
        low = Fraction(0)
    elif kind == "r":
        high = Fraction(1)
    whole, middle = plane.at(low, high), plane.at((low + high) / 2, (low + high) / 2)
    over_u = plane.reach * interval(Fraction(0), Fraction(1))
    if not evaluate((plane.term,), Ball(), {plane.u: over_u, plane.v: whole})[0].is_finite():
        return Bracket([NAN], [NAN], NAN)
    inner, outer = Series(length), Series(length + 1)
    rest = [outer.coefficients(part) for part in jet(plane, over_u, whole, length + 1, b + 1)]
    if not all(coefficient.is_finite() for part in rest for coefficient in part):
        return Bracket([NAN], [NAN], NAN)
    sign = -1 if kind == "r" and b % 2 else 1
    at_centre = inner.coefficients(jet(plane, arb(0), middle, length, b + 1)[b])
    over_strip = inner.coefficients(jet(plane, arb(0), whole, length, b + 2)[b + 1])
    centre = [sign * at_centre[k] for k in range(order, length)]
    slope = [sign * (b + 1) * over_strip[k] for k in range(order, length)]
    return Bracket([*centre, sign * rest[b][length]], slope, whole - middle)


def jet(plane: Plane, u: arb, v: arb, length: int, depth: int) -> list[Any]:
    """Return the Taylor coefficients in v, each a series in u, of the term around balls u and v."""
    inner = Series(length)
    outer = PowerSeries(inner, depth)
    env = {plane.u: outer.constant(inner.variable(u)), plane.v: [inner.constant(v), inner.one, *[inner.zero] * depth][:depth]}
    (result,) = evaluate((plane.term,), outer, env)
    found: list[Any] = result
    return found
