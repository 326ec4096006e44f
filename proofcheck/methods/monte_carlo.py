"""Method ``monte_carlo``: does a relation between expectations hold, as far as seeded samples tell? Support, never a proof.

Every E(f, A) of the goal is the mean of f over the event A. At each of finitely many points of the variables the method draws independent
samples, doubles their number from stage to stage, and ends when each relation ``left ⋈ right`` is clear or the samples are used up:

=============  =====================================================================================================================
relation       clear, where [low, high] is the confidence interval of left - right
=============  =====================================================================================================================
=              contradicted: 0 is outside; supported: 0 is inside and half of high - low is at most resolution * scale
<=, < (>=, >)  contradicted: low > 0; supported: high < 0, and for <= also as for an equality (the two sides are too close to tell)
=============  =====================================================================================================================

So "not contradicted" is never taken for support. The intervals of all relations, points and stages of one check miss a true value
together with probability at most LEVEL, and a run of MAX_CHECKS checks does with probability below 1e-6 (union bounds; nothing is
assumed of how checks depend on each other, and a claim's share does not depend on which claims are selected).

Intervals. One probability, alone in its relation: Clopper and Pearson, exact. Anything else: the normal interval of the mean, its
quantile z widened for the sample's skewness and kurtosis to the second order of Edgeworth's expansion,

    z'^2 = z^2 + 2 c,    c = |skewness| z^3/(6 sqrt n) + |excess| z^4/(24 n),

and used only where c < 1 and no single sample makes up more than 1 % of the sum of squares. That is a screen for heavy tails and not
a theorem: a mean that does not exist is usually noticed (inconclusive), and cannot always be.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..algebras.floats import Floats, evaluated
from ..evidence import Evidence, Margin, Support, Undecided, Violation
from ..kernel.algebra import Ball, evaluate, precision
from ..kernel.errors import Malformed, Rejected
from ..kernel.rules.points import settled
from ..kernel.rules.premises import scope_of, term_in
from ..kernel.scope import Scope
from ..kernel.statement import Entry, Reader, read_toml
from ..kernel.terms import (
    ONE,
    OPAQUE,
    RANDOM,
    TRUE,
    ZERO,
    Obligation,
    Term,
    add,
    conjuncts,
    div,
    mul,
    neg,
    postorder,
    replaced,
    show,
    sub,
    substitute,
    var,
    variables,
)  # fmt: skip
from ..plot import DASHED, POINTS, Axis, Curve, Plot
from .witness import Cubes

Progress = Callable[[int, int, str], None]
Array = NDArray[np.float64]
Interval = tuple[float, float]

NAME = "monte_carlo"
OPTIONS = ("seed", "at", "points", "samples", "resolution", "scale", "variance")
LEVEL, MAX_CHECKS = 1e-10, 10_000
BLOCK, FIRST, MOST, MAX_SAMPLES = 2**13, 2**14, 2**25, 2**32
RESOLUTION = Fraction(1, 200)
NEVER = Fraction(1, 10**12)
"""The resolution of a neighbour that is to fail: it is sampled until it is contradicted, and not until it looks true."""
SHARE = 0.01
SEEN = 100
"""How many samples must fall into an event before a mean over it is believed."""
VARIANCE_SIGMAS = 8.0


# -- what is asked -------------------------------------------------------------------------------------------------------------------


def stated(data: bytes, entry: Entry) -> dict[str, Any]:
    """Return the options for an entry of a claim's text, formulas read in the file's scope.

    Sanity values and neighbours are sampled as the claim's statement or first check is. ``at`` becomes exact points: those of ``at``, else
    those of the sanity values; a neighbour's own point stands alone. Raises Malformed.
    """
    reader = Reader(read_toml(data))
    suffix = entry.obligation.name.partition("[")[2]
    instance = next(values for values in reader.instances() if ", ".join(f"{n}={v}" for n, v in values.items()) == suffix.removesuffix("]"))
    scope = Scope(reader.tables.get("define", {}), instance, "[define]")
    scope.domains(reader.tables.get("for_all", {}), "[for_all]")
    scope.distributions(reader.tables.get("random", {}), "[random]")
    wishes = [entry.by, reader.claim.get("by"), *(check["by"] for check in reader.checks)]
    wish = next((by for by in wishes if isinstance(by, Mapping) and by.get("method") == NAME), {})
    options = {key: value for key, value in wish.items() if key != "method"}
    for key in options:
        if key not in OPTIONS:
            raise Malformed("PC202", f"`{key}` is not an option of the method {NAME}.", hint=f"Options: {', '.join(OPTIONS)}.")
    tables = options.get("at")
    if tables is None:
        tables = [item["at"] for item in reader.sanity if item.get("at") and all(scope.scalar(v) is instance[n] for n, v in item.get("instance", {}).items())]
    if not isinstance(tables, list):
        raise Malformed("PC204", "`at` is a list of tables of values, one for each point.")
    options["at"] = [scope.point(table, entry.key) for table in tables]
    if "scale" in options:
        options["scale"] = scope.scalar(options["scale"])
    if "variance" in options:
        texts = options["variance"] if isinstance(options["variance"], list) else [options["variance"]]
        options["variance"] = [scope.scalar(text) for text in texts]
    if entry.kind not in ("statement", "check"):
        options.pop("variance", None)  # it is that of the statement
    if entry.kind == "must_fail":
        options["resolution"] = NEVER
    if entry.hint:
        outside = scope_of(Obligation("", (), (), TRUE))
        try:
            options |= {"at": [{name: term_in(outside, text) for name, text in entry.hint.items()}], "points": 0}
        except Rejected as error:
            raise Malformed("PC204", error.why) from None
    return options


@dataclass(frozen=True)
class Relation:
    """One conjunct ``left ⋈ right`` of the goal, the expectations in it (by number in the plan), and their weights where it is affine.

    left - right = constant + sum of weights * expectations; ``weights`` is None where it is not affine.
    """

    formula: Term
    uses: tuple[int, ...]
    difference: Term
    constant: Term
    weights: Mapping[int, Term] | None


@dataclass(frozen=True)
class Plan:
    """What is sampled: the expectations, the relations between them, the distributions, and the options as numbers."""

    obligation: Obligation
    means: tuple[Term, ...]
    relations: tuple[Relation, ...]
    measures: tuple[tuple[str, str, int], ...]
    points: tuple[Mapping[str, Term], ...]
    seed: int
    stages: int
    resolution: float
    scale: Term | None
    variance: tuple[Term, ...]

    @property
    def key(self) -> int:
        """The generator's key: 128 bits of the digest of the obligation's meaning and the seed."""
        return int(sha256(f"{self.obligation.digest()} {self.seed}".encode()).hexdigest()[:32], 16)

    @property
    def level(self) -> float:
        """The probability with which one interval of one stage at one point may miss."""
        streams = len(self.means) + sum(len(relation.uses) > 1 for relation in self.relations)
        return LEVEL / (self.stages * len(self.points) * streams)


def planned(obligation: Obligation, options: Mapping[str, Any]) -> Plan | Undecided:
    """Return the plan for an obligation; Undecided for goals that are not conjunctions of relations with an expectation."""
    seed = _whole("seed", options.get("seed", 1), 0, 2**63)
    samples = _whole("samples", options.get("samples", MOST), FIRST, MAX_SAMPLES)
    count = _whole("points", options.get("points", 1), 0, 1_000)
    means = expectations(obligation.goal)
    parts = conjuncts(obligation.goal)
    if not means or obligation.exists or any(part.op not in ("lt", "le", "eq", "ge", "gt") for part in parts):
        why = "the goal is not a relation with an expectation for given numbers, or several joined by `and`"
        return Undecided(obligation.name, NAME, "fragment", why)
    try:
        resolution = Fraction(str(options.get("resolution", RESOLUTION)))
    except (ValueError, ZeroDivisionError):
        resolution = Fraction(0)
    if not 0 < resolution <= Fraction(1, 2):
        raise Malformed("PC204", f"`resolution` is {options['resolution']!r}; it is a number between 0 and 1/2 such as \"0.005\".")
    variance = tuple(options.get("variance", ()))
    if variance and len(variance) != len(parts):
        raise Malformed("PC204", f"`variance` has {len(variance)} formula(s); the goal has {len(parts)} relation(s).")
    measures = sorted({part for mean in means for part in str(mean.value).removeprefix(f"{NAME} ").split("; ")})
    chosen = points_of(obligation, options.get("at", []), count, seed)
    if not chosen:
        return Undecided(obligation.name, NAME, "obstruction", "no point of the domains that satisfies the hypotheses was found")
    return Plan(
        obligation, means, tuple(relation(part, means) for part in parts), tuple((n, k, int(d)) for n, k, d in map(str.split, measures)), tuple(chosen),
        seed, (samples // FIRST).bit_length(), float(resolution), options.get("scale"), variance,
    )  # fmt: skip


def expectations(goal: Term) -> tuple[Term, ...]:
    """Return the expectations of a goal, each once."""
    return tuple(node for node in postorder([goal]) if node.op == OPAQUE)


def _whole(key: str, value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise Malformed("PC204", f"`{key}` is {value!r}; it is a whole number from {low} to {high}.")
    return value


def points_of(obligation: Obligation, stated_points: list[Mapping[str, Term]], count: int, seed: int) -> list[dict[str, Term]]:
    """Return the stated points that lie in the domain, and ``count`` random ones; what a stated point leaves out is random."""
    cube, size = Cubes(obligation), len(obligation.domains)
    if not size:
        return [{}]
    generator = np.random.Generator(np.random.Philox(key=int(sha256(f"points {obligation.digest()} {seed}".encode()).hexdigest()[:32], 16)))
    found: list[dict[str, Term]] = []
    for known in [*stated_points, *[{}] * count]:
        for _ in range(200):
            at = cube.point([Fraction(int(k), 64) for k in generator.integers(1, 64, size)], known)
            if cube.contains(at):
                found += [at] if at not in found else []
                break
    return found


def relation(formula: Term, means: tuple[Term, ...]) -> Relation:
    """Return a relation of the goal with its expectations as unknowns ``#0``, ``#1``, …."""
    names = {mean: var(f"#{i}") for i, mean in enumerate(means)}
    difference = replaced(sub(*formula.args), names)
    uses = tuple(i for i in range(len(means)) if f"#{i}" in variables(difference))
    split = affine(difference)
    if split is None:
        return Relation(formula, uses, difference, ZERO, None)
    return Relation(formula, uses, difference, split[0], {int(name[1:]): weight for name, weight in split[1].items()})


