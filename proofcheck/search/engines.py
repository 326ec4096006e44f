"""Ways of looking at one tile of a search: float64 and balls propose points; nothing here is believed.

Each engine is a function of (space, stage, number of the tile in its stage, seed) and of nothing else: not of other tiles, the clock or
the machine's load. So tiles can be computed in any order, again, and by somebody else.

===========  ===============================================================================================================
method       one tile
===========  ===============================================================================================================
zeros        points on a branch where both sides of a strict relation are equal by construction
random       2^k points of a scrambled Sobol sequence, half of them moved onto and towards faces; the best ones improved
descent      many starts improved together by gradients; the best of them by SLSQP under the hypotheses, or L-BFGS-B
direct       DIRECT on the whole cube (deterministic)
annealing    dual annealing with its own seed
evolution    differential evolution with its own seed
bisect       a part of the cube subdivided, boxes certainly free of counterexamples discarded, the least certain box first
grid         a range of rows of a grid, as the method ``grid`` looks at them
===========  ===============================================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from hashlib import sha256
from heapq import heappop, heappush
from itertools import product
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, differential_evolution, direct, dual_annealing, minimize
from scipy.stats import qmc

from proofcheck.kernel.algebra import precision
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.rules.subdivide import Cell, Enclosures, chart_of, halves, unit
from proofcheck.kernel.terms import Domain, Obligation, Term, num
from proofcheck.search.space import Space
from proofcheck.search.tape import Tape

Array: TypeAlias = NDArray[np.float64]

GRADIENT = 4  # evaluations that one gradient counts as
ALONE = 20  # evaluations that the evaluation of a single point counts as
BOX = 200  # evaluations that one box of balls counts as
KEPT = 6  # points of a tile that are brought before the kernel at most
STARTS, STEPS = 48, 120
POLISHED = 6
LARGE = 80  # variables from which SLSQP, cubic in them, gives way to L-BFGS-B
NEARLY = 1e-3  # what hypotheses may lack where it is worth going on
FLAT = 1e-9  # a margin this small may be 0 at a simple point nearby


@dataclass
class Seen:
    """What a tile saw: counts, the smallest margin where the hypotheses hold, and points worth the kernel's time."""

    space: Space
    points: int = 0
    outside: int = 0
    undefined: int = 0
    work: int = 0
    margin: float = np.inf
    best: Array | None = None
    depth: float = -np.inf
    deep: Array | None = None
    suspects: list[tuple[float, Array]] = field(default_factory=list)
    part: dict[str, Any] = field(default_factory=dict)

    def look(self, t: Array, cost: int = 1) -> tuple[Array, Array]:
        """Evaluate points of shape (dimension, points), remember the best, return (goal, held)."""
        goals, helds = [], []
        for first in range(0, t.shape[1], self.space.chunk):
            piece = t[:, first : first + self.space.chunk]
            with np.errstate(all="ignore"):
                goal, held = self.space.looked(piece)
            self.note(piece, goal, held, cost)
            goals.append(goal)
            helds.append(held)
        return np.concatenate(goals), np.concatenate(helds)

    def note(self, t: Array, goal: Array, held: Array, cost: int) -> None:
        """Count points with their values, keep the smallest margin and what may be a violation."""
        self.points += t.shape[1]
        self.work += cost * t.shape[1]
        missing = np.isnan(goal) | np.isnan(held)
        outside = ~missing & (held < 0)
        self.undefined += int(np.count_nonzero(missing))
        self.outside += int(np.count_nonzero(outside))
        value = np.where(missing | outside, np.inf, goal)
        place = int(np.argmin(value))
        if value[place] < self.margin:
            self.margin, self.best = float(value[place]), t[:, place].copy()
        if self.space.given:
            inner = np.where(missing, -np.inf, held)
            place = int(np.argmax(inner))
            if inner[place] > self.depth:
                self.depth, self.deep = float(inner[place]), t[:, place].copy()
        for index in np.argsort(value, kind="stable")[:3]:
            if value[index] <= FLAT:
                self.suspect(float(value[index]), t[:, index])

    def suspect(self, margin: float, t: Array) -> None:
        """Keep a point for the kernel, if it is among the lowest."""
        if not any(np.array_equal(t, other) for _, other in self.suspects):
            self.suspects.append((margin, t.copy()))
            self.suspects.sort(key=lambda pair: pair[0])
            del self.suspects[KEPT:]

    def badness(self, t: Array, cost: int = 1) -> Array:
        """Return the badness of points, and remember the best."""
        goal, held = self.look(t, cost)
        with np.errstate(all="ignore"):
            value = np.where(held < 0, 2 - held / (1 - held), goal / (1 + np.abs(goal)))
        return np.where(np.isnan(value) | np.isnan(held), 4.0, value)


