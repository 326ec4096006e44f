"""Subdivisions for the ``bisection`` rule: thousands of boxes at a time in float64, every leaf confirmed by the kernel's balls.

A subdivision is the text that the rule reads, with ``?`` for what is still open. Whether a cell is a leaf, and where it is cut,
depends on nothing but the cell and the fixed batches of its unit, so that neither time nor the number of processes shows in the text.
Order: the worst first, by the margin at the middle of a cell; a zero or a violation is reached before the budget is spent elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from heapq import heappop, heappush
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proofcheck.algebras.floats import Array, Floats, FloatsWithError, Pair, evaluated
from proofcheck.algebras.intervals import IntervalGradients, Intervals, Truth
from proofcheck.kernel.algebra import decide, precision, relations, sides
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.rules.subdivide import DIGITS, Cell, Enclosures, chart_of, halves, unit
from proofcheck.kernel.terms import Obligation, Term, conjuncts
from proofcheck.run import Task, run

Progress = Callable[[int, int, str], None]
Decided = tuple[Truth, Truth]

SMALLEST = 2.0**-30
"""A cell that is narrower than this and still undecided ends the search."""
DIVE = 96
"""Cells that balls look at before arrays are worth their overhead."""
BATCH = 2_048
"""Cells of one batch: larger ones leave the processor's cache."""
ALONE = 4_096
"""Cells of the first unit: where these are enough, no other process is asked."""
UNITS = 24
"""Units of one round: enough that processes finish together, few enough that each has full batches."""
LEAST = 4_096
"""Cells that a unit may look at in one round, at the least."""
MAX_CURVED = 6
"""Variables up to which the second-order form is tried."""
CURVED = 48
"""Cells of a batch, the worst ones, for which balls try the second-order form: it is what narrow margins between steep slopes need."""
CALL = "proofcheck.methods.frontier:unit_of_work"
UNIT_SECONDS = 86_400.0  # the process that waits for a unit has a limit of its own
UNIT_MEMORY = 1_000_000_000


@dataclass(frozen=True)
class Growth:
    """What a search made of its cells: a text for each, how many cells it looked at, and the cell at which it ended before its time.

    Such a cell is too narrow to be cut again, or its middle violates the goal.
    """

    texts: tuple[str, ...]
    spent: int
    stuck: Cell | None = None
    violated: bool = False

    @property
    def open(self) -> int:
        """The number of cells still open."""
        return sum(text.count("?") for text in self.texts)


def subdivide(
    obligation: Obligation, bits: int, budget: int, progress: Progress, *, clip: bool = False, processes: int = 1
) -> Growth:
    """Return the subdivision of the whole domain, complete where ``open`` is 0; at most about ``budget`` cells are looked at.

    Shape: one text, for the unit cube. The text depends on the obligation, the precision and the budget only. Raises Rejected for
    an unbounded domain.
    """
    search = Search(obligation, bits, clip=clip)
    root = unit(chart_of(obligation))
    grown = search.dive(root, min(DIVE, budget), progress)
    if grown.open and grown.stuck is None and grown.spent < budget:
        grown = _continued(grown, root, lambda cells: search.grow(cells, min(ALONE, budget - grown.spent), progress))
    while grown.open and grown.stuck is None and grown.spent < budget:
        before = grown
        grown = _continued(grown, root, lambda cells: _round(search, cells, budget - before.spent, progress, processes))  # noqa: B023 - used at once
    return grown


def _continued(grown: Growth, root: Cell, grow: Callable[[list[Cell]], Growth]) -> Growth:
    """Return the growth with its open cells replaced by what becomes of them."""
    found = grow([cell for letter, cell in leaves(grown.texts[0], root) if letter == "?"])
    texts = iter(found.texts)
    whole = "".join(next(texts) if letter == "?" else letter for letter in grown.texts[0])
    return Growth((whole,), grown.spent + found.spent, found.stuck, found.violated)


