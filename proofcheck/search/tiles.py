"""From a plan to tiles: what each method does with its share of the budget, and what one tile finds, kernel included.

``Computer(opened).result(number)`` is a function of the open record and the number of the tile: a search computes tiles in order, an audit
those that it chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from proofcheck.evidence import Undecided
from proofcheck.kernel.errors import Malformed, Rejected
from proofcheck.kernel.rules import Link
from proofcheck.kernel.rules.points import settled, witness
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.statement import read
from proofcheck.kernel.terms import Obligation, Term, rational, substitute
from proofcheck.methods import grid
from proofcheck.search.engines import ALONE, BOX, ENGINES, FLAT, GRADIENT, STARTS, STEPS, Seen
from proofcheck.search.ledger import Candidate, Open, Tile, stage_of
from proofcheck.search.space import Array, Space, enclosed, spaces, text, zeros

METHODS = ("grid", "random", "optimise", "bisect", "all")
SHARES = {"random": 0.4, "descent": 0.25, "direct": 0.08, "annealing": 0.08, "evolution": 0.08, "bisect": 0.11}
OPTIMISERS = ("descent", "direct", "annealing", "evolution")
LEAST, MOST, WORTH = 200_000, 40_000_000, 12_000_000_000  # evaluations; operations that the default budget is worth
TILE = 25_000_000  # operations of a tile of random points
NODES = 2**14  # nodes of a tile of a grid, where one row has fewer
MAX_TILES = 100_000
BOUNDS = (1, 2, 3, 4, 6, 8, 10, 12, 16, 24, 60, 100, 1000, 10**4, 10**5, 10**6, 10**8, 10**10, 0)
FIRST_BOXES, BOXED = 2_000, 4
FEW = (1, 2, 3, 4, 6, 8, 12, 60)  # for what may be 0 at a simple point
MAX_TEXT = 1_000  # characters of a coordinate
SHRUNK = 40  # variables up to which each is made simple by itself


@dataclass(frozen=True)
class Result:
    """A tile and what became of its candidates."""

    tile: Tile
    candidates: tuple[Candidate, ...]

    @property
    def found(self) -> bool:
        """Whether the kernel confirmed a counterexample."""
        return any(candidate.verdict == "witness" for candidate in self.candidates)


# -- the plan ------------------------------------------------------------------------------------------------------------


def budget_for(obligations: Sequence[Obligation]) -> int:
    """Return the default budget in evaluations: about half a minute on two processors, less for each where formulas are large."""
    steps = max((space.steps for obligation in obligations for space in spaces(obligation)), default=1)
    return int(min(MOST, max(LEAST, WORTH // max(1, steps))))


def planned(obligations: Sequence[Obligation], method: str, budget: int | None, options: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return the stages of a search with their tiles. ``options`` are those of the method ``grid``: points, spacing, digits. Raises Malformed."""
    stages: list[dict[str, Any]] = []
    for obligation in obligations:
        share = None if budget is None else budget // len(obligations)
        if method == "grid" or share is None:
            here = _grid(obligation, share, options)
        else:
            here = _mixed(spaces(obligation), method, share)
            exact = len(zeros(obligation)) if method in ("all", "optimise") else 0
            here[1:1] = [{"method": "zeros", "tiles": exact, "points": 256}]
        names = {"obligation": obligation.name, "obligation_digest": obligation.digest()}
        stages += [{**stage, **names} for stage in here if stage["tiles"]]
    if sum(stage["tiles"] for stage in stages) > MAX_TILES:
        raise Malformed("PC106", f"The plan has more than {MAX_TILES} tiles.", hint="Lower the budget or the number of points.")
    return tuple(stages)


