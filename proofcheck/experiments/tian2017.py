"""Experiments of Tian 2017: the figures, the author's code, and what the text says of simulations. N = 1 in every population quantity."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from ..algebras.floats import Array
from ..models.relu_arrays import gradient, loss, plane_field, pull
from ..plot import ARROWS, DASHED, POINTS, Axis, Curve, Plot
from . import Measured, Outcome, experiment

SIGMAS = 6.0
"""Standard errors that an estimate's stated error has: a chance below 1e-8 for each."""
ZERO_LOSS = 1e-4
"""Below this a run counts as having reached loss 0: the other minima that occur lie above 0.01."""
FLOOR = 1e-14
"""Losses below, which are rounding, are drawn there."""


def row(values: Array) -> tuple[float, ...]:
    """Return an array's numbers."""
    return tuple(float(value) for value in np.ravel(values))


def descended(w: Array, teacher: Array, top: Array, rate: float, steps: int, every: int = 0) -> tuple[Array, list[Array]]:
    """Return w after gradient descent on the population loss, and the losses after every ``every`` steps."""
    losses = []
    for n in range(steps):
        if every and n % every == 0:
            losses.append(loss(w, teacher, top, top))
        w = w - rate * gradient(w, teacher, top, top)
    return w, [*losses, loss(w, teacher, top, top)] if every else losses


# -- sampling: Theorem 1 against finite samples ------------------------------------------------------------------------------


def relative_square(theta: float, dimension: int, samples: int) -> float:
    """Return E‖F - EF‖²/‖EF‖² for iid samples (claim thm1.error)."""
    rest = math.pi - theta
    top = 2 * math.pi * (dimension + 2) * (rest + math.sin(2 * theta) / 2)
    return (top / (rest**2 + rest * math.sin(2 * theta) + math.sin(theta) ** 2) - 1) / samples


def sampled_errors(generator: np.random.Generator, theta: float, dimension: int, samples: int, draws: int) -> Array:
    """Return ‖F - EF‖²/‖EF‖² for draws of samples; by rotation invariance e and w are fixed at the angle."""
    e, w = np.zeros(dimension), np.zeros(dimension)
    e[0], w[0], w[1] = 1.0, math.cos(theta), math.sin(theta)
    expected = pull(e[None], w[None], np.ones(1))[0]
    found = []
    for _ in range(draws):
        x = generator.standard_normal((samples, dimension))
        gap = x.T @ ((x[:, 0] > 0) * np.maximum(x @ w, 0.0)) / samples - expected
        found.append(gap @ gap)
    return np.asarray(np.array(found) / (expected @ expected))


@experiment(random=True)
def angle(seed: int, dimension: int = 10, samples: int = 500, draws: int = 800) -> Outcome:
    """Sample the relative RMS error of Theorem 1 at five angles, in units of 1/√N, and its ratio to the exact value.

    Measures: rms_1 … rms_5 at 0, π/4, π/2, 3π/4, 0.95π; worst = the largest |ratio - 1| of mean squares.
    """
    generator = np.random.default_rng(seed)
    angles = np.array([0.0, 0.25, 0.5, 0.75, 0.95]) * math.pi
    squares = [sampled_errors(generator, theta, dimension, samples, draws) * samples for theta in angles]
    means, errors = np.array([s.mean() for s in squares]), np.array([s.std(ddof=1) for s in squares]) / math.sqrt(draws)
    exact = np.array([relative_square(theta, dimension, 1) for theta in angles])
    rms, bars = np.sqrt(means), SIGMAS * errors / (2 * np.sqrt(means))
    fine = np.linspace(0, 0.97 * math.pi, 100)
    plot = Plot(
        f"Relative RMS error of the sampled F in units of 1/√N, d = {dimension}",
        Axis("angle between e and w, radians"),
        Axis("√N · relative RMS error"),
        (
            Curve(row(fine), tuple(math.sqrt(relative_square(t, dimension, 1)) for t in fine), "exact (thm1.error)", DASHED),
            Curve(row(angles), row(rms), f"{draws} draws of {samples} samples, ± {SIGMAS:g} standard errors", POINTS, row(bars)),
        ),
    )
    measures = {f"rms_{i + 1}": Measured(float(rms[i]), float(bars[i])) for i in range(5)}
    worst = int(np.argmax(np.abs(means / exact - 1)))
    measures["worst"] = Measured(abs(float(means[worst] / exact[worst]) - 1), SIGMAS * float(errors[worst] / exact[worst]))
    return Outcome(measures, (plot,))


