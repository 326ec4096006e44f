"""Strict relations next to a point where both sides are equal: the zero is divided out exactly, then the quotient is enclosed."""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from ..algebra import NAN, Ball, Series, evaluate, interval, precision
from ..certificate import Node, number_of, only_keys, text_of
from ..errors import Rejected
from ..exact import coefficients
from ..terms import Obligation, Term, add, sub, substitute, var
from . import Link
from .premises import difference
from .subdivide import leaves

MAX_LENGTH = 60


def zeros(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept f > 0 on an interval at whose end f vanishes to an exact order.

        f(e ± u) = u^a (c_a + … + c_(n-1) u^(n-1-a) + r(u) u^(n-a)),   the c_k for k < a exactly 0,   the bracket > 0 on [0, U]
        -----------------------------------------------------------------------------------------------------------------
                                       f > 0 on the interval, its end e excluded; f >= 0 with it

    Soundness: Taylor's theorem with Lagrange's remainder; r(u) lies in the enclosure of the n-th coefficient over the whole
    interval, which is finite only where f is smooth. The vanishing of the lower coefficients is decided in the exact ring,
    never by balls. The bracket is enclosed on the leaves of a bisection tree of [0, U].

    Rejects: a coefficient that is not exactly 0 (PC308); a closed end under a strict relation (PC305); an undecided leaf
    (PC303); more than one variable (PC315).
    """
    del link
    only_keys(node, "var", "end", "order", "length", "prec", "tree")
    name, end = text_of(node, "var"), text_of(node, "end")
    order, length = number_of(node, "order", 1, 40), number_of(node, "length", 1, MAX_LENGTH)
    bits = number_of(node, "prec", 30, 4096)
    if [n for n, _ in goal.domains] != [name] or goal.goal.op not in ("lt", "le", "gt", "ge") or end not in ("lower", "upper") or length < order:
        raise Rejected("PC315", "The rule is for one relation < <= >= > in one variable, at its lower or upper end.", goal.name)
    domain = goal.box[name]
    point, other = (domain.lower, domain.upper) if end == "lower" else (domain.upper, domain.lower)
    if point is None or other is None:
        raise Rejected("PC315", "The rule is for a bounded interval.", goal.name)
    closed = domain.lower_closed if end == "lower" else domain.upper_closed
    strict = goal.goal.op in ("lt", "gt")
    if strict and closed:
        raise Rejected("PC305", f"Both sides are equal at {name} = {point}, which belongs to the domain.", goal.name)
    f = difference(goal)
    shifted = substitute(f, {name: add(point, var("u")) if end == "lower" else sub(point, var("u"))})
    ring, exact = coefficients(shifted, "u", sub(point, point), order)
    for k, coefficient in enumerate(exact):
        if not coefficient.top.is_zero():
            raise Rejected("PC308", f"The coefficient of order {k} at {name} = {point} is {ring.term(coefficient)}, not exactly 0.", goal.name)
    with precision(bits, length + 2):
        reach = evaluate((sub(other, point),), Ball(), {})[0]
        width = reach if end == "lower" else -reach
        whole = width * interval(Fraction(0), Fraction(1))
        if not evaluate((shifted,), Ball(), {"u": whole})[0].is_finite():
            raise Rejected("PC307", "A term may have no value somewhere in the interval.", goal.name)
        bracket = quotient(shifted, order, length, whole)
        for form, cell in leaves(text_of(node, "tree"), ((Fraction(0), Fraction(1)),)):
            if form != "N" or not value(bracket, cell[0], width) > 0:
                raise Rejected("PC303", f"The quotient is not enclosed above 0 for t in [{cell[0][0]}, {cell[0][1]}].", goal.name)
    return True


def quotient(shifted: Term, order: int, length: int, whole: arb) -> list[arb]:
    """Return c_order, …, c_(length-1) at u = 0 and, last, the enclosure of the coefficient number ``length`` over [0, U]."""
    at_zero = _coefficients(shifted, length, arb(0))
    over_all = _coefficients(shifted, length + 1, whole)
    smooth = all(coefficient.is_finite() for coefficient in over_all)
    return [*at_zero[order:], over_all[length] if smooth else NAN]


def _coefficients(term: Term, length: int, at: arb) -> list[arb]:
    series = Series(length)
    (value,) = evaluate((term,), series, {"u": series.variable(at)})
    return series.coefficients(value)


def value(polynomial: list[arb], cell: tuple[Fraction, Fraction], width: arb) -> arb:
    """Return an enclosure of sum p_k u^k for u = width t, t in the cell: the narrower of Horner's and the mean value form."""
    low, high = cell
    u = width * interval(low, high)
    middle = width * interval((low + high) / 2, (low + high) / 2)
    natural, at_middle, slope = arb(0), arb(0), arb(0)
    for k in range(len(polynomial) - 1, -1, -1):
        natural = natural * u + polynomial[k]
        at_middle = at_middle * middle + polynomial[k]
        if k:
            slope = slope * u + k * polynomial[k]
    centred = at_middle + slope * (u - middle)
    return centred if centred.rad() < natural.rad() else natural
