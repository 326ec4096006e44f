"""Existence: Newton's method finds a zero, the kernel's Krawczyk rule proves it; a subdivision shows that there is none, a second zero that not one.

Options: ``at`` (a start for each name of [exists], a list for a vector; else the middle of its domain), ``prec`` (bits, default
128), ``cells`` (for subdivisions, default 20000).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from time import perf_counter
from typing import Any

from flint import arb, arb_mat, fmpq

from proofcheck.evidence import Evidence, Proof, Undecided
from proofcheck.kernel.algebra import Ball, Gradient, ball, decide, evaluate, precision, sides
from proofcheck.kernel.errors import Malformed, Rejected
from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.rules.existence import Box, Exclusion, contracts, matrix_of, parameters, unknowns
from proofcheck.kernel.rules.subdivide import DIGITS, Cell, halves, unit
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import Domain, Obligation, Term, conjunction, conjuncts, num, rational, show, sub, substitute

from .budget import Budget
from .inequality import prove as by_inequality
from .witness import Cubes, candidates

Progress = Callable[[int, int, str], None]
RADII = (9, 12, 6, 15, 4, 3, 2, 1)
"""Exponents k of the radii 10^-k that are tried, in this order."""
DIGITS_KEPT = 24
STEPS = 60
STARTS = 30
"""Points of each kind from which a second zero is looked for, up to SMALL unknowns."""
FEW, SMALL = 500, 6
"""Cells for the other relations where one leaf does not do, and the most variables with which this is tried."""


def attempt(obligation: Obligation, options: Mapping[str, Any], progress: Progress) -> Evidence:
    """Return a proof that the obligation's names exist, a proof that they do not, or Undecided with the reason."""
    start = perf_counter()
    bits, cells = int(options.get("prec", 128)), int(options.get("cells", 20_000))
    try:
        unknowns(obligation)
        found = existing(obligation, options, bits, Budget(cells, progress))
    except Rejected as error:
        found = error.why
    if isinstance(found, dict):
        return Proof(obligation.name, found, "krawczyk", perf_counter() - start, detail(found))
    node = second(obligation, options, bits, Budget(cells, progress)) if obligation.unique else None
    if node is not None:
        return Proof(obligation.name, node, "krawczyk", perf_counter() - start, f"not only one: {detail(node['first'])}; {detail(node['second'])}")
    node = missing(obligation, options, bits, Budget(cells, progress))
    if node is not None:
        return Proof(obligation.name, node, "nowhere", perf_counter() - start, "no solution: every cell of the domain excludes one")
    return Undecided(obligation.name, "krawczyk", "obstruction", found, perf_counter() - start)


def detail(node: Mapping[str, Any]) -> str:
    """Return a few words on a proof: the first few coordinates of the solution."""
    middle = {name: sum(map(Fraction, ends)) / 2 for name, ends in node["box"].items()}
    shown = ", ".join(f"{name} = {float(value):.10g}" for name, value in list(middle.items())[:4])
    return f"a solution at {shown}{', …' if len(middle) > 4 else ''}"


def existing(obligation: Obligation, options: Mapping[str, Any], bits: int, budget: Budget) -> dict[str, Any] | str:
    """Return a ``krawczyk`` node, or why there is none."""
    equations, _ = divided(obligation)
    if len(equations) != len(obligation.exists):
        return f"{len(equations)} equations for {len(obligation.exists)} unknowns"
    with precision(bits + 32):
        centre = newton(obligation, equations, beginning(obligation, options))
    return "Newton's method finds no zero from the start point" if centre is None else boxed(obligation, centre, bits, budget)


def divided(obligation: Obligation) -> tuple[list[Term], Term | None]:
    """Return the equations of the goal, and the conjunction of its other relations, if it has any."""
    parts = conjuncts(obligation.goal)
    equations = [part for part in parts if part.op == "eq"]
    return equations, conjunction(part for part in parts if part.op != "eq") if len(equations) < len(parts) else None


