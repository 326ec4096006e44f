"""False statements with plausible certificates: none may come out proved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from proofcheck.kernel import Malformed, Receipt, Rejected

RING, SIGN, POINT = {"rule": "ring"}, {"rule": "sign"}, {"rule": "point"}
REAL = {"x": "real"}
UNIT = {"x": "[0, 1]"}
AROUND = {"x": "[-1, 1]"}
BELOW = {"x": "[-2, -1]", "y": "[-2, -1]"}


def bisection(tree: str, **more: Any) -> dict[str, Any]:
    """Return a bisection at 64 bits."""
    return {"rule": "bisection", "prec": 64, "tree": tree, **more}


def zeros(end: str, order: int, length: int = 3, tree: str = "N", var: str = "x") -> dict[str, Any]:
    """Return a proof by the zero at one end."""
    return {"rule": "zeros", "var": var, "end": end, "order": order, "length": length, "prec": 64, "tree": tree}


def rewrite(term: str, new: str, then: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return a rewriting by one fact."""
    return {"rule": "rewrite", "facts": [{"term": term, "is": new}], "then": then, **more}


def parametrise(image: str, domain: str, then: Mapping[str, Any]) -> dict[str, Any]:
    """Return a substitution for x by a function of s."""
    return {"rule": "parametrise", "var": "x", "as": image, "new": "s", "domain": domain, "then": then}


def part(basis: list[str], matrix: list[int], *times: str) -> dict[str, Any]:
    """Return a sum of squares times factors."""
    return {"basis": basis, "matrix": matrix, "times": list(times)}