def _grid(obligation: Obligation, budget: int | None, options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the stage of a grid: as many rows of the first variable as the budget allows, ``whole`` is how many tiles there are without it."""
    chosen = {key: value for key, value in options.items() if key in ("points", "spacing", "digits")}
    if "points" not in chosen:
        chosen["points"] = max(3, int(min(budget or 10**6, 10**7) ** (1 / max(1, len(obligation.domains))) + 1e-9))
    plan = grid.planned(obligation, chosen)
    if isinstance(plan, Undecided):
        raise Malformed("PC204", f"The method grid: {plan.detail}.")
    axis = plan.axes[0].size if plan.axes else 1
    rows = max(1, -(-NODES * axis // max(1, plan.points)), -(-axis // MAX_TILES))
    whole = -(-axis // rows)
    fitting = whole if budget is None else min(whole, max(1, budget * axis // (rows * plan.points)))
    return [{"method": "grid", "tiles": fitting, "whole": whole, "rows": rows, **chosen}]


def _mixed(branches: Sequence[Space], method: str, budget: int) -> list[dict[str, Any]]:
    """Return the stages of everything but grids: a first round of a few tiles of each kind, then the rest."""
    wanted = {"all": tuple(SHARES), "optimise": OPTIMISERS}.get(method, (method,))
    space, many = branches[0], len(branches)
    if not space.dimension:
        return [{"method": "random", "tiles": 1, "points": 1}]
    if not space.smooth:
        wanted = tuple(name for name in wanted if name != "descent") or ("evolution",)
    weight = sum(SHARES[name] for name in wanted)
    first: list[dict[str, Any]] = []
    rest: list[dict[str, Any]] = []
    for name in wanted:
        share = int(budget * SHARES[name] / weight / many)
        stage, cost, opening = _unit(name, space, share)
        count = max(1, share // cost)
        if name == "bisect":
            parts = 1 << min(6, max(0, count.bit_length() - 1))
            stage |= {"boxes": max(1, share // BOX // parts), "parts": parts}
            (rest if len(wanted) > 1 else first).append({**stage, "tiles": parts * many})
            continue
        count = min(count, 2 if name == "direct" else 400)
        opening = min(opening, count)
        first.append({**stage, "tiles": opening * many})
        rest.append({**stage, "tiles": (count - opening) * many})
    if "bisect" in wanted and len(wanted) > 1 and space.dimension <= BOXED:
        # In few variables some boxes find what hides behind a slope that leads elsewhere.
        first.append({"method": "bisect", "boxes": FIRST_BOXES, "parts": 1, "tiles": many})
    order = ("random", "descent", "direct", "annealing", "evolution", "bisect")
    return sorted(first, key=lambda stage: order.index(stage["method"])) + sorted(rest, key=lambda stage: order.index(stage["method"]))


def _unit(name: str, space: Space, share: int) -> tuple[dict[str, Any], int, int]:
    """Return a stage without its number of tiles, what a tile costs, and how many tiles of it come in the first round."""
    if name == "random":
        points = 1 << max(6, min(17, (TILE // space.steps).bit_length() - 1, max(6, share.bit_length() - 1)))
        return {"method": name, "points": points}, points, 2
    if name == "descent":
        return {"method": name, "starts": STARTS, "steps": STEPS}, GRADIENT * STARTS * (STEPS + 40), 4
    if name == "bisect":
        return {"method": name}, 2_000 * BOX, 1
    points = max(200, min(3_000, share // ALONE)) if name != "evolution" else max(1_000, min(40_000, share))
    return {"method": name, "points": points}, points * (ALONE if name != "evolution" else 1), 2


# -- one tile ------------------------------------------------------------------------------------------------------------


class Computer:
    """Computes the tiles of a search. Raises Malformed where the claim's text cannot be read or is not the one that was planned for (PC301)."""

    def __init__(self, opened: Open) -> None:
        self.opened = opened
        statement = read(opened.text.encode())
        self.obligations = {entry.obligation.name: entry.obligation for entry in statement.entries}
        for stage in opened.stages:
            known = self.obligations.get(str(stage["obligation"]))
            if statement.digest != opened.digest or known is None or known.digest() != stage["obligation_digest"]:
                raise Malformed("PC301", f"The text in the ledger is not that of the claim with the digest {opened.digest[:12]}…")
        self.branches: dict[tuple[str, Callable[[Obligation], tuple[Space, ...]]], tuple[Space, ...]] = {}

    @property
    def tiles(self) -> int:
        """How many tiles the plan has."""
        return sum(int(stage["tiles"]) for stage in self.opened.stages)

    def result(self, number: int) -> Result:
        """Return tile ``number``. Domain: 0 <= number < tiles."""
        index = stage_of(self.opened, number)
        stage = self.opened.stages[index]
        inner = number - sum(int(other["tiles"]) for other in self.opened.stages[:index])
        obligation = self.obligations[str(stage["obligation"])]
        if stage["method"] == "grid":
            return row(obligation, stage, index, number, inner)
        kind = zeros if stage["method"] == "zeros" else spaces
        branches = self.branches.get((obligation.name, kind)) or self.branches.setdefault((obligation.name, kind), kind(obligation))
        space = branches[inner % len(branches)]
        seen = ENGINES[str(stage["method"])](space, stage, index, inner // len(branches), self.opened.seed)
        part = {**seen.part, **({"branch": inner % len(branches)} if len(branches) > 1 else {})}
        return Result(tile_of(seen, number, index, part), judged(seen, number, exact=kind is zeros))


def tile_of(seen: Seen, number: int, stage: int, part: Mapping[str, Any]) -> Tile:
    """Return the record of what a tile saw; its margin is that of the exact point, to the last bit of a float64."""
    counts = (number, stage, part, seen.points, seen.outside, seen.undefined, seen.work)
    if seen.best is None or not np.isfinite(seen.margin):
        return Tile(*counts)
    at = seen.space.exact(seen.best.tolist())
    ends = enclosed(seen.space.formula, at)
    if ends is None:
        return Tile(*counts)
    texts = _texts(at)
    if max(map(len, texts.values()), default=0) > MAX_TEXT:  # a solution of an equation in which the equation is large
        return Tile(*counts)
    return Tile(*counts, middle(ends), texts, (str(ends[0]), str(ends[1])))


def judged(seen: Seen, number: int, *, exact: bool = False) -> tuple[Candidate, ...]:
    """Return the candidates of a tile: the first that the kernel confirms, else the lowest that it does not.

    With ``exact`` both sides are equal at every point: only a simple one has a normal form that shows it.
    """
    space = seen.space
    refused: list[Candidate] = []
    doubtful = 0
    for margin, t in seen.suspects:
        clear = margin < -FLAT
        doubtful += not clear and not exact
        if doubtful > 2 and not clear:
            continue
        at = confirmed(space, t, (24,) if exact else BOUNDS if clear else (*FEW, 0), exact=exact)
        found = at if exact and at is not None else space.exact(t.tolist())
        if at is not None:
            simple = simplest(space, at)
            ends = enclosed(space.formula, simple)
            return (Candidate(number, space.obligation.name, _texts(found), repr(margin), "witness", _texts(simple), _ends(ends)),)
        if margin < 0:
            refused.append(Candidate(number, space.obligation.name, _texts(found), repr(margin), verdict(space.obligation, found), {},
                                     _ends(enclosed(space.formula, found))))  # fmt: skip
    return tuple(refused[:1])


def _texts(at: Mapping[str, Term]) -> dict[str, str]:
    return {name: text(term) for name, term in at.items()}


def _ends(ends: Any) -> tuple[str, ...]:
    return () if ends is None else (str(ends[0]), str(ends[1]))


def verdict(obligation: Obligation, at: Mapping[str, Term]) -> str:
    """Return what the kernel's rule ``witness`` says of an exact point."""
    try:
        witness(obligation, {"rule": "witness", "at": _texts(at)}, Link())
    except Rejected as error:
        if error.code.startswith("PC313"):
            return "outside"
        return "undecided" if settled(substitute(obligation.goal, at)) is None else "not violated"
    return "witness"


def confirmed(space: Space, t: Array, bounds: Sequence[int], *, exact: bool = False) -> dict[str, Term] | None:
    """Return a point near ``t``, as simple as the bounds of denominators allow, at which the kernel confirms a violation; None where none does."""
    tried: set[tuple[Term, ...]] = set()
    multiples = any(end is not None and rational(end) is None for _, domain in space.free for end in (domain.lower, domain.upper))
    cubes = (True,) if exact else (False, True) if multiples else (False,)
    for bound in bounds:
        for cube in cubes:
            at = space.exact(t.tolist(), bound, cube=cube)
            key = tuple(at.values())
            if key in tried:
                continue
            tried.add(key)
            # A glance in float64 first. Where the violation is an equality of both sides, only the kernel can tell.
            if not space.value(at) > FLAT and verdict(space.obligation, at) == "witness":
                return at
    return None


def simplest(space: Space, at: Mapping[str, Term]) -> dict[str, Term]:
    """Return the point with each coordinate by itself replaced by the simplest one that still violates."""
    best = dict(at)
    if space.solved or len(best) > SHRUNK:
        return best
    for name, domain in space.obligation.domains:
        number = rational(best[name])
        if domain.integer or number is None:
            continue
        for bound in BOUNDS[:-1]:
            if number.denominator <= bound:
                break
            trial = {**best, name: Term("num", (), number.limit_denominator(bound))}
            if not space.value(trial) > -1e-12 and verdict(space.obligation, trial) == "witness":
                best = trial
                break
    return best


def row(obligation: Obligation, stage: Mapping[str, Any], index: int, number: int, inner: int) -> Result:
    """Return one tile of a grid: ``rows`` values of the first variable, all values of the others."""
    options = {key: stage[key] for key in ("points", "spacing", "digits") if key in stage}
    whole = grid.planned(obligation, options)
    assert isinstance(whole, grid.Plan)
    first = inner * int(stage["rows"])
    plan = whole
    if whole.axes:
        end = min(first + int(stage["rows"]), whole.axes[0].size)
        cut = grid.planned(obligation, {**options, "part": {whole.axes[0].name: [first, end]}})
        assert isinstance(cut, grid.Plan)
        plan = cut
    tally = grid.examined(plan, (0, prod(plan.blocks)))
    outside = tally.nodes - tally.inside - tally.undefined
    counts = (number, index, {"rows": [first, first + (plan.axes[0].size if plan.axes else 1)]}, tally.nodes, outside, tally.undefined, tally.nodes)
    place = tally.violated_at or (tally.tied_at if tally.unsigned else None)
    suspect = None if place is None else grid.exact_position(plan.axes, place)
    smallest = grid.smallest(plan, tally)
    formula = grid.margin(obligation.goal)
    candidates: tuple[Candidate, ...] = ()
    if suspect is not None:
        seems = enclosed(formula, suspect)
        says = verdict(obligation, suspect)
        near = "" if seems is None else middle(seems)
        candidates = (Candidate(number, obligation.name, _texts(suspect), near, says, _texts(suspect) if says == "witness" else {}, _ends(seems)),)
        if seems is not None:
            return Result(Tile(*counts, near, _texts(suspect), _ends(seems)), candidates)
    if smallest is None:
        return Result(Tile(*counts), candidates)
    at = point(obligation, smallest.at)
    ends = enclosed(formula, at)
    if ends is None:
        return Result(Tile(*counts), candidates)
    return Result(Tile(*counts, middle(ends), smallest.at, _ends(ends)), candidates)


def middle(ends: tuple[Fraction, Fraction]) -> str:
    """Return the float64 in the middle of an enclosure, 0 where the enclosure does not tell the value from 0."""
    return repr(float((ends[0] + ends[1]) / 2)) if ends[0] > 0 or ends[1] < 0 else "0.0"


def point(obligation: Obligation, at: Mapping[str, str]) -> dict[str, Term]:
    """Return the exact point that texts give. Raises Malformed for texts that are not formulas, or other variables."""
    if set(at) != set(obligation.box):
        raise Malformed("PC203", f"A point has a value for each of {', '.join(obligation.box)}.")
    scope = Scope({}, {}, "point")
    return {name: scope.scalar(at[name]) for name in obligation.box}
