"""Names that a reader takes for one thing and the kernel for another, and proofs that count for the wrong obligation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from proofcheck import kernel
from proofcheck.kernel import Malformed, Receipt, Rejected

RING, SIGN, POINT = {"rule": "ring"}, {"rule": "sign"}, {"rule": "point"}
Files = Callable[..., bytes]

TWO_READINGS: list[tuple[str, str, dict[str, str], dict[str, str]]] = [
    # The variable of a derivative is an argument, or stands in one: h(t) = x, so h(x) = x, and putting x in first gives 2 x.
    ("h(x) = 2*x", "PC111", {"h(t)": "diff(x*t, t)"}, {"x": "real"}),
    ("h(x) = 2*x", "PC111", {"h(t)": "diff(x*t, x)"}, {"x": "real"}),
    ("h(x, x) = 2*x", "PC111", {"h(s, t)": "diff(s*t, t)"}, {"x": "real"}),
    ("h(v) = 2*v[1]", "PC111", {"h(u)": "diff(v[1]*u[1], u[1])"}, {"v": "vector(2)"}),
    ("integral(p, h(p), 0, 1) = 1", "PC111", {"h(t)": "diff(g(t), t)*0 + diff(t*k(t), t)", "g(t)": "t", "k(t)": "diff(x*t, t)"}, {"x": "real"}),
    # A bound name of the file's is not seen by definitions.
    ("gradient(v, L, v) = [0, 0]", "PC210", {"L": "dot(v, v)"}, {"v": "vector(2)"}),
    ("hessian(v, L, v)[1, 1] = 0", "PC210", {"L": "dot(v, v)"}, {"v": "vector(2)"}),
    ("integral(x, D, 0, 1) = x^2", "PC210", {"D": "x^2"}, {"x": "real"}),
    ("sum(x in 1..3, D) = 3*x^2", "PC210", {"D": "x^2"}, {"x": "real"}),
    ("sum(D in 1..3, C) = 3*x", "PC210", {"D": "x", "C": "D"}, {"x": "real"}),
    # A word of the language.
    ("gradient(v, v^2, x) = 7", "PC204", {"gradient(a, b, c)": "7", "v": "x"}, {"x": "real"}),
    ("hessian(v, v^2, x) = 7", "PC204", {"hessian(a, b, c)": "7", "v": "x"}, {"x": "real"}),
]


@pytest.mark.parametrize(("statement", "code", "define", "domains"), TWO_READINGS)
def test_formula_with_two_readings_is_refused(claim_file: Files, statement: str, code: str, define: dict[str, str], domains: dict[str, str]) -> None:
    """What is true in one reading and false in the other is no formula."""
    with pytest.raises(Malformed) as caught:
        kernel.read(claim_file(statement, domains, define=define))
    assert caught.value.code.split()[0] == code


@pytest.mark.parametrize(("statement", "define"), [
    ("h(x) = 2*x", {"h(t)": "diff(t^2, t)"}),
    ("h(x^2) = 2*x", {"h(f)": "diff(f, x)"}),
    ("h(x) = y", {"h(t)": "diff(y*t, t)"}),
    ("h([x, y]) = y", {"h(v)": "diff(v[1]*v[2], v[1])"}),
    ("k(x) = 2*x", {"h(t)": "diff(t^2, t)", "k(s)": "h(s)"}),
])  # fmt: skip
def test_derivative_in_a_definition_with_one_reading_is_proved(judge: Callable[..., Receipt], statement: str, define: dict[str, str]) -> None:
    """Arguments may be differentiated by, where nothing else hides the variable."""
    assert judge(statement, RING, {"x": "real", "y": "real"}, define=define).verdict == "proved"


def test_mean_over_a_certain_event_is_not_dropped(claim_file: Files) -> None:
    """E[1; y > 0] is 0 for negative y: an entry that is not random does not lose its event."""
    with pytest.raises(Malformed) as caught:
        kernel.read(claim_file("E([x, 1], y > 0)[2] = 1", {"y": "real"}, more='[random]\nx = "normal"'))
    assert caught.value.code.split()[0] == "PC113"
    kernel.read(claim_file("E([x, 1])[2] = 1 and E([x, 1], x > y)[2] < 1", {"y": "real"}, more='[random]\nx = "normal"'))


def test_instances_of_the_same_name_are_refused(claim_file: Files, certificate: Callable[..., bytes]) -> None:
    """Two long values had one name, so that the proof of the second counted for the first, which is refuted."""
    zeros = "0" * 450
    with pytest.raises(Malformed) as caught:
        kernel.read(claim_file(f"n < 15*10^{449}", each={"n": [f"2{zeros}", f"1{zeros}"]}))
    assert caught.value.code.split()[0] == "PC210"
    with pytest.raises(Malformed):
        kernel.read(claim_file("n > 0", each={"n": ["1/2", "0.5"]}))
    claim = claim_file("n < 2", each={"n": ["1", "3"]})
    assert kernel.check(claim, certificate(claim, {"statement[n=1]": POINT, "statement[n=3]": POINT})).verdict == "refuted"


@pytest.mark.parametrize("kind", ["sanity", "must_fail"])
def test_sanity_value_of_an_instance_is_found_by_value(claim_file: Files, kind: str) -> None:
    """An instance 1/2 may be written 0.5; one that does not exist is no silent pass."""
    line = {"sanity": 'shows = "n < 0"', "must_fail": 'text = "t"\nstatement = "n < 0"'}[kind]
    statement = kernel.read(claim_file("n > 0", each={"n": ["1/2", "2"]}, more=f'[[{kind}]]\n{line}\ninstance = {{ n = "0.5" }}'))
    assert [entry.obligation.name for entry in statement.of(kind)] == [f"{kind} 1[n=1/2]"]
    with pytest.raises(Malformed) as caught:
        kernel.read(claim_file("n > 0", each={"n": ["1/2", "2"]}, more=f'[[{kind}]]\n{line}\ninstance = {{ n = "3" }}'))
    assert caught.value.code.split()[0] == "PC204"


def test_derivative_needs_a_neighbourhood(judge: Callable[..., Receipt]) -> None:
    """X + 0*sqrt(-x^2) has a value at 0 alone, and no derivative."""
    root = "0*sqrt(-x^2)"
    for statement in (f"diff({root} + x, x) = 1", "diff(sqrt(-x^2)*0 + x, x) = 1", "gradient(v, v + 0*sqrt(-v^2), x) = 1", "diff(x + acos(1 + x^2)^0, x) = 1"):
        with pytest.raises(Rejected) as caught:
            judge(statement, RING, {"x": "[0, 0]"})
        assert caught.value.code.split()[0] == "PC307"


def test_computer_algebra_proves_no_expectation(claim_file: Files, certificate: Callable[..., bytes]) -> None:
    """Whether a mean exists a computer algebra system does not know either."""
    claim = claim_file("E(x) = 0", more='[random]\nx = "normal"')
    assert kernel.check(claim, certificate(claim, {"statement": {"rule": "symbolic"}}), symbolic=frozenset({"statement"})).verdict == "open"


HUGE = "((3^10000)^10000)^10000"

RAN_AWAY: list[tuple[str, str, dict[str, Any], dict[str, str], dict[str, Any]]] = [
    ("x < 1", "PC303", SIGN, {"x": "real"}, {"given": ["x + exp(exp(40)) < 1"]}),
    (f"{HUGE}*sin(x) = {HUGE}*cos(x)", "PC306", RING, {"x": "real"}, {}),
    ("(((3^10000*x)^64)^64)^64 = 1", "PC306", RING, {"x": "real"}, {}),
    ("x = 1", "PC313", {"rule": "krawczyk", "prec": 64, "box": {"x": ["10^9000", "10^9000 + 1"]}}, {}, {"exists": {"x": "[0, 1]"}}),
    ("x > 1", "PC303", {"rule": "nowhere", "prec": 64, "tree": "N"}, {}, {"exists": {"x": "[0, 10^9000]"}}),
    ("sin(x) > 1", "PC317", {"rule": "telescope", "step": "10^9000", "then": SIGN}, {"x": "[0, inf)"}, {}),
    ("sum(k in 1..10^9000, k) > 0", "PC106", POINT, {}, {}),
    ("[1, 2][10^9000] > 0", "PC110", POINT, {}, {}),
]


@pytest.mark.parametrize(("statement", "code", "proof", "domains", "rest"), RAN_AWAY)
def test_huge_numbers_are_refused(judge: Callable[..., Receipt], statement: str, code: str, proof: dict[str, Any], domains: dict[str, str], rest: dict[str, Any]) -> None:
    """Numbers that no memory holds, or that the interpreter does not write, end in a code."""
    with pytest.raises((Malformed, Rejected)) as caught:
        judge(statement, proof, domains, **rest)
    assert caught.value.code.split()[0] == code