@experiment(random=True)
def samples(seed: int, dimensions: tuple[int, ...] = (10, 50), sizes: tuple[int, ...] = (100, 400, 1600), draws: int = 400) -> Outcome:
    """Sample the RMS error over angles uniform in [0, π/2] against the number of samples.

    Measures: slope_1, slope_2 of log error on log N for each dimension; worst = the largest |ratio to the exact value - 1| of mean squares;
    scale_1, scale_2 = √N times the exact RMS error, by quadrature over the angle; rms_1_1, rms_1_2, … = the RMS error for each dimension and size.
    """
    generator = np.random.default_rng(seed)
    nodes, weights = np.polynomial.legendre.leggauss(20)
    thetas = (nodes + 1) * math.pi / 4
    curves, measures, worst = [], {}, Measured(-1.0)
    for k, d in enumerate(dimensions):
        rms, bars, exact = [], [], []
        for size in sizes:
            squares = np.concatenate([sampled_errors(generator, generator.uniform(0, math.pi / 2), d, size, 1) for _ in range(draws)])
            mean, error = squares.mean(), squares.std(ddof=1) / math.sqrt(draws)
            exact.append(float(np.dot(weights, [relative_square(t, d, size) for t in thetas]) / 2))
            rms.append(math.sqrt(mean))
            bars.append(SIGMAS * error / (2 * math.sqrt(mean)))
            if abs(mean / exact[-1] - 1) > worst.value:
                worst = Measured(abs(float(mean) / exact[-1] - 1), SIGMAS * error / exact[-1])
        logs = np.log(np.array(sizes, dtype=float))
        centred = (logs - logs.mean()) / ((logs - logs.mean()) ** 2).sum()
        relative = np.array(bars) / np.array(rms)
        measures[f"slope_{k + 1}"] = Measured(float(centred @ np.log(rms)), float(np.sqrt(((centred * relative) ** 2).sum())))
        measures |= {f"rms_{k + 1}_{i + 1}": Measured(value, bar) for i, (value, bar) in enumerate(zip(rms, bars, strict=True))}
        measures[f"scale_{k + 1}"] = Measured(math.sqrt(sizes[0] * exact[0]))
        curves.append(Curve(tuple(map(float, sizes)), tuple(math.sqrt(v) for v in exact), f"exact, d = {d}", DASHED, colour=k))
        curves.append(Curve(tuple(map(float, sizes)), tuple(rms), f"{draws} draws, d = {d}", POINTS, tuple(bars), colour=k))
    vertical = Axis("relative RMS error, angles in [0, π/2]", log=True)
    plot = Plot("Error of the sampled F against the number of samples", Axis("samples N", log=True), vertical, tuple(curves))
    return Outcome({**measures, "worst": worst}, (plot,))


def square_moments(normals: Array) -> Array:
    """Return E xxᵀ over the part of the square [-1/2, 1/2]² with nᵀx > 0 for every row n: the exact integral over a polygon."""
    polygon = [np.array(p) for p in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))]
    for n in normals:
        kept: list[Array] = []
        for p, q in zip(polygon, [*polygon[1:], *polygon[:1]], strict=True):
            a, b = float(n @ p), float(n @ q)
            kept += [p] if a >= 0 else []
            kept += [p + (q - p) * (a / (a - b))] if a * b < 0 else []
        polygon = kept
    total = np.zeros((2, 2))
    for p, q in pairwise(polygon[1:]):
        corners = np.array([polygon[0], p, q])
        area = abs(float(np.linalg.det(corners[1:] - corners[0]))) / 2
        total += area / 12 * (corners.T @ corners + np.outer(corners.sum(axis=0), corners.sum(axis=0)))
    return total


def beyond_scale(found: Array, formula: Array) -> float:
    """Return how far a vector is from the multiples of another, relative to its own length."""
    return float(np.linalg.norm(found - formula * (found @ formula) / (formula @ formula)) / np.linalg.norm(found))


