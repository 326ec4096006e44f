"""The identity prover on its corpus: what it must settle and with which grade, and what it must never prove."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from proofcheck.evidence import Evidence, Proof, Support, Undecided
from proofcheck.kernel.errors import Malformed, Rejected
from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.statement import obligation
from proofcheck.kernel.terms import Obligation, Term, add, conjunction, conjuncts, num
from proofcheck.methods import identity

CORPUS = Path(__file__).with_name("identities.toml")
ENTRIES: list[dict[str, Any]] = tomllib.loads(CORPUS.read_text())["identity"]
BY_ID = {entry["id"]: entry for entry in ENTRIES}
TRUE = [entry["id"] for entry in ENTRIES if entry["group"] not in ("false", "guard")]
TINY = num(Fraction(1, 10**40))


def read(entry: Mapping[str, Any]) -> Obligation:
    """Return the obligation that an entry writes in the claim language."""
    scope = Scope(entry.get("define", {}), {}, "[define]")
    scope.domains(entry.get("for_all", {}), "[for_all]")
    given = scope.formulas(entry.get("given", []), "key `given`")
    return obligation(entry["id"], scope, given, scope.formula(entry["statement"], "key `statement`"))


def attempt(goal: Obligation) -> Evidence:
    """Return what the method finds with its own limits."""
    return identity.attempt(goal, {}, lambda *_: None)


def grade(goal: Obligation, evidence: Evidence) -> str:
    """Return what the evidence is worth once the kernel has looked at it."""
    if isinstance(evidence, Proof):
        if evidence.tree["rule"] == "symbolic":
            return "symbolic"
        return "kernel" if prove(goal, evidence.tree, Link()) else "refuted"
    return "supported" if isinstance(evidence, Support) else "undecided" if isinstance(evidence, Undecided) else "failed"


@cache
def settled(name: str) -> tuple[str, float, Evidence]:
    """Return grade, seconds and evidence for an entry; each is worked on once."""
    goal = read(BY_ID[name])
    start = perf_counter()
    evidence = attempt(goal)
    seconds = perf_counter() - start
    return grade(goal, evidence), seconds, evidence


ENOUGH = {
    "kernel": ("kernel",),
    "symbolic": ("kernel", "symbolic"),
    "proved": ("kernel", "symbolic"),
    "supported": ("kernel", "symbolic", "supported"),
    "refuted": ("refuted",),
    "unproved": ("refuted", "supported", "undecided"),
}


@pytest.mark.parametrize("name", BY_ID)
def test_entry_is_settled_as_expected(name: str) -> None:
    """Each identity gets the grade that the corpus states, or a better one; a guard is not proved."""
    found, _, evidence = settled(name)

    assert found in ENOUGH[BY_ID[name]["expect"]], evidence


def test_thirty_four_true_identities() -> None:
    """Of the thirty-four at least 33 are proved, 30 of them by the kernel."""
    grades = Counter(settled(entry["id"])[0] for entry in ENTRIES if entry["group"] == "field")

    assert grades.total() == 34
    assert grades["kernel"] + grades["symbolic"] >= 33
    assert grades["kernel"] >= 30


def test_seven_false_identities() -> None:
    """All seven false ones are refuted by a witness that the kernel accepts."""
    grades = Counter(settled(entry["id"])[0] for entry in ENTRIES if entry["group"] == "false")

    assert grades == {"refuted": 7}


def test_whole_corpus_takes_less_than_a_minute() -> None:
    """The method is usable while writing claims."""
    assert sum(settled(name)[1] for name in BY_ID) < 60


@pytest.mark.parametrize("name", TRUE)
def test_tiny_error_is_not_proved(name: str) -> None:
    """No identity of the corpus is proved after 10^-40 is added to its last right side."""
    goal = read(BY_ID[name])
    *others, last = conjuncts(goal.goal)
    wrong = replace(goal, goal=conjunction([*others, Term("eq", (last.args[0], add(last.args[1], TINY)))]))

    assert grade(wrong, attempt(wrong)) in ("refuted", "supported", "undecided")


@pytest.mark.parametrize("name", [entry["id"] for entry in ENTRIES if entry["expect"] == "kernel"])
def test_proof_does_not_prove_the_neighbour(name: str) -> None:
    """The tree of a proof is rejected, or at least proves nothing, for the same identity with 10^-40 added."""
    _, _, evidence = settled(name)
    assert isinstance(evidence, Proof)
    goal = read(BY_ID[name])
    *others, last = conjuncts(goal.goal)
    wrong = replace(goal, goal=conjunction([*others, Term("eq", (last.args[0], add(last.args[1], TINY)))]))

    with pytest.raises(Rejected):
        prove(wrong, evidence.tree, Link())


def test_whole_number_is_never_differentiated() -> None:
    """The language refuses a derivative by a whole number, and no whole variable is replaced by a cosine."""
    with pytest.raises(Malformed) as refused:
        read({"id": "d", "for_all": {"n": "integer in [0, 5]"}, "statement": "diff(n^2, n) = 2*n"})

    assert refused.value.code == "PC111 not-differentiable"
    goal = read({"id": "n", "for_all": {"n": "integer in [0, 1]"}, "statement": "asin(sqrt(1 - n^2)) = acos(n)"})
    evidence = attempt(goal)
    assert "parametrise" not in str(getattr(evidence, "tree", ""))


def test_no_route_uses_what_is_no_evidence() -> None:
    """Series, numerical equality and guessing never occur in the sources of the method."""
    folder = Path(identity.__file__).parent
    code = "\n".join(re.sub(r'""".*?"""', "", path.read_text(), flags=re.DOTALL) for path in sorted(folder.glob("*.py")))

    # The polynomials of FLINT have a method is_zero(), which is exact; sympy's is an attribute.
    for word in (r"\.equals\(", r"\.is_zero\b(?!\()", r"\.series\(", "nseries", r"\.evalf\(", "nsimplify", "sympify", "parse_expr", "lambdify", "chop"):
        assert not re.findall(f".*{word}.*", code)


def test_sympy_bug_gives_no_proof() -> None:
    """A factor that sympy turns into 0 by mistake is not 0 at the points, so nothing built on it is proved (sympy #24390)."""
    define = BY_ID["sympy-24390"]["define"]
    goal = read({"id": "g", "for_all": {"x": "[1, 2]"}, "define": define, "statement": "x*sin(acos(u)) = 0"})

    assert grade(goal, attempt(goal)) == "refuted"


@pytest.mark.parametrize(
    ("domain", "expected"),
    [("(0, 1]", "kernel"), ("[0, 1]", "undecided"), ("[-1, 1]", "undecided"), ("[-1, 0)", "kernel")],
)
def test_quotient_is_one_only_where_it_has_a_value(domain: str, expected: str) -> None:
    """x/x = 1 is proved where x is not 0, and an open end counts."""
    goal = read({"id": "q", "for_all": {"x": domain}, "statement": "x/x = 1"})

    assert grade(goal, attempt(goal)) == expected


def test_symbolic_proof_needs_values_everywhere() -> None:
    """What sympy reduces to 0 is not proved where a term may have no value, even if no point of the sample shows it."""
    goal = read({"id": "p", "for_all": {"x": "[0, 1]"}, "define": {"pole": "x - 1/sqrt(7)"}, "statement": "gamma(2 + x)*pole/pole = (1 + x)*gamma(1 + x)"})

    assert grade(goal, attempt(goal)) in ("supported", "undecided")


def test_inequality_is_not_for_this_method() -> None:
    """Anything but equalities is outside the fragment, and said to be."""
    goal = read({"id": "i", "for_all": {"x": "real"}, "statement": "x^2 >= 0"})
    evidence = attempt(goal)

    assert isinstance(evidence, Undecided)
    assert evidence.why == "fragment"


def test_equal_certificates_on_each_run() -> None:
    """The same obligation gives the same proof."""
    name = "acos-as-atan"
    first = settled(name)[2]
    again = attempt(read(BY_ID[name]))

    assert isinstance(first, Proof)
    assert isinstance(again, Proof)
    assert first.tree == again.tree
