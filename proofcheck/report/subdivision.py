"""Proofs that the kernel accepted, taken apart: the tree of rules, each with the domains it speaks of, and the cells of its subdivisions.

Reads proof nodes and decides nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from itertools import pairwise

from proofcheck.kernel.algebra import Ball, evaluate, precision
from proofcheck.kernel.certificate import Node
from proofcheck.kernel.rules.charts import disjuncts
from proofcheck.kernel.rules.premises import domain_in, formula_in, scope_of, term_in
from proofcheck.kernel.rules.subdivide import DIGITS, FORMS
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import TRUE, Domain, Obligation, Term, conjuncts, num, rational, replaced, substitute, var, variables

from ..algebras.typeset import pretty_domain, pretty_text
from .summary import several
from .text import clean

Domains = tuple[tuple[str, Domain], ...]
Interval = tuple[Fraction, Fraction]
UNIT = (Fraction(0), Fraction(1))
SUBDIVIDING = ("bisection", "zeros", "taylor")
LONGEST = 16
"""Characters of an exact number that is written as it is; longer ones are rounded."""


@dataclass(frozen=True)
class Part:
    """A node of a proof, how it comes from the node above it, and the domains on which it holds.

    ``trail`` are the labels down to it, without those of pieces, which the domains say. ``goal`` is the formula that it proves, where that is followed.
    """

    label: str
    node: Node
    domains: Domains
    trail: tuple[str, ...] = ()
    goal: Term | None = None

    @property
    def rule(self) -> str:
        """The kernel's rule."""
        return str(self.node["rule"])

    @cached_property
    def below(self) -> tuple[Part, ...]:
        """The parts that this one rests on, in the order in which the kernel looks at them."""
        return tuple(replace(part, trail=(*self.trail, *([part.label] if part.label and self.rule != "split" else []))) for part in _below(self))

    @cached_property
    def content(self) -> str:
        """A digest that is the same for parts that say the same of the same domains."""
        return sha256(json.dumps([self.node, [f"{name} in {domain}" for name, domain in self.domains]], sort_keys=True).encode()).hexdigest()

    def walk(self) -> Iterator[Part]:
        """Yield this part and all below it, in preorder."""
        yield self
        for part in self.below:
            yield from part.walk()


def _below(part: Part) -> Iterator[Part]:
    node, domains, goal = part.node, part.domains, part.goal
    if part.rule == "split":
        yield from _pieces(part)
    elif part.rule == "cases":
        yield Part(f"where {_typeset(node['on'])}", node["yes"], domains, goal=goal)
        yield Part("elsewhere", node["no"], domains, goal=goal)
    elif part.rule == "both":
        formulas: tuple[Term | None, ...] = conjuncts(goal) if goal is not None else (None,) * len(node["parts"])
        for i, (piece, formula) in enumerate(zip(node["parts"], formulas, strict=True), 1):
            yield Part(f"part {i} of {len(node['parts'])}", piece, domains, goal=formula)
    elif part.rule == "cut":
        yield Part(f"first {_typeset(node['formula'])}", node["lemma"], domains, goal=formula_in(scope_of(_on(domains)), node["formula"]))
    elif part.rule == "monotone":
        name = str(node["var"])
        yield Part(f"at the {node['from']} end of {_typeset(name)}", node["base"], tuple(item for item in domains if item[0] != name))
        yield Part(f"slope in {_typeset(name)}", node["slope"], domains)
    for fact in node.get("facts", ()):
        for premise in fact.get("premises", ()):
            yield Part(f"premise of {_typeset(fact['term'])} = {_typeset(fact['is'])}", premise, domains)
    for key, label in (("conditions", "everything has a value"), ("premises", "premise")):
        for premise in node.get(key, ()):
            yield Part(label, premise, domains)
    if "then" in node:
        yield Part("", node["then"], _changed(part), goal=None if goal is None else _reduced(part, goal))


def _pieces(part: Part) -> Iterator[Part]:
    name, whole = str(part.node["var"]), dict(part.domains)[part.node["var"]]
    scope = scope_of(_on(part.domains))
    cuts = [term_in(scope, text) for text in part.node["at"]]
    for (lower, upper), piece in zip(pairwise([None, *cuts, None]), part.node["pieces"], strict=True):
        domain = replace(
            whole,
            lower=lower or whole.lower,
            upper=upper or whole.upper,
            lower_closed=lower is not None or whole.lower_closed,
            upper_closed=upper is not None or whole.upper_closed,
        )
        yield Part(_typeset_domain(name, domain), piece, tuple((n, domain if n == name else d) for n, d in part.domains), goal=part.goal)


