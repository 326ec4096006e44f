"""What a proof may rest on: citations, assumptions and earlier steps; how steps close a statement; what a receipt hands on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from proofcheck import kernel
from proofcheck.kernel import Malformed, Receipt, Rejected
from proofcheck.kernel.rules.links import covers
from proofcheck.kernel.rules.premises import domain_in, formula_in, scope_of
from proofcheck.kernel.terms import REALS, Domain, Obligation, num

UNIT = {"x": "[0, 1]"}
SIGN, POINT, ASSUME, CITE = {"rule": "sign"}, {"rule": "point"}, {"rule": "assume"}, {"rule": "cite"}
ASSUMED = '{rule = "assume", reason = "a classic"}'
CITED = '{rule = "cite", claim = "paper/lemma"}'
Files = Callable[..., bytes]


def use(name: str) -> dict[str, Any]:
    """Return the proof by an earlier step."""
    return {"rule": "step", "id": name}


def step(name: str, shows: str, by: str = '"sign"', more: str = "") -> str:
    """Return the text of a step."""
    return f'[[step]]\nid = "{name}"\nshows = "{shows}"\nby = {by}\n{more}'


def checked(claim: bytes, certificate: Files, proofs: Mapping[str, Any], receipts: Mapping[str, Receipt] | None = None) -> Receipt:
    """Return the receipt for these proofs."""
    return kernel.check(claim, certificate(claim, proofs), receipts)


def refused(claim: bytes, certificate: Files, proofs: Mapping[str, Any], receipts: Mapping[str, Receipt] | None = None) -> str:
    """Return the code of the rejection."""
    with pytest.raises(Rejected) as caught:
        checked(claim, certificate, proofs, receipts)
    return caught.value.code.split()[0]


def problem(domains: Mapping[str, str], goal: str = "x >= 0", *given: str) -> Obligation:
    """Return an obligation."""
    box: dict[str, Domain] = {}
    for name, text in domains.items():
        box[name] = domain_in(scope_of(Obligation("", tuple(box.items()), (), num(0))), text)
    scope = scope_of(Obligation("", tuple(box.items()), (), num(0)))
    return Obligation("o", tuple(box.items()), tuple(formula_in(scope, text) for text in given), formula_in(scope, goal))


def test_an_obligation_covers_itself_and_what_has_more_variables_and_hypotheses() -> None:
    """Same domains, fewer hypotheses, and variables of its own that range over constant domains."""
    small = problem(UNIT)
    assert covers(small, small)
    assert covers(small, problem(UNIT, "x >= 0", "x < 1/2"))
    assert covers(small, problem(UNIT | {"y": "[0, x]"}, "x >= y"))
    assert covers(problem(UNIT | {"y": "[0, 1]"}), small)
    assert covers(problem(UNIT | {"y": "real"}), small)
    assert covers(problem({"x": "[0, 1]", "y": "[x, 2]"}), problem({"x": "[0, 1]", "y": "[x, 2]"}))


@pytest.mark.parametrize("earlier", [
    problem({"x": "(0, 1]"}), problem({"x": "[0, 1)"}), problem({"x": "[0, 1/2]"}), problem({"x": "[0, 2]"}), problem({"x": "integer in [0, 1]"}),
    problem(UNIT, "x >= 0", "x < 1"), problem(UNIT | {"y": "[0, x]"}), problem(UNIT | {"y": "[0, 1]", "z": "[y, 2]"}), problem(UNIT | {"y": "(-inf, x)"}),
    replace(problem(UNIT), domains=(("x", REALS),)),
])  # fmt: skip
def test_an_obligation_about_less_covers_nothing_more(earlier: Obligation) -> None:
    """Another domain, a hypothesis, or a variable whose domain may be empty: what it shows is less, or something else."""
    assert not covers(earlier, problem(UNIT))


def test_step_closes_part_of_a_proof(claim_file: Files, certificate: Files) -> None:
    """A step stands for a piece of a conjunction, and for a case with a hypothesis that it has itself or does without."""
    more = step("a", "x >= 0") + step("b", "x <= 1", more='given = ["x > 1/2"]\n')
    both = claim_file("x <= 1 and x >= 0", UNIT, more=more)
    cases = {"rule": "cases", "on": "x > 1/2", "yes": use("b"), "no": SIGN}
    proofs = {"step a": SIGN, "step b": SIGN, "statement": {"rule": "both", "parts": [cases, use("a")]}}
    receipt = checked(both, certificate, proofs)
    assert (receipt.verdict, [finding.rule for finding in receipt.findings]) == ("proved", ["both", "sign", "sign"])
    assert refused(both, certificate, proofs | {"statement": {"rule": "both", "parts": [use("b"), use("a")]}}) == "PC314"
    wrong = cases | {"yes": SIGN, "no": use("b")}
    assert refused(both, certificate, proofs | {"statement": {"rule": "both", "parts": [wrong, use("a")]}}) == "PC314"


REFUSED_STEPS: list[tuple[str, str, str]] = [
    ("another formula", step("a", "x >= -1"), "a"),
    ("one part of two", step("a", "x >= 0"), "a"),
    ("a stronger hypothesis", step("a", "x >= 0 and x <= 1", more='given = ["x < 1"]\n'), "a"),
    ("a smaller domain", step("a", "x >= 0 and x <= 1", more='for_all.x = "(0, 1]"\n'), "a"),
    ("a variable that may have no value", step("a", "x >= 0 and x <= 1", more='[step.for_all]\ny = "(0, x]"\n'), "a"),
    ("a name that no step has", step("a", "x >= 0 and x <= 1"), "b"),
]


@pytest.mark.parametrize("case", REFUSED_STEPS, ids=lambda case: case[0])
def test_step_that_does_not_say_enough_is_refused(claim_file: Files, certificate: Files, case: tuple[str, str, str]) -> None:
    """A step is used for what it states on its own domains, and for nothing else (PC314)."""
    _, more, name = case
    claim = claim_file("x >= 0 and x <= 1", UNIT, more=more)
    assert refused(claim, certificate, {"step a": SIGN, "statement": use(name)}) == "PC314"


def test_step_rests_on_earlier_closed_steps_only(claim_file: Files, certificate: Files) -> None:
    """No step proves itself or an earlier one, and none that is open or refuted is used: no circle can be made."""
    more = step("a", "x >= 2") + step("b", "x >= 2")
    claim = claim_file("x >= 2", UNIT, more=more)
    assert refused(claim, certificate, {"step a": use("a")}) == "PC314"
    assert refused(claim, certificate, {"step a": use("b"), "step b": use("a")}) == "PC314"
    assert refused(claim, certificate, {"statement": use("a")}) == "PC314"
    refuted = {"step a": {"rule": "witness", "at": {"x": "0"}}}
    assert refused(claim, certificate, refuted | {"step b": use("a")}) == "PC314"
    assert checked(claim, certificate, refuted).verdict == "open"
    assert refused(claim, certificate, {"step a": {"rule": "step"}}) == "PC302"
    assert refused(claim, certificate, {"step a": use("b") | {"why": "b"}}) == "PC302"


def test_steps_belong_to_their_instance(claim_file: Files, certificate: Files) -> None:
    """What a step shows of one constant is not used by name for another, where it says something else."""
    claim = claim_file("x <= K", UNIT, each={"K": [1, 2]}, more=step("a", "x <= K"))
    proofs = {"step a[K=1]": SIGN, "step a[K=2]": SIGN, "statement[K=1]": use("a"), "statement[K=2]": use("a")}
    assert checked(claim, certificate, proofs).verdict == "proved"
    assert refused(claim, certificate, {name: proof for name, proof in proofs.items() if name != "step a[K=2]"}) == "PC314"


def test_step_with_an_assumption_hands_it_on(claim_file: Files, certificate: Files) -> None:
    """A statement proved from an assumed step, or closed by steps of which one is assumed, lists the assumption."""
    more = step("a", "x >= 2", ASSUMED) + step("b", "x >= 0")
    using = claim_file("x >= 2", UNIT, more=more)
    receipt = checked(using, certificate, {"step a": ASSUME, "step b": SIGN, "statement": use("a")})
    assert (receipt.verdict, receipt.assumptions) == ("proved", ("step a: a classic",))
    closing = claim_file("x >= 2 and x >= 0", UNIT, more=more)
    receipt = checked(closing, certificate, {"step a": ASSUME, "step b": SIGN})
    assert (receipt.verdict, receipt.assumptions, receipt.findings[0].by_step) == ("proved", ("step a: a classic",), "step b")


def test_assumption_is_the_files_and_for_the_whole_obligation(claim_file: Files, certificate: Files) -> None:
    """Only what the file declares, with a reason, is assumed; not a part of it, and nothing beside it."""
    plain, assumed = claim_file("x >= 2", UNIT), claim_file("x >= 2", UNIT, by=ASSUMED)
    assert checked(assumed, certificate, {"statement": ASSUME}).verdict == "proved"
    assert refused(plain, certificate, {"statement": ASSUME}) == "PC315"
    assert refused(claim_file("x >= 2", UNIT, by='{rule = "assume", reason = 1}'), certificate, {"statement": ASSUME}) == "PC315"
    assert refused(claim_file("x >= 2", UNIT, by=ASSUMED.replace("a classic", " ")), certificate, {"statement": ASSUME}) == "PC315"
    assert refused(assumed, certificate, {"statement": ASSUME | {"reason": "mine"}}) == "PC302"
    for inner in ({"rule": "both", "parts": [ASSUME]}, {"rule": "weaken", "keep": ["x"], "relation": "gt", "then": ASSUME},
                  {"rule": "cut", "formula": "x > 5", "lemma": ASSUME, "then": SIGN}, {"rule": "either", "which": 0, "then": ASSUME}):  # fmt: skip
        assert refused(assumed, certificate, {"statement": inner}) == "PC315"


def lemma(claim_file: Files, certificate: Files, statement: str = "x >= 0", **rest: Any) -> dict[str, Receipt]:
    """Return the receipt of a lemma about [0, 1]."""
    claim = claim_file(statement, UNIT, id="paper/lemma", **rest)
    return {"paper/lemma": checked(claim, certificate, {"statement": SIGN})}


def test_citation_says_what_the_cited_claim_says(claim_file: Files, certificate: Files) -> None:
    """A statement or step of the cited claim, with the same domains and formula and no more hypotheses."""
    receipts = lemma(claim_file, certificate, more=step("s", "x <= 2"))
    assert receipts["paper/lemma"].verdict == "open"
    claim = claim_file("x >= 0", UNIT, id="paper/lemma", more=step("s", "x <= 2"))
    receipts = {"paper/lemma": checked(claim, certificate, {"statement": SIGN, "step s": SIGN})}
    assert checked(claim_file("x <= 2", UNIT, by=CITED), certificate, {"statement": CITE}, receipts).cites == ("paper/lemma",)
    weaker = claim_file("x <= 2", UNIT, by=CITED, given=["x > 1/2"])
    assert checked(weaker, certificate, {"statement": CITE}, receipts).verdict == "proved"
    for other in (claim_file("x <= 1", UNIT, by=CITED), claim_file("x <= 2", {"x": "[0, 2]"}, by=CITED), claim_file("x <= 2 and x >= 0", UNIT, by=CITED)):
        assert refused(other, certificate, {"statement": CITE}, receipts) == "PC314"


def test_citation_needs_the_file_and_a_receipt(claim_file: Files, certificate: Files) -> None:
    """The file names the claim; without its receipt, or with one that is open, or for a part of the goal, nothing is cited."""
    receipts = lemma(claim_file, certificate)
    ours = claim_file("x >= 0", UNIT, by=CITED)
    assert checked(ours, certificate, {"statement": CITE}, receipts).findings[0].status == "cited"
    assert refused(ours, certificate, {"statement": CITE}) == "PC314"
    assert refused(ours, certificate, {"statement": CITE}, lemma(claim_file, certificate, more=step("s", "x <= 2"))) == "PC314"
    assert refused(claim_file("x >= 0", UNIT), certificate, {"statement": CITE}, receipts) == "PC314"
    assert refused(claim_file("x >= 0", UNIT, by='{rule = "cite", claim = 1}'), certificate, {"statement": CITE}, receipts) == "PC314"
    assert refused(ours, certificate, {"statement": {"rule": "both", "parts": [CITE]}}, receipts) == "PC314"
    assert refused(ours, certificate, {"statement": CITE | {"claim": "paper/lemma"}}, receipts) == "PC302"


def test_hypothesis_of_the_cited_claim_stays(claim_file: Files, certificate: Files) -> None:
    """A lemma under a hypothesis is cited under it, and not without."""
    receipts = lemma(claim_file, certificate, given=["x < 1/2"])
    assert checked(claim_file("x >= 0", UNIT, by=CITED, given=["x < 1/2"]), certificate, {"statement": CITE}, receipts).verdict == "proved"
    assert refused(claim_file("x >= 0", UNIT, by=CITED), certificate, {"statement": CITE}, receipts) == "PC314"


def test_neighbour_that_must_fail_is_not_refuted_by_steps_about_something_else(claim_file: Files, certificate: Files) -> None:
    """Definitions of a neighbour differ; a step keeps the meaning that it was proved with."""
    more = step("a", "D >= 0") + '[[must_fail]]\ntext = "t"\n[must_fail.define]\nD = "x - 2"\n'
    claim = claim_file("D >= 0", UNIT, define={"D": "x"}, more=more)
    proofs = {"step a": SIGN, "statement": use("a")}
    assert checked(claim, certificate, proofs).complaints == ("must_fail 1",)
    assert refused(claim, certificate, proofs | {"must_fail 1": use("a")}) == "PC314"


def test_step_that_turns_a_number_into_a_vector_is_malformed(claim_file: Files) -> None:
    """A hypothesis of the claim about a number has no meaning where a step makes a vector of it."""
    with pytest.raises(Malformed) as caught:
        kernel.read(claim_file("x >= 0", UNIT, given=["x < 1"], more=step("a", "x[1] = x[1]", more='for_all.x = "vector(2)"\n')))
    assert caught.value.code.startswith("PC104")


def test_formula_that_is_nested_too_deep_for_a_rule_is_rejected(claim_file: Files, certificate: Files) -> None:
    """A disjunction of thousands of parts, made of definitions, ends in a rejection and not in a crash (PC317)."""
    size = 250
    define = {"A0": "x > 1"} | {f"A{i}": f"A{i - 1} or " + " or ".join(["x > 2"] * size) for i in range(1, 9)}
    claim = claim_file("A8", UNIT, define=define, given=[f"A{i}" for i in range(9)])
    assert refused(claim, certificate, {"statement": {"rule": "bisection", "prec": 64, "tree": "N"}}) == "PC317"
