"""What a search for a proof of an inequality may spend, and what it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proofcheck.kernel.rules.subdivide import Cell
from proofcheck.kernel.terms import Obligation

Progress = Callable[[int, int, str], None]
Prover = Callable[[Obligation], dict[str, Any] | None]
WHOLE = 2
"""Changes of variables that are left where none was made: premises and goals in other variables have fewer."""


@dataclass
class Budget:
    """How much may be spent, in cells, and what was."""

    cells: int
    progress: Progress
    spent: int = 0
    stuck: Cell | None = None
    blowups: int = WHOLE
    processes: int = 1
    violation: Mapping[str, str] | None = None
    slopes: int = 4
    kept: Path | None = None
    sums: bool = False
    zeros: int = 200
    pairs: bool = True

    @property
    def left(self) -> int:
        """The number of cells that may still be looked at."""
        return max(0, self.cells - self.spent)
