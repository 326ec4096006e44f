"""Linear arithmetic: what follows, what does not (by a point that shows it), and what is not linear."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product

import pytest

from proofcheck.kernel import linear
from proofcheck.kernel.linear import Form, facts, follows, form
from proofcheck.kernel.rules.premises import formula_in, scope_of, term_in
from proofcheck.kernel.scope import Scope
from proofcheck.kernel.signs import Signs
from proofcheck.kernel.terms import PI, Obligation, Term, num, var

X, Y, Z = var("x"), var("y"), var("z")


def scope(domains: dict[str, str]) -> Scope:
    """Return a scope with these variables."""
    found = Scope({}, {}, "test")
    found.domains(domains, "test")
    return scope_of(Obligation("", tuple(found.box.items()), (), num(0)))


def decided(goal: str, given: list[str], domains: dict[str, str]) -> bool:
    """Say whether linear arithmetic shows ``goal`` (a relation > or >=) from domains and hypotheses."""
    names = scope(domains)
    relation = formula_in(names, goal)
    wanted = form(Term("sub", relation.args), strict=relation.op == "gt")
    assert wanted is not None
    return follows(facts(names.box, [formula_in(names, text) for text in given]), wanted)


REAL = dict.fromkeys("xyz", "real")

FOLLOWS: list[tuple[str, list[str], dict[str, str]]] = [
    ("x + y > 0", ["x > 0", "y >= 0"], REAL),
    ("x + y >= 0", ["x >= 0", "y >= 0"], REAL),
    ("x > 1", ["2*x > y", "y >= 2"], REAL),
    ("x > 0", ["x + y > 0", "x - y >= 0"], REAL),
    ("x >= 2", ["x = 2"], REAL),
    ("2 >= x", ["x = 2"], REAL),
    ("x > y", ["z > y", "x >= z"], REAL),
    ("x > 0", ["x < 0", "x > 1"], REAL),
    ("1 > x", ["x <= y", "y < 1"], REAL),
    ("pi > x", [], {"x": "[0, 3]"}),
    ("x > 3", [], {"x": "[pi, 4]"}),
    ("2*pi > x + y", [], {"x": "[0, pi)", "y": "[0, pi]"}),
    ("x - y > 0", [], {"x": "[0, 1]", "y": "[0, x)"}),
    ("x - y >= 0", [], {"x": "[0, 1]", "y": "[0, x]"}),
    ("x > y", ["x >= y + sqrt(2) - 7/5"], REAL),
    ("sqrt(x) + 1 > 0", ["sqrt(x) > y", "y > -1"], REAL),
    ("x > 0", ["x + cos(y) > 1/2", "1/2 >= cos(y)"], REAL),
    ("x/2 + x/3 >= 0", ["x >= 0"], REAL),
]
NOT: list[tuple[str, list[str], dict[str, str]]] = [
    ("x + y > 0", ["x >= 0", "y >= 0"], REAL),
    ("x > 1", ["x >= 1"], REAL),
    ("x >= 1/10000000", ["x > 0"], REAL),
    ("x > 0", ["x != 0"], REAL),
    ("x > 0", ["x*y > 0"], REAL),
    ("x > 0", ["x^2 > 0"], REAL),
    ("x > 0", ["1/x > 0"], REAL),
    ("x > 0", ["x > 0 or y > 0"], REAL),
    ("sqrt(x) > 0", [], {"x": "[1, 2]"}),
    ("x >= 22/7", [], {"x": "[pi, 4]"}),
    ("355/113 > x", [], {"x": "[0, 355/113]"}),
    ("2*pi > x + y", [], {"x": "[0, pi]", "y": "[0, pi]"}),
    ("x - y > 0", [], {"x": "[0, 1]", "y": "[0, x]"}),
    ("x > y", ["x >= y + sqrt(2) - 3/2"], REAL),
    ("x > 0", ["x > log(-1)", "log(-1) > 0 or x = x"], REAL),
]


@pytest.mark.parametrize("case", FOLLOWS, ids=lambda case: f"{case[0]} from {', '.join(case[1])} {case[2] if case[2] is not REAL else ''}")
def test_consequence_is_found(case: tuple[str, list[str], dict[str, str]]) -> None:
    """Sums of the known inequalities, with strictness and with constants between rational bounds, decide the goal."""
    assert decided(*case)


@pytest.mark.parametrize("case", NOT, ids=lambda case: f"{case[0]} from {', '.join(case[1])} {case[2] if case[2] is not REAL else ''}")
def test_what_does_not_follow_is_not_found(case: tuple[str, list[str], dict[str, str]]) -> None:
    """Strictness is not made up, quotients are no symbols, `or` and `!=` say nothing here."""
    assert not decided(*case)


@pytest.mark.parametrize("text", ["1/x", "x/y", "(x + y + 1)^4", "sum(k in 1..4000, sin(k*x))"])
def test_what_is_not_linear_has_no_form(text: str) -> None:
    """A quotient, a sum of many monomials or a term outside the ring has no linear form."""
    assert form(term_in(scope(REAL), text), strict=True) is None


def test_form_has_one_coefficient_for_each_symbol() -> None:
    """Terms are collected, cancelled and normalised before they are read as linear."""
    found = form(term_in(scope(REAL), "(x + y)^2 - x^2 - 2*x*y - y^2 + 3*(x - y) + 2*pi - 1/2"), strict=True)
    assert found is not None
    assert dict(found.coefficients) == {X: 3, Y: -3, PI: 2}
    assert (found.constant, found.strict, found.of(Z)) == (Fraction(-1, 2), True, 0)


def random_form(choose: random.Random) -> Form:
    """Return a form in x, y, z with small coefficients."""
    coefficients = tuple((symbol, Fraction(choose.randint(-3, 3))) for symbol in (X, Y, Z))
    return Form(coefficients, Fraction(choose.randint(-4, 4), choose.choice([1, 2])), choose.random() < 0.5)


def holds(item: Form, at: dict[Term, Fraction]) -> bool:
    """Say whether a form is positive (or not negative) at a point."""
    value = item.constant + sum(coefficient * at[symbol] for symbol, coefficient in item.coefficients)
    return value > 0 if item.strict else value >= 0


def test_no_point_contradicts_what_follows() -> None:
    """Of random systems, whatever is said to follow holds at every grid point of the system; and some of it is not trivial."""
    choose = random.Random(271)
    grid = [Fraction(k, 2) for k in range(-6, 7)]
    points = [dict(zip((X, Y, Z), at, strict=True)) for at in product(grid, repeat=3)]
    found = 0
    for _ in range(150):
        known = [random_form(choose) for _ in range(choose.randint(1, 4))]
        goal = random_form(choose)
        if follows(known, goal):
            inside = [at for at in points if all(holds(item, at) for item in known)]
            assert all(holds(goal, at) for at in inside), (known, goal)
            found += bool(inside)
    assert found > 5


def test_combination_of_known_forms_follows() -> None:
    """A sum of the known forms with factors >= 0 follows, strictly where a strict one has a positive factor, and not a constant below it."""
    choose = random.Random(314)
    for _ in range(60):
        known = [random_form(choose) for _ in range(choose.randint(1, 4))]
        factors = [Fraction(choose.randint(0, 3)) for _ in known]
        coefficients = tuple((symbol, sum(f * item.of(symbol) for f, item in zip(factors, known, strict=True))) for symbol in (X, Y, Z))
        constant = sum(f * item.constant for f, item in zip(factors, known, strict=True))
        strict = any(f and item.strict for f, item in zip(factors, known, strict=True))
        assert follows(known, Form(coefficients, Fraction(constant), strict))
        assert follows(known, Form(coefficients, Fraction(constant) + 1, strict=True))


def test_search_stops_where_it_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit of forms nothing is said."""
    known = [Form(((X, Fraction(1)), (Y, Fraction(-1))), Fraction(0), strict=True), Form(((Y, Fraction(1)),), Fraction(0), strict=True)]
    goal = Form(((X, Fraction(1)),), Fraction(0), strict=True)
    assert follows(known, goal)
    monkeypatch.setattr(linear, "MAX_FORMS", 2)
    assert not follows(known, goal)


def test_signs_use_hypotheses_by_linear_arithmetic() -> None:
    """A linear hypothesis gives a sign, strict and weak, of both kinds; a hypothesis under `or` gives none."""
    names = scope({"x": "real", "y": "(0, 1]"})

    def sign(text: str, *given: str) -> frozenset[int]:
        return Signs(names.box, tuple(formula_in(names, hypothesis) for hypothesis in given)).sign(term_in(names, text))

    assert sign("x", "x > y") == {1}
    assert sign("x - 1", "x - 1 >= y - 1", "y >= 1") == {0, 1}
    assert sign("x", "x + y < 0") == {-1}
    assert sign("x", "x + 2*y <= 2", "y = 1") == {-1, 0}
    assert sign("x", "x > y or x > 1") == {-1, 0, 1}
