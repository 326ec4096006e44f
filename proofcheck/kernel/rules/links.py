"""Steps that rest on something else: another claim with a receipt, or an assumption that is listed."""

from __future__ import annotations

from ..certificate import Node, only_keys, text_of
from ..errors import Rejected
from ..terms import Domain, Obligation, conjuncts, variables
from . import Link


def cite(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept what a claim with a receipt states or proves in a step.

    The claim is the one that the file names under ``by``; a certificate cannot choose it. The cited obligation must have the
    same domains, the same or fewer hypotheses, and the same formula; if something is to be found, it is the same statement.
    """
    only_keys(node)
    name = link.by.get("claim")
    if link.by.get("rule") != "cite" or not isinstance(name, str):
        raise Rejected("PC314", "The file does not cite a claim here.", goal.name)
    if name not in link.proved:
        raise Rejected("PC314", f"{name} has no receipt: it is not proved.", goal.name)
    for other in link.proved[name]:
        if (other.exists or goal.exists) and not other.same_statement(goal):
            continue
        if other.goal is goal.goal and other.box == goal.box and set(other.given) <= set(goal.given):
            return True
    raise Rejected("PC314", f"{name} does not state {goal.goal} for these domains.", goal.name)


def step(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept what an earlier step of the same claim shows, on the same domains or on more."""
    only_keys(node, "id")
    name = text_of(node, "id")
    if name not in link.steps:
        raise Rejected("PC314", f"There is no closed step {name!r} before this.", goal.name)
    earlier = link.steps[name]
    if goal.exists and earlier.same_statement(goal):
        return True
    if not covers(earlier, goal) or not set(conjuncts(goal.goal)) <= set(conjuncts(earlier.goal)):
        raise Rejected("PC314", f"Step {name!r} does not show {goal.goal} for these domains and hypotheses.", goal.name)
    return True


def covers(earlier: Obligation, goal: Obligation) -> bool:
    """Say whether what one obligation shows holds wherever the other is to be shown.

    A variable that the goal does not have must range over a constant domain: those are never empty, and an empty one would show
    nothing. Where something is to be found, nothing is said here: parts found apart need not be found together.
    """
    if earlier.exists or goal.exists:
        return False
    same = all(goal.box.get(name) == domain or (name not in goal.box and _constant(domain)) for name, domain in earlier.domains)
    return same and set(earlier.given) <= set(goal.given)


def _constant(domain: Domain) -> bool:
    return not any(variables(end) for end in (domain.lower, domain.upper) if end is not None)


def assume(goal: Obligation, node: Node, link: Link) -> bool:
    """Accept without a check what the file itself declares as an assumption with a reason; the receipt lists it."""
    only_keys(node)
    if link.by.get("rule") != "assume" or not isinstance(link.by.get("reason"), str) or not link.by["reason"].strip():
        raise Rejected("PC315", "The file does not declare this as an assumption with a reason.", goal.name)
    return True
