"""The rules accept what they should; how a receipt is put together; citations, assumptions, steps, neighbours."""


from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from proofcheck import kernel
from proofcheck.kernel import Malformed, Receipt, Rejected

UNIT = {"x": "[0, 1]"}
PLANE = {"x": "[-1, 1]", "y": "[-1, 1]"}
SIGN, POINT, RING, ASSUME, CITE = {"rule": "sign"}, {"rule": "point"}, {"rule": "ring"}, {"rule": "assume"}, {"rule": "cite"}


def bisection(tree: str, **more: Any) -> dict[str, Any]:
    """Return a bisection at 64 bits."""
    return {"rule": "bisection", "prec": 64, "tree": tree, **more}


def rewrite(term: str, new: str, then: Any, premises: Any = (), **more: Any) -> dict[str, Any]:
    """Return a rewriting by one fact."""
    return {"rule": "rewrite", "facts": [{"term": term, "is": new, "premises": list(premises)}], "then": then, **more}


def zeros(end: str, order: int, length: int = 4) -> dict[str, Any]:
    """Return a proof by the zero at one end."""
    return {"rule": "zeros", "var": "x", "end": end, "order": order, "length": length, "prec": 64, "tree": "0NN"}


PROVED: list[tuple[str, dict[str, str], dict[str, Any], dict[str, Any]]] = [
    ("x^2 - x + 1/3 > 0", UNIT, bisection("00MM0MM"), {}),
    ("x^2 + y^2 + 1 > x*y", UNIT | {"y": "[0, 1]"}, bisection("01NN1NN"), {}),
    ("x >= 0 and x <= 1", UNIT, bisection("C"), {}),
    ("x > 0 and -x < 0", {"x": "(0, 1]"}, bisection("C"), {}),
    ("1 - x > 0 and x - 1 < 0", {"x": "[0, 1)"}, bisection("C"), {}),
    ("x + y > 0", {"x": "(0, 1]", "y": "[0, 1]"}, bisection("C"), {}),
    ("x + y > 0", {"x": "[1, 2]", "y": "(0, x]"}, bisection("C"), {}),
    ("2*x - y >= 0", {"x": "[1, 2]", "y": "[0, x]"}, bisection("C"), {}),
    ("x < 2", UNIT, bisection("C"), {}),
    ("x >= 0 and y >= 0", {"x": "[0, 1]", "y": "[0, 1]"}, bisection("C"), {}),
    ("x^(-2) > 0", {"x": "(0, 1]"}, SIGN, {}),
    ("sin(x)*y > 0", {"x": "(0, 1]", "y": "(0, 1]"},
     {"rule": "taylor", "u": "x", "v": "y", "end": "lower", "order": 1, "left": 1, "right": 0, "length": 3, "prec": 64, "strips": [["1", "l", "N"]]}, {}),
    # the second-order form: convex, concave, mixed terms, a relation of each kind, a constant, a leaf without an inner variable
    ("x^2 - x + 1/4 + 1/10^9 > 0", UNIT, bisection("H"), {}),
    ("-(x^2 - x + 1/4) < 1/10^9", UNIT, bisection("H"), {}),
    ("x - x^2 < 1/4 + 1/10^9", UNIT, bisection("H"), {}),
    ("x^2 + y^2 - x*y + 1/10^9 >= 0", {"x": "[-1, 1]", "y": "[-1, 1]"}, bisection("H"), {}),
    ("exp(x) - x > 999/1000 and x - exp(x) <= -999/1000", {"x": "[-1/2, 1/2]"}, bisection("H"), {}),
    ("x^2 + 2*x > -1/2", UNIT, bisection("H"), {}),
    ("2*x - x^2 > -1/2", UNIT, bisection("H"), {}),
    ("1 + x > 0 and 2 > 1", {"x": "[0, 1]"}, bisection("H"), {}),
    ("1 > 0", UNIT | {"y": "[0, 1]"}, bisection("H"), {}),
    ("y^2 + 1 > 1/10^9", {"x": "[0, 1]", "y": "[-1, 1]"}, bisection("0HH"), {}),
    ("sqrt(x)*atan(x) + abs(x) + gamma(x)*0 >= 0", {"x": "[1, 3/2]"}, bisection("H"), {}),
    ("x + y <= 3/2", PLANE, bisection("L", factors=[["5/7"]]), {"given": ["x^2 + y^2 <= 1"]}),
    ("-3/2 < -x - y", PLANE, bisection("0LL", factors=[["5/7"], ["15/21"]]), {"given": ["1 > x^2 + y^2"]}),
    ("x + y < 3/2", PLANE, bisection("L", factors=[["-5/7"]]), {"given": ["x^2 + y^2 = 1"]}),
    ("x + y < 3/2", PLANE, bisection("L", factors=[["0", "5/7", "0", "0"]]), {"given": ["x >= -2 and x^2 + y^2 <= 1", "x != 5 or y != 5", "x != 7"]}),
    ("x <= 1", {"x": "[0, 2]"}, bisection("L", factors=[["1"]]), {"given": ["x <= 1"]}),
    ("sqrt(x^2 - x + 1/3) <= 2", UNIT, bisection("N", conditions=[bisection("00MM0MM")]), {}),
    ("1 = 1", {}, bisection("N"), {}),
    ("x != 2", {"x": "[0, pi/2]"}, bisection("N"), {}),
    ("x > 1/2", UNIT, bisection("0N0NN"), {"given": ["x > 7/8"]}),
    ("x^2 >= 0", {"x": "[-1, 1]"}, {"rule": "split", "var": "x", "at": ["0"], "pieces": [SIGN, SIGN]}, {}),
    ("abs(x) = x or x < 0", {"x": "real"}, {"rule": "cases", "on": "x < 0", "yes": SIGN, "no": rewrite("abs(x)", "x", SIGN)}, {}),
    ("sin(x) < x", {"x": "(0, 1]"}, zeros("lower", 3, 5), {}),
    ("sin(x) <= x", UNIT, zeros("lower", 3, 3), {}),
    ("cos(x) >= 0", {"x": "[0, pi/2]"}, zeros("upper", 1), {}),
    ("sin(x)^2 + cos(x)^2 = 1", {"x": "real"}, RING, {}),
    ("x + y = 1", {"x": "real", "y": "real"}, RING | {"using": ["-1"]}, {"given": ["x - y = 2*x - 1"]}),
    ("2*x = x + x and x^2 = x*x", {"x": "real"}, RING, {}),
    ("1/x*x = 1", {"x": "(0, inf)"}, RING, {}),
    ("0/(x^2 - x + 1/3) = 0", UNIT, RING | {"conditions": [bisection("00MM0MM")]}, {}),
    ("sqrt(x^2) >= 0", {"x": "[1, 2]"}, rewrite("sqrt(x^2)", "x", SIGN), {}),
    ("abs(x - 2) = 2 - x", UNIT, rewrite("abs(x - 2)", "2 - x", RING), {}),
    ("max(x, 2) = 2 and min(2, x) = x", UNIT, {"rule": "rewrite", "facts": [{"term": "max(x, 2)", "is": "2"}, {"term": "min(2, x)", "is": "x"}], "then": RING}, {}),
    ("acos(cos(x)) = x", UNIT, rewrite("acos(cos(x))", "x", RING), {}),
    ("asin(sin(x)) = x", UNIT, rewrite("asin(sin(x))", "x", RING), {}),
    ("atan(sin(x)/cos(x)) = x", UNIT, rewrite("atan(sin(x)/cos(x))", "x", RING), {}),
    ("log(exp(x)) = x", {"x": "real"}, rewrite("log(exp(x))", "x", RING), {}),
    ("sin(2*x) = 2*sin(x)*cos(x)", {"x": "real"}, rewrite("sin(2*x)", "2*sin(x)*cos(x)", RING), {}),
    ("sqrt(x^4 - 2*x^2 + 1) >= 0", UNIT, rewrite("sqrt(x^4 - 2*x^2 + 1)", "1 - x^2", SIGN), {}),
    ("integral(p, 2*p*x, 0, x) = x^3", {"x": "real"},
     {"rule": "rewrite", "facts": [{"integral": 0, "variable": "q", "antiderivative": "q^2*x/1"}], "then": RING}, {}),
    ("x^2 <= 2", {"x": "[-1, 1]"}, {"rule": "parametrise", "var": "x", "as": "cos(s)", "new": "s", "domain": "[0, pi]", "then": bisection("N")}, {}),
    ("x < 3", {"x": "(0, 1)"}, {"rule": "parametrise", "var": "x", "as": "1 - s", "new": "s", "domain": "(-1, 2)", "then": bisection("N")}, {}),
    ("22/7 > pi and not pi > 22/7 or 1 = 2", {}, POINT, {}),
    ("sqrt(2)^2 = 2", {}, POINT, {}),
    ("x*y > 0", {"x": "(0, 1]", "y": "(0, 1]"},
     {"rule": "taylor", "u": "x", "v": "y", "end": "lower", "order": 1, "left": 1, "right": 0, "length": 2, "prec": 64, "strips": [["1/2", "l", "N"], ["1", "", "N"]]}, {}),
    ("(1 - x)*(1 - y) > 0", {"x": "[0, 1)", "y": "[0, 1)"},
     {"rule": "taylor", "u": "x", "v": "y", "end": "upper", "order": 1, "left": 0, "right": 1, "length": 2, "prec": 64, "strips": [["1/2", "", "N"], ["1", "r", "N"]]}, {}),
]  # fmt: skip


