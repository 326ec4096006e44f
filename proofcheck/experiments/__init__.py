"""Registered experiments: Python functions that return named measurements and plots. A claim file names one; it imports nothing.

An experiment is a function of a seed and of parameters with defaults, in the module of its paper; ``tian2017.training`` is
``training`` in ``experiments/tian2017.py``. Parameters are whole numbers, numbers, or lists of them, as annotated.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, get_type_hints

from proofcheck.kernel.errors import Malformed
from proofcheck.kernel.parse import suggestion
from proofcheck.plot import Plot

PAPERS = ("tian2017",)
"""The modules of this package that hold experiments."""


@dataclass(frozen=True)
class Measured:
    """A measurement and what its value may be off by: 0 for what is computed, six standard errors for an estimate."""

    value: float
    error: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What an experiment returns: measurements by name, plots, and a note for the report."""

    measures: Mapping[str, Measured | float]
    plots: tuple[Plot, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Experiment:
    """A registered experiment. ``random``: its measurements depend on the seed, which makes support statistical."""

    name: str
    function: Callable[..., Outcome]
    random: bool
    parameters: Mapping[str, Any] = field(default_factory=dict)


REGISTERED: dict[str, Experiment] = {}


def experiment(*, random: bool) -> Callable[[Callable[..., Outcome]], Callable[..., Outcome]]:
    """Register the function below under its module's and its own name."""

    def register(function: Callable[..., Outcome]) -> Callable[..., Outcome]:
        name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        hints = get_type_hints(function)
        parameters = {key: hints[key] for key in inspect.signature(function).parameters if key != "seed"}
        REGISTERED[name] = Experiment(name, function, random, parameters)
        return function

    return register


def find(name: str) -> Experiment:
    """Return the experiment of that name. Raises Malformed (PC104)."""
    paper = name.partition(".")[0]
    if paper in PAPERS:
        import_module(f"proofcheck.experiments.{paper}")
    if name not in REGISTERED:
        for other in PAPERS:
            import_module(f"proofcheck.experiments.{other}")
        hint = suggestion(name, sorted(REGISTERED)).replace("Names in scope", "Experiments")
        raise Malformed("PC104", f"There is no experiment {name!r}.", hint=hint)
    return REGISTERED[name]
