"""Relations on a half-line from one step and a limit: a difference that only moves towards its limit stays on one side of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

from flint import fmpq_mpoly

from ..algebra import ball_sign
from ..certificate import Node, node_of, only_keys, text_of
from ..errors import Rejected
from ..exact import Generator, Ring, normal
from ..terms import ZERO, Obligation, Term, add, div, mul, num, power, rational, sub, substitute, total, var, variables
from . import Link, established
from .points import settled
from .premises import scope_of, term_in

APPROACH = {"lt": ("gt", "le"), "le": ("ge", "le"), "gt": ("lt", "ge"), "ge": ("le", "ge")}
"""For D < 0, D <= 0, …: how D(x + s) compares with D(x), and how the limit compares with 0."""


def telescope(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept a relation of sequences, or of functions on a half-line, from one step and the limit of the difference D = a - b.

        D(x + s) >= D(x) for all x      lim D(x + n s) <= 0 as n grows
        --------------------------------------------------------------   s > 0
                               a <= b for all x

    For a < b the step is strict: D(x) < D(x + s). For > and >= everything is turned round.

    Soundness: D(x) <= D(x + s) <= … <= D(x + n s), and the limit of these is at most 0; x + n s stays in the domain, which has no
    upper end and no hypotheses, and for whole x, s is whole. D has values there because the premise is proved. The limit is that
    of the exact normal form of D (``limit``). What it knows of gamma is Gauss's limit, by which gamma may be defined:
    Γ(z + n) / ((n - 1)! n^z) -> 1 for every fixed real z.

    Rejects: a limit on the wrong side (PC303), a difference whose limit is not known (PC317), a domain that ends, hypotheses, or a
    step that leaves the domain (PC315).
    """
    only_keys(node, "step", "then")
    step = rational(term_in(scope_of(Obligation("", (), (), goal.goal)), text_of(node, "step")))
    (name, domain), *others = goal.domains or (("", None),)
    if domain is None or others or goal.given or domain.upper is not None or goal.goal.op not in APPROACH:
        raise Rejected("PC315", "The rule is for one relation < <= >= > in one variable without an upper end, without hypotheses.", goal.name)
    if step is None or step <= 0 or (domain.integer and step.denominator != 1):
        raise Rejected("PC315", f"A step is a positive number, whole for whole {name}.", goal.name)
    moves, side = APPROACH[goal.goal.op]
    difference = sub(*goal.goal.args)
    further = substitute(difference, {name: add(var(name), num(step))})
    end = limit(difference, name, step)
    if settled(Term(side, (end, ZERO))) is not True:
        raise Rejected("PC303", f"The difference tends to {end}, which is not shown to be {'<=' if side == 'le' else '>='} 0.", goal.name)
    established(Obligation(f"{goal.name}: step {step}", goal.domains, (), Term(moves, (further, difference))), node_of(node, "then"), link)
    return True


def limit(term: Term, name: str, step: Fraction) -> Term:
    """Return the limit of a term at x + n step as n grows, the same for every x.

    The normal form is a sum of c x^k Π Γ(x/step + b)^e over such a sum; each part grows like c (step n)^k (n - 1)!^(Σ e) n^(Σ e (x/step + b)).
    Rejects (PC317) what has another form, and what does not converge.
    """
    ring, (element,) = normal((term,))
    bottom = list(_parts(ring, element.bottom, name, step))
    degree = max(own for own, _, _ in bottom)
    lead = total(coefficient for own, _, coefficient in bottom if own == degree)
    below = bottom[0][1]
    if any(product != below for _, product, _ in bottom) or ball_sign(lead) is None:
        raise Rejected("PC317", "The divisor of the difference does not grow like one power and one product of gammas.")
    result = ZERO
    for own, product, coefficient in _parts(ring, element.top, name, step):
        excess = {shift: product[shift] - below[shift] for shift in product | below}
        factorials = sum(excess.values())
        rate = own - degree + sum(shift * count for shift, count in excess.items())
        if factorials > 0 or (factorials == 0 and rate > 0):
            raise Rejected("PC317", "A part of the difference grows beyond bounds.")
        if factorials == 0 and rate == 0:
            result = add(result, mul(div(coefficient, lead), power(num(step), own - degree)))
    return result


def _parts(ring: Ring, polynomial: fmpq_mpoly, name: str, step: Fraction) -> Iterator[tuple[int, Counter[Fraction], Term]]:
    """Yield the monomials: the degree k of x, how often each Γ(x/step + b) occurs, by b, and the constant c."""
    for exponents, value in polynomial.to_dict().items():
        degree, product, coefficient = 0, Counter[Fraction](), num(Fraction(int(value.p), int(value.q)))
        for place, exponent in enumerate(exponents):
            if not exponent:
                continue
            generator = ring.generators[place]
            if name not in variables(generator.term):
                coefficient = mul(coefficient, power(generator.term, int(exponent)))
            elif generator.kind == "var":
                degree = int(exponent)
            else:
                product[_shift(generator, name, step)] += int(exponent)
        yield degree, product, coefficient


def _shift(generator: Generator, name: str, step: Fraction) -> Fraction:
    """Return b of Γ(x/step + b). Rejects every other function of x."""
    argument = generator.term.args[0] if generator.kind == "gamma" else ZERO
    ring, (rest,) = normal((sub(argument, mul(num(1 / step), var(name))),))
    shift = ring.constant(rest)
    if generator.kind != "gamma" or shift is None:
        raise Rejected("PC317", f"The limit of {generator.term} is not known for steps of s = {num(step)}; that of gamma({name}/s + b) is.")
    return shift
