"""What a divided-out zero starts with: the exact leading coefficient, computed again from the series and not from the proof.

A cross-check for readers, to compare with what they have on paper; nothing rests on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import reduce

from flint import arb, fmpq_mpoly

from proofcheck.kernel.algebra import Ball, evaluate, precision
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.exact import Ring, coefficients
from proofcheck.kernel.terms import ONE, ZERO, Domain, Term, add, div, mul, neg, num, power, show, sub, substitute, var, variables

from .subdivision import Part

DISTANCE = "distance_"


def leading(part: Part) -> Term | None:
    """Return c u^a, u the distance from the edge and a the order that a ``taylor`` or ``zeros`` node states, with which left - right side begins.

    None where lower coefficients are not exactly 0, where this one is, or where the series is not known.
    """
    goal, domains = part.goal, dict(part.domains)
    if goal is None or part.rule not in ("taylor", "zeros") or len(goal.args) != 2:
        return None
    name, end, order = part.node["u" if part.rule == "taylor" else "var"], part.node["end"], part.node["order"]
    point = domains[name].lower if end == "lower" else domains[name].upper
    if point is None:
        return None
    place, distance = (add(point, var(DISTANCE)), sub(var(name), point)) if end == "lower" else (sub(point, var(DISTANCE)), sub(point, var(name)))
    try:
        ring, exact = coefficients(substitute(sub(*goal.args), {name: place}), DISTANCE, num(0), order + 1)
    except Rejected:
        return None
    if exact[order].top.is_zero() or not all(coefficient.top.is_zero() for coefficient in exact[:order]):
        return None
    with precision(64):
        middle = {other: _middle(domain) for other, domain in part.domains if other != name}
        number, top = _factored(ring, exact[order].top, middle)
        divisor, bottom = _factored(ring, exact[order].bottom, middle)
    number /= divisor
    product = reduce(mul, [*top, power(distance, order)], num(abs(number)))
    return div(product if number > 0 else neg(product), reduce(mul, bottom, ONE))


def _middle(domain: Domain) -> arb:
    """Return a point of a domain, for choosing signs: the mean of its ends that are numbers."""
    ends = [evaluate((end,), Ball(), {})[0] for end in (domain.lower, domain.upper) if end is not None and not variables(end)]
    return sum(ends, start=arb(0)) / max(1, len(ends))


def _factored(ring: Ring, polynomial: fmpq_mpoly, middle: Mapping[str, arb]) -> tuple[Fraction, list[Term]]:
    """Return a number and the other factors, each positive in the middle of the domains: the sign of the product is that of the number."""
    front, factors = polynomial.factor()
    number, written = Fraction(int(front.p), int(front.q)), []
    for factor, exponent in sorted(factors, key=lambda pair: (len(pair[0]), show(_written(ring, pair[0])))):
        term = _written(ring, factor)
        if evaluate((term,), Ball(), middle)[0] < 0:
            term = _written(ring, -factor)
            number *= (-1) ** int(exponent)
        written.append(power(term, int(exponent)))
    return number, written


def _written(ring: Ring, polynomial: fmpq_mpoly) -> Term:
    """Return a polynomial with its lowest powers first, differences as such."""
    result = ZERO
    for exponents, coefficient in sorted(polynomial.to_dict().items(), key=lambda item: (sum(item[0]), item[1] < 0, item[0])):
        factors = [power(ring.generators[place].term, int(exponent)) for place, exponent in enumerate(exponents) if exponent]
        number = Fraction(int(coefficient.p), int(coefficient.q))
        part = reduce(mul, factors, num(abs(number)))
        result = add(result, part) if number > 0 else sub(result, part)
    return result
