"""Parts of domains: simple exact cuts, and an obligation on one side of a cut."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import replace
from fractions import Fraction
from itertools import count

from proofcheck.kernel.algebra import Ball, evaluate, precision
from proofcheck.kernel.terms import PI, Domain, Obligation, Term, add, mul, num, rational, sub


def narrowed(obligation: Obligation, name: str, lower: Term | None, upper: Term | None) -> Obligation:
    """Return the obligation on part of the domain of one variable, exactly as the ``split`` rule makes it."""
    domain = obligation.box[name]
    part = replace(
        domain,
        lower=domain.lower if lower is None else lower,
        upper=domain.upper if upper is None else upper,
        lower_closed=domain.lower_closed if lower is None else True,
        upper_closed=domain.upper_closed if upper is None else True,
    )
    return replace(obligation, domains=tuple((n, part if n == name else d) for n, d in obligation.domains))


def cut_at(domain: Domain, share: Fraction) -> Term:
    """Return a simple exact point at about the given share of a bounded domain."""
    assert domain.lower is not None
    assert domain.upper is not None
    exact = add(domain.lower, mul(sub(domain.upper, domain.lower), num(share)))
    if rational(exact) is not None or share in (0, 1):
        return exact
    width = abs(number(sub(domain.upper, domain.lower)))
    bound = max(4, round(64 / max(width * float(min(share, 1 - share) or 1), 1e-9)))
    return num(Fraction(number(exact)).limit_denominator(min(bound, 10**6)))


def number(term: Term) -> float:
    """Return a constant as a float, for choosing."""
    with precision(64):
        return float(evaluate((term,), Ball(), {})[0].mid())


def simple_points(low: float, high: float) -> list[Term]:
    """Return simple exact numbers near [low, high]: small rationals, rational multiples of pi, and roots, exponentials and logarithms of them."""
    middle, slack = (low + high) / 2, 50 * abs(high - low) + 1e-7
    ways: list[tuple[float, Callable[[Fraction], Term], Callable[[float], float]]] = [
        (middle, num, float), (middle / math.pi, lambda q: mul(num(q), PI), lambda x: x * math.pi)
    ]  # fmt: skip
    if middle > 0:
        ways += [(middle**2, lambda q: Term("sqrt", (num(q),)), math.sqrt), (math.log(middle), lambda q: Term("exp", (num(q),)), math.exp)]
    if abs(middle) < 20:
        ways.append((math.exp(middle), lambda q: Term("log", (num(q),)), lambda x: math.log(x) if x > 0 else math.inf))
    found = []
    for bound in (1, 2, 3, 4, 6, 8, 12, 24, 100):
        for place, term, value_ in ways:
            near = Fraction(place).limit_denominator(bound)
            if abs(value_(float(near)) - middle) <= slack:
                found.append(term(near))
    return list(dict.fromkeys(found))


def fresh(names: Collection[str]) -> dict[str, str]:
    """Return a new name for each name, none of them old."""
    found: dict[str, str] = {}
    taken = set(names)
    for name in names:
        found[name] = next(new for i in count(1) if (new := f"{name.rstrip('_0123456789')}{i}_") not in taken)
        taken.add(found[name])
    return found