def affine(term: Term) -> tuple[Term, dict[str, Term]] | None:
    """Return (c, {u: w}) with term = c + sum of w*u over the unknowns ``#…``, or None."""
    if not any(name.startswith("#") for name in variables(term)):
        return term, {}
    if term.op == "var":
        return ZERO, {str(term.value): ONE}
    parts = [affine(arg) for arg in term.args]
    known = [part for part in parts if part is not None]
    if len(known) != len(parts):
        return None
    if term.op == "neg":
        return neg(known[0][0]), {name: neg(weight) for name, weight in known[0][1].items()}
    if term.op in ("add", "sub"):
        combine = add if term.op == "add" else sub
        (c, left), (e, right) = known
        return combine(c, e), {name: combine(left.get(name, ZERO), right.get(name, ZERO)) for name in left | right}
    if term.op in ("mul", "div") and (not known[1][1] or (term.op == "mul" and not known[0][1])):
        inner, factor = known if not known[1][1] else known[::-1]
        scaled = mul if term.op == "mul" else div
        return scaled(inner[0], factor[0]), {name: scaled(weight, factor[0]) for name, weight in inner[1].items()}
    return None


# -- samples -------------------------------------------------------------------------------------------------------------------------


def drawn(measures: tuple[tuple[str, str, int], ...], key: int, block: int) -> dict[str, Array]:
    """Return the random numbers of a block, by name. Depends on nothing but its arguments: the generator counts, and has no state."""
    generator = np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, block]))
    env: dict[str, Array] = {}
    for name, kind, size in measures:
        rows = max(size, 1)
        if kind in ("cube", "uniform"):
            values = generator.random((rows, BLOCK))
            values -= 0.5 if kind == "cube" else 0.0
        else:
            values = generator.standard_normal((rows, BLOCK))
            if kind != "normal":
                values /= np.sqrt(np.einsum("ij,ij->j", values, values))
            if kind == "ball":
                values *= generator.random(BLOCK) ** (1 / rows)
        env |= {f"{RANDOM}{name}_{i + 1}" if size else f"{RANDOM}{name}": row for i, row in enumerate(values)}
    return env


