"""Proofs of what a step rests on: signs by structure, else the search for inequalities. Mirrors ``kernel.rules.premises``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from proofcheck.kernel.signs import Signs
from proofcheck.kernel.terms import Obligation, Term, variables
from proofcheck.methods.budget import Budget
from proofcheck.methods.inequality import definedness

BITS, CELLS = 64, 1500


def premises(obligation: Obligation, formulas: Iterable[Term]) -> list[dict[str, Any]] | None:
    """Return proofs of the formulas that do not follow from signs, in order; None where one is not found.

    A formula about a bound variable has no domain to be proved on: it follows from signs or not at all.
    """
    signs = Signs(obligation.box, obligation.given)
    nodes: list[dict[str, Any]] = []
    for formula in formulas:
        if signs.holds(formula):
            continue
        if not variables(formula) <= set(obligation.box):
            return None
        found = definedness(obligation, (formula,), Budget(CELLS, lambda *_: None), BITS)
        if found is None:
            return None
        nodes += found
    return nodes
