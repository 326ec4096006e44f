"""Subdivisions for the ``bisection`` rule: thousands of boxes at a time in float64, every leaf confirmed by the kernel's balls.

A subdivision is the text that the rule reads, with ``?`` for what is still open. Whether a cell is a leaf, and where it is cut,
depends on nothing but the cell and the fixed batches of its unit, so that neither time nor the number of processes shows in the text.
Order: the worst first, by the margin at the middle of a cell; a zero or a violation is reached before the budget is spent elsewhere.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proofcheck.algebras.floats import Array, Floats, FloatsWithError, Pair, evaluated
from proofcheck.algebras.intervals import IntervalGradients, Intervals, Truth
from proofcheck.kernel.algebra import decide, precision, relations, sides
from proofcheck.kernel.calculus import dependent, slope
from proofcheck.kernel.errors import Malformed, Rejected
from proofcheck.kernel.rules.subdivide import DIGITS, FORMS, Cell, Enclosures, chart_of, halves, unit
from proofcheck.kernel.terms import Obligation, Term, conjuncts, postorder, sub
from proofcheck.run import Task, run

from .kept import Kept

Progress = Callable[[int, int, str], None]
Decided = tuple[Truth, Truth]
Factors = tuple[tuple[str, ...], ...]
"""The factors of the hypotheses, for each leaf L in the order of the text."""

SMALLEST = 2.0**-30
"""A cell that is narrower than this and still undecided ends the search."""
DIVE = 96
"""Cells that balls look at before arrays are worth their overhead."""
BATCH = 2_048
"""Cells of one batch: larger ones leave the processor's cache."""
UNITS = 16
"""Units into which few cells are divided: enough that processes finish together."""
SMALL = 128
"""Cells of a unit, at the least, and of a batch: arrays that are shorter cost as much."""
LEAST = 1_024
"""Cells that a unit may look at before the others have their turn, at the least."""
WORK = 200_000
"""What a unit may cost, in cells that arrays look at: a fraction of a second, so that processes finish together."""
ALONE = 20_000
"""What the first unit may cost: where it is enough, no other process is asked; while it runs, the others have nothing to do."""
CONFIRM = 100
"""What it costs to confirm a leaf by balls, in the same measure."""
MAX_CURVED = 6
"""Variables up to which the second-order form is tried."""
MAX_DERIVATIVES = 6_000
"""Nodes of the second derivatives up to which arrays look at them."""
SWEEPS = 30
"""Sweeps over the factors of several hypotheses."""
CALL = "proofcheck.methods.frontier:unit_of_work"
UNIT_SECONDS = 86_400.0  # the process that waits for a unit has a limit of its own
UNIT_MEMORY = 1_000_000_000


@dataclass(frozen=True)
class Growth:
    """What a search made of the unit cube: a subdivision, how many cells it looked at, and the cell at which it ended before its time.

    Such a cell is too narrow to be cut again, or its middle violates the goal.
    """

    text: str
    spent: int
    stuck: Cell | None = None
    violated: bool = False
    factors: Factors = ()
    kept: Kept | None = field(default=None, compare=False)
    """Where its first part comes from, if from an earlier run."""

    @property
    def open(self) -> int:
        """The number of cells still open."""
        return self.text.count("?")


@dataclass(frozen=True)
class Cells:
    """Cells of the unit cube by lower ends and widths: dyadic floats, exact. Shape: (variables, cells) each."""

    low: Array
    width: Array

    @staticmethod
    def of(cells: Sequence[Cell], variables: int) -> Cells:
        """Return cells as arrays."""
        low = np.array([[float(a) for a, _ in cell] for cell in cells]).reshape(-1, variables).T
        return Cells(low, np.array([[float(b - a) for a, b in cell] for cell in cells]).reshape(-1, variables).T)

    def __len__(self) -> int:
        return int(self.low.shape[1])

    def __getitem__(self, where: Any) -> Cells:
        return Cells(self.low[:, where], self.width[:, where])

    def exact(self, place: int) -> Cell:
        """Return one of the cells as fractions."""
        pairs = zip(self.low[:, place].tolist(), self.width[:, place].tolist(), strict=True)
        return tuple((Fraction(a), Fraction(a) + Fraction(b)) for a, b in pairs)