def _changed(part: Part) -> Domains:
    """Return the domains behind ``then``: the rules that change variables say how."""
    node, domains = part.node, part.domains
    if part.rule == "chart":
        inner = Scope({}, {}, "certificate")
        inner.domains(node["new"], "chart")
        return tuple(inner.box.items())
    if part.rule == "generalise":
        return (*domains, (str(node["new"]), domain_in(Scope({}, {}, "certificate"), node["domain"])))
    if part.rule == "weaken":
        return tuple(item for item in domains if item[0] in node["keep"])
    if part.rule == "restrict":
        others = tuple(item for item in domains if item[0] != node["var"])
        return (*others, (str(node["var"]), domain_in(scope_of(_on(others)), node["domain"])))
    if part.rule == "parametrise":
        new = (str(node["new"]), domain_in(Scope({}, {}, "certificate"), node["domain"]))
        return tuple(new if item[0] == node["var"] else item for item in domains)
    return domains


def _reduced(part: Part, goal: Term) -> Term | None:
    """Return the formula behind ``then``; None behind what is not followed: an integral or a step of a sequence."""
    node, scope = part.node, scope_of(_on(part.domains))
    match part.rule:
        case "restrict" | "cut":
            return goal
        case "chart":
            inner = scope_of(_on(_changed(part)))
            return substitute(goal, {name: term_in(inner, image) for name, image in node["map"].items()})
        case "parametrise":
            return substitute(goal, {str(node["var"]): term_in(scope_of(_on(_changed(part))), node["as"])})
        case "generalise":
            return replaced(goal, {term_in(scope, node["term"]): var(str(node["new"]))})
        case "scale":
            return Term(goal.op, (term_in(scope, node["to"]), num(0)))
        case "weaken":
            return Term(node.get("relation", goal.op), goal.args)
        case "either":
            return disjuncts(goal)[node["which"]]
        case "rewrite" if all("term" in fact and "is" in fact for fact in node["facts"]):
            for fact in node["facts"]:
                goal = replaced(goal, {term_in(scope, fact["term"]): term_in(scope, fact["is"])})
            return goal
    return None


def _typeset(formula: str) -> str:
    return clean(pretty_text(formula))


def _typeset_domain(name: str, domain: Domain) -> str:
    return clean(pretty_domain(name, str(domain)))


def _on(domains: Domains) -> Obligation:
    return Obligation("", domains, (), TRUE)


# -- subdivisions -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """What is drawn: for each axis its ends in t, and the form of the leaf; none where it is cut further than is drawn."""

    ends: tuple[Interval, ...]
    form: str