def generator(seed: int, space: Space, stage: int, number: int) -> np.random.Generator:
    """Return a generator for one tile: Philox, keyed by what the tile is a function of."""
    key = sha256(f"{seed} {space.obligation.digest()} {stage} {number}".encode()).digest()
    return np.random.Generator(np.random.Philox(key=[int.from_bytes(key[:8], "little"), int.from_bytes(key[8:16], "little")]))


# -- sampling ------------------------------------------------------------------------------------------------------------


def random(space: Space, stage: Mapping[str, Any], index: int, number: int, seed: int) -> Seen:
    """Look at points ``number * points`` to ``(number + 1) * points`` of one Sobol sequence, and improve the best few."""
    seen = Seen(space, part={"first": number * int(stage["points"])})
    if space.dimension == 0:
        seen.look(np.zeros((0, 1)))
        return seen
    rng = generator(seed, space, index, number)
    best: list[tuple[float, Array]] = []
    for t in _samples(space, stage, index, number, seed, rng):
        value = seen.badness(t)
        for place in np.argsort(value, kind="stable")[:POLISHED]:
            best.append((float(value[place]), t[:, place]))
    best.sort(key=lambda pair: pair[0])
    if space.smooth and seen.margin > 0 and best:
        descend(seen, np.array([t for _, t in best[: 4 * POLISHED]]).T, number, 40)
    return seen


def zero(space: Space, stage: Mapping[str, Any], index: int, number: int, seed: int) -> Seen:
    """Look at the simple points of a branch of ``space.zeros``, the simplest first: every one in the domain and the hypotheses is a violation."""
    del index, seed
    seen = Seen(space, part={"branch": number})
    t = special(space.dimension, int(stage["points"])) if space.dimension else np.zeros((0, 1))
    t = t[:, np.all(t == space.clipped(t), axis=0)]  # next to an open end, nothing is simple
    with np.errstate(all="ignore"):
        goal, held = space.looked(t)
    seen.points, seen.work = t.shape[1], t.shape[1]
    seen.outside = int(np.count_nonzero(held < 0))
    seen.undefined = int(np.count_nonzero(np.isnan(goal) | np.isnan(held)))
    inside = np.flatnonzero((held >= 0) & (np.abs(goal) < NEARLY))
    simple = sorted(inside, key=lambda place: sum(Fraction(float(s)).limit_denominator(24).denominator for s in t[:, place]))
    seen.suspects = [(0.0, t[:, place]) for place in simple[:KEPT]]
    return seen


def _samples(space: Space, stage: Mapping[str, Any], index: int, number: int, seed: int, rng: np.random.Generator) -> Any:
    """Yield blocks of points: special ones first in the first tile, then Sobol points, every second block moved towards faces."""
    size = space.dimension
    if number == 0:
        yield space.clipped(special(size, 4096))
    key = sha256(f"{seed} {space.obligation.digest()} sobol {index}".encode()).digest()
    sobol = qmc.Sobol(size, scramble=True, rng=np.random.default_rng(int.from_bytes(key[:8], "little")))
    count = int(stage["points"])
    if number:
        sobol.fast_forward(number * count)
    block = 1 << min(12, max(6, space.chunk.bit_length() - 1))
    for k, _ in enumerate(range(0, count, block)):
        t = sobol.random(min(block, count)).T
        if k % 4 == 1:  # on faces, edges and corners
            t = np.where(rng.random(t.shape) < min(0.35, 2 / size + 0.1), np.round(t), t)
        elif k % 4 == 3:  # near them
            near = np.where(t < 0.5, (2 * t) ** 6 / 2, 1 - (2 - 2 * t) ** 6 / 2)
            t = np.where(rng.random(t.shape) < 0.4, near, t)
        elif k % 8 == 2:  # near the middle: norms are small there
            t = 0.5 + (t - 0.5) * rng.random(t.shape[1])
        yield space.clipped(t)


