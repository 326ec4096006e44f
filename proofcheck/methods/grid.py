"""Method ``grid``: is the obligation true at every node of a stated grid? Support by finitely many points, or a witness.

Nodes are exact. Node k of a variable lies at the fraction f = k/m of the way from the lower to the upper end:

==========  ==================================================================================================================
spacing     nodes for ``points = n``
==========  ==================================================================================================================
inside      n nodes, all in the domain: a closed end is a node, an open end is the neighbour of one, so that
            m = n - 1 + (number of open ends)
linspace    numpy.linspace(lower, upper, n) with the ends that the domain excludes dropped: m = n - 1
==========  ==================================================================================================================

A finite interval has the nodes lower + f (upper - lower), where ends may use earlier variables; [a, inf) has a + f/(1 - f),
(-inf, b] has b - (1 - f)/f, and the line t/(1 - |t|) with t = 2f - 1. A whole-number variable takes all its values, or n evenly
spread ones. ``given`` removes points.

Three looks, each only at what the one before left open: float64 with error bounds, balls, mpmath. What is smaller than
10^-(digits - 10) for mpmath is a tie: no sign. An equality holds where both sides agree to 4/5 of the digits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from heapq import nsmallest
from math import ceil, log2, prod
from multiprocessing import current_process, get_context
from typing import Any, TypeAlias

import numpy as np

from ..algebras.floats import FloatsWithError, evaluated
from ..algebras.mpmath import Mpmath
from ..evidence import Evidence, Margin, Proof, Support, Undecided
from ..kernel.algebra import Ball, compiled, decide, evaluate, precision, relations
from ..kernel.errors import Malformed
from ..kernel.rules.points import inside, settled
from ..kernel.terms import (
    NEGATED,
    Domain,
    Obligation,
    Term,
    add,
    conjunction,
    mul,
    neg,
    num,
    rational,
    show,
    sub,
    substitute,
    variables,
)  # fmt: skip

Progress: TypeAlias = Callable[[int, int, str], None]
digits_of = lru_cache(maxsize=8)(Mpmath)
"""The algebra for a number of digits: to make its context takes longer than many evaluations."""
Index: TypeAlias = tuple[int, ...]

NAME = "grid"
OPTIONS = ("points", "digits", "spacing", "jobs", "part")
MAX_POINTS = 10**9
MAX_AXIS = 10**8
MAX_PRECISE = 100_000  # points that mpmath may be asked about: about 100 s
MAX_DIGITS = 1_000
DEFAULT_POINTS, DEFAULT_DIGITS = 10_000, 50
BLOCK, ROW, MEMORY = 2**14, 2**12, 2**23  # points of a block, of its last axis, and numbers held at once
TASK = 2**20
KEPT = 32
SCREEN = 2.0  # a sign is clear where the value exceeds twice its error bound


def attempt(obligation: Obligation, options: Mapping[str, Any], progress: Progress) -> Evidence:
    """Return Support, a candidate witness, or the reason for neither, after a look at every node.

    Options: ``points`` (a number for every axis, or a table by variable), ``digits`` (50), ``spacing``, ``jobs`` (processes),
    ``part`` (a table of half-open ranges of node numbers). Raises Malformed for options that cannot be used (PC104, PC106, PC204).
    """
    start = time.monotonic()
    plan = planned(obligation, options)
    if isinstance(plan, Undecided):
        return plan
    evidence = concluded(plan, gathered(plan, options.get("jobs", 1), progress))
    return replace(evidence, seconds=time.monotonic() - start)


# -- the grid ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Axis:
    """The nodes of one variable: number i lies at the fraction (first + i)/parts; whole numbers are start + floor(fraction * span)."""

    name: str
    domain: Domain
    size: int
    first: int
    parts: int
    start: int = 0
    span: int = 0

    def fraction(self, i: int) -> Fraction:
        """Return how far node ``i`` is on the way from the lower to the upper end."""
        return Fraction(self.first + i, self.parts)

    def whole(self, i: int) -> int:
        """Return node ``i`` of a whole-number variable."""
        return self.start + (self.first + i) * self.span // self.parts


@dataclass(frozen=True)
class Plan:
    """What every process needs to know: the axes, the hypotheses, the goal, and how blocks are cut."""

    obligation: Obligation
    axes: tuple[Axis, ...]
    given: Term | None
    goal: Term
    digits: int
    pieces: Index

    @property
    def bits(self) -> int:
        """The precision of balls, in bits."""
        return ceil((self.digits + 10) * log2(10))

    @property
    def points(self) -> int:
        """How many nodes the grid has, before hypotheses."""
        return prod(axis.size for axis in self.axes)

    @property
    def blocks(self) -> Index:
        """How many blocks there are along each axis."""
        return tuple(-(-axis.size // piece) for axis, piece in zip(self.axes, self.pieces, strict=True))

    def block(self, number: int) -> tuple[tuple[int, int], ...]:
        """Return the ranges of node numbers of a block; the last axis runs fastest."""
        ranges = []
        for axis, piece, count in reversed(list(zip(self.axes, self.pieces, self.blocks, strict=True))):
            number, k = divmod(number, count)
            ranges.append((k * piece, min((k + 1) * piece, axis.size)))
        return tuple(reversed(ranges))


def planned(obligation: Obligation, options: Mapping[str, Any]) -> Plan | Undecided:
    """Return the plan that the options ask for; Undecided for domains that a grid cannot walk through."""
    for key in options:
        if key not in (*OPTIONS, "method"):
            raise Malformed("PC202", f"`{key}` is not an option of the method grid.", hint=f"Options: {', '.join(OPTIONS)}.")
    digits = _whole("digits", options.get("digits", DEFAULT_DIGITS), 15, MAX_DIGITS)
    _whole("jobs", options.get("jobs", 1), 1, 1024)
    if options.get("spacing", "inside") not in ("inside", "linspace"):
        raise Malformed("PC204", f"`spacing` is {options['spacing']!r}; it is `inside` or `linspace`.")
    sizes = _sizes(obligation, options.get("points"))
    part = options.get("part", {})
    if not isinstance(part, Mapping) or not set(part) <= set(sizes):
        raise Malformed("PC204", "`part` is a table of ranges of node numbers by variable.")
    axes = []
    for name, domain in obligation.domains:
        axis = _axis(name, domain, sizes[name], linspace=options.get("spacing") == "linspace")
        if axis is None:
            return Undecided(obligation.name, NAME, "fragment", f"the whole-number domain of {name} has ends that are not numbers")
        axes.append(_cut(axis, part.get(name)))
    points = prod(axis.size for axis in axes)
    exact = any(atom.op == "eq" for atom in relations(obligation.goal))
    limit = MAX_PRECISE if exact else MAX_POINTS
    if points > limit:
        why = " for an equality, where float64 decides nothing" if exact else ""
        raise Malformed("PC106", f"The grid has {points} points; {limit} are allowed{why}.", hint="Lower `points`.")
    given = (*obligation.given, *(Term("lt", ends) for _, domain in obligation.domains if (ends := _dependent(domain))))
    formula = conjunction(given) if given else None
    steps = sum(len(compiled((margin(f),))[0]) for f in (formula, obligation.goal) if f is not None)
    block = max(64, min(BLOCK, MEMORY // steps))
    return Plan(obligation, tuple(axes), formula, obligation.goal, digits, _pieces([axis.size for axis in axes], block))


def _whole(key: str, value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed("PC204", f"`{key}` is {value!r}; it is a whole number.")
    if not low <= value <= high:
        raise Malformed("PC106" if value > high else "PC204", f"`{key}` is {value}; it lies between {low} and {high}.")
    return value


def _sizes(obligation: Obligation, points: Any) -> dict[str, int]:
    names = [name for name, _ in obligation.domains]
    default = max(3, int(DEFAULT_POINTS ** (1 / max(1, len(names))) + 1e-9))
    if isinstance(points, Mapping):
        for name in points:
            if name not in names:
                raise Malformed("PC104", f"`points` names {name!r}, which is not a variable here: {', '.join(names)}.")
        return {name: _whole(f"points.{name}", points.get(name, default), 1, MAX_AXIS) for name in names}
    size = default if points is None else _whole("points", points, 1, MAX_AXIS)
    return dict.fromkeys(names, size)


def _axis(name: str, domain: Domain, n: int, *, linspace: bool) -> Axis | None:
    if domain.integer:
        return _whole_axis(name, domain, n)
    closed = int(domain.lower_closed), int(domain.upper_closed)
    parts = n - 1 if linspace else n + 1 - sum(closed)
    size = n - 2 + sum(closed) if linspace else n
    if parts < 1 or size < 1:
        raise Malformed("PC204", f"{n} point(s) for {name} in {domain} leave no node.", hint="Raise `points`.")
    return Axis(name, domain, size, 1 - closed[0], parts)


def _whole_axis(name: str, domain: Domain, n: int) -> Axis | None:
    ends = [None if end is None else rational(end) for end in (domain.lower, domain.upper)]
    if any(end is None and given is not None for end, given in zip(ends, (domain.lower, domain.upper), strict=True)):
        return None
    low = None if ends[0] is None else ceil(ends[0]) + (ends[0].denominator == 1 and not domain.lower_closed)
    high = None if ends[1] is None else ends[1].__floor__() - (ends[1].denominator == 1 and not domain.upper_closed)
    start = low if low is not None else high - n + 1 if high is not None else -(n // 2)
    last = high if high is not None else start + n - 1
    count = last - start + 1
    size = min(n, count)
    return Axis(name, domain, size, 0, max(1, size - 1), start, count - 1)


def _cut(axis: Axis, ends: Any) -> Axis:
    if ends is None:
        return axis
    if not isinstance(ends, list) or len(ends) != 2 or not all(type(end) is int for end in ends) or not 0 <= ends[0] < ends[1] <= axis.size:
        raise Malformed("PC204", f"`part.{axis.name}` is {ends!r}; it is [first, end] with 0 <= first < end <= {axis.size}.")
    return replace(axis, first=axis.first + ends[0], size=ends[1] - ends[0])


def _dependent(domain: Domain) -> tuple[Term, Term] | None:
    """Return the ends of an interval that may be empty for some values of the earlier variables."""
    if domain.lower is None or domain.upper is None or not variables(domain.lower) | variables(domain.upper):
        return None
    return domain.lower, domain.upper


def _pieces(sizes: list[int], block: int) -> Index:
    """Return the side lengths of a block: long in the last variable, but leaving room for several nodes of the one before."""
    pieces: list[int] = []
    for place, size in enumerate(reversed(sizes)):
        room = block // prod(pieces)
        pieces.append(max(1, min(size, min(room, ROW) if place == 0 and len(sizes) > 1 else room)))
    return tuple(reversed(pieces))


def _node(axis: Axis, i: int, algebra: Any, end: Callable[[Term], Any]) -> Any:
    """Return node ``i`` in an algebra; ``end`` evaluates an end of the domain."""
    if axis.domain.integer:
        return algebra.number(Fraction(axis.whole(i)))
    f, lower, upper = axis.fraction(i), axis.domain.lower, axis.domain.upper
    if lower is None and upper is None:
        t = 2 * f - 1
        return algebra.number(t / (1 - abs(t)))
    if lower is not None and f == 0:
        return end(lower)
    if upper is not None and f == 1:
        return end(upper)
    if lower is None or upper is None:
        step = algebra.number(f / (1 - f) if upper is None else (1 - f) / f)
        return algebra.add(end(lower), step) if lower is not None else algebra.sub(end(upper), step) if upper is not None else step
    low = end(lower)
    return algebra.add(low, algebra.mul(algebra.number(f), algebra.sub(end(upper), low)))


def position(axes: tuple[Axis, ...], index: Index, algebra: Any) -> dict[str, Any]:
    """Return the coordinates of a node in an algebra."""
    env: dict[str, Any] = {}
    for axis, i in zip(axes, index, strict=True):
        env[axis.name] = _node(axis, i, algebra, lambda end: evaluate((end,), algebra, env)[0])
    return env


class _Terms:
    """The algebra whose numbers are terms."""

    number, add, sub, mul = staticmethod(num), staticmethod(add), staticmethod(sub), staticmethod(mul)


def exact_position(axes: tuple[Axis, ...], index: Index) -> dict[str, Term]:
    """Return the coordinates of a node as terms without variables."""
    env: dict[str, Term] = {}
    for axis, i in zip(axes, index, strict=True):
        env[axis.name] = _node(axis, i, _Terms, lambda end: substitute(end, env))
    return env


def node_arrays(axes: tuple[Axis, ...], ranges: tuple[tuple[int, int], ...], algebra: FloatsWithError) -> dict[str, Any]:
    """Return the coordinates of a block of nodes, each with its error; axis j of the arrays is variable j, of length 1 where constant."""
    env: dict[str, Any] = {}
    for j, (axis, (a, b)) in enumerate(zip(axes, ranges, strict=True)):
        shape = [1] * len(axes)
        shape[j] = b - a
        env[axis.name] = _axis_array(axis, a, b, tuple(shape), algebra, env)
    return env


def _axis_array(axis: Axis, a: int, b: int, shape: Index, algebra: FloatsWithError, env: Mapping[str, Any]) -> Any:
    if axis.domain.integer:
        return np.array([float(axis.whole(i)) for i in range(a, b)]).reshape(shape), np.zeros(shape)
    k, m = np.arange(axis.first + a, axis.first + b, dtype=np.float64).reshape(shape), np.asarray(float(axis.parts))
    ends = (axis.domain.lower, axis.domain.upper)
    low, high = (None if end is None else evaluated((end,), algebra, env)[0] for end in ends)
    if low is not None and high is None:
        value, error = algebra.add(low, algebra.ratio(k, m - k))
    elif high is not None and low is None:
        value, error = algebra.sub(high, algebra.ratio(m - k, k))
    elif low is not None and high is not None:
        value, error = algebra.add(low, algebra.mul(algebra.ratio(k, m), algebra.sub(high, low)))
    else:
        value, error = algebra.ratio(2 * k - m, m - np.abs(2 * k - m))
    for here, end in ((k == 0, low), (k == m, high)):
        if end is not None and here.any():
            value, error = np.where(here, end[0], value), np.where(here, end[1], error)
    return value, error


# -- what holds where ----------------------------------------------------------------------------------------------------


def margin(formula: Term, *, negated: bool = False) -> Term:
    """Return a term that is positive where the formula holds strictly, negative where it fails, and 0 on the edge.

    a < b and a <= b: b - a; a = b: -|a - b|; a != b: |a - b|; and: min; or: max.
    """
    op = formula.op
    if op == "not":
        return margin(formula.args[0], negated=not negated)
    if op in ("and", "or"):
        left, right = (margin(arg, negated=negated) for arg in formula.args)
        return Term("min" if (op == "and") != negated else "max", (left, right))
    a, b = formula.args
    op = NEGATED[op] if negated else op
    if op in ("lt", "le"):
        return sub(b, a)
    if op in ("gt", "ge"):
        return sub(a, b)
    distance = Term("abs", (sub(a, b),))
    return neg(distance) if op == "eq" else distance


@dataclass
class Tally:
    """What was seen on a part of the grid. Numbers of points; a few of them by index; margins as exact rationals."""

    nodes: int = 0
    inside: int = 0
    balls: int = 0
    precise: int = 0
    edges: int = 0
    ties: int = 0
    unsigned: int = 0
    undefined: int = 0
    tied_at: Index | None = None
    undefined_at: Index | None = None
    violated_at: Index | None = None
    clear_up_to: float = float("inf")
    clear: list[tuple[float, Index]] = field(default_factory=list)
    settled: list[tuple[Fraction, Index]] = field(default_factory=list)

    @property
    def finished(self) -> bool:
        """Say whether nothing more can be learned: a violation, or too many points that need mpmath."""
        return self.violated_at is not None or self.precise > MAX_PRECISE

    def merge(self, other: Tally) -> None:
        """Add what was seen on another part, later in the order of blocks."""
        for name in ("nodes", "inside", "balls", "precise", "edges", "ties", "unsigned", "undefined"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("tied_at", "undefined_at", "violated_at"):
            if getattr(self, name) is None:
                setattr(self, name, getattr(other, name))
        self.clear_up_to = min(self.clear_up_to, other.clear_up_to)
        self.clear = nsmallest(KEPT, (item for item in self.clear + other.clear if item[0] <= self.clear_up_to))
        self.settled = nsmallest(KEPT, self.settled + other.settled)


class _UndefinedError(Exception):
    """A side of a relation has no value."""


class Look:
    """One process's view: the plan with its algebras, and what has been seen so far."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.floats, self.balls = FloatsWithError(), Ball()
        self.mpmaths = [digits_of(plan.digits), digits_of(2 * plan.digits)]
        self.goal_margin = margin(plan.goal)
        self.given_margin = None if plan.given is None else margin(plan.given)
        self.tally = Tally()

    def screened(self, ranges: tuple[tuple[int, int], ...], term: Term) -> tuple[Any, Any]:
        """Return values and error bounds of a term on a block of nodes."""
        env = node_arrays(self.plan.axes, ranges, self.floats)
        ((value, error),) = evaluated((term,), self.floats, env)
        shape = tuple(b - a for a, b in ranges)
        return np.broadcast_to(value, shape), np.broadcast_to(SCREEN * error, shape)

    def block(self, number: int) -> None:
        """Look at every node of a block."""
        ranges = self.plan.block(number)
        self.tally.nodes += prod(b - a for a, b in ranges)
        surely: Any = None
        maybe: Any = None
        if self.given_margin is not None:
            value, error = self.screened(ranges, self.given_margin)
            maybe = ~(value < -error)
            if not maybe.any():
                return
            ranges, cut = _trimmed(ranges, maybe)
            maybe, surely = maybe[cut], (value > error)[cut]
        value, error = self.screened(ranges, self.goal_margin)
        low = np.asarray(value - error)
        clear = np.asarray(low > 0)
        if surely is not None:
            clear &= surely
        self.note_clear(ranges, low, np.asarray(value + error), clear)
        rest = ~clear if maybe is None else maybe & ~clear
        if rest.any():
            # Points that look like violations come first: one is enough.
            for places in (np.argwhere(rest & (value < -error)), np.argwhere(rest & ~(value < -error))):
                for place in places:
                    self.settle(tuple(int(i) + a for i, (a, _) in zip(place, ranges, strict=True)))
                    if self.tally.finished:
                        return

    def note_clear(self, ranges: tuple[tuple[int, int], ...], low: Any, high: Any, clear: Any) -> None:
        """Count the points that float64 decides, and keep those that may have the smallest margin (of a plateau, the first few)."""
        tally, count = self.tally, int(np.count_nonzero(clear))
        if not count:
            return
        tally.inside += count
        if count < clear.size:
            low, high = np.where(clear, low, np.inf), np.where(clear, high, np.inf)
        tally.clear_up_to = min(tally.clear_up_to, float(high.min()))
        if float(low.min()) > tally.clear_up_to:
            return
        places = np.argwhere(low <= tally.clear_up_to)
        found = [(float(low[tuple(place)]), tuple(int(i) + a for i, (a, _) in zip(place, ranges, strict=True))) for place in places[: 4 * KEPT]]
        tally.clear = nsmallest(KEPT, (item for item in tally.clear + found if item[0] <= tally.clear_up_to))

    def settle(self, index: Index) -> None:
        """Decide one node with balls, and with mpmath where balls do not tell."""
        tally, plan = self.tally, self.plan
        tally.balls += 1
        with precision(plan.bits):
            env = position(plan.axes, index, self.balls)
            inside = True if plan.given is None else decide(plan.given, self.sides(plan.given, self.balls, env)[1])
            value, sides = self.sides(plan.goal, self.balls, env) if inside is not False else (None, {})
            holds = decide(plan.goal, sides) if inside is True else None
            exact = _fraction(value) if holds else None
        if inside is False:
            return
        if holds is True and exact is not None:
            tally.inside += 1
            tally.settled = nsmallest(KEPT, [*tally.settled, (exact, index)])
        elif holds is False:
            tally.inside += 1
            tally.violated_at = index
        else:
            self.settle_precisely(index)

    def settle_precisely(self, index: Index) -> None:
        """Decide one node with mpmath; what is undefined is looked at again with twice the digits."""
        tally, plan = self.tally, self.plan
        tally.precise += 1
        for algebra in self.mpmaths:
            try:
                env = position(plan.axes, index, algebra)
                if plan.given is not None:
                    inside, edge = self.truth(plan.given, algebra, env, hypothesis=True)
                    tally.edges += edge
                    if not inside:
                        return
                holds, tied = self.truth(plan.goal, algebra, env, hypothesis=False)
                value = self.sides(plan.goal, algebra, env)[0]
            except _UndefinedError:
                continue
            tally.inside += 1
            tally.ties += tied
            if tied and (tally.tied_at is None or (holds is None and not tally.unsigned)):
                tally.tied_at = index
            tally.unsigned += holds is None
            if holds is False:
                tally.violated_at = index
            elif algebra.finite(value):
                tally.settled = nsmallest(KEPT, [*tally.settled, (algebra.exact(value), index)])
            return
        tally.undefined += 1
        tally.undefined_at = tally.undefined_at or index

    @staticmethod
    def sides(formula: Term, algebra: Any, env: Mapping[str, Any]) -> tuple[Any, dict[Term, tuple[Any, Any]]]:
        """Return the margin of a formula and both sides of each of its relations."""
        atoms = relations(formula)
        values = evaluate((margin(formula), *(side for atom in atoms for side in atom.args)), algebra, env)
        return values[0], {atom: (values[2 * i + 1], values[2 * i + 2]) for i, atom in enumerate(atoms)}

    def truth(self, formula: Term, algebra: Mpmath, env: Mapping[str, Any], *, hypothesis: bool) -> tuple[bool | None, bool]:
        """Return whether a formula holds (None: a strict relation ties), and whether a relation ties.

        In a hypothesis a tie satisfies relations that are not strict and no others.
        """
        tie = algebra.context.mpf(10) ** -(self.plan.digits - 10)
        close = algebra.context.mpf(10) ** -(4 * self.plan.digits // 5)
        tied = False
        known: dict[Term, bool | None] = {}
        for atom, (a, b) in self.sides(formula, algebra, env)[1].items():
            if not (algebra.finite(a) and algebra.finite(b)):
                raise _UndefinedError
            if atom.op == "eq":
                known[atom] = bool(abs(a - b) < close * max(1, abs(a), abs(b)))
            elif abs(a - b) < tie:
                tied = True
                known[atom] = True if atom.op in ("le", "ge") else False if hypothesis else None
            else:
                known[atom] = atom.op == "ne" or (atom.op in ("lt", "le")) == bool(a < b)
        return _kleene(formula, known), tied


def _kleene(formula: Term, known: Mapping[Term, bool | None]) -> bool | None:
    """Return the truth of a formula from that of its relations, unknown ones included."""
    if formula.op == "not":
        inner = _kleene(formula.args[0], known)
        return None if inner is None else not inner
    if formula.op in ("and", "or"):
        left, right = (_kleene(arg, known) for arg in formula.args)
        strong = formula.op == "or"
        return strong if left is strong or right is strong else None if left is None or right is None else not strong
    return known[formula]


def _fraction(value: Any) -> Fraction | None:
    """Return the midpoint of a ball."""
    if not value.is_finite():
        return None
    mantissa, exponent = value.mid().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _trimmed(ranges: tuple[tuple[int, int], ...], mask: Any) -> tuple[tuple[tuple[int, int], ...], tuple[slice, ...]]:
    """Return the smallest sub-block that contains the mask, as node numbers and as slices."""
    cut = []
    for j in range(mask.ndim):
        used = np.flatnonzero(mask.any(axis=tuple(i for i in range(mask.ndim) if i != j)))
        cut.append(slice(int(used[0]), int(used[-1]) + 1))
    return tuple((a + part.start, a + part.stop) for (a, _), part in zip(ranges, cut, strict=True)), tuple(cut)


# -- the whole grid ------------------------------------------------------------------------------------------------------

_plan: Plan | None = None  # set once in every worker process


def _prepare(plan: Plan) -> None:
    global _plan  # noqa: PLW0603 - a worker process has one plan, handed over when it starts
    _plan = plan


def _task(blocks: tuple[int, int]) -> Tally:
    assert _plan is not None
    return examined(_plan, blocks)


def examined(plan: Plan, blocks: tuple[int, int]) -> Tally:
    """Return what is seen on a range of blocks. Depends on nothing but its arguments."""
    look = Look(plan)
    with np.errstate(all="ignore"):
        for number in range(*blocks):
            look.block(number)
            if look.tally.finished:
                break
    return look.tally


def gathered(plan: Plan, jobs: int, progress: Progress) -> Tally:
    """Return what is seen on the whole grid; the same for every number of processes."""
    total = Tally()
    for tally in _tallies(plan, jobs):
        total.merge(tally)
        note = f"{total.balls} points looked at beyond float64" if total.balls else "float64"
        progress(total.nodes, plan.points, note)
        if total.finished:
            break
    return total


def _tallies(plan: Plan, jobs: int) -> Iterator[Tally]:
    """Yield tallies in the order of blocks."""
    count = prod(plan.blocks)
    step = max(1, TASK // prod(plan.pieces))
    tasks = [(a, min(a + step, count)) for a in range(0, count, step)]
    if jobs == 1 or len(tasks) == 1 or current_process().daemon:  # a daemon may not have children
        yield from (examined(plan, task) for task in tasks)
        return
    # `fork` hands the plan over without pickling it: a deep term would overflow the pickler's recursion.
    with ProcessPoolExecutor(min(jobs, len(tasks)), get_context("fork"), _prepare, (plan,)) as pool:
        try:
            yield from pool.map(_task, tasks)
        finally:
            pool.shutdown(cancel_futures=True)


def concluded(plan: Plan, tally: Tally) -> Evidence:
    """Return the evidence that a tally amounts to."""
    name = plan.obligation.name
    if tally.violated_at is not None:
        found = refuted(plan, tally.violated_at)
        return found or Undecided(name, NAME, "contradicted", f"mpmath finds {_violation(plan, tally.violated_at)}; the kernel cannot confirm it there")
    if tally.precise > MAX_PRECISE:
        return Undecided(name, NAME, "budget", f"more than {MAX_PRECISE} points need mpmath; {tally.nodes} of {plan.points} nodes were looked at")
    if tally.undefined_at is not None:
        seen = f"{tally.undefined} point(s) where a side has no value, the first at {_text(_at(plan, tally.undefined_at))}"
        return Undecided(name, NAME, "obstruction", seen)
    if tally.unsigned and tally.tied_at is not None:
        # Both sides may be equal exactly, which violates a strict relation: exact normal forms can tell.
        if found := refuted(plan, tally.tied_at):
            return found
        seen = f"{tally.unsigned} point(s) where {plan.digits} digits do not tell the margin from 0, the first at {_text(_at(plan, tally.tied_at))}"
        return Undecided(name, NAME, "obstruction", seen, margin=smallest(plan, tally))
    if not tally.inside:
        return Undecided(name, NAME, "obstruction", f"none of the {tally.nodes} nodes satisfies the hypotheses")
    least = smallest(plan, tally)
    return Support(name, NAME, "numerical", _detail(plan, tally, least), margin=least)


def refuted(plan: Plan, index: Index) -> Proof | None:
    """Return a candidate witness if the kernel's own decision at this exact node is a violation."""
    terms = exact_position(plan.axes, index)
    member = all(inside(terms[name], domain, terms) for name, domain in plan.obligation.domains)
    if not member or not all(settled(substitute(formula, terms)) is True for formula in plan.obligation.given):
        return None
    if settled(substitute(plan.goal, terms)) is not False:
        return None
    at = _at(plan, index)
    value = digits_of(plan.digits).text(_margin_at(plan, index), 20)
    return Proof(plan.obligation.name, {"rule": "witness", "at": at}, NAME, detail=_violation(plan, index), margin=Margin(value, at))


def _violation(plan: Plan, index: Index) -> str:
    value = digits_of(plan.digits).text(_margin_at(plan, index), 20)
    return f"the margin {value} at {_text(_at(plan, index))}"


def _margin_at(plan: Plan, index: Index) -> Any:
    algebra = digits_of(plan.digits)
    (value,) = evaluate((margin(plan.goal),), algebra, position(plan.axes, index, algebra))
    return value


def smallest(plan: Plan, tally: Tally) -> Margin | None:
    """Return the smallest margin among all points, by its value to all digits and its place; the first place of equals."""
    algebra = digits_of(plan.digits)
    found = [(algebra.exact(value), index) for _, index in tally.clear if algebra.finite(value := _margin_at(plan, index))]
    found += tally.settled
    if not found:
        return None
    _, index = min(found)
    return Margin(algebra.text(_margin_at(plan, index)), _at(plan, index))


def _at(plan: Plan, index: Index) -> dict[str, str]:
    return {name: show(term) for name, term in exact_position(plan.axes, index).items()}


def _text(at: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in at.items()) or "the only point"


def _detail(plan: Plan, tally: Tally, least: Margin | None) -> str:
    grid = " x ".join(str(axis.size) for axis in plan.axes) or "1"
    parts = [f"{tally.inside} points of a {grid} grid" if plan.given is not None else f"{tally.inside} points ({grid})", f"{plan.digits} digits"]
    parts.append(f"{tally.balls} beyond float64, of these {tally.precise} by mpmath")
    if least is not None:
        head = "largest defect" if plan.goal.op == "eq" else "smallest margin"
        value = least.value.removeprefix("-") if plan.goal.op == "eq" else least.value
        parts.append(f"{head} {value} at {_text(least.at)}")
    if tally.ties and tally.tied_at is not None:
        parts.append(f"{tally.ties} ties, the first at {_text(_at(plan, tally.tied_at))}")
    if tally.edges:
        parts.append(f"{tally.edges} point(s) on the edge of a hypothesis")
    return "; ".join(parts)