def boxed(obligation: Obligation, centre: Mapping[str, Fraction], bits: int, budget: Budget) -> dict[str, Any] | str:
    """Return a ``krawczyk`` node with a box around an approximate zero, or why there is none."""
    equations, rest = divided(obligation)
    if rest is not None and fails_at(obligation, rest, centre, bits):
        return "the other relations do not hold at the zero"
    why = ""
    # One leaf over a small enough box decides most relations; only then is anything else tried.
    for k, deep in [*((k, False) for k in RADII), *((k, True) for k in RADII if rest is not None)]:
        box = around(obligation, centre, Fraction(1, 10**k))
        if box is None:
            why = why or f"the zero near {', '.join(f'{name} = {float(value):.6g}' for name, value in list(centre.items())[:4])} is not inside the domains"
            continue
        if not contracting(obligation, equations, box, bits):
            why = "the Krawczyk operator maps no box around the zero into itself: is it a double one?"
            continue
        node: dict[str, Any] = {"rule": "krawczyk", "prec": bits, "box": written(box)}
        if rest is not None:
            proof = by_rest(obligation, rest, box, bits, budget if deep else None)
            if proof is None:
                why = "the other relations are not proved on the box around the zero"
                continue
            node["rest"] = proof
        if obligation.unique:
            others = excluding(obligation, equations, centre, box, bits, budget)
            if others is None:
                return "other solutions are not excluded"
            node.update(others)
        try:
            prove(obligation, node, Link())
        except Rejected as error:
            why = error.why
            continue
        return node
    return why


def second(obligation: Obligation, options: Mapping[str, Any], bits: int, budget: Budget) -> dict[str, Any] | None:
    """Return a ``twice`` node: a point of [for_all] at which Newton's method finds two zeros in boxes without a common point; or None."""
    equations, _ = divided(obligation)
    if len(equations) != len(obligation.exists):
        return None
    for at in points(obligation, options):
        there = replace(at_point(obligation, at), unique=False)
        box: Box = {}
        first: dict[str, Any] = {}
        with precision(bits + 32):
            for start in starts(there, options):
                centre = newton(there, divided(there)[0], start)
                if centre is None or (first and all(low <= centre[name] <= high for name, (low, high) in box.items())):
                    continue
                node = boxed(there, centre, bits, budget)
                if isinstance(node, str):
                    continue
                both = {"rule": "twice", "at": {name: show(value) for name, value in at.items()}, "first": first, "second": node}
                if first and refuted(obligation, both):
                    return both
                first, box = node, {name: (Fraction(low), Fraction(high)) for name, (low, high) in node["box"].items()}
    return None


def refuted(obligation: Obligation, node: Mapping[str, Any]) -> bool:
    """Say whether the kernel's rule accepts a refutation."""
    try:
        return not prove(obligation, node, Link())
    except Rejected:
        return False


def starts(there: Obligation, options: Mapping[str, Any]) -> Iterator[dict[str, arb]]:
    """Yield points to start from: what the file says, or the middle; then others all over the domains."""
    yield beginning(there, options)
    cube = Cubes(Obligation(there.name, there.exists, (), there.goal))
    for t in candidates(len(there.exists), STARTS if len(there.exists) <= SMALL else 3):
        yield {name: evaluate((value,), Ball(), {})[0].mid() for name, value in cube.point(t).items()}


def contracting(obligation: Obligation, equations: list[Term], box: Box, bits: int) -> bool:
    """Say whether the kernel's operator maps a box strictly into itself."""
    try:
        with precision(bits):
            contracts(obligation, equations, box)
    except Rejected:
        return False
    return True


def written(box: Box) -> dict[str, list[str]]:
    """Return a box as it stands in a certificate."""
    return {name: [decimal(end) for end in ends] for name, ends in box.items()}


def fails_at(obligation: Obligation, rest: Term, centre: Mapping[str, Fraction], bits: int) -> bool:
    """Say whether the other relations certainly fail at the approximate zero."""
    with precision(bits):
        env = {**parameters(obligation), **{name: ball(value) for name, value in centre.items()}}
        return decide(rest, sides((rest,), Ball(), env)) is False


