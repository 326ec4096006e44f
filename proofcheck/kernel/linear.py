"""Linear arithmetic over the rationals: does one linear inequality follow from others? Fourier and Motzkin's elimination.

Constants such as pi and square roots are variables here, between rational bounds from balls, so that pi - pi is 0 and 3 < pi; so are function
values such as sin(x) and products such as pi*x, between the bounds that ``signs`` knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, reduce

from .algebra import Ball, evaluate, precision
from .errors import Rejected
from .exact import Element, normal
from .terms import ONE, Domain, Term, div, mul, power, sub, var, variables

MAX_FORMS, MAX_SYMBOLS, MAX_BOUND = 400, 12, 1_000


@dataclass(frozen=True)
class Form:
    """sum of coefficient * symbol + constant, to be > 0 (strict) or >= 0."""

    coefficients: tuple[tuple[Term, Fraction], ...]
    constant: Fraction
    strict: bool

    def of(self, symbol: Term) -> Fraction:
        """Return the coefficient of a symbol."""
        return next((value for other, value in self.coefficients if other is symbol), Fraction(0))


def form(term: Term, *, strict: bool) -> Form | None:
    """Return the linear form of a term in the monomials of its normal form, or None where it has many, or a divisor with variables."""
    found = _parts(term)
    return None if found is None else Form(*found, strict)


@lru_cache(maxsize=8192)
def _parts(term: Term) -> tuple[tuple[tuple[Term, Fraction], ...], Fraction] | None:
    try:
        ring, (element,) = normal((term,))
    except Rejected:
        return None
    if variables(ring.term(Element(element.bottom, ring.one.bottom))) or len(element.top) > MAX_SYMBOLS:
        return None
    coefficients: dict[Term, Fraction] = {}
    constant = Fraction(0)
    for exponents, value in element.top.to_dict().items():
        # Each part by itself: (1 - sqrt(2)*x)/sqrt(2) is 1/sqrt(2) - x.
        part = ring.fraction(ring.context.from_dict({exponents: 1}), element.bottom)
        ((powers, lead),) = part.top.to_dict().items()
        factors = [power(ring.generators[place].term, int(exponent)) for place, exponent in enumerate(powers) if exponent]
        symbol = div(reduce(mul, sorted(factors, key=str), ONE), ring.term(Element(part.bottom, ring.one.bottom)))
        number = Fraction(int(value.p), int(value.q)) * Fraction(int(lead.p), int(lead.q))
        if symbol is ONE:
            constant += number
        else:
            coefficients[symbol] = coefficients.get(symbol, Fraction(0)) + number
    return tuple(sorted(coefficients.items(), key=lambda item: str(item[0]))), constant


def facts(box: Mapping[str, Domain], given: Iterable[Term]) -> list[Form]:
    """Return what the ends of domains and the hypotheses say, as far as it is linear."""
    found = []
    for name, domain in box.items():
        if domain.lower is not None:
            found.append(form(sub(var(name), domain.lower), strict=not domain.lower_closed))
        if domain.upper is not None:
            found.append(form(sub(domain.upper, var(name)), strict=not domain.upper_closed))
    for atom in given:
        if atom.op in ("gt", "ge", "eq"):
            found.append(form(sub(*atom.args), strict=atom.op == "gt"))
        if atom.op in ("lt", "le", "eq"):
            found.append(form(sub(atom.args[1], atom.args[0]), strict=atom.op == "lt"))
    return [item for item in found if item is not None]


def constant_bounds(symbol: Term) -> list[Form]:
    """Return rational bounds of a symbol that is a constant."""
    if variables(symbol):
        return []
    with precision(64):
        (value,) = evaluate((symbol,), Ball(), {})
        if not value.abs_upper() < 2**MAX_BOUND:
            return []
        scale = 10**12
        low, high = Fraction(int((value * scale).lower().floor().unique_fmpz()), scale), Fraction(int((value * scale).upper().ceil().unique_fmpz()), scale)
    return [Form(((symbol, Fraction(1)),), -low, strict=False), Form(((symbol, Fraction(-1)),), high, strict=False)]


def follows(known: list[Form], goal: Form, bounds: Callable[[Term], list[Form]] = constant_bounds) -> bool:
    """Say whether goal > 0 (or >= 0) at every point at which the known forms are: whether they contradict its opposite.

    Soundness: every combination made is nonnegative where all forms are; one that is a negative constant, or a strict one that
    is 0, has no such point. ``bounds`` returns forms that hold wherever a symbol has a value.
    """
    opposite = Form(tuple((symbol, -value) for symbol, value in goal.coefficients if value), -goal.constant, not goal.strict)
    forms, rest = [opposite], list(known)
    seen: set[Term] = set()
    while new := [symbol for symbol in dict.fromkeys(symbol for item in forms for symbol, _ in item.coefficients) if symbol not in seen]:
        seen.update(new)
        forms += [bound for symbol in new for bound in bounds(symbol)]
        forms += [item for item in rest if any(symbol in seen for symbol, _ in item.coefficients)]  # the others say nothing about these
        rest = [item for item in rest if not any(symbol in seen for symbol, _ in item.coefficients)]
    while True:
        if any(not any(value for _, value in item.coefficients) and (item.constant < 0 or (item.strict and item.constant == 0)) for item in forms):
            return True
        above, below = Counter[Term](), Counter[Term]()
        for item in forms:
            for symbol, value in item.coefficients:
                above[symbol] += value > 0
                below[symbol] += value < 0
        left = [symbol for symbol in above if above[symbol] or below[symbol]]
        if not left or len(forms) > MAX_FORMS:
            return False
        forms = _without(forms, min(left, key=lambda symbol: above[symbol] * below[symbol]))


def _without(forms: list[Form], symbol: Term) -> list[Form]:
    """Eliminate a symbol: keep the forms without it, add each pair of opposite signs so that it cancels."""
    rising = [item for item in forms if item.of(symbol) > 0]
    falling = [item for item in forms if item.of(symbol) < 0]
    rest = [item for item in forms if item.of(symbol) == 0]
    for a in rising:
        for b in falling:
            rest.append(_combined(a, -b.of(symbol), b, a.of(symbol)))
    return list(dict.fromkeys(rest))


def _combined(a: Form, x: Fraction, b: Form, y: Fraction) -> Form:
    """Return x a + y b for positive x, y, scaled to a leading coefficient of size 1."""
    total: dict[Term, Fraction] = {}
    for item, factor in ((a, x), (b, y)):
        for symbol, value in item.coefficients:
            total[symbol] = total.get(symbol, Fraction(0)) + factor * value
    constant = x * a.constant + y * b.constant
    kept = tuple(sorted(((symbol, value) for symbol, value in total.items() if value), key=lambda pair: str(pair[0])))
    scale = abs(kept[0][1]) if kept else Fraction(1)
    return Form(tuple((symbol, value / scale) for symbol, value in kept), constant / scale, a.strict or b.strict)