@pytest.mark.parametrize("case", PROVED, ids=lambda case: case[0])
def test_true_statement_is_proved(judge: Callable[..., Receipt], case: tuple[str, dict[str, str], dict[str, Any], dict[str, Any]]) -> None:
    """A right certificate is accepted, and the receipt says which rule closed the statement."""
    statement, domains, proof, rest = case
    receipt = judge(statement, proof, domains, **rest)
    assert receipt.verdict == "proved"
    assert [(finding.status, finding.rule) for finding in receipt.findings] == [("proved", proof["rule"])]
    assert (receipt.assumptions, receipt.unchecked, receipt.complaints) == ((), (), ())
    assert receipt.sound_file


REFUTED: list[tuple[str, dict[str, str], dict[str, Any], dict[str, Any]]] = [
    ("x < 1", UNIT, {"rule": "witness", "at": {"x": "1"}}, {}),
    ("y < 1", UNIT | {"y": "[x, 1]"}, {"rule": "witness", "at": {"x": "1/2", "y": "1"}}, {"given": ["x < 1"]}),
    ("n^2 != 4", {"n": "integer in [0, 3]"}, {"rule": "witness", "at": {"n": "2"}}, {}),
    ("x < 10", {"x": "real"}, {"rule": "witness", "at": {"x": "10"}}, {}),
    ("sqrt(x^2) < 1", UNIT, rewrite("sqrt(x^2)", "x", {"rule": "witness", "at": {"x": "1"}}), {}),
    ("sqrt(2)^2 != 2 and 1 = 1", {}, POINT, {}),
]


