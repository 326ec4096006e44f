"""Is it exactly zero? Normal forms in Q[pi, surds, variables, sin, cos, exp, …] modulo the relations that define them.

A term becomes a fraction of polynomials over generators. Generators with a relation are rewritten away:

    sin(a)^2 = 1 - cos(a)^2      sqrt(f)^2 = f      |f|^2 = f^2      minimal polynomial of cos(pi/N)

and multiples and sums of angles are expanded by the addition theorems, so that one pair sin, cos is left for each angle.
Every other function value is a generator of its own, the same for equal arguments. If the normal form of a - b is 0, then a = b
wherever both have a value: each relation holds there, and a polynomial identity survives any values of the generators.
The converse is not claimed: a nonzero normal form says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx, fmpz_poly

from .algebra import evaluate
from .errors import Rejected
from .series import PowerSeries
from .terms import ONE, PI, Term, add, div, mul, num, postorder, power, var, variables

MAX_MULTIPLE, MAX_TERMS, MAX_GENERATORS, MAX_RESTARTS = 64, 60_000, 160, 40
MAX_PRODUCTS, MAX_CYCLOTOMIC, MAX_DIGITS, MAX_LOGARITHM = 20_000_000, 1_000, 2_000_000, 64


@dataclass(frozen=True)
class Element:
    """A fraction of polynomials over the generators of one ring."""

    top: fmpq_mpoly
    bottom: fmpq_mpoly


@dataclass(frozen=True)
class Generator:
    """What a polynomial variable stands for; ``argument`` is kept to recognise an equal one."""

    kind: str
    term: Term
    argument: Any = None


class _Finer(Exception):
    """An angle occurs in smaller pieces than assumed: start again with this unit."""

    def __init__(self, key: Any, unit: Fraction) -> None:
        super().__init__()
        self.key, self.unit = key, unit


@lru_cache(maxsize=64)
def _context(size: int) -> tuple[Any, list[fmpq_mpoly]]:
    context = fmpq_mpoly_ctx.get([f"g{i}" for i in range(size)], Ordering.lex)
    return context, list(context.gens())


@lru_cache(maxsize=2048)
def normal(roots: tuple[Term, ...], length: int = 0, at: tuple[str, Term] | None = None) -> tuple[Ring, list[Any]]:
    """Return a ring and the normal forms of the roots; with ``at = (name, point)`` their first ``length`` Taylor coefficients.

    Raises Rejected(PC317) for what the ring does not cover, and where a normal form grows beyond MAX_TERMS.
    """
    units: dict[Any, Fraction] = {}
    extra = (at[1],) if at else ()
    size = 6 + sum(3 if node.op in ("sin", "cos", "tan", "exp", "sqrt", "acos", "asin", "atan", "angle") else 1
                   for node in postorder((*roots, *extra)) if node.op not in ("num", "add", "sub", "mul", "neg", "div", "pow"))  # fmt: skip
    for _ in range(MAX_RESTARTS):
        ring = Ring(min(size * 2, MAX_GENERATORS), units)
        try:
            names = sorted(set().union(*(variables(root) for root in (*roots, *extra))))
            env: dict[str, Any] = {name: ring.variable(name) for name in names}
            if at is None:
                return ring, evaluate(roots, ring, env)
            (point,) = evaluate((at[1],), ring, env)
            series = PowerSeries(ring, length)
            env = {name: series.constant(value) for name, value in env.items()}
            env[at[0]] = [point, ring.one, *[ring.zero] * length][:length]
            return ring, evaluate(roots, series, env)
        except _Finer as finer:
            units[finer.key] = finer.unit
    raise Rejected("PC317", "The angles of the term have too many different fractions.")


@lru_cache(maxsize=8192)
def is_zero(term: Term) -> bool:
    """Say whether the normal form of ``term`` is 0. False means unknown, also where the term is outside the ring."""
    try:
        _, (element,) = normal((term,))
    except Rejected:
        return False
    return bool(element.top.is_zero())


def coefficients(term: Term, name: str, at: Term, length: int) -> tuple[Ring, list[Element]]:
    """Return the exact Taylor coefficients of ``term`` in ``name`` around ``at``, constant term first."""
    ring, (series,) = normal((term,), length, (name, at))
    return ring, series


class Ring:
    """The algebra of normal forms. Later generators are higher in the lexicographic order, so relations rewrite downwards."""

    def __init__(self, size: int, units: Mapping[Any, Fraction]) -> None:
        self.context, self.polynomials = _context(size)
        self.units = units
        self.generators: dict[int, Generator] = {}
        self.relations: dict[int, tuple[int, fmpq_mpoly]] = {}
        self.free = size - 1
        self.one = Element(self.context.constant(1), self.context.constant(1))
        self.zero = Element(self.context.constant(0), self.context.constant(1))
        self.angles: dict[Any, tuple[Element, Element]] = {}

    # -- generators and reduction ---------------------------------------------------------------------------------------

    def generator(self, kind: str, term: Term, argument: Any = None) -> int:
        """Return the place of a new generator, or of an old one of the same kind with an equal argument."""
        for place, known in self.generators.items():
            if known.kind == kind and (known.term is term if argument is None else known.argument is not None and self.equal(known.argument, argument)):
                return place
        if self.free < 0:
            raise Rejected("PC317", "The term has too many different function values for exact arithmetic.")
        place = self.free
        self.free -= 1
        self.generators[place] = Generator(kind, term, argument)
        return place

    def element(self, place: int) -> Element:
        """Return a generator as an element."""
        return Element(self.polynomials[place], self.context.constant(1))

    def relate(self, place: int, replacement: fmpq_mpoly, degree: int = 2) -> None:
        """State generator^degree = replacement, a polynomial in lower generators (and lower powers of itself)."""
        self.relations[place] = degree, self.polynomials[place] ** degree - replacement

    def reduced(self, p: fmpq_mpoly) -> fmpq_mpoly:
        """Rewrite by the relations, from the highest generator down: one pass is enough, each replacement is lower."""
        if len(p) > MAX_TERMS:
            raise Rejected("PC317", f"A normal form has more than {MAX_TERMS} terms.")
        lead = p.leading_coefficient() if len(p) else fmpq(0)
        if lead.p.bit_length() + lead.q.bit_length() > MAX_DIGITS:
            raise Rejected("PC317", f"A normal form has a coefficient of more than {MAX_DIGITS} bits.")
        degrees = p.degrees()
        for place in sorted(self.relations):
            degree, relation = self.relations[place]
            if degrees[place] >= degree:
                p = divmod(p, relation)[1]
                degrees = p.degrees()
        return p

    def fraction(self, top: fmpq_mpoly, bottom: fmpq_mpoly) -> Element:
        """Return top/bottom reduced, common factors removed."""
        top, bottom = self.reduced(top), self.reduced(bottom)
        if bottom.is_zero():
            raise Rejected("PC317", "A divisor is identically zero.")
        if bottom.is_constant():
            return Element(top / bottom.leading_coefficient(), self.context.constant(1))
        common = top.gcd(bottom)
        if not common.is_constant():
            top, bottom = divmod(top, common)[0], divmod(bottom, common)[0]
        lead = bottom.leading_coefficient()
        return Element(top / lead, bottom / lead)

    @staticmethod
    def vanishes(a: Element) -> bool:
        """Say whether an element is certainly 0, so that its products may be left out."""
        return bool(a.top.is_zero())

    def equal(self, a: Element, b: Element) -> bool:
        """Say whether two elements are certainly equal."""
        return bool(self.reduced(a.top * b.bottom - b.top * a.bottom).is_zero())

    def constant(self, a: Element) -> Fraction | None:
        """Return the rational that an element is, if it is one."""
        if not (a.top.is_constant() and a.bottom.is_constant()):
            return None
        value = a.top.leading_coefficient() / a.bottom.leading_coefficient() if not a.top.is_zero() else fmpq(0)
        return Fraction(int(value.p), int(value.q))

    def term(self, a: Element) -> Term:
        """Return a term with the value of the element."""
        return div(self._polynomial_term(a.top), self._polynomial_term(a.bottom))

    def _polynomial_term(self, p: fmpq_mpoly) -> Term:
        result = num(0)
        for exponents, coefficient in p.to_dict().items():
            part = num(Fraction(int(coefficient.p), int(coefficient.q)))
            for place, exponent in enumerate(exponents):
                if exponent:
                    part = mul(part, power(self.generators[place].term, int(exponent)))
            result = add(result, part)
        return result

    # -- the operations -------------------------------------------------------------------------------------------------

    def number(self, value: Fraction) -> Element:
        return Element(self.context.constant(fmpq(value.numerator, value.denominator)), self.context.constant(1))

    def variable(self, name: str) -> Element:
        """Return the variable ``name``."""
        return self.element(self.generator("var", var(name)))

    def pi(self) -> Element:
        return self.element(self.generator("pi", PI))

    def inf(self, sign: int) -> Element:
        del sign
        raise Rejected("PC317", "An infinite end is outside exact arithmetic.")

    def neg(self, a: Element) -> Element:
        return Element(-a.top, a.bottom)

    def add(self, a: Element, b: Element) -> Element:
        if a.bottom == b.bottom:
            return self.fraction(a.top + b.top, a.bottom)
        return self.fraction(a.top * b.bottom + b.top * a.bottom, a.bottom * b.bottom)

    def sub(self, a: Element, b: Element) -> Element:
        return self.add(a, self.neg(b))

    def mul(self, a: Element, b: Element) -> Element:
        if len(a.top) * len(b.top) > MAX_PRODUCTS:
            raise Rejected("PC317", f"A product needs more than {MAX_PRODUCTS} products of monomials.")
        return self.fraction(a.top * b.top, a.bottom * b.bottom)

    def div(self, a: Element, b: Element) -> Element:
        if b.top.is_zero():
            raise Rejected("PC317", "A divisor is identically zero.")
        return self.fraction(a.top * b.bottom, a.bottom * b.top)

    def pow(self, a: Element, n: int) -> Element:
        if n < 0:
            return self.div(self.one, self.pow(a, -n))
        if n > MAX_MULTIPLE and self.constant(a) is None:
            raise Rejected("PC317", f"The power {n} is beyond {MAX_MULTIPLE} for exact expansion.")
        result = self.one
        for bit in bin(n)[2:]:
            result = self.mul(result, result)
            if bit == "1":
                result = self.mul(result, a)
        return result

    def cos(self, a: Element) -> Element:
        return self.trig(a)[0]

    def sin(self, a: Element) -> Element:
        return self.trig(a)[1]

    def tan(self, a: Element) -> Element:
        c, s = self.trig(a)
        return self.div(s, c)

    def pieces(self, a: Element) -> list[tuple[Any, Element, Term, Fraction]]:
        """Split an argument into (key, monomial, its term, coefficient); an argument with a divisor is one piece."""
        if not a.bottom.is_constant():
            # The sign and content are taken out, so that u and -u, u and 2u are the same piece.
            content = a.top.leading_coefficient()
            unit = Element(a.top / content, a.bottom)
            term = self.term(unit)
            for place, known in self.generators.items():
                if known.kind == "fraction" and self.equal(known.argument, unit):
                    term = self.generators[place].term
                    break
            else:
                self.generator("fraction", term, unit)
            return [(("fraction", term), unit, term, Fraction(int(content.p), int(content.q)))]
        found = []
        for exponents, coefficient in a.top.to_dict().items():
            term = ONE
            monomial = self.context.constant(1)
            for place, exponent in enumerate(exponents):
                if exponent:
                    term = mul(term, power(self.generators[place].term, int(exponent)))
                    monomial *= self.polynomials[place] ** int(exponent)
            found.append((("monomial", term), Element(monomial, self.context.constant(1)), term, Fraction(int(coefficient.p), int(coefficient.q))))
        return found

    def multiple(self, key: Any, coefficient: Fraction) -> int:
        """Return coefficient in units of the piece ``key``; ask for a finer unit where it is not whole."""
        unit = self.units.get(key, Fraction(1))
        count = coefficient / unit
        if count.denominator != 1:
            raise _Finer(key, Fraction(1, lcm(unit.denominator, coefficient.denominator)))
        return int(count)

    def trig(self, a: Element) -> tuple[Element, Element]:
        """Return (cos a, sin a)."""
        c, s = self.one, self.zero
        for key, monomial, term, coefficient in self.pieces(a):
            count = self.multiple(key, coefficient)
            if term is PI:
                count %= 2 * self.units.get(key, Fraction(1)).denominator
            if abs(count) > MAX_MULTIPLE:
                raise Rejected("PC317", f"An angle occurs {abs(count)} times; {MAX_MULTIPLE} are expanded.")
            c1, s1 = self.angle_pair(key, monomial, term)
            if count < 0:
                s1 = self.neg(s1)
            for _ in range(abs(count)):
                c, s = self.sub(self.mul(c, c1), self.mul(s, s1)), self.add(self.mul(s, c1), self.mul(c, s1))
        return c, s

    def angle_pair(self, key: Any, monomial: Element, term: Term) -> tuple[Element, Element]:
        """Return cos and sin of one unit of a piece."""
        if key not in self.angles:
            unit = self.units.get(key, Fraction(1))
            self.angles[key] = self._of_pi(unit) if term is PI else self._of_inverse(term, unit) or self._fresh_pair(mul(num(unit), term))
        return self.angles[key]

    def _fresh_pair(self, angle: Term) -> tuple[Element, Element]:
        c = self.generator("cos", Term("cos", (angle,)))
        s = self.generator("sin", Term("sin", (angle,)))
        self.relate(s, 1 - self.polynomials[c] ** 2)
        return self.element(c), self.element(s)

    def _of_pi(self, unit: Fraction) -> tuple[Element, Element]:
        """Cos and sin of pi/N: surds where N divides 12, else the minimal polynomial of the cosine."""
        n = unit.denominator
        if 12 % n == 0:
            two, three, half = (self.sqrt(self.number(Fraction(2))), self.sqrt(self.number(Fraction(3))), self.number(Fraction(1, 2)))
            quarter = self.mul(two, self.number(Fraction(1, 4)))
            table = {
                1: (self.neg(self.one), self.zero), 2: (self.zero, self.one), 3: (half, self.mul(three, half)), 4: (self.mul(two, half),) * 2,
                6: (self.mul(three, half), half),
                12: (self.mul(quarter, self.add(three, self.one)), self.mul(quarter, self.sub(three, self.one))),
            }  # fmt: skip
            return table[n][0], table[n][1]
        if n > MAX_CYCLOTOMIC:
            raise Rejected("PC317", f"Cosines of fractions of pi beyond pi/{MAX_CYCLOTOMIC} are not expanded.")
        c, s = self._fresh_pair(mul(num(unit), PI))
        minimal = fmpz_poly.cos_minpoly(2 * n)  # of 2 cos(2 pi / 2N)
        place = next(i for i, g in self.generators.items() if g.term is Term("cos", (mul(num(unit), PI),)))
        degree = minimal.degree()
        twice = 2 * self.polynomials[place]
        rest = self.context.constant(0)
        for k in range(degree):
            rest += int(minimal[k]) * twice**k
        self.relate(place, rest * fmpq(-1, 2**degree), degree)
        return c, s

    def _of_inverse(self, term: Term, unit: Fraction) -> tuple[Element, Element] | None:
        """Cos and sin of acos(u), of acos(u)/2 and of atan(u), for the generators acos(u) and atan(u)."""
        known = next((g for g in self.generators.values() if g.term is term and g.kind in ("acos", "atan")), None)
        if known is None or not (unit == 1 or (unit == Fraction(1, 2) and known.kind == "acos")):
            return None
        u: Element = known.argument
        if known.kind == "atan":
            root = self.sqrt(self.add(self.one, self.mul(u, u)))
            return self.div(self.one, root), self.div(u, root)
        if unit == 1:
            return u, self.sqrt(self.sub(self.one, self.mul(u, u)))
        half = self.number(Fraction(1, 2))
        return self.sqrt(self.mul(half, self.add(self.one, u))), self.sqrt(self.mul(half, self.sub(self.one, u)))

    def exp(self, a: Element) -> Element:
        result = self.one
        for key, monomial, term, coefficient in self.pieces(a):
            count = self.multiple(("exp", key), coefficient)
            unit = self.units.get(("exp", key), Fraction(1))
            if abs(count) > MAX_MULTIPLE:
                raise Rejected("PC317", f"An exponent occurs {abs(count)} times; {MAX_MULTIPLE} are expanded.")
            base = self._of_logarithm(term, unit) or self._exponential(mul(num(unit), term), self.mul(self.number(unit), monomial))
            result = self.mul(result, self.pow(base, count))
        return result

    def _exponential(self, term: Term, argument: Element) -> Element:
        return self.element(self.generator("exp", Term("exp", (term,)), argument))

    def _of_logarithm(self, term: Term, unit: Fraction) -> Element | None:
        """Exp of log(u) and of log(u)/2, for the generator log(u): u and sqrt(u), where the logarithm has a value."""
        known = next((g for g in self.generators.values() if g.term is term and g.kind == "log"), None)
        if known is None or unit not in (1, Fraction(1, 2)):
            return None
        u: Element = known.argument
        return u if unit == 1 else self.sqrt(u)

    def sqrt(self, a: Element) -> Element:
        """Return the root of a fraction n/d.

        It is r/d, where r = d sqrt(n/d) is a generator with r^2 = n d; rational content comes out as roots of primes.

        The generator belongs to the fraction n/d, not to the product n d: sqrt(x/y) and sqrt(x y)/y differ for negative y.
        """
        if a.top.is_zero():
            return self.zero
        content = _content(a.top)
        unit = Element(a.top / content, a.bottom)
        front = self._root_of_rational(content)
        if self.constant(unit) == 1:
            return front
        place = self.generator("sqrt", mul(self.term(Element(unit.bottom, self.one.bottom)), Term("sqrt", (self.term(unit),))), unit)
        known: Element = self.generators[place].argument
        self.relations.setdefault(place, (2, self.polynomials[place] ** 2 - self.reduced(known.top * known.bottom)))
        return self.mul(front, self.fraction(self.polynomials[place], known.bottom))

    def _root_of_rational(self, value: fmpq) -> Element:
        result = self.number(Fraction(1, int(value.q)))
        whole = value.p * value.q
        if whole.bit_length() > 200:
            raise Rejected("PC317", "The square root of a rational beyond 200 bits is not taken apart.")
        for prime, exponent in whole.factor():
            result = self.mul(result, self.number(Fraction(int(prime) ** (exponent // 2))))
            if exponent % 2:
                place = self.generator("root", Term("sqrt", (num(int(prime)),)))
                self.relations.setdefault(place, (2, self.polynomials[place] ** 2 - int(prime)))
                result = self.mul(result, self.element(place))
        return result

    def abs(self, a: Element) -> Element:
        value = self.constant(a)
        if value is not None:
            return self.number(abs(value))
        lead = a.top.leading_coefficient()
        content = lead if lead > 0 else -lead
        unit = Element(a.top / lead, a.bottom)
        # |n/d| = r/d with r = d |n/d|, so r^2 = n^2.
        place = self.generator("abs", mul(self.term(Element(unit.bottom, self.one.bottom)), Term("abs", (self.term(unit),))), unit)
        known: Element = self.generators[place].argument
        self.relations.setdefault(place, (2, self.polynomials[place] ** 2 - self.reduced(known.top**2)))
        return self.mul(self.number(Fraction(int(content.p), int(content.q))), self.fraction(self.polynomials[place], known.bottom))

    def max(self, a: Element, b: Element) -> Element:
        return self.mul(self.number(Fraction(1, 2)), self.add(self.add(a, b), self.abs(self.sub(a, b))))

    def min(self, a: Element, b: Element) -> Element:
        return self.mul(self.number(Fraction(1, 2)), self.sub(self.add(a, b), self.abs(self.sub(a, b))))

    def _opaque(self, kind: str, a: Element) -> Element:
        return self.element(self.generator(kind, Term(kind, (self.term(a),)), a))

    def log(self, a: Element) -> Element:
        """Undo exponentials; rational content c > 0 comes out of a logarithm as logarithms of primes, the rest has a value where the whole has."""
        content = fmpq(1) if a.top.is_zero() else _content(a.top) / _content(a.bottom)
        if (content.p * content.q).bit_length() > MAX_LOGARITHM:
            content = fmpq(1)
        result = self.zero
        for sign, whole in ((1, content.p), (-1, content.q)):
            for prime, exponent in whole.factor():
                power = self.number(Fraction(sign * exponent))
                result = self.add(result, self.mul(power, self._opaque("log", self.number(Fraction(int(prime))))))
        unit = self.fraction(a.top / content, a.bottom)
        logarithm = self._of_exponentials(unit)
        return self.add(result, self._opaque("log", unit) if logarithm is None else logarithm)

    def _of_exponentials(self, a: Element) -> Element | None:
        """Return the logarithm of a product of exponentials, with nothing else, or None."""
        result = self.zero
        for sign, polynomial in ((1, a.top), (-1, a.bottom)):
            monomials = polynomial.to_dict()
            kinds = {self.generators[place].kind for exponents in monomials for place, exponent in enumerate(exponents) if exponent}
            if len(monomials) != 1 or next(iter(monomials.values())) != 1 or not kinds <= {"exp"}:
                return None
            for place, exponent in enumerate(next(iter(monomials))):
                if exponent:
                    exponential: Element = self.generators[place].argument
                    result = self.add(result, self.mul(self.number(Fraction(sign * int(exponent))), exponential))
        return result

    def acos(self, a: Element) -> Element:
        half_pi = self.mul(self.pi(), self.number(Fraction(1, 2)))
        if a.top.is_zero():
            return half_pi
        if a.top.leading_coefficient() < 0:
            return self.sub(self.pi(), self.acos(self.neg(a)))
        surds = [self.one, self.sqrt(self.number(Fraction(3, 4))), self.sqrt(self.number(Fraction(1, 2))), self.number(Fraction(1, 2))]
        for value, part in zip(surds, (0, 6, 4, 3), strict=True):
            if self.equal(a, value):
                return self.mul(self.pi(), self.number(Fraction(1, part))) if part else self.zero
        return self._opaque("acos", a)

    def asin(self, a: Element) -> Element:
        return self.sub(self.mul(self.pi(), self.number(Fraction(1, 2))), self.acos(a))

    def atan(self, a: Element) -> Element:
        if a.top.is_zero():
            return self.zero
        if a.top.leading_coefficient() < 0:
            return self.neg(self.atan(self.neg(a)))
        root = self.sqrt(self.number(Fraction(3)))
        for value, part in ((self.one, 4), (root, 3), (self.div(self.one, root), 6)):
            if self.equal(a, value):
                return self.mul(self.pi(), self.number(Fraction(1, part)))
        return self._opaque("atan", a)

    def gamma(self, a: Element) -> Element:
        """Gamma(m + q) by shifts of 1 from the smallest q that occurs with m; whole and half numbers are evaluated."""
        value = self.constant(a)
        if value is not None and value.denominator <= 2 and 0 < value <= 2 * MAX_MULTIPLE:
            result = self.one if value.denominator == 1 else self.sqrt(self.pi())
            start = Fraction(1) if value.denominator == 1 else Fraction(1, 2)
            while start < value:
                result = self.mul(result, self.number(start))
                start += 1
            return result
        if not a.bottom.is_constant():
            return self._opaque("gamma", a)
        constant = Fraction(0)
        for exponents, coefficient in a.top.to_dict().items():
            if not any(exponents):
                constant = Fraction(int(coefficient.p), int(coefficient.q))
        moving = self.sub(a, self.number(constant))
        key = ("gamma", self.term(moving), constant % 1)
        smallest = self.units.get(key, constant)
        if constant < smallest or key not in self.units:
            raise _Finer(key, min(constant, smallest))
        if constant - smallest > MAX_MULTIPLE:
            raise Rejected("PC317", f"Gamma is shifted by more than {MAX_MULTIPLE}.")
        result = self._opaque("gamma", self.add(moving, self.number(smallest)))
        for k in range(int(constant - smallest)):
            result = self.mul(result, self.add(moving, self.number(smallest + k)))
        return result

    def angle(self, dot: Element, uu: Element, vv: Element) -> Element:
        return self.acos(self.div(dot, self.sqrt(self.mul(uu, vv))))

    def eigenvalue(self, k: int, triangle: list[Element]) -> Element:
        raise Rejected("PC317", "Eigenvalues have no normal form here.")

    def integral(self, body: Term, name: str, lower: Element, upper: Element, env: Mapping[str, Any]) -> Element:
        """Return a generator of its own: an integral is equal only to the same integral."""
        del env
        return self.element(self.generator("integral", Term("integral", (body, self.term(lower), self.term(upper)), name)))

    def sum(self, body: Term, name: str, first: Element, last: Element, env: Mapping[str, Any]) -> Element:
        del env
        return self.element(self.generator("sum", Term("sum", (body, self.term(first), self.term(last)), name)))


def _content(p: fmpq_mpoly) -> fmpq:
    """Return the positive rational c such that p/c has coprime whole coefficients."""
    top, bottom = 0, 1
    for coefficient in p.coeffs():
        top, bottom = gcd(top, abs(int(coefficient.p))), lcm(bottom, int(coefficient.q))
    return fmpq(top, bottom)