def excluding(
    obligation: Obligation, equations: list[Term], centre: Mapping[str, Fraction], box: Box, bits: int, budget: Budget
) -> dict[str, Any] | None:
    """Return what shows that the domains contain no other solution: a wide box, and a tree for what is outside of it."""
    whole = {name: (rational(domain.lower) if domain.lower else None, rational(domain.upper) if domain.upper else None) for name, domain in obligation.exists}
    closure = {name: (low, high) for name, (low, high) in whole.items() if low is not None and high is not None}
    if len(closure) == len(whole) and contracting(obligation, equations, closure, bits):
        return {"wide": written(closure)} if closure != box else {}
    for k in sorted(RADII):
        wide = {name: (centre[name] - Fraction(1, 10**k), centre[name] + Fraction(1, 10**k)) for name in centre}
        if all(wide[name][0] <= low and high <= wide[name][1] for name, (low, high) in box.items()) and contracting(obligation, equations, wide, bits):
            tree = subdivided(Exclusion(obligation, parameters(obligation)), wide, bits, budget)
            return None if tree is None else {"wide": written(wide), "elsewhere": {"prec": bits, "tree": tree}}
    return None


def by_rest(obligation: Obligation, rest: Term, box: Box, bits: int, budget: Budget | None) -> dict[str, Any] | None:
    """Return a proof of the other relations for every point of the box: by one leaf, or within a budget by the method for inequalities."""
    domains = tuple((name, Domain(num(low), num(high), lower_closed=True, upper_closed=True)) for name, (low, high) in box.items())
    premise = Obligation(obligation.name, (*obligation.domains, *domains), obligation.given, rest)
    leaf: dict[str, Any] = {"rule": "bisection", "prec": bits, "tree": "N"}
    try:
        if prove(premise, leaf, Link()):
            return leaf
    except Rejected:
        pass
    if budget is None or len(premise.domains) > SMALL:
        return None
    return by_inequality(premise, replace(budget, cells=min(budget.cells, FEW)), bits)


def beginning(obligation: Obligation, options: Mapping[str, Any]) -> dict[str, arb]:
    """Return the point to start from: the file's hint, or the middle of the domains; 0 or 1 off the finite end of an unbounded one."""
    scope = Scope({}, {}, "key `by`")
    hints = dict(_flat(options.get("at", {}), scope))
    start: dict[str, arb] = {}
    for name, domain in obligation.exists:
        if name in hints:
            start[name] = evaluate((hints[name],), Ball(), {})[0].mid()
            continue
        with_values = parameters(obligation)
        low, high = (None if end is None else evaluate((end,), Ball(), with_values)[0].mid() for end in (domain.lower, domain.upper))
        start[name] = (low + high) / 2 if low is not None and high is not None else low + 1 if low is not None else high - 1 if high is not None else arb(0)
    return start


def _flat(table: Any, scope: Scope) -> Iterator[tuple[str, Term]]:
    if not isinstance(table, Mapping):
        raise Malformed("PC204", "`at` is a table of start values.")
    for name, value in table.items():
        if isinstance(value, list):
            yield from _flat({f"{name}_{i}": part for i, part in enumerate(value, 1)}, scope)
        else:
            yield str(name), scope.scalar(value)


def newton(obligation: Obligation, equations: list[Term], start: Mapping[str, arb]) -> dict[str, Fraction] | None:
    """Return a point near which the equations have a zero, to DIGITS_KEPT decimals, or None where the iteration does not settle."""
    names = [name for name, _ in obligation.exists]
    algebra = Gradient(len(names))
    given = {name: (value.mid(), algebra.zero) for name, value in parameters(obligation).items()}
    differences = tuple(sub(*equation.args) for equation in equations)
    x = [start[name] for name in names]
    for _ in range(STEPS):
        values = evaluate(differences, algebra, {**given, **{name: algebra.variable(x[i], i) for i, name in enumerate(names)}})
        if not all(value.is_finite() for value, _ in values):
            return None
        jacobian = matrix_of([[arb(0) if part is None else part.mid() for part in parts] for _, parts in values])
        try:
            step = jacobian.mid().solve(arb_mat(len(names), 1, [value.mid() for value, _ in values]))
        except ZeroDivisionError:
            return None
        x = [(x[i] - step[i, 0]).mid() for i in range(len(names))]
        size = max(float(step[i, 0].abs_upper()) for i in range(len(names)))
        if not size < 1e8:
            return None
        if size < 10.0**-DIGITS_KEPT:
            scale = 10**DIGITS_KEPT
            return {name: Fraction(int((value * scale + fmpq(1, 2)).floor().unique_fmpz()), scale) for name, value in zip(names, x, strict=True)}
    return None


