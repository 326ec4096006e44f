"""Damaged certificates: each is rejected, or still proves the same true statement; never anything else."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from proofcheck import kernel
from proofcheck.kernel import Malformed, Rejected

LEAF = {"rule": "bisection", "prec": 64, "tree": "0M0MM"}
PROOFS: dict[str, tuple[str, dict[str, str], dict[str, Any]]] = {
    "bisection": ("x^2 - x + 1/3 > 0", {"x": "[0, 1]"}, {"rule": "bisection", "prec": 64, "tree": "00MM0MM"}),
    "two variables": ("x^2 + y^2 + 1 > x*y", {"x": "[0, 1]", "y": "[0, 1]"}, {"rule": "bisection", "prec": 64, "tree": "01NN1NN"}),
    "split": ("x^2 - x + 1/3 > 0", {"x": "[0, 1]"}, {"rule": "split", "var": "x", "at": ["1/2"], "pieces": [LEAF, LEAF]}),
    "zeros": ("sin(x) < x", {"x": "(0, 1]"}, {"rule": "zeros", "var": "x", "end": "lower", "order": 3, "length": 5, "prec": 64, "tree": "N"}),
    "ring": ("sin(x)^2 + cos(x)^2 = 1", {"x": "real"}, {"rule": "ring"}),
    "rewrite": ("sqrt(x^2) > 1/2", {"x": "[1, 2]"},
                {"rule": "rewrite", "facts": [{"term": "sqrt(x^2)", "is": "x"}], "then": {"rule": "sign"}, "conditions": []}),
    "parametrise": ("acos(x) <= pi", {"x": "[-1, 1]"},
                    {"rule": "parametrise", "var": "x", "as": "cos(s)", "new": "s", "domain": "[0, pi]", "then":
                     {"rule": "rewrite", "facts": [{"term": "acos(cos(s))", "is": "s"}], "then": {"rule": "sign"}}}),
    "telescope": ("gamma(x + 1/2)^2/gamma(x)^2 < x", {"x": "(0, inf)"},
                  {"rule": "scale", "factor": "1/x", "to": "gamma(x + 1/2)^2/(x*gamma(x)^2) - 1", "then":
                   {"rule": "telescope", "step": "1", "then": {"rule": "sign"}}}),
    "minimum": ("x^2 - x*y + y^2 >= 3*y - 3", {"x": "[0, 2]", "y": "[1, 3]"}, {"rule": "minimum", "point": {"x": "1", "y": "2"}, "prec": 64}),
    "positive": ("x^2*y + y^3 + 1/3 > 2*x*y^2", {"x": "real", "y": "[0, 1]"},
                 {"rule": "positive", "parts": [{"basis": ["1"], "matrix": [1], "over": 3}, {"basis": ["x", "y"], "matrix": [1, -1, 1], "times": ["y"]}]}),
    "witness": ("x < 1", {"x": "[0, 1]"}, {"rule": "witness", "at": {"x": "1"}}),
    "cases": ("abs(x) >= 0", {"x": "[-1, 1]"}, {"rule": "cases", "on": "x >= 0", "yes": {"rule": "sign"}, "no": {"rule": "sign"}}),
}  # fmt: skip


def damaged(text: bytes, choose: random.Random) -> bytes:
    """Return the text with one byte flipped, inserted, deleted or replaced, cut off, or two parts exchanged."""
    at = choose.randrange(len(text))
    kind = choose.randrange(6)
    if kind == 0:
        return text[:at] + bytes([text[at] ^ (1 << choose.randrange(8))]) + text[at + 1 :]
    if kind == 1:
        return text[:at] + bytes([choose.choice(b'0123456789NMC"{}[],:x/')]) + text[at:]
    if kind == 2:
        return text[:at] + text[at + 1 :]
    if kind == 3:
        return text[:at]
    if kind == 4:
        return text[:at] + bytes([choose.choice(b"0123456789NMCxs")]) + text[at + 1 :]
    other = choose.randrange(len(text))
    low, high = sorted((at, other))
    return text[high:] + text[low:high] + text[:low]


@pytest.mark.parametrize("name", PROOFS)
def test_damaged_certificate_proves_nothing_else(claim_file: Callable[..., bytes], certificate: Callable[..., bytes], name: str) -> None:
    """Of 300 damaged copies each is rejected, or establishes exactly what the whole one does."""
    statement, domains, proof = PROOFS[name]
    claim = claim_file(statement, domains)
    text = certificate(claim, {"statement": proof})
    whole = kernel.check(claim, text)
    assert whole.verdict == ("refuted" if name == "witness" else "proved")
    choose = random.Random(20_17)
    refused = 0
    for _ in range(300):
        copy = damaged(text, choose)
        try:
            receipt = kernel.check(claim, copy)
        except Rejected:
            refused += 1
            continue
        assert receipt.verdict in (whole.verdict, "open")
        assert receipt.digest == whole.digest
        assert receipt.established in (whole.established, ())
    assert refused > 200


@pytest.mark.parametrize("name", PROOFS)
def test_certificate_does_not_prove_the_opposite(claim_file: Callable[..., bytes], certificate: Callable[..., bytes], name: str) -> None:
    """The proof of a statement is no proof of its negation, also with the digest corrected."""
    statement, domains, proof = PROOFS[name]
    claim = claim_file(f"not ({statement})", domains)
    if name == "witness":
        return
    with pytest.raises(Rejected):
        kernel.check(claim, certificate(claim, {"statement": proof}))


@pytest.mark.parametrize("name", PROOFS)
def test_proof_of_one_rule_with_parts_of_another_proves_nothing_false(claim_file: Callable[..., bytes], certificate: Callable[..., bytes], name: str) -> None:
    """Every proof against every other statement, weakened or not: refused, unless the statement is true."""
    for other, (statement, domains, _) in PROOFS.items():
        for text in (statement, statement.replace(" > ", " < ").replace(" = ", " != ")):
            claim = claim_file(text, domains)
            try:
                verdict = kernel.check(claim, certificate(claim, {"statement": PROOFS[name][2]})).verdict
            except (Rejected, Malformed):
                continue
            is_true = text == statement and other != "witness"
            assert verdict != "proved" or is_true, (name, text)


def test_certificate_is_deterministic_text() -> None:
    """Writing what was read gives the same bytes, and reading that gives the same proofs."""
    proofs = {name: proof for name, (_, _, proof) in PROOFS.items()}
    record = kernel.certificates.Certificate("paper/claim", "0" * 64, proofs)
    text = kernel.certificates.write(record)
    assert kernel.certificates.read(text.encode()) == record
    assert kernel.certificates.write(kernel.certificates.read(text.encode())) == text
    assert list(json.loads(text)) == sorted(json.loads(text))
