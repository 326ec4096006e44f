"""Functions with gradients in float64, many points at a time: one sweep forward for the values, one back for all derivatives.

The gradients are for climbing: where a derivative does not exist or is infinite, it is taken for 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma

from proofcheck.algebras.floats import Floats
from proofcheck.kernel.algebra import compiled
from proofcheck.kernel.terms import Term

Array: TypeAlias = NDArray[np.float64]

SMOOTH = frozenset((
    "num", "pi", "var", "neg", "add", "sub", "mul", "div", "pow", "sin", "cos", "tan", "asin", "acos", "atan", "exp", "log", "sqrt", "abs", "gamma",
    "min", "max", "angle",
))  # fmt: skip
"""The operations that have gradients here."""


class Tape:
    """The roots as functions of the inputs. Domain: terms whose operations are all in ``SMOOTH``."""

    def __init__(self, roots: tuple[Term, ...], inputs: Sequence[str]) -> None:
        self.steps, self.where = compiled(roots)
        self.rows = {name: row for row, name in enumerate(inputs)}
        self.floats = Floats()
        self.active: list[bool] = []
        for op, _, args, _ in self.steps:
            self.active.append(op == "var" or any(self.active[i] for i in args))

    def forward(self, t: Array) -> list[Any]:
        """Return the value of every step for inputs of shape (inputs, points)."""
        values: list[Any] = []
        with np.errstate(all="ignore"):
            for op, value, args, _ in self.steps:
                if op == "num":
                    values.append(self.floats.number(value))
                elif op == "var":
                    values.append(t[self.rows[value]])
                elif op == "pow":
                    values.append(self.floats.pow(values[args[0]], value))
                else:
                    values.append(getattr(self.floats, op)(*[values[i] for i in args]))
        return values

    def roots(self, values: list[Any], points: int) -> Array:
        """Return the values of the roots, of shape (roots, points)."""
        return np.array([np.broadcast_to(values[i], points) for i in self.where]).reshape(len(self.where), points)

    def pull(self, values: list[Any], seeds: Array) -> Array:
        """Return sum_r seeds[r] * gradient of root r, of shape (inputs, points); what is not finite is 0."""
        points = seeds.shape[1]
        adjoint: list[Any] = [None] * len(self.steps)
        for i, seed in zip(self.where, seeds, strict=True):
            adjoint[i] = seed if adjoint[i] is None else adjoint[i] + seed
        gradient = np.zeros((len(self.rows), points))
        with np.errstate(all="ignore"):
            for k in range(len(self.steps) - 1, -1, -1):
                above = adjoint[k]
                if above is None or not self.active[k]:
                    continue
                op, value, args, _ = self.steps[k]
                if op == "var":
                    gradient[self.rows[value]] += above
                    continue
                for i, part in zip(args, partials(op, value, values[k], [values[i] for i in args], above), strict=True):
                    if self.active[i]:
                        adjoint[i] = part if adjoint[i] is None else adjoint[i] + part
        return np.nan_to_num(gradient, nan=0.0, posinf=0.0, neginf=0.0)

    def jacobian(self, t: Array) -> tuple[Array, Array]:
        """Return (values, gradients) of all roots at one point: shapes (roots,) and (roots, inputs)."""
        count = len(self.where)
        values = self.forward(np.repeat(t[:, None], count, axis=1))
        return np.diagonal(self.roots(values, count)).copy(), self.pull(values, np.eye(count)).T


def partials(op: str, exponent: Any, value: Any, args: list[Any], above: Any) -> tuple[Any, ...]:
    """Return what each argument gets of the adjoint of an operation."""
    x = args[0]
    match op:
        case "neg":
            return (-above,)
        case "add":
            return above, above
        case "sub":
            return above, -above
        case "mul":
            return above * args[1], above * x
        case "div":
            share = above / args[1]
            return share, -share * value
        case "pow":
            return (above * exponent * np.power(x, float(exponent - 1)) if exponent else 0.0 * above,)
        case "sin":
            return (above * np.cos(x),)
        case "cos":
            return (-above * np.sin(x),)
        case "tan":
            return (above * (1 + value * value),)
        case "asin" | "acos":
            slope = above / np.sqrt(np.maximum(1 - x * x, 1e-300))
            return (slope if op == "asin" else -slope,)
        case "atan":
            return (above / (1 + x * x),)
        case "exp":
            return (above * value,)
        case "log":
            return (above / x,)
        case "sqrt":
            return (np.where(value > 0, above / (2 * np.where(value > 0, value, 1.0)), 0.0),)
        case "abs":
            return (above * np.sign(x),)
        case "gamma":
            return (above * value * digamma(x),)
        case "min" | "max":
            first = x <= args[1] if op == "min" else x >= args[1]
            return np.where(first, above, 0.0), np.where(first, 0.0, above)
        case _:  # angle
            uu, vv = args[1], args[2]
            across = np.sqrt(np.maximum(uu * vv - x * x, 0.0))
            slope = np.where(across > 0, above / np.where(across > 0, across, 1.0), 0.0)
            return -slope, slope * x / (2 * uu), slope * x / (2 * vv)
