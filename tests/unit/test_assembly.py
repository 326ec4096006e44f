"""Statements put together from steps."""

from __future__ import annotations

import re

import pytest

from proofcheck.evidence import Proof, Undecided
from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.statement import read
from proofcheck.kernel.terms import Obligation
from proofcheck.methods import assembly

CLAIM = """
proofcheck = "claim/1"
[claim]
id = "p/c"
title = "t"
statement = "{statement}"
expect = "proved"
[for_all]
x = "(0, 1)"
y = "(0, 2)"
{steps}
"""
LOW = '[[step]]\nid = "low"\nfor_all.y = "(0, x]"\nshows = "f(x, y) > 0"\nby = "identity"\n'
HIGH = '[[step]]\nid = "high"\nfor_all.y = "[x, 2)"\nshows = "f(x, y) > 0"\nby = "identity"\n'
DEFINE = '[define]\n"f(x, y)" = "sin(x*y) + y"\n'


def obligations(statement: str, *steps: str) -> tuple[Obligation, dict[str, Obligation]]:
    """Return the statement's obligation and the steps by id."""
    found = read(CLAIM.format(statement=statement, steps=DEFINE + "".join(steps)).encode())
    return found.of("statement")[0].obligation, {entry.obligation.name.removeprefix("step "): entry.obligation for entry in found.of("step")}


def ob(goal: str, domains: str, *given: str) -> Obligation:
    """Return an obligation from texts: `x in [0, 1], y in (0, x)`."""
    scope = Scope({}, {}, "test")
    scope.domains(dict(re.findall(r"(\w+) in ([(\[][^)\]]*[)\]])", domains)), "test")
    return Obligation("goal", tuple(scope.box.items()), scope.formulas(list(given), "test"), scope.formula(goal, "test"))


def test_regions_that_cover_are_put_together() -> None:
    """Steps on (0, x] and [x, 2) give the statement on (0, 2), by cases whose cover the kernel checks."""
    goal, steps = obligations("f(x, y) > 0", LOW, HIGH)
    evidence = assembly.attempt(goal, {"steps": steps}, lambda *_: None)
    assert isinstance(evidence, Proof)
    assert prove(goal, evidence.tree, Link(steps=steps))


def test_regions_with_a_gap_are_not() -> None:
    """One region alone does not give the whole."""
    goal, steps = obligations("f(x, y) > 0", LOW)
    assert isinstance(assembly.attempt(goal, {"steps": steps}, lambda *_: None), Undecided)


def test_a_proof_from_steps_needs_the_steps() -> None:
    """Without the closed step that it names the same proof is rejected."""
    goal, steps = obligations("f(x, y) > 0", LOW, HIGH)
    evidence = assembly.attempt(goal, {"steps": steps}, lambda *_: None)
    assert isinstance(evidence, Proof)
    with pytest.raises(Rejected) as rejected:
        prove(goal, evidence.tree, Link(steps={"low": steps["low"]}))
    assert rejected.value.code == "PC314 not-cited"


def test_a_step_for_another_formula_does_not_help() -> None:
    """A step that shows less (>= for >) closes nothing."""
    goal, steps = obligations("f(x, y) > 0", LOW.replace(" > 0", " >= 0"), HIGH)
    assert isinstance(assembly.attempt(goal, {"steps": steps}, lambda *_: None), Undecided)


def test_disjunctions_and_divisors_are_taken_apart() -> None:
    """`y >= x or f/(1 + x) > 0` follows from f > 0 for y <= x: the divisor is positive."""
    goal, steps = obligations("y >= x or f(x, y)/(1 + x) > 0", LOW)
    evidence = assembly.attempt(goal, {"steps": steps}, lambda *_: None)
    assert isinstance(evidence, Proof)
    assert prove(goal, evidence.tree, Link(steps=steps))