@experiment(random=True)
def uniform(seed: int, dimension: int = 100, samples: int = 10_000, draws: int = 4) -> Outcome:
    """Draw inputs uniform on a cube and compare F with the formula of Theorem 1 up to a scale.

    Measures: sparse, turned = for e, w in a coordinate plane at the angle π/4 from the first axis on, and at 0.8 (exact integrals, the same in
    every dimension); flat = the largest over e and angles in such a plane; generic, gaussian = for random directions by sampling, with
    uniform and with Gaussian inputs.
    """
    generator = np.random.default_rng(seed)

    def plane(start: float, theta: float) -> float:
        e, w = (np.array([math.cos(t), math.sin(t)]) for t in (start, start + theta))
        return beyond_scale(square_moments(np.array([e, w])) @ w, pull(e[None], w[None], np.ones(1))[0])

    positions = np.linspace(0, math.pi / 2, 181)
    around = [[plane(t, theta) for t in positions] for theta in (math.pi / 4, math.pi / 2)]
    flat = max(plane(t, theta) for theta in np.linspace(0.1, 3.0, 30) for t in positions[::6])
    errors: dict[str, list[float]] = {"generic": [], "gaussian": []}
    for name, values in errors.items():
        for _ in range(draws):
            e, w = generator.standard_normal((2, dimension))
            sums, left = np.zeros(dimension), samples
            while left > 0:
                size = min(left, 20_000)
                x = generator.uniform(-0.5, 0.5, (size, dimension)) if name == "generic" else generator.standard_normal((size, dimension))
                sums += x.T @ ((x @ e > 0) * np.maximum(x @ w, 0.0))
                left -= size
            values.append(beyond_scale(sums, pull(e[None], w[None], np.ones(1))[0]))
    means = {name: Measured(float(np.mean(v)), SIGMAS * float(np.std(v, ddof=1)) / math.sqrt(draws)) for name, v in errors.items()}
    plot = Plot(
        "Uniform inputs: error of the formula, beyond a common scale, for e and w in a coordinate plane, any dimension",
        Axis("angle from the axis to e, radians"),
        Axis("relative error"),
        tuple(Curve(row(positions), tuple(values), f"w is {name} further, exact integral") for name, values in zip(("π/4", "π/2"), around, strict=True)),
    )
    exact = {"sparse": plane(0.0, math.pi / 4), "turned": plane(0.0, 0.8), "flat": max(flat, *(max(values) for values in around))}
    return Outcome({**exact, **means}, (plot,))


# -- L_12 --------------------------------------------------------------------------------------------------------------------


def l12(phi: Array, theta: Array) -> Array:
    """Return L_12 for e_1 at angle 0, e_2 at theta, e* at phi (claim conj1). Domain: 0 < theta < π, 0 <= phi <= 2π.

    L_12 = sin θ ((π² - h²) S(φ) - s (π (H(φ - θ) - H(φ)) + (π - h) H(φ)))/(π² - h²), in which π - h does not cancel for small θ.
    """

    def even(t: Array) -> Array:
        t = np.minimum(np.abs(t), 2 * np.pi - np.abs(t))
        return np.asarray((np.pi - t) * np.cos(t) + np.sin(t))

    gap = 2 * np.pi * np.sin(theta / 2) ** 2 - (np.sin(theta) - theta * np.cos(theta))
    square = gap * (2 * np.pi - gap)
    bracket = np.pi * (even(phi - theta) - even(phi)) + gap * even(phi)
    odd = np.abs(np.pi - phi) * np.sin(phi)
    return np.asarray(np.sin(theta) * (odd - (np.pi - theta) * np.sin(theta) * bracket / square))


@experiment(random=False)
def cone(seed: int, thetas: int = 400, phis: int = 802, points: int = 1001) -> Outcome:
    """Draw the two examples of L_12 in the figure, and repeat the author's enumeration of signs on linspace grids.

    Measures: inside_1, outside_1 (θ = 3π/8), inside_2, outside_2 (7π/8): the largest value in the cone and the least outside;
    mismatches = nodes of the grid with the wrong sign and a value above 1e-12, of ``nodes``; untold = nodes below that, where float64 does not tell.
    """
    del seed
    measures: dict[str, Measured | float] = {}
    curves = []
    for i, theta in enumerate((3 * math.pi / 8, 7 * math.pi / 8)):
        phi = np.linspace(0, 2 * math.pi, points)
        values = l12(phi, np.asarray(theta))
        curves += [Curve(row(phi), row(values), f"θ = {('3π/8', '7π/8')[i]}", colour=i)]
        curves += [Curve((theta,), (0.0,), f"e* = e_2 for θ = {('3π/8', '7π/8')[i]}", POINTS, colour=i)]
        measures[f"inside_{i + 1}"], measures[f"outside_{i + 1}"] = float(values[phi < theta].max()), float(values[phi > theta].min())
    wrong = untold = 0
    ends = np.linspace(0, math.pi, thetas)[1:-1]
    phi = np.linspace(0, 2 * math.pi, phis)[1:-1]
    for theta in ends:
        values = l12(phi, np.asarray(theta))
        small = np.abs(values) <= 1e-12
        wrong += int(np.count_nonzero(((values > 0) != (phi < theta)) & ~small))
        untold += int(np.count_nonzero(small))
    plot = Plot("L_12 as e* goes round", Axis("angle φ of e*, radians"), Axis("L_12"), (*curves, Curve((0.0, 2 * math.pi), (0.0, 0.0), "", DASHED, colour=5)))
    return Outcome({**measures, "mismatches": float(wrong), "nodes": float(len(ends) * len(phi)), "untold": float(untold)}, (plot,))


