"""The proof search: ring, facts, a bounded variable as a cosine, cases. Every node is put together as the kernel will take it apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from proofcheck.kernel.algebra import ball_sign
from proofcheck.kernel.calculus import conditions
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.exact import Element, is_zero, normal
from proofcheck.kernel.rules import Link
from proofcheck.kernel.rules import prove as kernel_prove
from proofcheck.kernel.signs import NEGATIVE, NONNEGATIVE, NONPOSITIVE, NULL, POSITIVE, Signs
from proofcheck.kernel.terms import (
    BINDERS,
    NEGATED,
    ONE,
    Domain,
    Obligation,
    Term,
    add,
    conjuncts,
    div,
    mul,
    num,
    postorder,
    show,
    sub,
    substitute,
    total,
    var,
    variables,
)  # fmt: skip

from .facts import Facts
from .premises import premises

MAX_DEPTH = 6
ROOTED, WAVES = ("acos", "asin", "atan", "sqrt"), ("sin", "cos", "tan", "exp", "gamma")
KINKS = ("abs", "min", "max")
DECIDED = (NONNEGATIVE, NONPOSITIVE, POSITIVE, NEGATIVE, NULL)


@dataclass(frozen=True)
class Search:
    """What may still be spent: ``until`` on the monotonic clock."""

    until: float

    def over(self) -> bool:
        """Say whether the time is up."""
        return monotonic() > self.until

    def close(self, obligation: Obligation, depth: int = 0, *, fresh: bool = True) -> dict[str, Any] | None:
        """Return a proof node, or None. 1. ring; 2. facts; 3. a variable as a cosine; 4. cases on a sign.

        ``fresh`` says that facts have not been looked for on this formula.
        """
        if depth > MAX_DEPTH or self.over():
            return None
        node = self.by_ring(obligation)
        if node is None and fresh:
            node = self.by_facts(obligation, depth)
        elif node is None:
            node = self.by_cosine(obligation, depth) or self.by_cases(obligation, depth)
        return node

    def by_ring(self, obligation: Obligation) -> dict[str, Any] | None:
        """Return a ``ring`` node if both sides of every equality have the same normal form and all terms have values."""
        factors = factors_of_hypotheses(obligation)
        if factors is None:
            return None
        needed = conditions(obligation.goal)
        if factors:
            equations = [sub(*formula.args) for formula in obligation.given if formula.op == "eq"]
            known = total(mul(factor, equation) for factor, equation in zip(factors, equations, strict=False))
            needed = tuple(dict.fromkeys((*needed, *conditions(known))))
        reasons = premises(obligation, needed)
        if reasons is None:
            return None
        using = {"using": [show(factor) for factor in factors]} if factors else {}
        return {"rule": "ring", **using, **({"conditions": reasons} if reasons else {})}

    def by_facts(self, obligation: Obligation, depth: int) -> dict[str, Any] | None:
        """Return a ``rewrite`` node around a proof of what the facts lead to, or a proof without facts where they lead nowhere."""
        found = Facts(obligation, self.until).rewritten()
        if found is not None:
            work, reasons = found
            then = self.close(replace(obligation, goal=work.formula, name=f"{obligation.name}, rewritten"), depth + 1, fresh=False)
            if then is not None:
                return work.tree(then, reasons)
        return self.close(obligation, depth, fresh=False)

    def by_cosine(self, obligation: Obligation, depth: int) -> dict[str, Any] | None:
        """Return a ``parametrise`` node: a variable inside [-1, 1] under a root or an inverse function becomes cos(2 s)."""
        if any(node.op in BINDERS for node in postorder((obligation.goal,))):
            return None
        for name, domain in obligation.domains:
            change = as_cosine(obligation, name, domain)
            if change is None:
                continue
            new, interval = change
            image = Term("cos", (mul(num(2), var(new)),))
            domains = tuple((n, d) if n != name else (new, interval) for n, d in obligation.domains)
            given = tuple(substitute(formula, {name: image}) for formula in obligation.given)
            goal = substitute(obligation.goal, {name: image})
            then = self.close(Obligation(f"{obligation.name}, {name} = {image}", domains, given, goal), depth + 1)
            if then is not None:
                return {"rule": "parametrise", "var": name, "as": show(image), "new": new, "domain": str(interval), "then": then}
        return None

    def by_cases(self, obligation: Obligation, depth: int) -> dict[str, Any] | None:
        """Return a ``cases`` node on the sign of what stands under abs, min or max, each branch closed by itself."""
        for formula in alternatives(obligation):
            opposite = Term(NEGATED[formula.op], formula.args)
            branches = {}
            for key, extra in (("yes", formula), ("no", opposite)):
                piece = replace(obligation, name=f"{obligation.name}: {extra}", given=(*obligation.given, extra))
                node = self.close(piece, depth + 1)
                if node is None:
                    break
                branches[key] = node
            if len(branches) == 2:
                return {"rule": "cases", "on": show(formula), **branches}
        return None


def accepted(obligation: Obligation, node: dict[str, Any], *, refutes: bool = False) -> bool:
    """Say whether the kernel takes the node as a proof (or as a refutation) of the obligation."""
    try:
        return kernel_prove(obligation, node, Link()) is not refutes
    except Rejected:
        return False


def factors_of_hypotheses(obligation: Obligation) -> list[Term] | None:
    """Return the factors q_i with which the equations among the hypotheses give the goal; none if it needs none; None if unknown."""
    differences = [sub(*atom.args) for atom in conjuncts(obligation.goal) if atom.op == "eq"]
    if all(is_zero(difference) for difference in differences):
        return []
    equations = [sub(*formula.args) for formula in obligation.given if formula.op == "eq"]
    if len(differences) != 1:
        return None
    for i, equation in enumerate(equations):
        factor = quotient(differences[0], equation)
        if factor is not None:
            return [*[num(0)] * i, factor]
    return None


def quotient(difference: Term, equation: Term) -> Term | None:
    """Return the polynomial q with difference = q * equation in the ring, if there is one."""
    try:
        ring, (top, bottom) = normal((difference, equation))
    except Rejected:
        return None
    if bottom.top.is_zero() or not (top.bottom.is_constant() and bottom.bottom.is_constant()):
        return None
    found, rest = divmod(top.top, bottom.top)
    return ring.term(Element(found, ring.one.bottom)) if rest.is_zero() else None


def as_cosine(obligation: Obligation, name: str, domain: Domain) -> tuple[str, Domain] | None:
    """Return a new name s and its interval such that cos(2 s) runs over the domain of ``name``; None where that does not help."""
    low, high = domain.lower, domain.upper
    if low is None or high is None or domain.integer or variables(low) or variables(high):
        return None
    if any(name in variables(end) for _, d in obligation.domains for end in (d.lower, d.upper) if end is not None):
        return None
    inside = all(ball_sign(gap) == 1 or is_zero(gap) for gap in (add(low, ONE), sub(ONE, high)))
    nodes = [node for node in postorder((obligation.goal,)) if name in variables(node)]
    # A variable that already stands under a wave gains nothing; this also keeps s itself from being replaced again.
    useful = any(node.op in ROOTED for node in nodes) and not any(node.op in WAVES for node in nodes)
    if not inside or not useful:
        return None
    new = next(text for text in ("s", *(f"s{i}" for i in range(1, 100))) if text not in obligation.box)
    ends = [simplest(div(Term("acos", (end,)), num(2))) for end in (high, low)]
    return new, Domain(ends[0], ends[1], domain.upper_closed, domain.lower_closed)


def simplest(term: Term) -> Term:
    """Return the normal form of a constant as a term."""
    try:
        ring, (element,) = normal((term,))
    except Rejected:
        return term
    return ring.term(element)


def alternatives(obligation: Obligation) -> list[Term]:
    """Return the relations u >= 0 on which abs, min and max of the goal depend and of which nothing is known, simplest first."""
    signs = Signs(obligation.box, obligation.given)
    found: dict[Term, int] = {}
    for node in postorder((obligation.goal,)):
        if node.op not in KINKS or not variables(node) or not variables(node) <= set(obligation.box):
            continue
        u = node.args[0] if node.op == "abs" else sub(*node.args)
        inner = postorder((u,))
        if not conditions(u) and not any(part.op in KINKS for part in inner) and signs.sign(u) not in DECIDED:
            found[Term("ge", (u, num(0)))] = len(inner)
    return sorted(found, key=lambda formula: found[formula])
