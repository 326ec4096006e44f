"""Zones at edges where both sides agree: as wide as the remainder permits, the rest in cells, rectangles around domains."""

from __future__ import annotations

from typing import Any

import pytest

from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import Obligation
from proofcheck.methods.budget import Budget
from proofcheck.methods.inequality import by_bisection, by_zones
from proofcheck.methods.taylor import attempt_rectangle, hull


def goal(text: str, **domains: str) -> Obligation:
    """Return an obligation on the domains."""
    scope = Scope({}, {}, "test")
    scope.domains(domains, "for_all")
    return Obligation("goal", tuple(scope.box.items()), (), scope.formula(text, "goal"))


def budget(cells: int = 2_000) -> Budget:
    """Return a small budget."""
    return Budget(cells, lambda *_: None)


ROOT = "1 + x/2 - x^2*y/100 > sqrt(1 + x)"
"""Both sides agree to second order at x = 0; the expansion of the root has radius 1."""


@pytest.mark.parametrize(
    ("obligation", "at"),
    [
        (goal(ROOT, x="(0, 8]", y="[0, 1]"), ["1"]),
        (goal(ROOT.replace("x", "(-x)"), x="[-8, 0)", y="[0, 1]"), ["-1"]),
        (goal(ROOT, y="[0, 1]", x="(0, 8]"), ["1"]),
        (goal(ROOT, x="(0, 8]", y="[0, 1 - x/16)"), ["1"]),
        (goal("x*(2 + y) + y > sqrt(1 + 4*x)*0 + y + x", x="(0, 8]", y="[x/16 - 1/2, x/16]"), None),
    ],
)
def test_the_zone_is_cut_off_where_the_remainder_is_too_large(obligation: Obligation, at: list[str] | None) -> None:
    """The kernel accepts an expansion next to the edge and cells beyond; without a need to cut, nothing is cut; cells alone do not do it."""
    assert by_bisection(obligation, budget(), 64) is None
    node = by_zones(obligation, budget(), 64)
    assert node is not None
    assert node.get("at") == at
    assert prove(obligation, node, Link())


def rules(node: dict[str, Any]) -> list[str]:
    """Return the names of the rules of a split and of a restriction below it."""
    return [node["rule"], *(name for part in [*node.get("pieces", []), *([node["then"]] if "then" in node else [])] for name in rules(part))]


def test_a_domain_that_depends_on_the_expanded_variable_is_put_into_a_rectangle() -> None:
    """Next to the edge the other variable runs through constants, beyond it through its own domain."""
    obligation = goal(ROOT, x="(0, 8]", y="[0, 1 - x/16)")
    node = by_zones(obligation, budget(), 64)
    assert node is not None
    assert rules(node) == ["split", "restrict", "taylor", "bisection"]
    assert node["pieces"][0]["domain"] == "[0, 1)"


@pytest.mark.parametrize(("domain", "wanted"), [("[0, 1 - x/2]", "[0, 1]"), ("[x - 3, 5*x]", "[-3, 10]"), ("(-x, 7)", "(-2, 7)"), ("[1, 2]", "[1, 2]")])
def test_rectangles_around_domains(domain: str, wanted: str) -> None:
    """Ends that depend on x in [0, 2] are replaced by their outermost values."""
    wide = hull(goal("x < y", x="[0, 2]", y=domain), "x", "y")
    assert wide is not None
    assert str(wide.box["y"]) == wanted


def test_a_rectangle_that_does_not_contain_the_domain_is_not_used() -> None:
    """The largest value of x (2 - x) is not at an end."""
    assert hull(goal("x < y", x="[0, 2]", y="[-1, x*(2 - x)]"), "x", "y") is None


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        ("1 + x/2 - x^2*y/8 > sqrt(1 + x)", {"x": "(0, 8]", "y": "[0, 1]"}),
        ("1 + x/2 - x^2*y/100 > sqrt(1 + x)", {"x": "(0, 8]", "y": "[0, 60]"}),
        ("1 + x/2 - x^2*y/100 > sqrt(1 + x)", {"x": "[0, 8]", "y": "[0, 1]"}),
    ],
)
def test_nothing_false_is_proved_with_zones(text: str, domains: dict[str, str]) -> None:
    """False near the edge, false far from it, and false on the edge only."""
    obligation = goal(text, **domains)
    node = by_zones(obligation, budget(300), 64)
    assert node is None


def test_what_lies_beyond_has_to_be_proved() -> None:
    """Without a proof of the rest, the zone is worth nothing."""
    seen: list[Obligation] = []

    def beyond(part: Obligation) -> None:
        seen.append(part)

    assert attempt_rectangle(goal(ROOT, x="(0, 8]", y="[0, 1 - x/16)"), 64, beyond) is None
    assert [str(part.box["x"]) for part in seen] == ["[1, 8]"]
