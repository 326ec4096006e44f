"""Exact leading terms of zeros that proofs divide out, against those on paper."""

from __future__ import annotations

from typing import Any

import pytest

from proofcheck import store
from proofcheck.claim import library
from proofcheck.kernel.exact import is_zero
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import Term, sub
from proofcheck.report.leading import leading
from proofcheck.report.subdivision import Part
from tests.project import ROOT

ON_PAPER = {
    "sector-a": ("2/3*pi^2*v*(1 - v)*(2 - v)*u^5", "pi^2*(pi - v)*sin(v)*u", "pi^2*v*(1 - v^2)*u^3"),
    "sector-b": ("-2/3*pi^2*v^4*(1 - v)*u^5", "-pi^2*(1 - v^2)*u^3", "-pi^2*(v + 1/3)*u^5", "-pi^2*v^4*(1 + v/3)*u^5"),
    "sector-c": ("pi^2*(2*v^3/3 - 2*v^2 + v - 1/3)*u^5", "-pi^3*v*u^2", "-pi^2*(1 + v^2)*u^3", "-pi^2*v*(1 + v^2)*u^3"),
    "sector-d": ("-pi^3*v*u^2", "-pi^2*v^4*(1 - v/3)*u^5", "-4/3*pi^2*v*u^5", "-4/3*pi^2*v^4*u^5"),
}
"""The leading terms of the fifteen charts of Conjecture 1, in the order of the claim file."""


def term(text: str, **domains: str) -> Term:
    """Return a term."""
    scope = Scope({}, {}, "test")
    scope.domains(domains or {"u": "[0, 1]", "v": "[0, 1]"}, "for_all")
    return scope.formula(f"{text} = 0", "test").args[0]


@pytest.mark.parametrize("sector", ON_PAPER)
def test_the_charts_of_conjecture_1_start_as_on_paper(sector: str) -> None:
    """Each of the fifteen leading terms has the normal form of the one that was computed by hand."""
    claim = library(ROOT / "claims").claims["tian2017/conj1"]
    proof = store.proofs(store.stored(claim))[f"step {sector}"]
    (goal,) = (entry.obligation for entry in claim.statement.entries if entry.obligation.name == f"step {sector}")
    found = [leading(part) for part in Part("", proof, goal.domains, goal=goal.goal).walk() if part.rule == "taylor"]
    assert len(found) == len(ON_PAPER[sector])
    for mine, paper in zip(found, ON_PAPER[sector], strict=True):
        assert mine is not None
        assert is_zero(sub(mine, term(paper)))
        assert not is_zero(sub(mine, term(f"2*({paper})")))


X, Y = "[0, 1]", "[0, 2]"


def part(goal: str, node: dict[str, Any], domains: dict[str, str]) -> Part:
    """Return the part that proves a formula on domains."""
    scope = Scope({}, {}, "test")
    scope.domains(domains, "for_all")
    return Part("", node, tuple(scope.box.items()), goal=scope.formula(goal, "test"))


def zero(order: int, end: str = "lower") -> dict[str, Any]:
    """Return what is read of a ``zeros`` node."""
    return {"rule": "zeros", "var": "x", "end": end, "order": order}


@pytest.mark.parametrize(
    ("goal", "node", "domains", "wanted"),
    [
        ("x - sin(x) > 0", zero(3), {"x": "(0, 1]"}, "x^3/6"),
        ("cos(x) < 1", zero(2), {"x": "(0, 1]"}, "-x^2/2"),
        ("cos(x) > 0", zero(1, "upper"), {"x": "[0, pi/2)"}, "pi/2 - x"),
        ("log(x) > 0", zero(1), {"x": "(1, 2]"}, "x - 1"),
        ("x/(pi + x) > 0", zero(1), {"x": "(0, 1]"}, "x/pi"),
        ("x*sin(y)/(1 + y) > 0", {"rule": "taylor", "u": "x", "end": "lower", "order": 1}, {"x": X, "y": Y}, "x*sin(y)/(1 + y)"),
    ],
)
def test_leading_terms(goal: str, node: dict[str, Any], domains: dict[str, str], wanted: str) -> None:
    """The term is that of Taylor's series, with the sign of left side minus right side."""
    found = leading(part(goal, node, domains))
    assert found is not None
    assert is_zero(sub(found, term(wanted, **domains)))


