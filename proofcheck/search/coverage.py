"""Certified coverage: the part of a domain that the points of a search really exclude; and what could lie unseen between them.

A search looks at points. Around each point an enclosure may prove the claim on a whole cell: the natural form, the mean value
form f(c) + f'(X)(X - c), the second-order form, or monotonicity towards a corner, all by the kernel's balls and gradients. Cells are boxes of the unit
cube t, x = lower + (upper - lower) t, halved as long as both halves hold a point of the search: the smallest cells are those of
single points. A large box that is proved as a whole covers all of its points at once.

Volumes are exact rationals, in t. Where the ends of all domains are constants they are the shares of the volume in x too. Whole
numbers between constant ends count with the same weight each; half-lines and lines are measured in t = (x - a)/(1 + x - a) and
its like.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from multiprocessing import current_process, get_context
from typing import Any, Protocol, TypeAlias

import numpy as np
from flint import arb
from numpy.typing import NDArray

from proofcheck.kernel.algebra import Ball, evaluate, interval, precision, sides
from proofcheck.kernel.calculus import conditions
from proofcheck.kernel.rules.subdivide import DIGITS, FORMS, MAX_CUTS, Cell
from proofcheck.kernel.terms import Domain, Obligation, Term, add, div, mul, num, postorder, rational, show, sub, substitute, var, variables
from proofcheck.methods.budget import Budget
from proofcheck.methods.frontier import Look, Search
from proofcheck.methods.grid import Axis
from proofcheck.methods.inequality import definedness

Array: TypeAlias = NDArray[np.float64]
Dyadic: TypeAlias = tuple[tuple[int, int], ...]
"""A box of the unit cube: for each axis (k, n) stands for [k/2^n, (k + 1)/2^n]."""
Progress: TypeAlias = Callable[[int, int, str], None]

BITS = 64
CELLS = 50_000
KEPT = 200_000  # cells that are kept for a picture
BATCH, FEW = 512, 24  # cells that are looked at together; so few that floats are not worth asking
DECIDED_CONDITIONS = 4000
CLOUD_CELLS = 200_000
CLOUD_DEPTH = 26
CLOSE = 0.02  # relative gap between the bounds of the largest empty box at which the search for it stops


# -- where the points are ------------------------------------------------------------------------------------------------


class Points(Protocol):
    """The points of a search, as far as cells need to know: which of them lie in a box. ``all`` and what ``cut`` returns stand for sets of points."""

    def all(self) -> Any:
        """Return the set of all points."""

    def cut(self, here: Any, axis: int, middle: Fraction) -> tuple[Any, Any]:
        """Return the points of a set below and not below ``middle`` on an axis of the unit cube."""

    def empty(self, here: Any) -> bool:
        """Say whether a set has no point."""


@dataclass(frozen=True)
class Grid:
    """The nodes of a grid; a set is a range of node numbers for each axis."""

    axes: tuple[Axis, ...]

    def all(self) -> Any:
        return tuple((0, axis.size) for axis in self.axes)

    def cut(self, here: Any, axis: int, middle: Fraction) -> tuple[Any, Any]:
        first, end = here[axis]
        at = min(max(first, self.below(self.axes[axis], middle)), end)
        return (*here[:axis], (first, at), *here[axis + 1 :]), (*here[:axis], (at, end), *here[axis + 1 :])

    @staticmethod
    def below(axis: Axis, middle: Fraction) -> int:
        """Return how many nodes of an axis lie below a place of the unit interval."""
        if axis.domain.integer:  # value v stands in the middle of its own piece of the unit interval
            low, high = 0, axis.size
            while low < high:
                half = (low + high) // 2
                if Fraction(2 * (axis.whole(half) - axis.start) + 1, 2 * (axis.span + 1)) < middle:
                    low = half + 1
                else:
                    high = half
            return low
        return math.ceil(middle * axis.parts) - axis.first

    def empty(self, here: Any) -> bool:
        return any(first >= end for first, end in here)


@dataclass(frozen=True)
class Cloud:
    """Single points, as an array of places in the unit cube of shape (variables, points); a set is an array of point numbers."""

    t: Array

    def all(self) -> Any:
        return np.arange(self.t.shape[1])

    def cut(self, here: Any, axis: int, middle: Fraction) -> tuple[Any, Any]:
        low = self.t[axis, here] < float(middle)
        return here[low], here[~low]

    def empty(self, here: Any) -> bool:
        return bool(here.size == 0)


@dataclass(frozen=True)
class Together:
    """The points of several searches as one."""

    parts: tuple[Points, ...]

    def all(self) -> Any:
        return tuple(part.all() for part in self.parts)

    def cut(self, here: Any, axis: int, middle: Fraction) -> tuple[Any, Any]:
        pairs = [part.cut(one, axis, middle) for part, one in zip(self.parts, here, strict=True)]
        return tuple(low for low, _ in pairs), tuple(high for _, high in pairs)

    def empty(self, here: Any) -> bool:
        return all(part.empty(one) for part, one in zip(self.parts, here, strict=True))


class Everywhere:
    """As many points as one likes: for searches by boxes, and for coverage that the points do not limit."""

    def all(self) -> Any:
        return None

    def cut(self, here: Any, axis: int, middle: Fraction) -> tuple[Any, Any]:
        del here, axis, middle
        return None, None

    def empty(self, here: Any) -> bool:
        del here
        return False


# -- the unit cube -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cube:
    """The obligation in coordinates in which every domain is bounded, and the axes of whole numbers with their first value and count."""

    obligation: Obligation
    whole: Mapping[int, tuple[int, int]]
    plain: bool
    measured: str


def cube_of(obligation: Obligation) -> Cube | str:
    """Return the obligation on bounded domains, or in words why it has no unit cube. ``plain``: it is the obligation itself."""
    if not obligation.domains:
        return "a statement without variables has no domain to cover"
    values: dict[str, Term] = {}
    domains: list[tuple[str, Domain]] = []
    whole: dict[int, tuple[int, int]] = {}
    words: list[str] = []
    for i, (name, domain) in enumerate(obligation.domains):
        lower, upper = (None if end is None else substitute(end, values) for end in (domain.lower, domain.upper))
        if domain.integer:
            ends = [None if end is None else rational(end) for end in (lower, upper)]
            if ends[0] is None or ends[1] is None:
                return f"the whole numbers of {name} have no constant ends"
            first = math.floor(ends[0]) + 1 if not domain.lower_closed else math.ceil(ends[0])
            last = math.ceil(ends[1]) - 1 if not domain.upper_closed else math.floor(ends[1])
            whole[i] = (first, last - first + 1)
            domains.append((name, Domain(num(first) if last == first else num(Fraction(2 * first - 1, 2)), num(Fraction(2 * last + 1, 2)), True, True)))
            words.append(f"whole numbers {name} count equally")
        elif lower is None or upper is None:
            values[name] = stretched(lower, upper, var(name))
            domains.append((name, Domain(num(0), num(1), domain.lower_closed, domain.upper_closed)))
            words.append(f"the unbounded {name} is measured in t = {show(place(lower, upper, var(name)))}")
        else:
            domains.append((name, replace(domain, lower=lower, upper=upper)))
            if variables(lower) | variables(upper):
                words.append(f"{name} is measured between its moving ends")
    given = tuple(substitute(formula, values) for formula in obligation.given)
    inner = Obligation(obligation.name, tuple(domains), given, substitute(obligation.goal, values))
    return Cube(inner, whole, not whole and not values, "; ".join(words))


def stretched(lower: Term | None, upper: Term | None, t: Term) -> Term:
    """Return x in terms of t in (0, 1): a + t/(1 - t), b - (1 - t)/t, or (2t - 1)/(1 - |2t - 1|), the maps of the grid."""
    if lower is not None:
        return add(lower, div(t, sub(num(1), t)))
    if upper is not None:
        return sub(upper, div(sub(num(1), t), t))
    s = sub(add(t, t), num(1))
    return div(s, sub(num(1), Term("abs", (s,))))


def place(lower: Term | None, upper: Term | None, x: Term) -> Term:
    """Return t in terms of x, the inverse of ``stretched``; (x - a)/(b - a) where both ends are finite."""
    if lower is not None and upper is not None:
        return div(sub(x, lower), sub(upper, lower))
    if lower is not None:
        return div(sub(x, lower), add(num(1), sub(x, lower)))
    if upper is not None:
        return div(num(1), add(num(1), sub(upper, x)))
    return div(add(num(1), div(x, add(num(1), Term("abs", (x,))))), num(2))


def fractions_of(cell: Dyadic) -> Cell:
    """Return the ends of a box as rationals."""
    return tuple((Fraction(k, 1 << n), Fraction(k + 1, 1 << n)) for k, n in cell)


# -- what a cell shows ---------------------------------------------------------------------------------------------------

OUTSIDE = "outside"
UNDECIDED = frozenset({*DIGITS, "."})


class Judge:
    """Decides cells: N, M, C or H where that form of the kernel proves the claim on the whole cell, or that no point of it counts.

    Of many cells at once, floats say first which forms are worth trying, and along which axis to cut the others; balls decide.
    """

    def __init__(self, cube: Cube, *, clip: bool) -> None:
        self.cube = cube
        self.search = Search(cube.obligation, BITS, clip=clip, factors=False)  # its trees have letters only
        self.enclosures = self.search.enclosures

    def judged(self, cells: Sequence[Dyadic]) -> list[str]:
        """Return for each cell the letter of what decides it, else the digit of the axis to cut first, or "." where none is better."""
        exact = [self.contracted(fractions_of(cell)) for cell in cells]
        held = [cell for cell in exact if cell is not None]
        if len(held) < FEW:
            forms = iter(["NMCH" if self.search.smooth else "NMC"] * len(held))
            axes = iter(["."] * len(held))
        else:
            low = np.array([[float(a) for a, _ in cell] for cell in held]).T
            width = np.array([[float(b - a) for a, b in cell] for cell in held]).T
            looked = Look(self.search, low, width)
            forms, axes = iter(looked.forms.tolist()), iter([DIGITS[axis] if axis < len(DIGITS) else "." for axis in looked.axes.tolist()])
        return [OUTSIDE if cell is None else self.confirmed(cell, next(forms)) or next(axes) for cell in exact]

    def confirmed(self, cell: Cell, forms: str) -> str:
        """Return the first of the forms by which balls decide a cell, OUTSIDE where they find it outside the hypotheses, else nothing."""
        with precision(BITS):
            if forms and self.cube.obligation.given:
                chart = self.enclosures.chart
                if self.enclosures.excluded(sides(chart.given, self.enclosures.balls, self.enclosures.box(cell))):
                    return OUTSIDE
            # Monotonicity matters where both sides meet at a face of the domain; elsewhere the other forms are as good.
            edge = any(low == 0 or high == 1 for low, high in cell)
            return next((form for form in forms if (edge or form != "C" or forms == "C") and self.search.decides(form, cell)), "")

    def contracted(self, cell: Cell) -> Cell | None:
        """Return the hull of the points of a cell whose whole-number coordinates are whole; None where there are none."""
        ends = list(cell)
        for axis, (_, count) in self.cube.whole.items():
            low, high = cell[axis]
            # The first number lies at 1/(2 count), the next at 3/(2 count), …; one on a cut counts in the upper cell, so that each counts once.
            least, most = math.ceil(low * count - Fraction(1, 2)), math.ceil(high * count - Fraction(1, 2)) - 1
            if least > most:
                return None
            ends[axis] = (Fraction(2 * least + 1, 2 * count), Fraction(2 * most + 1, 2 * count)) if count > 1 else (Fraction(0), Fraction(0))
        return tuple(ends)


_judge: Judge | None = None  # set once in every worker process


def _prepare(judge: Judge) -> None:
    global _judge  # noqa: PLW0603 - a worker process has one judge, handed over when it starts
    _judge = judge


def _judged(cells: list[Dyadic]) -> list[str]:
    assert _judge is not None
    return _judge.judged(cells)


# -- coverage ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coverage:
    """How much of a domain is excluded, certified by balls. Volumes are shares of the unit cube and add up to 1.

    proved: the claim holds on these cells. outside: no point of these cells satisfies the hypotheses. left: everything else.
    cells: how many were looked at. finest: the side lengths of the smallest of them. limit: what ended the subdivision, "points" (it is down to the
    cells of the points), "budget", or nothing (everything is decided). remaining: boxes that are left, the first of them.
    node: the kernel's proof, where nothing is left.
    """

    obligation: str
    names: tuple[str, ...]
    proved: Fraction
    outside: Fraction
    left: Fraction
    cells: int
    finest: tuple[Fraction, ...]
    limit: str
    measured: str
    remaining: tuple[Dyadic, ...] = ()
    node: Mapping[str, Any] | None = None

    @property
    def share(self) -> Fraction:
        """The excluded part of what may satisfy the hypotheses."""
        return self.proved / (self.proved + self.left) if self.proved + self.left else Fraction(1)

    def sentence(self) -> str:
        """Return coverage and resolution in words."""
        words = [f"{percent(self.share)} of the domain is excluded by enclosures around the points"]
        if self.outside:
            words.append(f"{percent(self.outside)} of the box lies outside the hypotheses and does not count")
        sides_ = " x ".join(f"1/{1 / side}" for side in self.finest)
        end = {"points": ", the cells of single points", "budget": f", where the budget of {self.cells} cells ended"}.get(self.limit, "")
        words.append(f"{self.cells} cells, the smallest {sides_} of the domain{end}")
        return "; ".join([*words, *([self.measured] if self.measured else [])])

    def to_json(self) -> dict[str, Any]:
        """Return what JSON can hold; volumes as exact fractions in texts."""
        return {
            "obligation": self.obligation, "share": str(self.share), "percent": percent(self.share), "proved": str(self.proved), "outside": str(self.outside),
            "left": str(self.left), "cells": self.cells, "finest": [str(side) for side in self.finest], "limit": self.limit, "measured": self.measured,
            "certificate": self.node is not None,
        }  # fmt: skip


def percent(share: Fraction) -> str:
    """Return a share as a percentage that never says more than is there: rounded down, 100 % only for all of it."""
    if share == 1:
        return "100 %"
    digits = 2
    while digits < 12 and math.floor(share * 10 ** (2 + digits)) == 100 * 10**digits - 1:
        digits += 1
    whole, rest = divmod(math.floor(share * 10 ** (2 + digits)), 10**digits)
    return f"{whole}.{rest:0{digits}d} %"


def _silent(done: int, total: int, note: str) -> None:
    del done, total, note


def cover(obligation: Obligation, points: Points, *, cells: int = CELLS, jobs: int = 1, progress: Progress = _silent) -> Coverage | str:
    """Return the certified coverage, or in words why there is none to speak of. The same for every number of processes.

    The cells of one size are all looked at before smaller ones; ``cells`` bounds how many are.
    """
    cube = cube_of(obligation)
    if isinstance(cube, str):
        return cube
    premises = _premises(cube.obligation)
    judge = Judge(cube, clip=premises is not None)
    names = tuple(name for name, _ in cube.obligation.domains)
    start: Dyadic = tuple((0, 0) for _ in names)
    frontier: list[tuple[Dyadic, Any]] = [(start, points.all())]
    volume = {"proved": Fraction(0), "outside": Fraction(0)}
    found: dict[Dyadic, str] = {}
    remaining: list[Dyadic] = []
    seen, depth, unsplit = 0, 0, 0
    finest = start
    with _Workers(judge, jobs) as workers:
        while frontier and seen < cells and depth < MAX_CUTS:
            frontier, late = frontier[: cells - seen], frontier[cells - seen :]
            letters = workers.judged([cell for cell, _ in frontier])
            seen += len(frontier)
            finest = max((cell for cell, _ in frontier), key=lambda cell: sum(n for _, n in cell))
            following: list[tuple[Dyadic, Any]] = []
            for (cell, here), letter in zip(frontier, letters, strict=True):
                if letter not in UNDECIDED:
                    volume["outside" if letter == OUTSIDE else "proved"] += Fraction(1, 1 << depth)
                    found[cell] = "N" if letter == OUTSIDE else letter
                    continue
                parts = _halved(cell, here, points, cube.whole, letter)
                if parts is None:
                    unsplit += 1
                    remaining.append(cell)
                else:
                    found[cell] = DIGITS[parts[0]] if parts[0] < len(DIGITS) else "?"
                    following += parts[1]
            depth += 1
            frontier = following
            remaining += [cell for cell, _ in late]
            if late:
                break
            progress(seen, cells, f"{len(following)} boxes of size 2^-{depth} left")
    ended = bool(frontier)
    remaining += [cell for cell, _ in frontier]
    left = 1 - volume["proved"] - volume["outside"]
    node = None
    if not left and cube.plain and "?" not in found.values():
        node = {"rule": "bisection", "prec": BITS, "tree": _tree(start, found), **({"conditions": premises} if premises is not None else {})}
    return Coverage(
        obligation.name, names, volume["proved"], volume["outside"], left, seen, tuple(Fraction(1, 1 << n) for _, n in finest),
        "budget" if ended or (left and not unsplit) else "points" if left else "", cube.measured, tuple(remaining[:KEPT]), node,
    )  # fmt: skip


class _Workers:
    """Judges cells in this process or in several; answers come in the order of the cells."""

    def __init__(self, judge: Judge, jobs: int) -> None:
        self.judge, self.jobs = judge, 1 if current_process().daemon else jobs
        self.pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, *_: object) -> None:
        if self.pool is not None:
            self.pool.shutdown(cancel_futures=True)

    def judged(self, cells: list[Dyadic]) -> list[str]:
        """Return a letter or a digit for each cell. Batches are the same for every number of processes."""
        batches = [cells[i : i + BATCH] for i in range(0, len(cells), BATCH)]
        if self.jobs == 1 or len(batches) < 2:
            return [letter for batch in batches for letter in self.judge.judged(batch)]
        if self.pool is None:
            # `fork` hands the judge over without pickling it: a deep term would overflow the pickler's recursion.
            self.pool = ProcessPoolExecutor(self.jobs, get_context("fork"), _prepare, (self.judge,))
        return [letter for found in self.pool.map(_judged, batches) for letter in found]


def _premises(obligation: Obligation) -> list[Any] | None:
    """Return proofs that arguments of roots and arc functions stay in their domains, if there are any to cut; None where they are not found."""
    formulas = (*obligation.given, obligation.goal)
    if not any(node.op in ("sqrt", "acos", "asin") for node in postorder(formulas)):
        return None
    wanted = tuple(dict.fromkeys(c for formula in formulas for c in conditions(formula)))
    return definedness(obligation, wanted, Budget(DECIDED_CONDITIONS, _silent), BITS)


def _halved(
    cell: Dyadic, here: Any, points: Points, whole: Mapping[int, tuple[int, int]], first: str
) -> tuple[int, list[tuple[Dyadic, Any]]] | None:
    """Return both halves across the axis ``first``, else the longest, on which both hold points; None where every cut would leave a half without."""
    preferred = DIGITS.find(first)
    for axis in sorted(range(len(cell)), key=lambda i: (i != preferred, cell[i][1], i)):
        k, n = cell[axis]
        if axis in whole and (1 << n) >= 2 * whole[axis][1]:
            continue
        low, high = points.cut(here, axis, Fraction(2 * k + 1, 1 << (n + 1)))
        if not points.empty(low) and not points.empty(high):
            return axis, [((*cell[:axis], (2 * k + side, n + 1), *cell[axis + 1 :]), part) for side, part in ((0, low), (1, high))]
    return None


def _tree(start: Dyadic, found: Mapping[Dyadic, str]) -> str:
    """Return the tree of all cells in preorder, as the rule ``bisection`` reads it."""
    tree, stack = [], [start]
    while stack:
        cell = stack.pop()
        letter = found[cell]
        tree.append(letter)
        if letter not in FORMS:
            axis = DIGITS.index(letter)
            k, n = cell[axis]
            stack += [(*cell[:axis], (2 * k + side, n + 1), *cell[axis + 1 :]) for side in (1, 0)]
    return "".join(tree)


# -- what could not have been seen ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Resolution:
    """The largest box that fits between the points of a search.

    sides: its side along each variable as an exact formula, or in decimals rounded up where ``exact`` is false; "" where the variable is
    unbounded. lengths: the same as floats, rounded up. least: for scattered points, a box of this share of the sides is certainly empty.
    """

    sides: Mapping[str, str]
    lengths: Mapping[str, float]
    shares: tuple[float, ...]
    exact: bool
    least: float = 1.0

    @property
    def diameter(self) -> float:
        """The diameter of the box; infinite where a variable is unbounded."""
        return math.hypot(*self.lengths.values())

    def sentence(self) -> str:
        """Return what the search could have missed, in words."""
        box = " by ".join(self._side(name) for name in self.sides)
        head = f"a violation that contains a box of {box} holds a point of the search and would have been seen"
        small = f"a violation of diameter below {upwards(self.diameter)}" if 0 < self.diameter < math.inf else "a smaller one"
        miss = f"{small} may have been missed"
        return f"{head}; {miss}, and a longer one that is thinner than the box in one variable"

    def _side(self, name: str) -> str:
        length, side = self.lengths[name], self.sides[name]
        if not math.isfinite(length):
            return f"{self.shares[list(self.sides).index(name)]:.3g} of the range of {name} in t"
        if length == 0:
            return f"a single value of {name}"
        return f"{name}-side {side}" + (f" = {upwards(length)}" if self.exact and not re.fullmatch(r"[\d.e-]+", side) else "")

    def to_json(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        finite = {name: length for name, length in self.lengths.items() if math.isfinite(length)}
        return {
            "sides": dict(self.sides), "lengths": finite, "exact": self.exact, "diameter": self.diameter if math.isfinite(self.diameter) else None,
            "sentence": self.sentence(),
        }  # fmt: skip


def grid_resolution(obligation: Obligation, axes: Sequence[Axis]) -> Resolution:
    """Return the largest gaps of a grid, ends of the domain included; exact where the ends are constants."""
    shares = []
    for axis in axes:
        if axis.domain.integer:
            values = range(axis.size)
            gaps = [axis.whole(i + 1) - axis.whole(i) - 1 for i in values[:-1]] if axis.size <= axis.span else []
            shares.append(Fraction(max(gaps, default=0), axis.span + 1))
        else:
            shares.append(max(Fraction(axis.first, axis.parts), Fraction(1, axis.parts) if axis.size > 1 else Fraction(0),
                              1 - Fraction(axis.first + axis.size - 1, axis.parts)))  # fmt: skip
    return _resolved(obligation, shares, exact=True)


def _resolved(obligation: Obligation, shares: Sequence[Fraction], *, exact: bool, least: float = 1.0) -> Resolution:
    """Return the resolution for a largest empty box with these sides, as shares of the ranges of the variables."""
    sides_: dict[str, str] = {}
    lengths: dict[str, float] = {}
    widest = _ranges(obligation)
    for (name, domain), share in zip(obligation.domains, shares, strict=True):
        width = None if domain.lower is None or domain.upper is None else sub(domain.upper, domain.lower)
        if share == 0:
            sides_[name], lengths[name] = "0", 0.0
        elif domain.integer and width is not None:
            numbers = math.ceil(share * (_upper(widest[name]) + 1))
            sides_[name], lengths[name] = str(numbers), float(numbers)
        elif width is None:
            sides_[name], lengths[name] = "", math.inf
        else:
            with precision(BITS):
                lengths[name] = _upper(widest[name] * interval(share, share))
            if not math.isfinite(lengths[name]):
                sides_[name] = ""
            else:
                sides_[name] = show(_scaled(share, width)) if exact and not variables(width) else upwards(lengths[name])
    constant = all(not variables(end) for _, domain in obligation.domains for end in (domain.lower, domain.upper) if end is not None)
    return Resolution(sides_, lengths, tuple(float(share) for share in shares), exact and constant, least)


def _scaled(share: Fraction, width: Term) -> Term:
    """Return share * width, numbers taken together."""
    number = rational(width.args[0]) if width.op == "mul" else None
    return mul(num(share), width) if number is None else mul(num(share * number), width.args[1])


def upwards(length: float) -> str:
    """Return a length to four digits, rounded up."""
    step = Fraction(10) ** (math.floor(math.log10(length)) - 3)
    return f"{float(math.ceil(Fraction(length) / step) * step):.4g}"


def _upper(value: arb) -> float:
    """Return a float64 above a ball."""
    top = float(value.abs_upper().upper())
    return math.nextafter(top, math.inf) if math.isfinite(top) else math.inf


def _ranges(obligation: Obligation) -> dict[str, arb]:
    """Return enclosures of upper - lower for each variable, over all values of the variables before it."""
    env: dict[str, arb] = {}
    widths: dict[str, arb] = {}
    with precision(BITS):
        for name, domain in obligation.domains:
            ends = tuple(end for end in (domain.lower, domain.upper) if end is not None)
            values = evaluate(ends, Ball(), env)
            widths[name] = values[1] - values[0] if len(ends) == 2 else arb.nan()
            env[name] = values[0].union(values[1]) if len(ends) == 2 else arb.nan()
    return widths


def cloud_resolution(obligation: Obligation, t: Array) -> Resolution:
    """Return the largest empty box between scattered points, up to 2 % where the dimension lets it: a bound from above by cells and a k-d tree.

    ``t``: places in the unit cube, of shape (variables, points). The box is a cube in t. Distances are those of float64.
    """
    from scipy.spatial import cKDTree  # noqa: PLC0415 - scipy is loaded only where points are scattered

    size = t.shape[0]
    tree = cKDTree(t.T)
    centres, half = np.full((1, size), 0.5), np.full(size, 0.5)
    least, most = 0.0, 1.0
    for depth in range(CLOUD_DEPTH * size):
        distance = np.minimum(tree.query(centres, p=np.inf)[0], 1.0)
        least = max(least, float(distance.max()))
        # Cells given up before may hold a point this far from all others.
        most = min(most, max(least * (1 + CLOSE), float(distance.max() + half.max())))
        keep = centres[distance + half.max() > least * (1 + CLOSE)]
        if keep.size == 0 or 2 * len(keep) > CLOUD_CELLS:
            break
        axis = depth % size
        half[axis] /= 2
        step = np.zeros(size)
        step[axis] = half[axis]
        centres = np.concatenate([keep - step, keep + step])
    side = min(1.0, 2 * most * (1 + 1e-12))
    return _resolved(obligation, [Fraction(side)] * size, exact=False, least=least / most)