@pytest.mark.parametrize("case", REFUTED, ids=lambda case: case[0])
def test_false_statement_is_refuted(judge: Callable[..., Receipt], case: tuple[str, dict[str, str], dict[str, Any], dict[str, Any]]) -> None:
    """An exact point that violates the statement refutes it, and establishes nothing."""
    statement, domains, proof, rest = case
    receipt = judge(statement, proof, domains, **rest)
    assert (receipt.verdict, receipt.established) == ("refuted", ())


STEP = '[[step]]\nid = "{id}"\nshows = "{shows}"\nby = {by}\n'


def step(id: str, shows: str, by: str = '"ring"', more: str = "") -> str:  # noqa: A002 - the key of the file
    """Return the text of a step."""
    return STEP.format(id=id, shows=shows, by=by) + more


def test_nothing_is_established_without_a_certificate(claim_file: Callable[..., bytes]) -> None:
    """A claim alone is open."""
    receipt = kernel.check(claim_file("x >= 0", UNIT), None)
    assert (receipt.verdict, receipt.established, receipt.findings[0].status) == ("open", (), "open")


def test_steps_close_the_statement(claim_file: Callable[..., bytes], certificate: Callable[..., bytes]) -> None:
    """The statement follows from a step that says the same, or from steps that say its parts; an open step keeps the claim open."""
    same = claim_file("x >= 0", UNIT, more=step("s", "x >= 0"))
    receipt = kernel.check(same, certificate(same, {"step s": SIGN}))
    assert (receipt.verdict, receipt.findings[0].by_step) == ("proved", "step s")
    parts = claim_file("x >= 0 and x <= 1", UNIT, given=["x != 1/2"], more=step("a", "x >= 0") + step("b", "x <= 1"))
    assert kernel.check(parts, certificate(parts, {"step a": SIGN, "step b": SIGN})).verdict == "proved"
    assert kernel.check(parts, certificate(parts, {"step a": SIGN})).verdict == "open"
    assert kernel.check(parts, certificate(parts, {"step b": SIGN})).verdict == "open"


