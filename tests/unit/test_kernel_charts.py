"""Changes of variables, other domains, factors, parts of formulas and slopes: what the rules accept, and what they reject by which code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from proofcheck.kernel import Receipt

Case = tuple[str, dict[str, str], dict[str, Any], dict[str, Any]]
SIGN, RING, POINT = {"rule": "sign"}, {"rule": "ring"}, {"rule": "point"}
WITNESS = {"rule": "witness", "at": {"x": "0"}}
REAL, UNIT, OPEN, AROUND, POSITIVE = {"x": "real"}, {"x": "[0, 1]"}, {"x": "(0, 1]"}, {"x": "[-1, 1]"}, {"x": "(0, inf)"}
TRIANGLE = {"x": "[0, 1]", "y": "[0, x]"}


def bisection(tree: str, **more: Any) -> dict[str, Any]:
    """Return a bisection at 64 bits."""
    return {"rule": "bisection", "prec": 64, "tree": tree, **more}


def chart(new: dict[str, str], maps: dict[str, str], inverse: dict[str, str], then: Any = SIGN, **more: Any) -> dict[str, Any]:
    """Return a change of variables."""
    return {"rule": "chart", "new": new, "map": maps, "inverse": inverse, "then": then, **more}


def line(domain: str, image: str, inverse: str, then: Any = SIGN, **more: Any) -> dict[str, Any]:
    """Return a change of x into s."""
    return chart({"s": domain}, {"x": image}, {"s": inverse}, then, **more)


def restrict(domain: str, then: Any = SIGN, var: str = "x", **more: Any) -> dict[str, Any]:
    """Return a proof on another domain."""
    return {"rule": "restrict", "var": var, "domain": domain, "then": then, **more}


def generalise(term: str, domain: str, then: Any = SIGN, new: str = "s", **more: Any) -> dict[str, Any]:
    """Return a proof for any number in the place of a term."""
    return {"rule": "generalise", "term": term, "new": new, "domain": domain, "then": then, **more}


def weaken(keep: Any, relation: str, then: Any = SIGN) -> dict[str, Any]:
    """Return a proof of more."""
    return {"rule": "weaken", "keep": keep, "relation": relation, "then": then}


def scale(factor: str, target: str, then: Any = SIGN, **more: Any) -> dict[str, Any]:
    """Return a proof of the relation times a factor."""
    return {"rule": "scale", "factor": factor, "to": target, "then": then, **more}


def monotone(end: str = "lower", strict: str = "none", base: Any = POINT, slope: Any = SIGN, var: str = "x", **more: Any) -> dict[str, Any]:
    """Return a proof by the value at one end and the sign of the derivative."""
    return {"rule": "monotone", "var": var, "from": end, "strict": strict, "base": base, "slope": slope, **more}


def either(which: int, then: Any = SIGN, **more: Any) -> dict[str, Any]:
    """Return a proof of one part of a disjunction."""
    return {"rule": "either", "which": which, "then": then, **more}


def cut(formula: str, lemma: Any = SIGN, then: Any = SIGN) -> dict[str, Any]:
    """Return a proof by way of another formula."""
    return {"rule": "cut", "formula": formula, "lemma": lemma, "then": then}


PROVED: list[Case] = [
    # chart
    ("x^2 - x + 1 > 0", AROUND, line("[-1/2, 1/2]", "2*s", "x/2", bisection("0M0MM")), {}),
    ("x/(1 + x) < 1", {"x": "[0, inf)"}, line("[0, 1)", "s/(1 - s)", "x/(1 + x)", {"rule": "scale", "factor": "1/(1 - s)", "to": "-1", "then": SIGN}), {}),
    ("sqrt(x) >= 0", {"x": "[1, 4]"}, line("[1, 2]", "s^2", "sqrt(x)", premises=[bisection("C")] * 2), {}),
    ("exp(x) > 0 and x < 1", {"x": "(-1, 1)"}, line("(-1, 1)", "s", "x"), {}),
    ("x - y >= 0", TRIANGLE, chart({"s": "[0, 1]", "t": "[0, 1 - s]"}, {"x": "s + t", "y": "t"}, {"s": "x - y", "t": "y"}), {}),
    ("x >= -3", REAL, line("[-2, inf)", "s", "x"), {"given": ["x > -2"]}),
    ("x^2 > 0", {"x": "(0, 1)"}, line("(-1, 0)", "-s", "-x"), {}),
    ("1 > 0", {}, chart({"s": "[0, 1]"}, {}, {"s": "1/2"}), {}),
    # a variable that an equation among the hypotheses determines
    ("x + y <= 1", TRIANGLE, chart({"s": "[0, 1]"}, {"x": "s", "y": "1 - s"}, {"s": "x"}), {"given": ["x + y = 1"]}),
    ("x*y >= 0", {"x": "[0, 1]", "y": "[-1, 1]"}, chart({"s": "[0, 1]"}, {"x": "s", "y": "s"}, {"s": "x"}), {"given": ["2*x - y = x"]}),
    # restrict
    ("x > 1", REAL, restrict("(1, inf)"), {"given": ["x > 1"]}),
    ("x < 3", REAL, restrict("(-inf, 2]"), {"given": ["x <= 2"]}),
    ("y <= x", {"x": "[0, 1]", "y": "real"}, restrict("[0, x]", var="y"), {"given": ["y <= x", "y >= 0"]}),
    ("sqrt(x) > -1", UNIT, restrict("[0, inf)"), {}),
    ("x < 2", UNIT, restrict("[-1, 1]"), {}),
    ("x^2 < 2", REAL, restrict("[-1, 1]", bisection("N"), premises=[]), {"given": ["x >= -1", "x <= 1"]}),
    ("y + x > -9", {"x": "[0, 1]", "y": "[0, 1]"}, restrict("[-2, y^2 - y + 3/2]", premises=[bisection("H")]), {}),
    # generalise
    ("exp(x) + 1 > 0", REAL, generalise("exp(x)", "(0, inf)"), {}),
    ("exp(x*y) + x*y > x*y", {"x": "real", "y": "real"}, generalise("x*y", "real", scale("1", "exp(s)")), {}),
    ("exp(sin(x)) < 3", REAL, generalise("sin(x)", "[-1, 1]", weaken(["s"], "lt", bisection("N"))), {}),
    ("sqrt(x) >= 0 and sqrt(x)^2 >= 0", UNIT, generalise("sqrt(x)", "[0, inf)", {"rule": "both", "parts": [SIGN, SIGN]}), {}),
    ("1/(x^2 - x + 1/3) + x > 0", UNIT, generalise("x^2 - x + 1/3", "(0, inf)", premises=[bisection("00MM0MM")]), {}),
    ("sqrt(x^2 - x + 1/3) > -1", UNIT, generalise("sqrt(x^2 - x + 1/3)", "[0, inf)", premises=[weaken(["x"], "gt", bisection("00MM0MM"))]), {}),
    ("x^2 + x > 0", REAL, generalise("x^2", "(0, inf)"), {"given": ["x > 0"]}),
    ("x < 0 or exp(x) >= 0", REAL, generalise("exp(x)", "[0, inf)", either(1)), {}),
    # weaken
    ("x != 2", TRIANGLE, weaken(["x"], "lt", bisection("C")), {"given": ["y > 1/2", "x > 1/4"]}),
    ("x != -1", UNIT, weaken(["x"], "gt"), {}),
    ("x >= x", REAL, weaken(["x"], "eq", RING), {}),
    ("x <= 2", UNIT, weaken(["x"], "lt"), {}),
    ("x >= 0 and x <= 1", TRIANGLE, weaken(["x"], "and"), {}),
    ("1 > 0", TRIANGLE, weaken([], "gt", POINT), {"given": ["y > 1/2"]}),
    ("x^2 >= 0", UNIT, weaken(["x"], "ge", monotone(slope=SIGN)) | {"given": []}, {"given": ["x > 1/2"]}),
    # scale
    ("x/(1 + x) >= 0", {"x": "[0, inf)"}, scale("1 + x", "x"), {}),
    ("1/x > 1/(x + 1)", POSITIVE, scale("x*(x + 1)", "1"), {}),
    ("1/x <= 1/x", POSITIVE, scale("x", "0"), {}),
    ("x/(x^2 - x + 1/3) = 2*x/(2*x^2 - 2*x + 2/3)", UNIT,
     scale("1", "0", RING, premises=[weaken(["x"], "gt", bisection("00MM0MM"))] * 2), {}),
    ("(x - 1/x)/x != 2", POSITIVE, scale("x^2", "-1 - x^2"), {}),
    ("1/x < 2/x", POSITIVE, scale("x", "-1"), {}),
    # both, either, cut
    ("x >= 0 and (x <= 1 and x = x)", UNIT, {"rule": "both", "parts": [SIGN, SIGN, RING]}, {}),
    ("x >= 0", UNIT, {"rule": "both", "parts": [SIGN]}, {}),
    ("x < 0 or x > 5 or x^2 - x + 1/3 > 0", UNIT, either(2, bisection("00MM0MM")), {}),
    ("1/(x^2 - x + 1/3) > 9 or x >= 0", UNIT, either(1, premises=[weaken(["x"], "gt", bisection("00MM0MM"))]), {}),
    ("x >= 0", UNIT, either(0), {}),
    ("x^3 > -1", UNIT, cut("x^2 - x + 1/3 > 0", bisection("00MM0MM")), {}),
    ("(x^2 - x + 1/3)*(1 + x) > 0", UNIT, cut("x^2 - x + 1/3 > 0", bisection("00MM0MM")), {}),
    # monotone
    ("exp(x) >= 1 + x", {"x": "[0, inf)"}, monotone(slope=monotone(slope=SIGN)), {}),
    ("exp(x) > 1 + x", POSITIVE, monotone(strict="slope", slope=monotone(strict="slope", base=POINT)), {}),
    ("sin(x) - x < 0", {"x": "(0, pi/2]"}, monotone(strict="slope", slope=monotone(strict="slope")), {}),
    ("2 - x > 0", UNIT, monotone("upper", strict="base"), {}),
    ("1 - x > 0", {"x": "[0, 1)"}, monotone("upper", strict="slope"), {}),
    ("x - 1 <= 0", {"x": "(-inf, 1]"}, monotone("upper"), {}),
    ("x + 1 > 0", UNIT, monotone(strict="base"), {}),
    ("y - x >= 0", {"x": "[0, 1]", "y": "[x, 2]"}, monotone(var="y", base=SIGN), {}),
    ("1/(x^2 + x + 1) <= 1", UNIT, monotone(base=POINT), {}),
    ("sqrt(x^2 - x + 1/3 + x) > 1/2", UNIT, monotone(strict="base", slope=SIGN), {}),
]  # fmt: skip


@pytest.mark.parametrize("case", PROVED, ids=lambda case: f"{case[2]['rule']}: {case[0]}")
def test_true_statement_is_proved(judge: Callable[..., Receipt], case: Case) -> None:
    """A right proof is accepted, and the receipt names its rule."""
    statement, domains, proof, rest = case
    receipt = judge(statement, proof, domains, **rest)
    assert (receipt.verdict, receipt.findings[0].rule) == ("proved", proof["rule"])


LINE = line("[0, 1]", "s", "x")

# code, statement (true unless it says so), domains, proof, the rest of the file
REJECTED: list[tuple[str, str, dict[str, str], dict[str, Any], dict[str, Any]]] = [
    # chart: tables and names
    ("PC302", "x >= 0", UNIT, LINE | {"hint": "x"}, {}),
    ("PC302", "x >= 0", UNIT, LINE | {"map": "s"}, {}),
    ("PC302", "x >= 0", UNIT, LINE | {"map": {"x": 1}}, {}),
    ("PC302", "x >= 0", UNIT, LINE | {"map": {"x": "s +"}}, {}),
    ("PC302", "x >= 0", UNIT, LINE | {"map": {"x": "x"}}, {}),
    ("PC302", "x >= 0", UNIT, LINE | {"inverse": {"s": "s"}}, {}),
    ("PC302", "x >= 0", UNIT, LINE | {"new": {"s": "[1, 0]"}}, {}),
    ("PC302", "x >= 0", UNIT, LINE | {"new": {"s": "[0, 0*log(-1)]"}}, {}),
    ("PC302", "x >= 0", UNIT, LINE | {"new": {"s": "[x, 1]"}}, {}),
    ("PC302", "x >= 0", UNIT, LINE | {"premises": [SIGN]}, {}),
    ("PC302", "x >= 0", UNIT, {key: value for key, value in LINE.items() if key != "then"}, {}),
    ("PC310", "x >= 0", UNIT, chart({}, {"x": "0"}, {}), {}),
    ("PC310", "x >= 0", UNIT, chart({"s": "[0, 1]"}, {}, {"s": "x"}), {}),
    ("PC310", "x >= 0", UNIT, chart({"s": "[0, 1]"}, {"x": "s", "y": "s"}, {"s": "x"}), {}),
    ("PC310", "x >= 0", UNIT, chart({"s": "[0, 1]"}, {"x": "s"}, {}), {}),
    ("PC310", "x >= 0", UNIT, chart({"x": "[0, 1]"}, {"x": "x"}, {"x": "x"}), {}),
    ("PC310", "x >= 0", UNIT, chart({"pi": "[0, 1]"}, {"x": "pi"}, {"pi": "x"}), {}),
    ("PC310", "x >= 0", UNIT, line("integer in [0, 1]", "s", "x"), {}),
    # chart: what does not reach every point, or has no value somewhere
    ("PC310", "x >= 0", UNIT, line("(0, 1]", "s", "x"), {}),
    ("PC310", "x >= 0", UNIT, line("[0, 1)", "s", "x"), {}),
    ("PC310", "x^2 >= 0", AROUND, line("[0, 1]", "s", "abs(x)"), {}),
    ("PC310", "x + y <= 1", TRIANGLE, chart({"s": "[0, 1]"}, {"x": "s", "y": "1 - s"}, {"s": "x"}), {}),
    ("PC310", "x + y <= 1", TRIANGLE, chart({"s": "[0, 1]"}, {"x": "s", "y": "1 - s"}, {"s": "x"}), {"given": ["x + y >= 1"]}),
    ("PC310", "x + y <= 1", TRIANGLE, chart({"s": "[0, 1]"}, {"x": "s", "y": "1 - s"}, {"s": "x"}), {"given": ["x + y = 1 or x = y"]}),
    ("PC310", "x + y <= 1", TRIANGLE, chart({"s": "[0, 1]"}, {"x": "s", "y": "1 - s"}, {"s": "x"}), {"given": ["x + y = 1 + 10^-40"]}),
    ("PC310", "y <= 1/4", TRIANGLE, chart({"s": "[0, 1/4]"}, {"x": "1 - s", "y": "s"}, {"s": "1 - x"}), {"given": ["x + y = 1"]}),
    ("PC310", "x^2 >= 0", AROUND, line("[0, 1]", "s", "sqrt(x^2)"), {}),
    ("PC310", "x^2 >= 0", AROUND, line("[0, 1]", "s^2", "sqrt(x)"), {}),
    ("PC310", "x^2 >= 0", AROUND, line("[-1, 1]", "s", "x/x*x"), {}),
    ("PC310", "x^2 >= 0", AROUND, line("[-1, 1]", "s + 0*(1/s)", "x"), {}),
    ("PC310", "x > 0", POSITIVE, line("[0, inf)", "1/s", "1/x"), {}),
    ("PC310", "x >= 0", {"x": "[0, 7]"}, line("[0, pi]", "s", "acos(cos(x))"), {}),
    ("PC310", "x - y >= 0", TRIANGLE, chart({"s": "[0, 1]", "t": "[0, s/2]"}, {"x": "s", "y": "t"}, {"s": "x", "t": "y"}), {}),
    ("PC310", "x - y >= 0", TRIANGLE, chart({"s": "[0, 1]", "t": "[0, 1]"}, {"x": "s", "y": "t*s"}, {"s": "x", "t": "y/x"}), {}),
    ("PC310", "x - y >= 0", TRIANGLE, chart({"s": "[0, 1]", "t": "[0, s + 0*sqrt(s - 1/2)]"}, {"x": "s", "y": "t"}, {"s": "x", "t": "y"}), {}),
    ("PC315", "x >= 0", AROUND, line("[-1, 1]", "s", "x", {"rule": "witness", "at": {"s": "-1"}}), {}),
    # restrict
    ("PC310", "x >= 0", UNIT, restrict("[0, 1/2]"), {}),
    ("PC310", "x >= 0", UNIT, restrict("[1/2, 1]"), {}),
    ("PC310", "x >= 0", UNIT, restrict("[0, 1)"), {}),
    ("PC310", "x >= 0", UNIT, restrict("[0, 1]", var="y"), {}),
    ("PC310", "x >= 0", TRIANGLE, restrict("[0, 1]"), {"given": ["y >= 0"]}),
    ("PC310", "x >= 0", {"x": "integer in [0, 1]"}, restrict("[0, 1]"), {}),
    ("PC310", "x >= 0", UNIT, restrict("integer in [0, 1]"), {}),
    ("PC310", "y >= 0", {"y": "[0, 1]", "x": "[-1, 1]"}, restrict("[0, 2 + 0*log(x)]", var="y"), {"given": ["x = x"]}),
    ("PC310", "x >= 0", UNIT, restrict("[0, 1/2]"), {"given": ["x <= 1/2 or x >= 0"]}),
    ("PC302", "x >= 0", UNIT, restrict("[0, x]"), {}),
    ("PC302", "x >= 0", UNIT, restrict("vector(2)"), {}),
    # generalise
    ("PC310", "sin(x) > -2", REAL, generalise("sin(x)", "[0, 1]"), {}),
    ("PC310", "sin(x) > -2", REAL, generalise("sin(x)", "(-1, 1]"), {}),
    ("PC310", "sin(x) > -2", REAL, generalise("cos(x)", "[-1, 1]"), {}),
    ("PC310", "sin(x) > -2", REAL, generalise("sin(x)", "[-1, 1]", new="x"), {}),
    ("PC310", "sin(x) > -2", REAL, generalise("sin(x)", "[-1, 1]", new="_1"), {}),
    ("PC310", "sin(x) > -2", REAL, generalise("sin(x)", "integer in [-1, 1]"), {}),
    ("PC310", "sqrt(x)^2 >= 0", AROUND, generalise("sqrt(x)", "real"), {}),
    ("PC310", "x^2 > 0", REAL, generalise("x^2", "(0, inf)"), {"given": ["x >= 0"]}),
    ("PC302", "sin(x) > -2", REAL, generalise("sin(x)", "[-1, x]"), {}),
    ("PC302", "sin(x) > -2", REAL, generalise("sin(y)", "[-1, 1]"), {}),
    ("PC302", "sin(x) > -2", REAL, generalise("sin(x)", "[-1, 1]", premises=[SIGN]), {}),
    ("PC303", "exp(x) > 1", POSITIVE, generalise("exp(x)", "(0, inf)"), {}),
    ("PC315", "exp(x) > 1", POSITIVE, generalise("exp(x)", "(0, inf)", {"rule": "witness", "at": {"x": "1", "s": "1/2"}}), {}),
    # weaken
    ("PC315", "x >= 0", UNIT, weaken("x", "ge"), {}),
    ("PC303", "x > 0", UNIT, weaken(["x"], "gt", bisection("N")) | {"given": []}, {"given": ["x > 1/2"]}),
    ("PC303", "x > y", {"x": "[0, 1]", "y": "[0, 1]"}, weaken(["x", "y"], "gt", bisection("M")) | {"given": [1]}, {"given": ["x > 3/4", "y < 1/4"]}),
    ("PC302", "x^2 >= 0", UNIT, weaken(["x"], "ge") | {"given": 1}, {}),
    ("PC302", "x^2 >= 0", UNIT, weaken(["x"], "ge") | {"given": ["x >= 0"]}, {}),
    ("PC315", "x >= 0", UNIT, weaken(["x", "z"], "ge"), {}),
    ("PC315", "x >= 0", UNIT, weaken([["x"]], "ge"), {}),
    ("PC315", "x >= 0", UNIT, weaken([], "ge"), {}),
    ("PC315", "y >= 0", TRIANGLE, weaken(["y"], "ge"), {}),
    ("PC315", "x > 0", OPEN, weaken(["x"], "ge"), {}),
    ("PC315", "x > 0", OPEN, weaken(["x"], "ne"), {}),
    ("PC315", "x >= 0", UNIT, weaken(["x"], "lt"), {}),
    ("PC315", "x <= 1", UNIT, weaken(["x"], "gt"), {}),
    ("PC315", "x = x", UNIT, weaken(["x"], "ge"), {}),
    ("PC315", "x >= 0", UNIT, weaken(["x"], ["gt"]), {}),
    ("PC303", "y > 1/2", {"x": "[0, 1]", "y": "[0, 1]"}, weaken(["y"], "gt"), {"given": ["x > 0", "y > x + 1/2"]}),
    # scale
    ("PC311", "1/x > 0", POSITIVE, scale("x", "2"), {}),
    ("PC311", "1/x > 0", POSITIVE, scale("x^2", "1"), {}),
    ("PC307", "x^2 >= 0", AROUND, scale("x", "x^3", bisection("C")), {}),
    ("PC307", "x >= 0", UNIT, scale("x", "x^2"), {}),
    ("PC307", "x > 0", OPEN, scale("-1", "-x"), {}),
    ("PC307", "x/x = 1", UNIT, scale("1", "0", RING), {}),
    ("PC307", "x^2 >= 0", AROUND, scale("1 + 0*(1/x)", "x^2"), {}),
    ("PC315", "x >= 0 and x <= 1", UNIT, scale("1", "x"), {}),
    ("PC315", "not x < 0", UNIT, scale("1", "x"), {}),
    ("PC313", "x - 1/2 >= -1/2", UNIT, scale("1", "x", WITNESS | {"at": {"x": "-1"}}), {}),
    # both, either, cut
    ("PC309", "x >= 0 and x <= 1", UNIT, {"rule": "both", "parts": [SIGN]}, {}),
    ("PC309", "x >= 0 or x <= 1", UNIT, {"rule": "both", "parts": [SIGN, SIGN]}, {}),
    ("PC303", "x >= 0 and x^2 - x + 1/3 > 0", UNIT, {"rule": "both", "parts": [SIGN, SIGN]}, {}),
    ("PC302", "x < 0 or x >= 0", UNIT, either(2), {}),
    ("PC303", "x < 0 or x >= 0", UNIT, either(0), {}),
    ("PC307", "1/x > 0 or x >= 0", UNIT, either(1), {}),
    ("PC307", "x >= 0 or not log(x) > 0", UNIT, either(0), {}),
    ("PC302", "x >= 0", UNIT, cut("x"), {}),
    ("PC302", "x >= 0", UNIT, cut("y >= 0"), {}),
    ("PC303", "x >= 0", AROUND, cut("x >= 0"), {}),
    ("PC307", "x >= -1", AROUND, cut("x/x = 1", RING), {}),
    ("PC315", "x >= -1", AROUND, cut("x > 0", WITNESS), {}),
    # monotone
    ("PC315", "x >= 0", UNIT, monotone(var="y"), {}),
    ("PC315", "x >= 0", {"x": "integer in [0, 1]"}, monotone(), {}),
    ("PC315", "x = x", UNIT, monotone(), {}),
    ("PC315", "x >= 0", UNIT, monotone("middle"), {}),
    ("PC315", "x >= 0", UNIT, monotone(strict="both"), {}),
    ("PC315", "exp(x) > 0", {"x": "(-inf, 0]"}, monotone(), {}),
    ("PC315", "exp(-x) >= 0", {"x": "[0, inf)"}, monotone("upper"), {}),
    ("PC315", "x - y >= 0", TRIANGLE, monotone(), {}),
    ("PC315", "x >= 0", UNIT, monotone(), {"given": ["x < 1"]}),
    ("PC315", "abs(x) + x >= 0", UNIT, monotone(), {}),
    ("PC305", "x + 1 > 0", UNIT, monotone(), {}),
    ("PC305", "x - 1 < 0", UNIT, monotone("upper", strict="slope"), {}),
    ("PC307", "sqrt(x^2 - x + 1/3) >= 0", UNIT, monotone(), {}),
    ("PC307", "x + 0*log(x) >= 0", OPEN, monotone(), {}),
    ("PC307", "tan(x) - x >= 0", {"x": "[0, 2]"}, monotone(), {}),
    ("PC307", "(1 - x)^2 + 0*(1/(1 - x)) >= 0", {"x": "[0, 1)"}, monotone("upper"), {}),
    ("PC303", "x^2 >= 0", AROUND, monotone(), {}),
    ("PC307", "sqrt(x) >= 0", UNIT, monotone(slope=SIGN), {}),
    ("PC303", "1 - x >= 0", UNIT, monotone(), {}),
    ("PC312", "x >= -1", UNIT, monotone(slope=WITNESS), {}),
    ("PC315", "x^2 >= 0", AROUND, monotone(base=POINT, slope=WITNESS | {"at": {"x": "-1"}}), {}),
]  # fmt: skip


@pytest.mark.parametrize("case", REJECTED, ids=lambda case: f"{case[3]['rule']} {case[0]}: {case[1]}")
def test_wrong_proof_is_rejected_by_its_code(
    refuses: Callable[..., None], case: tuple[str, str, dict[str, str], dict[str, Any], dict[str, Any]]
) -> None:
    """A proof with one wrong part is rejected, and the code says which."""
    refuses(*case)