@dataclass(frozen=True)
class Part:
    """What became of a unit: a subdivision for each of its cells, what is still open in the order of the texts, as in ``Growth`` the rest."""

    texts: tuple[str, ...]
    rest: Cells
    spent: int
    stuck: Cell | None = None
    violated: bool = False
    worst: float = math.inf
    factors: Factors = ()


def subdivide(
    obligation: Obligation, bits: int, budget: int, progress: Progress, *, clip: bool = False, processes: int = 1, kept: Path | None = None
) -> Growth:
    """Return the subdivision of the whole domain, complete where nothing is ``open``; at most about ``budget`` cells are looked at.

    It depends on the obligation, the precision and the budget only. A long search is kept in the folder ``kept`` while it runs, and
    goes on from what an earlier run kept there. Raises Rejected for an unbounded domain.
    """
    search = searching(obligation, bits, clip)
    root = unit(search.chart)
    state = State()
    state.take(search.dive(root, 0 if search.weights else min(DIVE, budget)))  # which factors are good, only arrays tell
    progress(state.spent, budget, "cells")
    quota = max(LEAST, budget // UNITS)
    if state.queue and state.going(budget):  # one unit is enough for most, and no other process is asked
        state.take(search.grow(state.queue[0].cells, min(quota, budget - state.spent), ALONE))
    file = Kept(kept, obligation, bits, clip, budget) if kept is not None and state.queue and state.going(budget) else None
    earlier = State.restored(file.load(), root) if file is not None else None
    state = earlier or state
    with closing(parts(search, state.queue, quota, processes if state.going(budget) else 1)) as found:
        while state.queue and state.going(budget):
            part = next(found)
            state.take(part)
            progress(state.spent, budget, f"cells, {state.open} open, smallest margin {part.worst:.3g}")
            if file is not None and state.stuck is None and file.due:
                file.write(state.saved())
    if file is not None and state.stuck is None and file.path.exists():
        file.write(state.saved())  # what comes after the search may be killed too
    return Growth(state.text(), state.spent, state.stuck, state.violated, state.tree.rows(0), file if earlier is not None else None)


@dataclass
class Unit:
    """Some open cells, and their nodes in the tree."""

    nodes: list[int]
    cells: Cells


@dataclass
class State:
    """A search on its way: the tree so far, and the units of its open cells in the order in which they have their turn.

    What a unit becomes depends on the unit alone, and units are taken in their order: so time and processes leave no trace.
    """

    tree: Tree = field(default_factory=lambda: Tree(1))
    queue: deque[Unit] = field(default_factory=deque)
    spent: int = 0
    stuck: Cell | None = None
    violated: bool = False

    def going(self, budget: int) -> bool:
        """Say whether nothing ends the search but that it is complete."""
        return self.spent < budget and self.stuck is None

    def take(self, part: Part) -> None:
        """Put what became of the first unit (of the root, where there is none yet) in its place; what is still open waits for its next turn."""
        first = not self.queue
        nodes = [0] if first else self.queue.popleft().nodes
        rows = iter(part.factors)
        opened = [below for node, text in zip(nodes, part.texts, strict=True) for below in self.tree.graft(node, text, rows)]
        self.spent += part.spent
        self.stuck, self.violated = part.stuck, part.violated
        size = -(-len(opened) // max(1, UNITS - len(self.queue)))
        size = len(opened) if first else min(max(size, SMALL), WORK // CONFIRM)
        for i in range(0, len(opened), size or 1):
            self.queue.append(Unit(opened[i : i + size], part.rest[i : i + size]))

    @property
    def open(self) -> int:
        """The number of cells still open."""
        return sum(len(some.nodes) for some in self.queue)

    def text(self) -> str:
        """Return the subdivision."""
        return self.tree.text(0)

    def saved(self) -> dict[str, Any]:
        """Return what a later run needs to go on: the subdivision, and for each of its open cells the turn of its unit."""
        turn = {node: i for i, some in enumerate(self.queue) for node in some.nodes}
        nodes = self.tree.below(0)
        text = "".join(self.tree.letters[node] for node in nodes)
        return {"tree": text, "turns": [turn[node] for node in nodes if node in turn], "spent": self.spent, "factors": self.tree.rows(0)}

    @staticmethod
    def restored(data: Any, root: Cell) -> State | None:
        """Return the state that was saved, None where it is none."""
        state = State()
        try:
            text, turns, state.spent = str(data["tree"]), [int(turn) for turn in data["turns"]], int(data["spent"])
            opened = state.tree.graft(0, text, (tuple(map(str, row)) for row in data["factors"]))
            cells = Cells.of([cell for letter, cell in leaves(text, root) if letter == "?"], len(root))
            units: dict[int, list[int]] = {turn: [] for turn in sorted(turns)}
            for place, turn in zip(range(len(opened)), turns, strict=True):
                units[turn].append(place)
            state.queue.extend(Unit([opened[i] for i in places], cells[places]) for places in units.values())
            good = set(text) <= {*FORMS, *DIGITS[: len(root)], "?"} and 2 * sum(letter in DIGITS for letter in text) + 1 == len(text)
        except (KeyError, TypeError, ValueError, IndexError, StopIteration):
            return None
        return state if good else None


def parts(search: Search, queue: deque[Unit], quota: int, processes: int) -> Generator[Part, None, None]:
    """Yield what becomes of the units, in their order; who takes it removes the unit from the queue and may append others."""
    if processes == 1:
        while queue:
            yield search.grow(queue[0].cells, quota, WORK)
        return
    payload = (search.obligation, search.bits, search.clip, quota)
    tasks: deque[Task] = deque()
    found: dict[int, Part] = {}
    done = sent = 0

    def send() -> None:
        nonlocal sent
        for some in list(queue)[sent - done :]:
            tasks.append(Task(str(sent), CALL, (*payload, some.cells), UNIT_SECONDS, UNIT_MEMORY))
            sent += 1

    send()
    with closing(run(tasks, jobs=processes, here=True)) as outcomes:
        for outcome in outcomes:
            if outcome.ended == "interrupted":
                raise KeyboardInterrupt
            i = int(outcome.task.name)
            # A unit whose process was killed is done here, where a limit that was the reason ends the whole search.
            found[i] = outcome.result if isinstance(outcome.result, Part) else search.grow(queue[i - done].cells, quota, WORK)
            while done in found:
                part = found.pop(done)
                yield part
                done += 1
                send()


def unit_of_work(payload: tuple[Obligation, int, bool, int, Cells]) -> Part:
    """Return what becomes of a unit. Runs in a process of its own."""
    obligation, bits, clip, quota, cells = payload
    return searching(obligation, bits, clip).grow(cells, quota, WORK)


@lru_cache(maxsize=1)
def searching(obligation: Obligation, bits: int, clip: bool) -> Search:
    """Return the search for an obligation; the copies of this process that work on its units have it already."""
    return Search(obligation, bits, clip=clip)


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
        self.factors: dict[int, tuple[str, ...]] = {}

    def cut(self, node: int, axis: int) -> int:
        """Cut a node; return the first of its halves."""
        self.letters[node], self.halves[node] = DIGITS[axis], len(self.letters)
        self.letters += "??"
        self.halves += (0, 0)
        return self.halves[node]

    def below(self, root: int) -> list[int]:
        """Return the nodes below a node and itself, in preorder."""
        found, stack = [], [root]
        while stack:
            node = stack.pop()
            found.append(node)
            if self.halves[node]:
                stack += (self.halves[node] + 1, self.halves[node])
        return found

    def text(self, root: int) -> str:
        """Return the text below a node."""
        return "".join(self.letters[node] for node in self.below(root))

    def rows(self, root: int) -> Factors:
        """Return the factors of the leaves L below a node."""
        return tuple(self.factors[node] for node in self.below(root) if node in self.factors)

    def graft(self, root: int, text: str, rows: Iterator[tuple[str, ...]]) -> list[int]:
        """Put a text in the place of an open node, with the next factors for each leaf L; return the nodes that it leaves open."""
        found, stack = [], [root]
        for letter in text:
            node = stack.pop()
            if letter in DIGITS:
                first = self.cut(node, DIGITS.index(letter))
                stack += (first + 1, first)
            elif letter == "?":
                found.append(node)
            else:
                self.letters[node] = letter
                if letter == "L":
                    self.factors[node] = next(rows)
        return found


class Search:
    """The search for one obligation: what balls say of a cell, and what floats say of many."""

    def __init__(self, obligation: Obligation, bits: int, *, clip: bool, factors: bool = True) -> None:
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
        parts = [part for formula in self.chart.given for part in conjuncts(formula)]
        used = [part for part in parts if part.op not in ("or", "not", "ne")]
        self.curves = self._curves([_upward(atom) for atom in atoms]) if self.smooth and self.monotone else ()
        hypotheses = self._curves([_upward(part) for part in used]) if factors and self.curves and len(atoms) == 1 else ()
        self.weights = tuple((part.op == "eq", terms) for part, terms in zip(used, hypotheses, strict=False))
        self.places = [i for i, part in enumerate(parts) if part in used]
        self.relations = len(parts)
        self.bending = CONFIRM * (1 + len(self.chart.names) * (len(self.chart.names) + 1) // 4)

    def _curves(self, differences: Sequence[Term]) -> tuple[tuple[Term, ...], ...]:
        """Return each term with its slopes and its second derivatives, the rows up to the diagonal.

        Nothing where there are none, or where they are too long to be looked at.
        """
        found: list[tuple[Term, ...]] = []
        names = self.chart.names
        try:
            for f in differences:
                first = [slope(dependent(f, name), name) for name in names]
                second = [slope(dependent(part, name), name) for i, part in enumerate(first) for name in names[: i + 1]]
                found.append((f, *first, *second))
        except Malformed:
            return ()
        return tuple(found) if len(postorder([term for terms in found for term in terms])) <= MAX_DERIVATIVES else ()

    def dive(self, root: Cell, quota: int) -> Part:
        """Return what becomes of one cell by balls alone, one cell at a time."""
        tree = Tree(1)
        heap: list[tuple[float, int, Cell]] = [(0.0, 0, root)]
        spent = 0
        stuck: tuple[Cell, bool] | None = None
        with precision(self.bits):
            while heap and spent < quota and stuck is None:
                _, node, cell = heappop(heap)
                spent += 1
                form = self.form(cell)
                if form:
                    tree.letters[node] = form
                    continue
                axis = self.direction(cell)
                if cell[axis][1] - cell[axis][0] < SMALLEST:
                    stuck = cell, False
                    break
                first = tree.cut(node, axis)
                for i, half in enumerate(halves(cell, axis)):
                    found = self.middle(half)
                    if found < 0 and self.violates(half):
                        stuck = half, True
                        break
                    heappush(heap, (found, first + i, half))
        text = tree.text(0)
        rest = Cells.of([cell for letter, cell in leaves(text, root) if letter == "?"], len(root))
        at, violated = stuck or (None, False)
        return Part((text,), rest, spent, at, violated)

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

    def grow(self, cells: Cells, quota: int, most: int) -> Part:
        """Return what becomes of some cells, in batches, the worst cells first, until ``quota`` cells or the work ``most`` have been spent."""
        tree = Tree(len(cells))
        low, width = cells.low, cells.width
        nodes, rank = np.arange(len(cells)), np.full(len(cells), -math.inf)
        spent = work = 0
        stuck: tuple[Cell, bool] | None = None
        while nodes.size and spent < quota and work < most and stuck is None:
            take = np.argsort(rank, kind="stable")
            # No more than could be confirmed within what is left of the work.
            size = min(BATCH, max(SMALL, (most - work) // CONFIRM))
            rest = take[size:]
            take = take[:size]
            here = Cells(low[:, take], width[:, take])
            looked = Look(self, here.low, here.width)
            letters = [self.confirmed(form, here, i, looked.factors[:, i]) for i, form in enumerate(looked.forms)]
            spent += take.size
            work += take.size + sum(self.bending if form in ("H", "L") else CONFIRM for form in looked.forms if form)
            cut = np.array([not letter for letter in letters])
            axes = looked.axes
            for i, (node, letter) in enumerate(zip(nodes[take].tolist(), letters, strict=True)):
                if letter:
                    tree.letters[node] = letter
                if letter == "L":
                    tree.factors[node] = tuple(map(str, self.fractions(looked.factors[:, i])))
            narrow = cut & (here.width[axes, np.arange(take.size)] < SMALLEST)
            worst = int(np.argmin(looked.middles))
            if narrow.any():
                stuck = here.exact(int(np.argmax(narrow))), False
            elif looked.middles[worst] < 0 and self.violates(here.exact(worst)):
                stuck = here.exact(worst), True
            if stuck is not None:
                break
            parents, axes = take[cut], axes[cut]
            first = np.array([tree.cut(int(node), int(axis)) for node, axis in zip(nodes[parents], axes, strict=True)], dtype=np.int64)
            new_low, new_width = low[:, parents].copy(), width[:, parents].copy()
            new_width[axes, np.arange(axes.size)] /= 2
            upper = new_low.copy()
            upper[axes, np.arange(axes.size)] += new_width[axes, np.arange(axes.size)]
            ranks = looked.middles[cut]
            low, width = np.hstack([low[:, rest], new_low, upper]), np.hstack([width[:, rest], new_width, new_width])
            nodes, rank = np.concatenate([nodes[rest], first, first + 1]), np.concatenate([rank[rest], ranks, ranks])
        texts = tuple(tree.text(i) for i in range(len(cells)))
        place = {int(node): i for i, node in enumerate(nodes)}
        opened = [place[node] for i in range(len(cells)) for node in tree.below(i) if tree.letters[node] == "?"]
        at, violated = stuck or (None, False)
        rows = tuple(row for i in range(len(cells)) for row in tree.rows(i))
        return Part(texts, Cells(low, width)[opened], spent, at, violated, float(rank.min()) if rank.size else math.inf, rows)

    def confirmed(self, form: str, cells: Cells, place: int, factors: Array | None = None) -> str:
        """Return the form if balls confirm that it decides one of the cells, else nothing."""
        if not form:
            return ""
        with precision(self.bits):
            if form == "L" and factors is not None:
                try:
                    return form if self.enclosures.lagrange(cells.exact(place), self.fractions(factors)) else ""
                except Rejected:
                    return ""
            return form if self.decides(form, cells.exact(place)) else ""

    def fractions(self, factors: Array) -> list[Fraction]:
        """Return a factor for each relation that the hypotheses join, 0 for those that have none."""
        found = [Fraction(0)] * self.relations
        for place, factor in zip(self.places, factors.tolist(), strict=False):
            found[place] = Fraction(factor)
        return found


def _upward(relation: Term) -> Term:
    """Return the difference of both sides that is > 0 or >= 0 where the inequality holds."""
    return sub(*(relation.args if relation.op in ("gt", "ge", "eq") else relation.args[::-1]))


def centre(cell: Cell) -> Cell:
    """Return the middle of a cell, a cell without width."""
    return tuple(((low + high) / 2, (low + high) / 2) for low, high in cell)


class Look:
    """What floats say of a batch of cells: the form that seems to decide each, the axis to cut, the margin at the middle.

    Shape: ``low`` and ``width`` are (variables, cells), in the unit cube.
    """

    def __init__(self, search: Search, low: Array, width: Array) -> None:
        self.search, self.low, self.width = search, low, width
        goal = search.chart.goal
        self.forms = np.full(low.shape[1], "")
        natural = self.sides((*search.chart.given, goal), Intervals(clip=search.clip), self.box(low, width))
        decided = np.full(low.shape[1], fill_value=True)  # what is said of constants is one truth for all cells
        decided &= holds(goal, natural)[0]
        for atom in relations(goal):
            decided &= np.isfinite(natural[atom][0][1] + natural[atom][1][1])
        for formula in search.chart.given:
            decided |= holds(formula, natural)[1]
        self.forms[decided] = "N"
        self.factors = np.zeros((len(search.weights), low.shape[1]))
        self.finite = np.ones(low.shape[1], dtype=bool)
        for a, b in natural.values():
            self.finite &= np.isfinite(a[1] + b[1])
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
        left = np.flatnonzero((self.forms[rest] == "") & (at_middle > 0))
        if search.curves and left.size:
            self.forms[rest[left[self.finite[rest[left]] & self.curved(rest[left])]]] = "H"
        left = np.flatnonzero((self.forms[rest] == "") & self.finite[rest])
        if search.weights and left.size:
            self.forms[rest[left[self.weighted(rest[left])]]] = "L"

    def curved(self, places: NDArray[np.int64]) -> Truth:
        """Return where the second-order form decides the goal, as in ``kernel.rules.subdivide``."""
        found = np.ones(places.size, dtype=bool)
        for atom, terms in zip(conjuncts(self.search.chart.goal), self.search.curves, strict=True):
            least = self.least(self.expanded(terms, places), places)
            found &= (least > 0) | ((least >= 0) & (atom.op in ("le", "ge")))
        return found

    def weighted(self, places: NDArray[np.int64]) -> Truth:
        """Return where the second-order form decides the goal less multiples of the hypotheses; choose the factors.

        They make the slope at the middle as small as can be: Lagrange's, where the goal is least.
        """
        search = self.search
        (terms,) = search.curves
        goal, parts = self.expanded(terms, places), [self.expanded(terms, places) for _, terms in search.weights]
        n, reach = len(self.low), self.reach(places)
        steep = np.array([goal[1 + i][0] * reach[i] for i in range(n)])
        slopes = np.array([[part[1 + i][0] * reach[i] for i in range(n)] for part in parts])
        products = np.einsum("inc,jnc->ijc", slopes, slopes)
        wanted = np.einsum("inc,nc->ic", slopes, steep)
        factors = np.zeros((len(parts), places.size))
        with np.errstate(all="ignore"):  # what is not finite is taken as 0 below
            for _ in range(SWEEPS if len(parts) > 1 else 1):
                for i, (equation, _terms) in enumerate(search.weights):
                    other = np.einsum("jc,jc->c", products[i], factors) - products[i, i] * factors[i]
                    found = (wanted[i] - other) / products[i, i]
                    factors[i] = np.where(np.isfinite(found), found if equation else np.maximum(found, 0.0), 0.0)
            mantissa, exponent = np.frexp(factors)
        usual = (np.abs(factors) > 2.0**-40) & (np.abs(factors) < 2.0**40)
        factors = np.where(usual, np.ldexp(np.round(mantissa * 256) / 256, exponent), 0.0)  # a few digits in the certificate
        less: list[Pair] = []
        for k, (middle, radius) in enumerate(goal):
            for factor, part in zip(factors, parts, strict=True):
                middle, radius = middle - factor * part[k][0], radius + np.abs(factor) * part[k][1]  # noqa: PLW2901 - a running sum
            less.append((middle, radius))
        self.factors[:, places] = factors
        return (self.least(less, places) > 0) & factors.any(axis=0)

    def reach(self, places: NDArray[np.int64]) -> list[Array]:
        """Return half of the cells' widths, in the units of the variables."""
        return [np.abs(size) * w / 2 for size, w in zip(self.search.widths, self.width[:, places], strict=True)]

    def expanded(self, terms: Sequence[Term], places: NDArray[np.int64]) -> list[Pair]:
        """Return value and slopes at the middle and second derivatives over the cells."""
        search, n = self.search, len(self.low)
        low, width = self.low[:, places], self.width[:, places]
        over = dict(zip(search.chart.names, self.box(low, width), strict=True))
        at_centre = dict(zip(search.chart.names, self.box(low + width / 2, 0 * width), strict=True))
        by_value: Any = Intervals(clip=search.clip)
        by_curve: Any = Intervals()
        nothing = np.zeros(places.size)
        found = [*evaluated(tuple(terms[: n + 1]), by_value, at_centre), *evaluated(tuple(terms[n + 1 :]), by_curve, over)]
        return [(middle + nothing, radius + nothing) for middle, radius in found]

    def least(self, expansion: Sequence[Pair], places: NDArray[np.int64]) -> Array:
        """Return a lower bound over the cells, as ``kernel.rules.subdivide`` has it."""
        n, reach = len(self.low), self.reach(places)
        value, slopes, second = expansion[0], expansion[1 : n + 1], expansion[n + 1 :]
        least = value[0] - value[1]
        for i in range(n):
            middle, radius = second[i * (i + 1) // 2 + i]
            d = middle - radius
            for j in range(n):
                if j != i:
                    a, b = max(i, j), min(i, j)
                    entry = second[a * (a + 1) // 2 + b]
                    d = d - (np.abs(entry[0]) + entry[1]) * reach[j] / reach[i]
            steep, flat = np.abs(slopes[i][0]) + slopes[i][1], np.abs(slopes[i][0]) - slopes[i][1]
            at_end = -steep * reach[i] + d * reach[i] ** 2 / 2
            with np.errstate(all="ignore"):  # where d <= 0 the quotient is not used
                inside = np.maximum(-steep * reach[i], -(steep**2) / (2 * d))
            least = least + np.where((d > 0) & (flat < d * reach[i]), inside, at_end)
        return np.asarray(least)


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
