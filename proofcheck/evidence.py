"""What a method hands over: a proof for the kernel, support, or the reason there is neither. Values, never exceptions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from proofcheck.plot import Plot


@dataclass(frozen=True)
class Margin:
    """How close a check came to failing: the smallest margin, as text with its digits, and the point where."""

    value: str
    at: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Proof:
    """A candidate proof of one obligation. Counts for nothing until the kernel accepts it.

    ``tree`` is the certificate's proof node; a node with rule ``witness`` claims a refutation, one with rule ``symbolic``
    names the sympy route and is graded as such.
    """

    obligation: str
    tree: dict[str, Any]
    method: str
    seconds: float = 0.0
    detail: str = ""
    margin: Margin | None = None


@dataclass(frozen=True)
class Measured:
    """What a method saw at finitely many points. ``grade`` is "numerical" or "statistical"; never a proof."""

    obligation: str
    method: str
    grade: str
    detail: str
    seconds: float = 0.0
    margin: Margin | None = None
    plots: tuple[Plot, ...] = ()


@dataclass(frozen=True)
class Support(Measured):
    """No violation was found."""


@dataclass(frozen=True)
class Violation(Measured):
    """What was measured (a trajectory, an experiment, an estimate) goes against the obligation by more than its error.

    Not an exact point: it refutes nothing. It contradicts support, and it is what a ``must_fail`` neighbour about measurements asks for.
    """


@dataclass(frozen=True)
class Undecided:
    """Neither proved nor refuted; ``why`` keeps budget, memory, obstruction, outside-the-fragment and a mistake in `by` apart."""

    obligation: str
    method: str
    why: str
    detail: str
    seconds: float = 0.0
    margin: Margin | None = None


@dataclass(frozen=True)
class Failure:
    """The method itself failed (a crash, a killed process): a fault of the tool, never a statement about mathematics."""

    obligation: str
    method: str
    detail: str
    seconds: float = 0.0


Evidence = Proof | Support | Violation | Undecided | Failure
MEASURING = ("flow", "experiment", "monte_carlo")
"""The methods that measure what is opaque to the kernel. Of that, sanity values and must_fail neighbours are theirs to decide too."""
WHY = ("budget", "memory", "obstruction", "fragment", "contradicted", "malformed")