def special(size: int, most: int) -> Array:
    """Return points whose coordinates are ends, middles, quarters, eighths, thirds: all combinations where there are few variables."""
    levels = [np.array(row) / 24 for row in ((0, 12, 24), (0, 6, 12, 18, 24), (0, 3, 6, 8, 9, 12, 15, 16, 18, 21, 24), range(25))]
    fitting = [row for row in levels if len(row) ** size <= most]
    if fitting:
        return np.array(list(product(fitting[-1], repeat=size))).T
    middle = np.full((size, 1), 0.5)
    one = [np.where(np.arange(size)[:, None] == axis, value, 0.5) for axis in range(min(size, most // 8)) for value in (0.0, 1.0)]
    return np.hstack([middle, np.zeros((size, 1)), np.ones((size, 1)), *one])


# -- gradients -----------------------------------------------------------------------------------------------------------


def descent(space: Space, stage: Mapping[str, Any], index: int, number: int, seed: int) -> Seen:
    """Improve ``starts`` points together; every other tile follows the ratio of the sides instead of their difference."""
    rng = generator(seed, space, index, number)
    starts = int(stage["starts"])
    seen = Seen(space, part={"starts": starts})
    t = rng.random((space.dimension, starts))
    t = space.clipped(0.5 + (t - 0.5) * np.where(rng.random(starts) < 0.5, 1.0, rng.random(starts)))
    part, ratio = (number // 2) % len(space.goal), number % 2 == 0
    if not any(settle(seen, start, part, ratio=ratio) for start in t.T[:POLISHED]):
        descend(seen, t, number, int(stage["steps"]))
    return seen


def descend(seen: Seen, t: Array, number: int, steps: int) -> None:
    """Follow gradients (Adam on margin plus violated hypotheses) from all points at once, then improve the best one by one."""
    space = seen.space
    part, ratio = (number // 2) % len(space.goal), number % 2 == 0
    tape = space.tape(part, ratio=ratio)
    width = len(space.goal[part])
    fixed = np.array(space.whole)[:, None]
    inputs = np.array([np.broadcast_to(value, t.shape[1]) for value in space.inputs(t).values()])
    first, second, weight = np.zeros_like(t), np.zeros_like(t), np.full(t.shape[1], 1.0)
    best, lowest = t.copy(), np.full(t.shape[1], np.inf)
    chunk = max(8, min(t.shape[1], 2**22 // max(1, len(tape.steps))))
    for step in range(steps):
        merit, slope = _merit(tape, inputs, width, weight, chunk)
        held = merit[1]
        seen.points += t.shape[1]
        seen.work += GRADIENT * t.shape[1]
        better = merit[0] < lowest
        lowest, best = np.where(better, merit[0], lowest), np.where(better, t, best)
        weight = np.where(held < 0, np.minimum(weight * 1.05, 1e4), weight)
        size = 0.04 * 0.5 ** (6 * step / steps)
        first = 0.8 * first + 0.2 * slope
        second = 0.95 * second + 0.05 * slope**2
        t = space.clipped(np.where(fixed, t, t - size * first / (np.sqrt(second) + 1e-12)))
        inputs = np.where(fixed, inputs, t)
    seen.look(best)
    any(settle(seen, best[:, place], part, ratio=ratio) for place in np.argsort(lowest, kind="stable")[:POLISHED])


def settle(seen: Seen, start: Array, part: int, *, ratio: bool) -> bool:
    """Improve one point as far as it goes; say whether that is a violation, after moving it away from the edges of the hypotheses.

    An optimum under constraints lies on their edge, in floats a little outside: there, what is rounded is lost.
    """
    improved = polish(seen, start, part, ratio=ratio)
    goal, held = seen.look(improved[:, None])
    if not (goal[0] < -FLAT and held[0] >= -NEARLY):
        return False
    goal, held = seen.look(centred(seen, improved, part)[:, None])
    return bool(goal[0] < -FLAT and held[0] >= 0)


def _merit(tape: Tape, t: Array, width: int, weight: Array, chunk: int) -> tuple[tuple[Array, Array], Array]:
    """Return ((merit, smallest hypothesis), gradient of the merit) for points; the merit is the greatest alternative plus what hypotheses lack."""
    merits, helds, slopes = [], [], []
    for first in range(0, t.shape[1], chunk):
        piece, heavy = t[:, first : first + chunk], weight[first : first + chunk]
        count = piece.shape[1]
        values = tape.forward(piece)
        roots = np.nan_to_num(tape.roots(values, count), nan=1e6, posinf=1e12, neginf=-1e12)
        seeds = np.zeros_like(roots)
        highest = np.argmax(roots[:width], axis=0)
        seeds[highest, np.arange(count)] = 1.0
        goal = roots[highest, np.arange(count)]
        violated = roots[width:] < 0
        seeds[width:][violated] = np.broadcast_to(-heavy, violated.shape)[violated]
        penalty = np.sum(np.where(violated, -roots[width:], 0.0), axis=0) if len(roots) > width else np.zeros(count)
        merits.append(goal + heavy * penalty)
        helds.append(np.min(roots[width:], axis=0) if len(roots) > width else np.full(count, np.inf))
        slopes.append(tape.pull(values, seeds))
    return (np.concatenate(merits), np.concatenate(helds)), np.hstack(slopes)


def polish(seen: Seen, start: Array, part: int, *, ratio: bool) -> Array:
    """Return a point near ``start`` where the part's margin is smaller: SLSQP with the hypotheses as constraints, else L-BFGS-B."""
    space = seen.space
    tape = space.tape(part, ratio=ratio)
    width, size = len(space.goal[part]), space.dimension
    free = np.flatnonzero(~np.array(space.whole))
    base = np.array([float(value[0]) for value in space.inputs(start[:, None]).values()])

    def values(x: Array) -> tuple[Array, Array]:
        full = base.copy()
        full[free] = x[: len(free)]
        found, slopes = tape.jacobian(full)
        seen.points += 1
        seen.work += GRADIENT
        return np.nan_to_num(found, nan=1e6, posinf=1e12, neginf=-1e12), slopes[:, free]

    bounds = [(space.low[axis], space.high[axis]) for axis in free]
    x = start[free]
    if width == 1 and not space.given:

        def falling(y: Array) -> tuple[float, Array]:
            found, slopes = values(y)
            return float(found[0]), slopes[0]

        done = minimize(falling, x, jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 200})
        found = done.x
    elif len(free) <= LARGE:
        # Several alternatives are pressed below one bound s, which is what gets smaller.
        now, _ = values(x)
        memo: dict[bytes, tuple[Array, Array]] = {}

        def at(y: Array) -> tuple[Array, Array]:
            key = y[:-1].tobytes()
            if key not in memo:
                memo.clear()
                memo[key] = values(y)
            return memo[key]

        def room(y: Array) -> Array:
            found, _ = at(y)
            return np.concatenate([y[-1] - found[:width], found[width:]])

        def slope(y: Array) -> Array:
            _, slopes = at(y)
            return np.hstack([np.vstack([-slopes[:width], slopes[width:]]), np.concatenate([np.ones(width), np.zeros(len(slopes) - width)])[:, None]])

        last = np.eye(len(free) + 1)[-1]
        with np.errstate(all="ignore"):
            done = minimize(lambda y: y[-1], np.append(x, now[:width].max()), jac=lambda _: last, bounds=[*bounds, (None, None)], method="SLSQP",
                            constraints={"type": "ineq", "fun": room, "jac": slope}, options={"maxiter": 150})  # fmt: skip
        found = done.x[:-1]
    else:

        def pressed(y: Array) -> tuple[float, Array]:
            found, slopes = values(y)
            worst = int(np.argmax(found[:width]))
            short = np.minimum(found[width:], 0.0)
            return float(found[worst] + 1e3 * np.sum(short**2)), slopes[worst] + 2e3 * short @ slopes[width:]

        done = minimize(pressed, x, jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 300})
        found = done.x
    moved = start.copy()
    moved[free] = found if np.all(np.isfinite(found)) else x
    result: Array = space.clipped(moved[:, None])[:, 0]
    assert result.shape == (size,)
    return result


def centred(seen: Seen, start: Array, part: int) -> Array:
    """Return a point deeper inside the violation and the hypotheses.

    First on the way to the points where the hypotheses hold best: their edge may be one at which all gradients vanish. Then every
    alternative and every hypothesis gets as much room as the tightest one has.
    """
    space = seen.space
    targets = np.array([np.full(space.dimension, 0.5), *([seen.deep] if seen.deep is not None else [])])
    shares = np.array([0.0, *(2.0**-k for k in range(1, 31))])
    way = np.hstack([start[:, None] + shares * (target - start)[:, None] for target in targets])
    way = space.clipped(np.where(np.array(space.whole)[:, None], start[:, None], way))
    goal, held = seen.look(way)
    room = np.minimum(held, -goal)
    if not np.any(room > 0):
        return start
    # As deep as possible in the hypotheses while half of the violation is left.
    kept = (room > 0) & (goal <= 0.5 * np.min(goal[room > 0]))
    best = way[:, int(np.argmax(np.where(kept, np.minimum(held, 1e300), -np.inf)))]
    if space.dimension > LARGE or not space.smooth:
        return best
    return _pressed(seen, best, part)


def _pressed(seen: Seen, start: Array, part: int) -> Array:
    """Return a point with the greatest smallest room, each room in units of its gradient, by SLSQP; ``start`` where that goes astray."""
    space = seen.space
    tape = space.tape(part, ratio=False)
    width = len(space.goal[part])
    free = np.flatnonzero(~np.array(space.whole))
    base = np.array([float(value[0]) for value in space.inputs(start[:, None]).values()])

    def rooms(x: Array) -> tuple[Array, Array]:
        full = base.copy()
        full[free] = x
        found, slopes = tape.jacobian(full)
        seen.points += 1
        seen.work += GRADIENT
        sign = np.where(np.arange(len(found)) < width, -1.0, 1.0)
        return np.nan_to_num(found) * sign, slopes[:, free] * sign[:, None]

    _, slopes = rooms(start[free])
    scale = np.maximum(np.linalg.norm(slopes, axis=1), 1e-9)
    with np.errstate(all="ignore"):
        done = minimize(
            lambda y: -y[-1], np.append(start[free], 0.0), jac=lambda y: -np.eye(len(y))[-1], method="SLSQP", options={"maxiter": 40},
            bounds=[*[(space.low[axis], space.high[axis]) for axis in free], (0, 1)],
            constraints={"type": "ineq", "fun": lambda y: rooms(y[:-1])[0] / scale - y[-1],
                         "jac": lambda y: np.hstack([rooms(y[:-1])[1] / scale[:, None], -np.ones((len(scale), 1))])},
        )  # fmt: skip
    moved = start.copy()
    moved[free] = np.nan_to_num(done.x[:-1], nan=0.5)
    moved = space.clipped(moved[:, None])[:, 0]
    goal, held = seen.look(np.array([start, moved]).T)
    return moved if held[1] >= 0 and goal[1] < 0 and min(held[1], -goal[1]) >= min(held[0], -goal[0]) else start


# -- global optimisers ---------------------------------------------------------------------------------------------------


def _scalar(seen: Seen) -> Callable[[Array], float]:
    return lambda x: float(seen.badness(seen.space.clipped(np.asarray(x, dtype=float)[:, None]), ALONE)[0])


def _bounds(space: Space) -> Bounds:
    return Bounds(space.low, space.high)


def directed(space: Space, stage: Mapping[str, Any], index: int, number: int, seed: int) -> Seen:
    """Run DIRECT with ``points`` evaluations; the number of the tile chooses between its locally biased form and the original."""
    del index, seed
    seen = Seen(space, part={"locally_biased": "yes" if number % 2 == 0 else "no"})
    direct(_scalar(seen), _bounds(space), maxfun=int(stage["points"]), maxiter=10**6, locally_biased=number % 2 == 0, vol_tol=0, len_tol=1e-12)
    return _improved(seen, number)


def annealed(space: Space, stage: Mapping[str, Any], index: int, number: int, seed: int) -> Seen:
    """Run dual annealing with ``points`` evaluations."""
    seen = Seen(space)
    rng = generator(seed, space, index, number)
    options = {"method": "Powell" if not space.smooth else "L-BFGS-B", "options": {"maxiter": 20}}
    dual_annealing(_scalar(seen), _bounds(space), maxfun=int(stage["points"]), maxiter=10**6, rng=rng, minimizer_kwargs=options)
    return _improved(seen, number)


def evolved(space: Space, stage: Mapping[str, Any], index: int, number: int, seed: int) -> Seen:
    """Run differential evolution with about ``points`` evaluations, a generation at a time."""
    seen = Seen(space)
    rng = generator(seed, space, index, number)
    people = max(20, min(200, 10 * space.dimension))
    start = space.clipped(rng.random((space.dimension, people))).T
    differential_evolution(
        lambda x: seen.badness(space.clipped(np.asarray(x).reshape(space.dimension, -1))), _bounds(space), init=start, vectorized=True, polish=False,
        maxiter=max(1, int(stage["points"]) // people - 1), updating="deferred", tol=0, atol=0, rng=rng,
    )  # fmt: skip
    return _improved(seen, number)


def _improved(seen: Seen, number: int) -> Seen:
    """Follow the gradient from the best point."""
    if seen.best is not None and seen.space.smooth and seen.margin > 0:
        part = number % len(seen.space.goal)
        seen.look(polish(seen, seen.best, part, ratio=False)[:, None])
    return seen


# -- intervals -----------------------------------------------------------------------------------------------------------


def unit_obligation(space: Space) -> Obligation:
    """Return the obligation in the coordinates of the cube, where every domain is bounded; whole numbers keep their range as reals."""
    goal: Term | None = None
    for part in space.goal:
        either: Term | None = None
        for one in part:
            relation = Term("gt", (one, num(0)))  # strict: a box where it is not certain stays
            either = relation if either is None else Term("or", (either, relation))
        assert either is not None
        goal = either if goal is None else Term("and", (goal, either))
    assert goal is not None
    given = tuple(Term("ge", (one, num(0))) for one in space.given)
    cube = Domain(num(0), num(1), lower_closed=True, upper_closed=True)
    domains = tuple((name, replace(domain, integer=False) if domain.integer else cube) for name, domain in space.free)
    return Obligation(space.obligation.name, domains, given, goal)


def bisected(space: Space, stage: Mapping[str, Any], index: int, number: int, seed: int) -> Seen:
    """Subdivide part ``number`` of ``parts`` of the cube with at most ``boxes`` boxes, the one with the smallest margin in its middle first."""
    del index, seed
    seen = Seen(space)
    cell = part_of(space, number, int(stage["parts"]))
    seen.part = {"box": [[str(low), str(high)] for low, high in cell]}
    try:
        chart = chart_of(unit_obligation(space))
    except Rejected as error:
        return replace(seen, part={**seen.part, "skipped": error.why})
    forms = Enclosures(chart, space.obligation, 64, clip=False)
    total, order = _volume(cell), 0
    queue: list[tuple[float, int, Cell]] = [(0.0, 0, cell)]
    excluded, boxes = Fraction(0), 0
    with precision(64):
        while queue and boxes < int(stage["boxes"]) and not seen.suspects:
            _, _, here = heappop(queue)
            boxes += 1
            seen.work += BOX
            if forms.natural(here) or forms.mean_value(here):
                excluded += _volume(here)
                continue
            axis = max(range(len(here)), key=lambda j: here[j][1] - here[j][0])
            for half in halves(here, axis):
                middle = np.array([[float((low + high) / 2)] for low, high in half])
                order += 1
                heappush(queue, (float(seen.badness(space.clipped(middle), ALONE)[0]), order, half))
    share = excluded / total
    seen.part |= {"boxes": boxes, "left": len(queue), "excluded": str(share)}
    return seen


def part_of(space: Space, number: int, parts: int) -> Cell:
    """Return part ``number`` of the cube, cut ``log2(parts)`` times in halves, axis after axis."""
    cell = unit(chart_of(unit_obligation(space)))
    axis = 0
    while parts > 1:
        cell = halves(cell, axis)[number % 2]
        number, parts, axis = number // 2, parts // 2, (axis + 1) % len(cell)
    return cell


def _volume(cell: Cell) -> Fraction:
    volume = Fraction(1)
    for low, high in cell:
        volume *= high - low
    return volume


ENGINES: Mapping[str, Callable[[Space, Mapping[str, Any], int, int, int], Seen]] = {
    "random": random, "zeros": zero, "descent": descent, "direct": directed, "annealing": annealed, "evolution": evolved, "bisect": bisected,
}  # fmt: skip
