"""Goals that depend on their variables through one subterm."""

from __future__ import annotations

from typing import Any

import pytest

from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import Obligation, show
from proofcheck.methods.budget import Budget
from proofcheck.methods.inequality import generalised
from proofcheck.methods.subterms import ranges, through


def goal(text: str, **domains: str) -> Obligation:
    """Return an obligation on the domains."""
    scope = Scope({}, {}, "test")
    scope.domains(domains, "for_all")
    return Obligation("goal", tuple(scope.box.items()), (), scope.formula(text, "goal"))


def found(obligation: Obligation) -> dict[str, Any] | None:
    """Return what is found with few cells."""
    return generalised(obligation, Budget(2_000, lambda *_: None), 64)


@pytest.mark.parametrize(
    ("obligation", "term", "domain"),
    [
        (goal("sqrt(1 - x^2) >= 1 - x^2", x="[-1, 1]"), "sqrt(1 - x^2)", "[0, 1]"),
        (goal("sqrt(x) >= x", x="[0, 1]"), "sqrt(x)", "[0, 1]"),
        (goal("exp(x + y) >= 1 + x + y", x="real", y="real"), "1 + x + y", "(-inf, inf)"),
        (goal("1 + x*y <= exp(x*y)", x="real", y="real"), "x*y", "(-inf, inf)"),
        (goal("sin(x + y) <= x + y", x="[0, 1]", y="[0, 1]"), "x + y", "[0, 2]"),
        (goal("sin(x - 2*y) < x - 2*y", x="(1, 2)", y="(0, 1/2)"), "x - 2*y", "(0, 2)"),
    ],
)
def test_one_subterm_is_enough(obligation: Obligation, term: str, domain: str) -> None:
    """What holds for every number of the range holds for the values of the term, and the kernel agrees."""
    node = found(obligation)
    assert node is not None
    assert (node["rule"], node["then"]["rule"], node["then"]["term"]) == ("scale", "generalise", term)
    assert node["then"]["domain"] == domain
    assert prove(obligation, node, Link())


@pytest.mark.parametrize(
    "obligation",
    [
        goal("sqrt(1 - x^2) > 1 - x^2", x="[-1, 1]"),
        goal("sqrt(1 - x^2) <= 1 - x^2", x="[-1, 1]"),
        goal("exp(x + y) >= 11/10 + x + y", x="real", y="real"),
        goal("sin(x + y) < x + y", x="[0, 1]", y="[0, 1]"),
        goal("exp(x + y) >= 1 + x + 2*y", x="[0, 1]", y="[0, 1]"),
        goal("x + y >= 0", x="[0, 1]", y="[0, 1]"),
    ],
)
def test_nothing_false_and_nothing_circular_is_found(obligation: Obligation) -> None:
    """False goals, goals that depend on their variables in two ways, and goals that only speak of the range are left alone."""
    assert found(obligation) is None


def test_terms_and_ranges() -> None:
    """The difference of both sides as a function of the term; intervals between values at simple points, then wider ones."""
    obligation = goal("exp(x + y) >= 1 + x + y", x="[0, 1]", y="[0, inf)")
    pairs = {show(u): g for u, g in through(obligation, "s_")}
    assert "x + y" in pairs
    assert all(g.free == {"s_"} for g in pairs.values())
    u = next(u for u, _ in through(obligation, "s_") if show(u) == "x + y")
    assert [str(domain) for domain in ranges(u, obligation)][:3] == ["[0, 1]", "(0, 1)", "[0, inf)"]
