"""Cases and charts that a claim file writes down as data: a decision list of conditions, each with a change of variables.

    by = { method = "charts", cases = [
        { if = "theta <= 33/20", new = { u = "(0, 33/20]", v = "(0, 1)" }, map = { theta = "u", phi = "v*u" },
          inverse = { u = "theta", v = "phi/theta" } },
        { … } ] }

The last case has no ``if``. Orders of zeros, strips and premises are found here; the kernel checks the cover.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from proofcheck.evidence import Evidence, Proof, Undecided
from proofcheck.kernel.errors import Malformed, Rejected
from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.rules.premises import formula_in, scope_of, term_in
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import NEGATED, Obligation, Term, show, substitute

from .budget import Budget
from .inequality import prove as prove_inequality
from .outcome import leaf_count
from .subterms import simplified

Progress = Callable[[int, int, str], None]


def attempt(obligation: Obligation, options: Mapping[str, Any], progress: Progress) -> Evidence:
    """Return a proof by the cases of the options, or Undecided naming the case that was not closed."""
    cases = options.get("cases")
    if not isinstance(cases, list) or not cases or not all(isinstance(case, Mapping) for case in cases):
        return Undecided(obligation.name, "charts", "fragment", "`by` needs a list `cases`, each with new, map and inverse")
    bits = int(options.get("prec", 64))
    simple, facts = simplified(obligation)
    nodes = []
    remaining = simple
    try:
        for i, case in enumerate(cases):
            progress(i, len(cases), "charts")
            condition = formula_in(scope_of(remaining), str(case["if"])) if "if" in case else None
            here = remaining if condition is None else replace(remaining, given=(*remaining.given, condition))
            node = charted(here, case, Budget(20_000, progress), bits)
            if node is None:
                return Undecided(obligation.name, "charts", "obstruction", f"case {i + 1} of {len(cases)} is not closed")
            nodes.append((condition, node))
            if condition is not None:
                remaining = replace(remaining, given=(*remaining.given, Term(NEGATED[condition.op], condition.args)))
        tree = nodes[-1][1]
        if nodes[-1][0] is not None:
            return Undecided(obligation.name, "charts", "fragment", "the last case must have no `if`: it takes what is left")
        for condition, node in reversed(nodes[:-1]):
            assert condition is not None
            tree = {"rule": "cases", "on": show(condition), "yes": node, "no": tree}
        if facts:
            tree = {"rule": "rewrite", "facts": facts, "then": tree}
        prove(obligation, tree, Link())
    except (Rejected, Malformed) as error:
        return Undecided(obligation.name, "charts", "fragment", str(error))
    return Proof(obligation.name, tree, "charts", detail=f"{len(cases)} charts, {strip_count(tree)} strips, {leaf_count(tree)} leaves")


def charted(obligation: Obligation, case: Mapping[str, Any], budget: Budget, bits: int) -> dict[str, Any] | None:
    """Return the node for one case: its chart, and inside it whatever proves an inequality."""
    if "map" not in case:
        return prove_inequality(obligation, budget, bits)
    new, maps, inverse = ({name: str(text) for name, text in case[key].items()} for key in ("new", "map", "inverse"))
    inner = Scope({}, {}, "chart")
    inner.domains(new, "chart")
    forward = {name: term_in(inner, text) for name, text in maps.items()}
    # The hypotheses of the case are left behind: the box of the chart carries what is needed of them.
    changed = Obligation(obligation.name, tuple(inner.box.items()), (), substitute(obligation.goal, forward))
    simple, facts = simplified(changed)
    node = prove_inequality(simple, budget, bits)
    if node is None:
        return None
    if facts:
        node = {"rule": "rewrite", "facts": facts, "then": node}
    return {"rule": "chart", "new": new, "map": maps, "inverse": inverse, "then": node}


def strip_count(node: Mapping[str, Any]) -> int:
    """Return the number of strips below a proof node."""
    parts = [node[key] for key in ("then", "yes", "no", "base", "slope") if key in node]
    parts += [part for key in ("pieces", "parts", "conditions", "premises") for part in node.get(key, [])]
    return len(node.get("strips", [])) + sum(strip_count(part) for part in parts)
