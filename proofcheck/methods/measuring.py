"""Truth of formulas about measured numbers: holds, violated, or not told by the error. Shared by the methods that measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..algebras.floats import Array, FloatsWithError, Pair, evaluated
from ..kernel.terms import Term, replaced, var

HOLDS, UNCLEAR, VIOLATED = 1, 0, -1


@dataclass(frozen=True)
class Truth:
    """For each place of an array: HOLDS, UNCLEAR or VIOLATED, and by how much (positive: holds)."""

    sign: Any
    margin: Any


def judged(formula: Term, values: Mapping[Term, Pair], env: Mapping[str, Pair], within: float, known: Mapping[Term, Truth] | None = None) -> Truth:
    """Return where a formula holds; ``values`` are the measured terms with their errors, ``env`` the variables, ``known`` whole formulas.

    A relation is violated only where it is by more than the error. An equality holds where both sides agree to ``within`` and the error is no
    larger. Where the error does not tell both sides apart and is no larger than ``within``, a weak relation holds and a strict one is unclear. So is NaN.
    """
    if known and formula in known:
        return known[formula]
    if formula.op in ("and", "or"):
        a, b = (judged(part, values, env, within, known) for part in formula.args)
        pick = np.minimum if formula.op == "and" else np.maximum
        return Truth(pick(a.sign, b.sign), pick(a.margin, b.margin))
    if formula.op == "not":
        inner = judged(formula.args[0], values, env, within, known)
        return Truth(-inner.sign, -inner.margin)
    names = {term: var(f"_m{i}") for i, term in enumerate(values)}
    sides = tuple(replaced(side, names) for side in formula.args)
    full = {**env, **{str(name.value): values[term] for term, name in names.items()}}
    left, right = evaluated(sides, FloatsWithError(), full)
    return compared(formula.op, left, right, within)


def compared(relation: str, left: Pair, right: Pair, within: float) -> Truth:
    """Return where ``left`` and ``right``, each a value with its error, are so related."""
    if relation in ("gt", "ge"):
        left, right = right, left
    with np.errstate(all="ignore"):
        gap = np.asarray(right[0] - left[0])
        error = np.asarray(left[1] + right[1])
        size = within * np.maximum(1.0, np.maximum(np.abs(left[0]), np.abs(right[0])))
        if relation in ("eq", "ne"):
            apart = np.abs(gap)
            same = (apart <= size) & (error <= size)
            sign = np.where(apart > size + error, VIOLATED, np.where(same, HOLDS, UNCLEAR))
            margin = size - apart
            if relation == "ne":
                sign, margin = -sign, -margin
        else:
            weak = relation in ("le", "ge")
            sign = np.where(gap > error, HOLDS, np.where(gap < -error, VIOLATED, UNCLEAR))
            near = (np.abs(gap) <= error) & (error <= size)
            sign = np.where(near & (sign != HOLDS), HOLDS if weak else np.where(error == 0, VIOLATED, UNCLEAR), sign)
            margin = gap
    bad = ~np.isfinite(gap) | ~np.isfinite(error)
    return Truth(np.where(bad, UNCLEAR, sign), np.where(bad, -np.inf, margin))


def exactly(value: Array | float) -> Pair:
    """Return a number without an error."""
    return np.asarray(value, dtype=np.float64), np.asarray(0.0)