def squares(*parts: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return a proof by sums of squares."""
    return {"rule": "positive", "parts": list(parts), **more}


EVERY_WAY = (RING, SIGN, POINT, bisection("N"), bisection("M"), bisection("C"), bisection("0NN"), bisection("0MM"), bisection("0CC"))

FALSE_EVERY_WAY: list[tuple[str, dict[str, str]]] = [
    # Branches of inverse functions and roots.
    ("sqrt(x^2) = x", AROUND),
    ("sqrt(x/y) = sqrt(x)/sqrt(y)", BELOW),
    ("sqrt(x*y) = sqrt(x)*sqrt(y)", BELOW),
    ("sqrt(x/y) = sqrt(x*y)/y", BELOW),
    ("sqrt(sqrt(x^4)) = x", {"x": "[-2, -1]"}),
    ("abs(x) = x", AROUND),
    ("abs(x/y) = x/abs(y)", BELOW | {"y": "[1, 2]"}),
    ("max(x, y) = x", {"x": "[0, 1]", "y": "[0, 1]"}),
    ("acos(cos(x)) = x", {"x": "[4, 5]"}),
    ("asin(sin(x)) = x", {"x": "[2, 3]"}),
    ("atan(tan(x)) = x", {"x": "[2, 3]"}),
    ("acos(2*x^2 - 1) = 2*acos(x)", {"x": "[-1, 0]"}),
    ("atan(x) + atan(1/x) = pi/2", {"x": "[-2, -1]"}),
    ("2*atan(x) = acos((1 - x^2)/(1 + x^2))", {"x": "[-2, -1]"}),
    ("atan((x + y)/(1 - x*y)) = atan(x) + atan(y)", {"x": "[2, 3]", "y": "[2, 3]"}),
    ("log(x^2) = 2*log(x)", {"x": "[-2, -1]"}),
    ("sin(x/2) = sqrt((1 - cos(x))/2)", {"x": "[4*pi - 3, 4*pi - 1]"}),
    ("cos(acos(x)/2) = sqrt((1 - x)/2)", AROUND),
    ("angle([x, 1], [1, 0]) = atan(1/x)", {"x": "[-2, -1]"}),
    # Terms without a value somewhere.
    ("x/x = 1", AROUND),
    ("0*(1/x) = 0", AROUND),
    ("(1/x)^0 = 1", AROUND),
    ("(x^2 - 1)/(x - 1) = x + 1", UNIT),
    ("0*log(x) = 0", UNIT),
    ("sqrt(x)^2 = x", AROUND),
    ("exp(log(x)) = x", AROUND),
    ("cos(acos(x)) = x", {"x": "[-2, 2]"}),
    ("acos(x) + acos(-x) = pi", {"x": "[-2, 2]"}),
    ("tan(x)*cos(x) = sin(x)", {"x": "[0, pi]"}),
    ("gamma(x + 1) = x*gamma(x)", AROUND),
    ("angle([x, x], [1, 1]) >= 0", AROUND),
    ("diff(sqrt(x)^2, x) = 1", UNIT),
    ("diff(0*log(x), x) = 0", AROUND),
    ("0*acos(2) = 0", {}),
    ("sqrt(-1)^2 = -1", {}),
    ("1/(4*cos(pi/5) - 1 - sqrt(5)) = 1/(4*cos(pi/5) - 1 - sqrt(5))", {}),
    ("(4*cos(pi/5) - 1 - sqrt(5))/(4*cos(pi/5) - 1 - sqrt(5)) = 1", {}),
    ("0*(1/(4*cos(pi/5) - 1 - sqrt(5))) = 0", {}),
    ("0*tan(pi/2) = 0", {}),
    ("log(x - 1/2)^0 > 0", UNIT),
    ("exp(1/x) > 0", AROUND),
    ("x^(-2) > 0", AROUND),
    ("exp(x*integral(p, p, 0, inf)) > 0", UNIT),
    ("0*integral(p, p, 0, inf) = 0*x", UNIT),
    ("integral(p, 1/p, -1, 1) = integral(p, 1/p, -1, 1)", {}),
    ("integral(p, log(p), 0, 1) - integral(p, log(p), 0, 1) = 0", {}),
    ("1 = 1 or log(-1) > 0", {}),
    ("not (1 = 2 and log(-1) > 0)", {}),
    ("1 = 1 or 1 = 2 and tan(pi/2) > 0", {}),
    ("x = x or 1/x > 0", AROUND),
    # Ends, orders and signs.
    ("x > 0", UNIT),
    ("x < 1", UNIT),
    ("x^2 > 0", AROUND),
    ("x != 0", AROUND),
    ("x > 0 or x < 0", AROUND),
    ("not x = 1/2", UNIT),
    ("x^3 >= 0", AROUND),
    ("y < 1", {"x": "(0, 1]", "y": "(0, x]"}),
    ("x - y > 0", {"x": "(0, 1)", "y": "(0, x]"}),
    ("sin(x) > 0", {"x": "(0, pi]"}),
    ("cos(x) > 0", {"x": "[0, pi/2]"}),
    ("min(x, 1 - x) > 0", {"x": "(0, 1]"}),
    ("max(x, -x) > 0", AROUND),
    ("acos(x) > 0", UNIT),
    ("atan(x) > pi/4", UNIT),
    ("sqrt(x) > x", {"x": "(0, 1]"}),
    ("22/7 - pi < 0", {}),
    ("sin(x) = x", UNIT),
    ("sin(x) - x + x^3/6 = 0", UNIT),
    ("exp(x) = 1 + x + x^2/2", UNIT),
    ("cos(pi/7)*cos(2*pi/7)*cos(3*pi/7) = 1/9", {}),
    ("gamma(x + 1) = gamma(x)", {"x": "[1, 2]"}),
    ("sum(k in 3..1, k) = 6", {}),
    ("x^2 + y^2 >= 2*x*y + 1/1000", {"x": "[0, 1]", "y": "[0, 1]"}),
]


def refuse(judge: Callable[..., Receipt], statement: str, proof: Mapping[str, Any], domains: Mapping[str, str], **rest: Any) -> None:
    """Assert that the proof does not prove the statement."""
    try:
        receipt = judge(statement, proof, domains, **rest)
    except (Rejected, Malformed):
        return
    assert receipt.verdict != "proved", (statement, proof)


@pytest.mark.parametrize(("statement", "domains"), FALSE_EVERY_WAY, ids=lambda value: value if isinstance(value, str) else "")
def test_false_statement_is_not_proved(judge: Callable[..., Receipt], statement: str, domains: dict[str, str]) -> None:
    """A false statement is proved by no rule that takes only a few choices."""
    for proof in EVERY_WAY:
        refuse(judge, statement, proof, domains)


CRAFTED: list[tuple[str, str, dict[str, str], dict[str, Any], dict[str, Any]]] = [
    ("zero of a closed end", "x > 0", UNIT, zeros("lower", 1), {}),
    ("zero of too high order", "x - x^2 > 0", {"x": "(0, 1)"}, zeros("lower", 2), {}),
    ("zero of the other end", "x - x^2 > 0", {"x": "(0, 1)"}, zeros("lower", 1), {}),
    ("zero with a negative coefficient", "x^3 - x > 0", {"x": "(0, 1)"}, zeros("lower", 1), {}),
    ("zero times a root without a value", "x + 0*sqrt(x - 1/2) > 0", {"x": "(0, 1]"}, zeros("lower", 1), {}),
    ("zero times a logarithm without a value", "x + 0*log(x - 1/2) > 0", {"x": "(0, 1]"}, zeros("lower", 1), {}),
    ("zero of a kink", "abs(x - 1/2) - 1/2 + 2*x > 0", {"x": "(0, 1]"}, zeros("lower", 1), {}),
    ("a branch point as a zero", "sqrt(x) - 2*x > 0", {"x": "(0, 1]"}, zeros("lower", 1), {}),
    ("quotient by a hidden zero", "x + 0*(x/(4*cos(pi/5) - 1 - sqrt(5))) > 0", {"x": "(0, 1]"}, zeros("lower", 1), {}),
    ("undefined part left to `or`", "x/x = 1 and (1/x > 0 or 1 = 1)", AROUND, rewrite("x/x", "1", bisection("N")), {}),
    ("pole forgotten", "x/x = 1", AROUND, rewrite("x/x", "1", POINT), {}),
    ("root with the wrong sign", "sqrt(x^2) <= 0", {"x": "[1, 2]"}, rewrite("sqrt(x^2)", "-x", SIGN), {}),
    ("absolute value of both signs", "abs(x) <= 1/2", AROUND, rewrite("abs(x)", "x", bisection("N")), {}),
    ("the smaller argument as the maximum", "max(x, 2) < 3/2", UNIT, rewrite("max(x, 2)", "x", bisection("N")), {}),
    ("acos beyond pi", "acos(cos(x)) > pi", {"x": "(pi, 2*pi)"}, rewrite("acos(cos(x))", "x", bisection("C")), {}),
    ("asin beyond pi/2", "asin(sin(x)) >= 2", {"x": "[2, 3]"}, rewrite("asin(sin(x))", "x", SIGN), {}),
    ("atan beyond pi/2", "atan(tan(x)) >= 2", {"x": "[2, 3]"}, rewrite("atan(tan(x))", "x", SIGN), {}),
    ("cube root by a cosine of three times too much", "x <= 1/2", {"x": "[-1, 1]"}, parametrise("cos(s)", "[pi/3, pi]", bisection("C")), {}),
    ("an open end as the image of a closed one", "x < 1", UNIT, parametrise("s", "[0, 1)", bisection("C")), {}),
    ("only whole numbers", "x*(x - 1) >= 0", {"x": "[0, 2]"}, parametrise("s", "integer in [0, 2]", SIGN), {}),
    ("an image with a jump", "x != 0", AROUND, parametrise("s/abs(s)", "[-1, 1]", bisection("N")), {}),
    ("pieces with a gap", "x != 1/2", UNIT, {"rule": "split", "var": "x", "at": ["1/2"], "pieces": [SIGN, SIGN]}, {}),
    ("a cut without a value", "x > 0", AROUND, {"rule": "split", "var": "x", "at": ["0*log(-1)"], "pieces": [SIGN, SIGN]}, {}),
    ("a case left out", "x >= 0", AROUND, {"rule": "cases", "on": "x >= 0", "yes": SIGN}, {}),
    ("a case on a relation without a value", "x > -1", AROUND, {"rule": "cases", "on": "1/x > 0", "yes": SIGN, "no": SIGN}, {}),
    ("a case proved by refuting it", "x >= 0", AROUND,
     {"rule": "cases", "on": "x >= 0", "yes": SIGN, "no": {"rule": "witness", "at": {"x": "-1"}}}, {}),
    ("an assumption under another rule", "x = 2", AROUND,
     {"rule": "split", "var": "x", "at": ["0"], "pieces": [{"rule": "assume"}] * 2}, {"by": '{rule = "assume", reason = "r"}'}),
    ("an assumption that the file does not make", "x = 2", AROUND, {"rule": "assume"}, {}),
    ("a citation that the file does not make", "x = 2", AROUND, {"rule": "cite"}, {}),
    ("a symbolic node that nobody vouches for", "x = 2", AROUND, {"rule": "symbolic"}, {}),
    ("conditions that do not hold", "acos(x) >= 0", {"x": "[0, 2]"}, bisection("N", conditions=[bisection("N")]), {}),
    ("conditions left out", "sqrt(x) >= 0", AROUND, bisection("N", conditions=[]), {}),
    ("a multiple of an equation that is no hypothesis", "x = 0", REAL, {"rule": "ring", "using": ["1"]}, {}),
    ("a multiple without a value", "y = 0", {"x": "[-1, 1]", "y": "real"}, {"rule": "ring", "using": ["1/x"]}, {"given": ["x*y = 0"]}),
    ("a parameter seen by another definition", "h(2) >= 0 and D > 0", {"t": "[0, 10]"}, bisection("N"),
     {"define": {"D": "t - 1", "h(t)": "D + 0*t"}}),
    ("an index seen by a definition", "sum(t in 2..3, D) >= 0 and D > 0", {"t": "[0, 10]"}, bisection("N"), {"define": {"D": "t - 1"}}),
    ("a bound variable seen by a definition", "integral(t, D, 0, 1) = 1/2", {"t": "[0, 10]"},
     {"rule": "rewrite", "facts": [{"integral": 0, "variable": "p", "antiderivative": "p^2/2"}], "then": POINT}, {"define": {"D": "t"}}),
    ("a function of the language redefined", "min(x, 5) > 0", AROUND, bisection("N"), {"define": {"min(a, b)": "a^2 + 1"}}),
    ("two arguments of one name", "h(0, 1) > 0", {}, POINT, {"define": {"h(a, a)": "a"}}),
    ("an integral that is not so", "integral(p, p, 0, 1) = 1", {},
     {"rule": "rewrite", "facts": [{"integral": 0, "variable": "p", "antiderivative": "p^2"}], "then": POINT}, {}),
    ("an antiderivative with a jump", "integral(p, 1/p^2, -1, 1) = -2", {},
     {"rule": "rewrite", "facts": [{"integral": 0, "variable": "p", "antiderivative": "-1/p"}], "then": POINT}, {}),
    ("the variable of integration outside", "integral(p, x, 0, 1) = 1/2", UNIT,
     {"rule": "rewrite", "facts": [{"integral": 0, "variable": "x", "antiderivative": "x^2/2"}], "then": POINT}, {}),
    ("a second-order leaf with a kink beside its middle", "min(1, x) > 1/2", {"x": "[0, 3]"}, bisection("H"), {}),
    ("a second-order leaf with a kink at its middle", "1/4 - abs(x) > 0", AROUND, bisection("H"), {}),
    ("a second-order leaf that is flat at its middle", "1/2 - x^2 > 0", AROUND, bisection("H"), {}),
    ("a second-order leaf that is flat to third order", "1/2 - x^4 >= 0", AROUND, bisection("H"), {}),
    ("a second-order leaf with a mixed term only", "1/2 + x*y > 0", {"x": "[-1, 1]", "y": "[-1, 1]"}, bisection("H"), {}),
    ("a second-order leaf with a vertex outside", "x^2 + 4*x + 4 > 2", AROUND, bisection("H"), {}),
    ("a second-order leaf on a saddle", "x^2 - y^2 + 1/2 > 0", {"x": "[-1, 1]", "y": "[-1, 1]"}, bisection("H"), {}),
    ("a leaf with factors that are too small", "x + y <= 7/5", {"x": "[-1, 1]", "y": "[-1, 1]"}, bisection("L", factors=[["5/7"]]), {"given": ["x^2 + y^2 <= 1"]}),
    ("a leaf with a negative factor", "x <= 1/2", UNIT, bisection("L", factors=[["-1"]]), {"given": ["x >= 1/4"]}),
    ("a leaf with a factor of !=", "x <= 1/2", UNIT, bisection("L", factors=[["1"]]), {"given": ["x != 1/4"]}),
    ("a leaf with a factor of a disjunction", "x <= 1/2", UNIT, bisection("L", factors=[["1"]]), {"given": ["x <= 1/4 or x <= 1"]}),
    ("a leaf with a factor of a negation", "x <= 1/2", UNIT, bisection("L", factors=[["1"]]), {"given": ["not x <= 1/4"]}),
    ("a strict leaf on the edge of its hypothesis", "x < 1", {"x": "[0, 2]"}, bisection("L", factors=[["1"]]), {"given": ["x <= 1"]}),
    ("a leaf with the factor of another hypothesis", "x <= 1/2", UNIT, bisection("L", factors=[["0", "1"]]), {"given": ["x <= 1/4 or x <= 1", "x <= 2/3"]}),
    ("a second-order leaf over a hidden pole", "x^2 + 1 + 0*(1/(x - 1/2)) > 0", UNIT, bisection("H"), {}),
    ("a second-order leaf where a root ends", "x^2 + 1 + 0*sqrt(x - 1/4) > 0", UNIT, bisection("H"), {}),
    ("steps along a sequence that is not the whole domain", "(2*x - 1)*(x - 2)/x^2 >= 0", {"x": "integer in [1, inf)"},
     {"rule": "telescope", "step": "1", "then": {"rule": "split", "var": "x", "at": ["2"], "pieces": [SIGN, SIGN]}}, {}),
    ("a step in the right direction from some place on", "8/x^2 - 4/x <= 0", {"x": "[1, inf)"}, {"rule": "telescope", "step": "1", "then": SIGN}, {}),
    ("a step with a limit of its own for each parity", "abs(x/(x + 1) - 1/2) < 1/4", {"x": "[1, inf)"}, {"rule": "telescope", "step": "1", "then": SIGN}, {}),
    ("Wallis's product with another limit", "gamma(x + 1)^2/(gamma(x + 1/2)^2*x) <= 1", {"x": "[1, inf)"}, {"rule": "telescope", "step": "1", "then": SIGN}, {}),
    ("a chart of one branch of a root", "x >= 0", AROUND,
     {"rule": "chart", "new": {"s": "[0, 1]"}, "map": {"x": "s"}, "inverse": {"s": "sqrt(x^2)"}, "then": SIGN}, {}),
    ("a chart by an angle beyond pi", "x <= pi", {"x": "[0, 2*pi]"},
     {"rule": "chart", "new": {"s": "[0, pi]"}, "map": {"x": "s"}, "inverse": {"s": "acos(cos(x))"}, "then": bisection("C")}, {}),
    ("a chart that leaves out an end", "x > 0", UNIT,
     {"rule": "chart", "new": {"s": "(0, 1]"}, "map": {"x": "s"}, "inverse": {"s": "x"}, "then": SIGN}, {}),
    ("a chart whose inverse has no value at 0", "x != 0", AROUND,
     {"rule": "chart", "new": {"s": "real"}, "map": {"x": "exp(s)"}, "inverse": {"s": "log(x)"}, "then": SIGN}, {}),
    ("a chart with a map that has no value somewhere", "x != 0", AROUND,
     {"rule": "chart", "new": {"s": "real"}, "map": {"x": "1/s"}, "inverse": {"s": "1/x"}, "then": SIGN}, {}),
    ("a chart onto the part below a dependent end", "y <= x/2", {"x": "[0, 1]", "y": "[0, x]"},
     {"rule": "chart", "new": {"s": "[0, 1]", "t": "[0, s/2]"}, "map": {"x": "s", "y": "t"}, "inverse": {"s": "x", "t": "y"}, "then": SIGN}, {}),
    ("a chart that forgets to change a hypothesis", "x > 1/2", UNIT,
     {"rule": "chart", "new": {"s": "[0, 1]"}, "map": {"x": "1 - s"}, "inverse": {"s": "1 - x"}, "then": SIGN}, {"given": ["x < 3/4"]}),
    ("a domain that the hypotheses do not give", "x > 0", AROUND, {"rule": "restrict", "var": "x", "domain": "(0, 1]", "then": SIGN}, {"given": ["x >= 0"]}),
    ("a domain with an end without a value", "x >= 0", AROUND | {"y": "[-1, 1]"},
     {"rule": "restrict", "var": "x", "domain": "[0*log(y), 1]", "then": SIGN}, {"given": ["y = y"]}),
    ("values outside of the numbers that stand for them", "cos(x) > 0", REAL,
     {"rule": "generalise", "term": "cos(x)", "new": "s", "domain": "(0, 1]", "then": SIGN}, {}),
    ("an end that is a value and is left out", "x^2 > 0", AROUND, {"rule": "generalise", "term": "x^2", "new": "s", "domain": "(0, 1]", "then": SIGN}, {}),
    ("a term without a value and any number for it", "log(x)^2 >= 0", AROUND,
     {"rule": "generalise", "term": "log(x)", "new": "s", "domain": "real", "then": SIGN}, {}),
    ("a term that has no value but for the hypotheses of another", "y + 0*sqrt(x) >= 0", AROUND | {"y": "[0, 1]"},
     {"rule": "generalise", "term": "sqrt(x)", "new": "s", "domain": "real", "then": SIGN}, {"given": ["y >= 0"]}),
    ("a new name that is an old one", "x - x^3 > 0", {"x": "(0, 2]"}, {"rule": "generalise", "term": "x^3", "new": "x", "domain": "(-inf, inf)", "then": RING}, {}),
    ("whole numbers for real values", "sin(pi*x)^2 <= 0", REAL, {"rule": "generalise", "term": "x", "new": "s", "domain": "integer in [-5, 5]", "then": SIGN}, {}),
    ("a hypothesis kept without its variable", "y > 0", {"x": "[0, 1]", "y": "[-1, 1]"},
     {"rule": "weaken", "keep": ["y"], "relation": "gt", "then": SIGN}, {"given": ["y > x - 1"]}),
    ("a weaker relation", "x > 0", UNIT, {"rule": "weaken", "keep": ["x"], "relation": "ge", "then": SIGN}, {}),
    ("the other relation", "x = 0", UNIT, {"rule": "weaken", "keep": ["x"], "relation": "ge", "then": SIGN}, {}),
    ("a factor of both signs", "x > 0", AROUND, {"rule": "scale", "factor": "x", "to": "x^2", "then": bisection("N")}, {}),
    ("a negative factor", "x < 0", UNIT, {"rule": "scale", "factor": "-1", "to": "-x", "then": SIGN}, {}),
    ("a factor that is 0 somewhere", "x/x = 1", AROUND, {"rule": "scale", "factor": "x", "to": "0", "then": RING}, {}),
    ("one part of two", "x >= 0 and x > 0", UNIT, {"rule": "both", "parts": [SIGN]}, {}),
    ("a part without a value", "x >= 0 or 1/x > 0", UNIT, {"rule": "either", "which": 0, "then": SIGN}, {}),
    ("a lemma from itself", "x > 0", AROUND, {"rule": "cut", "formula": "x > 0", "lemma": SIGN, "then": SIGN}, {}),
    ("a lemma that is refuted", "x > 0", AROUND, {"rule": "cut", "formula": "x > 0", "lemma": {"rule": "witness", "at": {"x": "0"}}, "then": SIGN}, {}),
    ("a slope across a pole of the tangent", "tan(x) >= 0", {"x": "[0, 2]"},
     {"rule": "monotone", "var": "x", "from": "lower", "strict": "none", "base": POINT, "slope": SIGN}, {}),
    ("a slope from an end at which there is no value", "-1/x > 0", {"x": "(0, 1]"},
     {"rule": "monotone", "var": "x", "from": "lower", "strict": "slope", "base": RING, "slope": SIGN}, {}),
    ("a slope of the wrong end", "-x >= 0", UNIT, {"rule": "monotone", "var": "x", "from": "upper", "strict": "none", "base": POINT, "slope": SIGN}, {}),
    ("a strict slope from a closed end", "x > 0", UNIT, {"rule": "monotone", "var": "x", "from": "lower", "strict": "slope", "base": POINT, "slope": SIGN}, {}),
    ("a slope of a jump", "x/abs(x) <= -1", AROUND, {"rule": "monotone", "var": "x", "from": "lower", "strict": "none", "base": POINT, "slope": SIGN}, {}),
    ("a step about itself", "x >= 1/2", UNIT, {"rule": "step", "id": "s"}, {"more": '[[step]]\nid = "s"\nshows = "x >= 1/2"\nby = "sign"\n'}),
    ("a matrix that is not semidefinite", "x^2 - 2*y^2 >= 0", {"x": "real", "y": "real"}, squares(part(["x", "y"], [1, 0, -2])), {}),
    ("a matrix with a zero on its diagonal and not beside it", "x^2 + 2*x*y >= 0", {"x": "real", "y": "real"}, squares(part(["x", "y"], [1, 1, 0])), {}),
    ("squares that vanish under a strict relation", "x^2 > 0", REAL, squares(part(["x"], [1])), {}),
    ("a basis of the number 0", "x^2 > 0", REAL, squares(part(["0"], [1]), part(["x"], [1])), {}),
    ("a positive number times what may be 0", "x > 0", UNIT, squares(part(["1"], [1], "x")), {}),
    ("a hypothesis with equality under a strict relation", "x > 1", REAL, squares(part(["1"], [1], "x - 1")), {"given": ["x >= 1"]}),
    ("a factor that only one of two hypotheses gives", "x >= 0", REAL, squares(part(["1"], [1], "x")), {"given": ["x >= 0 or x <= -1"]}),
    ("a factor whose opposite is a hypothesis", "x >= 0", REAL, squares(part(["1"], [1], "x")), {"given": ["not x >= 0"]}),
    ("two factors that change their signs together", "x*(x - 1)*(x - 2) >= 0", {"x": "[0, 2]"}, squares(part(["1"], [1], "x", "x - 1", "x - 2")), {}),
    ("a multiple of an equation that is none", "x >= 1", REAL, squares(using=["1"]), {"given": ["x >= 0", "x != 1"]}),
    ("a multiple of another equation", "x >= 1", {"x": "real", "y": "real"}, squares(using=["0", "1"]), {"given": ["x = 1 or x = 0", "y = 1"]}),
    ("Motzkin's polynomial, a little lower", "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1 >= 1/1000", {"x": "[-2, 2]", "y": "[-2, 2]"},
     {"rule": "scale", "factor": "1 + x^2 + y^2", "to": "(x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1)*(1 + x^2 + y^2)", "then": squares(part(["1", "x"], [1, 0, 1]))}, {}),
    ("a square of what has no value", "0*log(x)^2 >= 0", AROUND, squares(part(["log(x)"], [0])), {}),
    ("a divisor that cancels", "x/x >= 1", AROUND, squares(part(["x"], [0])), {}),
    ("a factor without a value that cancels", "x + 1 >= 0", AROUND, squares(part(["1"], [1], "(x + 1)*(1/x)*x")), {}),
    ("a witness outside", "x > 5", {"x": "(5, 6)"}, {"rule": "witness", "at": {"x": "5"}}, {}),
    ("a tree that misses a half", "x < 1/2", UNIT, bisection("0N"), {}),
    ("a tree with a leaf too many", "x <= 1/2", UNIT, bisection("NN"), {}),
]  # fmt: skip


@pytest.mark.parametrize("case", CRAFTED, ids=lambda case: case[0])
def test_crafted_certificate_is_refused(judge: Callable[..., Receipt], case: tuple[str, str, dict[str, str], dict[str, Any], dict[str, Any]]) -> None:
    """A certificate made for one weak place of one rule proves nothing false."""
    _, statement, domains, proof, rest = case
    refuse(judge, statement, proof, domains, **rest)


def test_witness_outside_the_domain_does_not_refute(judge: Callable[..., Receipt]) -> None:
    """A true statement is not refuted by a point at which a term has no value."""
    for statement, domains in (("x/x = 1", {"x": "(0, 1]"}), ("x*(1/x)^2 != 0", {"x": "[-1, 1]"}), ("sqrt(x) >= 0", {"x": "[-1, 1]"})):
        for point in ("0", "-1/2", "1/(4*cos(pi/5) - 1 - sqrt(5))"):
            with pytest.raises(Rejected):
                judge(statement, {"rule": "witness", "at": {"x": point}}, domains)


def test_refutation_needs_the_terms_that_a_rewriting_removes(judge: Callable[..., Receipt]) -> None:
    """A statement without a value at 0 is not refuted there by rewriting the undefined part away."""
    proof = rewrite("x/x", "1", {"rule": "witness", "at": {"x": "0"}})
    with pytest.raises(Rejected) as caught:
        judge("x/x*x^2 > 0 and (1/x)^2 > 0", proof, {"x": "[-1, 1]"})
    assert caught.value.code.startswith("PC307")
