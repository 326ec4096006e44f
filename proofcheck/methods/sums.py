"""Certificates of positivity: a polynomial in variables and function values as sums of squares times what is not negative on the domain.

Tried in this order, small problems first: squares alone; squares times factors (ends of domains, hypotheses, function values with a sign) and
products of these; the same after multiplication by a positive polynomial, with a case for its zero. What is found is rounded to exact
rationals (``gram``); that nothing is found says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb, lcm
from typing import Any

from proofcheck.kernel.calculus import conditions
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.exact import Element, Ring, normal
from proofcheck.kernel.signs import NONNEGATIVE, Signs
from proofcheck.kernel.terms import NEGATED, ZERO, Obligation, Term, conjuncts, mul, neg, postorder, show, sub, var, variables

from .gram import Part, Polynomial, Problem, Solution, equations, solved

Node = dict[str, Any]
Premises = Callable[[Obligation, tuple[Term, ...]], list[Node] | None]
Accepts = Callable[[Obligation, Node], bool]
FIRST, SECOND = 400, 1_000
"""Unknowns of one attempt: before a long subdivision, and after it."""
ATTEMPTS = 4
"""How many attempts of the largest size may be made, or many more smaller ones: their work grows with the square of the size."""
MAX_TERMS, MAX_DEGREE, MAX_GENERATORS, MAX_NODES = 300, 12, 10, 2_000


@dataclass(frozen=True)
class Factor:
    """What is not negative on the domain: as a term, and as a polynomial of the ring."""

    term: Term
    polynomial: Polynomial
    strict: bool


@dataclass(frozen=True)
class Scene:
    """What is to be written as a sum: f >= 0 (or > 0), the factors, and polynomials that are 0 with their places among the hypotheses."""

    ring: Ring
    f: Polynomial
    strict: bool
    factors: tuple[Factor, ...]
    zero: tuple[tuple[int, Polynomial, Polynomial], ...]
    places: tuple[int, ...]
    constants: frozenset[int]

    def degree(self, p: Polynomial) -> int:
        """Return the total degree in what is not constant."""
        return max((sum(int(k) for place, k in enumerate(powers) if place not in self.constants) for powers in p.to_dict()), default=0)

    def monomials(self, degree: int, *, only: bool = False) -> list[Polynomial]:
        """Return the monomials up to a degree, or of that degree only; relations bound exponents, those of constants are 0 and 1."""
        bounds = {place: bound - 1 for place, (bound, _) in self.ring.relations.items()}
        size = len(self.ring.polynomials)
        found = [((0,) * size, 0)]
        for place in self.places:
            found = [
                ((*powers[:place], k, *powers[place + 1 :]), spent + (0 if place in self.constants else k))
                for powers, spent in found
                for k in range((1 if place in self.constants else min(degree - spent, bounds.get(place, degree))) + 1)
            ]
        return [self.ring.context.from_dict({powers: 1}) for powers, spent in sorted(found, key=lambda item: (item[1], item[0])) if spent == degree or not only]


def by_sums(obligation: Obligation, size: int, premises: Premises, accepts: Accepts, *, above: int = 0, multiplied: bool = True) -> Node | None:
    """Return a ``positive`` node, alone or after ``scale`` and ``cases``, which the kernel accepts, or None.

    Attempts have more than ``above`` and at most ``size`` unknowns.
    """
    scene = scene_of(obligation)
    if scene is None:
        return None
    spare = premises(obligation, conditions(obligation.goal))
    if spare is None:
        return None
    work, seen = 0, set()
    for plan in plans(scene, size, multiplied=multiplied):
        system = equations(plan.problem)
        key = None if system is None else (str(plan.multiplier), tuple((part.times, len(part.basis), str(part.product)) for part in system.problem.parts))
        if system is None or key in seen or not above < len(system.columns) <= size:
            continue
        seen.add(key)
        work += len(system.columns) ** 2
        if work > ATTEMPTS * size**2:
            return None
        solution = solved(system)
        if solution is None:
            continue
        node: Node | None = positive(scene, obligation, plan, solution, spare)
        if node is not None and plan.multiplier is not None:
            node = scaled(scene, obligation, plan.multiplier, node, size, premises, accepts)
        if node is not None and accepts(obligation, node):
            return node
    return None


def scene_of(obligation: Obligation) -> Scene | None:
    """Return f, factors and equations as polynomials of one ring, or None where f is none, or is too large."""
    op = obligation.goal.op
    if op not in ("lt", "le", "gt", "ge") or len(postorder((obligation.goal,))) > MAX_NODES:
        return None
    f = sub(*obligation.goal.args) if op in ("gt", "ge") else sub(*reversed(obligation.goal.args))
    signs = Signs(obligation.box, obligation.given)
    try:
        ring, (element,) = normal((f,))
    except Rejected:
        return None
    if not element.bottom.is_constant() or not 0 < len(element.top) <= MAX_TERMS or element.top.is_constant():
        return None
    values = [g.term for g in ring.generators.values() if g.kind != "var"]
    found = [side for term in values for side in (term, neg(term)) if signs.sign(side) <= NONNEGATIVE]
    for name, domain in obligation.domains:
        found += [sub(var(name), domain.lower)] if domain.lower is not None else []
        found += [sub(domain.upper, var(name))] if domain.upper is not None else []
    atoms = [atom for formula in obligation.given for atom in conjuncts(formula)]
    found += [sub(*atom.args) for atom in atoms if atom.op in ("gt", "ge")] + [neg(sub(*atom.args)) for atom in atoms if atom.op in ("lt", "le")]
    equations = [sub(*formula.args) for formula in obligation.given if formula.op == "eq"]
    known = set(conditions(obligation.goal))
    found = [term for term in dict.fromkeys(found) if all(c in known or signs.holds(c) for c in conditions(term))]
    usable = [all(c in known or signs.holds(c) for c in conditions(term)) for term in equations]
    try:
        ring, (element, *elements) = normal((f, *found, *equations))
    except Rejected:
        found, equations = [], []
        ring, (element, *elements) = normal((f,))
    used = occurring(element.top)
    sides = [(term, e.top) for term, e in zip(found, elements, strict=False) if e.bottom.is_constant() and not e.top.is_constant()]
    zero = [(i, e.top, e.bottom) for i, e in enumerate(elements[len(found) :]) if usable[i] and not e.top.is_zero()]
    while more := {place for p in (*(p for _, p in sides if len(p) > 1), *(p for _, p, _ in zero)) if occurring(p) & used for place in occurring(p)} - used:
        used |= more
    if len(used) > MAX_GENERATORS or degree(element.top) > MAX_DEGREE:
        return None
    constants = frozenset(place for place in used if not variables(ring.generators[place].term))
    factors = tuple(Factor(term, p, signs.holds(Term("gt", (term, ZERO)))) for term, p in sides if occurring(p) <= used)
    return Scene(ring, element.top, op in ("lt", "gt"), factors, tuple(item for item in zero if occurring(item[1]) <= used), tuple(sorted(used)), constants)


@dataclass(frozen=True)
class Plan:
    """A problem for f times a multiplier (None is 1); for each free coefficient the place of its equation, and the monomial."""

    multiplier: Polynomial | None
    problem: Problem
    owners: tuple[tuple[int, Polynomial], ...]


def plans(scene: Scene, size: int, *, multiplied: bool) -> Iterator[Plan]:
    """Yield what may be solved: without a multiplier first, few factors first, forms of one degree before all polynomials."""
    for flat in (True, False) if _form(scene.f) and not scene.ring.relations and not scene.constants else (False,):
        factors = [i for i, factor in enumerate(scene.factors) if not flat or _form(factor.polynomial)]
        bottom = scene.degree(scene.f)
        high = bottom + bottom % 2
        tries: list[tuple[Polynomial | None, int, int]] = [(None, bottom if flat else high, products) for products in sorted({0, 1, 2, bottom})]
        tries += [] if flat else [(None, high + 2, products) for products in (0, 1, 2)]
        for q in multipliers(scene, factors, flat=flat) if multiplied else ():
            tries += [(q, bottom + scene.degree(q) if flat else high + scene.degree(q) + scene.degree(q) % 2, products) for products in (0, 1, 2, 3)]
        for multiplier, reach, products in tries:
            if products > len(factors):
                continue
            f = scene.f if multiplier is None else scene.ring.reduced(scene.f * multiplier)
            plan = laid_out(scene, f, factors, products, reach, size, flat=flat)
            if plan is not None:
                yield replace(plan, multiplier=multiplier)


def laid_out(scene: Scene, f: Polynomial, factors: list[int], products: int, reach: int, size: int, *, flat: bool) -> Plan | None:
    """Return the problem with all products of so many factors, up to a degree; None where it has no parts or too many unknowns."""
    one = scene.ring.context.constant(1)
    parts: list[Part] = []
    relations = [relation for _, relation in scene.ring.relations.values()]
    lattice = Lattice([f, *(scene.factors[i].polynomial for i in factors if products), *(h for _, h, _ in scene.zero), *relations])
    for count in range(min(products, len(factors)) + 1):
        for chosen in combinations(factors, count):
            product = one
            for i in chosen:
                product = product * scene.factors[i].polynomial
            left = reach - scene.degree(product)
            if left < 0 or (flat and left % 2):
                continue
            basis = scene.monomials(left // 2, only=flat)
            if scene.strict and all(scene.factors[i].strict for i in chosen) and len(basis) > 1 and (not flat or left == 0):
                parts.append(Part(chosen, product, (one,)))
            parts += [Part(chosen, product, tuple(block)) for block in lattice.blocks(basis)]
            if len(parts) > 2 * size:
                return None
    low = [(h, bottom, i, max(reach - scene.degree(h), 0)) for i, h, bottom in scene.zero if scene.degree(h) <= reach]
    free = [(i, m * bottom, m * h) for h, bottom, i, left in low for m in scene.monomials(left, only=flat and _form(h))]
    if not parts or sum(comb(len(part.basis) + 1, 2) for part in parts) + len(free) > 2 * size:
        return None
    return Plan(None, Problem(f, tuple(parts), tuple(p for _, _, p in free), scene.ring.reduced, scene.strict), tuple((i, m) for i, m, _ in free))


class Lattice:
    """Exponents modulo 2 that occur: what changes of sign leave as it is. Monomials of other classes never meet in a sum of squares."""

    def __init__(self, polynomials: list[Polynomial]) -> None:
        self.rows: list[int] = []
        for p in polynomials:
            for powers in p.to_dict():
                row = self.rest(powers)
                if row:
                    self.rows.append(row)

    def rest(self, powers: tuple[Any, ...]) -> int:
        """Return the class of a monomial as bits, 0 for those that occur."""
        bits = sum((int(k) % 2) << i for i, k in enumerate(powers))
        for row in self.rows:
            bits = min(bits, bits ^ row)
        return bits

    def blocks(self, basis: list[Polynomial]) -> list[list[Polynomial]]:
        """Return the monomials class by class."""
        found: dict[int, list[Polynomial]] = {}
        for monomial in basis:
            ((powers, _),) = monomial.to_dict().items()
            found.setdefault(self.rest(powers), []).append(monomial)
        return list(found.values())


def multipliers(scene: Scene, factors: list[int], *, flat: bool) -> list[Polynomial]:
    """Return polynomials that are positive, or 0 at 0 only where f is a form: sums of squares, or of variables that are not negative."""
    x = [scene.ring.polynomials[place] for place in scene.places if place not in scene.constants]
    start = scene.ring.context.constant(0 if flat else 1)
    squares = sum((scene.ring.reduced(t * t) for t in x), start)
    if all(any(scene.factors[i].polynomial == t for i in factors) for t in x):
        plain = sum(x, start)
        return [plain, plain * plain]
    return [squares, squares * squares] if not squares.is_constant() else []


def positive(scene: Scene, obligation: Obligation, plan: Plan, solution: Solution, premises: list[Node]) -> Node:
    """Return the node of a solution; parts that may make it strict come first."""
    ring = scene.ring
    parts: list[tuple[bool, int, Node]] = []
    for part, matrix in zip(solution.parts, solution.matrices, strict=True):
        kept = [i for i, row in enumerate(matrix) if row[i] > 0]
        if not kept:
            continue
        over = lcm(*(int(matrix[i][j].q) for i in kept for j in kept))
        triangle = [int(matrix[i][j] * over) for n, i in enumerate(kept) for j in kept[: n + 1]]
        node: Node = {"basis": [text(ring, part.basis[i]) for i in kept], "matrix": triangle}
        node |= {"over": over} if over > 1 else {}
        node |= {"times": [show(scene.factors[i].term) for i in part.times]} if part.times else {}
        late = len(kept) > 1 or not part.basis[kept[0]].is_constant() or not all(scene.factors[i].strict for i in part.times)
        parts.append((late, len(parts), node))
    found: Node = {"rule": "positive", "parts": [node for _, _, node in sorted(parts, key=lambda item: item[:2])]}
    multiples: dict[int, Polynomial] = {}
    for (i, monomial), value in zip(plan.owners, solution.free, strict=True):
        multiples[i] = multiples.get(i, 0) + monomial * value
    count = sum(formula.op == "eq" for formula in obligation.given)
    using = [text(ring, multiples[i]) if i in multiples else "0" for i in range(count)]
    return found | ({"using": using} if multiples else {}) | ({"premises": premises} if premises else {})


def scaled(scene: Scene, obligation: Obligation, multiplier: Polynomial, node: Node, size: int, premises: Premises, accepts: Accepts) -> Node | None:
    """Return the node for f times the multiplier as one for f; where the multiplier is 0, f is a sum with its opposite as a factor."""
    goal, factor = obligation.goal, scene.ring.term(Element(multiplier, scene.ring.one.bottom))
    above = Term("gt", (factor, ZERO))
    product = {"rule": "scale", "factor": show(factor), "to": show(mul(sub(*goal.args), factor))}

    def whole(part: Obligation) -> Node | None:
        wanted = premises(part, tuple(dict.fromkeys([*conditions(goal), *conditions(factor)])))
        return None if wanted is None else {**product, **({"premises": wanted} if wanted else {}), "then": node}

    if Signs(obligation.box, obligation.given).holds(above):
        return whole(obligation)
    if conditions(factor) or scene.strict:
        return None
    yes = whole(replace(obligation, given=(*obligation.given, above)))
    rest = replace(obligation, given=(*obligation.given, Term(NEGATED["gt"], above.args)))
    no = by_sums(rest, size, premises, accepts, multiplied=False) if yes is not None else None
    return None if yes is None or no is None else {"rule": "cases", "on": show(above), "yes": yes, "no": no}


def text(ring: Ring, p: Polynomial) -> str:
    """Return a polynomial in the formula language."""
    return show(ring.term(Element(p, ring.one.bottom)))


def degree(p: Polynomial) -> int:
    """Return the total degree."""
    return max((int(sum(powers)) for powers in p.to_dict()), default=0)


def occurring(p: Polynomial) -> set[int]:
    """Return the places of the generators that occur."""
    return {place for place, k in enumerate(p.degrees()) if k > 0}


def _form(p: Polynomial) -> bool:
    return len({int(sum(powers)) for powers in p.to_dict()}) == 1
