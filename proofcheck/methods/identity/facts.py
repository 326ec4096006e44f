"""Facts for the rule ``rewrite``: subterms replaced by equal ones, until the ring sees one normal form.

Proposals come from factors, from numerical fits and from the order of values at sample points. A fact is kept if the equality
it needs holds in the ring and its sign conditions are proved on the domain; the kernel checks both again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations
from time import monotonic
from typing import Any

from proofcheck.kernel.calculus import conditions
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.exact import Element, Ring, is_zero, normal
from proofcheck.kernel.rules.algebraic import HALF_PI
from proofcheck.kernel.signs import Signs
from proofcheck.kernel.terms import (
    ONE,
    PI,
    ZERO,
    Obligation,
    Term,
    add,
    div,
    mul,
    neg,
    num,
    postorder,
    power,
    rational,
    replaced,
    show,
    sub,
    variables,
)  # fmt: skip

from .fits import Fit
from .integrals import antiderivative
from .premises import premises

MAX_FACTS = 40
INVERSE = ("acos", "asin", "atan")


@dataclass
class Rewriting:
    """An obligation on its way: the facts used so far, the formula they lead to, and what the first formula needs."""

    obligation: Obligation
    formula: Term
    needed: dict[Term, None]
    facts: list[dict[str, Any]] = field(default_factory=list)
    roots: dict[Term, Term] = field(default_factory=dict)

    def use(self, node: dict[str, Any], old: Term, new: Term) -> None:
        """Record a fact, exactly as the rule will apply it."""
        self.facts.append(node)
        self.formula = replaced(self.formula, {old: new})
        self.needed = dict.fromkeys(replaced(condition, {old: new}) for condition in self.needed)
        self.roots = {replaced(condition, {old: new}): replaced(root, {old: new}) for condition, root in self.roots.items()}

    def tree(self, then: dict[str, Any], reasons: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the proof node."""
        return {"rule": "rewrite", "facts": self.facts, "then": then, **({"conditions": reasons} if reasons else {})}