# -- the plane dynamics of Theorem 7 ------------------------------------------------------------------------------------------


def saddle(nodes: int) -> float:
    """Return x_s, where the diagonal's critical point of Theorem 7 is."""
    return (math.sqrt(nodes - 1) - math.acos(1 / math.sqrt(nodes)) + math.pi) / (math.pi * nodes)


@experiment(random=False)
def field(seed: int, nodes: int = 2, grid: int = 15, starts: int = 5) -> Outcome:
    """Draw the vector field of Theorem 7 on Ω with trajectories.

    Measures: at_saddle, at_teacher = the speed there; least = the least speed on the grid's nodes a tenth away from both and, for K = 2, from (0, 1);
    inward = the share of nodes on the faces x = 1 and y = 0 of Ω at which the field does not point out of Ω.
    """
    del seed
    s = saddle(nodes)
    x, y = (part.ravel() for part in np.meshgrid(np.linspace(0.02, 1.1, grid), np.linspace(0.0, 1.1, grid)))
    dx, dy = plane_field(x, y, nodes)
    speed = np.hypot(dx, dy)
    places = {"at_saddle": (s, s), "at_teacher": (1.0, 0.0)}
    at = {name: float(np.hypot(*plane_field(np.asarray(a), np.asarray(b), nodes))) for name, (a, b) in places.items()}
    resting = [(1.0, 0.0), (s, s), *([(0.0, 1.0)] if nodes == 2 else [])]
    away = np.all([np.hypot(x - a, y - b) > 0.1 for a, b in resting], axis=0)
    t = np.linspace(0, 1, 101)[1:]
    right, below = plane_field(np.ones_like(t), t, nodes)[0] <= 0, plane_field(t, np.zeros_like(t), nodes)[1] >= 0
    length = 0.8 * 1.08 / (grid - 1) * speed / (speed + 0.3 * speed.max())
    feet = np.stack([x, x + length * dx / np.maximum(speed, 1e-12)], 1), np.stack([y, y + length * dy / np.maximum(speed, 1e-12)], 1)
    curves = [Curve(row(feet[0]), row(feet[1]), "direction and speed of descent", ARROWS, colour=5)]
    around = 1.1 * np.linspace(0, 1, starts + 1)[1:]
    low, high = np.full(starts, 0.01), np.full(starts, 1.1)
    begin = np.concatenate([[around, 0 * low], [high, around], [around, high], [low, around]], axis=1)
    paths = plane_paths(begin, nodes, 0.005, 3000)
    for i in range(begin.shape[1]):
        curves.append(Curve(row(paths[:, 0, i]), row(paths[:, 1, i]), "trajectories" if i == 0 else "", colour=0))
    curves += [Curve((1.0,), (0.0,), "teacher (1, 0)", POINTS, colour=2), Curve((s,), (s,), f"saddle x_s = {s:.4f}", POINTS, colour=1)]
    plot = Plot(f"Plane dynamics of Theorem 7, K = {nodes}", Axis("x"), Axis("y"), tuple(curves), equal=True)
    return Outcome({**at, "least": float(speed[away].min()), "inward": float(np.mean([*right, *below]))}, (plot,))


def plane_paths(start: Array, nodes: int, step: float, steps: int) -> Array:
    """Return Euler paths of the plane dynamics from the columns of ``start``, dense at the beginning. Shape: (points, 2, starts)."""
    found, point = [start], start
    for n in range(1, steps + 1):
        point = point + step * np.array(plane_field(point[0], point[1], nodes))
        if n % (2 if n <= 120 else 30) == 0:
            found.append(point)
    return np.array(found)


