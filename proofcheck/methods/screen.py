"""Float64 search for a violation: tens of thousands of points at once, then the best of them improved. It guides; balls and the kernel decide."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proofcheck.algebras.floats import Floats, evaluated
from proofcheck.kernel.terms import RELATIONS, Domain, Obligation, Term, conjuncts, postorder

Array = NDArray[np.float64]

SURVIVORS = 48
ROUNDS = 90
LONGER = 360
"""Rounds where the best is close to a violation and not equal to one: with many variables it takes longer to get there."""
NEAR, EQUAL = 0.05, 1e-12
PATIENCE, GAIN = 30, 1e-3
"""Rounds in which the best has to come nearer by this share for more of them."""
NEAREST = 1e-9  # how close to an open end the screen goes
FAR = 1e-6  # infinite ends are cut as in ``witness.coordinate``
RELATIVE = 1e-11  # two sides that differ by less are not told apart in float64
UNDEFINED = 4.0
STEP, DESCENT = 1e-8, 200
"""Of differences in place of slopes; rounds of a descent."""
LADDER = 2.0 ** np.arange(1, -30, -1)
"""Lengths of a step that are tried at once."""


class Screen:
    """The badness of points of the unit cube: below 0 the goal is violated, above 2 a hypothesis is, 4 where a term has no value."""

    def __init__(self, obligation: Obligation) -> None:
        self.obligation = obligation
        self.floats = Floats()
        self.given = tuple(part for formula in obligation.given for part in conjuncts(formula))
        self.ends = {name: tuple(end for end in (domain.lower, domain.upper) if end is not None) for name, domain in obligation.domains}
        self.fixed = {name: evaluated(ends, self.floats, {}) for name, ends in self.ends.items() if not any(map(_uses_variables, ends))}

    def coordinates(self, t: Array) -> dict[str, Any]:
        """Return the values of the variables for ``t`` of shape (variables, points)."""
        env: dict[str, Any] = {}
        for (name, domain), s in zip(self.obligation.domains, t, strict=True):
            env[name] = self._coordinate(domain, s, self.fixed[name] if name in self.fixed else evaluated(self.ends[name], self.floats, env))
        return env

    @staticmethod
    def _coordinate(domain: Domain, s: Array, values: list[Any]) -> Array:
        if len(values) == 2:
            found = np.where(s == 1, values[1], values[0] + (values[1] - values[0]) * s)
            return np.asarray(np.round(found) if domain.integer else found)
        s_cut = np.clip(s, FAR, 1 - FAR)
        if domain.lower is not None:
            found = values[0] + s_cut / (1 - s_cut) * (s > 0)
        elif domain.upper is not None:
            found = values[0] - s_cut / (1 - s_cut) * (s > 0)
        else:
            found = 3 * (2 * s_cut - 1) / (8 * s_cut * (1 - s_cut))
        return np.round(found) if domain.integer else np.asarray(found)

    def badness(self, t: Array, *, goal: bool = True) -> Array:
        """Return a number for each point that orders them; without ``goal`` only the hypotheses count."""
        env = self.coordinates(t)
        held = np.full(t.shape[1], math.inf)
        with np.errstate(all="ignore"):
            for formula in self.given:
                held = np.minimum(held, self._margin(formula, env))
            for name, domain in self.obligation.domains:
                if name not in self.fixed:
                    held = np.minimum(held, self._membership(domain, env[name], env))
            held = np.broadcast_to(held, t.shape[1])
            margin = np.broadcast_to(self._margin(self.obligation.goal, env), t.shape[1]) if goal else np.full(t.shape[1], -1.0)
            value = np.where(held < 0, 2 - held / (1 - held), margin / (1 + np.abs(margin)))
        return np.where(np.isnan(value) | np.isnan(held), UNDEFINED, value)

    def _membership(self, domain: Domain, value: Any, env: dict[str, Any]) -> Any:
        room: Any = np.asarray(math.inf)
        for end, sign in ((domain.lower, 1), (domain.upper, -1)):
            if end is not None:
                (bound,) = evaluated((end,), self.floats, env)
                room = np.minimum(room, sign * (value - bound))
        return room

    def _margin(self, formula: Term, env: dict[str, Any]) -> Any:
        """Return how far a formula is from failing; NaN where a term has no value."""
        if formula.op in ("and", "or"):
            left, right = self._margin(formula.args[0], env), self._margin(formula.args[1], env)
            return np.minimum(left, right) if formula.op == "and" else np.maximum(left, right)
        if formula.op == "not":
            return -self._margin(formula.args[0], env)
        if formula.op not in RELATIONS:
            return np.asarray(math.nan)
        a, b = evaluated(formula.args, self.floats, env)
        gap = a - b
        if formula.op in ("eq", "ne"):
            apart = np.abs(gap) - RELATIVE * (np.abs(a) + np.abs(b))
            return -apart if formula.op == "eq" else apart
        return gap if formula.op in ("gt", "ge") else -gap

    def points(self, count: int) -> Array:
        """Return points of the unit cube: uniform ones, and ones on faces, edges and corners, where ends are closed."""
        dimension = len(self.obligation.domains)
        random = np.random.default_rng(0)
        t = random.random((dimension, count))
        snapped = random.random((dimension, count)) < 0.35
        snapped[:, ::2] = False
        t = np.where(snapped, np.round(t), t)
        near = random.random((dimension, count)) < 0.2
        near[:, ::3] = False
        t = np.where(near, np.where(t < 0.5, t**6, 1 - (1 - t) ** 6), t)
        return self.inside(t)

    def inside(self, t: Array) -> Array:
        """Return the points moved into the cube, and off the ends that do not belong to the domain."""
        rows = []
        for (_, domain), s in zip(self.obligation.domains, t, strict=True):
            low = 0.0 if domain.lower_closed else NEAREST
            high = 1.0 if domain.upper_closed else 1 - NEAREST
            rows.append(np.clip(s, low, high))
        return np.array(rows)

    def best(self, count: int, *, goal: bool = True) -> Iterator[tuple[float, tuple[Fraction, ...]]]:
        """Yield (badness, point), the worst violation first: the survivors of ``count`` points, improved by evolution."""
        t = self.points(count)
        value = self.badness(t, goal=goal)
        order = np.argsort(value, kind="stable")[:SURVIVORS]
        t, value = t[:, order], value[order]
        random = np.random.default_rng(1)
        step, before = np.full(t.shape[1], 0.1), math.inf
        for round_ in range(LONGER):
            if round_ >= ROUNDS and not EQUAL < value.min() < NEAR:
                break
            if round_ % PATIENCE == 0:
                if round_ >= ROUNDS and value.min() > before * (1 - GAIN):
                    break
                before = value.min()
            move = random.standard_normal(t.shape) * step
            if round_ % 3 == 0:  # one axis at a time
                move = np.where(random.integers(0, t.shape[0], t.shape[1]) == np.arange(t.shape[0])[:, None], move, 0.0)
            elif round_ % 3 == 1:  # along differences of survivors
                one, other = random.integers(0, t.shape[1], (2, t.shape[1]))
                move = 0.7 * (t[:, one] - t[:, other]) + 0.01 * move
            trial = self.inside(t + move)
            found = self.badness(trial, goal=goal)
            better = found < value
            t, value = np.where(better, trial, t), np.where(better, found, value)
            if round_ % 3 != 1:
                step = np.clip(np.where(better, step * 1.6, step * 0.75), 1e-12, 0.3)
        for index in np.argsort(value, kind="stable"):
            yield float(value[index]), tuple(Fraction(float(s)) for s in t[:, index])

    def descended(self, start: tuple[Fraction, ...]) -> tuple[float, tuple[Fraction, ...]]:
        """Return (badness, point) of the bottom of the valley below a point: quasi-Newton steps of BFGS, projected to the cube, with differences for slopes."""
        cube = self.inside(np.array([[0.0, 1.0]] * len(start)))
        low, high = cube[:, 0], cube[:, 1]
        t = np.clip(np.array([float(s) for s in start]), low, high)
        value, slope = self._sloped(t, high)
        inverse, fresh = np.eye(len(start)), True
        for _ in range(DESCENT):
            free = np.where(slope > 0, t > low, t < high) & (slope != 0)
            if not free.any() or not np.isfinite(slope).all():
                break
            way = np.where(free, -(inverse * free) @ slope, 0.0)
            if not way @ slope < 0:
                inverse, fresh = np.eye(len(start)), True
                way = np.where(free, -slope, 0.0)
            ladder = np.clip(t[:, None] + way[:, None] * (LADDER / np.abs(way).max() if fresh else LADDER), low[:, None], high[:, None])
            found = self.badness(ladder)
            best = int(np.argmin(found))
            if not found[best] < value:
                if fresh:
                    break
                inverse, fresh = np.eye(len(start)), True
                continue
            last, before = t, slope
            t = ladder[:, best]
            value, slope = self._sloped(t, high)
            move, turn = t - last, slope - before
            if move @ turn > 0:
                if fresh:
                    inverse = np.eye(len(start)) * (move @ turn) / (turn @ turn)
                part = np.eye(len(start)) - np.outer(move, turn) / (move @ turn)
                inverse, fresh = part @ inverse @ part.T + np.outer(move, move) / (move @ turn), False
        return float(value), tuple(Fraction(float(s)) for s in t)

    def _sloped(self, t: Array, high: Array) -> tuple[float, Array]:
        """Return the badness at a point and its slopes: differences, all from one evaluation."""
        steps = np.where(t + STEP <= high, STEP, -STEP)
        value = self.badness(np.column_stack([t, t[:, None] + np.diag(steps)]))
        return float(value[0]), (value[1:] - value[0]) / steps


def _uses_variables(term: Term) -> bool:
    return any(node.op == "var" for node in postorder((term,)))