def test_facts_of_steps_and_a_completed_square() -> None:
    """A f = S with steps for a > 0 and d > 0 gives f > 0, through cut and scale."""
    define = '[define]\na = "1 + x - x^2"\nd = "cos(x) + y"\nf = "(a*y + x)^2/a + d/a"\n'
    steps = (
        '[[step]]\nid = "a"\nshows = "a > 0"\nby = "inequality"\n[[step]]\nid = "d"\nshows = "d > 0"\nby = "inequality"\n'
        '[[step]]\nid = "square"\nshows = "a*f = (a*y + x)^2 + d"\nby = "identity"\n'
    )
    found = read(CLAIM.format(statement="-3*f < 0", steps=define + steps).encode())
    goal = found.of("statement")[0].obligation
    known = {entry.obligation.name.removeprefix("step "): entry.obligation for entry in found.of("step")}
    evidence = assembly.attempt(goal, {"steps": known, "uses": ["a", "d"], "equation": "square"}, lambda *_: None)
    assert isinstance(evidence, Proof)
    assert prove(goal, evidence.tree, Link(steps=known))


def test_cut_does_not_prove_its_lemma() -> None:
    """A cut with a lemma that is false is rejected, whatever follows from it."""
    goal, steps = obligations("f(x, y) > 0", LOW)
    node = {"rule": "cut", "formula": "f(x, y) > 0".replace("f(x, y)", "sin(x*y) + y"), "lemma": {"rule": "step", "id": "low"}, "then": {"rule": "sign"}}
    with pytest.raises(Rejected) as rejected:
        prove(goal, node, Link(steps=steps))
    assert rejected.value.code == "PC314 not-cited"


def test_a_sign_spreads_from_an_end_along_a_variable() -> None:
    """The difference x/2 + sin(x) rises from 0, because its slope 1/2 + cos(x) is a step's; without that step nothing is found."""
    steps = {"slope": ob("1/2 + cos(x) >= 0", "x in [0, 2]")}
    goal = ob("x/2 + sin(x) >= 0", "x in [0, 2]")
    found = assembly.attempt(goal, {"steps": steps, "uses": ["slope"], "along": "x", "end": "lower"}, lambda *_: None)
    assert isinstance(found, Proof)
    assert found.tree["rule"] == "monotone"
    assert isinstance(assembly.attempt(goal, {"steps": steps, "uses": [], "along": "x", "end": "lower"}, lambda *_: None), Undecided)
    assert isinstance(assembly.attempt(goal, {"steps": steps, "uses": ["slope"], "along": "x", "end": "upper"}, lambda *_: None), Undecided)


def test_a_step_is_used_under_another_name_of_its_variable() -> None:
    """What a step shows for p holds for q on the same domain, and not on a larger one."""
    steps = {"p": ob("a*p > p - 1", "a in [1, 2], p in (0, a)")}
    options = {"steps": steps, "uses": ["p"], "rename": {"q": "p"}}
    assert isinstance(assembly.attempt(ob("a*q > q - 1", "a in [1, 2], q in (0, a)"), options, lambda *_: None), Proof)
    assert isinstance(assembly.attempt(ob("a*q > q - 1", "a in [1, 2], q in (-9, a)"), options, lambda *_: None), Undecided)


def test_a_disjunction_of_three_is_closed_where_the_first_two_fail() -> None:
    """The last part is needed only where the others do not hold; a step under these hypotheses is enough."""
    steps = {"rest": ob("x*y < 1", "x in [0, 3], y in [0, 3]", "x < 1", "y < 1")}
    found = assembly.attempt(ob("x >= 1 or y >= 1 or x*y < 1", "x in [0, 3], y in [0, 3]"), {"steps": steps}, lambda *_: None)
    assert isinstance(found, Proof)
    weaker = {"rest": ob("x*y < 1", "x in [0, 3], y in [0, 3]", "x < 1/2", "y < 1")}
    assert isinstance(assembly.attempt(ob("x >= 1 or y >= 1 or x*y < 1", "x in [0, 3], y in [0, 3]"), {"steps": weaker}, lambda *_: None), Undecided)


def test_a_variable_that_is_one_number_is_replaced_by_it() -> None:
    """On [pi, pi] the goal is the one at pi, where a step has it."""
    steps = {"at": ob("pi*a > sin(pi)", "a in (0, 1)")}
    goal = ob("x*a > sin(x)", "a in (0, 1), x in [pi, pi]")
    found = assembly.attempt(goal, {"steps": steps, "uses": ["at"]}, lambda *_: None)
    assert isinstance(found, Proof)
    assert found.tree["rule"] == "parametrise"