def test_step_about_something_else_does_not_close_the_statement(claim_file: Callable[..., bytes], certificate: Callable[..., bytes]) -> None:
    """A smaller domain, another hypothesis, or a variable whose domain may be empty: the step shows less."""
    for more in (step("s", "x > -1 and x >= 0", more='for_all.x = "(0, 1]"\n'), step("s", "x > -1 and x >= 0", more='given = ["x > 1/2"]\n'),
                 step("s", "x > -1 and x >= 0", more='[step.for_all]\ny = "[0, x]"\n'), step("s", "x >= 0")):  # fmt: skip
        claim = claim_file("x >= 0 and x > -1", UNIT, more=more)
        assert kernel.check(claim, certificate(claim, {"step s": SIGN})).verdict == "open"


def test_step_may_use_more_variables_that_have_values(claim_file: Callable[..., bytes], certificate: Callable[..., bytes]) -> None:
    """A variable of constant range beside those of the statement takes nothing away, as long as it has nothing to do with it."""
    claim = claim_file("x >= 0 and x > -1", {**UNIT, "y": "[0, 1]", "z": "[0, y]"}, more=step("s", "x > -1 and x >= 0"))
    assert kernel.check(claim, certificate(claim, {"step s": SIGN})).verdict == "proved"


def test_citation_needs_a_receipt_that_says_the_same(claim_file: Callable[..., bytes], certificate: Callable[..., bytes]) -> None:
    """Same goal, same domains, no more hypotheses; what the cited claim assumed is passed on."""
    lemma = claim_file("x >= 0", UNIT, id="paper/lemma", by='{rule = "assume", reason = "classical"}')
    receipts = {"paper/lemma": kernel.check(lemma, certificate(lemma, {"statement": ASSUME}))}
    by = '{rule = "cite", claim = "paper/lemma"}'
    ours = claim_file("x >= 0", UNIT, by=by, given=["x < 1"])
    receipt = kernel.check(ours, certificate(ours, {"statement": CITE}), receipts)
    assert (receipt.verdict, receipt.cites) == ("proved", ("paper/lemma",))
    assert receipt.assumptions == ("paper/lemma, statement: classical",)
    assert receipt.findings[0].status == "cited"
    for other in (claim_file("x >= 0", {"x": "[0, 2]"}, by=by), claim_file("x > 0", UNIT, by=by)):
        with pytest.raises(Rejected) as caught:
            kernel.check(other, certificate(other, {"statement": CITE}), receipts)
        assert caught.value.code.startswith("PC314")
    open_receipts = {"paper/lemma": kernel.check(lemma, None)}
    with pytest.raises(Rejected, match="has no receipt"):
        kernel.check(ours, certificate(ours, {"statement": CITE}), open_receipts)


def test_citation_of_more_hypotheses_is_rejected(claim_file: Callable[..., bytes], certificate: Callable[..., bytes]) -> None:
    """A lemma under a hypothesis says nothing without it."""
    lemma = claim_file("x >= 1/2", UNIT, id="paper/lemma", given=["x >= 1/2"])
    receipts = {"paper/lemma": kernel.check(lemma, certificate(lemma, {"statement": SIGN}))}
    ours = claim_file("x >= 1/2", UNIT, by='{rule = "cite", claim = "paper/lemma"}')
    with pytest.raises(Rejected) as caught:
        kernel.check(ours, certificate(ours, {"statement": CITE}), receipts)
    assert caught.value.code.startswith("PC314")


def test_assumption_is_listed(claim_file: Callable[..., bytes], certificate: Callable[..., bytes]) -> None:
    """A statement closed by an assumed step is proved under an assumption that the receipt names."""
    claim = claim_file("x >= 5", UNIT, more=step("s", "x >= 5", '{rule = "assume", reason = "by LaSalle"}'))
    receipt = kernel.check(claim, certificate(claim, {"step s": ASSUME}))
    assert (receipt.verdict, receipt.assumptions) == ("proved", ("step s: by LaSalle",))