@experiment(random=False)
def training(seed: int, nodes: tuple[int, ...] = (2, 5, 10), steps: int = 1000, step: float = 0.01 / (2 * math.pi), start: float = 0.001) -> Outcome:
    """Repeat the author's Euler run of the plane dynamics from (start, 0): the detour and the error (x - 1)² + (K - 1) y².

    Measures, for the i-th K: peak_i, peak_step_i, peak_x_i of y; half_i = the error at step 500; final_i; below_i = the first step with error < 0.01.
    """
    del seed
    measures: dict[str, Measured | float] = {}
    paths, errors = [], []
    for i, k in enumerate(nodes, 1):
        point = np.array([start, 0.0])
        track = [point]
        for _ in range(steps):
            point = point + step * np.array(plane_field(point[0], point[1], k))
            track.append(point)
        path = np.array(track)
        error = (path[:, 0] - 1) ** 2 + (k - 1) * path[:, 1] ** 2
        peak = int(np.argmax(path[:, 1]))
        below = np.flatnonzero(error < 0.01)
        measures |= {f"peak_{i}": float(path[peak, 1]), f"peak_step_{i}": float(peak), f"peak_x_{i}": float(path[peak, 0])}
        measures |= {f"half_{i}": float(error[min(500, steps)]), f"final_{i}": float(error[-1]), f"below_{i}": float(below[0]) if len(below) else math.inf}
        paths.append(Curve(row(path[:, 0]), row(path[:, 1]), f"K = {k}", colour=i - 1))
        s = saddle(k)
        paths.append(Curve((1.0, s), (0.0, s), "", DASHED, colour=i - 1))
        errors.append(Curve(tuple(map(float, range(steps + 1))), row(error), f"K = {k}", colour=i - 1))
    plots = (
        Plot("Trajectories from near 0; dashed: from the teacher to the saddle", Axis("x"), Axis("y"), tuple(paths), equal=True),
        Plot("Training error", Axis("Euler step"), Axis("(x - 1)² + (K - 1) y²", log=True), tuple(errors)),
    )
    return Outcome(measures, plots)


# -- gradient descent on whole networks ---------------------------------------------------------------------------------------


