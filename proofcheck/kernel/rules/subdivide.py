"""Bisection of a box, cuts of a domain, and cases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from flint import arb

from ..algebra import Ball, Gradient, Series, decide, evaluate, has_value, interval, precision, relations, sides
from ..certificate import Node, nodes_of, number_of, only_keys, text_of
from ..errors import Rejected
from ..exact import is_zero
from ..series import PowerSeries
from ..terms import NEGATED, Domain, Obligation, Term, add, conjuncts, mul, neg, num, rational, sub, substitute, var, variables
from . import Link, established
from .premises import formula_in, require_defined, scope_of, term_in

MAX_NODES, MAX_CUTS = 4_000_000, 1_000
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
FACTOR = re.compile(r"-?[0-9]{1,40}(/[1-9][0-9]{0,39})?", re.ASCII)
PLAIN = "NMCH"
FORMS = PLAIN + "L"
"""The forms of a leaf: natural, mean value, corner, second order with the Hessian, and second order with hypotheses (Lagrange)."""


@dataclass(frozen=True)
class Chart:
    """A box domain as the image of the unit cube: x = lower + (upper - lower) t, t in [0, 1], variable by variable.

    ``names`` are the coordinates, ``ends`` the constant ends of each. Variables whose ends use other variables are
    substituted away in ``given`` and ``goal``: their name then stands for t itself, with ends 0 and 1.
    """

    names: tuple[str, ...]
    ends: tuple[tuple[Term, Term], ...]
    given: tuple[Term, ...]
    goal: Term
    values: dict[str, Term]


Cell = tuple[tuple[Fraction, Fraction], ...]


def chart_of(goal: Obligation) -> Chart:
    """Return the unit chart of an obligation. Rejects unbounded domains (PC315)."""
    names, ends = [], []
    values: dict[str, Term] = {}
    for name, domain in goal.domains:
        if domain.lower is None or domain.upper is None:
            raise Rejected("PC315", f"The domain of {name} is unbounded; bisection needs a box.", goal.name)
        lower, upper = substitute(domain.lower, values), substitute(domain.upper, values)
        if variables(lower) or variables(upper):
            values[name] = add(lower, mul(sub(upper, lower), var(name)))
            lower, upper = num(0), num(1)
        names.append(name)
        ends.append((lower, upper))
    given = tuple(substitute(formula, values) for formula in goal.given)
    return Chart(tuple(names), tuple(ends), given, substitute(goal.goal, values), values)


def unit(chart: Chart) -> Cell:
    """Return the whole unit cube."""
    return tuple((Fraction(0), Fraction(1)) for _ in chart.names)


def halves(cell: Cell, axis: int) -> tuple[Cell, Cell]:
    """Return both halves of a cell, cut at the exact midpoint."""
    low, high = cell[axis]
    middle = (low + high) / 2
    return (*cell[:axis], (low, middle), *cell[axis + 1 :]), (*cell[:axis], (middle, high), *cell[axis + 1 :])


class Enclosures:
    """Decides the formula of a chart on cells, by the four forms of a leaf. Trusts: clip only after ``require_defined``."""

    def __init__(self, chart: Chart, goal: Obligation, bits: int, *, clip: bool) -> None:
        self.chart, self.obligation, self.bits, self.clip = chart, goal, bits, clip
        self.balls = Ball(clip=clip)
        self.gradients = Gradient(len(chart.names), clip=clip)
        self.formulas = (*chart.given, chart.goal)
        self.fixed = [(rational(low), rational(high)) for low, high in chart.ends]
        with precision(bits):
            self.lows = [self.constant(low) for low, _ in chart.ends]
            self.widths = [self.constant(sub(high, low)) for low, high in chart.ends]

    @staticmethod
    def constant(term: Term) -> arb:
        value: arb = evaluate((term,), Ball(), {})[0]
        return value

    def coordinate(self, axis: int, low: Fraction, high: Fraction) -> arb:
        """Return a ball that contains the coordinate for t in [low, high]."""
        start, stop = self.fixed[axis]
        if start is not None and stop is not None:
            width = stop - start
            return interval(start + width * low, start + width * high)
        return self.lows[axis] + self.widths[axis] * interval(low, high)

    def box(self, cell: Cell) -> dict[str, arb]:
        """Return the coordinates over a cell."""
        return {name: self.coordinate(axis, *cell[axis]) for axis, name in enumerate(self.chart.names)}

    def excluded(self, natural: dict[Term, tuple[arb, arb]]) -> bool:
        """Say whether a hypothesis certainly fails on the whole cell."""
        return any(decide(formula, natural) is False for formula in self.chart.given)

    def natural(self, cell: Cell) -> bool:
        """Say whether the natural form decides the cell: a hypothesis certainly fails, or the goal certainly holds."""
        values = sides(self.formulas, self.balls, self.box(cell))
        if self.excluded(values):
            return True
        defined = all(a.is_finite() and b.is_finite() for a, b in (values[atom] for atom in relations(self.chart.goal)))
        return defined and decide(self.chart.goal, values) is True

    def mean_value(self, cell: Cell) -> bool:
        """Say whether f(c) + f'(X)(X - c) decides the goal, where f is the difference of the sides of each relation."""
        slopes = self.differences(cell)
        values: dict[Term, tuple[arb, arb]] = {}
        centre = {name: self.coordinate(axis, *[(low + high) / 2] * 2) for axis, (name, (low, high)) in enumerate(zip(self.chart.names, cell, strict=True))}
        middle = sides((self.chart.goal,), self.balls, centre)
        for atom, (whole, parts) in slopes.items():
            if not whole.is_finite():  # somewhere on the cell a term may have no value, even where its derivative drops out
                return False
            value = middle[atom][0] - middle[atom][1]
            for axis, part in enumerate(parts):
                if part is not None:
                    half = (cell[axis][1] - cell[axis][0]) / 2
                    value += part * self.widths[axis] * interval(-half, half)
            values[atom] = (value, arb(0))
        return decide(self.chart.goal, values) is True

    def differences(self, cell: Cell) -> dict[Term, tuple[arb, list[arb | None]]]:
        """Return value and gradient over the cell of lhs - rhs, for each relation of the goal."""
        box = self.box(cell)
        env = {name: self.gradients.variable(box[name], axis) for axis, name in enumerate(self.chart.names)}
        values = sides((self.chart.goal,), self.gradients, env)
        return {atom: self.gradients.sub(a, b) for atom, (a, b) in values.items()}

    def corner(self, cell: Cell) -> bool:
        """Say whether each relation of the goal is monotone on the cell and holds at its lowest corner.

        Where both sides are exactly equal at that corner, `>=` holds, and `>` holds if the corner is outside the domain (an
        open end) in a variable in which the difference is strictly monotone.
        """
        atoms = conjuncts(self.chart.goal)
        if not all(atom.op in ("lt", "le", "gt", "ge") for atom in atoms):
            return False
        slopes = self.differences(cell)
        return all(self._corner(atom, *slopes[atom], cell) for atom in atoms)

    def _corner(self, atom: Term, value: arb, parts: list[arb | None], cell: Cell) -> bool:
        if not value.is_finite():
            return False
        sign = 1 if atom.op in ("gt", "ge") else -1
        point: dict[str, Term] = {}
        strict = False
        for axis, name in enumerate(self.chart.names):
            part = parts[axis]
            low, high = self.chart.ends[axis]
            if part is None:
                at = cell[axis][0]
            elif sign * part >= 0:
                at = cell[axis][0]
                strict = strict or bool(at == 0 and sign * part > 0 and not self._closed(name).lower_closed)
            elif sign * part <= 0:
                at = cell[axis][1]
                strict = strict or bool(at == 1 and sign * part < 0 and not self._closed(name).upper_closed)
            else:
                return False
            point[name] = add(low, mul(sub(high, low), num(at)))
        difference = substitute(sub(*atom.args), point)
        found = self.constant(difference if sign == 1 else neg(difference))
        if found > 0:
            return True
        return (atom.op in ("ge", "le") or strict) and is_zero(difference)

    def _closed(self, name: str) -> Domain:
        return self.obligation.box[name]

    def second_order(self, cell: Cell) -> bool:
        """Say whether f(c) + f'(c) h + h f''(X) h / 2 >= 0, or > 0, for each relation of the goal, f being the difference of its sides."""
        atoms = conjuncts(self.chart.goal)
        if not all(atom.op in ("lt", "le", "gt", "ge") for atom in atoms):
            return False
        box = self.box(cell)
        if not all(a.is_finite() and b.is_finite() for a, b in sides(atoms, self.balls, box).values()):
            return False
        centre = self.differences(tuple(((low + high) / 2, (low + high) / 2) for low, high in cell))
        reach = [(self.widths[axis] * interval(-(high - low) / 2, (high - low) / 2)).abs_upper() for axis, (low, high) in enumerate(cell)]
        for atom in atoms:
            value, slopes = centre[atom]
            upward = atom.op in ("gt", "ge")
            difference = sub(*atom.args)
            least = value if upward else -value
            # All variables, not those with a slope at the centre: min(1, x) has none where x is above 1, and may have one elsewhere.
            for i, row in self.curvature(difference if upward else neg(difference), box).items():
                least += _least(slopes[i] or arb(0), row, i, reach)
            if not (least > 0 or (least >= 0 and atom.op in ("le", "ge"))):
                return False
        return True

    def lagrange(self, cell: Cell, factors: Sequence[Fraction]) -> bool:
        """Say whether the second-order form decides f - sum q_i h_i > 0 (>= 0 where the goal is), for one relation f > 0 and hypotheses h_i >= 0.

        ``factors`` has a q_i for each relation that the hypotheses join: 0 or more, of any sign for an equation, 0 where it is neither.
        """
        goal = self.chart.goal
        parts = [part for formula in self.chart.given for part in conjuncts(formula)]
        if goal.op not in ("lt", "le", "gt", "ge") or len(factors) != len(parts):
            return False
        f = _upward(goal)
        for factor, part in zip(factors, parts, strict=True):
            if factor and not (part.op == "eq" or (factor > 0 and part.op in ("lt", "le", "gt", "ge"))):
                return False
            f = sub(f, mul(num(factor), _upward(part))) if factor else f
        # Terms of f and h may cancel, and with them the places at which they have no value.
        if not all(a.is_finite() and b.is_finite() for a, b in sides(self.formulas, self.balls, self.box(cell)).values()):
            return False
        relation = Term("gt" if goal.op in ("lt", "gt") else "ge", (f, num(0)))
        return Enclosures(replace(self.chart, goal=relation), self.obligation, self.bits, clip=self.clip).second_order(cell)

    def curvature(self, term: Term, box: Mapping[str, arb]) -> dict[int, dict[int, arb]]:
        """Return enclosures of the second derivatives over a box in all variables of a term; not finite where it is not smooth."""
        names = self.chart.names
        used = [axis for axis, name in enumerate(names) if name in variables(term)]
        found: dict[int, dict[int, arb]] = {i: {} for i in used}
        for i in used:
            series = Series(3)
            env = {name: series.variable(x) if name == names[i] else series.constant(x) for name, x in box.items()}
            found[i][i] = 2 * series.coefficients(evaluate((term,), series, env)[0])[2]
            for j in used[: used.index(i)]:
                inner = Series(2)
                outer = PowerSeries(inner, 2)
                mixed = {name: outer.constant(inner.variable(x) if name == names[i] else inner.constant(x)) for name, x in box.items()}
                mixed[names[j]] = [inner.constant(box[names[j]]), inner.one]
                found[i][j] = found[j][i] = inner.coefficients(evaluate((term,), outer, mixed)[0][1])[1]
        return found

    def decides(self, form: str, cell: Cell) -> bool:
        """Say whether the form N, M, C or H decides the cell."""
        return {"N": self.natural, "M": self.mean_value, "C": self.corner, "H": self.second_order}[form](cell)


