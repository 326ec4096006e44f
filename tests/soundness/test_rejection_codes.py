"""Every rejection PC301 to PC319, each by its exact code."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from proofcheck import kernel
from proofcheck.kernel import Receipt, Rejected
from proofcheck.kernel.errors import CODES

UNIT, OPEN = {"x": "[0, 1]"}, {"x": "(0, 1]"}
BOX = {"x": "(0, 1]", "y": "(0, 1]"}
SIGN, POINT, RING, LEAF = {"rule": "sign"}, {"rule": "point"}, {"rule": "ring"}, {"rule": "bisection", "prec": 64, "tree": "N"}
ZERO = {"rule": "zeros", "var": "x", "end": "lower", "order": 1, "length": 3, "prec": 64, "tree": "N"}
SPLIT = {"rule": "split", "var": "x", "at": ["1/2"], "pieces": [SIGN, SIGN]}
SUBSTITUTION = {"rule": "parametrise", "var": "x", "as": "s", "new": "s", "domain": "[0, 1]", "then": SIGN}
TAYLOR = {"rule": "taylor", "u": "x", "v": "y", "end": "lower", "order": 1, "left": 1, "right": 0, "length": 3, "prec": 64, "strips": [["1", "l", "N"]]}


def fact(term: str, new: str, *premises: Any) -> dict[str, Any]:
    """Return a rewriting by one fact, followed by signs."""
    return {"rule": "rewrite", "facts": [{"term": term, "is": new, "premises": list(premises)}], "then": SIGN}


def antiderivative(text: str, variable: str = "p", number: int = 0) -> dict[str, Any]:
    """Return a rewriting of an integral."""
    return {"rule": "rewrite", "facts": [{"integral": number, "variable": variable, "antiderivative": text}], "then": POINT}


# code, statement (true unless it says so), domains, proof, the rest of the file
REJECTED: list[tuple[str, str, dict[str, str], dict[str, Any], dict[str, Any]]] = [
    ("PC302", "x >= 0", UNIT, SIGN | {"note": "trust me"}, {}),
    ("PC302", "x >= 0", UNIT, LEAF | {"prec": 5000}, {}),
    ("PC302", "x >= 0", UNIT, LEAF | {"prec": True}, {}),
    ("PC302", "x >= 0", UNIT, LEAF | {"tree": 1}, {}),
    # the second-order form decides inequalities between smooth terms that have a value, and not too narrow ones
    ("PC303", "x^2 + 1 != 0", UNIT, LEAF | {"tree": "H"}, {}),
    ("PC303", "x > 1 or x < 2", UNIT, LEAF | {"tree": "H"}, {}),
    ("PC303", "1 + abs(x - 1/2) > 0", UNIT, LEAF | {"tree": "H"}, {}),
    ("PC303", "sqrt(x) > -1", UNIT, LEAF | {"tree": "H"}, {}),
    ("PC303", "1/(x - 1/2)^2 + x^2 > 0", UNIT, LEAF | {"tree": "H"}, {}),
    ("PC303", "x^2 + x > -1/10^9", {"x": "[-1/2, 1]"}, LEAF | {"tree": "H"}, {}),
    ("PC303", "1/4 - x*y > 0", {"x": "[-1/2, 1/2]", "y": "[-1/2, 1/2]"}, LEAF | {"tree": "H"}, {}),
    ("PC317", "x*y*(1 + gamma(2 + x*y)) > -9", {"x": "[0, 1]", "y": "[0, 1]"}, LEAF | {"tree": "H"}, {}),
    ("PC302", "x >= 0", UNIT, LEAF | {"conditions": "none"}, {}),
    ("PC302", "x >= 0", UNIT, LEAF | {"conditions": [SIGN]}, {}),
    ("PC302", "x = x", UNIT, RING | {"using": ["1"]}, {}),
    ("PC302", "x = 0", UNIT, RING | {"using": ["1 +"]}, {"given": ["x = 0"]}),
    ("PC302", "x = 0", UNIT, RING | {"using": [["1", "2"]]}, {"given": ["x = 0"]}),
    ("PC302", "x >= 0", UNIT, {"rule": "rewrite", "facts": [], "then": SIGN}, {}),
    ("PC302", "x >= 0", UNIT, {"rule": "rewrite", "facts": [{"term": "x", "is": "x"}]}, {}),
    ("PC302", "x >= 0", UNIT, {"rule": "cases", "on": "x", "yes": SIGN, "no": SIGN}, {}),
    ("PC302", "x >= 0", UNIT, SUBSTITUTION | {"domain": "[1, 0]"}, {}),
    ("PC302", "integral(p, abs(p), 0, 1) = 1/2", {}, antiderivative("p*abs(p)*exp(q)/2"), {}),
    ("PC302", "integral(p, p, 0, 1) = 1/2", {}, antiderivative("p^2/2", number=7), {}),
    ("PC318", "limit(x) = limit(x)", UNIT, RING, {"more": '[flow]\nx = "-x"'}),
    ("PC303", "x^2 >= x - 1/4", UNIT, LEAF, {}),
    ("PC303", "x >= 0 and x >= -1", UNIT, LEAF | {"tree": "L", "factors": [["1"]]}, {"given": ["x >= 0"]}),
    ("PC303", "x >= 0", UNIT, LEAF | {"tree": "L", "factors": [["1", "1"]]}, {"given": ["x >= 0"]}),
    ("PC303", "1/(x - 1/2) > -1", UNIT, LEAF | {"tree": "L", "factors": [["1"]]}, {"given": ["1/(x - 1/2) >= 0"]}),
    ("PC303", "x < 2", UNIT, LEAF | {"tree": "L", "factors": [["0"]]}, {"given": ["1/(x - 1/2) >= 0"]}),
    ("PC302", "x >= 0", UNIT, LEAF | {"tree": "L"}, {"given": ["x >= 0"]}),
    ("PC302", "x >= 0", UNIT, LEAF | {"factors": [["1"]]}, {"given": ["x >= 0"]}),
    *(("PC302", "x >= 0", UNIT, LEAF | {"tree": "L", "factors": factors}, {"given": ["x >= 0"]})
      for factors in ("1", ["1"], [[1]], [["1/0"]], [["1e9"]], [["x"]], [["1/-2"]], [["9" * 41]], [["\u0661"]], [["1\n"]])),
    ("PC304", "x >= 0", UNIT, {"rule": "zeros", "var": "x", "end": "lower", "order": 1, "length": 3, "prec": 64, "tree": "L"}, {}),
    ("PC303", "x^2 - x + 1/3 > 0", UNIT, LEAF | {"tree": "M"}, {}),
    ("PC303", "x^2 - x + 1/3 > 0", UNIT, LEAF | {"tree": "C"}, {}),
    ("PC303", "x >= 0 or x > 1", UNIT, LEAF | {"tree": "C"}, {}),
    ("PC303", "x = x", UNIT, LEAF | {"tree": "C"}, {}),
    ("PC303", "abs(1/x) > 0", {"x": "[-1, 1]"}, LEAF | {"tree": "0CC"}, {}),
    ("PC303", "x^2 - x + 1/3 > 0", UNIT, SIGN, {}),
    ("PC303", "exp(exp(exp(exp(10)))) > 0", {}, POINT, {}),
    ("PC303", "(x + y + 2)^12 - (x + y + 2)^6 + 1 > 0", {"x": "real", "y": "real"}, SIGN, {}),
    ("PC303", "sin(x) > x - x^2/2", OPEN, ZERO | {"order": 2, "length": 2, "tree": "C"}, {}),
    ("PC303", "x*(x - 1)^2 + x/9 > 0", OPEN, ZERO, {}),
    ("PC303", "x*y*((x - 1)^2 + 1/9) > 0", BOX, TAYLOR, {}),
    ("PC304", "x >= -1", UNIT, LEAF | {"tree": "0N"}, {}),
    ("PC304", "x >= -1", UNIT, LEAF | {"tree": ""}, {}),
    ("PC304", "x >= -1", UNIT, LEAF | {"tree": "NN"}, {}),
    ("PC304", "x >= -1", UNIT, LEAF | {"tree": "1NN"}, {}),
    ("PC304", "x >= -1", UNIT, LEAF | {"tree": "?"}, {}),
    ("PC304", "x >= -1", UNIT, LEAF | {"tree": "0" * 3000}, {}),
    ("PC304", "x >= -1", UNIT, LEAF | {"tree": "N" * 4_000_001}, {}),
    ("PC305", "x > -1", {"x": "[0, 1]"}, ZERO, {}),
    ("PC305", "x*y > -1", {"x": "(0, 1]", "y": "[0, 1]"}, TAYLOR, {}),
    ("PC306", "acos(x) = 2*atan(sqrt((1 - x)/(1 + x)))", {"x": "[0, 1]"}, RING, {}),
    ("PC307", "x/x = 1", {"x": "[-1, 1]"}, RING, {}),
    ("PC307", "integral(p, 1/(p + 2), 0, 1) = integral(p, 1/(p + 2), 0, 1)", {}, RING | {"conditions": [LEAF]}, {}),
    ("PC307", "sqrt(x^2 - x + 1/3) > 0", UNIT, LEAF | {"conditions": []}, {}),
    ("PC307", "x/x > 0", {"x": "[-1, 1]"}, fact("x/x", "1"), {}),
    ("PC307", "x + 0*sqrt(x - 1/2) > 0", OPEN, ZERO, {}),
    ("PC307", "1 = 1 or log(-1) > 0", {}, POINT, {}),
    ("PC308", "x + x^2 > 0", OPEN, ZERO | {"order": 2}, {}),
    ("PC308", "x*y + x^2*y > 0", BOX, TAYLOR | {"order": 2}, {}),
    ("PC309", "x >= 0", UNIT, SPLIT | {"pieces": [SIGN]}, {}),
    ("PC309", "x >= 0", UNIT, SPLIT | {"var": "z"}, {}),
    ("PC309", "x >= 0", UNIT, SPLIT | {"at": ["x"]}, {}),
    ("PC309", "x >= 0", UNIT, SPLIT | {"at": ["log(0)"]}, {}),
    ("PC309", "x >= 0", UNIT, {"rule": "cases", "on": "x > 0 and x < 1", "yes": SIGN, "no": SIGN}, {}),
    ("PC309", "x >= 0", UNIT, {"rule": "cases", "on": "x > 1/2", "yes": SIGN}, {}),
    ("PC309", "x*y > 0", BOX, TAYLOR | {"strips": []}, {}),
    ("PC309", "x*y > 0", BOX, TAYLOR | {"strips": [["1/2", "l", "N"]]}, {}),
    ("PC309", "x*y > 0", BOX, TAYLOR | {"strips": [["²", "l", "N"]]}, {}),
    ("PC309", "x*y > 0", BOX, TAYLOR | {"strips": [["3/2", "l", "N"]]}, {}),
    ("PC309", "x*y > 0", BOX, TAYLOR | {"strips": ["1"]}, {}),
    ("PC310", "x >= 0", UNIT, SUBSTITUTION | {"domain": "(0, 1]"}, {}),
    ("PC310", "x >= 0", UNIT, SUBSTITUTION | {"domain": "[0, inf)"}, {}),
    ("PC310", "x >= 0", UNIT, SUBSTITUTION | {"domain": "integer in [0, 1]"}, {}),
    ("PC310", "x >= 0", UNIT, SUBSTITUTION | {"new": "x"}, {}),
    ("PC310", "x >= 0", UNIT, SUBSTITUTION | {"new": "sum"}, {}),
    ("PC310", "x >= 0", UNIT, SUBSTITUTION | {"as": "1/s"}, {}),
    ("PC310", "x >= 0", {"x": "integer in [0, 1]"}, SUBSTITUTION, {}),
    ("PC310", "x >= y", {"x": "[y, 2]", "y": "[0, 1]"}, SUBSTITUTION, {}),
    ("PC310", "y >= x", {"y": "[x, 2]", "x": "[0, 1]"}, SUBSTITUTION, {}),
    ("PC311", "sqrt(x^2) >= 0", {"x": "[-1, 1]"}, fact("sqrt(x^2)", "x"), {}),
    ("PC311", "sqrt(x^2) >= 0", {"x": "[-1, 1]"}, fact("sqrt(x^2)", "x + 1"), {}),
    ("PC311", "max(x, 2) >= 0", UNIT, fact("max(x, 2)", "3"), {}),
    ("PC311", "max(x, 2) >= 0", UNIT, fact("max(x, 2)", "x"), {}),
    ("PC311", "x >= 0", UNIT, fact("x", "x/(x - 1/2)*(x - 1/2)"), {}),
    ("PC311", "integral(p, exp(-p), 0, inf) = 1", {}, antiderivative("-exp(-p)"), {}),
    ("PC311", "integral(p, p, 0, x) >= 0", UNIT, antiderivative("p^2/2", variable="x"), {}),
    ("PC311", "integral(p, p, 0, x) >= 0", UNIT, antiderivative("p^2/2", variable="2p"), {}),
    ("PC311", "x >= 0", UNIT, antiderivative("p"), {}),
    ("PC311", "integral(p, p, 0, 1) = 1/2", {}, antiderivative("p^2"), {}),
    ("PC311", "integral(p, p, 0, 1) = 1/2", {}, antiderivative("p^2/2 + 0*log(p)"), {}),
    ("PC311", "integral(p, p/x, 0, 1) >= 0", OPEN, antiderivative("p^2/(2*x)"), {}),
    ("PC312", "x >= 0", UNIT, {"rule": "witness", "at": {"x": "1/2"}}, {}),
    ("PC312", "x >= 0", UNIT, {"rule": "witness", "at": {}}, {}),
    ("PC312", "x >= 0", UNIT, {"rule": "witness", "at": {"x": "1/2", "y": "0"}}, {}),
    ("PC313", "x >= 0", UNIT, {"rule": "witness", "at": {"x": "-1"}}, {}),
    ("PC313", "x < 1", {"x": "(0, 1)"}, {"rule": "witness", "at": {"x": "1"}}, {}),
    ("PC313", "n != 1/2", {"n": "integer"}, {"rule": "witness", "at": {"n": "1/2"}}, {}),
    ("PC313", "x < 1", UNIT, {"rule": "witness", "at": {"x": "1"}}, {"given": ["x < 1/2"]}),
    ("PC314", "x >= 0", UNIT, {"rule": "cite"}, {}),
    ("PC314", "x >= 0", UNIT, {"rule": "cite"}, {"by": '{rule = "cite", claim = "paper/other"}'}),
    ("PC315", "x >= 0", UNIT, RING, {}),
    ("PC315", "x >= 0", {"x": "[0, inf)"}, LEAF, {}),
    ("PC315", "x >= 0", UNIT, POINT, {}),
    ("PC315", "x >= 0", UNIT, {"rule": "assume"}, {}),
    ("PC315", "x >= 0", UNIT, {"rule": "assume"}, {"by": '{rule = "assume", reason = " "}'}),
    ("PC315", "x >= 0 and x <= 1", UNIT, ZERO, {}),
    ("PC315", "x > 0", {"x": "(0, inf)"}, ZERO, {}),
    ("PC315", "x*y > 0", BOX, ZERO, {}),
    ("PC315", "x > 0", OPEN, TAYLOR, {}),
    ("PC315", "x*y > 0", BOX | {"y": "(0, inf)"}, TAYLOR, {}),
    ("PC315", "x*y > 0", BOX | {"y": "(0, x]"}, TAYLOR | {"left": 1}, {}),
    ("PC315", "x >= 0", {"x": "[-1, 1]"}, {"rule": "cases", "on": "x >= 0", "yes": SIGN, "no": {"rule": "witness", "at": {"x": "-1"}}}, {}),
    ("PC310", "x >= 0", UNIT, {"rule": "chart", "new": {"y": "vector(2)"}, "map": {"x": "y[1]"}, "inverse": {"y": "x"}, "then": SIGN}, {}),
    ("PC310", "x >= 0", {"x": "[-1, 1]"}, {"rule": "chart", "new": {"s": "[0, 1]"}, "map": {"x": "s"}, "inverse": {"s": "x"}, "then": SIGN}, {}),
    ("PC310", "x > 0", UNIT, {"rule": "restrict", "var": "x", "domain": "(0, 1]", "then": SIGN}, {}),
    ("PC305", "x > 0", UNIT, {"rule": "monotone", "var": "x", "from": "lower", "strict": "slope", "base": SIGN, "slope": SIGN}, {}),
    ("PC307", "x - 1/x > -9", {"x": "[-1, 1]"}, {"rule": "monotone", "var": "x", "from": "lower", "strict": "base", "base": SIGN, "slope": SIGN}, {}),
    ("PC307", "x > 0", {"x": "[-1, 1]"}, {"rule": "scale", "factor": "x", "to": "x^2", "then": SIGN}, {}),
    ("PC316", "x >= 0", UNIT, {"rule": "magic"}, {}),
    ("PC316", "x >= 0", UNIT, SPLIT | {"pieces": [SIGN, {"rule": "symbolic"}]}, {}),
    ("PC319", "x^2 = 2", {}, {"rule": "krawczyk", "prec": 64, "box": {"x": ["3/2", "8/5"]}}, {"exists": {"x": "[0, 2]"}}),
    ("PC317", "abs(x)*sin(x) > 0", OPEN, ZERO | {"order": 2}, {}),
    ("PC318", "E(z) = E(z)", {}, RING, {"more": '[random]\nz = "normal"'}),
    ("PC318", "x >= 0 or E(z) = 0", UNIT, SIGN, {"more": '[random]\nz = "normal"'}),
    ("PC317", "sum(k in 1..4000, sin(k*x)) > -4001", UNIT, SIGN, {}),
]  # fmt: skip


@pytest.mark.parametrize("case", REJECTED, ids=lambda case: f"{case[0]} {case[1][:40]}")
def test_wrong_certificate_is_rejected_by_its_code(
    refuses: Callable[..., None], case: tuple[str, str, dict[str, str], dict[str, Any], dict[str, Any]]
) -> None:
    """A wrong certificate, mostly of a true statement, is rejected, and the code says why."""
    refuses(*case)


def test_every_rejection_has_a_case() -> None:
    """No code of a rejection is left without a test; PC301 is tested below."""
    assert {case[0] for case in REJECTED} | {"PC301"} == {code.split()[0] for code in CODES if code.startswith("PC3")}


def test_certificate_of_another_claim_is_rejected(claim_file: Callable[..., bytes], certificate: Callable[..., bytes]) -> None:
    """A certificate is for one id and for one meaning."""
    ours, theirs = claim_file("x >= 0", UNIT), claim_file("x >= 0", UNIT, id="paper/other")
    stronger = claim_file("x > 0", UNIT)
    for other in (theirs, stronger):
        with pytest.raises(Rejected, match="The certificate is for") as caught:
            kernel.check(ours, certificate(other, {"statement": SIGN}))
        assert caught.value.code.startswith("PC301")


def test_certificate_of_an_older_text_is_rejected(claim_file: Callable[..., bytes], certificate: Callable[..., bytes]) -> None:
    """A changed domain, hypothesis, definition or expectation makes a certificate out of date; a comment does not."""
    old = claim_file("D >= 0", UNIT, define={"D": "x"})
    proof = certificate(old, {"statement": SIGN})
    assert kernel.check(old + b"# a comment\n", proof).verdict == "proved"
    for new in (claim_file("D >= 0", {"x": "[-1, 1]"}, define={"D": "x"}), claim_file("D >= 0", UNIT, define={"D": "-x"}),
                claim_file("D >= 0", UNIT, define={"D": "x"}, given=["x > -1"]), old.replace(b'"proved"', b'"open"')):  # fmt: skip
        with pytest.raises(Rejected) as caught:
            kernel.check(new, proof)
        assert caught.value.code.startswith("PC301")


BROKEN_JSON = [
    b"", b"[]", b"null", b"{", b'{"proofcheck": "certificate/1"}', b"\xff\xfe", b"[" * 100_000, b'{"a": ' * 50_000,
    b'{"proofcheck": "certificate/2", "claim": "a/b", "digest": "", "proofs": {}}',
    b'{"proofcheck": "certificate/1", "claim": 1, "digest": "", "proofs": {}}',
    b'{"proofcheck": "certificate/1", "claim": "a/b", "digest": "", "proofs": []}',
    b'{"proofcheck": "certificate/1", "claim": "a/b", "claim": "c/d", "digest": "", "proofs": {}}',
    b'{"proofcheck": "certificate/1", "claim": "a/b", "digest": "", "proofs": {}, "verdict": "proved"}',
    b'{"proofcheck": "certificate/1", "claim": "a/b", "digest": "", "proofs": {"statement": 1}}',
    b'{"proofcheck": "certificate/1", "claim": "a/b", "digest": "", "proofs": {"statement": {"rule": 1}}}',
    b'{"proofcheck": "certificate/1", "claim": "a/b", "digest": "", "proofs": {"statement": {"rule": "sign", "x": 1.5}}}',
    b'{"proofcheck": "certificate/1", "claim": "a/b", "digest": "", "proofs": {"statement": {"rule": "sign", "x": NaN}}}',
    b'{"proofcheck": "certificate/1", "claim": "a/b", "digest": "", "proofs": {"statement": {"rule": "sign", "x": null}}}',
    b'{"proofcheck": "certificate/1", "claim": "a/b", "digest": "", "proofs": {"statement": {"rule": "sign", "x": ' + b"9" * 5000 + b"}}}",
    b'{"proofcheck": "certificate/1", "claim": "a/b", "digest": "", "proofs": {"statement": {"rule": "r", "x": ' + b"[" * 60 + b"]" * 60 + b"}}}",
]  # fmt: skip


@pytest.mark.parametrize("text", BROKEN_JSON, ids=lambda text: repr(text[-50:]))
def test_certificate_that_is_not_well_formed_is_rejected(claim_file: Callable[..., bytes], text: bytes) -> None:
    """What is not a certificate of this version, or carries floats, nulls, a key twice or deep nesting, is rejected as such."""
    with pytest.raises(Rejected) as caught:
        kernel.check(claim_file("x >= 0", UNIT), text)
    assert caught.value.code == "PC302 bad-certificate"


def test_certificate_that_is_too_large_is_rejected(claim_file: Callable[..., bytes]) -> None:
    """A certificate beyond the size limit is not read at all."""
    with pytest.raises(Rejected, match="bytes") as caught:
        kernel.check(claim_file("x >= 0", UNIT), b" " * 64_000_001)
    assert caught.value.code.startswith("PC302")


def test_proof_of_something_that_the_claim_does_not_state_is_rejected(claim_file: Callable[..., bytes], certificate: Callable[..., bytes]) -> None:
    """A name that no obligation has is not silently left out."""
    claim = claim_file("x >= 0", UNIT)
    with pytest.raises(Rejected, match="does not state: step far") as caught:
        kernel.check(claim, certificate(claim, {"step far": SIGN}))
    assert caught.value.code.startswith("PC302")


def test_message_of_a_rejection_names_the_obligation_and_the_code(judge: Callable[..., Receipt]) -> None:
    """A rejection says where, which code and why."""
    with pytest.raises(Rejected) as caught:
        judge("x >= 0", {"rule": "magic"}, UNIT)
    assert str(caught.value).startswith("statement  [PC316 unknown-rule]\n  There is no rule 'magic'. Rules: assume, bisection")
    assert json.dumps(caught.value.where) == '"statement"'