class Facts:
    """The search for facts on one obligation."""

    def __init__(self, obligation: Obligation, until: float) -> None:
        self.obligation, self.until = obligation, until
        self.signs = Signs(obligation.box, obligation.given)
        self.fit = Fit(obligation)
        self.failed: set[Term] = set()
        self.free = set(obligation.box)

    def rewritten(self, *, integrals_only: bool = False) -> tuple[Rewriting, list[dict[str, Any]]] | None:
        """Return the obligation after every fact that is found, with proofs of the conditions it no longer shows; None for no fact."""
        work = Rewriting(self.obligation, self.obligation.goal, dict.fromkeys(conditions(self.obligation.goal)))
        self.without_integrals(work)
        while not integrals_only and len(work.facts) < MAX_FACTS and self.advance(work):
            pass
        if not work.facts:
            return None
        remaining = set(conditions(work.formula))
        reasons = self.proved([condition for condition in work.needed if condition not in remaining], work.roots)
        return None if reasons is None else (work, reasons)

    def without_integrals(self, work: Rewriting) -> None:
        """Replace integrals by differences of antiderivatives, innermost first."""
        tried: set[Term] = set()
        while len(work.facts) < MAX_FACTS:
            integrals = [term for term in postorder((work.formula,)) if term.op == "integral"]
            index, old = next(((i, term) for i, term in enumerate(integrals) if term not in tried), (0, ZERO))
            if old is ZERO:
                return
            tried.add(old)
            found = antiderivative(old, self.obligation.box)
            if found is not None:
                name, primitive, value = found
                work.use({"integral": index, "variable": name, "antiderivative": show(primitive)}, old, value)

    def advance(self, work: Rewriting) -> bool:
        """Use the first fact that is found, smallest terms first. Say whether there was one."""
        for old in postorder((work.formula,)):
            if old in self.failed or not variables(old) <= self.free or monotonic() > self.until:
                continue
            for new in self.proposals(old, work.formula):
                reasons = self.established(old, new)
                if reasons is not None:
                    self.note_root(work, old, new)
                    work.use({"term": show(old), "is": show(new), **({"premises": reasons} if reasons else {})}, old, new)
                    return True
            self.failed.add(old)
        return False

    @staticmethod
    def note_root(work: Rewriting, old: Term, new: Term) -> None:
        """Remember why the condition of a root or an inverse function holds: what must not be negative is a square."""
        if old.op == "sqrt":
            work.roots[Term("ge", (old.args[0], ZERO))] = new
        elif old.op in ("acos", "asin"):
            square = Term("sin" if old.op == "acos" else "cos", (new,))
            work.roots[Term("ge", (sub(ONE, power(old.args[0], 2)), ZERO))] = square

    def established(self, old: Term, new: Term) -> list[dict[str, Any]] | None:
        """Return proofs of what the fact old = new rests on, or None. Mirrors ``kernel.rules.algebraic._fact``."""
        claim = claimed(old, new)
        if new is old or claim is None or not is_zero(claim[0]):
            return None
        return premises(self.obligation, (*claim[1], *conditions(new)))

    def proved(self, formulas: list[Term], roots: dict[Term, Term]) -> list[dict[str, Any]] | None:
        """Return proofs of the conditions that do not follow from signs, in order; None where one is not found."""
        nodes = []
        for formula in formulas:
            if self.signs.holds(formula):
                continue
            node = self.by_square(formula, roots[formula]) if formula in roots else None
            found = [node] if node else premises(self.obligation, (formula,))
            if found is None:
                return None
            nodes += found
        return nodes

    def by_square(self, formula: Term, root: Term) -> dict[str, Any] | None:
        """Return a proof of x >= 0 from x = root^2."""
        old, new = formula.args[0], power(root, 2)
        reasons = self.established(old, new)
        if reasons is None or old.op in ("sqrt", "abs", "min", "max", "log", *INVERSE):
            return None
        fact = {"term": show(old), "is": show(new), **({"premises": reasons} if reasons else {})}
        return {"rule": "rewrite", "facts": [fact], "then": {"rule": "sign"}}

    # -- proposals ------------------------------------------------------------------------------------------------------

    def proposals(self, old: Term, formula: Term) -> Iterator[Term]:
        """Yield terms that may be equal to ``old`` and are simpler for the ring."""
        if old.op in ("min", "max"):
            yield from self.chosen(old)
        elif old.op == "abs":
            yield from self.absolute(old.args[0])
        elif old.op in INVERSE:
            yield from self.unwound(old, formula)
        elif old.op in ("sin", "cos", "tan"):
            yield from exposed(old)
        elif old.op == "sqrt":
            yield from self.roots(old, formula)
        elif old.op == "log" and variables(old):
            yield from self.logarithms(old.args[0])

    def chosen(self, old: Term) -> Iterator[Term]:
        """Yield the argument that a minimum or maximum is, judged by the sample points."""
        a, b = old.args
        sign = self.fit.sign(sub(a, b))
        if sign:
            yield a if (sign > 0) == (old.op == "max") else b

    def absolute(self, x: Term) -> Iterator[Term]:
        """Yield x or -x by its sign, else the product of the absolute values of its factors."""
        sign = self.fit.sign(x)
        if sign:
            yield x if sign > 0 else neg(x)
        taken = factors(x)
        if taken is None or len(taken.factors) + (taken.bottom is not ONE) < 2:
            return
        result = num(abs(taken.front))
        for factor, exponent in taken.factors:
            result = mul(result, power(Term("abs", (factor,)), exponent))
        yield result if taken.bottom is ONE else div(result, Term("abs", (taken.bottom,)))

    def logarithms(self, x: Term) -> Iterator[Term]:
        """Yield half the logarithm under a root, or the sum over the factors, each with the sign that makes it positive."""
        if x.op == "sqrt":
            yield div(Term("log", x.args), num(2))
            return
        taken = factors(x)
        if taken is None:
            return
        # The product is numerator times denominator, so each factor of the denominator counts there once too often, twice.
        parts = [*taken.factors, *([(taken.bottom, -2)] if taken.bottom is not ONE else [])]
        if len(parts) + (abs(taken.front) != 1) < 2 and all(abs(exponent) == 1 for _, exponent in parts):
            return
        result = ZERO if abs(taken.front) == 1 else Term("log", (num(abs(taken.front)),))
        for factor, exponent in parts:
            sign = self.fit.sign(factor)
            base = factor if sign > 0 else neg(factor) if sign < 0 else Term("abs", (factor,))
            result = add(result, mul(num(exponent), Term("log", (base,))))
        yield result

    def unwound(self, old: Term, formula: Term) -> Iterator[Term]:
        """Yield linear combinations of pi, the variables and other inverse functions that fit acos, asin or atan of something."""
        others = [node for node in postorder((formula,)) if node.op in INVERSE and node is not old and old not in postorder((node,))]
        if not variables(old):
            found = self.fit.relation(old, [PI, *(node for node in others if not variables(node))][:6])
            if found is not None and found is not old:
                yield found
            return
        names = [Term("var", (), name) for name in self.obligation.box if name in variables(old)]
        monomials = [*names, *(mul(a, b) for a, b in combinations(names, 2))]
        if rational(old.args[0]) is None and old.args[0].op != "var":
            for basis in ([PI, *monomials], *([PI, node] for node in others)):
                found = self.fit.combination(old, basis)
                if found is not None:
                    yield found

    def roots(self, old: Term, formula: Term) -> Iterator[Term]:
        """Yield closed forms of a square root: a relation between constants, a fit by sines and cosines, or its factors."""
        x = old.args[0]
        if not variables(x):
            found = self.fit.relation(old, constants_near(old, formula))
            if found is not None:
                yield found
            return
        taken = factors(x)
        if taken is None:
            return
        inner = Term("sqrt", (taken.product,))
        for basis in trigonometric(taken.ring, taken.element):
            found = self.fit.combination(inner, basis)
            if found is not None:
                yield self.over(found, taken.bottom)
        split = self.split_root(taken)
        if split is not None:
            yield split

    def over(self, top: Term, bottom: Term) -> Term:
        """Return top/|bottom|, with the sign of the bottom that the sample points show."""
        sign = self.fit.sign(bottom)
        return div(top, bottom if sign > 0 else neg(bottom) if sign < 0 else Term("abs", (bottom,)))

    def split_root(self, taken: Factors) -> Term | None:
        """Return sqrt(front * f1^e1 * …)/bottom with squares taken out and factors of one sign under roots of their own."""
        outside, separate, together, front = ONE, [], ONE, taken.front
        for factor, exponent in taken.factors:
            sign = self.fit.sign(factor)
            oriented = neg(factor) if sign < 0 else factor
            if exponent // 2:
                base = oriented if sign or exponent // 2 % 2 == 0 else Term("abs", (factor,))
                outside = mul(outside, power(base, exponent // 2))
            if exponent % 2:
                front *= -1 if sign < 0 else 1
                if sign:
                    separate.append(oriented)
                else:
                    together = mul(together, factor)
        if front < 0:
            front, together = -front, neg(together)
        pieces = [*separate, *([together] if together is not ONE else [])]
        if outside is ONE and taken.bottom is ONE and len(pieces) < 2:
            return None
        result = mul(self.root_of_rational(front), outside)
        for piece in pieces:
            result = mul(result, Term("sqrt", (piece,)))
        return self.over(result, taken.bottom)

    @staticmethod
    def root_of_rational(value: Fraction) -> Term:
        """Return the root of a positive rational as the ring holds it."""
        return ONE if value == 1 else div(Term("sqrt", (num(value.numerator * value.denominator),)), num(value.denominator))


def claimed(old: Term, new: Term) -> tuple[Term, list[Term]] | None:
    """Return the term that must be 0 and the sign conditions that make ``old = new`` a fact, as the kernel states them."""
    x = old.args[0] if old.args else ZERO
    if old.op in ("sqrt", "abs"):
        return sub(power(new, 2), x if old.op == "sqrt" else power(x, 2)), [Term("ge", (new, ZERO))]
    if old.op in ("min", "max"):
        other = next((arg for arg in old.args if is_zero(sub(arg, new))), None)
        if other is None:
            return None
        second = old.args[1] if other is old.args[0] else old.args[0]
        return sub(other, new), [Term("ge" if old.op == "max" else "le", (sub(other, second), ZERO))]
    if old.op == "acos":
        return sub(Term("cos", (new,)), x), [Term("ge", (new, ZERO)), Term("ge", (sub(PI, new), ZERO))]
    if old.op == "asin":
        return sub(Term("sin", (new,)), x), [Term("ge", (add(new, HALF_PI), ZERO)), Term("ge", (sub(HALF_PI, new), ZERO))]
    if old.op == "atan":
        equal = sub(Term("sin", (new,)), mul(x, Term("cos", (new,))))
        return equal, [Term("gt", (add(new, HALF_PI), ZERO)), Term("gt", (sub(HALF_PI, new), ZERO))]
    if old.op == "log":
        return sub(Term("exp", (new,)), x), []
    return sub(old, new), []


def exposed(old: Term) -> Iterator[Term]:
    """Yield sin, cos and tan of inverse functions as roots, so that facts about these roots can be used."""
    angle = old.args[0]
    if angle.op not in INVERSE or not variables(angle):
        return
    u = angle.args[0]
    root = Term("sqrt", (add(ONE, power(u, 2)) if angle.op == "atan" else sub(ONE, power(u, 2)),))
    sine, cosine = {"acos": (root, u), "asin": (u, root), "atan": (div(u, root), div(ONE, root))}[angle.op]
    yield {"sin": sine, "cos": cosine, "tan": u if angle.op == "atan" else div(sine, cosine)}[old.op]


@dataclass(frozen=True)
class Factors:
    """A term as front * f1^e1 * … / bottom^2; ``product`` is the numerator of that, ``bottom`` a polynomial."""

    ring: Ring
    element: Element
    front: Fraction
    factors: tuple[tuple[Term, int], ...]
    product: Term
    bottom: Term


def factors(x: Term) -> Factors | None:
    """Return numerator times denominator of the normal form in irreducible factors, over the denominator squared; None outside the ring."""
    try:
        ring, (element,) = normal((x,))
    except Rejected:
        return None
    polynomial = ring.reduced(element.top * element.bottom)
    if polynomial.is_zero():
        return None
    front, found = polynomial.factor()
    one = ring.one.bottom
    parts = tuple((ring.term(Element(factor, one)), int(exponent)) for factor, exponent in found)
    whole = Element(polynomial, one)
    return Factors(ring, whole, Fraction(int(front.p), int(front.q)), parts, ring.term(whole), ring.term(Element(element.bottom, one)))


def trigonometric(ring: Ring, element: Element) -> Iterator[list[Term]]:
    """Yield bases for the root of an element that contains sines and cosines: these, then those of half the angles."""
    degrees = element.top.degrees()
    used = [generator.term for place, generator in ring.generators.items() if degrees[place] and generator.kind in ("sin", "cos")]
    angles = list(dict.fromkeys(term.args[0] for term in used))
    others = [g.term for place, g in ring.generators.items() if degrees[place] and g.kind in ("var", "pi")]
    if not angles or len(angles) > 3:
        return
    degree = max(1, element.top.total_degree() // 2)
    for share, highest in ((ONE, degree), (num(Fraction(1, 2)), 2 * degree)):
        waves = [Term(op, (mul(share, angle),)) for angle in angles for op in ("cos", "sin")]
        yield monomials([*waves, *others], min(highest, 4))


def monomials(generators: list[Term], degree: int) -> list[Term]:
    """Return the monomials up to a degree, each sine at most once: its square is known from the cosine."""
    found = [ONE]
    layer = [(ONE, 0)]
    for _ in range(degree):
        layer = [
            (mul(generator, term), i)
            for term, first in layer
            for i, generator in enumerate(generators[first:], first)
            if not (generator.op == "sin" and generator in term.args) and generator is not (term if generator.op == "sin" else None)
        ]
        found += [term for term, _ in layer]
    return found


def constants_near(old: Term, formula: Term) -> list[Term]:
    """Return constants of which a nested root may be a combination: roots of products of its primes, cosines of the formula."""
    numbers = {abs(value.numerator * value.denominator) for node in postorder((old,)) if (value := rational(node)) is not None}
    nested = rational(old.args[0]) is None
    waves = [node for node in postorder((formula,)) if node.op in ("sin", "cos") and not variables(node)]
    found = [ONE, *waves[:6]]
    primes = [p for p in (2, 3, 5, 7, 11, 13) if p == 2 or any(number and number % p == 0 for number in numbers)] if nested else []
    for size in range(1, len(primes[:3]) + 1):
        for chosen in combinations(primes[:3], size):
            product = 1
            for prime in chosen:
                product *= prime
            found.append(Term("sqrt", (num(product),)))
    return found if len(found) > 1 else []
