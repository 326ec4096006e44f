"""Relations on half-lines by the rule ``telescope``: which step to take, and which forms of a relation have a limit that is known."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from proofcheck.kernel.calculus import derivative
from proofcheck.kernel.errors import Malformed, Rejected
from proofcheck.kernel.exact import normal
from proofcheck.kernel.rules.telescope import APPROACH, limit
from proofcheck.kernel.terms import ONE, Obligation, Term, add, div, postorder, power, rational, sub


def step_of(obligation: Obligation) -> Fraction | None:
    """Return the step by which every gamma of the goal moves by 1; None where there is none or the rule does not apply."""
    if len(obligation.domains) != 1 or obligation.given or obligation.goal.op not in APPROACH:
        return None
    ((name, domain),) = obligation.domains
    slopes = set()
    for node in postorder((obligation.goal,)):
        if node.op == "gamma" and name in node.free:
            try:
                slopes.add(rational(derivative(node.args[0], name)))
            except Malformed:
                return None
    (slope,) = slopes if len(slopes) == 1 else (None,)
    if slope is None or slope <= 0 or domain.upper is not None or (domain.integer and slope.numerator != 1):
        return None
    return 1 / slope


def forms(obligation: Obligation) -> Iterator[tuple[Term, Term]]:
    """Yield factors q and terms t with (a - b) q = t where t may have a limit: a - b itself, a/b - 1, a^2/b^2 - 1."""
    a, b = obligation.goal.args
    yield ONE, sub(a, b)
    yield div(ONE, b), sub(div(a, b), ONE)
    yield div(add(a, b), power(b, 2)), sub(div(power(a, 2), power(b, 2)), ONE)


def limiting(obligation: Obligation) -> Iterator[tuple[Term, Term]]:
    """Yield the forms whose limit is known, t in normal form."""
    step = step_of(obligation)
    if step is None:
        return
    ((name, _),) = obligation.domains
    for factor, target in forms(obligation):
        try:
            ring, (element,) = normal((target,))
            plain = ring.term(element)
            limit(plain, name, step)
        except Rejected:
            continue
        yield factor, plain
