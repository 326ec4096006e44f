"""One step and a limit: half-lines on which the rule is accepted, and what it rejects by which code."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest

from proofcheck.evidence import Proof
from proofcheck.kernel import Receipt, Rejected
from proofcheck.kernel.rules.telescope import limit
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.terms import Obligation, Term
from proofcheck.methods.inequality import attempt

SIGN = {"rule": "sign"}
POSITIVE, HALF_LINE, WHOLE = {"x": "(0, inf)"}, {"x": "[1, inf)"}, {"x": "integer in [1, inf)"}
BALLS = "gamma(x/2 + 1)^2/gamma(x/2 + 1/2)^2*2/(x + 1)"
CONVEX = "gamma(x)*gamma(x + 1)/gamma(x + 1/2)^2"


def telescope(step: str = "1", then: Any = SIGN, **more: Any) -> dict[str, Any]:
    """Return a proof by one step and a limit."""
    return {"rule": "telescope", "step": step, "then": then, **more}


PROVED: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    (f"{BALLS} < 1", POSITIVE, telescope("2")),
    (f"{BALLS} <= 1", WHOLE, telescope("2")),
    (f"1 > {BALLS}", HALF_LINE, telescope("2")),
    (f"{BALLS} < 1 + pi/1000", POSITIVE, telescope("2")),
    (f"{CONVEX} > 1", POSITIVE, telescope()),
    (f"{CONVEX} >= 1", WHOLE, telescope()),
    (f"sqrt(3)*pi*{CONVEX} > sqrt(3)*pi", POSITIVE, telescope()),
    (f"gamma(1/3)*{CONVEX} >= gamma(1/3)", POSITIVE, telescope()),
    ("1/x > 0", POSITIVE, telescope()),
    ("1/x > 0", POSITIVE, telescope("1/7")),
    ("1/x > -1", WHOLE, telescope("3")),
    ("x/(x + 1) < 1", HALF_LINE, telescope()),
    ("(2*x^2 - 1)/(x^2 + pi) < 2", HALF_LINE, telescope()),
    ("x*gamma(x)/gamma(x + 2) >= 0", POSITIVE, telescope()),
    ("gamma(2*x + 1/2)/(gamma(2*x + 1)*x) > 0", HALF_LINE, telescope("1/2")),
    ("1/gamma(x + 1) >= 0", HALF_LINE, telescope()),
]


@pytest.mark.parametrize("case", PROVED, ids=lambda case: case[0])
def test_true_statement_is_proved(judge: Callable[..., Receipt], case: tuple[str, dict[str, str], dict[str, Any]]) -> None:
    """A right step and a right limit are accepted, and the receipt names the rule."""
    statement, domains, proof = case
    receipt = judge(statement, proof, domains)
    assert (receipt.verdict, receipt.findings[0].rule) == ("proved", proof["rule"])


# code, statement (true unless it says so), domains, proof, the rest of the file
REJECTED: list[tuple[str, str, dict[str, str], dict[str, Any], dict[str, Any]]] = [
    ("PC302", "1/x > 0", POSITIVE, telescope(limit="0"), {}),
    ("PC302", "1/x > 0", POSITIVE, {"rule": "telescope", "step": "1"}, {}),
    ("PC302", "1/x > 0", POSITIVE, telescope("x"), {}),
    # shapes
    ("PC315", "1 > 0", {}, telescope(), {}),
    ("PC315", "1/x + y^2 > 0", POSITIVE | {"y": "real"}, telescope(), {}),
    ("PC315", "1/x > 0", {"x": "[1, 5]"}, telescope(), {}),
    ("PC315", "1/x < 0", {"x": "(-inf, 0)"}, telescope(), {}),
    ("PC315", "1/x > 0", POSITIVE, telescope(), {"given": ["x > 1"]}),
    ("PC315", "1/x > 0 and 2/x > 0", POSITIVE, telescope(), {}),
    ("PC315", "1/x != 0", POSITIVE, telescope(), {}),
    ("PC315", "x/x = 1", POSITIVE, telescope(), {}),
    # steps that leave the domain, stand still, go back, or are not rational
    ("PC315", "1/x > 0", WHOLE, telescope("1/2"), {}),
    ("PC315", "1/x > 0", POSITIVE, telescope("0"), {}),
    ("PC315", "1/x > 0", POSITIVE, telescope("-1"), {}),
    ("PC315", "1/x > 0", POSITIVE, telescope("pi"), {}),
    # false: the limit lies on the wrong side, though every step is right
    ("PC303", f"{BALLS} < 1/2", POSITIVE, telescope("2"), {}),
    ("PC303", f"{BALLS} <= 1 - 10^(-400)", POSITIVE, telescope("2"), {}),
    ("PC303", f"{CONVEX} > 1 + 10^(-9)", POSITIVE, telescope(), {}),
    ("PC303", "1/x > 1/10^9", POSITIVE, telescope(), {}),
    ("PC303", "x/(x + 1) < 1 - 1/10^9", HALF_LINE, telescope(), {}),
    # false or true: the step goes the wrong way, on all of the domain or on a part of it
    ("PC303", f"{BALLS} > 1", POSITIVE, telescope("2"), {}),
    ("PC303", f"{BALLS} >= 1/2", POSITIVE, telescope("2"), {}),
    ("PC303", f"{CONVEX} <= 1", POSITIVE, telescope(), {}),
    ("PC303", "1/(x^2 - 4*x + 5) > 0", HALF_LINE, telescope(), {}),
    ("PC303", "(x - 3)/x^2 <= 0", HALF_LINE, telescope(), {}),
    ("PC303", "10/x - 10/x^2 - 3/2 <= 0", HALF_LINE, telescope(), {}),
    ("PC303", "0*x + 1 < 1", POSITIVE, telescope(), {}),
    ("PC303", "0*x + 1 > 1", POSITIVE, telescope(), {}),
    # the premise is refuted, or has no value
    ("PC315", "10/x - 10/x^2 <= 0", HALF_LINE, telescope(then={"rule": "witness", "at": {"x": "3"}}), {}),
    ("PC307", "1/x - (x - 3/2)/(x - 3/2) + 1 > 0", HALF_LINE, telescope(), {}),
    # limits that are not known
    ("PC317", "gamma(x) > 0", HALF_LINE, telescope(then={"rule": "assume"}), {}),
    ("PC317", "-x < 0", POSITIVE, telescope(), {}),
    ("PC317", "-gamma(x + 2)/(gamma(x)*x) < 0", POSITIVE, telescope(), {}),
    ("PC317", "-gamma(x)*(x - 1/2) - gamma(x) < 0", HALF_LINE, telescope(), {}),
    ("PC317", "1/(gamma(x) + gamma(x + 1/2)) > 0", {"x": "[3, inf)"}, telescope(), {}),
    ("PC317", "-gamma(x/3 + 1)/gamma(x/3 + 3/2) < 0", POSITIVE, telescope(), {}),
    ("PC317", "-1/gamma(x^2 + x) < 0", HALF_LINE, telescope(), {}),
    ("PC317", "exp(-x) > 0", POSITIVE, telescope(), {}),
    ("PC317", "1/sqrt(x) > 0", POSITIVE, telescope(), {}),
]  # fmt: skip


@pytest.mark.parametrize("case", REJECTED, ids=lambda case: f"{case[0]}: {case[1]} {case[3].get('step')}")
def test_wrong_proof_is_rejected_by_its_code(judge: Callable[..., Receipt], case: tuple[str, str, dict[str, str], dict[str, Any], dict[str, Any]]) -> None:
    """Each wrong step, limit, direction and domain is rejected with the code for it."""
    code, statement, domains, proof, rest = case
    with pytest.raises(Rejected) as caught:
        judge(statement, proof, domains, **rest)
    assert caught.value.code.startswith(code)


def scalar(text: str) -> Term:
    """Return the term that a text in x writes."""
    scope = Scope({}, {}, "test")
    scope.domains({"x": "(0, inf)"}, "test")
    return scope.scalar_term(scope.read(text, "test"), text)


@pytest.mark.parametrize(
    ("text", "step", "value"),
    [
        (BALLS, "2", 1), (CONVEX, "1", 1), ("gamma(x + 5/3)*gamma(x + 1/3)/(gamma(x + 1)^2)", "1", 1),
        ("gamma(3*x + 1)/(gamma(3*x)*x)", "1/3", 3), ("(3*x^2 + x)/(pi*x^2 - 7)", "5/2", 3 / mpmath.pi), ("gamma(x/2 + 1/2)^4/gamma(x/2)^4/x^2", "2", mpmath.mpf(1) / 4),
        ("gamma(x)/gamma(x + 1/2)", "1", 0), ("x*gamma(x)^2/gamma(x + 1/2)^2 + x/(x + 1)", "1", 2),
    ],
)  # fmt: skip
def test_limit_is_that_of_mpmath(text: str, step: str, value: float) -> None:
    """The limit from normal forms is the value far out, in another arithmetic."""
    found = limit(scalar(text), "x", Fraction(step))
    assert str(found)
    assert not found.free
    assert abs(_value(str(found)) - value) < 1e-12
    assert abs(_value(text, mpmath.mpf(10) ** 8) - value) < 2e-4


def _value(text: str, x: Any = 0) -> Any:
    with mpmath.workdps(60):
        return eval(text.replace("^", "**"), {"gamma": mpmath.gamma, "pi": mpmath.pi, "sqrt": mpmath.sqrt, "x": x})


@pytest.mark.parametrize(
    ("statement", "domain"),
    [
        ("gamma(x/2 + 1)/(sqrt(pi)*gamma(x/2 + 1/2)) < sqrt((x + 1)/(2*pi))", "(0, inf)"),
        ("gamma(x/2 + 1)/(sqrt(pi)*gamma(x/2 + 1/2)) >= sqrt(x/(2*pi))", "integer in [1, inf)"),
        ("gamma(x + 1/2) <= sqrt(x)*gamma(x)", "(0, inf)"),
        ("gamma(x + 1/2)^2 >= (x - 1/4)*gamma(x)^2", "[1, inf)"),
    ],
)
def test_step_and_limit_are_found(judge: Callable[..., Receipt], statement: str, domain: str) -> None:
    """The method finds the step, and squares where there is a root; the kernel accepts what it found."""
    scope = Scope({}, {}, "test")
    scope.domains({"x": domain}, "test")
    goal = Obligation("statement", tuple(scope.box.items()), (), scope.formula(statement, "test"))
    found = attempt(goal, {}, lambda *_: None)
    assert isinstance(found, Proof)
    assert '"telescope"' in str(found.tree).replace("'", '"')
    assert judge(statement, found.tree, {"x": domain}).verdict == "proved"
