"""The sign of a term on a whole domain, by its structure: no subdivision, no search, works on unbounded domains.

A sign is the set of -1, 0, 1 that the term can take; ``{0, 1}`` means nonnegative. Every rule below returns a superset of the
signs that occur where the term has a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from . import linear
from .algebra import ball_sign
from .errors import Rejected
from .exact import Element, is_zero, normal
from .terms import NEGATED, ONE, PI, REALS, RELATIONS, ZERO, Domain, Term, add, conjuncts, div, mul, neg, num, postorder, rational, sub, variables

Sign = frozenset[int]
Range = tuple[Term | None, Term | None, bool, bool]
POSITIVE, NEGATIVE, NULL, ANY = frozenset({1}), frozenset({-1}), frozenset({0}), frozenset({-1, 0, 1})
NONNEGATIVE, NONPOSITIVE, NONZERO = frozenset({0, 1}), frozenset({-1, 0}), frozenset({-1, 1})
ACCEPTED = {"gt": POSITIVE, "ge": NONNEGATIVE, "lt": NEGATIVE, "le": NONPOSITIVE, "ne": NONZERO, "eq": NULL}
HALF_PI, TWO_PI = div(PI, num(2)), mul(num(2), PI)
MAX_FACTORED, MAX_SIZE = 60, 40


class Signs:
    """Signs of terms over a box of domains, under hypotheses.

    The ranges of functions come from signs that know no ranges: of the arguments, and not in a circle.
    """

    def __init__(self, box: Mapping[str, Domain], given: tuple[Term, ...] = (), *, ranges: bool = True) -> None:
        self.plain = Signs(box, given, ranges=False) if ranges else None
        self.box = dict(box)
        self.facts = [(sub(*atom.args), ACCEPTED[atom.op]) for formula in given for atom in conjuncts(formula) if atom.op in RELATIONS]
        self.linear = linear.facts(self.box, [atom for formula in given for atom in conjuncts(formula) if atom.op in RELATIONS])
        self.known: dict[Term, Sign] = {}
        self.ranges: dict[Term, list[linear.Form]] = {}

    def holds(self, formula: Term) -> bool:
        """Say whether the formula holds at every point of the box at which its terms have values."""
        if formula.op == "and":
            return self.holds(formula.args[0]) and self.holds(formula.args[1])
        if formula.op == "or":
            return self.holds(formula.args[0]) or self.holds(formula.args[1])
        if formula.op == "not":
            inner = formula.args[0]
            return inner.op in RELATIONS and self.holds(Term(NEGATED[inner.op], inner.args))
        difference, accepted = sub(*formula.args), ACCEPTED[formula.op]
        return self.stated(difference) <= accepted or self.sign(difference) <= accepted

    def stated(self, term: Term) -> Sign:
        """Return the sign that a hypothesis or an end of a domain gives a term in these very words, without a look at its parts."""
        found = ANY
        for other, sign in self.facts:
            found &= sign if other is term else _negated(sign) if neg(other) is term else ANY
        a, b = term.args if term.op == "sub" else (term, term)
        for x, end, lower in ((a, b, True), (b, a, False)):
            domain = self.box.get(str(x.value), REALS) if x.op == "var" else REALS
            if end is (domain.lower if lower else domain.upper):
                found &= NONNEGATIVE if (domain.lower_closed if lower else domain.upper_closed) else POSITIVE
        return found

    def sign(self, term: Term) -> Sign:
        """Return the signs that ``term`` may take."""
        if term not in self.known:
            self.known[term] = ANY  # stops a circle through the factors of the same term
            found = ANY
            for other, sign in self.facts:
                found &= sign if other is term else ANY
            # Where a hypothesis settles it, the parts need no look.
            found = found & self.structural(term) if len(found) > 1 else found
            # Normal forms of large terms cost more than they tell.
            if len(found) > 1 and len(postorder((term,))) <= MAX_SIZE:
                found &= self.by_normal_form(term)
            self.known[term] = found
        return self.known[term]

    def by_normal_form(self, term: Term) -> Sign:
        """Return the sign from hypotheses that say the same in other words, from linear arithmetic, and from factors."""
        found = ANY
        for other, sign in self.facts:
            if variables(other) != variables(term):
                continue
            if is_zero(sub(other, term)):
                found &= sign
            elif is_zero(add(other, term)):
                found &= _negated(sign)
        if len(found) > 1:
            found &= self.by_linear(term)
        if len(found) > 1 and term.op != "var":
            found &= self.by_factors(term)
        return found

    def structural(self, term: Term) -> Sign:
        """Return the sign that follows from the signs of the arguments."""
        op, args = term.op, term.args
        number = rational(term)
        if number is not None:
            return frozenset({(number > 0) - (number < 0)})
        if op == "var":
            return self.of_variable(str(term.value))
        if not variables(term):
            return self.of_constant(term)
        if op in ("pi", "exp", "gamma"):
            return POSITIVE
        if op in ("acos", "angle"):
            return NONNEGATIVE
        if op in ("sin", "cos"):
            return self.of_wave(term)
        if op in ("integral", "sum", "eigenvalue", "tan", "inf"):
            return ANY
        a = self.sign(args[0])
        if op == "neg":
            return _negated(a)
        if op == "log":
            return self.sign(sub(args[0], ONE))
        if op in ("asin", "atan"):
            return a
        if op == "sqrt":
            return a & NONNEGATIVE or NONNEGATIVE
        if op == "abs":
            return frozenset(abs(s) for s in a)
        if op == "pow":
            assert isinstance(term.value, int)
            return frozenset(s ** (2 - term.value % 2) if s else 0 for s in a) if term.value else POSITIVE
        b = self.sign(args[1])
        if op in ("mul", "div"):
            return frozenset(s * t for s in a for t in b if t or op == "mul") or ANY
        if op in ("min", "max"):
            choose = min if op == "min" else max
            return frozenset(choose(s, t) for s in a for t in b)
        if op == "sub":
            if "exp" in (args[0].op, args[1].op) and ONE in args:  # exp(u) - 1 has the sign of u
                exponential, towards = (args[0], 1) if args[1] is ONE else (args[1], -1)
                return frozenset(towards * s for s in self.sign(exponential.args[0]))
            b = _negated(b)
        found = frozenset({0}) if 0 in a and 0 in b else frozenset()
        return found | (a - {0}) | (b - {0}) | (frozenset({0}) if (1 in a and -1 in b) or (-1 in a and 1 in b) else frozenset())

    def of_variable(self, name: str) -> Sign:
        """Return the sign of a variable, from the ends of its domain."""
        domain = self.box.get(name)
        found = ANY
        if domain is not None and domain.lower is not None:
            low = self.sign(domain.lower)
            found &= POSITIVE if low <= POSITIVE or (low <= NONNEGATIVE and not domain.lower_closed) else NONNEGATIVE if low <= NONNEGATIVE else ANY
        if domain is not None and domain.upper is not None:
            high = self.sign(domain.upper)
            found &= NEGATIVE if high <= NEGATIVE or (high <= NONPOSITIVE and not domain.upper_closed) else NONPOSITIVE if high <= NONPOSITIVE else ANY
        return found or ANY

    @staticmethod
    def of_constant(term: Term) -> Sign:
        """Return the sign of a term without variables: balls first, then the exact normal form."""
        sign = ball_sign(term)
        return frozenset({sign}) if sign is not None else NULL if is_zero(term) else ANY

    def of_wave(self, term: Term) -> Sign:
        """Return the sign of sin or cos where the argument stays in one half period."""
        a = term.args[0] if term.op == "sin" else add(term.args[0], HALF_PI)
        for k, inside, weak in ((0, POSITIVE, NONNEGATIVE), (-1, NEGATIVE, NONPOSITIVE), (1, NEGATIVE, NONPOSITIVE)):
            low, high = self.sign(sub(a, mul(num(k), PI))), self.sign(sub(mul(num(k + 1), PI), a))
            if low <= NONNEGATIVE and high <= NONNEGATIVE:
                return inside if low <= POSITIVE and high <= POSITIVE else weak
        return ANY

    def by_linear(self, term: Term) -> Sign:
        """Return the sign that follows by linear arithmetic from the ends of the domains and the linear hypotheses."""
        for side, strict, weak in ((term, POSITIVE, NONNEGATIVE), (neg(term), NEGATIVE, NONPOSITIVE)):
            goal = linear.form(side, strict=False) if variables(term) else None
            if goal is not None and linear.follows(self.linear, goal, self.bounds):
                return strict if linear.follows(self.linear, replace(goal, strict=True), self.bounds) else weak
        return ANY

    def bounds(self, symbol: Term) -> list[linear.Form]:
        """Return linear forms that are >= 0 (> 0) wherever a function value or a product has a value: by its sign and its range."""
        if not variables(symbol) or self.plain is None:
            return linear.constant_bounds(symbol)
        if symbol.op != "var" and symbol not in self.ranges:
            sign, (low, high, low_closed, high_closed) = self.plain.structural(symbol), self.plain.range_of(symbol)
            sides = [(symbol, sign <= POSITIVE)] if sign <= NONNEGATIVE else []
            sides += [(neg(symbol), sign <= NEGATIVE)] if sign <= NONPOSITIVE else []
            sides += [(sub(symbol, low), not low_closed)] if low is not None else []
            sides += [(sub(high, symbol), not high_closed)] if high is not None else []
            found = [linear.form(side, strict=strict) for side, strict in sides]
            self.ranges[symbol] = [form for form in found if form is not None]
        return self.ranges.get(symbol, [])

    def range_of(self, symbol: Term) -> Range:
        """Return ends between which a variable, a wave, an arc function or a constant multiple of these has its values."""
        op = symbol.op
        if op == "var":
            domain = self.box.get(str(symbol.value), REALS)
            return domain.lower, domain.upper, domain.lower_closed, domain.upper_closed
        if op == "mul":
            return self._multiple(*symbol.args)
        if op in ("sin", "cos"):
            # cos b = 1 only at multiples of 2 pi, cos b = -1 only at odd multiples of pi.
            b = symbol.args[0] if op == "cos" else sub(symbol.args[0], HALF_PI)
            near = [all(self.sign(side) <= POSITIVE for side in (sub(reach, b), add(reach, b))) for reach in (PI, TWO_PI)]
            return num(-1), ONE, not near[0], not (near[1] and self.sign(b) <= NONZERO)
        if op not in ("acos", "asin", "atan", "exp"):
            return None, None, False, False
        sign = self.sign(symbol.args[0])
        if op == "exp":
            return ONE if sign <= NONNEGATIVE else None, ONE if sign <= NONPOSITIVE else None, 0 in sign, 0 in sign
        if op == "acos":  # acos u = pi/2 - asin u falls: u > 0 gives values below pi/2
            low, low_closed = (HALF_PI, 0 in sign) if sign <= NONPOSITIVE else (ZERO, True)
            high, high_closed = (HALF_PI, 0 in sign) if sign <= NONNEGATIVE else (PI, True)
            return low, high, low_closed, high_closed
        closed = op != "atan"  # pi/2 and -pi/2 are values of asin and not of atan
        low, low_closed = (ZERO, 0 in sign) if sign <= NONNEGATIVE else (neg(HALF_PI), closed)
        high, high_closed = (ZERO, 0 in sign) if sign <= NONPOSITIVE else (HALF_PI, closed)
        return low, high, low_closed, high_closed

    def _multiple(self, a: Term, b: Term) -> Range:
        """Return the range of a product of which one factor is a constant."""
        if variables(a):
            a, b = b, a
        low, high, low_closed, high_closed = self.range_of(b)
        sign = self.of_constant(a) if not variables(a) else ANY
        if sign <= NEGATIVE:
            low, high, low_closed, high_closed = high, low, high_closed, low_closed
        elif not sign <= POSITIVE:
            return None, None, False, False
        return None if low is None else mul(a, low), None if high is None else mul(a, high), low_closed, high_closed

    def by_factors(self, term: Term) -> Sign:
        """Return the sign from the factors of numerator and denominator of the normal form."""
        try:
            ring, (element,) = normal((term,))
        except Rejected:
            return ANY
        found = POSITIVE
        for polynomial in (element.top, element.bottom):
            if polynomial.is_zero():
                return NULL
            if len(polynomial) > MAX_FACTORED:  # factoring takes minutes beyond, and such a polynomial seldom has factors
                return ANY
            front, factors = polynomial.factor()
            found = _times(found, POSITIVE if front > 0 else NEGATIVE)
            for factor, exponent in factors:
                piece = ring.term(Element(factor, ring.one.bottom))
                sign = self.of_factor(piece, term)
                found = _times(found, frozenset(s ** (2 - exponent % 2) if s else 0 for s in sign))
        return found

    def of_factor(self, piece: Term, whole: Term) -> Sign:
        """Return the sign of one factor, without taking factors again."""
        if piece is whole:
            return ANY
        if piece in self.known:
            return self.known[piece]
        found = self.structural(piece)
        return found if len(found) == 1 else found & self.by_linear(piece) or ANY


def _negated(sign: Sign) -> Sign:
    return frozenset(-s for s in sign)


def _times(a: Sign, b: Sign) -> Sign:
    return frozenset(s * t for s in a for t in b)