@experiment(random=True)
def noise(seed: int, nodes: int = 10, noises: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0), runs: int = 24, rate: float = 0.3, steps: int = 1200) -> Outcome:
    """Run population gradient descent from (teacher + noise · N(0, 1))/1000, orthonormal teacher, d = K.

    Measures, for the i-th noise: reached_i = the share of runs that reach loss 0, home_i = the share that end at the teacher itself and not at a
    permutation of it; stuck, highest = the least and the largest loss of a run that does not reach 0 (infinite if all do).
    """
    generator = np.random.default_rng(seed)
    teacher, ones = np.eye(nodes), np.ones(nodes)
    measures: dict[str, Measured | float] = {}
    every = max(1, steps // 100)
    levels = np.array(noises)[:, None, None, None]
    begin = 1e-3 * (teacher + levels * generator.standard_normal((len(noises), runs, nodes, nodes)))
    end, losses = descended(begin, teacher, ones, rate, steps, every)
    reached = losses[-1] < ZERO_LOSS
    left = losses[-1][~reached]
    stuck, highest = (float(left.min()), float(left.max())) if left.size else (math.inf, math.inf)
    home = np.abs(end - teacher).max(axis=(2, 3)) < 0.1
    clock = tuple(float(min(n * every, steps)) for n in range(len(losses)))
    curves = []
    for i, level in enumerate(noises):
        measures |= {f"reached_{i + 1}": float(reached[i].mean()), f"home_{i + 1}": float(home[i].mean())}
        curves += [Curve(clock, tuple(max(float(v[i, r]), FLOOR) for v in losses), f"noise {level:g}" if r == 0 else "", colour=i) for r in range(min(8, runs))]
    plot = Plot(
        f"Population loss from small noisy starts, K = d = {nodes}, 8 runs for each noise", Axis(f"step of gradient descent, rate {rate:g}"),
        Axis("loss J per sample", log=True), tuple(curves),
    )  # fmt: skip
    return Outcome({**measures, "stuck": stuck, "highest": highest}, (plot,))


@experiment(random=True)
def basin(
    seed: int, nodes: int = 6, x: float = 0.22, y: float = 0.2, level: float = 0.05, runs: int = 60, rate: float = 0.3, steps: int = 1500
) -> Outcome:
    """Run gradient descent from the symmetric start (x, y) of Theorem 7 with noise N(0, level²) on every weight, orthonormal teacher, d = K.

    Measures: reached = the share of runs with loss 0; spurious = the share that ends within 1e-5 of the loss of the spurious minimum of K = 6.
    """
    generator = np.random.default_rng(seed)
    teacher, ones = np.eye(nodes), np.ones(nodes)
    begin = y + (x - y) * teacher + level * generator.standard_normal((runs, nodes, nodes))
    every = max(1, steps // 100)
    _, losses = descended(begin, teacher, ones, rate, steps, every)
    end = losses[-1]
    clock = tuple(float(min(n * every, steps)) for n in range(len(losses)))
    curves = []
    for i, (name, some) in enumerate((("runs that reach loss 0", end < ZERO_LOSS), ("runs that do not", end >= ZERO_LOSS))):
        for n, r in enumerate(np.flatnonzero(some)[:12]):
            curves.append(Curve(clock, tuple(max(float(v[r]), FLOOR) for v in losses), name if n == 0 else "", colour=i))
    title = f"Loss from noisy starts, K = d = {nodes}, (x, y) = ({x:g}, {y:g}), noise {level:g}"
    plot = Plot(title, Axis(f"step of gradient descent, rate {rate:g}"), Axis("loss J per sample", log=True), tuple(curves))
    return Outcome({"reached": float((end < ZERO_LOSS).mean()), "spurious": float((np.abs(end - 0.0556685813222834) < 1e-5).mean())}, (plot,))


@experiment(random=True)
def topweights(
    seed: int, nodes: int = 5, tops: tuple[float, ...] = (2.0,) * 5, level: float = 1.0, runs: int = 24, rate: float = 0.15, early: int = 300,
    steps: int = 1500, dropped: int = 0,
) -> Outcome:  # fmt: skip
    """Run gradient descent with fixed top weights a_j, the same for the teacher, from (teacher + level · N(0, 1))/1000; ``tops`` has K numbers for each case.

    ``dropped`` = 1 leaves the factor a_j out of the gradient of w_j, as a mistake would.

    Measures, for the i-th case: early_i = the median loss after ``early`` steps, reached_i = the share of runs with loss 0 in the end, final_i = the
    median loss then.
    """
    generator = np.random.default_rng(seed)
    teacher = np.eye(nodes)
    top = np.array(tops).reshape(-1, 1, nodes)
    w = 1e-3 * (teacher + level * generator.standard_normal((len(top), runs, nodes, nodes)))
    measures: dict[str, Measured | float] = {}
    losses, clock = [], []
    every = max(1, steps // 150)
    for n in range(steps + 1):
        if n % every == 0 or n in (early, steps):
            losses.append(loss(w, teacher, top, top))
            clock.append(float(n))
        if n == early:
            measures |= {f"early_{i}": float(np.median(values)) for i, values in enumerate(losses[-1], 1)}
        slope = gradient(w, teacher, top, top)
        w = w - rate * (slope / top[..., None] if dropped else slope)
    curves = []
    for i, case in enumerate(top[:, 0]):
        measures |= {f"reached_{i + 1}": float((losses[-1][i] < 1e-6).mean()), f"final_{i + 1}": float(np.median(losses[-1][i]))}
        name = "a = (" + ", ".join(f"{a:g}" for a in case) + ")"
        curves.append(Curve(tuple(clock), tuple(max(float(np.median(v[i])), FLOOR) for v in losses), name, colour=i))
    title = f"Median loss of {runs} runs with fixed top weights" + (", the factor a_j dropped" if dropped else "")
    plot = Plot(title, Axis(f"step of gradient descent, rate {rate:g}"), Axis("loss J per sample", log=True), tuple(curves))
    return Outcome(measures, (plot,))


@experiment(random=True)
def convergence(seed: int, dimension: int = 100, nodes: int = 50, level: float = 0.5, rate: float = 0.01, steps: int = 1000) -> Outcome:
    """Repeat the author's test: a Gaussian teacher, students beside it by level · N(0, 1), gradient descent on the population loss.

    Measures: first, last = Σ‖w - w*‖² before and after.
    """
    generator = np.random.default_rng(seed)
    teacher = generator.standard_normal((nodes, dimension))
    ones = np.ones(nodes)
    w = teacher + level * generator.standard_normal((nodes, dimension))
    gaps = [float(((w - teacher) ** 2).sum())]
    for _ in range(steps):
        w = w - rate * gradient(w, teacher, ones, ones)
        gaps.append(float(((w - teacher) ** 2).sum()))
    plot = Plot(
        f"Distance to the teacher, K = {nodes}, d = {dimension}", Axis(f"step of gradient descent, rate {rate:g}"), Axis("Σ ‖w_j - w*_j‖²", log=True),
        (Curve(tuple(map(float, range(steps + 1))), tuple(gaps), f"seed {seed}"),),
    )  # fmt: skip
    return Outcome({"first": gaps[0], "last": gaps[-1]}, (plot,))


@experiment(random=True)
def ball(seed: int, dimension: int = 20, radius: float = 3.0, starts: int = 500, time: float = 15.0, step: float = 0.02) -> Outcome:
    """Start one node uniformly in a ball of radius r‖w*‖; count starts in the region of Theorem 5, and those that reach the teacher.

    The flow in polar form, r' = h(θ) - πr, θ' = -(π - θ) sin θ/r, by classical Runge-Kutta steps, shorter where w is short beside the angle that is left.

    Measures: hit = the share in ‖w - w*‖ < ‖w*‖; reached = the share that ends within 1e-3 of w*.
    """
    generator = np.random.default_rng(seed)
    direction = generator.standard_normal((starts, dimension))
    w = direction / np.linalg.norm(direction, axis=1)[:, None] * (radius * generator.uniform(size=starts) ** (1 / dimension))[:, None]
    r = np.linalg.norm(w, axis=1)
    state = np.array([r, np.arccos(w[:, 0] / r)])
    hit = float((((w - np.eye(1, dimension)) ** 2).sum(axis=1) < 1).mean())

    def speed(at: Array) -> Array:
        length, theta = at
        return np.array([(np.pi - theta) * np.cos(theta) + np.sin(theta) - np.pi * length, -(np.pi - theta) * np.sin(theta) / length])

    count = round(time / step)
    gaps, clock, now = [], [], np.zeros(starts)
    for n in range(count + 1):
        gap = np.hypot(state[0] * np.cos(state[1]) - 1, state[0] * np.sin(state[1]))
        if n % max(1, count // 100) == 0:
            gaps.append(gap)
            clock.append(now)
        dt = np.minimum(step, 0.2 * state[0] / np.maximum(np.pi - state[1], 1e-12))
        a = speed(state)
        b = speed(state + dt / 2 * a)
        c = speed(state + dt / 2 * b)
        state = state + dt / 6 * (a + 2 * b + 2 * c + speed(state + dt * c))
        now = now + dt
    shown = range(min(20, starts))
    curves = tuple(Curve(tuple(float(t[i]) for t in clock), tuple(max(float(g[i]), 1e-12) for g in gaps), colour=0) for i in shown)
    title = f"Distance to the teacher from starts in a ball, d = {dimension}, r = {radius:g}‖w*‖"
    plot = Plot(title, Axis("time, units of 2π/N"), Axis("‖w - w*‖/‖w*‖", log=True), curves)
    return Outcome({"hit": hit, "reached": float((gaps[-1] < 1e-3).mean())}, (plot,))


# -- several layers -----------------------------------------------------------------------------------------------------------


@experiment(random=True)
def multilayer(seed: int, nets: int = 11, deepest: int = 5, widest: int = 6, samples: int = 40, step: float = 1e-6) -> Outcome:
    """Compare Proposition 2 on random bias-free ReLU networks with central differences of the loss, in floating point and in exact fractions.

    The first network has the widths 4-3-5 from the input up; the others have 2 to ``deepest`` layers of 2 to ``widest`` nodes. In fractions
    the loss is a quadratic function of one weight as long as no gate switches, so that the central difference is its derivative. Weights at
    which a gate switches within the step are left out.

    Measures, the largest deviation relative to the largest slope of a network, in floating point: right for the formula; before with u before
    the gate, ungated with Q_k without D_j, foreign with the teacher's Q* gated by the student. In fractions: unequal, the number of slopes
    that are not exactly the formula's, of exact ones, and wrong, those that are not with u before the gate. left_out counts weights,
    shapes the different lists of widths, depth the most layers.
    """
    generator = np.random.default_rng(seed)
    worst = dict.fromkeys(("right", "before", "ungated", "foreign"), 0.0)
    count = dict.fromkeys(("unequal", "exact", "wrong", "left_out"), 0)
    shapes: list[tuple[int, ...]] = [(4, 3, 5)]
    for n in range(1, nets):
        depth = 2 + (n - 1) % (deepest - 1)
        shapes.append(tuple(int(width) for width in generator.integers(2, widest + 1, depth + 1)))
    for sizes in shapes:
        x = generator.standard_normal((samples, sizes[0]))
        student, teacher = ([generator.standard_normal((a, b)) for a, b in pairwise_up(sizes)] for _ in range(2))
        slopes = differences(x, student, teacher, step)
        scale = max(float(np.abs(slope[kept]).max(initial=0.0)) for slope, kept in slopes) or 1.0
        count["left_out"] += sum(kept.size - int(kept.sum()) for _, kept in slopes)
        for name in worst:
            found = layer_gradients(x, student, teacher, name)
            gaps = [float(np.abs(a - b)[kept].max(initial=0.0)) / scale for a, (b, kept) in zip(found, slopes, strict=True)]
            worst[name] = max(worst[name], *gaps)
        x = fractions(generator, (3, sizes[0]))
        student, teacher = ([fractions(generator, (a, b)) for a, b in pairwise_up(sizes)] for _ in range(2))
        slopes = differences(x, student, teacher, Fraction(1, 10**30))
        for form, key in (("right", "unequal"), ("before", "wrong")):
            found = layer_gradients(x, student, teacher, form)
            count[key] += sum(int((a != b)[kept].sum()) for a, (b, kept) in zip(found, slopes, strict=True))
        count["exact"] += sum(int(kept.sum()) for _, kept in slopes)
    measures = {**worst, **{name: float(value) for name, value in count.items()}}
    widths = ", ".join("-".join(map(str, sizes)) for sizes in shapes)
    measures |= {"shapes": float(len(set(shapes))), "depth": float(max(map(len, shapes)) - 1)}
    return Outcome(measures, note=f"{nets} networks: {widths}; {samples} samples each, 3 in fractions")


def pairwise_up(sizes: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return the shapes of the weights of each layer, from the lowest up."""
    return [(above, below) for below, above in pairwise(sizes)]


def fractions(generator: np.random.Generator, shape: tuple[int, int]) -> Any:
    """Return fractions with denominator 64 between -2 and 2."""
    return np.vectorize(lambda n: Fraction(int(n), 64), otypes=[object])(generator.integers(-128, 129, shape))


def outputs(x: Array, weights: list[Array]) -> list[tuple[Array, Array]]:
    """Return input and sums before the gate of each layer, from the lowest up."""
    found = []
    for w in weights:
        found.append((x, x @ w.T))
        x = np.maximum(found[-1][1], 0)
    return found


def differences(x: Array, student: list[Array], teacher: list[Array], step: Any) -> list[tuple[Array, Any]]:
    """Return central differences of J = ½‖Σ_j (u_j - u*_j)‖² by every weight, and where no gate switches within the step."""
    target = np.maximum(outputs(x, teacher)[-1][1], 0).sum(axis=1)

    def value() -> tuple[Any, bytes]:
        forward = outputs(x, student)
        gap = np.maximum(forward[-1][1], 0).sum(axis=1) - target
        return gap @ gap / 2, b"".join(np.sign(z).astype(np.int8).tobytes() for _, z in forward)

    found = []
    for w in student:
        slopes, kept = np.zeros_like(w), np.zeros(w.shape, bool)
        for at in np.ndindex(w.shape):
            middle = w[at]
            w[at] = middle + step
            up, above = value()
            w[at] = middle - step
            down, below = value()
            slopes[at] = (up - down) / (2 * step)
            kept[at] = above == below
            w[at] = middle
        found.append((slopes, kept))
    return found


def layer_gradients(x: Array, student: list[Array], teacher: list[Array], form: str) -> list[Array]:
    """Return ∇J of every layer by Proposition 2, or by one of its misreadings ``before``, ``ungated``, ``foreign``."""
    mine, other = outputs(x, student), outputs(x, teacher)

    def inflow(weights: list[Array], forward: list[tuple[Array, Array]], gates: list[tuple[Array, Array]]) -> list[Array]:
        q = [np.ones_like(forward[-1][1])]
        for c in range(len(weights) - 1, 0, -1):
            gated = q[0] if form == "ungated" else (gates[c][1] > 0) * q[0]
            q.insert(0, gated @ weights[c])
        return q

    q, star = inflow(student, mine, mine), inflow(teacher, other, mine if form == "foreign" else other)
    found = []
    for c in range(len(student)):
        u, u_star = (z if form == "before" else np.maximum(z, 0) for z in (mine[c][1], other[c][1]))
        gap = (q[c] * u).sum(axis=1) - (star[c] * u_star).sum(axis=1)
        found.append(((mine[c][1] > 0) * q[c] * gap[:, None]).T @ mine[c][0])
    return found