@dataclass(frozen=True)
class Subdivision:
    """The leaves of a `bisection`, `zeros` or `taylor` node over the unit cube: x = lower + (upper - lower) t, axis by axis.

    forms: how many leaves each form decides. depths: how many leaves lie how many cuts deep; for `taylor` the strips count, by
    their widths in halvings. smallest: the leaf (for `taylor` the strip) of the least volume, the first of them.
    """

    rule: str
    axes: Domains
    forms: Counter[str]
    depths: Counter[int]
    smallest: tuple[Interval, ...]
    source: Node

    @property
    def leaves(self) -> int:
        """How many leaves there are."""
        return self.forms.total()

    def sizes(self) -> Iterator[str]:
        """Yield in words how many leaves there are, how deep they lie, and where the smallest is."""
        leaves = "1 leaf" if self.leaves == 1 else f"{self.leaves} leaves"
        deepest = max(self.depths)
        if self.rule == "taylor":
            yield f"{several(self.depths.total(), 'strip')} of {_typeset(self.axes[0][0])}, {leaves}"
        else:
            yield leaves + (f", at most {several(deepest, 'cut')} deep" if deepest else "")
        if deepest:
            yield f"{'narrowest strip' if self.rule == 'taylor' else 'smallest leaf'}: {self.place}"

    @property
    def place(self) -> str:
        """Where the smallest leaf or strip lies: values where the ends of a domain are numbers, else shares of the domain."""
        axes = self.axes[:1] if self.rule == "taylor" else self.axes
        return ", ".join(_located(name, domain, *ends) for (name, domain), ends in zip(axes, self.smallest, strict=False))

    def cells(self, most: int) -> list[Cell]:
        """Return at most ``most`` cells that cover the cube; where there are more leaves, those that lie deepest are drawn together."""
        node = self.source
        turned = node.get("end") == "upper"
        if self.rule == "taylor":
            strips = list(_strips(node))
            together = -(-len(strips) // most)
            if together > 1:
                groups = [strips[i : i + together] for i in range(0, len(strips), together)]
                return [Cell(((group[0][0][0], group[-1][0][1]), UNIT), "") for group in groups]
            each = most if self.leaves <= most else most // len(strips)
            return [
                Cell((strip, _turned(ends) if turned else ends), form and (kind or form))
                for strip, kind, tree in strips
                for form, (ends,) in _cells(tree, 1, each)
            ]
        found = _cells(str(node["tree"]), len(self.axes), most)
        return [Cell(tuple(map(_turned, ends)) if turned else ends, form) for form, ends in found]


def subdivision(part: Part) -> Subdivision:
    """Return the subdivision of a part whose rule is one of ``SUBDIVIDING``."""
    node = part.node
    if part.rule == "taylor":
        strips = list(_strips(node))
        box = dict(part.domains)
        forms: Counter[str] = Counter()
        for _, kind, tree in strips:
            forms[kind or "N"] += tree.count("N")
        narrowest = min((strip for strip, _, _ in strips), key=lambda ends: ends[1] - ends[0])
        depths = Counter(_halvings(high - low) for (low, high), _, _ in strips)
        return Subdivision("taylor", ((node["v"], box[node["v"]]), (node["u"], box[node["u"]])), forms, depths, (narrowest, UNIT), node)
    tree = str(node["tree"])
    depths, path = profile(tree)
    smallest: tuple[Interval, ...] = (UNIT,) * len(part.domains)
    for axis, side in path:
        smallest = _half(smallest, axis, side)
    if node.get("end") == "upper":
        smallest = tuple(map(_turned, smallest))
    return Subdivision(part.rule, part.domains, Counter({form: tree.count(form) for form in FORMS if form in tree}), depths, smallest, node)


def profile(tree: str) -> tuple[Counter[int], list[tuple[int, int]]]:
    """Return how many leaves lie how deep, and the cuts (axis, side) that lead to the first of the deepest."""
    depths: Counter[int] = Counter()
    path: list[tuple[int, int]] = []
    deepest: list[tuple[int, int]] = []
    for letter in tree:
        if letter not in FORMS:
            path.append((DIGITS.index(letter), 0))
            continue
        depths[len(path)] += 1
        if len(path) > len(deepest):
            deepest = list(path)
        while path and path[-1][1]:
            path.pop()
        if path:
            path[-1] = (path[-1][0], 1)
    return depths, deepest


def _cells(tree: str, dimension: int, most: int) -> Iterator[tuple[str, tuple[Interval, ...]]]:
    """Yield forms and cells of a tree, cut off at the greatest depth that leaves at most ``most`` cells; without form what is cut off."""
    last = _depth_within(profile(tree)[0], most)
    stack = [(0, (UNIT,) * dimension)]
    skipped = 0  # nodes still to come below a cell that was cut off
    for letter in tree:
        if skipped:
            skipped += -1 if letter in FORMS else 1
            continue
        depth, ends = stack.pop()
        if letter in FORMS:
            yield letter, ends
        elif depth == last:
            yield "", ends
            skipped = 2
        else:
            axis = DIGITS.index(letter)
            stack += [(depth + 1, _half(ends, axis, side)) for side in (1, 0)]


def _depth_within(depths: Counter[int], most: int) -> int:
    """Return the greatest depth at which a tree, cut off there, has at most ``most`` cells."""
    nodes = cells = 1
    for depth in range(max(depths)):
        cut = nodes - depths[depth]
        if cells + cut > most:
            return depth
        cells, nodes = cells + cut, 2 * cut
    return max(depths)


def _half(ends: tuple[Interval, ...], axis: int, side: int) -> tuple[Interval, ...]:
    low, high = ends[axis]
    middle = (low + high) / 2
    return (*ends[:axis], (middle, high) if side else (low, middle), *ends[axis + 1 :])


def _turned(ends: Interval) -> Interval:
    """Return an interval of distances from the upper end as one of t."""
    return 1 - ends[1], 1 - ends[0]


def _strips(node: Node) -> Iterator[tuple[Interval, str, str]]:
    low = Fraction(0)
    for end, kind, tree in node["strips"]:
        high = Fraction(end)
        yield (low, high), kind, tree
        low = high


def _halvings(width: Fraction) -> int:
    """Return how often 1 is to be halved to get a width, rounded up."""
    return (width.denominator // width.numerator - 1).bit_length() if width < 1 else 0


# -- places -----------------------------------------------------------------------------------------------------------------


def _located(name: str, domain: Domain, low: Fraction, high: Fraction) -> str:
    if domain.lower is None or domain.upper is None or variables(domain.lower) or variables(domain.upper):
        return f"{low} to {high} of {_typeset_domain(name, domain)}"
    first, last = _values(domain.lower, domain.upper, low, high)
    return f"{_typeset(name)} from {first} to {last}"


def _values(lower: Term, upper: Term, low: Fraction, high: Fraction) -> tuple[str, str]:
    """Return lower + (upper - lower) t for both ends of [low, high]: exactly where that is short, else with digits that tell both apart."""
    exact = rational(lower), rational(upper)
    if exact[0] is not None and exact[1] is not None:
        texts = tuple(str(exact[0] + (exact[1] - exact[0]) * t) for t in (low, high))
        if max(map(len, texts)) <= LONGEST:
            return texts[0], texts[1]
    with precision(64):
        start, stop = (float(end.mid()) for end in evaluate((lower, upper), Ball(), {}))
    digits = min(15, 4 + len(str(int(1 / (high - low)))))
    first, last = (f"{start + (stop - start) * float(t):.{digits}g}" for t in (low, high))
    return first, last