def _upward(relation: Term) -> Term:
    """Return the difference of both sides that is > 0 or >= 0 where the inequality holds; for an equation, either."""
    return sub(*(relation.args if relation.op in ("gt", "ge", "eq") else relation.args[::-1]))


def _least(slope: arb, row: Mapping[int, arb], axis: int, reach: list[arb]) -> arb:
    """Return a lower bound of g h + d h^2 / 2 for |h| <= r, where d is the diagonal entry less the others, each shared by |2 h k| <= (s h^2 + k^2 / s).

    Summed over the axes these are at most g h + h H h / 2.
    """
    r, d = reach[axis], row[axis]
    for other, entry in row.items():
        if other != axis:
            d -= entry.abs_upper() * reach[other] / r
    d, g = d.lower(), slope.abs_upper()
    ends: arb = -g * r + d * r * r / 2
    if d > 0:  # a parabola with its vertex at -g/d: inside, its value there; outside, the value at the end; never less than without d
        inside: arb = (-g * r).max(-g * g / (2 * d))
        return ends if slope.abs_lower() >= d * r else inside
    return ends


def bisection(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept ``goal`` when every leaf of an exact bisection tree decides it.

        P on [l, m]        P on [m, u]
        ------------------------------   m = (l + u) / 2, exact
                 P on [l, u]

    The tree is a text in preorder: a digit cuts that variable, a capital is a leaf decided by the natural (N), the mean value
    (M), the corner (C) or the second-order (H) form; or by the second-order form of f - sum q_i h_i (L), f > 0 being the goal and h_i >= 0,
    h_i > 0 or h_i = 0 the relations that the hypotheses join. ``factors`` has the rational q_i of each such leaf, in order.

    Soundness: the unit cube maps onto the domain by construction; a cut at an exact midpoint loses no point; on a leaf the
    enclosures contain every value of the terms, and relations are tested one-sidedly, so that NaN decides nothing. The mean
    value form holds on the convex cell for the Lipschitz terms of the language (Clarke's derivatives for abs, min, max); the second-order form is Taylor's
    with Lagrange's remainder, where second derivatives are finite over the cell and so the term is smooth. Where the hypotheses
    hold, sum q_i h_i >= 0, because each q_i is >= 0 or h_i is 0, so f is at least the sum of the other part. Where
    `conditions` are proved, arguments of sqrt, acos and asin are cut to their domain of definition.

    Rejects: a leaf that does not decide (PC303); missing or trailing nodes (PC304) or factors (PC302); an unbounded domain (PC315).
    """
    only_keys(node, "prec", "tree", "factors", "conditions")
    bits = number_of(node, "prec", 30, 4096)
    chart = chart_of(goal)
    clip = "conditions" in node
    if clip:
        require_defined(goal, node, link, (*goal.given, goal.goal))
    enclosures = Enclosures(chart, goal, bits, clip=clip)
    factors = factors_of(node)
    if len(factors) != text_of(node, "tree").count("L"):
        raise Rejected("PC302", "`factors` has a list for each leaf L.", goal.name)
    rows = iter(factors)
    with precision(bits):
        for form, cell in leaves(text_of(node, "tree"), unit(chart), FORMS):
            if not (enclosures.lagrange(cell, next(rows)) if form == "L" else enclosures.decides(form, cell)):
                where = ", ".join(f"{name} in [{low}, {high}]" for name, (low, high) in zip(chart.names, cell, strict=True))
                raise Rejected("PC303", f"The leaf with t = {where or 'the only point'} is not decided by form {form}.", goal.name)
    return True


def factors_of(node: Node) -> list[list[Fraction]]:
    """Return the rational factors of the leaves L. Rejects what is none (PC302)."""
    rows = node.get("factors", [])
    if not isinstance(rows, list) or not all(isinstance(row, list) and all(isinstance(q, str) and FACTOR.fullmatch(q) for q in row) for row in rows):
        raise Rejected("PC302", "`factors` has lists of fractions, as texts with at most 40 digits above and below.")
    return [[Fraction(q) for q in row] for row in rows]


def leaves(tree: str, root: Cell, forms: str = PLAIN) -> Iterator[tuple[str, Cell]]:
    """Yield the leaves of a tree with their cells. Rejects a tree with missing or trailing nodes (PC304)."""
    if len(tree) > MAX_NODES:
        raise Rejected("PC304", f"The tree has more than {MAX_NODES} nodes.")
    stack = [root]
    for letter in tree:
        if not stack:
            raise Rejected("PC304", "The tree has trailing nodes.")
        cell = stack.pop()
        if letter in forms:
            yield letter, cell
            continue
        axis = DIGITS.find(letter)
        if not 0 <= axis < len(cell):
            raise Rejected("PC304", f"{letter!r} is not a leaf form and not a variable.")
        if len(stack) >= MAX_CUTS:
            raise Rejected("PC304", f"The tree is more than {MAX_CUTS} cuts deep.")
        first, second = halves(cell, axis)
        stack += [second, first]
    if stack:
        raise Rejected("PC304", "The tree ends before its last leaf.")


def split(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept ``goal`` when it holds on each piece of the domain of one variable.

        P on [l, c]      P on [c, u]
        ----------------------------
                 P on [l, u]

    Soundness: every x of the domain is <= c or >= c, and each piece contains its cut. Cuts are constants.
    """
    only_keys(node, "var", "at", "pieces")
    name, cuts = text_of(node, "var"), node.get("at")
    box = goal.box
    pieces = nodes_of(node, "pieces")
    if name not in box or not isinstance(cuts, list) or len(pieces) != len(cuts) + 1:
        raise Rejected("PC309", f"A split needs a variable, cuts, and one piece more than cuts; {name!r} with {len(pieces)} pieces.", goal.name)
    scope = scope_of(goal)
    ends = [term_in(scope, cut) for cut in cuts]
    if not all(not variables(end) and has_value(end) for end in ends):
        raise Rejected("PC309", "Cuts are constants.", goal.name)
    whole = box[name]
    for i, piece in enumerate(pieces):
        lower, lower_closed = (ends[i - 1], True) if i else (whole.lower, whole.lower_closed)
        upper, upper_closed = (ends[i], True) if i < len(ends) else (whole.upper, whole.upper_closed)
        part = replace(whole, lower=lower, upper=upper, lower_closed=lower_closed, upper_closed=upper_closed)
        domains = tuple((n, part if n == name else d) for n, d in goal.domains)
        established(replace(goal, name=f"{goal.name}: {name} in {part}", domains=domains), piece, link)
    return True


def cases(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept ``goal`` when it follows from a formula and from its opposite.

        A, H => P      not A, H => P
        ----------------------------
                  H => P

    Soundness: the excluded middle, at every point at which the relation has values; ``on`` is a single relation whose terms
    are polynomials in the variables (no conditions), so it always has.
    """
    only_keys(node, "on", "yes", "no")
    formula = formula_in(scope_of(goal), text_of(node, "on"))
    if len(relations(formula)) != 1 or formula.op in ("and", "or", "not"):
        raise Rejected("PC309", "Cases are made on one relation.", goal.name)
    require_defined(goal, {}, link, [formula])
    opposite = Term(NEGATED[formula.op], formula.args)
    for key, extra in (("yes", formula), ("no", opposite)):
        piece = node.get(key)
        if not isinstance(piece, dict):
            raise Rejected("PC309", f"The case `{key}` is missing.", goal.name)
        established(replace(goal, name=f"{goal.name}: {extra}", given=(*goal.given, extra)), piece, link)
    return True