def holds(formula: Term, sides: Mapping[Term, tuple[Array, Array]]) -> NDArray[np.bool_]:
    """Return where an event happens."""
    if formula.op == "not":
        return ~holds(formula.args[0], sides)
    if formula.op in ("and", "or"):
        left, right = (holds(arg, sides) for arg in formula.args)
        return left & right if formula.op == "and" else left | right
    compare = {"lt": np.less, "le": np.less_equal, "eq": np.equal, "ne": np.not_equal, "gt": np.greater, "ge": np.greater_equal}[formula.op]
    return np.asarray(compare(*sides[formula]))


def atoms(event: Term) -> tuple[Term, ...]:
    """Return the relations of an event."""
    return tuple(atom for arg in event.args for atom in atoms(arg)) if event.op in ("and", "or", "not") else (event,)


@dataclass
class Moments:
    """Sums of the powers of x - shift up to the fourth, over all samples so far; ``seen`` of them fell into the event."""

    count: int = 0
    seen: int = 0
    shift: float = 0.0
    sums: Array = field(default_factory=lambda: np.zeros(4))
    top: float = 0.0

    def take(self, values: Array, seen: int) -> None:
        """Add the values of a block."""
        if not self.count:
            self.shift = float(values.mean())
        apart = values - self.shift
        square = apart * apart
        self.top = max(self.top, float(square.max()))
        first, second = apart.sum(), square.sum()
        apart *= square
        square *= square  # no `@`: BLAS would start threads for these short sums, and wait for them
        self.sums += [first, second, apart.sum(), square.sum()]
        self.count += len(values)
        self.seen += seen

    @property
    def mean(self) -> float:
        """The mean."""
        return self.shift + float(self.sums[0]) / self.count

    def central(self) -> tuple[float, float, float]:
        """Return the variance, and the third and fourth central moments."""
        m1, m2, m3, m4 = (float(part) / self.count for part in self.sums)
        return m2 - m1**2, m3 - 3 * m1 * m2 + 2 * m1**3, m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4

    def interval(self, level: float, variance: float | None = None) -> Interval | None:
        """Return the confidence interval of the mean, or None where the sample is too uneven, or says too little, for one."""
        spread, third, fourth = self.central()
        if not spread > 0 or self.seen < SEEN or self.top > SHARE * self.count * spread:
            return None
        z = -NormalDist().inv_cdf(level / 2)
        change = abs(third) / spread**1.5 * z**3 / (6 * math.sqrt(self.count)) + abs(fourth / spread**2 - 3) * z**4 / (24 * self.count)
        if not change < 1:
            return None
        half = math.sqrt((z * z + 2 * change) * (spread if variance is None else variance) / self.count)
        return self.mean - half, self.mean + half

    def unlike(self, variance: float) -> bool:
        """Say whether the sample's variance is far from the stated one."""
        spread, _, fourth = self.central()
        return abs(spread - variance) > VARIANCE_SIGMAS * math.sqrt(max(fourth - spread**2, 0.0) / self.count)


