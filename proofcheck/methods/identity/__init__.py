"""Identities: exact arithmetic closes them, points refute them, sympy is asked last and named.

What can be said, in this order of strength: a tree of kernel rules; a sympy route by name, graded symbolic; agreement at exact
points, which is support; or why there is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from time import monotonic, perf_counter
from typing import Any

from proofcheck.evidence import Evidence, Margin, Proof, Support, Undecided
from proofcheck.kernel.terms import BINDERS, Obligation, conjuncts, postorder

from .closing import Search, accepted
from .facts import Facts
from .points import Look, look
from .symbolic import routed

Progress = Callable[[int, int, str], None]

STAGES = 4


def attempt(obligation: Obligation, options: Mapping[str, Any], progress: Progress) -> Evidence:
    """Return a proof or a refutation of a conjunction of equalities, or Support from exact points, or Undecided.

    0. Balls at exact points: a violation is a witness. 1. The kernel's rules: ring, facts, a variable as a cosine, cases.
    2. Points again after integrals are gone. 3. Routes through sympy, if no point speaks against it and all terms have values.

    Options: points (default 24), seconds for the search (20), symbolic_seconds for all routes (12), route_seconds for one (4).
    """
    start = perf_counter()

    def proof(node: dict[str, Any], detail: str) -> Proof:
        return Proof(obligation.name, node, "witness" if node["rule"] == "witness" else "identity", perf_counter() - start, detail)

    if any(atom.op != "eq" for atom in conjuncts(obligation.goal)):
        return Undecided(obligation.name, "identity", "fragment", "the goal is not an equality, or equalities joined with `and`")
    progress(0, STAGES, "points")
    seen = look(obligation, int(options.get("points", 24)))
    if seen.witness is not None:
        return proof(seen.witness, violated(seen.witness))
    if seen.undefined:
        return Undecided(obligation.name, "identity", "obstruction", f"a term has no value: {seen.undefined}", perf_counter() - start)
    progress(1, STAGES, "exact arithmetic")
    search = Search(monotonic() + float(options.get("seconds", 20)))
    node = search.close(obligation)
    if node is not None and accepted(obligation, node):
        return proof(node, f"exact: {', '.join(rules_of(node))}; {agreement(seen)}")
    node = refuted_without_integrals(obligation, search)
    if node is not None:
        return proof(node, "violated after the integrals are replaced by their values")
    if seen.contradicted:
        return Undecided(obligation.name, "identity", "contradicted", seen.contradicted, perf_counter() - start)
    progress(2, STAGES, "sympy")
    node = routed(obligation, float(options.get("symbolic_seconds", 12)), float(options.get("route_seconds", 4))) if seen.points else None
    if node is not None:
        return proof(node, f"sympy {node['sympy']}: {node['route']}; {agreement(seen)}")
    progress(STAGES, STAGES, "done")
    seconds = perf_counter() - start
    if not seen.points:
        return Undecided(obligation.name, "identity", "fragment", "no rule closes it, and no point could be enclosed", seconds)
    return Support(obligation.name, "identity", "numerical", agreement(seen), seconds, Margin(seen.bound))


def refuted_without_integrals(obligation: Obligation, search: Search) -> dict[str, Any] | None:
    """Return a witness behind a rewriting of the integrals, or None."""
    if not any(node.op in BINDERS for node in postorder((obligation.goal,))):
        return None
    found = Facts(obligation, search.until).rewritten(integrals_only=True)
    if found is None:
        return None
    work, reasons = found
    seen = look(replace(obligation, goal=work.formula))
    if seen.witness is None:
        return None
    node = work.tree(seen.witness, reasons)
    return node if accepted(obligation, node, refutes=True) else None


def violated(node: Mapping[str, Any]) -> str:
    """Return where a witness stands, in words."""
    where = ", ".join(f"{name} = {value}" for name, value in node["at"].items())
    return f"violated at {where}" if where else "false"


def agreement(seen: Look) -> str:
    """Return what the points say, in words."""
    return f"difference enclosed below {seen.bound} at {seen.points} exact points" if seen.points else "no point could be enclosed"


def rules_of(node: Mapping[str, Any]) -> list[str]:
    """Return the rules that a proof node uses, outermost first, each once."""
    parts = [node[key] for key in ("then", "yes", "no") if key in node]
    return list(dict.fromkeys([str(node["rule"]), *(rule for part in parts for rule in rules_of(part))]))


__all__ = ["attempt"]
