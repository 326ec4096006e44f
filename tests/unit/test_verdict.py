"""What is known, and how: every combination of receipt and evidence has one verdict."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest

from proofcheck.evidence import Evidence, Failure, Support, Undecided
from proofcheck.kernel import Finding, Receipt
from proofcheck.kernel.statement import read
from proofcheck.verdict import PRECEDENCE, Verdict, decide, exit_code, judge, own_checks


def _receipt(*findings: Finding, verdict: str = "open", unchecked: tuple[str, ...] = ()) -> Receipt:
    return Receipt("p/x", "digest", verdict, findings, (), unchecked, (), ())


STATEMENT = Finding("statement", "statement", "open")
STEP = Finding("step a", "step", "proved", "sign")
UNPROVED = Finding("step a", "step", "open")
CHECK = Finding("check 1", "check", "open")
NUMERICAL = Support("check 1", "grid", "numerical", "100 points")


def _evidence(*items: Evidence) -> dict[str, Evidence]:
    return {item.obligation: item for item in items}


@pytest.mark.parametrize(
    ("receipt", "evidence", "expected"),
    [
        (_receipt(Finding("statement", "statement", "proved"), verdict="proved"), {}, ("proved", "kernel")),
        (_receipt(Finding("statement", "statement", "unchecked"), verdict="proved", unchecked=("statement",)), {}, ("proved", "symbolic")),
        (_receipt(Finding("statement", "statement", "refuted"), verdict="refuted"), {}, ("refuted", "witness")),
        (_receipt(STATEMENT, CHECK), _evidence(NUMERICAL), ("supported", "numerical")),
        (_receipt(STATEMENT, CHECK), _evidence(Support("check 1", "sample", "statistical", "")), ("supported", "statistical")),
        (_receipt(STATEMENT, CHECK), _evidence(Support("check 1", "plugin", "kernel", "")), ("supported", "numerical")),
        (_receipt(STATEMENT, CHECK, Finding("check 2", "check", "open")), _evidence(NUMERICAL), ("inconclusive", "")),
        (_receipt(STATEMENT, Finding("check 1", "check", "proved")), {}, ("inconclusive", "")),
        (_receipt(STATEMENT, Finding("check 1", "check", "refuted")), {}, ("inconclusive", "")),
        (_receipt(STATEMENT, STEP), {}, ("inconclusive", "")),
        (_receipt(STATEMENT, STEP, CHECK), _evidence(NUMERICAL), ("supported", "numerical")),
        (_receipt(STATEMENT, UNPROVED, CHECK), _evidence(NUMERICAL), ("inconclusive", "")),
        (_receipt(STATEMENT, UNPROVED), _evidence(Support("statement", "flow", "numerical", "")), ("inconclusive", "")),
        (_receipt(STATEMENT, UNPROVED, CHECK), _evidence(NUMERICAL, Support("step a", "flow", "numerical", "")), ("supported", "numerical")),
        (_receipt(STATEMENT, UNPROVED, CHECK), _evidence(NUMERICAL, Failure("step a", "m", "boom")), ("error", "")),
        (_receipt(Finding("statement", "statement", "refuted"), UNPROVED, verdict="refuted"), {}, ("refuted", "witness")),
        (_receipt(STATEMENT), {}, ("inconclusive", "")),
        (_receipt(STATEMENT), _evidence(Failure("statement", "m", "boom\ntraceback")), ("error", "")),
    ],
)
def test_verdict_and_grade(receipt: Receipt, evidence: dict[str, Evidence], expected: tuple[str, str]) -> None:
    """Verdict and grade follow from what the kernel found and what the methods handed over."""
    found = decide(receipt, evidence)
    assert (found.verdict, found.grade) == expected


@pytest.mark.parametrize(("why", "code"), [("budget", 4), ("obstruction", 1)])
def test_support_beside_an_unproved_step_says_which(why: str, code: int) -> None:
    """A supported statement whose file claims more than is proved is inconclusive, and the reason names the step and what stopped it."""
    found = decide(_receipt(STATEMENT, UNPROVED, CHECK), _evidence(NUMERICAL, Undecided("step a", "m", why, "9 cells ended")))
    assert found.reason == f"the statement is supported, but step a is not proved ({why}: 9 cells ended)"
    assert (found.code, judge(found, "supported"), judge(found, "open")) == (code, "FAIL", "PASS")


def test_violated_check_beside_a_proof_is_a_bug() -> None:
    """A check that is violated at an exact point contradicts a proof: BROKEN, whatever the file expects."""
    findings = (Finding("statement", "statement", "proved"), Finding("check 1", "check", "refuted"))
    found = decide(_receipt(*findings, verdict="proved"), {})
    assert (found.verdict, found.code, judge(found, "proved"), judge(found, "open")) == ("error", 70, "BROKEN", "BROKEN")


def test_violated_check_of_something_else_is_a_mistake_of_the_file(claim_file: Callable[..., bytes]) -> None:
    """A false check that says something else than the statement contradicts no proof: the claim fails, and the tool is not blamed."""
    checks = '[[check]]\nshows = "x > 1/2"\nby = "inequality"\n[[check]]\nby = "inequality"'
    own = own_checks(read(claim_file("x >= 0", {"x": "[0, 1]"}, more=checks)))
    assert own == {"check 1"}
    findings = (Finding("statement", "statement", "proved"), Finding("check 1", "check", "refuted"))
    found = decide(_receipt(*findings, verdict="proved"), {}, own)
    assert (found.verdict, found.code, judge(found, "proved"), judge(found, "open")) == ("error", 1, "FAIL", "FAIL")
    both = _receipt(*findings, Finding("check 2", "check", "refuted"), verdict="proved")
    assert decide(both, {}, own).reason == "check 2 is violated at an exact point although everything is proved"


def test_crash_shows_its_first_line() -> None:
    """A crashed method asks for exit code 70, and the reason is the first line of what it said."""
    found = decide(_receipt(STATEMENT), _evidence(Failure("statement", "m", "ValueError: no\n  File x")))
    assert (found.code, found.reason) == (70, "statement: the method m failed: ValueError: no")


@pytest.mark.parametrize(("why", "code"), [("budget", 4), ("memory", 4), ("obstruction", 1), ("fragment", 1)])
def test_only_a_spent_budget_is_code_4(why: str, code: int) -> None:
    """A search that ended for want of time or memory asks for 4, one that met an obstruction for 1."""
    assert decide(_receipt(STATEMENT), _evidence(Undecided("statement", "m", why, "text"))).code == code


@pytest.mark.parametrize(
    ("finding", "item", "text"),
    [
        (Finding("sanity 1", "sanity", "refuted"), None, "sanity 1 is false"),
        (Finding("sanity 1", "sanity", "open"), Undecided("sanity 1", "m", "fragment", "gamma"), "sanity 1 is not decided: gamma"),
        (Finding("must_fail 1", "must_fail", "proved"), None, "must_fail 1 was to fail and is proved"),
        (Finding("must_fail 1", "must_fail", "open"), None, "no exact violating point was found"),
    ],
)
def test_promises_of_the_file_that_do_not_hold(finding: Finding, item: Evidence | None, text: str) -> None:
    """A false sanity value and a neighbour that does not fail are errors of the file, even where everything is proved."""
    receipt = _receipt(Finding("statement", "statement", "proved"), finding, verdict="proved")
    found = decide(receipt, {item.obligation: item} if item else {})
    assert (found.verdict, found.code) == ("error", 1)
    assert text in found.reason


def test_crash_of_a_sanity_check_is_broken() -> None:
    """A method that crashes on a sanity value is a bug of the tool, not a doubt about the file."""
    receipt = _receipt(STATEMENT, Finding("must_fail 1", "must_fail", "open"))
    assert decide(receipt, _evidence(Failure("must_fail 1", "m", "boom"))).code == 70


def test_one_violated_instance_satisfies_a_neighbour() -> None:
    """A must_fail neighbour over several instances is satisfied by a witness against one of them."""
    findings = (Finding("must_fail 1[K=2]", "must_fail", "proved"), Finding("must_fail 1[K=3]", "must_fail", "refuted"))
    assert decide(_receipt(Finding("statement", "statement", "proved"), *findings, verdict="proved"), {}).verdict == "proved"


@pytest.mark.parametrize(
    ("verdict", "passes"),
    [
        ("proved", {"proved", "supported"}),
        ("refuted", {"refuted"}),
        ("supported", {"supported", "open"}),
        ("inconclusive", {"open"}),
        ("error", set()),
    ],
)
def test_expectations(verdict: str, passes: set[str]) -> None:
    """A claim passes as expected or better in grade; a settled open claim is NEWS; all else fails."""
    outcomes = {expect: judge(Verdict(verdict, ""), expect) for expect in ("proved", "refuted", "supported", "open")}
    assert {expect for expect, outcome in outcomes.items() if outcome == "PASS"} == passes
    assert [expect for expect, outcome in outcomes.items() if outcome == "NEWS"] == (["open"] if verdict in ("proved", "refuted") else [])


def test_precedence_of_exit_codes() -> None:
    """Of two exit codes the graver one wins, and no claims at all are never success."""
    assert PRECEDENCE == (70, 6, 2, 1, 3, 4, 5, 0)
    for first, second in combinations(PRECEDENCE, 2):
        assert exit_code([second, first]) == first
    assert exit_code([]) == 5