def clopper_pearson(hits: int, count: int, level: float) -> Interval:
    """Return the interval that misses a binomial's probability with probability at most ``level``, for every probability."""
    from scipy.special import betaincinv  # noqa: PLC0415 - slower to load than most means are to sample

    def least(number: int) -> float:
        return float(betaincinv(number, count - number + 1, level / 2)) if number else 0.0

    # The upper end by symmetry: 1 - level/2 would lose the level to rounding.
    return least(hits), 1.0 - least(count - hits)


# -- one point -----------------------------------------------------------------------------------------------------------------------


@dataclass
class Look:
    """The samples at one point: the moments of every expectation, and of the difference of each relation that has several."""

    plan: Plan
    at: Mapping[str, Term]

    def __post_init__(self) -> None:
        self.env = dict(zip(self.at, evaluated(tuple(self.at.values()), Floats(), {}), strict=True)) if self.at else {}
        self.means = [Moments() for _ in self.plan.means]
        self.differences = [Moments() for _ in self.plan.relations]
        self.undefined = 0
        self.open = True
        relations = self.plan.relations
        weights = [weight for relation in relations for weight in ([relation.constant, *relation.weights.values()] if relation.weights is not None else [])]
        values = iter(float(value) for value in evaluated(tuple(weights), Floats(), self.env)) if weights else iter(())
        self.constants: list[float] = []
        self.weights: list[dict[int, float] | None] = []
        for relation in relations:
            self.constants.append(next(values) if relation.weights is not None else math.nan)
            self.weights.append(None if relation.weights is None else {i: next(values) for i in relation.weights})
        events = [(i, atom) for i, mean in enumerate(self.plan.means) for atom in atoms(mean.args[1]) if mean.args[1] is not TRUE]
        self.events = events
        self.roots = (*(mean.args[0] for mean in self.plan.means), *(side for _, atom in events for side in atom.args))

    def take(self, chances: Mapping[str, Array]) -> None:
        """Add a block of samples."""
        found = evaluated(self.roots, Floats(), {**self.env, **chances})
        count = len(self.plan.means)
        sides = {atom: (found[count + 2 * j], found[count + 2 * j + 1]) for j, (_, atom) in enumerate(self.events)}
        self.undefined += sum(int(np.count_nonzero(np.isnan(side))) for pair in sides.values() for side in pair)
        values: list[Array] = []
        with np.errstate(all="ignore"):
            for mean, moments, body in zip(self.plan.means, self.means, found, strict=False):
                inside = True if mean.args[1] is TRUE else np.broadcast_to(holds(mean.args[1], sides), (BLOCK,))
                value = np.where(inside, body, 0.0) if inside is not True else np.broadcast_to(body, (BLOCK,))
                self.undefined += BLOCK - int(np.count_nonzero(np.isfinite(value)))
                values.append(value)
                moments.take(value, BLOCK if inside is True else int(np.count_nonzero(inside)))
            for weights, difference, constant in zip(self.weights, self.differences, self.constants, strict=True):
                if weights is not None and len(weights) > 1:
                    difference.take(np.asarray(constant + sum(weight * values[i] for i, weight in weights.items())), BLOCK)

    def interval(self, k: int) -> Interval | None:
        """Return the confidence interval of the difference of relation number ``k``."""
        relation, weights, level = self.plan.relations[k], self.weights[k], self.plan.level
        variance = self.stated_variance(k)
        ends = [self.mean_interval(i, level) for i in relation.uses]
        if weights is not None and len(weights) > 1:
            # Every mean must be seen to exist by itself: in the difference a heavy tail may cancel.
            return self.differences[k].interval(level, variance) if all(end is not None for end in ends) else None
        if weights is not None and len(weights) == 1:
            ((i, weight),) = weights.items()
            known = None if variance is None or not weight else variance / weight**2
            end = self.mean_interval(i, level, known)
            return None if end is None else _ordered(self.constants[k] + weight * end[0], self.constants[k] + weight * end[1])
        if any(end is None for end in ends):
            return None
        with precision(80):
            env = {f"#{i}": _ball(end) for i, end in zip(relation.uses, ends, strict=True) if end is not None}
            known_env = {name: evaluate((value,), Ball(), {})[0] for name, value in self.at.items()}
            (value,) = evaluate((relation.difference,), Ball(), {**known_env, **env})
            return (float(value.lower()), float(value.upper())) if value.is_finite() else None

    def mean_interval(self, i: int, level: float, variance: float | None = None) -> Interval | None:
        """Return the confidence interval of expectation number ``i``; exact for a probability."""
        moments = self.means[i]
        return clopper_pearson(moments.seen, moments.count, level) if self.plan.means[i].args[0] is ONE else moments.interval(level, variance)

    def stated_variance(self, k: int) -> float | None:
        """Return the file's variance of one sample of relation number ``k``."""
        if not self.plan.variance:
            return None
        return float(evaluated((self.plan.variance[k],), Floats(), self.env)[0])

    def unlike(self) -> int | None:
        """Return the number of a relation whose stated variance is not that of the sample."""
        for k, weights in enumerate(self.weights):
            variance = self.stated_variance(k)
            if variance is None or not weights:
                continue
            ((i, weight),) = weights.items() if len(weights) == 1 else ((-1, 1.0),)
            moments = self.differences[k] if i < 0 else self.means[i]
            if weight and moments.unlike(variance / weight**2):
                return k
        return None

    def sizes(self) -> list[tuple[float, float]]:
        """Return the estimates of both sides of every relation."""
        env = {**self.env, **{f"#{i}": np.asarray(moments.mean) for i, moments in enumerate(self.means)}}
        names = {mean: var(f"#{i}") for i, mean in enumerate(self.plan.means)}
        sides = tuple(replaced(side, names) for relation in self.plan.relations for side in relation.formula.args)
        values = [float(value) for value in evaluated(sides, Floats(), env)]
        return list(zip(values[::2], values[1::2], strict=True))

    def scale(self, k: int, sizes: list[tuple[float, float]]) -> float:
        """Return what the resolution is relative to: the file's formula, else the larger side, of equations the largest of all."""
        if self.plan.scale is not None:
            return abs(float(evaluated((self.plan.scale,), Floats(), self.env)[0]))
        same = [j for j, relation in enumerate(self.plan.relations) if relation.formula.op == "eq"] if self.plan.relations[k].formula.op == "eq" else [k]
        return max(abs(side) for j in same for side in sizes[j])

    def judged(self) -> list[Judgement]:
        """Return what the samples say of every relation."""
        sizes = self.sizes()
        return [self.judgement(k, sizes) for k in range(len(self.plan.relations))]

    def judgement(self, k: int, sizes: list[tuple[float, float]]) -> Judgement:
        """Return what the samples say of relation number ``k``."""
        relation, (left, right) = self.plan.relations[k], sizes[k]
        if not relation.uses:
            answer = settled(substitute(relation.formula, self.at))
            status = {True: "supported", False: "contradicted", None: "open"}[answer]
            return Judgement(status, relation.formula, self.at, left, right, (left - right, left - right), 0.0, math.inf)
        found = self.interval(k)
        room = self.plan.resolution * self.scale(k, sizes)
        if found is None or math.isnan(room):
            return Judgement("open", relation.formula, self.at, left, right, (-math.inf, math.inf), room, -math.inf)
        low, high = found if relation.formula.op in ("eq", "lt", "le") else (-found[1], -found[0])
        close = low <= 0 <= high and (high - low) / 2 <= room
        if relation.formula.op == "eq":
            status = "contradicted" if low > 0 or high < 0 else "supported" if close else "open"
            margin = min(high, -low)
        else:
            weak = relation.formula.op in ("le", "ge")
            status = "contradicted" if low > 0 else "supported" if high < 0 or (weak and close) else "open"
            margin = -high
        return Judgement(status, relation.formula, self.at, left, right, found, room, margin)


