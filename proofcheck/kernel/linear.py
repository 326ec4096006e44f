"""Linear arithmetic over the rationals: does one linear inequality follow from others? Fourier and Motzkin's elimination.

Constants such as pi and square roots are variables here, between rational bounds from balls, so that pi - pi is 0 and 3 < pi.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from .algebra import Ball, evaluate, precision
from .errors import Rejected
from .exact import normal
from .terms import Domain, Term, sub, var, variables

MAX_FORMS = 400


@dataclass(frozen=True)
class Form:
    """sum of coefficient * symbol + constant, to be > 0 (strict) or >= 0."""

    coefficients: tuple[tuple[Term, Fraction], ...]
    constant: Fraction
    strict: bool

    def of(self, symbol: Term) -> Fraction:
        """Return the coefficient of a symbol."""
        return dict(self.coefficients).get(symbol, Fraction(0))


def form(term: Term, *, strict: bool) -> Form | None:
    """Return the linear form of a term, or None where its normal form is not linear with rational coefficients."""
    try:
        ring, (element,) = normal((term,))
    except Rejected:
        return None
    if not element.bottom.is_constant():
        return None
    coefficients: dict[Term, Fraction] = {}
    constant = Fraction(0)
    for exponents, value in element.top.to_dict().items():
        used = [place for place, exponent in enumerate(exponents) if exponent]
        number = Fraction(int(value.p), int(value.q))
        if not used:
            constant = number
        elif len(used) == 1 and exponents[used[0]] == 1:
            coefficients[ring.generators[used[0]].term] = number
        else:
            return None
    return Form(tuple(sorted(coefficients.items(), key=lambda item: str(item[0]))), constant, strict)


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


def follows(known: list[Form], goal: Form) -> bool:
    """Say whether goal > 0 (or >= 0) at every point at which the known forms are: whether they contradict its opposite.

    Soundness: every combination made is nonnegative where all forms are; one that is a negative constant, or a strict one that
    is 0, has no such point.
    """
    opposite = Form(tuple((symbol, -value) for symbol, value in goal.coefficients), -goal.constant, not goal.strict)
    forms = [opposite, *known]
    symbols = list(dict.fromkeys(symbol for item in forms for symbol, value in item.coefficients if value))
    forms += [bound for symbol in symbols for bound in _bounds(symbol)]
    while True:
        if any(not any(value for _, value in item.coefficients) and (item.constant < 0 or (item.strict and item.constant == 0)) for item in forms):
            return True
        left = {symbol for item in forms for symbol, value in item.coefficients if value}
        if not left or len(forms) > MAX_FORMS:
            return False
        symbol = min(left, key=lambda s: (_growth(forms, s), str(s)))
        forms = _without(forms, symbol)


def _bounds(symbol: Term) -> list[Form]:
    """Return rational bounds of a symbol that is a constant."""
    if variables(symbol):
        return []
    with precision(64):
        (value,) = evaluate((symbol,), Ball(), {})
        if not value.is_finite():
            return []
        scale = 10**12
        low, high = Fraction(int((value * scale).lower().floor().unique_fmpz()), scale), Fraction(int((value * scale).upper().ceil().unique_fmpz()), scale)
    return [Form(((symbol, Fraction(1)),), -low, strict=False), Form(((symbol, Fraction(-1)),), high, strict=False)]


def _growth(forms: list[Form], symbol: Term) -> int:
    above = sum(item.of(symbol) > 0 for item in forms)
    return above * sum(item.of(symbol) < 0 for item in forms)


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
