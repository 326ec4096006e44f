"""Rectangles with zeros on their edges: orders from the exact ring, then strips as wide as the remainder permits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from proofcheck.kernel.algebra import precision
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.exact import coefficients
from proofcheck.kernel.rules.premises import difference
from proofcheck.kernel.rules.taylor import Bracket, Plane, bracket_of, plane_of
from proofcheck.kernel.signs import Signs
from proofcheck.kernel.terms import Domain, Obligation, Term, add, show, sub, substitute, var, variables

from .pieces import cut_at, narrowed, number

EXTRA = (18, 26)
"""By how many terms the expansion is longer than the order of the zero. Short ones are cheaper, long ones have wider strips."""
CELLS = 40
"""Cells of u on one strip. More do not help: the remainder over all of [0, U] does not shrink when u is cut."""
NARROWEST = Fraction(1, 2**13)
SHARES = tuple(Fraction(1, 2**k) for k in range(7))
"""How much of the domain the zone at an edge takes: the largest first, for the rest is cut into cells."""
MAX_ORDER = 8
Beyond = Callable[[Obligation], dict[str, Any] | None]
"""Proves what lies beyond the zone."""


def attempt_rectangle(obligation: Obligation, bits: int, beyond: Beyond, strips: int = 1500) -> dict[str, Any] | None:
    """Return a ``taylor`` node for one relation in two variables, or a split of it from what ``beyond`` proves, or None.

    Either variable may be the one that is expanded, from either of its ends; those at which both sides agree to the highest order
    are tried first. The ends of the other may depend on it.
    """
    if len(obligation.domains) != 2 or obligation.given or obligation.goal.op not in ("lt", "le", "gt", "ge"):
        return None
    if any(None in (domain.lower, domain.upper) or domain.integer for domain in obligation.box.values()):
        return None
    orders = {(name, end): edge_order(obligation, name, end) for name in obligation.box for end in ("lower", "upper")}
    if not any(orders.values()):
        return None
    for (u, end), order in sorted(orders.items(), key=lambda item: -item[1]):
        if orders[u, "upper" if end == "lower" else "lower"] == 0 and not depends(obligation.box[u]):
            node = zoned(obligation, u, end, order, bits, beyond, strips)
            if node is not None:
                return node
    return None


def depends(domain: Domain) -> bool:
    """Say whether an end of a domain depends on a variable."""
    return any(variables(end) for end in (domain.lower, domain.upper) if end is not None)


def zoned(obligation: Obligation, u: str, end: str, order: int, bits: int, beyond: Beyond, strips: int) -> dict[str, Any] | None:
    """Return a proof that expands in u from one of its ends, over as much of its domain as the remainder permits, or None.

    Where longer expansions do not help, the zone is halved. An edge without a zero needs no zone.
    """
    (v,) = (name for name in obligation.box if name != u)
    for share in SHARES if order else SHARES[:1]:
        cut = cut_at(obligation.box[u], share if end == "lower" else 1 - share)
        ends = (None, cut) if end == "lower" else (cut, None)
        part = narrowed(obligation, u, *ends) if share < 1 else obligation
        zone = hull(part, u, v)
        node = None if zone is None else expanded(zone, u, v, end, order, bits, strips)
        if zone is None or node is None:
            continue
        if zone is not part:
            node = {"rule": "restrict", "var": v, "domain": str(zone.box[v]), "then": node}
        if share == 1:
            return node
        far = beyond(narrowed(obligation, u, *reversed(ends)))
        pieces = [node, far] if end == "lower" else [far, node]
        return None if far is None else {"rule": "split", "var": u, "at": [show(cut)], "pieces": pieces}
    return None


def hull(obligation: Obligation, u: str, v: str) -> Obligation | None:
    """Return the obligation on a rectangle: ends of v that depend on u are replaced by their outermost value at an end of u.

    None where linear arithmetic does not see that the rectangle contains the domain.
    """
    domain, of_u = obligation.box[v], obligation.box[u]
    if not depends(domain):
        return obligation
    lower, upper = (outermost(end, of_u, u, pick) for end, pick in ((domain.lower, min), (domain.upper, max)))
    signs = Signs(obligation.box, ())
    if not signs.holds(Term("ge", (var(v), lower))) or not signs.holds(Term("le", (var(v), upper))):
        return None
    wide = replace(domain, lower=lower, upper=upper)
    return replace(obligation, domains=((u, of_u), (v, wide)))


def outermost(end: Term | None, of_u: Domain, u: str, pick: Callable[..., Term]) -> Term:
    """Return an end of a domain, or the smallest or largest of its values at the ends of u."""
    assert end is not None
    return pick((substitute(end, {u: at}) for at in (of_u.lower, of_u.upper) if at is not None), key=number) if variables(end) else end


def edge_order(obligation: Obligation, name: str, end: str) -> int:
    """Return the exact order to which both sides agree on an edge, 0 where they do not or where it is not known."""
    domain: Domain = obligation.box[name]
    at = domain.lower if end == "lower" else domain.upper
    assert at is not None
    for length in (1, MAX_ORDER):
        try:
            _, exact = coefficients(difference(obligation), name, at, length)
        except Rejected:
            return 0
        order = next((k for k, coefficient in enumerate(exact) if not coefficient.top.is_zero()), length)
        if order < length:
            return order
    return 0


def expanded(obligation: Obligation, u: str, v: str, end: str, order: int, bits: int, strips: int) -> dict[str, Any] | None:
    """Return a node that expands in u from one of its ends, over a whole rectangle, the shortest expansion that works, or None."""
    of_u = obligation.box[u]
    point = of_u.lower if end == "lower" else of_u.upper
    assert point is not None
    distance: Term = add(point, var(u)) if end == "lower" else sub(point, var(u))
    shifted = substitute(difference(obligation), {u: distance})
    edges = edge_order(obligation, v, "lower"), edge_order(obligation, v, "upper")
    for extra in EXTRA:
        length = order + extra
        with precision(bits, length + 2):
            plane = plane_of(obligation, u, v, shifted)
            found = tiled(plane, order, length, edges, strips) if promising(plane, order, length, edges) else None
        if found is not None:
            return {
                "rule": "taylor", "u": u, "v": v, "end": end, "order": order, "left": edges[0], "right": edges[1],
                "length": length, "prec": bits, "strips": found,
            }  # fmt: skip
    return None


def promising(plane: Plane, order: int, length: int, edges: tuple[int, int]) -> bool:
    """Say whether the narrowest strips at both ends and in the middle are decided."""
    places = (Fraction(0), Fraction(1, 2), 1 - NARROWEST)
    return all(single(plane, low, low + NARROWEST, order, length, edges) is not None for low in places)


def tiled(plane: Plane, order: int, length: int, edges: tuple[int, int], limit: int) -> list[list[str]] | None:
    """Return strips [end, kind, tree] from 0 to 1, each as wide as halving allows; None beyond ``limit`` or below NARROWEST."""
    done: list[list[str]] = []
    todo = [(Fraction(0), Fraction(1))]
    while todo:
        low, high = todo.pop()
        strip = single(plane, low, high, order, length, edges)
        if strip is not None:
            done.append(strip)
        elif high - low <= NARROWEST or len(done) + len(todo) > limit:
            return None
        else:
            middle = (low + high) / 2
            todo += [(middle, high), (low, middle)]
    return done


def single(plane: Plane, low: Fraction, high: Fraction, order: int, length: int, edges: tuple[int, int]) -> list[str] | None:
    """Return the strip from low to high if one of its kinds decides it: plain, or by the derivative at an edge with a zero."""
    kinds = ["", *(["l"] if edges[0] else []), *(["r"] if edges[1] else [])]
    if edges[0] and low == 0:
        kinds = ["l"]
    if edges[1] and high == 1:
        kinds = ["r"] if not (edges[0] and low == 0) else []
    for kind in kinds:
        bracket = bracket_of(plane, low, high, kind, order, length, edges)
        tree = cells(bracket, plane)
        if tree:
            return [str(high), kind, tree]
    return None


def cells(bracket: Bracket, plane: Plane) -> str:
    """Return the tree of u-cells on which the quotient is enclosed above 0, or nothing.

    The cell next to u = 0 is looked at first: where it fails at full depth, cutting elsewhere is in vain.
    """
    tree: list[str] = []
    stack = [(Fraction(0), Fraction(1))]
    count = 0
    while stack:
        low, high = stack.pop()
        count += 1
        enclosure = bracket.value((low, high), plane.reach)
        if enclosure > 0:
            tree.append("N")
            continue
        if not enclosure.is_finite() or enclosure < 0 or count > CELLS:
            return ""
        middle = (low + high) / 2
        tree.append("0")
        stack += [(middle, high), (low, middle)]
    return "".join(tree)