@dataclass(frozen=True)
class Judgement:
    """What the samples say of one relation at one point: both sides, the interval of their difference, and how clear it is."""

    status: str
    formula: Term
    at: Mapping[str, Term]
    left: float
    right: float
    interval: Interval
    room: float
    margin: float

    def text(self) -> str:
        """Return the left side with its interval beside the right side, where the left side is sampled and the right one is not."""
        low, high = self.interval
        if self.formula.args[1].opaque:
            return f"left - right is {self.left - self.right:.4g} in [{low:.4g}, {high:.4g}], claimed {_SIGN[self.formula.op]} 0{_where(self.at)}"
        within = f"[{self.right + low:.6g}, {self.right + high:.6g}]"
        return f"{self.left:.6g} in {within}, claimed {_SIGN[self.formula.op]} {self.right:.6g}{_where(self.at)}"


def _ordered(a: float, b: float) -> Interval:
    return (a, b) if a <= b else (b, a)


def _ball(ends: Interval) -> Any:
    from flint import arb  # noqa: PLC0415 - only goals that are not affine need balls

    return arb(ends[0]).union(arb(ends[1]))


# -- the whole check -----------------------------------------------------------------------------------------------------------------


def attempt(obligation: Obligation, options: Mapping[str, Any], progress: Progress) -> Evidence:
    """Return Support of grade statistical, a Violation, or why neither is clear.

    Options, made by ``stated``: seed (1), at (points), points (random ones beside them, 1), samples (at most), resolution (1/200),
    scale (a term), variance (terms: those of one sample of left - right, one for each relation). Raises Malformed (PC204).
    """
    start = time.monotonic()
    plan = planned(obligation, options)
    if isinstance(plan, Undecided):
        return plan
    looks = [Look(plan, at) for at in plan.points]
    judged: dict[int, list[Judgement]] = {}
    for stage, blocks in enumerate(stages(plan.stages)):
        for block in blocks:
            chances = drawn(plan.measures, plan.key, block)
            for look in looks:
                if look.open:
                    look.take(chances)
        count = BLOCK * blocks.stop
        progress(stage + 1, plan.stages, f"{count} samples")
        for i, look in enumerate(looks):
            if not look.open:
                continue
            if look.undefined:
                what = f"a side has no finite value at {look.undefined} of {count} samples"
                return Undecided(obligation.name, NAME, "obstruction", what + _where(look.at), time.monotonic() - start)
            if (k := look.unlike()) is not None:
                what = f"the stated variance of {_short(plan.relations[k].formula)} is not that of {count} samples"
                return Undecided(obligation.name, NAME, "obstruction", what + _where(look.at), time.monotonic() - start)
            judged[i] = look.judged()
            look.open = any(item.status == "open" for item in judged[i])
        against = next((item for rows in judged.values() for item in rows if item.status == "contradicted"), None)
        if against is not None:
            return contradiction(plan, judged, against, count, time.monotonic() - start)
        if not any(look.open for look in looks):
            return support(plan, looks, judged, time.monotonic() - start)
    seconds = time.monotonic() - start
    item = next(item for rows in judged.values() for item in rows if item.status == "open")
    return Undecided(obligation.name, NAME, *unclear(item, BLOCK * blocks.stop), seconds)