def around(obligation: Obligation, centre: Mapping[str, Fraction], radius: Fraction) -> Box | None:
    """Return the box around a point, cut to closed rational ends of the domains; None where the point is not inside it."""
    box: Box = {}
    for name, domain in obligation.exists:
        low, high = centre[name] - radius, centre[name] + radius
        for end, side in ((domain.lower, 0), (domain.upper, 1)):
            value = None if end is None else rational(end)
            closed = domain.upper_closed if side else domain.lower_closed
            if value is not None and closed:
                low, high = (low, min(high, value)) if side else (max(low, value), high)
        if not low < centre[name] < high:
            return None
        box[name] = (low, high)
    return box


def decimal(value: Fraction) -> str:
    """Return the shortest text of a rational: a decimal where there is one, else a fraction."""
    denominator = value.denominator
    places = 0
    while denominator % 10 == 0 or denominator % 2 == 0 or denominator % 5 == 0:
        denominator //= 10 if denominator % 10 == 0 else 2 if denominator % 2 == 0 else 5
        places += 1
    if denominator != 1 or not places:
        return str(value)
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    return ("-" if value < 0 else "") + f"{digits[:-places]}.{digits[-places:]}"


def missing(obligation: Obligation, options: Mapping[str, Any], bits: int, budget: Budget) -> dict[str, Any] | None:
    """Return a ``nowhere`` node: a point of [for_all], and a tree on whose leaves the goal fails; or None."""
    for at in points(obligation, options):
        try:
            exclusion = Exclusion(at_point(obligation, at), {})
            tree = subdivided(exclusion, None, bits, budget)
            node: dict[str, Any] = {"rule": "nowhere", "prec": bits, "tree": tree, "at": {name: show(value) for name, value in at.items()}}
            if tree is not None and refuted(obligation, node):
                return node
        except Rejected:
            continue
    return None


def at_point(obligation: Obligation, at: Mapping[str, Term]) -> Obligation:
    """Return the statement at an exact point of [for_all]."""
    exists = tuple((name, replace(domain, lower=_at(domain.lower, at), upper=_at(domain.upper, at))) for name, domain in obligation.exists)
    return replace(obligation, domains=(), given=(), goal=substitute(obligation.goal, at), exists=exists)


def _at(end: Term | None, at: Mapping[str, Term]) -> Term | None:
    return None if end is None else substitute(end, at)


def points(obligation: Obligation, options: Mapping[str, Any]) -> list[dict[str, Term]]:
    """Return a few exact points of [for_all]: the file's hint, else some of the domains."""
    hints = dict(_flat(options.get("at", {}), Scope({}, {}, "key `at`")))
    if set(obligation.box) <= set(hints):
        return [{name: hints[name] for name in obligation.box}]
    cube = Cubes(obligation)
    return [cube.point(t, hints) for t in candidates(len(obligation.domains), 6)]


def subdivided(exclusion: Exclusion, box: Box | None, bits: int, budget: Budget) -> str | None:
    """Return a tree on whose leaves the goal fails, or that lie in the box; None where the budget ends."""
    letters: list[str] = []
    stack: list[Cell] = [unit(exclusion.chart)]
    with precision(bits):
        while stack:
            cell = stack.pop()
            if not budget.left:
                return None
            budget.spent += 1
            form = next((form for form in "NM" if exclusion.within(cell, box) or exclusion.fails(form, cell)), None)
            if form is not None:
                letters.append(form)
                continue
            ends = exclusion.ends(cell)
            axis = max(range(min(len(cell), len(DIGITS))), key=lambda i: list(ends.values())[i][1] - list(ends.values())[i][0])
            if cell[axis][1] - cell[axis][0] < Fraction(1, 2**40):
                return None
            letters.append(DIGITS[axis])
            first, second = halves(cell, axis)
            stack += [second, first]
    return "".join(letters)
