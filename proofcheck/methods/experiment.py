"""Method ``experiment``: do the measurements of a registered experiment have the relations that the claim states? Support at best.

The experiment runs in its quick size, or with the parameters of [experiment.full] under ``verify --full``; both with the seed of the
file. A relation that the error of a measurement does not tell is inconclusive.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..algebras.floats import Floats, Pair, evaluated
from ..evidence import Evidence, Margin, Support, Undecided, Violation
from ..experiments import Experiment, Measured, find
from ..kernel.errors import Malformed
from ..kernel.parse import suggestion
from ..kernel.terms import OPAQUE, Obligation, Term, postorder, rational, show
from .measuring import HOLDS, VIOLATED, exactly, judged

NAME = "experiment"
WITHIN = 1e-12
"""Computed measurements are equal if they agree to this."""


def attempt(obligation: Obligation, options: Mapping[str, Any], progress: Callable[[int, int, str], None]) -> Evidence:
    """Return Support, or a Violation with the measurements, or why they do not tell. Raises Malformed (PC104, PC202, PC204)."""
    for key in options:
        if key not in ("full", "method"):
            raise Malformed("PC202", f"`{key}` is not an option of the method experiment.", hint="Parameters stand in [experiment.parameters].")
    measured = [node for node in postorder((obligation.goal,)) if node.op == OPAQUE]
    _, _, name, seed, _ = str(measured[0].value).split(" ", 4)
    chosen = find(name)
    parameters = arguments(chosen, measured[0], full=bool(options.get("full")))
    progress(0, 1, name)
    outcome = chosen.function(int(seed), **parameters)
    values: dict[Term, Pair] = {}
    notes = []
    for term in measured:
        measure = str(term.value).split()[1]
        if measure not in outcome.measures:
            hint = suggestion(measure, list(outcome.measures)).replace("Names in scope", "Measurements")
            raise Malformed("PC104", f"{name} does not measure `{measure}`.", hint=hint)
        found = outcome.measures[measure]
        found = found if isinstance(found, Measured) else Measured(float(found))
        values[term] = np.asarray(float(found.value)), np.asarray(float(found.error))
        notes.append(f"{measure} = {found.value:.8g}" + (f" ± {found.error:.1g}" if found.error else ""))
    truth = judged(obligation.goal, values, {key: exactly(math.nan) for key in obligation.box}, WITHIN)
    shown = ", ".join(f"{key} = {_shown(value)}" for key, value in parameters.items())
    detail = "; ".join(part for part in (", ".join(notes), f"{name}, seed {seed}" + (f", {shown}" if shown else ""), outcome.note) if part)
    margin, grade = Margin(f"{float(truth.margin):.6g}"), "statistical" if chosen.random else "numerical"
    if int(truth.sign) == VIOLATED:
        return Violation(obligation.name, NAME, grade, detail, margin=margin, plots=outcome.plots)
    if int(truth.sign) != HOLDS:
        return Undecided(obligation.name, NAME, "obstruction", f"the errors do not tell: {detail}", margin=margin)
    return Support(obligation.name, NAME, grade, detail, margin=margin, plots=outcome.plots)


def arguments(chosen: Experiment, term: Term, *, full: bool) -> dict[str, Any]:
    """Return every parameter of the experiment: the file's, those of the full size in their place if asked for, else the default."""
    values = list(term.args)
    found: dict[str, Any] = {}
    for part, shape in zip(("parameters", "full"), str(term.value).split(" ", 4)[4].split("/"), strict=True):
        for entry in filter(None, shape.split(",")):
            key, _, count = entry.partition(":")
            taken, values = values[: int(count or 1)], values[int(count or 1) :]
            if key not in chosen.parameters:
                hint = suggestion(key, list(chosen.parameters)).replace("Names in scope", "Parameters")
                raise Malformed("PC104", f"`{key}` is not a parameter of {chosen.name}.", hint=hint)
            value = converted(key, taken if count else taken[0], chosen.parameters[key])
            if part == "parameters" or full:
                found[key] = value
    defaults = {key: item.default for key, item in inspect.signature(chosen.function).parameters.items() if key != "seed"}
    missing = [key for key, value in defaults.items() if value is inspect.Parameter.empty and key not in found]
    if missing:
        raise Malformed("PC203", f"{chosen.name} needs the parameter `{missing[0]}`.")
    return {**defaults, **found}


def converted(key: str, value: Term | list[Term], kind: Any) -> Any:
    """Return a parameter as the experiment's annotation wants it: int, float, or a tuple of them."""
    many = kind in (tuple[int, ...], tuple[float, ...])
    if many != isinstance(value, list):
        raise Malformed("PC204", f"The parameter `{key}` is {'a list' if many else 'one number'}.")
    whole = kind in (int, tuple[int, ...])
    numbers = []
    for term in value if isinstance(value, list) else [value]:
        number = rational(term)
        if whole and (number is None or number.denominator != 1):
            raise Malformed("PC204", f"The parameter `{key}` is {show(term, 60)}; a whole number is expected.")
        numbers.append(int(number) if whole and number is not None else float(evaluated((term,), Floats(), {})[0]))
        if not math.isfinite(numbers[-1]):
            raise Malformed("PC204", f"The parameter `{key}` has no value: {show(term, 60)}.")
    return tuple(numbers) if many else numbers[0]


def _shown(value: Any) -> str:
    return "[" + ", ".join(map(_shown, value)) + "]" if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else str(value)
