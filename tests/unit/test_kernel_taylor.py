"""Rectangles with zeros on their edges: strips that are accepted, strips that are not, and quotients that lie in their enclosures."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from flint import arb

from proofcheck.kernel import Receipt, Rejected
from proofcheck.kernel.algebra import ball, precision
from proofcheck.kernel.rules.premises import difference, formula_in, scope_of
from proofcheck.kernel.rules.taylor import Bracket, bracket_of, plane_of
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.statement import obligation
from proofcheck.kernel.terms import Obligation, add, num, sub, substitute, var

OPEN, CLOSED, HALF = {"x": "(0, 1]", "y": "(0, 1]"}, {"x": "[0, 1]", "y": "[0, 1]"}, {"x": "[0, 1)", "y": "[0, 1)"}


def taylor(order: int, left: int = 0, right: int = 0, strips: Any = (("1", "", "N"),), **more: Any) -> dict[str, Any]:
    """Return a proof that expands in x over strips of y."""
    found = [list(strip) if isinstance(strip, tuple) else strip for strip in strips] if isinstance(strips, (list, tuple)) else strips
    node = {"rule": "taylor", "u": "x", "v": "y", "end": "lower", "order": order, "left": left, "right": right, "length": order + 2, "prec": 64}
    return {**node, "strips": found, **more}


LEFT, RIGHT, PLAIN = ("1", "l", "N"), ("1", "r", "N"), ("1", "", "N")

PROVED: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    ("x + y + 1 > 0", CLOSED, taylor(0)),
    ("-x - y < 1", CLOSED, taylor(0)),
    ("x*(1 + y) > 0", {"x": "(0, 1]", "y": "[-1/2, 1]"}, taylor(1)),
    ("0 < x*(1 + y)", {"x": "(0, 1]", "y": "[-1/2, 1]"}, taylor(1)),
    ("x^2*(1 + y) >= 0", CLOSED, taylor(2)),
    ("x^2*y^3 > 0", OPEN, taylor(2, 3, strips=[LEFT])),
    ("x^2*y^3 >= 0", CLOSED, taylor(2, 3, strips=[LEFT])),
    ("-x^2*y^3 <= 0", CLOSED, taylor(2, 3, strips=[LEFT])),
    ("x*(1 - y) > 0", {"x": "(0, 1]", "y": "[0, 1)"}, taylor(1, 0, 1, strips=[RIGHT])),
    ("x*(1 - y)^2 > 0", {"x": "(0, 1]", "y": "[0, 1)"}, taylor(1, 0, 2, strips=[RIGHT])),
    ("x*(1 - y)^3 > 0", {"x": "(0, 1]", "y": "[0, 1)"}, taylor(1, 0, 3, strips=[RIGHT])),
    ("x*y*(1 - y) > 0", {"x": "(0, 1]", "y": "(0, 1)"}, taylor(1, 1, 1, strips=[("1/4", "l", "N"), ("3/4", "", "N"), RIGHT])),
    ("x*sin(y) > 0", {"x": "(0, 1]", "y": "(0, pi)"},
     taylor(1, 1, 1, strips=[("1/4", "l", "N"), ("1/2", "", "N"), ("3/4", "", "N"), RIGHT])),
    ("(1 - x)*y > 0", {"x": "[0, 1)", "y": "(0, 1]"}, taylor(1, 1, strips=[LEFT], end="upper")),
    ("(1 - x)^2*exp(y) > 0", {"x": "[0, 1)", "y": "[0, 1]"}, taylor(2, end="upper")),
    ("x*sin(y) + x > 0", OPEN, taylor(0, 1, strips=[("1/2", "l", "0NN"), ("1", "", "0NN")], u="y", v="x", length=6)),
    ("(x - sin(x))*y > 0", OPEN, taylor(3, 1, strips=[LEFT])),
    ("(x - sin(x))*(1 - cos(y)) > 0", OPEN, taylor(3, 2, strips=[("1/2", "l", "N"), PLAIN]) | {"length": 6}),
    ("log(1 + x)*atan(y) > 0", OPEN | {"x": "(0, 1/2]"}, taylor(1, 1, strips=[("1/4", "l", "0NN"), ("1/2", "", "0NN"), ("1", "", "0NN")], length=20)),
    ("x*acos(y/2) > 0", {"x": "(0, 1]", "y": "[-1, 1]"}, taylor(1, strips=[(f"{k}/8", "", "N") for k in range(1, 8)] + [PLAIN])),
    ("x*asin(y/2)*sqrt(1 + x) > 0", OPEN, taylor(1, 1, strips=[LEFT]) | {"length": 4, "strips": [["1", "l", "0NN"]]}),
    ("x/(1 + x) + x*y^(-2) > 0", {"x": "(0, 1/2]", "y": "[1, 2]"}, taylor(1, strips=[("1/2", "", "0NN"), ("1", "", "0NN")], length=20)),
    ("x*tan(y) > 0", OPEN, taylor(1, 1, strips=[("1/4", "l", "N"), ("1/2", "", "N"), ("5/8", "", "N"), ("3/4", "", "N"), ("7/8", "", "N"), PLAIN])),
    ("exp(x*y) > 1", OPEN, taylor(1, 1, strips=[("1/2", "l", "0NN"), ("1", "l", "00NN0NN")], length=10)),
]  # fmt: skip


@pytest.mark.parametrize("case", PROVED, ids=lambda case: case[0])
def test_true_statement_is_proved(judge: Callable[..., Receipt], case: tuple[str, dict[str, str], dict[str, Any]]) -> None:
    """Zeros of exact orders at lower, upper, left and right edges are divided out, whatever the variables are called."""
    statement, domains, proof = case
    assert judge(statement, proof, domains).verdict == "proved"
    other = {name: text.replace("x", "v").replace("y", "u") for name, text in domains.items()}
    swapped = "".join({"x": "v", "y": "u"}.get(letter, letter) for letter in statement.replace("exp", "EXP")).replace("EXP", "exp")
    renamed = proof | {key: {"x": "v", "y": "u"}[proof[key]] for key in ("u", "v")}
    assert judge(swapped, renamed, {"v": other["x"], "u": other["y"]}).verdict == "proved"


REJECTED: list[tuple[str, str, dict[str, str], dict[str, Any]]] = [
    # shape
    ("PC302", "x*y > 0", OPEN, taylor(1, 1, strips=[LEFT], note="x")),
    ("PC302", "x*y > 0", OPEN, taylor(1, 1, strips=[LEFT]) | {"order": -1}),
    ("PC302", "x*y > 0", OPEN, taylor(1, 1, strips=[LEFT]) | {"left": 9}),
    ("PC302", "x*y > 0", OPEN, taylor(1, 1, strips=[LEFT]) | {"length": 61}),
    ("PC302", "x*y > 0", OPEN, taylor(1, 1, strips=[LEFT]) | {"prec": 20}),
    ("PC302", "x*y > 0", OPEN, taylor(1, 1, strips=[LEFT]) | {"u": 0}),
    ("PC315", "x*y > 0", OPEN, taylor(1, 1, strips=[LEFT], u="y")),
    ("PC315", "x*y > 0", OPEN, taylor(1, 1, strips=[LEFT], v="z")),
    ("PC315", "x*y > 0", OPEN, taylor(1, 1, strips=[LEFT], end="left")),
    ("PC315", "x*y > 0", OPEN, taylor(1, 1, strips=[LEFT]) | {"length": 1}),
    ("PC315", "x*y != 0", OPEN, taylor(1, 1, strips=[LEFT])),
    ("PC315", "x*y > 0 and x > 0", OPEN, taylor(1, 1, strips=[LEFT])),
    ("PC315", "x*y*z > 0", OPEN | {"z": "(0, 1]"}, taylor(1, 1, strips=[LEFT])),
    ("PC315", "x*y > 0", OPEN | {"x": "(0, inf)"}, taylor(1, 1, strips=[LEFT])),
    ("PC315", "x*y > 0", {"x": "(0, y)", "y": "(0, 1]"}, taylor(1, 1, strips=[LEFT])),
    # zeros that are not there, or belong to the domain
    ("PC308", "x*y + x^2*y > 0", OPEN, taylor(2, 1, strips=[LEFT])),
    ("PC308", "x*y + x*y^2 > 0", OPEN, taylor(1, 2, strips=[LEFT])),
    ("PC308", "x*(2 - y) > 0", {"x": "(0, 1]", "y": "[0, 1)"}, taylor(1, 0, 1, strips=[RIGHT])),
    ("PC308", "x*y > 0", OPEN | {"x": "(0, 1)"}, taylor(1, 1, strips=[LEFT], end="upper")),
    ("PC305", "x*y > 0", OPEN | {"x": "[0, 1]"}, taylor(1, 1, strips=[LEFT])),
    ("PC305", "x*y > 0", OPEN | {"y": "[0, 1]"}, taylor(1, 1, strips=[LEFT])),
    ("PC305", "x*(1 - y) > 0", OPEN, taylor(1, 0, 1, strips=[RIGHT])),
    ("PC305", "(1 - x)*y > 0", OPEN, taylor(1, 1, strips=[LEFT], end="upper")),
    # strips
    ("PC309", "x*y > 0", OPEN, taylor(1, 1, strips="1")),
    ("PC309", "x*y > 0", OPEN, taylor(1, 1, strips=[("1", "l")])),
    ("PC309", "x*y > 0", OPEN, taylor(1, 1, strips=[["1", "l", 1]])),
    ("PC309", "x*y > 0", OPEN, taylor(1, 1, strips=[("1/2", "l", "N"), ("1/2", "", "N")])),
    ("PC309", "x*y > 0", OPEN, taylor(1, 1, strips=[("1/2", "l", "N"), ("1/4", "", "N"), PLAIN])),
    ("PC309", "x*y > 0", OPEN, taylor(1, 1, strips=[LEFT, PLAIN])),
    ("PC309", "x*y > 0", OPEN, taylor(1, 1, strips=[("1", "m", "N")])),
    ("PC309", "x*y > 0", OPEN, taylor(1, 1, strips=[("1/0", "l", "N")])),
    ("PC309", "x*y > 0", OPEN, taylor(1, 1, strips=[("-1", "l", "N")])),
    ("PC309", "x*y > 0", OPEN, taylor(1, 1, strips=[("1/2/2", "l", "N")])),
    ("PC309", "x*y > 0", OPEN, taylor(1, 1, strips=[("1" * 50, "l", "N")])),
    ("PC309", "x*y > 0", OPEN, taylor(1, 1, strips=[LEFT] * 20_001)),
    ("PC303", "x*y > 0", OPEN, taylor(1, 1, strips=[("1", "l", "M")])),
    ("PC304", "x*y > 0", OPEN, taylor(1, 1, strips=[("1", "l", "0N")])),
    ("PC304", "x*y > 0", OPEN, taylor(1, 1, strips=[("1", "l", "1NN")])),
    ("PC303", "x*y > 0", OPEN, taylor(1, 1)),
    ("PC303", "x*y > 0", OPEN, taylor(0, 1, strips=[LEFT])),
    # no value, or not smooth, somewhere on the closed rectangle
    ("PC303", "x/y > 0", OPEN, taylor(1)),
    ("PC303", "x*sqrt(y) > 0", OPEN, taylor(1)),
    ("PC303", "x + y + 1 + sqrt(0*x) > 0", CLOSED, taylor(0)),
    ("PC303", "x*(y + 1) + 0*log(y) > 0", OPEN, taylor(1)),
    ("PC317", "x*abs(y - 2) > 0", OPEN, taylor(1)),
    ("PC317", "x*max(y, 2) > 0", OPEN, taylor(1)),
    ("PC317", "x*gamma(1 + y) > 0", OPEN, taylor(1)),
    ("PC317", "sqrt(x)*y > 0", OPEN, taylor(2)),
    ("PC303", "sqrt(x)*(1 + y) > 0", OPEN, taylor(1)),
]  # fmt: skip


@pytest.mark.parametrize("case", REJECTED, ids=lambda case: f"{case[0]} {case[1]}")
def test_wrong_proof_is_rejected_by_its_code(refuses: Callable[..., None], case: tuple[str, str, dict[str, str], dict[str, Any]]) -> None:
    """Strips with gaps, edges that belong to the domain, orders that are too high: each is named by its code."""
    refuses(*case)


FALSE: list[tuple[str, dict[str, str], int, int, int, str]] = [
    ("x*(y - 1) > 0", {"x": "(0, 1]", "y": "[0, 1)"}, 1, 0, 1, "lower"),
    ("x*(y - 1)^3 > 0", {"x": "(0, 1]", "y": "[0, 1)"}, 1, 0, 3, "lower"),
    ("-x*(1 - y)^2 > 0", {"x": "(0, 1]", "y": "[0, 1)"}, 1, 0, 2, "lower"),
    ("(x - 1)*y > 0", {"x": "[0, 1)", "y": "(0, 1]"}, 1, 1, 0, "upper"),
    ("x*y*(1/2 - x) > 0", OPEN, 1, 1, 0, "lower"),
    ("x*y*(1/2 - y) > 0", OPEN, 1, 1, 0, "lower"),
    ("x*y*(x - 1/9) >= 0", OPEN, 1, 1, 0, "lower"),
    ("x*y*(1 - y) > 0", OPEN, 1, 1, 1, "lower"),
    ("x^2*y - x*y/100 > 0", OPEN, 1, 1, 0, "lower"),
    ("(sin(x) - x)*y > 0", OPEN, 3, 1, 0, "lower"),
    ("x*y*(y - 1/100) > 0", OPEN, 1, 1, 0, "lower"),
    ("x^2 - y > 0", OPEN, 0, 0, 0, "lower"),
]


@pytest.mark.parametrize("case", FALSE, ids=lambda case: case[0])
def test_false_statement_is_not_proved_by_any_strips(judge: Callable[..., Receipt], case: tuple[str, dict[str, str], int, int, int, str]) -> None:
    """No order, edge or kind of strip helps where the sign is wrong."""
    statement, domains, order, left, right, end = case
    kinds = ("", "l", "r")
    for u, v in (("x", "y"), ("y", "x")):
        for count in range(order + 1):
            for strips in [[("1", kind, "0NN")] for kind in kinds] + [[("1/2", a, "0NN"), ("1", b, "0NN")] for a in kinds for b in kinds]:
                for edges in {(left, right), (0, 0), (right, left), (order, 0)}:
                    proof = taylor(count, *edges, strips=strips, end=end, u=u, v=v) | {"length": 4}
                    with pytest.raises(Rejected):
                        judge(statement, proof, domains)


RECTANGLES = [
    ("(1 - cos(x))*sin(y)*exp(x*y) > 0", {"x": "(0, 1]", "y": "(0, 2]"}, "lower", 2, 1, 0),
    ("(1 - x)*log(2 - x)*(1 - y)^3*(2 + sin(5*x)) > 0", {"x": "[0, 1)", "y": "[1/2, 1)"}, "upper", 2, 0, 3),
    ("x*atan(y)*(1 - y)*sqrt(1 + x + y) > 0", {"x": "(0, 1/2]", "y": "(0, 1)"}, "lower", 1, 1, 1),
    ("asin(x/2)*(1 - y^2)^2/(3 + y) > 0", {"x": "(0, 1]", "y": "(-1, 1)"}, "lower", 1, 2, 2),
    ("tan(x/2)*acos(y/2) + x^3 > 0", {"x": "(0, 1]", "y": "[-1, 1]"}, "lower", 1, 0, 0),
]


@pytest.mark.parametrize("case", RECTANGLES, ids=lambda case: case[0])
def test_quotient_at_a_point_lies_in_the_bracket(case: tuple[str, dict[str, str], str, int, int, int]) -> None:
    """f(u, v)/(u^a (v - e)^b), computed in 60 digits at points of the strip, lies in the enclosure of the strip, for every kind."""
    statement, domains, end, order, left, right = case
    goal = _obligation(statement, domains)
    of_x = goal.box["x"]
    point = of_x.lower if end == "lower" else of_x.upper
    assert point is not None
    shifted = substitute(difference(goal), {"x": add(point, var("x")) if end == "lower" else sub(point, var("x"))})
    length = order + 4
    with precision(150, length + 2):
        plane = plane_of(goal, "x", "y", shifted)
        low_v = _rational(plane.start)
        width = _rational(plane.width)
        for low, high in ((Fraction(0), Fraction(1, 4)), (Fraction(1, 4), Fraction(1, 2)), (Fraction(3, 4), Fraction(1))):
            for kind, edge, count in (("", 0, 0), ("l", low_v, left), ("r", low_v + width, right)):
                bracket = bracket_of(plane, low, high, kind, order, length, (left, right))
                for t in (Fraction(1, 64), Fraction(1, 3), Fraction(1)):
                    for s in (low + (high - low) * k / 4 for k in (1, 2, 3)):
                        u, v = _rational(plane.reach) * t, low_v + width * s
                        quotient = _value(shifted, u, v) / (mpmath.mpf(u.numerator) / u.denominator) ** order
                        distance = abs(v - edge)
                        quotient /= (mpmath.mpf(distance.numerator) / distance.denominator) ** count
                        _assert_inside(quotient, bracket, t, plane.reach)


def _obligation(statement: str, domains: dict[str, str]) -> Obligation:
    scope = Scope({}, {}, "test")
    scope.domains(domains, "test")
    goal = formula_in(scope_of(Obligation("", tuple(scope.box.items()), (), num(0))), statement)
    return obligation("test", scope, (), goal)


def _rational(value: arb) -> Fraction:
    mantissa, exponent = value.mid().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _value(term: Any, u: Fraction, v: Fraction) -> Any:
    from proofcheck.algebras.mpmath import Mpmath
    from proofcheck.kernel.algebra import evaluate

    algebra = Mpmath(60)
    (value,) = evaluate((term,), algebra, {"x": algebra.number(u), "y": algebra.number(v)})
    return value


def _assert_inside(quotient: Any, bracket: Bracket, t: Fraction, reach: arb) -> None:
    inside = bracket.value((t / 2, t), reach)
    assert inside.is_finite()
    wanted = ball(Fraction(int(mpmath.floor(quotient * 10**30)), 10**30))
    assert inside.overlaps(wanted + arb(0, 1e-25)), (inside, quotient)