def test_symbolic_node_counts_only_where_the_caller_vouches(claim_file: Callable[..., bytes], certificate: Callable[..., bytes]) -> None:
    """A certificate cannot award itself a proof by computer algebra; what the caller vouches for is listed as unchecked, also in citations."""
    claim = claim_file("x >= 5", UNIT, id="paper/lemma")
    text = certificate(claim, {"statement": {"rule": "symbolic"}})
    assert kernel.check(claim, text).verdict == "open"
    receipt = kernel.check(claim, text, {}, frozenset({"statement"}))
    assert (receipt.verdict, receipt.unchecked) == ("proved", ("statement",))
    ours = claim_file("x >= 5", UNIT, by='{rule = "cite", claim = "paper/lemma"}')
    assert kernel.check(ours, certificate(ours, {"statement": CITE}), {"paper/lemma": receipt}).unchecked == ("paper/lemma, statement",)


def test_sanity_and_neighbours_are_complaints_where_they_fail(claim_file: Callable[..., bytes], certificate: Callable[..., bytes]) -> None:
    """A sanity value must hold and a neighbour must be refuted; neither touches the verdict."""
    more = '[[sanity]]\nshows = "x = K"\nat.x = "1"\n[[must_fail]]\ntext = "t"\nstatement = "x < K"\n'
    claim = claim_file("x <= K", UNIT, each={"K": [1, 2]}, more=more)
    proofs = {"statement[K=1]": SIGN, "statement[K=2]": SIGN, "sanity 1[K=1]": POINT, "sanity 1[K=2]": POINT}
    receipt = kernel.check(claim, certificate(claim, proofs))
    assert (receipt.verdict, receipt.sound_file) == ("proved", False)
    assert receipt.complaints == ("must_fail 1", "sanity 1[K=2]") or set(receipt.complaints) == {"must_fail 1", "sanity 1[K=2]"}
    better = kernel.check(claim, certificate(claim, proofs | {"must_fail 1[K=1]": {"rule": "witness", "at": {"x": "1"}}}))
    assert better.complaints == ("sanity 1[K=2]",)


def test_derivative_that_does_not_exist_is_a_bad_certificate(judge: Callable[..., Receipt]) -> None:
    """A formula of a certificate that has no meaning is the certificate's fault, not the file's."""
    proof = {"rule": "rewrite", "facts": [{"integral": 0, "variable": "p", "antiderivative": "p^2/2 + diff(abs(p), p)"}], "then": POINT}
    with pytest.raises(Rejected) as caught:
        judge("integral(p, p, 0, 1) = 1/2", proof)
    assert caught.value.code.startswith("PC302")


def test_reading_is_exposed(claim_file: Callable[..., bytes]) -> None:
    """``kernel.read`` gives the statement; a bad file is Malformed."""
    assert kernel.read(claim_file("x >= 0", UNIT)).id == "paper/claim"
    with pytest.raises(Malformed):
        kernel.read(b"")


def test_taylor_needs_smooth_terms_with_values(judge: Callable[..., Receipt]) -> None:
    """A pole or a branch point on the strip leaves it undecided."""
    proof = {"rule": "taylor", "u": "x", "v": "y", "end": "lower", "order": 1, "left": 0, "right": 0, "length": 2, "prec": 64, "strips": [["1", "", "N"]]}
    for statement in ("x/y > 0", "x*sqrt(y) > 0"):
        with pytest.raises(Rejected) as caught:
            judge(statement, proof, {"x": "(0, 1]", "y": "(0, 1]"})
        assert caught.value.code.startswith("PC303")


def test_earlier_step_is_a_premise(claim_file: Callable[..., bytes], certificate: Callable[..., bytes]) -> None:
    """A closed earlier step can be used where it says enough; an open, later or different one cannot."""
    claim = claim_file("x >= 0", UNIT, given=["x < 1"], more=step("a", "x >= 0 and x > -1") + step("b", "x > -2"))
    use = {"rule": "step", "id": "a"}
    assert kernel.check(claim, certificate(claim, {"step a": SIGN, "step b": SIGN, "statement": use})).verdict == "proved"
    for proofs in ({"statement": use}, {"step a": SIGN, "step b": use}, {"step b": SIGN, "statement": {"rule": "step", "id": "b"}}, {"step a": use}):
        with pytest.raises(Rejected) as caught:
            kernel.check(claim, certificate(claim, proofs))
        assert caught.value.code.startswith("PC314")