def _round(search: Search, cells: list[Cell], budget: int, progress: Progress, processes: int) -> Growth:
    """Let each unit of the open cells grow on its own, in ``processes`` at a time."""
    size = -(-len(cells) // UNITS)
    parts = [cells[i : i + size] for i in range(0, len(cells), size)]
    quota = max(LEAST, budget // len(parts))
    found: dict[int, Growth] = {}
    if processes == 1 or len(parts) == 1:
        for i, part in enumerate(parts):
            found[i] = search.grow(part, quota, progress)
    else:
        payload = (search.obligation, search.bits, search.clip, quota)
        tasks = [Task(str(i), CALL, (*payload, part), UNIT_SECONDS, UNIT_MEMORY) for i, part in enumerate(parts)]
        for outcome in run(tasks, jobs=processes, here=True):
            i = int(outcome.task.name)
            # A unit whose process was killed is done here, where a limit that was the reason ends the whole search.
            found[i] = outcome.result if isinstance(outcome.result, Growth) else search.grow(parts[i], quota, progress)
            progress(sum(part.spent for part in found.values()), budget, "cells")
    ordered = [found[i] for i in range(len(parts))]
    ended = next((part for part in ordered if part.stuck is not None), ordered[0])
    return Growth(tuple(text for part in ordered for text in part.texts), sum(part.spent for part in ordered), ended.stuck, ended.violated)


def unit_of_work(payload: tuple[Obligation, int, bool, int, list[Cell]]) -> Growth:
    """Return the growth of some cells. Runs in a process of its own."""
    obligation, bits, clip, quota, cells = payload
    return Search(obligation, bits, clip=clip).grow(cells, quota, lambda *_: None)


def leaves(text: str, root: Cell) -> Iterator[tuple[str, Cell]]:
    """Yield the leaves of a subdivision with their cells, open ones as ``?``."""
    stack = [root]
    for letter in text:
        cell = stack.pop()
        if letter in DIGITS:
            first, second = halves(cell, DIGITS.index(letter))
            stack += [second, first]
        else:
            yield letter, cell


class Tree:
    """A growing subdivision: a letter for each node, and the first of its two halves, the other being the next."""

    def __init__(self, roots: int) -> None:
        self.letters = ["?"] * roots
        self.halves = [0] * roots

    def cut(self, node: int, axis: int) -> int:
        """Cut a node; return the first of its halves."""
        self.letters[node], self.halves[node] = DIGITS[axis], len(self.letters)
        self.letters += "??"
        self.halves += (0, 0)
        return self.halves[node]

    def text(self, root: int) -> str:
        """Return the text below a node, in preorder."""
        found, stack = [], [root]
        while stack:
            node = stack.pop()
            found.append(self.letters[node])
            if self.halves[node]:
                stack += (self.halves[node] + 1, self.halves[node])
        return "".join(found)


class Search:
    """The search for one obligation: what balls say of a cell, and what floats say of many."""

    def __init__(self, obligation: Obligation, bits: int, *, clip: bool) -> None:
        self.obligation, self.bits, self.clip = obligation, bits, clip
        self.chart = chart_of(obligation)
        self.enclosures = Enclosures(self.chart, obligation, bits, clip=clip)
        with precision(bits):
            self.starts = [float(low.mid()) for low in self.enclosures.lows]
            self.widths = [float(width.mid()) for width in self.enclosures.widths]
        atoms = conjuncts(self.chart.goal)
        # Pairs of variables cost an evaluation each, and in narrow cells the mean value form is as good.
        self.smooth = len(self.chart.names) <= MAX_CURVED
        self.monotone = all(atom.op in ("lt", "le", "gt", "ge") for atom in atoms)

    def dive(self, root: Cell, quota: int, progress: Progress) -> Growth:
        """Return the growth of one cell by balls alone, one cell at a time."""
        tree = Tree(1)
        heap: list[tuple[float, int, Cell]] = [(0.0, 0, root)]
        spent = 0
        with precision(self.bits):
            while heap and spent < quota:
                _, node, cell = heappop(heap)
                spent += 1
                form = self.form(cell)
                if form:
                    tree.letters[node] = form
                    continue
                axis = self.direction(cell)
                if cell[axis][1] - cell[axis][0] < SMALLEST:
                    return Growth((tree.text(0),), spent, cell)
                first = tree.cut(node, axis)
                for i, half in enumerate(halves(cell, axis)):
                    found = self.middle(half)
                    if found < 0 and self.violates(half):
                        return Growth((tree.text(0),), spent, half, violated=True)
                    heappush(heap, (found, first + i, half))
        progress(spent, quota, "cells")
        return Growth((tree.text(0),), spent)

    def form(self, cell: Cell) -> str:
        """Return the first leaf form that decides the cell, or nothing."""
        edge = any(low == 0 or high == 1 for low, high in cell)
        forms = ("NMC" if edge else "NM") + ("H" if self.smooth else "")
        return next((form for form in forms if self.decides(form, cell)), "")

    def decides(self, form: str, cell: Cell) -> bool:
        """Say whether a form decides the cell; a term that has no Taylor series is not decided by the second-order form."""
        try:
            return self.enclosures.decides(form, cell)
        except Rejected:
            return False

    def violates(self, cell: Cell) -> bool:
        """Say whether by balls the goal fails at the middle of a cell and all hypotheses hold there."""
        with precision(self.bits):
            values = sides(self.enclosures.formulas, self.enclosures.balls, self.enclosures.box(centre(cell)))
            return decide(self.chart.goal, values) is False and all(decide(formula, values) for formula in self.chart.given)

    def middle(self, cell: Cell) -> float:
        """Return the margin of the goal at the middle of a cell, -inf where there is none."""
        values = sides((self.chart.goal,), self.enclosures.balls, self.enclosures.box(centre(cell)))
        found = margin(self.chart.goal, {atom: np.asarray(float((a - b).mid())) for atom, (a, b) in values.items()})
        return float(np.nan_to_num(found, nan=-math.inf))

    def direction(self, cell: Cell) -> int:
        """Return the axis along which the differences vary most over the cell; the longest where that is not known."""
        spread = [0.0] * len(cell)
        for _, parts in self.enclosures.differences(cell).values():
            for axis, part in enumerate(parts):
                if part is not None:
                    change = float(part.abs_upper()) * float(cell[axis][1] - cell[axis][0]) * abs(self.widths[axis])
                    spread[axis] = max(spread[axis], math.inf if math.isnan(change) else change)
        if not 0 < max(spread) < math.inf:
            lengths = [float(high - low) for low, high in cell]
            return lengths.index(max(lengths))
        return spread.index(max(spread))

    def grow(self, cells: Sequence[Cell], quota: int, progress: Progress) -> Growth:
        """Return the growth of some cells in batches, the worst cells first, until ``quota`` cells have been looked at."""
        tree = Tree(len(cells))
        low = np.array([[float(a) for a, _ in cell] for cell in cells]).T
        width = np.array([[float(b - a) for a, b in cell] for cell in cells]).T
        nodes, rank = np.arange(len(cells)), np.full(len(cells), -math.inf)
        spent = 0
        while nodes.size and spent < quota:
            take = np.argsort(rank, kind="stable")
            rest = take[BATCH:]
            take = take[:BATCH]
            looked = Look(self, low[:, take], width[:, take])
            spent += take.size
            letters = [self.confirmed(form, low[:, i], width[:, i]) for form, i in zip(looked.forms, take, strict=True)]
            for place in [i for i, letter in enumerate(letters) if not letter][: CURVED if self.smooth else 0]:
                letters[place] = self.confirmed("H", low[:, take[place]], width[:, take[place]])
            cut = np.array([not letter for letter in letters])
            axes = looked.axes
            for node, letter in zip(nodes[take], letters, strict=True):
                if letter:
                    tree.letters[node] = letter
            narrow = cut & (width[axes, take] < SMALLEST)
            if narrow.any():
                at = take[int(np.argmax(narrow))]
                return Growth(self.texts(tree, cells), spent, exact(low[:, at], width[:, at]))
            at = take[int(np.argmin(looked.middles))]
            if looked.middles.min() < 0 and self.violates(exact(low[:, at], width[:, at])):
                return Growth(self.texts(tree, cells), spent, exact(low[:, at], width[:, at]), violated=True)
            parents, axes = take[cut], axes[cut]
            first = np.array([tree.cut(int(node), int(axis)) for node, axis in zip(nodes[parents], axes, strict=True)], dtype=np.int64)
            new_low, new_width = low[:, parents].copy(), width[:, parents].copy()
            new_width[axes, np.arange(axes.size)] /= 2
            upper = new_low.copy()
            upper[axes, np.arange(axes.size)] += new_width[axes, np.arange(axes.size)]
            ranks = looked.middles[cut]
            low, width = np.hstack([low[:, rest], new_low, upper]), np.hstack([width[:, rest], new_width, new_width])
            nodes, rank = np.concatenate([nodes[rest], first, first + 1]), np.concatenate([rank[rest], ranks, ranks])
            worst = float(rank.min()) if rank.size else 0.0
            progress(spent, quota, f"cells, {nodes.size} open, smallest margin {worst:.3g}")
        return Growth(self.texts(tree, cells), spent)

    @staticmethod
    def texts(tree: Tree, cells: Sequence[Cell]) -> tuple[str, ...]:
        """Return the text for each of the first cells."""
        return tuple(tree.text(i) for i in range(len(cells)))

    def confirmed(self, form: str, low: Array, width: Array) -> str:
        """Return the form if balls confirm that it decides the cell, else nothing."""
        if not form:
            return ""
        with precision(self.bits):
            return form if self.decides(form, exact(low, width)) else ""


def centre(cell: Cell) -> Cell:
    """Return the middle of a cell, a cell without width."""
    return tuple(((low + high) / 2, (low + high) / 2) for low, high in cell)


def exact(low: Array, width: Array) -> Cell:
    """Return a cell of dyadic floats as fractions."""
    return tuple((Fraction(a), Fraction(a) + Fraction(b)) for a, b in zip(low.tolist(), width.tolist(), strict=True))


class Look:
    """What floats say of a batch of cells: the form that seems to decide each, the axis to cut, the margin at the middle.

    Shape: ``low`` and ``width`` are (variables, cells), in the unit cube.
    """

    def __init__(self, search: Search, low: Array, width: Array) -> None:
        self.search, self.low, self.width = search, low, width
        goal = search.chart.goal
        self.forms = np.full(low.shape[1], "")
        natural = self.sides((*search.chart.given, goal), Intervals(clip=search.clip), self.box(low, width))
        decided = holds(goal, natural)[0]
        for atom in relations(goal):
            decided &= np.isfinite(natural[atom][0][1] + natural[atom][1][1])
        for formula in search.chart.given:
            decided |= holds(formula, natural)[1]
        self.forms[decided] = "N"
        self.axes = np.argmax(width, axis=0)
        self.middles = np.full(low.shape[1], math.inf)
        rest = np.flatnonzero(~decided)
        if rest.size:
            self.slopes(rest)

    def box(self, low: Array, width: Array) -> list[Pair]:
        """Return the coordinates over cells as intervals."""
        found = []
        for start, size, a, w in zip(self.search.starts, self.search.widths, low, width, strict=True):
            found.append((start + size * (a + w / 2), np.abs(size * w / 2)))
        return found

    def sides(self, formulas: tuple[Term, ...], algebra: Any, box: Sequence[Any]) -> dict[Term, tuple[Any, Any]]:
        """Return both sides of every relation, in arrays of one number for each cell."""
        atoms = tuple(dict.fromkeys(atom for formula in formulas for atom in relations(formula)))
        values = evaluated(tuple(side for atom in atoms for side in atom.args), algebra, dict(zip(self.search.chart.names, box, strict=True)))
        return {atom: (values[2 * i], values[2 * i + 1]) for i, atom in enumerate(atoms)}

    def slopes(self, rest: NDArray[np.int64]) -> None:
        """Decide the cells ``rest`` by the mean value form, then by the corner form; choose axes and margins for them."""
        search, goal = self.search, self.search.chart.goal
        low, width = self.low[:, rest], self.width[:, rest]
        algebra = IntervalGradients(len(low), clip=search.clip)
        over = self.sides((goal,), algebra, [algebra.variable(x, i) for i, x in enumerate(self.box(low, width))])
        at_centre = self.sides((goal,), Intervals(clip=search.clip), self.box(low + width / 2, 0 * width))
        values: dict[Term, tuple[Pair, Pair]] = {}
        middles: dict[Term, Array] = {}
        spread = np.zeros(low.shape)
        nothing = np.zeros(rest.size)
        corner = low.copy()
        monotone = np.full(rest.size, search.monotone and goal.op != "and")
        for atom, (a, b) in over.items():
            whole, parts = algebra.sub(a, b)
            value = Intervals.sub(*at_centre[atom])
            middles[atom] = value[0] + nothing
            radius = value[1] + np.where(np.isfinite(whole[1]), 0.0, math.nan)
            for axis, part in enumerate(parts):
                if part is None:
                    continue
                size = np.abs(part[0]) + part[1]
                change = size * np.abs(search.widths[axis]) * width[axis]
                radius = radius + change / 2
                spread[axis] = np.fmax(spread[axis], np.where(np.isnan(change), math.inf, change))
                rising = part[0] * (1 if atom.op in ("gt", "ge") else -1) * np.sign(search.widths[axis])
                corner[axis] += np.where(rising < 0, width[axis], 0.0)
                monotone &= np.abs(part[0]) >= part[1]
            values[atom] = (value[0], radius), (nothing, nothing)
        known = (spread.max(axis=0) > 0) & np.isfinite(spread.max(axis=0))
        self.axes[rest] = np.where(known, np.argmax(spread, axis=0), self.axes[rest])
        at_middle = margin(goal, middles)
        if search.chart.given:  # where hypotheses fail the goal says nothing: such cells come after those at which it nearly fails
            given = self.sides(search.chart.given, Floats(), [x[0] for x in self.box(low + width / 2, 0 * width)])
            held = np.min([margin(formula, {atom: a - b for atom, (a, b) in given.items()}) + nothing for formula in search.chart.given], axis=0)
            at_middle = np.where(held < 0, np.abs(at_middle) - held, at_middle)
        self.middles[rest] = np.nan_to_num(at_middle, nan=-math.inf)
        by_mean = holds(goal, values)[0] & np.ones(rest.size, dtype=bool)
        self.forms[rest[by_mean]] = "M"
        left = np.flatnonzero(monotone & ~by_mean)
        if left.size:
            at = self.sides((goal,), FloatsWithError(), self.box(corner[:, left], 0 * corner[:, left]))
            # Not certainly false: at a corner of the domain both sides may be exactly equal, which only balls and normal forms tell.
            edge = ((corner[:, left] == 0) | (corner[:, left] == 1)).any(axis=0)
            yes, no = holds(goal, at)
            self.forms[rest[left[yes | (edge & ~no)]]] = "C"


def holds(formula: Term, values: Mapping[Term, tuple[Pair, Pair]]) -> Decided:
    """Return where the formula certainly holds, and where it certainly fails, given enclosures of both sides."""
    if formula.op in ("and", "or"):
        (yes, no), (also, nor) = holds(formula.args[0], values), holds(formula.args[1], values)
        return (yes & also, no | nor) if formula.op == "and" else (yes | also, no & nor)
    if formula.op == "not":
        yes, no = holds(formula.args[0], values)
        return no, yes
    a, b = values[formula]
    gap, room = np.asarray(a[0] - b[0]), np.asarray(a[1] + b[1])
    above, below = gap > room, gap < -room
    if formula.op in ("eq", "ne"):
        apart, never = above | below, np.zeros_like(above)
        return (never, apart) if formula.op == "eq" else (apart, never)
    return (above, below) if formula.op in ("gt", "ge") else (below, above)


def margin(formula: Term, gaps: Mapping[Term, Array]) -> Array:
    """Return how far the formula is from failing, given the differences of both sides; negative where it fails."""
    if formula.op in ("and", "or"):
        left, right = margin(formula.args[0], gaps), margin(formula.args[1], gaps)
        return np.minimum(left, right) if formula.op == "and" else np.maximum(left, right)
    if formula.op == "not":
        return -margin(formula.args[0], gaps)
    gap = gaps[formula]
    return {"gt": gap, "ge": gap, "lt": -gap, "le": -gap, "eq": -np.abs(gap), "ne": np.abs(gap)}[formula.op]