def stages(count: int) -> Iterator[range]:
    """Yield the numbers of the blocks of each stage; the samples double from stage to stage."""
    done = 0
    for stage in range(count):
        until = (FIRST << stage) // BLOCK
        yield range(done, until)
        done = until


def unclear(item: Judgement, count: int) -> tuple[str, str]:
    """Return why a relation stayed open, and the numbers."""
    low, high = item.interval
    if math.isinf(low):
        return "obstruction", f"{count} samples are too uneven for an interval, as of a mean with heavy tails or a rare event{_where(item.at)}"
    what = f"after {count} samples the difference of both sides lies in [{low:.4g}, {high:.4g}], to be told apart to {item.room:.2g}{_where(item.at)}"
    return "budget", what


def contradiction(plan: Plan, judged: Mapping[int, list[Judgement]], item: Judgement, count: int, seconds: float) -> Violation:
    """Return the evidence against the statement: clear, but not an exact witness, so that it refutes nothing."""
    detail = f"{count} samples: {item.text()}; level {LEVEL:g}, seed {plan.seed}"
    return Violation(plan.obligation.name, NAME, "statistical", detail, seconds, Margin(f"{item.margin:.3g}", _point(item.at)), pictured(judged, plan))


def support(plan: Plan, looks: list[Look], judged: Mapping[int, list[Judgement]], seconds: float) -> Support:
    """Return the evidence for the statement, with the numbers of the relation that was closest to being rejected."""
    rows = [(item, looks[i].means[0].count) for i, items in judged.items() for item in items]
    sampled = [(item, count) for item, count in rows if item.formula.opaque]
    worst, _ = min(sampled, key=lambda row: row[0].margin / (row[0].room or 1.0))
    parts = [
        f"{max(count for _, count in rows)} samples, {_several(len(looks), 'point')}, {_several(len(plan.relations), 'relation')}",
        f"closest: {worst.text()}",
    ]
    equal = [item for item, _ in sampled if item.interval[0] <= 0 <= item.interval[1] and item.room > 0]
    if equal:
        widest = max((item.interval[1] - item.interval[0]) / 2 / item.room * plan.resolution for item in equal)
        parts.append(f"half-widths up to {widest:.2g} of the scale, resolution {plan.resolution:g}")
    exact = all(plan.means[i].args[0] is ONE and relation.weights is not None and len(relation.uses) == 1 for relation in plan.relations for i in relation.uses)
    parts.append(f"level {LEVEL:g} ({'exact binomial' if exact else 'stated variances' if plan.variance else 'normal'} intervals), seed {plan.seed}")
    margin = Margin(f"{worst.margin:.3g}", _point(worst.at))
    return Support(plan.obligation.name, NAME, "statistical", "; ".join(parts), seconds, margin, pictured(judged, plan))


