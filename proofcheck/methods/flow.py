"""Method ``flow``: do the trajectories of a vector field do what the claim says? Many starts, an accurate integrator, support at best.

Starts are spread over the domains of the state variables by a seeded sequence of low discrepancy, with the corners (an open end is approached to
1/1000) and the closed faces beside them; ``given`` removes starts. All trajectories are integrated together by DOP853 (scipy), twice,
with tolerances 1e-10 and 1e-8; what the two differ by is the error. A trajectory has settled when its speed is below 1e-9; its limit
is uncertain by that speed over the observed rate of decay. ``always`` looks at every step up to there, ``decreases`` and ``increases``
compare every step with the extreme before it. What the error does not tell is inconclusive, never support.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from ..algebras.floats import Array, Floats, Pair, evaluated
from ..algebras.typeset import pretty_text
from ..evidence import Evidence, Margin, Support, Undecided, Violation
from ..kernel.errors import Malformed
from ..kernel.terms import OPAQUE, Domain, Obligation, Term, postorder, show, substitute, var
from ..plot import POINTS, Axis, Curve, Plot
from .measuring import HOLDS, UNCLEAR, VIOLATED, Truth, compared, exactly, judged

NAME = "flow"
OPTIONS = ("starts", "seed", "time")
FINE, COARSE = (1e-10, 1e-12), (1e-8, 1e-10)
"""Relative and absolute tolerance of the two integrations."""
AT_REST = 1e-9
WITHIN = 1e-6
"""An equality about a limit holds if both sides agree to this."""
MAX_STEPS, MOST_STARTS, MOST_CORNERS = 20_000, 4096, 32
NEAR = 1e-3
DRAWN, DRAWN_STEPS = 12, 100


def attempt(obligation: Obligation, options: Mapping[str, Any], progress: Callable[[int, int, str], None]) -> Evidence:
    """Return Support, a Violation with its start, time and value, or why the trajectories do not tell.

    Options: ``starts`` (48), ``seed`` (1), ``time`` (the longest trajectory, 1000). Raises Malformed for others (PC202, PC204).
    """
    count, seed, time = settings(options)
    measured = [node for node in postorder((obligation.goal,)) if node.op == OPAQUE]
    states = int(str(measured[0].value).split()[2])
    field, first = measured[0].args[1 : 1 + states], measured[0].args[1 + states :]
    env = starts(obligation, count, seed)
    size = len(next(iter(env.values()))) if env else 1
    if not size:
        return Undecided(obligation.name, NAME, "obstruction", "no start satisfies the hypotheses")
    begin = np.array([np.broadcast_to(value, (size,)) for value in evaluated(first, Floats(), env)])
    paths: list[Path] = []
    for group in range(0, size, 64):
        part = slice(group, group + 64)
        paths += trajectories(field, {name: value[part] for name, value in env.items()}, begin[:, part], time)
        progress(min(group + 64, size), size, "trajectories")
    truths = [path.judge(obligation.goal, measured, i, env) for i, path in enumerate(paths)]
    return concluded(obligation, paths, truths, env, seed, first)


def settings(options: Mapping[str, Any]) -> tuple[int, int, float]:
    """Return the number of starts, the seed and the longest time. Raises Malformed."""
    for key in options:
        if key not in (*OPTIONS, "method", "full"):
            raise Malformed("PC202", f"`{key}` is not an option of the method flow.", hint=f"Options: {', '.join(OPTIONS)}.")
    numbers = {"starts": options.get("starts", 48), "seed": options.get("seed", 1), "time": options.get("time", 1000)}
    for key, value in numbers.items():
        if type(value) is not int or not (0 if key == "seed" else 1) <= value <= (MOST_STARTS if key == "starts" else 10**6):
            raise Malformed("PC204", f"`{key}` is {value!r}; a whole number is expected.")
    return min(MOST_STARTS, numbers["starts"] * (8 if options.get("full") else 1)), numbers["seed"], float(numbers["time"])


def starts(obligation: Obligation, count: int, seed: int) -> dict[str, Array]:
    """Return starts by variable: the corners of the domains, their closed faces, and points spread between."""
    domains = obligation.domains
    if not domains:
        return {}
    ends = [(0.0 if d.lower_closed else NEAR, 1.0 if d.upper_closed else 1 - NEAR) for _, d in domains]
    corners = list(product(*ends)) if len(ends) <= 5 else []
    if not corners:
        generator = np.random.default_rng(seed)
        corners = [tuple(pair[generator.integers(2)] for pair in ends) for _ in range(MOST_CORNERS)]
    spread = evenly(count, len(domains), seed)
    faces = spread[: max(2, count // 4)].copy()
    for i, row in enumerate(faces):
        j = i % len(domains)
        row[j] = ends[j][(i // len(domains)) % 2]
    fractions = np.vstack([np.array(corners), faces, spread])
    env: dict[str, Array] = {}
    for j, (name, domain) in enumerate(domains):
        env[name] = placed(domain, fractions[:, j], env)
    inside = np.ones(len(fractions), dtype=bool)
    for name, domain in domains:
        for end, closed, relation in ((domain.lower, domain.lower_closed, "ge"), (domain.upper, domain.upper_closed, "le")):
            if end is not None:
                (bound,) = evaluated((end,), Floats(), env)
                gap = env[name] - bound if relation == "ge" else bound - env[name]
                inside &= gap >= 0 if closed else gap > 0
    for formula in obligation.given:
        inside &= judged(formula, {}, {name: exactly(value) for name, value in env.items()}, 0.0).sign == HOLDS
    return {name: value[inside] for name, value in env.items()}


def evenly(count: int, size: int, seed: int) -> Array:
    """Return points of the unit cube by Kronecker's sequence with the powers of the root of t^(size + 1) = t + 1, from a seeded start.

    Shape: (count, size).
    """
    root = 2.0
    for _ in range(60):
        root = (1 + root) ** (1 / (size + 1))
    begin = np.random.default_rng(seed).random(size)
    return np.asarray((begin + np.arange(1, count + 1)[:, None] * root ** -np.arange(1.0, size + 1)) % 1.0)


def placed(domain: Domain, fraction: Array, env: Mapping[str, Array]) -> Array:
    """Return the points at these fractions of the way from the lower to the upper end."""
    low, high = (None if end is None else evaluated((end,), Floats(), env)[0] for end in (domain.lower, domain.upper))
    fraction = np.clip(fraction, NEAR if low is None else 0.0, 1 - NEAR if high is None else 1.0)
    if low is not None and high is not None:
        value = np.where(fraction == 1, high, low + fraction * (high - low))
    elif low is not None:
        value = low + fraction / (1 - fraction)
    elif high is not None:
        value = high - (1 - fraction) / fraction
    else:
        value = (2 * fraction - 1) / (1 - np.abs(2 * fraction - 1))
    return np.asarray(np.round(value) if domain.integer else value, dtype=np.float64)


@dataclass(frozen=True)
class Path:
    """One trajectory: times (T), states (n, T) by the fine and by the coarse integration, the field there (n, T), and how it ended.

    ``settled``: its speed fell below AT_REST; then ``slack`` bounds how far the limit may still be, in every state.
    """

    times: Array
    fine: Array
    coarse: Array
    slopes: Array
    settled: bool
    slack: float
    ended: str
    parameters: Mapping[str, float]

    def along(self, sides: tuple[Term, ...]) -> list[Pair]:
        """Return the values of terms along the trajectory with their errors: the difference of the two integrations, and rounding."""
        found = []
        for values in (self.fine, self.coarse):
            env = {f"_s{i + 1}": row for i, row in enumerate(values)} | {name: np.asarray(value) for name, value in self.parameters.items()}
            found.append([np.broadcast_to(value, self.times.shape) for value in evaluated(sides, Floats(), env)])
        return [(a, np.abs(a - b) + 1e-13 * (1 + np.abs(a))) for a, b in zip(*found, strict=True)]

    @property
    def difference(self) -> float:
        """The largest difference of the two integrations."""
        return float(np.max(np.abs(self.fine - self.coarse)))

    def judge(self, goal: Term, measured: list[Term], index: int, env: Mapping[str, Array]) -> tuple[int, float, str]:
        """Return HOLDS, UNCLEAR or VIOLATED, the margin, and what was seen."""
        values: dict[Term, Pair] = {}
        known: dict[Term, Truth] = {}
        notes: list[str] = []
        for term in measured:
            kind = str(term.value).split()[1]
            if kind == "limit":
                ((value, error),) = self.along((term.args[0],))
                values[term] = (value[-1], error[-1] + self.slack) if self.settled else (np.asarray(math.nan), np.asarray(math.inf))
                notes += [f"{named(term)} = {value[-1]:.8g} at time {self.times[-1]:.4g}" if self.settled else self.ended]
                continue
            truth = self.always(term.args[0]) if kind == "always" else self.monotone(term.args[0], 1 if kind == "decreases" else -1)
            worst = int(np.argmin(truth.margin)) if (truth.sign > VIOLATED).all() else int(np.argmin(np.where(truth.sign == VIOLATED, truth.margin, np.inf)))
            sign = int(np.min(truth.sign))
            sign = UNCLEAR if sign == HOLDS and not self.settled else sign
            known[formula_of(goal, term)] = Truth(np.asarray(sign), np.asarray(truth.margin[worst]))
            notes += [f"{named(term)}: margin {truth.margin[worst]:z.6g} at time {self.times[worst]:.4g}"] + ([] if self.settled else [self.ended])
        point = {name: exactly(value[index]) for name, value in env.items()}
        truth = judged(goal, values, point, WITHIN, known)
        return int(truth.sign), float(truth.margin), "; ".join(dict.fromkeys(notes))

    def always(self, formula: Term) -> Truth:
        """Return where along the trajectory a formula holds."""
        if formula.op in ("and", "or"):
            a, b = map(self.always, formula.args)
            pick = np.minimum if formula.op == "and" else np.maximum
            return Truth(pick(a.sign, b.sign), pick(a.margin, b.margin))
        if formula.op == "not":
            inner = self.always(formula.args[0])
            return Truth(-inner.sign, -inner.margin)
        left, right = self.along(formula.args)
        return compared(formula.op, left, right, WITHIN)

    def monotone(self, quantity: Term, sense: int) -> Truth:
        """Return where a quantity is not above (sense 1) or below (-1) its extreme until then, to within the errors."""
        ((value, error),) = self.along((quantity,))
        value = sense * value
        before = np.concatenate([value[:1], np.minimum.accumulate(value)[:-1]])
        noise = error + np.concatenate([error[:1], error[:-1]])
        rise = value - before
        sign = np.where(np.isfinite(rise), np.where(rise > noise, VIOLATED, HOLDS), UNCLEAR)
        return Truth(sign, np.where(np.isfinite(rise), -rise, -np.inf))


def named(term: Term) -> str:
    """Return a measured quantity as the file writes it, with the names of the state variables; state_1, … where the start is a number."""
    count = (len(term.args) - 1) // 2
    starts = enumerate(term.args[1 + count :], 1)
    quantity = substitute(term.args[0], {f"_s{i}": start if start.op == "var" else var(f"state_{i}") for i, start in starts})
    return f"{str(term.value).split()[1]}({show(quantity, 60)})"


def formula_of(goal: Term, term: Term) -> Term:
    """Return the relation by which a formula says always, decreases or increases."""
    return next(node for node in postorder((goal,)) if node.op == "eq" and node.args[0] is term)


def trajectories(field: tuple[Term, ...], env: Mapping[str, Array], begin: Array, time: float) -> list[Path]:
    """Return the trajectories from the columns of ``begin``, together where the integrator can, else in halves."""
    size = begin.shape[1]

    def speed(_: float, flat: Array) -> Array:
        state = flat.reshape(begin.shape)
        full = {**env, **{f"_s{i + 1}": row for i, row in enumerate(state)}}
        return np.array([np.broadcast_to(value, (size,)) for value in evaluated(field, Floats(), full)]).ravel()

    found = integrated(speed, begin, time)
    if isinstance(found, list):
        return [Path(*parts, {name: float(value[i]) for name, value in env.items()}) for i, parts in enumerate(found)]
    if size == 1:
        values = {name: float(value[0]) for name, value in env.items()}
        return [Path(np.array([0.0]), begin, begin, np.zeros_like(begin), False, math.inf, found, values)]
    half = size // 2
    return [
        path
        for part in (slice(0, half), slice(half, size))
        for path in trajectories(field, {name: value[part] for name, value in env.items()}, begin[:, part], time)
    ]


def integrated(speed: Callable[[float, Array], Array], begin: Array, time: float) -> list[tuple[Array, Array, Array, Array, bool, float, str]] | str:
    """Return times, states, and the end of each trajectory; or the reason why the integrator stopped."""
    from scipy.integrate import DOP853  # noqa: PLC0415 - loaded where trajectories are asked for

    size = begin.shape[1]
    solver = DOP853(speed, 0.0, begin.ravel(), time, rtol=FINE[0], atol=FINE[1])
    times, fine, slopes = [0.0], [begin], [speed(0.0, begin.ravel()).reshape(begin.shape)]
    speeds = [np.abs(slopes[0]).max(axis=0)]
    if not np.isfinite(speeds[0]).all():
        return "the field has no value at the start"
    last = np.where(speeds[0] <= AT_REST, 0, -1)
    while solver.status == "running" and (last < 0).any() and len(times) <= MAX_STEPS:
        solver.step()
        if solver.status == "failed" or not np.isfinite(solver.y).all():
            return f"the integration broke down at time {times[-1]:.6g}"
        times.append(solver.t)
        fine.append(solver.y.reshape(begin.shape).copy())
        slopes.append(solver.f.reshape(begin.shape).copy())
        speeds.append(np.abs(slopes[-1]).max(axis=0))
        last = np.where((last < 0) & (speeds[-1] <= AT_REST * (1 + np.abs(fine[-1]).max(axis=0))), len(times) - 1, last)
    ended = f"not at rest by time {times[-1]:.6g}"
    coarse = followed(speed, begin, times)
    if coarse is None:
        return "the coarse integration broke down"
    clock, all_fine, all_coarse, all_slopes, fast = (np.array(part) for part in (times, fine, coarse, slopes, speeds))
    found = []
    for i in range(size):
        settled = bool(last[i] >= 0)
        end = int(last[i]) if settled else len(times) - 1
        slack = remaining(clock[: end + 1], fast[: end + 1, i]) if settled else math.inf
        note = "" if settled and math.isfinite(slack) else ended if not settled else "slowing down without a rate"
        one, two, slope = (part[: end + 1, :, i].T for part in (all_fine, all_coarse, all_slopes))
        found.append((clock[: end + 1], one, two, slope, settled and math.isfinite(slack), slack, note))
    return found


def followed(speed: Callable[[float, Array], Array], begin: Array, times: list[float]) -> list[Array] | None:
    """Return the states at the given times by the coarse integration."""
    from scipy.integrate import DOP853  # noqa: PLC0415 - loaded where trajectories are asked for

    found = [begin]
    if len(times) == 1:
        return found
    solver = DOP853(speed, 0.0, begin.ravel(), times[-1], rtol=COARSE[0], atol=COARSE[1])
    while len(found) < len(times):
        solver.step()
        if solver.status == "failed" or not np.isfinite(solver.y).all():
            return None
        dense = solver.dense_output()
        while len(found) < len(times) and times[len(found)] <= solver.t:
            found.append(dense(times[len(found)]).reshape(begin.shape))
    return found


def remaining(times: Array, speeds: Array) -> float:
    """Return how far a trajectory that slows down exponentially may still go: twice its speed over the rate; infinite without a rate."""
    if speeds[-1] == 0 or len(times) == 1:
        return 0.0 if speeds[-1] == 0 else math.inf
    back = int(np.searchsorted(times, 0.7 * times[-1]))
    back = min(back, len(times) - 2)
    rate = math.log(max(speeds[back], 1e-300) / speeds[-1]) / (times[-1] - times[back])
    return 2 * float(speeds[-1]) / rate if rate > 1e-6 else math.inf


def concluded(
    obligation: Obligation, paths: list[Path], truths: list[tuple[int, float, str]], env: Mapping[str, Array], seed: int, first: tuple[Term, ...]
) -> Evidence:
    """Return the evidence that the trajectories amount to."""
    signs = [sign for sign, _, _ in truths]

    def at(i: int) -> dict[str, str]:
        return {name: f"{value[i]:.12g}" for name, value in env.items()}

    instance = obligation.name.partition("[")[2].removesuffix("]").replace("=", " = ")
    plots = drawn([str(start.value) if start.op == "var" else "" for start in first], paths, instance)
    worst = min(range(len(paths)), key=lambda i: (signs[i], truths[i][1]))
    margin = Margin(f"{truths[worst][1]:z.6g}", at(worst))
    where = ", ".join(f"{name} = {value}" for name, value in at(worst).items()) or "the stated start"
    if VIOLATED in signs:
        count = signs.count(VIOLATED)
        detail = f"{count} of {len(paths)} trajectories violate it (seed {seed}); from {where}: {truths[worst][2]}"
        return Violation(obligation.name, NAME, "numerical", detail, margin=margin, plots=plots)
    if UNCLEAR in signs:
        detail = f"{signs.count(UNCLEAR)} of {len(paths)} trajectories do not tell (seed {seed}); from {where}: {truths[worst][2]}"
        return Undecided(obligation.name, NAME, "obstruction", detail, margin=margin)
    longest = max(float(path.times[-1]) for path in paths)
    error = max(path.difference for path in paths)
    many = f"{len(paths)} trajectories (seed {seed}), all" if len(paths) > 1 else "1 trajectory,"
    detail = f"{many} at rest by time {longest:.4g}; DOP853 with tolerances 1e-10 and 1e-8 differs by {error:.1e}"
    return Support(obligation.name, NAME, "numerical", f"{detail}; closest from {where}: {truths[worst][2]}", margin=margin, plots=plots)


def drawn(names: list[str], paths: list[Path], instance: str) -> tuple[Plot, ...]:
    """Return a picture of some trajectories: in the plane for two states, with their starts and ends; the first state over time otherwise."""
    chosen = paths[:: max(1, len(paths) // DRAWN)][:DRAWN]
    smooth = [dense(path) for path in chosen]
    labels = [pretty_text(name) if name else f"state {i}" for i, name in enumerate(names, 1)]
    title = (f"{len(chosen)} of {len(paths)} trajectories" if len(paths) > 1 else "The trajectory") + (f", {instance}" if instance else "")
    if len(names) == 2:
        curves = [Curve(row(states[0]), row(states[1]), colour=0) for _, states in smooth]
        places = [tuple(tuple(float(path.fine[i, k]) for path in chosen) for i in (0, 1)) for k in (0, -1)]
        marks = [Curve(x, y, name, POINTS, colour=colour) for (x, y), name, colour in zip(places, ("start", "end"), (5, 1), strict=True)]
        return (Plot(title, Axis(labels[0]), Axis(labels[1]), (*curves, *marks), equal=True),)
    return (Plot(title, Axis("time of the flow"), Axis(labels[0]), tuple(Curve(row(times), row(states[0]), colour=0) for times, states in smooth)),)


def row(values: Array) -> tuple[float, ...]:
    """Return an array's numbers."""
    return tuple(map(float, values))


def dense(path: Path) -> tuple[Array, Array]:
    """Return times and states at DRAWN_STEPS points of a trajectory, cubic between the integrator's steps, evenly spaced along the picture."""
    from scipy.interpolate import CubicHermiteSpline  # noqa: PLC0415 - loaded where trajectories are asked for

    if len(path.times) == 1:
        return path.times, path.fine
    count = len(path.times) - 1
    times = np.interp(np.arange(10 * count + 1) / 10, np.arange(count + 1), path.times)
    states = CubicHermiteSpline(path.times, path.fine, path.slopes, axis=1)(times)
    seen = states[:2] if len(states) == 2 else np.array([times, states[0]])
    lengths = np.hypot(*(np.diff(part) / (np.ptp(part) or 1.0) for part in seen))
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    even = np.interp(np.linspace(0, along[-1], DRAWN_STEPS), along, times)
    return even, CubicHermiteSpline(path.times, path.fine, path.slopes, axis=1)(even)
