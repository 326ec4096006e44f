"""Existence: what the rules accept and reject, and what a file may say of names that are to be found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from proofcheck import kernel
from proofcheck.kernel import Malformed, Receipt, Rejected
from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.terms import REALS, TRUE, Obligation

SIGN = {"rule": "sign"}
LEAF = {"rule": "bisection", "prec": 64, "tree": "N"}
ROOT = {"x": ["1.4", "1.43"]}
LINE = {"x": "[0, 2]"}
PLANE = {"x": "[0, 2]", "y": "[-2, 2]"}
CIRCLE = "x^2 + y^2 = 1 and x = y"
POINT = {"x": ["0.7", "0.715"], "y": ["0.7", "0.715"]}


def krawczyk(box: Any, **more: Any) -> dict[str, Any]:
    """Return a proof by a box."""
    return {"rule": "krawczyk", "prec": 64, "box": box, **more}


def nowhere(tree: str, **more: Any) -> dict[str, Any]:
    """Return a refutation by a tree."""
    return {"rule": "nowhere", "prec": 64, "tree": tree, **more}


def twice(one: Any, other: Any, **more: Any) -> dict[str, Any]:
    """Return a refutation by two boxes."""
    return {"rule": "twice", "at": {}, "first": krawczyk(one), "second": krawczyk(other), **more}


MINUS = {"x": ["-1.43", "-1.4"]}
WHOLE: dict[str, Any] = {"exists": {"x": "[-2, 2]"}, "unique": True}

PROVED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("x^2 = 2", krawczyk(ROOT), {"exists": LINE}),
    ("x^2 = 2", krawczyk(ROOT), {"exists": {"x": "(1.4, 1.43)"} | {"x": "(1.3, inf)"}}),
    (CIRCLE, krawczyk(POINT), {"exists": PLANE}),
    (f"{CIRCLE} and x > 1/2", krawczyk(POINT, rest=LEAF), {"exists": PLANE}),
    # parameters as balls: a root for every a
    ("x^2 = a", krawczyk({"x": ["1.3", "1.5"]}), {"exists": LINE, "domains": {"a": "[1.9, 2.1]"}}),
    ("x^2 = a and x > a/2", krawczyk({"x": ["1.3", "1.5"]}, rest=LEAF), {"exists": LINE, "domains": {"a": "[1.9, 2.1]"}}),
    # exactly one: the box is the domain, or the rest of the domain is excluded cell by cell
    ("x^2 = 2", krawczyk({"x": ["1", "1.9"]}), {"exists": {"x": "[1, 1.9]"}, "unique": True}),
    ("x^2 = 2", krawczyk({"x": ["1.2", "1.6"]}, elsewhere={"prec": 64, "tree": "0N00N0NNN"}), {"exists": LINE, "unique": True}),
    ("x^2 = 2", krawczyk({"x": ["1.2", "1.6"]}, elsewhere={"prec": 64, "tree": "0M00M0NNM"}), {"exists": LINE, "unique": True}),
    ("x^2 = 2", krawczyk(ROOT, wide={"x": ["1", "1.9"]}), {"exists": {"x": "(1, 1.9)"}, "unique": True}),
    ("x^2 = 2", krawczyk(ROOT, wide={"x": ["1.2", "1.6"]}, elsewhere={"prec": 64, "tree": "0N00N0NNN"}), {"exists": LINE, "unique": True}),
    # two zeros, of which the statement takes one
    ("x^2 = 2 and x > 1/9", krawczyk({"x": ["1.2", "1.6"]}, rest=LEAF, elsewhere={"prec": 64, "tree": "0N0N00N0NNN"}),
     {"exists": {"x": "[-2, 2]"}, "unique": True}),
    ("abs(x - y) = y and x + y = 3", krawczyk({"x": ["1.9", "2.1"], "y": ["0.9", "1.1"]}), {"exists": {"x": "[0, 3]", "y": "[1/2, 3]"}}),
]  # fmt: skip


@pytest.mark.parametrize("case", PROVED, ids=lambda case: case[0])
def test_what_exists_is_proved(judge: Callable[..., Receipt], case: tuple[str, dict[str, Any], dict[str, Any]]) -> None:
    """A contraction of a box proves a zero in it; with `unique`, one and no other."""
    statement, proof, rest = case
    rest = dict(rest)
    assert judge(statement, proof, rest.pop("domains", {}), **rest).verdict == "proved"


REFUTED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("x^2 = 2", nowhere("N"), {"exists": {"x": "[0, 1]"}}),
    ("x^2 = 2", nowhere("N"), {"exists": {"x": "(1.5, 2)"}, "unique": True}),
    ("x^2 - x = -1", nowhere("0MM"), {"exists": {"x": "[0, 1]"}}),
    ("x^2 = 2 and x < 0", nowhere("0NN"), {"exists": LINE}),
    ("x^2 = a", nowhere("N", at={"a": "-1"}), {"exists": LINE, "domains": {"a": "[-1, 2]"}}),
    ("x = a", nowhere("N", at={"a": "1"}), {"exists": {"x": "[0, a - 1/2]"}, "domains": {"a": "[1, 2]"}}),
    ("x^2 = a", nowhere("N", at={"a": "-1/2"}), {"exists": LINE, "domains": {"a": "[-1, 2]"}, "given": ["a < 0"]}),
    # not exactly one
    ("x^2 = 2", twice(ROOT, MINUS), WHOLE),
    ("x^2 = 2", twice(MINUS, ROOT), WHOLE),
    ("x^2 = a", twice(ROOT, MINUS, at={"a": "2"}), WHOLE | {"domains": {"a": "[1, 2]"}, "given": ["a > 1"]}),
    ("x^2 = 2 and x < 2", twice(ROOT, MINUS, first=krawczyk(ROOT, rest=LEAF), second=krawczyk(MINUS, rest=LEAF)), WHOLE),
    ("x^2 = 2", twice(ROOT, MINUS, at={"a": "2"}), {"exists": {"x": "[-a, a]"}, "domains": {"a": "[0, 2]"}, "unique": True}),
    ("x = y^2 and x = 2", twice({"x": ["1.9", "2.1"], "y": ["1.4", "1.43"]}, {"x": ["1.9", "2.1"], "y": ["-1.43", "-1.4"]}),
     {"exists": {"x": "[0, 3]", "y": "[-2, 2]"}, "unique": True}),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUTED, ids=lambda case: f"{case[0]} {case[2]['exists']}")
def test_what_does_not_exist_is_refuted(judge: Callable[..., Receipt], case: tuple[str, dict[str, Any], dict[str, Any]]) -> None:
    """A tree over the domain on whose leaves the statement fails refutes it, for one choice of what is given."""
    statement, proof, rest = case
    rest = dict(rest)
    assert judge(statement, proof, rest.pop("domains", {}), **rest).verdict == "refuted"


REJECTED: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    # no zero in the box, a box too wide, a box whose zero is at its end
    ("PC319", "x^2 = 2", krawczyk({"x": ["1.5", "1.6"]}), {"exists": LINE}),
    ("PC319", "x^2 = -1", krawczyk({"x": ["0.5", "1"]}), {"exists": LINE}),
    ("PC319", "x^2 = 2", krawczyk({"x": ["0", "2"]}), {"exists": LINE}),
    ("PC319", "x = 1", krawczyk({"x": ["1", "2"]}), {"exists": LINE}),
    ("PC319", "x + 10^-12 = 1", krawczyk({"x": ["1", "2"]}), {"exists": LINE}),
    # a double zero, a singular Jacobian
    ("PC319", "(x - 1)^2 = 0", krawczyk({"x": ["0.9", "1.1"]}), {"exists": LINE}),
    ("PC319", "(x - 1)^2 = 0", krawczyk({"x": ["0.9", "1.2"]}), {"exists": LINE}),
    ("PC319", "x + y = 1 and 2*x + 2*y = 2", krawczyk(POINT), {"exists": PLANE}),
    ("PC319", "0*x = 0", krawczyk(ROOT), {"exists": LINE}),
    # no value somewhere on the box, also where the derivative does not show it
    ("PC319", "sqrt(x - 1) = 0.1", krawczyk({"x": ["0.9", "1.1"]}), {"exists": LINE}),
    ("PC319", "x - 1 + 0*log(x - 1) = 0", krawczyk({"x": ["0.9", "1.1"]}), {"exists": LINE}),
    ("PC319", "1/(x - 1) = 0", krawczyk({"x": ["0.9", "1.1"]}), {"exists": LINE}),
    ("PC319", "x^2 = a", krawczyk({"x": ["1.39", "1.42"]}), {"exists": LINE, "domains": {"a": "[1, 3]"}}),
    # of the slope of an eigenvalue no more is known than its size
    ("PC319", "eigenvalue(1, [[x, 1], [1, x]]) = 0", krawczyk({"x": ["0.9", "1.1"]}), {"exists": LINE}),
    # shapes
    ("PC315", CIRCLE + " and x^2 = 1/2", krawczyk(POINT), {"exists": PLANE}),
    ("PC315", "x^2 + y^2 = 1", krawczyk(POINT), {"exists": PLANE}),
    ("PC315", "x = 1 or x = 2", krawczyk(ROOT), {"exists": LINE}),
    ("PC315", "x = 1", krawczyk({"x": ["0.9", "1.1"]}), {"exists": {"x": "integer in [0, 2]"}}),
    ("PC315", "x = 1", krawczyk({}), {"domains": LINE}),
    ("PC315", "x = 1", nowhere("N"), {"domains": LINE}),
    ("PC315", "x^2 = a", krawczyk(ROOT), {"exists": LINE, "domains": {"a": "[2, inf)"}}),
    ("PC315", "x^2 = a + b", krawczyk(ROOT), {"exists": LINE, "domains": {"a": "[1, 2]", "b": "[0, a]"}}),
    ("PC315", "x^2 = -1", nowhere("N"), {"exists": {"x": "real"}}),
    ("PC315", "x^2 = -1", nowhere("N"), {"exists": {"x": "[0, pi]"}}),
    # the other rules do not know what to do with what is to be found
    ("PC315", "x^2 >= 0", SIGN, {"exists": LINE}),
    ("PC315", "x >= 0", LEAF, {"exists": LINE}),
    ("PC315", "x = 1", {"rule": "witness", "at": {}}, {"exists": LINE}),
    ("PC315", "x^2 = 2", {"rule": "cut", "shows": "1 = 1", "by": SIGN, "then": SIGN}, {"exists": LINE}),
    # boxes
    ("PC302", "x^2 = 2", krawczyk({}), {"exists": LINE}),
    ("PC302", "x^2 = 2", krawczyk("all"), {"exists": LINE}),
    ("PC302", "x^2 = 2", krawczyk({"x": ["1.4"]}), {"exists": LINE}),
    ("PC302", "x^2 = 2", krawczyk({"x": "1.4"}), {"exists": LINE}),
    ("PC302", "x^2 = 2", krawczyk({"x": ["1.43", "1.4"]}), {"exists": LINE}),
    ("PC302", "x^2 = 2", krawczyk({"x": ["1.4", "1.4"]}), {"exists": LINE}),
    ("PC302", "x^2 = 2", krawczyk({"x": ["1.4", "sqrt(2.1)"]}), {"exists": LINE}),
    ("PC302", "x^2 = 2", krawczyk({"x": ["1.4", "2"], "y": ["0", "1"]}), {"exists": LINE}),
    ("PC302", "x^2 = 2", krawczyk(ROOT, rest=SIGN), {"exists": LINE}),
    ("PC302", "x^2 = 2", krawczyk(ROOT, elsewhere={"prec": 64, "tree": "N"}), {"exists": LINE}),
    ("PC302", "x^2 = 2", krawczyk(ROOT, radius="1"), {"exists": LINE}),
    ("PC302", "x^2 = 2", krawczyk(ROOT, wide=ROOT), {"exists": LINE}),
    ("PC302", "x^2 = 2", krawczyk(ROOT), {"exists": LINE, "unique": True}),
    ("PC302", "x^2 = 2", krawczyk(ROOT, wide="all"), {"exists": LINE, "unique": True}),
    ("PC302", "x^2 = 2", krawczyk(ROOT, wide={"x": ["1.41", "1.9"]}), {"exists": LINE, "unique": True}),
    ("PC319", "x^2 = 2", krawczyk(ROOT, wide={"x": ["-1", "1.9"]}), {"exists": {"x": "[-1, 1.9]"}, "unique": True}),
    ("PC302", "x^2 = 2", krawczyk(ROOT, wide={"x": ["1", "1.9"]}, elsewhere={"prec": 64, "tree": "N"}), {"exists": {"x": "[1, 1.9]"}, "unique": True}),
    ("PC313", "x^2 = 2", krawczyk(ROOT), {"exists": {"x": "[0, 1.42]"}}),
    ("PC313", "x^2 = 2", krawczyk(ROOT), {"exists": {"x": "(1.4, 2)"}}),
    ("PC313", "x^2 = 2", krawczyk(ROOT), {"exists": {"x": "[0, a]"}, "domains": {"a": "[2, 3]"}}),
    # the other relations have to hold on the whole box
    ("PC302", "x^2 = 2 and x > 1", krawczyk(ROOT), {"exists": LINE}),
    ("PC303", "x^2 = 2 and x > 1.41", krawczyk(ROOT, rest=LEAF), {"exists": LINE}),
    ("PC315", "x^2 = 2 and x < 1.42", krawczyk(ROOT, rest={"rule": "witness", "at": {"x": "1.425"}}), {"exists": LINE}),
    # other zeros
    ("PC303", "x^2 = 2", krawczyk(ROOT, elsewhere={"prec": 64, "tree": "0NN"}), {"exists": {"x": "[-2, 2]"}, "unique": True}),
    ("PC303", "x^2 = 2", krawczyk({"x": ["1.2", "1.6"]}, elsewhere={"prec": 64, "tree": "0C00C0NNC"}), {"exists": LINE, "unique": True}),
    ("PC302", "x^2 = 2", krawczyk(ROOT, elsewhere={"prec": 64, "tree": "N", "box": "x"}), {"exists": LINE, "unique": True}),
    # refutations
    ("PC303", "x^2 = 2", nowhere("N"), {"exists": LINE}),
    ("PC303", "x^2 = 2", nowhere("0NN"), {"exists": {"x": "[0, 1.5]"}}),
    ("PC303", "sqrt(x - 1) = -1", nowhere("N"), {"exists": LINE}),
    ("PC303", "sqrt(x - 1) = -1", nowhere("M"), {"exists": LINE}),
    ("PC303", "x^2 = 2 or x = 7", nowhere("N"), {"exists": LINE}),
    ("PC304", "x^2 = 2", nowhere("0N"), {"exists": {"x": "[0, 1]"}}),
    ("PC312", "x^2 = a", nowhere("N"), {"exists": LINE, "domains": {"a": "[-1, 2]"}}),
    ("PC312", "x^2 = a", nowhere("N", at=["-1"]), {"exists": LINE, "domains": {"a": "[-1, 2]"}}),
    ("PC313", "x^2 = a", nowhere("N", at={"a": "-2"}), {"exists": LINE, "domains": {"a": "[-1, 2]"}}),
    ("PC313", "x^2 = a", nowhere("N", at={"a": "-1"}), {"exists": LINE, "domains": {"a": "[-1, 2]"}, "given": ["a > 0"]}),
    # two boxes: the same one, one inside the other, overlapping, touching
    ("PC319", "x^2 = 2", twice(ROOT, ROOT), WHOLE),
    ("PC319", "x^2 = 2", twice(ROOT, {"x": ["1.2", "1.6"]}), WHOLE),
    ("PC319", "x^2 = 2", twice(ROOT, {"x": ["1.41", "1.5"]}), WHOLE),
    ("PC319", "(x - 1)*(x - 2) = 0", twice({"x": ["0.9", "1.4"]}, {"x": ["1.4", "2.5"]}), {"exists": {"x": "[0, 3]"}, "unique": True}),
    ("PC319", "x = y^2 and x = 2", twice({"x": ["1.9", "2.1"], "y": ["1.4", "1.43"]}, {"x": ["1.9", "2.2"], "y": ["1.4", "1.43"]}),
     {"exists": {"x": "[0, 3]", "y": "[-2, 2]"}, "unique": True}),
    # a box with no zero in it, outside of the domain, at the end of an open one, or where the rest fails
    ("PC319", "x^2 = 2", twice(ROOT, {"x": ["-1", "-0.5"]}), WHOLE),
    ("PC313", "x^2 = 2", twice(ROOT, MINUS), {"exists": {"x": "[0, 2]"}, "unique": True}),
    ("PC313", "x^2 = 2", twice(ROOT, MINUS), {"exists": {"x": "(-1.43, 2]"}, "unique": True}),
    ("PC313", "x^2 = 2", twice(ROOT, MINUS, at={"a": "1"}), {"exists": {"x": "[-a, 2]"}, "domains": {"a": "[0, 2]"}, "unique": True}),
    ("PC302", "x^2 = 2 and x > -1", twice(ROOT, MINUS), WHOLE),
    ("PC303", "x^2 = 2 and x > -1", twice(ROOT, MINUS, first=krawczyk(ROOT, rest=LEAF), second=krawczyk(MINUS, rest=LEAF)), WHOLE),
    # a point outside, no point, one that no hypothesis allows, one at which the zeros are elsewhere
    ("PC313", "x^2 = a", twice(ROOT, MINUS, at={"a": "2"}), WHOLE | {"domains": {"a": "[1, 2)"}}),
    ("PC312", "x^2 = a", twice(ROOT, MINUS), WHOLE | {"domains": {"a": "[1, 2]"}}),
    ("PC313", "x^2 = a", twice(ROOT, MINUS, at={"a": "2"}), WHOLE | {"domains": {"a": "[1, 2]"}, "given": ["a < 2"]}),
    ("PC319", "x^2 = a", twice(ROOT, MINUS, at={"a": "1"}), WHOLE | {"domains": {"a": "[1, 2]"}}),
    # shapes: nobody said that there is one; nothing is to be found; parts that are none; a part that excludes others
    ("PC315", "x^2 = 2", twice(ROOT, MINUS), {"exists": {"x": "[-2, 2]"}}),
    ("PC315", "x^2 >= 0", twice(ROOT, MINUS), {"domains": LINE}),
    ("PC302", "x^2 = 2", {"rule": "twice", "at": {}, "first": krawczyk(ROOT)}, WHOLE),
    ("PC302", "x^2 = 2", twice(ROOT, MINUS, third=krawczyk(ROOT)), WHOLE),
    ("PC302", "x^2 = 2", twice(ROOT, MINUS, second={"rule": "step", "id": "a"}), WHOLE),
    ("PC302", "x^2 = 2", twice(ROOT, MINUS, second=krawczyk(MINUS, wide=MINUS)), WHOLE),
]  # fmt: skip


@pytest.mark.parametrize("case", REJECTED, ids=lambda case: f"{case[0]} {case[1]} {case[2]!s:.60}")
def test_wrong_proof_of_existence_is_rejected(judge: Callable[..., Receipt], case: tuple[str, str, dict[str, Any], dict[str, Any]]) -> None:
    """No zero, a double one, a singular Jacobian, a box outside, relations that fail on the box: each has its code."""
    code, statement, proof, rest = case
    rest = dict(rest)
    with pytest.raises(Rejected) as caught:
        judge(statement, proof, rest.pop("domains", {}), **rest)
    assert caught.value.code.split()[0] == code, str(caught.value)


def test_too_many_unknowns_are_rejected() -> None:
    """The rule has a limit of its own, also on what the reader would let through."""
    goal = Obligation("many", (), (), TRUE, tuple((f"x{i}", REALS) for i in range(401)))
    with pytest.raises(Rejected, match="at most 400"):
        prove(goal, krawczyk({}), Link())


MALFORMED: list[tuple[str, str, dict[str, Any]]] = [
    ("PC210", "x^2 = 2", {"domains": LINE, "exists": LINE}),
    ("PC210", "x^2 = 2 and x[1] = 1", {"domains": {"x_1": "real"}, "exists": {"x": "vector(1)"}}),
    ("PC210", "x^2 = 2", {"exists": LINE, "define": {"x": "1"}}),
    ("PC210", "x = 2", {"exists": LINE, "each": {"x": ["1"]}}),
    ("PC211", "x^2 = 2", {"exists": PLANE}),
    ("PC211", "x[1] = 2", {"exists": {"x": "vector(2)"}}),
    ("PC208", "x = y", {"exists": {"x": "[0, 1]", "y": "[0, x]"}}),
    ("PC104", "x = y", {"domains": {"x": "[0, y]"}, "exists": {"y": "[0, 1]"}}),
    ("PC104", "x^2 = 2", {"exists": LINE, "given": ["x > 0"]}),
    ("PC204", "x^2 = 2", {"domains": LINE, "unique": True}),
    ("PC204", "x^2 = 2", {"exists": LINE, "more": '[[must_fail]]\ntext = "t"\nunique = "yes"'}),
    ("PC109", "x^2 = 2", {"exists": {"x": "[2, 1]"}}),
    ("PC104", "x^2 = 2", {"exists": LINE, "more": '[[step]]\nid = "a"\nshows = "x > 0"\nby = "sign"'}),
]  # fmt: skip


@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: f"{case[0]} {case[1]} {case[2]!s:.60}")
def test_ambiguous_file_is_malformed(claim_file: Callable[..., bytes], case: tuple[str, str, dict[str, Any]]) -> None:
    """A name that is both given and to be found, one that is not used, circles, and hypotheses about what is to be found."""
    code, statement, rest = case
    rest = dict(rest)
    with pytest.raises(Malformed) as caught:
        kernel.read(claim_file(statement, rest.pop("domains", {}), **rest))
    assert caught.value.code.split()[0] == code, str(caught.value)


def test_digest_knows_what_is_to_be_found(claim_file: Callable[..., bytes]) -> None:
    """For all, there is, and there is exactly one are three statements; so are two domains of what is to be found."""
    kinds: list[dict[str, Any]] = [{"domains": LINE}, {"exists": LINE}, {"exists": LINE, "unique": True}, {"exists": {"x": "[0, 2)"}}]
    files = [claim_file("x^2 = 2", kind.pop("domains", {}), **kind) for kind in kinds]
    assert len({kernel.read(file).digest for file in files}) == 4
    assert len({kernel.read(file).entries[0].obligation.digest() for file in files}) == 4


STEPS = '[[step]]\nid = "one"\nshows = "x = 1"\nexists.x = "[0, 2]"\nby = "krawczyk"\n'
STEPS += '[[step]]\nid = "two"\nshows = "x < 1"\nexists.x = "[0, 2]"\nby = "krawczyk"'


def test_parts_found_apart_are_not_found_together(claim_file: Callable[..., bytes], certificate: Callable[..., bytes]) -> None:
    """There is an x with x = 1 and there is an x with x < 1; there is none with both, and steps do not add up to it."""
    claim = claim_file("x = 1 and x < 3/2", exists=LINE, more=STEPS.replace("x < 1", "x = 5/4 and x < 3/2"))
    first = krawczyk({"x": ["0.9", "1.1"]})
    second = krawczyk({"x": ["1.2", "1.3"]}, rest=LEAF)
    receipt = kernel.check(claim, certificate(claim, {"step one": first, "step two": second}))
    assert [finding.status for finding in receipt.findings] == ["open", "proved", "proved"]
    with pytest.raises(Rejected, match="does not show"):
        kernel.check(claim, certificate(claim, {"step one": first, "statement": {"rule": "step", "id": "one"}}))


def test_step_that_states_the_same_closes_the_statement(claim_file: Callable[..., bytes], certificate: Callable[..., bytes]) -> None:
    """A step with the same names to be found and the same formula is the statement; `step` says so too."""
    claim = claim_file("x = 1", exists=LINE, more=STEPS)
    proof = krawczyk({"x": ["0.9", "1.1"]})
    receipt = kernel.check(claim, certificate(claim, {"step one": proof, "statement": {"rule": "step", "id": "one"}}))
    assert receipt.findings[0].status == "proved"
    assert kernel.check(claim, certificate(claim, {"step one": proof})).findings[0].by_step == "step one"


def test_existence_is_cited_as_it_stands(claim_file: Callable[..., bytes], certificate: Callable[..., bytes]) -> None:
    """A citation of existence is for the same statement: neither for all, nor for exactly one."""
    cited = claim_file("x = 1", exists=LINE, id="paper/cited")
    receipt = kernel.check(cited, certificate(cited, {"statement": krawczyk({"x": ["0.9", "1.1"]})}))
    by = '{rule = "cite", claim = "paper/cited"}'
    same = claim_file("x = 1", exists=LINE, by=by)
    assert kernel.check(same, certificate(same, {"statement": {"rule": "cite"}}), {"paper/cited": receipt}).verdict == "proved"
    for other in (claim_file("x = 1", LINE, by=by), claim_file("x = 1", exists=LINE, unique=True, by=by)):
        with pytest.raises(Rejected, match="does not state"):
            kernel.check(other, certificate(other, {"statement": {"rule": "cite"}}), {"paper/cited": receipt})


def test_computer_algebra_does_not_count_for_existence(claim_file: Callable[..., bytes], certificate: Callable[..., bytes]) -> None:
    """What sympy says of all points says nothing of one."""
    claim = claim_file("x = x", exists=LINE)
    receipt = kernel.check(claim, certificate(claim, {"statement": {"rule": "symbolic"}}), symbolic=frozenset({"statement"}))
    assert receipt.verdict == "open"


def test_neighbours_and_checks_take_over_what_is_to_be_found(claim_file: Callable[..., bytes]) -> None:
    """A must_fail keeps [exists] and `unique` unless it changes them; a check without a formula of its own does, a step never."""
    more = '[[must_fail]]\ntext = "t"\nexists.x = "[3, 4]"\nunique = false\n[[must_fail]]\ntext = "t"\n[[check]]\nby = "krawczyk"\n'
    more += '[[step]]\nid = "a"\nshows = "y > 0"\nfor_all.y = "[1, 2]"\nby = "sign"'
    found = {entry.obligation.name: entry.obligation for entry in kernel.read(claim_file("x^2 = 2", exists=LINE, unique=True, more=more)).entries}
    assert [(str(found[name].exists[0][1]), found[name].unique) for name in ("must_fail 1", "must_fail 2", "check 1")] == [
        ("[3, 4]", False), ("[0, 2]", True), ("[0, 2]", True)]  # fmt: skip
    assert found["step a"].exists == ()