@pytest.mark.parametrize(
    ("goal", "node", "domains"),
    [
        ("x - sin(x) > 0", zero(2), {"x": "(0, 1]"}),
        ("x - sin(x) > 0", zero(4), {"x": "(0, 1]"}),
        ("abs(x) > 0", zero(1), {"x": "(0, 1]"}),
        ("x > 0", zero(1, "upper"), {"x": "(0, inf)"}),
        ("x > 0", {"rule": "bisection", "prec": 64, "tree": "N"}, {"x": "(0, 1]"}),
    ],
)
def test_no_term_is_told_where_it_is_not_known(goal: str, node: dict[str, Any], domains: dict[str, str]) -> None:
    """An order that is too low or too high, a term without a series, an infinite end, and a rule without a zero tell nothing."""
    assert leading(part(goal, node, domains)) is None


@pytest.mark.parametrize(
    ("goal", "node", "wanted"),
    [
        ("x*(2 - x) > 0", {"rule": "split", "var": "x", "at": ["1/2"], "pieces": [zero(1), zero(1)]}, ["2*x", None]),
        ("x > 0 and 3*x > 0", {"rule": "both", "parts": [zero(1), zero(1)]}, ["x", "3*x"]),
        ("x < 0 or 3*x > 0", {"rule": "either", "which": 1, "then": zero(1)}, ["3*x"]),
        ("x > 0", {"rule": "cases", "on": "x > 1/2", "yes": zero(1), "no": zero(1)}, ["x", "x"]),
        ("x > 0", {"rule": "cut", "formula": "5*x > 0", "lemma": zero(1), "then": zero(1)}, ["5*x", "x"]),
        ("x != 0", {"rule": "weaken", "keep": ["x"], "relation": "gt", "then": zero(1)}, ["x"]),
        ("x/(1 + x) > 0", {"rule": "scale", "factor": "1 + x", "to": "x", "then": zero(1)}, ["x"]),
        ("abs(x) > 0", {"rule": "rewrite", "facts": [{"term": "abs(x)", "is": "x"}], "then": zero(1)}, ["x"]),
        ("x > 0", {"rule": "restrict", "var": "x", "domain": "(0, 3]", "then": zero(1)}, ["x"]),
        ("x > 0", {"rule": "parametrise", "var": "x", "as": "s^2", "new": "s", "domain": "(0, 2]", "then": {**zero(2), "var": "s"}}, ["s^2"]),
        ("x > 0", {"rule": "chart", "new": {"s": "(0, 1]"}, "map": {"x": "2*s"}, "inverse": {"s": "x/2"}, "then": {**zero(1), "var": "s"}}, ["2*s"]),
        ("x > 0", {"rule": "telescope", "step": "1", "then": zero(1)}, [None]),
        ("x > 0", {"rule": "sign", "conditions": [zero(1)]}, [None]),
    ],
)  # fmt: skip
def test_the_formula_is_followed_through_the_rules(goal: str, node: dict[str, Any], wanted: list[str | None]) -> None:
    """What a part proves follows from the rules above it; behind steps of sequences and for premises it is not told."""
    found = [leading(below) for below in part(goal, node, {"x": "(0, 1]"}).walk() if below.rule == "zeros"]
    assert len(found) == len(wanted)
    for mine, right in zip(found, wanted, strict=True):
        assert (mine is None) == (right is None)
        assert mine is None or right is None or is_zero(sub(mine, term(right, x=X, s=X)))