def pictured(judged: Mapping[int, list[Judgement]], plan: Plan) -> tuple[Plot, ...]:
    """Return a plot of the intervals: left minus right of every sampled relation, in units of what is to be told apart."""
    rows = [item for items in judged.values() for item in items if item.formula.opaque and item.room > 0 and not math.isinf(item.interval[0])]
    if not rows or plan.resolution <= NEVER:
        return ()
    middle = tuple((item.interval[0] + item.interval[1]) / 2 / item.room for item in rows)
    half = tuple((item.interval[1] - item.interval[0]) / 2 / item.room for item in rows)
    count = float(len(rows))
    ends, numbers = (0.5, count + 0.5), tuple(float(k) for k in range(1, len(rows) + 1))
    curves = (Curve(numbers, middle, "left - right, with its confidence interval", POINTS, half), Curve(ends, (0.0, 0.0), "equal", DASHED))
    return (Plot("Sampled and claimed values", Axis("relations, point by point"), Axis("left - right, in units of the resolution"), curves),)


_SIGN = {"lt": "<", "le": "<=", "eq": "=", "ge": ">=", "gt": ">"}


def _several(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _point(at: Mapping[str, Term]) -> dict[str, str]:
    return {name: show(value) for name, value in at.items()}


def _where(at: Mapping[str, Term]) -> str:
    return " at " + ", ".join(f"{name} = {value}" for name, value in _point(at).items()) if at else ""


def _short(formula: Term) -> str:
    return show(formula, 60)

