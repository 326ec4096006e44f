"""Random polynomials that are negative somewhere: the finder of sums of squares finds nothing the kernel would take; and damaged matrices prove nothing."""

from __future__ import annotations

import copy
import random
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from proofcheck.kernel.errors import Rejected
from proofcheck.kernel.rules import Link, prove
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import Obligation
from proofcheck.methods.sums import Node, by_sums

DOMAINS = {"real": "real", "[0, inf)": "[0, inf)", "[-1, 1]": "[-1, 1]", "(0, 2]": "(0, 2]"}
POINTS = {"real": range(-3, 4), "[0, inf)": range(5), "[-1, 1]": (-1, 0, 1, Fraction(1, 2)), "(0, 2]": (1, 2, Fraction(1, 2), Fraction(1, 1000))}


def accepts(obligation: Obligation, node: Node) -> bool:
    """Say whether the kernel takes a node."""
    try:
        return prove(obligation, node, Link())
    except Rejected:
        return False


def goal(text: str, domain: str, *given: str) -> Obligation:
    """Return an obligation in x and y."""
    scope = Scope({}, {}, "test")
    scope.domains({"x": domain, "y": domain}, "for_all")
    return Obligation("goal", tuple(scope.box.items()), tuple(scope.formula(one, "given") for one in given), scope.formula(text, "goal"))


def found(obligation: Obligation) -> Node | None:
    """Return what the finder finds."""
    return by_sums(obligation, 150, lambda _, formulas: None if formulas else [], accepts)


@pytest.mark.parametrize("seed", range(3))
def test_nothing_false_is_proved(seed: int) -> None:
    """Squares and products minus a little more than their least value at simple points: false at one of them, never proved; a little above it is mostly proved."""
    choose = random.Random(seed)
    proved = 0
    for _ in range(8):
        domain = choose.choice(sorted(DOMAINS))
        forms = [[choose.randint(-2, 2) for _ in range(3)] for _ in range(choose.randint(1, 3))]
        squares = [(choose.randint(1, 3), a, b, c, choose.choice(("", "*y", "*x"))) for a, b, c in forms]
        text = " + ".join(f"{w}*({a}*x + {b}*y{extra} + {c})^2" for w, a, b, c, extra in squares)

        def value(x: Any, y: Any, squares: Any = squares) -> Fraction:
            return sum((w * (a * x + b * y * {"": 1, "*y": y, "*x": x}[extra] + c) ** 2 for w, a, b, c, extra in squares), Fraction(0))

        least = min(value(x, y) for x, y in product(POINTS[domain], repeat=2))
        given = ["x + y <= 9"] if choose.random() < 0.3 else []
        for relation, bound in ((">", least), (">=", least + Fraction(1, 10**6)), (">", least + 1)):
            false = goal(f"{text} {relation} {bound}", domain, *given)
            node = found(false)
            assert node is None, (false, node)
        proved += found(goal(f"{text} > -1/1000", domain, *given)) is not None
    assert proved >= 6


@pytest.mark.parametrize(
    ("true", "false", "domain"),
    [
        ("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1 >= 0", "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1 >= 1/10^9", "real"), ("x^3 + y^3 >= x^2*y + x*y^2", "x^3 + y^3 > x^2*y + x*y^2", "[0, inf)"),
        ("x^4 + y^4 + 1/9 > x^3*y", "x^4 + y^4 - 1/9 > x^3*y", "real"), ("(1 - x)*(1 + y)*x^2 >= 0", "(1 - x)*(2 + y)*x^2 > 0", "[-1, 1]"),
    ],
)  # fmt: skip
def test_damaged_matrices_prove_nothing_false(true: str, false: str, domain: str) -> None:
    """The proof of a true statement with numbers, factors and parts changed, against a false neighbour: refused each time."""
    node = found(goal(true, domain))
    assert node is not None
    obligation, choose = goal(false, domain), random.Random(3)
    assert not accepts(obligation, node)
    for _ in range(150):
        changed = copy.deepcopy(node)
        inner = changed.get("then", changed)
        part = choose.choice(inner["parts"])
        match choose.randrange(5):
            case 0:
                place = choose.randrange(len(part["matrix"]))
                part["matrix"][place] += choose.choice((-1, 1, -(10**6), 10**6))
            case 1:
                part["over"] = part.get("over", 1) + choose.choice((-1, 1, 7))
            case 2:
                part["times"] = [*part.get("times", []), choose.choice(("x", "y", "-1", "x - y", "1"))]
            case 3:
                part["basis"][choose.randrange(len(part["basis"]))] = choose.choice(("1", "0", "x", "x*y", "y/x"))
            case _:
                inner["parts"].append(choose.choice(inner["parts"]))
        assert not accepts(obligation, changed), changed
